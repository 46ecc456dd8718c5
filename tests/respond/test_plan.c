/* From response to plan: constant-elasticity rows, KKT of the mix, monotone targets, limits, words.
 */
#include "models/respond/plan.h"
#include "tests/respond/respond_support.h"

/* A response whose draws are given: no panel behind it. */
typedef struct made {
    fore_response r;
    double draws[400], decay[100], scale[4], stock[4], share[4], mean[4], sd[4], current[4],
        minutes[4];
    const char *names[4];
    fore_plan_input in;
} made;

static void make(made *m, int64_t kinds, const double *elasticity, double spread, double decay)
{
    static const char *const NAMES[] = {"call", "email", "meeting", "visit"};
    memset(m, 0, sizeof *m);
    fore_random random = fore_random_new(4, 0);
    m->r = (fore_response){.kinds = kinds,
                           .draw_count = 100,
                           .draws = m->draws,
                           .decay = m->decay,
                           .scale = m->scale,
                           .mean_stock = m->stock,
                           .share = m->share,
                           .mean = m->mean,
                           .sd = m->sd};
    m->r.checks.range_lo = 0.5;
    m->r.checks.range_hi = 1.5;
    for (int64_t k = 0; k < kinds; k++) {
        m->names[k] = NAMES[k];
        m->stock[k] = 10;
        m->scale[k] = 1e-9; /* constant elasticity */
        m->mean[k] = elasticity[k];
        m->current[k] = 10 * 13 * 4;
        m->minutes[k] = 15;
        for (int64_t d = 0; d < 100; d++)
            m->draws[d + k * 100] = elasticity[k] + spread * fore_random_normal(&random);
    }
    for (int64_t d = 0; d < 100; d++) m->decay[d] = decay;
    m->in = (fore_plan_input){.response = &m->r,
                              .weeks = 13,
                              .reps = 4,
                              .current = m->current,
                              .minutes = m->minutes,
                              .kind_names = m->names,
                              .hours_available = NAN,
                              .hours_per_rep = 400,
                              .leads = NAN,
                              .touches_per_lead = NAN};
}

static fore_plan solve(const made *m, double raise)
{
    fore_plan p;
    fore_error err = {0};
    if (fore_plan_solve(&m->in, raise, &p, &err) != FORE_OK) fail_msg("%s", err.message);
    return p;
}

/* (1 + g)^(1 / e), the published rows. */
static void effort_multiple__constant_elasticity__equals_the_table(void **state)
{
    (void)state;
    static const double E[] = {0.12, 0.245, 0.31, 0.34, 0.5};
    static const double ROWS[] = {2.213, 4.569, 8.903, 1.476, 2.105, 2.918, 1.360, 1.801,
                                  2.331, 1.324, 1.710, 2.163, 1.210, 1.440, 1.690};
    for (int i = 0; i < 5; i++) {
        for (int g = 0; g < 3; g++) {
            double raise = 0.1 * (g + 1), ceiling[1] = {20};
            NEAR(fore_effort_multiple(raise, E[i]), ROWS[3 * i + g], 5e-4);
            made m;
            make(&m, 1, &E[i], 0, 0);
            m.in.ceiling = ceiling;
            fore_plan p = solve(&m, raise);
            NEAR(p.hours_factor.median, pow(1 + raise, 1 / E[i]), 1e-6);
            NEAR(p.extra_hours.median, (p.hours_factor.median - 1) * 130, 1e-6);
            NEAR(p.kinds[0].needed, 520 * p.hours_factor.median, 1e-4);
        }
    }
    assert_true(isinf(fore_effort_multiple(0.1, 0)));
}

/* KKT: equal return per cost between the limits, not more above, not less below. */
static void cheapest_mix__random_problems__kkt_holds(void **state)
{
    (void)state;
    fore_random random = fore_random_new(12, 0);
    for (int problem = 0; problem < 200; problem++) {
        double b[4], c[4], x0[4], lo[4], hi[4], x[4], most = 0, gain = 0, low = 0, high = INFINITY;
        for (int k = 0; k < 4; k++) {
            b[k] = k == 3 && problem % 4 == 0 ? -0.1 : fore_random_uniform(&random);
            c[k] = 0.1 + fore_random_uniform(&random);
            x0[k] = 0.5 + fore_random_uniform(&random);
            lo[k] = x0[k] * (problem % 2 ? 1 : 0.5);
            hi[k] = x0[k] * (1.5 + 3 * fore_random_uniform(&random));
            if (b[k] > 0) most += b[k] * log(hi[k] / x0[k]);
        }
        double target = most * fore_random_uniform(&random);
        assert_true(fore_cheapest_mix(4, b, c, x0, lo, hi, target, x));
        for (int k = 0; k < 4; k++) {
            assert_true(x[k] >= lo[k] * (1 - 1e-12) && x[k] <= hi[k] * (1 + 1e-12));
            if (b[k] <= 0) {
                NEAR(x[k], lo[k], 0);
                continue;
            }
            gain += b[k] * log(x[k] / x0[k]);
            double value = b[k] / (c[k] * x[k]);
            if (x[k] > lo[k] * (1 + 1e-9))
                high = fmin(high, value); /* moved up: its return is at least 1/m */
            if (x[k] < hi[k] * (1 - 1e-9)) low = fmax(low, value); /* could move up: at most 1/m */
        }
        assert_true(low <= high * (1 + 1e-9));
        NEAR(gain, target, 1e-9);
        assert_false(fore_cheapest_mix(4, b, c, x0, lo, hi, most + 0.01, x));
    }
}

static void plan__higher_targets__cost_more(void **state)
{
    (void)state;
    static const double E[] = {0.2, 0.1, 0.05};
    made m;
    make(&m, 3, E, 0.03, 0.3);
    double last = 1;
    for (int g = 1; g <= 5; g++) {
        fore_plan p = solve(&m, 0.05 * g);
        assert_true(p.hours_factor.median > last);
        assert_true(p.hours_factor.p10 <= p.hours_factor.median &&
                    p.hours_factor.median <= p.hours_factor.p90);
        assert_true(p.hours_factor_80 >= p.hours_factor.median);
        NEAR(p.probability_reached, 0.5, 0.06);
        last = p.hours_factor.median;
    }
}

static void plan__nothing_asked__nothing_needed(void **state)
{
    (void)state;
    static const double E[] = {0.3};
    made m;
    make(&m, 1, E, 0.05, 0.2);
    fore_plan p = solve(&m, 0);
    NEAR(p.hours_factor.median, 1, 1e-12);
    NEAR(p.kinds[0].extra, 0, 1e-9);
    assert_true(p.reachable);
}

/* One kind costs a tenth of the other at the same elasticity: it grows first. */
static void plan__cheap_kind__is_raised_first(void **state)
{
    (void)state;
    static const double E[] = {0.2, 0.2};
    made m;
    make(&m, 2, E, 0, 0);
    m.minutes[1] = 1.5;
    fore_plan p = solve(&m, 0.1);
    NEAR(p.kinds[0].extra, 0, 1e-6);
    NEAR(p.kinds[1].needed / 520, pow(1.1, 1 / 0.2), 1e-6);
}

static void plan__carry_over__part_lands_later(void **state)
{
    (void)state;
    static const double E[] = {0.3};
    made now, late;
    make(&now, 1, E, 0, 0);
    make(&late, 1, E, 0, 0.75);
    fore_plan a = solve(&now, 0.1), b = solve(&late, 0.1);
    assert_true(b.hours_factor.median > a.hours_factor.median);
    NEAR(a.later_share, 0, 1e-12);
    assert_true(b.later_share > 0.01);
    double factor = b.hours_factor.median, sum = 0;
    for (int t = 1; t <= 13; t++) sum += pow(1 + (factor - 1) * (1 - pow(0.75, t)), 0.3);
    NEAR(sum / 13, 1.1, 1e-6);
}

static bool mentions(const fore_plan *p, const char *word)
{
    for (int64_t i = 0; i < p->constraint_count; i++)
        if (strstr(p->constraints[i], word)) return true;
    return false;
}

static void plan__limits__are_kept_and_named(void **state)
{
    (void)state;
    static const double E[] = {0.3};
    double ceiling[1] = {1.2};
    made m;
    make(&m, 1, E, 0.02, 0);
    m.in.hours_available = 150;
    fore_plan p = solve(&m, 0.1); /* takes 1.374 x 130 = 179 hours */
    assert_false(p.reachable);
    assert_true(mentions(&p, "28 hours are missing") || mentions(&p, "29 hours are missing"));
    BETWEEN(p.probability_reached, 0, 0.1);
    m.in.hours_available = 1000;
    m.in.leads = 100;
    m.in.touches_per_lead = 6;
    p = solve(&m, 0.1);
    assert_false(p.reachable);
    assert_true(mentions(&p, "touches per lead"));
    m.in.touches_per_lead = 10;
    assert_true(solve(&m, 0.1).reachable);
    m.in.ceiling = ceiling;
    p = solve(&m, 0.3);
    assert_false(p.reachable);
    assert_true(isinf(p.hours_factor.median) && isinf(p.extra_hours.p90));
    NEAR(p.kinds[0].needed, 1.2 * 520, 1e-6);
    assert_true(mentions(&p, "limit"));
}

static void plan__outside_the_observed_range__is_an_extrapolation(void **state)
{
    (void)state;
    static const double E[] = {0.3};
    made m;
    make(&m, 1, E, 0.02, 0);
    assert_true(solve(&m, 0.1).within_observed_range); /* 1.37 times */
    fore_plan p = solve(&m, 0.2);                      /* 1.84 times */
    assert_false(p.within_observed_range);
    assert_true(mentions(&p, "extrapolation"));
}

static void plan__no_effect__is_never_a_number(void **state)
{
    (void)state;
    static const double E[] = {0};
    made m;
    make(&m, 1, E, 0.02, 0);
    m.r.mean[0] = -0.001;
    m.r.no_effect = true;
    fore_plan p = solve(&m, 0.1);
    assert_false(p.reachable);
    assert_true(isinf(p.hours_factor.median));
    assert_true(mentions(&p, "does not raise sales"));
}

static void plan_effect__plan_solved__gives_the_target_back(void **state)
{
    (void)state;
    static const double E[] = {0.2, 0.15};
    double baseline[50], probability, factors[2];
    made m;
    make(&m, 2, E, 0, 0.45);
    for (int i = 0; i < 50; i++) baseline[i] = 1000 + 10 * i;
    m.in.baseline = baseline;
    m.in.baseline_count = 50;
    fore_plan p = solve(&m, 0.2);
    fore_plan_range range, marginal[2];
    for (int k = 0; k < 2; k++) factors[k] = p.kinds[k].needed / p.kinds[k].current;
    assert_int_equal(fore_plan_effect(&m.in, factors, 0.19, &range, &probability, NULL), FORE_OK);
    NEAR(range.median, 1.2, 1e-6);
    NEAR(probability, 1, 0);
    NEAR(p.sales_median, 1.2 * 1245, 15);
    BETWEEN(p.probability_sales, 0.3, 0.7);
    /* The marginal return equals the difference quotient of the effect. */
    assert_int_equal(fore_plan_marginal(&m.in, marginal, NULL), FORE_OK);
    for (int k = 0; k < 2; k++) {
        double step = 1e-5, f[2] = {1, 1};
        f[k] += step;
        assert_int_equal(fore_plan_effect(&m.in, f, 0, &range, NULL, NULL), FORE_OK);
        NEAR(marginal[k].median, 1245 * (range.median - 1) / (step * 130), 0.002);
    }
}

static void plan__bad_input__is_refused(void **state)
{
    (void)state;
    static const double E[] = {0.3};
    made m;
    fore_plan p;
    make(&m, 1, E, 0.02, 0);
    assert_int_equal(fore_plan_solve(&m.in, -1, &p, NULL), FORE_E_ARGUMENT);
    m.current[0] = 0;
    assert_int_equal(fore_plan_solve(&m.in, 0.1, &p, NULL), FORE_E_NO_ANSWER);
    m.current[0] = NAN;
    assert_int_equal(fore_plan_solve(&m.in, 0.1, &p, NULL), FORE_E_ARGUMENT);
    m.current[0] = 5;
    fore_memory_fail_at(1);
    assert_int_equal(fore_plan_solve(&m.in, 0.1, &p, NULL), FORE_E_MEMORY);
    fore_memory_fail_at(0);
}

/* A fitted response, closed loop: the plan's effort fed back into the true world gives the lift. */
static void plan__from_a_fitted_response__interval_holds_the_true_factor(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(3);
    w.record_hours = true;
    int held = 0, worlds = 8;
    for (int seed = 1; seed <= worlds; seed++) {
        double current[1];
        const char *names[1] = {"call"};
        w.seed = (uint64_t)seed;
        fore_response *r = respond_to(&w);
        current[0] = r->mean_stock[0] * 13 * 60;
        double minutes[1] = {15};
        fore_plan_input in = {.response = r,
                              .weeks = 13,
                              .reps = 60,
                              .current = current,
                              .minutes = minutes,
                              .kind_names = names,
                              .hours_available = NAN,
                              .leads = NAN,
                              .touches_per_lead = NAN};
        fore_plan p;
        assert_int_equal(fore_plan_solve(&in, 0.1, &p, NULL), FORE_OK);
        double lift = pow(p.hours_factor.median, 0.31) - 1;
        BETWEEN(lift, 0.06, 0.14);
        double truth = pow(1.1, 1 / 0.31);
        held += p.hours_factor.p10 <= truth && truth <= p.hours_factor.p90;
        fore_response_free(r);
    }
    assert_true(held >= worlds / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effort_multiple__constant_elasticity__equals_the_table),
        cmocka_unit_test(cheapest_mix__random_problems__kkt_holds),
        cmocka_unit_test(plan__higher_targets__cost_more),
        cmocka_unit_test(plan__nothing_asked__nothing_needed),
        cmocka_unit_test(plan__cheap_kind__is_raised_first),
        cmocka_unit_test(plan__carry_over__part_lands_later),
        cmocka_unit_test(plan__limits__are_kept_and_named),
        cmocka_unit_test(plan__outside_the_observed_range__is_an_extrapolation),
        cmocka_unit_test(plan__no_effect__is_never_a_number),
        cmocka_unit_test(plan_effect__plan_solved__gives_the_target_back),
        cmocka_unit_test(plan__bad_input__is_refused),
        cmocka_unit_test(plan__from_a_fitted_response__interval_holds_the_true_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
