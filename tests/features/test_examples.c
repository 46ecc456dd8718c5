/* Training examples against their definition on random histories: open at T, complete labels,
 * windows apart in time, no subject on two sides, nothing seen after as_of. */
#include "frame_help.h"

#include <math.h>

#include "engine/base/random.h"
#include "features/examples.h"

enum { MOST = 4000 };

typedef struct history { /* a timeline of subjects only */
    fore_timeline t;
    int64_t pk[MOST], created[MOST], closed[MOST];
    uint8_t outcome[MOST], left_out[MOST];
} history;

static int64_t day(double days)
{
    return fore_time_of_date(19000) + (int64_t)(days * (double)FORE_DAY);
}

static void bind(history *h, int64_t leads, int64_t deals)
{
    h->t = (fore_timeline){.leads = leads,
                           .deals = deals,
                           .subjects = leads + deals,
                           .pk = h->pk,
                           .key = h->pk,
                           .created_at = h->created,
                           .closed_at = h->closed,
                           .outcome = h->outcome,
                           .left_out = h->left_out};
}

/* Deals over 720 days; `order` permutes who comes when, keys stay with their deals. */
static void make_history(history *h, int64_t n, double win_rate, double mean_life, uint64_t seed,
                         const int64_t *order)
{
    for (int64_t k = 0; k < n; k++) {
        int64_t i = order ? order[k] : k;
        fore_random r = fore_random_new(seed, (uint64_t)i);
        double created = fore_random_uniform(&r) * 720,
               life = mean_life * fore_random_exponential(&r);
        double u = fore_random_uniform(&r);
        h->pk[k] = i + 1;
        h->created[k] = day(created);
        h->outcome[k] = u < win_rate ? FORE_WON : u < 0.9 ? FORE_LOST : FORE_OUTCOME_OPEN;
        h->closed[k] = h->outcome[k] == FORE_OUTCOME_OPEN ? FORE_NO_TIME : day(created + life);
        if (i % 10 == 3)
            h->closed[k] = h->closed[k] == FORE_NO_TIME
                               ? FORE_NO_TIME
                               : day(floor(created + life) + 1); /* on a midnight */
        h->left_out[k] = FORE_KEPT;
        if (i % 97 == 5) h->left_out[k] = FORE_LEFT_NO_CREATION, h->created[k] = FORE_NO_TIME;
        if (i % 101 == 7)
            h->left_out[k] = FORE_LEFT_CLOSED_WITHOUT_TIME, h->closed[k] = FORE_NO_TIME;
    }
    bind(h, 0, n);
}

static fore_examples *make(const history *h, const fore_examples_options *options)
{
    fore_examples *e = NULL;
    OK(fore_examples_make(&h->t, FORE_SUBJECT_DEAL, options, &e, err));
    return e;
}

static bool is_open(const history *h, int64_t s, int64_t at)
{
    if (h->created[s] == FORE_NO_TIME || h->created[s] >= at) return false;
    return h->outcome[s] == FORE_OUTCOME_OPEN || h->closed[s] >= at;
}

static void check_rows(const history *h, const fore_examples *e, const fore_examples_options *o)
{
    int64_t horizon = (int64_t)(e->horizon_days * (double)FORE_DAY);
    int64_t last[FORE_WINDOWS], first[FORE_WINDOWS], rows[FORE_WINDOWS] = {0};
    static int8_t side[MOST];
    static int per_subject[MOST];
    memset(side, -1, sizeof side);
    memset(per_subject, 0, sizeof per_subject);
    for (int w = 0; w < FORE_WINDOWS; w++) last[w] = INT64_MIN, first[w] = INT64_MAX;
    for (int64_t i = 0; i < e->n; i++) {
        int64_t s = e->row[i].subject, at = e->row[i].as_of;
        int w = e->window[i];
        assert_int_equal(h->left_out[s], FORE_KEPT);
        assert_true(is_open(h, s, at));
        assert_int_equal(at % FORE_DAY, 0);
        assert_true(at + horizon <= o->as_of);
        bool won = h->outcome[s] == FORE_WON && h->closed[s] >= at && h->closed[s] < at + horizon;
        assert_true(e->label[i] == won);
        assert_true(e->weight[i] > 0);
        if (i > 0) {
            const fore_extract_row *before = &e->row[i - 1];
            assert_true(before->subject < s || (before->subject == s && before->as_of < at));
        }
        assert_true(side[s] < 0 || side[s] == w);
        side[s] = (int8_t)w;
        assert_true(++per_subject[s] <= o->per_subject);
        if (at < first[w]) first[w] = at;
        if (at > last[w]) last[w] = at;
        rows[w]++;
        if (e->no_test)
            assert_int_equal(w, FORE_WINDOW_TRAIN);
        else if (w == FORE_WINDOW_TEST)
            assert_true(at >= e->test_start);
        else
            assert_true(at + horizon <= e->test_start);
    }
    for (int w = 0; w < FORE_WINDOWS; w++) {
        assert_int_equal(e->summary[w].rows, rows[w]);
        if (rows[w] == 0) continue;
        assert_true(e->summary[w].first == first[w] && e->summary[w].last == last[w]);
        for (int v = w + 1; v < FORE_WINDOWS; v++)
            if (rows[v]) assert_true(last[w] < first[v]);
    }
}

static int64_t all_left_out(const fore_examples_left_out *o)
{
    return o->no_creation + o->closed_before_created + o->closed_without_time + o->created_after +
           o->too_new + o->between + o->gap;
}

static void examples__random_histories__follow_the_rules(void **state)
{
    (void)state;
    static history h;
    int four_windows = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        fore_random r = fore_random_new(seed, 99);
        int64_t n = 50 + fore_random_below(&r, 3000);
        make_history(&h, n, 0.05 + 0.5 * fore_random_uniform(&r), 5 + 120 * fore_random_uniform(&r),
                     seed, NULL);
        fore_examples_options o = fore_examples_defaults(day(300 + 450 * fore_random_uniform(&r)));
        if (seed % 3 == 0) o.horizon_days = 45.5;
        if (seed % 4 == 0) o.step_days = 30;
        o.per_subject = 1 + (int32_t)fore_random_below(&r, 6);
        fore_examples *e = make(&h, &o);
        check_rows(&h, e, &o);
        assert_int_equal(e->subjects + all_left_out(&e->left_out), n);
        four_windows += e->summary[FORE_WINDOW_CALIBRATE].rows > 0;
        fore_examples_free(e);
    }
    assert_true(four_windows > 15);
}

/* The weights make up for the lot: they sum to the number of subjects that had a candidate there.
 */
static void examples__weights__stand_for_all_subjects_of_a_window(void **state)
{
    (void)state;
    static history h;
    make_history(&h, MOST, 0.3, 80, 5, NULL);
    fore_examples_options o = fore_examples_defaults(day(700));
    o.horizon_days = 60;
    o.step_days = 7;
    fore_examples *e = make(&h, &o);
    for (int w = 0; w < FORE_WINDOWS; w++) {
        const fore_window_summary *sum = &e->summary[w];
        double weights = 0, won = 0, subjects = 0, winners = 0;
        for (int64_t i = 0; i < e->n; i++)
            if (e->window[i] == w) weights += e->weight[i], won += e->weight[i] * e->label[i];
        for (int64_t s = 0; s < MOST; s++) {
            double candidates = 0, labels = 0;
            for (int64_t at = sum->first; h.left_out[s] == FORE_KEPT && at <= sum->last;
                 at += 7 * FORE_DAY) {
                if (!is_open(&h, s, at)) continue;
                candidates++;
                labels += h.outcome[s] == FORE_WON && h.closed[s] < at + 60 * FORE_DAY;
            }
            subjects += candidates > 0;
            if (candidates > 0) winners += labels / candidates;
        }
        if (fabs(weights / subjects - 1) > 0.06)
            fail_msg("window %d: weights %.1f for %.0f subjects", w, weights, subjects);
        if (fabs(won / weights - winners / subjects) > 0.04)
            fail_msg("window %d: base rate %.3f for %.3f", w, won / weights, winners / subjects);
        assert_true(fabs(sum->base_rate - won / weights) < 1e-12);
    }
    fore_examples_free(e);
}

static void same_examples(const fore_examples *a, const fore_examples *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->row, b->row, (size_t)a->n * sizeof *a->row);
    assert_memory_equal(a->label, b->label, (size_t)a->n * sizeof *a->label);
    assert_memory_equal(a->weight, b->weight, (size_t)a->n * sizeof *a->weight);
    assert_memory_equal(a->window, b->window, (size_t)a->n);
}

static void examples__what_happens_after_as_of__changes_nothing(void **state)
{
    (void)state;
    static history h, later;
    make_history(&h, 2500, 0.3, 40, 8, NULL);
    fore_examples_options o = fore_examples_defaults(day(500));
    fore_examples *a = make(&h, &o);
    later = h;
    bind(&later, 0, 2500);
    for (int64_t s = 0; s < 2500; s++) {
        if (later.closed[s] != FORE_NO_TIME && later.closed[s] >= o.as_of) {
            later.outcome[s] = s % 3 ? FORE_OUTCOME_OPEN : FORE_WON;
            later.closed[s] = s % 3 ? FORE_NO_TIME : o.as_of + FORE_DAY * (s % 50);
        }
        if (later.created[s] != FORE_NO_TIME && later.created[s] >= o.as_of)
            later.created[s] += 5 * FORE_DAY;
    }
    fore_examples *b = make(&later, &o);
    same_examples(a, b);
    fore_examples_free(a);
    fore_examples_free(b);
}

static void examples__outcomes_of_the_test_window__unseen_in_training(void **state)
{
    (void)state;
    static history h, blind;
    make_history(&h, 3000, 0.4, 40, 12, NULL);
    fore_examples_options o = fore_examples_defaults(day(700));
    o.horizon_days = 45;
    o.step_days = 7;
    fore_examples *a = make(&h, &o);
    assert_false(a->no_test);
    blind = h;
    bind(&blind, 0, 3000);
    for (int64_t s = 0; s < 3000; s++)
        if (blind.closed[s] != FORE_NO_TIME && blind.closed[s] >= a->test_start)
            blind.outcome[s] = blind.outcome[s] == FORE_WON ? FORE_LOST : FORE_WON;
    fore_examples *b = make(&blind, &o);
    assert_true(a->test_start == b->test_start);
    assert_int_equal(a->n, b->n);
    int64_t differ = 0;
    for (int64_t i = 0; i < a->n; i++) {
        assert_int_equal(a->window[i], b->window[i]);
        if (a->window[i] == FORE_WINDOW_TEST)
            differ += a->label[i] != b->label[i];
        else
            assert_true(a->label[i] == b->label[i]);
    }
    assert_true(differ > 50);
    fore_examples_free(a);
    fore_examples_free(b);
}

static int64_t row_of(const fore_examples *e, const history *h, int64_t pk, int64_t as_of)
{
    for (int64_t i = 0; i < e->n; i++)
        if (h->pk[e->row[i].subject] == pk && e->row[i].as_of == as_of) return i;
    return -1;
}

static void examples__subjects_in_another_order__same_examples(void **state)
{
    (void)state;
    static history h, g;
    static int64_t order[1500];
    for (int64_t i = 0; i < 1500; i++) order[i] = i;
    fore_random random = fore_random_new(2, 2);
    fore_random_shuffle(&random, order, 1500);
    make_history(&h, 1500, 0.3, 40, 21, NULL);
    make_history(&g, 1500, 0.3, 40, 21, order);
    fore_examples_options o = fore_examples_defaults(day(700));
    fore_examples *a = make(&h, &o), *b = make(&g, &o);
    assert_int_equal(a->n, b->n);
    for (int64_t i = 0; i < b->n; i++) {
        int64_t j = row_of(a, &h, g.pk[b->row[i].subject], b->row[i].as_of);
        assert_true(j >= 0);
        assert_true(a->label[j] == b->label[i] && a->weight[j] == b->weight[i] &&
                    a->window[j] == b->window[i]);
    }
    fore_examples_free(a);
    fore_examples_free(b);
}

static void examples__horizon__is_quantile_of_days_to_win(void **state)
{
    (void)state;
    static history h;
    make_history(&h, 1000, 0.5, 1, 3, NULL);
    int64_t wins = 0;
    for (int64_t s = 0; s < 1000; s++) /* wins take 1, 2, ... 100 days */
        if (h.outcome[s] == FORE_WON && h.left_out[s] == FORE_KEPT)
            h.closed[s] = h.created[s] + FORE_DAY * (wins++ % 100 + 1);
    fore_examples_options o = fore_examples_defaults(day(2000));
    fore_examples *e = make(&h, &o);
    assert_true(e->horizon_chosen);
    assert_true(fabs(e->horizon_days - 81) <= 2);
    fore_examples_free(e);
    o.horizon_days = 10;
    e = make(&h, &o);
    assert_true(e->horizon_days == 10 && !e->horizon_chosen);
    fore_examples_free(e);
}

static void examples__few_wins__windows_shrink_and_say_so(void **state)
{
    (void)state;
    static history h;
    fore_examples_options o = fore_examples_defaults(day(710));
    o.horizon_days = 60;
    static const struct {
        int64_t deals;
        bool few, calibrate, no_test;
    } want[] = {{3000, false, true, false}, {90, true, false, false}, {12, true, false, true}};
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        make_history(&h, want[k].deals, 0.3, 30, 4, NULL);
        fore_examples *e = make(&h, &o);
        check_rows(&h, e, &o);
        if (e->few_wins != want[k].few || e->no_test != want[k].no_test ||
            (e->summary[FORE_WINDOW_CALIBRATE].rows > 0) != want[k].calibrate)
            fail_msg("%d deals: few %d, no test %d: %s", (int)want[k].deals, e->few_wins,
                     e->no_test, e->notes);
        assert_int_equal(strlen(e->notes) > 0, want[k].few);
        fore_examples_free(e);
    }
}

static void refuse(const history *h, const fore_examples_options *o, fore_status status,
                   const char *says)
{
    fore_examples *e = NULL;
    fore_error error = {0};
    assert_int_equal(fore_examples_make(&h->t, FORE_SUBJECT_DEAL, o, &e, &error), status);
    assert_null(e);
    if (!strstr(error.message, says)) fail_msg("'%s' lacks '%s'", error.message, says);
}

static void examples__no_answer_in_the_data__said(void **state)
{
    (void)state;
    static history h;
    fore_examples_options o = fore_examples_defaults(day(700));
    make_history(&h, 0, 0.3, 30, 4, NULL);
    refuse(&h, &o, FORE_E_NO_ANSWER, "no deal with a time of creation");
    make_history(&h, 500, 0, 30, 4, NULL);
    refuse(&h, &o, FORE_E_NO_ANSWER, "no deal was won");
    make_history(&h, 500, 1.1, 300, 4, NULL);
    for (int64_t s = 0; s < 500; s++)
        h.closed[s] = h.created[s] == FORE_NO_TIME ? FORE_NO_TIME : h.created[s] + 20 * FORE_DAY;
    o.horizon_days = 30;
    refuse(&h, &o, FORE_E_NO_ANSWER, "every one");
    make_history(&h, 500, 0.5, 3, 4, NULL);
    o.horizon_days = 800;
    refuse(&h, &o, FORE_E_NO_ANSWER, "shorter than the horizon");
    o.horizon_days = -1;
    refuse(&h, &o, FORE_E_ARGUMENT, "options");
    o = fore_examples_defaults(day(-100));
    refuse(&h, &o, FORE_E_NO_ANSWER, "ask for a later moment");
    fore_examples_free(NULL);
}

static void examples__leads_and_deals__kept_apart(void **state)
{
    (void)state;
    static history h;
    make_history(&h, 3000, 0.3, 40, 6, NULL);
    bind(&h, 1800, 1200);
    fore_examples_options o = fore_examples_defaults(day(700));
    fore_examples *e = NULL;
    OK(fore_examples_make(&h.t, FORE_SUBJECT_LEAD, &o, &e, err));
    for (int64_t i = 0; i < e->n; i++) assert_true(e->row[i].subject < 1800);
    fore_examples_free(e);
    e = make(&h, &o);
    for (int64_t i = 0; i < e->n; i++) assert_true(e->row[i].subject >= 1800);
    fore_examples_free(e);
}

static void examples__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    static history h;
    make_history(&h, 500, 0.3, 40, 6, NULL);
    fore_examples_options o = fore_examples_defaults(day(700));
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1; k < 100; k++) {
        fore_error error = {0};
        fore_examples *e = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_examples_make(&h.t, FORE_SUBJECT_DEAL, &o, &e, &error);
        fore_memory_fail_at(0);
        fore_examples_free(e);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples__random_histories__follow_the_rules),
        cmocka_unit_test(examples__weights__stand_for_all_subjects_of_a_window),
        cmocka_unit_test(examples__what_happens_after_as_of__changes_nothing),
        cmocka_unit_test(examples__outcomes_of_the_test_window__unseen_in_training),
        cmocka_unit_test(examples__subjects_in_another_order__same_examples),
        cmocka_unit_test(examples__horizon__is_quantile_of_days_to_win),
        cmocka_unit_test(examples__few_wins__windows_shrink_and_say_so),
        cmocka_unit_test(examples__no_answer_in_the_data__said),
        cmocka_unit_test(examples__leads_and_deals__kept_apart),
        cmocka_unit_test(examples__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
