/* Classification measures against scikit-learn (ref_classify.py) and small cases worked by hand. */
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
#include "models/measure/classify.h"
#include "tests/measure/ref_classify.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.15g, want %.15g", got, want);
}

static void against(const double *w, const double *ref)
{
    fore_quality q;
    assert_int_equal(fore_quality_measure(ref_prob, ref_y, w, REF_N, &q, NULL), FORE_OK);
    near(q.auc, ref[0], 1e-12);
    near(q.log_loss, ref[1], 1e-12);
    near(q.brier, ref[2], 1e-12);
    near(q.slope, ref[3], 1e-6);
    near(q.intercept, ref[4], 1e-6);
    near(q.ks, ref[5], 1e-12);
}

static void quality__ties_and_weights__equals_scikit_learn(void **state)
{
    (void)state;
    against(NULL, ref_plain);
    against(ref_w, ref_weighted);
}

static void quality__shuffled_rows__same_figures(void **state)
{
    (void)state;
    double p[REF_N], y[REF_N], w[REF_N];
    int64_t order[REF_N];
    for (int64_t i = 0; i < REF_N; i++) order[i] = i;
    fore_random random = fore_random_new(5, 1);
    fore_random_shuffle(&random, order, REF_N);
    for (int64_t i = 0; i < REF_N; i++) {
        p[i] = ref_prob[order[i]];
        y[i] = ref_y[order[i]];
        w[i] = ref_w[order[i]];
    }
    fore_quality a, b;
    assert_int_equal(fore_quality_measure(ref_prob, ref_y, ref_w, REF_N, &a, NULL), FORE_OK);
    assert_int_equal(fore_quality_measure(p, y, w, REF_N, &b, NULL), FORE_OK);
    near(a.auc, b.auc, 1e-13);
    near(a.ece, b.ece, 1e-13);
    near(a.lift_top, b.lift_top, 1e-12);
    near(a.slope, b.slope, 1e-9);
}

static void quality__weight_two__equals_the_row_twice(void **state)
{
    (void)state;
    double p[6] = {.1, .4, .4, .8, .9, .9}, y[6] = {0, 1, 1, 1, 0, 0};
    double p1[4] = {.1, .4, .8, .9}, y1[4] = {0, 1, 1, 0}, w1[4] = {1, 2, 1, 2};
    fore_quality a, b;
    assert_int_equal(fore_quality_measure(p, y, NULL, 6, &a, NULL), FORE_OK);
    assert_int_equal(fore_quality_measure(p1, y1, w1, 4, &b, NULL), FORE_OK);
    near(a.auc, b.auc, 1e-14);
    near(a.log_loss, b.log_loss, 1e-14);
    near(a.brier, b.brier, 1e-14);
    near(a.ece, b.ece, 1e-14);
    near(a.lift_top, b.lift_top, 1e-14);
    near(a.ks, b.ks, 1e-14);
}

static void reliability__two_levels__counts_by_hand(void **state)
{
    (void)state;
    double p[8] = {.2, .2, .2, .2, .7, .7, .7, .7}, y[8] = {0, 0, 0, 1, 1, 1, 0, 0};
    fore_reliability table[10];
    int64_t count = 0;
    assert_int_equal(fore_reliability_table(p, y, NULL, 8, 10, table, &count, NULL), FORE_OK);
    assert_int_equal(count, 2);
    near(table[0].rate, 0.25, 1e-15);
    near(table[1].rate, 0.5, 1e-15);
    near(table[1].mean, 0.7, 1e-15);
    near(fore_ece(table, count), 0.5 * 0.05 + 0.5 * 0.2, 1e-15);
}

/* Outcomes drawn with the chances themselves are off by what chance alone is said to make. */
static void ece_chance__outcomes_drawn_from_the_chances__mean_error_is_met(void **state)
{
    (void)state;
    enum { ROWS = 1000, DRAWS = 200 };
    double p[ROWS], y[ROWS], mean = 0, said = 0;
    fore_quality q;
    for (int d = 0; d < DRAWS; d++) {
        fore_random random = fore_random_new(31, (uint64_t)d);
        for (int i = 0; i < ROWS; i++) {
            p[i] = 0.05 + 0.4 * fore_random_uniform(&random);
            y[i] = fore_random_uniform(&random) < p[i];
        }
        assert_int_equal(fore_quality_measure(p, y, NULL, ROWS, &q, NULL), FORE_OK);
        mean += q.ece / DRAWS;
        said += q.ece_chance / DRAWS;
    }
    near(mean / said, 1, 0.05);
}

static void reliability__distinct_probabilities__bins_hold_equal_mass(void **state)
{
    (void)state;
    double p[100], y[100];
    for (int i = 0; i < 100; i++) {
        p[i] = (i + 0.5) / 100;
        y[i] = i % 2;
    }
    fore_reliability table[10];
    int64_t count = 0;
    assert_int_equal(fore_reliability_table(p, y, NULL, 100, 10, table, &count, NULL), FORE_OK);
    assert_int_equal(count, 10);
    for (int b = 0; b < 10; b++) {
        near(table[b].weight, 10, 1e-12);
        near(table[b].low, (b * 10 + 0.5) / 100, 1e-15);
    }
}

static void lift__perfect_and_useless_scores__known_values(void **state)
{
    (void)state;
    double score[20], y[20], same[20], lift[FORE_LIFT_PARTS], precision;
    for (int i = 0; i < 20; i++) {
        score[i] = i;
        same[i] = 0.5;
        y[i] = i >= 16;
    }
    assert_int_equal(fore_lift(score, y, NULL, 20, lift, NULL), FORE_OK);
    near(lift[0], 5, 1e-12);
    near(lift[1], 5, 1e-12);
    near(lift[2], 0, 1e-12);
    assert_int_equal(fore_lift(same, y, NULL, 20, lift, NULL), FORE_OK);
    for (int k = 0; k < FORE_LIFT_PARTS; k++) near(lift[k], 1, 1e-12);
    assert_int_equal(fore_precision_at(score, y, 20, 5, &precision, NULL), FORE_OK);
    near(precision, 0.8, 1e-12);
    assert_int_equal(fore_precision_at(same, y, 20, 5, &precision, NULL), FORE_OK);
    near(precision, 0.2, 1e-12);
}

static void log_loss__certain_and_wrong__is_clipped(void **state)
{
    (void)state;
    double p[1] = {0}, y[1] = {1};
    near(fore_log_loss(p, y, NULL, 1), -log(1e-15), 1e-12);
}

static void quality__one_class_or_no_rows__nan_not_error(void **state)
{
    (void)state;
    double p[3] = {.2, .3, .4}, y[3] = {0, 0, 0};
    fore_quality q;
    assert_int_equal(fore_quality_measure(p, y, NULL, 3, &q, NULL), FORE_OK);
    assert_true(isnan(q.auc) && isnan(q.slope) && isnan(q.lift_top) && isnan(q.ks));
    assert_true(isfinite(q.log_loss) && isfinite(q.ece));
    assert_int_equal(fore_quality_measure(p, y, NULL, 0, &q, NULL), FORE_OK);
    assert_true(isnan(q.auc) && isnan(q.log_loss) && isnan(q.base_rate));
}

static void quality__nan_score_or_odd_outcome__names_the_row(void **state)
{
    (void)state;
    double p[2] = {.2, NAN}, y[2] = {0, 1}, odd[2] = {0.5, 1}, fine[2] = {.1, .2}, w[2] = {1, -1};
    fore_quality q;
    fore_error err = {0};
    assert_int_equal(fore_quality_measure(p, y, NULL, 2, &q, &err), FORE_E_DATA);
    assert_int_equal(err.line, 2);
    assert_int_equal(fore_quality_measure(fine, odd, NULL, 2, &q, &err), FORE_E_DATA);
    assert_int_equal(err.line, 1);
    assert_int_equal(fore_quality_measure(fine, y, w, 2, &q, &err), FORE_E_DATA);
    assert_int_equal(err.line, 2);
}

static void quality__allocation_failing__clean(void **state)
{
    (void)state;
    fore_quality q;
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 10; k++) {
        fore_memory_fail_at(k);
        status = fore_quality_measure(ref_prob, ref_y, NULL, REF_N, &q, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        assert_true(k > 1 || status == FORE_E_MEMORY);
    }
    assert_int_equal(status, FORE_OK);
}

/* Counting every pair of one stratum. */
static void auc_within__strata_of_different_rates__counts_pairs_of_one_stratum(void **state)
{
    (void)state;
    enum { M = 300 };
    double p[M], y[M], w[M], right = 0, pairs = 0, got, all;
    int64_t stratum[M];
    fore_random random = fore_random_new(11, 3);
    for (int i = 0; i < M; i++) {
        stratum[i] = i % 7 == 0 ? 99 : -(int64_t)(i % 5); /* not in order; the last has one class */
        double rate = stratum[i] == 99 ? 0 : 0.1 + 0.2 * (i % 5);
        y[i] = fore_random_uniform(&random) < rate;
        p[i] = floor(10 * (rate + 0.1 * fore_random_uniform(&random))) / 10; /* with ties */
        w[i] = 0.5 + (i % 3);
    }
    for (int i = 0; i < M; i++)
        for (int k = 0; k < M; k++) {
            if (stratum[i] != stratum[k] || !(y[i] > 0) || y[k] > 0) continue;
            pairs += w[i] * w[k];
            right += w[i] * w[k] * (p[i] > p[k] ? 1 : p[i] == p[k] ? 0.5 : 0);
        }
    assert_int_equal(fore_auc_within(p, y, w, stratum, M, &got, NULL), FORE_OK);
    near(got, right / pairs, 1e-12);
    assert_int_equal(fore_auc(p, y, w, M, &all, NULL), FORE_OK);
    assert_true(all > got + 0.1); /* here the score mostly tells the strata apart */
    for (int i = 0; i < M; i++) y[i] = stratum[i] == 99;
    assert_int_equal(fore_auc_within(p, y, NULL, stratum, M, &got, NULL), FORE_OK);
    assert_true(isnan(got));
    assert_int_equal(fore_auc_within(p, y, NULL, stratum, 0, &got, NULL), FORE_OK);
    assert_true(isnan(got));
    for (int k = 1; k < 4; k++) {
        int64_t live = fore_memory_live();
        fore_memory_fail_at(k);
        assert_int_equal(fore_auc_within(p, y, w, stratum, M, &got, NULL), FORE_E_MEMORY);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auc_within__strata_of_different_rates__counts_pairs_of_one_stratum),
        cmocka_unit_test(quality__ties_and_weights__equals_scikit_learn),
        cmocka_unit_test(quality__shuffled_rows__same_figures),
        cmocka_unit_test(quality__weight_two__equals_the_row_twice),
        cmocka_unit_test(reliability__two_levels__counts_by_hand),
        cmocka_unit_test(ece_chance__outcomes_drawn_from_the_chances__mean_error_is_met),
        cmocka_unit_test(reliability__distinct_probabilities__bins_hold_equal_mass),
        cmocka_unit_test(lift__perfect_and_useless_scores__known_values),
        cmocka_unit_test(log_loss__certain_and_wrong__is_clipped),
        cmocka_unit_test(quality__one_class_or_no_rows__nan_not_error),
        cmocka_unit_test(quality__nan_score_or_odd_outcome__names_the_row),
        cmocka_unit_test(quality__allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
