/* What an import remembers while it runs: helping maps (stage names, products of prices, links) and
 * the keys that came already, names of accounts and contacts. */
#include <string.h>

#include "datasets/import_run.h"

const fore_lookup_entry *fore_lookup_find(const fore_importing *run, fore_lookup_name name,
                                          const char *key)
{
    const fore_lookup *lookup = &run->lookups[name];
    if (!lookup->keys || !key) return NULL;
    int64_t at = fore_dictionary_find(lookup->keys, key, (int64_t)strlen(key));
    return at < 0 ? NULL : &lookup->entries[at];
}

fore_status fore_lookup_put(fore_importing *run, fore_lookup_name name, const char *key,
                            const fore_lookup_entry *entry, fore_error *err)
{
    fore_lookup *lookup = &run->lookups[name];
    if (!lookup->keys && !(lookup->keys = fore_dictionary_new())) return fore_no_memory(err);
    int64_t before = fore_dictionary_count(lookup->keys);
    FORE_TRY(
        fore_grow((void **)&lookup->entries, &lookup->capacity, before + 1, sizeof *entry, err));
    int64_t at = fore_dictionary_add(lookup->keys, key, (int64_t)strlen(key));
    if (at < 0) return fore_no_memory(err);
    if (at < before && entry->weight < lookup->entries[at].weight) return FORE_OK;
    fore_lookup_entry copy = *entry;
    copy.text = fore_arena_string(run->scrap, entry->text);
    if (entry->text && !copy.text) return fore_no_memory(err);
    lookup->entries[at] = copy;
    return FORE_OK;
}

fore_status fore_name_put(fore_importing *run, fore_lookup_name name, const fore_row *row,
                          fore_error *err)
{
    const char *id = fore_text_of(row, FORE_SLOT_ID), *key = fore_text_of(row, FORE_SLOT_NAME);
    if (!id || !key || !*key) return FORE_OK;
    const fore_lookup_entry *before = fore_lookup_find(run, name, key);
    if (before && strcmp(before->text, id) == 0) return FORE_OK;
    fore_lookup_entry entry = {.text = before ? "" : id};
    return fore_lookup_put(run, name, key, &entry, err);
}

fore_status fore_name_resolve(fore_importing *run, fore_entity entity, const char *text,
                              const char **id, fore_error *err)
{
    int64_t pk = 0;
    *id = NULL;
    if (entity != FORE_ACCOUNT && entity != FORE_CONTACT) return FORE_OK;
    const fore_lookup_entry *named = fore_lookup_find(
        run, entity == FORE_ACCOUNT ? FORE_LOOK_ACCOUNT_NAME : FORE_LOOK_CONTACT_NAME, text);
    if (!named || !*named->text) return FORE_OK;
    FORE_TRY(fore_store_find(run->store, entity, text, &pk, err));
    if (pk == 0) *id = named->text;
    return FORE_OK;
}

/* Open addressing on 64-bit hashes of kind and id; a hash of 0 marks a free place. Two ids with the
 * same hash would count as a repetition in the report, nothing more. */
struct fore_seen {
    uint64_t *hashes;
    uint32_t *times;
    int64_t capacity, count;
};

static fore_status seen_resize(struct fore_seen *seen, int64_t capacity, fore_error *err)
{
    uint64_t *hashes = fore_zalloc(capacity, sizeof *hashes);
    uint32_t *times = fore_zalloc(capacity, sizeof *times);
    if (!hashes || !times) {
        fore_free(hashes);
        fore_free(times);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < seen->capacity; i++) {
        if (seen->hashes[i] == 0) continue;
        int64_t at = (int64_t)(seen->hashes[i] & (uint64_t)(capacity - 1));
        while (hashes[at]) at = (at + 1) & (capacity - 1);
        hashes[at] = seen->hashes[i];
        times[at] = seen->times[i];
    }
    fore_free(seen->hashes);
    fore_free(seen->times);
    *seen = (struct fore_seen){hashes, times, capacity, seen->count};
    return FORE_OK;
}

fore_status fore_seen_add(fore_importing *run, fore_kind kind, const char *id, int64_t length,
                          int64_t *times, fore_error *err)
{
    if (!run->seen && !(run->seen = FORE_ZNEW(1, struct fore_seen))) return fore_no_memory(err);
    struct fore_seen *seen = run->seen;
    if (2 * (seen->count + 1) > seen->capacity) {
        FORE_TRY(seen_resize(seen, seen->capacity ? 2 * seen->capacity : 1024, err));
    }
    uint64_t hash = fore_hash(id, length, (uint64_t)kind + 1);
    hash += hash == 0;
    int64_t at = (int64_t)(hash & (uint64_t)(seen->capacity - 1));
    while (seen->hashes[at] && seen->hashes[at] != hash) at = (at + 1) & (seen->capacity - 1);
    seen->count += seen->hashes[at] == 0;
    seen->hashes[at] = hash;
    *times = seen->times[at]++;
    return FORE_OK;
}

void fore_seen_free(struct fore_seen *seen)
{
    if (!seen) return;
    fore_free(seen->hashes);
    fore_free(seen->times);
    fore_free(seen);
}
