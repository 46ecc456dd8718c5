/* "What would you have said then, and what happened?" The engine goes back to past dates, sees only
 * what was known, answers, and is compared with what followed and with simple rules. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/backtest_rank.h"
#include "engine/jobs/effort_view.h"
#include "engine/jobs/forecast_judge.h"
#include "engine/jobs/forecast_record.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/training.h"
#include "models/respond/plan.h"

enum {
    RANK_CUTS = 4,
    FORECAST_CUTS = 8,
    FORECAST_STEPS = 3,
    EFFORT_CUTS = 4,
    CUTS_MAX = FORE_RECORD_CUTS
};

/* --- forecast --- */

static const fore_column forecast_columns[] = {
    {"start", "month", FORE_CELL_TEXT, 0},
    {"actual", "actual", FORE_CELL_MONEY, 0},
    {"mean", "ours", FORE_CELL_MONEY, 0},
    {"lo80", "from", FORE_CELL_MONEY, 0},
    {"hi80", "to", FORE_CELL_MONEY, 0},
    {"last", NULL, FORE_CELL_MONEY, 0},
    {"last_year", NULL, FORE_CELL_MONEY, 0},
    {"run_rate", "rate", FORE_CELL_MONEY, 0},
    {"stage_weights", "stages", FORE_CELL_MONEY, 0},
    {"ets", "ETS", FORE_CELL_MONEY, 0},
};

/* Months `from` to `to` ahead, together. */
static void distance_json(fore_json_writer *json, int64_t from, int64_t to,
                          const fore_record_distance *d)
{
    fore_json_object(json, NULL);
    fore_json_integer(json, "from", from);
    fore_json_integer(json, "to", to);
    fore_json_integer(json, "cuts", d->cuts);
    fore_json_number(json, "error", d->error);
    fore_json_number(json, "coverage_80", d->coverage80);
    fore_json_number(json, "run_rate_error", d->run_rate_error);
    fore_json_number(json, "ets_error", d->ets_error);
    fore_json_end_object(json);
}

/* --- ours beside the simple rules --- */

static const fore_column rule_columns[] = {
    {"rule", "forecast", FORE_CELL_TEXT, 0},
    {"months", "months", FORE_CELL_INTEGER, 0},
    {"error", "error", FORE_CELL_PERCENT, 0},
    {"own_error", "ours then", FORE_CELL_PERCENT, 0},
    {"closer", "ours closer in", FORE_CELL_PERCENT, 0},
};

static int64_t months_of(const fore_record *r, int b)
{
    int64_t months = 0;
    for (int64_t i = 0; i < r->cuts; i++) months += !isnan(r->cut[i].baseline[b]);
    return months;
}

static void forecast_rules(const fore_record *r, fore_answer *a)
{
    int64_t g =
        fore_answer_grid(a, "rules", "Error: sum of misses over sum of actuals", rule_columns, 5);
    fore_answer_row(a, g);
    fore_answer_text(a, g, "foresell");
    fore_answer_number(a, g, (double)r->cuts);
    fore_answer_number(a, g, r->error);
    fore_answer_number(a, g, NAN);
    fore_answer_number(a, g, NAN);
    for (int b = 0; b < FORE_BASELINES; b++) {
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_baseline_word((fore_baseline)b));
        fore_answer_number(a, g, (double)months_of(r, b));
        fore_answer_number(a, g, r->baseline_error[b]);
        fore_answer_number(a, g, r->own_error[b]);
        fore_answer_number(a, g, r->closer[b]);
    }
}

static void rules_json(const fore_record *r, fore_json_writer *json)
{
    fore_json_array(json, "rules");
    for (int b = 0; b < FORE_BASELINES; b++) {
        fore_json_object(json, NULL);
        fore_json_string(json, "rule", fore_baseline_word((fore_baseline)b));
        fore_json_integer(json, "cuts", months_of(r, b));
        fore_json_number(json, "error", r->baseline_error[b]);
        fore_json_number(json, "own_error", r->own_error[b]);
        fore_json_number(json, "closer", r->closer[b]);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_string(json, "verdict", fore_record_verdict_word(fore_record_judge(r)));
    fore_json_number(json, "width_80", r->width);
}

static void forecast_words(const fore_record *r, fore_answer *a)
{
    fore_text words = {0};
    fore_record_advice(r, &words);
    if (!isnan(r->error))
        fore_answer_note(a,
                         "The 80 %% interval held %.0f of %lld months; it was %.1f times as wide "
                         "as what came.",
                         r->coverage80 * (double)r->cuts, (long long)r->cuts, r->width);
    if (words.length > 0) fore_answer_note(a, "%s", fore_text_string(&words));
    if (r->cuts > 0 && months_of(r, FORE_BASE_STAGE_WEIGHTS) == 0)
        fore_answer_note(a, "Stage weights cannot be reckoned: the history keeps no stages.");
    a->failed |= words.failed;
    fore_text_free(&words);
}

static fore_status backtest_forecast(fore_context *c, int64_t as_of, int64_t cuts, uint64_t seed,
                                     fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_record r;
    fore_record_options options = {.as_of = as_of,
                                   .period = FORE_MONTHLY,
                                   .cuts = cuts,
                                   .steps = FORECAST_STEPS,
                                   .distances = true,
                                   .seed = seed};
    FORE_TRY(fore_record_make(c, &options, &r, err));
    if (r.cuts == 0)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "the history is too short for past forecasts: it needs four full months and a win");
    int64_t g =
        fore_answer_grid(a, "forecast", "Months forecast at their start", forecast_columns, 10);
    fore_json_object(json, "forecast");
    fore_json_array(json, "cuts");
    for (int64_t i = 0; i < r.cuts; i++) {
        const fore_record_cut *cut = &r.cut[i];
        char date[32];
        fore_date_format(cut->start, date);
        char month[32];
        snprintf(month, sizeof month, "%.7s", date);
        const double v[] = {cut->actual, cut->mean, cut->lo80, cut->hi80};
        fore_answer_row(a, g);
        fore_answer_text(a, g, month);
        for (int k = 0; k < 4; k++) fore_answer_number(a, g, v[k]);
        for (int b = 0; b < FORE_BASELINES; b++) fore_answer_number(a, g, cut->baseline[b]);
        fore_json_object(json, NULL);
        fore_json_string(json, "start", date);
        fore_json_number(json, "actual", cut->actual);
        fore_json_number(json, "mean", cut->mean);
        fore_json_number(json, "median", cut->median);
        fore_json_number(json, "lo80", cut->lo80);
        fore_json_number(json, "hi80", cut->hi80);
        for (int b = 0; b < FORE_BASELINES; b++)
            fore_json_number(json, fore_baseline_word((fore_baseline)b), cut->baseline[b]);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_number(json, "error", r.error);
    fore_json_number(json, "coverage_80", r.coverage80);
    fore_json_object(json, "baseline_error");
    for (int b = 0; b < FORE_BASELINES; b++)
        fore_json_number(json, fore_baseline_word((fore_baseline)b), r.baseline_error[b]);
    fore_json_end_object(json);
    rules_json(&r, json);
    fore_json_array(json, "ahead");
    for (int64_t h = 0; h < r.steps; h++) distance_json(json, h + 1, h + 1, &r.ahead[h]);
    distance_json(json, 1, r.steps, &r.sum);
    fore_json_end_array(json);
    fore_json_end_object(json);
    forecast_rules(&r, a);
    forecast_words(&r, a);
    if (r.sum.cuts > 0 && !isnan(r.sum.error))
        fore_answer_note(a,
                         "Sums of %lld months: error %.0f %% (run rate %.0f %%, ETS %.0f %%), the "
                         "80 %% interval held %.0f of %lld.",
                         (long long)r.steps, 100 * r.sum.error, 100 * r.sum.run_rate_error,
                         100 * r.sum.ets_error, r.sum.coverage80 * (double)r.sum.cuts,
                         (long long)r.sum.cuts);
    return FORE_OK;
}

/* --- effort --- */

static const fore_column effort_columns[] = {
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"verdict", "verdict", FORE_CELL_TEXT, 0},
    {"elasticity", "elast.", FORE_CELL_NUMBER, 0},
    {"p10", "from", FORE_CELL_NUMBER, 0},
    {"p90", "to", FORE_CELL_NUMBER, 0},
    {"effort", "effort", FORE_CELL_NUMBER, 0},
    {"said", "said", FORE_CELL_NUMBER, 0},
    {"happened", "happened", FORE_CELL_NUMBER, 0},
};

/* Hours of effort and won amount in the `weeks` after (or, negative, before) a moment. */
static void sums_around(const fore_effort_view *v, int64_t first_week, int64_t end_week,
                        double *hours, double *sales)
{
    const fore_response_panel *p = &v->panel;
    *hours = *sales = 0;
    for (int64_t g = 0; g < p->reps; g++)
        for (int64_t w = first_week < 0 ? 0 : first_week; w < end_week && w < p->weeks; w++) {
            int64_t cell = g * p->weeks + w;
            for (int64_t k = 0; k < p->kinds; k++)
                *hours += p->activities[k * p->reps * p->weeks + cell] * v->minutes[k] / 60;
            if (!isnan(p->won_count[cell])) *sales += p->won_count[cell];
        }
}

static fore_status effort_at(fore_context *c, int64_t cut, int64_t as_of, uint64_t seed,
                             fore_answer *a, int64_t g, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_effort_panel *then = NULL, *now = NULL;
    fore_effort_view v = {0}, after = {0};
    fore_response *response = NULL;
    fore_habits habits;
    char date[32];
    fore_habits_read(c->timeline, cut, &habits);
    FORE_GO(fore_effort_panel_make(c->timeline, cut, -1, FORE_PANEL_WEEKS, &then, err));
    FORE_GO(fore_effort_panel_make(c->timeline, as_of, -1, FORE_PANEL_WEEKS, &now, err));
    FORE_GO(fore_effort_view_make(c->timeline, then, &habits, -1, FORE_PACE_WEEKS, &v, err));
    FORE_GO(fore_effort_view_make(c->timeline, now, &habits, -1, FORE_PACE_WEEKS, &after, err));
    if (v.effort_weeks < FORE_PACE_WEEKS) {
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "the pace before a past date takes %d weeks of effort, and fewer are "
                           "recorded before it",
                           FORE_PACE_WEEKS);
        goto done;
    }
    fore_response_options options = fore_response_default();
    options.seed = seed;
    FORE_GO(fore_response_fit(&v.panel, &options, c->pool, &response, err));
    int64_t week = (fore_date_of(cut) - now->first_week_on) / 7;
    double hours_before, hours_after, sales_before, sales_after;
    sums_around(&after, week - FORE_PACE_WEEKS, week, &hours_before, &sales_before);
    sums_around(&after, week, week + FORE_PACE_WEEKS, &hours_after, &sales_after);
    double effort = hours_before > 0 ? hours_after / hours_before : NAN;
    double said = isnan(effort) ? NAN : pow(effort, response->total_median);
    double happened = sales_before > 0 ? sales_after / sales_before : NAN;
    fore_date_format(fore_date_of(cut), date);
    const double numbers[] = {
        response->total_median, response->total_p10, response->total_p90, effort, said, happened};
    static const char *const keys[] = {"elasticity",    "p10",        "p90",
                                       "effort_factor", "sales_said", "sales_happened"};
    fore_answer_row(a, g);
    fore_answer_text(a, g, date);
    fore_answer_text(a, g, fore_verdict_text(response->verdict));
    fore_json_object(json, NULL);
    fore_json_string(json, "as_of", date);
    fore_json_string(json, "verdict", fore_verdict_text(response->verdict));
    for (int i = 0; i < 6; i++) {
        fore_answer_number(a, g, numbers[i]);
        fore_json_number(json, keys[i], numbers[i]);
    }
    fore_json_end_object(json);
done:
    fore_response_free(response);
    fore_effort_view_free(&v);
    fore_effort_view_free(&after);
    fore_effort_panel_free(then);
    fore_effort_panel_free(now);
    return status;
}

static fore_status backtest_effort(fore_context *c, int64_t as_of, int64_t cuts, uint64_t seed,
                                   fore_answer *a, fore_json_writer *json, fore_error *err)
{
    int64_t g =
        fore_answer_grid(a, "effort", "Effort and sales, quarter after quarter", effort_columns, 8);
    int64_t done = 0;
    fore_error why = {0};
    fore_json_array(json, "effort");
    for (int64_t i = cuts; i-- > 0;) {
        int64_t cut = as_of - (i + 1) * FORE_PACE_WEEKS * 7 * FORE_DAY;
        fore_status status = effort_at(c, cut, as_of, seed, a, g, json, &why);
        if (status == FORE_OK)
            done++;
        else if (status != FORE_E_NO_ANSWER) {
            if (err) *err = why;
            return status;
        }
    }
    fore_json_end_array(json);
    if (done == 0)
        return fore_fail(err, FORE_E_NO_ANSWER, "no past date can be answered: %s", why.message);
    fore_json_integer(json, "effort_skipped", cuts - done);
    if (done < cuts)
        fore_answer_note(a, "Effort: %lld of %lld past dates are left out: %s.",
                         (long long)(cuts - done), (long long)cuts, why.message);
    fore_answer_note(
        a,
        "Effort: the elasticity as it would have been estimated; 'effort' is the hours of "
        "the next 13 weeks over those of the 13 before; 'said' is what that would do to sales; sales count wins. What happened also "
        "holds season, demand and luck: it is no proof of the effect.");
    return FORE_OK;
}

/* --- all --- */

typedef fore_status (*backtest)(fore_context *, int64_t, int64_t, uint64_t, fore_answer *,
                                fore_json_writer *, fore_error *);

fore_status fore_job_backtest(fore_context *c, const foresell_backtest_request *r, fore_answer *a,
                              fore_error *err)
{
    static const char *const names[] = {"rank", "forecast", "effort"};
    static const backtest tests[] = {NULL, backtest_forecast, backtest_effort};
    static const int64_t defaults[] = {RANK_CUTS, FORECAST_CUTS, EFFORT_CUTS};
    fore_moment moment;
    const fore_timeline *timeline;
    fore_error why = {0};
    int chosen = -1, answered = 0;
    for (int i = 0; i < 3 && r->what; i++)
        if (strcmp(r->what, names[i]) == 0) chosen = i;
    if (r->what && chosen < 0)
        return fore_fail(err, FORE_E_USAGE, "a backtest is of rank, forecast or effort, not '%s'",
                         r->what);
    if (r->plot && chosen > 0)
        return fore_fail(err, FORE_E_USAGE, "a plot is of the ranking: --what rank, not %s",
                         r->what);
    if (r->cuts < 0 || r->cuts > CUTS_MAX)
        return fore_fail(err, FORE_E_USAGE, "cuts are 1 to %d", CUTS_MAX);
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    FORE_TRY(fore_context_history(c, &timeline, NULL, err));
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    for (int i = 0; i < 3; i++) {
        if (chosen >= 0 && i != chosen) continue;
        int64_t length = a->json.length;
        fore_json_writer before = json;
        int64_t cuts = r->cuts ? r->cuts : defaults[i];
        fore_status status =
            tests[i] ? tests[i](c, moment.as_of, cuts, r->seed, a, &json, &why)
                     : fore_backtest_rank(c, moment.as_of, cuts, r->seed, r->plot, a, &json, &why);
        if (status == FORE_OK) {
            answered++;
            continue;
        }
        if (status != FORE_E_NO_ANSWER || chosen >= 0) {
            if (err) *err = why;
            return status;
        }
        a->json.length = length; /* take back what the part had begun to write */
        if (a->json.bytes) a->json.bytes[length] = 0;
        json = before;
        fore_answer_note(a, "%s: %s", names[i], why.message);
    }
    fore_json_end_object(&json);
    if (answered == 0)
        return fore_fail(err, FORE_E_NO_ANSWER, "the history is too short for a backtest: %s",
                         why.message);
    return FORE_OK;
}
