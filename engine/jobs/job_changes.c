/* "What changed in the forecast since last week?" The state of then, as the night kept it or made
 * anew from the history, beside that of now; the steps between them by what happened, and the deals
 * that moved most. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/forecast_waterfall.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/whois.h"

enum { DEALS_DEFAULT = 10, DEALS_MOST = 10000, SINCE_DAYS = 7, KEPT_DAYS = 3 };

static const fore_column change_columns[] = {
    {"change", "what changed", FORE_CELL_TEXT, 0},
    {"deals", "deals", FORE_CELL_INTEGER, 0},
    {"pipeline", "pipeline due", FORE_CELL_MONEY, 0},
    {"forecast", "mean", FORE_CELL_MONEY, 0},
};

static const fore_column deal_columns[] = {
    {"id", "deal", FORE_CELL_TEXT, 0},     {"name", "name", FORE_CELL_TEXT, 1},
    {"change", "what", FORE_CELL_TEXT, 0}, {"then", "then", FORE_CELL_MONEY, 0},
    {"now", "now", FORE_CELL_MONEY, 0},    {"step", "change", FORE_CELL_MONEY, 0},
};

typedef struct changing {
    fore_context *c;
    const foresell_changes_request *r;
    const fore_timeline *t;
    fore_answer *a;
    fore_json_writer json;
    int64_t as_of, since, ahead;
    fore_period kind;
    int32_t start, end; /* of the period looked at */
    fore_forecast_state then, now;
    int64_t at_then, at_now;
    fore_waterfall changes;
} changing;

static fore_status read_since(changing *w, fore_error *err)
{
    const char *text = w->r->since;
    double days = SINCE_DAYS;
    bool whole_day;
    int64_t length = text ? (int64_t)strlen(text) : 0;
    if (text && length <= 4 && strspn(text, "0123456789") == (size_t)length) {
        fore_number_parse(text, length, &days);
        text = NULL;
    }
    if (text)
        FORE_TRY(fore_moment_parse(text, length, w->c->zone, &w->since, &whole_day, err));
    else
        w->since = w->as_of - (int64_t)days * FORE_DAY;
    if (w->since >= w->as_of)
        return fore_fail(
            err, FORE_E_USAGE,
            "--since %s is not before the moment of the forecast; name an earlier day, "
            "or a number of days",
            w->r->since ? w->r->since : "");
    return FORE_OK;
}

static fore_status read_request(changing *w, fore_error *err)
{
    const foresell_changes_request *r = w->r;
    w->kind = FORE_MONTHLY;
    if (r->period && (!fore_period_parse(r->period, &w->kind) || w->kind == FORE_DAILY))
        return fore_fail(err, FORE_E_USAGE, "a period is month, quarter, week or year, not '%s'",
                         r->period);
    if (r->ahead < 0 || r->ahead >= FORE_STATE_PERIODS)
        return fore_fail(err, FORE_E_USAGE, "--ahead is 0 (the period that runs) to %d",
                         FORE_STATE_PERIODS - 1);
    if (r->limit < 0 || r->limit > DEALS_MOST)
        return fore_fail(err, FORE_E_USAGE, "--limit is 1 to %d deals", DEALS_MOST);
    return read_since(w, err);
}

/* How many periods on from the one that holds `from` the period looked at lies. */
static fore_status periods_from(const changing *w, int64_t from, int64_t *ahead, fore_error *err)
{
    int32_t first = fore_calendar_start(&w->c->calendar, w->kind, fore_date_of(from));
    for (*ahead = 0; *ahead < FORE_STATE_PERIODS; ++*ahead)
        if (fore_calendar_add(&w->c->calendar, w->kind, first, (int32_t)*ahead) == w->start)
            return FORE_OK;
    return fore_fail(err, FORE_E_USAGE,
                     "--since lies more than %d periods before the period looked at; name a later "
                     "day, or take longer periods",
                     FORE_STATE_PERIODS - 1);
}

static bool same_unit(const fore_forecast_state *a, const fore_forecast_state *b)
{
    return a->subject_kind == b->subject_kind && a->counts == b->counts &&
           strcmp(a->unit, b->unit) == 0 && strcmp(a->rates, b->rates) == 0;
}

/* As kept in a night not long before `since`; else made anew. */
static fore_status find_then(changing *w, fore_error *err)
{
    bool found;
    int64_t ahead;
    FORE_TRY(periods_from(w, w->since, &ahead, err));
    FORE_TRY(fore_state_read(w->c->store, w->kind, w->since, &w->then, &found, err));
    if (found) {
        w->at_then = fore_state_find(&w->then, w->start, w->end);
        if (same_unit(&w->then, &w->now) && w->at_then >= 0 &&
            w->since - w->then.as_of <= KEPT_DAYS * FORE_DAY)
            return FORE_OK;
        fore_state_free(&w->then);
    }
    w->at_then = ahead;
    FORE_TRY(fore_state_make(w->c, w->kind, w->since, ahead + 1, w->r->seed, &w->then, err));
    if (same_unit(&w->then, &w->now)) return FORE_OK;
    return fore_fail(err, FORE_E_NO_ANSWER,
                     "the forecast was in %s then and is in %s now: they cannot be set beside each "
                     "other; take a later --since",
                     w->then.unit, w->now.unit);
}

/* --- the answer --- */

static void state_json(changing *w, const char *key, const fore_forecast_state *state, int64_t j,
                       double pipeline)
{
    const fore_state_period *p = &state->period[j];
    const double interval[] = {p->lo80, p->hi80};
    fore_json_object(&w->json, key);
    fore_json_time(&w->json, "as_of", state->as_of);
    fore_json_bool(&w->json, "kept", state->kept);
    fore_json_number(&w->json, "mean", p->mean);
    fore_json_number(&w->json, "median", p->median);
    fore_json_numbers(&w->json, "interval80", interval, 2);
    fore_json_number(&w->json, "pipeline_due", pipeline);
    fore_json_end_object(&w->json);
}

static void write_row(changing *w, int64_t g, const char *what, int64_t deals, double pipeline,
                      double forecast)
{
    fore_answer_row(w->a, g);
    fore_answer_text(w->a, g, what);
    fore_answer_number(w->a, g, deals > 0 ? (double)deals : NAN);
    fore_answer_number(w->a, g, pipeline);
    fore_answer_number(w->a, g, forecast);
}

static void write_waterfall(changing *w, const char *name)
{
    const fore_waterfall *c = &w->changes;
    char then[48], now[48], day[32], title[96];
    fore_date_format(fore_date_of(w->then.as_of), day);
    snprintf(then, sizeof then, "as of %s", day);
    fore_date_format(fore_date_of(w->now.as_of), day);
    snprintf(now, sizeof now, "as of %s", day);
    snprintf(title, sizeof title, "What changed in the forecast of %s", name);
    const char *kept = fore_arena_string(w->a->arena, title);
    int64_t g = fore_answer_grid(w->a, "changes", kept ? kept : "What changed", change_columns, 4);
    write_row(w, g, then, 0, c->pipeline_then, w->then.period[w->at_then].mean);
    fore_json_array(&w->json, "changes");
    for (int k = 0; k < FORE_CAUSES; k++) {
        const char *word = fore_waterfall_word((fore_waterfall_cause)k);
        if (c->deals[k] == 0 && c->forecast[k] == 0) continue;
        double pipeline = c->pipeline[k] == 0 ? NAN : c->pipeline[k];
        write_row(w, g, word, c->deals[k], pipeline, c->forecast[k]);
        fore_json_object(&w->json, NULL);
        fore_json_string(&w->json, "what", word);
        fore_json_integer(&w->json, "deals", c->deals[k]);
        fore_json_number(&w->json, "pipeline_due", c->pipeline[k]);
        fore_json_number(&w->json, "forecast", c->forecast[k]);
        fore_json_end_object(&w->json);
    }
    fore_json_end_array(&w->json);
    write_row(w, g, now, 0, c->pipeline_now, w->now.period[w->at_now].mean);
}

static fore_status write_deals(changing *w, fore_error *err)
{
    int64_t limit = w->r->limit ? w->r->limit : DEALS_DEFAULT;
    const fore_waterfall *c = &w->changes;
    int64_t g = fore_answer_grid(w->a, "deals", "Deals that moved it most", deal_columns, 6);
    fore_json_array(&w->json, "deals");
    for (int64_t i = 0, shown = 0; i < c->rows && shown < limit; i++) {
        const fore_waterfall_row *row = &c->row[i];
        if (row->subject < 0) continue;
        fore_whois who = {0};
        FORE_TRY(fore_whois_read(w->c, w->t, row->subject, &who, err));
        const char *id = fore_word(&w->t->ids, (int32_t)row->subject);
        const char *name = who.name[0] ? who.name : who.company[0] ? who.company : NULL;
        const char *word = fore_waterfall_word(row->cause);
        fore_answer_row(w->a, g);
        fore_answer_text(w->a, g, id);
        fore_answer_text(w->a, g, name);
        fore_answer_text(w->a, g, word);
        fore_answer_number(w->a, g, row->then);
        fore_answer_number(w->a, g, row->now);
        fore_answer_number(w->a, g, row->now - row->then);
        fore_json_object(&w->json, NULL);
        fore_json_string(&w->json, "id", id);
        fore_json_string(&w->json, "name", name);
        fore_json_string(&w->json, "what", word);
        fore_json_number(&w->json, "then", row->then);
        fore_json_number(&w->json, "now", row->now);
        fore_json_number(&w->json, "by_amount", row->by_amount);
        fore_json_end_object(&w->json);
        shown++;
    }
    fore_json_end_array(&w->json);
    return FORE_OK;
}

/* What the steps are that explain themselves least. */
static void tell_steps(changing *w)
{
    const int64_t *deals = w->changes.deals;
    if (isnan(w->changes.pipeline_now))
        fore_answer_note(w->a,
                         "No open deal has an expected closing date: nothing can be said to be "
                         "pushed out or pulled in.");
    else
        fore_answer_note(w->a, "Pipeline due: amounts of the open deals that are expected to close "
                               "in the period.");
    if (deals[FORE_CAUSE_AMOUNT_UP] + deals[FORE_CAUSE_AMOUNT_DOWN] > 0)
        fore_answer_note(w->a,
                         "A deal whose amount changed counts with it and with the rest of its "
                         "step; in the list it stands under the larger.");
    if (deals[FORE_CAUSE_WON_EARLIER] > 0)
        fore_answer_note(w->a, "Won earlier: before the period began; no more of it is to come in "
                               "the period.");
    if (deals[FORE_CAUSE_OTHER] > 0)
        fore_answer_note(w->a, "Other: opened again, no longer in the export, or known late.");
}

static void tell(changing *w, const char *name)
{
    const fore_state_period *a = &w->then.period[w->at_then], *b = &w->now.period[w->at_now];
    char figure[6][32], day[32];
    const double value[] = {a->mean, a->lo80, a->hi80, b->mean, b->lo80, b->hi80};
    for (int i = 0; i < 6; i++) fore_number_people(value[i], 0, figure[i], sizeof figure[i]);
    fore_date_format(fore_date_of(w->then.as_of), day);
    fore_answer_note(
        w->a,
        "The mean of %s went from %s (80 %% interval %s to %s) to %s (%s to %s). Unit: "
        "%s.",
        name, figure[0], figure[1], figure[2], figure[3], figure[4], figure[5], w->now.unit);
    if (w->then.kept)
        fore_answer_note(w->a, "The figures of %s are those that the night kept.", day);
    else
        fore_answer_note(
            w->a,
            "No night kept the figures of %s: they were made anew from what the history tells of "
            "that moment. What an export has overwritten since, and chances as they were seen then, "
            "is not in them; foresell nightly keeps them from now on.",
            day);
    tell_steps(w);
}

static fore_status write_answer(changing *w, fore_error *err)
{
    char name[32];
    fore_calendar_name(&w->c->calendar, w->kind, w->start, name);
    fore_json_object(&w->json, NULL);
    fore_json_time(&w->json, "as_of", w->as_of);
    fore_json_time(&w->json, "since", w->since);
    fore_json_string(&w->json, "unit", w->now.unit);
    fore_json_object(&w->json, "period");
    fore_json_date(&w->json, "start", w->start);
    fore_json_date(&w->json, "end", w->end - 1);
    fore_json_end_object(&w->json);
    state_json(w, "then", &w->then, w->at_then, w->changes.pipeline_then);
    state_json(w, "now", &w->now, w->at_now, w->changes.pipeline_now);
    write_waterfall(w, name);
    FORE_TRY(write_deals(w, err));
    fore_json_end_object(&w->json);
    tell(w, name);
    return FORE_OK;
}

fore_status fore_job_changes(fore_context *c, const foresell_changes_request *r, fore_answer *a,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    changing w = {.c = c, .r = r, .a = a, .json = fore_json_to(&a->json), .at_now = r->ahead};
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    w.as_of = moment.as_of;
    FORE_TRY(read_request(&w, err));
    FORE_TRY(fore_context_history(c, &w.t, NULL, err));
    int32_t first = fore_calendar_start(&c->calendar, w.kind, fore_date_of(w.as_of));
    w.start = fore_calendar_add(&c->calendar, w.kind, first, (int32_t)r->ahead);
    w.end = fore_calendar_add(&c->calendar, w.kind, first, (int32_t)r->ahead + 1);
    int64_t ahead;
    FORE_TRY(periods_from(&w, w.since, &ahead, err)); /* before the long work */
    FORE_GO(fore_state_make(c, w.kind, w.as_of, r->ahead + 1, r->seed, &w.now, err));
    FORE_GO(find_then(&w, err));
    FORE_GO(fore_waterfall_make(w.t, &w.then, w.at_then, &w.now, w.at_now, &w.changes, err));
    FORE_GO(write_answer(&w, err));
done:
    fore_waterfall_free(&w.changes);
    fore_state_free(&w.then);
    fore_state_free(&w.now);
    return status;
}
