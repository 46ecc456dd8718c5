/* See anomalies.h. */
#include "models/series/anomalies.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/stl.h"
#include "models/series/super_smoother.h"

static const double STRENGTH = 0.6, RANGES = 3, SHIFT_T = 5, SHIFT_KEPT = 0.6, TINY = 1e-12;
enum { VALUES_LEAST = 10, ROBUST_PASSES = 5, ROUNDS = 2, SIDE_LEAST = 4, SIDE_MOST = 12 };

typedef struct finder {
    int64_t n, m;
    double *x;      /* the series, steps and outliers taken out as they are found */
    double *season; /* 0 where there is none worth it */
    double *whole;  /* x with its outliers */
    double *rest;   /* x without season; then other things */
    double *smooth, *room, *sorted;
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

/* STL of values that are drawn to the fit the further they lie off (bisquare weights at six median
 * deviations), which is what its robustness weights do. */
static fore_status take_season(finder *f, fore_error *err)
{
    int64_t n = f->n;
    double *seasonal = f->season, *trend = f->room, *remainder = f->room + n, *pulled = f->rest;
    if (f->fresh) return FORE_OK;
    f->fresh = true;
    memset(f->season, 0, (size_t)n * sizeof(double));
    if (f->m < 2 || n <= 2 * f->m) return FORE_OK;
    memcpy(pulled, f->x, (size_t)n * sizeof(double));
    for (int pass = 0; pass < ROBUST_PASSES; pass++) {
        FORE_TRY(fore_mstl(pulled, n, &f->m, 1, seasonal, trend, remainder, err));
        for (int64_t t = 0; t < n; t++) {
            remainder[t] = f->x[t] - seasonal[t] - trend[t];
            f->smooth[t] = fabs(remainder[t]);
        }
        double limit = 6 * median_of(f, f->smooth, n), top = 0;
        for (int64_t t = 0; t < n; t++) top = fmax(top, f->smooth[t]);
        if (!(limit > 0) || top < limit / 2) break;
        for (int64_t t = 0; t < n; t++) {
            double u = fmin(1, f->smooth[t] / limit), w = (1 - u * u) * (1 - u * u);
            pulled[t] = seasonal[t] + trend[t] + w * remainder[t];
        }
    }
    double left = variance_about(remainder, NULL, n), all = variance_about(f->x, trend, n);
    if (!(all > 0) || 1 - left / all < STRENGTH) memset(seasonal, 0, (size_t)n * sizeof(double));
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

static bool find_shift(finder *f, int64_t *at, double *size)
{
    int64_t n = f->n;
    double best = INFINITY, alpha = 1, *e = f->room;
    for (int64_t t = 0; t < n; t++) f->rest[t] = f->x[t] - f->season[t];
    for (int64_t t = 1; t < n; t++) f->room[t] = f->rest[t] - f->rest[t - 1];
    double slope = median_of(f, f->room + 1, n - 1);
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
 * nothing varies. */
static bool bounds(finder *f, double *low, double *high)
{
    int64_t n = f->n;
    for (int64_t t = 0; t < n; t++) f->rest[t] = f->x[t] - f->season[t];
    fore_super_smooth(f->rest, n, f->smooth, f->room);
    for (int64_t t = 0; t < n; t++) f->sorted[t] = f->rest[t] -= f->smooth[t];
    fore_sort(f->sorted, n);
    double from = fore_quantile_sorted(f->sorted, n, 0.25);
    double to = fore_quantile_sorted(f->sorted, n, 0.75);
    *low = from - RANGES * (to - from);
    *high = to + RANGES * (to - from);
    return to - from > TINY;
}

static int64_t find_outliers(finder *f)
{
    double low, high;
    int64_t count = 0;
    if (!bounds(f, &low, &high)) return 0;
    for (int64_t t = 0; t < f->n; t++) {
        if (f->rest[t] >= low && f->rest[t] <= high) continue;
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
    f.x = FORE_NEW(14 * n, double);
    f.is_outlier = FORE_ZNEW(n, bool);
    found->outlier = FORE_NEW(n, int64_t);
    found->without = FORE_NEW(n, double);
    if (!f.x || !f.is_outlier || !found->outlier || !found->without) FORE_GO(fore_no_memory(err));
    f.season = f.x + n, f.rest = f.x + 2 * n, f.smooth = f.x + 3 * n, f.sorted = f.x + 4 * n;
    f.whole = f.x + 5 * n, f.room = f.x + 6 * n;
    memcpy(f.x, y, (size_t)n * sizeof *y);
    FORE_GO(search(&f, y, found, err));
done:
    fore_free(f.x);
    fore_free(f.is_outlier);
    if (status != FORE_OK) fore_anomalies_free(found);
    return status;
}

/* A season that grows with the level leaves its growth in what a sum cannot explain; on logarithms
 * it does not. The scale with fewer outliers is taken. */
static fore_status find_in_logs(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                                fore_error *err)
{
    fore_anomalies other;
    double *logs = FORE_NEW(n, double);
    if (!logs) return fore_no_memory(err);
    for (int64_t t = 0; t < n; t++) logs[t] = log(y[t]);
    fore_status status = find(logs, n, m, &other, err);
    fore_free(logs);
    if (status == FORE_OK && other.outliers < found->outliers) {
        memcpy(found->outlier, other.outlier, (size_t)other.outliers * sizeof *other.outlier);
        memcpy(found->without, y, (size_t)n * sizeof *y);
        found->outliers = other.outliers;
        for (int64_t i = 0; i < found->outliers; i++)
            found->without[found->outlier[i]] = exp(other.without[found->outlier[i]]);
    }
    fore_anomalies_free(&other);
    return status;
}

fore_status fore_anomalies_find(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                                fore_error *err)
{
    bool positive = true;
    FORE_TRY(find(y, n, m, found, err));
    for (int64_t t = 0; t < n; t++) positive = positive && y[t] > 0;
    if (!positive || m < 2 || n <= 2 * m || found->outliers == 0) return FORE_OK;
    fore_status status = find_in_logs(y, n, m, found, err);
    if (status != FORE_OK) fore_anomalies_free(found);
    return status;
}
