/* "Why this chance, and what moved since last time?"
 *
 * The move since the kept score, on the log-odds of the chances that were shown, from four
 * scorings:
 *
 *   a  kept: the old model at the old moment
 *   b  the old model at the new moment, of a history in which nothing has happened since the old
 * one c  the old model at the new moment, with what has happened d  the model that answers now
 *   passing time = b - a', new facts = (c - b) + (a' - a), new model = d - c
 *
 * where a' is the old model at the old moment over today's history: it differs from a only by what
 * came in late about the time before. The three add up to d - a to rounding. A closed one keeps its
 * last score, whatever is edited, merged or trained since. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/feedback.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/kept_score.h"
#include "engine/jobs/roster.h"
#include "engine/jobs/supposed.h"

enum { REASONS_SHOWN = 5, MOVES_SHOWN = 5 };
static const double MOVE_MIN = 0.02;    /* log-odds: smaller moves are not worth a line */
static const double UNCHANGED = 0.0005; /* of a chance: the decimal shown stays the same */

/* What all explanations of one answer share. */
typedef struct explainer {
    fore_context *c;
    const fore_roster *r;
    fore_answer *a;
    fore_json_writer *json;
    int64_t since;                  /* of what follows; FORE_NO_TIME = not made yet */
    fore_supposed still;            /* the history in which nothing has happened since */
    fore_attributes *attributes[2]; /* as of then */
    fore_remarks remarks;
} explainer;

static void forget_since(explainer *x)
{
    fore_supposed_free(&x->still);
    for (int k = 0; k < 2; k++) {
        fore_attributes_free(x->attributes[k]);
        x->attributes[k] = NULL;
    }
    x->since = FORE_NO_TIME;
}

static fore_status suppose_since(explainer *x, fore_subject_kind kind, int64_t since,
                                 fore_error *err)
{
    if (x->since != since) {
        forget_since(x);
        FORE_TRY(fore_suppose_nothing_since(x->r->timeline, since, x->r->as_of, x->c->pool,
                                            &x->still, err));
        x->since = since;
    }
    if (x->attributes[kind]) return FORE_OK;
    return fore_attributes_read(x->c->store, &x->still.timeline, kind, since, NULL, 0,
                                &x->attributes[kind], err);
}

/* --- what moved --- */

static double log_odds(double p) { return log(p) - log1p(-p); }

typedef struct split {
    double time, facts, late, model, all;
} split;

/* Chances at a', b and c by the old model. */
static fore_status find_split(explainer *x, const fore_kept_score *kept, const fore_roster_row *row,
                              split *out, fore_error *err)
{
    fore_subject_kind kind = fore_subject_kind_of(x->r->timeline, row->subject);
    const fore_scoring *s = kept->scoring;
    fore_extract_row then = {row->subject, kept->as_of}, now = {row->subject, x->r->as_of};
    double again, aged, known;
    FORE_TRY(fore_scoring_predict(s, x->r->extractor, x->c->pool, x->attributes[kind], &then, 1,
                                  &again, NULL, NULL, err));
    FORE_TRY(fore_scoring_predict(s, x->still.extractor, x->c->pool, x->attributes[kind], &now, 1,
                                  &aged, NULL, NULL, err));
    FORE_TRY(fore_scoring_predict(s, x->r->extractor, x->c->pool, x->r->attributes[kind], &now, 1,
                                  &known, NULL, NULL, err));
    out->late = log_odds(again) - log_odds(kept->probability);
    out->time = log_odds(aged) - log_odds(again);
    out->facts = log_odds(known) - log_odds(aged) + out->late;
    out->model = log_odds(row->probability) - log_odds(known);
    out->all = log_odds(row->probability) - log_odds(kept->probability);
    return FORE_OK;
}

/* Values and contributions by the old model; as of now, of either history. */
static fore_status parts_by(explainer *x, const fore_kept_score *kept, int64_t subject, bool still,
                            double *raw, double *parts, fore_error *err)
{
    fore_subject_kind kind = fore_subject_kind_of(x->r->timeline, subject);
    const fore_scoring *s = kept->scoring;
    fore_extract_row row = {subject, x->r->as_of};
    double base, *scratch = FORE_NEW(fore_scorer_scratch(s->scorer) + 1, double);
    if (!scratch) return fore_no_memory(err);
    fore_status status =
        fore_scoring_matrix(s, still ? x->still.extractor : x->r->extractor, x->c->pool,
                            still ? x->attributes[kind] : x->r->attributes[kind], &row, 1,
                            FORE_ENCODE_SCORING | FORE_ENCODE_TOLERATE, raw, err);
    if (status == FORE_OK) status = fore_scorer_parts(s->scorer, raw, scratch, parts, &base, err);
    fore_free(scratch);
    return status;
}

typedef struct move {
    int64_t column;
    double then, now, time; /* time: of the move */
} move;

/* The columns whose contribution moved most, strongest first. */
static int64_t find_moves(const fore_kept_score *kept, const double *aged, const double *now,
                          move *out)
{
    int64_t count = 0;
    for (int64_t j = 0; j < kept->scoring->columns; j++) {
        move m = {j, kept->parts[j], now[j], aged[j] - kept->parts[j]};
        double size = fabs(m.now - m.then);
        if (size < MOVE_MIN) continue;
        int64_t at = count < MOVES_SHOWN ? count++ : MOVES_SHOWN;
        if (at == MOVES_SHOWN && fabs(out[at - 1].now - out[at - 1].then) >= size) continue;
        if (at == MOVES_SHOWN) at--;
        for (; at > 0 && fabs(out[at - 1].now - out[at - 1].then) < size; at--)
            out[at] = out[at - 1];
        out[at] = m;
    }
    return count;
}

static void say_move(explainer *x, const fore_scoring *s, const move *m, const double *raw)
{
    fore_text words = {0};
    fore_reason reason = {m->column, m->now, raw[m->column], NAN};
    fore_reason_say(s, &reason, &words);
    double facts = m->now - m->then - m->time;
    const char *why = fabs(facts) < MOVE_MIN / 2     ? "passing time"
                      : fabs(m->time) < MOVE_MIN / 2 ? "new facts"
                                                     : "new facts and passing time";
    fore_answer_note(x->a, "  %s (%+.2f, %s)", fore_text_string(&words), m->now - m->then, why);
    fore_json_object(x->json, NULL);
    fore_json_string(x->json, "feature", fore_scoring_column_name(s, m->column));
    fore_json_string(x->json, "text", fore_text_string(&words));
    fore_json_number(x->json, "then", m->then);
    fore_json_number(x->json, "now", m->now);
    fore_json_number(x->json, "time", m->time);
    fore_json_number(x->json, "facts", facts);
    fore_json_end_object(x->json);
    x->a->failed |= words.failed;
    fore_text_free(&words);
}

static fore_status say_moves(explainer *x, const fore_kept_score *kept, int64_t subject,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t p = kept->scoring->columns;
    double *raw = FORE_NEW(3 * p + 1, double), *now = raw + p, *aged = raw + 2 * p;
    move moved[MOVES_SHOWN];
    if (!raw) return fore_no_memory(err);
    FORE_GO(parts_by(x, kept, subject, true, raw, aged, err));
    FORE_GO(parts_by(x, kept, subject, false, raw, now, err));
    int64_t n = find_moves(kept, aged, now, moved);
    for (int64_t i = 0; i < n; i++) say_move(x, kept->scoring, &moved[i], raw);
done:
    fore_free(raw);
    return status;
}

static void say_split(explainer *x, const fore_kept_score *kept, const split *d)
{
    fore_json_object(x->json, "split");
    fore_json_number(x->json, "facts", d->facts);
    fore_json_number(x->json, "late_facts", d->late);
    fore_json_number(x->json, "time", d->time);
    fore_json_number(x->json, "model", d->model);
    fore_json_number(x->json, "all", d->all);
    fore_json_end_object(x->json);
    fore_json_bool(x->json, "recomputed", fore_kept_is_same(kept, x->c->pool));
    fore_answer_note(x->a,
                     "  On the log-odds scale %+.3f = new facts %+.3f, passing time %+.3f, another "
                     "model %+.3f.",
                     d->all, d->facts, d->time, d->model);
    if (fabs(d->late) >= MOVE_MIN)
        fore_answer_note(
            x->a, "  Of the facts, %+.3f came in late: they are older than that score.", d->late);
}

static fore_status say_since(explainer *x, const fore_roster_row *row, const fore_kept_score *kept,
                             fore_error *err)
{
    char date[32], was[24], is[24];
    split d;
    fore_chance_say(kept->probability, was);
    fore_chance_say(row->probability, is);
    fore_date_format(fore_date_of(kept->as_of), date);
    if (fabs(row->probability - kept->probability) < UNCHANGED)
        fore_answer_note(x->a, "Since %s: unchanged at %s.", date, is);
    else
        fore_answer_note(x->a, "Since %s: from %s to %s.", date, was, is);
    fore_json_object(x->json, "since");
    fore_json_time(x->json, "as_of", kept->as_of);
    fore_json_number(x->json, "probability", kept->probability);
    fore_json_string(x->json, "model", kept->model_id);
    if (kept->scoring) {
        fore_subject_kind kind = fore_subject_kind_of(x->r->timeline, row->subject);
        FORE_TRY(suppose_since(x, kind, kept->as_of, err));
        FORE_TRY(find_split(x, kept, row, &d, err));
        say_split(x, kept, &d);
    } else {
        fore_json_null(x->json, "split");
        fore_answer_note(x->a,
                         "  Model %s, which said so, cannot be used any more: the move cannot "
                         "be split.",
                         kept->model_id);
    }
    fore_json_array(x->json, "moves");
    if (kept->scoring) FORE_TRY(say_moves(x, kept, row->subject, err));
    fore_json_end_array(x->json);
    fore_json_end_object(x->json);
    return FORE_OK;
}

/* --- reasons --- */

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

/* The base, the reasons and all other facts are log-odds before calibration; with what calibration
 * adds they make those of the chance. */
static void say_reasons(const fore_scoring *s, const headline *h, const double *raw,
                        const double *parts, double base, fore_answer *a, int64_t g,
                        fore_json_writer *json)
{
    double other = 0, p = h->probability;
    int64_t said = 0;
    for (int64_t j = 0; j < s->columns; j++) other += parts[j];
    double calibration = log(p / (1 - p)) - (base + other);
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
    fore_json_number(json, "calibration", calibration);
    show_reason(a, g, h, "calibration", NAN, calibration,
                "set right by how such chances came true");
    if (said == 0) fore_answer_note(a, "No single fact moves it: it sits near the base rate.");
}

/* --- what people said of it --- */

static void say_remarks(explainer *x, int64_t subject)
{
    const fore_remarks *r = &x->remarks;
    fore_json_array(x->json, "feedback");
    for (int64_t i = 0; i < r->count; i++) {
        const fore_remark *m = &r->remark[i];
        char said[32];
        if (m->subject != subject) continue;
        fore_date_format(fore_date_of(m->at), said);
        fore_json_object(x->json, NULL);
        fore_json_string(x->json, "because", m->because);
        fore_json_time(x->json, "said_at", m->at);
        fore_json_time(x->json, "until", m->until);
        fore_json_bool(x->json, "stands", !m->over);
        fore_json_string(x->json, "over", m->over);
        fore_json_end_object(x->json);
        fore_answer_note(x->a, "Said on %s: not on the list, because %s%s%s%s.", said, m->because,
                         m->over ? " (" : "", m->over ? m->over : "", m->over ? ")" : "");
    }
    fore_json_end_array(x->json);
}

/* --- one that is closed --- */

static fore_status explain_closed(explainer *x, int64_t subject, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_kept_score kept;
    const fore_timeline *t = x->r->timeline;
    fore_subject_kind kind = fore_subject_kind_of(t, subject);
    const char *id = fore_word(&t->ids, subject);
    char title[384], date[32], chance[24], lo[24], hi[24];
    FORE_TRY(fore_kept_read(x->c, kind, t->pk[subject], x->r->as_of, &kept, err));
    if (!kept.found) {
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "%s '%s' is not open at that moment, and no score of it was kept while "
                           "it was open; `foresell score` keeps those of all that are open",
                           fore_purpose(kind), id);
        goto done;
    }
    fore_date_format(fore_date_of(kept.as_of), date);
    fore_chance_say(kept.probability, chance);
    fore_chance_say(kept.lo, lo);
    fore_chance_say(kept.hi, hi);
    snprintf(title, sizeof title, "%s %s is not open; last score %s (%s to %s)",
             kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal", id, chance, lo, hi);
    int64_t g = fore_answer_grid(x->a, "reasons", title, reason_columns, REASON_COLUMNS);
    headline h = {id, kept.probability, kept.lo, kept.hi};
    fore_json_object(x->json, NULL);
    fore_json_string(x->json, "id", id);
    fore_json_string(x->json, "kind", fore_purpose(kind));
    fore_json_bool(x->json, "open", false);
    fore_json_number(x->json, "probability", kept.probability);
    fore_json_number(x->json, "lo", kept.lo);
    fore_json_number(x->json, "hi", kept.hi);
    fore_json_time(x->json, "scored_as_of", kept.as_of);
    fore_json_string(x->json, "model", kept.model_id);
    if (kept.scoring)
        say_reasons(kept.scoring, &h, kept.raw, kept.parts, kept.base, x->a, g, x->json);
    else
        show_reason(x->a, g, &h, NULL, NAN, NAN,
                    "the model that made this score cannot be used any more: no reasons");
    fore_json_end_object(x->json);
    fore_answer_note(x->a, "%s was last scored as of %s by model %s.", id, date, kept.model_id);
done:
    fore_kept_free(&kept);
    return status;
}

/* --- one that is open --- */

static fore_status explain_one(explainer *x, const fore_roster_row *row, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_kept_score kept = {0};
    const fore_timeline *t = x->r->timeline;
    fore_subject_kind kind = fore_subject_kind_of(t, row->subject);
    const fore_scoring *s = x->r->scoring[kind];
    const char *id = fore_word(&t->ids, row->subject);
    char title[256], chance[24], lo[24], hi[24];
    fore_chance_say(row->probability, chance);
    fore_chance_say(row->lo, lo);
    fore_chance_say(row->hi, hi);
    snprintf(title, sizeof title, "%s %s: %s (%s to %s), grade %c; base rate %.1f %%",
             kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal", id, chance, lo, hi, row->grade,
             100 * s->base_rate);
    int64_t g = fore_answer_grid(x->a, "reasons", title, reason_columns, REASON_COLUMNS);
    headline h = {id, row->probability, row->lo, row->hi};
    double *raw = FORE_NEW(2 * s->columns + 1, double), base;
    if (!raw) return fore_no_memory(err);
    FORE_GO(fore_roster_parts(x->c, x->r, row, raw, raw + s->columns, &base, err));
    fore_json_object(x->json, NULL);
    fore_roster_score_json(x->r, row, x->json);
    say_reasons(s, &h, raw, raw + s->columns, base, x->a, g, x->json);
    FORE_GO(fore_kept_read(x->c, kind, t->pk[row->subject], x->r->as_of - 1, &kept, err));
    if (kept.found)
        FORE_GO(say_since(x, row, &kept, err));
    else {
        FORE_GO(fore_kept_read(x->c, kind, t->pk[row->subject], x->r->as_of, &kept, err));
        fore_answer_note(x->a,
                         kept.found ? "There is no score of %s from an earlier moment yet."
                                    : "No score of %s is kept; `foresell score` keeps them.",
                         id);
    }
    say_remarks(x, row->subject);
    fore_json_end_object(x->json);
done:
    fore_free(raw);
    fore_kept_free(&kept);
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
    explainer x = {.c = c, .r = &r, .a = a, .json = &json, .since = FORE_NO_TIME};
    FORE_TRY(fore_context_moment(c, &q->moment, a, &moment, err));
    FORE_TRY(fore_roster_open(c, moment.as_of, &r, err));
    FORE_GO(fore_remarks_read(c, r.timeline, moment.as_of, &x.remarks, err));
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_roster_models_json(&r, &json);
    fore_json_array(&json, "explanations");
    for (int64_t i = 0; i < q->id_count; i++) {
        int64_t closed = find_closed(&r, q->ids[i]);
        if (closed >= 0) {
            FORE_GO(explain_closed(&x, closed, err));
            continue;
        }
        FORE_GO(fore_roster_add(c, &r, q->ids[i], err));
        FORE_GO(explain_one(&x, &r.row[r.count - 1], err));
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    fore_roster_note_idle(&r, a, "");
done:
    forget_since(&x);
    fore_remarks_free(&x.remarks);
    fore_roster_free(&r);
    return status;
}
