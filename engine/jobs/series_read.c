/* Reading a file of series (series_file.h). A row with too few or too many cells, or without a name
 * of its series, is set aside, with its line and the reason; where its series and time can be read
 * it is a missing value of that time, as an empty cell is. A cell that cannot be read leaves its
 * series out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/levels.h"
#include "engine/jobs/series_file.h"
#include "engine/jobs/series_names.h"

static const double VALUE_LIMIT = 1e150;        /* squares and their sums stay finite */
enum { QUOTED_MOST = 1000, QUOTED_WIDTH = 32 }; /* lines told with their cell */

static bool blank(const char *text) { return text[strspn(text, " \t")] == '\0'; }

static bool names_no_series(const fore_series_columns *c, const fore_csv_record *record)
{
    for (int64_t i = 0; i < c->ids; i++)
        if (!blank(record->cells[c->id[i]])) return false;
    return c->ids > 0;
}

/* The series of a row whose cells do not fit, as far as these go; NULL: it does not tell. */
static fore_status name_of_aside(const fore_series_file *set, const fore_csv *csv,
                                 const fore_csv_record *record, fore_series_names *names,
                                 fore_text *room, const char **id, fore_error *err)
{
    const fore_series_columns *c = &set->columns;
    fore_error ignored = {0};
    *id = NULL;
    for (int64_t i = 0; i < c->ids; i++)
        if (c->id[i] >= record->count) return FORE_OK;
    if (names_no_series(c, record)) return FORE_OK;
    if (names->count > 0) {
        fore_status status = fore_series_names_make(names, csv, record, id, &ignored);
        if (status == FORE_OK) return FORE_OK;
        *id = NULL;
        return status == FORE_E_MEMORY ? fore_no_memory(err) : FORE_OK;
    }
    *id = fore_series_key(c, record, room);
    return *id ? FORE_OK : fore_no_memory(err);
}

static fore_status put_aside(fore_series_file *set, const fore_csv *csv,
                             const fore_csv_record *record, fore_series_names *names,
                             fore_text *room, fore_arena *arena, fore_error *err)
{
    bool nameless = record->fit == FORE_CSV_FITS;
    fore_series_aside row = {.line = record->line, .cells = record->count, .nameless = nameless};
    int64_t date = set->columns.date;
    int form = FORE_FORM_NUMBER;
    if (!nameless) FORE_TRY(name_of_aside(set, csv, record, names, room, &row.id, err));
    if (row.id) {
        row.id = fore_arena_string(arena, row.id);
        if (!row.id) return fore_no_memory(err);
        row.timed = date < record->count && fore_series_time(&set->columns, record->cells[date],
                                                             record->lengths[date], &row.at, &form);
    }
    row.form = (fore_series_form)form;
    FORE_TRY(fore_grow((void **)&set->aside, &set->aside_capacity, set->aside_count + 1, sizeof row,
                       err));
    set->aside[set->aside_count++] = row;
    return FORE_OK;
}

/* The fault with the cell that shows it; NULL: memory. */
static const char *quoted(fore_series_file *set, fore_arena *arena, const char *fault,
                          const char *cell)
{
    int64_t fit = fore_utf8_fit(cell, QUOTED_WIDTH);
    if (set->quoted++ >= QUOTED_MOST) return fault;
    return fore_arena_format(arena, "%s: '%.*s%s'", fault, (int)fit, cell, cell[fit] ? "..." : "");
}

/* The drivers of a row, in the order of columns.driver. */
static fore_status read_drivers(fore_series_file *set, const fore_csv_record *record,
                                fore_series_point *p, fore_arena *arena, fore_error *err)
{
    const fore_series_columns *c = &set->columns;
    p->row = c->drivers ? set->drivers / c->drivers : 0;
    FORE_TRY(fore_grow((void **)&set->driver, &set->driver_capacity, set->drivers + c->drivers,
                       sizeof *set->driver, err));
    for (int64_t j = 0; j < c->drivers; j++) {
        const char *cell = record->cells[c->driver[j]];
        double *value = &set->driver[set->drivers++];
        if (p->bad || fore_series_driver(c, cell, record->lengths[c->driver[j]], value)) continue;
        const char *fault = fore_arena_format(arena, "%.80s is neither a number nor yes or no",
                                              set->driver_name[j]);
        p->bad = fault ? quoted(set, arena, fault, cell) : NULL;
        if (!p->bad) return fore_no_memory(err);
    }
    return FORE_OK;
}

/* Would it be a date, were the day and the month to change places? */
static bool in_the_other_order(const fore_series_columns *c, const char *text, int64_t length)
{
    fore_series_columns other = *c;
    int64_t at;
    int form;
    other.order = c->order == FORE_DAY_FIRST ? FORE_MONTH_FIRST : FORE_DAY_FIRST;
    return fore_series_time(&other, text, length, &at, &form);
}

/* id: NULL, the keys name the series. */
static fore_status read_point(fore_series_file *set, const fore_csv_record *record, const char *id,
                              fore_text *room, fore_arena *arena, fore_error *err)
{
    fore_series_point p = {.line = record->line, .y = NAN};
    const fore_series_columns *c = &set->columns;
    const char *y = record->cells[c->value], *time = record->cells[c->date];
    int form = FORE_FORM_NUMBER;
    if (!id) id = fore_series_key(c, record, room);
    p.series = id ? fore_series_id_add(set, id) : -1;
    if (p.series < 0) return fore_no_memory(err);
    bool timed = fore_series_time(c, time, record->lengths[c->date], &p.at, &form);
    bool valued = fore_series_missing(y, record->lengths[c->value]) ||
                  fore_series_number(c, y, record->lengths[c->value], &p.y);
    p.form = (fore_series_form)form;
    p.y += 0; /* no -0 */
    if (!timed || !valued) {
        const char *fault = !valued ? set->bad_value
                            : in_the_other_order(c, time, record->lengths[c->date])
                                ? set->other_order
                                : set->bad_time;
        p.bad = quoted(set, arena, fault, valued ? time : y);
        if (!p.bad) return fore_no_memory(err);
    }
    if (fabs(p.y) > VALUE_LIMIT) p.bad = set->large_value;
    FORE_TRY(read_drivers(set, record, &p, arena, err));
    FORE_TRY(fore_grow((void **)&set->points, &set->capacity, set->count + 1, sizeof p, err));
    set->points[set->count++] = p;
    return FORE_OK;
}

/* What may be wrong with a line, in the names of this file. */
static fore_status name_faults(fore_series_file *set, fore_arena *arena, fore_error *err)
{
    const fore_series_columns *c = &set->columns;
    set->bad_time = fore_arena_format(
        arena,
        "%s is neither a date such as 2026-01-31, 2026-01, 2026-Q1 or 2026-W05 nor a whole number",
        c->date_name);
    set->bad_value = fore_arena_format(
        arena, "%s is not a number; leave the cell empty where the value is not known",
        c->value_name);
    set->large_value = fore_arena_format(
        arena, "%s is too large to reckon with (more than 1e150); use a larger unit",
        c->value_name);
    bool days = c->order == FORE_DAY_FIRST;
    set->other_order = fore_arena_format(
        arena, "%s has the %s first here, elsewhere the %s; write all dates as 2026-01-31",
        c->date_name, days ? "month" : "day", days ? "day" : "month");
    return set->bad_time && set->bad_value && set->large_value && set->other_order
               ? FORE_OK
               : fore_no_memory(err);
}

static int by_series_and_time(const void *left, const void *right)
{
    const fore_series_point *a = left, *b = right;
    if (a->series != b->series) return a->series < b->series ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    if (a->aside != b->aside) return a->aside ? 1 : -1;
    return (a->line > b->line) - (a->line < b->line);
}

void fore_series_aside_reason(const fore_series_file *set, const fore_series_aside *row,
                              char out[96])
{
    if (row->nameless)
        snprintf(out, 96, "the series has no name");
    else
        snprintf(out, 96, "%lld cells where the header has %lld", (long long)row->cells,
                 (long long)set->header_cells);
}

fore_status fore_series_file_fail(const fore_series_file *set, const char *path,
                                  const fore_series_aside *row, fore_error *err)
{
    if (row->nameless)
        return fore_fail_at(err, FORE_E_DATA, path, row->line, 0,
                            "the series has no name; every row has to say which one it belongs to");
    return fore_fail_at(err, FORE_E_DATA, path, row->line, 0,
                        "this line has %lld cells, the header has %lld; mend the line",
                        (long long)row->cells, (long long)set->header_cells);
}

static fore_status read_row(fore_series_file *set, const fore_csv *csv,
                            const fore_csv_record *record, fore_series_names *names, bool strict,
                            fore_text *room, fore_arena *arena, fore_error *err)
{
    const char *path = fore_csv_path(csv), *id = NULL;
    bool nameless =
        record->fit == FORE_CSV_FITS && !set->nested && names_no_series(&set->columns, record);
    if (record->fit != FORE_CSV_FITS || nameless) {
        FORE_TRY(put_aside(set, csv, record, names, room, arena, err));
        return strict ? fore_series_file_fail(set, path, &set->aside[0], err) : FORE_OK;
    }
    if (names->count > 0) FORE_TRY(fore_series_names_make(names, csv, record, &id, err));
    FORE_TRY(read_point(set, record, id, room, arena, err));
    const fore_series_point *p = &set->points[set->count - 1];
    if (strict && p->bad) return fore_fail_at(err, FORE_E_DATA, path, p->line, 0, "%s", p->bad);
    return FORE_OK;
}

/* Points of the rows set aside: their series, of which the last numbers go to those of which no row
 * is left, and their times, if they are what the others are, dates or numbers. */
static fore_status place_aside(fore_series_file *set, fore_error *err)
{
    bool dates = false;
    for (int64_t i = 0; i < set->count; i++)
        dates = dates || (!set->points[i].bad && set->points[i].form != FORE_FORM_NUMBER);
    for (int64_t i = 0; i < set->aside_count; i++) {
        fore_series_aside *row = &set->aside[i];
        int64_t series = row->id ? fore_series_id_add(set, row->id) : -1;
        if (row->id && series < 0) return fore_no_memory(err);
        row->timed = row->timed && dates == (row->form != FORE_FORM_NUMBER);
        if (!row->timed) continue;
        FORE_TRY(fore_grow((void **)&set->points, &set->capacity, set->count + 1,
                           sizeof *set->points, err));
        set->points[set->count++] = (fore_series_point){.series = series,
                                                        .at = row->at,
                                                        .y = NAN,
                                                        .line = row->line,
                                                        .row = -1,
                                                        .form = row->form,
                                                        .aside = true};
    }
    return FORE_OK;
}

static bool same_time(const fore_series_point *a, const fore_series_point *b)
{
    return a->series == b->series && a->at == b->at;
}

/* By series and time; of a time that has rows of its own, those set aside tell nothing. */
static void put_in_order(fore_series_file *set)
{
    int64_t kept = 0;
    if (set->count > 1)
        qsort(set->points, (size_t)set->count, sizeof *set->points, by_series_and_time);
    for (int64_t i = 0; i < set->count; i++) {
        const fore_series_point *p = &set->points[i];
        if (p->aside && kept > 0 && same_time(&set->points[kept - 1], p)) continue;
        set->points[kept++] = *p;
    }
    set->count = kept;
}

static fore_status read_rows(fore_series_file *set, fore_csv *csv, fore_series_names *names,
                             bool strict, fore_arena *arena, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv_record record;
    fore_text room = {0};
    for (bool more;;) {
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        FORE_GO(read_row(set, csv, &record, names, strict, &room, arena, err));
    }
    if (set->count == 0 && set->aside_count > 0)
        status = fore_series_file_fail(set, fore_csv_path(csv), &set->aside[0], err);
    else if (set->count == 0)
        status = fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 2, 0,
                              "there is a header and no row under it; export the series again");
done:
    fore_text_free(&room);
    return status;
}

static void say_encoding(fore_context *c, const fore_csv *csv)
{
    const fore_csv_info *about = fore_csv_about(csv);
    if (about->encoding != FORE_CSV_WINDOWS_1252) return;
    fore_message(
        c->observer, FORE_WARNING,
        "%s: not UTF-8 (first at line %lld, byte %lld); read as Windows-1252. Export it as "
        "UTF-8 if letters look wrong",
        fore_csv_path(csv), (long long)about->foreign_line, (long long)about->foreign_column);
}

/* Columns that --with names, and those that the file of drivers has too. */
static fore_status find_drivers(const fore_csv *csv, const foresell_series_request *r,
                                const fore_dictionary *names, fore_series_file *set,
                                fore_arena *arena, fore_error *err)
{
    fore_series_columns *c = &set->columns;
    if (r->with && fore_list_count(r->with) == 0)
        return fore_fail(err, FORE_E_USAGE, "--with names no column; write --with promo,effort");
    for (int64_t j = 0; j < fore_csv_columns(csv); j++) {
        const char *name = fore_csv_name(csv, j);
        bool shared = names && fore_dictionary_find(names, name, (int64_t)strlen(name)) >= 0;
        bool asked = fore_list_names(r->with, name); /* refused later in a hierarchy */
        if (asked && !r->hierarchy && (j == c->date || j == c->value))
            return fore_fail(err, FORE_E_USAGE,
                             "--with: '%s' holds the %s; name columns that drive the values", name,
                             j == c->date ? "times" : "values");
        if (j == c->date || j == c->value || (!shared && !asked)) continue;
        if (c->drivers == FORE_SERIES_DRIVERS)
            return fore_fail(err, FORE_E_USAGE, "--with: give at most %d columns",
                             FORE_SERIES_DRIVERS);
        set->driver_name[c->drivers] = fore_arena_string(arena, name);
        if (!set->driver_name[c->drivers]) return fore_no_memory(err);
        c->driver[c->drivers++] = j;
    }
    return FORE_OK;
}

fore_status fore_series_file_read(fore_context *c, const foresell_series_request *r,
                                  const fore_dictionary *names, fore_series_file *set,
                                  fore_answer *a, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv *csv = NULL;
    fore_series_names keys = {0};
    foresell_series_request own = *r;
    FORE_TRY(fore_csv_open(r->file, NULL, &csv, err));
    set->header_cells = fore_csv_columns(csv);
    set->nested = r->hierarchy != NULL;
    set->ids = fore_dictionary_new();
    if (!set->ids) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_series_names_find(csv, r, a->arena, &keys, &own.id, err));
    FORE_GO(fore_series_columns_find(csv, &own, &set->columns, a, err));
    FORE_GO(find_drivers(csv, r, names, set, a->arena, err));
    FORE_GO(fore_series_columns_learn(csv, r, &set->columns, a, err));
    FORE_GO(name_faults(set, a->arena, err));
    FORE_GO(read_rows(set, csv, &keys, r->strict, a->arena, err));
    FORE_GO(place_aside(set, err));
    put_in_order(set);
    FORE_GO(fore_series_ids_say(set, a, err));
    say_encoding(c, csv);
done:
    fore_text_free(&keys.text);
    fore_csv_close(csv);
    return status;
}

void fore_series_file_free(fore_series_file *file)
{
    fore_free(file->points);
    fore_free(file->driver);
    fore_free(file->aside);
    fore_dictionary_free(file->ids);
    fore_dictionary_free(file->canonical);
    *file = (fore_series_file){0};
}
