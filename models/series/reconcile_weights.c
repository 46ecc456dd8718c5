/* The weights: see reconcile_weights.h.
 *
 * lambda in O(T^2 nodes): with x the residuals divided by their root mean square,
 * sum_ij r_ij^2 = |X X'|^2 / T^2 and sum_ij sum_t (x_ti x_tj)^2 = sum_t (sum_i x_ti^2)^2. */
#include "models/series/reconcile_weights.h"

#include <math.h>

#include "engine/base/memory.h"

/* Below this the diagonal no longer keeps W away from being singular. */
static const double LAMBDA_LEAST = 1e-6, VARIANCE_LEAST = 1e-12;

void fore_mean_squares(const double *residual, int64_t T, int64_t nodes, double *out)
{
    for (int64_t j = 0; j < nodes; j++) {
        out[j] = 0;
        for (int64_t t = 0; t < T; t++) out[j] += residual[t + j * T] * residual[t + j * T];
        out[j] /= (double)T;
    }
}

/* Schaefer and Strimmer's weight of the diagonal. */
static fore_status shrinkage(const double *residual, const double *variance, int64_t T,
                             int64_t nodes, double *lambda, fore_error *err)
{
    double *cross = FORE_ZNEW(T * T + T, double), *row = cross + T * T;
    if (!cross) return fore_no_memory(err);
    double fourth = 0, all = 0, n = 0, size = (double)T;
    for (int64_t j = 0; j < nodes; j++) {
        const double *x = residual + j * T;
        if (!(variance[j] > 0)) continue;
        n++;
        for (int64_t t = 0; t < T; t++) {
            double square = x[t] * x[t] / variance[j];
            row[t] += square;
            fourth -= square * square; /* i = j does not count */
            for (int64_t s = 0; s <= t; s++) cross[s + t * T] += x[s] * x[t] / variance[j];
        }
    }
    for (int64_t t = 0; t < T; t++) {
        fourth += row[t] * row[t];
        for (int64_t s = 0; s <= t; s++)
            all += (s == t ? 1 : 2) * cross[s + t * T] * cross[s + t * T];
    }
    fore_free(cross);
    double pairs = all - n * size * size; /* sum over i != j of (sum_t x_i x_j)^2 */
    double noise = (fourth - pairs / size) / (size * (size - 1)), signal = pairs / (size * size);
    *lambda = signal > 0 ? fmin(1, fmax(LAMBDA_LEAST, noise / signal)) : 1;
    return FORE_OK;
}

fore_status fore_reconcile_weights(const fore_hierarchy *h, fore_reconcile_method method,
                                   const double *residual, int64_t T, double *variance,
                                   double *lambda, fore_error *err)
{
    int64_t nodes = h->aggregates + h->bottoms;
    double largest = 0;
    *lambda = NAN;
    for (int64_t i = 0; i < nodes; i++) variance[i] = 1;
    if (method == FORE_RECONCILE_STRUCTURE)
        for (int64_t i = 0; i < h->aggregates; i++)
            variance[i] =
                (double)(h->start[i + 1] > h->start[i] ? h->start[i + 1] - h->start[i] : 1);
    if (method < FORE_RECONCILE_VARIANCE) return FORE_OK;
    if (!residual || T < 2)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "reconciling by the errors' variance needs at least 2 residuals a series; "
                         "use ols or structure");
    fore_mean_squares(residual, T, nodes, variance);
    for (int64_t i = 0; i < nodes; i++) {
        if (!isfinite(variance[i]))
            return fore_fail(err, FORE_E_DATA, "node %lld has residuals that are not finite",
                             (long long)i + 1);
        largest = fmax(largest, variance[i]);
    }
    if (method == FORE_RECONCILE_MINT)
        FORE_TRY(shrinkage(residual, variance, T, nodes, lambda, err));
    for (int64_t i = 0; i < nodes; i++)
        variance[i] = fmax(variance[i], largest > 0 ? VARIANCE_LEAST * largest : 1);
    return FORE_OK;
}
