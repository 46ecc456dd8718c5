/* Rows in and out: round trips and upserts. */
#include "tests/store/store_fixture.h"

#define DAY(n) ((n)*FORE_DAY)

/* --- round trips --- */

static void put_lead__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_put put;
    OK(fore_store_begin(s, e));
    fore_lead_row in = {.id = "L1",
                        .account = key_of(s, FORE_ACCOUNT, "A1"),
                        .contact = key_of(s, FORE_CONTACT, "C1"),
                        .name = "Čeněk",
                        .email = "a@b.cz",
                        .phone = "+42 1",
                        .title = "CTO",
                        .source = "web",
                        .campaign = key_of(s, FORE_CAMPAIGN, "M1"),
                        .owner = key_of(s, FORE_REP, "R1"),
                        .created_at = DAY(3),
                        .status = "new",
                        .closed_at = 0,
                        .deal = key_of(s, FORE_DEAL, "D1"),
                        .do_not_contact = 1,
                        .mail_opt_out = 0,
                        .attributes = "{\"City\":\"Pune\"}"};
    OK(fore_store_put_lead(s, &in, &put, e));
    assert_int_equal(put, FORE_PUT_NEW);
    OK(fore_store_commit(s, e));
    fore_lead_row out;
    fore_cursor *cursor = first_row(s, FORE_TABLE_LEAD, &out);
    assert_true(out.known && out.pk > 0);
    assert_string_equal(out.id, "L1");
    assert_string_equal(out.name, "Čeněk");
    assert_string_equal(out.email, "a@b.cz");
    assert_string_equal(out.phone, "+42 1");
    assert_string_equal(out.title, "CTO");
    assert_string_equal(out.source, "web");
    assert_string_equal(out.status, "new");
    assert_string_equal(out.attributes, "{\"City\":\"Pune\"}");
    assert_int_equal(out.account, in.account);
    assert_int_equal(out.contact, in.contact);
    assert_int_equal(out.campaign, in.campaign);
    assert_int_equal(out.owner, in.owner);
    assert_int_equal(out.deal, in.deal);
    assert_int_equal(out.created_at, DAY(3));
    assert_int_equal(out.closed_at, 0); /* 1970 is a time, not "unknown" */
    assert_int_equal(out.do_not_contact, 1);
    assert_int_equal(out.mail_opt_out, 0);
    fore_cursor_close(cursor);
}

static void put_deal__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    OK(fore_store_begin(s, e));
    fore_deal_row in = {.id = "D1",
                        .lead = key_of(s, FORE_LEAD, "L"),
                        .account = key_of(s, FORE_ACCOUNT, "A"),
                        .contact = key_of(s, FORE_CONTACT, "C"),
                        .owner = key_of(s, FORE_REP, "R"),
                        .product = key_of(s, FORE_PRODUCT, "P"),
                        .campaign = key_of(s, FORE_CAMPAIGN, "M"),
                        .name = "Big",
                        .stage = "Quote",
                        .source = "fair",
                        .amount_minor = -5,
                        .currency = "EUR",
                        .created_at = 1,
                        .expected_close_on = -1,
                        .closed_at = 2,
                        .outcome = FORE_LOST,
                        .lost_reason = "price",
                        .attributes = "{}"};
    OK(fore_store_put_deal(s, &in, NULL, e));
    OK(fore_store_commit(s, e));
    fore_deal_row out;
    fore_cursor *cursor = first_row(s, FORE_TABLE_DEAL, &out);
    assert_int_equal(out.lead, in.lead);
    assert_int_equal(out.account, in.account);
    assert_int_equal(out.contact, in.contact);
    assert_int_equal(out.owner, in.owner);
    assert_int_equal(out.product, in.product);
    assert_int_equal(out.campaign, in.campaign);
    assert_string_equal(out.name, "Big");
    assert_string_equal(out.stage, "Quote");
    assert_string_equal(out.source, "fair");
    assert_int_equal(out.amount_minor, -5);
    assert_string_equal(out.currency, "EUR");
    assert_int_equal(out.created_at, 1);
    assert_int_equal(out.expected_close_on, -1);
    assert_int_equal(out.closed_at, 2);
    assert_int_equal(out.outcome, FORE_LOST);
    assert_string_equal(out.lost_reason, "price");
    assert_string_equal(out.attributes, "{}");
    fore_cursor_close(cursor);
}

static void put_rep__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_cursor *c;
    OK(fore_store_begin(s, e));
    fore_rep_row rep = {.id = "R",
                        .name = "Ann",
                        .team = "T",
                        .region = "N",
                        .manager = key_of(s, FORE_REP, "boss"),
                        .hours_per_week = 37.5,
                        .hourly_cost_minor = 4500,
                        .active_from_on = 10,
                        .active_to_on = 20,
                        .attributes = "{\"a\":\"1\"}"};
    OK(fore_store_put_rep(s, &rep, NULL, e));
    OK(fore_store_commit(s, e));

    fore_rep_row rep2;
    c = first_row(s, FORE_TABLE_REP, &rep2); /* "boss" is not known */
    assert_string_equal(rep2.id, "R");
    assert_string_equal(rep2.team, "T");
    assert_int_equal(rep2.manager, rep.manager);
    assert_true(rep2.hours_per_week == 37.5);
    assert_int_equal(rep2.hourly_cost_minor, 4500);
    assert_int_equal(rep2.active_from_on, 10);
    assert_int_equal(rep2.active_to_on, 20);
    fore_cursor_close(c);
}

static void put_account_and_contact__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_cursor *c;
    OK(fore_store_begin(s, e));
    fore_account_row account = {.id = "A",
                                .name = "Acme",
                                .industry = "IT",
                                .employees = 12,
                                .annual_revenue_minor = 100,
                                .country = "IN",
                                .region = "S",
                                .owner = key_of(s, FORE_REP, "R"),
                                .created_at = 5};
    OK(fore_store_put_account(s, &account, NULL, e));
    fore_contact_row contact = {.id = "C",
                                .account = key_of(s, FORE_ACCOUNT, "A"),
                                .owner = key_of(s, FORE_REP, "R"),
                                .created_at = 6};
    OK(fore_store_put_contact(s, &contact, NULL, e));
    OK(fore_store_commit(s, e));

    fore_account_row account2;
    c = first_row(s, FORE_TABLE_ACCOUNT, &account2);
    assert_true(account2.employees == 12);
    assert_int_equal(account2.annual_revenue_minor, 100);
    assert_string_equal(account2.industry, "IT");
    assert_string_equal(account2.country, "IN");
    assert_null(account2.attributes);
    assert_int_equal(account2.created_at, 5);
    fore_cursor_close(c);
    fore_contact_row contact2;
    c = first_row(s, FORE_TABLE_CONTACT, &contact2);
    assert_int_equal(contact2.account, contact.account);
    assert_int_equal(contact2.owner, contact.owner);
    assert_int_equal(contact2.created_at, 6);
    fore_cursor_close(c);
}

static void put_campaign_and_product__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_cursor *c;
    OK(fore_store_begin(s, e));
    fore_campaign_row campaign = {.id = "M",
                                  .name = "Fair",
                                  .channel = "event",
                                  .started_at = 1,
                                  .ended_at = 2,
                                  .cost_minor = 3};
    OK(fore_store_put_campaign(s, &campaign, NULL, e));
    fore_product_row product = {.id = "P", .name = "Box", .category = "X", .list_price_minor = 9};
    OK(fore_store_put_product(s, &product, NULL, e));
    OK(fore_store_commit(s, e));

    fore_campaign_row campaign2;
    c = first_row(s, FORE_TABLE_CAMPAIGN, &campaign2);
    assert_string_equal(campaign2.channel, "event");
    assert_int_equal(campaign2.started_at, 1);
    assert_int_equal(campaign2.ended_at, 2);
    assert_int_equal(campaign2.cost_minor, 3);
    fore_cursor_close(c);
    fore_product_row product2;
    c = first_row(s, FORE_TABLE_PRODUCT, &product2);
    assert_string_equal(product2.category, "X");
    assert_int_equal(product2.list_price_minor, 9);
    fore_cursor_close(c);
}

static void put_sale_and_ticket__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_cursor *c;
    OK(fore_store_begin(s, e));
    fore_sale_row sale = {.id = "S",
                          .account = key_of(s, FORE_ACCOUNT, "A"),
                          .at = 7,
                          .product = key_of(s, FORE_PRODUCT, "P"),
                          .quantity = 2.5,
                          .amount_minor = 11,
                          .currency = "INR",
                          .deal = key_of(s, FORE_DEAL, "D")};
    OK(fore_store_put_sale(s, &sale, NULL, e));
    fore_ticket_row ticket = {.id = "T",
                              .account = key_of(s, FORE_ACCOUNT, "A"),
                              .lead = key_of(s, FORE_LEAD, "L"),
                              .opened_at = 1,
                              .closed_at = 2,
                              .priority = "high",
                              .satisfaction = 4.5};
    OK(fore_store_put_ticket(s, &ticket, NULL, e));
    OK(fore_store_commit(s, e));

    fore_sale_row sale2;
    c = first_row(s, FORE_TABLE_SALE, &sale2);
    assert_true(sale2.quantity == 2.5 && sale2.amount_minor == 11 && sale2.deal == sale.deal);
    assert_true(sale2.account == sale.account && sale2.product == sale.product && sale2.at == 7);
    assert_string_equal(sale2.currency, "INR");
    fore_cursor_close(c);
    fore_ticket_row ticket2;
    c = first_row(s, FORE_TABLE_TICKET, &ticket2);
    assert_true(ticket2.satisfaction == 4.5 && ticket2.opened_at == 1 && ticket2.closed_at == 2);
    assert_true(ticket2.account == ticket.account && ticket2.lead == ticket.lead);
    assert_string_equal(ticket2.priority, "high");
    fore_cursor_close(c);
}

static void put_target_and_change__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_cursor *c;
    OK(fore_store_begin(s, e));
    fore_target_row target = {.scope = "team",
                              .scope_id = "T",
                              .period_start_on = 1,
                              .period_end_on = 2,
                              .amount_minor = 3};
    OK(fore_store_put_target(s, &target, NULL, e));
    fore_deal_change_row change = {.deal = key_of(s, FORE_DEAL, "D"),
                                   .at = 4,
                                   .field = "stage",
                                   .old_value = "a",
                                   .new_value = NULL};
    OK(fore_store_put_deal_change(s, &change, NULL, e));
    OK(fore_store_commit(s, e));

    fore_target_row target2;
    c = first_row(s, FORE_TABLE_TARGET, &target2);
    assert_string_equal(target2.scope, "team");
    assert_string_equal(target2.scope_id, "T");
    assert_true(target2.period_start_on == 1 && target2.period_end_on == 2);
    assert_int_equal(target2.amount_minor, 3);
    fore_cursor_close(c);
    fore_deal_change_row change2;
    c = first_row(s, FORE_TABLE_DEAL_CHANGE, &change2);
    assert_true(change2.deal == change.deal && change2.at == 4);
    assert_string_equal(change2.field, "stage");
    assert_string_equal(change2.old_value, "a");
    assert_null(change2.new_value);
    fore_cursor_close(c);
}

static void put_activity__all_fields_and_none__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    OK(fore_store_begin(s, e));
    fore_activity_row full = {.id = "a1",
                              .at = 5,
                              .due_at = 6,
                              .kind = FORE_DEMO,
                              .direction = FORE_INBOUND,
                              .rep = key_of(s, FORE_REP, "R"),
                              .lead = key_of(s, FORE_LEAD, "L"),
                              .deal = key_of(s, FORE_DEAL, "D"),
                              .account = key_of(s, FORE_ACCOUNT, "A"),
                              .contact = key_of(s, FORE_CONTACT, "C"),
                              .campaign = key_of(s, FORE_CAMPAIGN, "M"),
                              .minutes = 12.5,
                              .outcome = "Received"};
    fore_activity_row none = no_activity("a2"), out;
    OK(fore_store_put_activity(s, &full, NULL, e));
    OK(fore_store_put_activity(s, &none, NULL, e));
    OK(fore_store_commit(s, e));
    bool more;
    fore_cursor *c = first_row(s, FORE_TABLE_ACTIVITY, &out);
    assert_string_equal(out.id, "a1");
    assert_true(out.at == 5 && out.due_at == 6 && out.kind == FORE_DEMO);
    assert_true(out.direction == FORE_INBOUND && out.rep == full.rep && out.lead == full.lead);
    assert_true(out.deal == full.deal && out.account == full.account);
    assert_true(out.contact == full.contact && out.campaign == full.campaign);
    assert_true(out.minutes == 12.5 && !out.contact_link);
    assert_string_equal(out.outcome, "Received");
    OK(fore_cursor_next(c, &out, &more, e));
    assert_true(more && out.at == FORE_NO_TIME && out.due_at == FORE_NO_TIME && isnan(out.minutes));
    assert_true(out.rep == 0 && out.lead == 0 && out.contact == 0 && !out.outcome);
    OK(fore_cursor_next(c, &out, &more, e));
    assert_false(more);
    fore_cursor_close(c);
}

static void put__unknown_fields__leave_what_is_stored(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_put put;
    OK(fore_store_begin(s, e));
    fore_deal_row first = no_deal("D"), second = no_deal("D");
    first.stage = "Quote";
    first.amount_minor = 100;
    first.outcome = FORE_WON;
    first.expected_close_on = 9;
    OK(fore_store_put_deal(s, &first, &put, e));
    second.currency = "EUR";
    OK(fore_store_put_deal(s, &second, &put, e));
    assert_int_equal(put, FORE_PUT_CHANGED);
    OK(fore_store_put_deal(s, &first, &put, e));
    assert_int_equal(put, FORE_PUT_SAME);
    fore_lead_row lead = no_lead("L");
    lead.do_not_contact = 1;
    OK(fore_store_put_lead(s, &lead, &put, e));
    lead.do_not_contact = -1;
    OK(fore_store_put_lead(s, &lead, &put, e));
    assert_int_equal(put, FORE_PUT_SAME);
    OK(fore_store_commit(s, e));
    fore_deal_row out;
    fore_cursor *c = first_row(s, FORE_TABLE_DEAL, &out);
    assert_string_equal(out.stage, "Quote");
    assert_string_equal(out.currency, "EUR");
    assert_true(out.amount_minor == 100 && out.outcome == FORE_WON && out.expected_close_on == 9);
    fore_cursor_close(c);
    c = first_row(s, FORE_TABLE_LEAD, &lead);
    assert_int_equal(lead.do_not_contact, 1);
    fore_cursor_close(c);
}

static void put__new_deal_of_unknown_outcome__is_open(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_deal_row row = no_deal("D");
    OK(fore_store_begin(s, e));
    OK(fore_store_put_deal(s, &row, NULL, e));
    OK(fore_store_commit(s, e));
    fore_cursor *c = first_row(s, FORE_TABLE_DEAL, &row);
    assert_int_equal(row.outcome, FORE_OUTCOME_OPEN);
    fore_cursor_close(c);
}

static void put__attributes__are_merged_by_key(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_put put;
    fore_lead_row row = no_lead("L");
    OK(fore_store_begin(s, e));
    row.attributes = "{\"City\":\"Pune\",\"Size\":\"5\",\"Note\":\"a \\\"b\\\"\"}";
    OK(fore_store_put_lead(s, &row, &put, e));
    row.attributes = "{\"Size\":\"7\",\"Web\":\"yes\"}";
    OK(fore_store_put_lead(s, &row, &put, e));
    assert_int_equal(put, FORE_PUT_CHANGED);
    row.attributes = "{\"Web\":\"yes\",\"City\":\"Pune\"}";
    OK(fore_store_put_lead(s, &row, &put, e));
    assert_int_equal(put, FORE_PUT_SAME);
    OK(fore_store_commit(s, e));
    fore_cursor *c = first_row(s, FORE_TABLE_LEAD, &row);
    assert_string_equal(
        row.attributes,
        "{\"City\":\"Pune\",\"Size\":\"7\",\"Note\":\"a \\\"b\\\"\",\"Web\":\"yes\"}");
    fore_cursor_close(c);
}

static void put__natural_keys__update_in_place(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_put put;
    OK(fore_store_begin(s, e));
    fore_deal_change_row change = {
        .deal = key_of(s, FORE_DEAL, "D"), .at = 1, .field = "stage", .new_value = "b"};
    OK(fore_store_put_deal_change(s, &change, &put, e));
    assert_int_equal(put, FORE_PUT_NEW);
    change.old_value = "a";
    change.new_value = NULL;
    OK(fore_store_put_deal_change(s, &change, &put, e));
    assert_int_equal(put, FORE_PUT_CHANGED);
    OK(fore_store_put_deal_change(s, &change, &put, e));
    assert_int_equal(put, FORE_PUT_SAME);
    fore_target_row target = {
        .scope = "company", .period_start_on = 0, .period_end_on = 9, .amount_minor = 5};
    OK(fore_store_put_target(s, &target, &put, e));
    target.scope_id = "";
    target.amount_minor = 6;
    OK(fore_store_put_target(s, &target, &put, e));
    assert_int_equal(put, FORE_PUT_CHANGED);
    OK(fore_store_commit(s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_DEAL_CHANGE), 1);
    assert_int_equal(fore_store_count(s, FORE_TABLE_TARGET), 1);
    fore_cursor *c = first_row(s, FORE_TABLE_DEAL_CHANGE, &change);
    assert_string_equal(change.old_value, "a");
    assert_string_equal(change.new_value, "b");
    fore_cursor_close(c);
}

static void put__row_without_identity__is_refused(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_lead_row lead = no_lead(""), nameless = no_lead(NULL);
    fore_deal_change_row change = {.deal = 0, .at = 1, .field = "stage"};
    fore_target_row target = {
        .scope = "team", .period_start_on = 1, .period_end_on = 2, .amount_minor = FORE_NO_AMOUNT};
    int64_t pk;
    OK(fore_store_begin(s, e));
    FAILS(FORE_E_DATA, "", fore_store_put_lead(s, &lead, NULL, e));
    FAILS(FORE_E_DATA, "", fore_store_put_lead(s, &nameless, NULL, e));
    FAILS(FORE_E_DATA, "", fore_store_put_deal_change(s, &change, NULL, e));
    FAILS(FORE_E_DATA, "", fore_store_put_target(s, &target, NULL, e));
    FAILS(FORE_E_DATA, "", fore_store_key(s, FORE_LEAD, "a\0b", 3, &pk, e));
    OK(fore_store_key(s, FORE_LEAD, "", 0, &pk, e));
    assert_int_equal(pk, 0);
    OK(fore_store_commit(s, e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(put_lead__all_fields__come_back),
        WITH_STORE(put_deal__all_fields__come_back),
        WITH_STORE(put_rep__all_fields__come_back),
        WITH_STORE(put_account_and_contact__all_fields__come_back),
        WITH_STORE(put_campaign_and_product__all_fields__come_back),
        WITH_STORE(put_sale_and_ticket__all_fields__come_back),
        WITH_STORE(put_target_and_change__all_fields__come_back),
        WITH_STORE(put_activity__all_fields_and_none__come_back),
        WITH_STORE(put__unknown_fields__leave_what_is_stored),
        WITH_STORE(put__new_deal_of_unknown_outcome__is_open),
        WITH_STORE(put__attributes__are_merged_by_key),
        WITH_STORE(put__natural_keys__update_in_place),
        WITH_STORE(put__row_without_identity__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
