/* Groups: see sales_groups.h. */
#include "engine/jobs/sales_groups.h"

#include <string.h>

#include "engine/base/memory.h"
#include "features/extract.h"

/* The group of a subject: a word, rep or product index, -1 = unknown. */
static int32_t group_of(const fore_timeline *t, fore_series_by by, int64_t subject, int64_t as_of)
{
    fore_subject_state state;
    if (by == FORE_BY_PRODUCT) return t->product[subject];
    if (by == FORE_BY_CATEGORY)
        return t->product[subject] < 0 ? -1 : t->product_category[t->product[subject]];
    fore_subject_state_at(t, subject, as_of, &state);
    if (by == FORE_BY_REP || state.owner < 0) return state.owner;
    return by == FORE_BY_TEAM ? t->rep_team[state.owner] : t->rep_region[state.owner];
}

static int64_t group_limit(const fore_timeline *t, fore_series_by by)
{
    switch (by) {
    case FORE_BY_TEAM: return t->teams.count;
    case FORE_BY_REGION: return t->regions.count;
    case FORE_BY_REP: return t->reps;
    case FORE_BY_CATEGORY: return t->categories.count;
    default: return t->products;
    }
}

fore_status fore_sales_groups_make(const fore_timeline *t, const fore_outlook *o, fore_series_by by,
                                   int64_t known, fore_sales_groups *g, fore_error *err)
{
    bool deals = o->kind == FORE_SUBJECT_DEAL;
    *g = (fore_sales_groups){.by = by,
                             .count = group_limit(t, by) + 1,
                             .first = deals ? t->leads : 0,
                             .end = deals ? t->subjects : t->leads,
                             .column = FORE_ZNEW(t->subjects, int32_t)};
    if (!g->column) return fore_no_memory(err);
    for (int64_t s = g->first; s < g->end; s++) {
        int32_t group = group_of(t, by, s, known);
        g->column[s] = group < 0 ? (int32_t)(g->count - 1) : group;
    }
    return FORE_OK;
}

void fore_sales_groups_free(fore_sales_groups *g)
{
    fore_free(g->column);
    g->column = NULL;
}

void fore_sales_groups_members(const fore_sales_groups *g, int64_t k, uint8_t *member)
{
    for (int64_t s = g->first; s < g->end; s++) member[s] = g->column[s] == k;
}

int32_t fore_sales_groups_index(const fore_sales_groups *g, int64_t k)
{
    return k == g->count - 1 ? -1 : (int32_t)k;
}

const char *fore_sales_groups_name(const fore_timeline *t, const fore_sales_groups *g, int64_t k)
{
    int32_t group = fore_sales_groups_index(g, k);
    if (group < 0) return "(none)";
    switch (g->by) {
    case FORE_BY_TEAM: return fore_word(&t->teams, group);
    case FORE_BY_REGION: return fore_word(&t->regions, group);
    case FORE_BY_REP: return fore_word(&t->rep_ids, group);
    case FORE_BY_CATEGORY: return fore_word(&t->categories, group);
    default: return fore_word(&t->product_ids, group);
    }
}

bool fore_sales_groups_any(const fore_outlook *o, const uint8_t *member, double share)
{
    bool any = share > 0;
    for (int64_t i = 0; i < o->open && !any; i++) any = member[o->open_subject[i]];
    for (int64_t i = 0; i < o->wins && !any; i++) any = member[o->win_subject[i]];
    return any;
}
