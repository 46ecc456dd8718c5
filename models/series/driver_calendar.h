/* Drivers that the calendar knows: working days, and holidays that move from period to period.
 * A period is [from, end) in days since 1970. */
#ifndef FORE_SERIES_DRIVER_CALENDAR_H
#define FORE_SERIES_DRIVER_CALENDAR_H

#include <stdint.h>

/* Mondays to Fridays, less those of the n days off (ascending, each once) among them. */
double fore_working_days(int32_t from, int32_t end, const int32_t *off, int64_t n);

/* A holiday with the days around it on which it is felt: [from, end). */
typedef struct fore_window {
    int32_t from, end;
} fore_window;

/* How much of these windows falls into the period: 1 for a day inside of one; of longer periods the
 * share of each window's days, so that a Diwali on the border of two months counts in both. */
double fore_window_share(int32_t from, int32_t end, const fore_window *window, int64_t n);

#endif
