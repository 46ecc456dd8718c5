/* What is done to a series before any method sees it: leading gaps cut, holes filled, size scaled.
 */
#ifndef FORE_SERIES_PREPARE_H
#define FORE_SERIES_PREPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

typedef struct fore_prepared {
    double *y;      /* n values without NaN, divided by scale; owned */
    int64_t n;      /* from the first value known to the last one known */
    int64_t lead;   /* values missing before them */
    int64_t tail;   /* values missing after them: forecasts start that much earlier */
    int64_t filled; /* holes between, filled along the straight line between their neighbours */
    double scale;   /* a power of two, so that max |y| is in [1, 2) (or 1 for zeros) */
    bool constant, negative;
    int64_t zeros;
} fore_prepared;

/* E_DATA for an infinite value, E_NO_ANSWER when every value is missing. */
fore_status fore_prepare(const double *y, int64_t n, fore_prepared *prepared, fore_error *err);
void fore_prepared_free(fore_prepared *prepared);

#endif
