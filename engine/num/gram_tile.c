/* Z'Z by tiles of 5 x 5 columns: 25 sums of eight lanes stay in registers while the rows pass by;
 * each pair of loaded vectors serves five multiply-adds. Lanes are added at the end of the block.
 * The order of the additions depends on the number of rows alone. */
#include "engine/num/gram_tile.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

enum { TILE = 5, LANES = 8 };

bool fore_tile_available(void) { return __builtin_cpu_supports("avx512f") != 0; }

/* sum[l * TILE + k] = a_k . b_l */
__attribute__((target("avx512f"))) static void tile_products(const double *const a[TILE],
                                                             const double *const b[TILE],
                                                             int64_t rows, double sum[TILE * TILE])
{
    __m512d lanes[TILE * TILE], u[TILE];
#pragma GCC unroll 32 /* or the sums would live in memory */
    for (int k = 0; k < TILE * TILE; k++) lanes[k] = _mm512_setzero_pd();
    for (int64_t i = 0; i < rows; i += LANES) {
        int64_t left = rows - i;
        __mmask8 mask = left >= LANES ? 0xff : (__mmask8)((1u << left) - 1);
#pragma GCC unroll 8
        for (int k = 0; k < TILE; k++) u[k] = _mm512_maskz_loadu_pd(mask, a[k] + i);
#pragma GCC unroll 8
        for (int l = 0; l < TILE; l++) {
            __m512d v = _mm512_maskz_loadu_pd(mask, b[l] + i);
#pragma GCC unroll 8
            for (int k = 0; k < TILE; k++)
                lanes[l * TILE + k] = _mm512_fmadd_pd(u[k], v, lanes[l * TILE + k]);
        }
    }
#pragma GCC unroll 32
    for (int k = 0; k < TILE * TILE; k++) sum[k] = _mm512_reduce_add_pd(lanes[k]);
}

/* The tile's columns; beyond the last one it is repeated and its products are not used. */
static void point(const double *z, int64_t from, int64_t p, int64_t stride,
                  const double *column[TILE])
{
    for (int64_t k = 0; k < TILE; k++) column[k] = z + (from + k < p ? from + k : p - 1) * stride;
}

void fore_tile_gram(const double *z, int64_t rows, int64_t p, int64_t stride, double *out)
{
    const double *a[TILE], *b[TILE];
    double sum[TILE * TILE];
    for (int64_t j = 0; j < p; j += TILE) {
        point(z, j, p, stride, b);
        for (int64_t k = j; k < p; k += TILE) {
            point(z, k, p, stride, a);
            tile_products(a, b, rows, sum);
            for (int64_t c = j; c < j + TILE && c < p; c++)
                for (int64_t r = k < c ? c : k; r < k + TILE && r < p; r++)
                    out[r + c * p] += sum[(c - j) * TILE + (r - k)];
        }
    }
}

#else

bool fore_tile_available(void) { return false; }

void fore_tile_gram(const double *z, int64_t rows, int64_t p, int64_t stride, double *out)
{
    for (int64_t c = 0; c < p; c++)
        for (int64_t r = c; r < p; r++)
            for (int64_t i = 0; i < rows; i++)
                out[r + c * p] += z[i + r * stride] * z[i + c * stride];
}

#endif
