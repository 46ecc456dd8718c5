/* Quantile bins. Edges lie half way between neighbouring values of a sample of at most SAMPLE rows,
 * evenly spaced in the given order: every distinct value has its own bin where there are few of
 * them, else bins hold about equally many rows and a frequent value is never cut off from itself.
 */
#include <float.h>
#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/score/trees_inside.h"

enum { SAMPLE = 200000 };

typedef struct binning {
    const fore_view *x;
    int64_t bins, sample;
    double *known; /* workers x sample */
    tree_bins *out;
} binning;

static double between(double a, double b)
{
    double middle = a / 2 + b / 2;
    return middle >= a && middle < b ? middle : a;
}

static int64_t distinct_values(const double *v, int64_t n, int64_t enough)
{
    int64_t count = n > 0;
    for (int64_t i = 1; i < n && count <= enough; i++) count += v[i] != v[i - 1];
    return count;
}

/* v: n sorted known values. Returns the number of edges. */
static int64_t place_edges(const double *v, int64_t n, int64_t bins, double *edge)
{
    int64_t edges = 0, last = 0;
    bool few = distinct_values(v, n, bins) <= bins;
    for (int64_t k = 1; few ? last < n : k < bins; k++) {
        int64_t at = few ? last + 1 : n * k / bins;
        if (at <= last) continue;
        while (at < n && v[at] == v[at - 1]) at++;
        if (at >= n) break;
        edge[edges++] = between(v[at - 1], v[at]);
        last = at;
    }
    return edges;
}

/* 1 + the number of edges below v: the answer's bits from the top. */
static uint8_t code_of(double v, const double *edge, int64_t edges)
{
    int64_t low = 0, length = edges;
    while (length > 0) {
        int64_t half = length / 2;
        int64_t right = edge[low + half] < v;
        low += right ? half + 1 : 0;
        length = right ? length - half - 1 : half;
    }
    return (uint8_t)(1 + low);
}

static fore_status bin_column(void *context, int64_t j, int worker, fore_error *err)
{
    (void)err;
    binning *b = context;
    int64_t n = b->x->rows, first = j * b->x->stride, count = 0;
    double *known = b->known + worker * b->sample, *edge = b->out->edge + j * TREE_BINS;
    for (int64_t k = 0; k < b->sample; k++) {
        int64_t i = b->sample == n ? k : (int64_t)((double)k * ((double)n / (double)b->sample));
        double value = fore_view_row(b->x, i)[first];
        if (!isnan(value)) known[count++] = value;
    }
    fore_sort(known, count);
    int64_t edges = place_edges(known, count, b->bins, edge);
    b->out->count[j] = (int32_t)edges + 1;
    uint8_t *code = b->out->code + j * n;
    for (int64_t i = 0; i < n; i++) {
        double value = fore_view_row(b->x, i)[first];
        code[i] = isnan(value) ? 0 : code_of(value, edge, edges);
    }
    return FORE_OK;
}

fore_status tree_bins_make(fore_pool *pool, const fore_view *x, int64_t bins, tree_bins *out,
                           fore_error *err)
{
    int64_t n = x->rows, p = x->columns, sample = n < SAMPLE ? n : SAMPLE;
    *out = (tree_bins){n, p, FORE_NEW(n * p, uint8_t), FORE_NEW(p * TREE_BINS, double),
                       FORE_NEW(p, int32_t)};
    binning b = {x, bins, sample, FORE_NEW(fore_pool_threads(pool) * sample, double), out};
    fore_status status = FORE_OK;
    if (!out->code || !out->edge || !out->count || !b.known) FORE_GO(fore_no_memory(err));
    status = fore_pool_run(pool, p, bin_column, &b, err);
done:
    fore_free(b.known);
    if (status != FORE_OK) tree_bins_free(out);
    return status;
}

void tree_bins_free(tree_bins *bins)
{
    fore_free(bins->code);
    fore_free(bins->edge);
    fore_free(bins->count);
    *bins = (tree_bins){0};
}
