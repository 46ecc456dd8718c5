/* The calendar that a company plans by. Days are days since 1970-01-01 (civil.h); a period starts at
 * `start` and ends before the next one.
 *
 * Months:   fiscal year = the 12 months from the 1st of start_month; quarters are its months 1-3, 4-6,
 *           7-9, 10-12.
 * Weeks:    fiscal year = 52 or 53 whole weeks; it begins on the week_start day nearest to the 1st of
 *           start_month (at most 3 days off), or on the last such day at or before it. A quarter is 13
 *           weeks, its months 4+4+5, 4+5+4 or 5+4+4; a 53rd week is the last month's. (What retailers
 *           call the 4-5-4 calendar, accountants a 52-53-week year.)
 * Own:      listed starts are the months; before the first and after the last one, periods are as
 *           long as the nearest listed one. Quarters and years stay those of start_month.
 *
 * All zero, or NULL, is the civil calendar: the same days and names as fore_period_*. */
#ifndef FORE_BASE_CALENDAR_H
#define FORE_BASE_CALENDAR_H

#include "engine/base/civil.h"

typedef enum fore_weeks_rule {
    FORE_WEEKS_NONE, FORE_WEEKS_445, FORE_WEEKS_454, FORE_WEEKS_544
} fore_weeks_rule;

enum { FORE_CALENDAR_OWN = 400 };
typedef struct fore_calendar {
    int32_t start_month;    /* 1-12; 0: 1 */
    fore_weeks_rule weeks;
    int32_t week_start;     /* the day weeks begin with, 0 = Monday ... 6 = Sunday */
    bool latest;            /* years of weeks: the last such day at or before the 1st, not the nearest */
    bool named_by_start;    /* "FY2026" is the year that begins in 2026, not the one that ends in it */
    int32_t own_count;      /* 0, or from 2 on */
    int32_t own[FORE_CALENDAR_OWN]; /* ascending */
} fore_calendar;

int32_t fore_calendar_start(const fore_calendar *calendar, fore_period period, int32_t day);
int32_t fore_calendar_add(const fore_calendar *calendar, fore_period period, int32_t start, int32_t n);
/* "2026-01-05" (day, week, own), "2026-01", "FY2027 P01" (months of weeks), "2026 Q1", "FY2027 Q1",
 * "2026", "FY2027". */
void fore_calendar_name(const fore_calendar *calendar, fore_period period, int32_t start, char out[32]);
/* Periods in a year, for seasons: 52, 12 (or as many as the listed ones come to), 4, 1; 0 for days. */
int64_t fore_calendar_a_year(const fore_calendar *calendar, fore_period period);

/* Its settings: "fiscal_year_start" (1-12 or a month's name), "fiscal_weeks" (4-4-5, 4-5-4, 5-4-4 or
 * none), "week_start" (a weekday), "fiscal_year_begins" (nearest, last), "fiscal_year_named" (end,
 * start), "period_starts" (dates separated by commas or spaces). An empty value: as without it.
 * E_USAGE says what to write; E_NOT_FOUND for another name. */
fore_status fore_calendar_set(fore_calendar *calendar, const char *name, const char *value,
                              fore_error *err);
extern const char *const fore_calendar_settings[]; /* their names, NULL at the end */

#endif
