/* The record of the forecast: at each past start of a period the outlook is built from what was
 * known then, and set beside what happened and beside what simple rules would have said.
 *
 * The common shock of a cut is estimated from the misses before it only, so that the coverage that
 * is reported is one that would have been had. */
#include <math.h>
#include <string.h>

#include "engine/jobs/outlook.h"
#include "engine/num/special.h"
#include "features/sales_series.h"
#include "models/series/series_forecast.h"

/* A miss counts half after so many periods, and all of them together as if one more period had met
 * expectations exactly. */
static const double LEVEL_HALF_LIFE = 4, LEVEL_PRIOR = 1;
enum { RECORD_DRAWS = 1000, RUN_RATE_PERIODS = 3, HISTORY_LEAST = 3 };
/* With no misses to learn from, periods are taken to move together by so much (log scale). */
static const double SHOCK_UNKNOWN = 0.25, SHOCK_LEAST = 0.05;

const char *fore_baseline_word(fore_baseline baseline)
{
    static const char *const words[] = {"last period", "same period last year", "run rate",
                                        "stage weights", "smoothing (ETS)"};
    return words[baseline];
}

/* Amount-weighted: open deals x the share of closed deals that were won from that stage, spread
 * over the mean life of a won deal. */
static double stage_weights(const fore_timeline *t, const fore_outlook *o, double period_days)
{
    double won = 0, closed = 0, life = 0, sum = 0;
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    int64_t end = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    double *stage = fore_zalloc(2 * (t->stages.count + 1), sizeof *stage);
    if (!stage) return NAN;
    for (int64_t s = first; s < end; s++) {
        if (t->left_out[s] || t->outcome[s] == FORE_OUTCOME_OPEN || t->closed_at[s] >= o->as_of)
            continue;
        closed++;
        bool is_won = t->outcome[s] == FORE_WON;
        won += is_won;
        if (is_won) life += (double)(t->closed_at[s] - t->created_at[s]) / (double)FORE_DAY;
        for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
            if (t->change_at[i] >= o->as_of) break;
            if (t->change_field[i] != FORE_CHANGE_STAGE || isnan(t->change_new[i])) continue;
            int64_t k = (int64_t)t->change_new[i];
            stage[2 * k] += 1;
            stage[2 * k + 1] += is_won;
        }
    }
    double rate = closed > 0 ? won / closed : 0,
           share = won > 0 ? fmin(1, period_days / fmax(life / won, 1)) : 0;
    for (int64_t i = 0; i < o->open; i++) {
        fore_subject_state state;
        fore_subject_state_at(t, o->open_subject[i], o->as_of, &state);
        double p = rate;
        if (state.stage >= 0 && stage[2 * state.stage] > 0)
            p = stage[2 * state.stage + 1] / stage[2 * state.stage];
        if (!isnan(o->open_amount[i])) sum += p * o->open_amount[i];
    }
    fore_free(stage);
    return sum * share;
}

static void simple_rules(const double *past, int64_t n, int64_t per_year,
                         double out[FORE_BASELINES])
{
    double sum = 0;
    for (int b = 0; b < FORE_BASELINES; b++) out[b] = NAN;
    if (n >= 1) out[FORE_BASE_LAST] = past[n - 1];
    if (n >= per_year) out[FORE_BASE_LAST_YEAR] = past[n - per_year];
    for (int64_t i = n - RUN_RATE_PERIODS; i >= 0 && i < n; i++) sum += past[i];
    if (n >= RUN_RATE_PERIODS) out[FORE_BASE_RUN_RATE] = sum / RUN_RATE_PERIODS;
    fore_series_forecast *f = NULL;
    fore_series_options options = fore_series_default();
    options.method = FORE_SERIES_ETS;
    options.non_negative = true;
    if (n >= HISTORY_LEAST && fore_series_run(past, n, per_year, 1, &options, &f, NULL) == FORE_OK)
        out[FORE_BASE_ETS] = f->mean[0];
    fore_series_free(f);
}

static double quantile_of(const double *draws, int64_t n, double p)
{
    double *sorted = FORE_NEW(n, double), value = NAN;
    if (sorted) {
        memcpy(sorted, draws, (size_t)n * sizeof *sorted);
        fore_sort(sorted, n);
        value = fore_quantile_sorted(sorted, n, p);
    }
    fore_free(sorted);
    return value;
}

/* What happened over what was expected, as a ratio of discounted sums (the mean of ratios would be
 * off for few large wins, and could not read a period without any), shrunk towards 1 by LEVEL_PRIOR
 * periods. */
static double learn_level(const double *expected, const double *actual, int64_t n)
{
    double happened = 0, promised = 0, weight = 0;
    for (int64_t i = 0; i < n; i++) {
        double w = exp2(-(double)(n - 1 - i) / LEVEL_HALF_LIFE);
        happened += w * actual[i];
        promised += w * expected[i];
        weight += w;
    }
    if (!(promised > 0)) return 1;
    double prior = LEVEL_PRIOR * promised / weight;
    return (happened + prior) / (promised + prior);
}

static fore_status one_cut(fore_context *c, int32_t start, int32_t end, int64_t known, double level,
                           double shock, uint64_t seed, fore_record_cut *cut,
                           double *independent_sd, double *plain, fore_error *err)
{
    fore_outlook *o = NULL;
    fore_pipeline_result *result = NULL, *alone = NULL;
    const int32_t starts[] = {start, end};
    fore_outlook_options options = {
        .as_of = fore_time_of_date(start), .starts = starts, .periods = 1};
    fore_status status = fore_outlook_make(c, &options, &o, err);
    fore_outlook_draws draws = {
        .share = 1, .level = level, .shock_sd = shock, .draws = RECORD_DRAWS, .seed = seed};
    if (status == FORE_OK) status = fore_outlook_simulate(c, o, &draws, &result, err);
    draws.shock_sd = 0; /* at the same level: what deals that are independent would spread */
    if (status == FORE_OK) status = fore_outlook_simulate(c, o, &draws, &alone, err);
    if (status == FORE_OK) {
        cut->start = start;
        cut->end = end;
        cut->mean = result->period[0].mean;
        cut->median = result->period[0].median;
        cut->lo80 = quantile_of(result->draws, result->draw_count, 0.1);
        cut->hi80 = quantile_of(result->draws, result->draw_count, 0.9);
        cut->actual = fore_outlook_actual(c->timeline, o, start, end, known, NULL);
        *independent_sd = alone->period[0].sd;
        *plain = alone->period[0].mean / level;
        cut->baseline[FORE_BASE_STAGE_WEIGHTS] = stage_weights(c->timeline, o, end - start);
    }
    fore_pipeline_result_free(result);
    fore_pipeline_result_free(alone);
    fore_outlook_free(o);
    return status;
}

static void sum_up(fore_record *r)
{
    double actual = 0, error = 0, inside = 0;
    for (int64_t i = 0; i < r->cuts; i++) {
        const fore_record_cut *cut = &r->cut[i];
        actual += cut->actual;
        error += fabs(cut->mean - cut->actual);
        inside += cut->actual >= cut->lo80 && cut->actual <= cut->hi80;
    }
    r->error = actual > 0 ? error / actual : NAN;
    r->coverage80 = r->cuts > 0 ? inside / (double)r->cuts : NAN;
    for (int b = 0; b < FORE_BASELINES; b++) {
        double sum = 0, miss = 0;
        for (int64_t i = 0; i < r->cuts; i++) {
            if (isnan(r->cut[i].baseline[b])) continue;
            sum += r->cut[i].actual;
            miss += fabs(r->cut[i].baseline[b] - r->cut[i].actual);
        }
        r->baseline_error[b] = sum > 0 ? miss / sum : NAN;
    }
}

fore_status fore_record_make(fore_context *c, int64_t as_of, fore_period period, int64_t cuts,
                             uint64_t seed, fore_record *r, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_sales_series *series = NULL;
    const fore_timeline *timeline;
    double expected[FORE_RECORD_CUTS], plain[FORE_RECORD_CUTS], sd[FORE_RECORD_CUTS],
        actual[FORE_RECORD_CUTS];
    *r = (fore_record){.level = 1, .shock_sd = SHOCK_UNKNOWN};
    FORE_TRY(fore_context_history(c, &timeline, NULL, err));
    FORE_TRY(fore_sales_series_make(timeline, as_of, period, FORE_BY_TOTAL, -1, &series, err));
    int64_t full = series->periods - (series->last_partial ? 1 : 0);
    if (cuts > FORE_RECORD_CUTS) cuts = FORE_RECORD_CUTS;
    if (cuts > full - HISTORY_LEAST) cuts = full - HISTORY_LEAST;
    const double *amounts = series->amount;
    double total = 0;
    for (int64_t p = 0; p < full; p++) total += series->amount[p];
    if (!(total > 0)) amounts = series->won;
    int64_t per_year = period == FORE_WEEKLY      ? 52
                       : period == FORE_MONTHLY   ? 12
                       : period == FORE_QUARTERLY ? 4
                                                  : 1;
    for (int64_t i = 0; i < cuts; i++) {
        int64_t p = full - cuts + i;
        fore_record_cut *cut = &r->cut[r->cuts];
        fore_progress(c->observer, "past forecasts", i, cuts);
        if (fore_cancelled(c->observer)) {
            status = fore_fail(err, FORE_E_CANCELLED, "stopped");
            goto done;
        }
        simple_rules(amounts, p, per_year, cut->baseline);
        status = one_cut(c, series->start[p], series->start[p + 1], as_of, r->level, r->shock_sd,
                         seed + (uint64_t)i, cut, &sd[r->cuts], &plain[r->cuts], err);
        if (status == FORE_E_NO_ANSWER) { /* nothing had been won yet: the record begins later */
            status = FORE_OK;
            continue;
        }
        if (status != FORE_OK) goto done;
        expected[r->cuts] = cut->mean;
        actual[r->cuts] = cut->actual;
        r->cuts++;
        r->level = learn_level(plain, actual, r->cuts);
        if (r->cuts >= 2)
            r->shock_sd = fore_pipeline_shock(expected, sd, actual, r->cuts, SHOCK_LEAST);
    }
    sum_up(r);
done:
    fore_sales_series_free(series);
    return status;
}
