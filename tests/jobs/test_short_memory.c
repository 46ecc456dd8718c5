/* Memory runs short somewhere in a job: the job says so, holds on to nothing, and leaves the
 * workspace as it was. The k-th allocation and all after it fail, for k spread over the whole run:
 * every one at first, then ever fewer. */
#include <sys/stat.h>

#include "answer_help.h"
#include "training_help.h"

enum { NOW = 450 };

typedef struct job {
    fore_status (*run)(world *w, fore_answer *a, fore_error *err);
    double stride; /* k grows by this share */
} job;

/* What must not change: the history, and which model answers. */
typedef struct standing {
    char history[33], model[96];
    int64_t leads, deals, events;
} standing;

static standing standing_of(world *w)
{
    standing s = {0};
    fore_scoring *scoring = NULL;
    fingerprint_of(w, s.history);
    s.leads = fore_store_count(w->c.store, FORE_TABLE_LEAD);
    s.deals = fore_store_count(w->c.store, FORE_TABLE_DEAL);
    s.events = fore_store_count(w->c.store, FORE_TABLE_ACTIVITY);
    if (fore_scoring_open(&w->c, FORE_SUBJECT_DEAL, FORE_NO_TIME, &scoring, NULL) == FORE_OK)
        snprintf(s.model, sizeof s.model, "%s", scoring->model_id);
    fore_scoring_free(scoring);
    return s;
}

static bool same_standing(const standing *a, const standing *b)
{
    return strcmp(a->history, b->history) == 0 && strcmp(a->model, b->model) == 0 &&
           a->leads == b->leads && a->deals == b->deals && a->events == b->events;
}

/* One run with the k-th allocation failing; *hit: it came to that. Everything that a context keeps
 * for the next job is dropped before, so that every run allocates the same. */
static fore_status attempt(world *w, const job *j, int64_t k, bool *hit, int64_t *held)
{
    fore_answer *a = NULL;
    fore_error err = {0};
    fore_context_close(&w->c);
    world_open(w, 1);
    int64_t live = fore_memory_live();
    fore_memory_fail_at(k);
    fore_status status = fore_answer_new(&a, &err);
    if (status == FORE_OK) status = j->run(w, a, &err);
    if (status == FORE_OK) status = fore_answer_finish(a, &err);
    void *probe = fore_alloc(1, 1);
    *hit = probe == NULL;
    fore_free(probe);
    fore_memory_fail_at(0);
    fore_answer_free(a);
    if (status != FORE_OK && status != FORE_E_MEMORY)
        fail_msg("k = %lld: %s", (long long)k, err.message);
    if (status == FORE_E_MEMORY) assert_non_null(strstr(err.message, "not enough memory"));
    *held = fore_memory_live() - live;
    return status;
}

static int64_t next_k(int64_t k, double stride) { return k + 1 + (int64_t)((double)k * stride); }

/* What the context keeps of a history that was read is no leak: it is gone with the context. */
static void expect_nothing_lost(world *w, int64_t live, int64_t k)
{
    fore_context_close(&w->c);
    if (fore_memory_live() != live)
        fail_msg("k = %lld: %lld allocations are not given back", (long long)k,
                 (long long)(fore_memory_live() - live));
    world_open(w, 1);
}

/* Returns how many runs failed before one had enough. `after` (may be NULL) is a second state that
 * is allowed: what the whole job leaves. */
static int64_t starve(world *w, const job *j, const standing *before, const standing *after)
{
    int64_t failures = 0, held;
    bool hit;
    fore_context_close(&w->c);
    int64_t live = fore_memory_live();
    world_open(w, 1);
    for (int64_t k = 1;; k = next_k(k, j->stride)) {
        fore_status status = attempt(w, j, k, &hit, &held);
        expect_nothing_lost(w, live, k);
        if (status == FORE_OK && hit)
            fail_msg("k = %lld: the failure was passed over", (long long)k);
        if (status == FORE_OK) return failures;
        standing now = standing_of(w);
        if (!same_standing(&now, before) && !(after && same_standing(&now, after)))
            fail_msg("k = %lld: the workspace is not as it was: %s, %s", (long long)k, now.history,
                     now.model);
        failures++;
    }
}

static void a_company(world *w)
{
    company k = {.seed = 1, .deals = 90, .days = 500};
    put_company(w, &k);
}

static void a_model(world *w, int day)
{
    fore_training_options o = quick_options(at(day, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(day, 0));
    fore_training_free(&t);
}

/* --- the jobs --- */

static fore_status run_train(world *w, fore_answer *a, fore_error *err)
{
    foresell_train_request r = {.moment = {at(NOW, 0), NULL}, .seed = 2};
    return fore_job_train(&w->c, &r, a, err);
}

static void train__short_of_memory__the_old_model_answers(void **state)
{
    world *w = *state;
    a_company(w);
    a_model(w, NOW - 30);
    standing before = standing_of(w);
    job j = {run_train, 0.08};
    assert_true(starve(w, &j, &before, NULL) > 40);
    standing after = standing_of(w); /* the last run had enough */
    assert_string_equal(after.history, before.history);
    assert_string_not_equal(after.model, before.model);
}

static fore_status run_forecast(world *w, fore_answer *a, fore_error *err)
{
    foresell_forecast_request r = {.moment = {at(NOW, 0), NULL}, .by = "team", .seed = 2};
    return fore_job_forecast(&w->c, &r, a, err);
}

static void forecast__short_of_memory__says_so(void **state)
{
    world *w = *state;
    a_company(w);
    standing before = standing_of(w);
    job j = {run_forecast, 0.08};
    assert_true(starve(w, &j, &before, NULL) > 40);
}

static fore_status run_effort(world *w, fore_answer *a, fore_error *err)
{
    foresell_effort_request r = {.moment = {at(NOW, 0), NULL}, .by = "team", .seed = 2};
    return fore_job_effort(&w->c, &r, a, err);
}

static void effort__short_of_memory__says_so(void **state)
{
    world *w = *state;
    a_company(w);
    standing before = standing_of(w);
    job j = {run_effort, 0.08};
    assert_true(starve(w, &j, &before, NULL) > 40);
}

static fore_status run_check(world *w, fore_answer *a, fore_error *err)
{
    foresell_check_request r = {.moment = {at(NOW, 0), NULL}};
    return fore_job_check(&w->c, &r, a, err);
}

static void check__short_of_memory__says_so(void **state)
{
    world *w = *state;
    a_company(w);
    standing before = standing_of(w);
    job j = {run_check, 0.1};
    assert_true(starve(w, &j, &before, NULL) > 40);
}

static fore_status run_rank(world *w, fore_answer *a, fore_error *err)
{
    foresell_rank_request r = {.moment = {at(NOW, 0), NULL}, .hours = 100};
    return fore_job_rank(&w->c, &r, a, err);
}

static fore_status run_score(world *w, fore_answer *a, fore_error *err)
{
    foresell_score_request r = {.moment = {at(NOW, 0), NULL}};
    return fore_job_score(&w->c, &r, a, err);
}

static int count_score(world *w);

static void rank_and_score__short_of_memory__keep_no_half_of_the_scores(void **state)
{
    world *w = *state;
    a_company(w);
    a_model(w, NOW - 30);
    standing before = standing_of(w);
    job rank = {run_rank, 0.1}, score = {run_score, 0.1};
    assert_true(starve(w, &rank, &before, NULL) > 40);
    assert_int_equal(count_score(w), 0);
    assert_true(starve(w, &score, &before, NULL) > 40);
    assert_true(count_score(w) > 5); /* those of the run that had enough */
}

static fore_status count_row(void *context, const fore_score_row *row, fore_error *err)
{
    (void)row;
    (void)err;
    ++*(int *)context;
    return FORE_OK;
}

static int count_score(world *w)
{
    int n = 0;
    const fore_timeline *t = world_timeline(w);
    for (int64_t s = t->leads; s < t->subjects; s++)
        OK(fore_store_scores(w->c.store, FORE_SUBJECT_DEAL, t->pk[s], INT64_MAX, count_row, &n, e));
    return n;
}

static fore_status run_nightly(world *w, fore_answer *a, fore_error *err)
{
    foresell_nightly_request r = {.moment = {at(NOW, 2), NULL}, .seed = 2};
    return fore_job_nightly(&w->c, &r, a, err);
}

/* Each step of a night is whole or not there: what answers is the old model, or the new one that
 * the night publishes. */
static void nightly__short_of_memory__yesterday_answers_or_the_step_is_whole(void **state)
{
    world *w = *state, *calm = another_world(1);
    a_company(w);
    a_company(calm);
    a_model(w, NOW - 30);
    a_model(calm, NOW - 30);
    standing before = standing_of(w);
    HEAR(h, run_nightly(calm, h.answer, e));
    forget(&h);
    standing after = standing_of(calm);
    assert_string_equal(before.history, after.history);
    job j = {run_nightly, 0.12};
    assert_true(starve(w, &j, &before, &after) > 40);
    standing now = standing_of(w); /* and the night that had enough ends where any other does */
    assert_string_equal(now.model, after.model);
    world_end(calm);
}

/* --- import --- */

static void write_table(world *w, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/in", w->folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/in/%s", w->folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* Good rows, bad rows and unknown columns, so that rejects and attributes are made as well. */
static void write_export(world *w)
{
    fore_text leads = {0}, events = {0};
    fore_text_puts(&leads, "lead_id,created_at,name,email,owner_id,Budget\n");
    fore_text_puts(&events, "activity_id,at,kind,direction,lead_id,minutes\n");
    for (int i = 0; i < 60; i++) {
        fore_text_printf(&leads, "N%d,%s,Name %d,n%d@example.org,R%d,%d\n", i,
                         i % 20 == 7 ? "someday" : "2024-03-01", i, i, i % 3, 100 * i);
        fore_text_printf(&events, "V%d,2024-03-%02d,%s,outbound,N%d,5\n", i, 1 + i % 28,
                         i % 20 == 3 ? "dance" : "call", i);
    }
    write_table(w, "leads.csv", leads.bytes);
    write_table(w, "activities.csv", events.bytes);
    fore_text_free(&leads);
    fore_text_free(&events);
}

static fore_status run_import(world *w, fore_answer *a, fore_error *err)
{
    char in[128], rejects[128];
    snprintf(in, sizeof in, "%s/in", w->folder);
    snprintf(rejects, sizeof rejects, "%s/rejects.csv", w->folder);
    const char *path = in;
    foresell_import_request r = {
        .moment = {at(NOW, 0), NULL}, .paths = &path, .path_count = 1, .rejects = rejects};
    return fore_job_import(&w->c, &r, a, err);
}

static void import__short_of_memory__all_rows_or_none(void **state)
{
    world *w = *state, *calm = another_world(1);
    a_company(w);
    a_company(calm);
    write_export(w);
    write_export(calm);
    standing before = standing_of(w);
    HEAR(h, run_import(calm, h.answer, e));
    forget(&h);
    standing after = standing_of(calm);
    assert_true(after.leads > before.leads);
    job j = {run_import, 0.06};
    assert_true(starve(w, &j, &before, &after) > 40);
    standing now = standing_of(w);
    assert_true(same_standing(&now, &after));
    world_end(calm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(train__short_of_memory__the_old_model_answers),
        WITH_WORLD(forecast__short_of_memory__says_so),
        WITH_WORLD(effort__short_of_memory__says_so),
        WITH_WORLD(check__short_of_memory__says_so),
        WITH_WORLD(rank_and_score__short_of_memory__keep_no_half_of_the_scores),
        WITH_WORLD(nightly__short_of_memory__yesterday_answers_or_the_step_is_whole),
        WITH_WORLD(import__short_of_memory__all_rows_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
