/* Forecast categories: from the CRM's changes, its chances, or ours; and what became of them, by
 * what was known then. */
#include "answer_help.h"

#include "engine/jobs/categories.h"
#include "features/attributes.h"

enum { NOW = 456 }; /* Tuesday, 1 April 2025 */

static void put_dated(world *w, const char *id, int created, int expected, int closed, bool won,
                      double amount, const char *attributes)
{
    char was[32], is[32];
    fore_deal_row row = a_deal(id, at(created, 9));
    row.amount_minor = llround(amount * 100);
    row.currency = "EUR";
    row.expected_close_on = date(expected);
    row.attributes = attributes;
    if (closed >= 0) {
        row.closed_at = at(closed, 9);
        row.outcome = won ? FORE_WON : FORE_LOST;
    }
    put_deal(w, row);
    fore_date_format(date(expected + 40), was); /* moved once, so that dates are recorded */
    fore_date_format(date(expected), is);
    put_change(w, id, at(created, 10), "expected_close_at", was, is);
}

static void put_category(world *w, const char *id, int day, const char *from, const char *to)
{
    put_change(w, id, at(day, 11), "forecast_category", from, to);
}

/* January to March: two of commit, one won; four of pipeline, one won. At the closing the CRM sets
 * "Closed" or "Omitted". */
static void put_past(world *w)
{
    static const int month[] = {366, 397, 425};
    char id[32];
    for (int m = 0; m < 3; m++)
        for (int i = 0; i < 6; i++) {
            bool won = i == 0 || i == 2;
            snprintf(id, sizeof id, "P%d-%d", m, i);
            put_dated(w, id, month[m] - 20, month[m] + 10, month[m] + 12, won, 100 + 100 * i, NULL);
            put_category(w, id, month[m] - 20, NULL, "Pipeline");
            if (i < 2) put_category(w, id, month[m] - 5, "Pipeline", "Forecast");
            put_category(w, id, month[m] + 12, i < 2 ? "Forecast" : "Pipeline",
                         won ? "Closed" : "Omitted");
        }
}

static fore_outlook *outlook_of(world *w)
{
    fore_outlook *o = NULL;
    fore_outlook_options options = {.as_of = at(NOW, 0),
                                    .period = FORE_MONTHLY,
                                    .periods = 2,
                                    .first_on = date(NOW),
                                    .plain = true};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    return o;
}

static fore_categories categories_of(world *w, const fore_outlook *o)
{
    fore_categories c;
    OK(fore_categories_make(&w->c, o, FORE_MONTHLY, true, &c, e));
    return c;
}

static void category_parse__words_of_vendors__are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int category;
    } known[] = {{"Commit", FORE_COMMIT},
                 {"COMMIT", FORE_COMMIT},
                 {"Committed", FORE_COMMIT},
                 {"Forecast", FORE_COMMIT},
                 {"BestCase", FORE_BEST_CASE},
                 {"BEST_CASE", FORE_BEST_CASE},
                 {"Best case", FORE_BEST_CASE},
                 {"Most Likely", FORE_MOST_LIKELY},
                 {"pipeline", FORE_PIPELINE_CATEGORY},
                 {"OMIT", FORE_OMITTED},
                 {"Closed", FORE_CATEGORY_NONE},
                 {"", FORE_CATEGORY_NONE},
                 {NULL, FORE_CATEGORY_NONE}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(fore_category_parse(known[i].word), known[i].category);
}

static void categories__from_changes__are_those_of_the_moment(void **state)
{
    world *w = *state;
    world_begin(w);
    put_past(w);
    put_dated(w, "A", NOW - 20, NOW + 10, NOW + 5, true, 1000, NULL); /* won later */
    put_category(w, "A", NOW - 9, NULL, "Best Case");
    put_category(w, "A", NOW + 5, "Best Case", "Closed");
    put_dated(w, "B", NOW - 20, NOW + 40, -1, false, 70, NULL); /* due in May */
    put_category(w, "B", NOW - 9, NULL, "Pipeline");
    put_category(w, "B", NOW + 1, "Pipeline", "Commit");
    world_commit(w);
    fore_outlook *o = outlook_of(w);
    fore_categories c = categories_of(w, o);
    assert_int_equal(c.source, FORE_CATEGORY_CRM);
    const fore_category_sum *april = c.sum, *may = c.sum + FORE_CATEGORIES;
    assert_int_equal(april[FORE_BEST_CASE].deals, 1);
    CLOSE(april[FORE_BEST_CASE].amount, 1000);
    assert_int_equal(april[FORE_COMMIT].deals + april[FORE_PIPELINE_CATEGORY].deals, 0);
    assert_int_equal(may[FORE_PIPELINE_CATEGORY].deals, 1);
    CLOSE(may[FORE_PIPELINE_CATEGORY].expected, 70 * may[FORE_PIPELINE_CATEGORY].expected_deals);
    /* on the 1st of three months: 6 in commit, 3 of them won; 12 in pipeline, 3 won */
    assert_int_equal(c.past[0], 3);
    assert_int_equal(april[FORE_COMMIT].past_deals, 6);
    assert_int_equal(april[FORE_COMMIT].past_won, 3);
    CLOSE(april[FORE_COMMIT].past_amount, 900);
    CLOSE(april[FORE_COMMIT].past_won_amount, 300);
    assert_int_equal(april[FORE_PIPELINE_CATEGORY].past_deals, 12);
    assert_int_equal(april[FORE_PIPELINE_CATEGORY].past_won, 3);
    assert_int_equal(april[FORE_OMITTED].past_deals, 0); /* the CRM's last word came too late */
    fore_categories_free(&c);
    fore_outlook_free(o);
}

/* Ten deals a month are opened in commit, two of them are won on the 12th and logged only then; the
 * others stay. They count as well, whether or not anything was logged of them later. */
static void put_survivors(world *w, const char *from)
{
    static const int month[] = {335, 366, 397, 425};
    char id[32];
    for (int m = 0; m < 4; m++)
        for (int i = 0; i < 10; i++) {
            bool won = i < 2;
            snprintf(id, sizeof id, "S%d-%d", m, i);
            put_dated(w, id, month[m] - 9, month[m] + 20, won ? month[m] + 12 : -1, won, 100,
                      won ? "{\"ForecastCategory\":\"Closed\"}"
                          : "{\"ForecastCategory\":\"Commit\"}");
            if (won) put_category(w, id, month[m] + 12, from, "Closed");
        }
}

static void categories__without_a_later_change__count_too(void **state)
{
    world *w = *state;
    world_begin(w);
    put_survivors(w, "Commit");
    world_commit(w);
    fore_outlook *o = outlook_of(w);
    fore_categories c = categories_of(w, o);
    const fore_category_sum *commit = &c.sum[FORE_COMMIT];
    assert_int_equal(c.source, FORE_CATEGORY_CRM);
    /* 1 January, February, March; on 1 December nothing had been recorded yet */
    assert_int_equal(c.past[0], 3);
    assert_int_equal(c.unsaid, 1);
    /* due at the moment, overdue ones too: 10 + 8, 10 + 16, 10 + 24 */
    assert_int_equal(commit->past_deals, 18 + 26 + 34);
    assert_int_equal(commit->past_won, 6);
    fore_categories_free(&c);
    fore_outlook_free(o);
}

/* A log of new values only does not say what the won ones were before. */
static void categories__of_a_log_without_old_values__have_no_past(void **state)
{
    world *w = *state;
    world_begin(w);
    put_survivors(w, NULL);
    world_commit(w);
    fore_outlook *o = outlook_of(w);
    fore_categories c = categories_of(w, o);
    assert_int_equal(c.source, FORE_CATEGORY_CRM);
    assert_int_equal(c.past[0], 0);
    assert_int_equal(c.unsaid, 4);
    assert_int_equal(c.sum[FORE_COMMIT].past_deals, 0);
    fore_categories_free(&c);
    fore_outlook_free(o);
}

/* Two of ten open deals were won after the moment and now say "Closed": the CRM's categories would
 * show the eight that lived on. */
static void categories__that_later_endings_overwrote__are_not_the_crms(void **state)
{
    world *w = *state;
    world_begin(w);
    put_past(w);
    for (int i = 0; i < 10; i++) {
        char id[32];
        snprintf(id, sizeof id, "O%d", i);
        put_dated(w, id, NOW - 20, NOW + 10, i < 2 ? NOW + 5 : -1, i < 2, 100,
                  i < 2 ? "{\"ForecastCategory\":\"Closed\"}"
                        : "{\"ForecastCategory\":\"Commit\"}");
    }
    world_commit(w);
    fore_outlook *o = outlook_of(w);
    fore_categories c = categories_of(w, o);
    assert_int_equal(c.source, FORE_CATEGORY_OURS);
    fore_categories_free(&c);
    fore_outlook_free(o);
}

/* What is logged after the moments looked from changes nothing of what stood then. */
static void categories__logged_later__are_the_same(void **state)
{
    world *both[] = {*state, another_world(1)};
    fore_categories c[2];
    for (int k = 0; k < 2; k++) {
        world *w = both[k];
        world_begin(w);
        put_survivors(w, "Commit");
        for (int i = 2; i < 10 && k == 1; i++) {
            char id[32];
            snprintf(id, sizeof id, "S3-%d", i);
            put_category(w, id, NOW + 2, "Commit", i % 2 ? "Pipeline" : "Omitted");
        }
        world_commit(w);
        fore_outlook *o = outlook_of(w);
        c[k] = categories_of(w, o);
        fore_outlook_free(o);
    }
    assert_int_equal(c[0].past[0], c[1].past[0]);
    for (int k = 0; k < FORE_CATEGORIES; k++) {
        assert_int_equal(c[0].sum[k].deals, c[1].sum[k].deals);
        assert_int_equal(c[0].sum[k].past_deals, c[1].sum[k].past_deals);
        assert_int_equal(c[0].sum[k].past_won, c[1].sum[k].past_won);
    }
    for (int k = 0; k < 2; k++) fore_categories_free(&c[k]);
    world_end(both[1]);
}

/* The won ones say "Closed" and no change tells what they were before: no share is told. */
static void categories__overwritten_at_the_end__have_no_past(void **state)
{
    world *w = *state;
    world_begin(w);
    put_dated(w, "A", 300, 900, -1, false, 100, "{\"ForecastCategory\":\"Commit\"}");
    put_category(w, "A", 340, "Pipeline", "Commit");
    for (int i = 0; i < 40; i++) {
        char id[32];
        bool won = i % 4 == 0;
        snprintf(id, sizeof id, "W%02d", i);
        put_dated(w, id, 330 + 2 * i, 370 + 2 * i, won ? 370 + 2 * i : -1, won, 100,
                  won ? "{\"ForecastCategory\":\"Closed\"}" : "{\"ForecastCategory\":\"Commit\"}");
    }
    world_commit(w);
    foresell_forecast_request r = {.moment = {at(NOW, 0), NULL}, .horizon = 1, .seed = 5};
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *node = node_of(h.root, "categories");
    assert_string_equal(string_of(node, "source"), "crm");
    assert_true(number_of(node, "past_unknown") >= 3);
    const fore_grid *g = grid_of(&h, "categories");
    assert_true(isnan(cell_of(g, 0, "past_won_share")->number));
    assert_true(noted(&h, "How categories came true is not told"));
    forget(&h);
}

static void categories__of_the_crms_chances__have_no_past(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int m = 0; m < 4; m++) {
        char id[32];
        snprintf(id, sizeof id, "P%d", m);
        put_dated(w, id, 380 + m, 400, 410, m % 2, 100, "{\"Probability\":\"100\"}");
    }
    put_dated(w, "A", NOW - 20, NOW + 10, -1, false, 10, "{\"Probability\":\"90\"}");
    put_dated(w, "B", NOW - 20, NOW + 10, -1, false, 20, "{\"Probability\":\"0.4\"}");
    put_dated(w, "C", NOW - 20, NOW + 10, -1, false, 30, "{\"Probability\":\"10 %\"}");
    put_dated(w, "D", NOW - 20, NOW + 10, -1, false, 40, NULL);
    world_commit(w);
    fore_outlook *o = outlook_of(w);
    fore_categories c = categories_of(w, o);
    assert_int_equal(c.source, FORE_CATEGORY_STAGE);
    CLOSE(c.sum[FORE_COMMIT].amount, 10);
    CLOSE(c.sum[FORE_BEST_CASE].amount, 20);
    CLOSE(c.sum[FORE_PIPELINE_CATEGORY].amount, 30);
    assert_int_equal(c.past[0], 0);
    fore_categories_free(&c);
    fore_outlook_free(o);
}

static void categories__of_our_chances__add_up_to_the_outlook(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(w, &k);
    fore_outlook *o = outlook_of(w);
    fore_categories c = categories_of(w, o);
    assert_int_equal(c.source, FORE_CATEGORY_OURS);
    for (int j = 0; j < 2; j++) {
        double expected = 0, wins = 0, here = 0, here_wins = 0;
        int64_t deals = 0;
        for (int64_t i = 0; i < o->open; i++) {
            expected += o->open_won[i + j * o->open] * o->open_amount[i];
            wins += o->open_won[i + j * o->open];
        }
        for (int s = 0; s < FORE_CATEGORIES; s++) {
            deals += c.sum[j * FORE_CATEGORIES + s].deals;
            here += c.sum[j * FORE_CATEGORIES + s].expected;
            here_wins += c.sum[j * FORE_CATEGORIES + s].expected_deals;
        }
        assert_int_equal(deals, o->open);
        CLOSE(here, expected);
        CLOSE(here_wins, wins);
    }
    assert_true(c.past[0] >= 3);
    assert_true(c.past[1] == 0);
    assert_true(c.sum[FORE_PIPELINE_CATEGORY].past_deals > 20);
    fore_categories_free(&c);
    fore_outlook_free(o);
}

/* The parts of "we expect" are the forecast's open deals, also of those in no category. */
static void check_parts(world *w, bool others)
{
    foresell_forecast_request r = {.moment = {at(NOW, 0), NULL}, .horizon = 2, .seed = 5};
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *periods = node_of(node_of(h.root, "categories"), "periods");
    for (int64_t j = 0; j < 2; j++) {
        const fore_json_node *parts = node_of(fore_json_at(periods, j), "categories");
        double sum = 0, deals = 0;
        bool other = false;
        for (int64_t k = 0; k < fore_json_length(parts); k++) {
            const fore_json_node *part = fore_json_at(parts, k);
            sum += number_of(part, "expected");
            deals += number_of(part, "deals");
            other |= strcmp(string_of(part, "category"), "other") == 0;
        }
        CLOSE(sum, number_of(fore_json_at(node_of(h.root, "periods"), j), "from_open_deals"));
        assert_true(sum > 0 && deals > 0);
        assert_int_equal(other, others);
    }
    assert_true(noted(&h, "brought to the forecast's figure of open deals"));
    assert_int_equal(noted(&h, "not due in the period"), others);
    forget(&h);
}

static void forecast__what_we_expect_of_categories__is_its_open_deals(void **state)
{
    world *w = *state;
    company k = {.seed = 2, .deals = 400, .days = 500};
    put_company(w, &k);
    check_parts(w, false);
}

static void forecast__categories_of_the_crm__the_rest_is_a_row_of_its_own(void **state)
{
    world *w = *state;
    world_begin(w);
    put_past(w);
    put_dated(w, "A", NOW - 20, NOW + 10, -1, false, 1000, NULL);
    put_category(w, "A", NOW - 9, NULL, "Best Case");
    put_dated(w, "B", NOW - 20, NOW + 40, -1, false, 70, NULL); /* due in May */
    put_category(w, "B", NOW - 9, NULL, "Pipeline");
    put_dated(w, "C", NOW - 20, NOW + 80, -1, false, 50, NULL); /* due in June */
    put_category(w, "C", NOW - 9, NULL, "Pipeline");
    world_commit(w);
    check_parts(w, true);
}

/* The CRM's forecast of a deal says how it ended: it is no column of any model. */
static void attributes__of_the_crms_forecast__are_in_no_frame(void **state)
{
    world *w = *state;
    fore_attributes *frame = NULL;
    world_begin(w);
    put_past(w);
    put_dated(w, "A", NOW - 20, NOW + 10, -1, false, 10,
              "{\"Probability\":\"90\",\"ForecastCategoryName\":\"Commit\",\"Size\":\"big\"}");
    world_commit(w);
    OK(fore_attributes_read(w->c.store, world_timeline(w), FORE_SUBJECT_DEAL, at(NOW, 0), NULL, 0,
                            &frame, e));
    bool size = false;
    for (int64_t k = 0; k < fore_frame_columns(frame->frame); k++) {
        const char *name = fore_frame_column_at(frame->frame, k)->name;
        assert_false(fore_is_forecast_category(name) || fore_is_forecast_chance(name));
        size |= strcmp(name, "Size") == 0;
    }
    assert_true(size);
    fore_attributes_free(frame);
}

static void categories__short_of_memory__leave_nothing(void **state)
{
    world *w = *state;
    world_begin(w);
    put_past(w);
    put_dated(w, "A", NOW - 20, NOW + 10, -1, false, 1000, "{\"Probability\":\"90\"}");
    put_category(w, "A", NOW - 9, NULL, "Best Case");
    world_commit(w);
    fore_outlook *o = outlook_of(w);
    int64_t held = fore_memory_live();
    bool done = false;
    for (int64_t k = 1; !done; k++) {
        fore_categories c;
        fore_memory_fail_at(k);
        fore_status status = fore_categories_make(&w->c, o, FORE_MONTHLY, true, &c, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        assert_true(done || status == FORE_E_MEMORY);
        fore_categories_free(&c);
        assert_int_equal(fore_memory_live(), held);
    }
    fore_outlook_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(category_parse__words_of_vendors__are_understood),
        WITH_WORLD(categories__from_changes__are_those_of_the_moment),
        WITH_WORLD(categories__without_a_later_change__count_too),
        WITH_WORLD(categories__of_a_log_without_old_values__have_no_past),
        WITH_WORLD(categories__that_later_endings_overwrote__are_not_the_crms),
        WITH_WORLD(categories__logged_later__are_the_same),
        WITH_WORLD(categories__overwritten_at_the_end__have_no_past),
        WITH_WORLD(categories__of_the_crms_chances__have_no_past),
        WITH_WORLD(categories__of_our_chances__add_up_to_the_outlook),
        WITH_WORLD(forecast__what_we_expect_of_categories__is_its_open_deals),
        WITH_WORLD(forecast__categories_of_the_crm__the_rest_is_a_row_of_its_own),
        WITH_WORLD(attributes__of_the_crms_forecast__are_in_no_frame),
        WITH_WORLD(categories__short_of_memory__leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
