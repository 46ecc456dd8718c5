/* theta.h, holt_winters.h and simple.h against R (ref_series.R). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "models/series/holt_winters.h"
#include "models/series/simple.h"
#include "models/series/theta.h"
#include "tests/series/ref_series.h"

enum { STEPS = 24 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

/* R stops its search at a relative 1.5e-8 of the objective, ours goes on: agreement to 5e-5 of the
 * size. */
static void same_as_r(const double *y, int64_t n, int64_t m, const double *mean,
                      const double *lower)
{
    double f[STEPS], variance[STEPS];
    fore_theta model;
    assert_int_equal(fore_theta_fit(y, n, m, false, &model, NULL, NULL), FORE_OK);
    fore_theta_forecast(&model, STEPS, f, variance);
    for (int k = 0; k < STEPS; k++) {
        near(f[k], mean[k], 5e-5 * fabs(mean[k]));
        near(f[k] - 1.959963985 * sqrt(variance[k]), lower[k], 2e-4 * fabs(mean[k]));
    }
    fore_theta_free(&model);
}

static void theta_fit__ten_series__forecasts_of_r(void **state)
{
    (void)state;
#define SERIES(name, m)                                                                            \
    same_as_r(r_##name, sizeof r_##name / 8, m, ref_theta_##name##_mean, ref_theta_##name##_lower)
    SERIES(AirPassengers, 12);
    SERIES(USAccDeaths, 12);
    SERIES(Nile, 1);
    SERIES(co2, 12);
    SERIES(WWWusage, 1);
    SERIES(LakeHuron, 1);
    SERIES(ldeaths, 12);
    SERIES(UKgas, 4);
    SERIES(lynx, 1);
    SERIES(austres, 4);
}

static void theta_fit__known_rows__reached(void **state)
{
    const double air[] = {440.07819, 428.38428, 489.70710, 475.70463};
    double f[4], variance[4];
    fore_theta model;
    (void)state;
    fore_theta_fit(r_AirPassengers, 144, 12, false, &model, NULL, NULL);
    fore_theta_forecast(&model, 4, f, variance);
    for (int k = 0; k < 4; k++) near(f[k], air[k], 0.01);
    near(model.alpha, 0.83775209, 5e-4);
    fore_theta_free(&model);
    fore_theta_fit(r_Nile, 100, 1, false, &model, NULL, NULL);
    fore_theta_forecast(&model, 2, f, variance);
    near(f[0], 799.8120, 0.05);
    near(f[1], 798.4548, 0.05);
    near(f[0] - 1.959963985 * sqrt(variance[0]), 517.1229, 0.2);
    near(f[0] + 1.959963985 * sqrt(variance[0]), 1082.501, 0.2);
    fore_theta_free(&model);
}

static void theta_at__a_past_origin__as_if_stopped_there(void **state)
{
    (void)state;
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        fore_theta model;
        double fitted[144], f[1];
        assert_int_equal(fore_theta_fit(r_AirPassengers, 144, 12, dynamic, &model, fitted, NULL),
                         FORE_OK);
        fore_theta end = fore_theta_at(&model, 144);
        near(end.level, model.level, 1e-9 * model.level);
        near(end.drift, model.drift, 1e-9 * fabs(model.drift) + 1e-12);
        for (int64_t o = 20; o < 144; o++) {
            fore_theta at = fore_theta_at(&model, o);
            fore_theta_forecast(&at, 1, f, NULL);
            if (dynamic) near(f[0], fitted[o], 1e-8 * fitted[o]);
            if (!dynamic)
                near(f[0], fitted[o], 0.1 * fitted[o]); /* fitted has no drift in it, as in R */
        }
        fore_theta_free(&model);
    }
}

static void theta_fit__straight_line__dynamic_form_continues_it(void **state)
{
    double y[40], f[10];
    fore_theta model;
    (void)state;
    for (int t = 0; t < 40; t++) y[t] = 3 + 2.0 * t;
    assert_int_equal(fore_theta_fit(y, 40, 1, true, &model, NULL, NULL), FORE_OK);
    fore_theta_forecast(&model, 10, f, NULL);
    for (int k = 0; k < 10; k++) near(f[k], 3 + 2.0 * (40 + k), 0.5);
    fore_theta_free(&model);
}

static void theta_fit__scaled_or_negative__scales_or_goes_additive(void **state)
{
    double big[72], low[72], a[12], b[12];
    fore_theta one, two;
    (void)state;
    for (int t = 0; t < 72; t++) big[t] = 1000 * r_USAccDeaths[t], low[t] = r_USAccDeaths[t] - 9000;
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        fore_theta_fit(r_USAccDeaths, 72, 12, dynamic, &one, NULL, NULL);
        fore_theta_fit(big, 72, 12, dynamic, &two, NULL, NULL);
        fore_theta_forecast(&one, 12, a, NULL);
        fore_theta_forecast(&two, 12, b, NULL);
        for (int k = 0; k < 12; k++) near(b[k] / 1000 / a[k], 1, 1e-4);
        fore_theta_free(&one);
        fore_theta_free(&two);
    }
    fore_theta_fit(low, 72, 12, false, &one, NULL, NULL);
    assert_true(one.seasonal && !one.multiplicative);
    fore_theta_free(&one);
    assert_int_equal(fore_theta_fit(low, 2, 1, false, &one, NULL, NULL), FORE_E_NO_ANSWER);
}

static void theta_fit__memory_fails__error_without_leak(void **state)
{
    (void)state;
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        fore_theta model;
        int64_t live = fore_memory_live(), k = 1;
        fore_status status;
        do {
            fore_memory_fail_at(k++);
            status = fore_theta_fit(r_AirPassengers, 144, 12, dynamic, &model, NULL, NULL);
            fore_memory_fail_at(0);
            if (status == FORE_OK) fore_theta_free(&model);
            assert_int_equal(fore_memory_live(), live);
        } while (status == FORE_E_MEMORY);
        assert_int_equal(status, FORE_OK);
        assert_true(k > 3);
    }
}

static void compare_hw(const double *y, int64_t n, bool multiplicative, const double *want,
                       const double *mean)
{
    fore_holt_winters model;
    double f[STEPS], fitted[500], squares = 0;
    assert_int_equal(fore_holt_winters_fit(y, n, 12, multiplicative, &model, fitted, NULL),
                     FORE_OK);
    near(model.sse / want[3], 1, 1e-6);
    near(model.alpha, want[0], 1e-3);
    near(model.beta, want[1], 1e-3);
    near(model.gamma, want[2], 1e-3);
    fore_holt_winters_forecast(&model, STEPS, f, NULL);
    for (int k = 0; k < STEPS; k++) near(f[k] / mean[k], 1, 1e-4);
    for (int64_t t = 0; t < n; t++) {
        assert_true(isnan(fitted[t]) == (t < 12));
        if (t >= 12) squares += (y[t] - fitted[t]) * (y[t] - fitted[t]);
    }
    near(squares / model.sse, 1, 1e-9);
    fore_holt_winters_rewind(&model, y, n - 20);
    fore_holt_winters_forecast(&model, 1, f, NULL);
    near(f[0], fitted[n - 20], 1e-9 * fabs(fitted[n - 20]));
}

static void holt_winters_fit__three_series__weights_and_forecasts_of_r(void **state)
{
    (void)state;
    compare_hw(r_AirPassengers, 144, true, ref_hw_AirPassengers_multiplicative,
               ref_hw_AirPassengers_multiplicative_mean);
    compare_hw(r_AirPassengers, 144, false, ref_hw_AirPassengers_additive,
               ref_hw_AirPassengers_additive_mean);
    compare_hw(r_co2, 468, false, ref_hw_co2_additive, ref_hw_co2_additive_mean);
    compare_hw(r_USAccDeaths, 72, false, ref_hw_USAccDeaths_additive,
               ref_hw_USAccDeaths_additive_mean);
    near(ref_hw_AirPassengers_multiplicative[3], 16570.778, 0.001);
    near(ref_hw_co2_additive[3], 43.129861, 1e-5);
}

static void holt_winters_fit__no_season_or_too_short__holt_or_an_error(void **state)
{
    fore_holt_winters model;
    double y[25] = {5, -1};
    fore_error err = {0};
    (void)state;
    assert_int_equal(fore_holt_winters_fit(r_austres, 89, 1, false, &model, NULL, NULL), FORE_OK);
    near(model.alpha, ref_holt_austres[0], 1e-3);
    near(model.beta, ref_holt_austres[1], 1e-3);
    near(model.sse / ref_holt_austres[2], 1, 1e-6);
    assert_int_equal(fore_holt_winters_fit(y, 24, 12, false, &model, NULL, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_holt_winters_fit(y, 25, 12, true, &model, NULL, &err), FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "value 2"));
    assert_int_equal(fore_holt_winters_fit(y, 25, 401, false, &model, NULL, &err), FORE_E_ARGUMENT);
}

static void croston__intermittent_demand__answers_of_r(void **state)
{
    const double y[] = {0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 4, 0, 0, 0, 0, 2, 0}, zeros[4] = {0};
    double mean[3], variance[3], fitted[18];
    (void)state;
    fore_croston(FORE_CROSTON, y, 18, 0.1, 3, mean, variance, fitted);
    near(mean[2], 0.86315361, 5e-9);
    near(mean[0], ref_croston[0], 1e-12);
    assert_true(isnan(fitted[0]));
    for (int t = 1; t < 18; t++) near(fitted[t], ref_croston_fitted[t], 1e-12);
    fore_croston(FORE_CROSTON, zeros, 4, 0.1, 1, mean, variance, NULL);
    assert_true(mean[0] == 0 && variance[0] == 0);
}

static void croston__demand_stops__only_tsb_falls(void **state)
{
    double y[40] = {0}, mean, variance, before;
    (void)state;
    for (int t = 1; t < 20; t += 2) y[t] = 6; /* every second step, then never again */
    fore_croston(FORE_TSB, y, 20, 0.1, 1, &before, &variance, NULL);
    near(before, 3, 0.2);
    fore_croston(FORE_TSB, y, 40, 0.1, 1, &mean, &variance, NULL);
    near(mean, before * pow(0.9, 20), 1e-12);
    fore_croston(FORE_SBA, y, 40, 0.1, 1, &mean, &variance, NULL);
    near(mean, 0.95 * 3, 1e-12);
}

static void plain_forecasts__small_series__as_by_hand(void **state)
{
    const double y[] = {1, 5, 2, 6, 4, 9};
    double f[5], v[5], fitted[6];
    (void)state;
    fore_seasonal_naive(y, 6, 2, 5, f, v, fitted);
    assert_true(f[0] == 4 && f[1] == 9 && f[4] == 4 && isnan(fitted[1]) && fitted[2] == 1);
    near(v[0], (1 + 1 + 4 + 9) / 4.0, 1e-15);
    near(v[2], 2 * v[0], 1e-15);
    fore_drift(y, 6, 2, f, v, fitted);
    near(f[1], 9 + 2 * 1.6, 1e-14);
    near(v[1], (2.4 * 2.4 + 4.6 * 4.6 + 2.4 * 2.4 + 3.6 * 3.6 + 3.4 * 3.4) / 4 * 2 * 1.4, 1e-12);
    fore_series_mean(y, 6, 1, f, v, fitted);
    near(f[0], 4.5, 1e-15);
    near(v[0], 8.3 * 7 / 6, 1e-12);
    fore_seasonal_naive(y, 1, 1, 2, f, v, NULL);
    assert_true(f[1] == 1 && isnan(v[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theta_fit__ten_series__forecasts_of_r),
        cmocka_unit_test(theta_fit__known_rows__reached),
        cmocka_unit_test(theta_at__a_past_origin__as_if_stopped_there),
        cmocka_unit_test(theta_fit__straight_line__dynamic_form_continues_it),
        cmocka_unit_test(theta_fit__scaled_or_negative__scales_or_goes_additive),
        cmocka_unit_test(theta_fit__memory_fails__error_without_leak),
        cmocka_unit_test(holt_winters_fit__three_series__weights_and_forecasts_of_r),
        cmocka_unit_test(holt_winters_fit__no_season_or_too_short__holt_or_an_error),
        cmocka_unit_test(croston__intermittent_demand__answers_of_r),
        cmocka_unit_test(croston__demand_stops__only_tsb_falls),
        cmocka_unit_test(plain_forecasts__small_series__as_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
