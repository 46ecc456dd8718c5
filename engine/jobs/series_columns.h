/* Which columns of a file hold series, times and values, and how their cells are read: day or month
 * first, decimal point or comma, once for the whole file. */
#ifndef FORE_JOBS_SERIES_COLUMNS_H
#define FORE_JOBS_SERIES_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/cell_values.h"
#include "datasets/csv_reader.h"
#include "engine/foresell.h"
#include "engine/jobs/answer.h"

enum { FORE_SERIES_KEYS = 8, FORE_SERIES_DRIVERS = 40 };
/* A spreadsheet's count of days: what is taken for it, and its 1970-01-01. */
enum { FORE_SERIAL_FROM = 20000, FORE_SERIAL_END = 80000, FORE_SERIAL_EPOCH = 25569 };

typedef struct fore_series_columns {
    int64_t id[FORE_SERIES_KEYS], ids; /* several: their texts joined by "/" */
    int64_t date, value;               /* -1: none */
    int64_t driver[FORE_SERIES_DRIVERS], drivers;
    const char *date_name, *value_name;
    fore_date_order order;
    fore_decimal decimal;
    bool months, days; /* all times are numbers such as 202601, or 20260131 */
    bool serial;       /* they are days in a spreadsheet's count: 45631 = 2024-12-05 */
    bool clock;        /* some have a time of day */
} fore_series_columns;

/* By the options, else unique_id, ds and y, else what looks like them, which is noted. */
fore_status fore_series_columns_find(const fore_csv *csv, const foresell_series_request *r,
                                     fore_series_columns *columns, fore_answer *a, fore_error *err);
/* A file of drivers: times, series where it tells them, all other columns are drivers. */
fore_status fore_series_columns_of_drivers(const fore_csv *csv, const foresell_series_request *r,
                                           fore_series_columns *columns, fore_answer *a,
                                           fore_error *err);
/* Reads the file through and decides; the file is then back at its first record. */
fore_status fore_series_columns_learn(fore_csv *csv, const foresell_series_request *r,
                                      fore_series_columns *columns, fore_answer *a,
                                      fore_error *err);

/* A time. *at: days, in a file with times of day seconds; whole numbers as they are. */
bool fore_series_time(const fore_series_columns *columns, const char *text, int64_t length,
                      int64_t *at, int *form); /* form: fore_series_form */
/* A whole number of at most 1e15. */
bool fore_series_whole(const char *text, int64_t length, int64_t *value);
/* A number as the file writes them. */
bool fore_series_number(const fore_series_columns *columns, const char *text, int64_t length,
                        double *value);
/* A driver: a number, or yes and no; NaN when nothing is there. */
bool fore_series_driver(const fore_series_columns *columns, const char *text, int64_t length,
                        double *value);
/* The series that a row belongs to: its keys joined by "/"; NULL: memory. room: of the caller. */
const char *fore_series_key(const fore_series_columns *columns, const fore_csv_record *record,
                            fore_text *room);
bool fore_series_missing(const char *text, int64_t length); /* empty, or a word for it */

#endif
