/* Customers: planted cases are found and told why, innocent ones are left alone. */
#include "customers_help.h"

static void put_order(world *w, const char *account, int day, const char *product, double amount)
{
    char id[32];
    fore_put put;
    snprintf(id, sizeof id, "O%lld", (long long)w->events++);
    fore_sale_row row = {.id = id,
                         .account = key_of(w, FORE_ACCOUNT, account),
                         .at = at(day, 12),
                         .product = key_of(w, FORE_PRODUCT, product),
                         .quantity = 1,
                         .amount_minor = llround(amount * 100),
                         .currency = "EUR"};
    OK(fore_store_put_sale(w->c.store, &row, &put, e));
}

static void put_account(world *w, const char *id, const char *rep)
{
    fore_put put;
    fore_account_row row = {.id = id,
                            .name = id,
                            .owner = key_of(w, FORE_REP, rep),
                            .employees = NAN,
                            .annual_revenue_minor = FORE_NO_AMOUNT,
                            .created_at = at(0, 8)};
    OK(fore_store_put_account(w->c.store, &row, &put, e));
}

static void put_ticket(world *w, const char *id, const char *account, int opened, int closed,
                       double satisfaction)
{
    fore_put put;
    fore_ticket_row row = {.id = id,
                           .account = key_of(w, FORE_ACCOUNT, account),
                           .opened_at = at(opened, 9),
                           .closed_at = closed ? at(closed, 9) : FORE_NO_TIME,
                           .satisfaction = satisfaction};
    OK(fore_store_put_ticket(w->c.store, &row, &put, e));
}

/* The array of the section as it stands in the document. */
static char *section_of(const fore_answer *a)
{
    const char *from = strstr(fore_text_string(&a->json), "\"customers\":");
    const char *to = strstr(fore_text_string(&a->json), "\"win_back\":");
    assert_true(from && to && to > from);
    return strndup(from, (size_t)(to - from));
}

static void churn__a_reader_who_never_clicks__is_told_at_the_fifth_letter(void **state)
{
    world *w = *state;
    static const struct {
        const char *id;
        int letters, opens, clicks;
        bool customer;
    } reader[] = {{"X1", 5, 4, 0, true},
                  {"X2", 4, 4, 0, true},
                  {"X3", 5, 4, 1, true},
                  {"X4", 5, 0, 0, true},
                  {"X5", 5, 4, 0, false}};
    a_day(w);
    world_begin(w);
    for (int i = 0; i < 5; i++) {
        if (reader[i].customer)
            put_won(w, reader[i].id, reader[i].id, NOW - 120);
        else
            put_lost(w, reader[i].id, reader[i].id, NOW - 20);
        put_signs(w, reader[i].id, FORE_SEND, reader[i].letters, NOW - 75, 15);
        put_signs(w, reader[i].id, FORE_OPEN, reader[i].opens, NOW - 74, 15);
        put_signs(w, reader[i].id, FORE_CLICK, reader[i].clicks, NOW - 73, 15);
    }
    world_commit(w);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    assert_says(a, row_of(a, "churn", "X1"), "reads and never clicks: 5 letters");
    for (int i = 1; i < 5; i++) assert_int_equal(row_of(a, "churn", reader[i].id), -1);
    fore_answer_free(a);
    world_begin(w); /* it has been done */
    put_event(w, (an_event){.deal = "X1",
                            .rep = "R1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .at = at(NOW - 4, 9)});
    world_commit(w);
    assert_false(told(w, &r, "churn", "X1"));
}

static void churn__a_pause__is_long_by_the_customers_own_measure(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    for (int i = 0; i < 40; i++) { /* monthly ones, and slow ones */
        char id[16];
        fore_random lot = fore_random_new(3, (uint64_t)i);
        int step = i % 2 ? 90 : 30, day = NOW - 5 - (int)(20 * fore_random_uniform(&lot));
        snprintf(id, sizeof id, "A%02d", i);
        put_account(w, id, "R2");
        if (i == 0 || i == 1) day = NOW - 50; /* A00 is late, A01 is not */
        for (int k = 0; k < 4; k++, day -= step + (int)(8 * fore_random_uniform(&lot)) - 4)
            put_order(w, id, day, "P1", 100);
    }
    world_commit(w);
    foresell_rank_request r = request();
    r.thank_days = r.thank_amounts = "0";
    fore_answer *a = ranked(w, &r);
    int64_t row = row_of(a, "churn", "A00");
    assert_says(a, row, "no order for 50 days; usually they order after 2");
    assert_string_equal(cell(a, row, REP), "R2");
    assert_int_equal(rows_of(a), 1);
    fore_answer_free(a);
}

static void churn__tickets__that_wait_or_were_not_liked(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    for (int i = 0; i < 30; i++) {
        char id[16], account[16];
        snprintf(id, sizeof id, "T%02d", i);
        snprintf(account, sizeof account, "A%02d", i);
        put_account(w, account, "R2");
        put_order(w, account, NOW - 300, "P1", 100);
        put_ticket(w, id, account, NOW - 90 + i, NOW - 88 + i, 4 + i % 2);
    }
    put_ticket(w, "W0", "A00", NOW - 20, 0, NAN);
    put_ticket(w, "W1", "A01", NOW - 1, 0, NAN);
    put_ticket(w, "W2", "A02", NOW - 9, NOW - 8, 1);
    put_ticket(w, "W3", "A03", NOW - 9, NOW - 8, 5);
    put_ticket(w, "W4", "A04", NOW - 9, NOW + 2, 1); /* still open now */
    world_commit(w);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    assert_says(a, row_of(a, "churn", "A00"), "open for 20 days");
    assert_says(a, row_of(a, "churn", "A02"), "satisfaction of 1");
    assert_int_equal(row_of(a, "churn", "A01"), -1);
    assert_int_equal(row_of(a, "churn", "A03"), -1);
    assert_says(a, row_of(a, "churn", "A04"), "open for 9 days");
    fore_answer_free(a);
}

static void thanks__at_set_amounts_and_days__once(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "A%d", i);
        put_account(w, id, "R2");
    }
    put_order(w, "A0", NOW - 100, "P1", 700);
    put_order(w, "A0", NOW - 5, "P1", 400); /* passes 1,000 */
    put_order(w, "A1", NOW - 100, "P1", 700);
    put_order(w, "A1", NOW - 50, "P1", 400); /* long ago */
    put_order(w, "A2", NOW - 33, "P1", 10);  /* 30 days were over on NOW - 3 */
    put_order(w, "A3", NOW - 29, "P1", 10);
    world_commit(w);
    foresell_rank_request r = request();
    r.thank_amounts = "1000";
    r.thank_days = "30";
    fore_answer *a = ranked(w, &r);
    assert_says(a, row_of(a, "thank-you", "A0"), "bought for 1100 in all, more than 1000");
    assert_says(a, row_of(a, "thank-you", "A2"), "30 days since");
    assert_int_equal(row_of(a, "thank-you", "A1"), -1);
    assert_int_equal(row_of(a, "thank-you", "A3"), -1);
    fore_answer_free(a);
    r.thank_days = "29";
    assert_false(told(w, &r, "thank-you", "A3")); /* tomorrow */
    r.moment.now = at(NOW + 1, 8);
    assert_true(told(w, &r, "thank-you", "A3"));
    r.thank_amounts = "many";
    OK(fore_answer_new(&a, e));
    FAILS(FORE_E_USAGE, "thank-amounts", fore_job_rank(&w->c, &r, a, e));
    fore_answer_free(a);
}

static void put_baskets(world *w)
{
    for (int i = 0; i < 120; i++) {
        char id[16];
        snprintf(id, sizeof id, "B%03d", i);
        put_account(w, id, "R2");
        put_order(w, id, NOW - 200 + i, i < 60 ? "P1" : "P3", 100);
        if (i < 40) put_order(w, id, NOW - 190 + i, "P2", 50); /* two in three of P1 */
        if (i % 3 == 0) put_order(w, id, NOW - 180, "P4", 20); /* by chance alike */
        if (i == 60) put_order(w, id, NOW - 180, "P5", 20);    /* once */
    }
}

static void thanks__an_order_to_come__takes_nothing_from_the_deals_before_it(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_account(w, "A0", "R2");
    put_one(w, (a_life){.id = "X1",
                        .account = "A0",
                        .created = NOW - 60,
                        .closed = NOW - 5,
                        .outcome = FORE_WON,
                        .amount = 5000});
    world_commit(w);
    foresell_rank_request r = request();
    r.thank_amounts = "1000";
    fore_answer *a = ranked(w, &r);
    char *before = section_of(a);
    assert_says(a, row_of(a, "thank-you", "A0"), "more than 1000");
    fore_answer_free(a);
    world_begin(w);
    put_order(w, "A0", NOW + 3, "P1", 10);
    world_commit(w);
    a = ranked(w, &r);
    char *after = section_of(a);
    assert_string_equal(after, before);
    fore_answer_free(a);
    free(before);
    free(after);
}

static void cross_sell__names_the_product__never_one_already_bought(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_baskets(w);
    put_one(w, (a_life){.id = "Y50", /* has P2 by a won deal */
                        .account = "B050",
                        .product = "P2",
                        .created = NOW - 150,
                        .closed = NOW - 120,
                        .outcome = FORE_WON});
    fore_deal_row undated = a_deal("Y51", at(NOW - 150, 8)); /* and by one without a date */
    undated.account = key_of(w, FORE_ACCOUNT, "B051");
    undated.product = key_of(w, FORE_PRODUCT, "P2");
    undated.outcome = FORE_WON;
    put_deal(w, undated);
    undated = a_deal("Y53", FORE_NO_TIME); /* by one of which nobody knows since when */
    undated.account = key_of(w, FORE_ACCOUNT, "B053");
    undated.product = key_of(w, FORE_PRODUCT, "P2");
    undated.outcome = FORE_WON;
    undated.closed_at = at(NOW - 120, 8);
    put_deal(w, undated);
    undated.id = "Y54"; /* by one closed before it was there */
    undated.account = key_of(w, FORE_ACCOUNT, "B054");
    undated.created_at = at(NOW - 100, 8);
    put_deal(w, undated);
    put_one(w, (a_life){.id = "Y52", .account = "B052", .created = NOW - 20}); /* a deal is open */
    world_commit(w);
    foresell_rank_request r = request();
    r.thank_days = r.thank_amounts = "0";
    fore_answer *a = ranked(w, &r);
    int64_t n = 0;
    for (int64_t i = 0; i < rows_of(a); i++) {
        if (strcmp(cell(a, i, WHAT), "cross-sell") != 0) continue;
        int who = atoi(cell(a, i, WHO) + 1);
        assert_string_equal(cell(a, i, PRODUCT), "P2");
        assert_says(a, i, "customers with P1 have it too");
        assert_true(who >= 40 && who < 60 && (who < 50 || who > 54));
        n++;
    }
    assert_int_equal(n, 15);
    assert_says(a, row_of(a, "cross-sell", "B041"), "offer P2: 4");
    fore_answer_free(a);
}

static void customers__rows__are_few_a_rep_and_one_a_party(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_baskets(w);
    put_order(w, "B041", NOW - 3, "P1", 5000);
    world_commit(w);
    foresell_rank_request r = request();
    r.customers = 0;
    r.thank_amounts = "4000";
    r.thank_days = "0";
    fore_answer *a = ranked(w, &r);
    assert_true(rows_of(a) > 0 && rows_of(a) <= 3 * COMPANY_REPS);
    assert_true(row_of(a, "thank-you", "B041") >= 0);
    assert_int_equal(row_of(a, "cross-sell", "B041"), -1);
    for (int64_t i = 0; i < rows_of(a); i++)
        for (int64_t j = 0; j < i; j++) assert_string_not_equal(cell(a, i, WHO), cell(a, j, WHO));
    fore_answer_free(a);
    r.rep = "R2";
    a = ranked(w, &r);
    assert_int_equal(rows_of(a), 3);
    fore_answer_free(a);
    r.thank_amounts = "0";
    r.rep = "R3"; /* has no such customers */
    a = ranked(w, &r);
    assert_int_equal(rows_of(a), 0);
    fore_answer_free(a);
    r.customers = -1;
    a = ranked(w, &r);
    assert_int_equal(a->grid_count, 1);
    fore_answer_free(a);
}

/* What comes later, and the order in which rows came, change nothing. */
static void customers__the_future_and_the_order_of_rows__change_nothing(void **state)
{
    world *w = *state, *other = another_world(2);
    foresell_rank_request r = request();
    put_crowd(w);
    world_begin(w);
    put_baskets(w);
    world_commit(w);
    put_losses(w);
    train_now(w);
    fore_answer *a = ranked(w, &r);
    char *before = section_of(a);
    fore_answer_free(a);
    world_begin(w);
    for (int i = 0; i < 120; i++) {
        char id[16];
        snprintf(id, sizeof id, "B%03d", i);
        put_order(w, id, NOW + 1, "P5", 900);
    }
    put_signs(w, "X2", FORE_OPEN, 5, NOW + 1, 1);
    put_ticket(w, "T9", "B001", NOW + 1, 0, NAN);
    world_commit(w);
    a = ranked(w, &r);
    char *after = section_of(a);
    assert_string_equal(before, after);
    fore_answer_free(a);
    world_begin(other);
    put_rep(other, "R3", "north", 40);
    world_commit(other);
    put_losses(other);
    world_begin(other);
    put_baskets(other);
    world_commit(other);
    put_crowd(other);
    train_now(other);
    a = ranked(other, &r);
    char *turned = section_of(a);
    assert_string_equal(before, turned);
    fore_answer_free(a);
    free(before), free(after), free(turned);
    world_end(other);
}

static void customers__short_memory__fails_cleanly(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_baskets(w);
    world_commit(w);
    put_losses(w);
    foresell_rank_request r = request();
    fore_answer_free(ranked(w, &r)); /* the timeline is built */
    bool done = false;
    for (int64_t k = 1; !done; k += 1 + k / 6) {
        fore_answer *a = NULL;
        int64_t live = fore_memory_live();
        if (fore_answer_new(&a, NULL) != FORE_OK) fail();
        fore_memory_fail_at(k);
        fore_status status = fore_job_rank(&w->c, &r, a, NULL);
        if (status == FORE_OK) status = fore_answer_finish(a, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        if (!done) assert_int_equal(status, FORE_E_MEMORY);
        fore_answer_free(a);
        assert_int_equal(fore_memory_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(churn__a_reader_who_never_clicks__is_told_at_the_fifth_letter),
        WITH_WORLD(churn__a_pause__is_long_by_the_customers_own_measure),
        WITH_WORLD(churn__tickets__that_wait_or_were_not_liked),
        WITH_WORLD(thanks__at_set_amounts_and_days__once),
        WITH_WORLD(thanks__an_order_to_come__takes_nothing_from_the_deals_before_it),
        WITH_WORLD(cross_sell__names_the_product__never_one_already_bought),
        WITH_WORLD(customers__rows__are_few_a_rep_and_one_a_party),
        WITH_WORLD(customers__the_future_and_the_order_of_rows__change_nothing),
        WITH_WORLD(customers__short_memory__fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
