/* series_forecast.h: every method, every awkward series, intervals, batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))
enum { METHODS = FORE_SERIES_MSTL + 1 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static fore_series_options with(fore_series_method method)
{
    fore_series_options options = fore_series_default();
    options.method = method;
    return options;
}

static fore_series_forecast *must(const double *y, int64_t n, int64_t m, int64_t h,
                                  const fore_series_options *options)
{
    fore_series_forecast *f;
    fore_error err = {0};
    fore_status status = fore_series_run(y, n, m, h, options, &f, &err);
    if (status != FORE_OK) fail_msg("status %d: %s", status, err.message);
    return f;
}

/* What holds for every forecast. */
static void check(const fore_series_forecast *f, const double *y)
{
    for (int64_t h = 0; h < f->horizon; h++) {
        assert_true(isfinite(f->mean[h]));
        for (int64_t k = 0; k < f->levels; k++) {
            double low = f->lower[h + k * f->horizon], high = f->upper[h + k * f->horizon];
            if (isnan(low)) continue;
            assert_true(low <= f->mean[h] && f->mean[h] <= high);
            for (int64_t j = 0; j < f->levels; j++) {
                if (f->level[j] > f->level[k]) continue;
                assert_true(f->lower[h + j * f->horizon] >= low);
                assert_true(f->upper[h + j * f->horizon] <= high);
            }
        }
    }
    for (int64_t t = 0; t < f->n; t++) {
        if (!isnan(y[t])) assert_true(f->used[t] == y[t]);
        if (isnan(f->fitted[t])) continue;
        near(f->fitted[t] + f->residuals[t], f->used[t],
             1e-9 * (fabs(f->used[t]) + fabs(f->fitted[t])));
    }
    assert_true(f->name[0] != '\0');
}

static void series_run__every_method_and_series__finite_nested_and_consistent(void **state)
{
    (void)state;
    for (int m = 0; m < METHODS; m++)
        for (int64_t c = 0; c < COUNT(ref_cases); c++) {
            const ref_case *r = &ref_cases[c];
            fore_series_options options = with((fore_series_method)m);
            fore_series_forecast *f = must(r->y, r->n, r->m, 15, &options);
            check(f, r->y);
            assert_true(f->sigma > 0);
            fore_series_free(f);
        }
}

static void series_run__every_method_on_tiny_series__an_answer_with_a_note(void **state)
{
    const double y[] = {3, 0, 7, 2, 9, 4};
    (void)state;
    for (int m = 0; m < METHODS; m++)
        for (int64_t n = 1; n <= 6; n++)
            for (int64_t season = 1; season <= 12; season += 11) {
                fore_series_options options = with((fore_series_method)m);
                fore_series_forecast *f = must(y, n, season, 4, &options);
                check(f, y);
                double one = m == FORE_SERIES_SBA ? 0.95 * 3 : 3;
                if (n == 1) assert_true(f->mean[3] == one && isnan(f->lower[0]));
                if (n == 1) assert_non_null(strstr(f->note, "too few values"));
                if (f->method != options.method && m != FORE_SERIES_AUTO) assert_true(f->note[0]);
                fore_series_free(f);
            }
}

static void series_run__constant_or_zero__repeats_it_without_width(void **state)
{
    double y[30];
    (void)state;
    for (int m = 0; m < METHODS; m++)
        for (int value = -1; value <= 1; value++) {
            for (int t = 0; t < 30; t++) y[t] = 7.25 * value;
            fore_series_options options = with((fore_series_method)m);
            fore_series_forecast *f = must(y, 30, 12, 5, &options);
            for (int h = 0; h < 5; h++)
                assert_true(f->mean[h] == y[0] && f->lower[h] == y[0] && f->upper[h] == y[0]);
            assert_non_null(strstr(f->note, "all values are equal"));
            fore_series_free(f);
        }
}

static void series_run__negative_values__multiplicative_forms_left_out(void **state)
{
    double y[72];
    (void)state;
    for (int t = 0; t < 72; t++) y[t] = r_ldeaths[t] - 2000;
    for (int m = 0; m < METHODS; m++) {
        fore_series_options options = with((fore_series_method)m);
        fore_series_forecast *f = must(y, 72, 12, 12, &options);
        check(f, y);
        assert_null(strstr(f->name, "(M,"));
        assert_null(strstr(f->name, "multiplicative"));
        if (m == FORE_SERIES_CROSTON || m == FORE_SERIES_SBA || m == FORE_SERIES_TSB)
            assert_non_null(strstr(f->note, "below 0"));
        fore_series_free(f);
    }
}

static void series_run__values_near_the_largest_double__finite_or_a_clear_error(void **state)
{
    double y[40];
    (void)state;
    for (int t = 0; t < 40; t++) y[t] = 1e308 * (1 + 0.2 * (t % 4)) * (t % 3 ? 1 : 0.9);
    for (int m = 0; m < METHODS; m++) {
        fore_series_options options = with((fore_series_method)m);
        fore_series_forecast *f;
        fore_error err = {0};
        fore_status status = fore_series_run(y, 40, 4, 8, &options, &f, &err);
        assert_true(status == FORE_OK || status == FORE_E_NUMERIC);
        if (status == FORE_OK) assert_true(isfinite(f->mean[7]));
        if (status != FORE_OK) assert_non_null(strstr(err.message, "larger unit"));
        fore_series_free(f);
    }
}

static void series_run__missing_values__filled_and_said(void **state)
{
    double y[144];
    (void)state;
    memcpy(y, r_AirPassengers, sizeof y);
    y[0] = y[1] = NAN;
    y[50] = y[51] = NAN;
    fore_series_forecast *f = must(y, 144, 12, 6, NULL);
    check(f, y);
    assert_int_equal(f->missing, 2);
    assert_non_null(strstr(f->note, "2 missing values were filled"));
    assert_true(isnan(f->used[0]) && isnan(f->fitted[1]) && !isnan(f->fitted[2]));
    near(f->used[50], y[49] + (y[52] - y[49]) / 3, 1e-9);
    fore_series_free(f);
}

static void series_run__last_values_missing__same_as_forecasting_further(void **state)
{
    double y[100];
    (void)state;
    memcpy(y, r_Nile, sizeof y);
    for (int t = 96; t < 100; t++) y[t] = NAN;
    fore_series_options options = with(FORE_SERIES_THETA);
    fore_series_forecast *gap = must(y, 100, 1, 6, &options), *whole = must(y, 96, 1, 10, &options);
    assert_memory_equal(gap->mean, whole->mean + 4, 6 * sizeof(double));
    assert_non_null(strstr(gap->note, "last 4 values are missing"));
    fore_series_free(gap);
    fore_series_free(whole);
}

static void series_run__mostly_zeros__croston_without_its_bias(void **state)
{
    const double y[] = {0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 4, 0, 0, 0, 0, 2, 0};
    (void)state;
    fore_series_forecast *f = must(y, 18, 12, 3, NULL);
    assert_int_equal(f->method, FORE_SERIES_SBA);
    near(f->mean[2], 0.95 * 0.86315361, 5e-9);
    assert_non_null(strstr(f->note, "zero"));
    fore_series_free(f);
}

static void series_run__arima_of_a_very_long_series__on_the_newest_values(void **state)
{
    enum { N = 20400 };
    double *y = malloc(N * sizeof *y);
    fore_random random = fore_random_new(4, 4);
    (void)state;
    for (int t = 0; t < N; t++) y[t] = 50 + 5 * (t % 4) + fore_random_normal(&random);
    fore_series_options options = with(FORE_SERIES_ARIMA);
    fore_series_forecast *f = must(y, N, 4, 8, &options);
    assert_int_equal(f->method, FORE_SERIES_ARIMA);
    assert_non_null(strstr(f->note, "newest 20000 values"));
    for (int k = 0; k < 8; k++) near(f->mean[k], 50 + 5 * ((N + k) % 4), 1.5);
    assert_true(isnan(f->fitted[399]) && !isnan(f->fitted[500]));
    fore_series_free(f);
    free(y);
}

static void series_run__long_season__taken_out_first(void **state)
{
    double y[200];
    fore_random random = fore_random_new(3, 3);
    (void)state;
    for (int t = 0; t < 200; t++)
        y[t] = (100 + 0.5 * t) * (1 + 0.4 * sin(2 * M_PI * t / 52)) + fore_random_normal(&random);
    for (int m = 0; m < 2; m++) {
        fore_series_options options = with(m ? FORE_SERIES_AUTO : FORE_SERIES_ETS);
        fore_series_forecast *f = must(y, 200, 52, 52, &options);
        check(f, y);
        assert_non_null(strstr(f->note, "season of 52 steps was taken out"));
        for (int h = 0; h < 52; h++)
            near(f->mean[h], (100 + 0.5 * (200 + h)) * (1 + 0.4 * sin(2 * M_PI * (200 + h) / 52)),
                 14);
        fore_series_free(f);
    }
}

static void series_run__wrong_question__an_error_in_words(void **state)
{
    const double y[] = {1, 2, INFINITY, 4}, gone[] = {NAN, NAN};
    fore_series_forecast *f = NULL;
    fore_series_options options = fore_series_default();
    fore_error err = {0};
    (void)state;
    assert_int_equal(fore_series_run(y, 0, 1, 1, NULL, &f, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_series_run(gone, 2, 1, 1, NULL, &f, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_series_run(y, 4, 1, 1, NULL, &f, &err), FORE_E_DATA);
    assert_non_null(strstr(err.message, "value 3"));
    assert_int_equal(fore_series_run(y, 2, 0, 1, NULL, &f, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_run(y, 2, 1, 0, NULL, &f, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_run(y, 2, 1, 100000, NULL, &f, &err), FORE_E_LIMIT);
    const double levels[] = {0, 100, -5, NAN};
    for (int k = 0; k < 4; k++) {
        options.level[1] = levels[k];
        assert_int_equal(fore_series_run(y, 2, 1, 1, &options, &f, &err), FORE_E_ARGUMENT);
        assert_non_null(strstr(err.message, "level"));
    }
    options = fore_series_default();
    options.levels = FORE_SERIES_LEVELS + 1;
    assert_int_equal(fore_series_run(y, 2, 1, 1, &options, &f, &err), FORE_E_ARGUMENT);
    options = fore_series_default();
    options.croston_alpha = 0;
    assert_int_equal(fore_series_run(y, 2, 1, 1, &options, &f, &err), FORE_E_ARGUMENT);
    assert_null(f);
}

static void series_method_parse__words__known_ones_only(void **state)
{
    fore_series_method method;
    (void)state;
    for (int m = 0; m < METHODS; m++) {
        assert_true(
            fore_series_method_parse(fore_series_method_word((fore_series_method)m), &method));
        assert_int_equal(method, m);
    }
    assert_true(fore_series_method_parse("ETS", &method) && method == FORE_SERIES_ETS);
    assert_false(fore_series_method_parse("prophet", &method));
    assert_false(fore_series_method_parse("", &method));
}

static void series_run__longest_horizon__answered(void **state)
{
    (void)state;
    for (int m = 0; m < METHODS; m++) {
        fore_series_options options = with((fore_series_method)m);
        fore_series_forecast *f = must(r_UKgas, 108, 4, FORE_HORIZON_MAX, &options);
        check(f, r_UKgas);
        fore_series_free(f);
    }
}

static void series_run__non_negative__nothing_below_zero(void **state)
{
    double y[40];
    (void)state;
    for (int t = 0; t < 40; t++) y[t] = 100 - 2.4 * t + 5 * (t % 3);
    fore_series_options options = with(FORE_SERIES_HOLT);
    options.non_negative = true;
    fore_series_forecast *f = must(y, 40, 1, 30, &options);
    check(f, y);
    for (int h = 0; h < 60; h++) assert_true(f->lower[h] >= 0 && f->mean[h / 2] >= 0);
    assert_true(f->mean[29] == 0);
    fore_series_free(f);
}

static void series_run__scaled_or_shifted__forecast_follows(void **state)
{
    double big[144], shifted[100];
    (void)state;
    for (int t = 0; t < 144; t++) big[t] = 1000 * r_AirPassengers[t];
    for (int t = 0; t < 100; t++) shifted[t] = r_WWWusage[t] + 512;
    for (int m = 0; m < METHODS; m++) {
        fore_series_options options = with((fore_series_method)m);
        fore_series_forecast *a = must(r_AirPassengers, 144, 12, 12, &options);
        fore_series_forecast *b = must(big, 144, 12, 12, &options);
        for (int h = 0; h < 12; h++) near(b->mean[h] / 1000 / a->mean[h], 1, 3e-3);
        fore_series_free(a);
        fore_series_free(b);
        if (m == FORE_SERIES_AUTO || m >= FORE_SERIES_ETS)
            continue; /* those may pick another form */
        a = must(r_WWWusage, 100, 1, 12, &options);
        b = must(shifted, 100, 1, 12, &options);
        for (int h = 0; h < 12; h++) near(b->mean[h] - 512, a->mean[h], 1);
        fore_series_free(a);
        fore_series_free(b);
    }
}

static void series_run__ets__criteria_in_the_unit_of_the_series(void **state)
{
    fore_series_options options = with(FORE_SERIES_ETS);
    (void)state;
    fore_series_forecast *f = must(r_Nile, 100, 1, 2, &options);
    assert_string_equal(f->name, "ETS(M,N,N)");
    near(f->loglik, -726.150958, 0.01);
    near(f->aicc, 1458.5519, 0.02);
    assert_string_equal(f->parameter[0].name, "alpha");
    near(f->parameter[0].value, 0.1514, 0.002);
    assert_int_equal(f->intervals, FORE_INTERVAL_CONFORMAL);
    fore_series_free(f);
}

/* Long series of a random walk with a known step: intervals learned from the past cover the future.
 */
static void conformal_intervals__random_walks__cover_as_promised(void **state)
{
    enum { SERIES = 150, N = 80, H = 6 };
    int inside80 = 0, inside95 = 0;
    (void)state;
    for (int s = 0; s < SERIES; s++) {
        double y[N + H], level = 500;
        fore_random random = fore_random_new(17, (uint64_t)s);
        for (int t = 0; t < N + H; t++) y[t] = level += 10 * fore_random_normal(&random);
        fore_series_options options = with(FORE_SERIES_COMBINE);
        fore_series_forecast *f = must(y, N, 1, H, &options);
        assert_int_equal(f->intervals, FORE_INTERVAL_CONFORMAL);
        assert_true(f->origins >= 30);
        for (int h = 0; h < H; h++) {
            inside80 += y[N + h] >= f->lower[h] && y[N + h] <= f->upper[h];
            inside95 += y[N + h] >= f->lower[h + H] && y[N + h] <= f->upper[h + H];
        }
        fore_series_free(f);
    }
    double share80 = inside80 / (double)(SERIES * H), share95 = inside95 / (double)(SERIES * H);
    if (share80 < 0.74 || share80 > 0.92) fail_msg("80 %% intervals cover %.3f", share80);
    if (share95 < 0.91 || share95 > 0.99) fail_msg("95 %% intervals cover %.3f", share95);
}

static void make_tasks(fore_series_task *tasks, int64_t count)
{
    static const double broken[3] = {1, INFINITY, 2};
    for (int64_t i = 0; i < count; i++) {
        const ref_case *r = &ref_cases[i % COUNT(ref_cases)];
        int64_t n = r->n < 120 ? r->n : 120;
        tasks[i] = (fore_series_task){.y = r->y, .n = n - i, .m = r->m, .horizon = 8};
    }
    tasks[3] = (fore_series_task){.y = broken, .n = 3, .m = 1, .horizon = 2};
}

static void series_batch__any_number_of_threads__same_bytes(void **state)
{
    enum { TASKS = 24 };
    static fore_series_task one[TASKS], many[TASKS];
    (void)state;
    make_tasks(one, TASKS);
    assert_int_equal(fore_series_batch(NULL, one, TASKS, NULL, NULL), FORE_OK);
    for (int threads = 2; threads <= 5; threads += 3) {
        fore_pool *pool;
        assert_int_equal(fore_pool_new(threads, &pool, NULL), FORE_OK);
        make_tasks(many, TASKS);
        assert_int_equal(fore_series_batch(pool, many, TASKS, NULL, NULL), FORE_OK);
        for (int i = 0; i < TASKS; i++) {
            assert_int_equal(one[i].status, many[i].status);
            assert_int_equal(one[i].status != FORE_OK, i == 3);
            if (i == 3) {
                assert_non_null(strstr(many[i].message, "infinite"));
                continue;
            }
            assert_memory_equal(one[i].forecast->mean, many[i].forecast->mean, 8 * sizeof(double));
            assert_memory_equal(one[i].forecast->upper, many[i].forecast->upper,
                                16 * sizeof(double));
            assert_string_equal(one[i].forecast->name, many[i].forecast->name);
            fore_series_free(many[i].forecast);
        }
        fore_pool_free(pool);
    }
    for (int i = 0; i < TASKS; i++) fore_series_free(one[i].forecast);
}

static void series_run__memory_fails__error_without_leak(void **state)
{
    const fore_series_method methods[] = {FORE_SERIES_COMBINE, FORE_SERIES_HOLT_WINTERS,
                                          FORE_SERIES_SES};
    (void)state;
    for (int m = 0; m < 3; m++) {
        fore_series_options options = with(methods[m]);
        int64_t live = fore_memory_live(), k = 1;
        fore_status status;
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
        assert_true(k > 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_run__every_method_and_series__finite_nested_and_consistent),
        cmocka_unit_test(series_run__every_method_on_tiny_series__an_answer_with_a_note),
        cmocka_unit_test(series_run__constant_or_zero__repeats_it_without_width),
        cmocka_unit_test(series_run__negative_values__multiplicative_forms_left_out),
        cmocka_unit_test(series_run__values_near_the_largest_double__finite_or_a_clear_error),
        cmocka_unit_test(series_run__missing_values__filled_and_said),
        cmocka_unit_test(series_run__last_values_missing__same_as_forecasting_further),
        cmocka_unit_test(series_run__mostly_zeros__croston_without_its_bias),
        cmocka_unit_test(series_run__arima_of_a_very_long_series__on_the_newest_values),
        cmocka_unit_test(series_run__long_season__taken_out_first),
        cmocka_unit_test(series_run__wrong_question__an_error_in_words),
        cmocka_unit_test(series_method_parse__words__known_ones_only),
        cmocka_unit_test(series_run__longest_horizon__answered),
        cmocka_unit_test(series_run__non_negative__nothing_below_zero),
        cmocka_unit_test(series_run__scaled_or_shifted__forecast_follows),
        cmocka_unit_test(series_run__ets__criteria_in_the_unit_of_the_series),
        cmocka_unit_test(conformal_intervals__random_walks__cover_as_promised),
        cmocka_unit_test(series_batch__any_number_of_threads__same_bytes),
        cmocka_unit_test(series_run__memory_fails__error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
