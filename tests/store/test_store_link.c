/* Activities that name only a contact: which deal or lead they are linked to, and when that
 * changes. */
#include "tests/store/store_fixture.h"

static void put_deal(fore_store *s, const char *id, const char *contact, int64_t created_at)
{
    fore_deal_row row = no_deal(id);
    row.contact = key_of(s, FORE_CONTACT, contact);
    row.created_at = created_at;
    OK(fore_store_put_deal(s, &row, NULL, e));
}

static void put_lead(fore_store *s, const char *id, const char *contact, int64_t created_at)
{
    fore_lead_row row = no_lead(id);
    row.contact = key_of(s, FORE_CONTACT, contact);
    row.created_at = created_at;
    OK(fore_store_put_lead(s, &row, NULL, e));
}

static fore_put put_activity(fore_store *s, const char *id, const char *contact, int64_t at)
{
    fore_put put;
    fore_activity_row row = no_activity(id);
    row.contact = key_of(s, FORE_CONTACT, contact);
    row.at = at;
    OK(fore_store_put_activity(s, &row, &put, e));
    return put;
}

/* What activity `id` is linked to: "deal D1", "lead L1", "none", with " by contact". */
static const char *link_of(fore_store *s, const char *id)
{
    static char text[96];
    const char *name = "none";
    char deal[32] = "", lead[32] = "";
    fore_activity_row row;
    fore_deal_row d;
    fore_lead_row l;
    fore_cursor *c;
    OK(fore_cursor_open(s, FORE_TABLE_ACTIVITY, false, &c, e));
    do assert_true(next_row(c, &row));
    while (strcmp(row.id, id) != 0);
    fore_cursor_close(c);
    OK(fore_cursor_open(s, FORE_TABLE_DEAL, true, &c, e));
    while (next_row(c, &d))
        if (d.pk == row.deal) snprintf(deal, sizeof deal, "deal %.20s", d.id);
    fore_cursor_close(c);
    OK(fore_cursor_open(s, FORE_TABLE_LEAD, true, &c, e));
    while (next_row(c, &l))
        if (l.pk == row.lead) snprintf(lead, sizeof lead, "lead %.20s", l.id);
    fore_cursor_close(c);
    snprintf(text, sizeof text, "%s%s%s%s", deal, lead, *deal || *lead ? "" : name,
             row.contact_link ? " by contact" : "");
    return text;
}

static int64_t link_all(fore_store *s)
{
    int64_t linked = -1;
    OK(fore_store_link_contacts(s, &linked, e));
    return linked;
}

static void link__several_deals__newest_before_else_first_after(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    OK(fore_store_begin(s, e));
    put_deal(s, "D30", "C", 30);
    put_deal(s, "D10", "C", 10);
    put_deal(s, "D20", "C", 20);
    put_deal(s, "other", "X", 15);
    put_activity(s, "at5", "C", 5);
    put_activity(s, "at10", "C", 10);
    put_activity(s, "at19", "C", 19);
    put_activity(s, "at99", "C", 99);
    put_activity(s, "nobody", "Y", 15);
    fore_activity_row planned = no_activity("planned");
    planned.contact = key_of(s, FORE_CONTACT, "C");
    planned.due_at = 21;
    OK(fore_store_put_activity(s, &planned, NULL, e));
    assert_int_equal(link_all(s), 5);
    assert_int_equal(link_all(s), 5);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "at5"), "deal D10 by contact");
    assert_string_equal(link_of(s, "at10"), "deal D10 by contact");
    assert_string_equal(link_of(s, "at19"), "deal D10 by contact");
    assert_string_equal(link_of(s, "at99"), "deal D30 by contact");
    assert_string_equal(link_of(s, "planned"), "deal D20 by contact");
    assert_string_equal(link_of(s, "nobody"), "none");
}

static void link__no_deal__goes_to_the_lead_by_the_same_rule(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    OK(fore_store_begin(s, e));
    put_lead(s, "L10", "C", 10);
    put_lead(s, "L20", "C", 20);
    put_lead(s, "with deal", "B", 1);
    put_deal(s, "D", "B", 50);
    put_activity(s, "a", "C", 15);
    put_activity(s, "b", "B", 15);
    assert_int_equal(link_all(s), 2);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "a"), "lead L10 by contact");
    assert_string_equal(link_of(s, "b"), "deal D by contact");
}

static fore_status note_link(void *context, const fore_event_row *row, fore_error *err)
{
    bool **next = context;
    (void)err;
    *(*next)++ = row->contact_link;
    return FORE_OK;
}

static void link__scan__tells_found_links_from_given_ones(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    bool linked[3] = {true, false, true}, *next = linked;
    OK(fore_store_begin(s, e));
    put_deal(s, "D", "C", 10);
    fore_activity_row given = no_activity("given");
    given.deal = key_of(s, FORE_DEAL, "D");
    OK(fore_store_put_activity(s, &given, NULL, e));
    put_activity(s, "found", "C", 15);
    put_activity(s, "nobody", "Y", 15);
    link_all(s);
    OK(fore_store_commit(s, e));
    OK(fore_store_events(s, note_link, &next, e));
    assert_true(next == linked + 3 && !linked[0] && linked[1] && !linked[2]);
}

/* Which deal was stored first must not matter. */
static void link__deals_of_one_moment__last_id_takes_it(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    OK(fore_store_begin(s, e));
    put_deal(s, "D2", "C", 10);
    put_deal(s, "D1", "C", 10);
    put_deal(s, "E1", "B", 10);
    put_deal(s, "E2", "B", 10);
    put_activity(s, "c", "C", 15);
    put_activity(s, "b", "B", 15);
    link_all(s);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "c"), "deal D2 by contact");
    assert_string_equal(link_of(s, "b"), "deal E2 by contact");
}

static void cursors__rows_stored_in_any_order__come_by_id(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    static const char *const stored[] = {"b", "B", "a10", "a2"};
    static const char *const sorted[] = {"B", "a10", "a2", "b"};
    OK(fore_store_begin(s, e));
    for (int i = 0; i < 4; i++) {
        put_deal(s, stored[i], "C", 10);
        fore_deal_change_row change = {key_of(s, FORE_DEAL, stored[i]), 5, "stage", NULL,
                                       stored[i]};
        OK(fore_store_put_deal_change(s, &change, NULL, e));
    }
    OK(fore_store_commit(s, e));
    fore_cursor *deals, *changes;
    fore_deal_row deal;
    fore_deal_change_row change;
    OK(fore_cursor_open(s, FORE_TABLE_DEAL, false, &deals, e));
    OK(fore_cursor_open(s, FORE_TABLE_DEAL_CHANGE, false, &changes, e));
    for (int i = 0; i < 4; i++) {
        assert_true(next_row(deals, &deal) && next_row(changes, &change));
        assert_string_equal(deal.id, sorted[i]);
        assert_string_equal(change.new_value, sorted[i]);
    }
    fore_cursor_close(deals);
    fore_cursor_close(changes);
}

static void link__later_import__moves_what_was_found_and_only_that(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    char once[33], again[33];
    OK(fore_store_begin(s, e));
    put_lead(s, "L", "C", 1);
    put_activity(s, "a", "C", 15);
    fore_activity_row given = no_activity("given");
    given.contact = key_of(s, FORE_CONTACT, "C");
    given.lead = key_of(s, FORE_LEAD, "mine");
    OK(fore_store_put_activity(s, &given, NULL, e));
    assert_int_equal(link_all(s), 1);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "a"), "lead L by contact");
    OK(fore_store_fingerprint(s, once, e));
    OK(fore_store_begin(s, e));
    put_deal(s, "D", "C", 12);
    assert_int_equal(link_all(s), 1);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "a"), "deal D by contact");
    assert_string_equal(link_of(s, "given"), "lead mine");
    OK(fore_store_fingerprint(s, again, e));
    assert_string_not_equal(once, again);
}

static void link__deal_taken_from_the_contact__is_undone(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    OK(fore_store_begin(s, e));
    put_deal(s, "D", "C", 12);
    put_activity(s, "a", "C", 15);
    assert_int_equal(link_all(s), 1);
    put_deal(s, "D", "B", 12);
    assert_int_equal(link_all(s), 0);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "a"), "none");
}

static void link__same_import_again__is_the_same_history(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    char once[33], again[33];
    for (int pass = 0; pass < 2; pass++) {
        OK(fore_store_begin(s, e));
        put_deal(s, "D", "C", 12);
        assert_int_equal(put_activity(s, "a", "C", 15), pass ? FORE_PUT_SAME : FORE_PUT_NEW);
        assert_int_equal(link_all(s), 1);
        OK(fore_store_commit(s, e));
        OK(fore_store_fingerprint(s, pass ? again : once, e));
    }
    assert_string_equal(once, again);
    assert_string_equal(link_of(s, "a"), "deal D by contact");
}

static void link__given_later__stands_above_the_contact(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_store *direct;
    char a[33], b[33];
    fore_put put;
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &direct, e));
    OK(fore_store_begin(s, e));
    put_deal(s, "D", "C", 12);
    put_lead(s, "L", "B", 1);
    put_activity(s, "a", "C", 15);
    link_all(s);
    fore_activity_row row = no_activity("a");
    row.lead = key_of(s, FORE_LEAD, "L");
    OK(fore_store_put_activity(s, &row, &put, e));
    assert_int_equal(put, FORE_PUT_CHANGED);
    assert_int_equal(link_all(s), 0);
    OK(fore_store_commit(s, e));
    assert_string_equal(link_of(s, "a"), "lead L");
    OK(fore_store_begin(direct, e)); /* the same history without the detour */
    put_deal(direct, "D", "C", 12);
    put_lead(direct, "L", "B", 1);
    row.contact = key_of(direct, FORE_CONTACT, "C");
    row.at = 15;
    OK(fore_store_put_activity(direct, &row, NULL, e));
    link_all(direct);
    OK(fore_store_commit(direct, e));
    OK(fore_store_fingerprint(s, a, e));
    OK(fore_store_fingerprint(direct, b, e));
    assert_string_equal(a, b);
    fore_store_close(direct);
}

/* Against the rule written down naively, on a random history. */
static void link__random_history__as_by_the_plain_rule(void **state)
{
    enum { DEALS = 60, CALLS = 200, CONTACTS = 12 };
    fore_store *s = ((fixture *)*state)->store;
    int64_t contact[DEALS], created[DEALS], pk[DEALS];
    uint64_t seed = 5;
    char id[16], name[16];
    OK(fore_store_begin(s, e));
    for (int d = 0; d < DEALS; d++) {
        contact[d] = (int64_t)(fore_hash(&d, sizeof d, seed) % CONTACTS);
        created[d] = (int64_t)(fore_hash(&d, sizeof d, seed + 1) % 40);
        snprintf(id, sizeof id, "D%d", d);
        snprintf(name, sizeof name, "C%d", (int)contact[d]);
        put_deal(s, id, name, created[d]);
        pk[d] = key_of(s, FORE_DEAL, id);
    }
    for (int a = 0; a < CALLS; a++) {
        snprintf(id, sizeof id, "a%d", a);
        snprintf(name, sizeof name, "C%d", (int)(fore_hash(&a, sizeof a, seed + 2) % CONTACTS));
        put_activity(s, id, name, (int64_t)(fore_hash(&a, sizeof a, seed + 3) % 40));
    }
    link_all(s);
    OK(fore_store_commit(s, e));
    fore_cursor *c;
    fore_activity_row row;
    int seen = 0;
    OK(fore_cursor_open(s, FORE_TABLE_ACTIVITY, false, &c, e));
    for (; next_row(c, &row); seen++) {
        int a = atoi(row.id + 1), before = -1, after = -1;
        int64_t who = (int64_t)(fore_hash(&a, sizeof a, seed + 2) % CONTACTS);
        for (int d = 0; d < DEALS; d++) {
            if (contact[d] != who) continue;
            if (created[d] <= row.at && (before < 0 || created[d] >= created[before])) before = d;
            if (created[d] > row.at && (after < 0 || created[d] < created[after])) after = d;
        }
        int wanted = before >= 0 ? before : after;
        assert_int_equal(row.deal, wanted < 0 ? 0 : pk[wanted]);
    }
    fore_cursor_close(c);
    assert_int_equal(seen, CALLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(link__several_deals__newest_before_else_first_after),
        WITH_STORE(link__no_deal__goes_to_the_lead_by_the_same_rule),
        WITH_STORE(link__scan__tells_found_links_from_given_ones),
        WITH_STORE(link__deals_of_one_moment__last_id_takes_it),
        WITH_STORE(cursors__rows_stored_in_any_order__come_by_id),
        WITH_STORE(link__later_import__moves_what_was_found_and_only_that),
        WITH_STORE(link__deal_taken_from_the_contact__is_undone),
        WITH_STORE(link__same_import_again__is_the_same_history),
        WITH_STORE(link__given_later__stands_above_the_contact),
        WITH_STORE(link__random_history__as_by_the_plain_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
