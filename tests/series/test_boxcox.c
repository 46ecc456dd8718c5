/* boxcox.h and transformed forecasts against R (ref_boxcox.R), and what happens where no
 * transformation can be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/boxcox.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_boxcox.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static fore_series_options with(fore_series_method method, fore_series_transform transform,
                                double lambda)
{
    fore_series_options options = fore_series_default();
    options.method = method;
    options.transform = transform;
    options.lambda = lambda;
    return options;
}

static fore_series_forecast *must(const double *y, int64_t n, int64_t m, int64_t h,
                                  const fore_series_options *options)
{
    fore_series_forecast *f;
    fore_error err = {0};
    if (fore_series_run(y, n, m, h, options, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    return f;
}

static void boxcox__there_and_back__values_of_r(void **state)
{
    const double x[] = {0.5, 1, 7, 450}, lambda[] = {-0.5, 0, 0.3, 1};
    const double *there[] = {ref_boxcox_m05, ref_boxcox_0, ref_boxcox_03, ref_boxcox_1};
    const double *mean[] = {ref_boxcox_mean_m05, ref_boxcox_mean_0, ref_boxcox_mean_03,
                            ref_boxcox_mean_1};
    (void)state;
    for (int l = 0; l < 4; l++)
        for (int i = 0; i < 4; i++) {
            double w = fore_boxcox(x[i], lambda[l]);
            near(w, there[l][i], 1e-12 * (1 + fabs(w)));
            near(fore_boxcox_back(w, lambda[l]) / x[i], 1, 1e-10);
            near(fore_boxcox_mean(w, 0.01, lambda[l]) / mean[l][i], 1, 1e-10);
        }
    assert_true(fore_boxcox_back(-9, 0.5) == 0);
    assert_true(isinf(fore_boxcox_back(9, -0.5)));
    assert_true(fore_boxcox_mean(2, NAN, 0) == exp(2));
}

static void boxcox_lambda__ten_series__guerreros_choice_as_r_minimises_it(void **state)
{
    (void)state;
    near(fore_boxcox_lambda(r_AirPassengers, 144, 12, -1, 2), -0.29471559, 2e-5);
    near(ref_lambda_air[0], -0.29471559, 1e-8);
    for (int64_t c = 0; c < COUNT(ref_cases); c++) {
        const ref_case *r = &ref_cases[c];
        near(fore_boxcox_lambda(r->y, r->n, r->m, -1, 2), ref_lambda_wide[c], 1e-5);
        near(fore_boxcox_lambda(r->y, r->n, r->m, 0, 1), ref_lambda[c], 1e-5);
    }
    assert_true(fore_boxcox_lambda(r_AirPassengers, 20, 12, 0, 1) == 1);
}

static void series_run__transformed__means_of_r(void **state)
{
    fore_series_options options = with(FORE_SERIES_NAIVE, FORE_TRANSFORM_BOX_COX, 0);
    (void)state;
    fore_series_forecast *f = must(r_AirPassengers, 144, 12, 12, &options);
    for (int h = 0; h < 12; h++) near(f->mean[h], ref_naive_log[h], 1e-6);
    near(f->lambda, 0, 0);
    near(f->sigma, f->sd[0], 0.02 * f->sigma);
    fore_series_free(f);
    options.lambda = 0.3;
    f = must(r_AirPassengers, 144, 12, 12, &options);
    for (int h = 0; h < 12; h++) near(f->mean[h], ref_naive_03[h], 1e-6);
    fore_series_free(f);
    options = with(FORE_SERIES_SEASONAL_NAIVE, FORE_TRANSFORM_BOX_COX, 0);
    options.median = true;
    f = must(r_UKgas, 108, 4, 8, &options);
    for (int h = 0; h < 8; h++) near(f->mean[h], ref_snaive_median[h], 1e-9);
    fore_series_free(f);
    options = with(FORE_SERIES_ARIMA, FORE_TRANSFORM_BOX_COX, 0);
    f = must(r_AirPassengers, 144, 12, 12, &options);
    assert_string_equal(f->name, "ARIMA(0,1,1)(0,1,1)[12]");
    near(f->loglik, 244.6995306, 0.01);
    for (int h = 0; h < 12; h++) near(f->mean[h] / ref_arima_log[h], 1, 1e-4);
    fore_series_free(f);
    options = with(FORE_SERIES_ETS, FORE_TRANSFORM_BOX_COX, 0);
    f = must(r_UKgas, 108, 4, 8, &options);
    for (int h = 0; h < 8; h++) near(f->mean[h] / ref_ets_log[h], 1, 0.06);
    fore_series_free(f);
}

/* Bounds are quantiles: they go back one to one. */
static void series_run__transformed__bounds_are_those_of_the_logarithms(void **state)
{
    double logs[144];
    (void)state;
    for (int t = 0; t < 144; t++) logs[t] = log(r_AirPassengers[t]);
    for (int kind = 0; kind < 3; kind++) {
        fore_series_options plain = with(FORE_SERIES_DYNAMIC_THETA, FORE_TRANSFORM_NONE, 0);
        fore_series_options log_scale = with(FORE_SERIES_DYNAMIC_THETA, FORE_TRANSFORM_BOX_COX, 0);
        plain.intervals = log_scale.intervals = (fore_interval_kind)kind;
        fore_series_forecast *a = must(logs, 144, 12, 12, &plain),
                             *b = must(r_AirPassengers, 144, 12, 12, &log_scale);
        for (int h = 0; h < 24; h++) {
            near(b->lower[h] / exp(a->lower[h]), 1, 1e-12);
            near(b->upper[h] / exp(a->upper[h]), 1, 1e-12);
        }
        for (int t = 0; t < 144; t++) {
            assert_true(b->used[t] == r_AirPassengers[t]);
            near(b->fitted[t] + b->residuals[t], b->used[t], 1e-9);
        }
        assert_int_equal(a->intervals, b->intervals);
        fore_series_free(a);
        fore_series_free(b);
    }
}

/* Lognormal walks: the adjusted forecast is right on average, the median too low. */
static void series_run__lognormal_walks__bias_adjustment_hits_the_mean(void **state)
{
    enum { SERIES = 4000, N = 60, H = 8 };
    double mean = 0, median = 0, actual = 0;
    fore_series_options options = with(FORE_SERIES_NAIVE, FORE_TRANSFORM_BOX_COX, 0);
    options.levels = 0;
    (void)state;
    for (int s = 0; s < SERIES; s++) {
        double y[N + H], level = 4;
        fore_random random = fore_random_new(23, (uint64_t)s);
        for (int t = 0; t < N + H; t++) y[t] = exp(level += 0.15 * fore_random_normal(&random));
        double size = y[N - 1] / 100; /* all end at 100 */
        for (int t = 0; t < N + H; t++) y[t] /= size;
        for (int k = 0; k < 2; k++) {
            options.median = k;
            fore_series_forecast *f = must(y, N, 1, H, &options);
            *(k ? &median : &mean) += f->mean[H - 1] / SERIES;
            fore_series_free(f);
        }
        actual += y[N + H - 1] / SERIES;
    }
    near(mean / actual, 1, 0.03);
    assert_true(median < 0.95 * actual);
}

static void series_run__every_method_transformed__finite_and_nested(void **state)
{
    (void)state;
    for (int m = 0; m <= FORE_SERIES_MSTL; m++)
        for (int64_t c = 0; c < COUNT(ref_cases); c += 3) {
            const ref_case *r = &ref_cases[c];
            fore_series_options options = with((fore_series_method)m, FORE_TRANSFORM_AUTO, 0);
            fore_series_forecast *f = must(r->y, r->n, r->m, 12, &options);
            bool intermittent =
                m == FORE_SERIES_CROSTON || m == FORE_SERIES_SBA || m == FORE_SERIES_TSB;
            assert_int_equal(isnan(f->lambda), intermittent);
            if (intermittent) assert_non_null(strstr(f->note, "not transformed"));
            for (int h = 0; h < 12; h++) {
                assert_true(isfinite(f->mean[h]) && f->lower[h] <= f->upper[h]);
                assert_true(f->lower[h + 12] <= f->lower[h] && f->upper[h] <= f->upper[h + 12]);
                assert_true(f->lower[h + 12] >= 0);
            }
            fore_series_free(f);
        }
}

static void series_run__no_positive_series_or_no_way_back__as_it_is_and_said(void **state)
{
    double zero[40], flat[40], steep[40], gap[144];
    (void)state;
    for (int t = 0; t < 40; t++) zero[t] = t % 7, flat[t] = 4.75, steep[t] = exp(0.5 * t);
    fore_series_options options = with(FORE_SERIES_HOLT, FORE_TRANSFORM_BOX_COX, 0);
    fore_series_options none = with(FORE_SERIES_HOLT, FORE_TRANSFORM_NONE, 0);
    fore_series_forecast *f = must(zero, 40, 1, 6, &options), *g = must(zero, 40, 1, 6, &none);
    assert_memory_equal(f->mean, g->mean, 6 * sizeof(double));
    assert_non_null(strstr(f->note, "values above 0"));
    assert_true(isnan(f->lambda));
    fore_series_free(f);
    fore_series_free(g);

    f = must(flat, 40, 1, 6, &options);
    assert_true(f->mean[5] == 4.75 && f->lower[5] == 4.75);
    fore_series_free(f);

    f = must(steep, 40, 1, 3000, &options); /* e^1500 is no number */
    assert_true(isfinite(f->mean[2999]) && isnan(f->lambda));
    assert_non_null(strstr(f->note, "cannot be transformed back"));
    fore_series_free(f);

    memcpy(gap, r_AirPassengers, sizeof gap);
    gap[70] = NAN;
    gap[0] = NAN;
    options.transform = FORE_TRANSFORM_AUTO;
    f = must(gap, 144, 12, 6, &options);
    near(f->used[70], sqrt(gap[69] * gap[71]), 0.5); /* lambda is about 0 */
    assert_true(isnan(f->used[0]) && f->missing == 1);
    fore_series_free(f);
}

/* Where the expansion says nothing: the mean of drawn values, which is never below 0. */
static void boxcox_mean__near_the_edge__mean_of_draws(void **state)
{
    enum { DRAWS = 200000 };
    const double lambda[] = {0.3, 1.5, 2}, centre[] = {-2, 0.5, 40}, sd[] = {2, 3, 60};
    (void)state;
    for (int c = 0; c < 3; c++) {
        fore_random random = fore_random_new(8, (uint64_t)c);
        double mean = 0, squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double w = centre[c] + sd[c] * fore_random_normal(&random);
            double y = fore_boxcox_back(w, lambda[c]);
            mean += y / DRAWS;
            squares += y * y / DRAWS;
        }
        double spread = sqrt(squares - mean * mean);
        near(fore_boxcox_mean(centre[c], sd[c] * sd[c], lambda[c]), mean, 4 * spread / sqrt(DRAWS));
        near(fore_boxcox_sd(centre[c], sd[c] * sd[c], lambda[c]), spread, 0.03 * spread);
    }
    near(fore_boxcox_mean(-9, 0, 2), 0, 0);
    assert_true(isnan(fore_boxcox_sd(1, NAN, 2)));
}

static void series_run__lambda_above_1__means_inside_their_intervals(void **state)
{
    enum { N = 36, H = 12 };
    (void)state;
    for (int c = 0; c < 24; c++) {
        double y[N];
        fore_random random = fore_random_new(77, (uint64_t)c);
        for (int t = 0; t < N; t++) y[t] = 10 * fore_random_gamma(&random, 2);
        fore_series_options options = with(c % 2 ? FORE_SERIES_NAIVE : FORE_SERIES_ETS,
                                           FORE_TRANSFORM_BOX_COX, c % 3 * 0.5 + 1);
        options.non_negative = c % 4 > 1;
        fore_series_forecast *f = must(y, N, 1, H, &options);
        for (int h = 0; h < H; h++) {
            assert_true(f->lower[h + H] <= f->mean[h] && f->mean[h] <= f->upper[h + H]);
            assert_true(isfinite(f->sd[h]) && f->sd[h] > 0);
            assert_true(f->mean[h] >= 0 && f->mean[h] < 100);
        }
        assert_true(isfinite(f->sigma));
        fore_series_free(f);
    }
}

/* From 100 to 160: a shift of about 60 whatever the values were turned into. */
static void series_run__transformed__shifts_in_the_unit_of_the_series(void **state)
{
    const double lambda[] = {-0.5, 0, 0.5, 1, 2};
    double y[60];
    fore_random random = fore_random_new(5, 5);
    (void)state;
    for (int t = 0; t < 60; t++) y[t] = (t < 30 ? 100 : 160) + 2 * fore_random_normal(&random);
    for (int l = 0; l < 5; l++) {
        fore_series_options options = with(FORE_SERIES_NAIVE, FORE_TRANSFORM_BOX_COX, lambda[l]);
        fore_series_forecast *f = must(y, 60, 1, 3, &options);
        assert_int_equal(f->shifts, 1);
        assert_int_equal(f->shift[0], 30);
        near(f->shift_size[0], 60, 3);
        fore_series_free(f);
    }
}

static void series_run__wrong_lambda__an_error_in_words(void **state)
{
    const double wrong[] = {NAN, INFINITY, 2.5, -3};
    (void)state;
    for (int i = 0; i < 4; i++) {
        fore_series_options options = with(FORE_SERIES_ETS, FORE_TRANSFORM_BOX_COX, wrong[i]);
        fore_series_forecast *f;
        fore_error err = {0};
        assert_int_equal(fore_series_run(r_Nile, 100, 1, 3, &options, &f, &err), FORE_E_ARGUMENT);
        assert_non_null(strstr(err.message, "lambda"));
        options.transform = (fore_series_transform)7;
        assert_int_equal(fore_series_run(r_Nile, 100, 1, 3, &options, &f, &err), FORE_E_ARGUMENT);
    }
}

static void series_run__transformed_and_memory_fails__error_without_leak(void **state)
{
    fore_series_options options = with(FORE_SERIES_COMBINE, FORE_TRANSFORM_AUTO, 0);
    int64_t live = fore_memory_live(), k = 1;
    fore_status status;
    (void)state;
    do {
        fore_series_forecast *f;
        fore_memory_fail_at(k++);
        status = fore_series_run(r_UKgas, 40, 4, 4, &options, &f, NULL);
        fore_memory_fail_at(0);
        fore_series_free(f);
        assert_int_equal(fore_memory_live(), live);
        assert_true(status == FORE_OK || status == FORE_E_MEMORY);
    } while (status != FORE_OK && k < 1000);
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxcox__there_and_back__values_of_r),
        cmocka_unit_test(boxcox_lambda__ten_series__guerreros_choice_as_r_minimises_it),
        cmocka_unit_test(series_run__transformed__means_of_r),
        cmocka_unit_test(series_run__transformed__bounds_are_those_of_the_logarithms),
        cmocka_unit_test(series_run__lognormal_walks__bias_adjustment_hits_the_mean),
        cmocka_unit_test(series_run__every_method_transformed__finite_and_nested),
        cmocka_unit_test(series_run__no_positive_series_or_no_way_back__as_it_is_and_said),
        cmocka_unit_test(boxcox_mean__near_the_edge__mean_of_draws),
        cmocka_unit_test(series_run__lambda_above_1__means_inside_their_intervals),
        cmocka_unit_test(series_run__transformed__shifts_in_the_unit_of_the_series),
        cmocka_unit_test(series_run__wrong_lambda__an_error_in_words),
        cmocka_unit_test(series_run__transformed_and_memory_fails__error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
