/* What a fitted ETS model does: run over values, forecast, say how uncertain it is.
 *
 * Variances follow Hyndman, Koehler, Ord, Snyder (2008), chapter 6, with c_j the weight of an error
 * that is j steps old, c_j = alpha + beta (phi + ... + phi^j) + gamma [m divides j].
 *
 *   additive error        v_h = sigma^2 (1 + sum_{j<h} c_j^2)
 *
 *   multiplicative error  theta_h = mu_h^2 + sigma^2 sum_{j<h} c_j^2 theta_{h-j}
 *                         v_h = (1 + sigma^2) theta_h - mu_h^2
 *
 *   ... and season        the same with mu and theta of the series without its season, times s^2:
 *                         to first order in sigma a shock moves level and season by the same share,
 *                         so that their weights add as in the additive form. (The book's product
 *                         formula leaves that covariance out; simulation in the tests says 10 % of
 *                         the variance after the first season.) */
#include "models/series/ets.h"

#include <math.h>
#include <stdio.h>

#include "models/series/ets_growth.h"

const fore_ets_form fore_ets_forms[FORE_ETS_FORMS_ALL] = {
    {'A', 'N', 'N', false}, {'A', 'A', 'N', false}, {'A', 'A', 'N', true},  {'A', 'N', 'A', false},
    {'A', 'A', 'A', false}, {'A', 'A', 'A', true},  {'M', 'N', 'N', false}, {'M', 'A', 'N', false},
    {'M', 'A', 'N', true},  {'M', 'N', 'A', false}, {'M', 'A', 'A', false}, {'M', 'A', 'A', true},
    {'M', 'N', 'M', false}, {'M', 'A', 'M', false}, {'M', 'A', 'M', true},  {'M', 'M', 'N', false},
    {'M', 'M', 'N', true},  {'M', 'M', 'M', false}, {'M', 'M', 'M', true},
};

void fore_ets_name(const fore_ets_form *form, char out[16])
{
    snprintf(out, 16, "ETS(%c,%c%s,%c)", form->error, form->trend, form->damped ? "d" : "",
             form->season);
}

/* Takes one value in and returns the one-step mean that stood before it. */
static double step(const fore_ets *model, fore_ets_state *state, int64_t place, double y)
{
    if (model->form.trend == 'M') return ets_growth_step(model, state, place, y);
    double q = state->level + model->phi * state->slope, mean = q, rest = y;
    double *s = &state->season[place];
    if (model->form.season == 'A') {
        mean = q + *s;
        rest = y - *s;
    } else if (model->form.season == 'M') {
        mean = q * *s;
        rest = y / *s;
    }
    if (model->form.season == 'A') *s += model->gamma * (y - q - *s);
    if (model->form.season == 'M') *s += model->gamma * (y / q - *s);
    state->level = q + model->alpha * (rest - q);
    state->slope = model->phi * state->slope + model->beta * (rest - q);
    return mean;
}

void fore_ets_filter(const fore_ets *model, const double *y, int64_t n, double *fitted,
                     double *errors, fore_ets_state *states)
{
    fore_ets_state state = model->first;
    for (int64_t t = 0; t < n; t++) {
        double mean = step(model, &state, t % model->m, y[t]);
        if (fitted) fitted[t] = mean;
        if (errors) errors[t] = model->form.error == 'M' ? (y[t] - mean) / mean : y[t] - mean;
        if (states) states[t] = state;
    }
}

void fore_ets_advance(const fore_ets *model, fore_ets_state *state, int64_t t0, const double *y,
                      int64_t n)
{
    for (int64_t t = 0; t < n; t++) step(model, state, (t0 + t) % model->m, y[t]);
}

/* c_j, given phi + ... + phi^j */
static double weight(const fore_ets *model, bool season, int64_t j, double damping)
{
    double c = model->alpha + model->beta * damping;
    return season && j % model->m == 0 ? c + model->gamma : c;
}

static void additive_variance(const fore_ets *model, int64_t h, double *variance)
{
    double sum = 1, power = 1, damping = 0;
    for (int64_t k = 0; k < h; k++) {
        variance[k] = model->sigma2 * sum;
        power *= model->phi;
        damping += power;
        double c = weight(model, model->form.season != 'N', k + 1, damping);
        sum += c * c;
    }
}

/* theta_1..theta_h from mu_1..mu_h (the model's mean without a multiplicative season). */
static void second_moments(const fore_ets *model, const double *mu, int64_t h, double *theta)
{
    bool season = model->form.season != 'N';
    for (int64_t k = 0; k < h; k++) {
        double sum = 0, power = 1, damping = 0;
        for (int64_t j = 1; j <= k; j++) {
            power *= model->phi;
            damping += power;
            double c = weight(model, season, j, damping);
            sum += c * c * theta[k - j];
        }
        theta[k] = mu[k] * mu[k] + model->sigma2 * sum;
    }
}

/* Mean without a multiplicative season; what is left of the season is multiplied in afterwards. */
static void plain_mean(const fore_ets *model, const fore_ets_state *state, int64_t t0, int64_t h,
                       double *mean)
{
    double power = 1, damping = 0;
    for (int64_t k = 0; k < h; k++) {
        power *= model->phi;
        damping += power;
        mean[k] = state->level + damping * state->slope;
        if (model->form.season == 'A') mean[k] += state->season[(t0 + k) % model->m];
    }
}

void fore_ets_forecast(const fore_ets *model, const fore_ets_state *state, int64_t t0, int64_t h,
                       double *mean, double *variance)
{
    if (model->form.trend == 'M') {
        ets_growth_forecast(model, state, t0, h, mean, variance);
        return;
    }
    bool seasonal = model->form.season == 'M';
    plain_mean(model, state, t0, h, mean);
    if (variance && model->form.error == 'A') additive_variance(model, h, variance);
    if (variance && model->form.error == 'M') second_moments(model, mean, h, variance);
    for (int64_t k = 0; k < h; k++) {
        double s = seasonal ? state->season[(t0 + k) % model->m] : 1;
        if (variance && model->form.error == 'M') {
            double v = variance[k] * (1 + model->sigma2) - mean[k] * mean[k];
            variance[k] = s * s * fmax(v, 0);
        }
        mean[k] *= s;
    }
}
