/* The command that trains: what it publishes, what it holds back, and what it says of both. */
#include "training_help.h"

enum { NOW = 450 };

static fore_answer *train(world *w, int64_t now, bool publish_anyway)
{
    fore_answer *a;
    foresell_train_request r = {.moment = {now, NULL}, .seed = 7, .publish = publish_anyway};
    OK(fore_answer_new(&a, e));
    OK(fore_job_train(&w->c, &r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

static void answering(world *w, char out[96])
{
    fore_scoring *s;
    OK(fore_scoring_open(&w->c, FORE_SUBJECT_DEAL, FORE_NO_TIME, &s, e));
    snprintf(out, 96, "%s", s->model_id);
    fore_scoring_free(s);
}

static bool says(const fore_answer *a, const char *text)
{
    for (int64_t i = 0; i < a->note_count; i++)
        if (strstr(a->notes[i], text)) return true;
    return strstr(fore_text_string(&a->json), text) != NULL;
}

/* What closed before is the other way round: whoever learns from it is wrong about the newest
 * window, and the base rate is not. */
static void mirror(world *w)
{
    company k = {.seed = 1, .deals = 600, .days = 500, .mirrored_until = at(332, 0)};
    put_company(w, &k);
}

static void train__no_better_than_the_base_rate__does_not_replace_one_that_is(void **state)
{
    world *w = *state;
    char before[96], after[96];
    company k = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &k);
    fore_answer *a = train(w, at(NOW, 0), false);
    assert_true(says(a, "\"published\":true"));
    assert_true(says(a, "\"beats_baseline\":true"));
    fore_answer_free(a);
    answering(w, before);
    mirror(w);
    a = train(w, at(NOW, 2), false);
    assert_true(says(a, "\"beats_baseline\":false"));
    assert_true(says(a, "\"published\":false"));
    assert_true(says(a, "is held back: it is no better than the base rate"));
    assert_true(says(a, before));
    fore_answer_free(a);
    answering(w, after);
    assert_string_equal(before, after);
    a = train(w, at(NOW, 3), true);
    assert_true(says(a, "\"published\":true"));
    fore_answer_free(a);
    answering(w, after);
    assert_string_not_equal(before, after);
}

static void train__where_nothing_answered__publishes_whatever_it_is_worth(void **state)
{
    world *w = *state;
    mirror(w);
    fore_answer *a = train(w, at(NOW, 2), false);
    assert_true(says(a, "\"beats_baseline\":false"));
    assert_true(says(a, "\"published\":true"));
    fore_answer_free(a);
    a = train(w, at(NOW, 3), false); /* and so does the next one: neither is better */
    assert_true(says(a, "\"published\":true"));
    fore_answer_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(train__no_better_than_the_base_rate__does_not_replace_one_that_is),
        WITH_WORLD(train__where_nothing_answered__publishes_whatever_it_is_worth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
