/* Quotas of Salesforce, as targets: whose they are and how long they hold.
 *
 *     owner = the rep with this id, else with this name, else the id (the name) as it stands
 *     end   = by the period's type; without one by how far apart the starts of an owner lie:
 *             all of them three months (a year), then quarters (years), else the calendar's month
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/import_run.h"

enum { LONG_ID = 18, SHORT_ID = 15, MONTH = 1, QUARTER = 3, YEAR = 12 };
static const double DAYS_OF_MONTH = 365.2425 / 12;

/* Targets have no currency of their own: all are of the first one's. */
static fore_status refuse_another_currency(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *code = fore_text_of(row, FORE_SLOT_CURRENCY);
    const fore_lookup_entry *first = fore_lookup_find(run, FORE_LOOK_TARGET, "");
    if (!code || !*code) return FORE_OK;
    if (first && strcmp(first->text, code) != 0)
        return fore_reject_slot(run, FORE_SLOT_CURRENCY,
                                "another currency than the first quota's; convert quotas into one",
                                err);
    fore_lookup_entry entry = {.text = code};
    return first ? FORE_OK : fore_lookup_put(run, FORE_LOOK_TARGET, "", &entry, err);
}

/* --- whose it is --- */

static void shorten(const char *id, char out[SHORT_ID + 1])
{
    size_t n = strlen(id) == LONG_ID && strncmp(id, "005", 3) == 0 ? SHORT_ID : 0;
    memcpy(out, id, n);
    out[n] = 0;
}

static fore_status learn_rep(fore_importing *run, const fore_rep_row *rep, fore_error *err)
{
    char key[256], brief[SHORT_ID + 1];
    bool told = rep->name || rep->team || rep->region || rep->attributes ||
                !isnan(rep->hours_per_week) || rep->manager != 0;
    fore_lookup_entry entry = {.text = rep->id, .has_flags = rep->known && told};
    FORE_TRY(fore_lookup_put(run, FORE_LOOK_REP_ID, rep->id, &entry, err));
    shorten(rep->id, brief);
    if (*brief) FORE_TRY(fore_lookup_put(run, FORE_LOOK_REP_ID, brief, &entry, err));
    if (!rep->name || !*rep->name) return FORE_OK;
    fore_header_key(rep->name, key, sizeof key);
    if (fore_lookup_find(run, FORE_LOOK_REP_NAME, key)) entry.text = ""; /* several */
    return fore_lookup_put(run, FORE_LOOK_REP_NAME, key, &entry, err);
}

/* The reps that the workspace knows by now, once in a run. */
static fore_status learn_reps(fore_importing *run, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_cursor *cursor = NULL;
    fore_rep_row rep;
    bool more = true;
    fore_lookup_entry none = {.text = ""};
    if (run->lookups[FORE_LOOK_REP_ID].keys) return FORE_OK;
    FORE_TRY(fore_lookup_put(run, FORE_LOOK_REP_ID, "", &none, err));
    FORE_TRY(fore_cursor_open(run->store, FORE_TABLE_REP, true, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &rep, &more, err));
        if (!more) break;
        FORE_GO(learn_rep(run, &rep, err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

/* Ids have 15 letters in reports and 18 elsewhere; the last three only repeat the case. */
static const char *rep_by_id(const fore_importing *run, const char *id)
{
    char brief[SHORT_ID + 1];
    if (!id || !*id) return NULL;
    const fore_lookup_entry *rep = fore_lookup_find(run, FORE_LOOK_REP_ID, id);
    shorten(id, brief);
    if (!rep && *brief) rep = fore_lookup_find(run, FORE_LOOK_REP_ID, brief);
    return rep ? rep->text : NULL;
}

/* "": several have the name. */
static const char *rep_by_name(const fore_importing *run, const char *name)
{
    char key[256];
    if (!name || !*name) return NULL;
    fore_header_key(name, key, sizeof key);
    const fore_lookup_entry *rep = fore_lookup_find(run, FORE_LOOK_REP_NAME, key);
    return rep ? rep->text : NULL;
}

static fore_status name_rep(fore_importing *run, const char *id, const char *name, fore_error *err)
{
    fore_put put;
    const fore_lookup_entry *known = fore_lookup_find(run, FORE_LOOK_REP_ID, id);
    fore_rep_row rep = {.id = id,
                        .known = true,
                        .name = name,
                        .hours_per_week = NAN,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = FORE_NO_DATE};
    if (!name || (known && known->has_flags)) return FORE_OK;
    FORE_TRY(fore_store_put_rep(run->store, &rep, &put, err));
    return learn_rep(run, &rep, err);
}

static fore_status note_stranger(fore_importing *run, const char *who, fore_error *err)
{
    if (run->strangers++ == 0 && !(run->stranger = fore_arena_string(run->scrap, who)))
        return fore_no_memory(err);
    return FORE_OK;
}

static fore_status find_owner(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *id = fore_text_of(row, FORE_SLOT_SCOPE_ID),
               *name = fore_text_of(row, FORE_SLOT_REP_NAME), *rep;
    if (fore_has(row, FORE_SLOT_SCOPE)) return FORE_OK; /* the mapping file says whose it is */
    if (!id && !name)
        return fore_reject(run, NULL, NULL,
                           "a quota of nobody; export its owner as User ID (QuotaOwnerId) or "
                           "User Name",
                           err);
    FORE_TRY(learn_reps(run, err));
    rep = rep_by_id(run, id);
    if (!rep) rep = rep_by_id(run, name);
    if (!rep) rep = rep_by_name(run, id);
    if (!rep) rep = rep_by_name(run, name);
    if (rep && !*rep && !id)
        return fore_reject_slot(run, FORE_SLOT_REP_NAME,
                                "several reps have this name; export the owner's id as well", err);
    bool known = rep && *rep;
    if (!known) FORE_TRY(note_stranger(run, name ? name : id, err));
    fore_set_text(row, FORE_SLOT_SCOPE, "rep");
    fore_set_text(row, FORE_SLOT_SCOPE_ID, known ? rep : id ? id : name);
    return FORE_OK;
}

/* --- how long it holds --- */

typedef struct quota_start {
    uint64_t owner; /* and forecast type */
    int32_t on;
} quota_start;

typedef struct quota_starts {
    quota_start *items;
    int64_t count, capacity;
} quota_starts;

static int by_owner(const void *a, const void *b)
{
    const quota_start *x = a, *y = b;
    if (x->owner != y->owner) return x->owner < y->owner ? -1 : 1;
    return (x->on > y->on) - (x->on < y->on);
}

/* Sorted starts: the months between neighbours are whole years, or quarters, and some the least. */
static int months_between(const quota_starts *all)
{
    bool years = true, quarters = true;
    long least = 0;
    for (int64_t i = 1; i < all->count; i++) {
        const quota_start *a = &all->items[i - 1], *b = &all->items[i];
        if (a->owner != b->owner || a->on == b->on) continue;
        long months = lround((b->on - a->on) / DAYS_OF_MONTH);
        years = years && months > 0 && months % YEAR == 0;
        quarters = quarters && months > 0 && months % QUARTER == 0;
        least = least == 0 || months < least ? months : least;
    }
    if (years && least == YEAR) return YEAR;
    return quarters && least == QUARTER ? QUARTER : MONTH;
}

static bool start_in(const fore_importing *run, const fore_column_plan *column, const char *text,
                     int64_t length, int32_t *on)
{
    fore_period period;
    return fore_cell_date(text, length, column->order, run->zone, on) ||
           (fore_cell_period(text, length, &period, on) && period == FORE_MONTHLY);
}

static fore_status add_start(fore_importing *run, const fore_csv_record *r, quota_starts *all,
                             fore_error *err)
{
    quota_start start = {0};
    bool dated = false;
    for (int64_t c = 0; c < r->count; c++) {
        const fore_column_plan *column = &run->file->columns[c];
        int slot = column->slot;
        if (slot == FORE_SLOT_PERIOD_START)
            dated = start_in(run, column, r->cells[c], r->lengths[c], &start.on);
        if (slot == FORE_SLOT_SCOPE_ID || slot == FORE_SLOT_REP_NAME || slot == FORE_SLOT_SUBTYPE)
            start.owner = fore_hash(r->cells[c], r->lengths[c], start.owner + (uint64_t)c + 1);
    }
    if (!dated) return FORE_OK;
    FORE_TRY(fore_grow((void **)&all->items, &all->capacity, all->count + 1, sizeof start, err));
    all->items[all->count++] = start;
    return FORE_OK;
}

/* Looks the file through by a second reader: months that a quota of it holds. */
static fore_status learn_months(fore_importing *run, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_file_plan *file = run->file;
    quota_starts all = {0};
    fore_csv *csv = NULL;
    fore_csv_record record;
    bool more = true;
    if (!file->decided) FORE_TRY(fore_columns_observe(run, file, err));
    FORE_TRY(fore_csv_open(file->path, NULL, &csv, err));
    for (;;) {
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        if (record.fit == FORE_CSV_FITS) FORE_GO(add_start(run, &record, &all, err));
    }
    if (all.count > 1) qsort(all.items, (size_t)all.count, sizeof *all.items, by_owner);
    file->quota_months = months_between(&all);
    if (file->quota_months != MONTH)
        FORE_GO(fore_file_note(run, file, err,
                               "the quotas of an owner start %s apart: each is read as a %s's, "
                               "not as a month's; export Period.Type to settle it",
                               file->quota_months == YEAR ? "a year" : "three months",
                               file->quota_months == YEAR ? "year" : "quarter"));
done:
    fore_csv_close(csv);
    fore_free(all.items);
    return status;
}

/* Month, Monthly, ...: 0 is a week, -1 none of them. */
static int months_of_type(const char *type)
{
    static const struct {
        const char *word;
        int months;
    } types[] = {
        {"month", MONTH}, {"quarter", QUARTER}, {"year", YEAR}, {"annual", YEAR}, {"week", 0}};
    char key[64];
    fore_header_key(type, key, sizeof key);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(key, types[i].word, strlen(types[i].word)) == 0) return types[i].months;
    return -1;
}

/* The last day of so many months from a day on. */
static int32_t last_day(int32_t start, int months)
{
    int32_t year, month, day;
    fore_civil_from_days(start, &year, &month, &day);
    month += months;
    year += (month - 1) / 12;
    return fore_days_from_civil(year, (month - 1) % 12 + 1, day) - 1;
}

static fore_status find_end(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *type = fore_text_of(row, FORE_SLOT_KEY);
    const fore_value *start = &row->values[FORE_SLOT_PERIOD_START];
    bool named = fore_has(row, FORE_SLOT_PERIOD_START) && start->number > 0; /* 2026-Q2 */
    if (!fore_has(row, FORE_SLOT_PERIOD_START) || named || fore_has(row, FORE_SLOT_PERIOD_END))
        return FORE_OK;
    int months = type ? months_of_type(type) : run->file->quota_months;
    if (months < 0)
        return fore_reject_slot(run, FORE_SLOT_KEY,
                                "unknown type of a period (Month, Quarter, Year, Week)", err);
    if (!type && months == 0) FORE_TRY(learn_months(run, err));
    if (!type) months = run->file->quota_months;
    if (months == MONTH) return FORE_OK; /* the calendar's */
    int32_t on = (int32_t)start->integer;
    fore_set_integer(row, FORE_SLOT_PERIOD_END, months == 0 ? on + 6 : last_day(on, months));
    return FORE_OK;
}

fore_status fore_shape_quota(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    const char *type = fore_text_of(row, FORE_SLOT_SUBTYPE);
    if (fore_has(row, FORE_SLOT_CATEGORY))
        return fore_reject_slot(run, FORE_SLOT_CATEGORY,
                                "a quota of a part of the sales; only whole quotas are read", err);
    if (fore_has(row, FORE_SLOT_REGION))
        return fore_reject_slot(run, FORE_SLOT_REGION,
                                "a quota of a territory; only quotas of reps are read", err);
    if (!fore_has(row, FORE_SLOT_AMOUNT) && fore_has(row, FORE_SLOT_QUANTITY))
        return fore_reject_slot(run, FORE_SLOT_QUANTITY,
                                "a quota of a quantity; only amounts of money are read", err);
    FORE_TRY(refuse_another_currency(run, row, err));
    if (!row->rejected) FORE_TRY(find_owner(run, row, err));
    if (!row->rejected) FORE_TRY(find_end(run, row, err));
    if (row->rejected) return FORE_OK;
    FORE_TRY(fore_target_of_kind(
        run, row, type ? type : "",
        "a quota of another forecast type for the period; leave one of them", err));
    if (row->rejected) return FORE_OK;
    return name_rep(run, fore_text_of(row, FORE_SLOT_SCOPE_ID),
                    fore_text_of(row, FORE_SLOT_REP_NAME), err);
}
