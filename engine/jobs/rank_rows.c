/* The day's list as it is read: a row for people with what speaks for and against, and the same for
 * programs. */
#include <stdio.h>
#include <string.h>

#include "engine/jobs/close_curves.h"
#include "engine/jobs/day_list.h"

enum { REASONS = 3 };

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
    {"kind", NULL, FORE_CELL_TEXT, 0},
    {"product", NULL, FORE_CELL_TEXT, 0},
    {"due", NULL, FORE_CELL_TEXT, 0},
    {"amount", NULL, FORE_CELL_MONEY, 0},
    {"name", NULL, FORE_CELL_TEXT, 0},
    {"company", NULL, FORE_CELL_TEXT, 0},
    {"time_zone", NULL, FORE_CELL_TEXT, 0},
    {"when_theirs", NULL, FORE_CELL_TEXT, 0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

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

/* One row of the list and what is said of it. */
typedef struct rank_row {
    const fore_roster *r;
    const fore_candidate *k;
    const fore_whois *who;
    const fore_close_curve *curve;
    const fore_reason *reason;
    int64_t reasons, place;
    fore_subject_kind kind;
    const char *id, *lead, *deal, *rep;
    char grade[2], when[16], due[32], theirs[16], hour[16];
} rank_row;

static void name_row(fore_context *c, rank_row *w)
{
    const fore_timeline *t = w->r->timeline;
    const fore_roster_row *row = w->k->row;
    w->kind = fore_subject_kind_of(t, row->subject);
    w->id = fore_word(&t->ids, row->subject);
    const char *other =
        t->other[row->subject] >= 0 ? fore_word(&t->ids, t->other[row->subject]) : NULL;
    w->lead = w->kind == FORE_SUBJECT_LEAD ? w->id : other;
    w->deal = w->kind == FORE_SUBJECT_DEAL ? w->id : NULL;
    w->rep = fore_word(&t->rep_ids, row->owner);
    w->grade[0] = row->grade;
    snprintf(w->hour, sizeof w->hour, "%02d:00", w->who->hour);
    fore_whois_when(c, w->who, w->r->as_of, w->when);
    if (w->who->their_minutes >= 0)
        snprintf(w->theirs, sizeof w->theirs, "%02d:%02d", w->who->their_minutes / 60,
                 w->who->their_minutes % 60);
    fore_time_format(w->k->step.due, w->due);
}

static void write_chances(const rank_row *w, fore_json_writer *json)
{
    const fore_roster_row *row = w->k->row;
    const fore_uplift *uplift = w->r->scoring[w->kind]->uplift;
    fore_json_bool(json, "rep_left", row->owner_left);
    fore_json_number(json, "probability", row->probability);
    fore_json_number(json, "lo", row->lo);
    fore_json_number(json, "hi", row->hi);
    fore_json_number(json, "amount", row->amount);
    fore_json_number(json, "expected_value", row->expected_value);
    fore_json_number(json, "uplift", w->k->uplift.middle);
    fore_json_number(json, "uplift_lo", w->k->uplift.lo);
    fore_json_number(json, "uplift_hi", w->k->uplift.hi);
    fore_json_string(json, "uplift_basis",
                     uplift ? uplift->basis : "none: not learned when the model was trained");
    fore_json_number(json, "order_probability", w->k->chance);
    fore_json_bool(json, "drawn", w->k->drawn);
    fore_json_number(json, "draw_chance", w->k->draw_chance);
    fore_json_string(json, "grade", w->grade);
}

static void write_action(const rank_row *w, fore_json_writer *json)
{
    const fore_whois *who = w->who;
    bool known = w->theirs[0] != 0;
    fore_json_object(json, "action");
    fore_json_string(json, "kind", fore_activity_kind_word(w->k->step.kind));
    fore_json_string(json, "channel", w->k->step.channel);
    fore_json_string(json, "when", w->hour);
    fore_json_date(json, "on", w->r->today + who->days_ahead);
    fore_json_string(json, "when_theirs", known ? w->theirs : NULL);
    fore_json_string(json, "time_zone", known ? who->where.zone : NULL);
    fore_json_string(json, "time_zone_from", who->where.from);
    fore_json_bool(json, "outside_hours", who->outside);
    fore_json_time(json, "due", w->k->step.due);
    fore_json_number(json, "minutes", w->k->step.minutes);
    fore_json_string(json, "why", w->k->step.why);
    fore_json_end_object(json);
}

/* Who it is, why now, whose clock, and the reasons of the chance. */
static void say_words(const rank_row *w, const char *reasons, fore_text *words)
{
    bool left = w->k->row->owner_left;
    fore_whois_say(w->who, words);
    if (words->length > 0) fore_text_puts(words, " | ");
    if (w->k->drawn) fore_text_puts(words, "drawn by lot | ");
    if (left) fore_text_printf(words, "%s has left, hand it over | ", w->rep);
    fore_text_puts(words, w->k->step.why);
    if (w->who->other_clock)
        fore_text_printf(words, " | %s their time%s", w->theirs,
                         w->who->outside ? " (outside your hours)" : "");
    else if (w->who->outside)
        fore_text_puts(words, " | outside your hours");
    if (w->reasons > 0) fore_text_printf(words, " | %s", reasons);
}

static void write_cells(const rank_row *w, const char *words, fore_answer *a, int64_t g)
{
    const fore_roster_row *row = w->k->row;
    bool known = w->theirs[0] != 0;
    fore_answer_row(a, g);
    fore_answer_number(a, g, (double)w->place);
    fore_answer_text(a, g, w->lead);
    fore_answer_text(a, g, w->deal);
    fore_answer_text(a, g, w->id);
    fore_answer_text(a, g, w->rep);
    fore_answer_text(a, g, w->grade);
    fore_answer_number(a, g, row->probability);
    fore_answer_number(a, g, row->lo);
    fore_answer_number(a, g, row->hi);
    fore_answer_number(a, g, row->expected_value);
    fore_answer_text(a, g, fore_activity_kind_word(w->k->step.kind));
    fore_answer_text(a, g, w->when);
    fore_answer_text(a, g, words);
    fore_answer_text(a, g, row->owner_left ? "yes" : NULL);
    fore_answer_text(a, g, fore_purpose(w->kind));
    fore_answer_text(a, g, NULL);
    fore_answer_text(a, g, w->due);
    fore_answer_number(a, g, row->amount);
    fore_answer_text(a, g, w->who->name[0] ? w->who->name : NULL);
    fore_answer_text(a, g, w->who->company[0] ? w->who->company : NULL);
    fore_answer_text(a, g, known ? w->who->where.zone : NULL);
    fore_answer_text(a, g, known ? w->theirs : NULL);
}

static void write_row(fore_context *c, rank_row *w, fore_answer *a, int64_t g,
                      fore_json_writer *json)
{
    fore_text words = {0}, reasons = {0};
    name_row(c, w);
    fore_json_object(json, NULL);
    fore_json_integer(json, "rank", w->place);
    fore_json_string(json, "lead_id", w->lead);
    fore_json_string(json, "deal_id", w->deal);
    fore_json_string(json, "name", w->who->name[0] ? w->who->name : NULL);
    fore_json_string(json, "company", w->who->company[0] ? w->who->company : NULL);
    fore_json_string(json, "rep_id", w->rep);
    write_chances(w, json);
    write_action(w, json);
    write_reasons(w->r->scoring[w->kind], w->reason, w->reasons, json, &reasons);
    fore_close_json(json, w->curve, w->k->row->amount);
    fore_json_end_object(json);
    say_words(w, fore_text_string(&reasons), &words);
    write_cells(w, fore_text_string(&words), a, g);
    a->failed |= words.failed || reasons.failed;
    fore_text_free(&words);
    fore_text_free(&reasons);
}

fore_status fore_rank_rows(fore_context *c, const fore_roster *r, const fore_day_list *list,
                           fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t g = fore_answer_grid(a, "leads", "Today", columns, COLUMNS), widest = 1;
    for (int k = 0; k < 2; k++)
        if (r->scoring[k] && r->scoring[k]->columns > widest) widest = r->scoring[k]->columns;
    int64_t n = list->kept;
    double *raw = FORE_NEW(2 * widest, double), base;
    const fore_roster_row **row = FORE_NEW(n + 1, const fore_roster_row *);
    fore_close_curve *curves = NULL;
    if (!raw || !row) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) row[i] = list->item[i].row;
    FORE_GO(fore_close_curves_new(c, r, row, n, &curves, err));
    fore_json_array(json, "leads");
    for (int64_t i = 0; i < n; i++) {
        fore_reason reason[REASONS];
        const fore_scoring *s =
            r->scoring[fore_subject_kind_of(r->timeline, list->item[i].row->subject)];
        FORE_GO(fore_roster_parts(c, r, list->item[i].row, raw, raw + widest, &base, err));
        int64_t reasons = fore_reasons_pick(s, raw, raw + widest, 0, reason, REASONS);
        rank_row w = {.r = r,
                      .k = &list->item[i],
                      .who = &list->who[i],
                      .curve = &curves[i],
                      .reason = reason,
                      .reasons = reasons,
                      .place = i + 1};
        write_row(c, &w, a, g, json);
    }
    fore_json_end_array(json);
done:
    fore_free(raw);
    fore_free(row);
    fore_free(curves);
    return status;
}
