/* Awkward series under every method and option: a finite forecast or an error in words, never
 * anything in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_series.h"

enum { METHODS = FORE_SERIES_MSTL + 1, LENGTH = 60, KINDS = 12, STEPS = 9 };
enum { TRENDING = 1, TRANSFORMED = 2, SEASONS = 4, CONFORMAL = 8, SETTINGS = 16 };

static double value(int kind, int64_t t, double noise)
{
    switch (kind) {
    case 0: return 1e308 * (1 + 0.3 * noise);
    case 1: return 1e-308 * (2 + noise);
    case 2: return t % 2 ? 1e150 : 1e-150;
    case 3: return t == 30 ? 1e300 : 1 + noise;
    case 4: return t % 5 ? 0 : 1 + noise;
    case 5: return -5 + noise;
    case 6: return t % 2 ? -1e9 : 1e9;
    case 7: return exp(0.4 * (double)t);
    case 8: return t < 50 ? 3 : 3 + noise;
    case 9: return t % 3 == 1 ? NAN : 10 + noise;
    case 10: return t < 57 ? NAN : 4 + noise;
    default: return t < 30 ? 10 + noise : 1e6 + noise;
    }
}

static fore_series_options with(int method, int settings)
{
    fore_series_options options = fore_series_default();
    options.method = (fore_series_method)method;
    options.multiplicative_trend = settings & TRENDING;
    options.transform = settings & TRANSFORMED ? FORE_TRANSFORM_AUTO : FORE_TRANSFORM_NONE;
    options.intervals = settings & CONFORMAL ? FORE_INTERVAL_CONFORMAL : FORE_INTERVAL_MODEL;
    if (settings & SEASONS) options.seasons = 1, options.season[0] = 7;
    return options;
}

static void check(const double *y, int64_t n, int64_t m, const fore_series_options *options,
                  const char *what, int kind)
{
    fore_series_forecast *f;
    fore_error err = {0};
    fore_status status = fore_series_run(y, n, m, STEPS, options, &f, &err);
    const char *word = fore_series_method_word(options->method);
    if (status != FORE_OK) {
        if (status != FORE_E_NUMERIC && status != FORE_E_NO_ANSWER)
            fail_msg("%s %d %s: status %d, %s", what, kind, word, status, err.message);
        assert_true(err.message[0] && f == NULL);
        return;
    }
    for (int h = 0; h < STEPS; h++) {
        if (!isfinite(f->mean[h])) fail_msg("%s %d %s: step %d is no number", what, kind, word, h);
        for (int k = 0; k < 2; k++) {
            double low = f->lower[h + k * STEPS], high = f->upper[h + k * STEPS];
            if (isnan(low) && isnan(high)) continue;
            if (!(low <= high)) fail_msg("%s %d %s: bounds %g %g", what, kind, word, low, high);
        }
    }
    if (f->method != options->method && options->method != FORE_SERIES_AUTO)
        assert_true(f->note[0]);
    fore_series_free(f);
}

static void
series_run__awkward_values_under_every_method_and_option__finite_or_an_error(void **state)
{
    double y[LENGTH];
    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        for (int method = 0; method < METHODS; method++)
            for (int settings = 0; settings < SETTINGS; settings += method % 2 ? 3 : 5) {
                fore_random random = fore_random_new(41, (uint64_t)kind);
                for (int64_t t = 0; t < LENGTH; t++)
                    y[t] = value(kind, t, fore_random_uniform(&random));
                fore_series_options options = with(method, settings);
                check(y, LENGTH, kind % 2 ? 4 : 1, &options, "kind", kind);
            }
}

static void series_run__one_to_nine_values_with_every_option__an_answer(void **state)
{
    const double y[] = {3, 1, 7, 2, 9, 4, 4, 6, 5};
    (void)state;
    for (int64_t n = 1; n <= 9; n++)
        for (int method = 0; method < METHODS; method++)
            for (int settings = 0; settings < SETTINGS; settings++) {
                fore_series_options options = with(method, settings);
                fore_series_forecast *f;
                assert_int_equal(fore_series_run(y, n, 2, 3, &options, &f, NULL), FORE_OK);
                assert_true(isfinite(f->mean[2]));
                fore_series_free(f);
            }
}

/* AICc cannot afford a mean of four values: 0 is no forecast of them, alone or in a median. */
static void series_run__four_rising_values__go_on_rising(void **state)
{
    static const double y[2][4] = {{100, 130, 160, 191}, {5, 8, 11, 14}};
    (void)state;
    for (int i = 0; i < 2; i++)
        for (int arima = 0; arima < 2; arima++) {
            fore_series_options options = fore_series_default();
            fore_series_forecast *f;
            if (arima) options.method = FORE_SERIES_ARIMA;
            assert_int_equal(fore_series_run(y[i], 4, 1, 2, &options, &f, NULL), FORE_OK);
            assert_true(f->mean[0] > 0.99 * y[i][3] && f->mean[1] >= f->mean[0]);
            assert_non_null(strstr(f->note, "ARIMA finds nothing but 0"));
            fore_series_free(f);
        }
}

static void series_run__season_never_seen_whole__none_and_told(void **state)
{
    double y[60];
    fore_series_forecast *f[2];
    fore_random random = fore_random_new(3, 2);
    (void)state;
    for (int t = 0; t < 60; t++) y[t] = (t ? y[t - 1] : 50) + fore_random_normal(&random);
    for (int k = 0; k < 2; k++)
        assert_int_equal(fore_series_run(y, 60, k ? 366 : 1, 3, NULL, &f[k], NULL), FORE_OK);
    assert_string_equal(f[0]->name, f[1]->name);
    assert_memory_equal(f[0]->mean, f[1]->mean, 3 * sizeof(double));
    assert_null(strstr(f[0]->note, "season"));
    assert_non_null(strstr(f[1]->note, "a season of 366 steps acts as none in 60 values"));
    for (int k = 0; k < 2; k++) fore_series_free(f[k]);
}

static void series_run__horizon_of_nothing_or_too_much__refused_with_the_limit(void **state)
{
    const int64_t wrong[] = {0, -1, 100000, INT64_MAX};
    (void)state;
    for (int method = 0; method < METHODS; method++)
        for (int i = 0; i < 4; i++) {
            fore_series_options options = with(method, TRANSFORMED);
            fore_series_forecast *f;
            fore_error err = {0};
            fore_status want = wrong[i] < 1 ? FORE_E_ARGUMENT : FORE_E_LIMIT;
            assert_int_equal(fore_series_run(r_Nile, 100, 1, wrong[i], &options, &f, &err), want);
            assert_non_null(strstr(err.message, "horizon"));
            assert_null(f);
        }
}

/* Whatever a batch does to be quick, it answers as one question at a time would. */
static void series_batch__every_option__same_bytes_as_one_by_one(void **state)
{
    enum { TASKS = 12 };
    const fore_series_method methods[] = {FORE_SERIES_AUTO, FORE_SERIES_ETS, FORE_SERIES_MSTL};
    (void)state;
    for (int m = 0; m < 3; m++)
        for (int settings = 0; settings < SETTINGS; settings += 3) {
            fore_series_options options = with(methods[m], settings);
            fore_series_task tasks[TASKS];
            for (int i = 0; i < TASKS; i++) {
                const ref_case *r = &ref_cases[i % 10];
                tasks[i] = (fore_series_task){.y = r->y, .n = 60 + i, .m = r->m, .horizon = STEPS};
            }
            assert_int_equal(fore_series_batch(NULL, tasks, TASKS, &options, NULL), FORE_OK);
            for (int i = 0; i < TASKS; i++) {
                fore_series_forecast *one, *of_batch = tasks[i].forecast;
                assert_int_equal(fore_series_run(tasks[i].y, tasks[i].n, tasks[i].m, STEPS,
                                                 &options, &one, NULL),
                                 FORE_OK);
                assert_memory_equal(one->mean, of_batch->mean, STEPS * sizeof(double));
                assert_memory_equal(one->upper, of_batch->upper, 2 * STEPS * sizeof(double));
                assert_string_equal(one->name, of_batch->name);
                assert_string_equal(one->note, of_batch->note);
                fore_series_free(one);
                fore_series_free(of_batch);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            series_run__awkward_values_under_every_method_and_option__finite_or_an_error),
        cmocka_unit_test(series_batch__every_option__same_bytes_as_one_by_one),
        cmocka_unit_test(series_run__one_to_nine_values_with_every_option__an_answer),
        cmocka_unit_test(series_run__four_rising_values__go_on_rising),
        cmocka_unit_test(series_run__season_never_seen_whole__none_and_told),
        cmocka_unit_test(series_run__horizon_of_nothing_or_too_much__refused_with_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
