/* The likelihood of ETS models and its exact gradient.
 *
 *   forward    run the recursion of ets.h, keep q_t, b_{t-1}, s_{t-m} and mu_t:
 *              L = n log sum e^2 [+ 2 sum log mu]
 *   backward   run it in reverse with the derivatives of L to the states l, b, s: the adjoint
 *              method, exact for all unknowns at about the price of one more run
 *
 * Outside of the admissible region (Hyndman et al. 2008, chapter 10) L is +infinity. The roots of
 * the characteristic polynomial need not be computed for that: the recursion of Schur and Cohn says
 * whether all of them are inside the unit circle. */
#include "models/series/ets_likelihood.h"

#include <math.h>
#include <string.h>

#include "models/series/ets_growth.h"

static const double LOW = FORE_ETS_WEIGHT_LOW, HIGH = FORE_ETS_WEIGHT_HIGH;
static const double MEAN_FLOOR = FORE_ETS_MEAN_FLOOR;
/* Roots may touch the unit circle, to rounding. */
static const double ROOT_SLACK = 1e-8;
/* Errors below 1e-10 of the values are rounding, not information. */
static const double ERROR_FLOOR = 1e-20;

enum { LOG_BATCH = 8 }; /* means multiplied before their log is taken */

typedef fore_ets_problem problem;

/* ---- the region ---- */

/* All roots of c[0] + c[1] z + ... + c[degree] z^degree inside the unit circle? Schur and Cohn: the
 * last coefficient must outweigh the first, then the degree drops by one. Overwrites c. */
static bool roots_inside(double *c, int64_t degree)
{
    double next[FORE_ETS_SEASON_MAX + 2];
    for (; degree > 0; degree--) {
        double first = c[0], last = c[degree];
        if (!(fabs(first) < fabs(last))) return false;
        for (int64_t i = 0; i < degree; i++)
            next[i] = (last * c[i + 1] - first * c[degree - 1 - i]) / last;
        memcpy(c, next, (size_t)degree * sizeof *c);
    }
    return true;
}

static bool admissible(const fore_ets *w)
{
    if (w->form.season == 'N') return true; /* the usual bounds lie inside */
    double c[FORE_ETS_SEASON_MAX + 2], phi = w->phi, gap = w->alpha + w->beta - w->alpha * phi;
    double radius = 1;
    int64_t m = w->m;
    c[0] = phi * (1 - w->alpha - w->gamma);
    c[1] = gap + w->gamma - 1;
    for (int64_t i = 2; i < m; i++) c[i] = gap;
    c[m] = w->alpha + w->beta - phi;
    c[m + 1] = 1;
    for (int64_t i = 0; i <= m + 1; i++, radius *= 1 + ROOT_SLACK) c[i] *= radius;
    return roots_inside(c, m + 1);
}

/* ---- forward ---- */

void fore_ets_lay_out(problem *p)
{
    int64_t next = 1;
    p->trend_at = p->form.trend != 'N' ? next++ : -1;
    p->gamma_at = p->form.season != 'N' ? next++ : -1;
    p->phi_at = p->form.damped ? next++ : -1;
    p->level_at = next++;
    if (p->form.trend != 'N') next++;
    p->season_at = p->form.season != 'N' ? next : -1;
    p->count = next + (p->form.season != 'N' ? p->m - 1 : 0);
    p->trial.form = p->form;
    p->trial.n = p->n;
    p->trial.m = p->m;
    p->trial.parameters = p->count;
}

void fore_ets_unpack(problem *p, const double *x)
{
    fore_ets *w = &p->trial;
    w->alpha = x[0];
    w->beta = p->trend_at < 0 ? 0 : LOW + (w->alpha - LOW) * x[p->trend_at];
    double room = fmin(1 - w->alpha, HIGH) - LOW;
    w->gamma = p->gamma_at < 0 ? 0 : LOW + room * x[p->gamma_at];
    w->phi = p->phi_at < 0 ? 1 : x[p->phi_at];
    w->first.level = x[p->level_at];
    w->first.slope = p->trend_at < 0 ? 0 : x[p->level_at + 1];
    if (p->season_at < 0) return;
    double rest = p->form.season == 'M' ? (double)p->m : 0;
    for (int64_t j = 0; j + 1 < p->m; j++) rest -= w->first.season[j] = x[p->season_at + j];
    w->first.season[p->m - 1] = rest;
}

static inline bool forward_loop(problem *p, const fore_ets *w, char season, bool relative,
                                double *squares, double *logs)
{
    const double *y = p->y, alpha = w->alpha, beta = w->beta, gamma = w->gamma, phi = w->phi;
    double s[FORE_ETS_SEASON_MAX], l = w->first.level, b = w->first.slope, product = 1;
    int64_t j = 0;
    *squares = *logs = 0;
    memcpy(s, w->first.season, sizeof s);
    for (int64_t t = 0; t < p->n; t++) {
        double q = l + phi * b, old = s[j];
        double mu = season == 'N' ? q : season == 'A' ? q + old : q * old;
        double r = (season == 'N' ? y[t] : season == 'A' ? y[t] - old : y[t] / old) - q;
        double e = y[t] - mu;
        p->q[t] = q, p->slope[t] = b, p->season[t] = old, p->mu[t] = mu;
        if (relative) {
            if (!(mu > MEAN_FLOOR)) return false;
            e /= mu;
            product *= mu;
            if (t % LOG_BATCH == LOG_BATCH - 1) *logs += log(product), product = 1;
        }
        *squares += e * e;
        l = q + alpha * r;
        b = phi * b + beta * r;
        if (season == 'A') s[j] = old + gamma * (e * (relative ? mu : 1));
        if (season == 'M') {
            s[j] = old + gamma * (y[t] / q - old);
            if (!(s[j] > MEAN_FLOOR)) return false;
        }
        if (season != 'N' && ++j == p->m) j = 0;
    }
    *logs += log(product);
    return isfinite(*squares) && isfinite(*logs);
}

/* -2 log L of the trial weights and states, or +infinity. */
static double forward(problem *p)
{
    double squares, logs;
    const fore_ets *w = &p->trial;
    bool relative = p->form.error == 'M', fine;
    if (p->form.season == 'M')
        for (int64_t j = 0; j < p->m; j++)
            if (!(w->first.season[j] > MEAN_FLOOR)) return INFINITY;
    if (!admissible(w)) return INFINITY;
    if (p->form.trend == 'M')
        fine = ets_growth_forward(p, &squares, &logs);
    else if (p->form.season == 'N')
        fine = relative ? forward_loop(p, w, 'N', true, &squares, &logs)
                        : forward_loop(p, w, 'N', false, &squares, &logs);
    else if (p->form.season == 'A')
        fine = relative ? forward_loop(p, w, 'A', true, &squares, &logs)
                        : forward_loop(p, w, 'A', false, &squares, &logs);
    else
        fine = forward_loop(p, w, 'M', true, &squares, &logs);
    if (!fine) return INFINITY;
    p->squares = fmax(squares, (double)p->n * ERROR_FLOOR);
    return (double)p->n * log(p->squares) + (relative ? 2 * logs : 0);
}

/* ---- backward ---- */

typedef fore_ets_adjoint adjoint;

static inline void backward_loop(const problem *p, char season, bool relative, adjoint *g)
{
    const double *y = p->y, alpha = p->trial.alpha, beta = p->trial.beta, gamma = p->trial.gamma;
    double phi = p->trial.phi, factor = -2 * (double)p->n / p->squares, gl = 0, gb = 0;
    double *gs = g->season;
    int64_t j = season == 'N' ? 0 : (p->n - 1) % p->m;
    for (int64_t t = p->n - 1; t >= 0; t--) {
        double q = p->q[t], b = p->slope[t], s = p->season[t], mu = p->mu[t];
        double to_mu =
            relative ? factor * (y[t] / mu - 1) * y[t] / (mu * mu) + 2 / mu : factor * (y[t] - mu);
        double r = (season == 'N' ? y[t] : season == 'A' ? y[t] - s : y[t] / s) - q;
        double to_rest = gl * alpha + gb * beta;
        double to_q = gl * (1 - alpha) - gb * beta;
        g->alpha += gl * r;
        g->beta += gb * r;
        if (season == 'N') to_q += to_mu;
        if (season == 'A') {
            g->gamma += gs[j] * (y[t] - q - s);
            to_q += to_mu - gs[j] * gamma;
            gs[j] = gs[j] * (1 - gamma) + to_mu - to_rest;
        }
        if (season == 'M') {
            g->gamma += gs[j] * (y[t] / q - s);
            to_q += to_mu * s - gs[j] * gamma * y[t] / (q * q);
            gs[j] = gs[j] * (1 - gamma) + to_mu * q - to_rest * y[t] / (s * s);
        }
        g->phi += b * (to_q + gb);
        gb = phi * (to_q + gb);
        gl = to_q;
        if (season != 'N' && --j < 0) j = p->m - 1;
    }
    g->level = gl;
    g->slope = gb;
}

/* Derivatives to the weights and states become derivatives to x. */
static void chain(const problem *p, const double *x, const adjoint *g, double *gradient)
{
    gradient[0] = g->alpha;
    if (p->trend_at >= 0) {
        gradient[0] += g->beta * x[p->trend_at];
        gradient[p->trend_at] = g->beta * (p->trial.alpha - LOW);
        gradient[p->level_at + 1] = g->slope;
    }
    if (p->gamma_at >= 0) {
        double room = 1 - p->trial.alpha;
        if (room < HIGH) gradient[0] -= g->gamma * x[p->gamma_at];
        gradient[p->gamma_at] = g->gamma * (fmin(room, HIGH) - LOW);
        for (int64_t j = 0; j + 1 < p->m; j++)
            gradient[p->season_at + j] = g->season[j] - g->season[p->m - 1];
    }
    if (p->phi_at >= 0) gradient[p->phi_at] = g->phi;
    gradient[p->level_at] = g->level;
}

double fore_ets_objective(void *context, const double *x, int64_t n, double *gradient)
{
    problem *p = context;
    adjoint g = {0};
    fore_ets_unpack(p, x);
    double value = forward(p);
    memset(gradient, 0, (size_t)n * sizeof *gradient);
    if (!isfinite(value) || p->squares <= (double)p->n * ERROR_FLOOR) return value;
    bool relative = p->form.error == 'M';
    if (p->form.trend == 'M') {
        ets_growth_backward(p, &g);
        chain(p, x, &g, gradient);
        return value;
    }
    if (p->form.season == 'N' && relative) backward_loop(p, 'N', true, &g);
    if (p->form.season == 'N' && !relative) backward_loop(p, 'N', false, &g);
    if (p->form.season == 'A' && relative) backward_loop(p, 'A', true, &g);
    if (p->form.season == 'A' && !relative) backward_loop(p, 'A', false, &g);
    if (p->form.season == 'M') backward_loop(p, 'M', true, &g);
    chain(p, x, &g, gradient);
    return value;
}
