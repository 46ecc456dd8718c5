/* A linear machine on a Nystroem map, for more rows than libsvm can take.
 *
 *     landmarks s_1 .. s_m: a stratified draw of the rows
 *     K = [exp(-gamma |s_a - s_b|^2)] = U diag(lambda) U'; directions with lambda < FLOOR
 * lambda_max hold nothing but rounding and are left out phi(z) = diag(lambda)^-1/2 U' k(z),  k_a(z)
 * = exp(-gamma |z - s_a|^2) b, c = logistic regression on phi with the prior precision 1 / cost
 *     f(z) = phi(z)' b + c = k(z)' coef - rho,  coef = U diag(lambda)^-1/2 b,  rho = -c
 *
 * so that what is kept, scored and explained has the form of a support vector machine. Where rows
 * were drawn and one outcome more often than the other, c is moved back by the log of the ratio of
 * the two shares: f stays the log-odds of all rows. Source: Williams and Seeger 2001. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/score/logit.h"
#include "models/score/svm_inside.h"

enum { BLOCK = 512 };
static const double FLOOR = 1e-10;

typedef struct mapping {
    const fore_view *x;
    const fore_design *design;
    const fore_svm *svm;    /* landmarks and their norms */
    const double *to;       /* m x r: U diag(lambda)^-1/2 */
    int64_t rank;           /* r */
    double *room, *feature; /* per worker; n x r */
    int64_t room_size;
} mapping;

static void take_rows(const fore_view *x, const fore_design *design, int64_t from, int64_t rows,
                      double *z)
{
    if (design) {
        fore_design_block(design, x, from, rows, z, rows);
        return;
    }
    for (int64_t j = 0; j < x->columns; j++)
        for (int64_t i = 0; i < rows; i++)
            z[i + j * rows] = fore_view_row(x, from + i)[j * x->stride];
}

/* k (rows x m) from z (rows x q). */
static void kernel_block(const fore_svm *svm, const double *z, int64_t rows, double *norm,
                         double *k)
{
    memset(norm, 0, (size_t)rows * sizeof *norm);
    for (int64_t j = 0; j < svm->width; j++)
        for (int64_t i = 0; i < rows; i++) norm[i] += z[i + j * rows] * z[i + j * rows];
    fore_multiply(z, svm->vector, rows, svm->width, svm->vectors, k);
    for (int64_t s = 0; s < svm->vectors; s++)
        for (int64_t i = 0; i < rows; i++) {
            double square = norm[i] + svm->norm[s] - 2 * k[i + s * rows];
            k[i + s * rows] = exp(-svm->gamma * fmax(square, 0));
        }
}

static fore_status map_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)err;
    const mapping *m = context;
    int64_t n = m->x->rows, from = block * BLOCK, left = n - from;
    int64_t rows = left < BLOCK ? left : BLOCK;
    double *z = m->room + worker * m->room_size, *norm = z + BLOCK * m->svm->width;
    double *k = norm + BLOCK, *phi = k + BLOCK * m->svm->vectors;
    take_rows(m->x, m->design, from, rows, z);
    kernel_block(m->svm, z, rows, norm, k);
    fore_multiply(k, m->to, rows, m->svm->vectors, m->rank, phi);
    for (int64_t j = 0; j < m->rank; j++)
        memcpy(m->feature + from + j * n, phi + j * rows, (size_t)rows * sizeof *phi);
    return FORE_OK;
}

static fore_status map_rows(fore_pool *pool, mapping *m, fore_error *err)
{
    m->room_size = BLOCK * (m->svm->width + 1 + m->svm->vectors + m->rank);
    m->room = FORE_NEW(fore_pool_threads(pool) * m->room_size, double);
    m->feature = FORE_NEW(m->x->rows * m->rank, double);
    if (!m->room || !m->feature) return fore_no_memory(err);
    return fore_pool_run(pool, (m->x->rows + BLOCK - 1) / BLOCK, map_block, m, err);
}

/* to (m x m, the first *rank columns used): U diag(lambda)^-1/2 of the landmarks' kernel. */
static fore_status decompose(const fore_svm *svm, double *to, int64_t *rank, fore_error *err)
{
    int64_t m = svm->vectors;
    double *lambda = FORE_NEW(m, double);
    if (!lambda) return fore_no_memory(err);
    for (int64_t a = 0; a < m; a++)
        for (int64_t b = 0; b < m; b++) {
            double square = 0;
            for (int64_t j = 0; j < svm->width; j++) {
                double d = svm->vector[a * svm->width + j] - svm->vector[b * svm->width + j];
                square += d * d;
            }
            to[a + b * m] = exp(-svm->gamma * square);
        }
    fore_status status = fore_eigen_symmetric(to, m, lambda, err);
    int64_t first = 0;
    while (first < m - 1 && !(lambda[first] > FLOOR * lambda[m - 1])) first++;
    *rank = m - first;
    if (first > 0) memmove(to, to + first * m, (size_t)(*rank * m) * sizeof *to);
    for (int64_t j = 0; j < *rank; j++)
        for (int64_t a = 0; a < m; a++) to[a + j * m] /= sqrt(lambda[first + j]);
    fore_free(lambda);
    return status;
}

fore_status svm_map_on(fore_pool *pool, const fore_view *x, const fore_design *design,
                       const double *y, const double *w, const int64_t *landmark, int64_t landmarks,
                       double gamma, double c, fore_svm **out, fore_error *err)
{
    int64_t q = design ? design->width : x->columns;
    fore_svm *svm = NULL;
    fore_logit_model *model = NULL;
    fore_logit_options o = fore_logit_default();
    mapping m = {.x = x, .design = design};
    double *to = NULL;
    fore_status status = FORE_OK;
    FORE_GO(svm_new(q, landmarks, &svm, err));
    svm->gamma = gamma;
    fore_view rows = *x;
    for (int64_t s = 0; s < landmarks; s++) {
        int64_t row = x->row ? x->row[landmark[s]] : landmark[s];
        rows.rows = 1;
        rows.row = &row;
        take_rows(&rows, design, 0, 1, svm->vector + s * q);
    }
    svm_norms(svm);
    to = FORE_NEW(landmarks * landmarks, double);
    if (!to) FORE_GO(fore_no_memory(err));
    FORE_GO(decompose(svm, to, &m.rank, err));
    m.svm = svm;
    m.to = to;
    FORE_GO(map_rows(pool, &m, err));
    fore_view map = {m.feature, x->rows, m.rank, x->rows, NULL};
    o.precision = 1 / c;
    FORE_GO(fore_logit_fit(pool, &map, NULL, y, w, NULL, &o, &model, NULL, err));
    fore_multiply(to, model->beta, landmarks, m.rank, 1, svm->coef);
    svm->rho = -model->intercept;
    *out = svm;
    svm = NULL;
done:
    fore_svm_free(svm);
    fore_logit_free(model);
    fore_free(to);
    fore_free(m.room);
    fore_free(m.feature);
    return status;
}

/* How many of n are positive; the row numbers in `of`, or the first n. */
static int64_t positives(const double *y, const int64_t *of, int64_t n)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += y[of ? of[i] : i] > 0;
    return count;
}

/* log of (share of the positives that was drawn / share of the others). */
static double draw_tilt(const double *y, int64_t n, const int64_t *drawn, int64_t count)
{
    double all = (double)positives(y, NULL, n), taken = (double)positives(y, drawn, count);
    return log(taken / all) - log(((double)count - taken) / ((double)n - all));
}

/* The drawn rows as a matrix of their own: y and w beside it. */
static void gather(const fore_view *x, const double *y, const double *w, const int64_t *drawn,
                   int64_t count, int64_t *row, double *own_y, double *own_w)
{
    for (int64_t i = 0; i < count; i++) {
        row[i] = x->row ? x->row[drawn[i]] : drawn[i];
        own_y[i] = y[drawn[i]];
        own_w[i] = w ? w[drawn[i]] : 1;
    }
}

fore_status svm_map_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                        const double *y, const double *w, const fore_svm_options *o, fore_svm **out,
                        fore_error *err)
{
    int64_t n = x->rows, q = design ? design->width : x->columns, count = 0;
    int64_t *drawn = FORE_NEW(n, int64_t), *row = FORE_NEW(n, int64_t);
    double *own = FORE_NEW(2 * n, double),
           gamma = o->gamma > 0 ? o->gamma : 1.0 / (double)(q > 0 ? q : 1);
    fore_status status = FORE_OK;
    int64_t positive = positives(y, NULL, n);
    if (!drawn || !row || !own) FORE_GO(fore_no_memory(err));
    if (positive == 0 || positive == n)
        FORE_GO(fore_fail(err, FORE_E_NO_ANSWER,
                          "the support vector machine needs rows of both outcomes"));
    count = svm_draw(y, n, o->map_rows, o->seed, drawn);
    gather(x, y, w, drawn, count, row, own, own + n);
    double tilt = draw_tilt(y, n, drawn, count);
    fore_view rows = {x->data, count, x->columns, x->stride, row};
    int64_t landmarks = svm_draw(own, count, o->landmarks, o->seed + 1, drawn);
    FORE_GO(svm_map_on(pool, &rows, design, own, own + n, drawn, landmarks, gamma, o->c, out, err));
    (*out)->rho += tilt;
done:
    fore_free(drawn);
    fore_free(row);
    fore_free(own);
    return status;
}
