/* Outliers and level shifts of a series, and what it would have been without them.
 *
 * Outliers as in R's tsoutliers (Hyndman; forecast 8.x): the season is taken off by STL with
 * bisquare robustness weights (Cleveland and others 1990) when it explains 60 % or more of what the
 * trend leaves; Friedman's super smoother (1984) is drawn through the rest; values beyond three
 * interquartile ranges from the quartiles of the remainder are outliers, replaced along the
 * straight line between their neighbours; the largest first, then the others; and only those that
 * stay outside once all of them are replaced. Other than in R the weights start from medians, as
 * with few cycles a plain first fit lets an outlier take the weight of its neighbours a season
 * away; and the range is widened by one over one less the share that a value has in its own season.
 * With a season and positive values also on logarithms, and the scale with fewer outliers and
 * shifts is taken.
 *
 * Level shifts as in Chen and Liu (1993), on exponential smoothing: the one-step errors after a
 * shift of size w at time T are w (1 - alpha)^(t - T), so its t statistic is a regression on that
 * pattern. A trend is taken off as the median slope, the season as above, and values far from the
 * median of five around them are replaced by it; the threshold is strict and the medians before and
 * after must differ too, so that neither trend, season nor outlier passes for a shift. They are
 * looked for first. */
#ifndef FORE_SERIES_ANOMALIES_H
#define FORE_SERIES_ANOMALIES_H

#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_SHIFTS_MAX = 4 }; /* FORE_SERIES_SHIFTS */

typedef struct fore_anomalies {
    int64_t outliers;
    int64_t *outlier; /* positions from 0, ascending; owned */
    double
        *without; /* n: y with outliers replaced, shifts as they are; owned; NULL: nothing found */
    int64_t shifts;
    int64_t shift[FORE_SHIFTS_MAX]; /* first position at the new level, ascending */
    double size[FORE_SHIFTS_MAX];
} fore_anomalies;

/* y: n finite values. Fewer than 10 values or a constant: nothing is found. */
fore_status fore_anomalies_find(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                                fore_error *err);
void fore_anomalies_free(fore_anomalies *found);

#endif
