/* Arrivals in parts, and ratios of observed to expected by group. */
#include "models/survive/pipeline.h"
#include "models/survive/relative.h"
#include "tests/survive/survive_support.h"

/* Values of the global estimator of Marshall 1991 as R's spdep::EBest writes it. */
static void relative_rates__known_counts__are_those_of_marshall(void **state)
{
    (void)state;
    static const double seen[] = {12, 40, 3, 25, 0}, hoped[] = {20, 30, 6, 22, 2};
    static const double want[] = {0.7694480102695764, 1.223716990533134, 0.855067785668173,
                                  1.081745357446292, 0.8802347292611363};
    double ratio[5];
    fore_relative_rates(seen, hoped, 5, 1, ratio);
    for (int k = 0; k < 5; k++) NEAR(ratio[k], want[k], 1e-12);
}

static void relative_rates__no_more_than_chance__are_all_alike(void **state)
{
    (void)state;
    static const double seen[] = {9, 11, 0, 20}, hoped[] = {10, 10, 0, 20};
    double ratio[4];
    fore_relative_rates(seen, hoped, 4, 1, ratio);
    for (int k = 0; k < 4; k++) NEAR(ratio[k], 1, 1e-15);
    fore_relative_rates(seen, (double[4]){0}, 4, 1, ratio);
    for (int k = 0; k < 4; k++) NEAR(ratio[k], 1, 0);
}

/* Known ratios, Poisson counts: closer than the plain quotients on average. */
static void relative_rates__many_small_groups__beat_the_quotients(void **state)
{
    (void)state;
    enum { GROUPS = 200 };
    double truth[GROUPS], seen[GROUPS], hoped[GROUPS], ratio[GROUPS], ours = 0, plain = 0;
    fore_random random = fore_random_new(11, 0);
    for (int k = 0; k < GROUPS; k++) {
        truth[k] = fore_random_gamma(&random, 9) / 9;
        hoped[k] = 2 + 10 * fore_random_uniform(&random);
        seen[k] = (double)fore_random_poisson(&random, truth[k] * hoped[k]);
    }
    fore_relative_rates(seen, hoped, GROUPS, 1, ratio);
    for (int k = 0; k < GROUPS; k++) {
        ours += pow(ratio[k] - truth[k], 2);
        plain += pow(seen[k] / hoped[k] - truth[k], 2);
    }
    assert_true(ours < 0.6 * plain);
}

enum { WEEKS = 156, AHEAD = 13 };

/* Two sources: one grows and ebbs with the year, the other stands still and then stops growing. */
static void put_counts(double *counts)
{
    fore_random random = fore_random_new(5, 0);
    for (int t = 0; t < WEEKS; t++) {
        double wave = exp(0.4 * sin(6.283185307179586 * t / 52.1775));
        counts[t] = (double)fore_random_poisson(&random, 30 * wave * exp(0.4 * t / 52.0));
        counts[t + WEEKS] = (double)fore_random_poisson(&random, 20 * wave);
    }
}

static void arrivals_parts__add_up_to_what_the_whole_says(void **state)
{
    (void)state;
    double counts[2 * WEEKS], all[WEEKS], mean[2 * AHEAD], total[AHEAD], alone[AHEAD], size, own;
    put_counts(counts);
    for (int t = 0; t < WEEKS; t++) all[t] = counts[t] + counts[t + WEEKS];
    assert_int_equal(fore_arrivals_fit_parts(counts, WEEKS, 2, AHEAD, mean, total, &size, NULL),
                     FORE_OK);
    assert_int_equal(fore_arrivals_fit(all, WEEKS, AHEAD, alone, &own, NULL), FORE_OK);
    assert_memory_equal(total, alone, sizeof total);
    assert_true(size == own);
    for (int h = 0; h < AHEAD; h++) NEAR(mean[h] + mean[h + AHEAD], total[h], 1e-9);
}

/* The one that grew more is told to be the larger part than it was on average. */
static void arrivals_parts__each_has_its_own_trend(void **state)
{
    (void)state;
    double counts[2 * WEEKS], mean[2 * AHEAD], total[AHEAD], size, now[2] = {0};
    put_counts(counts);
    assert_int_equal(fore_arrivals_fit_parts(counts, WEEKS, 2, AHEAD, mean, total, &size, NULL),
                     FORE_OK);
    for (int t = WEEKS - 26; t < WEEKS; t++)
        for (int k = 0; k < 2; k++) now[k] += counts[t + k * WEEKS];
    assert_true(mean[0] / total[0] > now[0] / (now[0] + now[1]) - 0.02);
    double wave = exp(0.4 * sin(6.283185307179586 * WEEKS / 52.1775));
    NEAR(mean[0], 30 * wave * exp(0.4 * 3), 20);
    NEAR(mean[AHEAD], 20 * wave, 6);
}

static void arrivals_parts__nothing_of_one_and_nothing_at_all(void **state)
{
    (void)state;
    double counts[2 * WEEKS] = {0}, mean[2 * AHEAD], total[AHEAD], size;
    assert_int_equal(fore_arrivals_fit_parts(counts, WEEKS, 2, AHEAD, mean, total, &size, NULL),
                     FORE_OK);
    for (int h = 0; h < AHEAD; h++) NEAR(mean[h] + total[h], 0, 0);
    for (int t = 0; t < WEEKS; t++) counts[t] = 7;
    assert_int_equal(fore_arrivals_fit_parts(counts, WEEKS, 2, AHEAD, mean, total, &size, NULL),
                     FORE_OK);
    NEAR(mean[0], total[0], 1e-12);
    NEAR(mean[AHEAD], 0, 0);
    counts[3] = NAN;
    assert_int_equal(fore_arrivals_fit_parts(counts, WEEKS, 2, AHEAD, mean, total, &size, NULL),
                     FORE_E_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relative_rates__known_counts__are_those_of_marshall),
        cmocka_unit_test(relative_rates__no_more_than_chance__are_all_alike),
        cmocka_unit_test(relative_rates__many_small_groups__beat_the_quotients),
        cmocka_unit_test(arrivals_parts__add_up_to_what_the_whole_says),
        cmocka_unit_test(arrivals_parts__each_has_its_own_trend),
        cmocka_unit_test(arrivals_parts__nothing_of_one_and_nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
