/* Groups' forecasts against their own past: at every past cut of the company's record each group is
 * forecast as it would have been then, and set beside what it sold.
 *
 * Groups miss by more than the company's shock and the luck of their deals: what is theirs alone
 * (a team that grows, a rep who leaves) is learned from the misses of all groups together, and
 * widens their intervals. At each cut with what was learned before it. */
#ifndef FORE_JOBS_GROUP_RECORD_H
#define FORE_JOBS_GROUP_RECORD_H

#include "engine/jobs/forecast_record.h"
#include "engine/jobs/sales_groups.h"

typedef struct fore_group_record {
    fore_context *context;
    fore_series_by by;
    int64_t known; /* what was sold is read as known then */
    uint64_t seed;
    fore_pipeline_miss *miss; /* of all groups and cuts */
    int64_t misses, capacity;

    int64_t cuts, judged,
        inside;          /* shown cuts; forecasts of groups at them; in the 80 % interval */
    double missed, sold; /* sums of |mean - actual| and of actual */
} fore_group_record;

void fore_group_record_open(fore_group_record *record, fore_context *context, fore_series_by by,
                            int64_t known, uint64_t seed);
void fore_group_record_free(fore_group_record *record);
/* For fore_record_options.watch; context: the record. */
fore_status fore_group_record_look(void *context, const fore_record *then,
                                   const fore_outlook *outlook, bool shown, fore_error *err);
/* The shock of a group, periods doubles in place of the company's. */
void fore_group_record_widen(const fore_group_record *record, double company_sd, int64_t periods,
                             double *shock_sd);

#endif
