/* Features that rest on a value stored without history (a deal's amount), judged by the same finder
 * as the attributes: would this number have given the outcome away? What does leaves the scoring's
 * features, unless it is named in `use`; the findings become training->stored. */
#ifndef FORE_JOBS_STORED_LEAKS_H
#define FORE_JOBS_STORED_LEAKS_H

#include "engine/jobs/training.h"

fore_status fore_stored_leaks(fore_context *c, fore_scoring *s, fore_training *t,
                              const fore_timeline *timeline, const fore_extractor *extractor,
                              const char *use, fore_error *err);

#endif
