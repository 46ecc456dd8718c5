/* Extraction in blocks of rows: a block is worked row by row into a small buffer that stays in the
 * cache and then written out column by column. Blocks are fixed and rows independent, so that
 * neither the number of threads nor the order of rows changes a value. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "features/extractor.h"

enum { BLOCK_ROWS = 128 };

/* --- scratch --- */

static void free_scratch(extract_scratch *w)
{
    fore_free(w->their_gaps);
    fore_free(w->our_gaps);
    fore_free(w->rep_stamp);
    fore_free(w->campaign_stamp);
    fore_free(w->stage_median);
    fore_free(w->stage_place);
    fore_free(w->median_stamp);
    fore_free(w->place_stamp);
}

static fore_status new_scratch(const fore_extractor *x, extract_scratch *w, fore_error *err)
{
    const fore_timeline *t = x->t;
    *w = (extract_scratch){.their_gaps = FORE_NEW(x->max_events, double),
                           .our_gaps = FORE_NEW(x->max_events, double),
                           .rep_stamp = FORE_ZNEW(t->reps, int64_t),
                           .campaign_stamp = FORE_ZNEW(t->campaigns, int64_t),
                           .stage_median = FORE_NEW(t->stages.count, double),
                           .stage_place = FORE_NEW(t->stages.count, double),
                           .median_stamp = FORE_ZNEW(t->stages.count, int64_t),
                           .place_stamp = FORE_ZNEW(t->stages.count, int64_t)};
    bool complete = w->their_gaps && w->our_gaps && w->rep_stamp && w->campaign_stamp &&
                    w->stage_median && w->stage_place && w->median_stamp && w->place_stamp;
    return complete ? FORE_OK : fore_no_memory(err);
}

/* --- which parts a choice of features needs --- */

static unsigned part_of(int feature)
{
    switch (fore_feature_at(feature)->group) {
    case FORE_GROUP_COUNTS:
    case FORE_GROUP_RHYTHM:
    case FORE_GROUP_REPLIES:
    case FORE_GROUP_CLOCK: return PART_EVENTS;
    case FORE_GROUP_RATES: return feature == F_OWNER_CHANGES ? PART_STATE : PART_RATES;
    case FORE_GROUP_ACCOUNT: return PART_ACCOUNT;
    case FORE_GROUP_SEASON: return PART_SEASON;
    default: return PART_STATE;
    }
}

static void extract_row(const fore_extractor *x, extract_scratch *w, unsigned parts, int64_t s,
                        int64_t as_of, double *values)
{
    fore_subject_state state;
    if (parts & (PART_STATE | PART_RATES)) fore_subject_state_at(x->t, s, as_of, &state);
    if (parts & PART_EVENTS) fore_extract_events(x, w, s, as_of, values);
    if (parts & PART_STATE) fore_extract_deal(x, w, s, as_of, &state, values);
    if (parts & PART_RATES) fore_extract_rates(x, s, as_of, &state, values);
    if (parts & PART_ACCOUNT) fore_extract_account(x, s, as_of, values);
    if (parts & PART_SEASON) fore_extract_season(x, s, as_of, values);
}

/* --- blocks --- */

typedef struct extraction {
    const fore_extractor *x;
    const fore_extract_row *rows;
    int64_t n, n_features, ld;
    const int32_t *features;
    double *out;
    unsigned parts;
    extract_scratch *scratch; /* one a worker */
    double *buffer;           /* BLOCK_ROWS x FEATURES a worker */
} extraction;

static fore_status extract_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)err;
    const extraction *e = context;
    int64_t first = block * BLOCK_ROWS;
    int64_t rows = e->n - first < BLOCK_ROWS ? e->n - first : BLOCK_ROWS;
    double *buffer = e->buffer + (int64_t)worker * BLOCK_ROWS * FEATURES;
    for (int64_t i = 0; i < rows; i++)
        extract_row(e->x, &e->scratch[worker], e->parts, e->rows[first + i].subject,
                    e->rows[first + i].as_of, buffer + i * FEATURES);
    for (int64_t f = 0; f < e->n_features; f++) {
        double *to = e->out + f * e->ld + first;
        const double *from = buffer + (e->features ? e->features[f] : f);
        for (int64_t i = 0; i < rows; i++) to[i] = from[i * FEATURES];
    }
    return FORE_OK;
}

static fore_status check_request(const extraction *e, fore_error *err)
{
    if (e->n < 0 || e->ld < e->n || e->n_features < 0)
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "a matrix of %lld rows needs a leading dimension of at least that, not %lld",
            (long long)e->n, (long long)e->ld);
    for (int64_t f = 0; e->features && f < e->n_features; f++)
        if (e->features[f] < 0 || e->features[f] >= FEATURES)
            return fore_fail(err, FORE_E_ARGUMENT, "feature %d does not exist; there are %d",
                             e->features[f], FEATURES);
    for (int64_t i = 0; i < e->n; i++) {
        if (e->rows[i].subject < 0 || e->rows[i].subject >= e->x->t->subjects)
            return fore_fail(err, FORE_E_ARGUMENT, "row %lld asks for subject %lld of %lld",
                             (long long)i, (long long)e->rows[i].subject,
                             (long long)e->x->t->subjects);
        if (e->rows[i].as_of == FORE_NO_TIME)
            return fore_fail(err, FORE_E_ARGUMENT, "row %lld has no as-of time", (long long)i);
    }
    return FORE_OK;
}

fore_status fore_extract(const fore_extractor *x, fore_pool *pool, const fore_extract_row *rows,
                         int64_t n, const int32_t *features, int64_t n_features, double *out,
                         int64_t ld, fore_error *err)
{
    int threads = fore_pool_threads(pool), ready = 0;
    extraction e = {.x = x,
                    .rows = rows,
                    .n = n,
                    .features = features,
                    .out = out,
                    .ld = ld,
                    .n_features = features ? n_features : FEATURES};
    fore_status status = FORE_OK;
    FORE_TRY(check_request(&e, err));
    for (int64_t f = 0; f < e.n_features; f++) e.parts |= part_of(features ? features[f] : (int)f);
    e.scratch = FORE_ZNEW(threads, extract_scratch);
    e.buffer = FORE_NEW((int64_t)threads * BLOCK_ROWS * FEATURES, double);
    if (!e.scratch || !e.buffer) FORE_GO(fore_no_memory(err));
    for (; ready < threads; ready++) FORE_GO(new_scratch(x, &e.scratch[ready], err));
    FORE_GO(fore_pool_run(pool, (n + BLOCK_ROWS - 1) / BLOCK_ROWS, extract_block, &e, err));
done:
    for (int i = 0; e.scratch && i < threads; i++) free_scratch(&e.scratch[i]);
    fore_free(e.scratch);
    fore_free(e.buffer);
    return status;
}

fore_status fore_extract_one(const fore_extractor *x, int64_t subject, int64_t as_of,
                             double *values, fore_error *err)
{
    fore_extract_row row = {subject, as_of};
    return fore_extract(x, NULL, &row, 1, NULL, 0, values, 1, err);
}
