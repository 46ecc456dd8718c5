/* The scorer's answers. A linear learner is folded into one clamp, one multiplication and one
 * choice per raw column, so that a batch reads each raw value once:
 *
 *     margin = base + sum_j (v_j missing ? absent_j : slope_j clamp(v_j))
 *
 * with the design's centring gone into `base` and the missing indicator into `absent`. Columns that
 * bend are read once more: + bend max(clamp(v_j) - knot, 0) for each of their hinges. */
#include "models/score/scorer.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/score/scorer_inside.h"
#include "models/score/trees_inside.h"

enum {
    LINEAR_BLOCK = 4096, /* rows scored at once: long runs of each column keep memory streaming */
    OTHER_BLOCK = 512,   /* slower learners: a small batch still keeps all threads busy */
    VARIANCE_ROWS = 256  /* rows whose design and its product with the covariance stay in cache */
};

static const char *const NAME[FORE_LEARNERS] = {"logistic", "additive", "elastic-net", "trees",
                                                "svm"};

const char *fore_learner_name(fore_learner learner)
{
    return learner >= 0 && learner < FORE_LEARNERS ? NAME[learner] : "unknown";
}

bool fore_learner_parse(const char *name, fore_learner *learner)
{
    for (int k = 0; name && k < FORE_LEARNERS; k++)
        if (strcmp(name, NAME[k]) == 0) {
            *learner = (fore_learner)k;
            return true;
        }
    return false;
}

fore_status scorer_new(fore_learner learner, int64_t columns, double level, fore_scorer **out,
                       fore_error *err)
{
    fore_scorer *s = FORE_ZNEW(1, fore_scorer);
    *out = s;
    if (!s) return fore_no_memory(err);
    s->learner = learner;
    s->columns = columns;
    s->level = level;
    s->folded = FORE_ZNEW(columns, linear_column);
    if (s->folded) return FORE_OK;
    fore_free(s);
    *out = NULL;
    return fore_no_memory(err);
}

void fore_scorer_free(fore_scorer *scorer)
{
    if (!scorer) return;
    fore_design_free(scorer->design);
    fore_logit_free(scorer->linear);
    fore_trees_free(scorer->trees);
    fore_svm_free(scorer->svm);
    fore_calibration_free(scorer->calibration);
    fore_free(scorer->knobs.precisions);
    fore_free(scorer->folded);
    fore_free(scorer->bend);
    fore_free(scorer);
}

static void fold_linear(fore_scorer *s)
{
    const fore_design *d = s->design;
    s->base = s->linear->intercept;
    for (int64_t j = 0; j < s->columns; j++)
        s->folded[j] = (linear_column){d->low[j], d->high[j], 0, 0};
    for (int64_t q = 0; q < d->width; q++) {
        linear_column *c = &s->folded[d->source[q]];
        double slope = s->linear->beta[q] * (1 / d->scale[q]);
        s->base -= slope * d->mean[q];
        if (d->indicator[q]) {
            c->absent += slope;
        } else if (d->knot[q] > -INFINITY) {
            c->absent += slope * d->mean[q];
            s->bend[s->bends++] = (linear_bend){d->source[q], d->knot[q], c->high, slope};
        } else {
            c->slope = slope;
            c->absent += slope * d->mean[q];
        }
    }
}

fore_status scorer_finish(fore_scorer *scorer, fore_error *err)
{
    scorer->z = fore_normal_quantile(0.5 + 0.5 * scorer->level);
    if (!scorer->linear) return FORE_OK;
    scorer->bend = FORE_NEW(scorer->design->width, linear_bend);
    if (!scorer->bend) return fore_no_memory(err);
    fold_linear(scorer);
    return FORE_OK;
}

fore_learner fore_scorer_learner(const fore_scorer *scorer) { return scorer->learner; }
const fore_trees *fore_scorer_trees(const fore_scorer *scorer) { return scorer->trees; }
int64_t fore_scorer_columns(const fore_scorer *scorer) { return scorer->columns; }
const fore_calibration *fore_scorer_calibration(const fore_scorer *scorer)
{
    return scorer->calibration;
}

/* The absolute slope, in log-odds per sd, averaged over the pieces of each curve: knots lie at
 * quantiles, so the pieces hold about equally many rows. */
static void linear_importance(const fore_scorer *s, double *importance)
{
    const fore_design *d = s->design;
    for (int64_t q = 0; q < d->width; q++) {
        int64_t j = d->source[q], pieces = 1;
        double slope = s->linear->beta[q], sum = fabs(slope);
        for (; q + 1 < d->width && d->knot[q + 1] > -INFINITY; pieces++)
            sum += fabs(slope += s->linear->beta[++q]);
        importance[j] += sum / (double)pieces;
    }
}

void fore_scorer_importance(const fore_scorer *scorer, double *importance)
{
    memset(importance, 0, (size_t)scorer->columns * sizeof *importance);
    if (scorer->linear) {
        linear_importance(scorer, importance);
    } else if (scorer->trees) {
        for (int64_t k = 0; k < scorer->trees->nodes; k++)
            if (scorer->trees->node[k].feature >= 0)
                importance[scorer->trees->node[k].feature] += scorer->trees->node[k].gain;
    }
}

/* ---- batches ---- */

static inline double column_term(double x, linear_column c)
{
    double u = x < c.low ? c.low : x;
    u = (u > c.high ? c.high : u) * c.slope;
    return x != x ? c.absent : u;
}

static inline double larger_size(double x, double peak)
{
    double size = fabs(x);
    return size > peak ? size : peak; /* false for NaN */
}

/* Four columns at once: four streams from memory, one pass over the sums. */
FORE_WIDE
static void add_four(const double *v, int64_t stride, int64_t n, const linear_column *c,
                     double *restrict margin, double *restrict peak)
{
    const double *v0 = v, *v1 = v + stride, *v2 = v1 + stride, *v3 = v2 + stride;
    linear_column c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    for (int64_t i = 0; i < n; i++) {
        double a = column_term(v0[i], c0) + column_term(v1[i], c1);
        double b = column_term(v2[i], c2) + column_term(v3[i], c3);
        margin[i] += a + b;
        double size = larger_size(v0[i], larger_size(v1[i], peak[i]));
        peak[i] = larger_size(v2[i], larger_size(v3[i], size));
    }
}

FORE_WIDE
static void add_one(const double *v, int64_t n, linear_column c, double *restrict margin,
                    double *restrict peak)
{
    for (int64_t i = 0; i < n; i++) {
        margin[i] += column_term(v[i], c);
        peak[i] = larger_size(v[i], peak[i]);
    }
}

FORE_WIDE
static void add_bend(const double *v, int64_t n, linear_bend b, double *restrict margin)
{
    for (int64_t i = 0; i < n; i++) {
        double u = (v[i] < b.high ? v[i] : b.high) - b.knot;
        margin[i] += v[i] > b.knot ? u * b.slope : 0; /* NaN: 0 */
    }
}

/* Columns j .. j + count of rows from .. from + rows: where they lie, or gathered into room. */
static const double *find_columns(const fore_view *x, int64_t j, int64_t count, int64_t from,
                                  int64_t rows, double *room, int64_t *stride)
{
    *stride = x->row ? rows : x->stride;
    if (!x->row) return x->data + from + j * x->stride;
    for (int64_t k = 0; k < count; k++) fore_view_column(x, j + k, from, rows, room + k * rows);
    return room;
}

/* room: 4 x rows doubles where x has an index. */
static void linear_margins(const fore_scorer *s, const fore_view *x, int64_t from, int64_t rows,
                           double *room, double *margin, double *peak)
{
    int64_t j = 0, stride;
    for (int64_t i = 0; i < rows; i++) {
        margin[i] = s->base;
        peak[i] = 0;
    }
    for (; j + 4 <= s->columns; j += 4) {
        const double *v = find_columns(x, j, 4, from, rows, room, &stride);
        add_four(v, stride, rows, s->folded + j, margin, peak);
    }
    for (; j < s->columns; j++) {
        const double *v = find_columns(x, j, 1, from, rows, room, &stride);
        add_one(v, rows, s->folded[j], margin, peak);
    }
    for (int64_t k = 0; k < s->bends; k++) {
        const double *v = find_columns(x, s->bend[k].column, 1, from, rows, room, &stride);
        add_bend(v, rows, s->bend[k], margin);
    }
}

static fore_status refuse_infinite(const fore_view *x, int64_t from, int64_t rows, fore_error *err)
{
    for (int64_t j = 0; j < x->columns; j++)
        for (int64_t i = from; i < from + rows; i++)
            if (isinf(fore_view_row(x, i)[j * x->stride]))
                return fore_fail_at(
                    err, FORE_E_DATA, NULL, i + 1, j + 1,
                    "row %lld, column %lld holds an infinite value; use a number, or leave it "
                    "empty when it is unknown",
                    (long long)i + 1, (long long)j + 1);
    return FORE_OK;
}

typedef struct batch {
    const fore_scorer *s;
    const fore_view *x;
    double *probability, *lo, *hi, *margin; /* any may be NULL */
    double *scratch;                        /* workers x scratch_size */
    int64_t scratch_size;
} batch;

static int64_t block_rows(const fore_scorer *s) { return s->linear ? LINEAR_BLOCK : OTHER_BLOCK; }

static int64_t batch_scratch(const fore_scorer *s, const fore_view *x)
{
    int64_t size = 3 * block_rows(s); /* margin, peak, variance */
    int64_t gathered = s->linear && x->row ? 4 * LINEAR_BLOCK : 0, variance = 0;
    if (s->svm) size += OTHER_BLOCK * s->svm->width + fore_svm_scratch(s->svm, OTHER_BLOCK);
    if (s->linear && s->linear->covariance) variance = 2 * VARIANCE_ROWS * (s->linear->width + 1);
    return size + (gathered > variance ? gathered : variance); /* one after the other */
}

/* variance[i] = (z_i, 1)' C (z_i, 1), a few rows at a time in cache. */
static void find_variance(const fore_scorer *s, const fore_view *x, int64_t from, int64_t rows,
                          double *room, double *variance)
{
    int64_t q = s->linear->width, order = q + 1;
    double *z = room, *product = room + VARIANCE_ROWS * order;
    memset(variance, 0, (size_t)rows * sizeof *variance);
    for (int64_t at = 0; at < rows; at += VARIANCE_ROWS) {
        int64_t count = rows - at < VARIANCE_ROWS ? rows - at : VARIANCE_ROWS;
        fore_design_block(s->design, x, from + at, count, z, count);
        for (int64_t i = 0; i < count; i++) z[q * count + i] = 1;
        fore_multiply(z, s->linear->covariance, count, order, order, product);
        for (int64_t j = 0; j < order; j++)
            for (int64_t i = 0; i < count; i++)
                variance[at + i] += z[j * count + i] * product[j * count + i];
    }
    for (int64_t i = 0; i < rows; i++) variance[i] = variance[i] > 0 ? variance[i] : 0;
}

static fore_status score_block(void *context, int64_t block, int worker, fore_error *err)
{
    const batch *b = context;
    const fore_scorer *s = b->s;
    int64_t most = block_rows(s), from = block * most, left = b->x->rows - from;
    int64_t rows = left < most ? left : most;
    double *margin = b->scratch + worker * b->scratch_size, *peak = margin + most,
           *variance = peak + most;
    double *room = variance + most;
    memset(variance, 0, (size_t)rows * sizeof *variance);
    if (s->linear) {
        linear_margins(s, b->x, from, rows, room, margin, peak);
        bool infinite = false;
        for (int64_t i = 0; i < rows; i++) infinite |= peak[i] > DBL_MAX;
        if (infinite) return refuse_infinite(b->x, from, rows, err);
    } else {
        FORE_TRY(refuse_infinite(b->x, from, rows, err));
        if (s->trees) trees_margins(s->trees, b->x, from, rows, margin);
        if (s->svm) {
            fore_design_block(s->design, b->x, from, rows, room, rows);
            fore_svm_block(s->svm, room, rows, room + rows * s->svm->width, margin);
        }
    }
    if (b->margin) memcpy(b->margin + from, margin, (size_t)rows * sizeof *margin);
    if (!b->probability) return FORE_OK;
    if (b->lo && s->linear && s->linear->covariance)
        find_variance(s, b->x, from, rows, room, variance);
    fore_calibrated_many(s->calibration, margin, variance, s->z, rows, b->probability + from,
                         b->lo ? b->lo + from : NULL, b->hi ? b->hi + from : NULL);
    return FORE_OK;
}

static fore_status run_batch(fore_pool *pool, batch *b, fore_error *err)
{
    if (b->x->columns != b->s->columns)
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "the rows have %lld columns; the model was fitted on %lld: give it the same columns",
            (long long)b->x->columns, (long long)b->s->columns);
    int64_t most = block_rows(b->s);
    b->scratch_size = batch_scratch(b->s, b->x);
    b->scratch = FORE_NEW(fore_pool_threads(pool) * b->scratch_size, double);
    if (!b->scratch) return fore_no_memory(err);
    fore_status status = fore_pool_run(pool, (b->x->rows + most - 1) / most, score_block, b, err);
    fore_free(b->scratch);
    return status;
}

fore_status scorer_margins(fore_pool *pool, const fore_scorer *scorer, const fore_view *x,
                           double *margin, fore_error *err)
{
    batch b = {.s = scorer, .x = x, .margin = margin};
    return run_batch(pool, &b, err);
}

fore_status fore_scorer_predict(fore_pool *pool, const fore_scorer *scorer, const fore_view *x,
                                double *probability, double *lo, double *hi, double *margin,
                                fore_error *err)
{
    if (!lo != !hi)
        return fore_fail(err, FORE_E_ARGUMENT, "ask for both ends of the interval or for none");
    batch b = {
        .s = scorer, .x = x, .probability = probability, .lo = lo, .hi = hi, .margin = margin};
    return run_batch(pool, &b, err);
}

fore_status fore_scorer_shift(fore_pool *pool, const fore_scorer *scorer, const fore_view *x,
                              fore_prior_shift *shift, fore_error *err)
{
    double *margin = FORE_NEW(x->rows, double);
    if (!margin) return fore_no_memory(err);
    fore_status status = scorer_margins(pool, scorer, x, margin, err);
    if (status == FORE_OK) *shift = fore_prior_shift_find(scorer->calibration, margin, x->rows);
    fore_free(margin);
    return status;
}

/* ---- one row ---- */

int64_t fore_scorer_scratch(const fore_scorer *scorer)
{
    return scorer->design ? 2 * scorer->design->width + 1 : 1;
}

static fore_status check_row(const fore_scorer *scorer, const double *raw, fore_error *err)
{
    fore_view x = {raw, 1, scorer->columns, 1, NULL};
    return refuse_infinite(&x, 0, 1, err);
}

static double row_margin(const fore_scorer *s, const double *raw, double *z)
{
    if (s->trees) return fore_trees_row(s->trees, raw, 1);
    fore_design_row(s->design, raw, 1, z);
    if (s->svm) return fore_svm_row(s->svm, z);
    double margin, peak;
    fore_view x = {raw, 1, s->columns, 1, NULL};
    linear_margins(s, &x, 0, 1, NULL, &margin, &peak);
    return margin;
}

fore_status fore_scorer_row(const fore_scorer *scorer, const double *raw, double *scratch,
                            fore_score *score, fore_error *err)
{
    FORE_TRY(check_row(scorer, raw, err));
    score->margin = row_margin(scorer, raw, scratch);
    double variance = scorer->linear ? fore_logit_variance(scorer->linear, scratch) : 0;
    score->probability = fore_calibrated(scorer->calibration, score->margin, variance, scorer->z,
                                         &score->lo, &score->hi);
    return FORE_OK;
}

fore_status fore_scorer_parts(const fore_scorer *scorer, const double *raw, double *scratch,
                              double *parts, double *base, fore_error *err)
{
    FORE_TRY(check_row(scorer, raw, err));
    if (scorer->trees) {
        fore_trees_parts(scorer->trees, raw, 1, parts, base);
        return FORE_OK;
    }
    const fore_design *d = scorer->design;
    double *z = scratch, *piece = scratch + d->width;
    fore_design_row(d, raw, 1, z);
    if (scorer->svm) {
        fore_svm_parts(scorer->svm, z, piece, base);
    } else {
        *base = scorer->linear->intercept;
        for (int64_t q = 0; q < d->width; q++) piece[q] = scorer->linear->beta[q] * z[q];
    }
    memset(parts, 0, (size_t)scorer->columns * sizeof *parts);
    for (int64_t q = 0; q < d->width; q++) parts[d->source[q]] += piece[q];
    return FORE_OK;
}
