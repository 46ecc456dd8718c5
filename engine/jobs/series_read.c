/* Reading a file of series (series_file.h). A row with too few or too many cells is set aside, with
 * its line and the reason, and counts as missing; a cell that cannot be read leaves its series out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/csv_reader.h"
#include "engine/jobs/series_file.h"

static const char ONLY_SERIES[] = "series"; /* the name where there is no unique_id */
static const double VALUE_LIMIT = 1e150;    /* squares and their sums stay finite */

static int64_t find_column(const fore_csv *csv, const char *name)
{
    for (int64_t j = 0; j < fore_csv_columns(csv); j++)
        if (fore_text_equal_fold(fore_csv_name(csv, j), name)) return j;
    return -1;
}

static bool read_when(const char *text, int64_t length, fore_series_point *p)
{
    int64_t time;
    bool day;
    double number;
    p->dated = fore_time_parse(text, length, NULL, &time, &day);
    if (p->dated) {
        p->at = fore_date_of(time);
        return true;
    }
    if (!fore_number_parse(text, length, &number) || number != floor(number) || fabs(number) > 1e15)
        return false;
    p->at = (int64_t)number;
    return true;
}

static fore_status put_aside(fore_series_file *set, const fore_csv_record *record,
                             int64_t id_column, fore_arena *arena, fore_error *err)
{
    fore_series_aside row = {.line = record->line, .cells = record->count};
    if (id_column >= 0 && id_column < record->count) {
        row.id = fore_arena_string(arena, record->cells[id_column]);
        if (!row.id) return fore_no_memory(err);
    } else if (id_column < 0)
        row.id = ONLY_SERIES;
    FORE_TRY(fore_grow((void **)&set->aside, &set->aside_capacity, set->aside_count + 1, sizeof row,
                       err));
    set->aside[set->aside_count++] = row;
    return FORE_OK;
}

static fore_status read_point(fore_series_file *set, const fore_csv_record *record,
                              const int64_t column[3], fore_error *err)
{
    fore_series_point p = {.line = record->line, .y = NAN};
    const char *id = column[0] < 0 ? ONLY_SERIES : record->cells[column[0]];
    const char *y = record->cells[column[2]];
    int64_t when = column[1];
    p.series = fore_dictionary_add(set->ids, id, (int64_t)strlen(id));
    if (p.series < 0) return fore_no_memory(err);
    if (!read_when(record->cells[when], record->lengths[when], &p))
        p.bad = "ds is neither a date such as 2026-01-31 nor a whole number";
    bool missing = !*y || fore_text_equal_fold(y, "NA") || fore_text_equal_fold(y, "NaN");
    if (!missing && !fore_number_parse(y, record->lengths[column[2]], &p.y))
        p.bad = "y is not a number; leave the cell empty where the value is not known";
    if (fabs(p.y) > VALUE_LIMIT)
        p.bad = "y is too large to reckon with (more than 1e150); use a larger unit";
    FORE_TRY(fore_grow((void **)&set->points, &set->capacity, set->count + 1, sizeof p, err));
    set->points[set->count++] = p;
    return FORE_OK;
}

static int by_series_and_time(const void *left, const void *right)
{
    const fore_series_point *a = left, *b = right;
    if (a->series != b->series) return a->series < b->series ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

fore_status fore_series_file_fail(const fore_series_file *set, const char *path,
                                  const fore_series_aside *row, fore_error *err)
{
    return fore_fail_at(err, FORE_E_DATA, path, row->line, 0,
                        "this line has %lld cells, the header has %lld; mend the line",
                        (long long)row->cells, (long long)set->header_cells);
}

static fore_status read_row(fore_series_file *set, const fore_csv *csv,
                            const fore_csv_record *record, const int64_t column[3], bool strict,
                            fore_arena *arena, fore_error *err)
{
    const char *path = fore_csv_path(csv);
    if (record->fit != FORE_CSV_FITS) {
        FORE_TRY(put_aside(set, record, column[0], arena, err));
        return strict ? fore_series_file_fail(set, path, &set->aside[0], err) : FORE_OK;
    }
    FORE_TRY(read_point(set, record, column, err));
    const fore_series_point *p = &set->points[set->count - 1];
    if (strict && p->bad) return fore_fail_at(err, FORE_E_DATA, path, p->line, 0, "%s", p->bad);
    return FORE_OK;
}

/* Series of which no row is left get a number as well: the last ones. */
static fore_status name_the_lost(fore_series_file *set, fore_error *err)
{
    for (int64_t i = 0; i < set->aside_count; i++) {
        const char *id = set->aside[i].id;
        if (id && fore_dictionary_add(set->ids, id, (int64_t)strlen(id)) < 0)
            return fore_no_memory(err);
    }
    return FORE_OK;
}

fore_status fore_series_file_read(fore_context *c, const char *path, bool strict,
                                  fore_series_file *set, fore_arena *arena, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv *csv = NULL;
    fore_csv_record record;
    bool more;
    FORE_TRY(fore_csv_open(path, NULL, &csv, err));
    int64_t column[3] = {find_column(csv, "unique_id"), find_column(csv, "ds"),
                         find_column(csv, "y")};
    set->header_cells = fore_csv_columns(csv);
    set->ids = fore_dictionary_new();
    if (!set->ids) {
        status = fore_no_memory(err);
        goto done;
    }
    if (column[1] < 0 || column[2] < 0) {
        status =
            fore_fail_at(err, FORE_E_DATA, path, 1, 0,
                         "the columns ds (date) and y (value) are needed, and unique_id where the "
                         "file holds several series");
        goto done;
    }
    for (;;) {
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        FORE_GO(read_row(set, csv, &record, column, strict, arena, err));
    }
    if (set->count == 0 && set->aside_count > 0)
        status = fore_series_file_fail(set, path, &set->aside[0], err);
    else if (set->count == 0)
        status = fore_fail_at(err, FORE_E_DATA, path, 2, 0,
                              "there is a header and no row under it; export the series again");
    else
        qsort(set->points, (size_t)set->count, sizeof *set->points, by_series_and_time);
    if (status == FORE_OK) status = name_the_lost(set, err);
done:
    if (status == FORE_OK && fore_csv_about(csv)->encoding == FORE_CSV_WINDOWS_1252)
        fore_message(
            c->observer, FORE_WARNING,
            "%s: not UTF-8 (first at line %lld, byte %lld); read as Windows-1252. Export it as "
            "UTF-8 if letters look wrong",
            path, (long long)fore_csv_about(csv)->foreign_line,
            (long long)fore_csv_about(csv)->foreign_column);
    fore_csv_close(csv);
    return status;
}

void fore_series_file_free(fore_series_file *file)
{
    fore_free(file->points);
    fore_free(file->aside);
    fore_dictionary_free(file->ids);
    *file = (fore_series_file){0};
}
