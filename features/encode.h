/* Encoding: a frame's columns as numeric raw columns, the way it was fitted on the training rows.
 *
 *   number    as it is                                  unit of the column
 *   date      days from the date to the row's reference day (negative: still to come); without
 *             reference days: days since 1970-01-01      "days"
 *   yes/no    0 or 1
 *   category  an indicator per level that `level_rows` training rows have, most frequent first, at
 *             most `max_levels`; the others pooled as "other" when they together have that many;
 *             missing as a level of its own when that many rows miss it. With more than
 *             `rate_levels` levels and labels also "past rate": the level's smoothed share of label 1
 *             in log-odds, out of fold on training rows; unless its levels differ mostly by chance.
 *   text      length in characters, number of words; columns of e-mail addresses: free-mail or not,
 *             and the domain as a category
 *   number, date and yes/no columns with `level_rows` missing values also get "is missing", unless
 *   an earlier column misses exactly the same training rows.
 * Columns that are empty or constant in the training rows give nothing. No scaling, no imputation:
 * a missing number stays NaN (models do that); indicators are never NaN.
 *
 * Past rate (empirical Bayes; the prior strength m by the ANOVA estimate of the beta-binomial's
 * intraclass correlation; Micci-Barreca 2001, doi:10.1145/507533.507538): with W_l wins in n_l rows
 * of level l and the overall rate p, logit((W_l + m p) / (n_l + m)). A training row is given the rate
 * without the rows of its own fold, shrunk to the same p, so that a level seen in one fold only says
 * nothing. This is how categories of many levels are split: a tree that parts the past rate parts the
 * levels in the order of their target statistics. Fewer levels are told apart by their indicators
 * alone: rates beside them made no set better outside its test and some worse; so did ordered target
 * statistics (each row by those before it in a random order) and pairs of columns
 * (bench/README.md, "Categories"). Folds come from the group (the lead or deal), so rows of one subject never inform each
 * other, and the encoding does not depend on the order of the rows.
 *
 * Read-only once made: any number of threads. */
#ifndef FORE_FEATURES_ENCODE_H
#define FORE_FEATURES_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/status.h"
#include "features/frame.h"

typedef struct fore_encoding_options {
    int64_t level_rows;  /* 0 (default): 30, but at most rows / 20 and at least 5 */
    int64_t max_levels;  /* indicators of one column; default 50 */
    int64_t rate_levels; /* more levels than this get a past rate beside them; default 15 */
    int folds;           /* for the past rate, 2..32; default 5 */
    uint64_t seed;       /* of the folds; default 1 */
    bool missing_flags;  /* "is missing" columns for number, date, yes/no; default true */
    const char *const *drop; /* `drops` names of frame columns to leave out, or NULL */
    int64_t drops;
} fore_encoding_options;
fore_encoding_options fore_encoding_defaults(void);

typedef enum fore_raw_kind { /* written in model files by word */
    FORE_RAW_NUMBER,
    FORE_RAW_DAYS,
    FORE_RAW_YES_NO,
    FORE_RAW_MISSING,
    FORE_RAW_LEVEL,
    FORE_RAW_OTHER,
    FORE_RAW_RATE,
    FORE_RAW_LENGTH,
    FORE_RAW_WORDS,
    FORE_RAW_FREE_MAIL
} fore_raw_kind;

/* One numeric column of the result; texts belong to the encoding. */
typedef struct fore_raw_column {
    const char *name;   /* "Lead Source = Olark Chat", "Title: length" */
    const char *source; /* the frame's column: "Lead Source" */
    const char *level;  /* of LEVEL columns; else NULL */
    const char *unit;   /* "", "days", "yes/no", "log-odds", "characters", "words" */
    const char *words;  /* for people: "Lead Source is Olark Chat", "length of Title" */
    fore_raw_kind kind;
} fore_raw_column;

/* Rows of a frame to fit on or to encode; the frame's rows in their order when rows is NULL. A frame
 * row may be named several times (one subject at several moments). */
typedef struct fore_encode_rows {
    const int64_t *rows;       /* n frame rows, or NULL */
    int64_t n;                 /* ignored when rows is NULL */
    const double *reference;   /* n days since 1970-01-01 (the moment T of each row), or NULL */
    const int64_t *group;      /* n ids of the subject of each row; NULL: the frame row */
} fore_encode_rows;

typedef struct fore_encoding fore_encoding;

/* label: n of 0, 1 or NaN (unknown: not used), or NULL: then no past rates. options NULL = defaults.
 * E_DATA when no rows are given; an encoding of zero raw columns is valid. */
fore_status fore_encoding_fit(const fore_frame *frame, const fore_encode_rows *rows, const double *label,
                              const fore_encoding_options *options, fore_encoding **encoding,
                              fore_error *err);
void fore_encoding_free(fore_encoding *encoding); /* NULL is fine */

int64_t fore_encoding_count(const fore_encoding *encoding); /* raw columns p */
const fore_raw_column *fore_encoding_column(const fore_encoding *encoding, int64_t column);
/* family: p, one number per frame column for the indicators of its levels; -1 elsewhere. */
void fore_encoding_family(const fore_encoding *encoding, int32_t *family);

typedef enum fore_encoding_use {
    FORE_ENCODE_SCORING,  /* rates from all training rows */
    FORE_ENCODE_TRAINING, /* the rows it was fitted on (their groups decide): rates out of fold. Only
                             before saving: a loaded encoding refuses it with E_MODEL */
} fore_encoding_use;
enum { FORE_ENCODE_TOLERATE = 16 }; /* or-ed to the use: a missing source column is all missing */

/* out: n x p, element (i, j) at out[i + j * stride], stride >= n. Levels never seen count as "other".
 * A source column that the frame lacks: E_MODEL naming it (unless tolerated). A column that was
 * typed otherwise at training is read again under the training type; cells that do not fit are
 * missing. */
fore_status fore_encoding_apply(const fore_encoding *encoding, const fore_frame *frame,
                                const fore_encode_rows *rows, int use, double *out, int64_t stride,
                                fore_error *err);

/* As a member `key` of the object being written, and back: the loaded encoding gives the same
 * numbers. Load: E_MODEL saying what is wrong when the JSON is not a sound encoding. */
void fore_encoding_write(const fore_encoding *encoding, fore_json_writer *writer, const char *key);
fore_status fore_encoding_load(const fore_json_node *node, fore_encoding **encoding, fore_error *err);

#endif
