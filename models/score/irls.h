/* One pass over the rows of a generalised linear model: loss, gradient and curvature at a point,
 * each row read once. Shared by the logistic regression and the elastic net.
 *
 *     eta = offset + Z b + c,   Z = design(x), or x itself
 *     loss = sum w l(y, eta);   gradient = [Z 1]' w dl/deta;   curvature = [Z 1]' diag(w d2l/deta2)
 * [Z 1]
 *
 * Rows are taken SLICE at a time, transformed and scaled inside the second-level cache; slices are
 * grouped by row number alone and the groups added in order. */
#ifndef FORE_SCORE_IRLS_H
#define FORE_SCORE_IRLS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/score/design.h"

typedef struct fore_irls {
    fore_pool *pool;
    const fore_view *x;
    const fore_design *design;    /* NULL: x is used as it is */
    const double *y, *w, *offset; /* w, offset may be NULL */
    const uint8_t *held;          /* rows with held[i] == 1 count in `held_loss` only; NULL */
    bool gaussian;                /* squared error / 2 instead of log loss */
    int64_t skip;                 /* only every skip-th slice of rows; 1 = all */
    int64_t width;                /* q */
    /* owned */
    int64_t groups, per_group;
    double *partial, *scratch;
    int64_t partial_size, scratch_size;
} fore_irls;

typedef struct fore_irls_sums {
    double loss, weight, held_loss, held_weight;
} fore_irls_sums;

/* Fill the fields above `owned` first (skip >= 1); then start allocates for the pool's workers. */
fore_status fore_irls_start(fore_irls *irls, fore_error *err);
void fore_irls_end(fore_irls *irls);
/* point: q + 1, the intercept last. gradient (q + 1) and curvature ((q + 1)^2, full) may be NULL.
 */
fore_status fore_irls_pass(fore_irls *irls, const double *point, fore_irls_sums *sums,
                           double *gradient, double *curvature, fore_error *err);

#endif
