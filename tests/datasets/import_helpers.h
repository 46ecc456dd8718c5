/* What the import tests share: a workspace in memory, files in a folder of their own, rows by id.
 */
#ifndef IMPORT_HELPERS_H
#define IMPORT_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "datasets/import.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/memory.h"

static char folder[256];

static inline int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/foresell-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int drop_folder(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static inline const char *write_bytes(const char *name, const char *bytes, size_t length)
{
    static char paths[8][400];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
    return path;
}

static inline const char *write_text(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

static inline fore_store *open_store(void)
{
    fore_store *store = NULL;
    fore_error err = {0};
    if (fore_store_open(":memory:", FORE_STORE_CREATE, &store, &err) != FORE_OK)
        fail_msg("%s", err.message);
    return store;
}

static inline const char *source_path(const char *rest)
{
    static char path[512];
    const char *source = getenv("FORESELL_SOURCE");
    snprintf(path, sizeof path, "%s/%s", source ? source : ".", rest);
    return path;
}

/* Imports one path and expects success; `options` may be NULL. */
static inline fore_import_report import_path(fore_store *store, const char *path,
                                             const fore_import_options *options)
{
    fore_import_report report = {0};
    fore_error err = {0};
    fore_import_options o = options ? *options : (fore_import_options){0};
    o.paths = &path;
    o.path_count = 1;
    if (fore_import(store, &o, &report, &err) != FORE_OK) fail_msg("%s", err.message);
    return report;
}

static inline fore_status try_import(fore_store *store, const char *path,
                                     const fore_import_options *options, fore_error *err)
{
    fore_import_report report = {0};
    fore_import_options o = options ? *options : (fore_import_options){0};
    o.paths = &path;
    o.path_count = 1;
    fore_status status = fore_import(store, &o, &report, err);
    fore_import_report_free(&report);
    return status;
}

/* The row with this id (or, for tables without one, row number `nth`) under the cursor, which stays
 * open. */
static inline fore_cursor *cursor_at(fore_store *store, fore_table table, const char *id, void *row)
{
    fore_cursor *cursor = NULL;
    bool more = true;
    assert_int_equal(fore_cursor_open(store, table, true, &cursor, NULL), FORE_OK);
    for (;;) {
        assert_int_equal(fore_cursor_next(cursor, row, &more, NULL), FORE_OK);
        if (!more) fail_msg("no row %s", id);
        struct {
            int64_t pk;
            const char *id;
        } head; /* what every row starts with */
        memcpy(&head, row, sizeof head);
        if (strcmp(head.id, id) == 0) return cursor;
    }
}

static inline int64_t key_of(fore_store *store, fore_entity entity, const char *id)
{
    int64_t pk = 0;
    assert_int_equal(fore_store_find(store, entity, id, &pk, NULL), FORE_OK);
    return pk;
}

static inline void assert_time(int64_t time, const char *iso)
{
    char text[32];
    fore_time_format(time, text);
    assert_string_equal(text, iso);
}

static inline void assert_date(int32_t days, const char *iso)
{
    char text[32];
    fore_date_format(days, text);
    assert_string_equal(text, iso);
}

static inline bool warned(const fore_import_report *report, const char *part)
{
    for (int64_t i = 0; i < report->warning_count; i++) {
        if (strstr(report->warnings[i], part)) return true;
    }
    return false;
}

static inline bool noted(const fore_import_report *report, const char *part)
{
    for (int64_t f = 0; f < report->file_count; f++) {
        for (int64_t i = 0; i < report->files[f].note_count; i++) {
            if (strstr(report->files[f].notes[i], part)) return true;
        }
    }
    return false;
}

#endif
