/* Civil time. A moment is int64_t microseconds since 1970-01-01T00:00:00Z; a date is int32_t days
 * since 1970-01-01. Unknown is FORE_NO_TIME / FORE_NO_DATE. Proleptic Gregorian calendar.
 * No function here reads a clock, except fore_clock_now, which only engine/cli and engine/serve
 * may call (and engine/base's logging). */
#ifndef FORE_BASE_CIVIL_H
#define FORE_BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

#define FORE_NO_TIME INT64_MIN
#define FORE_NO_DATE INT32_MIN
#define FORE_SECOND INT64_C(1000000)
#define FORE_MINUTE (60 * FORE_SECOND)
#define FORE_HOUR (60 * FORE_MINUTE)
#define FORE_DAY (24 * FORE_HOUR)

typedef struct fore_civil {
    int32_t year;
    int32_t month, day; /* from 1 */
    int32_t hour, minute, second, microsecond;
} fore_civil;

int32_t fore_days_from_civil(int32_t year, int32_t month, int32_t day);
void fore_civil_from_days(int32_t days, int32_t *year, int32_t *month, int32_t *day);
int fore_weekday(int32_t days);             /* 0 = Monday ... 6 = Sunday */
int fore_month_length(int32_t year, int32_t month);
int32_t fore_date_of(int64_t time);         /* floor to the UTC day */
int64_t fore_time_of_date(int32_t days);    /* its UTC midnight */
int64_t fore_time_from_civil(const fore_civil *civil); /* UTC */
void fore_civil_from_time(int64_t time, fore_civil *civil);
bool fore_civil_valid(const fore_civil *civil); /* a real date and time of day, years 1..9999 */

/* Periods of the calendar. A period starts at `start` (days) and ends before the next start. */
typedef enum fore_period { FORE_DAILY, FORE_WEEKLY, FORE_MONTHLY, FORE_QUARTERLY, FORE_YEARLY } fore_period;
int32_t fore_period_start(fore_period period, int32_t days);         /* weeks start on Monday */
int32_t fore_period_add(fore_period period, int32_t start, int32_t n); /* n periods on, n may be < 0 */
bool fore_period_parse(const char *word, fore_period *period);       /* day week month quarter year */
const char *fore_period_word(fore_period period);

/* A time zone: UTC, a fixed offset ("+05:30"), or an IANA name read from the system's zoneinfo. */
typedef struct fore_zone fore_zone;
fore_status fore_zone_open(const char *name, fore_zone **zone, fore_error *err); /* NULL or "" = UTC */
void fore_zone_free(fore_zone *zone);
int64_t fore_zone_offset(const fore_zone *zone, int64_t time); /* microseconds east of UTC; NULL = UTC */
/* Local civil time -> moment. In a gap the later, in a fold the earlier reading is taken. */
int64_t fore_zone_to_utc(const fore_zone *zone, int64_t local);

/* ISO 8601: "2026-01-31", "2026-01-31T09:30", "... 09:30:00.25", with 'Z' or an offset, or a space
 * for the T. Without zone the text is local to `zone`. *date_only says that no time of day was given.
 * False when it is anything else. */
bool fore_time_parse(const char *text, int64_t length, const fore_zone *zone, int64_t *time,
                     bool *date_only);
/* "2026-01-31T09:30:00Z"; microseconds only when not 0. "" for FORE_NO_TIME. out holds 32 bytes. */
void fore_time_format(int64_t time, char out[32]);
void fore_date_format(int32_t days, char out[32]); /* "2026-01-31" */

int64_t fore_clock_now(void);       /* the wall clock */
double fore_clock_seconds(void);    /* monotonic, for durations only */

#endif
