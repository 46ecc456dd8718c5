/* The features of series_features.h. */
#include "models/series/series_features.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/holt_winters.h"
#include "models/series/stl.h"

enum {
    NEWEST = 2000, /* values looked at */
    LAGS = 10,
    ARCH_LAGS = 12,
    TILE = 10, /* of a series without season */
    TENTHS = 10,
    ORDER_MAX = 40, /* of an autoregression: 10 log10(NEWEST) is 33 */
    TREND_SHARE = 3,
    TREND_LEAST = 7
};
static const double PI = 3.14159265358979323846;

const char *const fore_series_feature_names[FORE_SERIES_FEATURES] = {
    "length",         "season",          "trend",        "seasonal_strength", "spike",
    "linearity",      "curvature",       "e_acf1",       "e_acf10",           "entropy",
    "x_acf1",         "x_acf10",         "diff1_acf1",   "diff1_acf10",       "diff2_acf1",
    "diff2_acf10",    "seas_acf1",       "x_pacf5",      "diff1_pacf5",       "diff2_pacf5",
    "seas_pacf",      "sediff_acf1",     "sediff_acf10", "sediff_seacf1",     "stability",
    "lumpiness",      "crossing_points", "flat_spots",   "nonlinearity",      "unitroot_kpss",
    "unitroot_pp",    "alpha",           "beta",         "hw_alpha",          "hw_beta",
    "hw_gamma",       "arch_lm",         "arch_acf",     "arch_r2",           "level_shift",
    "variance_shift", "zeros",           "variation"};

typedef struct look {
    const double *y;
    double *x; /* standardised */
    int64_t n, m;
    double *room; /* (ARCH_LAGS + 4) n doubles */
    double *out;
} look;

/* ---- autocorrelations ---- */

/* At one lag; NaN when there are no two values, or all are equal. */
static double correlation(const double *x, int64_t n, int64_t lag)
{
    double mean = fore_mean(x, n), all = 0, sum = 0;
    if (n < 2 || lag >= n) return NAN;
    for (int64_t t = 0; t < n; t++) all += (x[t] - mean) * (x[t] - mean);
    for (int64_t t = lag; t < n; t++) sum += (x[t] - mean) * (x[t - lag] - mean);
    return all > 0 ? sum / all : NAN;
}

static double squared_correlations(const double *x, int64_t n, int64_t lags)
{
    double sum = 0;
    for (int64_t k = 1; k <= lags && k < n; k++) {
        double r = correlation(x, n, k);
        sum += r * r;
    }
    return n > 1 ? sum : NAN;
}

/* Durbin and Levinson: partial autocorrelations 1..lags; room: 3 lags + 1. False when undefined. */
static bool partial(const double *x, int64_t n, int64_t lags, double *out, double *room)
{
    double *r = room, *phi = room + lags + 1, *before = phi + lags, left = 1;
    if (n <= lags || lags < 1) return false;
    for (int64_t k = 0; k <= lags; k++) r[k] = correlation(x, n, k);
    if (isnan(r[0])) return false;
    for (int64_t k = 1; k <= lags; k++) {
        double sum = r[k];
        for (int64_t j = 1; j < k; j++) sum -= phi[j - 1] * r[k - j];
        if (!(left > 1e-12)) return false;
        double p = out[k - 1] = sum / left;
        memcpy(before, phi, (size_t)(k - 1) * sizeof *phi);
        for (int64_t j = 1; j < k; j++) phi[j - 1] = before[j - 1] - p * before[k - j - 1];
        phi[k - 1] = p;
        left *= 1 - p * p;
    }
    return true;
}

static double partial5(const double *x, int64_t n)
{
    double value[5], room[16], sum = 0;
    int64_t lags = n - 1 < 5 ? n - 1 : 5;
    if (!partial(x, n, lags, value, room)) return NAN;
    for (int64_t k = 0; k < lags; k++) sum += value[k] * value[k];
    return sum;
}

static int64_t differences(const double *x, int64_t n, int64_t lag, double *out)
{
    for (int64_t t = lag; t < n; t++) out[t - lag] = x[t] - x[t - lag];
    return n > lag ? n - lag : 0;
}

static void correlations(look *l)
{
    double *d = l->room, *out = l->out;
    int64_t left = l->n;
    memcpy(d, l->x, (size_t)l->n * sizeof *d);
    for (int k = 0; k < 3; k++) {
        if (k > 0) left = differences(d, left, 1, d);
        out[FORE_FEATURE_X_ACF1 + 2 * k] = correlation(d, left, 1);
        out[FORE_FEATURE_X_ACF10 + 2 * k] = squared_correlations(d, left, LAGS);
        out[FORE_FEATURE_X_PACF5 + k] = partial5(d, left);
    }
    if (l->m < 2) return;
    out[FORE_FEATURE_SEAS_ACF1] = correlation(l->x, l->n, l->m);
    if (partial(l->x, l->n, l->m, d, d + l->m)) out[FORE_FEATURE_SEAS_PACF] = d[l->m - 1];
    left = differences(l->x, l->n, l->m, d);
    out[FORE_FEATURE_SEDIFF_ACF1] = correlation(d, left, 1);
    out[FORE_FEATURE_SEDIFF_ACF10] = squared_correlations(d, left, LAGS);
    out[FORE_FEATURE_SEDIFF_SEACF1] = correlation(d, left, l->m);
}

/* ---- trend, season, remainder ---- */

/* Local lines, tricube weights over the `window` nearest values. */
static void local_lines(const double *y, int64_t n, int64_t window, double *trend)
{
    for (int64_t t = 0; t < n; t++) {
        int64_t from = t - window / 2 > 0 ? t - window / 2 : 0;
        if (from + window > n) from = n > window ? n - window : 0;
        int64_t to = from + window < n ? from + window : n;
        double reach = fmax((double)(t - from), (double)(to - 1 - t)) + 1;
        double s0 = 0, s1 = 0, s2 = 0, y0 = 0, y1 = 0;
        for (int64_t j = from; j < to; j++) {
            double u = fabs((double)(j - t)) / reach, w = pow(1 - u * u * u, 3);
            double d = (double)(j - t);
            s0 += w, s1 += w * d, s2 += w * d * d, y0 += w * y[j], y1 += w * d * y[j];
        }
        double det = s0 * s2 - s1 * s1;
        trend[t] = det > 0 ? (s2 * y0 - s1 * y1) / det : y0 / s0;
    }
}

static double spike(const double *r, int64_t n, double *room)
{
    double mean = fore_mean(r, n), variance = fore_variance(r, n);
    if (n < 3) return NAN;
    for (int64_t t = 0; t < n; t++)
        room[t] = (variance * (double)(n - 1) - (r[t] - mean) * (r[t] - mean)) / (double)(n - 2);
    return fore_variance(room, n);
}

/* Coefficients on polynomials of degree 1 and 2, orthonormal over 0..n-1. */
static void bend(look *l, const double *trend)
{
    double n = (double)l->n, centre = (n - 1) / 2, spread = (n * n - 1) / 12, line = 0, curve = 0,
           lines = 0, curves = 0;
    for (int64_t t = 0; t < l->n; t++) {
        double p = (double)t - centre, q = p * p - spread;
        line += p * trend[t], lines += p * p;
        curve += q * trend[t], curves += q * q;
    }
    if (lines > 0) l->out[FORE_FEATURE_LINEARITY] = line / sqrt(lines);
    if (curves > 0) l->out[FORE_FEATURE_CURVATURE] = curve / sqrt(curves);
}

static double explained(const double *part, const double *rest, int64_t n, double *room)
{
    for (int64_t t = 0; t < n; t++) room[t] = part[t] + rest[t];
    double all = fore_variance(room, n);
    return all > 0 ? fmax(0, fmin(1, 1 - fore_variance(rest, n) / all)) : 0;
}

static fore_status parts(look *l, fore_error *err)
{
    int64_t n = l->n, window = n / TREND_SHARE > TREND_LEAST ? n / TREND_SHARE : TREND_LEAST;
    double *season = l->room, *trend = season + n, *rest = trend + n, *room = rest + n;
    bool seasonal = l->m > 1 && 2 * l->m < n;
    if (n < 3) return FORE_OK;
    if (seasonal) {
        FORE_TRY(fore_mstl(l->x, n, &l->m, 1, season, trend, rest, err));
        l->out[FORE_FEATURE_SEASONAL_STRENGTH] = explained(season, rest, n, room);
    } else {
        local_lines(l->x, n, window, trend);
        for (int64_t t = 0; t < n; t++) rest[t] = l->x[t] - trend[t];
    }
    l->out[FORE_FEATURE_TREND] = explained(trend, rest, n, room);
    l->out[FORE_FEATURE_SPIKE] = spike(rest, n, room);
    l->out[FORE_FEATURE_E_ACF1] = correlation(rest, n, 1);
    l->out[FORE_FEATURE_E_ACF10] = squared_correlations(rest, n, LAGS);
    bend(l, trend);
    return FORE_OK;
}

/* ---- autoregression: Burg's, order by AIC ---- */

typedef struct autoregression {
    int64_t order;
    double a[ORDER_MAX]; /* x_t = sum a[i] x_{t-1-i} + e_t */
} autoregression;

/* forward and backward: n doubles each. */
static autoregression burg(const double *x, int64_t n, double *forward, double *backward)
{
    autoregression best = {0}, now = {0};
    int64_t most = (int64_t)(10 * log10((double)n));
    double variance = 0, least;
    if (most > n - 1) most = n - 1;
    for (int64_t t = 0; t < n; t++) forward[t] = backward[t] = x[t], variance += x[t] * x[t];
    variance /= (double)n;
    least = (double)n * log(variance);
    for (int64_t k = 1; k <= most; k++) {
        double cross = 0, power = 0, before[ORDER_MAX];
        for (int64_t t = k; t < n; t++) {
            cross += forward[t] * backward[t - 1];
            power += forward[t] * forward[t] + backward[t - 1] * backward[t - 1];
        }
        if (!(power > 0)) break;
        double p = 2 * cross / power;
        memcpy(before, now.a, sizeof before);
        for (int64_t j = 0; j < k - 1; j++) now.a[j] = before[j] - p * before[k - 2 - j];
        now.a[k - 1] = p, now.order = k;
        for (int64_t t = n - 1; t >= k; t--) {
            double f = forward[t], b = backward[t - 1];
            forward[t] = f - p * b, backward[t] = b - p * f;
        }
        variance *= 1 - p * p;
        double aic = (double)n * log(variance) + 2 * (double)k;
        if (!(variance > 0)) break;
        if (aic < least) least = aic, best = now;
    }
    return best;
}

/* Shannon's entropy of the spectrum at n / 2 + 1 frequencies, those inside counted twice. */
static double entropy(const autoregression *a, int64_t n, double *spectrum)
{
    int64_t count = (n + 1) / 2 + 1;
    double total = 0, sum = 0;
    for (int64_t f = 0; f < count; f++) {
        double angle = PI * (double)f / (double)(count - 1), re = 1, im = 0;
        for (int64_t j = 0; j < a->order; j++) {
            re -= a->a[j] * cos(angle * (double)(j + 1));
            im += a->a[j] * sin(angle * (double)(j + 1));
        }
        spectrum[f] = 1 / (re * re + im * im);
        total += f > 0 ? 2 * spectrum[f] : spectrum[f];
    }
    for (int64_t f = 0; f < count; f++) {
        double share = spectrum[f] / total;
        if (share > 0) sum -= (f > 0 ? 2 : 1) * share * log(share);
    }
    return sum / log((double)(2 * count - 1));
}

/* ---- regressions ---- */

/* Sum of squares of y left after a least-squares fit on k columns, all n long; both are spoiled.
 * A column that the ones before it explain is left out. */
static double left_over(double *columns, int64_t n, int64_t k, double *y)
{
    double sum = 0;
    for (int64_t j = 0; j < k; j++) {
        double *c = columns + j * n, whole = 0, size = 0;
        for (int64_t t = 0; t < n; t++) whole += c[t] * c[t];
        for (int64_t i = 0; i < j; i++) {
            double *b = columns + i * n, dot = 0;
            for (int64_t t = 0; t < n; t++) dot += b[t] * c[t];
            for (int64_t t = 0; t < n; t++) c[t] -= dot * b[t];
        }
        for (int64_t t = 0; t < n; t++) size += c[t] * c[t];
        double unit = size > 1e-14 * whole ? 1 / sqrt(size) : 0, dot = 0;
        for (int64_t t = 0; t < n; t++) c[t] *= unit, dot += c[t] * y[t];
        for (int64_t t = 0; t < n; t++) y[t] -= dot * c[t];
    }
    for (int64_t t = 0; t < n; t++) sum += y[t] * y[t];
    return sum;
}

/* Room: (ARCH_LAGS + 3) n. */
static double arch(const double *x, int64_t n, double *room)
{
    double *square = room, *y = room + n, *columns = y + n, mean = fore_mean(x, n), all = 0;
    int64_t rows = n - ARCH_LAGS;
    if (rows < 2 * (ARCH_LAGS + 1)) return NAN;
    for (int64_t t = 0; t < n; t++) square[t] = (x[t] - mean) * (x[t] - mean);
    for (int64_t t = 0; t < rows; t++) {
        y[t] = square[t + ARCH_LAGS];
        columns[t] = 1;
        for (int64_t k = 1; k <= ARCH_LAGS; k++) columns[k * rows + t] = square[t + ARCH_LAGS - k];
    }
    mean = fore_mean(y, rows);
    for (int64_t t = 0; t < rows; t++) all += (y[t] - mean) * (y[t] - mean);
    return all > 0 ? 1 - left_over(columns, rows, ARCH_LAGS + 1, y) / all : 0;
}

static double nonlinearity(const look *l)
{
    int64_t rows = l->n - 1;
    double *y = l->room, *columns = y + rows, line, cubic;
    if (rows < 8) return NAN;
    for (int64_t t = 0; t < rows; t++) {
        double x = l->x[t];
        y[t] = l->x[t + 1];
        columns[t] = 1, columns[rows + t] = x;
        columns[2 * rows + t] = x * x, columns[3 * rows + t] = x * x * x;
    }
    line = left_over(columns, rows, 2, y);
    cubic = left_over(columns, rows, 4, y); /* y is the residual of the line by now */
    return cubic > 0 && line > 0 ? 10 * log(line / cubic) * (double)rows / (double)l->n : NAN;
}

static double phillips_perron(const look *l)
{
    int64_t n = l->n - 1, lags = (int64_t)(4 * pow((double)n / 100, 0.25));
    const double *y = l->x + 1, *z = l->x;
    double *e = l->room, my = fore_mean(y, n), mz = fore_mean(z, n), zz = 0, zy = 0, yy = 0, s = 0;
    if (n < 4) return NAN;
    for (int64_t t = 0; t < n; t++) {
        zz += (z[t] - mz) * (z[t] - mz);
        zy += (z[t] - mz) * (y[t] - my);
        yy += (y[t] - my) * (y[t] - my);
    }
    if (!(zz > 0 && yy > 0)) return NAN;
    for (int64_t t = 0; t < n; t++) e[t] = y[t] - my - zy / zz * (z[t] - mz);
    for (int64_t k = 1; k <= lags; k++) {
        double sum = 0;
        for (int64_t t = k; t < n; t++) sum += e[t] * e[t - k];
        s += (1 - (double)k / (double)(lags + 1)) * sum / (double)n;
    }
    return (double)n * (zy / zz - 1) - s / (yy / ((double)n * (double)n));
}

static void stationarity(look *l)
{
    double *residual = l->room, *spare = residual + l->n;
    l->out[FORE_FEATURE_UNITROOT_KPSS] = fore_kpss(l->x, l->n);
    l->out[FORE_FEATURE_UNITROOT_PP] = phillips_perron(l);
    l->out[FORE_FEATURE_NONLINEARITY] = nonlinearity(l);
    l->out[FORE_FEATURE_ARCH_LM] = arch(l->x, l->n, l->room);
    autoregression a = burg(l->x, l->n, residual, spare);
    l->out[FORE_FEATURE_ENTROPY] = entropy(&a, l->n, spare);
    int64_t rows = l->n - a.order;
    for (int64_t t = 0; t < rows; t++) {
        residual[t] = l->x[t + a.order];
        for (int64_t j = 0; j < a.order; j++) residual[t] -= a.a[j] * l->x[t + a.order - 1 - j];
    }
    l->out[FORE_FEATURE_ARCH_R2] = arch(residual, rows, spare);
    for (int64_t t = 0; t < rows; t++) residual[t] *= residual[t];
    l->out[FORE_FEATURE_ARCH_ACF] = squared_correlations(residual, rows, ARCH_LAGS);
}

/* ---- tiles, windows, runs ---- */

static void tiles(look *l)
{
    int64_t width = l->m > 1 ? l->m : TILE, count = l->n / width;
    double *mean = l->room, *variance = mean + l->n;
    for (int64_t k = 0; k < count; k++) {
        mean[k] = fore_mean(l->x + k * width, width);
        variance[k] = fore_variance(l->x + k * width, width);
    }
    if (count < 2) return;
    l->out[FORE_FEATURE_STABILITY] = fore_variance(mean, count);
    l->out[FORE_FEATURE_LUMPINESS] = fore_variance(variance, count);
}

static void shifts(look *l)
{
    int64_t width = l->m > 1 ? l->m : TILE, count = l->n - width + 1;
    double *mean = l->room, *variance = mean + l->n, step = NAN, change = NAN;
    for (int64_t t = 0; t < count; t++) {
        mean[t] = fore_mean(l->x + t, width);
        variance[t] = fore_variance(l->x + t, width);
    }
    for (int64_t t = width; t < count; t++) {
        step = fmax(step, fabs(mean[t] - mean[t - width])); /* fmax passes NaN over */
        change = fmax(change, fabs(variance[t] - variance[t - width]));
    }
    l->out[FORE_FEATURE_LEVEL_SHIFT] = step;
    l->out[FORE_FEATURE_VARIANCE_SHIFT] = change;
}

static void runs(look *l)
{
    memcpy(l->room, l->x, (size_t)l->n * sizeof *l->room);
    double middle = fore_median(l->room, l->n), low = INFINITY, high = -INFINITY;
    int64_t crossings = 0, run = 0, longest = 0, before = -1;
    for (int64_t t = 0; t < l->n; t++) low = fmin(low, l->x[t]), high = fmax(high, l->x[t]);
    for (int64_t t = 0; t < l->n; t++) {
        int64_t tenth = (int64_t)((l->x[t] - low) / (high - low) * TENTHS);
        if (tenth == TENTHS) tenth--;
        run = tenth == before ? run + 1 : 1;
        before = tenth;
        if (run > longest) longest = run;
        if (t > 0) crossings += (l->x[t] <= middle) != (l->x[t - 1] <= middle);
    }
    l->out[FORE_FEATURE_CROSSING_POINTS] = (double)crossings / (double)l->n;
    l->out[FORE_FEATURE_FLAT_SPOTS] = (double)longest / (double)l->n;
}

static fore_status smoothing(look *l, fore_error *err)
{
    fore_holt_winters hw;
    fore_status status = fore_holt_winters_fit(l->x, l->n, 1, false, &hw, NULL, NULL);
    if (status == FORE_E_MEMORY) return fore_no_memory(err);
    if (status == FORE_OK)
        l->out[FORE_FEATURE_ALPHA] = hw.alpha, l->out[FORE_FEATURE_BETA] = hw.beta;
    if (l->m < 2 || l->m > FORE_HW_SEASON_MAX) return FORE_OK;
    status = fore_holt_winters_fit(l->x, l->n, l->m, false, &hw, NULL, NULL);
    if (status == FORE_E_MEMORY) return fore_no_memory(err);
    if (status != FORE_OK) return FORE_OK;
    l->out[FORE_FEATURE_HW_ALPHA] = hw.alpha;
    l->out[FORE_FEATURE_HW_BETA] = hw.beta;
    l->out[FORE_FEATURE_HW_GAMMA] = hw.gamma;
    return FORE_OK;
}

/* ---- all ---- */

/* False when all values are equal. */
static bool standardise(look *l)
{
    double mean = fore_mean(l->y, l->n), sd = sqrt(fore_variance(l->y, l->n));
    int64_t zeros = 0;
    bool varies = false;
    for (int64_t t = 0; t < l->n; t++) {
        zeros += l->y[t] == 0;
        varies |= l->y[t] != l->y[0];
        l->x[t] = (l->y[t] - mean) / sd;
    }
    l->out[FORE_FEATURE_ZEROS] = (double)zeros / (double)l->n;
    if (varies && mean != 0) l->out[FORE_FEATURE_VARIATION] = sd / fabs(mean);
    return varies && sd > 0;
}

fore_status fore_series_features(const double *y, int64_t n, int64_t m, double *out,
                                 fore_error *err)
{
    int64_t seen = n < NEWEST ? n : NEWEST;
    double *block = FORE_NEW((ARCH_LAGS + 6) * seen + 3 * m, double);
    if (!block) return fore_no_memory(err);
    look l = {y + (n - seen), block, seen, m, block + seen, out};
    for (int f = 0; f < FORE_SERIES_FEATURES; f++) out[f] = NAN;
    out[FORE_FEATURE_LENGTH] = (double)n;
    out[FORE_FEATURE_SEASON] = (double)m;
    fore_status status = FORE_OK;
    if (standardise(&l)) {
        correlations(&l);
        stationarity(&l);
        tiles(&l);
        shifts(&l);
        runs(&l);
        status = parts(&l, err);
        if (status == FORE_OK) status = smoothing(&l, err);
    }
    fore_free(block);
    return status;
}
