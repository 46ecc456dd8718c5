/* Several seasons, and MSTL as a method, against R's stlf (ref_mstl.R) and simulated series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/arima.h"
#include "models/series/ets.h"
#include "models/series/seasons.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_mstl.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static fore_series_forecast *must(const double *y, int64_t n, int64_t m, int64_t h,
                                  const fore_series_options *options)
{
    fore_series_forecast *f;
    fore_error err = {0};
    if (fore_series_run(y, n, m, h, options, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    return f;
}

static fore_series_options with(fore_series_method method, int64_t second)
{
    fore_series_options options = fore_series_default();
    options.method = method;
    if (second) options.seasons = 1, options.season[0] = second;
    return options;
}

/* stlf adds its seasons always, so the pieces are put together here. Forecasts are compared where
 * both searches ended at the same place: the search over weights is test_ets.c's subject. */
static void same_as_stlf(const double *y, int64_t n, int64_t m, int64_t second, int64_t h,
                         const double *want, double aicc)
{
    const int64_t length[] = {m, second};
    double mean[336];
    fore_seasons s;
    fore_ets ets;
    assert_int_equal(fore_seasons_take(y, n, length, second ? 2 : 1, false, &s, NULL), FORE_OK);
    assert_int_equal(fore_ets_choose(s.adjusted, n, 1, false, &ets, NULL), FORE_OK);
    fore_ets_forecast(&ets, &ets.last, n, h, mean, NULL);
    if (ets.aicc > aicc + 0.1) fail_msg("AICc %.4f, R %.4f", ets.aicc, aicc);
    bool same = fabs(ets.aicc - aicc) < 0.02;
    for (int64_t k = 0; same && k < h; k++)
        near((mean[k] + fore_seasons_at(&s, n, n + k)) / want[k], 1, 5e-4);
    for (int64_t t = n; t < n + h; t++) { /* the last cycle of each season again */
        double sum = s.part[n - m + (t - n) % m];
        if (second) sum += s.part[2 * n - second + (t - n) % second];
        near(fore_seasons_at(&s, n, t), sum, 0);
    }
    fore_seasons_free(&s);
}

static void seasons_take__and_ets_on_five_series__forecasts_of_stlf(void **state)
{
    (void)state;
    same_as_stlf(r_AirPassengers, 144, 12, 0, 24, ref_stlf_AirPassengers,
                 ref_stlf_AirPassengers_aicc[0]);
    same_as_stlf(r_USAccDeaths, 72, 12, 0, 24, ref_stlf_USAccDeaths, ref_stlf_USAccDeaths_aicc[0]);
    same_as_stlf(r_ldeaths, 72, 12, 0, 24, ref_stlf_ldeaths, ref_stlf_ldeaths_aicc[0]);
    same_as_stlf(r_UKgas, 108, 4, 0, 24, ref_stlf_UKgas, ref_stlf_UKgas_aicc[0]);
    same_as_stlf(r_half_hours, COUNT(r_half_hours), 48, 336, 336, ref_stlf_half_hours,
                 ref_stlf_half_hours_aicc[0]);
}

static void mstl__air_passengers__first_row_of_r(void **state)
{
    const int64_t season = 12;
    double s[144], trend[144], rest[144];
    (void)state;
    assert_int_equal(fore_mstl(r_AirPassengers, 144, &season, 1, s, trend, rest, NULL), FORE_OK);
    near(trend[0], 123.14506, 1e-5);
    near(s[0], -16.977074, 1e-6);
    near(trend[0], ref_mstl_air_first[0], 1e-8);
    near(s[0], ref_mstl_air_first[1], 1e-8);
}

static void arima_choose__ten_series__as_many_differences_as_r(void **state)
{
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++) {
        const ref_case *r = &ref_cases[c];
        fore_arima model;
        assert_int_equal(fore_arima_choose(r->y, r->n, r->m, NULL, 0, &model, NULL), FORE_OK);
        assert_int_equal(model.order.D, (int64_t)ref_nsdiffs[c]);
        assert_int_equal(model.order.d, (int64_t)ref_ndiffs[c]);
    }
}

static void seasons_usable__any_list__ascending_once_and_short_enough(void **state)
{
    const int64_t length[] = {168, 24, 1, 168, 900, 7, 50};
    int64_t usable[FORE_STL_SEASONS];
    (void)state;
    assert_int_equal(fore_seasons_usable(length, 7, 400, usable), 4);
    assert_int_equal(usable[0], 7);
    assert_int_equal(usable[1], 24);
    assert_int_equal(usable[2], 50);
    assert_int_equal(usable[3], 168);
    assert_int_equal(fore_seasons_usable(length, 7, 336, usable), 3);
    assert_int_equal(fore_seasons_usable(length, 7, 1, usable), 0);
}

/* level x a week in days x a week's shape in hours, or their sum */
static void hours(double *y, int64_t n, bool multiply, uint64_t seed)
{
    fore_random random = fore_random_new(31, seed);
    for (int64_t t = 0; t < n; t++) {
        double day = 0.3 * sin(2 * M_PI * (double)(t % 24) / 24),
               week = (t / 24) % 7 >= 5 ? -0.25 : 0.1, level = 1 + 0.5 * (double)t / (double)n,
               e = 0.04 * fore_random_normal(&random);
        y[t] = multiply ? 1000 * level * exp(day + week + e) : 1000 * (level + day + week + e);
    }
}

static double error_of(const double *mean, const double *actual, int64_t h)
{
    double sum = 0;
    for (int64_t k = 0; k < h; k++) sum += fabs(mean[k] / actual[k] - 1) / (double)h;
    return sum;
}

static void series_run__hours_with_two_seasons__every_method_knows_both(void **state)
{
    enum { N = 24 * 7 * 6, H = 72 };
    const fore_series_method methods[] = {FORE_SERIES_AUTO,          FORE_SERIES_ETS,
                                          FORE_SERIES_ARIMA,         FORE_SERIES_CES,
                                          FORE_SERIES_DYNAMIC_THETA, FORE_SERIES_MSTL};
    static double y[N + H];
    (void)state;
    for (int multiply = 0; multiply < 2; multiply++)
        for (int m = 0; m < COUNT(methods); m++) {
            hours(y, N + H, multiply, 5);
            fore_series_options options = with(methods[m], 168);
            fore_series_forecast *f = must(y, N, 24, H, &options);
            double error = error_of(f->mean, y + N, H);
            if (error > 0.07) fail_msg("%s: off by %.3f on average", f->name, error);
            assert_non_null(strstr(f->note, "season of 24 steps was taken out"));
            assert_non_null(strstr(f->note, "season of 168 steps was taken out"));
            fore_series_free(f);
        }
}

static void seasons_take__sum_or_product__the_one_that_made_the_series(void **state)
{
    enum { N = 24 * 7 * 6 };
    const int64_t length[] = {24, 168};
    double *y = malloc(N * sizeof *y);
    (void)state;
    for (int multiply = 0; multiply < 2; multiply++) {
        fore_seasons s;
        hours(y, N, multiply, 9);
        assert_int_equal(fore_seasons_take(y, N, length, 2, true, &s, NULL), FORE_OK);
        assert_int_equal(s.multiply, multiply);
        for (int64_t t = 0; t < N; t++) {
            double part = fore_seasons_at(&s, N, t);
            near(multiply ? s.adjusted[t] * part : s.adjusted[t] + part, y[t], 1e-9 * y[t]);
        }
        /* an hour that is to come has both last cycles */
        double day = s.part[500 - 24 + 3], week = s.part[N + 500 - 168 + 27];
        near(fore_seasons_at(&s, 500, 527), multiply ? exp(day + week) : day + week, 1e-12);
        assert_int_equal(fore_seasons_longest(&s), 168);
        fore_seasons_free(&s);
    }
    free(y);
}

/* Intervals of 60 series of two seasons: learned from the past they hold what is to come. */
static void series_run__two_seasons__intervals_cover(void **state)
{
    enum { N = 24 * 7 * 5, H = 24, SERIES = 60 };
    static double y[N + H];
    int inside = 0;
    (void)state;
    for (int s = 0; s < SERIES; s++) {
        fore_series_options options = with(FORE_SERIES_MSTL, 168);
        options.intervals = FORE_INTERVAL_CONFORMAL;
        hours(y, N + H, s % 2, 100 + (uint64_t)s);
        fore_series_forecast *f = must(y, N, 24, H, &options);
        assert_int_equal(f->intervals, FORE_INTERVAL_CONFORMAL);
        for (int k = 0; k < H; k++)
            inside += y[N + k] >= f->lower[k + H] && y[N + k] <= f->upper[k + H];
        fore_series_free(f);
    }
    double share = inside / (double)(SERIES * H);
    if (share < 0.9 || share > 0.995) fail_msg("95 %% intervals cover %.3f", share);
}

static void series_run__seasons_that_cannot_be_used__left_out_and_said(void **state)
{
    fore_series_options options = with(FORE_SERIES_MSTL, 60);
    (void)state;
    fore_series_forecast *f = must(r_USAccDeaths, 72, 12, 6, &options);
    assert_non_null(strstr(f->note, "season of 60 steps was left out"));
    assert_int_equal(f->method, FORE_SERIES_MSTL);
    fore_series_free(f);
    options = with(FORE_SERIES_MSTL, 0);
    f = must(r_Nile, 100, 1, 6, &options);
    assert_int_equal(f->method, FORE_SERIES_ETS);
    assert_non_null(strstr(f->note, "more than two cycles"));
    fore_series_free(f);
    options = with(FORE_SERIES_AUTO, 7); /* no such season in the series */
    f = must(r_USAccDeaths, 72, 12, 6, &options);
    assert_non_null(strstr(f->note, "season of 7 steps was left out"));
    fore_series_free(f);
}

static void series_run__wrong_seasons__an_error_in_words(void **state)
{
    fore_series_options options = with(FORE_SERIES_AUTO, 1);
    fore_series_forecast *f;
    fore_error err = {0};
    (void)state;
    assert_int_equal(fore_series_run(r_Nile, 100, 1, 3, &options, &f, &err), FORE_E_ARGUMENT);
    assert_non_null(strstr(err.message, "2 or more"));
    options.seasons = FORE_SERIES_SEASONS + 1;
    assert_int_equal(fore_series_run(r_Nile, 100, 1, 3, &options, &f, &err), FORE_E_ARGUMENT);
    assert_non_null(strstr(err.message, "0 to 4"));
}

static void series_run__two_seasons_and_memory_fails__error_without_leak(void **state)
{
    enum { N = 150 };
    double y[N];
    int64_t live = fore_memory_live(), k = 1;
    fore_status status;
    (void)state;
    for (int t = 0; t < N; t++) y[t] = 20 + t % 7 + 5 * sin(2 * M_PI * t / 30);
    fore_series_options options = with(FORE_SERIES_COMBINE, 30);
    do {
        fore_series_forecast *f;
        fore_memory_fail_at(k++);
        status = fore_series_run(y, N, 7, 4, &options, &f, NULL);
        fore_memory_fail_at(0);
        fore_series_free(f);
        assert_int_equal(fore_memory_live(), live);
        assert_true(status == FORE_OK || status == FORE_E_MEMORY);
    } while (status != FORE_OK && k < 2000);
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seasons_take__and_ets_on_five_series__forecasts_of_stlf),
        cmocka_unit_test(mstl__air_passengers__first_row_of_r),
        cmocka_unit_test(arima_choose__ten_series__as_many_differences_as_r),
        cmocka_unit_test(seasons_usable__any_list__ascending_once_and_short_enough),
        cmocka_unit_test(series_run__hours_with_two_seasons__every_method_knows_both),
        cmocka_unit_test(seasons_take__sum_or_product__the_one_that_made_the_series),
        cmocka_unit_test(series_run__two_seasons__intervals_cover),
        cmocka_unit_test(series_run__seasons_that_cannot_be_used__left_out_and_said),
        cmocka_unit_test(series_run__wrong_seasons__an_error_in_words),
        cmocka_unit_test(series_run__two_seasons_and_memory_fails__error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
