/* Inside the features room: the rows of the history on their way from the store into columns. Rows
 * are gathered as structs because the sizes are known only at the end. */
#ifndef FORE_TIMELINE_FACTS_H
#define FORE_TIMELINE_FACTS_H

#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "features/timeline_parts.h"

typedef struct subject_fact {
    int64_t pk, key, created_at, closed_at, contact, other_pk, unsubscribed_at;
    double amount, rate; /* in the currency kept; rate: one of the row's own in it */
    int32_t account, owner, product, campaign, other, source, stage, currency, status;
    int32_t expected_close_on;
    uint8_t outcome, left_out, do_not_contact, mail_opt_out;
    bool closing_told; /* the row itself gave the time of closing */
} subject_fact;

typedef struct contact_lead {
    int64_t contact, created_at;
    int32_t lead;
} contact_lead;

typedef struct rep_fact {
    int64_t pk, manager_pk;
    int32_t team, region, active_from_on, active_to_on;
    double hours_per_week, hourly_cost;
} rep_fact;

typedef struct product_fact {
    int64_t pk;
    int32_t category;
    double list_price;
} product_fact;

typedef struct campaign_fact {
    int64_t pk;
    int32_t channel;
    double cost;
} campaign_fact;

typedef struct change_fact {
    int64_t at;
    int32_t subject, name;
    uint8_t field;
    double old_value, new_value;
} change_fact;

typedef struct spell_fact {
    int64_t from, until;
    int32_t subject;
    uint8_t outcome;
} spell_fact;

typedef struct sale_fact {
    int64_t at, order;
    int32_t account, product, deal, currency;
    double quantity, amount;
} sale_fact;

typedef struct ticket_fact {
    int64_t opened_at, closed_at, order;
    int32_t account;
    double satisfaction;
} ticket_fact;

/* A growing list, and a list of growing words. */
#define LIST(type)                                                                                 \
    struct {                                                                                       \
        type *item;                                                                                \
        int64_t count, capacity;                                                                   \
    }
#define LIST_ADD(list, ...)                                                                        \
    (fore_grow((void **)&(list)->item, &(list)->capacity, (list)->count + 1, sizeof *(list)->item, \
               err) == FORE_OK                                                                     \
         ? ((list)->item[(list)->count++] = (__VA_ARGS__), FORE_OK)                                \
         : FORE_E_MEMORY)

typedef struct id_list {
    fore_text text;
    LIST(int64_t) first;
} id_list;

/* pk -> index in the order of ids; a plain array where keys are dense, as they nearly always are. */
typedef struct key_map {
    int64_t *pk;    /* by index */
    int32_t *by_pk; /* indices by ascending pk */
    int32_t *dense; /* by pk - the smallest; NULL: search */
    int64_t count, capacity;
    int64_t low, high; /* the smallest and the largest pk */
} key_map;

typedef struct fore_builder {
    fore_store *store;
    fore_zone *zone;
    fore_timeline *t;
    key_map accounts, reps, products, campaigns, leads, deals;
    id_list ids, rep_ids, product_ids;
    fore_dictionary *rep_index; /* rep id -> rep index, in the same order */
    fore_dictionary *stages, *sources, *currencies, *statuses, *teams, *regions, *categories,
        *channels, *change_names;
    LIST(subject_fact) subject;
    LIST(rep_fact) rep;
    LIST(product_fact) product;
    LIST(campaign_fact) campaign;
    LIST(change_fact) change;
    LIST(spell_fact) spell; /* of those opened again, by subject and time */
    int8_t *stage_means;    /* by stage: fore_outcome */
    LIST(sale_fact) sale;
    LIST(ticket_fact) ticket;
    int64_t *lead_deal_first; /* leads + 1; the deals of a lead, for the copies of its events */
    int32_t *lead_deal;
    contact_lead *contact_lead; /* leads that name a contact, by contact and creation */
    int64_t contact_leads;
    fore_event_piles *events, *planned;
    int64_t dropped;
    fore_exchange exchange;
} fore_builder;

/* The stated rates of exchange, and what they hash to ("" = none). */
fore_status fore_timeline_rates(fore_store *store, fore_exchange *exchange, char hash[40], fore_error *err);

/* What the settings of the stages that mean won or lost hash to. */
fore_status fore_timeline_closings(fore_store *store, char hash[40], fore_error *err);

/* timeline_spells.c: once rows and changes are read, when what closed, and the spells of the deals that
 * were opened again; once the newest moment is known, since when those are open that no change opened. */
fore_status fore_closings_settle(fore_builder *b, fore_error *err);
void fore_spells_settle(fore_timeline *t);

/* Reads everything but the activities, and links deals with leads. */
fore_status fore_builder_read(fore_builder *b, fore_error *err);
/* timeline_contacts.c: makes contact_lead; the lead of a contact's activity at a time, -1 = none. */
fore_status fore_contacts_list(fore_builder *b, fore_error *err);
int32_t fore_contact_lead(const fore_builder *b, int64_t contact, int64_t at);
int32_t fore_key_index(const key_map *map, int64_t pk); /* -1: unknown */
/* Asks for the memory that fore_key_index will read. */
static inline void fore_key_prefetch(const key_map *map, int64_t pk)
{
    if (map->dense && pk >= map->low && pk <= map->high)
        __builtin_prefetch(&map->dense[pk - map->low]);
}
/* FORE_NO_TIME for what lies beyond the calendar (years 1..9999). */
int64_t fore_real_time(int64_t at);

#endif
