/* See prepare.h. */
#include "models/series/prepare.h"

#include <math.h>

#include "engine/base/memory.h"

static fore_status find_ends(const double *y, int64_t n, fore_prepared *p, fore_error *err)
{
    double top = 0;
    int64_t first = -1, last = -1;
    for (int64_t t = 0; t < n; t++) {
        if (isinf(y[t]))
            return fore_fail(err, FORE_E_DATA,
                             "value %lld of the series is infinite; correct it or leave it out",
                             (long long)t + 1);
        if (isnan(y[t])) continue;
        if (first < 0) first = t;
        last = t;
        top = fmax(top, fabs(y[t]));
    }
    if (first < 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "all %lld values of the series are missing; give at least one",
                         (long long)n);
    p->n = last - first + 1;
    p->lead = first;
    p->tail = n - 1 - last;
    p->scale = top > 0 ? ldexp(1, ilogb(top)) : 1;
    return FORE_OK;
}

static void fill_holes(fore_prepared *p)
{
    for (int64_t t = 1, known = 0; t < p->n; t++) {
        if (isnan(p->y[t])) continue;
        for (int64_t k = known + 1; k < t; k++) {
            double w = (double)(k - known) / (double)(t - known);
            p->y[k] = (1 - w) * p->y[known] + w * p->y[t];
            p->filled++;
        }
        known = t;
    }
}

fore_status fore_prepare(const double *y, int64_t n, fore_prepared *prepared, fore_error *err)
{
    fore_prepared p = {.constant = true};
    FORE_TRY(find_ends(y, n, &p, err));
    p.y = FORE_NEW(p.n, double);
    if (!p.y) return fore_no_memory(err);
    for (int64_t t = 0; t < p.n; t++) p.y[t] = y[p.lead + t] / p.scale;
    fill_holes(&p);
    for (int64_t t = 0; t < p.n; t++) {
        p.constant = p.constant && p.y[t] == p.y[0];
        p.negative = p.negative || p.y[t] < 0;
        p.zeros += p.y[t] == 0;
    }
    *prepared = p;
    return FORE_OK;
}

void fore_prepared_free(fore_prepared *prepared)
{
    fore_free(prepared->y);
    prepared->y = NULL;
}
