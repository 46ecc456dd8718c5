/* Reconciliation: see reconcile.h.
 *
 *   make the projection (reconcile_project.h); for every step: out = M f
 *   non-negative, from the step before's held set:
 *     until no free bottom series is below 0 and no held one wants up
 *       exchange all that are wrong; if their number does not fall for some rounds, only the last
 */
#include "models/series/reconcile.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/series/reconcile_project.h"
#include "models/series/reconcile_weights.h"

static const char *const words[] = {"bottom-up", "top-down", "ols",
                                    "structure", "variance", "mint"};
/* Rounds without progress until pivots go one by one; rounds at all. */
enum { PATIENCE = 3, ROUNDS_MOST = 2000 };
static const double TINY = 1e-10; /* of the largest forecast: neither below 0 nor above it */

bool fore_reconcile_parse(const char *word, fore_reconcile_method *method)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) != 0) continue;
        *method = (fore_reconcile_method)i;
        return true;
    }
    return false;
}

const char *fore_reconcile_word(fore_reconcile_method method)
{
    return (size_t)method < sizeof words / sizeof *words ? words[method] : "?";
}

/* ---- checks ---- */

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

static fore_status check_finite(const double *base, int64_t nodes, int64_t h, fore_error *err)
{
    for (int64_t i = 0; i < nodes * h; i++)
        if (!isfinite(base[i]))
            return fore_fail(err, FORE_E_DATA,
                             "node %lld has no finite forecast at step %lld; give it one first",
                             (long long)(i % nodes) + 1, (long long)(i / nodes) + 1);
    return FORE_OK;
}

/* ---- non-negative ---- */

/* Whether bottom series b is on the wrong side: free and below 0, or held although moving up would
 * bring the whole nearer. */
static bool is_wrong(const fore_projector *p, int64_t b, const double *value, const double *dual,
                     double scale)
{
    int64_t a = p->hierarchy->aggregates;
    if (!p->held[b]) return value[a + b] < -TINY * scale;
    double pull = dual[a + b];
    for (int64_t i = p->above_start[b]; i < p->above_start[b + 1]; i++) pull += dual[p->above[i]];
    return pull * p->diagonal[a + b] > TINY * scale;
}

/* One round of pivots; the number of those that were wrong. */
static int64_t pivot(fore_projector *p, const double *value, const double *dual, double scale,
                     int64_t *fewest, int *patience)
{
    int64_t wrong = 0, last = -1;
    for (int64_t b = 0; b < p->hierarchy->bottoms; b++)
        if (is_wrong(p, b, value, dual, scale)) wrong++, last = b;
    if (wrong == 0) return 0;
    if (wrong < *fewest)
        *fewest = wrong, *patience = PATIENCE;
    else if (*patience >= 0)
        (*patience)--;
    int64_t from = *patience < 0 ? last : 0;
    for (int64_t b = from; b <= last; b++)
        if (is_wrong(p, b, value, dual, scale)) p->held[b] = !p->held[b];
    return wrong;
}

static fore_status solve_non_negative(fore_projector *p, const double *base, double *value,
                                      double *dual, fore_error *err)
{
    int64_t a = p->hierarchy->aggregates, fewest = INT64_MAX;
    int patience = PATIENCE;
    double scale = 0;
    for (int64_t i = 0; i < p->nodes; i++) scale = fmax(scale, fabs(base[i]));
    for (int round = 0; round < ROUNDS_MOST; round++) {
        fore_projector_apply(p, base, value, dual);
        if (pivot(p, value, dual, scale, &fewest, &patience) == 0) break;
        FORE_TRY(fore_projector_prepare(p, err));
    }
    for (int64_t i = a; i < p->nodes; i++) value[i] = fmax(0, value[i]);
    fore_hierarchy_sum(p->hierarchy, value);
    return FORE_OK;
}

static fore_status shares(fore_projector *p, double *share, fore_error *err)
{
    FORE_TRY(fore_projector_variances(p, share, err));
    for (int64_t i = 0; i < p->nodes; i++) {
        double before = p->diagonal[i];
        for (int64_t t = 0; t < p->rank; t++) {
            double r = p->residual[i + t * p->nodes];
            before += r * r;
        }
        share[i] = before > 0 ? share[i] / before : 1;
    }
    return FORE_OK;
}

static fore_status weighted(const fore_hierarchy *tree, fore_reconcile_method method,
                            const double *base, int64_t h, const double *residual, int64_t T,
                            bool non_negative, double *out, double *share,
                            fore_reconcile_info *info, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t n = tree->aggregates + tree->bottoms;
    fore_projector *p = NULL;
    double *first = FORE_NEW(2 * n, double);
    if (!first) return fore_no_memory(err);
    FORE_GO(fore_projector_new(tree, method, residual, T, &p, err));
    info->lambda = p->lambda;
    info->two_passes = p->tree != NULL;
    if (share) FORE_GO(shares(p, share, err));
    for (int64_t k = 0; k < h; k++) {
        memcpy(first, base + k * n, (size_t)n * sizeof *first);
        if (!non_negative)
            fore_projector_apply(p, first, out + k * n, NULL);
        else
            FORE_GO(solve_non_negative(p, first, out + k * n, first + n, err));
        for (int64_t b = 0; b < tree->bottoms; b++) info->held += p->held[b];
    }
done:
    fore_projector_free(p);
    fore_free(first);
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
        fore_hierarchy_sum(tree, out + k * n);
    }
}

/* What the top is shared by: share (bottoms); *top its node. */
static fore_status find_shares(const fore_hierarchy *tree, const double *level, int64_t *top,
                               double *share, fore_error *err)
{
    double all = 0;
    *top = 0;
    while (*top < tree->aggregates && tree->start[*top + 1] - tree->start[*top] != tree->bottoms)
        (*top)++;
    for (int64_t i = 0; level && i < tree->bottoms; i++) {
        if (level[i] < 0)
            return fore_fail(
                err, FORE_E_NO_ANSWER,
                "top-down cannot share by bottom series %lld, whose mean level is below 0; "
                "use another method",
                (long long)i + 1);
        all += level[i];
    }
    if (*top == tree->aggregates || !(all > 0))
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "top-down needs a node that holds all bottom series and a mean level above "
            "0; use another method");
    for (int64_t i = 0; i < tree->bottoms; i++) share[i] = level[i] / all;
    return FORE_OK;
}

static void share_out(const fore_hierarchy *tree, double total, const double *share, double *out)
{
    for (int64_t i = 0; i < tree->bottoms; i++) out[tree->aggregates + i] = total * share[i];
    fore_hierarchy_sum(tree, out);
}

static fore_status share_top(const fore_hierarchy *tree, const double *base, int64_t h,
                             const double *level, bool non_negative, double *out, fore_error *err)
{
    int64_t n = tree->aggregates + tree->bottoms, top;
    double *share = FORE_NEW(tree->bottoms, double);
    if (!share) return fore_no_memory(err);
    fore_status status = find_shares(tree, level, &top, share, err);
    for (int64_t k = 0; status == FORE_OK && k < h; k++) {
        double total = base[top + k * n];
        share_out(tree, non_negative ? fmax(0, total) : total, share, out + k * n);
    }
    fore_free(share);
    return status;
}

fore_status fore_reconcile(fore_pool *pool, const fore_hierarchy *hierarchy,
                           fore_reconcile_method method, const double *base, int64_t h,
                           const double *residual, int64_t T, const double *level,
                           bool non_negative, double *out, double *share, fore_reconcile_info *info,
                           fore_error *err)
{
    fore_reconcile_info ignored;
    (void)pool;
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
    return weighted(hierarchy, method, base, h, residual, T, non_negative, out, share, info, err);
}

/* ---- widths ---- */

typedef struct widening {
    const fore_hierarchy *tree;
    fore_reconcile_method method;
    const double *residual;
    int64_t T, nodes;
    fore_projector *map; /* NULL: BOTTOM_UP */
    double *rms;         /* nodes */
    double *x, *y;       /* nodes: one joint error, reconciled */
} widening;

static void widen(const widening *w, const double *width, double *square)
{
    int64_t n = w->nodes;
    memset(square, 0, (size_t)n * sizeof *square);
    for (int64_t t = 0; t < w->T; t++) {
        for (int64_t i = 0; i < n; i++)
            w->x[i] = w->rms[i] > 0 ? w->residual[t + i * w->T] * (width[i] / w->rms[i]) : 0;
        if (w->map) {
            fore_projector_apply_without(w->map, w->x, t, w->y);
        } else {
            memcpy(w->y, w->x, (size_t)n * sizeof *w->y);
            fore_hierarchy_sum(w->tree, w->y);
        }
        for (int64_t i = 0; i < n; i++) square[i] += w->y[i] * w->y[i] / (double)w->T;
    }
}

/* How much worse the shared-out fit was than the base one, by node. */
static fore_status widen_shares(const widening *w, const double *actual, const double *level,
                                double *factor, fore_error *err)
{
    int64_t n = w->nodes, T = w->T, top;
    double *share = FORE_NEW(w->tree->bottoms, double);
    if (!share) return fore_no_memory(err);
    fore_status status = find_shares(w->tree, level, &top, share, err);
    memset(factor, 0, (size_t)n * sizeof *factor);
    for (int64_t t = 0; status == FORE_OK && t < T; t++) {
        share_out(w->tree, actual[t + top * T] - w->residual[t + top * T], share, w->y);
        for (int64_t i = 0; i < n; i++) {
            double miss = actual[t + i * T] - w->y[i];
            factor[i] += miss * miss / (double)T;
        }
    }
    for (int64_t i = 0; i < n; i++) factor[i] = w->rms[i] > 0 ? sqrt(factor[i]) / w->rms[i] : 1;
    fore_free(share);
    return status;
}

static fore_status make_widening(widening *w, fore_error *err)
{
    int64_t n = w->nodes;
    w->rms = FORE_NEW(3 * n, double);
    if (!w->rms) return fore_no_memory(err);
    w->x = w->rms + n, w->y = w->x + n;
    fore_mean_squares(w->residual, w->T, n, w->rms);
    for (int64_t i = 0; i < n; i++) w->rms[i] = sqrt(w->rms[i]);
    if (w->method < FORE_RECONCILE_OLS || w->tree->aggregates == 0) return FORE_OK;
    return fore_projector_new(w->tree, w->method, w->residual, w->T, &w->map, err);
}

static void add_widths(const fore_hierarchy *tree, const double *width, int64_t columns,
                       double *out)
{
    int64_t n = tree->aggregates + tree->bottoms;
    memmove(out, width, (size_t)(n * columns) * sizeof *out);
    for (int64_t c = 0; c < columns; c++) fore_hierarchy_sum(tree, out + c * n);
}

fore_status fore_reconcile_widths(const fore_hierarchy *tree, fore_reconcile_method method,
                                  const double *residual, const double *actual, int64_t T,
                                  const double *level, const double *width, int64_t columns,
                                  double *out, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t n = tree->aggregates + tree->bottoms;
    widening w = {.tree = tree, .method = method, .residual = residual, .T = T, .nodes = n};
    double *square = NULL;
    FORE_TRY(check(tree, err));
    FORE_TRY(check_finite(width, n, columns, err));
    if (T < 2 || !residual || (method == FORE_RECONCILE_TOP_DOWN && !actual)) {
        add_widths(tree, width, columns, out);
        return FORE_OK;
    }
    square = FORE_NEW(n, double);
    if (!square) return fore_no_memory(err);
    FORE_GO(make_widening(&w, err));
    if (method == FORE_RECONCILE_TOP_DOWN) FORE_GO(widen_shares(&w, actual, level, square, err));
    for (int64_t c = 0; c < columns; c++) {
        const double *in = width + c * n;
        if (method != FORE_RECONCILE_TOP_DOWN) widen(&w, in, square);
        for (int64_t i = 0; i < n; i++)
            out[i + c * n] =
                method == FORE_RECONCILE_TOP_DOWN ? in[i] * square[i] : sqrt(square[i]);
    }
done:
    fore_projector_free(w.map);
    fore_free(w.rms);
    fore_free(square);
    return status;
}
