/* Holidays from a file, and what else the calendar says of a series' steps. */
#ifndef FORE_JOBS_SERIES_HOLIDAYS_H
#define FORE_JOBS_SERIES_HOLIDAYS_H

#include "engine/jobs/series_file.h"

enum { FORE_CALENDAR_MOST = 19 }; /* columns of fore_calendar_columns */

typedef struct fore_holidays fore_holidays;

/* date,name[,country][,before][,after][,off]: before and after widen a holiday by so many days; off
 * (yes) tells that nobody works on the day itself. country NULL: all rows. */
fore_status fore_holidays_read(const char *path, const char *country,
                               const foresell_series_request *r, fore_holidays **holidays,
                               fore_answer *a, fore_error *err);
void fore_holidays_free(fore_holidays *holidays); /* NULL is fine, also below: no holidays */
int64_t fore_holidays_count(const fore_holidays *holidays);
const char *fore_holidays_name(const fore_holidays *holidays, int64_t i);
/* The name's share in the period [from, end) in days (models/series/driver_calendar.h). */
double fore_holidays_share(const fore_holidays *holidays, int64_t i, int32_t from, int32_t end);
/* The newest day of the name, or FORE_NO_DATE. */
int32_t fore_holidays_last(const fore_holidays *holidays, int64_t i);

/* One regressor that the calendar gives. */
typedef struct fore_calendar_column {
    const char *name; /* "working days", "Tuesday", "February" */
    int group;        /* chosen together, by AICc */
    int part;         /* weekday 0..6 or month 1..12 */
} fore_calendar_column;

/* What is not held by the season of such a series; out holds FORE_CALENDAR_MOST. Returns how many.
 */
int64_t fore_calendar_columns(const fore_series_plan *plan, const fore_holidays *holidays,
                              fore_calendar_column *out);
double fore_calendar_at(const fore_calendar_column *column, const fore_holidays *holidays,
                        int32_t from, int32_t end);

#endif
