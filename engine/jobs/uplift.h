/* What one more contact today does to the chance of a lead or deal: p if worked less p if not.
 *
 * From the response of the team's sales to its effort (models/respond), where that is identified:
 * the elasticity e_k of wins to contacts of kind k, from week-to-week changes of effort, from
 * hours, or from lists drawn by lot (drawn_lists.h). An open lead gets a_k contacts of the kind
 * within the horizon at today's pace; one more raises the stock by 1 / a_k (at most by a factor of
 * five, as in plans), and the hazard to be won by
 *
 *   f = exp(e_k (1 + s) log(1 + (1 / a_k) / (1 + s))),   s the response's saturation
 *   p if not = p,   p if worked = 1 - (1 - p)^f
 *
 * so that the same contact adds most where the chance is neither nil nor already there. All leads
 * are taken to respond alike: e_k is the team's; what differs is the chance, the kind of contact
 * and the minutes it takes. Kinds without an elasticity of their own count by their minutes. Where
 * the response is not identified there is no uplift, and `basis` says why. */
#ifndef FORE_JOBS_UPLIFT_H
#define FORE_JOBS_UPLIFT_H

#include "engine/jobs/context.h"

enum { FORE_UPLIFT_BASIS = 320 };

typedef struct fore_uplift {
    bool known;
    char basis[FORE_UPLIFT_BASIS];  /* in words: where it comes from, or why there is none */
    double lo[FORE_ACTIVITY_KINDS]; /* log f by kind: a tenth, the middle, nine tenths */
    double mid[FORE_ACTIVITY_KINDS];
    double hi[FORE_ACTIVITY_KINDS];
} fore_uplift;

/* As of a moment, for leads or deals whose chance is that of horizon_days. Too little data is no
 * error: the basis says so. */
fore_status fore_uplift_learn(fore_context *context, int64_t as_of, double horizon_days,
                              fore_uplift *uplift, fore_error *err);

typedef struct fore_uplift_chance {
    double middle, lo, hi; /* added to the chance by one contact; NaN: not known */
} fore_uplift_chance;
fore_uplift_chance fore_uplift_of(const fore_uplift *uplift, fore_activity_kind kind,
                                  double chance); /* uplift NULL: not known */

void fore_uplift_write(const fore_uplift *uplift, fore_json_writer *json, const char *key);
fore_status fore_uplift_read(const fore_json_node *node, fore_uplift *uplift, fore_error *err);

#endif
