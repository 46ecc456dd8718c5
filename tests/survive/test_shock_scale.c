/* Common shocks: the mean stays, the spread is the one asked for or the most there is. */
#include "models/survive/pipeline.h"
#include "models/survive/shock_scale.h"
#include "tests/survive/ref_shocks.h"
#include "tests/survive/survive_support.h"

enum { ROWS = sizeof REF_SHOCKS / sizeof *REF_SHOCKS };

/* Mean and sd of 1 - (1 - w)^exp(middle + sd z), midpoint rule on a fine grid. */
static void integrate(double w, double sd, double middle, double *mean, double *spread)
{
    enum { N = 40000 };
    double total = 0, sum = 0, square = 0;
    for (int k = 0; k < N; k++) {
        double z = -10 + 20.0 * (k + 0.5) / N, chance = exp(-0.5 * z * z);
        double r = -expm1(exp(middle + sd * z) * log1p(-w));
        total += chance;
        sum += chance * r;
        square += chance * r * r;
    }
    *mean = sum / total;
    *spread = sqrt(square / total - *mean * *mean);
}

static void shock_scale__likely_deals_and_wide_shocks__mean_stays_and_spread_is_met(void **state)
{
    (void)state;
    for (int t = 0; t < ROWS; t++) {
        double w = REF_SHOCKS[t][0], asked = REF_SHOCKS[t][1], one = 1, sd, middle, mean, spread;
        double want = fmin(REF_SHOCKS[t][2], REF_SHOCKS[t][3]);
        fore_shock_deals deals = {1, 1, &one, &w, &one};
        assert_int_equal(fore_shock_scale(&deals, &asked, 0, &sd, &middle, NULL), FORE_OK);
        integrate(w, sd, middle, &mean, &spread);
        NEAR(mean, w, 0.002 * w);
        NEAR(spread / w, want, 0.005 * want);
        assert_true(sd <= FORE_SHOCK_WIDEST);
        if (REF_SHOCKS[t][2] > REF_SHOCKS[t][3]) NEAR(sd, FORE_SHOCK_WIDEST, 0);
    }
}

static fore_pipeline_result *run(const fore_pipeline *p, int64_t draws)
{
    fore_pipeline_result *r = NULL;
    fore_error err = {0};
    fore_pipeline_options o = fore_pipeline_default();
    o.draws = draws;
    if (fore_pipeline_simulate(p, &o, NULL, &r, &err) != FORE_OK) fail_msg("%s", err.message);
    return r;
}

/* n deals given the shock: Var = V + (w (1 - w) - V) / n, V the variance of the common part. */
static void pipeline__likely_deals_and_wide_shocks__draws_keep_mean_and_spread(void **state)
{
    (void)state;
    enum { N = 4, DRAWS = 200000 };
    static const double AMOUNT[N] = {1, 1, 1, 1};
    for (int t = 0; t < ROWS; t++) {
        double w = REF_SHOCKS[t][0], want = fmin(REF_SHOCKS[t][2], REF_SHOCKS[t][3]);
        if (w < 0.3) continue; /* rare: too few wins among the draws to tell 1 % */
        double won[N] = {w, w, w, w};
        fore_pipeline p = {.periods = 1,
                           .open = N,
                           .open_won = won,
                           .open_amount = AMOUNT,
                           .shock_sd = &REF_SHOCKS[t][1]};
        fore_pipeline_result *r = run(&p, DRAWS);
        double sd = r->period[0].sd / N;
        double common = (sd * sd - w * (1 - w) / N) / (1 - 1.0 / N);
        NEAR(r->period[0].mean / N, w, 0.01 * w);
        NEAR(sqrt(common) / w, want, 0.05 * want);
        fore_pipeline_result_free(r);
    }
}

/* What one period wins, the next cannot: with lasting shocks too, every period keeps its mean.
 * Unlike deals, losses, arrivals, one that is certain. */
static void pipeline__lasting_wide_shocks__every_period_keeps_its_mean(void **state)
{
    (void)state;
    enum { N = 6, DRAWS = 100000 };
    static const double WON[3 * N] = {0.5, 0.3, 0.05, 0.6, 0,   1,   0.3, 0.3, 0.1,
                                      0.1, 0.4, 0,    0.1, 0.2, 0.2, 0,   0.3, 0},
                                LOST[3 * N] = {0,   0.1, 0.2, 0.2, 0.1, 0,   0.1, 0, 0.1,
                                               0.1, 0.1, 0,   0,   0.1, 0.3, 0,   0, 0},
                                AMOUNT[N] = {3, 1, 10, 2, 4, 2}, ARRIVALS[2] = {3, 2},
                                FRESH[6] = {0.3, 0, 0.2, 0.4, 0.2, 0.3}, AMOUNTS[2] = {1, 2};
    for (int k = 0; k < 6; k++) {
        double wide = k / 2 == 0 ? 0.3 : k / 2 == 1 ? 0.6 : 1, sd[3] = {wide, wide, wide};
        fore_pipeline p = {.periods = 3,
                           .open = N,
                           .open_won = WON,
                           .open_lost = LOST,
                           .open_amount = AMOUNT,
                           .weeks = 2,
                           .arrivals = ARRIVALS,
                           .new_won = FRESH,
                           .amounts = AMOUNTS,
                           .amount_count = 2,
                           .shock_sd = sd,
                           .shock_persistence = k % 2 ? 0.9 : 0.4};
        fore_pipeline_result *r = run(&p, DRAWS);
        for (int j = 0; j < 3; j++) {
            double mean = 0;
            for (int i = 0; i < N; i++) mean += WON[i + N * j] * AMOUNT[i];
            for (int i = 0; i < 2; i++) mean += ARRIVALS[i] * FRESH[i + 2 * j] * 1.5;
            NEAR(r->period[j].mean, mean, 0.01 * mean);
        }
        fore_pipeline_result_free(r);
    }
}

static void shock_scale__nothing_that_can_move__no_shock(void **state)
{
    (void)state;
    static const double ONE[] = {1, 1}, ASKED[] = {0.5, 0}, NONE[] = {0, 0}, HALF[] = {0.5, 0.5};
    double sd[2], middle[2];
    fore_shock_deals certain = {1, 2, ONE, ONE, NONE}, never = {1, 2, ONE, NONE, ONE},
                     half = {1, 2, ONE, HALF, ONE}, nobody = {0, 2, NULL, NULL, NULL};
    const fore_shock_deals *all[] = {&certain, &never, &nobody};
    for (int k = 0; k < 3; k++) {
        assert_int_equal(fore_shock_scale(all[k], ASKED, 1, sd, middle, NULL), FORE_OK);
        for (int j = 0; j < 2; j++) assert_true(sd[j] == 0 && middle[j] == 0);
    }
    assert_int_equal(fore_shock_scale(&half, ASKED, 1, sd, middle, NULL), FORE_OK);
    assert_true(sd[0] > 0.5 && sd[1] == 0 && middle[1] == 0);
}

static void shock_scale__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    static const double WON[] = {0.3, 0.5, 0.3, 0.2}, AMOUNT[] = {1, 2}, SD[] = {0.3, 0.5};
    fore_pipeline p = {
        .periods = 2, .open = 2, .open_won = WON, .open_amount = AMOUNT, .shock_sd = SD};
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_pipeline_result *r = NULL;
        fore_pipeline_options o = {.draws = 10, .seed = 1};
        fore_memory_fail_at(k);
        fore_status status = fore_pipeline_simulate(&p, &o, NULL, &r, NULL);
        fore_memory_fail_at(0);
        fore_pipeline_result_free(r);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

/* Forty misses that show a shock of 0.5, and one cut at which hardly anything was expected. */
static void shocks__a_cut_that_expected_hardly_anything__does_not_rule(void **state)
{
    (void)state;
    enum { CUTS = 41 };
    fore_pipeline_miss miss[CUTS];
    double sd, with, rho;
    for (int c = 0; c < CUTS; c++) miss[c] = (fore_pipeline_miss){100, 10, c % 2 ? 50 : 150};
    miss[CUTS - 1].actual = NAN;
    fore_pipeline_shocks(miss, CUTS, 1, &sd, &rho);
    assert_true(sd > 0.4);
    static const double EXPECTED[] = {5, 1, 1e-3, 1e-300}, ACTUAL[] = {0, 20};
    for (int e = 0; e < 4; e++)
        for (int a = 0; a < 2; a++) {
            miss[CUTS - 1] = (fore_pipeline_miss){EXPECTED[e], 10, ACTUAL[a]};
            fore_pipeline_shocks(miss, CUTS, 1, &with, &rho);
            NEAR(with, sd, 0.03 * sd);
        }
    fore_pipeline_shocks(miss + CUTS, 0, 1, &sd, &rho); /* alone: the start value, nearly */
    miss[0] = (fore_pipeline_miss){1e-3, 10, 0};
    fore_pipeline_shocks(miss, 1, 1, &with, &rho);
    NEAR(with, sd, 0.01 * sd);
    miss[0] = (fore_pipeline_miss){100, 150, 100};
    fore_pipeline_shocks(miss, 1, 1, &with, &rho);
    assert_true(with > 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shock_scale__likely_deals_and_wide_shocks__mean_stays_and_spread_is_met),
        cmocka_unit_test(pipeline__likely_deals_and_wide_shocks__draws_keep_mean_and_spread),
        cmocka_unit_test(pipeline__lasting_wide_shocks__every_period_keeps_its_mean),
        cmocka_unit_test(shock_scale__nothing_that_can_move__no_shock),
        cmocka_unit_test(shock_scale__every_failing_allocation__leaves_nothing),
        cmocka_unit_test(shocks__a_cut_that_expected_hardly_anything__does_not_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
