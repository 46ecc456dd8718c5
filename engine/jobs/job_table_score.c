/* `table score`: a flat CSV, a model file, and the chances; followed through time by the outcomes
 * that the file tells, or moved to the base rate that its scores tell. */
#include "engine/base/memory.h"
#include "engine/jobs/calibration_words.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/table.h"
#include "engine/num/special.h"

static const fore_column score_columns[] = {
    {"id", "id", FORE_CELL_TEXT, 1},
    {"probability", "probability", FORE_CELL_RATIO, 0},
};

/* Moves all chances to the base rate that the batch's scores tell, where they can tell one. */
static fore_status shift_batch(fore_context *c, const fore_scorer *scorer, const fore_view *x,
                               fore_answer *a, double *p, fore_prior_shift *shift, fore_error *err)
{
    fore_text text = {0};
    FORE_TRY(fore_scorer_shift(c->pool, scorer, x, shift, err));
    double by = shift->moved ? fore_logit(shift->share) - fore_logit(shift->from) : 0;
    for (int64_t i = 0; by != 0 && i < x->rows; i++) p[i] = fore_sigmoid(fore_logit(p[i]) + by);
    fore_shift_say(shift, &text);
    fore_text_puts(&text,
                   by != 0 ? " All chances are moved to it." : " The chances are as learned.");
    a->failed |= text.failed;
    fore_answer_note(a, "%s", fore_text_string(&text));
    fore_text_free(&text);
    return FORE_OK;
}

fore_status fore_job_table_score(fore_context *c, const foresell_table_request *r, fore_answer *a,
                                 fore_error *err)
{
    fore_status status = FORE_OK;
    fore_flat_table t = {0};
    fore_flat_model m;
    double *x = NULL, *p = NULL;
    fore_prior_shift shift = {0};
    int64_t known = 0;
    if (r->time && r->shift)
        return fore_fail(err, FORE_E_USAGE,
                         "--shift reads the base rate from scores, --time from outcomes: use one");
    FORE_TRY(fore_flat_model_load(r->model, &m, err));
    if (r->time && m.step == 0)
        FORE_GO(fore_fail(err, FORE_E_MODEL,
                          "the model was trained without --time and follows no outcomes; train it "
                          "again with --time, or score without it"));
    const char *id = r->id ? r->id : m.id[0] ? m.id : NULL;
    FORE_GO(fore_flat_read(c, r, id, r->time ? m.target : NULL, m.positive[0] ? m.positive : NULL,
                           false, &t, err));
    int64_t columns_used = fore_encoding_count(m.encoding);
    x = FORE_NEW(t.n * columns_used, double);
    p = FORE_NEW(t.n, double);
    if (!x || !p) {
        status = fore_no_memory(err);
        goto done;
    }
    fore_encode_rows all = {.n = t.n};
    FORE_GO(fore_encoding_apply(m.encoding, t.frame, &all, FORE_ENCODE_SCORING, x, t.n, err));
    fore_view view = {x, t.n, columns_used, t.n, NULL};
    FORE_GO(fore_scorer_predict(c->pool, m.scorer, &view, p, NULL, NULL, NULL, err));
    if (r->shift) FORE_GO(shift_batch(c, m.scorer, &view, a, p, &shift, err));
    if (r->time) FORE_GO(fore_flat_chances(&t, &m, p, &known, err));
    int64_t g = fore_answer_grid(a, "scores", NULL, score_columns, 2);
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_array(&json, "scores");
    for (int64_t i = 0; i < t.n; i++) {
        const char *name = t.ids.bytes + t.id_at[i];
        fore_answer_row(a, g);
        fore_answer_text(a, g, name);
        fore_answer_number(a, g, p[i]);
        fore_json_object(&json, NULL);
        fore_json_string(&json, "id", name);
        fore_json_number(&json, "probability", p[i]);
        fore_json_end_object(&json);
    }
    fore_json_end_array(&json);
    if (r->shift) fore_shift_json(&json, "shift", &shift);
    if (r->time) fore_json_integer(&json, "known_outcomes", known);
    fore_json_end_object(&json);
done:
    fore_flat_name(status, r->file, err);
    fore_flat_model_free(&m);
    fore_flat_free(&t);
    fore_free(x);
    fore_free(p);
    return status;
}
