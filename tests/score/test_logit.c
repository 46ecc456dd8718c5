/* Logistic regression against scikit-learn and R's glm, and at its limits. */
#include "tests/score/score_support.h"

#include "models/score/logit.h"
#include "tests/score/ref_elastic_net.h"
#include "tests/score/ref_logit.h"

static const fore_view X = {ref_x, REF_N, REF_P, REF_N, NULL};

static void against(double precision, const double *w, const double *ref)
{
    fore_logit_options o = fore_logit_default();
    fore_logit_info info;
    fore_logit_model *m = NULL;
    o.precision = precision;
    assert_int_equal(fore_logit_fit(NULL, &X, NULL, ref_y, w, NULL, &o, &m, &info, NULL), FORE_OK);
    assert_true(info.converged);
    for (int j = 0; j < REF_P; j++) NEAR(m->beta[j], ref[j], 1e-7);
    NEAR(m->intercept, ref[REF_P], 1e-7);
    fore_logit_free(m);
}

static void logit_fit__three_penalties_and_weights__equals_scikit_learn(void **state)
{
    (void)state;
    against(1, NULL, ref_c1);
    against(10, ref_w, ref_c01_weighted);
    against(1e-4, NULL, ref_c1e4);
}

static void logit_fit__infert_without_penalty__equals_glm(void **state)
{
    (void)state;
    fore_view x = {ref_infert_x, REF_INFERT_N, 2, REF_INFERT_N, NULL};
    fore_logit_options o = fore_logit_default();
    fore_logit_info info;
    fore_logit_model *m = NULL;
    o.precision = 0;
    assert_int_equal(fore_logit_fit(NULL, &x, NULL, ref_infert_y, NULL, NULL, &o, &m, &info, NULL),
                     FORE_OK);
    NEAR(m->beta[0], ref_infert[0], 1e-9);
    NEAR(m->beta[1], ref_infert[1], 1e-9);
    NEAR(m->intercept, ref_infert[2], 1e-9);
    for (int j = 0; j < 3; j++) NEAR(sqrt(m->covariance[4 * j]), ref_infert[3 + j], 1e-6);
    NEAR(info.deviance, ref_infert[6], 1e-8);
    fore_logit_free(m);
}

static void logit_fit__integer_weights__equal_repeated_rows(void **state)
{
    (void)state;
    double x[4] = {0, 1, 2, 3}, y[4] = {0, 1, 0, 1}, w[4] = {2, 1, 1, 3};
    double x7[7] = {0, 0, 1, 2, 3, 3, 3}, y7[7] = {0, 0, 1, 0, 1, 1, 1};
    fore_view a = {x, 4, 1, 4, NULL}, b = {x7, 7, 1, 7, NULL};
    fore_logit_model *m = NULL, *n = NULL;
    assert_int_equal(fore_logit_fit(NULL, &a, NULL, y, w, NULL, NULL, &m, NULL, NULL), FORE_OK);
    assert_int_equal(fore_logit_fit(NULL, &b, NULL, y7, NULL, NULL, NULL, &n, NULL, NULL), FORE_OK);
    NEAR(m->beta[0], n->beta[0], 1e-9);
    NEAR(m->intercept, n->intercept, 1e-9);
    fore_logit_free(m);
    fore_logit_free(n);
}

static void logit_fit__constant_offset__moves_into_the_intercept(void **state)
{
    (void)state;
    double offset[REF_N];
    for (int i = 0; i < REF_N; i++) offset[i] = 1.5;
    fore_logit_model *m = NULL, *n = NULL;
    assert_int_equal(fore_logit_fit(NULL, &X, NULL, ref_y, NULL, offset, NULL, &m, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_logit_fit(NULL, &X, NULL, ref_y, NULL, NULL, NULL, &n, NULL, NULL),
                     FORE_OK);
    NEAR(m->intercept + 1.5, n->intercept, 1e-8);
    for (int j = 0; j < REF_P; j++) NEAR(m->beta[j], n->beta[j], 1e-8);
    fore_logit_free(m);
    fore_logit_free(n);
}

static void logit_fit__no_intercept_and_own_precisions__gradient_is_zero(void **state)
{
    (void)state;
    double precision[REF_P] = {1, 2, 3, 4, 5, 6, 7, 8}, g[REF_P] = {0};
    fore_logit_options o = fore_logit_default();
    fore_logit_model *m = NULL;
    o.precisions = precision;
    o.no_intercept = true;
    assert_int_equal(fore_logit_fit(NULL, &X, NULL, ref_y, ref_w, NULL, &o, &m, NULL, NULL),
                     FORE_OK);
    assert_true(m->intercept == 0);
    for (int i = 0; i < REF_N; i++) {
        double eta = 0;
        for (int j = 0; j < REF_P; j++) eta += m->beta[j] * ref_x[i + j * REF_N];
        for (int j = 0; j < REF_P; j++)
            g[j] += ref_w[i] * (1 / (1 + exp(-eta)) - ref_y[i]) * ref_x[i + j * REF_N];
    }
    for (int j = 0; j < REF_P; j++) NEAR(g[j] + precision[j] * m->beta[j], 0, 1e-6);
    fore_logit_free(m);
}

static void logit_fit__separable_classes__stays_finite(void **state)
{
    (void)state;
    double x[6] = {-3, -2, -1, 1, 2, 3}, y[6] = {0, 0, 0, 1, 1, 1};
    fore_view m1 = {x, 6, 1, 6, NULL};
    fore_logit_options o = fore_logit_default();
    fore_logit_info info;
    for (double precision = 1; precision >= 0; precision = precision > 1e-6 ? precision / 100
                                                           : precision > 0  ? 0
                                                                            : -1) {
        fore_logit_model *m = NULL;
        o.precision = precision;
        assert_int_equal(fore_logit_fit(NULL, &m1, NULL, y, NULL, NULL, &o, &m, &info, NULL),
                         FORE_OK);
        assert_true(isfinite(m->beta[0]) && m->beta[0] > 0 && isfinite(m->intercept));
        if (precision > 0) assert_true(info.converged);
        fore_logit_free(m);
    }
}

static void logit_fit__duplicated_column__shares_the_weight(void **state)
{
    (void)state;
    double twice[2 * REF_N];
    memcpy(twice, ref_x, REF_N * sizeof(double));
    memcpy(twice + REF_N, ref_x, REF_N * sizeof(double));
    fore_view two = {twice, REF_N, 2, REF_N, NULL}, one = {ref_x, REF_N, 1, REF_N, NULL};
    fore_logit_options o = fore_logit_default(), half = o;
    fore_logit_model *m = NULL, *n = NULL;
    half.precision = 0.5; /* two coefficients b/2 cost 2 (b/2)^2 / 2 = (1/2) b^2 / 2 */
    assert_int_equal(fore_logit_fit(NULL, &two, NULL, ref_y, NULL, NULL, &o, &m, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_logit_fit(NULL, &one, NULL, ref_y, NULL, NULL, &half, &n, NULL, NULL),
                     FORE_OK);
    NEAR(m->beta[0], m->beta[1], 1e-9);
    NEAR(m->beta[0] + m->beta[1], n->beta[0], 1e-7);
    fore_logit_free(m);
    o.precision = 0; /* no unique answer: some finite one */
    assert_int_equal(fore_logit_fit(NULL, &two, NULL, ref_y, NULL, NULL, &o, &m, NULL, NULL),
                     FORE_OK);
    assert_true(isfinite(m->beta[0]) && isfinite(m->beta[1]));
    fore_logit_free(m);
    fore_logit_free(n);
}

/* The way over the rows' own space against the direct one: q just above the covariance limit. */
static void logit_fit__more_columns_than_rows__optimum_of_the_full_problem(void **state)
{
    (void)state;
    enum { N = 30, Q = FORE_LOGIT_COVARIANCE + 20 };
    leads d = leads_new(N, Q, 0, 9);
    for (int i = 0; i < N * Q; i++)
        if (isnan(d.x[i])) d.x[i] = 0;
    fore_view x = {d.x, N, Q, N, NULL};
    double ones[Q], gradient[Q] = {0}, total = 0;
    for (int j = 0; j < Q; j++) ones[j] = 1;
    fore_logit_options direct = fore_logit_default();
    direct.precisions = ones;
    fore_logit_model *m = NULL, *n = NULL;
    fore_logit_info wide, full;
    assert_int_equal(fore_logit_fit(NULL, &x, NULL, d.y, d.w, NULL, NULL, &m, &wide, NULL),
                     FORE_OK);
    assert_int_equal(fore_logit_fit(NULL, &x, NULL, d.y, d.w, NULL, &direct, &n, &full, NULL),
                     FORE_OK);
    assert_null(m->covariance);
    for (int j = 0; j < Q; j++) NEAR(m->beta[j], n->beta[j], 1e-8);
    NEAR(m->intercept, n->intercept, 1e-8);
    NEAR(wide.objective, full.objective, 1e-9);
    NEAR(wide.evidence, full.evidence, 1e-6);
    for (int i = 0; i < N; i++) {
        double eta = m->intercept;
        for (int j = 0; j < Q; j++) eta += m->beta[j] * d.x[i + j * N];
        double r = d.w[i] * (1 / (1 + exp(-eta)) - d.y[i]);
        total += r;
        for (int j = 0; j < Q; j++) gradient[j] += r * d.x[i + j * N];
    }
    NEAR(total, 0, 1e-7);
    for (int j = 0; j < Q; j++) NEAR(gradient[j] + m->beta[j], 0, 1e-7);
    fore_logit_free(m);
    fore_logit_free(n);
    leads_free(&d);
}

static void logit_fit__one_two_and_three_threads__same_bytes(void **state)
{
    (void)state;
    enum { N = 250000, P = 5 }; /* enough rows for the warm start */
    leads d = leads_new(N, P, -1, 4);
    fore_view x = {d.x, N, P, N, NULL};
    fore_design *design = NULL;
    fore_logit_model *m[3] = {0};
    assert_int_equal(fore_design_fit(NULL, &x, d.w, NULL, &design, NULL), FORE_OK);
    for (int t = 0; t < 3; t++) {
        fore_pool *pool = threads(t + 1);
        fore_logit_info info;
        assert_int_equal(fore_logit_fit(pool, &x, design, d.y, d.w, NULL, NULL, &m[t], &info, NULL),
                         FORE_OK);
        assert_true(info.converged);
        fore_pool_free(pool);
        assert_memory_equal(m[0]->beta, m[t]->beta, (size_t)m[0]->width * sizeof(double));
        assert_memory_equal(&m[0]->intercept, &m[t]->intercept, sizeof(double));
    }
    for (int t = 0; t < 3; t++) fore_logit_free(m[t]);
    fore_design_free(design);
    leads_free(&d);
}

static void logit_variance__posterior__equals_the_quadratic_form(void **state)
{
    (void)state;
    fore_logit_model *m = NULL;
    assert_int_equal(fore_logit_fit(NULL, &X, NULL, ref_y, NULL, NULL, NULL, &m, NULL, NULL),
                     FORE_OK);
    double z[REF_P + 1], want = 0;
    for (int j = 0; j < REF_P; j++) z[j] = ref_x[3 + j * REF_N];
    z[REF_P] = 1;
    for (int i = 0; i <= REF_P; i++)
        for (int j = 0; j <= REF_P; j++) want += z[i] * m->covariance[i + j * (REF_P + 1)] * z[j];
    NEAR(fore_logit_variance(m, z), want, 1e-12);
    assert_true(want > 0);
    fore_logit_free(m);
}

static void logit_fit__one_row_or_no_column_or_none__answers(void **state)
{
    (void)state;
    double x[1] = {2}, y[1] = {1};
    fore_view one = {x, 1, 1, 1, NULL}, bare = {x, 1, 0, 1, NULL}, none = {x, 0, 1, 1, NULL};
    fore_logit_model *m = NULL;
    assert_int_equal(fore_logit_fit(NULL, &one, NULL, y, NULL, NULL, NULL, &m, NULL, NULL),
                     FORE_OK);
    assert_true(isfinite(m->beta[0]) && isfinite(m->intercept));
    fore_logit_free(m);
    assert_int_equal(fore_logit_fit(NULL, &bare, NULL, y, NULL, NULL, NULL, &m, NULL, NULL),
                     FORE_OK);
    assert_int_equal(m->width, 0);
    fore_logit_free(m);
    assert_int_equal(fore_logit_fit(NULL, &none, NULL, y, NULL, NULL, NULL, &m, NULL, NULL),
                     FORE_E_DATA);
    assert_null(m);
}

static void logit_fit__every_allocation_failing__clean(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 100; k++) {
        fore_logit_model *m = NULL;
        fore_memory_fail_at(k);
        status = fore_logit_fit(NULL, &X, NULL, ref_y, NULL, NULL, NULL, &m, NULL, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (m != NULL));
        assert_true(k > 5 || status == FORE_E_MEMORY);
        fore_logit_free(m);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logit_fit__three_penalties_and_weights__equals_scikit_learn),
        cmocka_unit_test(logit_fit__infert_without_penalty__equals_glm),
        cmocka_unit_test(logit_fit__integer_weights__equal_repeated_rows),
        cmocka_unit_test(logit_fit__constant_offset__moves_into_the_intercept),
        cmocka_unit_test(logit_fit__no_intercept_and_own_precisions__gradient_is_zero),
        cmocka_unit_test(logit_fit__separable_classes__stays_finite),
        cmocka_unit_test(logit_fit__duplicated_column__shares_the_weight),
        cmocka_unit_test(logit_fit__more_columns_than_rows__optimum_of_the_full_problem),
        cmocka_unit_test(logit_fit__one_two_and_three_threads__same_bytes),
        cmocka_unit_test(logit_variance__posterior__equals_the_quadratic_form),
        cmocka_unit_test(logit_fit__one_row_or_no_column_or_none__answers),
        cmocka_unit_test(logit_fit__every_allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
