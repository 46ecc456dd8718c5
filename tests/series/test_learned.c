/* learned.h: the weights that travel with the program, and those of a file's own history. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/learned.h"
#include "tests/series/ref_series.h"

static fore_series_options learned_options(void)
{
    fore_series_options o = fore_series_default();
    assert_true(fore_series_method_parse("learned", &o.method));
    return o;
}

static fore_series_forecast *forecast(const double *y, int64_t n, int64_t m, int64_t h)
{
    fore_series_options o = learned_options();
    fore_series_forecast *f;
    assert_int_equal(fore_series_run(y, n, m, h, &o, &f, NULL), FORE_OK);
    return f;
}

static void run__learned__weights_sum_to_one_and_the_note_says_from_what(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ref_cases / sizeof *ref_cases; i++) {
        const ref_case *c = &ref_cases[i];
        fore_series_forecast *f = forecast(c->y, c->n, c->m, 12);
        double sum = 0;
        assert_int_equal(f->method, FORE_SERIES_LEARNED);
        assert_non_null(strstr(f->note, "reference series"));
        for (int64_t k = 0; k < f->parameters; k++) {
            assert_true(f->parameter[k].value >= 0);
            sum += f->parameter[k].value;
        }
        assert_true(fabs(sum - 1) < 1e-9);
        for (int64_t t = 0; t < 12; t++)
            for (int64_t level = 0; level < f->levels; level++) {
                assert_true(f->lower[t + level * 12] < f->mean[t]);
                assert_true(f->upper[t + level * 12] > f->mean[t]);
            }
        fore_series_free(f);
    }
}

/* The forecast is the weighted mean of what the members say by themselves. */
static void run__learned__the_weighted_mean_of_the_methods(void **state)
{
    const ref_case *c = &ref_cases[0];
    fore_series_forecast *f = forecast(c->y, c->n, c->m, 8), *one;
    double mean[8] = {0};
    (void)state;
    assert_int_equal(f->parameters, FORE_LEARNED_MEMBERS);
    for (int64_t k = 0; k < f->parameters; k++) {
        fore_series_options o = fore_series_default();
        assert_true(fore_series_method_parse(f->parameter[k].name, &o.method));
        assert_int_equal(fore_series_run(c->y, c->n, c->m, 8, &o, &one, NULL), FORE_OK);
        for (int t = 0; t < 8; t++) mean[t] += f->parameter[k].value * one->mean[t];
        fore_series_free(one);
    }
    for (int t = 0; t < 8; t++) assert_true(fabs(mean[t] - f->mean[t]) < 1e-9 * fabs(mean[t]));
    fore_series_free(f);
}

static void run__learned_short_zero_or_constant__simpler_and_said(void **state)
{
    static const double flat[] = {5, 5, 5, 5, 5, 5}, few[] = {1, 2, 4}, zeros[12] = {0, 0, 3};
    fore_series_forecast *f = forecast(flat, 6, 1, 3);
    (void)state;
    assert_true(f->mean[2] == 5 && f->note[0] != 0);
    fore_series_free(f);
    f = forecast(few, 3, 1, 3);
    assert_int_equal(f->method, FORE_SERIES_NAIVE);
    fore_series_free(f);
    f = forecast(zeros, 12, 1, 3);
    assert_int_equal(f->method, FORE_SERIES_SBA);
    fore_series_free(f);
}

enum { SERIES = 520, LENGTH = 24, STEPS = 4, WHOLE = LENGTH + STEPS };

/* Walks with a steady drift: the line through first and last value is the best forecast. */
static double *drifting(void)
{
    double *y = malloc(SERIES * WHOLE * sizeof *y);
    for (int64_t i = 0; i < SERIES; i++) {
        fore_random r = fore_random_new(3, (uint64_t)i);
        double level = 100, drift = fore_random_normal(&r) * 2;
        for (int64_t t = 0; t < WHOLE; t++)
            y[i * WHOLE + t] = level += drift + fore_random_normal(&r);
    }
    return y;
}

static fore_series_task *tasks_of(const double *y, int64_t count)
{
    fore_series_task *tasks = calloc((size_t)count, sizeof *tasks);
    for (int64_t i = 0; i < count; i++)
        tasks[i] = (fore_series_task){.y = y + i * WHOLE, .n = LENGTH, .m = 1, .horizon = STEPS};
    return tasks;
}

/* Mean absolute error over the STEPS after every task's history. */
static double error_with(const fore_learned *learned, const fore_series_task *tasks)
{
    fore_series_options o = learned_options();
    double sum = 0;
    o.learned = learned;
    o.levels = 0;
    for (int i = 0; i < SERIES; i += 2) {
        fore_series_forecast *f;
        assert_int_equal(fore_series_run(tasks[i].y, LENGTH, 1, STEPS, &o, &f, NULL), FORE_OK);
        for (int t = 0; t < STEPS; t++) sum += fabs(f->mean[t] - tasks[i].y[LENGTH + t]);
        fore_series_free(f);
    }
    return sum * 2 / (SERIES * STEPS);
}

static void fit__series_of_one_kind__their_future_is_met_better(void **state)
{
    double *y = drifting();
    fore_series_task *tasks = tasks_of(y, SERIES);
    fore_learned *shipped, *own;
    int64_t used;
    (void)state;
    assert_int_equal(fore_learned_shipped(&shipped, NULL), FORE_OK);
    assert_int_equal(fore_learned_fit(NULL, tasks, SERIES, FORE_LEARNED_OWN, NULL, shipped, 100,
                                      &own, &used, NULL),
                     FORE_OK);
    assert_int_equal(used, SERIES);
    assert_string_equal(fore_learned_source(own), "520 series of this file");
    double before = error_with(shipped, tasks), after = error_with(own, tasks);
    if (!(after < 0.99 * before)) fail_msg("%g, then %g", before, after);
    fore_learned_free(own);
    assert_int_equal(
        fore_learned_fit(NULL, tasks, 100, FORE_LEARNED_OWN, NULL, shipped, 25, &own, NULL, NULL),
        FORE_E_NO_ANSWER);
    fore_learned_free(shipped);
    free(tasks);
    free(y);
}

static void batch__many_series__learns_from_them_the_same_for_any_threads(void **state)
{
    double *y = drifting();
    fore_series_task *tasks[2];
    fore_series_options o = learned_options();
    (void)state;
    o.levels = 0;
    for (int i = 0; i < 2; i++) {
        fore_pool *pool;
        tasks[i] = tasks_of(y, SERIES);
        assert_int_equal(fore_pool_new(i ? 3 : 1, &pool, NULL), FORE_OK);
        assert_int_equal(fore_series_batch(pool, tasks[i], SERIES, &o, NULL), FORE_OK);
        fore_pool_free(pool);
    }
    for (int64_t k = 0; k < SERIES; k++) {
        fore_series_forecast *a = tasks[0][k].forecast, *b = tasks[1][k].forecast;
        assert_non_null(strstr(a->note, "520 series of this file"));
        assert_memory_equal(a->mean, b->mean, STEPS * sizeof *a->mean);
        fore_series_free(a);
        fore_series_free(b);
    }
    free(tasks[0]);
    free(tasks[1]);
    free(y);
}

/* What is held out is not seen. */
static void row__last_values__not_in_it(void **state)
{
    const ref_case *c = &ref_cases[0];
    double y[400], one[FORE_LEARNED_COLUMNS], other[FORE_LEARNED_COLUMNS];
    fore_learned_case q = {.y = y, .n = c->n - 12, .m = c->m, .steps = 12};
    (void)state;
    memcpy(y, c->y, (size_t)c->n * sizeof *y);
    assert_int_equal(fore_learned_row(&q, one, NULL), FORE_OK);
    for (int64_t t = c->n - 12; t < c->n; t++) y[t] = -1e6;
    assert_int_equal(fore_learned_row(&q, other, NULL), FORE_OK);
    assert_memory_equal(one, other, sizeof one);
}

static void bytes__back_and_forth__the_same_and_damage_refused(void **state)
{
    fore_learned *l, *back;
    fore_text bytes = {0}, again = {0};
    (void)state;
    assert_int_equal(fore_learned_shipped(&l, NULL), FORE_OK);
    assert_int_equal(fore_learned_write(l, &bytes, NULL), FORE_OK);
    assert_true(bytes.length < 300000);
    const uint8_t *b = (const uint8_t *)bytes.bytes;
    assert_int_equal(fore_learned_read(b, bytes.length, &back, NULL), FORE_OK);
    assert_int_equal(fore_learned_write(back, &again, NULL), FORE_OK);
    assert_int_equal(bytes.length, again.length);
    assert_memory_equal(bytes.bytes, again.bytes, (size_t)bytes.length);
    fore_learned_free(back);
    for (int64_t cut = 0; cut < bytes.length; cut += 1 + cut / 3)
        assert_int_equal(fore_learned_read(b, cut, &back, NULL), FORE_E_MODEL);
    bytes.bytes[5]++;
    assert_int_equal(fore_learned_read(b, bytes.length, &back, NULL), FORE_E_MODEL);
    fore_text_free(&bytes);
    fore_text_free(&again);
    fore_learned_free(l);
}

static void run__memory_fails__clean(void **state)
{
    fore_series_options o = learned_options();
    fore_series_forecast *f;
    fore_learned *l;
    (void)state;
    assert_int_equal(fore_learned_shipped(&l, NULL), FORE_OK);
    o.learned = l;
    for (int64_t k = 1;; k++) {
        int64_t live = fore_memory_live();
        fore_memory_fail_at(k);
        fore_status status = fore_series_run(ref_cases[0].y, 40, 4, 6, &o, &f, NULL);
        fore_memory_fail_at(0);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        assert_int_equal(fore_memory_live(), live);
    }
    fore_series_free(f);
    fore_learned_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__learned__weights_sum_to_one_and_the_note_says_from_what),
        cmocka_unit_test(run__learned__the_weighted_mean_of_the_methods),
        cmocka_unit_test(run__learned_short_zero_or_constant__simpler_and_said),
        cmocka_unit_test(fit__series_of_one_kind__their_future_is_met_better),
        cmocka_unit_test(batch__many_series__learns_from_them_the_same_for_any_threads),
        cmocka_unit_test(row__last_values__not_in_it),
        cmocka_unit_test(bytes__back_and_forth__the_same_and_damage_refused),
        cmocka_unit_test(run__memory_fails__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
