/* Contributions: path-dependent TreeSHAP (Lundberg, Erion, Lee 2018, algorithm 2).
 *
 * A path holds the distinct features on the way from the root: the share of training rows that
 * follow when the feature is unknown (zero), whether the row itself follows (one), and the
 * permutation weight of each size of subset. extend adds a feature, unwind takes one out again. */
#include <string.h>

#include "models/score/trees_inside.h"

typedef struct path_step {
    int32_t feature;
    double zero, one, weight;
} path_step;

enum { PATH_ROOM = (FORE_TREES_MAX_DEPTH + 3) * (FORE_TREES_MAX_DEPTH + 4) / 2 };

static void extend(path_step *path, int depth, double zero, double one, int32_t feature)
{
    path[depth] = (path_step){feature, zero, one, depth == 0 ? 1.0 : 0.0};
    for (int i = depth - 1; i >= 0; i--) {
        path[i + 1].weight += one * path[i].weight * (i + 1) / (depth + 1);
        path[i].weight *= zero * (depth - i) / (double)(depth + 1);
    }
}

static void unwind(path_step *path, int depth, int index)
{
    double one = path[index].one, zero = path[index].zero, next = path[depth].weight;
    for (int i = depth - 1; i >= 0; i--) {
        if (one != 0) {
            double kept = path[i].weight;
            path[i].weight = next * (depth + 1) / ((i + 1) * one);
            next = kept - path[i].weight * zero * (depth - i) / (double)(depth + 1);
        } else {
            path[i].weight = path[i].weight * (depth + 1) / (zero * (depth - i));
        }
    }
    for (int i = index; i < depth; i++) {
        path[i].feature = path[i + 1].feature;
        path[i].zero = path[i + 1].zero;
        path[i].one = path[i + 1].one;
    }
}

/* The sum of the weights after unwinding `index`, without changing the path. */
static double unwound_sum(const path_step *path, int depth, int index)
{
    double one = path[index].one, zero = path[index].zero, next = path[depth].weight, total = 0;
    for (int i = depth - 1; i >= 0; i--) {
        if (one != 0) {
            double weight = next * (depth + 1) / ((i + 1) * one);
            total += weight;
            next = path[i].weight - weight * zero * (depth - i) / (double)(depth + 1);
        } else {
            total += path[i].weight * (depth + 1) / (zero * (depth - i));
        }
    }
    return total;
}

typedef struct shap {
    const tree_node *tree;
    const double *raw;
    int64_t step;
    double *parts;
} shap;

static void walk(const shap *s, int32_t at, int depth, const path_step *above, path_step *path,
                 double zero, double one, int32_t feature)
{
    const tree_node *node = &s->tree[at];
    memcpy(path, above, (size_t)depth * sizeof *path);
    extend(path, depth, zero, one, feature);
    if (node->feature < 0) {
        for (int i = 1; i <= depth; i++)
            s->parts[path[i].feature] +=
                unwound_sum(path, depth, i) * (path[i].one - path[i].zero) * node->value;
        return;
    }
    const tree_node *hot = tree_next(s->tree, node, s->raw[node->feature * s->step]);
    int32_t hot_at = (int32_t)(hot - s->tree),
            cold_at = hot_at == node->left ? node->right : node->left;
    double zero_before = 1, one_before = 1;
    int found = 1;
    while (found <= depth && path[found].feature != node->feature) found++;
    if (found <= depth) { /* the feature was on the path already: its shares multiply */
        zero_before = path[found].zero;
        one_before = path[found].one;
        unwind(path, depth, found);
        depth--;
    }
    walk(s, hot_at, depth + 1, path, path + depth + 2,
         zero_before * s->tree[hot_at].cover / node->cover, one_before, node->feature);
    walk(s, cold_at, depth + 1, path, path + depth + 2,
         zero_before * s->tree[cold_at].cover / node->cover, 0, node->feature);
}

void fore_trees_parts(const fore_trees *trees, const double *raw, int64_t step, double *parts,
                      double *base)
{
    path_step room[PATH_ROOM];
    memset(parts, 0, (size_t)trees->columns * sizeof *parts);
    *base = trees->base;
    for (int64_t t = 0; t < trees->count; t++) {
        shap s = {trees->node + trees->start[t], raw, step, parts};
        *base += trees->expected[t];
        walk(&s, 0, 0, room, room, 1, 1, -1);
    }
}
