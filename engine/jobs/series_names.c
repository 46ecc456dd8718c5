/* Names from columns: see series_names.h. */
#include "engine/jobs/series_names.h"

#include <string.h>

#include "engine/jobs/series_tree.h"

static fore_status add_column(const fore_csv *csv, const char *word, int64_t length, bool crossed,
                              fore_series_names *n, fore_error *err)
{
    char name[128];
    while (length > 0 && *word == ' ') word++, length--;
    while (length > 0 && word[length - 1] == ' ') length--;
    if (length == 0 || length >= (int64_t)sizeof name || n->count == FORE_SERIES_KEYS)
        return fore_fail(err, FORE_E_USAGE,
                         "--hierarchy is 'path', or columns from the top down such as "
                         "region,team,rep, crossed ones such as region,team*product");
    memcpy(name, word, (size_t)length);
    name[length] = '\0';
    for (int64_t j = 0; j < fore_csv_columns(csv); j++) {
        if (!fore_text_equal_fold(fore_csv_name(csv, j), name)) continue;
        n->crossed[n->count] = crossed;
        n->column[n->count++] = j;
        return FORE_OK;
    }
    return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
                        "there is no column '%s', which --hierarchy names", name);
}

fore_status fore_series_names_find(const fore_csv *csv, const foresell_series_request *r,
                                   fore_arena *arena, fore_series_names *n, const char **columns,
                                   fore_error *err)
{
    const char *by = r->hierarchy;
    n->separator = r->separator ? r->separator : "/";
    if (by && !n->separator[0])
        return fore_fail(err, FORE_E_USAGE, "--separator is at least one character, such as /");
    if (!by || fore_text_equal_fold(by, "path")) return FORE_OK;
    if (r->id)
        return fore_fail(err, FORE_E_USAGE,
                         "columns are named by --hierarchy or by --id, not by both");
    bool crossed = false;
    for (;;) {
        size_t length = strcspn(by, ",*");
        FORE_TRY(add_column(csv, by, (int64_t)length, crossed, n, err));
        if (!by[length]) break;
        crossed = by[length] == FORE_SERIES_CROSS;
        by += length + 1;
    }
    const char *list = fore_csv_name(csv, n->column[0]);
    for (int64_t i = 1; list && i < n->count; i++)
        list = fore_arena_format(arena, "%s,%s", list, fore_csv_name(csv, n->column[i]));
    *columns = list;
    return list ? FORE_OK : fore_no_memory(err);
}

fore_status fore_series_names_make(fore_series_names *n, const fore_csv *csv,
                                   const fore_csv_record *record, const char **name,
                                   fore_error *err)
{
    bool any = false;
    fore_text_clear(&n->text);
    for (int64_t i = 0; i < n->count; i++) any |= n->crossed[i];
    for (int64_t i = 0; i < n->count; i++) {
        const char *cell = record->cells[n->column[i]], *column = fore_csv_name(csv, n->column[i]);
        bool split = strstr(cell, n->separator) || (any && strchr(cell, FORE_SERIES_CROSS));
        if (!*cell)
            return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                                "the column %s is empty; every row has to say where it belongs",
                                column);
        if (split)
            return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                                "'%s' in the column %s holds '%s' or '%c', which part the names; "
                                "give another --separator, or rename it",
                                cell, column, n->separator, FORE_SERIES_CROSS);
        if (i > 0 && n->crossed[i])
            fore_text_putc(&n->text, FORE_SERIES_CROSS);
        else if (i > 0)
            fore_text_puts(&n->text, n->separator);
        fore_text_puts(&n->text, cell);
    }
    FORE_TRY(fore_text_check(&n->text, err));
    *name = fore_text_string(&n->text);
    return FORE_OK;
}
