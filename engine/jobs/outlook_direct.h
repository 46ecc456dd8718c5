/* The direct way to the next periods: what deals like those that are open now brought within so many
 * days when past moments were asked.
 *
 * At every week of the past two years the deals that were open then are rows; a row is 1 where its deal was
 * won in the days that now are the period. One logistic regression per period says the chance of each
 * deal that is open now. Nothing is assumed of how a deal lives: stages that move on, deals that stall
 * and touches that wear off are in what was seen over just such a stretch of time. What comes from
 * deals not yet open is what it was on average, recent moments weighing more.
 *
 * Of van Houwelingen's landmarking (2007, Scand. J. Statist. 34:70-85) the form with one fixed horizon;
 * deals that were not won are drawn by their key where there are too many, the rows of those drawn
 * standing for the others (case-control sampling with weights: Scott and Wild 1986). */
#ifndef FORE_JOBS_OUTLOOK_DIRECT_H
#define FORE_JOBS_OUTLOOK_DIRECT_H

#include "engine/jobs/outlook.h"

/* Fills o->direct_won and o->direct_new (NaN for a period with too little to learn from); open deals,
 * past wins and periods must be there. logged: the history keeps what stages and dates were; amounts:
 * open deals' amounts were known while they were open. */
fore_status fore_outlook_learn_direct(fore_context *context, fore_outlook *o, bool logged,
                                      bool amounts, fore_error *err);

/* Known and of the outlook's currency at its moment. */
bool fore_outlook_usable(const fore_timeline *timeline, const fore_outlook *o, int64_t subject);

#endif
