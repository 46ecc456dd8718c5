/* Trees in few bytes, for those that travel inside the program:
 *
 *   base (8), number of trees (4), then each tree from its root, left before right:
 *   a split: column (1; | 128: missing goes left), threshold (4)     a leaf: 127 (1), value (4)
 *
 * Numbers lie little end first; thresholds and values are single precision, a threshold rounded
 * down so that no value crosses to its left. Covers and gains stay behind. */
#include <float.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/trees_inside.h"

enum { LEAF = 127, MISSING_LEFT = 128, NODE_BYTES = 5 };

static void put(fore_text *out, const void *value, int64_t bytes)
{
    uint64_t word = 0;
    if (bytes == 4) {
        uint32_t half;
        memcpy(&half, value, 4);
        word = half;
    } else {
        memcpy(&word, value, 8);
    }
    for (int64_t i = 0; i < bytes; i++) fore_text_putc(out, (char)(word >> (8 * i) & 255));
}

static float rounded_down(double v)
{
    float f = v > (double)FLT_MAX ? FLT_MAX : (float)v;
    return (double)f > v ? nextafterf(f, -INFINITY) : f;
}

static void pack_node(const tree_node *tree, int32_t k, fore_text *out)
{
    const tree_node *n = &tree[k];
    bool leaf = n->feature < 0;
    float number = leaf ? (float)n->value : rounded_down(n->threshold);
    fore_text_putc(out, (char)(leaf ? LEAF : n->feature | (n->missing_left ? MISSING_LEFT : 0)));
    put(out, &number, 4);
    if (leaf) return;
    pack_node(tree, n->left, out); /* as deep as a tree may be */
    pack_node(tree, n->right, out);
}

fore_status fore_trees_pack(const fore_trees *trees, fore_text *out, fore_error *err)
{
    uint32_t count = (uint32_t)trees->count;
    if (trees->columns > LEAF)
        return fore_fail(err, FORE_E_LIMIT, "trees of more than %d columns cannot be packed", LEAF);
    put(out, &trees->base, 8);
    put(out, &count, 4);
    for (int64_t t = 0; t < trees->count; t++) pack_node(trees->node + trees->start[t], 0, out);
    return fore_text_check(out, err);
}

typedef struct unpacking {
    const uint8_t *bytes;
    int64_t left;
    fore_trees *trees;
} unpacking;

static bool take(unpacking *u, void *value, int64_t bytes)
{
    uint64_t word = 0;
    if (u->left < bytes) return false;
    for (int64_t i = 0; i < bytes; i++) word |= (uint64_t)u->bytes[i] << (8 * i);
    u->bytes += bytes;
    u->left -= bytes;
    if (bytes == 4) {
        uint32_t half = (uint32_t)word;
        memcpy(value, &half, 4);
    } else {
        memcpy(value, &word, 8);
    }
    return true;
}

/* Appends a node and what hangs below it; the node's place in its tree, or -1. */
static int32_t unpack_node(unpacking *u, int64_t first, int depth, fore_error *err)
{
    fore_trees *trees = u->trees;
    float number;
    if (u->left < NODE_BYTES || depth > FORE_TREES_MAX_DEPTH) return -1;
    uint8_t what = *u->bytes++;
    u->left--;
    if (!take(u, &number, 4) || !isfinite(number)) return -1;
    if (trees_reserve(trees, 1, err) != FORE_OK) return -1;
    int64_t k = trees->nodes++;
    tree_node node = {.feature = -1, .value = (double)number, .cover = 1};
    if (what != LEAF) {
        node = (tree_node){.feature = what & ~MISSING_LEFT,
                           .missing_left = (what & MISSING_LEFT) != 0,
                           .threshold = (double)number,
                           .gain = 1};
        node.left = unpack_node(u, first, depth + 1, err);
        node.right = node.left < 0 ? -1 : unpack_node(u, first, depth + 1, err);
        if (node.right < 0 || node.feature >= trees->columns) return -1;
        node.cover = trees->node[first + node.left].cover + trees->node[first + node.right].cover;
    }
    trees->node[k] = node;
    return (int32_t)(k - first);
}

static fore_status unpack(unpacking *u, fore_error *err)
{
    uint32_t count;
    const char *damaged = "the packed trees are damaged; build the program again";
    if (!take(u, &u->trees->base, 8) || !isfinite(u->trees->base) || !take(u, &count, 4))
        return fore_fail(err, FORE_E_MODEL, "%s", damaged);
    for (uint32_t t = 0; t < count; t++) {
        fore_error why = {0};
        FORE_TRY(trees_reserve(u->trees, 1, err));
        if (unpack_node(u, u->trees->nodes, 0, &why) < 0)
            return why.code == FORE_E_MEMORY ? fore_no_memory(err)
                                             : fore_fail(err, FORE_E_MODEL, "%s", damaged);
        u->trees->start[++u->trees->count] = u->trees->nodes;
        u->trees->expected[u->trees->count - 1] = trees_expect(u->trees, u->trees->count - 1);
    }
    return trees_compile(u->trees, err);
}

fore_status fore_trees_unpack(const uint8_t *bytes, int64_t length, int64_t columns, int64_t *used,
                              fore_trees **out, fore_error *err)
{
    unpacking u = {bytes, length, NULL};
    *out = NULL;
    FORE_TRY(trees_new(columns, &u.trees, err));
    fore_status status = unpack(&u, err);
    if (status != FORE_OK) {
        fore_trees_free(u.trees);
        return status;
    }
    *used = length - u.left;
    *out = u.trees;
    return FORE_OK;
}
