/* A file of series: the dates go on, the methods are those asked for, lines may come in any order.
 */
#include "engine/base/random.h"
#include "series_help.h"

static void series__naive_methods__repeat_the_past(void **state)
{
    world *w = *state;
    a_file f;
    months(w, &f, "a", 30);
    foresell_series_request r = request(&f, "naive", 4);
    HEAR(naive, fore_job_series(&w->c, &r, naive.answer, e));
    r.method = "snaive";
    HEAR(seasonal, fore_job_series(&w->c, &r, seasonal.answer, e));
    r.method = "mean";
    HEAR(mean, fore_job_series(&w->c, &r, mean.answer, e));
    r.method = "drift";
    HEAR(drift, fore_job_series(&w->c, &r, drift.answer, e));
    double sum = 0, slope = (value_of(29) - value_of(0)) / 29;
    for (int i = 0; i < 30; i++) sum += value_of(i);
    for (int64_t h = 0; h < 4; h++) {
        CLOSE(number_of(step_of(series_at(&naive, 0), h), "mean"), value_of(29));
        CLOSE(number_of(step_of(series_at(&seasonal, 0), h), "mean"), value_of(18 + (int)h));
        CLOSE(number_of(step_of(series_at(&mean, 0), h), "mean"), sum / 30);
        CLOSE(number_of(step_of(series_at(&drift, 0), h), "mean"),
              value_of(29) + (double)(h + 1) * slope);
    }
    assert_string_not_equal(string_of(series_at(&naive, 0), "method"),
                            string_of(series_at(&drift, 0), "method"));
    forget(&naive);
    forget(&seasonal);
    forget(&mean);
    forget(&drift);
}

static void series__dates__go_on_from_the_last_one(void **state)
{
    world *w = *state;
    static const struct {
        const char *rows, *next[3];
    } cases[] = {
        {"2020-10-31,1\n2020-11-30,2\n2020-12-31,3\n", {"2021-01-31", "2021-02-28", "2021-03-31"}},
        {"2020-01-01,1\n2020-02-01,2\n2020-03-01,3\n", {"2020-04-01", "2020-05-01", "2020-06-01"}},
        {"2020-03-31,1\n2020-06-30,2\n2020-09-30,3\n", {"2020-12-31", "2021-03-31", "2021-06-30"}},
        {"2020-02-26,1\n2020-02-27,2\n2020-02-28,3\n", {"2020-02-29", "2020-03-01", "2020-03-02"}},
        {"2020-12-07,1\n2020-12-14,2\n2020-12-21,3\n", {"2020-12-28", "2021-01-04", "2021-01-11"}},
        {"2016-02-29,1\n2017-02-28,2\n2018-02-28,3\n", {"2019-02-28", "2020-02-29", "2021-02-28"}},
        {"7,1\n8,2\n9,3\n", {"10", "11", "12"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a_file f = {0};
        fore_text_printf(&f.text, "ds,y\n%s", cases[i].rows);
        write_file(w, &f);
        foresell_series_request r = request(&f, "naive", 3);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        for (int64_t k = 0; k < 3; k++) {
            const fore_json_node *step = step_of(series_at(&h, 0), k);
            if (strcmp(string_of(step, "ds"), cases[i].next[k]) != 0)
                fail_msg("after %s comes %s, not %s", cases[i].rows, cases[i].next[k],
                         string_of(step, "ds"));
            assert_int_equal(number_of(step, "step"), k + 1);
        }
        forget(&h);
    }
}

/* Lines of several series, in a shuffled order when lot is given. */
static void mixed(world *w, a_file *f, fore_random *lot)
{
    enum { EACH = 36, ALL = 3 * EACH };
    static const char *const ids[] = {"a", "b", "c"};
    int64_t order[ALL];
    for (int64_t i = 0; i < ALL; i++) order[i] = i;
    if (lot) fore_random_shuffle(lot, order + 3, ALL - 3); /* the order of the ids stays */
    *f = (a_file){0};
    fore_text_puts(&f->text, "unique_id,ds,y\n");
    for (int i = 0; i < ALL; i++) put_month(&f->text, ids[order[i] % 3], (int)order[i] / 3);
    write_file(w, f);
}

static void series__lines_shuffled_or_threads_added__same_bytes(void **state)
{
    world *w = *state, *other = another_world(3);
    a_file sorted, shuffled;
    fore_random lot = fore_random_new(1, 2);
    mixed(w, &sorted, NULL);
    mixed(other, &shuffled, &lot);
    foresell_series_request r = request(&sorted, NULL, 5), q = request(&shuffled, NULL, 5);
    HEAR(one, fore_job_series(&w->c, &r, one.answer, e));
    HEAR(two, fore_job_series(&other->c, &q, two.answer, e));
    assert_string_equal(one.answer->json.bytes, two.answer->json.bytes);
    assert_int_equal(fore_json_length(node_of(one.root, "series")), 3);
    forget(&one);
    forget(&two);
    world_end(other);
}

static void series__gaps_and_empty_cells__are_missing_values(void **state)
{
    world *w = *state;
    a_file absent = {0}, empty = {0};
    fore_text_puts(&absent.text, "unique_id,ds,y\n");
    fore_text_puts(&empty.text, "unique_id,ds,y\n");
    for (int i = 0; i < 40; i++) {
        bool gone = i == 7 || i == 20 || i == 21;
        if (!gone) put_month(&absent.text, "a", i);
        if (!gone)
            put_month(&empty.text, "a", i);
        else
            fore_text_printf(&empty.text, "a,%04d-%02d-01,\n", 2020 + i / 12, i % 12 + 1);
    }
    write_file(w, &absent);
    foresell_series_request r = request(&absent, "ets", 5);
    HEAR(one, fore_job_series(&w->c, &r, one.answer, e));
    write_file(w, &empty);
    HEAR(two, fore_job_series(&w->c, &r, two.answer, e));
    assert_string_equal(one.answer->json.bytes, two.answer->json.bytes);
    assert_string_equal(string_of(step_of(series_at(&one, 0), 0), "ds"), "2023-05-01");
    forget(&one);
    forget(&two);
}

static void series__bad_ones__are_named_and_the_others_answered(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\ntwice,2020-01-01,1\ntwice,2020-01-01,2\n"
                            "words,2020-01-01,many\n");
    for (int i = 0; i < 24; i++) put_month(&f.text, "good", i);
    write_file(w, &f);
    foresell_series_request r = request(&f, "ses", 2);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_non_null(strstr(string_of(series_at(&h, 0), "error"), "lines 2 and 3"));
    assert_non_null(strstr(string_of(series_at(&h, 1), "error"), "line 4"));
    assert_non_null(fore_json_get(series_at(&h, 2), "forecast"));
    assert_true(noted(&h, "twice is left out"));
    assert_true(noted(&h, "words is left out"));
    assert_int_equal(grid_of(&h, "forecast")->row_count, 2);
    forget(&h);
}

/* Rows 2 to 25 are a's; one of them has a cell too few, one of b a cell too many, c is lost whole.
 */
static void series__rows_of_another_width__are_set_aside_and_told(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int i = 0; i < 24; i++)
        if (i == 10)
            fore_text_puts(&f.text, "a,2020-11-01\n");
        else
            put_month(&f.text, "a", i);
    for (int i = 0; i < 24; i++) put_month(&f.text, "b", i);
    fore_text_puts(&f.text, "b,2022-01-01,5,6\nc,2020-01-01\nc,2020-02-01\n");
    for (int i = 0; i < 24; i++) put_month(&f.text, "d", i);
    fore_text_puts(&f.text, "d,17,3\n"); /* a number among dates: d alone is left out */
    write_file(w, &f);
    foresell_series_request r = request(&f, "naive", 2);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    static const char *const ids[] = {"a", "b", "d", "c"};
    for (int64_t i = 0; i < 4; i++) {
        const fore_json_node *s = series_at(&h, i);
        assert_string_equal(fore_json_get_string(s, "unique_id"), ids[i]);
        assert_true((fore_json_get(s, "forecast") != NULL) == (i < 2));
    }
    assert_string_equal(fore_json_get_string(series_at(&h, 3), "error"),
                        "all its rows were set aside");
    assert_non_null(
        strstr(fore_json_get_string(series_at(&h, 2), "error"), "line 77: ds holds both"));
    assert_string_equal(fore_json_get_string(step_of(series_at(&h, 1), 0), "ds"), "2022-01-01");
    const fore_json_node *aside = node_of(h.root, "set_aside");
    static const int lines[] = {12, 50, 51, 52};
    static const char *const whose[] = {"a", "b", "c", "c"};
    assert_int_equal(fore_json_length(aside), 4);
    for (int64_t i = 0; i < 4; i++) {
        assert_true(number_of(fore_json_at(aside, i), "line") == lines[i]);
        assert_string_equal(fore_json_get_string(fore_json_at(aside, i), "unique_id"), whose[i]);
    }
    assert_true(
        noted(&h, "series.csv:12: 2 cells where the header has 3: set aside; its value of a"));
    assert_true(noted(&h, "series.csv:50: 4 cells where the header has 3"));
    forget(&h);
    r.strict = true;
    DENIED(FORE_E_DATA, "2 cells, the header has 3", d, fore_job_series(&w->c, &r, d.answer, e));
}

/* Strict: so is a line that is well written but does not go with the others of its series. */
static void series__strict__fails_at_the_first_line_that_costs_a_series(void **state)
{
    static const char *const line[] = {"a,17,3\n", "a,2020-03-01,3\n"};
    static const char *const words[] = {"line 50: ds holds both", "two values for the same time"};
    world *w = *state;
    for (int k = 0; k < 2; k++) {
        a_file f = {0};
        fore_text_puts(&f.text, "unique_id,ds,y\n");
        for (int i = 0; i < 24; i++) put_month(&f.text, "a", i);
        for (int i = 0; i < 24; i++) put_month(&f.text, "b", i);
        fore_text_puts(&f.text, line[k]);
        write_file(w, &f);
        foresell_series_request r = request(&f, "naive", 2);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        assert_non_null(strstr(fore_json_get_string(series_at(&h, 0), "error"), words[k]));
        forget(&h);
        r.strict = true;
        DENIED(FORE_E_DATA, words[k], d, fore_job_series(&w->c, &r, d.answer, e));
    }
}

/* What is set aside in the middle is a gap like any other. */
static void series__a_row_set_aside__is_as_one_without_its_value(void **state)
{
    world *w = *state;
    fore_text said[2] = {{0}, {0}};
    for (int k = 0; k < 2; k++) {
        a_file f = {0};
        fore_text_puts(&f.text, "ds,y\n");
        for (int i = 0; i < 36; i++)
            fore_text_printf(
                &f.text, i == 7 ? (k ? "%04d-%02d-01\n" : "%04d-%02d-01,\n") : "%04d-%02d-01,%g\n",
                2020 + i / 12, i % 12 + 1, value_of(i));
        write_file(w, &f);
        foresell_series_request r = request(&f, "ets", 3);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        for (int64_t i = 0; i < 3; i++)
            fore_text_printf(&said[k], "%.17g ", number_of(step_of(series_at(&h, 0), i), "mean"));
        assert_int_equal(fore_json_length(node_of(h.root, "set_aside")), k);
        forget(&h);
    }
    assert_string_equal(fore_text_string(&said[0]), fore_text_string(&said[1]));
    fore_text_free(&said[0]);
    fore_text_free(&said[1]);
}

/* The answers to two files, without the notes of rows. */
static void same_forecasts(world *w, const char *one, const char *other)
{
    fore_text said[2] = {{0}, {0}};
    for (int k = 0; k < 2; k++) {
        a_file f;
        write_text(w, &f, k ? other : one);
        foresell_series_request r = request(&f, "naive", 2);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        const fore_json_node *steps = node_of(series_at(&h, 0), "forecast");
        for (int64_t i = 0; i < fore_json_length(steps); i++)
            fore_text_printf(&said[k], "%s %g, ", string_of(fore_json_at(steps, i), "ds"),
                             number_of(fore_json_at(steps, i), "mean"));
        forget(&h);
    }
    assert_string_equal(fore_text_string(&said[0]), fore_text_string(&said[1]));
    fore_text_free(&said[0]);
    fore_text_free(&said[1]);
}

/* At the end, every other one, with too many cells, named by two columns: the time counts. */
static void series__a_row_set_aside__keeps_its_time(void **state)
{
    world *w = *state;
    same_forecasts(w, "unique_id,ds,y\na,2020-01,1\na,2020-02,2\na,2020-03,3\na,2020-04\n",
                   "unique_id,ds,y\na,2020-01,1\na,2020-02,2\na,2020-03,3\na,2020-04,\n");
    same_forecasts(w, "unique_id,ds,y\na,2020-01,1\na,2020-02\na,2020-03,3,3\na,2020-04,4\n",
                   "unique_id,ds,y\na,2020-01,1\na,2020-02,\na,2020-03,\na,2020-04,4\n");
    same_forecasts(w,
                   "ds,y\n2020-01,1\n2020-02\n2020-03,1\n2020-04\n2020-05,2\n2020-06\n2020-07,4\n",
                   "ds,y\n2020-01,1\n2020-02,\n2020-03,1\n2020-04,\n2020-05,2\n2020-06,\n"
                   "2020-07,4\n");
    same_forecasts(w, "region,team,ds,y\nN,a,2020-01,1\nN,a,2020-02,2\nN,a,2020-03\n",
                   "region,team,ds,y\nN,a,2020-01,1\nN,a,2020-02,2\nN,a,2020-03,\n");
    /* of a time that has a row of its own, or one that cannot be read, it tells nothing */
    same_forecasts(w, "unique_id,ds,y\na,2020-01,1\na,2020-02,2\na,2020-02\na,x\na,17\n",
                   "unique_id,ds,y\na,2020-01,1\na,2020-02,2\n");
}

static void refused(world *w, const char *content, fore_status code, const char *words)
{
    a_file f = {0};
    fore_text_puts(&f.text, content);
    write_file(w, &f);
    foresell_series_request r = request(&f, NULL, 2);
    DENIED(code, words, d, fore_job_series(&w->c, &r, d.answer, e));
}

static void series__unusable_files_and_requests__are_told_apart(void **state)
{
    world *w = *state;
    refused(w, "unique_id,ds,y\n", FORE_E_DATA, "no row under it");
    refused(w, "unique_id,ds\na,2020-01-01\n", FORE_E_DATA, "ds (date) and y");
    refused(w, "unique_id,ds,y\na,2020-01-01\n", FORE_E_DATA, "2 cells");
    refused(w, "unique_id,ds,y\na,2020-01-01,1\na,7,1\n", FORE_E_NO_ANSWER,
            "line 3: ds holds both dates");
    refused(w, "unique_id,ds,y\na,2020-01-01,x\n", FORE_E_NO_ANSWER, "not a number");
    refused(w, "ds,y\n2020-01-01,\n2020-02-01,NA\n", FORE_E_NO_ANSWER, "missing");
    a_file f;
    months(w, &f, "a", 24);
    foresell_series_request r = request(&f, "oracle", 2);
    DENIED(FORE_E_USAGE, "'oracle'", d, fore_job_series(&w->c, &r, d.answer, e));
    r = request(&f, NULL, -1);
    DENIED(FORE_E_USAGE, "horizon", d, fore_job_series(&w->c, &r, d.answer, e));
    r = request(&f, NULL, 2);
    r.levels = "80,x";
    DENIED(FORE_E_USAGE, "level", d, fore_job_series(&w->c, &r, d.answer, e));
    r = (foresell_series_request){.file = "/nonexistent/series.csv"};
    DENIED(FORE_E_IO, "check the path", d, fore_job_series(&w->c, &r, d.answer, e));
}

static void series__any_allocation_fails__clean_error(void **state)
{
    world *w = *state;
    a_file f;
    months(w, &f, "a", 24);
    foresell_series_request r = request(&f, NULL, 3);
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1;; k += 1 + k / 12) {
        fore_answer *a = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_answer_new(&a, NULL);
        if (status == FORE_OK) status = fore_job_series(&w->c, &r, a, NULL);
        if (status == FORE_OK) status = fore_answer_finish(a, NULL);
        fore_memory_fail_at(0);
        fore_answer_free(a);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(series__naive_methods__repeat_the_past),
        WITH_WORLD(series__dates__go_on_from_the_last_one),
        WITH_WORLD(series__lines_shuffled_or_threads_added__same_bytes),
        WITH_WORLD(series__gaps_and_empty_cells__are_missing_values),
        WITH_WORLD(series__rows_of_another_width__are_set_aside_and_told),
        WITH_WORLD(series__strict__fails_at_the_first_line_that_costs_a_series),
        WITH_WORLD(series__a_row_set_aside__is_as_one_without_its_value),
        WITH_WORLD(series__a_row_set_aside__keeps_its_time),
        WITH_WORLD(series__bad_ones__are_named_and_the_others_answered),
        WITH_WORLD(series__unusable_files_and_requests__are_told_apart),
        WITH_WORLD(series__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
