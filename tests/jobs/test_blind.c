/* Answers as of a moment are those that the workspace of that moment gives: one was filled with
 * everything, the other with what an export at T would have held; also where deals were closed and
 * opened again. And clocks that are wrong. */
#include "answer_help.h"
#include "tests/features/cut_history.h"
#include "tests/features/reopen_history.h"
#include "training_help.h"

enum { T = 450 };

typedef struct pair {
    world *whole, *past;
} pair;

static pair two_worlds(world *w)
{
    pair p = {w, another_world(1)};
    company k = {.seed = 6, .deals = 500, .days = 500};
    put_company(p.whole, &k);
    k.known_until = at(T, 0);
    put_company(p.past, &k);
    return p;
}

/* Every fourth closed deal is opened again 12 days later, half of them closed again and so on;
 * every third changes its owner, date and amount, also while it is closed. */
static pair reopened_worlds(world *w)
{
    pair p = {w, another_world(1)};
    company k = {.seed = 6, .deals = 500, .days = 500};
    put_company(p.whole, &k);
    assert_true(alter_some(p.whole->c.store, 3, 9, "R1") > 100);
    assert_true(reopen_some(p.whole->c.store, 4, 12) > 100);
    cut_history_into(p.whole->c.store, p.past->c.store, at(T, 0));
    return p;
}

static foresell_moment moment(const char *as_of) { return (foresell_moment){at(T + 60, 0), as_of}; }

/* Byte for byte; says where they part. */
static void expect_same(const heard *a, const heard *b, const char *what)
{
    const char *x = a->answer->json.bytes, *y = b->answer->json.bytes;
    if (strcmp(x, y) == 0) return;
    int64_t i = 0;
    while (x[i] == y[i]) i++;
    i = i < 60 ? 0 : i - 60;
    fail_msg("%s saw the future: ...%.160s... and ...%.160s...", what, x + i, y + i);
}

static const char *cut(void)
{
    static char text[32];
    fore_time_format(at(T, 0), text);
    return text;
}

static void same_forecast(pair p)
{
    foresell_forecast_request r = {.moment = moment(cut()), .by = "rep", .seed = 3};
    HEAR(a, fore_job_forecast(&p.whole->c, &r, a.answer, e));
    HEAR(b, fore_job_forecast(&p.past->c, &r, b.answer, e));
    expect_same(&a, &b, "the forecast");
    r.moment.as_of = NULL; /* and the future differs, so that equality means something */
    HEAR(now, fore_job_forecast(&p.whole->c, &r, now.answer, e));
    assert_string_not_equal(now.answer->json.bytes, a.answer->json.bytes);
    forget(&a);
    forget(&b);
    forget(&now);
    world_end(p.past);
}

static void same_effort(pair p)
{
    foresell_effort_request r = {.moment = moment(cut()), .by = "team", .seed = 3};
    HEAR(a, fore_job_effort(&p.whole->c, &r, a.answer, e));
    HEAR(b, fore_job_effort(&p.past->c, &r, b.answer, e));
    expect_same(&a, &b, "the effort answer");
    forget(&a);
    forget(&b);
    world_end(p.past);
}

static void same_backtest(pair p)
{
    foresell_backtest_request r = {.moment = moment(cut()), .cuts = 2, .seed = 3};
    HEAR(a, fore_job_backtest(&p.whole->c, &r, a.answer, e));
    HEAR(b, fore_job_backtest(&p.past->c, &r, b.answer, e));
    expect_same(&a, &b, "the backtest");
    forget(&a);
    forget(&b);
    world_end(p.past);
}

static void publish_at_T(world *w)
{
    fore_training_options o = quick_options(at(T, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(T, 0));
    fore_training_free(&t);
}

static void same_rank(pair p)
{
    publish_at_T(p.whole);
    publish_at_T(p.past);
    foresell_rank_request r = {.moment = moment(cut()), .hours = 500, .limit = 500};
    HEAR(a, fore_job_rank(&p.whole->c, &r, a.answer, e));
    HEAR(b, fore_job_rank(&p.past->c, &r, b.answer, e));
    expect_same(&a, &b, "the ranking");
    assert_true(fore_json_length(node_of(a.root, "leads")) > 10);
    const char *first = string_of(fore_json_at(node_of(a.root, "leads"), 0), "deal_id");
    foresell_score_request q = {.moment = moment(cut()), .ids = &first, .id_count = 1};
    HEAR(c, fore_job_explain(&p.whole->c, &q, c.answer, e));
    HEAR(d, fore_job_explain(&p.past->c, &q, d.answer, e));
    expect_same(&c, &d, "the explanation");
    forget(&a);
    forget(&b);
    forget(&c);
    forget(&d);
    world_end(p.past);
}

static void forecast__what_comes_later__changes_no_byte(void **state)
{
    same_forecast(two_worlds(*state));
}

static void forecast__deals_opened_again_later__changes_no_byte(void **state)
{
    same_forecast(reopened_worlds(*state));
}

static void effort__what_comes_later__changes_no_byte(void **state)
{
    same_effort(two_worlds(*state));
}

static void effort__deals_opened_again_later__changes_no_byte(void **state)
{
    same_effort(reopened_worlds(*state));
}

static void backtest__what_comes_later__changes_no_byte(void **state)
{
    same_backtest(two_worlds(*state));
}

static void backtest__deals_opened_again_later__changes_no_byte(void **state)
{
    same_backtest(reopened_worlds(*state));
}

static void rank_and_explain__what_comes_later__changes_no_byte(void **state)
{
    same_rank(two_worlds(*state));
}

static void rank_and_explain__deals_opened_again_later__changes_no_byte(void **state)
{
    same_rank(reopened_worlds(*state));
}

/* --- clocks --- */

static void clock__ahead_of_the_history__answers_as_of_its_end_and_says_so(void **state)
{
    world *w = *state;
    company k = {.seed = 6, .deals = 200, .days = 400};
    put_company(w, &k);
    foresell_forecast_request r = {.seed = 3};
    r.moment.now = fore_time_of_date(fore_days_from_civil(2999, 1, 1));
    HEAR(a, fore_job_forecast(&w->c, &r, a.answer, e));
    assert_true(noted(&a, "answered as of then"));
    assert_int_equal(strncmp(string_of(a.root, "as_of"), "2025-", 5), 0);
    forget(&a);
    r.moment.as_of = "3005-01-01";
    DENIED(FORE_E_USAGE, "the clock of this machine", d, fore_job_forecast(&w->c, &r, d.answer, e));
}

static void clock__before_the_history__knows_nothing_of_it(void **state)
{
    world *w = *state;
    company k = {.seed = 6, .deals = 200, .days = 400};
    put_company(w, &k);
    foresell_forecast_request f = {.moment = {at(-3000, 0), NULL}, .seed = 3};
    DENIED(FORE_E_NO_ANSWER, "nothing was won", d, fore_job_forecast(&w->c, &f, d.answer, e));
    foresell_train_request t = {.moment = {at(-3000, 0), NULL}, .seed = 3};
    DENIED(FORE_E_NO_ANSWER, "nothing to learn from", d, fore_job_train(&w->c, &t, d.answer, e));
    foresell_check_request c = {.moment = {at(-3000, 0), NULL}};
    HEAR(h, fore_job_check(&w->c, &c, h.answer, e));
    assert_non_null(strstr(h.answer->json.bytes, "time_in_future"));
    forget(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(forecast__what_comes_later__changes_no_byte),
        WITH_WORLD(forecast__deals_opened_again_later__changes_no_byte),
        WITH_WORLD(effort__what_comes_later__changes_no_byte),
        WITH_WORLD(effort__deals_opened_again_later__changes_no_byte),
        WITH_WORLD(backtest__what_comes_later__changes_no_byte),
        WITH_WORLD(backtest__deals_opened_again_later__changes_no_byte),
        WITH_WORLD(rank_and_explain__what_comes_later__changes_no_byte),
        WITH_WORLD(rank_and_explain__deals_opened_again_later__changes_no_byte),
        WITH_WORLD(clock__ahead_of_the_history__answers_as_of_its_end_and_says_so),
        WITH_WORLD(clock__before_the_history__knows_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
