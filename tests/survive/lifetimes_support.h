/* Rows for the tests of Cox and Weibull: R's lung data, random rows with ties and weights. */
#ifndef TESTS_SURVIVE_LIFETIMES_SUPPORT_H
#define TESTS_SURVIVE_LIFETIMES_SUPPORT_H

#include "models/survive/lifetimes.h"
#include "tests/survive/ref_incidence.h"
#include "tests/survive/ref_lifetimes.h"
#include "tests/survive/survive_support.h"

enum { SAMPLE_N = 120, SAMPLE_P = 3, SAMPLE_SIZE = SAMPLE_N * SAMPLE_P };

static const fore_matrix lung_x = {ref_x, REF_ROWS, 2, REF_ROWS};

static inline fore_lifetimes lung(const double *weight)
{
    return (fore_lifetimes){REF_ROWS, ref_time, ref_status, weight, &lung_x};
}

typedef struct sample {
    double time[SAMPLE_N], weight[SAMPLE_N], x[SAMPLE_SIZE];
    int64_t event[SAMPLE_N];
    fore_matrix matrix;
    fore_lifetimes rows;
} sample;

/* Times 1..12 with many ties; a third censored; columns of different sizes. */
static inline void sample_fill(sample *s, uint64_t seed)
{
    fore_random random = fore_random_new(seed, 0);
    for (int i = 0; i < SAMPLE_N; i++) {
        s->x[i] = fore_random_normal(&random);
        s->x[i + SAMPLE_N] = fore_random_uniform(&random) < 0.3;
        s->x[i + 2 * SAMPLE_N] = 5 + 2 * fore_random_normal(&random);
        double hazard = exp(0.5 * s->x[i] - 0.8 * s->x[i + SAMPLE_N]);
        s->time[i] = fmin(12, ceil(-6 * log(fore_random_uniform(&random)) / hazard));
        s->event[i] = fore_random_uniform(&random) < 0.67;
        s->weight[i] = 0.25 + fore_random_uniform(&random);
    }
    s->matrix = (fore_matrix){s->x, SAMPLE_N, SAMPLE_P, SAMPLE_N};
    s->rows = (fore_lifetimes){SAMPLE_N, s->time, s->event, s->weight, &s->matrix};
}

/* Row i of `to` is row n - 1 - i of `from`. */
static inline void sample_reverse(const sample *from, sample *to)
{
    *to = *from;
    for (int i = 0; i < SAMPLE_N; i++) {
        int k = SAMPLE_N - 1 - i;
        to->time[i] = from->time[k];
        to->event[i] = from->event[k];
        to->weight[i] = from->weight[k];
        for (int j = 0; j < SAMPLE_P; j++) to->x[i + j * SAMPLE_N] = from->x[k + j * SAMPLE_N];
    }
    to->matrix.data = to->x;
    to->rows = (fore_lifetimes){SAMPLE_N, to->time, to->event, to->weight, &to->matrix};
}

#endif
