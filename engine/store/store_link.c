/* Linking activities that name only a contact.
 *
 *   candidates: activities with a contact whose lead and deal are unknown, or were found here
 * before target:     of the contact's deals, the newest created at or before the activity, else the
 * first created after it; without deals the same among the contact's leads
 *
 * Deals and leads are put into arrays sorted by (contact, creation, id); each activity is one
 * binary search. Changes are collected first and written after the scan. A planned activity counts
 * at its due time, one without any time as the newest. Unknown creation counts as the oldest. */
#include "engine/store/store_internal.h"

#include <stdlib.h>

typedef struct owned {
    int64_t contact, created_at, pk, place; /* place: in the order of ids */
} owned;

typedef struct owned_list {
    owned *items;
    int64_t count, capacity;
} owned_list;

typedef struct relink {
    int64_t pk, old_lead, old_deal, lead, deal;
} relink;

typedef struct relink_list {
    relink *items;
    int64_t count, capacity;
} relink_list;

fore_fingerprint store_link_hash(int64_t activity, int64_t lead, int64_t deal)
{
    int64_t words[3] = {activity, lead, deal};
    fore_fingerprint hash;
    fore_fingerprint_start(&hash);
    fore_fingerprint_add(&hash, words, sizeof words);
    return hash;
}

static int owned_order(const void *a, const void *b)
{
    const owned *x = a, *y = b;
    if (x->contact != y->contact) return x->contact < y->contact ? -1 : 1;
    if (x->created_at != y->created_at) return x->created_at < y->created_at ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static fore_status owned_load(fore_store *s, const char *sql, owned_list *list, fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more;
    fore_status status;
    FORE_TRY(store_prepare(s, sql, &statement, err));
    for (;;) {
        FORE_GO(store_step(s, statement, &more, err));
        if (!more) break;
        FORE_GO(fore_grow((void **)&list->items, &list->capacity, list->count + 1,
                          sizeof *list->items, err));
        list->items[list->count] =
            (owned){sqlite3_column_int64(statement, 0), store_column_long(statement, 1),
                    sqlite3_column_int64(statement, 2), list->count};
        list->count++;
    }
    if (list->count > 1) qsort(list->items, (size_t)list->count, sizeof *list->items, owned_order);
done:
    sqlite3_finalize(statement);
    return status;
}

/* The first item that lies behind (contact, at). */
static int64_t owned_after(const owned_list *list, int64_t contact, int64_t at)
{
    int64_t low = 0, high = list->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        const owned *item = &list->items[middle];
        if (item->contact < contact || (item->contact == contact && item->created_at <= at))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t owned_find(const owned_list *list, int64_t contact, int64_t at)
{
    int64_t after = owned_after(list, contact, at);
    if (after > 0 && list->items[after - 1].contact == contact) return list->items[after - 1].pk;
    if (after < list->count && list->items[after].contact == contact) return list->items[after].pk;
    return 0;
}

/* Reads the candidates and keeps those whose target is another one than now. */
static fore_status find_changes(fore_store *s, const owned_list *deals, const owned_list *leads,
                                relink_list *changes, int64_t *linked, fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more;
    fore_status status;
    *linked = 0;
    FORE_TRY(store_prepare(s,
                           "SELECT pk, contact, coalesce(at, due_at), lead, deal FROM activity "
                           "WHERE contact IS NOT NULL AND (contact_link = 1 OR (lead IS NULL AND "
                           "deal IS NULL))",
                           &statement, err));
    for (;;) {
        FORE_GO(store_step(s, statement, &more, err));
        if (!more) break;
        int64_t contact = sqlite3_column_int64(statement, 1), at = store_column_long(statement, 2);
        if (at == STORE_NONE) at = INT64_MAX;
        relink change = {.pk = sqlite3_column_int64(statement, 0),
                         .old_lead = sqlite3_column_int64(statement, 3),
                         .old_deal = sqlite3_column_int64(statement, 4)};
        change.deal = owned_find(deals, contact, at);
        if (!change.deal) change.lead = owned_find(leads, contact, at);
        *linked += change.deal || change.lead;
        if (change.lead == change.old_lead && change.deal == change.old_deal) continue;
        FORE_GO(fore_grow((void **)&changes->items, &changes->capacity, changes->count + 1,
                          sizeof *changes->items, err));
        changes->items[changes->count++] = change;
    }
done:
    sqlite3_finalize(statement);
    return status;
}

static fore_status write_change(fore_store *s, const relink *change, fore_error *err)
{
    sqlite3_stmt *statement;
    FORE_TRY(store_statement(s, STORE_RELINK,
                             "UPDATE activity SET lead = ?2, deal = ?3, contact_link = ?4 "
                             "WHERE pk = ?1",
                             &statement, err));
    sqlite3_bind_int64(statement, 1, change->pk);
    store_bind_long(statement, 2, change->lead ? change->lead : STORE_NONE);
    store_bind_long(statement, 3, change->deal ? change->deal : STORE_NONE);
    sqlite3_bind_int(statement, 4, change->lead || change->deal);
    FORE_TRY(store_run(s, statement, err));
    if (change->old_lead || change->old_deal)
        store_sum_remove(s, store_link_hash(change->pk, change->old_lead, change->old_deal));
    if (change->lead || change->deal)
        store_sum_add(s, store_link_hash(change->pk, change->lead, change->deal));
    return FORE_OK;
}

fore_status fore_store_link_contacts(fore_store *s, int64_t *linked, fore_error *err)
{
    owned_list deals = {0}, leads = {0};
    relink_list changes = {0};
    int64_t count;
    fore_status status;
    FORE_TRY(store_in_transaction(s, err));
    FORE_GO(owned_load(s,
                       "SELECT contact, created_at, pk FROM deal "
                       "WHERE known = 1 AND contact IS NOT NULL ORDER BY id",
                       &deals, err));
    FORE_GO(owned_load(s,
                       "SELECT contact, created_at, pk FROM lead "
                       "WHERE known = 1 AND contact IS NOT NULL ORDER BY id",
                       &leads, err));
    FORE_GO(find_changes(s, &deals, &leads, &changes, &count, err));
    for (int64_t i = 0; i < changes.count; i++) FORE_GO(write_change(s, &changes.items[i], err));
    if (linked) *linked = count;
done:
    fore_free(deals.items);
    fore_free(leads.items);
    fore_free(changes.items);
    return status;
}
