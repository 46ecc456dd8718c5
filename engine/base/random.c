/* Philox4x32-10 and the samplers on top of it. */
#include "engine/base/random.h"

#include <math.h>

void fore_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)UINT32_C(0xD2511F53) * c0;
        uint64_t p1 = (uint64_t)UINT32_C(0xCD9E8D57) * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

fore_random fore_random_new(uint64_t seed, uint64_t stream)
{
    return (fore_random){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                         .counter = {0, 0, (uint32_t)stream, (uint32_t)(stream >> 32)},
                         .used = 4};
}

uint32_t fore_random_u32(fore_random *r)
{
    if (r->used == 4) {
        fore_philox(r->counter, r->key, r->block);
        if (++r->counter[0] == 0) r->counter[1]++;
        r->used = 0;
    }
    return r->block[r->used++];
}

uint64_t fore_random_u64(fore_random *r)
{
    uint64_t high = fore_random_u32(r);
    return high << 32 | fore_random_u32(r);
}

double fore_random_uniform(fore_random *r)
{
    /* 52 bits and a half: with 53 the half would be rounded away, and the last value would be 1 */
    return ((double)(fore_random_u64(r) >> 12) + 0.5) * 0x1p-52;
}

int64_t fore_random_below(fore_random *r, int64_t n)
{
    uint64_t range = (uint64_t)n, limit = UINT64_MAX - UINT64_MAX % range, x;
    do x = fore_random_u64(r);
    while (x >= limit);
    return (int64_t)(x % range);
}

double fore_random_normal(fore_random *r)
{
    /* Box-Muller, one of the pair: stateless, so that a stream's position is easy to reason about */
    double u = fore_random_uniform(r), v = fore_random_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586477 * v);
}

double fore_random_exponential(fore_random *r) { return -log(fore_random_uniform(r)); }

double fore_random_gamma(fore_random *r, double shape)
{
    if (shape < 1.0) { /* boost: G(a) = G(a + 1) U^(1/a) */
        double g = fore_random_gamma(r, shape + 1.0);
        return g * pow(fore_random_uniform(r), 1.0 / shape);
    }
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = fore_random_normal(r), t = 1.0 + c * x;
        if (t <= 0.0) continue;
        double v = t * t * t, u = fore_random_uniform(r);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

double fore_random_beta(fore_random *r, double a, double b)
{
    double x = fore_random_gamma(r, a), y = fore_random_gamma(r, b);
    return x / (x + y);
}

int64_t fore_random_poisson(fore_random *r, double mean)
{
    /* Split large means: Poisson(m) = Poisson(m/2) + Poisson(m/2); multiplication below 30. */
    if (!(mean > 0.0)) return 0;
    if (mean > 30.0) {
        if (mean > 1e6) { /* normal limit: the error is far below the sampling noise */
            double x = mean + sqrt(mean) * fore_random_normal(r);
            return x < 0.0 ? 0 : (int64_t)(x + 0.5);
        }
        int64_t half = fore_random_poisson(r, mean * 0.5);
        return half + fore_random_poisson(r, mean * 0.5);
    }
    double limit = exp(-mean), product = fore_random_uniform(r);
    int64_t k = 0;
    for (; product > limit; k++) product *= fore_random_uniform(r);
    return k;
}

int64_t fore_random_binomial(fore_random *r, int64_t n, double p)
{
    if (n <= 0 || !(p > 0.0)) return 0;
    if (p >= 1.0) return n;
    int64_t total = 0;
    while (n > 64) { /* beta splitting (Devroye): the order statistic in the middle halves n */
        int64_t i = n / 2 + 1;
        double x = fore_random_beta(r, (double)i, (double)(n - i + 1));
        if (x <= p) {
            total += i;
            n -= i;
            p = (p - x) / (1.0 - x);
        } else {
            n = i - 1;
            p = p / x;
        }
        if (!(p > 0.0)) return total;
        if (p >= 1.0) return total + n;
    }
    for (int64_t i = 0; i < n; i++) total += fore_random_uniform(r) < p;
    return total;
}

void fore_random_shuffle(fore_random *r, int64_t *items, int64_t n)
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = fore_random_below(r, i + 1), t = items[i];
        items[i] = items[j];
        items[j] = t;
    }
}
