/* Seasonal and trend decomposition by loess (Cleveland, Cleveland, McRae, Terpenning 1990), and for
 * several seasons after each other as in Bandara, Hyndman, Bergmeir (2021, MSTL); what tests of
 * stationarity ask of it. Without robustness weights. */
#ifndef FORE_SERIES_STL_H
#define FORE_SERIES_STL_H

#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_STL_SEASONS = 6 };

/* y: n finite values. season: count lengths, ascending, each >= 2 and < n / 2 (E_ARGUMENT).
 * seasonal: n x count, trend, remainder: n; y = their sum. Windows are R's: 7 + 4 i for season i.
 */
fore_status fore_mstl(const double *y, int64_t n, const int64_t *season, int64_t count,
                      double *seasonal, double *trend, double *remainder, fore_error *err);

/* The window of season i in cycles. */
int64_t fore_stl_window(int64_t i);

/* Share of the detrended variation that the season explains, in [0, 1] (Wang, Smith, Hyndman 2006);
 * 0 when n < 2 m + 1 or m < 2. */
fore_status fore_seasonal_strength(const double *y, int64_t n, int64_t m, double *strength,
                                   fore_error *err);
/* Statistic of Kwiatkowski, Phillips, Schmidt, Shin (1992) around a level, Bartlett weights up to
 * lag 3 sqrt(n) / 13; the 5 % point is 0.463. 0 for a constant series. */
double fore_kpss(const double *y, int64_t n);

#endif
