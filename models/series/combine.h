/* Combinations of fitted members, and intervals from how they would have done.
 *
 * Point: the median over members at each step (Petropoulos and Svetunkov 2020: sixth in M4 with
 * such a median, far simpler than what came before it). Variance: the mean of the members'
 * variances.
 *
 * Intervals: split-conformal on past origins (Vovk, Gammerman, Shafer 2005; for series see
 * Stankeviciute, Alaa, van der Schaar 2021). The members forecast again from up to ORIGINS past
 * origins, weights as fitted; |actual - forecast| / sd(step) are the scores, and the interval of a
 * level is forecast +- q sd(step) with q the level's conformal quantile of the scores. So the model
 * gives the shape over the horizon, the past gives the size; never narrower than the model alone
 * (Student's t), and intervals of a higher level always contain those of a lower one. */
#ifndef FORE_SERIES_COMBINE_H
#define FORE_SERIES_COMBINE_H

#include "models/series/member.h"

enum { FORE_MEMBERS_MAX = 4 };

/* h steps after the first n0 values of y. scratch: FORE_MEMBERS_MAX * 2 h doubles. */
void fore_combine(const fore_member *members, int64_t count, const double *y, int64_t n0, int64_t h,
                  double *mean, double *variance, double *scratch);

typedef struct fore_conformal {
    int64_t origins, scores;
    double *sorted; /* scores, ascending, owned */
} fore_conformal;

/* origins is 0 when the history does not suffice for intervals of `top_level` per cent; no error.
 */
fore_status fore_conformal_learn(const fore_member *members, int64_t count, const double *y,
                                 int64_t n, int64_t h, double top_level, fore_conformal *conformal,
                                 fore_error *err);
/* The factor on the model's sd for a level in (0, 100). */
double fore_conformal_factor(const fore_conformal *conformal, double level);
void fore_conformal_free(fore_conformal *conformal);

#endif
