/* Features as of T: against a slow re-computation, blind to the future, independent of threads and
 * of the order of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "features/extract.h"
#include "slow_features.h"

static fore_timeline *timeline_of(const raw_history *h)
{
    fore_store *store = raw_store(h);
    fore_timeline *t = NULL;
    MUST(fore_timeline_build(store, NULL, &t, err));
    fore_store_close(store);
    return t;
}

static int64_t some_moment(fore_random *r)
{
    int64_t T = raw_start() + below(r, 2900) * GRID;
    return T + (chance(r, 0.3) ? below(r, 1000000) : 0);
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * (1 + fabs(a));
}

/* --- the slow way and the fast way --- */

static void compare_row(const raw_history *h, const fore_extractor *x, int s, int64_t T,
                        bool *covered, int *known)
{
    static slow_row slow;
    double values[FORE_FEATURE_LIMIT];
    slow_features(h, s, T, &slow);
    MUST(fore_extract_one(x, s, T, values, err));
    assert_int_equal(slow.count, fore_feature_count());
    for (int i = 0; i < slow.count; i++) {
        int f = fore_feature_find(slow.item[i].name);
        if (f < 0) fail_msg("there is no feature %s", slow.item[i].name);
        covered[f] = true;
        known[f] += !isnan(values[f]) && values[f] != 0;
        if (!same(values[f], slow.item[i].value))
            fail_msg("%s of subject %d of %d leads: %.12g, slowly %.12g", slow.item[i].name, s,
                     h->leads, values[f], slow.item[i].value);
    }
}

static void extract__random_histories__every_feature_equals_the_slow_one(void **state)
{
    (void)state;
    bool covered[FORE_FEATURE_LIMIT] = {false};
    int known[FORE_FEATURE_LIMIT] = {0};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        raw_history *h = raw_random(seed, 4 + 8 * (int)seed);
        fore_random r = fore_random_new(seed, 1);
        fore_timeline *t = timeline_of(h);
        fore_extractor *x = NULL;
        MUST(fore_extractor_new(t, NULL, &x, err));
        for (int i = 0; i < 150; i++)
            compare_row(h, x, below(&r, h->leads + h->deals), some_moment(&r), covered, known);
        fore_extractor_free(x);
        fore_timeline_free(t);
        free(h);
    }
    for (int f = 0; f < fore_feature_count(); f++) {
        if (!covered[f]) fail_msg("%s was never computed slowly", fore_feature_at(f)->name);
        if (known[f] < 5) fail_msg("%s was hardly ever known", fore_feature_at(f)->name);
    }
}

/* --- rates, computed by hand --- */

static raw_subject one_of_ten(int i, int64_t T)
{
    static const int owner[] = {0, 0, 2, 2, 1, 1, 1, 1, 4, 4},
                     product[] = {0, 0, 1, 1, 2, 2, 2, 2, 2, 2};
    static const bool won[] = {1, 0, 1, 1, 0, 0, 0, 0, 1, 0};
    return (raw_subject){.created = T - 20 * FORE_DAY,
                         .closed = T - (10 + i) * FORE_DAY,
                         .status = won[i] ? 1 : 2,
                         .outcome = won[i] ? FORE_WON : FORE_LOST,
                         .owner = owner[i],
                         .product = product[i],
                         .source = i < 4 ? 0 : -1,
                         .campaign = i < 2 ? 0 : -1,
                         .account = -1,
                         .link = -1,
                         .stage = -1,
                         .amount = NAN,
                         .expected = FORE_NO_DATE};
}

/* An open one; the closing of the other at T itself is not known at T. */
static raw_subject one_asked(int64_t T, int owner, int product, int campaign, int source)
{
    raw_subject s = one_of_ten(0, T);
    s.closed = owner < 0 ? T : NONE;
    s.status = owner < 0 ? 1 : 0;
    s.outcome = owner < 0 ? FORE_WON : FORE_OUTCOME_OPEN;
    s.owner = owner < 0 ? 0 : owner;
    s.product = product;
    s.campaign = campaign;
    s.source = source;
    return s;
}

static void assert_rate(const fore_extractor *x, int64_t subject, int64_t T, const char *name,
                        double expected)
{
    double values[FORE_FEATURE_LIMIT];
    MUST(fore_extract_one(x, subject, T, values, err));
    assert_true(fabs(values[fore_feature_find(name)] - expected) < 1e-12);
}

/* Of ten leads 4 are won; reps 0 and 2 (one team) win 1 and 2 of 2 each, rep 1 none of 4, rep 3 of
 * his team closed nothing, rep 4 has no team and wins 1 of 2. All drawn by 20 closings to the level
 * above. */
static void rates__ten_closings__shrink_level_by_level_as_by_hand(void **state)
{
    (void)state;
    raw_history *h = calloc(1, sizeof *h);
    int64_t T = raw_start() + 100 * FORE_DAY;
    for (int i = 0; i < 10; i++) h->lead[i] = h->deal[i] = one_of_ten(i, T);
    h->lead[10] = one_asked(T, 0, -1, 0, 0);
    h->lead[11] = one_asked(T, 3, -1, 0, -1);
    h->lead[12] = one_asked(T, 4, -1, 1, 0);
    h->lead[13] = h->deal[12] = one_asked(T, -1, 0, 0, 0);
    h->deal[10] = one_asked(T, 1, 0, -1, -1);
    h->deal[11] = one_asked(T, 2, 2, -1, -1);
    h->leads = 14;
    h->deals = 13;
    fore_timeline *t = timeline_of(h);
    fore_extractor *x = NULL;
    MUST(fore_extractor_new(t, NULL, &x, err));
    double base = 4.0 / 10, three_of_four = (3 + 20 * base) / 24;
    assert_rate(x, 10, T, "owner_win_rate", (1 + 20 * three_of_four) / 22);
    assert_rate(x, 11, T, "owner_win_rate", (0 + 20 * base) / 24);
    assert_rate(x, 12, T, "owner_win_rate", (1 + 20 * base) / 22);
    assert_rate(x, 24, T, "owner_win_rate", (0 + 20 * ((0 + 20 * base) / 24)) / 24);
    assert_rate(x, 10, T, "source_win_rate", three_of_four);
    assert_rate(x, 10, T, "campaign_win_rate", (1 + 20 * three_of_four) / 22);
    assert_rate(x, 11, T, "campaign_win_rate", (1 + 20 * base) / 22);
    assert_rate(x, 12, T, "campaign_win_rate", three_of_four);
    assert_rate(x, 24, T, "product_win_rate", (1 + 20 * three_of_four) / 22);
    assert_rate(x, 25, T, "product_win_rate", (1 + 20 * base) / 26);
    fore_extractor_free(x);
    fore_timeline_free(t);
    free(h);
}

/* --- blindness: another future, the same features --- */

/* Of one field of a deal: forgets the changes from T on and makes up others that fit what was
 * known. */
static void other_changes(raw_history *h, fore_random *r, int d, int field, int64_t T)
{
    double value = field == STAGE || field == OUTCOME ? some_value(r, field)
                                                      : state_of(h, h->leads + d, field, T);
    int kept = 0;
    for (int i = 0; i < h->changes; i++)
        if (h->change[i].deal != d || h->change[i].field != field || h->change[i].at < T)
            h->change[kept++] = h->change[i];
    h->changes = kept;
    for (int i = below(r, 3); i > 0; i--) {
        raw_change c = {d, field, T + (10 - i) * GRID, value, some_value(r, field)};
        add_change(h, c);
        value = c.new_value;
    }
    if (field == STAGE) h->deal[d].stage = (int)value;
    if (field == AMOUNT) h->deal[d].amount = value;
    if (field == EXPECTED) h->deal[d].expected = isnan(value) ? FORE_NO_DATE : (int)value;
    if (field == OWNER) h->deal[d].owner = isnan(value) ? -1 : (int)value;
}

static void other_closing(raw_history *h, fore_random *r, int s, int64_t T)
{
    raw_subject *x = s < h->leads ? &h->lead[s] : &h->deal[s - h->leads];
    if (!open_at(h, s, T)) return;
    x->status = below(r, 4);
    x->outcome = x->status == 0 ? FORE_OUTCOME_OPEN : x->status == 1 ? FORE_WON : FORE_LOST;
    x->closed = x->outcome == FORE_OUTCOME_OPEN ? NONE : T + below(r, 100) * GRID;
}

/* A copy of the history in which everything from T on went another way. */
static raw_history *other_future(const raw_history *h, int64_t T, uint64_t seed)
{
    raw_history *o = malloc(sizeof *o);
    *o = *h;
    fore_random r = fore_random_new(seed, 2);
    for (int s = 0; s < h->leads + h->deals; s++) other_closing(o, &r, s, T);
    for (int d = 0; d < h->deals; d++)
        for (int field = STAGE; field <= OWNER; field++)
            if (open_at(h, h->leads + d, T)) other_changes(o, &r, d, field, T);
    for (int i = 0; i < o->events; i++)
        if (o->event[i].at != NONE && o->event[i].at >= T)
            o->event[i].at = T + below(&r, 200) * GRID;
    for (int i = 0; i < 300; i++) {
        raw_event e = some_event(&r, h);
        e.at = T + below(&r, 200) * GRID;
        o->event[o->events++] = e;
    }
    for (int i = 0; i < 20; i++) {
        raw_sale sale = some_sale(&r);
        sale.at = T + below(&r, 200) * GRID;
        o->sale[o->sales++] = sale;
        raw_ticket ticket = some_ticket(&r);
        ticket.opened = T + below(&r, 100) * GRID;
        ticket.closed = ticket.opened + GRID;
        o->ticket[o->tickets++] = ticket;
    }
    for (int i = 0; i < h->tickets; i++)
        if (o->ticket[i].closed == NONE || o->ticket[i].closed >= T)
            o->ticket[i].closed = T + below(&r, 100) * GRID;
    for (int i = 0; i < 10; i++) { /* newcomers */
        raw_subject newcomer = some_subject(&r, true, h->leads);
        newcomer.created = T + below(&r, 50) * GRID;
        newcomer.closed = newcomer.outcome == FORE_OUTCOME_OPEN ? NONE : newcomer.created + GRID;
        newcomer.link = -1;
        o->deal[o->deals++] = newcomer;
    }
    return o;
}

typedef double (*feature_of)(const fore_timeline *t, int64_t subject, int64_t T);

/* Wrong on purpose: they look past T. */
static double events_ever(const fore_timeline *t, int64_t s, int64_t T)
{
    (void)T;
    return (double)(t->event_first[s + 1] - t->event_first[s]);
}
static double stage_now(const fore_timeline *t, int64_t s, int64_t T)
{
    (void)T;
    const char *word = fore_word(&t->stages, t->stage[s]);
    return word ? word[1] : NAN;
}
static double events_until_the_moment(const fore_timeline *t, int64_t s, int64_t T)
{
    int64_t n = 0;
    for (int64_t i = t->event_first[s]; i < t->event_first[s + 1]; i++) n += t->event_at[i] <= T;
    return (double)n;
}
/* Right: they must pass. */
static double events_before(const fore_timeline *t, int64_t s, int64_t T)
{
    int64_t n = 0;
    for (int64_t i = t->event_first[s]; i < t->event_first[s + 1]; i++) n += t->event_at[i] < T;
    return (double)n;
}

static bool sees_the_future(feature_of feature)
{
    bool seen = false;
    for (uint64_t seed = 11; seed <= 14; seed++) {
        raw_history *h = raw_random(seed, 30);
        int64_t T = raw_start() + 1200 * GRID;
        raw_history *o = other_future(h, T, seed);
        fore_timeline *a = timeline_of(h), *b = timeline_of(o);
        for (int64_t s = 0; s < h->leads + h->deals; s++) {
            double x = feature(a, s, T), y = feature(b, s, T);
            seen |= !(x == y || (isnan(x) && isnan(y)));
        }
        fore_timeline_free(a);
        fore_timeline_free(b);
        free(o);
        free(h);
    }
    return seen;
}

static double *everything(const fore_timeline *t, fore_pool *pool, const fore_extract_row *rows,
                          int64_t n)
{
    fore_extractor *x = NULL;
    double *out = malloc((size_t)(n * fore_feature_count()) * sizeof *out);
    MUST(fore_extractor_new(t, pool, &x, err));
    MUST(fore_extract(x, pool, rows, n, NULL, 0, out, n, err));
    fore_extractor_free(x);
    return out;
}

static void extract__another_future__changes_no_feature(void **state)
{
    (void)state;
    for (uint64_t seed = 21; seed <= 28; seed++) {
        raw_history *h = raw_random(seed, 30);
        int64_t T = raw_start() + (400 + 200 * (int64_t)(seed - 20)) * GRID,
                n = h->leads + h->deals;
        raw_history *o = other_future(h, T, seed);
        fore_timeline *a = timeline_of(h), *b = timeline_of(o);
        fore_extract_row rows[MOST];
        for (int64_t s = 0; s < n; s++) rows[s] = (fore_extract_row){s, T};
        double *x = everything(a, NULL, rows, n), *y = everything(b, NULL, rows, n);
        for (int64_t i = 0; i < n * fore_feature_count(); i++)
            if (memcmp(&x[i], &y[i], sizeof *x) != 0 && !(isnan(x[i]) && isnan(y[i])))
                fail_msg("%s of subject %d saw the future: %.17g, %.17g",
                         fore_feature_at((int)(i / n))->name, (int)(i % n), x[i], y[i]);
        free(x);
        free(y);
        fore_timeline_free(a);
        fore_timeline_free(b);
        free(o);
        free(h);
    }
}

static void extract__planted_leaks__are_caught_by_the_same_check(void **state)
{
    (void)state;
    assert_true(sees_the_future(events_ever));
    assert_true(sees_the_future(stage_now));
    assert_true(sees_the_future(events_until_the_moment));
    assert_false(sees_the_future(events_before));
}

/* --- threads, order, choice of features --- */

static void extract__threads_and_row_order__same_bytes(void **state)
{
    (void)state;
    raw_history *h = raw_random(31, 60);
    fore_timeline *t = timeline_of(h);
    fore_random r = fore_random_new(31, 3);
    enum { N = 700 };
    fore_extract_row rows[N], shuffled[N];
    int64_t order[N];
    for (int64_t i = 0; i < N; i++) {
        rows[i] = (fore_extract_row){below(&r, h->leads + h->deals), some_moment(&r)};
        order[i] = i;
    }
    fore_random_shuffle(&r, order, N);
    for (int64_t i = 0; i < N; i++) shuffled[i] = rows[order[i]];
    double *one = everything(t, NULL, rows, N), *mixed = everything(t, NULL, shuffled, N);
    for (int threads = 2; threads <= 5; threads++) {
        fore_pool *pool = NULL;
        MUST(fore_pool_new(threads, &pool, err));
        double *many = everything(t, pool, rows, N);
        assert_memory_equal(one, many, sizeof(double) * N * (size_t)fore_feature_count());
        free(many);
        fore_pool_free(pool);
    }
    for (int64_t f = 0; f < fore_feature_count(); f++)
        for (int64_t i = 0; i < N; i++)
            assert_memory_equal(&mixed[f * N + i], &one[f * N + order[i]], sizeof(double));
    free(one);
    free(mixed);
    fore_timeline_free(t);
    free(h);
}

static void extract__chosen_features_with_leading_dimension__are_columns_of_the_whole(void **state)
{
    (void)state;
    raw_history *h = raw_random(32, 20);
    fore_timeline *t = timeline_of(h);
    fore_extractor *x = NULL;
    MUST(fore_extractor_new(t, NULL, &x, err));
    enum { N = 40, LD = 47 };
    fore_extract_row rows[N];
    for (int64_t i = 0; i < N; i++) rows[i] = (fore_extract_row){i, raw_start() + 1500 * GRID};
    double *all = everything(t, NULL, rows, N), out[LD];
    for (int32_t f = 0; f < fore_feature_count(); f++) {
        for (int i = 0; i < LD; i++) out[i] = -7;
        MUST(fore_extract(x, NULL, rows, N, &f, 1, out, LD, err));
        assert_memory_equal(out, all + (int64_t)f * N, sizeof(double) * N);
        for (int i = N; i < LD; i++) assert_true(out[i] == -7);
    }
    free(all);
    fore_extractor_free(x);
    fore_timeline_free(t);
    free(h);
}

static void extract__wrong_requests__are_refused_with_words(void **state)
{
    (void)state;
    raw_history *h = raw_random(33, 5);
    fore_timeline *t = timeline_of(h);
    fore_extractor *x = NULL;
    fore_error why = {0};
    double out[4];
    MUST(fore_extractor_new(t, NULL, &x, err));
    fore_extract_row beyond = {t->subjects, 0}, fine = {0, raw_start()}, timeless = {0, NONE};
    int32_t feature = fore_feature_count();
    assert_int_equal(fore_extract(x, NULL, &beyond, 1, NULL, 0, out, 1, &why), FORE_E_ARGUMENT);
    assert_non_null(strstr(why.message, "subject 10 of 10"));
    assert_int_equal(fore_extract(x, NULL, &timeless, 1, NULL, 0, out, 1, &why), FORE_E_ARGUMENT);
    assert_int_equal(fore_extract(x, NULL, &fine, 1, &feature, 1, out, 1, &why), FORE_E_ARGUMENT);
    assert_int_equal(fore_extract(x, NULL, &fine, 1, NULL, 0, out, 0, &why), FORE_E_ARGUMENT);
    assert_int_equal(fore_extract(x, NULL, NULL, 0, NULL, 0, out, 0, &why), FORE_OK);
    fore_extractor_free(x);
    fore_timeline_free(t);
    free(h);
}

static void extract__out_of_memory_anywhere__fails_cleanly(void **state)
{
    (void)state;
    raw_history *h = raw_random(34, 12);
    fore_timeline *t = timeline_of(h);
    fore_extract_row row = {0, raw_start() + 2000 * GRID};
    double values[FORE_FEATURE_LIMIT];
    int64_t k = 1, live = fore_memory_live();
    for (fore_status status = FORE_E_MEMORY; status != FORE_OK; k++) {
        fore_extractor *x = NULL;
        fore_memory_fail_at(k);
        status = fore_extractor_new(t, NULL, &x, NULL);
        if (status == FORE_OK) status = fore_extract(x, NULL, &row, 1, NULL, 0, values, 1, NULL);
        fore_memory_fail_at(0);
        assert_true(status == FORE_OK || status == FORE_E_MEMORY);
        fore_extractor_free(x);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_true(k > 50);
    fore_timeline_free(t);
    free(h);
}

/* --- the state of a subject --- */

static void state__as_of_any_moment__equals_the_slow_one(void **state)
{
    (void)state;
    raw_history *h = raw_random(41, 60);
    fore_timeline *t = timeline_of(h);
    fore_random r = fore_random_new(41, 4);
    for (int i = 0; i < 3000; i++) {
        int s = below(&r, h->leads + h->deals);
        int64_t T = some_moment(&r);
        fore_subject_state now;
        fore_subject_state_at(t, s, T, &now);
        double expected = state_of(h, s, EXPECTED, T);
        assert_int_equal(now.owner, owner_at(h, s, T));
        assert_true(same(now.amount, state_of(h, s, AMOUNT, T)));
        assert_int_equal(now.expected_close_on, isnan(expected) ? FORE_NO_DATE : (int)expected);
        assert_int_equal(now.exists,
                         subject_of(h, s)->created != NONE && subject_of(h, s)->created < T);
        if (is_kept(h, s)) assert_int_equal(now.open, open_at(h, s, T));
    }
    fore_timeline_free(t);
    free(h);
}

static void state__no_recorded_close_dates__expected_date_is_unknown(void **state)
{
    (void)state;
    raw_history *h = raw_random(42, 20);
    int kept = 0;
    for (int i = 0; i < h->changes; i++)
        if (h->change[i].field != EXPECTED) h->change[kept++] = h->change[i];
    h->changes = kept;
    for (int recorded = 0; recorded < 2; recorded++) {
        if (recorded) add_change(h, (raw_change){3, EXPECTED, raw_start(), NAN, 20000});
        fore_timeline *t = timeline_of(h);
        int known = 0;
        for (int64_t s = t->leads; s < t->subjects; s++) {
            fore_subject_state now;
            fore_subject_state_at(t, s, raw_start() + 2000 * GRID, &now);
            known += now.expected_close_on != FORE_NO_DATE;
        }
        assert_true(recorded ? known > 5 : known == 0);
        fore_timeline_free(t);
    }
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extract__random_histories__every_feature_equals_the_slow_one),
        cmocka_unit_test(rates__ten_closings__shrink_level_by_level_as_by_hand),
        cmocka_unit_test(extract__another_future__changes_no_feature),
        cmocka_unit_test(extract__planted_leaks__are_caught_by_the_same_check),
        cmocka_unit_test(extract__threads_and_row_order__same_bytes),
        cmocka_unit_test(extract__chosen_features_with_leading_dimension__are_columns_of_the_whole),
        cmocka_unit_test(extract__wrong_requests__are_refused_with_words),
        cmocka_unit_test(extract__out_of_memory_anywhere__fails_cleanly),
        cmocka_unit_test(state__as_of_any_moment__equals_the_slow_one),
        cmocka_unit_test(state__no_recorded_close_dates__expected_date_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
