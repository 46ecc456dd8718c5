/* The right answers: what truth.json says is what the world does when effort is changed in it. */
#include "simulate_helpers.h"

#include <math.h>

#include "engine/base/pool.h"

static fore_pool *pool;

static int start(void **state)
{
    if (make_top(state)) return -1;
    return fore_pool_new(2, &pool, NULL) == FORE_OK ? 0 : -1;
}

static int stop(void **state)
{
    fore_pool_free(pool);
    return drop_top(state);
}

static double sum_weeks(const double *x, int32_t from, int32_t to)
{
    double sum = 0.0;
    for (int32_t j = from; j < to; j++) sum += x[j];
    return sum;
}

static fore_simulate_outcome future(const fore_simulate_options *o,
                                    const double factor[FORE_SIM_KINDS], int32_t weeks,
                                    int64_t draws)
{
    fore_simulate_plan plan = {.weeks = weeks, .draws = draws};
    fore_simulate_outcome outcome;
    fore_error err = {0};
    memcpy(plan.factor, factor, sizeof plan.factor);
    if (fore_simulate_future(o, &plan, pool, &outcome, &err) != FORE_OK)
        fail_msg("%s", err.message);
    return outcome;
}

/* A company large enough that a few futures tell: 30 territories. */
static fore_simulate_options wide_world(fore_confounding confounding)
{
    fore_simulate_options o = fore_simulate_default();
    o.reps = 30;
    o.leads_per_week = 180;
    o.weeks = 8;
    o.drift_per_year = 0.0;
    o.confounding = confounding;
    o.truth_draws = 0;
    return o;
}

/* log S(more) / S(less) over log f^2, from week 30 on: the carry-over is complete by then. */
static double long_run_elasticity(const fore_simulate_options *o, int kind)
{
    const double f = kind < 0 ? 1.15 : 1.4;
    double more[FORE_SIM_KINDS] = {1, 1, 1, 1}, less[FORE_SIM_KINDS] = {1, 1, 1, 1};
    for (int k = 0; k < FORE_SIM_KINDS; k++)
        if (kind < 0 || kind == k) more[k] = f, less[k] = 1.0 / f;
    fore_simulate_outcome a = future(o, more, 62, 16), b = future(o, less, 62, 16);
    double e = log(sum_weeks(a.expected, 30, 62) / sum_weeks(b.expected, 30, 62)) / log(f * f);
    fore_simulate_outcome_free(&a);
    fore_simulate_outcome_free(&b);
    return e;
}

static void elasticity__raised_in_the_world__is_the_stated_one(void **state)
{
    (void)state;
    for (int c = FORE_CONFOUNDING_NONE; c <= FORE_CONFOUNDING_UNRECORDED; c++) {
        double e = 0.0;
        for (uint64_t seed = 1; seed <= 2;
             seed++) { /* one run has a standard error of about 0.02 */
            fore_simulate_options o = wide_world((fore_confounding)c);
            o.seed = seed;
            e += 0.5 * long_run_elasticity(&o, -1);
        }
        print_message("%s: %.3f for 0.31\n", fore_confounding_word((fore_confounding)c), e);
        assert_true(fabs(e - 0.31) < 0.05);
    }
}

static void elasticity__by_kind__is_the_stated_one(void **state)
{
    (void)state;
    fore_simulate_options o = wide_world(FORE_CONFOUNDING_RECORDED);
    const double stated[FORE_SIM_KINDS] = {0.25, 0.0, 0.15, 0.05};
    memcpy(o.elasticity, stated, sizeof stated);
    for (int k = 0; k < FORE_SIM_KINDS; k++) {
        double e = long_run_elasticity(&o, k);
        print_message("%s: %.3f for %.2f\n", fore_simulate_kind_word(k), e, stated[k]);
        assert_true(fabs(e - stated[k]) < 0.04);
    }
}

static void elasticity__other_carry_over_and_saturation__is_still_the_stated_one(void **state)
{
    (void)state;
    fore_simulate_options o = wide_world(FORE_CONFOUNDING_NONE);
    o.half_life_weeks = 5;
    o.saturation = 0.6;
    for (int k = 0; k < FORE_SIM_KINDS; k++) o.elasticity[k] *= 0.5;
    double e = long_run_elasticity(&o, -1);
    print_message("%.3f for 0.155\n", e);
    assert_true(fabs(e - 0.155) < 0.03);
}

static void null_effect__no_plan__changes_anything(void **state)
{
    (void)state;
    fore_simulate_options o = wide_world(FORE_CONFOUNDING_UNRECORDED);
    memset(o.elasticity, 0, sizeof o.elasticity);
    const double today[FORE_SIM_KINDS] = {1, 1, 1, 1}, triple[FORE_SIM_KINDS] = {3, 3, 3, 3},
                 none[FORE_SIM_KINDS] = {0};
    fore_simulate_outcome a = future(&o, today, 20, 8), b = future(&o, triple, 20, 8),
                          c = future(&o, none, 20, 8);
    assert_true(sum_weeks(a.expected, 0, 20) > 0.0);
    assert_memory_equal(a.expected, b.expected, 20 * sizeof(double));
    assert_memory_equal(a.realised, c.realised, 8 * 20 * sizeof(double));
    assert_true(b.touches[0] > 2.9 * a.touches[0]);
    assert_true(c.touches[0] + c.hours == 0.0);
    fore_simulate_outcome_free(&a);
    fore_simulate_outcome_free(&b);
    fore_simulate_outcome_free(&c);
}

static void future__more_effort__saturates(void **state)
{
    (void)state;
    fore_simulate_options o = wide_world(FORE_CONFOUNDING_NONE);
    double last = 0.0, steps[4];
    static const double factors[] = {1.0, 4.0, 16.0, 64.0};
    for (int i = 0; i < 4; i++) {
        double f[FORE_SIM_KINDS] = {factors[i], factors[i], factors[i], factors[i]};
        fore_simulate_outcome x = future(&o, f, 60, 8);
        double s = sum_weeks(x.expected, 30, 60);
        steps[i] = i ? log(s / last) : 0.0;
        last = s;
        fore_simulate_outcome_free(&x);
    }
    assert_true(steps[1] > steps[2] && steps[2] > steps[3] &&
                steps[3] > 0.0); /* each fourfold brings less */
}

static void future__expected_and_realised__agree_on_average(void **state)
{
    (void)state;
    fore_simulate_options o = wide_world(FORE_CONFOUNDING_RECORDED);
    const double today[FORE_SIM_KINDS] = {1, 1, 1, 1};
    fore_simulate_outcome x = future(&o, today, 26, 60);
    double mean = 0.0, square = 0.0;
    for (int64_t d = 0; d < 60; d++) {
        double total = sum_weeks(x.realised + d * 26, 0, 26);
        mean += total / 60;
        square += total * total / 60;
    }
    double error = sqrt((square - mean * mean) / 60);
    assert_true(fabs(mean - sum_weeks(x.expected, 0, 26)) < 4 * error);
    assert_true(error > 0.0);
    fore_simulate_outcome_free(&x);
}

static void future__threads__change_nothing(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_simulate_plan plan = {{1.2, 1, 1, 0.7}, 9, 20};
    fore_simulate_outcome a, b;
    assert_int_equal(fore_simulate_future(&o, &plan, NULL, &a, NULL), FORE_OK);
    assert_int_equal(fore_simulate_future(&o, &plan, pool, &b, NULL), FORE_OK);
    assert_memory_equal(a.expected, b.expected, 9 * sizeof(double));
    assert_memory_equal(a.realised, b.realised, 20 * 9 * sizeof(double));
    assert_memory_equal(a.touches, b.touches, sizeof a.touches);
    fore_simulate_outcome_free(&a);
    fore_simulate_outcome_free(&b);
    fore_simulate_outcome_free(NULL);
}

static void future__bad_plan__is_refused(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_simulate_outcome x;
    fore_error err = {0};
    fore_simulate_plan bad[] = {{{1, -1, 1, 1}, 5, 5},
                                {{1, 1, 1, NAN}, 5, 5},
                                {{1, 1, 1, 1}, 0, 5},
                                {{1, 1, 1, 1}, 5, 0},
                                {{1, 1, 1, 1}, 521, 5}};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(fore_simulate_future(&o, &bad[i], NULL, &x, &err), FORE_E_ARGUMENT);
        assert_null(x.expected);
    }
    o.weeks = 0;
    fore_simulate_plan good = {{1, 1, 1, 1}, 5, 5};
    assert_int_equal(fore_simulate_future(&o, &good, NULL, &x, &err), FORE_E_ARGUMENT);
}

static void future__any_allocation_fails__no_leak(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    o.reps = 2, o.weeks = 3, o.warmup_weeks = 2, o.leads_per_week = 4;
    memset(o.elasticity, 0, sizeof o.elasticity);
    fore_simulate_plan plan = {{1, 1, 1, 1}, 3, 2};
    int64_t live = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_simulate_outcome x;
        fore_memory_fail_at(k);
        fore_status status = fore_simulate_future(&o, &plan, NULL, &x, NULL);
        fore_memory_fail_at(0);
        fore_simulate_outcome_free(&x);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) return;
        assert_int_equal(status, FORE_E_MEMORY);
        assert_true(k < 1000);
    }
}

/* --- truth.json and truth_leads.csv --- */

static void truth__factors__are_what_the_futures_give(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_simulate_truth t;
    fore_error err = {0};
    o.truth_draws = 40;
    assert_int_equal(fore_simulate(&o, under_top("truth"), pool, NULL, &t, &err), FORE_OK);
    double f[FORE_SIM_KINDS] = {1.5, 1.5, 1.5, 1.5};
    fore_simulate_outcome x = future(&o, f, 26, 40);
    assert_true(fore_simulate_factors[5] == 1.5 && fore_simulate_factors[1] == 1.0);
    assert_true(fabs(sum_weeks(x.expected, 0, 26) / t.expected_horizon[5] - 1.0) < 1e-9);
    assert_true(fabs(sum_weeks(x.expected, 0, 13) / t.expected_quarter[5] - 1.0) < 1e-9);
    fore_simulate_outcome_free(&x);
    /* the factor needed for +20 % brings about +20 % */
    assert_true(t.needed_horizon[1] > 1.0);
    for (int k = 0; k < FORE_SIM_KINDS; k++) f[k] = t.needed_horizon[1];
    x = future(&o, f, 26, 40);
    double lift = sum_weeks(x.expected, 0, 26) / t.expected_horizon[1];
    print_message("factor %.2f gives %.3f for 1.2\n", t.needed_horizon[1], lift);
    assert_true(fabs(lift - 1.2) < 0.03);
    fore_simulate_outcome_free(&x);
    fore_json *document = read_truth(under_top("truth"));
    const fore_json_node *root = fore_json_root(document), *coming = fore_json_get(root, "future");
    double in_file[FORE_SIM_FACTORS], seed = 0;
    assert_true(fore_json_get_numbers(coming, "expected_horizon", in_file, FORE_SIM_FACTORS));
    for (int i = 0; i < FORE_SIM_FACTORS; i++)
        assert_true(fabs(in_file[i] / t.expected_horizon[i] - 1.0) < 1e-8);
    assert_true(fore_json_get_number(fore_json_get(root, "options"), "seed", &seed));
    assert_true(seed == 1.0);
    assert_int_equal(fore_json_length(fore_json_get(root, "dirty")), 0);
    fore_json_free(document);
}

static void truth_leads__open_ones_have_a_probability(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_simulate_truth t;
    o.truth_draws = 40;
    simulate(&o, under_top("leads"), &t);
    table leads = read_table(under_top("leads"), "leads.csv"),
          truth = read_table(under_top("leads"), "truth_leads.csv");
    fore_dictionary *known = keys_of(&leads);
    int64_t open = 0, deals = 0;
    double lead_sum = 0, deal_sum = 0;
    fore_dictionary *once = keys_of(&truth);
    assert_int_equal(truth.rows, leads.rows);
    for (int64_t i = 0; i < truth.rows; i++) {
        char **row = truth.cell[i];
        int64_t lead = find_key(known, row[0]);
        assert_true(lead >= 0);
        const char *status = leads.cell[lead][column(&leads, "status")],
                   *state_word = row[column(&truth, "state")];
        const char *p = row[column(&truth, "p_win_90d")];
        bool still_open = strcmp(state_word, "open") == 0,
             open_deal = strcmp(state_word, "deal open") == 0;
        assert_int_equal(still_open || open_deal, *p != 0);
        assert_int_equal(still_open, *leads.cell[lead][column(&leads, "closed_at")] == 0);
        assert_int_equal(strcmp(status, "converted") == 0, *row[1] != 0);
        assert_true(fabs(number_in(row[column(&truth, "hidden_logit")])) < 10.0);
        if (*p) assert_true(number_in(p) >= 0.0 && number_in(p) <= 1.0);
        if (still_open) open++, lead_sum += number_in(p);
        if (open_deal) deals++, deal_sum += number_in(p);
    }
    assert_true(open > 30 && deals > 5);
    assert_true(lead_sum / (double)open <
                deal_sum / (double)deals); /* a deal is nearer to being won */
    assert_true(deal_sum / (double)deals > 0.1);
    fore_dictionary_free(known);
    fore_dictionary_free(once);
    free_table(&leads);
    free_table(&truth);
}

/* The mean of p_win_90d is what the next 13 weeks' realised wins of those leads come to. Same
 * world, longer history. */
static void truth_leads__probabilities__hold_in_the_world_that_goes_on(void **state)
{
    (void)state;
    double promised = 0.0;
    int64_t won = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        fore_simulate_options o = small_world();
        o.seed = seed;
        o.reps = 10, o.leads_per_week = 60, o.weeks = 20;
        o.truth_draws = 30, o.truth_weeks = 13;
        simulate(&o, under_top("now"), NULL);
        table now = read_table(under_top("now"), "truth_leads.csv");
        fore_dictionary *open = fore_dictionary_new();
        for (int64_t i = 0; i < now.rows; i++)
            if (*now.cell[i][5]) {
                promised += number_in(now.cell[i][5]);
                fore_dictionary_add(open, now.cell[i][0], (int64_t)strlen(now.cell[i][0]));
            }
        o.weeks =
            33; /* the same seed goes on for 13 weeks: leads open then are known by their ids */
        o.truth_draws = 0;
        fore_simulate_truth t;
        simulate(&o, under_top("later"), &t);
        table deals = read_table(under_top("later"), "deals.csv");
        int64_t limit = fore_time_of_date(t.end_on) - FORE_DAY;
        for (int64_t i = 0; i < deals.rows; i++)
            if (strcmp(deals.cell[i][column(&deals, "outcome")], "won") == 0 &&
                find_key(open, deals.cell[i][1]) >= 0)
                won += time_in(deals.cell[i][column(&deals, "closed_at")]) < limit;
        fore_dictionary_free(open);
        free_table(&now);
        free_table(&deals);
    }
    print_message("promised %.1f wins, %lld came\n", promised, (long long)won);
    assert_true(won > 100);
    /* Poisson noise, and local demand that moves whole territories together */
    assert_true(fabs((double)won - promised) < 4 * sqrt(promised) + 0.05 * promised);
}

/* --- plausible, and confounded as asked --- */

static void default_world__rates__are_those_of_a_sales_team(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        fore_simulate_options o = fore_simulate_default();
        fore_simulate_truth t;
        o.seed = seed;
        o.truth_draws = 0;
        simulate(&o, under_top("rates"), &t);
        print_message(
            "seed %llu: conversion %.3f, win rate %.3f, AUC %.3f, %lld won, %lld activities\n",
            (unsigned long long)seed, t.conversion_rate, t.win_rate, t.quality_auc,
            (long long)t.won, (long long)t.activities);
        assert_true(t.conversion_rate > 0.20 && t.conversion_rate < 0.30);
        assert_true(t.win_rate > 0.25 && t.win_rate < 0.38);
        assert_true(t.quality_auc > 0.74 && t.quality_auc < 0.82);
        assert_true(t.won > 300 && t.won < 800);
        assert_true(isnan(t.expected_quarter[0]) && isnan(t.needed_quarter[0]));
    }
}

/* Elasticity at the mean from a straight line through rep-quarters: wins on touches. */
static double pooled_elasticity(fore_confounding confounding)
{
    enum { REPS = 60, QUARTERS = 8 };
    static double touches[REPS * QUARTERS], wins[REPS * QUARTERS];
    memset(touches, 0, sizeof touches);
    memset(wins, 0, sizeof wins);
    fore_simulate_options o = fore_simulate_default();
    o.reps = REPS;
    o.leads_per_week = 300;
    o.confounding = confounding;
    o.truth_draws = 0;
    simulate(&o, under_top("pooled"), NULL);
    table a = read_table(under_top("pooled"), "activities.csv"),
          d = read_table(under_top("pooled"), "deals.csv");
    int64_t origin = fore_time_of_date(o.start_on), span = 13 * 7 * FORE_DAY;
    int64_t at = column(&a, "at"), kind = column(&a, "kind"), way = column(&a, "direction"),
            rep = column(&a, "rep_id");
    for (int64_t i = 0; i < a.rows; i++) {
        char **row = a.cell[i];
        bool effort = false;
        for (int k = 0; k < FORE_SIM_KINDS; k++)
            effort |= strcmp(row[kind], fore_simulate_kind_word(k)) == 0;
        if (!effort || !*row[at] || !*row[rep] || strcmp(row[way], "outbound") != 0) continue;
        touches[(atoi(row[rep] + 1) - 1) * QUARTERS + (time_in(row[at]) - origin) / span] += 1.0;
    }
    for (int64_t i = 0; i < d.rows; i++) {
        char **row = d.cell[i];
        if (strcmp(row[column(&d, "outcome")], "won") != 0) continue;
        wins[(atoi(row[column(&d, "owner_id")] + 1) - 1) * QUARTERS +
             (time_in(row[column(&d, "closed_at")]) - origin) / span] += 1.0;
    }
    free_table(&a);
    free_table(&d);
    double n = REPS * QUARTERS, x = 0, y = 0, xy = 0, xx = 0;
    for (int i = 0; i < REPS * QUARTERS; i++) x += touches[i] / n, y += wins[i] / n;
    for (int i = 0; i < REPS * QUARTERS; i++)
        xy += (touches[i] - x) * (wins[i] - y), xx += (touches[i] - x) * (touches[i] - x);
    return xy / xx * x / y;
}

static void confounded_world__pooled_regression__overstates(void **state)
{
    (void)state;
    double none = pooled_elasticity(FORE_CONFOUNDING_NONE),
           recorded = pooled_elasticity(FORE_CONFOUNDING_RECORDED),
           unrecorded = pooled_elasticity(FORE_CONFOUNDING_UNRECORDED);
    print_message("pooled: none %.2f, recorded %.2f, unrecorded %.2f; true 0.31\n", none, recorded,
                  unrecorded);
    assert_true(recorded > 0.9);
    assert_true(unrecorded > 0.9);
    assert_true(none < 0.75 * recorded && none < 0.75 * unrecorded);
}

/* --- the flat panel of B4 --- */

enum { TERRITORIES = 60, PANEL_WEEKS = 104, CELLS = TERRITORIES * PANEL_WEEKS };

static double slope(const double *x, const double *y)
{
    double mx = 0, my = 0, xy = 0, xx = 0;
    for (int i = 0; i < CELLS; i++) mx += x[i] / CELLS, my += y[i] / CELLS;
    for (int i = 0; i < CELLS; i++)
        xy += (x[i] - mx) * (y[i] - my), xx += (x[i] - mx) * (x[i] - mx);
    return xy / xx;
}

static void within(double *x)
{
    double row[TERRITORIES] = {0}, week[PANEL_WEEKS] = {0}, all = 0;
    for (int i = 0; i < CELLS; i++) {
        row[i / PANEL_WEEKS] += x[i] / PANEL_WEEKS;
        week[i % PANEL_WEEKS] += x[i] / TERRITORIES;
        all += x[i] / CELLS;
    }
    for (int i = 0; i < CELLS; i++) x[i] += all - row[i / PANEL_WEEKS] - week[i % PANEL_WEEKS];
}

static void panel__five_rules__go_wrong_as_known(void **state)
{
    (void)state;
    static const struct {
        double pooled, pooled_band, two_way, two_way_band, residual;
    } known[FORE_PANEL_RULES] = {{0.31, 0.15, 0.31, 0.04, 0.200},
                                 {1.40, 0.08, 0.31, 0.04, 0.200},
                                 {1.40, 0.08, 0.535, 0.05, 0.228},
                                 {1.54, 0.04, 0.31, 0.90, 0.0099},
                                 {1.54, 0.06, 1.29, 0.08, 0.110}};
    static double effort[CELLS], sales[CELLS];
    for (int rule = 0; rule < FORE_PANEL_RULES; rule++) {
        fore_simulate_panel((fore_panel_rule)rule, 17, TERRITORIES, PANEL_WEEKS, effort, sales);
        double pooled = slope(effort, sales), sd = 0;
        within(effort);
        within(sales);
        double two_way = slope(effort, sales);
        for (int i = 0; i < CELLS; i++) sd += effort[i] * effort[i] / CELLS;
        print_message("rule %d: pooled %.3f, two-way %.3f, residual sd %.4f\n", rule, pooled,
                      two_way, sqrt(sd));
        assert_true(fabs(pooled - known[rule].pooled) < known[rule].pooled_band);
        assert_true(fabs(two_way - known[rule].two_way) < known[rule].two_way_band);
        assert_true(fabs(sqrt(sd) / known[rule].residual - 1.0) < 0.06);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elasticity__raised_in_the_world__is_the_stated_one),
        cmocka_unit_test(elasticity__by_kind__is_the_stated_one),
        cmocka_unit_test(elasticity__other_carry_over_and_saturation__is_still_the_stated_one),
        cmocka_unit_test(null_effect__no_plan__changes_anything),
        cmocka_unit_test(future__more_effort__saturates),
        cmocka_unit_test(future__expected_and_realised__agree_on_average),
        cmocka_unit_test(future__threads__change_nothing),
        cmocka_unit_test(future__bad_plan__is_refused),
        cmocka_unit_test(future__any_allocation_fails__no_leak),
        cmocka_unit_test(truth__factors__are_what_the_futures_give),
        cmocka_unit_test(truth_leads__open_ones_have_a_probability),
        cmocka_unit_test(truth_leads__probabilities__hold_in_the_world_that_goes_on),
        cmocka_unit_test(default_world__rates__are_those_of_a_sales_team),
        cmocka_unit_test(confounded_world__pooled_regression__overstates),
        cmocka_unit_test(panel__five_rules__go_wrong_as_known),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
