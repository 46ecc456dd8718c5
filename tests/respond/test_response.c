/* The effort response on worlds whose truth is known: the five rules of effort and their verdicts,
 * no effect, carry-over, several kinds, small and broken panels, invariances. */
#include "tests/respond/respond_support.h"

enum { SEEDS = 5 };

/* Rules 1 and 2: rep and week effects are enough, although the pooled regression of rule 2 is
 * absurd. */
static void verdict__effort_random_or_after_potential__identified_near_truth(void **state)
{
    (void)state;
    for (int rule = 1; rule <= 2; rule++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            panel_world w = panel_world_rule(rule);
            w.seed = seed;
            fore_response *r = respond_to(&w);
            if (r->verdict ==
                FORE_NOT_IDENTIFIABLE) { /* one in fifty by the size of the two tests */
                print_message("rule %d seed %d: a test fired\n", rule, (int)seed);
                assert_true(r->checks.lead_p > 1e-4 && r->checks.placebo_p > 1e-4);
            } else {
                assert_int_equal(r->verdict, FORE_IDENTIFIED);
                assert_int_equal(r->evidence, FORE_EVIDENCE_EFFECTS);
                NEAR(r->total_mean, 0.31, 0.06);
                assert_true(r->total_mean - 2 * r->total_sd < 0.31 &&
                            r->total_mean + 2 * r->total_sd > 0.31);
            }
            BETWEEN(r->checks.fixed_effects, 0.24, 0.38);
            BETWEEN(r->checks.fixed_effects_se, 0.007, 0.035);
            NEAR(r->checks.effort_sd, 0.2, 0.015);
            if (rule == 2) BETWEEN(r->checks.pooled, 1.1, 1.6);
            assert_true(r->why_count > 0);
            fore_response_free(r);
        }
    }
}

/* Rule 3: effects are tight and wrong; the lead test must say so, the sensitivity interval hold the
 * truth. */
static void verdict__effort_follows_unseen_demand__not_identifiable(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        panel_world w = panel_world_rule(3);
        w.seed = seed;
        fore_response *r = respond_to(&w);
        assert_int_equal(r->verdict, FORE_NOT_IDENTIFIABLE);
        assert_int_equal(r->evidence, FORE_EVIDENCE_PRIOR);
        BETWEEN(r->checks.fixed_effects, 0.45, 0.75);
        assert_true(r->checks.fixed_effects_se < 0.035);
        assert_true(r->checks.lead_fires);
        BETWEEN(r->checks.sensitivity_lo, -1, 0.40);
        NEAR(r->total_mean, FORE_PRIOR_ELASTICITY, 1e-9);
        NEAR(r->total_sd, FORE_PRIOR_ELASTICITY_SD, 1e-9);
        fore_response_free(r);
    }
}

static void verdict__unseen_demand_with_recorded_hours__identified_near_truth(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        panel_world w = panel_world_rule(3);
        w.record_hours = true;
        w.seed = seed;
        fore_response *r = respond_to(&w);
        assert_int_equal(r->evidence, FORE_EVIDENCE_HOURS);
        assert_int_equal(r->verdict, FORE_IDENTIFIED);
        NEAR(r->total_mean, 0.31, 0.1);
        NEAR(r->total_mean, 0.31, 4 * r->total_sd);
        assert_true(r->checks.first_stage_f > FORE_FIRST_STAGE_F);
        assert_true(r->checks.hausman_p < 1e-3);
        assert_true(r->total_p10 < r->total_median && r->total_median < r->total_p90);
        fore_response_free(r);
    }
}

/* Rules 4 and 5: nothing was varied for its own sake. */
static void verdict__no_exogenous_variation__not_identifiable(void **state)
{
    (void)state;
    for (int rule = 4; rule <= 5; rule++) {
        for (int hours = 0; hours <= 1; hours++) {
            for (uint64_t seed = 1; seed <= 3; seed++) {
                panel_world w = panel_world_rule(rule);
                w.record_hours = hours;
                w.seed = seed;
                fore_response *r = respond_to(&w);
                assert_int_equal(r->verdict, FORE_NOT_IDENTIFIABLE);
                NEAR(r->checks.spread, 1, 1e-9);
                if (rule == 4) NEAR(r->checks.effort_sd, 0.01, 0.002);
                if (rule == 5) {
                    assert_true(r->checks.placebo_fires);
                    BETWEEN(r->checks.fixed_effects, 1, 1.5);
                }
                fore_response_free(r);
            }
        }
    }
}

static void verdict__effort_without_effect__says_so(void **state)
{
    (void)state;
    int said = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        panel_world w = panel_world_rule(2);
        w.elasticity[0] = 0;
        w.seed = seed;
        fore_response *r = respond_to(&w);
        BETWEEN(r->total_mean, -0.15, 0.15);
        said += r->no_effect;
        fore_response_free(r);
    }
    assert_true(said >= SEEDS - 1);
}

static void posterior__carry_over__finds_the_decay(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.decay = 0.6;
    w.noise = 0.4;
    fore_response *r = respond_to(&w);
    assert_int_equal(r->verdict, FORE_IDENTIFIED);
    NEAR(r->decay_mean, 0.6, 0.1);
    NEAR(r->total_mean, 0.31, 0.1);
    fore_response_free(r);
}

static void posterior__three_kinds__recovers_total_and_order(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.kinds = 3;
    w.elasticity[0] = 0.2;
    w.elasticity[1] = 0.05;
    w.elasticity[2] = 0.08;
    w.noise = 0.4;
    fore_response *r = respond_to(&w);
    NEAR(r->total_mean, 0.33, 0.08);
    NEAR(r->mean[0], 0.2, 0.06);
    assert_true(r->mean[0] > r->mean[1] && r->mean[0] > r->mean[2]);
    NEAR(r->share[0] + r->share[1] + r->share[2], 1, 1e-12);
    fore_response_free(r);
}

static void posterior__sparse_counts__identified_and_wider(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.counts = true;
    w.rate = 1;
    fore_response *r = respond_to(&w);
    assert_int_equal(r->verdict, FORE_IDENTIFIED);
    NEAR(r->total_mean, 0.31, 0.2);
    BETWEEN(r->total_sd, 0.04, 0.2);
    fore_response_free(r);
}

static void posterior__short_history__prior_driven_and_wide(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.counts = true;
    w.rate = 0.3;
    w.reps = 6;
    w.weeks = 26;
    fore_response *r = respond_to(&w);
    assert_int_equal(r->verdict, FORE_PRIOR_DRIVEN);
    BETWEEN(r->checks.spread, FORE_SPREAD_MAX, 1.0001);
    fore_response_free(r);
}

/* The same sharp world with too few reps, weeks or wins: the data are not weighed. */
static void verdict__too_few_reps_weeks_or_wins__the_prior_and_says_so(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        panel_world w = panel_world_rule(2);
        w.reps = which == 0 ? FORE_IDENTIFIED_REPS - 1 : 20;
        w.weeks = which == 1 ? FORE_IDENTIFIED_WEEKS - 1 : 52;
        w.counts = which == 2;
        w.rate = 0.05;
        fore_response *r = respond_to(&w);
        assert_int_equal(r->verdict, FORE_PRIOR_DRIVEN);
        assert_int_equal(r->evidence, FORE_EVIDENCE_PRIOR);
        NEAR(r->total_mean, FORE_PRIOR_ELASTICITY, 0.01);
        assert_non_null(strstr(r->why[0], "too few"));
        fore_response_free(r);
    }
}

/* A sharp panel that is part of a whole without a verdict of its own rests on the prior too. */
static void verdict__part_of_an_unidentified_whole__no_better_than_the_whole(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    panel_data d = panel_make(&w);
    for (int whole = FORE_IDENTIFIED; whole <= FORE_NOT_IDENTIFIABLE; whole++) {
        fore_response_options o = fore_response_default();
        fore_response *r = NULL;
        o.whole = (fore_verdict)whole;
        assert_int_equal(fore_response_fit(panel_of(&d), &o, NULL, &r, NULL), FORE_OK);
        assert_int_equal(r->verdict, whole);
        if (whole != FORE_IDENTIFIED) NEAR(r->total_sd, FORE_PRIOR_ELASTICITY_SD, 0.01);
        fore_response_free(r);
    }
    panel_free(&d);
}

static void posterior__an_experiment__wins_over_the_prior(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(5);
    panel_data d = panel_make(&w);
    fore_effort_lift lift = {.effort_factor = 1.5, .log_lift = 0.5 * log(1.5), .log_lift_sd = 0.02};
    fore_response_options o = fore_response_default();
    o.lifts = &lift;
    o.lift_count = 1;
    fore_response *r = NULL;
    assert_int_equal(fore_response_fit(panel_of(&d), &o, NULL, &r, NULL), FORE_OK);
    double data = pow(log(1.5) / 0.02, 2), prior = 1 / (0.3 * 0.3);
    NEAR(r->total_mean, (data * 0.5 + prior * 0.3) / (data + prior), 1e-9);
    NEAR(r->total_sd, 1 / sqrt(data + prior), 1e-9);
    assert_int_equal(r->evidence, FORE_EVIDENCE_EXPERIMENT);
    assert_int_equal(r->verdict, FORE_IDENTIFIED);
    fore_response_free(r);
    panel_free(&d);
}

static void assert_same(const fore_response *a, const fore_response *b, double tolerance)
{
    assert_int_equal(a->verdict, b->verdict);
    for (int64_t i = 0; i < a->kinds * a->draw_count; i++)
        NEAR(a->draws[i], b->draws[i], tolerance);
}

static fore_response *fit_with(panel_data *d, fore_pool *pool)
{
    fore_response *r = NULL;
    assert_int_equal(fore_response_fit(panel_of(d), NULL, pool, &r, NULL), FORE_OK);
    return r;
}

static void draws__any_number_of_threads__same_bytes(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(3);
    w.record_hours = true;
    w.kinds = 2;
    w.elasticity[1] = 0.1;
    w.reps = 20;
    w.weeks = 40;
    panel_data d = panel_make(&w);
    fore_pool *pool = NULL;
    assert_int_equal(fore_pool_new(3, &pool, NULL), FORE_OK);
    fore_response *a = fit_with(&d, NULL), *b = fit_with(&d, pool);
    assert_memory_equal(a->draws, b->draws, (size_t)(a->kinds * a->draw_count) * sizeof(double));
    assert_memory_equal(a->decay, b->decay, (size_t)a->draw_count * sizeof(double));
    fore_response_free(a);
    fore_response_free(b);
    fore_pool_free(pool);
    panel_free(&d);
}

static void draws__amounts_in_another_currency__do_not_change(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.reps = 20;
    w.weeks = 40;
    panel_data d = panel_make(&w);
    fore_response *a = fit_with(&d, NULL);
    for (int64_t i = 0; i < w.reps * w.weeks; i++) d.won[i] *= 1024;
    fore_response *b = fit_with(&d, NULL);
    assert_same(a, b, 1e-9);
    fore_response_free(a);
    fore_response_free(b);
    panel_free(&d);
}

static void swap_reps(double *x, int64_t weeks, int64_t a, int64_t b)
{
    for (int64_t t = 0; t < weeks; t++) {
        double keep = x[a * weeks + t];
        x[a * weeks + t] = x[b * weeks + t];
        x[b * weeks + t] = keep;
    }
}

static void draws__reps_in_another_order__do_not_change(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.reps = 20;
    w.weeks = 40;
    panel_data d = panel_make(&w);
    fore_response *a = fit_with(&d, NULL);
    double *tables[] = {d.won, d.activities, d.arrivals, d.held};
    for (int i = 0; i < 4; i++) {
        swap_reps(tables[i], w.weeks, 0, 17);
        swap_reps(tables[i], w.weeks, 3, 9);
    }
    fore_response *b = fit_with(&d, NULL);
    assert_same(a, b, 1e-8);
    fore_response_free(a);
    fore_response_free(b);
    panel_free(&d);
}

/* Every degenerate panel is answered by the prior, and says why. */
static void fit__degenerate_panels__answer_with_the_prior(void **state)
{
    (void)state;
    for (int which = 0; which < 9; which++) {
        panel_world w = panel_world_rule(2);
        w.reps = which == 0 ? 1 : 8;
        w.weeks = which == 1 ? 1 : which == 2 ? 2 : 30;
        w.record_hours = which >= 6;
        panel_data d = panel_make(&w);
        for (int64_t i = 0; i < w.reps * w.weeks; i++) {
            if (which == 3) d.won[i] = 0;
            if (which == 4) d.activities[i] = 0;
            if (which == 5 || which == 7) d.activities[i] = 7;
            if (which == 6) d.won[i] = NAN;
            if (which >= 7) d.hours[i] = NAN;
            if (which == 8) d.won[i] = i == 3 ? 5 : 0;
        }
        fore_response *r = NULL;
        fore_error err = {0};
        if (fore_response_fit(panel_of(&d), NULL, NULL, &r, &err) != FORE_OK)
            fail_msg("%d: %s", which, err.message);
        if (which != 2) NEAR(r->total_mean, FORE_PRIOR_ELASTICITY, 1e-6);
        assert_int_not_equal(r->verdict, FORE_IDENTIFIED);
        assert_true(r->why_count > 0);
        for (int64_t i = 0; i < r->draw_count; i++) assert_true(isfinite(r->draws[i]));
        fore_response_free(r);
        panel_free(&d);
    }
}

static void fit__inactive_cells__are_left_out(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    panel_data d = panel_make(&w);
    fore_random random = fore_random_new(8, 0);
    for (int64_t i = 0; i < w.reps * w.weeks; i++) {
        if (fore_random_uniform(&random) < 0.85) continue;
        d.won[i] = NAN;
        d.activities[i] = NAN;
    }
    fore_response *r = fit_with(&d, NULL);
    NEAR(r->checks.fixed_effects, 0.31, 0.07);
    assert_true(r->checks.cells < w.reps * w.weeks);
    fore_response_free(r);
    panel_free(&d);
}

static void fit__bad_input__names_the_place(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.reps = 4;
    w.weeks = 5;
    panel_data d = panel_make(&w);
    fore_response *r = NULL;
    fore_error err = {0};
    d.activities[7] = -1;
    assert_int_equal(fore_response_fit(panel_of(&d), NULL, NULL, &r, &err), FORE_E_DATA);
    assert_non_null(strstr(err.message, "rep 2, week 3"));
    assert_null(r);
    d.activities[7] = 1;
    d.won[2] = -3;
    assert_int_equal(fore_response_fit(panel_of(&d), NULL, NULL, &r, &err), FORE_E_DATA);
    d.won[2] = 3;
    d.minutes[0] = 0;
    assert_int_equal(fore_response_fit(panel_of(&d), NULL, NULL, &r, &err), FORE_E_DATA);
    d.minutes[0] = 5;
    d.panel.kinds = FORE_KINDS_MAX + 1;
    assert_int_equal(fore_response_fit(panel_of(&d), NULL, NULL, &r, &err), FORE_E_ARGUMENT);
    panel_free(&d);
}

static void fit__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(3);
    w.reps = FORE_IDENTIFIED_REPS;
    w.weeks = FORE_IDENTIFIED_WEEKS;
    w.noise = 0.4;
    w.record_hours = true;
    panel_data d = panel_make(&w);
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_response *r = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_response_fit(panel_of(&d), NULL, NULL, &r, NULL);
        fore_memory_fail_at(0);
        fore_response_free(r);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        assert_null(r);
    }
    panel_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict__effort_random_or_after_potential__identified_near_truth),
        cmocka_unit_test(verdict__effort_follows_unseen_demand__not_identifiable),
        cmocka_unit_test(verdict__unseen_demand_with_recorded_hours__identified_near_truth),
        cmocka_unit_test(verdict__no_exogenous_variation__not_identifiable),
        cmocka_unit_test(verdict__effort_without_effect__says_so),
        cmocka_unit_test(posterior__carry_over__finds_the_decay),
        cmocka_unit_test(posterior__three_kinds__recovers_total_and_order),
        cmocka_unit_test(posterior__sparse_counts__identified_and_wider),
        cmocka_unit_test(posterior__short_history__prior_driven_and_wide),
        cmocka_unit_test(verdict__too_few_reps_weeks_or_wins__the_prior_and_says_so),
        cmocka_unit_test(verdict__part_of_an_unidentified_whole__no_better_than_the_whole),
        cmocka_unit_test(posterior__an_experiment__wins_over_the_prior),
        cmocka_unit_test(draws__any_number_of_threads__same_bytes),
        cmocka_unit_test(draws__amounts_in_another_currency__do_not_change),
        cmocka_unit_test(draws__reps_in_another_order__do_not_change),
        cmocka_unit_test(fit__degenerate_panels__answer_with_the_prior),
        cmocka_unit_test(fit__inactive_cells__are_left_out),
        cmocka_unit_test(fit__bad_input__names_the_place),
        cmocka_unit_test(fit__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
