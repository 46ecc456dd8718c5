/* Imports of the fixture folders, one per CRM. */
#ifndef FORE_TESTS_VENDORS_HELP_H
#define FORE_TESTS_VENDORS_HELP_H

#include "import_helpers.h"

static inline fore_import_report import_fixture(fore_store *store, const char *vendor)
{
    char rest[100];
    snprintf(rest, sizeof rest, "tests/datasets/fixtures/%s", vendor);
    fore_import_report report = import_path(store, source_path(rest), NULL);
    assert_int_equal(report.rejected, 0);
    return report;
}

/* All changes as "deal field old>new at" lines in the store's order. */
static inline void collect_changes(fore_store *store, fore_text *out)
{
    fore_cursor *cursor = NULL;
    fore_deal_change_row row;
    bool more = true;
    char at[32];
    assert_int_equal(fore_cursor_open(store, FORE_TABLE_DEAL_CHANGE, false, &cursor, NULL),
                     FORE_OK);
    while (fore_cursor_next(cursor, &row, &more, NULL) == FORE_OK && more) {
        fore_time_format(row.at, at);
        fore_text_printf(out, "%s %s %s>%s\n", at, row.field, row.old_value ? row.old_value : "-",
                         row.new_value ? row.new_value : "-");
    }
    fore_cursor_close(cursor);
}

static inline void assert_changes(fore_store *store, const char *expected)
{
    fore_text text = {0};
    collect_changes(store, &text);
    assert_string_equal(fore_text_string(&text), expected);
    fore_text_free(&text);
}

#endif
