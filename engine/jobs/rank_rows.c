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

static void write_row(fore_context *c, const fore_roster *r, const fore_candidate *k,
                      const fore_whois *who, int64_t place, const fore_reason *reason,
                      int64_t reasons, const fore_close_curve *curve, fore_answer *a, int64_t g,
                      fore_json_writer *json)
{
    const fore_timeline *t = r->timeline;
    const fore_roster_row *row = k->row;
    fore_subject_kind kind = fore_subject_kind_of(t, row->subject);
    const char *id = fore_word(&t->ids, row->subject);
    const char *other =
        t->other[row->subject] >= 0 ? fore_word(&t->ids, t->other[row->subject]) : NULL;
    const char *rep = fore_word(&t->rep_ids, row->owner);
    char grade[2] = {row->grade, 0}, when[16], due[32], theirs[16] = "", hour[16];
    fore_text words = {0};
    snprintf(hour, sizeof hour, "%02d:00", who->hour);
    fore_whois_when(c, who, r->as_of, when);
    if (who->their_minutes >= 0)
        snprintf(theirs, sizeof theirs, "%02d:%02d", who->their_minutes / 60,
                 who->their_minutes % 60);
    fore_time_format(k->step.due, due);
    fore_json_object(json, NULL);
    fore_json_integer(json, "rank", place);
    fore_json_string(json, "lead_id", kind == FORE_SUBJECT_LEAD ? id : other);
    fore_json_string(json, "deal_id", kind == FORE_SUBJECT_DEAL ? id : NULL);
    fore_json_string(json, "name", who->name[0] ? who->name : NULL);
    fore_json_string(json, "company", who->company[0] ? who->company : NULL);
    fore_json_string(json, "rep_id", rep);
    fore_json_bool(json, "rep_left", row->owner_left);
    fore_json_number(json, "probability", row->probability);
    fore_json_number(json, "lo", row->lo);
    fore_json_number(json, "hi", row->hi);
    fore_json_number(json, "amount", row->amount);
    fore_json_number(json, "expected_value", row->expected_value);
    const fore_uplift *uplift = r->scoring[kind]->uplift;
    fore_json_number(json, "uplift", k->uplift.middle);
    fore_json_number(json, "uplift_lo", k->uplift.lo);
    fore_json_number(json, "uplift_hi", k->uplift.hi);
    fore_json_string(json, "uplift_basis",
                     uplift ? uplift->basis : "none: not learned when the model was trained");
    fore_json_number(json, "order_probability", k->chance);
    fore_json_bool(json, "drawn", k->drawn);
    fore_json_number(json, "draw_chance", k->draw_chance);
    fore_json_string(json, "grade", grade);
    fore_json_object(json, "action");
    fore_json_string(json, "kind", fore_activity_kind_word(k->step.kind));
    fore_json_string(json, "channel", k->step.channel);
    fore_json_string(json, "when", hour);
    fore_json_date(json, "on", r->today + who->days_ahead);
    fore_json_string(json, "when_theirs", theirs[0] ? theirs : NULL);
    fore_json_string(json, "time_zone", theirs[0] ? who->where.zone : NULL);
    fore_json_string(json, "time_zone_from", who->where.from);
    fore_json_bool(json, "outside_hours", who->outside);
    fore_json_time(json, "due", k->step.due);
    fore_json_number(json, "minutes", k->step.minutes);
    fore_json_string(json, "why", k->step.why);
    fore_json_end_object(json);
    fore_whois_say(who, &words);
    if (words.length > 0) fore_text_puts(&words, " | ");
    if (k->drawn) fore_text_puts(&words, "drawn by lot | ");
    fore_text_printf(&words, "%s%s%s%s", row->owner_left ? rep : "",
                     row->owner_left ? " has left, hand it over" : "", row->owner_left ? " | " : "",
                     k->step.why);
    if (who->other_clock)
        fore_text_printf(&words, " | %s their time%s", theirs,
                         who->outside ? " (outside your hours)" : "");
    else if (who->outside)
        fore_text_puts(&words, " | outside your hours");
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
    fore_answer_text(a, g, fore_purpose(kind));
    fore_answer_text(a, g, NULL);
    fore_answer_text(a, g, due);
    fore_answer_number(a, g, row->amount);
    fore_answer_text(a, g, who->name[0] ? who->name : NULL);
    fore_answer_text(a, g, who->company[0] ? who->company : NULL);
    fore_answer_text(a, g, theirs[0] ? who->where.zone : NULL);
    fore_answer_text(a, g, theirs[0] ? theirs : NULL);
    a->failed |= words.failed || reasons_text.failed;
    fore_text_free(&words);
    fore_text_free(&reasons_text);
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
        write_row(c, r, &list->item[i], &list->who[i], i + 1, reason, reasons, &curves[i], a, g,
                  json);
    }
    fore_json_end_array(json);
done:
    fore_free(raw);
    fore_free(row);
    fore_free(curves);
    return status;
}
