/* Has the base rate of a batch moved? Told from its scores alone, before any outcome is known.
 *
 * Under label shift - each outcome's rows look as they did, only their share differs - the scores
 * of the batch are a mixture of those of won and of lost rows. Saerens, Latinne and Decaestecker
 * 2002 find the share by EM; its fixed point is the maximum of a concave likelihood,
 *
 *     L(q) = sum w log( q p / r + (1 - q) (1 - p) / (1 - r) ),   p the chance said at base rate r
 *
 * found here by Newton's method kept inside a bracket. Other drifts look like label shift to it and
 * send the share anywhere, so it must be tested first: the batch's scores, counted in the bins of
 * the calibration rows, against the mixture of the calibration's won and lost counts (chi-squared,
 * the reference counts' own noise added). */
#ifndef FORE_SCORE_PRIOR_SHIFT_H
#define FORE_SCORE_PRIOR_SHIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "models/score/calibrate.h"

/* The share q in [1e-6, 1 - 1e-6] and its standard error (1 / sqrt of the curvature). p: n chances
 * in (0, 1) at the base rate `from` in (0, 1); w: n or NULL. No rows: from, and an infinite error.
 */
void fore_prior_share(const double *p, const double *w, int64_t n, double from, double *share,
                      double *error);

typedef struct fore_prior_shift {
    bool known;           /* the calibration holds counts of both outcomes in 3 bins or more */
    double from;          /* base rate that the calibration stands for */
    double share, error;  /* of the batch, were it label shift */
    double chi2, p_value; /* does the mixture look like the batch? bins - 2 degrees of freedom */
    bool holds;           /* p_value at least 0.01 */
    bool moved;           /* holds, and share differs from `from` by over two standard errors */
} fore_prior_shift;
/* margin: n margins of the batch. */
fore_prior_shift fore_prior_shift_find(const fore_calibration *calibration, const double *margin,
                                       int64_t n);

#endif
