/* See ets_growth.h.
 *
 * Backward, with gl and gb the derivatives of -2 log L to l' and b', r = y / s - q:
 *
 *   to r   gl alpha + gb beta / l          to q   d mu + d s' + gl - to r
 *   to B   (to q) l + gb, B = b^phi        to l   (to q) B - gb beta r / l^2
 *
 * Moments: a shock e that is j steps old multiplies the value by about 1 + c_j e, c_j = alpha +
 * beta (phi + ... + phi^j) + gamma [m divides j], so that
 *
 *   mean_h = l b^(phi + ... + phi^h) s,   v_h = mean_h^2 ((1 + sigma^2) prod_{j<h} (1 + c_j^2
 * sigma^2) - 1) */
#include "models/series/ets_growth.h"

#include <math.h>
#include <string.h>

enum { LOG_BATCH = 8 }; /* means multiplied before their log is taken */

static double power(double base, double phi) { return phi == 1 ? base : pow(base, phi); }

bool ets_growth_forward(fore_ets_problem *p, double *squares, double *logs)
{
    const fore_ets *w = &p->trial;
    const bool seasonal = p->form.season == 'M';
    double s[FORE_ETS_SEASON_MAX], l = w->first.level, b = w->first.slope, product = 1;
    int64_t j = 0;
    *squares = *logs = 0;
    memcpy(s, w->first.season, sizeof s);
    if (!seasonal) s[0] = 1;
    for (int64_t t = 0; t < p->n; t++) {
        double growth = power(b, w->phi), q = l * growth, mu = q * s[j];
        if (!(mu > FORE_ETS_MEAN_FLOOR)) return false;
        double e = p->y[t] / mu - 1;
        p->q[t] = q, p->slope[t] = b, p->season[t] = s[j], p->mu[t] = mu;
        product *= mu;
        if (t % LOG_BATCH == LOG_BATCH - 1) *logs += log(product), product = 1;
        *squares += e * e;
        l = q * (1 + w->alpha * e);
        b = growth * (1 + w->beta * e);
        s[j] *= 1 + w->gamma * e;
        if (!(b > FORE_ETS_MEAN_FLOOR) || !(s[j] > FORE_ETS_MEAN_FLOOR)) return false;
        if (seasonal && ++j == p->m) j = 0;
    }
    *logs += log(product);
    return isfinite(*squares) && isfinite(*logs);
}

void ets_growth_backward(const fore_ets_problem *p, fore_ets_adjoint *g)
{
    const fore_ets *w = &p->trial;
    const bool seasonal = p->form.season == 'M';
    double factor = -2 * (double)p->n / p->squares, gl = 0, gb = 0;
    int64_t j = seasonal ? (p->n - 1) % p->m : 0;
    for (int64_t t = p->n - 1; t >= 0; t--) {
        double q = p->q[t], b = p->slope[t], s = p->season[t], mu = p->mu[t], y = p->y[t];
        double growth = power(b, w->phi), l = q / growth, r = y / s - q;
        double to_mu = factor * (y / mu - 1) * y / (mu * mu) + 2 / mu;
        double to_rest = gl * w->alpha + gb * w->beta / l, to_q = to_mu * s + gl - to_rest;
        g->alpha += gl * r;
        g->beta += gb * r / l;
        if (seasonal) {
            double *gs = &g->season[j];
            g->gamma += *gs * (y / q - s);
            to_q -= *gs * w->gamma * y / (q * q);
            *gs = *gs * (1 - w->gamma) + to_mu * q - to_rest * y / (s * s);
        }
        double to_growth = to_q * l + gb;
        g->phi += to_growth * growth * log(b);
        gl = to_q * growth - gb * w->beta * r / (l * l);
        gb = to_growth * w->phi * growth / b;
        if (seasonal && --j < 0) j = p->m - 1;
    }
    g->level = gl;
    g->slope = gb;
}

double ets_growth_step(const fore_ets *model, fore_ets_state *state, int64_t place, double y)
{
    double *s = &state->season[place], one = 1;
    if (model->form.season == 'N') s = &one;
    double growth = power(state->slope, model->phi), q = state->level * growth, mean = q * *s;
    double e = y / mean - 1;
    state->level = q * (1 + model->alpha * e);
    state->slope = growth * (1 + model->beta * e);
    *s *= 1 + model->gamma * e;
    return mean;
}

void ets_growth_forecast(const fore_ets *model, const fore_ets_state *state, int64_t t0, int64_t h,
                         double *mean, double *variance)
{
    double share = 1, damping = 0, spread = 1 + model->sigma2;
    bool seasonal = model->form.season == 'M';
    for (int64_t k = 0; k < h; k++) {
        share *= model->phi;
        damping += share;
        mean[k] = state->level * pow(state->slope, damping);
        if (seasonal) mean[k] *= state->season[(t0 + k) % model->m];
        if (variance) variance[k] = mean[k] * mean[k] * (spread - 1);
        double c = model->alpha + model->beta * damping;
        if (seasonal && (k + 1) % model->m == 0) c += model->gamma;
        spread *= 1 + c * c * model->sigma2;
    }
}
