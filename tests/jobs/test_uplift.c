/* What a contact adds: the arithmetic, what is kept, the lists drawn by lot, and the order. */
#include "engine/jobs/drawn_lists.h"
#include "engine/jobs/next_step.h"
#include "engine/jobs/uplift.h"
#include "training_help.h"

enum { NOW = 450 };

static fore_uplift known_uplift(double call, double mail)
{
    fore_uplift u = {.known = true, .basis = "a test"};
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        u.mid[k] = k == FORE_CALL ? call : k == FORE_EMAIL ? mail : 0.1;
        u.lo[k] = u.mid[k] - 0.1;
        u.hi[k] = u.mid[k] + 0.1;
    }
    return u;
}

static void uplift_of__hazard_times_f__is_the_closed_form(void **state)
{
    (void)state;
    fore_uplift u = known_uplift(log(2), 0);
    fore_uplift_chance c = fore_uplift_of(&u, FORE_CALL, 0.3);
    assert_true(fabs(c.middle - (1 - 0.7 * 0.7 - 0.3)) < 1e-12);
    assert_true(c.lo < c.middle && c.middle < c.hi);
    assert_true(fabs(fore_uplift_of(&u, FORE_EMAIL, 0.3).middle) < 1e-12);
    assert_true(fore_uplift_of(&u, FORE_CALL, 0.5).middle >
                fore_uplift_of(&u, FORE_CALL, 0.95).middle);
    assert_true(isnan(fore_uplift_of(NULL, FORE_CALL, 0.3).middle));
    u.known = false;
    assert_true(isnan(fore_uplift_of(&u, FORE_CALL, 0.3).middle));
}

static void uplift__written_and_read__is_the_same_and_damage_is_said(void **state)
{
    (void)state;
    fore_uplift u = known_uplift(1.0 / 3, 0), read;
    fore_text text = {0};
    fore_json *document;
    fore_json_writer json = fore_json_to(&text);
    fore_uplift_write(&u, &json, NULL);
    OK(fore_json_parse(text.bytes, text.length, &document, e));
    OK(fore_uplift_read(fore_json_root(document), &read, e));
    assert_true(read.known);
    assert_string_equal(read.basis, u.basis);
    assert_memory_equal(read.mid, u.mid, sizeof u.mid);
    assert_memory_equal(read.lo, u.lo, sizeof u.lo);
    assert_memory_equal(read.hi, u.hi, sizeof u.hi);
    fore_json_free(document);
    memcpy(strstr(text.bytes, "\"call\""), "\"kall\"", 6);
    OK(fore_json_parse(text.bytes, text.length, &document, e));
    FAILS(FORE_E_MODEL, "damaged", fore_uplift_read(fore_json_root(document), &read, e));
    fore_json_free(document);
    fore_text_free(&text);
}

/* Three reps and few wins: far too little, and it says so. */
static void uplift_learn__where_the_response_is_not_identified__is_not_known(void **state)
{
    world *w = *state;
    company deals = {.seed = 1, .deals = 200, .days = 500};
    put_company(w, &deals);
    fore_uplift u;
    OK(fore_uplift_learn(&w->c, at(NOW, 0), 60, &u, e));
    assert_false(u.known);
    assert_non_null(strstr(u.basis, "none: "));
}

static void add_listed(world *w, const char *id, int day, fore_listed_by by)
{
    fore_listed_row row = {.day_on = date(day),
                           .subject_kind = FORE_SUBJECT_DEAL,
                           .subject = key_of(w, FORE_DEAL, id),
                           .as_of = at(day, 8),
                           .drawn = by,
                           .draw_chance = 0.1};
    OK(fore_store_put_listed(w->c.store, &row, e));
}

/* `count` deals drawn on a day, every `win`-th of them won within the days, each contacted so
 * often. */
static void put_group(world *w, const char *letter, int count, int win, int contacts,
                      fore_listed_by by)
{
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%s%d", letter, i);
        fore_deal_row row = a_deal(id, at(90, 9));
        row.owner = key_of(w, FORE_REP, "R1");
        if (i % win == 0) {
            row.outcome = FORE_WON;
            row.closed_at = at(130, 9);
        }
        put_deal(w, row);
        for (int k = 0; k < contacts; k++)
            put_event(w, (an_event){.deal = id,
                                    .rep = "R1",
                                    .kind = FORE_CALL,
                                    .direction = FORE_OUTBOUND,
                                    .at = at(101 + k, 10)});
        add_listed(w, id, 100, by);
    }
}

static void drawn_lists__two_groups__differ_by_what_being_drawn_did(void **state)
{
    world *w = *state;
    fore_drawn_contrast c;
    world_begin(w);
    put_group(w, "D", 200, 2, 4, FORE_LISTED_LOT);
    put_group(w, "C", 200, 5, 1, FORE_LISTED_COMPARED);
    put_group(w, "W", 50, 1, 1, FORE_LISTED_WORTH); /* by their worth: not looked at */
    world_commit(w);
    OK(fore_drawn_contrast_read(&w->c, at(NOW, 0), &c, e));
    assert_int_equal(c.drawn, 200);
    assert_int_equal(c.compared, 200);
    assert_int_equal(c.waiting, 0);
    assert_true(fabs(c.won_drawn - 0.5) < 1e-12 && fabs(c.won_compared - 0.2) < 1e-12);
    assert_true(fabs(c.contacts_drawn - 4) < 1e-12 && fabs(c.contacts_compared - 1) < 1e-12);
    assert_true(fabs(c.effect - 0.3) < 1e-12);
    double se = sqrt(0.25 / 200 + 0.16 / 200); /* two independent shares */
    assert_true(fabs(c.effect_se - se) < 1e-9);
    assert_true(c.usable);
    assert_true(fabs(c.lift.effort_factor - 4) < 1e-12);
    assert_true(fabs(c.lift.log_lift - log(2.5)) < 1e-12);
    OK(fore_drawn_contrast_read(&w->c, at(140, 0), &c, e)); /* their days are not over */
    assert_int_equal(c.waiting, 400);
    assert_true(isnan(c.effect) && !c.usable);
}

static void drawn_lists__a_few_rows__enter_no_answer(void **state)
{
    world *w = *state;
    fore_drawn_contrast c;
    fore_answer *a;
    world_begin(w);
    put_group(w, "D", 30, 2, 4, FORE_LISTED_LOT);
    put_group(w, "C", 30, 5, 1, FORE_LISTED_COMPARED);
    world_commit(w);
    OK(fore_drawn_contrast_read(&w->c, at(NOW, 0), &c, e));
    assert_false(c.usable);
    OK(fore_answer_new(&a, e));
    fore_drawn_contrast_note(&c, a);
    assert_int_equal(a->note_count, 1);
    assert_non_null(strstr(a->notes[0], "too few to enter"));
    fore_answer_free(a);
}

/* --- the order --- */

static const fore_json_node *leads_of(const fore_answer *a, fore_json **document)
{
    OK(fore_json_parse(a->json.bytes, a->json.length, document, e));
    return fore_json_get(fore_json_root(*document), "leads");
}

static void rank__uplift_known__orders_by_what_a_contact_adds_per_minute(void **state)
{
    world *w = *state;
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    t.scoring->uplift = FORE_ZNEW(1, fore_uplift);
    *t.scoring->uplift = known_uplift(log(2), 0.05);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
    fore_answer *a;
    foresell_rank_request r = {.moment = {at(NOW, 8), NULL}, .hours = 1000, .limit = 1000};
    OK(fore_answer_new(&a, e));
    OK(fore_job_rank(&w->c, &r, a, e));
    const fore_timeline *timeline = world_timeline(w);
    fore_habits habits;
    fore_habits_read(timeline, at(NOW, 8), &habits);
    fore_json *document;
    const fore_json_node *leads = leads_of(a, &document);
    double last = INFINITY;
    int64_t others = 0;
    for (int64_t i = 0; i < fore_json_length(leads); i++) {
        const fore_json_node *row = fore_json_at(leads, i);
        const fore_json_node *action = fore_json_get(row, "action");
        fore_next_step step;
        double p, up, lo, hi, value, chance, minutes;
        assert_true(fore_json_get_number(row, "order_probability", &p) &&
                    fore_json_get_number(row, "uplift", &up) &&
                    fore_json_get_number(row, "uplift_lo", &lo) &&
                    fore_json_get_number(row, "uplift_hi", &hi) &&
                    fore_json_get_number(row, "expected_value", &value) &&
                    fore_json_get_number(row, "probability", &chance) &&
                    fore_json_get_number(action, "minutes", &minutes));
        bool call = strcmp(fore_json_get_string(action, "kind"), "call") == 0;
        if (call) assert_true(fabs(up - (1 - (1 - p) * (1 - p) - p)) < 1e-9);
        assert_true(lo < up && up < hi);
        assert_string_equal(fore_json_get_string(row, "uplift_basis"), "a test");
        fore_next_step_choose(
            timeline, &habits,
            subject_of(w, FORE_SUBJECT_DEAL, fore_json_get_string(row, "deal_id")), at(NOW, 8),
            &step);
        if (step.urgent) continue;
        double gain = up * (value / chance) / minutes;
        assert_true(gain <= last * (1 + 1e-9));
        last = gain;
        others++;
    }
    assert_true(others > 10);
    fore_json_free(document);
    fore_answer_free(a);
}

static void rank__uplift_unknown__is_null_with_the_reason(void **state)
{
    world *w = *state;
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
    fore_answer *a;
    foresell_rank_request r = {.moment = {at(NOW, 8), NULL}, .limit = 5};
    OK(fore_answer_new(&a, e));
    OK(fore_job_rank(&w->c, &r, a, e));
    fore_json *document;
    const fore_json_node *row = fore_json_at(leads_of(a, &document), 0);
    assert_null(fore_json_get(row, "uplift"));
    assert_non_null(strstr(fore_json_get_string(row, "uplift_basis"), "none: "));
    bool said = false;
    for (int64_t i = 0; i < a->note_count; i++)
        said = said || strstr(a->notes[i], "by value per minute; what a contact adds: none");
    assert_true(said);
    fore_json_free(document);
    fore_answer_free(a);
}

static void drawn_lists__every_failing_allocation__leaves_nothing(void **state)
{
    world *w = *state;
    fore_drawn_contrast c;
    world_begin(w);
    put_group(w, "D", 40, 2, 1, FORE_LISTED_LOT);
    put_group(w, "C", 40, 2, 1, FORE_LISTED_COMPARED);
    world_commit(w);
    OK(fore_drawn_contrast_read(&w->c, at(NOW, 0), &c, e));
    int64_t live = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_memory_fail_at(k);
        fore_status status = fore_drawn_contrast_read(&w->c, at(NOW, 0), &c, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uplift_of__hazard_times_f__is_the_closed_form),
        cmocka_unit_test(uplift__written_and_read__is_the_same_and_damage_is_said),
        WITH_WORLD(uplift_learn__where_the_response_is_not_identified__is_not_known),
        WITH_WORLD(drawn_lists__two_groups__differ_by_what_being_drawn_did),
        WITH_WORLD(drawn_lists__a_few_rows__enter_no_answer),
        WITH_WORLD(rank__uplift_known__orders_by_what_a_contact_adds_per_minute),
        WITH_WORLD(rank__uplift_unknown__is_null_with_the_reason),
        WITH_WORLD(drawn_lists__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
