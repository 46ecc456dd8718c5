/* Accelerated failure times: how long until an event, as a number with covariates.
 *
 * log t = intercept + x'beta + scale * e, e the log of a standard exponential, so that t is Weibull
 * with shape 1 / scale; maximum likelihood under right censoring, the parameters and the likelihood
 * (of t, not of log t) as in R's survreg (Kalbfleisch and Prentice 2002, chapter 3). */
#ifndef FORE_SURVIVE_WEIBULL_H
#define FORE_SURVIVE_WEIBULL_H

#include "models/survive/lifetimes.h"

typedef struct fore_weibull {
    int64_t columns; /* p */
    int64_t events;
    double intercept, scale;
    double *beta;       /* p: log of the time's factor per unit of the column */
    double *error;      /* p + 2: of intercept, beta, log(scale); NaN for a constant column */
    double *covariance; /* (p + 2) x (p + 2), the same order */
    double loglik;
    int64_t iterations;
    int converged; /* 0: the best point found is returned all the same */
} fore_weibull;

/* Rows as in lifetimes.h, times > 0; errors as there. A constant column gets beta 0. Dependent
 * columns share their effect, a group without events stays finite, and where every event is met
 * exactly the scale stays above 0 (about 1e-5 of the spread of log t): the tiny ridge of concave.h.
 * One thread; O(n p^2) an iteration. */
fore_status fore_weibull_fit(const fore_lifetimes *rows, fore_weibull **fit, fore_error *err);
void fore_weibull_free(fore_weibull *fit);

/* For a row of p covariates (NaN gives NaN): the probability to last beyond t >= 0, and the time by
 * which the share `q` in [0, 1] has had the event. */
double fore_weibull_survival(const fore_weibull *fit, const double *row, double t);
double fore_weibull_quantile(const fore_weibull *fit, const double *row, double q);

/* Log-likelihood at theta = (intercept, beta, log(scale)) and its gradient (p + 2). */
fore_status fore_weibull_loglik(const fore_lifetimes *rows, const double *theta, double *value,
                                double *gradient, fore_error *err);

#endif
