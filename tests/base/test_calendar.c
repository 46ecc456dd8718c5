/* Fiscal calendars. Known dates: the 4-5-4 calendar that retailers publish (years begin on the
 * Sunday nearest to 1 February; 2012, 2017 and 2023 have 53 weeks) and the Indian fiscal year. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/calendar.h"

static int32_t day(int32_t y, int32_t m, int32_t d) { return fore_days_from_civil(y, m, d); }

static void set(fore_calendar *c, const char *name, const char *value)
{
    fore_error e = {0};
    if (fore_calendar_set(c, name, value, &e) != FORE_OK) fail_msg("%s: %s", name, e.message);
}

static const char *name_of(const fore_calendar *c, fore_period p, int32_t d)
{
    static char out[32];
    fore_calendar_name(c, p, fore_calendar_start(c, p, d), out);
    return out;
}

static const fore_calendar retail = {
    .start_month = 2, .weeks = FORE_WEEKS_454, .week_start = 6, .named_by_start = true};

static void calendar__all_zero_or_null__is_the_civil_one(void **state)
{
    (void)state;
    const fore_calendar zero = {0};
    const fore_calendar *both[] = {NULL, &zero};
    for (int k = 0; k < 2; k++)
        for (int p = FORE_DAILY; p <= FORE_YEARLY; p++)
            for (int32_t d = day(1995, 1, 1); d < day(2005, 1, 1); d++) {
                int32_t start = fore_period_start(p, d);
                assert_int_equal(fore_calendar_start(both[k], p, d), start);
                for (int32_t n = -13; n <= 13; n += 13)
                    assert_int_equal(fore_calendar_add(both[k], p, start, n),
                                     fore_period_add(p, start, n));
            }
    assert_string_equal(name_of(NULL, FORE_QUARTERLY, day(2026, 5, 4)), "2026 Q2");
    assert_string_equal(name_of(&zero, FORE_MONTHLY, day(2026, 5, 4)), "2026-05");
    assert_string_equal(name_of(NULL, FORE_YEARLY, day(2026, 5, 4)), "2026");
    assert_string_equal(name_of(NULL, FORE_WEEKLY, day(2026, 5, 6)), "2026-05-04");
}

static void calendar__from_april__names_indian_years_and_quarters(void **state)
{
    (void)state;
    fore_calendar c = {0};
    set(&c, "fiscal_year_start", "April");
    assert_int_equal(fore_calendar_start(&c, FORE_YEARLY, day(2026, 3, 31)), day(2025, 4, 1));
    assert_int_equal(fore_calendar_start(&c, FORE_YEARLY, day(2026, 4, 1)), day(2026, 4, 1));
    assert_string_equal(name_of(&c, FORE_QUARTERLY, day(2026, 4, 1)), "FY2027 Q1");
    assert_string_equal(name_of(&c, FORE_QUARTERLY, day(2026, 3, 31)), "FY2026 Q4");
    assert_string_equal(name_of(&c, FORE_YEARLY, day(2026, 4, 1)), "FY2027");
    assert_string_equal(name_of(&c, FORE_MONTHLY, day(2026, 4, 9)), "2026-04");
    set(&c, "fiscal_year_named", "start");
    assert_string_equal(name_of(&c, FORE_QUARTERLY, day(2026, 4, 1)), "FY2026 Q1");
    set(&c, "fiscal_year_start", "2"); /* quarters that are none of the civil year */
    assert_int_equal(fore_calendar_start(&c, FORE_QUARTERLY, day(2026, 1, 31)), day(2025, 11, 1));
    assert_int_equal(fore_calendar_add(&c, FORE_QUARTERLY, day(2025, 11, 1), 1), day(2026, 2, 1));
}

static void calendar__of_retail_weeks__begins_on_the_published_days(void **state)
{
    (void)state;
    static const struct {
        int32_t year, y, m, d, weeks;
    } known[] = {{2011, 2011, 1, 30, 52}, {2012, 2012, 1, 29, 53}, {2013, 2013, 2, 3, 52},
                 {2017, 2017, 1, 29, 53}, {2018, 2018, 2, 4, 52},  {2022, 2022, 1, 30, 52},
                 {2023, 2023, 1, 29, 53}, {2024, 2024, 2, 4, 52}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int32_t start = day(known[i].y, known[i].m, known[i].d);
        assert_int_equal(fore_calendar_start(&retail, FORE_YEARLY, start), start);
        assert_int_equal(fore_calendar_start(&retail, FORE_YEARLY, start - 1) < start, true);
        assert_int_equal(fore_calendar_add(&retail, FORE_YEARLY, start, 1) - start,
                         7 * known[i].weeks);
    }
    /* February 2023: 4 weeks, March: 5, April: 4; January 2024, with the 53rd week: 5 */
    assert_string_equal(name_of(&retail, FORE_MONTHLY, day(2023, 2, 25)), "FY2023 P01");
    assert_string_equal(name_of(&retail, FORE_MONTHLY, day(2023, 2, 26)), "FY2023 P02");
    assert_string_equal(name_of(&retail, FORE_MONTHLY, day(2023, 4, 2)), "FY2023 P03");
    assert_string_equal(name_of(&retail, FORE_QUARTERLY, day(2023, 4, 30)), "FY2023 Q2");
    assert_int_equal(fore_calendar_start(&retail, FORE_MONTHLY, day(2024, 2, 3)),
                     day(2023, 12, 31));
    assert_string_equal(name_of(&retail, FORE_YEARLY, day(2024, 2, 3)), "FY2023");
}

/* Every day lies in exactly one period, and steps lead from period to period and back. */
static void calendar__any__tiles_time(void **state)
{
    (void)state;
    fore_calendar c[24], own = {.start_month = 7, .own_count = 3, .own = {12000, 12028, 12063}};
    int n = 0;
    for (int32_t month = 1; month <= 12; month++)
        for (int k = 0; k < 2; k++)
            c[n++] = (fore_calendar){.start_month = month,
                                     .weeks = (fore_weeks_rule)((month + k) % 4),
                                     .week_start = (month * 5 + k) % 7,
                                     .latest = k == 1};
    c[0] = own;
    for (int i = 0; i < n; i++)
        for (int p = FORE_WEEKLY; p <= FORE_YEARLY; p++) {
            int32_t start = fore_calendar_start(&c[i], p, day(1999, 12, 30));
            assert_true(start <= day(1999, 12, 30));
            for (int32_t step = 0; step < 60; step++) {
                int32_t next = fore_calendar_add(&c[i], p, start, 1);
                assert_true(next > start);
                assert_int_equal(fore_calendar_start(&c[i], p, start), start);
                assert_int_equal(fore_calendar_start(&c[i], p, next - 1), start);
                assert_int_equal(fore_calendar_add(&c[i], p, next, -1), start);
                if (c[i].weeks != FORE_WEEKS_NONE) assert_int_equal((next - start) % 7, 0);
                start = next;
            }
        }
}

static void calendar__last_weekday__ends_years_before_the_first(void **state)
{
    (void)state; /* a year that ends on the last Saturday of September */
    fore_calendar c = {.start_month = 10, .weeks = FORE_WEEKS_445, .week_start = 6, .latest = true};
    assert_int_equal(fore_calendar_start(&c, FORE_YEARLY, day(2023, 11, 1)), day(2023, 10, 1));
    assert_int_equal(fore_calendar_start(&c, FORE_YEARLY, day(2022, 11, 1)), day(2022, 9, 25));
    assert_string_equal(name_of(&c, FORE_QUARTERLY, day(2022, 9, 25)), "FY2023 Q1");
}

static void calendar__own_periods__go_on_as_long_as_the_nearest(void **state)
{
    (void)state;
    fore_calendar c = {0};
    set(&c, "period_starts", "2024-01-01, 2024-01-29 2024-02-26,2024-04-01");
    assert_int_equal(fore_calendar_start(&c, FORE_MONTHLY, day(2024, 3, 31)), day(2024, 2, 26));
    assert_int_equal(fore_calendar_start(&c, FORE_MONTHLY, day(2024, 5, 5)), day(2024, 4, 1));
    assert_int_equal(fore_calendar_add(&c, FORE_MONTHLY, day(2024, 4, 1), 1), day(2024, 5, 6));
    assert_int_equal(fore_calendar_add(&c, FORE_MONTHLY, day(2024, 1, 1), -1), day(2023, 12, 4));
    assert_string_equal(name_of(&c, FORE_MONTHLY, day(2024, 3, 1)), "2024-02-26");
    assert_string_equal(name_of(&c, FORE_QUARTERLY, day(2024, 3, 1)), "2024 Q1");
    assert_int_equal(fore_calendar_a_year(&c, FORE_MONTHLY), 12);
    set(&c, "period_starts", "2024-01-01,2024-01-29,2024-02-26");
    assert_int_equal(fore_calendar_a_year(&c, FORE_MONTHLY), 13);
    set(&c, "period_starts", "");
    assert_int_equal(c.own_count, 0);
}

static void calendar_set__nonsense__is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"fiscal_year_start", "13"},       {"fiscal_year_start", "0"},
        {"fiscal_year_start", "4.5"},      {"fiscal_year_start", "ju"},
        {"fiscal_weeks", "4-4-4"},         {"week_start", "someday"},
        {"fiscal_year_begins", "middle"},  {"fiscal_year_named", "x"},
        {"period_starts", "2024-01-01"},   {"period_starts", "2024-02-01,2024-01-01"},
        {"period_starts", "2024-02-01,x"}, {"period_starts", "2024-02-01,2026-02-01"}};
    fore_calendar c = retail;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fore_error e = {0};
        assert_int_equal(fore_calendar_set(&c, bad[i][0], bad[i][1], &e), FORE_E_USAGE);
        assert_true(strlen(e.message) > 10);
        assert_memory_equal(&c, &retail, sizeof c);
    }
    assert_int_equal(fore_calendar_set(&c, "zone", "UTC", NULL), FORE_E_NOT_FOUND);
    set(&c, "week_start", "Tue");
    assert_int_equal(c.week_start, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar__all_zero_or_null__is_the_civil_one),
        cmocka_unit_test(calendar__from_april__names_indian_years_and_quarters),
        cmocka_unit_test(calendar__of_retail_weeks__begins_on_the_published_days),
        cmocka_unit_test(calendar__any__tiles_time),
        cmocka_unit_test(calendar__last_weekday__ends_years_before_the_first),
        cmocka_unit_test(calendar__own_periods__go_on_as_long_as_the_nearest),
        cmocka_unit_test(calendar_set__nonsense__is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
