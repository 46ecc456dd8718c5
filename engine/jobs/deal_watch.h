/* Open deals that a manager asks about: slipped and stalled ones. All as of the outlook's moment.
 *
 * Slipped: the expected date of closing has passed; or it lay before the end of the period that runs
 * and was moved beyond it since the period began.
 *
 * Stalled: neither an activity nor a change of stage for longer than nine in ten deals that were later
 * won ever were at that stage: the 90th percentile of each won deal's longest silence at a stage (of
 * all stages where fewer than FORE_WATCH_LEAST won deals passed it). Mass mail and what was cancelled
 * is no activity.
 *
 * A deal that is open at a stage whose name ends deals ("Closed Lost") is neither: its row is wrong,
 * nobody is to call. */
#ifndef FORE_JOBS_DEAL_WATCH_H
#define FORE_JOBS_DEAL_WATCH_H

#include "engine/jobs/outlook.h"

enum { FORE_WATCH_LEAST = 20 };

typedef struct fore_watched {
    int64_t subject;
    double amount;       /* NaN: not known; 1 where wins are counted */
    double chance;       /* to be won within the outlook's periods */
    int32_t owner, stage; /* rep, word; -1 */
    int32_t expected_on; /* slipped: as it stands now */
    int32_t was_on;      /* slipped: before it was moved out of the period; FORE_NO_DATE: overdue */
    double days;         /* whole: slipped: overdue by, moved by; stalled: of silence */
    double usual;        /* stalled: whole days that nine in ten won deals stayed within */
} fore_watched;

typedef struct fore_watch {
    fore_watched *slipped, *stalled; /* by amount, then by chance, the largest first */
    int64_t slips, stalls;
    int64_t won; /* deals that the silences were learned from; under FORE_WATCH_LEAST: none is stalled */
    bool dated;  /* expected dates are known of open deals */
} fore_watch;

fore_status fore_watch_make(const fore_timeline *timeline, const fore_outlook *outlook,
                            fore_watch *watch, fore_error *err);
void fore_watch_free(fore_watch *watch);

#endif
