/* Scorers: order and threads, batch against row, contributions, JSON, limits. */
#include "tests/score/score_support.h"

#include "models/measure/classify.h"
#include "models/score/scorer.h"

static fore_scorer_options quick(fore_learner learner)
{
    fore_scorer_options o = fore_scorer_default(learner);
    o.trees.rounds = 40;
    o.svm.rows = 400;
    return o;
}

static fore_scorer *fit(fore_pool *pool, const leads *train, const leads *later,
                        fore_learner learner)
{
    fore_sample a = leads_sample(train), b = later ? leads_sample(later) : a;
    fore_scorer_options o = quick(learner);
    fore_scorer *s = NULL;
    fore_error err = {0};
    if (fore_scorer_fit(pool, &a, later ? &b : NULL, &o, NULL, &s, &err) != FORE_OK)
        fail_msg("%s: %s", fore_learner_name(learner), err.message);
    return s;
}

static fore_text saved(const fore_scorer *s)
{
    fore_text text = {0};
    assert_int_equal(fore_scorer_save(s, &text, NULL), FORE_OK);
    return text;
}

static bool same_model(const fore_scorer *a, const fore_scorer *b)
{
    fore_text s = saved(a), t = saved(b);
    bool same = s.length == t.length && memcmp(s.bytes, t.bytes, (size_t)s.length) == 0;
    fore_text_free(&s);
    fore_text_free(&t);
    return same;
}

static void scorer_fit__shuffled_rows_and_more_threads__no_byte_changes(void **state)
{
    (void)state;
    leads train = leads_new(1500, 6, -0.5, 1), later = leads_new(600, 6, -0.5, 2);
    leads train2 = leads_shuffled(&train, 3), later2 = leads_shuffled(&later, 4);
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_pool *pool = threads(3);
        fore_scorer *a = fit(NULL, &train, &later, (fore_learner)k);
        fore_scorer *b = fit(pool, &train2, &later2, (fore_learner)k);
        assert_true(same_model(a, b));
        fore_scorer_free(b);
        b = fit(pool, &train2, NULL, (fore_learner)k);
        fore_scorer_free(a);
        a = fit(NULL, &train, NULL, (fore_learner)k);
        assert_true(same_model(a, b));
        fore_scorer_free(a);
        fore_scorer_free(b);
        fore_pool_free(pool);
    }
    leads_free(&train);
    leads_free(&later);
    leads_free(&train2);
    leads_free(&later2);
}

static void scorer_predict__new_rows__informative_and_calibrated(void **state)
{
    (void)state;
    leads train = leads_new(6000, 6, -1, 1), later = leads_new(3000, 6, -1, 2),
          test = leads_new(6000, 6, -1, 3);
    double *p = malloc((size_t)test.n * 8), *lo = malloc((size_t)test.n * 8),
           *hi = malloc((size_t)test.n * 8);
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_scorer *s = fit(NULL, &train, &later, (fore_learner)k);
        fore_view x = {test.x, test.n, test.p, test.n, NULL};
        fore_quality q;
        assert_int_equal(fore_scorer_predict(NULL, s, &x, p, lo, hi, NULL, NULL), FORE_OK);
        assert_int_equal(fore_quality_measure(p, test.y, NULL, test.n, &q, NULL), FORE_OK);
        print_message("%s: auc %.3f, log loss %.4f, ece %.4f, slope %.2f\n",
                      fore_learner_name((fore_learner)k), q.auc, q.log_loss, q.ece, q.slope);
        assert_true(q.auc > 0.72 && q.ece < 0.04 && fabs(q.slope - 1) < 0.2);
        for (int64_t i = 0; i < test.n; i++)
            assert_true(0 < lo[i] && lo[i] <= p[i] && p[i] <= hi[i] && hi[i] < 1);
        fore_scorer_free(s);
    }
    free(p);
    free(lo);
    free(hi);
    leads_free(&train);
    leads_free(&later);
    leads_free(&test);
}

static void scorer_row__each_row__equals_the_batch_and_allocates_nothing(void **state)
{
    (void)state;
    leads train = leads_new(900, 6, 0, 1);
    fore_view x = {train.x, train.n, train.p, train.n, NULL};
    double p[900], lo[900], hi[900], margin[900];
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_scorer *s = fit(NULL, &train, NULL, (fore_learner)k);
        double *scratch = malloc((size_t)fore_scorer_scratch(s) * 8);
        assert_int_equal(fore_scorer_predict(NULL, s, &x, p, lo, hi, margin, NULL), FORE_OK);
        fore_memory_fail_at(1);
        for (int64_t i = 0; i < train.n; i++) {
            double row[6], parts[6], base, total;
            fore_score score;
            for (int j = 0; j < 6; j++) row[j] = train.x[i + j * train.n];
            assert_int_equal(fore_scorer_row(s, row, scratch, &score, NULL), FORE_OK);
            double slack = k == FORE_SVM ? 1e-10 : 0;
            NEAR(score.margin, margin[i], slack);
            NEAR(score.probability, p[i], slack);
            NEAR(score.lo, lo[i], 1e-12 + slack);
            NEAR(score.hi, hi[i], 1e-12 + slack);
            assert_int_equal(fore_scorer_parts(s, row, scratch, parts, &base, NULL), FORE_OK);
            total = base;
            for (int j = 0; j < 6; j++) total += parts[j];
            NEAR(total, margin[i], 1e-9);
            assert_true(parts[4] == 0);
        }
        fore_memory_fail_at(0);
        free(scratch);
        fore_scorer_free(s);
    }
    leads_free(&train);
}

static void scorer_load__saved__same_bytes_and_same_answers(void **state)
{
    (void)state;
    leads train = leads_new(800, 6, 0, 1);
    fore_view x = {train.x, train.n, train.p, train.n, NULL};
    double p[800], q[800], lo[800], hi[800];
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_scorer *s = fit(NULL, &train, NULL, (fore_learner)k), *t = NULL;
        fore_text text = saved(s);
        assert_int_equal(fore_scorer_load(text.bytes, text.length, &t, NULL), FORE_OK);
        assert_true(same_model(s, t));
        assert_int_equal(fore_scorer_learner(t), k);
        assert_int_equal(fore_scorer_columns(t), 6);
        assert_int_equal(fore_scorer_predict(NULL, s, &x, p, lo, hi, NULL, NULL), FORE_OK);
        assert_int_equal(fore_scorer_predict(NULL, t, &x, q, lo, hi, NULL, NULL), FORE_OK);
        assert_memory_equal(p, q, sizeof p);
        fore_text_free(&text);
        fore_scorer_free(s);
        fore_scorer_free(t);
    }
    leads_free(&train);
}

/* Every cut and every changed byte is refused, or is a sound scorer that answers. */
static void scorer_load__cut_or_changed__error_or_sound(void **state)
{
    (void)state;
    leads train = leads_new(120, 4, 0, 1);
    fore_random random = fore_random_new(17, 1);
    double p[1], lo[1], hi[1], row[4] = {0.3, NAN, 1, 0};
    fore_view one = {row, 1, 4, 1, NULL};
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_scorer *s = fit(NULL, &train, NULL, (fore_learner)k);
        fore_text text = saved(s);
        int refused = 0;
        for (int turn = 0; turn < 600; turn++) {
            fore_scorer *t = NULL;
            fore_error err = {0};
            int64_t at = fore_random_below(&random, text.length), length = text.length;
            char *copy = malloc((size_t)length), was[] = "0123456789-e.,[]{}\"";
            memcpy(copy, text.bytes, (size_t)length);
            if (turn % 3 == 0)
                length = at;
            else
                copy[at] = turn % 3 == 1 ? was[fore_random_below(&random, 19)]
                                         : (char)fore_random_below(&random, 256);
            fore_status status = fore_scorer_load(copy, length, &t, &err);
            assert_true(status == FORE_OK || status == FORE_E_FORMAT || status == FORE_E_MODEL);
            if (status == FORE_OK && fore_scorer_columns(t) == 4) {
                assert_int_equal(fore_scorer_predict(NULL, t, &one, p, lo, hi, NULL, NULL),
                                 FORE_OK);
                assert_true(p[0] >= 0 && p[0] <= 1);
            }
            refused += status != FORE_OK;
            fore_scorer_free(t);
            free(copy);
        }
        assert_true(refused > 200);
        fore_text_free(&text);
        fore_scorer_free(s);
    }
    leads_free(&train);
}

static void scorer_load__foreign_or_newer__says_so(void **state)
{
    (void)state;
    fore_scorer *s = NULL;
    fore_error err = {0};
    const char *foreign = "{\"format\":\"something\"}";
    const char *newer = "{\"format\":\"foresell-scorer\",\"version\":2}";
    assert_int_equal(fore_scorer_load("", 0, &s, &err), FORE_E_FORMAT);
    assert_int_equal(fore_scorer_load("[1,2]", 5, &s, &err), FORE_E_MODEL);
    assert_int_equal(fore_scorer_load(foreign, (int64_t)strlen(foreign), &s, &err), FORE_E_MODEL);
    assert_non_null(strstr(err.message, "not a foresell model"));
    assert_int_equal(fore_scorer_load(newer, (int64_t)strlen(newer), &s, &err), FORE_E_MODEL);
    assert_non_null(strstr(err.message, "version 2"));
    assert_null(s);
}

static void scorer_fit__one_class__names_it(void **state)
{
    (void)state;
    leads d = leads_new(50, 3, 0, 1);
    fore_sample sample = leads_sample(&d);
    fore_scorer_options o = quick(FORE_LOGISTIC);
    fore_scorer *s = NULL;
    fore_error err = {0};
    for (int class = 0; class < 2; class ++) {
        for (int i = 0; i < 50; i++) d.y[i] = class;
        assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, &err),
                         FORE_E_NO_ANSWER);
        assert_non_null(strstr(err.message, class ? "outcome 1" : "outcome 0"));
    }
    sample.x.rows = 0;
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, &err), FORE_E_NO_ANSWER);
    assert_null(s);
    leads_free(&d);
}

static void scorer_fit__bad_rows__name_row_and_column(void **state)
{
    (void)state;
    leads d = leads_new(50, 3, 0, 1);
    fore_sample sample = leads_sample(&d);
    fore_scorer_options o = quick(FORE_LOGISTIC);
    fore_scorer *s = NULL;
    fore_error err = {0};
    d.x[7 + 50] = INFINITY;
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, &err), FORE_E_DATA);
    assert_int_equal(err.line, 8);
    assert_int_equal(err.column, 2);
    d.x[7 + 50] = 0;
    d.y[3] = 0.5;
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, &err), FORE_E_DATA);
    assert_int_equal(err.line, 4);
    d.y[3] = 1;
    d.w[9] = NAN;
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, &err), FORE_E_DATA);
    assert_int_equal(err.line, 10);
    d.w[9] = 1;
    d.key[5] = d.key[6];
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, &err), FORE_E_DATA);
    assert_non_null(strstr(err.message, "same key"));
    assert_null(s);
    leads_free(&d);
}

static void scorer_predict__infinite_or_other_columns__refused(void **state)
{
    (void)state;
    leads d = leads_new(300, 4, 0, 1);
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_scorer *s = fit(NULL, &d, NULL, (fore_learner)k);
        double row[8] = {1, 2, 3, INFINITY, 0, 0, 0, 0}, p[2], scratch[64];
        fore_view x = {row, 2, 4, 2, NULL}, narrow = {row, 2, 3, 2, NULL};
        fore_error err = {0};
        fore_score score;
        assert_int_equal(fore_scorer_predict(NULL, s, &x, p, NULL, NULL, NULL, &err), FORE_E_DATA);
        assert_int_equal(err.line, 2);
        assert_int_equal(err.column, 2);
        assert_int_equal(fore_scorer_row(s, row, scratch, &score, &err), FORE_E_DATA);
        assert_int_equal(err.column, 4);
        assert_int_equal(fore_scorer_predict(NULL, s, &narrow, p, NULL, NULL, NULL, &err),
                         FORE_E_ARGUMENT);
        assert_int_equal(fore_scorer_predict(NULL, s, &narrow, p, p, NULL, NULL, &err),
                         FORE_E_ARGUMENT);
        fore_scorer_free(s);
    }
    leads_free(&d);
}

static void scorer_fit__three_rows_all_missing_wide_and_huge__answers(void **state)
{
    (void)state;
    double x[3 * 40], y[3] = {0, 1, 0}, p[3], lo[3], hi[3];
    for (int shape = 0; shape < 4; shape++) {
        fore_random random = fore_random_new(1, (uint64_t)shape);
        for (int i = 0; i < 120; i++)
            x[i] = shape == 0   ? NAN
                   : shape == 1 ? 4
                   : shape == 2 ? 1e308 * (2 * fore_random_uniform(&random) - 1)
                                : fore_random_normal(&random);
        fore_sample sample = {{x, 3, 40, 3, NULL}, y, NULL, NULL, NULL, NULL};
        fore_scorer *s = NULL;
        for (int k = FORE_LOGISTIC; k <= FORE_ADDITIVE; k++) {
            fore_scorer_options o = quick((fore_learner)k);
            assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL), FORE_OK);
            assert_int_equal(fore_scorer_predict(NULL, s, &sample.x, p, lo, hi, NULL, NULL),
                             FORE_OK);
            for (int i = 0; i < 3; i++)
                assert_true(0 < lo[i] && lo[i] <= p[i] && p[i] <= hi[i] && hi[i] < 1);
            assert_true(hi[0] - lo[0] > 0.2);
            fore_scorer_free(s);
        }
        for (int k = FORE_ELASTIC_NET; k < FORE_LEARNERS; k++) {
            fore_scorer_options o = quick((fore_learner)k);
            assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL),
                             FORE_E_NO_ANSWER);
        }
    }
}

static void scorer_fit__thousands_of_columns__answers(void **state)
{
    (void)state;
    enum { N = 80, P = 10000 };
    leads d = leads_new(N, P, 0, 1);
    fore_scorer *s = fit(NULL, &d, NULL, FORE_LOGISTIC);
    double p[N];
    fore_view x = {d.x, N, P, N, NULL};
    assert_int_equal(fore_scorer_predict(NULL, s, &x, p, NULL, NULL, NULL, NULL), FORE_OK);
    for (int i = 0; i < N; i++) assert_true(p[i] > 0 && p[i] < 1);
    fore_scorer_free(s);
    leads_free(&d);
}

static void scorer_fit__subjects_repeated__folds_keep_them_together(void **state)
{
    (void)state;
    leads d = leads_new(500, 3, 0, 1);
    fore_sample sample = leads_sample(&d);
    uint8_t fold[500];
    int used[5] = {0};
    fore_rows_fold(&sample, 5, 9, fold);
    for (int i = 0; i < 500; i++) {
        used[fold[i]]++;
        if (i > 0 && d.group[i] == d.group[i - 1]) assert_int_equal(fold[i], fold[i - 1]);
    }
    for (int k = 0; k < 5; k++) assert_true(used[k] > 50);
    leads_free(&d);
}

/* Folds of a part of the rows: the same curve up to its errors, and intervals as wide. */
static void scorer_fit__folds_of_a_part__curve_and_widths_as_on_all(void **state)
{
    (void)state;
    enum { N = 24000 };
    leads d = leads_new(N, 6, -0.5, 8);
    fore_sample s = leads_sample(&d);
    double *p = malloc(N * 8), *lo = malloc(N * 8), *hi = malloc(N * 8);
    for (int learner = FORE_ELASTIC_NET; learner <= FORE_TREES; learner++) {
        double width[2] = {0}, mean[2] = {0};
        for (int part = 0; part < 2; part++) {
            fore_scorer_options o = fore_scorer_default((fore_learner)learner);
            fore_scorer *scorer = NULL;
            o.trees.rounds = 60;
            if (part) o.fold_rows = 8000;
            assert_int_equal(fore_scorer_fit(NULL, &s, NULL, &o, NULL, &scorer, NULL), FORE_OK);
            assert_int_equal(fore_scorer_predict(NULL, scorer, &s.x, p, lo, hi, NULL, NULL),
                             FORE_OK);
            for (int64_t i = 0; i < N; i++) {
                width[part] += (hi[i] - lo[i]) / N;
                mean[part] += p[i] / N;
            }
            fore_scorer_free(scorer);
        }
        print_message("%s: width %.4f and %.4f\n", fore_learner_name((fore_learner)learner),
                      width[0], width[1]);
        NEAR(mean[1], mean[0], 0.015);
        assert_true(width[1] > 0.6 * width[0] && width[1] < 1.7 * width[0]);
    }
    free(p);
    free(lo);
    free(hi);
    leads_free(&d);
}

static void scorer_importance__informative_columns__come_first(void **state)
{
    (void)state;
    leads d = leads_new(3000, 8, 0, 1);
    for (int k = 0; k < FORE_SVM; k++) {
        fore_scorer *s = fit(NULL, &d, NULL, (fore_learner)k);
        double importance[8];
        fore_scorer_importance(s, importance);
        for (int j = 4; j < 8; j++) assert_true(importance[0] > 3 * importance[j]);
        assert_true(importance[4] == 0);
        fore_scorer_free(s);
    }
    leads_free(&d);
}

static void scorer_fit__allocations_failing__clean(void **state)
{
    (void)state;
    leads d = leads_new(90, 4, 0, 1), shuffled = leads_shuffled(&d, 1);
    fore_sample sample = leads_sample(&shuffled);
    int64_t live = fore_memory_live();
    for (int learner = 0; learner < FORE_SVM; learner++) {
        fore_scorer_options o = quick((fore_learner)learner);
        o.trees.rounds = 2;
        o.precision = 1;
        fore_status status = FORE_E_MEMORY;
        for (int64_t k = 1; status == FORE_E_MEMORY && k < 5000; k++) {
            fore_scorer *s = NULL, *t = NULL;
            fore_text text = {0};
            fore_memory_fail_at(k);
            status = fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL);
            fore_memory_fail_at(0);
            if (status == FORE_OK) {
                assert_int_equal(fore_scorer_save(s, &text, NULL), FORE_OK);
                for (int64_t m = 1; !t; m++) {
                    fore_memory_fail_at(m);
                    fore_status loaded = fore_scorer_load(text.bytes, text.length, &t, NULL);
                    fore_memory_fail_at(0);
                    assert_true(loaded == FORE_OK || loaded == FORE_E_MEMORY);
                }
            }
            fore_scorer_free(t);
            fore_scorer_free(s);
            fore_text_free(&text);
            assert_int_equal(fore_memory_live(), live);
        }
        assert_int_equal(status, FORE_OK);
    }
    leads_free(&d);
    leads_free(&shuffled);
}

/* ---- refitting on all of the past ---- */

static double logit(double p) { return log(p / (1 - p)); }

static fore_scorer *refit(const leads *d, const uint8_t *newest, double forward,
                          fore_learner learner)
{
    fore_sample sample = leads_sample(d);
    fore_scorer_options o = quick(learner);
    fore_scorer *s = NULL;
    fore_error err = {0};
    if (fore_scorer_refit(NULL, &sample, newest, forward, 0.01, &o, NULL, &s, &err) != FORE_OK)
        fail_msg("%s: %s", fore_learner_name(learner), err.message);
    return s;
}

static double mean_probability(const fore_scorer *s, const leads *d)
{
    double *p = malloc((size_t)d->n * 8), sum = 0, weight = 0;
    fore_view x = {d->x, d->n, d->p, d->n, NULL};
    assert_int_equal(fore_scorer_predict(NULL, s, &x, p, NULL, NULL, NULL, NULL), FORE_OK);
    for (int64_t i = 0; i < d->n; i++) {
        sum += d->w[i] * p[i];
        weight += d->w[i];
    }
    free(p);
    return sum / weight;
}

/* The last fifth wins far more often: that is the level of the rows to come. */
static void scorer_refit__newest_rows_at_another_level__follows_them(void **state)
{
    (void)state;
    leads d = leads_new(3000, 5, -1.5, 3), late = leads_new(3000, 5, 0.5, 4);
    leads next = leads_new(3000, 5, 0.5, 5);
    uint8_t *newest = calloc(3000, 1), *none = calloc(3000, 1);
    double rate = 0, weight = 0;
    for (int64_t i = 2400; i < 3000; i++) {
        newest[i] = 1;
        for (int64_t j = 0; j < 5; j++) d.x[i + j * 3000] = late.x[i + j * 3000];
        d.y[i] = late.y[i];
    }
    for (int64_t i = 0; i < 3000; i++) {
        rate += next.w[i] * next.y[i];
        weight += next.w[i];
    }
    for (int learner = 0; learner < FORE_LEARNERS; learner++) {
        fore_scorer *follows = refit(&d, newest, NAN, (fore_learner)learner);
        fore_scorer *all = refit(&d, none, NAN, (fore_learner)learner);
        NEAR(mean_probability(follows, &next), rate / weight, 0.05);
        assert_true(mean_probability(all, &next) < rate / weight - 0.1);
        fore_scorer_free(follows);
        fore_scorer_free(all);
    }
    free(newest);
    free(none);
    leads_free(&next);
    leads_free(&d);
    leads_free(&late);
}

static void scorer_refit__ranking_did_not_hold__log_odds_at_half_and_order_as_before(void **state)
{
    (void)state;
    leads d = leads_new(1500, 5, 0, 3);
    uint8_t *newest = calloc(1500, 1);
    double *p = malloc(1500 * 8), *q = malloc(1500 * 8);
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    for (int64_t i = 1200; i < 1500; i++) newest[i] = 1;
    fore_scorer *held = refit(&d, newest, 50, FORE_LOGISTIC);
    fore_scorer *turned = refit(&d, newest, -3, FORE_LOGISTIC);
    assert_int_equal(fore_scorer_predict(NULL, held, &x, p, NULL, NULL, NULL, NULL), FORE_OK);
    assert_int_equal(fore_scorer_predict(NULL, turned, &x, q, NULL, NULL, NULL, NULL), FORE_OK);
    for (int64_t i = 1; i < 1500; i++)
        NEAR(logit(q[i]) - logit(q[0]), 0.5 * (logit(p[i]) - logit(p[0])), 1e-9);
    fore_scorer_free(held);
    fore_scorer_free(turned);
    free(newest);
    free(p);
    free(q);
    leads_free(&d);
}

static void scorer_refit__shuffled_rows_and_more_threads__no_byte_changes(void **state)
{
    (void)state;
    leads d = leads_new(900, 5, 0, 3);
    for (int64_t i = 0; i < d.n; i++) d.role[i] = i >= 700;
    leads e = leads_shuffled(&d, 5);
    fore_pool *pool = threads(3);
    for (int learner = 0; learner < FORE_LEARNERS; learner++) {
        fore_sample sample = leads_sample(&e);
        fore_scorer_options o = quick((fore_learner)learner);
        fore_scorer *a = refit(&d, d.role, 0.4, (fore_learner)learner), *b = NULL;
        assert_int_equal(fore_scorer_refit(pool, &sample, e.role, 0.4, 0.01, &o, NULL, &b, NULL),
                         FORE_OK);
        assert_true(same_model(a, b));
        fore_scorer_free(a);
        fore_scorer_free(b);
    }
    fore_pool_free(pool);
    leads_free(&d);
    leads_free(&e);
}

/* ---- intervals ---- */

/* Straight, for all learners; bent, for those that can bend. */
static double true_logit(const double *v, bool bent)
{
    if (!bent) return -0.5 + 0.8 * v[0] - 0.5 * v[1] + 0.3 * v[2];
    return -1 + 1.2 * v[0] - 0.8 * (v[1] * v[1] - 1) + 0.5 * v[2] * (v[3] > 0);
}

/* Shares of new rows whose true probability lies in the 90 % interval, over several histories.
 * newest > 0: published as the choice does it, with the level of the newest rows, and a slope on
 * later rows that so few of them cannot tell from 1. */
static double coverage(fore_learner learner, bool bent, int64_t n, int64_t newest, double *width)
{
    enum { P = 6, NEW = 500, HISTORIES = 6 };
    double inside = 0;
    *width = 0;
    for (int h = 0; h < HISTORIES; h++) {
        fore_random random = fore_random_new((uint64_t)h + 40, 3);
        double *x = malloc((size_t)(n * P) * 8), *y = malloc((size_t)n * 8), z[NEW * P], v[P],
               p[NEW], lo[NEW], hi[NEW];
        for (int64_t i = 0; i < n; i++) {
            for (int j = 0; j < P; j++) v[j] = x[i + j * n] = fore_random_normal(&random);
            y[i] = fore_random_uniform(&random) < 1 / (1 + exp(-true_logit(v, bent)));
        }
        for (int64_t k = 0; k < NEW * P; k++) z[k] = fore_random_normal(&random);
        fore_sample sample = {{x, n, P, n, NULL}, y, NULL, NULL, NULL, NULL};
        fore_view fresh = {z, NEW, P, NEW, NULL};
        fore_scorer_options o = fore_scorer_default(learner);
        fore_scorer *s = NULL;
        uint8_t *mark = calloc((size_t)n, 1);
        for (int64_t i = n - newest; i < n; i++) mark[i] = 1;
        if (newest)
            assert_int_equal(fore_scorer_refit(NULL, &sample, mark, 0.6, 0.6, &o, NULL, &s, NULL),
                             FORE_OK);
        else
            assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL), FORE_OK);
        free(mark);
        assert_int_equal(fore_scorer_predict(NULL, s, &fresh, p, lo, hi, NULL, NULL), FORE_OK);
        for (int64_t i = 0; i < NEW; i++) {
            for (int j = 0; j < P; j++) v[j] = z[i + j * NEW];
            double truth = 1 / (1 + exp(-true_logit(v, bent)));
            inside += lo[i] <= truth && truth <= hi[i];
            *width += (hi[i] - lo[i]) / NEW / HISTORIES;
        }
        fore_scorer_free(s);
        free(x);
        free(y);
    }
    return inside / NEW / HISTORIES;
}

static bool covers(fore_learner learner, bool bent, int64_t n, int64_t newest)
{
    double width, share = coverage(learner, bent, n, newest, &width);
    print_message("%s, %s truth, %lld rows%s: %.3f of the true probabilities inside, width %.3f\n",
                  fore_learner_name(learner), bent ? "bent" : "straight", (long long)n,
                  newest ? ", level of the newest" : "", share, width);
    return share >= 0.80 && share <= (newest ? 0.99 : 0.97);
}

static void scorer_interval__level_of_few_newest_rows__is_as_wide_as_they_are_few(void **state)
{
    (void)state;
    bool fine = true;
    for (int64_t n = 600; n <= 2400; n *= 4) {
        fine &= covers(FORE_LOGISTIC, false, n, 120);
        fine &= covers(FORE_TREES, false, n, 120);
    }
    assert_true(fine);
}

static void scorer_interval__known_truth__about_nine_in_ten_hold_it(void **state)
{
    (void)state;
    bool fine = true;
    for (int learner = 0; learner < FORE_LEARNERS; learner++)
        for (int64_t n = 600; n <= 2400; n *= 4) {
            fine &= covers((fore_learner)learner, false, n, 0);
            if (learner == FORE_TREES || learner == FORE_SVM)
                fine &= covers((fore_learner)learner, true, n, 0);
        }
    assert_true(fine);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scorer_fit__shuffled_rows_and_more_threads__no_byte_changes),
        cmocka_unit_test(scorer_predict__new_rows__informative_and_calibrated),
        cmocka_unit_test(scorer_row__each_row__equals_the_batch_and_allocates_nothing),
        cmocka_unit_test(scorer_load__saved__same_bytes_and_same_answers),
        cmocka_unit_test(scorer_load__cut_or_changed__error_or_sound),
        cmocka_unit_test(scorer_load__foreign_or_newer__says_so),
        cmocka_unit_test(scorer_fit__one_class__names_it),
        cmocka_unit_test(scorer_fit__bad_rows__name_row_and_column),
        cmocka_unit_test(scorer_predict__infinite_or_other_columns__refused),
        cmocka_unit_test(scorer_fit__three_rows_all_missing_wide_and_huge__answers),
        cmocka_unit_test(scorer_fit__thousands_of_columns__answers),
        cmocka_unit_test(scorer_fit__subjects_repeated__folds_keep_them_together),
        cmocka_unit_test(scorer_fit__folds_of_a_part__curve_and_widths_as_on_all),
        cmocka_unit_test(scorer_importance__informative_columns__come_first),
        cmocka_unit_test(scorer_fit__allocations_failing__clean),
        cmocka_unit_test(scorer_refit__newest_rows_at_another_level__follows_them),
        cmocka_unit_test(scorer_refit__ranking_did_not_hold__log_odds_at_half_and_order_as_before),
        cmocka_unit_test(scorer_refit__shuffled_rows_and_more_threads__no_byte_changes),
        cmocka_unit_test(scorer_interval__known_truth__about_nine_in_ten_hold_it),
        cmocka_unit_test(scorer_interval__level_of_few_newest_rows__is_as_wide_as_they_are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
