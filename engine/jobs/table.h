/* Flat tables, shared by `table train` and `table score`: a CSV in memory, and the model's file. */
#ifndef FORE_JOBS_TABLE_H
#define FORE_JOBS_TABLE_H

#include "engine/foresell.h"
#include "engine/jobs/context.h"
#include "features/encode.h"
#include "models/score/scorer.h"

/* A CSV in memory: the columns to learn from as a frame, and the special ones beside it. */
typedef struct fore_flat_table {
    fore_frame *frame;
    int64_t n;
    double *label;  /* n: 0 or 1; NULL when scoring */
    double *when;   /* n; NULL without a time column */
    fore_text ids;  /* NUL-terminated, one after the other */
    int64_t *id_at; /* n offsets */
} fore_flat_table;

/* id, target: names of columns, or NULL. Messages name file, line and column. fore_flat_free. */
fore_status fore_flat_read(fore_context *context, const foresell_table_request *request,
                           const char *id, const char *target, fore_flat_table *out,
                           fore_error *err);
void fore_flat_free(fore_flat_table *table);

typedef struct fore_flat_model {
    fore_encoding *encoding;
    fore_scorer *scorer;
    char target[256], id[256];
} fore_flat_model;

fore_status fore_flat_model_save(const fore_flat_model *model, const char *path, fore_error *err);
/* E_MODEL when the file is no sound model of this version. fore_flat_model_free. */
fore_status fore_flat_model_load(const char *path, fore_flat_model *out, fore_error *err);
void fore_flat_model_free(fore_flat_model *model);

#endif
