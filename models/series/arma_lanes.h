/* Up to eight ARMA models at once on one series, one in each lane of a vector: the filter of arma.h
 * for the searches of arima_search.c. What a lane gives does not depend on its neighbours nor on
 * the width of the machine's vectors: every operation works element by element, in the same order.
 * No heap. */
#ifndef FORE_SERIES_ARMA_LANES_H
#define FORE_SERIES_ARMA_LANES_H

#include "models/series/arma.h"

enum { ARMA_LANES = 8 };

/* Coefficient i of lane j at [i * width + j]; models with the same degrees, and zeros at the same
 * places where a polynomial is a product. */
typedef struct arma_lanes {
    int64_t width; /* ARMA_LANES, or 1 */
    int64_t ar, ma, r;
    double phi[FORE_ARMA_MAX * ARMA_LANES], theta[FORE_ARMA_MAX * ARMA_LANES]; /* r each */
    int64_t bad[ARMA_LANES];    /* out: -1 when phi is not stationary */
    double logs[ARMA_LANES];    /* out: sum of the log variances */
    double squares[ARMA_LANES]; /* out: of arma_lanes_squares */
} arma_lanes;

/* A model of the same degrees into a lane. */
void arma_lanes_put(arma_lanes *a, int64_t lane, const fore_arma *model);
/* Standardised errors as fore_arma_filter gives them: value t of column j in lane i at
 * [(t + j n) * width + i]. w: n x columns. */
void arma_lanes_filter(arma_lanes *a, const double *w, int64_t n, int64_t columns, double *error);
/* After that, for at most two columns: the second is taken out of the first by least squares, which
 * is then scaled by exp(logs / 2 n); bad also where the second is zero. */
void arma_lanes_squares(arma_lanes *a, int64_t n, int64_t columns, double *error);

#endif
