/* Reading the drawn rows with what came of them, and their contrast. */
#include "engine/jobs/drawn_lists.h"

#include <math.h>
#include <stdlib.h>

#include "engine/jobs/next_step.h"

enum { WINS_LEAST = 20 }; /* in each group */

typedef struct outcome {
    int32_t day, rep;
    int64_t subject;
    double treated, won, contacts;
    double part; /* treated less the mean of the rep's day */
} outcome;

typedef struct reading {
    const fore_timeline *t;
    int64_t as_of;
    outcome *row;
    int64_t count, capacity;
    fore_drawn_contrast *out;
} reading;

static fore_status add(reading *r, const outcome *o, fore_error *err)
{
    if (r->count == r->capacity) {
        int64_t grown = r->capacity ? 2 * r->capacity : 256;
        outcome *row = fore_realloc(r->row, grown, sizeof *row);
        if (!row) return fore_no_memory(err);
        r->row = row;
        r->capacity = grown;
    }
    r->row[r->count++] = *o;
    return FORE_OK;
}

static double contacts_in(const fore_timeline *t, int64_t s, int64_t from, int64_t to)
{
    int64_t n = 0, end = t->event_first[s + 1];
    int64_t e = fore_time_lower(t->event_at, t->event_first[s], end, from);
    for (; e < end && t->event_at[e] < to; e++) n += fore_is_outbound(t->event_code[e]);
    return (double)n;
}

static fore_status visit(void *context, const fore_listed_row *row, fore_error *err)
{
    reading *r = context;
    const fore_timeline *t = r->t;
    if (row->drawn == FORE_LISTED_WORTH || row->as_of >= r->as_of) return FORE_OK;
    int64_t s = fore_timeline_subject(t, row->subject_kind, row->subject);
    int64_t end = row->as_of + FORE_DRAWN_DAYS * FORE_DAY;
    if (s < 0) return FORE_OK;
    if (end > r->as_of) {
        r->out->waiting++;
        return FORE_OK;
    }
    fore_subject_state state;
    fore_subject_state_at(t, s, row->as_of, &state);
    fore_ending ending = fore_subject_next_end(t, s, row->as_of);
    outcome o = {.day = row->day_on,
                 .rep = state.owner,
                 .subject = s,
                 .treated = row->drawn == FORE_LISTED_LOT,
                 .won = ending.outcome == FORE_WON && ending.at < end,
                 .contacts = contacts_in(t, s, row->as_of, end)};
    return add(r, &o, err);
}

static int by_day(const void *left, const void *right)
{
    const outcome *a = left, *b = right;
    if (a->day != b->day) return a->day < b->day ? -1 : 1;
    if (a->rep != b->rep) return a->rep < b->rep ? -1 : 1;
    return (a->subject > b->subject) - (a->subject < b->subject);
}

static int by_subject(const void *left, const void *right)
{
    const outcome *a = left, *b = right;
    if (a->subject != b->subject) return a->subject < b->subject ? -1 : 1;
    return by_day(left, right);
}

/* Net of the rep's day: treated, and what is said of it. */
static void net_of_day(outcome *row, int64_t n)
{
    for (int64_t from = 0, to; from < n; from = to) {
        double treated = 0;
        for (to = from; to < n && row[to].day == row[from].day && row[to].rep == row[from].rep;
             to++)
            treated += row[to].treated;
        for (int64_t i = from; i < to; i++)
            row[i].part = row[i].treated - treated / (double)(to - from);
    }
}

/* The effect on wins, with its error clustered by subject. Rows sorted by subject. */
static void find_effect(const outcome *row, int64_t n, fore_drawn_contrast *out)
{
    double spread = 0, moved = 0, meat = 0, mean[2] = {out->won_compared, out->won_drawn};
    for (int64_t i = 0; i < n; i++) {
        spread += row[i].part * row[i].part;
        moved += row[i].part * row[i].won;
    }
    if (!(spread > 0)) return;
    out->effect = moved / spread;
    for (int64_t from = 0, to; from < n; from = to) {
        double score = 0;
        for (to = from; to < n && row[to].subject == row[from].subject; to++)
            score += row[to].part * (row[to].won - mean[row[to].treated > 0]);
        meat += score * score;
    }
    out->effect_se = sqrt(meat) / spread;
}

/* What it says of effort: log ratios of the drawn over the compared ones. */
static void find_lift(fore_drawn_contrast *o)
{
    double wins[2] = {o->won_compared * (double)o->compared, o->won_drawn * (double)o->drawn};
    if (!(wins[0] >= WINS_LEAST) || !(wins[1] >= WINS_LEAST) || !(o->contacts_compared > 0) ||
        !(o->contacts_drawn > o->contacts_compared))
        return;
    double base = o->won_compared, moved = base + o->effect;
    if (!(moved > 0)) return;
    o->lift = (fore_effort_lift){.effort_factor = o->contacts_drawn / o->contacts_compared,
                                 .log_lift = log(moved / base),
                                 .log_lift_sd = o->effect_se / fmin(moved, base)};
    o->usable = o->lift.log_lift_sd > 0 &&
                o->lift.log_lift_sd < FORE_PRIOR_ELASTICITY_SD * log(o->lift.effort_factor);
}

static void contrast(outcome *row, int64_t n, fore_drawn_contrast *out)
{
    double won[2] = {0}, contacts[2] = {0}, rows[2] = {0};
    for (int64_t i = 0; i < n; i++) {
        int k = row[i].treated > 0;
        rows[k]++;
        won[k] += row[i].won;
        contacts[k] += row[i].contacts;
    }
    out->drawn = (int64_t)rows[1];
    out->compared = (int64_t)rows[0];
    if (!(rows[0] > 0) || !(rows[1] > 0)) return;
    out->won_drawn = won[1] / rows[1];
    out->won_compared = won[0] / rows[0];
    out->contacts_drawn = contacts[1] / rows[1];
    out->contacts_compared = contacts[0] / rows[0];
    qsort(row, (size_t)n, sizeof *row, by_day);
    net_of_day(row, n);
    qsort(row, (size_t)n, sizeof *row, by_subject);
    find_effect(row, n, out);
    find_lift(out);
}

fore_status fore_drawn_contrast_read(fore_context *c, int64_t as_of, fore_drawn_contrast *out,
                                     fore_error *err)
{
    *out = (fore_drawn_contrast){.won_drawn = NAN,
                                 .won_compared = NAN,
                                 .contacts_drawn = NAN,
                                 .contacts_compared = NAN,
                                 .effect = NAN,
                                 .effect_se = NAN};
    reading r = {.as_of = as_of, .out = out};
    FORE_TRY(fore_context_history(c, &r.t, NULL, err));
    fore_status status =
        fore_store_listed(c->store, INT32_MIN, fore_date_of(as_of) + 1, visit, &r, err);
    if (status == FORE_OK && r.count > 0) contrast(r.row, r.count, out);
    fore_free(r.row);
    return status;
}

void fore_drawn_contrast_json(const fore_drawn_contrast *o, fore_json_writer *json)
{
    if (o->drawn + o->compared + o->waiting == 0) return;
    fore_json_object(json, "drawn_lists");
    fore_json_integer(json, "drawn", o->drawn);
    fore_json_integer(json, "compared", o->compared);
    fore_json_integer(json, "waiting", o->waiting);
    fore_json_number(json, "won_drawn", o->won_drawn);
    fore_json_number(json, "won_compared", o->won_compared);
    fore_json_number(json, "contacts_drawn", o->contacts_drawn);
    fore_json_number(json, "contacts_compared", o->contacts_compared);
    fore_json_number(json, "effect", o->effect);
    fore_json_number(json, "effect_se", o->effect_se);
    fore_json_bool(json, "usable", o->usable);
    fore_json_end_object(json);
}

void fore_drawn_contrast_note(const fore_drawn_contrast *o, fore_answer *a)
{
    if (o->drawn + o->compared + o->waiting == 0) return;
    if (isnan(o->effect)) {
        fore_answer_note(a,
                         "Lists drawn by lot: %lld rows wait for their %d days; nothing can be "
                         "compared yet.",
                         (long long)o->waiting, FORE_DRAWN_DAYS);
        return;
    }
    fore_answer_note(a,
                     "Lists drawn by lot: of %lld drawn %.1f %% were won within %d days after %.1f "
                     "contacts, of %lld compared %.1f %% after %.1f: %+.1f points (+- %.1f)%s.",
                     (long long)o->drawn, 100 * o->won_drawn, FORE_DRAWN_DAYS, o->contacts_drawn,
                     (long long)o->compared, 100 * o->won_compared, o->contacts_compared,
                     100 * o->effect, 100 * o->effect_se,
                     o->usable ? "; this enters the answer" : "; too few to enter the answer");
}
