/* A Box-Cox transformation around any method: transform, forecast, transform back.
 *
 *   lambda as given, or by Guerrero's rule in [0, 1]
 *   forecast the transformed series, missing values and all
 *   back: bounds and medians one to one, means with the bias adjustment of boxcox.h, inside their
 *   widest interval; sizes of shifts at the level around them
 *
 * Where the series has values of 0 or less, or what comes back is no number, the series is forecast
 * as it is and the note says so. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/series/boxcox.h"
#include "models/series/series_inside.h"

enum { AROUND = 12 }; /* values to each side of a shift */

/* Below 0 a growing series reaches infinity at a finite step (Bergmeir, Hyndman, Benitez 2016 stay
 * inside these limits too). */
static const double LAMBDA_LOW = 0, LAMBDA_HIGH = 1;

/* Why the series cannot be transformed; NULL when it can. */
static const char *obstacle(const double *y, int64_t n, const fore_series_options *o)
{
    if (o->method == FORE_SERIES_CROSTON || o->method == FORE_SERIES_SBA ||
        o->method == FORE_SERIES_TSB)
        return "methods for intermittent demand take the values as they are";
    for (int64_t t = 0; t < n; t++)
        if (y[t] <= 0) return "the Box-Cox transformation needs values above 0";
    return NULL;
}

static bool constant(const double *y, int64_t n)
{
    double first = NAN;
    for (int64_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        if (isnan(first)) first = y[t];
        if (y[t] != first) return false;
    }
    return true;
}

static bool transform(const double *y, int64_t n, double lambda, double *w)
{
    for (int64_t t = 0; t < n; t++) {
        w[t] = isnan(y[t]) ? NAN : fore_boxcox(y[t], lambda);
        if (isinf(w[t])) return false;
    }
    return true;
}

static bool paths_back(double lambda, double floor, fore_series_forecast *f)
{
    for (int64_t i = 0; i < f->paths * f->horizon; i++) {
        f->path[i] = fmax(floor, fore_boxcox_back(f->path[i], lambda));
        if (!isfinite(f->path[i])) return false;
    }
    return true;
}

/* Sizes of shifts, at the level on both sides of each. w: n transformed values. */
static void shifts_back(const double *w, double lambda, fore_series_forecast *f)
{
    for (int64_t k = 0; k < f->shifts; k++) {
        int64_t at = f->shift[k], from = k > 0 ? f->shift[k - 1] : 0;
        int64_t end = k + 1 < f->shifts ? f->shift[k + 1] : f->n, known = 0;
        double before = 0, size = f->shift_size[k];
        from = from > at - AROUND ? from : at - AROUND;
        end = end < at + AROUND ? end : at + AROUND;
        for (int64_t t = from; t < end; t++) {
            if (isnan(w[t])) continue;
            before += ((t < at ? w[t] : w[t] - size) - before) / (double)++known;
        }
        f->shift_size[k] =
            fore_boxcox_back(before + size, lambda) - fore_boxcox_back(before, lambda);
    }
}

/* Step h. The mean stays inside the widest interval. */
static bool step_back(const fore_series_options *o, double lambda, int64_t h,
                      fore_series_forecast *f)
{
    double floor = o->non_negative ? 0 : -INFINITY, least = INFINITY, most = -INFINITY;
    double w = f->mean[h], variance = f->sd[h] * f->sd[h];
    for (int64_t k = 0; k < f->levels; k++) {
        double *low = &f->lower[h + k * f->horizon], *high = &f->upper[h + k * f->horizon];
        *low = isnan(*low) ? NAN : fmax(floor, fore_boxcox_back(*low, lambda));
        *high = isnan(*high) ? NAN : fore_boxcox_back(*high, lambda);
        if (isinf(*high)) return false;
        least = fmin(least, *low);
        most = fmax(most, *high);
    }
    f->mean[h] = fmax(floor, fore_boxcox_mean(w, o->median ? NAN : variance, lambda));
    if (least <= most) f->mean[h] = fmin(most, fmax(least, f->mean[h]));
    f->sd[h] = fore_boxcox_sd(w, variance, lambda);
    return isfinite(f->mean[h]);
}

/* The forecast of the transformed series w becomes that of y; false where it is no number. */
static bool back(const double *y, const double *w, const fore_series_options *o, double lambda,
                 fore_series_forecast *f)
{
    double floor = o->non_negative ? 0 : -INFINITY, variance = f->sigma * f->sigma;
    f->sigma = fore_boxcox_sd(f->mean[0], variance, lambda);
    if (o->median) variance = NAN;
    for (int64_t h = 0; h < f->horizon; h++)
        if (!step_back(o, lambda, h, f)) return false;
    for (int64_t t = 0; t < f->n; t++) {
        f->used[t] =
            isnan(y[t]) && !isnan(f->used[t]) ? fore_boxcox_back(f->used[t], lambda) : y[t];
        if (!isnan(f->fitted[t])) f->fitted[t] = fore_boxcox_mean(f->fitted[t], variance, lambda);
        f->residuals[t] = f->used[t] - f->fitted[t];
    }
    shifts_back(w, lambda, f);
    return paths_back(lambda, floor, f);
}

static fore_status untransformed(const double *y, int64_t n, int64_t m, int64_t horizon,
                                 const fore_series_options *options, const char *why,
                                 fore_series_forecast **forecast, fore_error *err)
{
    FORE_TRY(series_run_plain(y, n, m, horizon, options, forecast, err));
    if (why) series_note_result(*forecast, "%s: they were not transformed", why);
    return FORE_OK;
}

fore_status series_run_transformed(const double *y, int64_t n, int64_t m, int64_t horizon,
                                   const fore_series_options *options,
                                   fore_series_forecast **forecast, fore_error *err)
{
    const char *why = obstacle(y, n, options);
    fore_series_options inside = *options;
    bool automatic = options->transform == FORE_TRANSFORM_AUTO;
    if (why || constant(y, n)) return untransformed(y, n, m, horizon, options, why, forecast, err);
    double *w = FORE_NEW(n, double);
    if (!w) return fore_no_memory(err);
    double lambda =
        automatic ? fore_boxcox_lambda(y, n, m, LAMBDA_LOW, LAMBDA_HIGH) : options->lambda;
    inside.non_negative = false;
    bool fine = transform(y, n, lambda, w);
    fore_status status = FORE_OK;
    if (fine) status = series_run_plain(w, n, m, horizon, &inside, forecast, err);
    if (fine && status == FORE_OK) fine = back(y, w, options, lambda, *forecast);
    fore_free(w);
    if (status == FORE_E_NUMERIC) fine = false;
    if (status != FORE_OK && fine) return status;
    if (fine) {
        (*forecast)->lambda = lambda;
        return FORE_OK;
    }
    fore_series_free(*forecast);
    return untransformed(y, n, m, horizon, options,
                         "the forecast of the transformed values cannot be transformed back",
                         forecast, err);
}
