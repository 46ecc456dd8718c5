/* "I expect another figure, because." Kept beside the model's, never instead of it, with the record
 * of who was right. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/cell_values.h"
#include "engine/jobs/adjustments.h"
#include "engine/jobs/forecast_state.h"
#include "engine/jobs/jobs.h"

enum { WHO_MOST = 200, BECAUSE_MOST = 2000 };
static const double AMOUNT_MOST = 1e13;

static const fore_column columns[] = {
    {"period", "period", FORE_CELL_TEXT, 0}, {"who", "who", FORE_CELL_TEXT, 1},
    {"said_at", "said", FORE_CELL_TEXT, 0},  {"amount", "expects", FORE_CELL_MONEY, 0},
    {"model", "model", FORE_CELL_MONEY, 0},  {"actual", "came", FORE_CELL_MONEY, 0},
    {"state", "closer", FORE_CELL_TEXT, 0},  {"because", "because", FORE_CELL_TEXT, -1},
};

static const fore_column people_columns[] = {
    {"who", "who", FORE_CELL_TEXT, 1},
    {"judged", "periods over", FORE_CELL_INTEGER, 0},
    {"closer", "closer", FORE_CELL_INTEGER, 0},
    {"error", "error", FORE_CELL_PERCENT, 0},
    {"model_error", "model's error", FORE_CELL_PERCENT, 0},
    {"bias", "too high by", FORE_CELL_PERCENT, 0},
};

static fore_status read_period(fore_context *c, const foresell_adjust_request *r, int64_t as_of,
                               int32_t *start, int32_t *end, fore_period *kind, fore_error *err)
{
    if (fore_adjustment_period(&c->calendar, r->of, fore_date_of(as_of), kind, start, end))
        return FORE_OK;
    return fore_fail(
        err, FORE_E_USAGE,
        "name a month, quarter or year as the forecast does, such as 2026-11 or 2026-Q4 "
        "(FY2027-Q1 by a fiscal calendar), not '%s'",
        r->of);
}

static bool has_words(const char *text) { return text && text[strspn(text, " \t\n")]; }

static fore_status check_words(const foresell_adjust_request *r, fore_error *err)
{
    if (!has_words(r->by)) return fore_fail(err, FORE_E_USAGE, "say who expects it: --by NAME");
    if (!has_words(r->because)) return fore_fail(err, FORE_E_USAGE, "say why: --because TEXT");
    if (strlen(r->by) > WHO_MOST || strlen(r->because) > BECAUSE_MOST)
        return fore_fail(err, FORE_E_LIMIT, "--by holds %d bytes at most, --because %d", WHO_MOST,
                         BECAUSE_MOST);
    return FORE_OK;
}

/* As people and spreadsheets write amounts: 5,000,000; 5.500.000,50; 5M. */
static fore_status read_amount(const char *text, double *amount, fore_error *err)
{
    fore_number_evidence evidence = {0};
    bool ambiguous = false;
    int64_t length = text ? (int64_t)strlen(text) : 0;
    fore_number_observe(&evidence, text ? text : "", length);
    fore_decimal decimal = fore_number_decide(&evidence, &ambiguous);
    if (ambiguous)
        return fore_fail(err, FORE_E_USAGE,
                         "--to %s can be read in two ways; write it without a separator of "
                         "thousands",
                         text);
    if (!text || !fore_cell_number(text, length, decimal, amount) || !(*amount >= 0) ||
        *amount > AMOUNT_MOST)
        return fore_fail(
            err, FORE_E_USAGE,
            "--to is the whole of the period's sales, an amount from 0 to 1e13 such as "
            "250000%s%s",
            text ? ", not " : "", text ? text : "");
    return FORE_OK;
}

/* What is expected is said before it is known: as of now, not of a day that the history has passed.
 */
static fore_status check_moment(fore_context *c, const foresell_adjust_request *r, int64_t as_of,
                                fore_error *err)
{
    bool worked;
    FORE_TRY(fore_context_is_worked(c, &r->moment, as_of, &worked, err));
    return worked
               ? FORE_OK
               : fore_fail(err, FORE_E_USAGE,
                           "the history goes on after that moment: what is expected must be said "
                           "before it is known; leave --as-of out");
}

/* What the model says of the period at this moment, and what is won in it by then. */
static fore_status model_says(fore_context *c, const foresell_adjust_request *r, int64_t as_of,
                              fore_period kind, int32_t start, fore_adjustment_row *row,
                              char unit[32], double *won, fore_error *err)
{
    fore_forecast_state state;
    int32_t first = fore_calendar_start(&c->calendar, kind, fore_date_of(as_of));
    int64_t ahead = 0;
    if (start < first)
        return fore_fail(err, FORE_E_USAGE,
                         "%s is over: what comes of it can no longer be expected", r->of);
    while (ahead < FORE_STATE_PERIODS &&
           fore_calendar_add(&c->calendar, kind, first, (int32_t)ahead) < start)
        ahead++;
    if (ahead == FORE_STATE_PERIODS)
        return fore_fail(err, FORE_E_USAGE, "%s is too far off: %d periods ahead at most", r->of,
                         FORE_STATE_PERIODS - 1);
    FORE_TRY(fore_state_make(c, kind, as_of, ahead + 1, r->seed, &state, err));
    snprintf(unit, 32, "%s", state.unit);
    row->model_mean = state.period[ahead].mean;
    row->model_lo80 = state.period[ahead].lo80;
    row->model_hi80 = state.period[ahead].hi80;
    *won = 0;
    for (int64_t i = 0; ahead == 0 && i < state.lines; i++)
        if (state.line[i].won) *won += state.line[i].amount;
    fore_state_free(&state);
    return FORE_OK;
}

static fore_status keep(fore_context *c, const foresell_adjust_request *r, int64_t as_of,
                        fore_answer *a, fore_error *err)
{
    fore_adjustment_row row = {.at = as_of, .who = r->by, .because = r->because};
    fore_period kind;
    char figure[2][32], unit[32];
    double amount, won = 0;
    FORE_TRY(check_moment(c, r, as_of, err));
    FORE_TRY(read_period(c, r, as_of, &row.start_on, &row.end_on, &kind, err));
    FORE_TRY(check_words(r, err));
    FORE_TRY(read_amount(r->to, &amount, err));
    FORE_TRY(model_says(c, r, as_of, kind, row.start_on, &row, unit, &won, err));
    row.amount_minor = llround(amount * 100);
    row.unit = unit;
    row.rates = c->timeline->rates;
    FORE_TRY(fore_store_begin(c->store, err));
    fore_status status = fore_store_put_adjustment(c->store, &row, err);
    if (status == FORE_OK) status = fore_store_commit(c->store, err);
    if (status != FORE_OK) {
        fore_store_rollback(c->store);
        return status;
    }
    fore_number_people(amount, 0, figure[0], sizeof figure[0]);
    fore_number_people(row.model_mean, 0, figure[1], sizeof figure[1]);
    fore_answer_note(a, "%s expects %s of %s; the model says %s. Both are kept.", r->by, figure[0],
                     r->of, figure[1]);
    fore_number_people(won, 0, figure[0], sizeof figure[0]);
    if (amount < won)
        fore_answer_note(a, "%s is won already: only credit notes can bring %s below that.",
                         figure[0], r->of);
    if (amount < row.model_lo80 || amount > row.model_hi80)
        fore_answer_note(a, "That lies outside the model's 80 %% interval.");
    return FORE_OK;
}

static fore_status take_back(fore_context *c, const foresell_adjust_request *r, int64_t as_of,
                             fore_answer *a, fore_error *err)
{
    int32_t start, end;
    fore_period kind;
    int64_t taken;
    FORE_TRY(check_moment(c, r, as_of, err));
    FORE_TRY(read_period(c, r, as_of, &start, &end, &kind, err));
    if (fore_time_of_date(end) <= as_of)
        return fore_fail(err, FORE_E_USAGE,
                         "%s is over: what was said of it stays, so that the record stays true",
                         r->of);
    FORE_TRY(fore_store_begin(c->store, err));
    fore_status status =
        fore_store_take_back_adjustment(c->store, start, end, r->by, as_of, &taken, err);
    if (status == FORE_OK) status = fore_store_commit(c->store, err);
    if (status != FORE_OK) {
        fore_store_rollback(c->store);
        return status;
    }
    if (taken == 0)
        return fore_fail(err, FORE_E_NOT_FOUND, "nothing stands for %s that could be taken back",
                         r->of);
    fore_answer_note(a, "%s: %lld figure%s taken back.", r->of, (long long)taken,
                     taken == 1 ? "" : "s");
    return FORE_OK;
}

/* --- the record --- */

static const char *verdict(const fore_adjustment *x)
{
    if (x->taken_back) return "taken back";
    if (x->replaced) return "replaced";
    if (x->foreign) return "other unit";
    if (!x->over) return NULL;
    double theirs = fabs(x->amount - x->actual), ours = fabs(x->model - x->actual);
    return theirs < ours ? "the person" : theirs > ours ? "the model" : "both alike";
}

static void write_item(const fore_context *c, const fore_adjustment *x, int64_t g, fore_answer *a,
                       fore_json_writer *json)
{
    char name[32], said[32];
    const double interval[] = {x->model_lo80, x->model_hi80};
    fore_adjustment_name(&c->calendar, x->start, x->end, name);
    fore_date_format(fore_date_of(x->at), said);
    fore_answer_row(a, g);
    fore_answer_text(a, g, name);
    fore_answer_text(a, g, x->who);
    fore_answer_text(a, g, said);
    fore_answer_number(a, g, x->amount);
    fore_answer_number(a, g, x->model);
    fore_answer_number(a, g, x->actual);
    fore_answer_text(a, g, verdict(x));
    fore_answer_text(a, g, x->because);
    fore_json_object(json, NULL);
    fore_json_date(json, "start", x->start);
    fore_json_date(json, "end", x->end - 1);
    fore_json_string(json, "who", x->who);
    fore_json_time(json, "said_at", x->at);
    fore_json_number(json, "amount", x->amount);
    fore_json_string(json, "unit", x->unit);
    fore_json_number(json, "model", x->model);
    fore_json_numbers(json, "model_interval80", interval, 2);
    fore_json_number(json, "actual", x->actual);
    fore_json_string(json, "because", x->because);
    fore_json_bool(json, "stands", !x->taken_back && !x->replaced);
    fore_json_string(json, "closer", verdict(x));
    fore_json_end_object(json);
}

static void write_people(const fore_adjustments *all, fore_answer *a, fore_json_writer *json)
{
    fore_json_array(json, "people");
    int64_t g =
        all->people > 0 ? fore_answer_grid(a, "people", "Who was right", people_columns, 6) : -1;
    for (int64_t i = 0; i < all->people; i++) {
        const fore_adjuster *p = &all->person[i];
        fore_answer_row(a, g);
        fore_answer_text(a, g, p->who);
        fore_answer_number(a, g, (double)p->judged);
        fore_answer_number(a, g, (double)p->closer);
        fore_answer_number(a, g, p->error);
        fore_answer_number(a, g, p->model_error);
        fore_answer_number(a, g, p->bias);
        fore_json_object(json, NULL);
        fore_json_string(json, "who", p->who);
        fore_json_integer(json, "judged", p->judged);
        fore_json_integer(json, "closer", p->closer);
        fore_json_number(json, "error", p->error);
        fore_json_number(json, "model_error", p->model_error);
        fore_json_number(json, "bias", p->bias);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
}

static fore_status write_record(fore_context *c, int64_t as_of, fore_answer *a, fore_error *err)
{
    fore_adjustments all;
    fore_json_writer json = fore_json_to(&a->json);
    FORE_TRY(fore_adjustments_read(c, as_of, &all, err));
    int64_t g = fore_answer_grid(a, "adjustments", "What people expect", columns, 8);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", as_of);
    fore_json_array(&json, "adjustments");
    for (int64_t i = all.count - 1; i >= 0; i--) write_item(c, &all.item[i], g, a, &json);
    fore_json_end_array(&json);
    write_people(&all, a, &json);
    fore_json_end_object(&json);
    if (all.count == 0)
        fore_answer_note(a, "Nobody has said another figure yet; foresell adjust --of 2026-11 --to "
                            "AMOUNT --by NAME --because TEXT.");
    fore_adjustments_free(&all);
    return FORE_OK;
}

fore_status fore_job_adjust(fore_context *c, const foresell_adjust_request *r, fore_answer *a,
                            fore_error *err)
{
    fore_moment moment;
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    if (r->of)
        FORE_TRY(r->again ? take_back(c, r, moment.as_of, a, err)
                          : keep(c, r, moment.as_of, a, err));
    return write_record(c, moment.as_of, a, err);
}
