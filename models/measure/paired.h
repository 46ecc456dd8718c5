/* Is one set of losses lower than another, on the same rows?
 *
 * The weighted mean of a_i - b_i and its standard error when rows of one subject hang together
 * (cluster-robust, Liang and Zeger 1986): with d the mean, e_i = w_i (a_i - b_i - d), and G
 * subjects
 *
 *     se^2 = G / (G - 1) sum over subjects of (sum of their e_i)^2 / (sum of w)^2 */
#ifndef FORE_MEASURE_PAIRED_H
#define FORE_MEASURE_PAIRED_H

#include <stdint.h>

#include "engine/base/status.h"

typedef struct fore_paired {
    double mean, error; /* error: infinite with one subject, which tells nothing; 0 rows: NaN */
    int64_t subjects;
} fore_paired;

/* w: n or NULL = ones; group: n or NULL = each row its own subject. The only failure is E_MEMORY.
 */
fore_status fore_paired_difference(const double *a, const double *b, const double *w,
                                   const int64_t *group, int64_t n, fore_paired *out,
                                   fore_error *err);

#endif
