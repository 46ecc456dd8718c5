/* What the exports of foresell, Zoho, Salesforce and HubSpot become. */
#include "vendors_help.h"

static void import__canonical_folder__every_column(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "foresell");
    assert_int_equal(report.rows, 18);
    assert_int_equal(report.added, 18);
    assert_int_equal(report.warning_count, 0);

    fore_rep_row rep;
    fore_cursor *c = cursor_at(s, FORE_TABLE_REP, "R1", &rep);
    assert_string_equal(
        rep.name,
        "\xE0\xB0\xB0\xE0\xB0\xB5\xE0\xB0\xBF \xE0\xB0\x95\xE0\xB1\x81\xE0\xB0\xAE\xE0\xB0\xBE\xE0\xB0\xB0\xE0\xB1\x8D");
    assert_int_equal(rep.hourly_cost_minor, 3550);
    assert_int_equal(rep.manager, key_of(s, FORE_REP, "R2"));
    assert_date(rep.active_from_on, "2023-01-01");
    assert_string_equal(rep.attributes, "{\"Languages\":\"Telugu\"}");
    fore_cursor_close(c);

    fore_lead_row lead;
    c = cursor_at(s, FORE_TABLE_LEAD, "L1", &lead);
    assert_time(lead.created_at, "2024-01-05T04:30:00Z");
    assert_time(lead.closed_at, "2024-01-20T23:59:59Z"); /* a date alone: the end of that day */
    assert_string_equal(lead.status, "converted");
    assert_int_equal(lead.deal, key_of(s, FORE_DEAL, "D1"));
    assert_string_equal(lead.attributes, "{\"Employees\":\"50\"}"); /* neither passport nor notes */
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_LEAD, "L2", &lead);
    assert_true(lead.do_not_contact);
    assert_int_equal(lead.account, 0);
    fore_cursor_close(c);
    assert_true(noted(&report, "Passport number"));

    fore_deal_row deal;
    c = cursor_at(s, FORE_TABLE_DEAL, "D1", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_int_equal(deal.amount_minor, 1250000);
    assert_string_equal(deal.name, "Looms, 12 pieces");
    assert_date(deal.expected_close_on, "2024-03-31");
    fore_cursor_close(c);

    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "X1", &act);
    assert_int_equal(act.kind, FORE_CALL);
    assert_int_equal(act.direction, FORE_OUTBOUND);
    assert_true(act.minutes == 12.5);
    assert_int_equal(act.lead, key_of(s, FORE_LEAD, "L1"));
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "X2", &act);
    assert_int_equal(act.at, FORE_NO_TIME);
    assert_time(act.due_at, "2024-07-01T10:00:00Z");
    fore_cursor_close(c);
    assert_changes(
        s, "2024-02-01T08:00:00Z stage New>Proposal\n2024-03-15T12:00:00Z outcome open>won\n");
    assert_int_equal(fore_store_count(s, FORE_TABLE_TARGET), 2);
    assert_int_equal(fore_store_count(s, FORE_TABLE_SALE), 1);
    assert_int_equal(fore_store_count(s, FORE_TABLE_TICKET), 1);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__zoho__amounts_links_and_planned_calls(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "zoho");
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "5801", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_int_equal(deal.amount_minor, 290000);
    assert_time(deal.closed_at, "2024-03-15T23:59:59Z");
    assert_int_equal(deal.contact, key_of(s, FORE_CONTACT, "7701"));
    assert_int_equal(deal.campaign, key_of(s, FORE_CAMPAIGN, "spring_ads"));
    assert_string_equal(deal.attributes, "{\"Quality\":\"A - High\"}");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "5803", &deal);
    assert_int_equal(deal.outcome, FORE_OUTCOME_OPEN);
    assert_int_equal(deal.amount_minor, 111710000);
    assert_date(deal.expected_close_on, "2024-04-30");
    assert_int_equal(deal.closed_at, FORE_NO_TIME);
    fore_cursor_close(c);

    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "9901", &act);
    assert_true(act.minutes == 1.5);
    assert_int_equal(act.deal, key_of(s, FORE_DEAL, "5801")); /* through the contact */
    assert_true(act.contact_link);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "9902", &act);
    assert_int_equal(act.direction, FORE_INBOUND);
    assert_int_equal(fore_event_outcome_of(act.outcome), FORE_EVENT_UNANSWERED);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "9903", &act);
    assert_int_equal(act.at, FORE_NO_TIME);
    assert_time(act.due_at, "2024-05-01T10:00:00Z");
    fore_cursor_close(c);
    assert_int_equal(report.linked, 3);

    fore_lead_row lead;
    c = cursor_at(s, FORE_TABLE_LEAD, "61", &lead);
    assert_string_equal(lead.name, "\xE0\xB0\xB8\xE0\xB1\x80\xE0\xB0\xA4 Rao");
    assert_string_equal(lead.status, "disqualified");
    assert_time(lead.created_at, "2024-04-15T00:03:00Z");
    assert_true(lead.mail_opt_out);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_LEAD, "62", &lead);
    assert_string_equal(lead.status, "converted");
    fore_cursor_close(c);

    fore_campaign_row campaign;
    c = cursor_at(s, FORE_TABLE_CAMPAIGN, "spring_ads", &campaign);
    assert_int_equal(campaign.cost_minor, 1500);
    assert_time(campaign.ended_at, "2024-02-03T00:00:00Z");
    fore_cursor_close(c);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACTIVITY),
                     4 + 3); /* two equal tasks stay two */
    assert_int_equal(fore_store_count(s, FORE_TABLE_REP), 2);
    assert_true(warned(&report, "no stage history"));
    assert_true(noted(&report, "decimal comma"));
    assert_true(noted(&report, "day first"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__salesforce__history_links_products_quota(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "salesforce");
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "006bm00000LKJNN001", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_time(deal.created_at, "2024-02-12T09:00:00Z");
    assert_time(deal.closed_at, "2024-02-26T23:59:59Z");
    assert_int_equal(deal.product, key_of(s, FORE_PRODUCT, "01tA"));
    assert_int_equal(deal.lead, key_of(s, FORE_LEAD, "00Qbm00000Orxk5001"));
    /* the CRM's own chance is kept: the forecast shows it, no model learns from it */
    assert_string_equal(deal.attributes,
                        "{\"Probability\":\"100\",\"Type\":\"New\",\"Region__c\":\"South\"}");
    fore_cursor_close(c);
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL), 2); /* the deleted one is passed over */
    assert_changes(s, "2024-02-12T09:00:00Z amount ->12000\n"
                      "2024-02-12T09:00:00Z expected_close_at ->2024-02-20\n"
                      "2024-02-12T09:00:00Z forecast_category ->Pipeline\n"
                      "2024-02-12T09:00:00Z stage ->Qualification\n"
                      "2024-02-18T11:00:00Z expected_close_at 2024-02-20>2024-02-26\n"
                      "2024-02-18T11:00:00Z stage Qualification>Proposal\n"
                      "2024-02-26T16:00:00Z amount 12000>15000\n"
                      "2024-02-26T16:00:00Z forecast_category Pipeline>Closed\n"
                      "2024-02-26T16:00:00Z outcome open>won\n"
                      "2024-02-26T16:00:00Z stage Proposal>Closed Won\n");

    fore_lead_row lead;
    c = cursor_at(s, FORE_TABLE_LEAD, "00Qbm00000Orxk5001", &lead);
    assert_string_equal(lead.status, "converted");
    assert_true(lead.mail_opt_out);
    assert_null(strstr(lead.attributes ? lead.attributes : "", "Social"));
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_LEAD, "00Qbm00000Orxk5002", &lead);
    assert_string_equal(lead.status, "new");
    assert_true(lead.do_not_contact);
    fore_cursor_close(c);

    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "00Tx1", &act);
    assert_int_equal(act.kind, FORE_CALL);
    assert_true(act.minutes == 2);
    assert_int_equal(act.lead, key_of(s, FORE_LEAD, "00Qbm00000Orxk5001"));
    assert_time(act.at, "2024-02-01T09:00:00Z");
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "00Tx2", &act);
    assert_int_equal(act.kind, FORE_EMAIL);
    assert_time(act.at, "2024-03-05T00:00:00Z");
    assert_int_equal(act.contact, key_of(s, FORE_CONTACT, "003bm00000zbyRu001"));
    assert_int_equal(act.deal, key_of(s, FORE_DEAL, "006bm00000LKJNN002"));
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "00Tx3", &act);
    assert_int_equal(act.at, FORE_NO_TIME); /* open: planned */
    assert_time(act.due_at, "2024-07-01T00:00:00Z");
    assert_int_equal(act.kind, FORE_DEMO);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "00Ux1", &act);
    assert_int_equal(act.kind, FORE_VISIT);
    assert_true(act.minutes == 60);
    fore_cursor_close(c);

    fore_cursor *targets = NULL;
    fore_target_row target;
    bool more;
    assert_int_equal(fore_cursor_open(s, FORE_TABLE_TARGET, false, &targets, NULL), FORE_OK);
    assert_int_equal(fore_cursor_next(targets, &target, &more, NULL), FORE_OK);
    assert_true(more);
    assert_string_equal(target.scope_id, "005bm00000NCJmQ001");
    assert_date(target.period_start_on, "2024-02-01");
    assert_date(target.period_end_on,
                "2024-01-31"); /* none given: the month's, when it is asked for */
    assert_int_equal(target.amount_minor, 30000000);
    fore_cursor_close(targets);
    assert_true(noted(&report, "as in the file's other columns"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__hubspot__contacts_as_leads_and_listed_columns_only(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_fixture(s, "hubspot");
    fore_lead_row lead;
    fore_cursor *c = cursor_at(s, FORE_TABLE_LEAD, "301", &lead);
    assert_string_equal(lead.status, "converted");
    assert_time(lead.closed_at, "2024-03-01T10:00:00Z");
    assert_string_equal(lead.attributes,
                        "{\"State/Region\":\"Telangana\"}"); /* neither blood group nor colour */
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_LEAD, "302", &lead);
    assert_string_equal(lead.status, "disqualified");
    assert_true(lead.mail_opt_out);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_LEAD, "303", &lead);
    assert_string_equal(lead.status, "qualified");
    fore_cursor_close(c);

    fore_deal_row deal;
    c = cursor_at(s, FORE_TABLE_DEAL, "801", &deal);
    assert_int_equal(deal.outcome, FORE_WON);
    assert_string_equal(deal.stage, "Closed won");
    assert_time(deal.created_at, "2024-01-10T08:00:00Z"); /* milliseconds */
    assert_int_equal(deal.lead, key_of(s, FORE_LEAD, "301"));
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_DEAL, "803", &deal);
    assert_int_equal(deal.outcome, FORE_LOST);
    assert_string_equal(deal.lost_reason, "Budget");
    fore_cursor_close(c);
    assert_changes(s, "2024-01-15T08:00:00Z stage ->Presentation\n"
                      "2024-03-01T10:00:00Z outcome open>won\n"
                      "2024-03-01T10:00:00Z stage Presentation>Closed won\n");

    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "901", &act);
    assert_true(act.minutes == 1.5); /* milliseconds */
    assert_string_equal(act.outcome, "Connected");
    assert_int_equal(act.lead, key_of(s, FORE_LEAD, "301"));
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "902", &act);
    assert_int_equal(act.kind, FORE_DEMO);
    assert_true(act.minutes == 45);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "903", &act);
    assert_int_equal(act.at, FORE_NO_TIME);
    fore_cursor_close(c);
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "905", &act);
    assert_int_equal(act.direction, FORE_INBOUND);
    assert_int_equal(act.deal, key_of(s, FORE_DEAL, "801"));
    fore_cursor_close(c);
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__zoho_call_of_two_parts__minutes_and_seconds(void **state)
{
    (void)state;
    fore_store *s = open_store();
    fore_import_report report = import_path(
        s,
        write_text("Calls.csv", "Id,Call Start Time,Call Owner,CONTACTID,Call Type,Call Duration\n"
                                "9,2024-02-02 10:00:00,Ana,77,Outbound,18:15\n"
                                "8,2024-02-02 11:00:00,Ana,77,Outbound,1:02:30\n"
                                "7,2024-02-02 12:00:00,Ana,77,Outbound,5\n"),
        NULL);
    static const struct {
        const char *id;
        double minutes;
    } expected[] = {{"9", 18.25}, {"8", 62.5}, {"7", 5}};
    for (int i = 0; i < 3; i++) {
        fore_activity_row act;
        fore_cursor *c = cursor_at(s, FORE_TABLE_ACTIVITY, expected[i].id, &act);
        assert_true(act.minutes == expected[i].minutes);
        fore_cursor_close(c);
    }
    assert_true(noted(&report, "Call Duration read as minutes:seconds"));
    assert_true(warned(&report, "1 contact is named but never described (77); it is kept"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__salesforce_reports__labels_read_as_api_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *what, *text;
    } reports[] = {
        {"a.csv", "accounts",
         "Account ID,Account Name,Account Owner,Billing State/Province,Employees,Created Date\n"
         "001A,Edge Mills,Ana Bell,TX,40,1/2/2024\n"},
        {"c.csv", "contacts",
         "Contact ID,First Name,Last Name,Account Name,Contact Owner,Created Date\n"
         "003A,Mia,Rossi,Edge Mills,Ana Bell,1/3/2024\n"},
        {"l.csv", "leads",
         "Lead ID,First Name,Last Name,Company / Account,Lead Source,Lead Status,Lead Owner,"
         "Create Date,Last Activity\n00QA,Al,Noor,Shop,Web,Unqualified,Bo Lee,1/31/2024,2/2/2024\n"},
        {"o.csv", "deals",
         "Opportunity ID,Opportunity Name,Account Name,Stage,Amount,Close Date,Created Date,"
         "Opportunity Owner,Won,Closed,Lead Source\n"
         "006A,Pumps,Edge Mills,Closed Won,7000,2/26/2024,1/30/2024,Ana Bell,1,1,Web\n"},
        {"t.csv", "activities",
         "Activity ID,Assigned,Subject,Date,Status,Priority,Opportunity ID\n"
         "00TA,Bo Lee,Call back,2/3/2024,Completed,High,006A\n"}};
    fore_store *s = open_store();
    for (int i = 0; i < 5; i++) (void)write_text(reports[i].name, reports[i].text);
    const char *paths[5];
    char full[5][400];
    for (int i = 0; i < 5; i++) {
        snprintf(full[i], sizeof full[i], "%s/%s", folder, reports[i].name);
        paths[i] = full[i];
    }
    fore_import_options options = {.paths = paths, .path_count = 5};
    fore_import_report report = {0};
    assert_int_equal(fore_import(s, &options, &report, NULL), FORE_OK);
    assert_int_equal(report.rejected, 0);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(report.files[i].format, "salesforce");
        assert_string_equal(report.files[i].what, reports[i].what);
    }
    fore_deal_row deal;
    fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, "006A", &deal);
    assert_int_equal(deal.owner, key_of(s, FORE_REP, "Ana Bell"));
    assert_int_equal(deal.account, key_of(s, FORE_ACCOUNT, "001A"));
    assert_int_equal(deal.outcome, FORE_WON);
    assert_time(deal.closed_at, "2024-02-26T23:59:59Z");
    assert_string_equal(deal.source, "Web");
    fore_cursor_close(c);
    fore_lead_row lead;
    c = cursor_at(s, FORE_TABLE_LEAD, "00QA", &lead);
    assert_string_equal(lead.status, "disqualified");
    assert_int_equal(lead.owner, key_of(s, FORE_REP, "Bo Lee"));
    fore_cursor_close(c);
    fore_activity_row act;
    c = cursor_at(s, FORE_TABLE_ACTIVITY, "00TA", &act);
    assert_int_equal(act.deal, key_of(s, FORE_DEAL, "006A"));
    assert_int_equal(act.rep, key_of(s, FORE_REP, "Bo Lee"));
    assert_time(act.at, "2024-02-03T00:00:00Z");
    fore_cursor_close(c);
    assert_true(noted(&report, "columns not used: Company / Account, Last Activity") ||
                noted(&report, "columns not used: Last Activity"));
    assert_false(warned(&report, "accounts are named"));
    fore_import_report_free(&report);
    fore_store_close(s);
}

static void import__contacts_named_by_name__resolved_where_it_is_unique(void **state)
{
    (void)state;
    static const char *const deals[] = {"D1", "D2", "D3"};
    static const char *const contacts[] = {"71", "Ana Diaz", "No Body"};
    fore_store *s = open_store();
    char sub[300];
    snprintf(sub, sizeof sub, "mkdir -p %s/names", folder);
    assert_int_equal(system(sub), 0);
    (void)write_text("names/Contacts.csv", "Id,First Name,Last Name,Contact Owner,Created Time\n"
                                           "71,Mia,Rossi,Bo,2024-02-01 09:00:00\n"
                                           "72,Ana,Diaz,Bo,2024-02-01 09:00:00\n"
                                           "73,Ana,Diaz,Bo,2024-02-01 09:00:00\n");
    (void)write_text("names/Deals.csv",
                     "Id,Deal Name,Deal Owner,Closing Date,Stage,Created Time,Contact Name\n"
                     "D1,A,Bo,2024-05-01,New,2024-02-02 09:00:00,Mia Rossi\n"
                     "D2,B,Bo,2024-05-01,New,2024-02-02 09:00:00,Ana Diaz\n"
                     "D3,C,Bo,2024-05-01,New,2024-02-02 09:00:00,No Body\n");
    snprintf(sub, sizeof sub, "%s/names", folder);
    for (int again = 0; again < 2; again++) {
        fore_import_report report = import_path(s, sub, NULL);
        assert_true(warned(&report, "2 contacts are named but never described"));
        assert_true(warned(&report, "named by name, not by id: export the id column as well"));
        assert_int_equal(report.changed, 0);
        fore_import_report_free(&report);
    }
    for (int i = 0; i < 3; i++) {
        fore_deal_row deal;
        fore_cursor *c = cursor_at(s, FORE_TABLE_DEAL, deals[i], &deal);
        assert_int_equal(deal.contact, key_of(s, FORE_CONTACT, contacts[i]));
        fore_cursor_close(c);
    }
    assert_int_equal(key_of(s, FORE_CONTACT, "Mia Rossi"), 0);
    fore_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import__canonical_folder__every_column),
        cmocka_unit_test(import__zoho__amounts_links_and_planned_calls),
        cmocka_unit_test(import__salesforce__history_links_products_quota),
        cmocka_unit_test(import__hubspot__contacts_as_leads_and_listed_columns_only),
        cmocka_unit_test(import__zoho_call_of_two_parts__minutes_and_seconds),
        cmocka_unit_test(import__salesforce_reports__labels_read_as_api_names),
        cmocka_unit_test(import__contacts_named_by_name__resolved_where_it_is_unique),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
