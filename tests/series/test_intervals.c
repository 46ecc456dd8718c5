/* Intervals from past errors for every method, and sample paths whose sums are as uncertain as they
 * should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "models/series/errors_ahead.h"
#include "models/series/series_forecast.h"

enum { METHODS = FORE_SERIES_TSB + 1 };

static fore_series_forecast *must(const double *y, int64_t n, int64_t m, int64_t h,
                                  const fore_series_options *options)
{
    fore_series_forecast *f;
    fore_error err = {0};
    fore_status status = fore_series_run(y, n, m, h, options, &f, &err);
    if (status != FORE_OK) fail_msg("status %d: %s", status, err.message);
    return f;
}

static fore_series_options with(fore_series_method method, fore_interval_kind kind)
{
    fore_series_options options = fore_series_default();
    options.method = method;
    options.intervals = kind;
    return options;
}

/* AR(1) around 0; phi 1 is a random walk. */
static void walk(double phi, uint64_t stream, double *y, int64_t n)
{
    fore_random random = fore_random_new(41, stream);
    double v = phi < 1 ? fore_random_normal(&random) / sqrt(1 - phi * phi) : 0;
    for (int64_t t = 0; t < n; t++) y[t] = v = phi * v + fore_random_normal(&random);
}

/* ---- intervals ---- */

static void check_nested(const fore_series_forecast *f)
{
    for (int64_t h = 0; h < f->horizon; h++)
        for (int64_t k = 0; k < f->levels; k++) {
            int64_t at = h + k * f->horizon;
            assert_true(f->lower[at] <= f->mean[h] && f->mean[h] <= f->upper[at]);
            for (int64_t j = 0; j < f->levels; j++)
                if (f->level[j] < f->level[k]) {
                    assert_true(f->lower[h + j * f->horizon] >= f->lower[at]);
                    assert_true(f->upper[h + j * f->horizon] <= f->upper[at]);
                }
        }
}

static void intervals__every_method_and_kind__learned_and_nested(void **state)
{
    static const double levels[] = {99.9, 50, 95, 1, 80, 99, 20, 60};
    double y[70];
    (void)state;
    walk(0.6, 1, y, 70);
    for (int t = 0; t < 70; t++) y[t] = 40 + 2 * y[t] + 4 * (t % 4);
    for (int m = 0; m < METHODS; m++)
        for (int kind = FORE_INTERVAL_AUTO; kind <= FORE_INTERVAL_ADAPTIVE; kind++) {
            fore_series_options options = with((fore_series_method)m, (fore_interval_kind)kind);
            options.levels = 8;
            memcpy(options.level, levels, sizeof levels);
            fore_series_forecast *f = must(y, 70, 4, 50, &options);
            check_nested(f);
            assert_int_equal(f->intervals,
                             kind == FORE_INTERVAL_AUTO ? (int)FORE_INTERVAL_CONFORMAL : kind);
            assert_int_equal(f->origins, kind == FORE_INTERVAL_MODEL ? 0 : 40);
            fore_series_free(f);
        }
}

static void intervals__kind_unknown__refused(void **state)
{
    fore_series_options options = with(FORE_SERIES_NAIVE, (fore_interval_kind)7);
    fore_series_forecast *f = NULL;
    const double y[] = {1, 2, 3};
    (void)state;
    assert_int_equal(fore_series_run(y, 3, 1, 1, &options, &f, NULL), FORE_E_ARGUMENT);
    options = fore_series_default();
    options.paths = -1;
    assert_int_equal(fore_series_run(y, 3, 1, 1, &options, &f, NULL), FORE_E_ARGUMENT);
    options.paths = FORE_SERIES_PATHS;
    assert_int_equal(fore_series_run(y, 3, 1, 1000, &options, &f, NULL), FORE_E_LIMIT);
    assert_null(f);
}

/* The mean knows nothing of a drift, the model's interval neither: past errors do, and on which
 * side they lie. */
static void intervals__forecasts_wrong_to_one_side__wider_there(void **state)
{
    double y[80];
    fore_random random = fore_random_new(3, 8);
    (void)state;
    for (int t = 0; t < 80; t++) y[t] = 5 * t + 3 * fore_random_normal(&random);
    fore_series_options options = with(FORE_SERIES_NAIVE, FORE_INTERVAL_CONFORMAL);
    fore_series_forecast *f = must(y, 80, 1, 10, &options);
    for (int h = 3; h < 10; h++) {
        assert_true(f->upper[h] - f->mean[h] > 1.3 * (f->mean[h] - f->lower[h]));
        assert_true(5 * (80 + h) < f->upper[h + 10]);
    }
    fore_series_free(f);
}

/* The last ten steps are four times as wild: the newer errors count for more. */
static void intervals__wilder_of_late__wider_than_even_weights_would_say(void **state)
{
    double y[60], calm = 0, wild = 0;
    (void)state;
    for (int s = 0; s < 20; s++) {
        fore_random random = fore_random_new(5, (uint64_t)s);
        fore_series_options options = with(FORE_SERIES_NAIVE, FORE_INTERVAL_AUTO);
        for (int late = 0; late < 2; late++) {
            double level = 100;
            for (int t = 0; t < 60; t++)
                y[t] = level += (late && t >= 50 ? 4 : 1) * fore_random_normal(&random);
            fore_series_forecast *f = must(y, 60, 1, 1, &options);
            *(late ? &wild : &calm) += f->upper[0] - f->mean[0];
            fore_series_free(f);
        }
    }
    assert_true(wild > 2.6 * calm); /* the sd over all 60 grew by the factor 1.9 */
}

static void intervals__adaptive__follows_recent_misses(void **state)
{
    double y[60], even = 0, adaptive = 0;
    (void)state;
    for (int s = 0; s < 20; s++) {
        fore_random random = fore_random_new(6, (uint64_t)s);
        double level = 100;
        for (int t = 0; t < 60; t++)
            y[t] = level += exp(0.05 * t) * fore_random_normal(&random); /* ever wilder: misses */
        for (int kind = FORE_INTERVAL_CONFORMAL; kind <= FORE_INTERVAL_ADAPTIVE; kind++) {
            fore_series_options options = with(FORE_SERIES_NAIVE, (fore_interval_kind)kind);
            fore_series_forecast *f = must(y, 60, 1, 3, &options);
            *(kind == FORE_INTERVAL_ADAPTIVE ? &adaptive : &even) += f->upper[0] - f->mean[0];
            fore_series_free(f);
        }
    }
    assert_true(adaptive > 1.02 * even);
}

/* ---- paths ---- */

static double sum_sd(const fore_series_forecast *f, int64_t steps)
{
    fore_series_sum sum;
    assert_int_equal(fore_series_add_up(f, 0, steps, 95, &sum, NULL), FORE_OK);
    return sum.sd;
}

/* Random walk: var of a sum of h steps = sigma^2 h (h + 1) (2 h + 1) / 6, far above the sum of the
 * variances. */
static void paths__random_walk__sum_has_the_right_variance(void **state)
{
    enum { H = 12, SERIES = 20 };
    static const fore_series_method methods[] = {FORE_SERIES_NAIVE, FORE_SERIES_SES,
                                                 FORE_SERIES_COMBINE};
    double y[150];
    (void)state;
    for (int m = 0; m < 3; m++) {
        double ratio = 0, want = sqrt(H * (H + 1) * (2 * H + 1) / 6.0), apart = 0;
        for (int s = 0; s < SERIES; s++) {
            walk(1, (uint64_t)s, y, 150);
            fore_series_options options = with(methods[m], FORE_INTERVAL_MODEL);
            options.paths = 1000;
            fore_series_forecast *f = must(y, 150, 1, H, &options);
            double last = 0, squares = 0;
            for (int h = 0; h < H; h++) {
                double sd = (f->upper[h] - f->mean[h]) / 1.28155;
                squares += sd * sd;
                last = sd;
            }
            ratio += sum_sd(f, H) / last * sqrt(H) / SERIES;
            apart += sqrt(squares) / last * sqrt(H) / SERIES;
            fore_series_free(f);
        }
        if (fabs(ratio / want - 1) > 0.06) fail_msg("method %d: %g, want %g", m, ratio, want);
        assert_true(apart < 0.5 * want);
    }
}

/* AR(1) forecast by its mean: the errors of the steps are the series itself. By ARIMA: errors of
 * the model, psi(j) = phi^j. */
static void paths__ar1__sum_has_the_right_variance(void **state)
{
    enum { H = 10, SERIES = 20 };
    static const double phis[] = {0.8, -0.6};
    double y[300];
    (void)state;
    for (int c = 0; c < 4; c++) {
        double phi = phis[c % 2], variance[SERIES], want = 0;
        bool arima = c >= 2;
        for (int i = 1; i <= H; i++) { /* weight of shock i on the sum of steps i..H */
            double w = (1 - pow(phi, H - i + 1)) / (1 - phi);
            want += w * w;
        }
        if (!arima) {
            want = H / (1 - phi * phi);
            for (int k = 1; k < H; k++) want += 2 * (H - k) * pow(phi, k) / (1 - phi * phi);
        }
        for (int s = 0; s < SERIES; s++) {
            walk(phi, 100 + (uint64_t)s, y, 300);
            fore_series_options options =
                with(arima ? FORE_SERIES_ARIMA : FORE_SERIES_MEAN, FORE_INTERVAL_MODEL);
            options.paths = 1000;
            fore_series_forecast *f = must(y, 300, 1, H, &options);
            double sd = sum_sd(f, H);
            variance[s] = sd * sd;
            fore_series_free(f);
        }
        double got = fore_median(variance, SERIES); /* ARIMA takes a few for random walks */
        if (fabs(got / want - 1) > 0.15) fail_msg("case %d: variance %g, want %g", c, got, want);
    }
}

/* Seasonal naive with a season of 4: the error of a step comes again a season later. */
static void errors_ahead__seasonal_naive__psi_repeats(void **state)
{
    enum { N = 120 };
    fore_random random = fore_random_new(8, 8);
    fore_series_options options = fore_series_default();
    double y[N], residuals[N], fitted[N], variance[30], errors[30], room[60];
    fore_member member;
    fore_replay replay;
    (void)state;
    for (int t = 0; t < N; t++) y[t] = (t < 4 ? 10 * t : y[t - 4]) + fore_random_normal(&random);
    assert_int_equal(
        fore_member_fit(FORE_SERIES_SEASONAL_NAIVE, y, N, 4, &options, &member, fitted, NULL),
        FORE_OK);
    for (int t = 0; t < N; t++) residuals[t] = y[t] - fitted[t];
    for (int h = 0; h < 30; h++) variance[h] = (double)(h / 4 + 1);
    assert_int_equal(fore_replay_run(&member, 1, y, N, 30, &replay, NULL), FORE_OK);
    fore_errors_ahead a = fore_errors_ahead_learn(&replay, residuals, N, 4, variance, 30);
    for (int64_t j = 0; j < a.lags; j++) assert_true(fabs(a.psi[j] - (j % 4 == 0 ? 1 : 0)) < 1e-12);
    assert_int_equal(a.season, 4);
    assert_int_equal(a.order, 0);
    a.lags = 5; /* the rest must follow from the season */
    fore_random one = fore_random_new(1, 1);
    fore_errors_ahead_draw(&a, &one, 30, errors, room);
    for (int k = 4; k < 30; k++) assert_true(fabs(errors[k] - errors[k - 4] - room[k]) < 1e-12);
    fore_errors_ahead short_past = fore_errors_ahead_learn(
        &(fore_replay){0}, residuals, N, 4, variance, 30); /* from the variances alone */
    for (int64_t j = 0; j < short_past.lags; j++)
        assert_true(fabs(short_past.psi[j] - (j % 4 == 0 ? 1 : 0)) < 1e-12);
    fore_replay_free(&replay);
    fore_member_free(&member);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void paths__any_method__margins_are_the_intervals(void **state)
{
    enum { P = 999, H = 14 };
    double y[60], at[P];
    (void)state;
    walk(0.9, 77, y, 60);
    for (int t = 0; t < 60; t++) y[t] = 30 + y[t] + 3 * (t % 4 == 1);
    for (int m = 0; m < METHODS; m++) {
        fore_series_options options = with((fore_series_method)m, FORE_INTERVAL_AUTO);
        options.paths = P;
        fore_series_forecast *f = must(y, 60, 4, H, &options);
        assert_int_equal(f->paths, P);
        for (int h = 0; h < H; h++) {
            for (int i = 0; i < P; i++) at[i] = f->path[h + i * H];
            qsort(at, P, sizeof *at, by_value);
            assert_true(at[P / 2] == f->mean[h]);
            for (int k = 0; k < 2; k++) { /* P + 1/2 is not on the grid: the neighbours enclose */
                double p = 0.5 - f->level[k] / 200;
                int low = (int)floor(p * P - 0.5), high = P - 1 - low;
                assert_true(at[low] <= f->lower[h + k * H] && f->lower[h + k * H] <= at[low + 1]);
                assert_true(at[high - 1] <= f->upper[h + k * H] && f->upper[h + k * H] <= at[high]);
            }
        }
        fore_series_sum sum;
        assert_int_equal(fore_series_add_up(f, 2, 1, 95, &sum, NULL), FORE_OK);
        assert_true(sum.upper == f->upper[2 + H] && sum.lower == f->lower[2 + H]);
        for (int i = 0; i < P; i++) at[i] = f->path[2 + i * H];
        qsort(at, P, sizeof *at, by_value);
        assert_int_equal(fore_series_add_up(f, 2, 1, 100.0 * 995 / P, &sum, NULL), FORE_OK);
        double near = 1e-9 * (at[P - 2] - at[1]); /* quantile 2 / P: half way */
        assert_true(fabs(sum.lower - (at[1] + at[2]) / 2) <= near);
        assert_true(fabs(sum.upper - (at[P - 2] + at[P - 3]) / 2) <= near);
        assert_int_equal(fore_series_add_up(f, 2, 1, 99.99, &sum, NULL), FORE_OK);
        assert_true(isnan(sum.lower) && isnan(sum.upper));
        fore_series_free(f);
    }
}

static void paths__seed_threads_and_place__same_bytes(void **state)
{
    enum { H = 6, P = 50, TASKS = 9 };
    static double y[TASKS][40];
    fore_series_options options = with(FORE_SERIES_THETA, FORE_INTERVAL_AUTO);
    fore_series_task tasks[TASKS];
    fore_pool *pool;
    (void)state;
    options.paths = P;
    options.seed = 12;
    for (int i = 0; i < TASKS; i++) {
        walk(0.8, (uint64_t)i, y[i], 40);
        tasks[i] = (fore_series_task){.y = y[TASKS - 1 - i], .n = 40, .m = 1, .horizon = H};
    }
    assert_int_equal(fore_pool_new(3, &pool, NULL), FORE_OK);
    assert_int_equal(fore_series_batch(pool, tasks, TASKS, &options, NULL), FORE_OK);
    for (int i = 0; i < TASKS; i++) {
        fore_series_forecast *f = must(y[TASKS - 1 - i], 40, 1, H, &options);
        assert_memory_equal(f->path, tasks[i].forecast->path, H * P * sizeof(double));
        fore_series_free(f);
        if (i > 0)
            assert_memory_not_equal(tasks[0].forecast->path, tasks[i].forecast->path,
                                    H * P * sizeof(double));
    }
    options.seed = 13;
    fore_series_forecast *other = must(y[0], 40, 1, H, &options);
    assert_memory_not_equal(other->path, tasks[TASKS - 1].forecast->path, H * P * sizeof(double));
    fore_series_free(other);
    for (int i = 0; i < TASKS; i++) fore_series_free(tasks[i].forecast);
    fore_pool_free(pool);
}

static void paths__tiny_constant_and_huge_series__finite_or_said(void **state)
{
    const double tiny[] = {3, 8, 4, 9, 5, 7}, same[] = {5, 5, 5, 5, 5, 5};
    double huge[30];
    (void)state;
    for (int t = 0; t < 30; t++) huge[t] = 1e150 * (1 + 0.1 * (t % 5));
    for (int m = 0; m < METHODS; m++) {
        fore_series_options options = with((fore_series_method)m, FORE_INTERVAL_AUTO);
        fore_series_sum sum;
        options.paths = 200;
        for (int n = 1; n <= 6; n++) {
            fore_series_forecast *f = must(tiny, n, 1, 3, &options);
            fore_status status = fore_series_add_up(f, 0, 3, 90, &sum, NULL);
            if (isnan(f->lower[0])) {
                assert_int_equal(status, FORE_E_NO_ANSWER);
                assert_non_null(strstr(f->note, "too few values for sample paths"));
            } else {
                assert_int_equal(status, FORE_OK);
                assert_true(sum.lower <= sum.mean && sum.mean <= sum.upper && isfinite(sum.upper));
            }
            fore_series_free(f);
        }
        fore_series_forecast *f = must(same, 6, 1, 3, &options);
        assert_int_equal(fore_series_add_up(f, 0, 3, 90, &sum, NULL), FORE_OK);
        assert_true(sum.lower == 15 && sum.upper == 15 && sum.sd == 0);
        fore_series_free(f);
        f = must(huge, 30, 1, 3, &options);
        assert_int_equal(fore_series_add_up(f, 0, 3, 90, &sum, NULL), FORE_OK);
        assert_true(sum.lower < sum.upper && isfinite(sum.lower) && isfinite(sum.upper));
        fore_series_free(f);
    }
}

static void paths__last_values_missing_or_never_negative__respected(void **state)
{
    double y[50];
    (void)state;
    walk(1, 5, y, 50);
    for (int t = 0; t < 50; t++) y[t] = fmax(0, y[t] + 2);
    for (int t = 46; t < 50; t++) y[t] = NAN;
    fore_series_options options = with(FORE_SERIES_NAIVE, FORE_INTERVAL_AUTO);
    options.paths = 400;
    options.non_negative = true;
    fore_series_forecast *gap = must(y, 50, 1, 4, &options), *whole = must(y, 46, 1, 8, &options);
    for (int i = 0; i < 400; i++)
        for (int h = 0; h < 4; h++) {
            assert_true(gap->path[h + i * 4] >= 0);
            assert_true(gap->path[h + i * 4] == whole->path[h + 4 + i * 8]);
        }
    fore_series_free(gap);
    fore_series_free(whole);
}

static void series_add_up__wrong_question__an_error_in_words(void **state)
{
    const double y[] = {3, 8, 4, 9, 5, 7, 6, 4, 5, 3};
    fore_series_options options = fore_series_default();
    fore_series_sum sum;
    fore_error err = {0};
    (void)state;
    fore_series_forecast *f = must(y, 10, 1, 3, &options);
    assert_int_equal(fore_series_add_up(f, 0, 3, 95, &sum, &err), FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "sample paths"));
    fore_series_free(f);
    options.paths = 10;
    f = must(y, 10, 1, 3, &options);
    assert_int_equal(fore_series_add_up(f, 1, 3, 95, &sum, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_add_up(f, -1, 1, 95, &sum, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_add_up(f, 0, 0, 95, &sum, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_add_up(f, 0, INT64_MAX, 95, &sum, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_add_up(f, 0, 3, 100, &sum, &err), FORE_E_ARGUMENT);
    assert_int_equal(fore_series_add_up(f, 0, 3, NAN, &sum, &err), FORE_E_ARGUMENT);
    fore_series_free(f);
}

static void intervals_and_paths__memory_fails__error_without_leak(void **state)
{
    double y[40];
    (void)state;
    walk(1, 9, y, 40);
    for (int kind = FORE_INTERVAL_MODEL; kind <= FORE_INTERVAL_ADAPTIVE; kind++) {
        fore_series_options options = with(FORE_SERIES_DRIFT, (fore_interval_kind)kind);
        int64_t live = fore_memory_live(), k = 1;
        fore_status status;
        options.paths = 20;
        do {
            fore_series_forecast *f;
            fore_series_sum sum;
            fore_memory_fail_at(k++);
            status = fore_series_run(y, 40, 1, 4, &options, &f, NULL);
            if (status == FORE_OK) status = fore_series_add_up(f, 0, 2, 90, &sum, NULL);
            fore_memory_fail_at(0);
            fore_series_free(f);
            assert_int_equal(fore_memory_live(), live);
            assert_true(status == FORE_OK || status == FORE_E_MEMORY);
        } while (status != FORE_OK && k < 1000);
        assert_int_equal(status, FORE_OK);
        assert_true(k > 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals__every_method_and_kind__learned_and_nested),
        cmocka_unit_test(intervals__kind_unknown__refused),
        cmocka_unit_test(intervals__forecasts_wrong_to_one_side__wider_there),
        cmocka_unit_test(intervals__wilder_of_late__wider_than_even_weights_would_say),
        cmocka_unit_test(intervals__adaptive__follows_recent_misses),
        cmocka_unit_test(paths__random_walk__sum_has_the_right_variance),
        cmocka_unit_test(paths__ar1__sum_has_the_right_variance),
        cmocka_unit_test(errors_ahead__seasonal_naive__psi_repeats),
        cmocka_unit_test(paths__any_method__margins_are_the_intervals),
        cmocka_unit_test(paths__seed_threads_and_place__same_bytes),
        cmocka_unit_test(paths__tiny_constant_and_huge_series__finite_or_said),
        cmocka_unit_test(paths__last_values_missing_or_never_negative__respected),
        cmocka_unit_test(series_add_up__wrong_question__an_error_in_words),
        cmocka_unit_test(intervals_and_paths__memory_fails__error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
