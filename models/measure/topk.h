/* What a list brings to those who work it from the top.
 *
 * score (n doubles, higher first, no NaN), value (n, >= 0, no NaN: 1 and 0 for won and not, or the
 * amount that was won). Rows of equal score that lie across the border of the first k are shared in
 * proportion, so that the order of rows never matters. What the data do not define (no value, no
 * row) is NaN, never an error; the only failures are E_MEMORY and E_DATA (names the row). */
#ifndef FORE_MEASURE_TOPK_H
#define FORE_MEASURE_TOPK_H

#include <stdint.h>

#include "engine/base/status.h"

/* Sum of the value of the k best rows; k >= n: of all. */
fore_status fore_value_at(const double *score, const double *value, int64_t n, int64_t k,
                          double *out, fore_error *err);

/* Two rankings of the same subjects some time apart. key: who (no two alike within a list). Of the
 * k best of the first list that are still in the second one, the share that is among its k best.
 * Ties go by key, so that nothing else decides who is in. NaN when none of them is left. */
typedef struct fore_listed {
    int64_t key;
    double score;
} fore_listed;
fore_status fore_top_kept(const fore_listed *before, int64_t n, const fore_listed *after, int64_t m,
                          int64_t k, double *out, fore_error *err);

/* Do intervals of a chance hold? Nobody sees a chance, only what came true; so the rows are cut
 * into `bins` bins of similar chance (equal mass, equal chances never torn apart), and of a bin
 * with m rows the observed rate is set beside the mean chance p and the mean ends lo, hi. The rate
 * differs from the true mean chance by chance itself, with a standard error s = sqrt(p (1 - p) /
 * m), so it should lie
 *
 *     p - sqrt((p - lo)^2 + (z s)^2)  <=  rate  <=  p + sqrt((hi - p)^2 + (z s)^2)
 *
 * as often as the intervals are meant to hold (z: the normal quantile of that level, two-sided),
 * taking the errors of one bin's rows as shared. Counted over bins; `room` tells how much of the
 * allowed width is the interval's own: near 0 the noise is all there is and the count says little
 * about the intervals. */
typedef struct fore_coverage {
    int64_t bins, inside; /* bins, and those whose rate lies within the allowed width */
    int64_t inside_bare;  /* within [lo, hi] alone */
    double room;          /* sum of interval widths / sum of allowed widths, summed over bins */
    double own, allowed;  /* those sums, for adding up */
} fore_coverage;
/* Adds to *sum: start with zeroes, call once per moment. lo <= p <= hi, n each; y 0 or 1. */
fore_status fore_coverage_add(const double *p, const double *lo, const double *hi, const double *y,
                              int64_t n, int64_t bins, double level, fore_coverage *sum,
                              fore_error *err);

#endif
