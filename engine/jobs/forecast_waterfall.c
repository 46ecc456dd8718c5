/* Walking the lines of two states side by side, and what happened to each deal in between. */
#include "engine/jobs/forecast_waterfall.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"

static const double ROUNDING = 1e-6; /* of what a state keeps */

const char *fore_waterfall_word(fore_waterfall_cause cause)
{
    static const char *const words[FORE_CAUSES] = {
        "new deals", "won",       "won earlier", "lost",         "pushed out",
        "pulled in", "amount up", "amount down", "chances seen", "deals still to come",
        "other"};
    return words[cause];
}

typedef struct walk {
    const fore_timeline *t;
    const fore_forecast_state *then, *now;
    int64_t at_then, at_now;
    int32_t start, end; /* of the period */
    fore_waterfall *out;
} walk;

static bool is_due(const walk *w, const fore_state_line *line)
{
    return line && !line->won && line->due_on >= w->start && line->due_on < w->end;
}

static double worth(double amount) { return isnan(amount) ? 0 : amount; }

/* A win of the running period counts in a later one as no more than a deal that is gone. */
static fore_waterfall_cause cause_of_win(const walk *w)
{
    return w->at_now == 0 ? FORE_CAUSE_WON : FORE_CAUSE_WON_EARLIER;
}

/* What happened to an open deal that is not open any more, or to one that was not there. */
static fore_waterfall_cause cause_of_end(const walk *w, int64_t s)
{
    if (s < 0) return FORE_CAUSE_OTHER;
    fore_ending end = fore_subject_closed(w->t, s, w->now->as_of);
    return end.outcome == FORE_LOST ? FORE_CAUSE_LOST
           : end.outcome == FORE_WON && end.at < fore_time_of_date(w->start)
               ? FORE_CAUSE_WON_EARLIER
               : FORE_CAUSE_OTHER;
}

static fore_waterfall_cause cause_of_start(const walk *w, int64_t s, const fore_state_line *now)
{
    bool created =
        s >= 0 && w->t->created_at[s] != FORE_NO_TIME && w->t->created_at[s] >= w->then->as_of;
    return !created ? FORE_CAUSE_OTHER : now->won ? cause_of_win(w) : FORE_CAUSE_NEW;
}

static fore_waterfall_cause cause_of_move(const walk *w, const fore_state_line *then,
                                          const fore_state_line *now)
{
    bool was = is_due(w, then), is = is_due(w, now);
    if (then->won != now->won) return now->won ? cause_of_win(w) : FORE_CAUSE_OTHER;
    if (was && !is && now->due_on >= w->end) return FORE_CAUSE_PUSHED;
    if (is && !was && then->due_on != FORE_NO_DATE) return FORE_CAUSE_PULLED;
    return FORE_CAUSE_MODEL;
}

static void count(walk *w, fore_waterfall_cause cause, double forecast, double pipeline)
{
    w->out->deals[cause]++;
    w->out->forecast[cause] += forecast;
    w->out->pipeline[cause] += pipeline;
}

/* The part of a step that a changed amount explains, taken out of it. */
static double take_amount(walk *w, const fore_state_line *then, const fore_state_line *now,
                          fore_waterfall_cause *cause, double *due)
{
    *cause = FORE_CAUSE_MODEL;
    *due = 0;
    if (!then || !now || !(then->amount > 0) || !(now->amount > 0) || then->amount == now->amount)
        return 0;
    *cause = now->amount > then->amount ? FORE_CAUSE_AMOUNT_UP : FORE_CAUSE_AMOUNT_DOWN;
    if (is_due(w, then) && is_due(w, now)) *due = now->amount - then->amount;
    return then->expected[w->at_then] * (now->amount / then->amount - 1);
}

static void step(walk *w, const fore_state_line *then, const fore_state_line *now)
{
    int64_t key = then ? then->key : now->key;
    int64_t s = fore_timeline_subject(w->t, w->now->subject_kind, key);
    double was = then ? then->expected[w->at_then] : 0, is = now ? now->expected[w->at_now] : 0;
    double due =
        (is_due(w, now) ? worth(now->amount) : 0) - (is_due(w, then) ? worth(then->amount) : 0);
    fore_waterfall_cause by_amount, cause = !then  ? cause_of_start(w, s, now)
                                            : !now ? cause_of_end(w, s)
                                                   : cause_of_move(w, then, now);
    double amount_due, amount = take_amount(w, then, now, &by_amount, &amount_due);
    double rest = is - was - amount;
    if (by_amount != FORE_CAUSE_MODEL) count(w, by_amount, amount, amount_due);
    count(w, cause, rest, due - amount_due);
    bool nothing = cause == FORE_CAUSE_MODEL && fabs(rest) < ROUNDING && due == amount_due;
    if (nothing) w->out->deals[cause]--; /* won already, say */
    if (fabs(amount) > fabs(rest)) cause = by_amount;
    if (is != was) w->out->row[w->out->rows++] = (fore_waterfall_row){s, cause, was, is, amount};
}

static void walk_lines(walk *w)
{
    int64_t i = 0, k = 0;
    while (i < w->then->lines || k < w->now->lines) {
        const fore_state_line *a = i < w->then->lines ? &w->then->line[i] : NULL;
        const fore_state_line *b = k < w->now->lines ? &w->now->line[k] : NULL;
        if (a && b && a->key != b->key) *(a->key < b->key ? &b : &a) = NULL;
        step(w, a, b);
        i += a != NULL;
        k += b != NULL;
    }
}

static double pipeline_of(const walk *w, const fore_forecast_state *state)
{
    double sum = 0;
    for (int64_t i = 0; i < state->lines; i++)
        if (is_due(w, &state->line[i])) sum += worth(state->line[i].amount);
    return sum;
}

static bool has_dates(const fore_forecast_state *state)
{
    for (int64_t i = 0; i < state->lines; i++)
        if (!state->line[i].won && state->line[i].due_on != FORE_NO_DATE) return true;
    return false;
}

static int by_step(const void *left, const void *right)
{
    const fore_waterfall_row *a = left, *b = right;
    double x = fabs(a->now - a->then), y = fabs(b->now - b->then);
    if (x != y) return x > y ? -1 : 1;
    return (a->subject > b->subject) - (a->subject < b->subject);
}

fore_status fore_waterfall_make(const fore_timeline *t, const fore_forecast_state *then,
                                int64_t at_then, const fore_forecast_state *now, int64_t at_now,
                                fore_waterfall *out, fore_error *err)
{
    walk w = {.t = t,
              .then = then,
              .now = now,
              .at_then = at_then,
              .at_now = at_now,
              .start = now->start[at_now],
              .end = now->start[at_now + 1],
              .out = out};
    *out = (fore_waterfall){.row = FORE_NEW(then->lines + now->lines, fore_waterfall_row)};
    if (!out->row) return fore_no_memory(err);
    walk_lines(&w);
    out->forecast[FORE_CAUSE_TO_COME] = now->period[at_now].fresh - then->period[at_then].fresh;
    out->pipeline_then = pipeline_of(&w, then);
    out->pipeline_now = pipeline_of(&w, now);
    if (!has_dates(then) && !has_dates(now)) {
        out->pipeline_then = out->pipeline_now = NAN;
        for (int c = 0; c < FORE_CAUSES; c++) out->pipeline[c] = NAN;
    }
    qsort(out->row, (size_t)out->rows, sizeof *out->row, by_step);
    return FORE_OK;
}

void fore_waterfall_free(fore_waterfall *changes)
{
    fore_free(changes->row);
    *changes = (fore_waterfall){0};
}
