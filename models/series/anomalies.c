/* Outliers and the whole search (anomalies.h):
 *
 *   shifts of the level, taken out; then twice: the season; the super smoother through the rest;
 *     what lies beyond the range: the largest, replaced along the line of their neighbours
 *   pardon those that lie within the range now
 *   the same on logarithms, where that may find fewer */
#include "models/series/anomalies.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/anomaly_inside.h"
#include "models/series/stl.h"
#include "models/series/super_smoother.h"

static const double RANGES = 3, LARGEST = 0.5, TINY = 1e-12;
enum { VALUES_LEAST = 10, ROUNDS = 2, BEFORE_MOST = 12 };

void fore_anomalies_free(fore_anomalies *found)
{
    fore_free(found->outlier);
    fore_free(found->without);
    *found = (fore_anomalies){0};
}

double anomaly_median(anomaly_finder *f, const double *x, int64_t count)
{
    memcpy(f->sorted, x, (size_t)count * sizeof *x);
    return fore_median(f->sorted, count);
}

/* Along the straight line between the neighbours that are none, the season kept. */
static void replace(anomaly_finder *f)
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
static bool bounds(anomaly_finder *f, double *low, double *high)
{
    int64_t n = f->n;
    for (int64_t t = 0; t < n; t++) f->rest[t] = f->x[t] - f->season[t];
    fore_super_smooth(f->rest, n, f->smooth, f->room);
    for (int64_t t = 0; t < n; t++) f->sorted[t] = f->rest[t] -= f->smooth[t];
    double from = fore_quantile(f->sorted, n, 0.25), to = fore_quantile(f->sorted, n, 0.75);
    double range = RANGES * (to - from) / (1 - f->leverage);
    *low = from - range;
    *high = to + range;
    return to - from > TINY;
}

static int64_t find_outliers(anomaly_finder *f)
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
static void pardon(anomaly_finder *f)
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

/* All of both in y; found.outliers and shifts. False where it was given up for `enough` shifts. */
static bool search(anomaly_finder *f, const double *y, int64_t enough)
{
    int64_t n = f->n;
    f->fresh = false, f->shifts = f->outliers = 0;
    memcpy(f->x, y, (size_t)n * sizeof *y);
    memset(f->is_outlier, 0, (size_t)n * sizeof *f->is_outlier);
    if (!anomaly_shifts(f, enough)) return false;
    memcpy(f->whole, f->x, (size_t)n * sizeof(double));
    int64_t any = 0;
    for (int round = 0; round < ROUNDS; round++) {
        anomaly_season(f);
        int64_t more = find_outliers(f);
        if (more == 0) break;
        any += more;
    }
    if (any > 0) pardon(f);
    for (int64_t t = 0; t < n; t++) f->outliers += f->is_outlier[t];
    return true;
}

/* What was found in y, which the caller of fore_anomalies_find gets. */
static fore_status keep(const anomaly_finder *f, const double *y, fore_anomalies *found,
                        fore_error *err)
{
    int64_t n = f->n, k = 0;
    fore_anomalies_free(found);
    if (f->outliers + f->shifts == 0) return FORE_OK;
    found->outlier = FORE_NEW(f->outliers + 1, int64_t);
    found->without = FORE_NEW(n, double);
    if (!found->outlier || !found->without) return fore_no_memory(err);
    found->outliers = f->outliers, found->shifts = f->shifts;
    memcpy(found->shift, f->shift, sizeof found->shift);
    memcpy(found->size, f->size, sizeof found->size);
    memcpy(found->without, y, (size_t)n * sizeof *y);
    for (int64_t t = 0; t < n; t++) {
        if (!f->is_outlier[t]) continue;
        found->outlier[k++] = t;
        found->without[t] = f->x[t];
        for (int64_t s = 0; s < found->shifts; s++)
            if (t >= found->shift[s]) found->without[t] += found->size[s];
    }
    return FORE_OK;
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
        int64_t from = found->shift[k] > BEFORE_MOST ? found->shift[k] - BEFORE_MOST : 0;
        double before = fore_mean(found->without + from, found->shift[k] - from);
        found->size[k] = before * (exp(found->size[k]) - 1);
    }
}

/* A season that grows with the level leaves its growth in what a sum cannot explain; on logarithms
 * it does not. The scale with fewer outliers and shifts is taken. */
static fore_status find_in_logs(anomaly_finder *f, const double *y, double *logs,
                                fore_anomalies *found, fore_error *err)
{
    int64_t known = found->outliers + found->shifts;
    for (int64_t t = 0; t < f->n; t++) logs[t] = log(y[t]);
    if (!search(f, logs, known) || f->outliers + f->shifts >= known) return FORE_OK;
    FORE_TRY(keep(f, logs, found, err));
    if (found->without) from_logs(y, f->n, found);
    return FORE_OK;
}

/* One block for all of a search; returns where the logarithms go. */
static double *make_room(anomaly_finder *f, double *block)
{
    int64_t n = f->n;
    f->x = block;
    f->season = f->x + n, f->whole = f->season + n, f->rest = f->whole + n;
    f->pulled = f->rest + n, f->smooth = f->pulled + n, f->sorted = f->smooth + n;
    f->room = f->sorted + n;
    double *logs = f->room + 8 * n;
    f->is_outlier = (bool *)(logs + n);
    if (f->seasonal) f->plan = fore_stl_plan_make(n, f->m, fore_stl_window(0), logs + 2 * n);
    return logs;
}

fore_status fore_anomalies_find(const double *y, int64_t n, int64_t m, fore_anomalies *found,
                                fore_error *err)
{
    anomaly_finder f = {.n = n, .m = m, .seasonal = m >= 2 && n > 2 * m};
    bool same = true, positive = true;
    *found = (fore_anomalies){0};
    for (int64_t t = 0; t < n; t++) same = same && y[t] == y[0], positive = positive && y[t] > 0;
    if (n < VALUES_LEAST || same) return FORE_OK;
    int64_t plan = f.seasonal ? fore_stl_plan_size(n, m, fore_stl_window(0)) : 0;
    double *block = FORE_NEW(17 * n + plan, double);
    if (!block) return fore_no_memory(err);
    fore_status status = FORE_OK;
    double *logs = make_room(&f, block);
    search(&f, y, INT64_MAX);
    FORE_GO(keep(&f, y, found, err));
    if (positive && f.seasonal && found->outliers + found->shifts > 0)
        FORE_GO(find_in_logs(&f, y, logs, found, err));
done:
    fore_free(block);
    if (status != FORE_OK) fore_anomalies_free(found);
    return status;
}
