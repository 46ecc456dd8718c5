/* Reading the tables of the store into facts, each in the order of ids: references first
 * (placeholders too, because a loose reference still groups), then leads and deals, then what
 * happened to them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/timeline_facts.h"

static const int64_t FIRST_TIME = -62135596800 * FORE_SECOND; /* 0001-01-01 */
static const int64_t END_TIME = 253402300800 * FORE_SECOND;   /* 10000-01-01 */

/* --- small conversions --- */

static double units(int64_t minor) { return minor == FORE_NO_AMOUNT ? NAN : (double)minor / 100.0; }

int64_t fore_real_time(int64_t at) { return at < FIRST_TIME || at >= END_TIME ? FORE_NO_TIME : at; }

static fore_status add_key(key_map *map, int64_t pk, fore_error *err)
{
    FORE_TRY(fore_grow((void **)&map->pk, &map->capacity, map->count + 1, sizeof *map->pk, err));
    map->pk[map->count++] = pk;
    return FORE_OK;
}

typedef struct keyed {
    int64_t key;
    int32_t index;
} keyed;

static int compare_keyed(const void *x, const void *y)
{
    const keyed *a = x, *b = y;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static fore_status sort_by_pk(key_map *map, fore_error *err)
{
    keyed *list = FORE_NEW(map->count, keyed);
    map->by_pk = FORE_NEW(map->count, int32_t);
    if (!list || !map->by_pk) {
        fore_free(list);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < map->count; i++) list[i] = (keyed){map->pk[i], (int32_t)i};
    qsort(list, (size_t)map->count, sizeof *list, compare_keyed);
    for (int64_t i = 0; i < map->count; i++) map->by_pk[i] = list[i].index;
    fore_free(list);
    return FORE_OK;
}

static fore_status finish_keys(key_map *map, fore_error *err)
{
    if (map->count > INT32_MAX / 2)
        return fore_fail(err, FORE_E_LIMIT, "more than %d rows of one kind; split the workspace",
                         INT32_MAX / 2);
    if (map->count == 0) return FORE_OK;
    FORE_TRY(sort_by_pk(map, err));
    map->low = map->pk[map->by_pk[0]];
    map->high = map->pk[map->by_pk[map->count - 1]];
    int64_t span = map->high - map->low + 1;
    if (span > 16 * map->count + 65536) return FORE_OK;
    map->dense = FORE_NEW(span, int32_t);
    if (!map->dense) return fore_no_memory(err);
    memset(map->dense, 0xff, (size_t)span * sizeof *map->dense);
    for (int64_t i = 0; i < map->count; i++) map->dense[map->pk[i] - map->low] = (int32_t)i;
    return FORE_OK;
}

int32_t fore_key_index(const key_map *map, int64_t pk)
{
    if (map->count == 0 || pk < map->low || pk > map->high) return -1;
    if (map->dense) return map->dense[pk - map->low];
    int64_t first = 0, end = map->count - 1;
    while (first < end) {
        int64_t middle = first + (end - first) / 2;
        if (map->pk[map->by_pk[middle]] < pk)
            first = middle + 1;
        else
            end = middle;
    }
    return map->pk[map->by_pk[first]] == pk ? map->by_pk[first] : -1;
}

/* Number of a word; -1 for NULL and "". */
static fore_status word_of(fore_dictionary *words, const char *text, int32_t *index,
                           fore_error *err)
{
    *index = -1;
    if (!text || !*text) return FORE_OK;
    int64_t i = fore_dictionary_add(words, text, (int64_t)strlen(text));
    if (i < 0) return fore_no_memory(err);
    *index = (int32_t)i;
    return FORE_OK;
}

static fore_status add_id(id_list *ids, const char *id, fore_error *err)
{
    int64_t first = ids->text.length;
    fore_text_puts(&ids->text, id ? id : "");
    fore_text_putc(&ids->text, 0);
    FORE_TRY(fore_text_check(&ids->text, err));
    return LIST_ADD(&ids->first, first);
}

/* Walks a table: `take` gets every row. */
static fore_status walk(fore_builder *b, fore_table table, bool placeholders, void *row,
                        fore_status (*take)(fore_builder *, const void *, fore_error *),
                        fore_error *err)
{
    fore_cursor *cursor = NULL;
    bool more = true;
    fore_status status = FORE_OK;
    FORE_GO(fore_cursor_open(b->store, table, placeholders, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, row, &more, err));
        if (!more) break;
        FORE_GO(take(b, row, err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

/* --- reps, accounts, products, campaigns --- */

static fore_status take_rep(fore_builder *b, const void *any, fore_error *err)
{
    const fore_rep_row *row = any;
    rep_fact fact = {.pk = row->pk,
                     .manager_pk = row->manager,
                     .active_from_on = row->active_from_on,
                     .active_to_on = row->active_to_on,
                     .hours_per_week = row->hours_per_week,
                     .hourly_cost = units(row->hourly_cost_minor)};
    int32_t index;
    FORE_TRY(word_of(b->teams, row->team, &fact.team, err));
    FORE_TRY(word_of(b->regions, row->region, &fact.region, err));
    FORE_TRY(word_of(b->rep_index, row->id, &index, err));
    FORE_TRY(add_key(&b->reps, row->pk, err));
    FORE_TRY(add_id(&b->rep_ids, row->id, err));
    return LIST_ADD(&b->rep, fact);
}

static fore_status take_account(fore_builder *b, const void *any, fore_error *err)
{
    const fore_account_row *row = any;
    return add_key(&b->accounts, row->pk, err);
}

static fore_status take_product(fore_builder *b, const void *any, fore_error *err)
{
    const fore_product_row *row = any;
    product_fact fact = {.pk = row->pk, .list_price = units(row->list_price_minor)};
    FORE_TRY(word_of(b->categories, row->category, &fact.category, err));
    FORE_TRY(add_key(&b->products, row->pk, err));
    FORE_TRY(add_id(&b->product_ids, row->id, err));
    return LIST_ADD(&b->product, fact);
}

static fore_status take_campaign(fore_builder *b, const void *any, fore_error *err)
{
    const fore_campaign_row *row = any;
    campaign_fact fact = {.pk = row->pk, .cost = units(row->cost_minor)};
    FORE_TRY(word_of(b->channels, row->channel, &fact.channel, err));
    FORE_TRY(add_key(&b->campaigns, row->pk, err));
    return LIST_ADD(&b->campaign, fact);
}

static fore_status read_references(fore_builder *b, fore_error *err)
{
    fore_rep_row rep;
    fore_account_row account;
    fore_product_row product;
    fore_campaign_row campaign;
    FORE_TRY(walk(b, FORE_TABLE_REP, true, &rep, take_rep, err));
    FORE_TRY(walk(b, FORE_TABLE_ACCOUNT, true, &account, take_account, err));
    FORE_TRY(walk(b, FORE_TABLE_PRODUCT, true, &product, take_product, err));
    FORE_TRY(walk(b, FORE_TABLE_CAMPAIGN, true, &campaign, take_campaign, err));
    FORE_TRY(finish_keys(&b->reps, err));
    FORE_TRY(finish_keys(&b->accounts, err));
    FORE_TRY(finish_keys(&b->products, err));
    return finish_keys(&b->campaigns, err);
}

/* --- leads and deals --- */

static fore_outcome lead_outcome(const char *status)
{
    if (!status) return FORE_OUTCOME_OPEN;
    if (fore_text_equal_fold(status, "converted")) return FORE_WON;
    if (fore_text_equal_fold(status, "disqualified") || fore_text_equal_fold(status, "lost"))
        return FORE_LOST;
    return FORE_OUTCOME_OPEN;
}

/* Amounts in another currency are converted where a rate is stated; else they stay what they are.
 */
static fore_status take_currency(fore_builder *b, const char *currency, double *amount,
                                 double *rate, int32_t *word, fore_error *err)
{
    double stated = b->exchange.own[0] ? fore_exchange_rate(&b->exchange, currency) : NAN;
    *rate = isnan(stated) ? 1 : stated;
    *amount *= *rate;
    if (!isnan(stated)) currency = currency && *currency ? b->exchange.own : NULL;
    return word_of(b->currencies, currency, word, err);
}

static fore_status take_lead(fore_builder *b, const void *any, fore_error *err)
{
    const fore_lead_row *row = any;
    subject_fact fact = {.pk = row->pk,
                         .created_at = fore_real_time(row->created_at),
                         .closed_at = fore_real_time(row->closed_at),
                         .closing_told = fore_real_time(row->closed_at) != FORE_NO_TIME,
                         .contact = row->contact,
                         .other_pk = row->deal,
                         .unsubscribed_at = FORE_NO_TIME,
                         .amount = NAN,
                         .account = fore_key_index(&b->accounts, row->account),
                         .owner = fore_key_index(&b->reps, row->owner),
                         .product = -1,
                         .campaign = fore_key_index(&b->campaigns, row->campaign),
                         .other = -1,
                         .stage = -1,
                         .currency = -1,
                         .expected_close_on = FORE_NO_DATE,
                         .outcome = (uint8_t)lead_outcome(row->status),
                         .do_not_contact = row->do_not_contact,
                         .mail_opt_out = row->mail_opt_out};
    FORE_TRY(word_of(b->sources, row->source, &fact.source, err));
    FORE_TRY(word_of(b->statuses, row->status, &fact.status, err));
    FORE_TRY(add_key(&b->leads, row->pk, err));
    FORE_TRY(add_id(&b->ids, row->id, err));
    return LIST_ADD(&b->subject, fact);
}

static fore_status take_deal(fore_builder *b, const void *any, fore_error *err)
{
    const fore_deal_row *row = any;
    subject_fact fact = {.pk = row->pk,
                         .created_at = fore_real_time(row->created_at),
                         .closed_at = fore_real_time(row->closed_at),
                         .closing_told = fore_real_time(row->closed_at) != FORE_NO_TIME,
                         .contact = row->contact,
                         .other_pk = row->lead,
                         .unsubscribed_at = FORE_NO_TIME,
                         .amount = units(row->amount_minor),
                         .account = fore_key_index(&b->accounts, row->account),
                         .owner = fore_key_index(&b->reps, row->owner),
                         .product = fore_key_index(&b->products, row->product),
                         .campaign = fore_key_index(&b->campaigns, row->campaign),
                         .other = -1,
                         .status = -1,
                         .expected_close_on = row->expected_close_on,
                         .outcome = (uint8_t)row->outcome};
    FORE_TRY(word_of(b->sources, row->source, &fact.source, err));
    FORE_TRY(word_of(b->stages, row->stage, &fact.stage, err));
    FORE_TRY(take_currency(b, row->currency, &fact.amount, &fact.rate, &fact.currency, err));
    b->t->converted += fact.rate != 1;
    FORE_TRY(add_key(&b->deals, row->pk, err));
    FORE_TRY(add_id(&b->ids, row->id, err));
    return LIST_ADD(&b->subject, fact);
}

/* A lead's or deal's key: the hash of its kind and id. Should two ever be alike, the second in the
 * order of ids takes the next free number. */
static fore_status make_keys(fore_builder *b, fore_error *err)
{
    int64_t n = b->subject.count;
    keyed *list = FORE_NEW(n, keyed);
    if (!list) return fore_no_memory(err);
    for (int64_t s = 0; s < n; s++) {
        const char *id = b->ids.text.bytes + b->ids.first.item[s];
        uint64_t kind = s < b->leads.count ? FORE_SUBJECT_LEAD : FORE_SUBJECT_DEAL;
        list[s] = (keyed){(int64_t)(fore_hash(id, (int64_t)strlen(id), kind) >> 2), (int32_t)s};
    }
    if (n > 1) qsort(list, (size_t)n, sizeof *list, compare_keyed);
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && list[i].key <= list[i - 1].key) list[i].key = list[i - 1].key + 1;
        b->subject.item[list[i].index].key = list[i].key;
    }
    fore_free(list);
    return FORE_OK;
}

/* deal.lead decides; of the leads that name a deal which names none the earliest is taken (unknown
 * creation counts as oldest), so that one that turns up later changes nothing about the past. What
 * a deal does not know about its person or origin it has from its lead. */
static void link_leads(fore_builder *b)
{
    subject_fact *subject = b->subject.item;
    int64_t leads = b->leads.count;
    for (int64_t d = leads; d < b->subject.count; d++) {
        int32_t lead = fore_key_index(&b->leads, subject[d].other_pk);
        subject[d].other = lead;
        if (lead >= 0 && subject[lead].other < 0) subject[lead].other = (int32_t)d;
    }
    for (int64_t l = 0; l < leads; l++) {
        int32_t deal = fore_key_index(&b->deals, subject[l].other_pk);
        if (deal < 0) continue;
        subject_fact *of = &subject[leads + deal];
        bool decided = fore_key_index(&b->leads, of->other_pk) >= 0;
        if (of->other < 0 || (!decided && subject[l].created_at < subject[of->other].created_at))
            of->other = (int32_t)l;
        if (subject[l].other < 0) subject[l].other = (int32_t)(leads + deal);
    }
    for (int64_t d = leads; d < b->subject.count; d++) {
        if (subject[d].other < 0) continue;
        const subject_fact *lead = &subject[subject[d].other];
        if (subject[d].source < 0) subject[d].source = lead->source;
        if (subject[d].campaign < 0) subject[d].campaign = lead->campaign;
        if (subject[d].account < 0) subject[d].account = lead->account;
        subject[d].do_not_contact = lead->do_not_contact;
        subject[d].mail_opt_out = lead->mail_opt_out;
    }
}

/* The deals of every lead as one list with offsets. */
static fore_status list_deals_of_leads(fore_builder *b, fore_error *err)
{
    int64_t leads = b->leads.count, *first;
    b->lead_deal_first = first = FORE_ZNEW(leads + 2, int64_t);
    b->lead_deal = FORE_NEW(b->deals.count, int32_t);
    if (!first || !b->lead_deal) return fore_no_memory(err);
    for (int64_t d = leads; d < b->subject.count; d++)
        if (b->subject.item[d].other >= 0) first[b->subject.item[d].other + 2]++;
    for (int64_t l = 0; l < leads; l++) first[l + 2] += first[l + 1];
    for (int64_t d = leads; d < b->subject.count; d++)
        if (b->subject.item[d].other >= 0)
            b->lead_deal[first[b->subject.item[d].other + 1]++] = (int32_t)d;
    return FORE_OK;
}

static fore_status read_subjects(fore_builder *b, fore_error *err)
{
    fore_lead_row lead;
    fore_deal_row deal;
    FORE_TRY(walk(b, FORE_TABLE_LEAD, false, &lead, take_lead, err));
    FORE_TRY(finish_keys(&b->leads, err));
    FORE_TRY(walk(b, FORE_TABLE_DEAL, false, &deal, take_deal, err));
    FORE_TRY(finish_keys(&b->deals, err));
    FORE_TRY(make_keys(b, err));
    link_leads(b);
    FORE_TRY(fore_contacts_list(b, err));
    return list_deals_of_leads(b, err);
}

/* --- changes, sales, tickets --- */

static fore_change_field field_of(const char *field)
{
    static const char *const names[] = {"stage", "amount", "expected_close_at", "owner_id",
                                        "outcome"};
    for (int i = 0; i < 5; i++)
        if (strcmp(field, names[i]) == 0) return (fore_change_field)i;
    return FORE_CHANGE_OTHER;
}

static double date_value(const fore_builder *b, const char *text)
{
    int64_t at;
    bool date_only;
    if (!fore_time_parse(text, (int64_t)strlen(text), b->zone, &at, &date_only)) return NAN;
    if (fore_real_time(at) == FORE_NO_TIME) return NAN;
    return fore_date_of(at + fore_zone_offset(b->zone, at));
}

static double outcome_value(const char *text)
{
    static const char *const names[] = {"open", "won", "lost"};
    for (int i = 0; i < 3; i++)
        if (fore_text_equal_fold(text, names[i])) return i;
    return NAN;
}

static fore_status change_value(fore_builder *b, fore_change_field field, const char *text,
                                double *value, fore_error *err)
{
    int32_t word = -1;
    *value = NAN;
    if (!text || !*text) return FORE_OK;
    switch (field) {
    case FORE_CHANGE_STAGE:
        FORE_TRY(word_of(b->stages, text, &word, err));
        *value = word;
        break;
    case FORE_CHANGE_AMOUNT:
        if (!fore_number_parse(text, (int64_t)strlen(text), value) || !isfinite(*value))
            *value = NAN;
        break;
    case FORE_CHANGE_EXPECTED: *value = date_value(b, text); break;
    case FORE_CHANGE_OWNER: {
        int64_t rep = fore_dictionary_find(b->rep_index, text, (int64_t)strlen(text));
        if (rep >= 0) *value = (double)rep;
        break;
    }
    case FORE_CHANGE_OUTCOME: *value = outcome_value(text); break;
    default: break;
    }
    return FORE_OK;
}

static fore_status take_change(fore_builder *b, const void *any, fore_error *err)
{
    const fore_deal_change_row *row = any;
    int32_t deal = fore_key_index(&b->deals, row->deal);
    if (deal < 0 || fore_real_time(row->at) == FORE_NO_TIME) return FORE_OK;
    change_fact fact = {.at = row->at,
                        .subject = (int32_t)(b->leads.count + deal),
                        .name = -1,
                        .field = (uint8_t)field_of(row->field)};
    if (fact.field == FORE_CHANGE_OTHER)
        FORE_TRY(word_of(b->change_names, row->field, &fact.name, err));
    FORE_TRY(change_value(b, fact.field, row->old_value, &fact.old_value, err));
    FORE_TRY(change_value(b, fact.field, row->new_value, &fact.new_value, err));
    if (fact.field == FORE_CHANGE_AMOUNT) {
        fact.old_value *= b->subject.item[fact.subject].rate;
        fact.new_value *= b->subject.item[fact.subject].rate;
    }
    return LIST_ADD(&b->change, fact);
}

static fore_status take_sale(fore_builder *b, const void *any, fore_error *err)
{
    const fore_sale_row *row = any;
    int32_t account = fore_key_index(&b->accounts, row->account),
            deal = fore_key_index(&b->deals, row->deal);
    sale_fact fact = {.at = fore_real_time(row->at),
                      .order = b->sale.count,
                      .account = account < 0 ? (int32_t)b->accounts.count : account,
                      .product = fore_key_index(&b->products, row->product),
                      .deal = deal < 0 ? -1 : (int32_t)(b->leads.count + deal),
                      .quantity = row->quantity,
                      .amount = units(row->amount_minor)};
    double rate;
    FORE_TRY(take_currency(b, row->currency, &fact.amount, &rate, &fact.currency, err));
    return LIST_ADD(&b->sale, fact);
}

static fore_status take_ticket(fore_builder *b, const void *any, fore_error *err)
{
    const fore_ticket_row *row = any;
    int32_t account = fore_key_index(&b->accounts, row->account);
    int32_t lead = fore_key_index(&b->leads, row->lead);
    if (account < 0 && lead >= 0) account = b->subject.item[lead].account;
    ticket_fact fact = {.opened_at = fore_real_time(row->opened_at),
                        .closed_at = fore_real_time(row->closed_at),
                        .order = b->ticket.count,
                        .account = account < 0 ? (int32_t)b->accounts.count : account,
                        .satisfaction = row->satisfaction};
    return LIST_ADD(&b->ticket, fact);
}

static int compare_sales(const void *x, const void *y)
{
    const sale_fact *a = x, *b = y;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static int compare_tickets(const void *x, const void *y)
{
    const ticket_fact *a = x, *b = y;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    if (a->opened_at != b->opened_at) return a->opened_at < b->opened_at ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static fore_status read_history(fore_builder *b, fore_error *err)
{
    fore_deal_change_row change;
    fore_sale_row sale;
    fore_ticket_row ticket;
    FORE_TRY(walk(b, FORE_TABLE_DEAL_CHANGE, false, &change, take_change, err));
    FORE_TRY(walk(b, FORE_TABLE_SALE, false, &sale, take_sale, err));
    FORE_TRY(walk(b, FORE_TABLE_TICKET, false, &ticket, take_ticket, err));
    if (b->sale.count > 1)
        qsort(b->sale.item, (size_t)b->sale.count, sizeof *b->sale.item, compare_sales);
    if (b->ticket.count > 1)
        qsort(b->ticket.item, (size_t)b->ticket.count, sizeof *b->ticket.item, compare_tickets);
    return FORE_OK;
}

fore_status fore_builder_read(fore_builder *b, fore_error *err)
{
    FORE_TRY(read_references(b, err));
    FORE_TRY(read_subjects(b, err));
    FORE_TRY(read_history(b, err));
    return fore_closings_settle(b, err);
}
