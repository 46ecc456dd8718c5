/* Weights of forecasts from what they said: constrained regression against known answers. */
#include "engine/jobs/forecast_weights.h"

#include <math.h>

#include "engine/base/random.h"
#include "jobs_world.h"

enum { N = 400, M = 3 };
static const double even[M] = {1, 1, 1};

typedef struct sample {
    double said[N * M], actual[N], counts[N];
    fore_weights_past past;
} sample;

/* The truth varies about 100; forecast m misses by its own noise and by one that all share. */
static void draw(sample *s, const double noise[M], double shared)
{
    s->past = (fore_weights_past){N, M, s->said, s->actual, s->counts, NULL};
    for (int i = 0; i < N; i++) {
        fore_random r = fore_random_new(7, (uint64_t)i);
        s->actual[i] = 100 + 10 * fore_random_normal(&r);
        double common = shared * fore_random_normal(&r);
        s->counts[i] = 1;
        for (int m = 0; m < M; m++)
            s->said[i * M + m] = s->actual[i] + common + noise[m] * fore_random_normal(&r);
    }
}

static void check_sums_to_one(const double *w)
{
    double sum = 0;
    for (int m = 0; m < M; m++) {
        assert_true(w[m] >= 0);
        sum += w[m];
    }
    assert_true(fabs(sum - 1) < 1e-12);
}

static void weights__own_noise_only__go_by_its_inverse_square(void **state)
{
    static sample s;
    double w[M];
    (void)state;
    draw(&s, (double[]){2, 4, 4}, 0); /* 1/4 : 1/16 : 1/16 */
    OK(fore_weights_learn(&s.past, even, 1e-3, w, e));
    check_sums_to_one(w);
    assert_true(fabs(w[0] - 2.0 / 3) < 0.05 && fabs(w[1] - 1.0 / 6) < 0.05);
}

/* The best weights are 0.95, 0.03, 0.03, known from 400 occasions to 0.12; weights by each one's
 * own misses would be 0.37, 0.32, 0.32: the shared miss hides the difference. */
static void weights__shared_misses__do_not_hide_the_better_one(void **state)
{
    static sample s;
    double w[M];
    (void)state;
    draw(&s, (double[]){1, 6, 6}, 15);
    OK(fore_weights_learn(&s.past, even, 1e-3, w, e));
    check_sums_to_one(w);
    assert_true(w[0] > 0.7);
}

static void weights__nothing_seen__are_the_prior(void **state)
{
    static sample s;
    double w[M], prior[M] = {3, 1, 0};
    (void)state;
    draw(&s, (double[]){1, 1, 1}, 1);
    s.past.rows = 0;
    OK(fore_weights_learn(&s.past, prior, 8, w, e));
    assert_true(w[0] == 0.75 && w[1] == 0.25 && w[2] == 0);
}

static void weights__strength__moves_from_the_best_to_the_prior(void **state)
{
    static sample s;
    double w[M], last = 1;
    (void)state;
    draw(&s, (double[]){1, 8, 8}, 2);
    for (double strength = 0.1; strength < 1e7; strength *= 100) {
        OK(fore_weights_learn(&s.past, even, strength, w, e));
        check_sums_to_one(w);
        assert_true(w[0] < last + 1e-12);
        last = w[0];
    }
    assert_true(fabs(last - 1.0 / 3) < 0.01);
}

/* Scale does not matter, nor what a forecast without a say said. */
static void weights__other_unit_or_a_silent_member__change_nothing(void **state)
{
    static sample s, other;
    double a[M], b[M], prior[M] = {1, 1, 0};
    (void)state;
    draw(&s, (double[]){2, 5, 3}, 3);
    other = s;
    other.past = (fore_weights_past){N, M, other.said, other.actual, other.counts, NULL};
    for (int i = 0; i < N; i++) {
        other.actual[i] *= 1024;
        for (int m = 0; m < M; m++) other.said[i * M + m] *= 1024;
        other.said[i * M + 2] = NAN;
    }
    OK(fore_weights_learn(&s.past, prior, 4, a, e));
    OK(fore_weights_learn(&other.past, prior, 4, b, e));
    for (int m = 0; m < M; m++) assert_true(a[m] == b[m]);
    assert_true(a[2] == 0);
}

static void weights__occasions_that_say_nothing__count_nothing(void **state)
{
    static sample s;
    double a[M], b[M];
    (void)state;
    draw(&s, (double[]){2, 5, 3}, 3);
    for (int m = 0; m < M; m++) s.said[m] = NAN;
    s.counts[1] = 0;
    s.actual[2] = s.said[2 * M] = s.said[2 * M + 1] = s.said[2 * M + 2] = 0;
    OK(fore_weights_learn(&s.past, even, 4, a, e));
    s.past.said += 3 * M, s.past.actual += 3, s.past.counts += 3, s.past.rows -= 3;
    OK(fore_weights_learn(&s.past, even, 4, b, e));
    for (int m = 0; m < M; m++) assert_true(fabs(a[m] - b[m]) < 1e-9);
}

/* Two of three in a group are what their mean would be, in the proportions given. */
static void weights__group__is_worth_what_its_mean_is(void **state)
{
    static sample s;
    static double said[2 * N];
    static const int group[M] = {5, 0, 5}, beyond[M] = {0, 8, 0};
    double prior[M] = {1, 6, 3}, together[2] = {6, 4}, w[M], pair[2];
    (void)state;
    draw(&s, (double[]){3, 5, 4}, 2);
    for (int i = 0; i < N; i++) {
        if (i % 3 == 0) s.said[i * M] = NAN; /* then the other of its group speaks for both */
        double first = s.said[i * M], third = s.said[i * M + 2];
        said[2 * i] = s.said[i * M + 1];
        said[2 * i + 1] = isnan(first) ? third : (first + 3 * third) / 4;
    }
    fore_weights_past two = {N, 2, said, s.actual, s.counts, NULL};
    OK(fore_weights_learn(&two, together, 4, pair, e));
    s.past.group = group;
    OK(fore_weights_learn(&s.past, prior, 4, w, e));
    check_sums_to_one(w);
    assert_true(fabs(w[1] - pair[0]) < 1e-9 && fabs(w[0] + w[2] - pair[1]) < 1e-9);
    assert_true(fabs(w[2] - 3 * w[0]) < 1e-12 && fabs(w[1] - 0.6) > 0.05);
    OK(fore_weights_learn(&s.past, (double[]){0, 2, 0}, 4, w, e));
    assert_true(w[0] == 0 && w[1] == 1 && w[2] == 0);
    s.past.group = beyond;
    FAILS(FORE_E_ARGUMENT, "numbered 0 to 7", fore_weights_learn(&s.past, prior, 4, w, e));
}

static void weights__no_forecast__is_an_error(void **state)
{
    fore_weights_past past = {0};
    double w[1];
    (void)state;
    FAILS(FORE_E_ARGUMENT, "1 to 8", fore_weights_learn(&past, even, 1, w, e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights__own_noise_only__go_by_its_inverse_square),
        cmocka_unit_test(weights__shared_misses__do_not_hide_the_better_one),
        cmocka_unit_test(weights__nothing_seen__are_the_prior),
        cmocka_unit_test(weights__strength__moves_from_the_best_to_the_prior),
        cmocka_unit_test(weights__other_unit_or_a_silent_member__change_nothing),
        cmocka_unit_test(weights__occasions_that_say_nothing__count_nothing),
        cmocka_unit_test(weights__group__is_worth_what_its_mean_is),
        cmocka_unit_test(weights__no_forecast__is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
