/* The naive Bayes of Odoo CRM's predictive lead scoring with its stock fields (stage and team): a
 * baseline, so that a backtest shows what a CRM would have said.
 *
 * Per sales team, and once for all teams together, counts of won and lost per stage; a won row
 * counts at every stage, a lost one at its stage and those before it; +0.1 on both counts of what
 * is seen:
 *
 *     S_won = won / (won + lost) * won(stage) / won,   S_lost likewise with the lost,
 *     chance = S_won / (S_won + S_lost), rounded to hundredths of a per cent, kept off 0 and 1
 *
 * A stage that is unknown or was not seen is skipped; a team not seen uses the table of all teams.
 * Won means won within the horizon; the order of the stages, which an administrator of Odoo sets,
 * is that in which deals enter them on average before the moment of learning. */
#ifndef FORE_JOBS_ODOO_BAYES_H
#define FORE_JOBS_ODOO_BAYES_H

#include "features/examples.h"

typedef struct fore_odoo_bayes fore_odoo_bayes;

/* Learns from all examples; the timeline is borrowed for the life of it. */
fore_status fore_odoo_bayes_learn(const fore_timeline *timeline, const fore_examples *examples,
                                  int64_t as_of, fore_odoo_bayes **bayes, fore_error *err);
double fore_odoo_bayes_chance(const fore_odoo_bayes *bayes, fore_extract_row row);
void fore_odoo_bayes_free(fore_odoo_bayes *bayes); /* NULL is fine */

#endif
