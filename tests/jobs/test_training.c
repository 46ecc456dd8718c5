/* From a history to a model: what is left out, what is the same, what is not seen, what is kept. */
#include "training_help.h"

static const company plain = {.seed = 1, .deals = 500, .days = 500};
static const int END = 560;

static void training__a_good_history__beats_the_base_rate(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_training_options o = quick_options(at(END, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_true(t.choice.beats_baseline);
    assert_true(t.choice.test.auc > 0.65);
    assert_true(sees_attribute(t.scoring, "Size"));
    fore_training_free(&t);
}

static void training__a_column_filled_when_won__is_left_out_and_named(void **state)
{
    world *w = *state;
    company k = plain;
    k.leak = true;
    put_company(w, &k);
    fore_training_options o = quick_options(at(END, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    const fore_leak_finding *f = fore_leak_of(t.leaks, "Signed");
    assert_non_null(f);
    assert_int_equal(f->grade, FORE_LEAK_KNOWS);
    assert_true(strlen(f->reasons) > 20);
    assert_false(sees_attribute(t.scoring, "Signed"));
    assert_true(sees_attribute(t.scoring, "Size"));
    assert_true(t.left_out_columns >= 1);
    assert_true(t.choice.test.auc < 0.95);
    fore_training_free(&t);
}

/* At a past moment today's values stand on deals that were open then and have closed since. */
static void training__a_column_that_every_closing_fills__is_left_out_at_any_moment(void **state)
{
    world *w = *state;
    company k = plain;
    k.deals = 900;
    k.filed = true;
    k.known_until = at(490, 0);
    put_company(w, &k);
    for (int day = 400; day <= 490; day += 90) {
        fore_training_options o = quick_options(at(day, 0));
        fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
        const fore_leak_finding *f = fore_leak_of(t.leaks, "Drawer");
        assert_int_equal(f->grade, FORE_LEAK_KNOWS);
        assert_non_null(strstr(f->reasons, "but on 0 % of the open"));
        assert_false(f->newest_only);
        assert_false(sees_attribute(t.scoring, "Drawer"));
        assert_true(sees_attribute(t.scoring, "Size"));
        fore_training_free(&t);
    }
}

/* Before the test nothing was to be seen of it: it is left out all the same, and that is said. */
static void training__a_column_only_the_test_betrays__is_left_out_and_told(void **state)
{
    world *w = *state;
    fore_training_options o = quick_options(at(END, 0));
    world *twin = another_world(1);
    company k = plain;
    put_company(twin, &k);
    fore_training t = trained(twin, FORE_SUBJECT_DEAL, &o);
    k.leak = true;
    k.leak_from = t.examples->test_start;
    fore_training_free(&t);
    world_end(twin);
    put_company(w, &k);
    t = trained(w, FORE_SUBJECT_DEAL, &o);
    const fore_leak_finding *f = fore_leak_of(t.leaks, "Signed");
    assert_int_not_equal(f->grade, FORE_LEAK_CLEAN);
    assert_true(f->newest_only);
    assert_non_null(strstr(f->reasons, "on which the test is made"));
    assert_false(sees_attribute(t.scoring, "Signed"));
    fore_training_free(&t);
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    foresell_train_request r = {.moment = {at(END, 0), NULL}, .seed = 7};
    OK(fore_job_train(&w->c, &r, a, e));
    OK(fore_answer_finish(a, e));
    bool told = false;
    for (int64_t i = 0; i < a->note_count; i++)
        told |= strstr(a->notes[i], "the test was looked at") && strstr(a->notes[i], "Signed");
    assert_true(told);
    assert_non_null(strstr(fore_text_string(&a->json), "\"seen_by_test_only\":true"));
    fore_answer_free(a);
}

static void training__a_product_filled_when_won__takes_its_win_rate_along(void **state)
{
    world *w = *state;
    company k = plain;
    k.leak = true;
    put_company(w, &k);
    fore_training_options o = quick_options(at(END, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_false(sees_feature(t.scoring, "product_win_rate"));
    assert_false(sees_feature(t.scoring, "amount_vs_product"));
    assert_true(sees_feature(t.scoring, "owner_win_rate"));
    fore_training_free(&t);
    o.use = "Product, product_win_rate";
    t = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_true(sees_feature(t.scoring, "product_win_rate"));
    fore_training_free(&t);
}

static void job_train__names_what_is_left_out_and_not_what_is_asked_for(void **state)
{
    world *w = *state;
    company k = plain;
    k.leak = true;
    k.deals = 200;
    put_company(w, &k);
    for (int asked = 0; asked < 2; asked++) {
        fore_answer *a;
        OK(fore_answer_new(&a, e));
        foresell_train_request r = {.moment = {at(END, 0), NULL}, .seed = 7};
        r.use = asked ? "Signed, Product" : NULL;
        OK(fore_job_train(&w->c, &r, a, e));
        OK(fore_answer_finish(a, e));
        bool named = false;
        for (int64_t i = 0; i < a->note_count; i++)
            named |= strstr(a->notes[i], "know the outcome") && strstr(a->notes[i], "Signed");
        assert_int_equal(named, !asked);
        assert_int_equal(strstr(fore_text_string(&a->json), "\"Signed\"") != NULL, !asked);
        fore_answer_free(a);
    }
}

static void training__any_number_of_threads__gives_the_same_bytes(void **state)
{
    world *w = *state;
    company k = plain;
    k.deals = 200;
    put_company(w, &k);
    world *other = another_world(3);
    put_company(other, &k);
    fore_training_options o = {.as_of = at(END, 0), .seed = 7}; /* all learners */
    fore_text one = model_of(w, &o), three = model_of(other, &o), again = model_of(w, &o);
    assert_true(same_bytes(&one, &three));
    assert_true(same_bytes(&one, &again));
    o.seed = 8; /* and the seed is used */
    fore_text seeded = model_of(w, &o);
    assert_false(same_bytes(&one, &seeded));
    fore_text_free(&one);
    fore_text_free(&three);
    fore_text_free(&again);
    fore_text_free(&seeded);
    world_end(other);
}

static void training__going_on__keeps_yesterdays_trees_while_their_columns_last(void **state)
{
    world *w = *state;
    company k = plain;
    k.leak = true;
    put_company(w, &k);
    fore_training_options o = {.as_of = at(END, 0), .seed = 7};
    for (int l = 0; l < FORE_LEARNERS; l++) o.without[l] = l != FORE_TREES;
    fore_training yesterday = trained(w, FORE_SUBJECT_DEAL, &o);
    int64_t before = fore_trees_count(fore_scorer_trees(yesterday.scoring->scorer));
    assert_string_equal(yesterday.went_on, "");
    o.as_of = at(END + 1, 0);
    o.go_on = yesterday.scoring;
    fore_training today = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_int_equal(fore_trees_count(fore_scorer_trees(today.scoring->scorer)),
                     before + FORE_MORE_TREES);
    assert_non_null(strstr(today.went_on, "50 more trees"));
    fore_text packed = packed_of(today.scoring);
    assert_true(packed.length > 0);
    fore_text_free(&packed);
    fore_training_free(&today);
    fore_training_options with = o; /* a column goes: anew, and said so */
    with.use = "Signed";
    with.go_on = NULL;
    fore_training wide = trained(w, FORE_SUBJECT_DEAL, &with);
    o.go_on = wide.scoring;
    today = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_non_null(strstr(today.went_on, "Signed"));
    assert_non_null(strstr(today.went_on, "from scratch"));
    fore_training_free(&today);
    fore_training_free(&wide);
    o = quick_options(at(END, 0));
    o.go_on = yesterday.scoring;
    today = trained(w, FORE_SUBJECT_DEAL, &o);
    assert_non_null(strstr(today.went_on, "trees were not the best"));
    fore_training_free(&today);
    fore_training_free(&yesterday);
}

static void training__what_comes_later__changes_no_byte(void **state)
{
    world *w = *state;
    company k = plain;
    put_company(w, &k);
    world *past = another_world(1);
    k.known_until = at(400, 0);
    put_company(past, &k);
    fore_training_options o = quick_options(at(400, 0));
    fore_text later = model_of(w, &o), then = model_of(past, &o);
    assert_true(same_bytes(&later, &then));
    o.as_of = at(END, 0); /* and the future differs, so that equality means something */
    fore_text now = model_of(w, &o);
    assert_false(same_bytes(&later, &now));
    fore_text_free(&later);
    fore_text_free(&then);
    fore_text_free(&now);
    world_end(past);
}

static void training__one_class__has_no_answer(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 60; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%d", i);
        put_closed(w, id, at(i, 9), at(i + 20, 9), FORE_LOST, 100);
    }
    world_commit(w);
    fore_training t;
    fore_training_options o = quick_options(at(120, 0));
    FAILS(FORE_E_NO_ANSWER, "won", fore_training_run(&w->c, FORE_SUBJECT_DEAL, &o, &t, e));
    FAILS(FORE_E_NO_ANSWER, "", fore_training_run(&w->c, FORE_SUBJECT_LEAD, &o, &t, e));
    assert_null(t.scoring);
}

/* Probabilities of every open deal. */
static int64_t predict_all(world *w, const fore_scoring *s, const fore_attributes *attributes,
                           double *p)
{
    const fore_timeline *t = world_timeline(w);
    fore_extract_row rows[512];
    int64_t n = 0;
    for (int64_t i = t->leads; i < t->subjects && n < 512; i++)
        if (fore_subject_open_at(t, i, s->as_of)) rows[n++] = (fore_extract_row){i, s->as_of};
    OK(fore_scoring_predict(s, w->c.extractor, w->c.pool, attributes, rows, n, p, p + n, p + 2 * n,
                            e));
    return n;
}

static void scoring__saved_and_loaded__gives_identical_probabilities(void **state)
{
    world *w = *state;
    static double before[1536], after[1536];
    put_company(w, &plain);
    fore_training_options o = {.as_of = at(450, 0), .seed = 7};
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    fore_text packed = packed_of(t.scoring);
    fore_scoring *loaded;
    OK(fore_scoring_load(packed.bytes, packed.length, &loaded, e));
    int64_t n = predict_all(w, t.scoring, t.attributes, before);
    assert_int_equal(predict_all(w, loaded, t.attributes, after), n);
    assert_true(n > 20);
    assert_memory_equal(before, after, (size_t)(3 * n) * sizeof *before);
    for (int64_t i = 0; i < n; i++) {
        assert_true(before[i] > 0 && before[i] < 1);
        assert_true(before[n + i] <= before[i] && before[i] <= before[2 * n + i]);
    }
    fore_text again = packed_of(loaded);
    assert_true(same_bytes(&packed, &again));
    fore_text_free(&packed);
    fore_text_free(&again);
    fore_scoring_free(loaded);
    fore_training_free(&t);
}

static void expect_unusable(const fore_text *packed)
{
    fore_scoring *s = (fore_scoring *)1;
    fore_error err = {0};
    fore_status status = fore_scoring_load(packed->bytes, packed->length, &s, &err);
    if (status != FORE_E_MODEL && status != FORE_E_FORMAT)
        fail_msg("status %d: %s", (int)status, err.message);
    assert_null(s);
    assert_true(strlen(err.message) > 10);
}

static void repack(const char *text, fore_text *packed)
{
    fore_text_clear(packed);
    OK(fore_pack(text, (int64_t)strlen(text), packed, e));
}

static void scoring__damaged__is_refused(void **state)
{
    world *w = *state;
    company k = plain;
    k.deals = 200;
    put_company(w, &k);
    fore_training_options o = quick_options(at(END, 0));
    fore_text packed = model_of(w, &o), damaged = {0}, plain_text = {0};
    for (int64_t cut = 0; cut < packed.length; cut += 1 + packed.length / 40) {
        fore_text_clear(&damaged);
        fore_text_add(&damaged, packed.bytes, cut);
        expect_unusable(&damaged);
    }
    for (int64_t i = 0; i < packed.length; i += 1 + packed.length / 200) {
        fore_text_clear(&damaged);
        fore_text_add(&damaged, packed.bytes, packed.length);
        damaged.bytes[i] ^= 0x20;
        expect_unusable(&damaged);
    }
    /* whole as a file, wrong in what it says */
    static const char *const swaps[][2] = {
        {"\"foresell-scoring\"", "\"foresell-stirring\""},
        {"\"version\":1", "\"version\":9"},
        {"\"touches_30d\"", "\"touches_31d\""},
        {"\"features\":[", "\"features\":[\"age_days\","},
        {"\"reasons\":[", "\"reasons\":[[1,2,3,4,5],"},
        {"\"scorer\":\"", "\"scorer\":\"x"},
        {"\"base_rate\":", "\"base_ratio\":"},
    };
    OK(fore_unpack(packed.bytes, packed.length, INT64_C(1) << 30, &plain_text, e));
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        fore_text swapped = {0};
        char *found = strstr(plain_text.bytes, swaps[i][0]);
        if (!found) fail_msg("the model does not hold %s", swaps[i][0]);
        fore_text_add(&swapped, plain_text.bytes, found - plain_text.bytes);
        fore_text_puts(&swapped, swaps[i][1]);
        fore_text_puts(&swapped, found + strlen(swaps[i][0]));
        repack(swapped.bytes, &damaged);
        expect_unusable(&damaged);
        fore_text_free(&swapped);
    }
    repack("{}", &damaged);
    expect_unusable(&damaged);
    repack("[1,2", &damaged);
    expect_unusable(&damaged);
    fore_text_free(&packed);
    fore_text_free(&damaged);
    fore_text_free(&plain_text);
}

static void training_store__names_the_model_by_its_contents(void **state)
{
    world *w = *state;
    company k = plain;
    k.deals = 200;
    put_company(w, &k);
    fore_training_options o = quick_options(at(END, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(END, 1));
    assert_int_equal(strncmp(t.scoring->model_id, "deal-20250714-", 14), 0);
    fore_scoring *s;
    OK(fore_scoring_open(&w->c, FORE_SUBJECT_DEAL, FORE_NO_TIME, &s, e));
    assert_string_equal(s->model_id, t.scoring->model_id);
    assert_true(s->model_pk == t.scoring->model_pk);
    fore_scoring_free(s);
    assert_int_equal(fore_scoring_open(&w->c, FORE_SUBJECT_LEAD, FORE_NO_TIME, &s, NULL),
                     FORE_E_NOT_FOUND);
    assert_null(s);
    fore_training_free(&t);
}

static void training_test_rows__are_the_newest_window(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_training_options o = quick_options(at(END, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    int64_t n = t.examples->n;
    fore_extract_row *rows = malloc((size_t)n * sizeof *rows);
    double *label = malloc((size_t)n * sizeof *label), *weight = malloc((size_t)n * sizeof *weight);
    int64_t m = fore_training_test_rows(&t, rows, label, weight), won = 0;
    assert_int_equal(m, t.examples->summary[FORE_WINDOW_TEST].rows);
    for (int64_t i = 0; i < m; i++) {
        assert_true(rows[i].as_of >= t.examples->test_start && rows[i].as_of < o.as_of);
        assert_true(weight[i] > 0);
        won += label[i] > 0;
    }
    assert_int_equal(won, t.examples->summary[FORE_WINDOW_TEST].won);
    free(rows);
    free(label);
    free(weight);
    fore_training_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(training__a_good_history__beats_the_base_rate),
        WITH_WORLD(training__a_column_filled_when_won__is_left_out_and_named),
        WITH_WORLD(training__a_column_that_every_closing_fills__is_left_out_at_any_moment),
        WITH_WORLD(training__a_column_only_the_test_betrays__is_left_out_and_told),
        WITH_WORLD(training__a_product_filled_when_won__takes_its_win_rate_along),
        WITH_WORLD(job_train__names_what_is_left_out_and_not_what_is_asked_for),
        WITH_WORLD(training__any_number_of_threads__gives_the_same_bytes),
        WITH_WORLD(training__going_on__keeps_yesterdays_trees_while_their_columns_last),
        WITH_WORLD(training__what_comes_later__changes_no_byte),
        WITH_WORLD(training__one_class__has_no_answer),
        WITH_WORLD(scoring__saved_and_loaded__gives_identical_probabilities),
        WITH_WORLD(scoring__damaged__is_refused),
        WITH_WORLD(training_store__names_the_model_by_its_contents),
        WITH_WORLD(training_test_rows__are_the_newest_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
