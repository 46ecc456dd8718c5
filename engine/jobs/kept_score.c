/* Writing and reading kept scores. */
#include "engine/jobs/kept_score.h"

#include <math.h>
#include <stdio.h>

fore_status fore_kept_write(const fore_scoring *s, const double *raw, const double *parts,
                            double base, fore_text *out, fore_error *err)
{
    fore_json_writer json = fore_json_to(out);
    fore_json_object(&json, NULL);
    fore_json_number(&json, "base", base);
    fore_json_numbers(&json, "raw", raw, s->columns);
    fore_json_numbers(&json, "parts", parts, s->columns);
    fore_json_end_object(&json);
    return fore_text_check(out, err);
}

void fore_kept_free(fore_kept_score *kept)
{
    fore_text_free(&kept->text);
    fore_scoring_free(kept->scoring);
    fore_free(kept->raw);
    *kept = (fore_kept_score){0};
}

static fore_status remember(void *context, const fore_score_row *row, fore_error *err)
{
    fore_kept_score *kept = context;
    if (kept->found) return FORE_OK; /* newest first: the first one counts */
    kept->found = true;
    kept->probability = row->probability;
    kept->lo = row->lo;
    kept->hi = row->hi;
    kept->as_of = row->as_of;
    snprintf(kept->model_id, sizeof kept->model_id, "%s", row->model_id ? row->model_id : "");
    fore_text_puts(&kept->text, row->parts);
    return fore_text_check(&kept->text, err);
}

static double number_at(const fore_json_node *numbers, int64_t i, double absent)
{
    fore_json_as_number(fore_json_at(numbers, i), &absent);
    return absent;
}

/* By column, else (the first version) by name, columns that added nothing left out. */
static void read_columns(fore_kept_score *kept, const fore_json_node *root)
{
    const fore_scoring *s = kept->scoring;
    const fore_json_node *raw = fore_json_get(root, "raw"), *parts = fore_json_get(root, "parts");
    const fore_json_node *named = fore_json_get(root, "columns");
    kept->whole = fore_json_length(raw) == s->columns && fore_json_length(parts) == s->columns;
    for (int64_t j = 0; j < s->columns; j++) {
        const fore_json_node *pair =
            kept->whole ? NULL : fore_json_get(named, fore_scoring_column_name(s, j));
        kept->raw[j] = kept->whole ? number_at(raw, j, NAN) : number_at(pair, 0, NAN);
        kept->parts[j] = kept->whole ? number_at(parts, j, 0) : number_at(pair, 1, 0);
    }
    fore_json_get_number(root, "base", &kept->base);
}

fore_status fore_kept_read(fore_context *c, fore_subject_kind kind, int64_t pk, int64_t not_after,
                           fore_kept_score *kept, fore_error *err)
{
    fore_json *document = NULL;
    *kept = (fore_kept_score){0};
    fore_status status = fore_store_scores(c->store, kind, pk, not_after, remember, kept, err);
    if (status != FORE_OK || !kept->found) goto done;
    status = fore_scoring_named(c, kind, kept->model_id, &kept->scoring, NULL);
    if (status != FORE_OK) { /* made by a model of another version */
        kept->scoring = NULL;
        status = status == FORE_E_MEMORY ? fore_no_memory(err) : FORE_OK;
        goto done;
    }
    kept->raw = FORE_NEW(2 * kept->scoring->columns + 1, double);
    if (!kept->raw) {
        status = fore_no_memory(err);
        goto done;
    }
    kept->parts = kept->raw + kept->scoring->columns;
    FORE_GO(fore_json_parse(kept->text.bytes, kept->text.length, &document, err));
    read_columns(kept, fore_json_root(document));
done:
    fore_json_free(document);
    if (status != FORE_OK) fore_kept_free(kept);
    return status;
}

bool fore_kept_is_same(const fore_kept_score *kept, fore_pool *pool)
{
    double p = NAN;
    if (!kept->scoring || !kept->whole) return false;
    fore_view one = {kept->raw, 1, kept->scoring->columns, 1, NULL};
    return fore_scorer_predict(pool, kept->scoring->scorer, &one, &p, NULL, NULL, NULL, NULL) ==
               FORE_OK &&
           p == kept->probability;
}
