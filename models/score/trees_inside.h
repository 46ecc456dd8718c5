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
    struct tree_paths *paths; /* for contributions; derived */
    struct tree_steps *steps; /* for single rows; derived */
    struct tree_flat *flat;   /* for batches; derived; NULL: they are walked node by node */
};

/* Columns as codes: 0 missing, else 1 + the number of edges below the value. Codes are kept in
 * strips of one byte a row: a strip carries one column, or several of which at most one differs
 * from its usual code in any row (exclusive bundles, Ke et al. 2017; only where that holds in every
 * row, so that the trees are the same). Strips lie in groups, and a group's codes row by row: one
 * cache line brings all codes of a row, and the histogram of a group stays in the first-level
 * cache. */
enum { TREE_GROUP = 16 }; /* strips of a group at most */

typedef struct tree_group {
    int32_t first, strips;
    uint8_t *code; /* rows x strips, row by row */
} tree_group;

typedef struct tree_strip {
    int32_t group;
    int32_t bins;          /* codes */
    int64_t base;          /* the first of its bins among those of all strips */
    int32_t from, columns; /* what it carries: bins->carried[from] .. [from + columns - 1] */
} tree_strip;

/* Where a column's codes are. A bundle's code 0 stands for the usual codes of all its columns; from
 * `first` on come the other codes of this column, the `lowest` of them (0: missing, or 1 where
 * nothing is missing) first. */
typedef struct tree_home {
    int32_t strip;
    bool bundled; /* else the strip's codes are the column's */
    int32_t first, lowest, usual;
} tree_home;

typedef struct tree_bins {
    int64_t rows, columns, strips, groups, total; /* total: bins of all strips */
    uint8_t *code;                                /* the groups' codes, one after the other */
    double *edge;     /* TREE_BINS x columns, ascending, then infinite: a value in bin k is <=
                       * edge[k - 1] */
    int32_t *count;   /* columns: bins of known values; count - 1 edges are used */
    int32_t *usual;   /* columns: the code of more than half of the rows; -1: there is none */
    int32_t *carried; /* columns, by strip */
    tree_home *home;  /* columns */
    tree_strip *strip;
    tree_group *group;
} tree_bins;

/* The pool's threads only decide how many groups there are; codes do not depend on them. bundle
 * false: every column has a strip of its own. */
fore_status tree_bins_make(fore_pool *pool, const fore_view *x, int64_t bins, bool bundle,
                           tree_bins *out, fore_error *err);
void tree_bins_free(tree_bins *bins);
/* Chooses strips, carried and home; needs count, edge and usual. */
fore_status tree_bundle(fore_pool *pool, const fore_view *x, bool bundle, tree_bins *bins,
                        fore_error *err);
/* The codes of TREE_PIECE values; edge is infinite from `edges` to TREE_BINS. */
enum { TREE_PIECE = 64 };
void tree_codes(const double *v, const double *edge, int32_t edges, uint8_t *code);
/* The codes of rows from .. from + count - 1 (at most TREE_PIECE) of column j. */
void tree_codes_of(const tree_bins *bins, const fore_view *x, int64_t j, int64_t from,
                   int64_t count, uint8_t *code);
static inline int32_t tree_home_codes(const tree_bins *bins, int32_t column)
{
    return bins->count[column] - bins->home[column].lowest; /* other codes than the usual one */
}
/* What a strip's code says of a column that it carries. */
static inline int32_t tree_code_in(const tree_bins *bins, int32_t column, int32_t code)
{
    const tree_home *home = &bins->home[column];
    if (!home->bundled) return code;
    int32_t k = code - home->first;
    if (k < 0 || k >= tree_home_codes(bins, column)) return home->usual;
    k += home->lowest;
    return k + (k >= home->usual);
}
static inline int32_t tree_code(const tree_bins *bins, int32_t column, int64_t row)
{
    int32_t strip = bins->home[column].strip;
    const tree_group *g = &bins->group[bins->strip[strip].group];
    return tree_code_in(bins, column, g->code[row * g->strips + (strip - g->first)]);
}

typedef struct tree_pair {
    float g, h;
} tree_pair;

/* Gradients in fixed point: sums of integers are exact, in any order and by any number of threads.
 * Sixteen binary places below the largest of a tree are far below what splits can see, and leaves
 * are given their values from the gradients themselves. */
enum { TREE_G_BITS = 18, TREE_H_BITS = 19 };

typedef struct tree_drawn {
    int32_t *row; /* n: ascending; reordered by growing */
    int64_t n;
    const tree_pair *gh;   /* by row */
    const double *weight;  /* by row; NULL = ones */
    double largest;        /* |g| <= largest, 4 h <= largest */
    const int32_t *column; /* columns: the features it may use, ascending */
    int64_t columns;
} tree_drawn;

typedef struct tree_grower tree_grower;
fore_status tree_grower_new(fore_pool *pool, const tree_bins *bins,
                            const fore_trees_options *options, tree_grower **out, fore_error *err);
void tree_grower_free(tree_grower *grower);
/* Grows a tree on the rows drawn, appends it to `trees`, and adds its values to margin[] for those
 * rows. */
fore_status tree_grow(tree_grower *grower, const tree_drawn *drawn, fore_trees *trees,
                      double *margin, fore_error *err);
/* The leaf value of tree t for a binned row. */
double tree_value_of_codes(const fore_trees *trees, int64_t t, const tree_bins *bins, int64_t row);

fore_status trees_new(int64_t columns, fore_trees **out, fore_error *err);
/* Room for one more tree of at most `nodes` nodes. */
fore_status trees_reserve(fore_trees *trees, int64_t nodes, fore_error *err);
typedef struct tree_paths tree_paths;
fore_status tree_paths_make(const fore_trees *trees, tree_paths **out, fore_error *err);
void tree_paths_free(tree_paths *paths);
typedef struct tree_steps tree_steps;
void tree_steps_free(tree_steps *steps);
/* Makes `paths` and `steps`, and `flat` where the trees allow it. */
typedef struct tree_flat tree_flat;
fore_status trees_compile(fore_trees *trees, fore_error *err);
void tree_flat_free(tree_flat *flat);
void tree_flat_margins(const fore_trees *trees, const fore_view *x, int64_t from, int64_t rows,
                       double *margin);
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
