/* Holt-Winters smoothing by least squares of the one-step errors, after Winters (1960); start
 * values from the first two seasons (trend of the moving average, classical seasonal indices). */
#ifndef FORE_SERIES_HOLT_WINTERS_H
#define FORE_SERIES_HOLT_WINTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_HW_SEASON_MAX = 400 };

typedef struct fore_holt_winters {
    bool seasonal, multiplicative;
    int64_t n, m;
    double alpha, beta, gamma;
    double level, slope;               /* after the last value */
    double season[FORE_HW_SEASON_MAX]; /* by t % m */
    double first_level, first_slope;   /* before the first one-step forecast */
    double first_season[FORE_HW_SEASON_MAX];
    double sse, sigma2; /* sigma2: of the one-step error; relative in the multiplicative form */
} fore_holt_winters;

/* y: n finite values; m > 1 needs n >= 2 m + 1, m = 1 (Holt's trend alone) n >= 4, else
 * E_NO_ANSWER, as for values <= 0 in the multiplicative form. fitted: n doubles or NULL; NaN before
 * the first. */
fore_status fore_holt_winters_fit(const double *y, int64_t n, int64_t m, bool multiplicative,
                                  fore_holt_winters *model, double *fitted, fore_error *err);
/* The state after the first n0 values, weights as fitted; n0 beyond the start values. */
void fore_holt_winters_rewind(fore_holt_winters *model, const double *y, int64_t n0);
void fore_holt_winters_forecast(const fore_holt_winters *model, int64_t h, double *mean,
                                double *variance);

#endif
