/* Building answers: grids of typed cells, notes, JSON. */
#include "engine/jobs/answer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

fore_status fore_answer_new(fore_answer **out, fore_error *err)
{
    *out = NULL;
    fore_answer *answer = FORE_ZNEW(1, fore_answer);
    fore_arena *arena = fore_arena_new();
    if (!answer || !arena) {
        fore_free(answer);
        fore_arena_free(arena);
        return fore_no_memory(err);
    }
    answer->arena = arena;
    *out = answer;
    return FORE_OK;
}

void fore_answer_free(fore_answer *answer)
{
    if (!answer) return;
    for (int64_t g = 0; g < answer->grid_count; g++) fore_free(answer->grids[g].cells);
    fore_free(answer->grids);
    fore_free(answer->notes);
    fore_text_free(&answer->json);
    fore_arena_free(answer->arena);
    fore_free(answer);
}

int64_t fore_answer_grid(fore_answer *answer, const char *name, const char *title,
                         const fore_column *columns, int64_t column_count)
{
    if (fore_grow((void **)&answer->grids, &answer->grid_capacity, answer->grid_count + 1,
                  sizeof *answer->grids, NULL)) {
        answer->failed = true;
        return -1;
    }
    fore_grid *grid = &answer->grids[answer->grid_count];
    *grid = (fore_grid){.name = name,
                        .title = fore_arena_string(answer->arena, title),
                        .columns = columns,
                        .column_count = column_count};
    if (title && !grid->title) answer->failed = true;
    return answer->grid_count++;
}

void fore_answer_row(fore_answer *answer, int64_t g)
{
    if (g < 0 || answer->failed) return;
    fore_grid *grid = &answer->grids[g];
    int64_t capacity = grid->row_capacity * grid->column_count;
    if (fore_grow((void **)&grid->cells, &capacity, (grid->row_count + 1) * grid->column_count,
                  sizeof *grid->cells, NULL)) {
        answer->failed = true;
        return;
    }
    grid->row_capacity = capacity / grid->column_count;
    fore_cell *row = grid->cells + grid->row_count * grid->column_count;
    for (int64_t c = 0; c < grid->column_count; c++) row[c] = (fore_cell){NULL, NAN};
    grid->row_count++;
    grid->filled = 0;
}

static fore_cell *next_cell(fore_answer *answer, int64_t g)
{
    if (g < 0 || answer->failed) return NULL;
    fore_grid *grid = &answer->grids[g];
    if (grid->row_count == 0 || grid->filled >= grid->column_count) return NULL;
    return grid->cells + (grid->row_count - 1) * grid->column_count + grid->filled++;
}

void fore_answer_text(fore_answer *answer, int64_t grid, const char *text)
{
    fore_cell *cell = next_cell(answer, grid);
    if (!cell || !text) return;
    cell->text = fore_arena_string(answer->arena, text);
    if (!cell->text) answer->failed = true;
}

void fore_answer_number(fore_answer *answer, int64_t grid, double number)
{
    fore_cell *cell = next_cell(answer, grid);
    if (cell) cell->number = number;
}

static const char *written(fore_answer *answer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *copy = length < 0 ? NULL : fore_arena_alloc(answer->arena, length + 1, 1);
    if (copy) vsnprintf(copy, (size_t)length + 1, format, again);
    va_end(again);
    if (!copy) answer->failed = true;
    return copy;
}

void fore_answer_note(fore_answer *answer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *note = written(answer, format, args);
    va_end(args);
    if (!note || fore_grow((void **)&answer->notes, &answer->note_capacity, answer->note_count + 1,
                           sizeof *answer->notes, NULL)) {
        answer->failed = true;
        return;
    }
    answer->notes[answer->note_count++] = note;
}

void fore_answer_lead(fore_answer *answer, int64_t grid, const char *format, ...)
{
    va_list args;
    if (grid < 0) return;
    va_start(args, format);
    answer->grids[grid].lead = written(answer, format, args);
    va_end(args);
}

void fore_answer_missing(fore_answer *answer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    answer->missing = written(answer, format, args);
    va_end(args);
}

fore_status fore_answer_finish(fore_answer *answer, fore_error *err)
{
    return answer->failed || answer->json.failed ? fore_no_memory(err) : FORE_OK;
}
