/* engine/num/special.h against R (ref_special.R), identities and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "tests/num/ref_special.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void close_to(double got, double want, double relative, const char *what, const double *row)
{
    if (got == want || fabs(got - want) <= relative * fabs(want) + 1e-300) return;
    fail_msg("%s(%g, %g, ...): got %.17g, want %.17g", what, row[0], row[1], got, want);
}

static void distributions__many_points__agree_with_r(void **state)
{
    (void)state;
#define CHECK(table, call, relative)                                                               \
    for (int i = 0; i < ROWS(table); i++) {                                                        \
        const double *r = table[i];                                                                \
        close_to(call, r[sizeof(table[0]) / sizeof(double) - 1], relative, #table, r);             \
    }
    CHECK(ref_normal_quantile, fore_normal_quantile(r[0]), 1e-14)
    CHECK(ref_normal_cdf, fore_normal_cdf(r[0]), 1e-13)
    CHECK(ref_gamma_cdf, fore_gamma_cdf(r[0], r[1]), 2e-11)
    CHECK(ref_beta_cdf, fore_beta_cdf(r[0], r[1], r[2]), 2e-11)
    CHECK(ref_beta_quantile, fore_beta_quantile(r[0], r[1], r[2]), 2e-11)
    CHECK(ref_t_cdf, fore_t_cdf(r[0], r[1]), 1e-7)
    CHECK(ref_t_quantile, fore_t_quantile(r[0], r[1]), 2e-11)
    CHECK(ref_f_cdf, fore_f_cdf(r[0], r[1], r[2]), 2e-11)
}

static void quantile_sorted__type_7__agrees_with_r(void **state)
{
    double s[] = {3.5, -2, 8, 1e3, 0, 7.25, -2, 41};
    (void)state;
    fore_sort(s, 8);
    CHECK(ref_quantile, fore_quantile_sorted(s, 8, r[0]), 1e-15)
}

static void distributions__outside_their_domain__nan_or_the_limit(void **state)
{
    (void)state;
    assert_true(isnan(fore_normal_quantile(-0.1)) && isnan(fore_normal_quantile(1.1)));
    assert_true(isnan(fore_beta_cdf(0.5, 0, 1)) && isnan(fore_t_cdf(1, -1)));
    assert_true(isnan(fore_gamma_cdf(NAN, 1)) && isnan(fore_f_cdf(NAN, 1, 1)));
    assert_true(isinf(fore_normal_quantile(1)) && fore_normal_quantile(0) == -INFINITY);
    assert_true(fore_beta_cdf(-1, 2, 3) == 0 && fore_beta_cdf(2, 2, 3) == 1);
    assert_true(fore_gamma_cdf(INFINITY, 3) == 1 && fore_t_cdf(-INFINITY, 3) == 0);
    assert_true(fore_t_quantile(0.975, INFINITY) == fore_normal_quantile(0.975));
}

static void quantiles__after_their_cdf__give_the_argument_back(void **state)
{
    fore_random random = fore_random_new(7, 1);
    (void)state;
    for (int i = 0; i < 2000; i++) {
        double p = fore_random_uniform(&random), a = exp(8 * fore_random_uniform(&random) - 3);
        double b = exp(8 * fore_random_uniform(&random) - 3), row[2] = {p, a};
        close_to(fore_normal_cdf(fore_normal_quantile(p)), p, 1e-13, "normal", row);
        close_to(fore_t_cdf(fore_t_quantile(p, a), a), p, 1e-10, "t", row);
        double x = fore_beta_quantile(p, a, b);
        if (x > 1e-300 && x < 1 - 1e-6) close_to(fore_beta_cdf(x, a, b), p, 1e-8, "beta", row);
    }
}

static void scalar_forms__extreme_arguments__stay_exact(void **state)
{
    double huge[] = {1e308, 1e308 - 1e293}, none[] = {-INFINITY, -INFINITY};
    (void)state;
    assert_true(fore_sigmoid(-800) >= 0 && fore_sigmoid(800) == 1 && fore_sigmoid(0) == 0.5);
    close_to(fore_sigmoid(-40), 4.248354255291589e-18, 1e-14, "sigmoid", huge);
    close_to(fore_log1pexp(1000), 1000, 0, "log1pexp", huge);
    close_to(fore_log1pexp(-40), 4.248354255291589e-18, 1e-14, "log1pexp", huge);
    close_to(fore_logit(fore_sigmoid(3.25)), 3.25, 1e-14, "logit", huge);
    assert_true(isfinite(fore_logsumexp(huge, 2)));
    assert_true(fore_logsumexp(none, 2) == -INFINITY && fore_logsumexp(none, 0) == -INFINITY);
    assert_true(isinf(fore_logit(0)) && isinf(fore_logit(1)));
}

static void sum__cancelling_terms__keeps_the_small_one(void **state)
{
    double x[] = {1, 1e100, 1, -1e100}, over[] = {1e308, 1e308, 1};
    (void)state;
    assert_true(fore_sum(x, 4) == 2);
    assert_true(fore_sum(over, 3) == INFINITY);
    assert_true(fore_sum(x, 0) == 0 && isnan(fore_mean(x, 0)) && isnan(fore_variance(x, 1)));
}

static void variance__large_offset__is_that_of_the_differences(void **state)
{
    double x[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    (void)state;
    close_to(fore_variance(x, 4), 30, 1e-12, "variance", x);
}

static void sort__random_sizes_and_shapes__ordered_and_nan_last(void **state)
{
    enum { MOST = 3000 };
    static double x[MOST], y[MOST];
    static int64_t order[MOST];
    fore_random random = fore_random_new(11, 0);
    (void)state;
    for (int round = 0; round < 300; round++) {
        int64_t n = fore_random_below(&random, MOST),
                distinct = 1 + fore_random_below(&random, 400);
        int64_t missing = 0;
        for (int64_t i = 0; i < n; i++) {
            x[i] = (double)fore_random_below(&random, distinct) - (double)distinct / 2;
            if (round % 3 == 0) x[i] = round % 2 ? (double)i : -(double)i;
            if (round % 5 == 0 && i % 7 == 0) x[i] = NAN;
            if (isnan(x[i])) missing++;
            y[i] = x[i];
        }
        assert_int_equal(fore_order(x, n, order), 1);
        fore_sort(y, n);
        for (int64_t i = 0; i < n; i++) {
            assert_true(i < n - missing ? y[i] == x[order[i]] : isnan(y[i]) && isnan(x[order[i]]));
            if (i == 0) continue;
            assert_false(y[i] < y[i - 1]);
            int tie = y[i] == y[i - 1] || isnan(y[i - 1]);
            if (tie) assert_true(order[i] > order[i - 1]);
        }
        if (n == 0 || missing) continue;
        double middle = n % 2 ? y[n / 2] : y[n / 2 - 1] / 2 + y[n / 2] / 2;
        assert_true(fore_median(x, n) == middle);
        for (int k = 0; k <= 8; k++)
            assert_true(fore_quantile(x, n, k / 8.0) == fore_quantile_sorted(y, n, k / 8.0));
    }
}

static void order__signed_zeros_and_infinities__ties_by_index(void **state)
{
    double x[] = {0.0, -0.0, INFINITY, -1e-320, -INFINITY, NAN, 0.0};
    int64_t order[7], want[] = {4, 3, 0, 1, 6, 2, 5};
    (void)state;
    assert_int_equal(fore_order(x, 7, order), 1);
    for (int i = 0; i < 7; i++) assert_int_equal(order[i], want[i]);
    assert_true(isnan(fore_median(x, 7)) && isnan(fore_median(x, 0)));
    assert_true(isnan(fore_quantile(x, 7, 0.5)) && isnan(fore_quantile(x, 0, 0.5)));
}

static void order__memory_fails__says_so_and_leaks_nothing(void **state)
{
    enum { N = 1000 };
    static double x[N];
    static int64_t order[N];
    (void)state;
    for (int i = 0; i < N; i++) x[i] = -i;
    int64_t live = fore_memory_live();
    for (int k = 1; k <= 3; k++) {
        fore_memory_fail_at(k);
        assert_int_equal(fore_order(x, N, order), 0);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distributions__many_points__agree_with_r),
        cmocka_unit_test(quantile_sorted__type_7__agrees_with_r),
        cmocka_unit_test(distributions__outside_their_domain__nan_or_the_limit),
        cmocka_unit_test(quantiles__after_their_cdf__give_the_argument_back),
        cmocka_unit_test(scalar_forms__extreme_arguments__stay_exact),
        cmocka_unit_test(sum__cancelling_terms__keeps_the_small_one),
        cmocka_unit_test(variance__large_offset__is_that_of_the_differences),
        cmocka_unit_test(sort__random_sizes_and_shapes__ordered_and_nan_last),
        cmocka_unit_test(order__signed_zeros_and_infinities__ties_by_index),
        cmocka_unit_test(order__memory_fails__says_so_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
