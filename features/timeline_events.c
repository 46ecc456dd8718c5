/* Events, grouped by owner and sorted by time, at the speed of memory.
 *
 * While the store is scanned, records fall on one of at most 256 piles by their owner's high bits:
 * 256 streams of appends, each in its own cache line. Afterwards every pile, a few megabytes, is
 * sorted inside the cache and written out as columns; piles are independent of each other, which
 * makes them the blocks of the thread pool.
 *
 *   pile p holds owners [p << shift, (p + 1) << shift)
 *   for each pile:  count per owner -> offsets -> scatter (stable) -> per owner: if not ascending,
 * merge sort
 *                   -> write the columns */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "features/timeline_parts.h"

enum { MAX_PILES = 256, CHUNK = 1024, INSERTION_LIMIT = 24 };

typedef struct chunk {
    struct chunk *next;
    fore_event_record record[CHUNK];
} chunk;

typedef struct pile {
    chunk *head, *tail;
    int64_t count; /* records; the tail holds (count - 1) % CHUNK + 1 of them */
} pile;

struct fore_event_piles {
    int64_t owners, piles, count;
    int shift;
    pile pile[MAX_PILES];
};

fore_event_piles *fore_piles_new(int64_t owners)
{
    fore_event_piles *piles = FORE_ZNEW(1, fore_event_piles);
    if (!piles) return NULL;
    piles->owners = owners;
    while (((owners - 1) >> piles->shift) >= MAX_PILES) piles->shift++;
    piles->piles = ((owners - 1) >> piles->shift) + 1;
    return piles;
}

static void empty_pile(pile *p)
{
    for (chunk *c = p->head, *next; c; c = next) {
        next = c->next;
        fore_free(c);
    }
    *p = (pile){0};
}

void fore_piles_free(fore_event_piles *piles)
{
    if (!piles) return;
    for (int64_t i = 0; i < piles->piles; i++) empty_pile(&piles->pile[i]);
    fore_free(piles);
}

static fore_status add_chunk(pile *p, fore_error *err)
{
    chunk *c = FORE_NEW(1, chunk);
    if (!c) return fore_no_memory(err);
    c->next = NULL;
    if (p->tail)
        p->tail->next = c;
    else
        p->head = c;
    p->tail = c;
    return FORE_OK;
}

fore_status fore_piles_add(fore_event_piles *piles, const fore_event_record *record,
                           fore_error *err)
{
    pile *p = &piles->pile[record->owner >> piles->shift];
    int64_t place = p->count % CHUNK;
    if (place == 0) FORE_TRY(add_chunk(p, err));
    p->tail->record[place] = *record;
    p->count++;
    piles->count++;
    return FORE_OK;
}

int64_t fore_piles_count(const fore_event_piles *piles) { return piles->count; }

/* --- sorting one owner's records by time, events of one moment by what they are --- */

/* Unknown minutes come first, so that the order is total. */
static bool comes_before(const fore_event_record *a, const fore_event_record *b)
{
    if (a->at != b->at) return a->at < b->at;
    if (a->code != b->code) return a->code < b->code;
    if (a->flags != b->flags) return a->flags < b->flags;
    if (a->rep != b->rep) return a->rep < b->rep;
    if (a->campaign != b->campaign) return a->campaign < b->campaign;
    return (isnan(a->minutes) ? -INFINITY : a->minutes) <
           (isnan(b->minutes) ? -INFINITY : b->minutes);
}

static bool ascending(const fore_event_record *r, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (comes_before(&r[i], &r[i - 1])) return false;
    return true;
}

static void insertion_sort(fore_event_record *r, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        fore_event_record moving = r[i];
        int64_t j = i;
        for (; j > 0 && comes_before(&moving, &r[j - 1]); j--) r[j] = r[j - 1];
        r[j] = moving;
    }
}

static void merge(const fore_event_record *from, fore_event_record *to, int64_t low, int64_t middle,
                  int64_t high)
{
    int64_t a = low, b = middle;
    for (int64_t k = low; k < high; k++)
        to[k] =
            a < middle && (b >= high || !comes_before(&from[b], &from[a])) ? from[a++] : from[b++];
}

/* Bottom-up merge sort; scratch holds n records. */
static void merge_sort(fore_event_record *r, fore_event_record *scratch, int64_t n)
{
    for (int64_t low = 0; low < n; low += INSERTION_LIMIT)
        insertion_sort(r + low, n - low < INSERTION_LIMIT ? n - low : INSERTION_LIMIT);
    fore_event_record *from = r, *to = scratch;
    for (int64_t width = INSERTION_LIMIT; width < n; width *= 2) {
        for (int64_t low = 0; low < n; low += 2 * width) {
            int64_t middle = low + width < n ? low + width : n;
            int64_t high = middle + width < n ? middle + width : n;
            merge(from, to, low, middle, high);
        }
        fore_event_record *swap = from;
        from = to;
        to = swap;
    }
    if (from != r) memcpy(r, from, (size_t)n * sizeof *r);
}

static void sort_by_time(fore_event_record *r, fore_event_record *scratch, int64_t n)
{
    if (ascending(r, n)) return;
    if (n <= INSERTION_LIMIT)
        insertion_sort(r, n);
    else
        merge_sort(r, scratch, n);
}

/* --- writing a pile --- */

static uint8_t hour_of_week(int64_t at, const fore_zone *zone)
{
    int64_t local = zone ? at + fore_zone_offset(zone, at) : at;
    int64_t hour = local / FORE_HOUR - (local % FORE_HOUR < 0);
    int64_t of_week = (hour + 72) % 168; /* 1970-01-01 was a Thursday */
    return (uint8_t)(of_week < 0 ? of_week + 168 : of_week);
}

static void write_records(const fore_event_record *r, int64_t n, int64_t base,
                          const fore_zone *zone, const fore_event_columns *to)
{
    for (int64_t i = 0; i < n; i++) to->at[base + i] = r[i].at;
    for (int64_t i = 0; i < n; i++) to->code[base + i] = r[i].code;
    for (int64_t i = 0; i < n; i++) to->flags[base + i] = r[i].flags;
    for (int64_t i = 0; i < n; i++) to->rep[base + i] = r[i].rep;
    if (to->hour)
        for (int64_t i = 0; i < n; i++) to->hour[base + i] = hour_of_week(r[i].at, zone);
    if (to->campaign)
        for (int64_t i = 0; i < n; i++) to->campaign[base + i] = r[i].campaign;
    if (to->minutes)
        for (int64_t i = 0; i < n; i++) to->minutes[base + i] = r[i].minutes;
}

typedef struct writing {
    fore_event_piles *piles;
    const fore_zone *zone;
    const fore_event_columns *to;
    int64_t start[MAX_PILES];
} writing;

/* first[o + 1] holds the end of owner o while scattering, and is right afterwards. */
static void scatter(pile *p, int64_t low, int64_t high, int64_t start, int64_t *first,
                    fore_event_record *sorted)
{
    int64_t left = p->count;
    for (int64_t o = low; o < high; o++) first[o + 1] = 0;
    for (const chunk *c = p->head; c; c = c->next, left -= CHUNK)
        for (int64_t i = 0; i < (left < CHUNK ? left : CHUNK); i++)
            if (c->record[i].owner + 1 < high) first[c->record[i].owner + 2]++;
    first[low + 1] = start;
    for (int64_t o = low + 1; o < high; o++) first[o + 1] += first[o];
    left = p->count;
    for (const chunk *c = p->head; c; c = c->next, left -= CHUNK)
        for (int64_t i = 0; i < (left < CHUNK ? left : CHUNK); i++)
            sorted[first[c->record[i].owner + 1]++ - start] = c->record[i];
}

static fore_status write_pile(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    writing *w = context;
    pile *p = &w->piles->pile[block];
    int64_t low = block << w->piles->shift, high = (block + 1) << w->piles->shift;
    if (high > w->piles->owners) high = w->piles->owners;
    int64_t n = p->count, start = w->start[block];
    fore_event_record *sorted = FORE_NEW(n, fore_event_record), *scratch = NULL;
    if (sorted) scratch = FORE_NEW(n, fore_event_record);
    if (!scratch) {
        fore_free(sorted);
        return fore_no_memory(err);
    }
    scatter(p, low, high, start, w->to->first, sorted);
    empty_pile(p);
    for (int64_t o = low, begin = start; o < high; o++) {
        int64_t end = w->to->first[o + 1];
        sort_by_time(sorted + (begin - start), scratch, end - begin);
        begin = end;
    }
    write_records(sorted, n, start, w->zone, w->to);
    fore_free(scratch);
    fore_free(sorted);
    return FORE_OK;
}

fore_status fore_piles_write(fore_event_piles *piles, fore_pool *pool, const fore_zone *zone,
                             const fore_event_columns *columns, fore_error *err)
{
    writing w = {piles, zone, columns, {0}};
    int64_t total = 0;
    for (int64_t i = 0; i < piles->piles; i++) {
        w.start[i] = total;
        total += piles->pile[i].count;
    }
    columns->first[0] = 0;
    FORE_TRY(fore_pool_run(pool, piles->piles, write_pile, &w, err));
    piles->count = 0;
    return FORE_OK;
}
