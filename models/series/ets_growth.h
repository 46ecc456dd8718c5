/* ETS with a multiplicative trend: forward and backward run of the likelihood, moments of what is
 * to come. For the files of ETS only.
 *
 * Errors are multiplicative, the season multiplicative or none, so that everything multiplies:
 *
 *   q = l b^phi,  mu = q s
 *   l' = q + alpha (y / s - q) = q (1 + alpha e)
 *   b' = b^phi + beta (y / s - q) / l = b^phi (1 + beta e)
 *   s' = s + gamma (y / q - s) = s (1 + gamma e) */
#ifndef FORE_SERIES_ETS_GROWTH_H
#define FORE_SERIES_ETS_GROWTH_H

#include "models/series/ets_likelihood.h"

/* Fills q, slope, season and mu of the problem, sum e^2 and sum log mu; false where a mean, a
 * growth or a season is not positive. */
bool ets_growth_forward(fore_ets_problem *problem, double *squares, double *logs);
/* Adds the derivatives of -2 log L after that run. */
void ets_growth_backward(const fore_ets_problem *problem, fore_ets_adjoint *adjoint);

/* Takes one value in and returns the one-step mean before it. */
double ets_growth_step(const fore_ets *model, fore_ets_state *state, int64_t place, double y);
void ets_growth_forecast(const fore_ets *model, const fore_ets_state *state, int64_t t0, int64_t h,
                         double *mean, double *variance);

#endif
