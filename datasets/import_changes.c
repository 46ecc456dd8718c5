/* Histories that vendors keep as values over time, turned into changes (old -> new) of deals.
 *
 *     collect (deal, field, moment, value) in the order of the files
 *     sort by deal, field, moment, order
 *     per deal and field: values of one moment become the last of them;
 *         a value that equals the one before it is no change; the first value has no old one
 *     per deal without an outcome among its fields: the stage tells when it was won or lost
 *     where the export has no table of deals, the last values make the deal itself
 *
 * Salesforce's OpportunityHistory (the values of the time), HubSpot's deal_stage, Pipedrive's
 * change log and Odoo's tracking values all come to this. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/import_run.h"

typedef struct change {
    int64_t deal, at, order;
    int32_t field, value, old; /* indices of texts; -1: none */
} change;

struct fore_changes {
    fore_dictionary *deals, *texts;
    change *items;
    int64_t count, capacity;
};

const char *fore_change_field(const char *vendor_field)
{
    static const struct {
        const char *field, *names;
    } fields[] = {
        {"stage", "stage|StageName|dealstage|stage_id|Deal - Stage|Stage name"},
        {"amount",
         "amount|value|expected_revenue|planned_revenue|Deal - Value|Expected Revenue|Opportunity Amount"},
        {"expected_close_at",
         "expected_close_at|CloseDate|closedate|expected_close_date|date_deadline|Closing Date|Close Date"},
        {"owner_id", "owner_id|Owner|OwnerId|hubspot_owner_id|user_id|Deal - Owner|Salesperson"},
        {"outcome", "outcome|status|won_status"},
        {"lost_reason", "lost_reason|lost_reason_id|closed_lost_reason|Lost Reason"},
        {"forecast_category",
         "forecast_category|ForecastCategoryName|hs_forecast_category|Forecast Category"},
        {"created_at", "add_time|created|opportunityCreatedFromLead"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fore_list_has(fields[i].names, vendor_field)) return fields[i].field;
    }
    return NULL;
}

static int32_t text_index(struct fore_changes *changes, const char *text)
{
    return text ? (int32_t)fore_dictionary_add(changes->texts, text, (int64_t)strlen(text)) : -2;
}

static fore_status make_changes(fore_importing *run, fore_error *err)
{
    if (run->changes) return FORE_OK;
    run->changes = FORE_ZNEW(1, struct fore_changes);
    if (!run->changes) return fore_no_memory(err);
    run->changes->deals = fore_dictionary_new();
    run->changes->texts = fore_dictionary_new();
    return run->changes->deals && run->changes->texts ? FORE_OK : fore_no_memory(err);
}

/* Stage and reason ids become their names, amounts plain decimals, dates ISO. */
static const char *plain_value(fore_importing *run, const char *field, const char *text,
                               char out[32])
{
    const fore_lookup_entry *entry = NULL;
    int64_t minor;
    int32_t days;
    if (!text) return NULL;
    if (strcmp(field, "stage") == 0) entry = fore_lookup_find(run, FORE_LOOK_STAGE, text);
    if (strcmp(field, "lost_reason") == 0) entry = fore_lookup_find(run, FORE_LOOK_REASON, text);
    if (entry && entry->text) return entry->text;
    int64_t length = (int64_t)strlen(text);
    if (strcmp(field, "amount") == 0 && fore_cell_money(text, length, FORE_DECIMAL_POINT, &minor)) {
        fore_number_format((double)minor / 100, out);
        return out;
    }
    if (strcmp(field, "expected_close_at") == 0 &&
        fore_cell_date(text, length, run->file->format->usual_order, run->zone, &days)) {
        fore_date_format(days, out);
        return out;
    }
    return text;
}

fore_status fore_changes_add(fore_importing *run, const char *deal, int64_t at, const char *field,
                             const char *old, const char *value, fore_error *err)
{
    char a[32], b[32];
    FORE_TRY(make_changes(run, err));
    struct fore_changes *c = run->changes;
    FORE_TRY(fore_grow((void **)&c->items, &c->capacity, c->count + 1, sizeof *c->items, err));
    change item = {.deal = fore_dictionary_add(c->deals, deal, (int64_t)strlen(deal)),
                   .at = at,
                   .order = c->count,
                   .field = text_index(c, field),
                   .value = text_index(c, plain_value(run, field, value, a)),
                   .old = text_index(c, plain_value(run, field, old, b))};
    if (item.deal < 0 || item.field == -1 || item.value == -1 || item.old == -1)
        return fore_no_memory(err);
    c->items[c->count++] = item;
    return FORE_OK;
}

static int compare(const void *left, const void *right)
{
    const change *a = left, *b = right;
    if (a->deal != b->deal) return a->deal < b->deal ? -1 : 1;
    if (a->field != b->field) return a->field < b->field ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static const char *text_of(const struct fore_changes *c, int32_t index)
{
    return index < 0 ? NULL : fore_dictionary_text(c->texts, index);
}

/* What the changes of one deal come to. */
typedef struct ending {
    int64_t deal_pk, created_at, closed_at;
    const char *stage, *owner, *reason, *amount, *expected;
    fore_outcome outcome;
    bool has_outcome_field;
} ending;

static fore_status store_change(fore_importing *run, const ending *e, int64_t at, const char *field,
                                const char *old, const char *value, fore_error *err)
{
    fore_put put;
    fore_deal_change_row row = {
        .deal = e->deal_pk, .at = at, .field = field, .old_value = old, .new_value = value};
    FORE_TRY(fore_store_put_deal_change(run->store, &row, &put, err));
    run->kind_rows[FORE_KIND_DEAL_CHANGES]++;
    run->derived[put]++;
    return FORE_OK;
}

/* A stage that means the end, or a new beginning, changes the outcome. */
static fore_status follow_outcome(fore_importing *run, ending *e, int64_t at, const char *stage,
                                  fore_error *err)
{
    static const char *const words[] = {"open", "won", "lost"};
    bool known;
    fore_outcome now = fore_stage_outcome(run, stage, &known);
    const fore_lookup_entry *entry = fore_lookup_find(run, FORE_LOOK_STAGE, stage);
    if (!known && entry && entry->has_flags)
        now = entry->won ? FORE_WON : entry->closed ? FORE_LOST : FORE_OUTCOME_OPEN;
    if (e->has_outcome_field || now == e->outcome) return FORE_OK;
    FORE_TRY(store_change(run, e, at, "outcome", words[e->outcome], words[now], err));
    e->outcome = now;
    e->closed_at = now == FORE_OUTCOME_OPEN ? FORE_NO_TIME : at;
    return FORE_OK;
}

static void keep_ending(ending *e, const char *field, int64_t at, const char *value)
{
    if (strcmp(field, "stage") == 0)
        e->stage = value;
    else if (strcmp(field, "owner_id") == 0)
        e->owner = value;
    else if (strcmp(field, "amount") == 0)
        e->amount = value;
    else if (strcmp(field, "expected_close_at") == 0)
        e->expected = value;
    else if (strcmp(field, "outcome") == 0 && value) {
        e->outcome = strcmp(value, "won") == 0    ? FORE_WON
                     : strcmp(value, "lost") == 0 ? FORE_LOST
                                                  : FORE_OUTCOME_OPEN;
        e->closed_at = e->outcome == FORE_OUTCOME_OPEN ? FORE_NO_TIME : at;
    } else if (strcmp(field, "lost_reason") == 0) {
        e->reason = value;
    }
}

/* One field of one deal: items[0..n) in time order. */
static fore_status store_field(fore_importing *run, ending *e, const change *items, int64_t n,
                               fore_error *err)
{
    const struct fore_changes *c = run->changes;
    const char *field = text_of(c, items[0].field), *before = NULL;
    for (int64_t i = 0; i < n; i++) {
        if (i + 1 < n && items[i + 1].at == items[i].at) continue;
        const char *value = text_of(c, items[i].value),
                   *old = items[i].old >= 0 ? text_of(c, items[i].old) : before;
        bool same = (old && value && strcmp(old, value) == 0) || (!old && !value);
        before = value;
        if (same) continue;
        if (strcmp(field, "created_at") == 0) {
            if (e->created_at == FORE_NO_TIME) e->created_at = items[i].at;
            continue;
        }
        if (strcmp(field, "lost_reason") != 0)
            FORE_TRY(store_change(run, e, items[i].at, field, old, value, err));
        keep_ending(e, field, items[i].at, value);
        if (strcmp(field, "stage") == 0 && value)
            FORE_TRY(follow_outcome(run, e, items[i].at, value, err));
        if (strcmp(field, "lost_reason") == 0 && e->outcome == FORE_OUTCOME_OPEN && value) {
            FORE_TRY(store_change(run, e, items[i].at, "outcome", "open", "lost", err));
            e->outcome = FORE_LOST;
            e->closed_at = items[i].at;
        }
    }
    return FORE_OK;
}

/* The deal itself, from its history: exports that hold a change log and no table of deals. */
static fore_status store_deal(fore_importing *run, const char *id, const ending *e, fore_error *err)
{
    fore_put put;
    int64_t minor = FORE_NO_AMOUNT;
    int32_t expected = FORE_NO_DATE;
    if (e->amount &&
        !fore_cell_money(e->amount, (int64_t)strlen(e->amount), FORE_DECIMAL_POINT, &minor))
        minor = FORE_NO_AMOUNT;
    if (e->expected && !fore_cell_date(e->expected, (int64_t)strlen(e->expected), FORE_ORDER_ISO,
                                       run->zone, &expected))
        expected = FORE_NO_DATE;
    fore_deal_row row = {.id = id,
                         .known = true,
                         .stage = e->stage,
                         .amount_minor = minor,
                         .created_at = e->created_at,
                         .expected_close_on = expected,
                         .closed_at = e->closed_at,
                         .outcome = e->outcome,
                         .lost_reason = e->outcome == FORE_LOST ? e->reason : NULL};
    if (e->owner) {
        int64_t length = (int64_t)strlen(e->owner);
        FORE_TRY(fore_store_key(run->store, FORE_REP, e->owner, length, &row.owner, err));
        if (!run->has_kind[FORE_KIND_REPS] &&
            fore_dictionary_add(run->reps.ids, e->owner, length) < 0)
            return fore_no_memory(err);
    }
    FORE_TRY(fore_store_put_deal(run->store, &row, &put, err));
    run->made_deals++;
    run->derived[put]++;
    run->kind_rows[FORE_KIND_DEALS]++;
    return FORE_OK;
}

static fore_status store_of_deal(fore_importing *run, const change *items, int64_t n,
                                 fore_error *err)
{
    const struct fore_changes *c = run->changes;
    const char *id = fore_dictionary_text(c->deals, items[0].deal);
    ending e = {.created_at = FORE_NO_TIME, .closed_at = FORE_NO_TIME};
    FORE_TRY(fore_store_key(run->store, FORE_DEAL, id, (int64_t)strlen(id), &e.deal_pk, err));
    for (int64_t i = 0; i < n; i++)
        e.has_outcome_field =
            e.has_outcome_field || strcmp(text_of(c, items[i].field), "outcome") == 0;
    for (int64_t i = 0; i < n;) {
        int64_t end = i + 1;
        while (end < n && items[end].field == items[i].field) end++;
        FORE_TRY(store_field(run, &e, items + i, end - i, err));
        i = end;
    }
    return run->has_kind[FORE_KIND_DEALS] ? FORE_OK : store_deal(run, id, &e, err);
}

fore_status fore_changes_store(fore_importing *run, fore_error *err)
{
    struct fore_changes *c = run->changes;
    if (!c || c->count == 0) return FORE_OK;
    qsort(c->items, (size_t)c->count, sizeof *c->items, compare);
    for (int64_t i = 0; i < c->count;) {
        int64_t end = i + 1;
        while (end < c->count && c->items[end].deal == c->items[i].deal) end++;
        FORE_TRY(store_of_deal(run, c->items + i, end - i, err));
        FORE_TRY(fore_run_pulse(run, "deal histories", i, err));
        i = end;
    }
    return FORE_OK;
}

void fore_changes_free(struct fore_changes *changes)
{
    if (!changes) return;
    fore_dictionary_free(changes->deals);
    fore_dictionary_free(changes->texts);
    fore_free(changes->items);
    fore_free(changes);
}
