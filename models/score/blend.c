/* Boosting of weights (blend.h):
 *
 *     F_k = the best for all rows alike, by damped Newton steps; or the trees to go on from
 *     repeat: w = softmax(F); r_t = actual_t - sum_k w_k forecast_tk
 *             d_k = - sum_t cost_t sign(r_t) (forecast_tk - sum_j w_j forecast_tj)
 *             g_k = w_k d_k; h_k = w_k (1 - w_k) max_j |d_j|
 *             for every member k: F_k += rate x tree fitted to (g_k, h_k)
 *
 * The loss is not smooth: h is the curvature of the softmax alone, scaled by what is at stake. */
#include "models/score/blend.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/linear.h"
#include "models/score/trees_inside.h"

enum { PRIOR_STEPS = 200 };
static const double PRIOR_RATE = 0.5;
static const double LEAST_CURVATURE = 0.01; /* of w (1 - w): a member written off may return */
static const double LEAST_STAKE = 1e-6;

fore_blend_options fore_blend_default(void)
{
    fore_blend_options o = {.trees = fore_trees_default(), .row_limit = 2, .keep = 1};
    o.trees.rounds = 100;
    o.trees.rate = 0.05;
    o.trees.leaves = 8;
    o.trees.depth = 5;
    o.trees.l2 = 5;
    o.trees.row_share = 0.7;
    o.trees.column_share = 0.5;
    return o;
}

void fore_blend_weights(const bool *present, int64_t members, double *margin)
{
    double top = -INFINITY, sum = 0;
    for (int64_t k = 0; k < members; k++)
        if (!present || present[k]) top = fmax(top, margin[k]);
    for (int64_t k = 0; k < members; k++) {
        margin[k] = !present || present[k] ? exp(margin[k] - top) : 0;
        sum += margin[k];
    }
    for (int64_t k = 0; k < members; k++) margin[k] /= sum;
}

typedef struct blending {
    fore_pool *pool;
    const fore_blend_rows *rows;
    fore_blend_options options;
    int64_t n, k;
    double *margin; /* n x k, column by column */
    tree_pair *gh;  /* the same shape */
    double *block;  /* per block of rows: loss, largest |g|, largest h */
    tree_bins bins;
    tree_grower *grower;
    fore_trees *trees[FORE_BLEND_MEMBERS];
    int32_t *drawn, *row, *column;
    uint8_t *taken; /* n: drawn in this round */
    bool grown;
    double loss, largest;
} blending;

/* The cost of row i at weights w, and d (see above). */
static double row_pull(const fore_blend_rows *rows, int64_t i, const bool *present, const double *w,
                       double *d)
{
    int64_t k = rows->members;
    double loss = 0;
    memset(d, 0, (size_t)k * sizeof *d);
    for (int64_t t = rows->start[i]; t < rows->start[i + 1]; t++) {
        const double *f = rows->forecast + t * k;
        double mean = 0;
        for (int64_t j = 0; j < k; j++)
            if (present[j]) mean += w[j] * f[j];
        double r = rows->actual[t] - mean, pull = r > 0 ? -rows->cost[t] : rows->cost[t];
        loss += rows->cost[t] * fabs(r);
        for (int64_t j = 0; j < k && r != 0; j++)
            if (present[j]) d[j] += pull * (f[j] - mean);
    }
    return loss;
}

static double row_gradients(blending *b, int64_t i, double top[2])
{
    double w[FORE_BLEND_MEMBERS], d[FORE_BLEND_MEMBERS], stake = 0;
    bool present[FORE_BLEND_MEMBERS];
    const double *f = b->rows->forecast + b->rows->start[i] * b->k;
    for (int64_t j = 0; j < b->k; j++) {
        present[j] = !isnan(f[j]);
        w[j] = b->margin[j * b->n + i];
    }
    fore_blend_weights(present, b->k, w);
    double loss = row_pull(b->rows, i, present, w, d);
    for (int64_t j = 0; j < b->k; j++) stake = fmax(stake, fabs(d[j]));
    double cut = stake > b->options.row_limit ? b->options.row_limit / stake : 1;
    for (int64_t j = 0; j < b->k; j++) {
        double h = fmax(w[j] * (1 - w[j]), LEAST_CURVATURE) * stake * cut + LEAST_STAKE;
        tree_pair pair = {(float)(w[j] * d[j] * cut), (float)h};
        b->gh[j * b->n + i] = pair;
        top[0] = fmax(top[0], fabs((double)pair.g));
        top[1] = fmax(top[1], (double)pair.h);
    }
    return loss;
}

static fore_status gradient_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    blending *b = context;
    int64_t from = block * FORE_ROW_BLOCK, to = from + FORE_ROW_BLOCK;
    double *out = b->block + 3 * block;
    out[0] = out[1] = out[2] = 0;
    for (int64_t i = from; i < to && i < b->n; i++) {
        for (int64_t j = 0; b->grown && !b->taken[i] && j < b->k; j++)
            b->margin[j * b->n + i] +=
                tree_value_of_codes(b->trees[j], b->trees[j]->count - 1, &b->bins, i);
        out[0] += row_gradients(b, i, out + 1);
    }
    return FORE_OK;
}

static fore_status refresh(blending *b, fore_error *err)
{
    int64_t blocks = (b->n + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK;
    FORE_TRY(fore_pool_run(b->pool, blocks, gradient_block, b, err));
    b->loss = b->largest = 0;
    for (int64_t k = 0; k < blocks; k++) {
        b->loss += b->block[3 * k];
        b->largest = fmax(b->largest, fmax(b->block[3 * k + 1], 4 * b->block[3 * k + 2]));
    }
    b->loss /= (double)b->n;
    return FORE_OK;
}

static fore_status find_prior(blending *b, fore_error *err)
{
    for (int pass = 0; pass < PRIOR_STEPS; pass++) {
        FORE_TRY(refresh(b, err));
        for (int64_t j = 0; j < b->k; j++) {
            double g = 0, h = 0;
            for (int64_t i = 0; i < b->n; i++)
                g += (double)b->gh[j * b->n + i].g, h += (double)b->gh[j * b->n + i].h;
            double step = PRIOR_RATE * g / h;
            b->trees[j]->base -= step;
            for (int64_t i = 0; i < b->n; i++) b->margin[j * b->n + i] -= step;
        }
    }
    return refresh(b, err);
}

/* Rows have streams of their own, columns are drawn in order: the same for all trees of a round. */
static void draw(blending *b, int64_t round, int64_t *rows, int64_t *columns)
{
    const fore_trees_options *o = &b->options.trees;
    int64_t p = b->bins.columns, wanted = (int64_t)ceil(o->column_share * (double)p);
    fore_random random = fore_random_new(o->seed, UINT64_C(1) << 62 | (uint64_t)round);
    *rows = *columns = 0;
    for (int64_t i = 0; i < b->n; i++) {
        fore_random own =
            fore_random_new(o->seed + (uint64_t)round * UINT64_C(0x9e3779b97f4a7c15), (uint64_t)i);
        b->taken[i] = o->row_share >= 1 || fore_random_uniform(&own) < o->row_share;
        if (b->taken[i]) b->drawn[(*rows)++] = (int32_t)i;
    }
    for (int64_t j = 0; j < p; j++)
        if (fore_random_uniform(&random) * (double)(p - j) < (double)(wanted - *columns))
            b->column[(*columns)++] = (int32_t)j;
}

static fore_status boost(blending *b, const fore_observer *observer, fore_error *err)
{
    for (int64_t round = 0; round < b->options.trees.rounds; round++) {
        int64_t rows, columns;
        if (fore_cancelled(observer))
            return fore_fail(err, FORE_E_CANCELLED, "the learning of weights was cancelled");
        fore_progress(observer, "learning weights", round, b->options.trees.rounds);
        draw(b, round, &rows, &columns);
        if (rows == 0) continue;
        for (int64_t j = 0; j < b->k; j++) {
            memcpy(b->row, b->drawn, (size_t)rows * sizeof *b->row); /* growing reorders them */
            tree_drawn drawn = {b->row,     rows,      b->gh + j * b->n, NULL,
                                b->largest, b->column, columns};
            FORE_TRY(tree_grow(b->grower, &drawn, b->trees[j], b->margin + j * b->n, err));
        }
        b->grown = true;
        FORE_TRY(refresh(b, err));
    }
    return FORE_OK;
}

/* What is kept of the trees grown, and the base. */
static void soften(blending *b, int64_t j)
{
    fore_trees *trees = b->trees[j];
    int64_t before = b->options.from ? fore_trees_count(b->options.from[j]) : 0;
    if (b->options.prior) trees->base = b->options.prior[j];
    for (int64_t k = trees->start[before]; k < trees->nodes; k++)
        trees->node[k].value *= b->options.keep;
    for (int64_t t = before; t < trees->count; t++) trees->expected[t] = trees_expect(trees, t);
}

static fore_status check(const fore_blend_rows *rows, const fore_blend_options *o, fore_error *err)
{
    if (rows->members < 2 || rows->members > FORE_BLEND_MEMBERS)
        return fore_fail(err, FORE_E_ARGUMENT, "weights are for 2 to %d forecasts, not %lld",
                         FORE_BLEND_MEMBERS, (long long)rows->members);
    if (rows->x.rows < 1)
        return fore_fail(err, FORE_E_DATA, "there are no rows to learn weights from");
    if (rows->x.rows > INT32_MAX)
        return fore_fail(err, FORE_E_LIMIT, "weights are learned on at most %d rows", INT32_MAX);
    if (!(o->row_limit > 0) || !(o->keep >= 0) || o->trees.leaves < 2 || o->trees.rounds < 0)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "an option of the learned weights is out of range (see blend.h)");
    return FORE_OK;
}

/* A copy of the trees to go on from, and their margins; or no tree at all. */
static fore_status start(blending *b, int64_t j, fore_error *err)
{
    int64_t p = b->rows->x.columns, gone;
    if (!b->options.from) return trees_new(p, &b->trees[j], err);
    const fore_trees *from = b->options.from[j];
    int64_t *same = FORE_NEW(p, int64_t);
    if (!same) return fore_no_memory(err);
    for (int64_t c = 0; c < p; c++) same[c] = c;
    fore_status status = fore_trees_moved(from, same, p, &b->trees[j], &gone, err);
    fore_free(same);
    if (status != FORE_OK) return status;
    return fore_trees_predict(b->pool, from, &b->rows->x, b->margin + j * b->n, err);
}

static fore_status prepare(blending *b, fore_error *err)
{
    int64_t n = b->n, p = b->rows->x.columns;
    b->margin = FORE_ZNEW(n * b->k, double);
    b->gh = FORE_NEW(n * b->k, tree_pair);
    b->block = FORE_NEW(3 * (n / FORE_ROW_BLOCK + 1), double);
    b->drawn = FORE_NEW(n, int32_t);
    b->row = FORE_NEW(n, int32_t);
    b->column = FORE_NEW(p, int32_t);
    b->taken = FORE_ZNEW(n, uint8_t);
    if (!b->margin || !b->gh || !b->block || !b->drawn || !b->row || !b->column || !b->taken)
        return fore_no_memory(err);
    for (int64_t j = 0; j < b->k; j++) FORE_TRY(start(b, j, err));
    FORE_TRY(tree_bins_make(b->pool, &b->rows->x, b->options.trees.bins, true, &b->bins, err));
    return tree_grower_new(b->pool, &b->bins, &b->options.trees, &b->grower, err);
}

fore_status fore_blend_fit(fore_pool *pool, const fore_blend_rows *rows,
                           const fore_blend_options *options, const fore_observer *observer,
                           fore_trees **trees, double *loss, fore_error *err)
{
    blending b = {.pool = pool,
                  .rows = rows,
                  .options = options ? *options : fore_blend_default(),
                  .n = rows->x.rows,
                  .k = rows->members};
    fore_status status = FORE_OK;
    FORE_TRY(check(rows, &b.options, err));
    for (int64_t j = 0; j < b.k; j++) trees[j] = NULL;
    FORE_GO(prepare(&b, err));
    FORE_GO(b.options.from ? refresh(&b, err) : find_prior(&b, err));
    FORE_GO(boost(&b, observer, err));
    for (int64_t j = 0; j < b.k; j++) {
        soften(&b, j);
        FORE_GO(trees_compile(b.trees[j], err));
    }
    for (int64_t j = 0; j < b.k; j++) trees[j] = b.trees[j], b.trees[j] = NULL;
    if (loss) *loss = b.loss;
done:
    for (int64_t j = 0; j < b.k; j++) fore_trees_free(b.trees[j]);
    tree_bins_free(&b.bins);
    tree_grower_free(b.grower);
    fore_free(b.margin);
    fore_free(b.gh);
    fore_free(b.block);
    fore_free(b.drawn);
    fore_free(b.row);
    fore_free(b.column);
    fore_free(b.taken);
    return status;
}
