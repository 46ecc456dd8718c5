/* Scoring the leads and deals of a moment. */
#include "engine/jobs/roster.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "features/sales_series.h"

void fore_roster_free(fore_roster *r)
{
    for (int k = 0; k < 2; k++) {
        fore_scoring_free(r->scoring[k]);
        fore_attributes_free(r->attributes[k]);
    }
    fore_free(r->row);
    *r = (fore_roster){0};
}

/* In another currency than most wins: amounts that cannot be compared. */
static bool is_foreign(const fore_roster *r, int64_t subject)
{
    int32_t currency = r->timeline->currency[subject];
    return r->currency >= 0 && currency >= 0 && currency != r->currency;
}

/* What a won deal brings, and how many of the closed ones are won. */
static void read_past(fore_roster *r)
{
    const fore_timeline *t = r->timeline;
    double sum = 0, amounts = 0, won = 0, closed = 0;
    r->currency = fore_main_currency(t, r->as_of);
    for (int64_t s = t->leads; s < t->subjects; s++) {
        fore_outcome outcome = fore_subject_closed(t, s, r->as_of).outcome;
        if (outcome == FORE_OUTCOME_OPEN || t->left_out[s]) continue;
        closed++;
        if (outcome != FORE_WON) continue;
        won++;
        if (is_foreign(r, s)) continue;
        fore_subject_state state;
        fore_subject_state_at(t, s, r->as_of, &state);
        if (isnan(state.amount)) continue;
        sum += state.amount;
        amounts++;
    }
    r->lead_amount = amounts > 0 ? sum / amounts : NAN;
    r->lead_deal_rate = closed > 0 ? won / closed : 1;
}

bool fore_roster_rep_left(const fore_roster *r, int64_t rep)
{
    int32_t last = rep < 0 ? FORE_NO_DATE : r->timeline->rep_active_to_on[rep];
    return last != FORE_NO_DATE && last < r->today;
}

fore_status fore_roster_open(fore_context *c, int64_t as_of, fore_roster *r, fore_error *err)
{
    *r = (fore_roster){.as_of = as_of,
                       .today = fore_date_of(as_of + fore_zone_offset(c->zone, as_of))};
    int models = 0;
    bool too_new = false;
    fore_status status = fore_context_history(c, &r->timeline, &r->extractor, err);
    for (int k = 0; k < 2 && status == FORE_OK; k++) {
        status = fore_scoring_open(c, (fore_subject_kind)k, as_of, &r->scoring[k], err);
        if (status == FORE_E_NOT_FOUND || status == FORE_E_NO_ANSWER) {
            too_new |= status == FORE_E_NO_ANSWER; /* the other kind may have one */
            status = FORE_OK;
            continue;
        }
        if (status == FORE_OK)
            status = fore_attributes_read(c->store, r->timeline, (fore_subject_kind)k, as_of, NULL,
                                          0, &r->attributes[k], err);
        models++;
    }
    if (status == FORE_OK && models == 0)
        status =
            fore_fail(err, FORE_E_NO_ANSWER,
                      too_new ? "every model was trained on what came after that moment; train one "
                                "as of then first: foresell train --as-of DATE"
                              : "there is no model yet; train one first: foresell train");
    if (status != FORE_OK)
        fore_roster_free(r);
    else
        read_past(r);
    return status;
}

void fore_grade_limits(const fore_scoring *scoring, double limit[3])
{
    limit[0] = fmin(2 * scoring->base_rate, 0.9);
    limit[1] = scoring->base_rate;
    limit[2] = scoring->base_rate / 2;
}

static void value_row(const fore_roster *r, fore_roster_row *row)
{
    fore_subject_kind kind = fore_subject_kind_of(r->timeline, row->subject);
    fore_subject_state state;
    double limit[3], factor = 1;
    fore_subject_state_at(r->timeline, row->subject, r->as_of, &state);
    row->owner = state.owner;
    row->owner_left = fore_roster_rep_left(r, state.owner);
    row->amount = state.amount;
    if (kind == FORE_SUBJECT_LEAD || isnan(row->amount)) row->amount = r->lead_amount;
    if (kind == FORE_SUBJECT_LEAD) factor = r->lead_deal_rate;
    row->expected_value =
        is_foreign(r, row->subject) ? NAN : row->probability * factor * row->amount;
    fore_grade_limits(r->scoring[kind], limit);
    row->grade = 'D';
    for (int g = 2; g >= 0; g--)
        if (row->probability >= limit[g]) row->grade = (char)('A' + g);
}

/* Scores subject[0..n) of one kind and appends them. */
static fore_status append_scores(fore_context *c, fore_roster *r, fore_subject_kind kind,
                                 const int64_t *subject, int64_t n, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_extract_row *rows = FORE_NEW(n, fore_extract_row);
    double *p = FORE_NEW(3 * n, double);
    fore_roster_row *grown = fore_realloc(r->row, r->count + n, sizeof *grown);
    if (grown) r->row = grown;
    if (!rows || !p || !grown) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < n; i++) rows[i] = (fore_extract_row){subject[i], r->as_of};
    FORE_GO(fore_scoring_predict(r->scoring[kind], r->extractor, c->pool, r->attributes[kind], rows,
                                 n, p, p + n, p + 2 * n, err));
    for (int64_t i = 0; i < n; i++) {
        fore_roster_row *row = &r->row[r->count++];
        *row = (fore_roster_row){
            .subject = subject[i], .probability = p[i], .lo = p[n + i], .hi = p[2 * n + i]};
        value_row(r, row);
    }
done:
    fore_free(rows);
    fore_free(p);
    return status;
}

fore_status fore_roster_add_open(fore_context *c, fore_roster *r, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_timeline *t = r->timeline;
    int64_t *subject = FORE_NEW(t->subjects, int64_t);
    if (!subject) return fore_no_memory(err);
    for (int k = 0; k < 2; k++) {
        int64_t from = k == FORE_SUBJECT_LEAD ? 0 : t->leads, n = 0;
        int64_t end = k == FORE_SUBJECT_LEAD ? t->leads : t->subjects;
        for (int64_t s = from; s < end && r->scoring[k]; s++)
            if (t->left_out[s] != FORE_LEFT_NO_CREATION && fore_subject_open_at(t, s, r->as_of))
                subject[n++] = s;
        if (n > 0) FORE_GO(append_scores(c, r, (fore_subject_kind)k, subject, n, err));
    }
done:
    fore_free(subject);
    return status;
}

fore_status fore_roster_add(fore_context *c, fore_roster *r, const char *id, fore_error *err)
{
    const fore_timeline *t = r->timeline;
    int64_t subject = fore_timeline_find(t, FORE_SUBJECT_DEAL, id);
    if (subject < 0) subject = fore_timeline_find(t, FORE_SUBJECT_LEAD, id);
    if (subject < 0)
        return fore_fail(err, FORE_E_NOT_FOUND, "there is no lead and no deal with the id '%s'",
                         id);
    fore_subject_kind kind = fore_subject_kind_of(t, subject);
    if (!r->scoring[kind])
        return fore_fail(err, FORE_E_NO_ANSWER, "there is no model for %ss yet",
                         fore_purpose(kind));
    if (t->left_out[subject] == FORE_LEFT_NO_CREATION)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "%s '%s' has no time of creation, so nothing can be said about it; export "
                         "that column as well",
                         fore_purpose(kind), id);
    if (!fore_subject_open_at(t, subject, r->as_of))
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "%s '%s' is not open at that moment; closed leads and deals keep their last "
            "score (see: foresell explain)",
            fore_purpose(kind), id);
    return append_scores(c, r, kind, &subject, 1, err);
}

/* --- what the models were worth when they were tested --- */

static void beats_json(fore_json_writer *json, bool measured, bool idle)
{
    if (measured)
        fore_json_bool(json, "beats_baseline", !idle);
    else
        fore_json_null(json, "beats_baseline");
}

static bool is_measured(const fore_scoring *s)
{
    return !isnan(s->log_loss) && !isnan(s->baseline_log_loss);
}

void fore_roster_models_json(const fore_roster *r, fore_json_writer *json)
{
    bool measured = true, idle = false;
    for (int k = 0; k < 2; k++) {
        if (!r->scoring[k]) continue;
        measured = measured && is_measured(r->scoring[k]);
        idle = idle || fore_scoring_is_idle(r->scoring[k]);
    }
    beats_json(json, measured || idle, idle);
    fore_json_array(json, "models");
    for (int k = 0; k < 2; k++) {
        const fore_scoring *s = r->scoring[k];
        if (!s) continue;
        fore_json_object(json, NULL);
        fore_json_string(json, "purpose", fore_purpose(s->kind));
        fore_json_string(json, "id", s->model_id);
        fore_json_number(json, "horizon_days", s->horizon_days);
        beats_json(json, is_measured(s), fore_scoring_is_idle(s));
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
}

void fore_roster_note_idle(const fore_roster *r, fore_answer *a, const char *so)
{
    int64_t rows[2] = {0, 0};
    for (int64_t i = 0; i < r->count; i++)
        rows[fore_subject_kind_of(r->timeline, r->row[i].subject)]++;
    for (int k = 0; k < 2; k++) {
        const fore_scoring *s = r->scoring[k];
        if (!s || rows[k] == 0 || !fore_scoring_is_idle(s)) continue;
        fore_answer_note(a,
                         "%ss: the model that answers was no better than the base rate when it was "
                         "tested (log loss %.4f, base rate %.4f): its chances say no more than "
                         "the base rate%s.",
                         k == FORE_SUBJECT_LEAD ? "Lead" : "Deal", s->log_loss,
                         s->baseline_log_loss, so);
    }
}

fore_status fore_roster_parts(fore_context *c, const fore_roster *r, const fore_roster_row *row,
                              double *raw, double *parts, double *base, fore_error *err)
{
    fore_subject_kind kind = fore_subject_kind_of(r->timeline, row->subject);
    const fore_scoring *s = r->scoring[kind];
    fore_extract_row one = {row->subject, r->as_of};
    double *scratch = FORE_NEW(fore_scorer_scratch(s->scorer) + 1, double);
    if (!scratch) return fore_no_memory(err);
    fore_status status = fore_scoring_matrix(s, r->extractor, c->pool, r->attributes[kind], &one, 1,
                                             FORE_ENCODE_SCORING | FORE_ENCODE_TOLERATE, raw, err);
    if (status == FORE_OK) status = fore_scorer_parts(s->scorer, raw, scratch, parts, base, err);
    fore_free(scratch);
    return status;
}

void fore_roster_score_json(const fore_roster *r, const fore_roster_row *row,
                            fore_json_writer *json)
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

/* --- a rep by name --- */

enum { NEAR_MOST = 200 }; /* bytes of names after which no more are named */

static bool holds_fold(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (const char *at = text; at && n > 0 && strlen(at) >= n; at++)
        if (strncasecmp(at, part, n) == 0) return true;
    return false;
}

/* Where rep `row` comes near what was asked for: an equal is counted, a near one named. */
static void compare_rep(const fore_rep_row *row, const char *text, int64_t *pk, int *equal,
                        fore_text *near)
{
    bool is_equal =
        fore_text_equal_fold(row->id, text) || (row->name && fore_text_equal_fold(row->name, text));
    if (is_equal) {
        *pk = row->pk;
        ++*equal;
    }
    const char *name = row->name ? row->name : "";
    if (!is_equal && !holds_fold(name, text) && !holds_fold(row->id, text)) return;
    if (near->length > NEAR_MOST) return;
    fore_text_printf(near, "%s%s%s%s%s", near->length ? ", " : "", row->id, *name ? " (" : "", name,
                     *name ? ")" : "");
}

fore_status fore_roster_find_rep(fore_context *c, const char *text, int64_t *pk, fore_error *err)
{
    fore_cursor *cursor = NULL;
    fore_text near = {0};
    fore_rep_row row;
    bool more = true;
    int equal = 0;
    fore_status status = FORE_OK;
    FORE_TRY(fore_store_find(c->store, FORE_REP, text, pk, err));
    if (*pk) return FORE_OK;
    FORE_GO(fore_cursor_open(c->store, FORE_TABLE_REP, true, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        compare_rep(&row, text, pk, &equal, &near);
    }
    FORE_GO(fore_text_check(&near, err));
    if (equal == 1) goto done;
    if (equal > 1)
        status = fore_fail(err, FORE_E_NOT_FOUND, "'%s' is several reps: %.400s; take an id", text,
                           fore_text_string(&near));
    else if (near.length > 0)
        status = fore_fail(err, FORE_E_NOT_FOUND, "there is no rep '%s'; near are %.400s", text,
                           fore_text_string(&near));
    else
        status = fore_fail(err, FORE_E_NOT_FOUND, "there is no rep with the id or name '%s'", text);
done:
    fore_cursor_close(cursor);
    fore_text_free(&near);
    return status;
}
