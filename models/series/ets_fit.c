/* Maximum likelihood for ETS models, with exact gradients.
 *
 * Method. The unknowns are the smoothing weights and the initial states together, x = (alpha,
 * beta', gamma', phi, l, b, s_0..s_{m-2}); the last season follows from the sum of the others. beta
 * = lo + (alpha
 * - lo) beta' and gamma = lo + (min(1 - alpha, hi) - lo) gamma' make the usual bounds a box.
 *
 *   forward    run the recursion of ets.h, keep q_t, b_{t-1}, s_{t-m}, mu_t:  L = n log sum e^2 [+
 * 2 sum log mu] backward   run it in reverse with the derivative of L to the states (l, b, s): the
 * adjoint method, exact derivatives to all unknowns for about the price of one more run minimise
 * L-BFGS in the box, from a few weights; initial states start where a classical decomposition puts
 * them (Hyndman et al. 2002, section 3)
 *
 * Outside of the admissible region (Hyndman et al. 2008, chapter 10) L is +infinity. The roots of
 * the characteristic polynomial need not be computed: the Schur-Cohn recursion says whether all are
 * inside. */
#include "models/series/ets.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "engine/num/optimise.h"
#include "engine/num/special.h"
#include "models/measure/accuracy.h"

static const double WEIGHT_LOW = 1e-4, WEIGHT_HIGH = 0.9999, PHI_LOW = 0.8, PHI_HIGH = 0.98,
                    PHI_START = 0.96;
/* Roots may touch the unit circle: the usual models have one there. */
static const double ROOT_SLACK = 1e-10;
/* The values are scaled to about 1: errors below 1e-10 of that are rounding, not information. */
static const double ERROR_FLOOR = 1e-20, MEAN_FLOOR = 1e-10;
/* A tenth of a likelihood unit of AICc decides nothing; a thousandth is exact enough. */
static const double GAIN = 1e-3;
/* Another round seldom gains more than that. */
static const double HOPE = 5;
/* In units of -2 log L: odds of e^10. */
static const double QUICK_HANDICAP = 20;

enum { UNKNOWNS = 6 + FORE_ETS_SEASON_MAX, STARTS = 4, SLOW_STARTS = 2, ROUNDS = 4, LOG_BATCH = 8 };

typedef struct problem {
    const double *y; /* scaled */
    int64_t n, m;
    fore_ets_form form;
    int64_t trend_at, gamma_at, phi_at, level_at, season_at, count; /* places in x; -1: absent */
    double *q, *slope, *season, *mu;                                /* n each: the forward run */
    fore_ets trial;
    double squares; /* sum e^2 of the forward run, floored */
} problem;

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
    if (m == 2) c[1] = gap + w->gamma - 1;
    for (int64_t i = 0; i <= m + 1; i++, radius *= 1 + ROOT_SLACK * 100) c[i] *= radius;
    return roots_inside(c, m + 1);
}

/* ---- forward ---- */

static void unpack(const problem *p, const double *x, fore_ets *w)
{
    w->alpha = x[0];
    w->beta = p->trend_at < 0 ? 0 : WEIGHT_LOW + (w->alpha - WEIGHT_LOW) * x[p->trend_at];
    double room = fmin(1 - w->alpha, WEIGHT_HIGH) - WEIGHT_LOW;
    w->gamma = p->gamma_at < 0 ? 0 : WEIGHT_LOW + room * x[p->gamma_at];
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
    if (p->form.season == 'N')
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

typedef struct adjoint {
    double alpha, beta, gamma, phi, level, slope, season[FORE_ETS_SEASON_MAX];
} adjoint;

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
        gradient[p->trend_at] = g->beta * (p->trial.alpha - WEIGHT_LOW);
        gradient[p->level_at + 1] = g->slope;
    }
    if (p->gamma_at >= 0) {
        double room = 1 - p->trial.alpha;
        if (room < WEIGHT_HIGH) gradient[0] -= g->gamma * x[p->gamma_at];
        gradient[p->gamma_at] = g->gamma * (fmin(room, WEIGHT_HIGH) - WEIGHT_LOW);
        for (int64_t j = 0; j + 1 < p->m; j++)
            gradient[p->season_at + j] = g->season[j] - g->season[p->m - 1];
    }
    if (p->phi_at >= 0) gradient[p->phi_at] = g->phi;
    gradient[p->level_at] = g->level;
}

static double objective(void *context, const double *x, int64_t n, double *gradient)
{
    problem *p = context;
    adjoint g = {0};
    unpack(p, x, &p->trial);
    double value = forward(p);
    memset(gradient, 0, (size_t)n * sizeof *gradient);
    if (!isfinite(value) || p->squares <= (double)p->n * ERROR_FLOOR) return value;
    bool relative = p->form.error == 'M';
    if (p->form.season == 'N' && relative) backward_loop(p, 'N', true, &g);
    if (p->form.season == 'N' && !relative) backward_loop(p, 'N', false, &g);
    if (p->form.season == 'A' && relative) backward_loop(p, 'A', true, &g);
    if (p->form.season == 'A' && !relative) backward_loop(p, 'A', false, &g);
    if (p->form.season == 'M') backward_loop(p, 'M', true, &g);
    chain(p, x, &g, gradient);
    return value;
}

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
    for (int64_t j = 0; p->season_at >= 0 && j + 1 < p->m; j++) x[p->season_at + j] = index[j];
    return FORE_OK;
}

/* Likelihoods of smoothing have several hills. Those where trend and season change slowly forecast
 * better than higher ones where they do not: on M3 sMAPE is 13.06 from these starts and 13.34 when
 * two starts with quick trends and seasons join. So quick ones are tried only where slow ones fail.
 */
static void starting_weights(const problem *p, int64_t start, double *x)
{
    static const double weights[STARTS][3] = {
        {0.1, 0.02, 0.02}, {0.5, 0.02, 0.02}, {0.95, 0.8, 0.1}, {0.1, 0.3, 0.9}};
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
    if (p->trend_at >= 0) x[p->level_at + 1] = 0;
    for (int64_t j = 0; p->season_at >= 0 && j + 1 < p->m; j++)
        x[p->season_at + j] = p->form.season == 'M' ? 1 : 0;
}

/* ---- the fit ---- */

static void lay_out(problem *p)
{
    int64_t next = 1;
    p->trend_at = p->form.trend == 'A' ? next++ : -1;
    p->gamma_at = p->form.season != 'N' ? next++ : -1;
    p->phi_at = p->form.damped ? next++ : -1;
    p->level_at = next++;
    if (p->form.trend == 'A') next++;
    p->season_at = p->form.season != 'N' ? next : -1;
    p->count = next + (p->form.season != 'N' ? p->m - 1 : 0);
    p->trial.form = p->form;
    p->trial.n = p->n;
    p->trial.m = p->m;
    p->trial.parameters = p->count;
}

static void box(const problem *p, double *lower, double *upper)
{
    for (int64_t i = 0; i < p->count; i++) {
        lower[i] = i < p->level_at ? 0 : -INFINITY;
        upper[i] = i < p->level_at ? 1 : INFINITY;
    }
    lower[0] = WEIGHT_LOW, upper[0] = WEIGHT_HIGH;
    if (p->phi_at >= 0) lower[p->phi_at] = PHI_LOW, upper[p->phi_at] = PHI_HIGH;
    if (p->form.season == 'M')
        for (int64_t i = p->season_at; i < p->count; i++)
            lower[i] = 2 * MEAN_FLOOR, upper[i] = (double)p->m;
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
        FORE_TRY(
            fore_minimise_gradient(objective, p, p->count, x, lower, upper, &options, &info, err));
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
        if (start == STARTS - 1 && p->season_at < 0) break; /* that one is about the season */
        double handicap = start < SLOW_STARTS ? 0 : QUICK_HANDICAP;
        memcpy(x, states, sizeof x);
        starting_weights(p, start, x);
        if (!isfinite(objective(p, x, p->count, scratch))) plain_states(p, x);
        if (!isfinite(objective(p, x, p->count, scratch))) continue;
        FORE_TRY(climb(p, x, lower, upper, *best_value - handicap, &value, err));
        if (!(value + handicap < *best_value)) continue;
        *best_value = value;
        memcpy(best, x, sizeof x);
    }
    return FORE_OK;
}

static void scale_state(fore_ets_state *state, int64_t m, bool season, double scale)
{
    state->level *= scale;
    state->slope *= scale;
    for (int64_t j = 0; season && j < m; j++) state->season[j] *= scale;
}

/* From the scaled problem back to the unit of y: -2 log L grows by 2 n log(scale). */
static void finish(problem *p, const double *x, double value, const double *y, double scale,
                   fore_ets *model)
{
    fore_ets *w = &p->trial;
    double n = (double)p->n, k = (double)p->count + 1, squares = 0;
    unpack(p, x, w);
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
    scale_state(&model->first, p->m, p->form.season == 'A', scale);
    model->last = model->first;
    fore_ets_advance(model, &model->last, 0, y, p->n);
}

static bool known_form(const fore_ets_form *form)
{
    for (int i = 0; i < FORE_ETS_FORMS; i++) {
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
        return fore_fail(err, FORE_E_ARGUMENT, "%s is not one of the 15 forms that can be fitted",
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
    lay_out(&p);
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

fore_status fore_ets_choose(const double *y, int64_t n, int64_t m, fore_ets *model, fore_error *err)
{
    double best = INFINITY;
    bool positive = true;
    for (int64_t t = 0; t < n; t++) positive = positive && y[t] > 0;
    for (int i = 0; i < FORE_ETS_FORMS; i++) {
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
