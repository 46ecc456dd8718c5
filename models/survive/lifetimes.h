/* Rows for regression on time to an event, right-censored; what Cox and Weibull share. */
#ifndef FORE_SURVIVE_LIFETIMES_H
#define FORE_SURVIVE_LIFETIMES_H

#include <stdint.h>

#include "engine/base/status.h"
#include "engine/num/linear.h"

/* Borrowed. Nothing may be missing: fill or drop rows first. */
typedef struct fore_lifetimes {
    int64_t n;
    const double *time;   /* n: finite, any unit; Cox >= 0, Weibull > 0 */
    const int64_t *event; /* n: 1 the event happened at `time`, 0 it had not happened by then */
    const double *weight; /* n: finite, > 0, times that a row counts; NULL: ones */
    const fore_matrix *x; /* n x p covariates; NULL: none, p = 0 */
} fore_lifetimes;

/* E_ARGUMENT: x of other length. E_DATA names the first row (and column) that is missing, infinite,
 * beyond 1e100 or out of range. E_NO_ANSWER: no row has an event. `least`: times must be above it,
 * or equal to it when `least_too`. */
fore_status fore_lifetimes_check(const fore_lifetimes *rows, double least, int least_too,
                                 fore_error *err);
int64_t fore_lifetimes_columns(const fore_lifetimes *rows); /* p */
double fore_lifetimes_weight(const fore_lifetimes *rows, int64_t i);
/* Weight of all events: the size of both likelihoods' curvature on standardised columns. */
double fore_lifetimes_events(const fore_lifetimes *rows);

/* Weighted mean and standard deviation of n values; of a constant the scale is infinite, so that
 * (x - mean) / scale and every coefficient / scale are 0. */
void fore_lifetimes_scale(const double *x, const double *weight, int64_t n, double *mean,
                          double *scale);

#endif
