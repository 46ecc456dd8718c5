/* Touches by contact, and lots. */
#include "engine/jobs/list_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/next_step.h"

typedef struct contact_touches {
    int64_t contact, touches;
} contact_touches;

static int by_contact(const void *left, const void *right)
{
    const contact_touches *a = left, *b = right;
    return (a->contact > b->contact) - (a->contact < b->contact);
}

/* Ours in [from, as_of); without copies: each is counted with one subject only. */
static int64_t touches_of(const fore_timeline *t, int64_t subject, int64_t from, int64_t as_of,
                          bool copies)
{
    int64_t end = t->event_first[subject + 1], n = 0;
    int64_t e = fore_time_lower(t->event_at, t->event_first[subject], end, from);
    for (; e < end && t->event_at[e] < as_of; e++)
        n += fore_is_outbound(t->event_code[e]) &&
             (copies || !(t->event_flags[e] & FORE_EVENT_COPY));
    return n;
}

/* Sums entries of the same contact; returns how many contacts there are. */
static int64_t sum_up(contact_touches *list, int64_t n)
{
    int64_t m = 0;
    if (n > 1) qsort(list, (size_t)n, sizeof *list, by_contact);
    for (int64_t i = 0; i < n; i++)
        if (m > 0 && list[m - 1].contact == list[i].contact)
            list[m - 1].touches += list[i].touches;
        else
            list[m++] = list[i];
    return m;
}

fore_status fore_touches_count(const fore_timeline *t, int64_t as_of, int64_t days,
                               int64_t **touches, fore_error *err)
{
    contact_touches *list = FORE_NEW(t->subjects + 1, contact_touches);
    int64_t n = 0, from = as_of - days * FORE_DAY;
    *touches = FORE_NEW(t->subjects + 1, int64_t);
    if (!list || !*touches) {
        fore_free(list);
        fore_free(*touches);
        *touches = NULL;
        return fore_no_memory(err);
    }
    for (int64_t s = 0; s < t->subjects; s++) {
        (*touches)[s] = touches_of(t, s, from, as_of, true);
        int64_t own = t->contact[s] > 0 ? touches_of(t, s, from, as_of, false) : 0;
        if (own > 0) list[n++] = (contact_touches){t->contact[s], own};
    }
    n = sum_up(list, n);
    for (int64_t s = 0; s < t->subjects && n > 0; s++) {
        contact_touches wanted = {t->contact[s], 0};
        const contact_touches *all =
            wanted.contact > 0 ? bsearch(&wanted, list, (size_t)n, sizeof *list, by_contact) : NULL;
        if (all && all->touches > (*touches)[s]) (*touches)[s] = all->touches;
    }
    fore_free(list);
    return FORE_OK;
}

double fore_lot(int32_t day, uint64_t seed, int64_t key)
{
    return (double)(fore_hash(&key, sizeof key, seed * 1000003 + (uint64_t)(uint32_t)day) >> 11) *
           0x1p-53;
}

int64_t fore_lot_key(const char *id)
{
    return id ? (int64_t)(fore_hash(id, (int64_t)strlen(id), 1) >> 1) : -1;
}

int64_t fore_lot_rows(double share, int64_t rows, double lot)
{
    return (int64_t)floor(share * (double)rows + lot);
}

fore_status fore_explore_share(fore_context *c, double wanted, bool remember, double *share,
                               fore_error *err)
{
    fore_text text = {0};
    char number[32];
    bool found;
    fore_status status = FORE_OK;
    *share = wanted > 0 ? wanted : 0;
    if (wanted == 0) {
        status = fore_store_setting(c->store, "explore", &text, &found, err);
        if (status == FORE_OK && found) *share = atof(fore_text_string(&text));
    } else if (remember && fore_store_is_writable(c->store)) {
        fore_number_format(*share, number);
        FORE_GO(fore_store_begin(c->store, err));
        status = fore_store_set(c->store, "explore", number, err);
        if (status == FORE_OK) status = fore_store_commit(c->store, err);
        if (status != FORE_OK) fore_store_rollback(c->store);
    }
done:
    fore_text_free(&text);
    return status;
}
