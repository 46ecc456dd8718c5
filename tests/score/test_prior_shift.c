/* Base rates read from scores: against EM, the truth under label shift, refused under other drifts.
 */
#include "tests/score/score_support.h"

#include "models/score/prior_shift.h"
#include "tests/score/ref_shift.h"


static void prior_share__moved_batch__equals_em(void **state)
{
    (void)state;
    double share, error, up, down, h = 1e-4;
    for (int k = 0; k < 2; k++) {
        fore_prior_share(ref_shift_p, k ? ref_shift_w : NULL, REF_SHIFT_N, ref_shift_base, &share,
                         &error);
        NEAR(share, ref_shift_answer[k], 1e-9);
    }
    double w[REF_SHIFT_N]; /* twice the rows: the same share, known sqrt(2) times better */
    for (int i = 0; i < REF_SHIFT_N; i++) w[i] = 2 * ref_shift_w[i];
    fore_prior_share(ref_shift_p, w, REF_SHIFT_N, ref_shift_base, &up, &down);
    NEAR(up, share, 1e-12);
    NEAR(down, error / sqrt(2), 1e-12);
    assert_true(error > h && error < 0.2);
}

static void prior_share__no_rows_or_certain_ones__stays_inside_0_1(void **state)
{
    (void)state;
    double share, error, high[50], low[50];
    for (int i = 0; i < 50; i++) high[i] = 0.9 + 0.001 * i, low[i] = 0.01;
    fore_prior_share(NULL, NULL, 0, 0.3, &share, &error);
    NEAR(share, 0.3, 1e-12);
    assert_true(isinf(error));
    fore_prior_share(high, NULL, 50, 0.3, &share, &error);
    assert_true(share > 0.999 && share < 1);
    fore_prior_share(low, NULL, 50, 0.3, &share, &error);
    assert_true(share < 0.001 && share > 0);
}

static void shift__given_counts__equals_numpy(void **state)
{
    (void)state;
    fore_calibration c = {.bins = REF_SHIFT_BINS, .base_rate = 0.2};
    double margin[1000];
    int64_t n = 0;
    for (int b = 0; b < REF_SHIFT_BINS; b++) {
        c.won[b] = ref_shift_won[b];
        c.lost[b] = ref_shift_lost[b];
        c.edge[b] = b;
        for (int i = 0; i < ref_shift_seen[b]; i++) margin[n++] = b - 0.5;
    }
    fore_prior_shift s = fore_prior_shift_find(&c, margin, n);
    assert_true(s.known);
    NEAR(s.share, ref_shift_answer[2], 1e-6);
    NEAR(s.chi2, ref_shift_answer[3], 1e-4);
    NEAR(s.p_value, ref_shift_answer[4], 1e-6);
}

/* n rows, `rate` of them won, whose margins lie apart by `distance`; lost ones moved by `drift`. */
static void draw(int64_t n, double rate, double distance, double drift, uint64_t seed,
                 double *margin, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        fore_random r = fore_random_new(seed, (uint64_t)i);
        y[i] = fore_random_uniform(&r) < rate;
        margin[i] = (y[i] > 0 ? distance : -distance - drift) / 2 + fore_random_normal(&r);
    }
}

static void shift__label_shift__found_and_corrected__other_drifts_refused(void **state)
{
    (void)state;
    enum { N = 3000, BATCH = 1500, TIMES = 40 };
    double *m = malloc(N * 8), *y = malloc(N * 8), near = 0, errors = 0;
    int held = 0, found = 0, refused = 0, covered = 0;
    for (int t = 0; t < TIMES; t++) {
        fore_calibration *c = NULL;
        draw(N, 0.1, 1.5, 0, 2 * (uint64_t)t + 1, m, y);
        assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 1, m, y, NULL, N, &c, NULL),
                         FORE_OK);
        draw(BATCH, 0.3, 1.5, 0, 2 * (uint64_t)t + 2, m, y);
        fore_prior_shift s = fore_prior_shift_find(c, m, BATCH);
        double won = 0, said = 0;
        for (int i = 0; i < BATCH; i++) won += y[i];
        held += s.holds;
        found += s.moved;
        near += fabs(s.share - won / BATCH) / TIMES;
        errors += s.error / TIMES;
        covered += fabs(s.share - 0.3) < 2 * s.error;
        fore_calibration_shift(c, s.from, s.share);
        for (int i = 0; i < BATCH; i++) said += fore_calibrated(c, m[i], 0, 0, NULL, NULL);
        NEAR(said / BATCH, won / BATCH, 0.12);
        fore_calibration_free(c);
        draw(N, 0.1, 1.5, 0, 2 * (uint64_t)t + 1, m, y);
        assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 1, m, y, NULL, N, &c, NULL),
                         FORE_OK);
        draw(BATCH, 0.1, 1.5, 1.5, 2 * (uint64_t)t + 2, m, y); /* the lost look otherwise */
        refused += !fore_prior_shift_find(c, m, BATCH).holds;
        fore_calibration_free(c);
    }
    print_message("label shift from 10 to 30 %%: held %d of %d, found %d, off by %.3f (error said "
                  "%.3f), within two of them %d; another drift refused %d\n",
                  held, TIMES, found, near, errors, covered, refused);
    assert_true(held >= 0.9 * TIMES && found >= 0.9 * TIMES && refused >= 0.9 * TIMES);
    assert_true(near < 0.05 && covered >= 0.8 * TIMES);
    free(m);
    free(y);
}

static void shift__few_bins_no_rows_or_old_model__not_known(void **state)
{
    (void)state;
    double m[40], y[40];
    draw(40, 0.5, 1, 0, 5, m, y);
    fore_calibration *c = NULL, old = {.bins = 5};
    assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 1, m, y, NULL, 40, &c, NULL),
                     FORE_OK);
    assert_false(fore_prior_shift_find(c, m, 40).known);
    assert_false(fore_prior_shift_find(&old, m, 40).known);
    old.base_rate = 0.5;
    assert_false(fore_prior_shift_find(&old, m, 0).known);
    assert_false(fore_prior_shift_find(&old, m, 0).holds);
    fore_calibration_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prior_share__moved_batch__equals_em),
        cmocka_unit_test(prior_share__no_rows_or_certain_ones__stays_inside_0_1),
        cmocka_unit_test(shift__given_counts__equals_numpy),
        cmocka_unit_test(shift__label_shift__found_and_corrected__other_drifts_refused),
        cmocka_unit_test(shift__few_bins_no_rows_or_old_model__not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
