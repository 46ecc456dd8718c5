/* Exact ARMA likelihood (arma.h). With gains K (unnormalised), F, W and the scalar M:
 *
 *   e = y - a[0];   a = T a + K e / F
 *   F' = F + M c^2, K' = K + T W M c, M' = M + M^2 c^2 / F, W' = T W - K' c / F'   (c = W[0])
 *
 * from K = W = T P Z', F = Z P Z', M = -1 / F, P the stationary covariance. Once W has faded the
 * gains stand still at K = phi + theta, F = 1. */
#include "models/series/arma.h"

#include <math.h>
#include <string.h>

#include "engine/num/elementwise.h"

static const double FADED = 1e-17; /* what W still adds to F and K */

void fore_arma_polynomial(const double *partial, int64_t p, double *coefficient)
{
    double before[FORE_ARMA_MAX];
    for (int64_t k = 0; k < p; k++) {
        memcpy(before, coefficient, (size_t)k * sizeof *before);
        coefficient[k] = partial[k];
        for (int64_t i = 0; i < k; i++) coefficient[i] = before[i] - partial[k] * before[k - 1 - i];
    }
}

/* From degree k to k - 1; false when the last coefficient says that a root is not outside. */
static bool step_down(const double *a, int64_t k, double *below)
{
    double last = a[k - 1], rest = 1 - last * last;
    if (!(rest > 0)) return false;
    for (int64_t i = 0; i < k - 1; i++) below[i] = (a[i] + last * a[k - 2 - i]) / rest;
    return true;
}

bool fore_arma_roots_beyond(const double *a, int64_t p, double radius)
{
    double now[FORE_ARMA_MAX], below[FORE_ARMA_MAX], power = 1;
    for (int64_t i = 0; i < p; i++) now[i] = a[i] * (power *= radius);
    for (int64_t k = p; k > 0; k--) {
        if (!step_down(now, k, below)) return false;
        memcpy(now, below, (size_t)(k - 1) * sizeof *now);
    }
    return true;
}

bool fore_arma_multiply(fore_arma *out, const double *ar, int64_t p, const double *ma, int64_t q,
                        const double *sar, int64_t sp, const double *sma, int64_t sq, int64_t m)
{
    int64_t degree_ar = p + sp * m, degree_ma = q + sq * m;
    int64_t r = degree_ar > degree_ma + 1 ? degree_ar : degree_ma + 1;
    if (r >= FORE_ARMA_MAX) return false;
    memset(out, 0, sizeof *out);
    out->ar = degree_ar, out->ma = degree_ma, out->r = r;
    for (int64_t i = 0; i < p; i++) out->phi[i] = ar[i];
    for (int64_t i = 0; i < q; i++) out->theta[i] = ma[i];
    for (int64_t j = 1; j <= sp; j++) {
        out->phi[j * m - 1] += sar[j - 1];
        for (int64_t i = 0; i < p; i++) out->phi[j * m + i] -= sar[j - 1] * ar[i];
    }
    for (int64_t j = 1; j <= sq; j++) {
        out->theta[j * m - 1] += sma[j - 1];
        for (int64_t i = 0; i < q; i++) out->theta[j * m + i] += sma[j - 1] * ma[i];
    }
    return true;
}

/* ---- the stationary start ---- */

/* Autocovariances 0 .. last of the AR part alone (unit innovations). */
static bool ar_covariance(const fore_arma *a, int64_t last, double *g)
{
    double table[FORE_ARMA_MAX][FORE_ARMA_MAX], left;
    int64_t p = a->ar;
    while (p > 0 && a->phi[p - 1] == 0) p--;
    if (p > 0) memcpy(table[p], a->phi, (size_t)p * sizeof **table);
    g[0] = 1;
    for (int64_t k = p; k > 0; k--) {
        if (!step_down(table[k], k, table[k - 1])) return false;
        g[0] /= 1 - table[k][k - 1] * table[k][k - 1];
    }
    left = g[0];
    for (int64_t k = 1; k <= last; k++) {
        int64_t order = k <= p ? k - 1 : p;
        const double *poly = table[order];
        double sum = 0;
        for (int64_t i = 0; i < order; i++) sum += poly[i] * g[k - 1 - i];
        if (k <= p) {
            double partial = table[k][k - 1];
            sum += partial * left;
            left *= 1 - partial * partial;
        }
        g[k] = sum;
    }
    return true;
}

/* Autocovariances 0 .. r - 1 of the whole. */
static bool covariance(const fore_arma *a, double *out)
{
    double g[2 * FORE_ARMA_MAX], cross[FORE_ARMA_MAX];
    int64_t q = a->ma, r = a->r;
    if (!ar_covariance(a, r + q, g)) return false;
    for (int64_t k = 0; k <= q; k++) {
        cross[k] = k == 0 ? 1 : a->theta[k - 1];
        for (int64_t i = 1; i + k <= q; i++) cross[k] += a->theta[i - 1] * a->theta[i + k - 1];
    }
    for (int64_t h = 0; h < r; h++) {
        out[h] = cross[0] * g[h];
        for (int64_t k = 1; k <= q; k++) out[h] += cross[k] * (g[h + k] + g[h > k ? h - k : k - h]);
    }
    return true;
}

/* variance = Z P Z', gain (r) = T P Z'. */
static bool stationary(const fore_arma *a, double *variance, double *gain)
{
    double g[FORE_ARMA_MAX], psi[FORE_ARMA_MAX], column[FORE_ARMA_MAX + 1];
    int64_t r = a->r;
    if (!covariance(a, g)) return false;
    psi[0] = 1;
    for (int64_t k = 1; k < r; k++) {
        psi[k] = a->theta[k - 1];
        for (int64_t i = 0; i < k && i < a->ar; i++) psi[k] += a->phi[i] * psi[k - 1 - i];
    }
    memset(column, 0, sizeof column);
    for (int64_t j = 1; j < a->ar; j++) /* phi_{j+1} y, seen from state i */
        for (int64_t i = 1; i <= j && a->phi[j] != 0; i++) column[i] += a->phi[j] * g[j - i + 1];
    for (int64_t j = 1; j <= a->ma; j++)
        for (int64_t i = 1; i <= j && a->theta[j - 1] != 0; i++)
            column[i] += a->theta[j - 1] * psi[j - i];
    column[0] = g[0];
    for (int64_t i = 0; i < r; i++) gain[i] = a->phi[i] * column[0] + column[i + 1];
    *variance = g[0];
    return true;
}

/* ---- the filter ---- */

typedef struct gains {
    double f, m;
    double k[FORE_ARMA_MAX], w[FORE_ARMA_MAX + 1];
    bool still;
} gains;

static void stand_still(gains *g, const fore_arma *a)
{
    g->still = true;
    g->f = 1;
    for (int64_t i = 0; i < a->r; i++) g->k[i] = a->phi[i] + a->theta[i];
}

static inline __attribute__((always_inline)) void next_gains(gains *g, const fore_arma *a)
{
    int64_t r = a->r;
    double c = g->w[0], mc = g->m * c, before = g->f, largest = 0;
    g->f += mc * c;
    double share = c / g->f;
    g->m += mc * mc / before;
    for (int64_t i = 0; i < r; i++) {
        double moved = a->phi[i] * c + g->w[i + 1];
        g->k[i] += moved * mc;
        g->w[i] = moved - g->k[i] * share;
        double size = fabs(g->w[i]);
        largest = size > largest ? size : largest;
    }
    if (largest * largest * fabs(g->m) < FADED) stand_still(g, a);
}

static inline __attribute__((always_inline)) double advance(const fore_arma *a, const double *gain,
                                                            double f, double y, double *s)
{
    double level = s[0], error = y - level, take = error / f;
    for (int64_t i = 0; i < a->r; i++) s[i] = a->phi[i] * level + s[i + 1] + gain[i] * take;
    return error;
}

FORE_WIDE double fore_arma_filter(const fore_arma *a, const double *w, int64_t n, int64_t columns,
                                  double *error, double *raw, double *state)
{
    gains g = {.still = false};
    double logs = 0, product = 1;
    if (!stationary(a, &g.f, g.k)) return NAN;
    memcpy(g.w, g.k, sizeof g.k);
    g.w[a->r] = 0;
    g.m = -1 / g.f;
    gains first = g;
    for (int64_t j = 0; j < columns; j++) { /* gains again for each: they are cheap and fade */
        double s[FORE_ARMA_MAX + 1] = {0}, root = sqrt(first.f);
        if (j > 0) g = first;
        for (int64_t t = 0; t < n; t++) {
            double e = advance(a, g.k, g.f, w[t + j * n], s);
            if (error) error[t + j * n] = e / root;
            if (j == 0 && raw) raw[t] = e;
            if (g.still) continue;
            if (j == 0 && (product *= g.f) > 1e200) logs += log(product), product = 1;
            next_gains(&g, a);
            root = sqrt(g.f);
        }
        if (state) memcpy(state + j * a->r, s, (size_t)a->r * sizeof *s);
    }
    return logs + log(product);
}

void fore_arma_forecast(const fore_arma *a, const double *state, int64_t h, double *mean)
{
    double s[FORE_ARMA_MAX + 1] = {0};
    memcpy(s, state, (size_t)a->r * sizeof *s);
    for (int64_t k = 0; k < h; k++) {
        double level = mean[k] = s[0];
        for (int64_t i = 0; i < a->r; i++) s[i] = a->phi[i] * level + s[i + 1];
    }
}
