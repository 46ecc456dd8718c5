/* A forecast with drivers: their effects are found first (drivers.h), the method asked for
 * forecasts what they leave, and what they are to do over the horizon is added. Outliers, replaced
 * or kept, are looked for in what they leave, and teach no effects (driver_outliers.h).
 *
 *   y' = y - (effects at t - their mean): the level stays, so that methods for positive values go
 * on forecast y' with intervals, widened by the degrees of freedom that the effects took add the
 * effects back to everything that is told in the unit of y; what the effects leave unsure at a step
 * (arima.h) adds to the squared half widths, and to every path one draw of all effects */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "models/series/driver_outliers.h"
#include "models/series/series_inside.h"

/* Share of a driver's range. */
static const double BEYOND = 0.5;

static double bounded(const fore_series_options *o, double v)
{
    return o->non_negative && v < 0 ? 0 : v;
}

/* How far a bound lies from the mean: its own distance widened, and `unsure` beside it. */
static double distance(double own, double widening, double unsure)
{
    return sqrt(widening * widening * own * own + unsure * unsure);
}

/* Intervals and sd; f->mean is that of the method. */
static void put_bounds(const fore_drivers_fit *fit, fore_series_forecast *f)
{
    for (int64_t h = 0; h < f->horizon; h++) {
        double unsure = sqrt(fore_drivers_variance(fit, f->n + h)), mean = f->mean[h];
        for (int64_t k = 0; k < f->levels; k++) {
            double *lower = &f->lower[h + k * f->horizon], *upper = &f->upper[h + k * f->horizon];
            double q = unsure * fore_t_quantile(0.5 + f->level[k] / 200, fit->freedom);
            *lower = mean - distance(mean - *lower, fit->widening, q);
            *upper = mean + distance(*upper - mean, fit->widening, q);
        }
        f->sd[h] = distance(f->sd[h], fit->widening, unsure);
    }
    f->sigma *= fit->widening;
}

/* FNV-1a over the bits of the numbers: draws depend on the series, not on its place. */
static uint64_t stream_of(const double *v, int64_t n)
{
    uint64_t hash = 14695981039346656037u;
    for (int64_t t = 0; t < n; t++) {
        uint64_t bits = 0;
        if (!isnan(v[t])) memcpy(&bits, &v[t], sizeof bits);
        for (int byte = 0; byte < 8; byte++)
            hash = (hash ^ (bits >> 8 * byte & 255)) * 1099511628211u;
    }
    return hash;
}

/* To each path one draw of the effects (Student's t), the same at all of its steps. */
static void put_paths(const fore_series_options *o, const double *less, const fore_drivers_fit *fit,
                      fore_series_forecast *f)
{
    uint64_t stream = ~stream_of(less, f->n);
    for (int64_t i = 0; i < f->paths; i++) {
        fore_random random = fore_random_new(o->seed, stream + (uint64_t)i);
        double z[FORE_DRIVERS_MAX];
        double longer = sqrt(fit->freedom / 2 / fore_random_gamma(&random, fit->freedom / 2));
        for (int64_t j = 0; j < fit->kept; j++) z[j] = longer * fore_random_normal(&random);
        for (int64_t h = 0; h < f->horizon; h++) {
            double *at = &f->path[h + i * f->horizon];
            *at = f->mean[h] + fit->widening * (*at - f->mean[h]) +
                  fore_drivers_error(fit, f->n + h, z);
        }
    }
}

/* The effects, back to all that is in the unit of y. */
static void put_back(const fore_series_options *o, const double *y, const double *added,
                     fore_series_forecast *f)
{
    for (int64_t t = 0; t < f->n; t++) {
        f->used[t] = isnan(y[t]) ? f->used[t] + added[t] : y[t];
        f->fitted[t] += added[t];
    }
    for (int64_t h = 0; h < f->horizon; h++) {
        double more = added[f->n + h];
        for (int64_t i = 0; i < f->paths; i++)
            f->path[h + i * f->horizon] = bounded(o, f->path[h + i * f->horizon] + more);
        for (int64_t k = 0; k < f->levels; k++) {
            f->lower[h + k * f->horizon] = bounded(o, f->lower[h + k * f->horizon] + more);
            f->upper[h + k * f->horizon] = bounded(o, f->upper[h + k * f->horizon] + more);
        }
        f->mean[h] = bounded(o, f->mean[h] + more);
    }
}

/* Future values further from the history's than BEYOND of their range. */
static void say_beyond(const fore_drivers *d, const fore_drivers_fit *fit, fore_series_forecast *f)
{
    int64_t rows = f->n + f->horizon;
    for (int64_t j = 0; j < fit->count; j++) {
        const double *x = d->x + j * rows;
        double low = x[0], high = x[0], furthest = 0, value = 0;
        if (!fit->effect[j].kept) continue;
        for (int64_t t = 0; t < f->n; t++) low = fmin(low, x[t]), high = fmax(high, x[t]);
        for (int64_t t = f->n; t < rows; t++) {
            double out = fmax(low - x[t], x[t] - high);
            if (out > furthest) furthest = out, value = x[t];
        }
        if (furthest > BEYOND * (high - low))
            series_note_result(f,
                               "%s is to be %.6g, far beyond its %.6g to %.6g so far: that its "
                               "effect goes on like that is assumed",
                               fit->effect[j].name, value, low, high);
    }
}

/* One sentence for all that were left out for the same reason. */
static void say_left_out(fore_series_forecast *f)
{
    for (int64_t j = 0; j < f->effects; j++) {
        char names[200] = "";
        size_t used = 0;
        int64_t more = 0;
        bool told = f->effect[j].kept;
        for (int64_t i = 0; i < j; i++)
            told = told || strcmp(f->effect[i].why, f->effect[j].why) == 0;
        for (int64_t i = j; !told && i < f->effects; i++) {
            const fore_driver_effect *e = &f->effect[i];
            if (strcmp(e->why, f->effect[j].why) != 0) continue;
            if (used + strlen(e->name) + 3 < sizeof names)
                used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                         used ? ", " : "", e->name);
            else
                more++;
        }
        if (told) continue;
        if (more > 0) snprintf(names + used, sizeof names - used, " (%lld more)", (long long)more);
        series_note_result(f, "without the driver%s %s: %s",
                           more > 0 || strchr(names, ',') ? "s" : "", names, f->effect[j].why);
    }
}

/* Effects go to the forecast, which owns them then. */
static void tell(fore_drivers_fit *fit, fore_series_forecast *f)
{
    f->effects = fit->count;
    f->effect = fit->effect;
    fit->effect = NULL;
    size_t used = strlen(f->name);
    if (fit->kept > 0)
        snprintf(f->name + used, sizeof f->name - used, " beside %lld driver%s",
                 (long long)fit->kept, fit->kept == 1 ? "" : "s");
    say_left_out(f);
}

/* Effects, from values that are no outliers; kept: room for n. */
static fore_status learn(const double *y, int64_t n, int64_t m, int64_t rows,
                         const fore_series_options *o, double *kept, fore_drivers_fit *fit,
                         fore_error *err)
{
    int64_t outliers;
    if (!series_searched(n, o)) return fore_drivers_learn(y, n, m, o->drivers, rows, fit, err);
    FORE_TRY(fore_driver_outliers(y, n, m, series_longest_season(n, m, o), o->drivers, rows, kept,
                                  &outliers, err));
    FORE_TRY(fore_drivers_learn(kept, n, m, o->drivers, rows, fit, err));
    if (outliers > 0 && fit->kept == 0) { /* they are all there is to learn from */
        fore_drivers_free(fit);
        return fore_drivers_learn(y, n, m, o->drivers, rows, fit, err);
    }
    return FORE_OK;
}

static fore_status without_drivers(const double *y, int64_t n, int64_t m, int64_t horizon,
                                   const fore_series_options *plain, const fore_error *why,
                                   fore_series_forecast **forecast, fore_error *err)
{
    FORE_TRY(series_run_plain(y, n, m, horizon, plain, forecast, err));
    series_note_result(*forecast, "the drivers were not used: %s", why->message);
    return FORE_OK;
}

fore_status series_run_driven(const double *y, int64_t n, int64_t m, int64_t horizon,
                              const fore_series_options *options, fore_series_forecast **forecast,
                              fore_error *err)
{
    fore_series_options plain = *options;
    const fore_drivers *drivers = options->drivers;
    fore_drivers_fit fit = {0};
    fore_error why = {0};
    int64_t rows = n + horizon;
    double mean = 0, *less = NULL, *added = NULL;
    plain.drivers = NULL;
    plain.non_negative = false;
    less = FORE_NEW(n, double);
    added = FORE_NEW(rows, double);
    fore_status status = FORE_OK;
    if (!less || !added) FORE_GO(fore_no_memory(err));
    status = learn(y, n, m, rows, options, less, &fit, &why);
    if (status == FORE_E_NO_ANSWER || status == FORE_E_NUMERIC) {
        plain.non_negative = options->non_negative;
        FORE_GO(without_drivers(y, n, m, horizon, &plain, &why, forecast, err));
        goto done;
    }
    if (status != FORE_OK) {
        if (err) *err = why;
        goto done;
    }
    for (int64_t t = 0; t < rows; t++) added[t] = fore_drivers_at(&fit, drivers, rows, t);
    for (int64_t t = 0; t < n; t++) mean += added[t] / (double)n;
    for (int64_t t = 0; t < rows; t++) added[t] -= mean;
    for (int64_t t = 0; t < n; t++) less[t] = y[t] - added[t];
    FORE_GO(series_run_plain(less, n, m, horizon, &plain, forecast, err));
    put_paths(options, less, &fit, *forecast);
    put_bounds(&fit, *forecast);
    put_back(options, y, added, *forecast);
    say_beyond(drivers, &fit, *forecast);
    tell(&fit, *forecast);
done:
    fore_free(less);
    fore_free(added);
    fore_drivers_free(&fit);
    return status;
}
