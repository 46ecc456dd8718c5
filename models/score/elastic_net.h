/* Elastic net: a path of penalised fits by coordinate descent with covariance updates.
 *
 *     minimise  1/W sum_i w_i loss_i(c + z_i b) + lambda (alpha |b|_1 + (1 - alpha)/2 |b|_2^2),
 *     W = sum of weights, loss = log loss, or (y - eta)^2 / 2 for the gaussian family.
 *
 * Source: Friedman, Hastie, Tibshirani 2010, "Regularization paths for generalized linear models
 * via coordinate descent" (sections 2.2 and 3). */
#ifndef FORE_SCORE_ELASTIC_NET_H
#define FORE_SCORE_ELASTIC_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "models/score/design.h"

typedef enum fore_net_family { FORE_NET_BINOMIAL, FORE_NET_GAUSSIAN } fore_net_family;

typedef struct fore_net_options {
    fore_net_family family;
    double alpha;         /* 1 = lasso, 0 = ridge; default 0.5 */
    int64_t lambdas;      /* length of the path; default 40 */
    double lambda_ratio;  /* smallest over largest lambda; default 1e-3 (n < q: 1e-2) */
    const double *lambda; /* a path of one's own (`lambdas` values, descending) instead; NULL */
    double tolerance;     /* largest change of a standardised coefficient; default 1e-8 (see below) */
    int64_t sweeps;       /* at most, per lambda; default 10000 */
    int64_t patience;     /* stop after so many lambdas without a better validation deviance; 5 */
} fore_net_options;

/* Plain data; free with fore_net_free. L = lambdas fitted, q = width. */
typedef struct fore_net {
    int64_t width, lambdas;
    double *lambda;    /* L */
    double *beta;      /* q x L */
    double *intercept; /* L */
    double *deviance;  /* L: mean deviance on the fitted rows */
    double *held;      /* L: mean deviance on the held-out rows; NaN without any */
    int64_t best;      /* smallest held deviance; without held-out rows the last lambda */
    bool converged;
} fore_net;

fore_net_options fore_net_default(void);

/* A path that has held-out rows serves to choose lambda: it is followed with a tolerance of 1e-4, and with
 * over 65,000 rows on an even part of them. Fit the lambda chosen again on all.
 * x, design, y, w: as fore_logit_fit (y any number for gaussian). held: n bytes, 1 = the row takes
 * no part in the fit and measures it; NULL = none. */
fore_status fore_net_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                         const double *y, const double *w, const uint8_t *held,
                         const fore_net_options *options, fore_net **out, fore_error *err);
void fore_net_free(fore_net *net);

#endif
