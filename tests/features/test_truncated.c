/* The law of leaks, by deletion: with everything from T on deleted from the history, no feature of
 * any subject as of T, or of an earlier moment, changes by one bit, nor how it stood, nor which
 * examples training would take, nor what was sold. On a simulated company with dirty rows and on
 * random histories, both with deals that were closed and opened again; for every feature of the
 * catalogue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "cut_history.h"
#include "datasets/import.h"
#include "datasets/simulate.h"
#include "features/examples.h"
#include "features/extract.h"
#include "features/panels.h"
#include "features/sales_series.h"
#include "raw_history.h"
#include "reopen_history.h"

typedef struct matching {
    fore_timeline *whole, *cut;
    int64_t *subject; /* by subject of the cut one: the same of the whole */
} matching;

static fore_timeline *timeline_of(fore_store *store)
{
    fore_timeline *t = NULL;
    MUST(fore_timeline_build(store, NULL, &t, err));
    return t;
}

/* Both are in the order of ids within leads and within deals. */
static void match(matching *m)
{
    m->subject = malloc((size_t)m->cut->subjects * sizeof *m->subject);
    for (int64_t s = 0, k = 0; s < m->cut->subjects; s++) {
        if (s == m->cut->leads) k = m->whole->leads;
        while (strcmp(fore_word(&m->whole->ids, k), fore_word(&m->cut->ids, s)) != 0) k++;
        assert_int_equal(fore_subject_kind_of(m->whole, k), fore_subject_kind_of(m->cut, s));
        m->subject[s] = k;
    }
}

static matching matched(fore_store *whole, int64_t T)
{
    matching m = {.whole = timeline_of(whole)};
    fore_store *cut = cut_history(whole, T);
    m.cut = timeline_of(cut);
    fore_store_close(cut);
    match(&m);
    return m;
}

static void drop(matching *m)
{
    fore_timeline_free(m->whole);
    fore_timeline_free(m->cut);
    free(m->subject);
}

/* Every feature of rows subject[0..n) as of T, column-major; subject NULL: all, in order. */
static double *features_at(const fore_timeline *t, const int64_t *subject, int64_t n, int64_t T)
{
    fore_extractor *x = NULL;
    fore_extract_row *rows = malloc((size_t)n * sizeof *rows);
    double *out = malloc((size_t)(n * fore_feature_count()) * sizeof *out);
    for (int64_t i = 0; i < n; i++) rows[i] = (fore_extract_row){subject ? subject[i] : i, T};
    MUST(fore_extractor_new(t, NULL, &x, err));
    MUST(fore_extract(x, NULL, rows, n, NULL, 0, out, n, err));
    fore_extractor_free(x);
    free(rows);
    return out;
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* How often each feature was known and not zero, over all tests. */
static int64_t known[FORE_FEATURE_LIMIT];

static void compare_at(const matching *m, int64_t T)
{
    int64_t n = m->cut->subjects;
    double *then = features_at(m->cut, NULL, n, T), *now = features_at(m->whole, m->subject, n, T);
    for (int64_t i = 0; i < n * fore_feature_count(); i++) {
        if (!same_bits(then[i], now[i]))
            fail_msg("%s of %s saw the future: %.17g, and %.17g when it is cut away",
                     fore_feature_at((int)(i / n))->name, fore_word(&m->cut->ids, i % n), now[i],
                     then[i]);
        known[i / n] += !isnan(now[i]) && now[i] != 0;
    }
    free(then);
    free(now);
}

/* How often a deal stood otherwise at T than its row says in the end. */
static int64_t otherwise;

static void compare_standing(const matching *m, int64_t T)
{
    for (int64_t s = 0; s < m->cut->subjects; s++) {
        int64_t k = m->subject[s];
        fore_ending then = fore_subject_ended(m->cut, s, T),
                    now = fore_subject_ended(m->whole, k, T);
        if (then.outcome != now.outcome || then.at != now.at)
            fail_msg("%s was %d, and %d when the future is cut away", fore_word(&m->cut->ids, s),
                     now.outcome, then.outcome);
        assert_int_equal(fore_subject_open_at(m->cut, s, T), fore_subject_open_at(m->whole, k, T));
        fore_subject_state a, b;
        fore_subject_state_at(m->cut, s, T, &a);
        fore_subject_state_at(m->whole, k, T, &b);
        assert_true(a.open == b.open && same_bits(a.amount, b.amount));
        assert_int_equal(a.expected_close_on, b.expected_close_on);
        const char *x = fore_word(&m->cut->rep_ids, a.owner),
                   *y = fore_word(&m->whole->rep_ids, b.owner);
        assert_true(x == y || strcmp(x, y) == 0);
        otherwise += now.outcome != FORE_OUTCOME_OPEN && m->whole->outcome[k] != now.outcome;
    }
}

static void compare_sums(const char *what, const double *then, const double *now, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!same_bits(then[i], now[i]))
            fail_msg("%s saw the future: %.17g, and %.17g when it is cut away", what, now[i],
                     then[i]);
}

/* Events that name a contact only count as service of what the contact has now: such are left out.
 */
static void compare_sales(const matching *m, int64_t T, bool contacts)
{
    fore_sales_series *a = NULL, *b = NULL;
    MUST(fore_sales_series_make(m->cut, T, NULL, FORE_WEEKLY, FORE_BY_REP, -1, &a, err));
    MUST(fore_sales_series_make(m->whole, T, NULL, FORE_WEEKLY, FORE_BY_REP, -1, &b, err));
    assert_int_equal(a->groups, b->groups);
    assert_int_equal(a->periods, b->periods);
    assert_int_equal(a->wins, b->wins);
    compare_sums("sales won", a->won, b->won, a->groups * a->periods);
    compare_sums("sales lost", a->lost, b->lost, a->groups * a->periods);
    compare_sums("sales", a->amount, b->amount, a->groups * a->periods);
    fore_sales_series_free(a);
    fore_sales_series_free(b);
    fore_effort_panel *p = NULL, *q = NULL;
    MUST(fore_effort_panel_make(m->cut, T, -1, 0, &p, err));
    MUST(fore_effort_panel_make(m->whole, T, -1, 0, &q, err));
    assert_int_equal(p->reps, q->reps);
    assert_int_equal(p->weeks, q->weeks);
    const double *const x[] = {p->won, p->lost, p->deals_held, p->leads_held, p->service},
                        *const y[] = {q->won, q->lost, q->deals_held, q->leads_held, q->service};
    static const char *const what[] = {"won", "lost", "deals held", "leads held", "service"};
    for (int k = 0; k < (contacts ? 4 : 5); k++)
        compare_sums(what[k], x[k], y[k], p->reps * p->weeks);
    fore_effort_panel_free(p);
    fore_effort_panel_free(q);
}

static void compare_all(const matching *m, int64_t T, bool contacts)
{
    compare_at(m, T);
    compare_standing(m, T);
    compare_sales(m, T, contacts);
}

/* Wrong on purpose. */
static bool deletion_shows_a_peek(const matching *m)
{
    for (int64_t s = 0; s < m->cut->subjects; s++) {
        int64_t k = m->subject[s];
        if (m->whole->event_first[k + 1] - m->whole->event_first[k] !=
            m->cut->event_first[s + 1] - m->cut->event_first[s])
            return true;
    }
    return false;
}

/* Which rows training would take as of T, and what it would call them. */
static void compare_examples(const matching *m, int64_t T)
{
    for (int kind = 0; kind < 2; kind++) {
        fore_examples *now = NULL, *then = NULL;
        fore_examples_options o = fore_examples_defaults(T);
        fore_status a = fore_examples_make(m->whole, (fore_subject_kind)kind, &o, &now, NULL);
        fore_status b = fore_examples_make(m->cut, (fore_subject_kind)kind, &o, &then, NULL);
        assert_int_equal(a, b);
        if (a == FORE_OK) {
            assert_int_equal(now->n, then->n);
            assert_true(now->n > 50);
            for (int64_t i = 0; i < now->n; i++) {
                assert_int_equal(now->row[i].subject, m->subject[then->row[i].subject]);
                assert_true(now->row[i].as_of == then->row[i].as_of);
                assert_true(now->label[i] == then->label[i] && now->weight[i] == then->weight[i]);
            }
        }
        fore_examples_free(now);
        fore_examples_free(then);
    }
}

/* --- a simulated company with dirty rows --- */

static fore_store *simulated(uint64_t seed, int32_t weeks)
{
    char folder[] = "/tmp/foresell-cut-XXXXXX", command[64];
    fore_simulate_options o = fore_simulate_default();
    fore_import_report report = {0};
    fore_store *store = NULL;
    assert_non_null(mkdtemp(folder));
    o.seed = seed;
    o.weeks = weeks;
    o.reps = 4;
    o.leads_per_week = 14;
    o.truth_draws = 0;
    o.dirty_share = 0.08;
    MUST(fore_simulate(&o, folder, NULL, NULL, &(fore_simulate_truth){0}, err));
    const char *path = folder;
    fore_import_options in = {.paths = &path, .path_count = 1};
    MUST(fore_store_open(":memory:", FORE_STORE_CREATE, &store, err));
    MUST(fore_import(store, &in, &report, err));
    assert_true(report.added > 3000);
    fore_import_report_free(&report);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    return store;
}

static void truncated__simulated_dirty_history__changes_no_feature(void **state)
{
    (void)state;
    enum { WEEKS = 60 };
    int64_t week = 7 * FORE_DAY;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        fore_store *store = simulated(seed, WEEKS);
        if (seed == 2) assert_true(alter_some(store, 4, 30, "R0001") > 60);
        if (seed == 2) assert_true(reopen_some(store, 3, 25) > 60);
        int64_t start = fore_time_of_date(fore_simulate_default().start_on);
        const int64_t cuts[] = {start + 20 * week, start + 45 * week + 10 * FORE_HOUR + 37,
                                start + 59 * week + 3 * FORE_DAY};
        for (int i = 0; i < 3; i++) {
            matching m = matched(store, cuts[i]);
            assert_true(m.cut->subjects > 100 && m.cut->subjects < m.whole->subjects);
            assert_true(deletion_shows_a_peek(&m));
            compare_all(&m, cuts[i], false);
            compare_all(&m, cuts[i] - 30 * FORE_DAY, false);
            compare_examples(&m, cuts[i]);
            drop(&m);
        }
        fore_store_close(store);
    }
}

/* --- random histories, where everything that can be odd is --- */

static bool was_there(const raw_subject *subject, int i, int64_t at)
{
    return i < 0 || (subject[i].created != NONE && subject[i].created <= at);
}

/* Takes back what no history can hold: a deal that came out of a lead not yet there, an event that
 * names somebody not yet there (by way of the contact it may), a change of a deal not yet there. A
 * second lead that turns up later for the same deal stays. */
static void make_possible(raw_history *h)
{
    for (int i = 0; i < h->events; i++) {
        raw_event *e = &h->event[i];
        if (!was_there(h->lead, e->lead, e->at)) e->lead = -1;
        if (!e->by_contact && !was_there(h->deal, e->deal, e->at)) e->deal = -1;
    }
    int kept = 0;
    for (int i = 0; i < h->changes; i++)
        if (was_there(h->deal, h->change[i].deal, h->change[i].at))
            h->change[kept++] = h->change[i];
    h->changes = kept;
    bool *has = calloc((size_t)h->deals, sizeof *has);
    for (int d = 0; d < h->deals; d++) {
        raw_subject *deal = &h->deal[d];
        if (deal->link >= 0 && h->lead[deal->link].created > deal->created) deal->link = -1;
        has[d] = deal->link >= 0;
    }
    for (int l = 0; l < h->leads; l++) {
        int d = h->lead[l].link;
        if (d >= 0 && h->lead[l].created <= h->deal[d].created) has[d] = true;
    }
    for (int l = 0; l < h->leads; l++)
        if (h->lead[l].link >= 0 && !has[h->lead[l].link]) h->lead[l].link = -1;
    free(has);
}

static void truncated__random_histories__change_no_feature(void **state)
{
    (void)state;
    for (uint64_t seed = 51; seed <= 55; seed++) {
        raw_history *h = raw_random(seed, 90);
        make_possible(h);
        fore_store *store = raw_store(h);
        for (int i = 0; i < 3; i++) {
            int64_t T = raw_start() + (500 + 700 * i) * GRID + (seed % 3 == 0 ? 1 : 0);
            matching m = matched(store, T);
            compare_all(&m, T, true);
            compare_all(&m, T - 12 * GRID, true);
            drop(&m);
        }
        fore_store_close(store);
        free(h);
    }
    if (otherwise < 80) fail_msg("only %lld stood otherwise than in the end", (long long)otherwise);
}

/* The claim is about features that say something. */
static void truncated__every_feature_of_the_catalogue__was_compared_where_it_is_known(void **state)
{
    (void)state;
    for (int f = 0; f < fore_feature_count(); f++)
        if (known[f] < 5) fail_msg("%s was hardly ever known", fore_feature_at(f)->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncated__simulated_dirty_history__changes_no_feature),
        cmocka_unit_test(truncated__random_histories__change_no_feature),
        cmocka_unit_test(truncated__every_feature_of_the_catalogue__was_compared_where_it_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
