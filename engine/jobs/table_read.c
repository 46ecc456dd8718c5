/* Reading a flat CSV: target, time and id beside the columns to learn from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/csv_reader.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/table.h"

void fore_flat_free(fore_flat_table *t)
{
    fore_frame_free(t->frame);
    fore_free(t->label);
    fore_free(t->when);
    fore_free(t->id_at);
    fore_text_free(&t->ids);
    *t = (fore_flat_table){0};
}

void fore_flat_name(fore_status status, const char *path, fore_error *err)
{
    bool of_data = status == FORE_E_NO_ANSWER || status == FORE_E_DATA || status == FORE_E_MODEL;
    if (of_data && err && !err->file[0]) snprintf(err->file, sizeof err->file, "%s", path);
}

static fore_status find_named(const fore_csv *csv, const char *name, int64_t *column,
                              fore_error *err)
{
    *column = -1;
    if (!name) return FORE_OK;
    for (int64_t j = 0; j < fore_csv_columns(csv); j++)
        if (strcmp(fore_csv_name(csv, j), name) == 0) *column = j;
    for (int64_t j = 0; *column < 0 && j < fore_csv_columns(csv); j++)
        if (fore_text_equal_fold(fore_csv_name(csv, j), name)) *column = j;
    if (*column >= 0) return FORE_OK;
    return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
                        "there is no column '%s'; the header has to "
                        "hold it in these words",
                        name);
}

/* Are the columns that the request names there? */
static fore_status check_named(const fore_csv *csv, const foresell_table_request *r, fore_error *err)
{
    int64_t n = fore_csv_columns(csv);
    const char **name = FORE_NEW(n, const char *);
    if (!name) return fore_no_memory(err);
    for (int64_t j = 0; j < n; j++) name[j] = fore_csv_name(csv, j);
    fore_status status = fore_list_check(r->drop, "--drop", name, n, err);
    if (status == FORE_OK) status = fore_list_check(r->use, "--use", name, n, err);
    if (status != FORE_OK && err) snprintf(err->file, sizeof err->file, "%s", r->file);
    fore_free(name);
    return status;
}

static bool is_positive(const char *cell, int64_t length, const char *positive, bool *known)
{
    bool yes;
    *known = length > 0;
    if (positive) return strcmp(cell, positive) == 0;
    if (fore_frame_cell_yes_no(cell, length, &yes)) return yes;
    if (strcmp(cell, "1") == 0 || fore_text_equal_fold(cell, "won") ||
        fore_text_equal_fold(cell, "converted"))
        return true;
    *known = strcmp(cell, "0") == 0 || fore_text_equal_fold(cell, "lost");
    return false;
}

static fore_status read_label(fore_flat_table *t, const fore_csv *csv,
                              const fore_csv_record *record, int64_t column, const char *positive,
                              bool every, fore_error *err)
{
    bool known;
    t->label[t->n] = NAN;
    if (!every && record->lengths[column] == 0) return FORE_OK;
    bool yes = is_positive(record->cells[column], record->lengths[column], positive, &known);
    if (!known)
        return fore_fail_at(
            err, FORE_E_DATA, fore_csv_path(csv), record->line, column + 1,
            "the target '%s' is neither yes nor no; name the value that counts with "
            "--positive, and drop rows without a target",
            record->cells[column]);
    t->label[t->n] = yes;
    return FORE_OK;
}

static fore_status read_time(fore_flat_table *t, const fore_csv *csv, const fore_csv_record *record,
                             int64_t column, fore_error *err)
{
    const char *cell = record->cells[column];
    double value;
    if (!fore_frame_cell_date(cell, record->lengths[column], false, &value) &&
        !fore_number_parse(cell, record->lengths[column], &value))
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, column + 1,
                            "'%s' is neither a date nor a number; --time needs one in every row",
                            cell);
    t->when[t->n] = value;
    return FORE_OK;
}

static fore_status make_room(fore_flat_table *t, int64_t *capacity, bool label, bool when,
                             fore_error *err)
{
    if (t->n < *capacity) return FORE_OK;
    int64_t grown = *capacity ? 2 * *capacity : 1024;
    int64_t *id_at = fore_realloc(t->id_at, grown, sizeof *id_at);
    if (id_at) t->id_at = id_at;
    double *l = label ? fore_realloc(t->label, grown, sizeof *l) : NULL;
    if (l) t->label = l;
    double *w = when ? fore_realloc(t->when, grown, sizeof *w) : NULL;
    if (w) t->when = w;
    if (!id_at || (label && !l) || (when && !w)) return fore_no_memory(err);
    *capacity = grown;
    return FORE_OK;
}

static fore_status read_rows(fore_csv *csv, const foresell_table_request *r, const char *id_name,
                             const char *target, const char *positive, bool every,
                             fore_flat_table *t, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_frame_builder *builder = NULL;
    fore_csv_record record;
    int64_t columns = fore_csv_columns(csv), capacity = 0, id, label, when;
    bool more, by_row = r->time && fore_text_equal_fold(r->time, "ROW");
    int64_t *into = FORE_NEW(columns, int64_t);
    if (!into) return fore_no_memory(err);
    FORE_GO(find_named(csv, id_name, &id, err));
    FORE_GO(find_named(csv, target, &label, err));
    FORE_GO(find_named(csv, by_row ? NULL : r->time, &when, err));
    FORE_GO(check_named(csv, r, err));
    FORE_GO(fore_frame_builder_new(&builder, err));
    for (int64_t j = 0; j < columns; j++) {
        into[j] = -1;
        if (j == id || j == label || j == when || fore_list_names(r->drop, fore_csv_name(csv, j)))
            continue;
        FORE_GO(fore_frame_builder_column(builder, fore_csv_name(csv, j), &into[j], err));
    }
    for (;;) {
        char number[32];
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        if (record.fit != FORE_CSV_FITS) {
            status = fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record.line, 0,
                                  "this line has %lld cells, the header has %lld; mend the line",
                                  (long long)record.count, (long long)columns);
            goto done;
        }
        FORE_GO(make_room(t, &capacity, target != NULL, r->time != NULL, err));
        if (target) FORE_GO(read_label(t, csv, &record, label, positive, every, err));
        if (by_row)
            t->when[t->n] = (double)t->n;
        else if (r->time)
            FORE_GO(read_time(t, csv, &record, when, err));
        for (int64_t j = 0; j < columns; j++)
            if (into[j] >= 0)
                FORE_GO(fore_frame_builder_cell(builder, into[j], record.cells[j],
                                                record.lengths[j], err));
        fore_frame_builder_end_row(builder);
        snprintf(number, sizeof number, "%lld", (long long)(t->n + 1));
        t->id_at[t->n++] = t->ids.length;
        const char *name = id >= 0 ? record.cells[id] : number;
        fore_text_add(&t->ids, name, (int64_t)strlen(name) + 1);
    }
    FORE_GO(fore_text_check(&t->ids, err));
    status = fore_frame_builder_finish(&builder, &t->frame, err);
done:
    fore_frame_builder_free(builder);
    fore_free(into);
    return status;
}

static fore_status check_outcomes(const fore_flat_table *t, const foresell_table_request *r,
                                  fore_error *err)
{
    int64_t positive = 0;
    for (int64_t i = 0; i < t->n; i++) positive += t->label[i] > 0;
    if (positive > 0 && positive < t->n) return FORE_OK;
    return fore_fail_at(
        err, FORE_E_NO_ANSWER, r->file, 0, 0,
        "%s of the %lld rows count as '%s' in the column '%s'; a score needs rows of "
        "both outcomes%s",
        positive ? "all" : "none", (long long)t->n, r->positive ? r->positive : "yes", r->target,
        positive ? "" : "; check --positive and --target");
}

fore_status fore_flat_read(fore_context *c, const foresell_table_request *r, const char *id,
                           const char *target, const char *positive, bool every, fore_flat_table *t,
                           fore_error *err)
{
    fore_csv *csv = NULL;
    *t = (fore_flat_table){0};
    FORE_TRY(fore_csv_open(r->file, NULL, &csv, err));
    fore_status status = read_rows(csv, r, id, target, positive, every, t, err);
    const fore_csv_info *info = fore_csv_about(csv);
    if (status == FORE_OK && info->encoding == FORE_CSV_WINDOWS_1252)
        fore_message(
            c->observer, FORE_WARNING,
            "%s: not UTF-8 (first at line %lld, byte %lld); read as Windows-1252. Export it as "
            "UTF-8 if letters look wrong",
            r->file, (long long)info->foreign_line, (long long)info->foreign_column);
    fore_csv_close(csv);
    if (status == FORE_OK && t->n == 0)
        status = fore_fail_at(err, FORE_E_DATA, r->file, 2, 0,
                              "there is a header and no row under it; export the table again");
    if (status == FORE_OK && target && every) status = check_outcomes(t, r, err);
    if (status != FORE_OK) fore_flat_free(t);
    return status;
}
