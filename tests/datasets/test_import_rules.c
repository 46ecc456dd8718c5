/* The rules of an import: all or nothing, rejects, strictness, mapping, attributes, doubtful
 * columns. */
#include "import_helpers.h"

static const char leads_head[] = "lead_id,name,created_at,status,do_not_contact\n";

static const char *leads(const char *name, const char *rows)
{
    static char text[4096];
    snprintf(text, sizeof text, "%s%s", leads_head, rows);
    return write_text(name, text);
}

static void fingerprint(fore_store *s, char out[33])
{
    assert_int_equal(fore_store_fingerprint(s, out, NULL), FORE_OK);
}

static void import__bad_rows__kept_with_file_line_column_value_reason(void **state)
{
    (void)state;
    fore_store *s = open_store();
    char rejects[400];
    snprintf(rejects, sizeof rejects, "%s/rejects.csv", folder);
    const char *path = leads("leads.csv", "L1,Ann,2024-01-01,new,0\n"
                                          "L2,Bo,yesterday,new,0\n"
                                          "L3,\"two\nlines\",2024-01-02,excited,0\n"
                                          ",nobody,2024-01-02,new,0\n"
                                          "L5,short\n"
                                          "L6,Ida,2024-01-03,new,perhaps\n"
                                          "L7,long,2024-01-04,new,0,extra\n"
                                          "L8,fine,2024-01-04,new,1,,\n"
                                          "L9,Bo,tomorrow,new,0\n");
    fore_import_options options = {.rejects_path = rejects};
    fore_import_report report = import_path(s, path, &options);
    assert_int_equal(report.rows, 9);
    assert_int_equal(report.added, 2);
    assert_int_equal(report.rejected, 7);
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 2);
    assert_string_equal(report.reasons[0].reason, "not a time");
    assert_int_equal(report.reasons[0].count, 2);
    assert_int_equal(report.reason_count, 6);

    fore_text text = {0}, expected = {0};
    assert_int_equal(fore_file_read(rejects, 0, &text, NULL), FORE_OK);
    fore_text_printf(
        &expected,
        "file,line,column,value,reason\n%1$s,3,created_at,yesterday,not a time\n"
        "%1$s,4,status,excited,\"unknown lead status (new, working, qualified, converted, disqualified, lost)\"\n"
        "%1$s,6,lead_id,,no key\n%1$s,7,,2 cells,too few columns\n%1$s,8,do_not_contact,perhaps,neither yes nor no\n"
        "%1$s,9,,6 cells,too many columns\n%1$s,11,created_at,tomorrow,not a time\n",
        path);
    assert_string_equal(fore_text_string(&text), fore_text_string(&expected));
    fore_text_free(&text);
    fore_text_free(&expected);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__strict__first_bad_row_fails_and_nothing_is_stored(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    fore_import_options options = {.strict = true};
    const char *path = leads("leads.csv", "L1,Ann,2024-01-01,new,0\nL2,Bo,yesterday,new,0\n");
    assert_int_equal(try_import(s, path, &options, &err), FORE_E_DATA);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 3);
    assert_non_null(strstr(err.message, ":3:3: created_at = yesterday"));
    assert_non_null(strstr(err.message, "--strict"));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 0);
    fore_store_close(s);
}

static void import__every_row_rejected__fails_with_the_first_reason(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    const char *path = leads("leads.csv", "L1,Ann,never,new,0\nL2,Bo,yesterday,new,0\n");
    assert_int_equal(try_import(s, path, NULL, &err), FORE_E_DATA);
    assert_int_equal(err.line, 2);
    assert_non_null(strstr(err.message, "created_at = never: not a time"));
    assert_non_null(strstr(err.message, "none of the 2 rows"));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 0);
    fore_store_close(s);
}

static void import__columns_not_used__eight_are_named(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_options options = {.format = "plain"};
    fore_import_report report = import_path(
        s,
        write_text("activities.csv", "activity_id,activity_type,date,a,b,c,d,e,f,g,h,i\n"
                                     "1,call,2024-01-05,,,,,,,,,\n"),
        &options);
    assert_true(noted(&report, "columns not used: a, b, c, d, e, f, g, h and 1 more"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__same_key_twice_in_a_run__later_row_counts_and_is_said(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path =
        leads("leads.csv", "L1,Ann,2024-01-01,new,0\nL1,Anna,2024-01-01,working,0\n");
    for (int pass = 0; pass < 2; pass++) {
        fore_import_report report = import_path(s, path, NULL);
        assert_true(warned(&report, "1 row repeats a key"));
        fore_lead_row lead;
        fore_cursor *c = cursor_at(s, FORE_TABLE_LEAD, "L1", &lead);
        assert_string_equal(lead.name, "Anna");
        fore_cursor_close(c);
        fore_import_report_free(&report);
    }
    fore_store_close(s);
}

static void import__newer_file__updates_by_key(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report a = import_path(
        s, leads("leads.csv", "L1,Ann,2024-01-01,new,0\nL2,Bo,2024-01-02,new,0\n"), NULL);
    fore_import_report b = import_path(
        s,
        leads("leads.csv",
              "L1,Ann,2024-01-01,lost,0\nL2,Bo,2024-01-02,new,0\nL3,Cy,2024-01-02,new,0\n"),
        NULL);
    assert_int_equal(b.added, 1);
    assert_int_equal(b.changed, 1);
    assert_int_equal(b.same, 1);
    fore_import_report_free(&a);
    fore_import_report_free(&b);
    fore_store_close(s);
}

static void import__reference_before_its_row__resolves_later(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *calls =
        write_text("activities.csv", "activity_id,at,kind,lead_id\nA1,2024-01-05,call,L1\n");
    fore_import_report report = import_path(s, calls, NULL);
    assert_true(warned(&report, "1 lead is named but never described (L1)"));
    fore_import_report_free(&report);
    report = import_path(s, leads("leads.csv", "L1,Ann,2024-01-01,new,0\n"), NULL);
    assert_int_equal(report.added, 1);
    assert_false(warned(&report, "never described"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

/* --- all or nothing --- */

static void import__memory_fails_anywhere__workspace_as_before_and_no_leak(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report first =
        import_path(s, leads("leads.csv", "L1,Ann,2024-01-01,new,0\n"), NULL);
    fore_import_report_free(&first);
    const char *path = source_path("tests/datasets/fixtures/salesforce");
    char before[33], after[33];
    fingerprint(s, before);
    int64_t live = fore_memory_live();
    int64_t failures = 0;
    for (int64_t k = 1;; k += k < 400 ? 1 : 37) {
        fore_error err = {0};
        fore_memory_fail_at(k);
        fore_status status = try_import(s, path, NULL, &err);
        fore_memory_fail_at(0);
        if (status == FORE_OK) break;
        if (status != FORE_E_MEMORY) fail_msg("allocation %lld: %s", (long long)k, err.message);
        fingerprint(s, after);
        assert_string_equal(before, after);
        failures++;
    }
    assert_true(failures > 400);
    fore_store_close(s);
    assert_true(fore_memory_live() < live);
}

static bool cancel_at_the_second_question(void *context) { return ++*(int *)context >= 2; }

static void import__cancelled_in_the_middle__workspace_as_before(void **state)
{
    (void)state;
    fore_store *s = open_store();
    int questions = 0;
    fore_observer observer = {.context = &questions, .cancelled = cancel_at_the_second_question};
    fore_import_options options = {.observer = &observer};
    fore_error err = {0};
    char before[33], after[33];
    fingerprint(s, before);
    assert_int_equal(try_import(s, source_path("tests/datasets/fixtures/zoho"), &options, &err),
                     FORE_E_CANCELLED);
    fingerprint(s, after);
    assert_string_equal(before, after);
    assert_true(questions >= 2);
    fore_store_close(s);
}

static void import__second_file_is_broken__first_is_not_kept(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    fore_import_report report = {0};
    const char *paths[] = {
        leads("leads.csv", "L1,Ann,2024-01-01,new,0\n"),
        write_text("deals.csv",
                   "deal_id,stage,created_at\nD1,New,2024-01-01\nD2,\"New,2024-01-01\n")};
    fore_import_options options = {.paths = paths, .path_count = 2};
    assert_int_equal(fore_import(s, &options, &report, &err), FORE_E_FORMAT);
    assert_int_equal(err.line, 3);
    assert_non_null(strstr(err.message, "never closed"));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 0);
    fore_store_close(s);
}

/* --- the mapping file --- */

static void import__mapping_file__columns_values_stages_and_orders(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *mapping = write_text("map.ini", "[import]\n"
                                                "won_stages = Handshake,\n"
                                                "   Paid\n"
                                                "lost_stages = Gone\n"
                                                "date_order = day\n"
                                                "decimal = comma\n"
                                                "[sales.csv]\n"
                                                "entity = deals\n"
                                                "deal_id = No.\n"
                                                "stage = Phase\n"
                                                "stage.Deal done = Handshake\n"
                                                "amount = Worth\n"
                                                "created_at = Begun\n"
                                                "closed_at = Ended\n"
                                                "product_id = Thing\n"
                                                "product_id.GTXPro = GTX Pro\n"
                                                "ignore = Colour, Mood\n");
    const char *path =
        write_text("sales.csv", "No.;Phase;Worth;Begun;Ended;Thing;Colour;Size\n"
                                "1;Deal done;1.234;03/04/2024;05/06/2024;GTXPro;red;big\n"
                                "2;gone;2.000;04/04/2024;05/06/2024;GTX Pro;blue;\n"
                                "3;Talk;3.000;05/04/2024;;;;\n"
                                "4;Paid;1.000;05/04/2024;06/06/2024;;;\n");
    fore_import_options options = {.mapping_path = mapping};
    fore_import_report report = import_path(s, path, &options);
    assert_int_equal(report.rejected, 0);
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "1", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_string_equal(deal.stage, "Handshake");
    assert_int_equal(deal.amount_minor, 123400);
    assert_time(deal.created_at, "2024-04-03T00:00:00Z");
    assert_int_equal(deal.product, key_of(s, FORE_PRODUCT, "GTX Pro"));
    assert_string_equal(deal.attributes, "{\"Size\":\"big\"}");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "2", &deal);
    assert_int_equal(deal.outcome, FORE_LOST);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "3", &deal);
    assert_int_equal(deal.outcome, FORE_OUTCOME_OPEN);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "4", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    fore_cursor_close(c);
    assert_true(noted(&report, "delimiter semicolon"));
    assert_true(noted(&report, "Colour"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__stage_settings_of_the_workspace__used(void **state)
{
    (void)state;
    fore_store *s = open_store();
    assert_int_equal(fore_store_begin(s, NULL), FORE_OK);
    assert_int_equal(fore_store_set(s, "won_stages", "Free Education", NULL), FORE_OK);
    assert_int_equal(fore_store_set(s, "zone", "+05:30", NULL), FORE_OK);
    assert_int_equal(fore_store_commit(s, NULL), FORE_OK);
    const char *path = write_text(
        "deals.csv",
        "deal_id,stage,created_at\nD1,free education,2024-01-01 12:00\nD2,Won,2024-01-01\n");
    fore_import_report report = import_path(s, path, NULL);
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "D1", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_time(deal.created_at, "2024-01-01T06:30:00Z");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "D2", &deal);
    assert_int_equal(deal.outcome, FORE_OUTCOME_OPEN); /* the setting replaces the usual words */
    fore_cursor_close(c);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__bad_mapping_files__say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"amount = X\n", "before any section"},
        {"[deals]\nworth = X\n", "neither a setting nor a canonical column"},
        {"[deals]\nentity = sales\n", "use reps, accounts"},
        {"[import]\ndate_order = us\n", "use day or month"},
        {"[import]\ndecimal = ;\n", "use comma or point"},
        {"[deals\nstage = X\n", "not a line of a mapping file"},
        {"just words\n", "not a line of a mapping file"},
        {"[deals]\nstage = No such column\n", "has no such column"},
        {"[import]\nformat = sugar\n", "unknown format"},
    };
    fore_store *s = open_store();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fore_error err = {0};
        fore_import_options options = {.mapping_path = write_text("bad.ini", cases[i].text)};
        const char *path = write_text("deals.csv", "deal_id,stage,created_at\nD1,New,2024-01-01\n");
        fore_status status = try_import(s, path, &options, &err);
        if (status == FORE_OK || !strstr(err.message, cases[i].part))
            fail_msg("%s: %s", cases[i].text, err.message);
    }
    char line[400] = "[import]\nwon_stages = ";
    memset(line + strlen(line), 'x', 250);
    fore_error err = {0};
    assert_int_equal(fore_import_mapping_check(line, (int64_t)strlen(line), &err), FORE_E_FORMAT);
    assert_int_equal(err.line, 2);
    assert_int_equal(fore_import_mapping_check("[import]\0x", 10, &err), FORE_E_FORMAT);
    assert_int_equal(fore_import_mapping_check("[import]\nwon_stages = \xFF\n", 23, &err),
                     FORE_E_ENCODING);
    fore_store_close(s);
}

/* --- attributes --- */

static const char *attributes_with(fore_store *s, const char *const *allow, int64_t allow_count,
                                   const char *const *deny, int64_t deny_count)
{
    static char text[500];
    const char *path = write_text(
        "leads.csv",
        "lead_id,created_at,City,Salary band,Height,Comments\nL1,2024-01-01,Pune,high,180,likes tea\n");
    fore_import_options options = {
        .allow = allow, .allow_count = allow_count, .deny = deny, .deny_count = deny_count};
    fore_import_report report = import_path(s, path, &options);
    fore_lead_row lead;
    fore_cursor *c = cursor_at(s, FORE_TABLE_LEAD, "L1", &lead);
    snprintf(text, sizeof text, "%s", lead.attributes ? lead.attributes : "");
    fore_cursor_close(c);
    fore_import_report_free(&report);
    return text;
}

static void import__allow_and_deny__decide_attributes(void **state)
{
    (void)state;
    const char *const one[] = {"salary BAND"}, *const city[] = {"city"};
    fore_store *s = open_store();
    assert_string_equal(attributes_with(s, NULL, 0, NULL, 0),
                        "{\"City\":\"Pune\",\"Height\":\"180\"}");
    fore_store_close(s);
    s = open_store();
    assert_string_equal(attributes_with(s, NULL, 0, city, 1), "{\"Height\":\"180\"}");
    fore_store_close(s);
    s = open_store();
    assert_string_equal(attributes_with(s, one, 1, NULL, 0), "{\"Salary band\":\"high\"}");
    fore_store_close(s);
}

/* --- doubtful columns --- */

static void import__ambiguous_dates_and_latin1__said(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path = write_text(
        "leads.csv", "lead_id;name;created_at\nL1;Andr\xE9;03/04/2024\nL2;Bo;01/02/2024\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_true(warned(&report, "no date tells day from month"));
    assert_true(warned(&report, "line 2, byte 8"));
    fore_lead_row lead;
    fore_cursor *c = cursor_at(s, FORE_TABLE_LEAD, "L1", &lead);
    assert_string_equal(lead.name, "Andr\xC3\xA9");
    assert_time(lead.created_at, "2024-03-04T00:00:00Z");
    fore_cursor_close(c);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__contradicting_dates__minority_rejected(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path =
        leads("leads.csv", "L1,A,25/12/2024,new,0\nL2,B,26/12/2024,new,0\nL3,C,12/27/2024,new,0\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_int_equal(report.rejected, 1);
    assert_true(warned(&report, "both day-first (2) and month-first dates (1)"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__serial_numbers_of_a_spreadsheet__dates(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report =
        import_path(s, leads("leads.csv", "L1,A,45631,new,0\nL2,B,45632.5,new,0\n"), NULL);
    fore_lead_row lead;
    fore_cursor *c = cursor_at(s, FORE_TABLE_LEAD, "L2", &lead);
    assert_time(lead.created_at, "2024-12-06T12:00:00Z");
    fore_cursor_close(c);
    assert_true(noted(&report, "spreadsheet day numbers"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__header_only_and_unknown_files__said(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    fore_import_report report = import_path(s, leads("leads.csv", ""), NULL);
    assert_true(warned(&report, "has a header and no rows"));
    fore_import_report_free(&report);
    assert_int_equal(try_import(s, write_text("x.csv", "foo,bar\n1,2\n"), NULL, &err),
                     FORE_E_FORMAT);
    assert_non_null(strstr(err.message, "mapping file"));
    assert_int_equal(try_import(s, "/no/such/path", NULL, &err), FORE_E_NOT_FOUND);
    char empty[400];
    snprintf(empty, sizeof empty, "%s/empty", folder);
    assert_int_equal(fore_folder_make(empty, NULL), FORE_OK);
    assert_int_equal(try_import(s, empty, NULL, &err), FORE_E_NOT_FOUND);
    assert_non_null(strstr(err.message, ".csv"));
    fore_import_options none = {0};
    assert_int_equal(fore_import(s, &none, &report, &err), FORE_E_USAGE);
    fore_store_close(s);
}

static void import__ten_thousand_columns__quick_and_complete(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_text text = {0};
    fore_text_puts(&text, "lead_id,created_at");
    for (int c = 0; c < 10000; c++) fore_text_printf(&text, ",col %d", c);
    fore_text_puts(&text, "\nL1,2024-01-01");
    for (int c = 0; c < 10000; c++) fore_text_printf(&text, ",%d", c % 10);
    fore_text_putc(&text, '\n');
    fore_import_report report =
        import_path(s, write_bytes("leads.csv", text.bytes, (size_t)text.length), NULL);
    fore_lead_row lead;
    fore_cursor *c = cursor_at(s, FORE_TABLE_LEAD, "L1", &lead);
    assert_non_null(strstr(lead.attributes, "\"col 9999\":\"9\""));
    fore_cursor_close(c);
    fore_import_report_free(&report);
    fore_text_free(&text);
    fore_store_close(s);
}

static void import_json__report__holds_files_reasons_warnings(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_text json = {0};
    fore_json *document = NULL;
    int64_t rows = 0;
    fore_import_report report = import_path(
        s, leads("leads.csv", "L1,Ann,2024-01-01,new,0\nL2,Bo,yesterday,new,0\n"), NULL);
    fore_import_json(&report, &json);
    assert_int_equal(fore_json_parse(json.bytes, json.length, &document, NULL), FORE_OK);
    const fore_json_node *root = fore_json_root(document);
    assert_true(fore_json_get_integer(root, "rows", &rows));
    assert_int_equal(rows, 2);
    const fore_json_node *file = fore_json_at(fore_json_get(root, "files"), 0);
    assert_string_equal(fore_json_get_string(file, "format"), "foresell");
    assert_string_equal(fore_json_get_string(file, "what"), "leads");
    assert_string_equal(
        fore_json_get_string(fore_json_at(fore_json_get(root, "reasons"), 0), "reason"),
        "not a time");
    assert_true(fore_json_length(fore_json_get(root, "warnings")) >= 1);
    fore_json_free(document);
    fore_text_free(&json);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__wins_without_a_closing_date__are_told_with_their_money(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path =
        write_text("deals.csv", "deal_id,created_at,amount,currency,outcome,closed_at\n"
                                "1,2026-01-01,1000,EUR,won,\n2,2026-01-01,2500,EUR,won,\n"
                                "3,2026-01-01,7000,EUR,won,2026-02-01\n"
                                "4,2026-01-01,9000,EUR,lost,\n5,2026-01-01,9000,EUR,open,\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_true(warned(&report, "2 won deals, 3,500 EUR in all, have no closing date and are in no "
                                "period of a forecast. Map the column"));
    fore_import_report_free(&report);
    path = write_text("deals.csv", "deal_id,created_at,amount,currency,outcome,closed_at\n"
                                   "2,2026-01-01,2500,EUR,won,2026-02-01\n"
                                   "6,2026-01-01,5,USD,won,\n");
    report = import_path(s, path, NULL); /* 1 still has none; two currencies are not added */
    assert_true(warned(&report, "2 won deals have no closing date"));
    fore_import_report_free(&report);
    path = write_text("deals.csv", "deal_id,created_at,outcome,closed_at\n"
                                   "1,2026-01-01,won,2026-02-01\n6,2026-01-01,won,2026-02-01\n");
    report = import_path(s, path, NULL);
    assert_false(warned(&report, "no closing date"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import__wins_without_a_closing_date__are_told_with_their_money),
        cmocka_unit_test(import__bad_rows__kept_with_file_line_column_value_reason),
        cmocka_unit_test(import__strict__first_bad_row_fails_and_nothing_is_stored),
        cmocka_unit_test(import__every_row_rejected__fails_with_the_first_reason),
        cmocka_unit_test(import__columns_not_used__eight_are_named),
        cmocka_unit_test(import__same_key_twice_in_a_run__later_row_counts_and_is_said),
        cmocka_unit_test(import__newer_file__updates_by_key),
        cmocka_unit_test(import__reference_before_its_row__resolves_later),
        cmocka_unit_test(import__memory_fails_anywhere__workspace_as_before_and_no_leak),
        cmocka_unit_test(import__cancelled_in_the_middle__workspace_as_before),
        cmocka_unit_test(import__second_file_is_broken__first_is_not_kept),
        cmocka_unit_test(import__mapping_file__columns_values_stages_and_orders),
        cmocka_unit_test(import__stage_settings_of_the_workspace__used),
        cmocka_unit_test(import__bad_mapping_files__say_what_is_wrong),
        cmocka_unit_test(import__allow_and_deny__decide_attributes),
        cmocka_unit_test(import__ambiguous_dates_and_latin1__said),
        cmocka_unit_test(import__contradicting_dates__minority_rejected),
        cmocka_unit_test(import__serial_numbers_of_a_spreadsheet__dates),
        cmocka_unit_test(import__header_only_and_unknown_files__said),
        cmocka_unit_test(import__ten_thousand_columns__quick_and_complete),
        cmocka_unit_test(import_json__report__holds_files_reasons_warnings),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
