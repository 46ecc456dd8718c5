/* Following level and slope: against scipy, drifts that are there and not, order, limits. */
#include "tests/score/score_support.h"

#include "models/measure/classify.h"
#include "models/score/follow.h"
#include "tests/score/ref_follow.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

enum { N = 8000, BLOCK = 40 };
typedef struct rows {
    double f[N], y[N], truth[N];
    int64_t block[N];
} rows;

/* The level moves by `drift` along a sine over the rows, the slope falls to `last`. */
static rows *simulate(double drift, double last)
{
    rows *r = malloc(sizeof *r);
    for (int64_t i = 0; i < N; i++) {
        fore_random random = fore_random_new(9, (uint64_t)i);
        double t = (double)i / N, slope = 1 + (last - 1) * t;
        r->f[i] = -1 + fore_random_normal(&random);
        r->truth[i] = sigmoid(-1 + drift * sin(9 * t) + slope * (r->f[i] + 1));
        r->y[i] = fore_random_uniform(&random) < r->truth[i];
        r->block[i] = i / BLOCK;
    }
    return r;
}

static void follow__random_rows__equals_scipy(void **state)
{
    (void)state;
    double said[REF_FOLLOW_N];
    fore_follower s = fore_follower_new(ref_follow_pivot);
    fore_follow(&s, ref_follow_f, ref_follow_y, ref_follow_w, ref_follow_block, REF_FOLLOW_N, said);
    for (int i = 0; i < REF_FOLLOW_N; i++) NEAR(said[i], ref_follow_said[i], 1e-6);
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) {
        const fore_follow_walk *v = &s.walk[k];
        const double *want = ref_follow_end + 6 * k;
        NEAR(v->level, want[0], 1e-6);
        NEAR(v->slope, want[1], 1e-6);
        for (int i = 0; i < 3; i++) NEAR(v->covariance[i], want[2 + i], 1e-6);
        NEAR(v->weight, want[5], 1e-5);
    }
}

static double distance(const double *p, const rows *r, int64_t from)
{
    double sum = 0;
    for (int64_t i = from; i < N; i++) sum += fabs(p[i] - r->truth[i]);
    return sum / (double)(N - from);
}

static double ece(const double *p, const double *y, int64_t n)
{
    fore_quality q;
    assert_int_equal(fore_quality_measure(p, y, NULL, n, &q, NULL), FORE_OK);
    return q.ece;
}

static void follow__drifting_level_and_slope__stays_near_the_truth(void **state)
{
    (void)state;
    rows *r = simulate(1.5, 0.5);
    double *p = malloc(sizeof r->f), *said = malloc(sizeof r->f);
    fore_follower s = fore_follower_new(-1);
    fore_follow(&s, r->f, r->y, NULL, r->block, N, p);
    for (int i = 0; i < N; i++) said[i] = sigmoid(r->f[i]);
    double was = distance(said, r, N / 2), is = distance(p, r, N / 2);
    print_message("mean distance from the true chances: %.3f, followed %.3f\n", was, is);
    assert_true(is < was / 3);
    assert_true(ece(p + N / 2, r->y + N / 2, N / 2) < 0.02);
    free(p);
    free(said);
    free(r);
}

static void follow__no_drift__loses_next_to_nothing(void **state)
{
    (void)state;
    rows *r = simulate(0, 1);
    double *p = malloc(sizeof r->f), *said = malloc(sizeof r->f);
    fore_follower s = fore_follower_new(-1);
    fore_follow(&s, r->f, r->y, NULL, r->block, N, p);
    for (int i = 0; i < N; i++) said[i] = sigmoid(r->f[i]);
    double lost = N * (fore_log_loss(p, r->y, NULL, N) - fore_log_loss(said, r->y, NULL, N));
    print_message("log-likelihood lost over %d rows without a drift: %.2f\n", N, lost);
    assert_true(lost < 2 * log(N));
    NEAR(s.walk[0].level, 0, 4 * sqrt(s.walk[0].covariance[0]));
    NEAR(s.walk[0].slope, 1, 4 * sqrt(s.walk[0].covariance[2]));
    assert_true(s.walk[0].covariance[0] < 3.0 / (0.2 * N));
    assert_true(s.walk[4].weight < s.walk[0].weight - 5);
    free(p);
    free(said);
    free(r);
}

static void follow__an_outcome__changes_no_row_of_its_block_or_before(void **state)
{
    (void)state;
    rows *r = simulate(1, 1);
    double a[400], b[400];
    for (int k = 0; k < 2; k++) {
        fore_follower s = fore_follower_new(-1);
        fore_follow(&s, r->f, r->y, NULL, r->block, 400, k ? b : a);
        r->y[205] = 1 - r->y[205]; /* in the block 200 .. 239 */
    }
    assert_memory_equal(a, b, 240 * sizeof *a);
    for (int i = 240; i < 280; i++) assert_true(a[i] != b[i]);
    free(r);
}

static void follow__unknown_outcomes__are_answered_and_only_widen(void **state)
{
    (void)state;
    rows *r = simulate(0, 1);
    double p[BLOCK], unknown[BLOCK];
    fore_follower s = fore_follower_new(-1);
    fore_follow(&s, r->f, r->y, NULL, r->block, 10 * BLOCK, NULL);
    fore_follower before = s;
    for (int i = 0; i < BLOCK; i++) unknown[i] = NAN;
    fore_follow(&s, r->f, unknown, NULL, r->block, BLOCK, p);
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) {
        const fore_follow_walk *is = &s.walk[k], *was = &before.walk[k];
        NEAR(is->level, was->level, 1e-12);
        NEAR(is->slope, was->slope, 1e-12);
        NEAR(is->covariance[0] - was->covariance[0], BLOCK * fore_follow_steps[k], 1e-9);
        NEAR(is->covariance[2] - was->covariance[2], BLOCK * fore_follow_steps[k] / 10, 1e-9);
    }
    for (int i = 0; i < BLOCK; i++) assert_true(p[i] > 0 && p[i] < 1);
    free(r);
}

static void follow__outcomes_backwards__the_order_stays(void **state)
{
    (void)state;
    double f[2000], y[2000];
    int64_t block[2000];
    for (int i = 0; i < 2000; i++) {
        f[i] = (double)(i * 37 % 200) / 50 - 2;
        y[i] = f[i] < 0;
        block[i] = i / 10;
    }
    fore_follower s = fore_follower_new(0);
    fore_follow(&s, f, y, NULL, block, 2000, NULL);
    assert_true(s.walk[4].slope < 0 && fore_followed(&s, 1) > fore_followed(&s, -1));
    assert_true(fore_followed(&s, 1e6) < 1 && fore_followed(&s, -1e6) > 0);
}

static void follow__nothing_known__as_the_model_said(void **state)
{
    (void)state;
    fore_follower s = fore_follower_new(-2);
    fore_follow(&s, NULL, NULL, NULL, NULL, 0, NULL);
    for (double f = -5; f < 5; f += 0.5) NEAR(fore_followed(&s, f), sigmoid(f), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follow__random_rows__equals_scipy),
        cmocka_unit_test(follow__drifting_level_and_slope__stays_near_the_truth),
        cmocka_unit_test(follow__no_drift__loses_next_to_nothing),
        cmocka_unit_test(follow__an_outcome__changes_no_row_of_its_block_or_before),
        cmocka_unit_test(follow__unknown_outcomes__are_answered_and_only_widen),
        cmocka_unit_test(follow__outcomes_backwards__the_order_stays),
        cmocka_unit_test(follow__nothing_known__as_the_model_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
