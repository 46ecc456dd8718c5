/* What drives the series of a file, from all sources: columns of the file itself, a file of
 * drivers, a file of holidays, the calendar. One table of regressors per series
 * (models/series/drivers.h), over its history and the steps to come. */
#ifndef FORE_JOBS_SERIES_DRIVERS_H
#define FORE_JOBS_SERIES_DRIVERS_H

#include "engine/jobs/series_file.h"
#include "models/series/drivers.h"

typedef struct fore_series_sources fore_series_sources;

/* Reads the files that the request names. *sources is NULL where nothing drives. */
fore_status fore_series_sources_read(const foresell_series_request *r,
                                     fore_series_sources **sources, fore_answer *a,
                                     fore_error *err);
void fore_series_sources_free(fore_series_sources *sources); /* NULL is fine */
/* The drivers of the file of drivers: columns of these names are drivers of the series' file too.
 * NULL: there are none. */
const fore_dictionary *fore_series_sources_names(const fore_series_sources *sources);

/* The drivers of series s (y: its plan->n values) over plan->n + horizon rows; they live as long as
 * the sources. Where a value is missing plan->why says which. *drivers NULL: none. */
fore_status fore_series_drivers_make(fore_series_sources *sources, const fore_series_file *file,
                                     const double *y, int64_t s, fore_series_plan *plan,
                                     int64_t horizon, const fore_drivers **drivers,
                                     fore_error *err);

/* What a driver of this name is. */
typedef enum fore_driver_kind {
    FORE_DRIVER_GIVEN,
    FORE_DRIVER_HOLIDAY,
    FORE_DRIVER_WEEKDAY,
    FORE_DRIVER_MONTH,
    FORE_DRIVER_DAYS /* working days, days in the period */
} fore_driver_kind;
fore_driver_kind fore_series_sources_kind(const fore_series_sources *sources, const char *name);

/* What was taken on, holidays that end before the forecasts do, a calendar that adds nothing. */
void fore_series_sources_say(const fore_series_sources *sources, fore_answer *a);

#endif
