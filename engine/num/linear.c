/* Dense linear algebra over OpenBLAS and LAPACKE.
 *
 * Reductions over rows are cut into blocks of FORE_ROW_BLOCK rows, and blocks into groups of
 * consecutive blocks; how many groups there are depends on n and p only. A worker adds up the
 * blocks of one group in order, the caller adds the groups in order: the sum is the same for any
 * number of threads, and the memory for partial sums stays bounded when p is large.
 *
 * A tall, narrow dsyrk gains nothing from a second BLAS thread, so BLAS runs with one thread and
 * the rows are split over our pool. Inside a block, SLICE rows at a time are scaled into scratch
 * that stays in the second-level cache. */
#include "engine/num/linear.h"

#include <assert.h>
#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/gram_tile.h"

enum {
    SLICE = 512,        /* rows scaled at once: 512 x 50 doubles are 200 KB */
    MAX_GROUPS = 64,    /* partial sums of a reduction: enough for 64 threads to share */
    PAD = 8,            /* scratch columns a power of two apart would share cache lines' places */
    TIMES_SLICE = 1024, /* rows of a matrix-vector product that stay in the first-level cache */
    PARTIAL_BYTES = 1 << 28 /* partial sums take at most 256 MB together */
};

/* OpenBLAS chooses its kernels when it is loaded, before main, from OPENBLAS_CORETYPE or the CPU's
 * family; families newer than the library get Haswell kernels even where AVX-512 is present. These
 * two entry points (exported, not declared) let us choose again before the first call. They are
 * weak: without them, setting OPENBLAS_CORETYPE=SkylakeX in the environment before the program
 * starts is what works (setenv inside the program comes too late). */
void gotoblas_dynamic_init(void) __attribute__((weak));
void gotoblas_dynamic_quit(void) __attribute__((weak));

static void choose_kernels(void)
{
#if defined(__x86_64__)
    if (getenv("OPENBLAS_CORETYPE") || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
    const char *core = openblas_get_corename();
    if (strcmp(core, "Haswell") != 0 && strcmp(core, "Zen") != 0) return;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512bw"))
        return;
    if (setenv("OPENBLAS_CORETYPE", "SkylakeX", 1) != 0) return;
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
#endif
}

void fore_linear_start(void)
{
    static int started;
    if (started) return;
    started = 1;
    choose_kernels();
    openblas_set_num_threads(1);
}

const char *fore_linear_core(void) { return openblas_get_corename(); }

static fore_status check_matrix(const fore_matrix *x, fore_error *err)
{
    assert(x && x->rows >= 0 && x->columns >= 0 && x->stride >= x->rows);
    if (x->columns > INT_MAX || x->stride > INT_MAX)
        return fore_fail(err, FORE_E_LIMIT,
                         "a matrix of %lld x %lld is too large (at most %d rows and columns); "
                         "use fewer rows",
                         (long long)x->rows, (long long)x->columns, INT_MAX);
    return FORE_OK;
}

/* ---- reductions over rows ---- */

typedef struct groups {
    int64_t rows, per_group, count; /* group g: rows [g * per_group, (g + 1) * per_group) */
} groups;

static groups cut(int64_t rows, int64_t doubles_per_partial)
{
    int64_t blocks = (rows + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK;
    int64_t room = PARTIAL_BYTES / ((int64_t)sizeof(double) * (doubles_per_partial + 1));
    int64_t wanted = room < 1 ? 1 : room > MAX_GROUPS ? MAX_GROUPS : room;
    int64_t each = blocks ? (blocks + wanted - 1) / wanted : 1;
    return (groups){rows, each * FORE_ROW_BLOCK, (blocks + each - 1) / each};
}

static int64_t group_end(const groups *g, int64_t group)
{
    int64_t end = (group + 1) * g->per_group;
    return end < g->rows ? end : g->rows;
}

typedef struct reduction {
    const fore_matrix *x;
    const double *weights;
    groups cut;
    double *partial; /* count x size */
    double *scratch; /* workers x (SLICE + PAD) x columns */
    int64_t size;    /* doubles per partial sum */
} reduction;

static void add_partials(const reduction *r, double *out)
{
    memset(out, 0, (size_t)r->size * sizeof *out);
    for (int64_t g = 0; g < r->cut.count; g++) {
        const double *part = r->partial + g * r->size;
        for (int64_t i = 0; i < r->size; i++) out[i] += part[i];
    }
}

/* scratch (rows x p, stride SLICE + PAD) = diag(sqrt(w)) X[from .. from + rows) */
static void scale_slice(const reduction *r, int64_t from, int64_t rows, double *scratch)
{
    double root[SLICE];
    for (int64_t i = 0; i < rows; i++) root[i] = sqrt(r->weights[from + i]);
    for (int64_t j = 0; j < r->x->columns; j++) {
        const double *column = r->x->data + j * r->x->stride + from;
        double *to = scratch + j * (SLICE + PAD);
        for (int64_t i = 0; i < rows; i++) to[i] = root[i] * column[i];
    }
}

static fore_status gram_group(void *context, int64_t group, int worker, fore_error *err)
{
    (void)err;
    reduction *r = context;
    int64_t p = r->x->columns;
    double *out = r->partial + group * r->size;
    double *scratch = r->scratch + worker * (SLICE + PAD) * p;
    memset(out, 0, (size_t)r->size * sizeof *out);
    int64_t end = group_end(&r->cut, group);
    for (int64_t from = group * r->cut.per_group; from < end; from += SLICE) {
        int64_t rows = end - from < SLICE ? end - from : SLICE;
        const double *slice = r->x->data + from;
        int64_t stride = r->x->stride;
        if (r->weights) {
            scale_slice(r, from, rows, scratch);
            slice = scratch;
            stride = SLICE + PAD;
        }
        fore_gram_add(slice, rows, p, stride, out);
    }
    return FORE_OK;
}

void fore_gram_add(const double *z, int64_t rows, int64_t p, int64_t stride, double *out)
{
    assert(rows >= 0 && p >= 0 && p <= INT_MAX && stride >= rows && stride <= INT_MAX);
    if (rows == 0 || p == 0) return;
    if (p <= FORE_TILE_COLUMNS && fore_tile_available()) {
        fore_tile_gram(z, rows, p, stride, out);
        return;
    }
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, (int)p, (int)rows, 1.0, z, (int)stride, 1.0,
                out, (int)p);
}

void fore_mirror(double *a, int64_t p)
{
    for (int64_t j = 0; j < p; j++)
        for (int64_t i = j + 1; i < p; i++) a[j + i * p] = a[i + j * p];
}

static fore_status check_weights(const double *w, int64_t n, fore_error *err)
{
    for (int64_t i = 0; w && i < n; i++)
        if (!(w[i] >= 0 && w[i] <= DBL_MAX))
            return fore_fail(err, FORE_E_ARGUMENT,
                             "weight %lld is %g; weights must be finite and not negative",
                             (long long)i + 1, w[i]);
    return FORE_OK;
}

fore_status fore_gram(fore_pool *pool, const fore_matrix *x, const double *w, double *out,
                      fore_error *err)
{
    FORE_TRY(check_matrix(x, err));
    FORE_TRY(check_weights(w, x->rows, err));
    int64_t p = x->columns;
    fore_status status = FORE_OK;
    reduction r = {x, w, cut(x->rows, p * p), NULL, NULL, p * p};
    if (p == 0) return FORE_OK;
    r.partial = FORE_NEW(r.cut.count * r.size, double);
    r.scratch = FORE_NEW(w ? fore_pool_threads(pool) * (SLICE + PAD) * p : 0, double);
    if (!r.partial || !r.scratch) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_pool_run(pool, r.cut.count, gram_group, &r, err));
    add_partials(&r, out);
    fore_mirror(out, p);
done:
    fore_free(r.partial);
    fore_free(r.scratch);
    return status;
}

/* Eight interleaved sums: the compiler may use any vector width, the order of additions stays. */
static double dot(const double *a, const double *b, int64_t n)
{
    double s[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) s[k] += a[i + k] * b[i + k];
    for (int k = 0; i < n; i++, k++) s[k] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

static fore_status transposed_group(void *context, int64_t group, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    reduction *r = context;
    double *out = r->partial + group * r->size;
    memset(out, 0, (size_t)r->size * sizeof *out);
    int64_t end = group_end(&r->cut, group);
    for (int64_t from = group * r->cut.per_group; from < end; from += FORE_ROW_BLOCK) {
        int64_t rows = end - from < FORE_ROW_BLOCK ? end - from : FORE_ROW_BLOCK;
        for (int64_t j = 0; j < r->x->columns; j++)
            out[j] += dot(r->x->data + j * r->x->stride + from, r->weights + from, rows);
    }
    return FORE_OK;
}

fore_status fore_times_transposed(fore_pool *pool, const fore_matrix *x, const double *v,
                                  double *out, fore_error *err)
{
    FORE_TRY(check_matrix(x, err));
    reduction r = {x, v, cut(x->rows, x->columns), NULL, NULL, x->columns};
    r.partial = FORE_NEW(r.cut.count * r.size, double);
    if (!r.partial) return fore_no_memory(err);
    fore_status status = fore_pool_run(pool, r.cut.count, transposed_group, &r, err);
    if (status == FORE_OK) add_partials(&r, out);
    fore_free(r.partial);
    return status;
}

/* ---- matrix times vector ---- */

typedef struct product {
    const fore_matrix *x;
    const double *b;
    double c;
    double *out;
} product;

static void times_slice(const product *m, int64_t from, int64_t rows)
{
    double *out = m->out + from;
    const double *x = m->x->data + from, *b = m->b;
    int64_t stride = m->x->stride, p = m->x->columns, j = 0;
    for (int64_t i = 0; i < rows; i++) out[i] = m->c;
    for (; j + 4 <= p; j += 4) {
        const double *x0 = x + j * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
        double b0 = b[j], b1 = b[j + 1], b2 = b[j + 2], b3 = b[j + 3];
        for (int64_t i = 0; i < rows; i++)
            out[i] += (b0 * x0[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]);
    }
    for (; j < p; j++)
        for (int64_t i = 0; i < rows; i++) out[i] += b[j] * x[j * stride + i];
}

static fore_status times_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const product *m = context;
    int64_t end = (block + 1) * FORE_ROW_BLOCK;
    if (end > m->x->rows) end = m->x->rows;
    for (int64_t from = block * FORE_ROW_BLOCK; from < end; from += TIMES_SLICE)
        times_slice(m, from, end - from < TIMES_SLICE ? end - from : TIMES_SLICE);
    return FORE_OK;
}

fore_status fore_times(fore_pool *pool, const fore_matrix *x, const double *b, double c,
                       double *out, fore_error *err)
{
    assert(x && x->stride >= x->rows);
    product m = {x, b, c, out};
    int64_t blocks = (x->rows + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK;
    return fore_pool_run(pool, blocks, times_block, &m, err);
}

/* ---- symmetric positive definite systems ---- */

static fore_status check_order(int64_t p, fore_error *err)
{
    if (p < 0 || p > INT_MAX)
        return fore_fail(err, FORE_E_LIMIT, "a system of order %lld is too large", (long long)p);
    return FORE_OK;
}

fore_status fore_cholesky(double *a, int64_t p, fore_error *err)
{
    FORE_TRY(check_order(p, err));
    if (p == 0) return FORE_OK;
    for (int64_t j = 0; j < p; j++)
        if (!isfinite(a[j + j * p]))
            return fore_fail(err, FORE_E_NUMERIC,
                             "the matrix holds a value that is not finite in column %lld",
                             (long long)j + 1);
    lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)p, a, (lapack_int)p);
    if (info == 0) return FORE_OK;
    return fore_fail(err, FORE_E_NUMERIC,
                     "the matrix is not positive definite: its leading minor of order %d fails; "
                     "add a ridge or drop dependent columns",
                     (int)info);
}

void fore_cholesky_solve(const double *l, int64_t p, double *b, int64_t columns)
{
    assert(p >= 0 && p <= INT_MAX && columns >= 0 && columns <= INT_MAX);
    if (p == 0 || columns == 0) return;
    LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', (lapack_int)p, (lapack_int)columns, l, (lapack_int)p,
                        b, (lapack_int)p);
}

void fore_cholesky_invert(double *l, int64_t p)
{
    assert(p >= 0 && p <= INT_MAX);
    if (p == 0) return;
    LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', (lapack_int)p, l, (lapack_int)p);
    fore_mirror(l, p);
}

double fore_cholesky_logdet(const double *l, int64_t p)
{
    double sum = 0;
    for (int64_t j = 0; j < p; j++) sum += log(l[j + j * p]);
    return 2 * sum;
}

/* ---- least squares, eigenvalues, products ---- */

fore_status fore_least_squares(double *x, int64_t n, int64_t p, double *y, int64_t *rank,
                               fore_error *err)
{
    FORE_TRY(check_order(n, err));
    FORE_TRY(check_order(p, err));
    if (rank) *rank = 0;
    if (p == 0) return FORE_OK;
    if (n == 0) return fore_fail(err, FORE_E_DATA, "least squares needs at least one row");
    lapack_int rows = (lapack_int)n, columns = (lapack_int)p, found = 0;
    lapack_int tall = rows > columns ? rows : columns;
    double *long_y = FORE_ZNEW(tall, double); /* dgelsy wants max(n, p) */
    lapack_int *pivot = FORE_ZNEW(p, lapack_int);
    double *work = NULL, size = 0, rcond = DBL_EPSILON * tall;
    fore_status status = FORE_OK;
    if (!long_y || !pivot) FORE_GO(fore_no_memory(err));
    memcpy(long_y, y, (size_t)n * sizeof *y);
    LAPACKE_dgelsy_work(LAPACK_COL_MAJOR, rows, columns, 1, x, rows, long_y, tall, pivot, rcond,
                        &found, &size, -1);
    work = FORE_NEW((int64_t)size, double);
    if (!work) FORE_GO(fore_no_memory(err));
    LAPACKE_dgelsy_work(LAPACK_COL_MAJOR, rows, columns, 1, x, rows, long_y, tall, pivot, rcond,
                        &found, work, (lapack_int)size);
    memcpy(y, long_y, (size_t)p * sizeof *y);
    if (rank) *rank = found;
done:
    fore_free(work);
    fore_free(pivot);
    fore_free(long_y);
    return status;
}

fore_status fore_eigen_symmetric(double *a, int64_t p, double *values, fore_error *err)
{
    FORE_TRY(check_order(p, err));
    if (p == 0) return FORE_OK;
    double size = 0, *work = NULL;
    lapack_int isize = 0, *iwork = NULL, order = (lapack_int)p;
    fore_status status = FORE_OK;
    LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', order, a, order, values, &size, -1, &isize, -1);
    work = FORE_NEW((int64_t)size, double);
    iwork = FORE_NEW(isize, lapack_int);
    if (!work || !iwork) FORE_GO(fore_no_memory(err));
    lapack_int info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', order, a, order, values, work,
                                          (lapack_int)size, iwork, isize);
    if (info != 0)
        FORE_GO(fore_fail(err, FORE_E_NUMERIC,
                          "the eigenvalues of a matrix of order %d could not be found; check that "
                          "its values are finite",
                          (int)order));
done:
    fore_free(iwork);
    fore_free(work);
    return status;
}

void fore_multiply(const double *a, const double *b, int64_t m, int64_t k, int64_t n, double *c)
{
    assert(m >= 0 && m <= INT_MAX && k >= 0 && k <= INT_MAX && n >= 0 && n <= INT_MAX);
    if (m == 0 || n == 0) return;
    if (k == 0) {
        memset(c, 0, (size_t)m * (size_t)n * sizeof *c);
        return;
    }
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)m, (int)n, (int)k, 1.0, a, (int)m,
                b, (int)k, 0.0, c, (int)m);
}
