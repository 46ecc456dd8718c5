/* The effort of the team as models/respond wants it: reps by weeks, the kinds that are common enough,
 * today's pace. Behind effort and its backtest. */
#ifndef FORE_JOBS_EFFORT_VIEW_H
#define FORE_JOBS_EFFORT_VIEW_H

#include "engine/jobs/next_step.h"
#include "features/panels.h"
#include "models/respond/response.h"

enum { FORE_PACE_WEEKS = 13, FORE_PANEL_WEEKS = 156 };

typedef struct fore_effort_view {
    fore_arena *arena;
    fore_response_panel panel;     /* row-major by rep; arrays live in the arena */
    const char *name[FORE_KINDS_MAX];
    double minutes[FORE_KINDS_MAX]; /* of one activity */
    double current[FORE_KINDS_MAX]; /* activities over the coming period at the pace of the last
                                     * FORE_PACE_WEEKS weeks (of effort_weeks, where these are fewer) */
    int64_t effort_weeks;          /* full weeks from the first effort of anybody to the last week */
    double reps_active;
    double hours_per_week;         /* of the reps at work in the last week; NaN: not recorded */
} fore_effort_view;

/* team: a word of timeline->teams, -1 = everybody. E_NO_ANSWER when there is no effort in the history. */
fore_status fore_effort_view_make(const fore_timeline *timeline, const fore_effort_panel *panel,
                                  const fore_habits *habits, int32_t team, double period_weeks,
                                  fore_effort_view *view, fore_error *err);
void fore_effort_view_free(fore_effort_view *view);

#endif
