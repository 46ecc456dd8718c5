/* Outliers beside drivers (driver_outliers.h).
 *
 *   rough effects by a regression that outliers do not move: a line that may bend, the season as
 *   Fourier pairs, the drivers; least absolute deviations, then bisquare weights from there
 *   outliers of what these effects leave (anomalies.h); none: done
 *   more than a tenth of the values: a pattern, and values to learn from
 *   effects again, by drivers.h, without those values; outliers of what they leave
 *
 * Source of the two robust fits: iteratively reweighted least squares (Holland, Welsch 1977). */
#include "models/series/driver_outliers.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/series/anomalies.h"
#include "models/series/prepare.h"

enum {
    LONGEST = 5000,    /* newest values that the rough effects are learned on */
    VALUES_LEAST = 10, /* as anomalies.h */
    BENDS = 6,         /* of the line, at most */
    BEND_VALUES = 12,  /* between two */
    PAIRS = 6,         /* of the season, at most */
    CYCLES = 2,        /* of it, at least */
    TENTH = 10,
    ABSOLUTE = 30,
    BISQUARE = 10 /* rounds */
};
static const double NORMAL_MAD = 1.4826, TUNING = 4.685, NEARLY_NONE = 1e-6,
                    PI = 3.14159265358979323846;

typedef struct rough {
    const double *y; /* n values, none missing, from row `from` of the drivers on */
    int64_t n, from, p, drivers;
    double *x, *z, *weight, *rest, *scratch; /* x: n x p, the drivers last */
    double beta[1 + 1 + BENDS + 2 * PAIRS + FORE_DRIVERS_MAX];
} rough;

static void put_line(rough *r)
{
    int64_t n = r->n, bends = n / BEND_VALUES - 1;
    if (bends > BENDS) bends = BENDS;
    for (int64_t j = 0; j < 2 || j < 2 + bends; j++, r->p++)
        for (int64_t t = 0; t < n; t++) {
            double at = (double)t / (double)n;
            double since = at - (double)(j - 1) / (double)(bends + 1);
            r->x[t + r->p * n] = j == 0 ? 1 : j == 1 ? at : fmax(0, since);
        }
}

static void put_season(rough *r, int64_t m)
{
    if (m < 2 || r->n < CYCLES * m) return;
    for (int64_t k = 1; k <= PAIRS && 2 * k <= m; k++)
        for (int part = 0; part < (2 * k == m ? 1 : 2); part++, r->p++)
            for (int64_t t = 0; t < r->n; t++) {
                double angle = 2 * PI * (double)(k * (t % m) % m) / (double)m;
                r->x[t + r->p * r->n] = part ? sin(angle) : cos(angle);
            }
}

/* In units of their own largest value. */
static void put_drivers(rough *r, const fore_drivers *d, int64_t rows, double *unit)
{
    for (int64_t j = 0; j < d->count; j++, r->p++) {
        const double *v = d->x + j * rows + r->from;
        unit[j] = 0;
        for (int64_t t = 0; t < r->n; t++) unit[j] = fmax(unit[j], fabs(v[t]));
        if (unit[j] == 0) unit[j] = 1;
        for (int64_t t = 0; t < r->n; t++) r->x[t + r->p * r->n] = v[t] / unit[j];
    }
}

/* Weighted least squares; rest: what it leaves. */
static fore_status fit(rough *r, fore_error *err)
{
    int64_t n = r->n, rank;
    for (int64_t t = 0; t < n; t++) {
        double root = sqrt(r->weight[t]);
        r->z[t] = root * r->y[t];
        for (int64_t j = 0; j < r->p; j++) r->scratch[t + j * n] = root * r->x[t + j * n];
    }
    FORE_TRY(fore_least_squares(r->scratch, n, r->p, r->z, &rank, err));
    memcpy(r->beta, r->z, (size_t)r->p * sizeof *r->beta);
    for (int64_t t = 0; t < n; t++) {
        double sum = 0;
        for (int64_t j = 0; j < r->p; j++) sum += r->beta[j] * r->x[t + j * n];
        r->rest[t] = r->y[t] - sum;
    }
    return FORE_OK;
}

static double spread(rough *r)
{
    for (int64_t t = 0; t < r->n; t++) r->z[t] = fabs(r->rest[t]);
    return NORMAL_MAD * fore_median(r->z, r->n);
}

static fore_status fit_robustly(rough *r, fore_error *err)
{
    for (int64_t t = 0; t < r->n; t++) r->weight[t] = 1;
    FORE_TRY(fit(r, err));
    double least = NEARLY_NONE * fmax(spread(r), NEARLY_NONE);
    for (int round = 0; round < ABSOLUTE; round++) {
        for (int64_t t = 0; t < r->n; t++) r->weight[t] = 1 / fmax(fabs(r->rest[t]), least);
        FORE_TRY(fit(r, err));
    }
    for (int round = 0; round < BISQUARE; round++) {
        double reach = TUNING * spread(r);
        if (!(reach > least)) break;
        for (int64_t t = 0; t < r->n; t++) {
            double u = fmin(1, fabs(r->rest[t]) / reach);
            r->weight[t] = (1 - u * u) * (1 - u * u);
        }
        FORE_TRY(fit(r, err));
    }
    return FORE_OK;
}

/* y less the drivers' rough effects; as it is where too few values tell of them. */
static fore_status take_rough_effects(double *y, int64_t n, int64_t from, int64_t m,
                                      const fore_drivers *d, int64_t rows, fore_error *err)
{
    int64_t most = 2 + BENDS + 2 * PAIRS + d->count, cut = n > LONGEST ? n - LONGEST : 0;
    double unit[FORE_DRIVERS_MAX];
    rough r = {.y = y + cut, .n = n - cut, .from = from + cut};
    double *block = FORE_NEW(r.n * (2 * most + 3), double);
    if (!block) return fore_no_memory(err);
    r.x = block, r.scratch = r.x + r.n * most, r.z = r.scratch + r.n * most;
    r.weight = r.z + r.n, r.rest = r.weight + r.n;
    put_line(&r);
    put_season(&r, m);
    int64_t before = r.p;
    put_drivers(&r, d, rows, unit);
    fore_status status = FORE_OK;
    if (r.n >= 2 * r.p) status = fit_robustly(&r, err);
    for (int64_t j = 0; status == FORE_OK && j < d->count; j++)
        for (int64_t t = 0; t < n; t++)
            y[t] -= r.beta[before + j] * d->x[t + from + j * rows] / unit[j];
    fore_free(block);
    return status;
}

/* The values of y with the outliers of `less` missing. */
static fore_status leave_out(const double *y, const double *less, const fore_prepared *s, int64_t n,
                             int64_t longest, double *kept, int64_t *count, fore_error *err)
{
    fore_anomalies found;
    FORE_TRY(fore_anomalies_find(less, s->n, longest, &found, err));
    memcpy(kept, y, (size_t)n * sizeof *kept);
    *count = 0;
    for (int64_t i = 0; TENTH * found.outliers <= s->n && i < found.outliers; i++) {
        int64_t t = s->lead + found.outlier[i];
        *count += !isnan(y[t]);
        kept[t] = NAN;
    }
    fore_anomalies_free(&found);
    return FORE_OK;
}

/* kept: without the outliers of a first search, then of a second. */
static fore_status search_again(const double *y, int64_t n, int64_t m, int64_t longest,
                                const fore_drivers *d, int64_t rows, const fore_prepared *s,
                                double *kept, int64_t *count, fore_error *err)
{
    fore_drivers_fit learned = {0};
    fore_error why = {0};
    fore_status status = fore_drivers_learn(kept, n, m, d, rows, &learned, &why);
    if (status == FORE_E_NO_ANSWER || status == FORE_E_NUMERIC) return FORE_OK;
    if (status != FORE_OK) {
        if (err) *err = why;
        return status;
    }
    double *less = FORE_NEW(n, double);
    fore_prepared again = {0};
    if (!less) FORE_GO(fore_no_memory(err));
    for (int64_t t = 0; t < n; t++) less[t] = y[t] - fore_drivers_at(&learned, d, rows, t);
    FORE_GO(fore_prepare(less, n, &again, err));
    FORE_GO(leave_out(y, again.y, s, n, longest, kept, count, err));
done:
    fore_prepared_free(&again);
    fore_free(less);
    fore_drivers_free(&learned);
    return status;
}

/* What fore_drivers_learn refuses. */
static bool refused(const fore_drivers *d, int64_t rows)
{
    if (d->count > FORE_DRIVERS_MAX) return true;
    for (int64_t i = 0; i < d->count * rows; i++)
        if (!isfinite(d->x[i])) return true;
    return false;
}

fore_status fore_driver_outliers(const double *y, int64_t n, int64_t m, int64_t longest,
                                 const fore_drivers *d, int64_t rows, double *kept, int64_t *count,
                                 fore_error *err)
{
    fore_prepared s = {0};
    fore_status status = FORE_OK;
    *count = 0;
    memcpy(kept, y, (size_t)n * sizeof *kept);
    if (refused(d, rows)) return FORE_OK;
    FORE_TRY(fore_prepare(y, n, &s, err));
    if (s.constant || 2 * s.zeros > s.n || s.n < VALUES_LEAST) goto done;
    FORE_GO(take_rough_effects(s.y, s.n, s.lead, m, d, rows, err));
    FORE_GO(leave_out(y, s.y, &s, n, longest, kept, count, err));
    if (*count > 0) FORE_GO(search_again(y, n, m, longest, d, rows, &s, kept, count, err));
done:
    fore_prepared_free(&s);
    return status;
}
