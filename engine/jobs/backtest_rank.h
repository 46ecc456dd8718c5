/* The ranking's part of the backtest: past lists beside other orders, intervals, reliability. */
#ifndef FORE_JOBS_BACKTEST_RANK_H
#define FORE_JOBS_BACKTEST_RANK_H

#include "engine/jobs/context.h"
#include "models/measure/classify.h"

/* Writes members "rank" (past dates), "rank_overall", into the open object. plot: where to write an
 * SVG of the reliability, or NULL. */
fore_status fore_backtest_rank(fore_context *c, int64_t as_of, int64_t cuts, uint64_t seed,
                               const char *plot, fore_answer *a, fore_json_writer *json,
                               fore_error *err);

/* Reliability of one purpose as a picture: said against came true, with the 90 % range that chance
 * alone allows around each point. `panels` tables side by side. */
typedef struct fore_reliability_panel {
    const char *title;
    const fore_reliability *bin;
    int64_t bins, rows;
} fore_reliability_panel;
void fore_reliability_svg(const fore_reliability_panel *panel, int64_t panels, fore_text *out);

#endif
