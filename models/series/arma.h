/* The exact Gaussian likelihood of a stationary ARMA series, n r operations for n values.
 *
 *   y_t = sum phi[i] y_{t-1-i} + e_t + sum theta[i] e_{t-1-i},    var e = 1
 *
 * State space of Harvey (1989, section 3.3.3) with r = max(ar, ma + 1) states; the gains follow the
 * Chandrasekhar recursions (Morf, Sidhu, Kailath 1974; Pearlman 1980), which keep one vector where
 * Kalman's filter keeps an r x r matrix; autocovariances by the step-down and step-up recursions.
 * Polynomials come from partial autocorrelations (Monahan 1984), so every one is stationary. */
#ifndef FORE_SERIES_ARMA_H
#define FORE_SERIES_ARMA_H

#include <stdbool.h>
#include <stdint.h>

enum { FORE_ARMA_MAX = 64 }; /* r at most */

typedef struct fore_arma {
    int64_t ar, ma, r;
    double phi[FORE_ARMA_MAX], theta[FORE_ARMA_MAX]; /* zeros beyond ar and ma, up to r */
} fore_arma;

/* Coefficients of an AR polynomial of degree p from its partial autocorrelations, in (-1, 1). */
void fore_arma_polynomial(const double *partial, int64_t p, double *coefficient);
/* Do all roots of 1 - sum a[i] z^(i+1) lie outside the circle of this radius? */
bool fore_arma_roots_beyond(const double *a, int64_t p, double radius);
/* (1 - ar)(1 - sar at m) and (1 + ma)(1 + sma at m). False when that has more than r states. */
bool fore_arma_multiply(fore_arma *out, const double *ar, int64_t p, const double *ma, int64_t q,
                        const double *sar, int64_t sp, const double *sma, int64_t sq, int64_t m);

/* One-step errors of `columns` series filtered with the same gains. w: n x columns, column j at
 * w + j n. error: the same shape, errors divided by the square root of their variance, or NULL;
 * raw: errors of column 0 as they are, n or NULL; state: r x columns, what the first forecast after
 * the end starts from, or NULL. Returns the sum of the log variances; NaN when phi is not
 * stationary. */
double fore_arma_filter(const fore_arma *a, const double *w, int64_t n, int64_t columns,
                        double *error, double *raw, double *state);
/* The next h values after `state` (r, column 0). */
void fore_arma_forecast(const fore_arma *a, const double *state, int64_t h, double *mean);

#endif
