/* Two passes over a tree: see reconcile_tree.h. */
#include "models/series/reconcile_tree.h"

#include <string.h>

#include "engine/base/memory.h"

struct fore_tree {
    int64_t nodes, aggregates;
    int64_t *parent;             /* nodes: -1 for a root */
    int64_t *order;              /* aggregates, children before their parents */
    double *mean, *spread, *sum; /* nodes: from below; sum: variances of the children */
    double *after;               /* nodes */
    double *multiplier;          /* nodes */
};

void fore_tree_free(fore_tree *tree)
{
    if (!tree) return;
    fore_free(tree->parent);
    fore_free(tree->order);
    fore_free(tree->mean);
    fore_free(tree);
}

/* Aggregates by their number of members, fewest first (counting sort, stable). */
static void order_by_size(const fore_hierarchy *h, int64_t *order, int64_t *count)
{
    memset(count, 0, (size_t)(h->bottoms + 2) * sizeof *count);
    for (int64_t i = 0; i < h->aggregates; i++) count[h->start[i + 1] - h->start[i] + 1]++;
    for (int64_t k = 1; k <= h->bottoms + 1; k++) count[k] += count[k - 1];
    for (int64_t i = 0; i < h->aggregates; i++) order[count[h->start[i + 1] - h->start[i]]++] = i;
}

/* The roots so far of its members become children of aggregate i; false when one of them has
 * members outside. size: members of each node. */
static bool adopt(const fore_hierarchy *h, int64_t i, int64_t *root, int64_t *parent,
                  const int64_t *size)
{
    int64_t members = 0;
    for (int64_t j = h->start[i]; j < h->start[i + 1]; j++) {
        int64_t child = root[h->member[j]];
        if (parent[child] == -1 && child != i) {
            parent[child] = i;
            members += size[child];
        }
        root[h->member[j]] = i;
    }
    return members == h->start[i + 1] - h->start[i];
}

static bool nested(const fore_hierarchy *h, fore_tree *t, int64_t *room)
{
    int64_t a = h->aggregates, *root = room, *size = room + h->bottoms;
    for (int64_t i = 0; i < t->nodes; i++) {
        t->parent[i] = -1;
        size[i] = i < a ? h->start[i + 1] - h->start[i] : 1;
        if (size[i] > h->bottoms || size[i] < 1) return false;
    }
    for (int64_t i = 0; i < h->bottoms; i++) root[i] = a + i;
    order_by_size(h, t->order, size + t->nodes);
    for (int64_t k = 0; k < a; k++)
        if (!adopt(h, t->order[k], root, t->parent, size)) return false;
    return true;
}

fore_status fore_tree_chart(const fore_hierarchy *h, fore_tree **tree, fore_error *err)
{
    int64_t nodes = h->aggregates + h->bottoms;
    fore_tree *t = FORE_ZNEW(1, fore_tree);
    int64_t *room = FORE_NEW(2 * h->bottoms + nodes + 2, int64_t);
    *tree = NULL;
    if (t) {
        *t = (fore_tree){.nodes = nodes, .aggregates = h->aggregates};
        t->parent = FORE_NEW(nodes, int64_t);
        t->order = FORE_NEW(h->aggregates, int64_t);
        t->mean = FORE_NEW(5 * nodes, double);
    }
    if (!t || !room || !t->parent || !t->order || !t->mean) {
        fore_tree_free(t);
        fore_free(room);
        return fore_no_memory(err);
    }
    t->spread = t->mean + nodes;
    t->sum = t->spread + nodes;
    t->after = t->sum + nodes;
    t->multiplier = t->after + nodes;
    bool sound = nested(h, t, room);
    fore_free(room);
    if (sound)
        *tree = t;
    else
        fore_tree_free(t);
    return FORE_OK;
}

/* Adds a finished node to what its parent hears from below. */
static void report(fore_tree *t, int64_t i)
{
    int64_t p = t->parent[i];
    if (p < 0) return;
    t->mean[p] += t->mean[i];
    t->sum[p] += t->spread[i];
}

static void up(fore_tree *t, const double *variance, const double *value)
{
    memset(t->mean, 0, (size_t)t->aggregates * sizeof *t->mean);
    memset(t->sum, 0, (size_t)t->nodes * sizeof *t->sum);
    for (int64_t i = t->aggregates; i < t->nodes; i++) {
        t->mean[i] = value ? value[i] : 0;
        t->spread[i] = variance[i];
        report(t, i);
    }
    for (int64_t k = 0; k < t->aggregates; k++) {
        int64_t i = t->order[k];
        double below = t->sum[i], own = variance[i], all = below + own;
        if (value && all > 0) t->mean[i] += below / all * (value[i] - t->mean[i]);
        t->spread[i] = all > 0 ? below * own / all : 0;
        report(t, i);
    }
}

/* The multiplier of every node's sum, parents first: what one unit of variance moves the children
 * by. heard: what the children say together; kept in `after`. */
static void multiply(fore_tree *t, const double *variance, const double *value, double *multiplier)
{
    double *heard = t->after;
    memset(heard, 0, (size_t)t->nodes * sizeof *heard);
    for (int64_t i = 0; i < t->nodes; i++)
        if (t->parent[i] >= 0) heard[t->parent[i]] += t->mean[i];
    for (int64_t k = t->aggregates - 1; k >= 0; k--) {
        int64_t i = t->order[k], p = t->parent[i];
        double from = p >= 0 ? multiplier[p] : 0, all = t->sum[i] + variance[i];
        double own = all > 0 ? (value[i] - heard[i] - t->sum[i] * from) / all : 0;
        multiplier[i] = from + own;
    }
}

static void settle(fore_tree *t, const double *variance, const double *multiplier, double *value)
{
    memset(value, 0, (size_t)t->aggregates * sizeof *value); /* sums, exactly */
    for (int64_t i = t->aggregates; i < t->nodes; i++) {
        int64_t p = t->parent[i];
        if (p < 0) continue;
        value[i] += variance[i] * multiplier[p];
        value[p] += value[i];
    }
    for (int64_t k = 0; k < t->aggregates; k++)
        if (t->parent[t->order[k]] >= 0) value[t->parent[t->order[k]]] += value[t->order[k]];
}

static void tell_dual(const fore_tree *t, const double *multiplier, double *dual)
{
    for (int64_t i = 0; i < t->nodes; i++) {
        int64_t p = t->parent[i];
        dual[i] = (i < t->aggregates ? multiplier[i] : 0) - (p >= 0 ? multiplier[p] : 0);
    }
}

static void spread_one(fore_tree *t, int64_t i, double variance, double *share)
{
    int64_t p = t->parent[i];
    double left = t->spread[i];
    if (p >= 0 && t->sum[p] > 0) {
        double part = left / t->sum[p];
        left += part * (part * t->after[p] - left);
    }
    t->after[i] = left;
    *share = variance > 0 ? left / variance : 1;
}

static void spread_down(fore_tree *t, const double *variance, double *share)
{
    for (int64_t k = t->aggregates - 1; k >= 0; k--)
        spread_one(t, t->order[k], variance[t->order[k]], &share[t->order[k]]);
    for (int64_t i = t->aggregates; i < t->nodes; i++) spread_one(t, i, variance[i], &share[i]);
}

void fore_tree_project(fore_tree *tree, const double *variance, double *value, double *dual,
                       double *share)
{
    up(tree, variance, value);
    if (share) spread_down(tree, variance, share);
    if (!value) return;
    multiply(tree, variance, value, tree->multiplier);
    settle(tree, variance, tree->multiplier, value);
    if (dual) tell_dual(tree, tree->multiplier, dual);
}
