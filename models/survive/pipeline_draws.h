/* The draws behind the simulated pipeline: what open and new deals bring in every period of every
 * draw. Inside of pipeline.c. */
#ifndef FORE_SURVIVE_PIPELINE_DRAWS_H
#define FORE_SURVIVE_PIPELINE_DRAWS_H

#include "models/survive/pipeline.h"

typedef struct fore_draws {
    int64_t draws, periods;
    double *open, *fresh;           /* draws x periods, [d + j * draws]: amounts */
    double *wins_open, *wins_fresh; /* the same: numbers of wins */
} fore_draws;

/* p: checked. The tables are the caller's even on failure (E_MEMORY): fore_draws_free. */
fore_status fore_draws_make(const fore_pipeline *p, uint64_t seed, int64_t draws, fore_pool *pool,
                            fore_draws *out, fore_error *err);
void fore_draws_free(fore_draws *draws);

#endif
