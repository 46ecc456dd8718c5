/* truth.json: what the files cannot say. Numbers that went through libm are rounded to nine digits,
 * so that the file is the same on machines whose last bit differs. */
#include "datasets/simulate_truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/json.h"
#include "engine/base/memory.h"

const double fore_simulate_factors[FORE_SIM_FACTORS] = {0.8, 1.0, 1.1, 1.2, 1.36,
                                                        1.5, 1.8, 2.0, 2.5, 3.0};
enum { TODAY = 1, QUARTER_WEEKS = 13 }; /* position of factor 1 */

/* --- finding them --- */

static fore_status answer_factor(const sim_world *w, int f, const uint64_t *open,
                                 int64_t open_count, fore_pool *pool, sim_answers *a,
                                 fore_error *err)
{
    double factor[FORE_SIM_KINDS];
    for (int k = 0; k < FORE_SIM_KINDS; k++) factor[k] = fore_simulate_factors[f];
    a->week[f] = FORE_NEW(w->options.truth_weeks, double);
    if (!a->week[f]) return fore_no_memory(err);
    sim_future_result result = {.expected = a->week[f]};
    if (f == TODAY) {
        a->p_win = FORE_NEW(open_count, double);
        if (!a->p_win) return fore_no_memory(err);
        result.p_win = a->p_win;
    }
    FORE_TRY(fore_sim_future(w, factor, w->options.truth_weeks, w->options.truth_draws, open,
                             open_count, pool, &result, err));
    memcpy(a->touches[f], result.touches, sizeof result.touches);
    return FORE_OK;
}

static double sum_of(const double *x, int32_t n)
{
    double sum = 0.0;
    for (int32_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* One kind at a time, a fifth more. */
static fore_status answer_kind(const sim_world *w, int kind, fore_pool *pool, sim_answers *a,
                               fore_error *err)
{
    double factor[FORE_SIM_KINDS] = {1, 1, 1, 1}, week[104];
    int32_t weeks = w->options.truth_weeks < QUARTER_WEEKS ? w->options.truth_weeks : QUARTER_WEEKS;
    factor[kind] = 1.2;
    sim_future_result result = {.expected = week};
    FORE_TRY(
        fore_sim_future(w, factor, weeks, w->options.truth_draws, NULL, 0, pool, &result, err));
    double today = sum_of(a->week[TODAY], weeks), more = sum_of(week, weeks);
    a->quarter_by_kind[kind] = today > 0.0 ? log(more / today) / log(1.2) : NAN;
    return FORE_OK;
}

fore_status fore_sim_answer(const sim_world *w, const uint64_t *open, int64_t open_count,
                            fore_pool *pool, const fore_observer *observer, sim_answers *a,
                            fore_error *err)
{
    enum { RUNS = FORE_SIM_FACTORS + FORE_SIM_KINDS };
    if (w->options.truth_draws == 0) return FORE_OK;
    for (int run = 0; run < RUNS; run++) {
        if (fore_cancelled(observer))
            return fore_fail(err, FORE_E_CANCELLED,
                             "the simulation was stopped; nothing was written");
        fore_progress(observer, "right answers", run, RUNS);
        if (run < FORE_SIM_FACTORS)
            FORE_TRY(answer_factor(w, run, open, open_count, pool, a, err));
        else
            FORE_TRY(answer_kind(w, run - FORE_SIM_FACTORS, pool, a, err));
    }
    a->has_futures = true;
    return FORE_OK;
}

void fore_sim_answers_free(sim_answers *a)
{
    for (int f = 0; f < FORE_SIM_FACTORS; f++) fore_free(a->week[f]);
    fore_free(a->p_win);
    *a = (sim_answers){0};
}

/* --- in numbers --- */

/* The factor at which the expected amount is (1 + raise) times today's: log-linear between the
 * factors tried. */
static double needed(const double expected[FORE_SIM_FACTORS], double raise)
{
    double goal = log1p(raise);
    for (int f = TODAY; f + 1 < FORE_SIM_FACTORS; f++) {
        double a = log(expected[f] / expected[TODAY]), b = log(expected[f + 1] / expected[TODAY]);
        if (!(b >= goal) || !(b > a)) continue;
        double x = log(fore_simulate_factors[f]), y = log(fore_simulate_factors[f + 1]);
        return exp(x + (y - x) * (goal - a) / (b - a));
    }
    return NAN;
}

static double auc_of(const int64_t count[2][512])
{
    double pairs = 0.0, below = 0.0, good = 0.0, all = 0.0;
    for (int q = 0; q < 512; q++) {
        pairs += (double)count[1][q] * (below + 0.5 * (double)count[0][q]);
        below += (double)count[0][q];
        good += (double)count[1][q];
    }
    all = good * below;
    return all > 0.0 ? pairs / all : NAN;
}

static double ratio(double a, double b) { return b > 0.0 ? a / b : NAN; }

void fore_sim_truth_fill(const sim_world *w, const sim_rows *sum, const sim_answers *a,
                         fore_simulate_truth *t)
{
    *t = (fore_simulate_truth){.start_on = w->options.start_on,
                               .end_on = w->options.start_on + 7 * w->options.weeks,
                               .accounts = sum->account_count,
                               .leads = sum->lead_count,
                               .deals = sum->deal_count,
                               .won = sum->won_count,
                               .activities = sum->activity_count,
                               .won_amount = sum->won_amount,
                               .dirty = sum->dirty_count};
    t->conversion_rate =
        ratio((double)sum->converted, (double)(sum->converted + sum->disqualified));
    t->win_rate = ratio((double)sum->won_count, (double)(sum->won_count + sum->lost_count));
    t->quality_auc = auc_of(sum->by_quality);
    for (int k = 0; k < FORE_SIM_KINDS; k++) {
        t->elasticity[k] = a->elasticity[k];
        t->elasticity_total += a->elasticity[k];
    }
    int32_t weeks = w->options.truth_weeks, quarter = weeks < QUARTER_WEEKS ? weeks : QUARTER_WEEKS;
    for (int f = 0; f < FORE_SIM_FACTORS; f++) {
        t->expected_quarter[f] = a->has_futures ? sum_of(a->week[f], quarter) : NAN;
        t->expected_horizon[f] = a->has_futures ? sum_of(a->week[f], weeks) : NAN;
    }
    for (int g = 0; g < 3; g++) {
        t->needed_quarter[g] = a->has_futures ? needed(t->expected_quarter, 0.1 * (g + 1)) : NAN;
        t->needed_horizon[g] = a->has_futures ? needed(t->expected_horizon, 0.1 * (g + 1)) : NAN;
    }
}

/* --- in words --- */

static double nine(double x)
{
    if (!isfinite(x)) return x;
    char text[40];
    snprintf(text, sizeof text, "%.9g", x);
    return strtod(text, NULL);
}

static void put_rounded(fore_json_writer *j, const char *key, const double *x, int64_t n)
{
    fore_json_array(j, key);
    for (int64_t i = 0; i < n; i++) fore_json_number(j, NULL, nine(x[i]));
    fore_json_end_array(j);
}

static void put_kinds(fore_json_writer *j, const char *key, const double x[FORE_SIM_KINDS],
                      bool with_total)
{
    double total = 0.0;
    fore_json_object(j, key);
    for (int k = 0; k < FORE_SIM_KINDS; k++) {
        fore_json_number(j, fore_simulate_kind_word(k), nine(x[k]));
        total += x[k];
    }
    if (with_total) fore_json_number(j, "total", nine(total));
    fore_json_end_object(j);
}

static void put_options(fore_json_writer *j, const sim_world *w)
{
    const fore_simulate_options *o = &w->options;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    fore_json_object(j, "options");
    fore_json_raw(j, "seed", seed);
    fore_json_integer(j, "weeks", o->weeks);
    fore_json_integer(j, "warmup_weeks", o->warmup_weeks);
    fore_json_integer(j, "reps", o->reps);
    fore_json_integer(j, "teams", o->teams);
    fore_json_number(j, "leads_per_week", o->leads_per_week);
    fore_json_number(j, "touches", o->touches);
    put_kinds(j, "elasticity", o->elasticity, true);
    fore_json_number(j, "saturation", o->saturation);
    fore_json_number(j, "half_life_weeks", o->half_life_weeks);
    fore_json_string(j, "confounding", fore_confounding_word(o->confounding));
    fore_json_number(j, "favour", o->favour);
    fore_json_number(j, "chase", o->chase);
    fore_json_number(j, "progress", w->progress);
    fore_json_number(j, "hours_sd", o->hours_sd);
    fore_json_number(j, "hidden_sd", o->hidden_sd);
    fore_json_number(j, "demand_sd", o->demand_sd);
    fore_json_number(j, "season", o->season);
    fore_json_number(j, "drift_per_year", o->drift_per_year);
    fore_json_number(j, "loss", o->loss);
    fore_json_number(j, "speed", o->speed);
    fore_json_number(j, "amount_median", o->amount_median);
    fore_json_number(j, "amount_sd", o->amount_sd);
    fore_json_number(j, "open_rate", o->open_rate);
    fore_json_number(j, "click_rate", o->click_rate);
    fore_json_string(j, "currency", o->currency);
    fore_json_numbers(j, "language", o->language, 4);
    fore_json_number(j, "dirty_share", o->dirty_share);
    fore_json_integer(j, "dirty_kinds", o->dirty_kinds);
    fore_json_integer(j, "truth_draws", o->truth_draws);
    fore_json_end_object(j);
}

static void put_world(fore_json_writer *j, const sim_world *w, const sim_answers *a)
{
    double zero = 0.0;
    for (int k = 0; k < FORE_SIM_KINDS; k++) zero += w->options.elasticity[k];
    fore_json_object(j, "response");
    fore_json_string(
        j, "form",
        "m = x^c / (1 - sigma + sigma x^c), x = (0.2 + sum w_k s_k) / 1.2, log m in the log-odds of every decision");
    fore_json_number(j, "exponent", nine(w->exponent));
    put_kinds(j, "weights", w->weight, false);
    fore_json_number(j, "decay_per_week", nine(w->decay));
    fore_json_bool(j, "effect", zero > 0.0);
    put_kinds(j, "minutes", fore_sim_minutes, false);
    fore_json_end_object(j);
    fore_json_object(j, "elasticity");
    put_kinds(j, "long_run", a->elasticity, true);
    if (a->has_futures) put_kinds(j, "next_13_weeks", a->quarter_by_kind, false);
    fore_json_end_object(j);
}

static void put_futures(fore_json_writer *j, const sim_world *w, const sim_answers *a,
                        const fore_simulate_truth *t)
{
    fore_json_object(j, "future");
    fore_json_integer(j, "draws", w->options.truth_draws);
    fore_json_numbers(j, "factors", fore_simulate_factors, FORE_SIM_FACTORS);
    put_rounded(j, "expected_13_weeks", t->expected_quarter, FORE_SIM_FACTORS);
    put_rounded(j, "expected_horizon", t->expected_horizon, FORE_SIM_FACTORS);
    fore_json_integer(j, "horizon_weeks", w->options.truth_weeks);
    fore_json_object(j, "effort_factor_needed");
    put_rounded(j, "13_weeks", t->needed_quarter, 3);
    put_rounded(j, "horizon", t->needed_horizon, 3);
    fore_json_end_object(j);
    fore_json_array(j, "by_week");
    for (int f = 0; f < FORE_SIM_FACTORS && a->has_futures; f++)
        put_rounded(j, NULL, a->week[f], w->options.truth_weeks);
    fore_json_end_array(j);
    if (a->has_futures) put_kinds(j, "touches_today", a->touches[TODAY], true);
    fore_json_end_object(j);
}

static void put_rows(fore_json_writer *j, const fore_simulate_truth *t)
{
    fore_json_object(j, "rows");
    fore_json_integer(j, "accounts", t->accounts);
    fore_json_integer(j, "leads", t->leads);
    fore_json_integer(j, "deals", t->deals);
    fore_json_integer(j, "won", t->won);
    fore_json_integer(j, "activities", t->activities);
    fore_json_end_object(j);
    fore_json_number(j, "won_amount", t->won_amount);
    fore_json_number(j, "conversion_rate", nine(t->conversion_rate));
    fore_json_number(j, "win_rate", nine(t->win_rate));
    fore_json_number(j, "quality_auc", nine(t->quality_auc));
}

fore_status fore_sim_truth_json(const sim_world *w, const sim_rows *sum, const sim_answers *a,
                                const fore_simulate_truth *t, fore_text *out, fore_error *err)
{
    char start[32], end[32];
    fore_date_format(t->start_on, start);
    fore_date_format(t->end_on, end);
    fore_json_writer j = fore_json_to(out);
    fore_json_object(&j, NULL);
    fore_json_string(&j, "start", start);
    fore_json_string(&j, "end", end);
    put_options(&j, w);
    put_world(&j, w, a);
    put_futures(&j, w, a, t);
    put_rows(&j, t);
    fore_json_array(&j, "dirty");
    if (sum->dirty.length) fore_json_raw(&j, NULL, sum->dirty.bytes);
    fore_json_end_array(&j);
    fore_json_end_object(&j);
    fore_text_putc(out, '\n');
    return fore_text_check(out, err);
}
