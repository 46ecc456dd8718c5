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

#include "engine/jobs/feedback.h"
#include "engine/jobs/close_curves.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/next_step.h"
#include "engine/jobs/roster.h"

enum { REASONS = 3, ROWS_PER_REP = 50, ROWS_DEFAULT = 20, COOL_OFF_DEFAULT = 2, NAMES_SHOWN = 5 };
static const double HOURS_DEFAULT = 8, WORKING_DAYS = 5;

typedef struct candidate {
    const fore_roster_row *row;
    fore_next_step step;
    double gain_per_minute;
} candidate;

typedef struct passed_over {
    int64_t do_not_contact, said_not, done_today, resting, hours_full, beyond_limit;
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
static double gain_of(const fore_roster *r, const fore_roster_row *row)
{
    const fore_scoring *s = r->scoring[fore_subject_kind_of(r->timeline, row->subject)];
    double chance = fore_scoring_is_idle(s) ? s->base_rate : row->probability;
    if (isnan(row->expected_value) || !(row->probability > 0)) return chance;
    return row->expected_value * (chance / row->probability);
}

static int by_worth(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->step.urgent != b->step.urgent) return a->step.urgent ? -1 : 1;
    if (a->gain_per_minute != b->gain_per_minute)
        return a->gain_per_minute > b->gain_per_minute ? -1 : 1;
    return a->row->subject < b->row->subject ? -1 : 1;
}

static bool may_be_worked(const fore_timeline *t, const fore_remarks *remarks, const candidate *k,
                          int64_t as_of, int64_t day_start, int64_t cool_off, passed_over *passed)
{
    int64_t subject = k->row->subject, out, in;
    if (t->do_not_contact[subject]) {
        passed->do_not_contact++;
        return false;
    }
    if (fore_remark_on(remarks, subject)) {
        passed->said_not++;
        return false;
    }
    fore_last_contacts(t, subject, as_of, &out, &in);
    bool promised = k->step.due != FORE_NO_TIME; /* and still to do after the last contact */
    if (out != FORE_NO_TIME && out >= day_start && in < out && !(promised && k->step.due > out)) {
        passed->done_today++;
        return false;
    }
    if (!promised && out != FORE_NO_TIME && in <= out && as_of - out < cool_off) {
        passed->resting++;
        return false;
    }
    return true;
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

/* Keeps, in order, what each rep's hours hold; returns how many are kept. */
static fore_status fill_hours(const fore_timeline *t, candidate *list, int64_t n, double hours,
                              int64_t limit, int64_t *kept, passed_over *passed, fore_error *err)
{
    double *left = FORE_NEW(t->reps + 1, double);
    int64_t *rows = FORE_ZNEW(t->reps + 1, int64_t), m = 0;
    if (!left || !rows) {
        fore_free(left);
        fore_free(rows);
        return fore_no_memory(err);
    }
    for (int64_t r = 0; r <= t->reps; r++) left[r] = hours_of_day(t, r, hours) * 60;
    for (int64_t i = 0; i < n; i++) {
        int64_t rep = whose_hours(t, list[i].row);
        bool full = left[rep] < list[i].step.minutes || (limit == 0 && rows[rep] >= ROWS_PER_REP);
        if (full) {
            passed->hours_full++;
            continue;
        }
        if (limit > 0 && m >= limit) {
            passed->beyond_limit++;
            continue;
        }
        left[rep] -= list[i].step.minutes;
        rows[rep]++;
        list[m++] = list[i];
    }
    *kept = m;
    fore_free(left);
    fore_free(rows);
    return FORE_OK;
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
    fore_json_string(json, "grade", grade);
    fore_json_object(json, "action");
    fore_json_string(json, "kind", fore_activity_kind_word(k->step.kind));
    fore_json_string(json, "channel", k->step.channel);
    fore_json_string(json, "when", when);
    fore_json_time(json, "due", k->step.due);
    fore_json_number(json, "minutes", k->step.minutes);
    fore_json_string(json, "why", k->step.why);
    fore_json_end_object(json);
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

fore_status fore_job_rank(fore_context *c, const foresell_rank_request *r, fore_answer *a,
                          fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_roster roster = {0};
    fore_habits habits;
    passed_over passed = {0};
    fore_remarks remarks = {0};
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
        FORE_GO(fore_store_find(c->store, FORE_REP, r->rep, &rep_pk, err));
        rep = rep_pk ? fore_timeline_rep(roster.timeline, rep_pk) : -1;
        if (rep < 0) {
            status = fore_fail(err, FORE_E_NOT_FOUND, "there is no rep with the id '%s'", r->rep);
            goto done;
        }
        if (fore_roster_rep_left(&roster, rep)) FORE_GO(refuse_who_left(&roster, rep, err));
    }
    FORE_GO(fore_roster_add_open(c, &roster, err));
    FORE_GO(fore_remarks_read(c, roster.timeline, moment.as_of, &remarks, err));
    fore_habits_read(roster.timeline, moment.as_of, &habits);
    list = FORE_NEW(roster.count, candidate);
    if (!list) {
        status = fore_no_memory(err);
        goto done;
    }
    int64_t cool_off = (r->cool_off_days == 0 ? COOL_OFF_DEFAULT : r->cool_off_days) * FORE_DAY;
    int64_t day_start = start_of_day(c, moment.as_of);
    for (int64_t i = 0; i < roster.count; i++) {
        candidate *k = &list[n];
        k->row = &roster.row[i];
        if (r->rep && k->row->owner != rep) continue;
        fore_next_step_choose(roster.timeline, &habits, k->row->subject, moment.as_of, &k->step);
        if (!may_be_worked(roster.timeline, &remarks, k, moment.as_of, day_start, cool_off,
                           &passed))
            continue;
        k->step.hour = hour_of(c, &k->step, moment.as_of);
        k->gain_per_minute = gain_of(&roster, k->row) / k->step.minutes;
        n++;
    }
    if (n > 1) qsort(list, (size_t)n, sizeof *list, by_worth);
    int64_t limit = r->limit == 0 && !r->rep ? ROWS_DEFAULT : r->limit;
    FORE_GO(fill_hours(roster.timeline, list, n, r->hours, limit, &kept, &passed, err));
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
    if (kept > 0) fore_answer_note(a, "Urgent steps first, then by value per minute.");
    fore_roster_note_idle(&roster, a, ", and the order goes by urgency and value alone");
    if (kept > 0)
        fore_answer_note(a, "In brackets: how often leads and deals of which it holds were won, "
                            "against all of their kind.");
    note_list(a, &roster, &passed);
done:
    fore_free(list);
    fore_remarks_free(&remarks);
    fore_roster_free(&roster);
    return status;
}
