/* Frames: types by inspection, missing words, limits, memory failure. */
#include "frame_help.h"

#include <math.h>

static void cell_number__notations_of_people__read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool comma, good;
        double value;
    } cases[] = {{"12", 0, 1, 12},
                 {"-3.5", 0, 1, -3.5},
                 {"1,234.50", 0, 1, 1234.5},
                 {"1 234", 0, 1, 1234},
                 {"$22,700.00", 0, 1, 22700},
                 {"€ 2.900,00", 1, 1, 2900},
                 {"1.117,10K", 1, 1, 1117100},
                 {"12 %", 0, 1, 12},
                 {"-$5", 0, 1, -5},
                 {"1e3", 0, 1, 1000},
                 {"EUR 10", 0, 1, 10},
                 {"1'000'000", 0, 1, 1e6},
                 {"00217", 0, 0, 0},
                 {"1,23", 0, 0, 0},
                 {"1,23", 1, 1, 1.23},
                 {"12a", 0, 0, 0},
                 {"", 0, 0, 0},
                 {"K", 0, 0, 0},
                 {"1,2345", 0, 0, 0},
                 {"1,234 567", 0, 0, 0},
                 {".", 0, 0, 0},
                 {"0.5", 0, 1, 0.5},
                 {"$", 0, 0, 0},
                 {"nan", 0, 0, 0},
                 {"2\xC2\xA0"
                  "900",
                  0, 1, 2900},
                 {"-", 0, 0, 0},
                 {"1,", 0, 0, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double value = -1;
        bool good = fore_frame_cell_number(cases[k].text, (int64_t)strlen(cases[k].text),
                                           cases[k].comma, &value);
        if (good != cases[k].good) fail_msg("'%s' read %d", cases[k].text, good);
        if (good && value != cases[k].value) fail_msg("'%s' read as %.17g", cases[k].text, value);
    }
}

static void cell_date__forms__give_days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool day_first, good;
        double days;
    } cases[] = {{"1970-01-02", 0, 1, 1},
                 {"2.1.1970", 0, 1, 1},
                 {"1/2/1970", 0, 1, 1},
                 {"2/1/1970", 1, 1, 1},
                 {"1/2/1970 12:00", 0, 1, 1.5},
                 {"1/2/70 6:00 PM", 0, 1, 1.75},
                 {"13/1/1970", 0, 0, 0},
                 {"31.2.2020", 0, 0, 0},
                 {"2020", 0, 0, 0},
                 {"1.2.3", 0, 0, 0},
                 {"1970-01-02T06:00:00Z", 0, 1, 1.25},
                 {"02-01-1970", 0, 1, 1},
                 {"1/2/1970 25:00", 0, 0, 0},
                 {"hello", 0, 0, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double days = -1;
        bool good = fore_frame_cell_date(cases[k].text, (int64_t)strlen(cases[k].text),
                                         cases[k].day_first, &days);
        if (good != cases[k].good) fail_msg("'%s' read %d", cases[k].text, good);
        if (good && days != cases[k].days) fail_msg("'%s' read as %.17g", cases[k].text, days);
    }
}

static void frame__columns__typed_by_inspection(void **state)
{
    (void)state;
    fore_frame *frame = frame_of("n|d|b|c|e|m|de|us|zip|mixed\n"
                                 "1|2020-01-01|yes|red|||2.900,00|1/31/2020|01234|1\n"
                                 "2.5|2020-01-02|No|Select||NA|1,5|2/1/2020|99999|unknown\n"
                                 "|N/A|TRUE|unknown||None|3|12/1/2020|00001|2\n");
    static const struct {
        const char *name;
        fore_column_type type;
        int64_t missing, distinct;
    } want[] = {{"n", FORE_COLUMN_NUMBER, 1, 2},     {"d", FORE_COLUMN_DATE, 1, 2},
                {"b", FORE_COLUMN_YES_NO, 0, 2},     {"c", FORE_COLUMN_CATEGORY, 1, 2},
                {"e", FORE_COLUMN_EMPTY, 3, 0},      {"m", FORE_COLUMN_EMPTY, 3, 0},
                {"de", FORE_COLUMN_NUMBER, 0, 3},    {"us", FORE_COLUMN_DATE, 0, 3},
                {"zip", FORE_COLUMN_CATEGORY, 0, 3}, {"mixed", FORE_COLUMN_CATEGORY, 0, 3}};
    assert_int_equal(fore_frame_rows(frame), 3);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const fore_frame_column *c = column_named(frame, want[k].name);
        if (c->type != want[k].type) fail_msg("%s is %s", c->name, fore_column_type_word(c->type));
        assert_int_equal(c->missing, want[k].missing);
        assert_int_equal(c->distinct, want[k].distinct);
    }
    assert_true(column_named(frame, "de")->number[0] == 2900);
    assert_true(isnan(column_named(frame, "n")->number[2]));
    assert_true(column_named(frame, "us")->number[1] - column_named(frame, "us")->number[0] == 1);
    assert_false(column_named(frame, "us")->date_ambiguous);
    assert_true(column_named(frame, "b")->number[2] == 1);
    assert_int_equal(column_named(frame, "c")->code[1], -1);
    assert_int_equal(fore_frame_find(frame, "none such"), -1);
    fore_frame_free(frame);
}

static void frame__slash_dates__order_decided_by_column(void **state)
{
    (void)state;
    fore_frame *frame =
        frame_of("eu|both\n3/4/2020|3/4/2020\n31/4/2020|5/6/2020\n30/4/2020|7/8/2020\n");
    assert_int_equal(column_named(frame, "eu")->type,
                     FORE_COLUMN_CATEGORY); /* 31 April is no day */
    assert_true(column_named(frame, "both")->date_ambiguous);
    fore_frame_free(frame);
    frame = frame_of("eu\n3/4/2020\n30/4/2020\n");
    const fore_frame_column *c = column_named(frame, "eu");
    assert_int_equal(c->type, FORE_COLUMN_DATE);
    assert_true(c->number[1] - c->number[0] == 27); /* both in April: day first */
    fore_frame_free(frame);
}

static fore_frame *many_levels(int64_t rows, int64_t repeat, const char *format)
{
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    int64_t column;
    OK(fore_frame_builder_new(&builder, err));
    OK(fore_frame_builder_column(builder, "x", &column, err));
    for (int64_t i = 0; i < rows; i++) {
        char text[64];
        snprintf(text, sizeof text, format, (int)(i / repeat));
        OK(fore_frame_builder_cell(builder, column, text, -1, err));
        fore_frame_builder_end_row(builder);
    }
    OK(fore_frame_builder_finish(&builder, &frame, err));
    return frame;
}

static void frame__levels_and_text__told_apart_by_repetition(void **state)
{
    (void)state;
    static const struct {
        int64_t rows, repeat;
        const char *format;
        fore_column_type type;
    } cases[] = {{2000, 25, "City %d", FORE_COLUMN_CATEGORY},
                 {2000, 4, "City %d", FORE_COLUMN_CATEGORY},
                 {2000, 1, "City %d", FORE_COLUMN_TEXT},
                 {2000, 4, "a note that was typed in twice %d", FORE_COLUMN_TEXT},
                 {40, 1, "Anna %d", FORE_COLUMN_CATEGORY},
                 {2000, 10, "p%d@mail.example", FORE_COLUMN_TEXT}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fore_frame *frame = many_levels(cases[k].rows, cases[k].repeat, cases[k].format);
        const fore_frame_column *c = column_named(frame, "x");
        if (c->type != cases[k].type) fail_msg("case %zu is %s", k, fore_column_type_word(c->type));
        assert_int_equal(c->email, k == 5);
        fore_frame_free(frame);
    }
}

static void frame__million_levels_and_ten_thousand_columns__held(void **state)
{
    (void)state;
    fore_frame *frame = many_levels(1000000, 1, "name of %d");
    assert_int_equal(column_named(frame, "x")->distinct, 1000000);
    fore_frame_free(frame);

    fore_frame_builder *builder = NULL;
    OK(fore_frame_builder_new(&builder, err));
    for (int64_t j = 0; j < 10000; j++) {
        char name[32];
        int64_t column;
        snprintf(name, sizeof name, "c%d", (int)j);
        OK(fore_frame_builder_column(builder, name, &column, err));
        assert_int_equal(column, j);
    }
    for (int64_t i = 0; i < 20; i++) {
        for (int64_t j = 0; j < 10000; j += 7)
            OK(fore_frame_builder_cell(builder, j, i % 2 ? "3" : "4", -1, err));
        fore_frame_builder_end_row(builder);
    }
    OK(fore_frame_builder_finish(&builder, &frame, err));
    assert_int_equal(fore_frame_columns(frame), 10000);
    assert_int_equal(fore_frame_column_at(frame, 7)->type, FORE_COLUMN_NUMBER);
    assert_int_equal(fore_frame_column_at(frame, 8)->type, FORE_COLUMN_EMPTY);
    assert_int_equal(fore_frame_column_at(frame, 8)->missing, 20);
    fore_frame_free(frame);
}

static void frame__late_columns_and_repeated_cells__padded_and_kept(void **state)
{
    (void)state;
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    int64_t a, b, number;
    OK(fore_frame_builder_new(&builder, err));
    OK(fore_frame_builder_column(builder, "a", &a, err));
    OK(fore_frame_builder_cell(builder, a, " first ", -1, err));
    OK(fore_frame_builder_cell(builder, a, "second", -1, err));
    fore_frame_builder_end_row(builder);
    OK(fore_frame_builder_column(builder, "b", &b, err));
    OK(fore_frame_builder_typed(builder, "number", FORE_COLUMN_NUMBER, &number, err));
    OK(fore_frame_builder_cell(builder, b, "late", -1, err));
    OK(fore_frame_builder_number(builder, number, 4.5, err));
    fore_frame_builder_end_row(builder);
    OK(fore_frame_builder_column(builder, "a", &b, err));
    assert_int_equal(a, b);
    OK(fore_frame_builder_finish(&builder, &frame, err));
    const fore_frame_column *c = column_named(frame, "a");
    assert_string_equal(fore_dictionary_text(c->levels, c->code[0]), "first");
    assert_int_equal(c->code[1], -1);
    assert_int_equal(column_named(frame, "b")->code[0], -1);
    assert_true(isnan(column_named(frame, "number")->number[0]));
    assert_int_equal(column_named(frame, "number")->missing, 1);
    fore_frame_free(frame);
}

static void frame__nothing_in_it__is_a_frame(void **state)
{
    (void)state;
    fore_frame *frame = frame_of("a|b\n");
    assert_int_equal(fore_frame_rows(frame), 0);
    assert_int_equal(fore_frame_columns(frame), 2);
    assert_int_equal(fore_frame_column_at(frame, 0)->type, FORE_COLUMN_EMPTY);
    fore_frame_free(frame);
    frame = frame_of("only\nx\n");
    assert_int_equal(fore_frame_column_at(frame, 0)->type, FORE_COLUMN_CATEGORY);
    fore_frame_free(frame);
    fore_frame_free(NULL);
    fore_frame_builder_free(NULL);
}

static fore_status build_small(fore_error *err)
{
    static const char *const cells[] = {"1", "red", "2020-01-01", "yes", "a@b.de"};
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    fore_status status = fore_frame_builder_new(&builder, err);
    for (int64_t j = 0; status == FORE_OK && j < 5; j++) {
        int64_t column;
        char name[8] = {(char)('a' + j), 0};
        status = fore_frame_builder_column(builder, name, &column, err);
    }
    for (int64_t i = 0; status == FORE_OK && i < 20; i++) {
        for (int64_t j = 0; status == FORE_OK && j < 5; j++)
            status = fore_frame_builder_cell(builder, j, cells[j], -1, err);
        if (status == FORE_OK) fore_frame_builder_end_row(builder);
    }
    if (status == FORE_OK) status = fore_frame_builder_finish(&builder, &frame, err);
    fore_frame_builder_free(builder);
    fore_frame_free(frame);
    return status;
}

static void frame__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1; k < 1000; k++) {
        fore_error error = {0};
        fore_memory_fail_at(k);
        fore_status status = build_small(&error);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 10);
}

static void free_mail__providers__told_from_companies(void **state)
{
    (void)state;
    char domain[64];
    fore_email_domain("Jo@GMail.com", 12, domain, sizeof domain);
    assert_string_equal(domain, "gmail.com");
    assert_true(fore_free_mail(domain));
    assert_true(fore_free_mail("yahoo.co.uk"));
    assert_false(fore_free_mail("gmailer.com"));
    assert_false(fore_free_mail("acme.com"));
    fore_email_domain("no mail", 7, domain, sizeof domain);
    assert_string_equal(domain, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cell_number__notations_of_people__read),
        cmocka_unit_test(cell_date__forms__give_days),
        cmocka_unit_test(frame__columns__typed_by_inspection),
        cmocka_unit_test(frame__slash_dates__order_decided_by_column),
        cmocka_unit_test(frame__levels_and_text__told_apart_by_repetition),
        cmocka_unit_test(frame__million_levels_and_ten_thousand_columns__held),
        cmocka_unit_test(frame__late_columns_and_repeated_cells__padded_and_kept),
        cmocka_unit_test(frame__nothing_in_it__is_a_frame),
        cmocka_unit_test(frame__any_allocation_fails__clean_error),
        cmocka_unit_test(free_mail__providers__told_from_companies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
