/* The design: limits, moments, missing values, awkward columns. */
#include "tests/score/score_support.h"

#include "engine/num/special.h"
#include "models/score/design.h"

static fore_design *fit(const double *x, int64_t n, int64_t p, const double *w)
{
    fore_view m = {x, n, p, n, NULL};
    fore_design *d = NULL;
    assert_int_equal(fore_design_fit(NULL, &m, w, NULL, &d, NULL), FORE_OK);
    return d;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void design_fit__skewed_values__limits_are_order_statistics(void **state)
{
    (void)state;
    enum { N = 3001 };
    double x[N], sorted[N];
    fore_random random = fore_random_new(1, 1);
    for (int i = 0; i < N; i++) x[i] = exp(3 * fore_random_normal(&random)) - 2;
    memcpy(sorted, x, sizeof x);
    qsort(sorted, N, sizeof *sorted, by_value);
    fore_design *d = fit(x, N, 1, NULL);
    NEAR(d->low[0], sorted[30], 0);
    NEAR(d->high[0], sorted[2970], 0);
    fore_design_free(d);
}

static void design_block__training_rows__mean_0_sd_1_within_limits(void **state)
{
    (void)state;
    leads s = leads_new(5000, 8, 0, 2);
    fore_view m = {s.x, s.n, s.p, s.n, NULL};
    fore_design *d = fit(s.x, s.n, s.p, s.w);
    double *z = malloc((size_t)(s.n * d->width) * 8), row[16];
    fore_design_block(d, &m, 0, s.n, z, s.n);
    int indicators = 0;
    for (int64_t q = 0; q < d->width; q++) {
        double weight = 0, sum = 0, squares = 0;
        for (int64_t i = 0; i < s.n; i++) {
            weight += s.w[i];
            sum += s.w[i] * z[i + q * s.n];
            squares += s.w[i] * z[i + q * s.n] * z[i + q * s.n];
        }
        NEAR(sum / weight, 0, 1e-12);
        NEAR(squares / weight, 1, 1e-10);
        indicators += d->indicator[q];
        assert_true(d->source[q] != 4); /* the constant column is left out */
    }
    assert_int_equal(indicators, 1);
    assert_int_equal(d->width, 8);
    for (int64_t i = 0; i < s.n; i += 501) {
        fore_design_row(d, s.x + i, s.n, row);
        for (int64_t q = 0; q < d->width; q++) NEAR(row[q], z[i + q * s.n], 0);
    }
    free(z);
    fore_design_free(d);
    leads_free(&s);
}

static void design_fit__rare_flag_and_sparse_counts__survive_the_limits(void **state)
{
    (void)state;
    enum { N = 1000 };
    double x[2 * N];
    for (int i = 0; i < N; i++) {
        x[i] = i % 200 == 0;                         /* 0.5 % ones */
        x[N + i] = i % 30 == 0 ? 1 + i / 30 % 5 : 0; /* 3 % counts */
    }
    fore_design *d = fit(x, N, 2, NULL);
    assert_int_equal(d->width, 2);
    NEAR(d->high[0], 1, 0);
    NEAR(d->high[1], 4, 0);
    NEAR(d->low[1], 0, 0);
    fore_design_free(d);
}

static void design_fit__one_outlier__is_cut(void **state)
{
    (void)state;
    double x[1000];
    for (int i = 0; i < 1000; i++) x[i] = i % 50;
    x[77] = 1e308;
    fore_design *d = fit(x, 1000, 1, NULL);
    NEAR(d->high[0], 49, 0);
    assert_true(d->scale[0] < 20);
    fore_design_free(d);
}

static void design_fit__huge_tiny_and_constant_columns__finite_or_left_out(void **state)
{
    (void)state;
    double x[4 * 6] = {-1e308, 1e308,  -1e308, 1e308,        /* huge */
                       1e-310, 2e-310, 1e-310, 0,            /* subnormal */
                       NAN,    NAN,    NAN,    NAN,          /* unknown */
                       3,      3,      3,      3,            /* constant */
                       1e15,   1e15,   1e15,   1e15 + 0.125, /* constant but for rounding */
                       NAN,    2,      NAN,    2};           /* the indicator alone tells */
    fore_design *d = fit(x, 4, 6, NULL);
    assert_int_equal(d->width, 2);
    assert_int_equal(d->source[0], 0);
    assert_true(isfinite(d->scale[0]) && d->scale[0] > 1e100);
    assert_int_equal(d->source[1], 5);
    assert_true(d->indicator[1]);
    double z[2], row[6] = {INFINITY, 0, 0, 0, 0, NAN};
    row[0] = 1e300;
    fore_design_row(d, row, 1, z);
    NEAR(z[0], 1, 1e-12);
    NEAR(z[1], 1, 1e-12);
    fore_design_free(d);
}

static void design_fit__infinite_value__names_row_and_column(void **state)
{
    (void)state;
    double x[6] = {1, 2, 3, 4, -INFINITY, 6};
    fore_view m = {x, 3, 2, 3, NULL};
    fore_design *d = NULL;
    fore_error err = {0};
    assert_int_equal(fore_design_fit(NULL, &m, NULL, NULL, &d, &err), FORE_E_DATA);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 2);
    assert_int_equal(fore_check_finite(NULL, &m, &err), FORE_E_DATA);
    assert_int_equal(err.line, 2);
    x[4] = NAN;
    assert_int_equal(fore_check_finite(NULL, &m, &err), FORE_OK);
}

static void design_fit__no_rows_or_columns__width_0(void **state)
{
    (void)state;
    double x[2] = {1, 2};
    fore_design *d = fit(x, 0, 2, NULL);
    assert_int_equal(d->width, 0);
    fore_design_free(d);
    d = fit(x, 1, 2, NULL);
    assert_int_equal(d->width, 0);
    fore_design_free(d);
    d = fit(x, 2, 0, NULL);
    assert_int_equal(d->width, 0);
    fore_design_free(d);
}

static void design_fit__threads__same_bytes(void **state)
{
    (void)state;
    leads s = leads_new(30000, 9, 0, 2);
    fore_view m = {s.x, s.n, s.p, s.n, NULL};
    fore_design *d[2];
    for (int t = 0; t < 2; t++) {
        fore_pool *pool = threads(1 + 2 * t);
        assert_int_equal(fore_design_fit(pool, &m, s.w, NULL, &d[t], NULL), FORE_OK);
        fore_pool_free(pool);
    }
    assert_memory_equal(d[0]->mean, d[1]->mean, (size_t)d[0]->width * 8);
    assert_memory_equal(d[0]->scale, d[1]->scale, (size_t)d[0]->width * 8);
    fore_design_free(d[0]);
    fore_design_free(d[1]);
    leads_free(&s);
}

/* Column 0: every ninth unknown; column 1: a single 1, not among the part; column 2: few known. */
static void design_fit__many_rows__quantiles_of_an_even_part_and_moments_of_all(void **state)
{
    (void)state;
    enum { N = 130000, FEW = 4000 };
    double *x = malloc(sizeof *x * N * 3), *part = malloc(sizeof *x * N), sum = 0;
    int64_t known = 0, taken = 0;
    fore_random random = fore_random_new(5, 1);
    for (int i = 0; i < N; i++) {
        x[i] = i % 9 == 4 ? NAN : exp(fore_random_normal(&random));
        x[N + i] = i == 1;
        x[2 * N + i] = i % (N / FEW) == 1 ? i : NAN;
        if (!isnan(x[i]) && known++ % 3 == 0) part[taken++] = x[i];
    }
    qsort(part, (size_t)taken, sizeof *part, by_value);
    fore_design *d = fit(x, N, 3, NULL);
    assert_true(known > 2 * FORE_DESIGN_PART && taken <= FORE_DESIGN_PART);
    NEAR(d->low[0], part[(int64_t)floor(0.01 * (double)(taken - 1))], 0);
    NEAR(d->high[0], part[(int64_t)ceil(0.99 * (double)(taken - 1))], 0);
    for (int i = 0; i < N; i++)
        if (!isnan(x[i])) sum += fmin(fmax(x[i], d->low[0]), d->high[0]);
    NEAR(d->mean[0], sum / (double)known, 1e-11);
    NEAR(d->high[1] - d->low[1], 1, 0);
    NEAR(d->low[2], 40 * (N / FEW) + 1, 0); /* all of the few */
    fore_design_free(d);
    free(x);
    free(part);
}

static void design_fit__every_allocation_failing__clean(void **state)
{
    (void)state;
    double x[4] = {1, 2, 3, NAN};
    fore_view m = {x, 4, 1, 4, NULL};
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 50; k++) {
        fore_design *d = NULL;
        fore_memory_fail_at(k);
        status = fore_design_fit(NULL, &m, NULL, NULL, &d, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (d != NULL));
        assert_true(k > 8 || status == FORE_E_MEMORY);
        fore_design_free(d);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(design_fit__skewed_values__limits_are_order_statistics),
        cmocka_unit_test(design_block__training_rows__mean_0_sd_1_within_limits),
        cmocka_unit_test(design_fit__rare_flag_and_sparse_counts__survive_the_limits),
        cmocka_unit_test(design_fit__one_outlier__is_cut),
        cmocka_unit_test(design_fit__huge_tiny_and_constant_columns__finite_or_left_out),
        cmocka_unit_test(design_fit__infinite_value__names_row_and_column),
        cmocka_unit_test(design_fit__no_rows_or_columns__width_0),
        cmocka_unit_test(design_fit__threads__same_bytes),
        cmocka_unit_test(design_fit__many_rows__quantiles_of_an_even_part_and_moments_of_all),
        cmocka_unit_test(design_fit__every_allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
