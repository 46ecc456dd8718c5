/* How many new deals come: weighted Poisson regression on level, trend and season.
 *
 *   log mean_t = level + trend (t - T) / 52 + sum_h a_h sin(2 pi h t / 52) + b_h cos(2 pi h t /
 * 52), h = 1, 2
 *
 * by Newton with a normal prior on trend and season (sd 0.5: a level seldom changes by more than
 * half in a year), weeks weighted by half lives of a year. Ahead of the data the trend is damped by
 * 0.97 a week (half gone after about half a year), after Gardner and McKenzie 1985. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/survive/pipeline.h"

enum { TERMS = 6, SEASON_FROM = 104, NEWTON_MAX = 50 };
static const double YEAR = 52.1775, PRIOR_SD = 0.5, DAMPING = 0.97, HALF_LIFE = 52,
                    TAU = 6.283185307179586;

/* Terms of week t (0 = first week of the history), `last` = the history's last week. */
static void terms(int64_t t, int64_t last, double out[TERMS])
{
    double ahead = (double)(t - last), phase = TAU * (double)t / YEAR;
    out[0] = 1;
    out[1] = (ahead > 0 ? DAMPING * (1 - pow(DAMPING, ahead)) / (1 - DAMPING) : ahead) / YEAR;
    out[2] = sin(phase);
    out[3] = cos(phase);
    out[4] = sin(2 * phase);
    out[5] = cos(2 * phase);
}

static double linear(const double *beta, const double *x, int count)
{
    double eta = 0;
    for (int j = 0; j < count; j++) eta += beta[j] * x[j];
    return fmin(fmax(eta, -30), 30);
}

static fore_status newton(const double *y, int64_t n, int count, double *beta, fore_error *err)
{
    for (int i = 0; i < NEWTON_MAX; i++) {
        double h[TERMS * TERMS] = {0}, g[TERMS] = {0}, x[TERMS], largest = 0;
        for (int64_t t = 0; t < n; t++) {
            terms(t, n - 1, x);
            double w = exp2(-(double)(n - 1 - t) / HALF_LIFE), mu = exp(linear(beta, x, count));
            for (int j = 0; j < count; j++) {
                g[j] += w * (y[t] - mu) * x[j];
                for (int k = j; k < count; k++) h[k + j * count] += w * mu * x[j] * x[k];
            }
        }
        for (int j = 1; j < count; j++) {
            g[j] -= beta[j] / (PRIOR_SD * PRIOR_SD);
            h[j + j * count] += 1 / (PRIOR_SD * PRIOR_SD);
        }
        FORE_TRY(fore_cholesky(h, count, err));
        fore_cholesky_solve(h, count, g, 1);
        for (int j = 0; j < count; j++) largest = fmax(largest, fabs(g[j]));
        double step = fmin(1, 2 / largest); /* never more than two log units at once */
        for (int j = 0; j < count; j++) beta[j] += step * g[j];
        if (largest < 1e-10) break;
    }
    return FORE_OK;
}

/* Moments: E[(y - mu)^2 - mu] = mu^2 / size. */
static double size_of(const double *y, int64_t n, int count, const double *beta)
{
    double excess = 0, square = 0, x[TERMS];
    for (int64_t t = 0; t < n; t++) {
        terms(t, n - 1, x);
        double mu = exp(linear(beta, x, count)), w = exp2(-(double)(n - 1 - t) / HALF_LIFE);
        excess += w * ((y[t] - mu) * (y[t] - mu) - mu);
        square += w * mu * mu;
    }
    return excess > 0 && square > 0 ? square / excess : INFINITY;
}

fore_status fore_arrivals_fit(const double *counts, int64_t weeks, int64_t horizon, double *mean,
                              double *size, fore_error *err)
{
    double beta[TERMS] = {0}, x[TERMS], sum = 0;
    if (weeks < 0 || horizon < 0)
        return fore_fail(err, FORE_E_ARGUMENT, "weeks and horizon must not be negative");
    for (int64_t t = 0; t < weeks; t++) {
        if (!(counts[t] >= 0) || isinf(counts[t]))
            return fore_fail(err, FORE_E_DATA,
                             "week %lld: the number of new deals must be finite and not negative",
                             (long long)t + 1);
        sum += counts[t];
    }
    *size = INFINITY;
    memset(mean, 0, (size_t)horizon * sizeof(double));
    if (sum == 0) return FORE_OK;
    int count = weeks >= SEASON_FROM ? TERMS : weeks >= 8 ? 2 : 1;
    beta[0] = log(sum / (double)weeks);
    FORE_TRY(newton(counts, weeks, count, beta, err));
    *size = size_of(counts, weeks, count, beta);
    for (int64_t h = 0; h < horizon; h++) {
        terms(weeks + h, weeks - 1, x);
        mean[h] = exp(linear(beta, x, count));
    }
    return FORE_OK;
}
