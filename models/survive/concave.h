/* Newton's method for a concave log-likelihood of few parameters. Private to this room. */
#ifndef FORE_SURVIVE_CONCAVE_H
#define FORE_SURVIVE_CONCAVE_H

#include <stdint.h>

#include "engine/base/status.h"

/* Value at b (p), its gradient (p) and minus its Hessian (p x p, lower triangle at least). A value
 * that is not finite means "outside": the step is halved. */
typedef double (*fore_concave_value)(void *context, const double *b, double *gradient,
                                     double *information);

typedef struct fore_concave {
    fore_concave_value value;
    void *context;
    int64_t p;
    int64_t without_ridge; /* the first so many parameters */
    double size;           /* > 0: weight of the events; ridge and tolerance are relative to it */
} fore_concave;

typedef struct fore_concave_info {
    double first, last; /* values, without the ridge, at the start and at the end */
    int64_t iterations;
    int converged;
} fore_concave_info;

/* Maximises value(b) - FORE_CONCAVE_RIDGE * size / 2 * sum b_j^2. b (p): start in, best out.
 * covariance (p x p, full): inverse of the penalised information there.
 *
 * On standardised covariates the ridge moves a coefficient by about 1e-10 of itself, yet where the
 * likelihood rises for ever (one group without events, more columns than rows) the answer stays
 * finite, near log(1e10) = 23 standard deviations' effect at most. */
#define FORE_CONCAVE_RIDGE 1e-10
fore_status fore_concave_maximise(const fore_concave *problem, double *b, double *covariance,
                                  fore_concave_info *info, fore_error *err);

#endif
