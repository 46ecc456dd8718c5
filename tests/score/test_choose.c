/* The measured choice: protocol, ordinary and small data, what it refuses. */
#include "tests/score/score_support.h"

#include "models/score/choose.h"

static fore_choose_options quick(void)
{
    fore_choose_options o = fore_choose_default();
    o.base.trees.rounds = 60;
    o.base.svm.rows = 500;
    return o;
}

static fore_choice choose(const leads *d, const fore_choose_options *options)
{
    fore_sample sample = leads_sample(d);
    fore_choose_options o = options ? *options : quick();
    fore_choice choice;
    fore_error err = {0};
    if (fore_choose(NULL, &sample, d->role, &o, NULL, &choice, &err) != FORE_OK)
        fail_msg("%s", err.message);
    return choice;
}

static void choose__curved_truth__a_curved_learner_wins_and_beats_the_base_rate(void **state)
{
    (void)state;
    leads d = leads_new(8000, 6, -1, 1);
    fore_choice c = choose(&d, NULL);
    int best = 0;
    for (int k = 0; k < FORE_LEARNERS; k++) {
        assert_true(c.table[k].tried);
        print_message("%s: validation log loss %.4f\n", fore_learner_name((fore_learner)k),
                      c.table[k].validate.log_loss);
        if (c.table[k].validate.log_loss < c.table[best].validate.log_loss) best = k;
    }
    assert_int_equal(c.winner, best);
    assert_int_equal(fore_scorer_learner(c.scorer), best);
    assert_true(c.winner != FORE_LOGISTIC && c.winner != FORE_ELASTIC_NET); /* the truth bends */
    assert_true(c.beats_baseline && !c.few_positives && !c.test_out_of_fold);
    assert_int_equal(c.test.rows, c.rows[FORE_ROLE_TEST]);
    fore_scorer_free(c.scorer);
    leads_free(&d);
}

/* The figure on TEST is the very scorer's, and TEST has no part in it. */
static void choose__test_outcomes_turned_round__same_scorer(void **state)
{
    (void)state;
    leads d = leads_new(1500, 5, 0, 2);
    fore_choice a = choose(&d, NULL);
    double *p = malloc(1500 * 8), *y = malloc(1500 * 8), *w = malloc(1500 * 8);
    int64_t n = 0;
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    fore_quality q;
    assert_int_equal(fore_scorer_predict(NULL, a.scorer, &x, p, NULL, NULL, NULL, NULL), FORE_OK);
    for (int64_t i = 0; i < d.n; i++)
        if (d.role[i] == FORE_ROLE_TEST) {
            p[n] = p[i];
            y[n] = d.y[i];
            w[n++] = d.w[i];
        }
    assert_int_equal(fore_quality_measure(p, y, w, n, &q, NULL), FORE_OK);
    NEAR(q.log_loss, a.test.log_loss, 1e-13);
    NEAR(q.auc, a.test.auc, 1e-13);
    for (int64_t i = 0; i < d.n; i++)
        if (d.role[i] == FORE_ROLE_TEST) d.y[i] = 1 - d.y[i];
    fore_choice b = choose(&d, NULL);
    fore_text s = {0}, t = {0};
    assert_int_equal(fore_scorer_save(a.scorer, &s, NULL), FORE_OK);
    assert_int_equal(fore_scorer_save(b.scorer, &t, NULL), FORE_OK);
    assert_int_equal(s.length, t.length);
    assert_memory_equal(s.bytes, t.bytes, (size_t)s.length);
    assert_false(b.beats_baseline);
    assert_non_null(strstr(b.note, "no better than the base rate"));
    fore_text_free(&s);
    fore_text_free(&t);
    fore_scorer_free(a.scorer);
    fore_scorer_free(b.scorer);
    free(p);
    free(y);
    free(w);
    leads_free(&d);
}

static void choose__shuffled_and_threaded__same_scorer(void **state)
{
    (void)state;
    leads d = leads_new(1200, 5, 0, 2), e = leads_shuffled(&d, 9);
    fore_sample sample = leads_sample(&e);
    fore_choose_options o = quick();
    fore_pool *pool = threads(3);
    fore_choice a = choose(&d, NULL), b;
    assert_int_equal(fore_choose(pool, &sample, e.role, &o, NULL, &b, NULL), FORE_OK);
    fore_text s = {0}, t = {0};
    assert_int_equal(fore_scorer_save(a.scorer, &s, NULL), FORE_OK);
    assert_int_equal(fore_scorer_save(b.scorer, &t, NULL), FORE_OK);
    assert_int_equal(s.length, t.length);
    assert_memory_equal(s.bytes, t.bytes, (size_t)s.length);
    assert_memory_equal(&a.table, &b.table, sizeof a.table);
    assert_memory_equal(&a.test, &b.test, sizeof a.test);
    fore_text_free(&s);
    fore_text_free(&t);
    fore_scorer_free(a.scorer);
    fore_scorer_free(b.scorer);
    fore_pool_free(pool);
    leads_free(&d);
    leads_free(&e);
}

static void choose__few_positives__shrunk_by_its_own_prior_and_says_so(void **state)
{
    (void)state;
    leads d = leads_new(300, 10, -3.6, 4);
    fore_choice c = choose(&d, NULL);
    int64_t positives = c.positives[1] + c.positives[2] + c.positives[3];
    assert_true(positives > 0 && positives < FORE_FEW_POSITIVES);
    assert_true(c.few_positives);
    assert_int_equal(c.winner, FORE_ADDITIVE);
    assert_non_null(strstr(c.note, "few outcomes"));
    assert_false(c.table[FORE_TREES].tried);
    assert_true(strlen(c.table[FORE_TREES].why) > 0);
    double row[10] = {0}, scratch[64];
    fore_score score;
    assert_int_equal(fore_scorer_row(c.scorer, row, scratch, &score, NULL), FORE_OK);
    assert_true(score.hi > 2 * score.lo); /* wide */
    assert_true(isfinite(c.test.log_loss) && isfinite(c.baseline.log_loss));
    fore_scorer_free(c.scorer);
    leads_free(&d);
}

static void choose__two_positives_and_three_rows__answers(void **state)
{
    (void)state;
    leads d = leads_new(60, 4, 0, 4);
    for (int i = 0; i < 60; i++) d.y[i] = i == 5 || i == 20;
    fore_choice c = choose(&d, NULL);
    assert_true(c.test_out_of_fold && c.few_positives);
    fore_scorer_free(c.scorer);
    d.n = 3;
    d.p = 1;
    for (int i = 0; i < 3; i++) {
        d.role[i] = FORE_ROLE_TRAIN;
        d.y[i] = i == 1;
    }
    c = choose(&d, NULL);
    assert_true(c.test_out_of_fold);
    assert_true(isfinite(c.test.log_loss));
    fore_scorer_free(c.scorer);
    d.n = 60;
    leads_free(&d);
}

static void choose__test_window_of_one_class__measured_out_of_fold(void **state)
{
    (void)state;
    leads d = leads_new(1000, 5, 0, 2);
    for (int i = 0; i < 1000; i++)
        if (d.role[i] == FORE_ROLE_TEST) d.y[i] = 0;
    fore_choice c = choose(&d, NULL);
    assert_true(c.test_out_of_fold);
    assert_true(c.test.auc > 0.6);
    assert_non_null(strstr(c.note, "cross-validation"));
    fore_scorer_free(c.scorer);
    leads_free(&d);
}

/* Beyond compare_rows learners are compared on a part, with the same outcome for any order of the
 * rows; the winner knows them all and is measured on all of TEST. */
static void choose__more_rows_than_are_compared__winner_of_all_rows(void **state)
{
    (void)state;
    enum { N = 24000 };
    leads d = leads_new(N, 5, -0.5, 12), m = leads_shuffled(&d, 4);
    fore_choose_options o = quick();
    o.without[FORE_TREES] = o.without[FORE_SVM] = true;
    fore_choice all = choose(&d, &o);
    o.compare_rows = 8000;
    fore_choice some = choose(&d, &o), shuffled = choose(&m, &o);
    double share = (double)some.table[FORE_LOGISTIC].validate.rows /
                   (double)all.table[FORE_LOGISTIC].validate.rows;
    assert_true(share > 0.3 && share < 0.6);
    assert_int_equal(some.test.rows, all.test.rows);
    assert_int_equal(some.rows[FORE_ROLE_TRAIN], all.rows[FORE_ROLE_TRAIN]);
    NEAR(some.test.log_loss, all.test.log_loss, 1e-3);
    fore_text s = {0}, t = {0};
    assert_int_equal(fore_scorer_save(some.scorer, &s, NULL), FORE_OK);
    assert_int_equal(fore_scorer_save(shuffled.scorer, &t, NULL), FORE_OK);
    assert_string_equal(fore_text_string(&s), fore_text_string(&t));
    fore_text_free(&s);
    fore_text_free(&t);
    fore_scorer_free(all.scorer);
    fore_scorer_free(some.scorer);
    fore_scorer_free(shuffled.scorer);
    leads_free(&d);
    leads_free(&m);
}

static void choose__left_out_learners__are_not_tried(void **state)
{
    (void)state;
    leads d = leads_new(1000, 5, 0, 2);
    fore_choose_options o = quick();
    o.without[FORE_TREES] = o.without[FORE_SVM] = true;
    o.keep_first_fit = true;
    fore_choice c = choose(&d, &o);
    assert_false(c.table[FORE_TREES].tried);
    assert_string_equal(c.table[FORE_TREES].why, "left out by choice");
    assert_true(c.winner != FORE_TREES && c.winner != FORE_SVM);
    fore_scorer_free(c.scorer);
    for (int k = 0; k < FORE_LEARNERS; k++) o.without[k] = true;
    fore_sample sample = leads_sample(&d);
    fore_error err = {0};
    assert_int_equal(fore_choose(NULL, &sample, d.role, &o, NULL, &c, &err), FORE_E_NO_ANSWER);
    assert_null(c.scorer);
    leads_free(&d);
}

static void choose__subject_on_both_sides__is_counted_and_said(void **state)
{
    (void)state;
    leads d = leads_new(1000, 5, 0, 2);
    fore_choice c = choose(&d, NULL);
    int64_t before = c.shared_subjects;
    fore_scorer_free(c.scorer);
    d.group[0] = d.group[999]; /* TRAIN and TEST */
    c = choose(&d, NULL);
    assert_int_equal(c.shared_subjects, before + 1);
    assert_non_null(strstr(c.note, "more than one time window"));
    fore_scorer_free(c.scorer);
    leads_free(&d);
}

static void choose__one_class_or_no_rows__says_which(void **state)
{
    (void)state;
    leads d = leads_new(200, 3, 0, 2);
    fore_sample sample = leads_sample(&d);
    fore_choice c;
    fore_error err = {0};
    for (int i = 0; i < 200; i++)
        if (d.role[i] != FORE_ROLE_TEST) d.y[i] = 0;
    assert_int_equal(fore_choose(NULL, &sample, d.role, NULL, NULL, &c, &err), FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "outcome 0"));
    memset(d.role, FORE_ROLE_TEST, 200);
    assert_int_equal(fore_choose(NULL, &sample, d.role, NULL, NULL, &c, &err), FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "no rows"));
    d.role[3] = 9;
    assert_int_equal(fore_choose(NULL, &sample, d.role, NULL, NULL, &c, &err), FORE_E_ARGUMENT);
    d.role[3] = 1;
    d.x[4] = -INFINITY;
    assert_int_equal(fore_choose(NULL, &sample, d.role, NULL, NULL, &c, &err), FORE_E_DATA);
    assert_int_equal(err.line, 5);
    assert_null(c.scorer);
    leads_free(&d);
}

static void choose__allocations_failing__clean(void **state)
{
    (void)state;
    leads d = leads_new(240, 3, 0, 2);
    fore_sample sample = leads_sample(&d);
    fore_choose_options o = quick();
    o.without[FORE_SVM] = true;
    o.base.trees.rounds = 2;
    o.base.precision = 1;
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    int64_t failures = 0;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 20000; k += k < 60 ? 1 : 7) {
        fore_choice c;
        fore_memory_fail_at(k);
        status = fore_choose(NULL, &sample, d.role, &o, NULL, &c, NULL);
        fore_memory_fail_at(0);
        failures += status == FORE_E_MEMORY;
        assert_true((status == FORE_OK) == (c.scorer != NULL));
        fore_scorer_free(c.scorer);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
    assert_true(failures > 60);
    leads_free(&d);
}

/* What ranked the old rows well ranks the next window the wrong way round: the answer keeps its
 * order, hedges, and says so. */
static void choose__ranking_that_turns__keeps_an_order_and_says_so(void **state)
{
    (void)state;
    leads d = leads_new(4000, 2, 0, 8);
    for (int64_t i = 0; i < d.n; i++)
        if (d.role[i] == FORE_ROLE_CALIBRATE) d.x[i] = -d.x[i];
    for (int64_t i = 0; i < d.n; i++) d.x[i + d.n] = 0; /* one column that matters */
    fore_choose_options o = quick();
    for (int k = 1; k < FORE_LEARNERS; k++) o.without[k] = true;
    fore_choice c = choose(&d, &o);
    assert_true(c.forward < 0.5);
    assert_true(c.forward_error > 0 && c.forward_error < 0.2);
    assert_true((c.forward <= 2 * c.forward_error && c.forward + 2 * c.forward_error < 1) ==
                (strstr(c.note, "did not hold") != NULL));
    for (int64_t i = 0; i < d.n; i++)
        if (d.role[i] == FORE_ROLE_VALIDATE) d.x[i] = -d.x[i];
    fore_scorer_free(c.scorer);
    c = choose(&d, &o);
    assert_true(c.forward < 0);
    assert_non_null(strstr(c.note, "did not hold"));
    double low[2] = {-1, 0}, high[2] = {1, 0}, scratch[16];
    fore_score a, b;
    assert_int_equal(fore_scorer_row(c.scorer, low, scratch, &a, NULL), FORE_OK);
    assert_int_equal(fore_scorer_row(c.scorer, high, scratch, &b, NULL), FORE_OK);
    assert_true(a.probability != b.probability);
    fore_scorer_free(c.scorer);
    leads_free(&d);
}

/* Every row outside TEST is fitted: without the newest of them the scorer is another one. */
static void choose__newest_past_rows_changed__another_scorer(void **state)
{
    (void)state;
    leads d = leads_new(1500, 5, 0, 2);
    fore_choose_options o = quick();
    for (int k = 1; k < FORE_LEARNERS; k++) o.without[k] = true;
    fore_choice a = choose(&d, &o);
    for (int64_t i = 0; i < d.n; i++)
        if (d.role[i] == FORE_ROLE_VALIDATE) d.x[i + 3 * d.n] = 1;
    fore_choice b = choose(&d, &o);
    double importance[2][5];
    fore_scorer_importance(a.scorer, importance[0]);
    fore_scorer_importance(b.scorer, importance[1]);
    assert_true(importance[0][3] != importance[1][3]);
    fore_scorer_free(a.scorer);
    fore_scorer_free(b.scorer);
    leads_free(&d);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choose__curved_truth__a_curved_learner_wins_and_beats_the_base_rate),
        cmocka_unit_test(choose__test_outcomes_turned_round__same_scorer),
        cmocka_unit_test(choose__shuffled_and_threaded__same_scorer),
        cmocka_unit_test(choose__few_positives__shrunk_by_its_own_prior_and_says_so),
        cmocka_unit_test(choose__two_positives_and_three_rows__answers),
        cmocka_unit_test(choose__test_window_of_one_class__measured_out_of_fold),
        cmocka_unit_test(choose__more_rows_than_are_compared__winner_of_all_rows),
        cmocka_unit_test(choose__left_out_learners__are_not_tried),
        cmocka_unit_test(choose__subject_on_both_sides__is_counted_and_said),
        cmocka_unit_test(choose__one_class_or_no_rows__says_which),
        cmocka_unit_test(choose__allocations_failing__clean),
        cmocka_unit_test(choose__ranking_that_turns__keeps_an_order_and_says_so),
        cmocka_unit_test(choose__newest_past_rows_changed__another_scorer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
