/* Groups against a plain recount of the test rows, what stands in for them, and the effect of a
 * planted leak. */
#include "answer_help.h"
#include "engine/jobs/training.h"

enum { NOW = 480, SEED = 12 };

static void train(world *w, const company *k)
{
    put_company(w, k);
    foresell_train_request r = {.moment = {at(NOW, 0), NULL}, .publish = true, .seed = SEED};
    HEAR(h, fore_job_train(&w->c, &r, h.answer, e));
    forget(&h);
}

static foresell_check_request request(const char *by)
{
    return (foresell_check_request){.moment = {at(NOW, 0), NULL}, .by = by};
}

/* Is the deal of that id big? The attribute as the frame has it. */
static bool is_big(const fore_attributes *a, int64_t subject)
{
    const fore_frame_column *f = fore_frame_column_at(a->frame, fore_frame_find(a->frame, "Size"));
    int32_t code = f->code[subject - a->first];
    return code >= 0 && strcmp(fore_dictionary_text(f->levels, code), "big") == 0;
}

typedef struct recount {
    double rows, weight, won, said, top;
} recount;

static void fair__a_marked_column__has_the_figures_of_its_rows(void **state)
{
    world *w = *state;
    company k = {.seed = 4, .deals = 700, .days = 470};
    train(w, &k);
    foresell_check_request r = request("Size");
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    const fore_json_node *part = fore_json_at(node_of(h.root, "fairness"), 0);
    assert_string_equal(string_of(part, "column"), "Size");

    fore_scoring *s = NULL;
    fore_examples *x = NULL;
    fore_attributes *a = NULL;
    const fore_timeline *t;
    const fore_extractor *extractor;
    OK(fore_context_history(&w->c, &t, &extractor, e));
    OK(fore_scoring_open(&w->c, FORE_SUBJECT_DEAL, FORE_NO_TIME, &s, e));
    fore_examples_options o = fore_examples_defaults(s->as_of);
    o.horizon_days = s->horizon_days;
    o.seed = fore_training_examples_seed(SEED); /* as the training drew its windows */
    OK(fore_examples_make(t, FORE_SUBJECT_DEAL, &o, &x, e));
    OK(fore_attributes_read(w->c.store, t, FORE_SUBJECT_DEAL, s->as_of, NULL, 0, &a, e));
    double *p = calloc((size_t)x->n, sizeof *p), whole = 0;
    assert_non_null(p);
    OK(fore_scoring_predict(s, extractor, w->c.pool, a, x->row, x->n, p, NULL, NULL, e));
    for (int64_t i = 0; i < x->n; i++)
        if (x->window[i] == FORE_WINDOW_TEST) whole += x->weight[i];
    recount group[2] = {0};
    for (int64_t i = 0; i < x->n; i++) {
        if (x->window[i] != FORE_WINDOW_TEST) continue;
        double above = 0, same = 0;
        for (int64_t j = 0; j < x->n; j++) {
            if (x->window[j] != FORE_WINDOW_TEST) continue;
            above += p[j] > p[i] ? x->weight[j] : 0;
            same += p[j] == p[i] ? x->weight[j] : 0;
        }
        recount *g = &group[is_big(a, x->row[i].subject)];
        g->rows++;
        g->weight += x->weight[i];
        g->won += x->weight[i] * x->label[i];
        g->said += x->weight[i] * p[i];
        g->top += x->weight[i] * fmin(fmax((0.1 * whole - above) / same, 0), 1);
    }
    const fore_json_node *groups = node_of(part, "groups");
    assert_int_equal(fore_json_length(groups), 2);
    for (int64_t i = 0; i < 2; i++) {
        const fore_json_node *g = fore_json_at(groups, i);
        const recount *c = &group[strcmp(string_of(g, "group"), "big") == 0];
        assert_true(number_of(g, "rows") == c->rows);
        CLOSE(number_of(g, "base_rate"), c->won / c->weight);
        CLOSE(number_of(g, "mean_chance"), c->said / c->weight);
        CLOSE(number_of(g, "calibration_gap"), (c->said - c->won) / c->weight);
        CLOSE(number_of(g, "share_in_top_tenth"), c->top / c->weight);
        assert_true(number_of(g, "gap_standard_error") > 0);
        assert_true(number_of(g, "subjects") <= c->rows);
    }
    assert_true(noted(&h, "Size, deals"));
    free(p);
    fore_examples_free(x);
    fore_attributes_free(a);
    fore_scoring_free(s);
    forget(&h);
}

/* The same word under two names: one stands in for the other, wholly. */
static void fair__a_twin_column__is_named_as_proxy(void **state)
{
    world *w = *state;
    company k = {.seed = 4, .deals = 700, .days = 470};
    put_company(w, &k);
    stored s = read_store(w);
    world_begin(w);
    for (int64_t i = 0; i < s.deals; i++) {
        fore_deal_row row = a_deal(s.deal[i].id, s.deal[i].created);
        row.outcome = FORE_OUTCOME_UNKNOWN;
        row.attributes = i % 3 ? "{\"Country\":\"North\",\"Tongue\":\"northern\"}"
                               : "{\"Country\":\"South\",\"Tongue\":\"southern\"}";
        put_deal(w, row);
    }
    world_commit(w);
    drop_stored(&s);
    foresell_train_request train_request = {.moment = {at(NOW, 0), NULL}, .publish = true};
    HEAR(trained, fore_job_train(&w->c, &train_request, trained.answer, e));
    forget(&trained);
    foresell_check_request r = request(NULL);
    r.fair = true;
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    const fore_json_node *part = fore_json_at(node_of(h.root, "fairness"), 0);
    assert_string_equal(string_of(part, "column"), "Country (attribute)");
    const fore_json_node *best = fore_json_at(node_of(part, "proxies"), 0);
    assert_non_null(strstr(string_of(best, "column"), "Tongue"));
    CLOSE(number_of(best, "auc"), 1);
    assert_true(noted(&h, "Tongue"));
    forget(&h);
}

static void fair__wrong_or_missing_columns__are_told_apart(void **state)
{
    world *w = *state;
    company k = {.seed = 4, .deals = 300, .days = 470};
    foresell_check_request r = request(NULL);
    r.fair = true;
    put_company(w, &k);
    DENIED(FORE_E_NO_ANSWER, "no model answers", d, fore_job_check(&w->c, &r, d.answer, e));
    foresell_train_request train_request = {.moment = {at(NOW, 0), NULL}, .publish = true};
    HEAR(trained, fore_job_train(&w->c, &train_request, trained.answer, e));
    forget(&trained);
    DENIED(FORE_E_NO_ANSWER, "--by", d, fore_job_check(&w->c, &r, d.answer, e));
    r = request("Shoe size");
    DENIED(FORE_E_ARGUMENT, "Shoe size", d, fore_job_check(&w->c, &r, d.answer, e));
    r = request("Size,Shoe size");
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    assert_true(noted(&h, "not there"));
    forget(&h);
    r.code = "closed_before_created";
    DENIED(FORE_E_USAGE, "one at a time", d, fore_job_check(&w->c, &r, d.answer, e));
}

static void leaks__taken_in__look_better_and_are_said_not_to_hold(void **state)
{
    world *w = *state;
    company k = {
        .seed = 3, .deals = 500, .days = 470, .leak = true, .leak_name = "Signed, on paper"};
    put_company(w, &k);
    foresell_check_request r = {.moment = {at(NOW, 0), NULL}, .leaks = true, .seed = SEED};
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    HEAR(again, fore_job_check(&w->c, &r, again.answer, e));
    assert_string_equal(fore_text_string(&again.answer->json), fore_text_string(&h.answer->json));
    forget(&again);
    const fore_json_node *part = fore_json_at(node_of(h.root, "leak_effect"), 0);
    const fore_json_node *with = node_of(part, "with"), *without = node_of(part, "without");
    assert_non_null(strstr(string_of(part, "columns"), "\"Signed, on paper\""));
    assert_true(number_of(with, "auc") > number_of(without, "auc"));
    CLOSE(number_of(part, "auc_gained"), number_of(with, "auc") - number_of(without, "auc"));
    assert_true(number_of(with, "rows") == number_of(without, "rows"));
    assert_true(noted(&h, "None of that would hold"));
    /* without them it is what train measures */
    fore_training t;
    fore_training_options o = {.as_of = at(NOW, 0), .seed = SEED};
    o.without[FORE_SVM] = true;
    OK(fore_training_run(&w->c, FORE_SUBJECT_DEAL, &o, &t, e));
    CLOSE(number_of(without, "log_loss"), t.choice.test.log_loss);
    fore_training_free(&t);
    forget(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(fair__a_marked_column__has_the_figures_of_its_rows),
        WITH_WORLD(fair__a_twin_column__is_named_as_proxy),
        WITH_WORLD(fair__wrong_or_missing_columns__are_told_apart),
        WITH_WORLD(leaks__taken_in__look_better_and_are_said_not_to_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
