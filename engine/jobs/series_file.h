/* A file of series as `foresell series` takes it in: read, then made regular. In between every
 * series stands on its own, so that a bad one never stops the others.
 *
 *   fore_series_file_read   lines of unique_id,ds,y -> points, sorted by series and time
 *   fore_series_grid_make   points -> one regular grid of values per series, or why there is none
 */
#ifndef FORE_JOBS_SERIES_FILE_H
#define FORE_JOBS_SERIES_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "engine/jobs/context.h"

enum { FORE_STEP_NUMBER = -1 }; /* the times are plain whole numbers */

typedef struct fore_series_point {
    int64_t series, at; /* at: days, or the number itself when ds is not a date */
    double y;
    int64_t line;
    bool dated;
    const char *bad; /* NULL, or what is wrong with the line: its series is left out */
} fore_series_point;

/* A row that does not fit the header. */
typedef struct fore_series_aside {
    int64_t line, cells;
    const char *id; /* of its series, as far as the row says; NULL: it does not */
} fore_series_aside;

typedef struct fore_series_file {
    fore_dictionary *ids;      /* also of series of which no row is left: the last ones */
    fore_series_point *points; /* by series, then at */
    int64_t count, capacity;
    fore_series_aside *aside;
    int64_t aside_count, aside_capacity, header_cells;
} fore_series_file;

/* strict: the first row that cannot be read fails the file. *file zeroed before the call; freed by
 * the caller after failure too. Texts live in the arena. */
fore_status fore_series_file_read(fore_context *c, const char *path, bool strict,
                                  fore_series_file *file, fore_arena *arena, fore_error *err);
/* E_DATA: the line has another number of cells than the header. */
fore_status fore_series_file_fail(const fore_series_file *file, const char *path,
                                  const fore_series_aside *row, fore_error *err);
void fore_series_file_free(fore_series_file *file);

typedef struct fore_series_plan {
    int step; /* a fore_period, or FORE_STEP_NUMBER */
    int64_t season;
    int64_t start, last; /* times of the first and the last value */
    int64_t first, n;    /* into the values of the grid */
    char why[200];       /* not empty: left out, and why */
    int64_t line;        /* where it showed */
} fore_series_plan;

typedef struct fore_series_grid {
    int64_t series; /* as many as file->ids */
    fore_series_plan *plan;
    double *values; /* series s: plan[s].n from plan[s].first on, NaN where there is none */
    int64_t count, capacity;
} fore_series_grid;

/* season 0: from the dates. *grid zeroed before the call; freed by the caller after failure too. */
fore_status fore_series_grid_make(const fore_series_file *file, int64_t season,
                                  fore_series_grid *grid, fore_error *err);
/* E_DATA: the first line of the file for which a series was left out; FORE_OK when none was. */
fore_status fore_series_grid_refuse(const fore_series_grid *grid, const char *path,
                                    fore_error *err);
void fore_series_grid_free(fore_series_grid *grid);

/* The time n steps after `at`. */
int64_t fore_series_next(int step, int64_t at, int64_t n);
void fore_series_when(const fore_series_plan *plan, int64_t ahead, char out[32]);

#endif
