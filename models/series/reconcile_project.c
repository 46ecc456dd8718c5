/* The projection: see reconcile_project.h. A held bottom series has D = 0 in `moving` and forecast
 * 0; its multiplier is x / D. */
#include "models/series/reconcile_project.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/series/reconcile_weights.h"

/* ---- the hierarchy ---- */

void fore_hierarchy_sum(const fore_hierarchy *h, double *value)
{
    const double *bottom = value + h->aggregates;
    for (int64_t i = 0; i < h->aggregates; i++) {
        value[i] = 0;
        for (int64_t j = h->start[i]; j < h->start[i + 1]; j++) value[i] += bottom[h->member[j]];
    }
}

/* out (aggregates) = C v, the held bottoms at 0 */
static void gaps(const fore_projector *p, const double *v, double *out)
{
    const fore_hierarchy *h = p->hierarchy;
    for (int64_t i = 0; i < h->aggregates; i++) {
        out[i] = v[i];
        for (int64_t j = h->start[i]; j < h->start[i + 1]; j++)
            if (!p->held[h->member[j]]) out[i] -= v[h->aggregates + h->member[j]];
    }
}

/* Which aggregates hold each bottom series. */
static fore_status turn_round(fore_projector *p, fore_error *err)
{
    const fore_hierarchy *h = p->hierarchy;
    p->above_start = FORE_ZNEW(h->bottoms + 2, int64_t);
    p->above = FORE_NEW(h->start[h->aggregates], int64_t);
    if (!p->above_start || !p->above) return fore_no_memory(err);
    int64_t *next = p->above_start + 1; /* filling moves it one place on */
    for (int64_t j = 0; j < h->start[h->aggregates]; j++) next[h->member[j] + 1]++;
    for (int64_t i = 0; i < h->bottoms; i++) next[i + 1] += next[i];
    for (int64_t i = 0; i < h->aggregates; i++)
        for (int64_t j = h->start[i]; j < h->start[i + 1]; j++) p->above[next[h->member[j]]++] = i;
    return FORE_OK;
}

/* ---- the diagonal part ---- */

/* The factor of C D C' (lower triangle). */
static fore_status factor(fore_projector *p, fore_error *err)
{
    const fore_hierarchy *h = p->hierarchy;
    int64_t a = h->aggregates;
    memset(p->k, 0, (size_t)(a * a) * sizeof *p->k);
    for (int64_t i = 0; i < a; i++) p->k[i + i * a] = p->moving[i];
    for (int64_t b = 0; b < h->bottoms; b++)
        for (int64_t i = p->above_start[b]; i < p->above_start[b + 1]; i++)
            for (int64_t j = p->above_start[b]; j <= i; j++)
                p->k[p->above[i] + p->above[j] * a] += p->moving[a + b];
    return fore_cholesky(p->k, a, err);
}

/* v (nodes) = C' g */
static void spread_back(const fore_projector *p, const double *g, double *v)
{
    int64_t a = p->hierarchy->aggregates;
    memcpy(v, g, (size_t)a * sizeof *v);
    for (int64_t b = 0; b < p->hierarchy->bottoms; b++) {
        v[a + b] = 0;
        for (int64_t i = p->above_start[b]; i < p->above_start[b + 1]; i++)
            v[a + b] -= g[p->above[i]];
    }
}

/* value = M0 x, dual = P0 x */
static void project_plain(fore_projector *p, const double *x, double *value, double *dual)
{
    int64_t a = p->hierarchy->aggregates, n = p->nodes;
    memcpy(value, x, (size_t)n * sizeof *value);
    for (int64_t b = 0; b < p->hierarchy->bottoms; b++)
        if (p->held[b]) value[a + b] = 0;
    if (p->tree) {
        fore_tree_project(p->tree, p->moving, value, dual, NULL);
    } else {
        gaps(p, value, p->room);
        fore_cholesky_solve(p->k, a, p->room, 1);
        spread_back(p, p->room, dual);
        for (int64_t i = a; i < n; i++) value[i] -= p->moving[i] * dual[i];
        fore_hierarchy_sum(p->hierarchy, value);
    }
    for (int64_t b = 0; b < p->hierarchy->bottoms; b++)
        if (p->held[b]) dual[a + b] = x[a + b] / p->diagonal[a + b];
}

/* ---- the residuals' part ---- */

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static fore_status prepare_residuals(fore_projector *p, fore_error *err)
{
    int64_t n = p->nodes, T = p->rank;
    for (int64_t t = 0; t < T; t++)
        project_plain(p, p->residual + t * n, p->spread + t * n, p->gain + t * n);
    for (int64_t t = 0; t < T; t++)
        for (int64_t u = t; u < T; u++)
            p->s[u + t * T] = (u == t) + dot(p->residual + u * n, p->gain + t * n, n);
    return fore_cholesky(p->s, T, err);
}

fore_status fore_projector_prepare(fore_projector *p, fore_error *err)
{
    int64_t a = p->hierarchy->aggregates;
    memcpy(p->moving, p->diagonal, (size_t)p->nodes * sizeof *p->moving);
    for (int64_t b = 0; b < p->hierarchy->bottoms; b++)
        if (p->held[b]) p->moving[a + b] = 0;
    if (!p->tree) FORE_TRY(factor(p, err));
    return p->rank ? prepare_residuals(p, err) : FORE_OK;
}

/* v (rank) = S^-1 v; t >= 0: of the S that was made without residual t, v's element t being 0 then.
 */
static void weigh(const fore_projector *p, double *v, int64_t t, double *column)
{
    int64_t T = p->rank;
    fore_cholesky_solve(p->s, T, v, 1);
    if (t < 0) return;
    memset(column, 0, (size_t)T * sizeof *column);
    column[t] = 1;
    fore_cholesky_solve(p->s, T, column, 1);
    double part = v[t] / column[t];
    for (int64_t u = 0; u < T; u++) v[u] -= part * column[u];
    v[t] = 0;
}

static void project(fore_projector *p, const double *x, int64_t without, double *value,
                    double *dual)
{
    int64_t n = p->nodes, T = p->rank;
    double *weight = p->room + n, *plain = dual ? dual : p->room + n + 2 * T;
    for (int64_t t = 0; t < T; t++) weight[t] = dot(p->gain + t * n, x, n);
    project_plain(p, x, value, plain);
    if (!T) return;
    weigh(p, weight, without, weight + T);
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < n; i++) value[i] -= weight[t] * p->spread[i + t * n];
    for (int64_t t = 0; dual && t < T; t++)
        for (int64_t i = 0; i < n; i++) dual[i] -= weight[t] * p->gain[i + t * n];
    fore_hierarchy_sum(p->hierarchy, value); /* exactly, not only up to rounding */
}

void fore_projector_apply(fore_projector *p, const double *x, double *value, double *dual)
{
    project(p, x, -1, value, dual);
}

void fore_projector_apply_without(fore_projector *p, const double *x, int64_t t, double *value)
{
    project(p, x, p->rank ? t : -1, value, NULL);
}

/* ---- what is left of the errors ---- */

/* Q0 = D - D P0 D from the inverse of K: node i's column of C has few entries. */
static fore_status plain_variances(const fore_projector *p, double *out, fore_error *err)
{
    int64_t a = p->hierarchy->aggregates;
    double *inverse = FORE_NEW(a * a, double);
    if (!inverse) return fore_no_memory(err);
    memcpy(inverse, p->k, (size_t)(a * a) * sizeof *inverse);
    fore_cholesky_invert(inverse, a);
    for (int64_t i = 0; i < a; i++)
        out[i] = p->diagonal[i] * (1 - p->diagonal[i] * inverse[i + i * a]);
    for (int64_t b = 0; b < p->hierarchy->bottoms; b++) {
        double sum = 0, d = p->diagonal[a + b];
        for (int64_t i = p->above_start[b]; i < p->above_start[b + 1]; i++)
            for (int64_t j = p->above_start[b]; j < p->above_start[b + 1]; j++)
                sum += inverse[p->above[i] + p->above[j] * a];
        out[a + b] = d * (1 - d * sum);
    }
    fore_free(inverse);
    return FORE_OK;
}

fore_status fore_projector_variances(fore_projector *p, double *out, fore_error *err)
{
    int64_t n = p->nodes, T = p->rank;
    double *z = p->room, *solved = z + T;
    if (p->tree) {
        fore_tree_project(p->tree, p->diagonal, NULL, NULL, out);
        for (int64_t i = 0; i < n; i++) out[i] *= p->diagonal[i];
    } else {
        FORE_TRY(plain_variances(p, out, err));
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t t = 0; t < T; t++) z[t] = solved[t] = p->spread[i + t * n];
        fore_cholesky_solve(p->s, T, solved, 1);
        out[i] = fmax(0, out[i]) + dot(z, solved, T);
    }
    return FORE_OK;
}

/* ---- beginning and end ---- */

static fore_status take_residuals(fore_projector *p, const double *residual, int64_t T,
                                  fore_error *err)
{
    int64_t n = p->nodes;
    double scale = sqrt((1 - p->lambda) / (double)T);
    p->residual = FORE_NEW(n * T, double);
    p->gain = FORE_NEW(n * T, double);
    p->spread = FORE_NEW(n * T, double);
    p->s = FORE_NEW(T * T, double);
    if (!p->residual || !p->gain || !p->spread || !p->s) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = 0; t < T; t++) p->residual[i + t * n] = scale * residual[t + i * T];
    p->rank = T;
    return FORE_OK;
}

static fore_status fill(fore_projector *p, fore_reconcile_method method, const double *residual,
                        int64_t T, fore_error *err)
{
    const fore_hierarchy *h = p->hierarchy;
    int64_t n = p->nodes, a = h->aggregates;
    p->variance = FORE_NEW(n, double);
    p->diagonal = FORE_NEW(n, double);
    p->moving = FORE_NEW(n, double);
    p->held = FORE_ZNEW(h->bottoms, uint8_t);
    p->room = FORE_NEW(2 * n + 2 * (T > 0 ? T : 0), double);
    if (!p->variance || !p->diagonal || !p->moving || !p->held || !p->room)
        return fore_no_memory(err);
    FORE_TRY(turn_round(p, err));
    FORE_TRY(fore_reconcile_weights(h, method, residual, T, p->variance, &p->lambda, err));
    double weight = isnan(p->lambda) ? 1 : p->lambda;
    for (int64_t i = 0; i < n; i++) p->diagonal[i] = weight * p->variance[i];
    if (weight < 1) FORE_TRY(take_residuals(p, residual, T, err));
    FORE_TRY(fore_tree_chart(h, &p->tree, err));
    if (!p->tree) {
        p->k = FORE_NEW(a > 0 ? a * a : 1, double);
        if (!p->k) return fore_no_memory(err);
    }
    return fore_projector_prepare(p, err);
}

fore_status fore_projector_new(const fore_hierarchy *hierarchy, fore_reconcile_method method,
                               const double *residual, int64_t T, fore_projector **projector,
                               fore_error *err)
{
    fore_projector *p = FORE_ZNEW(1, fore_projector);
    *projector = NULL;
    if (!p) return fore_no_memory(err);
    p->hierarchy = hierarchy;
    p->nodes = hierarchy->aggregates + hierarchy->bottoms;
    fore_status status = fill(p, method, residual, T, err);
    if (status == FORE_OK)
        *projector = p;
    else
        fore_projector_free(p);
    return status;
}

void fore_projector_free(fore_projector *p)
{
    if (!p) return;
    double *const all[] = {p->variance, p->diagonal, p->residual, p->moving, p->k,
                           p->gain,     p->spread,   p->s,        p->room};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) fore_free(all[i]);
    fore_free(p->above_start);
    fore_free(p->above);
    fore_free(p->held);
    fore_tree_free(p->tree);
    fore_free(p);
}
