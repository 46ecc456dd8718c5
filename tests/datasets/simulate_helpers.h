/* A folder for a test, and the simulator's files as tables of text. */
#ifndef FORESELL_TESTS_SIMULATE_HELPERS_H
#define FORESELL_TESTS_SIMULATE_HELPERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datasets/csv_reader.h"
#include "datasets/simulate.h"
#include "engine/base/civil.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/base/text.h"

static char top[64];

static inline int make_top(void **state)
{
    (void)state;
    strcpy(top, "/tmp/foresell-sim-XXXXXX");
    return mkdtemp(top) ? 0 : -1;
}

static inline int drop_top(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", top);
    return system(command);
}

/* top/name, in one of a few turning buffers. */
static inline const char *under_top(const char *name)
{
    static char path[8][256];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", top, name);
    return path[turn];
}

typedef struct table {
    fore_arena *arena;
    char ***cell; /* rows x columns */
    int64_t rows, columns, capacity;
    char **name;
    fore_csv_info info;
} table;

static inline table read_table(const char *folder, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    fore_csv *csv;
    fore_error err = {0};
    if (fore_csv_open(path, NULL, &csv, &err) != FORE_OK) fail_msg("%s", err.message);
    table t = {
        .arena = fore_arena_new(), .columns = fore_csv_columns(csv), .info = *fore_csv_about(csv)};
    t.name = fore_arena_alloc(t.arena, t.columns, sizeof *t.name);
    for (int64_t j = 0; j < t.columns; j++)
        t.name[j] = fore_arena_string(t.arena, fore_csv_name(csv, j));
    fore_csv_record record;
    bool more = true;
    while (fore_csv_next(csv, &record, &more, &err) == FORE_OK && more) {
        fore_grow((void **)&t.cell, &t.capacity, t.rows + 1, sizeof *t.cell, NULL);
        char **row = fore_arena_alloc(t.arena, t.columns, sizeof *row);
        for (int64_t j = 0; j < t.columns; j++)
            row[j] = j < record.count ? fore_arena_copy(t.arena, record.cells[j], record.lengths[j])
                                      : NULL;
        t.cell[t.rows++] = row;
    }
    assert_int_equal(err.code, FORE_OK);
    fore_csv_close(csv);
    return t;
}

static inline void free_table(table *t)
{
    fore_arena_free(t->arena);
    fore_free(t->cell);
}

static inline int64_t column(const table *t, const char *name)
{
    for (int64_t j = 0; j < t->columns; j++)
        if (strcmp(t->name[j], name) == 0) return j;
    fail_msg("no column %s", name);
    return -1;
}

static inline int64_t time_in(const char *text)
{
    int64_t time;
    if (!*text) return FORE_NO_TIME;
    if (!fore_time_parse(text, (int64_t)strlen(text), NULL, &time, NULL))
        fail_msg("'%s' is no time", text);
    return time;
}

static inline double number_in(const char *text)
{
    double x;
    if (!fore_number_parse(text, (int64_t)strlen(text), &x)) fail_msg("'%s' is no number", text);
    return x;
}

/* The first column as a dictionary; fails on a key that occurs twice. */
static inline fore_dictionary *keys_of(const table *t)
{
    fore_dictionary *d = fore_dictionary_new();
    for (int64_t i = 0; i < t->rows; i++)
        if (fore_dictionary_add(d, t->cell[i][0], (int64_t)strlen(t->cell[i][0])) != i)
            fail_msg("the key %s occurs twice", t->cell[i][0]);
    return d;
}

static inline int64_t find_key(const fore_dictionary *d, const char *key)
{
    return fore_dictionary_find(d, key, (int64_t)strlen(key));
}

static inline fore_json *read_truth(const char *folder)
{
    char path[512];
    fore_text text = {0};
    fore_json *document;
    snprintf(path, sizeof path, "%s/truth.json", folder);
    assert_int_equal(fore_file_read(path, 0, &text, NULL), FORE_OK);
    assert_int_equal(fore_json_parse(text.bytes, text.length, &document, NULL), FORE_OK);
    fore_text_free(&text);
    return document;
}

/* A quarter of the default company over a year, without the expensive truths. */
static inline fore_simulate_options small_world(void)
{
    fore_simulate_options o = fore_simulate_default();
    o.reps = 5;
    o.leads_per_week = 20;
    o.weeks = 52;
    o.truth_draws = 0;
    return o;
}

static inline void simulate(const fore_simulate_options *o, const char *folder,
                            fore_simulate_truth *truth)
{
    fore_error err = {0};
    if (fore_simulate(o, folder, NULL, NULL, truth, &err) != FORE_OK) fail_msg("%s", err.message);
}

#endif
