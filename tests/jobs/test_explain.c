/* Why a chance is what it is: the parts sum to it, the values are those of the rows, what moved is
 * what was kept. */
#include "answer_help.h"
#include "engine/jobs/kept_score.h"
#include "engine/jobs/roster.h"
#include "training_help.h"

enum { NOW = 450 };

static void a_day(world *w)
{
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW - 30, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW - 30, 0));
    fore_training_free(&t);
}

static foresell_score_request request(int64_t now, const char *const *ids, int64_t n)
{
    return (foresell_score_request){.moment = {now, NULL}, .ids = ids, .id_count = n};
}

/* Ids of deals that are open at a moment. */
static int64_t open_ids(const stored *s, int64_t when, const char **ids, int64_t most)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->deals && n < most; i++)
        if (was_open(&s->deal[i], when)) ids[n++] = s->deal[i].id;
    return n;
}

/* The first deals that are open now, at most so many, explained. */
typedef struct asked {
    stored rows;
    const char *ids[60];
    int64_t n;
    heard why;
} asked;

static asked ask(world *w, int64_t most)
{
    asked a = {0};
    a_day(w);
    a.rows = read_store(w);
    a.n = open_ids(&a.rows, at(NOW, 8), a.ids, most);
    assert_true(a.n >= 12 || a.n == most);
    foresell_score_request q = request(at(NOW, 8), a.ids, a.n);
    HEAR(h, fore_job_explain(&w->c, &q, h.answer, e));
    a.why = h;
    return a;
}

static void drop_asked(asked *a)
{
    forget(&a->why);
    drop_stored(&a->rows);
}

static const fore_json_node *explanation(const heard *h, int64_t i)
{
    return fore_json_at(node_of(h->root, "explanations"), i);
}

static double sum_of_parts(const fore_json_node *one)
{
    double sum = number_of(one, "base") + number_of(one, "other");
    const fore_json_node *reasons = node_of(one, "reasons");
    for (int64_t i = 0; i < fore_json_length(reasons); i++)
        sum += number_of(fore_json_at(reasons, i), "effect");
    return sum;
}

static double margin_of(world *w, const char *id, int64_t as_of)
{
    fore_roster r;
    fore_score score;
    double base;
    OK(fore_roster_open(&w->c, as_of, &r, e));
    OK(fore_roster_add(&w->c, &r, id, e));
    const fore_scoring *s = r.scoring[FORE_SUBJECT_DEAL];
    double *raw = calloc((size_t)(2 * s->columns), sizeof *raw);
    double *scratch = calloc((size_t)fore_scorer_scratch(s->scorer) + 1, sizeof *scratch);
    OK(fore_roster_parts(&w->c, &r, &r.row[0], raw, raw + s->columns, &base, e));
    OK(fore_scorer_row(s->scorer, raw, scratch, &score, e));
    free(raw);
    free(scratch);
    fore_roster_free(&r);
    return score.margin;
}

static void explain__base_reasons_and_the_rest__sum_to_the_log_odds(void **state)
{
    world *w = *state;
    asked a = ask(w, 12);
    int64_t reasons = 0;
    for (int64_t i = 0; i < a.n; i++) {
        const fore_json_node *one = explanation(&a.why, i);
        assert_string_equal(string_of(one, "id"), a.ids[i]);
        double sum = sum_of_parts(one), margin = margin_of(w, a.ids[i], at(NOW, 8));
        if (fabs(sum - margin) > 1e-8) fail_msg("%s: %.12g and %.12g", a.ids[i], sum, margin);
        reasons += fore_json_length(node_of(one, "reasons"));
    }
    assert_true(reasons > 12);
    drop_asked(&a);
}

static void explain__more_log_odds__is_a_greater_chance(void **state)
{
    world *w = *state;
    asked all = ask(w, 40);
    for (int64_t i = 0; i < all.n; i++)
        for (int64_t j = 0; j < all.n; j++) {
            const fore_json_node *a = explanation(&all.why, i), *b = explanation(&all.why, j);
            if (sum_of_parts(a) > sum_of_parts(b) + 1e-9)
                assert_true(number_of(a, "probability") >= number_of(b, "probability"));
        }
    drop_asked(&all);
}

static void explain__chance__is_the_score(void **state)
{
    world *w = *state;
    asked all = ask(w, 20);
    foresell_score_request q = request(at(NOW, 8), all.ids, all.n);
    HEAR(what, fore_job_score(&w->c, &q, what.answer, e));
    static const char *const numbers[] = {"probability", "lo", "hi", "expected_value"};
    for (int64_t i = 0; i < all.n; i++) {
        const fore_json_node *a = explanation(&all.why, i);
        const fore_json_node *b = fore_json_at(node_of(what.root, "scores"), i);
        for (int k = 0; k < 4; k++)
            assert_true(number_of(a, numbers[k]) == number_of(b, numbers[k]));
        assert_string_equal(string_of(a, "grade"), string_of(b, "grade"));
        assert_string_equal(string_of(a, "model"), string_of(b, "model"));
        double lo = number_of(a, "lo"), p = number_of(a, "probability"), hi = number_of(a, "hi");
        assert_true(0 < lo && lo <= p && p <= hi && hi < 1);
    }
    forget(&what);
    drop_asked(&all);
}

/* --- values against the rows --- */

/* What the rows say of a deal before a moment. */
typedef struct past {
    const char *name;
    double value;
} past;
enum { PAST = 8 };

static void past_of(const stored *s, const char *id, int64_t when, past out[PAST])
{
    const stored_subject *d = s->deal;
    double touches = 0, calls = 0, answered = 0, moves = 0, waiting = 0;
    int64_t first = INT64_MAX, last = INT64_MIN;
    while (strcmp(d->id, id) != 0) d++;
    for (int64_t k = 0; k < s->events; k++) { /* the company's events: outbound, in order of time */
        const stored_event *v = &s->event[k];
        if (v->deal != d->pk || v->at >= when) continue;
        touches++;
        if (v->at < first) first = v->at;
        if (v->at > last) last = v->at;
        bool reached = v->outcome == FORE_EVENT_ANSWERED;
        calls += v->kind == FORE_CALL;
        answered += v->kind == FORE_CALL && reached;
        waiting = v->kind == FORE_CALL && reached ? 0 : waiting + 1;
    }
    for (int64_t k = 0; k < s->changes; k++)
        moves += s->change[k].deal == d->pk && s->change[k].at < when && s->change[k].stage;
    const double day = (double)FORE_DAY;
    const past all[PAST] = {
        {"age_days", (double)(when - d->created) / day},
        {"touches_all", touches},
        {"stage_moves", moves},
        {"calls_connected", answered / calls},
        {"days_since_touch", touches > 0 ? (double)(when - last) / day : NAN},
        {"days_since_outbound", touches > 0 ? (double)(when - last) / day : NAN},
        {"mean_gap_days", touches > 1 ? (double)(last - first) / day / (touches - 1) : NAN},
        {"unanswered_in_a_row", waiting},
    };
    memcpy(out, all, sizeof all);
}

static bool check_value(const past *p, const char *feature, double value)
{
    for (int i = 0; i < PAST; i++) {
        if (strcmp(p[i].name, feature) != 0) continue;
        if (!close_to(value, p[i].value))
            fail_msg("%s: %.12g, by the rows %.12g", feature, value, p[i].value);
        return true;
    }
    return false;
}

static void explain__values__are_those_of_the_rows(void **state)
{
    world *w = *state;
    const char *ids[200];
    int64_t checked = 0;
    a_day(w);
    stored s = read_store(w);
    for (int day = NOW - 20; day <= NOW; day += 5) {
        int64_t n = open_ids(&s, at(day, 8), ids, 200);
        char when[32];
        fore_time_format(at(day, 8), when);
        foresell_score_request q = {.moment = {at(NOW, 8), when}, .ids = ids, .id_count = n};
        HEAR(h, fore_job_explain(&w->c, &q, h.answer, e));
        for (int64_t i = 0; i < n; i++) {
            past p[PAST];
            past_of(&s, ids[i], at(day, 8), p);
            const fore_json_node *reasons = node_of(explanation(&h, i), "reasons");
            for (int64_t k = 0; k < fore_json_length(reasons); k++) {
                const fore_json_node *r = fore_json_at(reasons, k);
                double value = NAN;
                fore_json_get_number(r, "value", &value);
                checked += check_value(p, string_of(r, "feature"), value);
                assert_true(strlen(string_of(r, "text")) > 5);
            }
        }
        forget(&h);
    }
    assert_true(checked >
                60); /* how many of the reasons are of these eight is the model's affair */
    drop_stored(&s);
}

static void explain__reasons__for_before_against_and_told_once(void **state)
{
    world *w = *state;
    asked a = ask(w, 60);
    int64_t for_it = 0, against = 0;
    for (int64_t i = 0; i < a.n; i++) {
        const fore_json_node *reasons = node_of(explanation(&a.why, i), "reasons");
        int64_t m = fore_json_length(reasons);
        for (int64_t k = 0; k < m; k++) {
            const fore_json_node *r = fore_json_at(reasons, k);
            double effect = number_of(r, "effect");
            for_it += effect > 0;
            against += effect < 0;
            const char *often = strstr(string_of(r, "text"), "(won ");
            if (often) assert_int_equal(atof(often + 5) > 1, effect > 0);
            for (int64_t j = 0; j < k; j++) {
                const fore_json_node *before = fore_json_at(reasons, j);
                assert_false(number_of(before, "effect") < 0 && effect > 0);
                assert_string_not_equal(string_of(before, "feature"), string_of(r, "feature"));
            }
        }
    }
    assert_true(for_it > a.n / 4 && against > a.n / 4);
    drop_asked(&a);
}

static void explain__table__is_the_json_line_by_line(void **state)
{
    world *w = *state;
    asked a = ask(w, 1);
    const fore_grid *g = grid_of(&a.why, "reasons");
    const fore_json_node *one = explanation(&a.why, 0), *reasons = node_of(one, "reasons");
    int64_t m = fore_json_length(reasons);
    assert_int_equal(g->row_count, m + 3);
    double p = number_of(one, "probability");
    assert_true(cell_of(g, m + 2, "effect")->number == number_of(one, "calibration"));
    assert_true(fabs(sum_of_parts(one) + number_of(one, "calibration") - log(p / (1 - p))) < 1e-9);
    assert_true(cell_of(g, 0, "effect")->number == number_of(one, "base"));
    assert_true(cell_of(g, m + 1, "effect")->number == number_of(one, "other"));
    for (int64_t i = 0; i < m; i++) {
        const fore_json_node *r = fore_json_at(reasons, i);
        assert_string_equal(cell_of(g, i + 1, "feature")->text, string_of(r, "feature"));
        assert_string_equal(cell_of(g, i + 1, "text")->text, string_of(r, "text"));
        assert_true(cell_of(g, i + 1, "effect")->number == number_of(r, "effect"));
        assert_string_equal(cell_of(g, i + 1, "id")->text, a.ids[0]);
    }
    drop_asked(&a);
}

/* --- what moved --- */

static void keep_scores_of(world *w, int64_t now)
{
    foresell_score_request all = request(now, NULL, 0);
    HEAR(h, fore_job_score(&w->c, &all, h.answer, e));
    forget(&h);
}

static void explain__since_last_time__is_what_was_kept_then(void **state)
{
    world *w = *state;
    const char *ids[100];
    a_day(w);
    stored s = read_store(w);
    int64_t n = open_ids(&s, at(NOW - 6, 0), ids, 100), still = 0, moved = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t d = 0; d < s.deals; d++)
            if (strcmp(s.deal[d].id, ids[i]) == 0 && was_open(&s.deal[d], at(NOW, 8)))
                ids[still++] = ids[i];
    assert_true(still > 10);
    foresell_score_request early = request(at(NOW - 6, 0), ids, still),
                           late = request(at(NOW, 8), ids, still);
    HEAR(then, fore_job_score(&w->c, &early, then.answer, e));
    keep_scores_of(w, at(NOW - 6, 0));
    HEAR(h, fore_job_explain(&w->c, &late, h.answer, e));
    char when[32];
    fore_time_format(at(NOW - 6, 0), when);
    for (int64_t i = 0; i < still; i++) {
        const fore_json_node *since = node_of(explanation(&h, i), "since");
        const fore_json_node *score = fore_json_at(node_of(then.root, "scores"), i);
        assert_true(number_of(since, "probability") == number_of(score, "probability"));
        assert_string_equal(string_of(since, "as_of"), when);
        const fore_json_node *moves = node_of(since, "moves");
        double last = INFINITY;
        for (int64_t k = 0; k < fore_json_length(moves); k++) {
            const fore_json_node *m = fore_json_at(moves, k);
            double size = fabs(number_of(m, "now") - number_of(m, "then"));
            assert_true(size <= last && size >= 0.02);
            last = size;
            moved++;
        }
        assert_true(fore_json_length(moves) <= 5);
    }
    assert_true(moved > still);
    forget(&then);
    forget(&h);
    drop_stored(&s);
}

static void explain__no_kept_score__says_how_to_keep_one(void **state)
{
    world *w = *state;
    asked a = ask(w, 1);
    assert_null(fore_json_get(explanation(&a.why, 0), "since"));
    assert_true(noted(&a.why, "`foresell score` keeps them"));
    drop_asked(&a);
}

static void explain__closed__keeps_its_last_score(void **state)
{
    world *w = *state;
    const char *closed = NULL, *never = NULL;
    a_day(w);
    stored s = read_store(w);
    for (int64_t i = 0; i < s.deals; i++) {
        const stored_subject *d = &s.deal[i];
        bool gone = !was_open(d, at(NOW, 8));
        if (!closed && was_open(d, at(NOW - 6, 0)) && gone) closed = d->id;
        if (!never && d->created < at(NOW - 60, 0) && !was_open(d, at(NOW - 6, 0)) && gone)
            never = d->id;
    }
    assert_true(closed && never);
    foresell_score_request then = request(at(NOW - 6, 0), &closed, 1),
                           q = request(at(NOW, 8), &closed, 1);
    HEAR(before, fore_job_explain(&w->c, &then, before.answer, e));
    keep_scores_of(w, at(NOW - 6, 0));
    HEAR(h, fore_job_explain(&w->c, &q, h.answer, e));
    const fore_json_node *old = explanation(&before, 0), *now = explanation(&h, 0);
    bool open = true;
    assert_true(fore_json_get_bool(now, "open", &open));
    assert_false(open);
    assert_true(number_of(now, "probability") == number_of(old, "probability"));
    CLOSE(sum_of_parts(now), sum_of_parts(old));
    assert_int_equal(fore_json_length(node_of(now, "reasons")),
                     fore_json_length(node_of(old, "reasons")));
    forget(&before);
    forget(&h);
    q.ids = &never;
    DENIED(FORE_E_NO_ANSWER, "no score of it was kept", d,
           fore_job_explain(&w->c, &q, d.answer, e));
    drop_stored(&s);
}

/* --- the split of a move --- */

enum { THEN = NOW - 6 };

static void a_history(world *w, int64_t known_until)
{
    company deals = {.seed = 1, .deals = 600, .days = 500, .known_until = known_until};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW - 30, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW - 30, 0));
    fore_training_free(&t);
}

static void another_model(world *w)
{
    fore_training_options o = quick_options(at(NOW - 10, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW - 1, 0));
    fore_training_free(&t);
}

static double log_odds(double p) { return log(p) - log1p(-p); }

/* Deals that are open at both moments. */
static int64_t open_at_both(const stored *s, const char **ids, int64_t most)
{
    int64_t n = open_ids(s, at(THEN, 0), ids, most), both = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t d = 0; d < s->deals; d++)
            if (strcmp(s->deal[d].id, ids[i]) == 0 && was_open(&s->deal[d], at(NOW, 8)))
                ids[both++] = ids[i];
    assert_true(both > 10);
    return both;
}

static const fore_json_node *split_of(const heard *h, int64_t i)
{
    return node_of(node_of(explanation(h, i), "since"), "split");
}

static bool recomputed(const heard *h, int64_t i)
{
    bool same = false;
    assert_true(fore_json_get_bool(node_of(explanation(h, i), "since"), "recomputed", &same));
    return same;
}

static void explain__split__adds_up_and_is_recomputed_from_what_is_kept(void **state)
{
    world *w = *state;
    const char *ids[100];
    a_history(w, 0);
    stored s = read_store(w);
    int64_t n = open_at_both(&s, ids, 100), by_time = 0, by_facts = 0;
    keep_scores_of(w, at(THEN, 0));
    foresell_score_request q = request(at(NOW, 8), ids, n);
    HEAR(one, fore_job_explain(&w->c, &q, one.answer, e));
    another_model(w);
    HEAR(two, fore_job_explain(&w->c, &q, two.answer, e));
    for (int64_t i = 0; i < n; i++) {
        const fore_json_node *a = split_of(&one, i), *b = split_of(&two, i);
        double then = number_of(node_of(explanation(&one, i), "since"), "probability");
        CLOSE(number_of(a, "facts") + number_of(a, "time") + number_of(a, "model"),
              log_odds(number_of(explanation(&one, i), "probability")) - log_odds(then));
        CLOSE(number_of(b, "facts") + number_of(b, "time") + number_of(b, "model"),
              log_odds(number_of(explanation(&two, i), "probability")) - log_odds(then));
        assert_true(number_of(a, "model") == 0 && number_of(b, "model") != 0);
        assert_true(number_of(a, "late_facts") == 0);
        assert_true(number_of(a, "time") == number_of(b, "time"));
        assert_true(number_of(a, "facts") == number_of(b, "facts"));
        assert_true(recomputed(&one, i) && recomputed(&two, i));
        by_time += fabs(number_of(a, "time")) > 0.01;
        by_facts += fabs(number_of(a, "facts")) > 0.01;
    }
    assert_true(by_time > 5 && by_facts > 5);
    forget(&one);
    forget(&two);
    drop_stored(&s);
}

/* The chance by time alone is that of a workspace that never heard of what came after. */
static void explain__passing_time__is_what_a_history_that_ends_then_would_say(void **state)
{
    world *w = *state, *ended = another_world(1);
    const char *ids[100];
    a_history(w, 0);
    a_history(ended, at(THEN, 0));
    stored s = read_store(w);
    int64_t n = open_at_both(&s, ids, 100);
    keep_scores_of(w, at(THEN, 0));
    keep_scores_of(ended, at(THEN, 0));
    foresell_score_request q = request(at(NOW, 8), ids, n);
    HEAR(here, fore_job_explain(&w->c, &q, here.answer, e));
    HEAR(there, fore_job_explain(&ended->c, &q, there.answer, e));
    for (int64_t i = 0; i < n; i++) {
        double then = number_of(node_of(explanation(&here, i), "since"), "probability");
        double aged = number_of(explanation(&there, i), "probability");
        CLOSE(number_of(split_of(&here, i), "time"), log_odds(aged) - log_odds(then));
        assert_true(number_of(split_of(&there, i), "facts") == 0);
        assert_true(number_of(split_of(&there, i), "model") == 0);
    }
    forget(&here);
    forget(&there);
    drop_stored(&s);
    world_end(ended);
}

static void explain__what_came_in_late__is_a_new_fact_about_the_time_before(void **state)
{
    world *w = *state;
    const char *ids[100];
    a_history(w, at(THEN, 0));
    stored s = read_store(w);
    int64_t n = open_at_both(&s, ids, 100);
    keep_scores_of(w, at(THEN, 0));
    foresell_score_request q = request(at(NOW, 8), ids, n);
    HEAR(before, fore_job_explain(&w->c, &q, before.answer, e));
    world_begin(w);
    for (int k = 0; k < 4; k++)
        put_event(w, (an_event){.deal = ids[0],
                                .rep = "R1",
                                .kind = FORE_CALL,
                                .direction = FORE_INBOUND,
                                .at = at(THEN - 3, 9 + k)});
    world_commit(w);
    HEAR(after, fore_job_explain(&w->c, &q, after.answer, e));
    assert_true(number_of(split_of(&before, 0), "late_facts") == 0);
    const fore_json_node *d = split_of(&after, 0);
    assert_true(fabs(number_of(d, "late_facts")) > 0.01);
    CLOSE(number_of(d, "facts") + number_of(d, "time"), number_of(d, "all"));
    assert_true(recomputed(&after, 0));
    forget(&before);
    forget(&after);
    drop_stored(&s);
}

static void explain__a_kept_score_that_was_tampered_with__is_told(void **state)
{
    world *w = *state;
    const char *ids[100];
    a_history(w, 0);
    stored s = read_store(w);
    int64_t n = open_at_both(&s, ids, 100);
    foresell_score_request q = request(at(NOW, 8), ids, n);
    keep_scores_of(w, at(THEN, 0));
    fore_kept_score kept;
    const fore_timeline *t = world_timeline(w);
    int64_t pk = t->pk[subject_of(w, FORE_SUBJECT_DEAL, ids[0])];
    OK(fore_kept_read(&w->c, FORE_SUBJECT_DEAL, pk, at(NOW, 0), &kept, e));
    assert_true(fore_kept_is_same(&kept, w->c.pool));
    fore_score_row row = {.subject_kind = FORE_SUBJECT_DEAL,
                          .subject = pk,
                          .as_of = kept.as_of,
                          .model = kept.scoring->model_pk,
                          .probability = nextafter(kept.probability, 1),
                          .lo = kept.lo,
                          .hi = kept.hi,
                          .parts = kept.text.bytes};
    world_begin(w);
    OK(fore_store_put_score(w->c.store, &row, e));
    world_commit(w);
    fore_kept_free(&kept);
    HEAR(h, fore_job_explain(&w->c, &q, h.answer, e));
    assert_false(recomputed(&h, 0));
    assert_true(recomputed(&h, 1));
    forget(&h);
    drop_stored(&s);
}

/* Edited, merged into another's lead, contacted again, another model: the last score stands. */
static void explain__closed_and_edited__revives_nothing(void **state)
{
    world *w = *state;
    const char *closed = NULL;
    a_history(w, 0);
    stored s = read_store(w);
    for (int64_t i = 0; i < s.deals; i++)
        if (was_open(&s.deal[i], at(THEN, 0)) && !was_open(&s.deal[i], at(NOW, 8)))
            closed = s.deal[i].id;
    assert_non_null(closed);
    keep_scores_of(w, at(THEN, 0));
    foresell_score_request q = request(at(NOW, 8), &closed, 1);
    HEAR(before, fore_job_explain(&w->c, &q, before.answer, e));
    world_begin(w);
    fore_deal_row row = a_deal(closed, at(NOW - 400, 9));
    row.created_at = FORE_NO_TIME;
    row.outcome = FORE_OUTCOME_UNKNOWN;
    row.name = "Renamed";
    row.amount_minor = 99900000;
    row.lead = key_of(w, FORE_LEAD, "L-merged");
    put_deal(w, row);
    put_event(w, (an_event){.deal = closed,
                            .rep = "R1",
                            .kind = FORE_CALL,
                            .direction = FORE_INBOUND,
                            .at = at(NOW - 1, 9)});
    world_commit(w);
    another_model(w);
    keep_scores_of(w, at(NOW, 7));
    HEAR(after, fore_job_explain(&w->c, &q, after.answer, e));
    assert_true(number_of(explanation(&before, 0), "probability") ==
                number_of(explanation(&after, 0), "probability"));
    assert_string_equal(string_of(explanation(&before, 0), "scored_as_of"),
                        string_of(explanation(&after, 0), "scored_as_of"));
    CLOSE(sum_of_parts(explanation(&before, 0)), sum_of_parts(explanation(&after, 0)));
    forget(&before);
    forget(&after);
    drop_stored(&s);
}

static void explain__who_is_not_there__is_said(void **state)
{
    world *w = *state;
    const char *nobody = "nobody", *unborn = NULL;
    foresell_score_request q = request(at(NOW, 8), &nobody, 1);
    DENIED(FORE_E_NO_ANSWER, "foresell import", d, fore_job_explain(&w->c, &q, d.answer, e));
    a_day(w);
    DENIED(FORE_E_NOT_FOUND, "'nobody'", d, fore_job_explain(&w->c, &q, d.answer, e));
    stored s = read_store(w);
    for (int64_t i = 0; i < s.deals; i++)
        if (s.deal[i].created > at(NOW, 8)) unborn = s.deal[i].id;
    q.ids = &unborn;
    DENIED(FORE_E_NO_ANSWER, "not open", d, fore_job_explain(&w->c, &q, d.answer, e));
    q.moment.as_of = "2024-02-01";
    DENIED(FORE_E_NO_ANSWER, "foresell train --as-of", d, fore_job_explain(&w->c, &q, d.answer, e));
    q.moment.as_of = "yesterday";
    DENIED(FORE_E_USAGE, "'yesterday'", d, fore_job_explain(&w->c, &q, d.answer, e));
    drop_stored(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(explain__base_reasons_and_the_rest__sum_to_the_log_odds),
        WITH_WORLD(explain__more_log_odds__is_a_greater_chance),
        WITH_WORLD(explain__chance__is_the_score),
        WITH_WORLD(explain__values__are_those_of_the_rows),
        WITH_WORLD(explain__reasons__for_before_against_and_told_once),
        WITH_WORLD(explain__table__is_the_json_line_by_line),
        WITH_WORLD(explain__since_last_time__is_what_was_kept_then),
        WITH_WORLD(explain__no_kept_score__says_how_to_keep_one),
        WITH_WORLD(explain__closed__keeps_its_last_score),
        WITH_WORLD(explain__split__adds_up_and_is_recomputed_from_what_is_kept),
        WITH_WORLD(explain__passing_time__is_what_a_history_that_ends_then_would_say),
        WITH_WORLD(explain__what_came_in_late__is_a_new_fact_about_the_time_before),
        WITH_WORLD(explain__a_kept_score_that_was_tampered_with__is_told),
        WITH_WORLD(explain__closed_and_edited__revives_nothing),
        WITH_WORLD(explain__who_is_not_there__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
