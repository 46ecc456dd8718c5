/* Fiscal calendars: years of months and years of weeks, both counted from the 1st of a month.
 *
 *     year of a day: the last year Y with start(Y) <= day
 *     months:  start(Y) = 1st of start_month of Y
 *     weeks:   start(Y) = the week_start day in [first - 3, first + 3] (nearest), [first - 6,
 * first] (last); month k of a year begins 13 (k / 3) + (0, a, a + b)[k mod 3] weeks after it */
#include "engine/base/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

enum { NEAREST_DAYS = 3, QUARTER_WEEKS = 13, OWN_DAYS_MOST = 400 };

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static int32_t start_month(const fore_calendar *c) { return c->start_month ? c->start_month : 1; }

static bool is_fiscal(const fore_calendar *c)
{
    return c && (start_month(c) != 1 || c->weeks != FORE_WEEKS_NONE);
}

static int32_t week_of(const fore_calendar *c, int32_t day)
{
    return day - (fore_weekday(day) - c->week_start + 7) % 7;
}

/* The first day of the fiscal year that begins in (or, by weeks, near) year's start_month. */
static int32_t year_start(const fore_calendar *c, int32_t year)
{
    int32_t first = fore_days_from_civil(year, start_month(c), 1);
    if (c->weeks == FORE_WEEKS_NONE) return first;
    return week_of(c, c->latest ? first : first + NEAREST_DAYS);
}

static int32_t year_of(const fore_calendar *c, int32_t day)
{
    int32_t year, month, d;
    fore_civil_from_days(day, &year, &month, &d);
    year++; /* a year of weeks may begin in December before */
    while (year_start(c, year) > day) year--;
    return year;
}

/* Month k (0-11) of a fiscal year. */
static int32_t month_start(const fore_calendar *c, int32_t year, int32_t k)
{
    static const int32_t weeks[][3] = {{0, 0, 0}, {0, 4, 8}, {0, 4, 9}, {0, 5, 9}};
    if (c->weeks != FORE_WEEKS_NONE)
        return year_start(c, year) + 7 * (QUARTER_WEEKS * (k / 3) + weeks[c->weeks][k % 3]);
    int32_t months = start_month(c) - 1 + k;
    return fore_days_from_civil(year + months / 12, months % 12 + 1, 1);
}

static int32_t months_in(fore_period period)
{
    return period == FORE_MONTHLY ? 1 : period == FORE_QUARTERLY ? 3 : 12;
}

/* Year and month (0-11) that the period of a day begins with. */
static void place(const fore_calendar *c, fore_period period, int32_t day, int32_t *year,
                  int32_t *k)
{
    int32_t step = months_in(period), last = 12 - step;
    *year = year_of(c, day);
    for (*k = last; *k > 0 && month_start(c, *year, *k) > day;) *k -= step;
}

/* --- own periods --- */

/* Start of own period i, which may lie outside the list. */
static int32_t own_start(const fore_calendar *c, int64_t i)
{
    int64_t last = c->own_count - 1;
    if (i < 0) return (int32_t)(c->own[0] + i * (c->own[1] - c->own[0]));
    if (i > last) return (int32_t)(c->own[last] + (i - last) * (c->own[last] - c->own[last - 1]));
    return c->own[i];
}

static int64_t own_index(const fore_calendar *c, int32_t day)
{
    int64_t last = c->own_count - 1, i = 0;
    if (day < c->own[0]) return floor_div((int64_t)day - c->own[0], c->own[1] - c->own[0]);
    if (day >= c->own[last])
        return last + floor_div((int64_t)day - c->own[last], c->own[last] - c->own[last - 1]);
    while (c->own[i + 1] <= day) i++;
    return i;
}

static bool is_own(const fore_calendar *c, fore_period period)
{
    return c && c->own_count >= 2 && period == FORE_MONTHLY;
}

/* --- periods --- */

int32_t fore_calendar_start(const fore_calendar *c, fore_period period, int32_t day)
{
    int32_t year, k;
    if (is_own(c, period)) return own_start(c, own_index(c, day));
    if (c && period == FORE_WEEKLY) return week_of(c, day);
    if (period == FORE_DAILY || !is_fiscal(c)) return fore_period_start(period, day);
    place(c, period, day, &year, &k);
    return month_start(c, year, k);
}

int32_t fore_calendar_add(const fore_calendar *c, fore_period period, int32_t start, int32_t n)
{
    int32_t year, k;
    if (is_own(c, period)) return own_start(c, own_index(c, start) + n);
    if (period == FORE_DAILY || period == FORE_WEEKLY || !is_fiscal(c))
        return fore_period_add(period, start, n);
    place(c, period, start, &year, &k);
    int64_t months = (int64_t)year * 12 + k + (int64_t)n * months_in(period);
    year = (int32_t)floor_div(months, 12);
    return month_start(c, year, (int32_t)(months - (int64_t)year * 12));
}

void fore_calendar_name(const fore_calendar *c, fore_period period, int32_t start, char out[32])
{
    int32_t year, month, day, k;
    fore_civil_from_days(start, &year, &month, &day);
    if (period == FORE_DAILY || period == FORE_WEEKLY || is_own(c, period)) {
        fore_date_format(start, out);
        return;
    }
    if (period == FORE_MONTHLY && (!is_fiscal(c) || c->weeks == FORE_WEEKS_NONE)) {
        snprintf(out, 32, "%04d-%02d", year, month);
        return;
    }
    const char *prefix = is_fiscal(c) ? "FY" : "";
    k = month - 1;
    if (is_fiscal(c)) {
        place(c, period, start, &year, &k);
        year += !c->named_by_start && start_month(c) != 1;
    }
    if (period == FORE_MONTHLY)
        snprintf(out, 32, "%s%04d P%02d", prefix, year, k + 1);
    else if (period == FORE_QUARTERLY)
        snprintf(out, 32, "%s%04d Q%d", prefix, year, k / 3 + 1);
    else
        snprintf(out, 32, "%s%04d", prefix, year);
}

int64_t fore_calendar_a_year(const fore_calendar *c, fore_period period)
{
    static const int64_t usual[] = {0, 52, 12, 4, 1};
    if (!is_own(c, period)) return usual[period];
    double days = (double)(c->own[c->own_count - 1] - c->own[0]) / (c->own_count - 1);
    int64_t n = (int64_t)(365.25 / days + 0.5);
    return n > 0 ? n : 1;
}

/* --- settings --- */

const char *const fore_calendar_settings[] = {
    "fiscal_year_start", "fiscal_weeks",  "week_start", "fiscal_year_begins",
    "fiscal_year_named", "period_starts", NULL};

/* Which of the words it is, or begins (three letters at least); -1: none. */
static int32_t word_index(const char *text, const char *const *words, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        char head[16];
        size_t length = strlen(text);
        if (length < 3 || length > strlen(words[i]) || length >= sizeof head) continue;
        memcpy(head, words[i], length);
        head[length] = 0;
        if (fore_text_equal_fold(text, head)) return i;
    }
    return -1;
}

static fore_status set_start(fore_calendar *c, const char *value, fore_error *err)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    char *end;
    long number = strtol(value, &end, 10);
    if (*end || end == value) number = word_index(value, months, 12) + 1;
    if (number < 1 || number > 12)
        return fore_fail(err, FORE_E_USAGE,
                         "'%s' is not a month for the fiscal year to start with; write 1 to 12, or "
                         "its English name",
                         value);
    c->start_month = (int32_t)number;
    return FORE_OK;
}

static fore_status set_weeks(fore_calendar *c, const char *value, fore_error *err)
{
    static const char *const rules[] = {"none", "4-4-5", "4-5-4", "5-4-4"};
    for (int r = 0; r < 4; r++) {
        if (!fore_text_equal_fold(value, rules[r])) continue;
        c->weeks = (fore_weeks_rule)r;
        return FORE_OK;
    }
    return fore_fail(err, FORE_E_USAGE,
                     "'%s' is not a calendar of weeks; write 4-4-5, 4-5-4, 5-4-4 or none", value);
}

static fore_status set_week_start(fore_calendar *c, const char *value, fore_error *err)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    int32_t day = word_index(value, days, 7);
    if (day < 0) return fore_fail(err, FORE_E_USAGE, "'%s' is not a weekday", value);
    c->week_start = day;
    return FORE_OK;
}

static fore_status set_choice(bool *choice, const char *name, const char *no, const char *yes,
                              const char *value, fore_error *err)
{
    *choice = fore_text_equal_fold(value, yes);
    if (*choice || fore_text_equal_fold(value, no)) return FORE_OK;
    return fore_fail(err, FORE_E_USAGE, "%s is %s or %s, not '%s'", name, no, yes, value);
}

static fore_status add_own(fore_calendar *c, const char *text, int64_t length, fore_error *err)
{
    int64_t time;
    bool date_only;
    if (!fore_time_parse(text, length, NULL, &time, &date_only) || !date_only)
        return fore_fail(err, FORE_E_USAGE,
                         "'%.*s' is not the start of a period; write dates like "
                         "2026-01-05, separated by commas",
                         (int)(length < 40 ? length : 40), text);
    int32_t day = fore_date_of(time), before = c->own_count ? c->own[c->own_count - 1] : day - 1;
    if (day <= before || day - before > OWN_DAYS_MOST)
        return fore_fail(err, FORE_E_USAGE,
                         "'%.*s' must come after the start before it, within %d days", (int)length,
                         text, OWN_DAYS_MOST);
    if (c->own_count == FORE_CALENDAR_OWN)
        return fore_fail(err, FORE_E_USAGE, "at most %d starts of periods are kept",
                         FORE_CALENDAR_OWN);
    c->own[c->own_count++] = day;
    return FORE_OK;
}

static fore_status set_own(fore_calendar *c, const char *value, fore_error *err)
{
    c->own_count = 0;
    while (*value) {
        size_t length = strcspn(value, ", \t\n");
        if (length > 0) FORE_TRY(add_own(c, value, (int64_t)length, err));
        value += length + (value[length] != 0);
    }
    return c->own_count >= 2 ? FORE_OK
                             : fore_fail(err, FORE_E_USAGE,
                                         "period_starts needs the starts of two periods or more");
}

fore_status fore_calendar_set(fore_calendar *c, const char *name, const char *value,
                              fore_error *err)
{
    int which = 0;
    while (fore_calendar_settings[which] && strcmp(fore_calendar_settings[which], name) != 0)
        which++;
    if (!fore_calendar_settings[which])
        return fore_fail(err, FORE_E_NOT_FOUND, "the calendar has no setting '%s'", name);
    bool given = value && *value;
    fore_calendar next = *c; /* a value that is refused changes nothing */
    fore_status status = FORE_OK;
    switch (which) {
    case 0:
        next.start_month = 0;
        if (given) status = set_start(&next, value, err);
        break;
    case 1: status = set_weeks(&next, given ? value : "none", err); break;
    case 2: status = set_week_start(&next, given ? value : "monday", err); break;
    case 3:
        status = set_choice(&next.latest, name, "nearest", "last", given ? value : "nearest", err);
        break;
    case 4:
        status = set_choice(&next.named_by_start, name, "end", "start", given ? value : "end", err);
        break;
    default:
        next.own_count = 0;
        if (given) status = set_own(&next, value, err);
    }
    if (status == FORE_OK) *c = next;
    return status;
}
