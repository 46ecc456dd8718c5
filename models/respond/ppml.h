/* Poisson pseudo-likelihood with rep and week effects, and the two-way projection behind it. Used
 * inside this room; tests reach it for its gradient and its reference values.
 *
 *   maximise  sum_cells (y eta - exp eta)  -  (phi / 2) (b - m)' Q (b - m)  -  (r / 2) sum
 * effects^2 eta_gt = a_g + c_t + x_gt' b
 *
 * Consistent for the mean whatever the distribution of y >= 0 (Gourieroux, Monfort and Trognon
 * 1984). */
#ifndef FORE_RESPOND_PPML_H
#define FORE_RESPOND_PPML_H

#include <stdint.h>

#include "engine/base/memory.h"
#include "engine/base/status.h"

/* Ridge on the effects, in cells of mean sales: it keeps a rep or week without any sale finite. */
#define FORE_EFFECT_RIDGE 0.01

typedef struct fore_ppml_problem {
    int64_t reps, weeks, columns;
    const double *y;         /* reps * weeks, cell (g, t) at [g * weeks + t]; NaN = left out */
    const double *x;         /* columns x cells, column j at [j * cells]; finite where y is */
    const double *mean;      /* columns: m; NULL = 0 */
    const double *precision; /* columns x columns: Q; NULL = 0 */
    double dispersion;       /* phi */
    double effect_ridge;     /* r > 0; infinity: no effects at all */
} fore_ppml_problem;

typedef struct fore_ppml {
    double *beta;    /* columns */
    double *effects; /* reps, then weeks */
    double *mu;      /* cells; 0 where left out */
    double *net;     /* columns x cells: x net of the effects with weights mu; 0 where left out */
    double *information; /* columns x columns: net' diag(mu) net, without prior, dispersion 1 */
    double *meat;        /* columns x columns: scores of `net` clustered by rep */
    double loglik;       /* dispersion 1, without penalties */
    double dispersion;   /* Pearson */
    double degrees;      /* cells - effects - columns, at least 1 */
    int64_t cells;
    int iterations, converged;
} fore_ppml;

/* Everything in *fit lives in `arena`. */
fore_status fore_ppml_fit(const fore_ppml_problem *problem, fore_arena *arena, fore_ppml *fit,
                          fore_error *err);

/* Penalised log-likelihood at theta = (reps, weeks, columns); gradient (same length) may be NULL.
 */
double fore_ppml_objective(const fore_ppml_problem *problem, const double *theta, double *gradient);

/* net = x - a_g - c_t, the weighted least-squares projection off rep and week effects (ridge r on
 * them), for `columns` columns. weight (cells) 0 = left out, and net is 0 there. */
fore_status fore_twoway_net(int64_t reps, int64_t weeks, const double *weight, double ridge,
                            const double *x, int64_t columns, double *net, fore_error *err);

#endif
