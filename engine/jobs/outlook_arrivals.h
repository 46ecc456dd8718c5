/* Deals that are not open yet, by where they come from: how many arrive a week, how many of them are
 * won and when. Each source has a level, trend and season of its own, drawn towards the company's,
 * and hazards of win and loss that are the company's times a ratio of its own (relative.h): sources
 * that win more, or sooner, bring more. What arrives altogether is the company's figure; its mix is
 * that of the sources. Where sources are filled in with the win (lost deals have one much less
 * often), or none stands out, there is one mix for all. */
#ifndef FORE_JOBS_OUTLOOK_ARRIVALS_H
#define FORE_JOBS_OUTLOOK_ARRIVALS_H

#include "engine/jobs/outlook.h"
#include "models/survive/hazard.h"

/* Fills o->weeks, arrivals, arrivals_size, new_won and the sources. plain: hazards by age alone,
 * learned at o->as_of. drawn: share of the deals to read, drawn by their keys. */
fore_status fore_outlook_arrive(const fore_timeline *timeline, fore_outlook *o,
                                const fore_hazard *plain, double drawn, fore_error *err);

/* --- shared --- */

/* What is known of lost deals at least so often, relative to won ones, is known in time; else it is
 * filled in with the win. */
#define FORE_EARLY_SHARE 0.5
/* Weeks after which what was seen of deals' lives counts half: hazards drift. */
#define FORE_HAZARD_HALF_LIFE 104.0


/* A deal's lot hangs on its key alone. */
bool fore_outlook_is_drawn(const fore_timeline *timeline, int64_t subject, double share);
/* Weeks from as_of to the end of period j; 0 when it is over. */
double fore_outlook_weeks_to_end(const fore_outlook *o, int64_t period);
/* Cumulative incidence at a fractional week; cumulative[h] is that within h + 1 weeks. */
double fore_outlook_incidence(const double *cumulative, int64_t horizon, double week);
/* The deal's life as known at as_of. */
fore_spell fore_outlook_life(const fore_timeline *timeline, const fore_outlook *o, int64_t subject);

#endif
