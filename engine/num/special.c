/* Stable scalar forms, compensated sums and distribution functions (order.c has the sorting half).
 *
 * Methods and sources:
 *   normal quantile    Wichura (1988), algorithm AS 241 (PPND16)
 *   incomplete gamma   power series for x < shape + 1, else Legendre's continued fraction
 *   incomplete beta    continued fraction DLMF 8.17.22, evaluated by Lentz's method as modified
 *                      by Thompson and Barnett (1986)
 *   beta quantile      Newton on the log-odds of x, kept inside a bisection bracket
 *   sum, variance      Neumaier (1974), Welford (1962) */
#include "engine/num/special.h"

#include <float.h>
#include <math.h>

/* Continued fractions converge in O(sqrt(max(a, b))) steps; this bounds shapes of about 1e9. */
enum { FRACTION_STEPS = 100000 };

/* ---- scalar forms ---- */

double fore_sigmoid(double x)
{
    if (x >= 0) return 1 / (1 + exp(-x));
    double e = exp(x);
    return e / (1 + e);
}

double fore_logit(double p) { return log(p) - log1p(-p); }

double fore_log1pexp(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

double fore_logsumexp(const double *x, int64_t n)
{
    double top = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i])) return x[i];
        if (x[i] > top) top = x[i];
    }
    if (isinf(top)) return top;
    for (int64_t i = 0; i < n; i++) sum += exp(x[i] - top);
    return top + log(sum);
}

/* ---- sums ---- */

double fore_sum(const double *x, int64_t n)
{
    double sum = 0, carry = 0;
    for (int64_t i = 0; i < n; i++) {
        double t = sum + x[i];
        carry += fabs(sum) >= fabs(x[i]) ? (sum - t) + x[i] : (x[i] - t) + sum;
        sum = t;
    }
    return isfinite(sum) ? sum + carry : sum; /* inf - inf in the carry would spoil an overflow */
}

double fore_mean(const double *x, int64_t n) { return n > 0 ? fore_sum(x, n) / (double)n : NAN; }

double fore_variance(const double *x, int64_t n)
{
    double mean = 0, squares = 0;
    if (n < 2) return NAN;
    for (int64_t i = 0; i < n; i++) {
        double d = x[i] - mean;
        mean += d / (double)(i + 1);
        squares += d * (x[i] - mean);
    }
    return squares / (double)(n - 1);
}

/* ---- normal ---- */

double fore_normal_cdf(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }

static double ratio(double r, const double num[8], const double den[8])
{
    double a = num[7], b = den[7];
    for (int i = 6; i >= 0; i--) {
        a = a * r + num[i];
        b = b * r + den[i];
    }
    return a / b;
}

/* AS 241: three rational approximations, for the middle, the shoulder and the tail. */
double fore_normal_quantile(double p)
{
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                1.9715909503065514427e3, 1.3731693765509461125e4,
                                4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3},
                        b[8] = {1.0,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3},
                        c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4},
                        d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9},
                        e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7},
                        f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    if (!(p >= 0 && p <= 1)) return NAN;
    if (p == 0) return -INFINITY;
    if (p == 1) return INFINITY;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(0.180625 - q * q, a, b);
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? ratio(r - 1.6, c, d) : ratio(r - 5, e, f);
    return q < 0 ? -z : z;
}

/* ---- gamma ---- */

static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

static double gamma_series(double x, double shape)
{
    double term = 1 / shape, sum = term;
    for (int k = 1; k < FRACTION_STEPS && term > sum * DBL_EPSILON / 4; k++) {
        term *= x / (shape + k);
        sum += term;
    }
    return sum;
}

/* 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / (x + 5 - a - ...))) */
static double gamma_fraction(double x, double shape)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double b = x + 1 - shape, c = 1 / tiny, d = 1 / b, h = d;
    for (int k = 1; k < FRACTION_STEPS; k++) {
        double an = -k * (k - shape);
        b += 2;
        d = an * d + b;
        if (fabs(d) < tiny) d = tiny;
        c = b + an / c;
        if (fabs(c) < tiny) c = tiny;
        d = 1 / d;
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON) break;
    }
    return h;
}

double fore_gamma_cdf(double x, double shape)
{
    if (isnan(x) || !(shape > 0)) return NAN;
    if (x <= 0) return 0;
    if (isinf(x)) return 1;
    double front = exp(shape * log(x) - x - log_gamma(shape));
    return x < shape + 1 ? fmin(1, front * gamma_series(x, shape))
                         : 1 - front * gamma_fraction(x, shape);
}

double fore_chi2_cdf(double x, double df) { return fore_gamma_cdf(x / 2, df / 2); }

/* ---- beta ---- */

/* The continued fraction of I_x(a, b); converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (fabs(d) < tiny) d = tiny;
    d = 1 / d;
    double h = d;
    for (int k = 1; k < FRACTION_STEPS; k++) {
        double even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        double odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
        double steps[2] = {even, odd}, delta = 1;
        for (int s = 0; s < 2; s++) {
            d = 1 + steps[s] * d;
            if (fabs(d) < tiny) d = tiny;
            c = 1 + steps[s] / c;
            if (fabs(c) < tiny) c = tiny;
            d = 1 / d;
            delta = d * c;
            h *= delta;
        }
        if (fabs(delta - 1) < DBL_EPSILON) break;
    }
    return h;
}

/* log of 1 / B(a, b) */
static double beta_factor(double a, double b)
{
    return log_gamma(a + b) - log_gamma(a) - log_gamma(b);
}

/* I_x(a, b) and its complement, each without cancellation. front: x^a y^b / B(a, b), with
 * y = 1 - x given exactly. */
static void beta_both(double x, double y, double front, double a, double b, double *lower,
                      double *upper)
{
    if (x < (a + 1) / (a + b + 2)) {
        *lower = fmin(1, front * beta_fraction(x, a, b) / a);
        *upper = 1 - *lower;
    } else {
        *upper = fmin(1, front * beta_fraction(y, b, a) / b);
        *lower = 1 - *upper;
    }
}

double fore_beta_cdf(double x, double a, double b)
{
    double lower, upper;
    if (isnan(x) || !(a > 0) || !(b > 0)) return NAN;
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(beta_factor(a, b) + a * log(x) + b * log1p(-x));
    beta_both(x, 1 - x, front, a, b, &lower, &upper);
    return lower;
}

/* Solves I_x(a, b) = p on u = log(x / (1 - x)), so that quantiles near 0 and near 1 keep their
 * digits. u: where to start; bracket u in [-745, 745]; repeat: u <- Newton step if it stays inside,
 * else the middle. */
static void beta_solve(double p, double a, double b, double u, double *x, double *y)
{
    double low = -745, high = 745, factor = beta_factor(a, b);
    for (int step = 0; step < 200; step++) {
        double log_x = -fore_log1pexp(-u), log_y = -fore_log1pexp(u), lower, upper;
        *x = exp(log_x);
        *y = exp(log_y);
        double front = exp(factor + a * log_x + b * log_y); /* d I / d u too */
        beta_both(*x, *y, front, a, b, &lower, &upper);
        double gap = p <= 0.5 ? lower - p : (1 - p) - upper;
        if (gap == 0) return;
        if (gap > 0)
            high = u;
        else
            low = u;
        double next = u - gap / front;
        if (!(next > low && next < high)) next = low / 2 + high / 2;
        if (fabs(next - u) <= 2 * DBL_EPSILON * fmax(1, fabs(u))) return;
        u = next;
    }
}

double fore_beta_quantile(double p, double a, double b)
{
    double x, y;
    if (!(p >= 0 && p <= 1) || !(a > 0) || !(b > 0)) return NAN;
    if (p == 0 || p == 1) return p;
    beta_solve(p, a, b, log(a / b), &x, &y);
    return x;
}

/* ---- t and F ---- */

double fore_t_cdf(double t, double df)
{
    double lower, upper;
    if (isnan(t) || !(df > 0)) return NAN;
    if (isinf(df)) return fore_normal_cdf(t);
    if (isinf(t)) return t > 0 ? 1 : 0;
    if (t == 0) return 0.5;
    double square = t * t; /* x = df / (df + t^2), and its logs without overflow */
    double log_x = -log1p(square / df), log_y = -log1p(df / square);
    double front = exp(beta_factor(df / 2, 0.5) + df / 2 * log_x + 0.5 * log_y);
    beta_both(exp(log_x), exp(log_y), front, df / 2, 0.5, &lower, &upper);
    return t < 0 ? lower / 2 : 1 - lower / 2;
}

/* |t| near the quantile: the expansion of Fisher and Cornish around the normal one. */
static double t_near(double p, double df)
{
    double z = fabs(fore_normal_quantile(p)), s = z * z;
    double one = (s + 1) / 4, two = ((5 * s + 16) * s + 3) / 96;
    double three = (((3 * s + 19) * s + 17) * s - 15) / 384;
    return z * (1 + fmax(0, (one + (two + three / df) / df) / df));
}

double fore_t_quantile(double p, double df)
{
    double x, y;
    if (!(p >= 0 && p <= 1) || !(df > 0)) return NAN;
    if (isinf(df)) return fore_normal_quantile(p);
    if (p == 0) return -INFINITY;
    if (p == 1) return INFINITY;
    if (p == 0.5) return 0;
    beta_solve(2 * fmin(p, 1 - p), df / 2, 0.5, log(df) - 2 * log(t_near(p, df)), &x, &y);
    double t = sqrt(df) * sqrt(y) / sqrt(x);
    return p < 0.5 ? -t : t;
}

double fore_f_cdf(double f, double df1, double df2)
{
    double lower, upper;
    if (isnan(f) || !(df1 > 0) || !(df2 > 0)) return NAN;
    if (f <= 0) return 0;
    if (isinf(f)) return 1;
    double odds = df1 * f / df2; /* x = odds / (1 + odds) */
    double log_x = -log1p(1 / odds), log_y = -log1p(odds);
    double front = exp(beta_factor(df1 / 2, df2 / 2) + df1 / 2 * log_x + df2 / 2 * log_y);
    beta_both(exp(log_x), exp(log_y), front, df1 / 2, df2 / 2, &lower, &upper);
    return lower;
}
