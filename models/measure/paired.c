/* Paired differences by subject; see paired.h. */
#include "models/measure/paired.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"

typedef struct residual {
    int64_t subject, row;
    double e;
} residual;

static int by_subject(const void *left, const void *right)
{
    const residual *a = left, *b = right;
    if (a->subject != b->subject) return a->subject < b->subject ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

fore_status fore_paired_difference(const double *a, const double *b, const double *w,
                                   const int64_t *group, int64_t n, fore_paired *out,
                                   fore_error *err)
{
    residual *r = FORE_NEW(n, residual);
    double sum = 0, weight = 0, squares = 0;
    *out = (fore_paired){NAN, NAN, 0};
    if (!r) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        double v = w ? w[i] : 1;
        sum += v * (a[i] - b[i]);
        weight += v;
    }
    double mean = sum / weight;
    for (int64_t i = 0; i < n; i++)
        r[i] = (residual){group ? group[i] : i, i, (w ? w[i] : 1) * (a[i] - b[i] - mean)};
    if (group) qsort(r, (size_t)n, sizeof *r, by_subject);
    for (int64_t i = 0; i < n;) {
        int64_t start = i;
        double part = 0;
        for (; i < n && r[i].subject == r[start].subject; i++) part += r[i].e;
        squares += part * part;
        out->subjects++;
    }
    double g = (double)out->subjects;
    if (weight > 0) {
        out->mean = mean;
        out->error = g > 1 ? sqrt(g / (g - 1) * squares) / weight : INFINITY;
    }
    fore_free(r);
    return FORE_OK;
}
