/* Dates, periods, zones, ISO 8601. The C library (timegm, gmtime, localtime) is the independent
 * answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"

/* --- days --- */

static void days__round_trip__every_day_of_5000_years(void **state)
{
    (void)state;
    int32_t year, month, day, last_year = 0, last_month = 0, last_day = 0;
    int32_t first = fore_days_from_civil(-1000, 1, 1), end = fore_days_from_civil(4000, 1, 1);
    for (int32_t d = first; d < end; d++) {
        fore_civil_from_days(d, &year, &month, &day);
        assert_int_equal(fore_days_from_civil(year, month, day), d);
        if (d > first) { /* the day after, by the calendar's own rules */
            bool new_month = last_day == fore_month_length(last_year, last_month);
            assert_int_equal(day, new_month ? 1 : last_day + 1);
            assert_int_equal(month, new_month ? last_month % 12 + 1 : last_month);
            assert_int_equal(year, last_year + (new_month && last_month == 12));
        }
        last_year = year, last_month = month, last_day = day;
    }
}

static void days__as_timegm(void **state)
{
    (void)state;
    fore_random r = fore_random_new(3, 1);
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = fore_random_below(&r, INT64_C(8000000000)) - INT64_C(4000000000);
        time_t t = (time_t)seconds;
        struct tm tm;
        gmtime_r(&t, &tm);
        fore_civil c;
        fore_civil_from_time(seconds * FORE_SECOND + 17, &c);
        assert_int_equal(c.year, tm.tm_year + 1900);
        assert_int_equal(c.month, tm.tm_mon + 1);
        assert_int_equal(c.day, tm.tm_mday);
        assert_int_equal(c.hour, tm.tm_hour);
        assert_int_equal(c.minute, tm.tm_min);
        assert_int_equal(c.second, tm.tm_sec);
        assert_int_equal(c.microsecond, 17);
        assert_true(fore_time_from_civil(&c) == seconds * FORE_SECOND + 17);
        assert_int_equal((fore_weekday(fore_date_of(seconds * FORE_SECOND)) + 1) % 7, tm.tm_wday);
    }
}

static void dates__unknown__stays_unknown(void **state)
{
    (void)state;
    char text[32];
    assert_int_equal(fore_date_of(FORE_NO_TIME), FORE_NO_DATE);
    assert_true(fore_time_of_date(FORE_NO_DATE) == FORE_NO_TIME);
    fore_time_format(FORE_NO_TIME, text);
    assert_string_equal(text, "");
    fore_date_format(FORE_NO_DATE, text);
    assert_string_equal(text, "");
}

static void date_of__before_1970__is_the_floor(void **state)
{
    (void)state;
    assert_int_equal(fore_date_of(-1), -1);
    assert_int_equal(fore_date_of(-FORE_DAY), -1);
    assert_int_equal(fore_date_of(-FORE_DAY - 1), -2);
    assert_int_equal(fore_date_of(0), 0);
}

static void months__leap_years(void **state)
{
    (void)state;
    assert_int_equal(fore_month_length(2024, 2), 29);
    assert_int_equal(fore_month_length(2023, 2), 28);
    assert_int_equal(fore_month_length(1900, 2), 28);
    assert_int_equal(fore_month_length(2000, 2), 29);
    fore_civil c = {2023, 2, 29, 0, 0, 0, 0};
    assert_false(fore_civil_valid(&c));
    c.year = 2024;
    assert_true(fore_civil_valid(&c));
}

/* --- periods --- */

static void period__start_and_add__tile_the_calendar(void **state)
{
    (void)state;
    for (int p = FORE_DAILY; p <= FORE_YEARLY; p++) {
        int32_t from = fore_days_from_civil(2019, 12, 25);
        for (int32_t d = from; d < from + 1200; d++) {
            int32_t start = fore_period_start((fore_period)p, d),
                    next = fore_period_add((fore_period)p, start, 1);
            assert_true(start <= d && d < next);
            assert_int_equal(fore_period_start((fore_period)p, start), start);
            assert_int_equal(fore_period_start((fore_period)p, next), next);
            assert_int_equal(fore_period_start((fore_period)p, next - 1), start);
            assert_int_equal(fore_period_add((fore_period)p, next, -1), start);
            assert_int_equal(
                fore_period_add((fore_period)p, fore_period_add((fore_period)p, start, 7), -7),
                start);
        }
    }
    assert_int_equal(
        fore_weekday(fore_period_start(FORE_WEEKLY, fore_days_from_civil(2026, 11, 22))), 0);
    assert_int_equal(fore_period_start(FORE_QUARTERLY, fore_days_from_civil(2026, 11, 22)),
                     fore_days_from_civil(2026, 10, 1));
    assert_int_equal(fore_period_add(FORE_MONTHLY, fore_days_from_civil(2026, 1, 1), -25),
                     fore_days_from_civil(2023, 12, 1));
}

static void period__words__both_ways(void **state)
{
    (void)state;
    fore_period p;
    for (int i = FORE_DAILY; i <= FORE_YEARLY; i++) {
        assert_true(fore_period_parse(fore_period_word((fore_period)i), &p));
        assert_int_equal(p, i);
    }
    assert_true(fore_period_parse("Quarter", &p));
    assert_false(fore_period_parse("fortnight", &p));
    assert_false(fore_period_parse("", &p));
}

/* --- zones --- */

static int64_t moment(int year, int month, int day, int hour, int minute)
{
    fore_civil c = {year, month, day, hour, minute, 0, 0};
    return fore_time_from_civil(&c);
}

static fore_zone *open_zone(const char *name)
{
    fore_zone *zone;
    fore_error err = {0};
    if (fore_zone_open(name, &zone, &err) != FORE_OK) fail_msg("%s", err.message);
    return zone;
}

static bool no_zone_files(void)
{
    FILE *in = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
    if (in)
        fclose(in);
    else
        print_message("no time zone files on this machine: skipped\n");
    return in == NULL;
}

static void zone__berlin__gap_and_fold(void **state)
{
    (void)state;
    if (no_zone_files()) skip();
    fore_zone *z = open_zone("Europe/Berlin");
    assert_true(fore_zone_offset(z, moment(2026, 1, 15, 12, 0)) == FORE_HOUR);
    assert_true(fore_zone_offset(z, moment(2026, 7, 15, 12, 0)) == 2 * FORE_HOUR);
    /* 2026-03-29: 2:00 becomes 3:00 */
    assert_true(fore_zone_offset(z, moment(2026, 3, 29, 0, 59)) == FORE_HOUR);
    assert_true(fore_zone_offset(z, moment(2026, 3, 29, 1, 0)) == 2 * FORE_HOUR);
    assert_true(fore_zone_to_utc(z, moment(2026, 3, 29, 1, 59)) == moment(2026, 3, 29, 0, 59));
    assert_true(fore_zone_to_utc(z, moment(2026, 3, 29, 2, 30)) ==
                moment(2026, 3, 29, 1, 30)); /* = 3:30 */
    assert_true(fore_zone_to_utc(z, moment(2026, 3, 29, 3, 0)) == moment(2026, 3, 29, 1, 0));
    /* 2026-10-25: 2:00 to 3:00 happens twice */
    assert_true(fore_zone_to_utc(z, moment(2026, 10, 25, 1, 59)) == moment(2026, 10, 24, 23, 59));
    assert_true(fore_zone_to_utc(z, moment(2026, 10, 25, 2, 30)) ==
                moment(2026, 10, 25, 0, 30)); /* the earlier */
    assert_true(fore_zone_to_utc(z, moment(2026, 10, 25, 3, 0)) == moment(2026, 10, 25, 2, 0));
    fore_zone_free(z);
}

static void zone__named__as_localtime(void **state)
{
    (void)state;
    if (no_zone_files()) skip();
    static const char *const names[] = {
        "Europe/Berlin",     "Asia/Kolkata",   "America/New_York",  "Australia/Lord_Howe",
        "Africa/Casablanca", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"};
    fore_random r = fore_random_new(5, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("TZ", names[i], 1);
        tzset();
        fore_zone *z = open_zone(names[i]);
        for (int k = 0; k < 3000; k++) {
            time_t t = (time_t)fore_random_below(&r, INT64_C(2114380800)); /* 1970 to 2036 */
            struct tm tm;
            localtime_r(&t, &tm);
            int64_t offset = fore_zone_offset(z, (int64_t)t * FORE_SECOND);
            if (offset != tm.tm_gmtoff * FORE_SECOND)
                fail_msg("%s at %lld", names[i], (long long)t);
            int64_t local = (int64_t)t * FORE_SECOND + offset, back = fore_zone_to_utc(z, local);
            assert_true(back + fore_zone_offset(z, back) ==
                        local); /* the same clock, if not the same fold */
        }
        fore_zone_free(z);
    }
    unsetenv("TZ");
    tzset();
}

static void zone__fixed_and_utc(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t minutes;
    } cases[] = {{NULL, 0},       {"", 0},          {"UTC", 0},    {"utc", 0},     {"Z", 0},
                 {"+05:30", 330}, {"-08:00", -480}, {"+00:00", 0}, {"-00:30", -30}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fore_zone *z = open_zone(cases[i].name);
        assert_true(fore_zone_offset(z, moment(2026, 6, 1, 0, 0)) ==
                    cases[i].minutes * FORE_MINUTE);
        assert_true(fore_zone_to_utc(z, moment(2026, 6, 1, 0, 0)) ==
                    moment(2026, 6, 1, 0, 0) - cases[i].minutes * FORE_MINUTE);
        fore_zone_free(z);
    }
    assert_true(fore_zone_offset(NULL, 0) == 0);
    assert_true(fore_zone_to_utc(NULL, 5) == 5);
    fore_zone_free(NULL);
}

static void zone__unknown__says_what_to_use(void **state)
{
    (void)state;
    static const char *const bad[] = {"Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Asia",
                                      "+25:00",       "+05:99",           "+5",          "+05:30x",
                                      "tzdata.zi",    "zone.tab",         "+-1:00",      "- 1:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fore_zone *z = (fore_zone *)&z;
        fore_error err = {0};
        if (fore_zone_open(bad[i], &z, &err) != FORE_E_ARGUMENT) fail_msg("'%s' was taken", bad[i]);
        assert_null(z);
        assert_non_null(strstr(err.message, bad[i]));
        assert_non_null(strstr(err.message, "Asia/Kolkata"));
    }
}

static void zone__no_memory__is_said_and_leaks_nothing(void **state)
{
    (void)state;
    if (no_zone_files()) skip();
    int64_t live = fore_memory_live();
    for (int64_t k = 1; k < 20; k++) {
        fore_zone *z;
        fore_memory_fail_at(k);
        fore_status status = fore_zone_open("Europe/Berlin", &z, NULL);
        fore_memory_fail_at(0);
        if (status == FORE_OK) {
            fore_zone_free(z);
            assert_true(k > 3);
            return;
        }
        assert_int_equal(status, FORE_E_MEMORY);
        assert_int_equal(fore_memory_live(), live);
    }
    fail();
}

/* --- ISO 8601 --- */

static void parse__accepted__table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* since 2026-01-31T00:00:00Z */
        int32_t micro;
        bool date_only;
    } cases[] = {
        {"2026-01-31", 0, 0, true},
        {"2026-01-31T09:30", 34200, 0, false},
        {"2026-01-31T09:30:15", 34215, 0, false},
        {"2026-01-31 09:30:15", 34215, 0, false},
        {"2026-01-31T09:30:15Z", 34215, 0, false},
        {"2026-01-31T09:30:15z", 34215, 0, false},
        {"2026-01-31T09:30:15.25Z", 34215, 250000, false},
        {"2026-01-31T09:30:15,25", 34215, 250000, false},
        {"2026-01-31T09:30:15.123456789", 34215, 123456, false},
        {"2026-01-31T09:30:15+05:30", 14415, 0, false},
        {"2026-01-31T09:30:15+0530", 14415, 0, false},
        {"2026-01-31T09:30:15-08", 63015, 0, false},
        {"2026-01-31T09:30-08:00", 63000, 0, false},
        {"2026-01-31T00:00:00.000Z", 0, 0, false},
        {"2026-01-31T23:59:59.999999Z", 86399, 999999, false},
    };
    int64_t base = moment(2026, 1, 31, 0, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time = 0;
        bool date_only = !cases[i].date_only;
        if (!fore_time_parse(cases[i].text, (int64_t)strlen(cases[i].text), NULL, &time,
                             &date_only))
            fail_msg("'%s' was refused", cases[i].text);
        if (time != base + cases[i].seconds * FORE_SECOND + cases[i].micro)
            fail_msg("'%s' gave %lld", cases[i].text, (long long)time);
        assert_int_equal(date_only, cases[i].date_only);
        assert_true(
            fore_time_parse(cases[i].text, (int64_t)strlen(cases[i].text), NULL, &time, NULL));
    }
}

static void parse__refused__table(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-1-31",
                                      "2026-01-32",
                                      "2026-02-29",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2026-01-00",
                                      "0000-01-01",
                                      "26-01-31",
                                      "20260131",
                                      "2026/01/31",
                                      "31-01-2026",
                                      "2026-01-31T",
                                      "2026-01-31T9:30",
                                      "2026-01-31T09",
                                      "2026-01-31T24:00",
                                      "2026-01-31T09:60",
                                      "2026-01-31T09:30:60",
                                      "2026-01-31T09:30:",
                                      "2026-01-31T09:30:15.",
                                      "2026-01-31T09:30:15.Z",
                                      "2026-01-31Z",
                                      "2026-01-31+01:00",
                                      "2026-01-31T09:30:15 Z",
                                      "2026-01-31T09:30:15Zx",
                                      "2026-01-31T09:30:15+5",
                                      "2026-01-31T09:30:15+05:3",
                                      "2026-01-31T09:30:15+16:00",
                                      "2026-01-31T09:30:15+05:60",
                                      "2026-01-31T09:30:15+05:30x",
                                      "2026-01-31  09:30",
                                      " 2026-01-31",
                                      "2026-01-31 ",
                                      "-2026-01-31",
                                      "2026-01-31T09:30:15+",
                                      "today",
                                      "NaT",
                                      "2026-0a-31"};
    int64_t time;
    bool date_only;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fore_time_parse(bad[i], (int64_t)strlen(bad[i]), NULL, &time, &date_only))
            fail_msg("'%s' was taken", bad[i]);
    assert_false(fore_time_parse("2026-01-31\0", 11, NULL, &time, &date_only));
}

static void parse__no_zone_in_the_text__reads_it_locally(void **state)
{
    (void)state;
    fore_zone *z = open_zone("+05:30");
    int64_t time;
    assert_true(fore_time_parse("2026-01-31T05:30:00", 19, z, &time, NULL));
    assert_true(time == moment(2026, 1, 31, 0, 0));
    assert_true(fore_time_parse("2026-01-31", 10, z, &time, NULL));
    assert_true(time == moment(2026, 1, 30, 18, 30));
    assert_true(fore_time_parse("2026-01-31T05:30:00Z", 20, z, &time, NULL));
    assert_true(time == moment(2026, 1, 31, 5, 30));
    fore_zone_free(z);
}

static void format__parse__round_trip(void **state)
{
    (void)state;
    fore_random r = fore_random_new(9, 1);
    int64_t first = moment(1, 1, 1, 0, 0), span = moment(9999, 12, 31, 23, 59) - first;
    for (int i = 0; i < 50000; i++) {
        int64_t time = first + fore_random_below(&r, span), back;
        if (i % 2) time -= ((time % FORE_SECOND) + FORE_SECOND) % FORE_SECOND;
        char text[32];
        fore_time_format(time, text);
        assert_true(fore_time_parse(text, (int64_t)strlen(text), NULL, &back, NULL));
        if (back != time) fail_msg("%s", text);
    }
    char text[32];
    fore_time_format(moment(2026, 1, 31, 9, 30), text);
    assert_string_equal(text, "2026-01-31T09:30:00Z");
    fore_time_format(moment(2026, 1, 31, 9, 30) + 250000, text);
    assert_string_equal(text, "2026-01-31T09:30:00.250000Z");
    fore_date_format(fore_days_from_civil(2026, 1, 31), text);
    assert_string_equal(text, "2026-01-31");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days__round_trip__every_day_of_5000_years),
        cmocka_unit_test(days__as_timegm),
        cmocka_unit_test(dates__unknown__stays_unknown),
        cmocka_unit_test(date_of__before_1970__is_the_floor),
        cmocka_unit_test(months__leap_years),
        cmocka_unit_test(period__start_and_add__tile_the_calendar),
        cmocka_unit_test(period__words__both_ways),
        cmocka_unit_test(zone__berlin__gap_and_fold),
        cmocka_unit_test(zone__named__as_localtime),
        cmocka_unit_test(zone__fixed_and_utc),
        cmocka_unit_test(zone__unknown__says_what_to_use),
        cmocka_unit_test(zone__no_memory__is_said_and_leaks_nothing),
        cmocka_unit_test(parse__accepted__table),
        cmocka_unit_test(parse__refused__table),
        cmocka_unit_test(parse__no_zone_in_the_text__reads_it_locally),
        cmocka_unit_test(format__parse__round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
