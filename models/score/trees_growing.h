/* What the growing of a tree shares: trees_grow.c (the tree), trees_histogram.c (sums by code),
 * trees_split.c (the best split of a column), trees_parting.c (the rows of both children). */
#ifndef FORE_SCORE_TREES_GROWING_H
#define FORE_SCORE_TREES_GROWING_H

#include "models/score/trees_inside.h"

enum {
    TREE_PART_ROWS = 1 << 14, /* rows that one worker parts at a time */
    TREE_AHEAD = 16,          /* rows whose codes are asked for ahead */
    TREE_PACKED_STEP =
        TREE_BINS + 8, /* so that equal codes of two strips are not rivals in the cache */
    TREE_PACKED_SIZE = TREE_GROUP * TREE_PACKED_STEP
};

typedef struct tree_sum {
    int64_t g, h;
} tree_sum;

typedef struct tree_split {
    double gain; /* 0: none */
    int32_t feature, bin;
    bool missing_left;
    tree_sum left;
} tree_split;

typedef struct tree_leaf {
    int32_t node, depth;
    int64_t from, to; /* its rows */
    int64_t slot;     /* its histograms; -1 when none are kept */
    tree_sum sum;
    double low, high; /* where monotone columns above allow its value to lie */
    tree_split best;
} tree_leaf;

/* A run of a leaf's rows, for sums that are added in order. */
typedef struct tree_run {
    int64_t leaf, from, to;
    double g, h, weight;
} tree_run;

struct tree_grower {
    fore_pool *pool;
    const tree_bins *bins;
    fore_trees_options options;
    bool keep;             /* histograms of all leaves fit in memory */
    tree_leaf *leaves;     /* options.leaves */
    tree_sum *slots;       /* leaves x total bins, when kept; else 2 x */
    int64_t *packed;       /* workers x TREE_PACKED_SIZE; zero between uses */
    double *scan;          /* workers x 3 x TREE_BINS */
    tree_sum *room;        /* workers x TREE_BINS */
    int64_t *q, *parted_q; /* rows: packed gradients in the order of the rows */
    int32_t *parted;
    int64_t *left_of;  /* parts + 1: rows that go left */
    tree_split *found; /* 2 x columns */
    tree_run *runs;
    uint8_t *used; /* columns */
    /* the tree being grown */
    const tree_drawn *drawn;
    int32_t *rows;
    double g_unit, h_unit; /* what 1 stands for */
};

/* The strips of a group that carry a used column, as places in the group. */
typedef struct tree_places {
    int32_t place[TREE_GROUP], count;
} tree_places;

/* Packs the gradients of the rows drawn; the root's sum. */
fore_status tree_pack(tree_grower *grower, tree_leaf *root, fore_error *err);
/* The histograms of those strips over the leaf's rows, at out + base of each strip. */
void tree_histogram(const tree_grower *grower, const tree_group *group, const tree_places *used,
                    const tree_leaf *leaf, int worker, tree_sum *out);
/* The bins of one column by its codes: where they lie in its strip's histogram, or in `room`
 * (TREE_BINS) where the strip is a bundle. */
const tree_sum *tree_column_bins(const tree_grower *grower, const tree_leaf *leaf, int32_t column,
                                 const tree_sum *histograms, tree_sum *room);

/* bin: by code; room: 3 x TREE_BINS doubles. */
tree_split tree_best_split(const tree_grower *grower, const tree_leaf *leaf, int32_t feature,
                           const tree_sum *bin, double *room);
double tree_leaf_value(double g, double h, const fore_trees_options *options, double low,
                       double high);

int64_t tree_parts(int64_t rows);
/* Rows going left stay in front, both sides in their order; *middle is where the right side starts.
 */
fore_status tree_part(tree_grower *grower, const tree_leaf *leaf, int64_t *middle, fore_error *err);

#endif
