/* Days are counted from the newest stamp: day FORE_REACH_BEFORE - 1 ends with it. */
#include "engine/store/reach.h"

#include <string.h>

#include "engine/base/civil.h"

enum { WEEK = 7, LEAST_PACE = 14 }; /* in four weeks; fewer are taken for so many */
enum { FACTS_PART = 8, ACTS_PART = 2 };

static const int64_t DAY = INT64_C(86400) * 1000000;

void fore_reach_begin(fore_reach *r, int64_t stamp, int64_t not_after)
{
    memset(r, 0, sizeof *r);
    r->stamp = stamp;
    r->from = stamp - FORE_REACH_BEFORE * DAY;
    r->not_after = not_after;
    for (int d = 0; d < FORE_REACH_DAYS; d++) r->newest[d] = FORE_NO_TIME;
}

/* The day of the table, -1: none. */
static int day_of(const fore_reach *r, int64_t at)
{
    if (at == FORE_NO_TIME || at > r->not_after || at <= r->from) return -1;
    int64_t day = (at - r->from - 1) / DAY;
    return day < FORE_REACH_DAYS ? (int)day : -1;
}

static int note(fore_reach *r, int64_t at)
{
    int day = day_of(r, at);
    if (day >= 0 && at > r->newest[day]) r->newest[day] = at;
    return day;
}

void fore_reach_stamp(fore_reach *r, int64_t at)
{
    int day = note(r, at);
    if (day >= 0 && day < FORE_REACH_BEFORE)
        r->stamped |= UINT32_C(1) << (FORE_REACH_BEFORE - 1 - day);
}

void fore_reach_made(fore_reach *r, int64_t at)
{
    int day = day_of(r, at);
    if (day >= 0 && day < FORE_REACH_BEFORE) r->made++;
    fore_reach_stamp(r, at);
}

void fore_reach_fact(fore_reach *r, int64_t at)
{
    int day = note(r, at);
    if (day >= 0) r->facts[day]++;
}

void fore_reach_act(fore_reach *r, int64_t at)
{
    int day = note(r, at);
    if (day >= 0) r->acts[day]++;
}

/* In days, at least one. */
static int silence(const fore_reach *r)
{
    int longest = 0, run = 0;
    for (int k = 0; k < FORE_REACH_BEFORE; k++) {
        run = r->stamped >> k & 1 ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    return longest + 1;
}

/* The days beyond the stamp that they go on for at 1/part of the pace in four weeks, at least. */
static int carried(const int32_t *count, int64_t pace, int part, int least)
{
    int64_t since = 0, week = 0;
    int last = 0, seen = 0;
    if (pace < LEAST_PACE) pace = LEAST_PACE;
    for (int beyond = 1;
         beyond <= FORE_REACH_DAYS - FORE_REACH_BEFORE && beyond - seen <= FORE_REACH_BEFORE;
         beyond++) {
        const int32_t *day = count + FORE_REACH_BEFORE + beyond - 1;
        since += *day;
        week += *day - (beyond > WEEK ? day[-WEEK] : 0);
        int in_week = beyond < WEEK ? beyond : WEEK;
        bool goes_on = part * FORE_REACH_BEFORE * since >= pace * beyond &&
                       part * FORE_REACH_BEFORE * week >= pace * in_week;
        if (*day > 0) seen = beyond;
        if (*day > 0 && goes_on) last = beyond;
    }
    return last >= least ? last : 0;
}

int64_t fore_reach_end(const fore_reach *r)
{
    int64_t pace = 0;
    for (int d = 0; d < FORE_REACH_BEFORE; d++) pace += r->acts[d];
    int beyond = silence(r), facts = carried(r->facts, r->made, FACTS_PART, 1);
    int acts = carried(r->acts, pace, ACTS_PART, FORE_REACH_BEFORE);
    if (facts > beyond) beyond = facts;
    if (acts > beyond) beyond = acts;
    int64_t at = r->stamp;
    for (int d = 0; d < FORE_REACH_BEFORE + beyond && d < FORE_REACH_DAYS; d++)
        if (r->newest[d] > at) at = r->newest[d];
    return at;
}
