/* Complex exponential smoothing (Svetunkov, Kourentzes, Ord 2022; doi:10.1002/nav.22074): a level
 * that carries a second, unobserved part, so that one model covers level, trend and what lies
 * between, without choosing between forms.
 *
 *   y_t = l_{t-1} (+ seasonal) + e_t
 *   l_t = l_{t-1} - (1 - a1) c_{t-1} + (a0 - a1) e_t
 *   c_t = l_{t-1} + (1 - a0) c_{t-1} + (a0 + a1) e_t
 *
 * Seasonal forms: simple (l and c of the same place a season ago), partial (an index s_t = s_{t-m}
 * + b e_t is added), full (a second complex pair with lag m and weights b0, b1). Weights by least
 * squares over the one-step errors inside the admissible region, starting states by backcasting. */
#ifndef FORE_SERIES_CES_H
#define FORE_SERIES_CES_H

#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_CES_SEASON_MAX = 24 };

typedef enum fore_ces_form {
    FORE_CES_NONE,
    FORE_CES_SIMPLE,
    FORE_CES_PARTIAL,
    FORE_CES_FULL
} fore_ces_form;

typedef struct fore_ces_state { /* the pair of place t % m acts at time t; place 0 without lag */
    double l[FORE_CES_SEASON_MAX], c[FORE_CES_SEASON_MAX]; /* level: 1 place, or m for SIMPLE */
    double s[FORE_CES_SEASON_MAX], z[FORE_CES_SEASON_MAX]; /* PARTIAL: s; FULL: the pair s, z */
} fore_ces_state;

typedef struct fore_ces {
    fore_ces_form form;
    int64_t n, m;
    double a0, a1, b0, b1; /* b0 = b for PARTIAL */
    fore_ces_state first, last;
    int64_t parameters, states; /* weights; starting values */
    double sigma2, loglik, aicc;
} fore_ces;

/* y: n finite values. Least squares for one form; E_NO_ANSWER when there are too few values for it.
 */
fore_status fore_ces_fit(const double *y, int64_t n, int64_t m, fore_ces_form form, fore_ces *model,
                         fore_error *err);
/* m as the season, 1 for none; m > FORE_CES_SEASON_MAX: no seasonal form.
 * The form with the smallest aicc, where starting values of a season count too. E_NO_ANSWER with fewer than 5 values. */
fore_status fore_ces_choose(const double *y, int64_t n, int64_t m, fore_ces *model,
                            fore_error *err);

/* The same for many series, side by side: each gets what fore_ces_choose says of it alone. Returns
 * E_MEMORY at most. */
typedef struct fore_ces_question {
    const double *y; /* n finite values, borrowed */
    int64_t n, m;
    fore_ces model;     /* out */
    fore_status status; /* out */
} fore_ces_question;
fore_status fore_ces_choose_many(fore_ces_question *questions, int64_t count, fore_error *err);

/* One-step means of y from model->first; last: the state after n values, or NULL. */
void fore_ces_filter(const fore_ces *model, const double *y, int64_t n, double *fitted,
                     fore_ces_state *last);
/* The h values after `state`, which has t0 values behind it. variance may be NULL. */
void fore_ces_forecast(const fore_ces *model, const fore_ces_state *state, int64_t t0, int64_t h,
                       double *mean, double *variance);

#endif
