/* One tree, leaf by leaf.
 *
 *     the root: histogram of (g, h) over codes for every column, best split
 *     while a leaf has a split and there are fewer than `leaves` leaves
 *         split the leaf with the largest gain: its rows are parted stably
 *         the smaller child's histogram is summed over its rows, the larger one is parent - smaller
 *         best split of both children
 *
 *     gain = 1/2 [G_l^2/(H_l + l2) + G_r^2/(H_r + l2) - G^2/(H + l2)]      (Chen and Guestrin, eq.
 * 7)
 *
 * Columns are spread over the pool: one worker sums one column's histogram over rows in order, so
 * sums do not depend on the number of threads. Ties go to the first column and the lowest bin. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/trees_inside.h"

enum {
    SERIAL_WORK =
        1 << 15, /* rows x columns below which waking other threads costs more than it gives */
    HISTOGRAM_BYTES = 1 << 29
};

static const double ROUNDING =
    1e-9; /* a missing bin with less than this share is a subtraction's rest */

typedef struct split {
    double gain; /* 0: none */
    int32_t feature, bin;
    bool missing_left;
    double left_g, left_h;
} split;

typedef struct leaf {
    int32_t node, depth;
    int64_t from, to; /* its rows */
    int64_t slot;     /* its histograms; -1 when none are kept */
    double g, h;
    split best;
} leaf;

struct tree_grower {
    fore_pool *pool;
    const tree_bins *bins;
    fore_trees_options options;
    bool keep;          /* histograms of all leaves fit in memory */
    leaf *leaves;       /* options.leaves */
    tree_pair *slots;   /* leaves x columns x TREE_BINS, when kept */
    tree_pair *scratch; /* workers x 2 x TREE_BINS */
    tree_pair *ordered; /* rows: gradients in the order of a leaf's rows */
    int32_t *parted;    /* rows */
    split *found;       /* 2 x columns */
    /* the tree being grown */
    int32_t *rows;
    const tree_pair *gh;
    const int32_t *columns;
    int64_t usable;
};

fore_status tree_grower_new(fore_pool *pool, const tree_bins *bins,
                            const fore_trees_options *options, tree_grower **out, fore_error *err)
{
    tree_grower *w = FORE_ZNEW(1, tree_grower);
    *out = NULL;
    if (!w) return fore_no_memory(err);
    int64_t p = bins->columns, per_leaf = p * TREE_BINS;
    w->pool = pool;
    w->bins = bins;
    w->options = *options;
    w->keep = options->leaves * per_leaf <= (int64_t)(HISTOGRAM_BYTES / sizeof(tree_pair));
    w->leaves = FORE_NEW(options->leaves, leaf);
    w->slots = FORE_NEW(w->keep ? options->leaves * per_leaf : 0, tree_pair);
    w->scratch = FORE_NEW(fore_pool_threads(pool) * 2 * TREE_BINS, tree_pair);
    w->ordered = FORE_NEW(bins->rows, tree_pair);
    w->parted = FORE_NEW(bins->rows, int32_t);
    w->found = FORE_NEW(2 * p, split);
    if (!w->leaves || !w->slots || !w->scratch || !w->ordered || !w->parted || !w->found) {
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
    fore_free(grower->scratch);
    fore_free(grower->ordered);
    fore_free(grower->parted);
    fore_free(grower->found);
    fore_free(grower);
}

/* ---- histograms and splits of one column ---- */

static void sum_histogram(const tree_grower *w, int32_t feature, const leaf *l,
                          tree_pair *histogram)
{
    const uint8_t *code = w->bins->code + (int64_t)feature * w->bins->rows;
    memset(histogram, 0, ((size_t)w->bins->count[feature] + 1) * sizeof *histogram);
    for (int64_t i = l->from; i < l->to; i++) {
        tree_pair *bin = &histogram[code[w->rows[i]]];
        bin->g += w->ordered[i].g;
        bin->h += w->ordered[i].h;
    }
}

typedef struct scan {
    const tree_grower *w;
    const leaf *l;
    int32_t feature;
    double parent; /* G^2 / (H + l2) */
    split best;
} scan;

static void try_split(scan *s, int32_t bin, bool missing_left, double g, double h)
{
    double l2 = s->w->options.l2, other_g = s->l->g - g, other_h = s->l->h - h;
    double least = s->w->options.min_hessian;
    if (!(h >= least && other_h >= least)) return;
    double gain = 0.5 * (g * g / (h + l2) + other_g * other_g / (other_h + l2) - s->parent);
    if (gain > s->best.gain && gain >= s->w->options.min_gain)
        s->best = (split){gain, s->feature, bin, missing_left, g, h};
}

static split best_split(const tree_grower *w, const leaf *l, int32_t feature,
                        const tree_pair *histogram)
{
    scan s = {.w = w, .l = l, .feature = feature, .parent = l->g * l->g / (l->h + w->options.l2)};
    int32_t count = w->bins->count[feature];
    double g = 0, h = 0, gm = histogram[0].g, hm = histogram[0].h;
    if (l->depth >= w->options.depth) return s.best;
    for (int32_t bin = 1; bin <= count; bin++) {
        g += histogram[bin].g;
        h += histogram[bin].h;
        if (hm > ROUNDING * l->h) {
            try_split(&s, bin, false, g, h); /* the last bin: known against missing */
            if (bin < count) try_split(&s, bin, true, g + gm, h + hm);
        } else if (bin < count) {
            try_split(&s, bin, 2 * h >= l->h, g, h); /* unseen missing values follow the majority */
        }
    }
    return s.best;
}

typedef struct children {
    tree_grower *w;
    leaf *small, *large; /* large NULL: the root */
    int64_t parent_slot;
} children;

static tree_pair *slot_of(const tree_grower *w, int64_t slot, int32_t feature)
{
    return w->slots + (slot * w->bins->columns + feature) * TREE_BINS;
}

static fore_status study_column(void *context, int64_t k, int worker, fore_error *err)
{
    (void)err;
    const children *c = context;
    tree_grower *w = c->w;
    int32_t feature = w->columns[k];
    tree_pair *scratch = w->scratch + (int64_t)worker * 2 * TREE_BINS;
    tree_pair *small = w->keep ? slot_of(w, c->small->slot, feature) : scratch;
    sum_histogram(w, feature, c->small, small);
    w->found[k] = best_split(w, c->small, feature, small);
    if (!c->large) return FORE_OK;
    tree_pair *large = scratch + TREE_BINS;
    if (w->keep) {
        large = slot_of(w, c->large->slot, feature); /* holds the parent's */
        for (int32_t b = 0; b <= w->bins->count[feature]; b++) {
            large[b].g -= small[b].g;
            large[b].h = fmax(large[b].h - small[b].h, 0);
        }
    } else {
        sum_histogram(w, feature, c->large, large);
    }
    w->found[w->usable + k] = best_split(w, c->large, feature, large);
    return FORE_OK;
}

static split first_best(const split *found, int64_t n)
{
    split best = {.gain = 0};
    for (int64_t k = 0; k < n; k++)
        if (found[k].gain > best.gain) best = found[k];
    return best;
}

static void order_gradients(tree_grower *w, const leaf *l)
{
    for (int64_t i = l->from; i < l->to; i++) w->ordered[i] = w->gh[w->rows[i]];
}

static fore_status study(tree_grower *w, leaf *small, leaf *large, fore_error *err)
{
    children c = {w, small, large, -1};
    int64_t rows = small->to - small->from;
    order_gradients(w, small);
    if (large && !w->keep) {
        order_gradients(w, large);
        rows += large->to - large->from;
    }
    fore_pool *pool = rows * w->usable < SERIAL_WORK ? NULL : w->pool;
    FORE_TRY(fore_pool_run(pool, w->usable, study_column, &c, err));
    small->best = first_best(w->found, w->usable);
    if (large) large->best = first_best(w->found + w->usable, w->usable);
    return FORE_OK;
}

/* ---- the tree ---- */

/* Rows going left stay in front, both sides in their order. Returns where the right side starts. */
static int64_t part_rows(tree_grower *w, const leaf *l, const split *s)
{
    const uint8_t *code = w->bins->code + (int64_t)s->feature * w->bins->rows;
    int64_t left = l->from, right = 0;
    for (int64_t i = l->from; i < l->to; i++) {
        int32_t row = w->rows[i];
        bool go_left = code[row] ? code[row] <= s->bin : s->missing_left;
        w->rows[left] = row;
        w->parted[right] = row;
        left += go_left;
        right += !go_left;
    }
    memcpy(w->rows + left, w->parted, (size_t)right * sizeof *w->rows);
    return left;
}

static void add_leaf_node(tree_grower *w, fore_trees *trees, leaf *l, const double *weight)
{
    double cover = (double)(l->to - l->from);
    if (weight) {
        cover = 0;
        for (int64_t i = l->from; i < l->to; i++) cover += weight[w->rows[i]];
    }
    int64_t start = trees->start[trees->count];
    l->node = (int32_t)(trees->nodes - start);
    trees->node[trees->nodes++] = (tree_node){
        .feature = -1, .value = -w->options.rate * l->g / (l->h + w->options.l2), .cover = cover};
}

static fore_status split_leaf(tree_grower *w, fore_trees *trees, leaf *parent, leaf *added,
                              int64_t new_slot, const double *weight, fore_error *err)
{
    split s = parent->best;
    tree_node *node = &trees->node[trees->start[trees->count] + parent->node];
    int64_t middle = part_rows(w, parent, &s);
    leaf left = *parent, right = *parent;
    left.depth = right.depth = parent->depth + 1;
    left.to = right.from = middle;
    left.g = s.left_g;
    left.h = s.left_h;
    right.g = parent->g - s.left_g;
    right.h = parent->h - s.left_h;
    add_leaf_node(w, trees, &left, weight);
    add_leaf_node(w, trees, &right, weight);
    node->feature = s.feature;
    node->left = left.node;
    node->right = right.node;
    node->missing_left = s.missing_left;
    node->threshold = s.bin < w->bins->count[s.feature]
                          ? w->bins->edge[(int64_t)s.feature * TREE_BINS + s.bin - 1]
                          : DBL_MAX;
    node->value = 0;
    node->gain = s.gain;
    *parent = left;
    *added = right;
    bool left_small = left.to - left.from <= right.to - right.from;
    leaf *small = left_small ? parent : added, *large = left_small ? added : parent;
    small->slot = new_slot;
    return study(w, small, large, err);
}

static void add_values(const tree_grower *w, const fore_trees *trees, int64_t leaves,
                       double *margin)
{
    for (int64_t k = 0; k < leaves; k++) {
        const leaf *l = &w->leaves[k];
        double value = trees->node[trees->start[trees->count] + l->node].value;
        for (int64_t i = l->from; i < l->to; i++) margin[w->rows[i]] += value;
    }
}

fore_status tree_grow(tree_grower *w, int32_t *rows, int64_t n, const tree_pair *gh,
                      const double *weight, const int32_t *columns, int64_t m, fore_trees *trees,
                      double *margin, fore_error *err)
{
    FORE_TRY(trees_reserve(trees, 2 * w->options.leaves, err));
    w->rows = rows;
    w->gh = gh;
    w->columns = columns;
    w->usable = m;
    leaf *leaves = w->leaves;
    leaves[0] = (leaf){.to = n};
    for (int64_t i = 0; i < n; i++) {
        leaves[0].g += gh[rows[i]].g;
        leaves[0].h += gh[rows[i]].h;
    }
    add_leaf_node(w, trees, &leaves[0], weight);
    FORE_TRY(study(w, &leaves[0], NULL, err));
    int64_t count = 1;
    while (count < w->options.leaves) {
        int64_t best = 0;
        for (int64_t k = 1; k < count; k++)
            if (leaves[k].best.gain > leaves[best].best.gain) best = k;
        if (!(leaves[best].best.gain > 0)) break;
        FORE_TRY(split_leaf(w, trees, &leaves[best], &leaves[count], count, weight, err));
        count++;
    }
    add_values(w, trees, count, margin);
    trees->count++;
    trees->start[trees->count] = trees->nodes;
    trees->expected[trees->count - 1] = trees_expect(trees, trees->count - 1);
    return FORE_OK;
}

double tree_value_of_codes(const fore_trees *trees, int64_t t, const tree_bins *bins, int64_t row)
{
    const tree_node *tree = trees->node + trees->start[t], *node = tree;
    while (node->feature >= 0) {
        uint8_t code = bins->code[(int64_t)node->feature * bins->rows + row];
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
