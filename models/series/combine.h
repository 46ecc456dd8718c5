/* Combinations of fitted members.
 *
 * Point: the median over members at each step (Petropoulos and Svetunkov 2020: sixth in M4 with
 * such a median, far simpler than what came before it). Variance: the mean of the members'
 * variances and the variance between their points. */
#ifndef FORE_SERIES_COMBINE_H
#define FORE_SERIES_COMBINE_H

#include "models/series/member.h"

enum { FORE_MEMBERS_MAX = 4 };

/* h steps after the first n0 values of y. scratch: FORE_MEMBERS_MAX * 2 h doubles. */
void fore_combine(const fore_member *members, int64_t count, const double *y, int64_t n0, int64_t h,
                  double *mean, double *variance, double *scratch);

#endif
