/* An encoding as JSON, and back. Only what cannot be derived is written: names, units and words of
 * the raw columns follow from the fields.
 *
 *   {"format":1, "relative":bool,
 * "fields":[{"name","type","email","value","words","free_mail","other", "missing","indicators":n,
 * "levels":[text], "rate":{"base","strength","units":[n],"won":[n]}}]}   */
#include <math.h>
#include <string.h>

#include "features/encoding_fields.h"

enum { FORMAT = 1 };

static void write_counts(fore_json_writer *w, const char *key, const int32_t *values, int64_t n)
{
    fore_json_array(w, key);
    for (int64_t k = 0; k < n; k++) fore_json_integer(w, NULL, values[k]);
    fore_json_end_array(w);
}

static void write_field(const fore_field *field, fore_json_writer *w)
{
    int64_t levels = field->rated ? fore_dictionary_count(field->levels) : field->indicators;
    fore_json_object(w, NULL);
    fore_json_string(w, "name", field->name);
    fore_json_string(w, "type", fore_column_type_word(field->type));
    fore_json_bool(w, "email", field->email);
    fore_json_bool(w, "value", field->value);
    fore_json_bool(w, "words", field->words);
    fore_json_bool(w, "free_mail", field->free_mail);
    fore_json_bool(w, "other", field->other);
    fore_json_bool(w, "missing", field->missing);
    fore_json_integer(w, "indicators", field->indicators);
    fore_json_array(w, "levels");
    for (int64_t k = 0; k < levels; k++)
        fore_json_string(w, NULL, fore_dictionary_text(field->levels, k));
    fore_json_end_array(w);
    if (field->rated) {
        fore_json_object(w, "rate");
        fore_json_number(w, "base", field->rate.base);
        fore_json_number(w, "strength", field->rate.strength);
        write_counts(w, "units", field->rate.units, levels);
        write_counts(w, "won", field->rate.won, levels);
        fore_json_end_object(w);
    }
    fore_json_end_object(w);
}

void fore_encoding_write(const fore_encoding *encoding, fore_json_writer *writer, const char *key)
{
    fore_json_object(writer, key);
    fore_json_integer(writer, "format", FORMAT);
    fore_json_bool(writer, "relative", encoding->relative);
    fore_json_array(writer, "fields");
    for (int64_t f = 0; f < encoding->fields; f++) write_field(&encoding->field[f], writer);
    fore_json_end_array(writer);
    fore_json_end_object(writer);
}

/* --- loading --- */

static fore_status unsound(fore_error *err, int64_t field, const char *what)
{
    return fore_fail(err, FORE_E_MODEL,
                     "the encoding in the model is damaged: field %lld %s; train the model again",
                     (long long)field + 1, what);
}

static fore_status load_levels(const fore_json_node *levels, int64_t at, fore_field *field,
                               fore_error *err)
{
    int64_t n = fore_json_length(levels);
    if (n == 0) return FORE_OK;
    field->levels = fore_dictionary_new();
    if (!field->levels) return fore_no_memory(err);
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_json_as_string(fore_json_at(levels, k));
        if (!text) return unsound(err, at, "has a level that is no text");
        int64_t index = fore_dictionary_add(field->levels, text, (int64_t)strlen(text));
        if (index < 0) return fore_no_memory(err);
        if (index != k) return unsound(err, at, "names a level twice");
    }
    return FORE_OK;
}

static bool whole(double x) { return x >= 0 && x <= INT32_MAX && x == floor(x); }

static fore_status load_counts(const fore_json_node *rate, int64_t at, int64_t n, fore_field *field,
                               fore_error *err)
{
    const fore_json_node *units = fore_json_get(rate, "units"), *won = fore_json_get(rate, "won");
    field->rate.units = FORE_NEW(n, int32_t);
    field->rate.won = FORE_NEW(n, int32_t);
    if (!field->rate.units || !field->rate.won) return fore_no_memory(err);
    if (fore_json_length(units) != n || fore_json_length(won) != n)
        return unsound(err, at, "has not one count for each level");
    for (int64_t k = 0; k < n; k++) {
        double u, w;
        if (!fore_json_as_number(fore_json_at(units, k), &u) ||
            !fore_json_as_number(fore_json_at(won, k), &w) || !whole(u) || !whole(w) || w > u)
            return unsound(err, at, "has counts that cannot be");
        field->rate.units[k] = (int32_t)u;
        field->rate.won[k] = (int32_t)w;
    }
    return FORE_OK;
}

static fore_status load_rate(const fore_json_node *rate, int64_t at, fore_field *field,
                             fore_error *err)
{
    if (!rate) return FORE_OK;
    double base, strength;
    if (!fore_json_get_number(rate, "base", &base) ||
        !fore_json_get_number(rate, "strength", &strength) ||
        !(base > 0 && base < 1 && strength > 0) || !field->levels)
        return unsound(err, at, "has a past rate without a sound prior");
    field->rated = true;
    field->rate.base = base;
    field->rate.strength = strength;
    return load_counts(rate, at, fore_dictionary_count(field->levels), field, err);
}

/* What a field of each type may hold. */
static bool is_coherent(const fore_field *field)
{
    int64_t levels = field->levels ? fore_dictionary_count(field->levels) : 0;
    bool category = field->type == FORE_COLUMN_CATEGORY || field->email;
    bool text = field->type == FORE_COLUMN_TEXT;
    if (field->type == FORE_COLUMN_EMPTY || fore_field_columns(field) == 0) return false;
    if (field->indicators < 0 || field->indicators > levels) return false;
    if (field->email && !text) return false;
    if (!category && (levels || field->other || field->rated)) return false;
    if (category && (field->value || field->words)) return false;
    return (!field->words || text) && (!field->free_mail || field->email);
}

static fore_status load_field(const fore_json_node *node, int64_t at, fore_encoding *e,
                              fore_error *err)
{
    fore_field *field = &e->field[at];
    const char *name = fore_json_get_string(node, "name"),
               *type = fore_json_get_string(node, "type");
    if (!name) return unsound(err, at, "has no name");
    field->name = fore_arena_string(e->arena, name);
    if (!field->name) return fore_no_memory(err);
    if (!type || !fore_column_type_parse(type, &field->type))
        return unsound(err, at, "has no known type");
    if (!fore_json_get_bool(node, "email", &field->email) ||
        !fore_json_get_bool(node, "value", &field->value) ||
        !fore_json_get_bool(node, "words", &field->words) ||
        !fore_json_get_bool(node, "free_mail", &field->free_mail) ||
        !fore_json_get_bool(node, "other", &field->other) ||
        !fore_json_get_bool(node, "missing", &field->missing) ||
        !fore_json_get_integer(node, "indicators", &field->indicators))
        return unsound(err, at, "does not say what it gives");
    FORE_TRY(load_levels(fore_json_get(node, "levels"), at, field, err));
    FORE_TRY(load_rate(fore_json_get(node, "rate"), at, field, err));
    return is_coherent(field) ? FORE_OK : unsound(err, at, "contradicts its type");
}

static fore_status load_all(const fore_json_node *node, fore_encoding *e, fore_error *err)
{
    int64_t format = 0;
    const fore_json_node *fields = fore_json_get(node, "fields");
    if (!fore_json_get_integer(node, "format", &format) || !fields ||
        !fore_json_get_bool(node, "relative", &e->relative))
        return fore_fail(err, FORE_E_MODEL, "the model holds no encoding; train it again");
    if (format != FORMAT)
        return fore_fail(
            err, FORE_E_MODEL,
            "the encoding has format %lld, this foresell reads %d; train the model again or "
            "use the foresell that wrote it",
            (long long)format, FORMAT);
    int64_t n = fore_json_length(fields);
    e->arena = fore_arena_new();
    e->field = FORE_ZNEW(n, fore_field);
    if (!e->arena || !e->field) return fore_no_memory(err);
    for (int64_t f = 0; f < n; f++) {
        e->fields++;
        FORE_TRY(load_field(fore_json_at(fields, f), f, e, err));
    }
    return fore_encoding_name(e, err);
}

fore_status fore_encoding_load(const fore_json_node *node, fore_encoding **encoding,
                               fore_error *err)
{
    *encoding = NULL;
    fore_encoding *e = FORE_ZNEW(1, fore_encoding);
    if (!e) return fore_no_memory(err);
    e->loaded = true;
    fore_status status = load_all(node, e, err);
    if (status == FORE_OK)
        *encoding = e;
    else
        fore_encoding_free(e);
    return status;
}
