/* Cox regression and concordance: R's coxph, slow formulas, identities, limits. */
#include "models/survive/concordance.h"
#include "models/survive/cox.h"
#include "tests/survive/lifetimes_support.h"

static fore_cox *fit(const fore_lifetimes *rows)
{
    fore_cox *f = NULL;
    fore_error err = {0};
    if (fore_cox_fit(rows, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    assert_true(f->converged);
    return f;
}

static void against(const double *weight, const double *ref)
{
    fore_lifetimes rows = lung(weight);
    fore_cox *f = fit(&rows);
    for (int j = 0; j < 2; j++) {
        NEAR(f->beta[j], ref[j], 1e-9);
        NEAR(f->error[j], ref[2 + j], 1e-9);
        NEAR(f->loglik[j], ref[4 + j], 1e-9);
    }
    NEAR(f->concordance, ref[6], 1e-12);
    assert_int_equal(f->events, 165);
    fore_cox_free(f);
}

static void cox_fit__lung__equals_coxph(void **state)
{
    (void)state;
    against(NULL, ref_cox);
    against(ref_weight, ref_cox_weighted);
}

/* The definition: for the k-th of the events tied at a time, all rows at risk, less k / d of the
 * tied ones. */
static double slow_loglik(const fore_lifetimes *r, const double *beta)
{
    double value = 0, score[SAMPLE_N];
    for (int64_t i = 0; i < r->n; i++) {
        score[i] = 0;
        for (int64_t j = 0; j < SAMPLE_P; j++) score[i] += beta[j] * r->x->data[i + j * r->n];
    }
    for (int64_t i = 0; i < r->n; i++) {
        double risk = 0, tied = 0, weight = 0, d = 0, before = 0;
        if (!r->event[i]) continue;
        for (int64_t k = 0; k < r->n; k++) {
            int same = r->event[k] && r->time[k] == r->time[i];
            if (r->time[k] >= r->time[i]) risk += r->weight[k] * exp(score[k]);
            if (same) tied += r->weight[k] * exp(score[k]);
            weight += same ? r->weight[k] : 0;
            d += same;
            before += same && k < i;
        }
        value += r->weight[i] * score[i] - weight / d * log(risk - before / d * tied);
    }
    return value;
}

static void cox_loglik__many_ties__equals_the_definition(void **state)
{
    (void)state;
    static const double beta[SAMPLE_P] = {0.4, -1.1, 0.2};
    double value, gradient[SAMPLE_P], information[SAMPLE_P * SAMPLE_P];
    sample s;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        sample_fill(&s, seed);
        assert_int_equal(fore_cox_loglik(&s.rows, beta, &value, gradient, information, NULL),
                         FORE_OK);
        NEAR(value, slow_loglik(&s.rows, beta), 1e-9);
    }
}

static void cox_loglik__gradient_and_information__equal_differences(void **state)
{
    (void)state;
    double value[2], g[SAMPLE_P], h[SAMPLE_P * SAMPLE_P], side[2][SAMPLE_P];
    double unused[SAMPLE_P * SAMPLE_P], beta[SAMPLE_P] = {0.4, -1.1, 0.2};
    const double step = 1e-5;
    sample s;
    sample_fill(&s, 7);
    assert_int_equal(fore_cox_loglik(&s.rows, beta, value, g, h, NULL), FORE_OK);
    for (int j = 0; j < SAMPLE_P; j++) {
        double centre = beta[j];
        for (int k = 0; k < 2; k++) {
            beta[j] = centre + (k ? step : -step);
            assert_int_equal(fore_cox_loglik(&s.rows, beta, &value[k], side[k], unused, NULL),
                             FORE_OK);
        }
        beta[j] = centre;
        NEAR(g[j], (value[1] - value[0]) / (2 * step), 1e-6);
        for (int i = 0; i < SAMPLE_P; i++)
            NEAR(h[i + j * SAMPLE_P], -(side[1][i] - side[0][i]) / (2 * step), 1e-5);
    }
}

static void cox_fit__its_maximum__has_no_gradient(void **state)
{
    (void)state;
    double value, g[SAMPLE_P], h[SAMPLE_P * SAMPLE_P];
    sample s;
    sample_fill(&s, 8);
    fore_cox *f = fit(&s.rows);
    assert_int_equal(fore_cox_loglik(&s.rows, f->beta, &value, g, h, NULL), FORE_OK);
    NEAR(value, f->loglik[1], 1e-9);
    for (int j = 0; j < SAMPLE_P; j++) NEAR(g[j], 0, 1e-6);
    for (int i = 0; i < SAMPLE_P; i++)
        for (int j = 0; j < SAMPLE_P; j++) {
            double product = 0;
            for (int k = 0; k < SAMPLE_P; k++)
                product += h[i + k * SAMPLE_P] * f->covariance[k + j * SAMPLE_P];
            NEAR(product, i == j, 1e-7);
        }
    fore_cox_free(f);
}

static void cox_fit__row_order_units_and_clock__do_not_matter(void **state)
{
    (void)state;
    static const double unit[SAMPLE_P] = {1000, 1, 1e-3}, origin[SAMPLE_P] = {5, -1, 1};
    sample s, t;
    sample_fill(&s, 9);
    sample_reverse(&s, &t);
    for (int i = 0; i < SAMPLE_N; i++) {
        t.time[i] = t.time[i] * t.time[i] / 7; /* any increasing function */
        t.weight[i] *= 3;
        for (int j = 0; j < SAMPLE_P; j++)
            t.x[i + j * SAMPLE_N] = origin[j] + unit[j] * t.x[i + j * SAMPLE_N];
    }
    fore_cox *a = fit(&s.rows), *b = fit(&t.rows);
    for (int j = 0; j < SAMPLE_P; j++) {
        NEAR(b->beta[j] * unit[j], a->beta[j], 1e-9);
        NEAR(b->error[j] * unit[j] * sqrt(3), a->error[j], 1e-9);
    }
    NEAR(b->concordance, a->concordance, 1e-12);
    fore_cox_free(a);
    fore_cox_free(b);
}

static void cox_fit__group_that_always_goes_first__stays_finite(void **state)
{
    (void)state;
    double time[8] = {1, 2, 3, 4, 5, 6, 7, 8}, x[8] = {1e6, 1e6, 1e6, 1e6, 0, 0, 0, 0};
    int64_t event[8] = {1, 1, 1, 1, 0, 0, 0, 0};
    fore_matrix matrix = {x, 8, 1, 8};
    fore_lifetimes rows = {8, time, event, NULL, &matrix};
    fore_cox *f = fit(&rows);
    assert_true(f->beta[0] * 1e6 > 10 && f->beta[0] * 1e6 < 60);
    assert_true(f->error[0] * 1e6 > 100 && isfinite(f->error[0]));
    NEAR(f->loglik[1], -log(24), 1e-6); /* the four among themselves */
    NEAR(f->concordance, (6 * 0.5 + 16) / 22, 1e-12);
    fore_cox_free(f);
}

static void cox_loglik__scores_far_apart__neither_overflow_nor_vanish(void **state)
{
    (void)state;
    double time[3] = {1, 2, 3}, x[3] = {800, 0, -800}, beta = 1, value, g, h;
    int64_t event[3] = {1, 1, 1};
    fore_matrix matrix = {x, 3, 1, 3};
    fore_lifetimes rows = {3, time, event, NULL, &matrix};
    assert_int_equal(fore_cox_loglik(&rows, &beta, &value, &g, &h, NULL), FORE_OK);
    NEAR(value, 0, 1e-12);
    beta = -1;
    assert_int_equal(fore_cox_loglik(&rows, &beta, &value, &g, &h, NULL), FORE_OK);
    NEAR(value, -2400, 1e-9);
    NEAR(g, 2400, 1e-9);
}

/* The first Newton step is some 500 times too long: four in 2000 rows have half of the events. */
static void cox_fit__rare_group_with_many_events__converges_by_shorter_steps(void **state)
{
    (void)state;
    enum { N = 2000 };
    static double time[N], x[N];
    static int64_t event[N];
    double value, g, h;
    for (int i = 0; i < N; i++) {
        event[i] = i < 8;
        time[i] = i < 8 ? i + 1 : 9;
        x[i] = i < 8 && i % 2;
    }
    fore_matrix matrix = {x, N, 1, N};
    fore_lifetimes rows = {N, time, event, NULL, &matrix};
    fore_cox *f = fit(&rows);
    assert_int_equal(fore_cox_loglik(&rows, f->beta, &value, &g, &h, NULL), FORE_OK);
    NEAR(g, 0, 1e-6);
    assert_true(f->beta[0] > 4 && f->beta[0] < 12);
    fore_cox_free(f);
}

static void cox_fit__extreme_covariate__stays_finite(void **state)
{
    (void)state;
    sample s;
    sample_fill(&s, 10);
    s.x[3] = 1e9;
    s.x[SAMPLE_N + 5] = -1e90;
    fore_cox *f = fit(&s.rows);
    for (int j = 0; j < SAMPLE_P; j++) assert_true(isfinite(f->beta[j]) && isfinite(f->error[j]));
    fore_cox_free(f);
}

static void cox_fit__twin_columns__share_the_effect(void **state)
{
    (void)state;
    sample s;
    sample_fill(&s, 11);
    fore_matrix one = {s.x, SAMPLE_N, 2, SAMPLE_N};
    fore_lifetimes rows = s.rows;
    rows.x = &one;
    fore_cox *alone = fit(&rows);
    memcpy(s.x + 2 * SAMPLE_N, s.x, SAMPLE_N * sizeof(double));
    fore_cox *f = fit(&s.rows);
    NEAR(f->beta[0], alone->beta[0] / 2, 1e-4);
    NEAR(f->beta[2], alone->beta[0] / 2, 1e-4);
    NEAR(f->beta[1], alone->beta[1], 1e-7);
    NEAR(f->loglik[1], alone->loglik[1], 1e-8);
    assert_true(f->error[0] > 100);
    fore_cox_free(alone);
    fore_cox_free(f);
}

static void cox_fit__constant_column__has_no_effect_and_no_error(void **state)
{
    (void)state;
    sample s;
    sample_fill(&s, 12);
    fore_matrix two = {s.x, SAMPLE_N, 2, SAMPLE_N};
    fore_lifetimes rows = s.rows;
    rows.x = &two;
    fore_cox *without = fit(&rows);
    for (int i = 0; i < SAMPLE_N; i++) s.x[i + 2 * SAMPLE_N] = 0.1;
    fore_cox *f = fit(&s.rows);
    assert_true(f->beta[2] == 0 && isnan(f->error[2]));
    for (int j = 0; j < 2; j++) {
        NEAR(f->beta[j], without->beta[j], 1e-12);
        NEAR(f->error[j], without->error[j], 1e-12);
    }
    fore_cox_free(without);
    fore_cox_free(f);
}

static void cox_fit__everyone_at_once__cannot_tell_and_says_so_by_the_loglik(void **state)
{
    (void)state;
    double time[5] = {2, 2, 2, 2, 2}, x[5] = {1, 2, 3, 4, 5};
    int64_t event[5] = {1, 1, 1, 1, 1};
    fore_matrix matrix = {x, 5, 1, 5};
    fore_lifetimes rows = {5, time, event, NULL, &matrix};
    fore_cox *f = fit(&rows);
    NEAR(f->beta[0], 0, 1e-9);
    NEAR(f->loglik[0], -log(120), 1e-12);
    NEAR(f->loglik[1], -log(120), 1e-12);
    assert_true(isnan(f->concordance));
    fore_cox_free(f);
}

static void cox_fit__one_row_or_no_column__is_the_empty_answer(void **state)
{
    (void)state;
    double time = 3, x = 2;
    int64_t event = 1;
    fore_matrix matrix = {&x, 1, 1, 1};
    fore_lifetimes one = {1, &time, &event, NULL, &matrix}, bare = lung(NULL);
    fore_cox *f = fit(&one);
    assert_true(f->beta[0] == 0 && isnan(f->error[0]) && f->loglik[1] == 0);
    assert_true(isnan(f->concordance));
    fore_cox_free(f);
    bare.x = NULL;
    f = fit(&bare);
    assert_int_equal(f->columns, 0);
    NEAR(f->loglik[1], ref_cox[4], 1e-9);
    NEAR(f->concordance, 0.5, 1e-12);
    fore_cox_free(f);
}

static void cox_fit__more_columns_than_rows__stays_finite(void **state)
{
    (void)state;
    double time[4] = {1, 2, 3, 4};
    int64_t event[4] = {1, 1, 1, 0};
    sample s;
    sample_fill(&s, 13);
    fore_matrix wide = {s.x, 4, 30, 4};
    fore_lifetimes rows = {4, time, event, NULL, &wide};
    fore_cox *f = fit(&rows);
    for (int j = 0; j < 30; j++) assert_true(isfinite(f->beta[j]));
    NEAR(f->loglik[1], 0, 1e-6);
    fore_cox_free(f);
}

static void refused(fore_lifetimes rows, fore_status code, const char *words)
{
    fore_cox *f = NULL;
    fore_error err = {0};
    assert_int_equal(fore_cox_fit(&rows, &f, &err), code);
    assert_null(f);
    if (!strstr(err.message, words)) fail_msg("\"%s\" lacks \"%s\"", err.message, words);
}

static void cox_fit__bad_rows__are_named(void **state)
{
    (void)state;
    sample s;
    sample_fill(&s, 14);
    fore_lifetimes rows = s.rows;
    rows.n = 7;
    refused(rows, FORE_E_ARGUMENT, "120 rows");
    s.x[SAMPLE_N + 2] = NAN;
    refused(s.rows, FORE_E_DATA, "row 3, column 2");
    s.time[1] = -1;
    refused(s.rows, FORE_E_DATA, "row 2: a time");
    s.time[1] = NAN;
    refused(s.rows, FORE_E_DATA, "row 2: a time");
    s.time[1] = 0;
    s.weight[1] = 0;
    refused(s.rows, FORE_E_DATA, "row 2: a weight");
    s.event[0] = 2;
    refused(s.rows, FORE_E_DATA, "row 1: event");
    sample_fill(&s, 14);
    memset(s.event, 0, sizeof s.event);
    refused(s.rows, FORE_E_NO_ANSWER, "none of 120 rows");
    refused((fore_lifetimes){0}, FORE_E_NO_ANSWER, "none of 0 rows");
}

static double slow_concordance(const fore_lifetimes *r, const double *risk)
{
    double right = 0, pairs = 0;
    for (int64_t i = 0; i < r->n; i++)
        for (int64_t k = 0; k < r->n; k++) {
            int later = r->time[k] > r->time[i] || (r->time[k] == r->time[i] && !r->event[k]);
            if (!r->event[i] || !later) continue;
            double w = r->weight[i] * r->weight[k];
            pairs += w;
            right += w * (risk[i] > risk[k] ? 1 : risk[i] == risk[k] ? 0.5 : 0);
        }
    return right / pairs;
}

static void concordance__ties_in_time_and_risk__equals_counting_pairs(void **state)
{
    (void)state;
    double risk[SAMPLE_N], c, opposite;
    sample s;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        sample_fill(&s, seed);
        for (int i = 0; i < SAMPLE_N; i++) risk[i] = round(seed * s.x[i]);
        assert_int_equal(fore_concordance(&s.rows, risk, &c, NULL), FORE_OK);
        NEAR(c, slow_concordance(&s.rows, risk), 1e-12);
        for (int i = 0; i < SAMPLE_N; i++) risk[i] = -risk[i];
        assert_int_equal(fore_concordance(&s.rows, risk, &opposite, NULL), FORE_OK);
        NEAR(c + opposite, 1, 1e-12);
    }
    risk[4] = NAN;
    assert_int_equal(fore_concordance(&s.rows, risk, &c, NULL), FORE_E_DATA);
    memset(s.event, 0, sizeof s.event);
    risk[4] = 0;
    assert_int_equal(fore_concordance(&s.rows, risk, &c, NULL), FORE_OK);
    assert_true(isnan(c));
}

static void cox_fit__memory_fails__reports_and_leaks_nothing(void **state)
{
    (void)state;
    int64_t live = fore_memory_live(), k = 1;
    double value, g[SAMPLE_P], h[SAMPLE_P * SAMPLE_P], beta[SAMPLE_P] = {0};
    fore_status status = FORE_E_MEMORY;
    sample s;
    sample_fill(&s, 15);
    for (; status == FORE_E_MEMORY; k++) {
        fore_cox *f = NULL;
        fore_memory_fail_at(k);
        status = fore_cox_fit(&s.rows, &f, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (f != NULL));
        fore_cox_free(f);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
    assert_true(k > 15);
    for (k = 1, status = FORE_E_MEMORY; status == FORE_E_MEMORY; k++) {
        fore_memory_fail_at(k);
        status = fore_cox_loglik(&s.rows, beta, &value, g, h, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cox_fit__lung__equals_coxph),
        cmocka_unit_test(cox_loglik__many_ties__equals_the_definition),
        cmocka_unit_test(cox_loglik__gradient_and_information__equal_differences),
        cmocka_unit_test(cox_fit__its_maximum__has_no_gradient),
        cmocka_unit_test(cox_fit__row_order_units_and_clock__do_not_matter),
        cmocka_unit_test(cox_fit__group_that_always_goes_first__stays_finite),
        cmocka_unit_test(cox_loglik__scores_far_apart__neither_overflow_nor_vanish),
        cmocka_unit_test(cox_fit__rare_group_with_many_events__converges_by_shorter_steps),
        cmocka_unit_test(cox_fit__extreme_covariate__stays_finite),
        cmocka_unit_test(cox_fit__twin_columns__share_the_effect),
        cmocka_unit_test(cox_fit__constant_column__has_no_effect_and_no_error),
        cmocka_unit_test(cox_fit__everyone_at_once__cannot_tell_and_says_so_by_the_loglik),
        cmocka_unit_test(cox_fit__one_row_or_no_column__is_the_empty_answer),
        cmocka_unit_test(cox_fit__more_columns_than_rows__stays_finite),
        cmocka_unit_test(cox_fit__bad_rows__are_named),
        cmocka_unit_test(concordance__ties_in_time_and_risk__equals_counting_pairs),
        cmocka_unit_test(cox_fit__memory_fails__reports_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
