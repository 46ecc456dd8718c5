/* Survival without a model: Kaplan and Meier 1958, and Aalen and Johansen 1978 for competing risks,
 * with Greenwood's variance and log-transformed limits (as R's survfit). */
#ifndef FORE_SURVIVE_INCIDENCE_H
#define FORE_SURVIVE_INCIDENCE_H

#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_CAUSES_MAX = 4 };

/* A step function: values hold from time[i] until just before time[i + 1]. */
typedef struct fore_incidence {
    int64_t steps; /* distinct event times */
    int64_t causes;
    double *time;          /* steps, ascending */
    double *at_risk;       /* steps: weight at risk just before time[i] */
    double *survival;      /* steps */
    double *lower, *upper; /* steps: limits of survival at `level` */
    double *won; /* causes x steps: cumulative incidence of cause c at [(c - 1) * steps + i] */
} fore_incidence;

/* time (n, >= 0), event (n): 0 censored, 1..causes. Censored at an event time counts as at risk
 * then. weight may be NULL. level e.g. 0.95. */
fore_status fore_incidence_fit(const double *time, const int64_t *event, const double *weight,
                               int64_t n, int64_t causes, double level, fore_incidence **curve,
                               fore_error *err);
void fore_incidence_free(fore_incidence *curve);
double fore_incidence_survival(const fore_incidence *curve, double t); /* 1 before the first step */
double fore_incidence_of(const fore_incidence *curve, int64_t cause, double t);
/* The p-quantile of time: where survival first falls to 1 - p or below; NaN when it never does.
 * `which`: 0 the estimate, -1 and +1 the lower and upper limit. */
double fore_incidence_quantile(const fore_incidence *curve, double p, int which);

#endif
