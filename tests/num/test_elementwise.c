/* The vectorised logistic function against long double, and the same bytes one by one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/num/elementwise.h"

static void logistic_many__whole_range__accurate_to_rounding(void **state)
{
    (void)state;
    fore_random random = fore_random_new(2, 2);
    double worst_mean = 0, worst_softplus = 0;
    for (int turn = 0; turn < 200000; turn++) {
        double width = turn % 4 == 0 ? 690 : turn % 4 == 1 ? 40 : turn % 4 == 2 ? 2 : 1e-8;
        double x = width * (2 * fore_random_uniform(&random) - 1), mean, softplus;
        fore_logistic_many(&x, 1, &mean, &softplus);
        long double m = 1 / (1 + expl(-(long double)x));
        long double s = x > 0 ? x + log1pl(expl(-(long double)x)) : log1pl(expl((long double)x));
        worst_mean = fmax(worst_mean, fabs((double)((mean - m) / m)));
        worst_softplus = fmax(worst_softplus, fabs((double)((softplus - s) / s)));
    }
    assert_true(worst_mean < 4e-16);
    assert_true(worst_softplus < 4e-16);
}

static void logistic_many__extremes__finite_and_nan_stays_nan(void **state)
{
    (void)state;
    double x[5] = {-1e308, -INFINITY, 1e308, 0, NAN}, mean[5], softplus[5];
    fore_logistic_many(x, 5, mean, softplus);
    assert_true(mean[0] >= 0 && mean[0] < 1e-300 && mean[1] == mean[0] && mean[2] == 1);
    assert_true(mean[3] == 0.5 && fabs(softplus[3] - log(2)) < 1e-16);
    assert_true(softplus[0] >= 0 && softplus[0] < 1e-300 && softplus[2] == 1e308);
    assert_true(isnan(mean[4]) && isnan(softplus[4]));
}

static void logistic_many__any_length__same_bytes_as_one_by_one(void **state)
{
    (void)state;
    double x[300], mean[300], softplus[300];
    fore_random random = fore_random_new(3, 2);
    for (int i = 0; i < 300; i++) x[i] = 10 * fore_random_normal(&random);
    for (int n = 1; n <= 300; n += 37) {
        fore_logistic_many(x, n, mean, softplus);
        for (int i = 0; i < n; i++) {
            double one[2];
            fore_logistic_many(&x[i], 1, &one[0], NULL);
            fore_logistic_many(&x[i], 1, NULL, &one[1]);
            assert_memory_equal(&one[0], &mean[i], sizeof(double));
            assert_memory_equal(&one[1], &softplus[i], sizeof(double));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logistic_many__whole_range__accurate_to_rounding),
        cmocka_unit_test(logistic_many__extremes__finite_and_nan_stays_nan),
        cmocka_unit_test(logistic_many__any_length__same_bytes_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
