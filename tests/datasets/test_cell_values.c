/* Numbers, money, dates and flags from cells, and what a column decides. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "datasets/cell_values.h"

static int64_t length_of(const char *text) { return (int64_t)strlen(text); }

static void cell_money__texts_of_real_exports__hundredths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        fore_decimal decimal;
        int64_t minor;
    } cases[] = {
        {"$22,700.00", FORE_DECIMAL_POINT, 2270000},
        {"\xE2\x82\xAC 2.900,00", FORE_DECIMAL_POINT, 290000},
        {"\xE2\x82\xAC 11398,00", FORE_DECIMAL_POINT, 1139800},
        {"1.117,10K", FORE_DECIMAL_POINT, 111710000},
        {"$1,117.10K", FORE_DECIMAL_COMMA, 111710000},
        {"(1,200)", FORE_DECIMAL_POINT, -120000},
        {"\xE2\x82\xB9 1,50,000", FORE_DECIMAL_POINT, 15000000},
        {"1 200,50", FORE_DECIMAL_POINT, 120050},
        {"1\xC2\xA0"
         "200,50 EUR",
         FORE_DECIMAL_POINT, 120050},
        {"CHF 1'234.50", FORE_DECIMAL_POINT, 123450},
        {"11000", FORE_DECIMAL_COMMA, 1100000},
        {"1.234", FORE_DECIMAL_POINT, 123},
        {"1.235", FORE_DECIMAL_POINT, 124},
        {"1.234", FORE_DECIMAL_COMMA, 123400},
        {"1,234", FORE_DECIMAL_POINT, 123400},
        {"1,234", FORE_DECIMAL_COMMA, 123},
        {"-0.005", FORE_DECIMAL_POINT, -1},
        {"-$5", FORE_DECIMAL_POINT, -500},
        {"12-", FORE_DECIMAL_POINT, -1200},
        {"1.5M", FORE_DECIMAL_POINT, 150000000},
        {"2e3", FORE_DECIMAL_POINT, 200000},
        {".5", FORE_DECIMAL_POINT, 50},
        {"0", FORE_DECIMAL_POINT, 0},
        {"92233720368547758.07", FORE_DECIMAL_POINT, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t minor = -77;
        if (!fore_cell_money(cases[i].text, length_of(cases[i].text), cases[i].decimal, &minor))
            fail_msg("%s", cases[i].text);
        if (minor != cases[i].minor) fail_msg("%s is %lld", cases[i].text, (long long)minor);
    }
}

static void cell_money__not_an_amount__refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "abc",
                                        "12.05.2021",
                                        "1.2.3",
                                        "12,34,5",
                                        "--5",
                                        "GTX 500",
                                        "5 apples",
                                        "$",
                                        "1,234.5,6",
                                        "92233720368547758.08",
                                        "1e30",
                                        "999999999999999999999",
                                        "12%",
                                        "2021-01-01"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t minor;
        if (fore_cell_money(texts[i], length_of(texts[i]), FORE_DECIMAL_POINT, &minor))
            fail_msg("%s", texts[i]);
    }
}

static void cell_number__plain_and_dressed__same_value(void **state)
{
    (void)state;
    double value;
    assert_true(fore_cell_number("-1,234,567.5", 12, FORE_DECIMAL_POINT, &value));
    assert_true(value == -1234567.5);
    assert_true(fore_cell_number("12 %", 4, FORE_DECIMAL_POINT, &value));
    assert_true(value == 12);
    assert_true(fore_cell_number("0.1", 3, FORE_DECIMAL_POINT, &value));
    assert_true(value == 0.1);
    assert_true(fore_cell_number("1.5e-300", 8, FORE_DECIMAL_POINT, &value));
    assert_true(value == 1.5e-300);
    assert_false(fore_cell_number("1e9999", 6, FORE_DECIMAL_POINT, &value) && isinf(value));
}

static fore_decimal decimal_of(const char *const *cells, bool *ambiguous)
{
    fore_number_evidence e = {0};
    for (; *cells; cells++) fore_number_observe(&e, *cells, length_of(*cells));
    return fore_number_decide(&e, ambiguous);
}

static void number_decide__column__one_reading(void **state)
{
    (void)state;
    bool ambiguous;
    assert_int_equal(decimal_of((const char *[]){"1.234", "12,50", "7", NULL}, &ambiguous),
                     FORE_DECIMAL_COMMA);
    assert_false(ambiguous);
    assert_int_equal(decimal_of((const char *[]){"1,234", "12.50", NULL}, &ambiguous),
                     FORE_DECIMAL_POINT);
    assert_false(ambiguous);
    assert_int_equal(decimal_of((const char *[]){"1,234", "5,678", NULL}, &ambiguous),
                     FORE_DECIMAL_POINT);
    assert_true(ambiguous);
    assert_int_equal(decimal_of((const char *[]){"5", "11000", "n/a", NULL}, &ambiguous),
                     FORE_DECIMAL_POINT);
    assert_false(ambiguous);
}

static void assert_reads(const char *text, fore_date_order order, const char *iso, bool date_only)
{
    int64_t time;
    bool only;
    char out[32];
    if (!fore_cell_time(text, length_of(text), order, NULL, &time, &only))
        fail_msg("%s is no time", text);
    fore_time_format(time, out);
    if (strcmp(out, iso) != 0 || only != date_only) fail_msg("%s is %s", text, out);
}

static void cell_time__shapes_of_real_exports__moments(void **state)
{
    (void)state;
    assert_reads("2026-01-31", FORE_ORDER_ISO, "2026-01-31T00:00:00Z", true);
    assert_reads("2026-01-31T09:30:00+05:30", FORE_ORDER_ISO, "2026-01-31T04:00:00Z", false);
    assert_reads("2024-06-21 15:30:00", FORE_ORDER_ISO, "2024-06-21T15:30:00Z", false);
    assert_reads("10/20/2016", FORE_MONTH_FIRST, "2016-10-20T00:00:00Z", true);
    assert_reads("3/1/2017", FORE_MONTH_FIRST, "2017-03-01T00:00:00Z", true);
    assert_reads("3/1/2017", FORE_DAY_FIRST, "2017-01-03T00:00:00Z", true);
    assert_reads("31.12.2026", FORE_DAY_FIRST, "2026-12-31T00:00:00Z", true);
    assert_reads("03-07-2021 01:09", FORE_DAY_FIRST, "2021-07-03T01:09:00Z", false);
    assert_reads("15 Apr, 2021 00:03:00", FORE_ORDER_ISO, "2021-04-15T00:03:00Z", false);
    assert_reads("Apr 15, 2021", FORE_DAY_FIRST, "2021-04-15T00:00:00Z", true);
    assert_reads("15-Apr-21", FORE_MONTH_FIRST, "2021-04-15T00:00:00Z", true);
    assert_reads("Thu, 15 April 2021 10:00 PM", FORE_ORDER_ISO, "2021-04-15T22:00:00Z", false);
    assert_reads("02/23/26 08:55 PM", FORE_MONTH_FIRST, "2026-02-23T20:55:00Z", false);
    assert_reads("02/23/26 12:05 AM", FORE_MONTH_FIRST, "2026-02-23T00:05:00Z", false);
    assert_reads("1/2/69", FORE_MONTH_FIRST, "1969-01-02T00:00:00Z", true);
    assert_reads("2021/7/3", FORE_ORDER_ISO, "2021-07-03T00:00:00Z", true);
    assert_reads("45631", FORE_EXCEL_SERIAL, "2024-12-05T00:00:00Z", true);
    assert_reads("45631.5", FORE_EXCEL_SERIAL, "2024-12-05T12:00:00Z", false);
    assert_reads("1706693400000", FORE_ORDER_ISO, "2024-01-31T09:30:00Z", false);
    assert_reads("1706693400", FORE_ORDER_ISO, "2024-01-31T09:30:00Z", false);
}

static void cell_time__not_a_time__refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",      "soon",  "2026-02-30",   "13/13/2026",   "32.01.2026", "1/2", "12/25/2026 25:00",
        "45631", "12345", "2026-01-31 9", "Foo 12, 2021", "1/2/202"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t time;
        if (fore_cell_time(texts[i], length_of(texts[i]), FORE_DAY_FIRST, NULL, &time, NULL))
            fail_msg("%s", texts[i]);
    }
}

static fore_date_order order_of(const char *const *cells, fore_date_order usual, bool *ambiguous)
{
    fore_date_evidence e = {0};
    for (; *cells; cells++) fore_date_observe(&e, *cells, length_of(*cells));
    return fore_date_decide(&e, usual, ambiguous);
}

static void date_decide__column__one_order(void **state)
{
    (void)state;
    bool ambiguous;
    assert_int_equal(
        order_of((const char *[]){"03/04/2026", "25/12/2026", NULL}, FORE_MONTH_FIRST, &ambiguous),
        FORE_DAY_FIRST);
    assert_false(ambiguous);
    assert_int_equal(
        order_of((const char *[]){"03/04/2026", "12/25/2026", NULL}, FORE_DAY_FIRST, &ambiguous),
        FORE_MONTH_FIRST);
    assert_false(ambiguous);
    assert_int_equal(
        order_of((const char *[]){"03/04/2026", "01/02/2026", NULL}, FORE_DAY_FIRST, &ambiguous),
        FORE_DAY_FIRST);
    assert_true(ambiguous);
    assert_int_equal(order_of((const char *[]){"03/04/2026", NULL}, FORE_MONTH_FIRST, &ambiguous),
                     FORE_MONTH_FIRST);
    assert_true(ambiguous);
    assert_int_equal(order_of((const char *[]){"25/12/2026", "12/25/2026", "12/26/2026", NULL},
                              FORE_DAY_FIRST, &ambiguous),
                     FORE_MONTH_FIRST);
    assert_true(ambiguous);
    assert_int_equal(order_of((const char *[]){"01.02.2026", NULL}, FORE_MONTH_FIRST, &ambiguous),
                     FORE_DAY_FIRST);
    assert_false(ambiguous);
    assert_int_equal(
        order_of((const char *[]){"45631", "45632", NULL}, FORE_MONTH_FIRST, &ambiguous),
        FORE_EXCEL_SERIAL);
    assert_false(ambiguous);
    assert_int_equal(order_of((const char *[]){"2026-01-31", "", "5 Jan 2026", NULL},
                              FORE_DAY_FIRST, &ambiguous),
                     FORE_ORDER_ISO);
    assert_false(ambiguous);
}

static void cell_date__moment_in_a_zone__local_day(void **state)
{
    (void)state;
    fore_zone *zone = NULL;
    int32_t days;
    char out[32];
    assert_int_equal(fore_zone_open("+05:30", &zone, NULL), FORE_OK);
    assert_true(fore_cell_date("2026-01-31T20:00:00Z", 20, FORE_ORDER_ISO, zone, &days));
    fore_date_format(days, out);
    assert_string_equal(out, "2026-02-01");
    assert_true(fore_cell_date("31/01/2026", 10, FORE_DAY_FIRST, zone, &days));
    fore_date_format(days, out);
    assert_string_equal(out, "2026-01-31");
    fore_zone_free(zone);
}

static void cell_flag_and_empty__words__understood(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "TRUE", "1", " Y ", "t", "On"}, *const no[] = {
                                                                                 "no", "False",
                                                                                 "0",  "n",
                                                                                 "F",  "off"};
    static const char *const nothing[] = {"", "  ", "NULL", "n/a", "-", "\\N", "NaN", "          "},
                             *const something[] = {"0", "no", "x", "--x", "nullable"};
    bool value;
    for (int i = 0; i < 6; i++) {
        assert_true(fore_cell_flag(yes[i], length_of(yes[i]), &value) && value);
        assert_true(fore_cell_flag(no[i], length_of(no[i]), &value) && !value);
    }
    assert_false(fore_cell_flag("maybe", 5, &value));
    assert_false(fore_cell_flag("2", 1, &value));
    for (int i = 0; i < 8; i++) assert_true(fore_cell_empty(nothing[i], length_of(nothing[i])));
    for (int i = 0; i < 5; i++)
        assert_false(fore_cell_empty(something[i], length_of(something[i])));
}

static void cell_minutes__units_and_clock_texts__minutes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double unit, minutes;
    } cases[] = {{"171", 1, 2.85}, {"90000", 0.001, 1.5}, {"45", 60, 45},  {"1.5", 3600, 90},
                 {"0:30", 60, 30}, {"00:01:30", 1, 1.5},  {"5 min", 1, 5}, {"2 h", 60, 120}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double minutes = -1;
        if (!fore_cell_minutes(cases[i].text, length_of(cases[i].text), cases[i].unit,
                               FORE_DECIMAL_POINT, &minutes))
            fail_msg("%s", cases[i].text);
        if (fabs(minutes - cases[i].minutes) > 1e-12) fail_msg("%s is %g", cases[i].text, minutes);
    }
    double minutes;
    assert_false(fore_cell_minutes("1:75", 4, 60, FORE_DECIMAL_POINT, &minutes));
    assert_false(fore_cell_minutes("long", 4, 60, FORE_DECIMAL_POINT, &minutes));
}

static void cell_period__months_quarters_weeks__first_day(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        fore_period period;
        int year, month, day;
    } cases[] = {
        {"2023-01", FORE_MONTHLY, 2023, 1, 1},    {"2023/7", FORE_MONTHLY, 2023, 7, 1},
        {"07/2023", FORE_MONTHLY, 2023, 7, 1},    {"Jan 2023", FORE_MONTHLY, 2023, 1, 1},
        {"sept. 23", FORE_MONTHLY, 2023, 9, 1},   {"Dec-99", FORE_MONTHLY, 1999, 12, 1},
        {"March 2024", FORE_MONTHLY, 2024, 3, 1}, {"2024 may", FORE_MONTHLY, 2024, 5, 1},
        {"2023M11", FORE_MONTHLY, 2023, 11, 1},   {"2023-Q1", FORE_QUARTERLY, 2023, 1, 1},
        {"2023Q4", FORE_QUARTERLY, 2023, 10, 1},  {"Q2 2023", FORE_QUARTERLY, 2023, 4, 1},
        {"3Q23", FORE_QUARTERLY, 2023, 7, 1},     {" q3/2023 ", FORE_QUARTERLY, 2023, 7, 1},
        {"2023-W01", FORE_WEEKLY, 2023, 1, 2},    {"2020W53", FORE_WEEKLY, 2020, 12, 28},
        {"W05 2023", FORE_WEEKLY, 2023, 1, 30},   {"2021-W01", FORE_WEEKLY, 2021, 1, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fore_period period = FORE_YEARLY;
        int32_t start = 0;
        if (!fore_cell_period(cases[i].text, length_of(cases[i].text), &period, &start))
            fail_msg("'%s' is not read", cases[i].text);
        assert_int_equal(period, cases[i].period);
        assert_int_equal(start, fore_days_from_civil(cases[i].year, cases[i].month, cases[i].day));
    }
}

static void cell_period__anything_else__refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",         "2023",     "2023-13",  "2023-00",   "2023-Q5",      "2023-Q0", "2023-W54",
        "2023-W53", "2023-W00", "202301",   "01.2023",   "2023-01-15",   "Jan",     "Janu 2023",
        "Q1",       "-2023-01", "2023-01-", "12,2023",   "2023--",       "Q12023",  "2023 Jan 5",
        "0000-01",  "month 1",  "2023-X1",  "999999-01", "2023-01 10:00"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fore_period period;
        int32_t start;
        if (fore_cell_period(texts[i], length_of(texts[i]), &period, &start))
            fail_msg("'%s' is read", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cell_money__texts_of_real_exports__hundredths),
        cmocka_unit_test(cell_money__not_an_amount__refused),
        cmocka_unit_test(cell_number__plain_and_dressed__same_value),
        cmocka_unit_test(number_decide__column__one_reading),
        cmocka_unit_test(cell_time__shapes_of_real_exports__moments),
        cmocka_unit_test(cell_time__not_a_time__refused),
        cmocka_unit_test(date_decide__column__one_order),
        cmocka_unit_test(cell_date__moment_in_a_zone__local_day),
        cmocka_unit_test(cell_flag_and_empty__words__understood),
        cmocka_unit_test(cell_period__months_quarters_weeks__first_day),
        cmocka_unit_test(cell_period__anything_else__refused),
        cmocka_unit_test(cell_minutes__units_and_clock_texts__minutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
