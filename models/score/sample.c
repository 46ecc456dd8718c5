/* Rows in canonical order. */
#include "models/score/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/score/design.h"

fore_status fore_sample_check(fore_pool *pool, const fore_sample *sample, fore_error *err)
{
    int64_t n = sample->x.rows;
    double weight = 0;
    for (int64_t i = 0; i < n; i++) {
        double y = sample->y[i], w = sample->weight ? sample->weight[i] : 1;
        if (y != 0 && y != 1)
            return fore_fail_at(err, FORE_E_DATA, NULL, i + 1, 0,
                                "the outcome in row %lld is %g; it must be 0 or 1",
                                (long long)i + 1, y);
        if (!(w >= 0 && isfinite(w)))
            return fore_fail_at(err, FORE_E_DATA, NULL, i + 1, 0,
                                "the weight of row %lld is %g; it must be finite and not negative",
                                (long long)i + 1, w);
        weight += w;
    }
    if (n > 0 && !(weight > 0))
        return fore_fail(err, FORE_E_DATA, "all weights are 0; give some rows a positive weight");
    return fore_check_finite(pool, &sample->x, err);
}

typedef struct keyed {
    int64_t key, row;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : (x->row > y->row) - (x->row < y->row);
}

static fore_status sort_rows(const int64_t *key, int64_t *index, int64_t n, fore_error *err)
{
    bool sorted = true;
    for (int64_t i = 1; i < n && sorted; i++) sorted = key[index[i - 1]] < key[index[i]];
    if (sorted) return FORE_OK;
    keyed *pair = FORE_NEW(n, keyed);
    if (!pair) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) pair[i] = (keyed){key[index[i]], index[i]};
    qsort(pair, (size_t)n, sizeof *pair, by_key);
    fore_status status = FORE_OK;
    for (int64_t i = 0; i < n; i++) {
        index[i] = pair[i].row;
        if (i > 0 && pair[i].key == pair[i - 1].key && status == FORE_OK)
            status = fore_fail_at(
                err, FORE_E_DATA, NULL, pair[i].row + 1, 0,
                "rows %lld and %lld have the same key; give every row a key of its own",
                (long long)pair[i - 1].row + 1, (long long)pair[i].row + 1);
    }
    fore_free(pair);
    return status;
}

static void *take_numbers(const void *from, const int64_t *index, int64_t n)
{
    const uint64_t *words = from; /* doubles and int64_t alike */
    uint64_t *out = FORE_NEW(n, uint64_t);
    for (int64_t i = 0; out && i < n; i++) memcpy(&out[i], &words[index[i]], sizeof *out);
    return out;
}

/* Rows side by side: everything is a view. */
static void view_rows(const fore_sample *sample, int64_t from, int64_t n, fore_sample *out)
{
    *out = *sample;
    out->x.rows = n;
    if (n == 0) return;
    if (out->x.row)
        out->x.row += from;
    else
        out->x.data += from;
    out->y += from;
    if (out->weight) out->weight += from;
    if (out->group) out->group += from;
    if (out->key) out->key += from;
}

/* Rows here and there: their numbers, and copies of what goes with them; x stays where it is. */
static fore_status gather_rows(const fore_sample *sample, int64_t n, fore_rows *out,
                               fore_error *err)
{
    const int64_t *index = out->index;
    const void *from[4] = {sample->y, sample->weight, sample->group, sample->key};
    out->row = sample->x.row ? take_numbers(sample->x.row, index, n) : NULL;
    if (sample->x.row && !out->row) return fore_no_memory(err);
    for (int k = 0; k < 4; k++) {
        out->owned[k] = from[k] ? take_numbers(from[k], index, n) : NULL;
        if (from[k] && !out->owned[k]) return fore_no_memory(err);
    }
    out->sample = (fore_sample){sample->x,     out->owned[0], out->owned[1],
                                out->owned[2], out->owned[3], sample->family};
    out->sample.x.rows = n;
    out->sample.x.row = out->row ? out->row : index;
    return FORE_OK;
}

fore_status fore_rows_take(fore_pool *pool, const fore_sample *sample, const uint8_t *role,
                           uint32_t wanted, fore_rows *out, fore_error *err)
{
    *out = (fore_rows){0};
    FORE_TRY(fore_sample_check(pool, sample, err));
    return fore_rows_part(sample, role, wanted, out, err);
}

fore_status fore_rows_part(const fore_sample *sample, const uint8_t *role, uint32_t wanted,
                           fore_rows *out, fore_error *err)
{
    int64_t n = 0;
    *out = (fore_rows){0};
    fore_status status = FORE_OK;
    out->index = FORE_NEW(sample->x.rows, int64_t);
    if (!out->index) return fore_no_memory(err);
    for (int64_t i = 0; i < sample->x.rows; i++)
        if (!role || (role[i] < 32 && wanted >> role[i] & 1)) out->index[n++] = i;
    if (sample->key) FORE_GO(sort_rows(sample->key, out->index, n, err));
    bool side_by_side = true;
    for (int64_t i = 1; i < n && side_by_side; i++)
        side_by_side = out->index[i] == out->index[0] + i;
    if (side_by_side)
        view_rows(sample, n ? out->index[0] : 0, n, &out->sample);
    else
        status = gather_rows(sample, n, out, err);
done:
    if (status != FORE_OK) fore_rows_free(out);
    return status;
}

void fore_rows_free(fore_rows *rows)
{
    fore_free(rows->index);
    fore_free(rows->row);
    for (int k = 0; k < 4; k++) fore_free(rows->owned[k]);
    *rows = (fore_rows){0};
}

static int64_t subject_of(const fore_sample *sample, int64_t i)
{
    return sample->group ? sample->group[i] : sample->key ? sample->key[i] : i;
}

void fore_rows_thin(const fore_sample *sample, const uint8_t *role, uint32_t wanted, int64_t most,
                    uint64_t seed, uint8_t *keep)
{
    int64_t rows = 0, ones = 0;
    for (int64_t i = 0; i < sample->x.rows; i++) {
        keep[i] = !role || (role[i] < 32 && wanted >> role[i] & 1);
        rows += keep[i];
        ones += keep[i] && sample->y[i] > 0;
    }
    double rare = (double)(ones < rows - ones ? ones : rows - ones);
    double share = fmax((double)most / (double)rows, FORE_RARE_ROWS / rare);
    for (int64_t i = 0; share < 1 && i < sample->x.rows; i++) {
        fore_random random = fore_random_new(seed, (uint64_t)subject_of(sample, i));
        keep[i] = keep[i] && fore_random_uniform(&random) < share;
    }
}

void fore_rows_fold(const fore_sample *sample, int64_t folds, uint64_t seed, uint8_t *fold)
{
    for (int64_t i = 0; i < sample->x.rows; i++) {
        fore_random random = fore_random_new(seed, (uint64_t)subject_of(sample, i));
        fold[i] = (uint8_t)fore_random_below(&random, folds);
    }
}
