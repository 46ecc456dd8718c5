/* What fitted members would have said at past origins: the stuff of conformal intervals
 * (conformal.h) and of the dependence between the steps of sample paths (paths.h).
 *
 * The weights are those of the fit, which has seen the values that came after an origin; `optimism`
 * says by how much errors are too small for that. So have the seasons taken out (seasons.h): at
 * some origins they are taken out anew from what was known then, and by how much the first errors
 * grow beyond what theory says of noise (they do around a wandering level), is `hindsight`. */
#ifndef FORE_SERIES_REPLAY_H
#define FORE_SERIES_REPLAY_H

#include "models/series/combine.h"

enum { FORE_REPLAY_ORIGINS = 40, FORE_REPLAY_LEAST = 6, FORE_REPLAY_MOST = 18 };

typedef struct fore_replay {
    int64_t origins, steps; /* origins 0: the history is too short for a replay */
    int64_t shared;         /* steps whose errors count together, whatever the horizon */
    int64_t first;          /* origin i stands after the first `first + i` values */
    /* steps values: what waiting costs, the variance of step k over that of step 0 of one and the
     * same moment, geometric mean over the moments; the season's shape is not in it */
    double *growth;
    /* origins x steps, step k of origin i at [k + i * steps]; NaN where the history has ended */
    double *mean, *variance, *error; /* owned: one block, that of mean, growth in it */
    double optimism;                 /* factor >= 1 by which errors to come are larger than these */
    double hindsight; /* >= 0, in one-step variances: what seasons taken out add beyond it */
} fore_replay;

/* The newest FORE_REPLAY_ORIGINS origins behind the first third of y (n values, those that the
 * members were fitted on), each up to h steps and up to two seasons (at least
 * FORE_REPLAY_LEAST, at most FORE_REPLAY_MOST): what is learned of a step does not depend on how
 * far the question reaches. No error when there are too few. */
fore_status fore_replay_run(const fore_member *members, int64_t count, const double *y, int64_t n,
                            int64_t h, fore_replay *replay, fore_error *err);
void fore_replay_free(fore_replay *replay);

/* What the members' weights cost on average: their parameters, and for the orders that ARIMA
 * searched for one more. taken: the share of the noise that went with the seasons (seasons.h). */
double fore_replay_spent(const fore_member *members, int64_t count, double *taken);

#endif
