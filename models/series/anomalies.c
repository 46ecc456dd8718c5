/* See anomalies.h. */
#include "models/series/anomalies.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/stl.h"
#include "models/series/super_smoother.h"

static const double STRENGTH = 0.6, RANGES = 3, SHIFT_T = 5, SHIFT_KEPT = 0.6, SPIKE = 6,
                    LARGEST = 0.5, TINY = 1e-12;
static const double STILL = 0.01;   /* of the limit of the weights */
static const double TRICUBE = 0.58; /* mean of the tricube weights over a window */
enum {
    VALUES_LEAST = 10,
    CYCLE_LEAST = 8,
    ROBUST_PASSES = 10,
    ROUNDS = 2,
    SLOPES = 8,
    SIDE_LEAST = 4,
    SIDE_MOST = 12
};

typedef struct finder {
    int64_t n, m;
    double *x;      /* the series, steps and outliers taken out as they are found */
    double *season; /* 0 where there is none worth it */
    double *whole;  /* x with its outliers */
    double *rest;   /* x without season; then other things */
    double *pulled; /* x with what lies off drawn to the fit */
    double *smooth, *room, *sorted;
    double leverage; /* of a value in its own season */
    bool *is_outlier;
    bool fresh; /* season is that of x */
} finder;

void fore_anomalies_free(fore_anomalies *found)
{
    fore_free(found->outlier);
    fore_free(found->without);
    *found = (fore_anomalies){0};
}

static double median_of(finder *f, const double *x, int64_t count)
{
    memcpy(f->sorted, x, (size_t)count * sizeof *x);
    return fore_median(f->sorted, count);
}

/* ---- the season ---- */

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
static void start(finder *f, double *fit)
{
    int64_t n = f->n, m = f->m, length = m * ((CYCLE_LEAST + m - 1) / m);
    if (n / length < 2) length = m;
    int64_t blocks = n / length;
    for (int64_t j = 0; j < blocks; j++) f->room[j] = median_of(f, f->x + j * length, length);
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

/* pulled: the values drawn to the fit the further they lie off, by bisquare weights at six median
 * deviations. Repeated, any linear smoother of them comes to the fit by those weights. False once
 * nothing moves any more. */
static bool pull(finder *f, const double *fit, double leverage, double *limit)
{
    double moved = 0;
    for (int64_t t = 0; t < f->n; t++) f->rest[t] = fabs(f->x[t] - fit[t]);
    *limit = 6 * median_of(f, f->rest, f->n) / (1 - leverage);
    if (!(*limit > 0)) return false;
    for (int64_t t = 0; t < f->n; t++) {
        double u = fmin(1, f->rest[t] / *limit), w = (1 - u * u) * (1 - u * u);
        double value = fit[t] + w * (f->x[t] - fit[t]);
        moved = fmax(moved, fabs(value - f->pulled[t]));
        f->pulled[t] = value;
    }
    return moved > STILL * *limit;
}

/* How much of itself a value takes into the fit: one over the cycles in the window of its season,
 * and a part of the trend. */
static double leverage_of(int64_t n, int64_t m)
{
    double cycles = fmin((double)n / (double)m, TRICUBE * (double)fore_stl_window(0));
    return 1 / cycles + 0.25 / (double)m;
}

/* STL with robustness weights, from a start that has them right: were they those of a first plain
 * fit, an outlier would take the weight of its neighbours a season away. */
static fore_status take_season(finder *f, fore_error *err)
{
    int64_t n = f->n;
    double *seasonal = f->season, *trend = f->room, *remainder = f->room + n, *fit = f->smooth,
           limit;
    if (f->fresh) return FORE_OK;
    f->fresh = true, f->leverage = 0;
    memset(f->season, 0, (size_t)n * sizeof(double));
    memcpy(f->pulled, f->x, (size_t)n * sizeof(double));
    if (f->m < 2 || n <= 2 * f->m) return FORE_OK;
    double leverage = leverage_of(n, f->m);
    start(f, fit);
    pull(f, fit, leverage, &limit);
    for (int pass = 0; pass < ROBUST_PASSES; pass++) {
        FORE_TRY(fore_mstl(f->pulled, n, &f->m, 1, seasonal, trend, remainder, err));
        for (int64_t t = 0; t < n; t++) fit[t] = seasonal[t] + trend[t];
        if (!pull(f, fit, leverage, &limit)) break;
    }
    for (int64_t t = 0; t < n; t++) f->pulled[t] = f->rest[t] < limit ? f->x[t] : fit[t];
    double left = variance_about(f->pulled, fit, n), all = variance_about(f->pulled, trend, n);
    if (all > 0 && 1 - left / all / (1 - leverage) >= STRENGTH)
        f->leverage = leverage;
    else
        memset(seasonal, 0, (size_t)n * sizeof(double));
    return FORE_OK;
}

/* ---- level shifts ---- */

/* One-step errors of exponential smoothing around a line of the given slope; their sizes added up,
 * which a single large one sways less than their squares. */
static double smooth_errors(const double *x, int64_t n, double slope, double alpha, double *e)
{
    double level = x[0], sum = 0;
    e[0] = 0;
    for (int64_t t = 1; t < n; t++) {
        e[t] = x[t] - level - slope;
        level += slope + alpha * e[t];
        sum += fabs(e[t]);
    }
    return sum;
}

/* Medians on either side move as the step says, trend taken off. */
static bool lasts(finder *f, int64_t at, double size, double slope)
{
    int64_t before = at < SIDE_MOST ? at : SIDE_MOST, after = f->n - at;
    if (after > SIDE_MOST) after = SIDE_MOST;
    double low = median_of(f, f->rest + at - before, before);
    double high = median_of(f, f->rest + at, after);
    double moved = high - low - slope * (double)(before + after) / 2;
    return moved * size > 0 && fabs(moved) >= SHIFT_KEPT * fabs(size);
}

/* The step that lasts with the largest t statistic beyond the threshold; *size: its effect. */
static bool strongest(finder *f, const double *e, double alpha, double slope, int64_t *at,
                      double *size)
{
    int64_t n = f->n;
    double best = SHIFT_T, decay = 1 - alpha;
    for (int64_t t = 0; t < n; t++) f->smooth[t] = fabs(e[t]);
    double sigma = 1.4826 * median_of(f, f->smooth + 1, n - 1);
    if (!(sigma > 0)) return false;
    double sum = 0, squares = 0;
    for (int64_t t = n - 1; t >= SIDE_LEAST; t--) {
        sum = e[t] + decay * sum;
        squares = 1 + decay * decay * squares;
        double value = fabs(sum) / (sigma * sqrt(squares));
        if (n - t < SIDE_LEAST || value <= best || !lasts(f, t, sum / squares, slope)) continue;
        best = value;
        *at = t;
        *size = sum / squares;
    }
    return best > SHIFT_T;
}

/* rest: x without season, and without values far from the median of five around them, which a step
 * is not. */
static void without_spikes(finder *f)
{
    int64_t n = f->n;
    double *plain = f->room, *middle = f->room + n;
    for (int64_t t = 0; t < n; t++) plain[t] = f->x[t] - f->season[t];
    for (int64_t t = 0; t < n; t++) {
        int64_t from = t < 2 ? 0 : t + 3 > n ? n - 5 : t - 2;
        middle[t] = median_of(f, plain + from, 5);
        f->rest[t] = fabs(plain[t] - middle[t]);
    }
    double limit = SPIKE * median_of(f, f->rest, n);
    for (int64_t t = 0; t < n; t++) f->rest[t] = f->rest[t] > limit ? middle[t] : plain[t];
}

static bool find_shift(finder *f, int64_t *at, double *size)
{
    int64_t n = f->n;
    double best = INFINITY, alpha = 1, *e = f->room;
    without_spikes(f);
    int64_t apart = 1 + n / SLOPES;
    for (int64_t t = apart; t < n; t++)
        f->room[t] = (f->rest[t] - f->rest[t - apart]) / (double)apart;
    double slope = median_of(f, f->room + apart, n - apart);
    for (int k = 1; k <= 10; k++) {
        double sum = smooth_errors(f->rest, n, slope, 0.1 * k, e);
        if (sum < best) best = sum, alpha = 0.1 * k;
    }
    smooth_errors(f->rest, n, slope, alpha, e);
    return strongest(f, e, alpha, slope, at, size);
}

static void keep_shift(fore_anomalies *found, int64_t at, double size)
{
    int64_t k = found->shifts++;
    for (; k > 0 && found->shift[k - 1] > at; k--)
        found->shift[k] = found->shift[k - 1], found->size[k] = found->size[k - 1];
    found->shift[k] = at, found->size[k] = size;
}

static fore_status find_shifts(finder *f, fore_anomalies *found, fore_error *err)
{
    while (found->shifts < FORE_SHIFTS_MAX && f->n >= 3 * SIDE_LEAST) {
        int64_t at = 0;
        double size = 0;
        FORE_TRY(take_season(f, err));
        if (!find_shift(f, &at, &size)) return FORE_OK;
        for (int64_t k = 0; k < found->shifts; k++)
            if (found->shift[k] == at) return FORE_OK;
        keep_shift(found, at, size);
        f->fresh = false;
        for (int64_t t = at; t < f->n; t++) f->x[t] -= size;
    }
    return FORE_OK;
}

/* ---- outliers ---- */

/* Along the straight line between the neighbours that are none, the season kept. */
static void replace(finder *f)
{
    int64_t n = f->n, known = -1;
    for (int64_t t = 0; t <= n; t++) {
        if (t < n && f->is_outlier[t]) continue;
        for (int64_t k = known + 1; k < t; k++) {
            double from = known >= 0 ? f->x[known] - f->season[known] : NAN;
            double to = t < n ? f->x[t] - f->season[t] : from, w;
            if (known < 0) from = to;
            w = t < n && known >= 0 ? (double)(k - known) / (double)(t - known) : 0;
            f->x[k] = (1 - w) * from + w * to + f->season[k];
        }
        known = t;
    }
}

/* rest: what the smoother leaves of x. The bounds beyond which no value should lie; false when
 * nothing varies. A value that has no weight lies off by 1 / (1 - leverage) of what it does where
 * it takes the season with it. */
static bool bounds(finder *f, double *low, double *high)
{
    int64_t n = f->n;
    for (int64_t t = 0; t < n; t++) f->rest[t] = f->x[t] - f->season[t];
    fore_super_smooth(f->rest, n, f->smooth, f->room);
    for (int64_t t = 0; t < n; t++) f->sorted[t] = f->rest[t] -= f->smooth[t];
    fore_sort(f->sorted, n);
    double from = fore_quantile_sorted(f->sorted, n, 0.25);
    double to = fore_quantile_sorted(f->sorted, n, 0.75);
    double range = RANGES * (to - from) / (1 - f->leverage);
    *low = from - range;
    *high = to + range;
    return to - from > TINY;
}

static int64_t find_outliers(finder *f)
{
    double low, high;
    int64_t count = 0;
    if (!bounds(f, &low, &high)) return 0;
    double top = 0;
    for (int64_t t = 0; t < f->n; t++) top = fmax(top, fabs(f->rest[t]));
    for (int64_t t = 0; t < f->n; t++) {
        if (f->rest[t] >= low && f->rest[t] <= high) continue;
        if (fabs(f->rest[t]) < LARGEST * top) continue;
        f->is_outlier[t] = true;
        count++;
    }
    if (count == 0) return 0;
    f->fresh = false;
    replace(f);
    return count;
}

/* A large outlier draws the smoother away from its neighbours: those that are within bounds once
 * the outliers are gone were none. */
static void pardon(finder *f)
{
    double low, high;
    bool any = false;
    if (!bounds(f, &low, &high)) return;
    for (int64_t t = 0; t < f->n; t++) {
        double left = f->whole[t] - f->season[t] - f->smooth[t];
        if (!f->is_outlier[t] || left < low || left > high) continue;
        f->is_outlier[t] = false;
        f->x[t] = f->whole[t];
        any = true;
    }
    if (any) replace(f);
}

static fore_status search(finder *f, const double *y, fore_anomalies *found, fore_error *err)
{
    int64_t n = f->n;
    FORE_TRY(find_shifts(f, found, err));
    memcpy(f->whole, f->x, (size_t)n * sizeof(double));
    for (int round = 0; round < ROUNDS; round++) {
        FORE_TRY(take_season(f, err));
        if (find_outliers(f) == 0) break;
    }
    pardon(f);
    memcpy(found->without, y, (size_t)n * sizeof *y);
    for (int64_t t = 0; t < n; t++) {
        if (!f->is_outlier[t]) continue;
        found->outlier[found->outliers++] = t;
        found->without[t] = f->x[t];
        for (int64_t k = 0; k < found->shifts; k++)
            if (t >= found->shift[k]) found->without[t] += found->size[k];
    }
    return FORE_OK;
}

static fore_status find(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                        fore_error *err)
{
    finder f = {.n = n, .m = m};
    bool same = true;
    *found = (fore_anomalies){0};
    for (int64_t t = 1; t < n; t++) same = same && y[t] == y[0];
    if (n < VALUES_LEAST || same) return FORE_OK;
    fore_status status = FORE_OK;
    f.x = FORE_NEW(15 * n, double);
    f.is_outlier = FORE_ZNEW(n, bool);
    found->outlier = FORE_NEW(n, int64_t);
    found->without = FORE_NEW(n, double);
    if (!f.x || !f.is_outlier || !found->outlier || !found->without) FORE_GO(fore_no_memory(err));
    f.season = f.x + n, f.rest = f.x + 2 * n, f.smooth = f.x + 3 * n, f.sorted = f.x + 4 * n;
    f.whole = f.x + 5 * n, f.pulled = f.x + 6 * n, f.room = f.x + 7 * n;
    memcpy(f.x, y, (size_t)n * sizeof *y);
    FORE_GO(search(&f, y, found, err));
done:
    fore_free(f.x);
    fore_free(f.is_outlier);
    if (status != FORE_OK) fore_anomalies_free(found);
    return status;
}

/* Found on logarithms, told on the scale of y. */
static void from_logs(const double *y, int64_t n, fore_anomalies *found)
{
    for (int64_t t = 0, i = 0; t < n; t++) {
        bool is = i < found->outliers && found->outlier[i] == t;
        found->without[t] = is ? exp(found->without[t]) : y[t];
        i += is;
    }
    for (int64_t k = 0; k < found->shifts; k++) {
        int64_t from = found->shift[k] > SIDE_MOST ? found->shift[k] - SIDE_MOST : 0;
        double before = fore_mean(found->without + from, found->shift[k] - from);
        found->size[k] = before * (exp(found->size[k]) - 1);
    }
}

/* A season that grows with the level leaves its growth in what a sum cannot explain; on logarithms
 * it does not. The scale with fewer outliers and shifts is taken. */
static fore_status find_in_logs(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                                fore_error *err)
{
    fore_anomalies other;
    double *logs = FORE_NEW(n, double);
    if (!logs) return fore_no_memory(err);
    for (int64_t t = 0; t < n; t++) logs[t] = log(y[t]);
    fore_status status = find(logs, n, m, &other, err);
    fore_free(logs);
    if (status != FORE_OK) return status;
    bool fewer = other.outliers + other.shifts < found->outliers + found->shifts;
    if (fewer && other.without) {
        from_logs(y, n, &other);
        fore_anomalies_free(found);
        *found = other;
    } else
        fore_anomalies_free(&other);
    return FORE_OK;
}

fore_status fore_anomalies_find(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                                fore_error *err)
{
    bool positive = true;
    FORE_TRY(find(y, n, m, found, err));
    for (int64_t t = 0; t < n; t++) positive = positive && y[t] > 0;
    if (!positive || m < 2 || n <= 2 * m) return FORE_OK;
    if (found->outliers + found->shifts == 0) return FORE_OK;
    fore_status status = find_in_logs(y, n, m, found, err);
    if (status != FORE_OK) fore_anomalies_free(found);
    return status;
}
