/* Seasonal and trend decomposition by loess (Cleveland, Cleveland, McRae, Terpenning 1990) of many
 * series of one length: what loess weighs depends on length and season alone, so it is worked out
 * once, and every pass after that is sums of products. Without robustness weights. */
#ifndef FORE_SERIES_STL_PLAN_H
#define FORE_SERIES_STL_PLAN_H

#include <stdint.h>

/* A smoother of n values: it is evaluated at places 0, jump, 2 jump, ... and n - 1 and joined by
 * straight lines, as published. The sums at the first `left` points are over the first `window`
 * values, those at the last `right` over the last, the others over a window of their own. */
typedef struct stl_loess {
    int64_t n, window, jump;
    int64_t left, inner, right;
    const double *at_left, *at_inner, *at_right; /* window x lanes of left, window, and so on */
} stl_loess;

typedef struct fore_stl_plan {
    int64_t n, m;
    stl_loess place[2], pass, slow;     /* a place of the season: one year more, one year less */
    const double *before[2], *after[2]; /* its next values outwards */
    double *room;
} fore_stl_plan;

/* How many doubles a plan takes. window: of the season, in cycles, odd. 2 <= m < n / 2. */
int64_t fore_stl_plan_size(int64_t n, int64_t m, int64_t window);
/* block: so many doubles, kept by the caller while the plan is in use; one thread at a time. */
fore_stl_plan fore_stl_plan_make(int64_t n, int64_t m, int64_t window, double *block);
/* Trend in (0 at first) and out, seasonal out: n each; y = seasonal + trend + what is left. rounds
 * of: take the trend off, smooth the places of the season, take what is slow off them, smooth what
 * is left of y. */
void fore_stl_run(const fore_stl_plan *plan, const double *y, int rounds, double *seasonal,
                  double *trend);

#endif
