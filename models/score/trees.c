/* Boosting and prediction. Binning and growing are in trees_bins.c and trees_grow.c, contributions
 * and the JSON form in trees_shap.c and trees_io.c.
 *
 *     F = log-odds of the base rate
 *     repeat: p = sigmoid(F); g = w (p - y); h = w p (1 - p); F += rate x tree fitted to (g, h)
 *     stop when the loss on the held-out rows has not improved for `patience` rounds; keep the best
 */
#include "models/score/trees.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/elementwise.h"
#include "engine/num/linear.h"
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
                                .bundle = true,
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
    tree_flat_free(trees->flat);
    tree_paths_free(trees->paths);
    tree_steps_free(trees->steps);
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

static fore_status trees_append(fore_trees *trees, const fore_trees *more, fore_error *err)
{
    for (int64_t t = 0; t < more->count; t++) {
        int64_t nodes = more->start[t + 1] - more->start[t];
        FORE_TRY(trees_reserve(trees, nodes, err));
        memcpy(trees->node + trees->nodes, more->node + more->start[t],
               (size_t)nodes * sizeof *trees->node);
        trees->nodes += nodes;
        trees->expected[trees->count] = more->expected[t];
        trees->start[++trees->count] = trees->nodes;
    }
    return FORE_OK;
}

fore_status fore_trees_moved(const fore_trees *trees, const int64_t *to, int64_t columns,
                             fore_trees **out, int64_t *gone, fore_error *err)
{
    fore_trees *moved;
    FORE_TRY(trees_new(columns, &moved, err));
    moved->base = trees->base;
    fore_status status = trees_append(moved, trees, err);
    for (int64_t k = 0; k < moved->nodes && status == FORE_OK; k++) {
        int32_t *feature = &moved->node[k].feature;
        if (*feature < 0) continue;
        if (gone) *gone = *feature;
        if (to[*feature] < 0 || to[*feature] >= columns)
            status = fore_fail(err, FORE_E_MODEL,
                               "the trees split on column %d, which is gone; grow them anew",
                               *feature + 1);
        else
            *feature = (int32_t)to[*feature];
    }
    if (status == FORE_OK) status = trees_compile(moved, err);
    if (status == FORE_OK)
        *out = moved;
    else
        fore_trees_free(moved);
    return status;
}

int64_t fore_trees_columns(const fore_trees *trees) { return trees->columns; }
int64_t fore_trees_count(const fore_trees *trees) { return trees->count; }

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
    bool grown; /* the newest tree is one of this fit */
    fore_trees *trees;
    double *weight; /* n, mean 1 over the rows fitted; NULL = ones */
    double largest; /* weight */
    double *margin; /* n */
    tree_pair *gh;  /* n */
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
    double *sum = b->loss + 4 * block, mean[FORE_ROW_BLOCK], softplus[FORE_ROW_BLOCK];
    memset(sum, 0, 4 * sizeof *sum);
    int64_t last = b->trees->count - 1;
    for (int64_t i = from; i < to && b->grown && (b->held || b->drawn); i++)
        if ((b->held && b->held[i]) || (b->drawn && !b->drawn[i]))
            b->margin[i] += tree_value_of_codes(b->trees, last, &b->bins, i);
    fore_logistic_many(b->margin + from, to - from, mean, softplus);
    for (int64_t i = from; i < to; i++) {
        double p = mean[i - from], w = b->weight ? b->weight[i] : 1, y = b->y[i];
        int part = b->held && b->held[i] ? 2 : 0;
        sum[part] += w * (softplus[i - from] - y * b->margin[i]);
        sum[part + 1] += w;
        b->gh[i] = (tree_pair){(float)(w * (p - y)), (float)(w * (p * (1 - p)))};
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

/* Where the boosting starts: the base rate's log-odds, or the trees to go on from. */
static fore_status start_margins(boosting *b, const fore_view *x, double weight, double positive,
                                 fore_error *err)
{
    const fore_trees *from = b->options.from;
    b->trees->base = from ? from->base : log(positive / (weight - positive));
    if (from) {
        FORE_TRY(trees_append(b->trees, from, err));
        return fore_trees_predict(b->pool, from, x, b->margin, err);
    }
    for (int64_t i = 0; i < b->n; i++) b->margin[i] = b->trees->base;
    return FORE_OK;
}

static fore_status prepare(boosting *b, const fore_view *x, const double *w, fore_error *err)
{
    int64_t n = b->n;
    b->weight = w ? FORE_NEW(n, double) : NULL;
    b->margin = FORE_NEW(n, double);
    b->gh = FORE_NEW(n, tree_pair);
    b->fitted = FORE_NEW(n, int32_t);
    b->rows = FORE_NEW(n, int32_t);
    b->columns = FORE_NEW(b->bins.columns, int32_t);
    b->loss = FORE_NEW(4 * (n / FORE_ROW_BLOCK + 1), double);
    b->drawn = b->options.row_share < 1 ? FORE_ZNEW(n, uint8_t) : NULL;
    if ((w && !b->weight) || !b->margin || !b->gh || !b->fitted || !b->rows || !b->columns ||
        !b->loss || (b->options.row_share < 1 && !b->drawn))
        return fore_no_memory(err);
    double weight = 0, positive = 0;
    for (int64_t i = 0; i < n; i++) {
        double one = w ? w[i] : 1;
        if (b->y[i] != 0 && b->y[i] != 1)
            return fore_fail(err, FORE_E_DATA,
                             "row %lld has the outcome %g; boosted trees take 0 or 1",
                             (long long)i + 1, b->y[i]);
        if ((b->held && b->held[i]) || !(one > 0)) continue;
        b->fitted[b->fitted_count++] = (int32_t)i;
        weight += one;
        positive += one * b->y[i];
    }
    if (!(positive > 0 && positive < weight))
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "boosted trees need rows of both outcomes; all rows to fit are %s",
                         positive > 0 ? "1" : "0");
    double scale = (double)b->fitted_count / weight;
    b->largest = w ? 0 : 1;
    for (int64_t i = 0; w && i < n; i++) {
        b->weight[i] = w[i] * scale;
        if (b->weight[i] > b->largest) b->largest = b->weight[i];
    }
    return start_margins(b, x, weight, positive, err);
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
    int64_t before = b->trees->count, best_count = 0;
    FORE_TRY(refresh(b, &loss, &held, err));
    *info = (fore_trees_info){0, loss, held};
    if (!isnan(held)) best = held;
    for (int64_t round = 0; round < b->options.rounds; round++) {
        if (fore_cancelled(observer))
            return fore_fail(err, FORE_E_CANCELLED, "the training of trees was cancelled");
        fore_progress(observer, "growing trees", round, b->options.rounds);
        int64_t number = before + round; /* going on draws as one long fit would have */
        int64_t rows = draw_rows(b, number), columns = draw_columns(b, number);
        tree_drawn drawn = {b->rows, rows, b->gh, b->weight, b->largest, b->columns, columns};
        FORE_TRY(tree_grow(b->grower, &drawn, b->trees, b->margin, err));
        b->grown = true;
        FORE_TRY(refresh(b, &loss, &held, err));
        if (isnan(held) || held < best) {
            best = held;
            best_count = round + 1;
            *info = (fore_trees_info){round + 1, loss, held};
        } else if (round + 1 - best_count >= b->options.patience) {
            break;
        }
    }
    cut_back(b->trees, before + best_count);
    return FORE_OK;
}

static fore_status check_options(const fore_trees_options *o, const fore_view *x, fore_error *err)
{
    if (o->rounds < 0 || o->leaves < 2 || o->leaves > 4096 || o->depth < 1 ||
        o->depth > FORE_TREES_MAX_DEPTH || o->bins < 2 || o->bins > 255 || !(o->rate > 0) ||
        !(o->l1 >= 0) || !(o->l2 >= 0) || !(o->min_hessian >= 1e-9) ||
        !(o->row_share > 0 && o->row_share <= 1) || !(o->column_share > 0 && o->column_share <= 1))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "an option of the boosted trees is out of range (see trees.h)");
    if (x->rows < 1) return fore_fail(err, FORE_E_DATA, "boosted trees have no rows to fit");
    if (o->from && o->from->columns != x->columns)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the trees to go on from have %lld columns; the rows have %lld",
                         (long long)o->from->columns, (long long)x->columns);
    if (x->rows > INT32_MAX || x->columns > INT32_MAX)
        return fore_fail(err, FORE_E_LIMIT, "boosted trees take at most %d rows", INT32_MAX);
    return FORE_OK;
}

fore_status fore_trees_fit(fore_pool *pool, const fore_view *x, const double *y, const double *w,
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
    FORE_GO(tree_bins_make(pool, x, b.options.bins, b.options.bundle, &b.bins, err));
    FORE_GO(tree_grower_new(pool, &b.bins, &b.options, &b.grower, err));
    FORE_GO(prepare(&b, x, w, err));
    FORE_GO(boost(&b, observer, info ? info : &unused, err));
    FORE_GO(trees_compile(b.trees, err));
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

static double tree_value(const tree_node *tree, const double *raw, int64_t step)
{
    const tree_node *node = tree;
    while (node->feature >= 0) node = tree_next(tree, node, raw[node->feature * step]);
    return node->value;
}

typedef struct prediction {
    const fore_trees *trees;
    const fore_view *x;
    double *margin;
} prediction;

enum { PREDICT_ROWS = 256 }; /* rows that stay in cache while all trees pass over them */

void trees_margins(const fore_trees *trees, const fore_view *x, int64_t from, int64_t rows,
                   double *margin)
{
    if (trees->flat) {
        tree_flat_margins(trees, x, from, rows, margin);
        return;
    }
    for (int64_t i = 0; i < rows; i++) margin[i] = trees->base;
    for (int64_t t = 0; t < trees->count; t++) {
        const tree_node *tree = trees->node + trees->start[t];
        for (int64_t i = 0; i < rows; i++)
            margin[i] += tree_value(tree, fore_view_row(x, from + i), x->stride);
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

fore_status fore_trees_predict(fore_pool *pool, const fore_trees *trees, const fore_view *x,
                               double *margin, fore_error *err)
{
    if (x->columns != trees->columns)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the rows have %lld columns; the trees were fitted on %lld",
                         (long long)x->columns, (long long)trees->columns);
    prediction p = {trees, x, margin};
    return fore_pool_run(pool, (x->rows + PREDICT_ROWS - 1) / PREDICT_ROWS, predict_block, &p, err);
}
