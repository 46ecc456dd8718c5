/* What the backtest says happened is what the rows say happened. */
#include "answer_help.h"
#include "engine/base/file.h"
#include "features/examples.h"

enum { NOW = 480 }; /* Friday, 25 April 2025 */

static void a_past(world *w)
{
    company k = {.seed = 4, .deals = 500, .days = 500};
    put_company(w, &k);
}

static foresell_backtest_request request(const char *what, int64_t cuts)
{
    return (foresell_backtest_request){
        .moment = {at(NOW, 0), NULL}, .what = what, .cuts = cuts, .seed = 3};
}

/* --- rank --- */

static double horizon_of(world *w)
{
    fore_examples *e_made = NULL;
    fore_examples_options o = fore_examples_defaults(at(NOW, 0));
    OK(fore_examples_make(world_timeline(w), FORE_SUBJECT_DEAL, &o, &e_made, e));
    double days = e_made->horizon_days;
    fore_examples_free(e_made);
    return days;
}

static void backtest__rank__counts_who_was_open_and_won(void **state)
{
    world *w = *state;
    a_past(w);
    stored s = read_store(w);
    foresell_backtest_request r = request("rank", 2);
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    const fore_json_node *cuts = node_of(h.root, "rank");
    int64_t horizon = (int64_t)(horizon_of(w) * (double)FORE_DAY);
    assert_int_equal(fore_json_length(cuts), 2);
    for (int64_t i = 0; i < 2; i++) {
        const fore_json_node *cut = fore_json_at(cuts, i);
        int64_t when = at(NOW, 0) - horizon - (1 - i) * (horizon / 2), open = 0, won = 0;
        char date[32];
        fore_date_format(fore_date_of(when), date);
        assert_string_equal(string_of(cut, "as_of"), date);
        assert_string_equal(string_of(cut, "purpose"), "deal");
        for (int64_t d = 0; d < s.deals; d++) {
            if (!was_open(&s.deal[d], when)) continue;
            open++;
            won += was_won_in(&s.deal[d], when, when + horizon);
        }
        assert_true(open > 30 && won > 5);
        const fore_grid *g = grid_of(&h, "rank");
        assert_true(cell_of(g, i, "rows")->number == (double)open);
        assert_true(cell_of(g, i, "wins")->number == (double)won);
        CLOSE(number_of(cut, "base_rate"), (double)won / (double)open);
        assert_true(number_of(cut, "auc") > 0.5);
        double p = (double)won / (double)open; /* no constant chance can lose less than this one */
        assert_true(number_of(cut, "base_rate_log_loss") >= -(p * log(p) + (1 - p) * log(1 - p)));
        assert_true(cell_of(g, i, "log_loss")->number == number_of(cut, "log_loss"));
    }
    forget(&h);
    drop_stored(&s);
}

/* One open deal as the rows of the store tell it. */
typedef struct plain_row {
    double score[3], amount; /* newest, oldest, first contacted */
    bool won;
} plain_row;

static int64_t first_contact_in(const stored *s, int64_t deal, int64_t from, int64_t end)
{
    int64_t first = FORE_NO_TIME;
    for (int64_t i = 0; i < s->events; i++)
        if (s->event[i].deal == deal && s->event[i].at >= from && s->event[i].at < end &&
            (first == FORE_NO_TIME || s->event[i].at < first))
            first = s->event[i].at;
    return first;
}

static int64_t plain_rows(const stored *s, int64_t when, int64_t horizon, plain_row *row)
{
    int64_t n = 0;
    for (int64_t d = 0; d < s->deals; d++) {
        const stored_subject *deal = &s->deal[d];
        if (!was_open(deal, when)) continue;
        int64_t contact = first_contact_in(s, deal->pk, when, when + 7 * FORE_DAY);
        row[n++] = (plain_row){{(double)deal->created, -(double)deal->created,
                                contact == FORE_NO_TIME ? -1e300 : -(double)contact},
                               deal->amount,
                               was_won_in(deal, when, when + horizon)};
    }
    return n;
}

/* Different deals contacted on a day of the 28 before, over the days with any: all are contacts. */
static double plain_k(const stored *s, int64_t when)
{
    double pairs = 0, days = 0;
    for (int d = 0; d < 28; d++) {
        int64_t from = when - (28 - d) * FORE_DAY, today = 0;
        for (int64_t i = 0; i < s->deals; i++)
            today += first_contact_in(s, s->deal[i].pk, from, from + FORE_DAY) != FORE_NO_TIME;
        pairs += (double)today;
        days += today > 0;
    }
    return floor((pairs + floor(days / 2)) / days);
}

/* Wins and won amount of the first k, tied rows counted in proportion. */
static void plain_top(const plain_row *row, int64_t n, int order, double k, double *won,
                      double *amount)
{
    *won = *amount = 0;
    for (int64_t i = 0; i < n; i++) {
        double above = 0, same = 0;
        for (int64_t j = 0; j < n; j++) {
            above += row[j].score[order] > row[i].score[order];
            same += row[j].score[order] == row[i].score[order];
        }
        double part = fmin(fmax((k - above) / same, 0), 1);
        *won += part * row[i].won;
        *amount += row[i].won ? part * row[i].amount : 0;
    }
}

/* Is the deal among the first k of those open then, newest (sign 1) or oldest (-1) first? Deals of
 * this company are created at different moments. */
static bool is_among_first(const stored *s, int64_t deal, int64_t when, int sign, double k)
{
    double before = 0;
    for (int64_t d = 0; d < s->deals; d++)
        before +=
            was_open(&s->deal[d], when) && sign * (s->deal[d].created - s->deal[deal].created) > 0;
    return was_open(&s->deal[deal], when) && before < k;
}

/* Of the first k that are still open a day later, the share that is among the first k then. */
static double plain_kept(const stored *s, int64_t when, int sign, double k)
{
    double left = 0, kept = 0;
    for (int64_t d = 0; d < s->deals; d++) {
        if (!is_among_first(s, d, when, sign, k) || !was_open(&s->deal[d], when + FORE_DAY))
            continue;
        left++;
        kept += is_among_first(s, d, when + FORE_DAY, sign, k);
    }
    return kept / left;
}

static void backtest__rank__first_k_of_plain_orders_as_the_rows_say(void **state)
{
    static const char *const key[] = {"newest_first", "oldest_first", "reps_own"};
    world *w = *state;
    a_past(w);
    stored s = read_store(w);
    plain_row *row = calloc((size_t)s.deals, sizeof *row);
    assert_non_null(row);
    foresell_backtest_request r = request("rank", 2);
    char plot[128];
    snprintf(plot, sizeof plot, "%s/plot.svg", w->folder);
    r.plot = plot;
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    const fore_json_node *cuts = node_of(h.root, "rank");
    const fore_json_node *all = fore_json_at(node_of(h.root, "rank_overall"), 0);
    int64_t horizon = (int64_t)(horizon_of(w) * (double)FORE_DAY);
    double hits[3] = {0}, worked = 0, kept = 0;
    for (int64_t i = 0; i < 2; i++) {
        const fore_json_node *cut = fore_json_at(cuts, i), *orders = node_of(cut, "orders");
        int64_t when = at(NOW, 0) - horizon - (1 - i) * (horizon / 2);
        int64_t n = plain_rows(&s, when, horizon, row);
        double k = plain_k(&s, when), whole = 0;
        assert_true(number_of(cut, "k") == k && k < (double)n);
        for (int64_t j = 0; j < n; j++) whole += row[j].won ? row[j].amount : 0;
        CLOSE(number_of(cut, "won_amount"), whole);
        worked += k;
        kept += number_of(cut, "top_kept_a_day_later") / 2;
        CLOSE(number_of(node_of(orders, "foresell"), "kept_a_day_later"),
              number_of(cut, "top_kept_a_day_later"));
        CLOSE(number_of(node_of(orders, "newest_first"), "kept_a_day_later"),
              plain_kept(&s, when, 1, k));
        CLOSE(number_of(node_of(orders, "oldest_first"), "kept_a_day_later"),
              plain_kept(&s, when, -1, k));
        for (int o = 0; o < 3; o++) {
            double won, amount;
            plain_top(row, n, o, k, &won, &amount);
            hits[o] += won;
            const fore_json_node *order = node_of(orders, key[o]);
            CLOSE(number_of(order, "precision_at_k"), won / k);
            CLOSE(number_of(order, "value_captured"), amount / whole);
        }
    }
    for (int o = 0; o < 3; o++)
        CLOSE(number_of(node_of(node_of(all, "orders"), key[o]), "precision_at_k"),
              hits[o] / worked);
    CLOSE(number_of(all, "top_kept_a_day_later"), kept);
    assert_true(kept > 0.5 && kept <= 1);
    assert_true(isfinite(number_of(all, "calibration_slope")) &&
                isfinite(number_of(all, "calibration_intercept")));
    assert_true(noted(&h, "calibration slope"));
    const fore_json_node *intervals = node_of(all, "intervals");
    CLOSE(number_of(intervals, "coverage"),
          number_of(intervals, "inside") / number_of(intervals, "bins"));
    fore_text svg = {0};
    OK(fore_file_read(plot, 0, &svg, e));
    assert_non_null(strstr(svg.bytes, "</svg>"));
    int64_t circles = 0;
    for (const char *p = svg.bytes; (p = strstr(p, "<circle ")); p++) circles++;
    assert_int_equal(circles, fore_json_length(node_of(all, "reliability")));
    fore_text_free(&svg);
    forget(&h);
    r = request("forecast", 2);
    r.plot = plot;
    DENIED(FORE_E_USAGE, "--what rank", d, fore_job_backtest(&w->c, &r, d.answer, e));
    free(row);
    drop_stored(&s);
}

/* --- forecast --- */

static double won_in_month(const stored *s, int32_t start)
{
    int64_t from = fore_time_of_date(start);
    int64_t end = fore_time_of_date(fore_period_add(FORE_MONTHLY, start, 1));
    double sum = 0;
    for (int64_t i = 0; i < s->deals; i++)
        if (was_won_in(&s->deal[i], from, end)) sum += s->deal[i].amount;
    return sum;
}

static void backtest__forecast__compares_with_what_was_won(void **state)
{
    world *w = *state;
    a_past(w);
    stored s = read_store(w);
    foresell_backtest_request r = request("forecast", 5);
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    const fore_json_node *part = node_of(h.root, "forecast"), *cuts = node_of(part, "cuts");
    double sum = 0, miss = 0, inside = 0, rate_miss = 0, last_miss = 0;
    assert_int_equal(fore_json_length(cuts), 5);
    for (int i = 0; i < 5; i++) {
        const fore_json_node *cut = fore_json_at(cuts, i);
        int32_t start = fore_days_from_civil(2024, 11 + i, 1), before[3];
        if (i > 1) start = fore_days_from_civil(2025, i - 1, 1); /* the last full month is March */
        char date[32];
        fore_date_format(start, date);
        assert_string_equal(string_of(cut, "start"), date);
        double actual = won_in_month(&s, start), rate = 0;
        CLOSE(number_of(cut, "actual"), actual);
        for (int k = 0; k < 3; k++) {
            before[k] = fore_period_add(FORE_MONTHLY, start, -1 - k);
            rate += won_in_month(&s, before[k]) / 3;
        }
        CLOSE(number_of(cut, "run rate"), rate);
        CLOSE(number_of(cut, "last period"), won_in_month(&s, before[0]));
        double mean = number_of(cut, "mean"), lo = number_of(cut, "lo80"),
               hi = number_of(cut, "hi80");
        assert_true(lo <= mean && mean <= hi);
        sum += actual;
        miss += fabs(mean - actual);
        rate_miss += fabs(rate - actual);
        last_miss += fabs(won_in_month(&s, before[0]) - actual);
        inside += actual >= lo && actual <= hi;
    }
    CLOSE(number_of(part, "error"), miss / sum);
    CLOSE(number_of(part, "coverage_80"), inside / 5);
    CLOSE(number_of(node_of(part, "baseline_error"), "run rate"), rate_miss / sum);
    CLOSE(number_of(node_of(part, "baseline_error"), "last period"), last_miss / sum);
    forget(&h);
    drop_stored(&s);
}

/* --- effort --- */

static double wins_between(const stored *s, int64_t from, int64_t end)
{
    double n = 0;
    for (int64_t i = 0; i < s->deals; i++) n += was_won_in(&s->deal[i], from, end);
    return n;
}

static void backtest__effort__sets_wins_beside_what_was_said(void **state)
{
    world *w = *state;
    a_past(w);
    stored s = read_store(w);
    foresell_backtest_request r = request("effort", 3);
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    const fore_json_node *cuts = node_of(h.root, "effort");
    const int64_t quarter = 13 * 7 * FORE_DAY;
    assert_int_equal(fore_json_length(cuts), 3);
    for (int i = 0; i < 3; i++) {
        const fore_json_node *cut = fore_json_at(cuts, i);
        int64_t when = at(NOW, 0) - (3 - i) * quarter;
        char date[32];
        fore_date_format(fore_date_of(when), date);
        assert_string_equal(string_of(cut, "as_of"), date);
        int64_t monday = fore_time_of_date(fore_period_start(FORE_WEEKLY, fore_date_of(when)));
        CLOSE(number_of(cut, "sales_happened"), wins_between(&s, monday, monday + quarter) /
                                                    wins_between(&s, monday - quarter, monday));
        CLOSE(number_of(cut, "sales_said"),
              pow(number_of(cut, "effort_factor"), number_of(cut, "elasticity")));
        assert_true(number_of(cut, "p10") <= number_of(cut, "elasticity"));
        assert_true(number_of(cut, "elasticity") <= number_of(cut, "p90"));
    }
    forget(&h);
    drop_stored(&s);
}

/* --- all parts, or some --- */

static void backtest__of_all__holds_each_part(void **state)
{
    world *w = *state;
    a_past(w);
    foresell_backtest_request r = request(NULL, 1);
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    assert_int_equal(fore_json_length(node_of(h.root, "rank")), 1);
    assert_int_equal(fore_json_length(node_of(node_of(h.root, "forecast"), "cuts")), 1);
    assert_int_equal(fore_json_length(node_of(h.root, "effort")), 1);
    forget(&h);
}

/* Nobody is named in this history: the part on effort has begun to write when it finds no answer.
 */
static void backtest__a_part_without_answer__leaves_the_others_whole(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 300; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%03d", i);
        put_closed(w, id, at(i, 9), at(i + 20 + i % 40, 9), i % 3 ? FORE_LOST : FORE_WON, 100 + i);
    }
    world_commit(w);
    foresell_backtest_request r = request(NULL, 2);
    r.moment.now = at(340, 0);
    HEAR(h, fore_job_backtest(&w->c, &r, h.answer, e));
    assert_non_null(fore_json_get(h.root, "forecast"));
    assert_null(fore_json_get(h.root, "effort"));
    assert_true(noted(&h, "effort: "));
    forget(&h);
    r.what = "effort";
    DENIED(FORE_E_NO_ANSWER, "", d, fore_job_backtest(&w->c, &r, d.answer, e));
}

static void backtest__wrong_requests_and_short_histories__are_told_apart(void **state)
{
    world *w = *state;
    foresell_backtest_request r = request(NULL, 0);
    DENIED(FORE_E_NO_ANSWER, "foresell import", d, fore_job_backtest(&w->c, &r, d.answer, e));
    r = request("weather", 0);
    DENIED(FORE_E_USAGE, "'weather'", d, fore_job_backtest(&w->c, &r, d.answer, e));
    r = request(NULL, -1);
    DENIED(FORE_E_USAGE, "cuts", d, fore_job_backtest(&w->c, &r, d.answer, e));
    r = request(NULL, 100000);
    DENIED(FORE_E_USAGE, "cuts", d, fore_job_backtest(&w->c, &r, d.answer, e));
    world_begin(w);
    put_deal(w, a_deal("D1", at(NOW - 3, 9)));
    world_commit(w);
    r = request(NULL, 0);
    DENIED(FORE_E_NO_ANSWER, "too short", d, fore_job_backtest(&w->c, &r, d.answer, e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(backtest__rank__counts_who_was_open_and_won),
        WITH_WORLD(backtest__rank__first_k_of_plain_orders_as_the_rows_say),
        WITH_WORLD(backtest__forecast__compares_with_what_was_won),
        WITH_WORLD(backtest__effort__sets_wins_beside_what_was_said),
        WITH_WORLD(backtest__of_all__holds_each_part),
        WITH_WORLD(backtest__a_part_without_answer__leaves_the_others_whole),
        WITH_WORLD(backtest__wrong_requests_and_short_histories__are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
