/* The likelihood of an ETS model as a function of its unknowns, with exact gradient: what ets_fit.c
 * maximises. For the files of ETS only. */
#ifndef FORE_SERIES_ETS_LIKELIHOOD_H
#define FORE_SERIES_ETS_LIKELIHOOD_H

#include "models/series/ets.h"

#define FORE_ETS_WEIGHT_LOW 1e-4
#define FORE_ETS_WEIGHT_HIGH 0.9999
#define FORE_ETS_PHI_LOW 0.8
#define FORE_ETS_PHI_HIGH 0.98
/* The values are scaled to about 1: means and seasons below this are not positive for a
 * multiplicative form. */
#define FORE_ETS_MEAN_FLOOR 1e-10

/* x = (alpha, beta', gamma', phi, l, b, s_0..s_{m-2}), each where the form has it; the last season
 * follows from the sum of the others, 0 or m. With lo = 1e-4, hi = 0.9999
 *   beta = lo + (alpha - lo) beta',  gamma = lo + (min(1 - alpha, hi) - lo) gamma'
 * make the usual bounds a box. */
typedef struct fore_ets_problem {
    const double *y; /* n, scaled to about 1; borrowed */
    int64_t n, m;
    fore_ets_form form;
    int64_t trend_at, gamma_at, phi_at, level_at, season_at; /* places in x; -1: absent */
    int64_t count;                                           /* unknowns */
    double *q, *slope, *season, *mu;                         /* n each: the forward run; borrowed */
    fore_ets trial; /* weights and first state of the last x */
    double squares; /* sum e^2 of the last run, floored */
} fore_ets_problem;

typedef struct fore_ets_adjoint { /* derivatives of -2 log L to weights and first states */
    double alpha, beta, gamma, phi, level, slope, season[FORE_ETS_SEASON_MAX];
} fore_ets_adjoint;

/* Fills the places and count from form, n and m. */
void fore_ets_lay_out(fore_ets_problem *problem);
void fore_ets_unpack(fore_ets_problem *problem, const double *x);
/* Derivatives to the weights and states become derivatives to x. */
void fore_ets_chain(const fore_ets_problem *problem, const double *x,
                    const fore_ets_adjoint *adjoint, double *gradient);
/* -2 log L and its gradient; +infinity (gradient 0) outside of the admissible region or where a
 * mean or a season is not positive in a multiplicative form. A fore_objective_gradient. */
double fore_ets_objective(void *problem, const double *x, int64_t n, double *gradient);

#endif
