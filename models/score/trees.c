/* Boosting, prediction, TreeSHAP and the JSON form of the trees. Binning and growing are in
 * trees_bins.c and trees_grow.c.
 *
 *     F = log-odds of the base rate
 *     repeat: p = sigmoid(F); g = w (p - y); h = w p (1 - p); F += rate x tree fitted to (g, h)
 *     stop when the loss on the held-out rows has not improved for `patience` rounds; keep the best
 */
#include "models/score/trees.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "models/score/trees_inside.h"

fore_trees_options fore_trees_default(void)
{
    return (fore_trees_options){.rounds = 300,
                                .leaves = 31,
                                .depth = 8,
                                .bins = 255,
                                .rate = 0.08,
                                .l2 = 1,
                                .min_hessian = 1,
                                .min_gain = 1e-6,
                                .row_share = 1,
                                .column_share = 1,
                                .patience = 20,
                                .seed = 1};
}

fore_status trees_new(int64_t columns, fore_trees **out, fore_error *err)
{
    fore_trees *trees = FORE_ZNEW(1, fore_trees);
    *out = trees;
    if (!trees) return fore_no_memory(err);
    trees->columns = columns;
    fore_status status = trees_reserve(trees, 1, err);
    if (status == FORE_OK) {
        trees->start[0] = 0;
        return FORE_OK;
    }
    fore_trees_free(trees);
    *out = NULL;
    return status;
}

void fore_trees_free(fore_trees *trees)
{
    if (!trees) return;
    fore_free(trees->start);
    fore_free(trees->expected);
    fore_free(trees->node);
    fore_free(trees);
}

fore_status trees_reserve(fore_trees *trees, int64_t nodes, fore_error *err)
{
    if (trees->count + 2 > trees->start_capacity) {
        int64_t room = 2 * (trees->count + 2);
        int64_t *start = fore_realloc(trees->start, room, sizeof *start);
        if (!start) return fore_no_memory(err);
        trees->start = start;
        double *expected = fore_realloc(trees->expected, room, sizeof *expected);
        if (!expected) return fore_no_memory(err);
        trees->expected = expected;
        trees->start_capacity = room;
    }
    return fore_grow((void **)&trees->node, &trees->node_capacity, trees->nodes + nodes,
                     sizeof *trees->node, err);
}

int64_t fore_trees_columns(const fore_trees *trees) { return trees->columns; }
int64_t fore_trees_count(const fore_trees *trees) { return trees->count; }

/* Children come after their parent: one pass from the back. */
double trees_expect(const fore_trees *trees, int64_t t)
{
    const tree_node *tree = trees->node + trees->start[t];
    double sum = 0;
    for (int64_t k = 0; k < trees->start[t + 1] - trees->start[t]; k++)
        if (tree[k].feature < 0) sum += tree[k].value * (tree[k].cover / tree[0].cover);
    return sum;
}

/* ---- fitting ---- */

typedef struct boosting {
    fore_pool *pool;
    const double *y;
    const uint8_t *held;
    int64_t n;
    fore_trees_options options;
    tree_bins bins;
    tree_grower *grower;
    fore_trees *trees;
    double *weight, *margin; /* n; weight has mean 1 over the rows fitted */
    tree_pair *gh;           /* n */
    int32_t *fitted, *rows, *columns;
    int64_t fitted_count;
    uint8_t *drawn; /* n: takes part in this tree; NULL when all rows always do */
    double *loss;   /* 4 per block of rows: fitted loss, weight, held loss, weight */
} boosting;

static fore_status gradient_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    boosting *b = context;
    int64_t from = block * FORE_ROW_BLOCK,
            to = from + FORE_ROW_BLOCK < b->n ? from + FORE_ROW_BLOCK : b->n;
    double *sum = b->loss + 4 * block;
    memset(sum, 0, 4 * sizeof *sum);
    int64_t last = b->trees->count - 1;
    for (int64_t i = from; i < to; i++) {
        bool held = b->held && b->held[i];
        if (last >= 0 && (held || (b->drawn && !b->drawn[i])))
            b->margin[i] += tree_value_of_codes(b->trees, last, &b->bins, i);
        double f = b->margin[i], e = exp(-fabs(f)), over = 1 / (1 + e), w = b->weight[i];
        double loss = w * (log1p(e) + (f > 0 ? f : 0) - b->y[i] * f);
        sum[held ? 2 : 0] += loss;
        sum[held ? 3 : 1] += w;
        b->gh[i] = (tree_pair){w * ((f >= 0 ? over : e * over) - b->y[i]), w * e * over * over};
    }
    return FORE_OK;
}

/* Gradients at the present margins and the mean losses there. */
static fore_status refresh(boosting *b, double *loss, double *held_loss, fore_error *err)
{
    int64_t blocks = (b->n + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK;
    FORE_TRY(fore_pool_run(b->pool, blocks, gradient_block, b, err));
    double sum[4] = {0};
    for (int64_t k = 0; k < 4 * blocks; k++) sum[k % 4] += b->loss[k];
    *loss = sum[1] > 0 ? sum[0] / sum[1] : NAN;
    *held_loss = sum[3] > 0 ? sum[2] / sum[3] : NAN;
    return FORE_OK;
}

static fore_status prepare(boosting *b, const double *w, fore_error *err)
{
    int64_t n = b->n;
    b->weight = FORE_NEW(n, double);
    b->margin = FORE_NEW(n, double);
    b->gh = FORE_NEW(n, tree_pair);
    b->fitted = FORE_NEW(n, int32_t);
    b->rows = FORE_NEW(n, int32_t);
    b->columns = FORE_NEW(b->bins.columns, int32_t);
    b->loss = FORE_NEW(4 * (n / FORE_ROW_BLOCK + 1), double);
    b->drawn = b->options.row_share < 1 ? FORE_ZNEW(n, uint8_t) : NULL;
    if (!b->weight || !b->margin || !b->gh || !b->fitted || !b->rows || !b->columns || !b->loss ||
        (b->options.row_share < 1 && !b->drawn))
        return fore_no_memory(err);
    double weight = 0, positive = 0;
    for (int64_t i = 0; i < n; i++) {
        b->weight[i] = w ? w[i] : 1;
        if ((b->held && b->held[i]) || !(b->weight[i] > 0)) continue;
        b->fitted[b->fitted_count++] = (int32_t)i;
        weight += b->weight[i];
        positive += b->weight[i] * b->y[i];
    }
    if (!(positive > 0 && positive < weight))
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "boosted trees need rows of both outcomes; all rows to fit are %s",
                         positive > 0 ? "1" : "0");
    b->trees->base = log(positive / (weight - positive));
    double scale = (double)b->fitted_count / weight;
    for (int64_t i = 0; i < n; i++) {
        b->weight[i] *= scale;
        b->margin[i] = b->trees->base;
    }
    return FORE_OK;
}

/* The rows and columns of this tree: each row has a stream of its own, so order plays no part. */
static int64_t draw_rows(boosting *b, int64_t round)
{
    int64_t count = 0;
    for (int64_t k = 0; k < b->fitted_count; k++) {
        int32_t row = b->fitted[k];
        if (b->drawn) {
            fore_random random = fore_random_new(
                b->options.seed + (uint64_t)round * UINT64_C(0x9e3779b97f4a7c15), (uint64_t)row);
            b->drawn[row] = fore_random_uniform(&random) < b->options.row_share;
            if (!b->drawn[row]) continue;
        }
        b->rows[count++] = row;
    }
    return count;
}

static int64_t draw_columns(boosting *b, int64_t round)
{
    int64_t p = b->bins.columns, count = 0;
    int64_t wanted = (int64_t)ceil(b->options.column_share * (double)p);
    fore_random random = fore_random_new(b->options.seed, UINT64_C(1) << 62 | (uint64_t)round);
    for (int64_t j = 0; j < p; j++) { /* selection sampling keeps the order of columns */
        if (fore_random_uniform(&random) * (double)(p - j) < (double)(wanted - count))
            b->columns[count++] = (int32_t)j;
    }
    return count;
}

static void cut_back(fore_trees *trees, int64_t count)
{
    trees->count = count;
    trees->nodes = trees->start[count];
}

static fore_status boost(boosting *b, const fore_observer *observer, fore_trees_info *info,
                         fore_error *err)
{
    double loss, held, best = INFINITY;
    int64_t best_count = 0;
    FORE_TRY(refresh(b, &loss, &held, err));
    *info = (fore_trees_info){0, loss, held};
    if (!isnan(held)) best = held;
    for (int64_t round = 0; round < b->options.rounds; round++) {
        if (fore_cancelled(observer))
            return fore_fail(err, FORE_E_CANCELLED, "the training of trees was cancelled");
        fore_progress(observer, "growing trees", round, b->options.rounds);
        int64_t rows = draw_rows(b, round), columns = draw_columns(b, round);
        FORE_TRY(tree_grow(b->grower, b->rows, rows, b->gh, b->weight, b->columns, columns,
                           b->trees, b->margin, err));
        FORE_TRY(refresh(b, &loss, &held, err));
        if (isnan(held) || held < best) {
            best = held;
            best_count = round + 1;
            *info = (fore_trees_info){round + 1, loss, held};
        } else if (round + 1 - best_count >= b->options.patience) {
            break;
        }
    }
    cut_back(b->trees, best_count);
    return FORE_OK;
}

static fore_status check_options(const fore_trees_options *o, const fore_matrix *x, fore_error *err)
{
    if (o->rounds < 0 || o->leaves < 2 || o->leaves > 4096 || o->depth < 1 ||
        o->depth > FORE_TREES_MAX_DEPTH || o->bins < 2 || o->bins > 255 || !(o->rate > 0) ||
        !(o->l2 >= 0) || !(o->min_hessian >= 1e-9) || !(o->row_share > 0 && o->row_share <= 1) ||
        !(o->column_share > 0 && o->column_share <= 1))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "an option of the boosted trees is out of range (see trees.h)");
    if (x->rows < 1) return fore_fail(err, FORE_E_DATA, "boosted trees have no rows to fit");
    if (x->rows > INT32_MAX || x->columns > INT32_MAX)
        return fore_fail(err, FORE_E_LIMIT, "boosted trees take at most %d rows", INT32_MAX);
    return FORE_OK;
}

fore_status fore_trees_fit(fore_pool *pool, const fore_matrix *x, const double *y, const double *w,
                           const uint8_t *held, const fore_trees_options *options,
                           const fore_observer *observer, fore_trees **out, fore_trees_info *info,
                           fore_error *err)
{
    boosting b = {.pool = pool,
                  .y = y,
                  .held = held,
                  .n = x->rows,
                  .options = options ? *options : fore_trees_default()};
    fore_trees_info unused;
    fore_status status = FORE_OK;
    *out = NULL;
    FORE_TRY(check_options(&b.options, x, err));
    FORE_GO(trees_new(x->columns, &b.trees, err));
    FORE_GO(tree_bins_make(pool, x, b.options.bins, &b.bins, err));
    FORE_GO(tree_grower_new(pool, &b.bins, &b.options, &b.grower, err));
    FORE_GO(prepare(&b, w, err));
    FORE_GO(boost(&b, observer, info ? info : &unused, err));
    *out = b.trees;
    b.trees = NULL;
done:
    fore_trees_free(b.trees);
    tree_bins_free(&b.bins);
    tree_grower_free(b.grower);
    fore_free(b.weight);
    fore_free(b.margin);
    fore_free(b.gh);
    fore_free(b.fitted);
    fore_free(b.rows);
    fore_free(b.columns);
    fore_free(b.drawn);
    fore_free(b.loss);
    return status;
}

/* ---- prediction ---- */

static const tree_node *next_node(const tree_node *tree, const tree_node *node, double v)
{
    bool left = isnan(v) ? node->missing_left : v <= node->threshold;
    return tree + (left ? node->left : node->right);
}

static double tree_value(const tree_node *tree, const double *raw, int64_t step)
{
    const tree_node *node = tree;
    while (node->feature >= 0) node = next_node(tree, node, raw[node->feature * step]);
    return node->value;
}

double fore_trees_row(const fore_trees *trees, const double *raw, int64_t step)
{
    double margin = trees->base;
    for (int64_t t = 0; t < trees->count; t++)
        margin += tree_value(trees->node + trees->start[t], raw, step);
    return margin;
}

typedef struct prediction {
    const fore_trees *trees;
    const fore_matrix *x;
    double *margin;
} prediction;

enum { PREDICT_ROWS = 256 }; /* rows that stay in cache while all trees pass over them */

void trees_margins(const fore_trees *trees, const fore_matrix *x, int64_t from, int64_t rows,
                   double *margin)
{
    for (int64_t i = 0; i < rows; i++) margin[i] = trees->base;
    for (int64_t t = 0; t < trees->count; t++) {
        const tree_node *tree = trees->node + trees->start[t];
        for (int64_t i = 0; i < rows; i++)
            margin[i] += tree_value(tree, x->data + from + i, x->stride);
    }
}

static fore_status predict_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const prediction *p = context;
    int64_t from = block * PREDICT_ROWS, left = p->x->rows - from;
    trees_margins(p->trees, p->x, from, left < PREDICT_ROWS ? left : PREDICT_ROWS,
                  p->margin + from);
    return FORE_OK;
}

fore_status fore_trees_predict(fore_pool *pool, const fore_trees *trees, const fore_matrix *x,
                               double *margin, fore_error *err)
{
    if (x->columns != trees->columns)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the rows have %lld columns; the trees were fitted on %lld",
                         (long long)x->columns, (long long)trees->columns);
    prediction p = {trees, x, margin};
    return fore_pool_run(pool, (x->rows + PREDICT_ROWS - 1) / PREDICT_ROWS, predict_block, &p, err);
}

/* ---- TreeSHAP (Lundberg, Erion, Lee 2018, algorithm 2) ----
 *
 * A path holds the distinct features on the way from the root: the share of training rows that
 * follow when the feature is unknown (zero), whether the row itself follows (one), and the
 * permutation weight of each size of subset. extend adds a feature, unwind takes one out again. */

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
    const tree_node *hot = next_node(s->tree, node, s->raw[node->feature * s->step]);
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

/* ---- as JSON: one flat array per field of a node ---- */

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
    if (status == FORE_OK)
        *out = trees;
    else
        fore_trees_free(trees);
    return status;
}
