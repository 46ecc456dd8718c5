/* Building the rows of a model, scoring in blocks, saving and loading. */
#include "engine/jobs/scoring.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/jobs/close_model.h"
#include "engine/jobs/uplift.h"

static const char FORMAT[] = "foresell-scoring";
enum { VERSION = 1, SCORE_BLOCK = 8192 };
static const int64_t BODY_LIMIT = INT64_C(1) << 30; /* a packed model never unpacks to more */

const char *fore_purpose(fore_subject_kind kind)
{
    return kind == FORE_SUBJECT_LEAD ? "lead" : "deal";
}

void fore_scoring_free(fore_scoring *s)
{
    if (!s) return;
    fore_encoding_free(s->encoding);
    fore_scorer_free(s->scorer);
    fore_close_model_free(s->close);
    fore_free(s->uplift);
    fore_free(s->feature);
    fore_free(s->cut);
    fore_free(s->use);
    fore_free(s);
}

bool fore_scoring_is_idle(const fore_scoring *s) { return s->log_loss >= s->baseline_log_loss; }

const char *fore_scoring_column_name(const fore_scoring *s, int64_t column)
{
    if (column < s->feature_count) return fore_feature_at(s->feature[column])->name;
    return fore_encoding_column(s->encoding, column - s->feature_count)->name;
}

/* --- rows --- */

static fore_status encode_rows(const fore_scoring *s, const fore_attributes *attributes,
                               const fore_extract_row *rows, int64_t n, int use, double *out,
                               fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t *frame_row = FORE_NEW(n, int64_t), *group = FORE_NEW(n, int64_t);
    double *reference = FORE_NEW(n, double);
    if (!frame_row || !group || !reference) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < n; i++) {
        frame_row[i] = rows[i].subject - attributes->first;
        group[i] = attributes->group[frame_row[i]];
        reference[i] = (double)rows[i].as_of / (double)FORE_DAY;
    }
    fore_encode_rows chosen = {.rows = frame_row, .n = n, .reference = reference, .group = group};
    status = fore_encoding_apply(s->encoding, attributes->frame, &chosen, use,
                                 out + s->feature_count * n, n, err);
done:
    fore_free(frame_row);
    fore_free(group);
    fore_free(reference);
    return status;
}

fore_status fore_scoring_matrix(const fore_scoring *s, const fore_extractor *extractor,
                                fore_pool *pool, const fore_attributes *attributes,
                                const fore_extract_row *rows, int64_t n, int use, double *out,
                                fore_error *err)
{
    if (s->feature_count > 0)
        FORE_TRY(fore_extract(extractor, pool, rows, n, s->feature, s->feature_count, out, n, err));
    if (!s->encoding || fore_encoding_count(s->encoding) == 0) return FORE_OK;
    return encode_rows(s, attributes, rows, n, use, out, err);
}

fore_status fore_scoring_predict(const fore_scoring *s, const fore_extractor *extractor,
                                 fore_pool *pool, const fore_attributes *attributes,
                                 const fore_extract_row *rows, int64_t n, double *probability,
                                 double *lo, double *hi, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t block = n < SCORE_BLOCK ? n : SCORE_BLOCK;
    double *x = FORE_NEW(block * s->columns, double);
    if (!x) return fore_no_memory(err);
    for (int64_t from = 0; from < n; from += block) {
        int64_t m = n - from < block ? n - from : block;
        FORE_GO(fore_scoring_matrix(s, extractor, pool, attributes, rows + from, m,
                                    FORE_ENCODE_SCORING | FORE_ENCODE_TOLERATE, x, err));
        fore_view view = {x, m, s->columns, m, NULL};
        FORE_GO(fore_scorer_predict(pool, s->scorer, &view, probability + from,
                                    lo ? lo + from : NULL, hi ? hi + from : NULL, NULL, err));
    }
done:
    fore_free(x);
    return status;
}

/* --- saving --- */

static void write_cuts(fore_json_writer *json, const fore_scoring *s)
{
    fore_json_array(json, "reasons");
    for (int64_t j = 0; j < s->columns; j++) {
        const fore_reason_cut *c = &s->cut[j];
        const double numbers[] = {c->cut, c->rate_high, c->rate_low, c->count_high, c->count_low};
        fore_json_numbers(json, NULL, numbers, 5);
    }
    fore_json_end_array(json);
}

fore_status fore_scoring_save(const fore_scoring *s, fore_text *packed, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text text = {0}, scorer = {0};
    fore_json_writer json = fore_json_to(&text);
    FORE_GO(fore_scorer_save(s->scorer, &scorer, err));
    fore_json_object(&json, NULL);
    fore_json_string(&json, "format", FORMAT);
    fore_json_integer(&json, "version", VERSION);
    fore_json_string(&json, "kind", fore_purpose(s->kind));
    fore_json_number(&json, "horizon_days", s->horizon_days);
    fore_json_number(&json, "base_rate", s->base_rate);
    fore_json_integer(&json, "as_of", s->as_of);
    if (s->use) fore_json_string(&json, "use", s->use);
    fore_json_array(&json, "features");
    for (int64_t f = 0; f < s->feature_count; f++)
        fore_json_string(&json, NULL, fore_feature_at(s->feature[f])->name);
    fore_json_end_array(&json);
    if (s->encoding) fore_encoding_write(s->encoding, &json, "encoding");
    fore_json_string_n(&json, "scorer", scorer.bytes, scorer.length);
    write_cuts(&json, s);
    if (s->close) fore_close_model_write(s->close, &json, "close");
    if (s->uplift) fore_uplift_write(s->uplift, &json, "uplift");
    fore_json_end_object(&json);
    FORE_GO(fore_text_check(&text, err));
    FORE_GO(fore_pack(text.bytes, text.length, packed, err));
done:
    fore_text_free(&text);
    fore_text_free(&scorer);
    return status;
}

/* --- loading --- */

static fore_status unusable(fore_error *err, const char *what)
{
    return fore_fail(err, FORE_E_MODEL,
                     "the model cannot be used: %s; train again (foresell train) or let an earlier "
                     "one answer (foresell rollback)",
                     what);
}

static fore_status read_features(fore_scoring *s, const fore_json_node *names, fore_error *err)
{
    s->feature_count = fore_json_length(names);
    if (s->feature_count > FORE_FEATURE_LIMIT) return unusable(err, "it names too many features");
    s->feature = FORE_NEW(s->feature_count, int32_t);
    if (!s->feature) return fore_no_memory(err);
    for (int64_t f = 0; f < s->feature_count; f++) {
        const char *name = fore_json_as_string(fore_json_at(names, f));
        int index = name ? fore_feature_find(name) : -1;
        if (index < 0) return unusable(err, "it uses a feature that this version does not have");
        s->feature[f] = index;
    }
    return FORE_OK;
}

static fore_status read_cuts(fore_scoring *s, const fore_json_node *cuts, fore_error *err)
{
    if (fore_json_length(cuts) != s->columns) return unusable(err, "its reasons are damaged");
    s->cut = FORE_NEW(s->columns, fore_reason_cut);
    if (!s->cut) return fore_no_memory(err);
    for (int64_t j = 0; j < s->columns; j++) {
        const fore_json_node *row = fore_json_at(cuts, j);
        double v[5];
        for (int k = 0; k < 5; k++) {
            v[k] = NAN;
            fore_json_as_number(fore_json_at(row, k), &v[k]);
        }
        s->cut[j] = (fore_reason_cut){v[0], v[1], v[2], v[3], v[4]};
    }
    return FORE_OK;
}

fore_status fore_scoring_set_use(fore_scoring *s, const char *use, fore_error *err)
{
    if (!use || !*use) return FORE_OK;
    size_t size = strlen(use) + 1;
    s->use = FORE_NEW((int64_t)size, char);
    if (!s->use) return fore_no_memory(err);
    memcpy(s->use, use, size);
    return FORE_OK;
}

/* What stands beside the chance: absent in older models. */
static fore_status read_beside(fore_scoring *s, const fore_json_node *close,
                               const fore_json_node *uplift, fore_error *err)
{
    if (close) FORE_TRY(fore_close_model_read(close, &s->close, err));
    if (!uplift) return FORE_OK;
    s->uplift = FORE_ZNEW(1, fore_uplift);
    return s->uplift ? fore_uplift_read(uplift, s->uplift, err) : fore_no_memory(err);
}

static fore_status read_body(fore_scoring *s, const fore_json_node *root, fore_error *err)
{
    const char *format = fore_json_get_string(root, "format");
    const char *kind = fore_json_get_string(root, "kind");
    const char *scorer = fore_json_get_string(root, "scorer");
    const fore_json_node *encoding = fore_json_get(root, "encoding");
    int64_t version = 0;
    if (!format || strcmp(format, FORMAT) != 0) return unusable(err, "it is not a scoring model");
    if (!fore_json_get_integer(root, "version", &version) || version != VERSION)
        return unusable(err, "it was written by another version of foresell");
    if (!kind || !scorer || !fore_json_get_number(root, "horizon_days", &s->horizon_days) ||
        !fore_json_get_number(root, "base_rate", &s->base_rate) ||
        !fore_json_get_integer(root, "as_of", &s->as_of))
        return unusable(err, "parts of it are missing");
    if (!(s->horizon_days > 0 && s->base_rate >= 0 && s->base_rate <= 1))
        return unusable(err, "its horizon or its base rate is damaged");
    s->kind = strcmp(kind, "lead") == 0 ? FORE_SUBJECT_LEAD : FORE_SUBJECT_DEAL;
    s->log_loss = s->baseline_log_loss = NAN;
    FORE_TRY(fore_scoring_set_use(s, fore_json_get_string(root, "use"), err));
    FORE_TRY(read_features(s, fore_json_get(root, "features"), err));
    if (encoding) FORE_TRY(fore_encoding_load(encoding, &s->encoding, err));
    FORE_TRY(read_beside(s, fore_json_get(root, "close"), fore_json_get(root, "uplift"), err));
    FORE_TRY(fore_scorer_load(scorer, (int64_t)strlen(scorer), &s->scorer, err));
    s->columns = s->feature_count + (s->encoding ? fore_encoding_count(s->encoding) : 0);
    if (fore_scorer_columns(s->scorer) != s->columns)
        return unusable(err, "its parts do not fit each other");
    return read_cuts(s, fore_json_get(root, "reasons"), err);
}

fore_status fore_scoring_load(const void *packed, int64_t length, fore_scoring **out,
                              fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text text = {0};
    fore_json *document = NULL;
    *out = NULL;
    fore_scoring *s = FORE_ZNEW(1, fore_scoring);
    if (!s) return fore_no_memory(err);
    FORE_GO(fore_unpack(packed, length, BODY_LIMIT, &text, err));
    FORE_GO(fore_json_parse(text.bytes, text.length, &document, err));
    FORE_GO(read_body(s, fore_json_root(document), err));
    *out = s;
    s = NULL;
done:
    if (status == FORE_E_FORMAT || status == FORE_E_LIMIT)
        status = unusable(err, "it is damaged or cut off");
    fore_scoring_free(s);
    fore_json_free(document);
    fore_text_free(&text);
    return status;
}

/* What was measured stands beside the model in the registry. */
static void read_metrics(fore_scoring *s, const char *metrics)
{
    fore_json *document = NULL;
    if (!metrics || fore_json_parse(metrics, (int64_t)strlen(metrics), &document, NULL) != FORE_OK)
        return;
    fore_json_get_number(fore_json_root(document), "log_loss", &s->log_loss);
    fore_json_get_number(fore_json_root(document), "baseline_log_loss", &s->baseline_log_loss);
    fore_json_free(document);
}

static fore_status load_row(void *context, const fore_model_row *row, fore_error *err)
{
    fore_scoring **out = context;
    fore_status status = fore_scoring_load(row->body, row->body_length, out, err);
    if (status == FORE_OK && strcmp(fore_purpose((*out)->kind), row->purpose) != 0) {
        fore_scoring_free(*out);
        *out = NULL;
        status = unusable(err, "it is for another kind of subject");
    }
    if (status == FORE_E_MODEL) return fore_error_prefix(err, status, "%s: ", row->id);
    if (status != FORE_OK) return status;
    read_metrics(*out, row->metrics);
    (*out)->model_pk = row->pk;
    (*out)->seed = (uint64_t)row->seed;
    snprintf((*out)->model_id, sizeof(*out)->model_id, "%s", row->id);
    return FORE_OK;
}

/* The newest published model of the purpose that was trained as of `as_of` or before. */
typedef struct older_model {
    const char *purpose;
    int64_t as_of, found_as_of;
    char id[96];
} older_model;

static fore_status look_at(void *context, const fore_model_row *row, fore_error *err)
{
    older_model *older = context;
    (void)err;
    bool fits = strcmp(row->purpose, older->purpose) == 0 && strcmp(row->state, "published") == 0 &&
                row->as_of <= older->as_of && row->as_of > older->found_as_of;
    if (!fits) return FORE_OK;
    older->found_as_of = row->as_of;
    snprintf(older->id, sizeof older->id, "%s", row->id);
    return FORE_OK;
}

fore_status fore_scoring_open(fore_context *c, fore_subject_kind kind, int64_t as_of,
                              fore_scoring **scoring, fore_error *err)
{
    const char *purpose = fore_purpose(kind);
    *scoring = NULL;
    FORE_TRY(fore_store_model(c->store, purpose, NULL, load_row, scoring, err));
    if (as_of == FORE_NO_TIME || (*scoring)->as_of <= as_of) return FORE_OK;
    fore_scoring_free(*scoring);
    *scoring = NULL;
    older_model older = {.purpose = purpose, .as_of = as_of, .found_as_of = INT64_MIN};
    FORE_TRY(fore_store_models(c->store, look_at, &older, err));
    if (!older.id[0])
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "the model for %ss was trained on what came after that moment; train one as "
            "of then first: foresell train --as-of DATE",
            purpose);
    return fore_store_model(c->store, purpose, older.id, load_row, scoring, err);
}

fore_status fore_scoring_named(fore_context *c, fore_subject_kind kind, const char *id,
                               fore_scoring **scoring, fore_error *err)
{
    *scoring = NULL;
    return fore_store_model(c->store, fore_purpose(kind), id, load_row, scoring, err);
}
