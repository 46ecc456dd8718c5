/* See replay.h. */
#include "models/series/replay.h"

#include <math.h>

#include "engine/base/memory.h"

enum { ORIGINS_LEAST = 6, ORDERS_COST = 1, ANEW_ALONE = 12, ANEW_SEVERAL = 4 };

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

double fore_replay_spent(const fore_member *members, int64_t count, double *taken)
{
    double spent = 0;
    *taken = 0;
    for (int64_t i = 0; i < count; i++) {
        double searched = members[i].method == FORE_SERIES_ARIMA ? ORDERS_COST : 0;
        spent += ((double)members[i].parameters + searched) / (double)count;
        *taken += fore_seasons_leverage(&members[i].seasons) / (double)count;
    }
    return spent;
}

/* Akaike's final prediction error. Its root is what theory says of an sd, and a combination, which
 * evens out the errors of its members' weights, follows it; one method alone misses by more. The
 * seasons taken out (seasons.h) do as theory says. */
static double optimism(const fore_member *members, int64_t count, int64_t n)
{
    double seasons, spent = fore_replay_spent(members, count, &seasons);
    double ratio = ((double)n + spent) / fmax(1, (double)n - spent);
    return (count > 1 ? sqrt(ratio) : ratio) * sqrt((1 + seasons) / (1 - seasons));
}

static const fore_seasons *seasons_of(const fore_member *members, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (members[i].seasons.count) return &members[i].seasons;
    return NULL;
}

typedef struct hindsight {
    double theory;      /* factor on the squares of replayed errors */
    double sum, weight; /* of what squares exceed that, in one-step variances */
} hindsight;

/* Origin i with the seasons that could be told then. What they add is the same at every step, where
 * errors grow: weight 1 / variance^2. */
static fore_status look_back(const fore_member *members, int64_t count, const double *y,
                             const fore_replay *p, int64_t i, double *scratch, hindsight *more,
                             fore_error *err)
{
    fore_member then[FORE_MEMBERS_MAX];
    fore_seasons before;
    int64_t origin = p->first + i, ahead = p->origins - i;
    const double *known = p->variance + i * p->steps, *error = p->error + i * p->steps;
    double *mean = scratch, *variance = scratch + p->steps;
    if (ahead > p->shared) ahead = p->shared;
    FORE_TRY(fore_seasons_before(seasons_of(members, count), y, origin, &before, err));
    for (int64_t j = 0; j < count; j++) {
        then[j] = members[j];
        if (then[j].seasons.count) then[j].seasons = before;
    }
    fore_combine(then, count, y, origin, ahead, mean, variance, scratch + 2 * p->steps);
    for (int64_t k = 0; k < ahead; k++) {
        double e = y[origin + k] - mean[k], step = known[0] / known[k];
        double excess = (e * e - more->theory * error[k] * error[k]) / known[0];
        if (!isfinite(excess) || !isfinite(step)) continue;
        more->sum += step * step * excess;
        more->weight += step * step;
    }
    fore_seasons_free(&before);
    return FORE_OK;
}

static fore_status measure_hindsight(const fore_member *members, int64_t count, const double *y,
                                     fore_replay *p, double *scratch, fore_error *err)
{
    const fore_seasons *seasons = seasons_of(members, count);
    int64_t looks = count > 1 ? ANEW_SEVERAL : ANEW_ALONE;
    hindsight more = {0};
    double taken;
    if (!seasons) return FORE_OK;
    fore_replay_spent(members, count, &taken);
    more.theory = (1 + taken) / (1 - taken);
    int64_t from = 2 * fore_seasons_longest(seasons) + 1 - p->first;
    if (from < 0) from = 0;
    if (looks > p->origins - from) looks = p->origins - from;
    for (int64_t j = 0; j < looks; j++)
        FORE_TRY(look_back(members, count, y, p, from + j * (p->origins - from) / looks, scratch,
                           &more, err));
    if (more.weight > 0) p->hindsight = fmax(0, more.sum / more.weight);
    return FORE_OK;
}

static void replay_all(const fore_member *members, int64_t count, const double *y, int64_t n,
                       fore_replay *p, double *scratch)
{
    for (int64_t i = 0; i < p->origins; i++) {
        int64_t o = p->first + i, ahead = p->steps < n - o ? p->steps : n - o, at = i * p->steps;
        fore_combine(members, count, y, o, ahead, p->mean + at, p->variance + at, scratch);
        for (int64_t k = 0; k < p->steps; k++) {
            if (k >= ahead) p->mean[at + k] = p->variance[at + k] = NAN;
            p->error[at + k] = k < ahead ? y[o + k] - p->mean[at + k] : NAN;
        }
    }
}

/* Step k of an origin and step k - 1 of the one after it are of the same moment: k times what one
 * more step costs. */
static void measure_growth(fore_replay *p)
{
    double sum = 0;
    p->growth[0] = 1;
    for (int64_t k = 1; k < p->steps; k++) {
        double more = 0, pairs = 0;
        for (int64_t i = 0; i + k < p->origins; i++) {
            double late = p->variance[k - 1 + (i + 1) * p->steps];
            double cost = log(p->variance[k + i * p->steps] / late);
            if (!(late > 0) || !isfinite(cost)) continue;
            more += cost;
            pairs++;
        }
        if (pairs > 0) sum += more / pairs;
        p->growth[k] = exp(sum);
    }
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
    double *block = FORE_NEW(3 * cells + (3 + 2 * FORE_MEMBERS_MAX) * steps, double);
    if (!block) return fore_no_memory(err);
    *replay = (fore_replay){.origins = origins,
                            .steps = steps,
                            .shared = shared < steps ? shared : steps,
                            .first = first,
                            .mean = block,
                            .variance = block + cells,
                            .error = block + 2 * cells,
                            .growth = block + 3 * cells,
                            .optimism = optimism(members, count, n)};
    double *scratch = replay->growth + steps;
    replay_all(members, count, y, n, replay, scratch);
    measure_growth(replay);
    fore_status status = measure_hindsight(members, count, y, replay, scratch, err);
    if (status != FORE_OK) fore_replay_free(replay);
    return status;
}

void fore_replay_free(fore_replay *replay)
{
    fore_free(replay->mean);
    *replay = (fore_replay){0};
}
