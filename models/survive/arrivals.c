/* How many new deals come: weighted Poisson regression on level, trend and season.
 *
 *   log mean_t = level + trend (t - T) / 52 + sum_h a_h sin(2 pi h t / 52) + b_h cos(2 pi h t /
 * 52), h = 1, 2
 *
 * by Newton with a normal prior on trend and season (sd 0.5: a level seldom changes by more than
 * half in a year), weeks weighted by half lives of a year. Ahead of the data the trend is damped by
 * 0.97 a week (half gone after about half a year), after Gardner and McKenzie 1985.
 *
 * Parts of the arrivals (by source) are fitted in the same way with the company's trend and season
 * as the middle of their prior and half its sd, then scaled week by week to add up to it. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/survive/pipeline.h"

enum { TERMS = 6, SEASON_FROM = 104, NEWTON_MAX = 50 };
static const double YEAR = 52.1775, PRIOR_SD = 0.5, PART_SD = 0.25, DAMPING = 0.97, HALF_LIFE = 52,
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

/* From beta, under a prior of all but the level: middle (NULL: zeros) and sd. */
static fore_status newton(const double *y, int64_t n, int count, const double *middle, double sd,
                          double *beta, fore_error *err)
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
            g[j] -= (beta[j] - (middle ? middle[j] : 0)) / (sd * sd);
            h[j + j * count] += 1 / (sd * sd);
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

static fore_status check(const double *counts, int64_t weeks, double *sum, fore_error *err)
{
    *sum = 0;
    for (int64_t t = 0; t < weeks; t++) {
        if (!(counts[t] >= 0) || isinf(counts[t]))
            return fore_fail(err, FORE_E_DATA,
                             "week %lld: the number of new deals must be finite and not negative",
                             (long long)t + 1);
        *sum += counts[t];
    }
    return FORE_OK;
}

static int terms_of(int64_t weeks) { return weeks >= SEASON_FROM ? TERMS : weeks >= 8 ? 2 : 1; }

/* Coefficients of the counts, whose sum is > 0. */
static fore_status fit(const double *counts, int64_t weeks, double sum, const double *middle,
                       double *beta, fore_error *err)
{
    memset(beta, 0, TERMS * sizeof(double));
    if (middle) memcpy(beta, middle, TERMS * sizeof(double));
    beta[0] = log(sum / (double)weeks);
    return newton(counts, weeks, terms_of(weeks), middle, middle ? PART_SD : PRIOR_SD, beta, err);
}

static void go_on(const double *beta, int64_t weeks, int64_t horizon, double *mean)
{
    double x[TERMS];
    for (int64_t h = 0; h < horizon; h++) {
        terms(weeks + h, weeks - 1, x);
        mean[h] = exp(linear(beta, x, terms_of(weeks)));
    }
}

static fore_status fit_total(const double *counts, int64_t weeks, int64_t horizon, double *beta,
                             double *mean, double *size, fore_error *err)
{
    double sum;
    if (weeks < 0 || horizon < 0)
        return fore_fail(err, FORE_E_ARGUMENT, "weeks and horizon must not be negative");
    FORE_TRY(check(counts, weeks, &sum, err));
    *size = INFINITY;
    memset(mean, 0, (size_t)horizon * sizeof(double));
    memset(beta, 0, TERMS * sizeof(double));
    if (sum == 0) return FORE_OK;
    FORE_TRY(fit(counts, weeks, sum, NULL, beta, err));
    *size = size_of(counts, weeks, terms_of(weeks), beta);
    go_on(beta, weeks, horizon, mean);
    return FORE_OK;
}

fore_status fore_arrivals_fit(const double *counts, int64_t weeks, int64_t horizon, double *mean,
                              double *size, fore_error *err)
{
    double beta[TERMS];
    return fit_total(counts, weeks, horizon, beta, mean, size, err);
}

fore_status fore_arrivals_fit_parts(const double *counts, int64_t weeks, int64_t parts,
                                    int64_t horizon, double *mean, double *total, double *size,
                                    fore_error *err)
{
    fore_status status = FORE_OK;
    double whole[TERMS], beta[TERMS], sum, *all = FORE_ZNEW(weeks, double);
    if (!all) return fore_no_memory(err);
    for (int64_t k = 0; k < parts; k++) {
        FORE_GO(check(counts + k * weeks, weeks, &sum, err));
        for (int64_t t = 0; t < weeks; t++) all[t] += counts[t + k * weeks];
    }
    FORE_GO(fit_total(all, weeks, horizon, whole, total, size, err));
    memset(mean, 0, (size_t)(horizon * parts) * sizeof(double));
    for (int64_t k = 0; k < parts; k++) {
        FORE_GO(check(counts + k * weeks, weeks, &sum, err));
        if (sum == 0) continue;
        FORE_GO(fit(counts + k * weeks, weeks, sum, whole, beta, err));
        go_on(beta, weeks, horizon, mean + k * horizon);
    }
    for (int64_t h = 0; h < horizon; h++) {
        double together = 0;
        for (int64_t k = 0; k < parts; k++) together += mean[h + k * horizon];
        for (int64_t k = 0; k < parts && together > 0; k++)
            mean[h + k * horizon] *= total[h] / together;
    }
done:
    fore_free(all);
    return status;
}
