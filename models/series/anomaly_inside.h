/* What the files behind anomalies.h share: one search on its way. */
#ifndef FORE_SERIES_ANOMALY_INSIDE_H
#define FORE_SERIES_ANOMALY_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/series/anomalies.h"
#include "models/series/stl_plan.h"

typedef struct anomaly_finder {
    int64_t n, m;
    bool seasonal;                  /* m >= 2, and more than two cycles of it */
    fore_stl_plan plan;             /* of a seasonal one */
    double *x;                      /* the series, steps and outliers taken out as they are found */
    double *season;                 /* 0 where there is none worth it */
    double *whole;                  /* x with its outliers */
    double *rest;                   /* x without season; then other things */
    double *pulled;                 /* x with what lies off drawn to the fit */
    double *smooth, *sorted, *room; /* n, n, 8 n */
    double leverage;                /* of a value in its own season */
    bool *is_outlier;
    bool fresh; /* season is that of x */
    int64_t outliers, shifts;
    int64_t shift[FORE_SHIFTS_MAX]; /* ascending */
    double size[FORE_SHIFTS_MAX];
} anomaly_finder;

/* Median of count values, which stay as they are. */
double anomaly_median(anomaly_finder *f, const double *x, int64_t count);
/* The season of x, where it is worth it, and the leverage. */
void anomaly_season(anomaly_finder *f);
/* Shifts of the level, taken out of x. False, and the search is given up, once there are `enough`
 * of them. */
bool anomaly_shifts(anomaly_finder *f, int64_t enough);

#endif
