/* The nodes' histories (series_hierarchy.h).
 *
 *   one step for all: the one that most series have; times become numbers of that step
 *   make the tree (series_tree.h)
 *   bottoms that end early: forecast up to the end
 *   sum up; the file's names and grid become those of the nodes */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/series_hierarchy.h"

enum { VALUES_MOST = 200000000 };

/* --- one step for all --- */

static bool same_step(const fore_series_plan *a, const fore_series_plan *b)
{
    bool by_width = a->step == FORE_STEP_NUMBER || a->step == FORE_STEP_SECONDS;
    return a->step == b->step && (!by_width || a->width == b->width);
}

/* The plan whose step most series have, one with a single value counting next to nothing; -1: no
 * series can be used. */
static int64_t find_common(const fore_series_grid *g)
{
    int64_t best = -1, most = 0;
    for (int64_t s = 0; s < g->series; s++) {
        int64_t votes = 0;
        bool again = g->plan[s].why[0] || (best >= 0 && same_step(&g->plan[best], &g->plan[s]));
        for (int64_t i = 0; !again && i < g->series; i++)
            if (!g->plan[i].why[0] && same_step(&g->plan[i], &g->plan[s]))
                votes += g->plan[i].n > 1 ? g->series : 1;
        if (votes > most) most = votes, best = s;
    }
    return best;
}

static bool by_numbers(const fore_series_plan *p) { return p->form == FORE_FORM_NUMBER; }

/* Series of another step are left out; those with one value take the common one. Days are working
 * days only where they are the same ones for all. */
static void agree(fore_series_grid *g, fore_series_plan *common)
{
    for (int64_t s = 0; s < g->series; s++)
        if (!g->plan[s].why[0] && g->plan[s].n > 1 && g->plan[s].week != common->week)
            common->week = 0;
    for (int64_t s = 0; s < g->series; s++) {
        fore_series_plan *p = &g->plan[s];
        if (p->why[0]) continue;
        bool alone = p->n == 1 && by_numbers(p) == by_numbers(common) &&
                     (p->step == FORE_STEP_SECONDS) == (common->step == FORE_STEP_SECONDS);
        if (!same_step(p, common) && !alone)
            snprintf(
                p->why, sizeof p->why,
                "its step is a %s, that of most others a %s; a hierarchy needs one step for all",
                fore_series_step_word(p), fore_series_step_word(common));
    }
}

/* Days of the week in [from, to). */
static int64_t working_days(unsigned week, int64_t from, int64_t to)
{
    int64_t weeks = (to - from) / 7, n = weeks * __builtin_popcount(week);
    for (int64_t at = from + 7 * weeks; at < to; at++) n += week >> fore_weekday((int32_t)at) & 1;
    return n;
}

/* How many steps the time lies after the anchor, which is not later. */
static int64_t number_of(const fore_series_plan *common, int64_t at, int64_t anchor)
{
    int32_t year, month, day, year0, month0;
    if (common->step == FORE_STEP_NUMBER || common->step == FORE_STEP_SECONDS)
        return (int64_t)floor((double)(at - anchor) / (double)common->width + 0.5);
    if (common->week) return working_days(common->week, anchor, at);
    if (common->step == FORE_DAILY) return at - anchor;
    if (common->step == FORE_WEEKLY) return (int64_t)floor((double)(at - anchor) / 7 + 0.5);
    fore_civil_from_days((int32_t)at, &year, &month, &day);
    fore_civil_from_days((int32_t)anchor, &year0, &month0, &day);
    int64_t months = 12 * (int64_t)(year - year0) + month - month0;
    if (common->step == FORE_YEARLY) return year - year0;
    return common->step == FORE_QUARTERLY
               ? 4 * (int64_t)(year - year0) + (month - 1) / 3 - (month0 - 1) / 3
               : months;
}

/* --- histories --- */

typedef struct history {
    fore_series_nested *nested;
    const fore_series_tree *tree;
    const fore_series_grid *grid; /* the file's */
    fore_series_plan common;      /* step, width, week, season */
    int64_t earliest;             /* time of the first step */
    int64_t length;               /* steps to the end of the last */
    int64_t latest;               /* a bottom that is there at the end */
    double *value;                /* nodes x length, node i from i length on */
} history;

static const fore_series_plan *plan_of(const history *h, int64_t node)
{
    return &h->grid->plan[h->tree->series[node]];
}

static int64_t first_of(const history *h, int64_t node)
{
    return number_of(&h->common, plan_of(h, node)->start, h->earliest);
}

/* Steps that a bottom covers on the common grid: a firm with other working days than others has
 * values on some of them only. */
static int64_t covered(const history *h, int64_t node)
{
    const fore_series_plan *p = plan_of(h, node);
    return p->week == h->common.week
               ? p->n
               : number_of(&h->common, p->last, h->earliest) - first_of(h, node) + 1;
}

static fore_status find_span(history *h, fore_error *err)
{
    const fore_series_tree *t = h->tree;
    int64_t a = t->shape.aggregates;
    h->earliest = plan_of(h, a)->start;
    for (int64_t i = a; i < t->nodes; i++)
        if (plan_of(h, i)->start < h->earliest) h->earliest = plan_of(h, i)->start;
    for (int64_t i = a; i < t->nodes; i++) {
        int64_t end = first_of(h, i) + covered(h, i);
        if (end > h->length) h->length = end, h->latest = i;
    }
    h->nested->length = h->length;
    if (h->length > VALUES_MOST / t->nodes)
        return fore_fail(err, FORE_E_LIMIT,
                         "from the first value to the last there are %lld steps, too many for %lld "
                         "nodes; cut the file",
                         (long long)h->length, (long long)t->nodes);
    h->value = FORE_NEW(t->nodes * h->length, double);
    return h->value ? FORE_OK : fore_no_memory(err);
}

/* On days of the week on which it never sells, a firm sells nothing. */
static void place_by_day(const history *h, const fore_series_plan *p, double *to, int64_t from)
{
    const double *y = h->grid->values + p->first;
    for (int64_t at = p->start, k = 0; from + at - p->start < h->length; at++) {
        bool open = p->week >> fore_weekday((int32_t)at) & 1;
        if (open && at > p->last) return; /* the series ends */
        to[from + at - p->start] = open && k < p->n ? y[k++] : 0;
    }
}

/* Bottom series onto the common time: NaN where there is nothing. */
static void place_bottoms(history *h)
{
    const fore_series_tree *t = h->tree;
    for (int64_t i = t->shape.aggregates; i < t->nodes; i++) {
        const fore_series_plan *p = plan_of(h, i);
        double *to = h->value + i * h->length;
        int64_t from = first_of(h, i);
        for (int64_t k = 0; k < h->length; k++) to[k] = NAN;
        if (p->week != h->common.week)
            place_by_day(h, p, to, from);
        else
            memcpy(to + from, h->grid->values + p->first, (size_t)p->n * sizeof *to);
    }
}

static int64_t leading(const double *y, int64_t n)
{
    int64_t k = 0;
    while (k < n && isnan(y[k])) k++;
    return k;
}

static int64_t trailing(const double *y, int64_t n)
{
    int64_t k = 0;
    while (k < n && isnan(y[n - 1 - k])) k++;
    return k;
}

/* Fills what lies between two values along a straight line; whether there was any. */
static bool fill_inside(double *y, int64_t n)
{
    bool any = false;
    int64_t last = -1;
    for (int64_t k = 0; k < n; k++) {
        if (isnan(y[k])) continue;
        for (int64_t j = last + 1; last >= 0 && j < k; j++) {
            double part = (double)(j - last) / (double)(k - last);
            y[j] = y[last] + part * (y[k] - y[last]);
            any = true;
        }
        last = k;
    }
    return any;
}

/* A series of the file may be all missing: it has no forecast. */
static void refuse_empty(fore_series_grid *grid)
{
    for (int64_t s = 0; s < grid->series; s++) {
        fore_series_plan *p = &grid->plan[s];
        if (!p->why[0] && leading(grid->values + p->first, p->n) == p->n)
            snprintf(p->why, sizeof p->why, "it has no value at all");
    }
}

/* What bottoms that end early would have come to since then. */
static fore_status continue_early(fore_context *c, const fore_series_options *options, history *h,
                                  double *y, fore_error *err)
{
    const fore_series_tree *t = h->tree;
    fore_status status = FORE_OK;
    fore_series_options plain = *options;
    plain.levels = 0;
    int64_t count = 0, n = h->length;
    fore_series_task *tasks = FORE_ZNEW(t->shape.bottoms, fore_series_task);
    if (!tasks) return fore_no_memory(err);
    for (int64_t b = 0; b < t->shape.bottoms; b++) {
        int64_t tail = trailing(y + b * n, n), lead = leading(y + b * n, n);
        if (tail == 0) continue;
        tasks[count++] = (fore_series_task){
            .y = y + b * n + lead, .n = n - tail - lead, .m = h->common.season, .horizon = tail};
    }
    FORE_GO(fore_series_batch(c->pool, tasks, count, &plain, err));
    for (int64_t k = 0; k < count; k++) {
        double *to = (double *)tasks[k].y + tasks[k].n;
        if (!tasks[k].forecast) FORE_GO(fore_fail(err, tasks[k].status, "%s", tasks[k].message));
        memcpy(to, tasks[k].forecast->mean, (size_t)tasks[k].horizon * sizeof *to);
    }
    h->nested->early = count;
done:
    for (int64_t k = 0; k < count; k++) fore_series_free(tasks[k].forecast);
    fore_free(tasks);
    return status;
}

/* The aggregates' values, from bottoms without holes. */
static fore_status sum_up(fore_context *c, const fore_series_options *options, history *h,
                          fore_error *err)
{
    const fore_series_tree *t = h->tree;
    int64_t a = t->shape.aggregates, bottoms = t->shape.bottoms, n = h->length;
    double *y = FORE_NEW(bottoms * n, double);
    if (!y) return fore_no_memory(err);
    memcpy(y, h->value + a * n, (size_t)(bottoms * n) * sizeof *y);
    for (int64_t b = 0; b < bottoms; b++) {
        h->nested->gaps += fill_inside(y + b * n, n);
        h->nested->late += leading(y + b * n, n) > 0;
    }
    fore_status status = continue_early(c, options, h, y, err);
    for (int64_t i = 0; status == FORE_OK && i < a; i++) {
        double *sum = h->value + i * n;
        memset(sum, 0, (size_t)n * sizeof *sum);
        for (int64_t j = t->shape.start[i]; j < t->shape.start[i + 1]; j++)
            for (int64_t k = 0; k < n; k++) {
                double add = y[t->shape.member[j] * n + k];
                sum[k] += isnan(add) ? 0 : add; /* not there yet */
            }
    }
    fore_free(y);
    return status;
}

/* --- nodes in place of series --- */

static void plan_node(const history *h, int64_t node, fore_series_plan *p)
{
    const double *y = h->value + node * h->length;
    int64_t lead = node < h->tree->shape.aggregates ? 0 : leading(y, h->length);
    *p = h->common;
    p->form = plan_of(h, h->latest)->form;
    p->start = fore_series_next(p, h->earliest, lead);
    p->last = plan_of(h, h->latest)->last;
    p->first = node * h->length + lead;
    p->n = h->length - lead;
}

static void plan_left_out(const fore_series_file *file, const fore_series_grid *old,
                          const fore_series_tree *t, int64_t node, fore_series_plan *p)
{
    if (t->series[node] >= 0) {
        *p = old->plan[t->series[node]];
        p->first = p->n = 0;
        return;
    }
    snprintf(p->why, sizeof p->why,
             "%.100s below it is left out, without which the sum is too small",
             fore_dictionary_text(file->ids, t->missing[node]));
}

static fore_status replace(history *h, fore_series_file *file, fore_series_grid *grid,
                           fore_error *err)
{
    fore_series_tree *t = &h->nested->tree;
    fore_series_plan *plan = FORE_ZNEW(t->all, fore_series_plan);
    if (!plan) return fore_no_memory(err);
    for (int64_t i = 0; i < t->all; i++) {
        if (i < t->nodes)
            plan_node(h, i, &plan[i]);
        else
            plan_left_out(file, grid, t, i, &plan[i]);
    }
    fore_free(grid->plan);
    fore_free(grid->values);
    *grid = (fore_series_grid){.series = t->all, .plan = plan, .values = h->value};
    h->value = NULL;
    fore_dictionary_free(file->ids);
    file->ids = t->names;
    file->count = 0; /* the rows were those of the series */
    t->names = NULL;
    return FORE_OK;
}

/* --- the request --- */

static fore_status read_request(const foresell_series_request *r, fore_series_nested *n,
                                fore_error *err)
{
    n->used = true;
    if (r->with)
        return fore_fail(
            err, FORE_E_USAGE,
            "columns --with drive single series and say nothing of sums; give drivers by "
            "date alone (--drivers, --holidays, --calendar)");
    n->chosen = r->reconcile != NULL;
    n->non_negative = r->non_negative;
    if (r->reconcile && !fore_reconcile_parse(r->reconcile, &n->method))
        return fore_fail(err, FORE_E_USAGE,
                         "there is no way to reconcile named '%s'; use bottom-up, top-down, ols, "
                         "structure, variance or mint",
                         r->reconcile);
    return FORE_OK;
}

fore_status fore_series_nest(fore_context *c, const foresell_series_request *r,
                             const fore_series_options *options, fore_series_file *file,
                             fore_series_grid *grid, fore_series_nested *nested, fore_error *err)
{
    fore_status status = FORE_OK;
    history h = {.nested = nested, .tree = &nested->tree, .grid = grid};
    if (!r->hierarchy) return FORE_OK;
    FORE_TRY(read_request(r, nested, err));
    refuse_empty(grid);
    int64_t common = find_common(grid);
    if (common >= 0) {
        h.common = grid->plan[common];
        agree(grid, &h.common);
        if (!r->season && h.common.step == FORE_DAILY && !h.common.week) h.common.season = 7;
    }
    FORE_GO(fore_series_tree_make(r->file, file, grid, r->separator ? r->separator : "/",
                                  strchr(r->hierarchy, FORE_SERIES_CROSS) != NULL, &nested->tree,
                                  err));
    if (nested->tree.shape.bottoms < 1)
        FORE_GO(fore_fail_at(err, FORE_E_NO_ANSWER, r->file, grid->plan[0].line, 0,
                             "no series could be used; the first: %s", grid->plan[0].why));
    FORE_GO(find_span(&h, err));
    place_bottoms(&h);
    FORE_GO(sum_up(c, options, &h, err));
    FORE_GO(replace(&h, file, grid, err));
done:
    fore_free(h.value);
    return status;
}

void fore_series_nested_free(fore_series_nested *nested)
{
    fore_series_tree_free(&nested->tree);
    fore_free(nested->base);
    *nested = (fore_series_nested){0};
}
