/* Newton with step halving where plain Newton fails. */
#include "engine/num/special.h"
#include "models/survive/concave.h"
#include "tests/survive/survive_support.h"

/* -log cosh(b - 3): flat curvature far out, where Newton's step is endless. */
static double valley(void *context, const double *b, double *gradient, double *information)
{
    (void)context;
    double d = *b - 3, t = tanh(d);
    *gradient = -t;
    *information = 1 - t * t;
    return log(2) - fore_log1pexp(-2 * fabs(d)) - fabs(d);
}

static void concave__no_curvature_at_the_start__still_finds_the_top(void **state)
{
    (void)state;
    for (double start = -400; start <= 400; start += 80) {
        fore_concave problem = {valley, NULL, 1, 1, 1};
        fore_concave_info info;
        double b = start, covariance;
        assert_int_equal(fore_concave_maximise(&problem, &b, &covariance, &info, NULL), FORE_OK);
        assert_true(info.converged);
        NEAR(b, 3, 1e-9);
        NEAR(covariance, 1, 1e-9);
        NEAR(info.last, 0, 1e-12);
    }
}

static double broken(void *context, const double *b, double *gradient, double *information)
{
    (void)context;
    *gradient = 1;
    *information = NAN;
    return *b;
}

static void concave__information_is_not_a_number__is_an_error(void **state)
{
    (void)state;
    fore_concave problem = {broken, NULL, 1, 0, 1};
    fore_concave_info info;
    fore_error err = {0};
    double b = 0, covariance;
    assert_int_equal(fore_concave_maximise(&problem, &b, &covariance, &info, &err), FORE_E_NUMERIC);
    assert_non_null(strstr(err.message, "curvature"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concave__no_curvature_at_the_start__still_finds_the_top),
        cmocka_unit_test(concave__information_is_not_a_number__is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
