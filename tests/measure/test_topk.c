/* The top of a list against a plain recount, and intervals whose truth is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/measure/topk.h"

enum { N = 400 };

/* Expected value of the first k when ties are in random order: each tied row is in with its chance.
 */
static double plain_value(const double *score, const double *value, int64_t n, int64_t k)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t above = 0, same = 0;
        for (int64_t j = 0; j < n; j++) {
            above += score[j] > score[i];
            same += score[j] == score[i];
        }
        double room = (double)(k - above) / (double)same;
        sum += value[i] * (room > 1 ? 1 : room > 0 ? room : 0);
    }
    return sum;
}

static void value_at__ties_and_all_k__is_the_mean_over_orders(void **state)
{
    (void)state;
    double score[N], value[N], got;
    fore_random r = fore_random_new(7, 0);
    for (int i = 0; i < N; i++) {
        score[i] = floor(20 * fore_random_uniform(&r));
        value[i] = fore_random_uniform(&r) < 0.3 ? 1000 * fore_random_uniform(&r) : 0;
    }
    for (int64_t k = 0; k <= N + 3; k += 7) {
        assert_int_equal(fore_value_at(score, value, N, k, &got, NULL), FORE_OK);
        assert_true(fabs(got - plain_value(score, value, N, k)) < 1e-7);
    }
    assert_int_equal(fore_value_at(score, value, 0, 5, &got, NULL), FORE_OK);
    assert_true(isnan(got));
    value[3] = -1;
    assert_int_equal(fore_value_at(score, value, N, 5, &got, NULL), FORE_E_DATA);
}

static void top_kept__closed_rows_and_newcomers__counts_who_stays(void **state)
{
    (void)state;
    /* first three: 1, 2, 3; 2 is closed a day later, 9 comes in above 3 */
    fore_listed before[] = {{5, 0.1}, {3, 0.7}, {1, 0.9}, {2, 0.8}, {4, 0.2}};
    fore_listed after[] = {{1, 0.9}, {9, 0.8}, {4, 0.75}, {3, 0.7}, {5, 0.1}};
    double kept;
    assert_int_equal(fore_top_kept(before, 5, after, 5, 3, &kept, NULL), FORE_OK);
    assert_true(kept == 0.5); /* of 1 and 3, which are left, 1 stays */
    assert_int_equal(fore_top_kept(before, 5, after, 5, 4, &kept, NULL), FORE_OK);
    assert_true(kept == 1); /* 1, 3, 4 */
    assert_int_equal(fore_top_kept(before, 5, before, 5, 2, &kept, NULL), FORE_OK);
    assert_true(kept == 1);
    assert_int_equal(fore_top_kept(before, 5, after, 0, 3, &kept, NULL), FORE_OK);
    assert_true(isnan(kept));
}

/* Bins of one chance each: the true chance is drawn from the interval's normal, which is what a
 * 90 % interval claims; `narrow`: the interval that is told is so many times too narrow. */
static fore_coverage drawn(double narrow, double sd, int moments, int64_t rows)
{
    enum { BINS = 10 };
    fore_coverage sum = {0};
    fore_random r = fore_random_new(11, 3);
    double *p = malloc((size_t)(4 * BINS * rows) * sizeof *p);
    assert_non_null(p);
    int64_t n = BINS * rows;
    double *lo = p + n, *hi = p + 2 * n, *y = p + 3 * n;
    for (int m = 0; m < moments; m++) {
        for (int b = 0; b < BINS; b++) {
            double said = 0.2 + 0.05 * b, truth = said + sd * fore_random_normal(&r);
            for (int64_t i = b * rows; i < (b + 1) * rows; i++) {
                p[i] = said;
                lo[i] = said - 1.6448536 * sd / narrow;
                hi[i] = said + 1.6448536 * sd / narrow;
                y[i] = fore_random_uniform(&r) < truth;
            }
        }
        assert_int_equal(fore_coverage_add(p, lo, hi, y, n, BINS, 0.9, &sum, NULL), FORE_OK);
    }
    assert_int_equal(sum.bins, BINS * moments);
    free(p);
    return sum;
}

static double inside(fore_coverage v) { return (double)v.inside / (double)v.bins; }

static void coverage__true_intervals__hold_as_often_as_they_say(void **state)
{
    (void)state;
    /* 600 bins: the standard error of a share of 0.9 is 0.012 */
    fore_coverage wide = drawn(1, 0.03, 60, 400), noisy = drawn(1, 0.005, 60, 100);
    assert_true(fabs(inside(wide) - 0.9) < 0.04);
    assert_true(fabs(inside(noisy) - 0.9) < 0.04);
    assert_true(wide.room > 0.6 && noisy.room < 0.2);
    assert_true(noisy.inside_bare < noisy.inside / 2); /* the noise is what fills them */
}

static void coverage__intervals_too_narrow__fall_short(void **state)
{
    (void)state;
    assert_true(inside(drawn(4, 0.05, 60, 400)) < 0.75);
}

static void coverage__equal_chances__are_one_bin(void **state)
{
    (void)state;
    double p[30], lo[30], hi[30], y[30];
    fore_coverage sum = {0};
    for (int i = 0; i < 30; i++) {
        p[i] = 0.5;
        lo[i] = 0.4;
        hi[i] = 0.6;
        y[i] = i % 2;
    }
    assert_int_equal(fore_coverage_add(p, lo, hi, y, 30, 10, 0.9, &sum, NULL), FORE_OK);
    assert_int_equal(sum.bins, 1);
    assert_int_equal(sum.inside, 1);
    double noise = 1.6448536269514722 * sqrt(0.25 / 30);
    assert_true(fabs(sum.allowed - 2 * hypot(0.1, noise)) < 1e-12);
    assert_true(fabs(sum.room - 0.2 / sum.allowed) < 1e-12);
}

static void measures__memory_runs_short__is_said(void **state)
{
    (void)state;
    double score[4] = {1, 2, 3, 4}, value[4] = {0, 1, 0, 1}, out;
    fore_listed list[2] = {{1, 1}, {2, 2}};
    fore_coverage sum = {0};
    int64_t live = fore_memory_live();
    for (int64_t k = 1; k <= 3; k++) {
        fore_memory_fail_at(k);
        fore_status top = fore_top_kept(list, 2, list, 2, 1, &out, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(top, FORE_E_MEMORY);
    }
    fore_memory_fail_at(1);
    assert_int_equal(fore_value_at(score, value, 4, 2, &out, NULL), FORE_E_MEMORY);
    fore_memory_fail_at(1);
    assert_int_equal(fore_coverage_add(score, score, score, value, 4, 2, 0.9, &sum, NULL),
                     FORE_E_MEMORY);
    fore_memory_fail_at(0);
    assert_int_equal(fore_memory_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_at__ties_and_all_k__is_the_mean_over_orders),
        cmocka_unit_test(top_kept__closed_rows_and_newcomers__counts_who_stays),
        cmocka_unit_test(coverage__true_intervals__hold_as_often_as_they_say),
        cmocka_unit_test(coverage__intervals_too_narrow__fall_short),
        cmocka_unit_test(coverage__equal_chances__are_one_bin),
        cmocka_unit_test(measures__memory_runs_short__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
