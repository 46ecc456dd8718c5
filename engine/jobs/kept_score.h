/* A score as it was kept: the chance, the model, every value that the model saw, and what each added.
 * Scoring the kept values again with the named model gives the kept chance bit for bit. */
#ifndef FORE_JOBS_KEPT_SCORE_H
#define FORE_JOBS_KEPT_SCORE_H

#include "engine/jobs/scoring.h"

/* The text of fore_score_row.parts: {"base":b,"raw":[p],"parts":[p]}, in the model's order of columns. */
fore_status fore_kept_write(const fore_scoring *scoring, const double *raw, const double *parts, double base,
                            fore_text *out, fore_error *err);

typedef struct fore_kept_score {
    bool found;
    double probability, lo, hi;
    int64_t as_of;
    char model_id[96];
    fore_text text;        /* parts as stored */
    fore_scoring *scoring; /* the model that made it; NULL where it cannot be used any more */
    bool whole;            /* raw holds all values; false for scores kept by the first version */
    double *raw, *parts, base; /* scoring->columns each */
} fore_kept_score;

/* The newest score of a subject with as_of <= not_after, with its model. found false: none. */
fore_status fore_kept_read(fore_context *context, fore_subject_kind kind, int64_t pk, int64_t not_after,
                           fore_kept_score *kept, fore_error *err);
void fore_kept_free(fore_kept_score *kept);

/* Does scoring the kept values again give the kept chance? */
bool fore_kept_is_same(const fore_kept_score *kept, fore_pool *pool);

#endif
