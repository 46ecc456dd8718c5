/* The verdict on a record, the words for it, and the rhythm of the quarter. */
#include "engine/jobs/forecast_judge.h"

#include "engine/base/calendar.h"
#include "engine/jobs/forecast_rules.h"
#include "jobs_world.h"

/* Cuts with actual 100, ours 10 too high, the last-period rule `rule` too high, others silent. */
static fore_record a_record(int64_t cuts, double rule)
{
    fore_record r = {
        .period = FORE_MONTHLY, .cuts = cuts, .learned = 20, .logged = true, .amounts_known = 1};
    for (int64_t i = 0; i < cuts; i++) {
        r.cut[i] = (fore_record_cut){.mean = 110, .lo80 = 90, .hi80 = 130, .actual = 100};
        for (int b = 0; b < FORE_BASELINES; b++) r.cut[i].baseline[b] = NAN;
        r.cut[i].baseline[FORE_BASE_LAST] = 100 + rule;
    }
    fore_record_sum_up(&r);
    return r;
}

static void check_words(const fore_record *r, const char *wanted)
{
    fore_text words = {0};
    fore_record_advice(r, &words);
    if (wanted[0] ? !strstr(fore_text_string(&words), wanted) : words.length > 0)
        fail_msg("'%s' is not in '%s'", wanted, fore_text_string(&words));
    fore_text_free(&words);
}

static void judge__closer_than_every_rule__is_sound_and_silent(void **state)
{
    (void)state;
    fore_record r = a_record(8, 12);
    assert_int_equal(fore_record_judge(&r), FORE_RECORD_SOUND);
    assert_true(fabs(r.error - 0.1) < 1e-12 && fabs(r.width - 0.4) < 1e-12);
    assert_true(r.coverage80 == 1 && r.closer[FORE_BASE_LAST] == 1);
    check_words(&r, "");
}

/* Only months that both have count: ours is compared over those alone. */
static void judge__rule_with_fewer_months__is_met_on_its_own(void **state)
{
    (void)state;
    fore_record r = a_record(8, 8);
    for (int i = 0; i < 4; i++) r.cut[i].baseline[FORE_BASE_LAST] = NAN;
    for (int i = 4; i < 8; i++) r.cut[i].mean = 105;
    fore_record_sum_up(&r);
    assert_true(fabs(r.baseline_error[FORE_BASE_LAST] - 0.08) < 1e-12);
    assert_true(fabs(r.own_error[FORE_BASE_LAST] - 0.05) < 1e-12);
    assert_int_equal(fore_record_judge(&r), FORE_RECORD_SOUND);
}

static void judge__a_rule_is_closer__is_named_with_what_would_help(void **state)
{
    (void)state;
    fore_record r = a_record(8, 5);
    r.logged = false;
    r.learned = 9;
    assert_int_equal(fore_record_judge(&r), FORE_RECORD_BEATEN);
    assert_int_equal(fore_record_closest(&r), FORE_BASE_LAST);
    assert_true(r.closer[FORE_BASE_LAST] == 0);
    check_words(&r, "'last period' was closer so far (5.0 % against 10.0 %");
    check_words(&r, "change log");
    check_words(&r, "longer history");
}

static void judge__wide_intervals__are_refused(void **state)
{
    (void)state;
    fore_record r = a_record(8, 12);
    for (int i = 0; i < 8; i++) r.cut[i].hi80 = 400;
    r.amounts_known = 0.1;
    fore_record_sum_up(&r);
    assert_int_equal(fore_record_judge(&r), FORE_RECORD_TOO_WIDE);
    check_words(&r, "3.1 times as wide");
    check_words(&r, "amounts of open deals");
}

static void judge__no_sales__says_when_they_ended_and_what_to_ask(void **state)
{
    (void)state;
    fore_record r = a_record(8, 12);
    r.last_win_on = fore_days_from_civil(2021, 5, 20);
    for (int i = 0; i < 8; i++) r.cut[i].actual = 0;
    fore_record_sum_up(&r);
    assert_int_equal(fore_record_judge(&r), FORE_RECORD_NO_SALES);
    check_words(&r, "of 2021-05-20");
    check_words(&r, "--as-of 2021-06-01");
}

static void judge__short_history__says_how_long_it_takes(void **state)
{
    (void)state;
    fore_record r = a_record(1, 12);
    assert_int_equal(fore_record_judge(&r), FORE_RECORD_SHORT);
    check_words(&r, "five full periods");
}

/* --- the rhythm of the quarter --- */

static void rhythm__third_month_is_large__is_found_for_the_right_months(void **state)
{
    (void)state;
    double past[14];
    fore_rules r;
    for (int t = 0; t < 14; t++) past[t] = t % 3 == 2 ? 200 : 80; /* 14 months: next is third */
    fore_rules_read(past, 14, 12, 3, &r);
    assert_true(fabs(r.rhythm[0] - 200 / 120.0) < 0.02);
    assert_true(fabs(r.rhythm[1] - 80 / 120.0) < 0.02 && fabs(r.rhythm[2] - 80 / 120.0) < 0.02);
    assert_true(fabs(r.level - 120) < 4);
}

static void rhythm__chance_alone__leaves_nearly_none(void **state)
{
    (void)state;
    double largest = 0, sum = 0;
    for (uint64_t k = 0; k < 40; k++) {
        double past[24];
        fore_rules r;
        fore_random random = fore_random_new(3, k);
        for (int t = 0; t < 24; t++) past[t] = 100 * exp(0.3 * fore_random_normal(&random));
        fore_rules_read(past, 24, 12, 1, &r);
        sum += fabs(r.rhythm[0] - 1) / 40;
        largest = fmax(largest, fabs(r.rhythm[0] - 1));
    }
    assert_true(sum < 0.06 && largest < 0.5);
}

static void rhythm__quarters_weeks_and_short_histories__have_none(void **state)
{
    (void)state;
    double past[24];
    fore_rules r;
    for (int t = 0; t < 24; t++) past[t] = t % 3 == 2 ? 200 : 80;
    const int64_t seasons[] = {4, 52, 1, 12}, lengths[] = {24, 24, 24, 5};
    for (int k = 0; k < 4; k++) {
        fore_rules_read(past, lengths[k], seasons[k], 1, &r);
        for (int i = 0; i < FORE_RHYTHM; i++) assert_true(r.rhythm[i] == 1);
    }
    fore_rules_read(past, 0, 12, 1, &r);
    assert_true(isnan(r.level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__closer_than_every_rule__is_sound_and_silent),
        cmocka_unit_test(judge__rule_with_fewer_months__is_met_on_its_own),
        cmocka_unit_test(judge__a_rule_is_closer__is_named_with_what_would_help),
        cmocka_unit_test(judge__wide_intervals__are_refused),
        cmocka_unit_test(judge__no_sales__says_when_they_ended_and_what_to_ask),
        cmocka_unit_test(judge__short_history__says_how_long_it_takes),
        cmocka_unit_test(rhythm__third_month_is_large__is_found_for_the_right_months),
        cmocka_unit_test(rhythm__chance_alone__leaves_nearly_none),
        cmocka_unit_test(rhythm__quarters_weeks_and_short_histories__have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
