/* One tree, leaf by leaf.
 *
 *     the root: histogram of (g, h) over the codes of every strip, best split
 *     while a leaf has a split and there are fewer than `leaves` leaves
 *         split the leaf with the largest gain (or the shallowest one): its rows are parted stably
 *         the smaller child's histogram is summed over its rows, the larger one is parent - smaller
 *         best split of both children
 *     every leaf's value from the gradients themselves
 *
 * A group of strips is one worker's. Ties go to the first column and the lowest bin. */
#include <float.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/score/trees_growing.h"

enum {
    SERIAL_WORK =
        1 << 15, /* rows x strips below which waking other threads costs more than it gives */
    HISTOGRAM_BYTES = 1 << 29
};

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
    w->keep = options->leaves * bins->total <= (int64_t)(HISTOGRAM_BYTES / sizeof(tree_sum));
    w->leaves = FORE_NEW(options->leaves, tree_leaf);
    w->slots = FORE_NEW((w->keep ? options->leaves : 2) * bins->total, tree_sum);
    w->packed = FORE_ZNEW(workers * TREE_PACKED_SIZE, int64_t);
    w->scan = FORE_NEW(workers * 3 * TREE_BINS, double);
    w->room = FORE_NEW(workers * TREE_BINS, tree_sum);
    w->q = FORE_NEW(n, int64_t);
    w->parted_q = FORE_NEW(n, int64_t);
    w->parted = FORE_NEW(n, int32_t);
    w->left_of = FORE_NEW(tree_parts(n) + 1, int64_t);
    w->found = FORE_NEW(2 * bins->columns, tree_split);
    w->runs = FORE_NEW(options->leaves + n / FORE_ROW_BLOCK + 1, tree_run);
    w->used = FORE_NEW(bins->columns, uint8_t);
    if (!w->leaves || !w->slots || !w->packed || !w->scan || !w->room || !w->q || !w->parted_q ||
        !w->parted || !w->left_of || !w->found || !w->runs || !w->used) {
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
    fore_free(grower->room);
    fore_free(grower->q);
    fore_free(grower->parted_q);
    fore_free(grower->parted);
    fore_free(grower->left_of);
    fore_free(grower->found);
    fore_free(grower->runs);
    fore_free(grower->used);
    fore_free(grower);
}

/* ---- both children of a split ---- */

typedef struct children {
    tree_grower *w;
    tree_leaf *small, *large; /* large NULL: the root */
} children;

static tree_places used_places(const tree_grower *w, const tree_group *group)
{
    tree_places used = {.count = 0};
    for (int32_t k = 0; k < group->strips; k++) {
        const tree_strip *s = &w->bins->strip[group->first + k];
        bool any = false;
        for (int32_t c = 0; c < s->columns; c++) any |= w->used[w->bins->carried[s->from + c]];
        if (any) used.place[used.count++] = k;
    }
    return used;
}

/* The parent's sums less those of the smaller child. */
static void take_off(const tree_strip *s, const tree_sum *small, tree_sum *large)
{
    for (int64_t b = s->base; b < s->base + s->bins; b++) {
        large[b].g -= small[b].g;
        large[b].h -= small[b].h;
    }
}

static void search_strip(const children *c, const tree_strip *s, const tree_sum *small,
                         const tree_sum *large, int worker)
{
    const tree_grower *w = c->w;
    double *scan = w->scan + (int64_t)worker * 3 * TREE_BINS;
    tree_sum *room = w->room + (int64_t)worker * TREE_BINS;
    for (int32_t k = 0; k < s->columns; k++) {
        int32_t j = w->bins->carried[s->from + k];
        tree_split *found = &w->found[2 * j];
        if (!w->used[j]) continue;
        found[0] =
            tree_best_split(w, c->small, j, tree_column_bins(w, c->small, j, small, room), scan);
        if (large)
            found[1] = tree_best_split(w, c->large, j,
                                       tree_column_bins(w, c->large, j, large, room), scan);
    }
}

static fore_status study_group(void *context, int64_t k, int worker, fore_error *err)
{
    (void)err;
    const children *c = context;
    tree_grower *w = c->w;
    const tree_group *group = &w->bins->group[k];
    tree_places used = used_places(w, group);
    int64_t total = w->bins->total;
    tree_sum *small = w->slots + (w->keep ? c->small->slot : 0) * total, *large = NULL;
    if (used.count == 0) return FORE_OK;
    tree_histogram(w, group, &used, c->small, worker, small);
    if (c->large) large = w->slots + (w->keep ? c->large->slot : 1) * total;
    if (c->large && !w->keep) tree_histogram(w, group, &used, c->large, worker, large);
    for (int32_t i = 0; i < used.count; i++) {
        const tree_strip *s = &w->bins->strip[group->first + used.place[i]];
        if (c->large && w->keep) take_off(s, small, large); /* it holds the parent's */
        search_strip(c, s, small, large, worker);
    }
    return FORE_OK;
}

static tree_split first_best(const tree_grower *w, int which)
{
    tree_split best = {.gain = 0};
    for (int64_t k = 0; k < w->drawn->columns; k++) {
        const tree_split *s = &w->found[2 * w->drawn->column[k] + which];
        if (s->gain > best.gain) best = *s;
    }
    return best;
}

static fore_status study(tree_grower *w, tree_leaf *small, tree_leaf *large, fore_error *err)
{
    children c = {w, small, large};
    int64_t rows = small->to - small->from;
    if (large && !w->keep) rows += large->to - large->from;
    fore_pool *pool = rows * w->bins->strips < SERIAL_WORK ? NULL : w->pool;
    FORE_TRY(fore_pool_run(pool, w->bins->groups, study_group, &c, err));
    small->best = first_best(w, 0);
    if (large) large->best = first_best(w, 1);
    return FORE_OK;
}

/* ---- the tree ---- */

static void add_leaf_node(fore_trees *trees, tree_leaf *l)
{
    l->node = (int32_t)(trees->nodes - trees->start[trees->count]);
    trees->node[trees->nodes++] = (tree_node){.feature = -1};
}

/* The children of a split on a column with a direction may not cross the middle of their values. */
static void bound_children(const tree_grower *w, tree_leaf *left, tree_leaf *right, int32_t feature)
{
    const fore_trees_options *o = &w->options;
    if (!o->monotone || !o->monotone[feature]) return;
    double a = tree_leaf_value((double)left->sum.g * w->g_unit, (double)left->sum.h * w->h_unit, o,
                               left->low, left->high);
    double b = tree_leaf_value((double)right->sum.g * w->g_unit, (double)right->sum.h * w->h_unit,
                               o, right->low, right->high);
    double middle = a / 2 + b / 2;
    if (o->monotone[feature] > 0)
        left->high = right->low = middle;
    else
        left->low = right->high = middle;
}

static fore_status split_leaf(tree_grower *w, fore_trees *trees, tree_leaf *parent,
                              tree_leaf *added, int64_t new_slot, fore_error *err)
{
    tree_split s = parent->best;
    tree_node *node = &trees->node[trees->start[trees->count] + parent->node];
    int64_t middle;
    FORE_TRY(tree_part(w, parent, &middle, err));
    tree_leaf left = *parent, right = *parent;
    left.depth = right.depth = parent->depth + 1;
    left.to = right.from = middle;
    left.sum = s.left;
    right.sum = (tree_sum){parent->sum.g - s.left.g, parent->sum.h - s.left.h};
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
    tree_leaf *small = left_small ? parent : added, *large = left_small ? added : parent;
    small->slot = new_slot;
    return study(w, small, large, err);
}

/* Which leaf is split next; -1: none can be. */
static int64_t next_leaf(const tree_grower *w, int64_t count)
{
    int64_t best = -1;
    for (int64_t k = 0; k < count; k++) {
        const tree_leaf *l = &w->leaves[k], *b = best < 0 ? NULL : &w->leaves[best];
        if (!(l->best.gain > 0)) continue;
        bool shallower = w->options.depth_wise && b && l->depth < b->depth;
        bool as_deep = !w->options.depth_wise || !b || l->depth == b->depth;
        if (!b || shallower || (as_deep && l->best.gain > b->best.gain)) best = k;
    }
    return best;
}

/* ---- values ---- */

static fore_status sum_piece(void *context, int64_t k, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    tree_grower *w = context;
    tree_run *p = &w->runs[k];
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
    const tree_run *p = &a->w->runs[k];
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
            w->runs[count++] = (tree_run){
                .leaf = k, .from = from, .to = to < w->leaves[k].to ? to : w->leaves[k].to};
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
        const tree_leaf *l = &w->leaves[k];
        double g = 0, h = 0, weight = 0;
        for (; next < pieces && w->runs[next].leaf == k; next++) {
            g += w->runs[next].g;
            h += w->runs[next].h;
            weight += w->runs[next].weight;
        }
        tree[l->node].value = w->options.rate * tree_leaf_value(g, h, &w->options, l->low, l->high);
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
    tree_leaf *leaves = w->leaves;
    leaves[0] = (tree_leaf){.to = drawn->n, .low = -DBL_MAX, .high = DBL_MAX};
    FORE_TRY(tree_pack(w, &leaves[0], err));
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
