/* Seasonal ARIMA with regressors, by exact maximum likelihood.
 *
 *   y_t = sum_j beta_j x_tj + u_t
 *   (1 - B)^d (1 - B^m)^D phi(B) Phi(B^m) u_t = theta(B) Theta(B^m) e_t
 *
 * Box, Jenkins, Reinsel (2008); Hyndman and Khandakar (2008) for the choice of orders. The
 * likelihood is that of the differenced series, which is what a diffuse prior on the undifferenced
 * one gives. beta is found by generalised least squares inside every evaluation; the polynomials by
 * Levenberg-Marquardt on the standardised errors, every one of them stationary and invertible. */
#ifndef FORE_SERIES_ARIMA_H
#define FORE_SERIES_ARIMA_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "models/series/arma.h"

enum {
    FORE_ARIMA_ORDER = 5,       /* p, q at most */
    FORE_ARIMA_SEASONAL = 2,    /* P, Q, d at most; D at most 1 */
    FORE_ARIMA_SEASON_MAX = 24, /* longer seasons come as Fourier regressors */
    FORE_ARIMA_REGRESSORS = 48
};

typedef struct fore_arima_order {
    int64_t p, d, q, P, D, Q;
    bool constant; /* a mean for d + D = 0, a drift for d + D = 1; not with more differences */
} fore_arima_order;

typedef struct fore_arima {
    fore_arima_order order;
    int64_t n, m;
    int64_t regressors; /* the caller's; then the Fourier terms, then the constant */
    int64_t period,
        pairs; /* of the Fourier terms that stand for a season beyond SEASON_MAX; or 0 */
    double ar[FORE_ARIMA_ORDER], ma[FORE_ARIMA_ORDER];
    double sar[FORE_ARIMA_SEASONAL], sma[FORE_ARIMA_SEASONAL];
    double beta[FORE_ARIMA_REGRESSORS + 1],
        beta_error[FORE_ARIMA_REGRESSORS + 1]; /* and standard errors */
    fore_arma arma;                            /* the polynomials multiplied out */
    int64_t parameters;                        /* estimated, sigma2 included */
    double sigma2; /* of the innovations, sum e^2 / (n - d - m D - parameters + 1) */
    double loglik, aic, aicc, bic;
} fore_arima;

/* y: n finite values; x: n x k finite regressors (column j at x + j n) or NULL, k <=
 * FORE_ARIMA_REGRESSORS. E_ARGUMENT for orders that are not as above; E_NO_ANSWER when the values
 * are too few, or constant after differencing and regression; E_NUMERIC when regressors are
 * collinear. */
fore_status fore_arima_fit(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                           const fore_arima_order *order, fore_arima *model, fore_error *err);
/* The orders too. d by repeated KPSS tests at 5 %, D by the season's strength above 0.64, the
 * others by a stepwise search for the smallest AICc (start (2,2)(1,1), at most 94 models), refusing
 * roots within 1.01 of the unit circle. A season beyond SEASON_MAX: Fourier terms, their number by
 * AICc; one of n steps or more: none. An exact straight line: (0,1,0) with drift, sigma2 0, the
 * likelihood and its criteria NaN. E_NO_ANSWER with fewer than 4 values. */
fore_status fore_arima_choose(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                              fore_arima *model, fore_error *err);

/* One-step means of the n values of y (NaN for the first d + m D). x: n x k. room: n doubles. */
void fore_arima_fitted(const fore_arima *model, const double *y, int64_t n, const double *x,
                       double *fitted, double *room);
/* The h values after the first n0 >= fore_arima_least of y, with the model as fitted. x: (n0 + h) x
 * k or NULL when it has none. variance may be NULL. room: n0 doubles. */
void fore_arima_forecast(const fore_arima *model, const double *y, int64_t n0, const double *x,
                         int64_t h, double *mean, double *variance, double *room);
/* What unsure effects add to the error of the h steps after the model's n values: at step s the
 * error loading_s' z with z standard normal, the same z at all steps; its variance is the sum of
 * squares. x: (n + h) x regressors; loading: regressors x h, step s at s * regressors. The Fourier
 * terms and the constant count as the model's own. */
fore_status fore_arima_loadings(const fore_arima *model, const double *x, int64_t h,
                                double *loading, fore_error *err);
int64_t fore_arima_least(const fore_arima *model);
void fore_arima_name(const fore_arima *model, char out[64]); /* "ARIMA(2,1,1)(0,1,0)[12]" */

#endif
