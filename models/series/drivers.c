/* Effects of drivers (drivers.h).
 *
 *   leave out what is constant or repeated
 *   choose the orders with all that are left
 *   while a group that was not asked for lowers AICc by going: drop it (orders kept)
 *   choose the orders again with those that stay
 *   missing values of y: fill what the drivers leave, and once more from the top of the last line
 */
#include "models/series/drivers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/arima_inside.h"

enum { NEWEST = 20000, VALUES_PER_DRIVER = 3, VALUES_LEAST = 8 };
static const double REPEATED = 1e-8; /* share of a column's variation that the others leave */

typedef struct regression {
    const fore_drivers *drivers;
    int64_t rows, from, n, m; /* the values from row `from` on */
    double *y;                /* n, filled */
    double *x;                /* n x (FORE_ARIMA_REGRESSORS): the columns in use */
    int64_t column[FORE_DRIVERS_MAX], k;
    fore_arima model;
} regression;

static double value_at(const fore_drivers *d, int64_t rows, int64_t j, int64_t t)
{
    return d->x[t + j * rows];
}

/* ---- what can be told apart ---- */

static double length_of(const double *v, int64_t n)
{
    double sum = 0;
    for (int64_t t = 0; t < n; t++) sum += v[t] * v[t];
    return sum;
}

static void take_off(double *v, const double *unit, int64_t n)
{
    double along = 0;
    for (int64_t t = 0; t < n; t++) along += v[t] * unit[t];
    for (int64_t t = 0; t < n; t++) v[t] -= along * unit[t];
}

/* v without its means by season: what a season can hold. */
static void take_season(double *v, int64_t n, int64_t m)
{
    for (int64_t s = 0; s < m && s < n; s++) {
        double sum = 0;
        int64_t count = 0;
        for (int64_t t = s; t < n; t += m) sum += v[t], count++;
        for (int64_t t = s; t < n; t += m) v[t] -= sum / (double)count;
    }
}

/* v without mean, season, line and the columns before it; false when nothing is left. The unit
 * vector of the rest goes to basis. */
static bool is_new(const double *v, int64_t n, int64_t m, double *basis, int64_t *count)
{
    double *rest = basis + *count * n, top = 0;
    for (int64_t t = 0; t < n; t++) top = fmax(top, fabs(v[t]));
    for (int64_t t = 0; t < n; t++) rest[t] = v[t] / top; /* squares stay finite */
    take_season(rest, n, 1);
    double all = length_of(rest, n);
    for (int pass = 0; pass < 2; pass++) { /* twice is enough (Kahan, Parlett) */
        if (m > 1 && n >= 2 * m) take_season(rest, n, m);
        for (int64_t j = 0; j < *count; j++) take_off(rest, basis + j * n, n);
    }
    double left = length_of(rest, n);
    if (!(left > REPEATED * all)) return false;
    for (int64_t t = 0; t < n; t++) rest[t] /= sqrt(left);
    ++*count;
    return true;
}

static bool is_constant(const double *v, int64_t n)
{
    for (int64_t t = 1; t < n; t++)
        if (v[t] != v[0]) return false;
    return true;
}

static void leave_out(fore_driver_effect *e, const char *why)
{
    e->kept = false;
    snprintf(e->why, sizeof e->why, "%s", why);
}

/* Those asked for by name go first: of two that say the same, they stay. */
static fore_status screen(const regression *r, fore_drivers_fit *fit, fore_error *err)
{
    const fore_drivers *d = r->drivers;
    int64_t n = r->n, count = 0, most = n / VALUES_PER_DRIVER, kept = 0;
    double *basis = FORE_NEW(n * (d->count + 2), double), *line = NULL;
    if (!basis) return fore_no_memory(err);
    line = basis + n * (d->count + 1);
    for (int64_t t = 0; t < n; t++) line[t] = (double)t;
    is_new(line, n, r->m, basis, &count);
    for (int chosen = 0; chosen < 2; chosen++)
        for (int64_t j = 0; j < d->count; j++) {
            if ((d->group && d->group[j] > 0) != chosen) continue;
            const double *v = d->x + j * r->rows + r->from;
            fore_driver_effect *e = &fit->effect[j];
            if (is_constant(v, n))
                leave_out(e, "the same at all times of the history");
            else if (kept >= most || kept >= FORE_DRIVERS_MAX)
                leave_out(e, "the history is too short for so many drivers");
            else if (!is_new(v, n, r->m, basis, &count))
                leave_out(e, "repeated exactly by the season, a line or other drivers");
            else
                e->kept = true, kept++;
        }
    fore_free(basis);
    return FORE_OK;
}

/* ---- fits ---- */

static void take_columns(regression *r, const fore_drivers_fit *fit)
{
    r->k = 0;
    for (int64_t j = 0; j < fit->count; j++) {
        if (!fit->effect[j].kept) continue;
        memcpy(r->x + r->k * r->n, r->drivers->x + j * r->rows + r->from,
               (size_t)r->n * sizeof *r->x);
        r->column[r->k++] = j;
    }
}

static fore_status choose(regression *r, const fore_drivers_fit *fit, fore_error *err)
{
    take_columns(r, fit);
    return fore_arima_choose(r->y, r->n, r->m, r->x, r->k, &r->model, err);
}

/* The same orders and Fourier terms with fewer drivers. */
static fore_status fit_again(regression *r, const fore_drivers_fit *fit, fore_arima *model,
                             fore_error *err)
{
    const fore_arima *old = &r->model;
    int64_t season = old->pairs ? 1 : r->m;
    take_columns(r, fit);
    for (int64_t j = 0; j < 2 * old->pairs; j++)
        for (int64_t t = 0; t < r->n; t++)
            r->x[t + (r->k + j) * r->n] = arima_fourier(old->period, j, t);
    return fore_arima_fit(r->y, r->n, season, r->x, r->k + 2 * old->pairs, &old->order, model, err);
}

static bool unusable(fore_status status)
{
    return status == FORE_E_NO_ANSWER || status == FORE_E_NUMERIC;
}

/* The group, not asked for, whose effects are smallest beside their errors (mean of t squared); 0:
 * there is none. */
static int weakest(const regression *r)
{
    const int *group = r->drivers->group;
    int least = 0;
    double smallest = INFINITY;
    for (int64_t i = 0; group && i < r->k; i++) {
        double sum = 0;
        int members = 0;
        for (int64_t j = 0; j < r->k && group[r->column[i]] > 0; j++) {
            if (group[r->column[j]] != group[r->column[i]]) continue;
            double t = r->model.beta[j] / r->model.beta_error[j];
            sum += t * t, members++;
        }
        if (members == 0 || sum / members >= smallest) continue;
        smallest = sum / members;
        least = group[r->column[i]];
    }
    return least;
}

static void keep_group(const regression *r, fore_drivers_fit *fit, int group, bool kept)
{
    for (int64_t i = 0; i < r->k; i++) {
        fore_driver_effect *e = &fit->effect[r->column[i]];
        if (r->drivers->group[r->column[i]] != group) continue;
        if (kept)
            e->kept = true, e->why[0] = 0;
        else
            leave_out(e, "it explains too little");
    }
}

/* Leaves out what AICc does not want. */
static fore_status drop_weak(regression *r, fore_drivers_fit *fit, fore_error *err)
{
    bool dropped = false;
    for (int group; (group = weakest(r)) > 0;) {
        regression before = *r;
        fore_arima fewer;
        keep_group(&before, fit, group, false);
        fore_status status = fit_again(r, fit, &fewer, err);
        if (status != FORE_OK && !unusable(status)) return status;
        if (status != FORE_OK || !(fewer.aicc < before.model.aicc)) {
            keep_group(&before, fit, group, true);
            take_columns(r, fit);
            break;
        }
        r->model = fewer;
        r->model.regressors = r->k;
        r->model.period = before.model.period;
        r->model.pairs = before.model.pairs;
        dropped = true;
    }
    return dropped ? choose(r, fit, err) : FORE_OK;
}

/* Where no model can be fitted with all of them, those not asked for go. */
static fore_status choose_all(regression *r, fore_drivers_fit *fit, fore_error *err)
{
    fore_status status = choose(r, fit, err);
    if (!unusable(status) || !r->drivers->group) return status;
    for (int64_t j = 0; j < fit->count; j++)
        if (fit->effect[j].kept && r->drivers->group[j] > 0)
            leave_out(&fit->effect[j], "no model could be fitted with more");
    return choose(r, fit, err);
}

/* ---- missing values ---- */

/* Along straight lines of y less `known` drivers' effects. */
static void fill(regression *r, const double *y, const fore_drivers_fit *fit)
{
    int64_t last = -1;
    for (int64_t t = 0; t < r->n; t++) {
        double v = y[r->from + t];
        r->y[t] = v;
        if (isnan(v)) continue;
        double here = v - fore_drivers_at(fit, r->drivers, r->rows, r->from + t);
        for (int64_t k = last + 1; last >= 0 && k < t; k++) {
            double w = (double)(k - last) / (double)(t - last);
            double there = r->y[last] - fore_drivers_at(fit, r->drivers, r->rows, r->from + last);
            r->y[k] =
                (1 - w) * there + w * here + fore_drivers_at(fit, r->drivers, r->rows, r->from + k);
        }
        last = t;
    }
}

static bool has_holes(const double *y, int64_t from, int64_t n)
{
    for (int64_t t = from; t < from + n; t++)
        if (isnan(y[t])) return true;
    return false;
}

/* Of the rows after the last value. */
static fore_status put_loadings(const regression *r, fore_drivers_fit *fit, fore_error *err)
{
    int64_t all = r->rows - r->from, steps = all - r->n;
    fore_free(fit->loading);
    fit->loading = NULL;
    fit->known = r->from + r->n;
    if (steps < 1 || r->k == 0) return FORE_OK;
    double *x = FORE_NEW(all * r->k, double);
    fit->loading = FORE_NEW(steps * r->k, double);
    fore_status status = x && fit->loading ? FORE_OK : fore_no_memory(err);
    for (int64_t i = 0; status == FORE_OK && i < r->k; i++)
        memcpy(x + i * all, r->drivers->x + r->column[i] * r->rows + r->from,
               (size_t)all * sizeof *x);
    if (status == FORE_OK) status = fore_arima_loadings(&r->model, x, steps, fit->loading, err);
    fore_free(x);
    return status;
}

static fore_status put_effects(const regression *r, fore_drivers_fit *fit, fore_error *err)
{
    const fore_arima *a = &r->model;
    double spare = (double)(a->n - fore_arima_least(a) + 1 - a->parameters + 1);
    double q = fore_t_quantile(0.975, fmax(1, spare));
    fit->kept = r->k;
    fit->freedom = fmax(1, spare);
    fit->widening = sqrt((spare + (double)r->k) / fmax(1, spare));
    for (int64_t i = 0; i < r->k; i++) {
        fore_driver_effect *e = &fit->effect[r->column[i]];
        e->effect = a->beta[i];
        e->error = a->beta_error[i];
        e->lower = e->effect - q * e->error;
        e->upper = e->effect + q * e->error;
        e->chosen = r->drivers->group && r->drivers->group[r->column[i]] > 0;
        if (!isfinite(e->lower) || !isfinite(e->upper))
            return fore_fail(err, FORE_E_NUMERIC,
                             "the effect of %.40s is too large for a number; give it in a larger "
                             "unit",
                             e->name);
    }
    return put_loadings(r, fit, err);
}

/* ---- the whole ---- */

static fore_status check(const fore_drivers *d, int64_t n, int64_t rows, fore_error *err)
{
    if (d->count > FORE_DRIVERS_MAX)
        return fore_fail(err, FORE_E_LIMIT, "%lld drivers are more than %d; give fewer",
                         (long long)d->count, FORE_DRIVERS_MAX);
    for (int64_t j = 0; j < d->count; j++)
        for (int64_t t = 0; t < rows; t++)
            if (!isfinite(value_at(d, rows, j, t)))
                return fore_fail(err, FORE_E_DATA, "the driver %.40s has no value at %s %lld",
                                 d->name[j], t < n ? "value" : "step",
                                 (long long)(t < n ? t + 1 : t - n + 1));
    return FORE_OK;
}

/* The known part of y, its newest NEWEST values. */
static fore_status start(regression *r, const double *y, int64_t n, fore_error *err)
{
    int64_t first = 0, end = n;
    while (first < n && isnan(y[first])) first++;
    while (end > first && isnan(y[end - 1])) end--;
    r->from = end - first > NEWEST ? end - NEWEST : first;
    while (r->from < end && isnan(y[r->from])) r->from++;
    r->n = end - r->from;
    if (r->n < VALUES_LEAST)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "effects of drivers need at least %d values and the series has %lld",
                         VALUES_LEAST, (long long)r->n);
    r->y = FORE_NEW(r->n * (1 + FORE_ARIMA_REGRESSORS), double);
    if (!r->y) return fore_no_memory(err);
    r->x = r->y + r->n;
    return FORE_OK;
}

fore_status fore_drivers_learn(const double *y, int64_t n, int64_t m, const fore_drivers *drivers,
                               int64_t rows, fore_drivers_fit *fit, fore_error *err)
{
    regression r = {.drivers = drivers, .rows = rows, .m = m};
    fore_status status = FORE_OK;
    *fit = (fore_drivers_fit){.widening = 1};
    FORE_TRY(check(drivers, n, rows, err));
    fit->effect = FORE_ZNEW(drivers->count, fore_driver_effect);
    if (!fit->effect) return fore_no_memory(err);
    fit->count = drivers->count;
    for (int64_t j = 0; j < fit->count; j++)
        snprintf(fit->effect[j].name, sizeof fit->effect[j].name, "%s", drivers->name[j]);
    FORE_GO(start(&r, y, n, err));
    FORE_GO(screen(&r, fit, err));
    take_columns(&r, fit);
    if (r.k == 0) goto done;
    fill(&r, y, fit);
    FORE_GO(choose_all(&r, fit, err));
    FORE_GO(drop_weak(&r, fit, err));
    FORE_GO(put_effects(&r, fit, err));
    if (has_holes(y, r.from, r.n) && r.k > 0) {
        fill(&r, y, fit);
        FORE_GO(choose(&r, fit, err));
        FORE_GO(put_effects(&r, fit, err));
    }
done:
    fore_free(r.y);
    if (status != FORE_OK) fore_drivers_free(fit);
    return status;
}

double fore_drivers_at(const fore_drivers_fit *fit, const fore_drivers *drivers, int64_t rows,
                       int64_t t)
{
    double sum = 0;
    for (int64_t j = 0; j < fit->count; j++)
        if (fit->effect[j].kept) sum += fit->effect[j].effect * value_at(drivers, rows, j, t);
    return sum;
}

double fore_drivers_error(const fore_drivers_fit *fit, int64_t t, const double *z)
{
    double sum = 0;
    if (!fit->loading || t < fit->known) return 0;
    for (int64_t i = 0; i < fit->kept; i++)
        sum += fit->loading[i + (t - fit->known) * fit->kept] * z[i];
    return sum;
}

double fore_drivers_variance(const fore_drivers_fit *fit, int64_t t)
{
    if (!fit->loading || t < fit->known) return 0;
    return fore_drivers_error(fit, t, fit->loading + (t - fit->known) * fit->kept);
}

void fore_drivers_free(fore_drivers_fit *fit)
{
    fore_free(fit->effect);
    fore_free(fit->loading);
    *fit = (fore_drivers_fit){.widening = 1};
}
