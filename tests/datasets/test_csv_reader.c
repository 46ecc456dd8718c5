/* CSV as people have it: dialects, encodings, places, limits. */
#include <sys/stat.h>

#include "import_helpers.h"

#include "datasets/csv_reader.h"

static fore_csv *open_ok(const char *path)
{
    fore_csv *csv = NULL;
    fore_error err = {0};
    if (fore_csv_open(path, NULL, &csv, &err) != FORE_OK) fail_msg("%s", err.message);
    return csv;
}

static fore_csv_record next_ok(fore_csv *csv)
{
    fore_csv_record record = {0};
    fore_error err = {0};
    bool more = false;
    if (fore_csv_next(csv, &record, &more, &err) != FORE_OK) fail_msg("%s", err.message);
    assert_true(more);
    return record;
}

static void assert_end(fore_csv *csv)
{
    fore_csv_record record;
    bool more = true;
    assert_int_equal(fore_csv_next(csv, &record, &more, NULL), FORE_OK);
    assert_false(more);
}

/* Opens and reads to the end; the first failure. */
static fore_status read_all(const char *path, fore_error *err)
{
    fore_csv *csv = NULL;
    fore_csv_record record;
    bool more = true;
    fore_status status = fore_csv_open(path, NULL, &csv, err);
    while (status == FORE_OK && more) status = fore_csv_next(csv, &record, &more, err);
    fore_csv_close(csv);
    return status;
}

static void csv_open__four_delimiters__found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char delimiter;
    } cases[] = {{"a,b,c\n1,2;5,3\n", ','},         {"a;b;c\n1;2,5;3\n", ';'},
                 {"a\tb\tc\n1\t2,5\t3\n", '\t'},    {"a|b|c\n1|2|3,4\n", '|'},
                 {"\"a;x\",b\n\"1;2;3\",4\n", ','}, {"sep=;\na;b\n1;2\n", ';'}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fore_csv *csv = open_ok(write_text("d.csv", cases[i].text));
        assert_int_equal(fore_csv_about(csv)->delimiter, cases[i].delimiter);
        assert_true(fore_csv_about(csv)->delimiter_certain);
        fore_csv_record r = next_ok(csv);
        assert_int_equal(r.count, fore_csv_columns(csv));
        assert_end(csv);
        fore_csv_close(csv);
    }
}

static void csv_next__quotes_and_line_breaks__cells_and_lines(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text(
        "q.csv",
        "id,text\r\n1,\"two\r\nlines, \"\"quoted\"\"\"\r\n\r\n2,plain\r\n3,\" kept \"\r\n"));
    fore_csv_record r = next_ok(csv);
    assert_string_equal(r.cells[1], "two\r\nlines, \"quoted\"");
    assert_int_equal(r.line, 2);
    r = next_ok(csv);
    assert_string_equal(r.cells[1], "plain");
    assert_int_equal(r.line, 5);
    r = next_ok(csv);
    assert_string_equal(r.cells[1], " kept ");
    assert_int_equal(r.line, 6);
    assert_end(csv);
    fore_csv_close(csv);
}

static void csv_next__lf_crlf_cr_and_no_last_line_end__same_records(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n",
                                        "a,b\r1,2\r3,4\r"};
    for (int i = 0; i < 3; i++) {
        fore_csv *csv = open_ok(write_text("l.csv", texts[i]));
        assert_int_equal(next_ok(csv).line, 2);
        fore_csv_record r = next_ok(csv);
        assert_int_equal(r.line, 3);
        assert_string_equal(r.cells[1], "4");
        assert_end(csv);
        fore_csv_close(csv);
    }
}

static void csv_open__byte_order_mark__skipped(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text("bom.csv", "\xEF\xBB\xBFid,n\n1,\xE0\xB0\xA8\n"));
    assert_int_equal(fore_csv_about(csv)->encoding, FORE_CSV_UTF8_BOM);
    assert_string_equal(fore_csv_name(csv, 0), "id");
    assert_string_equal(next_ok(csv).cells[1], "\xE0\xB0\xA8");
    fore_csv_close(csv);
}

static void csv_open__latin1__converted_and_placed(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text("l1.csv", "id,name\n1,Ann\n2,Andr\xE9 \x80 5\n"));
    const fore_csv_info *info = fore_csv_about(csv);
    assert_int_equal(info->encoding, FORE_CSV_WINDOWS_1252);
    assert_int_equal(info->foreign_line, 3);
    assert_int_equal(info->foreign_column, 7);
    next_ok(csv);
    assert_string_equal(next_ok(csv).cells[1], "Andr\xC3\xA9 \xE2\x82\xAC 5");
    fore_csv_close(csv);
}

/* The three bytes of a letter fall on every place around the end of a block. */
static void csv_open__letter_across_blocks__still_utf8(void **state)
{
    (void)state;
    for (int shift = 0; shift < 6; shift++) {
        fore_text text = {0};
        fore_text_puts(&text, "a,b\n");
        while (text.length < (1 << 16) - 3 - shift) fore_text_putc(&text, 'x');
        fore_text_puts(&text, "\xE0\xA4\xB9\xE0\xA4\xBF,2\n");
        fore_csv *csv = open_ok(write_bytes("u.csv", text.bytes, (size_t)text.length));
        assert_int_equal(fore_csv_about(csv)->encoding, FORE_CSV_UTF8);
        fore_csv_record r = next_ok(csv);
        assert_string_equal(r.cells[0] + r.lengths[0] - 6, "\xE0\xA4\xB9\xE0\xA4\xBF");
        fore_csv_close(csv);
        fore_text_free(&text);
    }
}

static void assert_refused(const char *bytes, size_t length, fore_status code, const char *part,
                           int64_t line, int64_t column)
{
    fore_error err = {0};
    assert_int_equal(read_all(write_bytes("bad.csv", bytes, length), &err), code);
    if (!strstr(err.message, part)) fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    if (!strstr(err.message, "bad.csv")) fail_msg("\"%s\" does not name the file", err.message);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
}

static void csv_open__files_that_are_no_csv__say_what_to_do(void **state)
{
    (void)state;
    assert_refused("PK\3\4rest", 8, FORE_E_FORMAT, "Excel workbook", 1, 1);
    assert_refused("\xD0\xCF\x11\xE0zz", 6, FORE_E_FORMAT, "Excel", 1, 1);
    assert_refused("\xFF\xFE"
                   "a\0",
                   4, FORE_E_ENCODING, "UTF-16", 1, 1);
    assert_refused("\x1F\x8B"
                   "xx",
                   4, FORE_E_FORMAT, "gzip", 1, 1);
    assert_refused("", 0, FORE_E_DATA, "empty", 1, 0);
    assert_refused(" \r\n\n", 4, FORE_E_DATA, "empty", 1, 0);
    assert_refused("a,b\r\n1,\0002\n", 9, FORE_E_ENCODING, "NUL byte", 2, 3);
    assert_refused("a,b\n1,2\n\"x\ny\",\"open\n5,6\n", 24, FORE_E_FORMAT, "never closed", 4, 2);
}

static void csv_open__missing_file_or_folder__io_error(void **state)
{
    (void)state;
    fore_error err = {0};
    fore_csv *csv = NULL;
    assert_int_equal(fore_csv_open("/nowhere/at/all.csv", NULL, &csv, &err), FORE_E_IO);
    assert_int_equal(fore_csv_open(folder, NULL, &csv, &err), FORE_E_IO);
    assert_non_null(strstr(err.message, "folder"));
}

static void csv_open__a_pipe__refused_at_once(void **state)
{
    (void)state;
    char path[300];
    fore_csv *csv = NULL;
    fore_error err = {0};
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: opening it would wait for ever */
    assert_int_equal(fore_csv_open(path, NULL, &csv, &err), FORE_E_IO);
    assert_non_null(strstr(err.message, "is a pipe or a device"));
    assert_null(csv);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(fore_csv_open("/dev/null", NULL, &csv, &err), FORE_E_IO);
}

static void csv_next__ragged_rows__told_apart(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text("r.csv", "a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n1,2,3\n"));
    assert_int_equal(next_ok(csv).fit, FORE_CSV_TOO_FEW);
    assert_int_equal(next_ok(csv).fit, FORE_CSV_TOO_MANY);
    fore_csv_record r = next_ok(csv);
    assert_int_equal(r.fit, FORE_CSV_FITS);
    assert_int_equal(r.count, 3);
    assert_int_equal(next_ok(csv).fit, FORE_CSV_FITS);
    fore_csv_close(csv);
}

static void csv_open__repeated_and_empty_headers__own_names(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text("h.csv", "a,a,,a_2,\n1,2,3,4,5\n"));
    static const char *const names[] = {"a", "a_2", "column_3", "a_2_2", "column_5"};
    for (int i = 0; i < 5; i++) assert_string_equal(fore_csv_name(csv, i), names[i]);
    assert_int_equal(fore_csv_about(csv)->renamed_columns, 4);
    assert_string_equal(fore_csv_header(csv, 3), "a_2");
    fore_csv_close(csv);
}

static void csv_open__header_only__no_record(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text("h.csv", "a,b"));
    assert_int_equal(fore_csv_columns(csv), 2);
    assert_end(csv);
    fore_csv_close(csv);
}

static void csv_open__no_header__first_record_is_data(void **state)
{
    (void)state;
    fore_csv *csv = NULL;
    fore_csv_options options = {.no_header = true};
    assert_int_equal(fore_csv_open(write_text("n.csv", "1,2\n3,4\n"), &options, &csv, NULL),
                     FORE_OK);
    assert_string_equal(fore_csv_name(csv, 1), "column_2");
    assert_string_equal(next_ok(csv).cells[0], "1");
    assert_string_equal(next_ok(csv).cells[0], "3");
    assert_end(csv);
    fore_csv_close(csv);
}

static void csv_rewind__after_the_end__reads_the_same(void **state)
{
    (void)state;
    fore_csv *csv = open_ok(write_text("w.csv", "a\n\"1\n\"\n2\n"));
    for (int pass = 0; pass < 3; pass++) {
        assert_int_equal(next_ok(csv).line, 2);
        assert_int_equal(next_ok(csv).line, 4);
        if (pass < 2) assert_end(csv);
        assert_int_equal(fore_csv_rewind(csv, NULL), FORE_OK);
    }
    fore_csv_close(csv);
}

static void csv_next__ten_thousand_columns__all_there(void **state)
{
    (void)state;
    fore_text text = {0};
    for (int row = 0; row < 3; row++) {
        for (int c = 0; c < 10000; c++)
            fore_text_printf(&text, "%sc%d", c ? "," : "", row * 10000 + c);
        fore_text_putc(&text, '\n');
    }
    fore_csv *csv = open_ok(write_bytes("wide.csv", text.bytes, (size_t)text.length));
    assert_int_equal(fore_csv_columns(csv), 10000);
    assert_string_equal(next_ok(csv).cells[9999], "c19999");
    assert_string_equal(next_ok(csv).cells[0], "c20000");
    fore_csv_close(csv);
    fore_text_free(&text);
}

static void csv_next__hundred_megabyte_cell__limit_error_in_bounded_memory(void **state)
{
    (void)state;
    char path[400];
    snprintf(path, sizeof path, "%s/huge.csv", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    static char chunk[1 << 20];
    memset(chunk, 'x', sizeof chunk);
    fputs("id,note\n1,fine\n2,\"", f);
    for (int i = 0; i < 100; i++) assert_int_equal(fwrite(chunk, 1, sizeof chunk, f), sizeof chunk);
    fclose(f);
    fore_error err = {0};
    assert_int_equal(read_all(path, &err), FORE_E_LIMIT);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 2);
    assert_non_null(strstr(err.message, "16 MiB"));
    remove(path);
}

static void csv_next__file_read_in_blocks__records_survive_them(void **state)
{
    (void)state;
    fore_text text = {0};
    fore_text_puts(&text, "i,square\n");
    for (int i = 0; i < 40000; i++) fore_text_printf(&text, "%d,\"%d\n\"\n", i, i * 2);
    fore_csv *csv = open_ok(write_bytes("b.csv", text.bytes, (size_t)text.length));
    for (int i = 0; i < 40000; i++) {
        fore_csv_record r = next_ok(csv);
        if (atoi(r.cells[0]) != i || atoi(r.cells[1]) != 2 * i || r.line != 2 + 2 * i)
            fail_msg("record %d", i);
    }
    assert_end(csv);
    fore_csv_close(csv);
    fore_text_free(&text);
}

static void csv_open__memory_fails_at_any_point__no_leak(void **state)
{
    (void)state;
    const char *path = write_text("m.csv", "a,b,a\n1,\"2\n\",3\n\xE9,5,6\n");
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_memory_fail_at(k);
        fore_error err = {0};
        fore_status status = read_all(path, &err);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) return;
        assert_int_equal(status, FORE_E_MEMORY);
        assert_true(k < 200);
    }
}

static void csv_put_cell__anything__reads_back(void **state)
{
    (void)state;
    static const char *const cells[] = {"plain",    "a,b", "say \"hi\"", "two\nlines",
                                        " spaced ", "",    "semi;colon"};
    fore_text text = {0};
    fore_text_puts(&text, "c1,c2,c3,c4,c5,c6,c7\n");
    for (int i = 0; i < 7; i++)
        fore_csv_put_cell(&text, cells[i], (int64_t)strlen(cells[i]), i == 0);
    fore_text_putc(&text, '\n');
    fore_csv *csv = open_ok(write_bytes("p.csv", text.bytes, (size_t)text.length));
    fore_csv_record r = next_ok(csv);
    assert_int_equal(r.count, 7);
    for (int i = 0; i < 7; i++) assert_string_equal(r.cells[i], cells[i]);
    fore_csv_close(csv);
    fore_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_open__four_delimiters__found),
        cmocka_unit_test(csv_next__quotes_and_line_breaks__cells_and_lines),
        cmocka_unit_test(csv_next__lf_crlf_cr_and_no_last_line_end__same_records),
        cmocka_unit_test(csv_open__byte_order_mark__skipped),
        cmocka_unit_test(csv_open__latin1__converted_and_placed),
        cmocka_unit_test(csv_open__letter_across_blocks__still_utf8),
        cmocka_unit_test(csv_open__files_that_are_no_csv__say_what_to_do),
        cmocka_unit_test(csv_open__missing_file_or_folder__io_error),
        cmocka_unit_test(csv_open__a_pipe__refused_at_once),
        cmocka_unit_test(csv_next__ragged_rows__told_apart),
        cmocka_unit_test(csv_open__repeated_and_empty_headers__own_names),
        cmocka_unit_test(csv_open__header_only__no_record),
        cmocka_unit_test(csv_open__no_header__first_record_is_data),
        cmocka_unit_test(csv_rewind__after_the_end__reads_the_same),
        cmocka_unit_test(csv_next__ten_thousand_columns__all_there),
        cmocka_unit_test(csv_next__hundred_megabyte_cell__limit_error_in_bounded_memory),
        cmocka_unit_test(csv_next__file_read_in_blocks__records_survive_them),
        cmocka_unit_test(csv_open__memory_fails_at_any_point__no_leak),
        cmocka_unit_test(csv_put_cell__anything__reads_back),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
