/* Frames for tests: from rows of '|' separated cells, and from a CSV file. */
#ifndef FORE_TEST_FRAME_HELP_H
#define FORE_TEST_FRAME_HELP_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "features/frame.h"

#define OK(expression)                                                                             \
    do {                                                                                           \
        fore_error ok_err_ = {0};                                                                  \
        fore_error *err = &ok_err_;                                                                \
        (void)err;                                                                                 \
        if ((expression) != FORE_OK) fail_msg("%s", ok_err_.message);                              \
    } while (0)

/* "a|b\n1|2\n": the first line names the columns. */
static inline fore_frame *frame_of(const char *table)
{
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    OK(fore_frame_builder_new(&builder, err));
    bool header = true;
    for (const char *line = table; *line; header = false) {
        const char *end = strchr(line, '\n');
        int64_t column = 0;
        for (const char *cell = line; cell <= end; column++) {
            const char *stop = cell;
            while (*stop != '|' && stop < end) stop++;
            char text[256];
            snprintf(text, sizeof text, "%.*s", (int)(stop - cell), cell);
            int64_t made;
            if (header)
                OK(fore_frame_builder_column(builder, text, &made, err));
            else
                OK(fore_frame_builder_cell(builder, column, text, -1, err));
            cell = stop + 1;
        }
        if (!header) fore_frame_builder_end_row(builder);
        line = end + 1;
    }
    OK(fore_frame_builder_finish(&builder, &frame, err));
    return frame;
}

/* The folder of the public data, or NULL. */
static inline const char *data_folder(void)
{
    static char folder[1024];
    const char *given = getenv("FORESELL_DATA"), *source = getenv("FORESELL_SOURCE");
    if (given)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/../shared/data", source ? source : ".");
    return folder;
}

static inline char *read_whole_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    if (bytes && fread(bytes, 1, (size_t)size, file) != (size_t)size) size = 0;
    if (bytes) bytes[size] = 0;
    fclose(file);
    return bytes;
}

/* One CSV cell into *out, quotes undone; returns what follows, *end_of_row says that the row ended.
 */
static inline const char *csv_cell(const char *at, char separator, fore_text *out, bool *end_of_row)
{
    fore_text_clear(out);
    bool quoted = *at == '"';
    if (quoted) at++;
    for (; *at; at++) {
        if (quoted && at[0] == '"' && at[1] == '"')
            at++;
        else if (quoted && *at == '"') {
            quoted = false;
            continue;
        } else if (!quoted && (*at == separator || *at == '\n' || *at == '\r'))
            break;
        fore_text_putc(out, *at);
    }
    *end_of_row = *at != separator;
    while (*end_of_row && (*at == '\r' || *at == '\n')) {
        bool newline = *at++ == '\n';
        if (newline) break;
    }
    return *end_of_row ? at : at + 1;
}

/* The file as a frame without the column `target`, whose cells equal to `positive` become label 1.
 * NULL, with a message, when the file is absent. *label is freed by the caller with free(). */
static inline fore_frame *frame_of_csv(const char *name, char separator, const char *target,
                                       const char *positive, double **label, int64_t limit)
{
    char path[1400];
    snprintf(path, sizeof path, "%s/%s", data_folder(), name);
    char *bytes = read_whole_file(path);
    if (!bytes) {
        printf("skipped: %s is not here\n", path);
        return NULL;
    }
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    OK(fore_frame_builder_new(&builder, err));
    int64_t columns[256], n_columns = 0, target_at = -1, rows = 0;
    fore_text cell = {0};
    bool end = false;
    const char *at = bytes;
    while (!end) {
        at = csv_cell(at, separator, &cell, &end);
        if (strcmp(fore_text_string(&cell), target) == 0)
            target_at = n_columns;
        else
            OK(fore_frame_builder_column(builder, fore_text_string(&cell), &columns[n_columns],
                                         err));
        n_columns++;
    }
    *label = calloc(1000000, sizeof **label);
    while (*at && rows < limit) {
        end = false;
        for (int64_t j = 0; !end; j++) {
            at = csv_cell(at, separator, &cell, &end);
            if (j == target_at)
                (*label)[rows] = strcmp(fore_text_string(&cell), positive) == 0;
            else if (j < n_columns)
                OK(fore_frame_builder_cell(builder, columns[j], fore_text_string(&cell), -1, err));
        }
        fore_frame_builder_end_row(builder);
        rows++;
    }
    fore_text_free(&cell);
    free(bytes);
    OK(fore_frame_builder_finish(&builder, &frame, err));
    return frame;
}

static inline const fore_frame_column *column_named(const fore_frame *frame, const char *name)
{
    int64_t at = fore_frame_find(frame, name);
    assert_true(at >= 0);
    return fore_frame_column_at(frame, at);
}

#endif
