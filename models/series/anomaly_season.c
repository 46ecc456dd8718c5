/* The season of a series with outliers (anomalies.h):
 *
 *   medians of whole cycles, joined; medians of each place of the season: a first fit
 *   ten times, or until nothing moves: draw what lies off to the fit, by bisquare weights;
 *     STL of that: the next fit
 *   0 unless it explains enough of what the trend leaves; given up early where it explains little
 */
#include <math.h>
#include <string.h>

#include "engine/num/special.h"
#include "models/series/anomaly_inside.h"
#include "models/series/stl.h"

static const double STRENGTH = 0.6;
static const double HOPELESS = 0.4; /* after two passes: more of them would not reach STRENGTH */
static const double NEAR = 0.15;
static const double STILL = 0.01;   /* of the limit of the weights */
static const double TRICUBE = 0.58; /* mean of the tricube weights over a window */
enum { CYCLE_LEAST = 8, ROBUST_PASSES = 10, STL_ROUNDS = 2, JUDGED = 1 };

static double variance_about(const double *a, const double *b, int64_t n)
{
    double sum = 0, squares = 0;
    for (int64_t t = 0; t < n; t++) sum += (a[t] - (b ? b[t] : 0)) / (double)n;
    for (int64_t t = 0; t < n; t++) {
        double d = a[t] - (b ? b[t] : 0) - sum;
        squares += d * d;
    }
    return squares;
}

/* Medians of whole cycles, joined by straight lines; from them medians of each place of the season:
 * what one value far off cannot sway. Into fit. */
static void start(anomaly_finder *f, double *fit)
{
    int64_t n = f->n, m = f->m, length = m * ((CYCLE_LEAST + m - 1) / m);
    if (n / length < 2) length = m;
    int64_t blocks = n / length;
    for (int64_t j = 0; j < blocks; j++) f->room[j] = anomaly_median(f, f->x + j * length, length);
    for (int64_t t = 0; t < n; t++) {
        double at = ((double)t - (double)(length - 1) / 2) / (double)length;
        int64_t j = at < 0 ? 0 : (int64_t)at < blocks - 1 ? (int64_t)at : blocks - 2;
        fit[t] = f->room[j] + (at - (double)j) * (f->room[j + 1] - f->room[j]);
    }
    for (int64_t place = 0; place < m; place++) {
        int64_t k = 0;
        for (int64_t t = place; t < n; t += m) f->sorted[k++] = f->x[t] - fit[t];
        double middle = fore_median(f->sorted, k);
        for (int64_t t = place; t < n; t += m) fit[t] += middle;
    }
}

/* The median of rest, which is near `guess`: only values beside that are put in order. */
static double median_of_rest(anomaly_finder *f, double guess)
{
    int64_t below = 0, near = 0, half = f->n / 2, first = f->n % 2 ? half : half - 1;
    double low = (1 - NEAR) * guess, high = (1 + NEAR) * guess;
    for (int64_t t = 0; t < f->n; t++) {
        double v = f->rest[t];
        f->sorted[near] = v;
        below += v < low;
        near += (v >= low) & (v <= high);
    }
    if (first < below || half >= below + near) return anomaly_median(f, f->rest, f->n);
    fore_sort(f->sorted, near);
    double middle = f->sorted[half - below];
    return first == half ? middle : f->sorted[first - below] / 2 + middle / 2;
}

/* pulled: the values drawn to the fit the further they lie off, by bisquare weights at six median
 * deviations. Repeated, any linear smoother of them comes to the fit by those weights. False once
 * nothing moves any more. *limit: the last one in, 0 where there was none. */
static bool pull(anomaly_finder *f, const double *fit, double leverage, double *limit)
{
    int64_t n = f->n;
    double moved = 0, *step = f->sorted, wider = 6 / (1 - leverage);
    for (int64_t t = 0; t < n; t++) f->rest[t] = fabs(f->x[t] - fit[t]);
    *limit = wider * median_of_rest(f, *limit / wider);
    if (!(*limit > 0)) return false;
    for (int64_t t = 0; t < n; t++) {
        double u = f->rest[t] / *limit, off = u < 1 ? 1 - u * u : 0;
        double value = fit[t] + off * off * (f->x[t] - fit[t]);
        step[t] = fabs(value - f->pulled[t]);
        f->pulled[t] = value;
    }
    for (int64_t t = 0; t < n; t++) moved = step[t] > moved ? step[t] : moved;
    return moved > STILL * *limit;
}

/* How much of itself a value takes into the fit: one over the cycles in the window of its season,
 * and a part of the trend. */
static double leverage_of(int64_t n, int64_t m)
{
    double cycles = fmin((double)n / (double)m, TRICUBE * (double)fore_stl_window(0));
    return 1 / cycles + 0.25 / (double)m;
}

/* What the season explains of what the trend leaves, without the values that lie off. */
static double strength(anomaly_finder *f, const double *fit, const double *trend, double limit,
                       double leverage)
{
    double *plain = f->sorted;
    for (int64_t t = 0; t < f->n; t++) plain[t] = f->rest[t] < limit ? f->x[t] : fit[t];
    double left = variance_about(plain, fit, f->n), all = variance_about(plain, trend, f->n);
    return all > 0 ? 1 - left / all / (1 - leverage) : 0;
}

/* STL with robustness weights, from a start that has them right: were they those of a first plain
 * fit, an outlier would take the weight of its neighbours a season away. */
void anomaly_season(anomaly_finder *f)
{
    int64_t n = f->n;
    double *seasonal = f->season, *trend = f->room, *fit = f->smooth, limit = 0, explained = 0;
    if (f->fresh) return;
    f->fresh = true, f->leverage = 0;
    memset(seasonal, 0, (size_t)n * sizeof(double));
    if (!f->seasonal) return;
    memcpy(f->pulled, f->x, (size_t)n * sizeof(double));
    double leverage = leverage_of(n, f->m);
    start(f, fit);
    pull(f, fit, leverage, &limit);
    for (int pass = 0; pass < ROBUST_PASSES; pass++) {
        memset(trend, 0, (size_t)n * sizeof(double));
        fore_stl_run(&f->plan, f->pulled, STL_ROUNDS, seasonal, trend);
        for (int64_t t = 0; t < n; t++) fit[t] = seasonal[t] + trend[t];
        bool moves = pull(f, fit, leverage, &limit) && pass + 1 < ROBUST_PASSES;
        if (moves && pass != JUDGED) continue;
        explained = strength(f, fit, trend, limit, leverage);
        if (!moves || explained < HOPELESS) break;
    }
    if (explained >= STRENGTH)
        f->leverage = leverage;
    else
        memset(seasonal, 0, (size_t)n * sizeof(double));
}
