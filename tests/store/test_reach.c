/* How far a history reaches: by what was stamped, not by what people wrote ahead. */
#include "engine/store/reach.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include "engine/base/civil.h"

static const int64_t DAY = INT64_C(86400) * 1000000;

/* A company that works every day up to day 0 at noon: `made` deals, `acts` activities, `closed`
 * closings a day for sixty days. */
typedef struct a_history {
    int64_t ahead_from, ahead_to;       /* days with `ahead` activities each */
    int64_t closed_from, closed_to;     /* days with `closed_ahead` closings each */
    int ahead, closed_ahead, free_days; /* the last so many of seven days have no stamp */
    bool backwards;
} a_history;

static int64_t noon(int64_t day) { return 20000 * DAY + day * DAY + DAY / 2; }

static bool is_stamped(const a_history *h, int64_t day)
{
    return ((day % 7) + 7) % 7 < 7 - h->free_days; /* day 0 is the first of its seven */
}

static void take_day(const a_history *h, fore_reach *r, int64_t day)
{
    bool past = day <= 0;
    int acts = past ? 10 : day >= h->ahead_from && day <= h->ahead_to ? h->ahead : 0;
    int closings = past ? 2 : day >= h->closed_from && day <= h->closed_to ? h->closed_ahead : 0;
    for (int i = 0; past && is_stamped(h, day) && i < 3; i++) fore_reach_made(r, noon(day) - i);
    for (int i = 0; past && is_stamped(h, day) && i < 5; i++) fore_reach_stamp(r, noon(day) - i);
    for (int i = 0; i < acts; i++) fore_reach_act(r, noon(day) - i);
    for (int i = 0; i < closings; i++) fore_reach_fact(r, noon(day) - i);
}

/* In days after the newest stamp. */
static int64_t reach_of(const a_history *h, int64_t not_after)
{
    static fore_reach r;
    int64_t newest = not_after < 0 ? not_after : 0;
    while (!is_stamped(h, newest)) newest--;
    fore_reach_begin(&r, noon(newest), noon(not_after));
    for (int64_t k = -60; k <= 400; k++) take_day(h, &r, h->backwards ? 340 - k : k);
    int64_t end = fore_reach_end(&r);
    assert_true(end <= noon(not_after));
    assert_int_equal((end - noon(newest)) % DAY, 0);
    return (end - noon(newest)) / DAY;
}

static void reach__nothing_ahead__is_the_newest_stamp(void **state)
{
    (void)state;
    assert_int_equal(reach_of(&(a_history){0}, 1000), 0);
    assert_int_equal(reach_of(&(a_history){0}, -10), 0);
}

static void reach__planned_two_weeks_ahead__is_a_day_at_most(void **state)
{
    (void)state;
    for (int64_t days = 1; days <= 27; days++) {
        a_history h = {.ahead_from = 1, .ahead_to = days, .ahead = 10};
        assert_int_equal(reach_of(&h, 1000), 1);
    }
}

static void reach__activities_go_on__is_theirs(void **state)
{
    (void)state;
    a_history h = {.ahead_from = 1, .ahead_to = 42, .ahead = 9};
    assert_int_equal(reach_of(&h, 1000), 42);
    assert_int_equal(reach_of(&h, 35), 35); /* as far as was asked */
    h.ahead = 4;                            /* under half of what was done a day */
    assert_int_equal(reach_of(&h, 1000), 1);
}

static void reach__closings_go_on__is_theirs_at_once(void **state)
{
    (void)state;
    a_history h = {.closed_from = 1, .closed_to = 4, .closed_ahead = 2};
    assert_int_equal(reach_of(&h, 1000), 4);
}

static void reach__closings_dated_ahead_one_by_one__do_not_count(void **state)
{
    (void)state;
    a_history far = {.closed_from = 38, .closed_to = 38, .closed_ahead = 7};
    assert_int_equal(reach_of(&far, 1000), 0);
    a_history many = {.closed_from = 20, .closed_to = 22, .closed_ahead = 3};
    assert_int_equal(reach_of(&many, 1000), 22); /* an eighth of the pace of deals made */
    many.closed_ahead = 2;
    assert_int_equal(reach_of(&many, 1000), 0);
    a_history heap = {.closed_from = 35, .closed_to = 35, .closed_ahead = 500};
    assert_int_equal(reach_of(&heap, 1000), 0); /* nothing for four weeks, then a heap */
}

/* Mail goes out on days on which nobody makes a deal. */
static void reach__days_off__are_reached_over(void **state)
{
    (void)state;
    for (int days = 0; days <= 4; days++) {
        a_history h = {.ahead_from = 1, .ahead_to = 20, .ahead = 10, .free_days = days};
        assert_int_equal(reach_of(&h, 1000), days + 1);
    }
}

static void reach__any_order__is_the_same(void **state)
{
    (void)state;
    a_history h = {.ahead_from = 1,
                   .ahead_to = 50,
                   .ahead = 8,
                   .closed_from = 1,
                   .closed_to = 9,
                   .closed_ahead = 3,
                   .free_days = 2};
    int64_t reach = reach_of(&h, 1000);
    h.backwards = true;
    assert_int_equal(reach_of(&h, 1000), reach);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reach__nothing_ahead__is_the_newest_stamp),
        cmocka_unit_test(reach__planned_two_weeks_ahead__is_a_day_at_most),
        cmocka_unit_test(reach__activities_go_on__is_theirs),
        cmocka_unit_test(reach__closings_go_on__is_theirs_at_once),
        cmocka_unit_test(reach__closings_dated_ahead_one_by_one__do_not_count),
        cmocka_unit_test(reach__days_off__are_reached_over),
        cmocka_unit_test(reach__any_order__is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
