/* Applying an encoding: each field first reads the distinct texts of its column once, then fills
 * its raw columns row by row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/num/special.h"
#include "features/encoding_fields.h"

enum { LACKING_NAMED = 8 }; /* columns that an error names */

/* --- names of the raw columns --- */

int64_t fore_field_columns(const fore_field *field)
{
    return field->value + field->words + field->free_mail + field->indicators + field->other +
           field->missing + field->rated;
}

static const char *value_unit(const fore_field *field)
{
    switch (field->type) {
    case FORE_COLUMN_DATE: return "days";
    case FORE_COLUMN_YES_NO: return "yes/no";
    case FORE_COLUMN_TEXT: return "characters";
    default: return "";
    }
}

static void name_value(const fore_encoding *e, const fore_field *field, fore_raw_column *raw)
{
    raw->unit = value_unit(field);
    raw->name = raw->words = field->name;
    switch (field->type) {
    case FORE_COLUMN_DATE:
        raw->kind = FORE_RAW_DAYS;
        raw->words =
            fore_arena_format(e->arena, e->relative ? "days since %s" : "date of %s", field->name);
        break;
    case FORE_COLUMN_YES_NO: raw->kind = FORE_RAW_YES_NO; break;
    case FORE_COLUMN_TEXT:
        raw->kind = FORE_RAW_LENGTH;
        raw->name = fore_arena_format(e->arena, "%s: length", field->name);
        raw->words = fore_arena_format(e->arena, "length of %s", field->name);
        break;
    default: raw->kind = FORE_RAW_NUMBER; break;
    }
}

static const char *label_of(const fore_encoding *e, const fore_field *field)
{
    return field->email ? fore_arena_format(e->arena, "%s: domain", field->name) : field->name;
}

static void name_levels(const fore_encoding *e, const fore_field *field, fore_raw_column **next)
{
    const char *label = label_of(e, field);
    if (!label) return; /* the names stay NULL, which fore_encoding_name reports */
    for (int64_t k = 0; k < field->indicators; k++) {
        fore_raw_column *raw = (*next)++;
        raw->kind = FORE_RAW_LEVEL;
        raw->unit = "yes/no";
        raw->level = fore_arena_string(e->arena, fore_dictionary_text(field->levels, k));
        raw->name = fore_arena_format(e->arena, "%s = %s", label, raw->level ? raw->level : "");
        raw->words = fore_arena_format(e->arena, "%s is %s", label, raw->level ? raw->level : "");
    }
    if (!field->other) return;
    *(*next)++ = (fore_raw_column){.kind = FORE_RAW_OTHER,
                                   .unit = "yes/no",
                                   .name = fore_arena_format(e->arena, "%s = (other)", label),
                                   .words = fore_arena_format(e->arena, "%s is a rare one", label)};
}

static void name_field(const fore_encoding *e, const fore_field *field, fore_raw_column *next)
{
    if (field->value) name_value(e, field, next++);
    if (field->words)
        *next++ = (fore_raw_column){
            .kind = FORE_RAW_WORDS,
            .unit = "words",
            .name = fore_arena_format(e->arena, "%s: words", field->name),
            .words = fore_arena_format(e->arena, "number of words of %s", field->name)};
    if (field->free_mail)
        *next++ = (fore_raw_column){
            .kind = FORE_RAW_FREE_MAIL,
            .unit = "yes/no",
            .name = fore_arena_format(e->arena, "%s: free mail", field->name),
            .words = fore_arena_format(e->arena, "%s is at a free mail provider", field->name)};
    name_levels(e, field, &next);
    if (field->missing)
        *next++ =
            (fore_raw_column){.kind = FORE_RAW_MISSING,
                              .unit = "yes/no",
                              .name = fore_arena_format(e->arena, "%s is missing", field->name),
                              .words = fore_arena_format(e->arena, "%s is not known", field->name)};
    const char *label = field->rated ? label_of(e, field) : NULL;
    if (label)
        *next++ = (fore_raw_column){
            .kind = FORE_RAW_RATE,
            .unit = "log-odds",
            .name = fore_arena_format(e->arena, "%s: past rate", label),
            .words = fore_arena_format(e->arena, "past success rate of its %s", label)};
}

fore_status fore_encoding_name(fore_encoding *e, fore_error *err)
{
    e->columns = 0;
    for (int64_t f = 0; f < e->fields; f++) {
        e->field[f].first = e->columns;
        e->columns += fore_field_columns(&e->field[f]);
    }
    e->column = FORE_ZNEW(e->columns, fore_raw_column);
    if (!e->column) return fore_no_memory(err);
    for (int64_t f = 0; f < e->fields; f++)
        name_field(e, &e->field[f], e->column + e->field[f].first);
    for (int64_t f = 0; f < e->fields; f++) {
        for (int64_t k = 0; k < fore_field_columns(&e->field[f]); k++) {
            fore_raw_column *raw = &e->column[e->field[f].first + k];
            raw->source = e->field[f].name;
            if (!raw->name || !raw->words || (raw->kind == FORE_RAW_LEVEL && !raw->level))
                return fore_no_memory(err);
        }
    }
    return FORE_OK;
}

/* --- reading a column under the type of training --- */

typedef struct valued_level {
    double value;
    int64_t level;
} valued_level;

typedef struct reading {
    const fore_encoding *e;
    const fore_field *field;
    const fore_frame_column *c; /* NULL: all missing */
    const fore_encode_rows *rows;
    int64_t n;
    bool training;
    double *value; /* by code of c: number, length */
    double *words, *free_mail;
    int64_t *level; /* by code of c: level of the field, -1 = unseen */
    valued_level
        *by_value; /* of a category that arrives as numbers: ascending by value, then level */
    int64_t by_values;
} reading;

static void reading_free(reading *r)
{
    fore_free(r->value);
    fore_free(r->words);
    fore_free(r->free_mail);
    fore_free(r->level);
    fore_free(r->by_value);
}

static double value_of_text(fore_column_type type, const char *text)
{
    int64_t length = (int64_t)strlen(text);
    double x = NAN;
    bool yes;
    switch (type) {
    case FORE_COLUMN_NUMBER:
        if (!fore_frame_cell_number(text, length, false, &x) &&
            !fore_frame_cell_number(text, length, true, &x))
            return NAN;
        return x;
    case FORE_COLUMN_DATE:
        if (!fore_frame_cell_date(text, length, false, &x) &&
            !fore_frame_cell_date(text, length, true, &x))
            return NAN;
        return x;
    case FORE_COLUMN_YES_NO:
        return fore_frame_cell_yes_no(text, length, &yes) ? (yes ? 1 : 0) : NAN;
    default: return (double)fore_text_characters(text);
    }
}

static int64_t level_of_text(const fore_field *field, const char *text, double *free_mail)
{
    char domain[FORE_DOMAIN_SIZE];
    if (field->email) {
        fore_email_domain(text, (int64_t)strlen(text), domain, sizeof domain);
        *free_mail = fore_free_mail(domain);
        text = domain;
    }
    return field->levels ? fore_dictionary_find(field->levels, text, (int64_t)strlen(text)) : -1;
}

static fore_status read_texts(reading *r, fore_error *err)
{
    int64_t n = fore_dictionary_count(r->c->levels);
    bool category = r->field->type == FORE_COLUMN_CATEGORY || r->field->email;
    r->value = FORE_NEW(n, double);
    r->words = FORE_ZNEW(n, double);
    r->free_mail = FORE_ZNEW(n, double);
    r->level = FORE_NEW(n, int64_t);
    if (!r->value || !r->words || !r->free_mail || !r->level) return fore_no_memory(err);
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_dictionary_text(r->c->levels, k);
        r->value[k] = category ? NAN : value_of_text(r->field->type, text);
        if (r->field->words) r->words[k] = (double)fore_text_words(text);
        r->level[k] = category ? level_of_text(r->field, text, &r->free_mail[k]) : -1;
    }
    return FORE_OK;
}

static int compare_valued(const void *a, const void *b)
{
    const valued_level *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->level > y->level) - (x->level < y->level);
}

/* A category of training that arrives as a number, date or yes/no column ("1", "2" where training
 * also had "none"): its levels are matched by value. */
static fore_status read_levels_as_values(reading *r, fore_error *err)
{
    int64_t n = r->field->levels ? fore_dictionary_count(r->field->levels) : 0;
    r->by_value = FORE_NEW(n, valued_level);
    if (!r->by_value) return fore_no_memory(err);
    for (int64_t k = 0; k < n; k++) {
        double x = value_of_text(r->c->type, fore_dictionary_text(r->field->levels, k));
        if (!isnan(x)) r->by_value[r->by_values++] = (valued_level){x, k};
    }
    qsort(r->by_value, (size_t)r->by_values, sizeof *r->by_value, compare_valued);
    return FORE_OK;
}

static fore_status reading_open(reading *r, fore_error *err)
{
    if (r->c && r->c->type == FORE_COLUMN_EMPTY) r->c = NULL;
    if (!r->c) return FORE_OK;
    if (r->c->code) return read_texts(r, err);
    if (r->field->type == FORE_COLUMN_CATEGORY) return read_levels_as_values(r, err);
    return FORE_OK;
}

static int64_t frame_row(const reading *r, int64_t i)
{
    return r->rows->rows ? r->rows->rows[i] : i;
}

/* Number, date, yes/no or length of row i; NaN when missing or of another kind. */
static double row_value(const reading *r, int64_t i)
{
    if (!r->c) return NAN;
    if (r->c->code) {
        int32_t code = r->c->code[frame_row(r, i)];
        return code < 0 ? NAN : r->value[code];
    }
    double x = r->c->number[frame_row(r, i)];
    if (r->c->type == r->field->type || isnan(x)) return x;
    if (r->field->type == FORE_COLUMN_YES_NO && r->c->type == FORE_COLUMN_NUMBER)
        return x == 0 || x == 1 ? x : NAN;
    if (r->field->type != FORE_COLUMN_TEXT) return NAN;
    char text[32];
    fore_number_format(x, text);
    return (double)strlen(text);
}

enum { LEVEL_UNSEEN = -1, LEVEL_MISSING = -2 };

static int64_t row_level(const reading *r, int64_t i)
{
    if (!r->c) return LEVEL_MISSING;
    if (r->c->code) {
        int32_t code = r->c->code[frame_row(r, i)];
        return code < 0 ? LEVEL_MISSING : r->level[code];
    }
    double x = r->c->number[frame_row(r, i)];
    if (isnan(x)) return LEVEL_MISSING;
    int64_t low = 0, high = r->by_values;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (r->by_value[middle].value < x)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < r->by_values && r->by_value[low].value == x;
    return found ? r->by_value[low].level : LEVEL_UNSEEN;
}

/* --- filling --- */

static void fill_value(const reading *r, double *out)
{
    bool since = r->field->type == FORE_COLUMN_DATE && r->e->relative;
    for (int64_t i = 0; i < r->n; i++) {
        double x = row_value(r, i);
        out[i] = since ? r->rows->reference[i] - x : x;
    }
}

static void fill_by_code(const reading *r, const double *by_code, double *out)
{
    for (int64_t i = 0; i < r->n; i++) {
        int32_t code = r->c && r->c->code ? r->c->code[frame_row(r, i)] : -1;
        out[i] = code < 0 ? NAN : by_code[code];
    }
}

static void fill_levels(const reading *r, double *out, int64_t stride)
{
    int64_t columns = r->field->indicators + r->field->other;
    for (int64_t k = 0; k < columns; k++) memset(out + k * stride, 0, (size_t)r->n * sizeof *out);
    for (int64_t i = 0; i < r->n; i++) {
        int64_t level = row_level(r, i);
        if (level == LEVEL_MISSING) continue;
        bool own = level >= 0 && level < r->field->indicators;
        if (own)
            out[i + level * stride] = 1;
        else if (r->field->other)
            out[i + r->field->indicators * stride] = 1;
    }
}

static void fill_missing(const reading *r, double *out)
{
    bool category = r->field->type == FORE_COLUMN_CATEGORY || r->field->email;
    for (int64_t i = 0; i < r->n; i++)
        out[i] = category ? row_level(r, i) == LEVEL_MISSING : isnan(row_value(r, i));
}

static void fill_rate(const reading *r, double *out)
{
    const fore_field_rate *rate = &r->field->rate;
    double prior = rate->strength * rate->base;
    for (int64_t i = 0; i < r->n; i++) {
        int64_t level = row_level(r, i);
        double units = 0, won = 0;
        if (level >= 0) {
            units = rate->units[level];
            won = rate->won[level];
        }
        if (level >= 0 && r->training) {
            int64_t group = r->rows->group ? r->rows->group[i] : frame_row(r, i);
            int64_t at = level * r->e->folds + fore_encoding_fold(r->e, group);
            units -= rate->fold_units[at];
            won -= rate->fold_won[at];
        }
        out[i] = fore_logit((won + prior) / (units + rate->strength));
    }
}

static void fill_field(const reading *r, double *out, int64_t stride)
{
    const fore_field *field = r->field;
    if (field->value) fill_value(r, out), out += stride;
    if (field->words) fill_by_code(r, r->words, out), out += stride;
    if (field->free_mail) fill_by_code(r, r->free_mail, out), out += stride;
    fill_levels(r, out, stride);
    out += (field->indicators + field->other) * stride;
    if (field->missing) fill_missing(r, out), out += stride;
    if (field->rated) fill_rate(r, out);
}

static fore_status check_use(const fore_encoding *e, const fore_frame *frame,
                             const fore_encode_rows *rows, int use, fore_error *err)
{
    if ((use & ~FORE_ENCODE_TOLERATE) == FORE_ENCODE_TRAINING && e->loaded)
        return fore_fail(
            err, FORE_E_MODEL,
            "a stored encoding no longer knows its training rows; fit it again to encode them");
    if (e->relative && !rows->reference)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the encoding counts days to each row's moment; give the moments");
    for (int64_t i = 0; rows->rows && i < rows->n; i++)
        if (rows->rows[i] < 0 || rows->rows[i] >= fore_frame_rows(frame))
            return fore_fail(
                err, FORE_E_ARGUMENT,
                "row %lld is asked for, but the table has %lld rows; give rows within it",
                (long long)rows->rows[i], (long long)fore_frame_rows(frame));
    return FORE_OK;
}

/* Every column that the model needs is there, or the first few that are not are named. */
static fore_status check_columns(const fore_encoding *e, const fore_frame *frame, fore_error *err)
{
    fore_text names = {0};
    int64_t lacking = 0;
    for (int64_t f = 0; f < e->fields; f++) {
        if (fore_frame_find(frame, e->field[f].name) >= 0) continue;
        if (lacking++ < LACKING_NAMED)
            fore_text_printf(&names, "%s'%.80s'", lacking > 1 ? ", " : "", e->field[f].name);
    }
    if (lacking == 0) return FORE_OK;
    if (lacking > LACKING_NAMED)
        fore_text_printf(&names, " and %lld more", (long long)(lacking - LACKING_NAMED));
    fore_status status = fore_text_check(&names, err);
    if (status == FORE_OK)
        status = fore_fail(err, FORE_E_MODEL,
                           "the model was trained with the column%s %s, which these data lack; add "
                           "%s, or train again without %s",
                           lacking > 1 ? "s" : "", names.bytes, lacking > 1 ? "them" : "it",
                           lacking > 1 ? "them" : "it");
    fore_text_free(&names);
    return status;
}

fore_status fore_encoding_apply(const fore_encoding *encoding, const fore_frame *frame,
                                const fore_encode_rows *rows, int use, double *out, int64_t stride,
                                fore_error *err)
{
    FORE_TRY(check_use(encoding, frame, rows, use, err));
    if (!(use & FORE_ENCODE_TOLERATE)) FORE_TRY(check_columns(encoding, frame, err));
    for (int64_t f = 0; f < encoding->fields; f++) {
        const fore_field *field = &encoding->field[f];
        int64_t column = fore_frame_find(frame, field->name);
        reading r = {.e = encoding, .field = field, .rows = rows};
        r.c = column < 0 ? NULL : fore_frame_column_at(frame, column);
        r.n = rows->rows ? rows->n : fore_frame_rows(frame);
        r.training = (use & ~FORE_ENCODE_TOLERATE) == FORE_ENCODE_TRAINING;
        fore_status status = reading_open(&r, err);
        if (status == FORE_OK) fill_field(&r, out + field->first * stride, stride);
        reading_free(&r);
        FORE_TRY(status);
    }
    return FORE_OK;
}
