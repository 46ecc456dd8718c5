/* The order of the day's list: what is promised, what a minute is worth, and whom chance puts
 * first. */
#include "engine/jobs/next_step.h"
#include "engine/jobs/supposed.h"
#include "rank_help.h"

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

/* Nobody saw a list on a day that is over: it is no experiment, and no choice for the days to come.
 */
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
        WITH_WORLD(rank__order__is_promised_urgent_then_worth_per_minute),
        WITH_WORLD(rank__activity_without_an_answer__earns_nothing),
        WITH_WORLD(rank__explore__draws_that_share_by_day_and_seed_and_keeps_which),
        WITH_WORLD(rank__a_past_day__draws_and_records_nothing),
        WITH_WORLD(rank__drawn_in_the_morning__stays_drawn_when_the_list_is_made_anew),
        WITH_WORLD(rank__a_model_that_says_nothing__is_named_and_does_not_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
