/* The cells of a record become values of slots and attributes. */
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"
#include "engine/base/json.h"

enum { KEY_LIMIT = 500 };

static const char *translate(const fore_column_plan *column, const char *text)
{
    char key[256];
    fore_header_key(text, key, sizeof key);
    for (int64_t i = 0; i < column->word_count; i++) {
        const char *from = column->words[i].from;
        if (strcmp(from, key) == 0 || strcmp(from, "*") == 0) return column->words[i].to;
    }
    return NULL;
}

/* A cell without the spaces at its ends, NUL-terminated; copied only where there are some at the
 * end. */
static void trim_cell(fore_row *row, const char **text, int64_t *length)
{
    const char *t = *text;
    int64_t n = *length;
    while (n > 0 && (t[0] == ' ' || t[0] == '\t')) t++, n--;
    bool tail = n > 0 && (t[n - 1] == ' ' || t[n - 1] == '\t');
    while (n > 0 && (t[n - 1] == ' ' || t[n - 1] == '\t')) n--;
    if (tail) {
        char *copy = row->trimmed + row->trimmed_used;
        memcpy(copy, t, (size_t)n);
        copy[n] = 0;
        row->trimmed_used += n + 1;
        t = copy;
    }
    *text = t;
    *length = n;
}

static const char *reason_for(fore_value_kind kind)
{
    switch (kind) {
    case FORE_V_TIME:
    case FORE_V_CLOSING: return "not a time";
    case FORE_V_DATE: return "not a date";
    case FORE_V_MONEY: return "not an amount";
    case FORE_V_FLAG: return "neither yes nor no";
    case FORE_V_MINUTES: return "not a duration";
    default: return "not a number";
    }
}

/* The first day of a period that is named, such as 2026-Q2, and its last one as the number; of an
 * end the last day. */
static bool read_period(const fore_column_plan *column, fore_value *v)
{
    fore_period period;
    int32_t start, last;
    bool ends = column->slot == FORE_SLOT_PERIOD_END;
    if (!ends && column->slot != FORE_SLOT_PERIOD_START) return false;
    if (!fore_cell_period(v->text, v->length, &period, &start)) return false;
    last = fore_period_add(period, start, 1) - 1;
    v->integer = ends ? last : start;
    if (period != FORE_MONTHLY) v->number = last; /* a month's end is the calendar's */
    return true;
}

static bool read_value(const fore_importing *run, const fore_column_plan *column, fore_value *v)
{
    switch (column->value_kind) {
    case FORE_V_TEXT: return true;
    case FORE_V_TIME:
        return fore_cell_time(v->text, v->length, column->order, run->zone, &v->integer,
                              &v->date_only);
    case FORE_V_CLOSING:
        if (!fore_cell_time(v->text, v->length, column->order, run->zone, &v->integer,
                            &v->date_only))
            return false;
        if (v->date_only) v->integer += FORE_DAY - FORE_SECOND;
        return true;
    case FORE_V_DATE: {
        int32_t days;
        if (!fore_cell_date(v->text, v->length, column->order, run->zone, &days))
            return read_period(column, v);
        v->integer = days;
        return true;
    }
    case FORE_V_MONEY: return fore_cell_money(v->text, v->length, column->decimal, &v->integer);
    case FORE_V_NUMBER: return fore_cell_number(v->text, v->length, column->decimal, &v->number);
    case FORE_V_MINUTES:
        return fore_cell_minutes(v->text, v->length, column->unit_seconds, column->decimal,
                                 &v->number);
    case FORE_V_FLAG: {
        bool yes;
        if (!fore_cell_flag(v->text, v->length, &yes)) return false;
        v->integer = yes;
        return true;
    }
    }
    return false;
}

static fore_status read_slot(fore_importing *run, int64_t c, const char *text, int64_t length,
                             fore_error *err)
{
    const fore_column_plan *column = &run->file->columns[c];
    fore_value *v = &run->row.values[column->slot];
    trim_cell(&run->row, &text, &length);
    const char *other = column->word_count > 0 ? translate(column, text) : NULL;
    if (other) {
        if (!*other) return FORE_OK;
        text = other;
        length = (int64_t)strlen(other);
    }
    *v = (fore_value){.row = run->row.number, .text = text, .length = length, .column = c};
    bool is_key =
        column->value_kind == FORE_V_TEXT && column->slot == FORE_SLOT_ID && length > KEY_LIMIT;
    if (is_key)
        return fore_reject(run, fore_csv_name(run->file->csv, c), text,
                           "a key of more than 500 bytes", err);
    if (!run->file->decided && fore_cell_needs_decision(column, text, length)) {
        FORE_TRY(fore_columns_observe(run, run->file, err));
    }
    if (read_value(run, column, v)) return FORE_OK;
    return fore_reject(run, fore_csv_name(run->file->csv, c), text, reason_for(column->value_kind),
                       err);
}

static fore_status make_trim_room(fore_importing *run, fore_error *err)
{
    const fore_csv_record *r = &run->record;
    int64_t last = r->count - 1;
    int64_t need = r->cells[last] + r->lengths[last] - r->cells[0] + r->count;
    run->row.trimmed_used = 0;
    return fore_grow((void **)&run->row.trimmed, &run->row.trimmed_capacity, need, 1, err);
}

static fore_status read_attributes(fore_importing *run, fore_error *err)
{
    fore_row *row = &run->row;
    const fore_csv_record *r = &run->record;
    bool any = false;
    fore_text_clear(&row->attributes);
    fore_json_writer w = fore_json_to(&row->attributes);
    for (int64_t c = 0; c < r->count; c++) {
        if (!run->file->columns[c].attribute || fore_cell_empty(r->cells[c], r->lengths[c]))
            continue;
        if (!any) fore_json_object(&w, NULL);
        any = true;
        fore_json_string_n(&w, fore_csv_name(run->file->csv, c), r->cells[c], r->lengths[c]);
    }
    if (any) fore_json_end_object(&w);
    return fore_text_check(&row->attributes, err);
}

fore_status fore_columns_read(fore_importing *run, fore_error *err)
{
    fore_row *row = &run->row;
    const fore_csv_record *r = &run->record;
    row->number++;
    row->line = r->line;
    row->kind = run->file->kind;
    row->rejected = false;
    if (r->fit != FORE_CSV_FITS) {
        char count[64];
        snprintf(count, sizeof count, "%lld cells", (long long)r->count);
        return fore_reject(run, NULL, count,
                           r->fit == FORE_CSV_TOO_FEW ? "too few columns" : "too many columns",
                           err);
    }
    FORE_TRY(make_trim_room(run, err));
    for (int64_t c = 0; c < r->count && !row->rejected; c++) {
        if (run->file->columns[c].slot < 0 || fore_cell_empty(r->cells[c], r->lengths[c])) continue;
        FORE_TRY(read_slot(run, c, r->cells[c], r->lengths[c], err));
    }
    return row->rejected || !fore_has_attributes(row->kind) ? FORE_OK : read_attributes(run, err);
}
