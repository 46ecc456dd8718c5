/* ces.h against statsforecast and against the recursions written as matrices (ref_ces.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "models/series/ces.h"
#include "tests/series/ref_ces.h"
#include "tests/series/ref_series.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static double squares_of(const fore_ces *model, const double *y, int64_t n)
{
    double fitted[600], sum = 0;
    fore_ces_filter(model, y, n, fitted, NULL);
    for (int64_t t = 0; t < n; t++) sum += (y[t] - fitted[t]) * (y[t] - fitted[t]);
    return sum;
}

/* Both start from a backward run and both searches are local; ours may not be worse by over 5 %. */
static void ces_fit__nine_series__errors_not_above_those_of_statsforecast(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ref_ces_fits / sizeof *ref_ces_fits; i++) {
        const ref_ces *r = &ref_ces_fits[i];
        for (size_t j = 0; j < sizeof ref_cases / sizeof *ref_cases; j++) {
            const ref_case *c = &ref_cases[j];
            fore_ces model;
            if (strcmp(c->name, r->series) != 0) continue;
            assert_int_equal(fore_ces_fit(c->y, c->n, c->m, (fore_ces_form)r->form, &model, NULL),
                             FORE_OK);
            double ours = squares_of(&model, c->y, c->n);
            if (ours > 1.05 * r->squares)
                fail_msg("%s, form %d: %.6g, reference %.6g", c->name, r->form, ours, r->squares);
        }
    }
}

static void ces_filter__full_form__matrix_recursion(void **state)
{
    (void)state;
    fore_ces w = {
        .form = FORE_CES_FULL, .n = 11, .m = 4, .a0 = 1.2, .a1 = 0.9, .b0 = 1.1, .b1 = 0.95};
    double fitted[11], mean[6];
    fore_ces_state last;
    w.first =
        (fore_ces_state){.l = {10}, .c = {1}, .s = {0.5, -1, 1.5, 0.2}, .z = {0.1, 0.2, -0.3, 0.4}};
    fore_ces_filter(&w, ref_ces_y, 11, fitted, &last);
    for (int t = 0; t < 11; t++) near(fitted[t], ref_ces_full[t], 1e-12);
    fore_ces_forecast(&w, &last, 11, 6, mean, NULL);
    for (int k = 0; k < 6; k++) near(mean[k], ref_ces_full[11 + k], 1e-12);
}

static void ces_forecast__variance__that_of_simulated_paths(void **state)
{
    (void)state;
    enum { PATHS = 4000, H = 8 };
    fore_ces model;
    fore_random random = fore_random_new(9, 1);
    double mean[H], variance[H], sum[H] = {0}, squares[H] = {0};
    assert_int_equal(fore_ces_fit(r_UKgas, 108, 4, FORE_CES_PARTIAL, &model, NULL), FORE_OK);
    fore_ces_forecast(&model, &model.last, 108, H, mean, variance);
    for (int p = 0; p < PATHS; p++) {
        fore_ces_state x = model.last;
        for (int k = 0; k < H; k++) {
            double level, y[8] = {0};
            fore_ces one = model;
            one.first = x;
            /* a step from place (108 + k) % 4: start the filter there by turning the season */
            for (int i = 0; i < 4; i++) one.first.s[i] = x.s[(108 + k + i) % 4];
            fore_ces_forecast(&one, &one.first, 0, 1, &level, NULL);
            y[0] = level + sqrt(model.sigma2) * fore_random_normal(&random);
            fore_ces_state next;
            fore_ces_filter(&one, y, 1, NULL, &next);
            x.l[0] = next.l[0], x.c[0] = next.c[0], x.s[(108 + k) % 4] = next.s[0];
            sum[k] += y[0];
            squares[k] += (y[0] - mean[k]) * (y[0] - mean[k]);
        }
    }
    for (int k = 0; k < H; k++) {
        near(sum[k] / PATHS, mean[k], 4 * sqrt(variance[k] / PATHS));
        near(squares[k] / PATHS, variance[k], 0.1 * variance[k]);
    }
}

/* White noise has no season, noise around one has: 50 series each. */
static void ces_choose__with_and_without_a_season__seen(void **state)
{
    enum { SERIES = 50, N = 60, M = 12 };
    int64_t seen[2] = {0};
    (void)state;
    for (int i = 0; i < 2 * SERIES; i++) {
        double y[N], season[M];
        fore_random random = fore_random_new(3, (uint64_t)i);
        for (int t = 0; t < M; t++) season[t] = i < SERIES ? 0 : fore_random_normal(&random);
        for (int t = 0; t < N; t++) y[t] = 20 + season[t % M] + fore_random_normal(&random);
        fore_ces model;
        assert_int_equal(fore_ces_choose(y, N, M, &model, NULL), FORE_OK);
        seen[i >= SERIES] += model.form != FORE_CES_NONE;
    }
    if (seen[0] > SERIES / 10 || seen[1] < 8 * SERIES / 10)
        fail_msg("seasons: %lld of noise, %lld of seasons", (long long)seen[0], (long long)seen[1]);
}

static void ces_choose__short_or_long_season__a_form_that_fits(void **state)
{
    (void)state;
    fore_ces model;
    fore_error err = {0};
    assert_int_equal(fore_ces_choose(r_Nile, 4, 1, &model, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_ces_choose(r_AirPassengers, 20, 12, &model, &err), FORE_OK);
    assert_int_equal(model.form, FORE_CES_NONE);
    assert_int_equal(fore_ces_choose(r_AirPassengers, 144, 52, &model, &err), FORE_OK);
    assert_int_equal(model.form, FORE_CES_NONE);
    assert_int_equal(fore_ces_choose(r_AirPassengers, 144, 12, &model, &err), FORE_OK);
    assert_int_not_equal(model.form, FORE_CES_NONE);
    assert_int_equal(fore_ces_fit(r_AirPassengers, 20, 12, FORE_CES_FULL, &model, &err),
                     FORE_E_NO_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ces_fit__nine_series__errors_not_above_those_of_statsforecast),
        cmocka_unit_test(ces_filter__full_form__matrix_recursion),
        cmocka_unit_test(ces_forecast__variance__that_of_simulated_paths),
        cmocka_unit_test(ces_choose__with_and_without_a_season__seen),
        cmocka_unit_test(ces_choose__short_or_long_season__a_form_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
