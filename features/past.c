/* Grouped, dated entries with running sums. One sort by time serves every grouping: a stable
 * counting sort by key keeps the order of time. */
#include "features/past.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "features/timeline.h"

fore_status past_add(past_list *list, past_entry entry, fore_error *err)
{
    FORE_TRY(fore_grow((void **)&list->entry, &list->capacity, list->count + 1, sizeof entry, err));
    list->entry[list->count++] = entry;
    return FORE_OK;
}

void past_list_free(past_list *list)
{
    fore_free(list->entry);
    *list = (past_list){0};
}

typedef struct dated {
    int64_t at, order;
} dated;

static int compare_dated(const void *x, const void *y)
{
    const dated *a = x, *b = y;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

fore_status past_list_sort(past_list *list, fore_error *err)
{
    if (list->count < 2) return FORE_OK;
    dated *order = FORE_NEW(list->count, dated);
    past_entry *sorted = FORE_NEW(list->count, past_entry);
    if (!order || !sorted) {
        fore_free(order);
        fore_free(sorted);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < list->count; i++) order[i] = (dated){list->entry[i].at, i};
    qsort(order, (size_t)list->count, sizeof *order, compare_dated);
    for (int64_t i = 0; i < list->count; i++) sorted[i] = list->entry[order[i].order];
    fore_free(order);
    fore_free(list->entry);
    list->entry = sorted;
    list->capacity = list->count;
    return FORE_OK;
}

static fore_status allocate(past *p, int64_t count, int64_t groups, int values, fore_error *err)
{
    *p = (past){.groups = groups, .count = count, .values = values};
    p->first = FORE_ZNEW(groups + 2, int64_t);
    p->at = FORE_NEW(count, int64_t);
    p->item = FORE_NEW(count, int32_t);
    bool failed = !p->first || !p->at || !p->item;
    for (int v = 0; v < values; v++) {
        p->value[v] = FORE_NEW(count, double);
        failed |= !p->value[v];
    }
    return failed ? fore_no_memory(err) : FORE_OK;
}

static void run_sums(past *p)
{
    for (int v = 0; v < p->values; v++)
        for (int64_t g = 0; g < p->groups; g++)
            for (int64_t i = p->first[g] + 1; i < p->first[g + 1]; i++)
                p->value[v][i] += p->value[v][i - 1];
}

fore_status past_build(past *p, const past_list *list, int64_t groups, int values, bool summed,
                       fore_error *err)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < list->count; i++)
        kept += list->entry[i].key >= 0 && list->entry[i].key < groups;
    FORE_TRY(allocate(p, kept, groups, values, err));
    for (int64_t i = 0; i < list->count; i++)
        if (list->entry[i].key >= 0 && list->entry[i].key < groups)
            p->first[list->entry[i].key + 2]++;
    for (int64_t g = 0; g < groups; g++) p->first[g + 2] += p->first[g + 1];
    for (int64_t i = 0; i < list->count; i++) {
        const past_entry *e = &list->entry[i];
        if (e->key < 0 || e->key >= groups) continue;
        int64_t place = p->first[e->key + 1]++;
        p->at[place] = e->at;
        p->item[place] = e->item;
        for (int v = 0; v < values; v++) p->value[v][place] = e->value[v];
    }
    if (summed) run_sums(p);
    return FORE_OK;
}

void past_free(past *p)
{
    fore_free(p->first);
    fore_free(p->at);
    fore_free(p->item);
    for (int v = 0; v < PAST_VALUES; v++) fore_free(p->value[v]);
    *p = (past){0};
}

int64_t past_end(const past *p, int64_t group, int64_t moment)
{
    return fore_time_lower(p->at, p->first[group], p->first[group + 1], moment);
}

int64_t past_count(const past *p, int64_t group, int64_t moment)
{
    return group < 0 ? 0 : past_end(p, group, moment) - p->first[group];
}

fore_status ledger_build(ledger *l, const ledger_list *list, int64_t groups, int values,
                         fore_error *err)
{
    FORE_TRY(past_build(&l->made, &list->made, groups, values, true, err));
    return past_build(&l->undone, &list->undone, groups, values, true, err);
}

void ledger_free(ledger *l)
{
    past_free(&l->made);
    past_free(&l->undone);
}

ledger_cut ledger_before(const ledger *l, int64_t group, int64_t moment)
{
    ledger_cut cut = {group, past_end(&l->made, group, moment), 0};
    if (l->undone.count > 0) cut.undone = past_end(&l->undone, group, moment);
    return cut;
}

double ledger_count(const ledger *l, ledger_cut cut)
{
    int64_t made = cut.made - l->made.first[cut.group];
    return (double)(l->undone.count > 0 ? made - (cut.undone - l->undone.first[cut.group]) : made);
}

double ledger_sum(const ledger *l, ledger_cut cut, int value)
{
    double sum = past_sum(&l->made, cut.group, cut.made, value);
    return l->undone.count > 0 ? sum - past_sum(&l->undone, cut.group, cut.undone, value) : sum;
}

double past_sum(const past *p, int64_t group, int64_t end, int value)
{
    return end > p->first[group] ? p->value[value][end - 1] : 0.0;
}
