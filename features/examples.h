/* Training examples from a timeline: who was open when, and what came of it within the horizon.
 *
 * What is scored every day is any subject that is open at a moment of the calendar; so are examples:
 *   cut-offs   T_0 = as_of - horizon, T_j = T_0 - j * step (UTC midnights): the labels of all of them are
 *              complete as of as_of, so that nothing is censored
 *   candidate  (subject, T) with the subject open at T (fore_subject_open_at)
 *   label      1 when the first that comes of it, from T on, is a win (a lead: conversion) in
 *              [T, T + horizon), else 0. A deal that was closed and opened again (timeline.h: spells) is
 *              a candidate while it is open, and each time it is only its next closing that counts: a win
 *              taken back later was a win, a loss that was won after all is a loss until it is opened
 *              again. So a label that is complete never changes, whatever becomes of the deal
 *   windows    test = the most recent cut-offs; between it and everything before lies a gap of one
 *              horizon, so that no label of another window was learned after the test began (T + horizon <=
 *              test start). Before the gap in order of time: train, validate (choose and stop), calibrate.
 *              One subject lies in one window only: one that has candidates in several goes to one of
 *              them by lot (from seed and key, never from its outcome), with lots 3 train, 1 validate, 1
 *              calibrate, 2 test; its weight is divided by the chance it had, so that long-lived subjects
 *              count in full on every side.
 *   thinning   of a subject's candidates in its window at most per_subject stay, one by lot from each of
 *              equal steps of log(1 + its age in cut-offs); weight = 1 / (chance * rows that stay)
 *              Between train, validate and calibrate there is no such gap: what is compared there is only
 *              which learner to take, on subjects that none of them has seen, and no figure of it is
 *              promised to anybody. Purging them of rows whose horizon reaches into the next window
 *              (Lopez de Prado 2018, chapter 7) was measured: of seven histories of real and demo CRMs
 *              it left four with nothing to compare on, and of the other four models three became worse
 *              on the test (log loss of a demo's deals 0.469 to 0.493).
 * Few data: windows shrink before they fail. Without enough wins for four windows calibrate goes into
 * validate; then validate into train; without a test window that both classes enter (or when the gap
 * leaves nothing to train on) all rows are train and no_test is set. `notes` says it in words.
 *
 * Order: by subject, then T. The same whatever the order of rows in the store's files is. */
#ifndef FORE_FEATURES_EXAMPLES_H
#define FORE_FEATURES_EXAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "features/extract.h"
#include "features/timeline.h"

typedef enum fore_window {
    FORE_WINDOW_TRAIN,
    FORE_WINDOW_VALIDATE,
    FORE_WINDOW_CALIBRATE,
    FORE_WINDOW_TEST,
    FORE_WINDOWS
} fore_window;
const char *fore_window_word(fore_window window); /* "train" ... */

typedef struct fore_examples_options {
    int64_t as_of;        /* microseconds; nothing at or after it is seen */
    double horizon_days;  /* 0: 80 % quantile of the days from creation to win, within 30..180, but at
                             most a quarter of the history (at least 7) */
    int32_t step_days;    /* 0: a quarter of the median life of closed subjects, within 1..7 */
    int32_t per_subject;  /* rows of a subject at most; default 4 */
    double test_share;    /* of the days between the first and the last cut-off; default 0.2 */
    double validate_share, calibrate_share; /* of the days before the gap; default 0.2 each */
    int64_t window_wins;  /* won rows that a window needs to stand alone; default 20 */
    uint64_t seed;        /* default 1 */
} fore_examples_options;
fore_examples_options fore_examples_defaults(int64_t as_of);

enum { FORE_FEW_WINS = 40 }; /* fewer won subjects than this: few_wins */

typedef struct fore_window_summary {
    int64_t rows, subjects, won; /* won: rows with label 1 */
    double base_rate;            /* weighted; NaN without rows */
    int64_t first, last;         /* first and last cut-off in use; FORE_NO_TIME without rows */
} fore_window_summary;

/* Why subjects are no examples; a subject is counted once, under the first that applies. */
typedef struct fore_examples_left_out {
    int64_t no_creation, closed_before_created, closed_without_time; /* fore_left_out */
    int64_t created_after;    /* created at or after as_of */
    int64_t too_new;          /* created after the last cut-off: the label is not complete */
    int64_t between;          /* opened and closed between two cut-offs */
    int64_t gap;              /* open at cut-offs of the gap only */
} fore_examples_left_out;

typedef struct fore_examples {
    fore_subject_kind kind;
    int64_t n;
    fore_extract_row *row; /* n: subject and T */
    double *label;         /* n: 0 or 1 */
    double *weight;        /* n: > 0 */
    uint8_t *window;       /* n: fore_window */

    double horizon_days;   /* in use, and why */
    bool horizon_chosen;   /* from the data */
    int32_t step_days;
    int64_t test_start;    /* FORE_NO_TIME when no_test */
    fore_window_summary summary[FORE_WINDOWS];
    fore_examples_left_out left_out;
    int64_t subjects, won_subjects; /* with an example; won within a horizon of one */
    bool few_wins;         /* under FORE_FEW_WINS: shrink, widen, and say so */
    bool no_test;          /* no honest test is possible */
    char notes[1024];      /* sentences for the report; may be empty */
} fore_examples;

/* Leads (label: converted) or deals (label: won). E_NO_ANSWER, saying what is missing, when there is
 * no candidate, or no won or no not-won row among all of them. */
fore_status fore_examples_make(const fore_timeline *timeline, fore_subject_kind kind,
                               const fore_examples_options *options, fore_examples **examples,
                               fore_error *err);
void fore_examples_free(fore_examples *examples); /* NULL is fine */

#endif
