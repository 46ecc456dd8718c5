/* Calibration: Platt, isotonic against scikit-learn, intervals, limits. */
#include "tests/score/score_support.h"

#include "models/measure/classify.h"
#include "models/score/calibrate.h"
#include "tests/score/ref_calibrate.h"
#include "tests/score/ref_logit.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* margins whose true log-odds are `slope` x margin + `level` */
static void simulate(int64_t n, double slope, double level, double *margin, double *y)
{
    fore_random random = fore_random_new(3, (uint64_t)n);
    for (int64_t i = 0; i < n; i++) {
        margin[i] = 2 * fore_random_normal(&random);
        y[i] = fore_random_uniform(&random) < sigmoid(slope * margin[i] + level);
    }
}

static void pool_violators__random_outcomes__equals_scikit_learn(void **state)
{
    (void)state;
    double v[REF_ISO];
    memcpy(v, ref_iso_y, sizeof v);
    assert_int_equal(fore_pool_violators(v, ref_iso_w, REF_ISO, NULL), FORE_OK);
    for (int i = 0; i < REF_ISO; i++) NEAR(v[i], ref_iso_fit[i], 1e-12);
}

static void platt__known_distortion__is_undone(void **state)
{
    (void)state;
    enum { N = 20000 };
    double *m = malloc(N * 8), *y = malloc(N * 8);
    simulate(N, 0.5, -1, m, y);
    fore_calibration *c = NULL;
    assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 0, m, y, NULL, N, &c, NULL),
                     FORE_OK);
    NEAR(c->a, 0.5, 0.03);
    NEAR(c->b, -1, 0.05);
    double sum = 0, target = 0, positive = 0;
    for (int i = 0; i < N; i++) positive += y[i];
    for (int i = 0; i < N; i++) {
        sum += sigmoid(c->a * m[i] + c->b);
        target += y[i] > 0 ? (positive + 1) / (positive + 2) : 1 / (N - positive + 2);
    }
    NEAR(sum, target, 1e-4); /* the score equation of b */
    fore_calibration_free(c);
    free(m);
    free(y);
}

static void beta__bent_and_held_slopes__equals_scipy(void **state)
{
    (void)state;
    const double *y[2] = {ref_beta_bent, ref_beta_flat},
                 *want[2] = {ref_beta_bent_fit, ref_beta_flat_fit};
    for (int k = 0; k < 2; k++) {
        fore_calibration *c = NULL;
        assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_BETA, 1, ref_beta_margin, y[k],
                                              ref_beta_w, REF_BETA_N, &c, NULL),
                         FORE_OK);
        assert_int_equal(c->kind, FORE_CALIBRATE_BETA);
        for (int j = 0; j < 3; j++) NEAR(c->beta[j], want[k][j], 2e-5 * (1 + fabs(want[k][j])));
        if (k) NEAR(c->beta[0], 0.01 * c->a, 1e-12); /* held */
        fore_calibration_free(c);
    }
}

/* 0: straight, 1: bent at 0. */
static double shaped(int shape, double m)
{
    if (shape == 0) return sigmoid(0.7 * m - 1);
    return sigmoid(1.5 * log1p(exp(m)) - 0.4 * log1p(exp(-m)) - 1.5);
}

static void calibration__auto__kind_follows_the_number_and_the_shape_of_the_rows(void **state)
{
    (void)state;
    enum { N = 8000 };
    static const struct {
        int64_t n;
        int shape;
        fore_calibrator kind;
    } wanted[] = {{30, 0, FORE_CALIBRATE_IDENTITY}, {250, 1, FORE_CALIBRATE_PLATT},
                  {1500, 0, FORE_CALIBRATE_PLATT},  {1800, 1, FORE_CALIBRATE_BETA},
                  {N, 0, FORE_CALIBRATE_ISOTONIC},  {N, 1, FORE_CALIBRATE_ISOTONIC}};
    double *m = malloc(N * 8), *y = malloc(N * 8);
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        for (int64_t i = 0; i < wanted[k].n; i++) {
            fore_random random = fore_random_new(3, (uint64_t)i);
            m[i] = 2 * fore_random_normal(&random);
            y[i] = fore_random_uniform(&random) < shaped(wanted[k].shape, m[i]);
        }
        for (int least = 0; least < 2; least++) {
            fore_calibration *c = NULL;
            assert_int_equal(
                fore_calibration_fit(FORE_CALIBRATE_AUTO, least, m, y, NULL, wanted[k].n, &c, NULL),
                FORE_OK);
            bool line = least && wanted[k].kind == FORE_CALIBRATE_IDENTITY;
            assert_int_equal(c->kind, line ? FORE_CALIBRATE_PLATT : wanted[k].kind);
            fore_calibration_free(c);
        }
    }
    free(m);
    free(y);
}

static void calibrated__any_kind__rises_and_stays_inside_0_1(void **state)
{
    (void)state;
    enum { N = 5000 };
    double *m = malloc(N * 8), *y = malloc(N * 8);
    simulate(N, 1.5, -1, m, y);
    for (int kind = FORE_CALIBRATE_IDENTITY; kind <= FORE_CALIBRATE_BETA; kind++) {
        fore_calibration *c = NULL;
        assert_int_equal(fore_calibration_fit((fore_calibrator)kind, 0, m, y, NULL, N, &c, NULL),
                         FORE_OK);
        double before = 0;
        for (double at = -1e4; at <= 1e4; at += fabs(at) > 20 ? 100 : 0.05) {
            double lo, hi, p = fore_calibrated(c, at, 0.3, 1.645, &lo, &hi);
            assert_true(0 < lo && lo <= p && p <= hi && hi < 1 && p >= before);
            before = p;
        }
        fore_calibration_free(c);
    }
    free(m);
    free(y);
}

static void isotonic__bent_truth__better_than_platt(void **state)
{
    (void)state;
    enum { N = 20000 };
    double *m = malloc(N * 8), *y = malloc(N * 8), *p = malloc(N * 8), loss[2];
    fore_random random = fore_random_new(8, 8);
    for (int i = 0; i < N; i++) {
        m[i] = 3 * fore_random_normal(&random);
        y[i] = fore_random_uniform(&random) < (m[i] < 0 ? 0.1 : 0.6);
    }
    for (int k = 0; k < 2; k++) {
        fore_calibration *c = NULL;
        assert_int_equal(fore_calibration_fit(k ? FORE_CALIBRATE_ISOTONIC : FORE_CALIBRATE_PLATT, 0,
                                              m, y, NULL, N / 2, &c, NULL),
                         FORE_OK);
        for (int i = N / 2; i < N; i++) p[i] = fore_calibrated(c, m[i], 0, 0, NULL, NULL);
        loss[k] = fore_log_loss(p + N / 2, y + N / 2, NULL, N / 2);
        fore_calibration_free(c);
    }
    assert_true(loss[1] < loss[0] - 0.01);
    free(m);
    free(y);
    free(p);
}

/* The interval is about the probability, so over many bins it should hold the bin's true rate. */
static void interval__more_rows__narrower_and_holds_the_truth(void **state)
{
    (void)state;
    enum { N = 40000 };
    double *m = malloc(N * 8), *y = malloc(N * 8), width = 10;
    simulate(N, 1, -1.5, m, y);
    for (int64_t n = 60; n <= N; n *= 8) {
        fore_calibration *c = NULL;
        int inside = 0, all = 0;
        assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 1, m, y, NULL, n, &c, NULL),
                         FORE_OK);
        double lo, hi;
        for (double at = -3; at <= 3; at += 0.1, all++) {
            fore_calibrated(c, at, 0, 1.645, &lo, &hi);
            inside += lo <= sigmoid(at - 1.5) && sigmoid(at - 1.5) <= hi;
        }
        fore_calibrated(c, 0, 0, 1.645, &lo, &hi);
        double log_odds = log(hi / (1 - hi)) - log(lo / (1 - lo));
        assert_true(log_odds < width);
        width = log_odds;
        assert_true(inside >= 0.85 * all);
        fore_calibration_free(c);
    }
    free(m);
    free(y);
}

/* They say nothing about the outcome, but no two rows may be tied that the model tells apart. */
static void calibration__scores_that_point_backwards__keep_a_faint_order(void **state)
{
    (void)state;
    double m[400], y[400];
    for (int i = 0; i < 400; i++) {
        m[i] = i;
        y[i] = i < 100;
    }
    for (int kind = FORE_CALIBRATE_PLATT; kind <= FORE_CALIBRATE_BETA; kind++) {
        fore_calibration *c = NULL;
        assert_int_equal(fore_calibration_fit((fore_calibrator)kind, 1, m, y, NULL, 400, &c, NULL),
                         FORE_OK);
        assert_true(c->faint);
        double sum = 0, before = 0;
        for (int i = 0; i < 400; i++) {
            double p = fore_calibrated(c, m[i], 0, 0, NULL, NULL);
            assert_true(p > before);
            NEAR(p, 0.25, 0.02);
            before = p;
            sum += p / 400;
        }
        NEAR(sum, 0.25, 0.002);
        fore_calibration_free(c);
    }
}

static void calibration__damped_and_levelled__order_stays_and_the_mean_is_the_rate(void **state)
{
    (void)state;
    enum { N = 4000 };
    double *m = malloc(N * 8), *y = malloc(N * 8), *later = malloc(N * 8), *won = malloc(N * 8);
    simulate(N, 1, -1, m, y);
    simulate(N, 1, 0.7, later, won);
    for (int kind = FORE_CALIBRATE_IDENTITY; kind <= FORE_CALIBRATE_BETA; kind++) {
        fore_calibration *c = NULL;
        assert_int_equal(fore_calibration_fit((fore_calibrator)kind, 0, m, y, NULL, N, &c, NULL),
                         FORE_OK);
        double steep = fore_calibrated_logit(c, 1) - fore_calibrated_logit(c, -1), sum = 0,
               rate = 0, before = 0;
        fore_calibration_damp(c, 0.6);
        NEAR(fore_calibrated_logit(c, 1) - fore_calibrated_logit(c, -1), 0.6 * steep, 1e-12);
        fore_calibration_level(c, later, won, NULL, N);
        for (int i = 0; i < N; i++) {
            sum += fore_calibrated(c, later[i], 0, 0, NULL, NULL);
            rate += won[i];
        }
        NEAR(sum, N * (rate + 0.5) / (N + 1), 1e-6);
        for (double at = -3; at < 3; at += 0.01) {
            double p = fore_calibrated(c, at, 0, 0, NULL, NULL);
            assert_true(p > before);
            before = p;
        }
        fore_calibration_level(c, NULL, NULL, NULL, 0); /* no rows: nothing changes */
        NEAR(fore_calibrated(c, 2.99, 0, 0, NULL, NULL), before, 1e-3);
        fore_calibration_free(c);
    }
    free(m);
    free(y);
    free(later);
    free(won);
}

/* Rows at the limit of the curve: a new level moves them with all others, and is met all the same.
 */
static void level__margins_beyond_the_limit__is_met_and_moves_all_rows_one_way(void **state)
{
    (void)state;
    enum { N = 400 };
    double m[N], y[N], later[N];
    for (int i = 0; i < N; i++) {
        fore_random random = fore_random_new(4, (uint64_t)i);
        m[i] = 16.0 * (i + 0.5) / N - 8;
        y[i] = fore_random_uniform(&random) < sigmoid(2 * m[i]);
        later[i] = i % 20 == 0;
    }
    fore_calibration *c = NULL;
    assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 0, m, y, NULL, N, &c, NULL),
                     FORE_OK);
    double least = fore_calibrated(c, m[0], 0, 0, NULL, NULL), sum = 0;
    assert_true(c->a * m[0] + c->b < -c->limit);
    fore_calibration_level(c, m, later, NULL, N);
    for (int i = 0; i < N; i++) sum += fore_calibrated(c, m[i], 0, 0, NULL, NULL);
    NEAR(sum, N * 20.5 / (N + 1), 1e-6);
    assert_true(fore_calibrated(c, m[0], 0, 0, NULL, NULL) < least);
    for (int i = 0; i < N; i++) later[i] = i % 4 > 0;
    fore_calibration_level(c, m, later, NULL, N);
    assert_true(fore_calibrated(c, m[0], 0, 0, NULL, NULL) > least);
    fore_calibration_free(c);
}

/* The level that fits a slope best, by halving; the loss there. */
static double profile_loss(double a, const double *m, const double *y, int64_t n)
{
    double low = -20, high = 20, positives = 0, loss = 0;
    for (int64_t i = 0; i < n; i++) positives += y[i];
    double up = (positives + 1) / (positives + 2), down = 1 / ((double)n - positives + 2);
    for (int step = 0; step < 100; step++) {
        double b = 0.5 * (low + high), g = 0;
        for (int64_t i = 0; i < n; i++) g += sigmoid(a * m[i] + b) - (y[i] > 0 ? up : down);
        *(g > 0 ? &high : &low) = b;
    }
    for (int64_t i = 0; i < n; i++) {
        double f = a * m[i] + low;
        loss += log1p(exp(f)) - (y[i] > 0 ? up : down) * f;
    }
    return loss;
}

static void margin_slope__backward_scores__least_of_the_profile_and_its_curvature(void **state)
{
    (void)state;
    enum { N = 2000 };
    double m[N], y[N], slope, information;
    simulate(N, -0.7, -1, m, y);
    assert_int_equal(fore_margin_slope(m, y, NULL, N, &slope, &information, NULL), FORE_OK);
    NEAR(slope, -0.7, 4 / sqrt(information));
    double h = 1e-3, at = profile_loss(slope, m, y, N);
    double up = profile_loss(slope + h, m, y, N), down = profile_loss(slope - h, m, y, N);
    NEAR((up - down) / (2 * h), 0, 1e-3);
    NEAR((up - 2 * at + down) / (h * h), information, 1e-3 * information);
    for (int i = 0; i < N; i++) y[i] = 1; /* one class */
    assert_int_equal(fore_margin_slope(m, y, NULL, N, &slope, &information, NULL), FORE_OK);
    NEAR(slope, 0, 0);
    NEAR(information, 0, 0);
}

static void interval__spread_of_the_models__widens_its_bin_only(void **state)
{
    (void)state;
    enum { N = 4000 };
    double *m = malloc(N * 8), *y = malloc(N * 8), *variance = malloc(N * 8);
    fore_calibration *c = NULL;
    simulate(N, 1, 0, m, y);
    assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_PLATT, 1, m, y, NULL, N, &c, NULL),
                     FORE_OK);
    double lo[2], hi[2], wide_lo[2], wide_hi[2];
    for (int k = 0; k < 2; k++) fore_calibrated(c, k ? 2 : -2, 0, 1.645, &lo[k], &hi[k]);
    for (int i = 0; i < N; i++) variance[i] = m[i] > 0 ? 0.3 : 0;
    variance[7] = NAN; /* not measured */
    fore_calibration_spread(c, m, variance, N);
    for (int k = 0; k < 2; k++) fore_calibrated(c, k ? 2 : -2, 0, 1.645, &wide_lo[k], &wide_hi[k]);
    NEAR(wide_lo[0], lo[0], 0);
    NEAR(wide_hi[0], hi[0], 0);
    double sd = (log(hi[1] / (1 - hi[1])) - log(lo[1] / (1 - lo[1]))) / 2 / 1.645;
    double wide =
        (log(wide_hi[1] / (1 - wide_hi[1])) - log(wide_lo[1] / (1 - wide_lo[1]))) / 2 / 1.645;
    NEAR(wide * wide - sd * sd, 0.3 * c->a * c->a, 1e-9);
    fore_calibration_free(c);
    free(m);
    free(y);
    free(variance);
}

static void calibration__separated_one_class_or_no_rows__finite(void **state)
{
    (void)state;
    double m[200], y[200], ones[200];
    for (int i = 0; i < 200; i++) {
        m[i] = i < 100 ? -1 : 1;
        y[i] = i >= 100;
        ones[i] = 1;
    }
    for (int kind = FORE_CALIBRATE_AUTO; kind <= FORE_CALIBRATE_BETA; kind++)
        for (int k = 0; k < 3; k++) {
            fore_calibration *c = NULL;
            assert_int_equal(fore_calibration_fit((fore_calibrator)kind, 1, m, k == 1 ? ones : y,
                                                  NULL, k == 2 ? 0 : 200, &c, NULL),
                             FORE_OK);
            double lo, hi, p = fore_calibrated(c, 1, 0, 1.645, &lo, &hi);
            assert_true(0 < lo && lo <= p && p <= hi && hi < 1);
            if (k == 0 && kind != FORE_CALIBRATE_IDENTITY)
                assert_true(p > 0.95 && fore_calibrated(c, -1, 0, 0, NULL, NULL) < 0.05);
            fore_calibration_free(c);
        }
}

static void calibration__shift__moves_the_base_rate(void **state)
{
    (void)state;
    fore_calibration *c = NULL;
    assert_int_equal(fore_calibration_fit(FORE_CALIBRATE_AUTO, 0, NULL, NULL, NULL, 0, &c, NULL),
                     FORE_OK);
    fore_calibration_shift(c, 0.1, 0.2);
    NEAR(fore_calibrated(c, log(0.1 / 0.9), 0, 0, NULL, NULL), 0.2, 1e-12);
    fore_calibration_free(c);
}

static void calibration__json__reads_back_the_same(void **state)
{
    (void)state;
    enum { N = 4000 };
    double *m = malloc(N * 8), *y = malloc(N * 8);
    simulate(N, 1, 0, m, y);
    for (int kind = FORE_CALIBRATE_IDENTITY; kind <= FORE_CALIBRATE_BETA; kind++) {
        fore_calibration *c = NULL, *d = NULL;
        fore_text text = {0};
        fore_json *document = NULL;
        assert_int_equal(fore_calibration_fit((fore_calibrator)kind, 0, m, y, NULL, N, &c, NULL),
                         FORE_OK);
        fore_json_writer json = fore_json_to(&text);
        fore_calibration_write(c, &json, NULL);
        assert_int_equal(fore_json_parse(text.bytes, text.length, &document, NULL), FORE_OK);
        assert_int_equal(fore_calibration_read(fore_json_root(document), &d, NULL), FORE_OK);
        for (double at = -5; at < 5; at += 0.1) {
            double a[3], b[3];
            a[0] = fore_calibrated(c, at, 0.1, 1.645, &a[1], &a[2]);
            b[0] = fore_calibrated(d, at, 0.1, 1.645, &b[1], &b[2]);
            assert_memory_equal(a, b, sizeof a);
        }
        fore_json_free(document);
        fore_text_free(&text);
        fore_calibration_free(c);
        fore_calibration_free(d);
    }
    free(m);
    free(y);
}

static void calibration__every_allocation_failing__clean(void **state)
{
    (void)state;
    double m[400], y[400];
    simulate(400, 1, 0, m, y);
    int64_t live = fore_memory_live();
    for (int part = 0; part < 2; part++) {
        fore_status status = FORE_E_MEMORY;
        for (int64_t k = 1; status == FORE_E_MEMORY && k < 90; k++) {
            fore_calibration *c = NULL;
            fore_memory_fail_at(k);
            status = fore_calibration_fit(part ? FORE_CALIBRATE_AUTO : FORE_CALIBRATE_ISOTONIC, 0,
                                          m, y, NULL, part ? 400 : 50, &c, NULL);
            fore_memory_fail_at(0);
            assert_true((status == FORE_OK) == (c != NULL));
            assert_true(k > 5 || status == FORE_E_MEMORY);
            fore_calibration_free(c);
            assert_int_equal(fore_memory_live(), live);
        }
        assert_int_equal(status, FORE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_violators__random_outcomes__equals_scikit_learn),
        cmocka_unit_test(platt__known_distortion__is_undone),
        cmocka_unit_test(beta__bent_and_held_slopes__equals_scipy),
        cmocka_unit_test(calibration__auto__kind_follows_the_number_and_the_shape_of_the_rows),
        cmocka_unit_test(calibrated__any_kind__rises_and_stays_inside_0_1),
        cmocka_unit_test(isotonic__bent_truth__better_than_platt),
        cmocka_unit_test(interval__more_rows__narrower_and_holds_the_truth),
        cmocka_unit_test(calibration__scores_that_point_backwards__keep_a_faint_order),
        cmocka_unit_test(calibration__damped_and_levelled__order_stays_and_the_mean_is_the_rate),
        cmocka_unit_test(level__margins_beyond_the_limit__is_met_and_moves_all_rows_one_way),
        cmocka_unit_test(margin_slope__backward_scores__least_of_the_profile_and_its_curvature),
        cmocka_unit_test(interval__spread_of_the_models__widens_its_bin_only),
        cmocka_unit_test(calibration__separated_one_class_or_no_rows__finite),
        cmocka_unit_test(calibration__shift__moves_the_base_rate),
        cmocka_unit_test(calibration__json__reads_back_the_same),
        cmocka_unit_test(calibration__every_allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
