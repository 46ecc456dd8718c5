/* Gathering the rows of a view. */
#include "models/score/view.h"

const double *fore_view_column(const fore_view *x, int64_t j, int64_t from, int64_t count,
                               double *room)
{
    const double *column = x->data + j * x->stride;
    if (!x->row) return column + from;
    const int64_t *row = x->row + from;
    for (int64_t i = 0; i < count; i++) room[i] = column[row[i]];
    return room;
}
