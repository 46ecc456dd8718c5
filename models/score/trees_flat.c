/* Scoring: the trees compiled, for many rows to codes, for one row to steps.
 *
 * Many rows.
 *
 *     of every column that is used: its thresholds in order; a value's code is 0 when it is
 * missing, else 1 + the number of thresholds below it, so that  v <= threshold k  is  code <= k + 1
 *     64 rows at a time:
 *         the codes of every used column
 *         for each tree, from its last node up: which leaf each of the rows comes to below that
 * node - a leaf: itself;  else: code <= the node's ? that of the left child : that of the right
 *         margin += the value of the root's leaf
 *
 * Every step is the same for all rows, without branches, and works on bytes. It visits all nodes
 * instead of one path, which pays up to FLAT_LEAVES leaves; larger trees, very many columns, and
 * columns with more thresholds than a byte can number are walked node by node. Margins are summed
 * in the same order as there: the same bytes. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/special.h"
#include "models/score/trees_inside.h"

enum {
    FLAT_LEAVES = 128,
    FLAT_NODES = 2 * FLAT_LEAVES,
    FLAT_EDGES = 254,
    FLAT_COLUMNS = 512 /* used ones: their codes of 64 rows take 32 KB */
};

enum { LANES = 8 };

typedef struct tree_step {
    double threshold;
    int32_t feature, left, right; /* a leaf's are 0, itself, itself; numbers among all nodes */
    uint32_t missing_left;
} tree_step;

struct tree_steps {
    tree_step *step; /* as the trees' nodes */
    double *value;   /* of a node that is a leaf */
    int8_t *depth;   /* of the deepest leaf of each group of LANES trees */
};

typedef struct flat_node {
    int32_t column; /* among the used ones; -1: a leaf */
    uint8_t code, shift, left, right, leaf;
} flat_node;

struct tree_flat {
    int64_t used;
    int32_t *column; /* used: the column's number */
    int32_t *edges;  /* used: how many */
    double *edge;    /* used x TREE_BINS, ascending, then infinite */
    flat_node *node; /* as the trees' nodes */
    double *value;   /* of each leaf, by tree and leaf number; a tree's start at its first node's */
};

void tree_flat_free(tree_flat *flat)
{
    if (!flat) return;
    fore_free(flat->column);
    fore_free(flat->edges);
    fore_free(flat->edge);
    fore_free(flat->node);
    fore_free(flat->value);
    fore_free(flat);
}

/* ---- compiling to steps ---- */

void tree_steps_free(tree_steps *steps)
{
    if (!steps) return;
    fore_free(steps->step);
    fore_free(steps->value);
    fore_free(steps->depth);
    fore_free(steps);
}

static int deepest(const tree_node *tree, int32_t at)
{
    if (tree[at].feature < 0) return 0;
    int left = deepest(tree, tree[at].left), right = deepest(tree, tree[at].right);
    return 1 + (left > right ? left : right);
}

static fore_status make_steps(const fore_trees *trees, tree_steps **out, fore_error *err)
{
    tree_steps *s = *out = FORE_ZNEW(1, tree_steps);
    if (!s) return fore_no_memory(err);
    s->step = FORE_NEW(trees->nodes, tree_step);
    s->value = FORE_NEW(trees->nodes, double);
    s->depth = FORE_ZNEW(trees->count / LANES + 1, int8_t);
    if (!s->step || !s->value || !s->depth) return fore_no_memory(err);
    for (int64_t t = 0; t < trees->count; t++) {
        int32_t start = (int32_t)trees->start[t];
        int depth = deepest(trees->node + start, 0);
        if (depth > s->depth[t / LANES]) s->depth[t / LANES] = (int8_t)depth;
        for (int32_t k = start; k < trees->start[t + 1]; k++) {
            const tree_node *n = &trees->node[k];
            s->value[k] = n->value;
            s->step[k] = (tree_step){n->threshold, n->feature, start + n->left, start + n->right,
                                     n->missing_left};
            if (n->feature < 0) s->step[k] = (tree_step){0, 0, k, k, 0};
        }
    }
    return FORE_OK;
}

/* ---- compiling to codes ---- */

static bool small_enough(const fore_trees *trees)
{
    for (int64_t t = 0; t < trees->count; t++)
        if (trees->start[t + 1] - trees->start[t] >= FLAT_NODES) return false;
    return trees->count > 0;
}

/* place: columns; -1 or the column's number among the used ones. Returns how many are used. */
static int64_t find_used(const fore_trees *trees, int32_t *place)
{
    int64_t used = 0;
    for (int64_t j = 0; j < trees->columns; j++) place[j] = -1;
    for (int64_t k = 0; k < trees->nodes; k++)
        if (trees->node[k].feature >= 0) place[trees->node[k].feature] = 0;
    for (int64_t j = 0; j < trees->columns; j++)
        if (place[j] == 0) place[j] = (int32_t)used++;
    return used;
}

/* The distinct thresholds of every used column; false when one has too many. */
static bool find_edges(const fore_trees *trees, const int32_t *place, tree_flat *f, double *room)
{
    for (int64_t u = 0; u < f->used; u++) {
        int64_t count = 0, kept = 0;
        double *edge = f->edge + u * TREE_BINS;
        for (int64_t k = 0; k < trees->nodes; k++)
            if (trees->node[k].feature >= 0 && place[trees->node[k].feature] == u)
                room[count++] = trees->node[k].threshold;
        fore_sort(room, count);
        for (int64_t k = 0; k < count; k++) {
            if (k > 0 && room[k] == room[k - 1]) continue;
            if (kept == FLAT_EDGES) return false;
            edge[kept++] = room[k];
        }
        f->edges[u] = (int32_t)kept;
        for (; kept < TREE_BINS; kept++) edge[kept] = INFINITY;
    }
    return true;
}

static uint8_t code_of_threshold(const tree_flat *f, int32_t u, double threshold)
{
    int32_t k = 0;
    while (f->edge[(int64_t)u * TREE_BINS + k] < threshold) k++;
    return (uint8_t)(k + 1);
}

static void compile_nodes(const fore_trees *trees, const int32_t *place, tree_flat *f)
{
    for (int64_t t = 0; t < trees->count; t++) {
        int64_t start = trees->start[t], leaves = 0;
        for (int64_t k = start; k < trees->start[t + 1]; k++) {
            const tree_node *from = &trees->node[k];
            flat_node *to = &f->node[k];
            *to = (flat_node){.column = -1};
            if (from->feature < 0) {
                f->value[start + leaves] = from->value;
                to->leaf = (uint8_t)leaves++;
                continue;
            }
            to->column = place[from->feature];
            to->shift = !from->missing_left;
            to->code = (uint8_t)(code_of_threshold(f, to->column, from->threshold) - to->shift);
            to->left = (uint8_t)from->left;
            to->right = (uint8_t)from->right;
        }
    }
}

fore_status trees_compile(fore_trees *trees, fore_error *err)
{
    fore_status status = FORE_OK;
    tree_flat *f = NULL;
    tree_flat_free(trees->flat);
    tree_paths_free(trees->paths);
    tree_steps_free(trees->steps);
    trees->flat = NULL;
    trees->steps = NULL;
    FORE_TRY(tree_paths_make(trees, &trees->paths, err));
    FORE_TRY(make_steps(trees, &trees->steps, err));
    if (!small_enough(trees)) return FORE_OK;
    int32_t *place = FORE_NEW(trees->columns, int32_t);
    double *room = FORE_NEW(trees->nodes, double);
    f = FORE_ZNEW(1, tree_flat);
    if (!place || !room || !f) FORE_GO(fore_no_memory(err));
    f->used = find_used(trees, place);
    if (f->used > FLAT_COLUMNS) goto done;
    f->column = FORE_NEW(f->used, int32_t);
    f->edges = FORE_NEW(f->used, int32_t);
    f->edge = FORE_NEW(f->used * TREE_BINS, double);
    f->node = FORE_NEW(trees->nodes, flat_node);
    f->value = FORE_NEW(trees->nodes, double);
    if (!f->column || !f->edges || !f->edge || !f->node || !f->value) FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < trees->columns; j++)
        if (place[j] >= 0) f->column[place[j]] = (int32_t)j;
    if (!find_edges(trees, place, f, room)) goto done;
    compile_nodes(trees, place, f);
    trees->flat = f;
    f = NULL;
done:
    tree_flat_free(f);
    fore_free(place);
    fore_free(room);
    return status;
}

/* ---- scoring ---- */

/* out = code <= the node's ? left : right; byte by byte, in vectors. */
static inline __attribute__((always_inline)) void choose(const uint8_t *code, flat_node n,
                                                         const uint8_t *left, const uint8_t *right,
                                                         uint8_t *restrict out)
{
    for (int r = 0; r < TREE_PIECE; r++) {
        uint8_t a = left[r], b = right[r];
        out[r] = (uint8_t)(code[r] - n.shift) <= n.code ? a : b;
    }
}

/* room[0] = the number of the leaf that each row comes to. */
FORE_WIDE
static void find_leaves(const flat_node *node, int64_t nodes, const uint8_t (*code)[TREE_PIECE],
                        uint8_t (*room)[TREE_PIECE])
{
    for (int64_t k = nodes - 1; k >= 0; k--) {
        const flat_node n = node[k];
        if (n.column < 0)
            memset(room[k], n.leaf, TREE_PIECE);
        else
            choose(code[n.column], n, room[n.left], room[n.right], room[k]);
    }
}

void tree_flat_margins(const fore_trees *trees, const fore_view *x, int64_t from, int64_t rows,
                       double *margin)
{
    const tree_flat *f = trees->flat;
    uint8_t code[FLAT_COLUMNS][TREE_PIECE], leaf[FLAT_NODES][TREE_PIECE];
    double room[TREE_PIECE], padded[TREE_PIECE] = {0};
    for (int64_t at = 0; at < rows; at += TREE_PIECE) {
        int64_t count = rows - at < TREE_PIECE ? rows - at : TREE_PIECE;
        for (int64_t u = 0; u < f->used; u++) {
            const double *v = fore_view_column(x, f->column[u], from + at, count, room);
            if (count < TREE_PIECE) v = memcpy(padded, v, (size_t)count * sizeof *v);
            tree_codes(v, f->edge + u * TREE_BINS, f->edges[u], code[u]);
        }
        for (int64_t i = 0; i < count; i++) margin[at + i] = trees->base;
        for (int64_t t = 0; t < trees->count; t++) {
            int64_t start = trees->start[t];
            find_leaves(f->node + start, trees->start[t + 1] - start, code, leaf);
            for (int64_t i = 0; i < count; i++) margin[at + i] += f->value[start + leaf[0][i]];
        }
    }
}

double fore_trees_row(const fore_trees *trees, const double *raw, int64_t step)
{
    const tree_steps *s = trees->steps;
    double margin = trees->base;
    for (int64_t t = 0; t < trees->count; t += LANES) {
        int32_t at[LANES];
        int64_t lanes = trees->count - t < LANES ? trees->count - t : LANES;
        for (int64_t l = 0; l < LANES; l++) at[l] = (int32_t)trees->start[l < lanes ? t + l : t];
        for (int d = 0; d < s->depth[t / LANES]; d++)
            for (int l = 0; l < LANES; l++) {
                const tree_step *n = &s->step[at[l]];
                double v = raw[n->feature * step];
                uint32_t left =
                    (uint32_t)(v <= n->threshold) | ((uint32_t)(v != v) & n->missing_left);
                at[l] = n->right ^ ((n->left ^ n->right) & -(int32_t)left);
            }
        for (int64_t l = 0; l < lanes; l++) margin += s->value[at[l]];
    }
    return margin;
}
