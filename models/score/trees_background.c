/* Contributions against a background: exact interventional Shapley values (Lundberg et al. 2020,
 * Algorithm 3), that is of the game v(S) = mean over the background rows z of the margin of a row
 * that has the values of x in S and those of z elsewhere.
 *
 * A leaf with the distinct features F on its path pays `value` when every feature of F follows the
 * path. With X the features where x follows and Z those where z does, X or Z = F (else it pays
 * nothing), a = |X \ Z|, b = |Z \ X|:
 *
 *     phi_j = + value (a - 1)! b! / (a + b)!    for j in X \ Z,
 *             - value a! (b - 1)! / (a + b)!    for j in Z \ X.
 *
 *     once:     for each leaf, which sets Z occur in the background, and in what share of its rows
 *     each row: for each leaf, X; over the sets Z that complete it, the terms above */
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/trees_inside.h"

typedef struct pattern {
    uint64_t follows; /* a bit per distinct feature of the path */
    double share;
} pattern;

struct fore_background {
    const fore_trees *trees;
    int8_t *bit;    /* per node: of its feature among the distinct ones above and here */
    int64_t *first; /* nodes + 1: a leaf's patterns */
    pattern *patterns;
    int64_t capacity;
    double base;
    double weight[FORE_TREES_MAX_DEPTH + 1][FORE_TREES_MAX_DEPTH + 1]; /* a! b! / (a + b + 1)! */
};

void fore_background_free(fore_background *b)
{
    if (!b) return;
    fore_free(b->bit);
    fore_free(b->first);
    fore_free(b->patterns);
    fore_free(b);
}

/* feature[0..count - 1]: the distinct ones above node `at`. */
static void number_features(fore_background *b, int64_t start, int32_t at, int32_t *feature,
                            int count)
{
    const tree_node *node = &b->trees->node[start + at];
    int bit = 0;
    if (node->feature < 0) {
        b->bit[start + at] = (int8_t)count;
        return;
    }
    while (bit < count && feature[bit] != node->feature) bit++;
    if (bit == count) feature[count++] = node->feature;
    b->bit[start + at] = (int8_t)bit;
    number_features(b, start, node->left, feature, count);
    number_features(b, start, node->right, feature, count);
}

/* What follows the path to each node of a tree: out[k] for its k-th node, parents first. */
static void follow(const fore_background *b, int64_t start, int64_t nodes, const double *raw,
                   int64_t step, uint64_t *out)
{
    const tree_node *tree = b->trees->node + start;
    out[0] = UINT64_MAX;
    for (int64_t k = 0; k < nodes; k++) {
        if (tree[k].feature < 0) continue;
        uint64_t without = out[k] & ~(UINT64_C(1) << b->bit[start + k]);
        bool left = tree_next(tree, &tree[k], raw[tree[k].feature * step]) == &tree[tree[k].left];
        out[tree[k].left] = left ? out[k] : without;
        out[tree[k].right] = left ? without : out[k];
    }
}

static int by_follows(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The patterns of node k from the sets seen there (m, sorted here). */
static fore_status add_patterns(fore_background *b, int64_t k, uint64_t *seen, int64_t m,
                                fore_error *err)
{
    int64_t count = b->first[k];
    uint64_t distinct = (UINT64_C(1) << b->bit[k]) - 1;
    for (int64_t i = 0; i < m; i++) seen[i] &= distinct;
    qsort(seen, (size_t)m, sizeof *seen, by_follows);
    for (int64_t i = 0, same; i < m; i += same) {
        for (same = 1; i + same < m && seen[i + same] == seen[i];) same++;
        FORE_TRY(
            fore_grow((void **)&b->patterns, &b->capacity, count + 1, sizeof *b->patterns, err));
        b->patterns[count++] = (pattern){seen[i], (double)same / (double)m};
    }
    b->first[k + 1] = count;
    return FORE_OK;
}

static fore_status study_tree(fore_background *b, int64_t t, const fore_view *rows,
                              uint64_t *follows, uint64_t *seen, fore_error *err)
{
    int64_t start = b->trees->start[t], nodes = b->trees->start[t + 1] - start, m = rows->rows;
    int32_t feature[FORE_TREES_MAX_DEPTH + 1];
    number_features(b, start, 0, feature, 0);
    for (int64_t i = 0; i < m; i++) {
        follow(b, start, nodes, fore_view_row(rows, i), rows->stride, follows);
        for (int64_t k = 0; k < nodes; k++) seen[k * m + i] = follows[k];
    }
    for (int64_t k = 0; k < nodes; k++) {
        b->first[start + k + 1] = b->first[start + k];
        if (b->trees->node[start + k].feature < 0)
            FORE_TRY(add_patterns(b, start + k, seen + k * m, m, err));
    }
    return FORE_OK;
}

static void set_weights(fore_background *b)
{
    for (int s = 0; s <= FORE_TREES_MAX_DEPTH; s++)
        for (int i = 0; i <= s; i++) /* a! b! / (a + b + 1)! = 1 / ((s + 1) binomial(s, a)) */
            b->weight[i][s - i] =
                i == 0 ? 1.0 / (s + 1) : b->weight[i - 1][s - i + 1] * i / (s - i + 1);
}

fore_status fore_background_new(fore_pool *pool, const fore_trees *trees, const fore_view *rows,
                                fore_background **out, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t m = rows->rows, most = 0;
    uint64_t *seen = NULL, *follows = NULL;
    double *margin = NULL;
    *out = NULL;
    if (m < 1) return fore_fail(err, FORE_E_DATA, "a background needs at least one row");
    for (int64_t t = 0; t < trees->count; t++)
        if (trees->start[t + 1] - trees->start[t] > most)
            most = trees->start[t + 1] - trees->start[t];
    fore_background *b = FORE_ZNEW(1, fore_background);
    if (!b) return fore_no_memory(err);
    b->trees = trees;
    b->bit = FORE_NEW(trees->nodes, int8_t);
    b->first = FORE_ZNEW(trees->nodes + 1, int64_t);
    seen = FORE_NEW(most * m, uint64_t);
    follows = FORE_NEW(most, uint64_t);
    margin = FORE_NEW(m, double);
    if (!b->bit || !b->first || !seen || !follows || !margin) FORE_GO(fore_no_memory(err));
    set_weights(b);
    FORE_GO(fore_trees_predict(pool, trees, rows, margin, err));
    for (int64_t i = 0; i < m; i++) b->base += margin[i] / (double)m;
    for (int64_t t = 0; t < trees->count; t++) FORE_GO(study_tree(b, t, rows, follows, seen, err));
    *out = b;
    b = NULL;
done:
    fore_background_free(b);
    fore_free(seen);
    fore_free(follows);
    fore_free(margin);
    return status;
}

/* The terms of one leaf; feature: those of its path by their bits. */
static void add_leaf(const fore_background *b, int64_t k, uint64_t x, const int32_t *feature,
                     double *parts)
{
    uint64_t all = (UINT64_C(1) << b->bit[k]) - 1;
    double own[FORE_TREES_MAX_DEPTH] = {0}, value = b->trees->node[k].value;
    x &= all;
    for (int64_t i = b->first[k]; i < b->first[k + 1]; i++) {
        uint64_t z = b->patterns[i].follows, gains = x & ~z, loses = z & ~x;
        if ((x | z) != all || x == z) continue;
        int a = __builtin_popcountll(gains), l = __builtin_popcountll(loses);
        double share = value * b->patterns[i].share;
        double more = a ? share * b->weight[a - 1][l] : 0,
               less = l ? share * b->weight[a][l - 1] : 0;
        for (; gains; gains &= gains - 1) own[__builtin_ctzll(gains)] += more;
        for (; loses; loses &= loses - 1) own[__builtin_ctzll(loses)] -= less;
    }
    for (int j = 0; j < b->bit[k]; j++) parts[feature[j]] += own[j];
}

static void walk(const fore_background *b, int64_t start, int32_t at, uint64_t x, const double *raw,
                 int64_t step, int32_t *feature, double *parts)
{
    const tree_node *tree = b->trees->node + start, *node = &tree[at];
    if (node->feature < 0) {
        add_leaf(b, start + at, x, feature, parts);
        return;
    }
    int bit = b->bit[start + at];
    uint64_t without = x & ~(UINT64_C(1) << bit);
    bool left = tree_next(tree, node, raw[node->feature * step]) == &tree[node->left];
    feature[bit] = node->feature;
    walk(b, start, node->left, left ? x : without, raw, step, feature, parts);
    feature[bit] = node->feature;
    walk(b, start, node->right, left ? without : x, raw, step, feature, parts);
}

void fore_background_parts(const fore_background *b, const double *raw, int64_t step, double *parts,
                           double *base)
{
    int32_t feature[FORE_TREES_MAX_DEPTH + 1];
    memset(parts, 0, (size_t)b->trees->columns * sizeof *parts);
    *base = b->base;
    for (int64_t t = 0; t < b->trees->count; t++)
        walk(b, b->trees->start[t], 0, UINT64_MAX, raw, step, feature, parts);
}
