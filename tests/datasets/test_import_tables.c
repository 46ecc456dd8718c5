/* What the tables of Pipedrive, Odoo and plain ones become, and what holds for all formats. */
#include "vendors_help.h"

static void import__pipedrive__times_duplicate_headers_and_plans(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "pipedrive");
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "11", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_int_equal(deal.amount_minor, 1250050);
    assert_time(deal.closed_at, "2024-02-10T12:00:00Z");
    assert_string_equal(deal.attributes, "{\"Deal - Status_2\":\"x\",\"Deal - Label\":\"hot\"}");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "12", &deal);
    assert_int_equal(deal.outcome, FORE_LOST);
    assert_string_equal(deal.lost_reason, "Price");
    fore_cursor_close(c);
    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "21", &act);
    assert_time(act.at, "2024-01-03T09:50:00Z");
    assert_time(act.due_at, "2024-01-03T09:30:00Z");
    assert_true(act.minutes == 15);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "22", &act);
    assert_int_equal(act.kind, FORE_MEETING);
    assert_int_equal(act.at, FORE_NO_TIME);
    assert_time(act.due_at, "2024-07-05T12:00:00Z");
    fore_cursor_close(c);
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 1);
    fore_import_report_free(&report);
    fore_store_close(s);
}

/* Headers without case and punctuation: nobody's own activity_type is Pipedrive's. */
static void import__plain_tables_with_pipedrive_like_names__are_not_pipedrive(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text, *format;
    } tables[] = {
        {"activities.csv", "activity_id,activity_type,date,deal_id\nA1,call,2024-01-03,D1\n",
         "plain"},
        {"a2.csv", "activity_id,activity_subject,activity_type,date\nA2,Hello,call,2024-01-03\n",
         "plain"},
        {"a3.csv", "activity_id,type,due_date,done,date\nA3,call,2024-01-03,yes,2024-01-03\n",
         "plain"},
        {"deals.csv", "deal_id,deal_title,deal_stage,deal_value,deal_owner\nD1,Roof,Won,5,Uma\n",
         "plain"},
        {"people.csv", "person_name,person_email\nUma,u@x.de\n", NULL},
        {"leads.csv", "lead_id,lead_title,created_at\nL1,Roof,2024-01-03\n", "foresell"},
        {"organisations.csv", "organization_name,sector\nSonne,solar\n", NULL},
        {"export.csv",
         "Activity - ID,Activity - Type,Activity - Due date,Activity - Assigned to user\n"
         "7,Call,2024-01-03,Uma\n",
         "pipedrive"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        fore_store *s = open_store();
        fore_import_report report = {0};
        const char *path = write_text(tables[i].file, tables[i].text);
        fore_import_options options = {.paths = &path, .path_count = 1, .started_at = 1};
        fore_status status = fore_import(s, &options, &report, NULL);
        if (!tables[i].format) {
            assert_int_equal(status, FORE_E_FORMAT); /* a mapping file has to name its columns */
        } else {
            assert_int_equal(status, FORE_OK);
            assert_string_equal(report.files[0].format, tables[i].format);
        }
        fore_import_report_free(&report);
        fore_store_close(s);
    }
}

static void import__pipedrive_change_log__makes_the_deals(void **state)
{
    (void)state;
    fore_store *s = open_store();
    const char *path =
        write_text("deal_changes.csv", "deal_id,change_time,changed_field_key,new_value\n"
                                       "9,2024-01-02 08:00:00,add_time,2024-01-02T08:00:00\n"
                                       "9,2024-01-03 08:00:00,user_id,5\n"
                                       "9,2024-01-04 08:00:00,stage_id,1\n"
                                       "9,2024-01-05 08:00:00,stage_id,2\n"
                                       "9,2024-01-05 08:00:00,stage_id,3\n"
                                       "9,2024-02-01 08:00:00,lost_reason,Price\n");
    fore_import_report report = import_path(s, path, NULL);
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "9", &deal);
    assert_int_equal(deal.outcome, FORE_LOST);
    assert_string_equal(deal.stage, "3");
    assert_string_equal(deal.lost_reason, "Price");
    assert_time(deal.created_at, "2024-01-02T08:00:00Z");
    assert_time(deal.closed_at, "2024-02-01T08:00:00Z");
    assert_int_equal(deal.owner, key_of(s, FORE_REP, "5"));
    fore_cursor_close(c);
    assert_changes(s, "2024-01-03T08:00:00Z owner_id ->5\n2024-01-04T08:00:00Z stage ->1\n"
                      "2024-01-05T08:00:00Z stage 1>3\n2024-02-01T08:00:00Z outcome open>lost\n");
    assert_true(warned(&report, "put together from their change log"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__odoo__leads_opportunities_and_tracking(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "odoo");
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "1", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_string_equal(deal.stage, "Won");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "2", &deal);
    assert_int_equal(deal.outcome, FORE_LOST);
    assert_string_equal(deal.lost_reason, "Too expensive");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "3", &deal);
    assert_int_equal(deal.outcome, FORE_OUTCOME_OPEN);
    assert_int_equal(deal.closed_at, FORE_NO_TIME);
    fore_cursor_close(c);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 3);
    fore_lead_row lead;
    c = cursor_at(s, FORE_TABLE_LEAD, "4", &lead);
    assert_string_equal(lead.status, "working");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_LEAD, "5", &lead);
    assert_string_equal(lead.status, "lost");
    fore_cursor_close(c);
    assert_changes(
        s, "2024-01-20T09:00:00Z stage New>Qualified\n2024-02-02T16:00:00Z amount 8000>9000\n"
           "2024-02-02T16:00:00Z outcome open>won\n2024-02-02T16:00:00Z stage Qualified>Won\n");
    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "message/73", &act);
    assert_int_equal(act.lead, key_of(s, FORE_LEAD, "4"));
    assert_int_equal(act.direction, FORE_INBOUND);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "meeting/71", &act);
    assert_int_equal(act.kind, FORE_VISIT);
    assert_true(act.minutes == 90);
    fore_cursor_close(c);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACTIVITY), 2);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__plain_tables__month_first_and_loose_product(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "plain");
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "Z1", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_int_equal(deal.amount_minor, 482100);
    assert_time(deal.created_at, "2016-10-20T00:00:00Z");
    assert_time(deal.closed_at, "2017-03-01T23:59:59Z");
    fore_cursor_close(c);
    fore_rep_row rep;
    c = cursor_at(s, FORE_TABLE_REP, "Ana Bell", &rep);
    assert_string_equal(rep.region, "West");
    fore_cursor_close(c);
    assert_true(warned(&report, "GTXPro"));
    assert_true(warned(&report, "no activities"));
    assert_true(warned(&report, "1 lead or deal has no creation date"));
    for (int64_t f = 0; f < report.file_count; f++) {
        if (!report.files[f].format) assert_non_null(strstr(report.files[f].why, "passed over"));
    }
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__every_fixture_twice__changes_nothing(void **state)
{
    (void)state;
    static const char *const vendors[] = {"foresell",  "zoho", "salesforce", "hubspot",
                                          "pipedrive", "odoo", "plain"};
    for (int v = 0; v < 7; v++) {
        fore_store *s = open_store();
        char before[33], after[33];
        fore_import_report first = import_fixture(s, vendors[v]);
        assert_int_equal(fore_store_fingerprint(s, before, NULL), FORE_OK);
        fore_import_report second = import_fixture(s, vendors[v]);
        assert_int_equal(fore_store_fingerprint(s, after, NULL), FORE_OK);
        assert_string_equal(before, after);
        if (second.added != 0 || second.changed != 0) {
            fail_msg("%s: %lld added, %lld changed", vendors[v], (long long)second.added,
                     (long long)second.changed);
        }
        assert_int_equal(second.same, first.added + first.changed + first.same);
        fore_import_report_free(&first);
        fore_import_report_free(&second);
        fore_store_close(s);
    }
}

static void import__format_given__others_are_not_tried(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_error err = {0};
    char rest[] = "tests/datasets/fixtures/hubspot/contacts.csv";
    fore_import_options zoho = {.format = "zoho"}, unknown = {.format = "sugar"},
                        hubspot = {.format = "HubSpot"};
    assert_int_equal(try_import(s, source_path(rest), &zoho, &err), FORE_E_FORMAT);
    assert_non_null(strstr(err.message, "of no format known"));
    assert_int_equal(try_import(s, source_path(rest), &unknown, &err), FORE_E_ARGUMENT);
    assert_non_null(strstr(err.message, "salesforce"));
    assert_int_equal(try_import(s, source_path(rest), &hubspot, &err), FORE_OK);
    fore_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import__pipedrive__times_duplicate_headers_and_plans),
        cmocka_unit_test(import__plain_tables_with_pipedrive_like_names__are_not_pipedrive),
        cmocka_unit_test(import__pipedrive_change_log__makes_the_deals),
        cmocka_unit_test(import__odoo__leads_opportunities_and_tracking),
        cmocka_unit_test(import__plain_tables__month_first_and_loose_product),
        cmocka_unit_test(import__every_fixture_twice__changes_nothing),
        cmocka_unit_test(import__format_given__others_are_not_tried),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
