/* From slots to rows of the store: one function per kind, behind one door (fore_row_store).
 *
 * What a deal's outcome is, in this order: stages named in settings or mapping file; a column that
 * says it (won, lost, open); flags (IsWon, IsClosed); what the vendor's stage table says; the
 * stage's name. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"

typedef fore_status (*put_row)(fore_importing *run, fore_put *put, fore_error *err);

void fore_set_text(fore_row *row, fore_slot slot, const char *text)
{
    if (!text) return;
    row->values[slot] = (fore_value){
        .row = row->number, .text = text, .length = (int64_t)strlen(text), .column = -1};
}

void fore_set_integer(fore_row *row, fore_slot slot, int64_t value)
{
    row->values[slot] = (fore_value){
        .row = row->number, .text = "", .integer = value, .number = (double)value, .column = -1};
}

void fore_move(fore_row *row, fore_slot from, fore_slot to)
{
    if (!fore_has(row, from)) return;
    row->values[to] = row->values[from];
    row->values[from].row = 0;
}

void fore_unset(fore_row *row, fore_slot slot) { row->values[slot].row = 0; }

double fore_number_of(const fore_row *row, fore_slot slot)
{
    return fore_has(row, slot) ? row->values[slot].number : NAN;
}

int32_t fore_date_in(const fore_row *row, fore_slot slot)
{
    return fore_has(row, slot) ? (int32_t)row->values[slot].integer : FORE_NO_DATE;
}

const char *fore_attributes_of(const fore_row *row)
{
    return row->attributes.length > 0 ? row->attributes.bytes : NULL;
}

/* Notes a key that a row names, once: what no file describes is made at the end of the run. */
static fore_status note_named(fore_named *named, const fore_value *v, int64_t pk, fore_error *err)
{
    int64_t before = named->capacity;
    FORE_TRY(fore_grow((void **)&named->seen, &named->capacity, pk + 1, 1, err));
    if (named->capacity > before)
        memset(named->seen + before, 0, (size_t)(named->capacity - before));
    if (named->seen[pk]) return FORE_OK;
    named->seen[pk] = 1;
    return fore_dictionary_add(named->ids, v->text, v->length) < 0 ? fore_no_memory(err) : FORE_OK;
}

/* The key of what a slot names; 0 when it is empty. */
fore_status fore_reference(fore_importing *run, fore_entity entity, fore_slot slot, int64_t *pk,
                           fore_error *err)
{
    const fore_value *v = &run->row.values[slot];
    *pk = 0;
    if (!fore_has(&run->row, slot) || v->length == 0) return FORE_OK;
    const char *id;
    FORE_TRY(fore_name_resolve(run, entity, v->text, &id, err));
    if (id) return fore_store_key(run->store, entity, id, -1, pk, err);
    FORE_TRY(fore_store_key(run->store, entity, v->text, v->length, pk, err));
    if (entity == FORE_REP && !run->has_kind[FORE_KIND_REPS])
        return note_named(&run->reps, v, *pk, err);
    bool product = entity == FORE_PRODUCT && !run->has_kind[FORE_KIND_PRODUCTS] &&
                   run->file->format->names_are_keys;
    return product ? note_named(&run->products, v, *pk, err) : FORE_OK;
}

/* First and last name as one, where the file holds no full name. */
fore_status fore_join_name(fore_importing *run, fore_error *err)
{
    fore_row *row = &run->row;
    const char *first = fore_text_of(row, FORE_SLOT_FIRST_NAME),
               *last = fore_text_of(row, FORE_SLOT_LAST_NAME);
    if (fore_has(row, FORE_SLOT_NAME) || (!first && !last)) return FORE_OK;
    fore_text_clear(&row->full_name);
    fore_text_printf(&row->full_name, "%s%s%s", first ? first : "", first && last ? " " : "",
                     last ? last : "");
    FORE_TRY(fore_text_check(&row->full_name, err));
    fore_set_text(row, FORE_SLOT_NAME, row->full_name.bytes);
    return FORE_OK;
}

static fore_status put_rep(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    FORE_TRY(fore_join_name(run, err));
    fore_rep_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                        .known = true,
                        .name = fore_text_of(r, FORE_SLOT_NAME),
                        .team = fore_text_of(r, FORE_SLOT_TEAM),
                        .region = fore_text_of(r, FORE_SLOT_REGION),
                        .hours_per_week = fore_number_of(r, FORE_SLOT_HOURS_PER_WEEK),
                        .hourly_cost_minor =
                            fore_integer_of(r, FORE_SLOT_HOURLY_COST, FORE_NO_AMOUNT),
                        .active_from_on = fore_date_in(r, FORE_SLOT_ACTIVE_FROM),
                        .active_to_on = fore_date_in(r, FORE_SLOT_ACTIVE_TO),
                        .attributes = fore_attributes_of(r)};
    FORE_TRY(fore_reference(run, FORE_REP, FORE_SLOT_MANAGER, &row.manager, err));
    return fore_store_put_rep(run->store, &row, put, err);
}

static fore_status put_account(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_account_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                            .known = true,
                            .name = fore_text_of(r, FORE_SLOT_NAME),
                            .industry = fore_text_of(r, FORE_SLOT_INDUSTRY),
                            .employees = fore_number_of(r, FORE_SLOT_EMPLOYEES),
                            .annual_revenue_minor =
                                fore_integer_of(r, FORE_SLOT_ANNUAL_REVENUE, FORE_NO_AMOUNT),
                            .country = fore_text_of(r, FORE_SLOT_COUNTRY),
                            .region = fore_text_of(r, FORE_SLOT_REGION),
                            .created_at = fore_integer_of(r, FORE_SLOT_CREATED_AT, FORE_NO_TIME),
                            .attributes = fore_attributes_of(r)};
    FORE_TRY(fore_reference(run, FORE_REP, FORE_SLOT_OWNER, &row.owner, err));
    FORE_TRY(fore_name_put(run, FORE_LOOK_ACCOUNT_NAME, r, err));
    return fore_store_put_account(run->store, &row, put, err);
}

static fore_status put_contact(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_contact_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                            .known = true,
                            .created_at = fore_integer_of(r, FORE_SLOT_CREATED_AT, FORE_NO_TIME)};
    FORE_TRY(fore_reference(run, FORE_ACCOUNT, FORE_SLOT_ACCOUNT, &row.account, err));
    FORE_TRY(fore_reference(run, FORE_REP, FORE_SLOT_OWNER, &row.owner, err));
    FORE_TRY(fore_join_name(run, err)); /* to know it when others name it; it is not kept */
    FORE_TRY(fore_name_put(run, FORE_LOOK_CONTACT_NAME, r, err));
    return fore_store_put_contact(run->store, &row, put, err);
}

static fore_status put_campaign(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_campaign_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                             .known = true,
                             .name = fore_text_of(r, FORE_SLOT_NAME),
                             .channel = fore_text_of(r, FORE_SLOT_CHANNEL),
                             .started_at = fore_integer_of(r, FORE_SLOT_STARTED_AT, FORE_NO_TIME),
                             .ended_at = fore_integer_of(r, FORE_SLOT_ENDED_AT, FORE_NO_TIME),
                             .cost_minor = fore_integer_of(r, FORE_SLOT_COST, FORE_NO_AMOUNT)};
    return fore_store_put_campaign(run->store, &row, put, err);
}

static fore_status put_product(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_product_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                            .known = true,
                            .name = fore_text_of(r, FORE_SLOT_NAME),
                            .category = fore_text_of(r, FORE_SLOT_CATEGORY),
                            .list_price_minor =
                                fore_integer_of(r, FORE_SLOT_LIST_PRICE, FORE_NO_AMOUNT),
                            .attributes = fore_attributes_of(r)};
    return fore_store_put_product(run->store, &row, put, err);
}

/* --- activities and the rest --- */

static fore_status activity_words(fore_importing *run, fore_activity_row *row, fore_error *err)
{
    const char *kind = fore_text_of(&run->row, FORE_SLOT_ACTIVITY_KIND);
    const char *direction = fore_text_of(&run->row, FORE_SLOT_DIRECTION);
    if (!kind) return fore_reject(run, "kind", NULL, "no kind", err);
    if (!fore_activity_kind_parse(kind, &row->kind)) {
        return fore_reject_slot(run, FORE_SLOT_ACTIVITY_KIND,
                                "unknown kind of activity (call, email, meeting, ... other)", err);
    }
    if (!direction) return FORE_OK;
    if (fore_text_equal_fold(direction, "outbound"))
        row->direction = FORE_OUTBOUND;
    else if (fore_text_equal_fold(direction, "inbound"))
        row->direction = FORE_INBOUND;
    else
        return fore_reject_slot(run, FORE_SLOT_DIRECTION, "unknown direction (outbound, inbound)",
                                err);
    return FORE_OK;
}

static fore_status put_activity(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_activity_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                             .at = fore_integer_of(r, FORE_SLOT_AT, FORE_NO_TIME),
                             .due_at = fore_integer_of(r, FORE_SLOT_DUE_AT, FORE_NO_TIME),
                             .minutes = fore_number_of(r, FORE_SLOT_MINUTES),
                             .outcome = fore_text_of(r, FORE_SLOT_OUTCOME)};
    FORE_TRY(activity_words(run, &row, err));
    if (r->rejected) return FORE_OK;
    if (row.at == FORE_NO_TIME && row.due_at == FORE_NO_TIME) {
        return fore_reject(run, "at", NULL, "no time, neither done nor due", err);
    }
    if (row.minutes < 0)
        return fore_reject_slot(run, FORE_SLOT_MINUTES, "a duration below zero", err);
    FORE_TRY(fore_reference(run, FORE_REP, FORE_SLOT_REP, &row.rep, err));
    FORE_TRY(fore_reference(run, FORE_LEAD, FORE_SLOT_LEAD, &row.lead, err));
    FORE_TRY(fore_reference(run, FORE_DEAL, FORE_SLOT_DEAL, &row.deal, err));
    FORE_TRY(fore_reference(run, FORE_ACCOUNT, FORE_SLOT_ACCOUNT, &row.account, err));
    FORE_TRY(fore_reference(run, FORE_CONTACT, FORE_SLOT_CONTACT, &row.contact, err));
    FORE_TRY(fore_reference(run, FORE_CAMPAIGN, FORE_SLOT_CAMPAIGN, &row.campaign, err));
    run->contact_links += row.contact != 0 && row.lead == 0 && row.deal == 0;
    return fore_store_put_activity(run->store, &row, put, err);
}

static fore_status put_sale(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_sale_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                         .at = fore_integer_of(r, FORE_SLOT_AT, FORE_NO_TIME),
                         .quantity = fore_number_of(r, FORE_SLOT_QUANTITY),
                         .amount_minor = fore_integer_of(r, FORE_SLOT_AMOUNT, FORE_NO_AMOUNT),
                         .currency = fore_text_of(r, FORE_SLOT_CURRENCY)};
    FORE_TRY(fore_reference(run, FORE_ACCOUNT, FORE_SLOT_ACCOUNT, &row.account, err));
    FORE_TRY(fore_reference(run, FORE_PRODUCT, FORE_SLOT_PRODUCT, &row.product, err));
    FORE_TRY(fore_reference(run, FORE_DEAL, FORE_SLOT_DEAL, &row.deal, err));
    return fore_store_put_sale(run->store, &row, put, err);
}

static fore_status put_ticket(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    fore_ticket_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                           .opened_at = fore_integer_of(r, FORE_SLOT_OPENED_AT, FORE_NO_TIME),
                           .closed_at = fore_integer_of(r, FORE_SLOT_CLOSED_AT, FORE_NO_TIME),
                           .priority = fore_text_of(r, FORE_SLOT_PRIORITY),
                           .satisfaction = fore_number_of(r, FORE_SLOT_SATISFACTION)};
    FORE_TRY(fore_reference(run, FORE_ACCOUNT, FORE_SLOT_ACCOUNT, &row.account, err));
    FORE_TRY(fore_reference(run, FORE_LEAD, FORE_SLOT_LEAD, &row.lead, err));
    return fore_store_put_ticket(run->store, &row, put, err);
}

/* Of a quarter that was named (2026-Q2) its last day; else none: the month's, by the calendar that
 * is set when it is asked for. */
static int32_t end_unsaid(const fore_row *r, int32_t start)
{
    double last = r->values[FORE_SLOT_PERIOD_START].number;
    return last > 0 ? (int32_t)last : start - 1;
}

/* Two amounts for one scope and period in a run: which one holds only their owner knows. */
static fore_status refuse_second_target(fore_importing *run, const fore_target_row *row,
                                        fore_error *err)
{
    char key[300];
    snprintf(key, sizeof key, "%s|%.200s|%lld|%lld", row->scope, row->scope_id,
             (long long)row->period_start_on, (long long)row->period_end_on);
    const fore_lookup_entry *before = fore_lookup_find(run, FORE_LOOK_TARGET_AMOUNT, key);
    fore_lookup_entry entry = {.text = "", .at = row->amount_minor};
    if (!before) return fore_lookup_put(run, FORE_LOOK_TARGET_AMOUNT, key, &entry, err);
    if (before->at == row->amount_minor) return FORE_OK;
    return fore_reject_slot(run, FORE_SLOT_AMOUNT,
                            "another amount for the same scope and period; leave one of them", err);
}

static fore_status put_target(fore_importing *run, fore_put *put, fore_error *err)
{
    static const char *const scopes[] = {"company", "team", "rep", "region", "product", NULL};
    fore_row *r = &run->row;
    fore_target_row row = {.scope_id = fore_text_of(r, FORE_SLOT_SCOPE_ID),
                           .period_start_on = fore_date_in(r, FORE_SLOT_PERIOD_START),
                           .period_end_on = fore_date_in(r, FORE_SLOT_PERIOD_END),
                           .amount_minor = fore_integer_of(r, FORE_SLOT_AMOUNT, FORE_NO_AMOUNT)};
    const char *scope = fore_text_of(r, FORE_SLOT_SCOPE);
    for (const char *const *s = scopes; *s && scope; s++) {
        if (fore_text_equal_fold(*s, scope)) row.scope = *s;
    }
    if (!row.scope)
        return fore_reject(run, "scope", scope,
                           "unknown scope (company, team, rep, region, product)", err);
    bool company = strcmp(row.scope, "company") == 0;
    if (company || !row.scope_id) row.scope_id = "";
    if (!company && !*row.scope_id)
        return fore_reject(run, "scope_id", NULL, "no scope_id, which says whose target it is",
                           err);
    if (row.period_start_on == FORE_NO_DATE)
        return fore_reject(run, "period_start", NULL, "no start of the period", err);
    if (row.amount_minor == FORE_NO_AMOUNT)
        return fore_reject(run, "amount", NULL, "no amount", err);
    if (row.amount_minor < 0) return fore_reject_slot(run, FORE_SLOT_AMOUNT, "below zero", err);
    if (row.period_end_on == FORE_NO_DATE)
        row.period_end_on = end_unsaid(r, row.period_start_on);
    else if (row.period_end_on < row.period_start_on)
        return fore_reject_slot(run, FORE_SLOT_PERIOD_END, "the period ends before it starts", err);
    FORE_TRY(refuse_second_target(run, &row, err));
    return r->rejected ? FORE_OK : fore_store_put_target(run->store, &row, put, err);
}

/* --- the helping files --- */

static fore_status put_helper(fore_importing *run, fore_put *put, fore_error *err)
{
    const fore_row *r = &run->row;
    const char *key = fore_text_of(r, FORE_SLOT_KEY);
    *put = FORE_PUT_SAME;
    if (!key) return FORE_OK;
    fore_lookup_entry entry = {.text = fore_text_of(r, FORE_SLOT_VALUE),
                               .at = fore_integer_of(r, FORE_SLOT_AT, FORE_NO_TIME),
                               .weight = fore_integer_of(r, FORE_SLOT_AMOUNT, 0),
                               .won = fore_flag_of(r, FORE_SLOT_IS_WON),
                               .closed = fore_flag_of(r, FORE_SLOT_IS_CLOSED),
                               .has_flags = fore_has(r, FORE_SLOT_IS_WON) ||
                                            fore_has(r, FORE_SLOT_IS_CLOSED)};
    return fore_lookup_put(run, run->file->rule->lookup, key, &entry, err);
}

static fore_status put_spend(fore_importing *run, fore_put *put, fore_error *err)
{
    *put = FORE_PUT_SAME;
    return fore_spend_add(run, err);
}

/* --- the door --- */

static const struct {
    put_row put;
    const char *key; /* the name of the key that a row must have; NULL: none */
} kinds[FORE_KIND_COUNT] = {
    [FORE_KIND_STAGES] = {put_helper, NULL},
    [FORE_KIND_NAMES] = {put_helper, NULL},
    [FORE_KIND_PRICES] = {put_helper, NULL},
    [FORE_KIND_LINKS] = {put_helper, NULL},
    [FORE_KIND_REPS] = {put_rep, "rep_id"},
    [FORE_KIND_ACCOUNTS] = {put_account, "account_id"},
    [FORE_KIND_CONTACTS] = {put_contact, "contact_id"},
    [FORE_KIND_CAMPAIGNS] = {put_campaign, "campaign_id"},
    [FORE_KIND_SPEND] = {put_spend, NULL},
    [FORE_KIND_PRODUCTS] = {put_product, "product_id"},
    [FORE_KIND_LEADS] = {fore_put_lead, "lead_id"},
    [FORE_KIND_DEALS] = {fore_put_deal, "deal_id"},
    [FORE_KIND_DEAL_CHANGES] = {fore_put_deal_change, NULL},
    [FORE_KIND_ACTIVITIES] = {put_activity, "activity_id"},
    [FORE_KIND_ORDERS] = {put_sale, "order_id"},
    [FORE_KIND_TICKETS] = {put_ticket, "ticket_id"},
    [FORE_KIND_TARGETS] = {put_target, NULL},
};

/* A key for a row of an export that has none: from everything the row says, and its count among
 * rows that say the same, so that the same file again gives the same keys. */
static fore_status make_key(fore_importing *run, fore_error *err)
{
    const fore_csv_record *record = &run->record;
    uint64_t hash = (uint64_t)run->row.kind;
    int64_t times;
    for (int64_t c = 0; c < record->count; c++)
        hash = fore_hash(record->cells[c], record->lengths[c], hash + (uint64_t)c);
    char *key = run->row.key;
    int n = snprintf(key, sizeof run->row.key, "auto-%016llx", (unsigned long long)hash);
    FORE_TRY(fore_seen_add(run, run->row.kind, key, n, &times, err));
    if (times > 0)
        snprintf(key + n, sizeof run->row.key - (size_t)n, "-%lld", (long long)times + 1);
    fore_set_text(&run->row, FORE_SLOT_ID, key);
    return FORE_OK;
}

static fore_status check_key(fore_importing *run, fore_error *err)
{
    fore_row *row = &run->row;
    const char *prefix = run->file->rule->id_prefix;
    int64_t times;
    if (!kinds[row->kind].key) return FORE_OK;
    if (!fore_has(row, FORE_SLOT_ID) || row->values[FORE_SLOT_ID].length == 0) {
        bool vendor =
            run->file->format != &fore_format_canonical && row->kind == FORE_KIND_ACTIVITIES;
        return vendor ? make_key(run, err)
                      : fore_reject(run, kinds[row->kind].key, NULL, "no key", err);
    }
    if (prefix) {
        fore_text_clear(&row->full_id);
        fore_text_printf(&row->full_id, "%s%s", prefix, row->values[FORE_SLOT_ID].text);
        FORE_TRY(fore_text_check(&row->full_id, err));
        fore_set_text(row, FORE_SLOT_ID, row->full_id.bytes);
    }
    if (run->fresh[row->kind])
        return FORE_OK; /* then a row that is not new came before in this run */
    const fore_value *id = &row->values[FORE_SLOT_ID];
    FORE_TRY(fore_seen_add(run, row->kind, id->text, id->length, &times, err));
    run->file->doubles += times > 0;
    return FORE_OK;
}

fore_status fore_row_store(fore_importing *run, fore_put *put, bool *stored, fore_error *err)
{
    bool keep = true;
    *stored = false;
    if (run->file->rule->shape) FORE_TRY(run->file->rule->shape(run, &run->row, &keep, err));
    if (!keep || run->row.rejected) return FORE_OK;
    FORE_TRY(check_key(run, err));
    if (run->row.rejected) return FORE_OK;
    FORE_TRY(kinds[run->row.kind].put(run, put, err));
    bool helper = run->row.kind <= FORE_KIND_LINKS || run->row.kind == FORE_KIND_SPEND;
    *stored = !run->row.rejected && !helper;
    if (!*stored) return FORE_OK;
    run->kind_rows[run->row.kind]++;
    run->file->doubles += run->fresh[run->row.kind] && *put != FORE_PUT_NEW;
    return FORE_OK;
}

static bool names_are_keys(const fore_importing *run)
{
    for (int64_t f = 0; f < run->file_count; f++) {
        if (run->files[f].format && run->files[f].format->names_are_keys) return true;
    }
    return false;
}

fore_status fore_named_store(fore_importing *run, fore_error *err)
{
    fore_put put;
    bool names = names_are_keys(run);
    for (int64_t i = 0; i < fore_dictionary_count(run->reps.ids); i++) {
        const char *id = fore_dictionary_text(run->reps.ids, i);
        fore_rep_row row = {.id = id,
                            .name = names ? id : NULL,
                            .hours_per_week = NAN,
                            .hourly_cost_minor = FORE_NO_AMOUNT,
                            .active_from_on = FORE_NO_DATE,
                            .active_to_on = FORE_NO_DATE,
                            .known = true};
        FORE_TRY(fore_store_put_rep(run->store, &row, &put, err));
    }
    for (int64_t i = 0; i < fore_dictionary_count(run->products.ids); i++) {
        const char *id = fore_dictionary_text(run->products.ids, i);
        fore_product_row row = {
            .id = id, .name = id, .list_price_minor = FORE_NO_AMOUNT, .known = true};
        FORE_TRY(fore_store_put_product(run->store, &row, &put, err));
    }
    return FORE_OK;
}
