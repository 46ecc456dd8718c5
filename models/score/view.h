/* Chosen rows of a matrix, in an order of one's own, without a copy of them: whoever learns or
 * scores reads the rows through the index, a block at a time. A matrix may be a gigabyte; the
 * windows, folds and orders taken of it are lists of row numbers. */
#ifndef FORE_SCORE_VIEW_H
#define FORE_SCORE_VIEW_H

#include <stdint.h>

/* rows x columns, element (i, j) at data[r + j * stride], r = row[i], or i where row is NULL.
 * Borrowed. Rows may repeat; those that are not named are never read. */
typedef struct fore_view {
    const double *data;
    int64_t rows, columns, stride;
    const int64_t *row; /* rows; NULL = the rows of the matrix as they lie */
} fore_view;

/* The first element of row i; its columns lie `stride` apart. */
static inline const double *fore_view_row(const fore_view *x, int64_t i)
{
    return x->data + (x->row ? x->row[i] : i);
}

/* Rows from .. from + count of column j, one after the other: where they lie when row is NULL,
 * otherwise gathered into room (count doubles). */
const double *fore_view_column(const fore_view *x, int64_t j, int64_t from, int64_t count,
                               double *room);

#endif
