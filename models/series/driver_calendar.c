/* See driver_calendar.h. */
#include "models/series/driver_calendar.h"

#include "engine/base/civil.h"

enum { MONDAY_TO_FRIDAY = 5 };

/* Mondays to Fridays of [0, day), up to a constant. */
static int64_t weekdays_before(int64_t day)
{
    int64_t since = day + 3; /* 1970-01-01 was a Thursday: days since a Monday */
    int64_t weeks = since >= 0 ? since / 7 : -((6 - since) / 7), rest = since - 7 * weeks;
    return MONDAY_TO_FRIDAY * weeks + (rest < MONDAY_TO_FRIDAY ? rest : MONDAY_TO_FRIDAY);
}

double fore_working_days(int32_t from, int32_t end, const int32_t *off, int64_t n)
{
    int64_t days = weekdays_before(end) - weekdays_before(from), low = 0, high = n;
    while (low < high) { /* the first day off that is not before the period */
        int64_t middle = low + (high - low) / 2;
        if (off[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < n && off[low] < end; low++) days -= fore_weekday(off[low]) < MONDAY_TO_FRIDAY;
    return (double)days;
}

double fore_window_share(int32_t from, int32_t end, const fore_window *window, int64_t n)
{
    double share = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t start = window[i].from > from ? window[i].from : from;
        int32_t stop = window[i].end < end ? window[i].end : end;
        if (start >= stop) continue;
        if (end - from <= 1) return 1;
        share += (double)(stop - start) / (double)(window[i].end - window[i].from);
    }
    return share;
}
