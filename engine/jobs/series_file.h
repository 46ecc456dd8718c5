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
#include "engine/jobs/answer.h"
#include "engine/jobs/context.h"
#include "engine/jobs/series_columns.h"

/* How a time was written, which is how the answer writes it. */
typedef enum fore_series_form {
    FORE_FORM_NUMBER, /* a plain whole number */
    FORE_FORM_DAY,    /* 2026-01-31 */
    FORE_FORM_MONTH,  /* 2026-01 */
    FORE_FORM_QUARTER,
    FORE_FORM_WEEK,
    FORE_FORM_MOMENT /* with a time of day: the file then counts seconds */
} fore_series_form;

typedef struct fore_series_point {
    int64_t series, at; /* at: days (seconds in a file with times of day), or the number itself */
    double y;
    int64_t line, row; /* row: of the file's drivers */
    int64_t step;      /* on the grid of its series, from 0 */
    fore_series_form form;
    const char *bad; /* NULL, or what is wrong with the line: its series is left out */
    bool aside;      /* of a row that was set aside: only its time counts; row is -1 */
} fore_series_point;

/* A row that does not fit the header, or names no series. Its time counts where it can be read. */
typedef struct fore_series_aside {
    int64_t line, cells, at;
    fore_series_form form;
    bool nameless, timed;
    const char *id; /* of its series, as far as the row says; NULL: it does not */
} fore_series_aside;

typedef struct fore_series_file {
    fore_dictionary *ids;      /* also of series of which no row is left: the last ones */
    fore_dictionary *canonical; /* the same names, however they are composed */
    int64_t respelled;          /* 1 + the first that came in two ways; 0: none */
    fore_series_point *points; /* by series, then at */
    int64_t count, capacity;
    fore_series_aside *aside;
    int64_t aside_count, aside_capacity, header_cells;
    fore_series_columns columns;
    double *driver; /* one row of columns.drivers values per point */
    int64_t drivers, driver_capacity;
    const char *driver_name[FORE_SERIES_DRIVERS];
    bool nested; /* in a hierarchy: a row without a name is an error */
    bool summed; /* by --every: a period without a row is 0, up to the day `end` */
    fore_period every;
    int64_t end;
    /* what may be wrong with a line */
    const char *bad_time, *bad_value, *large_value, *other_order;
    int64_t quoted; /* lines that were told with their cell */
} fore_series_file;

/* r->strict: the first row that cannot be read fails the file. What was guessed is noted in the
 * answer, in whose arena the texts live. Columns among `names` (or NULL) are drivers too. *file
 * zeroed before the call; freed by the caller after failure too. */
fore_status fore_series_file_read(fore_context *c, const foresell_series_request *r,
                                  const fore_dictionary *names, fore_series_file *file,
                                  fore_answer *a, fore_error *err);
/* The number of a series; names that are the same letters are one. -1: memory. */
int64_t fore_series_id_add(fore_series_file *file, const char *id);
/* The same in a dictionary of its own; add: false, -1 where it is not. */
int64_t fore_series_id_canonical(fore_dictionary *names, const char *id, bool add);
/* Notes on names that could be taken for one. */
fore_status fore_series_ids_say(const fore_series_file *file, fore_answer *a, fore_error *err);
/* The name for people, cut where it is long; never NULL. */
const char *fore_series_called(fore_arena *arena, const char *id);
/* The values summed up by period: "day", "week", "month", "quarter", "year"; NULL: as they are. */
fore_status fore_series_sum_up(fore_series_file *file, const char *every, const char *path,
                               fore_answer *a, fore_error *err);
/* Why a row was set aside. */
void fore_series_aside_reason(const fore_series_file *file, const fore_series_aside *row,
                              char out[96]);
/* E_DATA: the same as an error. */
fore_status fore_series_file_fail(const fore_series_file *file, const char *path,
                                  const fore_series_aside *row, fore_error *err);
void fore_series_file_free(fore_series_file *file);

/* Steps besides those of fore_period. */
enum { FORE_STEP_NUMBER = -1, FORE_STEP_SECONDS = -2 };

typedef struct fore_series_plan {
    int step;      /* a fore_period, or one of the above */
    int64_t width; /* of a step of numbers or seconds */
    unsigned week; /* bit d: weekday d has values (bit 0: Monday); 0: every day, or not daily */
    fore_series_form form;
    int64_t season;
    int64_t start, last; /* times of the first and the last value */
    int64_t first, n;    /* into the values of the grid */
    int64_t ahead;       /* steps after them for which the file has drivers and no value */
    int64_t late;  /* values missing at the end: the first steps are theirs (fore_series_grid_end) */
    bool assumed;        /* the step, of a single date */
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
/* Every series ends at its last value; the steps from there to its last row are `late`. Nothing for
 * a file with drivers, whose plans tell `ahead`. */
void fore_series_grid_end(const fore_series_file *file, fore_series_grid *grid);
void fore_series_grid_free(fore_series_grid *grid);

/* The time n steps after `at`. */
int64_t fore_series_next(const fore_series_plan *plan, int64_t at, int64_t n);
/* "month", "working day" (only some weekdays have values), "time of day", "number", ... */
const char *fore_series_step_word(const fore_series_plan *plan);
/* The time `ahead` steps after the last one, as the file writes times. */
void fore_series_when(const fore_series_plan *plan, int64_t ahead, char out[32]);

#endif
