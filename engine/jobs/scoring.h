/* The model of a purpose, whole: which features it sees, how attributes are encoded, the scorer, and
 * the table behind its reasons. Packed JSON in the registry; loaded to score, explain and compare. */
#ifndef FORE_JOBS_SCORING_H
#define FORE_JOBS_SCORING_H

#include "engine/jobs/context.h"
#include "features/attributes.h"
#include "features/encode.h"
#include "models/score/scorer.h"

/* What a raw column says when it lies above or below its cut, measured on the training rows. */
typedef struct fore_reason_cut {
    double cut;                  /* NaN: the column never tells the rows apart */
    double rate_high, rate_low;  /* share of wins at or above, and below the cut, shrunk towards the base
                                  * rate (reasons.c) */
    double count_high, count_low; /* rows behind them */
} fore_reason_cut;

typedef struct fore_scoring {
    fore_subject_kind kind;
    double horizon_days;         /* the label: won (a lead: converted) within so many days */
    double base_rate;            /* of the training rows */
    int32_t *feature;            /* feature_count indices into the catalogue */
    int64_t feature_count;
    fore_encoding *encoding;     /* of attributes; NULL: none are used */
    int64_t columns;             /* p = feature_count + columns of the encoding */
    fore_scorer *scorer;
    fore_reason_cut *cut;        /* columns */
    char *use;                   /* columns taken in although they seem to know the outcome; NULL: none */
    struct fore_uplift *uplift; /* what one more contact adds, learned with it; NULL: not kept */
    struct fore_close_model *close; /* when deals close, learned with it; NULL: not kept, or a lead's */
    double log_loss, baseline_log_loss; /* as measured when it was trained; NaN until stored */
    int64_t model_pk;            /* 0 until stored */
    char model_id[96];
    int64_t as_of;
    uint64_t seed;               /* of its training, from the registry; 0 until stored */
} fore_scoring;

void fore_scoring_free(fore_scoring *scoring); /* NULL is fine */

/* Rows as the model sees them: n x p, column-major with leading dimension n. `use` as in encode.h;
 * attributes may be NULL when the model has no encoding. */
fore_status fore_scoring_matrix(const fore_scoring *scoring, const fore_extractor *extractor,
                                fore_pool *pool, const fore_attributes *attributes,
                                const fore_extract_row *rows, int64_t n, int use, double *out,
                                fore_error *err);

/* Scores of n rows, in blocks: memory does not grow with n x p. Outputs n each. */
fore_status fore_scoring_predict(const fore_scoring *scoring, const fore_extractor *extractor,
                                 fore_pool *pool, const fore_attributes *attributes,
                                 const fore_extract_row *rows, int64_t n, double *probability,
                                 double *lo, double *hi, fore_error *err);

fore_status fore_scoring_set_use(fore_scoring *scoring, const char *use, fore_error *err); /* copied */
fore_status fore_scoring_save(const fore_scoring *scoring, fore_text *packed, fore_error *err);
fore_status fore_scoring_load(const void *packed, int64_t length, fore_scoring **scoring, fore_error *err);
/* The model that answers for a purpose as of a moment: the published one, unless it has seen what came
 * after; then the newest published one that has not. E_NOT_FOUND when there is none at all,
 * E_NO_ANSWER when all saw the future. as_of FORE_NO_TIME: the published one. */
fore_status fore_scoring_open(fore_context *context, fore_subject_kind kind, int64_t as_of,
                              fore_scoring **scoring, fore_error *err);
/* The named model, whether it still answers or not. E_NOT_FOUND; E_MODEL when it cannot be used. */
fore_status fore_scoring_named(fore_context *context, fore_subject_kind kind, const char *id,
                               fore_scoring **scoring, fore_error *err);
const char *fore_purpose(fore_subject_kind kind); /* "lead", "deal" */
/* Was it measured as no better than saying the base rate of everybody? False where nothing was measured. */
bool fore_scoring_is_idle(const fore_scoring *scoring);

/* --- words --- */

/* A chance of one that is open, in words: "12.3 %", and never 0 or 100. */
void fore_chance_say(double probability, char out[24]);

/* Cuts for every column from training rows (label, weight; rows of weight 0 are passed over, and of more
 * than 100,000 about so many are measured on, whole subjects by lot). group: the subject of each row, rows
 * of one subject together; NULL: all differ. fore_hash(group, 8 bytes, FORE_REASON_LOT) sends a subject to
 * one of two halves: what one chooses, the other measures. */
enum { FORE_REASON_LOT = 29 };
fore_status fore_reasons_measure(fore_pool *pool, const fore_view *x, const double *label,
                                 const double *weight, const int64_t *group, double base_rate,
                                 fore_reason_cut *cut, fore_error *err);

typedef struct fore_reason {
    int64_t column;
    double part;   /* contribution in log-odds */
    double value;  /* NaN = not known */
    double ratio;  /* how often such subjects are won, over the base rate; NaN = not said */
} fore_reason;
/* The strongest contributions that can be put into words and whose direction the record bears out, at
 * most `limit`, strongest first; `sign` +1, -1 or 0 for both. Returns how many. */
int64_t fore_reasons_pick(const fore_scoring *scoring, const double *raw, const double *parts, int sign,
                          fore_reason *out, int64_t limit);
/* "3 replies in the last 30 days (won 4.1x as often)". */
void fore_reason_say(const fore_scoring *scoring, const fore_reason *reason, fore_text *out);
const char *fore_scoring_column_name(const fore_scoring *scoring, int64_t column);

#endif
