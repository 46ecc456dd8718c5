/* Groups in the forecast: they add up to the company, and their intervals hold against what the
 * groups came to. */
#include "engine/jobs/group_record.h"

#include "answer_help.h"

enum { NOW = 690 };

static foresell_forecast_request request(const char *by)
{
    return (foresell_forecast_request){
        .moment = {at(NOW, 0), NULL}, .horizon = 3, .by = by, .seed = 5};
}

static void put_many(world *w)
{
    company k = {.seed = 5, .deals = 1500, .days = 700};
    put_company(w, &k);
}

static const fore_json_node *period_of(const fore_json_node *object, int64_t j)
{
    return fore_json_at(node_of(object, "periods"), j);
}

static double limit_of(const fore_json_node *period, int64_t side)
{
    double value = NAN;
    assert_true(fore_json_as_number(fore_json_at(node_of(node_of(period, "intervals"), "80"), side),
                                    &value));
    return value;
}

static void groups__every_kind__add_up_to_the_company_in_each_period(void **state)
{
    world *w = *state;
    static const char *const kinds[] = {"team", "region", "rep", "product"};
    put_many(w);
    for (int i = 0; i < 4; i++) {
        foresell_forecast_request r = request(kinds[i]);
        HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
        const fore_json_node *groups = node_of(h.root, "groups");
        if (fore_json_length(groups) == 0) { /* the company has no regions and products */
            assert_true(i % 2 == 1);
            assert_true(noted(&h, "are known of these deals"));
            forget(&h);
            continue;
        }
        assert_true(fore_json_length(groups) >= 2);
        for (int64_t j = 0; j < 3; j++) {
            static const char *const parts[] = {"mean", "won_so_far", "from_open_deals",
                                                "from_new_deals"};
            double sum[4] = {0};
            for (int64_t g = 0; g < fore_json_length(groups); g++) {
                const fore_json_node *p = period_of(fore_json_at(groups, g), j);
                for (int k = 0; k < 4; k++) sum[k] += number_of(p, parts[k]);
                assert_true(limit_of(p, 0) <= number_of(p, "median") + 1e-9);
                assert_true(number_of(p, "median") <= limit_of(p, 1) + 1e-9);
                CLOSE(number_of(p, "mean"), number_of(p, "won_so_far") +
                                                number_of(p, "from_open_deals") +
                                                number_of(p, "from_new_deals"));
            }
            CLOSE(sum[0], number_of(period_of(h.root, j), "mean"));
            CLOSE(sum[1], number_of(period_of(h.root, j), "won_so_far"));
        }
        forget(&h);
    }
}

/* What people see and --csv writes: the means of the rows are those of the company's rows, and a
 * group that brings nothing has none of its own. */
static void groups__the_table__adds_up_to_its_company_rows(void **state)
{
    world *w = *state;
    put_many(w);
    world_begin(w);
    for (int i = 0; i < 2; i++) { /* of a rep who sells nothing any more */
        fore_deal_row row = a_deal(i ? "X-old-1" : "X-old-0", at(10, 9));
        row.owner = key_of(w, FORE_REP, "R-gone");
        row.outcome = i ? FORE_WON : FORE_LOST;
        row.closed_at = at(20, 9);
        row.currency = "EUR";
        row.amount_minor = 100000;
        put_deal(w, row);
    }
    world_commit(w);
    foresell_forecast_request r = request("rep");
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_grid *g = grid_of(&h, "groups");
    double sum[3] = {0};
    int64_t rows = g->row_count - 3;
    assert_true(rows > 3 && rows % 3 == 0);
    for (int64_t i = 0; i < rows; i++) {
        assert_string_not_equal(cell_of(g, i, "group")->text, "R-gone");
        sum[i % 3] += cell_of(g, i, "mean")->number;
    }
    for (int64_t j = 0; j < 3; j++) {
        const fore_json_node *p = period_of(h.root, j);
        assert_string_equal(cell_of(g, rows + j, "group")->text, "company");
        CLOSE(cell_of(g, rows + j, "mean")->number, number_of(p, "mean"));
        CLOSE(cell_of(g, rows + j, "median")->number, number_of(p, "median"));
        assert_true(fabs(sum[j] - number_of(p, "mean")) < 2);
    }
    forget(&h);
}

static void groups__no_team_is_known__says_so_and_repeats_nothing(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 40; i++) {
        char id[32];
        snprintf(id, sizeof id, "D%02d", i);
        put_closed(w, id, at(400 + 6 * i, 9), at(430 + 6 * i, 9), i % 2 ? FORE_WON : FORE_LOST,
                   100);
    }
    world_commit(w);
    static const char *const kinds[] = {"team", "region", "rep", "product"};
    for (int i = 0; i < 4; i++) {
        char wanted[64];
        foresell_forecast_request r = request(kinds[i]);
        HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
        snprintf(wanted, sizeof wanted, "No %ss are known of these deals", kinds[i]);
        assert_true(noted(&h, wanted));
        assert_false(noted(&h, "Groups add up"));
        assert_int_equal(fore_json_length(node_of(h.root, "groups")), 0);
        forget(&h);
    }
}

static void groups__their_own_past__the_intervals_hold_it(void **state)
{
    world *w = *state;
    put_many(w);
    double held = 0, forecasts = 0;
    static const char *const kinds[] = {"team", "rep"};
    for (int i = 0; i < 2; i++) {
        foresell_forecast_request r = request(kinds[i]);
        HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
        const fore_json_node *past = node_of(h.root, "groups_backtest");
        CLOSE(number_of(past, "cuts"), 8);
        forecasts += number_of(past, "forecasts");
        held += number_of(past, "forecasts") * number_of(past, "coverage_80");
        assert_true(noted(&h, "Groups add up to the company in mean, not in median."));
        forget(&h);
    }
    assert_true(forecasts >= 40);
    if (!(held / forecasts >= 0.68 && held / forecasts <= 0.92))
        fail_msg("%g of %g", held, forecasts);
}

/* What is learned of groups' past is what was known at the moment. */
static void groups__what_comes_later__changes_nothing(void **state)
{
    world *w = *state, *then = another_world(1);
    company k = {.seed = 5, .deals = 800, .days = 700};
    put_company(w, &k);
    k.known_until = at(500, 0);
    put_company(then, &k);
    foresell_forecast_request r = request("rep");
    r.moment.now = at(500, 0);
    HEAR(full, fore_job_forecast(&w->c, &r, full.answer, e));
    HEAR(cut, fore_job_forecast(&then->c, &r, cut.answer, e));
    const fore_json_node *a = node_of(full.root, "groups_backtest"),
                         *b = node_of(cut.root, "groups_backtest");
    CLOSE(number_of(a, "forecasts"), number_of(b, "forecasts"));
    CLOSE(number_of(a, "coverage_80"), number_of(b, "coverage_80"));
    CLOSE(number_of(a, "error"), number_of(b, "error"));
    forget(&full);
    forget(&cut);
    world_end(then);
}

static void groups__threads__same_bytes(void **state)
{
    world *w = *state;
    company k = {.seed = 5, .deals = 500, .days = 700};
    put_company(w, &k);
    foresell_forecast_request r = request("rep");
    HEAR(one, fore_job_forecast(&w->c, &r, one.answer, e));
    fore_context_close(&w->c);
    world_open(w, 3);
    HEAR(three, fore_job_forecast(&w->c, &r, three.answer, e));
    assert_string_equal(one.answer->json.bytes, three.answer->json.bytes);
    forget(&one);
    forget(&three);
}

static void group_record__misses_beyond_luck__widen(void **state)
{
    (void)state;
    fore_pipeline_miss calm[40], wild[40];
    double sd[2] = {0.1, 0.2}, wide[2] = {0.1, 0.2};
    for (int i = 0; i < 40; i++) {
        calm[i] = (fore_pipeline_miss){1000, 100, i % 2 ? 1020 : 980};
        wild[i] = (fore_pipeline_miss){1000, 100, i % 2 ? 1800 : 400};
    }
    fore_group_record r = {.miss = calm};
    fore_group_record_widen(&r, 0.1, 2, sd);
    CLOSE(sd[0], 0.1); /* nothing seen, nothing changed */
    r.misses = 40;
    fore_group_record_widen(&r, 0.1, 2, sd);
    r.miss = wild;
    fore_group_record_widen(&r, 0.1, 2, wide);
    assert_true(wide[0] > 0.4 && wide[0] > sd[0] && wide[1] > wide[0]);
    CLOSE(wide[1] * wide[1] - wide[0] * wide[0], 0.04 - 0.01); /* the same part for each period */
}

static void groups__any_allocation_fails__clean_error(void **state)
{
    world *w = *state;
    company k = {.seed = 5, .deals = 80, .days = 200};
    put_company(w, &k);
    foresell_forecast_request r = request("team");
    r.moment.now = at(200, 0);
    { /* read the history once, outside */
        HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
        forget(&h);
    }
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t n = 1;; n += 1 + n / 6) {
        fore_answer *a = NULL;
        fore_memory_fail_at(n);
        fore_status status = fore_answer_new(&a, NULL);
        if (status == FORE_OK) status = fore_job_forecast(&w->c, &r, a, NULL);
        if (status == FORE_OK) status = fore_answer_finish(a, NULL);
        fore_memory_fail_at(0);
        fore_answer_free(a);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        failures++;
    }
    assert_true(failures > 20);
}

/* Every second day a deal, three in ten are won after some weeks, six in ten of these of P1, the
 * others of P2; the product is filled in with the win. */
static void put_late_products(world *w)
{
    world_begin(w);
    fore_random random = fore_random_new(17, 0);
    int64_t product[2] = {key_of(w, FORE_PRODUCT, "P1"), key_of(w, FORE_PRODUCT, "P2")};
    for (int i = 0; i < 700; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%04d", i);
        fore_deal_row row = a_deal(id, at(i, 9));
        int closed = i + 7 + (int)(fore_random_uniform(&random) * 40);
        bool won = fore_random_uniform(&random) < 0.3;
        if (closed < NOW) {
            row.closed_at = at(closed, 12);
            row.outcome = won ? FORE_WON : FORE_LOST;
            row.amount_minor = 100000;
            row.currency = "EUR";
            if (won) row.product = product[fore_random_uniform(&random) < 0.6 ? 0 : 1];
        }
        put_deal(w, row);
    }
    world_commit(w);
}

/* Deals that will be won must not be known at past cuts by their product, and open ones that have
 * none yet are not of no product. */
static void groups__known_with_the_win_alone__get_their_share(void **state)
{
    world *w = *state;
    put_late_products(w);
    foresell_forecast_request r = request("product");
    HEAR(h, fore_job_forecast(&w->c, &r, h.answer, e));
    const fore_json_node *groups = node_of(h.root, "groups"), *past;
    double first = number_of(period_of(fore_json_at(groups, 0), 1), "mean");
    double second = number_of(period_of(fore_json_at(groups, 1), 1), "mean");
    double all = number_of(period_of(h.root, 1), "mean");
    assert_true(fabs(first / all - 0.6) < 0.1);
    assert_true(fabs((first + second) / all - 1) < 1e-6);
    past = node_of(h.root, "groups_backtest");
    assert_true(number_of(past, "coverage_80") >= 0.6);
    assert_true(number_of(past, "error") < 0.5);
    forget(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(groups__no_team_is_known__says_so_and_repeats_nothing),
        WITH_WORLD(groups__the_table__adds_up_to_its_company_rows),
        WITH_WORLD(groups__every_kind__add_up_to_the_company_in_each_period),
        WITH_WORLD(groups__known_with_the_win_alone__get_their_share),
        WITH_WORLD(groups__their_own_past__the_intervals_hold_it),
        WITH_WORLD(groups__what_comes_later__changes_nothing),
        WITH_WORLD(groups__threads__same_bytes),
        cmocka_unit_test(group_record__misses_beyond_luck__widen),
        WITH_WORLD(groups__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
