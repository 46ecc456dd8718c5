/* The likelihood of ETS models as a function of the unknowns, with its exact gradient.
 *
 *   forward    run the recursion of ets.h, keep q_t, b_{t-1}, s_{t-m} and 1 / mu_t:
 *              L = n log sum e^2 [+ 2 sum log mu]
 *   backward   run it in reverse with the derivatives of L to the states l, b, s: the adjoint
 *              method, exact for all unknowns at about the price of one more run
 *
 * The runs are in ets_lanes.c, those of a multiplicative trend in ets_growth.c. Outside of the
 * admissible region (Hyndman et al. 2008, chapter 10) L is +infinity; without season the usual
 * bounds lie inside of it. */
#include "models/series/ets_likelihood.h"

#include <math.h>
#include <string.h>

#include "models/series/ets_growth.h"
#include "models/series/ets_lanes.h"

static const double LOW = FORE_ETS_WEIGHT_LOW, HIGH = FORE_ETS_WEIGHT_HIGH;
/* Errors below 1e-10 of the values are rounding, not information. */
static const double ERROR_FLOOR = 1e-20;

typedef fore_ets_problem problem;

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

void fore_ets_chain(const problem *p, const double *x, const fore_ets_adjoint *g, double *gradient)
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

static bool positive_season(const problem *p)
{
    for (int64_t j = 0; p->form.season == 'M' && j < p->m; j++)
        if (!(p->trial.first.season[j] > FORE_ETS_MEAN_FLOOR)) return false;
    return true;
}

static double growing(problem *p, fore_ets_adjoint *g, bool *flat)
{
    double squares, logs, n = (double)p->n;
    *flat = true;
    if (!positive_season(p) || !ets_region_holds(&p->trial)) return INFINITY;
    if (!ets_growth_forward(p, &squares, &logs)) return INFINITY;
    p->squares = fmax(squares, n * ERROR_FLOOR);
    *flat = p->squares <= n * ERROR_FLOOR;
    if (!*flat) ets_growth_backward(p, g);
    return n * log(p->squares) + 2 * logs;
}

static double alone(const problem *p, fore_ets_adjoint *g, bool *flat)
{
    ets_lanes w = {.width = 1,
                   .m = p->m,
                   .season = p->form.season,
                   .y = (double *)p->y,
                   .q = p->q,
                   .slope = p->slope,
                   .place = p->season,
                   .inverse = p->mu};
    ets_lanes_clear(&w);
    ets_lanes_put(&w, 0, &p->trial);
    ets_lanes_run(&w);
    return ets_lanes_take(&w, 0, g, flat);
}

double fore_ets_objective(void *context, const double *x, int64_t n, double *gradient)
{
    problem *p = context;
    fore_ets_adjoint g = {0};
    bool flat;
    fore_ets_unpack(p, x);
    double value = p->form.trend == 'M' ? growing(p, &g, &flat) : alone(p, &g, &flat);
    memset(gradient, 0, (size_t)n * sizeof *gradient);
    if (isfinite(value) && !flat) fore_ets_chain(p, x, &g, gradient);
    return value;
}
