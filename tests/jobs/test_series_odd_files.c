/* What a file of series may hold at its edges: names that look alike, dates in two orders, columns
 * called the same, times too far apart, many bad series. Each is told, and stops no other. */
#include "series_help.h"

/* Months of one series, the value being its number from 1. */
static void put_months(a_file *f, const char *id, int first_year, int n)
{
    for (int i = 0; i < n; i++)
        fore_text_printf(&f->text, "%s,%d-%02d,%d\n", id, first_year + i / 12, i % 12 + 1, i + 1);
}

static void series_odd_files__one_name_composed_in_two_ways__is_one_series(void **state)
{
    static const char *const names[][2] = {{"caf\u00e9", "cafe\u0301"},
                                           {"\u0b95\u0bca", "\u0b95\u0bc6\u0bbe"},  /* Tamil */
                                           {"\u0c15\u0c48", "\u0c15\u0c46\u0c56"}}; /* Telugu */
    world *w = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        a_file f = {0};
        fore_text_puts(&f.text, "unique_id,ds,y\n");
        put_months(&f, names[i][0], 2023, 12);
        put_months(&f, names[i][1], 2024, 6);
        write_file(w, &f);
        foresell_series_request r = naive(&f, 1);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        assert_int_equal(fore_json_length(node_of(h.root, "series")), 1);
        assert_string_equal(string_of(series_at(&h, 0), "unique_id"), names[i][0]);
        assert_string_equal(when(&h, 0, 0), "2024-07");
        assert_true(noted(&h, "spelled in bytes that differ and show the same letters"));
        forget(&h);
    }
}

static void
series_odd_files__names_that_differ_in_case_or_spaces__stay_apart_and_are_told(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    put_months(&f, "North East", 2024, 6);
    put_months(&f, "northeast", 2024, 6);
    put_months(&f, "South", 2024, 6);
    write_file(w, &f);
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_int_equal(fore_json_length(node_of(h.root, "series")), 3);
    assert_true(noted(&h, "'North East' and 'northeast' are two series"));
    assert_false(noted(&h, "South"));
    forget(&h);
}

static void series_odd_files__drivers_of_a_name_composed_otherwise__are_its_own(void **state)
{
    world *w = *state;
    a_file f = {0};
    char drivers[160];
    fore_text_puts(&f.text, "unique_id,ds,effort\n");
    for (int i = 0; i < 31; i++)
        fore_text_printf(&f.text, "cafe\u0301,%d-%02d,%d\n", 2022 + i / 12, i % 12 + 1, i * 7 % 5);
    write_file(w, &f);
    snprintf(drivers, sizeof drivers, "%s.drivers", f.path);
    assert_int_equal(rename(f.path, drivers), 0);
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int i = 0; i < 30; i++)
        fore_text_printf(&f.text, "caf\u00e9,%d-%02d,%d\n", 2022 + i / 12, i % 12 + 1,
                         100 + 5 * (i * 7 % 5) + i * 17 % 7);
    write_file(w, &f);
    foresell_series_request r = {.file = f.path, .drivers = drivers, .horizon = 1};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_string_equal(string_of(fore_json_at(node_of(series_at(&h, 0), "drivers"), 0), "name"),
                        "effort");
    forget(&h);
}

static void series_odd_files__a_very_long_name__whole_for_programs_and_cut_for_people(void **state)
{
    world *w = *state;
    a_file f = {0};
    char name[3001];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    fore_text_printf(&f.text, "unique_id,ds,y\n%s,2024-01,many\nshort,2024-01,5\n", name);
    write_file(w, &f);
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_string_equal(string_of(series_at(&h, 0), "unique_id"), name);
    assert_true(noted(&h, "xxx… is left out: line 2: y is not a number"));
    for (int64_t i = 0; i < h.answer->note_count; i++)
        assert_true(strlen(h.answer->notes[i]) < 300);
    assert_true(strlen(h.answer->missing) < 300);
    forget(&h);
}

static void series_odd_files__a_date_in_the_other_order__is_told_as_such(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f,
               "unique_id,ds,y\na,1/31/2024,1\na,2/29/2024,2\na,3/31/2024,3\nb,31/1/2024,1\n"
               "b,29/2/2024,2\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_string_equal(when(&h, 0, 0), "2024-04-30");
    assert_string_equal(string_of(series_at(&h, 1), "error"),
                        "line 5: ds has the day first here, elsewhere the month; write all dates "
                        "as 2026-01-31: '31/1/2024'");
    forget(&h);
}

static void series_odd_files__two_columns_of_one_name__the_first_and_it_is_told(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "unique_id,ds,y,y\na,2024-01,1,10\na,2024-02,2,20\na,2024-03,3,30\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(mean(&h, 0, 0) == 3);
    assert_true(noted(&h, "Two columns are called 'y': the first is read; --value y_2 reads the"));
    forget(&h);
    r.value = "y_2";
    HEAR(other, fore_job_series(&w->c, &r, other.answer, e));
    assert_true(mean(&other, 0, 0) == 30);
    forget(&other);
}

static void series_odd_files__times_too_far_apart__leave_out_that_series_only(void **state)
{
    static const struct {
        const char *rows, *why;
    } cases[] = {
        {"a,-1000000000000000,1\na,1000000000000000,2\nb,1,1\nb,2,2\n", "count them in a larger"},
        {"a,0,1\na,1,1\na,2,1\na,900000,1\nb,1,1\nb,2,2\n", "more than 100000 steps are missing"},
        {"a,1000-01-01,1\na,1000-01-02,1\na,1000-01-03,1\na,9000-01-01,1\nb,2024-01-01,1\n"
         "b,2024-01-02,2\n",
         "more than 100000 steps are missing before line 5"},
    };
    world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a_file f = {0};
        fore_text_printf(&f.text, "unique_id,ds,y\n%s", cases[i].rows);
        write_file(w, &f);
        foresell_series_request r = naive(&f, 10000);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        assert_non_null(strstr(string_of(series_at(&h, 0), "error"), cases[i].why));
        assert_true(mean(&h, 1, 9999) == 2);
        forget(&h);
    }
}

static void series_odd_files__many_bad_series__ten_are_told_and_json_has_all(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int i = 0; i < 40; i++) fore_text_printf(&f.text, "s%d,2024-01,x\n", i);
    put_months(&f, "good", 2024, 6);
    write_file(w, &f);
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(noted(&h, "s9 is left out"));
    assert_false(noted(&h, "s10 is left out"));
    assert_true(noted(&h, "And 30 more are left out; --json tells each"));
    assert_int_equal(fore_json_length(node_of(h.root, "left_out")), 40);
    forget(&h);
}

static void series_odd_files__zero_below_zero__is_zero(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "ds,y\n2024-01,-0.0\n2024-02,-0\n2024-03,-0.0\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_false(signbit(mean(&h, 0, 0)));
    forget(&h);
}

static void series_odd_files__newest_value_replaced_by_cleaning__is_told(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int i = 0; i < 40; i++)
        fore_text_printf(&f.text, "a,%d-%02d,%d\n", 2021 + i / 12, i % 12 + 1,
                         i == 39 ? 9000 : 100 + i * 17 % 7);
    write_file(w, &f);
    foresell_series_request r = {
        .file = f.path, .method = "ses", .horizon = 1, .clean = "outliers"};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_true(mean(&h, 0, 0) < 200);
    assert_true(
        noted(&h, "1 outlier at 2024-04: replaced; the intervals do not reckon with values"));
    assert_true(noted(&h, "the newest value is one of those: the forecast does not start from it"));
    forget(&h);
    r.clean = NULL;
    HEAR(kept, fore_job_series(&w->c, &r, kept.answer, e));
    assert_true(noted(&kept, "1 outlier at 2024-04: kept"));
    assert_false(noted(&kept, "do not reckon"));
    forget(&kept);
}

static void series_odd_files__rows_ahead_and_a_horizon__counts_from_the_first_of_them(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "ds,y,promo\n");
    for (int i = 0; i < 36; i++)
        fore_text_printf(&f.text, "%d-%02d,%d,%d\n", 2021 + i / 12, i % 12 + 1,
                         100 + i * 17 % 7 + 20 * (i % 5 == 0), i % 5 == 0);
    fore_text_puts(&f.text, "2024-01,,0\n2024-02,,1\n2024-03,,0\n");
    write_file(w, &f);
    foresell_series_request r = {.file = f.path, .with = "promo", .horizon = 2};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_string_equal(when(&h, 0, 0), "2024-01");
    assert_int_equal(fore_json_length(node_of(series_at(&h, 0), "forecast")), 2);
    assert_true(noted(&h, "3 rows without a value: --horizon counts from the first, 2024-01"));
    forget(&h);
    r.horizon = 0;
    HEAR(all, fore_job_series(&w->c, &r, all.answer, e));
    assert_int_equal(fore_json_length(node_of(series_at(&all, 0), "forecast")), 3);
    assert_false(noted(&all, "--horizon counts"));
    forget(&all);
}

static void series_odd_files__drivers_that_are_none__told_by_column_and_cell(void **state)
{
    static const struct {
        const char *with, *words;
    } cases[] = {{"ds", "--with: 'ds' holds the times"},
                 {"y", "--with: 'y' holds the values"},
                 {"", "--with names no column"},
                 {" , ", "--with names no column"}};
    world *w = *state;
    a_file f;
    write_text(w, &f,
               "unique_id,ds,y,promo\na,2024-01,1,1\na,2024-02,2,some\nb,2024-01,3,1\n"
               "b,2024-02,4,0\nb,2024-03,,1\n");
    foresell_series_request r = {.file = f.path, .method = "naive"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        r.with = cases[i].with;
        DENIED(FORE_E_USAGE, cases[i].words, d, fore_job_series(&w->c, &r, d.answer, e));
    }
    r.with = "promo";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_string_equal(string_of(series_at(&h, 0), "error"),
                        "line 3: promo is neither a number nor yes or no: 'some'");
    assert_string_equal(when(&h, 1, 0), "2024-03");
    forget(&h);
}

static void series_odd_files__short_of_memory__leave_nothing(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y,y\n");
    for (int i = 0; i < 3; i++)
        fore_text_printf(&f.text, "caf\u00e9,2024-0%d,%d,0\nCafe\u0301,2024-0%d,%d,0\n", i + 1, i,
                         i + 1, i);
    fore_text_puts(&f.text, "cafe\u0301,2024-04,4,0\n");
    write_file(w, &f);
    foresell_series_request r = naive(&f, 1);
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1;; k++) {
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
    assert_true(failures > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(series_odd_files__one_name_composed_in_two_ways__is_one_series),
        WITH_WORLD(series_odd_files__names_that_differ_in_case_or_spaces__stay_apart_and_are_told),
        WITH_WORLD(series_odd_files__drivers_of_a_name_composed_otherwise__are_its_own),
        WITH_WORLD(series_odd_files__a_very_long_name__whole_for_programs_and_cut_for_people),
        WITH_WORLD(series_odd_files__a_date_in_the_other_order__is_told_as_such),
        WITH_WORLD(series_odd_files__two_columns_of_one_name__the_first_and_it_is_told),
        WITH_WORLD(series_odd_files__times_too_far_apart__leave_out_that_series_only),
        WITH_WORLD(series_odd_files__many_bad_series__ten_are_told_and_json_has_all),
        WITH_WORLD(series_odd_files__zero_below_zero__is_zero),
        WITH_WORLD(series_odd_files__newest_value_replaced_by_cleaning__is_told),
        WITH_WORLD(series_odd_files__rows_ahead_and_a_horizon__counts_from_the_first_of_them),
        WITH_WORLD(series_odd_files__drivers_that_are_none__told_by_column_and_cell),
        WITH_WORLD(series_odd_files__short_of_memory__leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
