/* "Which models are there, how good were they, which one answers" and "let that one answer again".
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/jobs.h"

static const fore_column columns[] = {
    {"model", "model", FORE_CELL_TEXT, 0},
    {"purpose", NULL, FORE_CELL_TEXT, 0}, /* the model's name says it */
    {"learner", "learner", FORE_CELL_TEXT, 1},
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"log_loss", "loss", FORE_CELL_RATIO, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"calibration_error", "calib.", FORE_CELL_RATIO, 0},
    {"state", "state", FORE_CELL_TEXT, 0},
    {"note", "note", FORE_CELL_TEXT, -1},
};

typedef struct listing {
    fore_answer *answer;
    fore_json_writer *json;
    int64_t grid;
} listing;

static double metric(const fore_json *metrics, const char *name)
{
    double value = NAN;
    fore_json_get_number(fore_json_root(metrics), name, &value);
    return value;
}

static fore_status list_model(void *context, const fore_model_row *row, fore_error *err)
{
    listing *l = context;
    fore_json *metrics = NULL;
    FORE_TRY(fore_json_parse(row->metrics, (int64_t)strlen(row->metrics), &metrics, err));
    char date[32];
    fore_date_format(fore_date_of(row->as_of), date);
    const char *state = row->answering ? "answers" : row->state;
    fore_answer_row(l->answer, l->grid);
    fore_answer_text(l->answer, l->grid, row->id);
    fore_answer_text(l->answer, l->grid, row->purpose);
    fore_answer_text(l->answer, l->grid, row->learner);
    fore_answer_text(l->answer, l->grid, date);
    fore_answer_number(l->answer, l->grid, metric(metrics, "log_loss"));
    fore_answer_number(l->answer, l->grid, metric(metrics, "auc"));
    fore_answer_number(l->answer, l->grid, metric(metrics, "calibration_error"));
    fore_answer_text(l->answer, l->grid, state);
    fore_answer_text(l->answer, l->grid, row->note);
    fore_json_object(l->json, NULL);
    fore_json_string(l->json, "id", row->id);
    fore_json_string(l->json, "purpose", row->purpose);
    fore_json_string(l->json, "learner", row->learner);
    fore_json_time(l->json, "as_of", row->as_of);
    fore_json_time(l->json, "created_at", row->created_at);
    fore_json_integer(l->json, "seed", row->seed);
    fore_json_string(l->json, "history", row->fingerprint);
    fore_json_string(l->json, "state", row->state);
    fore_json_bool(l->json, "answering", row->answering);
    fore_json_string(l->json, "note", row->note);
    fore_json_raw(l->json, "quality", row->metrics);
    fore_json_end_object(l->json);
    fore_json_free(metrics);
    return FORE_OK;
}

fore_status fore_job_models(fore_context *c, fore_answer *a, fore_error *err)
{
    fore_json_writer json = fore_json_to(&a->json);
    listing l = {a, &json, fore_answer_grid(a, "models", NULL, columns, 9)};
    fore_json_object(&json, NULL);
    fore_json_array(&json, "models");
    FORE_TRY(fore_store_models(c->store, list_model, &l, err));
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    if (!a->failed && a->grids[l.grid].row_count == 0)
        fore_answer_note(a, "There is no model yet. Train one: foresell train");
    return FORE_OK;
}

typedef struct found_model {
    int64_t pk;
    char purpose[64], id[128];
} found_model;

static fore_status remember(void *context, const fore_model_row *row, fore_error *err)
{
    (void)err;
    found_model *found = context;
    found->pk = row->pk;
    snprintf(found->purpose, sizeof found->purpose, "%s", row->purpose);
    snprintf(found->id, sizeof found->id, "%s", row->id);
    return FORE_OK;
}

fore_status fore_job_rollback(fore_context *c, const char *id, int64_t now, fore_answer *a,
                              fore_error *err)
{
    found_model wanted = {0};
    fore_status status = fore_store_model(c->store, NULL, id, remember, &wanted, err);
    if (status == FORE_E_NOT_FOUND)
        return fore_fail(err, FORE_E_NOT_FOUND, "there is no model '%s'; see: foresell models", id);
    FORE_TRY(status);
    FORE_TRY(fore_store_begin(c->store, err));
    status = fore_store_publish(c->store, wanted.purpose, wanted.pk, now, "rollback", err);
    if (status == FORE_OK) status = fore_store_commit(c->store, err);
    if (status != FORE_OK) {
        fore_store_rollback(c->store);
        return status;
    }
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_string(&json, "purpose", wanted.purpose);
    fore_json_string(&json, "answering", wanted.id);
    fore_json_end_object(&json);
    fore_answer_note(a, "%s answers for %ss from now on.", wanted.id, wanted.purpose);
    return FORE_OK;
}
