/* How unsure a forecast is because the trend had to be told from so few values.
 *
 * Variances of smoothing models hold their starting states, and the trend among them, for known. Of
 * a level that takes the share alpha of each error, with a constant slope (SES with drift), the
 * generalised least squares estimate of both after n values leaves at step k
 *
 *   leverage(k) = x' (sum over t < n of d d')^-1 x,   d = (q^t, s(t)),  x = (q^n, s(n) + k)
 *   q = 1 - alpha,  s(t) = 1 + q + ... + q^t,  k = 0 for the first step
 *
 * one-step variances: with alpha = 0 that of the regression on time, with alpha = 1 that of a
 * random walk's drift, (k + 1)^2 / (n - 1). A method that holds no slope has left one out that the
 * values could not tell from none, which is as unsure. Beyond n steps the doubt stays what it is
 * there. */
#ifndef FORE_SERIES_SLOPE_DOUBT_H
#define FORE_SERIES_SLOPE_DOUBT_H

#include <stdint.h>

typedef struct fore_slope_doubt {
    double keep;                  /* q */
    int64_t n;                    /* values so far */
    double power, sum;            /* q^n and s(n) */
    double level2, cross, slope2; /* of the sum of d d' */
} fore_slope_doubt;

fore_slope_doubt fore_slope_doubt_new(double alpha); /* before the first value; alpha in [0, 1] */
void fore_slope_doubt_add(fore_slope_doubt *doubt, int64_t values);
/* What the doubt about the slope adds to the variance of step k over that of step 0, in one-step
 * variances; 0 with fewer than 3 values. */
double fore_slope_doubt_at(const fore_slope_doubt *doubt, int64_t k);

/* The share of an error that stays, read off the variances of k steps: they grow by its square each
 * step. 0 where they do not grow or are not known. */
double fore_slope_alpha(const double *variance, int64_t k);

#endif
