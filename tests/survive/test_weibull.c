/* Weibull regression: R's survreg, identities, limits. */
#include "models/survive/weibull.h"
#include "tests/survive/lifetimes_support.h"

enum { Q = SAMPLE_P + 2 };

static fore_weibull *fit(const fore_lifetimes *rows)
{
    fore_weibull *f = NULL;
    fore_error err = {0};
    if (fore_weibull_fit(rows, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    assert_true(f->converged);
    return f;
}

static double loglik(const fore_lifetimes *rows, const double *theta, double *gradient)
{
    double value = NAN;
    assert_int_equal(fore_weibull_loglik(rows, theta, &value, gradient, NULL), FORE_OK);
    return value;
}

static void theta_of(const fore_weibull *f, double *theta)
{
    theta[0] = f->intercept;
    memcpy(theta + 1, f->beta, (size_t)f->columns * sizeof(double));
    theta[f->columns + 1] = log(f->scale);
}

static void against(const double *weight, const double *ref)
{
    static const double row[2] = {60, 1}, share[3] = {0.1, 0.5, 0.9};
    fore_lifetimes rows = lung(weight);
    fore_weibull *f = fit(&rows);
    double theta[4];
    theta_of(f, theta);
    for (int j = 0; j < 4; j++) {
        NEAR(theta[j], ref[j], 1e-8);
        NEAR(f->error[j], ref[4 + j], 1e-8);
    }
    NEAR(f->loglik, ref[8], 1e-8);
    for (int k = 0; k < 3; k++) {
        NEAR(fore_weibull_quantile(f, row, share[k]), ref[9 + k], 1e-5);
        NEAR(fore_weibull_survival(f, row, ref[9 + k]), 1 - share[k], 1e-8);
    }
    assert_true(fore_weibull_survival(f, row, 0) == 1);
    assert_true(fore_weibull_quantile(f, row, 0) == 0 && isinf(fore_weibull_quantile(f, row, 1)));
    fore_weibull_free(f);
}

static void weibull_fit__lung__equals_survreg(void **state)
{
    (void)state;
    against(NULL, ref_weibull);
    against(ref_weight, ref_weibull_weighted);
}

static void weibull_loglik__gradient__equals_differences(void **state)
{
    (void)state;
    double theta[Q] = {1.5, 0.3, -0.4, 0.1, -0.2}, g[Q], unused[Q];
    const double step = 1e-5;
    sample s;
    sample_fill(&s, 1);
    loglik(&s.rows, theta, g);
    for (int j = 0; j < Q; j++) {
        double centre = theta[j], side[2];
        for (int k = 0; k < 2; k++) {
            theta[j] = centre + (k ? step : -step);
            side[k] = loglik(&s.rows, theta, unused);
        }
        theta[j] = centre;
        NEAR(g[j], (side[1] - side[0]) / (2 * step), 1e-5);
    }
}

static void weibull_fit__its_maximum__has_no_gradient_and_the_inverse_curvature(void **state)
{
    (void)state;
    double theta[Q], g[Q], side[2][Q], curvature[Q * Q];
    const double step = 1e-5;
    sample s;
    sample_fill(&s, 2);
    fore_weibull *f = fit(&s.rows);
    theta_of(f, theta);
    NEAR(loglik(&s.rows, theta, g), f->loglik, 1e-9);
    for (int j = 0; j < Q; j++) NEAR(g[j], 0, 1e-6);
    for (int j = 0; j < Q; j++) {
        double centre = theta[j];
        for (int k = 0; k < 2; k++) {
            theta[j] = centre + (k ? step : -step);
            loglik(&s.rows, theta, side[k]);
        }
        theta[j] = centre;
        for (int i = 0; i < Q; i++) curvature[i + j * Q] = -(side[1][i] - side[0][i]) / (2 * step);
    }
    for (int i = 0; i < Q; i++)
        for (int j = 0; j < Q; j++) {
            double product = 0;
            for (int k = 0; k < Q; k++) product += curvature[i + k * Q] * f->covariance[k + j * Q];
            NEAR(product, i == j, 1e-5);
        }
    fore_weibull_free(f);
}

static void weibull_fit__its_maximum__expects_as_many_events_as_there_were(void **state)
{
    (void)state;
    double expected = 0, events = 0, row[SAMPLE_P];
    sample s;
    sample_fill(&s, 3);
    fore_weibull *f = fit(&s.rows);
    for (int i = 0; i < SAMPLE_N; i++) {
        for (int j = 0; j < SAMPLE_P; j++) row[j] = s.x[i + j * SAMPLE_N];
        expected -= s.weight[i] * log(fore_weibull_survival(f, row, s.time[i]));
        events += s.weight[i] * (double)s.event[i];
    }
    NEAR(expected, events, 1e-6);
    fore_weibull_free(f);
}

static void weibull_fit__row_order_and_units__do_not_matter(void **state)
{
    (void)state;
    static const double unit[SAMPLE_P] = {1000, 1, 1e-3}, origin[SAMPLE_P] = {5, -1, 1};
    double events = 0, shift = 0;
    sample s, t;
    sample_fill(&s, 4);
    sample_reverse(&s, &t);
    for (int i = 0; i < SAMPLE_N; i++) {
        t.time[i] *= 86400;
        events += s.weight[i] * (double)s.event[i];
        for (int j = 0; j < SAMPLE_P; j++)
            t.x[i + j * SAMPLE_N] = origin[j] + unit[j] * t.x[i + j * SAMPLE_N];
    }
    fore_weibull *a = fit(&s.rows), *b = fit(&t.rows);
    for (int j = 0; j < SAMPLE_P; j++) {
        NEAR(b->beta[j] * unit[j], a->beta[j], 1e-9);
        NEAR(b->error[1 + j] * unit[j], a->error[1 + j], 1e-9);
        shift += b->beta[j] * origin[j];
    }
    NEAR(b->intercept + shift, a->intercept + log(86400), 1e-8);
    NEAR(b->scale, a->scale, 1e-9);
    NEAR(b->error[Q - 1], a->error[Q - 1], 1e-9);
    NEAR(b->loglik, a->loglik - events * log(86400), 1e-8);
    fore_weibull_free(a);
    fore_weibull_free(b);
}

static void weibull_fit__integer_weights__equal_repeated_rows(void **state)
{
    (void)state;
    double time[6] = {1, 2, 4, 4, 7, 9}, weight[6] = {1, 2, 1, 1, 2, 1}, x[6] = {0, 1, 0, 1, 1, 0};
    double time8[8] = {1, 2, 2, 4, 4, 7, 7, 9}, x8[8] = {0, 1, 1, 0, 1, 1, 1, 0};
    int64_t event[6] = {1, 1, 1, 0, 1, 1}, event8[8] = {1, 1, 1, 1, 0, 1, 1, 1};
    fore_matrix m6 = {x, 6, 1, 6}, m8 = {x8, 8, 1, 8};
    fore_lifetimes r6 = {6, time, event, weight, &m6}, r8 = {8, time8, event8, NULL, &m8};
    fore_weibull *a = fit(&r6), *b = fit(&r8);
    NEAR(a->intercept, b->intercept, 1e-9);
    NEAR(a->beta[0], b->beta[0], 1e-9);
    NEAR(a->scale, b->scale, 1e-9);
    NEAR(a->loglik, b->loglik, 1e-9);
    fore_weibull_free(a);
    fore_weibull_free(b);
}

static void weibull_fit__group_without_events__stays_finite(void **state)
{
    (void)state;
    double time[8] = {1, 2, 3, 4, 5, 6, 7, 8}, x[8] = {0, 0, 0, 0, 1, 1, 1, 1};
    int64_t event[8] = {1, 1, 1, 1, 0, 0, 0, 0};
    fore_matrix matrix = {x, 8, 1, 8};
    fore_lifetimes rows = {8, time, event, NULL, &matrix};
    fore_weibull *f = fit(&rows);
    double there[1] = {1}, elsewhere[1] = {0};
    assert_true(f->beta[0] > 2 && f->beta[0] < 60);
    assert_true(fore_weibull_survival(f, there, 8) > 0.999);
    assert_true(fore_weibull_survival(f, elsewhere, 4) < 0.5);
    fore_weibull_free(f);
}

static void weibull_fit__all_at_one_time__has_a_small_scale(void **state)
{
    (void)state;
    double time[4] = {30, 30, 30, 30};
    int64_t event[4] = {1, 1, 1, 1};
    fore_lifetimes rows = {4, time, event, NULL, NULL};
    for (rows.n = 1; rows.n <= 4; rows.n++) {
        fore_weibull *f = fit(&rows);
        assert_true(f->scale > 1e-6 && f->scale < 1e-4);
        NEAR(fore_weibull_quantile(f, NULL, 0.5), 30, 0.01);
        assert_true(isfinite(f->loglik) && isfinite(f->error[0]) && isfinite(f->error[1]));
        fore_weibull_free(f);
    }
}

static void weibull_fit__constant_and_twin_columns__are_harmless(void **state)
{
    (void)state;
    sample s;
    sample_fill(&s, 5);
    fore_matrix one = {s.x, SAMPLE_N, 1, SAMPLE_N};
    fore_lifetimes rows = s.rows;
    rows.x = &one;
    fore_weibull *alone = fit(&rows);
    for (int i = 0; i < SAMPLE_N; i++) s.x[i + SAMPLE_N] = 0.1;
    memcpy(s.x + 2 * SAMPLE_N, s.x, SAMPLE_N * sizeof(double));
    fore_weibull *f = fit(&s.rows);
    assert_true(f->beta[1] == 0 && isnan(f->error[2]));
    NEAR(f->beta[0], alone->beta[0] / 2, 1e-4);
    NEAR(f->beta[0] + f->beta[2], alone->beta[0], 1e-7);
    NEAR(f->intercept, alone->intercept, 1e-7);
    NEAR(f->error[0], alone->error[0], 1e-6);
    NEAR(f->scale, alone->scale, 1e-7);
    fore_weibull_free(alone);
    fore_weibull_free(f);
}

static void weibull_fit__times_far_apart_or_wide_rows__stays_finite(void **state)
{
    (void)state;
    double time[4] = {1e-90, 1, 2, 1e90};
    int64_t event[4] = {1, 1, 1, 0};
    sample s;
    sample_fill(&s, 6);
    fore_matrix wide = {s.x, 4, 30, 4};
    fore_lifetimes rows = {4, time, event, NULL, NULL};
    fore_weibull *f = fit(&rows);
    assert_true(f->scale > 10 && f->scale < 1000 && isfinite(f->error[1]));
    fore_weibull_free(f);
    rows.x = &wide;
    f = fit(&rows);
    for (int j = 0; j < 30; j++) assert_true(isfinite(f->beta[j]) && isfinite(f->error[1 + j]));
    assert_true(f->scale > 0 && isfinite(f->loglik));
    fore_weibull_free(f);
}

static void refused(fore_lifetimes rows, fore_status code, const char *words)
{
    fore_weibull *f = NULL;
    fore_error err = {0};
    assert_int_equal(fore_weibull_fit(&rows, &f, &err), code);
    assert_null(f);
    if (!strstr(err.message, words)) fail_msg("\"%s\" lacks \"%s\"", err.message, words);
}

static void weibull_fit__bad_rows__are_named(void **state)
{
    (void)state;
    sample s;
    sample_fill(&s, 7);
    s.x[2 * SAMPLE_N + 9] = INFINITY;
    refused(s.rows, FORE_E_DATA, "row 10, column 3");
    s.time[4] = 0;
    refused(s.rows, FORE_E_DATA, "row 5: a time must be a number above 0");
    sample_fill(&s, 7);
    memset(s.event, 0, sizeof s.event);
    refused(s.rows, FORE_E_NO_ANSWER, "none of 120 rows");
    refused((fore_lifetimes){0}, FORE_E_NO_ANSWER, "none of 0 rows");
    refused((fore_lifetimes){.n = 3}, FORE_E_ARGUMENT, "time");
}

static void weibull_fit__memory_fails__reports_and_leaks_nothing(void **state)
{
    (void)state;
    int64_t live = fore_memory_live(), k = 1;
    double value, g[Q], theta[Q] = {0};
    fore_status status = FORE_E_MEMORY;
    sample s;
    sample_fill(&s, 8);
    for (; status == FORE_E_MEMORY; k++) {
        fore_weibull *f = NULL;
        fore_memory_fail_at(k);
        status = fore_weibull_fit(&s.rows, &f, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (f != NULL));
        fore_weibull_free(f);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
    assert_true(k > 12);
    for (k = 1, status = FORE_E_MEMORY; status == FORE_E_MEMORY; k++) {
        fore_memory_fail_at(k);
        status = fore_weibull_loglik(&s.rows, theta, &value, g, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weibull_fit__lung__equals_survreg),
        cmocka_unit_test(weibull_loglik__gradient__equals_differences),
        cmocka_unit_test(weibull_fit__its_maximum__has_no_gradient_and_the_inverse_curvature),
        cmocka_unit_test(weibull_fit__its_maximum__expects_as_many_events_as_there_were),
        cmocka_unit_test(weibull_fit__row_order_and_units__do_not_matter),
        cmocka_unit_test(weibull_fit__integer_weights__equal_repeated_rows),
        cmocka_unit_test(weibull_fit__group_without_events__stays_finite),
        cmocka_unit_test(weibull_fit__all_at_one_time__has_a_small_scale),
        cmocka_unit_test(weibull_fit__constant_and_twin_columns__are_harmless),
        cmocka_unit_test(weibull_fit__times_far_apart_or_wide_rows__stays_finite),
        cmocka_unit_test(weibull_fit__bad_rows__are_named),
        cmocka_unit_test(weibull_fit__memory_fails__reports_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
