/* Simulation of coming periods: what is asked is checked, drawn (pipeline_draws.c) and summed up.
 * Sums over draws are made by one thread in draw order. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/survive/pipeline.h"
#include "models/survive/pipeline_draws.h"

const double fore_pipeline_levels[FORE_PIPELINE_LEVELS] = {0.025, 0.05, 0.1,  0.25, 0.5,
                                                           0.75,  0.9,  0.95, 0.975};

static const double SUM_SLACK = 1e-9; /* rounding of probabilities that sum to 1 */

fore_pipeline_options fore_pipeline_default(void)
{
    return (fore_pipeline_options){.draws = 2000, .seed = 1};
}

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

static void summarise(const fore_pipeline *p, const fore_draws *s, fore_pipeline_result *r,
                      double *sample, double *total)
{
    int64_t n = s->draws;
    memset(total, 0, (size_t)n * sizeof(double));
    for (int64_t j = 0; j < s->periods; j++) {
        fore_pipeline_period *out = &r->period[j];
        out->won_so_far = p->won_so_far ? p->won_so_far[j] : 0;
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
    fore_draws s = {0};
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
    FORE_GO(fore_draws_make(pipeline, o.seed, o.draws, pool, &s, err));
    summarise(pipeline, &s, r, sample, total);
    *result = r;
    r = NULL;
done:
    fore_draws_free(&s);
    fore_pipeline_result_free(r);
    fore_free(sample);
    fore_free(total);
    return status;
}
