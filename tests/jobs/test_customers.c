/* Customers and win-back: planted cases are found and told why, innocent ones are left alone. */
#include "engine/jobs/parties.h"
#include "engine/jobs/supposed.h"
#include "training_help.h"

enum { NOW = 450, DEAL = 2, WHO = 3, REP = 4, WHAT = 5, CHANCE = 6, WHY = 11, PRODUCT = 13 };

static void train_now(world *w)
{
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
}

static void put_crowd(world *w)
{
    company deals = {.seed = 1, .deals = 600, .days = 500, .known_until = at(NOW, 0)};
    put_company(w, &deals);
}

static void a_day(world *w)
{
    put_crowd(w);
    train_now(w);
}

/* --- rows --- */

typedef struct a_life {
    const char *id, *account, *rep, *reason, *product;
    int created, closed; /* days; 0: open */
    fore_outcome outcome;
    bool poor; /* nobody ever answered, and it never moved */
    double amount;
} a_life;

static void put_one(world *w, a_life l)
{
    fore_deal_row row = a_deal(l.id, at(l.created, 8));
    row.account = key_of(w, FORE_ACCOUNT, l.account);
    row.owner = key_of(w, FORE_REP, l.rep ? l.rep : "R1");
    row.product = key_of(w, FORE_PRODUCT, l.product);
    row.outcome = l.outcome;
    if (l.closed) row.closed_at = at(l.closed, 17);
    row.lost_reason = l.reason;
    row.amount_minor = llround((l.amount > 0 ? l.amount : 5000) * 100);
    row.currency = "EUR";
    row.stage = l.outcome == FORE_LOST ? "lost" : l.poor ? "first" : "third";
    row.attributes = l.poor ? "{\"Size\":\"small\"}" : "{\"Size\":\"big\"}";
    put_deal(w, row);
    if (!l.poor) put_change(w, l.id, at(l.created + 3, 8), "stage", "first", "second");
    if (!l.poor) put_change(w, l.id, at(l.created + 7, 8), "stage", "second", "third");
    if (l.outcome == FORE_LOST)
        put_change(w, l.id, at(l.closed, 17), "stage", l.poor ? "first" : "third", "lost");
    for (int v = 0; v < 5; v++)
        put_event(w, (an_event){.deal = l.id,
                                .rep = "R1",
                                .kind = FORE_CALL,
                                .direction = FORE_OUTBOUND,
                                .outcome = l.poor ? "no answer" : "answered",
                                .at = at(l.created + 1 + 3 * v, 10),
                                .minutes = 5});
}

static void put_lost(world *w, const char *id, const char *account, int closed)
{
    put_one(w, (a_life){.id = id,
                        .account = account,
                        .reason = "Price",
                        .created = closed - 30,
                        .closed = closed,
                        .outcome = FORE_LOST});
}

static void put_won(world *w, const char *id, const char *account, int closed)
{
    put_one(w, (a_life){.id = id,
                        .account = account,
                        .created = closed - 30,
                        .closed = closed,
                        .outcome = FORE_WON});
}

static void put_signs(world *w, const char *deal, fore_activity_kind kind, int n, int from,
                      int step)
{
    for (int i = 0; i < n; i++)
        put_event(w, (an_event){.deal = deal,
                                .kind = kind,
                                .direction = kind == FORE_SEND ? FORE_OUTBOUND : FORE_INBOUND,
                                .at = at(from + i * step, 9)});
}

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

/* --- answers --- */

static foresell_rank_request request(void)
{
    return (foresell_rank_request){.moment = {at(NOW, 8), NULL}, .limit = 1000, .customers = 500};
}

static fore_answer *ranked(world *w, const foresell_rank_request *r)
{
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    OK(fore_job_rank(&w->c, r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

static int64_t rows_of(const fore_answer *a)
{
    return a->grid_count > 1 ? a->grids[1].row_count : 0;
}

static const char *cell(const fore_answer *a, int64_t row, int column)
{
    const char *text = a->grids[1].cells[row * a->grids[1].column_count + column].text;
    return text ? text : "";
}

static double number(const fore_answer *a, int64_t row, int column)
{
    return a->grids[1].cells[row * a->grids[1].column_count + column].number;
}

static int64_t row_of(const fore_answer *a, const char *what, const char *who)
{
    for (int64_t i = 0; i < rows_of(a); i++)
        if (strcmp(cell(a, i, WHAT), what) == 0 &&
            (strcmp(cell(a, i, WHO), who) == 0 || strcmp(cell(a, i, DEAL), who) == 0))
            return i;
    return -1;
}

static bool told(world *w, const foresell_rank_request *r, const char *what, const char *who)
{
    fore_answer *a = ranked(w, r);
    bool found = row_of(a, what, who) >= 0;
    fore_answer_free(a);
    return found;
}

static void assert_says(const fore_answer *a, int64_t row, const char *words)
{
    assert_true(row >= 0);
    if (!strstr(cell(a, row, WHY), words)) fail_msg("'%s' lacks '%s'", cell(a, row, WHY), words);
}

/* The array of the section as it stands in the document. */
static char *section_of(const fore_answer *a)
{
    const char *from = strstr(fore_text_string(&a->json), "\"customers\":");
    const char *to = strstr(fore_text_string(&a->json), "\"win_back\":");
    assert_true(from && to && to > from);
    return strndup(from, (size_t)(to - from));
}

/* --- win-back --- */

static void put_losses(world *w)
{
    world_begin(w);
    put_lost(w, "X1", "A1", NOW - 200);
    put_signs(w, "X1", FORE_OPEN, 3, NOW - 20, 5);
    put_lost(w, "X2", "A2", NOW - 200); /* silent */
    put_lost(w, "X3", "A3", NOW - 30);  /* at rest */
    put_signs(w, "X3", FORE_OPEN, 3, NOW - 20, 5);
    put_lost(w, "X4", "A4", NOW - 200); /* won since */
    put_signs(w, "X4", FORE_OPEN, 3, NOW - 20, 5);
    put_won(w, "Y4", "A4", NOW - 40);
    put_lost(w, "X5", "A5", NOW - 200); /* another deal is open */
    put_signs(w, "X5", FORE_OPEN, 3, NOW - 20, 5);
    put_one(w, (a_life){.id = "Y5", .account = "A5", .created = NOW - 20});
    put_lost(w, "X6", "A6", NOW - 200); /* called since */
    put_signs(w, "X6", FORE_OPEN, 3, NOW - 20, 5);
    put_event(w, (an_event){.deal = "X6",
                            .rep = "R1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .at = at(NOW - 5, 9)});
    put_lost(w, "X7", "A7", NOW - 200); /* only before the loss */
    put_signs(w, "X7", FORE_OPEN, 3, NOW - 220, 5);
    put_lost(w, "X8", "A8", NOW - 200); /* only after now */
    put_signs(w, "X8", FORE_OPEN, 3, NOW + 1, 5);
    put_lost(w, "X9", "A9", NOW - 200); /* they wrote */
    put_signs(w, "X9", FORE_REPLY, 1, NOW - 3, 1);
    put_one(w, (a_life){.id = "XP", /* never had a chance */
                        .account = "AP",
                        .created = NOW - 230,
                        .closed = NOW - 200,
                        .outcome = FORE_LOST,
                        .poor = true});
    put_signs(w, "XP", FORE_OPEN, 3, NOW - 20, 5);
    world_commit(w);
}

static void win_back__who_reads_again__comes_back_with_the_reason_and_nobody_else(void **state)
{
    world *w = *state;
    a_day(w);
    put_losses(w);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    int64_t row = row_of(a, "win-back", "X1");
    assert_says(a, row, "opened a letter 3 times");
    assert_says(a, row, "(Price)");
    assert_string_equal(cell(a, row, REP), "R1");
    assert_true(isnan(number(a, row, CHANCE))); /* the past does not tell */
    assert_says(a, row_of(a, "win-back", "X9"), "got in touch");
    static const char *const innocent[] = {"X2", "X3", "X4", "X5", "X6", "X7", "X8", "XP"};
    for (size_t i = 0; i < sizeof innocent / sizeof *innocent; i++)
        if (row_of(a, "win-back", innocent[i]) >= 0) fail_msg("%s is listed", innocent[i]);
    fore_answer_free(a);
    r.win_back_days = -1;
    assert_true(told(w, &r, "win-back", "X3"));
    r.win_back_days = 201;
    assert_false(told(w, &r, "win-back", "X1"));
}

static void win_back__do_not_contact_and_feedback__are_respected(void **state)
{
    world *w = *state;
    a_day(w);
    put_losses(w);
    foresell_rank_request r = request();
    assert_true(told(w, &r, "win-back", "X1") && told(w, &r, "win-back", "X9"));
    fore_answer *a;
    foresell_feedback_request said = {.moment = r.moment, .not_id = "X9", .because = "moved away"};
    OK(fore_answer_new(&a, e));
    OK(fore_job_feedback(&w->c, &said, a, e));
    fore_answer_free(a);
    assert_false(told(w, &r, "win-back", "X9"));
    world_begin(w);
    fore_lead_row lead = a_lead("LX", at(NOW - 300, 9));
    lead.do_not_contact = 1;
    lead.account = key_of(w, FORE_ACCOUNT, "A1");
    lead.status = "lost";
    lead.closed_at = at(NOW - 290, 9);
    put_lead(w, lead);
    world_commit(w);
    assert_false(told(w, &r, "win-back", "X1")); /* another lead of the same account */
}

static fore_status count_score(void *context, const fore_score_row *row, fore_error *err)
{
    (void)row, (void)err;
    ++*(int64_t *)context;
    return FORE_OK;
}

static void win_back__what_was_lost__keeps_its_state_and_its_score(void **state)
{
    world *w = *state;
    a_day(w);
    put_losses(w);
    foresell_rank_request r = request();
    const fore_timeline *t = world_timeline(w);
    int64_t s = subject_of(w, FORE_SUBJECT_DEAL, "X1"), scores = 0;
    char before[33], after[33];
    OK(fore_store_fingerprint(w->c.store, before, e));
    assert_true(told(w, &r, "win-back", "X1"));
    OK(fore_store_fingerprint(w->c.store, after, e));
    OK(fore_store_scores(w->c.store, FORE_SUBJECT_DEAL, t->pk[s], INT64_MAX, count_score, &scores,
                         e));
    assert_string_equal(before, after);
    assert_int_equal(scores, 0);
    assert_int_equal(t->outcome[s], FORE_LOST);
    assert_false(fore_subject_open_at(t, s, at(NOW, 8)));
}

/* Accounts lost for one of two reasons: those lost for `timing` win us a deal within the year, if
 * told so. */
static void put_returns(world *w, bool by_reason)
{
    world_begin(w);
    for (int i = 0; i < 320; i++) {
        char id[16], account[16];
        fore_random lot = fore_random_new(11, (uint64_t)i);
        int lost = 20 + (int)((by_reason ? 250 : 420) * fore_random_uniform(&lot));
        bool timing = i % 4 == 0, comes = fore_random_uniform(&lot) < 0.9;
        double wait = by_reason ? 180 * fore_random_uniform(&lot)
                                : -400 * log(fore_random_uniform(&lot)); /* no time is better */
        int back = lost + 65 + (int)wait;
        snprintf(id, sizeof id, "T%03d", i);
        snprintf(account, sizeof account, "TA%03d", i);
        put_one(w, (a_life){.id = id,
                            .account = account,
                            .reason = !by_reason ? NULL
                                      : timing   ? "timing"
                                                 : "price",
                            .created = lost - 15,
                            .closed = lost,
                            .outcome = FORE_LOST});
        if (!comes || (by_reason && !timing) || back >= NOW) continue;
        snprintf(id, sizeof id, "U%03d", i);
        put_one(w, (a_life){.id = id,
                            .account = account,
                            .created = back - 10,
                            .closed = back,
                            .outcome = FORE_WON});
    }
    world_commit(w);
}

static bool past_tells(const fore_answer *a, double *auc)
{
    fore_json *document;
    bool tells = false;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *m = fore_json_get(fore_json_root(document), "win_back");
    assert_true(fore_json_get_bool(m, "tells", &tells));
    *auc = NAN;
    fore_json_get_number(m, "auc", auc);
    fore_json_free(document);
    return tells;
}

static void win_back__a_past_that_tells__brings_those_it_speaks_for(void **state)
{
    world *w = *state;
    double auc;
    a_day(w);
    put_returns(w, true);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    assert_true(past_tells(a, &auc));
    assert_true(auc > 0.7);
    int64_t n = 0;
    for (int64_t i = 0; i < rows_of(a); i++) {
        if (strcmp(cell(a, i, WHAT), "win-back") != 0) continue;
        assert_says(a, i, "(timing)");
        assert_true(number(a, i, CHANCE) > 0.1 && number(a, i, CHANCE) < 0.95);
        n++;
    }
    assert_true(n > 0);
    fore_answer_free(a);
}

static void win_back__a_past_that_does_not_tell__brings_nobody(void **state)
{
    world *w = *state;
    double auc;
    a_day(w);
    put_returns(w, false);
    foresell_rank_request r = request();
    fore_answer *a = ranked(w, &r);
    assert_false(past_tells(a, &auc));
    assert_false(isnan(auc)); /* there were enough to see it */
    for (int64_t i = 0; i < rows_of(a); i++) assert_string_not_equal(cell(a, i, WHAT), "win-back");
    fore_answer_free(a);
}

static void win_back__dormant_and_reading_again__comes_back(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_one(w, (a_life){.id = "X1", .account = "A1", .created = NOW - 150});
    put_signs(w, "X1", FORE_WEB, 4, NOW - 10, 2);
    put_one(w, (a_life){.id = "X2", .account = "A2", .created = NOW - 150});
    world_commit(w);
    foresell_rank_request r = request();
    r.limit = 1; /* of the list: else it stands there */
    fore_answer *a = ranked(w, &r);
    bool on_list = strcmp(a->grids[0].cells[WHO].text, "X1") == 0;
    assert_false(on_list);
    assert_says(a, row_of(a, "win-back", "X1"), "not touched for");
    assert_int_equal(row_of(a, "win-back", "X2"), -1);
    fore_answer_free(a);
}

/* --- as though open --- */

static void suppose__open_again__sees_no_closing_no_pause_and_no_more_age_than_allowed(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lost(w, "X1", "A1", 100);
    world_commit(w);
    const fore_timeline *t;
    const fore_extractor *x;
    fore_supposed open;
    fore_subject_state was;
    OK(fore_context_history(&w->c, &t, &x, e));
    int64_t s = subject_of(w, FORE_SUBJECT_DEAL, "X1");
    OK(fore_suppose_open_again(t, x, &s, 1, at(290, 8), at(300, 8), 1000 * FORE_DAY, &open, e));
    assert_true(fore_subject_open_at(&open.timeline, s, at(300, 8)));
    fore_subject_state_at(&open.timeline, s, at(300, 8), &was);
    assert_string_equal(fore_word(&t->stages, was.stage), "third"); /* not "lost" */
    int64_t last = t->event_first[s + 1] - 1, pause = at(300, 8) - at(100, 17);
    assert_int_equal(open.timeline.event_at[last], t->event_at[last] + pause);
    assert_int_equal(open.timeline.created_at[s], at(70, 8) + pause);
    assert_false(fore_subject_open_at(t, s, at(300, 8)));
    fore_supposed_free(&open);
    OK(fore_suppose_open_again(t, x, &s, 1, at(290, 8), at(300, 8), 20 * FORE_DAY, &open, e));
    assert_int_equal(open.timeline.created_at[s], at(280, 8));
    fore_supposed_free(&open);
}

static void parties__account_then_contact_then_lead__belong_together(void **state)
{
    world *w = *state;
    fore_parties p;
    world_begin(w);
    put_lost(w, "D1", "A1", 100);
    put_won(w, "D2", "A1", 200);
    put_lost(w, "D3", NULL, 100);
    put_lost(w, "D4", NULL, 100);
    put_lost(w, "D5", NULL, 100);
    fore_deal_row row = a_deal("D3", at(70, 8));
    row.contact = key_of(w, FORE_CONTACT, "C1");
    put_deal(w, row);
    row = a_deal("D4", at(70, 8));
    row.contact = key_of(w, FORE_CONTACT, "C1");
    put_deal(w, row);
    put_lead(w, a_lead("L5", at(60, 8)));
    row = a_deal("D5", at(70, 8));
    row.lead = key_of(w, FORE_LEAD, "L5");
    put_deal(w, row);
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    OK(fore_parties_new(t, -1, at(NOW, 0), &p, e));
    int32_t of[5], l5 = p.of[subject_of(w, FORE_SUBJECT_LEAD, "L5")];
    for (int i = 0; i < 5; i++) {
        char id[3] = {'D', (char)('1' + i), 0};
        of[i] = p.of[subject_of(w, FORE_SUBJECT_DEAL, id)];
    }
    assert_int_equal(p.count, 3);
    assert_int_equal(of[0], of[1]);
    assert_int_equal(of[2], of[3]);
    assert_int_equal(of[4], l5);
    assert_true(of[0] != of[2] && of[2] != of[4] && of[0] != of[4]);
    assert_int_equal(p.bought_first[of[0] + 1] - p.bought_first[of[0]], 1);
    fore_parties_free(&p);
}

/* --- customers --- */

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

/* --- the section as a whole --- */

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
        WITH_WORLD(win_back__who_reads_again__comes_back_with_the_reason_and_nobody_else),
        WITH_WORLD(win_back__do_not_contact_and_feedback__are_respected),
        WITH_WORLD(win_back__what_was_lost__keeps_its_state_and_its_score),
        WITH_WORLD(win_back__a_past_that_tells__brings_those_it_speaks_for),
        WITH_WORLD(win_back__a_past_that_does_not_tell__brings_nobody),
        WITH_WORLD(win_back__dormant_and_reading_again__comes_back),
        WITH_WORLD(suppose__open_again__sees_no_closing_no_pause_and_no_more_age_than_allowed),
        WITH_WORLD(parties__account_then_contact_then_lead__belong_together),
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
