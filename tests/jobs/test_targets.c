/* Targets beside the forecast: looked up for any period, reached with the chance that the draws
 * say, covered by the pipeline that was known at the moment. */
#include "answer_help.h"

#include "engine/jobs/coverage.h"
#include "engine/jobs/targets.h"

enum { NOW = 456 }; /* Tuesday, 1 April 2025 */

static void put_target(world *w, const char *scope, const char *id, int32_t start, int32_t end,
                       double amount)
{
    fore_put put;
    fore_target_row row = {scope, id, start, end, llround(amount * 100)};
    OK(fore_store_put_target(w->c.store, &row, &put, e));
}

static int32_t day(int32_t year, int32_t month, int32_t d)
{
    return fore_days_from_civil(year, month, d);
}

static void four_reps(world *w)
{
    world_begin(w);
    put_rep(w, "R0", "south", 40);
    put_rep(w, "R1", "north", 40);
    put_rep(w, "R2", "south", 40);
    put_deal(w, a_deal("D", at(0, 1)));
    world_commit(w);
}

static double target(world *w, fore_series_by by, const char *name, int32_t start, int32_t end,
                     fore_target *whole)
{
    fore_targets *t = NULL;
    const fore_timeline *line = world_timeline(w);
    const fore_words *words = by == FORE_BY_TEAM ? &line->teams : &line->rep_ids;
    OK(fore_targets_read(w->c.store, &w->c.calendar, &t, e));
    fore_target found =
        fore_target_of(t, line, by, name ? fore_words_find(words, name) : -1, start, end);
    if (whole) *whole = found;
    fore_targets_free(t);
    return found.amount;
}

static void target__of_months__adds_up_to_a_quarter_and_is_shared_by_weeks(void **state)
{
    world *w = *state;
    fore_target t;
    four_reps(w);
    world_begin(w);
    put_target(w, "company", "", day(2025, 1, 1), day(2025, 1, 31), 310);
    put_target(w, "company", "", day(2025, 2, 1), day(2025, 3, 1), 280); /* ends before 1 March */
    put_target(w, "company", "", day(2025, 3, 1), day(2025, 3, 31), 310);
    world_commit(w);
    int32_t first = day(2025, 1, 1), end = day(2025, 4, 1);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, end, &t), 900);
    assert_false(t.by_days);
    assert_null(t.from);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, day(2025, 2, 1), day(2025, 3, 1), &t), 280);
    assert_false(t.by_days);
    /* 27 January to 3 February: 5 days at 10, 2 at 10 */
    CLOSE(target(w, FORE_BY_TOTAL, NULL, day(2025, 1, 27), day(2025, 2, 3), &t), 70);
    assert_true(t.by_days);
    assert_true(isnan(target(w, FORE_BY_TOTAL, NULL, first, end + 1, NULL)));
    world_begin(w); /* the quarter's own comes first, and months count within it */
    put_target(w, "company", "", first, end, 1000);
    world_commit(w);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, end, &t), 1000);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, day(2025, 1, 1), day(2025, 2, 1), NULL), 310);
}

static void target__of_reps_only__adds_up_to_team_and_company(void **state)
{
    world *w = *state;
    fore_target t;
    four_reps(w);
    int32_t first = day(2025, 4, 1), end = day(2025, 7, 1);
    world_begin(w);
    put_target(w, "rep", "R0", first, end, 100);
    put_target(w, "rep", "R1", first, end, 30);
    put_target(w, "rep", "R2", first, end, 7);
    world_commit(w);
    CLOSE(target(w, FORE_BY_TEAM, "south", first, end, &t), 107);
    assert_string_equal(t.from, "rep");
    CLOSE(target(w, FORE_BY_REP, "R1", first, end, &t), 30);
    assert_null(t.from);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, end, &t), 137);
    world_begin(w); /* a team's own comes before those of its reps, and teams before reps */
    put_target(w, "team", "south", first, end, 120);
    put_target(w, "team", "north", first, end, 50);
    world_commit(w);
    CLOSE(target(w, FORE_BY_TEAM, "south", first, end, NULL), 120);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, end, &t), 170);
    assert_string_equal(t.from, "team");
}

/* 4-4-5 weeks from 1 December on: the quarter is 1 December 2025 (Monday) to 1 March 2026. */
static void target__of_a_calendar_of_weeks__ends_where_its_period_ends(void **state)
{
    world *w = *state;
    fore_target t;
    four_reps(w);
    OK(fore_calendar_set(&w->c.calendar, "fiscal_year_start", "12", e));
    OK(fore_calendar_set(&w->c.calendar, "fiscal_weeks", "4-4-5", e));
    int32_t first = day(2025, 12, 1), second = day(2026, 3, 2), third = day(2026, 6, 1);
    assert_int_equal(fore_calendar_add(&w->c.calendar, FORE_QUARTERLY, first, 1), second);
    world_begin(w);
    put_target(w, "company", "", first, second - 1, 100000);           /* its last day is a 1st */
    put_target(w, "company", "", second, third, 200000);               /* the day after it is */
    put_target(w, "rep", "R0", day(2026, 1, 1), day(2026, 2, 1), 310); /* a civil month */
    put_target(w, "rep", "R1", first, first + 7, 70);                  /* a week */
    put_target(w, "rep", "R2", first, first + 8, 90);                  /* nine days */
    world_commit(w);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, second, &t), 100000);
    assert_false(t.by_days);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, second, third, &t), 200000);
    assert_false(t.by_days);
    CLOSE(target(w, FORE_BY_REP, "R0", day(2026, 1, 1), day(2026, 2, 1), NULL), 310);
    assert_true(isnan(target(w, FORE_BY_REP, "R0", day(2026, 1, 1), day(2026, 2, 2), &t)));
    assert_int_equal(t.held, 31);
    CLOSE(target(w, FORE_BY_REP, "R1", first, first + 7, NULL), 70);
    assert_true(isnan(target(w, FORE_BY_REP, "R1", first, first + 8, NULL)));
    CLOSE(target(w, FORE_BY_REP, "R2", first, first + 9, NULL), 90);
}

/* Without an end a target holds for the month that the calendar has as its start, whichever is set. */
static void target__without_an_end__holds_for_the_month_of_the_calendar_that_is_set(void **state)
{
    world *w = *state;
    fore_target t;
    int32_t first = day(2025, 12, 1), second = first + 28, january = day(2026, 1, 1);
    four_reps(w);
    world_begin(w);
    put_target(w, "company", "", first, first - 1, 2800);
    put_target(w, "company", "", second, second - 1, 3500);
    put_target(w, "rep", "R0", january, january - 1, 310);
    put_target(w, "rep", "R0", january, january + 30, 290); /* as it was before, with an end */
    world_commit(w);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, january, &t), 2800); /* civil */
    OK(fore_calendar_set(&w->c.calendar, "fiscal_year_start", "12", e));
    OK(fore_calendar_set(&w->c.calendar, "fiscal_weeks", "4-5-4", e));
    CLOSE(target(w, FORE_BY_TOTAL, NULL, first, second, &t), 2800);
    assert_false(t.by_days);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, second, second + 35, &t), 3500);
    assert_false(t.by_days);
    CLOSE(target(w, FORE_BY_REP, "R0", january, day(2026, 2, 1), &t), 310); /* begins no month */
    OK(fore_calendar_set(&w->c.calendar, "fiscal_weeks", "", e));
    OK(fore_calendar_set(&w->c.calendar, "period_starts", "2025-12-01,2025-12-29,2026-01-19", e));
    CLOSE(target(w, FORE_BY_TOTAL, NULL, second, second + 21, &t), 3500);
    assert_false(t.by_days);
}

/* A target for two of a quarter's months is none of the quarter, and the answer says so. */
static void target__of_a_part_of_the_period__is_named(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 300, .days = 456};
    put_company(w, &k);
    world_begin(w);
    put_target(w, "company", "", day(2025, 4, 1), day(2025, 5, 31), 6100);
    world_commit(w);
    foresell_forecast_request r = {
        .moment = {at(NOW, 0), NULL}, .period = "quarter", .horizon = 1, .seed = 5};
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *period = fore_json_at(node_of(h.root, "periods"), 0);
    assert_true(noted(&h, "hold only 61 of its 91 days"));
    assert_null(fore_json_get(period, "target"));
    CLOSE(number_of(node_of(period, "target_untold"), "days_held"), 61);
    forget(&h);
}

/* Four reps had a target in March, one has one for April: its 10,000 are not the company's. */
static void target__of_some_reps_only__is_none_of_the_company(void **state)
{
    world *w = *state;
    char id[8];
    company k = {.seed = 2, .deals = 300, .days = 456};
    put_company(w, &k);
    world_begin(w);
    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "R%d", i);
        put_target(w, "rep", id, day(2025, 3, 1), day(2025, 3, 31), 10000);
        if (i < 1) put_target(w, "rep", id, day(2025, 4, 1), day(2025, 4, 30), 10000);
        put_target(w, "rep", id, day(2025, 5, 1), day(2025, 5, 31), i ? 20000 : 0);
    }
    world_commit(w);
    foresell_forecast_request r = {
        .moment = {at(NOW, 0), NULL}, .horizon = 3, .by = "team", .seed = 5};
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *april = fore_json_at(node_of(h.root, "periods"), 0);
    const fore_json_node *may = fore_json_at(node_of(h.root, "periods"), 1);
    const fore_json_node *june = fore_json_at(node_of(h.root, "periods"), 2);
    assert_true(noted(&h, "3 of 4 reps with a target before or after have none for 2025-04"));
    assert_true(noted(&h, "Groups whose targets hold a part"));
    assert_null(fore_json_get(april, "target"));
    CLOSE(number_of(node_of(april, "target_untold"), "parts_without"), 3);
    CLOSE(number_of(node_of(april, "target_untold"), "parts_known"), 4);
    CLOSE(number_of(node_of(may, "target"), "amount"), 60000);
    assert_null(fore_json_get(june, "target")); /* nobody has one: there is nothing to say */
    assert_null(fore_json_get(june, "target_untold"));
    assert_int_equal(grid_of(&h, "targets")->row_count, 1);
    assert_int_equal(grid_of(&h, "group_targets")->row_count, 2); /* May, of two teams */
    forget(&h);
}

static void put_active(world *w, const char *id, int32_t from, int32_t to)
{
    fore_put put;
    fore_rep_row row = {.id = id,
                        .hours_per_week = NAN,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = from,
                        .active_to_on = to};
    OK(fore_store_put_rep(w->c.store, &row, &put, e));
}

/* Who had left by the period, or comes after it, is not missed in the sum. */
static void target__of_reps_who_left__is_not_missed(void **state)
{
    world *w = *state;
    fore_target t;
    int32_t march = day(2025, 3, 1), april = day(2025, 4, 1), may = day(2025, 5, 1);
    world_begin(w);
    put_active(w, "R0", FORE_NO_DATE, FORE_NO_DATE);
    put_active(w, "R1", FORE_NO_DATE, april - 1);
    put_active(w, "R2", may, FORE_NO_DATE);
    put_deal(w, a_deal("D", at(0, 1)));
    put_target(w, "rep", "R0", april, may, 100);
    put_target(w, "rep", "R1", march, april, 70);
    put_target(w, "rep", "R2", may, day(2025, 6, 1), 30);
    world_commit(w);
    CLOSE(target(w, FORE_BY_TOTAL, NULL, april, may, &t), 100);
    assert_int_equal(t.missing, 0);
    world_begin(w);
    put_active(w, "R1", FORE_NO_DATE, april);
    world_commit(w);
    assert_true(isnan(target(w, FORE_BY_TOTAL, NULL, april, may, &t)));
    assert_int_equal(t.missing, 1);
    assert_int_equal(t.parts, 2);
}

static foresell_forecast_request request(const char *by)
{
    return (foresell_forecast_request){
        .moment = {at(NOW, 0), NULL}, .horizon = 2, .by = by, .seed = 5};
}

static const fore_json_node *period_of(const heard *h, int64_t j)
{
    return fore_json_at(node_of(h->root, "periods"), j);
}

/* The chance is that of the draws: nine tenths at the lower limit, half at the median. */
static void forecast__with_targets__says_gap_and_chance(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(w, &k);
    foresell_forecast_request r = request("rep");
    HEAR(plain, fore_job_forecast(&w->c, &r, plain.answer, e));
    assert_true(noted(&plain, "No targets are known"));
    assert_null(fore_json_get(period_of(&plain, 0), "target"));
    double median = number_of(period_of(&plain, 0), "median"), lo;
    const fore_json_node *interval = node_of(node_of(period_of(&plain, 1), "intervals"), "80");
    assert_true(fore_json_as_number(fore_json_at(interval, 0), &lo));
    forget(&plain);
    world_begin(w);
    put_target(w, "company", "", day(2025, 4, 1), day(2025, 5, 1), median + 1000);
    put_target(w, "company", "", day(2025, 5, 1), day(2025, 6, 1), lo);
    put_target(w, "rep", "R0", day(2025, 5, 1), day(2025, 6, 1), 0);
    put_target(w, "rep", "R1", day(2025, 5, 1), day(2025, 6, 1), 1e9);
    world_commit(w);
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *first = node_of(period_of(&h, 0), "target"),
                         *second = node_of(period_of(&h, 1), "target");
    CLOSE(number_of(period_of(&h, 0), "median"), median); /* targets change no forecast */
    CLOSE(number_of(first, "gap"), 1000);
    assert_true(number_of(first, "probability") < 0.5);
    CLOSE(number_of(first, "needed_per_week"),
          (number_of(first, "amount") - number_of(period_of(&h, 0), "won_so_far")) / (30.0 / 7));
    double reached = number_of(second, "probability");
    assert_true(reached >= 0.9 - 1e-9 && reached < 0.92); /* amounts tie */
    assert_int_equal(grid_of(&h, "targets")->row_count, 2);
    const fore_grid *groups = grid_of(&h, "group_targets");
    assert_int_equal(groups->row_count, 2);
    CLOSE(cell_of(groups, 0, "probability")->number, 1);
    CLOSE(cell_of(groups, 1, "probability")->number, 0);
    forget(&h);
}

/* Three days before the end "a week" is what is missing, not more than that. */
static void forecast__less_than_a_week_left__asks_for_no_more_than_is_missing(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(w, &k);
    world_begin(w);
    put_target(w, "company", "", day(2025, 4, 1), day(2025, 5, 1), 1e6);
    world_commit(w);
    foresell_forecast_request r = request(NULL);
    for (int i = 0; i < 2; i++) {
        r.moment.now = at(NOW + (i ? 10 : 27), 0);
        HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
        double open = 1e6 - number_of(period_of(&h, 0), "won_so_far");
        CLOSE(number_of(node_of(period_of(&h, 0), "target"), "needed_per_week"),
              i ? open / (20.0 / 7) : open);
        assert_int_equal(noted(&h, "Less than a week is left"), !i);
        forget(&h);
    }
}

/* --- coverage, by hand --- */

static void put_dated(world *w, const char *id, int created, int expected, int closed, bool won,
                      double amount)
{
    char was[32], is[32];
    fore_deal_row row = a_deal(id, at(created, 9));
    row.amount_minor = llround(amount * 100);
    row.currency = "EUR";
    row.expected_close_on = date(expected);
    if (closed >= 0) {
        row.closed_at = at(closed, 9);
        row.outcome = won ? FORE_WON : FORE_LOST;
    }
    put_deal(w, row);
    fore_date_format(date(expected + 40),
                     was); /* the date was moved once, so that it is recorded */
    fore_date_format(date(expected), is);
    put_change(w, id, at(created, 10), "expected_close_at", was, is);
}

/* Each month from January to March: 300 open that are expected in it, 100 won; seen from its 1st
 * day. */
static void put_months(world *w)
{
    static const int month[] = {366, 397, 425};
    char id[32];
    world_begin(w);
    for (int m = 0; m < 3; m++)
        for (int i = 0; i < 3; i++) {
            snprintf(id, sizeof id, "M%d-%d", m, i);
            put_dated(w, id, month[m] - 20, month[m] + 10 + i, month[m] + 12, i == 0, 100);
        }
    put_dated(w, "O1", 440, 460, -1, false, 500); /* due in April */
    put_dated(w, "O2", 440, 450, -1, false, 40);  /* overdue: of the month that runs */
    put_dated(w, "O3", 440, 490, -1, false, 7);   /* due in May */
    world_commit(w);
}

static void coverage__by_dates__is_that_of_the_moment(void **state)
{
    world *w = *state;
    put_months(w);
    fore_outlook *o = NULL;
    fore_coverage c;
    fore_outlook_options options = {.as_of = at(NOW, 0),
                                    .period = FORE_MONTHLY,
                                    .periods = 2,
                                    .first_on = day(2025, 4, 1),
                                    .plain = true};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    OK(fore_coverage_make(&w->c, o, FORE_MONTHLY, NULL, 1, &c, e));
    assert_true(c.known && c.dated);
    CLOSE(c.pipeline[0], 540);
    CLOSE(c.pipeline[1], 7);
    CLOSE(c.needed[0], 3);           /* 300 over 100, three times */
    assert_true(isnan(c.needed[1])); /* a month ahead: only two past months can be looked at so */
    fore_coverage_free(&c);
    fore_outlook_free(o);
}

/* Three of six months win nothing with a pipeline of 300: no coverage was enough in them. Where two
 * of five do, the middle one is that of a month with a win. */
static void coverage__of_months_without_a_win__is_without_end(void **state)
{
    static const int month[] = {274, 305, 335, 366, 397, 425};
    for (int months = 5; months <= 6; months++) {
        world *w = months == 5 ? *state : another_world(1);
        char id[32];
        world_begin(w);
        for (int m = 6 - months; m < 6; m++)
            for (int i = 0; i < 3; i++) {
                snprintf(id, sizeof id, "M%d-%d", m, i);
                put_dated(w, id, month[m] - 20, month[m] + 10 + i, month[m] + 12, i == 0 && m % 2,
                          100);
            }
        put_dated(w, "O1", 440, 460, -1, false, 500);
        put_target(w, "company", "", day(2025, 4, 1), day(2025, 5, 1), 1000);
        world_commit(w);
        fore_outlook *o = NULL;
        fore_coverage c;
        fore_outlook_options options = {.as_of = at(NOW, 0),
                                        .period = FORE_MONTHLY,
                                        .periods = 1,
                                        .first_on = day(2025, 4, 1),
                                        .plain = true};
        OK(fore_outlook_make(&w->c, &options, &o, e));
        OK(fore_coverage_make(&w->c, o, FORE_MONTHLY, NULL, 1, &c, e));
        if (months == 5)
            CLOSE(c.needed[0], 3);
        else
            assert_true(isinf(c.needed[0]));
        fore_coverage_free(&c);
        fore_outlook_free(o);
        foresell_forecast_request r = request(NULL);
        HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
        assert_int_equal(noted(&h, "Half of the past periods or more won nothing"), months == 6);
        assert_int_equal(fore_json_get(period_of(&h, 0), "coverage_needed") == NULL, months == 6);
        forget(&h);
        if (months == 6) world_end(w);
    }
}

static void coverage__of_what_came_later__is_the_same(void **state)
{
    world *w = *state, *later = another_world(1);
    put_months(w);
    put_months(later);
    world_begin(later); /* after the moment: dates moved, amounts raised, a deal won and one new */
    put_change(later, "O1", at(NOW + 1, 9), "expected_close_at", "2025-04-05", "2025-09-01");
    put_change(later, "O3", at(NOW + 1, 9), "amount", "7", "90000");
    put_dated(later, "N", NOW + 2, NOW + 10, NOW + 5, true, 1000);
    world_commit(later);
    fore_coverage c[2];
    world *both[] = {w, later};
    for (int k = 0; k < 2; k++) {
        fore_outlook *o = NULL;
        fore_outlook_options options = {.as_of = at(NOW, 0),
                                        .period = FORE_MONTHLY,
                                        .periods = 2,
                                        .first_on = day(2025, 4, 1),
                                        .plain = true};
        OK(fore_outlook_make(&both[k]->c, &options, &o, e));
        OK(fore_coverage_make(&both[k]->c, o, FORE_MONTHLY, NULL, 1, &c[k], e));
        fore_outlook_free(o);
    }
    for (int j = 0; j < 2; j++) CLOSE(c[0].pipeline[j], c[1].pipeline[j]);
    CLOSE(c[0].needed[0], c[1].needed[0]);
    for (int k = 0; k < 2; k++) fore_coverage_free(&c[k]);
    world_end(later);
}

static void targets_and_coverage__short_of_memory__leave_nothing(void **state)
{
    world *w = *state;
    put_months(w);
    world_begin(w);
    put_target(w, "company", "", day(2025, 4, 1), day(2025, 5, 1), 1000);
    world_commit(w);
    fore_outlook *o = NULL;
    fore_outlook_options options = {.as_of = at(NOW, 0),
                                    .period = FORE_MONTHLY,
                                    .periods = 2,
                                    .first_on = day(2025, 4, 1),
                                    .plain = true};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    int64_t held = fore_memory_live();
    bool done = false;
    for (int64_t k = 1; !done; k++) {
        fore_targets *t = NULL;
        fore_coverage c = {0};
        fore_memory_fail_at(k);
        fore_status status = fore_targets_read(w->c.store, &w->c.calendar, &t, NULL);
        if (status == FORE_OK)
            status = fore_coverage_make(&w->c, o, FORE_MONTHLY, NULL, 1, &c, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        assert_true(done || status == FORE_E_MEMORY);
        fore_targets_free(t);
        fore_coverage_free(&c);
        assert_int_equal(fore_memory_live(), held);
    }
    fore_outlook_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(target__of_months__adds_up_to_a_quarter_and_is_shared_by_weeks),
        WITH_WORLD(target__of_reps_only__adds_up_to_team_and_company),
        WITH_WORLD(target__of_a_calendar_of_weeks__ends_where_its_period_ends),
        WITH_WORLD(target__without_an_end__holds_for_the_month_of_the_calendar_that_is_set),
        WITH_WORLD(target__of_a_part_of_the_period__is_named),
        WITH_WORLD(target__of_some_reps_only__is_none_of_the_company),
        WITH_WORLD(target__of_reps_who_left__is_not_missed),
        WITH_WORLD(forecast__with_targets__says_gap_and_chance),
        WITH_WORLD(forecast__less_than_a_week_left__asks_for_no_more_than_is_missing),
        WITH_WORLD(coverage__by_dates__is_that_of_the_moment),
        WITH_WORLD(coverage__of_months_without_a_win__is_without_end),
        WITH_WORLD(coverage__of_what_came_later__is_the_same),
        WITH_WORLD(targets_and_coverage__short_of_memory__leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
