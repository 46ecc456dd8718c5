/* Paired differences: an independent sandwich, row order, doubled subjects, ends. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "models/measure/paired.h"
#include "tests/measure/ref_paired.h"

enum { N = sizeof PAIRED_A / sizeof *PAIRED_A };

static fore_paired difference(const double *a, const double *b, const double *w,
                              const int64_t *group, int64_t n)
{
    fore_paired out;
    assert_int_equal(fore_paired_difference(a, b, w, group, n, &out, NULL), FORE_OK);
    return out;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want))))
        fail_msg("got %.17g, want %.17g", got, want);
}

static void paired__subjects_and_weights__equals_the_sandwich(void **state)
{
    (void)state;
    fore_paired p = difference(PAIRED_A, PAIRED_B, PAIRED_W, PAIRED_SUBJECT, N);
    near(p.mean, CLUSTERED_MEAN);
    near(p.error, CLUSTERED_ERROR);
    assert_int_equal(p.subjects, CLUSTERED_SUBJECTS);
    p = difference(PAIRED_A, PAIRED_B, NULL, NULL, N);
    near(p.mean, PLAIN_MEAN);
    near(p.error, PLAIN_ERROR);
    assert_int_equal(p.subjects, PLAIN_SUBJECTS);
}

static void paired__rows_in_reverse__the_same(void **state)
{
    (void)state;
    double a[N], b[N], w[N];
    int64_t group[N];
    for (int i = 0; i < N; i++) {
        a[i] = PAIRED_A[N - 1 - i];
        b[i] = PAIRED_B[N - 1 - i];
        w[i] = PAIRED_W[N - 1 - i];
        group[i] = PAIRED_SUBJECT[N - 1 - i];
    }
    fore_paired p = difference(a, b, w, group, N);
    near(p.mean, CLUSTERED_MEAN);
    near(p.error, CLUSTERED_ERROR);
}

/* The same row told nine times over is still one observation. */
static void paired__rows_repeated_within_subjects__no_surer(void **state)
{
    (void)state;
    double a[9 * N], b[9 * N];
    int64_t group[9 * N];
    for (int i = 0; i < 9 * N; i++) {
        a[i] = PAIRED_A[i / 9];
        b[i] = PAIRED_B[i / 9];
        group[i] = i / 9;
    }
    near(difference(a, b, NULL, group, 9 * N).error, PLAIN_ERROR);
    assert_true(difference(a, b, NULL, NULL, 9 * N).error < 0.34 * PLAIN_ERROR);
}

static void paired__one_subject_no_rows_no_weight__tell_nothing(void **state)
{
    (void)state;
    int64_t one[N] = {0};
    double none[N] = {0};
    assert_true(isinf(difference(PAIRED_A, PAIRED_B, NULL, one, N).error));
    assert_true(isnan(difference(NULL, NULL, NULL, NULL, 0).mean));
    assert_true(isnan(difference(PAIRED_A, PAIRED_B, none, NULL, N).error));
    near(difference(PAIRED_A, PAIRED_A, NULL, NULL, N).error, 0);
}

static void paired__no_memory__says_so(void **state)
{
    (void)state;
    fore_paired p;
    fore_memory_fail_at(1);
    assert_int_equal(fore_paired_difference(PAIRED_A, PAIRED_B, NULL, NULL, N, &p, NULL),
                     FORE_E_MEMORY);
    fore_memory_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paired__subjects_and_weights__equals_the_sandwich),
        cmocka_unit_test(paired__rows_in_reverse__the_same),
        cmocka_unit_test(paired__rows_repeated_within_subjects__no_surer),
        cmocka_unit_test(paired__one_subject_no_rows_no_weight__tell_nothing),
        cmocka_unit_test(paired__no_memory__says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
