/* ARMA filters side by side: the recursion of arma.h, whatever runs beside it, and searches that
 * find the same with lanes and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "models/series/arima_inside.h"
#include "models/series/arma_lanes.h"
#include "tests/series/ref_series.h"

enum { LONGEST = 120, COLUMNS = 3 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

typedef struct degrees {
    int64_t p, P, q, Q, m;
} degrees;

static const degrees shapes[] = {{0, 0, 0, 0, 1},  {1, 0, 0, 0, 1}, {0, 0, 2, 0, 1},
                                 {5, 0, 3, 0, 1},  {2, 1, 2, 1, 4}, {0, 1, 1, 1, 12},
                                 {3, 2, 2, 2, 12}, {1, 0, 0, 1, 24}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void part(fore_random *random, int64_t degree, double sign, double *out)
{
    double partial[FORE_ARIMA_ORDER] = {0};
    for (int64_t i = 0; i < degree; i++) partial[i] = 1.8 * fore_random_uniform(random) - 0.9;
    fore_arma_polynomial(partial, degree, out);
    for (int64_t i = 0; i < degree; i++) out[i] *= sign;
}

static fore_arma random_model(fore_random *random, const degrees *d)
{
    double ar[5], ma[5], sar[5], sma[5];
    fore_arma a;
    part(random, d->p, 1, ar), part(random, d->q, -1, ma);
    part(random, d->P, 1, sar), part(random, d->Q, -1, sma);
    assert_true(fore_arma_multiply(&a, ar, d->p, ma, d->q, sar, d->P, sma, d->Q, d->m));
    return a;
}

static void arma_lanes_filter__every_shape__that_of_the_recursion(void **state)
{
    static double w[LONGEST * COLUMNS], many[LONGEST * COLUMNS * ARMA_LANES];
    static double one[LONGEST * COLUMNS];
    static arma_lanes a;
    (void)state;
    for (uint64_t trial = 0; trial < 80; trial++) {
        fore_random random = fore_random_new(41, trial);
        int64_t n = 2 + fore_random_below(&random, LONGEST - 1), columns = 1 + (int64_t)trial % 3;
        fore_arma model[ARMA_LANES];
        for (int64_t i = 0; i < n * columns; i++) w[i] = fore_random_normal(&random);
        a.width = ARMA_LANES;
        for (int64_t i = 0; i < ARMA_LANES; i++) {
            model[i] = random_model(&random, &shapes[trial % SHAPES]);
            arma_lanes_put(&a, i, &model[i]);
        }
        arma_lanes_filter(&a, w, n, columns, many);
        for (int64_t i = 0; i < ARMA_LANES; i++) {
            double logs = fore_arma_filter(&model[i], w, n, columns, one, NULL, NULL);
            assert_int_equal(a.bad[i], 0);
            near(a.logs[i], logs, 1e-9);
            for (int64_t t = 0; t < n * columns; t++)
                near(many[t * ARMA_LANES + i], one[t], 1e-8 * (1 + fabs(one[t])));
        }
    }
}

static void arma_lanes__any_neighbours__same_bytes_as_alone(void **state)
{
    static double w[LONGEST * 2], many[LONGEST * 2 * ARMA_LANES], one[LONGEST * 2];
    static arma_lanes together, alone;
    (void)state;
    for (uint64_t trial = 0; trial < 80; trial++) {
        fore_random random = fore_random_new(42, trial);
        int64_t n = 2 + fore_random_below(&random, LONGEST - 1), columns = 1 + (int64_t)trial % 2;
        fore_arma model[ARMA_LANES];
        for (int64_t i = 0; i < n * columns; i++) w[i] = fore_random_normal(&random);
        together.width = ARMA_LANES, alone.width = 1;
        for (int64_t i = 0; i < ARMA_LANES; i++) {
            model[i] = random_model(&random, &shapes[trial % SHAPES]);
            arma_lanes_put(&together, i, &model[i]);
        }
        arma_lanes_filter(&together, w, n, columns, many);
        arma_lanes_squares(&together, n, columns, many);
        for (int64_t i = 0; i < ARMA_LANES; i++) {
            arma_lanes_put(&alone, 0, &model[i]);
            arma_lanes_filter(&alone, w, n, columns, one);
            arma_lanes_squares(&alone, n, columns, one);
            assert_memory_equal(&alone.logs[0], &together.logs[i], sizeof(double));
            assert_memory_equal(&alone.squares[0], &together.squares[i], sizeof(double));
            for (int64_t t = 0; t < n; t++)
                assert_memory_equal(&one[t], &many[t * ARMA_LANES + i], sizeof(double));
        }
    }
}

static void arma_lanes_filter__root_outside__said_of_that_lane_alone(void **state)
{
    static arma_lanes a = {.width = ARMA_LANES};
    double w[20], error[20 * ARMA_LANES];
    (void)state;
    for (int t = 0; t < 20; t++) w[t] = t % 3;
    for (int64_t i = 0; i < ARMA_LANES; i++) {
        fore_arma model = {.ar = 1, .r = 1, .phi = {i == 3 ? 1.1 : 0.5}};
        arma_lanes_put(&a, i, &model);
    }
    arma_lanes_filter(&a, w, 20, 1, error);
    for (int64_t i = 0; i < ARMA_LANES; i++) assert_int_equal(a.bad[i], i == 3 ? -1 : 0);
}

/* No regressor, the constant, some; fewer coefficients than lanes, and more. */
static void arima_search__lanes_or_one_by_one__same_bytes(void **state)
{
    static const fore_arima_order orders[] = {{.p = 1, .d = 1, .q = 1},
                                              {.p = 2, .q = 2, .P = 1, .Q = 1, .constant = true},
                                              {.p = 4, .q = 3, .P = 1, .Q = 2, .constant = true},
                                              {.p = 5, .q = 5, .P = 2, .Q = 2},
                                              {.d = 1}};
    static double x[108 * 2];
    (void)state;
    for (int t = 0; t < 108; t++) x[t] = t % 7, x[108 + t] = t % 5;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        for (int64_t k = 0; k <= 2; k += 2) {
            const fore_arima_order *o = &orders[i];
            double at[2][ARIMA_PARAMETERS], value[2], start[2];
            for (int alone = 0; alone < 2; alone++) {
                arima_problem p;
                fore_arima scratch;
                assert_int_equal(
                    arima_problem_new(r_UKgas, 108, 4, x, k, o->d, o->D, o->constant, &p, NULL),
                    FORE_OK);
                assert_int_equal(p.width, ARMA_LANES);
                if (alone) p.width = 1;
                start[alone] = arima_start(&p, o, at[alone], &scratch);
                value[alone] = arima_search(&p, o, ARIMA_STAND, at[alone], &scratch);
                near(arima_value(&p, o, at[alone], &scratch), value[alone], 1e-8 * value[alone]);
                arima_problem_free(&p);
            }
            assert_memory_equal(&start[0], &start[1], sizeof(double));
            assert_memory_equal(&value[0], &value[1], sizeof(double));
            assert_memory_equal(at[0], at[1], sizeof at[0]);
            assert_true(value[0] <= start[0]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arma_lanes_filter__every_shape__that_of_the_recursion),
        cmocka_unit_test(arma_lanes__any_neighbours__same_bytes_as_alone),
        cmocka_unit_test(arma_lanes_filter__root_outside__said_of_that_lane_alone),
        cmocka_unit_test(arima_search__lanes_or_one_by_one__same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
