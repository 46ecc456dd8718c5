/* What the tests of this room share: comparisons, simulated leads, pools. */
#ifndef FORE_TESTS_SCORE_SUPPORT_H
#define FORE_TESTS_SCORE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/linear.h"
#include "models/score/sample.h"

#define NEAR(got, want, tolerance) near_at((got), (want), (tolerance), __LINE__)

static inline void near_at(double got, double want, double tolerance, int line)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("line %d: got %.17g, want %.17g", line, got, want);
}

/* n rows of subjects with 1-3 rows each: column 0 and 1 matter, 2 is sometimes missing (which
 * matters), 3 is a rare flag, 4 is constant, the rest is noise; about `rate` of the rows are
 * positive. */
typedef struct leads {
    int64_t n, p;
    double *x, *y, *w;
    int64_t *group, *key;
    uint8_t *role;
} leads;

static inline leads leads_new(int64_t n, int64_t p, double level, uint64_t seed)
{
    leads d = {n,
               p,
               malloc((size_t)(n * p) * 8),
               malloc((size_t)n * 8),
               malloc((size_t)n * 8),
               malloc((size_t)n * 8),
               malloc((size_t)n * 8),
               malloc((size_t)n)};
    fore_random random = fore_random_new(seed, 77);
    int64_t subject = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < p; j++) d.x[i + j * n] = fore_random_normal(&random);
        if (p > 2 && fore_random_uniform(&random) < 0.2) d.x[i + 2 * n] = NAN;
        if (p > 3) d.x[i + 3 * n] = fore_random_uniform(&random) < 0.02;
        if (p > 4) d.x[i + 4 * n] = 7;
        double eta = level + 1.2 * d.x[i] - 0.8 * (p > 1 ? d.x[i + n] * d.x[i + n] - 1 : 0) +
                     (p > 2 && isnan(d.x[i + 2 * n]) ? 0.9 : 0) +
                     (p > 3 ? 1.5 * d.x[i + 3 * n] : 0);
        d.y[i] = fore_random_uniform(&random) < 1 / (1 + exp(-eta));
        d.w[i] = 0.5 + fore_random_uniform(&random);
        subject += fore_random_uniform(&random) < 0.6;
        d.group[i] = subject;
        d.key[i] = 10 * i + 3;
        int64_t part = 10 * i / n;
        d.role[i] = part < 5 ? 1 : part < 7 ? 2 : part < 8 ? 3 : 4;
    }
    return d;
}

static inline void leads_free(leads *d)
{
    free(d->x);
    free(d->y);
    free(d->w);
    free(d->group);
    free(d->key);
    free(d->role);
}

static inline fore_sample leads_sample(const leads *d)
{
    return (fore_sample){{d->x, d->n, d->p, d->n, NULL}, d->y, d->w, d->group, d->key, NULL};
}

/* The same rows in another order. */
static inline leads leads_shuffled(const leads *d, uint64_t seed)
{
    leads s = leads_new(d->n, d->p, 0, 1);
    int64_t *order = malloc((size_t)d->n * 8);
    fore_random random = fore_random_new(seed, 5);
    for (int64_t i = 0; i < d->n; i++) order[i] = i;
    fore_random_shuffle(&random, order, d->n);
    for (int64_t i = 0; i < d->n; i++) {
        for (int64_t j = 0; j < d->p; j++) s.x[i + j * d->n] = d->x[order[i] + j * d->n];
        s.y[i] = d->y[order[i]];
        s.w[i] = d->w[order[i]];
        s.group[i] = d->group[order[i]];
        s.key[i] = d->key[order[i]];
        s.role[i] = d->role[order[i]];
    }
    free(order);
    return s;
}

static inline fore_pool *threads(int count)
{
    fore_pool *pool = NULL;
    assert_int_equal(fore_pool_new(count, &pool, NULL), FORE_OK);
    return pool;
}

#endif
