/* What a CES model does with values: starting states by backcasting, run over values, forecast. How
 * its weights are found is ces_fit.c. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/num/special.h"
#include "models/series/ces_inside.h"

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
    for (int64_t i = 0; i < level_lag(w); i++) x->c[i] = 0;
    if (w->form == FORE_CES_FULL) memset(x->z, 0, sizeof x->z);
}

/* Means of the first seasons to begin with. */
void ces_begin(const fore_ces *w, const double *y, int64_t n, fore_ces_state *x)
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

double ces_run(const fore_ces *w, const double *y, int64_t n, fore_ces_state *first,
               fore_ces_state *last)
{
    fore_ces_state x;
    ces_begin(w, y, n, &x);
    for (int k = 0; k < CES_SWEEPS; k++) {
        sweep(w, &x, y, n, false, NULL);
        rest(w, &x);
        sweep(w, &x, y, n, true, NULL);
        rest(w, &x);
    }
    if (first) *first = x;
    double squares = sweep(w, &x, y, n, false, NULL);
    if (last) *last = x;
    return squares;
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
