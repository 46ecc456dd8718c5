/* Lookups in a timeline, and opening it through its cache. */
#include "features/timeline.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/store/reach.h"
#include "features/timeline_facts.h"

void fore_timeline_free(fore_timeline *timeline)
{
    if (!timeline) return;
    fore_free(timeline->memory);
    fore_free(timeline);
}

int32_t fore_words_find(const fore_words *words, const char *text)
{
    for (int64_t i = 0; text && i < words->count; i++)
        if (strcmp(fore_word(words, i), text) == 0) return (int32_t)i;
    return -1;
}

const char *fore_left_out_word(fore_left_out reason)
{
    static const char *const words[] = {"kept", "no time of creation",
                                        "closed before it was created",
                                        "won or lost, but without a time of closing"};
    return words[reason];
}

/* The i among by_pk[0..n-1] with keys[i] == pk, -1: none; keys[by_pk[.]] ascends. Keys without gaps
 * are found by subtraction. */
static int64_t find_key(const int64_t *keys, const int32_t *by_pk, int64_t n, int64_t pk)
{
    if (n == 0 || pk < keys[by_pk[0]] || pk > keys[by_pk[n - 1]]) return -1;
    int64_t low = pk - keys[by_pk[0]], high = n;
    if (low < n && keys[by_pk[low]] == pk) return by_pk[low];
    for (low = 0; low < high;) {
        int64_t middle = low + (high - low) / 2;
        if (keys[by_pk[middle]] < pk)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && keys[by_pk[low]] == pk ? by_pk[low] : -1;
}

int64_t fore_timeline_subject(const fore_timeline *t, fore_subject_kind kind, int64_t pk)
{
    if (kind == FORE_SUBJECT_LEAD) return find_key(t->pk, t->by_pk, t->leads, pk);
    return find_key(t->pk, t->by_pk + t->leads, t->deals, pk);
}

int64_t fore_timeline_find(const fore_timeline *t, fore_subject_kind kind, const char *id)
{
    int64_t first = kind == FORE_SUBJECT_LEAD ? 0 : t->leads;
    int64_t end = kind == FORE_SUBJECT_LEAD ? t->leads : t->subjects;
    for (int64_t s = first; s < end; s++)
        if (strcmp(fore_word(&t->ids, s), id) == 0) return s;
    return -1;
}

int64_t fore_timeline_account(const fore_timeline *t, int64_t account_pk)
{
    return find_key(t->account_pk, t->account_by_pk, t->accounts, account_pk);
}

int64_t fore_timeline_rep(const fore_timeline *t, int64_t rep_pk)
{
    return find_key(t->rep_pk, t->rep_by_pk, t->reps, rep_pk);
}

int64_t fore_timeline_product(const fore_timeline *t, int64_t product_pk)
{
    return find_key(t->product_pk, t->product_by_pk, t->products, product_pk);
}

int64_t fore_timeline_campaign(const fore_timeline *t, int64_t campaign_pk)
{
    return find_key(t->campaign_pk, t->campaign_by_pk, t->campaigns, campaign_pk);
}

int64_t fore_time_lower(const int64_t *at, int64_t first, int64_t end, int64_t moment)
{
    int64_t n = end - first;
    const int64_t *base = at + first;
    while (n > 1) {
        int64_t half = n / 2;
        base += base[half - 1] < moment ? half : 0;
        n -= half;
    }
    return (base - at) + (n == 1 && *base < moment);
}

/* --- open, won or lost, and since when --- */

static inline bool has_spells(const fore_timeline *t, int64_t s)
{
    return t->spells > 0 && t->spell_first[s + 1] > t->spell_first[s];
}

int64_t fore_subject_spells(const fore_timeline *t, int64_t s)
{
    return has_spells(t, s) ? t->spell_first[s + 1] - t->spell_first[s] : 1;
}

fore_open_spell fore_subject_spell(const fore_timeline *t, int64_t s, int64_t k)
{
    if (has_spells(t, s)) {
        int64_t i = t->spell_first[s] + k;
        return (fore_open_spell){t->spell_from[i], t->spell_until[i],
                                 (fore_outcome)t->spell_outcome[i]};
    }
    bool open = t->outcome[s] == FORE_OUTCOME_OPEN;
    return (fore_open_spell){t->created_at[s], open ? INT64_MAX : t->closed_at[s],
                             (fore_outcome)t->outcome[s]};
}

/* The last spell that had begun before `moment`; the first one, where none had. */
static inline fore_open_spell spell_at(const fore_timeline *t, int64_t s, int64_t moment)
{
    int64_t k = fore_subject_spells(t, s) - 1;
    while (k > 0 && t->spell_from[t->spell_first[s] + k] >= moment) k--;
    return fore_subject_spell(t, s, k);
}

fore_ending fore_subject_ended(const fore_timeline *t, int64_t s, int64_t moment)
{
    fore_open_spell spell = spell_at(t, s, moment);
    bool absent = t->created_at[s] != FORE_NO_TIME && t->created_at[s] >= moment;
    if (absent || spell.outcome == FORE_OUTCOME_OPEN || spell.until >= moment)
        return (fore_ending){FORE_OUTCOME_OPEN, FORE_NO_TIME};
    return (fore_ending){spell.outcome, spell.until};
}

fore_ending fore_subject_closed(const fore_timeline *t, int64_t s, int64_t moment)
{
    fore_ending end = fore_subject_ended(t, s, moment);
    if (end.at == FORE_NO_TIME) end.outcome = FORE_OUTCOME_OPEN;
    return end;
}

fore_ending fore_subject_next_end(const fore_timeline *t, int64_t s, int64_t moment)
{
    for (int64_t k = 0, n = fore_subject_spells(t, s); k < n; k++) {
        fore_open_spell spell = fore_subject_spell(t, s, k);
        bool ended = spell.outcome != FORE_OUTCOME_OPEN && spell.until != FORE_NO_TIME;
        if (ended && spell.until >= moment) return (fore_ending){spell.outcome, spell.until};
    }
    return (fore_ending){FORE_OUTCOME_OPEN, FORE_NO_TIME};
}

bool fore_subject_open_at(const fore_timeline *t, int64_t s, int64_t moment)
{
    int64_t created = t->created_at[s];
    if (created == FORE_NO_TIME || created >= moment) return false;
    if (has_spells(t, s)) return spell_at(t, s, moment).until >= moment;
    return t->outcome[s] == FORE_OUTCOME_OPEN || t->closed_at[s] >= moment;
}

/* --- how far the history reaches --- */

static void newest_of(const int64_t *at, int64_t n, int64_t not_after, int64_t *newest)
{
    for (int64_t i = 0; i < n; i++)
        if (at[i] > *newest && at[i] <= not_after) *newest = at[i];
}

static void tell(const int64_t *at, int64_t n, fore_reach *reach,
                 void (*take)(fore_reach *, int64_t))
{
    for (int64_t i = 0; i < n; i++)
        if (at[i] > reach->from) take(reach, at[i]);
}

/* Without a stamp there is nothing to measure by. */
static int64_t newest_of_all(const fore_timeline *t, int64_t not_after)
{
    int64_t at = FORE_NO_TIME;
    newest_of(t->event_at, t->events, not_after, &at);
    newest_of(t->sale_at, t->sales, not_after, &at);
    newest_of(t->closed_at, t->subjects, not_after, &at);
    newest_of(t->ticket_closed_at, t->tickets, not_after, &at);
    return at;
}

int64_t fore_timeline_newest(const fore_timeline *t, int64_t not_after)
{
    int64_t at = FORE_NO_TIME;
    fore_reach reach;
    newest_of(t->change_at, t->changes, not_after, &at);
    newest_of(t->ticket_opened_at, t->tickets, not_after, &at);
    newest_of(t->created_at, t->subjects, not_after, &at);
    if (at == FORE_NO_TIME) return newest_of_all(t, not_after);
    fore_reach_begin(&reach, at, not_after);
    tell(t->created_at, t->subjects, &reach, fore_reach_made);
    tell(t->change_at, t->changes, &reach, fore_reach_stamp);
    tell(t->ticket_opened_at, t->tickets, &reach, fore_reach_stamp);
    tell(t->closed_at, t->subjects, &reach, fore_reach_fact);
    tell(t->ticket_closed_at, t->tickets, &reach, fore_reach_fact);
    tell(t->sale_at, t->sales, &reach, fore_reach_fact);
    for (int64_t i = 0; i < t->events; i++)
        if (t->event_at[i] > reach.from && !(t->event_flags[i] & FORE_EVENT_COPY))
            fore_reach_act(&reach, t->event_at[i]);
    return fore_reach_end(&reach);
}

/* --- the cache --- */

static fore_status zone_name(fore_store *store, char zone[64], fore_error *err)
{
    fore_text value = {0};
    bool found = false;
    fore_status status = fore_store_setting(store, "zone", &value, &found, err);
    const char *name = found ? fore_text_string(&value) : "";
    if (strlen(name) < 64) strcpy(zone, name);
    fore_text_free(&value);
    return status;
}

fore_status fore_timeline_rates(fore_store *store, fore_exchange *exchange, char hash[40],
                                fore_error *err)
{
    FORE_TRY(fore_store_exchange(store, exchange, err));
    hash[0] = '\0';
    if (exchange->own[0])
        snprintf(hash, 40, "%016llx",
                 (unsigned long long)fore_hash(exchange, (int64_t)sizeof *exchange, 1));
    return FORE_OK;
}

fore_status fore_timeline_closings(fore_store *store, char hash[40], fore_error *err)
{
    static const char *const names[] = {"won_stages", "lost_stages"};
    fore_text value = {0};
    fore_status status = FORE_OK;
    uint64_t sum = 1;
    for (int i = 0; i < 2; i++) {
        bool found = false;
        FORE_GO(fore_store_setting(store, names[i], &value, &found, err));
        const char *list = found ? fore_text_string(&value) : "";
        sum = fore_hash(list, (int64_t)strlen(list), sum + (uint64_t)found);
    }
    snprintf(hash, 40, "%016llx", (unsigned long long)sum);
done:
    fore_text_free(&value);
    return status;
}

fore_status fore_timeline_fits(const fore_timeline *t, fore_store *store, bool *fits,
                               fore_error *err)
{
    char fingerprint[33], zone[64] = "", rates[40], closings[40];
    fore_exchange exchange;
    FORE_TRY(fore_store_fingerprint(store, fingerprint, err));
    FORE_TRY(zone_name(store, zone, err));
    FORE_TRY(fore_timeline_rates(store, &exchange, rates, err));
    FORE_TRY(fore_timeline_closings(store, closings, err));
    *fits = strcmp(t->closings, closings) == 0 && strcmp(t->fingerprint, fingerprint) == 0 &&
            strcmp(t->zone, zone) == 0 && strcmp(t->rates, rates) == 0;
    return FORE_OK;
}

static fore_timeline *load_if_fresh(fore_store *store, const char *path)
{
    char fingerprint[33];
    bool fits = false;
    fore_timeline *t = NULL;
    if (fore_store_fingerprint(store, fingerprint, NULL) != FORE_OK) return NULL;
    if (fore_timeline_load(path, fingerprint, &t, NULL) != FORE_OK) return NULL;
    if (fore_timeline_fits(t, store, &fits, NULL) == FORE_OK && fits) return t;
    fore_timeline_free(t);
    return NULL;
}

fore_status fore_timeline_open(fore_store *store, const char *cache_path, fore_pool *pool,
                               fore_timeline **timeline, fore_error *err)
{
    *timeline = cache_path ? load_if_fresh(store, cache_path) : NULL;
    if (*timeline) return FORE_OK;
    FORE_TRY(fore_timeline_build(store, pool, timeline, err));
    if (cache_path) (void)fore_timeline_save(*timeline, cache_path, NULL);
    return FORE_OK;
}
