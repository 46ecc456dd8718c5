/* "Not this one, because": kept, respected, ended by its date or by news, taken back, told. */
#include "answer_help.h"
#include "training_help.h"

enum { NOW = 450 };

static void a_day(world *w)
{
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW - 30, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW - 30, 0));
    fore_training_free(&t);
    world_begin(w);
    for (int i = 0; i < 2; i++) {
        fore_deal_row row = a_deal(i ? "X2" : "X1", at(NOW - 40, 9));
        row.owner = key_of(w, FORE_REP, "R1");
        row.amount_minor = 500000;
        row.currency = "EUR";
        put_deal(w, row);
    }
    world_commit(w);
}

static bool listed(world *w, const char *id, int64_t now)
{
    foresell_rank_request r = {.moment = {now, NULL}, .hours = 1000, .limit = 1000};
    HEAR(h, fore_job_rank(&w->c, &r, h.answer, e));
    const fore_json_node *leads = node_of(h.root, "leads");
    bool found = false;
    for (int64_t i = 0; i < fore_json_length(leads); i++)
        found |= strcmp(string_of(fore_json_at(leads, i), "deal_id"), id) == 0;
    forget(&h);
    return found;
}

static void say(world *w, foresell_feedback_request r, int day)
{
    r.moment.now = at(day, 8);
    HEAR(h, fore_job_feedback(&w->c, &r, h.answer, e));
    forget(&h);
}

static void feedback__said__keeps_off_the_list_that_one_only(void **state)
{
    world *w = *state;
    a_day(w);
    assert_true(listed(w, "X1", at(NOW, 9)) && listed(w, "X2", at(NOW, 9)));
    say(w, (foresell_feedback_request){.not_id = "X1", .because = "asked to wait"}, NOW);
    assert_false(listed(w, "X1", at(NOW, 9)));
    assert_true(listed(w, "X2", at(NOW, 9)));
    assert_true(listed(w, "X1", at(NOW - 1, 9))); /* nobody had said it then */
}

static void feedback__date__brings_it_back_on_that_day(void **state)
{
    world *w = *state;
    a_day(w);
    char day[32];
    fore_date_format(date(NOW + 3), day);
    say(w, (foresell_feedback_request){.not_id = "X1", .because = "away", .until = day}, NOW);
    assert_false(listed(w, "X1", at(NOW + 2, 23)));
    assert_true(listed(w, "X1", at(NOW + 3, 0)));
}

static void feedback__news__end_it_and_our_own_attempts_do_not(void **state)
{
    world *w = *state;
    a_day(w);
    say(w, (foresell_feedback_request){.not_id = "X1", .because = "no budget"}, NOW);
    an_event call = {.deal = "X1", .rep = "R1", .kind = FORE_CALL, .direction = FORE_OUTBOUND};
    call.at = at(NOW + 1, 9);
    world_begin(w);
    put_event(w, call);
    world_commit(w);
    assert_false(listed(w, "X1", at(NOW + 5, 9)));
    call.direction = FORE_INBOUND;
    call.at = at(NOW + 6, 9);
    world_begin(w);
    put_event(w, call);
    world_commit(w);
    assert_false(listed(w, "X1", at(NOW + 6, 9))); /* not before they called */
    assert_true(listed(w, "X1", at(NOW + 6, 10)));
}

static void feedback__taken_back__lists_it_again(void **state)
{
    world *w = *state;
    a_day(w);
    say(w, (foresell_feedback_request){.not_id = "X1", .because = "no budget"}, NOW);
    say(w, (foresell_feedback_request){.again_id = "X1"}, NOW);
    assert_true(listed(w, "X1", at(NOW, 9)));
    foresell_feedback_request again = {.moment = {at(NOW, 9), NULL}, .again_id = "X1"};
    DENIED(FORE_E_NOT_FOUND, "could be taken back", d,
           fore_job_feedback(&w->c, &again, d.answer, e));
}

static void feedback__explain_and_the_record__tell_it(void **state)
{
    world *w = *state;
    const char *id = "X1";
    a_day(w);
    char before[33], after[33];
    fingerprint_of(w, before);
    say(w, (foresell_feedback_request){.not_id = id, .because = "asked to wait"}, NOW);
    fingerprint_of(w, after);
    assert_string_equal(before, after); /* no part of the history */
    foresell_score_request q = {.moment = {at(NOW, 9), NULL}, .ids = &id, .id_count = 1};
    HEAR(why, fore_job_explain(&w->c, &q, why.answer, e));
    assert_true(noted(&why, "not on the list, because asked to wait"));
    forget(&why);
    foresell_feedback_request r = {.moment = {at(NOW, 9), NULL}};
    HEAR(h, fore_job_feedback(&w->c, &r, h.answer, e));
    const fore_json_node *one = fore_json_at(node_of(h.root, "feedback"), 0);
    assert_string_equal(string_of(one, "id"), "X1");
    assert_string_equal(string_of(one, "because"), "asked to wait");
    forget(&h);
}

static void feedback__nonsense__is_refused_and_nothing_is_kept(void **state)
{
    world *w = *state;
    a_day(w);
    foresell_feedback_request r = {.moment = {at(NOW, 8), NULL}, .not_id = "X9", .because = "x"};
    DENIED(FORE_E_NOT_FOUND, "'X9'", a, fore_job_feedback(&w->c, &r, a.answer, e));
    r.not_id = "X1";
    r.because = "  ";
    DENIED(FORE_E_USAGE, "--because", b, fore_job_feedback(&w->c, &r, b.answer, e));
    r.because = "x";
    r.until = "2024-01-01";
    DENIED(FORE_E_USAGE, "over already", c, fore_job_feedback(&w->c, &r, c.answer, e));
    r.until = "soon";
    DENIED(FORE_E_USAGE, "'soon'", d, fore_job_feedback(&w->c, &r, d.answer, e));
    assert_true(listed(w, "X1", at(NOW, 9)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(feedback__said__keeps_off_the_list_that_one_only),
        WITH_WORLD(feedback__date__brings_it_back_on_that_day),
        WITH_WORLD(feedback__news__end_it_and_our_own_attempts_do_not),
        WITH_WORLD(feedback__taken_back__lists_it_again),
        WITH_WORLD(feedback__explain_and_the_record__tell_it),
        WITH_WORLD(feedback__nonsense__is_refused_and_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
