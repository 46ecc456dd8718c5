/* The data-quality report: each rule on a small history that breaks it, and on one that does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/quality.h"

#define OK(expression)                                                                             \
    do {                                                                                           \
        fore_error ok_err = {0};                                                                   \
        fore_error *e = &ok_err;                                                                   \
        if ((expression) != FORE_OK) fail_msg("%s: %s", #expression, ok_err.message);              \
    } while (0)

/* 2020-01-01 and the moment of the check, 2024-01-01. */
static const int64_t START = 18262 * FORE_DAY, NOW = 19723 * FORE_DAY;

static int up(void **state)
{
    fore_store *s = NULL;
    if (fore_store_open(":memory:", FORE_STORE_CREATE, &s, NULL) != FORE_OK) return -1;
    *state = s;
    return fore_store_begin(s, NULL) == FORE_OK ? 0 : -1;
}

static int down(void **state)
{
    fore_store_close(*state);
    return fore_memory_live() == 0 ? 0 : -1;
}

static int64_t key_of(fore_store *s, fore_entity entity, const char *id)
{
    int64_t pk = 0;
    OK(fore_store_key(s, entity, id, -1, &pk, e));
    return pk;
}

/* Good rows; tests spoil one field. */
static fore_deal_row deal(const char *id, fore_outcome outcome)
{
    return (fore_deal_row){.id = id,
                           .amount_minor = 100,
                           .currency = "EUR",
                           .created_at = START,
                           .expected_close_on = FORE_NO_DATE,
                           .closed_at =
                               outcome == FORE_OUTCOME_OPEN ? FORE_NO_TIME : START + 9 * FORE_DAY,
                           .outcome = outcome};
}

static fore_lead_row lead(const char *id)
{
    return (fore_lead_row){
        .id = id, .created_at = START, .closed_at = FORE_NO_TIME, .status = "new"};
}

static fore_activity_row activity(fore_store *s, const char *id, const char *lead_id)
{
    return (fore_activity_row){.id = id,
                               .at = START + FORE_DAY,
                               .due_at = FORE_NO_TIME,
                               .minutes = NAN,
                               .lead = lead_id ? key_of(s, FORE_LEAD, lead_id) : 0};
}

static void put_deal(fore_store *s, fore_deal_row row)
{
    OK(fore_store_put_deal(s, &row, NULL, e));
}
static void put_lead(fore_store *s, fore_lead_row row)
{
    OK(fore_store_put_lead(s, &row, NULL, e));
}
static void put_activity(fore_store *s, fore_activity_row row)
{
    OK(fore_store_put_activity(s, &row, NULL, e));
}

static fore_quality_report *run(fore_store *s, const fore_quality_options *options)
{
    fore_quality_report *report = NULL;
    OK(fore_quality_run(s, NOW, options, &report, e));
    return report;
}

/* "code id id ..." of the one group that was found; "clean" when there is none; frees the report.
 */
static const char *found(fore_store *s)
{
    static char text[256];
    fore_quality_report *report = run(s, NULL);
    strcpy(text, "clean");
    for (int64_t g = 0; g < report->group_count; g++) {
        const fore_quality_group *group = &report->groups[g];
        int64_t n = g == 0 ? 0 : (int64_t)strlen(text);
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%s", g ? " + " : "", group->code);
        for (int64_t i = 0; i < group->kept; i++) {
            n += snprintf(text + n, sizeof text - (size_t)n, " %s", group->findings[i].id);
            assert_true(strlen(group->findings[i].text) > 10);
        }
        assert_true(group->count == group->kept && group->count > 0);
        assert_true(group->share > 0 && group->share <= 1);
        assert_true(strlen(group->effect) > 20 && !strchr(group->effect, '%'));
    }
    fore_quality_report_free(report);
    return text;
}

/* --- clean --- */

static void quality__empty_and_good_histories__are_clean(void **state)
{
    fore_store *s = *state;
    assert_string_equal(found(s), "clean");
    put_lead(s, lead("L"));
    put_deal(s, deal("D1", FORE_OUTCOME_OPEN));
    put_deal(s, deal("D2", FORE_WON));
    put_deal(s, deal("D3", FORE_LOST));
    put_activity(s, activity(s, "a", "L"));
    assert_string_equal(found(s), "clean");
}

/* --- leads and deals --- */

static void quality__deal_closed_before_created__is_named(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_WON);
    row.closed_at = START - 1;
    put_deal(s, row);
    put_deal(s, deal("D2", FORE_WON));
    row = deal("D3", FORE_WON);
    row.closed_at = START; /* at once is no fault */
    put_deal(s, row);
    assert_string_equal(found(s), "closed_before_created D1");
    fore_quality_report *report = run(s, NULL);
    const fore_quality_group *group =
        fore_quality_find(report, "closed_before_created", FORE_TABLE_DEAL);
    assert_non_null(group);
    assert_string_equal(group->effect,
                        "Left out of training: 1 deal. The closing lies before the creation.");
    assert_string_equal(group->findings[0].column, "closed_at");
    assert_string_equal(group->findings[0].value, "2019-12-31T23:59:59.999999Z");
    assert_int_equal(group->severity, FORE_SEVERITY_ERROR);
    assert_null(fore_quality_find(report, "closed_before_created", FORE_TABLE_LEAD));
    assert_true(report->errors == 1 && report->warnings == 0);
    assert_int_equal(report->tables[FORE_TABLE_DEAL].rows, 3);
    assert_int_equal(report->tables[FORE_TABLE_DEAL].affected, 1);
    assert_true(fabs(report->tables[FORE_TABLE_DEAL].share - 1.0 / 3) < 1e-12);
    fore_quality_report_free(report);
}

static void quality__closed_lead_or_deal_without_time__is_named(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_LOST);
    row.closed_at = FORE_NO_TIME;
    put_deal(s, row);
    row.id = "D2"; /* a recorded change tells when */
    put_deal(s, row);
    fore_deal_change_row change = {.deal = key_of(s, FORE_DEAL, "D2"),
                                   .at = START + FORE_DAY,
                                   .field = "outcome",
                                   .old_value = "open",
                                   .new_value = "lost"};
    OK(fore_store_put_deal_change(s, &change, NULL, e));
    fore_lead_row l = lead("L1");
    l.status = "disqualified";
    put_lead(s, l);
    assert_string_equal(found(s), "closing_unknown L1 + closing_unknown D1");
}

static void quality__wins_without_time__are_told_with_their_money(void **state)
{
    fore_store *s = *state;
    static const char *const ids[] = {"D1", "D2", "D3"};
    put_deal(s, deal("D0", FORE_WON));
    for (int i = 0; i < 3; i++) {
        fore_deal_row row = deal(ids[i], i == 2 ? FORE_LOST : FORE_WON);
        row.amount_minor = 150000 + i;
        row.closed_at = FORE_NO_TIME;
        put_deal(s, row);
    }
    fore_quality_report *report = run(s, NULL);
    const fore_quality_group *group = fore_quality_find(report, "closing_unknown", FORE_TABLE_DEAL);
    assert_int_equal(group->count, 3);
    assert_non_null(strstr(group->effect, "2 of them are won, 3,000 EUR in all"));
    fore_quality_report_free(report);
}

static void quality__closing_found_in_changes__is_the_last_one(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_LOST);
    row.closed_at = FORE_NO_TIME;
    row.created_at = START + 5 * FORE_DAY;
    put_deal(s, row);
    fore_deal_change_row change = {
        .deal = key_of(s, FORE_DEAL, "D1"), .at = START, .field = "outcome", .new_value = "lost"};
    OK(fore_store_put_deal_change(s, &change, NULL, e));
    assert_string_equal(found(s), "closed_before_created D1");
    change.at = START + 6 * FORE_DAY;
    OK(fore_store_put_deal_change(s, &change, NULL, e));
    assert_string_equal(found(s), "clean");
}

static void quality__no_creation__is_named(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_WON);
    row.created_at = FORE_NO_TIME;
    put_deal(s, row);
    assert_string_equal(found(s), "creation_unknown D1");
}

static void quality__open_deal_with_closing__is_named(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_OUTCOME_OPEN);
    row.closed_at = START + 1;
    put_deal(s, row);
    assert_string_equal(found(s), "closing_while_open D1");
}

static void quality__amounts__won_without_and_below_zero(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_WON);
    row.amount_minor = FORE_NO_AMOUNT;
    put_deal(s, row);
    row = deal("D2", FORE_LOST);
    row.amount_minor = FORE_NO_AMOUNT; /* nobody needs the amount of a lost deal */
    put_deal(s, row);
    row = deal("D3", FORE_LOST);
    row.amount_minor = -1;
    put_deal(s, row);
    fore_sale_row sale = {.id = "S", .at = START, .quantity = 1, .amount_minor = -250};
    OK(fore_store_put_sale(s, &sale, NULL, e));
    assert_string_equal(found(s), "amount_unknown D1 + amount_negative D3 + amount_negative S");
}

static void quality__currencies__differ_from_most_won_deals(void **state)
{
    fore_store *s = *state;
    put_deal(s, deal("D1", FORE_WON));
    put_deal(s, deal("D2", FORE_WON));
    fore_deal_row row = deal("D3", FORE_WON);
    row.currency = "USD";
    put_deal(s, row);
    row = deal("D4", FORE_WON);
    row.currency = NULL;
    put_deal(s, row);
    assert_string_equal(found(s), "currency_other D3");
}

static void quality__expected_close_long_past__is_named(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D1", FORE_OUTCOME_OPEN);
    row.expected_close_on = fore_date_of(NOW) - 31;
    put_deal(s, row);
    row.id = "D2";
    row.expected_close_on = fore_date_of(NOW) - 30;
    put_deal(s, row);
    row = deal("D3", FORE_LOST);
    row.expected_close_on = fore_date_of(NOW) - 500;
    put_deal(s, row);
    assert_string_equal(found(s), "close_date_passed D1");
}

static void quality__converted_without_deal__either_side_may_tell(void **state)
{
    fore_store *s = *state;
    fore_lead_row row = lead("L1");
    row.status = "converted";
    row.closed_at = START + 1;
    put_lead(s, row);
    row.id = "L2";
    row.deal = key_of(s, FORE_DEAL, "D1");
    put_lead(s, row);
    row.id = "L3";
    row.deal = 0;
    put_lead(s, row);
    put_deal(s, deal("D1", FORE_OUTCOME_OPEN));
    fore_deal_row d = deal("D2", FORE_OUTCOME_OPEN);
    d.lead = key_of(s, FORE_LEAD, "L3");
    put_deal(s, d);
    assert_string_equal(found(s), "converted_without_deal L1");
}

static void quality__owner_who_left__with_open_work_only(void **state)
{
    fore_store *s = *state;
    fore_rep_row rep = {.id = "R1",
                        .hours_per_week = NAN,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = fore_date_of(NOW) - 1};
    OK(fore_store_put_rep(s, &rep, NULL, e));
    rep.id = "R2"; /* no open work */
    OK(fore_store_put_rep(s, &rep, NULL, e));
    rep.id = "R3"; /* the last day is today */
    rep.active_to_on++;
    OK(fore_store_put_rep(s, &rep, NULL, e));
    fore_lead_row l = lead("L1");
    l.owner = key_of(s, FORE_REP, "R1");
    put_lead(s, l);
    l.id = "L2";
    l.owner = key_of(s, FORE_REP, "R3");
    put_lead(s, l);
    fore_deal_row d = deal("D1", FORE_WON);
    d.owner = key_of(s, FORE_REP, "R2");
    put_deal(s, d);
    d = deal("D2", FORE_OUTCOME_OPEN);
    d.owner = key_of(s, FORE_REP, "R1");
    put_deal(s, d);
    assert_string_equal(found(s), "owner_left R1");
    fore_quality_report *report = run(s, NULL);
    assert_non_null(strstr(report->groups[0].findings[0].text, "1 open leads and 1 open deals"));
    fore_quality_report_free(report);
}

/* --- references, times --- */

static void quality__dangling_reference__only_when_somebody_names_it(void **state)
{
    fore_store *s = *state;
    key_of(s, FORE_REP, "nobody names me");
    fore_deal_row row = deal("D1", FORE_OUTCOME_OPEN);
    row.owner = key_of(s, FORE_REP, "R9");
    row.account = key_of(s, FORE_ACCOUNT, "A9");
    put_deal(s, row);
    row.id = "D2";
    put_deal(s, row);
    assert_string_equal(found(s), "reference_dangling R9 + reference_dangling A9");
    fore_quality_report *report = run(s, NULL);
    assert_non_null(
        strstr(report->groups[0].findings[0].text, "named by 2 rows (first by a deal)"));
    assert_int_equal(report->tables[FORE_TABLE_REP].affected, 0); /* no row of ours is at fault */
    fore_quality_report_free(report);
    fore_rep_row rep = {.id = "R9",
                        .hours_per_week = NAN,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = FORE_NO_DATE};
    OK(fore_store_put_rep(s, &rep, NULL, e));
    assert_string_equal(found(s), "reference_dangling A9");
}

static void quality__times_beyond_now_and_before_1990__plans_excepted(void **state)
{
    fore_store *s = *state;
    fore_lead_row l = lead("L1");
    l.created_at = NOW + 1;
    put_lead(s, l);
    l = lead("L2");
    l.created_at = 0; /* 1970: the zero of many programs */
    put_lead(s, l);
    l = lead("L3");
    l.created_at = NOW;
    put_lead(s, l);
    fore_activity_row a = activity(s, "plan", "L2");
    a.at = FORE_NO_TIME;
    a.due_at = NOW + FORE_DAY;
    put_activity(s, a);
    fore_deal_row d = deal("D1", FORE_OUTCOME_OPEN);
    d.expected_close_on = fore_date_of(NOW) + 90;
    put_deal(s, d);
    assert_string_equal(found(s), "time_in_future L1 + time_before_1990 L2");
    fore_quality_report *report = NULL;
    OK(fore_quality_run(s, FORE_NO_TIME, NULL, &report, e));
    assert_int_equal(report->group_count, 1); /* without a now there is no future */
    fore_quality_report_free(report);
    fore_quality_options asked_later = {.now = NOW + 1}; /* of a moment gone by */
    OK(fore_quality_run(s, NOW, &asked_later, &report, e));
    assert_null(fore_quality_find(report, "time_in_future", FORE_TABLE_LEAD));
    fore_quality_report_free(report);
}

/* --- activities --- */

static void quality__activities_outside_the_life_of_their_lead__are_named(void **state)
{
    fore_store *s = *state;
    fore_lead_row l = lead("L1");
    l.status = "lost";
    l.closed_at = START + 10 * FORE_DAY;
    put_lead(s, l);
    put_lead(s, lead("L2"));
    fore_activity_row a = activity(s, "early", "L1");
    a.at = START - 2 * FORE_DAY;
    put_activity(s, a);
    a = activity(s, "same day", "L1");
    a.at = START - FORE_HOUR;
    put_activity(s, a);
    a = activity(s, "late", "L1");
    a.at = START + 101 * FORE_DAY;
    put_activity(s, a);
    a = activity(s, "after", "L1");
    a.at = START + 99 * FORE_DAY;
    put_activity(s, a);
    a = activity(s, "open lead", "L2");
    a.at = START + 999 * FORE_DAY;
    put_activity(s, a);
    assert_string_equal(found(s), "activity_before_creation early + activity_after_closing late");
}

static void quality__activities_without_link_or_time__are_named(void **state)
{
    fore_store *s = *state;
    put_lead(s, lead("L1"));
    fore_account_row account = {.id = "A",
                                .employees = NAN,
                                .annual_revenue_minor = FORE_NO_AMOUNT,
                                .created_at = FORE_NO_TIME};
    OK(fore_store_put_account(s, &account, NULL, e));
    put_activity(s, activity(s, "loose", NULL));
    fore_activity_row a = activity(s, "account", NULL);
    a.account = key_of(s, FORE_ACCOUNT, "A");
    put_activity(s, a);
    a = activity(s, "when", "L1");
    a.at = FORE_NO_TIME;
    put_activity(s, a);
    assert_string_equal(found(s), "activity_timeless when + activity_unlinked loose");
}

/* --- stages --- */

static void go(fore_store *s, const char *id, fore_outcome outcome, const char *stages)
{
    char copy[64], *rest = NULL;
    const char *old = NULL;
    strcpy(copy, stages);
    put_deal(s, deal(id, outcome));
    int64_t at = START;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        fore_deal_change_row change = {.deal = key_of(s, FORE_DEAL, id),
                                       .at = at += FORE_DAY,
                                       .field = "stage",
                                       .old_value = old,
                                       .new_value = word};
        OK(fore_store_put_deal_change(s, &change, NULL, e));
        old = word;
    }
}

static void usual_deals(fore_store *s, int n)
{
    for (int i = 0; i < n; i++) {
        char id[16];
        snprintf(id, sizeof id, "U%d", i);
        go(s, id, FORE_WON, "new talk offer won");
    }
}

static void quality__stage_skipped__against_the_habit_of_the_others(void **state)
{
    fore_store *s = *state;
    usual_deals(s, 8);
    go(s, "hasty", FORE_WON, "new talk won");
    go(s, "lost", FORE_LOST, "new lost");
    assert_string_equal(found(s), "stage_skipped hasty");
    fore_quality_report *report = run(s, NULL);
    assert_string_equal(report->groups[0].findings[0].value, "talk -> won");
    assert_non_null(strstr(report->groups[0].findings[0].text, "without offer"));
    assert_int_equal(report->tables[FORE_TABLE_DEAL].affected, 0); /* a suggestion only */
    fore_quality_report_free(report);
}

static void quality__stage_backwards__is_named_once_per_deal(void **state)
{
    fore_store *s = *state;
    usual_deals(s, 8);
    go(s, "wavering", FORE_OUTCOME_OPEN, "new talk offer talk offer talk");
    assert_string_equal(found(s), "stage_backwards wavering");
}

static void quality__too_few_deals_for_a_habit__nothing_is_said(void **state)
{
    fore_store *s = *state;
    usual_deals(s, 3);
    go(s, "hasty", FORE_WON, "new won");
    go(s, "wavering", FORE_OUTCOME_OPEN, "new talk new");
    assert_string_equal(found(s), "clean");
}

static void quality__two_habits__neither_is_a_fault(void **state)
{
    fore_store *s = *state;
    char id[16];
    usual_deals(s, 10);
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof id, "V%d", i);
        go(s, id, FORE_WON, "new won");
    }
    assert_string_equal(found(s), "clean");
}

/* --- duplicates --- */

static void quality__twins__by_mail_phone_and_company(void **state)
{
    static const char *const mails[] = {"Ann@X.com", "bob@x.com", " ann@x.COM ", "no mail",
                                        "no mail"};
    static const char *const phones[] = {"+91 98765 43210", NULL, "12345", "098765-43210", "12345"};
    static const char *const names[] = {"Acme, Inc.", "ACME", "Acme Foods", "The Acme Company Ltd"};
    fore_store *s = *state;
    char id[16];
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, "L%d", i);
        fore_lead_row row = lead(id);
        row.email = mails[i];
        row.phone = phones[i];
        put_lead(s, row);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "A%d", i);
        fore_account_row row = {.id = id,
                                .name = names[i],
                                .employees = NAN,
                                .annual_revenue_minor = FORE_NO_AMOUNT,
                                .created_at = START};
        OK(fore_store_put_account(s, &row, NULL, e));
    }
    assert_string_equal(found(s), "duplicate_email L2 + duplicate_phone L3 + duplicate_name A1 A3");
    fore_quality_report *report = run(s, NULL);
    for (int64_t g = 0; g < report->group_count; g++)
        assert_null(report->groups[g].findings[0].value);
    assert_non_null(strstr(report->groups[0].findings[0].text, "lead L0"));
    fore_quality_report_free(report);
}

/* --- the report --- */

static void quality__more_rows_than_the_limit__all_are_counted(void **state)
{
    fore_store *s = *state;
    char id[16];
    for (int i = 0; i < 50; i++) {
        snprintf(id, sizeof id, "D%d", i);
        fore_deal_row row = deal(id, FORE_WON);
        row.closed_at = i % 2 ? FORE_NO_TIME : START - 1;
        put_deal(s, row);
    }
    fore_quality_report *all = run(s, NULL);
    assert_int_equal(all->errors, 50);
    assert_int_equal(all->groups[0].count, 25);
    assert_int_equal(all->groups[0].kept, 20);
    assert_int_equal(all->tables[FORE_TABLE_DEAL].affected, 50);
    fore_quality_report_free(all);
    fore_quality_options options = {.code = "closing_unknown", .limit = 100};
    fore_quality_report *one = run(s, &options);
    assert_int_equal(one->group_count, 2);
    assert_int_equal(fore_quality_find(one, "closing_unknown", FORE_TABLE_DEAL)->kept, 25);
    assert_int_equal(fore_quality_find(one, "closed_before_created", FORE_TABLE_DEAL)->kept, 0);
    fore_quality_report_free(one);
    options.code = "no_such_code";
    fore_error err = {0};
    assert_int_equal(fore_quality_run(s, NOW, &options, &one, &err), FORE_E_ARGUMENT);
    assert_non_null(strstr(err.message, "no_such_code"));
    assert_null(one);
}

static void quality_report_json__findings__read_back(void **state)
{
    fore_store *s = *state;
    fore_deal_row row = deal("D\"1", FORE_WON);
    row.closed_at = START - 1;
    put_deal(s, row);
    fore_quality_report *report = run(s, NULL);
    fore_text text = {0};
    fore_json_writer writer = fore_json_to(&text);
    fore_json_object(&writer, NULL);
    fore_quality_report_json(&writer, report);
    fore_json_end_object(&writer);
    fore_json *document;
    int64_t errors = -1;
    OK(fore_json_parse(text.bytes, text.length, &document, e));
    const fore_json_node *root = fore_json_root(document);
    assert_true(fore_json_get_integer(root, "errors", &errors) && errors == 1);
    assert_int_equal(fore_json_length(fore_json_get(root, "tables")), 12);
    const fore_json_node *finding = fore_json_at(fore_json_get(root, "findings"), 0);
    assert_string_equal(fore_json_get_string(finding, "code"), "closed_before_created");
    assert_string_equal(fore_json_get_string(finding, "severity"), "error");
    assert_string_equal(fore_json_get_string(fore_json_at(fore_json_get(finding, "rows"), 0), "id"),
                        "D\"1");
    fore_json_free(document);
    fore_text_free(&text);
    fore_quality_report_free(report);
}

static void quality__any_allocation_fails__no_leak(void **state)
{
    fore_store *s = *state;
    usual_deals(s, 6);
    go(s, "hasty", FORE_WON, "new talk won");
    fore_lead_row l = lead("L1");
    l.email = "a@b";
    l.created_at = 0;
    put_lead(s, l);
    l.id = "L2";
    put_lead(s, l);
    int64_t live = fore_memory_live();
    int failures = 0;
    for (int64_t k = 1; k < 5000; k++) {
        fore_quality_report *report = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_quality_run(s, NOW, NULL, &report, NULL);
        fore_memory_fail_at(0);
        fore_quality_report_free(report);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        failures++;
    }
    assert_true(failures > 10 && failures < 4000);
}

#define T(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(quality__empty_and_good_histories__are_clean),
        T(quality__deal_closed_before_created__is_named),
        T(quality__closed_lead_or_deal_without_time__is_named),
        T(quality__wins_without_time__are_told_with_their_money),
        T(quality__closing_found_in_changes__is_the_last_one),
        T(quality__no_creation__is_named),
        T(quality__open_deal_with_closing__is_named),
        T(quality__amounts__won_without_and_below_zero),
        T(quality__currencies__differ_from_most_won_deals),
        T(quality__expected_close_long_past__is_named),
        T(quality__converted_without_deal__either_side_may_tell),
        T(quality__owner_who_left__with_open_work_only),
        T(quality__dangling_reference__only_when_somebody_names_it),
        T(quality__times_beyond_now_and_before_1990__plans_excepted),
        T(quality__activities_outside_the_life_of_their_lead__are_named),
        T(quality__activities_without_link_or_time__are_named),
        T(quality__stage_skipped__against_the_habit_of_the_others),
        T(quality__stage_backwards__is_named_once_per_deal),
        T(quality__too_few_deals_for_a_habit__nothing_is_said),
        T(quality__two_habits__neither_is_a_fault),
        T(quality__twins__by_mail_phone_and_company),
        T(quality__more_rows_than_the_limit__all_are_counted),
        T(quality_report_json__findings__read_back),
        T(quality__any_allocation_fails__no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
