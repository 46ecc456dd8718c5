/* What a cell of a CSV file means: numbers, money, dates and times, yes and no, durations.
 *
 * A single cell is often ambiguous: 03/04/2026, 1.234. So a column is read twice. First every cell
 * is observed, and cells that allow only one reading (25/12/2026; 12,50) count as evidence; then
 * the column's reading is decided once and applied to all of it. All functions are pure and
 * allocate nothing; `text` need not be NUL-terminated. Spaces at both ends are ignored. */
#ifndef FORE_DATASETS_CELL_VALUES_H
#define FORE_DATASETS_CELL_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/civil.h"

/* --- numbers and money --- */

typedef enum fore_decimal { FORE_DECIMAL_POINT, FORE_DECIMAL_COMMA } fore_decimal;

typedef struct fore_number_evidence {
    int64_t cells;   /* not empty */
    int64_t numbers; /* readable as a number in one way or another */
    int64_t point;   /* only a decimal point fits: 12.50, 1,234.5, 1,234,567 */
    int64_t comma;   /* only a decimal comma fits: 12,50, 2.900,00, 1.234.567 */
    int64_t either;  /* one separator with three digits behind it: 1.234, 1,234 */
} fore_number_evidence;

void fore_number_observe(fore_number_evidence *evidence, const char *text, int64_t length);
/* The column's reading. *ambiguous (may be NULL): there are `either` cells and nothing decides
 * them, or both signs were proved. A cell that proves its own reading is always read in that way.
 */
fore_decimal fore_number_decide(const fore_number_evidence *evidence, bool *ambiguous);

/* Accepts currency signs and ISO codes before or behind, thousands separators (comma, point, space,
 * apostrophe, also 1,50,000), a sign or brackets for minus, percent signs (12% = 12), K, M and B
 * ("1.117,10K" = 1117.10 thousand), and exponents. False when it is not a number. */
bool fore_cell_number(const char *text, int64_t length, fore_decimal decimal, double *value);
/* The same in hundredths, exact, half away from zero; false also when it does not fit int64_t. */
bool fore_cell_money(const char *text, int64_t length, fore_decimal decimal, int64_t *minor);

/* --- dates and times --- */

typedef enum fore_date_order {
    FORE_ORDER_ISO, /* year first, or the month in letters: nothing to decide */
    FORE_DAY_FIRST,
    FORE_MONTH_FIRST,
    FORE_EXCEL_SERIAL /* 45631 = 2024-12-05, 45631.5 = noon */
} fore_date_order;
const char *fore_date_order_word(fore_date_order order);

typedef struct fore_date_evidence {
    int64_t cells;       /* not empty */
    int64_t plain;       /* one reading only: ISO, month in letters */
    int64_t day_first;   /* first number above 12 */
    int64_t month_first; /* second number above 12 */
    int64_t either;      /* both at most 12 */
    int64_t serial;      /* a bare number between 20000 and 80000 */
    int64_t epoch;       /* a bare number of 10 or 13 digits: seconds or milliseconds since 1970 */
} fore_date_evidence;

void fore_date_observe(fore_date_evidence *evidence, const char *text, int64_t length);
/* `usual` is what the vendor does where the column itself does not tell. *ambiguous: there are
 * `either` cells and nothing decides them, or the cells contradict each other (the majority is
 * taken). */
fore_date_order fore_date_decide(const fore_date_evidence *evidence, fore_date_order usual,
                                 bool *ambiguous);

/* ISO 8601; D/M/Y and M/D/Y with / . or -; years of two digits (00-68: 20xx, 69-99: 19xx);
 * "15 Apr, 2021", "Apr 15 2021"; all with an optional time of day, also 08:55 PM, and zone Z or an
 * offset; epoch seconds or milliseconds; serials where `order` says so. Without zone: local to
 * `zone`. *date_only (may be NULL): no time of day was given. */
bool fore_cell_time(const char *text, int64_t length, fore_date_order order, const fore_zone *zone,
                    int64_t *time, bool *date_only);
/* The calendar day of the same (local to `zone` where a moment is given). */
bool fore_cell_date(const char *text, int64_t length, fore_date_order order, const fore_zone *zone,
                    int32_t *days);

/* A month, quarter or week written as such: 2023-01, 01/2023, Jan 2023, Jan-23, 2023M01; 2023-Q1,
 * 2023Q1, Q1 2023, 1Q23; 2023-W05, W05 2023 (ISO 8601 weeks). *start: its first day. False for
 * anything else, dates among it. */
bool fore_cell_period(const char *text, int64_t length, fore_period *period, int32_t *start);
/* 1..12 for the English name of a month or its first three letters, else 0. */
int fore_cell_month(const char *word, int64_t length);

/* --- the rest --- */

/* yes/no, true/false, t/f, y/n, 1/0, on/off, in any case; also ja/nein, oui/non, si/no. */
bool fore_cell_flag(const char *text, int64_t length, bool *value);
/* A duration in the unit of the column: a number, or h:mm, h:mm:ss (both of which are absolute and
 * are divided by `unit_seconds`). The result is in minutes. unit_seconds: 0.001, 1, 60, 3600. */
bool fore_cell_minutes(const char *text, int64_t length, double unit_seconds, fore_decimal decimal,
                       double *minutes);
/* Nothing there: empty, spaces, or a word for it (null, none, n/a, #n/a, nan, -, \N). */
bool fore_cell_empty(const char *text, int64_t length);

#endif
