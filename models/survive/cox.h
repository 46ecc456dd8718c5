/* Proportional hazards: which covariates make an event come sooner, whatever the shape over time.
 *
 * hazard(t | x) = hazard0(t) exp(x'beta), hazard0 left open; beta maximises the partial likelihood
 * (Cox 1972) with Efron's treatment of ties (Efron 1977), weights as in R's coxph. */
#ifndef FORE_SURVIVE_COX_H
#define FORE_SURVIVE_COX_H

#include "models/survive/lifetimes.h"

typedef struct fore_cox {
    int64_t columns; /* p */
    int64_t events;
    double *beta;       /* p: log of the hazard's factor per unit of the column */
    double *error;      /* p: standard errors; NaN for a constant column (its beta is 0) */
    double *covariance; /* p x p of beta */
    double loglik[2];   /* partial log-likelihood at beta = 0 and at beta */
    double concordance; /* of x'beta on these rows (concordance.h); NaN without a comparable pair */
    int64_t iterations;
    int converged; /* 0: the best point found is returned all the same */
} fore_cox;

/* Rows as in lifetimes.h, times >= 0; errors as there. Dependent columns share their effect, and
 * one that alone separates early from late stays finite, both with a very large error (concave.h
 * says how). One thread; O(n log n) once and O(n p^2) an iteration. */
fore_status fore_cox_fit(const fore_lifetimes *rows, fore_cox **fit, fore_error *err);
void fore_cox_free(fore_cox *fit);

/* The partial log-likelihood at beta (p), its gradient (p) and information (p x p, full). */
fore_status fore_cox_loglik(const fore_lifetimes *rows, const double *beta, double *value,
                            double *gradient, double *information, fore_error *err);

#endif
