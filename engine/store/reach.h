/* How far a history reaches, which is not how far its dates reach: creations, changes and tickets are
 * stamped by the CRM when they happen, but people date activities, closings and orders also ahead.
 *
 *   stamped   the newest stamp, and silence = the longest that the stamps before it were silent, in days,
 *             within four weeks: at most so far beyond it may have happened what no stamp tells of
 *   facts     closings and orders beyond it are real up to the last day by which there were an eighth as
 *             many as leads and deals were made in the same time before, on the whole and in its own week
 *   acts      activities are real so long as they go on at half their pace of the four weeks before, if
 *             that is four weeks at least: less is what is planned. Four weeks without any end what goes on
 *
 * The newest stamp is asked for first, then all that is newer than `from`, in any order. */
#ifndef FORE_STORE_REACH_H
#define FORE_STORE_REACH_H

#include <stdbool.h>
#include <stdint.h>

enum { FORE_REACH_BEFORE = 28, FORE_REACH_DAYS = FORE_REACH_BEFORE + 3660 };

typedef struct fore_reach {
    int64_t from, stamp, not_after; /* what lies before `from` does not matter */
    uint32_t stamped;               /* bit k: a stamp of the day that ends k days before `stamp` */
    int64_t made;                   /* leads and deals, in the four weeks up to the stamp */
    int32_t facts[FORE_REACH_DAYS], acts[FORE_REACH_DAYS];
    int64_t newest[FORE_REACH_DAYS]; /* of anything, by day */
} fore_reach;

/* stamp: the newest one that is not after `not_after` (microseconds, as all here). */
void fore_reach_begin(fore_reach *reach, int64_t stamp, int64_t not_after);
void fore_reach_made(fore_reach *reach, int64_t at);  /* a lead or deal: a stamp as well */
void fore_reach_stamp(fore_reach *reach, int64_t at); /* any other */
void fore_reach_fact(fore_reach *reach, int64_t at);
void fore_reach_act(fore_reach *reach, int64_t at);
/* The newest of what was told that the history reaches to. */
int64_t fore_reach_end(const fore_reach *reach);

#endif
