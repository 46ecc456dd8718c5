/* Simulation of coming periods.
 *
 *   for every draw, with a random stream of its own
 *     shock of every period (persistent) and of the arrivals' level
 *     every open deal: one uniform against its wins and losses, period after period; the shock
 *       turns the chance w of a win in a period into 1 - (1 - w)^shock, losses share what is left
 *     every week ahead: a count of new deals, thinned into wins by period; amounts drawn from the
 *       past
 *
 * How wide a shock of the hazards must be for the spread that is asked of the amounts, and about
 * which middle for the mean to stay, is solved beforehand (shock_scale.c).
 * Sums over draws are made by one thread in draw order. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "models/survive/pipeline.h"
#include "models/survive/shock_scale.h"

const double fore_pipeline_levels[FORE_PIPELINE_LEVELS] = {0.025, 0.05, 0.1,  0.25, 0.5,
                                                           0.75,  0.9,  0.95, 0.975};

static const double SUM_SLACK = 1e-9; /* rounding of probabilities that sum to 1 */

fore_pipeline_options fore_pipeline_default(void)
{
    return (fore_pipeline_options){.draws = 2000, .seed = 1};
}

/* Four tables of draws x periods and what all draws share. */
typedef struct simulation {
    const fore_pipeline *p;
    uint64_t seed;
    int64_t draws;
    double *open, *fresh, *wins_open, *wins_fresh; /* draws x periods, [d + j * draws] */
    double *cumulative;              /* amount_count: cumulated weights; NULL: uniform */
    double *won_given, *lost_given;  /* open x periods: given that the deal is still open */
    double *rest_given;              /* log(1 - won_given) */
    double *scratch;                 /* workers x periods: shocks */
    double *shock_sd, *shock_middle; /* periods: of the log of the hazards' factor */
} simulation;

static bool probability(double v) { return v >= 0 && v <= 1 + SUM_SLACK; }

static fore_status check_open(const fore_pipeline *p, bool *needs, fore_error *err)
{
    for (int64_t i = 0; i < p->open; i++) {
        double sum = 0, win = 0;
        for (int64_t j = 0; j < p->periods; j++) {
            double w = p->open_won[i + j * p->open],
                   l = p->open_lost ? p->open_lost[i + j * p->open] : 0;
            if (!probability(w) || !probability(l))
                return fore_fail(err, FORE_E_DATA,
                                 "open deal %lld: a probability lies outside 0 to 1",
                                 (long long)i + 1);
            sum += w + l;
            win += w;
        }
        if (!(sum <= 1 + SUM_SLACK * (double)p->periods))
            return fore_fail(err, FORE_E_DATA,
                             "open deal %lld: its probabilities sum to %.6f, more than 1",
                             (long long)i + 1, sum);
        bool known = p->open_amount && !isnan(p->open_amount[i]);
        if (known && (p->open_amount[i] < 0 || isinf(p->open_amount[i])))
            return fore_fail(err, FORE_E_DATA,
                             "open deal %lld: the amount must be finite and not negative",
                             (long long)i + 1);
        *needs = *needs || (!known && win > 0);
    }
    return FORE_OK;
}

static fore_status check_new(const fore_pipeline *p, bool *needs, fore_error *err)
{
    for (int64_t w = 0; w < p->weeks; w++) {
        double sum = 0;
        if (!(p->arrivals[w] >= 0) || isinf(p->arrivals[w]))
            return fore_fail(
                err, FORE_E_DATA,
                "week %lld: the expected number of new deals must be finite and not negative",
                (long long)w + 1);
        for (int64_t j = 0; j < p->periods; j++) {
            double v = p->new_won[w + j * p->weeks];
            if (!probability(v))
                return fore_fail(err, FORE_E_DATA,
                                 "new deals of week %lld: a probability lies outside 0 to 1",
                                 (long long)w + 1);
            sum += v;
        }
        if (sum > 1 + SUM_SLACK * (double)p->periods)
            return fore_fail(err, FORE_E_DATA,
                             "new deals of week %lld: probabilities sum to more than 1",
                             (long long)w + 1);
        *needs = *needs || (sum > 0 && p->arrivals[w] > 0);
    }
    return FORE_OK;
}

static fore_status check(const fore_pipeline *p, const fore_pipeline_options *o, fore_error *err)
{
    bool needs = false;
    if (!p || p->periods < 1 || p->open < 0 || p->weeks < 0 || p->amount_count < 0 || o->draws < 1)
        return fore_fail(err, FORE_E_ARGUMENT, "a pipeline needs at least one period and one draw");
    if ((p->open > 0 && !p->open_won) || (p->weeks > 0 && (!p->arrivals || !p->new_won)) ||
        (p->amount_count > 0 && !p->amounts))
        return fore_fail(err, FORE_E_ARGUMENT, "a pipeline lacks one of its tables");
    bool negative = !(p->arrivals_shock_sd >= 0) || !(p->arrivals_size >= 0);
    for (int64_t j = 0; p->shock_sd && j < p->periods; j++)
        negative = negative || !(p->shock_sd[j] >= 0);
    if (negative)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the shocks' sd and the arrivals' size must not be negative");
    if (!(p->shock_persistence >= 0 && p->shock_persistence <= 1))
        return fore_fail(err, FORE_E_ARGUMENT, "the shocks' persistence lies between 0 and 1");
    FORE_TRY(check_open(p, &needs, err));
    FORE_TRY(check_new(p, &needs, err));
    if (needs && p->amount_count == 0)
        return fore_fail(
            err, FORE_E_DATA,
            "some deals have no amount and there is no won deal of the past to take one from");
    double weight = 0;
    for (int64_t i = 0; i < p->amount_count; i++) {
        if (!(p->amounts[i] >= 0) || isinf(p->amounts[i]))
            return fore_fail(err, FORE_E_DATA, "past amount %lld must be finite and not negative",
                             (long long)i + 1);
        if (p->amount_weight && !(p->amount_weight[i] >= 0))
            return fore_fail(err, FORE_E_DATA, "weight of past amount %lld must not be negative",
                             (long long)i + 1);
        weight += p->amount_weight ? p->amount_weight[i] : 1;
    }
    if (needs && !(weight > 0))
        return fore_fail(err, FORE_E_DATA, "all past amounts weigh nothing");
    return FORE_OK;
}

static double draw_amount(const simulation *s, fore_random *random)
{
    const fore_pipeline *p = s->p;
    if (!s->cumulative) return p->amounts[fore_random_below(random, p->amount_count)];
    double u = fore_random_uniform(random) * s->cumulative[p->amount_count - 1];
    int64_t low = -1, high = p->amount_count - 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (s->cumulative[middle] > u)
            high = middle;
        else
            low = middle;
    }
    return p->amounts[high];
}

/* 1 - (1 - w)^shock; rest = log(1 - w) */
static double shocked(double w, double rest, double shock)
{
    return shock == 1 || w >= 1 ? w : -expm1(shock * rest);
}

static void open_deals(const simulation *s, int64_t d, const double *shock, fore_random *random)
{
    const fore_pipeline *p = s->p;
    for (int64_t i = 0; i < p->open; i++) {
        double u = fore_random_uniform(random), edge = 0, open = 1;
        for (int64_t j = 0; j < p->periods; j++) {
            double base = s->won_given[i + j * p->open];
            double w = shocked(base, s->rest_given[i + j * p->open], shock[j]);
            double l = base < 1 ? s->lost_given[i + j * p->open] * (1 - w) / (1 - base) : 0;
            edge += open * w;
            if (u < edge) {
                bool known = p->open_amount && !isnan(p->open_amount[i]);
                s->open[d + j * s->draws] += known ? p->open_amount[i] : draw_amount(s, random);
                s->wins_open[d + j * s->draws] += 1;
                break;
            }
            edge += open * l;
            if (u < edge) break;
            open *= fmax(0, 1 - w - l);
        }
    }
}

static int64_t arrivals_of(const fore_pipeline *p, int64_t week, double level, fore_random *random)
{
    double mean = p->arrivals[week] * level;
    if (!(mean > 0)) return 0;
    if (p->arrivals_size > 0 && isfinite(p->arrivals_size))
        mean *= fore_random_gamma(random, p->arrivals_size) / p->arrivals_size;
    return mean > 0 ? fore_random_poisson(random, mean) : 0;
}

static void new_deals(const simulation *s, int64_t d, const double *shock, double level,
                      fore_random *random)
{
    const fore_pipeline *p = s->p;
    for (int64_t w = 0; w < p->weeks; w++) {
        int64_t left = arrivals_of(p, w, level, random);
        double rest = 1;
        for (int64_t j = 0; j < p->periods && left > 0; j++) {
            double v = p->new_won[w + j * p->weeks], given = rest > 0 ? fmin(1, v / rest) : 0;
            rest -= v;
            if (!(given > 0)) continue;
            int64_t wins =
                fore_random_binomial(random, left, shocked(given, log1p(-given), shock[j]));
            left -= wins;
            s->wins_fresh[d + j * s->draws] += (double)wins;
            for (int64_t i = 0; i < wins; i++) s->fresh[d + j * s->draws] += draw_amount(s, random);
        }
    }
}

/* The logs follow an autoregression of order one. */
static void draw_shocks(const simulation *s, fore_random *random, double *shock)
{
    double z = 0, rho = s->p->shock_persistence, fresh = sqrt(1 - rho * rho);
    for (int64_t j = 0; j < s->p->periods; j++) {
        double sd = s->shock_sd[j], own = fore_random_normal(random);
        z = j == 0 ? own : rho * z + fresh * own;
        shock[j] = sd > 0 ? exp(s->shock_middle[j] + sd * z) : 1;
    }
}

static fore_status run_block(void *context, int64_t block, int worker, fore_error *err)
{
    const simulation *s = context;
    const fore_pipeline *p = s->p;
    double *shock = s->scratch + worker * p->periods;
    int64_t end =
        (block + 1) * FORE_PIPELINE_BLOCK < s->draws ? (block + 1) * FORE_PIPELINE_BLOCK : s->draws;
    (void)err;
    for (int64_t d = block * FORE_PIPELINE_BLOCK; d < end; d++) {
        fore_random random = fore_random_new(s->seed, (uint64_t)d);
        double level_sd = p->arrivals_shock_sd;
        draw_shocks(s, &random, shock);
        double z = fore_random_normal(&random);
        open_deals(s, d, shock, &random);
        new_deals(s, d, shock, level_sd > 0 ? exp(level_sd * z - 0.5 * level_sd * level_sd) : 1,
                  &random);
    }
    return FORE_OK;
}

/* Chances of a period given that the deal is still open when it starts. */
static void condition(simulation *s)
{
    const fore_pipeline *p = s->p;
    for (int64_t i = 0; i < p->open; i++) {
        double open = 1;
        for (int64_t j = 0; j < p->periods; j++) {
            int64_t at = i + j * p->open;
            double w = p->open_won[at], l = p->open_lost ? p->open_lost[at] : 0;
            s->won_given[at] = open > 0 ? fmin(1, w / open) : 0;
            s->rest_given[at] = log1p(-s->won_given[at]);
            s->lost_given[at] = open > 0 ? fmin(1 - s->won_given[at], l / open) : 0;
            open = open - w - l > SUM_SLACK ? open - w - l : 0;
        }
    }
}

static double mean_amount(const fore_pipeline *p)
{
    double sum = 0, total = 0;
    for (int64_t i = 0; i < p->amount_count; i++) {
        double w = p->amount_weight ? p->amount_weight[i] : 1;
        sum += w * p->amounts[i];
        total += w;
    }
    return total > 0 ? sum / total : 1;
}

/* Row i of `given` and `keep` (`rows` x periods) for deals that arrive in week w. */
static void arriving(const fore_pipeline *p, int64_t w, int64_t i, int64_t rows, double *given,
                     double *keep)
{
    double rest = 1;
    for (int64_t j = 0; j < p->periods; j++) {
        double v = p->new_won[w + j * p->weeks];
        given[i + j * rows] = rest > 0 ? fmin(1, v / rest) : 0;
        keep[i + j * rows] = 1;
        rest -= v;
    }
}

/* Open deals and weeks of arrivals, as the draws treat them, for the scale of the shocks. */
static fore_status scale_shocks(simulation *s, fore_error *err)
{
    const fore_pipeline *p = s->p;
    fore_status status = FORE_OK;
    int64_t rows = p->open + p->weeks;
    if (!p->shock_sd) return FORE_OK;
    double amount = mean_amount(p), *weight = FORE_NEW(rows, double),
           *given = FORE_NEW(rows * p->periods, double),
           *keep = FORE_NEW(rows * p->periods, double);
    if (!weight || !given || !keep) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < p->open; i++) {
        weight[i] = p->open_amount && !isnan(p->open_amount[i]) ? p->open_amount[i] : amount;
        for (int64_t j = 0; j < p->periods; j++) {
            double w = s->won_given[i + j * p->open], l = s->lost_given[i + j * p->open];
            given[i + j * rows] = w;
            keep[i + j * rows] = w < 1 ? fmax(0, 1 - l / (1 - w)) : 0;
        }
    }
    for (int64_t w = 0; w < p->weeks; w++) {
        weight[p->open + w] = p->arrivals[w] * amount;
        arriving(p, w, p->open + w, rows, given, keep);
    }
    fore_shock_deals deals = {rows, p->periods, weight, given, keep};
    FORE_GO(fore_shock_scale(&deals, p->shock_sd, p->shock_persistence, s->shock_sd,
                             s->shock_middle, err));
done:
    fore_free(weight);
    fore_free(given);
    fore_free(keep);
    return status;
}

static fore_status prepare(simulation *s, int threads, fore_error *err)
{
    const fore_pipeline *p = s->p;
    int64_t n = s->draws * p->periods;
    s->open = FORE_ZNEW(n, double);
    s->fresh = FORE_ZNEW(n, double);
    s->wins_open = FORE_ZNEW(n, double);
    s->wins_fresh = FORE_ZNEW(n, double);
    s->won_given = FORE_NEW(p->open * p->periods, double);
    s->lost_given = FORE_NEW(p->open * p->periods, double);
    s->rest_given = FORE_NEW(p->open * p->periods, double);
    s->scratch = FORE_NEW(threads * p->periods, double);
    s->shock_sd = FORE_ZNEW(p->periods, double);
    s->shock_middle = FORE_ZNEW(p->periods, double);
    if (!s->shock_sd || !s->shock_middle) return fore_no_memory(err);
    if (!s->open || !s->fresh || !s->wins_open || !s->wins_fresh || !s->won_given ||
        !s->lost_given || !s->rest_given || !s->scratch)
        return fore_no_memory(err);
    if (p->amount_weight && p->amount_count > 0) {
        double sum = 0;
        if (!(s->cumulative = FORE_NEW(p->amount_count, double))) return fore_no_memory(err);
        for (int64_t i = 0; i < p->amount_count; i++) s->cumulative[i] = sum += p->amount_weight[i];
    }
    condition(s);
    return scale_shocks(s, err);
}

static void simulation_free(simulation *s)
{
    fore_free(s->open);
    fore_free(s->fresh);
    fore_free(s->wins_open);
    fore_free(s->wins_fresh);
    fore_free(s->won_given);
    fore_free(s->lost_given);
    fore_free(s->rest_given);
    fore_free(s->shock_sd);
    fore_free(s->shock_middle);
    fore_free(s->scratch);
    fore_free(s->cumulative);
}

/* sample (n) is sorted in place. */
static void describe(double *sample, int64_t n, fore_pipeline_period *out)
{
    out->mean = fore_mean(sample, n);
    out->sd = n > 1 ? sqrt(fore_variance(sample, n)) : 0;
    fore_sort(sample, n);
    out->median = fore_quantile_sorted(sample, n, 0.5);
    for (int q = 0; q < FORE_PIPELINE_LEVELS; q++)
        out->quantile[q] = fore_quantile_sorted(sample, n, fore_pipeline_levels[q]);
}

static void add_means(const fore_pipeline_period *from, fore_pipeline_period *to)
{
    to->won_so_far += from->won_so_far;
    to->from_open += from->from_open;
    to->from_new += from->from_new;
    to->wins_open += from->wins_open;
    to->wins_new += from->wins_new;
}

static void summarise(const simulation *s, fore_pipeline_result *r, double *sample, double *total)
{
    int64_t n = s->draws;
    memset(total, 0, (size_t)n * sizeof(double));
    for (int64_t j = 0; j < s->p->periods; j++) {
        fore_pipeline_period *out = &r->period[j];
        out->won_so_far = s->p->won_so_far ? s->p->won_so_far[j] : 0;
        for (int64_t d = 0; d < n; d++) {
            sample[d] = out->won_so_far + s->open[d + j * n] + s->fresh[d + j * n];
            total[d] += sample[d];
            if (r->draws) r->draws[d + j * n] = sample[d];
        }
        out->from_open = fore_mean(s->open + j * n, n);
        out->from_new = fore_mean(s->fresh + j * n, n);
        out->wins_open = fore_mean(s->wins_open + j * n, n);
        out->wins_new = fore_mean(s->wins_fresh + j * n, n);
        describe(sample, n, out);
        add_means(out, &r->total);
    }
    describe(total, n, &r->total);
}

void fore_pipeline_result_free(fore_pipeline_result *r)
{
    if (!r) return;
    fore_free(r->period);
    fore_free(r->draws);
    fore_free(r);
}

fore_status fore_pipeline_simulate(const fore_pipeline *pipeline,
                                   const fore_pipeline_options *options, fore_pool *pool,
                                   fore_pipeline_result **result, fore_error *err)
{
    fore_pipeline_options o = options ? *options : fore_pipeline_default();
    fore_status status = FORE_OK;
    simulation s = {.p = pipeline, .seed = o.seed, .draws = o.draws};
    *result = NULL;
    FORE_TRY(check(pipeline, &o, err));
    double *sample = FORE_NEW(o.draws, double), *total = FORE_NEW(o.draws, double);
    fore_pipeline_result *r = FORE_ZNEW(1, fore_pipeline_result);
    if (!sample || !total || !r) FORE_GO(fore_no_memory(err));
    r->periods = pipeline->periods;
    r->draw_count = o.draws;
    r->period = FORE_ZNEW(pipeline->periods, fore_pipeline_period);
    if (o.keep_draws) r->draws = FORE_NEW(o.draws * pipeline->periods, double);
    if (!r->period || (o.keep_draws && !r->draws)) FORE_GO(fore_no_memory(err));
    FORE_GO(prepare(&s, fore_pool_threads(pool), err));
    int64_t blocks = (o.draws + FORE_PIPELINE_BLOCK - 1) / FORE_PIPELINE_BLOCK;
    FORE_GO(fore_pool_run(pool, blocks, run_block, &s, err));
    summarise(&s, r, sample, total);
    *result = r;
    r = NULL;
done:
    simulation_free(&s);
    fore_pipeline_result_free(r);
    fore_free(sample);
    fore_free(total);
    return status;
}
