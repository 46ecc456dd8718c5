/* One tree, leaf by leaf.
 *
 *     gradients in fixed point, two in one word: q = g 2^32 + h
 *     the root: histogram of (g, h) over codes for every column, best split
 *     while a leaf has a split and there are fewer than `leaves` leaves
 *         split the leaf with the largest gain (or the shallowest one): its rows are parted stably
 *         the smaller child's histogram is summed over its rows, the larger one is parent - smaller
 *         best split of both children
 *     every leaf's value from the gradients themselves
 *
 *     gain = 1/2 [S(G_l)^2/(H_l + l2) + S(G_r)^2/(H_r + l2) - S(G)^2/(H + l2)],
 *     S(G) = max(|G| - l1, 0)                          (Chen and Guestrin 2016, eq. 7)
 *
 * A group of columns is one worker's: it walks the leaf's rows once, each row's codes of the group
 * side by side, one addition per cell into packed sums that stay in the cache, and empties them
 * into wide ones before they can overflow. Sums are of integers, so nothing depends on the number
 * of threads. Ties go to the first column and the lowest bin. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/linear.h"
#include "models/score/trees_inside.h"

enum {
    SERIAL_WORK =
        1 << 15, /* rows x columns below which waking other threads costs more than it gives */
    HISTOGRAM_BYTES = 1 << 29,
    PACKED_ROWS = 1 << 13, /* times the largest g and h: below 2^31 and 2^32 */
    PART_ROWS = 1 << 14,   /* rows that one worker parts at a time */
    AHEAD = 16,            /* rows whose codes are asked for ahead */
    PACKED_STEP =
        TREE_BINS + 8, /* so that equal codes of two columns are not rivals in the cache */
    PACKED_SIZE = TREE_GROUP * PACKED_STEP
};

typedef struct wide {
    int64_t g, h;
} wide;

typedef struct split {
    double gain; /* 0: none */
    int32_t feature, bin;
    bool missing_left;
    wide left;
} split;

typedef struct leaf {
    int32_t node, depth;
    int64_t from, to; /* its rows */
    int64_t slot;     /* its histograms; -1 when none are kept */
    wide sum;
    double low, high; /* where monotone columns above allow its value to lie */
    split best;
} leaf;

/* A run of a leaf's rows, for sums that are added in order. */
typedef struct piece {
    int64_t leaf, from, to;
    double g, h, weight;
} piece;

struct tree_grower {
    fore_pool *pool;
    const tree_bins *bins;
    fore_trees_options options;
    bool keep;             /* histograms of all leaves fit in memory */
    leaf *leaves;          /* options.leaves */
    wide *slots;           /* leaves x total bins, when kept; else 2 x */
    int64_t *packed;       /* workers x PACKED_SIZE; zero between uses */
    double *scan;          /* workers x 3 x TREE_BINS */
    int64_t *q, *parted_q; /* rows: packed gradients in the order of the rows */
    int32_t *parted;
    int64_t *left_of; /* parts + 1: rows that go left */
    split *found;     /* 2 x columns */
    piece *pieces;
    uint8_t *used; /* columns */
    /* the tree being grown */
    const tree_drawn *drawn;
    int32_t *rows;
    double g_unit, h_unit; /* what 1 stands for */
};

static int64_t parts_of(int64_t rows) { return (rows + PART_ROWS - 1) / PART_ROWS; }

fore_status tree_grower_new(fore_pool *pool, const tree_bins *bins,
                            const fore_trees_options *options, tree_grower **out, fore_error *err)
{
    tree_grower *w = FORE_ZNEW(1, tree_grower);
    *out = NULL;
    if (!w) return fore_no_memory(err);
    int64_t n = bins->rows, workers = fore_pool_threads(pool);
    w->pool = pool;
    w->bins = bins;
    w->options = *options;
    w->keep = options->leaves * bins->total <= (int64_t)(HISTOGRAM_BYTES / sizeof(wide));
    w->leaves = FORE_NEW(options->leaves, leaf);
    w->slots = FORE_NEW((w->keep ? options->leaves : 2) * bins->total, wide);
    w->packed = FORE_ZNEW(workers * PACKED_SIZE, int64_t);
    w->scan = FORE_NEW(workers * 3 * TREE_BINS, double);
    w->q = FORE_NEW(n, int64_t);
    w->parted_q = FORE_NEW(n, int64_t);
    w->parted = FORE_NEW(n, int32_t);
    w->left_of = FORE_NEW(parts_of(n) + 1, int64_t);
    w->found = FORE_NEW(2 * bins->columns, split);
    w->pieces = FORE_NEW(options->leaves + n / FORE_ROW_BLOCK + 1, piece);
    w->used = FORE_NEW(bins->columns, uint8_t);
    if (!w->leaves || !w->slots || !w->packed || !w->scan || !w->q || !w->parted_q || !w->parted ||
        !w->left_of || !w->found || !w->pieces || !w->used) {
        tree_grower_free(w);
        return fore_no_memory(err);
    }
    *out = w;
    return FORE_OK;
}

void tree_grower_free(tree_grower *grower)
{
    if (!grower) return;
    fore_free(grower->leaves);
    fore_free(grower->slots);
    fore_free(grower->packed);
    fore_free(grower->scan);
    fore_free(grower->q);
    fore_free(grower->parted_q);
    fore_free(grower->parted);
    fore_free(grower->left_of);
    fore_free(grower->found);
    fore_free(grower->pieces);
    fore_free(grower->used);
    fore_free(grower);
}

/* ---- histograms ---- */

/* packed[c][the row's code in column c] += the row's word, for every row and column. */
static inline __attribute__((always_inline)) void add_columns(const uint8_t *code,
                                                              const int32_t *row, const int64_t *q,
                                                              int64_t n, int columns,
                                                              int64_t *restrict packed)
{
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *c = code + (int64_t)row[i] * columns;
        __builtin_prefetch(code + (int64_t)row[i + AHEAD < n ? i + AHEAD : i] * columns);
        int64_t v = q[i];
#pragma GCC unroll 16
        for (int k = 0; k < columns; k++) packed[k * PACKED_STEP + c[k]] += v;
    }
}

/* The number of columns as a constant lets the compiler lay the additions out one after another. */
static void add_rows(const tree_group *group, const int32_t *row, const int64_t *q, int64_t n,
                     int64_t *packed)
{
#define CASE(k)                                                                                    \
    case k: add_columns(group->code, row, q, n, k, packed); break
    switch (group->columns) {
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
static void empty_packed(const tree_group *group, const int32_t *count, int64_t *packed, wide *out)
{
    for (int32_t c = 0; c < group->columns; c++, packed += PACKED_STEP)
        for (int32_t b = 0; b <= count[group->first + c]; b++, out++) {
            out->g += packed[b] >> 32;
            out->h += packed[b] & UINT32_MAX;
            packed[b] = 0;
        }
}

static void sum_group(const tree_grower *w, const tree_group *group, const leaf *l, int worker,
                      wide *out)
{
    int64_t *packed = w->packed + worker * PACKED_SIZE;
    memset(out, 0, (size_t)group->bins * sizeof *out);
    for (int64_t from = l->from; from < l->to; from += PACKED_ROWS) {
        int64_t count = l->to - from < PACKED_ROWS ? l->to - from : PACKED_ROWS;
        add_rows(group, w->rows + from, w->q + from, count, packed);
        empty_packed(group, w->bins->count, packed, out);
    }
}

/* ---- the best split of one column ---- */

typedef struct scan {
    const tree_grower *w;
    const leaf *l;
    int32_t feature;
    double *g, *h, *gain; /* TREE_BINS each */
    split best;
} scan;

static double shrunk(double g, double l1)
{
    double size = fabs(g) - l1;
    return size > 0 ? size : 0;
}

/* gain[k] of (g[k], h[k]) against the rest; below 0 where a side is too light. */
FORE_WIDE
static void find_gains(const double *g, const double *h, int64_t n, double all_g, double all_h,
                       double l1, double l2, double least, double *restrict gain)
{
    double whole = fabs(all_g) - l1;
    whole = whole > 0 ? whole : 0;
    double parent = whole * whole / (all_h + l2);
    for (int64_t k = 0; k < n; k++) {
        double other_h = all_h - h[k];
        double a = fabs(g[k]) - l1, b = fabs(all_g - g[k]) - l1;
        a = a > 0 ? a : 0;
        b = b > 0 ? b : 0;
        double value = 0.5 * (a * a / (h[k] + l2) + b * b / (other_h + l2) - parent);
        bool light = (h[k] < least) | (other_h < least);
        gain[k] = light ? -1 : value;
    }
}

static double leaf_value(double g, double h, const fore_trees_options *o, double low, double high)
{
    double value = copysign(shrunk(g, o->l1), -g) / (h + o->l2);
    return value < low ? low : value > high ? high : value;
}

/* What the objective loses by a leaf of that value: -(g v + 1/2 (h + l2) v^2 + l1 |v|). */
static double worth(double g, double h, double v, const fore_trees_options *o)
{
    return -(g * v + 0.5 * (h + o->l2) * v * v + o->l1 * fabs(v));
}

/* As find_gains where values are bounded or the column has a direction. */
static void find_bounded_gains(const scan *s, int64_t n)
{
    const fore_trees_options *o = &s->w->options;
    const leaf *l = s->l;
    int direction = o->monotone ? o->monotone[s->feature] : 0;
    double all_g = (double)l->sum.g * s->w->g_unit, all_h = (double)l->sum.h * s->w->h_unit;
    double parent = worth(all_g, all_h, leaf_value(all_g, all_h, o, l->low, l->high), o);
    for (int64_t k = 0; k < n; k++) {
        double g = s->g[k], h = s->h[k], other_g = all_g - g, other_h = all_h - h;
        double left = leaf_value(g, h, o, l->low, l->high);
        double right = leaf_value(other_g, other_h, o, l->low, l->high);
        bool wrong = direction * (right - left) < 0;
        s->gain[k] = wrong || h < o->min_hessian || other_h < o->min_hessian
                         ? -1
                         : worth(g, h, left, o) + worth(other_g, other_h, right, o) - parent;
    }
}

/* Splits after bins 1..n, missing values on the given side. */
static void try_splits(scan *s, const wide *bin, int32_t n, bool missing_left)
{
    const tree_grower *w = s->w;
    const fore_trees_options *o = &w->options;
    wide sum = missing_left ? bin[0] : (wide){0, 0};
    for (int32_t k = 0; k < n; k++) {
        sum.g += bin[k + 1].g;
        sum.h += bin[k + 1].h;
        s->g[k] = (double)sum.g * w->g_unit;
        s->h[k] = (double)sum.h * w->h_unit;
    }
    if (o->monotone)
        find_bounded_gains(s, n);
    else
        find_gains(s->g, s->h, n, (double)s->l->sum.g * w->g_unit, (double)s->l->sum.h * w->h_unit,
                   o->l1, o->l2, o->min_hessian, s->gain);
    int32_t best = -1;
    double most = s->best.gain;
    for (int32_t k = 0; k < n; k++) {
        if (!(s->gain[k] > most) || s->gain[k] < o->min_gain) continue;
        most = s->gain[k];
        best = k;
    }
    if (best < 0) return;
    s->best = (split){most, s->feature, best + 1, missing_left, missing_left ? bin[0] : (wide){0}};
    for (int32_t k = 1; k <= best + 1; k++) {
        s->best.left.g += bin[k].g;
        s->best.left.h += bin[k].h;
    }
}

static split best_split(const tree_grower *w, const leaf *l, int32_t feature, const wide *bin,
                        double *room)
{
    scan s = {w, l, feature, room, room + TREE_BINS, room + 2 * TREE_BINS, {.gain = 0}};
    int32_t count = w->bins->count[feature];
    if (l->depth >= w->options.depth) return s.best;
    if (bin[0].h > 0) { /* the last bin: known against missing */
        try_splits(&s, bin, count, false);
        try_splits(&s, bin, count - 1, true);
        return s.best;
    }
    try_splits(&s, bin, count - 1, false);
    if (s.best.gain > 0) /* missing values, unseen so far, follow the majority */
        s.best.missing_left = 2 * s.best.left.h >= l->sum.h;
    return s.best;
}

/* ---- both children of a split ---- */

typedef struct children {
    tree_grower *w;
    leaf *small, *large; /* large NULL: the root */
} children;

static wide *slot_of(const tree_grower *w, int64_t slot, int32_t feature)
{
    return w->slots + slot * w->bins->total + w->bins->base[feature];
}

static fore_status study_group(void *context, int64_t k, int worker, fore_error *err)
{
    (void)err;
    const children *c = context;
    tree_grower *w = c->w;
    const tree_group *group = &w->bins->group[k];
    double *room = w->scan + (int64_t)worker * 3 * TREE_BINS;
    wide *small = slot_of(w, w->keep ? c->small->slot : 0, group->first), *large = NULL;
    bool any = false;
    for (int32_t j = 0; j < group->columns; j++) any |= w->used[group->first + j];
    if (!any) return FORE_OK;
    sum_group(w, group, c->small, worker, small);
    if (c->large && w->keep) {
        large = slot_of(w, c->large->slot, group->first); /* holds the parent's */
        for (int32_t b = 0; b < group->bins; b++) {
            large[b].g -= small[b].g;
            large[b].h -= small[b].h;
        }
    } else if (c->large) {
        large = slot_of(w, 1, group->first);
        sum_group(w, group, c->large, worker, large);
    }
    for (int32_t j = 0; j < group->columns; j++) {
        int32_t feature = group->first + j, at = group->offset[j];
        split *found = &w->found[2 * feature];
        found[0].gain = found[1].gain = 0;
        if (!w->used[feature]) continue;
        found[0] = best_split(w, c->small, feature, small + at, room);
        if (large) found[1] = best_split(w, c->large, feature, large + at, room);
    }
    return FORE_OK;
}

static split first_best(const tree_grower *w, int which)
{
    split best = {.gain = 0};
    for (int64_t k = 0; k < w->drawn->columns; k++) {
        const split *s = &w->found[2 * w->drawn->column[k] + which];
        if (s->gain > best.gain) best = *s;
    }
    return best;
}

static fore_status study(tree_grower *w, leaf *small, leaf *large, fore_error *err)
{
    children c = {w, small, large};
    int64_t rows = small->to - small->from;
    if (large && !w->keep) rows += large->to - large->from;
    fore_pool *pool = rows * w->bins->columns < SERIAL_WORK ? NULL : w->pool;
    FORE_TRY(fore_pool_run(pool, w->bins->groups, study_group, &c, err));
    small->best = first_best(w, 0);
    if (large) large->best = first_best(w, 1);
    return FORE_OK;
}

/* ---- parting the rows of a leaf ---- */

typedef struct parting {
    tree_grower *w;
    const leaf *l;
    const tree_group *group;
    int32_t place, bin;
    bool missing_left;
    int64_t middle;
} parting;

/* Within its part of the rows: those going left to the front of the other buffers, the rest to the
 * end, backwards. */
static fore_status part_out(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const parting *p = context;
    tree_grower *w = p->w;
    int64_t from = p->l->from + block * PART_ROWS, columns = p->group->columns;
    int64_t to = from + PART_ROWS < p->l->to ? from + PART_ROWS : p->l->to;
    const uint8_t *code = p->group->code + p->place;
    uint8_t shift = !p->missing_left, last = (uint8_t)(p->bin - shift);
    int64_t a = from, b = to - 1;
    for (int64_t i = from; i < to; i++) {
        int32_t row = w->rows[i];
        __builtin_prefetch(code + w->rows[i + AHEAD < to ? i + AHEAD : i] * columns);
        bool left = (uint8_t)(code[row * columns] - shift) <= last; /* missing: 0, or 255 */
        int64_t at = left ? a : b;
        w->parted[at] = row;
        w->parted_q[at] = w->q[i];
        a += left;
        b -= !left;
    }
    w->left_of[block] = a - from;
    return FORE_OK;
}

/* left_of: rows that go left in all parts before this one. */
static fore_status part_back(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const parting *p = context;
    tree_grower *w = p->w;
    int64_t from = p->l->from + block * PART_ROWS;
    int64_t to = from + PART_ROWS < p->l->to ? from + PART_ROWS : p->l->to;
    int64_t before = w->left_of[block], left = w->left_of[block + 1] - before;
    int64_t a = p->l->from + before, b = p->middle + (from - p->l->from - before);
    memcpy(w->rows + a, w->parted + from, (size_t)left * sizeof *w->rows);
    memcpy(w->q + a, w->parted_q + from, (size_t)left * sizeof *w->q);
    for (int64_t i = to - 1; i >= from + left; i--, b++) {
        w->rows[b] = w->parted[i];
        w->q[b] = w->parted_q[i];
    }
    return FORE_OK;
}

/* Rows going left stay in front, both sides in their order; *middle is where the right side starts.
 */
static fore_status part_rows(tree_grower *w, const leaf *l, int64_t *middle, fore_error *err)
{
    const split *s = &l->best;
    const tree_group *group = &w->bins->group[w->bins->group_of[s->feature]];
    parting p = {w, l, group, s->feature - group->first, s->bin, s->missing_left, 0};
    int64_t parts = parts_of(l->to - l->from), sum = 0;
    fore_pool *pool = parts > 1 ? w->pool : NULL;
    FORE_TRY(fore_pool_run(pool, parts, part_out, &p, err));
    for (int64_t k = 0; k < parts; k++) {
        int64_t left = w->left_of[k];
        w->left_of[k] = sum;
        sum += left;
    }
    w->left_of[parts] = sum;
    *middle = p.middle = l->from + sum;
    return fore_pool_run(pool, parts, part_back, &p, err);
}

/* ---- the tree ---- */

static void add_leaf_node(fore_trees *trees, leaf *l)
{
    l->node = (int32_t)(trees->nodes - trees->start[trees->count]);
    trees->node[trees->nodes++] = (tree_node){.feature = -1};
}

/* The children of a split on a column with a direction may not cross the middle of their values. */
static void bound_children(const tree_grower *w, leaf *left, leaf *right, int32_t feature)
{
    const fore_trees_options *o = &w->options;
    if (!o->monotone || !o->monotone[feature]) return;
    double a = leaf_value((double)left->sum.g * w->g_unit, (double)left->sum.h * w->h_unit, o,
                          left->low, left->high);
    double b = leaf_value((double)right->sum.g * w->g_unit, (double)right->sum.h * w->h_unit, o,
                          right->low, right->high);
    double middle = a / 2 + b / 2;
    if (o->monotone[feature] > 0)
        left->high = right->low = middle;
    else
        left->low = right->high = middle;
}

static fore_status split_leaf(tree_grower *w, fore_trees *trees, leaf *parent, leaf *added,
                              int64_t new_slot, fore_error *err)
{
    split s = parent->best;
    tree_node *node = &trees->node[trees->start[trees->count] + parent->node];
    int64_t middle;
    FORE_TRY(part_rows(w, parent, &middle, err));
    leaf left = *parent, right = *parent;
    left.depth = right.depth = parent->depth + 1;
    left.to = right.from = middle;
    left.sum = s.left;
    right.sum = (wide){parent->sum.g - s.left.g, parent->sum.h - s.left.h};
    bound_children(w, &left, &right, s.feature);
    add_leaf_node(trees, &left);
    add_leaf_node(trees, &right);
    *node = (tree_node){.feature = s.feature,
                        .left = left.node,
                        .right = right.node,
                        .missing_left = s.missing_left,
                        .threshold = s.bin < w->bins->count[s.feature]
                                         ? w->bins->edge[(int64_t)s.feature * TREE_BINS + s.bin - 1]
                                         : DBL_MAX,
                        .gain = s.gain};
    *parent = left;
    *added = right;
    bool left_small = left.to - left.from <= right.to - right.from;
    leaf *small = left_small ? parent : added, *large = left_small ? added : parent;
    small->slot = new_slot;
    return study(w, small, large, err);
}

/* Which leaf is split next; -1: none can be. */
static int64_t next_leaf(const tree_grower *w, int64_t count)
{
    int64_t best = -1;
    for (int64_t k = 0; k < count; k++) {
        const leaf *l = &w->leaves[k], *b = best < 0 ? NULL : &w->leaves[best];
        if (!(l->best.gain > 0)) continue;
        bool shallower = w->options.depth_wise && b && l->depth < b->depth;
        bool as_deep = !w->options.depth_wise || !b || l->depth == b->depth;
        if (!b || shallower || (as_deep && l->best.gain > b->best.gain)) best = k;
    }
    return best;
}

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

static fore_status pack_gradients(tree_grower *w, leaf *root, fore_error *err)
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

/* ---- values ---- */

static fore_status sum_piece(void *context, int64_t k, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    tree_grower *w = context;
    piece *p = &w->pieces[k];
    const tree_pair *gh = w->drawn->gh;
    const double *weight = w->drawn->weight;
    p->weight = (double)(p->to - p->from);
    if (weight) p->weight = 0;
    for (int64_t i = p->from; i < p->to; i++) {
        p->g += (double)gh[w->rows[i]].g;
        p->h += (double)gh[w->rows[i]].h;
        if (weight) p->weight += weight[w->rows[i]];
    }
    return FORE_OK;
}

typedef struct adding {
    const tree_grower *w;
    const tree_node *tree;
    double *margin;
} adding;

static fore_status add_piece(void *context, int64_t k, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const adding *a = context;
    const piece *p = &a->w->pieces[k];
    double value = a->tree[a->w->leaves[p->leaf].node].value;
    for (int64_t i = p->from; i < p->to; i++) a->margin[a->w->rows[i]] += value;
    return FORE_OK;
}

static int64_t cut_pieces(tree_grower *w, int64_t leaves)
{
    int64_t count = 0;
    for (int64_t k = 0; k < leaves; k++)
        for (int64_t from = w->leaves[k].from; from < w->leaves[k].to; from += FORE_ROW_BLOCK) {
            int64_t to = from + FORE_ROW_BLOCK;
            w->pieces[count++] =
                (piece){.leaf = k, .from = from, .to = to < w->leaves[k].to ? to : w->leaves[k].to};
        }
    return count;
}

/* The leaves' values and covers from the gradients themselves, the inner nodes' covers, and the
 * rows' margins. */
static fore_status set_values(tree_grower *w, fore_trees *trees, int64_t leaves, double *margin,
                              fore_error *err)
{
    tree_node *tree = trees->node + trees->start[trees->count];
    int64_t pieces = cut_pieces(w, leaves);
    FORE_TRY(fore_pool_run(w->pool, pieces, sum_piece, w, err));
    for (int64_t k = 0, next = 0; k < leaves; k++) {
        const leaf *l = &w->leaves[k];
        double g = 0, h = 0, weight = 0;
        for (; next < pieces && w->pieces[next].leaf == k; next++) {
            g += w->pieces[next].g;
            h += w->pieces[next].h;
            weight += w->pieces[next].weight;
        }
        tree[l->node].value = w->options.rate * leaf_value(g, h, &w->options, l->low, l->high);
        tree[l->node].cover = weight;
    }
    for (int64_t k = trees->nodes - trees->start[trees->count] - 1; k >= 0; k--)
        if (tree[k].feature >= 0)
            tree[k].cover = tree[tree[k].left].cover + tree[tree[k].right].cover;
    adding a = {w, tree, margin};
    return fore_pool_run(w->pool, pieces, add_piece, &a, err);
}

fore_status tree_grow(tree_grower *w, const tree_drawn *drawn, fore_trees *trees, double *margin,
                      fore_error *err)
{
    FORE_TRY(trees_reserve(trees, 2 * w->options.leaves, err));
    w->drawn = drawn;
    w->rows = drawn->row;
    memset(w->used, 0, (size_t)w->bins->columns);
    for (int64_t k = 0; k < drawn->columns; k++) w->used[drawn->column[k]] = 1;
    leaf *leaves = w->leaves;
    leaves[0] = (leaf){.to = drawn->n, .low = -DBL_MAX, .high = DBL_MAX};
    FORE_TRY(pack_gradients(w, &leaves[0], err));
    add_leaf_node(trees, &leaves[0]);
    FORE_TRY(study(w, &leaves[0], NULL, err));
    int64_t count = 1;
    while (count < w->options.leaves) {
        int64_t next = next_leaf(w, count);
        if (next < 0) break;
        FORE_TRY(split_leaf(w, trees, &leaves[next], &leaves[count], count, err));
        count++;
    }
    FORE_TRY(set_values(w, trees, count, margin, err));
    trees->count++;
    trees->start[trees->count] = trees->nodes;
    trees->expected[trees->count - 1] = trees_expect(trees, trees->count - 1);
    return FORE_OK;
}

double tree_value_of_codes(const fore_trees *trees, int64_t t, const tree_bins *bins, int64_t row)
{
    const tree_node *tree = trees->node + trees->start[t], *node = tree;
    while (node->feature >= 0) {
        uint8_t code = tree_code(bins, node->feature, row);
        bool left = node->missing_left;
        if (code) {
            int32_t count = bins->count[node->feature];
            left = code == count ? node->threshold == DBL_MAX
                                 : bins->edge[(int64_t)node->feature * TREE_BINS + code - 1] <=
                                       node->threshold;
        }
        node = tree + (left ? node->left : node->right);
    }
    return node->value;
}
