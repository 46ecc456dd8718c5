/* What `foresell series` says of one series in sentences. */
#ifndef FORE_JOBS_SERIES_WORDS_H
#define FORE_JOBS_SERIES_WORDS_H

#include "engine/jobs/series_drivers.h"
#include "models/series/series_forecast.h"

/* The forecast's note with times in place of positions, and what the plan adds to it; "" for
 * nothing. In the answer's arena. */
const char *fore_series_words_note(fore_answer *a, const foresell_series_request *r,
                                   const fore_series_plan *plan, const fore_series_forecast *f);
/* That note with what to do about outliers that were kept; *hinted: once per answer. */
const char *fore_series_words_hint(fore_answer *a, const foresell_series_request *r,
                                   const char *note, bool *hinted);
/* "promo goes with +26.3 for each unit more (95 % interval 23.4 to 29.2)" */
void fore_series_words_effects(fore_answer *a, const char *id, const fore_series_plan *plan,
                               const fore_series_sources *sources, const fore_series_forecast *f);

#endif
