/* The public exports: known counts come out. Skipped where the data are not there. */
#include "import_helpers.h"

#include "engine/base/file.h"

static const char *data_path(const char *name)
{
    static char path[512];
    const char *data = getenv("FORESELL_DATA"), *source = getenv("FORESELL_SOURCE");
    if (data)
        snprintf(path, sizeof path, "%s/%s", data, name);
    else
        snprintf(path, sizeof path, "%s/../shared/data/%s", source ? source : ".", name);
    if (fore_file_is_folder(path)) return path;
    print_message("%s is absent: skipped (set FORESELL_DATA)\n", path);
    skip();
    return NULL;
}

typedef struct tally {
    int64_t won, lost, open, with_amount, amount_minor, with_product, with_lead,
        closed_without_time;
} tally;

static tally count_deals(fore_store *s)
{
    tally t = {0};
    fore_cursor *cursor = NULL;
    fore_deal_row row;
    bool more = true;
    assert_int_equal(fore_cursor_open(s, FORE_TABLE_DEAL, false, &cursor, NULL), FORE_OK);
    while (fore_cursor_next(cursor, &row, &more, NULL) == FORE_OK && more) {
        t.won += row.outcome == FORE_WON;
        t.lost += row.outcome == FORE_LOST;
        t.open += row.outcome == FORE_OUTCOME_OPEN;
        t.with_product += row.product != 0;
        t.with_lead += row.lead != 0;
        t.closed_without_time += row.outcome != FORE_OUTCOME_OPEN && row.closed_at == FORE_NO_TIME;
        if (row.amount_minor == FORE_NO_AMOUNT) continue;
        t.with_amount++;
        t.amount_minor += row.amount_minor;
    }
    fore_cursor_close(cursor);
    return t;
}

static void assert_again_nothing(fore_store *s, const char *path)
{
    char before[33], after[33];
    assert_int_equal(fore_store_fingerprint(s, before, NULL), FORE_OK);
    fore_import_report again = import_path(s, path, NULL);
    assert_int_equal(fore_store_fingerprint(s, after, NULL), FORE_OK);
    assert_string_equal(before, after);
    assert_int_equal(again.added, 0);
    fore_import_report_free(&again);
}

static void import__it_school__published_counts(void **state)
{
    (void)state;
    const char *path = data_path("it_school_crm");
    fore_store *s = open_store();
    fore_import_report report = import_path(s, path, NULL);
    assert_int_equal(report.rejected, 0);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 21593);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACTIVITY), 95874);
    assert_int_equal(fore_store_count(s, FORE_TABLE_CONTACT), 18548);
    assert_int_equal(report.linked, 91867); /* calls whose contact has a deal */
    tally t = count_deals(s);
    assert_int_equal(t.won, 858);
    assert_int_equal(t.lost, 15743);
    /* sum of Offer Total Amount over its 4,185 filled cells, texts like "€ 2.900,00" among them */
    assert_int_equal(t.with_amount, 4185);
    assert_int_equal(t.amount_minor, INT64_C(2983371100));
    assert_true(noted(&report, "Offer Total Amount: decimal comma"));
    assert_again_nothing(s, path);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__zoho_demo__published_counts(void **state)
{
    (void)state;
    const char *path = data_path("zoho_crm_demo");
    fore_store *s = open_store();
    fore_import_report report = import_path(s, path, NULL);
    assert_int_equal(report.rejected, 0);
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 3900);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 3632);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACTIVITY), 4100 + 2978 + 2978);
    assert_int_equal(fore_store_count(s, FORE_TABLE_SALE), 2061 - 491); /* 491 are cancelled */
    assert_int_equal(fore_store_count(s, FORE_TABLE_CAMPAIGN), 110);
    tally t = count_deals(s);
    assert_int_equal(t.won, 1425);
    assert_int_equal(t.lost, 485);
    assert_int_equal(t.with_lead, 3632);
    assert_true(noted(&report, "dates in Created Time: day first"));
    assert_again_nothing(s, path);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__salesforce_demo__published_counts(void **state)
{
    (void)state;
    const char *path = data_path("salesforce_demo_org");
    fore_store *s = open_store();
    fore_import_report report = import_path(s, path, NULL);
    assert_int_equal(report.rejected, 0);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 5197);
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 1307);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACCOUNT), 3775);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACTIVITY), 7814 + 7823);
    assert_int_equal(fore_store_count(s, FORE_TABLE_TARGET), 408);
    tally t = count_deals(s);
    assert_int_equal(t.won, 1166);
    assert_int_equal(t.lost, 3769);
    assert_int_equal(t.with_product, 5197);
    assert_int_equal(t.with_lead, 119);
    assert_int_equal(t.closed_without_time, 0);
    assert_true(fore_store_count(s, FORE_TABLE_DEAL_CHANGE) > 17502);
    assert_again_nothing(s, path);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__salesforce_devorg__two_digit_years(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_path(s, data_path("salesforce_devorg_min"), NULL);
    assert_int_equal(report.rejected, 0);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 36);
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 22);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACCOUNT), 18);
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "006bm00000LKJNNAA5", &deal);
    assert_time(deal.created_at, "2026-02-23T00:00:00Z");
    assert_date(deal.expected_close_on, "2024-02-03");
    fore_cursor_close(c);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__maven__published_counts(void **state)
{
    (void)state;
    const char *path = data_path("maven_crm");
    fore_store *s = open_store();
    fore_import_report report = import_path(s, path, NULL);
    assert_int_equal(report.rejected, 0);
    tally t = count_deals(s);
    assert_int_equal(t.won, 4238);
    assert_int_equal(t.lost, 2473);
    assert_int_equal(t.open, 1589 + 500);
    assert_int_equal(t.closed_without_time, 0);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACCOUNT), 85);
    assert_int_equal(fore_store_count(s, FORE_TABLE_PRODUCT), 7);
    assert_true(warned(&report, "GTXPro"));
    assert_again_nothing(s, path);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__pipedrive_change_log__every_deal_lost(void **state)
{
    (void)state;
    const char *path = data_path("pipedrive_enpal");
    fore_store *s = open_store();
    fore_import_report report = import_path(s, path, NULL);
    assert_int_equal(report.rejected, 0);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 1995);
    tally t = count_deals(s);
    assert_int_equal(t.lost, 1995);
    assert_int_equal(t.closed_without_time, 0);
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "881836", &deal);
    assert_string_equal(deal.stage, "Closing");
    assert_string_equal(deal.lost_reason, "Duplicate Entry");
    assert_time(deal.created_at, "2024-04-09T21:32:09Z");
    assert_time(deal.closed_at, "2024-07-16T21:32:09Z");
    fore_cursor_close(c);
    assert_again_nothing(s, path);
    fore_import_report_free(&report);
    fore_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import__it_school__published_counts),
        cmocka_unit_test(import__zoho_demo__published_counts),
        cmocka_unit_test(import__salesforce_demo__published_counts),
        cmocka_unit_test(import__salesforce_devorg__two_digit_years),
        cmocka_unit_test(import__maven__published_counts),
        cmocka_unit_test(import__pipedrive_change_log__every_deal_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
