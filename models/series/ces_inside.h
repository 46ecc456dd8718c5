/* What the files of CES share. */
#ifndef FORE_SERIES_CES_INSIDE_H
#define FORE_SERIES_CES_INSIDE_H

#include "models/series/ces.h"

enum { CES_SWEEPS = 2 }; /* forward and backward, before the last run */

/* The state that the first run begins with: means of the first seasons. It needs form and m, not
 * the weights. */
void ces_begin(const fore_ces *w, const double *y, int64_t n, fore_ces_state *x);
/* The squares of the errors of the last run, the state it began with and the one it ended with;
 * either may be NULL. */
double ces_run(const fore_ces *w, const double *y, int64_t n, fore_ces_state *first,
               fore_ces_state *last);

#endif
