/* Functions of whole vectors, written so that the compiler turns them into vector instructions.
 * Every element is computed by the same operations in the same order whatever the vector width,
 * without contraction: the same bytes for n = 1 and n = 1000, with and without AVX. */
#ifndef FORE_NUM_ELEMENTWISE_H
#define FORE_NUM_ELEMENTWISE_H

#include <stdint.h>

/* mean[i] = 1 / (1 + exp(-eta[i])), softplus[i] = log(1 + exp(eta[i])); either may be NULL, neither
 * may overlap eta. Relative error below 4e-16 for |eta| <= 700; beyond, exp(-700) stands for what
 * is less. NaN gives NaN. */
void fore_logistic_many(const double *eta, int64_t n, double *mean, double *softplus);

/* Wider vectors where the CPU has them, for functions that only do elementwise work. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FORE_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FORE_WIDE
#endif

#endif
