/* An answer: what a job gives back. It holds the JSON document that programs rely on, tables for
 * people (typed cells, so that a face can lay them out or write them as CSV), and sentences.
 * Owned by the caller; everything in it lives until fore_answer_free. */
#ifndef FORE_JOBS_ANSWER_H
#define FORE_JOBS_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/base/status.h"
#include "engine/base/text.h"

typedef enum fore_cell_kind {
    FORE_CELL_TEXT,
    FORE_CELL_INTEGER,
    FORE_CELL_NUMBER,  /* two or three digits that matter */
    FORE_CELL_MONEY,   /* whole units with thousands separators */
    FORE_CELL_PERCENT, /* 0.123 -> 12 % */
    FORE_CELL_RATIO    /* four decimals: AUC, log loss */
} fore_cell_kind;

typedef struct fore_column {
    const char *key;     /* CSV heading */
    const char *heading; /* for people; NULL: only in CSV */
    fore_cell_kind kind;
    int weight; /* 0: natural width; > 0: shares the width that is left; -1: on lines below the row */
} fore_column;

typedef struct fore_cell {
    const char *text; /* text columns; NULL = empty */
    double number;    /* the others; NaN = empty */
} fore_cell;

typedef struct fore_grid {
    const char *name;  /* "leads", "periods", ... */
    const char *title; /* over the table; NULL = none */
    const char *lead;  /* a sentence before the title, for people; NULL = none */
    const fore_column *columns;
    int64_t column_count, row_count, row_capacity;
    fore_cell *cells; /* row_count x column_count, row-major */
    int64_t filled;   /* cells of the last row that have been written */
} fore_grid;

typedef struct fore_answer {
    fore_arena *arena;
    fore_grid *grids;
    int64_t grid_count, grid_capacity;
    const char **notes; /* sentences, in order */
    int64_t note_count, note_capacity;
    const char *missing; /* what it could not answer although the rest stands; NULL: nothing */
    fore_text json;
    bool failed; /* an allocation failed; fore_answer_finish says so */
} fore_answer;

fore_status fore_answer_new(fore_answer **answer, fore_error *err);
void fore_answer_free(fore_answer *answer);

/* `columns` is borrowed for ever (static). The returned index names the grid in the calls below. */
int64_t fore_answer_grid(fore_answer *answer, const char *name, const char *title,
                         const fore_column *columns, int64_t column_count);
void fore_answer_row(fore_answer *answer, int64_t grid);
/* Fills the next cell of the last row. Text is copied. */
void fore_answer_text(fore_answer *answer, int64_t grid, const char *text);
void fore_answer_number(fore_answer *answer, int64_t grid, double number);
void fore_answer_note(fore_answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void fore_answer_lead(fore_answer *answer, int64_t grid, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void fore_answer_missing(fore_answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* E_MEMORY when anything on the way failed. */
fore_status fore_answer_finish(fore_answer *answer, fore_error *err);

#endif
