/* Chances that follow the outcomes as they become known.
 *
 * The order of a model's log-odds f holds longer than their level and slope. Both are followed,
 * block after block of rows in order of time, by dynamic logistic regressions (West, Harrison and
 * Migon 1985) whose answers are averaged (Raftery et al. 2010, McCormick et al. 2012):
 *
 *     log-odds(y = 1) = pivot + level + slope (f - pivot)
 *     between two rows level and slope walk at random: variance `step` of the level, a tenth of it
 *         of the slope; one walk for each step in fore_follow_steps
 *     chance = mean of the walks' chances, weighted by how likely they made the outcomes so far
 *         (half as much with every FORE_FOLLOW_HALF rows that pass)
 *
 * A block's rows are answered first, then its outcomes are learned: no row sees its own. The step 0
 * is among them, so that where nothing drifts little is lost: about two logs of the rows in all. */
#ifndef FORE_SCORE_FOLLOW_H
#define FORE_SCORE_FOLLOW_H

#include <stdint.h>

enum { FORE_FOLLOW_WALKS = 5, FORE_FOLLOW_HALF = 4000 };
extern const double fore_follow_steps[FORE_FOLLOW_WALKS]; /* 0 1e-5 1e-4 1e-3 1e-2 */

/* Plain data. */
typedef struct fore_follow_walk {
    double level, slope;  /* 0 and 1: as the model said */
    double covariance[3]; /* level, level with slope, slope */
    double weight;        /* logarithm, up to a constant */
} fore_follow_walk;

typedef struct fore_follower {
    double pivot; /* a log-odds amid those of the rows */
    fore_follow_walk walk[FORE_FOLLOW_WALKS];
} fore_follower;

/* Knows nothing but that the model is about right. */
fore_follower fore_follower_new(double pivot);
/* The chance where the model says the log-odds f (finite): rises with f, within [1e-6, 1 - 1e-6].
 */
double fore_followed(const fore_follower *follower, double f);
/* n rows pass, and the outcomes of some become known: y is 0, 1 or NaN. w: n or NULL. */
void fore_follower_learn(fore_follower *follower, const double *f, const double *y, const double *w,
                         int64_t n);
/* Rows in order of time, block: n numbers that never fall; rows of one block learn nothing of each
 * other. chance: n, or NULL. */
void fore_follow(fore_follower *follower, const double *f, const double *y, const double *w,
                 const int64_t *block, int64_t n, double *chance);

#endif
