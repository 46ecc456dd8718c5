/* Dense linear algebra on column-major views, over OpenBLAS and LAPACKE with one BLAS thread; rows are
 * split over our own pool in fixed blocks, and the partial sums are added in block order, so that
 * results do not depend on the number of threads. */
#ifndef FORE_NUM_LINEAR_H
#define FORE_NUM_LINEAR_H

#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"

enum { FORE_ROW_BLOCK = 4096 }; /* rows per block of every reduction over rows */

/* n x p, element (i, j) at data[i + j * stride]; stride >= n. Borrowed. */
typedef struct fore_matrix {
    const double *data;
    int64_t rows, columns, stride;
} fore_matrix;

/* Once per process, before the first call: one BLAS thread, and the kernels that fit the CPU
 * (OPENBLAS_CORETYPE, read when the library loads, has the last word; otherwise a CPU with AVX-512
 * that OpenBLAS does not know by name gets the SkylakeX kernels). Not for two threads at once. */
void fore_linear_start(void);
const char *fore_linear_core(void); /* OpenBLAS's name of the kernels in use */

/* Weighted Gram matrix: out (p x p, full, symmetric) = X' diag(w) X; w NULL = ones,
 * else finite and >= 0 (E_ARGUMENT). */
fore_status fore_gram(fore_pool *pool, const fore_matrix *x, const double *w, double *out, fore_error *err);
/* out (p x p, lower triangle) += Z'Z for a few rows that are in the cache; Z(i, j) at z[i + j * stride].
 * For sums of one's own over blocks; fore_mirror then fills the upper triangle. */
void fore_gram_add(const double *z, int64_t rows, int64_t p, int64_t stride, double *out);
void fore_mirror(double *a, int64_t p);
/* out (n) = X b + c */
fore_status fore_times(fore_pool *pool, const fore_matrix *x, const double *b, double c, double *out, fore_error *err);
/* out (p) = X' r */
fore_status fore_times_transposed(fore_pool *pool, const fore_matrix *x, const double *r, double *out, fore_error *err);

/* Cholesky of a symmetric positive definite a (p x p, lower triangle, in place). E_NUMERIC with the
 * order of the minor that fails. */
fore_status fore_cholesky(double *a, int64_t p, fore_error *err);
void fore_cholesky_solve(const double *l, int64_t p, double *b, int64_t columns); /* in place */
void fore_cholesky_invert(double *l, int64_t p); /* l -> inverse of the matrix, full symmetric */
double fore_cholesky_logdet(const double *l, int64_t p);

/* Least squares min |X b - y| by QR with column pivoting (dgelsy); x and y are overwritten, b is in
 * y[0..p), so y holds max(n, p) doubles. *rank may be NULL. */
fore_status fore_least_squares(double *x, int64_t n, int64_t p, double *y, int64_t *rank, fore_error *err);
/* Eigenvalues (ascending) and vectors (in place, columns) of a symmetric matrix. */
fore_status fore_eigen_symmetric(double *a, int64_t p, double *values, fore_error *err);
/* c (m x n) = a (m x k) * b (k x n), column-major, tight. */
void fore_multiply(const double *a, const double *b, int64_t m, int64_t k, int64_t n, double *c);

#endif
