/* Forecasts of a hierarchy made to add up, and how sure they are then.
 *
 * Every aggregate is the sum of some bottom series: y_a = A y_b, so C y = 0 with C = [I, -A]. With
 * base forecasts f and the covariance W of their one-step errors
 *
 *   reconciled = M f,   M = I - W C' (C W C')^-1 C
 *
 * (Wickramasuriya, Athanasopoulos, Hyndman 2019). W: OLS the identity; STRUCTURE the number of
 * bottom series behind a node; VARIANCE the mean squares of the residuals; MINT their covariance,
 * shrunk to its diagonal (Schaefer and Strimmer 2005). A tree takes two passes over its nodes,
 * under MINT one more factor of the size T; crossed groups a Cholesky factor of the size of the
 * aggregates (reconcile_project.h). */
#ifndef FORE_SERIES_RECONCILE_H
#define FORE_SERIES_RECONCILE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"

typedef enum fore_reconcile_method {
    FORE_RECONCILE_BOTTOM_UP,
    FORE_RECONCILE_TOP_DOWN, /* the first node that holds all bottoms, shared by their mean level */
    FORE_RECONCILE_OLS,
    FORE_RECONCILE_STRUCTURE,
    FORE_RECONCILE_VARIANCE,
    FORE_RECONCILE_MINT
} fore_reconcile_method;

/* Nodes are the aggregates, then the bottom series. Aggregate i is the sum of the bottom series
 * member[start[i] .. start[i + 1]), numbered from 0, each named once. Borrowed. */
typedef struct fore_hierarchy {
    int64_t aggregates, bottoms;
    const int64_t *start; /* aggregates + 1 */
    const int64_t *member;
} fore_hierarchy;

typedef struct fore_reconcile_info {
    double lambda;   /* MINT: weight of the diagonal, in (0, 1]; else NaN */
    int64_t held;    /* bottom series held at 0, summed over the steps */
    bool two_passes; /* solved on the tree */
} fore_reconcile_info;

/* base, out: nodes x h, node i at step k in [i + k nodes]; may be the same array. residual: T x
 * nodes, node j at residual + j T, without NaN (VARIANCE, MINT; else NULL). level: bottoms, the
 * mean history of each, for TOP_DOWN, or NULL. non_negative: the nearest point in the metric of
 * W^-1 with no bottom series below 0 (Wickramasuriya, Turlach, Hyndman 2020), by block principal
 * pivoting (Kim and Park 2011). share: nodes, variance after over variance before, were W the
 * truth, or NULL (1 for BOTTOM_UP and TOP_DOWN). E_ARGUMENT for indices out of range, E_DATA for
 * values that are not finite, E_NO_ANSWER for T < 2. */
fore_status fore_reconcile(fore_pool *pool, const fore_hierarchy *hierarchy,
                           fore_reconcile_method method, const double *base, int64_t h,
                           const double *residual, int64_t T, const double *level,
                           bool non_negative, double *out, double *share, fore_reconcile_info *info,
                           fore_error *err);

/* Half widths of intervals after reconciliation, from those of the base forecasts. width, out:
 * nodes x columns (a column a step and level), node i in [i + c nodes]; may be the same array.
 *
 * The residuals of all nodes at one time are an error that happened jointly. Brought to the size
 * that the base interval has (r_i width_i / rms_i) and reconciled as the forecasts were, they are
 * the errors of the reconciled forecasts, dependence between the series included (the bootstrap of
 * Panagiotelis et al. 2023 with its variance in closed form): out_i^2 is their mean square. Under
 * MINT, whose M has seen those very errors, each is reconciled by the M made without it. TOP_DOWN,
 * whose shares err too: base widths times rms(actual - shared out fit) / rms(residual); actual:
 * T x nodes, else NULL. T < 2: bottom series keep their own width and aggregates the sum of them,
 * as if all went wrong together. */
fore_status fore_reconcile_widths(const fore_hierarchy *hierarchy, fore_reconcile_method method,
                                  const double *residual, const double *actual, int64_t T,
                                  const double *level, const double *width, int64_t columns,
                                  double *out, fore_error *err);

bool fore_reconcile_parse(
    const char *word,
    fore_reconcile_method *method); /* "bottom-up" "top-down" "ols" "structure" "variance" "mint" */
const char *fore_reconcile_word(fore_reconcile_method method);

#endif
