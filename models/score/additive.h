/* The additive learner: a logistic regression whose columns may bend (design.h) under a
 * hierarchical prior (family.h). What it says stays a sum of one curve per raw column.
 *
 * Which columns bend: those where a rate of wins per piece between the knots tells the outcomes
 * better than a line through them, by Akaike's criterion; the most telling ones first, at most as
 * many hinges as the design has room for. With more columns than it has room for, those that tell
 * most on their own are kept (sure independence screening, Fan and Lv 2008) and the others get no
 * weight.
 */
#ifndef FORE_SCORE_ADDITIVE_H
#define FORE_SCORE_ADDITIVE_H

#include "models/score/logit.h"
#include "models/score/sample.h"

/* Design columns before any bends; hinges get what is left of FORE_LOGIT_COVARIANCE, so that the
 * posterior is known and written in a model file of moderate size. */
enum { FORE_ADDITIVE_LINES = 230 };

/* What a fit finds; each part is the caller's to free. q = the design's width. */
typedef struct fore_additive {
    fore_design *design;
    fore_logit_model *model;
    double *precision; /* q */
    bool sifted;       /* over half of the columns were left out for want of room: what is left was
                        * chosen by these rows' outcomes, and luck with it */
} fore_additive;

/* rows in key order. options: limits and missing share of the design; its hinges are not read.
 * like: a fit on rows of the same columns and families whose design and precisions are taken over,
 * and only the coefficients found anew; NULL = nothing is. out is empty on errors. */
fore_status fore_additive_fit(fore_pool *pool, const fore_sample *rows,
                              const fore_design_options *options, const fore_additive *like,
                              fore_additive *out, fore_error *err);
void fore_additive_clear(fore_additive *additive); /* frees its parts */

#endif
