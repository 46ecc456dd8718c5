/* The support vector machine: what it can learn, its own evaluation, contributions, sampling. */
#include "tests/score/score_support.h"

#include "models/score/svm_rbf.h"

static void ring(int64_t n, double *x, double *y)
{
    fore_random random = fore_random_new(6, 6);
    for (int64_t i = 0; i < n; i++) {
        x[i] = fore_random_normal(&random);
        x[i + n] = fore_random_normal(&random);
        y[i] = x[i] * x[i] + x[i + n] * x[i + n] > 1.4;
    }
}

static void svm_fit__ring__learned_and_block_equals_row(void **state)
{
    (void)state;
    enum { N = 600 };
    double x[2 * N], y[N], out[N], *scratch;
    ring(N, x, y);
    fore_view m = {x, N, 2, N, NULL};
    fore_svm *svm = NULL;
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, NULL, &svm, NULL), FORE_OK);
    NEAR(svm->gamma, 0.5, 0);
    scratch = malloc((size_t)fore_svm_scratch(svm, N) * 8);
    fore_svm_block(svm, x, N, scratch, out);
    int right = 0;
    for (int i = 0; i < N; i++) {
        double z[2] = {x[i], x[i + N]};
        NEAR(out[i], fore_svm_row(svm, z), 1e-10);
        right += (out[i] > 0) == (y[i] > 0);
    }
    assert_true(right > 0.97 * N);
    free(scratch);
    fore_svm_free(svm);
}

static void svm_fit__first_row_negative_or_positive__same_sign(void **state)
{
    (void)state;
    double x[4] = {-1, -2, 1, 2}, y[4] = {0, 0, 1, 1}, back[4] = {2, 1, -2, -1},
           yb[4] = {1, 1, 0, 0}, z = 1.5;
    fore_view a = {x, 4, 1, 4, NULL}, b = {back, 4, 1, 4, NULL};
    fore_svm *sa = NULL, *sb = NULL;
    assert_int_equal(fore_svm_fit(NULL, &a, NULL, y, NULL, NULL, &sa, NULL), FORE_OK);
    assert_int_equal(fore_svm_fit(NULL, &b, NULL, yb, NULL, NULL, &sb, NULL), FORE_OK);
    assert_true(fore_svm_row(sa, &z) > 0);
    NEAR(fore_svm_row(sa, &z), fore_svm_row(sb, &z), 2e-3);
    fore_svm_free(sa);
    fore_svm_free(sb);
}

static void svm_parts__any_row__add_up_and_vanish_without_the_column(void **state)
{
    (void)state;
    enum { N = 300 };
    double x[3 * N], y[N], parts[3], base;
    ring(N, x, y);
    memset(x + 2 * N, 0, N * sizeof(double));
    fore_view m = {x, N, 3, N, NULL};
    fore_svm *svm = NULL;
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, NULL, &svm, NULL), FORE_OK);
    double zero[3] = {0};
    for (int i = 0; i < N; i += 10) {
        double z[3] = {3 * x[i], x[i + N], 0};
        fore_svm_parts(svm, z, parts, &base);
        NEAR(base, fore_svm_row(svm, zero), 1e-10);
        NEAR(base + parts[0] + parts[1] + parts[2], fore_svm_row(svm, z), 1e-10);
        NEAR(parts[2], 0, 0);
    }
    fore_svm_free(svm);
}

static void svm_fit__more_rows_than_allowed__draws_both_classes(void **state)
{
    (void)state;
    enum { N = 3000 };
    double x[2 * N], y[N];
    ring(N, x, y);
    for (int i = 0; i < N; i++)
        if (i % 20) y[i] = 0;
    fore_view m = {x, N, 2, N, NULL};
    fore_svm_options o = fore_svm_default();
    fore_svm *a = NULL, *b = NULL;
    o.rows = 200;
    o.landmarks = 0;
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, &o, &a, NULL), FORE_OK);
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, &o, &b, NULL), FORE_OK);
    assert_true(a->vectors <= 200);
    assert_int_equal(a->vectors, b->vectors);
    assert_memory_equal(a->coef, b->coef, (size_t)a->vectors * 8);
    bool positive = false, negative = false;
    for (int64_t s = 0; s < a->vectors; s++) {
        positive |= a->coef[s] > 0;
        negative |= a->coef[s] < 0;
    }
    assert_true(positive && negative);
    fore_svm_free(a);
    fore_svm_free(b);
}

static void svm_fit__one_class_or_bad_options__refused(void **state)
{
    (void)state;
    double x[3] = {1, 2, 3}, y[3] = {1, 1, 1};
    fore_view m = {x, 3, 1, 3, NULL};
    fore_svm_options o = fore_svm_default();
    fore_svm *svm = NULL;
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, NULL, &svm, NULL), FORE_E_NO_ANSWER);
    o.c = -1;
    y[0] = 0;
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, &o, &svm, NULL), FORE_E_ARGUMENT);
    o.rows = 1;
    assert_int_equal(fore_svm_fit(NULL, &m, NULL, y, NULL, &o, &svm, NULL), FORE_E_ARGUMENT);
    assert_null(svm);
}

static void svm_fit__own_allocations_failing__clean(void **state)
{
    (void)state;
    double x[4] = {-1, -2, 1, 2}, y[4] = {0, 0, 1, 1};
    fore_view m = {x, 4, 1, 4, NULL};
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 50; k++) {
        fore_svm *svm = NULL;
        fore_memory_fail_at(k);
        status = fore_svm_fit(NULL, &m, NULL, y, NULL, NULL, &svm, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (svm != NULL));
        assert_true(k > 8 || status == FORE_E_MEMORY);
        fore_svm_free(svm);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(svm_fit__ring__learned_and_block_equals_row),
        cmocka_unit_test(svm_fit__first_row_negative_or_positive__same_sign),
        cmocka_unit_test(svm_parts__any_row__add_up_and_vanish_without_the_column),
        cmocka_unit_test(svm_fit__more_rows_than_allowed__draws_both_classes),
        cmocka_unit_test(svm_fit__one_class_or_bad_options__refused),
        cmocka_unit_test(svm_fit__own_allocations_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
