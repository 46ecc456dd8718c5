/* A file of series: the dates go on, the methods are those asked for, lines may come in any order.
 */
#include "answer_help.h"
#include "engine/base/civil.h"
#include "engine/base/file.h"

typedef struct a_file {
    fore_text text;
    char path[128];
} a_file;

static void write_file(world *w, a_file *f)
{
    snprintf(f->path, sizeof f->path, "%s/series.csv", w->folder);
    FILE *out = fopen(f->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(f->text.bytes, 1, (size_t)f->text.length, out), f->text.length);
    assert_int_equal(fclose(out), 0);
    fore_text_free(&f->text);
}

static double value_of(int i) { return 100 + i + 12 * (i % 12) - 3 * (i % 5); }

static void put_month(fore_text *out, const char *id, int i)
{
    fore_text_printf(out, "%s,%04d-%02d-01,%g\n", id, 2020 + i / 12, i % 12 + 1, value_of(i));
}

static void months(world *w, a_file *f, const char *id, int n)
{
    *f = (a_file){0};
    fore_text_puts(&f->text, "unique_id,ds,y\n");
    for (int i = 0; i < n; i++) put_month(&f->text, id, i);
    write_file(w, f);
}

static foresell_series_request request(const a_file *f, const char *method, int64_t horizon)
{
    return (foresell_series_request){.file = f->path, .method = method, .horizon = horizon};
}

static const fore_json_node *series_at(const heard *h, int64_t i)
{
    return fore_json_at(node_of(h->root, "series"), i);
}

static const fore_json_node *step_of(const fore_json_node *series, int64_t step)
{
    return fore_json_at(node_of(series, "forecast"), step);
}

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

static void series__levels__are_nested_and_named(void **state)
{
    world *w = *state;
    a_file f;
    months(w, &f, "a", 48);
    foresell_series_request r = request(&f, NULL, 6);
    r.levels = "50,80,99.5";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    const fore_grid *g = grid_of(&h, "forecast");
    assert_int_equal(g->column_count, 10);
    assert_string_equal(g->columns[9].key, "hi-99.5");
    assert_int_equal(g->row_count, 6);
    for (int64_t k = 0; k < 6; k++) {
        const fore_json_node *step = step_of(series_at(&h, 0), k);
        double mean = number_of(step, "mean"), lo = number_of(step, "lo-80"),
               hi = number_of(step, "hi-80");
        assert_true(number_of(step, "lo-99.5") <= lo && lo <= number_of(step, "lo-50"));
        assert_true(number_of(step, "lo-50") <= mean && mean <= number_of(step, "hi-50"));
        assert_true(number_of(step, "hi-50") <= hi && hi <= number_of(step, "hi-99.5"));
        assert_true(cell_of(g, k, "mean")->number == mean);
        assert_true(cell_of(g, k, "lo-80")->number == lo);
        assert_string_equal(cell_of(g, k, "ds")->text, string_of(step, "ds"));
        assert_string_equal(cell_of(g, k, "unique_id")->text, "a");
    }
    forget(&h);
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

/* All steps together: means add up, bounds do not, since errors partly cancel. */
static void series__sum__narrower_than_the_bounds_added_up(void **state)
{
    world *w = *state;
    a_file f;
    months(w, &f, "a", 48);
    foresell_series_request r = request(&f, "ets", 6);
    r.sum = true;
    r.seasons = "12";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    const fore_json_node *sum = node_of(series_at(&h, 0), "sum");
    double mean = 0, low = 0, high = 0;
    for (int64_t k = 0; k < 6; k++) {
        mean += number_of(step_of(series_at(&h, 0), k), "mean");
        low += number_of(step_of(series_at(&h, 0), k), "lo-80");
        high += number_of(step_of(series_at(&h, 0), k), "hi-80");
    }
    assert_string_equal(string_of(sum, "from"), "2024-01-01");
    assert_string_equal(string_of(sum, "to"), "2024-06-01");
    assert_true(fabs(number_of(sum, "mean") - mean) < 1e-6 * mean);
    assert_true(low < number_of(sum, "lo-80") && number_of(sum, "lo-80") < mean);
    assert_true(mean < number_of(sum, "hi-80") && number_of(sum, "hi-80") < high);
    assert_true(number_of(sum, "lo-95") < number_of(sum, "lo-80"));
    assert_int_equal(grid_of(&h, "sums")->row_count, 1);
    forget(&h);
}

/* A month of ten times the sales: named by its date, and taken out where that is asked for. */
static void series__an_outlier__told_by_its_date_and_treated_on_request(void **state)
{
    static const char *const ways[] = {NULL, "outliers", "off"};
    double mean[3];
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "ds,y\n");
    for (int i = 0; i < 48; i++)
        fore_text_printf(&f.text, "%04d-%02d,%g\n", 2020 + i / 12, i % 12 + 1,
                         i == 46 ? 2000.0 : 100.0 + 7 * i % 11);
    write_file(w, &f);
    foresell_series_request r = request(&f, "mean", 1);
    r.seasons = "1";
    for (int k = 0; k < 3; k++) {
        r.clean = ways[k];
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        const fore_json_node *s = series_at(&h, 0), *list = fore_json_get(s, "outliers");
        assert_true((list == NULL) == (k == 2));
        if (list) assert_int_equal(fore_json_length(list), 1);
        mean[k] = number_of(step_of(s, 0), "mean");
        assert_true((strstr(h.answer->json.bytes, "\"outliers\":[\"2023-11\"]") == NULL) ==
                    (k == 2));
        forget(&h);
    }
    assert_true(mean[0] == mean[2] && mean[1] < mean[0] - 20);
    r.clean = NULL;
    HEAR(told, fore_job_series(&w->c, &r, told.answer, e));
    assert_true(noted(&told, "1 outlier at 2023-11: kept"));
    assert_non_null(strstr(string_of(series_at(&told, 0), "note"), "1 outlier at 2023-11: kept"));
    forget(&told);
    r.clean = "spotless";
    DENIED(FORE_E_USAGE, "--clean is report", d, fore_job_series(&w->c, &r, d.answer, e));
}

/* steps hours or days from the first of 2024 on; lift: what weekends have more. */
static void clock_file(world *w, a_file *f, int steps, bool hours, double lift)
{
    *f = (a_file){0};
    fore_text_puts(&f->text, "ds,y\n");
    for (int i = 0; i < steps; i++) {
        char day[32];
        int at = hours ? i / 24 : i;
        fore_date_format(fore_days_from_civil(2024, 1, 1) + at, day);
        double y = 100 + (hours ? 20 * sin(M_PI * i / 12) : 0) + (at % 7 > 4 ? lift : 0) +
                   (i * 7919 % 101) / 25.0;
        if (hours)
            fore_text_printf(&f->text, "%s %02d:00,%g\n", day, i % 24, y);
        else
            fore_text_printf(&f->text, "%s,%g\n", day, y);
    }
    write_file(w, f);
}

/* What the note says of the forecast of such a file, and how far its mean is from the truth. */
static double tried(world *w, const a_file *f, const char *seasons, int64_t horizon, char *note)
{
    foresell_series_request r = request(f, "ets", horizon);
    r.seasons = seasons;
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    const fore_json_node *s = series_at(&h, 0), *said = fore_json_get(s, "note");
    snprintf(note, 512, "%s", said ? string_of(s, "note") : "");
    double mean = number_of(step_of(s, horizon - 1), "mean");
    forget(&h);
    return mean;
}

static void series__hours_and_days__longer_seasons_tried_by_themselves(void **state)
{
    world *w = *state;
    char note[512];
    a_file f;
    clock_file(w, &f, 24 * 7 * 5, true, 40); /* ends on a Sunday night: the next day is none */
    double week = tried(w, &f, NULL, 24, note);
    assert_non_null(strstr(note, "168 steps was taken out"));
    assert_null(strstr(note, "level shifts"));
    assert_true(fabs(week - (102 + 20 * sin(M_PI * 23 / 12))) < 6);
    double day = tried(w, &f, "24", 24, note);
    assert_null(strstr(note, "168"));
    assert_true(day > week + 10);
    clock_file(w, &f, 24 * 7 * 5, true, 0);
    tried(w, &f, NULL, 24, note);
    assert_non_null(strstr(note, "168 steps was tried and left out"));
    clock_file(w, &f, 24 * 13, true, 40);
    tried(w, &f, NULL, 24, note);
    assert_null(strstr(note, "168"));
    clock_file(w, &f, 1200, false, 40);
    double tried_year = tried(w, &f, NULL, 40, note);
    assert_non_null(strstr(note, "365 steps was tried and left out"));
    assert_true(tried_year == tried(w, &f, "7", 40, note));
    tried(w, &f, NULL, 14, note);
    assert_null(strstr(note, "365"));
}

/* Values that miss at the end are forecast, told and shown, then the steps that were asked for. */
static void series__values_missing_at_the_end__come_first(void **state)
{
    double mean[2];
    world *w = *state;
    for (int missing = 0; missing < 2; missing++) {
        a_file f = {0};
        fore_text_puts(&f.text, "ds,y\n");
        for (int i = 0; i < 30; i++)
            fore_text_printf(&f.text, "%04d-%02d,%g\n", 2020 + i / 12, i % 12 + 1, value_of(i));
        for (int i = 30; missing && i < 34; i++)
            fore_text_printf(&f.text, "%04d-%02d,\n", 2020 + i / 12, i % 12 + 1);
        write_file(w, &f);
        foresell_series_request r = request(&f, "ets", missing ? 2 : 6);
        r.sum = true;
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        const fore_json_node *s = series_at(&h, 0), *sum = node_of(s, "sum");
        assert_int_equal(fore_json_length(node_of(s, "forecast")), 6);
        assert_int_equal(grid_of(&h, "forecast")->row_count, 6);
        assert_string_equal(string_of(step_of(s, 0), "ds"), "2022-07");
        assert_string_equal(string_of(sum, "from"), missing ? "2022-11" : "2022-07");
        assert_string_equal(string_of(sum, "to"), "2022-12");
        mean[missing] = number_of(step_of(s, 5), "mean");
        assert_true(noted(&h, "the last 4 values are missing: steps 1 to 4 forecast them") ==
                    missing);
        forget(&h);
    }
    assert_true(mean[0] == mean[1]);
}

static const double *bounds_of_first_step(world *w, const a_file *f, int64_t horizon)
{
    static double bound[4];
    static const char *const key[] = {"lo-80", "hi-80", "lo-95", "hi-95"};
    foresell_series_request r = request(f, NULL, horizon);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    for (int k = 0; k < 4; k++) bound[k] = number_of(step_of(series_at(&h, 0), 0), key[k]);
    forget(&h);
    return bound;
}

/* How sure the first step is has nothing to do with how far the question reaches. */
static void series__any_horizon__the_same_interval_of_the_first_step(void **state)
{
    static const int64_t horizon[] = {6, 12, 30};
    world *w = *state;
    a_file f;
    double one[4];
    months(w, &f, "a", 60);
    memcpy(one, bounds_of_first_step(w, &f, 1), sizeof one);
    assert_true(one[2] < one[0] && one[1] < one[3]);
    for (int i = 0; i < 3; i++) {
        const double *other = bounds_of_first_step(w, &f, horizon[i]);
        for (int k = 0; k < 4; k++) CLOSE(other[k], one[k]);
    }
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
        WITH_WORLD(series__levels__are_nested_and_named),
        WITH_WORLD(series__lines_shuffled_or_threads_added__same_bytes),
        WITH_WORLD(series__gaps_and_empty_cells__are_missing_values),
        WITH_WORLD(series__rows_of_another_width__are_set_aside_and_told),
        WITH_WORLD(series__strict__fails_at_the_first_line_that_costs_a_series),
        WITH_WORLD(series__a_row_set_aside__is_as_one_without_its_value),
        WITH_WORLD(series__bad_ones__are_named_and_the_others_answered),
        WITH_WORLD(series__unusable_files_and_requests__are_told_apart),
        WITH_WORLD(series__sum__narrower_than_the_bounds_added_up),
        WITH_WORLD(series__an_outlier__told_by_its_date_and_treated_on_request),
        WITH_WORLD(series__hours_and_days__longer_seasons_tried_by_themselves),
        WITH_WORLD(series__values_missing_at_the_end__come_first),
        WITH_WORLD(series__any_horizon__the_same_interval_of_the_first_step),
        WITH_WORLD(series__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
