/* The moment of a job, and what is made once per history. */
#include "jobs_world.h"

static fore_moment moment_of(world *w, int64_t now, const char *as_of, fore_answer *answer)
{
    fore_moment moment;
    foresell_moment wanted = {now, as_of};
    OK(fore_context_moment(&w->c, &wanted, answer, &moment, e));
    return moment;
}

static void moment__of_a_fresh_history__is_now(void **state)
{
    world *w = *state;
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    world_begin(w);
    put_lead(w, a_lead("L1", at(0, 9)));
    world_commit(w);
    fore_moment m = moment_of(w, at(30, 9), NULL, a);
    assert_true(m.now == at(30, 9) && m.as_of == m.now);
    assert_int_equal(a->note_count, 0);
    fore_answer_free(a);
}

static void moment__of_an_empty_workspace__is_now(void **state)
{
    world *w = *state;
    assert_true(moment_of(w, at(30, 9), NULL, NULL).as_of == at(30, 9));
}

static void moment__of_a_stale_history__is_its_end_and_said(void **state)
{
    world *w = *state;
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    world_begin(w);
    put_lead(w, a_lead("L1", at(0, 9)));
    world_commit(w);
    fore_moment m = moment_of(w, at(30, 9) + 1, NULL, a);
    assert_true(m.as_of == at(0, 9) + 1 && m.now == at(30, 9) + 1);
    assert_int_equal(a->note_count, 1);
    assert_non_null(strstr(a->notes[0], "2024-01-01"));
    fore_answer_free(a);
}

static void moment__of_a_history_with_dates_to_come__does_not_count_them(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lead(w, a_lead("L1", at(0, 9)));
    put_lead(w, a_lead("L2", at(400, 9))); /* a typing error of an export */
    world_commit(w);
    assert_true(moment_of(w, at(100, 0), NULL, NULL).as_of == at(0, 9) + 1);
}

static void moment__of_a_date__is_its_start_in_the_zone(void **state)
{
    world *w = *state;
    assert_true(moment_of(w, at(0, 0), "2024-03-01", NULL).as_of == at(60, 0));
    world_begin(w);
    OK(fore_store_set(w->c.store, "zone", "+05:30", e));
    world_commit(w);
    fore_context_close(&w->c);
    world_open(w, 1);
    assert_true(moment_of(w, at(0, 0), "2024-03-01", NULL).as_of ==
                at(60, 0) - 5 * FORE_HOUR - 30 * FORE_MINUTE);
    assert_true(moment_of(w, at(0, 0), "2024-03-01T09:30", NULL).as_of == at(60, 4));
    assert_true(moment_of(w, at(0, 0), "2024-03-01T09:30Z", NULL).as_of ==
                at(60, 9) + 30 * FORE_MINUTE);
}

static void moment__nonsense__is_refused_and_named(void **state)
{
    world *w = *state;
    static const char *const wrong[] = {"", "yesterday", "2024-13-01", "2024-02-30", "2024-03-01x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fore_moment moment;
        foresell_moment wanted = {at(0, 0), wrong[i]};
        FAILS(FORE_E_USAGE, wrong[i], fore_context_moment(&w->c, &wanted, NULL, &moment, e));
    }
}

static void history__empty__says_what_to_do(void **state)
{
    world *w = *state;
    const fore_timeline *t;
    FAILS(FORE_E_NO_ANSWER, "foresell import", fore_context_history(&w->c, &t, NULL, e));
}

static void history__changed__is_read_anew(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lead(w, a_lead("L1", at(0, 9)));
    world_commit(w);
    const fore_timeline *first = world_timeline(w);
    assert_int_equal(first->leads, 1);
    assert_ptr_equal(first, world_timeline(w)); /* not before it changes */
    world_begin(w);
    put_lead(w, a_lead("L2", at(1, 9)));
    world_commit(w);
    assert_int_equal(world_timeline(w)->leads, 2);
}

static void context_open__no_such_workspace__opens_nothing(void **state)
{
    world *w = *state;
    fore_context c;
    char path[128];
    snprintf(path, sizeof path, "%s/absent.db", w->folder);
    foresell_options options = {.path = path, .mode = FORESELL_READ, .threads = 1};
    assert_true(fore_context_open(&options, &c, NULL) != FORE_OK);
    assert_null(c.store);
    assert_null(c.pool);
}

static void history__memory_runs_out_anywhere__says_so_and_recovers(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lead(w, a_lead("L1", at(0, 9)));
    put_event(w, (an_event){.lead = "L1", .kind = FORE_CALL, .at = at(1, 9)});
    world_commit(w);
    bool done = false;
    for (int64_t k = 1; !done; k++) {
        const fore_timeline *t;
        const fore_extractor *x;
        fore_memory_fail_at(k);
        fore_status status = fore_context_history(&w->c, &t, &x, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        assert_true(done || status == FORE_E_MEMORY);
    }
    assert_int_equal(world_timeline(w)->leads, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(moment__of_a_fresh_history__is_now),
        WITH_WORLD(moment__of_an_empty_workspace__is_now),
        WITH_WORLD(moment__of_a_stale_history__is_its_end_and_said),
        WITH_WORLD(moment__of_a_history_with_dates_to_come__does_not_count_them),
        WITH_WORLD(moment__of_a_date__is_its_start_in_the_zone),
        WITH_WORLD(moment__nonsense__is_refused_and_named),
        WITH_WORLD(history__empty__says_what_to_do),
        WITH_WORLD(history__changed__is_read_anew),
        WITH_WORLD(context_open__no_such_workspace__opens_nothing),
        WITH_WORLD(history__memory_runs_out_anywhere__says_so_and_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
