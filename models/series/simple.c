/* Naive, seasonal naive, drift, mean and Croston forecasts: see simple.h. */
#include "models/series/simple.h"

#include <math.h>
#include <stddef.h>

#include "engine/num/special.h"

static void fill(double *out, int64_t n, double value)
{
    for (int64_t i = 0; out && i < n; i++) out[i] = value;
}

void fore_seasonal_naive(const double *y, int64_t n, int64_t m, int64_t h, double *mean,
                         double *variance, double *fitted)
{
    double squares = 0;
    fill(fitted, m < n ? m : n, NAN);
    for (int64_t t = m; t < n; t++) {
        squares += (y[t] - y[t - m]) * (y[t] - y[t - m]);
        if (fitted) fitted[t] = y[t - m];
    }
    double sigma2 = n - m > 1 ? squares / (double)(n - m) : NAN;
    for (int64_t k = 0; k < h; k++) {
        mean[k] = y[n - m + k % m];
        if (variance) variance[k] = sigma2 * (double)(k / m + 1);
    }
}

void fore_drift(const double *y, int64_t n, int64_t h, double *mean, double *variance,
                double *fitted)
{
    double slope = (y[n - 1] - y[0]) / (double)(n - 1), squares = 0;
    fill(fitted, 1, NAN);
    for (int64_t t = 1; t < n; t++) {
        double e = y[t] - y[t - 1] - slope;
        squares += e * e;
        if (fitted) fitted[t] = y[t - 1] + slope;
    }
    double sigma2 = n > 2 ? squares / (double)(n - 2) : NAN;
    for (int64_t k = 1; k <= h; k++) {
        mean[k - 1] = y[n - 1] + (double)k * slope;
        if (variance) variance[k - 1] = sigma2 * (double)k * (1 + (double)k / (double)(n - 1));
    }
}

void fore_series_mean(const double *y, int64_t n, int64_t h, double *mean, double *variance,
                      double *fitted)
{
    double centre = fore_mean(y, n);
    fill(fitted, n, centre);
    fill(mean, h, centre);
    fill(variance, h, fore_variance(y, n) * (1 + 1 / (double)n));
}

void fore_croston(const double *y, int64_t n, double alpha, int64_t h, double *mean,
                  double *variance, double *fitted)
{
    double size = 0, gap = 0, squares = 0;
    int64_t last = -1;
    for (int64_t t = 0; t < n; t++) {
        double rate = gap > 0 ? size / gap : 0;
        if (fitted) fitted[t] = t > 0 ? rate : NAN;
        if (t > 0) squares += (y[t] - rate) * (y[t] - rate);
        if (!(y[t] > 0)) continue;
        double length = (double)(t - last);
        size = gap > 0 ? size + alpha * (y[t] - size) : y[t];
        gap = gap > 0 ? gap + alpha * (length - gap) : length;
        last = t;
    }
    fill(mean, h, gap > 0 ? size / gap : 0);
    fill(variance, h, n > 2 ? squares / (double)(n - 1) : NAN);
}
