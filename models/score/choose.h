/* A measured choice between learners, as one would have made it at the time:
 *
 *     rolling origins: fit on TRAIN and compare by log loss on CALIBRATE (later), fit on TRAIN +
 *     CALIBRATE and compare on VALIDATE (later still; beyond 50,000 rows with the first fit): a more
 *     complex learner only where it is better on both together by over one standard error of the
 *     difference and by 0.2 % of the loss;
 *     refit the winner on all three, calibrated out of fold to the level of VALIDATE, with the
 *     slope damped where TRAIN -> CALIBRATE and TRAIN + CALIBRATE -> VALIDATE did not hold
 *     (fore_scorer_refit), report it on TEST (the newest).
 *
 * The comparison needs no more rows than tell learners apart: beyond compare_rows, TRAIN, CALIBRATE
 * and VALIDATE take part in it, and in the look at later rows, with the same share of their
 * subjects (by lot, fore_rows_thin). The winner is refitted on all rows, and measured on all of
 * TEST.
 *
 * TEST is never looked at before the last step, so the figures in `test` belong to the very scorer
 * that is returned. The caller sets each row's role by time and keeps a subject in one role. */
#ifndef FORE_SCORE_CHOOSE_H
#define FORE_SCORE_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/measure/classify.h"
#include "models/score/scorer.h"

typedef enum fore_role {
    FORE_ROLE_NONE,
    FORE_ROLE_TRAIN,
    FORE_ROLE_CALIBRATE,
    FORE_ROLE_VALIDATE,
    FORE_ROLE_TEST
} fore_role;

/* Fewer rows of either outcome than this in TRAIN + CALIBRATE + VALIDATE: the additive
 * learner alone, whose prior learns how far each attribute is to be shrunk, fitted on all three (the
 * logistic where that one is left out); no comparison. */
enum { FORE_FEW_POSITIVES = 40 };

typedef struct fore_choose_options {
    bool without[FORE_LEARNERS]; /* learners not to try */
    fore_scorer_options base;    /* seed, level, design, trees, svm: for every learner */
    bool keep_first_fit;         /* no refit: the winner as fitted on TRAIN is published */
    int64_t compare_rows; /* outside TEST; 150,000: on more, learners that differ by less than
                           * one standard error would be told apart, and nobody is helped */
} fore_choose_options;

typedef struct fore_challenger {
    bool tried;            /* false: left out, or its fit failed (see `why`) */
    char why[256];         /* empty when tried */
    fore_quality validate; /* of the second origin */
} fore_challenger;

typedef struct fore_choice {
    fore_scorer *scorer; /* the caller's: fore_scorer_free */
    fore_learner winner;
    fore_challenger table[FORE_LEARNERS];
    fore_quality test;      /* of `scorer` on TEST; or out of fold, see test_out_of_fold */
    fore_prior_shift shift; /* of the base rate, as the scores on TEST alone tell it; known: false
                             * where test_out_of_fold or not measured */
    fore_quality baseline;  /* the base rate of TRAIN + CALIBRATE + VALIDATE, on the same rows */
    bool test_out_of_fold;  /* TEST had not both classes: measured out of fold (5, by subject)
                             * on the rows fitted; belongs to the method, not to this very scorer */
    bool few_positives;     /* under FORE_FEW_POSITIVES */
    bool beats_baseline;    /* test log loss below the baseline's */
    double forward;         /* slope of the outcome on the winner's margins of rows later than those
                             * it was fitted on, all outside TEST; NaN: not measured */
    double forward_error;   /* its standard error, each row its own subject */
    int64_t rows[5], positives[5]; /* per role */
    int64_t shared_subjects;       /* subjects with rows in more than one role: should be 0 */
    char note[512];                /* sentences for people about the above; may be empty */
} fore_choice;

fore_choose_options fore_choose_default(void);

/* role: n, a fore_role each. E_NO_ANSWER when all rows outside TEST are of one class (it is named)
 * or there are none. */
fore_status fore_choose(fore_pool *pool, const fore_sample *sample, const uint8_t *role,
                        const fore_choose_options *options, const fore_observer *observer,
                        fore_choice *out, fore_error *err);

#endif
