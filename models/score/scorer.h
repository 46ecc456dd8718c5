/* The scorer: what is published and answers. A learner on raw rows, its design, its calibration and
 * what intervals need, in one handle that can be saved as JSON and loaded elsewhere.
 *
 *     raw row -> design -> margin (log-odds; decision value for the svm) -> calibration ->
 * probability
 *
 * A scorer is immutable: any number of threads may use it at once. */
#ifndef FORE_SCORE_SCORER_H
#define FORE_SCORE_SCORER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/text.h"
#include "models/score/calibrate.h"
#include "models/score/design.h"
#include "models/score/prior_shift.h"
#include "models/score/sample.h"
#include "models/score/svm_rbf.h"
#include "models/score/trees.h"

typedef enum fore_learner {
    FORE_LOGISTIC,
    FORE_ADDITIVE,
    FORE_ELASTIC_NET,
    FORE_TREES,
    FORE_SVM,
    FORE_LEARNERS /* how many */
} fore_learner;

/* "logistic" "additive" "elastic-net" "trees" "svm" */
const char *fore_learner_name(fore_learner learner);
bool fore_learner_parse(const char *name, fore_learner *learner);

/* Rows from which a fifth of the subjects more or less no longer moves a learner's own choice of
 * its precision, lambda or rounds. */
enum { FORE_KNOB_ROWS = 10000 };

/* Trees that going on adds, and how many trees a model may have before it is grown anew. */
enum { FORE_MORE_TREES = 50, FORE_MOST_TREES = 1000 };

typedef struct fore_scorer_options {
    fore_learner learner;
    fore_design_options design;
    double precision; /* logistic: prior precision per standardised coefficient; 0 = the one of
                       * 0.01 .. 10000 with the largest evidence (up to 50,000 rows; 1 beyond) */
    double alpha;     /* elastic net; 0.5 */
    double lambda;    /* elastic net; 0 = chosen on a fifth of the subjects */
    fore_trees_options trees; /* rate, rounds, patience 0: by the rows */
    int64_t rounds; /* trees: exactly so many; 0 = stopped early on a fifth of the subjects */
    const fore_trees *go_on; /* trees, fore_scorer_refit only: FORE_MORE_TREES on top of these, which
                              * were fitted on columns of the same meaning; NULL = grown anew */
    bool stop_on_newest; /* trees, fore_scorer_refit only: stopped early on the newest rows instead
                          * of a fifth of the subjects; false: where the newest rows are unlike the
                          * others it stops at once (bench/README.md, "Where the trees stop") */
    fore_svm_options svm;
    fore_calibrator calibrator;
    double level;      /* of the intervals; 0.9 */
    int64_t fold_rows; /* calibration out of fold: on about so many rows at most, whole subjects by
                        * lot (fore_rows_thin); 100,000: a curve of two numbers asks for no more */
    uint64_t seed;     /* inner folds, samples */
} fore_scorer_options;

typedef struct fore_score {
    double probability, lo, hi; /* calibrated; 0 < lo <= probability <= hi < 1 */
    double margin;              /* before calibration */
} fore_score;

typedef struct fore_scorer fore_scorer;

fore_scorer_options fore_scorer_default(fore_learner learner);

/* Fits on `train` and calibrates on `calibrate`, which should be later than train and about other
 * subjects. calibrate NULL, or with under 10 rows of a class: calibrated on out-of-fold margins
 * of train (5 folds by subject) together with it; with over FORE_KNOB_ROWS rows the
 * first fold chooses precision, lambda, rounds, or hinges and precisions for all of them. With under 10 rows of a class in
 * train as well, the logistic and the additive learner keep their own log-odds and the others refuse
 * (E_NO_ANSWER). The additive one keeps its slope with under 100: its prior has shrunk it already.
 * E_NO_ANSWER when train holds one class only: the message names it. */
fore_status fore_scorer_fit(fore_pool *pool, const fore_sample *train, const fore_sample *calibrate,
                            const fore_scorer_options *options, const fore_observer *observer,
                            fore_scorer **out, fore_error *err);
/* The same on all rows of the past, calibrated out of fold for the rows to come: the level is that
 * of the rows with newest[i] = 1 (of all rows, where those hold under 20 of a class), and the curve
 * is damped where models fitted earlier ranked the rows after theirs less well than their folds
 * promised. forward: the slope of the outcome on the margins of such later rows (with a level of
 * its own per window) and its standard error, which decides how far it is believed; NaN: not known.
 */
fore_status fore_scorer_refit(fore_pool *pool, const fore_sample *past, const uint8_t *newest,
                              double forward, double forward_error,
                              const fore_scorer_options *options, const fore_observer *observer,
                              fore_scorer **out, fore_error *err);
void fore_scorer_free(fore_scorer *scorer);

fore_learner fore_scorer_learner(const fore_scorer *scorer);
const fore_trees *fore_scorer_trees(const fore_scorer *scorer); /* borrowed; NULL: other learners */
int64_t fore_scorer_columns(const fore_scorer *scorer); /* p */
const fore_calibration *fore_scorer_calibration(const fore_scorer *scorer);
/* Column j's weight in the model, >= 0, not scaled: |coefficients| per sd; gain for trees; 0 for
 * svm. */
void fore_scorer_importance(const fore_scorer *scorer, double *importance);

/* x: m x p. probability: m. lo, hi: m or NULL (both). margin: m or NULL. Infinite values: E_DATA.
 */
fore_status fore_scorer_predict(fore_pool *pool, const fore_scorer *scorer, const fore_view *x,
                                double *probability, double *lo, double *hi, double *margin,
                                fore_error *err);

/* Has the base rate of these rows moved, as their scores alone tell it? */
fore_status fore_scorer_shift(fore_pool *pool, const fore_scorer *scorer, const fore_view *x,
                              fore_prior_shift *shift, fore_error *err);

/* One row: raw p doubles. scratch: fore_scorer_scratch(scorer) doubles. Allocates nothing. */
int64_t fore_scorer_scratch(const fore_scorer *scorer);
fore_status fore_scorer_row(const fore_scorer *scorer, const double *raw, double *scratch,
                            fore_score *score, fore_error *err);
/* Contributions per raw column: *base + sum(parts) = the margin BEFORE calibration, up to rounding.
 * parts: p. base is the margin of an average row. Linear learners: coefficient x
 * standardised value (value, hinges and missing indicator together); trees: TreeSHAP; svm:
 * integrated gradient. */
fore_status fore_scorer_parts(const fore_scorer *scorer, const double *raw, double *scratch,
                              double *parts, double *base, fore_error *err);

/* JSON, version FORE_SCORER_VERSION; numbers read back as the same doubles, so save(load(s)) == s.
 * Loading: E_FORMAT when it is not JSON, E_MODEL when it is not a scorer, from another version, or
 * damaged (sizes, ranges, values that are not finite). */
enum { FORE_SCORER_VERSION = 1 };
fore_status fore_scorer_save(const fore_scorer *scorer, fore_text *out, fore_error *err);
fore_status fore_scorer_load(const char *text, int64_t length, fore_scorer **out, fore_error *err);

#endif
