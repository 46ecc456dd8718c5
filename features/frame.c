/* Frames: cells are interned per column while rows arrive; at the end every column is typed from
 * its distinct texts (features/cell.c reads one cell) and turned into doubles or codes. */
#include "features/frame.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

enum { CATEGORY_LEVELS = 50, CATEGORY_REPEAT = 20, CATEGORY_REPEAT_SHORT = 3, SHORT_WORDS = 5 };

typedef struct draft {       /* a column while it is built */
    fore_column_type forced; /* EMPTY: inspect */
    fore_dictionary *levels; /* of text cells, NULL for typed columns */
    int32_t *code;           /* filled up to `filled` rows */
    double *number;          /* of typed columns */
    int64_t filled, capacity;
} draft;

struct fore_frame {
    fore_dictionary *names;
    fore_frame_column *column;
    int64_t rows, columns;
};

struct fore_frame_builder {
    fore_dictionary *names;
    draft *column;
    int64_t columns, capacity, rows;
};

static const char *const type_words[] = {"empty", "number", "date", "yes/no", "category", "text"};

const char *fore_column_type_word(fore_column_type type) { return type_words[type]; }

bool fore_column_type_parse(const char *word, fore_column_type *type)
{
    for (int k = 0; k < (int)(sizeof type_words / sizeof *type_words); k++) {
        if (strcmp(word, type_words[k]) != 0) continue;
        *type = (fore_column_type)k;
        return true;
    }
    return false;
}

/* --- the builder --- */

fore_status fore_frame_builder_new(fore_frame_builder **builder, fore_error *err)
{
    *builder = FORE_ZNEW(1, fore_frame_builder);
    if (!*builder) return fore_no_memory(err);
    (*builder)->names = fore_dictionary_new();
    if ((*builder)->names) return FORE_OK;
    fore_frame_builder_free(*builder);
    *builder = NULL;
    return fore_no_memory(err);
}

static void draft_clear(draft *d)
{
    fore_dictionary_free(d->levels);
    fore_free(d->code);
    fore_free(d->number);
    *d = (draft){0};
}

void fore_frame_builder_free(fore_frame_builder *builder)
{
    if (!builder) return;
    for (int64_t j = 0; j < builder->columns; j++) draft_clear(&builder->column[j]);
    fore_free(builder->column);
    fore_dictionary_free(builder->names);
    fore_free(builder);
}

static fore_status draft_add(fore_frame_builder *b, const char *name, bool typed,
                             fore_column_type type, int64_t *column, fore_error *err)
{
    int64_t length = (int64_t)strlen(name);
    *column = fore_dictionary_find(b->names, name, length);
    if (*column >= 0) return FORE_OK;
    FORE_TRY(fore_grow((void **)&b->column, &b->capacity, b->columns + 1, sizeof *b->column, err));
    draft d = {.forced = type, .levels = typed ? NULL : fore_dictionary_new()};
    if (!typed && !d.levels) return fore_no_memory(err);
    *column = fore_dictionary_add(b->names, name, length);
    if (*column < 0) {
        fore_dictionary_free(d.levels);
        return fore_no_memory(err);
    }
    b->column[b->columns++] = d;
    return FORE_OK;
}

fore_status fore_frame_builder_column(fore_frame_builder *builder, const char *name,
                                      int64_t *column, fore_error *err)
{
    return draft_add(builder, name, false, FORE_COLUMN_EMPTY, column, err);
}

fore_status fore_frame_builder_typed(fore_frame_builder *builder, const char *name,
                                     fore_column_type type, int64_t *column, fore_error *err)
{
    return draft_add(builder, name, true, type, column, err);
}

void fore_frame_builder_force(fore_frame_builder *builder, int64_t column, fore_column_type type)
{
    builder->column[column].forced = type;
}

/* Makes room for the present row and marks the rows since the last cell as missing. */
static fore_status draft_reach(draft *d, int64_t rows, fore_error *err)
{
    if (d->levels) {
        FORE_TRY(fore_grow((void **)&d->code, &d->capacity, rows, sizeof *d->code, err));
        for (; d->filled < rows; d->filled++) d->code[d->filled] = -1;
    } else {
        FORE_TRY(fore_grow((void **)&d->number, &d->capacity, rows, sizeof *d->number, err));
        for (; d->filled < rows; d->filled++) d->number[d->filled] = NAN;
    }
    return FORE_OK;
}

static void trim(const char **text, int64_t *length)
{
    while (*length > 0 && (unsigned char)**text <= ' ') (*text)++, (*length)--;
    while (*length > 0 && (unsigned char)(*text)[*length - 1] <= ' ') (*length)--;
}

fore_status fore_frame_builder_cell(fore_frame_builder *builder, int64_t column, const char *text,
                                    int64_t length, fore_error *err)
{
    draft *d = &builder->column[column];
    if (text && length < 0) length = (int64_t)strlen(text);
    if (text) trim(&text, &length);
    if (!text || fore_frame_cell_missing(text, length) || d->filled > builder->rows) return FORE_OK;
    if (!d->levels) {
        double value;
        bool number = fore_frame_cell_number(text, length, false, &value);
        return number ? fore_frame_builder_number(builder, column, value, err) : FORE_OK;
    }
    FORE_TRY(draft_reach(d, builder->rows + 1, err));
    int64_t code = fore_dictionary_add(d->levels, text, length);
    if (code < 0) return fore_no_memory(err);
    if (code > INT32_MAX - 1)
        return fore_fail(err, FORE_E_LIMIT,
                         "column '%s' holds more than 2,147,483,646 different values; leave it out",
                         fore_dictionary_text(builder->names, column));
    d->code[builder->rows] = (int32_t)code;
    return FORE_OK;
}

fore_status fore_frame_builder_number(fore_frame_builder *builder, int64_t column, double value,
                                      fore_error *err)
{
    draft *d = &builder->column[column];
    if (isnan(value) || d->filled > builder->rows) return FORE_OK;
    if (d->levels) {
        char text[32];
        fore_number_format(value, text);
        return fore_frame_builder_cell(builder, column, text, -1, err);
    }
    FORE_TRY(draft_reach(d, builder->rows + 1, err));
    d->number[builder->rows] = value;
    return FORE_OK;
}

void fore_frame_builder_end_row(fore_frame_builder *builder) { builder->rows++; }

/* --- inspection of the distinct texts of a column --- */

typedef struct inspection {
    bool number, comma, date, day_first, ambiguous, yes_no, email;
    double words; /* on average */
} inspection;

static bool all_numbers(const fore_dictionary *levels, bool comma)
{
    int64_t n = fore_dictionary_count(levels);
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_dictionary_text(levels, k);
        double value;
        if (!fore_frame_cell_number(text, (int64_t)strlen(text), comma, &value)) return false;
    }
    return n > 0;
}

static bool all_dates(const fore_dictionary *levels, bool day_first)
{
    int64_t n = fore_dictionary_count(levels);
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_dictionary_text(levels, k);
        double days;
        if (!fore_frame_cell_date(text, (int64_t)strlen(text), day_first, &days)) return false;
    }
    return n > 0;
}

static bool all_yes_no(const fore_dictionary *levels)
{
    int64_t n = fore_dictionary_count(levels);
    bool yes;
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_dictionary_text(levels, k);
        if (!fore_frame_cell_yes_no(text, (int64_t)strlen(text), &yes)) return false;
    }
    return n > 0;
}

static bool has_slash(const fore_dictionary *levels)
{
    for (int64_t k = 0; k < fore_dictionary_count(levels); k++)
        if (strchr(fore_dictionary_text(levels, k), '/')) return true;
    return false;
}

static int64_t count_words(const char *text)
{
    int64_t words = 0;
    bool inside = false;
    for (; *text; text++) {
        bool blank = (unsigned char)*text <= ' ';
        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

static void read_words(const fore_dictionary *levels, inspection *in)
{
    int64_t n = fore_dictionary_count(levels), emails = 0, words = 0;
    for (int64_t k = 0; k < n; k++) {
        const char *text = fore_dictionary_text(levels, k);
        emails += fore_frame_cell_email(text, (int64_t)strlen(text));
        words += count_words(text);
    }
    in->email = n > 0 && emails * 10 >= n * 9;
    in->words = n > 0 ? (double)words / (double)n : 0;
}

static inspection inspect(const fore_dictionary *levels)
{
    inspection in = {0};
    in.number = all_numbers(levels, false);
    if (!in.number) in.number = in.comma = all_numbers(levels, true);
    if (in.number) return in;
    bool month_first = all_dates(levels, false), day_first = all_dates(levels, true);
    in.date = month_first || day_first;
    in.day_first = !month_first;
    in.ambiguous = month_first && day_first && has_slash(levels);
    if (in.date) return in;
    in.yes_no = all_yes_no(levels);
    if (!in.yes_no) read_words(levels, &in);
    return in;
}

static fore_column_type type_of(const draft *d, const inspection *in, int64_t present,
                                int64_t distinct)
{
    if (present == 0) return FORE_COLUMN_EMPTY;
    if (d->forced != FORE_COLUMN_EMPTY) return d->forced;
    if (in->number) return FORE_COLUMN_NUMBER;
    if (in->date) return FORE_COLUMN_DATE;
    if (in->yes_no) return FORE_COLUMN_YES_NO;
    if (in->email) return FORE_COLUMN_TEXT;
    if (distinct <= CATEGORY_LEVELS || distinct <= present / CATEGORY_REPEAT)
        return FORE_COLUMN_CATEGORY;
    if (distinct <= present / CATEGORY_REPEAT_SHORT && in->words < SHORT_WORDS)
        return FORE_COLUMN_CATEGORY;
    return FORE_COLUMN_TEXT;
}

/* --- finishing --- */

static double level_value(const char *text, fore_column_type type, const inspection *in)
{
    int64_t length = (int64_t)strlen(text);
    double value = NAN;
    bool yes = false;
    if (type == FORE_COLUMN_NUMBER) fore_frame_cell_number(text, length, in->comma, &value);
    if (type == FORE_COLUMN_DATE) fore_frame_cell_date(text, length, in->day_first, &value);
    if (type == FORE_COLUMN_YES_NO && fore_frame_cell_yes_no(text, length, &yes)) value = yes;
    return value;
}

static int64_t distinct_numbers(double *scratch, int64_t n)
{
    fore_sort(scratch, n);
    int64_t distinct = n > 0;
    for (int64_t i = 1; i < n; i++) distinct += scratch[i] != scratch[i - 1];
    return distinct;
}

/* Codes to doubles: each distinct text is read once. */
static fore_status codes_to_numbers(draft *d, fore_frame_column *c, const inspection *in,
                                    int64_t rows, fore_error *err)
{
    int64_t levels = fore_dictionary_count(d->levels);
    double *value = FORE_NEW(levels, double), *number = FORE_NEW(rows, double);
    if (!value || !number) {
        fore_free(value);
        fore_free(number);
        return fore_no_memory(err);
    }
    for (int64_t k = 0; k < levels; k++)
        value[k] = level_value(fore_dictionary_text(d->levels, k), c->type, in);
    for (int64_t i = 0; i < rows; i++) number[i] = d->code[i] < 0 ? NAN : value[d->code[i]];
    c->distinct = distinct_numbers(value, levels);
    fore_free(value);
    c->number = number;
    return FORE_OK;
}

static fore_status finish_typed(draft *d, fore_frame_column *c, int64_t rows, fore_error *err)
{
    FORE_TRY(draft_reach(d, rows, err));
    double *present = FORE_NEW(rows, double);
    if (!present) return fore_no_memory(err);
    int64_t n = 0;
    for (int64_t i = 0; i < rows; i++)
        if (!isnan(d->number[i])) present[n++] = d->number[i];
    c->type = n ? d->forced : FORE_COLUMN_EMPTY;
    c->missing = rows - n;
    c->distinct = distinct_numbers(present, n);
    fore_free(present);
    if (n) {
        c->number = d->number;
        d->number = NULL;
    }
    return FORE_OK;
}

static fore_status finish_texts(draft *d, fore_frame_column *c, int64_t rows, fore_error *err)
{
    FORE_TRY(draft_reach(d, rows, err));
    int64_t present = 0;
    for (int64_t i = 0; i < rows; i++) present += d->code[i] >= 0;
    inspection in = inspect(d->levels);
    c->missing = rows - present;
    c->distinct = fore_dictionary_count(d->levels);
    c->type = type_of(d, &in, present, c->distinct);
    c->email = c->type == FORE_COLUMN_TEXT && in.email;
    c->date_ambiguous = c->type == FORE_COLUMN_DATE && in.ambiguous;
    if (c->type == FORE_COLUMN_EMPTY) return FORE_OK;
    if (c->type != FORE_COLUMN_CATEGORY && c->type != FORE_COLUMN_TEXT)
        return codes_to_numbers(d, c, &in, rows, err);
    c->code = d->code;
    c->levels = d->levels;
    d->code = NULL;
    d->levels = NULL;
    return FORE_OK;
}

fore_status fore_frame_builder_finish(fore_frame_builder **builder, fore_frame **frame,
                                      fore_error *err)
{
    fore_frame_builder *b = *builder;
    fore_status status = FORE_OK;
    *builder = NULL;
    *frame = NULL;
    fore_frame *f = FORE_ZNEW(1, fore_frame);
    if (!f) FORE_GO(fore_no_memory(err));
    f->rows = b->rows;
    f->column = FORE_ZNEW(b->columns, fore_frame_column);
    if (!f->column) FORE_GO(fore_no_memory(err));
    f->names = b->names;
    b->names = NULL;
    for (; f->columns < b->columns; f->columns++) {
        draft *d = &b->column[f->columns];
        fore_frame_column *c = &f->column[f->columns];
        c->name = fore_dictionary_text(f->names, f->columns);
        FORE_GO(d->levels ? finish_texts(d, c, f->rows, err) : finish_typed(d, c, f->rows, err));
        draft_clear(d);
    }
    *frame = f;
    f = NULL;
done:
    fore_frame_free(f);
    fore_frame_builder_free(b);
    return status;
}

/* --- the frame --- */

void fore_frame_free(fore_frame *frame)
{
    if (!frame) return;
    for (int64_t j = 0; j < frame->columns; j++) {
        fore_frame_column *c = &frame->column[j];
        fore_free((void *)c->number);
        fore_free((void *)c->code);
        fore_dictionary_free((fore_dictionary *)c->levels);
    }
    fore_free(frame->column);
    fore_dictionary_free(frame->names);
    fore_free(frame);
}

int64_t fore_frame_rows(const fore_frame *frame) { return frame->rows; }
int64_t fore_frame_columns(const fore_frame *frame) { return frame->columns; }

const fore_frame_column *fore_frame_column_at(const fore_frame *frame, int64_t column)
{
    return &frame->column[column];
}

int64_t fore_frame_find(const fore_frame *frame, const char *name)
{
    return fore_dictionary_find(frame->names, name, (int64_t)strlen(name));
}
