/* Names of series from columns that say where they stand: "region,team,rep" gives
 * "South/Team A/Ravi"; "region,team*product", crossed, gives "South/Team A*Mugs" (series_tree.h).
 */
#ifndef FORE_JOBS_SERIES_NAMES_H
#define FORE_JOBS_SERIES_NAMES_H

#include "datasets/csv_reader.h"
#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "engine/jobs/series_columns.h"

typedef struct fore_series_names {
    const char *separator;
    int64_t count; /* 0: the file's unique_id is the name */
    int64_t column[FORE_SERIES_KEYS];
    bool crossed[FORE_SERIES_KEYS]; /* a new chain begins with it */
    fore_text text;
} fore_series_names;

/* By request->hierarchy; *columns becomes a list of those that it names. E_USAGE; E_DATA: no such
 * column. */
fore_status fore_series_names_find(const fore_csv *csv, const foresell_series_request *request,
                                   fore_arena *arena, fore_series_names *names,
                                   const char **columns, fore_error *err);
/* *name holds until the next call. E_DATA: an empty cell, or one with a separator in it. */
fore_status fore_series_names_make(fore_series_names *names, const fore_csv *csv,
                                   const fore_csv_record *record, const char **name,
                                   fore_error *err);

#endif
