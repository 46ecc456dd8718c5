/* Friedman's super smoother (1984, "A variable span smoother", Stanford LCS 5): running lines of
 * three spans, the best at each point by cross-validation, over equally spaced points. */
#ifndef FORE_SERIES_SUPER_SMOOTHER_H
#define FORE_SERIES_SUPER_SMOOTHER_H

#include <stdint.h>

/* room: 8 n doubles. */
void fore_super_smooth(const double *y, int64_t n, double *smooth, double *room);

#endif
