/* Inside the features room: what had happened before T, for any T, by binary search. Dated entries
 * are grouped by a key and sorted by time within a group; sums run along each group. */
#ifndef FORE_PAST_H
#define FORE_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

enum { PAST_VALUES = 4 };

typedef struct past {
    int64_t groups, count;
    int64_t *first; /* groups + 1 */
    int64_t *at;    /* ascending within a group, ties in the order given */
    int32_t *item;
    int values;
    double *value[PAST_VALUES]; /* sums up to and including the entry, from the group's start */
} past;

typedef struct past_entry { /* key < 0 or > groups - 1: left out */
    int64_t at;
    int32_t key, item;
    double value[PAST_VALUES];
} past_entry;

/* A list of entries on its way into a past. Zero-initialise; add, then build frees it. */
typedef struct past_list {
    past_entry *entry;
    int64_t count, capacity;
} past_list;
fore_status past_add(past_list *list, past_entry entry, fore_error *err);
void past_list_free(past_list *list);
/* Stable by (at, order of adding). */
fore_status past_list_sort(past_list *list, fore_error *err);

/* From a sorted list, by entry.key. summed false: the values are kept as they are. */
fore_status past_build(past *p, const past_list *list, int64_t groups, int values, bool summed,
                       fore_error *err);
void past_free(past *p);

/* End of the entries of `group` with at < moment; they start at first[group]. */
int64_t past_end(const past *p, int64_t group, int64_t moment);
int64_t past_count(const past *p, int64_t group, int64_t moment);      /* 0 for group -1 */
double past_sum(const past *p, int64_t group, int64_t end, int value); /* of first[group]..end-1 */

/* Entries that may be taken back: at the time that happens, with the key and values they had. */
typedef struct ledger {
    past made, undone;
} ledger;
typedef struct ledger_list {
    past_list made, undone;
} ledger_list;
fore_status ledger_build(ledger *l, const ledger_list *list, int64_t groups, int values, fore_error *err);
void ledger_free(ledger *l);
/* What of a known group was made before a moment, and what was taken back before it. */
typedef struct ledger_cut {
    int64_t group, made, undone; /* ends */
} ledger_cut;
ledger_cut ledger_before(const ledger *l, int64_t group, int64_t moment);
double ledger_count(const ledger *l, ledger_cut cut); /* of what stands */
double ledger_sum(const ledger *l, ledger_cut cut, int value);

#endif
