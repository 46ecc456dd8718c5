/* The model file of `foresell table train`: packed JSON with the encoding and the scorer. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/jobs/table.h"

static const char FORMAT[] = "foresell-table";
enum { VERSION = 1 };
static const int64_t MODEL_LIMIT = INT64_C(1) << 30;

void fore_flat_model_free(fore_flat_model *m)
{
    fore_encoding_free(m->encoding);
    fore_scorer_free(m->scorer);
}

fore_status fore_flat_model_save(const fore_flat_model *m, const char *path, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text text = {0}, scorer = {0}, packed = {0};
    fore_json_writer json = fore_json_to(&text);
    FORE_GO(fore_scorer_save(m->scorer, &scorer, err));
    fore_json_object(&json, NULL);
    fore_json_string(&json, "format", FORMAT);
    fore_json_integer(&json, "version", VERSION);
    fore_json_string(&json, "target", m->target);
    fore_json_string(&json, "id", m->id);
    fore_json_string(&json, "positive", m->positive);
    if (m->step > 0) {
        fore_json_integer(&json, "step", m->step);
        fore_json_number(&json, "pivot", m->pivot);
    }
    fore_encoding_write(m->encoding, &json, "encoding");
    fore_json_string_n(&json, "scorer", scorer.bytes, scorer.length);
    fore_json_end_object(&json);
    FORE_GO(fore_text_check(&text, err));
    FORE_GO(fore_pack(text.bytes, text.length, &packed, err));
    FORE_GO(fore_file_replace(path, packed.bytes, packed.length, err));
done:
    fore_text_free(&text);
    fore_text_free(&scorer);
    fore_text_free(&packed);
    return status;
}

static fore_status model_parse(const fore_json_node *root, fore_flat_model *m, fore_error *err)
{
    const char *format = fore_json_get_string(root, "format");
    const char *scorer = fore_json_get_string(root, "scorer");
    const char *id = fore_json_get_string(root, "id"),
               *target = fore_json_get_string(root, "target");
    int64_t version = 0;
    if (!format || strcmp(format, FORMAT) != 0)
        return fore_fail(err, FORE_E_MODEL, "this is not a model of `foresell table train`");
    if (!fore_json_get_integer(root, "version", &version) || version != VERSION)
        return fore_fail(err, FORE_E_MODEL,
                         version > VERSION
                             ? "the model was written by a newer foresell; use that one, or train it again"
                             : "the model was written by another version; train it again");
    if (!scorer || !id || !target || !fore_json_get(root, "encoding"))
        return fore_fail(err, FORE_E_MODEL, "parts of the model are missing; train it again");
    snprintf(m->id, sizeof m->id, "%s", id);
    snprintf(m->target, sizeof m->target, "%s", target);
    const char *positive = fore_json_get_string(root, "positive"); /* models of before: none */
    snprintf(m->positive, sizeof m->positive, "%s", positive ? positive : "");
    bool follows = fore_json_get(root, "step") != NULL; /* else: of before, or without times */
    if (follows && !(fore_json_get_integer(root, "step", &m->step) && m->step > 0 &&
                     fore_json_get_number(root, "pivot", &m->pivot) && fabs(m->pivot) < 100))
        return fore_fail(err, FORE_E_MODEL, "the level that it follows is damaged; train it again");
    FORE_TRY(fore_encoding_load(fore_json_get(root, "encoding"), &m->encoding, err));
    FORE_TRY(fore_scorer_load(scorer, (int64_t)strlen(scorer), &m->scorer, err));
    if (fore_scorer_columns(m->scorer) != fore_encoding_count(m->encoding))
        return fore_fail(err, FORE_E_MODEL, "the parts of the model do not fit each other");
    return FORE_OK;
}

fore_status fore_flat_model_load(const char *path, fore_flat_model *m, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text packed = {0}, text = {0};
    fore_json *document = NULL;
    *m = (fore_flat_model){0};
    FORE_GO(fore_file_read(path, MODEL_LIMIT, &packed, err));
    FORE_GO(fore_unpack(packed.bytes, packed.length, MODEL_LIMIT, &text, err));
    FORE_GO(fore_json_parse(text.bytes, text.length, &document, err));
    FORE_GO(model_parse(fore_json_root(document), m, err));
done:
    if (status != FORE_OK) {
        bool content = status == FORE_E_FORMAT || status == FORE_E_MODEL || status == FORE_E_DATA;
        if (content)
            fore_error_prefix(
                err, status, "%s is no sound model; make it again with foresell table train", path);
        if (err) snprintf(err->file, sizeof err->file, "%s", path);
        fore_flat_model_free(m);
    }
    fore_text_free(&packed);
    fore_text_free(&text);
    fore_json_free(document);
    return status;
}
