/* What a fit asks of the heap: the same whatever its search does, and nothing for each series of
 * many. Counted below everything, libraries included, by standing before malloc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "models/series/arima.h"
#include "models/series/ces.h"
#include "models/series/ets.h"
#include "models/series/theta.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTING 1
#else
#define COUNTING 0 /* the sanitizers stand there themselves */
#endif

static int64_t calls;

#if COUNTING
#define SEEN __attribute__((visibility("default"))) /* by shared libraries too */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

SEEN void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

SEEN void *calloc(size_t count, size_t size)
{
    calls++;
    return __libc_calloc(count, size);
}

SEEN void *realloc(void *p, size_t size)
{
    calls++;
    return __libc_realloc(p, size);
}
#endif

enum { LONGEST = 80, MANY = 96 };
static double series[MANY][LONGEST];

/* Walks, trends and noise, with and without season: searches of all lengths. */
static void make_series(void)
{
    for (int64_t i = 0; i < MANY; i++) {
        fore_random random = fore_random_new(31, (uint64_t)i);
        double level = 0;
        for (int64_t t = 0; t < LONGEST; t++) {
            double e = fore_random_normal(&random);
            level += (i % 3 == 0) * 0.3 * e + (i % 3 == 1) * 0.05;
            series[i][t] = 20 + level + e + (double)(i % 5) * (double)((t + i) % 12 == 0);
        }
    }
}

static int need_counts(void **state)
{
    (void)state;
    make_series();
    if (COUNTING) return 0;
    printf("heap calls cannot be counted under a sanitizer\n");
    return 0;
}

/* ---- many at once: nothing for each ---- */

typedef void (*many_fits)(int64_t n, int64_t m, int64_t count);

static void many_ets(int64_t n, int64_t m, int64_t count)
{
    static fore_ets_question q[MANY];
    for (int64_t i = 0; i < count; i++)
        q[i] = (fore_ets_question){.y = series[i], .n = n, .m = m, .multiplicative_trend = i % 2};
    assert_int_equal(fore_ets_choose_many(q, count, NULL), FORE_OK);
    for (int64_t i = 0; i < count; i++) assert_int_equal(q[i].status, FORE_OK);
}

static void many_ces(int64_t n, int64_t m, int64_t count)
{
    static fore_ces_question q[MANY];
    for (int64_t i = 0; i < count; i++) q[i] = (fore_ces_question){.y = series[i], .n = n, .m = m};
    assert_int_equal(fore_ces_choose_many(q, count, NULL), FORE_OK);
    for (int64_t i = 0; i < count; i++) assert_int_equal(q[i].status, FORE_OK);
}

static int64_t calls_of(many_fits fit, int64_t n, int64_t m, int64_t count)
{
    int64_t before = calls;
    fit(n, m, count);
    return calls - before;
}

/* Three lengths: no season, one too short for indices, a full one. 48 rather than few, as sorting
 * takes heap above a fixed size. */
static void same_for_many(many_fits fit)
{
    static const int64_t shape[3][2] = {{40, 1}, {33, 12}, {80, 12}};
    for (int i = 0; i < 3; i++) {
        int64_t n = shape[i][0], m = shape[i][1];
        calls_of(fit, n, m, 2); /* libraries set themselves up */
        int64_t half = calls_of(fit, n, m, MANY / 2), whole = calls_of(fit, n, m, MANY);
        if (half != whole) fail_msg("%lld and %lld calls", (long long)half, (long long)whole);
    }
}

static void ets_choose_many__twice_the_series__same_heap_calls(void **state)
{
    (void)state;
    if (!COUNTING) skip();
    same_for_many(many_ets);
}

static void ces_choose_many__twice_the_series__same_heap_calls(void **state)
{
    (void)state;
    if (!COUNTING) skip();
    same_for_many(many_ces);
}

/* ---- one at a time: the same whatever the search does ---- */

typedef void (*one_fit)(const double *y, int64_t n, int64_t m);

static void one_ets(const double *y, int64_t n, int64_t m)
{
    fore_ets model;
    assert_int_equal(fore_ets_choose(y, n, m, false, &model, NULL), FORE_OK);
}

static void one_ces(const double *y, int64_t n, int64_t m)
{
    fore_ces model;
    assert_int_equal(fore_ces_choose(y, n, m, &model, NULL), FORE_OK);
}

static void one_arima(const double *y, int64_t n, int64_t m)
{
    fore_arima model;
    assert_int_equal(fore_arima_choose(y, n, m, NULL, 0, &model, NULL), FORE_OK);
}

static void one_theta(const double *y, int64_t n, int64_t m)
{
    for (int form = 0; form < 3; form++) {
        fore_theta model;
        assert_int_equal(fore_theta_fit(y, n, m, (fore_theta_form)form, &model, NULL, NULL),
                         FORE_OK);
        fore_theta_free(&model);
    }
}

/* Few calls, as many for one series as for another. */
static void same_for_each(one_fit fit, int64_t n, int64_t m, int64_t most)
{
    int64_t first = -1;
    for (int64_t i = 0; i < 24; i++) {
        fit(series[i], n, m);
        int64_t before = calls;
        fit(series[i], n, m);
        int64_t taken = calls - before;
        if (first < 0) first = taken;
        if (taken != first || taken > most)
            fail_msg("series %lld: %lld calls, series 0: %lld, allowed %lld", (long long)i,
                     (long long)taken, (long long)first, (long long)most);
    }
}

static void ets_choose__any_series__same_heap_calls(void **state)
{
    (void)state;
    if (!COUNTING) skip();
    same_for_each(one_ets, 40, 1, 5);
    same_for_each(one_ets, 33, 12, 5);
}

static void ces_choose__any_series__same_heap_calls(void **state)
{
    (void)state;
    if (!COUNTING) skip();
    same_for_each(one_ces, 40, 1, 4);
    same_for_each(one_ces, 80, 12, 4);
}

static void arima_choose__any_series__same_heap_calls(void **state)
{
    (void)state;
    if (!COUNTING) skip();
    same_for_each(one_arima, 40, 1, 4);
    same_for_each(one_arima, 80, 12, 6);
}

static void theta_fit__any_series__same_heap_calls(void **state)
{
    (void)state;
    if (!COUNTING) skip();
    same_for_each(one_theta, 40, 1, 3); /* one for each form */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ets_choose_many__twice_the_series__same_heap_calls),
        cmocka_unit_test(ces_choose_many__twice_the_series__same_heap_calls),
        cmocka_unit_test(ets_choose__any_series__same_heap_calls),
        cmocka_unit_test(ces_choose__any_series__same_heap_calls),
        cmocka_unit_test(arima_choose__any_series__same_heap_calls),
        cmocka_unit_test(theta_fit__any_series__same_heap_calls),
    };
    return cmocka_run_group_tests(tests, need_counts, NULL);
}
