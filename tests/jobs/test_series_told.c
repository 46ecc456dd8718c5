/* What `series` tells of a forecast: levels, sums, outliers, longer seasons, values missing at the
 * end. */
#include "engine/base/civil.h"
#include "series_help.h"

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

/* One step is its own sum, at any level and whatever else the file has; so is the sum of many. */
static void series__sum__whatever_else_the_file_has(void **state)
{
    enum { OTHERS = 40 };
    static const char *const key[] = {"lo-80", "hi-80", "lo-95", "hi-95"};
    static const char *const high[] = {"lo-99.9", "hi-99.9"};
    world *w = *state;
    double bound[4];
    for (int round = 0; round < 3; round++) {
        bool one = round == 2, others = round == 1;
        a_file f = {0};
        fore_text_puts(&f.text, "unique_id,ds,y\n");
        for (int s = 0; s < (others ? OTHERS : 1); s++)
            for (int i = 0; i < 30; i++)
                fore_text_printf(&f.text, "s%02d,%04d-%02d,%g\n", s, 2020 + i / 12, i % 12 + 1,
                                 value_of(i) + (s * i) % 7);
        write_file(w, &f);
        foresell_series_request r = request(&f, "naive", one ? 1 : 300);
        r.sum = true;
        if (one) r.levels = "80,99.9", r.method = "ets";
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        const fore_json_node *sum = node_of(series_at(&h, 0), "sum");
        for (int k = 0; k < 4; k++) {
            const char *name = k < 2 ? key[k] : one ? high[k - 2] : key[k];
            double got = number_of(sum, name);
            if (one) assert_true(got == number_of(step_of(series_at(&h, 0), 0), name));
            if (others) assert_true(got == bound[k]);
            bound[k] = got;
        }
        assert_false(noted(&h, "too few sample paths"));
        forget(&h);
    }
}

/* Beyond what so many paths can tell: none, and it is said. */
static void series__sum_of_a_level_beyond_the_paths__none(void **state)
{
    world *w = *state;
    a_file f;
    months(w, &f, "a", 48);
    foresell_series_request r = request(&f, "naive", 3);
    r.sum = true;
    r.levels = "80,99.9999";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    const fore_json_node *sum = node_of(series_at(&h, 0), "sum");
    assert_null(fore_json_get(sum, "lo-99.9999"));
    assert_true(number_of(sum, "lo-80") < number_of(sum, "hi-80"));
    assert_true(noted(&h, "The sums have no 99.9999 % interval"));
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

/* Two series with a value far out: what to do about it is said once, and not in the JSON's note. */
static void series__outliers_kept__what_to_do_is_said_once(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < 48; i++)
            fore_text_printf(&f.text, "%c,%04d-%02d,%g\n", 'a' + s, 2020 + i / 12, i % 12 + 1,
                             i == 30 ? 9000 : value_of(i));
    write_file(w, &f);
    foresell_series_request r = request(&f, "ets", 3);
    HEAR(kept, fore_job_series(&w->c, &r, kept.answer, e));
    assert_true(noted(&kept, "a: 1 outlier at 2022-07: kept; --clean outliers replaces"));
    assert_true(noted(&kept, "b: 1 outlier at 2022-07: kept"));
    assert_false(noted(&kept, "b: 1 outlier at 2022-07: kept; --clean"));
    assert_null(strstr(string_of(series_at(&kept, 0), "note"), "--clean"));
    forget(&kept);
    r.clean = "shifts";
    HEAR(shifts, fore_job_series(&w->c, &r, shifts.answer, e));
    assert_true(noted(&shifts, "kept; --clean both replaces"));
    forget(&shifts);
    r.clean = "outliers";
    HEAR(gone, fore_job_series(&w->c, &r, gone.answer, e));
    assert_false(noted(&gone, "--clean"));
    forget(&gone);
}

/* What the cells decided is told, unless it was asked for. */
static void series__day_first_and_decimal_comma__told(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "unique_id;ds;y\na;31.01.2022;1,5\na;28.02.2022;2,5\na;31.03.2022;3,5\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(noted(&h, "Read dates day first, numbers with a decimal comma."));
    forget(&h);
    r.dates = "day-first", r.decimal = "comma";
    HEAR(asked, fore_job_series(&w->c, &r, asked.answer, e));
    assert_false(noted(&asked, "Read "));
    forget(&asked);
    write_text(w, &f, "unique_id,ds,y\na,2022-01,1.5\na,2022-02,2.5\n");
    r = naive(&f, 1);
    HEAR(plain, fore_job_series(&w->c, &r, plain.answer, e));
    assert_false(noted(&plain, "Read "));
    forget(&plain);
}

static void series__one_column_per_product__how_to_turn_it_is_said(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "Month,Pens,Ink\n2022-01,1,5\n2022-02,2,6\n2022-03,3,7\n");
    foresell_series_request r = naive(&f, 1);
    DENIED(FORE_E_DATA, "has to be turned into rows unique_id,ds,y; --value \"Column name\"", d,
           fore_job_series(&w->c, &r, d.answer, e));
    r.value = "Ink";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(mean(&h, 0, 0) == 7);
    forget(&h);
}

static void series__a_line_break_in_a_name__is_a_space_in_messages(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "unique_id,ds,y\n\"a\nb\",2020-01,x\nc,2020-01,4\nc,2020-02,4\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(noted(&h, "a b is left out: line 2: y is not a number"));
    assert_string_equal(string_of(series_at(&h, 0), "unique_id"), "a\nb");
    forget(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(series__levels__are_nested_and_named),
        WITH_WORLD(series__sum__whatever_else_the_file_has),
        WITH_WORLD(series__sum_of_a_level_beyond_the_paths__none),
        WITH_WORLD(series__sum__narrower_than_the_bounds_added_up),
        WITH_WORLD(series__an_outlier__told_by_its_date_and_treated_on_request),
        WITH_WORLD(series__hours_and_days__longer_seasons_tried_by_themselves),
        WITH_WORLD(series__values_missing_at_the_end__come_first),
        WITH_WORLD(series__any_horizon__the_same_interval_of_the_first_step),
        WITH_WORLD(series__outliers_kept__what_to_do_is_said_once),
        WITH_WORLD(series__day_first_and_decimal_comma__told),
        WITH_WORLD(series__one_column_per_product__how_to_turn_it_is_said),
        WITH_WORLD(series__a_line_break_in_a_name__is_a_space_in_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
