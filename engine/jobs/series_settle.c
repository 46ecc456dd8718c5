/* Forecasts of all nodes made to add up (series_hierarchy.h).
 *
 *   errors: one-step residuals of all nodes from where every aggregate has them; a bottom with
 *     fewer of its own is 0 where it has none, the others larger, so that its mean square stays
 *   size of a node at a step: root mean square of half width / normal quantile over the levels
 *   reconcile the means and the sizes; every bound, and every sample path, keeps its distance from
 *     the mean times new size / old size: so levels stay nested, and as skew as they were */
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/jobs/series_hierarchy.h"
#include "engine/num/special.h"

/* Errors that MinT needs before it is taken unasked. */
enum { MINT_LEAST = 10 };

typedef struct settling {
    fore_series_nested *nested;
    fore_series_task *tasks;
    int64_t nodes, aggregates, h, levels, T, length;
    bool no_widths;
    double *mean, *width;              /* nodes x h, nodes x (h levels) */
    double *size, *half;               /* nodes x h: base and reconciled */
    double *residual, *actual, *level; /* T x nodes, T x nodes, bottoms */
} settling;

/* --- errors --- */

static int64_t count_errors(const settling *s)
{
    int64_t lead = 0;
    for (int64_t i = 0; i < s->aggregates; i++) {
        const fore_series_forecast *f = s->tasks[i].forecast;
        int64_t k = 0;
        while (k < f->n && isnan(f->residuals[k])) k++;
        if (k > lead) lead = k;
    }
    return s->length - lead;
}

/* A series without errors of its own errs like a typical one, by itself. */
static void suppose_errors(double *residual, int64_t T, int64_t node, double typical)
{
    for (int64_t t = 0; t < T; t++) {
        uint64_t key = fore_hash(&(int64_t[]){node, t}, 2 * sizeof(int64_t), 1);
        residual[t] = (key & 1 ? 1 : -1) * typical;
    }
}

/* The node's errors of the last T steps; how many it has of its own. */
static int64_t take_errors(const fore_series_forecast *f, int64_t T, double *residual,
                           double *actual)
{
    int64_t own = 0;
    for (int64_t t = 0; t < T; t++) {
        int64_t at = f->n - T + t;
        bool known = at >= 0 && !isnan(f->residuals[at]);
        residual[t] = known ? f->residuals[at] : 0;
        actual[t] = at >= 0 && !isnan(f->used[at]) ? f->used[at] : 0;
        own += known;
    }
    for (int64_t t = 0; own > 0 && t < T; t++) residual[t] *= sqrt((double)T / (double)own);
    return own;
}

static double root_mean_square(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
    return n > 0 ? sqrt(sum / (double)n) : 0;
}

static fore_status gather_errors(settling *s, fore_error *err)
{
    int64_t T = s->T, n = s->nodes, typical_count = 0;
    s->residual = FORE_NEW(2 * T * n, double);
    double *sizes = FORE_NEW(n, double);
    if (!s->residual || !sizes) {
        fore_free(sizes);
        return fore_no_memory(err);
    }
    s->actual = s->residual + T * n;
    for (int64_t i = 0; i < n; i++) {
        double *residual = s->residual + i * T;
        int64_t own = take_errors(s->tasks[i].forecast, T, residual, s->actual + i * T);
        if (i >= s->aggregates && own >= 2) sizes[typical_count++] = root_mean_square(residual, T);
    }
    double typical = typical_count > 0 ? fore_median(sizes, typical_count) : 1;
    for (int64_t i = s->aggregates; i < n; i++) {
        const fore_series_forecast *f = s->tasks[i].forecast;
        int64_t own = 0;
        for (int64_t k = 0; k < f->n; k++) own += !isnan(f->residuals[k]);
        if (own < 2) suppose_errors(s->residual + i * T, T, i, typical);
    }
    fore_free(sizes);
    return FORE_OK;
}

/* --- means and widths --- */

/* Half the width of the standard normal interval of that level. */
static double normal_of(const settling *s, int64_t level)
{
    return fore_normal_quantile(0.5 + s->tasks[0].forecast->level[level] / 200);
}

/* Half the width that node i has of its own; NaN: the series is too short for one. */
static double width_of(const settling *s, int64_t i, int64_t k)
{
    const fore_series_forecast *f = s->tasks[i].forecast;
    double width = (f->upper[k] - f->lower[k]) / 2;
    return isfinite(width) ? width : NAN;
}

/* Widths of one step and level. A bottom without one counts as a typical one; an aggregate without
 * one leaves all without. room: nodes. */
static void gather_widths(settling *s, int64_t k, double *room)
{
    int64_t sure = 0;
    double *width = s->width + k * s->nodes;
    for (int64_t i = 0; i < s->nodes; i++) {
        width[i] = width_of(s, i, k);
        s->no_widths |= i < s->aggregates && isnan(width[i]);
        if (i >= s->aggregates && !isnan(width[i])) room[sure++] = width[i];
    }
    double typical = sure > 0 ? fore_median(room, sure) : 0;
    for (int64_t i = 0; i < s->nodes; i++)
        if (isnan(width[i])) width[i] = typical;
}

/* One size for all levels: were every level reconciled by widths of its own, a wider one could end
 * inside a narrower. */
static void gather_sizes(settling *s)
{
    for (int64_t k = 0; k < s->h * s->levels; k++) gather_widths(s, k, s->half);
    for (int64_t at = 0; at < s->nodes * s->h; at++) {
        double square = 0;
        for (int64_t l = 0; l < s->levels; l++) {
            double x = s->width[at + l * s->nodes * s->h] / normal_of(s, l);
            square += x * x / (double)s->levels;
        }
        s->size[at] = sqrt(square);
    }
}

static void gather(settling *s)
{
    gather_sizes(s);
    for (int64_t i = 0; i < s->nodes; i++)
        for (int64_t k = 0; k < s->h; k++)
            s->mean[i + k * s->nodes] = s->tasks[i].forecast->mean[k];
    for (int64_t i = 0; i < s->nodes && s->levels > 0; i++)
        s->nested->unsure += isnan(width_of(s, i, 0));
    for (int64_t i = s->aggregates; i < s->nodes; i++) {
        const fore_series_forecast *f = s->tasks[i].forecast;
        double sum = 0;
        for (int64_t k = 0; k < f->n; k++) sum += isnan(f->used[k]) ? 0 : f->used[k];
        s->level[i - s->aggregates] = sum / (double)s->length;
    }
}

/* What becomes of a distance from the mean: times *factor; a node that had no width of its own gets
 * *wider times the normal quantile. */
static void change_of(const settling *s, int64_t at, double *factor, double *wider)
{
    bool sized = s->size[at] > 0;
    *factor = sized ? s->half[at] / s->size[at] : 1;
    *wider = sized ? 0 : s->half[at];
}

/* The bounds of one node: about the new mean, as skew as they were. A mean outside its own
 * interval, as very skew ones have, is taken in. */
static void put_bounds(const settling *s, int64_t i, const double *before)
{
    fore_series_forecast *f = s->tasks[i].forecast;
    for (int64_t k = 0; k < s->h * s->levels; k++) {
        int64_t step = k % s->h, at = i + step * s->nodes;
        double factor, wider, normal = normal_of(s, k / s->h);
        if (isnan(width_of(s, i, k))) continue; /* still none */
        change_of(s, at, &factor, &wider);
        double below = fmax(0, before[at] - f->lower[k]), above = fmax(0, f->upper[k] - before[at]);
        f->lower[k] = f->mean[step] - factor * below - wider * normal;
        f->upper[k] = f->mean[step] + factor * above + wider * normal;
        if (s->nested->non_negative) {
            f->lower[k] = fmax(0, f->lower[k]);
            f->upper[k] = fmax(0, f->upper[k]);
        }
    }
}

/* Sample paths go with the mean and the bounds. */
static void move_paths(const settling *s, int64_t i, const double *before)
{
    fore_series_forecast *f = s->tasks[i].forecast;
    for (int64_t k = 0; k < s->h; k++) {
        int64_t at = i + k * s->nodes;
        double factor = 1, wider = 0;
        if (s->levels > 0 && !s->no_widths) change_of(s, at, &factor, &wider);
        for (int64_t p = 0; p < f->paths; p++) {
            double *x = &f->path[k + p * s->h], rank = ((double)p + 0.5) / (double)f->paths;
            *x = s->mean[at] + factor * (*x - before[at]);
            if (wider > 0) *x += wider * fore_normal_quantile(rank);
            if (s->nested->non_negative) *x = fmax(0, *x);
        }
    }
}

static void put_back(const settling *s, const double *before)
{
    for (int64_t i = 0; i < s->nodes; i++) {
        fore_series_forecast *f = s->tasks[i].forecast;
        for (int64_t k = 0; k < s->h; k++) f->mean[k] = s->mean[i + k * s->nodes];
        for (int64_t k = 0; s->no_widths && k < s->h * s->levels; k++)
            f->lower[k] = f->upper[k] = NAN;
        put_bounds(s, i, before);
        move_paths(s, i, before);
    }
}

/* --- the whole --- */

static fore_status check_all(const settling *s, const fore_series_grid *grid, const char *path,
                             fore_error *err)
{
    for (int64_t i = 0; i < s->nodes; i++)
        if (!s->tasks[i].forecast || grid->plan[i].why[0])
            return fore_fail_at(
                err, FORE_E_NO_ANSWER, path, 0, 0,
                "a node of the hierarchy has no forecast, so nothing can be made to "
                "add up: %s",
                grid->plan[i].why[0] ? grid->plan[i].why : s->tasks[i].message);
    return FORE_OK;
}

static fore_status reconcile(settling *s, fore_error *err)
{
    fore_series_nested *n = s->nested;
    const fore_hierarchy *shape = &n->tree.shape;
    memcpy(n->base, s->mean, (size_t)(s->nodes * s->h) * sizeof *n->base);
    FORE_TRY(fore_reconcile(NULL, shape, n->method, s->mean, s->h, s->residual, s->T, s->level,
                            n->non_negative, s->mean, NULL, &n->info, err));
    if (!s->no_widths && s->levels > 0)
        FORE_TRY(fore_reconcile_widths(shape, n->method, s->residual, s->actual, s->T, s->level,
                                       s->size, s->h, s->half, err));
    put_back(s, n->base);
    return FORE_OK;
}

fore_status fore_series_settle(const foresell_series_request *r, const fore_series_grid *grid,
                               fore_series_nested *nested, fore_series_task *tasks, fore_error *err)
{
    fore_status status = FORE_OK;
    if (!nested->used) return FORE_OK;
    const fore_series_tree *t = &nested->tree;
    settling s = {.nested = nested,
                  .tasks = tasks,
                  .nodes = t->nodes,
                  .aggregates = t->shape.aggregates,
                  .length = nested->length};
    FORE_TRY(check_all(&s, grid, r->file, err));
    s.h = nested->horizon = tasks[0].forecast->horizon;
    s.levels = tasks[0].forecast->levels;
    s.T = count_errors(&s);
    nested->errors = s.T;
    if (!nested->chosen)
        nested->method =
            s.T >= MINT_LEAST && s.T > tasks[0].m ? FORE_RECONCILE_MINT : FORE_RECONCILE_STRUCTURE;
    s.mean = FORE_NEW(s.nodes * s.h, double);
    nested->base = FORE_NEW(s.nodes * s.h, double);
    s.width = FORE_NEW(s.nodes * s.h * s.levels, double);
    s.size = FORE_NEW(2 * s.nodes * s.h, double);
    s.level = FORE_NEW(t->shape.bottoms, double);
    if (!s.mean || !nested->base || !s.width || !s.size || !s.level) FORE_GO(fore_no_memory(err));
    s.half = s.size + s.nodes * s.h;
    if (s.T > 0) FORE_GO(gather_errors(&s, err));
    gather(&s);
    status = reconcile(&s, err);
done:
    fore_free(s.mean);
    fore_free(s.width);
    fore_free(s.size);
    fore_free(s.level);
    fore_free(s.residual);
    return status;
}

/* --- telling --- */

void fore_series_nested_node(const fore_series_nested *n, int64_t node, fore_json_writer *json)
{
    if (!n->used || node >= n->tree.nodes) return;
    fore_json_integer(json, "level", n->tree.level[node]);
    fore_json_bool(json, "bottom", node >= n->tree.shape.aggregates);
    fore_json_array(json, "base");
    for (int64_t k = 0; k < n->horizon; k++)
        fore_json_number(json, NULL, n->base[node + k * n->tree.nodes]);
    fore_json_end_array(json);
}

static void tell_histories(const fore_series_nested *n, fore_answer *a)
{
    if (n->late > 0)
        fore_answer_note(a,
                         "%lld series begin%s later than the others: before that nothing was sold.",
                         (long long)n->late, n->late == 1 ? "s" : "");
    if (n->gaps > 0)
        fore_answer_note(a, "%lld series ha%s gaps: filled along a straight line in the sums.",
                         (long long)n->gaps, n->gaps == 1 ? "s" : "ve");
    if (n->early > 0)
        fore_answer_note(a,
                         "%lld series end%s before the others: since then their own forecast "
                         "counts. Give zeros where nothing was sold any more.",
                         (long long)n->early, n->early == 1 ? "s" : "");
    if (n->unsure > 0)
        fore_answer_note(a,
                         "%lld node%s too short for an interval: in the sums a typical one counts.",
                         (long long)n->unsure, n->unsure == 1 ? " is" : "s are");
}

void fore_series_nested_tell(const fore_series_nested *n, fore_answer *a, fore_json_writer *json)
{
    if (!n->used) return;
    const fore_series_tree *t = &n->tree;
    fore_json_object(json, "hierarchy");
    fore_json_string(json, "method", fore_reconcile_word(n->method));
    fore_json_number(json, "lambda", n->info.lambda);
    fore_json_integer(json, "nodes", t->nodes);
    fore_json_integer(json, "bottoms", t->shape.bottoms);
    fore_json_integer(json, "left_out", t->all - t->nodes);
    fore_json_integer(json, "errors", n->errors);
    fore_json_bool(json, "tree", n->info.two_passes);
    fore_json_bool(json, "non_negative", n->non_negative);
    fore_json_integer(json, "held_at_zero", n->info.held);
    fore_json_end_object(json);
    fore_answer_note(
        a,
        "%lld series and sums of them, %lld without parts of their own: the forecasts were "
        "adjusted so that they add up, by the method %s%s.",
        (long long)t->nodes, (long long)t->shape.bottoms, fore_reconcile_word(n->method),
        n->chosen                          ? ""
        : n->method == FORE_RECONCILE_MINT ? " (the history suffices for it)"
                                           : " (the history is too short for mint)");
    tell_histories(n, a);
}
