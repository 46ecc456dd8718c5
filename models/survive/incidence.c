/* Kaplan-Meier and Aalen-Johansen in one pass over the sorted times.
 *
 *   at each event time: n at risk, d_c events of cause c, d = sum d_c
 *     incidence_c += S(t-) d_c / n;   S *= 1 - d / n;   Greenwood += d / (n (n - d))
 *   limits: exp(log S +- z sqrt(Greenwood)), cut at 1 */
#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/survive/incidence.h"

void fore_incidence_free(fore_incidence *c)
{
    if (!c) return;
    fore_free(c->time);
    fore_free(c->at_risk);
    fore_free(c->survival);
    fore_free(c->lower);
    fore_free(c->upper);
    fore_free(c->won);
    fore_free(c);
}

static fore_incidence *curve_new(int64_t steps, int64_t causes)
{
    fore_incidence *c = FORE_ZNEW(1, fore_incidence);
    if (!c) return NULL;
    c->steps = steps;
    c->causes = causes;
    c->time = FORE_NEW(steps, double);
    c->at_risk = FORE_NEW(steps, double);
    c->survival = FORE_NEW(steps, double);
    c->lower = FORE_NEW(steps, double);
    c->upper = FORE_NEW(steps, double);
    c->won = FORE_ZNEW(steps * causes, double);
    if (c->time && c->at_risk && c->survival && c->lower && c->upper && c->won) return c;
    fore_incidence_free(c);
    return NULL;
}

static fore_status check(const double *time, const int64_t *event, const double *weight, int64_t n,
                         int64_t causes, double level, fore_error *err)
{
    if (n < 1 || causes < 1 || causes > FORE_CAUSES_MAX || !(level > 0 && level < 1))
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "a survival curve needs at least one row, 1 to %d causes and a level between 0 and 1",
            FORE_CAUSES_MAX);
    for (int64_t i = 0; i < n; i++)
        if (!(time[i] >= 0) || event[i] < 0 || event[i] > causes || (weight && !(weight[i] > 0)))
            return fore_fail(
                err, FORE_E_DATA,
                "row %lld: the time must be >= 0, the event 0 to %lld, the weight positive",
                (long long)i + 1, (long long)causes);
    return FORE_OK;
}

/* Distinct times with an event, in sorted order. */
static int64_t count_steps(const double *time, const int64_t *event, const int64_t *order,
                           int64_t n)
{
    int64_t steps = 0;
    double last = -1;
    for (int64_t i = 0; i < n; i++) {
        int64_t r = order[i];
        if (event[r] == 0 || time[r] == last) continue;
        last = time[r];
        steps++;
    }
    return steps;
}

static void trace(fore_incidence *c, const double *time, const int64_t *event, const double *weight,
                  const int64_t *order, int64_t n, double z)
{
    double risk = 0, survival = 1, greenwood = 0, sums[FORE_CAUSES_MAX] = {0};
    for (int64_t i = 0; i < n; i++) risk += weight ? weight[i] : 1;
    for (int64_t i = 0, step = 0; i < n;) {
        double d[FORE_CAUSES_MAX] = {0}, all = 0, leaving = 0, t = time[order[i]];
        for (; i < n && time[order[i]] == t; i++) {
            double w = weight ? weight[order[i]] : 1;
            leaving += w;
            if (event[order[i]] > 0) {
                d[event[order[i]] - 1] += w;
                all += w;
            }
        }
        if (all > 0) {
            for (int64_t k = 0; k < c->causes; k++)
                c->won[k * c->steps + step] = sums[k] += survival * d[k] / risk;
            greenwood += risk > all ? all / (risk * (risk - all)) : INFINITY;
            survival *= fmax(0, 1 - all / risk);
            c->time[step] = t;
            c->at_risk[step] = risk;
            c->survival[step] = survival;
            c->lower[step] = survival > 0 ? survival * exp(-z * sqrt(greenwood)) : NAN;
            c->upper[step] = survival > 0 ? fmin(1, survival * exp(z * sqrt(greenwood))) : NAN;
            step++;
        }
        risk -= leaving;
    }
}

fore_status fore_incidence_fit(const double *time, const int64_t *event, const double *weight,
                               int64_t n, int64_t causes, double level, fore_incidence **curve,
                               fore_error *err)
{
    *curve = NULL;
    FORE_TRY(check(time, event, weight, n, causes, level, err));
    int64_t *order = FORE_NEW(n, int64_t);
    if (!order || !fore_order(time, n, order)) {
        fore_free(order);
        return fore_no_memory(err);
    }
    *curve = curve_new(count_steps(time, event, order, n), causes);
    if (*curve) trace(*curve, time, event, weight, order, n, fore_normal_quantile(0.5 + level / 2));
    fore_free(order);
    return *curve ? FORE_OK : fore_no_memory(err);
}

/* Index of the last step at or before t, or -1. */
static int64_t step_at(const fore_incidence *c, double t)
{
    int64_t low = -1, high = c->steps;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (c->time[middle] <= t)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double fore_incidence_survival(const fore_incidence *c, double t)
{
    int64_t i = step_at(c, t);
    return i < 0 ? 1 : c->survival[i];
}

double fore_incidence_of(const fore_incidence *c, int64_t cause, double t)
{
    int64_t i = step_at(c, t);
    return i < 0 ? 0 : c->won[(cause - 1) * c->steps + i];
}

double fore_incidence_quantile(const fore_incidence *c, double p, int which)
{
    static const double TIE = 1e-12; /* S equals 1 - p up to rounding */
    const double *s = which < 0 ? c->lower : which > 0 ? c->upper : c->survival;
    for (int64_t i = 0; i < c->steps; i++)
        if (s[i] <= 1 - p + TIE) return c->time[i];
    return NAN;
}
