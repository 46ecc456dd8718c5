/* The logistic function and its integral.
 *
 *     e = exp(-|x|) by x = k ln 2 + r, |r| <= ln 2 / 2, and the Taylor series of exp(r) to r^13
 * (the rest is below 4e-18); k is added to the exponent bits mean = (x >= 0 ? 1 : e) / (1 + e)
 *     softplus = max(x, 0) + log1p(e), log1p(e) = 2 atanh(s), s = e / (2 + e) <= 1/3, as a series
 * in s^2 up to s^35 (the rest is below 1e-18 of the sum)                      (Abramowitz and
 * Stegun 4.1.27) */
#include "engine/num/elementwise.h"

#include <math.h>
#include <string.h>

enum { PIECE = 128 };

static const double LOWEST = -700; /* exp stays a normal number */
static const double LOG2_E = 1.4426950408889634074;
static const double LN2_HIGH =
    6.93147180369123816490e-01; /* its last 20 bits are 0: k times it is exact */
static const double LN2_LOW = 1.90821492927058770002e-10;
static const double SHIFT = 0x1.8p52; /* adding it rounds to an integer in the low bits */

static inline double exp_of_negative(double x)
{
    double shifted = x * LOG2_E + SHIFT, k = shifted - SHIFT;
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * (r * r) + r + 1;
    uint64_t bits, power;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits += power << 52;
    memcpy(&p, &bits, sizeof p);
    return p;
}

static inline double log1p_of_fraction(double e)
{
    double s = e / (2 + e), t = s * s, sum = 1.0 / 35;
    sum = sum * t + 1.0 / 33;
    sum = sum * t + 1.0 / 31;
    sum = sum * t + 1.0 / 29;
    sum = sum * t + 1.0 / 27;
    sum = sum * t + 1.0 / 25;
    sum = sum * t + 1.0 / 23;
    sum = sum * t + 1.0 / 21;
    sum = sum * t + 1.0 / 19;
    sum = sum * t + 1.0 / 17;
    sum = sum * t + 1.0 / 15;
    sum = sum * t + 1.0 / 13;
    sum = sum * t + 1.0 / 11;
    sum = sum * t + 1.0 / 9;
    sum = sum * t + 1.0 / 7;
    sum = sum * t + 1.0 / 5;
    sum = sum * t + 1.0 / 3;
    return 2 * (s + s * (t * sum));
}

FORE_WIDE
static void find_exponentials(const double *eta, int64_t n, double *restrict e)
{
    for (int64_t i = 0; i < n; i++) {
        double x = -fabs(eta[i]);
        e[i] = exp_of_negative(x < LOWEST ? LOWEST : x);
    }
}

FORE_WIDE
static void find_means(const double *eta, const double *e, int64_t n, double *restrict mean)
{
    for (int64_t i = 0; i < n; i++) mean[i] = (eta[i] < 0 ? e[i] : 1.0) / (1 + e[i]);
}

FORE_WIDE
static void find_softplus(const double *eta, const double *e, int64_t n, double *restrict softplus)
{
    for (int64_t i = 0; i < n; i++)
        softplus[i] = (eta[i] > 0 ? eta[i] : 0.0) + log1p_of_fraction(e[i]);
}

void fore_logistic_many(const double *eta, int64_t n, double *mean, double *softplus)
{
    double e[PIECE];
    for (int64_t from = 0; from < n; from += PIECE) {
        int64_t count = n - from < PIECE ? n - from : PIECE;
        find_exponentials(eta + from, count, e);
        if (mean) find_means(eta + from, e, count, mean + from);
        if (softplus) find_softplus(eta + from, e, count, softplus + from);
    }
}
