/* How groups of leads and deals fare under the model that answers: outcome and chance by region,
 * country, language, free mail and whatever the user names, and what in the model stands in for
 * such a column. Measured on the rows of the newest window that the seed of its training kept back, so
 * that it was not fitted on them. */
#ifndef FORE_JOBS_FAIRNESS_H
#define FORE_JOBS_FAIRNESS_H

#include "engine/jobs/context.h"

/* by: a list (levels.h) of columns besides the usual ones; NULL: those alone. Writes member "fairness"
 * into the open object. E_NO_ANSWER where no model answers or no column of the kind is there;
 * E_ARGUMENT names a column of `by` that neither leads nor deals have. */
fore_status fore_fairness(fore_context *c, int64_t as_of, const char *by, fore_answer *a,
                          fore_json_writer *json, fore_error *err);

/* What the left-out columns do to the measured quality: one training without them, one with them,
 * by the same seed and tested on the same rows. Writes member "leak_effect" into the open object. */
fore_status fore_leak_effect(fore_context *c, int64_t as_of, uint64_t seed, fore_answer *a,
                             fore_json_writer *json, fore_error *err);

#endif
