/* Slipped and stalled deals, in a company whose silences are known: thirty deals were won, each
 * with an activity every `step` days while at the first stage and every 2 x `step` at the second.
 */
#include "answer_help.h"

#include "engine/jobs/deal_watch.h"

enum { NOW = 456 }; /* Tuesday, 1 April 2025 */

static void call(world *w, const char *deal, int day)
{
    put_event(w, (an_event){.deal = deal,
                            .rep = "R0",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .at = at(day, 9)});
}

/* Silences of deal i: 1 + i / 10 days at "first", twice that at "second". */
static void put_won(world *w, int i)
{
    char id[32];
    int start = 300 + i, step = 1 + i / 10;
    snprintf(id, sizeof id, "W%02d", i);
    put_closed(w, id, at(start, 9), at(start + 12 * step, 9), FORE_WON, 100);
    put_change(w, id, at(start, 10), "stage", NULL, "first");
    for (int k = 1; k < 6; k++) call(w, id, start + k * step);
    put_change(w, id, at(start + 6 * step, 9), "stage", "first", "second");
    for (int k = 1; k < 3; k++) call(w, id, start + (6 + 2 * k) * step);
    put_event(w, (an_event){.deal = id, .kind = FORE_SEND, .at = at(start + 7 * step, 9)});
}

static void put_open(world *w, const char *id, const char *stage, double amount, int created,
                     int touched, int expected, int moved_from, int moved_at)
{
    char was[32], is[32];
    fore_deal_row row = a_deal(id, at(created, 9));
    row.amount_minor = isnan(amount) ? FORE_NO_AMOUNT : llround(amount * 100);
    row.currency = "EUR";
    row.name = "Füllhorn & Söhne – दिल्ली";
    row.owner = key_of(w, FORE_REP, "R0");
    if (expected) row.expected_close_on = date(expected);
    put_deal(w, row);
    put_change(w, id, at(created, 10), "stage", NULL, stage);
    call(w, id, touched);
    put_event(w, (an_event){.deal = id, .kind = FORE_SEND, .at = at(NOW - 1, 9)}); /* no life */
    if (!moved_from) return;
    fore_date_format(date(moved_from), was);
    fore_date_format(date(expected), is);
    put_change(w, id, at(moved_at, 9), "expected_close_at", was, is);
}

static void put_history(world *w)
{
    world_begin(w);
    put_rep(w, "R0", "south", 40);
    for (int i = 0; i < 30; i++) put_won(w, i);
    world_commit(w);
}

static fore_outlook *outlook_of(world *w, int day)
{
    fore_outlook *o = NULL;
    fore_outlook_options options = {.as_of = at(day, 12),
                                    .period = FORE_MONTHLY,
                                    .periods = 2,
                                    .first_on = fore_period_start(FORE_MONTHLY, date(day)),
                                    .plain = true};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    return o;
}

static const char *id_of(world *w, const fore_watched *d)
{
    return fore_word(&world_timeline(w)->ids, d->subject);
}

static void watch__silences__are_those_of_won_deals_at_the_stage(void **state)
{
    world *w = *state;
    put_history(w);
    world_begin(w);
    put_open(w, "A", "first", 50, NOW - 30, NOW - 4, 0, 0, 0);  /* quiet 4, usual 3 */
    put_open(w, "B", "second", 70, NOW - 30, NOW - 4, 0, 0, 0); /* quiet 4, usual 6 */
    put_open(w, "C", "second", 60, NOW - 30, NOW - 7, 0, 0, 0); /* quiet 7 */
    put_open(w, "D", "third", NAN, NOW - 30, NOW - 9, 0, 0, 0); /* none won there: all stages */
    world_commit(w);
    fore_outlook *o = outlook_of(w, NOW);
    fore_watch watch;
    OK(fore_watch_make(world_timeline(w), o, &watch, e));
    assert_int_equal(watch.won, 30);
    assert_int_equal(watch.stalls, 3);
    assert_int_equal(watch.slips, 0);
    assert_false(watch.dated);
    assert_string_equal(id_of(w, &watch.stalled[0]), "C");
    CLOSE(watch.stalled[0].days, 7);
    CLOSE(watch.stalled[0].usual, 6);
    assert_string_equal(id_of(w, &watch.stalled[1]), "A");
    CLOSE(watch.stalled[1].days, 4);
    CLOSE(watch.stalled[1].usual, 3);
    assert_string_equal(id_of(w, &watch.stalled[2]), "D"); /* no amount: last */
    CLOSE(watch.stalled[2].usual, 6);
    fore_watch_free(&watch);
    fore_outlook_free(o);
}

/* An open deal at "Closed Lost" is a wrong row: no list asks for it. */
static void watch__stages_that_end_deals__are_left_out(void **state)
{
    world *w = *state;
    put_history(w);
    world_begin(w);
    put_open(w, "A", "first", 50, NOW - 30, NOW - 9, NOW - 2, NOW - 20, NOW - 25);
    put_open(w, "B", "Closed Lost", 70, NOW - 30, NOW - 9, NOW - 2, NOW - 20, NOW - 25);
    put_open(w, "C", "closed_won", 60, NOW - 30, NOW - 9, NOW - 2, NOW - 20, NOW - 25);
    put_open(w, "D", "Lost contact", 40, NOW - 30, NOW - 9, NOW - 2, NOW - 20, NOW - 25);
    world_commit(w);
    fore_outlook *o = outlook_of(w, NOW);
    fore_watch watch;
    OK(fore_watch_make(world_timeline(w), o, &watch, e));
    assert_int_equal(watch.stalls, 2);
    assert_int_equal(watch.slips, 2);
    assert_string_equal(id_of(w, &watch.stalled[0]), "A");
    assert_string_equal(id_of(w, &watch.slipped[0]), "A");
    assert_string_equal(id_of(w, &watch.stalled[1]), "D");
    fore_watch_free(&watch);
    fore_outlook_free(o);
}

static void watch__dates__tell_overdue_and_moved_out(void **state)
{
    world *w = *state;
    put_history(w);
    world_begin(w); /* the period that runs: April, days 456 to 485 */
    put_open(w, "A", "first", 10, NOW - 9, NOW, NOW - 5, NOW - 20, NOW - 8); /* overdue by 5 */
    put_open(w, "B", "first", 30, NOW - 9, NOW, NOW + 40, NOW + 8, NOW);     /* moved out today */
    put_open(w, "C", "first", 40, NOW - 9, NOW, NOW + 40, NOW + 8, NOW - 3); /* moved in March */
    put_open(w, "D", "first", 50, NOW - 9, NOW, NOW + 8, NOW + 40, NOW);     /* moved in */
    put_open(w, "E", "first", 60, NOW - 9, NOW, 0, 0, 0);
    world_commit(w);
    fore_outlook *o = outlook_of(w, NOW);
    fore_watch watch;
    OK(fore_watch_make(world_timeline(w), o, &watch, e));
    assert_int_equal(watch.slips, 2);
    assert_true(watch.dated);
    assert_string_equal(id_of(w, &watch.slipped[0]), "B");
    CLOSE(watch.slipped[0].days, 32);
    assert_int_equal(watch.slipped[0].was_on, date(NOW + 8));
    assert_string_equal(id_of(w, &watch.slipped[1]), "A");
    CLOSE(watch.slipped[1].days, 5);
    assert_int_equal(watch.slipped[1].was_on, FORE_NO_DATE);
    fore_watch_free(&watch);
    fore_outlook_free(o);
}

/* Later activities, changes and wins are not seen. */
static void watch__what_came_later__changes_nothing(void **state)
{
    world *w = *state, *later = another_world(1);
    world *both[] = {w, later};
    fore_watch watch[2];
    for (int k = 0; k < 2; k++) {
        world *x = both[k];
        put_history(x);
        world_begin(x);
        put_open(x, "A", "first", 50, NOW - 30, NOW - 9, NOW - 2, NOW - 20, NOW - 25);
        put_open(x, "B", "second", 70, NOW - 30, NOW - 8, NOW + 3, NOW - 20, NOW - 25);
        if (k == 1) {
            call(x, "A", NOW + 1);
            put_change(x, "A", at(NOW + 1, 9), "stage", "first", "second");
            put_change(x, "A", at(NOW + 1, 9), "expected_close_at", "2025-03-30", "2025-06-01");
            put_closed(x, "Z", at(300, 9), at(NOW + 2, 9), FORE_WON, 100); /* silent for long */
        } else {
            put_open(x, "Z", "first", 100, 300, 300, 0, 0, 0);
        }
        world_commit(x);
        fore_outlook *o = outlook_of(x, NOW);
        OK(fore_watch_make(world_timeline(x), o, &watch[k], e));
        fore_outlook_free(o);
    }
    assert_int_equal(watch[0].won, watch[1].won);
    assert_int_equal(watch[0].slips, 1);
    assert_int_equal(watch[0].stalls, 3);
    assert_int_equal(watch[1].slips, watch[0].slips);
    assert_int_equal(watch[1].stalls, watch[0].stalls);
    CLOSE(watch[0].slipped[0].days, watch[1].slipped[0].days);
    for (int i = 1; i < 3; i++) { /* the first is Z itself */
        CLOSE(watch[0].stalled[i].days, watch[1].stalled[i].days);
        CLOSE(watch[0].stalled[i].usual, watch[1].stalled[i].usual);
    }
    for (int k = 0; k < 2; k++) fore_watch_free(&watch[k]);
    world_end(later);
}

static void forecast__slipped_and_stalled__are_named_by_amount(void **state)
{
    world *w = *state;
    put_history(w);
    world_begin(w);
    put_open(w, "A", "first", 10, NOW - 40, NOW - 9, NOW - 5, NOW - 20, NOW - 8);
    put_open(w, "B", "first", 30, NOW - 40, NOW - 9, NOW - 6, NOW - 20, NOW - 8);
    world_commit(w);
    foresell_forecast_request r = {.moment = {at(NOW, 12), NULL}, .seed = 5, .deals = 1};
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *slipped = node_of(h.root, "slipped");
    CLOSE(number_of(slipped, "count"), 2);
    CLOSE(number_of(slipped, "amount"), 40);
    assert_int_equal(fore_json_length(node_of(slipped, "deals")), 1);
    const fore_json_node *deal = fore_json_at(node_of(slipped, "deals"), 0);
    assert_string_equal(string_of(deal, "deal_id"), "B");
    assert_string_equal(string_of(deal, "name"), "Füllhorn & Söhne – दिल्ली");
    assert_string_equal(string_of(deal, "rep_id"), "R0");
    assert_int_equal(grid_of(&h, "stalled")->row_count, 1);
    /* the chance is by a day that is named, and the later the larger */
    double chance = number_of(deal, "chance");
    assert_string_equal(string_of(slipped, "chance_until"), "2025-06-30");
    assert_non_null(strstr(grid_of(&h, "slipped")->lead, "the chance to be won by 2025-06-30:"));
    assert_non_null(strstr(grid_of(&h, "stalled")->lead, "the chance to be won by 2025-06-30:"));
    forget(&h);
    r.horizon = 1;
    HEAR(april, fore_job_forecast(&w->c, &r, april.answer, e));
    slipped = node_of(april.root, "slipped");
    assert_string_equal(string_of(slipped, "chance_until"), "2025-04-30");
    deal = fore_json_at(node_of(slipped, "deals"), 0);
    assert_true(number_of(deal, "chance") < chance);
    assert_non_null(strstr(grid_of(&april, "slipped")->lead, "by 2025-04-30:"));
    forget(&april);
    r.horizon = 0;
    r.deals = -1;
    HEAR(none, fore_job_forecast(&w->c, &r, none.answer, e));
    CLOSE(number_of(node_of(none.root, "stalled"), "count"), 2);
    assert_int_equal(fore_json_length(node_of(node_of(none.root, "stalled"), "deals")), 0);
    forget(&none);
}

static void watch__short_of_memory__leaves_nothing(void **state)
{
    world *w = *state;
    put_history(w);
    world_begin(w);
    put_open(w, "A", "first", 50, NOW - 30, NOW - 9, 0, 0, 0);
    world_commit(w);
    fore_outlook *o = outlook_of(w, NOW);
    const fore_timeline *t = world_timeline(w);
    int64_t held = fore_memory_live();
    bool done = false;
    for (int64_t k = 1; !done; k++) {
        fore_watch watch;
        fore_memory_fail_at(k);
        fore_status status = fore_watch_make(t, o, &watch, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        assert_true(done || status == FORE_E_MEMORY);
        fore_watch_free(&watch);
        assert_int_equal(fore_memory_live(), held);
    }
    fore_outlook_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(watch__silences__are_those_of_won_deals_at_the_stage),
        WITH_WORLD(watch__stages_that_end_deals__are_left_out),
        WITH_WORLD(watch__dates__tell_overdue_and_moved_out),
        WITH_WORLD(watch__what_came_later__changes_nothing),
        WITH_WORLD(forecast__slipped_and_stalled__are_named_by_amount),
        WITH_WORLD(watch__short_of_memory__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
