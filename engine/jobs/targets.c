/* Targets sorted by scope, id and start; a period's target by its own dates, else day by day. */
#include "engine/jobs/targets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/text.h"

enum { NEAR_PERIODS = 3 };

typedef struct row {
    const char *scope, *id;
    int32_t start, end; /* [start, end) */
    bool told;          /* its end is, else it is the month's */
    double amount;
} row;

struct fore_targets {
    row *rows;
    int64_t count, capacity;
    fore_arena *arena;
};

void fore_targets_free(fore_targets *t)
{
    if (!t) return;
    fore_arena_free(t->arena);
    fore_free(t->rows);
    fore_free(t);
}

int64_t fore_targets_count(const fore_targets *t) { return t->count; }

static int compare(const void *a, const void *b)
{
    const row *x = a, *y = b;
    int order = strcmp(x->scope, y->scope);
    if (!order) order = strcmp(x->id, y->id);
    if (!order) order = (x->start > y->start) - (x->start < y->start);
    if (!order) order = (x->end > y->end) - (x->end < y->end);
    return order ? order : x->told - y->told;
}

static bool is_whole(const fore_calendar *calendar, fore_period period, int32_t start, int32_t end)
{
    return end > start && fore_calendar_start(calendar, period, start) == start &&
           fore_calendar_start(calendar, period, end) == end;
}

/* The day after a target of which only the start is known: the calendar's month that holds it, or
 * the civil month that it begins. */
static int32_t end_of_month(const fore_calendar *calendar, int32_t start)
{
    int32_t month = fore_calendar_start(calendar, FORE_MONTHLY, start);
    if (month != start && fore_period_start(FORE_MONTHLY, start) == start)
        return fore_period_add(FORE_MONTHLY, start, 1);
    return fore_calendar_add(calendar, FORE_MONTHLY, month, 1);
}

/* The day after a target: is `last` its last day, or the day after it? */
static int32_t end_of(const fore_calendar *calendar, int32_t start, int32_t last)
{
    if (last < start) return end_of_month(calendar, start);
    static const fore_period kinds[] = {FORE_MONTHLY, FORE_QUARTERLY};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int32_t end = last + 1; end >= last; end--)
            if (is_whole(calendar, kinds[k], start, end)) return end;
    if (is_whole(NULL, FORE_MONTHLY, start, last)) return last;
    bool week = last - start == 7 && is_whole(calendar, FORE_WEEKLY, start, last);
    return week ? last : last + 1;
}

static fore_status add(fore_targets *t, const fore_calendar *calendar, const fore_target_row *from,
                       fore_error *err)
{
    if (t->count == t->capacity) {
        int64_t grown = t->capacity ? 2 * t->capacity : 64;
        row *rows = fore_realloc(t->rows, grown, sizeof *rows);
        if (!rows) return fore_no_memory(err);
        t->rows = rows;
        t->capacity = grown;
    }
    int32_t start = from->period_start_on;
    t->rows[t->count] = (row){.scope = fore_arena_string(t->arena, from->scope),
                              .id = fore_arena_string(t->arena, from->scope_id),
                              .start = start,
                              .end = end_of(calendar, start, from->period_end_on),
                              .told = from->period_end_on >= start,
                              .amount = (double)from->amount_minor / 100};
    if (!t->rows[t->count].scope || !t->rows[t->count].id) return fore_no_memory(err);
    t->count++;
    return FORE_OK;
}

fore_status fore_targets_read(fore_store *store, const fore_calendar *calendar, fore_targets **out,
                              fore_error *err)
{
    fore_status status = FORE_OK;
    fore_cursor *cursor = NULL;
    fore_target_row target;
    bool more = true;
    *out = NULL;
    fore_targets *t = FORE_ZNEW(1, fore_targets);
    if (!t) return fore_no_memory(err);
    t->arena = fore_arena_new();
    if (!t->arena) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_cursor_open(store, FORE_TABLE_TARGET, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &target, &more, err));
        if (!more) break;
        FORE_GO(add(t, calendar, &target, err));
    }
    if (t->count > 0) qsort(t->rows, (size_t)t->count, sizeof *t->rows, compare);
    *out = t;
    t = NULL;
done:
    fore_cursor_close(cursor);
    fore_targets_free(t);
    return status;
}

/* The targets of one scope and id: [*first, return). */
static int64_t find(const fore_targets *t, const char *scope, const char *id, int64_t *first)
{
    int64_t low = 0, high = t->count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        const row *r = &t->rows[middle];
        int order = strcmp(r->scope, scope);
        if (!order) order = strcmp(r->id, id);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (low < t->count && strcmp(t->rows[low].scope, scope) == 0 &&
           strcmp(t->rows[low].id, id) == 0)
        low++;
    return low;
}

static const row *shortest(const fore_targets *t, int64_t first, int64_t end, int32_t day)
{
    const row *best = NULL;
    for (int64_t i = first; i < end && t->rows[i].start <= day; i++)
        if (t->rows[i].end > day &&
            (!best || t->rows[i].end - t->rows[i].start < best->end - best->start))
            best = &t->rows[i];
    return best;
}

static fore_target own(const fore_targets *t, const char *scope, const char *id, int32_t start,
                       int32_t end)
{
    int64_t first, last = find(t, scope, id, &first);
    fore_target sum = {0};
    int32_t holes = 0;
    for (int64_t i = first; i < last; i++)
        if (t->rows[i].start == start && t->rows[i].end == end)
            return (fore_target){.amount = t->rows[i].amount};
    if (first == last) return (fore_target){.amount = NAN};
    for (int32_t day = start; day < end;) {
        const row *r = shortest(t, first, last, day);
        bool whole = r && day == r->start && r->end <= end;
        for (int32_t d = day; whole && d < r->end; d++) whole = shortest(t, first, last, d) == r;
        holes += !r;
        sum.by_days |= !whole;
        sum.amount += !r ? 0 : whole ? r->amount : r->amount / (r->end - r->start);
        day = whole ? r->end : day + 1;
    }
    return holes ? (fore_target){.amount = NAN, .held = end - start - holes} : sum;
}

/* Has the id, whose rows begin at i, a target near the period, and was it to have one within it? */
static bool is_expected(const fore_targets *t, const fore_timeline *line, int64_t i, int32_t start,
                        int32_t end)
{
    const char *scope = t->rows[i].scope, *id = t->rows[i].id;
    int32_t near = NEAR_PERIODS * (end - start);
    int64_t first, last = find(t, scope, id, &first);
    if (strcmp(scope, "rep") == 0) {
        int32_t rep = fore_words_find(&line->rep_ids, id);
        int32_t from = rep < 0 ? FORE_NO_DATE : line->rep_active_from_on[rep];
        int32_t to = rep < 0 ? FORE_NO_DATE : line->rep_active_to_on[rep];
        if (from >= end || (to != FORE_NO_DATE && to < start)) return false;
    }
    for (int64_t k = first; k < last; k++)
        if (t->rows[k].start < end + near && t->rows[k].end > start - near) return true;
    return false;
}

static bool belongs(const fore_timeline *line, const char *rep_id, fore_series_by of, int32_t index)
{
    int32_t rep = of == FORE_BY_TOTAL ? -1 : fore_words_find(&line->rep_ids, rep_id);
    if (of == FORE_BY_TOTAL || rep < 0) return of == FORE_BY_TOTAL;
    return (of == FORE_BY_TEAM ? line->rep_team[rep] : line->rep_region[rep]) == index;
}

/* The targets of a scope added up over its ids; only reps of that team or region where one is
 * given. */
static fore_target added(const fore_targets *t, const fore_timeline *line, const char *scope,
                         fore_series_by of, int32_t index, int32_t start, int32_t end)
{
    fore_target sum = {.from = scope};
    int64_t known = 0;
    for (int64_t i = 0; i < t->count; i++) {
        bool new_id = i == 0 || strcmp(t->rows[i].id, t->rows[i - 1].id) != 0 ||
                      strcmp(t->rows[i].scope, t->rows[i - 1].scope) != 0;
        if (!new_id || strcmp(t->rows[i].scope, scope) != 0) continue;
        if (!belongs(line, t->rows[i].id, of, index)) continue;
        fore_target part = own(t, scope, t->rows[i].id, start, end);
        if (!isnan(part.amount)) {
            known++;
            sum.amount += part.amount;
            sum.by_days |= part.by_days;
        } else if (part.held > 0 || is_expected(t, line, i, start, end)) {
            if (sum.missing++ == 0) sum.lacking = t->rows[i].id;
            if (part.held > sum.held) sum.held = part.held;
        }
    }
    if (known > 0 && sum.missing == 0) return sum;
    fore_target none = {.amount = NAN};
    if (known > 0)
        none = (fore_target){.amount = NAN,
                             .from = scope,
                             .missing = sum.missing,
                             .parts = known + sum.missing,
                             .lacking = sum.lacking};
    none.held = known > 0 ? 0 : sum.held;
    return none;
}

/* What the parts add up to, else why they do not. */
static fore_target from_parts(const fore_targets *t, const fore_timeline *line,
                              const char *const *scopes, int n, fore_series_by of, int32_t index,
                              int32_t start, int32_t end, fore_target whole)
{
    fore_target found = whole;
    for (int i = 0; i < n; i++) {
        fore_target sum = added(t, line, scopes[i], of, index, start, end);
        if (!isnan(sum.amount)) {
            sum.held = whole.held;
            return sum;
        }
        if (!found.missing && sum.missing) {
            sum.held = found.held;
            found = sum;
        } else if (!found.held && !found.missing) {
            found.held = sum.held;
        }
    }
    return found;
}

fore_target fore_target_of(const fore_targets *t, const fore_timeline *line, fore_series_by by,
                           int32_t index, int32_t start, int32_t end)
{
    static const char *const parts[] = {"team", "region", "rep"};
    fore_target found = {.amount = NAN};
    const char *id = by == FORE_BY_TEAM      ? fore_word(&line->teams, index)
                     : by == FORE_BY_REGION  ? fore_word(&line->regions, index)
                     : by == FORE_BY_REP     ? fore_word(&line->rep_ids, index)
                     : by == FORE_BY_PRODUCT ? fore_word(&line->product_ids, index)
                                             : NULL;
    if (by == FORE_BY_TOTAL) {
        found = own(t, "company", "", start, end);
        return isnan(found.amount)
                   ? from_parts(t, line, parts, 3, FORE_BY_TOTAL, -1, start, end, found)
                   : found;
    }
    if (!id) return found;
    static const char *const scopes[] = {[FORE_BY_TEAM] = "team",
                                         [FORE_BY_REGION] = "region",
                                         [FORE_BY_REP] = "rep",
                                         [FORE_BY_PRODUCT] = "product"};
    found = own(t, scopes[by], id, start, end);
    if (isnan(found.amount) && (by == FORE_BY_TEAM || by == FORE_BY_REGION))
        found = from_parts(t, line, parts + 2, 1, by, index, start, end, found);
    return found;
}
