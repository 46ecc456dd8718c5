/* The fit of the optimised Theta models: least squares in closed form but for alpha.
 *
 * Given alpha the one-step means of theta.h are linear in the first level and in w = 1 - 1/theta:
 *
 *   mu_t = S_t + l_0 (1 - alpha)^(t-1) + w g_t
 *   g_t  = (1 - alpha)^(t-1) A + (1 - (1 - alpha)^t) / alpha B
 *
 * with S_t the smoothing of the values from a level of 0, and A, B the line through all values
 * (static) or through those before t (dynamic). So only alpha is searched for, in [0.1, 0.99]. */
#ifndef FORE_SERIES_THETA_PROFILE_H
#define FORE_SERIES_THETA_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct theta_profile {
    const double *y; /* n, season out, scaled to about 1; borrowed */
    int64_t n, from; /* errors before `from` do not count */
    bool dynamic;
    const double *means, *slopes; /* n: of the first t + 1 values; borrowed; dynamic only */
    double level_low, level_high; /* of the first level */
    double share_high;            /* w in [0, share_high] */
    double intercept, slope;      /* of the line through all values: filled by the fit */
    double alpha, level, share;   /* found */
    double squares;
} theta_profile;

void theta_profile_fit(theta_profile *profile);

#endif
