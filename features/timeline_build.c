/* Building a timeline from the store.
 *
 *   read reps, accounts, products, campaigns, leads, deals, changes, sales, tickets
 * (timeline_read.c) one pass over the activities -> piles of records (timeline_events.c) all sizes
 * are known: allocate the one block, fill the columns, sort the piles into it            */
#include <math.h>
#include <string.h>

#include "features/timeline_facts.h"

/* --- the one pass over the activities --- */

/* Rows are taken in batches, so that the memory which each of them will touch can be asked for
 * ahead: events come in the order they were written and their leads lie anywhere. */
enum { BATCH = 128 };

typedef struct event_pass {
    fore_builder *b;
    int64_t subjects, nobody;
    fore_event_row row[BATCH];
    int64_t rows;
} event_pass;

/* To the lead and the deals that came out of it, but for the deal that has the event already. */
static fore_status pile_on_lead(const fore_builder *b, fore_event_piles *piles, int32_t lead,
                                int32_t but, bool with_deals, fore_event_record *record,
                                fore_error *err)
{
    record->owner = lead;
    FORE_TRY(fore_piles_add(piles, record, err));
    record->flags = FORE_EVENT_COPY;
    for (int64_t i = b->lead_deal_first[lead]; with_deals && i < b->lead_deal_first[lead + 1];
         i++) {
        record->owner = b->lead_deal[i];
        if (record->owner != but) FORE_TRY(fore_piles_add(piles, record, err));
    }
    return FORE_OK;
}

/* The owners of an event: the first one counts it, the others hold copies. A lead's event is also
 * known to the deals that came out of that lead. An event that names a deal is that deal's alone:
 * only leads that became deals have such, and having them would tell the outcome.
 *
 * An event that was found through its contact is moved to a deal as soon as the contact has one,
 * also back from before the deal was there. So all that would have had it until then keep a copy:
 * the contact's own lead with its deals, and the account. Otherwise they would lose events to a
 * deal that is yet to come, and the loss would tell of it. */
static fore_status pile_up(const event_pass *pass, fore_event_piles *piles,
                           const fore_event_row *row, fore_event_record *record, fore_error *err)
{
    const fore_builder *b = pass->b;
    int32_t leads = (int32_t)b->leads.count;
    int32_t deal = row->deal ? fore_key_index(&b->deals, row->deal) : -1;
    int32_t lead = row->lead ? fore_key_index(&b->leads, row->lead) : -1;
    int32_t account = row->account ? fore_key_index(&b->accounts, row->account) : -1;
    bool found = row->contact_link;
    if (deal >= 0) {
        record->owner = leads + deal;
        FORE_TRY(fore_piles_add(piles, record, err));
        record->flags = FORE_EVENT_COPY;
        if (found) lead = fore_contact_lead(b, b->subject.item[leads + deal].contact, record->at);
    }
    if (lead >= 0)
        FORE_TRY(pile_on_lead(b, piles, lead, leads + deal, deal < 0 || found, record, err));
    if ((deal >= 0 || lead >= 0) && (!found || account < 0)) return FORE_OK;
    record->owner = (int32_t)(account >= 0 ? pass->subjects + account : pass->nobody);
    return fore_piles_add(piles, record, err);
}

static fore_status pile_event(const event_pass *pass, const fore_event_row *row, fore_error *err)
{
    fore_builder *b = pass->b;
    int64_t at = fore_real_time(row->at);
    bool is_planned = at == FORE_NO_TIME;
    if (is_planned) at = fore_real_time(row->due_at);
    if (at == FORE_NO_TIME) {
        b->dropped++;
        return FORE_OK;
    }
    fore_event_record record = {
        .at = at,
        .rep = row->rep ? fore_key_index(&b->reps, row->rep) : -1,
        .campaign = row->campaign ? fore_key_index(&b->campaigns, row->campaign) : -1,
        .minutes = (float)row->minutes,
        .code = fore_code(row->kind & 15, row->direction & 3, row->outcome & 3)};
    return pile_up(pass, is_planned ? b->planned : b->events, row, &record, err);
}

static fore_status pile_batch(event_pass *pass, fore_error *err)
{
    const fore_builder *b = pass->b;
    int64_t n = pass->rows;
    pass->rows = 0;
    for (int64_t i = 0; i < n; i++) {
        fore_key_prefetch(&b->leads, pass->row[i].lead);
        fore_key_prefetch(&b->deals, pass->row[i].deal);
    }
    for (int64_t i = 0; i < n; i++) {
        int32_t lead = pass->row[i].deal ? -1 : fore_key_index(&b->leads, pass->row[i].lead);
        if (lead >= 0) __builtin_prefetch(&b->lead_deal_first[lead]);
    }
    for (int64_t i = 0; i < n; i++) FORE_TRY(pile_event(pass, &pass->row[i], err));
    return FORE_OK;
}

static fore_status take_event(void *context, const fore_event_row *row, fore_error *err)
{
    event_pass *pass = context;
    pass->row[pass->rows++] = *row;
    return pass->rows == BATCH ? pile_batch(pass, err) : FORE_OK;
}

static fore_status read_events(fore_builder *b, fore_error *err)
{
    int64_t subjects = b->subject.count, owners = subjects + b->accounts.count + 1;
    if (owners > INT32_MAX / 2)
        return fore_fail(
            err, FORE_E_LIMIT,
            "%lld leads, deals and accounts are more than one workspace can hold; split it",
            (long long)owners);
    b->events = fore_piles_new(owners);
    b->planned = fore_piles_new(owners);
    if (!b->events || !b->planned) return fore_no_memory(err);
    event_pass pass = {.b = b, .subjects = subjects, .nobody = owners - 1};
    FORE_TRY(fore_store_events(b->store, take_event, &pass, err));
    return pile_batch(&pass, err);
}

/* --- sizes --- */

typedef struct word_place {
    fore_words *words;
    const fore_dictionary *from;
} word_place;

enum { DICTIONARIES = 9 };

static void list_dictionaries(const fore_builder *b, fore_timeline *t,
                              word_place place[DICTIONARIES])
{
    const word_place all[DICTIONARIES] = {{&t->stages, b->stages},
                                          {&t->sources, b->sources},
                                          {&t->currencies, b->currencies},
                                          {&t->statuses, b->statuses},
                                          {&t->teams, b->teams},
                                          {&t->regions, b->regions},
                                          {&t->categories, b->categories},
                                          {&t->channels, b->channels},
                                          {&t->change_names, b->change_names}};
    memcpy(place, all, sizeof all);
}

static void size_ids(fore_words *words, const id_list *ids)
{
    words->count = ids->first.count;
    words->bytes = ids->text.length;
}

static void set_sizes(const fore_builder *b, fore_timeline *t)
{
    word_place place[DICTIONARIES];
    list_dictionaries(b, t, place);
    for (int i = 0; i < DICTIONARIES; i++) {
        place[i].words->count = fore_dictionary_count(place[i].from);
        for (int64_t k = 0; k < place[i].words->count; k++)
            place[i].words->bytes += (int64_t)strlen(fore_dictionary_text(place[i].from, k)) + 1;
    }
    size_ids(&t->ids, &b->ids);
    size_ids(&t->rep_ids, &b->rep_ids);
    size_ids(&t->product_ids, &b->product_ids);
    t->leads = b->leads.count;
    t->deals = b->deals.count;
    t->subjects = t->leads + t->deals;
    t->accounts = b->accounts.count;
    t->owners = t->subjects + t->accounts + 1;
    t->reps = b->reps.count;
    t->products = b->products.count;
    t->campaigns = b->campaigns.count;
    t->changes = b->change.count;
    t->spells = b->spell.count;
    t->sales = b->sale.count;
    t->tickets = b->ticket.count;
    t->events = fore_piles_count(b->events);
    t->planned = fore_piles_count(b->planned);
    t->dropped = b->dropped;
}

/* --- columns --- */

#define PUT(type, column, value)                                                                   \
    for (int64_t i = 0; i < n; i++) FORE_FILL(type, t->column)[i] = (value)

static void fill_ids(fore_words *words, const id_list *ids)
{
    if (words->count)
        memcpy(FORE_FILL(int64_t, words->first), ids->first.item, (size_t)words->count * 8);
    if (words->bytes) memcpy(FORE_FILL(char, words->text), ids->text.bytes, (size_t)words->bytes);
    FORE_FILL(int64_t, words->first)[words->count] = words->bytes;
}

static void fill_words(const fore_builder *b, fore_timeline *t)
{
    word_place place[DICTIONARIES];
    list_dictionaries(b, t, place);
    for (int i = 0; i < DICTIONARIES; i++) {
        fore_words *words = place[i].words;
        int64_t offset = 0;
        for (int64_t k = 0; k < words->count; k++) {
            const char *text = fore_dictionary_text(place[i].from, k);
            FORE_FILL(int64_t, words->first)[k] = offset;
            strcpy(FORE_FILL(char, words->text) + offset, text);
            offset += (int64_t)strlen(text) + 1;
        }
        FORE_FILL(int64_t, words->first)[words->count] = offset;
    }
    fill_ids(&t->ids, &b->ids);
    fill_ids(&t->rep_ids, &b->rep_ids);
    fill_ids(&t->product_ids, &b->product_ids);
}

static void fill_by_pk(const int32_t *by_pk, const key_map *map, int64_t first)
{
    for (int64_t i = 0; i < map->count; i++)
        FORE_FILL(int32_t, by_pk)[i] = (int32_t)(first + map->by_pk[i]);
}

static void fill_subjects(const fore_builder *b, fore_timeline *t)
{
    const subject_fact *s = b->subject.item;
    int64_t n = t->subjects;
    PUT(int64_t, pk, s[i].pk);
    PUT(int64_t, key, s[i].key);
    fill_by_pk(t->by_pk, &b->leads, 0);
    fill_by_pk(t->by_pk + t->leads, &b->deals, t->leads);
    PUT(int64_t, created_at, s[i].created_at);
    PUT(int64_t, closed_at, s[i].closed_at);
    PUT(int64_t, contact, s[i].contact);
    PUT(int64_t, unsubscribed_at, FORE_NO_TIME);
    PUT(uint8_t, outcome, s[i].outcome);
    PUT(uint8_t, left_out, s[i].left_out);
    PUT(uint8_t, do_not_contact, s[i].do_not_contact);
    PUT(uint8_t, mail_opt_out, s[i].mail_opt_out);
    PUT(int32_t, account, s[i].account);
    PUT(int32_t, owner, s[i].owner);
    PUT(int32_t, product, s[i].product);
    PUT(int32_t, campaign, s[i].campaign);
    PUT(int32_t, other, s[i].other);
    PUT(int32_t, source, s[i].source);
    PUT(int32_t, stage, s[i].stage);
    PUT(int32_t, currency, s[i].currency);
    PUT(int32_t, status, s[i].status);
    PUT(double, amount, s[i].amount);
    PUT(int32_t, expected_close_on, s[i].expected_close_on);
}

static void fill_references(const fore_builder *b, fore_timeline *t)
{
    int64_t n = t->accounts;
    PUT(int64_t, account_pk, b->accounts.pk[i]);
    fill_by_pk(t->account_by_pk, &b->accounts, 0);
    fill_by_pk(t->rep_by_pk, &b->reps, 0);
    fill_by_pk(t->product_by_pk, &b->products, 0);
    fill_by_pk(t->campaign_by_pk, &b->campaigns, 0);
    n = t->reps;
    PUT(int64_t, rep_pk, b->rep.item[i].pk);
    PUT(int32_t, rep_team, b->rep.item[i].team);
    PUT(int32_t, rep_region, b->rep.item[i].region);
    PUT(int32_t, rep_manager, fore_key_index(&b->reps, b->rep.item[i].manager_pk));
    PUT(double, rep_hours_per_week, b->rep.item[i].hours_per_week);
    PUT(double, rep_hourly_cost, b->rep.item[i].hourly_cost);
    PUT(int32_t, rep_active_from_on, b->rep.item[i].active_from_on);
    PUT(int32_t, rep_active_to_on, b->rep.item[i].active_to_on);
    n = t->products;
    PUT(int64_t, product_pk, b->product.item[i].pk);
    PUT(int32_t, product_category, b->product.item[i].category);
    PUT(double, product_list_price, b->product.item[i].list_price);
    n = t->campaigns;
    PUT(int64_t, campaign_pk, b->campaign.item[i].pk);
    PUT(int32_t, campaign_channel, b->campaign.item[i].channel);
    PUT(double, campaign_cost, b->campaign.item[i].cost);
}

static void fill_changes(const fore_builder *b, fore_timeline *t)
{
    const change_fact *c = b->change.item;
    int64_t n = t->changes, *first = FORE_FILL(int64_t, t->change_first);
    PUT(int64_t, change_at, c[i].at);
    PUT(uint8_t, change_field, c[i].field);
    PUT(int32_t, change_name, c[i].name);
    PUT(double, change_old, c[i].old_value);
    PUT(double, change_new, c[i].new_value);
    t->expected_recorded_from = FORE_NO_TIME;
    for (int64_t i = 0; i < n; i++)
        if (c[i].field == FORE_CHANGE_EXPECTED &&
            (t->expected_recorded_from == FORE_NO_TIME || c[i].at < t->expected_recorded_from))
            t->expected_recorded_from = c[i].at;
    memset(first, 0, (size_t)(t->subjects + 1) * sizeof *first);
    for (int64_t i = 0; i < n; i++) first[c[i].subject + 1]++;
    for (int64_t s = 0; s < t->subjects; s++) first[s + 1] += first[s];
}

static void fill_spells(const fore_builder *b, fore_timeline *t)
{
    const spell_fact *p = b->spell.item;
    int64_t n = t->spells, *first = FORE_FILL(int64_t, t->spell_first);
    PUT(int64_t, spell_from, p[i].from);
    PUT(int64_t, spell_until, p[i].until);
    PUT(uint8_t, spell_outcome, p[i].outcome);
    memset(first, 0, (size_t)(t->subjects + 1) * sizeof *first);
    for (int64_t i = 0; i < n; i++) first[p[i].subject + 1]++;
    for (int64_t s = 0; s < t->subjects; s++) first[s + 1] += first[s];
}

static void fill_accounts(const fore_builder *b, fore_timeline *t)
{
    int64_t rows = t->accounts + 1, *first = FORE_FILL(int64_t, t->account_subject_first);
    memset(first, 0, (size_t)(rows + 1) * sizeof *first);
#define ROW_OF(s) (t->account[s] < 0 ? t->accounts : t->account[s])
    for (int64_t s = 0; s < t->subjects; s++)
        if (ROW_OF(s) + 2 <= rows) first[ROW_OF(s) + 2]++;
    for (int64_t a = 1; a < rows; a++) first[a + 1] += first[a];
    for (int64_t s = 0; s < t->subjects; s++)
        FORE_FILL(int32_t, t->account_subject)[first[ROW_OF(s) + 1]++] = (int32_t)s;
#undef ROW_OF
    int64_t n = t->sales;
    PUT(int64_t, sale_at, b->sale.item[i].at);
    PUT(int32_t, sale_product, b->sale.item[i].product);
    PUT(int32_t, sale_deal, b->sale.item[i].deal);
    PUT(int32_t, sale_currency, b->sale.item[i].currency);
    PUT(double, sale_quantity, b->sale.item[i].quantity);
    PUT(double, sale_amount, b->sale.item[i].amount);
    memset(FORE_FILL(int64_t, t->sale_first), 0, (size_t)(rows + 1) * sizeof(int64_t));
    for (int64_t i = 0; i < n; i++)
        FORE_FILL(int64_t, t->sale_first)[b->sale.item[i].account + 1]++;
    for (int64_t a = 0; a < rows; a++) FORE_FILL(int64_t, t->sale_first)[a + 1] += t->sale_first[a];
    n = t->tickets;
    PUT(int64_t, ticket_opened_at, b->ticket.item[i].opened_at);
    PUT(int64_t, ticket_closed_at, b->ticket.item[i].closed_at);
    PUT(double, ticket_satisfaction, b->ticket.item[i].satisfaction);
    memset(FORE_FILL(int64_t, t->ticket_first), 0, (size_t)(rows + 1) * sizeof(int64_t));
    for (int64_t i = 0; i < n; i++)
        FORE_FILL(int64_t, t->ticket_first)[b->ticket.item[i].account + 1]++;
    for (int64_t a = 0; a < rows; a++)
        FORE_FILL(int64_t, t->ticket_first)[a + 1] += t->ticket_first[a];
}

static fore_status fill_events(fore_builder *b, fore_pool *pool, fore_timeline *t, fore_error *err)
{
    fore_event_columns events = {
        FORE_FILL(int64_t, t->event_first),    FORE_FILL(int64_t, t->event_at),
        FORE_FILL(uint8_t, t->event_code),     FORE_FILL(uint8_t, t->event_flags),
        FORE_FILL(uint8_t, t->event_hour),     FORE_FILL(int32_t, t->event_rep),
        FORE_FILL(int32_t, t->event_campaign), FORE_FILL(float, t->event_minutes)};
    fore_event_columns planned = {FORE_FILL(int64_t, t->planned_first),
                                  FORE_FILL(int64_t, t->planned_due),
                                  FORE_FILL(uint8_t, t->planned_code),
                                  FORE_FILL(uint8_t, t->planned_flags),
                                  NULL,
                                  FORE_FILL(int32_t, t->planned_rep),
                                  NULL,
                                  NULL};
    FORE_TRY(fore_piles_write(b->events, pool, b->zone, &events, err));
    FORE_TRY(fore_piles_write(b->planned, pool, b->zone, &planned, err));
    for (int64_t s = 0; s < t->subjects; s++)
        for (int64_t i = t->event_first[s]; i < t->event_first[s + 1]; i++)
            if (fore_code_kind(t->event_code[i]) == FORE_UNSUBSCRIBE) {
                FORE_FILL(int64_t, t->unsubscribed_at)[s] = t->event_at[i];
                break;
            }
    return FORE_OK;
}

/* --- the builder's life --- */

static fore_status start(fore_builder *b, fore_error *err)
{
    fore_text zone = {0};
    bool found = false;
    fore_status status = FORE_OK;
    fore_dictionary **words[] = {&b->stages,       &b->sources,  &b->currencies, &b->statuses,
                                 &b->teams,        &b->regions,  &b->categories, &b->channels,
                                 &b->change_names, &b->rep_index};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        *words[i] = fore_dictionary_new();
        if (!*words[i]) return fore_no_memory(err);
    }
    FORE_GO(fore_store_setting(b->store, "zone", &zone, &found, err));
    if (found && zone.length > 0) {
        FORE_GO(fore_zone_open(zone.bytes, &b->zone, err));
        if (zone.length < (int64_t)sizeof b->t->zone)
            memcpy(b->t->zone, zone.bytes, (size_t)zone.length + 1);
    }
    FORE_GO(fore_timeline_rates(b->store, &b->exchange, b->t->rates, err));
    FORE_GO(fore_timeline_closings(b->store, b->t->closings, err));
    memcpy(b->t->own_currency, b->exchange.own, sizeof b->t->own_currency);
    int64_t own = 0; /* a word even where no row names it */
    if (b->exchange.own[0])
        own = fore_dictionary_add(b->currencies, b->exchange.own, (int64_t)strlen(b->exchange.own));
    if (own < 0) FORE_GO(fore_no_memory(err));
    char fingerprint[33];
    FORE_GO(fore_store_fingerprint(b->store, fingerprint, err));
    memcpy(b->t->fingerprint, fingerprint, sizeof fingerprint);
done:
    fore_text_free(&zone);
    return status;
}

static void free_keys(key_map *map)
{
    fore_free(map->pk);
    fore_free(map->by_pk);
    fore_free(map->dense);
}

static void finish(fore_builder *b)
{
    key_map *maps[] = {&b->accounts, &b->reps, &b->products, &b->campaigns, &b->leads, &b->deals};
    id_list *ids[] = {&b->ids, &b->rep_ids, &b->product_ids};
    fore_dictionary *words[] = {b->stages,       b->sources,  b->currencies, b->statuses,
                                b->teams,        b->regions,  b->categories, b->channels,
                                b->change_names, b->rep_index};
    void *lists[] = {b->subject.item, b->rep.item,     b->product.item, b->campaign.item,
                     b->change.item,  b->sale.item,    b->ticket.item,  b->lead_deal_first,
                     b->lead_deal,    b->contact_lead, b->spell.item,   b->stage_means};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) free_keys(maps[i]);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        fore_text_free(&ids[i]->text);
        fore_free(ids[i]->first.item);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) fore_dictionary_free(words[i]);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) fore_free(lists[i]);
    fore_piles_free(b->events);
    fore_piles_free(b->planned);
    fore_zone_free(b->zone);
}

fore_status fore_timeline_build(fore_store *store, fore_pool *pool, fore_timeline **out,
                                fore_error *err)
{
    fore_status status = FORE_OK;
    fore_builder b = {.store = store};
    fore_timeline *t = b.t = FORE_ZNEW(1, fore_timeline);
    *out = NULL;
    if (!t) return fore_no_memory(err);
    FORE_GO(start(&b, err));
    FORE_GO(fore_builder_read(&b, err));
    FORE_GO(read_events(&b, err));
    fore_store_rest(store);
    set_sizes(&b, t);
    FORE_GO(fore_image_allocate(t, err));
    fill_words(&b, t);
    fill_subjects(&b, t);
    fill_references(&b, t);
    fill_changes(&b, t);
    fill_spells(&b, t);
    fill_accounts(&b, t);
    FORE_GO(fill_events(&b, pool, t, err));
    t->newest_at = fore_timeline_newest(t, INT64_MAX);
    fore_spells_settle(t);
    *out = t;
done:
    if (status != FORE_OK) fore_timeline_free(t);
    finish(&b);
    return status;
}
