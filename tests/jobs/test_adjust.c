/* A person's figure beside the model's: kept with what the model said, never instead of it; judged
 * when the period is over. */
#include "answer_help.h"
#include "engine/jobs/adjustments.h"

enum { NOW = 420 }; /* Monday, 24 February 2025 */

/* As an export at the start of that day would have told it; called again, time has passed. */
static void a_company(world *w, int day)
{
    company k = {.seed = 4, .deals = 400, .days = 520, .known_until = at(day, 0)};
    put_company(w, &k);
}

static foresell_adjust_request says(int day, const char *who, double amount)
{
    static char to[32];
    fore_number_format(amount, to);
    return (foresell_adjust_request){.moment = {at(day, 8), NULL},
                                     .of = "2025-03",
                                     .to = to,
                                     .by = who,
                                     .because = "ఒప్పందం ఖాయం",
                                     .seed = 1};
}

static void say(world *w, foresell_adjust_request r)
{
    HEAR(h, fore_job_adjust(&w->c, &r, h.answer, e));
    forget(&h);
}

/* What was really won in March 2025. */
static double march(world *w)
{
    const fore_timeline *t = world_timeline(w);
    int64_t from = fore_time_of_date(fore_days_from_civil(2025, 3, 1));
    int64_t to = fore_time_of_date(fore_days_from_civil(2025, 4, 1));
    double sum = 0;
    for (int64_t s = 0; s < t->subjects; s++)
        if (t->outcome[s] == FORE_WON && t->closed_at[s] >= from && t->closed_at[s] < to)
            sum += fore_closing_amount(t, s, t->closed_at[s]);
    return sum;
}

static void adjust__period_over__judges_each_against_the_model_of_that_moment(void **state)
{
    world *w = *state;
    world *later = another_world(1);
    a_company(w, NOW);
    a_company(later, NOW + 60);
    double came = march(later);
    world_end(later);
    assert_true(came > 5000);
    say(w, says(NOW, "Lakshmi", came + 10)); /* almost right */
    say(w, says(NOW, "Ravi", 4 * came));
    a_company(w, NOW + 60);
    foresell_adjust_request r = {.moment = {at(NOW + 60, 8), NULL}};
    HEAR(h, fore_job_adjust(&w->c, &r, h.answer, e));
    const fore_json_node *people = node_of(h.root, "people");
    assert_int_equal(fore_json_length(people), 2);
    const fore_json_node *her = fore_json_at(people, 0), *him = fore_json_at(people, 1);
    assert_string_equal(string_of(her, "who"), "Lakshmi");
    CLOSE(number_of(her, "error"), 10 / came);
    CLOSE(number_of(her, "bias"), 10 / came);
    assert_int_equal((int)number_of(her, "closer"), 1);
    CLOSE(number_of(him, "error"), 3);
    assert_int_equal((int)number_of(him, "closer"), 0);
    const fore_json_node *one = fore_json_at(node_of(h.root, "adjustments"), 0);
    CLOSE(number_of(one, "actual"), came);
    CLOSE(number_of(her, "model_error"), fabs(number_of(one, "model") - came) / came);
    assert_string_equal(string_of(one, "because"), "ఒప్పందం ఖాయం");
    forget(&h);
}

static void adjust__period_running__stands_beside_the_forecast_and_moves_nothing(void **state)
{
    world *w = *state;
    a_company(w, NOW);
    foresell_forecast_request q = {.moment = {at(NOW, 9), NULL}, .horizon = 2, .seed = 1};
    HEAR(before, fore_job_forecast(&w->c, &q, before.answer, e));
    say(w, says(NOW, "Lakshmi", 123456));
    HEAR(after, fore_job_forecast(&w->c, &q, after.answer, e));
    const fore_json_node *beside = node_of(after.root, "adjustments");
    assert_int_equal(fore_json_length(node_of(before.root, "adjustments")), 0);
    assert_int_equal(fore_json_length(beside), 1);
    CLOSE(number_of(fore_json_at(beside, 0), "amount"), 123456);
    for (int j = 0; j < 2; j++)
        CLOSE(number_of(fore_json_at(node_of(before.root, "periods"), j), "mean"),
              number_of(fore_json_at(node_of(after.root, "periods"), j), "mean"));
    q.moment.now = at(NOW - 1, 9); /* nobody had said it then */
    HEAR(earlier, fore_job_forecast(&w->c, &q, earlier.answer, e));
    assert_int_equal(fore_json_length(node_of(earlier.root, "adjustments")), 0);
    forget(&before);
    forget(&after);
    forget(&earlier);
}

static void adjust__said_again_or_taken_back__only_what_stands_is_judged(void **state)
{
    world *w = *state;
    fore_adjustments all;
    a_company(w, NOW);
    say(w, says(NOW, "Lakshmi", 1));
    say(w, says(NOW + 2, "Lakshmi", 50000));
    say(w, says(NOW + 2, "Ravi", 60000));
    foresell_adjust_request back = says(NOW + 3, "Ravi", 0);
    back.again = true;
    say(w, back);
    OK(fore_adjustments_read(&w->c, at(NOW + 60, 0), &all, e));
    assert_int_equal(all.count, 3);
    assert_true(all.item[0].replaced && !all.item[1].replaced && all.item[2].taken_back);
    assert_int_equal(all.people, 1);
    assert_int_equal(all.person[0].judged, 1);
    fore_adjustments_free(&all);
    OK(fore_adjustments_read(&w->c, at(NOW + 1, 0), &all, e)); /* as it was said by then */
    assert_int_equal(all.count, 1);
    assert_false(all.item[0].replaced || all.item[0].over);
    fore_adjustments_free(&all);
    DENIED(FORE_E_NOT_FOUND, "taken back", h, fore_job_adjust(&w->c, &back, h.answer, e));
}

static void adjust__amounts__as_people_write_them(void **state)
{
    world *w = *state;
    fore_adjustments all;
    static const char *const to[] = {"5,000,000", "5.000.000,50", "5M", "5000000"};
    a_company(w, NOW);
    for (int i = 0; i < 4; i++) {
        foresell_adjust_request r = says(NOW, "Lakshmi", 0);
        r.to = to[i];
        say(w, r);
    }
    OK(fore_adjustments_read(&w->c, at(NOW, 9), &all, e));
    for (int i = 0; i < 4; i++) CLOSE(all.item[i].amount, i == 1 ? 5000000.5 : 5000000);
    fore_adjustments_free(&all);
}

static void adjust__after_the_fact__is_refused(void **state)
{
    world *w = *state;
    a_company(w, NOW + 60);
    foresell_adjust_request r = says(NOW + 61, "Cheat", 5000);
    r.moment.as_of = "2025-02-24"; /* the history knows March already */
    DENIED(FORE_E_USAGE, "before it is known", a, fore_job_adjust(&w->c, &r, a.answer, e));
    r = says(NOW + 61, "Cheat", 0);
    r.again = true;
    DENIED(FORE_E_USAGE, "is over", b, fore_job_adjust(&w->c, &r, b.answer, e));
}

/* Said in euros, then the books are kept in dollars: not judged, and not shown beside the forecast.
 */
static void adjust__another_unit_since__is_not_judged(void **state)
{
    world *w = *state;
    fore_adjustments all;
    a_company(w, NOW);
    say(w, says(NOW, "Lakshmi", 50000));
    a_company(w, NOW + 60);
    static const char *const said[] = {"currency=USD", "exchange_rates=EUR=2"};
    foresell_settings_request rates = {said, 2};
    HEAR(set, fore_job_settings(&w->c, &rates, set.answer, e));
    forget(&set);
    OK(fore_adjustments_read(&w->c, at(NOW + 60, 0), &all, e));
    assert_int_equal(all.count, 1);
    assert_true(all.item[0].foreign && all.people == 0 && isnan(all.item[0].actual));
    fore_adjustments_free(&all);
}

static void adjust__a_month_as_people_write_it__is_read(void **state)
{
    world *w = *state;
    fore_calendar plain = {0};
    static const char *const names[] = {"Mar 2025", "mar-25", "03/2025", "2025-03"};
    (void)w;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fore_period kind;
        int32_t start, end;
        assert_true(fore_adjustment_period(&plain, names[i], fore_days_from_civil(2025, 2, 24),
                                           &kind, &start, &end));
        assert_int_equal(kind, FORE_MONTHLY);
        assert_int_equal(start, fore_days_from_civil(2025, 3, 1));
        assert_int_equal(end, fore_days_from_civil(2025, 4, 1));
    }
}

static void adjust__nonsense__is_refused_and_nothing_is_kept(void **state)
{
    world *w = *state;
    fore_adjustments all;
    a_company(w, NOW);
    foresell_adjust_request r = says(NOW, "Lakshmi", 5);
    r.of = "2025-13";
    DENIED(FORE_E_USAGE, "2026-Q4", a, fore_job_adjust(&w->c, &r, a.answer, e));
    r.of = "2025-01";
    DENIED(FORE_E_USAGE, "is over", b, fore_job_adjust(&w->c, &r, b.answer, e));
    r.of = "2026-03";
    DENIED(FORE_E_USAGE, "too far off", c, fore_job_adjust(&w->c, &r, c.answer, e));
    r = says(NOW, " ", 5);
    DENIED(FORE_E_USAGE, "--by", d, fore_job_adjust(&w->c, &r, d.answer, e));
    r = says(NOW, "Lakshmi", 5);
    r.to = NULL;
    DENIED(FORE_E_USAGE, "--to", k, fore_job_adjust(&w->c, &r, k.answer, e));
    r.to = "5.000"; /* five, or five thousand */
    DENIED(FORE_E_USAGE, "two ways", l, fore_job_adjust(&w->c, &r, l.answer, e));
    r.to = "lots";
    DENIED(FORE_E_USAGE, "--to", f, fore_job_adjust(&w->c, &r, f.answer, e));
    r = says(NOW, "Lakshmi", 5);
    r.because = NULL;
    DENIED(FORE_E_USAGE, "--because", g, fore_job_adjust(&w->c, &r, g.answer, e));
    OK(fore_adjustments_read(&w->c, at(NOW, 9), &all, e));
    assert_int_equal(all.count, 0);
    fore_adjustments_free(&all);
}

static void adjust__below_what_is_won_already__is_told(void **state)
{
    world *w = *state;
    char won[48], sentence[128];
    a_company(w, NOW);
    foresell_forecast_request q = {.moment = {at(NOW, 8), NULL}, .horizon = 1, .seed = 1};
    HEAR(f, fore_job_forecast(&w->c, &q, f.answer, e));
    double so_far = number_of(fore_json_at(node_of(f.root, "periods"), 0), "won_so_far");
    forget(&f);
    assert_true(so_far > 100);
    fore_number_people(so_far, 0, won, sizeof won);
    snprintf(sentence, sizeof sentence, "%s is won already", won);
    foresell_adjust_request r = says(NOW, "Lakshmi", so_far - 10);
    r.of = "2025-02";
    HEAR(below, fore_job_adjust(&w->c, &r, below.answer, e));
    assert_true(noted(&below, sentence));
    r = says(NOW, "Lakshmi", so_far + 10);
    r.of = "2025-02";
    HEAR(above, fore_job_adjust(&w->c, &r, above.answer, e));
    assert_false(noted(&above, "won already"));
    r = says(NOW, "Lakshmi", 1); /* of March: nothing can be won in it yet */
    HEAR(ahead, fore_job_adjust(&w->c, &r, ahead.answer, e));
    assert_false(noted(&ahead, "won already"));
    forget(&below);
    forget(&above);
    forget(&ahead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(adjust__below_what_is_won_already__is_told),
        WITH_WORLD(adjust__period_over__judges_each_against_the_model_of_that_moment),
        WITH_WORLD(adjust__period_running__stands_beside_the_forecast_and_moves_nothing),
        WITH_WORLD(adjust__said_again_or_taken_back__only_what_stands_is_judged),
        WITH_WORLD(adjust__amounts__as_people_write_them),
        WITH_WORLD(adjust__after_the_fact__is_refused),
        WITH_WORLD(adjust__another_unit_since__is_not_judged),
        WITH_WORLD(adjust__a_month_as_people_write_it__is_read),
        WITH_WORLD(adjust__nonsense__is_refused_and_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
