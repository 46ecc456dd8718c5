/* Quantile bins. Edges lie half way between neighbouring values of a sample of at most SAMPLE rows,
 * evenly spaced in the given order: every distinct value has its own bin where there are few of
 * them, else bins hold about equally many rows and a frequent value is never cut off from itself.
 *
 *     for each column: sample, sort, place the edges
 *     choose the columns that share a strip (trees_bundle.c), lay the strips in groups of about
 *     equal width
 *     for each group and block of rows: the codes, row by row
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/linear.h"
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
    if (!(middle >= a && middle < b)) middle = a;
    return middle < -DBL_MAX ? -DBL_MAX : middle; /* a file keeps finite thresholds */
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

/* The code of more than half of the sampled rows, of which `count` sorted ones are known; -1: none.
 */
static int32_t usual_code(const double *known, int64_t count, int64_t sample, const double *edge)
{
    if (2 * (sample - count) > sample) return 0;
    if (count == 0) return -1;
    double middle = known[count / 2]; /* only it can be more than half of them */
    int64_t same = 0;
    int32_t code = 1;
    for (int64_t i = 0; i < count; i++) same += known[i] == middle;
    if (2 * same <= sample) return -1;
    while (middle > edge[code - 1]) code++;
    return code;
}

static fore_status place_column(void *context, int64_t j, int worker, fore_error *err)
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
    for (int64_t k = edges; k < TREE_BINS; k++) edge[k] = INFINITY;
    b->out->count[j] = (int32_t)edges + 1;
    b->out->usual[j] = usual_code(known, count, b->sample, edge);
    return FORE_OK;
}

/* ---- groups ---- */

/* A multiple of the threads, so that all have the same to do. */
static int64_t group_count(const tree_bins *b, int threads)
{
    int64_t n = b->strips, groups = (n + TREE_GROUP - 1) / TREE_GROUP;
    groups = (groups + threads - 1) / threads * threads;
    return groups < n ? groups : n;
}

static fore_status lay_groups(tree_bins *b, int threads, fore_error *err)
{
    for (int64_t k = 0; k < b->strips; k++) {
        b->strip[k].base = b->total;
        b->total += b->strip[k].bins;
    }
    b->groups = group_count(b, threads);
    b->group = FORE_ZNEW(b->groups, tree_group);
    b->code = FORE_NEW(b->rows * b->strips, uint8_t);
    if (!b->group || !b->code) return fore_no_memory(err);
    for (int64_t k = 0; k < b->groups; k++) {
        tree_group *g = &b->group[k];
        g->first = (int32_t)(k * b->strips / b->groups);
        g->strips = (int32_t)((k + 1) * b->strips / b->groups) - g->first;
        g->code = b->code + g->first * b->rows;
        for (int32_t c = 0; c < g->strips; c++) b->strip[g->first + c].group = (int32_t)k;
    }
    return FORE_OK;
}

/* ---- codes ---- */

/* The number of edges below each value by bisection, all values in step. */
FORE_WIDE
static void count_below(const double *v, const double *edge, int32_t edges, int32_t *restrict below)
{
    int32_t half = 128;
    while (half > 1 && half > edges) half /= 2;
    for (int i = 0; i < TREE_PIECE; i++) below[i] = 0;
    for (; half; half /= 2)
        for (int i = 0; i < TREE_PIECE; i++)
            below[i] += edge[below[i] + half - 1] < v[i] ? half : 0;
}

void tree_codes(const double *v, const double *edge, int32_t edges, uint8_t *code)
{
    int32_t below[TREE_PIECE];
    count_below(v, edge, edges, below);
    for (int i = 0; i < TREE_PIECE; i++) code[i] = v[i] != v[i] ? 0 : (uint8_t)(1 + below[i]);
}

void tree_codes_of(const tree_bins *bins, const fore_view *x, int64_t j, int64_t from,
                   int64_t count, uint8_t *code)
{
    double room[TREE_PIECE], v[TREE_PIECE] = {0};
    const double *values = fore_view_column(x, j, from, count, room);
    if (count < TREE_PIECE) values = memcpy(v, values, (size_t)count * sizeof *v);
    tree_codes(values, bins->edge + j * TREE_BINS, bins->count[j] - 1, code);
}

/* The codes of one strip in rows from .. to - 1, `step` bytes apart. */
static void code_strip(const binning *b, const tree_strip *s, int64_t from, int64_t to,
                       uint8_t *out, int64_t step)
{
    uint8_t code[TREE_PIECE], place[TREE_BINS];
    for (int32_t c = 0; c < s->columns; c++) {
        int32_t j = b->out->carried[s->from + c];
        const tree_home *home = &b->out->home[j];
        for (int32_t k = 0; k <= b->out->count[j]; k++)
            place[k] =
                (uint8_t)(!home->bundled     ? k
                          : k == home->usual ? 0
                                             : home->first + k - home->lowest - (k > home->usual));
        for (int64_t at = from; at < to; at += TREE_PIECE) {
            int64_t count = to - at < TREE_PIECE ? to - at : TREE_PIECE;
            uint8_t *o = out + at * step;
            tree_codes_of(b->out, b->x, j, at, count, code);
            if (c == 0)
                for (int64_t i = 0; i < count; i++) o[i * step] = place[code[i]];
            else
                for (int64_t i = 0; i < count; i++) o[i * step] |= place[code[i]];
        }
    }
}

static fore_status code_block(void *context, int64_t task, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const binning *b = context;
    const tree_group *g = &b->out->group[task % b->out->groups];
    int64_t from = task / b->out->groups * FORE_ROW_BLOCK, n = b->x->rows;
    int64_t to = from + FORE_ROW_BLOCK < n ? from + FORE_ROW_BLOCK : n;
    for (int32_t c = 0; c < g->strips; c++)
        code_strip(b, &b->out->strip[g->first + c], from, to, g->code + c, g->strips);
    return FORE_OK;
}

fore_status tree_bins_make(fore_pool *pool, const fore_view *x, int64_t bins, bool bundle,
                           tree_bins *out, fore_error *err)
{
    int64_t n = x->rows, p = x->columns, sample = n < SAMPLE ? n : SAMPLE;
    *out = (tree_bins){.rows = n,
                       .columns = p,
                       .edge = FORE_NEW(p * TREE_BINS, double),
                       .count = FORE_NEW(p, int32_t),
                       .usual = FORE_NEW(p, int32_t),
                       .carried = FORE_NEW(p, int32_t),
                       .home = FORE_ZNEW(p, tree_home),
                       .strip = FORE_ZNEW(p, tree_strip)};
    binning b = {x, bins, sample, FORE_NEW(fore_pool_threads(pool) * sample, double), out};
    fore_status status = FORE_OK;
    if (!out->edge || !out->count || !out->usual || !out->carried || !out->home || !out->strip ||
        !b.known)
        FORE_GO(fore_no_memory(err));
    FORE_GO(fore_pool_run(pool, p, place_column, &b, err));
    FORE_GO(tree_bundle(pool, x, bundle, out, err));
    FORE_GO(lay_groups(out, fore_pool_threads(pool), err));
    int64_t blocks = (n + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK;
    status = fore_pool_run(pool, blocks * out->groups, code_block, &b, err);
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
    fore_free(bins->usual);
    fore_free(bins->carried);
    fore_free(bins->home);
    fore_free(bins->strip);
    fore_free(bins->group);
    *bins = (tree_bins){0};
}
