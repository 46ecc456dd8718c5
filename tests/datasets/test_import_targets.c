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

#define GUIDE_HEADER                                                                               \
    "User Name,User ID,Forecast Type Name,Forecast Type ID,Quota Amount,Currency Code,Start Date\n"

static void import_targets__header_of_the_vendors_guide__quotas_of_reps(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path = write_text("quotas.csv", GUIDE_HEADER
                                  "Kevin Bailey,005A,Revenue,0Db1,\"250,000\",USD,2026-08-01\n"
                                  "Rob One,005B,Revenue,0Db1,150000,USD,2026-08-01\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_targets(s, "rep 005A 2026-08-01 2026-07-31 250000\n"
                      "rep 005B 2026-08-01 2026-07-31 150000\n");
    assert_int_equal(report.added, 2);
    assert_false(noted(&report, "columns not used: User"));
    assert_true(warned(&report, "2 quotas are of people whom no user, lead or deal names (Kevin"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

/* Reps 005A Kevin Bailey and 005B, 005C, who are both called Ann Lee. */
static fore_store *store_with_reps(void)
{
    fore_store *s = open_store();
    const char *path = write_text("reps.csv", "rep_id,name,team\n005A,Kevin Bailey,North\n"
                                              "005B,Ann Lee,\n005C,Ann Lee,\n"
                                              "005000000000001AAA,Zoë Stone,\n");
    fore_import_report report = import_path(s, path, NULL);
    fore_import_report_free(&report);
    return s;
}

static void import_targets__any_owner_column__by_id_else_by_name(void **state)
{
    (void)state;
    static const char *const headers[] = {"User Id",        "Quota Owner",  "Forecast Owner",
                                          "User Name",      "QuotaOwnerId", "QuotaOwner.Name",
                                          "Quota Owner ID", "Owner ID"};
    static const char *const names[] = {"005A", "Kevin Bailey", "kevin  bailey"};
    for (size_t h = 0; h < sizeof headers / sizeof *headers; h++)
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            char text[200];
            fore_store *s = store_with_reps();
            snprintf(text, sizeof text, "%s,Quota Amount,Start Date\n%s,250000,2026-08-01\n",
                     headers[h], names[n]);
            fore_import_report report =
                import_path(s, write_text("ForecastingQuota.csv", text), NULL);
            assert_targets(s, "rep 005A 2026-08-01 2026-07-31 250000\n");
            assert_false(warned(&report, "of people whom"));
            fore_import_report_free(&report);
            fore_store_close(s);
        }
}

static void import_targets__names_and_ids_in_other_spellings__found_or_left_out(void **state)
{
    (void)state;
    fore_store *s = store_with_reps();
    fore_rep_row rep;
    const char *path =
        write_text("quotas.csv", "User Name,User ID,Quota Amount,Start Date\n"
                                 "Ann Lee,,1,2026-08-01\nAnn Lee,005C,2,2026-08-01\n"
                                 "ZOE STONE,,3,2026-08-01\nZ. S.,005000000000001,4,2026-09-01\n"
                                 "Kevin,005A,5,2026-08-01\nNew One,,6,2026-08-01\n"
                                 ",,7,2026-08-01\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_targets(s, "rep 005000000000001AAA 2026-08-01 2026-07-31 3\n"
                      "rep 005000000000001AAA 2026-09-01 2026-08-31 4\n"
                      "rep 005A 2026-08-01 2026-07-31 5\nrep 005C 2026-08-01 2026-07-31 2\n"
                      "rep New One 2026-08-01 2026-07-31 6\n");
    assert_reason(&report, "several reps have this name", 1);
    assert_reason(&report, "a quota of nobody", 1);
    assert_true(warned(&report, "1 quota is of people whom no user, lead or deal names (New One)"));
    fore_import_report_free(&report);
    fore_cursor *c = cursor_at(s, FORE_TABLE_REP, "005A", &rep); /* is as it was */
    assert_string_equal(rep.name, "Kevin Bailey");
    assert_string_equal(rep.team, "North");
    fore_cursor_close(c);
    fore_store_close(s);
}

static void import_targets__no_owner_column__refused_and_never_the_companys(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    const char *path = write_text("ForecastingQuota.csv", "Id,QuotaAmount,StartDate,Seller\n"
                                                          "1,250000,2026-08-01,Kevin\n"
                                                          "2,150000,2026-08-01,Rob\n");
    assert_int_equal(try_import(s, path, NULL, &err), FORE_E_DATA);
    assert_non_null(strstr(err.message, "a quota of nobody"));
    assert_non_null(strstr(err.message, "name the columns in a mapping file"));
    assert_targets(s, "");
    fore_import_options mapped = {
        .mapping_path = write_text("map.ini", "[ForecastingQuota.csv]\nscope_id = Seller\n")};
    fore_import_report report = import_path(s, path, &mapped);
    assert_targets(s, "rep Kevin 2026-08-01 2026-07-31 250000\n"
                      "rep Rob 2026-08-01 2026-07-31 150000\n");
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import_targets__two_amounts_for_one_period__second_left_out(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_path(
        s,
        write_text("quotas.csv", GUIDE_HEADER "Kevin,005A,Revenue,0Db1,10,USD,2026-08-01\n"
                                              "Kevin,005A,Revenue,0Db1,10,USD,2026-08-01\n"
                                              "Kevin,005A,Revenue,0Db1,20,USD,2026-08-01\n"
                                              "Kevin,005A,Splits,0Db2,10,USD,2026-08-01\n"),
        NULL);
    assert_targets(s, "rep 005A 2026-08-01 2026-07-31 10\n");
    assert_reason(&report, "another amount for the same scope and period", 1);
    assert_reason(&report, "another forecast type", 1);
    fore_import_report_free(&report);
    report = import_path(s,
                         write_text("targets.csv", "scope,scope_id,period_start,amount\n"
                                                   "rep,005A,2026-08-01,30\n"
                                                   "rep,005A,2026-08-01,40\n"),
                         NULL);
    assert_targets(s, "rep 005A 2026-08-01 2026-07-31 30\n"); /* a later import may correct it */
    assert_reason(&report, "another amount for the same scope and period", 1);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import_targets__type_of_the_period__month_quarter_week_year(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_path(
        s,
        write_text("ForecastingQuota.csv", "QuotaOwnerId,QuotaAmount,StartDate,Period.Type\n"
                                           "A,1,2024-04-01,Quarter\nA,2,2024-07-01,Quarter\n"
                                           "B,3,2024-11-01,Quarter\nC,4,2024-04-01,Month\n"
                                           "C,5,2024-07-01,Month\nD,6,2024-04-01,Week\n"
                                           "E,7,2024-02-01,Year\nF,8,2024-02-01,Epoch\n"),
        NULL);
    assert_targets(s, "rep A 2024-04-01 2024-06-30 1\nrep A 2024-07-01 2024-09-30 2\n"
                      "rep B 2024-11-01 2025-01-31 3\nrep C 2024-04-01 2024-03-31 4\n"
                      "rep C 2024-07-01 2024-06-30 5\nrep D 2024-04-01 2024-04-07 6\n"
                      "rep E 2024-02-01 2025-01-31 7\n");
    assert_reason(&report, "unknown type of a period", 1);
    assert_false(noted(&report, "apart: each is read"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void assert_spacing(const char *rows, const char *expected, const char *note)
{
    char text[400];
    fore_store *s = open_store();
    snprintf(text, sizeof text, "QuotaOwnerId,QuotaAmount,StartDate\n%s", rows);
    fore_import_report report = import_path(s, write_text("ForecastingQuota.csv", text), NULL);
    assert_targets(s, expected);
    assert_true(noted(&report, "apart: each is read") == (note != NULL));
    if (note) assert_true(noted(&report, note));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import_targets__no_type__spacing_of_an_owners_starts_tells(void **state)
{
    (void)state;
    assert_spacing("A,1,4/1/2024\nB,2,7/1/2024\nA,3,10/1/2024\nA,4,7/1/2024\n",
                   "rep A 2024-04-01 2024-06-30 1\nrep A 2024-07-01 2024-09-30 4\n"
                   "rep A 2024-10-01 2024-12-31 3\nrep B 2024-07-01 2024-09-30 2\n",
                   "start three months apart: each is read as a quarter's");
    assert_spacing("A,1,2024-02-01\nA,2,2025-02-01\n",
                   "rep A 2024-02-01 2025-01-31 1\nrep A 2025-02-01 2026-01-31 2\n",
                   "start a year apart: each is read as a year's");
    assert_spacing("A,1,2024-04-01\nA,2,2024-07-01\nB,3,2024-04-01\nB,4,2024-05-01\n",
                   "rep A 2024-04-01 2024-03-31 1\nrep A 2024-07-01 2024-06-30 2\n"
                   "rep B 2024-04-01 2024-03-31 3\nrep B 2024-05-01 2024-04-30 4\n",
                   NULL);
    assert_spacing("A,1,2024-04-01\nB,2,2024-07-01\n",
                   "rep A 2024-04-01 2024-03-31 1\nrep B 2024-07-01 2024-06-30 2\n", NULL);
}

static void import_targets__labels_of_hubspot_goals__read_as_property_names(void **state)
{
    (void)state;
    fore_store *s = store_with_reps();
    const char *path =
        write_text("hubspot-goals-2026.csv",
                   "Record ID,Goal Name,Goal Target Group ID,Assignee User ID,HubSpot Team,"
                   "Start Date,End Date,Target Amount,Status\n"
                   "1,Revenue 2026,2,005A,Team 1,2026-07-01 00:00,2026-07-31 23:59,20000,x\n"
                   "2,Revenue 2026,2,,Team 1,2026-08-01 00:00,2026-08-31 23:59,21000,x\n"
                   "3,Revenue 2026,2,9999,Team 1,2026-08-01 00:00,2026-08-31 23:59,22000,x\n");
    fore_import_report report = import_path(s, path, NULL);
    assert_targets(s, "rep 005A 2026-07-01 2026-07-31 20000\n"
                      "team Team 1 2026-08-01 2026-08-31 21000\n");
    assert_reason(&report, "no owner is this user", 1);
    fore_import_report_free(&report);
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
        cmocka_unit_test_setup_teardown(import_targets__header_of_the_vendors_guide__quotas_of_reps,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(import_targets__any_owner_column__by_id_else_by_name,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            import_targets__names_and_ids_in_other_spellings__found_or_left_out, make_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(
            import_targets__no_owner_column__refused_and_never_the_companys, make_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(import_targets__two_amounts_for_one_period__second_left_out,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(import_targets__type_of_the_period__month_quarter_week_year,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(import_targets__no_type__spacing_of_an_owners_starts_tells,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(
            import_targets__labels_of_hubspot_goals__read_as_property_names, make_folder,
            drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
