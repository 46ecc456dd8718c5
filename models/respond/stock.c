/* From the raw panel to regressors: adstock, saturation, shares of time, controls, hours.
 *
 * A_t = (1 - decay) a_t + decay A_(t-1), started at the rep's mean over their first active weeks.
 * x = (log(1 + A / s) - log(1 + m / s)) (m + s) / m, with m the mean and s = scale * max(m, 1): the
 * slope of x in log A is 1 at A = m, so that coefficients are elasticities there. The 1 keeps rare
 * kinds (a visit a month) from turning every single activity into a jump of several log units. */
#include <math.h>
#include <string.h>

#include "models/respond/parts.h"

enum { START_WEEKS = 8 };
static const double SHARE_MIN = 1e-3; /* a kind that was never used keeps a place in the prior */

static fore_status check_shapes(const fore_response_panel *p, const fore_response_options *o,
                                fore_error *err)
{
    if (!p || p->reps < 1 || p->weeks < 1)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the effort panel needs at least one rep and one week");
    if (p->kinds < 1 || p->kinds > FORE_KINDS_MAX)
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "the effort panel has %lld kinds of activity; 1 to %d are possible: join rare kinds",
            (long long)p->kinds, FORE_KINDS_MAX);
    if (!p->activities || !p->minutes || !p->kind_names || (!p->won_amount && !p->won_count))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the effort panel lacks activities, minutes, names or an outcome");
    if (!(o->prior_sd > 0) || !(o->scale > 0) || o->draws < 1 || !isfinite(o->prior_mean))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "prior_sd, scale and draws must be positive, prior_mean finite");
    for (int64_t i = 0; i < o->lift_count; i++) {
        const fore_effort_lift *l = &o->lifts[i];
        if (!(l->effort_factor > 0) || l->effort_factor == 1 || !isfinite(l->log_lift) ||
            !(l->log_lift_sd > 0))
            return fore_fail(
                err, FORE_E_ARGUMENT,
                "experiment %lld: the effort factor must be positive and not 1, the lift's sd positive",
                (long long)i + 1);
    }
    for (int64_t k = 0; k < p->kinds; k++)
        if (!(p->minutes[k] > 0) || !isfinite(p->minutes[k]))
            return fore_fail(err, FORE_E_DATA, "minutes of %s must be a positive number",
                             p->kind_names[k]);
    return FORE_OK;
}

/* The outcome with mean 1; infinite or negative values are data errors. */
static fore_status outcome(fore_effort_design *d, fore_error *err)
{
    const double *source = d->panel->won_count ? d->panel->won_count : d->panel->won_amount;
    double sum = 0;
    for (int64_t g = 0; g < d->reps; g++) {
        bool seen = false;
        for (int64_t i = g * d->weeks; i < (g + 1) * d->weeks; i++) {
            d->y[i] = source[i];
            if (isnan(source[i])) continue;
            if (source[i] < 0 || isinf(source[i]))
                return fore_fail(err, FORE_E_DATA,
                                 "rep %lld, week %lld: won %g; it must be finite and not negative",
                                 (long long)g + 1, (long long)(i % d->weeks) + 1, source[i]);
            seen = true;
            d->active++;
            d->with_sales += source[i] > 0;
            sum += source[i];
        }
        d->active_reps += seen;
    }
    if (sum > 0)
        for (int64_t i = 0; i < d->cells; i++) d->y[i] *= (double)d->active / sum;
    return FORE_OK;
}

static fore_status kinds_of(fore_effort_design *d, double scale, fore_error *err)
{
    double total = 0;
    for (int64_t k = 0; k < d->kinds; k++) {
        double sum = 0;
        for (int64_t i = 0; i < d->cells; i++) {
            double a = d->panel->activities[k * d->cells + i];
            bool active = !isnan(d->y[i]);
            if (active && (!isfinite(a) || a < 0))
                return fore_fail(err, FORE_E_DATA,
                                 "rep %lld, week %lld: %g activities of kind %s; a count is needed",
                                 (long long)(i / d->weeks) + 1, (long long)(i % d->weeks) + 1, a,
                                 d->panel->kind_names[k]);
            d->activity[k * d->cells + i] = isfinite(a) && a > 0 ? a : 0;
            if (active) sum += a;
        }
        d->mean_stock[k] = d->active ? sum / (double)d->active : 0;
        d->scale[k] = scale * fmax(d->mean_stock[k], 1);
        d->share[k] = d->mean_stock[k] * d->panel->minutes[k];
        total += d->share[k];
    }
    double sum = 0;
    for (int64_t k = 0; k < d->kinds; k++) {
        d->share[k] = fmax(total > 0 ? d->share[k] / total : 1, SHARE_MIN);
        sum += d->share[k];
    }
    for (int64_t k = 0; k < d->kinds; k++) d->share[k] /= sum;
    return FORE_OK;
}

/* log(1 + raw), standardised over active cells, 0 where unknown; left out when mostly unknown or
 * constant. */
static void add_control(fore_effort_design *d, const double *raw)
{
    double *out = d->controls + d->control_count * d->cells, n = 0, mean = 0, m2 = 0;
    if (!raw) return;
    for (int64_t i = 0; i < d->cells; i++) {
        if (isnan(d->y[i]) || !isfinite(raw[i]) || raw[i] < 0) continue;
        double v = log1p(raw[i]), delta = v - mean;
        n += 1;
        mean += delta / n;
        m2 += delta * (v - mean);
    }
    double sd = n > 1 ? sqrt(m2 / (n - 1)) : 0;
    if (n < FORE_HOURS_RECORDED_MIN * (double)d->active || sd < 1e-12) return;
    for (int64_t i = 0; i < d->cells; i++)
        out[i] = isfinite(raw[i]) && raw[i] >= 0 ? (log1p(raw[i]) - mean) / sd : 0;
    d->control_count++;
}

static void hours_known(fore_effort_design *d)
{
    double known = 0, sum = 0;
    for (int64_t i = 0; d->panel->hours && i < d->cells; i++) {
        double h = d->panel->hours[i];
        if (isnan(d->y[i]) || !isfinite(h) || h < 0) continue;
        known += 1;
        sum += h;
    }
    d->hours_recorded = d->active ? known / (double)d->active : 0;
    d->mean_hours = known > 0 ? sum / known : 0;
}

static void weigh(fore_effort_design *d)
{
    for (int64_t g = 0; g < d->reps; g++) {
        double sum = 1, n = 1; /* one week of mean sales, so that no rep weighs nothing */
        for (int64_t i = g * d->weeks; i < (g + 1) * d->weeks; i++) {
            if (isnan(d->y[i])) continue;
            sum += d->y[i];
            n += 1;
        }
        for (int64_t i = g * d->weeks; i < (g + 1) * d->weeks; i++)
            d->weight[i] = isnan(d->y[i]) ? 0 : sum / n;
    }
}

fore_status fore_effort_prepare(const fore_response_panel *panel,
                                const fore_response_options *options, fore_arena *arena,
                                fore_effort_design *d, fore_error *err)
{
    memset(d, 0, sizeof *d);
    FORE_TRY(check_shapes(panel, options, err));
    d->panel = panel;
    d->reps = panel->reps;
    d->weeks = panel->weeks;
    d->kinds = panel->kinds;
    d->cells = d->reps * d->weeks;
    d->y = fore_arena_alloc(arena, d->cells, sizeof(double));
    d->activity = fore_arena_alloc(arena, d->kinds * d->cells, sizeof(double));
    d->controls = fore_arena_alloc(arena, FORE_CONTROLS_MAX * d->cells, sizeof(double));
    d->weight = fore_arena_alloc(arena, d->cells, sizeof(double));
    if (!d->y || !d->activity || !d->controls || !d->weight) return fore_no_memory(err);
    FORE_TRY(outcome(d, err));
    FORE_TRY(kinds_of(d, options->scale, err));
    add_control(d, panel->arrivals);
    add_control(d, panel->held);
    hours_known(d);
    weigh(d);
    return FORE_OK;
}

/* Adstock of one rep's row, in place of nothing: `known` tells whether a week counts for the start.
 */
static void adstock(const fore_effort_design *d, const double *raw, double decay, double fallback,
                    double *out)
{
    for (int64_t g = 0; g < d->reps; g++) {
        double sum = 0, n = 0;
        const double *row = raw + g * d->weeks, *y = d->y + g * d->weeks;
        for (int64_t t = 0; t < d->weeks && n < START_WEEKS; t++) {
            if (isnan(y[t]) || isnan(row[t])) continue;
            sum += row[t];
            n += 1;
        }
        double usual = n > 0 ? sum / n : fallback, stock = usual;
        for (int64_t t = 0; t < d->weeks; t++) {
            stock = (1 - decay) * (isnan(row[t]) ? usual : row[t]) + decay * stock;
            out[g * d->weeks + t] = stock;
        }
    }
}

static void saturate(double *stock, int64_t n, double mean, double scale)
{
    double slope = mean / (mean + scale), level = log1p(mean / scale);
    for (int64_t i = 0; i < n; i++)
        stock[i] = mean > 0 ? (log1p(stock[i] / scale) - level) / slope : 0;
}

void fore_effort_stock(const fore_effort_design *d, int64_t kind, double decay, double *out)
{
    adstock(d, d->activity + kind * d->cells, decay, 0, out);
    saturate(out, d->cells, d->mean_stock[kind], d->scale[kind]);
}

void fore_effort_composite(const fore_effort_design *d, double decay, double *out, double *scratch)
{
    memset(out, 0, (size_t)d->cells * sizeof(double));
    for (int64_t k = 0; k < d->kinds; k++) {
        fore_effort_stock(d, k, decay, scratch);
        for (int64_t i = 0; i < d->cells; i++) out[i] += d->share[k] * scratch[i];
    }
}

void fore_effort_hours(const fore_effort_design *d, double decay, double *out)
{
    static const double SCALE = 0.1; /* of the mean, as for activities */
    adstock(d, d->panel->hours, decay, d->mean_hours, out);
    saturate(out, d->cells, d->mean_hours, SCALE * d->mean_hours);
    for (int64_t i = 0; i < d->cells; i++)
        if (!isfinite(d->panel->hours[i]) || d->panel->hours[i] < 0) out[i] = NAN;
}
