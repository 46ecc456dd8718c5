/* Training one purpose (leads, or deals), shared by train, nightly and backtest. */
#ifndef FORE_JOBS_TRAINING_H
#define FORE_JOBS_TRAINING_H

#include "engine/jobs/scoring.h"
#include "features/examples.h"
#include "features/leak.h"
#include "models/score/choose.h"

typedef struct fore_training_options {
    int64_t as_of;
    uint64_t seed;
    double horizon_days;     /* 0: from the data */
    const char *use;         /* comma-separated columns to use although they seem to know the outcome */
    bool without[FORE_LEARNERS]; /* learners not to try */
    const fore_scoring *go_on;   /* where trees win, they go on from this model's (columns are found by
                                  * name; one that is gone: grown anew); NULL = always anew */
} fore_training_options;

/* Everything that came out. Free with fore_training_free. */
typedef struct fore_training {
    fore_scoring *scoring;       /* the winner */
    fore_choice choice;          /* measured quality; choice.scorer is moved into scoring */
    double auc_same_day;         /* of the test rows, among those of one moment; NaN: unknown */
    fore_examples *examples;     /* ordered by window, subject and moment; of more than 400,000 rows,
                                  * or a matrix of over a gigabyte, subjects are drawn */
    fore_attributes *attributes; /* rows of all subjects of the kind */
    fore_leak_report *leaks;     /* of the attributes */
    fore_leak_report *stored;    /* of the features that rest on stored values; NULL: there are none */
    int64_t left_out_columns;    /* attributes and features left out because they know the outcome */
    char went_on[256];           /* what became of options.go_on, a sentence; empty: not asked for */
} fore_training;

fore_status fore_training_run(fore_context *context, fore_subject_kind kind,
                              const fore_training_options *options, fore_training *out, fore_error *err);
void fore_training_free(fore_training *training);

/* Who lies in which window: the same for the same seed of a training. */
uint64_t fore_training_examples_seed(uint64_t seed);

/* Quality as JSON members of the open object: log_loss, auc, brier, calibration_error, ... */
void fore_quality_json(fore_json_writer *json, const fore_quality *quality);
/* The metrics column of the registry. */
fore_status fore_training_metrics(const fore_training *training, fore_text *json, fore_error *err);
/* Stores the model as a candidate; *pk and its id in scoring->model_id. Inside a transaction. */
fore_status fore_training_store(fore_context *context, fore_training *training, int64_t now,
                                uint64_t seed, const char *state, const char *note, fore_error *err);

/* The rows of the newest window (test), for comparing models on them. */
int64_t fore_training_test_rows(const fore_training *training, fore_extract_row *rows, double *label,
                                double *weight); /* arrays of examples->n; returns how many */

#endif
