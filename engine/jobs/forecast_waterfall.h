/* What changed between two states of the forecast of one period, deal by deal.
 *
 * A deal's step is what it adds to the mean now less what it added then. It goes to what happened to
 * the deal in between: created (new), won, lost, its closing pushed out of the period or pulled into
 * it, its amount changed. An amount that changed takes the part that it would have moved with the
 * chance as it was; the rest, and all steps of deals to which nothing of that happened, are the
 * model's: time passed, other facts came in, chances or their level are seen anew. With what is
 * still expected of deals not open yet the parts add up to the difference of the two means. A deal
 * with a changed amount counts in both of its steps; its row is named by the larger part. */
#ifndef FORE_JOBS_FORECAST_WATERFALL_H
#define FORE_JOBS_FORECAST_WATERFALL_H

#include "engine/jobs/forecast_state.h"

typedef enum fore_waterfall_cause {
    FORE_CAUSE_NEW,
    FORE_CAUSE_WON,
    FORE_CAUSE_WON_EARLIER, /* before the period began: nothing is left to expect of it in it */
    FORE_CAUSE_LOST,
    FORE_CAUSE_PUSHED,
    FORE_CAUSE_PULLED,
    FORE_CAUSE_AMOUNT_UP,
    FORE_CAUSE_AMOUNT_DOWN,
    FORE_CAUSE_MODEL,
    FORE_CAUSE_TO_COME, /* deals not open yet: what is still expected of them */
    FORE_CAUSE_OTHER,   /* reopened, taken out of the export, known late */
    FORE_CAUSES
} fore_waterfall_cause;
const char *fore_waterfall_word(fore_waterfall_cause cause); /* "pushed out" */

typedef struct fore_waterfall_row {
    int64_t subject; /* -1: no longer in the history */
    fore_waterfall_cause cause;
    double then, now; /* parts of the means */
    double by_amount; /* of now - then: what the changed amount explains */
} fore_waterfall_row;

/* Pipeline: amounts of the open deals whose expected closing lies in the period (NaN: no deal has
 * one). Those of unknown amount count as deals, not as amounts. */
typedef struct fore_waterfall {
    int64_t deals[FORE_CAUSES];
    double forecast[FORE_CAUSES]; /* sum to now - then */
    double pipeline[FORE_CAUSES]; /* sum to pipeline_now - pipeline_then */
    double pipeline_then, pipeline_now;
    fore_waterfall_row *row; /* owned; largest step first, zero steps left out */
    int64_t rows;
} fore_waterfall;

/* The same period: `at_then` of one and `at_now` of the other. */
fore_status fore_waterfall_make(const fore_timeline *timeline, const fore_forecast_state *then,
                              int64_t at_then, const fore_forecast_state *now, int64_t at_now,
                              fore_waterfall *changes, fore_error *err);
void fore_waterfall_free(fore_waterfall *changes);

#endif
