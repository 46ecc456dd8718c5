/* How well a score orders lifetimes: Harrell's concordance (Harrell, Lee and Mark 1996). */
#ifndef FORE_SURVIVE_CONCORDANCE_H
#define FORE_SURVIVE_CONCORDANCE_H

#include "models/survive/lifetimes.h"

/* Of all pairs in which one row is known to have had its event first (the other's time is later, or
 * equal and censored): the share in which that row has the higher risk, equal risks count half; a
 * pair counts with the product of its weights. risk: n, higher = sooner. rows->x is not looked at.
 * *c is NaN when there is no such pair. E_DATA names a row whose risk is NaN. O(n log n). */
fore_status fore_concordance(const fore_lifetimes *rows, const double *risk, double *c,
                             fore_error *err);

#endif
