/* Targets (quotas, goals) as the workspace keeps them, looked up for any period of any calendar.
 *
 * A target whose dates are the period's own counts as it is. Otherwise each day of the period has its
 * part of the shortest target that holds it: months add up to a quarter, a quarter's target is shared
 * by days among its weeks; where a day has none, the period has none. Where a scope has no targets of
 * its own, those of its parts are added up: company from teams, else regions, else reps; team and
 * region from their reps. Not where some of them have none for all of the period but had one within
 * the three before it or have one within the three after it (reps that the roster says were not active
 * in the period are none of them): what the others add up to would be no target of the whole.
 *
 * A period_end is its last day, or the day after it, whichever makes whole months or quarters of the
 * workspace's calendar, whole civil months, or one week; its last day where neither does. Without one (fore_target_row) a target
 * holds for the calendar's month that its start lies in; one that starts on a 1st which begins no month of
 * the calendar holds for the civil month. */
#ifndef FORE_JOBS_TARGETS_H
#define FORE_JOBS_TARGETS_H

#include "engine/base/calendar.h"
#include "engine/store/store.h"
#include "features/sales_series.h"

typedef struct fore_targets fore_targets;
/* calendar: NULL, the civil one. */
fore_status fore_targets_read(fore_store *store, const fore_calendar *calendar,
                              fore_targets **targets, fore_error *err);
void fore_targets_free(fore_targets *targets); /* NULL is fine */
int64_t fore_targets_count(const fore_targets *targets);

typedef struct fore_target {
    double amount;    /* NaN: none */
    bool by_days;     /* a longer target was shared by days */
    const char *from; /* scope whose targets were added up; NULL: its own */
    int32_t held;     /* days of the period that its own targets hold, where they leave some out; 0 */
    int64_t missing, parts; /* of so many parts so many have no target here: no sum, amount is NaN */
    const char *lacking;    /* the id of the first of these; lives as long as the targets */
} fore_target;
/* Of the company (FORE_BY_TOTAL) or of group `index` of the timeline, for [start, end) days. */
fore_target fore_target_of(const fore_targets *targets, const fore_timeline *timeline,
                           fore_series_by by, int32_t index, int32_t start, int32_t end);

#endif
