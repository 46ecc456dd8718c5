/* The registry as people see it, and letting an earlier model answer again. */
#include "answer_help.h"
#include "training_help.h"

static void a_history(world *w)
{
    company k = {.seed = 1, .deals = 250, .days = 500};
    put_company(w, &k);
}

/* Trains and publishes as of a day; the model's id is written to `id`. */
static void train_at(world *w, int day, char id[96])
{
    fore_training_options o = quick_options(at(day, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(day, 0));
    snprintf(id, 96, "%s", t.scoring->model_id);
    fore_training_free(&t);
}

static const fore_json_node *model_at(const heard *h, int64_t i)
{
    return fore_json_at(node_of(h->root, "models"), i);
}

static bool answers(const fore_json_node *model)
{
    bool value = false;
    assert_true(fore_json_get_bool(model, "answering", &value));
    return value;
}

/* The one model of the list that answers for deals. */
static void answering(world *w, char id[96])
{
    HEAR(h, fore_job_models(&w->c, h.answer, e));
    int found = 0;
    for (int64_t i = 0; i < fore_json_length(node_of(h.root, "models")); i++)
        if (answers(model_at(&h, i))) {
            snprintf(id, 96, "%s", string_of(model_at(&h, i), "id"));
            found++;
        }
    assert_int_equal(found, 1);
    forget(&h);
}

static void models__none_yet__says_so(void **state)
{
    world *w = *state;
    HEAR(h, fore_job_models(&w->c, h.answer, e));
    assert_int_equal(fore_json_length(node_of(h.root, "models")), 0);
    assert_true(noted(&h, "foresell train"));
    forget(&h);
}

static void models__list__is_what_was_stored_newest_first(void **state)
{
    world *w = *state;
    char first[96], second[96], history[33];
    a_history(w);
    train_at(w, 440, first);
    train_at(w, 470, second);
    fingerprint_of(w, history);
    HEAR(h, fore_job_models(&w->c, h.answer, e));
    const fore_grid *g = grid_of(&h, "models");
    assert_int_equal(g->row_count, 2);
    const char *const wanted[] = {second, first};
    for (int i = 0; i < 2; i++) {
        const fore_json_node *m = model_at(&h, i), *quality = node_of(m, "quality");
        char when[32];
        fore_time_format(at(i ? 440 : 470, 0), when);
        assert_string_equal(string_of(m, "id"), wanted[i]);
        assert_string_equal(string_of(m, "as_of"), when);
        assert_string_equal(string_of(m, "purpose"), "deal");
        assert_string_equal(string_of(m, "learner"), "logistic");
        assert_string_equal(string_of(m, "history"), history);
        assert_int_equal(number_of(m, "seed"), 7);
        assert_int_equal(answers(m), i == 0);
        assert_string_equal(cell_of(g, i, "model")->text, wanted[i]);
        assert_string_equal(cell_of(g, i, "state")->text, i ? "published" : "answers");
        assert_true(cell_of(g, i, "log_loss")->number == number_of(quality, "log_loss"));
        assert_true(cell_of(g, i, "auc")->number == number_of(quality, "auc"));
        assert_true(cell_of(g, i, "calibration_error")->number ==
                    number_of(quality, "calibration_error"));
    }
    forget(&h);
}

/* The figures in the registry are those that the training reported. */
static void models__quality__is_that_of_the_training(void **state)
{
    world *w = *state;
    a_history(w);
    foresell_train_request r = {.moment = {at(470, 0), NULL}, .seed = 7};
    HEAR(train, fore_job_train(&w->c, &r, train.answer, e));
    HEAR(h, fore_job_models(&w->c, h.answer, e));
    const fore_json_node *said = fore_json_at(node_of(train.root, "models"), 0);
    assert_string_equal(string_of(said, "model"), string_of(model_at(&h, 0), "id"));
    static const char *const keys[] = {"log_loss", "auc", "calibration_error", "baseline_log_loss"};
    for (int i = 0; i < 4; i++)
        assert_true(number_of(node_of(said, "quality"), keys[i]) ==
                    number_of(node_of(model_at(&h, 0), "quality"), keys[i]));
    forget(&train);
    forget(&h);
}

/* Scores of a few ids, as JSON. */
static void scores_of(world *w, fore_text *out)
{
    stored s = read_store(w);
    const char *ids[10];
    int64_t n = 0;
    for (int64_t i = 0; i < s.deals && n < 10; i++)
        if (was_open(&s.deal[i], at(480, 0))) ids[n++] = s.deal[i].id;
    foresell_score_request q = {.moment = {at(480, 0), NULL}, .ids = ids, .id_count = n};
    HEAR(h, fore_job_score(&w->c, &q, h.answer, e));
    fore_text_puts(out, h.answer->json.bytes);
    forget(&h);
    drop_stored(&s);
}

static void rollback__an_earlier_model__answers_as_it_did(void **state)
{
    world *w = *state;
    char first[96], second[96], now[96];
    fore_text before = {0}, between = {0}, after = {0};
    a_history(w);
    train_at(w, 440, first);
    scores_of(w, &before);
    train_at(w, 470, second);
    scores_of(w, &between);
    assert_string_not_equal(before.bytes, between.bytes);
    HEAR(h, fore_job_rollback(&w->c, first, at(481, 0), h.answer, e));
    assert_string_equal(string_of(h.root, "answering"), first);
    assert_string_equal(string_of(h.root, "purpose"), "deal");
    assert_true(noted(&h, first));
    forget(&h);
    scores_of(w, &after);
    assert_string_equal(before.bytes, after.bytes);
    answering(w, now);
    assert_string_equal(now, first);
    HEAR(back, fore_job_rollback(&w->c, second, at(482, 0), back.answer, e)); /* and forth */
    forget(&back);
    answering(w, now);
    assert_string_equal(now, second);
    fore_text_free(&before);
    fore_text_free(&between);
    fore_text_free(&after);
}

static void rollback__an_unknown_model__changes_nothing(void **state)
{
    world *w = *state;
    char id[96], now[96];
    DENIED(FORE_E_NOT_FOUND, "foresell models", d,
           fore_job_rollback(&w->c, "deal-20250101-0000", at(480, 0), d.answer, e));
    a_history(w);
    train_at(w, 440, id);
    DENIED(FORE_E_NOT_FOUND, "'nope'", d,
           fore_job_rollback(&w->c, "nope", at(480, 0), d.answer, e));
    answering(w, now);
    assert_string_equal(now, id);
}

/* The transaction is open elsewhere: nothing is published, and the words say who is in the way. */
static void rollback__while_another_writes__is_refused_and_can_be_repeated(void **state)
{
    world *w = *state;
    char first[96], second[96], now[96];
    a_history(w);
    train_at(w, 440, first);
    train_at(w, 470, second);
    fore_store *other;
    OK(fore_store_open(w->path, FORE_STORE_WRITE, &other, e));
    OK(fore_store_begin(other, e));
    DENIED(FORE_E_BUSY, "wait", d, fore_job_rollback(&w->c, first, at(481, 0), d.answer, e));
    fore_store_rollback(other);
    fore_store_close(other);
    answering(w, now);
    assert_string_equal(now, second);
    HEAR(h, fore_job_rollback(&w->c, first, at(481, 0), h.answer, e));
    forget(&h);
    answering(w, now);
    assert_string_equal(now, first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(models__none_yet__says_so),
        WITH_WORLD(models__list__is_what_was_stored_newest_first),
        WITH_WORLD(models__quality__is_that_of_the_training),
        WITH_WORLD(rollback__an_earlier_model__answers_as_it_did),
        WITH_WORLD(rollback__an_unknown_model__changes_nothing),
        WITH_WORLD(rollback__while_another_writes__is_refused_and_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
