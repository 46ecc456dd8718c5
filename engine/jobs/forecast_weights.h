/* How much each of several forecasts is worth, from what they said before and what came.
 *
 * The weights are those of the mean that would have missed least, none below 0, all together 1, held
 * near weights that are given beforehand (constrained regression of the outcome on the forecasts:
 * Granger and Ramanathan 1984, "Improved methods of combining forecasts"; Breiman 1996, "Stacked
 * regressions"). Unlike weights by each one's own misses these know that forecasts miss together: what
 * luck brings all of them miss alike, and it tells nothing about their worth. */
#ifndef FORE_JOBS_FORECAST_WEIGHTS_H
#define FORE_JOBS_FORECAST_WEIGHTS_H

#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_WEIGHTS_MOST = 8 }; /* forecasts */

typedef struct fore_weights_past {
    int64_t rows;           /* occasions */
    int members;            /* forecasts at each; 1 to FORE_WEIGHTS_MOST */
    const double *said;     /* member m of occasion i at [i * members + m]; NaN: it said nothing */
    const double *actual;   /* rows */
    const double *counts;   /* rows: how much an occasion counts, >= 0 */
    const int *group;       /* members: numbers below FORE_WEIGHTS_MOST. Forecasts of one group keep
                             * the prior's proportions, and what is learned is what groups are worth:
                             * a few occasions tell no more. NULL: each is learned by itself */
} fore_weights_past;

/* prior: members, >= 0; 0 for one that has no say. Those with a say get the weights (members) that
 * sum to 1. Misses are relative to their size (what was said and what came). Occasions on which only
 * some spoke count with the others filled in by the prior's mean. `strength` is how many occasions
 * the prior is worth, in units of its own mean squared miss. E_ARGUMENT, E_MEMORY. */
fore_status fore_weights_learn(const fore_weights_past *past, const double *prior, double strength,
                               double *weight, fore_error *err);

#endif
