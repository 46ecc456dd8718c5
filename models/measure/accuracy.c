/* Forecast accuracy: see accuracy.h for the definitions and their sources.
 *
 * Also the classical decomposition that Naive2 and Theta share (Makridakis, Wheelwright, Hyndman
 * 1998, section 3/4): a centred moving average over one season is the trend; what remains, averaged
 * over the same place in each season and normalised, are the indices. */
#include "models/measure/accuracy.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

/* ---- point forecasts ---- */

typedef double (*error_form)(double x, double f);

static double absolute(double x, double f) { return fabs(x - f); }
static double squared(double x, double f) { return (x - f) * (x - f); }

static double symmetric_percent(double x, double f)
{
    double size = fabs(x) + fabs(f);
    return size > 0 ? 200 * (fabs(x - f) / size) : 0;
}

static double mean_of(error_form form, const double *actual, const double *forecast, int64_t h)
{
    double sum = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < h; i++) {
        if (isnan(actual[i]) || isnan(forecast[i])) continue;
        sum += form(actual[i], forecast[i]);
        used++;
    }
    return used > 0 ? sum / (double)used : NAN;
}

double fore_mae(const double *actual, const double *forecast, int64_t h)
{
    return mean_of(absolute, actual, forecast, h);
}

double fore_rmse(const double *actual, const double *forecast, int64_t h)
{
    return sqrt(mean_of(squared, actual, forecast, h));
}

double fore_smape(const double *actual, const double *forecast, int64_t h)
{
    return mean_of(symmetric_percent, actual, forecast, h);
}

double fore_mase_scale(const double *history, int64_t n, int64_t m)
{
    int64_t lag = m > 1 ? m : 1;
    return n > lag ? mean_of(absolute, history + lag, history, n - lag) : NAN;
}

double fore_mase(const double *actual, const double *forecast, int64_t h, double scale)
{
    return fore_mae(actual, forecast, h) / scale;
}

/* ---- intervals and quantiles ---- */

double fore_msis(const double *actual, const double *lower, const double *upper, int64_t h,
                 double level, double scale)
{
    double sum = 0, miss = 2 / (1 - level / 100);
    int64_t used = 0;
    for (int64_t i = 0; i < h; i++) {
        if (isnan(actual[i]) || isnan(lower[i]) || isnan(upper[i])) continue;
        sum += upper[i] - lower[i];
        if (actual[i] < lower[i]) sum += miss * (lower[i] - actual[i]);
        if (actual[i] > upper[i]) sum += miss * (actual[i] - upper[i]);
        used++;
    }
    return used > 0 ? sum / (double)used / scale : NAN;
}

double fore_coverage(const double *actual, const double *lower, const double *upper, int64_t h)
{
    int64_t used = 0, inside = 0;
    for (int64_t i = 0; i < h; i++) {
        if (isnan(actual[i]) || isnan(lower[i]) || isnan(upper[i])) continue;
        inside += actual[i] >= lower[i] && actual[i] <= upper[i];
        used++;
    }
    return used > 0 ? (double)inside / (double)used : NAN;
}

double fore_pinball(const double *actual, const double *quantile, int64_t h, double p)
{
    double sum = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < h; i++) {
        if (isnan(actual[i]) || isnan(quantile[i])) continue;
        double d = actual[i] - quantile[i];
        sum += d >= 0 ? p * d : (p - 1) * d;
        used++;
    }
    return used > 0 ? sum / (double)used : NAN;
}

/* ---- season ---- */

static double autocovariance(const double *y, int64_t n, double mean, int64_t lag)
{
    double sum = 0;
    for (int64_t t = lag; t < n; t++) sum += (y[t] - mean) * (y[t - lag] - mean);
    return sum;
}

int fore_is_seasonal(const double *y, int64_t n, int64_t m)
{
    if (m < 2 || n <= 2 * m) return 0;
    double mean = fore_mean(y, n), variance = autocovariance(y, n, mean, 0), squares = 0;
    if (!(variance > 0)) return 0;
    for (int64_t lag = 1; lag < m; lag++) {
        double r = autocovariance(y, n, mean, lag) / variance;
        squares += r * r;
    }
    double r = autocovariance(y, n, mean, m) / variance;
    return fabs(r) > fore_normal_quantile(0.95) * sqrt((1 + 2 * squares) / (double)n);
}

double fore_centred_mean(const double *y, int64_t t, int64_t m)
{
    int64_t half = m / 2;
    double sum = 0;
    for (int64_t k = -half; k <= half; k++)
        sum += m % 2 == 0 && (k == -half || k == half) ? y[t + k] / 2 : y[t + k];
    return sum / (double)m;
}

static void normalise(double *index, int64_t m, int multiplicative)
{
    double mean = fore_mean(index, m);
    for (int64_t j = 0; j < m; j++) index[j] = multiplicative ? index[j] / mean : index[j] - mean;
}

fore_status fore_seasonal_indices(const double *y, int64_t n, int64_t m, int multiplicative,
                                  double *index, fore_error *err)
{
    if (m < 2 || n < 2 * m)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "a season of %lld needs at least %lld values and the series has %lld; "
                         "give a longer history or season 1",
                         (long long)m, (long long)(2 * m), (long long)n);
    int64_t half = m / 2;
    for (int64_t j = 0; j < m; j++) {
        double sum = 0;
        int64_t used = 0;
        for (int64_t t = j; t < n - half; t += m) {
            if (t < half) continue;
            double trend = fore_centred_mean(y, t, m);
            sum += multiplicative ? y[t] / trend : y[t] - trend;
            used++;
        }
        index[j] = sum / (double)used; /* n >= 2 m leaves every place at least one trend value */
    }
    normalise(index, m, multiplicative);
    for (int64_t j = 0; j < m; j++)
        if (!isfinite(index[j]))
            return fore_fail(
                err, FORE_E_NUMERIC,
                "the seasonal index of period %lld is not a number: the series has zeros "
                "or missing values; use the additive form",
                (long long)j + 1);
    return FORE_OK;
}

static int all_positive(const double *y, int64_t n)
{
    for (int64_t t = 0; t < n; t++)
        if (!(y[t] > 0)) return 0;
    return 1;
}

fore_status fore_naive2(const double *y, int64_t n, int64_t m, double *forecast, int64_t h,
                        fore_error *err)
{
    if (n < 1)
        return fore_fail(err, FORE_E_NO_ANSWER, "the series is empty; give at least one value");
    int seasonal = all_positive(y, n) && fore_is_seasonal(y, n, m);
    double *index = NULL;
    if (seasonal) {
        fore_status status;
        index = FORE_NEW(m, double);
        if (!index) return fore_no_memory(err);
        status = fore_seasonal_indices(y, n, m, 1, index, err);
        if (status != FORE_OK) {
            fore_free(index);
            return status;
        }
    }
    for (int64_t k = 0; k < h; k++)
        forecast[k] = seasonal ? y[n - 1] / index[(n - 1) % m] * index[(n + k) % m] : y[n - 1];
    fore_free(index);
    return FORE_OK;
}
