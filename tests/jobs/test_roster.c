/* The roster: who is on it, graded and valued as a hand would. */
#include "engine/jobs/roster.h"

#include "training_help.h"

enum { NOW = 450 };

static void publish_for(world *w, fore_subject_kind kind, int64_t as_of)
{
    fore_training_options o = quick_options(as_of);
    fore_training t = trained(w, kind, &o);
    publish(w, &t, as_of);
    fore_training_free(&t);
}

static void both_kinds(world *w)
{
    company deals = {.seed = 1, .deals = 250, .days = 500};
    company leads = {.seed = 2, .deals = 250, .days = 500, .leads = true};
    put_company(w, &deals);
    put_company(w, &leads);
}

static fore_roster roster_at(world *w, int64_t as_of)
{
    fore_roster r;
    OK(fore_roster_open(&w->c, as_of, &r, e));
    return r;
}

static const fore_roster_row *row_of(const fore_roster *r, const char *id)
{
    for (int64_t i = 0; i < r->count; i++)
        if (strcmp(fore_word(&r->timeline->ids, r->row[i].subject), id) == 0) return &r->row[i];
    return NULL;
}

static void roster__everything_open__is_on_it_once(void **state)
{
    world *w = *state;
    both_kinds(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW, 0));
    publish_for(w, FORE_SUBJECT_LEAD, at(NOW, 0));
    fore_roster r = roster_at(w, at(NOW, 0));
    OK(fore_roster_add_open(&w->c, &r, e));
    const fore_timeline *t = r.timeline;
    int64_t open = 0;
    for (int64_t s = 0; s < t->subjects; s++) open += fore_subject_open_at(t, s, at(NOW, 0));
    assert_true(open > 20);
    assert_int_equal(r.count, open);
    for (int64_t i = 0; i < r.count; i++)
        for (int64_t j = 0; j < i; j++) assert_true(r.row[i].subject != r.row[j].subject);
    fore_roster_free(&r);
}

static void roster__rows__are_graded_and_valued_by_hand(void **state)
{
    world *w = *state;
    both_kinds(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW, 0));
    publish_for(w, FORE_SUBJECT_LEAD, at(NOW, 0));
    fore_roster r = roster_at(w, at(NOW, 0));
    OK(fore_roster_add_open(&w->c, &r, e));
    const fore_timeline *t = r.timeline;
    double won = 0, closed = 0, sum = 0;
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (t->outcome[s] == FORE_OUTCOME_OPEN || t->closed_at[s] >= at(NOW, 0)) continue;
        closed++;
        won += t->outcome[s] == FORE_WON;
        if (t->outcome[s] == FORE_WON) sum += t->amount[s];
    }
    assert_true(fabs(r.lead_amount - sum / won) < 1e-9);
    assert_true(fabs(r.lead_deal_rate - won / closed) < 1e-12);
    int seen[4] = {0};
    for (int64_t i = 0; i < r.count; i++) {
        const fore_roster_row *row = &r.row[i];
        bool lead = row->subject < t->leads;
        double base = r.scoring[lead ? FORE_SUBJECT_LEAD : FORE_SUBJECT_DEAL]->base_rate;
        char grade = row->probability >= fmin(2 * base, 0.9) ? 'A'
                     : row->probability >= base              ? 'B'
                     : row->probability >= base / 2          ? 'C'
                                                             : 'D';
        assert_int_equal(row->grade, grade);
        double amount = lead ? sum / won : row->amount, factor = lead ? won / closed : 1;
        assert_true(fabs(row->expected_value - row->probability * factor * amount) < 1e-9);
        assert_true(row->lo <= row->probability && row->probability <= row->hi);
        assert_int_equal(row->owner, t->owner[row->subject]);
        seen[grade - 'A']++;
    }
    assert_true(seen[0] + seen[1] > 0 && seen[2] + seen[3] > 0);
    fore_roster_free(&r);
}

static void roster__amount__is_that_of_the_moment(void **state)
{
    world *w = *state;
    both_kinds(w);
    world_begin(w);
    fore_deal_row row = a_deal("DX", at(NOW - 20, 9));
    row.amount_minor = 900000;
    put_deal(w, row);
    put_change(w, "DX", at(NOW + 1, 0), "amount", "100", "9000");
    world_commit(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW, 0));
    fore_roster r = roster_at(w, at(NOW, 0));
    OK(fore_roster_add(&w->c, &r, "DX", e));
    assert_true(r.row[0].amount == 100);
    fore_roster_free(&r);
    r = roster_at(w, at(NOW + 2, 0));
    OK(fore_roster_add(&w->c, &r, "DX", e));
    assert_true(r.row[0].amount == 9000);
    fore_roster_free(&r);
}

static void roster__a_converted_lead__is_represented_by_its_deal(void **state)
{
    world *w = *state;
    both_kinds(w);
    world_begin(w);
    put_deal(w, a_deal("DX", at(NOW - 5, 9)));
    fore_lead_row lead = a_lead("LX", at(NOW - 20, 9));
    lead.status = "converted";
    lead.closed_at = at(NOW - 5, 9);
    lead.deal = key_of(w, FORE_DEAL, "DX");
    put_lead(w, lead);
    world_commit(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW - 6, 0)); /* a model answers for no moment before it */
    publish_for(w, FORE_SUBJECT_LEAD, at(NOW - 6, 0));
    fore_roster r = roster_at(w, at(NOW, 0));
    OK(fore_roster_add_open(&w->c, &r, e));
    assert_non_null(row_of(&r, "DX"));
    assert_null(row_of(&r, "LX"));
    fore_roster_free(&r);
    r = roster_at(w, at(NOW - 6, 0)); /* before, it was the lead */
    OK(fore_roster_add_open(&w->c, &r, e));
    assert_null(row_of(&r, "DX"));
    assert_non_null(row_of(&r, "LX"));
    fore_roster_free(&r);
}

static void roster_add__what_cannot_be_scored__is_refused_with_a_reason(void **state)
{
    world *w = *state;
    both_kinds(w);
    world_begin(w);
    put_closed(w, "DC", at(NOW - 20, 9), at(NOW - 5, 9), FORE_WON, 5);
    put_deal(w, a_deal("DL", at(NOW + 5, 9)));
    put_deal(w, a_deal("DN", FORE_NO_TIME));
    world_commit(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW, 0));
    fore_roster r = roster_at(w, at(NOW, 0));
    FAILS(FORE_E_NOT_FOUND, "'nobody'", fore_roster_add(&w->c, &r, "nobody", e));
    FAILS(FORE_E_NO_ANSWER, "not open", fore_roster_add(&w->c, &r, "DC", e));
    FAILS(FORE_E_NO_ANSWER, "not open", fore_roster_add(&w->c, &r, "DL", e));
    FAILS(FORE_E_NO_ANSWER, "no time of creation", fore_roster_add(&w->c, &r, "DN", e));
    FAILS(FORE_E_NO_ANSWER, "no model for leads", fore_roster_add(&w->c, &r, "L000001", e));
    assert_int_equal(r.count, 0);
    OK(fore_roster_add_open(&w->c, &r, e)); /* no model for leads: they are not listed */
    for (int64_t i = 0; i < r.count; i++) assert_true(r.row[i].subject >= r.timeline->leads);
    assert_null(row_of(&r, "DN"));
    fore_roster_free(&r);
}

static void roster_open__without_a_model__says_what_to_do(void **state)
{
    world *w = *state;
    both_kinds(w);
    fore_roster r;
    FAILS(FORE_E_NO_ANSWER, "foresell train", fore_roster_open(&w->c, at(NOW, 0), &r, e));
}

static void roster_parts__add_up_to_the_same_order_as_the_chances(void **state)
{
    world *w = *state;
    both_kinds(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW, 0));
    fore_roster r = roster_at(w, at(NOW, 0));
    OK(fore_roster_add_open(&w->c, &r, e));
    int64_t columns = r.scoring[FORE_SUBJECT_DEAL]->columns;
    double *raw = malloc((size_t)columns * 16), *parts = raw + columns;
    double *total = malloc((size_t)r.count * sizeof *total), base;
    for (int64_t i = 0; i < r.count; i++) {
        OK(fore_roster_parts(&w->c, &r, &r.row[i], raw, parts, &base, e));
        total[i] = base;
        for (int64_t j = 0; j < columns; j++) total[i] += parts[j];
    }
    for (int64_t i = 0; i < r.count; i++)
        for (int64_t j = 0; j < r.count; j++)
            if (total[i] > total[j] + 1e-9)
                assert_true(r.row[i].probability >= r.row[j].probability - 1e-12);
    free(raw);
    free(total);
    fore_roster_free(&r);
}

static fore_answer *scored(world *w, int64_t top)
{
    fore_answer *a;
    foresell_score_request r = {.moment = {at(450, 8), NULL}, .top = top, .forget = true};
    OK(fore_answer_new(&a, e));
    OK(fore_job_score(&w->c, &r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

/* Of all rows the five of the highest expected value, in that order; without, all by id. */
static void score__top__shows_the_highest_expected_values(void **state)
{
    world *w = *state;
    enum { ID = 0, EXPECTED = 8, TOP = 5 };
    both_kinds(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(450, 0));
    fore_answer *all = scored(w, 0), *a = scored(w, TOP);
    const fore_grid *g = &a->grids[0], *whole = &all->grids[0];
    assert_int_equal(g->row_count, TOP);
    assert_true(whole->row_count > 2 * TOP);
    double least = g->cells[(TOP - 1) * g->column_count + EXPECTED].number;
    int64_t above = 0;
    for (int64_t i = 1; i < TOP; i++)
        assert_true(g->cells[i * g->column_count + EXPECTED].number <=
                    g->cells[(i - 1) * g->column_count + EXPECTED].number);
    for (int64_t i = 0; i < whole->row_count; i++)
        above += whole->cells[i * whole->column_count + EXPECTED].number > least;
    assert_int_equal(above, TOP - 1);
    fore_json *document;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *scores = fore_json_get(fore_json_root(document), "scores");
    assert_int_equal(fore_json_length(scores), TOP);
    assert_string_equal(fore_json_get_string(fore_json_at(scores, 0), "id"), g->cells[ID].text);
    fore_json_free(document);
    fore_answer_free(a);
    fore_answer_free(all);
}

static void roster__memory_runs_out_anywhere__leaks_nothing(void **state)
{
    world *w = *state;
    both_kinds(w);
    publish_for(w, FORE_SUBJECT_DEAL, at(NOW, 0));
    fore_roster warm = roster_at(w, at(NOW, 0)); /* the history is read once */
    fore_roster_free(&warm);
    int64_t live = fore_memory_live();
    bool done = false;
    for (int64_t k = 1; !done; k += 1 + k / 20) {
        fore_roster r = {0};
        fore_memory_fail_at(k);
        fore_status status = fore_roster_open(&w->c, at(NOW, 0), &r, NULL);
        if (status == FORE_OK) status = fore_roster_add_open(&w->c, &r, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        assert_true(done || status == FORE_E_MEMORY);
        fore_roster_free(&r);
        assert_int_equal(fore_memory_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(roster__everything_open__is_on_it_once),
        WITH_WORLD(roster__rows__are_graded_and_valued_by_hand),
        WITH_WORLD(roster__amount__is_that_of_the_moment),
        WITH_WORLD(roster__a_converted_lead__is_represented_by_its_deal),
        WITH_WORLD(roster_add__what_cannot_be_scored__is_refused_with_a_reason),
        WITH_WORLD(roster_open__without_a_model__says_what_to_do),
        WITH_WORLD(roster_parts__add_up_to_the_same_order_as_the_chances),
        WITH_WORLD(score__top__shows_the_highest_expected_values),
        WITH_WORLD(roster__memory_runs_out_anywhere__leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
