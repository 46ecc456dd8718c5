/* Seasons taken out of a series before a model sees it, and put back into its forecasts: those that
 * are too long for the model, or several at once. By MSTL (stl.h), of the logarithms where the
 * seasons are to multiply; beyond the history each season repeats its last cycle. */
#ifndef FORE_SERIES_SEASONS_H
#define FORE_SERIES_SEASONS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "models/series/stl.h"

typedef struct fore_seasons {
    int64_t n, count; /* count 0: nothing was taken out */
    int64_t length[FORE_STL_SEASONS];
    bool multiply;
    double *part;     /* n x count, of y or of log y; owned */
    double *adjusted; /* n: y without them; owned */
} fore_seasons;

/* Of the `count` lengths those that can be told: 2 or more steps, more than two cycles in n values;
 * ascending, each once. Returns how many. */
int64_t fore_seasons_usable(const int64_t *length, int64_t count, int64_t n, int64_t *usable);
/* Share of the variation around the trend that a fixed season of m steps explains (Wang, Smith,
 * Hyndman 2006), paid for by its m indices: about 0 for noise. 0 with fewer than 3 cycles. */
fore_status fore_season_share(const double *y, int64_t n, int64_t m, double *share,
                              fore_error *err);
/* length: usable ones. may_multiply needs y > 0: of sum and product then the one that leaves the
 * smaller sum of squares. */
fore_status fore_seasons_take(const double *y, int64_t n, const int64_t *length, int64_t count,
                              bool may_multiply, fore_seasons *seasons, fore_error *err);
/* The same decomposition of the first n0 values of the same y alone; with n0 not above twice the
 * longest season E_ARGUMENT. */
fore_status fore_seasons_before(const fore_seasons *seasons, const double *y, int64_t n0,
                                fore_seasons *before, fore_error *err);
/* What belongs to time t >= 0 when the first n0 values are known, n0 >= every length: the sum, or
 * with `multiply` the factor. */
double fore_seasons_at(const fore_seasons *seasons, int64_t n0, int64_t t);
/* Share of the noise that the seasons take with them, in [0, 0.9]: a value weighs in its own season
 * with one over the cycles that its loess window holds in effect. */
double fore_seasons_leverage(const fore_seasons *seasons);
int64_t fore_seasons_longest(const fore_seasons *seasons); /* 0 for none */
void fore_seasons_free(fore_seasons *seasons);             /* what it owns */

#endif
