/* Outliers of a series beside its drivers: only of what the drivers do not explain. A promotion's
 * months are none, and a slip of the pen does not pass for the promotion's effect. */
#ifndef FORE_SERIES_DRIVER_OUTLIERS_H
#define FORE_SERIES_DRIVER_OUTLIERS_H

#include "models/series/drivers.h"

/* y: n values, NaN = missing; rows: of the drivers' x, finite. kept: n values, those of y with
 * outliers missing; *count of them. longest: of the seasons, as fore_anomalies_find takes it. */
fore_status fore_driver_outliers(const double *y, int64_t n, int64_t m, int64_t longest,
                                 const fore_drivers *drivers, int64_t rows, double *kept,
                                 int64_t *count, fore_error *err);

#endif
