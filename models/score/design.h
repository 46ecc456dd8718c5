/* From raw columns to a design that linear methods can use: winsorised, missing values replaced by
 * the mean and marked, standardised, constant columns left out. Learned once from training rows,
 * applied to blocks of rows wherever they are needed: no copy of the matrix is kept.
 *
 * Per raw column: limits at the 1 % and 99 % quantiles of the known values (where a limit falls on
 * the median - sparse counts, rare flags - the quantile of the values beyond the median is taken);
 * clamp; missing -> mean; (value - mean) / sd, so that missing becomes 0. A column with at least
 * missing_share of missing rows also yields an indicator column, standardised as well. Values
 * beyond +-1e140 count as +-1e140. With over FORE_DESIGN_PART known values, limits and knots are
 * the quantiles of every k-th of them in order of the rows (a 1 % limit is then one of 0.94 to
 * 1.06 %, sd), unless those are all one value; means and sds are always of all rows.
 *
 * A column may bend: hinges max(clamp(value) - knot, 0), centred, in sds of the column itself, so
 * that equal coefficients are equal changes of the slope (the truncated lines of Ruppert, Wand and
 * Carroll 2003, section 3.6). Knots lie at quantiles of the known values, at the next larger value
 * where a quantile repeats, between the limits; a missing value adds nothing. */
#ifndef FORE_SCORE_DESIGN_H
#define FORE_SCORE_DESIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "models/score/view.h"

enum {
    FORE_DESIGN_HINGES = 16, /* at most per raw column */
    FORE_DESIGN_PART = 50000 /* known values from which quantiles are taken of an even part */
};

typedef struct fore_design_options {
    double low, high; /* quantiles of the limits: 0.01 and 0.99; 0 and 1 = minimum and maximum */
    double missing_share; /* 0.01: so many missing rows earn an indicator; > 1 = never */
    const int8_t *hinges; /* p: at most so many knots per raw column; < 0 = the column is left out,
                           * with its indicator; NULL = none */
} fore_design_options;

/* Plain data; free with fore_design_free. p = columns, q = width. */
typedef struct fore_design {
    int64_t columns;      /* p: raw columns */
    int64_t width;        /* q: design columns, possibly 0 */
    double *low, *high;   /* p: limits */
    int64_t *source;      /* q: the raw column; in order of raw columns: value, hinges, indicator */
    bool *indicator;      /* q: 1 where the raw value is missing, instead of the value */
    double *knot;         /* q: of a hinge; -infinity: the value itself, or an indicator */
    double *mean, *scale; /* q: scale > 0 */
} fore_design;

fore_design_options fore_design_default(void);

/* x: n x p, NaN missing, infinities forbidden (E_DATA with line = row and column, from 1).
 * w: n or NULL; weights count in means and scales, not in quantiles. options NULL = default. Rows
 * in a canonical order where the answer shall not hang on it. */
fore_status fore_design_fit(fore_pool *pool, const fore_view *x, const double *w,
                            const fore_design_options *options, fore_design **out, fore_error *err);
void fore_design_free(fore_design *design);

/* Rows from .. from + count of x (p columns) into out: count x q, column j at out + j * stride. */
void fore_design_block(const fore_design *design, const fore_view *x, int64_t from, int64_t count,
                       double *out, int64_t stride);
/* One row: raw p doubles with `step` between them, out q doubles. */
void fore_design_row(const fore_design *design, const double *raw, int64_t step, double *out);

void fore_design_write(const fore_design *design, fore_json_writer *json, const char *key);
fore_status fore_design_read(const fore_json_node *node, fore_design **out,
                             fore_error *err); /* E_MODEL */

/* E_DATA naming row and column when x holds an infinite value. */
fore_status fore_check_finite(fore_pool *pool, const fore_view *x, fore_error *err);

#endif
