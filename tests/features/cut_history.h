/* A workspace as an export at an earlier moment T would have filled it: every event, change,
 * creation, closing, order and ticket from T on is gone, and what the change log says was altered
 * later stands as it stood. Planned activities are gone altogether: nothing may rest on them. */
#ifndef CUT_HISTORY_H
#define CUT_HISTORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/store/store.h"

#define CUT_MUST(expression)                                                                       \
    do {                                                                                           \
        fore_error cut_error = {0}, *err = &cut_error;                                             \
        if ((expression) != FORE_OK) {                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cut_error.message);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { CUT_KEYS = 20000, CUT_CHANGES = 40000 };

typedef struct cut_change {
    int64_t deal, at;
    char field[24], old[40], new[40];
    bool known; /* the old value */
} cut_change;

typedef struct cutting {
    fore_store *from, *to;
    int64_t T;
    char *id[FORE_ENTITY_COUNT][CUT_KEYS];    /* by pk of `from` */
    bool absent[FORE_ENTITY_COUNT][CUT_KEYS]; /* created at T or later */
    cut_change *change;                       /* in the order of deals and time */
    int64_t changes;
} cutting;

static inline bool is_later(const cutting *c, int64_t at)
{
    return at != FORE_NO_TIME && at >= c->T;
}

/* Calls `row_at` with each row of a table. */
static inline void cut_each(cutting *c, fore_table table, bool placeholders, void *row,
                            void (*row_at)(cutting *c, const void *row))
{
    fore_cursor *cursor;
    bool more;
    CUT_MUST(fore_cursor_open(c->from, table, placeholders, &cursor, err));
    for (;;) {
        CUT_MUST(fore_cursor_next(cursor, row, &more, err));
        if (!more) break;
        row_at(c, row);
    }
    fore_cursor_close(cursor);
}

/* The key in `to` of a key in `from`; 0 for what did not exist yet. */
static inline int64_t cut_key(cutting *c, fore_entity entity, int64_t pk)
{
    int64_t out = 0;
    if (pk && !c->absent[entity][pk])
        CUT_MUST(fore_store_key(c->to, entity, c->id[entity][pk], -1, &out, err));
    return out;
}

/* --- names of keys --- */

static inline void cut_name(cutting *c, fore_entity entity, int64_t pk, const char *id, bool absent)
{
    if (pk >= CUT_KEYS) abort();
    c->id[entity][pk] = strdup(id);
    c->absent[entity][pk] = absent;
}

#define CUT_NAMER(function, type, entity, created)                                                 \
    static inline void function(cutting *c, const void *at)                                        \
    {                                                                                              \
        const type *row = at;                                                                      \
        cut_name(c, entity, row->pk, row->id, is_later(c, created));                               \
    }
CUT_NAMER(cut_name_rep, fore_rep_row, FORE_REP, FORE_NO_TIME)
CUT_NAMER(cut_name_account, fore_account_row, FORE_ACCOUNT, FORE_NO_TIME)
CUT_NAMER(cut_name_contact, fore_contact_row, FORE_CONTACT, FORE_NO_TIME)
CUT_NAMER(cut_name_campaign, fore_campaign_row, FORE_CAMPAIGN, FORE_NO_TIME)
CUT_NAMER(cut_name_product, fore_product_row, FORE_PRODUCT, FORE_NO_TIME)
CUT_NAMER(cut_name_lead, fore_lead_row, FORE_LEAD, row->created_at)
CUT_NAMER(cut_name_deal, fore_deal_row, FORE_DEAL, row->created_at)
#undef CUT_NAMER

static inline void cut_keep_change(cutting *c, const void *at)
{
    const fore_deal_change_row *row = at;
    if (c->changes == CUT_CHANGES) abort();
    cut_change *k = &c->change[c->changes++];
    *k = (cut_change){.deal = row->deal, .at = row->at, .known = row->old_value != NULL};
    snprintf(k->field, sizeof k->field, "%s", row->field);
    snprintf(k->old, sizeof k->old, "%s", row->old_value ? row->old_value : "");
    snprintf(k->new, sizeof k->new, "%s", row->new_value ? row->new_value : "");
}

/* --- rows --- */

static inline void cut_rep(cutting *c, const void *at)
{
    fore_rep_row row = *(const fore_rep_row *)at;
    fore_put put;
    row.manager = cut_key(c, FORE_REP, row.manager);
    CUT_MUST(fore_store_put_rep(c->to, &row, &put, err));
}

static inline void cut_account(cutting *c, const void *at)
{
    fore_account_row row = *(const fore_account_row *)at;
    fore_put put;
    row.owner = cut_key(c, FORE_REP, row.owner);
    CUT_MUST(fore_store_put_account(c->to, &row, &put, err));
}

static inline void cut_contact(cutting *c, const void *at)
{
    fore_contact_row row = *(const fore_contact_row *)at;
    fore_put put;
    row.owner = cut_key(c, FORE_REP, row.owner);
    row.account = cut_key(c, FORE_ACCOUNT, row.account);
    CUT_MUST(fore_store_put_contact(c->to, &row, &put, err));
}

static inline void cut_campaign(cutting *c, const void *at)
{
    fore_put put;
    CUT_MUST(fore_store_put_campaign(c->to, at, &put, err));
}

static inline void cut_product(cutting *c, const void *at)
{
    fore_put put;
    CUT_MUST(fore_store_put_product(c->to, at, &put, err));
}

static inline void cut_lead(cutting *c, const void *at)
{
    fore_lead_row row = *(const fore_lead_row *)at;
    fore_put put;
    if (is_later(c, row.created_at)) return;
    row.account = cut_key(c, FORE_ACCOUNT, row.account);
    row.contact = cut_key(c, FORE_CONTACT, row.contact);
    row.campaign = cut_key(c, FORE_CAMPAIGN, row.campaign);
    row.owner = cut_key(c, FORE_REP, row.owner);
    row.deal = cut_key(c, FORE_DEAL, row.deal);
    if (is_later(c, row.closed_at)) {
        row.closed_at = FORE_NO_TIME;
        row.status = "working";
    }
    CUT_MUST(fore_store_put_lead(c->to, &row, &put, err));
}

/* The first change of a deal's field from T on; NULL: there is none. */
static inline const cut_change *cut_first(const cutting *c, int64_t deal, const char *field)
{
    for (int64_t i = 0; i < c->changes; i++)
        if (c->change[i].deal == deal && c->change[i].at >= c->T &&
            strcmp(c->change[i].field, field) == 0)
            return &c->change[i];
    return NULL;
}

static inline fore_outcome cut_outcome(const char *outcome, const char *stage)
{
    if (strcmp(outcome, "won") == 0 || strcmp(stage, "Won") == 0) return FORE_WON;
    return strcmp(outcome, "lost") == 0 || strcmp(stage, "Lost") == 0 ? FORE_LOST
                                                                      : FORE_OUTCOME_OPEN;
}

/* Which changes tell of the outcome: those of it, else those of the stage where they lead out of a
 * closing one; NULL: none do. */
static inline const char *cut_evidence(const cutting *c, int64_t deal)
{
    bool reopened = false;
    for (int64_t i = 0; i < c->changes; i++) {
        const cut_change *k = &c->change[i];
        if (k->deal != deal) continue;
        if (strcmp(k->field, "outcome") == 0) return "outcome";
        reopened |=
            strcmp(k->field, "stage") == 0 && cut_outcome("", k->old) && !cut_outcome("", k->new);
    }
    return reopened ? "stage" : NULL;
}

/* The outcome and the time of closing that the deal's row had as of T. */
static inline void cut_ending(const cutting *c, fore_deal_row *row)
{
    const char *field = cut_evidence(c, row->pk);
    bool is_last = true;
    fore_outcome then = FORE_OUTCOME_OPEN;
    int64_t at = FORE_NO_TIME;
    for (int64_t i = 0; field && i < c->changes; i++) {
        const cut_change *k = &c->change[i];
        if (k->deal != row->pk || strcmp(k->field, field) != 0) continue;
        is_last = k->at < c->T;
        if (!is_last) break;
        bool word = field[0] == 'o';
        fore_outcome now = cut_outcome(word ? k->new : "", word ? "" : k->new);
        if (now != then) at = now ? k->at : FORE_NO_TIME;
        then = now;
    }
    if (is_last && !is_later(c, row->closed_at)) return;
    row->outcome = then;
    row->closed_at = at;
}

static inline void cut_state(cutting *c, fore_deal_row *row)
{
    const cut_change *k;
    double amount;
    int64_t day;
    if ((k = cut_first(c, row->pk, "stage"))) row->stage = k->known ? k->old : NULL;
    if ((k = cut_first(c, row->pk, "owner_id"))) {
        row->owner = 0;
        if (k->known) CUT_MUST(fore_store_key(c->to, FORE_REP, k->old, -1, &row->owner, err));
    } else
        row->owner = cut_key(c, FORE_REP, row->owner);
    if ((k = cut_first(c, row->pk, "amount"))) {
        bool read = k->known && fore_number_parse(k->old, (int64_t)strlen(k->old), &amount);
        row->amount_minor =
            read ? (int64_t)(amount * 100 + (amount < 0 ? -0.5 : 0.5)) : FORE_NO_AMOUNT;
    }
    if ((k = cut_first(c, row->pk, "expected_close_at"))) {
        bool read =
            k->known && fore_time_parse(k->old, (int64_t)strlen(k->old), NULL, &day, &(bool){0});
        row->expected_close_on = read ? fore_date_of(day) : FORE_NO_DATE;
    }
}

static inline void cut_deal(cutting *c, const void *at)
{
    fore_deal_row row = *(const fore_deal_row *)at;
    fore_put put;
    if (is_later(c, row.created_at)) return;
    cut_ending(c, &row);
    cut_state(c, &row);
    row.lead = cut_key(c, FORE_LEAD, row.lead);
    row.account = cut_key(c, FORE_ACCOUNT, row.account);
    row.contact = cut_key(c, FORE_CONTACT, row.contact);
    row.product = cut_key(c, FORE_PRODUCT, row.product);
    row.campaign = cut_key(c, FORE_CAMPAIGN, row.campaign);
    CUT_MUST(fore_store_put_deal(c->to, &row, &put, err));
}

static inline void cut_deal_change(cutting *c, const void *at)
{
    fore_deal_change_row row = *(const fore_deal_change_row *)at;
    fore_put put;
    if (row.at >= c->T || c->absent[FORE_DEAL][row.deal]) return;
    row.deal = cut_key(c, FORE_DEAL, row.deal);
    CUT_MUST(fore_store_put_deal_change(c->to, &row, &put, err));
}

static inline void cut_activity(cutting *c, const void *at)
{
    fore_activity_row row = *(const fore_activity_row *)at;
    fore_put put;
    if (row.at == FORE_NO_TIME || row.at >= c->T) return;
    if (row.contact_link) row.lead = row.deal = 0; /* to be found again */
    row.contact_link = false;
    if (c->absent[FORE_LEAD][row.lead] || c->absent[FORE_DEAL][row.deal]) return;
    row.rep = cut_key(c, FORE_REP, row.rep);
    row.lead = cut_key(c, FORE_LEAD, row.lead);
    row.deal = cut_key(c, FORE_DEAL, row.deal);
    row.account = cut_key(c, FORE_ACCOUNT, row.account);
    row.contact = cut_key(c, FORE_CONTACT, row.contact);
    row.campaign = cut_key(c, FORE_CAMPAIGN, row.campaign);
    CUT_MUST(fore_store_put_activity(c->to, &row, &put, err));
}

static inline void cut_sale(cutting *c, const void *at)
{
    fore_sale_row row = *(const fore_sale_row *)at;
    fore_put put;
    if (is_later(c, row.at)) return;
    row.account = cut_key(c, FORE_ACCOUNT, row.account);
    row.product = cut_key(c, FORE_PRODUCT, row.product);
    row.deal = cut_key(c, FORE_DEAL, row.deal);
    CUT_MUST(fore_store_put_sale(c->to, &row, &put, err));
}

static inline void cut_ticket(cutting *c, const void *at)
{
    fore_ticket_row row = *(const fore_ticket_row *)at;
    fore_put put;
    if (is_later(c, row.opened_at)) return;
    if (is_later(c, row.closed_at)) {
        row.closed_at = FORE_NO_TIME;
        row.satisfaction = (double)NAN;
    }
    row.account = cut_key(c, FORE_ACCOUNT, row.account);
    row.lead = cut_key(c, FORE_LEAD, row.lead);
    CUT_MUST(fore_store_put_ticket(c->to, &row, &put, err));
}

/* --- all --- */

static inline void cut_zone(cutting *c)
{
    fore_text zone = {0};
    bool found;
    CUT_MUST(fore_store_setting(c->from, "zone", &zone, &found, err));
    if (found) CUT_MUST(fore_store_set(c->to, "zone", zone.bytes, err));
    fore_text_free(&zone);
}

/* Into an empty workspace. */
static inline void cut_history_into(fore_store *from, fore_store *to, int64_t T)
{
    static const struct {
        fore_table table;
        void (*name)(cutting *c, const void *row);
        void (*copy)(cutting *c, const void *row);
    } tables[] = {
        {FORE_TABLE_REP, cut_name_rep, cut_rep},
        {FORE_TABLE_ACCOUNT, cut_name_account, cut_account},
        {FORE_TABLE_CONTACT, cut_name_contact, cut_contact},
        {FORE_TABLE_CAMPAIGN, cut_name_campaign, cut_campaign},
        {FORE_TABLE_PRODUCT, cut_name_product, cut_product},
        {FORE_TABLE_LEAD, cut_name_lead, cut_lead},
        {FORE_TABLE_DEAL, cut_name_deal, cut_deal},
        {FORE_TABLE_DEAL_CHANGE, cut_keep_change, cut_deal_change},
        {FORE_TABLE_ACTIVITY, NULL, cut_activity},
        {FORE_TABLE_SALE, NULL, cut_sale},
        {FORE_TABLE_TICKET, NULL, cut_ticket},
    };
    cutting *c = calloc(1, sizeof *c);
    fore_any_row row;
    if (!c) abort();
    c->from = from;
    c->to = to;
    c->T = T;
    c->change = calloc(CUT_CHANGES, sizeof *c->change);
    if (!c->change) abort();
    CUT_MUST(fore_store_begin(c->to, err));
    cut_zone(c);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i].name)
            cut_each(c, tables[i].table, tables[i].table != FORE_TABLE_DEAL_CHANGE, &row,
                     tables[i].name);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        cut_each(c, tables[i].table, false, &row, tables[i].copy);
    CUT_MUST(fore_store_link_contacts(c->to, &(int64_t){0}, err));
    CUT_MUST(fore_store_commit(c->to, err));
    for (int e = 0; e < FORE_ENTITY_COUNT; e++)
        for (int64_t k = 0; k < CUT_KEYS; k++) free(c->id[e][k]);
    free(c->change);
    free(c);
}

/* A new workspace in memory; the caller closes it. */
static inline fore_store *cut_history(fore_store *from, int64_t T)
{
    fore_store *to = NULL;
    CUT_MUST(fore_store_open(":memory:", FORE_STORE_CREATE, &to, err));
    cut_history_into(from, to, T);
    return to;
}

#endif
