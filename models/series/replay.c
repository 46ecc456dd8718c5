/* See replay.h. */
#include "models/series/replay.h"

#include <math.h>

#include "engine/base/memory.h"

enum { ORIGINS_LEAST = 6 };

static int64_t first_origin(const fore_member *members, int64_t count, int64_t n)
{
    int64_t least = n / 3 > 4 ? n / 3 : 4;
    for (int64_t i = 0; i < count; i++) {
        int64_t seasons = members[i].m > 1 ? members[i].m + 1 : 0;
        if (fore_member_least(&members[i]) + 1 > least) least = fore_member_least(&members[i]) + 1;
        if (seasons > least) least = seasons;
    }
    return least > n - FORE_REPLAY_ORIGINS ? least : n - FORE_REPLAY_ORIGINS;
}

static int64_t shared_steps(const fore_member *members, int64_t count)
{
    int64_t steps = FORE_REPLAY_LEAST;
    for (int64_t i = 0; i < count; i++)
        if (2 * members[i].m > steps) steps = 2 * members[i].m;
    return steps < FORE_REPLAY_MOST ? steps : FORE_REPLAY_MOST;
}

/* Akaike's final prediction error. Its root is what theory says of an sd, and a combination, which
 * evens out the errors of its members' weights, follows it; one method alone misses by more. The
 * seasons taken out (seasons.h) do as theory says. */
static double optimism(const fore_member *members, int64_t count, int64_t n)
{
    double parameters = 0, seasons = 0;
    for (int64_t i = 0; i < count; i++) {
        parameters += (double)members[i].parameters / (double)count;
        seasons += fore_seasons_leverage(&members[i].seasons) / (double)count;
    }
    double ratio = ((double)n + parameters) / fmax(1, (double)n - parameters);
    return (count > 1 ? sqrt(ratio) : ratio) * sqrt((1 + seasons) / (1 - seasons));
}

fore_status fore_replay_run(const fore_member *members, int64_t count, const double *y, int64_t n,
                            int64_t h, fore_replay *replay, fore_error *err)
{
    int64_t first = first_origin(members, count, n), origins = n - first;
    *replay = (fore_replay){0};
    if (origins < ORIGINS_LEAST) return FORE_OK;
    int64_t shared = shared_steps(members, count), steps = h > shared ? h : shared;
    if (steps > origins) steps = origins;
    int64_t cells = origins * steps;
    double *block = FORE_NEW(3 * cells + 2 * FORE_MEMBERS_MAX * steps, double);
    if (!block) return fore_no_memory(err);
    *replay = (fore_replay){origins,
                            steps,
                            shared < steps ? shared : steps,
                            first,
                            block,
                            block + cells,
                            block + 2 * cells,
                            optimism(members, count, n)};
    for (int64_t i = 0; i < origins; i++) {
        int64_t o = first + i, ahead = steps < n - o ? steps : n - o, at = i * steps;
        fore_combine(members, count, y, o, ahead, replay->mean + at, replay->variance + at,
                     block + 3 * cells);
        for (int64_t k = 0; k < steps; k++) {
            if (k >= ahead) replay->mean[at + k] = replay->variance[at + k] = NAN;
            replay->error[at + k] = k < ahead ? y[o + k] - replay->mean[at + k] : NAN;
        }
    }
    return FORE_OK;
}

void fore_replay_free(fore_replay *replay)
{
    fore_free(replay->mean);
    *replay = (fore_replay){0};
}
