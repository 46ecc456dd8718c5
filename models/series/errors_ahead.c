/* See errors_ahead.h. The autoregression by Levinson's and Durbin's recursion on the
 * autocovariances around 0, so that it is always stationary. */
#include "models/series/errors_ahead.h"

#include <math.h>
#include <stdbool.h>

enum { PAIRS_LEAST = 4, VALUES_PER_LAG = 5 };

/* ---- psi ---- */

/* Slope through 0 of the revisions of forecasts j steps on over the errors that caused them. */
static bool revision(const fore_replay *p, int64_t j, double *psi)
{
    double product = 0, squares = 0;
    int64_t pairs = 0;
    for (int64_t i = 0; i + 1 < p->origins; i++) {
        double after = p->mean[j - 1 + (i + 1) * p->steps], before = p->mean[j + i * p->steps];
        double e = p->error[i * p->steps];
        if (!isfinite(after) || !isfinite(before) || !isfinite(e)) continue;
        product += (after - before) * e;
        squares += e * e;
        pairs++;
    }
    if (pairs < PAIRS_LEAST || !(squares > 0)) return false;
    *psi = product / squares;
    return isfinite(*psi);
}

static void psi_of_past(fore_errors_ahead *a, const fore_replay *p)
{
    while (a->lags < p->steps && revision(p, a->lags, &a->psi[a->lags])) a->lags++;
}

static void psi_of_variance(fore_errors_ahead *a, const double *variance, int64_t h)
{
    for (; a->lags < h && a->lags < FORE_ERRORS_LAGS; a->lags++) {
        double step = (variance[a->lags] - variance[a->lags - 1]) / variance[0];
        if (!isfinite(step)) return;
        a->psi[a->lags] = sqrt(fmax(0, step));
    }
}

/* ---- the autoregression ---- */

static double covariance(const double *e, int64_t n, int64_t lag)
{
    double sum = 0;
    for (int64_t t = lag; t < n; t++) sum += e[t] * e[t - lag];
    return sum / (double)n;
}

/* One order more; false when nothing is left to explain. */
static bool longer(fore_errors_ahead *a, int64_t p, const double *gamma)
{
    double part = gamma[p + 1], v = a->left[p];
    for (int64_t i = 0; i < p; i++) part -= a->ar[p][i] * gamma[p - i];
    if (!(v > 1e-10 * gamma[0])) return false;
    part /= v;
    for (int64_t i = 0; i < p; i++) a->ar[p + 1][i] = a->ar[p][i] - part * a->ar[p][p - 1 - i];
    a->ar[p + 1][p] = part;
    a->left[p + 1] = v * (1 - part * part);
    return a->left[p + 1] > 0;
}

static void fit_ar(fore_errors_ahead *a, const double *e, int64_t n, int64_t m)
{
    double gamma[FORE_ERRORS_ORDER + 1], best;
    int64_t most = m > 2 ? m : 2;
    if (most > FORE_ERRORS_ORDER) most = 2;
    if (most > n / VALUES_PER_LAG) most = n / VALUES_PER_LAG;
    a->left[0] = n > 0 ? covariance(e, n, 0) : 0;
    if (!(a->left[0] > 0) || !isfinite(a->left[0])) {
        a->left[0] = 1;
        return;
    }
    for (int64_t k = 0; k <= most; k++) gamma[k] = covariance(e, n, k);
    best = (double)n * log(a->left[0]);
    for (int64_t p = 0; p < most && longer(a, p, gamma); p++) {
        double bic = (double)n * log(a->left[p + 1]) + (double)(p + 1) * log((double)n);
        if (bic < best) best = bic, a->order = p + 1;
    }
    for (int64_t p = 0; p <= a->order; p++) a->left[p] = sqrt(a->left[p]);
}

fore_errors_ahead fore_errors_ahead_learn(const fore_replay *replay, const double *residuals,
                                          int64_t n, int64_t m, const double *variance, int64_t h)
{
    fore_errors_ahead a = {.lags = 1, .psi = {1}};
    int64_t from = n;
    while (from > 0 && isfinite(residuals[from - 1])) from--;
    if (replay->origins > 0)
        psi_of_past(&a, replay);
    else
        psi_of_variance(&a, variance, h);
    a.season = m <= a.lags ? m : 1;
    fit_ar(&a, residuals + from, n - from, m);
    return a;
}

/* ---- drawing ---- */

static void draw_ar(const fore_errors_ahead *a, fore_random *random, int64_t h, double *out)
{
    for (int64_t k = 0; k < h; k++) {
        int64_t p = k < a->order ? k : a->order;
        double v = a->left[p] * fore_random_normal(random);
        for (int64_t i = 0; i < p; i++) v += a->ar[p][i] * out[k - 1 - i];
        out[k] = v;
    }
}

/* beyond(k) = sum over j >= lags of psi(j) a(k - j), which follows from itself a season ago. */
void fore_errors_ahead_draw(const fore_errors_ahead *model, fore_random *random, int64_t h,
                            double *errors, double *room)
{
    const fore_errors_ahead *m = model;
    double *a = room, *beyond = room + h;
    draw_ar(m, random, h, a);
    for (int64_t k = 0; k < h; k++) {
        int64_t ago = k - m->season;
        beyond[k] = ago >= 0 ? beyond[ago] : 0;
        for (int64_t j = m->lags - m->season; j < m->lags && j <= ago; j++)
            beyond[k] += m->psi[j] * a[ago - j];
        errors[k] = beyond[k];
        for (int64_t j = 0; j < m->lags && j <= k; j++) errors[k] += m->psi[j] * a[k - j];
    }
}
