/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). The same (seed, stream, position) gives the same bits on every
 * machine and for any number of threads: give each row, tree or draw a stream of its own.
 *
 * The samplers use only integer and IEEE operations plus libm's log, exp, sqrt, sin, cos. */
#ifndef FORE_BASE_RANDOM_H
#define FORE_BASE_RANDOM_H

#include <stdint.h>

typedef struct fore_random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    int used; /* words of `block` handed out; 4 = empty */
} fore_random;

void fore_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A generator for `stream` under `seed`. A value, not a handle: copy it freely. */
fore_random fore_random_new(uint64_t seed, uint64_t stream);
uint32_t fore_random_u32(fore_random *random);
uint64_t fore_random_u64(fore_random *random);
double fore_random_uniform(fore_random *random);             /* in (0, 1), 52 bits, never 0 or 1 */
int64_t fore_random_below(fore_random *random, int64_t n);   /* 0..n-1, unbiased; n >= 1 */
double fore_random_normal(fore_random *random);              /* mean 0, sd 1 */
double fore_random_exponential(fore_random *random);         /* mean 1 */
double fore_random_gamma(fore_random *random, double shape); /* scale 1; Marsaglia and Tsang 2000 */
double fore_random_beta(fore_random *random, double a, double b);
int64_t fore_random_poisson(fore_random *random, double mean);
int64_t fore_random_binomial(fore_random *random, int64_t n, double p);
/* Fisher-Yates on n indices. */
void fore_random_shuffle(fore_random *random, int64_t *items, int64_t n);

#endif
