/* Fitting ETS models: where the search starts, the search, the choice among forms.
 *
 *   initial states from a classical decomposition and a line (Hyndman et al. 2002, section 3)
 *   from each set of starting weights: quasi-Newton in the box of the usual bounds, on the exact
 *   gradient of ets_likelihood.c, set off again from where it stops as long as that gains
 *   the best of them; over forms, the smallest AICc */
#include "models/series/ets_likelihood.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "engine/num/optimise.h"
#include "engine/num/special.h"
#include "models/measure/accuracy.h"

static const double PHI_START = 0.96;
/* Factor per step of a multiplicative trend: at the start, and at all. */
static const double FACTOR_START = 1.5, FACTOR_MOST = 10;
/* A tenth of a unit of AICc decides nothing; a thousandth is exact enough. */
static const double GAIN = 1e-3;
/* Another round seldom gains more than that. */
static const double HOPE = 5;
/* In units of -2 log L: odds of e^10. */
static const double QUICK_HANDICAP = 20;

enum {
    UNKNOWNS = 6 + FORE_ETS_SEASON_MAX,
    STARTS = 5,
    SLOW_STARTS = 2,
    SEASON_START = 3,
    GROWTH_START = 4,
    ROUNDS = 4
};

typedef fore_ets_problem problem;

/* ---- where to start ---- */

/* Fewer than three seasons: the season is one harmonic beside a line. design: 4 n + n doubles. */
static fore_status harmonic_season(const problem *p, double *index, fore_error *err)
{
    double *design = FORE_NEW(5 * p->n, double), total = 0;
    if (!design) return fore_no_memory(err);
    double *target = design + 4 * p->n, step = 2 * M_PI / (double)p->m;
    for (int64_t t = 0; t < p->n; t++) {
        design[t] = 1;
        design[t + p->n] = (double)t;
        design[t + 2 * p->n] = cos(step * (double)t);
        design[t + 3 * p->n] = sin(step * (double)t);
        target[t] = p->y[t];
    }
    fore_status status = fore_least_squares(design, p->n, 4, target, NULL, err);
    for (int64_t j = 0; status == FORE_OK && j < p->m; j++) {
        double wave = target[2] * cos(step * (double)j) + target[3] * sin(step * (double)j);
        double centre = target[0] + target[1] * (double)p->n / 2;
        index[j] = p->form.season == 'A' ? wave : centre > 0 ? fmax(0.1, 1 + wave / centre) : 1;
        total += index[j];
    }
    for (int64_t j = 0; j < p->m; j++)
        index[j] += (p->form.season == 'M' ? 1 : 0) - total / (double)p->m;
    fore_free(design);
    return status;
}

/* Level and slope of the line through the first max(10, 2 m) values without their season. */
static void starting_line(const problem *p, const double *index, double *level, double *slope)
{
    int64_t many = 2 * p->m > 10 ? 2 * p->m : 10;
    if (many > p->n) many = p->n;
    double sum = 0, cross = 0, spread = 0, centre = (double)(many + 1) / 2;
    for (int64_t t = 0; t < many; t++) {
        double v = p->y[t], d = (double)(t + 1) - centre;
        if (p->form.season == 'A') v -= index[t % p->m];
        if (p->form.season == 'M') v /= index[t % p->m];
        sum += v;
        cross += d * v;
        spread += d * d;
    }
    *slope = p->trend_at >= 0 && spread > 0 ? cross / spread : 0;
    *level = sum / (double)many - *slope * (p->trend_at >= 0 ? centre : 0);
}

static fore_status starting_states(const problem *p, double *x, fore_error *err)
{
    double index[FORE_ETS_SEASON_MAX] = {0}, level, slope;
    if (p->season_at >= 0) {
        fore_status status = FORE_E_NO_ANSWER;
        if (p->n >= 3 * p->m)
            status = fore_seasonal_indices(p->y, p->n, p->m, p->form.season == 'M', index, NULL);
        if (status != FORE_OK) FORE_TRY(harmonic_season(p, index, err));
        for (int64_t j = 0; p->form.season == 'M' && j < p->m; j++) index[j] = fmax(index[j], 0.01);
    }
    starting_line(p, index, &level, &slope);
    x[p->level_at] = level;
    if (p->trend_at >= 0) x[p->level_at + 1] = slope;
    if (p->form.trend == 'M')
        x[p->level_at + 1] =
            level > 0 ? fmin(fmax(1 + slope / level, 1 / FACTOR_START), FACTOR_START) : 1;
    for (int64_t j = 0; p->season_at >= 0 && j + 1 < p->m; j++) x[p->season_at + j] = index[j];
    return FORE_OK;
}

/* Likelihoods of smoothing have several hills. Those where trend and season change slowly forecast
 * better than higher ones where they do not: on M3 sMAPE is 13.06 from these starts and 13.34 when
 * two starts with quick trends and seasons join. So quick ones are tried only where slow ones fail.
 * The last one is for a multiplicative trend alone. */
static void starting_weights(const problem *p, int64_t start, double *x)
{
    static const double weights[STARTS][3] = {
        {0.1, 0.02, 0.02}, {0.5, 0.02, 0.02}, {0.95, 0.8, 0.1}, {0.1, 0.3, 0.9}, {0.03, 0.9, 0.5}};
    x[0] = weights[start][0];
    if (p->trend_at >= 0) x[p->trend_at] = weights[start][1];
    if (p->gamma_at >= 0) x[p->gamma_at] = weights[start][2];
    if (p->phi_at >= 0) x[p->phi_at] = PHI_START;
}

/* Without slope and season the means of a quick level stay positive, which multiplicative errors
 * need. */
static void plain_states(const problem *p, double *x)
{
    x[p->level_at] = fore_mean(p->y, p->n < 4 ? p->n : 4);
    if (p->trend_at >= 0) x[p->level_at + 1] = p->form.trend == 'M' ? 1 : 0;
    for (int64_t j = 0; p->season_at >= 0 && j + 1 < p->m; j++)
        x[p->season_at + j] = p->form.season == 'M' ? 1 : 0;
}

/* ---- the fit ---- */

static void box(const problem *p, double *lower, double *upper)
{
    for (int64_t i = 0; i < p->count; i++) {
        lower[i] = i < p->level_at ? 0 : -INFINITY;
        upper[i] = i < p->level_at ? 1 : INFINITY;
    }
    lower[0] = FORE_ETS_WEIGHT_LOW, upper[0] = FORE_ETS_WEIGHT_HIGH;
    if (p->phi_at >= 0) lower[p->phi_at] = FORE_ETS_PHI_LOW, upper[p->phi_at] = FORE_ETS_PHI_HIGH;
    if (p->form.trend == 'M')
        lower[p->level_at + 1] = 1 / FACTOR_MOST, upper[p->level_at + 1] = FACTOR_MOST;
    if (p->form.season == 'M')
        for (int64_t i = p->season_at; i < p->count; i++)
            lower[i] = 2 * FORE_ETS_MEAN_FLOOR, upper[i] = (double)p->m;
}

/* From x uphill; set off again from where the search stopped as long as that gains anything. */
static fore_status climb(problem *p, double *x, const double *lower, const double *upper,
                         double aim, double *value, fore_error *err)
{
    fore_optimise_options options = {.evaluations = 400, .x_tolerance = 1e-9, .f_tolerance = 1e-9};
    fore_optimise_info info;
    *value = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double before = *value;
        FORE_TRY(fore_minimise_gradient(fore_ets_objective, p, p->count, x, lower, upper, &options,
                                        &info, err));
        *value = info.value;
        if (before - *value < GAIN || *value > aim + HOPE) break;
    }
    return FORE_OK;
}

static fore_status maximise(problem *p, double *best, double *best_value, fore_error *err)
{
    double x[UNKNOWNS] = {0}, states[UNKNOWNS] = {0}, lower[UNKNOWNS], upper[UNKNOWNS],
           scratch[UNKNOWNS];
    double value;
    *best_value = INFINITY;
    box(p, lower, upper);
    FORE_TRY(starting_states(p, states, err));
    for (int64_t start = 0; start < STARTS; start++) {
        if (start == SEASON_START && p->season_at < 0) continue;
        if (start == GROWTH_START && p->form.trend != 'M') break;
        double handicap = start < SLOW_STARTS || start == GROWTH_START ? 0 : QUICK_HANDICAP;
        memcpy(x, states, sizeof x);
        starting_weights(p, start, x);
        if (!isfinite(fore_ets_objective(p, x, p->count, scratch))) plain_states(p, x);
        if (!isfinite(fore_ets_objective(p, x, p->count, scratch))) continue;
        FORE_TRY(climb(p, x, lower, upper, *best_value - handicap, &value, err));
        if (!(value + handicap < *best_value)) continue;
        *best_value = value;
        memcpy(best, x, sizeof x);
    }
    return FORE_OK;
}

static void scale_state(fore_ets_state *state, int64_t m, const fore_ets_form *form, double scale)
{
    state->level *= scale;
    if (form->trend != 'M') state->slope *= scale;
    for (int64_t j = 0; form->season == 'A' && j < m; j++) state->season[j] *= scale;
}

/* From the scaled problem back to the unit of y: -2 log L grows by 2 n log(scale). */
static void finish(problem *p, const double *x, double value, const double *y, double scale,
                   fore_ets *model)
{
    fore_ets *w = &p->trial;
    double n = (double)p->n, k = (double)p->count + 1, squares = 0;
    fore_ets_unpack(p, x);
    fore_ets_filter(w, p->y, p->n, p->mu, p->q, NULL);
    for (int64_t t = 0; t < p->n; t++) squares += p->q[t] * p->q[t];
    w->sigma2 = squares / (n - (double)p->count);
    value += 2 * n * log(scale);
    w->loglik = -value / 2;
    w->aic = value + 2 * k;
    w->bic = value + log(n) * k;
    w->aicc = n - k - 1 > 0 ? w->aic + 2 * k * (k + 1) / (n - k - 1) : INFINITY;
    *model = *w;
    if (p->form.error == 'A') model->sigma2 *= scale * scale;
    scale_state(&model->first, p->m, &p->form, scale);
    model->last = model->first;
    fore_ets_advance(model, &model->last, 0, y, p->n);
}

static bool known_form(const fore_ets_form *form)
{
    for (int i = 0; i < FORE_ETS_FORMS_ALL; i++) {
        const fore_ets_form *f = &fore_ets_forms[i];
        if (f->error == form->error && f->trend == form->trend && f->season == form->season &&
            f->damped == form->damped)
            return true;
    }
    return false;
}

static fore_status check(const double *y, const problem *p, fore_error *err)
{
    char name[16];
    fore_ets_name(&p->form, name);
    if (!known_form(&p->form))
        return fore_fail(err, FORE_E_ARGUMENT, "%s is not one of the 19 forms that can be fitted",
                         name);
    if (p->form.season != 'N' && (p->m < 2 || p->m > FORE_ETS_SEASON_MAX))
        return fore_fail(err, FORE_E_ARGUMENT, "%s needs a season of 2 to %d steps, not %lld", name,
                         FORE_ETS_SEASON_MAX, (long long)p->m);
    if (p->n < 4 || p->count > p->n - 2)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "%s has %lld parameters and the series only %lld values; take a simpler form", name,
            (long long)p->count, (long long)p->n);
    for (int64_t t = 0; t < p->n; t++) {
        if (!isfinite(y[t]))
            return fore_fail(err, FORE_E_DATA,
                             "value %lld of the series is not finite; fill or remove it",
                             (long long)t + 1);
        if (p->form.error == 'M' && y[t] <= 0)
            return fore_fail(err, FORE_E_NO_ANSWER,
                             "%s needs positive values and value %lld is %g; take an additive form",
                             name, (long long)t + 1, y[t]);
    }
    return FORE_OK;
}

/* The power of two next to the mean size, so that scaling loses nothing. */
static double scale_of(const double *y, int64_t n)
{
    double top = 0, sum = 0;
    int exponent;
    for (int64_t t = 0; t < n; t++) top = fmax(top, fabs(y[t]));
    if (top == 0) return 1;
    for (int64_t t = 0; t < n; t++) sum += fabs(y[t] / top);
    frexp(top * (sum / (double)n), &exponent);
    return ldexp(1, exponent < 1000 ? exponent : 1000);
}

fore_status fore_ets_fit(const double *y, int64_t n, int64_t m, const fore_ets_form *form,
                         fore_ets *model, fore_error *err)
{
    problem p = {.n = n, .m = form->season == 'N' ? 1 : m, .form = *form};
    double best[UNKNOWNS] = {0}, value, scale, *scaled;
    fore_status status;
    fore_ets_lay_out(&p);
    FORE_TRY(check(y, &p, err));
    scaled = FORE_NEW(5 * n, double);
    if (!scaled) return fore_no_memory(err);
    scale = scale_of(y, n);
    for (int64_t t = 0; t < n; t++) scaled[t] = y[t] / scale;
    p.y = scaled;
    p.q = scaled + n, p.slope = scaled + 2 * n, p.season = scaled + 3 * n, p.mu = scaled + 4 * n;
    FORE_GO(maximise(&p, best, &value, err));
    if (!isfinite(value)) {
        char name[16];
        fore_ets_name(form, name);
        status = fore_fail(err, FORE_E_NUMERIC,
                           "%s cannot be fitted to these values; take another form", name);
        goto done;
    }
    finish(&p, best, value, y, scale, model);
done:
    fore_free(scaled);
    return status;
}

fore_status fore_ets_choose(const double *y, int64_t n, int64_t m, bool multiplicative_trend,
                            fore_ets *model, fore_error *err)
{
    double best = INFINITY;
    bool positive = true;
    int forms = multiplicative_trend ? FORE_ETS_FORMS_ALL : FORE_ETS_FORMS;
    for (int64_t t = 0; t < n; t++) positive = positive && y[t] > 0;
    for (int i = 0; i < forms; i++) {
        const fore_ets_form *form = &fore_ets_forms[i];
        fore_ets candidate;
        if (form->season != 'N' && (m < 2 || m > FORE_ETS_SEASON_MAX)) continue;
        if (form->error == 'M' && !positive) continue;
        fore_status status = fore_ets_fit(y, n, m, form, &candidate, err);
        if (status == FORE_E_NO_ANSWER || status == FORE_E_NUMERIC) continue;
        if (status != FORE_OK) return status;
        if (!(candidate.aicc < best)) continue;
        best = candidate.aicc;
        *model = candidate;
    }
    if (isfinite(best)) return FORE_OK;
    return fore_fail(err, FORE_E_NO_ANSWER,
                     "no ETS model can be fitted to %lld values; give a longer history",
                     (long long)n);
}
