/* The Nystroem map: against scikit-learn's, and what a machine on many rows must keep. */
#include "tests/score/score_support.h"

#include "models/score/scorer.h"
#include "models/score/svm_inside.h"
#include "tests/score/ref_svm_map.h"

enum { MARKS = MAP_ROWS / MAP_STEP };

static void svm_map__reference__margins_to_six_digits(void **state)
{
    (void)state;
    int64_t mark[MARKS];
    for (int k = 0; k < MARKS; k++) mark[k] = k * MAP_STEP;
    fore_view x = {MAP_X, MAP_ROWS, 3, MAP_ROWS, NULL};
    fore_svm *svm = NULL;
    assert_int_equal(
        svm_map_on(NULL, &x, NULL, MAP_Y, MAP_W, mark, MARKS, MAP_GAMMA, MAP_COST, &svm, NULL),
        FORE_OK);
    assert_int_equal(svm->vectors, MARKS);
    for (int i = 0; i < MAP_ROWS; i++) {
        double z[3] = {MAP_X[i], MAP_X[i + MAP_ROWS], MAP_X[i + 2 * MAP_ROWS]};
        NEAR(fore_svm_row(svm, z), MAP_MARGIN[i], 1e-6);
    }
    fore_svm_free(svm);
}

static fore_scorer *map_scorer(const leads *d, fore_pool *pool)
{
    fore_sample sample = leads_sample(d);
    fore_scorer_options o = fore_scorer_default(FORE_SVM);
    fore_scorer *s = NULL;
    o.svm.rows = 1000;
    o.svm.map_rows = 3000;
    o.svm.landmarks = 64;
    assert_int_equal(fore_scorer_fit(pool, &sample, NULL, &o, NULL, &s, NULL), FORE_OK);
    return s;
}

static void svm_map__shuffled_threaded_saved__same_bytes(void **state)
{
    (void)state;
    leads d = leads_new(4000, 6, -1, 3), e = leads_shuffled(&d, 4);
    fore_pool *pool = threads(3);
    fore_scorer *a = map_scorer(&d, NULL), *b = map_scorer(&e, pool), *c = NULL;
    fore_text s = {0}, t = {0};
    assert_int_equal(fore_scorer_save(a, &s, NULL), FORE_OK);
    assert_int_equal(fore_scorer_save(b, &t, NULL), FORE_OK);
    assert_int_equal(s.length, t.length);
    assert_memory_equal(s.bytes, t.bytes, (size_t)s.length);
    assert_int_equal(fore_scorer_load(s.bytes, s.length, &c, NULL), FORE_OK);
    double *p = malloc(2 * 4000 * 8), *scratch = malloc((size_t)fore_scorer_scratch(a) * 8);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    assert_int_equal(fore_scorer_predict(pool, a, &x, p, NULL, NULL, NULL, NULL), FORE_OK);
    assert_int_equal(fore_scorer_predict(NULL, c, &x, p + 4000, NULL, NULL, NULL, NULL), FORE_OK);
    assert_memory_equal(p, p + 4000, 4000 * 8);
    for (int64_t i = 0; i < 4000; i += 100) {
        double raw[6], parts[6], base;
        fore_score one;
        for (int j = 0; j < 6; j++) raw[j] = d.x[i + j * d.n];
        assert_int_equal(fore_scorer_row(a, raw, scratch, &one, NULL), FORE_OK);
        NEAR(one.probability, p[i], 1e-9);
        assert_int_equal(fore_scorer_parts(a, raw, scratch, parts, &base, NULL), FORE_OK);
        for (int j = 0; j < 6; j++) base += parts[j];
        NEAR(base, one.margin, 1e-8);
    }
    free(p);
    free(scratch);
    fore_text_free(&s);
    fore_text_free(&t);
    fore_scorer_free(a);
    fore_scorer_free(b);
    fore_scorer_free(c);
    fore_pool_free(pool);
    leads_free(&d);
    leads_free(&e);
}

/* Nine in ten of the frequent outcome's rows are not drawn: the margins are those of all rows. */
static void svm_map__rows_drawn__margins_keep_the_level(void **state)
{
    (void)state;
    enum { N = 20000 };
    double *x = malloc(2 * N * 8), *y = malloc(N * 8), mean = 0, rate = 0;
    fore_random random = fore_random_new(9, 1);
    for (int i = 0; i < N; i++) {
        x[i] = fore_random_normal(&random);
        x[i + N] = fore_random_normal(&random);
        double eta = x[i] * x[i] - x[i + N] - 6;
        y[i] = fore_random_uniform(&random) < 1 / (1 + exp(-eta));
        rate += y[i] / N;
    }
    fore_view view = {x, N, 2, N, NULL};
    fore_svm_options o = fore_svm_default();
    o.rows = 1000;
    o.map_rows = 2000;
    o.landmarks = 100;
    fore_svm *svm = NULL;
    assert_int_equal(fore_svm_fit(NULL, &view, NULL, y, NULL, &o, &svm, NULL), FORE_OK);
    for (int i = 0; i < N; i++) {
        double z[2] = {x[i], x[i + N]};
        mean += 1 / (1 + exp(-fore_svm_row(svm, z))) / N;
    }
    assert_true(rate < 0.05);
    NEAR(mean, rate, 0.25 * rate); /* without the correction about four times the rate */
    free(x);
    free(y);
    fore_svm_free(svm);
}

/* A fold of 3,600 rows must not fall back on libsvm when all 4,500 rows take the map. */
static void svm_map__settled_options__parts_take_the_way_of_the_whole(void **state)
{
    (void)state;
    enum { N = 600 };
    double x[2 * N], y[N];
    fore_random random = fore_random_new(2, 2);
    for (int i = 0; i < N; i++) {
        x[i] = fore_random_normal(&random);
        x[i + N] = fore_random_normal(&random);
        y[i] = x[i] * x[i + N] > 0;
    }
    fore_view part = {x, 400, 2, N, NULL};
    fore_svm_options o = fore_svm_default();
    o.rows = 500;
    o.landmarks = 50;
    fore_svm_options many = fore_svm_settled(o, N), few = fore_svm_settled(o, 500);
    fore_svm *svm = NULL;
    assert_int_equal(fore_svm_fit(NULL, &part, NULL, y, NULL, &many, &svm, NULL), FORE_OK);
    assert_int_equal(svm->vectors, 50);
    fore_svm_free(svm);
    fore_view all = {x, N, 2, N, NULL};
    assert_int_equal(fore_svm_fit(NULL, &all, NULL, y, NULL, &few, &svm, NULL), FORE_OK);
    assert_true(svm->vectors > 50 && svm->vectors <= 500);
    fore_svm_free(svm);
}

static void svm_map__odd_input__refused_or_harmless(void **state)
{
    (void)state;
    double x[40], y[40];
    fore_view view = {x, 40, 1, 40, NULL};
    fore_svm_options o = fore_svm_default();
    fore_svm *svm = NULL;
    for (int i = 0; i < 40; i++) {
        x[i] = 3; /* one point: a kernel of rank 1 */
        y[i] = 0;
    }
    o.rows = 10;
    o.landmarks = 8;
    assert_int_equal(fore_svm_fit(NULL, &view, NULL, y, NULL, &o, &svm, NULL), FORE_E_NO_ANSWER);
    assert_null(svm);
    y[3] = 1;
    assert_int_equal(fore_svm_fit(NULL, &view, NULL, y, NULL, &o, &svm, NULL), FORE_OK);
    assert_true(isfinite(fore_svm_row(svm, x)));
    NEAR(fore_svm_row(svm, x), log(1.0 / 39), 0.2);
    fore_svm_free(svm);
    o.landmarks = 513;
    assert_int_equal(fore_svm_fit(NULL, &view, NULL, y, NULL, &o, &svm, NULL), FORE_E_ARGUMENT);
    o.landmarks = 100;
    o.map_rows = 50;
    assert_int_equal(fore_svm_fit(NULL, &view, NULL, y, NULL, &o, &svm, NULL), FORE_E_ARGUMENT);
}

static void svm_map__allocations_failing__clean(void **state)
{
    (void)state;
    double x[60], y[60];
    fore_view view = {x, 60, 1, 60, NULL};
    fore_svm_options o = fore_svm_default();
    o.rows = 10;
    o.landmarks = 12;
    for (int i = 0; i < 60; i++) {
        x[i] = i % 13 - 6.0;
        y[i] = i % 3 == 0;
    }
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 200; k++) {
        fore_svm *svm = NULL;
        fore_memory_fail_at(k);
        status = fore_svm_fit(NULL, &view, NULL, y, NULL, &o, &svm, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (svm != NULL));
        assert_true(k > 12 || status == FORE_E_MEMORY);
        fore_svm_free(svm);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(svm_map__reference__margins_to_six_digits),
        cmocka_unit_test(svm_map__shuffled_threaded_saved__same_bytes),
        cmocka_unit_test(svm_map__rows_drawn__margins_keep_the_level),
        cmocka_unit_test(svm_map__settled_options__parts_take_the_way_of_the_whole),
        cmocka_unit_test(svm_map__odd_input__refused_or_harmless),
        cmocka_unit_test(svm_map__allocations_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
