/* Quotas of Salesforce and goals of HubSpot become targets; what is none is left out with a reason.
 */
#include "import_helpers.h"

#include "datasets/import.h"

/* "rep 55 2026-01-01 2026-02-01 2000" for each target, in the store's order. */
static void assert_targets(fore_store *s, const char *expected)
{
    fore_cursor *c = NULL;
    fore_target_row row;
    fore_text found = {0};
    char from[32], to[32];
    bool more = true;
    assert_int_equal(fore_cursor_open(s, FORE_TABLE_TARGET, false, &c, NULL), FORE_OK);
    for (;;) {
        assert_int_equal(fore_cursor_next(c, &row, &more, NULL), FORE_OK);
        if (!more) break;
        fore_date_format(row.period_start_on, from);
        fore_date_format(row.period_end_on, to);
        fore_text_printf(&found, "%s %s %s %s %lld\n", row.scope, row.scope_id, from, to,
                         (long long)row.amount_minor / 100);
    }
    assert_string_equal(fore_text_string(&found), expected);
    fore_text_free(&found);
    fore_cursor_close(c);
}

static void assert_reason(const fore_import_report *report, const char *part, int64_t count)
{
    for (int64_t i = 0; i < report->reason_count; i++)
        if (strstr(report->reasons[i].reason, part)) {
            assert_int_equal(report->reasons[i].count, count);
            return;
        }
    fail_msg("no row was left out because of '%s'", part);
}

static void import_targets__hubspot_goals__by_owner_user_or_team(void **state)
{
    (void)state;
    fore_store *s = open_store();
    write_text("owners.csv", "owner_id,email,first_name,last_name,user_id\n"
                             "55,a@example.org,Ravi,K,9001\n56,b@example.org,Latha,M,9002\n");
    write_text("goal_targets.csv",
               "hs_object_id,hs_goal_name,hs_target_amount,hs_start_datetime,hs_end_datetime,"
               "hs_assignee_user_id,hs_assignee_team_id,hubspot_owner_id\n"
               "1,Revenue Goal 2026,2000.00,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,9001,,\n"
               "2,Sales quota Q1,9000,2026-01-01T00:00:00Z,2026-03-31T23:59:59.999Z,9002,,\n"
               "3,Calls made,100,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,9001,,\n"
               "4,Sales pipeline created,100,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,9001,,\n"
               "5,Revenue of renewals,30,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,9001,,\n"
               "6,Revenue Goal 2026,100,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,9999,,\n"
               "7,Bookings,5000,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,,77,\n"
               "8,Revenue Goal 2026,5000,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,,,\n"
               "9,Umsatz,700,2026-02-01T00:00:00Z,2026-03-01T00:00:00Z,,77,57\n");
    fore_import_report report = import_path(s, folder, NULL);
    assert_targets(s, "rep 55 2026-01-01 2026-02-01 2000\nrep 56 2026-01-01 2026-03-31 9000\n"
                      "rep 57 2026-02-01 2026-03-01 700\nteam 77 2026-01-01 2026-02-01 5000\n");
    assert_reason(&report, "not named for revenue", 2);
    assert_reason(&report, "another goal for the same period", 1);
    assert_reason(&report, "no owner is this user", 1);
    assert_reason(&report, "a goal of nobody", 1);
    fore_import_report_free(&report);
    report = import_path(s, folder, NULL); /* again: the same */
    assert_reason(&report, "another goal for the same period", 1);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import_targets__salesforce_quotas__whole_amounts_of_one_kind_and_currency(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path = write_text(
        "ForecastingQuota.csv",
        "Id,QuotaOwnerId,PeriodId,StartDate,QuotaAmount,QuotaQuantity,IsAmount,IsQuantity,"
        "ForecastingTypeId,ProductFamily,Territory2Id,CurrencyIsoCode\n"
        "1,005A,02,2026-01-01,1000,,true,false,0Db1,,,EUR\n"
        "2,005A,02,2026-01-01,1200,,true,false,0Db2,,,EUR\n"
        "3,005B,02,2026-01-01,,12,false,true,0Db1,,,EUR\n"
        "4,005B,02,2026-01-01,500,,true,false,0Db1,Hardware,,EUR\n"
        "5,005B,02,2026-01-01,700,,true,false,0Db1,,0MI1,EUR\n"
        "6,005B,02,2026-01-01,800,,true,false,0Db1,,,USD\n"
        "7,005C,02,2026-01-01,900,,true,false,0Db1,,,EUR\n"
        "8,005A,02,2026-02-01,1100,,true,false,0Db2,,,EUR\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_targets(s, "rep 005A 2026-01-01 2025-12-31 1000\nrep 005A 2026-02-01 2026-01-31 1100\n"
                      "rep 005C 2026-01-01 2025-12-31 900\n");
    assert_reason(&report, "another forecast type", 1);
    assert_reason(&report, "a quota of a quantity", 1);
    assert_reason(&report, "a quota of a part of the sales", 1);
    assert_reason(&report, "a quota of a territory", 1);
    assert_reason(&report, "another currency", 1);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import_targets__periods_by_name__and_rows_that_cannot_be(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path = write_text("targets.csv", "scope,scope_id,period_start,period_end,amount\n"
                                                 "company,,2026-01,,1000\n"
                                                 "Company,ACME,2026-Q2,,3000\n"
                                                 "company,,Jul 2026,2026-08,2000\n"
                                                 "rep,R9,2026-09-01,,1\n"
                                                 "rep,R9,2026-10-01,2026-10-31,2\n"
                                                 "rep,,2026-11-01,,5\n"
                                                 "company,,2026-12-01,,-5\n"
                                                 "company,,2026-12-01,2026-11-01,5\n"
                                                 "squad,X,2026-12-01,,5\n"
                                                 "company,,Christmas,,5\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_targets(s, "company  2026-01-01 2025-12-31 1000\ncompany  2026-04-01 2026-06-30 3000\n"
                      "company  2026-07-01 2026-08-31 2000\nrep R9 2026-09-01 2026-08-31 1\n"
                      "rep R9 2026-10-01 2026-10-31 2\n");
    assert_reason(&report, "no scope_id, which says whose target it is", 1);
    assert_reason(&report, "below zero", 1);
    assert_reason(&report, "the period ends before it starts", 1);
    assert_reason(&report, "unknown scope", 1);
    assert_reason(&report, "not a date", 1);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import_targets__goals_of_unknown_headers__passed_over_and_told(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    const char *path = write_text("goals.csv", "Goal,Assignee,Target,Period\nX,Ravi,10,January\n");
    assert_int_equal(try_import(s, path, NULL, &err), FORE_E_FORMAT);
    assert_non_null(strstr(err.message, "name its columns in a mapping file"));
    fore_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(import_targets__hubspot_goals__by_owner_user_or_team,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            import_targets__salesforce_quotas__whole_amounts_of_one_kind_and_currency, make_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(import_targets__periods_by_name__and_rows_that_cannot_be,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            import_targets__goals_of_unknown_headers__passed_over_and_told, make_folder,
            drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
