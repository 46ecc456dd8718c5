/* The day's list: who may be worked, in which order, within whose hours. */
#include "engine/jobs/next_step.h"
#include "engine/jobs/supposed.h"
#include "engine/jobs/whois.h"
#include "training_help.h"

enum {
    NOW = 450,
    WHO = 3,
    REP = 4,
    CHANCE = 6,
    VALUE = 9,
    ACTION = 10,
    WHEN = 11,
    WHY = 12,
    LEFT = 13
};

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

static bool notes_say(const fore_answer *a, const char *text)
{
    for (int64_t i = 0; i < a->note_count; i++)
        if (strstr(a->notes[i], text)) return true;
    return false;
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
    r.rep = "R"; /* near to all of them */
    FAILS(FORE_E_NOT_FOUND, "near are R", fore_job_rank(&w->c, &r, a, e));
    fore_answer_free(a);
    r.rep = "r2"; /* in any case of letters */
    a = ranked(w, &r);
    assert_string_equal(cell(a, 0, REP)->text, "R2");
    fore_answer_free(a);
}

static double number_in(const fore_answer *a, int64_t row, const char *key)
{
    fore_json *document;
    double x = NAN;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    fore_json_get_number(fore_json_at(fore_json_get(fore_json_root(document), "leads"), row), key,
                         &x);
    fore_json_free(document);
    return x;
}

/* 0 promised, 1 urgent, 2 the rest. */
static int class_of(const fore_next_step *s)
{
    return s->urgent && s->due != FORE_NO_TIME ? 0 : s->urgent ? 1 : 2;
}

static void rank__order__is_promised_urgent_then_worth_per_minute(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_open(w, "X1");
    put_open(w, "X2");
    put_contact(w, "X1", FORE_INBOUND, at(NOW - 1, 9));
    put_event(w, (an_event){.deal = "X2", .kind = FORE_DEMO, .due = at(NOW, 15)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    const fore_timeline *t = world_timeline(w);
    fore_habits habits;
    fore_habits_read(t, at(NOW, 8), &habits);
    double last = INFINITY;
    int64_t n = a->grids[0].row_count, count[3] = {0};
    int before = 0;
    for (int64_t i = 0; i < n; i++) {
        fore_next_step step;
        fore_next_step_choose(t, &habits, subject_of(w, FORE_SUBJECT_DEAL, cell(a, i, WHO)->text),
                              at(NOW, 8), &step);
        double order = number_in(a, i, "order_probability"), chance = cell(a, i, CHANCE)->number;
        double worth = cell(a, i, VALUE)->number * (order / chance) / step.minutes;
        assert_true(order <= chance);
        if (class_of(&step) != before) last = INFINITY;
        assert_true(class_of(&step) >= before);
        assert_true(worth <= last + 1e-9);
        before = class_of(&step);
        last = worth;
        count[before]++;
    }
    assert_true(count[0] > 0 && count[1] > 0 && count[2] > 0);
    assert_int_equal(place_of(a, "X2"), 0);
    assert_true(place_of(a, "X1") < count[0] + count[1]);
    fore_answer_free(a);
}

/* Calls and mails that nobody answers, logged by the dozen: no place is gained. */
static void rank__activity_without_an_answer__earns_nothing(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.cool_off_days = r.cap_touches = -1;
    fore_answer *before = ranked(w, &r);
    int64_t n = before->grids[0].row_count, quiet = 0, changed = 0;
    const fore_timeline *t = world_timeline(w);
    const char *ids[5];
    for (int64_t i = n; i-- > 0 && quiet < 5;) { /* who has no attempt in vain yet */
        int64_t attempts, s = subject_of(w, FORE_SUBJECT_DEAL, cell(before, i, WHO)->text);
        fore_attempts_unanswered(t, s, at(NOW, 8), &attempts);
        int64_t end =
            fore_time_lower(t->event_at, t->event_first[s], t->event_first[s + 1], at(NOW, 8));
        if (attempts == 0 && end > t->event_first[s] && t->event_at[end - 1] < at(NOW - 1, 0))
            ids[quiet++] = cell(before, i, WHO)->text;
    }
    assert_true(quiet >= 3);
    world_begin(w);
    for (int64_t q = 0; q < quiet; q++)
        for (int k = 0; k < 24; k++)
            put_event(w, (an_event){.deal = ids[q],
                                    .rep = "R1",
                                    .kind = k % 2 ? FORE_EMAIL : FORE_CALL,
                                    .direction = FORE_OUTBOUND,
                                    .outcome = k % 3 ? NULL : "no answer",
                                    .at = at(NOW - 1, 0) + k * FORE_HOUR / 2,
                                    .minutes = 5});
    world_commit(w);
    fore_answer *after = ranked(w, &r);
    for (int64_t q = 0; q < quiet; q++) {
        int64_t was = place_of(before, ids[q]), is = place_of(after, ids[q]);
        assert_true(is >= 0);
        assert_true(number_in(after, is, "order_probability") <=
                    number_in(before, was, "order_probability"));
        changed += cell(after, is, CHANCE)->number != cell(before, was, CHANCE)->number;
    }
    assert_true(changed > 0); /* the model does look at them */
    fore_answer_free(before);
    fore_answer_free(after);
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

static void count_drawn(const fore_answer *a, int64_t *drawn, double *chances)
{
    fore_json *document;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *leads = fore_json_get(fore_json_root(document), "leads");
    *drawn = 0;
    for (int64_t i = 0; i < fore_json_length(leads); i++) {
        bool is = false;
        double chance = -1;
        assert_true(fore_json_get_bool(fore_json_at(leads, i), "drawn", &is));
        assert_true(fore_json_get_number(fore_json_at(leads, i), "draw_chance", &chance));
        assert_true(chance >= 0 && chance <= 1 && (!is || chance > 0));
        *drawn += is;
        *chances += is;
    }
    fore_json_free(document);
}

static fore_status add_listed(void *context, const fore_listed_row *row, fore_error *err)
{
    int64_t *count = context;
    (void)err;
    assert_true(row->draw_chance > 0 || row->drawn == FORE_LISTED_WORTH);
    assert_true(row->place > 0 || row->drawn != FORE_LISTED_WORTH);
    count[row->drawn]++;
    count[3] += row->place > 0;
    return FORE_OK;
}

static void rank__explore__draws_that_share_by_day_and_seed_and_keeps_which(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.cool_off_days = r.cap_touches = -1;
    r.limit = 20;
    fore_answer *plain = ranked(w, &r);
    int64_t drawn, sum = 0, kept[4] = {0};
    double unused = 0;
    count_drawn(plain, &drawn, &unused);
    assert_int_equal(drawn, 0);
    r.explore = 0.25;
    fore_answer *a = ranked(w, &r);
    OK(fore_store_listed(w->c.store, date(NOW), date(NOW), add_listed, kept, e));
    count_drawn(a, &drawn, &unused);
    assert_int_equal(kept[FORE_LISTED_LOT], drawn);
    assert_int_equal(kept[FORE_LISTED_COMPARED], drawn);
    assert_int_equal(kept[3], a->grids[0].row_count);
    r.explore = 0; /* remembered */
    fore_answer *again = ranked(w, &r);
    assert_string_equal(fore_text_string(&a->json), fore_text_string(&again->json));
    fore_answer_free(again);
    for (int seed = 1; seed <= 20; seed++) {
        r.seed = (uint64_t)seed;
        again = ranked(w, &r);
        count_drawn(again, &drawn, &unused);
        sum += drawn;
        fore_answer_free(again);
    }
    assert_true(fabs((double)sum / 20 - 5) < 1.5); /* a quarter of 20 rows */
    r.explore = -1;
    r.seed = 0;
    again = ranked(w, &r);
    assert_string_equal(fore_text_string(&plain->json), fore_text_string(&again->json));
    fore_answer_free(again);
    fore_answer_free(plain);
    fore_answer_free(a);
}

/* Who was drawn in the morning and worked by noon was drawn all the same. */
static void rank__drawn_in_the_morning__stays_drawn_when_the_list_is_made_anew(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW, 8));
    r.cool_off_days = r.cap_touches = -1;
    r.explore = 0.25;
    r.limit = 20;
    int64_t morning[4] = {0}, noon[4] = {0};
    fore_answer *a = ranked(w, &r);
    OK(fore_store_listed(w->c.store, date(NOW), date(NOW), add_listed, morning, e));
    world_begin(w);
    for (int64_t i = 0; i < a->grids[0].row_count; i++)
        if (strstr(cell(a, i, WHY)->text, "drawn by lot"))
            put_contact(w, cell(a, i, WHO)->text, FORE_OUTBOUND, at(NOW, 9));
    world_commit(w);
    fore_answer_free(a);
    r.moment.now = at(NOW, 12);
    fore_answer_free(ranked(w, &r));
    OK(fore_store_listed(w->c.store, date(NOW), date(NOW), add_listed, noon, e));
    assert_true(morning[FORE_LISTED_LOT] > 0);
    assert_true(noon[FORE_LISTED_LOT] > morning[FORE_LISTED_LOT]); /* others beside them */
}

/* Nobody saw a list on a day that is over: it is no experiment, and no choice for the days to come. */
static void rank__a_past_day__draws_and_records_nothing(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_rank_request r = request(at(NOW + 5, 8));
    int64_t kept[4] = {0};
    char newest[32];
    r.cool_off_days = r.cap_touches = -1;
    r.explore = 0.25;
    r.moment.as_of = "2025-03-26T08:00"; /* NOW */
    fore_answer *a = ranked(w, &r);
    assert_true(notes_say(a, "nothing is recorded"));
    fore_answer_free(a);
    OK(fore_store_listed(w->c.store, INT32_MIN, INT32_MAX, add_listed, kept, e));
    assert_int_equal(kept[3], 0);
    r.explore = 0; /* nor was the share remembered */
    a = ranked(w, &r);
    assert_false(notes_say(a, "drawn by lot"));
    fore_answer_free(a);
    int64_t at_last;
    int day = NOW + 5;
    do { /* a morning before which the newest event is of another day: that day is worked by */
        r.moment.now = at(++day, 0);
        at_last = fore_timeline_newest(world_timeline(w), r.moment.now);
    } while (fore_date_of(at_last) == date(day) && day < NOW + 30);
    assert_true(fore_date_of(at_last) < date(day));
    fore_date_format(fore_date_of(at_last), newest);
    strcat(newest, "T23:00");
    r.moment.as_of = newest;
    r.explore = 0.25;
    a = ranked(w, &r);
    assert_false(notes_say(a, "nothing is recorded"));
    fore_answer_free(a);
    OK(fore_store_listed(w->c.store, INT32_MIN, INT32_MAX, add_listed, kept, e));
    assert_true(kept[FORE_LISTED_LOT] > 0);
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

/* --- names, and their clock --- */

static void put_abroad(world *w, const char *id, const char *country, const char *phone)
{
    char account[16], lead[16];
    snprintf(account, sizeof account, "A%s", id);
    snprintf(lead, sizeof lead, "L%s", id);
    fore_put put;
    fore_account_row row = {.id = account,
                            .name = "Deccan Steel",
                            .country = country,
                            .employees = NAN,
                            .annual_revenue_minor = FORE_NO_AMOUNT,
                            .created_at = FORE_NO_TIME};
    OK(fore_store_put_account(w->c.store, &row, &put, e));
    fore_lead_row person = a_lead(lead, at(NOW - 60, 9));
    person.name = "Amit Patil";
    person.phone = phone;
    person.status = "converted";
    person.closed_at = at(NOW - 40, 9);
    put_lead(w, person);
    put_open(w, id);
    fore_deal_row deal = a_deal(id, at(NOW - 40, 9));
    deal.account = key_of(w, FORE_ACCOUNT, account);
    deal.lead = key_of(w, FORE_LEAD, lead);
    deal.owner = key_of(w, FORE_REP, "R1");
    put_deal(w, deal);
}

/* A text of the row's action, or of the row itself. */
static void text_in(const fore_answer *a, int64_t row, bool action, const char *key, char out[64])
{
    fore_json *document;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *node =
        fore_json_at(fore_json_get(fore_json_root(document), "leads"), row);
    const char *text = fore_json_get_string(action ? fore_json_get(node, "action") : node, key);
    snprintf(out, 64, "%s", text ? text : "");
    fore_json_free(document);
}

static void rank__names__stand_beside_the_id(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", NULL, NULL);
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    int64_t place = place_of(a, "X1");
    char text[64];
    assert_true(place >= 0);
    assert_non_null(strstr(cell(a, place, WHY)->text, "Amit Patil, Deccan Steel | "));
    text_in(a, place, false, "name", text);
    assert_string_equal(text, "Amit Patil");
    text_in(a, place, false, "company", text);
    assert_string_equal(text, "Deccan Steel");
    text_in(a, place, true, "time_zone", text);
    assert_string_equal(text, "");
    fore_answer_free(a);
}

/* 254 letters and one of three bytes: it does not fit, and no byte of it stays. */
static void rank__a_name_too_long__ends_between_characters(void **state)
{
    world *w = *state;
    (void)w;
    char name[300], kept[FORE_WHOIS_NAME];
    for (int letters = 250; letters <= 255; letters++) {
        memset(name, 'a', sizeof name);
        strcpy(name + letters, "\xe0\xa4\x85\xe0\xa4\x85\xe0\xa4\x85");
        kept[0] = 0;
        fore_whois_keep(kept, name);
        assert_int_equal(fore_utf8_invalid(kept, (int64_t)strlen(kept)), -1);
        assert_int_equal(strlen(kept), letters + (255 - letters) / 3 * 3);
    }
    a_day(w);
    memset(name, 'a', sizeof name);
    strcpy(name + 254, "\xc3\xa9");
    world_begin(w);
    put_abroad(w, "X1", NULL, NULL);
    fore_lead_row person = a_lead("LX1", at(NOW - 60, 9));
    person.name = name;
    person.status = "converted";
    person.closed_at = at(NOW - 40, 9);
    put_lead(w, person);
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    assert_true(place_of(a, "X1") >= 0);
    assert_int_equal(fore_utf8_invalid(a->json.bytes, a->json.length), -1);
    fore_answer_free(a);
}

/* 8 to 18 o'clock of both: of the workspace (UTC) and of theirs. */
static void rank__their_clock__holds_the_hour_within_their_day(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", "India", NULL);       /* UTC+5:30: 8:00 to 12:29 of ours */
    put_abroad(w, "X2", NULL, "+81 3 1234");  /* UTC+9: 8:00 to 8:59 */
    put_abroad(w, "X3", "New Zealand", NULL); /* UTC+13: never */
    put_abroad(w, "X4", "Germany", NULL);
    for (int k = 0; k < 3; k++) { /* it answers at 15 o'clock of ours: 20:30 there */
        put_event(w, (an_event){.deal = "X1",
                                .rep = "R1",
                                .kind = FORE_CALL,
                                .direction = FORE_OUTBOUND,
                                .outcome = "answered",
                                .at = at(NOW - 29 + k, 15)});
    }
    put_event(w, (an_event){.deal = "X4", .kind = FORE_DEMO, .due = at(NOW, 19)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 6));
    fore_answer *a = ranked(w, &r);
    int hour[5], minute[5];
    for (int i = 1; i <= 4; i++) {
        char id[8], text[64];
        snprintf(id, sizeof id, "X%d", i);
        int64_t place = place_of(a, id);
        assert_true(place >= 0);
        text_in(a, place, true, "when", text);
        assert_int_equal(sscanf(text, "%d:%d", &hour[i], &minute[i]), 2);
        text_in(a, place, true, "when_theirs", text);
        assert_int_equal(sscanf(text, "%d:%d", &hour[0], &minute[0]), 2);
        if (i < 4) assert_true(hour[0] >= 8 && hour[0] < 18);
        text_in(a, place, true, "time_zone_from", text);
        assert_string_equal(text, i == 2 ? "phone" : "country");
        bool outside = strstr(cell(a, place, WHY)->text, "outside your hours") != NULL;
        assert_true(outside == (i >= 3)); /* a demo promised for 19 o'clock is, too */
    }
    assert_true(hour[1] >= 8 && hour[1] <= 12);
    assert_int_equal(hour[2], 8);
    assert_true(hour[3] >= 19 || hour[3] < 5);
    assert_int_equal(hour[4], 19); /* promised */
    fore_answer_free(a);
}

/* A call planned for an hour in which one of both sleeps, or that is over, moves to the next that
 * suits; the hours of today that are over are not proposed. */
static void rank__planned_for_the_night__moves_to_an_hour_that_suits_and_is_to_come(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", "India", NULL);   /* due at 17 of ours: 22:30 there */
    put_abroad(w, "X2", "Germany", NULL); /* overdue since midnight */
    put_abroad(w, "X3", "Germany", NULL); /* due tomorrow at 9 */
    put_abroad(w, "X4", "Germany", NULL); /* due today at 16: 17 there */
    put_event(w, (an_event){.deal = "X1", .kind = FORE_CALL, .due = at(NOW, 17)});
    put_event(w, (an_event){.deal = "X2", .kind = FORE_CALL, .due = at(NOW, 0)});
    put_event(w, (an_event){.deal = "X3", .kind = FORE_CALL, .due = at(NOW + 1, 9)});
    put_event(w, (an_event){.deal = "X4", .kind = FORE_CALL, .due = at(NOW, 16)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 15) + FORE_HOUR / 2);
    fore_answer *a = ranked(w, &r);
    assert_true(notes_say(a, "workspace's clock (UTC)"));
    int own = 0;
    for (int64_t i = 0; i < a->grids[0].row_count; i++) {
        const char *when = cell(a, i, WHEN)->text;
        int hour = atoi(strlen(when) > 5 ? when + 4 : when); /* "16:00" or "Thu 09:00" */
        assert_true(hour >= (strlen(when) > 5 ? 8 : 16) && hour < 18);
        if (strcmp(cell(a, i, WHO)->text, "X1") == 0) {
            own++;
            assert_true(strncmp(when, "Thu ", 4) == 0 && hour <= 12);
        }
    }
    assert_int_equal(own, 1);
    assert_string_equal(cell(a, place_of(a, "X2"), WHEN)->text, "16:00");
    assert_string_equal(cell(a, place_of(a, "X3"), WHEN)->text, "Thu 09:00");
    assert_string_equal(cell(a, place_of(a, "X4"), WHEN)->text, "16:00");
    fore_answer_free(a);
}

/* Day 453 is a Saturday: the first day on which both work. */
static void rank__their_weekend__moves_the_hour_to_their_next_day_of_work(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", "Germany", NULL);
    put_abroad(w, "X2", "Egypt", NULL); /* rests on Friday and Saturday, works on Sunday */
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    fore_habits habits;
    fore_habits_read(t, at(NOW + 2, 6), &habits);
    fore_next_step step;
    fore_whois who;
    static const struct {
        const char *id, *when;
        int day;
    } wanted[] = {{"X1", "Mon ", 3}, {"X2", "Mon ", 3}, {"X1", "", 2}};
    habits.weekends = 0;
    for (int i = 0; i < 3; i++) {
        int64_t s = subject_of(w, FORE_SUBJECT_DEAL, wanted[i].id),
                now = at(NOW + wanted[i].day, 6);
        char when[16];
        if (i == 2) habits.weekends = 0.2; /* the team works on weekends */
        fore_next_step_choose(t, &habits, s, now, &step);
        OK(fore_whois_read(&w->c, t, s, &who, e));
        OK(fore_whois_set_hour(&w->c, t, &habits, s, now, &step, false, &who, e));
        fore_whois_when(&w->c, &who, now, when);
        if (strncmp(when, wanted[i].when, strlen(wanted[i].when)) != 0) fail_msg("%s", when);
    }
}

/* The same model, measured as no better than the base rate. */
static void rank__a_model_that_says_nothing__is_named_and_does_not_order(void **state)
{
    world *w = *state;
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_true(t.choice.beats_baseline);
    publish(w, &t, at(NOW, 0));
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    assert_non_null(strstr(fore_text_string(&a->json), "\"beats_baseline\":true"));
    assert_false(notes_say(a, "no better than the base rate"));
    fore_answer_free(a);
    t.choice.test.log_loss = t.choice.baseline.log_loss;
    publish(w, &t, at(NOW, 0) + 1);
    fore_training_free(&t);
    a = ranked(w, &r);
    assert_non_null(strstr(fore_text_string(&a->json), "\"beats_baseline\":false"));
    assert_null(strstr(fore_text_string(&a->json), "\"beats_baseline\":true"));
    assert_true(notes_say(a, "no better than the base rate when it was tested"));
    const fore_timeline *timeline = world_timeline(w);
    fore_habits habits;
    fore_habits_read(timeline, at(NOW, 8), &habits);
    bool by_chance = true;
    double last = INFINITY, chance = INFINITY;
    for (int64_t i = 0; i < a->grids[0].row_count; i++) {
        fore_next_step step;
        int64_t subject = subject_of(w, FORE_SUBJECT_DEAL, cell(a, i, WHO)->text);
        fore_next_step_choose(timeline, &habits, subject, at(NOW, 8), &step);
        if (step.urgent) continue;
        double p = cell(a, i, CHANCE)->number;
        double worth = cell(a, i, VALUE)->number / p / step.minutes; /* the amount per minute */
        assert_true(worth <= last * (1 + 1e-9));
        by_chance = by_chance && cell(a, i, VALUE)->number / step.minutes <= chance;
        chance = cell(a, i, VALUE)->number / step.minutes;
        last = worth;
    }
    assert_false(by_chance); /* or the test would say nothing */
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
        WITH_WORLD(rank__order__is_promised_urgent_then_worth_per_minute),
        WITH_WORLD(rank__activity_without_an_answer__earns_nothing),
        WITH_WORLD(rank__cap__rests_who_was_contacted_too_often_unless_promised),
        WITH_WORLD(rank__one_account__is_worked_by_one_rep_a_day),
        WITH_WORLD(rank__explore__draws_that_share_by_day_and_seed_and_keeps_which),
        WITH_WORLD(rank__a_past_day__draws_and_records_nothing),
        WITH_WORLD(rank__drawn_in_the_morning__stays_drawn_when_the_list_is_made_anew),
        WITH_WORLD(rank__hours__are_a_budget_of_each_rep),
        WITH_WORLD(rank__limit__keeps_the_first),
        WITH_WORLD(rank__json__is_whole_and_agrees_with_the_table),
        WITH_WORLD(rank__a_rep_who_left__gets_no_list_and_the_team_sees_what_to_hand_over),
        WITH_WORLD(rank__what_was_left_behind__has_the_hours_of_nobody),
        WITH_WORLD(rank__a_step_longer_than_the_day__names_what_it_takes_and_what_there_is),
        WITH_WORLD(rank__a_rep_whose_accounts_others_work_today__gets_an_empty_list),
        WITH_WORLD(rank__names__stand_beside_the_id),
        WITH_WORLD(rank__a_name_too_long__ends_between_characters),
        WITH_WORLD(rank__their_clock__holds_the_hour_within_their_day),
        WITH_WORLD(rank__planned_for_the_night__moves_to_an_hour_that_suits_and_is_to_come),
        WITH_WORLD(rank__their_weekend__moves_the_hour_to_their_next_day_of_work),
        WITH_WORLD(rank__a_model_that_says_nothing__is_named_and_does_not_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
