/* The day's list: who may be worked, in which order, within whose hours. */
#include "engine/jobs/next_step.h"
#include "training_help.h"

enum { NOW = 450, WHO = 3, REP = 4, VALUE = 9, ACTION = 10, WHEN = 11 };

static void a_day(world *w)
{
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
}

/* An open deal of R1 with an answered call a month ago. */
static void put_open(world *w, const char *id)
{
    fore_deal_row row = a_deal(id, at(NOW - 40, 9));
    row.owner = key_of(w, FORE_REP, "R1");
    row.amount_minor = 500000;
    row.currency = "EUR";
    put_deal(w, row);
    put_event(w, (an_event){.deal = id,
                            .rep = "R1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .outcome = "answered",
                            .at = at(NOW - 30, 9)});
}

static void put_contact(world *w, const char *id, fore_direction direction, int64_t when)
{
    put_event(
        w,
        (an_event){.deal = id, .rep = "R1", .kind = FORE_CALL, .direction = direction, .at = when});
}

static foresell_rank_request request(int64_t now)
{
    return (foresell_rank_request){.moment = {now, NULL}, .hours = 1000, .limit = 1000};
}

static fore_answer *ranked(world *w, const foresell_rank_request *r)
{
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    OK(fore_job_rank(&w->c, r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

static const fore_cell *cell(const fore_answer *a, int64_t row, int column)
{
    return &a->grids[0].cells[row * a->grids[0].column_count + column];
}

static int64_t place_of(const fore_answer *a, const char *id)
{
    for (int64_t i = 0; i < a->grids[0].row_count; i++)
        if (strcmp(cell(a, i, WHO)->text, id) == 0) return i;
    return -1;
}

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
    fore_answer_free(a);
}

static void rank__order__is_urgent_first_then_worth_per_minute(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_contact(w, "X1", FORE_INBOUND, at(NOW - 1, 9));
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    const fore_timeline *t = world_timeline(w);
    fore_habits habits;
    fore_habits_read(t, at(NOW, 8), &habits);
    bool calm = false;
    double last = INFINITY;
    int64_t n = a->grids[0].row_count, urgent = 0;
    for (int64_t i = 0; i < n; i++) {
        fore_next_step step;
        fore_next_step_choose(t, &habits, subject_of(w, FORE_SUBJECT_DEAL, cell(a, i, WHO)->text),
                              at(NOW, 8), &step);
        double worth = cell(a, i, VALUE)->number / step.minutes;
        if (!calm && !step.urgent) {
            calm = true;
            last = INFINITY;
        }
        assert_false(calm && step.urgent);
        assert_true(worth <= last + 1e-9);
        last = worth;
        urgent += step.urgent;
    }
    assert_true(urgent > 0 && urgent < n);
    assert_true(place_of(a, "X1") < urgent);
    fore_answer_free(a);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(rank__do_not_contact__is_never_listed),
        WITH_WORLD(rank__worked_today__is_done_unless_they_came_back),
        WITH_WORLD(rank__cool_off__rests_who_was_contacted_and_not_who_was_promised),
        WITH_WORLD(rank__planned__keeps_its_hour),
        WITH_WORLD(rank__one_rep__lists_theirs_only),
        WITH_WORLD(rank__order__is_urgent_first_then_worth_per_minute),
        WITH_WORLD(rank__hours__are_a_budget_of_each_rep),
        WITH_WORLD(rank__limit__keeps_the_first),
        WITH_WORLD(rank__json__is_whole_and_agrees_with_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
