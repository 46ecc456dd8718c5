/* What the panel can and cannot tell, on the composite of all kinds: two-way effects,
 * estimates by hours, first-stage F, lead test, placebo, robustness value, sensitivity, overlap.
 *
 * Lead test. Given this week's effort (and the last week's, and the stock), next week's effort must
 * not explain this week's sales: it can only do so through something that both reps and sales know.
 * Placebo. Last week's sales on this week's effort alone. Effort persists, so some of this is
 * honest: what persistence and an elasticity within the prior's range explain is taken off.
 * Robustness value, Cinelli and Hazlett 2020: the partial R2 with effort and with sales that an
 * unseen confounder needs to explain the estimate away; and their bound on the bias for a given
 * strength. */
#include <math.h>
#include <string.h>

#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/respond/parts.h"

static const double LOOSE = 0.01; /* precision of N(0, 10^2) on coefficients of checks */

static double t_p(double t, double df)
{
    return isfinite(t) && df >= 1 ? 2 * fore_t_cdf(-fabs(t), df) : NAN;
}

/* v = inverse(a) b inverse(a), element (0, 0), and inverse(a) (0, 0). a, b are k x k; a is
 * destroyed. */
static fore_status corner(double *a, const double *b, int64_t k, double *bread, double *robust,
                          fore_error *err)
{
    FORE_TRY(fore_cholesky(a, k, err));
    fore_cholesky_invert(a, k);
    double sum = 0;
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = 0; j < k; j++) sum += a[i * k] * b[i + j * k] * a[j * k];
    *bread = a[0];
    *robust = sum;
    return FORE_OK;
}

static double clusters_factor(const fore_effort_design *d)
{
    double g = (double)d->active_reps;
    return g > 1 ? g / (g - 1) : NAN;
}

/* Standard error of the first coefficient, clustered by rep: with z the first column net of all
 * others, times the variance v of its coefficient, and h_g the share of rep g in its information,
 *   se^2 = sum_g (sum_t (y - mu) z / (1 - h_g))^2        (a jackknife over reps; Bell and McCaffrey
 * 2002) but never below the model's. Few reps with most of the sales leave few degrees of freedom:
 * 1 / sum h_g^2 - 1. */
typedef struct spread {
    double se, inflation, degrees;
} spread;

static void jackknife(const fore_effort_design *d, const double *y, const fore_ppml *fit,
                      const double *v, int64_t k, double *robust, double *degrees)
{
    static const double LEVERAGE_MAX = 0.999;
    double concentration = 0;
    *robust = 0;
    for (int64_t g = 0; g < d->reps; g++) {
        double score = 0, share = 0;
        for (int64_t c = g * d->weeks; c < (g + 1) * d->weeks; c++) {
            double z = 0;
            if (isnan(y[c])) continue;
            for (int64_t j = 0; j < k; j++) z += v[j] * fit->net[j * d->cells + c];
            score += (y[c] - fit->mu[c]) * z;
            share += fit->mu[c] * z * z / v[0];
        }
        score /= 1 - fmin(share, LEVERAGE_MAX);
        *robust += score * score;
        concentration += share * share;
    }
    *degrees = concentration > 0 ? fmax(1, 1 / concentration - 1) : 1;
}

static fore_status clustered(const fore_effort_design *d, const double *y, const fore_ppml *fit,
                             int64_t k, fore_arena *arena, spread *out, fore_error *err)
{
    double robust, *a = fore_arena_alloc(arena, k * k, sizeof(double));
    if (!a) return fore_no_memory(err);
    for (int64_t i = 0; i < k * k; i++)
        a[i] = fit->information[i] + (i % k == i / k ? LOOSE * fit->dispersion : 0);
    FORE_TRY(fore_cholesky(a, k, err));
    fore_cholesky_invert(a, k);
    jackknife(d, y, fit, a, k, &robust, &out->degrees);
    double model = fit->dispersion * a[0];
    out->inflation = model > 0 && robust > model ? robust / model : 1;
    out->se = sqrt(model * out->inflation);
    return FORE_OK;
}

fore_status fore_effort_estimate(const fore_effort_design *d, const double *y, const double *x,
                                 int64_t count, double effect_ridge, fore_arena *arena,
                                 fore_estimate *e, fore_error *err)
{
    fore_ppml fit;
    int64_t k = count + d->control_count;
    spread width = {0};
    double *columns = fore_arena_alloc(arena, k * d->cells, sizeof(double));
    double *precision = fore_arena_alloc(arena, k * k, sizeof(double));
    if (!columns || !precision) return fore_no_memory(err);
    memcpy(columns, x, (size_t)(count * d->cells) * sizeof(double));
    if (d->control_count)
        memcpy(columns + count * d->cells, d->controls,
               (size_t)(d->control_count * d->cells) * sizeof(double));
    for (int64_t i = 0; i < k; i++) precision[i + i * k] = LOOSE;
    fore_ppml_problem problem = {.reps = d->reps,
                                 .weeks = d->weeks,
                                 .columns = k,
                                 .y = y,
                                 .x = columns,
                                 .precision = precision,
                                 .dispersion = 1,
                                 .effect_ridge = effect_ridge};
    FORE_TRY(fore_ppml_fit(&problem, arena, &fit, err));
    FORE_TRY(clustered(d, y, &fit, k, arena, &width, err));
    e->value = fit.beta[0];
    e->se = width.se;
    e->clusters = width.degrees;
    e->p = t_p(e->value / e->se, e->clusters);
    e->dispersion = fit.dispersion * width.inflation;
    e->degrees = fit.degrees;
    e->loglik = fit.loglik;
    return FORE_OK;
}

fore_status fore_effort_stage(const fore_effort_design *d, const double *use, const double *target,
                              const double *regressor, fore_arena *arena, fore_stage *stage,
                              fore_error *err)
{
    int64_t k = 1 + d->control_count, n = d->cells;
    double *net = fore_arena_alloc(arena, (k + 1) * n, sizeof(double));
    double *raw = fore_arena_alloc(arena, (k + 1) * n, sizeof(double));
    double a[9], b[9], rhs[3] = {0}, beta[3] = {0}, bread, robust, scale = 0;
    if (!net || !raw) return fore_no_memory(err);
    memcpy(raw, regressor, (size_t)n * sizeof(double));
    if (d->control_count)
        memcpy(raw + n, d->controls, (size_t)(d->control_count * n) * sizeof(double));
    memcpy(raw + k * n, target, (size_t)n * sizeof(double));
    FORE_TRY(fore_twoway_net(d->reps, d->weeks, use, 1e-8, raw, k + 1, net, err));
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    for (int64_t j = 0; j < k; j++) {
        for (int64_t c = 0; c < n; c++) {
            rhs[j] += use[c] * net[j * n + c] * net[k * n + c];
            for (int64_t i = 0; i < k; i++)
                a[i + j * k] += use[c] * net[i * n + c] * net[j * n + c];
        }
        scale = fmax(scale, a[j + j * k]);
    }
    *stage = (fore_stage){NAN, NAN, NAN};
    if (!(a[0] > 1e-9 * (double)d->active) || d->active_reps < 2) return FORE_OK;
    for (int64_t j = 0; j < k; j++) a[j + j * k] += 1e-10 * scale;
    double inverse[9];
    memcpy(inverse, a, sizeof a);
    FORE_TRY(fore_cholesky(inverse, k, err));
    memcpy(beta, rhs, sizeof beta);
    fore_cholesky_solve(inverse, k, beta, 1);
    for (int64_t g = 0; g < d->reps; g++) {
        double score[3] = {0};
        for (int64_t c = g * d->weeks; c < (g + 1) * d->weeks; c++) {
            double r = net[k * n + c];
            for (int64_t j = 0; j < k; j++) r -= beta[j] * net[j * n + c];
            for (int64_t j = 0; j < k; j++) score[j] += use[c] * r * net[j * n + c];
        }
        for (int64_t i = 0; i < k; i++)
            for (int64_t j = 0; j < k; j++) b[i + j * k] += score[i] * score[j];
    }
    FORE_TRY(corner(a, b, k, &bread, &robust, err));
    stage->coefficient = beta[0];
    stage->se = sqrt(robust * clusters_factor(d));
    stage->f = stage->se > 0 ? (beta[0] / stage->se) * (beta[0] / stage->se) : INFINITY;
    return FORE_OK;
}

/* Columns of the checks at one decay, and masks. All cells long. */
typedef struct frame {
    const fore_effort_design *d;
    fore_arena *arena;
    double *stock;             /* composite stock */
    double *now;               /* composite effort of the week alone */
    double *hours, *hours_now; /* the same of the hours that reps had */
    double *use;               /* 1 in active cells (with hours known, once hours are used) */
} frame;

static double *column_of(fore_arena *arena, int64_t cells)
{
    return fore_arena_alloc(arena, cells, sizeof(double));
}

static void moved(const fore_effort_design *d, const double *x, int64_t by, double *out)
{
    for (int64_t g = 0; g < d->reps; g++) {
        for (int64_t t = 0; t < d->weeks; t++) {
            int64_t s = t + by;
            if (s < 0) s = 0;
            if (s >= d->weeks) s = d->weeks - 1;
            out[g * d->weeks + t] = x[g * d->weeks + s];
        }
    }
}

/* y where this week and the next are usable, else NaN. */
static void usable_pairs(const frame *f, double *y, double *use)
{
    const fore_effort_design *d = f->d;
    for (int64_t i = 0; i < d->cells; i++) {
        bool last = i % d->weeks == d->weeks - 1;
        bool good = f->use[i] != 0 && !last && f->use[i + 1] != 0;
        y[i] = good ? d->y[i] : NAN;
        use[i] = good ? d->weight[i] : 0;
    }
}

/* Lead and placebo tests on a driver: effort itself, or the hours when they are the instrument. */
static fore_status lead_tests(const frame *f, const double *stock, const double *now,
                              const fore_response_options *o, fore_response_checks *c,
                              fore_error *err)
{
    const fore_effort_design *d = f->d;
    int64_t n = d->cells;
    fore_estimate e;
    fore_stage persistence;
    double *x = fore_arena_alloc(f->arena, 4 * n, sizeof(double));
    double *y = column_of(f->arena, n), *use = column_of(f->arena, n);
    if (!x || !y || !use) return fore_no_memory(err);
    usable_pairs(f, y, use);
    moved(d, now, 1, x);
    memcpy(x + n, stock, (size_t)n * sizeof(double));
    memcpy(x + 2 * n, now, (size_t)n * sizeof(double));
    moved(d, now, -1, x + 3 * n);
    FORE_TRY(fore_effort_estimate(d, y, x, 4, FORE_EFFECT_RIDGE, f->arena, &e, err));
    c->lead = e.value;
    c->lead_p = e.p;
    c->lead_fires = e.p < FORE_LEAD_TEST_P;
    FORE_TRY(fore_effort_stage(d, use, f->stock, x, f->arena, &persistence, err));
    FORE_TRY(fore_effort_estimate(d, y, x, 1, FORE_EFFECT_RIDGE, f->arena, &e, err));
    double reach = FORE_PLAUSIBLE_SDS * o->prior_sd, r = persistence.coefficient;
    if (isnan(r)) r = 0;
    double a = r * (o->prior_mean - reach), b = r * (o->prior_mean + reach);
    double excess = e.value - fmin(fmax(e.value, fmin(a, b)), fmax(a, b));
    c->placebo = excess;
    c->placebo_p = t_p(excess / e.se, e.clusters);
    c->placebo_fires = c->placebo_p < FORE_LEAD_TEST_P;
    return FORE_OK;
}

double fore_effort_bias(double se, double degrees, double strength)
{
    return se * sqrt(degrees) * strength / sqrt(1 - strength);
}

/* p5 and p95 of a rep's weekly hours of effort over the rep's own mean. */
static fore_status overlap(const fore_effort_design *d, fore_arena *arena, fore_response_checks *c,
                           fore_error *err)
{
    double *ratio = column_of(arena, d->cells);
    int64_t n = 0;
    if (!ratio) return fore_no_memory(err);
    for (int64_t g = 0; g < d->reps; g++) {
        double sum = 0, count = 0;
        int64_t first = n;
        for (int64_t i = g * d->weeks; i < (g + 1) * d->weeks; i++) {
            if (isnan(d->y[i])) continue;
            double minutes = 0;
            for (int64_t k = 0; k < d->kinds; k++)
                minutes += d->activity[k * d->cells + i] * d->panel->minutes[k];
            ratio[n++] = minutes;
            sum += minutes;
            count += 1;
        }
        if (!(sum > 0)) n = first;
        for (int64_t i = first; i < n; i++) ratio[i] *= count / sum;
    }
    fore_sort(ratio, n);
    c->range_lo = n ? fore_quantile_sorted(ratio, n, 0.05) : NAN;
    c->range_hi = n ? fore_quantile_sorted(ratio, n, 0.95) : NAN;
    return FORE_OK;
}

static fore_status effort_spread(frame *f, fore_response_checks *c, fore_error *err)
{
    const fore_effort_design *d = f->d;
    double sum = 0, *net = column_of(f->arena, d->cells);
    if (!net) return fore_no_memory(err);
    FORE_TRY(fore_twoway_net(d->reps, d->weeks, f->use, 1e-8, f->now, 1, net, err));
    for (int64_t i = 0; i < d->cells; i++) sum += net[i] * net[i];
    double degrees = (double)(d->active - d->active_reps - d->weeks + 1);
    c->effort_sd = degrees >= 1 ? sqrt(sum / degrees) : NAN;
    return FORE_OK;
}

/* The decay whose stock explains sales best, net of all effects. Leaves that stock in f->stock. */
static fore_status best_decay(frame *f, double *decay, double *scratch, fore_error *err)
{
    double best = -INFINITY;
    for (int i = 0; i < FORE_DECAYS; i++) {
        fore_estimate e;
        fore_effort_composite(f->d, fore_decays[i], f->stock, scratch);
        FORE_TRY(
            fore_effort_estimate(f->d, f->d->y, f->stock, 1, FORE_EFFECT_RIDGE, f->arena, &e, err));
        if (e.loglik > best) {
            best = e.loglik;
            *decay = fore_decays[i];
        }
    }
    fore_effort_composite(f->d, *decay, f->stock, scratch);
    return FORE_OK;
}

static fore_status by_effects(frame *f, fore_response_checks *c, fore_effort_scales *s,
                              fore_error *err)
{
    const fore_effort_design *d = f->d;
    fore_estimate e;
    double *x = fore_arena_alloc(f->arena, 2 * d->cells, sizeof(double));
    if (!x) return fore_no_memory(err);
    FORE_TRY(fore_effort_estimate(d, d->y, f->stock, 1, FORE_EFFECT_RIDGE, f->arena, &e, err));
    c->fixed_effects = e.value;
    c->fixed_effects_se = e.se;
    s->effects_dispersion = e.dispersion;
    s->effects_degrees = e.degrees;
    double strength = fabs(e.value / e.se) / sqrt(e.degrees), squared = strength * strength;
    c->robustness = 0.5 * (sqrt(squared * squared + 4 * squared) - squared);
    double reach = fore_effort_bias(e.se, e.degrees, FORE_CONFOUNDER_BOUND) +
                   fore_normal_quantile(0.975) * e.se;
    c->sensitivity_lo = e.value - reach;
    c->sensitivity_hi = e.value + reach;
    memcpy(x, f->stock, (size_t)d->cells * sizeof(double));
    for (int64_t i = 0; i < d->cells; i++) x[d->cells + i] = 1;
    FORE_TRY(fore_effort_estimate(d, d->y, x, 2, INFINITY, f->arena, &e, err));
    c->pooled = e.value;
    return FORE_OK;
}

/* Hours as an instrument, at one decay: what they move of effort, and what that does to sales. */
typedef struct hours_fit {
    fore_stage stage;
    fore_estimate estimate;
    double moved; /* sd of log effort that hours explain, net of all effects */
} hours_fit;

static fore_status hours_at(const frame *f, double decay, double *stock, double *hours,
                            double *scratch, hours_fit *fit, fore_error *err)
{
    const fore_effort_design *d = f->d;
    double sum = 0, n = 0;
    fore_effort_composite(d, decay, stock, scratch);
    fore_effort_hours(d, decay, hours);
    for (int64_t i = 0; i < d->cells; i++)
        if (f->use[i] == 0) hours[i] = 0;
    FORE_TRY(fore_effort_stage(d, f->use, stock, hours, f->arena, &fit->stage, err));
    double *x = column_of(f->arena, d->cells), *y = column_of(f->arena, d->cells);
    if (!x || !y) return fore_no_memory(err);
    FORE_TRY(fore_twoway_net(d->reps, d->weeks, f->use, 1e-8, hours, 1, x, err));
    for (int64_t i = 0; i < d->cells; i++) {
        y[i] = f->use[i] != 0 ? d->y[i] : NAN;
        sum += f->use[i] * x[i] * x[i];
        n += f->use[i];
        x[i] = fit->stage.coefficient * hours[i];
    }
    fit->moved = fabs(fit->stage.coefficient) * sqrt(sum / n);
    if (!(fit->stage.f >= FORE_FIRST_STAGE_F) || !(fit->moved >= FORE_EFFORT_SD_MIN))
        return FORE_OK;
    return fore_effort_estimate(d, y, x, 1, FORE_EFFECT_RIDGE, f->arena, &fit->estimate, err);
}

/* p-value of the difference of two estimates, the second one efficient when both are right
 * (Hausman). */
static double hausman(double robust, double robust_se, double efficient, double efficient_se)
{
    double v = robust_se * robust_se - efficient_se * efficient_se;
    double se = sqrt(fmax(v, 0.25 * robust_se * robust_se));
    return 2 * fore_normal_cdf(-fabs(robust - efficient) / se);
}

/* The decay at which hours, and not whatever else moves effort, explain sales best. On return f
 * holds stock and hours at that decay when hours are usable: known, and strong at every decay. */
static fore_status by_hours(frame *f, fore_response_checks *c, fore_effort_scales *s,
                            double *scratch, fore_error *err)
{
    const fore_effort_design *d = f->d;
    double *stock = column_of(f->arena, d->cells), best = -INFINITY;
    hours_fit fit;
    if (!stock) return fore_no_memory(err);
    fore_effort_hours(d, 0, f->hours_now);
    for (int64_t i = 0; i < d->cells; i++) {
        bool known = f->use[i] != 0 && !isnan(f->hours_now[i]);
        f->use[i] = known ? d->weight[i] : 0;
        if (!known) f->hours_now[i] = 0;
    }
    for (int i = 0; i < FORE_DECAYS; i++) {
        FORE_TRY(hours_at(f, fore_decays[i], stock, f->hours, scratch, &fit, err));
        if (i == 0 || fit.stage.f < c->first_stage_f) c->first_stage_f = fit.stage.f;
        if (!(fit.stage.f >= FORE_FIRST_STAGE_F) || !(fit.moved >= FORE_EFFORT_SD_MIN)) {
            c->hours_estimate = NAN;
            return FORE_OK;
        }
        if (!(fit.estimate.loglik > best)) continue;
        best = fit.estimate.loglik;
        s->decay = fore_decays[i];
        s->hours_dispersion = fit.estimate.dispersion;
        s->hours_doubt = fit.estimate.value * fit.estimate.value / fit.stage.f;
        c->hours_estimate = fit.estimate.value;
        c->hours_se = sqrt(fit.estimate.se * fit.estimate.se + s->hours_doubt);
    }
    c->hausman_p = hausman(c->hours_estimate, c->hours_se, c->fixed_effects, c->fixed_effects_se);
    return hours_at(f, s->decay, f->stock, f->hours, scratch, &fit, err);
}

static void nothing_known(fore_response_checks *c, fore_effort_scales *s)
{
    c->effort_sd = c->fixed_effects = c->fixed_effects_se = c->pooled = c->first_stage_f = NAN;
    c->hours_estimate = c->hours_se = c->hausman_p = c->lead = c->lead_p = NAN;
    c->placebo = c->placebo_p = c->robustness = c->sensitivity_lo = c->sensitivity_hi = NAN;
    *s = (fore_effort_scales){0, NAN, NAN, NAN, 0};
}

static fore_status check_all(frame *f, const fore_response_options *o, fore_response_checks *c,
                             fore_effort_scales *s, fore_error *err)
{
    const fore_effort_design *d = f->d;
    double *scratch = column_of(f->arena, d->cells);
    if (!scratch) return fore_no_memory(err);
    fore_effort_composite(d, 0, f->now, scratch);
    FORE_TRY(effort_spread(f, c, err));
    if (d->with_sales < FORE_WON_MIN || !(c->effort_sd > 0)) return FORE_OK;
    FORE_TRY(best_decay(f, &s->decay, scratch, err));
    FORE_TRY(by_effects(f, c, s, err));
    if (d->hours_recorded >= FORE_HOURS_RECORDED_MIN && d->mean_hours > 0) {
        double decay = s->decay;
        FORE_TRY(by_hours(f, c, s, scratch, err));
        if (!isnan(c->hours_estimate)) return lead_tests(f, f->hours, f->hours_now, o, c, err);
        s->decay = decay;
        for (int64_t i = 0; i < d->cells; i++) f->use[i] = !isnan(d->y[i]);
    }
    return lead_tests(f, f->stock, f->now, o, c, err);
}

fore_status fore_effort_check(const fore_effort_design *d, const fore_response_options *o,
                              fore_response_checks *c, fore_effort_scales *s, fore_error *err)
{
    fore_status status = FORE_OK;
    frame f = {.d = d, .arena = fore_arena_new()};
    nothing_known(c, s);
    if (!f.arena) return fore_no_memory(err);
    f.stock = column_of(f.arena, d->cells);
    f.now = column_of(f.arena, d->cells);
    f.hours = column_of(f.arena, d->cells);
    f.hours_now = column_of(f.arena, d->cells);
    f.use = column_of(f.arena, d->cells);
    if (!f.stock || !f.now || !f.hours || !f.hours_now || !f.use) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < d->cells; i++) f.use[i] = !isnan(d->y[i]);
    FORE_GO(overlap(d, f.arena, c, err));
    if (d->active_reps >= 2) FORE_GO(check_all(&f, o, c, s, err));
done:
    fore_arena_free(f.arena);
    return status;
}
