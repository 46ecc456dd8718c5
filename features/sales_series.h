/* Sales as series: won amount, wins, losses and arrivals per period of the calendar (UTC), zero where
 * nothing happened, in total and by group. Only what lies before as_of is seen; amounts and owners are
 * those known at as_of. The currency rule is that of panels.h. */
#ifndef FORE_FEATURES_SALES_SERIES_H
#define FORE_FEATURES_SALES_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/calendar.h"
#include "engine/base/status.h"
#include "features/timeline.h"

typedef enum fore_series_by {
    FORE_BY_TOTAL, FORE_BY_TEAM, FORE_BY_REGION, FORE_BY_REP, FORE_BY_PRODUCT, FORE_BY_CATEGORY
} fore_series_by;
bool fore_series_by_parse(const char *word, fore_series_by *by); /* total team region rep product category */

typedef struct fore_sales_series {
    fore_period period;
    int64_t periods, groups;   /* element (p, g) at [p + g * periods] */
    const int32_t *start;      /* periods + 1: period p is [start[p], start[p + 1]) in days */
    bool last_partial;         /* as_of lies inside the last period */
    double last_share;         /* of its days that are over: 1 when not partial */
    const char *const *group;  /* groups names, in order of the timeline; "" = unknown comes last */
    const int32_t *group_index;/* groups: word, rep or product index in the timeline; -1 = unknown */

    double *amount, *won, *lost;      /* of deals (of leads when there are no deals) by closing */
    double *leads_new, *deals_new;    /* by creation */

    /* The wins one by one, in order of closing: for the distribution of amounts. NaN: no amount, or
     * another currency. */
    int64_t wins;
    const double *win_amount;
    const int64_t *win_at;
    const int32_t *win_group, *win_subject;

    int32_t currency;          /* word of timeline->currencies; -1 when wins name none */
    bool by_leads;
    int64_t won_other_currency, won_without_amount;
    struct fore_arena *arena;
} fore_sales_series;

/* From the period of the first creation or closing to the one that holds the last moment before as_of.
 * E_NO_ANSWER when nothing was created or closed before as_of. calendar NULL: the civil one. currency -1: the one with most wins. */
fore_status fore_sales_series_make(const fore_timeline *timeline, int64_t as_of,
                                   const fore_calendar *calendar, fore_period period,
                                   fore_series_by by, int32_t currency, fore_sales_series **series,
                                   fore_error *err);
void fore_sales_series_free(fore_sales_series *series); /* NULL is fine */

/* The company's own where it is stated, else the currency with most wins before as_of (ties: the first);
 * -1 when none is named. */
int32_t fore_main_currency(const fore_timeline *timeline, int64_t as_of);

#endif
