/* Past lists, and what then happened.
 *
 *   at each cut: a model trained on what was known then scores all that was open; beside it stand
 *     the orders that need no model and Odoo's naive Bayes learned from the same examples
 *   k = how many leads or deals the reps worked on a day then: different ones contacted per day,
 *     over the days of the 28 before the cut on which anybody was contacted; where the record is
 *     silent, 50 for each rep who owns an open one. At least 1
 *   of the first k of each order: share won within the horizon, and their won amount over all won
 *     amount
 *   the same orders a day later (ours: the same model): which of the first k are still among the
 *     first k
 *   all cuts of a purpose: sums over cuts (hits over worked, amounts over amounts), AUC among rows
 *     of one cut, lift by tenths within cuts, reliability, and the intervals (topk.h)
 *
 * The reps' own order is read from what they did within a week of the cut: first contacted first.
 * They acted on news that no list of the cut could know. */
#ifndef FORE_JOBS_PAST_LISTS_H
#define FORE_JOBS_PAST_LISTS_H

#include "engine/jobs/context.h"
#include "models/measure/classify.h"
#include "models/measure/topk.h"

#define FORE_PAST_INTERVAL_LEVEL 0.9

enum {
    FORE_ORDER_OURS,
    FORE_ORDER_BAYES,
    FORE_ORDER_NEWEST,
    FORE_ORDER_OLDEST,
    FORE_ORDER_REPS,
    FORE_ORDERS
};

typedef struct fore_past_order {
    bool given;                   /* an order there is */
    double hits, value;           /* of the first k */
    double lift[FORE_LIFT_PARTS]; /* by tenths, best first */
    double kept;                  /* of its first k, those among its first k a day later */
} fore_past_order;

typedef struct fore_past_list {
    int64_t n, k;
    bool k_recorded;
    double wins, won_value; /* won_value: 0 where no amount is known */
    fore_quality quality;
    double base_log_loss;
    fore_past_order order[FORE_ORDERS];
    const char *learner;
} fore_past_list;

/* The rows of a purpose over all cuts, for what is measured of them together. */
typedef struct fore_past_lists {
    double *score[FORE_ORDERS], *y;
    int64_t *stratum;
    int64_t n, capacity;
    bool given[FORE_ORDERS]; /* at every cut */
    double hits[FORE_ORDERS], value[FORE_ORDERS], lift[FORE_ORDERS][FORE_LIFT_PARTS];
    double kept[FORE_ORDERS];
    double k, rows, wins, won_value;
    int64_t cuts, kept_cuts[FORE_ORDERS];
    fore_coverage coverage;
} fore_past_lists;

/* The horizon that the whole history suggests: outcomes must be complete after each cut. */
fore_status fore_past_lists_horizon(fore_context *c, fore_subject_kind kind, int64_t as_of,
                                    double *days, fore_error *err);
/* One list, measured, and added to *all (zeroes at first).
 * E_NO_ANSWER when nothing can be learned then, or too few were open. */
fore_status fore_past_list_measure(fore_context *c, fore_subject_kind kind, int64_t cut,
                                   double horizon_days, uint64_t seed, fore_past_list *out, fore_past_lists *all, fore_error *err);
void fore_past_lists_free(fore_past_lists *all);

#endif
