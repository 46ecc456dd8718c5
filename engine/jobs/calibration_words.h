/* What is said about the calibration of a model, wherever one is measured. */
#ifndef FORE_JOBS_CALIBRATION_WORDS_H
#define FORE_JOBS_CALIBRATION_WORDS_H

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "models/score/choose.h"

/* A calibration error up to here is as good as it gets. */
#define FORE_CALIBRATION_GOOD 0.02

/* "the chances were off by 0.152 on average (0.012 by chance alone); slope 1.06, intercept 1.07".
 * Slope and intercept are left out where they are not known. */
void fore_calibration_say(const fore_quality *quality, fore_text *out);
/* The published model on the rows kept back; by time these are the newest, and it is told why where it is
 * not good: how the base rate moved. */
void fore_calibration_tell(const fore_choice *choice, bool by_time, fore_text *out);
/* What the scores of rows alone tell of their base rate, or why they tell nothing. */
void fore_shift_say(const fore_prior_shift *shift, fore_text *out);
void fore_shift_json(fore_json_writer *json, const char *key, const fore_prior_shift *shift);
/* Off by more than FORE_CALIBRATION_GOOD and by more than chance explains? */
bool fore_calibration_is_off(const fore_quality *quality);

#endif
