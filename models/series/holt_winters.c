/* Holt-Winters: see holt_winters.h.
 *
 *   forecast   f = l + b, plus or times s
 *   update     l' = alpha (y without s) + (1 - alpha)(l + b)
 *              b' = beta (l' - l) + (1 - beta) b
 *              s' = gamma (y without l') + (1 - gamma) s
 *   start      with a season: l and b from the line through the moving average of the first two
 *              seasons, s from their classical decomposition, first forecast at t = m;
 *              without: l = y_1, b = y_1 - y_0, first forecast at t = 2 */
#include "models/series/holt_winters.h"

#include <math.h>
#include <string.h>

#include "engine/num/optimise.h"
#include "models/measure/accuracy.h"

enum { STARTS = 3 };

typedef struct task {
    const double *y;
    fore_holt_winters *model;
} task;

static int64_t first_time(const fore_holt_winters *w) { return w->seasonal ? w->m : 2; }

static void rewind_state(fore_holt_winters *w)
{
    w->level = w->first_level;
    w->slope = w->first_slope;
    memcpy(w->season, w->first_season, sizeof w->season);
}

static double step(fore_holt_winters *w, int64_t t, double y)
{
    double base = w->level + w->slope, before = w->level, forecast = base;
    double *s = &w->season[t % w->m];
    double rest = y;
    if (w->seasonal) {
        forecast = w->multiplicative ? base * *s : base + *s;
        rest = w->multiplicative ? y / *s : y - *s;
    }
    w->level = w->alpha * rest + (1 - w->alpha) * base;
    w->slope = w->beta * (w->level - before) + (1 - w->beta) * w->slope;
    if (w->seasonal) {
        double swing = w->multiplicative ? y / w->level : y - w->level;
        *s = w->gamma * swing + (1 - w->gamma) * *s;
    }
    return forecast;
}

static double run(fore_holt_winters *w, const double *y, double *fitted, double *relative)
{
    double squares = 0;
    *relative = 0;
    rewind_state(w);
    for (int64_t t = first_time(w); t < w->n; t++) {
        double f = step(w, t, y[t]), e = y[t] - f;
        squares += e * e;
        *relative += f != 0 ? (e / f) * (e / f) : INFINITY;
        if (fitted) fitted[t] = f;
    }
    return squares;
}

static double objective(void *context, const double *x, int64_t n)
{
    task *k = context;
    double relative;
    k->model->alpha = x[0];
    k->model->beta = x[1];
    k->model->gamma = n > 2 ? x[2] : 0;
    return run(k->model, k->y, NULL, &relative);
}

static fore_status start(fore_holt_winters *w, const double *y, fore_error *err)
{
    if (!w->seasonal) {
        w->first_level = y[1];
        w->first_slope = y[1] - y[0];
        return FORE_OK;
    }
    FORE_TRY(fore_seasonal_indices(y, 2 * w->m, w->m, w->multiplicative, w->first_season, err));
    int64_t half = w->m / 2, many = 2 * w->m - 2 * half;
    double centre = (double)(many + 1) / 2, sum = 0, cross = 0, spread = 0;
    for (int64_t k = 0; k < many; k++) {
        double v = fore_centred_mean(y, half + k, w->m), d = (double)(k + 1) - centre;
        sum += v;
        cross += d * v;
        spread += d * d;
    }
    w->first_slope = cross / spread;
    w->first_level = sum / (double)many - w->first_slope * centre;
    return FORE_OK;
}

static fore_status check(const double *y, int64_t n, int64_t m, bool multiplicative,
                         fore_error *err)
{
    if (m > FORE_HW_SEASON_MAX)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "Holt-Winters takes seasons up to %d steps, not %lld", FORE_HW_SEASON_MAX,
                         (long long)m);
    if (m > 1 ? n < 2 * m + 1 : n < 4)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "Holt-Winters needs at least %lld values and the series has %lld; "
                         "give a longer history",
                         (long long)(m > 1 ? 2 * m + 1 : 4), (long long)n);
    for (int64_t t = 0; multiplicative && t < n; t++)
        if (!(y[t] > 0))
            return fore_fail(err, FORE_E_NO_ANSWER,
                             "the multiplicative form needs positive values and value %lld is %g; "
                             "take the additive form",
                             (long long)t + 1, y[t]);
    return FORE_OK;
}

fore_status fore_holt_winters_fit(const double *y, int64_t n, int64_t m, bool multiplicative,
                                  fore_holt_winters *model, double *fitted, fore_error *err)
{
    static const double starts[STARTS][3] = {{0.3, 0.1, 0.1}, {0.7, 0.02, 0.7}, {0.05, 0.05, 0.3}};
    const double lower[3] = {0, 0, 0}, upper[3] = {1, 1, 1};
    double best = INFINITY, weights[3] = {0}, relative;
    int64_t unknowns = m > 1 ? 3 : 2;
    FORE_TRY(check(y, n, m, multiplicative, err));
    memset(model, 0, sizeof *model);
    model->seasonal = m > 1, model->multiplicative = multiplicative && m > 1;
    model->n = n, model->m = m > 1 ? m : 1;
    FORE_TRY(start(model, y, err));
    task k = {y, model};
    for (int s = 0; s < STARTS; s++) {
        double x[3] = {starts[s][0], starts[s][1], starts[s][2]};
        fore_optimise_info info;
        FORE_TRY(fore_minimise_simplex(objective, &k, unknowns, x, lower, upper, NULL, &info, err));
        if (!(info.value < best)) continue;
        best = info.value;
        memcpy(weights, x, sizeof weights);
    }
    if (!isfinite(best))
        return fore_fail(
            err, FORE_E_NUMERIC,
            "Holt-Winters cannot follow these values; take the additive form or another method");
    for (int64_t t = 0; fitted && t < n; t++) fitted[t] = NAN;
    objective(&k, weights, unknowns);
    model->sse = run(model, y, fitted, &relative);
    double errors = (double)(n - first_time(model)), freedom = fmax(1, errors - (double)unknowns);
    model->sigma2 = (model->multiplicative ? relative : model->sse) / freedom;
    return FORE_OK;
}

void fore_holt_winters_rewind(fore_holt_winters *model, const double *y, int64_t n0)
{
    rewind_state(model);
    for (int64_t t = first_time(model); t < n0; t++) step(model, t, y[t]);
    model->n = n0;
}

void fore_holt_winters_forecast(const fore_holt_winters *model, int64_t h, double *mean,
                                double *variance)
{
    double sum = 1;
    for (int64_t k = 0; k < h; k++) {
        double base = model->level + (double)(k + 1) * model->slope;
        double s = model->seasonal ? model->season[(model->n + k) % model->m] : 0;
        mean[k] = model->multiplicative ? base * s : base + s;
        if (variance)
            variance[k] = model->sigma2 * sum * (model->multiplicative ? mean[k] * mean[k] : 1);
        double c = model->alpha *
                   (1 + (double)(k + 1) * model->beta); /* weight of an error k + 1 steps old */
        if (model->seasonal && (k + 1) % model->m == 0) c += model->gamma * (1 - model->alpha);
        sum += c * c;
    }
}
