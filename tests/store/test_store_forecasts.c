/* Snapshots of the forecast: one a day, the newest before a moment, thinned to one a week. */
#include "store_fixture.h"

static fore_status read_day(void *context, const fore_snapshot_row *row, fore_error *err)
{
    (void)err;
    *(int32_t *)context = row->day_on;
    assert_memory_equal(row->body, "body", 4);
    return FORE_OK;
}

static int32_t newest(fixture *f, const char *kind, int32_t not_after)
{
    int32_t day = -1;
    bool found;
    OK(fore_store_snapshot(f->store, kind, fore_time_of_date(not_after), read_day, &day, &found,
                           e));
    assert_true(found == (day >= 0));
    return day;
}

static void put_days(fixture *f, int32_t from, int32_t to)
{
    OK(fore_store_begin(f->store, e));
    for (int32_t day = from; day <= to; day++) {
        fore_snapshot_row row = {"month", day, fore_time_of_date(day), "body", 4};
        OK(fore_store_put_snapshot(f->store, &row, e));
        OK(fore_store_put_snapshot(f->store, &row, e)); /* the same day again: still one */
    }
    OK(fore_store_commit(f->store, e));
}

static void snapshot__newest_before__is_found_by_kind(void **state)
{
    fixture *f = *state;
    put_days(f, 20000, 20010);
    assert_int_equal(newest(f, "month", 20005), 20005);
    assert_int_equal(newest(f, "month", 30000), 20010);
    assert_int_equal(newest(f, "month", 19999), -1);
    assert_int_equal(newest(f, "quarter", 30000), -1);
}

static void snapshots__thinned__keep_the_first_of_each_week(void **state)
{
    fixture *f = *state;
    int32_t monday = fore_days_from_civil(2025, 3, 3);
    put_days(f, monday + 2, monday + 30); /* from a Wednesday */
    OK(fore_store_begin(f->store, e));
    OK(fore_store_thin_snapshots(f->store, monday + 21, e));
    OK(fore_store_commit(f->store, e));
    assert_int_equal(newest(f, "month", monday + 6), monday + 2);
    assert_int_equal(newest(f, "month", monday + 13), monday + 7);
    assert_int_equal(newest(f, "month", monday + 20), monday + 14);
    for (int32_t day = monday + 21; day <= monday + 30; day++)
        assert_int_equal(newest(f, "month", day), day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(snapshot__newest_before__is_found_by_kind, fixture_up,
                                        fixture_down),
        cmocka_unit_test_setup_teardown(snapshots__thinned__keep_the_first_of_each_week, fixture_up,
                                        fixture_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
