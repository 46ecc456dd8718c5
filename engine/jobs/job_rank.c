/* "Whom do I work today?" Everything open, scored; without those who must not or need not be worked
 * today; urgent steps first, then by expected value per minute; until each rep's hours are full.
 *
 * What belongs to a rep who has left stands on the whole team's list, marked, within the hours of
 * what belongs to nobody: somebody must take it over. Where the model was measured as no better
 * than the base rate, that rate stands for everybody's chance in the order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/close_curves.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/list_rules.h"
#include "engine/jobs/next_step.h"
#include "engine/jobs/roster.h"
#include "engine/jobs/supposed.h"

enum { REASONS = 3, ROWS_PER_REP = 50, ROWS_DEFAULT = 20, COOL_OFF_DEFAULT = 2, NAMES_SHOWN = 5 };
enum { CAP_TOUCHES = 5, CAP_DAYS = 14 };
static const double HOURS_DEFAULT = 8, WORKING_DAYS = 5;

typedef struct candidate {
    const fore_roster_row *row;
    fore_next_step step;
    double chance; /* that orders: without what attempts in vain would add to it */
    double gain_per_minute;
    bool drawn;         /* by lot */
    double draw_chance; /* of that, drawn or not; 0: could not be drawn */
} candidate;

typedef struct passed_over {
    int64_t do_not_contact, said_not, done_today, resting, capped, same_account, hours_full,
        beyond_limit;
} passed_over;

static const fore_column columns[] = {
    {"rank", "#", FORE_CELL_INTEGER, 0},
    {"lead_id", NULL, FORE_CELL_TEXT, 0},
    {"deal_id", NULL, FORE_CELL_TEXT, 0},
    {"who", "lead or deal", FORE_CELL_TEXT, 2},
    {"rep_id", "rep", FORE_CELL_TEXT, 1},
    {"grade", "", FORE_CELL_TEXT, 0},
    {"probability", "chance", FORE_CELL_PERCENT, 0},
    {"lo", "from", FORE_CELL_PERCENT, 0},
    {"hi", "to", FORE_CELL_PERCENT, 0},
    {"expected_value", "value", FORE_CELL_MONEY, 0},
    {"action", "next step", FORE_CELL_TEXT, 0},
    {"when", "when", FORE_CELL_TEXT, 0},
    {"why", "why", FORE_CELL_TEXT, -1},
    {"rep_left", NULL, FORE_CELL_TEXT, 0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* What it brings; its chance alone where no amount is known. */
static double gain_of(const fore_roster *r, const candidate *k)
{
    const fore_roster_row *row = k->row;
    const fore_scoring *s = r->scoring[fore_subject_kind_of(r->timeline, row->subject)];
    double chance = fore_scoring_is_idle(s) ? s->base_rate : k->chance;
    if (isnan(row->expected_value) || !(row->probability > 0)) return chance;
    return row->expected_value * (chance / row->probability);
}

/* What was promised, then who waits or is fresh, then what was drawn, then the rest. */
static int place_of(const candidate *k)
{
    bool promised = k->step.due != FORE_NO_TIME;
    return promised && k->step.urgent ? 0 : k->step.urgent ? 1 : k->drawn ? 2 : 3;
}

static int by_worth(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (place_of(a) != place_of(b)) return place_of(a) < place_of(b) ? -1 : 1;
    if (a->gain_per_minute != b->gain_per_minute)
        return a->gain_per_minute > b->gain_per_minute ? -1 : 1;
    return a->row->subject < b->row->subject ? -1 : 1;
}

/* What holds for every candidate of a day. */
typedef struct day_rules {
    const fore_timeline *t;
    int64_t as_of, start, cool_off, cap;
    fore_remarks remarks;
    int64_t *touches; /* by subject, of the cap's days */
} day_rules;

static fore_status rules_open(fore_context *c, const foresell_rank_request *r,
                              const fore_timeline *t, int64_t as_of, int64_t start, day_rules *d,
                              fore_error *err)
{
    *d = (day_rules){.t = t, .as_of = as_of, .start = start};
    d->cool_off = (r->cool_off_days == 0 ? COOL_OFF_DEFAULT : r->cool_off_days) * FORE_DAY;
    d->cap = r->cap_touches == 0 ? CAP_TOUCHES : r->cap_touches < 0 ? INT64_MAX : r->cap_touches;
    FORE_TRY(
        fore_touches_count(t, as_of, r->cap_days > 0 ? r->cap_days : CAP_DAYS, &d->touches, err));
    return fore_remarks_read(c, t, as_of, &d->remarks, err);
}

static void rules_close(day_rules *d)
{
    fore_free(d->touches);
    fore_remarks_free(&d->remarks);
}

static bool may_be_worked(const day_rules *d, const candidate *k, passed_over *passed)
{
    int64_t subject = k->row->subject, out, in, *why = NULL;
    fore_last_contacts(d->t, subject, d->as_of, &out, &in);
    bool promised = k->step.due != FORE_NO_TIME;  /* and still to do after the last contact */
    bool theirs = in != FORE_NO_TIME && in > out; /* they were the last to get in touch */
    if (d->t->do_not_contact[subject])
        why = &passed->do_not_contact;
    else if (fore_remark_on(&d->remarks, subject))
        why = &passed->said_not;
    else if (out != FORE_NO_TIME && out >= d->start && in < out && !(promised && k->step.due > out))
        why = &passed->done_today;
    else if (!promised && out != FORE_NO_TIME && in <= out && d->as_of - out < d->cool_off)
        why = &passed->resting;
    else if (!promised && !theirs && d->touches[subject] >= d->cap)
        why = &passed->capped;
    if (why) ++*why;
    return !why;
}

/* Hours of a rep's day; of what belongs to nobody (rep = reps): a day of its own. */
static double hours_of_day(const fore_timeline *t, int64_t rep, double hours)
{
    double week = rep < t->reps ? t->rep_hours_per_week[rep] : NAN;
    return hours > 0 ? hours : isnan(week) ? HOURS_DEFAULT : week / WORKING_DAYS;
}

static int64_t whose_hours(const fore_timeline *t, const fore_roster_row *row)
{
    return row->owner < 0 || row->owner_left ? t->reps : row->owner;
}

/* What the lists hold so far. */
typedef struct lists {
    double *left;     /* minutes by rep, and of nobody */
    int64_t *rows;    /* by rep */
    int32_t *account; /* the rep who works it today, -1 = none yet */
    int64_t limit, kept;
} lists;

static fore_status lists_open(const fore_timeline *t, double hours, int64_t limit, lists *l,
                              fore_error *err)
{
    *l = (lists){FORE_NEW(t->reps + 1, double), FORE_ZNEW(t->reps + 1, int64_t),
                 FORE_NEW(t->accounts + 1, int32_t), limit, 0};
    if (!l->left || !l->rows || !l->account) return fore_no_memory(err);
    for (int64_t r = 0; r <= t->reps; r++) l->left[r] = hours_of_day(t, r, hours) * 60;
    for (int64_t i = 0; i <= t->accounts; i++) l->account[i] = -1;
    return FORE_OK;
}

static void lists_close(lists *l)
{
    fore_free(l->left);
    fore_free(l->rows);
    fore_free(l->account);
}

/* NULL: taken; else the count of those passed over for the same reason. */
static int64_t *take(lists *l, const fore_timeline *t, const candidate *k, int64_t rep,
                     passed_over *passed)
{
    int32_t account = t->account[k->row->subject];
    if (account >= 0 && l->account[account] >= 0 && l->account[account] != rep)
        return &passed->same_account;
    if (l->left[rep] < k->step.minutes || (l->limit == 0 && l->rows[rep] >= ROWS_PER_REP))
        return &passed->hours_full;
    if (l->limit > 0 && l->kept >= l->limit) return &passed->beyond_limit;
    l->left[rep] -= k->step.minutes;
    l->rows[rep]++;
    if (account >= 0) l->account[account] = (int32_t)rep;
    return NULL;
}

/* Keeps, in order, what the hours hold. With a rep, only theirs are kept; what the others work
 * counts all the same: no two reps on one account. rows, unless NULL: how many each rep was given.
 */
static fore_status fill_hours(const fore_timeline *t, candidate *list, int64_t n, double hours,
                              int64_t limit, int64_t only, int64_t *kept, int64_t *rows,
                              passed_over *passed, fore_error *err)
{
    lists l;
    passed_over others = {0};
    fore_status status = lists_open(t, hours, limit, &l, err);
    for (int64_t i = 0; i < n && status == FORE_OK; i++) {
        int64_t rep = whose_hours(t, list[i].row);
        bool shown = only < 0 || list[i].row->owner == only;
        int64_t *why = take(&l, t, &list[i], rep, shown ? passed : &others);
        if (why) ++*why;
        if (why || !shown) continue;
        if (rows)
            rows[rep]++;
        else
            list[l.kept] = list[i];
        l.kept++;
    }
    *kept = l.kept;
    lists_close(&l);
    return status;
}

/* --- chances that order --- */

/* What attempts in vain add to a chance earns no place: the chance that orders is the smaller one
 * of with and without them. */
static fore_status set_chances(fore_context *c, const fore_roster *r, candidate *list, int64_t n,
                               fore_error *err)
{
    fore_status status = FORE_OK;
    fore_supposed never = {0};
    fore_extract_row *row = FORE_NEW(n + 1, fore_extract_row);
    double *p = FORE_NEW(n + 1, double);
    int64_t *who = FORE_NEW(n + 1, int64_t);
    if (!row || !p || !who) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_suppose_no_vain_attempts(r->timeline, r->extractor, r->as_of, &never, err));
    for (int kind = 0; kind < 2; kind++) {
        int64_t m = 0, attempts;
        for (int64_t i = 0; i < n && r->scoring[kind]; i++) {
            int64_t subject = list[i].row->subject;
            if (fore_subject_kind_of(r->timeline, subject) != (fore_subject_kind)kind) continue;
            list[i].chance = list[i].row->probability;
            fore_attempts_unanswered(r->timeline, subject, r->as_of, &attempts);
            if (attempts == 0) continue;
            row[m] = (fore_extract_row){subject, r->as_of};
            who[m++] = i;
        }
        if (m > 0)
            FORE_GO(fore_scoring_predict(r->scoring[kind], never.extractor, c->pool,
                                         r->attributes[kind], row, m, p, NULL, NULL, err));
        for (int64_t i = 0; i < m; i++) list[who[i]].chance = fmin(list[who[i]].chance, p[i]);
    }
done:
    fore_supposed_free(&never);
    fore_free(row);
    fore_free(p);
    fore_free(who);
    return status;
}

/* --- what is drawn by lot --- */

typedef struct lottery {
    double share;
    int32_t day;
    uint64_t seed;
} lottery;

/* Of each rep's list of R rows, share R are drawn (a fraction by lot) from the N that are not
 * urgent, all alike: each with chance share R / N. */
static fore_status draw(const fore_timeline *t, const lottery *lot, candidate *list, int64_t n,
                        const int64_t *rows, fore_error *err)
{
    int64_t *pool = FORE_ZNEW(t->reps + 1, int64_t), *left = FORE_ZNEW(t->reps + 1, int64_t);
    fore_status status = FORE_OK;
    if (!pool || !left) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) pool[whose_hours(t, list[i].row)] += !list[i].step.urgent;
    for (int64_t rep = 0; rep <= t->reps; rep++) {
        int64_t key = fore_lot_key(fore_word(&t->rep_ids, rep));
        left[rep] = fore_lot_rows(lot->share, rows[rep], fore_lot(lot->day, lot->seed, key));
    }
    for (int64_t rep = 0; rep <= t->reps; rep++) /* the lowest numbers win */
        for (; left[rep] > 0; left[rep]--) {
            candidate *lowest = NULL;
            double best = 2;
            for (int64_t i = 0; i < n; i++) {
                candidate *k = &list[i];
                if (k->drawn || k->step.urgent || whose_hours(t, k->row) != rep) continue;
                double number = fore_lot(lot->day, lot->seed, t->key[k->row->subject]);
                if (number >= best) continue;
                best = number;
                lowest = k;
            }
            if (lowest) lowest->drawn = true;
        }
    for (int64_t i = 0; i < n; i++) {
        int64_t rep = whose_hours(t, list[i].row);
        if (!list[i].step.urgent && pool[rep] > 0)
            list[i].draw_chance = fmin(1, lot->share * (double)rows[rep] / (double)pool[rep]);
    }
done:
    fore_free(pool);
    fore_free(left);
    return status;
}

/* So that a later analysis can tell what was drawn from what was chosen. */
static fore_status record_list(fore_context *c, const fore_roster *r, const lottery *lot,
                               const candidate *list, int64_t n, bool whole, fore_error *err)
{
    fore_status status = FORE_OK;
    if (!(lot->share > 0) || !fore_store_is_writable(c->store)) return FORE_OK;
    FORE_TRY(fore_store_begin(c->store, err));
    if (whole) FORE_GO(fore_store_clear_listed(c->store, lot->day, err));
    for (int64_t i = 0; i < n; i++) {
        int64_t subject = list[i].row->subject;
        fore_listed_row row = {.day_on = lot->day,
                               .subject_kind = fore_subject_kind_of(r->timeline, subject),
                               .subject = r->timeline->pk[subject],
                               .as_of = r->as_of,
                               .place = i + 1,
                               .seed = lot->seed,
                               .drawn = list[i].drawn,
                               .draw_chance = list[i].draw_chance};
        FORE_GO(fore_store_put_listed(c->store, &row, err));
    }
    FORE_GO(fore_store_commit(c->store, err));
done:
    if (status != FORE_OK) fore_store_rollback(c->store);
    return status;
}

/* What is planned has its own hour; one planned for a day without an hour is planned for midnight.
 */
static int hour_of(const fore_context *c, const fore_next_step *s, int64_t as_of)
{
    if (s->due == FORE_NO_TIME || s->due < as_of) return s->hour;
    int64_t local = s->due + fore_zone_offset(c->zone, s->due);
    int64_t in_day = local - fore_time_of_date(fore_date_of(local));
    return in_day == 0 ? s->hour : (int)(in_day / FORE_HOUR);
}

static void write_reasons(const fore_scoring *scoring, const fore_reason *reason, int64_t count,
                          fore_json_writer *json, fore_text *words)
{
    fore_text text = {0};
    fore_json_array(json, "reasons");
    for (int64_t i = 0; i < count; i++) {
        fore_text_clear(&text);
        fore_reason_say(scoring, &reason[i], &text);
        fore_json_object(json, NULL);
        fore_json_string(json, "feature", fore_scoring_column_name(scoring, reason[i].column));
        fore_json_string(json, "text", fore_text_string(&text));
        fore_json_number(json, "value", reason[i].value);
        fore_json_number(json, "effect", reason[i].part);
        fore_json_end_object(json);
        fore_text_printf(words, "%s%s %s", i ? "; " : "", reason[i].part > 0 ? "+" : "-",
                         fore_text_string(&text));
    }
    fore_json_end_array(json);
    fore_text_free(&text);
}

static void write_row(const fore_roster *r, const candidate *k, int64_t place,
                      const fore_reason *reason, int64_t reasons, const fore_close_curve *curve,
                      fore_answer *a, int64_t g, fore_json_writer *json)
{
    const fore_timeline *t = r->timeline;
    const fore_roster_row *row = k->row;
    fore_subject_kind kind = fore_subject_kind_of(t, row->subject);
    const char *id = fore_word(&t->ids, row->subject);
    const char *other =
        t->other[row->subject] >= 0 ? fore_word(&t->ids, t->other[row->subject]) : NULL;
    const char *rep = fore_word(&t->rep_ids, row->owner);
    char grade[2] = {row->grade, 0}, when[16];
    fore_text words = {0};
    snprintf(when, sizeof when, "%02d:00", k->step.hour);
    fore_json_object(json, NULL);
    fore_json_integer(json, "rank", place);
    fore_json_string(json, "lead_id", kind == FORE_SUBJECT_LEAD ? id : other);
    fore_json_string(json, "deal_id", kind == FORE_SUBJECT_DEAL ? id : NULL);
    fore_json_string(json, "rep_id", rep);
    fore_json_bool(json, "rep_left", row->owner_left);
    fore_json_number(json, "probability", row->probability);
    fore_json_number(json, "lo", row->lo);
    fore_json_number(json, "hi", row->hi);
    fore_json_number(json, "amount", row->amount);
    fore_json_number(json, "expected_value", row->expected_value);
    fore_json_null(json, "uplift");
    fore_json_string(json, "uplift_basis", "none: ordered by value per minute");
    fore_json_number(json, "order_probability", k->chance);
    fore_json_bool(json, "drawn", k->drawn);
    fore_json_number(json, "draw_chance", k->draw_chance);
    fore_json_string(json, "grade", grade);
    fore_json_object(json, "action");
    fore_json_string(json, "kind", fore_activity_kind_word(k->step.kind));
    fore_json_string(json, "channel", k->step.channel);
    fore_json_string(json, "when", when);
    fore_json_time(json, "due", k->step.due);
    fore_json_number(json, "minutes", k->step.minutes);
    fore_json_string(json, "why", k->step.why);
    fore_json_end_object(json);
    if (k->drawn) fore_text_puts(&words, "drawn by lot | ");
    fore_text_printf(&words, "%s%s%s%s", row->owner_left ? rep : "",
                     row->owner_left ? " has left, hand it over" : "", row->owner_left ? " | " : "",
                     k->step.why);
    fore_text reasons_text = {0};
    write_reasons(r->scoring[kind], reason, reasons, json, &reasons_text);
    fore_close_json(json, curve, row->amount);
    if (reasons > 0) fore_text_printf(&words, " | %s", fore_text_string(&reasons_text));
    fore_json_end_object(json);
    fore_answer_row(a, g);
    fore_answer_number(a, g, (double)place);
    fore_answer_text(a, g, kind == FORE_SUBJECT_LEAD ? id : other);
    fore_answer_text(a, g, kind == FORE_SUBJECT_DEAL ? id : NULL);
    fore_answer_text(a, g, id);
    fore_answer_text(a, g, rep);
    fore_answer_text(a, g, grade);
    fore_answer_number(a, g, row->probability);
    fore_answer_number(a, g, row->lo);
    fore_answer_number(a, g, row->hi);
    fore_answer_number(a, g, row->expected_value);
    fore_answer_text(a, g, fore_activity_kind_word(k->step.kind));
    fore_answer_text(a, g, when);
    fore_answer_text(a, g, fore_text_string(&words));
    fore_answer_text(a, g, row->owner_left ? "yes" : NULL);
    a->failed |= words.failed || reasons_text.failed;
    fore_text_free(&words);
    fore_text_free(&reasons_text);
}

static fore_status write_list(fore_context *c, const fore_roster *r, const candidate *list,
                              int64_t n, fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t g = fore_answer_grid(a, "leads", "Today", columns, COLUMNS), widest = 1;
    for (int k = 0; k < 2; k++)
        if (r->scoring[k] && r->scoring[k]->columns > widest) widest = r->scoring[k]->columns;
    double *raw = FORE_NEW(2 * widest, double), base;
    int64_t *subject = FORE_NEW(n, int64_t);
    fore_close_curve *curves = NULL;
    if (!raw || !subject) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) subject[i] = list[i].row->subject;
    FORE_GO(fore_close_curves_new(c, r->as_of, subject, n, &curves, err));
    fore_json_array(json, "leads");
    for (int64_t i = 0; i < n; i++) {
        fore_reason reason[REASONS];
        const fore_scoring *s = r->scoring[fore_subject_kind_of(r->timeline, list[i].row->subject)];
        FORE_GO(fore_roster_parts(c, r, list[i].row, raw, raw + widest, &base, err));
        int64_t reasons = fore_reasons_pick(s, raw, raw + widest, 0, reason, REASONS);
        write_row(r, &list[i], i + 1, reason, reasons, &curves[i], a, g, json);
    }
    fore_json_end_array(json);
done:
    fore_free(raw);
    fore_free(subject);
    fore_free(curves);
    return status;
}

static void note_too_long(fore_answer *a, const fore_timeline *t, const candidate *first,
                          double hours)
{
    double has = hours_of_day(t, whose_hours(t, first->row), hours);
    fore_answer_note(a,
                     "The first takes %.0f minutes (%.2g hours) and there are %.0f minutes (%.2g "
                     "hours): it is listed all the same.",
                     first->step.minutes, first->step.minutes / 60, has * 60, has);
}

static void note_passed_over(fore_answer *a, const passed_over *p)
{
    const struct {
        int64_t count;
        const char *words;
    } part[] = {{p->do_not_contact, "that must not be contacted"},
                {p->said_not, "of which somebody said \"not this one\" (foresell feedback)"},
                {p->done_today, "worked today"},
                {p->resting, "resting after a contact"},
                {p->capped, "contacted often enough of late (--cap)"},
                {p->same_account, "whose account another rep works today"},
                {p->hours_full, "beyond the hours"},
                {p->beyond_limit, "beyond the limit (--limit N shows more)"}};
    fore_text words = {0};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].count > 0)
            fore_text_printf(&words, "%s%lld %s", words.length ? ", " : "",
                             (long long)part[i].count, part[i].words);
    if (words.length) fore_answer_note(a, "Not on the list: %s.", fore_text_string(&words));
    a->failed |= words.failed;
    fore_text_free(&words);
}

static void note_list(fore_answer *a, const fore_roster *r, const passed_over *p)
{
    note_passed_over(a, p);
    for (int k = 0; k < 2; k++) {
        double limit[3];
        if (!r->scoring[k]) continue;
        fore_grade_limits(r->scoring[k], limit);
        fore_answer_note(
            a,
            "%s within %.0f days; grades A from %.1f %%, B from %.1f %%, C from %.1f %%; "
            "model %s.",
            k == FORE_SUBJECT_LEAD ? "Leads: chance to convert" : "Deals: chance to be won",
            r->scoring[k]->horizon_days, 100 * limit[0], 100 * limit[1], 100 * limit[2],
            r->scoring[k]->model_id);
    }
}

/* --- reps who have left --- */

static fore_status refuse_who_left(const fore_roster *r, int64_t rep, fore_error *err)
{
    char day[32];
    fore_date_format(r->timeline->rep_active_to_on[rep], day);
    return fore_fail(err, FORE_E_NO_ANSWER,
                     "%s left after %s and gets no list; `foresell rank` without --rep shows what "
                     "is to be handed over",
                     fore_word(&r->timeline->rep_ids, rep), day);
}

/* "handover": who has left, and how many open leads and deals they still hold. */
static fore_status write_handover(const fore_roster *r, fore_json_writer *json, fore_answer *a,
                                  fore_error *err)
{
    const fore_timeline *t = r->timeline;
    int64_t *open = FORE_ZNEW(t->reps + 1, int64_t), kinds[2] = {0, 0}, named = 0, unnamed = 0;
    fore_text names = {0};
    if (!open) return fore_no_memory(err);
    for (int64_t i = 0; i < r->count; i++) {
        if (!r->row[i].owner_left) continue;
        open[r->row[i].owner]++;
        kinds[fore_subject_kind_of(t, r->row[i].subject)]++;
    }
    fore_json_array(json, "handover");
    for (int64_t rep = 0; rep < t->reps; rep++) {
        if (open[rep] == 0) continue;
        fore_json_object(json, NULL);
        fore_json_string(json, "rep_id", fore_word(&t->rep_ids, rep));
        fore_json_date(json, "left_after", t->rep_active_to_on[rep]);
        fore_json_integer(json, "open", open[rep]);
        fore_json_end_object(json);
        if (named == NAMES_SHOWN)
            unnamed++;
        else
            fore_text_printf(&names, "%s%s", named++ ? ", " : "", fore_word(&t->rep_ids, rep));
    }
    fore_json_end_array(json);
    if (unnamed > 0) fore_text_printf(&names, " and %lld more", (long long)unnamed);
    int64_t all = kinds[0] + kinds[1];
    const char *what = kinds[FORE_SUBJECT_DEAL] == 0   ? "lead"
                       : kinds[FORE_SUBJECT_LEAD] == 0 ? "deal"
                                                       : "leads and deal";
    if (all > 0)
        fore_answer_note(a, "%lld open %s%s to %s (%s): hand %s over.", (long long)all, what,
                         all == 1 ? " belongs" : "s belong",
                         named + unnamed == 1 ? "a rep who has left" : "reps who have left",
                         fore_text_string(&names), all == 1 ? "it" : "them");
    a->failed |= names.failed;
    fore_text_free(&names);
    fore_free(open);
    return FORE_OK;
}

static const char *answering_model(const fore_roster *r)
{
    return r->scoring[FORE_SUBJECT_DEAL] ? r->scoring[FORE_SUBJECT_DEAL]->model_id
                                         : r->scoring[FORE_SUBJECT_LEAD]->model_id;
}

/* The start of the day of as_of in the workspace's zone. */
static int64_t start_of_day(const fore_context *c, int64_t as_of)
{
    int64_t local = as_of + fore_zone_offset(c->zone, as_of);
    return fore_zone_to_utc(c->zone, fore_time_of_date(fore_date_of(local)));
}

static bool before_history(const fore_timeline *t, int64_t as_of)
{
    for (int64_t s = 0; s < t->subjects; s++)
        if (t->left_out[s] != FORE_LEFT_NO_CREATION && t->created_at[s] < as_of) return false;
    return true;
}

/* Theirs alone, in order; how many. */
static int64_t own_first(candidate *list, int64_t n, int64_t rep)
{
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++)
        if (list[i].row->owner == rep) list[m++] = list[i];
    return m;
}

fore_status fore_job_rank(fore_context *c, const foresell_rank_request *r, fore_answer *a,
                          fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_roster roster = {0};
    fore_habits habits;
    passed_over passed = {0}, others = {0};
    day_rules rules = {0};
    int64_t *rows = NULL;
    candidate *list = NULL;
    int64_t n = 0, kept = 0, rep = -1, rep_pk = 0;
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    FORE_TRY(fore_roster_open(c, moment.as_of, &roster, err));
    if (before_history(roster.timeline, moment.as_of)) {
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "the history begins after that moment; take a later one for --as-of");
        goto done;
    }
    if (r->rep) {
        FORE_GO(fore_roster_find_rep(c, r->rep, &rep_pk, err));
        rep = fore_timeline_rep(roster.timeline, rep_pk);
        if (rep < 0)
            FORE_GO(
                fore_fail(err, FORE_E_NOT_FOUND, "rep '%s' has no part in the history", r->rep));
        if (fore_roster_rep_left(&roster, rep)) FORE_GO(refuse_who_left(&roster, rep, err));
    }
    FORE_GO(fore_roster_add_open(c, &roster, err));
    fore_habits_read(roster.timeline, moment.as_of, &habits);
    list = FORE_NEW(roster.count, candidate);
    rows = FORE_ZNEW(roster.timeline->reps + 1, int64_t);
    if (!list || !rows) FORE_GO(fore_no_memory(err));
    int64_t start = start_of_day(c, moment.as_of);
    FORE_GO(rules_open(c, r, roster.timeline, moment.as_of, start, &rules, err));
    for (int64_t i = 0; i < roster.count; i++) {
        candidate *k = &list[n];
        *k = (candidate){.row = &roster.row[i]};
        fore_next_step_choose(roster.timeline, &habits, k->row->subject, moment.as_of, &k->step);
        bool theirs = r->rep && k->row->owner != rep; /* another rep's: for the accounts only */
        if (!may_be_worked(&rules, k, theirs ? &others : &passed)) continue;
        k->step.hour = hour_of(c, &k->step, moment.as_of);
        n++;
    }
    FORE_GO(set_chances(c, &roster, list, n, err));
    for (int64_t i = 0; i < n; i++)
        list[i].gain_per_minute = gain_of(&roster, &list[i]) / list[i].step.minutes;
    if (n > 1) qsort(list, (size_t)n, sizeof *list, by_worth);
    int64_t limit = r->limit == 0 && !r->rep ? ROWS_DEFAULT : r->limit;
    lottery lot = {.day = roster.today, .seed = r->seed};
    FORE_GO(fore_explore_share(c, r->explore, &lot.share, err));
    if (lot.share > 0) {
        passed_over first = {0};
        FORE_GO(
            fill_hours(roster.timeline, list, n, r->hours, limit, rep, &kept, rows, &first, err));
        FORE_GO(draw(roster.timeline, &lot, list, n, rows, err));
        qsort(list, (size_t)n, sizeof *list, by_worth);
    }
    FORE_GO(fill_hours(roster.timeline, list, n, r->hours, limit, rep, &kept, NULL, &passed, err));
    if (r->rep && kept == 0) n = own_first(list, n, rep);
    bool too_long = n > 0 && kept == 0; /* the first all the same */
    if (too_long) {
        kept = 1;
        passed.hours_full--;
    }
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_json_string(&json, "model", answering_model(&roster));
    fore_roster_models_json(&roster, &json);
    FORE_GO(write_list(c, &roster, list, kept, a, &json, err));
    if (!r->rep) FORE_GO(write_handover(&roster, &json, a, err));
    fore_json_end_object(&json);
    if (kept == 0)
        fore_answer_note(a, "Nothing is to be worked today.");
    else if (too_long)
        note_too_long(a, roster.timeline, &list[0], r->hours);
    FORE_GO(record_list(c, &roster, &lot, list, kept, !r->rep, err));
    if (kept > 0)
        fore_answer_note(a,
                         "What was promised first, then who waits or is fresh, then by value per "
                         "minute.");
    if (lot.share > 0)
        fore_answer_note(
            a, "%.0f %% of the list are drawn by lot and marked%s; --explore 0 ends it.",
            100 * lot.share,
            fore_store_is_writable(c->store) ? ""
                                             : " (not recorded: the workspace cannot be written)");
    fore_roster_note_idle(&roster, a, ", and the order goes by urgency and value alone");
    if (kept > 0)
        fore_answer_note(a, "In brackets: how often leads and deals of which it holds were won, "
                            "against all of their kind.");
    note_list(a, &roster, &passed);
done:
    fore_free(list);
    fore_free(rows);
    rules_close(&rules);
    fore_roster_free(&roster);
    return status;
}
