/* The record of groups, cut by cut: see group_record.h.
 *
 *   group's expectation = its own deals at the level of fore_record_tilt
 *   sd of all groups' shock from the misses so far (fore_pipeline_shocks, pooled)
 *   own part^2 = sd^2 - company's sd^2, the same for all periods ahead */
#include "engine/jobs/group_record.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"

/* Groups looked at: those that won most. Draws of each. */
enum { GROUPS_MOST = 40, DRAWS = 500 };
enum { LO80 = 2, HI80 = 6 }; /* in fore_pipeline_levels */

void fore_group_record_open(fore_group_record *r, fore_context *context, fore_series_by by,
                            int64_t known, uint64_t seed)
{
    *r = (fore_group_record){.context = context, .by = by, .known = known, .seed = seed};
}

void fore_group_record_free(fore_group_record *r)
{
    fore_free(r->miss);
    *r = (fore_group_record){0};
}

void fore_group_record_widen(const fore_group_record *r, double company_sd, int64_t periods,
                             double *shock_sd)
{
    double sd = 0, persistence;
    if (r->misses == 0) return;
    fore_pipeline_shocks(r->miss, r->misses, 1, &sd, &persistence);
    double own = fmax(0, sd * sd - company_sd * company_sd);
    for (int64_t j = 0; j < periods; j++) shock_sd[j] = sqrt(shock_sd[j] * shock_sd[j] + own);
}

/* --- one cut --- */

typedef struct looking {
    fore_group_record *record;
    const fore_timeline *t;
    const fore_record *then;
    const fore_outlook *o;
    bool shown;
    fore_sales_groups groups;
    double *sold; /* groups: in the first period */
    double *member;
    int64_t before; /* misses of earlier cuts */
} looking;

typedef struct weight {
    double won;
    int64_t group;
} weight;

static int by_won(const void *left, const void *right)
{
    const weight *a = left, *b = right;
    if (a->won != b->won) return a->won > b->won ? -1 : 1;
    return (a->group > b->group) - (a->group < b->group);
}

/* Groups by what they won before the cut; how many of them are looked at. */
static int64_t order_groups(const looking *l, weight *order)
{
    int64_t n = l->groups.count, some = 0;
    for (int64_t k = 0; k < n; k++) order[k] = (weight){0, k};
    for (int64_t i = 0; i < l->o->past_wins; i++)
        order[l->groups.column[l->o->past_subject[i]]].won +=
            l->o->past_weight[i] * l->o->past_amount[i];
    qsort(order, (size_t)n, sizeof *order, by_won);
    while (some < n && some < GROUPS_MOST && order[some].won > 0) some++;
    return some;
}

static fore_status judge(looking *l, const fore_outlook_draws *draws, double actual,
                         fore_error *err)
{
    fore_group_record *r = l->record;
    fore_pipeline_result *result = NULL;
    FORE_TRY(fore_outlook_simulate(r->context, l->o, draws, &result, err));
    const fore_pipeline_period *p = &result->period[0];
    r->judged++;
    r->inside += actual >= p->quantile[LO80] && actual <= p->quantile[HI80];
    r->missed += fabs(p->mean - actual);
    r->sold += actual;
    fore_pipeline_result_free(result);
    return FORE_OK;
}

static fore_status look_at(looking *l, int64_t k, fore_error *err)
{
    fore_group_record *r = l->record;
    fore_status status = FORE_OK;
    int64_t periods = l->o->periods;
    double *room = FORE_NEW(4 * periods, double), *level = room, *sd = room + periods;
    double *mean = room + 2 * periods, *own_sd = room + 3 * periods;
    if (!room) return fore_no_memory(err);
    fore_sales_groups_members(&l->groups, k, l->member);
    double share = fore_outlook_share(l->t, l->o, l->member), actual = l->sold[k];
    if (!fore_sales_groups_any(l->o, l->member, share)) goto done;
    FORE_GO(fore_record_tilt(l->then, l->t, l->o, l->member, share, level, sd, err));
    FORE_GO(fore_outlook_expect(l->o, l->member, share, mean, own_sd, err));
    FORE_GO(fore_grow((void **)&r->miss, &r->capacity, r->misses + 1, sizeof *r->miss, err));
    fore_pipeline_miss miss = {level[0] * mean[0], own_sd[0] * sqrt(level[0]), actual};
    if (l->shown) {
        int64_t all = r->misses;
        r->misses = l->before; /* what was known before this cut */
        fore_group_record_widen(r, l->then->shock_sd[0], 1, sd);
        r->misses = all;
        fore_outlook_draws draws = {.member = l->member,
                                    .share = share,
                                    .level = level,
                                    .shock_sd = sd,
                                    .periods = 1,
                                    .draws = DRAWS,
                                    .seed = r->seed + (uint64_t)l->o->start[0] + (uint64_t)k};
        FORE_GO(judge(l, &draws, actual, err));
    }
    r->miss[r->misses++] = miss;
done:
    fore_free(room);
    return status;
}

/* What each group, as it is known now, sold in the first period. */
static fore_status read_sold(looking *l, fore_error *err)
{
    fore_sales_groups now = {0};
    l->sold = FORE_ZNEW(l->groups.count, double);
    if (!l->sold) return fore_no_memory(err);
    FORE_TRY(fore_sales_groups_make(l->t, l->o, l->record->by, l->record->known, &now, err));
    fore_outlook_actuals(l->t, l->o, l->o->start[0], l->o->start[1], l->record->known, now.column,
                         l->sold);
    fore_sales_groups_free(&now);
    return FORE_OK;
}

fore_status fore_group_record_look(void *context, const fore_record *then, const fore_outlook *o,
                                   bool shown, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_group_record *r = context;
    looking l = {.record = r, .then = then, .o = o, .shown = shown, .before = r->misses};
    weight *order = NULL;
    FORE_GO(fore_context_history(r->context, &l.t, NULL, err));
    FORE_GO(fore_sales_groups_make(l.t, o, r->by, o->as_of, &l.groups, err));
    FORE_GO(read_sold(&l, err));
    l.member = FORE_ZNEW(l.t->subjects, double);
    order = FORE_NEW(l.groups.count, weight);
    if (!l.member || !order) FORE_GO(fore_no_memory(err));
    int64_t some = order_groups(&l, order);
    for (int64_t k = 0; k < some; k++) FORE_GO(look_at(&l, order[k].group, err));
    r->cuts += shown;
done:
    fore_sales_groups_free(&l.groups);
    fore_free(l.sold);
    fore_free(l.member);
    fore_free(order);
    return status;
}
