/* Logistic regression with a normal prior on the coefficients (L2), by Newton's method.
 *
 *     minimise  sum_i w_i log(1 + exp(-s_i eta_i)) + 1/2 sum_j precision_j b_j^2,
 *     eta = offset + c + X b,   s = +-1 for y = 1, 0;   the intercept c is not penalised.
 *
 * Source: McCullagh and Nelder 1989; MacKay 1992 for the evidence. precision = 1 / C in
 * scikit-learn's terms. One pass over the rows per iteration gives objective, gradient and Hessian.
 */
#ifndef FORE_SCORE_LOGIT_H
#define FORE_SCORE_LOGIT_H

#include <stdbool.h>
#include <stdint.h>

#include "models/score/design.h"

/* The posterior covariance is kept up to this many columns; beyond it is NULL. */
enum { FORE_LOGIT_COVARIANCE = 300 };

typedef struct fore_logit_options {
    double precision;         /* of every coefficient; default 1; 0 = maximum likelihood */
    const double *precisions; /* q, instead of `precision`; NULL */
    const double *start;      /* q + 1, the intercept last: begin there; NULL */
    bool no_intercept;
    int64_t iterations; /* at most; default 100 */
    double tolerance;   /* largest |gradient| / (sum of weights); default 1e-10 */
} fore_logit_options;

typedef struct fore_logit_info {
    int64_t iterations, halvings;
    double deviance;  /* 2 x negative log likelihood */
    double objective; /* the minimised function */
    double gradient;  /* largest absolute component at the end */
    double evidence;  /* log marginal likelihood by Laplace's method; NaN when any precision is 0 */
    bool converged;
} fore_logit_info;

/* Plain data; free with fore_logit_free. q = width. */
typedef struct fore_logit_model {
    int64_t width;
    double intercept;
    double *beta;       /* q */
    double *covariance; /* (q + 1)^2, full: posterior of (beta, intercept), the intercept
                         * last; NULL for q > FORE_LOGIT_COVARIANCE */
} fore_logit_model;

fore_logit_options fore_logit_default(void);

/* x: n x p; design NULL = x is used as it is (q = p, finite), else its blocks are (q = width).
 * y: n, 0 or 1. w, offset: n or NULL. options, info NULL allowed. Classes that a plane separates
 * and dependent columns are fine as long as precision > 0; with precision 0 the best point of the
 * last iteration is returned and info->converged says so. Rows in the given order. */
fore_status fore_logit_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                           const double *y, const double *w, const double *offset,
                           const fore_logit_options *options, fore_logit_model **out,
                           fore_logit_info *info, fore_error *err);
void fore_logit_free(fore_logit_model *logit);

/* Posterior variance of eta for one design row z (q doubles); 0 without a covariance. */
double fore_logit_variance(const fore_logit_model *logit, const double *z);

#endif
