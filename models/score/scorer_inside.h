/* The scorer's insides, shared by its fitting, its answers and its JSON form. */
#ifndef FORE_SCORE_SCORER_INSIDE_H
#define FORE_SCORE_SCORER_INSIDE_H

#include "models/score/logit.h"
#include "models/score/scorer.h"

/* One raw column of a linear learner, folded: missing -> absent, else slope x clamp(v, low, high).
 */
typedef struct linear_column {
    double low, high, slope, absent;
} linear_column;

/* What the learner chose inside the rows fitted; 0: nothing to choose. */
typedef struct scorer_knobs {
    double precision, lambda;
    int64_t rounds;
    double *precisions; /* additive: of each design column; owned */
    bool sifted;        /* additive: see fore_additive */
} scorer_knobs;

/* One hinge of a raw column: + slope (min(v, high) - knot) beyond the knot. */
typedef struct linear_bend {
    int64_t column;
    double knot, high, slope;
} linear_bend;

struct fore_scorer {
    fore_learner learner;
    int64_t columns; /* p */
    double level;
    fore_design *design;      /* not for trees */
    fore_logit_model *linear; /* logistic, additive (with covariance), elastic net */
    fore_trees *trees;
    fore_svm *svm;
    fore_calibration *calibration;
    scorer_knobs knobs; /* of a core that was fitted, not of one that was loaded */
    /* derived */
    double z;              /* normal quantile of (1 + level) / 2 */
    double base;           /* linear: the constant that goes with `folded` */
    linear_column *folded; /* p */
    linear_bend *bend;     /* bends */
    int64_t bends;
};

fore_status scorer_new(fore_learner learner, int64_t columns, double level, fore_scorer **out,
                       fore_error *err);
/* Fills the derived fields once the parts are there. */
fore_status scorer_finish(fore_scorer *scorer, fore_error *err);
/* Design and learner, without calibration; s is in key order. like: additive: a core whose design
 * and precisions are taken over; NULL = they are found. */
fore_status scorer_core(fore_pool *pool, const fore_sample *s, const fore_scorer_options *options,
                        const fore_scorer *like, const fore_observer *observer, fore_scorer **out,
                        fore_error *err);

/* Gives the core's knobs to a fit on so many rows, where they are enough for it (FORE_KNOB_ROWS).
 * Returns whether the core may be scorer_core's `like` as well: not where most columns were left
 * out by outcomes that a fold shall not know. */
bool scorer_take_over(const fore_scorer *core, int64_t rows, fore_scorer_options *options);

typedef struct scorer_newest {
    const uint8_t *row;            /* rows of train: 1 for the newest, whose level is followed */
    double forward, forward_error; /* see fore_scorer_refit */
} scorer_newest;

/* Calibrates the core `scorer`, fitted on train (in key order), on the margins of later rows, or
 * out of fold of train; later and newest may be NULL. */
fore_status scorer_calibrate(fore_pool *pool, const fore_scorer_options *options,
                             const fore_observer *observer, const fore_sample *train,
                             const fore_sample *later, const scorer_newest *newest,
                             fore_scorer *scorer, fore_error *err);

/* Margins of all rows of x, no calibration needed. */
fore_status scorer_margins(fore_pool *pool, const fore_scorer *scorer, const fore_view *x,
                           double *margin, fore_error *err);

#endif
