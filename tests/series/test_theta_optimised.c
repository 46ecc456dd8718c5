/* The optimised Theta methods, static and dynamic, against ref_otm.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "models/series/series_forecast.h"
#include "models/series/theta.h"
#include "tests/series/ref_otm.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))
enum { STEPS = 12 };
static const fore_theta_form forms[] = {FORE_THETA_STATIC, FORE_THETA_DYNAMIC};

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static void theta_fit__optimised_forms_on_ten_series__least_squares_of_the_reference(void **state)
{
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++)
        for (int f = 0; f < 2; f++) {
            const ref_case *r = &ref_cases[c];
            const ref_otm *want = &ref_otms[c][f];
            double mean[STEPS];
            fore_theta model;
            assert_int_equal(fore_theta_fit(r->y, r->n, r->m, forms[f], &model, NULL, NULL),
                             FORE_OK);
            fore_theta_forecast(&model, STEPS, mean, NULL);
            double squares = model.sigma2 * (double)(r->n - 5);
            if (squares > want->squares * (1 + 1e-6))
                fail_msg("%s form %d: sum of squares %.10g, reference %.10g", r->name, f, squares,
                         want->squares);
            for (int k = 0; k < STEPS; k++)
                near(mean[k] / want->mean[k], 1,
                     squares < want->squares * (1 - 1e-4) ? 0.03 : 2e-4);
            fore_theta_free(&model);
        }
}

/* What theta.h says of the first o values alone, summed afresh. */
static void by_hand(const fore_theta *m, int64_t o, double *level, double *slope, double *intercept)
{
    double mean = 0, cross = 0, spread = 0, centre = (double)(o + 1) / 2;
    *level = m->first;
    for (int64_t t = 0; t < o; t++) {
        double v = r_AirPassengers[t], d = (double)(t + 1) - centre;
        if (m->seasonal) v /= m->index[t % m->m];
        *level += m->alpha * (v - *level);
        mean += v / (double)o;
        cross += d * v, spread += d * d;
    }
    *slope = cross / spread;
    *intercept = mean - *slope * centre;
}

static void theta_at__optimised_forms__know_nothing_of_later_values(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        fore_theta model;
        double here[4], there[4], level, slope, intercept;
        assert_int_equal(fore_theta_fit(r_AirPassengers, 144, 12, forms[f], &model, NULL, NULL),
                         FORE_OK);
        for (int64_t o = 2; o <= 144; o++) {
            fore_theta at = fore_theta_at(&model, o);
            by_hand(&model, o, &level, &slope, &intercept);
            near(at.level, level, 1e-9 * level);
            near(at.slope, slope, 1e-9);
            near(at.intercept, intercept, 1e-9 * intercept);
            assert_true(at.n == o && at.alpha == model.alpha && at.theta == model.theta);
        }
        fore_theta a = fore_theta_at(&model, 144);
        fore_theta_forecast(&a, 4, here, NULL);
        fore_theta_forecast(&model, 4, there, NULL);
        assert_memory_equal(here, there, sizeof here);
        fore_theta_free(&model);
    }
}

static void theta_fit__straight_line__optimised_forms_continue_it(void **state)
{
    double y[40], mean[10], fitted[40];
    (void)state;
    for (int t = 0; t < 40; t++) y[t] = 300 + 20.0 * t;
    for (int f = 0; f < 2; f++) {
        fore_theta model;
        assert_int_equal(fore_theta_fit(y, 40, 1, forms[f], &model, fitted, NULL), FORE_OK);
        fore_theta_forecast(&model, 10, mean, NULL);
        for (int k = 0; k < 10; k++)
            near(mean[k], 300 + 20.0 * (40 + k), 0.03 * 20 * (k + 1)); /* theta <= 50 */
        for (int t = 5; t < 40; t++) near(fitted[t], y[t], 2.5);
        fore_theta_free(&model);
    }
}

static void theta_fit__optimised_forms_scaled__scale(void **state)
{
    double big[108], a[STEPS], b[STEPS];
    (void)state;
    for (int t = 0; t < 108; t++) big[t] = 1000 * r_UKgas[t];
    for (int f = 0; f < 2; f++) {
        fore_theta one, two;
        fore_theta_fit(r_UKgas, 108, 4, forms[f], &one, NULL, NULL);
        fore_theta_fit(big, 108, 4, forms[f], &two, NULL, NULL);
        fore_theta_forecast(&one, STEPS, a, NULL);
        fore_theta_forecast(&two, STEPS, b, NULL);
        for (int k = 0; k < STEPS; k++) near(b[k] / 1000 / a[k], 1, 1e-5);
        fore_theta_free(&one);
        fore_theta_free(&two);
    }
}

static void series_run__otm__conformal_intervals_too(void **state)
{
    fore_series_options options = fore_series_default();
    fore_series_forecast *f;
    (void)state;
    assert_true(fore_series_method_parse("otm", &options.method));
    options.intervals = FORE_INTERVAL_CONFORMAL;
    assert_int_equal(fore_series_run(r_AirPassengers, 144, 12, 12, &options, &f, NULL), FORE_OK);
    assert_string_equal(f->name, "optimised Theta");
    assert_int_equal(f->intervals, FORE_INTERVAL_CONFORMAL);
    assert_string_equal(f->parameter[1].name, "theta");
    assert_true(f->parameter[1].value >= 1 && f->parameter[1].value <= 50);
    fore_series_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theta_fit__optimised_forms_on_ten_series__least_squares_of_the_reference),
        cmocka_unit_test(theta_at__optimised_forms__know_nothing_of_later_values),
        cmocka_unit_test(theta_fit__straight_line__optimised_forms_continue_it),
        cmocka_unit_test(theta_fit__optimised_forms_scaled__scale),
        cmocka_unit_test(series_run__otm__conformal_intervals_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
