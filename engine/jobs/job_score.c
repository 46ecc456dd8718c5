/* "What are the chances of this one?" and "why, and what moved since last time?" */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/jobs.h"
#include "engine/jobs/roster.h"

enum { REASONS_SHOWN = 5, MOVES_SHOWN = 5 };
static const double MOVE_MIN = 0.02;    /* log-odds: smaller moves are not worth a line */
static const double UNCHANGED = 0.0005; /* of a chance: the decimal shown stays the same */

/* --- keeping scores --- */

static fore_status write_parts(const fore_scoring *s, const double *raw, const double *parts,
                               double base, fore_text *out, fore_error *err)
{
    fore_json_writer json = fore_json_to(out);
    fore_json_object(&json, NULL);
    fore_json_number(&json, "base", base);
    fore_json_object(&json, "columns");
    for (int64_t j = 0; j < s->columns; j++) {
        if (parts[j] == 0) continue;
        const double pair[] = {raw[j], parts[j]};
        fore_json_numbers(&json, fore_scoring_column_name(s, j), pair, 2);
    }
    fore_json_end_object(&json);
    fore_json_end_object(&json);
    return fore_text_check(out, err);
}

static fore_status keep_scores(fore_context *c, const fore_roster *r, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text parts_text = {0};
    int64_t widest = 1;
    for (int k = 0; k < 2; k++)
        if (r->scoring[k] && r->scoring[k]->columns > widest) widest = r->scoring[k]->columns;
    double *raw = FORE_NEW(2 * widest, double), base;
    if (!raw) return fore_no_memory(err);
    FORE_GO(fore_store_begin(c->store, err));
    for (int64_t i = 0; i < r->count; i++) {
        const fore_roster_row *row = &r->row[i];
        fore_subject_kind kind = fore_subject_kind_of(r->timeline, row->subject);
        fore_text_clear(&parts_text);
        FORE_GO(fore_roster_parts(c, r, row, raw, raw + widest, &base, err));
        FORE_GO(write_parts(r->scoring[kind], raw, raw + widest, base, &parts_text, err));
        fore_score_row score = {.subject_kind = kind,
                                .subject = r->timeline->pk[row->subject],
                                .as_of = r->as_of,
                                .model = r->scoring[kind]->model_pk,
                                .probability = row->probability,
                                .lo = row->lo,
                                .hi = row->hi,
                                .parts = parts_text.bytes};
        FORE_GO(fore_store_put_score(c->store, &score, err));
        if (i % 1024 == 0) fore_progress(c->observer, "keeping scores", i, r->count);
    }
    FORE_GO(fore_store_commit(c->store, err));
done:
    if (status != FORE_OK) fore_store_rollback(c->store);
    fore_free(raw);
    fore_text_free(&parts_text);
    return status;
}

/* --- score --- */

static const fore_column score_columns[] = {
    {"id", "id", FORE_CELL_TEXT, 1},
    {"kind", "is a", FORE_CELL_TEXT, 0},
    {"rep_id", "rep", FORE_CELL_TEXT, 1},
    {"probability", "chance", FORE_CELL_PERCENT, 0},
    {"lo", "from", FORE_CELL_PERCENT, 0},
    {"hi", "to", FORE_CELL_PERCENT, 0},
    {"grade", "grade", FORE_CELL_TEXT, 0},
    {"amount", "amount", FORE_CELL_MONEY, 0},
    {"expected_value", "expected", FORE_CELL_MONEY, 0},
};

static void write_score(const fore_roster *r, const fore_roster_row *row, fore_json_writer *json)
{
    fore_subject_kind kind = fore_subject_kind_of(r->timeline, row->subject);
    char grade[2] = {row->grade, 0};
    fore_json_string(json, "id", fore_word(&r->timeline->ids, row->subject));
    fore_json_string(json, "kind", fore_purpose(kind));
    fore_json_string(json, "rep_id", fore_word(&r->timeline->rep_ids, row->owner));
    fore_json_number(json, "probability", row->probability);
    fore_json_number(json, "lo", row->lo);
    fore_json_number(json, "hi", row->hi);
    fore_json_string(json, "grade", grade);
    fore_json_number(json, "amount", row->amount);
    fore_json_number(json, "expected_value", row->expected_value);
    fore_json_number(json, "horizon_days", r->scoring[kind]->horizon_days);
    fore_json_string(json, "model", r->scoring[kind]->model_id);
}

static void show_score(const fore_roster *r, const fore_roster_row *row, fore_answer *a, int64_t g)
{
    char grade[2] = {row->grade, 0};
    fore_answer_row(a, g);
    fore_answer_text(a, g, fore_word(&r->timeline->ids, row->subject));
    fore_answer_text(a, g, fore_purpose(fore_subject_kind_of(r->timeline, row->subject)));
    fore_answer_text(a, g, fore_word(&r->timeline->rep_ids, row->owner));
    fore_answer_number(a, g, row->probability);
    fore_answer_number(a, g, row->lo);
    fore_answer_number(a, g, row->hi);
    fore_answer_text(a, g, grade);
    fore_answer_number(a, g, row->amount);
    fore_answer_number(a, g, row->expected_value);
}

fore_status fore_job_score(fore_context *c, const foresell_score_request *q, fore_answer *a,
                           fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_roster r = {0};
    FORE_TRY(fore_context_moment(c, &q->moment, a, &moment, err));
    FORE_TRY(fore_roster_open(c, moment.as_of, &r, err));
    if (q->id_count == 0) {
        FORE_GO(fore_roster_add_open(c, &r, err));
        if (!q->forget) FORE_GO(keep_scores(c, &r, err));
    }
    for (int64_t i = 0; i < q->id_count; i++) FORE_GO(fore_roster_add(c, &r, q->ids[i], err));
    int64_t g = fore_answer_grid(a, "scores", NULL, score_columns, 9);
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", r.as_of);
    fore_roster_models_json(&r, &json);
    fore_json_array(&json, "scores");
    for (int64_t i = 0; i < r.count; i++) {
        show_score(&r, &r.row[i], a, g);
        fore_json_object(&json, NULL);
        write_score(&r, &r.row[i], &json);
        fore_json_end_object(&json);
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    if (q->id_count == 0)
        fore_answer_note(a, "%lld open leads and deals are scored; the scores are %s.",
                         (long long)r.count, q->forget ? "not kept" : "kept");
    fore_roster_note_idle(&r, a, "");
done:
    fore_roster_free(&r);
    return status;
}

/* --- explain --- */

typedef struct kept_score {
    bool found;
    double probability, lo, hi;
    int64_t as_of;
    char model_id[96];
    fore_text parts;
} kept_score;

static fore_status remember_score(void *context, const fore_score_row *row, fore_error *err)
{
    kept_score *kept = context;
    if (kept->found) return FORE_OK; /* newest first: the first one counts */
    kept->found = true;
    kept->probability = row->probability;
    kept->lo = row->lo;
    kept->hi = row->hi;
    kept->as_of = row->as_of;
    snprintf(kept->model_id, sizeof kept->model_id, "%s", row->model_id ? row->model_id : "");
    fore_text_puts(&kept->parts, row->parts);
    return fore_text_check(&kept->parts, err);
}

typedef struct move {
    int64_t column;
    double then, now;
} move;

/* The columns whose contribution moved most, strongest first. */
static int64_t find_moves(const fore_scoring *s, const double *parts, const fore_json_node *then,
                          move *out)
{
    int64_t count = 0;
    for (int64_t j = 0; j < s->columns; j++) {
        double old = 0;
        fore_json_as_number(fore_json_at(fore_json_get(then, fore_scoring_column_name(s, j)), 1),
                            &old);
        move m = {j, old, parts[j]};
        double size = fabs(m.now - m.then);
        if (size < MOVE_MIN) continue;
        int64_t at = count < MOVES_SHOWN ? count++ : MOVES_SHOWN - 1;
        if (at == MOVES_SHOWN - 1 && count == MOVES_SHOWN && out[at].column >= 0 &&
            fabs(out[at].now - out[at].then) >= size)
            continue;
        for (; at > 0 && fabs(out[at - 1].now - out[at - 1].then) < size; at--)
            out[at] = out[at - 1];
        out[at] = m;
    }
    return count;
}

static void say_moves(const fore_scoring *s, const fore_roster_row *row, const double *raw,
                      const double *parts, const kept_score *kept, fore_answer *a,
                      fore_json_writer *json)
{
    char date[32];
    fore_json *document = NULL;
    fore_date_format(fore_date_of(kept->as_of), date);
    if (fabs(row->probability - kept->probability) < UNCHANGED)
        fore_answer_note(a, "Since %s: unchanged at %.1f %%.", date, 100 * row->probability);
    else
        fore_answer_note(a, "Since %s: from %.1f %% to %.1f %%.", date, 100 * kept->probability,
                         100 * row->probability);
    fore_json_object(json, "since");
    fore_json_time(json, "as_of", kept->as_of);
    fore_json_number(json, "probability", kept->probability);
    fore_json_string(json, "model", kept->model_id);
    fore_json_array(json, "moves");
    if (strcmp(kept->model_id, s->model_id) != 0)
        fore_answer_note(
            a, "Another model answers now (%s then, %s now): part of the move is its own.",
            kept->model_id, s->model_id);
    if (fore_json_parse(kept->parts.bytes, kept->parts.length, &document, NULL) == FORE_OK) {
        move moved[MOVES_SHOWN];
        for (int i = 0; i < MOVES_SHOWN; i++) moved[i] = (move){-1, 0, 0};
        int64_t n = find_moves(s, parts, fore_json_get(fore_json_root(document), "columns"), moved);
        for (int64_t i = 0; i < n; i++) {
            fore_text words = {0};
            fore_reason reason = {moved[i].column, moved[i].now, raw[moved[i].column], NAN};
            fore_reason_say(s, &reason, &words);
            fore_answer_note(a, "  %s (%+.2f)", fore_text_string(&words),
                             moved[i].now - moved[i].then);
            fore_json_object(json, NULL);
            fore_json_string(json, "feature", fore_scoring_column_name(s, moved[i].column));
            fore_json_string(json, "text", fore_text_string(&words));
            fore_json_number(json, "then", moved[i].then);
            fore_json_number(json, "now", moved[i].now);
            fore_json_end_object(json);
            fore_text_free(&words);
        }
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
    fore_json_free(document);
}

static const fore_column reason_columns[] = {
    {"id", NULL, FORE_CELL_TEXT, 0},
    {"probability", NULL, FORE_CELL_PERCENT, 0},
    {"lo", NULL, FORE_CELL_PERCENT, 0},
    {"hi", NULL, FORE_CELL_PERCENT, 0},
    {"feature", NULL, FORE_CELL_TEXT, 0},
    {"value", NULL, FORE_CELL_NUMBER, 0},
    {"effect", "log-odds", FORE_CELL_NUMBER, 0},
    {"text", "because", FORE_CELL_TEXT, 1},
};
enum { REASON_COLUMNS = sizeof reason_columns / sizeof *reason_columns };

/* The chance that is explained: every line of the table carries it, for programs. */
typedef struct headline {
    const char *id;
    double probability, lo, hi;
} headline;

static void show_reason(fore_answer *a, int64_t g, const headline *h, const char *feature,
                        double value, double effect, const char *text)
{
    fore_answer_row(a, g);
    fore_answer_text(a, g, h->id);
    fore_answer_number(a, g, h->probability);
    fore_answer_number(a, g, h->lo);
    fore_answer_number(a, g, h->hi);
    fore_answer_text(a, g, feature);
    fore_answer_number(a, g, value);
    fore_answer_number(a, g, effect);
    fore_answer_text(a, g, text);
}

/* The base, the reasons, and all other facts: together the log-odds before calibration. */
static void say_reasons(const fore_scoring *s, const headline *h, const double *raw,
                        const double *parts, double base, fore_answer *a, int64_t g,
                        fore_json_writer *json)
{
    double other = 0;
    int64_t said = 0;
    for (int64_t j = 0; j < s->columns; j++) other += parts[j];
    show_reason(a, g, h, "base", NAN, base, "an average one of its kind");
    fore_json_number(json, "base_rate", s->base_rate);
    fore_json_number(json, "base", base);
    fore_json_array(json, "reasons");
    for (int sign = 1; sign >= -1; sign -= 2) {
        fore_reason reason[REASONS_SHOWN];
        int64_t n = fore_reasons_pick(s, raw, parts, sign, reason, REASONS_SHOWN);
        for (int64_t i = 0; i < n; i++) {
            fore_text words = {0};
            fore_reason_say(s, &reason[i], &words);
            const char *name = fore_scoring_column_name(s, reason[i].column);
            show_reason(a, g, h, name, reason[i].value, reason[i].part, fore_text_string(&words));
            other -= reason[i].part;
            said++;
            fore_json_object(json, NULL);
            fore_json_string(json, "feature", name);
            fore_json_string(json, "text", fore_text_string(&words));
            fore_json_number(json, "value", reason[i].value);
            fore_json_number(json, "effect", reason[i].part);
            fore_json_end_object(json);
            fore_text_free(&words);
        }
    }
    fore_json_end_array(json);
    fore_json_number(json, "other", other);
    show_reason(a, g, h, "other", NAN, other, "all other facts");
    if (said == 0) fore_answer_note(a, "No single fact moves it: it sits near the base rate.");
}

/* Raw values and contributions as they were kept. False when another model made them. */
static bool read_parts(const fore_scoring *s, const kept_score *kept, double *raw, double *parts,
                       double *base)
{
    fore_json *document = NULL;
    if (strcmp(kept->model_id, s->model_id) != 0 ||
        fore_json_parse(kept->parts.bytes, kept->parts.length, &document, NULL) != FORE_OK)
        return false;
    const fore_json_node *columns = fore_json_get(fore_json_root(document), "columns");
    *base = 0;
    fore_json_get_number(fore_json_root(document), "base", base);
    for (int64_t j = 0; j < s->columns; j++) {
        const fore_json_node *pair = fore_json_get(columns, fore_scoring_column_name(s, j));
        raw[j] = NAN;
        parts[j] = 0;
        fore_json_as_number(fore_json_at(pair, 0), &raw[j]);
        fore_json_as_number(fore_json_at(pair, 1), &parts[j]);
    }
    fore_json_free(document);
    return true;
}

/* One that is closed is explained by the last score that was kept. */
static fore_status explain_closed(fore_context *c, const fore_roster *r, int64_t subject,
                                  fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    kept_score kept = {0};
    fore_subject_kind kind = fore_subject_kind_of(r->timeline, subject);
    const fore_scoring *s = r->scoring[kind];
    const char *id = fore_word(&r->timeline->ids, subject);
    char title[384], date[32];
    double base, *raw = FORE_NEW(2 * s->columns + 1, double);
    if (!raw) return fore_no_memory(err);
    FORE_GO(fore_store_scores(c->store, kind, r->timeline->pk[subject], r->as_of, remember_score,
                              &kept, err));
    if (!kept.found) {
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "%s '%s' is not open at that moment, and no score of it was kept while "
                           "it was open; `foresell score` keeps those of all that are open",
                           fore_purpose(kind), id);
        goto done;
    }
    fore_date_format(fore_date_of(kept.as_of), date);
    snprintf(title, sizeof title, "%s %s is not open; last score %.1f %% (%.1f to %.1f %%)",
             kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal", id, 100 * kept.probability, 100 * kept.lo,
             100 * kept.hi);
    int64_t g = fore_answer_grid(a, "reasons", title, reason_columns, REASON_COLUMNS);
    headline h = {id, kept.probability, kept.lo, kept.hi};
    fore_json_object(json, NULL);
    fore_json_string(json, "id", id);
    fore_json_string(json, "kind", fore_purpose(kind));
    fore_json_bool(json, "open", false);
    fore_json_number(json, "probability", kept.probability);
    fore_json_number(json, "lo", kept.lo);
    fore_json_number(json, "hi", kept.hi);
    fore_json_time(json, "scored_as_of", kept.as_of);
    fore_json_string(json, "model", kept.model_id);
    if (read_parts(s, &kept, raw, raw + s->columns, &base))
        say_reasons(s, &h, raw, raw + s->columns, base, a, g, json);
    else
        show_reason(a, g, &h, NULL, NAN, NAN, "another model made this score: no reasons");
    fore_json_end_object(json);
    fore_answer_note(a, "%s was last scored as of %s by model %s.", id, date, kept.model_id);
done:
    fore_free(raw);
    fore_text_free(&kept.parts);
    return status;
}

static fore_status explain_one(fore_context *c, const fore_roster *r, const fore_roster_row *row,
                               fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    kept_score kept = {0};
    fore_subject_kind kind = fore_subject_kind_of(r->timeline, row->subject);
    const fore_scoring *s = r->scoring[kind];
    const char *id = fore_word(&r->timeline->ids, row->subject);
    char title[256];
    snprintf(title, sizeof title, "%s %s: %.1f %% (%.1f to %.1f %%), grade %c; base rate %.1f %%",
             kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal", id, 100 * row->probability, 100 * row->lo,
             100 * row->hi, row->grade, 100 * s->base_rate);
    int64_t g = fore_answer_grid(a, "reasons", title, reason_columns, REASON_COLUMNS);
    headline h = {id, row->probability, row->lo, row->hi};
    double *raw = FORE_NEW(2 * s->columns + 1, double), base;
    if (!raw) return fore_no_memory(err);
    FORE_GO(fore_roster_parts(c, r, row, raw, raw + s->columns, &base, err));
    fore_json_object(json, NULL);
    write_score(r, row, json);
    say_reasons(s, &h, raw, raw + s->columns, base, a, g, json);
    FORE_GO(fore_store_scores(c->store, kind, r->timeline->pk[row->subject], r->as_of - 1,
                              remember_score, &kept, err));
    if (kept.found)
        say_moves(s, row, raw, raw + s->columns, &kept, a, json);
    else {
        FORE_GO(fore_store_scores(c->store, kind, r->timeline->pk[row->subject], r->as_of,
                                  remember_score, &kept, err));
        fore_answer_note(a,
                         kept.found ? "There is no score of %s from an earlier moment yet."
                                    : "No score of %s is kept; `foresell score` keeps them.",
                         id);
    }
    fore_json_end_object(json);
done:
    fore_free(raw);
    fore_text_free(&kept.parts);
    return status;
}

/* The subject of an id that was created before the moment and is not open at it; -1: none. */
static int64_t find_closed(const fore_roster *r, const char *id)
{
    const fore_timeline *t = r->timeline;
    int64_t subject = fore_timeline_find(t, FORE_SUBJECT_DEAL, id);
    if (subject < 0) subject = fore_timeline_find(t, FORE_SUBJECT_LEAD, id);
    if (subject < 0 || !r->scoring[fore_subject_kind_of(t, subject)] ||
        t->left_out[subject] == FORE_LEFT_NO_CREATION || t->created_at[subject] >= r->as_of ||
        fore_subject_open_at(t, subject, r->as_of))
        return -1;
    return subject;
}

fore_status fore_job_explain(fore_context *c, const foresell_score_request *q, fore_answer *a,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_roster r = {0};
    fore_json_writer json = fore_json_to(&a->json);
    FORE_TRY(fore_context_moment(c, &q->moment, a, &moment, err));
    FORE_TRY(fore_roster_open(c, moment.as_of, &r, err));
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_roster_models_json(&r, &json);
    fore_json_array(&json, "explanations");
    for (int64_t i = 0; i < q->id_count; i++) {
        int64_t closed = find_closed(&r, q->ids[i]);
        if (closed >= 0) {
            FORE_GO(explain_closed(c, &r, closed, a, &json, err));
            continue;
        }
        FORE_GO(fore_roster_add(c, &r, q->ids[i], err));
        FORE_GO(explain_one(c, &r, &r.row[r.count - 1], a, &json, err));
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    fore_roster_note_idle(&r, a, "");
done:
    fore_roster_free(&r);
    return status;
}
