/* The day's list: who may be worked, and within whose hours. */
#include "engine/jobs/next_step.h"
#include "rank_help.h"

static bool listed_with(world *w, const foresell_rank_request *r, const char *id)
{
    fore_answer *a = ranked(w, r);
    bool listed = place_of(a, id) >= 0;
    fore_answer_free(a);
    return listed;
}

static void rank__do_not_contact__is_never_listed(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    fore_lead_row lead = a_lead("LX", at(NOW - 60, 9));
    lead.do_not_contact = 1;
    lead.status = "converted";
    lead.closed_at = at(NOW - 40, 9);
    put_lead(w, lead);
    put_event(w, (an_event){.deal = "X1", .kind = FORE_DEMO, .due = at(NOW, 15)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    assert_true(listed_with(w, &r, "X1"));
    world_begin(w);
    fore_deal_row deal = a_deal("X1", at(NOW - 40, 9));
    deal.lead = key_of(w, FORE_LEAD, "LX");
    put_deal(w, deal);
    world_commit(w);
    assert_false(listed_with(w, &r, "X1"));
}

static void rank__worked_today__is_done_unless_they_came_back(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_open(w, "X2");
    put_open(w, "X3");
    put_contact(w, "X1", FORE_OUTBOUND, at(NOW, 9));
    put_contact(w, "X2", FORE_OUTBOUND, at(NOW, 9));
    put_contact(w, "X2", FORE_INBOUND, at(NOW, 10));
    put_contact(w, "X3", FORE_OUTBOUND, at(NOW, 9));
    put_event(w, (an_event){.deal = "X3", .kind = FORE_DEMO, .due = at(NOW, 15)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 12));
    r.cool_off_days = -1;
    assert_false(listed_with(w, &r, "X1"));
    assert_true(listed_with(w, &r, "X2"));
    assert_true(listed_with(w, &r, "X3")); /* the demo is still to come */
    r.moment.now = at(NOW + 1, 12);
    assert_true(listed_with(w, &r, "X1"));
}

static void rank__cool_off__rests_who_was_contacted_and_not_who_was_promised(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_open(w, "X2");
    put_contact(w, "X1", FORE_OUTBOUND, at(NOW - 1, 9));
    put_contact(w, "X2", FORE_OUTBOUND, at(NOW - 1, 9));
    put_event(w, (an_event){.deal = "X2", .kind = FORE_CALL, .due = at(NOW, 15)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    assert_false(listed_with(w, &r, "X1"));
    assert_true(listed_with(w, &r, "X2"));
    r.cool_off_days = -1;
    assert_true(listed_with(w, &r, "X1"));
    r.cool_off_days = 10;
    r.moment.now = at(NOW + 8, 0);
    assert_false(listed_with(w, &r, "X1"));
    r.moment.now = at(NOW + 9, 9);
    assert_true(listed_with(w, &r, "X1"));
}

static void rank__planned__keeps_its_hour(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_open(w, "X2");
    put_event(w, (an_event){.deal = "X1", .kind = FORE_DEMO, .due = at(NOW, 17)});
    put_event(w, (an_event){.deal = "X2", .kind = FORE_DEMO, .due = at(NOW + 1, 0)}); /* a date */
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    int64_t one = place_of(a, "X1"), two = place_of(a, "X2");
    assert_true(one >= 0 && two >= 0);
    assert_string_equal(cell(a, one, ACTION)->text, "demo");
    assert_string_equal(cell(a, one, WHEN)->text, "17:00");
    assert_string_not_equal(cell(a, two, WHEN)->text, "00:00");
    fore_answer_free(a);
}

static void rank__one_rep__lists_theirs_only(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.cool_off_days = -1;
    r.rep = "R2";
    fore_answer *a = ranked(w, &r);
    assert_true(a->grids[0].row_count > 3);
    for (int64_t i = 0; i < a->grids[0].row_count; i++)
        assert_string_equal(cell(a, i, REP)->text, "R2");
    fore_answer_free(a);
    r.rep = "R9";
    OK(fore_answer_new(&a, e));
    FAILS(FORE_E_NOT_FOUND, "'R9'", fore_job_rank(&w->c, &r, a, e));
    r.rep = "R"; /* near to all of them */
    FAILS(FORE_E_NOT_FOUND, "near are R", fore_job_rank(&w->c, &r, a, e));
    fore_answer_free(a);
    r.rep = "r2"; /* in any case of letters */
    a = ranked(w, &r);
    assert_string_equal(cell(a, 0, REP)->text, "R2");
    fore_answer_free(a);
}

static void rank__cap__rests_who_was_contacted_too_often_unless_promised(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    for (int k = 0; k < 5; k++) put_contact(w, "X1", FORE_OUTBOUND, at(NOW - 10 + k, 9));
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    assert_false(listed_with(w, &r, "X1"));
    r.cap_touches = 6;
    assert_true(listed_with(w, &r, "X1"));
    r.cap_touches = -1;
    assert_true(listed_with(w, &r, "X1"));
    r.cap_touches = 0;
    r.cap_days = 7;
    assert_true(listed_with(w, &r, "X1"));
    r.cap_days = 0;
    world_begin(w);
    put_event(w, (an_event){.deal = "X1", .kind = FORE_CALL, .due = at(NOW, 15)});
    world_commit(w);
    assert_true(listed_with(w, &r, "X1"));
}

static void rank__one_account__is_worked_by_one_rep_a_day(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    for (int i = 0; i < 4; i++) {
        char id[8], rep[8];
        snprintf(id, sizeof id, "X%d", i);
        snprintf(rep, sizeof rep, "R%d", i % 2);
        put_open(w, id);
        fore_deal_row row = a_deal(id, at(NOW - 40, 9));
        row.account = key_of(w, FORE_ACCOUNT, "A1");
        row.owner = key_of(w, FORE_REP, rep);
        put_deal(w, row);
    }
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    bool listed[4];
    for (int i = 0; i < 4; i++) {
        char id[8];
        snprintf(id, sizeof id, "X%d", i);
        listed[i] = listed_with(w, &r, id);
    }
    assert_true(listed[0] == listed[2] && listed[1] == listed[3]);
    assert_true(listed[0] != listed[1]);
    r.rep = listed[0] ? "R1" : "R0"; /* nor on the list of the other one alone */
    assert_false(listed_with(w, &r, listed[0] ? "X1" : "X0"));
}

static void rank__hours__are_a_budget_of_each_rep(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.cool_off_days = -1;
    fore_answer *all = ranked(w, &r);
    r.hours = 0.5;
    fore_answer *a = ranked(w, &r);
    const fore_timeline *t = world_timeline(w);
    fore_habits habits;
    fore_habits_read(t, at(NOW, 8), &habits);
    double minutes[COMPANY_REPS] = {0};
    for (int64_t i = 0; i < a->grids[0].row_count; i++) {
        fore_activity_kind kind;
        assert_true(fore_activity_kind_parse(cell(a, i, ACTION)->text, &kind));
        minutes[cell(a, i, REP)->text[1] - '0'] += habits.minutes[kind];
    }
    for (int k = 0; k < COMPANY_REPS; k++) assert_true(minutes[k] > 0 && minutes[k] <= 30);
    assert_true(a->grids[0].row_count < all->grids[0].row_count);
    fore_answer_free(a);
    fore_answer_free(all);
}

static void rank__limit__keeps_the_first(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *all = ranked(w, &r);
    r.limit = 4;
    fore_answer *a = ranked(w, &r);
    assert_int_equal(a->grids[0].row_count, 4);
    for (int64_t i = 0; i < 4; i++)
        assert_string_equal(cell(a, i, WHO)->text, cell(all, i, WHO)->text);
    fore_answer_free(a);
    fore_answer_free(all);
}

static void rank__json__is_whole_and_agrees_with_the_table(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.limit = 5;
    fore_answer *a = ranked(w, &r);
    fore_json *document;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *leads = fore_json_get(fore_json_root(document), "leads");
    assert_int_equal(fore_json_length(leads), 5);
    for (int64_t i = 0; i < 5; i++) {
        const fore_json_node *row = fore_json_at(leads, i);
        assert_string_equal(fore_json_get_string(row, "deal_id"), cell(a, i, WHO)->text);
        double value = 0;
        assert_true(fore_json_get_number(row, "expected_value", &value));
        assert_true(value == cell(a, i, VALUE)->number);
        assert_non_null(fore_json_get_string(fore_json_get(row, "action"), "why"));
    }
    fore_json_free(document);
    fore_answer_free(a);
}

static void put_rep_until(world *w, const char *id, int32_t last_day)
{
    fore_put put;
    fore_rep_row row = {.id = id,
                        .hours_per_week = 40,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = last_day};
    OK(fore_store_put_rep(w->c.store, &row, &put, e));
}

static void rank__a_rep_who_left__gets_no_list_and_the_team_sees_what_to_hand_over(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_rep_until(w, "R1", date(NOW)); /* the last day is a day of work */
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.rep = "R1";
    assert_true(listed_with(w, &r, "X1"));
    r.moment.now = at(NOW + 1, 8);
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    FAILS(FORE_E_NO_ANSWER, "R1 left after 2025-03-26", fore_job_rank(&w->c, &r, a, e));
    fore_answer_free(a);
    r.rep = NULL;
    a = ranked(w, &r);
    int64_t place = place_of(a, "X1"), theirs = 0;
    assert_true(place >= 0);
    assert_string_equal(cell(a, place, REP)->text, "R1");
    assert_non_null(strstr(cell(a, place, WHY)->text, "R1 has left, hand it over | "));
    assert_string_equal(cell(a, place, LEFT)->text, "yes");
    for (int64_t i = 0; i < a->grids[0].row_count; i++) {
        bool left = strcmp(cell(a, i, REP)->text, "R1") == 0;
        assert_true(left == (cell(a, i, LEFT)->text != NULL));
    }
    fore_json *document;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *all = fore_json_get(fore_json_root(document), "handover");
    assert_int_equal(fore_json_length(all), 1);
    assert_string_equal(fore_json_get_string(fore_json_at(all, 0), "rep_id"), "R1");
    assert_string_equal(fore_json_get_string(fore_json_at(all, 0), "left_after"), "2025-03-26");
    assert_true(fore_json_get_integer(fore_json_at(all, 0), "open", &theirs));
    assert_true(theirs > 1);
    char said[96];
    snprintf(said, sizeof said, "%lld open deals belong to a rep who has left (R1): hand them over",
             (long long)theirs);
    assert_true(notes_say(a, said));
    fore_json_free(document);
    fore_answer_free(a);
}

static void rank__what_was_left_behind__has_the_hours_of_nobody(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_rep_until(w, "R0", date(NOW - 10));
    put_rep_until(w, "R1", date(NOW - 10));
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.hours = 0.5;
    r.cool_off_days = -1;
    fore_answer *a = ranked(w, &r);
    fore_habits habits;
    fore_habits_read(world_timeline(w), at(NOW, 8), &habits);
    double minutes = 0;
    for (int64_t i = 0; i < a->grids[0].row_count; i++) {
        fore_activity_kind kind;
        assert_true(fore_activity_kind_parse(cell(a, i, ACTION)->text, &kind));
        if (cell(a, i, LEFT)->text) minutes += habits.minutes[kind];
    }
    assert_true(minutes > 0 && minutes <= 30);
    assert_true(notes_say(a, "reps who have left (R0, R1): hand them over"));
    fore_answer_free(a);
}

static void rank__a_step_longer_than_the_day__names_what_it_takes_and_what_there_is(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_event(w, (an_event){.deal = "X1", .kind = FORE_DEMO, .due = at(NOW, 15)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.hours = 0.05;
    fore_answer *a = ranked(w, &r);
    assert_int_equal(a->grids[0].row_count, 1);
    fore_activity_kind kind;
    fore_habits habits;
    char said[96];
    assert_true(fore_activity_kind_parse(cell(a, 0, ACTION)->text, &kind));
    fore_habits_read(world_timeline(w), at(NOW, 8), &habits);
    snprintf(said, sizeof said,
             "takes %.0f minutes (%.2g hours) and there are 3 minutes (0.05 hours)",
             habits.minutes[kind], habits.minutes[kind] / 60);
    if (!notes_say(a, said)) fail_msg("nobody says: %s", said);
    fore_answer_free(a);
}

static void rank__a_rep_whose_accounts_others_work_today__gets_an_empty_list(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_rep(w, "RX", "north", 40);
    put_open(w, "X1");
    put_open(w, "X2");
    put_event(w, (an_event){.deal = "X1", .kind = FORE_CALL, .due = at(NOW, 15)});
    for (int i = 1; i <= 2; i++) {
        fore_deal_row row = a_deal(i == 1 ? "X1" : "X2", at(NOW - 40, 9));
        row.account = key_of(w, FORE_ACCOUNT, "A1");
        row.owner = key_of(w, FORE_REP, i == 1 ? "R1" : "RX");
        put_deal(w, row);
    }
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.rep = "RX";
    fore_answer *a = ranked(w, &r);
    assert_int_equal(a->grids[0].row_count, 0);
    assert_true(notes_say(a, "whose account another rep works today"));
    assert_false(notes_say(a, " -1")); /* a model's mark may begin with 1 */
    assert_false(notes_say(a, "listed all the same"));
    fore_answer_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(rank__do_not_contact__is_never_listed),
        WITH_WORLD(rank__worked_today__is_done_unless_they_came_back),
        WITH_WORLD(rank__cool_off__rests_who_was_contacted_and_not_who_was_promised),
        WITH_WORLD(rank__planned__keeps_its_hour),
        WITH_WORLD(rank__one_rep__lists_theirs_only),
        WITH_WORLD(rank__cap__rests_who_was_contacted_too_often_unless_promised),
        WITH_WORLD(rank__one_account__is_worked_by_one_rep_a_day),
        WITH_WORLD(rank__hours__are_a_budget_of_each_rep),
        WITH_WORLD(rank__limit__keeps_the_first),
        WITH_WORLD(rank__json__is_whole_and_agrees_with_the_table),
        WITH_WORLD(rank__a_rep_who_left__gets_no_list_and_the_team_sees_what_to_hand_over),
        WITH_WORLD(rank__what_was_left_behind__has_the_hours_of_nobody),
        WITH_WORLD(rank__a_step_longer_than_the_day__names_what_it_takes_and_what_there_is),
        WITH_WORLD(rank__a_rep_whose_accounts_others_work_today__gets_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
