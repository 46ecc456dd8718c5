/* Contributions: exact Shapley values of the trees' conditional expectations (path-dependent
 * TreeSHAP, Lundberg, Erion, Lee 2018), by quadrature.
 *
 * Below a leaf's path with distinct features k the game is a product: a feature that is known
 * counts o_k (1: the row follows, 0: it does not), an unknown one z_k (the share of training rows
 * that follow). Its Shapley values are integrals of polynomials (Owen's multilinear extension),
 *
 *     phi_j = value (o_j - z_j)  int_0^1  prod_{k != j} (t o_k + (1 - t) z_k) dt,
 *
 * of degree below the number of features, which Gauss and Legendre's rule of half as many points
 * gives exactly. Every factor is positive, so nothing cancels. One walk over a tree:
 *
 *     down:  P(t) = product of the factors on the path; a feature met again replaces its factor
 *     leaf:  A(t) = value x weight(t) x P(t)
 *     up:    A of a node = sum of its children's
 *            phi[feature of the edge] += (o - z) sum_t A(t) / factor(t),
 *            less what the edge with the same feature above would count of this part once more
 */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/score/trees_inside.h"

enum { POINTS = (FORE_TREES_MAX_DEPTH + 1) / 2 };

struct tree_paths {
    double
        *zero; /* per node: share that follows its edge and the edges of the same feature above */
    int8_t *same;  /* per node: depth of the nearest edge above with its edge's feature; 0: none */
    int8_t points; /* enough for all trees */
    double t[POINTS], weight[POINTS];
};

void tree_paths_free(tree_paths *paths)
{
    if (!paths) return;
    fore_free(paths->zero);
    fore_free(paths->same);
    fore_free(paths);
}

/* The rule of n points on (0, 1): zeros of the Legendre polynomial by Newton's method. */
static void legendre_rule(int n, double *t, double *weight)
{
    for (int i = 0; i < n; i++) {
        double x = cos(M_PI * (i + 0.75) / (n + 0.5)), slope = 0;
        for (int step = 0; step < 100; step++) {
            double before = 1, now = x;
            for (int k = 2; k <= n; k++) {
                double next = ((2 * k - 1) * x * now - (k - 1) * before) / k;
                before = now;
                now = next;
            }
            slope = n * (x * now - before) / (x * x - 1);
            double move = now / slope;
            x -= move;
            if (fabs(move) < 1e-15) break;
        }
        t[i] = 0.5 * (1 + x);
        weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
}

typedef struct edge {
    int32_t feature;
    double zero;
} edge;

/* path[1..depth] are the edges above node `at`; distinct features among them are counted. */
static void measure_paths(tree_paths *p, const tree_node *tree, int64_t start, int32_t at,
                          edge *path, int depth, int distinct)
{
    const tree_node *node = &tree[at];
    if (distinct > 2 * p->points) p->points = (int8_t)((distinct + 1) / 2);
    if (node->feature < 0) return;
    int same = depth;
    while (same > 0 && path[same].feature != node->feature) same--;
    for (int side = 0; side < 2; side++) {
        int32_t child = side ? node->right : node->left;
        double zero = tree[child].cover / node->cover * (same ? path[same].zero : 1);
        path[depth + 1] = (edge){node->feature, zero};
        p->zero[start + child] = zero;
        p->same[start + child] = (int8_t)same;
        measure_paths(p, tree, start, child, path, depth + 1, distinct + !same);
    }
}

fore_status tree_paths_make(const fore_trees *trees, tree_paths **out, fore_error *err)
{
    edge path[FORE_TREES_MAX_DEPTH + 2];
    tree_paths *p = FORE_ZNEW(1, tree_paths);
    *out = NULL;
    if (!p) return fore_no_memory(err);
    p->zero = FORE_ZNEW(trees->nodes, double);
    p->same = FORE_ZNEW(trees->nodes, int8_t);
    if (!p->zero || !p->same) {
        tree_paths_free(p);
        return fore_no_memory(err);
    }
    p->points = 1;
    for (int64_t t = 0; t < trees->count; t++)
        measure_paths(p, trees->node + trees->start[t], trees->start[t], 0, path, 0, 0);
    legendre_rule(p->points, p->t, p->weight);
    *out = p;
    return FORE_OK;
}

typedef struct walk {
    const tree_paths *paths;
    const tree_node *tree;
    int64_t start, step;
    const double *raw;
    double *parts;
    double factor[FORE_TREES_MAX_DEPTH + 2][POINTS]; /* of the edge at each depth */
    double lead[FORE_TREES_MAX_DEPTH + 2];           /* its o - z */
    bool follows[FORE_TREES_MAX_DEPTH + 2];
} walk;

/* product: P at node `at`, which lies `depth` edges below the root; adds its A to sum. */
static void walk_down(walk *w, int32_t at, int depth, const double *product, double *sum)
{
    const tree_node *node = &w->tree[at];
    int points = w->paths->points;
    if (node->feature < 0) {
        for (int q = 0; q < points; q++) sum[q] += node->value * w->paths->weight[q] * product[q];
        return;
    }
    const tree_node *next = tree_next(w->tree, node, w->raw[node->feature * w->step]);
    for (int side = 0; side < 2; side++) {
        int32_t child = side ? node->right : node->left;
        int same = w->paths->same[w->start + child], here = depth + 1;
        double zero = w->paths->zero[w->start + child], below[POINTS], own[POINTS];
        bool one = next == &w->tree[child] && (!same || w->follows[same]);
        double *factor = w->factor[here], part = 0, again = 0;
        w->follows[here] = one;
        w->lead[here] = (one ? 1 : 0) - zero;
        for (int q = 0; q < points; q++) {
            factor[q] = zero + w->paths->t[q] * w->lead[here];
            own[q] = product[q] * factor[q];
            below[q] = 0;
        }
        if (same)
            for (int q = 0; q < points; q++) own[q] /= w->factor[same][q];
        walk_down(w, child, here, own, below);
        for (int q = 0; q < points; q++) {
            part += below[q] / factor[q];
            sum[q] += below[q];
        }
        if (same)
            for (int q = 0; q < points; q++) again += below[q] / w->factor[same][q];
        w->parts[node->feature] += w->lead[here] * part;
        if (same) w->parts[node->feature] -= w->lead[same] * again;
    }
}

void fore_trees_parts(const fore_trees *trees, const double *raw, int64_t step, double *parts,
                      double *base)
{
    walk w = {.paths = trees->paths, .raw = raw, .step = step, .parts = parts};
    double ones[POINTS], all[POINTS] = {0};
    for (int q = 0; q < POINTS; q++) ones[q] = 1;
    memset(parts, 0, (size_t)trees->columns * sizeof *parts);
    *base = trees->base;
    for (int64_t t = 0; t < trees->count; t++) {
        w.tree = trees->node + trees->start[t];
        w.start = trees->start[t];
        *base += trees->expected[t];
        walk_down(&w, 0, 0, ones, all);
    }
}

typedef struct explaining {
    const fore_trees *trees;
    const fore_view *x;
    double *parts, *base;
} explaining;

enum { EXPLAIN_ROWS = 64 };

static fore_status explain_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const explaining *e = context;
    int64_t from = block * EXPLAIN_ROWS, to = from + EXPLAIN_ROWS;
    for (int64_t i = from; i < to && i < e->x->rows; i++)
        fore_trees_parts(e->trees, fore_view_row(e->x, i), e->x->stride,
                         e->parts + i * e->trees->columns, &e->base[i]);
    return FORE_OK;
}

fore_status fore_trees_explain(fore_pool *pool, const fore_trees *trees, const fore_view *x,
                               double *parts, double *base, fore_error *err)
{
    if (x->columns != trees->columns)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the rows have %lld columns; the trees were fitted on %lld",
                         (long long)x->columns, (long long)trees->columns);
    explaining e = {trees, x, parts, base};
    return fore_pool_run(pool, (x->rows + EXPLAIN_ROWS - 1) / EXPLAIN_ROWS, explain_block, &e, err);
}
