/* The linear map behind fore_reconcile: x -> M x, the coherent point nearest to x in the metric of
 * W^-1, for W = D + R'R with D diagonal and R (T x nodes) the scaled residuals of MINT (else none).
 *
 *   plain:  P0 = C' (C D C')^-1 C,  M0 = I - D P0     two passes over a tree, else a Cholesky
 * factor MINT:   G = R P0,  S = I + G R',  Z = M0 R',  M = M0 - Z S^-1 G     (Woodbury) after:  M W
 * M' = Q0 + Z S^-1 Z',  with Q0 = D - D P0 D
 *
 * so that W is never formed and the matrices to factor have the sizes T and, unless the hierarchy
 * is a tree, that of the aggregates. Held bottom series are fixed at 0 (a row more in C each). */
#ifndef FORE_SERIES_RECONCILE_PROJECT_H
#define FORE_SERIES_RECONCILE_PROJECT_H

#include "models/series/reconcile.h"
#include "models/series/reconcile_tree.h"

typedef struct fore_projector {
    const fore_hierarchy *hierarchy;
    int64_t nodes, rank; /* rank: rows of R; 0: none */
    double lambda;       /* MINT: weight of the diagonal; else NaN */
    double *variance; /* nodes: the errors' mean squares (OLS, STRUCTURE: what stands for them) */
    double *diagonal; /* nodes: D */
    double *residual; /* nodes x rank: R' */
    fore_tree *tree;  /* NULL: not a tree */
    int64_t *above_start, *above; /* bottoms + 1: the aggregates that hold each bottom series */
    uint8_t *held;                /* bottoms; change, then prepare again */

    double *moving;        /* nodes: D with the held at 0 */
    double *k;             /* aggregates^2: factor of C D C'; NULL on a tree */
    double *gain, *spread; /* nodes x rank: G', Z */
    double *s;             /* rank^2: factor of S */
    double *room;          /* scratch */
} fore_projector;

/* method: OLS to MINT. residual: T x nodes as in fore_reconcile. Prepared, nothing held. */
fore_status fore_projector_new(const fore_hierarchy *hierarchy, fore_reconcile_method method,
                               const double *residual, int64_t T, fore_projector **projector,
                               fore_error *err);
void fore_projector_free(fore_projector *projector);
/* After `held` has changed. */
fore_status fore_projector_prepare(fore_projector *projector, fore_error *err);
/* value (nodes, may be x) = M x; the aggregates are sums exactly. dual: nodes, P x with
 * x - M x = W P x, or NULL; then value must not be x. */
void fore_projector_apply(fore_projector *projector, const double *x, double *value, double *dual);
/* The same by the M that MINT would have had without the residuals of time t. */
void fore_projector_apply_without(fore_projector *projector, const double *x, int64_t t,
                                  double *value);
/* The diagonal of M W M' (nothing held). */
fore_status fore_projector_variances(fore_projector *projector, double *out, fore_error *err);

/* value: aggregates, then bottoms; the aggregates become sums. */
void fore_hierarchy_sum(const fore_hierarchy *hierarchy, double *value);

#endif
