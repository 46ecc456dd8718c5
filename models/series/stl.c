/* STL (stl.h):
 *
 *   twice: take the trend off; smooth each place of the season by loess over its years;
 *          from that take a low pass (moving averages of m, m and 3, then loess): the season;
 *          take the season off; loess: the trend
 *
 * Loess is evaluated at every tenth of its window and joined by straight lines, as published. */
#include "models/series/stl.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

enum { PASSES = 2, SEASON_WINDOW = 7, SEASON_WINDOW_STEP = 4 };

typedef struct smoother {
    int64_t window, degree, jump;
} smoother;

static int64_t next_odd(double x)
{
    int64_t v = (int64_t)ceil(x);
    return v % 2 ? v : v + 1;
}

static smoother smoother_of(int64_t window, int64_t degree)
{
    return (smoother){window, degree, (window + 9) / 10};
}

/* Value at x (places count from 1) of the local line through y[left..right]; w: room. */
static bool loess_at(const double *y, int64_t n, const smoother *s, double x, int64_t left,
                     int64_t right, double *w, double *value)
{
    double reach = fmax(x - (double)left, (double)right - x), total = 0;
    if (s->window > n) reach += (double)((s->window - n) / 2);
    for (int64_t j = left; j <= right; j++) {
        double r = fabs((double)j - x), u = r / reach;
        double v = r > 0.999 * reach ? 0 : r <= 0.001 * reach ? 1 : 1 - u * u * u;
        total += w[j - left] = v * v * v;
    }
    if (!(total > 0)) return false;
    double centre = 0, spread = 0;
    for (int64_t j = left; j <= right; j++) centre += (w[j - left] /= total) * (double)j;
    for (int64_t j = left; j <= right; j++)
        spread += w[j - left] * ((double)j - centre) * ((double)j - centre);
    bool line = reach > 0 && s->degree > 0 && sqrt(spread) > 0.001 * (double)(n - 1);
    double tilt = line ? (x - centre) / spread : 0;
    *value = 0;
    for (int64_t j = left; j <= right; j++)
        *value += w[j - left] * (1 + tilt * ((double)j - centre)) * y[j - 1];
    return true;
}

static void window_at(int64_t n, const smoother *s, int64_t i, int64_t *left, int64_t *right)
{
    int64_t half = (s->window + 1) / 2;
    if (s->window >= n) {
        *left = 1, *right = n;
    } else if (i < half) {
        *left = 1, *right = s->window;
    } else if (i >= n - half + 1) {
        *left = n - s->window + 1, *right = n;
    } else {
        *left = i - half + 1, *right = s->window + i - half;
    }
}

static void join(double *out, int64_t from, int64_t to)
{
    double step = (out[to - 1] - out[from - 1]) / (double)(to - from);
    for (int64_t i = from + 1; i < to; i++) out[i - 1] = out[from - 1] + step * (double)(i - from);
}

static void loess(const double *y, int64_t n, const smoother *s, double *out, double *w)
{
    int64_t left = 1, right = n, jump = s->jump < n - 1 ? s->jump : n - 1, last = 1;
    if (n < 2) {
        out[0] = y[0];
        return;
    }
    for (int64_t i = 1; i <= n; last = i, i += jump) {
        window_at(n, s, i, &left, &right);
        if (!loess_at(y, n, s, (double)i, left, right, w, &out[i - 1])) out[i - 1] = y[i - 1];
        if (i > 1) join(out, last, i);
    }
    if (last == n) return;
    if (!loess_at(y, n, s, (double)n, left, right, w, &out[n - 1])) out[n - 1] = y[n - 1];
    join(out, last, n);
}

/* Every place of the season smoothed over its years, one year further at both ends: n + 2 m. */
static void smooth_places(const double *y, int64_t n, int64_t m, const smoother *s, double *out,
                          double *room)
{
    for (int64_t place = 0; place < m; place++) {
        int64_t k = (n - place - 1) / m + 1;
        double *in = room, *smooth = room + k, *w = smooth + k + 2;
        for (int64_t i = 0; i < k; i++) in[i] = y[i * m + place];
        loess(in, k, s, smooth + 1, w);
        int64_t right = s->window < k ? s->window : k, left = k - s->window + 1;
        if (!loess_at(in, k, s, 0, 1, right, w, smooth)) smooth[0] = smooth[1];
        if (!loess_at(in, k, s, (double)(k + 1), left > 1 ? left : 1, k, w, &smooth[k + 1]))
            smooth[k + 1] = smooth[k];
        for (int64_t i = 0; i < k + 2; i++) out[i * m + place] = smooth[i];
    }
}

/* Moving average of `length` values: n - length + 1 of them. May work in place. */
static int64_t moving_average(const double *x, int64_t n, int64_t length, double *out)
{
    double sum = 0;
    for (int64_t i = 0; i < length; i++) sum += x[i];
    for (int64_t i = 0; i + length <= n; i++) {
        double first = x[i], now = sum / (double)length;
        if (i + length < n) sum += x[i + length] - first;
        out[i] = now;
    }
    return n - length + 1;
}

typedef struct stl_room {
    double *detrended, *places, *low, *scratch; /* n, n + 2 m, n + 2 m, 3 n + 8 */
} stl_room;

static void stl(const double *y, int64_t n, int64_t m, int64_t window, double *seasonal,
                double *trend, const stl_room *room)
{
    smoother season = smoother_of(window, 0), pass = smoother_of(next_odd((double)m), 1);
    smoother slow = smoother_of(next_odd(ceil(1.5 * (double)m / (1 - 1.5 / (double)window))), 1);
    memset(trend, 0, (size_t)n * sizeof *trend);
    for (int k = 0; k < PASSES; k++) {
        for (int64_t t = 0; t < n; t++) room->detrended[t] = y[t] - trend[t];
        smooth_places(room->detrended, n, m, &season, room->places, room->scratch);
        int64_t left = moving_average(room->places, n + 2 * m, m, room->low);
        left = moving_average(room->low, left, m, room->low);
        moving_average(room->low, left, 3, room->low);
        loess(room->low, n, &pass, room->detrended, room->scratch);
        for (int64_t t = 0; t < n; t++) {
            seasonal[t] = room->places[m + t] - room->detrended[t];
            room->low[t] = y[t] - seasonal[t];
        }
        loess(room->low, n, &slow, trend, room->scratch);
    }
}

int64_t fore_stl_window(int64_t i) { return SEASON_WINDOW + SEASON_WINDOW_STEP * (i + 1); }

fore_status fore_mstl(const double *y, int64_t n, const int64_t *season, int64_t count,
                      double *seasonal, double *trend, double *remainder, fore_error *err)
{
    int64_t longest = 0;
    if (count < 1 || count > FORE_STL_SEASONS)
        return fore_fail(err, FORE_E_ARGUMENT, "give 1 to %d seasons", FORE_STL_SEASONS);
    for (int64_t i = 0; i < count; i++) {
        if (season[i] < 2 || 2 * season[i] >= n)
            return fore_fail(err, FORE_E_ARGUMENT,
                             "a season of %lld steps needs more than twice as many values",
                             (long long)season[i]);
        longest = season[i] > longest ? season[i] : longest;
    }
    double *block = FORE_NEW(n + 2 * (n + 2 * longest) + 3 * n + 8, double);
    if (!block) return fore_no_memory(err);
    stl_room room = {block, block + n, block + n + (n + 2 * longest),
                     block + n + 2 * (n + 2 * longest)};
    memset(seasonal, 0, (size_t)(n * count) * sizeof *seasonal);
    memcpy(remainder, y, (size_t)n * sizeof *y); /* y without the seasons */
    for (int k = 0; k < (count > 1 ? PASSES : 1); k++) {
        for (int64_t i = 0; i < count; i++) {
            double *s = seasonal + i * n;
            for (int64_t t = 0; t < n; t++) remainder[t] += s[t];
            stl(remainder, n, season[i], fore_stl_window(i), s, trend,
                &room);
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
