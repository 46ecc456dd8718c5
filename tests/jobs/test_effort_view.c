/* The effort of the team as the response wants it: kinds, rows by rep, pace. */
#include "engine/jobs/effort_view.h"

#include "jobs_world.h"

enum { WEEKS = 30 };

/* Three reps; each week R0 makes 3 calls, R1 6 calls and 2 mails, R2 4 mails; demos are rare. */
static void team(world *w)
{
    static const int calls[] = {3, 6, 0}, mails[] = {0, 2, 4};
    world_begin(w);
    put_rep(w, "R0", "south", 40);
    put_rep(w, "R1", "north", 30);
    put_rep(w, "R2", "north", 20);
    for (int r = 0; r < 3; r++) {
        char id[16], rep[16];
        snprintf(id, sizeof id, "D%d", r);
        snprintf(rep, sizeof rep, "R%d", r);
        fore_deal_row row = a_deal(id, at(0, 8));
        row.owner = key_of(w, FORE_REP, rep);
        put_deal(w, row);
        for (int week = 0; week < WEEKS; week++) {
            an_event v = {.deal = id, .rep = rep, .direction = FORE_OUTBOUND};
            for (int i = 0; i < calls[r] + mails[r] + (week == 5 || week == 29); i++) {
                v.kind = i < calls[r]              ? FORE_CALL
                         : i < calls[r] + mails[r] ? FORE_EMAIL
                                                   : FORE_DEMO;
                v.at = at(7 * week + i % 5, 9);
                put_event(w, v);
            }
        }
    }
    put_closed(w, "W1", at(3, 9), at(40, 9), FORE_WON, 700); /* of nobody */
    fore_deal_row won = a_deal("W2", at(3, 9));
    won.owner = key_of(w, FORE_REP, "R1");
    won.outcome = FORE_WON;
    won.closed_at = at(72, 9); /* week 10 */
    won.amount_minor = 50000;
    won.currency = "EUR";
    put_deal(w, won);
    world_commit(w);
}

typedef struct made {
    fore_effort_panel *panel;
    fore_habits habits;
    fore_effort_view view;
} made;

static made make(world *w, int32_t of_team, double period_weeks)
{
    made m;
    const fore_timeline *t = world_timeline(w);
    int64_t as_of = at(7 * WEEKS, 0);
    OK(fore_effort_panel_make(t, as_of, -1, FORE_PANEL_WEEKS, &m.panel, e));
    fore_habits_read(t, as_of, &m.habits);
    OK(fore_effort_view_make(t, m.panel, &m.habits, of_team, period_weeks, &m.view, e));
    return m;
}

static void unmake(made *m)
{
    fore_effort_view_free(&m->view);
    fore_effort_panel_free(m->panel);
}

static void view__rare_kinds__are_pooled_last(void **state)
{
    world *w = *state;
    team(w);
    made m = make(w, -1, 13);
    assert_int_equal(m.view.panel.kinds, 3);
    assert_string_equal(m.view.name[0], "call");
    assert_string_equal(m.view.name[1], "email");
    assert_string_equal(m.view.name[2], "demo"); /* six of them, the only rare kind */
    assert_true(m.view.minutes[0] == m.habits.minutes[FORE_CALL]);
    assert_true(fabs(m.view.minutes[2] - m.habits.minutes[FORE_DEMO]) < 1e-9);
    unmake(&m);
}

static void view__cells__are_the_panels_turned_by_rep(void **state)
{
    world *w = *state;
    team(w);
    made m = make(w, -1, 13);
    const fore_response_panel *p = &m.view.panel;
    const fore_effort_panel *f = m.panel;
    assert_int_equal(p->reps, 3);
    assert_int_equal(p->weeks, WEEKS);
    int64_t n = p->reps * p->weeks;
    for (int64_t r = 0; r < p->reps; r++)
        for (int64_t k = 0; k < p->weeks; k++) {
            int64_t from = r + k * f->reps, to = r * p->weeks + k;
            assert_true(p->activities[to] == f->count[FORE_CALL][from]);
            assert_true(p->activities[n + to] == f->count[FORE_EMAIL][from]);
            assert_true(p->activities[2 * n + to] == f->count[FORE_DEMO][from]);
            assert_true(p->won_amount[to] == f->won_amount[from]);
            assert_true(p->held[to] == f->leads_held[from] + f->deals_held[from]);
            assert_true(p->hours[to] == f->hours[from]);
        }
    const fore_timeline *t = world_timeline(w);
    for (int64_t r = 0; r < 3; r++) { /* and by hand */
        const char *id = fore_word(&t->rep_ids, f->rep[r]);
        double calls = p->activities[r * WEEKS + 10];
        assert_true(calls == (id[1] == '0' ? 3 : id[1] == '1' ? 6 : 0));
        assert_true(p->won_amount[r * WEEKS + 10] == (id[1] == '1' ? 500 : 0));
    }
    unmake(&m);
}

static void view__pace__is_that_of_the_last_quarter(void **state)
{
    world *w = *state;
    team(w);
    for (int weeks = 4; weeks <= 26; weeks += 22) {
        made m = make(w, -1, weeks);
        assert_true(fabs(m.view.current[0] - 9.0 * weeks) < 1e-9);
        assert_true(fabs(m.view.current[1] - 6.0 * weeks) < 1e-9);
        assert_true(fabs(m.view.current[2] - 3.0 * weeks / FORE_PACE_WEEKS) < 1e-9);
        unmake(&m);
    }
}

static void view__of_a_team__holds_its_reps_only(void **state)
{
    world *w = *state;
    team(w);
    const fore_timeline *t = world_timeline(w);
    made all = make(w, -1, 13), north = make(w, fore_words_find(&t->teams, "north"), 13),
         south = make(w, fore_words_find(&t->teams, "south"), 13);
    assert_int_equal(north.view.panel.reps, 2);
    assert_int_equal(south.view.panel.reps, 1);
    assert_true(all.view.hours_per_week == 90 && north.view.hours_per_week == 50);
    assert_true(all.view.reps_active == 3 && south.view.reps_active == 1);
    assert_int_equal(north.view.panel.kinds, all.view.panel.kinds); /* one list of kinds for all */
    for (int k = 0; k < 3; k++)
        assert_true(fabs(north.view.current[k] + south.view.current[k] - all.view.current[k]) <
                    1e-9);
    unmake(&all);
    unmake(&north);
    unmake(&south);
}

static void view__no_effort__has_no_answer(void **state)
{
    world *w = *state;
    world_begin(w);
    put_rep(w, "R0", "south", 40);
    fore_deal_row row = a_deal("D0", at(0, 8));
    row.owner = key_of(w, FORE_REP, "R0");
    put_deal(w, row);
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    fore_effort_panel *panel;
    fore_effort_view view;
    fore_habits habits;
    OK(fore_effort_panel_make(t, at(70, 0), -1, 0, &panel, e));
    fore_habits_read(t, at(70, 0), &habits);
    FAILS(FORE_E_NO_ANSWER, "no activities",
          fore_effort_view_make(t, panel, &habits, -1, 13, &view, e));
    FAILS(FORE_E_NO_ANSWER, "no activities",
          fore_effort_view_make(t, panel, &habits, 99, 13, &view, e));
    assert_null(view.arena);
    fore_effort_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(view__rare_kinds__are_pooled_last),
        WITH_WORLD(view__cells__are_the_panels_turned_by_rep),
        WITH_WORLD(view__pace__is_that_of_the_last_quarter),
        WITH_WORLD(view__of_a_team__holds_its_reps_only),
        WITH_WORLD(view__no_effort__has_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
