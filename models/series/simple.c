/* Naive, seasonal naive, drift, mean and Croston forecasts: see simple.h. */
#include "models/series/simple.h"

#include <math.h>
#include <stdbool.h>
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

typedef struct demand {
    double size, gap, chance, alpha;
    int64_t last; /* of the last demand; -1 */
    fore_intermittent form;
} demand;

static double demand_rate(const demand *d)
{
    if (!(d->gap > 0)) return 0;
    if (d->form == FORE_TSB) return d->size * d->chance;
    return d->size / d->gap * (d->form == FORE_SBA ? 1 - d->alpha / 2 : 1);
}

static void demand_take(demand *d, int64_t t, double y)
{
    bool comes = y > 0, first = !(d->gap > 0);
    double length = (double)(t - d->last);
    if (!first) d->chance += d->alpha * ((comes ? 1 : 0) - d->chance);
    if (!comes) return;
    d->size = first ? y : d->size + d->alpha * (y - d->size);
    d->gap = first ? length : d->gap + d->alpha * (length - d->gap);
    if (first) d->chance = 1 / length;
    d->last = t;
}

void fore_croston(fore_intermittent form, const double *y, int64_t n, double alpha, int64_t h,
                  double *mean, double *variance, double *fitted)
{
    demand d = {.alpha = alpha, .last = -1, .form = form};
    double squares = 0;
    for (int64_t t = 0; t < n; t++) {
        double rate = demand_rate(&d);
        if (fitted) fitted[t] = t > 0 ? rate : NAN;
        if (t > 0) squares += (y[t] - rate) * (y[t] - rate);
        demand_take(&d, t, y[t]);
    }
    fill(mean, h, demand_rate(&d));
    fill(variance, h, n > 2 ? squares / (double)(n - 1) : NAN);
}
