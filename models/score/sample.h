/* The rows that a model learns from. Models never depend on the order in which rows come: they are
 * taken in order of `key` first, so shuffling them changes no byte of the result. */
#ifndef FORE_SCORE_SAMPLE_H
#define FORE_SCORE_SAMPLE_H

#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "models/score/view.h"

/* All borrowed. */
typedef struct fore_sample {
    fore_view x;          /* n x p raw columns, NaN = missing, no infinities */
    const double *y;      /* n: 0 or 1 */
    const double *weight; /* n: finite, >= 0, some > 0; NULL = ones */
    const int64_t *group; /* n: the subject a row is about; inner folds never split one; NULL = each
                             row its own */
    const int64_t *key;   /* n: unique, the canonical order; NULL = the order given */
    const int32_t *family; /* p: raw columns of one attribute (the levels of a source, the owners)
                              share a number >= 0; < 0 = none; NULL = none has */
} fore_sample;

/* E_DATA naming row (err->line) and column when something is not as above. */
fore_status fore_sample_check(fore_pool *pool, const fore_sample *sample, fore_error *err);

/* The chosen rows in key order. x is always a view of the original's matrix; what goes with each
 * row is a view too where the rows lie in order side by side, else a copy. */
typedef struct fore_rows {
    fore_sample sample; /* borrows from the original sample and from the fields below */
    int64_t *index;     /* rows of the original sample; n */
    int64_t *row;       /* x.row where the original had an index of its own; else NULL */
    void *owned[4];     /* y, weight, group, key where they were copied; else NULL */
} fore_rows;

/* Checks the sample first. role: n bytes; rows with role[i] in the set `wanted` (bit 1 << role) are
 * taken; NULL = all. */
fore_status fore_rows_take(fore_pool *pool, const fore_sample *sample, const uint8_t *role,
                           uint32_t wanted, fore_rows *out, fore_error *err);
/* The same of a sample that was checked, such as rows that were taken. */
fore_status fore_rows_part(const fore_sample *sample, const uint8_t *role, uint32_t wanted,
                           fore_rows *out, fore_error *err);
void fore_rows_free(fore_rows *rows);

/* keep[i] = 1 for about `most` of the rows with role[i] in `wanted`, 0 for all others: whole subjects
 * by a hash of seed and subject (row key when there is no group), the same share of every role. More
 * stay where the rarer outcome would keep under FORE_RARE_ROWS rows: it is what a fit learns from. */
enum { FORE_RARE_ROWS = 3000 };
void fore_rows_thin(const fore_sample *sample, const uint8_t *role, uint32_t wanted, int64_t most,
                    uint64_t seed, uint8_t *keep);

/* fold[i] in 0..folds-1 by a hash of seed and subject (row key when there is no group). */
void fore_rows_fold(const fore_sample *sample, int64_t folds, uint64_t seed, uint8_t *fold);

#endif
