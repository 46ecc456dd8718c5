/* Reconciliation: see reconcile.h.
 *
 *   diagonal of W; MINT: residuals R (T x nodes) and lambda, W = lambda D + (1 - lambda) R'R / T
 *   K = C W C' (aggregates x aggregates), its Cholesky factor
 *   for every step: out = f - W C' K^-1 C f
 *   non-negative: a bottom series below 0 gets f = 0 and W = 0, and all is solved again
 *
 * lambda in O(T^2 nodes): with x the residuals divided by their root mean square,
 * sum_ij r_ij^2 = |X X'|^2 / T^2 and sum_ij sum_t (x_ti x_tj)^2 = sum_t (sum_i x_ti^2)^2. */
#include "models/series/reconcile.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/series/reconcile_tree.h"

static const char *const words[] = {"bottom-up", "top-down", "ols",
                                    "structure", "variance", "mint"};

bool fore_reconcile_parse(const char *word, fore_reconcile_method *method)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) != 0) continue;
        *method = (fore_reconcile_method)i;
        return true;
    }
    return false;
}

typedef struct work {
    fore_pool *pool;
    const fore_hierarchy *tree;
    int64_t nodes, T;
    double lambda;      /* 1: W is diagonal */
    double *diagonal;   /* nodes: D */
    double *residual;   /* T x nodes, scaled so that W's other part is (1 - lambda) R'R; or NULL */
    double *difference; /* T x aggregates: R C' */
    double *k;          /* aggregates^2 */
    double *gap;        /* nodes */
    fore_tree *chart;   /* the nodes as a tree when they are one and W is diagonal; or NULL */
    uint8_t *held;      /* bottoms */
} work;

/* ---- the hierarchy ---- */

static fore_status check(const fore_hierarchy *tree, fore_error *err)
{
    if (tree->aggregates < 0 || tree->bottoms < 1)
        return fore_fail(err, FORE_E_ARGUMENT, "a hierarchy needs at least one bottom series");
    for (int64_t i = 0; i < tree->aggregates; i++) {
        if (tree->start[i] > tree->start[i + 1])
            return fore_fail(err, FORE_E_ARGUMENT,
                             "aggregate %lld has a negative number of members", (long long)i + 1);
        for (int64_t j = tree->start[i]; j < tree->start[i + 1]; j++)
            if (tree->member[j] < 0 || tree->member[j] >= tree->bottoms)
                return fore_fail(
                    err, FORE_E_ARGUMENT, "aggregate %lld names bottom series %lld of %lld",
                    (long long)i + 1, (long long)tree->member[j] + 1, (long long)tree->bottoms);
    }
    return FORE_OK;
}

static void sum_up(const fore_hierarchy *tree, double *value)
{
    const double *bottom = value + tree->aggregates;
    for (int64_t i = 0; i < tree->aggregates; i++) {
        value[i] = 0;
        for (int64_t j = tree->start[i]; j < tree->start[i + 1]; j++)
            value[i] += bottom[tree->member[j]];
    }
}

/* out (aggregates) = C v */
static void gaps(const fore_hierarchy *tree, const double *v, double *out)
{
    const double *bottom = v + tree->aggregates;
    for (int64_t i = 0; i < tree->aggregates; i++) {
        out[i] = v[i];
        for (int64_t j = tree->start[i]; j < tree->start[i + 1]; j++)
            out[i] -= bottom[tree->member[j]];
    }
}

/* v (nodes) = C' g */
static void spread_back(const fore_hierarchy *tree, const double *g, double *v)
{
    double *bottom = v + tree->aggregates;
    memcpy(v, g, (size_t)tree->aggregates * sizeof *v);
    memset(bottom, 0, (size_t)tree->bottoms * sizeof *v);
    for (int64_t i = 0; i < tree->aggregates; i++)
        for (int64_t j = tree->start[i]; j < tree->start[i + 1]; j++)
            bottom[tree->member[j]] -= g[i];
}

/* ---- W ---- */

static void mean_squares(const double *residual, int64_t T, int64_t nodes, double *out)
{
    for (int64_t j = 0; j < nodes; j++) {
        out[j] = 0;
        for (int64_t t = 0; t < T; t++) out[j] += residual[t + j * T] * residual[t + j * T];
        out[j] /= (double)T;
    }
}

/* Schaefer and Strimmer's weight of the diagonal; residual is divided by its root mean square here.
 */
static fore_status shrinkage(const double *residual, const double *variance, int64_t T,
                             int64_t nodes, double *lambda, fore_error *err)
{
    double *cross = FORE_ZNEW(T * T + T, double), *row = cross + T * T;
    if (!cross) return fore_no_memory(err);
    double fourth = 0, pairs = 0, all = 0, n = 0, size = (double)T;
    for (int64_t j = 0; j < nodes; j++) {
        const double *x = residual + j * T;
        if (!(variance[j] > 0)) continue;
        n++;
        for (int64_t t = 0; t < T; t++) {
            double square = x[t] * x[t] / variance[j];
            row[t] += square;
            fourth -= square * square; /* i = j does not count */
            for (int64_t s = 0; s <= t; s++) cross[s + t * T] += x[s] * x[t] / variance[j];
        }
    }
    for (int64_t t = 0; t < T; t++) {
        fourth += row[t] * row[t];
        for (int64_t s = 0; s <= t; s++)
            all += (s == t ? 1 : 2) * cross[s + t * T] * cross[s + t * T];
    }
    fore_free(cross);
    pairs = all - n * size * size; /* sum over i != j of (sum_t x_i x_j)^2 */
    double noise = (fourth - pairs / size) / (size * (size - 1)), signal = pairs / (size * size);
    *lambda = signal > 0 ? fmin(1, fmax(0, noise / signal)) : 1;
    return FORE_OK;
}

static fore_status make_weights(work *w, fore_reconcile_method method, const double *residual,
                                fore_error *err)
{
    int64_t a = w->tree->aggregates;
    w->lambda = 1;
    for (int64_t i = 0; i < w->nodes; i++) w->diagonal[i] = 1;
    if (method == FORE_RECONCILE_STRUCTURE)
        for (int64_t i = 0; i < a; i++)
            w->diagonal[i] = (double)(w->tree->start[i + 1] - w->tree->start[i]);
    if (method < FORE_RECONCILE_VARIANCE) return FORE_OK;
    if (!residual || w->T < 2)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "reconciling by the errors' variance needs at least 2 residuals a series; "
                         "use ols or structure");
    double largest = 0;
    mean_squares(residual, w->T, w->nodes, w->diagonal);
    for (int64_t i = 0; i < w->nodes; i++) {
        if (!isfinite(w->diagonal[i]))
            return fore_fail(err, FORE_E_DATA, "node %lld has residuals that are not finite",
                             (long long)i + 1);
        largest = fmax(largest, w->diagonal[i]);
    }
    if (method == FORE_RECONCILE_MINT)
        FORE_TRY(shrinkage(residual, w->diagonal, w->T, w->nodes, &w->lambda, err));
    for (int64_t i = 0; i < w->nodes; i++) /* a series without any error is only nearly certain */
        w->diagonal[i] = fmax(w->diagonal[i], largest > 0 ? 1e-12 * largest : 1);
    if (w->lambda == 1) return FORE_OK;
    w->residual = FORE_NEW(w->T * w->nodes, double);
    w->difference = FORE_NEW(w->T * (a > 0 ? a : 1), double);
    if (!w->residual || !w->difference) return fore_no_memory(err);
    double scale = sqrt((1 - w->lambda) / (double)w->T);
    for (int64_t i = 0; i < w->T * w->nodes; i++) w->residual[i] = residual[i] * scale;
    return FORE_OK;
}

/* Leaves a bottom series no room to move. */
static void hold(work *w, int64_t bottom)
{
    w->held[bottom] = 1;
    w->diagonal[w->tree->aggregates + bottom] = 0;
    if (w->residual)
        memset(w->residual + (w->tree->aggregates + bottom) * w->T, 0,
               (size_t)w->T * sizeof *w->residual);
}

/* The factor of K = C W C' (lower triangle). */
static fore_status factor(work *w, fore_error *err)
{
    const fore_hierarchy *tree = w->tree;
    int64_t a = tree->aggregates;
    memset(w->k, 0, (size_t)(a * a) * sizeof *w->k);
    if (w->residual) {
        memcpy(w->difference, w->residual, (size_t)(w->T * a) * sizeof *w->residual);
        for (int64_t i = 0; i < a; i++)
            for (int64_t j = tree->start[i]; j < tree->start[i + 1]; j++)
                for (int64_t t = 0; t < w->T; t++)
                    w->difference[t + i * w->T] -= w->residual[t + (a + tree->member[j]) * w->T];
        fore_matrix x = {w->difference, w->T, a, w->T};
        FORE_TRY(fore_gram(w->pool, &x, NULL, w->k, err));
    }
    double *bottom = w->gap; /* which bottoms the column's aggregate holds, and their weight */
    for (int64_t c = 0; c < a; c++) {
        memset(bottom, 0, (size_t)tree->bottoms * sizeof *bottom);
        for (int64_t j = tree->start[c]; j < tree->start[c + 1]; j++)
            bottom[tree->member[j]] += w->lambda * w->diagonal[a + tree->member[j]];
        for (int64_t i = c; i < a; i++)
            for (int64_t j = tree->start[i]; j < tree->start[i + 1]; j++)
                w->k[i + c * a] += bottom[tree->member[j]];
        w->k[c + c * a] += w->lambda * w->diagonal[c];
    }
    return fore_cholesky(w->k, a, err);
}

/* v (nodes) = W u; u may be v. */
static void weigh(const work *w, double *v, double *room)
{
    memset(room, 0, (size_t)w->T * sizeof *room);
    for (int64_t i = 0; i < w->nodes; i++) {
        const double *r = w->residual ? w->residual + i * w->T : NULL;
        for (int64_t t = 0; r && t < w->T; t++) room[t] += r[t] * v[i];
        v[i] *= w->lambda * w->diagonal[i];
    }
    for (int64_t i = 0; w->residual && i < w->nodes; i++) {
        const double *r = w->residual + i * w->T;
        for (int64_t t = 0; t < w->T; t++) v[i] += r[t] * room[t];
    }
}

/* ---- solving ---- */

static void project(const work *w, double *value, double *v, double *room)
{
    const fore_hierarchy *tree = w->tree;
    gaps(tree, value, w->gap);
    fore_cholesky_solve(w->k, tree->aggregates, w->gap, 1);
    spread_back(tree, w->gap, v);
    weigh(w, v, room);
    for (int64_t i = 0; i < tree->bottoms; i++)
        value[tree->aggregates + i] -= v[tree->aggregates + i];
    sum_up(tree, value); /* exactly, not only up to rounding */
}

/* Holds the bottom series that came out below 0; false when there are none. */
static bool hold_negative(work *w, const double *value, fore_reconcile_info *info)
{
    bool any = false;
    for (int64_t i = 0; i < w->tree->bottoms; i++) {
        if (w->held[i] || !(value[w->tree->aggregates + i] < 0)) continue;
        hold(w, i);
        info->held++;
        any = true;
    }
    return any;
}

static fore_status shares(work *w, double *share, fore_error *err)
{
    int64_t n = w->nodes, a = w->tree->aggregates;
    double *v = FORE_NEW(2 * n + w->T, double);
    if (!v) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        memset(v, 0, (size_t)n * sizeof *v);
        v[i] = 1;
        weigh(w, v, v + 2 * n);
        double before = v[i], gain = 0;
        gaps(w->tree, v, w->gap);
        memcpy(v + n, w->gap, (size_t)a * sizeof *v);
        fore_cholesky_solve(w->k, a, w->gap, 1);
        for (int64_t j = 0; j < a; j++) gain += v[n + j] * w->gap[j];
        share[i] = before > 0 ? fmax(0, 1 - gain / before) : 1;
    }
    fore_free(v);
    return FORE_OK;
}

/* One step: value holds the base forecasts and becomes the reconciled ones. */
static fore_status solve_step(work *w, bool non_negative, const double *base, double *value,
                              double *v, fore_reconcile_info *info, fore_error *err)
{
    int64_t n = w->nodes, a = w->tree->aggregates;
    for (;;) {
        memcpy(value, base, (size_t)n * sizeof *value);
        for (int64_t i = 0; i < w->tree->bottoms; i++)
            if (w->held[i]) value[a + i] = 0;
        if (w->chart)
            fore_tree_project(w->chart, w->diagonal, value, NULL);
        else
            project(w, value, v, v + n);
        if (!non_negative || !hold_negative(w, value, info)) return FORE_OK;
        if (!w->chart) FORE_TRY(factor(w, err));
    }
}

static fore_status solve(work *w, const double *base, int64_t h, bool non_negative, double *out,
                         double *share, fore_reconcile_info *info, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t n = w->nodes, residuals = w->residual ? w->T * n : 0;
    double *v = FORE_NEW(n + w->T, double), *first = FORE_NEW(n, double);
    double *diagonal = FORE_NEW(n, double), *residual = FORE_NEW(residuals, double);
    if (!v || !first || !diagonal || !residual) FORE_GO(fore_no_memory(err));
    memcpy(diagonal, w->diagonal, (size_t)n * sizeof *diagonal);
    if (residuals) memcpy(residual, w->residual, (size_t)residuals * sizeof *residual);
    if (!w->chart) FORE_GO(factor(w, err));
    if (share && w->chart) fore_tree_project(w->chart, w->diagonal, NULL, share);
    if (share && !w->chart) FORE_GO(shares(w, share, err));
    for (int64_t k = 0; k < h; k++) {
        int64_t before = info->held;
        memcpy(first, base + k * n, (size_t)n * sizeof *first);
        FORE_GO(solve_step(w, non_negative, first, out + k * n, v, info, err));
        if (info->held == before) continue; /* else the next step starts free again */
        memset(w->held, 0, (size_t)w->tree->bottoms);
        memcpy(w->diagonal, diagonal, (size_t)n * sizeof *diagonal);
        if (residuals) memcpy(w->residual, residual, (size_t)residuals * sizeof *residual);
        if (!w->chart && k + 1 < h) FORE_GO(factor(w, err));
    }
done:
    fore_free(v);
    fore_free(first);
    fore_free(diagonal);
    fore_free(residual);
    return status;
}

/* ---- without weights ---- */

static void keep_bottom(const fore_hierarchy *tree, const double *base, int64_t h,
                        bool non_negative, double *out, fore_reconcile_info *info)
{
    int64_t n = tree->aggregates + tree->bottoms;
    memmove(out, base, (size_t)(n * h) * sizeof *out);
    for (int64_t k = 0; k < h; k++) {
        double *bottom = out + k * n + tree->aggregates;
        for (int64_t i = 0; non_negative && i < tree->bottoms; i++) {
            if (!(bottom[i] < 0)) continue;
            bottom[i] = 0;
            info->held++;
        }
        sum_up(tree, out + k * n);
    }
}

static fore_status share_top(const fore_hierarchy *tree, const double *base, int64_t h,
                             const double *level, bool non_negative, double *out, fore_error *err)
{
    int64_t a = tree->aggregates, n = a + tree->bottoms, top = 0;
    double all = 0;
    while (top < a && tree->start[top + 1] - tree->start[top] != tree->bottoms) top++;
    for (int64_t i = 0; level && i < tree->bottoms; i++) {
        if (level[i] < 0)
            return fore_fail(
                err, FORE_E_NO_ANSWER,
                "top-down cannot share by bottom series %lld, whose mean level is below 0; "
                "use another method",
                (long long)i + 1);
        all += level[i];
    }
    if (top == a || !(all > 0))
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "top-down needs a node that holds all bottom series and a mean level above "
            "0; use another method");
    for (int64_t k = 0; k < h; k++) {
        double total = base[top + k * n];
        if (non_negative && total < 0) total = 0;
        for (int64_t i = 0; i < tree->bottoms; i++) out[a + i + k * n] = total * level[i] / all;
        sum_up(tree, out + k * n);
    }
    return FORE_OK;
}

/* ---- the whole ---- */

static fore_status check_finite(const double *base, int64_t nodes, int64_t h, fore_error *err)
{
    for (int64_t i = 0; i < nodes * h; i++)
        if (!isfinite(base[i]))
            return fore_fail(err, FORE_E_DATA,
                             "node %lld has no finite forecast at step %lld; give it one first",
                             (long long)(i % nodes) + 1, (long long)(i / nodes) + 1);
    return FORE_OK;
}

static fore_status weighted(fore_pool *pool, const fore_hierarchy *tree,
                            fore_reconcile_method method, const double *base, int64_t h,
                            const double *residual, int64_t T, bool non_negative, double *out,
                            double *share, fore_reconcile_info *info, fore_error *err)
{
    int64_t a = tree->aggregates, n = a + tree->bottoms;
    work w = {.pool = pool, .tree = tree, .nodes = n, .T = residual && T > 0 ? T : 0};
    fore_status status = FORE_OK;
    w.diagonal = FORE_NEW(n, double);
    w.gap = FORE_NEW(n, double);
    w.held = FORE_ZNEW(tree->bottoms, uint8_t);
    if (!w.diagonal || !w.gap || !w.held) FORE_GO(fore_no_memory(err));
    FORE_GO(make_weights(&w, method, residual, err));
    info->lambda = method == FORE_RECONCILE_MINT ? w.lambda : NAN;
    if (!w.residual) FORE_GO(fore_tree_chart(tree, &w.chart, err));
    info->two_passes = w.chart != NULL;
    if (!w.chart) {
        w.k = FORE_NEW(a > 0 ? a * a : 1, double);
        if (!w.k) FORE_GO(fore_no_memory(err));
    }
    status = solve(&w, base, h, non_negative, out, share, info, err);
done:
    fore_tree_free(w.chart);
    fore_free(w.diagonal);
    fore_free(w.residual);
    fore_free(w.difference);
    fore_free(w.k);
    fore_free(w.gap);
    fore_free(w.held);
    return status;
}

fore_status fore_reconcile(fore_pool *pool, const fore_hierarchy *hierarchy,
                           fore_reconcile_method method, const double *base, int64_t h,
                           const double *residual, int64_t T, const double *level,
                           bool non_negative, double *out, double *share, fore_reconcile_info *info,
                           fore_error *err)
{
    fore_reconcile_info ignored;
    if (!info) info = &ignored;
    *info = (fore_reconcile_info){.lambda = NAN};
    FORE_TRY(check(hierarchy, err));
    int64_t n = hierarchy->aggregates + hierarchy->bottoms;
    FORE_TRY(check_finite(base, n, h, err));
    for (int64_t i = 0; share && i < n; i++) share[i] = 1;
    if (method == FORE_RECONCILE_TOP_DOWN)
        return share_top(hierarchy, base, h, level, non_negative, out, err);
    if (method == FORE_RECONCILE_BOTTOM_UP || hierarchy->aggregates == 0) {
        keep_bottom(hierarchy, base, h, non_negative, out, info);
        return FORE_OK;
    }
    return weighted(pool, hierarchy, method, base, h, residual, T, non_negative, out, share, info,
                    err);
}
