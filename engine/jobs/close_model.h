/* What the curves of closing need: learned from all deals known at a moment, open ones too
 * (models/survive/landmark.h), and kept beside the deal model that is published, so that asking
 * learns nothing anew.
 *
 * Each deal is read at up to four moments of its life, drawn by a hash of its key; of more deals
 * than fit so many are drawn, each standing for those left out. What was known at the moment stays,
 * age and time in stage go on. Same history, same moment: same bytes. */
#ifndef FORE_JOBS_CLOSE_MODEL_H
#define FORE_JOBS_CLOSE_MODEL_H

#include "engine/jobs/context.h"
#include "models/survive/landmark.h"

enum { FORE_CLOSE_FEATURES = 52, FORE_CLOSE_STAGES = 12 };

typedef struct fore_close_model {
    int64_t as_of; /* learned from what was known then */
    bool dates;    /* the expected date of closing may be used */
    int32_t feature[FORE_CLOSE_FEATURES];
    int64_t features;
    char *stage[FORE_CLOSE_STAGES]; /* the most common ones have a column each, by name */
    int64_t stages;
    fore_landmark *landmark;
} fore_close_model;

typedef struct fore_close_options { /* for measuring */
    int64_t deals_max;              /* deals that are read; 0: the default */
    double half_life_weeks;         /* 0: the default; infinite: no decay */
    double ridge, ridge_fade;       /* 0: the defaults of landmark.h */
} fore_close_options;

/* E_NO_ANSWER when no deal was won before as_of. options NULL: the defaults. */
fore_status fore_close_model_learn(fore_context *context, int64_t as_of,
                                   const fore_close_options *options, fore_close_model **model,
                                   fore_error *err);
void fore_close_model_free(fore_close_model *model); /* NULL is fine */

void fore_close_model_write(const fore_close_model *model, fore_json_writer *json, const char *key);
fore_status fore_close_model_read(const fore_json_node *node, fore_close_model **model,
                                  fore_error *err); /* E_MODEL */

/* What the model looks at: x n x columns, column-major; and the clocks of an open deal. */
int64_t fore_close_columns(const fore_close_model *model);
fore_status fore_close_rows(const fore_close_model *model, const fore_timeline *timeline,
                            const fore_extractor *extractor, fore_pool *pool,
                            const fore_extract_row *rows, int64_t n, double *x, fore_error *err);
fore_reading fore_close_clocks(const fore_close_model *model, const fore_timeline *timeline,
                               int64_t subject, int64_t moment);

#endif
