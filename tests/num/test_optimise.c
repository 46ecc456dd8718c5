/* engine/num/optimise.h on problems with known answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/optimise.h"

static double rosenbrock(void *context, const double *x, int64_t n)
{
    double sum = 0;
    (void)context;
    for (int64_t i = 0; i + 1 < n; i++)
        sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
    return sum;
}

static double rosenbrock_gradient(void *context, const double *x, int64_t n, double *g)
{
    for (int64_t i = 0; i < n; i++) g[i] = 0;
    for (int64_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i];
        g[i] += -400 * a * x[i] - 2 * (1 - x[i]);
        g[i + 1] += 200 * a;
    }
    return rosenbrock(context, x, n);
}

/* Not a number on half of the plane; the minimum sits at its edge. */
static double nan_beyond_one(void *context, const double *x, int64_t n)
{
    (void)context;
    (void)n;
    return x[0] > 1 ? NAN : pow(x[0] - 1, 2) + pow(x[1] - 2, 2);
}

static double nan_gradient(void *context, const double *x, int64_t n, double *g)
{
    g[0] = x[0] > 3 ? NAN : 2 * (x[0] - 1);
    g[1] = x[0] > 3 ? NAN : 2 * (x[1] - 2);
    return x[0] > 3 ? NAN
                    : nan_beyond_one(context, (double[]){fmin(x[0], 1), x[1]}, n) +
                          pow(fmax(x[0] - 1, 0), 2);
}

static double always_nan(void *context, const double *x, int64_t n)
{
    (void)context;
    (void)x;
    (void)n;
    return NAN;
}

static double bowl(void *context, const double *x, int64_t n)
{
    double sum = 0;
    (void)context;
    for (int64_t i = 0; i < n; i++) sum += (double)(i + 1) * pow(x[i] - (double)i, 2);
    return sum;
}

static void minimise_simplex__rosenbrock__finds_the_valley_floor(void **state)
{
    double x[] = {-1.2, 1};
    fore_optimise_info info;
    (void)state;
    assert_int_equal(fore_minimise_simplex(rosenbrock, NULL, 2, x, NULL, NULL, NULL, &info, NULL),
                     FORE_OK);
    assert_true(fabs(x[0] - 1) < 1e-4 && fabs(x[1] - 1) < 1e-4);
    assert_true(info.converged && info.value < 1e-8 && info.evaluations > 10);
}

static void minimise_simplex__bounds_active__stays_inside_and_on_them(void **state)
{
    double x[] = {9, -9}, lower[] = {0, -3}, upper[] = {0.5, 0.1};
    (void)state;
    assert_int_equal(fore_minimise_simplex(rosenbrock, NULL, 2, x, lower, upper, NULL, NULL, NULL),
                     FORE_OK);
    assert_true(x[0] >= lower[0] && x[0] <= upper[0] && x[1] >= lower[1] && x[1] <= upper[1]);
    /* on the edge x1 = 0.1 the minimum is found by a fine scan */
    double best = 1e9;
    for (int i = 0; i <= 10000; i++)
        best = fmin(best, rosenbrock(NULL, (double[]){i * 5e-5, 0.1}, 2));
    assert_true(rosenbrock(NULL, x, 2) <= best + 1e-6);
}

static void minimise_simplex__twenty_variables__reaches_the_bottom(void **state)
{
    double x[20] = {0};
    fore_optimise_options options = fore_optimise_default();
    (void)state;
    options.evaluations = 20000;
    assert_int_equal(fore_minimise_simplex(bowl, NULL, 20, x, NULL, NULL, &options, NULL, NULL),
                     FORE_OK);
    for (int i = 0; i < 20; i++) assert_true(fabs(x[i] - i) < 1e-3);
}

static void minimise_simplex__objective_not_a_number__counts_as_infinite(void **state)
{
    double x[] = {-3, 0}, y[] = {0.25, 0.5};
    fore_optimise_info info;
    (void)state;
    assert_int_equal(
        fore_minimise_simplex(nan_beyond_one, NULL, 2, x, NULL, NULL, NULL, &info, NULL), FORE_OK);
    assert_true(fabs(x[0] - 1) < 1e-3 && fabs(x[1] - 2) < 1e-3);
    assert_int_equal(fore_minimise_simplex(always_nan, NULL, 2, y, NULL, NULL, NULL, &info, NULL),
                     FORE_OK);
    assert_true(info.value == INFINITY && y[0] == 0.25 && y[1] == 0.5);
}

static void minimise_simplex__evaluation_limit__returns_the_best_and_says_so(void **state)
{
    double x[] = {-1.2, 1}, start = rosenbrock(NULL, x, 2);
    fore_optimise_options options = fore_optimise_default();
    fore_optimise_info info;
    (void)state;
    options.evaluations = 15;
    assert_int_equal(
        fore_minimise_simplex(rosenbrock, NULL, 2, x, NULL, NULL, &options, &info, NULL), FORE_OK);
    assert_true(!info.converged && info.evaluations <= 15);
    assert_true(info.value <= start && rosenbrock(NULL, x, 2) == info.value);
}

static void minimise_gradient__rosenbrock_of_fifty__converges(void **state)
{
    double x[50];
    fore_optimise_info info;
    (void)state;
    for (int i = 0; i < 50; i++) x[i] = i % 2 ? 1 : -1.2;
    fore_optimise_options options = fore_optimise_default();
    options.f_tolerance = 0;
    assert_int_equal(
        fore_minimise_gradient(rosenbrock_gradient, NULL, 50, x, NULL, NULL, &options, &info, NULL),
        FORE_OK);
    assert_true(info.converged && info.value < 1e-9);
}

static void minimise_gradient__bounds_and_nan_region__still_the_minimum(void **state)
{
    double x[] = {-2, 9}, y[] = {-5, -5}, lower[] = {-4, 2.5}, upper[] = {0.5, 9};
    (void)state;
    assert_int_equal(
        fore_minimise_gradient(nan_gradient, NULL, 2, x, lower, upper, NULL, NULL, NULL), FORE_OK);
    assert_true(fabs(x[0] - 0.5) < 1e-6 && fabs(x[1] - 2.5) < 1e-6);
    assert_int_equal(fore_minimise_gradient(nan_gradient, NULL, 2, y, NULL, NULL, NULL, NULL, NULL),
                     FORE_OK);
    assert_true(fabs(y[0] - 1) < 1e-4 && fabs(y[1] - 2) < 1e-4);
}

static void minimise__no_variables_or_wrong_bounds__one_value_or_an_error(void **state)
{
    double x[] = {0}, lower[] = {1}, upper[] = {-1};
    fore_optimise_info info;
    fore_error err = {0};
    (void)state;
    assert_int_equal(fore_minimise_simplex(bowl, NULL, 0, x, NULL, NULL, NULL, &info, NULL),
                     FORE_OK);
    assert_true(info.value == 0 && info.evaluations == 1 && info.converged);
    assert_int_equal(fore_minimise_simplex(bowl, NULL, 1, x, lower, upper, NULL, NULL, &err),
                     FORE_E_ARGUMENT);
    assert_non_null(strstr(err.message, "variable 1"));
    x[0] = NAN;
    assert_int_equal(fore_minimise_simplex(bowl, NULL, 1, x, NULL, NULL, NULL, NULL, &err),
                     FORE_E_ARGUMENT);
}

static void minimise__run_twice__same_bytes(void **state)
{
    double a[20] = {0}, b[20] = {0};
    (void)state;
    fore_minimise_simplex(bowl, NULL, 20, a, NULL, NULL, NULL, NULL, NULL);
    fore_minimise_simplex(bowl, NULL, 20, b, NULL, NULL, NULL, NULL, NULL);
    assert_memory_equal(a, b, sizeof a);
}

static void minimise__memory_fails__error_without_leak(void **state)
{
    double x[2] = {0};
    (void)state;
    int64_t live = fore_memory_live();
    fore_memory_fail_at(1);
    assert_int_equal(fore_minimise_simplex(bowl, NULL, 2, x, NULL, NULL, NULL, NULL, NULL),
                     FORE_E_MEMORY);
    fore_memory_fail_at(0);
    assert_int_equal(fore_memory_live(), live);
}

static double cosine(void *context, double x)
{
    ++*(int *)context;
    return cos(x);
}

static double cut(void *context, double x)
{
    (void)context;
    return x < 0.3 ? NAN : x;
}

static void minimise_line__smooth_and_broken__finds_the_minimiser(void **state)
{
    int calls = 0;
    (void)state;
    assert_true(fabs(fore_minimise_line(cosine, &calls, 0, 5, 1e-10) - M_PI) < 1e-7);
    assert_true(calls < 40);
    double x = fore_minimise_line(cut, NULL, 0, 1, 1e-8);
    assert_true(x >= 0.3 && x < 0.3 + 1e-6);
    assert_true(fore_minimise_line(cosine, &calls, 2, 2, 1e-8) == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minimise_simplex__rosenbrock__finds_the_valley_floor),
        cmocka_unit_test(minimise_simplex__bounds_active__stays_inside_and_on_them),
        cmocka_unit_test(minimise_simplex__twenty_variables__reaches_the_bottom),
        cmocka_unit_test(minimise_simplex__objective_not_a_number__counts_as_infinite),
        cmocka_unit_test(minimise_simplex__evaluation_limit__returns_the_best_and_says_so),
        cmocka_unit_test(minimise_gradient__rosenbrock_of_fifty__converges),
        cmocka_unit_test(minimise_gradient__bounds_and_nan_region__still_the_minimum),
        cmocka_unit_test(minimise__no_variables_or_wrong_bounds__one_value_or_an_error),
        cmocka_unit_test(minimise__run_twice__same_bytes),
        cmocka_unit_test(minimise__memory_fails__error_without_leak),
        cmocka_unit_test(minimise_line__smooth_and_broken__finds_the_minimiser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
