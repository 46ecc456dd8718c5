/* A hierarchical prior for the logistic regression: the coefficients of one family of design
 * columns (the levels of a source, the owners, all hinges) are draws from N(0, 1 / precision) with
 * a precision of the family, and the precisions are draws around a common one. All are estimated
 * from the rows, so that a family which tells nothing shrinks to 0 - an owner to the rate of the
 * team beside him, a curve to a line - while one that tells much keeps what it says.
 *
 * Source: MacKay 1992, "The evidence framework applied to classification networks" (fixed point);
 * the gamma prior around a common precision as in Gelman and Hill 2007, chapter 12. */
#ifndef FORE_SCORE_FAMILY_H
#define FORE_SCORE_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include "models/score/logit.h"

typedef struct fore_family_info {
    int64_t passes;  /* over the rows */
    double common;   /* the precision in the middle of the families' */
    double evidence; /* log marginal likelihood by Laplace's method at the end */
    bool converged;
} fore_family_info;

/* x, design, y, w: as fore_logit_fit; q = width. family: q numbers in 0 .. families - 1.
 * precision: q, out: for fore_logit_options.precisions. point: q + 1, out: the coefficients at
 * these precisions, the intercept last; a start for fore_logit_fit. With over 25,000 rows an even
 * part of them is used. info may be NULL. E_DATA without rows. */
fore_status fore_family_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                            const double *y, const double *w, const int32_t *family,
                            int32_t families, double *precision, double *point,
                            fore_family_info *info, fore_error *err);

/* Adds to the model's covariance (none: nothing) what it lacks because the precisions are
 * estimates, to first order (Kass and Steffey 1989): sum over families of Var(log precision) g g',
 * g the derivative of the coefficients by log precision. precision: q, as the model was fitted. */
fore_status fore_family_widen(fore_logit_model *model, const double *precision,
                              const int32_t *family, int32_t families, fore_error *err);

/* The families of a design's columns: raw columns with the same number in raw (p, or NULL) are one;
 * the values of the others, the hinges and the indicators are one each. out: q. Returns how many.
 */
int32_t fore_family_of_design(const fore_design *design, const int32_t *raw, int32_t *out);

#endif
