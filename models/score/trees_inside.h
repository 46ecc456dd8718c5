/* What the files of the boosted trees share: the model, the binned columns, the growing of one
 * tree. */
#ifndef FORE_SCORE_TREES_INSIDE_H
#define FORE_SCORE_TREES_INSIDE_H

#include <math.h>

#include "models/score/trees.h"

enum { TREE_BINS = 256 }; /* codes 0..255; 0 = missing */

typedef struct tree_node {
    int32_t feature;     /* -1: a leaf */
    int32_t left, right; /* nodes of the same tree, both after this one */
    bool missing_left;
    double threshold; /* value <= threshold goes left */
    double value;     /* of a leaf: log-odds added */
    double cover;     /* sum of training weights that passed here, > 0 */
    double gain;      /* of the split; 0 for a leaf */
} tree_node;

struct fore_trees {
    int64_t columns, count;
    double base;      /* margin before any tree */
    int64_t *start;   /* count + 1: tree t's nodes are node[start[t]] .. node[start[t + 1] - 1] */
    double *expected; /* count: mean of the tree's leaves by cover; derived */
    tree_node *node;
    int64_t nodes, start_capacity, node_capacity;
};

/* Columns as codes: 0 missing, else 1 + the number of edges below the value. */
typedef struct tree_bins {
    int64_t rows, columns;
    uint8_t *code;  /* rows x columns */
    double *edge;   /* TREE_BINS x columns, ascending: a value in bin k is <= edge[k - 1] */
    int32_t *count; /* columns: bins of known values; count - 1 edges are used */
} tree_bins;

fore_status tree_bins_make(fore_pool *pool, const fore_view *x, int64_t bins, tree_bins *out,
                           fore_error *err);
void tree_bins_free(tree_bins *bins);

typedef struct tree_pair {
    double g, h;
} tree_pair;

typedef struct tree_grower tree_grower;
fore_status tree_grower_new(fore_pool *pool, const tree_bins *bins,
                            const fore_trees_options *options, tree_grower **out, fore_error *err);
void tree_grower_free(tree_grower *grower);
/* Grows a tree on rows[0..n) (reordered) with gradients gh and weights (by row; NULL = ones),
 * appends it to `trees`, and adds its values to margin[] for those rows. columns[0..m): the
 * features it may use. */
fore_status tree_grow(tree_grower *grower, int32_t *rows, int64_t n, const tree_pair *gh,
                      const double *weight, const int32_t *columns, int64_t m, fore_trees *trees,
                      double *margin, fore_error *err);
/* The leaf value of tree t for a binned row. */
double tree_value_of_codes(const fore_trees *trees, int64_t t, const tree_bins *bins, int64_t row);

fore_status trees_new(int64_t columns, fore_trees **out, fore_error *err);
/* Room for one more tree of at most `nodes` nodes. */
fore_status trees_reserve(fore_trees *trees, int64_t nodes, fore_error *err);
/* margin[0..rows): log-odds of rows from .. from + rows of x. */
void trees_margins(const fore_trees *trees, const fore_view *x, int64_t from, int64_t rows,
                   double *margin);
/* Where a row with value v at the node's feature goes. */
static inline const tree_node *tree_next(const tree_node *tree, const tree_node *node, double v)
{
    bool left = isnan(v) ? node->missing_left : v <= node->threshold;
    return tree + (left ? node->left : node->right);
}

/* The mean of tree t's leaves by cover. */
double trees_expect(const fore_trees *trees, int64_t t);

#endif
