/* Exponential smoothing as innovations state space models.
 *
 * Source: Hyndman, Koehler, Snyder, Grose (2002); Hyndman, Koehler, Ord, Snyder (2008),
 * "Forecasting with Exponential Smoothing", chapters 2, 5, 6 and 10. Forms are (error, trend,
 * season): error additive or multiplicative, trend none, additive or damped, season none, additive
 * or multiplicative; the six with additive and nine with multiplicative error that are numerically
 * stable (multiplicative season only with multiplicative error). On request also the four with a
 * multiplicative trend that are stable, q = l b^phi (ets_growth.h): multiplicative error, damped or
 * not, without season or with a multiplicative one.
 *
 *   q = l + phi b,  mu = q | q + s | q s
 *   l' = q + alpha (y / season - q)
 *   b' = phi b + beta (y / season - q)
 *   s' = s + gamma (y / q - s)
 *
 * where "/" takes the season or the trend away in its own sense. The likelihood leaves constants
 * out: -2 log L = n log(sum e^2) [+ 2 sum log mu with multiplicative error]. */
#ifndef FORE_SERIES_ETS_H
#define FORE_SERIES_ETS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_ETS_SEASON_MAX = 24, FORE_ETS_FORMS = 15, FORE_ETS_FORMS_ALL = 19 };

typedef struct fore_ets_form {
    char error;  /* 'A' or 'M' */
    char trend;  /* 'N', 'A' or 'M': a factor per step */
    char season; /* 'N', 'A' or 'M' */
    bool damped;
} fore_ets_form;

typedef struct fore_ets_state {
    double level, slope;                /* slope: the factor per step of a multiplicative trend */
    double season[FORE_ETS_SEASON_MAX]; /* season[t % m] is the one that acts at time t */
} fore_ets_state;

typedef struct fore_ets {
    fore_ets_form form;
    int64_t n, m;                   /* m = 1 without season */
    double alpha, beta, gamma, phi; /* 0, 0 and 1 where the form has none */
    fore_ets_state first, last;     /* before the first value, after the last one */
    int64_t parameters;             /* free ones, initial states included, sigma not */
    double sigma2; /* sum e^2 / (n - parameters); relative for multiplicative error */
    double loglik, aic, aicc, bic;
} fore_ets;

/* The 15 forms, then the 4 with a multiplicative trend. */
extern const fore_ets_form fore_ets_forms[FORE_ETS_FORMS_ALL];
void fore_ets_name(const fore_ets_form *form, char out[16]); /* "ETS(M,Ad,M)" */

/* Maximum likelihood of one form under the usual bounds (alpha, beta, gamma in [1e-4, 0.9999], beta
 * <= alpha, gamma <= 1 - alpha, phi in [0.8, 0.98]) and inside the admissible region. y: n finite
 * values. E_NO_ANSWER when there are too few values for the form (parameters > n - 2) or the form
 * needs positive values; E_ARGUMENT for a form that is not in the list or m > FORE_ETS_SEASON_MAX.
 */
fore_status fore_ets_fit(const double *y, int64_t n, int64_t m, const fore_ets_form *form,
                         fore_ets *model, fore_error *err);
/* The form with the smallest AICc, of 15 or with multiplicative_trend of all 19. E_NO_ANSWER when
 * none can be fitted (fewer than 4 values). */
fore_status fore_ets_choose(const double *y, int64_t n, int64_t m, bool multiplicative_trend,
                            fore_ets *model, fore_error *err);

/* The same for many series, side by side: each gets what fore_ets_choose says of it alone. Returns
 * E_MEMORY at most. */
typedef struct fore_ets_question {
    const double *y; /* n, borrowed */
    int64_t n, m;
    bool multiplicative_trend;
    fore_ets model;     /* out */
    fore_status status; /* out */
} fore_ets_question;
fore_status fore_ets_choose_many(fore_ets_question *questions, int64_t count, fore_error *err);

/* Runs the model over y from model->first: fitted (one-step means), errors e (relative for
 * multiplicative error), the state after each origin: states (n), each NULL when not wanted. */
void fore_ets_filter(const fore_ets *model, const double *y, int64_t n, double *fitted,
                     double *errors, fore_ets_state *states);
/* Takes n further values into `state`, which has t0 values behind it. */
void fore_ets_advance(const fore_ets *model, fore_ets_state *state, int64_t t0, const double *y,
                      int64_t n);
/* Mean and variance of the next h values after `state`, where t0 = number of values behind it (that
 * fixes the place in the season). variance may be NULL. Needs h <= 10,000; no heap. */
void fore_ets_forecast(const fore_ets *model, const fore_ets_state *state, int64_t t0, int64_t h,
                       double *mean, double *variance);

#endif
