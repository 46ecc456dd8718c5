/* Sums of gradients by code.
 *
 *     gradients in fixed point, two in one word: q = g 2^32 + h
 *     a group of strips is one worker's: it walks the leaf's rows once, each row's codes of the
 *     group side by side, one addition per cell into packed sums that stay in the cache, and
 *     empties them into wide ones before they can overflow
 *     a column of a bundle: its own codes as they are, its usual code what is left of the leaf
 *
 * Sums are of integers, so neither the number of threads nor bundling changes them. */
#include <math.h>
#include <string.h>

#include "engine/num/linear.h"
#include "models/score/trees_growing.h"

enum { PACKED_ROWS = 1 << 13 }; /* times the largest g and h: below 2^31 and 2^32 */

/* ---- fixed point ---- */

static fore_status pack_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    tree_grower *w = context;
    int64_t from = block * FORE_ROW_BLOCK, n = w->drawn->n;
    int64_t to = from + FORE_ROW_BLOCK < n ? from + FORE_ROW_BLOCK : n;
    double g_per = 1 / w->g_unit, h_per = 1 / w->h_unit;
    for (int64_t i = from; i < to; i++) {
        const tree_pair *gh = &w->drawn->gh[w->rows[i]];
        int64_t g = (int64_t)floor((double)gh->g * g_per + 0.5);
        int64_t h = (int64_t)floor((double)gh->h * h_per + 0.5);
        w->q[i] = (int64_t)((uint64_t)g << 32) + h;
    }
    return FORE_OK;
}

fore_status tree_pack(tree_grower *w, tree_leaf *root, fore_error *err)
{
    double largest = w->drawn->largest;
    w->g_unit = largest / ((1 << TREE_G_BITS) - 1);
    w->h_unit = largest / 4 / ((1 << TREE_H_BITS) - 1);
    int64_t n = w->drawn->n;
    FORE_TRY(fore_pool_run(w->pool, (n + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK, pack_block, w, err));
    for (int64_t i = 0; i < n; i++) {
        int64_t h = w->q[i] & UINT32_MAX;
        root->sum.h += h;
        root->sum.g += (w->q[i] - h) / (INT64_C(1) << 32);
    }
    return FORE_OK;
}

/* ---- histograms ---- */

/* packed[k][the row's code in strip k] += the row's word, for every row and strip; those strips
 * whose places are given, or all in their order. */
static inline __attribute__((always_inline)) void
add_strips(const tree_group *group, const int32_t *place, const int32_t *row, const int64_t *q,
           int64_t n, int strips, int64_t *restrict packed)
{
    const uint8_t *code = group->code;
    int64_t step = place ? group->strips : strips;
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *c = code + (int64_t)row[i] * step;
        __builtin_prefetch(code + (int64_t)row[i + TREE_AHEAD < n ? i + TREE_AHEAD : i] * step);
        int64_t v = q[i];
#pragma GCC unroll 16
        for (int k = 0; k < strips; k++)
            packed[k * TREE_PACKED_STEP + c[place ? place[k] : k]] += v;
    }
}

/* The number of strips as a constant lets the compiler lay the additions out one after another. */
static void add_rows(const tree_group *group, const tree_places *used, const int32_t *row,
                     const int64_t *q, int64_t n, int64_t *packed)
{
    bool all = used->count == group->strips;
#define CASE(k)                                                                                    \
    case k:                                                                                        \
        if (all)                                                                                   \
            add_strips(group, NULL, row, q, n, k, packed);                                         \
        else                                                                                       \
            add_strips(group, used->place, row, q, n, k, packed);                                  \
        break
    switch (used->count) {
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
        CASE(7);
        CASE(8);
        CASE(9);
        CASE(10);
        CASE(11);
        CASE(12);
        CASE(13);
        CASE(14);
        CASE(15);
        CASE(16);
    }
#undef CASE
}

/* Splits the packed sums into their parts: the lower half is never negative. */
static void empty_packed(int64_t *packed, int32_t bins, tree_sum *out)
{
    for (int32_t b = 0; b < bins; b++) {
        out[b].g += packed[b] >> 32;
        out[b].h += packed[b] & UINT32_MAX;
        packed[b] = 0;
    }
}

void tree_histogram(const tree_grower *w, const tree_group *group, const tree_places *used,
                    const tree_leaf *l, int worker, tree_sum *out)
{
    int64_t *packed = w->packed + worker * TREE_PACKED_SIZE;
    const tree_strip *strip = w->bins->strip + group->first;
    for (int32_t k = 0; k < used->count; k++)
        memset(out + strip[used->place[k]].base, 0,
               (size_t)strip[used->place[k]].bins * sizeof *out);
    for (int64_t from = l->from; from < l->to; from += PACKED_ROWS) {
        int64_t count = l->to - from < PACKED_ROWS ? l->to - from : PACKED_ROWS;
        add_rows(group, used, w->rows + from, w->q + from, count, packed);
        for (int32_t k = 0; k < used->count; k++)
            empty_packed(packed + k * TREE_PACKED_STEP, strip[used->place[k]].bins,
                         out + strip[used->place[k]].base);
    }
}

const tree_sum *tree_column_bins(const tree_grower *w, const tree_leaf *l, int32_t column,
                                 const tree_sum *histograms, tree_sum *room)
{
    const tree_home *home = &w->bins->home[column];
    const tree_sum *strip = histograms + w->bins->strip[home->strip].base;
    if (!home->bundled) return strip;
    tree_sum usual = l->sum;
    room[0] = (tree_sum){0, 0};
    for (int32_t c = home->lowest, at = home->first; c <= w->bins->count[column]; c++) {
        if (c == home->usual) continue;
        room[c] = strip[at++];
        usual.g -= room[c].g;
        usual.h -= room[c].h;
    }
    room[home->usual] = usual;
    return room;
}
