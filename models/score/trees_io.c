/* The trees as JSON: one flat array per field of a node. What is read is believed only after it has
 * been checked to be trees: children after their parent, one parent each, features that exist. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/trees_inside.h"

#define WRITE_FIELD(name, call)                                                                    \
    do {                                                                                           \
        fore_json_array(json, name);                                                               \
        for (int64_t k = 0; k < trees->nodes; k++) call;                                           \
        fore_json_end_array(json);                                                                 \
    } while (0)

void fore_trees_write(const fore_trees *trees, fore_json_writer *json, const char *key)
{
    const tree_node *node = trees->node;
    fore_json_object(json, key);
    fore_json_integer(json, "columns", trees->columns);
    fore_json_number(json, "base", trees->base);
    fore_json_integers(json, "start", trees->start, trees->count + 1);
    WRITE_FIELD("feature", fore_json_integer(json, NULL, node[k].feature));
    WRITE_FIELD("left", fore_json_integer(json, NULL, node[k].left));
    WRITE_FIELD("right", fore_json_integer(json, NULL, node[k].right));
    WRITE_FIELD("missing_left", fore_json_integer(json, NULL, node[k].missing_left));
    WRITE_FIELD("threshold", fore_json_number(json, NULL, node[k].threshold));
    WRITE_FIELD("value", fore_json_number(json, NULL, node[k].value));
    WRITE_FIELD("cover", fore_json_number(json, NULL, node[k].cover));
    WRITE_FIELD("gain", fore_json_number(json, NULL, node[k].gain));
    fore_json_end_object(json);
}

/* An integer in [least, most] at array[index]. */
static bool integer_at(const fore_json_node *array, int64_t index, double least, double most,
                       int64_t *out)
{
    double v;
    if (!fore_json_as_number(fore_json_at(array, index), &v) || !(v >= least && v <= most) ||
        v != floor(v))
        return false;
    *out = (int64_t)v;
    return true;
}

static bool finite_at(const fore_json_node *array, int64_t index, double *out)
{
    return fore_json_as_number(fore_json_at(array, index), out) && isfinite(*out);
}

/* Depth of every node is known once its parent is: parents come first, each node has one parent. */
static bool sound_tree(const tree_node *tree, int64_t nodes, int64_t columns, uint8_t *depth)
{
    memset(depth, 255, (size_t)nodes);
    depth[0] = 0;
    for (int64_t k = 0; k < nodes; k++) {
        const tree_node *n = &tree[k];
        if (depth[k] == 255 || depth[k] > FORE_TREES_MAX_DEPTH || !(n->cover > 0)) return false;
        if (n->feature < 0) continue;
        int64_t child[2] = {n->left, n->right};
        for (int c = 0; c < 2; c++) {
            if (child[c] <= k || child[c] >= nodes || depth[child[c]] != 255) return false;
            depth[child[c]] = (uint8_t)(depth[k] + 1);
        }
        if (n->feature >= columns) return false;
    }
    return true;
}

static bool read_nodes(const fore_json_node *json, fore_trees *trees)
{
    static const char *const NAME[] = {"feature",   "left",  "right", "missing_left",
                                       "threshold", "value", "cover", "gain"};
    const fore_json_node *field[8];
    for (int f = 0; f < 8; f++) {
        field[f] = fore_json_get(json, NAME[f]);
        if (fore_json_length(field[f]) != trees->nodes) return false;
    }
    for (int64_t k = 0; k < trees->nodes; k++) {
        tree_node *n = &trees->node[k];
        int64_t feature, left, right, missing;
        if (!integer_at(field[0], k, -1, INT32_MAX, &feature) ||
            !integer_at(field[1], k, 0, INT32_MAX, &left) ||
            !integer_at(field[2], k, 0, INT32_MAX, &right) ||
            !integer_at(field[3], k, 0, 1, &missing) || !finite_at(field[4], k, &n->threshold) ||
            !finite_at(field[5], k, &n->value) || !finite_at(field[6], k, &n->cover) ||
            !finite_at(field[7], k, &n->gain))
            return false;
        n->feature = (int32_t)feature;
        n->left = (int32_t)left;
        n->right = (int32_t)right;
        n->missing_left = missing;
    }
    return true;
}

static bool read_starts(const fore_json_node *json, fore_trees *trees)
{
    const fore_json_node *start = fore_json_get(json, "start");
    for (int64_t t = 0; t <= trees->count; t++) {
        int64_t from = t ? trees->start[t - 1] + 1 : 0;
        if (!integer_at(start, t, (double)from, (double)trees->nodes, &trees->start[t]))
            return false;
    }
    return trees->start[0] == 0 && trees->start[trees->count] == trees->nodes;
}

static fore_status read_trees(const fore_json_node *json, fore_trees *trees, fore_error *err)
{
    int64_t nodes = fore_json_length(fore_json_get(json, "feature"));
    int64_t starts = fore_json_length(fore_json_get(json, "start"));
    const char *damaged = "the model's trees are damaged; train the model again";
    if (starts < 1 || !fore_json_get_number(json, "base", &trees->base) || !isfinite(trees->base))
        return fore_fail(err, FORE_E_MODEL, "%s", damaged);
    trees->count = starts - 1;
    FORE_TRY(trees_reserve(trees, nodes, err));
    trees->nodes = nodes;
    if (!read_nodes(json, trees) || !read_starts(json, trees))
        return fore_fail(err, FORE_E_MODEL, "%s", damaged);
    uint8_t *depth = FORE_NEW(nodes, uint8_t);
    if (!depth) return fore_no_memory(err);
    bool sound = true;
    for (int64_t t = 0; t < trees->count && sound; t++) {
        sound = sound_tree(trees->node + trees->start[t], trees->start[t + 1] - trees->start[t],
                           trees->columns, depth);
        if (sound) trees->expected[t] = trees_expect(trees, t);
    }
    fore_free(depth);
    return sound ? FORE_OK : fore_fail(err, FORE_E_MODEL, "%s", damaged);
}

fore_status fore_trees_read(const fore_json_node *node, fore_trees **out, fore_error *err)
{
    int64_t columns = 0;
    fore_trees *trees = NULL;
    *out = NULL;
    if (!fore_json_get_integer(node, "columns", &columns) || columns < 0 || columns > INT32_MAX)
        return fore_fail(err, FORE_E_MODEL,
                         "the model has no trees where they should be; train it again");
    FORE_TRY(trees_new(columns, &trees, err));
    fore_status status = read_trees(node, trees, err);
    if (status == FORE_OK) status = trees_compile(trees, err);
    if (status == FORE_OK)
        *out = trees;
    else
        fore_trees_free(trees);
    return status;
}
