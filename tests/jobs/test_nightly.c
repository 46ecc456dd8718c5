/* The night: every step reported, worse models held back, interrupted nights taken up again. */
#include "engine/jobs/list_rules.h"
#include "training_help.h"

enum { NOW = 450 };

static fore_answer *night(world *w, int64_t now, uint64_t seed)
{
    fore_answer *a;
    foresell_nightly_request r = {.moment = {now, NULL}, .seed = seed};
    OK(fore_answer_new(&a, e));
    OK(fore_job_nightly(&w->c, &r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

/* A column of a step's row; NULL when the step was not reported. */
static const char *told(const fore_answer *a, const char *step, int column)
{
    const fore_grid *g = &a->grids[0];
    for (int64_t i = 0; i < g->row_count; i++)
        if (strcmp(g->cells[3 * i].text, step) == 0) return g->cells[3 * i + column].text;
    return NULL;
}

static const char *result_of(const fore_answer *a, const char *step) { return told(a, step, 1); }
static const char *note_of(const fore_answer *a, const char *step) { return told(a, step, 2); }

static void answering(world *w, char out[96])
{
    fore_scoring *s;
    OK(fore_scoring_open(&w->c, FORE_SUBJECT_DEAL, FORE_NO_TIME, &s, e));
    snprintf(out, 96, "%s", s->model_id);
    fore_scoring_free(s);
}

static fore_status count_model(void *context, const fore_model_row *row, fore_error *err)
{
    (void)err;
    int *count = context;
    count[0]++;
    count[1] += strcmp(row->state, "refused") == 0;
    return FORE_OK;
}

static void nightly__first__does_every_step_and_keeps_the_report(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
    fore_answer *a = night(w, at(NOW, 2), 3);
    static const char *const steps[] = {"import",       "check", "train: leads",
                                        "train: deals", "score", "forecast"};
    assert_int_equal(a->grids[0].row_count, 6);
    for (int i = 0; i < 6; i++) assert_string_equal(a->grids[0].cells[3 * i].text, steps[i]);
    assert_string_equal(result_of(a, "import"), "nothing to read");
    assert_string_equal(result_of(a, "train: leads"), "no model");
    assert_string_equal(result_of(a, "train: deals"), "published");
    assert_string_equal(result_of(a, "forecast"), "kept");
    assert_non_null(strstr(result_of(a, "score"), "scored"));
    char model[96];
    answering(w, model);
    static const char *const kept[] = {"nightly", "check", "forecast"};
    for (int i = 0; i < 3; i++) {
        fore_text json = {0};
        int64_t as_of;
        bool found;
        fore_json *document;
        OK(fore_store_answer(w->c.store, kept[i], &json, &as_of, &found, e));
        assert_true(found && as_of == at(NOW, 2));
        OK(fore_json_parse(json.bytes, json.length, &document, e));
        fore_json_free(document);
        fore_text_free(&json);
    }
    fore_answer_free(a);
}

static fore_status count_listed(void *context, const fore_listed_row *row, fore_error *err)
{
    (void)err;
    ((int64_t *)context)[row->drawn]++;
    return FORE_OK;
}

static void nightly__a_share_by_lot__keeps_the_days_lists(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 250, .days = 500};
    int64_t count[3] = {0};
    double share;
    put_company(w, &k);
    OK(fore_explore_share(&w->c, 0.5, true, &share, e));
    fore_answer *a = night(w, at(NOW, 2), 3);
    assert_non_null(strstr(result_of(a, "list"), "50 % of them drawn by lot"));
    OK(fore_store_listed(w->c.store, date(NOW), date(NOW), count_listed, count, e));
    assert_true(count[FORE_LISTED_LOT] > 0);
    assert_true(count[FORE_LISTED_COMPARED] > 0);
    fore_answer_free(a);
    int64_t past[3] = {0};
    foresell_nightly_request r = {.moment = {at(NOW, 4), "2025-01-20"}, .seed = 3};
    OK(fore_answer_new(&a, e));
    OK(fore_job_nightly(&w->c, &r, a, e));
    OK(fore_answer_finish(a, e));
    assert_string_equal(result_of(a, "list"), "no list"); /* nobody saw one that day */
    assert_non_null(strstr(note_of(a, "list"), "nothing is recorded"));
    OK(fore_store_listed(w->c.store, INT32_MIN, date(NOW) - 1, count_listed, past, e));
    assert_int_equal(past[0] + past[1] + past[2], 0);
    fore_answer_free(a);
}

static void nightly__asked_to_go_on__says_what_became_of_it(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
    fore_answer_free(night(w, at(NOW, 2), 3));
    foresell_nightly_request r = {.moment = {at(NOW + 1, 2), NULL}, .seed = 3, .go_on = true};
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    OK(fore_job_nightly(&w->c, &r, a, e));
    OK(fore_answer_finish(a, e));
    assert_true(strstr(note_of(a, "train: deals"), "from scratch") ||
                strstr(note_of(a, "train: deals"), "50 more trees"));
    fore_answer_free(a);
}

static void nightly__again__changes_no_answer(void **state)
{
    world *w = *state;
    char first[96], second[96];
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
    fore_answer_free(night(w, at(NOW, 2), 3));
    answering(w, first);
    fore_answer_free(night(w, at(NOW, 3), 3));
    answering(w, second);
    assert_int_equal(strncmp(first, second, 14), 0); /* kind and date */
    fore_answer *a = night(w, at(NOW, 3), 3);        /* the same moment: the same model */
    char third[96];
    answering(w, third);
    assert_string_equal(second, third);
    assert_string_equal(result_of(a, "train: deals"), "unchanged");
    fore_answer_free(a);
}

/* The champion has seen the outcomes of the newest window; what the challenger may learn from,
 * before it, is turned upside down. */
static void nightly__a_worse_model__is_held_back_and_the_old_one_answers(void **state)
{
    world *w = *state;
    char before[96], after[96];
    company good = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &good);
    fore_training_options o = quick_options(at(560, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
    answering(w, before);
    good.inverted_until = at(330, 0);
    put_company(w, &good);
    fore_answer *a = night(w, at(NOW, 2), 3);
    const char *result = result_of(a, "train: deals");
    if (!strstr(result, "held back")) fail_msg("%s", result);
    assert_non_null(strstr(note_of(a, "train: deals"), "against the model that answered: +"));
    answering(w, after);
    assert_string_equal(before, after);
    int count[2] = {0, 0};
    OK(fore_store_models(w->c.store, count_model, count, e));
    assert_int_equal(count[0], 2);
    assert_int_equal(count[1], 1);
    fore_answer_free(a);
}

static fore_status name_newest(void *context, const fore_model_row *row, fore_error *err)
{
    (void)err;
    char *name = context;
    if (!*name) snprintf(name, 96, "%s", row->id);
    return FORE_OK;
}

static fore_status unpack(void *context, const fore_model_row *row, fore_error *err)
{
    return fore_scoring_load(row->body, row->body_length, context, err);
}

static void nightly__columns_that_were_vouched_for__are_used_again(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 600, .days = 500, .leak = true};
    put_company(w, &k);
    fore_training_options o = quick_options(at(NOW, 0));
    o.use = "Signed, Product";
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_true(sees_attribute(t.scoring, "Signed"));
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
    fore_answer_free(night(w, at(NOW, 2), 3));
    fore_scoring *s = NULL;
    char newest[96] = "";
    OK(fore_store_models(w->c.store, name_newest, newest,
                         e)); /* the night's own, published or not */
    OK(fore_store_model(w->c.store, "deal", newest, unpack, &s, e));
    assert_true(s->as_of == at(NOW, 2));
    assert_string_equal(s->use, "Signed, Product");
    assert_true(sees_attribute(s, "Signed"));
    fore_scoring_free(s);
}

typedef struct watcher {
    const char *until;
    bool stopped;
} watcher;

static void watch(void *context, const char *what, int64_t done, int64_t total)
{
    (void)done;
    (void)total;
    watcher *v = context;
    v->stopped |= strcmp(v->until, what) == 0;
}

static bool stopped(void *context) { return ((watcher *)context)->stopped; }

static void nightly__interrupted__is_taken_up_after_the_last_whole_step(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
    watcher v = {.until = "score"};
    fore_observer observer = {.context = &v, .progress = watch, .cancelled = stopped};
    w->c.observer = &observer;
    fore_answer *a;
    foresell_nightly_request r = {.moment = {at(NOW, 2), NULL}, .seed = 3};
    OK(fore_answer_new(&a, e));
    assert_int_equal(fore_job_nightly(&w->c, &r, a, NULL), FORE_E_CANCELLED);
    fore_answer_free(a);
    w->c.observer = NULL;
    char before[96], after[96];
    answering(w, before);
    a = night(w, at(NOW, 3), 3);
    assert_non_null(strstr(result_of(a, "check"), "interrupted"));
    assert_non_null(strstr(result_of(a, "train"), "interrupted"));
    assert_string_equal(result_of(a, "forecast"), "kept");
    answering(w, after);
    assert_string_equal(before, after);
    fore_answer_free(a);
    a = night(w, at(NOW, 4), 3); /* the one after a whole night does everything again */
    assert_null(result_of(a, "train"));
    assert_non_null(result_of(a, "train: deals"));
    fore_answer_free(a);
}

static void nightly__interrupted_and_then_new_rows__starts_over(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
    watcher v = {.until = "score"};
    fore_observer observer = {.context = &v, .progress = watch, .cancelled = stopped};
    w->c.observer = &observer;
    fore_answer *a;
    foresell_nightly_request r = {.moment = {at(NOW, 2), NULL}, .seed = 3};
    OK(fore_answer_new(&a, e));
    assert_int_equal(fore_job_nightly(&w->c, &r, a, NULL), FORE_E_CANCELLED);
    fore_answer_free(a);
    w->c.observer = NULL;
    world_begin(w);
    put_deal(w, a_deal("NEW", at(NOW, 1)));
    world_commit(w);
    a = night(w, at(NOW, 3), 3);
    assert_null(result_of(a, "train"));
    assert_string_equal(result_of(a, "train: leads"), "no model");
    fore_answer_free(a);
}

static void nightly__a_second_one_meanwhile__is_refused(void **state)
{
    world *w = *state;
    company k = {.seed = 1, .deals = 60, .days = 500};
    put_company(w, &k);
    fore_store *other;
    OK(fore_store_open(w->path, FORE_STORE_WRITE, &other, e));
    OK(fore_store_lock(other, "nightly", e));
    fore_answer *a;
    foresell_nightly_request r = {.moment = {at(NOW, 2), NULL}, .seed = 3};
    OK(fore_answer_new(&a, e));
    assert_int_equal(fore_job_nightly(&w->c, &r, a, NULL), FORE_E_BUSY);
    fore_answer_free(a);
    fore_store_unlock(other);
    fore_store_close(other);
    fore_answer_free(night(w, at(NOW, 2), 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(nightly__first__does_every_step_and_keeps_the_report),
        WITH_WORLD(nightly__a_share_by_lot__keeps_the_days_lists),
        WITH_WORLD(nightly__asked_to_go_on__says_what_became_of_it),
        WITH_WORLD(nightly__again__changes_no_answer),
        WITH_WORLD(nightly__a_worse_model__is_held_back_and_the_old_one_answers),
        WITH_WORLD(nightly__columns_that_were_vouched_for__are_used_again),
        WITH_WORLD(nightly__interrupted__is_taken_up_after_the_last_whole_step),
        WITH_WORLD(nightly__interrupted_and_then_new_rows__starts_over),
        WITH_WORLD(nightly__a_second_one_meanwhile__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
