/* Planning the experiment: sizes by the normal formula, power with t quantiles, and a search over
 * lengths, changes and designs for the cheapest one that can see the effect.
 *
 * sigma comes from the panel itself: sums over blocks of weeks, rep and block effects taken out by
 * the same pseudo-likelihood as the response, and what is left relative to its mean. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/num/special.h"
#include "models/respond/experiment.h"
#include "models/respond/ppml.h"

static const int64_t LENGTHS[] = {4, 8, 13, 26};
static const double CHANGES[] = {0.2, 0.3, 0.5};
enum { LENGTH_COUNT = 4, CHANGE_COUNT = 3, BLOCK_WEEKS = 2 };

double fore_experiment_size(double sigma, double elasticity, double change)
{
    double effect = elasticity * log1p(change);
    double z = fore_normal_quantile(1 - FORE_EXPERIMENT_SIZE / 2) +
               fore_normal_quantile(FORE_EXPERIMENT_POWER);
    return effect == 0 ? INFINITY : 2 * pow(z * sigma / effect, 2);
}

double fore_experiment_detectable(double sigma, double n_per_arm, double change)
{
    double df = 2 * n_per_arm - 2;
    if (!(df >= 1) || change == 0) return INFINITY;
    double t = fore_t_quantile(1 - FORE_EXPERIMENT_SIZE / 2, df) +
               fore_t_quantile(FORE_EXPERIMENT_POWER, df);
    return t * sigma * sqrt(2 / n_per_arm) / fabs(log1p(change));
}

/* Sums of y over blocks of `length` weeks, counted back from the end; NaN where a week is missing.
 */
static double *blocks_of(const fore_response_panel *p, int64_t length, int64_t blocks,
                         fore_arena *arena)
{
    const double *won = p->won_count ? p->won_count : p->won_amount;
    int64_t first = p->weeks - blocks * length;
    double *sum = fore_arena_alloc(arena, p->reps * blocks, sizeof(double));
    for (int64_t i = 0; sum && i < p->reps * blocks; i++) {
        for (int64_t t = 0; t < length; t++)
            sum[i] += won[i / blocks * p->weeks + first + i % blocks * length + t];
    }
    return sum;
}

fore_status fore_experiment_sigma(const fore_response_panel *p, int64_t weeks, double *sigma,
                                  fore_error *err)
{
    fore_status status = FORE_OK;
    fore_ppml fit;
    double mean = 0, n = 0, square = 0, residual = 0;
    *sigma = NAN;
    if (!p || weeks < 1 || (!p->won_amount && !p->won_count))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the spread of sales needs a panel and a test of at least one week");
    int64_t blocks = p->weeks / weeks, cells = p->reps * blocks;
    if (p->reps < 2 || blocks < 2) return FORE_OK;
    fore_arena *arena = fore_arena_new();
    if (!arena) return fore_no_memory(err);
    double *y = blocks_of(p, weeks, blocks, arena);
    if (!y) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < cells; i++) {
        if (isnan(y[i])) continue;
        mean += y[i];
        n += 1;
    }
    if (!(mean > 0)) goto done;
    for (int64_t i = 0; i < cells; i++) y[i] *= n / mean;
    fore_ppml_problem problem = {.reps = p->reps,
                                 .weeks = blocks,
                                 .y = y,
                                 .dispersion = 1,
                                 .effect_ridge = FORE_EFFECT_RIDGE};
    FORE_GO(fore_ppml_fit(&problem, arena, &fit, err));
    for (int64_t i = 0; i < cells; i++) {
        if (isnan(y[i])) continue;
        residual += (y[i] - fit.mu[i]) * (y[i] - fit.mu[i]);
        square += fit.mu[i] * fit.mu[i];
    }
    *sigma = sqrt(residual / square * n / fit.degrees);
done:
    fore_arena_free(arena);
    return status;
}

/* Reps with a recorded outcome in the last quarter of the panel. */
static int64_t active_reps(const fore_response_panel *p)
{
    const double *won = p->won_count ? p->won_count : p->won_amount;
    int64_t from = p->weeks > 13 ? p->weeks - 13 : 0, n = 0;
    for (int64_t g = 0; g < p->reps; g++) {
        bool active = false;
        for (int64_t t = from; t < p->weeks; t++) active = active || !isnan(won[g * p->weeks + t]);
        n += active;
    }
    return n;
}

static double power_of(double sigma, double n, double elasticity, double change)
{
    double df = 2 * n - 2;
    if (!(df >= 1)) return 0;
    double t = fore_t_quantile(1 - FORE_EXPERIMENT_SIZE / 2, df);
    return fore_t_cdf(fabs(elasticity * log1p(change)) / (sigma * sqrt(2 / n)) - t, df);
}

/* The design's units and spread: reps against reps over the whole test, or rep-blocks of two weeks.
 */
static fore_status consider(const fore_response_panel *p, fore_design design, int64_t weeks,
                            double change, double elasticity, int64_t reps, fore_experiment *e,
                            fore_error *err)
{
    bool switching = design == FORE_DESIGN_SWITCHBACK;
    *e = (fore_experiment){.design = design,
                           .kind = -1,
                           .change = change,
                           .weeks = weeks,
                           .reps = reps,
                           .block_weeks = switching ? BLOCK_WEEKS : weeks,
                           .target_elasticity = elasticity};
    FORE_TRY(fore_experiment_sigma(p, e->block_weeks, &e->sigma, err));
    e->units_per_arm = switching ? reps * (weeks / BLOCK_WEEKS) / 2 : reps / 2;
    if (isnan(e->sigma)) return FORE_OK;
    double needed = ceil(fore_experiment_size(e->sigma, elasticity, change));
    e->needed_per_arm = needed < 1e15 ? (int64_t)needed : INT64_MAX;
    e->detectable_elasticity =
        fore_experiment_detectable(e->sigma, (double)e->units_per_arm, change);
    e->power = power_of(e->sigma, (double)e->units_per_arm, elasticity, change);
    e->feasible = e->power >= FORE_EXPERIMENT_POWER;
    return FORE_OK;
}

static double pace_hours(const fore_response_panel *p, const fore_response *r, double *activities)
{
    double hours = 0;
    *activities = 0;
    for (int64_t k = 0; k < p->kinds; k++) {
        hours += r->mean_stock[k] * p->minutes[k] / 60;
        *activities += r->mean_stock[k];
    }
    return hours;
}

static bool better(const fore_experiment *a, const fore_experiment *b)
{
    if (isnan(a->sigma)) return false;
    if (a->feasible != b->feasible) return a->feasible;
    if (a->feasible && a->extra_hours != b->extra_hours) return a->extra_hours < b->extra_hours;
    return a->power > b->power;
}

static void describe(fore_experiment *e)
{
    char hours[48], unit[64] = "reps";
    if (e->design == FORE_DESIGN_SWITCHBACK)
        snprintf(unit, sizeof unit, "turns (one rep for %lld weeks)", (long long)e->block_weeks);
    if (e->design == FORE_DESIGN_SWITCHBACK)
        snprintf(
            e->who, sizeof e->who,
            "All %lld reps, half of them starting with the extra effort by lot, changing places every %lld weeks.",
            (long long)e->reps, (long long)e->block_weeks);
    else
        snprintf(
            e->who, sizeof e->who,
            "%lld reps in %lld pairs of like past sales; in every pair the lot decides who does more.",
            (long long)e->reps / 2 * 2, (long long)e->reps / 2);
    snprintf(
        e->what, sizeof e->what,
        "%.0f %% more activities of every kind in the usual proportion, about %.1f more a week for each rep whose turn it is.",
        100 * e->change, e->extra_per_rep_week);
    snprintf(e->how_long, sizeof e->how_long, "%lld weeks.", (long long)e->weeks);
    if (isinf(e->detectable_elasticity))
        snprintf(e->detects, sizeof e->detects, "With so few reps it cannot see any effect.");
    else
        snprintf(
            e->detects, sizeof e->detects,
            "It sees an elasticity of %.2f or more with 80 %% power (%.0f %% for %.2f); %.0f %% would need %lld %s per group and there are %lld.",
            e->detectable_elasticity, 100 * e->power, e->target_elasticity,
            100 * FORE_EXPERIMENT_POWER, (long long)e->needed_per_arm, unit,
            (long long)e->units_per_arm);
    fore_number_people(e->extra_hours, 0, hours, sizeof hours);
    snprintf(e->cost, sizeof e->cost, "About %s extra hours in all.", hours);
}

fore_status fore_experiment_propose(const fore_response_panel *p, const fore_response *r,
                                    double elasticity, fore_experiment *best, fore_error *err)
{
    fore_experiment e;
    double activities;
    if (!p || !r || p->kinds != r->kinds)
        return fore_fail(err, FORE_E_ARGUMENT, "panel and response do not belong together");
    int64_t reps = active_reps(p);
    bool found = false;
    if (reps < 2)
        return fore_fail(err, FORE_E_NO_ANSWER, "an experiment needs at least two active reps");
    if (!(elasticity > 0)) elasticity = FORE_PRIOR_ELASTICITY;
    double hours = pace_hours(p, r, &activities);
    for (int l = 0; l < LENGTH_COUNT; l++) {
        for (int c = 0; c < CHANGE_COUNT; c++) {
            for (int design = FORE_DESIGN_MATCHED_PAIRS; design <= FORE_DESIGN_SWITCHBACK;
                 design++) {
                FORE_TRY(consider(p, (fore_design)design, LENGTHS[l], CHANGES[c], elasticity, reps,
                                  &e, err));
                e.extra_hours = (double)reps / 2 * (double)e.weeks * hours * e.change;
                e.extra_per_rep_week = activities * e.change;
                if (!isnan(e.sigma) && (!found || better(&e, best))) {
                    *best = e;
                    found = true;
                }
            }
        }
    }
    if (!found)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "the history is too short, or holds no sales, to plan an experiment: at least four weeks of two reps with sales are needed");
    describe(best);
    return FORE_OK;
}

fore_status fore_experiment_assign(const double *past_sales, int64_t reps, uint64_t seed,
                                   int64_t *pair, int64_t *arm, fore_error *err)
{
    if (reps < 0) return fore_fail(err, FORE_E_ARGUMENT, "the number of reps must not be negative");
    int64_t *order = FORE_NEW(reps, int64_t);
    if (!order || !fore_order(past_sales, reps, order)) {
        fore_free(order);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < reps; i++) {
        bool left_over = i == reps - 1 && reps % 2 == 1;
        fore_random random = fore_random_new(seed, (uint64_t)(i / 2));
        int64_t first = fore_random_below(&random, 2);
        pair[order[i]] = i / 2;
        arm[order[i]] = left_over ? -1 : (i % 2 == 0 ? first : 1 - first);
    }
    fore_free(order);
    return FORE_OK;
}
