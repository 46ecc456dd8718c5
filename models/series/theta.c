/* Theta, standard and optimised: theta.h names the sources.
 *
 * Standard. Simple exponential smoothing of the series without its season, alpha and the first
 * level by least squares, and half of the slope of the least-squares line as drift:
 *
 *   f_h = l_n + drift (h - 1 + (1 - (1 - alpha)^n) / alpha)
 *
 * Dynamic optimised. The line through the first t values has slope B_t and intercept A_t at time 0,
 * both updated in O(1):
 *
 *   mu_t   = l_{t-1} + (1 - 1/theta) ((1-alpha)^(t-1) A_{t-1} + (1 - (1-alpha)^t) / alpha B_{t-1})
 *   l_t    = alpha y_t + (1 - alpha) l_{t-1}
 *   mean_t = ((t - 1) mean_{t-1} + y_t) / t
 *   B_t    = ((t - 2) B_{t-1} + 6 (y_t - mean_{t-1}) / t) / (t + 1)
 *   A_t    = mean_t - B_t (t + 1) / 2
 *
 * The static form has A_n and B_n of all values in the place of A_t and B_t. Forecasts of more
 * steps put mu_t in the place of y_t. */
#include "models/series/theta.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/climb.h"
#include "engine/num/special.h"
#include "models/measure/accuracy.h"
#include "models/series/theta_profile.h"

/* thetaf's bounds are those of exponential smoothing; the optimised forms have theta >= 1. Beyond
 * 50 a Theta line hardly changes any more. */
static const double ALPHA_LOW = 1e-4, ALPHA_HIGH = 0.9999, THETA_HIGH = 50;
static const double REST = 1e-10;       /* share of the squares that another step would save */
static const double INDEX_FLOOR = 1e-4; /* a smaller seasonal index would divide by nothing */

typedef struct fit {
    const double *y; /* season out, scaled to about 1 */
    int64_t n;
} fit;

/* ---- standard: simple exponential smoothing ---- */

/* Sum of squared errors and its derivatives to alpha and the first level. */
static double smooth(const fit *f, double alpha, double level, double *gradient)
{
    double squares = 0, dl_alpha = 0, dl_level = 1, to_alpha = 0, to_level = 0;
    for (int64_t t = 0; t < f->n; t++) {
        double e = f->y[t] - level;
        squares += e * e;
        to_alpha -= 2 * e * dl_alpha;
        to_level -= 2 * e * dl_level;
        dl_alpha = (1 - alpha) * dl_alpha + e;
        dl_level *= 1 - alpha;
        level += alpha * e;
    }
    if (gradient) gradient[0] = to_alpha, gradient[1] = to_level;
    return squares;
}

static double line_slope(const double *y, int64_t n)
{
    double centre = (double)(n - 1) / 2, cross = 0, spread = 0;
    for (int64_t t = 0; t < n; t++) {
        double d = (double)t - centre;
        cross += d * y[t];
        spread += d * d;
    }
    return spread > 0 ? cross / spread : 0;
}

static void smooth_levels(const fit *f, const fore_theta *model, double *levels)
{
    double level = model->first;
    for (int64_t t = 0; t < f->n; t++) levels[t] = level += model->alpha * (f->y[t] - level);
}

static void fit_standard(const fit *f, fore_theta *model)
{
    static const double starts[] = {0.1, 0.5, 0.95};
    const double lower[] = {ALPHA_LOW, -INFINITY}, upper[] = {ALPHA_HIGH, INFINITY};
    double best = INFINITY;
    for (int s = 0; s < 3; s++) {
        double x[2] = {starts[s], fore_mean(f->y, f->n < 10 ? f->n : 10)}, gradient[2];
        double value = smooth(f, x[0], x[1], gradient);
        fore_climb c;
        bool on = fore_climb_begin(&c, 2, lower, upper, REST * value, x, value, gradient);
        while (on) {
            value = smooth(f, c.ask[0], c.ask[1], gradient);
            on = fore_climb_tell(&c, value, gradient);
        }
        if (!(c.value < best)) continue;
        best = c.value;
        model->alpha = c.x[0];
        model->first = c.x[1];
    }
    smooth_levels(f, model, model->past);
    model->level = model->past[f->n - 1];
    model->theta = 2;
    model->drift = line_slope(f->y, f->n) / 2;
    model->sigma2 = f->n > 2 ? best / (double)(f->n - 2) : NAN;
}

/* ---- optimised ---- */

typedef struct line_state {
    double level, intercept, slope, mean, power; /* power = (1 - alpha)^t */
    int64_t t;
} line_state;

/* share: 1 - 1 / theta; inverse: 1 / alpha. */
static double optimised_mean(const line_state *s, double alpha, double inverse, double share)
{
    double reach = (1 - s->power * (1 - alpha)) * inverse;
    return s->level + share * (s->power * s->intercept + reach * s->slope);
}

static void line_take(line_state *s, double alpha, double y)
{
    double t = (double)++s->t, share = 1 / (t * (t + 1)), step = (y - s->mean) * ((t + 1) * share);
    s->level += alpha * (y - s->level);
    s->mean += step;
    s->slope = t > 1 ? ((t - 2) * s->slope + 6 * step) * (t * share) : 0;
    s->intercept = s->mean - s->slope * (t + 1) / 2;
    s->power *= 1 - alpha;
}

/* The line through the first t + 1 values, for every t. */
static void draw_lines(const double *y, int64_t n, double *means, double *slopes)
{
    line_state s = {.power = 1};
    for (int64_t t = 0; t < n; t++) {
        line_take(&s, 0, y[t]);
        means[t] = s.mean, slopes[t] = s.slope;
    }
}

/* After the first t values. */
static line_state state_at(const fore_theta *model, int64_t t)
{
    const double *level = model->past, *mean = level + model->n, *slope = mean + model->n;
    line_state s = {.level = model->first, .t = t};
    if (t > 0) {
        s.level = level[t - 1], s.mean = mean[t - 1], s.slope = slope[t - 1];
        s.intercept = s.mean - s.slope * (double)(t + 1) / 2;
    }
    return s;
}

/* One-step means; those of the static form know the line through all values. */
static void optimised_fitted(const fore_theta *model, double *fitted)
{
    double power = 1, inverse = 1 / model->alpha, share = 1 - 1 / model->theta;
    for (int64_t t = 0; t < model->n; t++, power *= 1 - model->alpha) {
        line_state at = state_at(model, t);
        at.power = power;
        if (model->form == FORE_THETA_STATIC)
            at.intercept = model->intercept, at.slope = model->slope;
        fitted[t] = optimised_mean(&at, model->alpha, inverse, share);
    }
}

static void fit_optimised(const fit *f, fore_theta *model)
{
    double low = f->y[0], high = low;
    for (int64_t t = 1; t < f->n; t++) low = fmin(low, f->y[t]), high = fmax(high, f->y[t]);
    theta_profile p = {.y = f->y,
                       .n = f->n,
                       .means = model->past + f->n,
                       .slopes = model->past + 2 * f->n,
                       .level_low = -INFINITY,
                       .level_high = INFINITY,
                       .share_high = 1 - 1 / THETA_HIGH};
    if (model->form == FORE_THETA_DYNAMIC) {
        /* The line needs two values before it says anything. Those errors do not count, so a quick
         * level would leave its start anywhere: keep it near. */
        p.dynamic = true, p.from = 2;
        p.level_low = 2 * low - high - fabs(low), p.level_high = 2 * high - low + fabs(high);
    }
    theta_profile_fit(&p);
    model->alpha = p.alpha, model->theta = 1 / (1 - p.share), model->first = p.level;
    smooth_levels(f, model, model->past);
    line_state s = state_at(model, f->n);
    model->level = s.level, model->mean = s.mean;
    model->intercept = s.intercept, model->slope = s.slope;
    model->sigma2 = p.squares / (double)(f->n > 5 ? f->n - 5 : f->n);
}

/* ---- all ---- */

static fore_status find_season(const double *y, int64_t n, int64_t m, fore_theta *model,
                               fore_error *err)
{
    model->seasonal = fore_is_seasonal(y, n, m) != 0;
    model->multiplicative = true;
    for (int64_t t = 0; t < n; t++) model->multiplicative = model->multiplicative && y[t] > 0;
    if (!model->seasonal) return FORE_OK;
    model->index = FORE_NEW(m, double);
    if (!model->index) return fore_no_memory(err);
    fore_status status = fore_seasonal_indices(y, n, m, model->multiplicative, model->index, NULL);
    bool usable = status == FORE_OK;
    for (int64_t j = 0; usable && model->multiplicative && j < m; j++)
        usable = fabs(model->index[j]) >= INDEX_FLOOR;
    if (usable) return FORE_OK;
    fore_free(model->index);
    model->index = NULL;
    model->seasonal = false;
    return FORE_OK;
}

static double put_season(const fore_theta *model, int64_t t, double v)
{
    if (!model->seasonal) return v;
    double s = model->index[t % model->m];
    return model->multiplicative ? v * s : v + s;
}

static double take_season(const fore_theta *model, int64_t t, double v)
{
    if (!model->seasonal) return v;
    double s = model->index[t % model->m];
    return model->multiplicative ? v / s : v - s;
}

static void scale_back(fore_theta *model, double scale)
{
    model->level *= scale;
    model->first *= scale;
    model->drift *= scale;
    model->intercept *= scale;
    model->slope *= scale;
    model->mean *= scale;
    model->sigma2 *= scale * scale;
    for (int64_t i = 0; i < 3 * model->n; i++) model->past[i] *= scale;
}

/* One-step means of the adjusted series. */
static void fill_fitted(const fore_theta *model, double *fitted)
{
    if (model->form != FORE_THETA_STANDARD) {
        optimised_fitted(model, fitted);
        return;
    }
    fitted[0] = model->first;
    memcpy(fitted + 1, model->past, (size_t)(model->n - 1) * sizeof *fitted);
}

fore_status fore_theta_fit(const double *y, int64_t n, int64_t m, fore_theta_form form,
                           fore_theta *model, double *fitted, fore_error *err)
{
    double scale = 0;
    fore_status status;
    memset(model, 0, sizeof *model);
    if (n < 3)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "Theta needs at least 3 values and the series has %lld", (long long)n);
    model->n = n, model->m = m > 1 ? m : 1, model->form = form;
    model->past = FORE_NEW(4 * n, double);
    if (!model->past) return fore_no_memory(err);
    double *adjusted = model->past + 3 * n;
    FORE_GO(find_season(y, n, model->m, model, err));
    for (int64_t t = 0; t < n; t++)
        scale = fmax(scale, fabs(adjusted[t] = take_season(model, t, y[t])));
    scale = scale > 0 && isfinite(scale) ? ldexp(1, ilogb(scale)) : 1;
    for (int64_t t = 0; t < n; t++) adjusted[t] /= scale;
    fit f = {adjusted, n};
    draw_lines(adjusted, n, model->past + n, model->past + 2 * n);
    if (form == FORE_THETA_STANDARD)
        fit_standard(&f, model);
    else
        fit_optimised(&f, model);
    if (fitted) fill_fitted(model, fitted);
    for (int64_t t = 0; fitted && t < n; t++) fitted[t] = put_season(model, t, fitted[t] * scale);
    scale_back(model, scale);
done:
    if (status != FORE_OK) fore_theta_free(model);
    return status;
}

static fore_theta standing(const fore_theta *model, const line_state *s)
{
    fore_theta at = *model;
    at.past = NULL;
    at.n = s->t;
    at.level = s->level;
    at.intercept = s->intercept;
    at.slope = s->slope;
    at.mean = s->mean;
    at.drift = model->form == FORE_THETA_STANDARD ? s->slope / 2 : 0;
    return at;
}

fore_theta fore_theta_at(const fore_theta *model, int64_t n0)
{
    line_state s = state_at(model, n0);
    return standing(model, &s);
}

fore_theta fore_theta_after(const fore_theta *model, const double *y, int64_t n0)
{
    line_state s = {.level = model->first, .power = 1};
    for (int64_t t = 0; t < n0; t++) line_take(&s, model->alpha, take_season(model, t, y[t]));
    return standing(model, &s);
}

void fore_theta_forecast(const fore_theta *model, int64_t h, double *mean, double *variance)
{
    line_state s = {.level = model->level,
                    .intercept = model->intercept,
                    .slope = model->slope,
                    .mean = model->mean,
                    .power = pow(1 - model->alpha, (double)model->n),
                    .t = model->n};
    bool optimised = model->form != FORE_THETA_STANDARD;
    double share = 1 - 1 / model->theta, inverse = 1 / model->alpha;
    double reach = (1 - s.power) * inverse;
    for (int64_t k = 0; k < h; k++) {
        double v = optimised ? optimised_mean(&s, model->alpha, inverse, share)
                             : model->level + model->drift * ((double)k + reach);
        if (optimised) line_take(&s, model->alpha, v);
        if (model->form == FORE_THETA_STATIC)
            s.intercept = model->intercept, s.slope = model->slope;
        mean[k] = put_season(model, model->n + k, v);
        if (variance) variance[k] = model->sigma2 * (1 + (double)k * model->alpha * model->alpha);
    }
}

void fore_theta_free(fore_theta *model)
{
    if (!model) return;
    fore_free(model->index);
    fore_free(model->past);
    model->index = model->past = NULL;
}
