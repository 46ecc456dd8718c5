/* Groups: see sales_groups.h. */
#include "engine/jobs/sales_groups.h"

#include <string.h>

#include "engine/base/memory.h"
#include "engine/jobs/outlook_arrivals.h"
#include "engine/jobs/outlook_direct.h"
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

static bool won_before(const fore_timeline *t, int64_t s, int64_t moment)
{
    return fore_subject_closed(t, s, moment).outcome == FORE_WON;
}

/* Do lost deals have a group much less often than won ones? */
static bool comes_with_the_win(const fore_sales_groups *g, const fore_outlook *o)
{
    double closed[2] = {0}, named[2] = {0};
    for (int64_t s = g->first; s < g->end; s++) {
        if (!fore_outlook_usable(g->timeline, o, s)) continue;
        fore_deal_end end = fore_outlook_life(g->timeline, o, s).event;
        if (end == FORE_DEAL_OPEN) continue;
        closed[end == FORE_DEAL_WON]++;
        named[end == FORE_DEAL_WON] += g->column[s] < g->count - 1;
    }
    return closed[0] > 0 && named[1] > 0 &&
           named[0] / closed[0] < FORE_EARLY_SHARE * named[1] / closed[1];
}

/* The groups' shares of the wins, newer ones counting more. */
static fore_status share_wins(fore_sales_groups *g, const fore_outlook *o, fore_error *err)
{
    double all = 0;
    g->late = FORE_ZNEW(g->count, double);
    if (!g->late) return fore_no_memory(err);
    for (int64_t i = 0; i < o->past_wins; i++) {
        g->late[g->column[o->past_subject[i]]] += o->past_weight[i];
        all += o->past_weight[i];
    }
    for (int64_t k = 0; k < g->count && all > 0; k++) g->late[k] /= all;
    return FORE_OK;
}

fore_status fore_sales_groups_make(const fore_timeline *t, const fore_outlook *o, fore_series_by by,
                                   int64_t known, fore_sales_groups *g, fore_error *err)
{
    bool deals = o->kind == FORE_SUBJECT_DEAL;
    *g = (fore_sales_groups){.by = by,
                             .count = group_limit(t, by) + 1,
                             .first = deals ? t->leads : 0,
                             .end = deals ? t->subjects : t->leads,
                             .timeline = t,
                             .known = known,
                             .column = FORE_ZNEW(t->subjects, int32_t)};
    if (!g->column) return fore_no_memory(err);
    for (int64_t s = g->first; s < g->end; s++) {
        int32_t group = group_of(t, by, s, known);
        g->column[s] = group < 0 ? (int32_t)(g->count - 1) : group;
    }
    bool logged = by != FORE_BY_PRODUCT && by != FORE_BY_CATEGORY;
    if (!logged && comes_with_the_win(g, o)) FORE_TRY(share_wins(g, o, err));
    return FORE_OK;
}

void fore_sales_groups_free(fore_sales_groups *g)
{
    fore_free(g->column);
    fore_free(g->late);
    g->column = NULL;
    g->late = NULL;
}

void fore_sales_groups_members(const fore_sales_groups *g, int64_t k, double *member)
{
    for (int64_t s = g->first; s < g->end; s++)
        member[s] =
            g->late && !won_before(g->timeline, s, g->known) ? g->late[k] : g->column[s] == k;
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

bool fore_sales_groups_any(const fore_outlook *o, const double *member, double share)
{
    bool any = share > 0;
    for (int64_t i = 0; i < o->open && !any; i++) any = member[o->open_subject[i]] > 0;
    for (int64_t i = 0; i < o->wins && !any; i++) any = member[o->win_subject[i]] > 0;
    return any;
}
