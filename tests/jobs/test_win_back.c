/* Win-back: who was lost and shows interest again, whom the past speaks for, and who belongs
 * together. */
#include "engine/jobs/parties.h"
#include "engine/jobs/supposed.h"
#include "customers_help.h"

static double number(const fore_answer *a, int64_t row, int column)
{
    return a->grids[1].cells[row * a->grids[1].column_count + column].number;
}

static void win_back__who_reads_again__comes_back_with_the_reason_and_nobody_else(void **state)
{
    world *w = *state;
    a_day(w);
    put_losses(w);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    int64_t row = row_of(a, "win-back", "X1");
    assert_says(a, row, "opened a letter 3 times");
    assert_says(a, row, "(Price)");
    assert_string_equal(cell(a, row, REP), "R1");
    assert_true(isnan(number(a, row, CHANCE))); /* the past does not tell */
    assert_says(a, row_of(a, "win-back", "X9"), "got in touch");
    static const char *const innocent[] = {"X2", "X3", "X4", "X5", "X6", "X7", "X8", "XP"};
    for (size_t i = 0; i < sizeof innocent / sizeof *innocent; i++)
        if (row_of(a, "win-back", innocent[i]) >= 0) fail_msg("%s is listed", innocent[i]);
    fore_answer_free(a);
    r.win_back_days = -1;
    assert_true(told(w, &r, "win-back", "X3"));
    r.win_back_days = 201;
    assert_false(told(w, &r, "win-back", "X1"));
}

static void win_back__do_not_contact_and_feedback__are_respected(void **state)
{
    world *w = *state;
    a_day(w);
    put_losses(w);
    foresell_rank_request r = request();
    assert_true(told(w, &r, "win-back", "X1") && told(w, &r, "win-back", "X9"));
    fore_answer *a;
    foresell_feedback_request said = {.moment = r.moment, .not_id = "X9", .because = "moved away"};
    OK(fore_answer_new(&a, e));
    OK(fore_job_feedback(&w->c, &said, a, e));
    fore_answer_free(a);
    assert_false(told(w, &r, "win-back", "X9"));
    world_begin(w);
    fore_lead_row lead = a_lead("LX", at(NOW - 300, 9));
    lead.do_not_contact = 1;
    lead.account = key_of(w, FORE_ACCOUNT, "A1");
    lead.status = "lost";
    lead.closed_at = at(NOW - 290, 9);
    put_lead(w, lead);
    world_commit(w);
    assert_false(told(w, &r, "win-back", "X1")); /* another lead of the same account */
}

static fore_status count_score(void *context, const fore_score_row *row, fore_error *err)
{
    (void)row, (void)err;
    ++*(int64_t *)context;
    return FORE_OK;
}

static void win_back__what_was_lost__keeps_its_state_and_its_score(void **state)
{
    world *w = *state;
    a_day(w);
    put_losses(w);
    foresell_rank_request r = request();
    const fore_timeline *t = world_timeline(w);
    int64_t s = subject_of(w, FORE_SUBJECT_DEAL, "X1"), scores = 0;
    char before[33], after[33];
    OK(fore_store_fingerprint(w->c.store, before, e));
    assert_true(told(w, &r, "win-back", "X1"));
    OK(fore_store_fingerprint(w->c.store, after, e));
    OK(fore_store_scores(w->c.store, FORE_SUBJECT_DEAL, t->pk[s], INT64_MAX, count_score, &scores,
                         e));
    assert_string_equal(before, after);
    assert_int_equal(scores, 0);
    assert_int_equal(t->outcome[s], FORE_LOST);
    assert_false(fore_subject_open_at(t, s, at(NOW, 8)));
}

/* Accounts lost for one of two reasons: those lost for `timing` win us a deal within the year, if
 * told so. */
static void put_returns(world *w, bool by_reason)
{
    world_begin(w);
    for (int i = 0; i < 320; i++) {
        char id[16], account[16];
        fore_random lot = fore_random_new(11, (uint64_t)i);
        int lost = 20 + (int)((by_reason ? 250 : 420) * fore_random_uniform(&lot));
        bool timing = i % 4 == 0, comes = fore_random_uniform(&lot) < 0.9;
        double wait = by_reason ? 180 * fore_random_uniform(&lot)
                                : -400 * log(fore_random_uniform(&lot)); /* no time is better */
        int back = lost + 65 + (int)wait;
        snprintf(id, sizeof id, "T%03d", i);
        snprintf(account, sizeof account, "TA%03d", i);
        put_one(w, (a_life){.id = id,
                            .account = account,
                            .reason = !by_reason ? NULL
                                      : timing   ? "timing"
                                                 : "price",
                            .created = lost - 15,
                            .closed = lost,
                            .outcome = FORE_LOST});
        if (!comes || (by_reason && !timing) || back >= NOW) continue;
        snprintf(id, sizeof id, "U%03d", i);
        put_one(w, (a_life){.id = id,
                            .account = account,
                            .created = back - 10,
                            .closed = back,
                            .outcome = FORE_WON});
    }
    world_commit(w);
}

static bool past_tells(const fore_answer *a, double *auc)
{
    fore_json *document;
    bool tells = false;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *m = fore_json_get(fore_json_root(document), "win_back");
    assert_true(fore_json_get_bool(m, "tells", &tells));
    *auc = NAN;
    fore_json_get_number(m, "auc", auc);
    fore_json_free(document);
    return tells;
}

static void win_back__a_past_that_tells__brings_those_it_speaks_for(void **state)
{
    world *w = *state;
    double auc;
    a_day(w);
    put_returns(w, true);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    assert_true(past_tells(a, &auc));
    assert_true(auc > 0.7);
    int64_t n = 0;
    for (int64_t i = 0; i < rows_of(a); i++) {
        if (strcmp(cell(a, i, WHAT), "win-back") != 0) continue;
        assert_says(a, i, "(timing)");
        assert_true(number(a, i, CHANCE) > 0.1 && number(a, i, CHANCE) < 0.95);
        n++;
    }
    assert_true(n > 0);
    fore_answer_free(a);
}

static void win_back__a_past_that_does_not_tell__brings_nobody(void **state)
{
    world *w = *state;
    double auc;
    a_day(w);
    put_returns(w, false);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    assert_false(past_tells(a, &auc));
    assert_false(isnan(auc)); /* there were enough to see it */
    for (int64_t i = 0; i < rows_of(a); i++) assert_string_not_equal(cell(a, i, WHAT), "win-back");
    fore_answer_free(a);
}

static void win_back__dormant_and_reading_again__comes_back(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_one(w, (a_life){.id = "X1", .account = "A1", .created = NOW - 150});
    put_signs(w, "X1", FORE_WEB, 4, NOW - 10, 2);
    put_one(w, (a_life){.id = "X2", .account = "A2", .created = NOW - 150});
    world_commit(w);
    foresell_rank_request r = request();
    r.limit = 1; /* of the list: else it stands there */
    fore_answer *a = ranked(w, &r);
    bool on_list = strcmp(a->grids[0].cells[WHO].text, "X1") == 0;
    assert_false(on_list);
    assert_says(a, row_of(a, "win-back", "X1"), "not touched for");
    assert_int_equal(row_of(a, "win-back", "X2"), -1);
    fore_answer_free(a);
}

static void suppose__open_again__sees_no_closing_no_pause_and_no_more_age_than_allowed(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lost(w, "X1", "A1", 100);
    world_commit(w);
    const fore_timeline *t;
    const fore_extractor *x;
    fore_supposed open;
    fore_subject_state was;
    OK(fore_context_history(&w->c, &t, &x, e));
    int64_t s = subject_of(w, FORE_SUBJECT_DEAL, "X1");
    OK(fore_suppose_open_again(t, x, &s, 1, at(290, 8), at(300, 8), 1000 * FORE_DAY, &open, e));
    assert_true(fore_subject_open_at(&open.timeline, s, at(300, 8)));
    fore_subject_state_at(&open.timeline, s, at(300, 8), &was);
    assert_string_equal(fore_word(&t->stages, was.stage), "third"); /* not "lost" */
    int64_t last = t->event_first[s + 1] - 1, pause = at(300, 8) - at(100, 17);
    assert_int_equal(open.timeline.event_at[last], t->event_at[last] + pause);
    assert_int_equal(open.timeline.created_at[s], at(70, 8) + pause);
    assert_false(fore_subject_open_at(t, s, at(300, 8)));
    fore_supposed_free(&open);
    OK(fore_suppose_open_again(t, x, &s, 1, at(290, 8), at(300, 8), 20 * FORE_DAY, &open, e));
    assert_int_equal(open.timeline.created_at[s], at(280, 8));
    fore_supposed_free(&open);
}

static void parties__account_then_contact_then_lead__belong_together(void **state)
{
    world *w = *state;
    fore_parties p;
    world_begin(w);
    put_lost(w, "D1", "A1", 100);
    put_won(w, "D2", "A1", 200);
    put_lost(w, "D3", NULL, 100);
    put_lost(w, "D4", NULL, 100);
    put_lost(w, "D5", NULL, 100);
    fore_deal_row row = a_deal("D3", at(70, 8));
    row.contact = key_of(w, FORE_CONTACT, "C1");
    put_deal(w, row);
    row = a_deal("D4", at(70, 8));
    row.contact = key_of(w, FORE_CONTACT, "C1");
    put_deal(w, row);
    put_lead(w, a_lead("L5", at(60, 8)));
    row = a_deal("D5", at(70, 8));
    row.lead = key_of(w, FORE_LEAD, "L5");
    put_deal(w, row);
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    OK(fore_parties_new(t, -1, at(NOW, 0), &p, e));
    int32_t of[5], l5 = p.of[subject_of(w, FORE_SUBJECT_LEAD, "L5")];
    for (int i = 0; i < 5; i++) {
        char id[3] = {'D', (char)('1' + i), 0};
        of[i] = p.of[subject_of(w, FORE_SUBJECT_DEAL, id)];
    }
    assert_int_equal(p.count, 3);
    assert_int_equal(of[0], of[1]);
    assert_int_equal(of[2], of[3]);
    assert_int_equal(of[4], l5);
    assert_true(of[0] != of[2] && of[2] != of[4] && of[0] != of[4]);
    assert_int_equal(p.bought_first[of[0] + 1] - p.bought_first[of[0]], 1);
    fore_parties_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(win_back__who_reads_again__comes_back_with_the_reason_and_nobody_else),
        WITH_WORLD(win_back__do_not_contact_and_feedback__are_respected),
        WITH_WORLD(win_back__what_was_lost__keeps_its_state_and_its_score),
        WITH_WORLD(win_back__a_past_that_tells__brings_those_it_speaks_for),
        WITH_WORLD(win_back__a_past_that_does_not_tell__brings_nobody),
        WITH_WORLD(win_back__dormant_and_reading_again__comes_back),
        WITH_WORLD(suppose__open_again__sees_no_closing_no_pause_and_no_more_age_than_allowed),
        WITH_WORLD(parties__account_then_contact_then_lead__belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
