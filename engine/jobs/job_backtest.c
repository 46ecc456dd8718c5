/* "What would you have said then, and what happened?" The engine goes back to past dates, sees only
 * what was known, answers, and is compared with what followed and with simple rules. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/effort_view.h"
#include "engine/jobs/forecast_record.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/training.h"
#include "models/respond/plan.h"

enum {
    RANK_CUTS = 4,
    FORECAST_CUTS = 8,
    FORECAST_STEPS = 3,
    EFFORT_CUTS = 4,
    CUTS_MAX = FORE_RECORD_CUTS,
    ROWS_LEAST = 30
};
static const double TOP_SHARE = 0.1;

/* --- rank --- */

static const fore_column rank_columns[] = {
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"rows", "open", FORE_CELL_INTEGER, 0},
    {"wins", "won", FORE_CELL_INTEGER, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"log_loss", "loss", FORE_CELL_RATIO, 0},
    {"base_log_loss", "base", FORE_CELL_RATIO, 0},
    {"calibration_error", "calib.", FORE_CELL_RATIO, 0},
    {"lift", "lift", FORE_CELL_NUMBER, 0},
    {"lift_newest", "new", FORE_CELL_NUMBER, 0},
    {"lift_oldest", "old", FORE_CELL_NUMBER, 0},
    {"learner", NULL, FORE_CELL_TEXT, 0},
};

typedef struct rank_cut {
    fore_quality quality;
    double base_log_loss, lift_newest, lift_oldest;
    const char *learner;
} rank_cut;

/* Everything of the kind that was open at the cut: rows, and whether it was won within the horizon.
 */
static int64_t open_rows(const fore_timeline *t, fore_subject_kind kind, int64_t cut,
                         int64_t horizon, fore_extract_row *rows, double *label)
{
    int64_t from = kind == FORE_SUBJECT_LEAD ? 0 : t->leads, n = 0;
    int64_t end = kind == FORE_SUBJECT_LEAD ? t->leads : t->subjects;
    for (int64_t s = from; s < end; s++) {
        if (t->left_out[s] || !fore_subject_open_at(t, s, cut)) continue;
        rows[n] = (fore_extract_row){s, cut};
        label[n++] = t->outcome[s] == FORE_WON && t->closed_at[s] < cut + horizon;
    }
    return n;
}

/* Lift of the first tenth when the list is sorted by creation; newest: descending. */
static double lift_by_age(const fore_timeline *t, const fore_extract_row *rows, const double *label,
                          double *scratch, int64_t n, bool newest)
{
    double at_top, all = 0;
    for (int64_t i = 0; i < n; i++) {
        double age = (double)(rows[i].as_of - t->created_at[rows[i].subject]);
        scratch[i] = newest ? -age : age;
        all += label[i];
    }
    int64_t k = (int64_t)ceil(TOP_SHARE * (double)n);
    if (all == 0 || fore_precision_at(scratch, label, n, k, &at_top, NULL) != FORE_OK) return NAN;
    return at_top / (all / (double)n);
}

static fore_status rank_at(fore_context *c, fore_subject_kind kind, int64_t cut, int64_t as_of,
                           double horizon_days, uint64_t seed, rank_cut *out, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = c->timeline;
    fore_training training = {0};
    fore_training_options options = {
        .as_of = cut, .judged_at = as_of, .seed = seed, .horizon_days = horizon_days};
    options.without[FORE_SVM] = true; /* never chosen at these sizes, and the slowest by far */
    fore_extract_row *rows = FORE_NEW(t->subjects, fore_extract_row);
    double *label = FORE_NEW(t->subjects, double), *p = FORE_NEW(t->subjects, double);
    if (!rows || !label || !p) {
        status = fore_no_memory(err);
        goto done;
    }
    FORE_GO(fore_training_run(c, kind, &options, &training, err));
    int64_t n = open_rows(t, kind, cut, (int64_t)(horizon_days * (double)FORE_DAY), rows, label);
    if (n < ROWS_LEAST) {
        status = fore_fail(err, FORE_E_NO_ANSWER, "only %lld were open then", (long long)n);
        goto done;
    }
    FORE_GO(fore_scoring_predict(training.scoring, c->extractor, c->pool, training.attributes, rows,
                                 n, p, NULL, NULL, err));
    FORE_GO(fore_quality_measure(p, label, NULL, n, &out->quality, err));
    out->learner = fore_learner_name(training.choice.winner);
    out->lift_newest = lift_by_age(t, rows, label, p, n, true);
    out->lift_oldest = lift_by_age(t, rows, label, p, n, false);
    for (int64_t i = 0; i < n; i++) p[i] = training.scoring->base_rate;
    out->base_log_loss = fore_log_loss(p, label, NULL, n);
done:
    fore_training_free(&training);
    fore_free(rows);
    fore_free(label);
    fore_free(p);
    return status;
}

static void write_rank(const rank_cut *r, const char *date, fore_subject_kind kind, fore_answer *a,
                       int64_t g, fore_json_writer *json)
{
    fore_answer_row(a, g);
    fore_answer_text(a, g, date);
    fore_answer_text(a, g, fore_purpose(kind));
    fore_answer_number(a, g, (double)r->quality.rows);
    fore_answer_number(a, g, r->quality.positives);
    fore_answer_number(a, g, r->quality.auc);
    fore_answer_number(a, g, r->quality.log_loss);
    fore_answer_number(a, g, r->base_log_loss);
    fore_answer_number(a, g, r->quality.ece);
    fore_answer_number(a, g, r->quality.lift_top);
    fore_answer_number(a, g, r->lift_newest);
    fore_answer_number(a, g, r->lift_oldest);
    fore_answer_text(a, g, r->learner);
    fore_json_object(json, NULL);
    fore_json_string(json, "as_of", date);
    fore_json_string(json, "purpose", fore_purpose(kind));
    fore_json_string(json, "learner", r->learner);
    fore_quality_json(json, &r->quality);
    fore_json_number(json, "base_rate_log_loss", r->base_log_loss);
    fore_json_number(json, "lift_newest_first", r->lift_newest);
    fore_json_number(json, "lift_oldest_first", r->lift_oldest);
    fore_json_end_object(json);
}

/* The horizon that the whole history suggests: outcomes must be complete after each cut. */
static fore_status horizon_of(fore_context *c, fore_subject_kind kind, int64_t as_of, double *days,
                              fore_error *err)
{
    fore_examples *e = NULL;
    fore_examples_options options = fore_examples_defaults(as_of);
    FORE_TRY(fore_examples_make(c->timeline, kind, &options, &e, err));
    *days = e->horizon_days;
    fore_examples_free(e);
    return FORE_OK;
}

static fore_status backtest_rank(fore_context *c, int64_t as_of, int64_t cuts, uint64_t seed,
                                 fore_answer *a, fore_json_writer *json, fore_error *err)
{
    int64_t g =
        fore_answer_grid(a, "rank", "Scores at past dates, and what happened", rank_columns, 12);
    int64_t done = 0;
    fore_error why = {0};
    fore_json_array(json, "rank");
    for (int k = FORE_SUBJECT_LEAD; k <= FORE_SUBJECT_DEAL; k++) {
        double days;
        fore_status status = horizon_of(c, (fore_subject_kind)k, as_of, &days, &why);
        if (status == FORE_E_NO_ANSWER) continue;
        if (status != FORE_OK) {
            if (err) *err = why;
            return status;
        }
        int64_t step = (int64_t)(days * (double)FORE_DAY) / 2;
        for (int64_t i = cuts; i-- > 0;) {
            char date[32];
            rank_cut r = {0};
            int64_t cut = as_of - (int64_t)(days * (double)FORE_DAY) - i * step;
            fore_date_format(fore_date_of(cut), date);
            status = rank_at(c, (fore_subject_kind)k, cut, as_of, days, seed, &r, &why);
            if (status == FORE_OK) {
                write_rank(&r, date, (fore_subject_kind)k, a, g, json);
                done++;
            } else if (status != FORE_E_NO_ANSWER) {
                if (err) *err = why;
                return status;
            } else
                fore_answer_note(a, "%s, %ss: %s", date, fore_purpose((fore_subject_kind)k),
                                 why.message);
        }
    }
    fore_json_end_array(json);
    if (done)
        fore_answer_note(
            a, "Lift: wins among the best tenth of the list over the average; new and old: the "
               "same for lists by age, newest or oldest first. Base: log loss of the base rate.");
    return done ? FORE_OK
                : fore_fail(err, FORE_E_NO_ANSWER, "no past date can be scored: %s", why.message);
}

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
    fore_json_array(json, "ahead");
    for (int64_t h = 0; h < r.steps; h++) distance_json(json, h + 1, h + 1, &r.ahead[h]);
    distance_json(json, 1, r.steps, &r.sum);
    fore_json_end_array(json);
    fore_json_end_object(json);
    fore_text words = {0};
    for (int b = 0; b < FORE_BASELINES; b++)
        if (!isnan(r.baseline_error[b]))
            fore_text_printf(&words, ", %s %.0f %%", fore_baseline_word((fore_baseline)b),
                             100 * r.baseline_error[b]);
    fore_answer_note(
        a, "Error over %lld months: foresell %.0f %%%s. The 80 %% interval held %.0f of %lld.",
        (long long)r.cuts, 100 * r.error, fore_text_string(&words), r.coverage80 * (double)r.cuts,
        (long long)r.cuts);
    fore_text_free(&words);
    if (r.sum.cuts > 0)
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
    static const backtest tests[] = {backtest_rank, backtest_forecast, backtest_effort};
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
        fore_status status =
            tests[i](c, moment.as_of, r->cuts ? r->cuts : defaults[i], r->seed, a, &json, &why);
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
