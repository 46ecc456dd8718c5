/* Coverage: how much open pipeline there is for what is still to be won, and how much past periods
 * had for what they then won.
 *
 * Pipeline of a period: open deals that are expected to close in it, for the period that runs also
 * those that are overdue. Where fewer than half of the open deals had such a date that is known to have
 * stood then, all open deals, for the period that runs only.
 *
 * Needed: median over up to FORE_COVERAGE_PAST past periods, each looked at from the same distance to
 * its start, of its pipeline over what was then won from that moment to its end; infinite for one that
 * had a pipeline and won nothing. All as known at that moment. */
#ifndef FORE_JOBS_COVERAGE_H
#define FORE_JOBS_COVERAGE_H

#include "engine/jobs/context.h"
#include "engine/jobs/outlook.h"

enum { FORE_COVERAGE_PAST = 8, FORE_COVERAGE_LEAST = 3 };

typedef struct fore_coverage {
    bool known;         /* false: open deals have no amounts; nothing below is */
    bool dated;         /* by expected dates of closing; false: all open deals */
    int64_t periods, groups;
    int64_t unpriced;   /* open deals without an amount: they count nothing */
    double *pipeline;   /* periods x groups at [j * groups + g]; NaN: not to be had */
    double *needed;     /* the same; NaN: fewer than FORE_COVERAGE_LEAST past periods had any;
                         * infinite: half of them or more then won nothing */
} fore_coverage;

/* Of the outlook's periods. group: of each subject, from 0 to groups - 1, anything else is left out;
 * NULL: all are group 0. */
fore_status fore_coverage_make(fore_context *context, const fore_outlook *outlook,
                               fore_period period, const int32_t *group, int64_t groups,
                               fore_coverage *coverage, fore_error *err);
void fore_coverage_free(fore_coverage *coverage);

#endif
