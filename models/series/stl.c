/* STL (stl.h, stl_plan.h):
 *
 *   twice: take the trend off; smooth each place of the season by loess over its years;
 *          from that take a low pass (moving averages of m, m and 3, then loess): the season;
 *          take the season off; loess: the trend
 *
 * Several seasons: each in turn from what the others leave, twice. */
#include "models/series/stl.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/stl_plan.h"

enum { PASSES = 2, SEASON_WINDOW = 7, SEASON_WINDOW_STEP = 4 };

int64_t fore_stl_window(int64_t i) { return SEASON_WINDOW + SEASON_WINDOW_STEP * (i + 1); }

fore_status fore_mstl(const double *y, int64_t n, const int64_t *season, int64_t count,
                      double *seasonal, double *trend, double *remainder, fore_error *err)
{
    int64_t most = 0;
    if (count < 1 || count > FORE_STL_SEASONS)
        return fore_fail(err, FORE_E_ARGUMENT, "give 1 to %d seasons", FORE_STL_SEASONS);
    for (int64_t i = 0; i < count; i++) {
        if (season[i] < 2 || 2 * season[i] >= n)
            return fore_fail(err, FORE_E_ARGUMENT,
                             "a season of %lld steps needs more than twice as many values",
                             (long long)season[i]);
        int64_t size = fore_stl_plan_size(n, season[i], fore_stl_window(i));
        most = size > most ? size : most;
    }
    double *block = FORE_NEW(most, double);
    if (!block) return fore_no_memory(err);
    memset(seasonal, 0, (size_t)(n * count) * sizeof *seasonal);
    memcpy(remainder, y, (size_t)n * sizeof *y); /* y without the seasons */
    for (int k = 0; k < (count > 1 ? PASSES : 1); k++) {
        for (int64_t i = 0; i < count; i++) {
            double *s = seasonal + i * n;
            for (int64_t t = 0; t < n; t++) remainder[t] += s[t];
            fore_stl_plan plan = fore_stl_plan_make(n, season[i], fore_stl_window(i), block);
            memset(trend, 0, (size_t)n * sizeof *trend);
            fore_stl_run(&plan, remainder, PASSES, s, trend);
            for (int64_t t = 0; t < n; t++) remainder[t] -= s[t];
        }
    }
    for (int64_t t = 0; t < n; t++) remainder[t] -= trend[t];
    fore_free(block);
    return FORE_OK;
}

fore_status fore_seasonal_strength(const double *y, int64_t n, int64_t m, double *strength,
                                   fore_error *err)
{
    *strength = 0;
    if (m < 2 || n < 2 * m + 1) return FORE_OK;
    double *room = FORE_NEW(3 * n, double);
    if (!room) return fore_no_memory(err);
    fore_status status = fore_mstl(y, n, &m, 1, room, room + n, room + 2 * n, err);
    if (status == FORE_OK) {
        double rest = fore_variance(room + 2 * n, n);
        for (int64_t t = 0; t < n; t++) room[t] += room[2 * n + t];
        double all = fore_variance(room, n);
        *strength = all > 0 ? fmax(0, fmin(1, 1 - rest / all)) : 0;
    }
    fore_free(room);
    return status;
}

double fore_kpss(const double *y, int64_t n)
{
    double mean = fore_mean(y, n), walk = 0, squares = 0, variance = 0;
    int64_t lags = (int64_t)(3 * sqrt((double)n) / 13);
    for (int64_t t = 0; t < n; t++) {
        double e = y[t] - mean;
        walk += e;
        squares += walk * walk;
        variance += e * e;
    }
    for (int64_t k = 1; k <= lags; k++) {
        double sum = 0;
        for (int64_t t = k; t < n; t++) sum += (y[t] - mean) * (y[t - k] - mean);
        variance += 2 * (1 - (double)k / (double)(lags + 1)) * sum;
    }
    return variance > 0 ? squares / ((double)n * variance) : 0;
}
