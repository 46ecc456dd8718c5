/* A random history as plain rows, and how to put it into a store. Times fall on a grid of 6 hours
 * so that ties and events exactly on the edge of a window are common. */
#ifndef RAW_HISTORY_H
#define RAW_HISTORY_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/store/store.h"

#define NONE FORE_NO_TIME
#define GRID (6 * FORE_HOUR)
enum { REPS = 5, ACCOUNTS = 6, PRODUCTS = 3, CAMPAIGNS = 4, STAGES = 5, SOURCES = 3, MOST = 4400 };
enum { STAGE, AMOUNT, EXPECTED, OWNER, OUTCOME }; /* fields of changes */
static const char *const raw_fields[] = {"stage", "amount", "expected_close_at", "owner_id",
                                         "outcome"};
static const char *const raw_outcomes[] = {NULL, "answered", "no answer", "cancelled"};

/* Indices are -1 when unknown. Of a lead: status 0 working, 1 converted, 2 lost, 3 disqualified. */
typedef struct raw_subject {
    int64_t created, closed;
    int outcome, account, owner, product, campaign, source, link, stage,
        status; /* link: lead's deal, deal's lead */
    double amount;
    int expected; /* days, or FORE_NO_DATE */
} raw_subject;

typedef struct raw_event {
    int64_t at, due;
    int kind, direction, outcome, rep, lead, deal, account, campaign;
    double minutes;
    bool by_contact; /* the row names the contact of its deal instead of the deal */
} raw_event;

typedef struct raw_change {
    int deal, field;
    int64_t at;
    double old_value, new_value; /* NaN = none; stage and owner as indices, expected in days */
} raw_change;

typedef struct raw_sale {
    int account;
    int64_t at;
    double amount;
} raw_sale;

typedef struct raw_ticket {
    int account;
    int64_t opened, closed;
    double satisfaction;
} raw_ticket;

typedef struct raw_history {
    int leads, deals, events, changes, sales, tickets;
    raw_subject lead[MOST], deal[MOST];
    raw_event event[MOST];
    raw_change change[MOST];
    raw_sale sale[MOST];
    raw_ticket ticket[MOST];
    const char *zone;
    bool forwards; /* rows arrive in the order of their indices, else against it */
} raw_history;

/* --- making one up --- */

static int64_t raw_start(void) { return fore_time_of_date(fore_days_from_civil(2024, 1, 1)); }

static int below(fore_random *r, int n) { return (int)fore_random_below(r, n); }
static bool chance(fore_random *r, double p) { return fore_random_uniform(r) < p; }
static int maybe(fore_random *r, int n, double known)
{
    return chance(r, known) ? below(r, n) : -1;
}
/* A grid time in [from, from + days). */
static int64_t some_time(fore_random *r, int64_t from, int days)
{
    return from + below(r, days * 4) * GRID;
}

static raw_subject some_subject(fore_random *r, bool deal, int others)
{
    raw_subject s = {.created = some_time(r, raw_start(), 500),
                     .closed = NONE,
                     .amount = NAN,
                     .expected = FORE_NO_DATE,
                     .account = maybe(r, ACCOUNTS, 0.8),
                     .owner = maybe(r, REPS, 0.9),
                     .campaign = maybe(r, CAMPAIGNS, 0.5),
                     .source = maybe(r, SOURCES, 0.8),
                     .link = maybe(r, others, 0.4),
                     .product = -1,
                     .stage = -1};
    if (chance(r, 0.6)) {
        s.status = 1 + below(r, 3);
        s.outcome = s.status == 1 ? FORE_WON : FORE_LOST;
        s.closed = s.created + below(r, 800) * GRID - (chance(r, 0.05) ? 1000 * GRID : 0);
        if (chance(r, 0.05)) s.closed = NONE;
    }
    if (chance(r, 0.05)) s.created = NONE;
    if (!deal) return s;
    s.product = maybe(r, PRODUCTS, 0.8);
    s.stage = maybe(r, STAGES, 0.9);
    if (chance(r, 0.8)) s.amount = below(r, 50000) / 100.0;
    if (chance(r, 0.7)) s.expected = fore_date_of(some_time(r, raw_start(), 600));
    return s;
}

static raw_event some_event(fore_random *r, const raw_history *h)
{
    raw_event e = {.at = some_time(r, raw_start(), 700),
                   .due = NONE,
                   .kind = below(r, FORE_ACTIVITY_KINDS),
                   .direction = below(r, 3),
                   .outcome = below(r, 4),
                   .rep = maybe(r, REPS, 0.7),
                   .lead = maybe(r, h->leads, 0.5),
                   .deal = maybe(r, h->deals, 0.4),
                   .account = maybe(r, ACCOUNTS, 0.5),
                   .campaign = maybe(r, CAMPAIGNS, 0.2),
                   .minutes = chance(r, 0.4) ? below(r, 60) : NAN};
    e.by_contact = e.deal >= 0 && e.lead < 0 && e.at / GRID % 2 == 0;
    if (chance(r, 0.5)) e.kind = below(r, 2) ? FORE_CALL : FORE_EMAIL;
    if (e.outcome == 3 && chance(r, 0.7)) e.outcome = 0;
    if (chance(r, 0.05)) {
        e.due = e.at;
        e.at = NONE;
    }
    return e;
}

static double some_value(fore_random *r, int field)
{
    switch (field) {
    case STAGE: return below(r, STAGES);
    case AMOUNT: return below(r, 50000) / 100.0;
    case EXPECTED: return fore_date_of(some_time(r, raw_start(), 600));
    case OWNER: return below(r, REPS);
    default: return below(r, 3);
    }
}

/* Replaces an earlier change of the same deal, time and field, as the store would. */
static void add_change(raw_history *h, raw_change c)
{
    for (int i = 0; i < h->changes; i++) {
        raw_change *have = &h->change[i];
        if (have->deal != c.deal || have->at != c.at || have->field != c.field) continue;
        return;
    }
    h->change[h->changes++] = c;
}

static raw_change some_change(fore_random *r, const raw_history *h)
{
    raw_change c = {
        .deal = below(r, h->deals), .field = below(r, 10), .at = some_time(r, raw_start(), 700)};
    if (c.field >= OUTCOME) c.field = STAGE;
    c.old_value = chance(r, 0.8) ? some_value(r, c.field) : NAN;
    c.new_value = chance(r, 0.95) ? some_value(r, c.field) : NAN;
    return c;
}

/* The log of a deal that was closed up to three times and opened again in between, and at last
 * became what its row says; a third of the rows leaves the time of the last closing to the log. */
static void add_outcomes(fore_random *r, raw_history *h, int deal)
{
    raw_subject *d = &h->deal[deal];
    if (d->created == NONE || (d->closed != NONE && d->closed < d->created)) return;
    int64_t at = d->created;
    bool ends_open = d->outcome == FORE_OUTCOME_OPEN;
    int turns = 2 * below(r, 3) + !ends_open;
    raw_change c = {.deal = deal, .field = OUTCOME, .new_value = FORE_OUTCOME_OPEN};
    for (int k = 0; k < turns; k++) {
        bool last = k + 1 == turns;
        at += (1 + below(r, 300)) * GRID;
        c.at = at;
        c.old_value = c.new_value;
        c.new_value = k % 2 ? FORE_OUTCOME_OPEN : last ? d->outcome : 1 + below(r, 2);
        add_change(h, c);
    }
    if (!ends_open) d->closed = chance(r, 0.3) ? NONE : at;
}

static raw_sale some_sale(fore_random *r)
{
    return (raw_sale){maybe(r, ACCOUNTS, 0.9),
                      chance(r, 0.95) ? some_time(r, raw_start(), 700) : NONE,
                      chance(r, 0.9) ? below(r, 100000) / 100.0 : NAN};
}

static raw_ticket some_ticket(fore_random *r)
{
    raw_ticket t = {maybe(r, ACCOUNTS, 0.9), some_time(r, raw_start(), 700), NONE, NAN};
    if (chance(r, 0.7)) t.closed = t.opened + (below(r, 200) - 5) * GRID;
    if (chance(r, 0.05)) t.opened = NONE;
    if (chance(r, 0.6)) t.satisfaction = below(r, 6);
    return t;
}

static raw_history *raw_random(uint64_t seed, int size)
{
    raw_history *h = calloc(1, sizeof *h);
    fore_random r = fore_random_new(seed, 0);
    h->zone = seed % 2 ? "+05:30" : NULL;
    if (size * 40 > MOST - 400) abort(); /* the tests add up to 400 rows of a kind */
    h->leads = h->deals = size;
    for (int i = 0; i < h->leads; i++) h->lead[i] = some_subject(&r, false, h->deals);
    for (int i = 0; i < h->deals; i++) h->deal[i] = some_subject(&r, true, h->leads);
    for (int i = 0; i < size * 40; i++) h->event[h->events++] = some_event(&r, h);
    for (int i = 0; i < size * 6; i++) add_change(h, some_change(&r, h));
    for (int i = 0; i < h->deals; i++)
        if (chance(&r, 0.5)) add_outcomes(&r, h, i);
    for (int i = 0; i < size * 2; i++) h->sale[h->sales++] = some_sale(&r);
    for (int i = 0; i < size * 2; i++) h->ticket[h->tickets++] = some_ticket(&r);
    return h;
}

/* --- into a store --- */

/* Of a rep; the last one has none. Of a product; the last one has none. */
static int raw_team(int rep) { return rep == REPS - 1 ? -1 : rep % 2; }
static int raw_category(int product) { return product == PRODUCTS - 1 ? -1 : 0; }

#define MUST(expression)                                                                           \
    do {                                                                                           \
        fore_error must_error = {0}, *err = &must_error;                                           \
        if ((expression) != FORE_OK) {                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, must_error.message);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const char *raw_id(char letter, int i)
{
    static char text[16][16];
    static int turn;
    turn = (turn + 1) % 16;
    snprintf(text[turn], sizeof text[turn], "%c%05d", letter, i);
    return text[turn];
}

static int64_t key_of(fore_store *s, fore_entity entity, int i)
{
    if (i < 0) return 0;
    int64_t pk = 0;
    const char *id = raw_id("RACMPLD"[entity], i);
    MUST(fore_store_key(s, entity, id, (int64_t)strlen(id), &pk, err));
    return pk;
}

static const char *raw_stage(int stage) { return stage < 0 ? NULL : raw_id('S', stage); }
static int64_t minor(double amount)
{
    return isnan(amount) ? FORE_NO_AMOUNT : llround(amount * 100);
}

/* Every other lead has the contact that the deal of the same number has. */
static int contact_of_lead(const raw_history *h, int l)
{
    return l % 2 == 0 && l < h->deals ? l : -1;
}

static void put_subjects(const raw_history *h, fore_store *s)
{
    static const char *const status[] = {"working", "converted", "lost", "disqualified"};
    fore_put put;
    for (int i = 0; i < h->leads; i++) {
        const raw_subject *l = &h->lead[i];
        fore_lead_row row = {.id = raw_id('L', i),
                             .account = key_of(s, FORE_ACCOUNT, l->account),
                             .contact = key_of(s, FORE_CONTACT, contact_of_lead(h, i)),
                             .source = l->source < 0 ? NULL : raw_id('Q', l->source),
                             .campaign = key_of(s, FORE_CAMPAIGN, l->campaign),
                             .owner = key_of(s, FORE_REP, l->owner),
                             .created_at = l->created,
                             .status = status[l->status],
                             .closed_at = l->closed,
                             .deal = key_of(s, FORE_DEAL, l->link)};
        MUST(fore_store_put_lead(s, &row, &put, err));
    }
    for (int i = 0; i < h->deals; i++) {
        const raw_subject *d = &h->deal[i];
        fore_deal_row row = {.id = raw_id('D', i),
                             .lead = key_of(s, FORE_LEAD, d->link),
                             .account = key_of(s, FORE_ACCOUNT, d->account),
                             .contact = key_of(s, FORE_CONTACT, i), /* everyone has their own */
                             .owner = key_of(s, FORE_REP, d->owner),
                             .product = key_of(s, FORE_PRODUCT, d->product),
                             .stage = raw_stage(d->stage),
                             .campaign = key_of(s, FORE_CAMPAIGN, d->campaign),
                             .source = d->source < 0 ? NULL : raw_id('Q', d->source),
                             .amount_minor = minor(d->amount),
                             .currency = "EUR",
                             .created_at = d->created,
                             .expected_close_on = d->expected,
                             .closed_at = d->closed,
                             .outcome = (fore_outcome)d->outcome};
        MUST(fore_store_put_deal(s, &row, &put, err));
    }
}

static const char *value_text(int field, double value, char out[64])
{
    static const char *const outcomes[] = {"open", "won", "lost"};
    if (isnan(value)) return NULL;
    if (field == STAGE) return raw_stage((int)value);
    if (field == OWNER) return raw_id('R', (int)value);
    if (field == OUTCOME) return outcomes[(int)value];
    if (field == EXPECTED)
        fore_date_format((int32_t)value, out);
    else
        fore_number_format(value, out);
    return out;
}

/* The row that comes as number k of n. */
static int arrival(const raw_history *h, int k, int n) { return h->forwards ? k : n - 1 - k; }

static void put_rest(const raw_history *h, fore_store *s)
{
    fore_put put;
    char a[64], b[64], id[32];
    for (int i = 0; i < h->changes; i++) {
        const raw_change *c = &h->change[i];
        fore_deal_change_row row = {key_of(s, FORE_DEAL, c->deal), c->at, raw_fields[c->field],
                                    value_text(c->field, c->old_value, a),
                                    value_text(c->field, c->new_value, b)};
        MUST(fore_store_put_deal_change(s, &row, &put, err));
    }
    for (int k = 0; k < h->events; k++) {
        int i = arrival(h, k, h->events);
        const raw_event *e = &h->event[i];
        snprintf(id, sizeof id, "E%d", i);
        fore_activity_row row = {.id = id,
                                 .at = e->at,
                                 .due_at = e->due,
                                 .kind = (fore_activity_kind)e->kind,
                                 .direction = (fore_direction)e->direction,
                                 .rep = key_of(s, FORE_REP, e->rep),
                                 .lead = key_of(s, FORE_LEAD, e->lead),
                                 .deal = key_of(s, FORE_DEAL, e->by_contact ? -1 : e->deal),
                                 .contact = key_of(s, FORE_CONTACT, e->by_contact ? e->deal : -1),
                                 .account = key_of(s, FORE_ACCOUNT, e->account),
                                 .campaign = key_of(s, FORE_CAMPAIGN, e->campaign),
                                 .minutes = e->minutes,
                                 .outcome = raw_outcomes[e->outcome]};
        MUST(fore_store_put_activity(s, &row, &put, err));
    }
    for (int k = 0; k < h->sales; k++) {
        int i = arrival(h, k, h->sales);
        snprintf(id, sizeof id, "O%d", i);
        fore_sale_row row = {.id = id,
                             .account = key_of(s, FORE_ACCOUNT, h->sale[i].account),
                             .at = h->sale[i].at,
                             .quantity = 1,
                             .amount_minor = minor(h->sale[i].amount)};
        MUST(fore_store_put_sale(s, &row, &put, err));
    }
    for (int k = 0; k < h->tickets; k++) {
        int i = arrival(h, k, h->tickets);
        snprintf(id, sizeof id, "T%d", i);
        fore_ticket_row row = {.id = id,
                               .account = key_of(s, FORE_ACCOUNT, h->ticket[i].account),
                               .opened_at = h->ticket[i].opened,
                               .closed_at = h->ticket[i].closed,
                               .satisfaction = h->ticket[i].satisfaction};
        MUST(fore_store_put_ticket(s, &row, &put, err));
    }
}

/* Keys are made in the order of the indices, which is that of the ids, or against it: pk order must
 * not matter. */
static void put_references(const raw_history *h, fore_store *s)
{
    fore_put put;
    for (int k = 0; k < REPS; k++) {
        int i = arrival(h, k, REPS);
        fore_rep_row row = {.id = raw_id('R', i),
                            .name = "x",
                            .team = raw_team(i) < 0 ? NULL
                                    : raw_team(i)   ? "north"
                                                    : "south",
                            .hours_per_week = NAN,
                            .hourly_cost_minor = FORE_NO_AMOUNT,
                            .active_from_on = FORE_NO_DATE,
                            .active_to_on = FORE_NO_DATE};
        MUST(fore_store_put_rep(s, &row, &put, err));
    }
    for (int k = 0; k < ACCOUNTS; k++) key_of(s, FORE_ACCOUNT, arrival(h, k, ACCOUNTS));
    for (int k = 0; k < CAMPAIGNS; k++) key_of(s, FORE_CAMPAIGN, arrival(h, k, CAMPAIGNS));
    for (int k = 0; k < PRODUCTS; k++) {
        int i = arrival(h, k, PRODUCTS);
        fore_product_row row = {.id = raw_id('P', i),
                                .category = raw_category(i) < 0 ? NULL : "tools",
                                .list_price_minor = FORE_NO_AMOUNT};
        MUST(fore_store_put_product(s, &row, &put, err));
    }
    for (int k = 0; k < h->leads; k++) key_of(s, FORE_LEAD, arrival(h, k, h->leads));
    for (int k = 0; k < h->deals; k++) key_of(s, FORE_DEAL, arrival(h, k, h->deals));
}

static fore_store *raw_store_at(const raw_history *h, const char *path)
{
    fore_store *s = NULL;
    MUST(fore_store_open(path, FORE_STORE_CREATE, &s, err));
    MUST(fore_store_begin(s, err));
    if (h->zone) MUST(fore_store_set(s, "zone", h->zone, err));
    put_references(h, s);
    put_subjects(h, s);
    put_rest(h, s);
    MUST(fore_store_link_contacts(s, NULL, err));
    MUST(fore_store_commit(s, err));
    return s;
}

static fore_store *raw_store(const raw_history *h) { return raw_store_at(h, ":memory:"); }

#endif
