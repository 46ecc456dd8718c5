/* What fitting, applying and reading a design share. */
#ifndef FORE_SCORE_DESIGN_INSIDE_H
#define FORE_SCORE_DESIGN_INSIDE_H

#include "models/score/design.h"

/* All arrays there, none filled. */
fore_status design_new(int64_t columns, int64_t width, fore_design **out, fore_error *err);
fore_status design_copy(const fore_design *from, fore_design **out, fore_error *err);
/* E_DATA naming row and column, both from 0 here. */
fore_status design_infinite(int64_t row, int64_t column, fore_error *err);

static inline double clamp(double v, double low, double high)
{
    v = v < low ? low : v;
    return v > high ? high : v;
}

static inline double hinge(double v, double knot, double high)
{
    return v > knot ? (v < high ? v : high) - knot : 0; /* NaN: 0 */
}

#endif
