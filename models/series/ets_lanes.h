/* The likelihood of up to eight ETS models at once, one in each lane of a vector: forward run,
 * region and exact gradient of ets_likelihood.h. What a lane gives does not depend on its
 * neighbours nor on the width of the machine's vectors: every operation works element by element,
 * in the same order. For the files of ETS only; no heap. */
#ifndef FORE_SERIES_ETS_LANES_H
#define FORE_SERIES_ETS_LANES_H

#include "models/series/ets_likelihood.h"

enum { ETS_LANES = 8 };

/* Lanes share the season and its length, not the number of values, the error and the trend. Arrays
 * of the series are t-major: value t of lane i at [t * width + i]; the season's place j likewise.
 */
typedef struct ets_lanes {
    int64_t width; /* ETS_LANES, or 1 */
    int64_t m;
    char season;                             /* 'N', 'A' or 'M' */
    double *y, *q, *slope, *place, *inverse; /* borrowed; all but y are written */
    int64_t n[ETS_LANES];                    /* 0: nobody there */
    int64_t relative[ETS_LANES];             /* -1: multiplicative error, 0: additive */
    double alpha[ETS_LANES], beta[ETS_LANES], gamma[ETS_LANES], phi[ETS_LANES];
    double level[ETS_LANES], trend[ETS_LANES], first[ETS_LANES * FORE_ETS_SEASON_MAX];
    int64_t bad[ETS_LANES]; /* -1: outside of the region, or a mean or a season not positive */
    int64_t exponent[ETS_LANES];
    double product[ETS_LANES]; /* sum log mu = exponent log 2 + log product */
    double squares[ETS_LANES]; /* sum e^2, floored */
    double to_alpha[ETS_LANES], to_beta[ETS_LANES], to_gamma[ETS_LANES], to_phi[ETS_LANES];
    double to_level[ETS_LANES], to_trend[ETS_LANES], to_first[ETS_LANES * FORE_ETS_SEASON_MAX];
} ets_lanes;

/* Is a model with a season inside of the admissible region? True without season. */
bool ets_region_holds(const fore_ets *trial);
/* Nobody anywhere. */
void ets_lanes_clear(ets_lanes *w);
/* Weights and first state of a trial, without a multiplicative trend, into a lane. */
void ets_lanes_put(ets_lanes *w, int64_t lane, const fore_ets *trial);
void ets_lanes_run(ets_lanes *w);
/* -2 log L of a lane; +infinity as fore_ets_objective says. *flat: the gradient is to be 0. */
double ets_lanes_take(const ets_lanes *w, int64_t lane, fore_ets_adjoint *adjoint, bool *flat);

#endif
