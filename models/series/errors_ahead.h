/* How the errors of one forecast's steps hang together: what sums over periods need.
 *
 *   e(k) = sum over j <= k of psi(j) a(k - j)
 *
 * a: one-step errors, an autoregression whose order is chosen by BIC (0 for a method that fits);
 * psi: what an error does to the forecasts after it. psi is read off the past: from one origin to
 * the next the forecast of a moment is revised by psi(j) times the error that came between, which
 * holds exactly for linear methods and on average for the others; without a past it follows from
 * the model's variances, whose steps are those of psi^2. Where the past ends, psi repeats its last
 * season. Only correlations are meant: marginal sizes belong to the intervals. */
#ifndef FORE_SERIES_ERRORS_AHEAD_H
#define FORE_SERIES_ERRORS_AHEAD_H

#include "engine/base/random.h"
#include "models/series/replay.h"

enum { FORE_ERRORS_LAGS = FORE_REPLAY_ORIGINS, FORE_ERRORS_ORDER = 24 };

typedef struct fore_errors_ahead {
    int64_t lags, season; /* of psi; psi(j) = psi(j - season) from `lags` on */
    double psi[FORE_ERRORS_LAGS];
    int64_t order;
    /* row p: the best predictor from p values, and the sd of what it leaves; row `order` is the
     * autoregression, the others start it */
    double ar[FORE_ERRORS_ORDER + 1][FORE_ERRORS_ORDER], left[FORE_ERRORS_ORDER + 1];
} fore_errors_ahead;

/* residuals: n one-step errors, oldest first, NaN where none; variance: h values of the model. */
fore_errors_ahead fore_errors_ahead_learn(const fore_replay *replay, const double *residuals,
                                          int64_t n, int64_t m, const double *variance, int64_t h);
/* One draw of h errors, up to a factor per step. room: 2 h doubles. */
void fore_errors_ahead_draw(const fore_errors_ahead *model, fore_random *random, int64_t h,
                            double *errors, double *room);

#endif
