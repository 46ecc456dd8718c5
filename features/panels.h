/* The effort panel: what each rep did, had and won in each week (Monday to Sunday, UTC).
 *
 * Effort is what the rep undertook: an activity with a rep and a time, not cancelled, that is outbound, or
 * of unknown direction and of a kind that reps do (call, email, meeting, demo, visit, message, event,
 * send, other). Inbound activities, opens, clicks, replies, unsubscribes, web visits and forms are
 * answers, not effort. Work on what is already won is service, not selling: an activity on a deal at or
 * after its winning; on a converted lead when its deal is won by then, or it has none; on an account
 * that has a won subject and none open at that time. Each activity counts once.
 *
 * Won amounts are those of deals (of leads when the history has no deals: then without amount), as
 * known at as_of, booked in the week of closing to the owner at that time. Only one currency is added
 * up: the one with most wins, or the one asked for; wins in others are counted apart. */
#ifndef FORE_FEATURES_PANELS_H
#define FORE_FEATURES_PANELS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "features/timeline.h"

typedef struct fore_effort_panel {
    int64_t reps, weeks;      /* cell (r, w) at [r + w * reps] of every array below */
    int64_t cells;            /* reps * weeks */
    int32_t first_week_on;    /* Monday of week 0, in days; week w starts at first_week_on + 7 w */
    const int32_t *rep;       /* reps: index in the timeline; only reps that ever did, held or won something */

    /* cells each; nothing is NaN but hours */
    double *count[FORE_ACTIVITY_KINDS]; /* selling effort by kind */
    double *minutes;          /* of selling effort, where minutes are known */
    double *minutes_known;    /* activities with known minutes */
    double *service;          /* activities on what is already won */
    double *service_minutes;
    double *hours;            /* hours_per_week * active_days / 5; NaN when hours_per_week is unknown */
    double *active_days;      /* Monday to Friday days within active_from..active_to (both included). From
                                 unknown: from the first week the rep is seen in (did, got or closed
                                 something); both unknown: to the last such week */
    double *leads_held, *deals_held; /* open at the week's start and owned then */
    double *leads_new, *deals_new;   /* created in the week, by their first owner */
    double *won, *lost;       /* deals (or leads) closed in the week */
    double *won_amount;       /* in `currency` */

    int32_t currency;         /* word of timeline->currencies; -1 when wins name none */
    bool by_leads;            /* no deals in the history: won and lost are leads */
    int64_t won_other_currency, won_without_amount, won_without_owner; /* wins, not in won_amount */
    int64_t activities, activities_service, activities_without_rep, activities_not_effort;
    struct fore_arena *arena;
} fore_effort_panel;

/* Full weeks only: from the Monday of the week of the first creation or activity of a subject, and not
 * before as_of - max_weeks * 7 days (max_weeks 0: all), to the last Sunday before as_of. E_NO_ANSWER when
 * that is no week, or no rep is seen. */
fore_status fore_effort_panel_make(const fore_timeline *timeline, int64_t as_of, int32_t currency_or_minus_1,
                                   int64_t max_weeks, fore_effort_panel **panel, fore_error *err);
void fore_effort_panel_free(fore_effort_panel *panel); /* NULL is fine */

/* Rules of the panel, for lists and reports: */
bool fore_event_effort(const fore_timeline *timeline, int64_t event);    /* undertaken by a rep */
bool fore_event_service(const fore_timeline *timeline, int64_t owner, int64_t event); /* after the sale */

#endif
