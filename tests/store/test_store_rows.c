/* Rows in and out: round trips, upserts, placeholders, the fingerprint, first imports, the scan. */
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

static void put_others__all_fields__come_back(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
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
    fore_campaign_row campaign = {.id = "M",
                                  .name = "Fair",
                                  .channel = "event",
                                  .started_at = 1,
                                  .ended_at = 2,
                                  .cost_minor = 3};
    OK(fore_store_put_campaign(s, &campaign, NULL, e));
    fore_product_row product = {.id = "P", .name = "Box", .category = "X", .list_price_minor = 9};
    OK(fore_store_put_product(s, &product, NULL, e));
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
    fore_target_row target = {.scope = "team",
                              .scope_id = "T",
                              .period_start_on = 1,
                              .period_end_on = 2,
                              .amount_minor = 3};
    OK(fore_store_put_target(s, &target, NULL, e));
    fore_deal_change_row change = {
        .deal = sale.deal, .at = 4, .field = "stage", .old_value = "a", .new_value = NULL};
    OK(fore_store_put_deal_change(s, &change, NULL, e));
    OK(fore_store_commit(s, e));

    fore_rep_row rep2;
    fore_cursor *c = first_row(s, FORE_TABLE_REP, &rep2); /* "boss" is not known */
    assert_string_equal(rep2.id, "R");
    assert_string_equal(rep2.team, "T");
    assert_int_equal(rep2.manager, rep.manager);
    assert_true(rep2.hours_per_week == 37.5);
    assert_int_equal(rep2.hourly_cost_minor, 4500);
    assert_int_equal(rep2.active_from_on, 10);
    assert_int_equal(rep2.active_to_on, 20);
    fore_cursor_close(c);
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

/* --- upserts --- */

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

/* --- keys --- */

static void key__unknown_id__makes_a_placeholder_that_becomes_known(void **state)
{
    fixture *f = *state;
    fore_store *s = f->store;
    fore_put put;
    int64_t pk, again, found;
    OK(fore_store_begin(s, e));
    OK(fore_store_key(s, FORE_LEAD, "L1,rest", 2, &pk, e));
    OK(fore_store_key(s, FORE_LEAD, "L1", -1, &again, e));
    assert_true(pk > 0 && pk == again);
    OK(fore_store_find(s, FORE_LEAD, "L2", &found, e));
    assert_int_equal(found, 0);
    OK(fore_store_commit(s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 0);
    fore_lead_row row = no_lead("L1");
    OK(fore_store_begin(s, e));
    OK(fore_store_put_lead(s, &row, &put, e));
    assert_int_equal(put, FORE_PUT_NEW);
    OK(fore_store_commit(s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 1);
    OK(fore_store_find(s, FORE_LEAD, "L1", &found, e));
    assert_int_equal(found, pk);
}

static void cursor__placeholders__only_when_asked_for(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_lead_row row = no_lead("L2");
    fore_cursor *c;
    bool more;
    OK(fore_store_begin(s, e));
    key_of(s, FORE_LEAD, "L1");
    OK(fore_store_put_lead(s, &row, NULL, e));
    OK(fore_store_commit(s, e));
    c = first_row(s, FORE_TABLE_LEAD, &row);
    assert_string_equal(row.id, "L2");
    fore_cursor_close(c);
    OK(fore_cursor_open(s, FORE_TABLE_LEAD, true, &c, e));
    OK(fore_cursor_next(c, &row, &more, e));
    assert_true(more && !row.known);
    assert_string_equal(row.id, "L1");
    fore_cursor_close(c);
}

static void cursor__one_row__is_that_of_the_key_and_no_other(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_lead_row row = no_lead("L1");
    fore_cursor *c;
    bool more;
    int64_t pk;
    OK(fore_store_begin(s, e));
    OK(fore_store_put_lead(s, &row, NULL, e));
    row = no_lead("L2");
    OK(fore_store_put_lead(s, &row, NULL, e));
    OK(fore_store_commit(s, e));
    OK(fore_store_find(s, FORE_LEAD, "L2", &pk, e));
    OK(fore_cursor_open_one(s, FORE_TABLE_LEAD, pk, &c, e));
    OK(fore_cursor_next(c, &row, &more, e));
    assert_true(more && row.pk == pk);
    assert_string_equal(row.id, "L2");
    OK(fore_cursor_next(c, &row, &more, e));
    assert_false(more);
    fore_cursor_close(c);
    OK(fore_cursor_open_one(s, FORE_TABLE_LEAD, pk + 100, &c, e));
    OK(fore_cursor_next(c, &row, &more, e));
    assert_false(more);
    fore_cursor_close(c);
}

static void key__rows_of_another_process__are_found(void **state)
{
    fixture *f = *state;
    fore_store *other;
    int64_t mine, theirs;
    OK(fore_store_begin(f->store, e));
    key_of(f->store, FORE_REP, "R1");
    OK(fore_store_commit(f->store, e));
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &other, e));
    OK(fore_store_begin(other, e));
    OK(fore_store_key(other, FORE_REP, "R2", -1, &theirs, e));
    OK(fore_store_commit(other, e));
    fore_store_close(other);
    OK(fore_store_begin(f->store, e));
    OK(fore_store_key(f->store, FORE_REP, "R2", -1, &mine, e));
    OK(fore_store_commit(f->store, e));
    assert_int_equal(mine, theirs);
}

/* --- the fingerprint --- */

static void import_little(fore_store *s, const char *stage)
{
    OK(fore_store_begin(s, e));
    fore_deal_row deal = no_deal("D");
    deal.owner = key_of(s, FORE_REP, "R");
    deal.stage = stage;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "a%d", i);
        fore_activity_row row = no_activity(id);
        row.at = i * FORE_HOUR;
        row.deal = key_of(s, FORE_DEAL, "D");
        OK(fore_store_put_activity(s, &row, NULL, e));
    }
    OK(fore_store_commit(s, e));
}

static void fingerprint__same_import_twice__changes_nothing(void **state)
{
    fore_store *s = ((fixture *)*state)->store, *twin;
    char empty[33], once[33], twice[33], other[33];
    OK(fore_store_fingerprint(s, empty, e));
    import_little(s, "Quote");
    OK(fore_store_fingerprint(s, once, e));
    import_little(s, "Quote");
    OK(fore_store_fingerprint(s, twice, e));
    assert_string_equal(once, twice);
    assert_string_not_equal(once, empty);
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &twin, e));
    import_little(twin, "Quote");
    OK(fore_store_fingerprint(twin, other, e));
    assert_string_equal(once, other);
    import_little(twin, "Offer");
    OK(fore_store_fingerprint(twin, other, e));
    assert_string_not_equal(once, other);
    import_little(twin, "Quote");
    OK(fore_store_fingerprint(twin, other, e));
    assert_string_equal(once, other); /* it tells what the history is, not how it came to be */
    fore_store_close(twin);
}

static void fingerprint__settings_and_placeholders__do_not_count(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    char before[33], after[33];
    fore_text zone = {0};
    bool found;
    import_little(s, "Quote");
    OK(fore_store_fingerprint(s, before, e));
    OK(fore_store_set(s, "zone", "Asia/Kolkata", e));
    OK(fore_store_setting(s, "zone", &zone, &found, e));
    assert_true(found);
    assert_string_equal(zone.bytes, "Asia/Kolkata");
    fore_text_free(&zone);
    OK(fore_store_begin(s, e));
    key_of(s, FORE_LEAD, "nobody");
    OK(fore_store_commit(s, e));
    OK(fore_store_fingerprint(s, after, e));
    assert_string_equal(before, after);
}

/* --- the first import of activities --- */

/* Puts the same rows in chunks of `chunk` per transaction. */
static void put_in_chunks(fore_store *s, int chunk)
{
    for (int i = 0; i < 300; i++) {
        char id[16];
        if (i % chunk == 0) OK(fore_store_begin(s, e));
        snprintf(id, sizeof id, "a%d", (i * 37) % 101); /* each id about three times */
        fore_activity_row row = no_activity(id);
        row.at = i % 5 ? i * FORE_HOUR : FORE_NO_TIME;
        row.minutes = i % 3 ? NAN : i;
        row.outcome = i % 7 ? NULL : "no answer";
        row.kind = (fore_activity_kind)(i % 4);
        row.rep = i % 2 ? key_of(s, FORE_REP, "R1") : 0;
        fore_put put;
        OK(fore_store_put_activity(s, &row, &put, e));
        assert_int_equal(put == FORE_PUT_NEW, i < 101);
        if (i % chunk == chunk - 1) OK(fore_store_commit(s, e));
    }
}

static void put_activity__ids_repeat_in_first_import__as_in_later_ones(void **state)
{
    fore_store *bulk = ((fixture *)*state)->store, *slow;
    char a[33], b[33];
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &slow, e));
    put_in_chunks(bulk, 300);
    put_in_chunks(slow, 1);
    assert_int_equal(fore_store_count(bulk, FORE_TABLE_ACTIVITY), 101);
    fore_cursor *x, *y;
    fore_activity_row p, q;
    bool more = true;
    OK(fore_cursor_open(bulk, FORE_TABLE_ACTIVITY, false, &x, e));
    OK(fore_cursor_open(slow, FORE_TABLE_ACTIVITY, false, &y, e));
    for (int i = 0; i < 101; i++) {
        OK(fore_cursor_next(x, &p, &more, e));
        OK(fore_cursor_next(y, &q, &more, e));
        assert_true(more && p.pk == q.pk && p.at == q.at && p.kind == q.kind && p.rep == q.rep);
        assert_true(p.minutes == q.minutes || (isnan(p.minutes) && isnan(q.minutes)));
        assert_string_equal(p.id, q.id);
    }
    fore_cursor_close(x);
    fore_cursor_close(y);
    OK(fore_store_fingerprint(bulk, a, e));
    OK(fore_store_fingerprint(slow, b, e));
    assert_string_equal(a, b);
    fore_store_close(slow);
}

static void put_activity__key_that_names_no_row__is_refused(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_activity_row row = no_activity("a");
    row.lead = 77;
    OK(fore_store_begin(s, e));
    FAILS(FORE_E_ARGUMENT, "", fore_store_put_activity(s, &row, NULL, e));
    fore_store_rollback(s);
    import_little(s, "Quote");
    OK(fore_store_begin(s, e));
    FAILS(FORE_E_STORE, "", fore_store_put_activity(s, &row, NULL, e));
    fore_store_rollback(s);
}

/* --- the scan --- */

typedef struct tally {
    int64_t rows, stop_at;
    fore_event_row last;
} tally;

static fore_status count_events(void *context, const fore_event_row *row, fore_error *err)
{
    tally *t = context;
    t->last = *row;
    t->rows++;
    if (t->rows == t->stop_at) return fore_fail(err, FORE_E_CANCELLED, "enough; go on later");
    return FORE_OK;
}

static void events__every_row__once_in_order_of_keys(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    tally all = {0}, some = {.stop_at = 3};
    import_little(s, "Quote");
    OK(fore_store_events(s, count_events, &all, e));
    assert_int_equal(all.rows, 20);
    assert_true(all.last.at == 19 * FORE_HOUR && all.last.due_at == FORE_NO_TIME);
    assert_true(all.last.deal > 0 && all.last.lead == 0 && isnan(all.last.minutes));
    assert_true(all.last.kind == FORE_OTHER && all.last.outcome == FORE_EVENT_OUTCOME_UNKNOWN);
    FAILS(FORE_E_CANCELLED, "", fore_store_events(s, count_events, &some, e));
    assert_int_equal(some.rows, 3);
    tally again = {0};
    OK(fore_store_events(s, count_events, &again, e));
    assert_int_equal(again.rows, 20);
}

static void events__outcome_words__are_classified_as_by_the_function(void **state)
{
    static const char *const words[] = {
        "Received",
        "no answer",
        "NO_SHOW",
        "Attended Dialled",
        "Unattended Dialled",
        "Cancelled",
        "",
        "Left voicemail",
        "gibberish that is longer than any word which a cache holds",
        "no answer at all, and this is a long remark about it all"};
    fore_store *s = ((fixture *)*state)->store;
    for (int repeat = 0; repeat < 2; repeat++)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            tally t = {0};
            fore_activity_row row = no_activity("a");
            row.outcome = words[i];
            OK(fore_store_begin(s, e));
            OK(fore_store_put_activity(s, &row, NULL, e));
            OK(fore_store_commit(s, e));
            OK(fore_store_events(s, count_events, &t, e));
            assert_int_equal(t.last.outcome, fore_event_outcome_of(words[i]));
        }
}

static void event_outcome_of__words_of_the_trade__mean_what_they_say(void **state)
{
    (void)state;
    assert_int_equal(fore_event_outcome_of("Received"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("Attended Dialled"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("COMPLETED"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("Connected"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("no answer"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("NO_SHOW"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Unattended Dialled"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Scheduled Unattended Delay"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Left voicemail"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Missed"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("CANCELED"), FORE_EVENT_CANCELLED);
    assert_int_equal(fore_event_outcome_of("Overdue"), FORE_EVENT_CANCELLED);
    assert_int_equal(fore_event_outcome_of("Scheduled"), FORE_EVENT_OUTCOME_UNKNOWN);
    assert_int_equal(fore_event_outcome_of(NULL), FORE_EVENT_OUTCOME_UNKNOWN);
}

static void activity_kind__words_and_numbers__are_inverse(void **state)
{
    (void)state;
    fore_activity_kind kind = FORE_CALL;
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        assert_true(
            fore_activity_kind_parse(fore_activity_kind_word((fore_activity_kind)k), &kind));
        assert_int_equal(kind, k);
    }
    assert_true(fore_activity_kind_parse("Meeting", &kind));
    assert_int_equal(kind, FORE_MEETING);
    assert_false(fore_activity_kind_parse("carrier pigeon", &kind));
}

static void newest__moment_inside_the_history__sees_nothing_later(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    int64_t at;
    OK(fore_store_newest(s, INT64_MAX, &at, e));
    assert_int_equal(at, FORE_NO_TIME);
    import_little(s, "Quote");
    OK(fore_store_begin(s, e));
    fore_deal_row deal = no_deal("D");
    deal.created_at = 5 * FORE_HOUR + 1;
    deal.closed_at = FORE_DAY * 2;
    deal.outcome = FORE_WON;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    deal = no_deal("open"); /* what is open has no closing, whatever its row says */
    deal.created_at = 5 * FORE_HOUR;
    deal.closed_at = FORE_DAY * 3;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    deal = no_deal("mistyped"); /* far beyond all that was recorded */
    deal.created_at = 5 * FORE_HOUR;
    deal.closed_at = FORE_DAY * 90;
    deal.outcome = FORE_LOST;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    OK(fore_store_commit(s, e));
    OK(fore_store_newest(s, INT64_MAX, &at, e));
    assert_int_equal(at, FORE_DAY * 2);
    OK(fore_store_newest(s, FORE_DAY * 2 - 1, &at, e));
    assert_int_equal(at, 19 * FORE_HOUR);
    OK(fore_store_newest(s, 5 * FORE_HOUR + 1, &at, e));
    assert_int_equal(at, 5 * FORE_HOUR + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(put_lead__all_fields__come_back),
        WITH_STORE(put_deal__all_fields__come_back),
        WITH_STORE(put_others__all_fields__come_back),
        WITH_STORE(put_activity__all_fields_and_none__come_back),
        WITH_STORE(put__unknown_fields__leave_what_is_stored),
        WITH_STORE(put__new_deal_of_unknown_outcome__is_open),
        WITH_STORE(put__attributes__are_merged_by_key),
        WITH_STORE(put__natural_keys__update_in_place),
        WITH_STORE(put__row_without_identity__is_refused),
        WITH_STORE(key__unknown_id__makes_a_placeholder_that_becomes_known),
        WITH_STORE(cursor__placeholders__only_when_asked_for),
        WITH_STORE(cursor__one_row__is_that_of_the_key_and_no_other),
        WITH_STORE(key__rows_of_another_process__are_found),
        WITH_STORE(fingerprint__same_import_twice__changes_nothing),
        WITH_STORE(fingerprint__settings_and_placeholders__do_not_count),
        WITH_STORE(put_activity__ids_repeat_in_first_import__as_in_later_ones),
        WITH_STORE(put_activity__key_that_names_no_row__is_refused),
        WITH_STORE(events__every_row__once_in_order_of_keys),
        WITH_STORE(events__outcome_words__are_classified_as_by_the_function),
        cmocka_unit_test(event_outcome_of__words_of_the_trade__mean_what_they_say),
        cmocka_unit_test(activity_kind__words_and_numbers__are_inverse),
        WITH_STORE(newest__moment_inside_the_history__sees_nothing_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
