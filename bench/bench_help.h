/* What the benches share: stopping at the first error, medians, peak memory, and wall and processor
 * time of repeated runs. */
#ifndef FORE_BENCH_HELP_H
#define FORE_BENCH_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "engine/base/civil.h"

enum { MOST_RUNS = 101 };

#define MUST(expression)                                                                           \
    do {                                                                                           \
        fore_error must_error = {0}, *err = &must_error;                                           \
        if ((expression) != FORE_OK) {                                                             \
            fprintf(stderr, "%s\n", must_error.message);                                           \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts: x[0] is the least. */
static inline double median_of(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static inline double peak_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

typedef struct timing {
    double seconds[MOST_RUNS], cpu[MOST_RUNS];
    double wall_start, cpu_start;
} timing;

static inline double cpu_seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }

static inline void begin(timing *m)
{
    m->cpu_start = cpu_seconds();
    m->wall_start = fore_clock_seconds();
}

static inline void end(timing *m, int run)
{
    m->seconds[run] = fore_clock_seconds() - m->wall_start;
    m->cpu[run] = cpu_seconds() - m->cpu_start;
}

#endif
