/* Combinations of fitted members.
 *
 * Point: the median over members at each step (Petropoulos and Svetunkov 2020: sixth in M4 with
 * such a median, far simpler than what came before it), or their mean by learned weights
 * (learned.h). Variance: the mean of the members' variances and the variance between their points,
 * by the same weights. */
#ifndef FORE_SERIES_COMBINE_H
#define FORE_SERIES_COMBINE_H

#include "models/series/member.h"

enum { FORE_MEMBERS_MAX = 8 };

/* Members' values at one time into one: their mean by weight where members have weights, else their
 * median. NaN = nothing to say; NaN when no member has. at: count values, reordered. */
double fore_combined(const fore_member *members, int64_t count, double *at);

/* h steps after the first n0 values of y. scratch: FORE_MEMBERS_MAX * 2 h doubles. */
void fore_combine(const fore_member *members, int64_t count, const double *y, int64_t n0, int64_t h,
                  double *mean, double *variance, double *scratch);

#endif
