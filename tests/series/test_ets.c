/* ets.h against R (ref_series.R), a slow recursion of its own, and what must not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/ets.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))
enum { LONGEST = 500 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static fore_ets_form form_of(const char *text, bool damped)
{
    return (fore_ets_form){text[0], text[1], text[2], damped};
}

/* -2 log L written out anew: states in full arrays, forms told apart at every step. */
static double slow_likelihood(const fore_ets *w, const double *y, int64_t n)
{
    double squares = 0, logs = 0, level = w->first.level, slope = w->first.slope;
    double season[LONGEST + FORE_ETS_SEASON_MAX];
    for (int64_t j = 0; j < w->m; j++) season[j] = w->first.season[j];
    for (int64_t t = 0; t < n; t++) {
        double trend = level + (w->form.trend == 'A' ? w->phi * slope : 0), mu = trend,
               s = season[t];
        if (w->form.season == 'A') mu = trend + s;
        if (w->form.season == 'M') mu = trend * s;
        double e = w->form.error == 'A' ? y[t] - mu : (y[t] - mu) / mu;
        double absolute = w->form.error == 'A' ? e : e * mu;
        squares += e * e;
        if (w->form.error == 'M') logs += log(mu);
        double in_level = w->form.season == 'M' ? absolute / s : absolute;
        level = trend + w->alpha * in_level;
        slope = w->phi * slope + w->beta * in_level;
        season[t + w->m] = s;
        if (w->form.season == 'A') season[t + w->m] = s + w->gamma * absolute;
        if (w->form.season == 'M') season[t + w->m] = s + w->gamma * absolute / trend;
    }
    return (double)n * log(squares) + 2 * logs;
}

static void ets_fit__every_form_on_ten_series__likelihood_not_below_r(void **state)
{
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++)
        for (int f = 0; f < FORE_ETS_FORMS; f++) {
            const ref_case *r = &ref_cases[c];
            fore_ets model;
            if (isnan(ref_ets_loglik[c][f])) continue;
            assert_int_equal(fore_ets_fit(r->y, r->n, r->m, &fore_ets_forms[f], &model, NULL),
                             FORE_OK);
            if (model.loglik < ref_ets_loglik[c][f] - 0.01)
                fail_msg("%s form %d: %.4f, R %.4f", r->name, f, model.loglik,
                         ref_ets_loglik[c][f]);
            near(-2 * model.loglik, slow_likelihood(&model, r->y, r->n), 1e-6 * fabs(model.loglik));
        }
}

static void ets_fit__known_rows__reached(void **state)
{
    fore_ets_form mam = form_of("MAM", true), ana = form_of("ANA", false),
                  mnn = form_of("MNN", false);
    double mean[24], variance[24];
    fore_ets model;
    (void)state;
    assert_int_equal(fore_ets_fit(r_AirPassengers, 144, 12, &mam, &model, NULL), FORE_OK);
    assert_true(model.loglik >= -679.583216 - 0.01 && model.parameters == 17);
    near(model.aicc, model.aic + 2 * 18 * 19 / 125.0, 1e-9);
    fore_ets_forecast(&model, &model.last, 144, 24, mean, variance);
    for (int k = 0; k < 24; k++) near(mean[k] / ref_ets_AirPassengers_mean[k], 1, 0.03);
    near((mean[0] - 1.959964 * sqrt(variance[0])) / ref_ets_AirPassengers_lower[0], 1, 0.02);

    assert_int_equal(fore_ets_fit(r_USAccDeaths, 72, 12, &ana, &model, NULL), FORE_OK);
    assert_true(model.loglik >= -555.072335 - 0.01);
    fore_ets_forecast(&model, &model.last, 72, 24, mean, variance);
    for (int k = 0; k < 24; k++) near(mean[k] / ref_ets_USAccDeaths_mean[k], 1, 0.03);

    assert_int_equal(fore_ets_fit(r_Nile, 100, 1, &mnn, &model, NULL), FORE_OK);
    near(model.loglik, -726.150958, 0.01);
    near(model.aicc, 1458.5519, 0.02);
    near(model.alpha, 0.1514, 0.002);
    fore_ets_forecast(&model, &model.last, 100, 24, mean, variance);
    for (int k = 0; k < 24; k++) {
        near(mean[k], ref_ets_Nile_mean[k], 0.5);
        near(mean[k] - 1.959964 * sqrt(variance[k]), ref_ets_Nile_lower[k], 1);
    }
}

/* The variance formulas against 40,000 simulated futures each. */
static void ets_forecast__given_parameters__variance_by_simulation(void **state)
{
    enum { PATHS = 40000, STEPS = 15 };
    const char *const forms[] = {"AAA", "MAN", "MAA", "MAM"};
    (void)state;
    for (int f = 0; f < 4; f++) {
        fore_ets model = {.form = form_of(forms[f], f == 1),
                          .n = 8,
                          .m = f == 1 ? 1 : 4,
                          .alpha = 0.4,
                          .beta = 0.1,
                          .gamma = f == 1 ? 0 : 0.2,
                          .phi = f == 1 ? 0.9 : 1};
        double mean[STEPS], variance[STEPS], sum[STEPS] = {0}, squares[STEPS] = {0};
        fore_ets_state at = {.level = 100, .slope = 2, .season = {-20, 5, 10, 5}};
        if (f == 3) memcpy(at.season, (double[4]){0.8, 1.05, 1.1, 1.05}, sizeof(double[4]));
        model.sigma2 = model.form.error == 'A' ? 25 : 0.0025;
        fore_ets_forecast(&model, &at, 8, STEPS, mean, variance);
        fore_random random = fore_random_new(5, (uint64_t)f);
        for (int p = 0; p < PATHS; p++) {
            fore_ets_state path = at;
            for (int k = 0; k < STEPS; k++) {
                double mu;
                fore_ets one = model;
                fore_ets_forecast(&one, &path, 8 + k, 1, &mu, NULL);
                double e = sqrt(model.sigma2) * fore_random_normal(&random);
                double y = model.form.error == 'A' ? mu + e : mu * (1 + e);
                fore_ets_advance(&model, &path, 8 + k, &y, 1);
                sum[k] += y;
                squares[k] += (y - mean[k]) * (y - mean[k]);
            }
        }
        for (int k = 0; k < STEPS; k++) {
            near(sum[k] / PATHS / mean[k], 1, 0.01);
            near(squares[k] / PATHS / variance[k], 1, 0.04);
        }
    }
}

static void ets_filter__any_form__fitted_plus_error_is_the_value(void **state)
{
    double fitted[LONGEST], errors[LONGEST];
    fore_ets_state states[LONGEST];
    (void)state;
    for (int f = 0; f < FORE_ETS_FORMS; f++) {
        fore_ets model;
        fore_ets_fit(r_ldeaths, 72, 12, &fore_ets_forms[f], &model, NULL);
        fore_ets_filter(&model, r_ldeaths, 72, fitted, errors, states);
        double squares = 0;
        for (int t = 0; t < 72; t++) {
            double e = model.form.error == 'M' ? errors[t] * fitted[t] : errors[t];
            near(fitted[t] + e, r_ldeaths[t], 1e-9 * r_ldeaths[t]);
            squares += errors[t] * errors[t];
        }
        near(squares / (72 - (double)model.parameters) / model.sigma2, 1, 1e-9);
        assert_memory_equal(&states[71].level, &model.last.level, sizeof(double));
        fore_ets_state state10 = model.first;
        fore_ets_advance(&model, &state10, 0, r_ldeaths, 10);
        assert_true(state10.level == states[9].level && state10.slope == states[9].slope);
    }
}

static void ets_fit__bounds__always_kept(void **state)
{
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++)
        for (int f = 0; f < FORE_ETS_FORMS; f++) {
            fore_ets w;
            if (fore_ets_fit(ref_cases[c].y, ref_cases[c].n, ref_cases[c].m, &fore_ets_forms[f], &w,
                             NULL))
                continue;
            assert_true(w.alpha >= 1e-4 && w.alpha <= 0.9999);
            if (w.form.trend == 'A')
                assert_true(w.beta >= 1e-4 - 1e-12 && w.beta <= w.alpha + 1e-12);
            if (w.form.season != 'N')
                assert_true(w.gamma >= 1e-4 - 1e-12 && w.gamma <= 1 - w.alpha + 1e-12);
            assert_true(w.form.damped ? w.phi >= 0.8 && w.phi <= 0.98 : w.phi == 1);
            double sum = 0;
            for (int64_t j = 0; w.form.season != 'N' && j < w.m; j++) sum += w.first.season[j];
            if (w.form.season == 'M') near(sum, (double)w.m, 1e-9);
            if (w.form.season == 'A') near(sum, 0, 1e-6 * fabs(w.first.level) + 1e-9);
        }
}

static void ets_choose__scaled_series__same_form_scaled_forecast(void **state)
{
    double y[LONGEST], a[12], b[12];
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++) {
        const ref_case *r = &ref_cases[c];
        fore_ets one, two;
        for (int64_t t = 0; t < r->n; t++) y[t] = 1000 * r->y[t];
        assert_int_equal(fore_ets_choose(r->y, r->n, r->m, false, &one, NULL), FORE_OK);
        assert_int_equal(fore_ets_choose(y, r->n, r->m, false, &two, NULL), FORE_OK);
        assert_memory_equal(&one.form, &two.form, sizeof one.form);
        fore_ets_forecast(&one, &one.last, r->n, 12, a, NULL);
        fore_ets_forecast(&two, &two.last, r->n, 12, b, NULL);
        for (int k = 0; k < 12; k++) near(b[k] / 1000 / a[k], 1, 2e-3);
        near(two.loglik, one.loglik - (double)r->n * log(1000), 0.02);
    }
}

static void ets_fit__shifted_series__additive_forms_shift_along(void **state)
{
    double y[72], a[12], b[12];
    (void)state;
    for (int t = 0; t < 72; t++) y[t] = r_USAccDeaths[t] - 9000;
    for (int f = 0; f < 6; f++) {
        fore_ets one, two;
        assert_int_equal(fore_ets_fit(r_USAccDeaths, 72, 12, &fore_ets_forms[f], &one, NULL),
                         FORE_OK);
        assert_int_equal(fore_ets_fit(y, 72, 12, &fore_ets_forms[f], &two, NULL), FORE_OK);
        near(one.loglik, two.loglik, 0.05);
        fore_ets_forecast(&one, &one.last, 72, 12, a, NULL);
        fore_ets_forecast(&two, &two.last, 72, 12, b, NULL);
        for (int k = 0; k < 12; k++) near(b[k] + 9000, a[k], 40);
    }
}

static void ets_fit__unusable_values__said_in_words(void **state)
{
    double y[30];
    fore_ets model;
    fore_error err = {0};
    (void)state;
    for (int t = 0; t < 30; t++) y[t] = t - 5;
    fore_ets_form mnn = form_of("MNN", false), anm = form_of("ANM", false),
                  ana = form_of("ANA", false);
    assert_int_equal(fore_ets_fit(y, 30, 1, &mnn, &model, &err), FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "value 1"));
    assert_int_equal(fore_ets_fit(y, 30, 12, &anm, &model, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_ets_fit(y, 30, 25, &ana, &model, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_ets_fit(y, 12, 12, &ana, &model, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_ets_choose(y, 3, 1, false, &model, &err), FORE_E_NO_ANSWER);
    y[7] = INFINITY;
    fore_ets_form ann = form_of("ANN", false);
    assert_int_equal(fore_ets_fit(y, 30, 1, &ann, &model, &err), FORE_E_DATA);
}

static void ets_choose__perfect_line_or_season__forecast_exact(void **state)
{
    double y[60], mean[12];
    fore_ets model;
    (void)state;
    for (int t = 0; t < 60; t++) y[t] = 5 + 3.0 * t;
    assert_int_equal(fore_ets_choose(y, 60, 1, false, &model, NULL), FORE_OK);
    fore_ets_forecast(&model, &model.last, 60, 12, mean, NULL);
    for (int k = 0; k < 12; k++) near(mean[k], 5 + 3.0 * (60 + k), 0.02);
    for (int t = 0; t < 60; t++) y[t] = 50 + 10 * (t % 12 == 3) - 8 * (t % 12 == 7);
    assert_int_equal(fore_ets_choose(y, 60, 12, false, &model, NULL), FORE_OK);
    fore_ets_forecast(&model, &model.last, 60, 12, mean, NULL);
    for (int k = 0; k < 12; k++) near(mean[k], y[k], 0.02);
}

static void ets_choose__memory_fails__error_without_leak(void **state)
{
    fore_ets model;
    int64_t live = fore_memory_live(), k = 1;
    fore_status status;
    (void)state;
    do {
        fore_memory_fail_at(k++);
        status = fore_ets_choose(r_UKgas, 40, 4, false, &model, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        assert_true(status == FORE_OK || status == FORE_E_MEMORY);
    } while (status != FORE_OK && k < 500);
    assert_int_equal(status, FORE_OK);
    assert_true(k > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ets_fit__every_form_on_ten_series__likelihood_not_below_r),
        cmocka_unit_test(ets_fit__known_rows__reached),
        cmocka_unit_test(ets_forecast__given_parameters__variance_by_simulation),
        cmocka_unit_test(ets_filter__any_form__fitted_plus_error_is_the_value),
        cmocka_unit_test(ets_fit__bounds__always_kept),
        cmocka_unit_test(ets_choose__scaled_series__same_form_scaled_forecast),
        cmocka_unit_test(ets_fit__shifted_series__additive_forms_shift_along),
        cmocka_unit_test(ets_fit__unusable_values__said_in_words),
        cmocka_unit_test(ets_choose__perfect_line_or_season__forecast_exact),
        cmocka_unit_test(ets_choose__memory_fails__error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
