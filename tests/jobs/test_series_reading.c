/* Files of series as people have them: the ways to write a time and a number, other names of
 * columns, weeks of five days. What cannot be read is told, series by series. */
#include "series_help.h"

static void series_reading__times_of_all_kinds__go_on_as_they_were_written(void **state)
{
    static const struct {
        const char *rows[3], *next, *after, *step;
    } cases[] = {
        {{"2023-11", "2023-12", "2024-01"}, "2024-02", "2024-03", "month"},
        {{"11/2023", "12/2023", "01/2024"}, "2024-02", "2024-03", "month"},
        {{"Nov 2023", "Dec 2023", "Jan 2024"}, "2024-02", "2024-03", "month"},
        {{"Nov-23", "Dec-23", "Jan-24"}, "2024-02", "2024-03", "month"},
        {{"202311", "202312", "202401"}, "2024-02", "2024-03", "month"},
        {{"20231130", "20231231", "20240131"}, "2024-02-29", "2024-03-31", "month"},
        {{"2023-Q2", "2023-Q3", "2023-Q4"}, "2024-Q1", "2024-Q2", "quarter"},
        {{"2023Q2", "2023Q3", "2023Q4"}, "2024-Q1", "2024-Q2", "quarter"},
        {{"Q2 2023", "Q3 2023", "Q4 2023"}, "2024-Q1", "2024-Q2", "quarter"},
        {{"2023-Q4", "2024-Q4", "2025-Q4"}, "2026-Q4", "2027-Q4", "year"},
        {{"2020-W51", "2020-W52", "2020-W53"}, "2021-W01", "2021-W02", "week"},
        {{"30/11/2023", "31/12/2023", "31/01/2024"}, "2024-02-29", "2024-03-31", "month"},
        {{"11/30/2023", "12/31/2023", "1/31/2024"}, "2024-02-29", "2024-03-31", "month"},
        {{"1/10/2023", "1/11/2023", "1/12/2023"}, "2024-01-01", "2024-02-01", "month"},
        {{"10/1/2023", "11/1/2023", "12/1/2023"}, "2024-01-01", "2024-02-01", "month"},
        {{"15 Nov 2023", "15 Dec 2023", "15 Jan 2024"}, "2024-02-15", "2024-03-15", "month"},
        {{"2024-01-31 22:00", "2024-01-31 23:00", "2024-02-01 00:00"},
         "2024-02-01T01:00:00",
         "2024-02-01T02:00:00",
         "time of day"},
        {{"2024-01-29 17:00", "2024-01-30 17:00", "2024-01-31 17:00"},
         "2024-02-01",
         "2024-02-02",
         "day"},
        {{"2015", "2020", "2025"}, "2030", "2035", "number"},
    };
    world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a_file f = {0};
        fore_text_puts(&f.text, "ds,y\n");
        for (int k = 0; k < 3; k++) fore_text_printf(&f.text, "%s,%d\n", cases[i].rows[k], k + 1);
        write_file(w, &f);
        foresell_series_request r = naive(&f, 2);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        if (strcmp(when(&h, 0, 0), cases[i].next) || strcmp(when(&h, 0, 1), cases[i].after))
            fail_msg("after %s come %s and %s", cases[i].rows[2], when(&h, 0, 0), when(&h, 0, 1));
        assert_string_equal(string_of(series_at(&h, 0), "step"), cases[i].step);
        assert_true(mean(&h, 0, 0) == 3);
        forget(&h);
    }
}

static void series_reading__numbers__one_reading_for_the_whole_file(void **state)
{
    static const struct {
        const char *text;
        double last;
    } cases[] = {
        {"Monat;Umsatz\n01.01.2024;1.250,50\n01.02.2024;1.300\n01.03.2024;1.400\n", 1400},
        {"ds;y\n2024-01;12,5\n2024-02;13,5\n2024-03;14,25\n", 14.25},
        {"ds\ty\n2024-01\t1,250.50\n2024-02\t1,300\n2024-03\t1,400\n", 1400},
        {"ds,y\n2024-01,\"1.250,5\"\n2024-02,\"1.300,5\"\n2024-03,\"1.400\"\n", 1400},
        {"ds,y\n2024-01,$1200\n2024-02,(300)\n2024-03,1.5K\n", 1500},
        {"ds;y\n2024-01;1.250\n2024-02;1.300\n2024-03;1.400\n", 1400},
        {"ds,y\n2024-01,1.250\n2024-02,1.300\n2024-03,1.400\n", 1.4},
    };
    world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a_file f;
        write_text(w, &f, cases[i].text);
        foresell_series_request r = naive(&f, 1);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        if (mean(&h, 0, 0) != cases[i].last)
            fail_msg("%s ends with %g", cases[i].text, mean(&h, 0, 0));
        forget(&h);
    }
}

static void series_reading__columns__by_their_names_or_by_options(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f,
               "Region,Product,Order Date,Units,Sales\nN,a,2024-01,1,10\nN,a,2024-02,2,20\n"
               "N,b,2024-01,3,30\nN,b,2024-02,4,40\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(guessed, fore_job_series(&w->c, &r, guessed.answer, e));
    assert_string_equal(string_of(series_at(&guessed, 1), "unique_id"), "N/b");
    assert_true(mean(&guessed, 1, 0) == 40);
    assert_true(noted(&guessed,
                      "times from 'Order Date', values from 'Sales', series from 'Region' "
                      "and 'Product'"));
    forget(&guessed);
    r.value = "Units", r.id = "Product";
    HEAR(named, fore_job_series(&w->c, &r, named.answer, e));
    assert_string_equal(string_of(series_at(&named, 1), "unique_id"), "b");
    assert_true(mean(&named, 1, 0) == 4);
    forget(&named);
    r.value = "Unit";
    DENIED(FORE_E_USAGE, "--value: there is no column 'Unit'; did you mean 'Units'", d,
           fore_job_series(&w->c, &r, d.answer, e));
    r.value = NULL, r.dates = "sideways";
    DENIED(FORE_E_USAGE, "day-first or month-first", d, fore_job_series(&w->c, &r, d.answer, e));
}

/* Where the dates do not tell it, that is said, and the option settles it. */
static void series_reading__day_or_month__told_when_open(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "ds,y\n1/2/2024,1\n2/3/2024,2\n3/4/2024,3\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(open, fore_job_series(&w->c, &r, open.answer, e));
    assert_string_equal(when(&open, 0, 0), "2024-05-03");
    assert_true(noted(&open, "No date in 'ds' tells the day from the month; read as day first"));
    forget(&open);
    r.dates = "month-first";
    HEAR(settled, fore_job_series(&w->c, &r, settled.answer, e));
    assert_string_equal(when(&settled, 0, 0), "2024-04-04");
    assert_false(noted(&settled, "tells the day"));
    forget(&settled);
}

/* Days without values at weekends are no gaps; a holiday is one. */
static void series_reading__a_week_of_five_days__has_no_weekend(void **state)
{
    world *w = *state;
    a_file f = {0};
    int32_t monday = fore_days_from_civil(2024, 1, 1), days = 0;
    char date[32];
    fore_text_puts(&f.text, "ds,y\n");
    for (int i = 0; i < 40; i++) {
        if (i % 7 > 4 || i == 24) continue; /* Saturdays, Sundays; a Thursday off */
        fore_date_format(monday + i, date);
        fore_text_printf(&f.text, "%s,%d\n", date, 10 + i % 7);
        days++;
    }
    write_file(w, &f);
    foresell_series_request r = naive(&f, 3);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    const fore_json_node *s = series_at(&h, 0);
    assert_string_equal(string_of(s, "step"), "working day");
    assert_int_equal(number_of(s, "season"), 5);
    assert_string_equal(when(&h, 0, 0), "2024-02-12"); /* after Friday, 9 February */
    assert_string_equal(when(&h, 0, 1), "2024-02-13");
    assert_non_null(strstr(string_of(s, "note"), "1 missing value"));
    assert_int_equal(days, 29);
    forget(&h);
}

static void series_reading__those_left_out__are_listed_with_line_and_reason(void **state)
{
    world *w = *state;
    a_file f = {0};
    fore_text_puts(&f.text, "unique_id,ds,y\n");
    for (int i = 0; i < 24; i++)
        fore_text_printf(&f.text, "good,%04d-%02d,%d\n", 2020 + i / 12, i % 12 + 1, i % 5 + 1);
    fore_text_puts(&f.text, "one,2020-01,7\nword,2020-01,many\ntwice,2020-Q1,1\ntwice,2020-01,2\n"
                            "huge,2020-01,1e308\nodd,2020-01-01,1\nodd,2020-01-09,1\n"
                            "odd,2020-03-30,1\nodd,2021-01-01,1\n");
    for (int i = 0; i < 24; i++)
        fore_text_printf(&f.text, "flat,%04d-%02d,5\nless,%04d-%02d,%d\n", 2020 + i / 12,
                         i % 12 + 1, 2020 + i / 12, i % 12 + 1, -i);
    write_file(w, &f);
    foresell_series_request r = {.file = f.path, .horizon = 2};
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    static const struct {
        const char *id, *reason;
        int line;
    } out[] = {{"word", "not a number", 27},
               {"twice", "two values for the same time", 29},
               {"huge", "too large", 30},
               {"odd", "not evenly spaced", 32}};
    const fore_json_node *list = node_of(h.root, "left_out");
    assert_int_equal(fore_json_length(list), 4);
    for (int64_t i = 0; i < 4; i++) {
        const fore_json_node *x = fore_json_at(list, i);
        assert_string_equal(string_of(x, "unique_id"), out[i].id);
        assert_non_null(strstr(string_of(x, "reason"), out[i].reason));
        assert_int_equal(number_of(x, "line"), out[i].line);
    }
    assert_string_equal(h.answer->missing, "4 of 8 series left out: word, twice, huge, odd");
    assert_int_equal(grid_of(&h, "forecast")->row_count, 2 * 4); /* good, one, flat, less */
    forget(&h);
}

/* Orders of 20 February to 10 May: March and April are whole; no order in a month is a 0. */
static void series_reading__orders_summed_up__whole_periods_only(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f,
               "date,region,amount\n2024-02-20,a,5\n2024-03-01,a,7\n2024-03-01,a,8\n"
               "2024-03-31,a,1\n2024-03-20,b,100\n2024-04-02,a,9\n2024-04-03,a,\n2024-05-10,a,3\n");
    foresell_series_request r = naive(&f, 1);
    r.every = "month";
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_string_equal(when(&h, 0, 0), "2024-05");
    assert_true(mean(&h, 0, 0) == 9);
    assert_true(mean(&h, 1, 0) == 0); /* b sold nothing in April */
    assert_true(noted(&h, "The first month is left out: the file's first date, 2024-02-20"));
    assert_true(noted(&h, "The last month is left out: the file's last date, 2024-05-10"));
    r.method = "mean";
    HEAR(sums, fore_job_series(&w->c, &r, sums.answer, e));
    assert_true(mean(&sums, 0, 0) == 12.5 && mean(&sums, 1, 0) == 50);
    forget(&sums);
    forget(&h);
    r.every = "fortnight";
    DENIED(FORE_E_USAGE, "day, week, month, quarter or year", d,
           fore_job_series(&w->c, &r, d.answer, e));
    r.every = "year";
    DENIED(FORE_E_NO_ANSWER, "no whole year", d, fore_job_series(&w->c, &r, d.answer, e));
    write_text(w, &f, "ds,y\n1,5\n2,6\n");
    r = naive(&f, 1);
    r.every = "month";
    DENIED(FORE_E_DATA, "needs dates", d, fore_job_series(&w->c, &r, d.answer, e));
    r.every = NULL;
    write_text(w, &f, "ds,y\n2024-01-15,5\n");
    HEAR(one, fore_job_series(&w->c, &r, one.answer, e));
    assert_true(noted(&one, "a single date tells no step; a month is taken"));
    forget(&one);
}

/* Twelve dates of one year, one number always the same: days in a row, or the same day of months.
 * A 1 is taken for the first of months; both readings are told, and the option takes the other. */
static void series_reading__days_in_a_row_or_months__chosen_told_and_reversed(void **state)
{
    static const struct {
        const char *format, *dates, *next, *said;
    } cases[] = {
        {"%02d/02/2026", NULL, "2026-02-13", "day first, days in a row. --dates month-first reads"},
        {"02/%02d/2026", NULL, "2026-02-13", "month first, days in a row. --dates day-first reads"},
        {"01/%02d/2026", NULL, "2027-01-01", "day first, the same day of several months. --dates"},
        {"%02d/01/2026", NULL, "2027-01-01", "month first, the same day of several months"},
        {"%02d/02/2026", "month-first", "2027-01-02", NULL},
        {"01/%02d/2026", "month-first", "2026-01-13", NULL},
    };
    world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a_file f = {0};
        const char *two = strstr(cases[i].format, "%02d");
        fore_text_puts(&f.text, "ds,y\n");
        for (int k = 1; k <= 12; k++)
            fore_text_printf(&f.text, "%.*s%02d%s,%d\n", (int)(two - cases[i].format),
                             cases[i].format, k, two + 4, k);
        write_file(w, &f);
        foresell_series_request r = naive(&f, 1);
        r.dates = cases[i].dates;
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        assert_string_equal(when(&h, 0, 0), cases[i].next);
        if (cases[i].said)
            assert_true(noted(&h, cases[i].said));
        else
            assert_false(noted(&h, "tells the day"));
        forget(&h);
    }
    a_file f; /* two years: only one reading is even */
    write_text(w, &f, "ds,y\n5/11/2023,1\n5/12/2023,2\n5/1/2024,3\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_false(noted(&h, "tells the day"));
    forget(&h);
}

static void series_reading__three_digits_behind_every_point__told_and_reversed(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "ds,y\n2024-01,1.200\n2024-02,1.300\n2024-03,1.400\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(open, fore_job_series(&w->c, &r, open.answer, e));
    assert_true(mean(&open, 0, 0) == 1.4);
    assert_true(noted(&open, "whether '1.200' is 1.2 or 1200; read as 1.2, with a decimal point"));
    assert_true(noted(&open, "--decimal comma"));
    forget(&open);
    r.decimal = "comma";
    HEAR(comma, fore_job_series(&w->c, &r, comma.answer, e));
    assert_true(mean(&comma, 0, 0) == 1400);
    assert_false(noted(&comma, "Nothing tells"));
    forget(&comma);
    r.decimal = "dot";
    DENIED(FORE_E_USAGE, "--decimal is point or comma, not 'dot'", d,
           fore_job_series(&w->c, &r, d.answer, e));
    write_text(w, &f, "ds;y\n2024-01;1.200\n2024-02;1.300\n");
    r = naive(&f, 1);
    HEAR(semicolon, fore_job_series(&w->c, &r, semicolon.answer, e));
    assert_true(noted(&semicolon, "read as 1200, with a decimal comma. --decimal point"));
    forget(&semicolon);
}

/* 44562 is 2022-01-01. Numbers that no calendar steps like stay numbers, and the error helps. */
static void series_reading__days_of_a_spreadsheet__dates(void **state)
{
    static const struct {
        int day[4];
        const char *next, *step;
    } cases[] = {
        {{44562, 44593, 44621, 44652}, "2022-05-01", "month"},
        {{44592, 44620, 44651, 44681}, "2022-05-31", "month"},
        {{44564, 44571, 44578, 44585}, "2022-01-31", "week"},
        {{44562, 44563, 44564, 44565}, "2022-01-05", "day"},
        {{44562, 44652, 44743, 44835}, "2023-01-01", "quarter"},
        {{30000, 31000, 32000, 33000}, "34000", "number"},
        {{1, 2, 3, 4}, "5", "number"},
    };
    world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        a_file f = {0};
        fore_text_puts(&f.text, "ds,y\n");
        for (int k = 0; k < 4; k++) fore_text_printf(&f.text, "%d,%d\n", cases[i].day[k], k);
        write_file(w, &f);
        foresell_series_request r = naive(&f, 1);
        HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
        assert_string_equal(when(&h, 0, 0), cases[i].next);
        assert_string_equal(string_of(series_at(&h, 0), "step"), cases[i].step);
        assert_true(noted(&h, "read as days of a spreadsheet") ==
                    (strcmp(cases[i].step, "number") != 0));
        forget(&h);
    }
    a_file f;
    write_text(w, &f, "ds,y\n44562,1\n44563,2\n44564,3\n44565,4\n");
    foresell_series_request r = naive(&f, 1);
    r.dates = "numbers";
    HEAR(plain, fore_job_series(&w->c, &r, plain.answer, e));
    assert_string_equal(when(&plain, 0, 0), "44566");
    forget(&plain);
    write_text(w, &f, "ds,y\n44562,1\n44600,2\n44630,3\n44700,4\n44742,5\n");
    r = naive(&f, 1);
    DENIED(FORE_E_NO_ANSWER, "format the column as a date", d,
           fore_job_series(&w->c, &r, d.answer, e));
    r.every = "month";
    HEAR(summed, fore_job_series(&w->c, &r, summed.answer, e));
    assert_string_equal(when(&summed, 0, 0), "2022-07");
    forget(&summed);
    r.dates = "numbers";
    DENIED(FORE_E_DATA, "format the column as a date", n, fore_job_series(&w->c, &r, n.answer, e));
}

static void series_reading__a_bad_cell__quoted_with_its_line(void **state)
{
    static const char *const bad[] = {"31.02.2023", "Mrz 23", "Total", "2023-W53"};
    world *w = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char words[64];
        a_file f = {0};
        fore_text_printf(&f.text, "ds,y\n2023-01-01,1\n%s,2\n", bad[i]);
        write_file(w, &f);
        foresell_series_request r = naive(&f, 1);
        snprintf(words, sizeof words, "or 2026-W05 nor a whole number: '%s'", bad[i]);
        DENIED(FORE_E_NO_ANSWER, words, d, fore_job_series(&w->c, &r, d.answer, e));
        r.strict = true;
        DENIED(FORE_E_DATA, words, s, fore_job_series(&w->c, &r, s.answer, e));
    }
    a_file f;
    write_text(w, &f, "ds,y\n2023-01-01,twelve and a half and then some more\n");
    foresell_series_request r = naive(&f, 1);
    DENIED(FORE_E_NO_ANSWER, "not known: 'twelve and a half and then some ...'", d,
           fore_job_series(&w->c, &r, d.answer, e));
}

static void series_reading__a_row_without_a_name__set_aside_and_told(void **state)
{
    world *w = *state;
    a_file f;
    write_text(w, &f, "unique_id,ds,y\na,2024-01,1\n ,2024-01,7\na,2024-02,2\n,2024-02,8\n");
    foresell_series_request r = naive(&f, 1);
    HEAR(h, fore_job_series(&w->c, &r, h.answer, e));
    assert_int_equal(fore_json_length(node_of(h.root, "series")), 1);
    const fore_json_node *aside = node_of(h.root, "set_aside");
    assert_int_equal(fore_json_length(aside), 2);
    assert_int_equal(number_of(fore_json_at(aside, 1), "line"), 5);
    assert_string_equal(string_of(fore_json_at(aside, 0), "reason"), "the series has no name");
    assert_true(noted(&h, "series.csv:3: the series has no name: set aside"));
    forget(&h);
    r.strict = true;
    DENIED(FORE_E_DATA, "the series has no name", d, fore_job_series(&w->c, &r, d.answer, e));
    write_text(w, &f, "unique_id,ds,y\n,2024-01,1\n,2024-02,2\n");
    r = naive(&f, 1);
    DENIED(FORE_E_DATA, "every row has to say", all, fore_job_series(&w->c, &r, all.answer, e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(series_reading__times_of_all_kinds__go_on_as_they_were_written),
        WITH_WORLD(series_reading__numbers__one_reading_for_the_whole_file),
        WITH_WORLD(series_reading__columns__by_their_names_or_by_options),
        WITH_WORLD(series_reading__day_or_month__told_when_open),
        WITH_WORLD(series_reading__a_week_of_five_days__has_no_weekend),
        WITH_WORLD(series_reading__orders_summed_up__whole_periods_only),
        WITH_WORLD(series_reading__days_in_a_row_or_months__chosen_told_and_reversed),
        WITH_WORLD(series_reading__three_digits_behind_every_point__told_and_reversed),
        WITH_WORLD(series_reading__days_of_a_spreadsheet__dates),
        WITH_WORLD(series_reading__a_bad_cell__quoted_with_its_line),
        WITH_WORLD(series_reading__a_row_without_a_name__set_aside_and_told),
        WITH_WORLD(series_reading__those_left_out__are_listed_with_line_and_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
