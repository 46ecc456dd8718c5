/* Published answers of R 4.2.2 with forecast 8.20 on its built-in series, asked through
 * fore_series_run: likelihoods must not be below the reference by more than 0.01. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "models/series/ets.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_series.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static fore_series_forecast *ask(const char *word, const double *y, int64_t n, int64_t m, int64_t h)
{
    fore_series_options options = fore_series_default();
    fore_series_forecast *f;
    fore_error err = {0};
    assert_true(fore_series_method_parse(word, &options.method));
    options.intervals = FORE_INTERVAL_MODEL;
    if (fore_series_run(y, n, m, h, &options, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    assert_int_equal(f->method, options.method);
    return f;
}

static double parameter(const fore_series_forecast *f, const char *name)
{
    for (int64_t i = 0; i < f->parameters; i++)
        if (strcmp(f->parameter[i].name, name) == 0) return f->parameter[i].value;
    return NAN;
}

static void series_run__ets_of_three_series__criteria_of_r(void **state)
{
    const double air[] = {441.8018, 434.1186, 496.6300, 483.2375, 483.9914, 551.0244};
    const fore_ets_form mam = {'M', 'A', 'M', true};
    fore_ets model;
    double mean[6], variance[6];
    (void)state;
    assert_int_equal(fore_ets_fit(r_AirPassengers, 144, 12, &mam, &model, NULL), FORE_OK);
    assert_true(model.loglik >= -679.583216 - 0.01 && model.aic <= 1395.166432 + 0.02);
    assert_true(model.bic <= 1448.623072 + 0.02 && model.phi <= 0.98);
    near(sqrt(model.sigma2), 0.0392, 0.0005);
    fore_ets_forecast(&model, &model.last, 144, 6, mean, variance);
    for (int k = 0; k < 6; k++) near(mean[k] / air[k], 1, 0.02);
    near(mean[0] + 1.959964 * sqrt(variance[0]), 475.7174, 5);

    fore_series_forecast *f = ask("ets", r_AirPassengers, 144, 12, 6);
    assert_true(f->aicc <= 1400.638432 + 0.02);
    fore_series_free(f);
    f = ask("ets", r_USAccDeaths, 72, 12, 6);
    assert_string_equal(f->name, "ETS(A,N,A)");
    assert_true(f->loglik >= -555.072335 - 0.01 && f->aicc <= 1148.7161 + 0.02);
    fore_series_free(f);
    f = ask("ets", r_Nile, 100, 1, 6);
    assert_string_equal(f->name, "ETS(M,N,N)");
    near(f->loglik, -726.150958, 0.01);
    near(f->aicc, 1458.5519, 0.02);
    near(parameter(f, "alpha"), 0.1514, 0.002);
    fore_series_free(f);
}

static void arima_pick(const double *y, int64_t n, int64_t m, const char *name, double loglik,
                       double aicc)
{
    fore_series_forecast *f = ask("arima", y, n, m, 3);
    if (f->aicc > aicc + 0.02) fail_msg("%s: AICc %.4f, reference %.4f", f->name, f->aicc, aicc);
    if (f->aicc > aicc - 0.02) {
        assert_string_equal(f->name, name);
        assert_true(f->loglik >= loglik - 0.01);
    }
    fore_series_free(f);
}

static void series_run__arima__orders_of_r_or_better_ones(void **state)
{
    fore_series_options options = fore_series_default();
    fore_series_forecast *f;
    (void)state;
    arima_pick(r_AirPassengers, 144, 12, "ARIMA(2,1,1)(0,1,0)[12]", -504.9239, 1018.17);
    arima_pick(r_WWWusage, 100, 1, "ARIMA(1,1,1)", -254.1497, 514.5521);
    arima_pick(r_USAccDeaths, 72, 12, "ARIMA(0,1,1)(0,1,1)[12]", -425.43999, 857.3164);
    arima_pick(r_Nile, 100, 1, "ARIMA(1,1,1)", -630.6274, 1267.507);
    arima_pick(r_LakeHuron, 98, 1, "ARIMA(0,1,0)", -109.1079, 220.2579);
    options.method = FORE_SERIES_ARIMA;
    options.transform = FORE_TRANSFORM_BOX_COX;
    options.median = true;
    assert_int_equal(fore_series_run(r_AirPassengers, 144, 12, 12, &options, &f, NULL), FORE_OK);
    assert_string_equal(f->name, "ARIMA(0,1,1)(0,1,1)[12]");
    near(parameter(f, "ma1"), -0.40182802, 1e-4);
    near(parameter(f, "sma1"), -0.55694484, 1e-4);
    assert_true(f->loglik >= 244.6995306 - 0.01);
    near(f->aic, -483.3990612, 0.02);
    near(f->aicc, -483.2100848, 0.02);
    near(log(f->mean[0]), 6.110186, 1e-5);
    near(log(f->mean[11]), 6.168025, 1e-5);
    fore_series_free(f);
}

static void series_run__theta_and_holt_winters__figures_of_r(void **state)
{
    const double air[] = {440.07819, 428.38428, 489.70710, 475.70463};
    (void)state;
    fore_series_forecast *f = ask("theta", r_AirPassengers, 144, 12, 4);
    for (int k = 0; k < 4; k++) near(f->mean[k], air[k], 0.01);
    near(parameter(f, "alpha"), 0.83775209, 5e-4);
    fore_series_free(f);
    f = ask("theta", r_Nile, 100, 1, 2);
    near(f->mean[0], 799.8120, 0.05);
    near(f->mean[1], 798.4548, 0.05);
    fore_series_free(f);
    f = ask("hw", r_AirPassengers, 144, 12, 12);
    near(parameter(f, "alpha"), 0.27559247, 1e-3);
    near(parameter(f, "beta"), 0.032692953, 1e-3);
    near(parameter(f, "gamma"), 0.87072922, 1e-3);
    fore_series_free(f);
}

static void series_run__croston__figure_of_r(void **state)
{
    const double y[] = {0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 4, 0, 0, 0, 0, 2, 0};
    (void)state;
    fore_series_forecast *f = ask("croston", y, 18, 1, 3);
    near(f->mean[2], 0.86315361, 5e-9);
    fore_series_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_run__ets_of_three_series__criteria_of_r),
        cmocka_unit_test(series_run__arima__orders_of_r_or_better_ones),
        cmocka_unit_test(series_run__theta_and_holt_winters__figures_of_r),
        cmocka_unit_test(series_run__croston__figure_of_r),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
