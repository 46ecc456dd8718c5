/* What changed in the forecast: steps that add up, each for what happened to the deal; kept figures
 * against those made anew. */
#include "answer_help.h"
#include "engine/jobs/forecast_waterfall.h"

enum { NOW = 466, WEEK_AGO = NOW - 7 }; /* Friday, 11 April 2025 */

static foresell_changes_request asked(const char *since, const char *period)
{
    return (foresell_changes_request){
        .moment = {at(NOW, 0), NULL}, .since = since, .period = period, .limit = 10000, .seed = 3};
}

static void a_company(world *w)
{
    company k = {.seed = 4, .deals = 400, .days = 520, .known_until = at(NOW, 0)};
    put_company(w, &k);
}

static double sum_of(const fore_json_node *changes, const char *key)
{
    double sum = 0;
    for (int64_t i = 0; i < fore_json_length(changes); i++)
        sum += number_of(fore_json_at(changes, i), key);
    return sum;
}

/* A deal with a closing expected on a day, of 5,000 euros. */
static void put_due(world *w, const char *id, int created, int32_t due, fore_outcome outcome,
                    int closed)
{
    fore_deal_row row = a_deal(id, at(created, 9));
    row.owner = key_of(w, FORE_REP, "R1");
    row.stage = "second";
    row.currency = "EUR";
    row.amount_minor = 500000;
    row.expected_close_on = due;
    row.outcome = outcome;
    if (outcome != FORE_OUTCOME_OPEN) row.closed_at = at(closed, 9);
    put_deal(w, row);
}

static void move_due(world *w, const char *id, int32_t from, int32_t to, int day)
{
    char before[32], after[32];
    fore_date_format(from, before);
    fore_date_format(to, after);
    put_change(w, id, at(day, 9), "expected_close_at", before, after);
}

/* This month: April 2025. */
static void one_of_each(world *w)
{
    int32_t april = fore_days_from_civil(2025, 4, 20), may = fore_days_from_civil(2025, 5, 20);
    a_company(w);
    world_begin(w);
    put_due(w, "X-new", NOW - 2, april, FORE_OUTCOME_OPEN, 0);
    put_due(w, "X-new-won", NOW - 4, april, FORE_WON, NOW - 1);
    put_due(w, "X-won", NOW - 40, april, FORE_WON, NOW - 2);
    put_due(w, "X-lost", NOW - 40, april, FORE_LOST, NOW - 2);
    put_due(w, "X-pushed", NOW - 40, may, FORE_OUTCOME_OPEN, 0);
    move_due(w, "X-pushed", april, may, NOW - 3);
    put_due(w, "X-pulled", NOW - 40, april, FORE_OUTCOME_OPEN, 0);
    move_due(w, "X-pulled", may, april, NOW - 3);
    put_due(w, "X-up", NOW - 40, april, FORE_OUTCOME_OPEN, 0);
    put_change(w, "X-up", at(NOW - 3, 9), "amount", "500", "5000");
    put_due(w, "X-down", NOW - 40, april, FORE_OUTCOME_OPEN, 0);
    put_change(w, "X-down", at(NOW - 3, 9), "amount", "20000", "5000");
    put_due(w, "X-same", NOW - 40, april, FORE_OUTCOME_OPEN, 0);
    move_due(w, "X-same", may, april, NOW - 30); /* from here on such moves are recorded */
    world_commit(w);
}

static const fore_json_node *deal_of(const heard *h, const char *id)
{
    const fore_json_node *deals = node_of(h->root, "deals");
    for (int64_t i = 0; i < fore_json_length(deals); i++)
        if (strcmp(string_of(fore_json_at(deals, i), "id"), id) == 0) return fore_json_at(deals, i);
    fail_msg("'%s' is not among the deals", id);
    return NULL;
}

static const fore_json_node *change_of(const heard *h, const char *what)
{
    const fore_json_node *changes = node_of(h->root, "changes");
    for (int64_t i = 0; i < fore_json_length(changes); i++)
        if (strcmp(string_of(fore_json_at(changes, i), "what"), what) == 0)
            return fore_json_at(changes, i);
    fail_msg("there is no change '%s'", what);
    return NULL;
}

static void changes__each_thing_that_happened__is_told_as_such(void **state)
{
    world *w = *state;
    one_of_each(w);
    foresell_changes_request r = asked(NULL, NULL);
    HEAR(h, fore_job_changes(&w->c, &r, h.answer, e));
    static const char *const told[][2] = {{"X-new", "new deals"},     {"X-new-won", "won"},
                                          {"X-won", "won"},           {"X-lost", "lost"},
                                          {"X-pushed", "pushed out"}, {"X-pulled", "pulled in"},
                                          {"X-same", "chances seen"}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_string_equal(string_of(deal_of(&h, told[i][0]), "what"), told[i][1]);
    assert_true(number_of(deal_of(&h, "X-up"), "by_amount") > 0);
    assert_true(number_of(deal_of(&h, "X-down"), "by_amount") < 0);
    CLOSE(number_of(deal_of(&h, "X-won"), "now"), 5000);
    CLOSE(number_of(deal_of(&h, "X-lost"), "now"), 0);
    CLOSE(number_of(deal_of(&h, "X-new"), "then"), 0);
    CLOSE(number_of(change_of(&h, "pushed out"), "pipeline_due"), -5000);
    CLOSE(number_of(change_of(&h, "pulled in"), "pipeline_due"), 5000);
    CLOSE(number_of(change_of(&h, "amount up"), "pipeline_due"), 4500);
    CLOSE(number_of(change_of(&h, "amount down"), "pipeline_due"), -15000);
    CLOSE(number_of(change_of(&h, "new deals"), "pipeline_due"), 5000);
    assert_true(number_of(change_of(&h, "amount up"), "forecast") > 0);
    assert_true(number_of(change_of(&h, "amount down"), "forecast") < 0);
    forget(&h);
}

/* One deal: its amounts, and what was expected of it then and now. */
static const char *named(world *w, double then, double now, double was, double is)
{
    const fore_timeline *t = world_timeline(w);
    int32_t april = fore_days_from_civil(2025, 4, 1), may = fore_days_from_civil(2025, 5, 1);
    int64_t key = t->pk[t->leads];
    fore_state_line line[] = {{.key = key, .amount = then, .due_on = april + 9, .expected = {was}},
                              {.key = key, .amount = now, .due_on = april + 9, .expected = {is}}};
    fore_forecast_state state[2];
    for (int i = 0; i < 2; i++)
        state[i] = (fore_forecast_state){.as_of = at(i ? NOW : WEEK_AGO, 0),
                                         .subject_kind = FORE_SUBJECT_DEAL,
                                         .periods = 1,
                                         .start = {april, may},
                                         .line = &line[i],
                                         .lines = 1};
    fore_waterfall changes;
    OK(fore_waterfall_make(t, &state[0], 0, &state[1], 0, &changes, e));
    assert_int_equal(changes.rows, 1);
    fore_waterfall_cause up = now > then ? FORE_CAUSE_AMOUNT_UP : FORE_CAUSE_AMOUNT_DOWN;
    CLOSE(changes.row[0].by_amount, was * (now / then - 1));
    CLOSE(changes.forecast[up] + changes.forecast[FORE_CAUSE_MODEL], is - was);
    CLOSE(changes.pipeline[up], now - then);
    assert_int_equal(changes.deals[up], 1);
    const char *word = fore_waterfall_word(changes.row[0].cause);
    fore_waterfall_free(&changes);
    return word;
}

static void waterfall__amount_and_chance_moved__the_larger_part_names_the_deal(void **state)
{
    world *w = *state;
    a_company(w);
    assert_string_equal(named(w, 2500, 5000, 500, 1100), "amount up");
    assert_string_equal(named(w, 8000, 5000, 800, 450), "amount down");
    assert_string_equal(named(w, 31372, 33977, 928, 14030), "chances seen");
    assert_string_equal(named(w, 9000, 8000, 1145, 8027),
                        "chances seen"); /* less, and more of it */
}

/* Its amount rose a little while its stage moved on: the stage counts for more. Its closing was
 * expected next month and it was won in this one: nothing of it is to come next month. */
static void changes__what_moved_a_deal_most__names_it(void **state)
{
    world *w = *state;
    one_of_each(w);
    world_begin(w);
    put_due(w, "X-moved", NOW - 40, fore_days_from_civil(2025, 4, 20), FORE_OUTCOME_OPEN, 0);
    put_change(w, "X-moved", at(NOW - 3, 9), "amount", "4990", "5000");
    put_change(w, "X-moved", at(NOW - 3, 9), "stage", "first", "second");
    world_commit(w);
    foresell_changes_request r = asked(NULL, NULL);
    HEAR(h, fore_job_changes(&w->c, &r, h.answer, e));
    const fore_json_node *moved = deal_of(&h, "X-moved"), *up = deal_of(&h, "X-up");
    double step = number_of(moved, "now") - number_of(moved, "then");
    assert_true(fabs(number_of(moved, "by_amount")) < fabs(step) / 2);
    assert_true(number_of(moved, "by_amount") > 0);
    assert_string_equal(string_of(moved, "what"), "chances seen");
    CLOSE(number_of(up, "by_amount"), 9 * number_of(up, "then"));
    assert_true(noted(&h, "stands under the larger"));
    forget(&h);
    r.ahead = 1;
    HEAR(next, fore_job_changes(&w->c, &r, next.answer, e));
    assert_string_equal(string_of(deal_of(&next, "X-won"), "what"), "won earlier");
    assert_true(number_of(change_of(&next, "won earlier"), "forecast") < 0);
    assert_true(noted(&next, "before the period began"));
    forget(&next);
}

static void adds_up(world *w, foresell_changes_request r)
{
    HEAR(h, fore_job_changes(&w->c, &r, h.answer, e));
    const fore_json_node *then = node_of(h.root, "then"), *now = node_of(h.root, "now");
    const fore_json_node *changes = node_of(h.root, "changes");
    double step = number_of(now, "mean") - number_of(then, "mean");
    assert_true(fabs(sum_of(changes, "forecast") - step) < 1e-6 * number_of(now, "mean"));
    CLOSE(sum_of(changes, "pipeline_due"),
          number_of(now, "pipeline_due") - number_of(then, "pipeline_due"));
    forget(&h);
}

static void changes__any_span_and_period__add_up_to_the_difference(void **state)
{
    world *w = *state;
    one_of_each(w);
    static const char *const since[] = {"1", "7", "2025-03-20"};
    static const char *const period[] = {NULL, "quarter", "week"};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            foresell_changes_request r = asked(since[i], period[k]);
            adds_up(w, r);
            r.ahead = 1;
            adds_up(w, r);
        }
}

/* The mean is the one that `forecast` says at that moment. */
static void changes__both_ends__are_the_forecasts_of_those_moments(void **state)
{
    world *w = *state;
    one_of_each(w);
    foresell_changes_request r = asked(NULL, NULL);
    HEAR(h, fore_job_changes(&w->c, &r, h.answer, e));
    for (int i = 0; i < 2; i++) {
        foresell_forecast_request q = {
            .moment = {at(i ? NOW : WEEK_AGO, 0), NULL}, .horizon = 1, .seed = 3};
        HEAR(f, fore_job_forecast(&w->c, &q, f.answer, e));
        const fore_json_node *period = fore_json_at(node_of(f.root, "periods"), 0);
        const fore_json_node *end = node_of(h.root, i ? "now" : "then");
        CLOSE(number_of(end, "mean"), number_of(period, "mean"));
        CLOSE(number_of(end, "median"), number_of(period, "median"));
        forget(&f);
    }
    forget(&h);
}

static void keep(world *w, int day)
{
    fore_forecast_state s;
    OK(fore_state_make(&w->c, FORE_MONTHLY, at(day, 0), 3, 3, &s, e));
    world_begin(w);
    OK(fore_state_keep(w->c.store, &s, e));
    world_commit(w);
    fore_state_free(&s);
}

static void state__kept__reads_back_as_it_was(void **state)
{
    world *w = *state;
    fore_forecast_state a, b;
    bool found;
    one_of_each(w);
    keep(w, WEEK_AGO);
    OK(fore_state_make(&w->c, FORE_MONTHLY, at(WEEK_AGO, 0), 3, 3, &a, e));
    OK(fore_state_read(w->c.store, FORE_MONTHLY, at(NOW, 0), &b, &found, e));
    assert_true(found && b.kept);
    assert_int_equal(a.lines, b.lines);
    assert_true(a.lines > 20);
    for (int64_t i = 0; i < a.lines; i++) {
        assert_int_equal(a.line[i].key, b.line[i].key);
        assert_int_equal(a.line[i].due_on, b.line[i].due_on);
        assert_true(a.line[i].won == b.line[i].won);
        for (int j = 0; j < 3; j++) CLOSE(a.line[i].expected[j], b.line[i].expected[j]);
    }
    for (int j = 0; j < 3; j++) CLOSE(a.period[j].fresh, b.period[j].fresh);
    assert_int_equal(
        fore_state_find(&b, fore_days_from_civil(2025, 5, 1), fore_days_from_civil(2025, 6, 1)), 1);
    fore_state_free(&a);
    fore_state_free(&b);
    OK(fore_state_read(w->c.store, FORE_MONTHLY, at(WEEK_AGO - 1, 0), &b, &found, e));
    assert_false(found);
    OK(fore_state_read(w->c.store, FORE_QUARTERLY, at(NOW, 0), &b, &found, e));
    assert_false(found);
}

/* The export overwrote an amount and told nobody: only the night's record knows. */
static void changes__overwritten_since__what_the_night_kept_counts(void **state)
{
    world *w = *state;
    one_of_each(w);
    keep(w, WEEK_AGO);
    world_begin(w);
    fore_deal_row row = a_deal("X-same", at(NOW - 40, 9));
    row.amount_minor = 900000;
    put_deal(w, row);
    world_commit(w);
    foresell_changes_request r = asked(NULL, NULL);
    HEAR(h, fore_job_changes(&w->c, &r, h.answer, e));
    const fore_json_node *same = deal_of(&h, "X-same");
    CLOSE(number_of(same, "by_amount"), number_of(same, "then") * (9000.0 / 5000 - 1));
    assert_true(noted(&h, "the night kept"));
    r.since = "12"; /* nothing was kept then */
    HEAR(anew, fore_job_changes(&w->c, &r, anew.answer, e));
    assert_string_equal(string_of(deal_of(&anew, "X-same"), "what"), "chances seen");
    CLOSE(number_of(deal_of(&anew, "X-same"), "by_amount"), 0);
    assert_true(noted(&anew, "No night kept"));
    forget(&h);
    forget(&anew);
}

static void changes__a_record_that_is_damaged__says_which(void **state)
{
    world *w = *state;
    a_company(w);
    fore_snapshot_row row = {"month", date(WEEK_AGO), at(WEEK_AGO, 0), "rubbish", 7};
    world_begin(w);
    OK(fore_store_put_snapshot(w->c.store, &row, e));
    world_commit(w);
    foresell_changes_request r = asked(NULL, NULL);
    DENIED(FORE_E_FORMAT, "kept on 2025-04-04", h, fore_job_changes(&w->c, &r, h.answer, e));
}

static void changes__other_rates_since__compares_nothing_kept_at_the_old_ones(void **state)
{
    world *w = *state;
    one_of_each(w);
    keep(w, WEEK_AGO);
    static const char *const said[] = {"currency=EUR", "exchange_rates=USD=0.5"};
    foresell_settings_request rates = {said, 2};
    HEAR(set, fore_job_settings(&w->c, &rates, set.answer, e));
    forget(&set);
    foresell_changes_request r = asked(NULL, NULL);
    HEAR(h, fore_job_changes(&w->c, &r, h.answer, e));
    assert_true(noted(&h, "No night kept"));
    forget(&h);
}

/* A giant that is hardly ever won says nothing of the others. */
static void state__one_giant_among_the_open__moves_nobody_else(void **state)
{
    world *w = *state;
    fore_forecast_state before, after;
    one_of_each(w);
    OK(fore_state_make(&w->c, FORE_MONTHLY, at(NOW, 0), 2, 3, &before, e));
    world_begin(w);
    fore_deal_row row = a_deal("X-giant", at(NOW - 1, 9));
    row.owner = key_of(w, FORE_REP, "R1");
    row.stage = "first";
    row.currency = "EUR";
    row.amount_minor = 900000000;
    put_deal(w, row);
    world_commit(w);
    OK(fore_state_make(&w->c, FORE_MONTHLY, at(NOW, 0), 2, 3, &after, e));
    double sum[2] = {0};
    for (int64_t i = 0; i < before.lines; i++)
        for (int64_t k = 0; k < after.lines; k++)
            if (after.line[k].key == before.line[i].key) {
                sum[0] += before.line[i].expected[1];
                sum[1] += after.line[k].expected[1];
            }
    assert_int_equal(after.lines, before.lines + 1);
    assert_true(sum[0] > 1000 && fabs(sum[1] / sum[0] - 1) < 0.05);
    assert_true(fabs(after.period[1].lo80 / before.period[1].lo80 - 1) < 0.1);
    fore_state_free(&before);
    fore_state_free(&after);
}

static void changes__nonsense__is_refused(void **state)
{
    world *w = *state;
    a_company(w);
    foresell_changes_request r = asked("0", NULL);
    DENIED(FORE_E_USAGE, "not before", a, fore_job_changes(&w->c, &r, a.answer, e));
    r.since = "2027-01-01";
    DENIED(FORE_E_USAGE, "not before", b, fore_job_changes(&w->c, &r, b.answer, e));
    r.since = "900";
    DENIED(FORE_E_USAGE, "longer periods", c, fore_job_changes(&w->c, &r, c.answer, e));
    r.since = "soon";
    DENIED(FORE_E_USAGE, "'soon'", d, fore_job_changes(&w->c, &r, d.answer, e));
    r = asked(NULL, "decade");
    DENIED(FORE_E_USAGE, "decade", f, fore_job_changes(&w->c, &r, f.answer, e));
}

static void changes__one_thread_or_two__the_same_bytes(void **state)
{
    world *w = *state, *two = another_world(2);
    one_of_each(w);
    one_of_each(two);
    foresell_changes_request r = asked(NULL, "quarter");
    HEAR(a, fore_job_changes(&w->c, &r, a.answer, e));
    HEAR(b, fore_job_changes(&two->c, &r, b.answer, e));
    assert_string_equal(fore_text_string(&a.answer->json), fore_text_string(&b.answer->json));
    forget(&a);
    forget(&b);
    world_end(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(changes__each_thing_that_happened__is_told_as_such),
        WITH_WORLD(waterfall__amount_and_chance_moved__the_larger_part_names_the_deal),
        WITH_WORLD(changes__what_moved_a_deal_most__names_it),
        WITH_WORLD(changes__any_span_and_period__add_up_to_the_difference),
        WITH_WORLD(changes__both_ends__are_the_forecasts_of_those_moments),
        WITH_WORLD(state__kept__reads_back_as_it_was),
        WITH_WORLD(changes__overwritten_since__what_the_night_kept_counts),
        WITH_WORLD(changes__a_record_that_is_damaged__says_which),
        WITH_WORLD(changes__other_rates_since__compares_nothing_kept_at_the_old_ones),
        WITH_WORLD(state__one_giant_among_the_open__moves_nobody_else),
        WITH_WORLD(changes__nonsense__is_refused),
        WITH_WORLD(changes__one_thread_or_two__the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
