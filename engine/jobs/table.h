/* Flat tables, shared by `table train` and `table score`: a CSV in memory, and the model's file. */
#ifndef FORE_JOBS_TABLE_H
#define FORE_JOBS_TABLE_H

#include "engine/foresell.h"
#include "engine/jobs/context.h"
#include "features/encode.h"
#include "models/score/choose.h"
#include "models/score/follow.h"

/* A CSV in memory: the columns to learn from as a frame, and the special ones beside it. */
typedef struct fore_flat_table {
    fore_frame *frame;
    int64_t n;
    double *label;  /* n: 0 or 1, NaN: not known (scoring only); NULL: no target */
    double *when;   /* n; NULL without a time column */
    fore_text ids;  /* NUL-terminated, one after the other */
    int64_t *id_at; /* n offsets */
} fore_flat_table;

/* id, target, positive: names of columns and the value that counts, or NULL. every: all rows must
 * tell their outcome, and both must occur. Messages name file, line and column. fore_flat_free. */
fore_status fore_flat_read(fore_context *context, const foresell_table_request *request,
                           const char *id, const char *target, const char *positive, bool every,
                           fore_flat_table *out, fore_error *err);
void fore_flat_free(fore_flat_table *table);
/* What is said about the data names the file that they came from. */
void fore_flat_name(fore_status status, const char *path, fore_error *err);

typedef struct fore_flat_model {
    fore_encoding *encoding;
    fore_scorer *scorer;
    char target[256], id[256], positive[256]; /* empty: none was named */
    int64_t step; /* to follow: rows whose outcomes are told together; 0: without times */
    double pivot; /* to follow: log-odds of the base rate */
} fore_flat_model;

fore_status fore_flat_model_save(const fore_flat_model *model, const char *path, fore_error *err);
/* E_MODEL when the file is no sound model of this version. fore_flat_model_free. */
fore_status fore_flat_model_load(const char *path, fore_flat_model *out, fore_error *err);
void fore_flat_model_free(fore_flat_model *model);

typedef struct fore_flat_followed {
    int64_t step; /* 0: the table has no times, nothing is followed */
    double pivot;
    fore_quality quality; /* of the test, each row answered with the outcomes of the rows before */
} fore_flat_followed;
/* role: n (fore_role); probability: n, as published. */
fore_status fore_flat_follow(const fore_flat_table *table, const uint8_t *role,
                             const double *probability, fore_flat_followed *out, fore_error *err);
/* probability: n, in: as published; out: followed through the table's times by the outcomes known
 * before each row. *known: rows with an outcome. */
fore_status fore_flat_chances(const fore_flat_table *table, const fore_flat_model *model,
                              double *probability, int64_t *known, fore_error *err);

#endif
