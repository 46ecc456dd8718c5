/* Attributes: the right cells in the right rows, values as of creation, deny list, late changes. */
#include "frame_help.h"

#include <math.h>

#include "features/attributes.h"

static int64_t day(int n) { return fore_time_of_date(fore_days_from_civil(2024, 1, 1) + n); }

static int64_t key(fore_store *s, fore_entity entity, const char *id)
{
    int64_t pk = 0;
    OK(fore_store_key(s, entity, id, (int64_t)strlen(id), &pk, err));
    return pk;
}

static void put_company(fore_store *s)
{
    fore_put put;
    fore_rep_row rep = {.id = "r1",
                        .team = "north",
                        .region = "EU",
                        .hours_per_week = NAN,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = FORE_NO_DATE};
    OK(fore_store_put_rep(s, &rep, &put, err));
    rep.id = "r2";
    rep.team = "south";
    OK(fore_store_put_rep(s, &rep, &put, err));
    fore_account_row account = {.id = "a1",
                                .industry = "Steel",
                                .employees = 120,
                                .annual_revenue_minor = 500000,
                                .country = "DE",
                                .owner = 0,
                                .created_at = FORE_NO_TIME,
                                .attributes = "{\"Tier\":\"gold\"}"};
    key(s, FORE_ACCOUNT, "a0"); /* a placeholder before it */
    OK(fore_store_put_account(s, &account, &put, err));
    fore_product_row product = {.id = "p1",
                                .name = "Saw",
                                .category = "Tools",
                                .list_price_minor = 9900,
                                .attributes = "{\"Colour\":\"red\"}"};
    OK(fore_store_put_product(s, &product, &put, err));
    fore_campaign_row campaign = {.id = "c1",
                                  .name = "Spring",
                                  .channel = "mail",
                                  .started_at = FORE_NO_TIME,
                                  .ended_at = FORE_NO_TIME,
                                  .cost_minor = FORE_NO_AMOUNT};
    OK(fore_store_put_campaign(s, &campaign, &put, err));
}

static void put_lead(fore_store *s, const char *id, const char *email, const char *attributes)
{
    fore_put put;
    bool first = strcmp(id, "l1") == 0;
    fore_lead_row lead = {.id = id,
                          .account = first ? key(s, FORE_ACCOUNT, "a1") : 0,
                          .name = "Ann Example",
                          .email = email,
                          .phone = first ? "+49 1" : NULL,
                          .title = first ? "CEO" : NULL,
                          .source = "Web",
                          .campaign = first ? key(s, FORE_CAMPAIGN, "c1") : 0,
                          .owner = key(s, FORE_REP, "r1"),
                          .created_at = day(0),
                          .status = first ? "converted" : "working",
                          .closed_at = first ? day(30) : FORE_NO_TIME,
                          .attributes = attributes};
    OK(fore_store_put_lead(s, &lead, &put, err));
}

static void put_deal(fore_store *s, const char *id, fore_outcome outcome, const char *lead,
                     const char *attributes)
{
    fore_put put;
    fore_deal_row deal = {.id = id,
                          .lead = lead ? key(s, FORE_LEAD, lead) : 0,
                          .account = key(s, FORE_ACCOUNT, "a1"),
                          .owner = key(s, FORE_REP, "r2"),
                          .product = key(s, FORE_PRODUCT, "p1"),
                          .name = "secret",
                          .stage = "Won",
                          .source = "Fair",
                          .amount_minor = 100,
                          .currency = "EUR",
                          .created_at = day(0),
                          .expected_close_on = FORE_NO_DATE,
                          .closed_at = outcome == FORE_OUTCOME_OPEN ? FORE_NO_TIME : day(20),
                          .outcome = outcome,
                          .lost_reason = "price",
                          .attributes = attributes};
    OK(fore_store_put_deal(s, &deal, &put, err));
}

static void put_change(fore_store *s, const char *deal, int at, const char *field, const char *old,
                       const char *now)
{
    fore_put put;
    fore_deal_change_row row = {key(s, FORE_DEAL, deal), day(at), field, old, now};
    OK(fore_store_put_deal_change(s, &row, &put, err));
}

static fore_store *small_store(fore_timeline **t)
{
    fore_store *s = NULL;
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &s, err));
    OK(fore_store_begin(s, err));
    put_company(s);
    put_lead(s, "l1", "ann@Steel.example", "{\"Budget\":\"900\",\"Source\":\"two\"}");
    put_lead(s, "l2", "bob@gmail.com", NULL);
    put_lead(s, "l3", NULL, "{\"Budget\":\"\",\"Hobby\":\"chess\"}");
    put_deal(s, "d1", FORE_WON, "l1", "{\"Class\":\"A\",\"Level\":\"B2\"}");
    put_deal(s, "d2", FORE_OUTCOME_OPEN, NULL, "{\"Class\":\"B\"}");
    put_deal(s, "d3", FORE_LOST, NULL, "{\"Class\":\"C\"}");
    put_change(s, "d1", 5, "Class", "D", "E");
    put_change(s, "d1", 40, "Class", "E", "A"); /* twenty days after it was won */
    put_change(s, "d1", 41, "Level", NULL, "B2");
    put_change(s, "d1", 6, "stage", "New", "Won");
    put_change(s, "d2", 7, "owner_id", "r1", "r2");
    put_change(s, "d3", 20, "Class", "", "C"); /* with the closing, not after it */
    OK(fore_store_commit(s, err));
    OK(fore_timeline_build(s, NULL, t, err));
    return s;
}

static const char *text_at(const fore_frame *frame, const char *column, int64_t row)
{
    const fore_frame_column *c = column_named(frame, column);
    if (!c->code) fail_msg("%s is %s", column, fore_column_type_word(c->type));
    return c->code[row] < 0 ? "-" : fore_dictionary_text(c->levels, c->code[row]);
}

static double number_at(const fore_frame *frame, const char *column, int64_t row)
{
    const fore_frame_column *c = column_named(frame, column);
    if (!c->number) fail_msg("%s is %s", column, fore_column_type_word(c->type));
    return c->number[row];
}

static void attributes__of_leads__in_their_rows(void **state)
{
    (void)state;
    fore_timeline *t;
    fore_attributes *a = NULL;
    fore_store *s = small_store(&t);
    OK(fore_attributes_read(s, t, FORE_SUBJECT_LEAD, day(100), NULL, 0, &a, err));
    assert_int_equal(fore_frame_rows(a->frame), 3);
    assert_int_equal(a->first, 0);
    assert_string_equal(text_at(a->frame, "Source", 0), "Web");
    assert_string_equal(text_at(a->frame, "Source (attribute)", 0), "two");
    assert_string_equal(text_at(a->frame, "Title", 0), "CEO");
    assert_string_equal(text_at(a->frame, "Title", 1), "-");
    assert_string_equal(text_at(a->frame, "E-mail domain", 0), "steel.example");
    assert_true(number_at(a->frame, "Free mail", 0) == 0 &&
                number_at(a->frame, "Free mail", 1) == 1);
    assert_true(isnan(number_at(a->frame, "Free mail", 2)) &&
                number_at(a->frame, "E-mail given", 2) == 0);
    assert_true(number_at(a->frame, "Phone given", 0) == 1 &&
                number_at(a->frame, "Phone given", 1) == 0);
    assert_string_equal(text_at(a->frame, "Industry", 0), "Steel");
    assert_true(number_at(a->frame, "Account given", 0) == 1 &&
                number_at(a->frame, "Account given", 1) == 0);
    static const char *const of_account[] = {"Industry", "Country", "Employees", "Annual revenue",
                                             "Account: Tier"};
    int64_t from_account = 0;
    for (int64_t j = 0; j < fore_frame_columns(a->frame); j++) from_account += a->from_account[j];
    for (size_t k = 0; k < sizeof of_account / sizeof *of_account; k++)
        from_account -= a->from_account[fore_frame_find(a->frame, of_account[k])];
    assert_int_equal(from_account, 0);
    assert_true(number_at(a->frame, "Employees", 0) == 120 &&
                isnan(number_at(a->frame, "Employees", 1)));
    assert_true(number_at(a->frame, "Annual revenue", 0) == 5000);
    assert_string_equal(text_at(a->frame, "Account: Tier", 0), "gold");
    assert_string_equal(text_at(a->frame, "Campaign", 0), "Spring");
    assert_string_equal(text_at(a->frame, "Campaign channel", 0), "mail");
    assert_string_equal(text_at(a->frame, "Owner", 2), "r1");
    assert_string_equal(text_at(a->frame, "Owner team", 2), "north");
    assert_true(number_at(a->frame, "Budget", 0) == 900 && isnan(number_at(a->frame, "Budget", 2)));
    assert_string_equal(text_at(a->frame, "Hobby", 2), "chess");
    double label[3];
    int64_t late[64];
    assert_true(fore_frame_columns(a->frame) <= 64);
    fore_attributes_labels(a, t, day(100), label, late);
    assert_true(label[0] == 1 && isnan(label[1]));
    for (int64_t j = 0; j < fore_frame_columns(a->frame); j++) { /* nothing personal */
        const fore_frame_column *c = fore_frame_column_at(a->frame, j);
        for (int64_t k = 0; c->levels && k < fore_dictionary_count(c->levels); k++) {
            assert_null(strstr(fore_dictionary_text(c->levels, k), "Ann"));
            assert_null(strchr(fore_dictionary_text(c->levels, k), '@'));
        }
    }
    fore_attributes_free(a);
    fore_timeline_free(t);
    fore_store_close(s);
}

static void attributes__of_deals__as_at_creation(void **state)
{
    (void)state;
    fore_timeline *t;
    fore_attributes *a = NULL;
    fore_store *s = small_store(&t);
    OK(fore_attributes_read(s, t, FORE_SUBJECT_DEAL, day(100), NULL, 0, &a, err));
    assert_int_equal(fore_frame_rows(a->frame), 3);
    assert_int_equal(a->first, 3);
    assert_string_equal(text_at(a->frame, "Class", 0), "D"); /* before its first change */
    assert_string_equal(text_at(a->frame, "Class", 1), "B"); /* never changed */
    assert_string_equal(text_at(a->frame, "Class", 2), "-"); /* empty before its first change */
    assert_int_equal(column_named(a->frame, "Level")->type, FORE_COLUMN_EMPTY);
    assert_string_equal(text_at(a->frame, "Owner", 1), "r1"); /* before the change of owner */
    assert_string_equal(text_at(a->frame, "Owner team", 1), "north");
    assert_string_equal(text_at(a->frame, "Owner", 0), "r2");
    assert_string_equal(text_at(a->frame, "Product", 0), "Saw");
    assert_string_equal(text_at(a->frame, "Product category", 0), "Tools");
    assert_string_equal(text_at(a->frame, "Product: Colour", 0), "red");
    assert_true(number_at(a->frame, "List price", 0) == 99);
    assert_string_equal(text_at(a->frame, "Currency", 0), "EUR");
    assert_string_equal(text_at(a->frame, "Lead: Title", 0), "CEO");
    assert_true(number_at(a->frame, "Lead: Budget", 0) == 900);
    assert_string_equal(text_at(a->frame, "Account: Tier", 2), "gold");
    double label[3];
    int64_t late[64];
    assert_true(fore_frame_columns(a->frame) <= 64);
    fore_attributes_labels(a, t, day(100), label, late);
    assert_int_equal(late[fore_frame_find(a->frame, "Class")], 1);
    assert_int_equal(late[fore_frame_find(a->frame, "Level")], 1);
    assert_int_equal(late[fore_frame_find(a->frame, "Owner")], 0);
    assert_true(label[0] == 1 && isnan(label[1]) && label[2] == 0);
    fore_attributes_labels(a, t, day(10), label, late); /* before any closing */
    assert_int_equal(late[fore_frame_find(a->frame, "Class")], 0);
    assert_true(isinf(label[0]) && isnan(label[1]) && isinf(label[2])); /* open is open today */
    assert_int_equal(a->group[2], t->key[5]);
    static const char *const never[] = {"stage",       "amount", "lost_reason",
                                        "Lost reason", "name",   "status"};
    for (size_t k = 0; k < sizeof never / sizeof *never; k++)
        assert_int_equal(fore_frame_find(a->frame, never[k]), -1);
    fore_attributes_free(a);
    fore_timeline_free(t);
    fore_store_close(s);
}

static void attributes__denied_columns__left_out(void **state)
{
    (void)state;
    fore_timeline *t;
    fore_attributes *a = NULL;
    fore_store *s = small_store(&t);
    const char *deny[] = {"account tier", "OWNER"};
    OK(fore_attributes_read(s, t, FORE_SUBJECT_LEAD, day(100), deny, 2, &a, err));
    assert_int_equal(fore_frame_find(a->frame, "Account: Tier"), -1);
    assert_int_equal(fore_frame_find(a->frame, "Owner"), -1);
    assert_true(fore_frame_find(a->frame, "Owner team") >= 0);
    fore_attributes_free(a);
    fore_attributes_free(NULL);
    fore_timeline_free(t);
    fore_store_close(s);
}

static void attributes__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    fore_timeline *t;
    fore_store *s = small_store(&t);
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1; k < 3000; k++) {
        fore_error error = {0};
        fore_attributes *a = NULL;
        fore_memory_fail_at(k);
        fore_status status =
            fore_attributes_read(s, t, FORE_SUBJECT_DEAL, day(100), NULL, 0, &a, &error);
        fore_memory_fail_at(0);
        fore_attributes_free(a);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 30);
    fore_timeline_free(t);
    fore_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes__of_leads__in_their_rows),
        cmocka_unit_test(attributes__of_deals__as_at_creation),
        cmocka_unit_test(attributes__denied_columns__left_out),
        cmocka_unit_test(attributes__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
