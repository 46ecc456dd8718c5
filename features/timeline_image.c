/* The memory of a timeline: one block, a header and then every column at a multiple of 64 bytes.
 * The cache file is that block as it stands, so that saving is one write and loading is one read.
 *
 * The table `columns` below is the only description of the layout: where the pointer stands in
 * fore_timeline, how many elements there are, and what a loaded file must satisfy before anybody
 * follows an index of it. */
#include <stddef.h>
#include <string.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "features/timeline_parts.h"

enum { IMAGE_VERSION = 6, IMAGE_ORDER = 0x01020304, IMAGE_ALIGN = 64 };
static const char image_magic[8] = "FORETIME";

typedef enum column_check {
    ANY,     /* no constraint */
    OFFSETS, /* ascending from 0 to the limit */
    INDEX,   /* int32: -1..limit-1 */
    PLACE    /* int32: 0..limit-1 */
} column_check;

typedef struct column {
    const char *name;
    size_t pointer, element; /* offset of the pointer in fore_timeline, bytes of an element */
    size_t count, plus;      /* offset of the count; elements = count + plus */
    column_check check;
    size_t limit; /* offset of the count that limits the values */
} column;

#define AT(member) offsetof(fore_timeline, member)
#define COLUMN(member, count, plus, check, limit)                                                  \
    {                                                                                              \
#member, AT(member), sizeof *((fore_timeline *)0)->member, AT(count), plus, check,         \
            AT(limit)                                                                              \
    }
#define PLAIN(member, count) COLUMN(member, count, 0, ANY, subjects)
#define WORDS(member)                                                                              \
    COLUMN(member.first, member.count, 1, OFFSETS, member.bytes), PLAIN(member.text, member.bytes)

static const column columns[] = {
    PLAIN(pk, subjects),
    COLUMN(by_pk, subjects, 0, PLACE, subjects),
    PLAIN(key, subjects),
    WORDS(ids),
    PLAIN(created_at, subjects),
    PLAIN(closed_at, subjects),
    PLAIN(outcome, subjects),
    PLAIN(left_out, subjects),
    PLAIN(do_not_contact, subjects),
    PLAIN(mail_opt_out, subjects),
    PLAIN(unsubscribed_at, subjects),
    COLUMN(account, subjects, 0, INDEX, accounts),
    COLUMN(owner, subjects, 0, INDEX, reps),
    COLUMN(product, subjects, 0, INDEX, products),
    COLUMN(campaign, subjects, 0, INDEX, campaigns),
    COLUMN(other, subjects, 0, INDEX, subjects),
    PLAIN(contact, subjects),
    COLUMN(source, subjects, 0, INDEX, sources.count),
    COLUMN(stage, subjects, 0, INDEX, stages.count),
    COLUMN(currency, subjects, 0, INDEX, currencies.count),
    COLUMN(status, subjects, 0, INDEX, statuses.count),
    PLAIN(amount, subjects),
    PLAIN(expected_close_on, subjects),
    COLUMN(event_first, owners, 1, OFFSETS, events),
    PLAIN(event_at, events),
    PLAIN(event_code, events),
    PLAIN(event_flags, events),
    PLAIN(event_hour, events),
    COLUMN(event_rep, events, 0, INDEX, reps),
    COLUMN(event_campaign, events, 0, INDEX, campaigns),
    PLAIN(event_minutes, events),
    COLUMN(planned_first, owners, 1, OFFSETS, planned),
    PLAIN(planned_due, planned),
    PLAIN(planned_code, planned),
    PLAIN(planned_flags, planned),
    COLUMN(planned_rep, planned, 0, INDEX, reps),
    COLUMN(change_first, subjects, 1, OFFSETS, changes),
    PLAIN(change_at, changes),
    PLAIN(change_field, changes),
    COLUMN(change_name, changes, 0, INDEX, change_names.count),
    PLAIN(change_old, changes),
    PLAIN(change_new, changes),
    COLUMN(spell_first, subjects, 1, OFFSETS, spells),
    PLAIN(spell_from, spells),
    PLAIN(spell_until, spells),
    PLAIN(spell_outcome, spells),
    PLAIN(account_pk, accounts),
    COLUMN(account_by_pk, accounts, 0, PLACE, accounts),
    COLUMN(account_subject_first, accounts, 2, OFFSETS, subjects),
    COLUMN(account_subject, subjects, 0, INDEX, subjects),
    COLUMN(sale_first, accounts, 2, OFFSETS, sales),
    PLAIN(sale_at, sales),
    COLUMN(sale_product, sales, 0, INDEX, products),
    COLUMN(sale_deal, sales, 0, INDEX, subjects),
    COLUMN(sale_currency, sales, 0, INDEX, currencies.count),
    PLAIN(sale_quantity, sales),
    PLAIN(sale_amount, sales),
    COLUMN(ticket_first, accounts, 2, OFFSETS, tickets),
    PLAIN(ticket_opened_at, tickets),
    PLAIN(ticket_closed_at, tickets),
    PLAIN(ticket_satisfaction, tickets),
    PLAIN(rep_pk, reps),
    COLUMN(rep_by_pk, reps, 0, PLACE, reps),
    WORDS(rep_ids),
    COLUMN(rep_team, reps, 0, INDEX, teams.count),
    COLUMN(rep_region, reps, 0, INDEX, regions.count),
    COLUMN(rep_manager, reps, 0, INDEX, reps),
    PLAIN(rep_hours_per_week, reps),
    PLAIN(rep_hourly_cost, reps),
    PLAIN(rep_active_from_on, reps),
    PLAIN(rep_active_to_on, reps),
    PLAIN(product_pk, products),
    COLUMN(product_by_pk, products, 0, PLACE, products),
    WORDS(product_ids),
    COLUMN(product_category, products, 0, INDEX, categories.count),
    PLAIN(product_list_price, products),
    PLAIN(campaign_pk, campaigns),
    COLUMN(campaign_by_pk, campaigns, 0, PLACE, campaigns),
    COLUMN(campaign_channel, campaigns, 0, INDEX, channels.count),
    PLAIN(campaign_cost, campaigns),
    WORDS(stages),
    WORDS(sources),
    WORDS(currencies),
    WORDS(statuses),
    WORDS(teams),
    WORDS(regions),
    WORDS(categories),
    WORDS(channels),
    WORDS(change_names),
};

static const size_t counts[] = {
    AT(newest_at),
    AT(expected_recorded_from),
    AT(dropped),
    AT(converted),
    AT(leads),
    AT(deals),
    AT(subjects),
    AT(owners),
    AT(events),
    AT(planned),
    AT(changes),
    AT(spells),
    AT(accounts),
    AT(sales),
    AT(tickets),
    AT(reps),
    AT(products),
    AT(campaigns),
    AT(ids.count),
    AT(ids.bytes),
    AT(rep_ids.count),
    AT(rep_ids.bytes),
    AT(product_ids.count),
    AT(product_ids.bytes),
    AT(stages.count),
    AT(stages.bytes),
    AT(sources.count),
    AT(sources.bytes),
    AT(currencies.count),
    AT(currencies.bytes),
    AT(statuses.count),
    AT(statuses.bytes),
    AT(teams.count),
    AT(teams.bytes),
    AT(regions.count),
    AT(regions.bytes),
    AT(categories.count),
    AT(categories.bytes),
    AT(channels.count),
    AT(channels.bytes),
    AT(change_names.count),
    AT(change_names.bytes),
};

enum {
    COLUMNS = sizeof columns / sizeof *columns,
    COUNTS = sizeof counts / sizeof *counts,
    FREE_COUNTS = 2 /* the first ones are times; all others are counts */
};

typedef struct image_header {
    char magic[8];
    uint32_t version, order;
    uint64_t layout; /* of the table above: another build's columns are another format */
    uint64_t checksum;
    int64_t bytes;
    char fingerprint[40], rates[40], closings[40], own_currency[16], zone[64];
    int64_t count[COUNTS];
} image_header;

static int64_t *count_of(const fore_timeline *t, size_t offset)
{
    return (int64_t *)((uintptr_t)t + offset);
}

static const void **pointer_of(fore_timeline *t, const column *c)
{
    return (const void **)((uintptr_t)t + c->pointer);
}

static uint64_t layout_hash(void)
{
    uint64_t hash = COUNTS;
    for (int i = 0; i < COLUMNS; i++) {
        hash = fore_hash(columns[i].name, (int64_t)strlen(columns[i].name), hash);
        hash = fore_hash(&columns[i].element, sizeof columns[i].element, hash);
    }
    return hash;
}

static int64_t round_up(int64_t bytes)
{
    return (bytes + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
}

/* Places of the columns behind `base` (NULL: only counting). -1 when the sizes do not make sense.
 */
static int64_t place_columns(fore_timeline *t, char *base)
{
    int64_t offset = round_up(sizeof(image_header));
    for (int i = 0; i < COLUMNS; i++) {
        int64_t n = *count_of(t, columns[i].count), bytes;
        if (n < 0 || __builtin_add_overflow(n, (int64_t)columns[i].plus, &n) ||
            __builtin_mul_overflow(n, (int64_t)columns[i].element, &bytes) ||
            bytes > INT64_MAX / 2 - offset)
            return -1;
        if (base) *pointer_of(t, &columns[i]) = base + offset;
        offset = round_up(offset + bytes);
    }
    return offset;
}

fore_status fore_image_allocate(fore_timeline *t, fore_error *err)
{
    int64_t bytes = place_columns(t, NULL);
    char *base = bytes < 0 ? NULL : fore_alloc(bytes, 1);
    if (!base) return fore_no_memory(err);
    t->memory = base;
    memset(base, 0, (size_t)round_up(sizeof(image_header)));
    place_columns(t, base);
    for (int i = 0; i < COLUMNS; i++) { /* the gaps between columns: the same bytes every time */
        int64_t n = *count_of(t, columns[i].count) + (int64_t)columns[i].plus;
        char *end =
            (char *)(uintptr_t)*pointer_of(t, &columns[i]) + n * (int64_t)columns[i].element;
        memset(end, 0, (size_t)(round_up(end - base) - (end - base)));
    }
    return FORE_OK;
}

/* Against accidents, not against attackers: four lanes of multiply and rotate over 8-byte words,
 * several bytes a cycle. `bytes` is a multiple of 64. */
static uint64_t checksum(const char *p, int64_t bytes)
{
    uint64_t lane[4] = {1, 2, 3, 4};
    for (int64_t i = 0; i < bytes; i += 32) {
        uint64_t word[4];
        memcpy(word, p + i, sizeof word);
        for (int k = 0; k < 4; k++) {
            lane[k] = (lane[k] ^ word[k]) * UINT64_C(0x9E3779B97F4A7C15);
            lane[k] ^= lane[k] >> 29;
        }
    }
    return fore_hash(lane, sizeof lane, (uint64_t)bytes);
}

/* The header's own bytes count too, with the checksum's place empty. */
static uint64_t image_checksum(image_header *header)
{
    uint64_t kept = header->checksum;
    header->checksum = 0;
    uint64_t sum = checksum((const char *)header, header->bytes);
    header->checksum = kept;
    return sum;
}

fore_status fore_timeline_save(const fore_timeline *t, const char *path, fore_error *err)
{
    image_header *header = t->memory;
    memcpy(header->magic, image_magic, sizeof image_magic);
    header->version = IMAGE_VERSION;
    header->order = IMAGE_ORDER;
    header->layout = layout_hash();
    memcpy(header->fingerprint, t->fingerprint, sizeof header->fingerprint);
    memcpy(header->zone, t->zone, sizeof header->zone);
    memcpy(header->rates, t->rates, sizeof header->rates);
    memcpy(header->closings, t->closings, sizeof header->closings);
    memcpy(header->own_currency, t->own_currency, sizeof header->own_currency);
    for (int i = 0; i < COUNTS; i++) header->count[i] = *count_of(t, counts[i]);
    fore_timeline copy = *t;
    header->bytes = place_columns(&copy, NULL);
    header->checksum = image_checksum(header);
    return fore_file_replace(path, header, header->bytes, err);
}

/* --- loading: nothing of the file is believed before it is checked --- */

static const char *wrong_with_header(const image_header *header, int64_t length)
{
    if (length < (int64_t)sizeof *header ||
        memcmp(header->magic, image_magic, sizeof image_magic) != 0)
        return "it is not a timeline";
    if (header->version != IMAGE_VERSION || header->order != IMAGE_ORDER ||
        header->layout != layout_hash())
        return "it was written by another version of foresell";
    if (header->bytes != length || length % IMAGE_ALIGN != 0) return "it is cut off";
    if (!memchr(header->fingerprint, 0, sizeof header->fingerprint) ||
        !memchr(header->rates, 0, sizeof header->rates) ||
        !memchr(header->closings, 0, sizeof header->closings) ||
        !memchr(header->own_currency, 0, sizeof header->own_currency) ||
        !memchr(header->zone, 0, sizeof header->zone))
        return "its header is damaged";
    return NULL;
}

static bool offsets_hold(const int64_t *first, int64_t n, int64_t limit)
{
    if (first[0] != 0 || first[n - 1] != limit) return false;
    for (int64_t i = 1; i < n; i++)
        if (first[i] < first[i - 1]) return false;
    return true;
}

static bool indices_hold(const int32_t *index, int64_t n, int32_t least, int64_t limit)
{
    int32_t low = least, high = -1;
    for (int64_t i = 0; i < n; i++) {
        low = index[i] < low ? index[i] : low;
        high = index[i] > high ? index[i] : high;
    }
    return low >= least && high < limit;
}

static bool column_holds(fore_timeline *t, const column *c)
{
    const void *values = *pointer_of(t, c);
    int64_t n = *count_of(t, c->count) + (int64_t)c->plus, limit = *count_of(t, c->limit);
    switch (c->check) {
    case OFFSETS: return offsets_hold(values, n, limit);
    case INDEX: return indices_hold(values, n, -1, limit);
    case PLACE: return indices_hold(values, n, 0, limit);
    default: return true;
    }
}

/* Every word must end in NUL inside its place. */
static bool words_hold(const fore_words *words)
{
    for (int64_t i = 0; i < words->count; i++)
        if (words->first[i + 1] <= words->first[i] || words->text[words->first[i + 1] - 1] != 0)
            return false;
    return true;
}

static bool all_words_hold(const fore_timeline *t)
{
    const fore_words *all[] = {&t->ids,     &t->rep_ids,    &t->product_ids, &t->stages,
                               &t->sources, &t->currencies, &t->statuses,    &t->teams,
                               &t->regions, &t->categories, &t->channels,    &t->change_names};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!words_hold(all[i])) return false;
    return t->ids.count == t->subjects && t->rep_ids.count == t->reps &&
           t->product_ids.count == t->products;
}

static const char *adopt(fore_timeline *t, image_header *header)
{
    for (int i = 0; i < COUNTS; i++) {
        *count_of(t, counts[i]) = header->count[i];
        if (i >= FREE_COUNTS && header->count[i] < 0) return "its sizes are wrong";
    }
    memcpy(t->fingerprint, header->fingerprint, sizeof t->fingerprint);
    memcpy(t->zone, header->zone, sizeof t->zone);
    memcpy(t->rates, header->rates, sizeof t->rates);
    memcpy(t->closings, header->closings, sizeof t->closings);
    memcpy(t->own_currency, header->own_currency, sizeof t->own_currency);
    if (place_columns(t, NULL) != header->bytes) return "its sizes are wrong";
    if (t->subjects != t->leads + t->deals || t->owners != t->subjects + t->accounts + 1)
        return "its sizes are wrong";
    if (header->checksum != image_checksum(header)) return "its checksum is wrong";
    place_columns(t, (char *)header);
    for (int i = 0; i < COLUMNS; i++)
        if (!column_holds(t, &columns[i])) return "an index of it points nowhere";
    return all_words_hold(t) ? NULL : "its words are damaged";
}

fore_status fore_timeline_load(const char *path, const char *fingerprint, fore_timeline **out,
                               fore_error *err)
{
    fore_text file = {0};
    fore_status status = fore_file_read(path, 0, &file, err);
    fore_timeline *t = status == FORE_OK ? FORE_ZNEW(1, fore_timeline) : NULL;
    *out = NULL;
    if (status == FORE_OK && !t) status = fore_no_memory(err);
    if (status != FORE_OK) {
        fore_text_free(&file);
        return status;
    }
    t->memory = file.bytes; /* from here on the timeline owns it */
    const char *wrong = wrong_with_header(t->memory, file.length);
    if (!wrong) wrong = adopt(t, t->memory);
    if (!wrong && fingerprint && strcmp(t->fingerprint, fingerprint) != 0)
        wrong = "it was made from another history";
    if (wrong) {
        fore_timeline_free(t);
        return fore_fail_at(
            err, FORE_E_FORMAT, path, 0, 0,
            "the timeline cache %s cannot be used: %s; delete it, it is made again by itself", path,
            wrong);
    }
    *out = t;
    return FORE_OK;
}
