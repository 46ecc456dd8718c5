/* How good a forecast was: point errors, scaled errors, intervals.
 *
 * `actual` and `forecast` are h values each, h >= 1; `history` are the n values before them, m the
 * season (1: none). Pairs with a NaN on either side are left out; a measure with nothing to measure
 * is NaN. Nothing here allocates except fore_naive2.
 *
 * Sources: Makridakis and Hibon (2000) for sMAPE as in the M3 competition; Hyndman and Koehler
 * (2006) for MASE; Gneiting and Raftery (2007) for the interval and the pinball score, MSIS scaled
 * as in M4. */
#ifndef FORE_MEASURE_ACCURACY_H
#define FORE_MEASURE_ACCURACY_H

#include <stdint.h>

#include "engine/base/status.h"

double fore_mae(const double *actual, const double *forecast, int64_t h);
double fore_rmse(const double *actual, const double *forecast, int64_t h);
/* mean of 200 |x - f| / (|x| + |f|), in per cent, 0 where both are 0; in [0, 200] */
double fore_smape(const double *actual, const double *forecast, int64_t h);
/* Mean absolute error of the seasonal naive forecast inside the history, the divisor of MASE and
 * MSIS: mean |y[t] - y[t - m]| over t = m..n-1. NaN when n <= m; 0 for a history that repeats
 * itself. */
double fore_mase_scale(const double *history, int64_t n, int64_t m);
double fore_mase(const double *actual, const double *forecast, int64_t h, double scale);
/* Mean scaled interval score for a central interval of `level` per cent (0 < level < 100). */
double fore_msis(const double *actual, const double *lower, const double *upper, int64_t h,
                 double level, double scale);
/* Share of actual values inside [lower, upper], in [0, 1]. */
double fore_coverage(const double *actual, const double *lower, const double *upper, int64_t h);
/* Mean pinball (quantile) loss of forecasts of the quantile p in (0, 1). */
double fore_pinball(const double *actual, const double *quantile, int64_t h, double p);

/* Naive2 of the M competitions, the benchmark behind OWA: when the seasonal test at 90 % finds a
 * season of m periods, divide the multiplicative seasonal indices out, repeat the last value,
 * multiply back. forecast: h doubles. Needs n >= 1 values without NaN. The test and the indices are
 * those of fore_seasonal_indices. */
fore_status fore_naive2(const double *y, int64_t n, int64_t m, double *forecast, int64_t h,
                        fore_error *err);

/* Is there a season of length m? 1 when the autocorrelation at lag m is beyond 1.645 standard
 * errors (Bartlett's formula on lags 1..m-1); 0 when not, when m < 2, n <= 2 m or y is constant. */
int fore_is_seasonal(const double *y, int64_t n, int64_t m);
/* Classical multiplicative (1) or additive (0) decomposition: index: m doubles, index[j] belongs to
 * t % m == j, mean 1 (or 0). Needs n >= 2 m, and positive y for the multiplicative form. */
fore_status fore_seasonal_indices(const double *y, int64_t n, int64_t m, int multiplicative,
                                  double *index, fore_error *err);
/* The moving average over one season centred at t, its ends counted half when m is even. Needs
 * m / 2 <= t < n - m / 2. */
double fore_centred_mean(const double *y, int64_t t, int64_t m);

#endif
