/* Whom to believe: weights of several forecasts by what a row is like, learned by boosted trees.
 *
 *   w_k(x) = softmax over k of F_k(x),   F_k: an ensemble of trees, one a member, grown together
 *   minimised: sum over rows and their points of cost |actual - sum_k w_k(x) forecast_k|
 *
 * FFORMA (Montero-Manso, Athanasopoulos, Hyndman, Talagala 2020) minimises the weighted mean of the
 * members' errors instead; the error of the combination itself is what counts, and it gives members
 * that err to different sides their due. */
#ifndef FORE_SCORE_BLEND_H
#define FORE_SCORE_BLEND_H

#include "models/score/trees.h"

enum { FORE_BLEND_MEMBERS = 16 };

/* n = x.rows. Borrowed. */
typedef struct fore_blend_rows {
    fore_view x;            /* n x p, NaN = missing */
    int64_t members;        /* 2..FORE_BLEND_MEMBERS */
    const int64_t *start;   /* n + 1: the points of row i are start[i] .. start[i + 1] - 1 */
    const double *actual;   /* points, finite */
    const double *cost;     /* points, >= 0, finite: what an error of 1 costs there */
    const double *forecast; /* points x members, member k of point t at [t * members + k]; NaN at
                             * the row's first point: the row is without this member */
} fore_blend_rows;

typedef struct fore_blend_options {
    fore_trees_options trees; /* rounds, leaves, depth, bins, rate, l2, shares and seed are used */
    double row_limit; /* a row's pull is cut off here, so that no single row leads; default 2 */
    const fore_trees *const *from; /* goes on from these, one a member, their bases kept; NULL =
                                    * from the best weights for all rows alike */
    const double *prior; /* members: bases of the trees in the end; NULL = as found. Where rows to
                          * come differ from these in whom to believe on the whole, but not in how
                          * that changes with x */
    double keep;         /* share of the new trees' values that is kept in the end; default 1 */
} fore_blend_options;

fore_blend_options fore_blend_default(void);

/* trees: `members` ensembles, each owned by the caller afterwards. *loss (or NULL): mean cost of
 * the combination a row, before prior and keep. All rounds are made. The same for any number of
 * threads. E_DATA without rows. */
fore_status fore_blend_fit(fore_pool *pool, const fore_blend_rows *rows,
                           const fore_blend_options *options, const fore_observer *observer,
                           fore_trees **trees, double *loss, fore_error *err);
/* margin becomes weights: those of members with `present` (NULL: all), summing to 1. */
void fore_blend_weights(const bool *present, int64_t members, double *margin);

#endif
