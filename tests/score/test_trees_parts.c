/* Contributions of boosted trees against brute force. */
#include "tests/score/trees_help.h"

/* The conditional expectation of one tree when only the features in `known` (bits) are given. */
static double expectation(const tree_node *tree, int32_t at, const double *row, unsigned known)
{
    const tree_node *n = &tree[at];
    if (n->feature < 0) return n->value;
    if (known >> n->feature & 1) {
        double v = row[n->feature];
        bool left = isnan(v) ? n->missing_left : v <= n->threshold;
        return expectation(tree, left ? n->left : n->right, row, known);
    }
    double l = tree[n->left].cover, r = tree[n->right].cover;
    return (l * expectation(tree, n->left, row, known) +
            r * expectation(tree, n->right, row, known)) /
           (l + r);
}

static double factorial(int k) { return k < 2 ? 1 : k * factorial(k - 1); }

static void trees_parts__small_trees__equal_brute_force_shapley(void **state)
{
    (void)state;
    enum { F = 5 };
    leads d = leads_new(800, F, 0, 12);
    fore_view x = {d.x, d.n, F, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    o.rounds = 6;
    o.leaves = 12;
    o.depth = 7;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, d.w, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    for (int64_t i = 0; i < 800; i += 40) {
        double row[F], parts[F], base, empty = trees->base;
        for (int j = 0; j < F; j++) row[j] = d.x[i + j * d.n];
        fore_trees_parts(trees, row, 1, parts, &base);
        double total = base;
        for (int j = 0; j < F; j++) {
            double phi = 0;
            for (unsigned s = 0; s < 1u << F; s++) {
                if (s >> j & 1) continue;
                int size = __builtin_popcount(s);
                double weight = factorial(size) * factorial(F - size - 1) / factorial(F);
                for (int64_t t = 0; t < trees->count; t++) {
                    const tree_node *tree = trees->node + trees->start[t];
                    phi += weight *
                           (expectation(tree, 0, row, s | 1u << j) - expectation(tree, 0, row, s));
                }
            }
            NEAR(parts[j], phi, 1e-10);
            total += parts[j];
        }
        for (int64_t t = 0; t < trees->count; t++)
            empty += expectation(trees->node + trees->start[t], 0, row, 0);
        NEAR(base, empty, 1e-10);
        NEAR(total, fore_trees_row(trees, row, 1), 1e-10);
    }
    fore_trees_free(trees);
    leads_free(&d);
}

static void trees_parts__many_deep_trees__add_up_to_the_margin(void **state)
{
    (void)state;
    leads d = leads_new(3000, 12, -1, 2);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    o.rounds = 60;
    o.depth = FORE_TREES_MAX_DEPTH;
    o.leaves = 200;
    o.min_hessian = 1e-3;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    for (int64_t i = 0; i < d.n; i += 100) {
        double parts[12], base, total;
        fore_trees_parts(trees, d.x + i, d.n, parts, &base);
        total = base;
        for (int j = 0; j < 12; j++) total += parts[j];
        NEAR(total, fore_trees_row(trees, d.x + i, d.n), 1e-8);
        assert_true(parts[4] == 0); /* the constant column */
    }
    fore_trees_free(trees);
    leads_free(&d);
}

/* The trees' margin of a row that has x's values in `known` (bits) and z's elsewhere. */
static double mixed_margin(const fore_trees *trees, const double *x, const double *z, int64_t step,
                           int columns, unsigned known)
{
    double row[8];
    for (int j = 0; j < columns; j++) row[j] = known >> j & 1 ? x[j * step] : z[j * step];
    return fore_trees_row(trees, row, 1);
}

static void background_parts__small_trees__equal_brute_force_shapley(void **state)
{
    (void)state;
    enum { F = 5, B = 37 };
    leads d = leads_new(800, F, 2, 31);
    fore_view x = {d.x, d.n, F, d.n, NULL}, some = {d.x, B, F, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    fore_background *background = NULL;
    o.rounds = 6;
    o.leaves = 14;
    o.depth = 9;
    o.min_hessian = 0.1;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, d.w, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_background_new(NULL, trees, &some, &background, NULL), FORE_OK);
    for (int64_t i = 0; i < 800; i += 60) {
        double parts[F], base, empty = 0, total;
        fore_background_parts(background, d.x + i, d.n, parts, &base);
        total = base;
        for (int j = 0; j < F; j++) {
            double phi = 0;
            for (unsigned s = 0; s < 1u << F; s++) {
                if (s >> j & 1) continue;
                int size = __builtin_popcount(s);
                double weight = factorial(size) * factorial(F - size - 1) / factorial(F) / B;
                for (int64_t z = 0; z < B; z++)
                    phi += weight * (mixed_margin(trees, d.x + i, d.x + z, d.n, F, s | 1u << j) -
                                     mixed_margin(trees, d.x + i, d.x + z, d.n, F, s));
            }
            NEAR(parts[j], phi, 1e-10);
            total += parts[j];
        }
        for (int64_t z = 0; z < B; z++) empty += fore_trees_row(trees, d.x + z, d.n) / B;
        NEAR(base, empty, 1e-10);
        NEAR(total, fore_trees_row(trees, d.x + i, d.n), 1e-10);
    }
    fore_background_free(background);
    fore_trees_free(trees);
    leads_free(&d);
}

static void background_parts__deep_trees_and_one_row__add_up_and_vanish_against_itself(void **state)
{
    (void)state;
    leads d = leads_new(3000, 12, -1, 2);
    fore_view x = {d.x, d.n, d.p, d.n, NULL}, none = {d.x, 0, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    fore_background *background = NULL;
    double parts[12], base, total;
    o.rounds = 40;
    o.depth = FORE_TREES_MAX_DEPTH;
    o.leaves = 200;
    o.min_hessian = 1e-3;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    fore_view some = {d.x, 300, d.p, d.n, NULL}, one = {d.x + 7, 1, d.p, d.n, NULL};
    assert_int_equal(fore_background_new(NULL, trees, &none, &background, NULL), FORE_E_DATA);
    assert_int_equal(fore_background_new(NULL, trees, &some, &background, NULL), FORE_OK);
    for (int64_t i = 0; i < d.n; i += 200) {
        fore_background_parts(background, d.x + i, d.n, parts, &base);
        total = base;
        for (int j = 0; j < 12; j++) total += parts[j];
        NEAR(total, fore_trees_row(trees, d.x + i, d.n), 1e-9);
        assert_true(parts[4] == 0); /* the constant column */
    }
    fore_background_free(background);
    assert_int_equal(fore_background_new(NULL, trees, &one, &background, NULL), FORE_OK);
    fore_background_parts(background, d.x + 7, d.n, parts, &base);
    NEAR(base, fore_trees_row(trees, d.x + 7, d.n), 1e-12);
    for (int j = 0; j < 12; j++) assert_true(parts[j] == 0);
    fore_background_free(background);
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 100; k++) {
        fore_memory_fail_at(k);
        status = fore_background_new(NULL, trees, &one, &background, NULL);
        fore_memory_fail_at(0);
        if (status == FORE_OK) fore_background_free(background);
        assert_true(k > 5 || status == FORE_E_MEMORY);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
    fore_trees_free(trees);
    leads_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_parts__small_trees__equal_brute_force_shapley),
        cmocka_unit_test(trees_parts__many_deep_trees__add_up_to_the_margin),
        cmocka_unit_test(background_parts__small_trees__equal_brute_force_shapley),
        cmocka_unit_test(
            background_parts__deep_trees_and_one_row__add_up_and_vanish_against_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
