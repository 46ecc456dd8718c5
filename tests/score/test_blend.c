/* blend.h: weights found where the best ones are known; packed trees (trees.h). */
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
#include "models/score/blend.h"

enum { ROWS = 2000, POINTS = 3, MEMBERS = 3 };

/* Member 0 errs little where x0 < 0, member 1 where x0 >= 0, member 2 never little. */
typedef struct data {
    double x[2 * ROWS], actual[ROWS * POINTS], cost[ROWS * POINTS];
    double forecast[ROWS * POINTS * MEMBERS];
    int64_t start[ROWS + 1];
} data;

static data *make(void)
{
    data *d = malloc(sizeof *d);
    for (int64_t i = 0; i < ROWS; i++) {
        fore_random r = fore_random_new(11, (uint64_t)i);
        d->x[i] = fore_random_normal(&r);
        d->x[ROWS + i] = fore_random_normal(&r);
        d->start[i] = i * POINTS;
        for (int64_t t = i * POINTS; t < (i + 1) * POINTS; t++) {
            d->actual[t] = fore_random_normal(&r);
            d->cost[t] = 1.0 / POINTS;
            for (int k = 0; k < MEMBERS; k++) {
                double sd = k == 2 ? 3 : (k == 0) == (d->x[i] < 0) ? 0.1 : 2;
                d->forecast[t * MEMBERS + k] = d->actual[t] + sd * fore_random_normal(&r);
            }
        }
    }
    d->start[ROWS] = ROWS * POINTS;
    return d;
}

static fore_blend_rows rows_of(const data *d)
{
    return (fore_blend_rows){.x = {d->x, ROWS, 2, ROWS, NULL},
                             .members = MEMBERS,
                             .start = d->start,
                             .actual = d->actual,
                             .cost = d->cost,
                             .forecast = d->forecast};
}

static void weights_at(fore_trees **trees, double x0, double *w)
{
    double row[2] = {x0, 0};
    for (int k = 0; k < MEMBERS; k++) w[k] = fore_trees_row(trees[k], row, 1);
    fore_blend_weights(NULL, MEMBERS, w);
}

static void free_all(fore_trees **trees)
{
    for (int k = 0; k < MEMBERS; k++) fore_trees_free(trees[k]);
}

static void blend__who_is_right_depends_on_a_column__weights_follow(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_blend_options o = fore_blend_default();
    fore_trees *trees[MEMBERS];
    double w[MEMBERS], before, after;
    (void)state;
    o.trees.column_share = 1;
    o.trees.rounds = 0;
    assert_int_equal(fore_blend_fit(NULL, &rows, &o, NULL, trees, &before, NULL), FORE_OK);
    weights_at(trees, -1, w);
    assert_true(w[2] < 0.1); /* the best that does not look at x: any mixture of the others */ /* the best that does not look at x */
    free_all(trees);
    o.trees.rounds = 200;
    assert_int_equal(fore_blend_fit(NULL, &rows, &o, NULL, trees, &after, NULL), FORE_OK);
    weights_at(trees, -1, w);
    assert_true(w[0] > 0.85 && w[2] < 0.05);
    weights_at(trees, 1, w);
    assert_true(w[1] > 0.85 && w[2] < 0.05);
    assert_true(after < 0.35 * before);
    free_all(trees);
    free(d);
}

static void blend__member_missing__the_others_share(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_trees *trees[MEMBERS];
    double w[MEMBERS] = {5, 1, 1};
    bool present[MEMBERS] = {false, true, true};
    (void)state;
    for (int64_t i = 0; i < ROWS; i += 2) d->forecast[d->start[i] * MEMBERS] = NAN;
    assert_int_equal(fore_blend_fit(NULL, &rows, NULL, NULL, trees, NULL, NULL), FORE_OK);
    fore_blend_weights(present, MEMBERS, w);
    assert_true(w[0] == 0 && w[1] == 0.5 && w[2] == 0.5);
    free_all(trees);
    free(d);
}

static void blend__prior_and_keep__base_and_part_of_the_trees(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_blend_options o = fore_blend_default();
    static const double prior[MEMBERS] = {0.25, -1, 2};
    fore_trees *full[MEMBERS], *half[MEMBERS], *more[MEMBERS];
    double row[2] = {0.3, -0.2}, loss;
    (void)state;
    o.prior = prior;
    assert_int_equal(fore_blend_fit(NULL, &rows, &o, NULL, full, NULL, NULL), FORE_OK);
    o.keep = 0.5;
    assert_int_equal(fore_blend_fit(NULL, &rows, &o, NULL, half, NULL, NULL), FORE_OK);
    for (int k = 0; k < MEMBERS; k++) {
        double all = fore_trees_row(full[k], row, 1) - prior[k];
        assert_true(fabs(fore_trees_row(half[k], row, 1) - prior[k] - all / 2) < 1e-12);
    }
    o = fore_blend_default();
    o.from = (const fore_trees *const *)half;
    o.trees.rounds = 10;
    assert_int_equal(fore_blend_fit(NULL, &rows, &o, NULL, more, &loss, NULL), FORE_OK);
    for (int k = 0; k < MEMBERS; k++)
        assert_int_equal(fore_trees_count(more[k]), fore_trees_count(half[k]) + 10);
    free_all(full);
    free_all(half);
    free_all(more);
    free(d);
}

static void blend__one_or_three_threads__same_bytes(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_text bytes[2] = {{0}, {0}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        fore_pool *pool;
        fore_trees *trees[MEMBERS];
        assert_int_equal(fore_pool_new(i ? 3 : 1, &pool, NULL), FORE_OK);
        assert_int_equal(fore_blend_fit(pool, &rows, NULL, NULL, trees, NULL, NULL), FORE_OK);
        for (int k = 0; k < MEMBERS; k++)
            assert_int_equal(fore_trees_pack(trees[k], &bytes[i], NULL), FORE_OK);
        free_all(trees);
        fore_pool_free(pool);
    }
    assert_int_equal(bytes[0].length, bytes[1].length);
    assert_memory_equal(bytes[0].bytes, bytes[1].bytes, (size_t)bytes[0].length);
    fore_text_free(&bytes[0]);
    fore_text_free(&bytes[1]);
    free(d);
}

static void trees_pack__and_back__the_same_margins(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_trees *trees[MEMBERS], *back;
    fore_text bytes = {0};
    int64_t used;
    (void)state;
    assert_int_equal(fore_blend_fit(NULL, &rows, NULL, NULL, trees, NULL, NULL), FORE_OK);
    assert_int_equal(fore_trees_pack(trees[0], &bytes, NULL), FORE_OK);
    const uint8_t *packed = (const uint8_t *)bytes.bytes;
    assert_int_equal(fore_trees_unpack(packed, bytes.length, 2, &used, &back, NULL), FORE_OK);
    assert_int_equal(used, bytes.length);
    for (int64_t i = 0; i < ROWS; i++) {
        double row[2] = {d->x[i], i % 5 ? d->x[ROWS + i] : NAN};
        assert_true(fabs(fore_trees_row(back, row, 1) - fore_trees_row(trees[0], row, 1)) < 1e-5);
    }
    fore_trees_free(back);
    for (int64_t cut = 0; cut < bytes.length; cut += cut < 40 ? 1 : 97) {
        assert_int_equal(fore_trees_unpack(packed, cut, 2, &used, &back, NULL), FORE_E_MODEL);
        assert_null(back);
    }
    assert_int_equal(fore_trees_unpack(packed, bytes.length, 1, &used, &back, NULL), FORE_E_MODEL);
    fore_text_free(&bytes);
    free_all(trees);
    free(d);
}

static void blend__wrong_questions__refused(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_trees *trees[FORE_BLEND_MEMBERS];
    (void)state;
    rows.members = 1;
    assert_int_equal(fore_blend_fit(NULL, &rows, NULL, NULL, trees, NULL, NULL), FORE_E_ARGUMENT);
    rows.members = MEMBERS;
    rows.x.rows = 0;
    assert_int_equal(fore_blend_fit(NULL, &rows, NULL, NULL, trees, NULL, NULL), FORE_E_DATA);
    free(d);
}

static void blend__memory_fails__clean(void **state)
{
    data *d = make();
    fore_blend_rows rows = rows_of(d);
    fore_blend_options o = fore_blend_default();
    fore_trees *trees[MEMBERS];
    (void)state;
    rows.x.rows = 60;
    o.trees.rounds = 2;
    for (int64_t k = 1;; k++) {
        int64_t live = fore_memory_live();
        fore_memory_fail_at(k);
        fore_status status = fore_blend_fit(NULL, &rows, &o, NULL, trees, NULL, NULL);
        fore_memory_fail_at(0);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        assert_int_equal(fore_memory_live(), live);
    }
    free_all(trees);
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blend__who_is_right_depends_on_a_column__weights_follow),
        cmocka_unit_test(blend__member_missing__the_others_share),
        cmocka_unit_test(blend__prior_and_keep__base_and_part_of_the_trees),
        cmocka_unit_test(blend__one_or_three_threads__same_bytes),
        cmocka_unit_test(trees_pack__and_back__the_same_margins),
        cmocka_unit_test(blend__wrong_questions__refused),
        cmocka_unit_test(blend__memory_fails__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
