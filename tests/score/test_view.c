/* Views: whatever learns or scores through an index of rows gives the bytes that it gives on a copy
 * of those rows, and never reads another one: in the matrix below the views, every row that is not
 * named holds infinities only. */
#include "tests/score/score_support.h"

#include "engine/base/json.h"
#include "models/score/elastic_net.h"
#include "models/score/logit.h"
#include "models/score/scorer.h"

enum order { IN_ORDER, SHUFFLED, ASCENDING, REPEATED, ORDERS };

/* The same n rows twice: through an index of a larger matrix, and copied. */
typedef struct twins {
    int64_t n, p;
    double *below, *x, *y, *w;
    int64_t *row, *key, *group;
    fore_view view, copy;
} twins;

static void choose_rows(int64_t *row, int64_t n, int64_t m, enum order order, uint64_t seed)
{
    fore_random random = fore_random_new(seed, 9);
    int64_t *all = malloc((size_t)m * 8);
    for (int64_t i = 0; i < m; i++) all[i] = i;
    if (order == SHUFFLED) fore_random_shuffle(&random, all, m);
    for (int64_t i = 0; i < n; i++)
        row[i] = order == IN_ORDER    ? i
                 : order == ASCENDING ? all[2 * i + 1]
                 : order == REPEATED  ? fore_random_below(&random, m)
                                      : all[i];
    free(all);
}

static twins twins_new(int64_t n, int64_t p, bool holes, enum order order, uint64_t seed)
{
    int64_t m = order == IN_ORDER ? n : 2 * n + 3;
    leads d = leads_new(n, p, -0.3, seed);
    twins t = {.n = n, .p = p, .x = d.x, .y = d.y, .w = d.w, .key = d.key, .group = d.group};
    free(d.role);
    t.below = malloc((size_t)(m * p) * 8);
    t.row = malloc((size_t)n * 8);
    choose_rows(t.row, n, m, order, seed);
    for (int64_t k = 0; k < m * p; k++) t.below[k] = INFINITY;
    for (int64_t j = 0; j < p; j++) {
        for (int64_t i = 0; i < n; i++) {
            if (!holes && isnan(t.x[i + j * n])) t.x[i + j * n] = 0.25;
            t.below[t.row[i] + j * m] = t.x[i + j * n];
        }
        for (int64_t i = 0; i < n; i++) t.x[i + j * n] = t.below[t.row[i] + j * m];
    }
    t.view = (fore_view){t.below, n, p, m, t.row};
    t.copy = (fore_view){t.x, n, p, n, NULL};
    return t;
}

static void twins_free(twins *t)
{
    free(t->below);
    free(t->x);
    free(t->y);
    free(t->w);
    free(t->row);
    free(t->key);
    free(t->group);
}

static fore_sample sample_of(const twins *t, fore_view x)
{
    return (fore_sample){x, t->y, t->w, t->group, t->key, NULL};
}

/* ---- every learner, as text ---- */

typedef struct job {
    fore_pool *pool;
    fore_view x;
    const double *y, *w;
    const uint8_t *held;
    const fore_design *design;
    fore_json_writer *json;
} job;

static fore_status write_logit(const job *g, const fore_design *design)
{
    fore_logit_model *model = NULL;
    fore_logit_info info;
    fore_logit_options o = fore_logit_default();
    FORE_TRY(fore_logit_fit(g->pool, &g->x, design, g->y, g->w, NULL, &o, &model, &info, NULL));
    fore_json_numbers(g->json, "beta", model->beta, model->width);
    fore_json_number(g->json, "intercept", model->intercept);
    fore_json_number(g->json, "deviance", info.deviance);
    if (model->covariance)
        fore_json_numbers(g->json, "covariance", model->covariance,
                          (model->width + 1) * (model->width + 1));
    fore_logit_free(model);
    return FORE_OK;
}

static fore_status write_net(const job *g, const fore_design *design)
{
    fore_net *net = NULL;
    FORE_TRY(fore_net_fit(g->pool, &g->x, design, g->y, g->w, g->held, NULL, &net, NULL));
    fore_json_numbers(g->json, "beta", net->beta, net->width * net->lambdas);
    fore_json_numbers(g->json, "held", net->held, net->lambdas);
    fore_net_free(net);
    return FORE_OK;
}

static fore_status write_trees(const job *g)
{
    fore_trees *trees = NULL;
    fore_trees_options o = fore_trees_default();
    o.rounds = 15;
    double *margin = malloc((size_t)g->x.rows * 8 + 8);
    fore_status status =
        fore_trees_fit(g->pool, &g->x, g->y, g->w, g->held, &o, NULL, &trees, NULL, NULL);
    if (status == FORE_OK) status = fore_trees_predict(g->pool, trees, &g->x, margin, NULL);
    if (status == FORE_OK) {
        fore_trees_write(trees, g->json, "trees");
        fore_json_numbers(g->json, "margin", margin, g->x.rows);
    }
    fore_trees_free(trees);
    free(margin);
    return status;
}

static fore_status write_svm(const job *g, const fore_design *design)
{
    fore_svm *svm = NULL;
    fore_svm_options o = fore_svm_default();
    o.rows = 300;
    for (int map = 0; map < 2; map++) {
        o.landmarks = map ? 40 : 0;
        FORE_TRY(fore_svm_fit(g->pool, &g->x, design, g->y, NULL, &o, &svm, NULL));
        fore_svm_write(svm, g->json, map ? "map" : "svm");
        fore_svm_free(svm);
    }
    return FORE_OK;
}

enum kind { DESIGN, LOGIT, PLAIN_LOGIT, NET, PLAIN_NET, TREES, SVM, PLAIN_SVM, KINDS };

static fore_status write_kind(const job *g, enum kind kind)
{
    switch (kind) {
    case DESIGN: fore_design_write(g->design, g->json, "design"); return FORE_OK;
    case LOGIT: return write_logit(g, g->design);
    case PLAIN_LOGIT: return write_logit(g, NULL);
    case NET: return write_net(g, g->design);
    case PLAIN_NET: return write_net(g, NULL);
    case TREES: return write_trees(g);
    case SVM: return write_svm(g, g->design);
    default: return write_svm(g, NULL);
    }
}

static fore_status learn(const twins *t, fore_view x, const uint8_t *held, enum kind kind,
                         fore_pool *pool, fore_text *out)
{
    fore_design *design = NULL;
    fore_json_writer json = fore_json_to(out);
    fore_json_object(&json, NULL);
    assert_int_equal(fore_design_fit(pool, &x, t->w, NULL, &design, NULL), FORE_OK);
    job g = {pool, x, t->y, t->w, held, design, &json};
    fore_status status = write_kind(&g, kind);
    fore_json_end_object(&json);
    fore_design_free(design);
    return status;
}

static void compare_kind(const twins *t, const uint8_t *held, enum kind kind)
{
    fore_text a = {0}, b = {0};
    fore_pool *pool = threads(2);
    fore_status left = learn(t, t->copy, held, kind, NULL, &a);
    fore_status right = learn(t, t->view, held, kind, pool, &b);
    assert_int_equal(left, right);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.bytes, b.bytes, (size_t)a.length);
    assert_true(left != FORE_OK || a.length > 20);
    fore_pool_free(pool);
    fore_text_free(&a);
    fore_text_free(&b);
}

static void learners__rows_through_an_index__bytes_of_the_copy(void **state)
{
    (void)state;
    static const int64_t sizes[4] = {1, 2, 513, 1100};
    for (int order = 0; order < ORDERS; order++)
        for (int size = 0; size < 4; size++) {
            int64_t n = sizes[size];
            uint8_t *held = malloc((size_t)n);
            for (int64_t i = 0; i < n; i++) held[i] = n > 2 && i % 5 == 0;
            for (int kind = 0; kind < KINDS; kind++) {
                bool plain = kind == PLAIN_LOGIT || kind == PLAIN_NET || kind == PLAIN_SVM;
                twins t = twins_new(n, 6, !plain, (enum order)order, 40 + (uint64_t)size);
                compare_kind(&t, held, (enum kind)kind);
                twins_free(&t);
            }
            free(held);
        }
}

static void logit_fit__more_columns_than_rows_through_an_index__bytes_of_the_copy(void **state)
{
    (void)state;
    for (int kind = LOGIT; kind <= PLAIN_LOGIT; kind++) {
        twins t = twins_new(60, 400, kind == LOGIT, SHUFFLED, 8);
        compare_kind(&t, NULL, (enum kind)kind);
        twins_free(&t);
    }
}

static void logit_fit__warm_start_through_an_index__bytes_of_the_copy(void **state)
{
    (void)state; /* 200,000 rows and more look at every 16th slice first */
    twins t = twins_new(200100, 2, true, ASCENDING, 3);
    compare_kind(&t, NULL, LOGIT);
    twins_free(&t);
}

static void trees_fit__more_rows_than_edges_are_sampled_of__bytes_of_the_copy(void **state)
{
    (void)state;
    twins t = twins_new(200100, 2, true, SHUFFLED, 4);
    compare_kind(&t, NULL, TREES);
    twins_free(&t);
}

/* ---- designs ---- */

static void design_block__any_part__rows_of_the_index(void **state)
{
    (void)state;
    enum { N = 1300, P = 6 };
    static const int64_t parts[5][2] = {{0, N}, {7, 1}, {511, 514}, {N, 0}, {3, 512}};
    twins t = twins_new(N, P, true, SHUFFLED, 5);
    fore_design *d = NULL;
    assert_int_equal(fore_design_fit(NULL, &t.copy, NULL, NULL, &d, NULL), FORE_OK);
    double *a = malloc(2 * P * N * 8), *b = malloc(2 * P * N * 8), *z = malloc(2 * P * 8);
    for (int k = 0; k < 5; k++) {
        int64_t from = parts[k][0], count = parts[k][1];
        fore_design_block(d, &t.copy, from, count, a, count);
        fore_design_block(d, &t.view, from, count, b, count);
        assert_memory_equal(a, b, (size_t)(count * d->width) * 8);
        for (int64_t i = 0; i < count; i++) {
            fore_design_row(d, fore_view_row(&t.view, from + i), t.view.stride, z);
            for (int64_t q = 0; q < d->width; q++) assert_true(z[q] == b[q * count + i]);
        }
    }
    free(a);
    free(b);
    free(z);
    fore_design_free(d);
    twins_free(&t);
}

static void check_finite__infinity_behind_the_index__names_the_row_of_the_view(void **state)
{
    (void)state;
    twins t = twins_new(700, 5, true, SHUFFLED, 6);
    fore_error err = {0};
    assert_int_equal(fore_check_finite(NULL, &t.view, NULL), FORE_OK);
    t.below[t.row[600] + 3 * t.view.stride] = -INFINITY;
    assert_int_equal(fore_check_finite(NULL, &t.view, &err), FORE_E_DATA);
    assert_int_equal(err.line, 601);
    assert_int_equal(err.column, 4);
    fore_design *d = NULL;
    assert_int_equal(fore_design_fit(NULL, &t.view, NULL, NULL, &d, &err), FORE_E_DATA);
    assert_int_equal(err.line, 601);
    assert_int_equal(err.column, 4);
    twins_free(&t);
}

/* ---- rows ---- */

static void rows_take__scattered_rows__x_stays_where_it_is(void **state)
{
    (void)state;
    leads d = leads_new(500, 5, 0, 7), s = leads_shuffled(&d, 2);
    fore_sample sample = leads_sample(&s);
    fore_rows rows;
    assert_int_equal(fore_rows_take(NULL, &sample, s.role, 1u << 1 | 1u << 3, &rows, NULL),
                     FORE_OK);
    assert_ptr_equal(rows.sample.x.data, s.x);
    assert_int_equal(rows.sample.x.stride, 500);
    int64_t n = rows.sample.x.rows, wanted = 0;
    for (int64_t i = 0; i < 500; i++) wanted += s.role[i] == 1 || s.role[i] == 3;
    assert_int_equal(n, wanted);
    for (int64_t i = 0; i < n; i++) {
        int64_t from = rows.index[i];
        assert_true(i == 0 || rows.sample.key[i - 1] < rows.sample.key[i]);
        assert_true(s.role[from] == 1 || s.role[from] == 3);
        assert_int_equal(rows.sample.key[i], s.key[from]);
        assert_int_equal(rows.sample.group[i], s.group[from]);
        assert_true(rows.sample.y[i] == s.y[from] && rows.sample.weight[i] == s.w[from]);
        assert_ptr_equal(fore_view_row(&rows.sample.x, i), s.x + from);
    }
    fore_rows_free(&rows);
    leads_free(&d);
    leads_free(&s);
}

/* Whole subjects, the same share of each role, whatever the order; a rare outcome keeps more. */
static void rows_thin__many_rows__whole_subjects_in_equal_shares(void **state)
{
    (void)state;
    enum { N = 40000 };
    leads d = leads_new(N, 2, 0, 5);
    uint8_t *keep = malloc(N), *again = malloc(N);
    fore_sample s = leads_sample(&d);
    uint32_t wanted = 1u << 1 | 1u << 3;
    double have[8] = {0}, kept[8] = {0};
    fore_rows_thin(&s, d.role, wanted, N / 4, 9, keep);
    for (int64_t i = 0; i < N; i++) {
        have[d.role[i]]++;
        kept[d.role[i]] += keep[i];
        bool same = i > 0 && d.group[i] == d.group[i - 1] && d.role[i] == d.role[i - 1];
        assert_true(!same || keep[i] == keep[i - 1]);
    }
    double share = N / 4 / (have[1] + have[3]);
    assert_true(share < 0.9 && kept[0] + kept[2] + kept[4] == 0);
    NEAR(kept[1] / have[1], share, 0.03);
    NEAR(kept[3] / have[3], share, 0.03);
    fore_rows_thin(&s, NULL, 0, N, 9, again);
    for (int64_t i = 0; i < N; i++) assert_true(again[i]);
    for (int64_t i = 0; i < N; i++) d.y[i] = i % 10 == 0;
    fore_rows_thin(&s, NULL, 0, 100, 9, again);
    double rare = 0;
    for (int64_t i = 0; i < N; i++) rare += again[i] && d.y[i] > 0;
    NEAR(rare, FORE_RARE_ROWS, 200);
    free(keep);
    free(again);
    leads_free(&d);
}

static void rows_take__rows_of_rows__indices_compose(void **state)
{
    (void)state;
    leads d = leads_new(400, 4, 0, 8), s = leads_shuffled(&d, 3);
    fore_sample sample = leads_sample(&s);
    fore_rows outer, odd, head;
    uint8_t mark[400];
    assert_int_equal(fore_rows_take(NULL, &sample, s.role, 1u << 1, &outer, NULL), FORE_OK);
    for (int i = 0; i < 400; i++) mark[i] = i % 2;
    assert_int_equal(fore_rows_take(NULL, &outer.sample, mark, 1u << 1, &odd, NULL), FORE_OK);
    for (int i = 0; i < 400; i++) mark[i] = i >= 10 && i < 30;
    assert_int_equal(fore_rows_take(NULL, &outer.sample, mark, 1u << 1, &head, NULL), FORE_OK);
    assert_int_equal(head.sample.x.rows, 20);
    assert_ptr_equal(head.sample.x.row, outer.sample.x.row + 10); /* side by side: no copy at all */
    assert_ptr_equal(head.sample.y, outer.sample.y + 10);
    for (int64_t i = 0; i < odd.sample.x.rows; i++) {
        int64_t below = outer.index[2 * i + 1];
        assert_int_equal(odd.index[i], 2 * i + 1);
        assert_ptr_equal(fore_view_row(&odd.sample.x, i), s.x + below);
        assert_int_equal(odd.sample.key[i], s.key[below]);
    }
    fore_rows_free(&odd);
    fore_rows_free(&head);
    fore_rows_free(&outer);
    leads_free(&d);
    leads_free(&s);
}

/* ---- scorers ---- */

static fore_scorer_options quick(fore_learner learner)
{
    fore_scorer_options o = fore_scorer_default(learner);
    o.trees.rounds = 20;
    o.svm.rows = 300;
    return o;
}

static void compare_predictions(const fore_scorer *scorer, fore_pool *pool, const twins *t)
{
    int64_t n = t->n;
    double *a = malloc((size_t)n * 32), *b = malloc((size_t)n * 32);
    assert_int_equal(
        fore_scorer_predict(NULL, scorer, &t->copy, a, a + n, a + 2 * n, a + 3 * n, NULL), FORE_OK);
    assert_int_equal(
        fore_scorer_predict(pool, scorer, &t->view, b, b + n, b + 2 * n, b + 3 * n, NULL), FORE_OK);
    assert_memory_equal(a, b, (size_t)n * 32);
    assert_int_equal(fore_scorer_predict(pool, scorer, &t->view, b, NULL, NULL, NULL, NULL),
                     FORE_OK);
    assert_memory_equal(a, b, (size_t)n * 8);
    free(a);
    free(b);
}

static void scorer__fitted_and_asked_through_views__bytes_of_the_copies(void **state)
{
    (void)state;
    fore_pool *pool = threads(3);
    twins train = twins_new(900, 6, true, SHUFFLED, 10),
          later = twins_new(300, 6, true, REPEATED, 11);
    twins asked = twins_new(9001, 6, true, SHUFFLED, 12), one = twins_new(1, 6, true, SHUFFLED, 13);
    fore_sample a = sample_of(&train, train.copy), b = sample_of(&train, train.view);
    fore_sample c = sample_of(&later, later.copy), d = sample_of(&later, later.view);
    for (int k = 0; k < 2 * FORE_LEARNERS; k++) { /* with later rows; with folds of train */
        fore_scorer_options o = quick((fore_learner)(k / 2));
        bool folds = k % 2;
        fore_scorer *left = NULL, *right = NULL;
        fore_text s = {0}, t = {0};
        assert_int_equal(fore_scorer_fit(NULL, &a, folds ? NULL : &c, &o, NULL, &left, NULL),
                         FORE_OK);
        assert_int_equal(fore_scorer_fit(pool, &b, folds ? NULL : &d, &o, NULL, &right, NULL),
                         FORE_OK);
        assert_int_equal(fore_scorer_save(left, &s, NULL), FORE_OK);
        assert_int_equal(fore_scorer_save(right, &t, NULL), FORE_OK);
        assert_int_equal(s.length, t.length);
        assert_memory_equal(s.bytes, t.bytes, (size_t)s.length);
        compare_predictions(left, pool, &asked);
        compare_predictions(left, pool, &one);
        fore_text_free(&s);
        fore_text_free(&t);
        fore_scorer_free(left);
        fore_scorer_free(right);
    }
    twins_free(&train);
    twins_free(&later);
    twins_free(&asked);
    twins_free(&one);
    fore_pool_free(pool);
}

static void scorer_predict__infinity_behind_the_index__names_the_row_of_the_view(void **state)
{
    (void)state;
    twins t = twins_new(600, 6, true, SHUFFLED, 14);
    fore_sample sample = sample_of(&t, t.copy);
    double *p = malloc(600 * 8);
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_scorer_options o = quick((fore_learner)k);
        fore_scorer *scorer = NULL;
        fore_error err = {0};
        assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &scorer, NULL), FORE_OK);
        double kept = t.below[t.row[520] + t.view.stride];
        t.below[t.row[520] + t.view.stride] = INFINITY;
        assert_int_equal(fore_scorer_predict(NULL, scorer, &t.view, p, NULL, NULL, NULL, &err),
                         FORE_E_DATA);
        assert_int_equal(err.line, 521);
        assert_int_equal(err.column, 2);
        t.below[t.row[520] + t.view.stride] = kept;
        fore_scorer_free(scorer);
    }
    free(p);
    twins_free(&t);
}

static void scorer_fit__through_a_view_allocations_failing__clean(void **state)
{
    (void)state;
    twins t = twins_new(90, 4, true, SHUFFLED, 15);
    fore_sample sample = sample_of(&t, t.view);
    double p[90];
    int64_t live = fore_memory_live();
    for (int learner = 0; learner < FORE_SVM; learner++) { /* libsvm has a heap of its own */
        fore_scorer_options o = quick((fore_learner)learner);
        o.trees.rounds = 2;
        o.precision = 1;
        fore_status status = FORE_E_MEMORY;
        for (int64_t k = 1; status == FORE_E_MEMORY && k < 5000; k++) {
            fore_scorer *s = NULL;
            fore_memory_fail_at(k);
            status = fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL);
            if (status == FORE_OK)
                status = fore_scorer_predict(NULL, s, &sample.x, p, NULL, NULL, NULL, NULL);
            fore_memory_fail_at(0);
            fore_scorer_free(s);
            assert_int_equal(fore_memory_live(), live);
        }
        assert_int_equal(status, FORE_OK);
    }
    twins_free(&t);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learners__rows_through_an_index__bytes_of_the_copy),
        cmocka_unit_test(logit_fit__more_columns_than_rows_through_an_index__bytes_of_the_copy),
        cmocka_unit_test(logit_fit__warm_start_through_an_index__bytes_of_the_copy),
        cmocka_unit_test(trees_fit__more_rows_than_edges_are_sampled_of__bytes_of_the_copy),
        cmocka_unit_test(design_block__any_part__rows_of_the_index),
        cmocka_unit_test(check_finite__infinity_behind_the_index__names_the_row_of_the_view),
        cmocka_unit_test(rows_take__scattered_rows__x_stays_where_it_is),
        cmocka_unit_test(rows_take__rows_of_rows__indices_compose),
        cmocka_unit_test(rows_thin__many_rows__whole_subjects_in_equal_shares),
        cmocka_unit_test(scorer__fitted_and_asked_through_views__bytes_of_the_copies),
        cmocka_unit_test(scorer_predict__infinity_behind_the_index__names_the_row_of_the_view),
        cmocka_unit_test(scorer_fit__through_a_view_allocations_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
