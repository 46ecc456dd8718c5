/* Quasi-Newton in a box, asked and told: known minima, bounds, holes in the domain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/num/climb.h"

typedef double (*function)(const double *x, int64_t n, double *gradient);

static void climb_to_rest(fore_climb *c, function f, int64_t n, const double *lower,
                          const double *upper, const double *start)
{
    double g[FORE_CLIMB_MAX], value = f(start, n, g);
    bool on = fore_climb_begin(c, n, lower, upper, 1e-14, start, value, g);
    while (on) {
        for (int64_t i = 0; i < n; i++) assert_true(c->ask[i] >= lower[i] && c->ask[i] <= upper[i]);
        value = f(c->ask, n, g);
        on = fore_climb_tell(c, value, g);
    }
}

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static double valley(const double *x, int64_t n, double *g)
{
    double sum = 0;
    memset(g, 0, (size_t)n * sizeof *g);
    for (int64_t i = 0; i + 1 < n; i++) {
        double up = x[i + 1] - x[i] * x[i], left = 1 - x[i];
        sum += 100 * up * up + left * left;
        g[i] -= 400 * x[i] * up + 2 * left;
        g[i + 1] += 200 * up;
    }
    return sum;
}

/* x'Ax / 2 - b'x with A = tridiagonal (-1, 2.5, -1), b_i = (-1)^i */
static double bowl(const double *x, int64_t n, double *g)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double b = i % 2 ? -1 : 1;
        double ax = 2.5 * x[i] - (i > 0 ? x[i - 1] : 0) - (i + 1 < n ? x[i + 1] : 0);
        sum += x[i] * (ax / 2 - b);
        g[i] = ax - b;
    }
    return sum;
}

/* -sum log(x) + sum x^2 / 2, nothing at or below zero; the minimum is at 1. */
static double halfspace(const double *x, int64_t n, double *g)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(x[i] > 0)) return INFINITY;
        sum += x[i] * x[i] / 2 - log(x[i]);
        g[i] = x[i] - 1 / x[i];
    }
    return sum;
}

static void climb__curved_valley__reaches_its_end(void **state)
{
    double lower[6], upper[6], start[6] = {-1.2, 1, -1.2, 1, -1.2, 1};
    fore_climb c;
    (void)state;
    for (int i = 0; i < 6; i++) lower[i] = -INFINITY, upper[i] = INFINITY;
    climb_to_rest(&c, valley, 2, lower, upper, start);
    for (int i = 0; i < 2; i++) near(c.x[i], 1, 1e-5);
    assert_true(c.evaluations < 100);
    climb_to_rest(&c, valley, 6, lower, upper, start);
    assert_true(c.value < 3.98); /* the valley of six has a second, higher end at 3.97 */
}

static void climb__random_boxes__first_order_conditions_hold(void **state)
{
    (void)state;
    for (uint64_t trial = 0; trial < 200; trial++) {
        double lower[FORE_CLIMB_MAX], upper[FORE_CLIMB_MAX], start[FORE_CLIMB_MAX];
        int64_t n = 1 + (int64_t)(trial % FORE_CLIMB_MAX);
        fore_random random = fore_random_new(7, trial);
        fore_climb c;
        for (int64_t i = 0; i < n; i++) {
            double u = fore_random_uniform(&random);
            double width = fore_random_uniform(&random);
            lower[i] = u - 0.7, upper[i] = lower[i] + width, start[i] = lower[i] + width / 2;
        }
        climb_to_rest(&c, bowl, n, lower, upper, start);
        for (int64_t i = 0; i < n; i++) {
            if (c.x[i] <= lower[i])
                assert_true(c.gradient[i] > -1e-5);
            else if (c.x[i] >= upper[i])
                assert_true(c.gradient[i] < 1e-5);
            else
                near(c.gradient[i], 0, 1e-5);
        }
    }
}

static void climb__values_missing_beyond_an_edge__steps_back(void **state)
{
    double lower[3], upper[3], start[3] = {1e-3, 40, 2};
    fore_climb c;
    (void)state;
    for (int i = 0; i < 3; i++) lower[i] = -INFINITY, upper[i] = INFINITY;
    climb_to_rest(&c, halfspace, 3, lower, upper, start);
    for (int i = 0; i < 3; i++) near(c.x[i], 1, 1e-5);
}

static void climb__started_at_the_minimum__stays(void **state)
{
    double lower[2] = {0, 0}, upper[2] = {0, 5}, start[2] = {0, 0.4}, g[2];
    fore_climb c;
    (void)state;
    assert_true(fore_climb_begin(&c, 2, lower, upper, 1e-14, start, bowl(start, 2, g), g));
    start[1] = -1 / 2.5, lower[1] = -5;
    assert_false(fore_climb_begin(&c, 2, lower, upper, 1e-14, start, bowl(start, 2, g), g));
    near(c.x[1], -0.4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(climb__curved_valley__reaches_its_end),
        cmocka_unit_test(climb__random_boxes__first_order_conditions_hold),
        cmocka_unit_test(climb__values_missing_beyond_an_edge__steps_back),
        cmocka_unit_test(climb__started_at_the_minimum__stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
