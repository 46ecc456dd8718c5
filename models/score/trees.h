/* Gradient-boosted trees for log loss on histograms of binned columns.
 *
 * Second-order boosting with L2-shrunk leaves (Friedman 2001; Chen and Guestrin 2016, eq. 5-7),
 * trees grown leaf by leaf (largest gain first), at most 255 quantile bins a column and one for
 * missing values that learns its own side at every split, sibling histograms by subtraction (Ke et
 * al. 2017). Contributions by path-dependent TreeSHAP (Lundberg, Erion, Lee 2018):
 * exact Shapley values of the trees' conditional expectations, adding up to the margin; or against
 * a background of chosen rows.
 *
 * Categories come encoded (features/encode.h): indicators, whose sparse columns share codes here,
 * and beside them the level's smoothed past rate out of fold. A split of the past rate is the
 * categorical split: it parts the levels in the order of their target statistics. */
#ifndef FORE_SCORE_TREES_H
#define FORE_SCORE_TREES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/pool.h"
#include "engine/base/progress.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "models/score/view.h"

enum { FORE_TREES_MAX_DEPTH = 32 };

typedef struct fore_trees_options {
    int64_t rounds;                 /* trees at most; default 300 */
    int64_t leaves;                 /* per tree; default 31 */
    int64_t depth;                  /* at most; default 8, limit FORE_TREES_MAX_DEPTH */
    int64_t bins;                   /* 2..255; default 255 */
    double rate;                    /* shrinkage of every tree; default 0.08 */
    double l1, l2;                  /* default 0, 1 */
    double min_hessian;             /* smallest sum of w p (1 - p) in a leaf; default 1 */
    double min_gain;                /* default 1e-6 */
    double row_share, column_share; /* drawn per tree; default 1, 1 */
    int64_t patience; /* rounds without a better loss on the held-out rows; default 20 */
    bool bundle;      /* exclusive columns share codes: the same trees, less work; default true */
    bool depth_wise;  /* the shallowest leaf is split first, not that with the largest gain */
    const int8_t *monotone; /* p: 1 never falls with the column, -1 never rises, 0 free; NULL */
    const struct fore_trees *from; /* goes on from these trees (of p columns); NULL */
    uint64_t seed;
} fore_trees_options;

typedef struct fore_trees_info {
    int64_t rounds;   /* trees kept */
    double loss;      /* mean log loss on the rows fitted, after the last kept tree */
    double held_loss; /* and on the held-out rows; NaN without any */
} fore_trees_info;

typedef struct fore_trees fore_trees;

fore_trees_options fore_trees_default(void);

/* x: n x p raw, finite, or NaN: missing. y: n, 0 or 1 (else E_DATA). w: n or NULL. held: n bytes, 1
 * = not fitted, used for early stopping; NULL = none (all rounds are made). The same for any number
 * of threads. */
fore_status fore_trees_fit(fore_pool *pool, const fore_view *x, const double *y, const double *w,
                           const uint8_t *held, const fore_trees_options *options,
                           const fore_observer *observer, fore_trees **out, fore_trees_info *info,
                           fore_error *err);
void fore_trees_free(fore_trees *trees);
/* A copy for rows of `columns` columns, where column j of before is now to[j], to go on from. to[j]
 * = -1: it is gone; E_MODEL when a split needs it, *gone (or NULL) being j. */
fore_status fore_trees_moved(const fore_trees *trees, const int64_t *to, int64_t columns,
                             fore_trees **out, int64_t *gone, fore_error *err);
int64_t fore_trees_columns(const fore_trees *trees); /* p */
int64_t fore_trees_count(const fore_trees *trees);

/* margin: n log-odds. */
fore_status fore_trees_predict(fore_pool *pool, const fore_trees *trees, const fore_view *x,
                               double *margin, fore_error *err);
/* One raw row, `step` doubles between its columns; allocates nothing. */
double fore_trees_row(const fore_trees *trees, const double *raw, int64_t step);
/* parts: p doubles; *base + sum(parts) = margin up to rounding. Allocates nothing. */
void fore_trees_parts(const fore_trees *trees, const double *raw, int64_t step, double *parts,
                      double *base);

/* The same for all rows of x: parts holds p doubles a row, base one. */
fore_status fore_trees_explain(fore_pool *pool, const fore_trees *trees, const fore_view *x,
                               double *parts, double *base, fore_error *err);

/* Contributions against chosen rows instead of the rows fitted: exact interventional Shapley values
 * (Lundberg et al. 2020), to ask why a row's margin is not that of an average row of the background
 * ("than the other open leads"). Borrows the trees; read-only, any number of threads. E_DATA
 * without rows. Memory: the distinct sets of conditions that background rows meet, per leaf. */
typedef struct fore_background fore_background;
fore_status fore_background_new(fore_pool *pool, const fore_trees *trees, const fore_view *rows,
                                fore_background **out, fore_error *err);
void fore_background_free(fore_background *background); /* NULL is fine */
/* parts: p; *base, the mean margin of the background, + sum(parts) = margin up to rounding.
 * Allocates nothing. */
void fore_background_parts(const fore_background *background, const double *raw, int64_t step,
                           double *parts, double *base);

void fore_trees_write(const fore_trees *trees, fore_json_writer *json, const char *key);
fore_status fore_trees_read(const fore_json_node *node, fore_trees **out,
                            fore_error *err); /* E_MODEL */
/* The same in five bytes a node: appended to out, for at most 127 columns (E_LIMIT). Predictions
 * keep single precision, contributions are not kept. */
fore_status fore_trees_pack(const fore_trees *trees, fore_text *out, fore_error *err);
/* *used: the bytes that were these trees'. E_MODEL for bytes that are not packed trees of so many
 * columns. */
fore_status fore_trees_unpack(const uint8_t *bytes, int64_t length, int64_t columns, int64_t *used,
                              fore_trees **out, fore_error *err);

#endif
