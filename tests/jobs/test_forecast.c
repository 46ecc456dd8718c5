/* The forecast answer beside the effort answer of the same history: one unit, one share of a team,
 * one way to say what was left out. */
#include "answer_help.h"
#include "engine/jobs/forecast.h"

enum { NOW = 456 }; /* Tuesday, 1 April 2025 */

static foresell_forecast_request request(const char *period, const char *by)
{
    return (foresell_forecast_request){
        .moment = {at(NOW, 0), NULL}, .period = period, .horizon = 1, .by = by, .seed = 5};
}

static void a_company(world *w)
{
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(w, &k);
}

/* Dollars beside the company's euros. */
static void put_dollars(world *w)
{
    world_begin(w);
    for (int i = 0; i < 40; i++) {
        char id[32];
        snprintf(id, sizeof id, "X%03d", i);
        fore_deal_row row = a_deal(id, at(10 * i, 9));
        row.owner = key_of(w, FORE_REP, "R0");
        row.currency = "USD";
        row.amount_minor = 99900000;
        row.outcome = i % 4 == 3 ? FORE_OUTCOME_OPEN : i % 2 ? FORE_WON : FORE_LOST;
        if (row.outcome != FORE_OUTCOME_OPEN) row.closed_at = at(10 * i + 20, 9);
        put_deal(w, row);
    }
    world_commit(w);
}

static void forecast__two_currencies__adds_up_the_main_one_and_names_the_other(void **state)
{
    world *w = *state, *euros = another_world(1);
    a_company(w);
    a_company(euros);
    put_dollars(w);
    foresell_forecast_request r = request(NULL, NULL);
    r.moment.now = at(NOW + 14, 0);
    HEAR(both, fore_job_forecast(&w->c, &r, both.answer, e));
    HEAR(one, fore_job_forecast(&euros->c, &r, one.answer, e));
    assert_string_equal(string_of(both.root, "unit"), "EUR");
    assert_true(noted(&both, "40 deals in another currency"));
    assert_false(noted(&one, "another currency"));
    const fore_json_node *a = fore_json_at(node_of(both.root, "periods"), 0);
    const fore_json_node *b = fore_json_at(node_of(one.root, "periods"), 0);
    CLOSE(number_of(a, "won_so_far"), number_of(b, "won_so_far"));
    assert_true(number_of(a, "won_so_far") > 0);
    /* chances may move a little: the dollars' deals are wins and losses of their owner too */
    assert_true(fabs(number_of(a, "mean") / number_of(b, "mean") - 1) < 0.05);
    assert_true(fabs(number_of(a, "median") / number_of(b, "median") - 1) < 0.05);
    forget(&both);
    forget(&one);
    world_end(euros);
}

/* A company in two currencies with a stated rate is the company that had written euros throughout.
 */
static void forecast__stated_rate__is_as_if_all_had_been_written_in_one_currency(void **state)
{
    world *w = *state, *euros = another_world(1);
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(euros, &k);
    k.dollars = 2; /* one euro is two dollars */
    put_company(w, &k);
    foresell_forecast_request r = request(NULL, NULL);
    HEAR(before, fore_job_forecast(&w->c, &r, before.answer, e));
    assert_true(noted(&before, "another currency are left out"));
    static const char *const said[] = {"currency=EUR", "exchange_rates=USD=0.5"};
    foresell_settings_request rates = {said, 2};
    HEAR(set, fore_job_settings(&w->c, &rates, set.answer, e));
    HEAR(both, fore_job_forecast(&w->c, &r, both.answer, e));
    HEAR(one, fore_job_forecast(&euros->c, &r, one.answer, e));
    assert_true(noted(&both, "converted to EUR"));
    const fore_json_node *a = fore_json_at(node_of(both.root, "periods"), 0);
    const fore_json_node *b = fore_json_at(node_of(one.root, "periods"), 0);
    CLOSE(number_of(a, "mean"), number_of(b, "mean"));
    CLOSE(number_of(a, "median"), number_of(b, "median"));
    forget(&before);
    forget(&set);
    forget(&both);
    forget(&one);
    world_end(euros);
}

static double mean_of(world *w, const foresell_forecast_request *r)
{
    HEAR(h, fore_job_forecast(&w->c, r, h.answer, e));
    double mean = number_of(fore_json_at(node_of(h.root, "periods"), 0), "mean");
    forget(&h);
    return mean;
}

static void forecast__a_credit_note_among_the_wins__is_subtracted_and_stops_nothing(void **state)
{
    world *w = *state;
    a_company(w);
    foresell_forecast_request r = request(NULL, NULL);
    r.moment.now = at(NOW + 14, 0);
    double before = mean_of(w, &r);
    world_begin(w);
    fore_deal_row row = a_deal("CREDIT", at(NOW + 1, 9));
    row.currency = "EUR";
    row.outcome = FORE_WON;
    row.closed_at = at(NOW + 2, 9);
    row.amount_minor = -100000;
    put_deal(w, row);
    world_commit(w);
    double after = mean_of(w, &r);
    assert_true(after < before && after > before - 3000);
}

/* Leads alone, until the first deal is entered: what was said before that day stays. */
static void forecast__first_deal_after_the_moment__changes_nothing(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 400, .days = 500, .leads = true};
    put_company(w, &k);
    foresell_forecast_request r = request(NULL, NULL);
    double before = mean_of(w, &r);
    world_begin(w);
    put_deal(w, a_deal("FIRST", at(NOW + 5, 9)));
    world_commit(w);
    CLOSE(mean_of(w, &r), before);
}

static void forecast__own_currency_stated__is_the_unit_however_much_was_won_in_others(void **state)
{
    world *w = *state;
    a_company(w);
    put_dollars(w);
    static const char *said[] = {"currency=USD"};
    foresell_settings_request own = {said, 1};
    HEAR(set, fore_job_settings(&w->c, &own, set.answer, e));
    forget(&set);
    foresell_forecast_request r = request(NULL, NULL);
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    assert_string_equal(string_of(h.root, "unit"), "USD");
    forget(&h);
    said[0] = "currency=GBP";
    HEAR(again, fore_job_settings(&w->c, &own, again.answer, e));
    forget(&again);
    DENIED(FORE_E_NO_ANSWER, "exchange_rates", d, fore_job_forecast(&w->c, &r, d.answer, e));
}

/* The coming quarter by team: as forecast and as the baseline of effort. */
static void forecast_and_effort__by_team__say_the_same(void **state)
{
    world *w = *state;
    a_company(w);
    world_begin(w); /* the north had three times the deals, long ago */
    for (int i = 0; i < 150; i++) {
        char id[32];
        snprintf(id, sizeof id, "A%03d", i);
        fore_deal_row row = a_deal(id, at(-300 + i, 9));
        row.owner = key_of(w, FORE_REP, "R1");
        row.outcome = i % 2 ? FORE_WON : FORE_LOST;
        row.closed_at = at(-300 + i + 30, 9);
        row.amount_minor = 200000;
        row.currency = "EUR";
        put_deal(w, row);
    }
    world_commit(w);
    foresell_forecast_request r = request("quarter", "team");
    r.moment.now = at(NOW - 1, 0); /* on the last day of the quarter before */
    r.horizon = 2;
    foresell_effort_request q = {.moment = r.moment, .by = "team", .seed = 5};
    HEAR(f, fore_job_forecast(&w->c, &r, f.answer, e));
    HEAR(h, fore_job_effort(&w->c, &q, h.answer, e));
    const fore_json_node *groups = node_of(f.root, "groups"), *teams = node_of(h.root, "groups");
    assert_int_equal(fore_json_length(teams), 2);
    for (int64_t i = 0; i < 2; i++) {
        const fore_json_node *team = fore_json_at(teams, i), *group = NULL;
        for (int64_t k = 0; k < fore_json_length(groups); k++)
            if (strcmp(string_of(fore_json_at(groups, k), "group"), string_of(team, "group")) == 0)
                group = fore_json_at(groups, k);
        assert_non_null(group);
        const fore_json_node *period = fore_json_at(node_of(group, "periods"), 1);
        double said = number_of(period, "mean"),
               base = number_of(node_of(team, "baseline"), "mean");
        assert_true(fabs(said / base - 1) < 0.06); /* 1,000 and 2,000 draws */
    }
    forget(&f);
    forget(&h);
}

/* A team whose people hold deals and did nothing: it is named below, and the JSON stays whole. */
static void effort__a_team_without_effort__is_left_out_of_sound_json(void **state)
{
    world *w = *state;
    a_company(w);
    world_begin(w);
    put_rep(w, "RX", "absent", 40);
    world_commit(w);
    foresell_effort_request q = {.moment = {at(NOW, 0), NULL}, .by = "team", .seed = 5};
    HEAR(h, fore_job_effort(&w->c, &q, h.answer, e));
    const fore_json_node *teams = node_of(h.root, "groups");
    assert_int_equal(fore_json_length(teams), 2);
    for (int64_t i = 0; i < 2; i++)
        assert_string_not_equal(string_of(fore_json_at(teams, i), "group"), "absent");
    assert_true(noted(&h, "Team absent: no recent effort"));
    assert_int_equal(h.answer->grid_count, 3);
    forget(&h);
}

static void backtest__effort_before_its_first_weeks__is_left_out_and_counted(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 150, .days = 250};
    put_company(w, &k);
    foresell_backtest_request r = {
        .moment = {at(7 * 36, 0), NULL}, .what = "effort", .cuts = 6, .seed = 3};
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    /* 36 weeks: only the cut 13 weeks back has 13 weeks before it */
    assert_int_equal(fore_json_length(node_of(h.root, "effort")), 1);
    CLOSE(number_of(h.root, "effort_skipped"), 5);
    assert_true(noted(&h, "5 of 6 past dates are left out"));
    forget(&h);
    r.moment.now = at(7 * 20, 0);
    DENIED(FORE_E_NO_ANSWER, "13 weeks of effort", d, fore_job_backtest(&w->c, &r, d.answer, e));
}

static bool holds(const fore_json_node *list, const char *words)
{
    for (int64_t i = 0; i < fore_json_length(list); i++)
        if (strstr(fore_json_as_string(fore_json_at(list, i)), words)) return true;
    return false;
}

/* A handful of deals of very different size: nobody can plan with that, and why is said. */
static void forecast__of_a_handful_of_deals__is_too_wide_and_says_what_would_help(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 8; i++) {
        char id[32];
        snprintf(id, sizeof id, "D%d", i);
        if (i < 6)
            put_closed(w, id, at(NOW - 200 + 30 * i, 9), at(NOW - 180 + 30 * i, 9),
                       i % 2 ? FORE_WON : FORE_LOST, 100 * (i + 1) * (i + 1));
        else {
            fore_deal_row row = a_deal(id, at(NOW - 10, 9));
            row.amount_minor = i == 6 ? 10000 : 90000000;
            row.currency = "EUR";
            put_deal(w, row);
        }
    }
    world_commit(w);
    foresell_forecast_request r = request(NULL, NULL);
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *trust = node_of(h.root, "trust"), *help = node_of(trust, "would_help");
    assert_true(noted(&h, "Too wide to plan with: 2025-04"));
    assert_int_equal(fore_json_length(node_of(trust, "too_wide")), 1);
    assert_true(holds(help, "it has 6 months"));
    assert_true(holds(help, "change log of stages"));
    assert_true(holds(help, "expected close dates"));
    assert_true(holds(help, "--period quarter"));
    assert_true(holds(help, "D7, which is 100 %"));
    assert_false(holds(help, "amounts"));
    forget(&h);
}

static void forecast__of_a_steady_company__is_not_called_too_wide(void **state)
{
    world *w = *state;
    a_company(w);
    foresell_forecast_request r = request("quarter", NULL);
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    assert_int_equal(fore_json_length(node_of(node_of(h.root, "trust"), "too_wide")), 0);
    assert_false(noted(&h, "Too wide"));
    forget(&h);
}

static void put_undated(world *w, const char *id, int created, const char *currency)
{
    fore_deal_row row = a_deal(id, at(created, 9));
    row.currency = currency;
    row.amount_minor = 100000;
    row.outcome = FORE_WON;
    put_deal(w, row);
}

static void forecast__wins_without_a_closing_date__are_told_and_in_no_period(void **state)
{
    world *w = *state;
    a_company(w);
    foresell_forecast_request r = request(NULL, NULL);
    HEAR(before, fore_job_forecast(&w->c, &r, before.answer, e));
    assert_false(noted(&before, "no closing date"));
    assert_int_equal((int)number_of(node_of(before.root, "undated_wins"), "count"), 0);
    world_begin(w);
    for (int i = 0; i < 3; i++)
        put_undated(w, i == 0 ? "U0" : i == 1 ? "U1" : "U2", NOW - 90, "EUR");
    put_undated(w, "DOLLARS", NOW - 90, "USD");
    put_undated(w, "LATER", NOW + 1, "EUR");
    world_commit(w);
    HEAR(after, fore_job_forecast(&w->c, &r, after.answer, e));
    assert_true(noted(&after, "3 won deals, 3,000 in all, have no closing date and are in no"));
    const fore_json_node *undated = node_of(after.root, "undated_wins");
    assert_int_equal((int)number_of(undated, "count"), 3);
    CLOSE(number_of(undated, "amount"), 3000);
    CLOSE(number_of(fore_json_at(node_of(before.root, "periods"), 0), "won_so_far"),
          number_of(fore_json_at(node_of(after.root, "periods"), 0), "won_so_far"));
    forget(&before);
    forget(&after);
}

static void forecast__no_win_has_a_closing_date__says_so(void **state)
{
    world *w = *state;
    world_begin(w);
    put_undated(w, "U0", NOW - 90, "EUR");
    put_undated(w, "U1", NOW - 80, "EUR");
    world_commit(w);
    foresell_forecast_request r = request(NULL, NULL);
    DENIED(FORE_E_NO_ANSWER, "2 deals are won, but none of them has a date of closing", h,
           fore_job_forecast(&w->c, &r, h.answer, e));
}

/* 3 of 7: a true 80 % interval does that in 3 of 100 cases; 4 of 7 in 15. */
static void forecast__intervals_that_held_too_few__are_told_by_what_is_improbable(void **state)
{
    (void)state;
    static const struct {
        int64_t held, of;
        bool too_seldom;
    } cases[] = {{3, 7, true},  {4, 7, false}, {7, 7, false},    {0, 1, false},
                 {2, 5, false}, {1, 5, true},  {13, 20, false},  {12, 20, true},
                 {0, 0, false}, {0, 8, true},  {73, 100, false}, {72, 100, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (fore_forecast_held_too_seldom(cases[i].held, cases[i].of) != cases[i].too_seldom)
            fail_msg("%d of %d", (int)cases[i].held, (int)cases[i].of);
}

/* A year of the same every month, then months that leap: the record sees the intervals fail, and
 * the answer names the wider ones. */
static void forecast__months_that_leap_after_a_calm_year__name_the_95_range(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 640; i++) {
        char id[32];
        int month = i / 32;
        double amount = month < 12 ? 100 : 100 * pow(1.7, month - 11);
        snprintf(id, sizeof id, "D%03d", i);
        put_closed(w, id, at(NOW - 600 + 30 * month + i % 28, 9),
                   at(NOW - 598 + 30 * month + i % 28, 9), i % 2 ? FORE_WON : FORE_LOST,
                   (int64_t)amount);
    }
    world_commit(w);
    foresell_forecast_request r = request(NULL, NULL);
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *past = node_of(h.root, "backtest");
    double cuts = number_of(past, "cuts"), held = number_of(past, "coverage_80") * cuts;
    bool narrow = false;
    if (!fore_forecast_held_too_seldom(lround(held), lround(cuts)))
        fail_msg("%g of %g", held, cuts);
    assert_true(fore_json_get_bool(node_of(h.root, "trust"), "too_narrow", &narrow) && narrow);
    assert_true(noted(&h, "too narrow so far"));
    assert_true(noted(&h, "plan with the 95 % range"));
    forget(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(forecast__stated_rate__is_as_if_all_had_been_written_in_one_currency),
        WITH_WORLD(forecast__a_credit_note_among_the_wins__is_subtracted_and_stops_nothing),
        WITH_WORLD(forecast__first_deal_after_the_moment__changes_nothing),
        WITH_WORLD(forecast__own_currency_stated__is_the_unit_however_much_was_won_in_others),
        WITH_WORLD(forecast__two_currencies__adds_up_the_main_one_and_names_the_other),
        WITH_WORLD(forecast__wins_without_a_closing_date__are_told_and_in_no_period),
        WITH_WORLD(forecast__no_win_has_a_closing_date__says_so),
        WITH_WORLD(forecast_and_effort__by_team__say_the_same),
        WITH_WORLD(forecast__of_a_handful_of_deals__is_too_wide_and_says_what_would_help),
        WITH_WORLD(forecast__of_a_steady_company__is_not_called_too_wide),
        cmocka_unit_test(forecast__intervals_that_held_too_few__are_told_by_what_is_improbable),
        WITH_WORLD(forecast__months_that_leap_after_a_calm_year__name_the_95_range),
        WITH_WORLD(effort__a_team_without_effort__is_left_out_of_sound_json),
        WITH_WORLD(backtest__effort_before_its_first_weeks__is_left_out_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
