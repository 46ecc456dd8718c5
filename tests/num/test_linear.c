/* Linear algebra against slow, obvious loops, and the same bytes for any number of threads. */
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
#include "engine/num/linear.h"

static double *normals(int64_t n, uint64_t stream)
{
    fore_random random = fore_random_new(11, stream);
    double *x = malloc((size_t)(n ? n : 1) * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = fore_random_normal(&random);
    return x;
}

static void check_gram(int64_t n, int64_t p, int64_t stride, int weighted)
{
    double *x = normals(stride * p, 1), *w = normals(n, 2), *out = normals(p * p, 3);
    for (int64_t i = 0; i < n; i++) w[i] = fabs(w[i]);
    fore_matrix m = {x, n, p, stride};
    assert_int_equal(fore_gram(NULL, &m, weighted ? w : NULL, out, NULL), FORE_OK);
    for (int64_t j = 0; j < p; j++)
        for (int64_t k = 0; k < p; k++) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++)
                sum += (weighted ? w[i] : 1) * x[i + j * stride] * x[i + k * stride];
            assert_true(fabs(sum - out[j + k * p]) < 1e-9 * (1 + (double)n));
        }
    free(x);
    free(w);
    free(out);
}

static void gram__random_matrices__equals_triple_loop(void **state)
{
    (void)state;
    check_gram(0, 3, 0, 1);
    check_gram(1, 1, 1, 1);
    check_gram(7, 5, 9, 0);
    check_gram(513, 4, 520, 1);
    check_gram(9001, 11, 9001, 1);
    check_gram(9001, 3, 9001, 0);
    check_gram(5, 40, 5, 1);
    check_gram(700, 131, 700, 1); /* wide: the other kernel */
    check_gram(37, 131, 40, 0);
}

static void gram__negative_or_nan_weight__is_an_argument_error(void **state)
{
    (void)state;
    double x[2] = {1, 2}, w[2] = {1, -1}, out[1];
    fore_matrix m = {x, 2, 1, 2};
    fore_error err = {0};
    assert_int_equal(fore_gram(NULL, &m, w, out, &err), FORE_E_ARGUMENT);
    assert_non_null(strstr(err.message, "weight 2"));
    w[1] = NAN;
    assert_int_equal(fore_gram(NULL, &m, w, out, &err), FORE_E_ARGUMENT);
}

static void reductions__one_two_and_five_threads__give_the_same_bytes(void **state)
{
    (void)state;
    enum { N = 300000, P = 6 };
    double *x = normals(N * P, 4), *w = normals(N, 5), *fit[3];
    double gram[3][P * P], xr[3][P], b[P] = {1, -2, 0.5, 3, 0.25, 1e-3};
    int threads[3] = {1, 2, 5};
    fore_matrix m = {x, N, P, N};
    for (int t = 0; t < 3; t++) {
        fore_pool *pool = NULL;
        assert_int_equal(fore_pool_new(threads[t], &pool, NULL), FORE_OK);
        double *weights = malloc(N * sizeof *weights);
        for (int64_t i = 0; i < N; i++) weights[i] = w[i] * w[i];
        fit[t] = malloc(N * sizeof(double));
        assert_int_equal(fore_gram(pool, &m, weights, gram[t], NULL), FORE_OK);
        assert_int_equal(fore_times(pool, &m, b, 0.125, fit[t], NULL), FORE_OK);
        assert_int_equal(fore_times_transposed(pool, &m, w, xr[t], NULL), FORE_OK);
        free(weights);
        fore_pool_free(pool);
        if (t == 0) continue;
        assert_memory_equal(gram[0], gram[t], sizeof gram[0]);
        assert_memory_equal(xr[0], xr[t], sizeof xr[0]);
        assert_memory_equal(fit[0], fit[t], N * sizeof(double));
    }
    for (int64_t i = 0; i < N; i += 997) {
        double sum = 0.125;
        for (int j = 0; j < P; j++) sum += b[j] * x[i + j * N];
        assert_true(fabs(sum - fit[0][i]) < 1e-12);
    }
    for (int j = 0; j < P; j++) {
        long double sum = 0;
        for (int64_t i = 0; i < N; i++) sum += (long double)x[i + (int64_t)j * N] * w[i];
        assert_true(fabs((double)sum - xr[0][j]) < 1e-8);
    }
    for (int t = 0; t < 3; t++) free(fit[t]);
    free(x);
    free(w);
}

static void cholesky__random_system__solves_inverts_and_gives_the_determinant(void **state)
{
    (void)state;
    enum { P = 7 };
    double *x = normals(20 * P, 6), a[P * P], l[P * P], b[P], inverse[P * P], product[P * P];
    fore_matrix m = {x, 20, P, 20};
    assert_int_equal(fore_gram(NULL, &m, NULL, a, NULL), FORE_OK);
    memcpy(l, a, sizeof a);
    assert_int_equal(fore_cholesky(l, P, NULL), FORE_OK);
    for (int i = 0; i < P; i++) {
        b[i] = 0;
        for (int j = 0; j < P; j++) b[i] += a[i + j * P] * (j + 1);
    }
    fore_cholesky_solve(l, P, b, 1);
    for (int i = 0; i < P; i++) assert_true(fabs(b[i] - (i + 1)) < 1e-10);
    memcpy(inverse, l, sizeof l);
    fore_cholesky_invert(inverse, P);
    fore_multiply(a, inverse, P, P, P, product);
    for (int i = 0; i < P; i++)
        for (int j = 0; j < P; j++) assert_true(fabs(product[i + j * P] - (i == j)) < 1e-10);
    double values[P], logdet = 0;
    assert_int_equal(fore_eigen_symmetric(a, P, values, NULL), FORE_OK);
    for (int i = 0; i < P; i++) {
        logdet += log(values[i]);
        assert_true(i == 0 || values[i] >= values[i - 1]);
    }
    assert_true(fabs(logdet - fore_cholesky_logdet(l, P)) < 1e-10);
    free(x);
}

static void cholesky__indefinite__names_the_minor(void **state)
{
    (void)state;
    double a[4] = {1, 2, 2, 1}, bad[4] = {1, NAN, NAN, NAN};
    fore_error err = {0};
    assert_int_equal(fore_cholesky(a, 2, &err), FORE_E_NUMERIC);
    assert_non_null(strstr(err.message, "order 2"));
    assert_int_equal(fore_cholesky(bad, 2, &err), FORE_E_NUMERIC);
}

static void least_squares__rank_deficient__gives_the_shortest_solution(void **state)
{
    (void)state;
    double x[8] = {1, 2, 3, 4, 2, 4, 6, 8}, y[4] = {5, 10, 15, 20};
    int64_t rank = -1;
    assert_int_equal(fore_least_squares(x, 4, 2, y, &rank, NULL), FORE_OK);
    assert_int_equal(rank, 1);
    assert_true(fabs(y[0] - 1) < 1e-12 && fabs(y[1] - 2) < 1e-12);
    double wide[2] = {3, 4}, target[2] = {5, 0};
    assert_int_equal(fore_least_squares(wide, 1, 2, target, &rank, NULL), FORE_OK);
    assert_true(fabs(target[0] - 0.6) < 1e-12 && fabs(target[1] - 0.8) < 1e-12);
}

static void allocation__any_failing__is_reported_without_leak(void **state)
{
    (void)state;
    double x[6] = {1, 2, 3, 1, 0, 1}, w[3] = {1, 1, 1}, out[4], y[3], values[2];
    fore_matrix m = {x, 3, 2, 3};
    int64_t live = fore_memory_live();
    for (int64_t k = 1; k <= 3; k++) {
        double copy[6];
        memcpy(copy, x, sizeof x);
        fore_memory_fail_at(k);
        if (k <= 2) assert_int_equal(fore_gram(NULL, &m, w, out, NULL), FORE_E_MEMORY);
        fore_memory_fail_at(k);
        assert_int_equal(fore_least_squares(copy, 3, 2, y, NULL, NULL), FORE_E_MEMORY);
        fore_memory_fail_at(k);
        if (k <= 2) assert_int_equal(fore_eigen_symmetric(out, 2, values, NULL), FORE_E_MEMORY);
        fore_memory_fail_at(k);
        if (k == 1) assert_int_equal(fore_times_transposed(NULL, &m, w, out, NULL), FORE_E_MEMORY);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
    }
}

static void start__twice__keeps_a_named_core(void **state)
{
    (void)state;
    const char *before = fore_linear_core();
    fore_linear_start();
    assert_string_equal(before, fore_linear_core());
    assert_true(strlen(before) > 0);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gram__random_matrices__equals_triple_loop),
        cmocka_unit_test(gram__negative_or_nan_weight__is_an_argument_error),
        cmocka_unit_test(reductions__one_two_and_five_threads__give_the_same_bytes),
        cmocka_unit_test(cholesky__random_system__solves_inverts_and_gives_the_determinant),
        cmocka_unit_test(cholesky__indefinite__names_the_minor),
        cmocka_unit_test(least_squares__rank_deficient__gives_the_shortest_solution),
        cmocka_unit_test(allocation__any_failing__is_reported_without_leak),
        cmocka_unit_test(start__twice__keeps_a_named_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
