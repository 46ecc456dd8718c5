/* Complex exponential smoothing (ces.h).
 *
 *   for every form that the length allows:
 *     minimise the squares of the one-step errors over the weights (Nelder-Mead); each evaluation
 *       runs forward, backward and forward again: what the backward run ends with starts the next
 *     AICc from n log(squares / n)
 *   the smallest AICc
 *
 * A point outside the admissible region (a discounting matrix with an eigenvalue beyond 1) is
 * worth the more the further out it lies. */
#include "models/series/ces.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/num/optimise.h"
#include "engine/num/special.h"

enum { SWEEPS = 2, LEAST = 5 };

static int64_t level_lag(const fore_ces *w) { return w->form == FORE_CES_SIMPLE ? w->m : 1; }
static bool adds_season(const fore_ces *w) { return w->form >= FORE_CES_PARTIAL; }

/* One step of a complex pair with error e. */
static inline void turn(double *l, double *c, double a0, double a1, double e)
{
    double level = *l;
    *l = level - (1 - a1) * *c + (a0 - a1) * e;
    *c = level + (1 - a0) * *c + (a0 + a1) * e;
}

static inline double level_of(const fore_ces *w, const fore_ces_state *x, int64_t place)
{
    double level = x->l[w->form == FORE_CES_SIMPLE ? place : 0];
    return adds_season(w) ? level + x->s[place] : level;
}

static inline void take(const fore_ces *w, fore_ces_state *x, int64_t place, double e)
{
    int64_t at = w->form == FORE_CES_SIMPLE ? place : 0;
    turn(&x->l[at], &x->c[at], w->a0, w->a1, e);
    if (w->form == FORE_CES_PARTIAL) x->s[place] += w->b0 * e;
    if (w->form == FORE_CES_FULL) turn(&x->s[place], &x->z[place], w->b0, w->b1, e);
}

/* Through the values, forward or backward; the sum of squared errors. */
static double sweep(const fore_ces *w, fore_ces_state *x, const double *y, int64_t n, bool back,
                    double *fitted)
{
    double squares = 0;
    int64_t place = back ? (n - 1) % w->m : 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t t = back ? n - 1 - i : i;
        double level = level_of(w, x, place), e = y[t] - level;
        if (fitted) fitted[t] = level;
        squares += e * e;
        take(w, x, place, e);
        place = back ? (place == 0 ? w->m - 1 : place - 1) : (place + 1 == w->m ? 0 : place + 1);
    }
    return squares;
}

/* Backwards the season's places are met in the opposite order, which their numbers already say; a
 * pair turns the other way round, so c starts anew from its resting place. */
static void rest(const fore_ces *w, fore_ces_state *x)
{
    for (int64_t i = 0; i < level_lag(w); i++) x->c[i] = w->a1 != 1 ? 0 : x->l[i];
    if (w->form == FORE_CES_FULL) memset(x->z, 0, sizeof x->z);
}

/* Means of the first seasons to begin with. */
static void begin(const fore_ces *w, const double *y, int64_t n, fore_ces_state *x)
{
    int64_t few = 3 * w->m < n ? (w->m > 1 ? 2 * w->m : n < 10 ? n : 10) : n;
    double mean = fore_mean(y, few);
    memset(x, 0, sizeof *x);
    for (int64_t i = 0; i < w->m; i++) {
        double sum = 0, count = 0;
        for (int64_t t = i; t < few; t += w->m) sum += y[t], count++;
        double here = count > 0 ? sum / count : mean;
        if (w->form == FORE_CES_SIMPLE) x->l[i] = here;
        if (adds_season(w)) x->s[i] = here - mean;
    }
    if (w->form != FORE_CES_SIMPLE) x->l[0] = mean;
    rest(w, x);
}

static double run(const fore_ces *w, const double *y, int64_t n, fore_ces_state *first,
                  fore_ces_state *last, double *fitted)
{
    fore_ces_state x;
    begin(w, y, n, &x);
    for (int k = 0; k < SWEEPS; k++) {
        sweep(w, &x, y, n, false, NULL);
        rest(w, &x);
        sweep(w, &x, y, n, true, NULL);
        rest(w, &x);
    }
    if (first) *first = x;
    double squares = sweep(w, &x, y, n, false, fitted);
    if (last) *last = x;
    return squares;
}

/* Largest eigenvalue, in absolute value, of the pair's discounting matrix F - g w'. */
static double turning_radius(double a0, double a1)
{
    double p = 1 - (a0 - a1), q = -(1 - a1), r = 1 - (a0 + a1), s = 1 - a0;
    double half = (p + s) / 2, det = p * s - q * r, root = half * half - det;
    return root < 0 ? sqrt(det) : fabs(half) + sqrt(root);
}

typedef struct fit {
    fore_ces *model;
    const double *y;
    int64_t n;
    double unit; /* squares of the values: what an inadmissible point costs at least */
} fit;

static void put(fore_ces *w, const double *x)
{
    w->a0 = x[0], w->a1 = x[1];
    w->b0 = adds_season(w) ? x[2] : 0;
    w->b1 = w->form == FORE_CES_FULL ? x[3] : 0;
}

static double objective(void *context, const double *x, int64_t k)
{
    fit *f = context;
    (void)k;
    put(f->model, x);
    double beyond = turning_radius(x[0], x[1]) - 1;
    if (f->model->form == FORE_CES_FULL) beyond = fmax(beyond, turning_radius(x[2], x[3]) - 1);
    if (beyond > -1e-6) return f->unit * (1 + beyond);
    double squares = run(f->model, f->y, f->n, NULL, NULL, NULL);
    return squares < f->unit ? squares : f->unit;
}

static int64_t weights_of(fore_ces_form form)
{
    return form == FORE_CES_FULL ? 4 : form == FORE_CES_PARTIAL ? 3 : 2;
}

static fore_status check(int64_t n, int64_t m, fore_ces_form form, fore_error *err)
{
    if (n < LEAST)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "complex exponential smoothing needs at least %d values and the series has "
            "%lld",
            LEAST, (long long)n);
    if (form != FORE_CES_NONE && (m < 2 || m > FORE_CES_SEASON_MAX || n < 2 * m + LEAST))
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "its seasonal forms need a season of 2 to %d steps and two seasons of values",
            FORE_CES_SEASON_MAX);
    return FORE_OK;
}

fore_status fore_ces_fit(const double *y, int64_t n, int64_t m, fore_ces_form form, fore_ces *model,
                         fore_error *err)
{
    static const double starts[2][4] = {{1.3, 1, 0.1, 0.1}, {1.1, 0.95, 0.2, 0.9}};
    const double lower[4] = {0.01, 0.01, form == FORE_CES_FULL ? 0.01 : 0, 0.01};
    const double upper[4] = {1.99, 1.99, form == FORE_CES_FULL ? 1.99 : 0.999, 1.99};
    double best = INFINITY, at[4] = {0};
    FORE_TRY(check(n, m, form, err));
    *model = (fore_ces){.form = form, .n = n, .m = form == FORE_CES_NONE ? 1 : m};
    fit f = {model, y, n, 0};
    double mean = fore_mean(y, n);
    for (int64_t t = 0; t < n; t++) f.unit += (y[t] - mean) * (y[t] - mean);
    f.unit = 100 * f.unit + 1e-300;
    for (int s = 0; s < 2; s++) {
        double x[4];
        fore_optimise_options o = fore_optimise_default();
        fore_optimise_info info;
        o.x_tolerance = 1e-5;
        o.evaluations = 400;
        memcpy(x, starts[s], sizeof x);
        if (form == FORE_CES_FULL) x[2] = 1.3, x[3] = 1;
        FORE_TRY(fore_minimise_simplex(objective, &f, weights_of(form), x, lower, upper, &o, &info,
                                       err));
        if (info.value < best) best = info.value, memcpy(at, x, sizeof at);
    }
    put(model, at);
    double squares = run(model, y, n, &model->first, &model->last, NULL), size = (double)n;
    model->parameters = weights_of(form);
    model->states = form == FORE_CES_NONE      ? 2
                    : form == FORE_CES_PARTIAL ? 2 + m
                    : form == FORE_CES_SIMPLE  ? 2 * m
                                               : 2 + 2 * m;
    double k = (double)model->parameters + 1;
    model->sigma2 = squares / fmax(1, size - (double)model->parameters);
    model->loglik = -size / 2 * (log(2 * M_PI * fmax(squares, 1e-300) / size) + 1);
    model->aicc = size - k - 1 > 0 ? -2 * model->loglik + 2 * k * size / (size - k - 1) : INFINITY;
    return FORE_OK;
}

fore_status fore_ces_choose(const double *y, int64_t n, int64_t m, fore_ces *model, fore_error *err)
{
    bool seasonal = m > 1 && m <= FORE_CES_SEASON_MAX && n >= 2 * m + LEAST;
    FORE_TRY(fore_ces_fit(y, n, m, FORE_CES_NONE, model, err));
    for (int form = FORE_CES_SIMPLE; seasonal && form <= FORE_CES_FULL; form++) {
        fore_ces other;
        FORE_TRY(fore_ces_fit(y, n, m, (fore_ces_form)form, &other, err));
        if (other.aicc < model->aicc) *model = other;
    }
    return FORE_OK;
}

void fore_ces_filter(const fore_ces *model, const double *y, int64_t n, double *fitted,
                     fore_ces_state *last)
{
    fore_ces_state x = model->first;
    sweep(model, &x, y, n, false, fitted);
    if (last) *last = x;
}

void fore_ces_forecast(const fore_ces *model, const fore_ces_state *state, int64_t t0, int64_t h,
                       double *mean, double *variance)
{
    fore_ces_state x = *state, pulse;
    double sum = 0;
    memset(&pulse, 0, sizeof pulse);
    for (int64_t k = 0; k < h; k++) {
        int64_t place = (t0 + k) % model->m;
        mean[k] = level_of(model, &x, place);
        take(model, &x, place, 0);
        if (!variance) continue;
        double psi =
            k == 0 ? 1 : level_of(model, &pulse, place); /* what one error now does later */
        take(model, &pulse, place, k == 0 ? 1 : 0);
        sum += psi * psi;
        variance[k] = model->sigma2 * sum;
    }
}
