/* The Theta method and its optimised forms, static and dynamic.
 *
 * Standard: Assimakopoulos and Nikolopoulos (2000) in the form of Hyndman and Billah (2003): simple
 * exponential smoothing plus half of the slope of the least-squares line. Optimised:
 * Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler (2016), with theta >= 1, alpha and the first
 * level by least squares; the line is that of all values (static) or of those so far (dynamic,
 * equations 9-14). All take a season out first by classical
 * multiplicative decomposition when the test at 90 % finds one (additive when y is not positive).
 */
#ifndef FORE_SERIES_THETA_H
#define FORE_SERIES_THETA_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

typedef enum fore_theta_form {
    FORE_THETA_STANDARD,
    FORE_THETA_DYNAMIC,
    FORE_THETA_STATIC
} fore_theta_form;

typedef struct fore_theta {
    fore_theta_form form;
    bool seasonal, multiplicative;
    int64_t n, m;
    double alpha, level, theta; /* theta = 2 in the standard form */
    double first;               /* level before the first value */
    double drift;               /* standard: half of the slope; others: 0 */
    double intercept, slope;    /* of the line through the values so far (optimised forms) */
    double mean;                /* of the adjusted values so far (optimised forms) */
    double sigma2;              /* one-step variance of the adjusted series */
    double *index;              /* m seasonal indices by t % m, owned; NULL without season */
    double *past; /* level, mean and slope after t + 1 values: n each, of the adjusted series;
                   * owned */
} fore_theta;

/* y: n finite values, n >= 3. fitted: n doubles or NULL. Frees nothing in *model beforehand. */
fore_status fore_theta_fit(const double *y, int64_t n, int64_t m, fore_theta_form form,
                           fore_theta *model, double *fitted, fore_error *err);
/* The model as it would have stood after the first n0 of its values (its own weights, season kept;
 * what it owns is borrowed from `model`, so do not free it). 1 <= n0 <= n. */
fore_theta fore_theta_at(const fore_theta *model, int64_t n0);
/* The same after n0 other values, y. */
fore_theta fore_theta_after(const fore_theta *model, const double *y, int64_t n0);
void fore_theta_forecast(const fore_theta *model, int64_t h, double *mean, double *variance);
void fore_theta_free(fore_theta *model); /* what it owns */

#endif
