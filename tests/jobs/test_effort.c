/* The effort answer: its figures against a recount of the rows, its plans against their own sums.
 */
#include "answer_help.h"

enum { NOW = 450 };              /* Wednesday, 26 March 2025 */
static const double MINUTES = 5; /* of every activity of the company */

static void a_team(world *w)
{
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(w, &k);
}

static foresell_effort_request request(void)
{
    return (foresell_effort_request){.moment = {at(NOW, 8), NULL}, .seed = 5};
}

/* --- against the rows --- */

static bool is_service(const stored *s, const stored_event *v)
{
    for (int64_t i = 0; i < s->deals; i++)
        if (s->deal[i].pk == v->deal)
            return s->deal[i].outcome == FORE_WON && s->deal[i].closed <= v->at;
    return false;
}

/* Selling activities of a kind in the 13 full weeks before the moment. */
static double pace(const stored *s, int kind)
{
    int32_t today = fore_date_of(at(NOW, 8));
    int64_t end = fore_time_of_date(fore_period_start(FORE_WEEKLY, today));
    double n = 0;
    for (int64_t i = 0; i < s->events; i++) {
        const stored_event *v = &s->event[i];
        bool recent = v->at >= end - 13 * 7 * FORE_DAY && v->at < end;
        n += recent && v->kind == kind && v->rep && v->direction != FORE_INBOUND &&
             !is_service(s, v);
    }
    return n;
}

static void effort__baseline__is_the_pace_of_the_last_thirteen_weeks(void **state)
{
    world *w = *state;
    a_team(w);
    stored s = read_store(w);
    foresell_effort_request r = request();
    HEAR(h, fore_job_effort(&w->c, &r, h.answer, e));
    const fore_json_node *baseline = node_of(h.root, "baseline");
    double weeks = 91 / 7.0; /* April to June */
    double calls = pace(&s, FORE_CALL) * weeks / 13, mails = pace(&s, FORE_EMAIL) * weeks / 13;
    assert_true(calls > 50 && mails > 50);
    CLOSE(number_of(node_of(baseline, "activities"), "call"), calls);
    CLOSE(number_of(node_of(baseline, "activities"), "email"), mails);
    CLOSE(number_of(baseline, "hours"), (calls + mails) * MINUTES / 60);
    double mean = number_of(baseline, "mean");
    assert_true(number_of(baseline, "p10") < mean && mean < number_of(baseline, "p90"));
    assert_string_equal(string_of(h.root, "unit"), "EUR");
    forget(&h);
    drop_stored(&s);
}

static void expect_period(world *w, const char *asked, const char *start, const char *end)
{
    foresell_effort_request r = request();
    r.period = asked;
    HEAR(h, fore_job_effort(&w->c, &r, h.answer, e));
    const fore_json_node *period = node_of(h.root, "period");
    assert_string_equal(string_of(period, "start"), start);
    assert_string_equal(string_of(period, "end"), end);
    forget(&h);
}

static void effort__period__is_the_calendar_s(void **state)
{
    world *w = *state;
    a_team(w);
    expect_period(w, NULL, "2025-04-01", "2025-06-30");
    expect_period(w, "next-quarter", "2025-04-01", "2025-06-30");
    expect_period(w, "next-month", "2025-04-01", "2025-04-30");
    expect_period(w, "2025-05-05..2025-06-01", "2025-05-05", "2025-06-01");
}

/* --- against itself --- */

static void check_range(const fore_json_node *range)
{
    double low = -INFINITY, middle = INFINITY, high = INFINITY; /* null: not within the limits */
    fore_json_get_number(range, "p10", &low);
    fore_json_get_number(range, "median", &middle);
    fore_json_get_number(range, "p90", &high);
    assert_true(low <= middle && middle <= high);
}

static void check_plan(const fore_json_node *one, const fore_json_node *activities, double hours)
{
    const fore_json_node *plan = node_of(one, "plan");
    double now = 0, then = 0;
    bool reachable = false, within;
    for (int64_t k = 0; k < fore_json_length(plan); k++) {
        const fore_json_node *kind = fore_json_at(plan, k);
        double current = number_of(kind, "current"), needed = number_of(kind, "needed");
        CLOSE(current, number_of(activities, string_of(kind, "kind")));
        CLOSE(number_of(kind, "extra"), needed - current);
        assert_true(needed >= current - 1e-9);
        now += current;
        then += needed;
    }
    assert_true(fore_json_get_bool(one, "reachable", &reachable));
    assert_true(fore_json_get_bool(one, "within_observed_range", &within));
    const fore_json_node *factor = node_of(one, "hours_factor");
    check_range(factor);
    check_range(node_of(one, "extra_hours"));
    double p = number_of(one, "probability_reached");
    assert_true(p >= 0 && p <= 1);
    if (!reachable) {
        assert_true(fore_json_length(node_of(one, "constraints")) > 0);
        return;
    }
    /* every activity takes as long: hours are in proportion to counts */
    CLOSE(number_of(factor, "median"), then / now);
    CLOSE(number_of(node_of(one, "extra_hours"), "median"), (then / now - 1) * hours);
}

static void effort__plans__hold_together(void **state)
{
    world *w = *state;
    a_team(w);
    foresell_effort_request r = request();
    r.raise = "5,10,20,30";
    HEAR(h, fore_job_effort(&w->c, &r, h.answer, e));
    const fore_json_node *answers = node_of(h.root, "answers");
    const fore_json_node *baseline = node_of(h.root, "baseline");
    static const double asked[] = {5, 10, 20, 30};
    double last = 1;
    assert_int_equal(fore_json_length(answers), 4);
    for (int i = 0; i < 4; i++) {
        const fore_json_node *one = fore_json_at(answers, i);
        CLOSE(number_of(one, "raise_pct"), asked[i]);
        check_plan(one, node_of(baseline, "activities"), number_of(baseline, "hours"));
        double factor = INFINITY;
        fore_json_get_number(node_of(one, "hours_factor"), "median", &factor);
        assert_true(factor > 1 && factor >= last);
        last = factor;
    }
    const fore_grid *g = grid_of(&h, "answers");
    assert_int_equal(g->row_count, 4);
    for (int i = 0; i < 4; i++) CLOSE(cell_of(g, i, "raise_pct")->number, asked[i] / 100);
    forget(&h);
}

static void effort__verdict__is_one_of_three_with_reasons_and_an_experiment(void **state)
{
    world *w = *state;
    a_team(w);
    foresell_effort_request r = request();
    HEAR(h, fore_job_effort(&w->c, &r, h.answer, e));
    const char *verdict = string_of(h.root, "verdict");
    assert_true(strcmp(verdict, "identified") == 0 || strcmp(verdict, "prior-driven") == 0 ||
                strcmp(verdict, "not-identifiable") == 0);
    assert_true(fore_json_length(node_of(h.root, "why")) > 0);
    const char *lead = grid_of(&h, "answers")->lead; /* what people read first */
    assert_true(lead && strncmp(lead, "Verdict: ", 9) == 0 && strstr(lead, verdict));
    const fore_json_node *elasticity = node_of(h.root, "elasticity");
    assert_true(number_of(elasticity, "p10") <= number_of(elasticity, "median"));
    assert_true(number_of(elasticity, "median") <= number_of(elasticity, "p90"));
    /* four reps can never be enough: the answer is the literature's and an experiment is proposed
     */
    assert_string_not_equal(verdict, "identified");
    const fore_json_node *trial = node_of(h.root, "experiment");
    static const char *const words[] = {"who", "what", "how_long", "detects", "cost"};
    for (int i = 0; i < 5; i++) assert_true(strlen(string_of(trial, words[i])) > 3);
    forget(&h);
}

static void effort__teams__sum_to_the_whole(void **state)
{
    world *w = *state;
    a_team(w);
    foresell_effort_request r = request();
    r.by = "team";
    HEAR(h, fore_job_effort(&w->c, &r, h.answer, e));
    const fore_json_node *groups = node_of(h.root, "groups");
    assert_int_equal(fore_json_length(groups), 2);
    double hours = 0, calls = 0;
    for (int64_t i = 0; i < 2; i++) {
        const fore_json_node *baseline = node_of(fore_json_at(groups, i), "baseline");
        hours += number_of(baseline, "hours");
        calls += number_of(node_of(baseline, "activities"), "call");
    }
    const fore_json_node *whole = node_of(h.root, "baseline");
    CLOSE(hours, number_of(whole, "hours"));
    CLOSE(calls, number_of(node_of(whole, "activities"), "call"));
    forget(&h);
}

static void effort__same_seed__same_bytes_for_any_threads(void **state)
{
    world *w = *state, *other = another_world(3);
    a_team(w);
    a_team(other);
    foresell_effort_request r = request();
    HEAR(one, fore_job_effort(&w->c, &r, one.answer, e));
    HEAR(three, fore_job_effort(&other->c, &r, three.answer, e));
    assert_string_equal(one.answer->json.bytes, three.answer->json.bytes);
    forget(&one);
    forget(&three);
    world_end(other);
}

static void effort__wrong_requests__are_refused_with_words(void **state)
{
    world *w = *state;
    a_team(w);
    static const char *const raises[] = {"x", "-10", "0", "1001", "nan", "1,2,3,4,5,6,7,8,9"};
    for (size_t i = 0; i < sizeof raises / sizeof *raises; i++) {
        foresell_effort_request r = request();
        r.raise = raises[i];
        DENIED(FORE_E_USAGE, "raise", d, fore_job_effort(&w->c, &r, d.answer, e));
    }
    static const char *const periods[] = {"yesterday", "2020-02-02..2020-04-01",
                                          "2025-06-30..2025-04-01", "2025-05-05..2025-05-06",
                                          "2025-04-01..2099-01-01"};
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        foresell_effort_request r = request();
        r.period = periods[i];
        DENIED(FORE_E_USAGE, "period", d, fore_job_effort(&w->c, &r, d.answer, e));
    }
    foresell_effort_request r = request();
    r.by = "planet";
    DENIED(FORE_E_USAGE, "'planet'", d, fore_job_effort(&w->c, &r, d.answer, e));
}

static void effort__without_activities_or_wins__has_no_answer(void **state)
{
    world *w = *state;
    foresell_effort_request r = request();
    DENIED(FORE_E_NO_ANSWER, "foresell import", d, fore_job_effort(&w->c, &r, d.answer, e));
    world_begin(w);
    put_rep(w, "R1", "north", 40);
    for (int i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%d", i);
        put_closed(w, id, at(5 * i, 9), at(5 * i + 30, 9), i % 2 ? FORE_WON : FORE_LOST, 100);
    }
    world_commit(w);
    DENIED(FORE_E_NO_ANSWER, "import", d, fore_job_effort(&w->c, &r, d.answer, e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(effort__baseline__is_the_pace_of_the_last_thirteen_weeks),
        WITH_WORLD(effort__period__is_the_calendar_s),
        WITH_WORLD(effort__plans__hold_together),
        WITH_WORLD(effort__verdict__is_one_of_three_with_reasons_and_an_experiment),
        WITH_WORLD(effort__teams__sum_to_the_whole),
        WITH_WORLD(effort__same_seed__same_bytes_for_any_threads),
        WITH_WORLD(effort__wrong_requests__are_refused_with_words),
        WITH_WORLD(effort__without_activities_or_wins__has_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
