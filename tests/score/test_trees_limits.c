/* Boosted trees at their limits: compiled, moved, odd values, few rows, many columns, short memory.
 */
#include "tests/score/trees_help.h"

/* Every row through the compiled trees and node by node: the same bytes. */
static void assert_flat_is_walking(const fore_trees *trees, const fore_view *x, bool flat)
{
    double *f = malloc((size_t)x->rows * 8);
    fore_pool *pool = threads(2);
    assert_int_equal(trees->flat != NULL, flat);
    assert_int_equal(fore_trees_predict(pool, trees, x, f, NULL), FORE_OK);
    for (int64_t i = 0; i < x->rows; i++)
        assert_true(f[i] == fore_trees_row(trees, fore_view_row(x, i), x->stride));
    fore_pool_free(pool);
    free(f);
}

static void trees_predict__compiled__same_bytes_as_walking(void **state)
{
    (void)state;
    leads d = leads_new(3001, 9, -1, 21);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    int64_t order[130];
    for (int i = 0; i < 130; i++) order[i] = (i * 37) % 3001;
    fore_view some = {d.x, 130, d.p, d.n, order};
    o.rounds = 40;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_flat_is_walking(trees, &x, true);
    assert_flat_is_walking(trees, &some, true);
    fore_trees_free(trees);
    o.leaves = 300; /* more nodes than a byte can number */
    o.min_hessian = 1e-3;
    o.depth = 20;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_flat_is_walking(trees, &x, false);
    fore_trees_free(trees);
    leads_free(&d);
}

static void trees_predict__missing_infinite_and_unseen_values__same_as_walking(void **state)
{
    (void)state;
    leads d = leads_new(2000, 4, 2, 5);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees *trees = NULL;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, NULL, NULL, &trees, NULL, NULL),
                     FORE_OK);
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 0, -0.0, 5e-324};
    double rows[8 * 4];
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 4; j++) rows[i + 8 * j] = odd[(i + 3 * j) % 8];
    fore_view strange = {rows, 8, 4, 8, NULL};
    assert_flat_is_walking(trees, &strange, true);
    fore_trees_free(trees);
    leads_free(&d);
}

static void trees_moved__columns_elsewhere__same_margins(void **state)
{
    (void)state;
    leads d = leads_new(1500, 4, 0, 14);
    double *wide = calloc(1500 * 6, 8);
    int64_t to[4] = {5, 0, 3, 2}, gone = -1;
    for (int j = 0; j < 4; j++) memcpy(wide + to[j] * 1500, d.x + j * 1500, 1500 * 8);
    fore_view x = {d.x, 1500, 4, 1500, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL, *moved = NULL;
    o.rounds = 20;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_trees_moved(trees, to, 6, &moved, NULL, NULL), FORE_OK);
    assert_int_equal(fore_trees_columns(moved), 6);
    for (int64_t i = 0; i < 1500; i++)
        assert_true(fore_trees_row(trees, d.x + i, 1500) == fore_trees_row(moved, wide + i, 1500));
    fore_trees_free(moved);
    moved = NULL;
    to[1] = -1;
    assert_int_equal(fore_trees_moved(trees, to, 6, &moved, &gone, NULL), FORE_E_MODEL);
    assert_int_equal(gone, 1);
    assert_null(moved);
    fore_trees_free(trees);
    free(wide);
    leads_free(&d);
}

/* Fixed point may not cost accuracy where gradients are small: one positive in a thousand. */
static void trees_fit__rare_outcome__mean_probability_is_the_rate(void **state)
{
    (void)state;
    enum { M = 60000 };
    double *x = malloc(2 * M * 8), *y = malloc(M * 8), *f = malloc(M * 8), sum = 0, positives = 0;
    lcg = 5;
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < 2; j++) x[i + j * M] = uniform();
        y[i] = uniform() < 0.0005 + 0.003 * x[i] * x[i];
        positives += y[i];
    }
    fore_view m = {x, M, 2, M, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    o.rounds =
        1000; /* the boosting has settled: in every leaf the gradients sum to nearly nothing */
    o.rate = 0.2;
    o.leaves = 4;
    o.l2 = 0;
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_trees_predict(NULL, trees, &m, f, NULL), FORE_OK);
    for (int i = 0; i < M; i++) sum += 1 / (1 + exp(-f[i]));
    NEAR(sum / positives, 1, 1e-3);
    fore_trees_free(trees);
    free(x);
    free(y);
    free(f);
}

static void trees_fit__constant_missing_and_huge_columns__finite(void **state)
{
    (void)state;
    double x[6 * 4], y[6] = {0, 0, 0, 1, 1, 1}, f[6];
    for (int i = 0; i < 6; i++) {
        x[i] = 5;
        x[i + 6] = NAN;
        x[i + 12] = i < 3 ? -1e308 : 1e308;
        x[i + 18] = i % 2 ? NAN : 5e-324;
    }
    fore_view m = {x, 6, 4, 6, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    o.min_hessian = 0.1;
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_trees_predict(NULL, trees, &m, f, NULL), FORE_OK);
    for (int i = 0; i < 6; i++) assert_true(isfinite(f[i]) && (f[i] > 0) == (y[i] > 0));
    fore_trees_free(trees);
}

static void trees_fit__missing_means_yes__learns_its_side(void **state)
{
    (void)state;
    double x[40], y[40];
    for (int i = 0; i < 40; i++) {
        x[i] = i < 20 ? NAN : i;
        y[i] = i < 20;
    }
    fore_view m = {x, 40, 1, 40, NULL};
    fore_trees *trees = NULL;
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, NULL, NULL, &trees, NULL, NULL),
                     FORE_OK);
    double known = 30, missing = NAN;
    assert_true(fore_trees_row(trees, &missing, 1) > 2 && fore_trees_row(trees, &known, 1) < -2);
    fore_trees_free(trees);
}

static void trees_fit__one_class_one_row_bad_option__refused(void **state)
{
    (void)state;
    double x[2] = {1, 2}, y[2] = {1, 1};
    fore_view m = {x, 2, 1, 2, NULL}, one = {x, 1, 1, 1, NULL}, none = {x, 0, 1, 1, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    fore_error err = {0};
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, NULL, NULL, &trees, NULL, &err),
                     FORE_E_NO_ANSWER);
    assert_int_equal(fore_trees_fit(NULL, &one, y, NULL, NULL, NULL, NULL, &trees, NULL, &err),
                     FORE_E_NO_ANSWER);
    assert_int_equal(fore_trees_fit(NULL, &none, y, NULL, NULL, NULL, NULL, &trees, NULL, &err),
                     FORE_E_DATA);
    o.bins = 256;
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, &err),
                     FORE_E_ARGUMENT);
    assert_null(trees);
}

/* Far more columns than rows, most of them flags that exclude each other. */
static void trees_fit__twenty_thousand_columns__finds_those_that_tell(void **state)
{
    (void)state;
    enum { M = 400, WIDE = 20000 };
    double *x = calloc((size_t)M * WIDE, 8), y[M], parts_sum;
    double *parts = malloc(WIDE * 8), base;
    lcg = 3;
    for (int i = 0; i < M; i++) {
        x[i + 77 * M] = uniform();
        x[i + (int64_t)M * (1000 + (int64_t)(19000 * uniform()))] = 1;
        for (int j = 100; j < 130; j++) x[i + j * M] = uniform();
        y[i] = uniform() < 0.1 + 0.8 * (x[i + 77 * M] > 0.5);
    }
    fore_view m = {x, M, WIDE, M, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    o.rounds = 10;
    tree_bins bins;
    assert_int_equal(tree_bins_make(NULL, &m, 255, true, &bins, NULL), FORE_OK);
    assert_true(bins.strips < 200);
    tree_bins_free(&bins);
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_int_equal(trees->node[0].feature, 77);
    fore_trees_parts(trees, x + 5, M, parts, &base);
    parts_sum = base;
    for (int j = 0; j < WIDE; j++) parts_sum += parts[j];
    NEAR(parts_sum, fore_trees_row(trees, x + 5, M), 1e-9);
    fore_trees_free(trees);
    free(x);
    free(parts);
}

/* Infinite values are refused before (fore_sample_check); here they still leave a sound file. */
static void trees_fit__infinite_values_and_odd_labels__sound_or_refused(void **state)
{
    (void)state;
    double x[60], y[60];
    for (int i = 0; i < 60; i++) {
        x[i] = i % 3 == 0 ? -INFINITY : i % 3 == 1 ? INFINITY : i;
        y[i] = i % 3 == 0;
    }
    fore_view m = {x, 60, 1, 60, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    fore_error err = {0};
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    for (int64_t k = 0; k < trees->nodes; k++)
        assert_true(isfinite(trees->node[k].threshold) && isfinite(trees->node[k].value));
    assert_true(fore_trees_row(trees, x, 1) > 0 && fore_trees_row(trees, x + 1, 1) < 0);
    fore_trees_free(trees);
    y[41] = 2;
    assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, &err),
                     FORE_E_DATA);
    assert_non_null(strstr(err.message, "row 42"));
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void trees_fit__cancelled__stops(void **state)
{
    (void)state;
    leads d = leads_new(100, 3, 0, 1);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_observer observer = {.cancelled = always};
    fore_trees *trees = NULL;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, NULL, &observer, &trees, NULL, NULL),
                     FORE_E_CANCELLED);
    assert_null(trees);
    leads_free(&d);
}

static void trees_fit__every_allocation_failing__clean(void **state)
{
    (void)state;
    leads d = leads_new(60, 3, 0, 1);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    o.rounds = 5;
    o.row_share = 0.9;
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 200; k++) {
        fore_trees *trees = NULL;
        fore_memory_fail_at(k);
        status = fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees, NULL, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (trees != NULL));
        assert_true(k > 15 || status == FORE_E_MEMORY);
        fore_trees_free(trees);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
    leads_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_predict__compiled__same_bytes_as_walking),
        cmocka_unit_test(trees_predict__missing_infinite_and_unseen_values__same_as_walking),
        cmocka_unit_test(trees_moved__columns_elsewhere__same_margins),
        cmocka_unit_test(trees_fit__rare_outcome__mean_probability_is_the_rate),
        cmocka_unit_test(trees_fit__constant_missing_and_huge_columns__finite),
        cmocka_unit_test(trees_fit__missing_means_yes__learns_its_side),
        cmocka_unit_test(trees_fit__one_class_one_row_bad_option__refused),
        cmocka_unit_test(trees_fit__twenty_thousand_columns__finds_those_that_tell),
        cmocka_unit_test(trees_fit__infinite_values_and_odd_labels__sound_or_refused),
        cmocka_unit_test(trees_fit__cancelled__stops),
        cmocka_unit_test(trees_fit__every_allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
