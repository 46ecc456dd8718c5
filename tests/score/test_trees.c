/* Boosted trees: quality beside scikit-learn's, the same bytes, closed forms. */
#include "tests/score/trees_help.h"
#include "tests/score/ref_trees.h"

/* The rows of ref_trees.py. */
enum { N = 6000, P = 8, TRAIN = 4000 };

static void make_rows(double *x, double *y)
{
    lcg = 12345;
    for (int64_t i = 0; i < N; i++) {
        double v[P];
        for (int j = 0; j < P; j++) {
            double u = uniform();
            v[j] = j == 5 && u < 0.2 ? NAN : j < 6 ? 4 * u - 2 : floor(6 * u);
            x[i + (int64_t)j * N] = v[j];
        }
        double eta = -0.8 + 1.2 * v[0] * v[1] + sin(2 * v[2]) + (v[3] > 0.5 ? 0.9 : 0) +
                     (isnan(v[5]) ? 0.7 : 0.3 * v[5]) + 0.2 * v[6];
        y[i] = uniform() < 1 / (1 + exp(-eta));
    }
}

static void trees_fit__same_rows__as_good_as_scikit_learn(void **state)
{
    (void)state;
    double *x = malloc(N * P * 8), *y = malloc(N * 8), *f = malloc(N * 8), auc, rate = 0;
    make_rows(x, y);
    for (int i = 0; i < N; i++) rate += y[i] / N;
    NEAR(rate, ref_trees_rate, 1e-12);
    fore_view train = {x, TRAIN, P, N, NULL}, test = {x + TRAIN, N - TRAIN, P, N, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    o.rounds = 100;
    o.rate = 0.1;
    assert_int_equal(fore_trees_fit(NULL, &train, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                     FORE_OK);
    assert_int_equal(fore_trees_predict(NULL, trees, &test, f, NULL), FORE_OK);
    assert_int_equal(fore_auc(f, y + TRAIN, NULL, N - TRAIN, &auc, NULL), FORE_OK);
    for (int i = 0; i < N - TRAIN; i++) f[i] = 1 / (1 + exp(-f[i]));
    print_message("auc %.4f (scikit-learn %.4f), log loss %.4f (%.4f)\n", auc, ref_trees_auc,
                  fore_log_loss(f, y + TRAIN, NULL, N - TRAIN), ref_trees_log_loss);
    assert_true(auc > ref_trees_auc - 0.005);
    assert_true(fore_log_loss(f, y + TRAIN, NULL, N - TRAIN) < ref_trees_log_loss + 0.01);
    fore_trees_free(trees);
    free(x);
    free(y);
    free(f);
}

static bool same_trees(const fore_trees *a, const fore_trees *b)
{
    fore_text s = {0}, t = {0};
    fore_json_writer ja = fore_json_to(&s), jb = fore_json_to(&t);
    fore_trees_write(a, &ja, NULL);
    fore_trees_write(b, &jb, NULL);
    bool same = s.length == t.length && memcmp(s.bytes, t.bytes, (size_t)s.length) == 0;
    fore_text_free(&s);
    fore_text_free(&t);
    return same;
}

static void trees_fit__one_two_and_three_threads__same_bytes(void **state)
{
    (void)state;
    leads d = leads_new(20000, 6, 0, 3);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees[3] = {0};
    o.rounds = 10;
    o.row_share = 0.7;
    o.column_share = 0.6;
    for (int t = 0; t < 3; t++) {
        fore_pool *pool = threads(t + 1);
        assert_int_equal(fore_trees_fit(pool, &x, d.y, d.w, NULL, &o, NULL, &trees[t], NULL, NULL),
                         FORE_OK);
        fore_pool_free(pool);
        assert_true(same_trees(trees[0], trees[t]));
    }
    o.seed++;
    fore_trees *other = NULL;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, d.w, NULL, &o, NULL, &other, NULL, NULL),
                     FORE_OK);
    assert_false(same_trees(trees[0], other));
    fore_trees_free(other);
    for (int t = 0; t < 3; t++) fore_trees_free(trees[t]);
    leads_free(&d);
}

/* Indicators of two attributes (one with 300 levels: more than a bundle's codes), counts that are
 * mostly nothing or mostly missing, and dense columns between them. */
enum { B_ROWS = 5000, B_LEVELS = 300, B_COLUMNS = 2 + B_LEVELS + 6 + 4 };

static void make_sparse_rows(double *x, double *y)
{
    lcg = 77;
    for (int64_t i = 0; i < B_ROWS; i++) {
        double *row = x + i, eta = 0;
        int64_t many = (int64_t)(B_LEVELS * uniform() * uniform()), few = (int64_t)(6 * uniform());
        for (int64_t j = 0; j < B_COLUMNS; j++) row[j * B_ROWS] = 0;
        row[0] = uniform();
        row[B_ROWS] = floor(10 * uniform());
        row[(2 + many) * B_ROWS] = 1;
        row[(2 + B_LEVELS + few) * B_ROWS] = uniform() < 0.1 ? NAN : 1;
        double *rest = row + (8 + B_LEVELS) * B_ROWS;
        if (few == 2) rest[0] = 1 + floor(5 * uniform());
        rest[B_ROWS] = few == 4 ? uniform() : NAN;
        rest[2 * B_ROWS] = NAN;
        if (uniform() < 0.05) rest[3 * B_ROWS] = -uniform();
        eta = 2 * row[0] - 1 + sin((double)many) + (few == 4 ? rest[B_ROWS] : 0) + rest[0] / 3;
        y[i] = uniform() < 1 / (1 + exp(-eta));
    }
}

static void trees_fit__exclusive_columns_bundled__same_bytes_in_less_room(void **state)
{
    (void)state;
    double *x = malloc(B_ROWS * B_COLUMNS * 8), *y = malloc(B_ROWS * 8);
    uint8_t *held = malloc(B_ROWS);
    make_sparse_rows(x, y);
    for (int i = 0; i < B_ROWS; i++) held[i] = i % 5 == 0;
    fore_view m = {x, B_ROWS, B_COLUMNS, B_ROWS, NULL};
    tree_bins bins, apart;
    assert_int_equal(tree_bins_make(NULL, &m, 255, true, &bins, NULL), FORE_OK);
    assert_int_equal(tree_bins_make(NULL, &m, 255, false, &apart, NULL), FORE_OK);
    assert_int_equal(apart.strips, B_COLUMNS);
    assert_true(bins.strips <= 8 && bins.total < apart.total);
    for (int64_t i = 0; i < B_ROWS; i++)
        for (int32_t j = 0; j < B_COLUMNS; j++)
            assert_int_equal(tree_code(&bins, j, i), tree_code(&apart, j, i));
    tree_bins_free(&bins);
    tree_bins_free(&apart);
    for (int share = 0; share < 2; share++) {
        fore_trees *trees[2] = {0};
        fore_trees_options o = fore_trees_default();
        o.rounds = 25;
        o.row_share = share ? 0.6 : 1;
        o.column_share = share ? 0.3 : 1;
        for (int b = 0; b < 2; b++) {
            fore_pool *pool = threads(1 + b);
            o.bundle = b;
            assert_int_equal(
                fore_trees_fit(pool, &m, y, NULL, held, &o, NULL, &trees[b], NULL, NULL), FORE_OK);
            fore_pool_free(pool);
        }
        assert_true(fore_trees_count(trees[0]) > 10 && same_trees(trees[0], trees[1]));
        fore_trees_free(trees[0]);
        fore_trees_free(trees[1]);
    }
    free(x);
    free(y);
    free(held);
}

static void trees_fit__held_rows__stop_early_and_keep_the_best(void **state)
{
    (void)state;
    leads d = leads_new(2000, 6, 0, 8);
    uint8_t held[2000];
    for (int i = 0; i < 2000; i++) held[i] = i % 4 == 0;
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees_info info;
    fore_trees *trees = NULL;
    o.rounds = 500;
    o.rate = 0.3;
    assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, held, &o, NULL, &trees, &info, NULL),
                     FORE_OK);
    assert_true(info.rounds > 0 && info.rounds < 200);
    assert_int_equal(fore_trees_count(trees), info.rounds);
    double *f = malloc(2000 * 8), loss = 0;
    assert_int_equal(fore_trees_predict(NULL, trees, &x, f, NULL), FORE_OK);
    for (int i = 0; i < 2000; i += 4) loss += log1p(exp(d.y[i] > 0 ? -f[i] : f[i])) / 500;
    NEAR(loss, info.held_loss, 1e-10); /* binned and raw values lead to the same leaves */
    free(f);
    fore_trees_free(trees);
    leads_free(&d);
}

static void trees_fit__weight_two__equals_the_rows_twice(void **state)
{
    (void)state;
    enum { M = 200 }; /* fewer values than bins: the same edges */
    leads d = leads_new(M, 3, 0, 6);
    double *x2 = malloc(2 * M * 3 * 8), *y2 = malloc(2 * M * 8), w[M];
    int64_t n2 = 0;
    for (int i = 0; i < M; i++) w[i] = 1 + i % 2;
    for (int i = 0; i < M; i++)
        for (int k = 0; k < 1 + i % 2; k++) {
            for (int j = 0; j < 3; j++) x2[n2 + j * 2 * M] = d.x[i + j * M];
            y2[n2++] = d.y[i];
        }
    fore_view a = {d.x, M, 3, M, NULL}, b = {x2, n2, 3, 2 * M, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *ta = NULL, *tb = NULL;
    o.rounds = 3;
    o.bins = 255;
    o.leaves = 4;
    o.l2 = 0; /* weights are scaled to mean 1, so a penalty would weigh differently */
    o.min_hessian = 5;
    assert_int_equal(fore_trees_fit(NULL, &a, d.y, w, NULL, &o, NULL, &ta, NULL, NULL), FORE_OK);
    o.min_hessian = 5 * 1.5;
    assert_int_equal(fore_trees_fit(NULL, &b, y2, NULL, NULL, &o, NULL, &tb, NULL, NULL), FORE_OK);
    assert_int_equal(ta->nodes, tb->nodes);
    for (int64_t k = 0; k < ta->nodes; k++) {
        assert_int_equal(ta->node[k].feature, tb->node[k].feature);
        NEAR(ta->node[k].value, tb->node[k].value,
             1e-7); /* gradients are kept in single precision */
    }
    fore_trees_free(ta);
    fore_trees_free(tb);
    free(x2);
    free(y2);
    leads_free(&d);
}

/* y rises with x0 on the whole and falls with x1, with bumps that invite a tree to say otherwise.
 */
static void trees_fit__monotone_columns__never_go_the_wrong_way(void **state)
{
    (void)state;
    enum { M = 4000 };
    double *x = malloc(3 * M * 8), *y = malloc(M * 8), free_worst = 0;
    int8_t direction[3] = {1, -1, 0};
    lcg = 99;
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < 3; j++) x[i + j * M] = 4 * uniform() - 2;
        double eta = x[i] + 0.8 * sin(6 * x[i]) - x[i + M] + sin(5 * x[i + M]) + x[i + 2 * M];
        y[i] = uniform() < 1 / (1 + exp(-eta));
    }
    fore_view m = {x, M, 3, M, NULL};
    for (int depth_wise = 0; depth_wise < 2; depth_wise++)
        for (int with = 1; with >= 0; with--) {
            fore_trees_options o = fore_trees_default();
            fore_trees *trees = NULL;
            o.rounds = 80;
            o.depth_wise = depth_wise;
            o.monotone = with ? direction : NULL;
            assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                             FORE_OK);
            for (int i = 0; i < 50; i++)
                for (int j = 0; j < 2; j++) {
                    double row[3] = {x[i], x[i + M], x[i + 2 * M]}, last = NAN;
                    for (double v = -2; v <= 2; v += 0.02) {
                        row[j] = v;
                        double f = fore_trees_row(trees, row, 1), step = (f - last) * direction[j];
                        if (with) assert_false(step < -1e-12);
                        if (!with && step < free_worst) free_worst = step;
                        last = f;
                    }
                }
            fore_trees_free(trees);
        }
    assert_true(free_worst < -0.05); /* without the directions it does go wrong */
    free(x);
    free(y);
}

static int64_t deepest(const tree_node *tree, int32_t at)
{
    if (tree[at].feature < 0) return 0;
    int64_t l = deepest(tree, tree[at].left), r = deepest(tree, tree[at].right);
    return 1 + (l > r ? l : r);
}

static void trees_fit__depth_wise__fills_levels_first(void **state)
{
    (void)state;
    leads d = leads_new(5000, 6, -1, 4);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *trees[2] = {0};
    o.rounds = 5;
    o.leaves = 16;
    o.depth = 12;
    o.min_hessian = 1e-3;
    for (int w = 0; w < 2; w++) {
        o.depth_wise = w;
        assert_int_equal(fore_trees_fit(NULL, &x, d.y, NULL, NULL, &o, NULL, &trees[w], NULL, NULL),
                         FORE_OK);
    }
    int64_t deep = 0;
    for (int64_t t = 0; t < 5; t++) {
        assert_int_equal(deepest(trees[1]->node + trees[1]->start[t], 0), 4);
        int64_t leaf_wise = deepest(trees[0]->node + trees[0]->start[t], 0);
        if (leaf_wise > deep) deep = leaf_wise;
    }
    assert_true(deep > 4);
    fore_trees_free(trees[0]);
    fore_trees_free(trees[1]);
    leads_free(&d);
}

/* One split on one 0/1 column has a closed form. */
static void trees_fit__one_stump__leaf_values_by_formula(void **state)
{
    (void)state;
    double x[100], y[100];
    for (int i = 0; i < 100; i++) {
        x[i] = i < 40;
        y[i] = i < 40 ? i < 30 : i < 52; /* 30 of 40, 12 of 60 */
    }
    fore_view m = {x, 100, 1, 100, NULL};
    double p = 0.42;
    for (int k = 0; k < 3; k++) {
        fore_trees_options o = fore_trees_default();
        fore_trees *trees = NULL;
        o.rounds = 1;
        o.rate = 1;
        o.l1 = k == 1 ? 2 : 0;
        o.l2 = k == 2 ? 5 : 0;
        assert_int_equal(fore_trees_fit(NULL, &m, y, NULL, NULL, &o, NULL, &trees, NULL, NULL),
                         FORE_OK);
        double g1 = 40 * p - 30, g0 = 60 * p - 12, h1 = 40 * p * (1 - p), h0 = 60 * p * (1 - p);
        double one = 1, zero = 0, base = log(p / (1 - p));
        NEAR(fore_trees_row(trees, &one, 1), base - (g1 + o.l1) / (h1 + o.l2), 1e-6);
        NEAR(fore_trees_row(trees, &zero, 1), base - (g0 - o.l1) / (h0 + o.l2), 1e-6);
        fore_trees_free(trees);
    }
}

static void trees_fit__going_on__equals_one_long_fit(void **state)
{
    (void)state;
    uint8_t held[3000];
    for (int i = 0; i < 3000; i++) held[i] = i % 7 == 0;
    leads d = leads_new(3000, 5, 0, 14), other = leads_new(50, 4, 0, 1);
    fore_view x = {d.x, d.n, d.p, d.n, NULL}, narrow = {other.x, 50, 4, 50, NULL};
    fore_trees_options o = fore_trees_default();
    fore_trees *whole = NULL, *first = NULL, *second = NULL, *none = NULL;
    for (int drawn = 0; drawn < 2; drawn++) { /* all rows and columns; some, and held-out rows */
        o.row_share = o.column_share = drawn ? 0.5 : 1;
        o.from = NULL;
        const uint8_t *out = drawn ? held : NULL;
        o.rounds = 30;
        assert_int_equal(fore_trees_fit(NULL, &x, d.y, d.w, out, &o, NULL, &whole, NULL, NULL),
                         FORE_OK);
        o.rounds = 12;
        assert_int_equal(fore_trees_fit(NULL, &x, d.y, d.w, out, &o, NULL, &first, NULL, NULL),
                         FORE_OK);
        o.rounds = 18;
        o.from = first;
        assert_int_equal(fore_trees_fit(NULL, &x, d.y, d.w, out, &o, NULL, &second, NULL, NULL),
                         FORE_OK);
        assert_true(fore_trees_count(second) > 12 && same_trees(whole, second));
        fore_trees_free(whole);
        fore_trees_free(second);
        if (!drawn) fore_trees_free(first);
    }
    assert_int_equal(
        fore_trees_fit(NULL, &narrow, other.y, NULL, NULL, &o, NULL, &none, NULL, NULL),
        FORE_E_ARGUMENT);
    fore_trees_free(first);
    leads_free(&d);
    leads_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_fit__same_rows__as_good_as_scikit_learn),
        cmocka_unit_test(trees_fit__one_two_and_three_threads__same_bytes),
        cmocka_unit_test(trees_fit__exclusive_columns_bundled__same_bytes_in_less_room),
        cmocka_unit_test(trees_fit__held_rows__stop_early_and_keep_the_best),
        cmocka_unit_test(trees_fit__weight_two__equals_the_rows_twice),
        cmocka_unit_test(trees_fit__monotone_columns__never_go_the_wrong_way),
        cmocka_unit_test(trees_fit__depth_wise__fills_levels_first),
        cmocka_unit_test(trees_fit__one_stump__leaf_values_by_formula),
        cmocka_unit_test(trees_fit__going_on__equals_one_long_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
