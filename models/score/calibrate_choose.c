/* Beta calibration, and which curve is fitted.
 *
 * Beta: Newton on Platt's smoothed targets in (below, above, constant); a slope that falls below
 * its least value is held there and the others are fitted again.
 *
 * Choice: under 100 rows of the rarer class Platt, from 1000 on isotonic; between them beta where
 * its log loss on five folds (row k in order of margin in fold k mod 5; at most MOST rows, evenly
 * spaced) is lower than Platt's by more than a standard error. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/measure/paired.h"
#include "models/score/calibrate_inside.h"

enum { FOLDS = 5, MOST = 100000, P = 3 };
static const double SOME = 100, MANY = 1000; /* rows of the rarer class */
static const double LEAST_SLOPE = 0.01;      /* of Platt's */

/* ---- beta ---- */

/* Derivatives of the log-odds at a margin. */
static void find_terms(double margin, double t[P])
{
    t[0] = -fore_log1pexp(-margin);
    t[1] = fore_log1pexp(margin);
    t[2] = 1;
}

static double beta_loss(const marks *m, const double beta[P], double g[P], double h[P][P])
{
    double high = (m->positives + 1) / (m->positives + 2), low = 1 / (m->negatives + 2), loss = 0;
    memset(g, 0, P * sizeof *g);
    memset(h, 0, P * sizeof *h);
    for (int64_t k = 0; k < m->n; k++) {
        int64_t i = m->order[k];
        double t[P], w = marks_weight(m, i), target = m->y[i] > 0 ? high : low, f = 0;
        find_terms(m->margin[i], t);
        for (int j = 0; j < P; j++) f += beta[j] * t[j];
        double p = fore_sigmoid(f);
        loss += w * (fore_log1pexp(f) - target * f);
        for (int j = 0; j < P; j++) {
            g[j] += w * (p - target) * t[j];
            for (int l = 0; l < P; l++) h[j][l] += w * p * (1 - p) * t[j] * t[l];
        }
    }
    return loss;
}

/* Solves h x = g over the free ones, zero for the held, by elimination; h is positive definite. */
static bool solve(double h[P][P], const double g[P], const bool held[P], double x[P])
{
    double a[P][P + 1];
    for (int i = 0; i < P; i++) {
        for (int j = 0; j < P; j++)
            a[i][j] = held[i] || held[j] ? (i == j) : h[i][j] + (i == j) * 1e-12 * h[i][i];
        a[i][P] = held[i] ? 0 : g[i];
    }
    for (int k = 0; k < P; k++) {
        if (!(a[k][k] > 0)) return false;
        for (int i = k + 1; i < P; i++)
            for (int j = P; j >= k; j--) a[i][j] -= a[k][j] * a[i][k] / a[k][k];
    }
    for (int i = P - 1; i >= 0; i--) {
        x[i] = a[i][P];
        for (int j = i + 1; j < P; j++) x[i] -= a[i][j] * x[j];
        x[i] /= a[i][i];
    }
    return true;
}

static bool minimise(const marks *m, const bool held[P], double beta[P])
{
    double g[P], h[P][P], step[P], next[P], loss = beta_loss(m, beta, g, h);
    for (int round = 0; round < 100; round++) {
        double largest = 0, rate = 1, now = INFINITY;
        if (!solve(h, g, held, step)) return false;
        for (int halving = 0; halving < 40; halving++, rate *= 0.5) {
            for (int j = 0; j < P; j++) next[j] = beta[j] - rate * step[j];
            now = beta_loss(m, next, g, h);
            if (now <= loss + 1e-13 * fabs(loss)) break;
        }
        for (int j = 0; j < P; j++) {
            largest = fmax(largest, fabs(next[j] - beta[j]) / (1 + fabs(next[j])));
            beta[j] = next[j];
        }
        loss = now;
        if (largest < 1e-11) break;
    }
    return isfinite(loss) && isfinite(beta[0] + beta[1] + beta[2]);
}

bool calibrate_fit_beta(const marks *m, fore_calibration *c)
{
    double beta[P] = {c->a, c->a, c->b}, least = LEAST_SLOPE * c->a;
    bool held[P] = {false};
    for (int round = 0; round < 2; round++) {
        if (!minimise(m, held, beta)) return false;
        int low = beta[0] < beta[1] ? 0 : 1;
        if (beta[low] >= least) break;
        held[low] = true;
        beta[low] = least;
        beta[1 - low] = c->a;
        beta[2] = c->b;
    }
    if (fmin(beta[0], beta[1]) < least) return false;
    memcpy(c->beta, beta, sizeof beta);
    return true;
}

/* ---- choice ---- */

typedef struct choice {
    marks all;        /* the rows compared on */
    int64_t *part;    /* all.n */
    double *loss, *w; /* all.n, by place in the order */
} choice;

static fore_status fold_losses(const choice *c, fore_calibrator kind, int fold, double *loss,
                               fore_error *err)
{
    marks inside = c->all;
    fore_calibration curve = {0};
    inside.order = c->part;
    inside.n = 0;
    inside.positives = inside.negatives = 0;
    for (int64_t k = 0; k < c->all.n; k++) {
        int64_t i = c->all.order[k];
        if (k % FOLDS == fold) continue;
        inside.order[inside.n++] = i;
        *(c->all.y[i] > 0 ? &inside.positives : &inside.negatives) += marks_weight(&c->all, i);
    }
    fore_status status = calibrate_fit(kind, &inside, &curve, err);
    for (int64_t k = fold; k < c->all.n && status == FORE_OK; k += FOLDS) {
        int64_t i = c->all.order[k];
        double f = fore_calibrated_logit(&curve, c->all.margin[i]);
        loss[k] = fore_log1pexp(f) - (c->all.y[i] > 0 ? f : 0);
    }
    fore_free(curve.margin);
    fore_free(curve.logit);
    return status;
}

static fore_status compare(choice *c, fore_calibrator *kind, fore_error *err)
{
    double *platt = c->loss, *beta = c->loss + c->all.n;
    fore_paired gain;
    for (int k = 0; k < FOLDS; k++) {
        FORE_TRY(fold_losses(c, FORE_CALIBRATE_PLATT, k, platt, err));
        FORE_TRY(fold_losses(c, FORE_CALIBRATE_BETA, k, beta, err));
    }
    FORE_TRY(fore_paired_difference(platt, beta, c->w, NULL, c->all.n, &gain, err));
    if (gain.mean > gain.error) *kind = FORE_CALIBRATE_BETA;
    return FORE_OK;
}

fore_status calibrate_choose(const marks *m, fore_calibrator *kind, fore_error *err)
{
    *kind = FORE_CALIBRATE_PLATT;
    double rarer = fmin(m->positives, m->negatives);
    if (rarer >= MANY) *kind = FORE_CALIBRATE_ISOTONIC;
    if (rarer < SOME || rarer >= MANY) return FORE_OK;
    int64_t step = (m->n + MOST - 1) / MOST, n = (m->n + step - 1) / step;
    choice c = {.all = *m, .part = FORE_NEW(2 * n, int64_t), .loss = FORE_NEW(3 * n, double)};
    fore_status status = c.part && c.loss ? FORE_OK : fore_no_memory(err);
    if (status == FORE_OK) {
        c.all.order = c.part + n;
        c.all.n = n;
        c.w = c.loss + 2 * n;
        for (int64_t k = 0; k < n; k++) {
            c.all.order[k] = m->order[k * step];
            c.w[k] = marks_weight(m, c.all.order[k]);
        }
        status = compare(&c, kind, err);
    }
    fore_free(c.part);
    fore_free(c.loss);
    return status;
}
