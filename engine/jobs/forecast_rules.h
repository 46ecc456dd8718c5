/* What one would say without foresell: simple rules on the series of past periods, and the stages'
 * shares of wins on the open pipeline. Behind the record of the forecast. */
#ifndef FORE_JOBS_FORECAST_RULES_H
#define FORE_JOBS_FORECAST_RULES_H

#include "engine/jobs/forecast_record.h"
#include "features/sales_series.h"

/* What the rules say of whole periods, by periods ahead; NaN: not to be had. */
typedef struct fore_rules {
    double value[FORE_BASELINES][FORE_RECORD_STEPS];
    /* Quarters have a rhythm where months close: the size over that of a mean one of the months that
     * are 0, 1, 2 ahead (3 is like 0), as learned and shrunk towards 1; else 1. And the series'
     * level, smoothed without the rhythm; NaN: no history. */
    double rhythm[FORE_RHYTHM], level;
} fore_rules;

/* What was known of the first `at` periods of a series (its wins where `counts`, else its amounts)
 * when period `at` began. The series as known then may begin elsewhere: deals that were won then and
 * are not now, or the other way round. *past: at values, fore_free. */
fore_status fore_rules_past(fore_context *context, const fore_sales_series *now, int64_t at,
                            bool counts, fore_period period, double **past, fore_error *err);

/* past: n full periods, oldest first. Those before the first sale are no history.
 * season: periods in a year. */
void fore_rules_read(const double *past, int64_t n, int64_t season, int64_t steps,
                     fore_rules *rules);

/* Open deals, each by its amount x the share of closed deals that were won from its stage, spread over
 * the mean life of a won deal: the part of period_days. NaN: the stage of no open deal is known. */
fore_status fore_stage_weights(const fore_timeline *timeline, const fore_outlook *outlook,
                               double period_days, double *sum, fore_error *err);

#endif
