/* Minimisation without derivatives in a box (NLopt: Nelder-Mead after Box with bounds, or Sbplx), and
 * L-BFGS with derivatives. Deterministic. */
#ifndef FORE_NUM_OPTIMISE_H
#define FORE_NUM_OPTIMISE_H

#include <stdint.h>

#include "engine/base/status.h"

typedef double (*fore_objective)(void *context, const double *x, int64_t n);
typedef double (*fore_objective_gradient)(void *context, const double *x, int64_t n, double *gradient);

typedef struct fore_optimise_options {
    int64_t evaluations; /* at most so many; default 2000 */
    double x_tolerance;  /* relative; default 1e-8 */
    double f_tolerance;  /* relative; default 1e-10 */
} fore_optimise_options;

typedef struct fore_optimise_info {
    double value;
    int64_t evaluations;
    int converged; /* 0: stopped at the limit; the best point is returned all the same */
} fore_optimise_info;

fore_optimise_options fore_optimise_default(void);

/* x (n): start in, best out. lower and upper may be NULL (no bounds). options and info may be NULL. */
fore_status fore_minimise_simplex(fore_objective f, void *context, int64_t n, double *x,
                                  const double *lower, const double *upper,
                                  const fore_optimise_options *options, fore_optimise_info *info,
                                  fore_error *err);
fore_status fore_minimise_gradient(fore_objective_gradient f, void *context, int64_t n, double *x,
                                   const double *lower, const double *upper,
                                   const fore_optimise_options *options, fore_optimise_info *info,
                                   fore_error *err);
/* One dimension on [a, b]: Brent's golden section with parabolic steps. Returns the minimiser. */
double fore_minimise_line(double (*f)(void *context, double x), void *context, double a, double b,
                          double tolerance);

#endif
