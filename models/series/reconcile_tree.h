/* Least squares on a tree whose nodes are the sums of their children, with independent errors:
 * exact in two passes. Up: what the nodes below say of a node, with its variance, joined with its
 * own forecast. Down: what a parent finally is, less what its children say, shared by their
 * variances. */
#ifndef FORE_SERIES_RECONCILE_TREE_H
#define FORE_SERIES_RECONCILE_TREE_H

#include "models/series/reconcile.h"

typedef struct fore_tree fore_tree;

/* *tree is NULL when the aggregates are not nested in each other; no error. */
fore_status fore_tree_chart(const fore_hierarchy *hierarchy, fore_tree **tree, fore_error *err);
void fore_tree_free(fore_tree *tree);
/* variance: nodes, >= 0, above 0 for aggregates. value: nodes, forecasts in, reconciled out, or
 * NULL. dual: nodes, (forecast - reconciled) / variance as the sums' multipliers have it, so that a
 * variance of 0 does no harm, or NULL. share: nodes, variance after over before, or NULL. Not for
 * two threads at once. */
void fore_tree_project(fore_tree *tree, const double *variance, double *value, double *dual,
                       double *share);

#endif
