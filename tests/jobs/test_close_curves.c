/* The curves of open deals: no future, the same bytes, columns that know the closing, who is asked,
 * and chances that come true. */
#include "engine/jobs/close_curves.h"
#include "tests/jobs/jobs_world.h"

enum { DEALS = 700, DAYS = 500, MOMENT = 420, OPEN_MAX = 200 };

static const company plain = {.seed = 4, .deals = DEALS, .days = DAYS};

/* The open deals of a moment in the order of their ids, and their curves. */
static int64_t curves_at(world *w, int64_t as_of, fore_close_curve *out, int64_t *subject)
{
    const fore_timeline *t = world_timeline(w);
    int64_t n = 0;
    for (int64_t s = t->leads; s < t->subjects; s++)
        if (fore_subject_open_at(t, s, as_of) && n < OPEN_MAX) subject[n++] = s;
    memset(out, 0, OPEN_MAX * sizeof *out);
    OK(fore_close_curves(&w->c, as_of, NULL, subject, n, out, e));
    return n;
}

static void assert_same(const fore_close_curve *a, const fore_close_curve *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        assert_true(a[i].known && b[i].known);
        assert_int_equal(a[i].expected_on, b[i].expected_on);
        assert_int_equal(a[i].lo, b[i].lo);
        assert_int_equal(a[i].hi, b[i].hi);
        assert_memory_equal(&a[i].p_won, &b[i].p_won, sizeof(double));
        assert_memory_equal(&a[i].p_lost, &b[i].p_lost, sizeof(double));
        assert_memory_equal(a[i].p, b[i].p, sizeof a[i].p);
    }
}

static void close_curves__history_that_goes_on__same_bytes(void **state)
{
    world *w = *state, *cut = another_world(2);
    fore_close_curve a[OPEN_MAX], b[OPEN_MAX];
    int64_t subject[OPEN_MAX];
    company until = plain;
    until.known_until = at(MOMENT, 0);
    put_company(w, &plain);
    put_company(cut, &until);
    int64_t n = curves_at(w, at(MOMENT, 0), a, subject);
    assert_true(n > 20);
    assert_int_equal(curves_at(cut, at(MOMENT, 0), b, subject), n);
    assert_same(a, b, n); /* the other one has two threads, too */
    world_end(cut);
}

static void close_curves__a_product_filled_in_with_the_win__is_not_looked_at(void **state)
{
    world *w = *state, *leaky = another_world(1);
    fore_close_curve a[OPEN_MAX], b[OPEN_MAX];
    int64_t subject[OPEN_MAX];
    company leak = plain;
    leak.leak = true;
    put_company(w, &plain);
    put_company(leaky, &leak);
    int64_t n = curves_at(w, at(MOMENT, 0), a, subject);
    assert_int_equal(curves_at(leaky, at(MOMENT, 0), b, subject), n);
    assert_same(a, b, n);
    world_end(leaky);
}

static void close_curves__any_deal__is_a_distribution_with_dates_in_order(void **state)
{
    world *w = *state;
    fore_close_curve c[OPEN_MAX];
    int64_t subject[OPEN_MAX];
    put_company(w, &plain);
    int64_t n = curves_at(w, at(MOMENT, 0), c, subject);
    for (int64_t i = 0; i < n; i++) {
        double before = 0;
        assert_true(date(MOMENT) <= c[i].lo && c[i].lo <= c[i].expected_on &&
                    c[i].expected_on <= c[i].hi);
        for (int k = 0; k < FORE_CLOSE_DATES; k++) {
            assert_int_equal(c[i].on[k], date(MOMENT) + fore_close_days[k]);
            assert_true(c[i].p[k] >= before && c[i].p[k] <= c[i].p_won);
            before = c[i].p[k];
        }
        assert_true(c[i].p_lost >= 0 && c[i].p_won + c[i].p_lost <= 1);
    }
}

/* Kept beside a model and read again: the same curves. Damaged: said so. */
static void close_model__written_and_read__same_bytes(void **state)
{
    world *w = *state;
    fore_close_curve a[OPEN_MAX], b[OPEN_MAX];
    int64_t subject[OPEN_MAX];
    fore_close_model *learned, *read;
    fore_text text = {0};
    fore_json *document;
    put_company(w, &plain);
    int64_t n = curves_at(w, at(MOMENT, 0), a, subject);
    OK(fore_close_model_learn(&w->c, at(MOMENT, 0), NULL, &learned, e));
    fore_json_writer json = fore_json_to(&text);
    fore_close_model_write(learned, &json, NULL);
    fore_close_model_free(learned);
    OK(fore_json_parse(text.bytes, text.length, &document, e));
    OK(fore_close_model_read(fore_json_root(document), &read, e));
    memset(b, 0, sizeof b);
    OK(fore_close_curves(&w->c, at(MOMENT, 0), &(fore_close_basis){.model = read}, subject, n, b,
                         e));
    assert_same(a, b, n);
    fore_close_model_free(read);
    fore_json_free(document);
    memcpy(strstr(text.bytes, "\"won\":["), "\"wan\"", 5);
    OK(fore_json_parse(text.bytes, text.length, &document, e));
    FAILS(FORE_E_MODEL, "damaged", fore_close_model_read(fore_json_root(document), &read, e));
    fore_json_free(document);
    fore_text_free(&text);
}

/* The scores' chance holds at the horizon; before it the shape, after it what is still open then.
 */
static void close_curves__with_a_chance__agree_with_it_and_stay_a_distribution(void **state)
{
    world *w = *state;
    fore_close_curve plainly[OPEN_MAX], c[OPEN_MAX];
    int64_t subject[OPEN_MAX];
    double chance[OPEN_MAX];
    put_company(w, &plain);
    int64_t n = curves_at(w, at(MOMENT, 0), plainly, subject);
    for (int64_t i = 0; i < n; i++) chance[i] = 0.01 + 0.98 * (double)i / (double)n;
    fore_close_basis basis = {NULL, chance, 90};
    OK(fore_close_curves(&w->c, at(MOMENT, 0), &basis, subject, n, c, e));
    for (int64_t i = 0; i < n; i++) {
        const double *p = plainly[i].p, by = p[2]; /* 90 days */
        assert_true(fabs(c[i].p[2] - chance[i]) < 1e-12);
        assert_true(fabs(c[i].p[0] / c[i].p[2] - p[0] / p[2]) < 1e-12);
        assert_true(fabs((c[i].p[3] - chance[i]) / (1 - chance[i]) - (p[3] - by) / (1 - by)) <
                    1e-12);
        assert_true(c[i].p_lost >= 0 && c[i].p_won + c[i].p_lost <= 1 + 1e-12);
        assert_true(c[i].lo <= c[i].expected_on && c[i].expected_on <= c[i].hi);
    }
}

/* Many moments of one company: what was said to be won by a date, on average, was; half of the wins
 * came before the expected date; those that were won had better chances than those that were not.
 */
static void close_curves__chances_and_dates__come_true(void **state)
{
    world *w = *state;
    fore_close_curve c[OPEN_MAX];
    int64_t subject[OPEN_MAX];
    double said = 0, came = 0, asked = 0, wins = 0, early = 0, of_won = 0, of_rest = 0;
    put_company(w, &plain);
    for (int day = 280; day <= MOMENT; day += 20) {
        int64_t as_of = at(day, 0), n = curves_at(w, as_of, c, subject);
        const fore_timeline *t = world_timeline(w);
        for (int64_t i = 0; i < n; i++) {
            bool won = t->outcome[subject[i]] == FORE_WON;
            int64_t closed = t->closed_at[subject[i]];
            said += c[i].p[0];
            came += won && closed < as_of + fore_close_days[0] * FORE_DAY;
            asked++;
            wins += won;
            early += won && closed < fore_time_of_date(c[i].expected_on);
            *(won ? &of_won : &of_rest) += c[i].p_won;
        }
    }
    assert_true(asked > 300 && wins > 100);
    if (fabs(said / asked - came / asked) > 0.05)
        fail_msg("said %.3f, came %.3f", said / asked, came / asked);
    if (fabs(early / wins - 0.5) > 0.15) fail_msg("%.3f before the expected date", early / wins);
    assert_true(of_won / wins > of_rest / (asked - wins) + 0.1);
}

static void close_curves__leads_and_closed_deals__are_not_known(void **state)
{
    world *w = *state;
    company k = plain, leads = {.seed = 9, .deals = 10, .days = 100, .leads = true};
    put_company(w, &k);
    put_company(w, &leads);
    const fore_timeline *t = world_timeline(w);
    int64_t subject[] = {0, t->leads, t->subjects - 1}; /* a lead, the first deal, the newest */
    fore_close_curve c[3];
    OK(fore_close_curves(&w->c, at(DAYS, 0), NULL, subject, 3, c, e));
    assert_true(!c[0].known && !c[1].known && c[2].known);
    assert_true(isnan(c[0].p_won) && c[1].expected_on == FORE_NO_DATE);
    OK(fore_close_curves(&w->c, at(DAYS, 0), NULL, subject, 2, c, e)); /* nobody to ask about */
    fore_text text = {0};
    fore_json_writer json = fore_json_to(&text);
    fore_json_object(&json, NULL);
    fore_close_json(&json, &c[0], 100);
    fore_json_end_object(&json);
    assert_string_equal(fore_text_string(&text), "{}");
    fore_text_free(&text);
}

static void close_curves__nothing_won_yet__is_said(void **state)
{
    world *w = *state;
    world_begin(w);
    put_closed(w, "D1", at(1, 9), at(40, 9), FORE_LOST, NAN);
    put_deal(w, a_deal("D2", at(30, 9)));
    world_commit(w);
    fore_close_curve c;
    int64_t subject = subject_of(w, FORE_SUBJECT_DEAL, "D2");
    FAILS(FORE_E_NO_ANSWER, "no deal was ever won",
          fore_close_curves(&w->c, at(60, 0), NULL, &subject, 1, &c, e));
    assert_false(c.known);
}

static void close_json__a_curve__holds_dates_chances_and_the_expected_amount(void **state)
{
    (void)state;
    fore_text text = {0};
    fore_json *document = NULL;
    fore_json_writer json = fore_json_to(&text);
    fore_close_curve c = {.known = true,
                          .expected_on = date(10),
                          .lo = date(3),
                          .hi = date(40),
                          .p_won = 0.25,
                          .p_lost = 0.5};
    for (int k = 0; k < FORE_CLOSE_DATES; k++) c.on[k] = date(30 * (k + 1));
    double number = 0;
    fore_json_object(&json, NULL);
    fore_close_json(&json, &c, 2000);
    fore_json_end_object(&json);
    OK(fore_json_parse(text.bytes, text.length, &document, e));
    const fore_json_node *close = fore_json_get(fore_json_root(document), "close");
    assert_string_equal(fore_json_get_string(close, "expected_on"), "2024-01-11");
    assert_string_equal(fore_json_get_string(close, "hi"), "2024-02-10");
    assert_true(fore_json_get_number(close, "expected_amount", &number) && number == 500);
    assert_int_equal(fore_json_length(fore_json_get(close, "p_won_by")), FORE_CLOSE_DATES);
    fore_json_free(document);
    fore_text_free(&text);
}

static void close_curves__every_failing_allocation__leaves_nothing(void **state)
{
    world *w = *state;
    company small = {.seed = 2, .deals = 60, .days = 200};
    put_company(w, &small);
    const fore_timeline *t = world_timeline(w);
    int64_t subject = t->subjects - 1, before = 0;
    fore_close_curve c;
    OK(fore_close_curves(&w->c, at(199, 0), NULL, &subject, 1, &c, e));
    assert_true(c.known);
    before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_memory_fail_at(k);
        fore_status status = fore_close_curves(&w->c, at(199, 0), NULL, &subject, 1, &c, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(close_curves__history_that_goes_on__same_bytes),
        WITH_WORLD(close_curves__a_product_filled_in_with_the_win__is_not_looked_at),
        WITH_WORLD(close_curves__any_deal__is_a_distribution_with_dates_in_order),
        WITH_WORLD(close_model__written_and_read__same_bytes),
        WITH_WORLD(close_curves__with_a_chance__agree_with_it_and_stay_a_distribution),
        WITH_WORLD(close_curves__chances_and_dates__come_true),
        WITH_WORLD(close_curves__leads_and_closed_deals__are_not_known),
        WITH_WORLD(close_curves__nothing_won_yet__is_said),
        cmocka_unit_test(close_json__a_curve__holds_dates_chances_and_the_expected_amount),
        WITH_WORLD(close_curves__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
