/* Rules of the day's list that look beyond one lead: how often a contact was approached lately, and what
 * is drawn by lot. */
#ifndef FORE_JOBS_LIST_RULES_H
#define FORE_JOBS_LIST_RULES_H

#include "engine/jobs/feedback.h"

/* touches[subject]: our attempts and meetings of the last `days` before as_of with the subject, or with
 * its contact over all leads and deals, whichever are more. The caller's; subjects + 1 entries. */
fore_status fore_touches_count(const fore_timeline *timeline, int64_t as_of, int64_t days,
                               int64_t **touches, fore_error *err);

/* A number in [0, 1) for a subject (key: timeline->key) or a rep (key: fore_lot_key) on a day: the same
 * for the same day and seed, on any machine. */
double fore_lot(int32_t day, uint64_t seed, int64_t key);
int64_t fore_lot_key(const char *id);

/* share of `rows` rows, as a whole number: the fraction is settled by lot, so that on average it is exact. */
int64_t fore_lot_rows(double share, int64_t rows, double lot);

/* The share that is drawn: wanted > 0 is remembered in the workspace where it can be written, -1 forgets
 * it, 0 asks for what is remembered. Without `remember` wanted counts for this once. */
fore_status fore_explore_share(fore_context *context, double wanted, bool remember, double *share,
                               fore_error *err);

#endif
