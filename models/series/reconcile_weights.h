/* W of reconcile.h: what the errors of the base forecasts are taken to be. */
#ifndef FORE_SERIES_RECONCILE_WEIGHTS_H
#define FORE_SERIES_RECONCILE_WEIGHTS_H

#include "models/series/reconcile.h"

/* out[j]: mean of the squares of node j's residuals. */
void fore_mean_squares(const double *residual, int64_t T, int64_t nodes, double *out);
/* variance: nodes. *lambda: MINT only, else NaN. A node without any error gets a variance that is
 * only nearly 0. E_NO_ANSWER without residuals where they are needed. */
fore_status fore_reconcile_weights(const fore_hierarchy *hierarchy, fore_reconcile_method method,
                                   const double *residual, int64_t T, double *variance,
                                   double *lambda, fore_error *err);

#endif
