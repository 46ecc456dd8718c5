/* Groups of subjects: teams, regions, reps, products, categories.
 *
 * Products that are filled in with the win (lost deals have one much less often than won ones) are
 * known of no deal that is not won yet, whatever the export says by now: such a deal belongs to each
 * group with the chance that a win of late was the group's. */
#ifndef FORE_JOBS_SALES_GROUPS_H
#define FORE_JOBS_SALES_GROUPS_H

#include "engine/jobs/outlook.h"
#include "features/sales_series.h"

typedef struct fore_sales_groups {
    fore_series_by by;
    int64_t count;      /* group count - 1 holds what is in none */
    int64_t first, end; /* subjects of the outlook's kind */
    int32_t *column;    /* subjects: the group of each, as known at a moment; elsewhere undefined */
    double *late;       /* count: share of the wins of late; NULL: groups are known in time */
    const fore_timeline *timeline;
    int64_t known;      /* the moment */
} fore_sales_groups;

fore_status fore_sales_groups_make(const fore_timeline *timeline, const fore_outlook *outlook,
                                   fore_series_by by, int64_t known, fore_sales_groups *groups,
                                   fore_error *err);
void fore_sales_groups_free(fore_sales_groups *groups);
/* member (subjects): the chance to be of group k, 0 or 1 where it is known. */
void fore_sales_groups_members(const fore_sales_groups *groups, int64_t k, double *member);
int32_t fore_sales_groups_index(const fore_sales_groups *groups, int64_t k); /* -1: none */
const char *fore_sales_groups_name(const fore_timeline *timeline, const fore_sales_groups *groups,
                                   int64_t k);
/* Whether the outlook says anything of the members: new deals (share), open ones, wins so far. */
bool fore_sales_groups_any(const fore_outlook *outlook, const double *member, double share);

#endif
