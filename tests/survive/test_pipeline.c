/* The amount of coming periods: exact convolution, certain deals, shocks, new deals, threads,
 * limits. */
#include "models/survive/pipeline.h"
#include "tests/survive/survive_support.h"

static fore_pipeline_result *run(const fore_pipeline *p, int64_t draws, fore_pool *pool)
{
    fore_pipeline_result *r = NULL;
    fore_error err = {0};
    fore_pipeline_options o = fore_pipeline_default();
    o.draws = draws;
    o.keep_draws = 1;
    if (fore_pipeline_simulate(p, &o, pool, &r, &err) != FORE_OK) fail_msg("%s", err.message);
    return r;
}

/* Four deals, two periods: all 3^4 outcomes summed by hand. */
static void pipeline__four_deals__equals_the_exact_distribution(void **state)
{
    (void)state;
    static const double WON[] = {0.3, 0.5, 0.1, 0.6, 0.2, 0.1, 0.4, 0.4}, AMOUNT[] = {1, 2, 4, 8};
    fore_pipeline p = {.periods = 2, .open = 4, .open_won = WON, .open_amount = AMOUNT};
    double exact[2][16] = {{0}};
    for (int code = 0; code < 81; code++) {
        double chance = 1;
        int sum[2] = {0, 0};
        for (int i = 0, rest = code; i < 4; i++, rest /= 3) {
            int when = rest % 3;
            chance *= when == 2 ? 1 - WON[i] - WON[4 + i] : WON[i + 4 * when];
            if (when < 2) sum[when] += 1 << i;
        }
        exact[0][sum[0]] += chance;
        exact[1][sum[1]] += chance;
    }
    enum { DRAWS = 40000 };
    fore_pipeline_result *r = run(&p, DRAWS, NULL);
    for (int j = 0; j < 2; j++) {
        double seen[16] = {0}, mean = 0;
        for (int64_t d = 0; d < DRAWS; d++) seen[(int)r->draws[d + j * DRAWS]] += 1.0 / DRAWS;
        for (int v = 0; v < 16; v++) {
            NEAR(seen[v], exact[j][v], 5 * sqrt(exact[j][v] / DRAWS) + 1e-9);
            mean += v * exact[j][v];
        }
        NEAR(r->period[j].mean, mean, 0.1);
        NEAR(r->period[j].from_open, r->period[j].mean, 1e-9);
    }
    fore_pipeline_result_free(r);
}

/* Forty deals of small chances are drawn together: bits of the sum tell which of the first ten were
 * won. A wide shock makes many draws so full that each is asked for itself. */
static void pipeline__unlikely_deals__each_by_its_chance_and_at_most_once(void **state)
{
    (void)state;
    enum { N = 40, TOLD = 10, PERIODS = 3, DRAWS = 40000 };
    static const double SD[] = {1.2, 1.2, 1.2};
    double won[N * PERIODS], lost[N * PERIODS], amount[N], mean[2][PERIODS] = {{0}};
    for (int i = 0; i < N; i++) {
        amount[i] = i < TOLD ? 1 << i : 0;
        for (int j = 0; j < PERIODS; j++) {
            won[i + j * N] = 0.02 + 0.01 * ((i + j) % TOLD);
            lost[i + j * N] = 0.2;
        }
    }
    fore_pipeline p = {
        .periods = PERIODS, .open = N, .open_won = won, .open_lost = lost, .open_amount = amount};
    for (int shock = 0; shock < 2; shock++) {
        p.shock_sd = shock ? SD : NULL;
        fore_pipeline_result *r = run(&p, DRAWS, NULL);
        double seen[TOLD][PERIODS] = {{0}}, both = 0;
        for (int64_t d = 0; d < DRAWS; d++) {
            int before = 0;
            for (int j = 0; j < PERIODS; j++) {
                int now = (int)r->draws[d + j * DRAWS];
                assert_int_equal(now & before, 0);
                before |= now;
                for (int i = 0; i < TOLD; i++) seen[i][j] += (now >> i & 1) / (double)DRAWS;
                both += j == 0 && (now & 3 << 8) == 3 << 8;
            }
        }
        for (int j = 0; j < PERIODS; j++) {
            for (int i = 0; i < TOLD && !shock; i++)
                NEAR(seen[i][j], won[i + j * N], 5 * sqrt(won[i + j * N] / DRAWS));
            mean[shock][j] = r->period[j].mean;
        }
        double apart = won[8] * won[9]; /* independent of each other, unless a shock is common */
        if (shock)
            assert_true(both / DRAWS > 1.5 * apart);
        else
            NEAR(both / DRAWS, apart, 5 * sqrt(apart / DRAWS));
        fore_pipeline_result_free(r);
    }
    NEAR(mean[1][0] / mean[0][0], 1, 0.05);
    NEAR(mean[1][2] / mean[0][2], 1, 0.08);
}

static void pipeline__certain_deals__no_spread(void **state)
{
    (void)state;
    static const double WON[] = {1, 0, 0, 1}, AMOUNT[] = {100, 50}, SO_FAR[] = {7, 0},
                        SD[] = {0.5, 0.5};
    fore_pipeline p = {.periods = 2,
                       .open = 2,
                       .open_won = WON,
                       .open_amount = AMOUNT,
                       .won_so_far = SO_FAR,
                       .shock_sd = SD};
    fore_pipeline_result *r = run(&p, 200, NULL);
    NEAR(r->period[0].mean, 107, 1e-9);
    NEAR(r->period[0].sd, 0, 1e-9);
    NEAR(r->period[1].median, 50, 1e-9);
    NEAR(r->total.mean, 157, 1e-9);
    NEAR(r->total.won_so_far, 7, 0);
    NEAR(r->period[0].wins_open, 1, 0);
    fore_pipeline_result_free(r);
}

static void pipeline__nothing_open_nothing_new__what_is_won_stays(void **state)
{
    (void)state;
    static const double SO_FAR[] = {12.5};
    fore_pipeline p = {.periods = 1, .won_so_far = SO_FAR};
    fore_pipeline_result *r = run(&p, 10, NULL);
    for (int q = 0; q < FORE_PIPELINE_LEVELS; q++) NEAR(r->period[0].quantile[q], 12.5, 0);
    fore_pipeline_result_free(r);
}

enum { DEALS = 200 };

static void many_deals(double won[2 * DEALS], double lost[2 * DEALS])
{
    for (int i = 0; i < DEALS; i++) {
        won[i] = 0.05 + 0.2 * (i % 5) / 5;
        won[DEALS + i] = 0.1;
        lost[i] = 0.1;
        lost[DEALS + i] = 0.05 * (i % 3);
    }
}

/* Independent deals: mean and variance are sums. A shock keeps the mean nearly, and widens. */
static void pipeline__common_shock__widens_the_interval(void **state)
{
    (void)state;
    double won[2 * DEALS], lost[2 * DEALS], amount[DEALS], mean = 0, variance = 0;
    many_deals(won, lost);
    for (int i = 0; i < DEALS; i++) {
        amount[i] = 1 + i % 7;
        mean += won[i] * amount[i];
        variance += won[i] * (1 - won[i]) * amount[i] * amount[i];
    }
    fore_pipeline p = {
        .periods = 2, .open = DEALS, .open_won = won, .open_lost = lost, .open_amount = amount};
    fore_pipeline_result *plain = run(&p, 8000, NULL);
    static const double SD[] = {0.3, 0.3};
    p.shock_sd = SD;
    fore_pipeline_result *shaken = run(&p, 8000, NULL);
    NEAR(plain->period[0].mean, mean, 5 * sqrt(variance / 8000));
    NEAR(plain->period[0].sd, sqrt(variance), 0.04 * sqrt(variance));
    NEAR(shaken->period[0].mean, mean, 0.03 * mean);
    assert_true(shaken->period[0].sd > 1.5 * plain->period[0].sd);
    assert_true(shaken->period[0].quantile[7] - shaken->period[0].quantile[1] >
                1.5 * (plain->period[0].quantile[7] - plain->period[0].quantile[1]));
    fore_pipeline_result_free(plain);
    fore_pipeline_result_free(shaken);
}

static void pipeline__new_deals__mean_and_variance_of_a_compound_count(void **state)
{
    (void)state;
    static const double ARRIVALS[] = {10, 20, 5}, WON[] = {0.2, 0.1, 0, 0.3, 0.2, 0.5},
                        AMOUNTS[] = {1, 3}, WEIGHT[] = {3, 1};
    fore_pipeline p = {.periods = 2,
                       .weeks = 3,
                       .arrivals = ARRIVALS,
                       .new_won = WON,
                       .amounts = AMOUNTS,
                       .amount_weight = WEIGHT,
                       .amount_count = 2};
    fore_pipeline_result *r = run(&p, 20000, NULL);
    for (int j = 0; j < 2; j++) {
        double wins = 0;
        for (int w = 0; w < 3; w++) wins += ARRIVALS[w] * WON[w + 3 * j];
        NEAR(r->period[j].wins_new, wins, 0.1);
        NEAR(r->period[j].mean, wins * 1.5, 0.2);
        NEAR(r->period[j].sd, sqrt(wins * 3), 0.1); /* thinned Poisson: E[amount^2] = 3 */
        NEAR(r->period[j].from_new, r->period[j].mean, 1e-9);
    }
    double spread = r->period[0].sd;
    fore_pipeline_result_free(r);
    p.arrivals_size = 2;
    r = run(&p, 20000, NULL);
    NEAR(r->period[0].mean, 6, 0.3);
    assert_true(r->period[0].sd > 1.2 * spread);
    fore_pipeline_result_free(r);
    p.arrivals_size = 0;
    p.arrivals_shock_sd = 0.4;
    r = run(&p, 20000, NULL);
    NEAR(r->period[0].mean, 6, 0.2);
    assert_true(r->period[0].sd > 1.1 * spread);
    fore_pipeline_result_free(r);
}

static void pipeline__any_number_of_threads__same_bytes(void **state)
{
    (void)state;
    double won[2 * DEALS], lost[2 * DEALS];
    static const double AMOUNTS[] = {5, 7, 11}, ARRIVALS[] = {4, 4},
                        NEW_WON[] = {0.2, 0.1, 0.3, 0.2}, SD[] = {0.2, 0.3};
    many_deals(won, lost);
    fore_pipeline p = {.periods = 2,
                       .open = DEALS,
                       .open_won = won,
                       .open_lost = lost,
                       .amounts = AMOUNTS,
                       .amount_count = 3,
                       .weeks = 2,
                       .arrivals = ARRIVALS,
                       .new_won = NEW_WON,
                       .shock_sd = SD,
                       .shock_persistence = 0.5,
                       .arrivals_size = 5};
    fore_pool *pool = NULL;
    assert_int_equal(fore_pool_new(3, &pool, NULL), FORE_OK);
    fore_pipeline_result *a = run(&p, 1000, NULL), *b = run(&p, 1000, pool);
    assert_memory_equal(a->draws, b->draws, 2000 * sizeof(double));
    assert_memory_equal(a->period, b->period, 2 * sizeof *a->period);
    for (int j = 0; j < 2; j++)
        NEAR(a->period[j].mean,
             a->period[j].won_so_far + a->period[j].from_open + a->period[j].from_new, 1e-9);
    fore_pipeline_result_free(a);
    fore_pipeline_result_free(b);
    fore_pool_free(pool);
}

static void pipeline__bad_input__is_refused(void **state)
{
    (void)state;
    static const double OVER[] = {0.7, 0.6}, WRONG[] = {1.2, 0}, GOOD[] = {0.5, 0.2};
    fore_pipeline_result *r = NULL;
    fore_pipeline p = {.periods = 2, .open = 1, .open_won = OVER};
    assert_int_equal(fore_pipeline_simulate(&p, NULL, NULL, &r, NULL), FORE_E_DATA);
    p.open_won = WRONG;
    assert_int_equal(fore_pipeline_simulate(&p, NULL, NULL, &r, NULL), FORE_E_DATA);
    p.open_won = GOOD; /* no amount anywhere */
    assert_int_equal(fore_pipeline_simulate(&p, NULL, NULL, &r, NULL), FORE_E_DATA);
    static const double SD[] = {0.1, -1}, AMOUNT[] = {1};
    p.open_amount = AMOUNT;
    p.shock_persistence = 1.5;
    assert_int_equal(fore_pipeline_simulate(&p, NULL, NULL, &r, NULL), FORE_E_ARGUMENT);
    p.shock_persistence = 0;
    p.shock_sd = SD;
    assert_int_equal(fore_pipeline_simulate(&p, NULL, NULL, &r, NULL), FORE_E_ARGUMENT);
    p.periods = 0;
    assert_int_equal(fore_pipeline_simulate(&p, NULL, NULL, &r, NULL), FORE_E_ARGUMENT);
    assert_null(r);
}

static void arrivals__level_trend_season__are_continued(void **state)
{
    (void)state;
    double counts[156], mean[13], size;
    fore_random random = fore_random_new(3, 0);
    for (int t = 0; t < 156; t++)
        counts[t] = (double)fore_random_poisson(
            &random, 40 * exp(0.3 * sin(6.283185307179586 * t / 52.1775)));
    assert_int_equal(fore_arrivals_fit(counts, 156, 13, mean, &size, NULL), FORE_OK);
    for (int h = 0; h < 13; h++)
        NEAR(mean[h], 40 * exp(0.3 * sin(6.283185307179586 * (156 + h) / 52.1775)), 7);
    assert_true(size > 50);
    for (int t = 0; t < 30; t++) counts[t] = t % 2 ? 30 : 2;
    assert_int_equal(fore_arrivals_fit(counts, 30, 2, mean, &size, NULL), FORE_OK);
    NEAR(mean[0], 16, 3);
    assert_true(size < 3);
    assert_int_equal(fore_arrivals_fit(counts, 0, 2, mean, &size, NULL), FORE_OK);
    NEAR(mean[1], 0, 0);
    counts[0] = counts[1] = 0;
    assert_int_equal(fore_arrivals_fit(counts, 1, 2, mean, &size, NULL), FORE_OK);
    NEAR(mean[0], 0, 0);
    counts[0] = -1;
    assert_int_equal(fore_arrivals_fit(counts, 1, 2, mean, &size, NULL), FORE_E_DATA);
}

/* Total of two periods: with persistent shocks the sum is wider. Each period is nearly as before: a
 * high first one leaves fewer deals to a high second one. */
static void pipeline__persistent_shocks__widen_the_sum_only(void **state)
{
    (void)state;
    double won[2 * DEALS], lost[2 * DEALS], amount[DEALS], correlation[2];
    static const double SD[] = {0.3, 0.3};
    many_deals(won, lost);
    for (int i = 0; i < DEALS; i++) amount[i] = 1;
    fore_pipeline p = {.periods = 2,
                       .open = DEALS,
                       .open_won = won,
                       .open_lost = lost,
                       .open_amount = amount,
                       .shock_sd = SD};
    fore_pipeline_result *r[2];
    for (int k = 0; k < 2; k++) {
        p.shock_persistence = k ? 0.9 : 0;
        r[k] = run(&p, 8000, NULL);
        double a = r[k]->period[0].sd, b = r[k]->period[1].sd, both = r[k]->total.sd;
        correlation[k] = (both * both - a * a - b * b) / (2 * a * b);
    }
    NEAR(r[0]->period[1].sd, r[1]->period[1].sd, 0.2 * r[0]->period[1].sd);
    assert_true(correlation[0] < 0.1);
    assert_true(correlation[1] > correlation[0] + 0.4);
    assert_true(r[1]->total.sd > 1.1 * r[0]->total.sd);
    for (int k = 0; k < 2; k++) fore_pipeline_result_free(r[k]);
}

/* Misses made with known sd by distance and persistence, beside what independent deals spread. */
static void make_misses(fore_pipeline_miss *miss, int64_t cuts, const double *sd, double rho,
                        double own)
{
    fore_random random = fore_random_new(5, 0);
    for (int64_t c = 0; c < cuts; c++) {
        double z = fore_random_normal(&random);
        for (int h = 0; h < 3; h++) {
            if (h > 0) z = rho * z + sqrt(1 - rho * rho) * fore_random_normal(&random);
            double actual = 100 * exp(sd[h] * z - sd[h] * sd[h] / 2);
            miss[3 * c + h] = (fore_pipeline_miss){
                100, 100 * own, fmax(0, actual + 100 * own * fore_random_normal(&random))};
        }
    }
}

static void shocks__past_misses__are_measured_by_distance(void **state)
{
    (void)state;
    enum { N = 4000 };
    static fore_pipeline_miss miss[3 * N];
    static const double SD[] = {0.15, 0.25, 0.4}, NONE[] = {0, 0, 0};
    double sd[3], mean[3] = {0}, rho = 0, sum = 0;
    for (int k = 0; k < N; k += 100) { /* forty histories of a hundred cuts */
        if (k == 0) make_misses(miss, N, SD, 0.7, 0.1);
        fore_pipeline_shocks(miss + 3 * k, 100, 3, sd, &rho);
        for (int h = 0; h < 3; h++) mean[h] += sd[h] / (N / 100);
        sum += rho / (N / 100);
    }
    for (int h = 0; h < 3; h++) NEAR(mean[h], SD[h], 0.05);
    NEAR(sum, 0.7, 0.1);
    make_misses(miss, N, NONE, 0, 0.1);
    fore_pipeline_shocks(miss, N, 3, sd, &rho);
    for (int h = 0; h < 3; h++) assert_true(sd[h] < 0.13); /* the start values count a little */
}

static void shocks__few_misses__stay_near_the_start(void **state)
{
    (void)state;
    double sd[2], none[2], rho;
    fore_pipeline_miss miss[] = {{100, 5, 100}, {100, 5, NAN}, {100, 5, NAN}, {100, 5, NAN}};
    fore_pipeline_shocks(NULL, 0, 2, none, &rho);
    NEAR(none[0], 0.25 * 4 / 3, 1e-12);
    NEAR(none[1], none[0], 1e-12);
    NEAR(rho, 0.5, 1e-12);
    fore_pipeline_shocks(miss, 2, 2, sd, &rho);
    assert_true(sd[0] < none[0] && sd[0] > 0.2);
    NEAR(rho, 0.5, 1e-12);
    miss[0].actual = 1e6; /* one miracle */
    fore_pipeline_shocks(miss, 1, 2, sd, &rho);
    assert_true(sd[0] > none[0] && sd[0] < 1);
    miss[0] = (fore_pipeline_miss){0, 0, 50}; /* nothing was expected: says nothing */
    fore_pipeline_shocks(miss, 1, 2, sd, &rho);
    NEAR(sd[0], none[0], 1e-12);
}

static void pipeline__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    static const double WON[] = {0.3, 0.5}, AMOUNTS[] = {2, 3}, WEIGHT[] = {1, 2};
    fore_pipeline p = {.periods = 1,
                       .open = 2,
                       .open_won = WON,
                       .amounts = AMOUNTS,
                       .amount_weight = WEIGHT,
                       .amount_count = 2};
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_pipeline_result *r = NULL;
        fore_pipeline_options o = {.draws = 10, .seed = 1, .keep_draws = 1};
        fore_memory_fail_at(k);
        fore_status status = fore_pipeline_simulate(&p, &o, NULL, &r, NULL);
        fore_memory_fail_at(0);
        fore_pipeline_result_free(r);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipeline__four_deals__equals_the_exact_distribution),
        cmocka_unit_test(pipeline__unlikely_deals__each_by_its_chance_and_at_most_once),
        cmocka_unit_test(pipeline__certain_deals__no_spread),
        cmocka_unit_test(pipeline__nothing_open_nothing_new__what_is_won_stays),
        cmocka_unit_test(pipeline__common_shock__widens_the_interval),
        cmocka_unit_test(pipeline__new_deals__mean_and_variance_of_a_compound_count),
        cmocka_unit_test(pipeline__any_number_of_threads__same_bytes),
        cmocka_unit_test(pipeline__bad_input__is_refused),
        cmocka_unit_test(arrivals__level_trend_season__are_continued),
        cmocka_unit_test(pipeline__persistent_shocks__widen_the_sum_only),
        cmocka_unit_test(shocks__past_misses__are_measured_by_distance),
        cmocka_unit_test(shocks__few_misses__stay_near_the_start),
        cmocka_unit_test(pipeline__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
