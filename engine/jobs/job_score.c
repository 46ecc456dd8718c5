/* "What are the chances of this one?" The scores of all that are open are kept, so that a later
 * answer can tell what moved. */
#include <math.h>
#include <stdlib.h>

#include "engine/jobs/close_curves.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/kept_score.h"
#include "engine/jobs/roster.h"

/* --- keeping scores --- */

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
        FORE_GO(fore_kept_write(r->scoring[kind], raw, raw + widest, base, &parts_text, err));
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

/* The highest expected value first, what has none last by its chance; ties in the roster's order.
 */
static int by_value(const void *left, const void *right)
{
    const fore_roster_row *const *a = left, *const *b = right;
    double x = (*a)->expected_value, y = (*b)->expected_value;
    if (isnan(x) != isnan(y)) return isnan(x) ? 1 : -1;
    if (isnan(x)) {
        x = (*a)->probability;
        y = (*b)->probability;
    }
    if (x != y) return x > y ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

/* The rows that are shown; the caller's. */
static fore_status choose_rows(const fore_roster *r, int64_t top, const fore_roster_row ***row,
                               int64_t *n, fore_error *err)
{
    *n = r->count;
    *row = FORE_NEW(r->count + 1, const fore_roster_row *);
    if (!*row) return fore_no_memory(err);
    for (int64_t i = 0; i < r->count; i++) (*row)[i] = &r->row[i];
    if (top <= 0) return FORE_OK;
    qsort(*row, (size_t)*n, sizeof **row, by_value);
    if (top < *n) *n = top;
    return FORE_OK;
}

fore_status fore_job_score(fore_context *c, const foresell_score_request *q, fore_answer *a,
                           fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_roster r = {0};
    fore_close_curve *curves = NULL;
    const fore_roster_row **row = NULL;
    int64_t n;
    FORE_TRY(fore_context_moment(c, &q->moment, a, &moment, err));
    FORE_TRY(fore_roster_open(c, moment.as_of, &r, err));
    if (q->id_count == 0) {
        FORE_GO(fore_roster_add_open(c, &r, err));
        if (!q->forget) FORE_GO(keep_scores(c, &r, err));
    }
    for (int64_t i = 0; i < q->id_count; i++) FORE_GO(fore_roster_add(c, &r, q->ids[i], err));
    FORE_GO(choose_rows(&r, q->top, &row, &n, err));
    FORE_GO(fore_close_curves_new(c, &r, row, n, &curves, err));
    int64_t g = fore_answer_grid(a, "scores", NULL, score_columns, 9);
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", r.as_of);
    fore_roster_models_json(&r, &json);
    fore_json_array(&json, "scores");
    for (int64_t i = 0; i < n; i++) {
        show_score(&r, row[i], a, g);
        fore_json_object(&json, NULL);
        fore_roster_score_json(&r, row[i], &json);
        fore_close_json(&json, &curves[i], row[i]->amount);
        fore_json_end_object(&json);
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    if (q->id_count == 0)
        fore_answer_note(a, "%lld open leads and deals are scored; the scores are %s.",
                         (long long)r.count, q->forget ? "not kept" : "kept");
    if (n < r.count)
        fore_answer_note(a, "The %lld of the highest expected value are shown (--top N; 0 = all).",
                         (long long)n);
    fore_roster_note_idle(&r, a, "");
done:
    fore_free(row);
    fore_free(curves);
    fore_roster_free(&r);
    return status;
}
