/* What arima.c and arima_choose.c share: one differenced series that many orders are tried on. */
#ifndef FORE_SERIES_ARIMA_INSIDE_H
#define FORE_SERIES_ARIMA_INSIDE_H

#include "models/series/arima.h"

enum { ARIMA_PARAMETERS = 2 * FORE_ARIMA_ORDER + 2 * FORE_ARIMA_SEASONAL };
#define ARIMA_STAND 1e-10 /* of a fit that is kept */

typedef struct arima_problem {
    int64_t n, m, k, d, D, left; /* left = n - d - m D; k: all regressors but the constant */
    double scale[FORE_ARIMA_REGRESSORS + 2];
    /* left x (k + 2): the series, the regressors, the constant, each divided by its scale */
    double *w, *filtered;
    double *jacobian, *e, *trial; /* left x ARIMA_PARAMETERS, left, left */
    int64_t width;                /* lanes of a search */
    double *lanes;                /* width x left x (k + 2) */
    double *block;                /* owned: all of the above */
} arima_problem;

fore_status arima_problem_new(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                              int64_t d, int64_t D, bool constant, arima_problem *p,
                              fore_error *err);
void arima_problem_free(arima_problem *p);
/* x: atanh of the partial autocorrelations: ar, seasonal ar, ma, seasonal ma. All return e'e of the
 * scaled errors, infinite where there is none; scratch is left with anything. */
double arima_start(arima_problem *p, const fore_arima_order *o, double *x, fore_arima *scratch);
double arima_value(arima_problem *p, const fore_arima_order *o, const double *x,
                   fore_arima *scratch);
/* stand: the relative fall of e'e that ends it. */
double arima_search(arima_problem *p, const fore_arima_order *o, double stand, double *x,
                    fore_arima *scratch);
/* At x by itself: the errors in e, polynomials and beta in a. */
double arima_evaluate(const arima_problem *p, const fore_arima_order *o, const double *x,
                      fore_arima *a, double *e);
/* The model at x. */
fore_status arima_finish(arima_problem *p, const fore_arima_order *o, const double *x,
                         fore_arima *a, fore_error *err);
/* beta (k, in scaled units) by least squares of the first filtered column on the next k; what is
 * left in e (left); inverse: (Z'Z)^-1, k x k, or NULL. False when a column repeats the others. */
bool arima_regress(const arima_problem *p, int64_t k, double *beta, double *inverse, double *e);
/* The regressor behind the constant at time t: 1, or a line. */
double arima_constant(const fore_arima_order *o, int64_t t);
/* Fourier term `column` of a season at time t: cos and sin of the harmonics in turn. */
double arima_fourier(int64_t period, int64_t column, int64_t t);

#endif
