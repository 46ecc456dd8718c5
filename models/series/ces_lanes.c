/* See ces_lanes.h. Runs forward and backward as often as ces.c does; where a lane has no value any
 * more its states stand still. With D the derivative to a weight, e = y - l - s:
 *
 *   De  = -Dl - Ds
 *   Dl' = Dl - (1 - a1) Dc + (a0 - a1) De   (+ e for a0, + c - e for a1)
 *   Dc' = Dl + (1 - a0) Dc + (a0 + a1) De   (+ e - c for a0, + e for a1) */
#include "models/series/ces_lanes.h"

#include <stdbool.h>
#include <string.h>

#include "engine/num/elementwise.h"
#include "models/series/ces_inside.h"

#define LANES 8
#define NAME(word) word##_eight
#include "models/series/ces_lanes_loops.h"
#undef LANES
#undef NAME
#define LANES 1
#define NAME(word) word##_one
#include "models/series/ces_lanes_loops.h"
#undef LANES
#undef NAME

void ces_lanes_clear(ces_lanes *w)
{
    memset(w->n, 0, sizeof w->n);
    memset(w->level, 0, sizeof w->level);
    memset(w->season, 0, sizeof w->season);
    for (int64_t i = 0; i < CES_LANES; i++) /* at rest */
        w->weight[0][i] = w->weight[1][i] = w->weight[2][i] = w->weight[3][i] = 1;
}

static FORE_WIDE void run_wide(ces_lanes *w, int64_t shortest, int64_t longest)
{
    run_eight(w, shortest, longest);
}

void ces_lanes_run(ces_lanes *w)
{
    int64_t longest = 0, shortest = INT64_MAX;
    for (int64_t i = 0; i < w->width; i++) {
        if (w->n[i] > longest) longest = w->n[i];
        if (w->n[i] > 0 && w->n[i] < shortest) shortest = w->n[i];
    }
    if (longest == 0) return;
    if (w->width == 1)
        run_one(w, shortest, longest);
    else
        run_wide(w, shortest, longest);
}
