/* What the record's cuts come to, in figures and in words: is this forecast one to plan with, and
 * if not, what would help. */
#ifndef FORE_JOBS_FORECAST_JUDGE_H
#define FORE_JOBS_FORECAST_JUDGE_H

#include "engine/base/text.h"
#include "engine/jobs/forecast_record.h"

/* 80 % intervals this wide, relative to what came, leave nothing to plan with. */
#define FORE_RECORD_WIDE 2.0

/* error, baseline_error, own_error, closer, coverage80 and width from the cuts. */
void fore_record_sum_up(fore_record *record);

typedef enum fore_record_verdict {
    FORE_RECORD_SOUND,  /* closer than every simple rule */
    FORE_RECORD_BEATEN, /* some simple rule was closer on the same months */
    FORE_RECORD_TOO_WIDE,
    FORE_RECORD_NO_SALES, /* nothing was won in the months looked at */
    FORE_RECORD_SHORT     /* fewer than two cuts */
} fore_record_verdict;
fore_record_verdict fore_record_judge(const fore_record *record);
const char *fore_record_verdict_word(fore_record_verdict verdict);

/* The rule that was closest, ours left out: FORE_BASELINES when none was closer than ours. */
fore_baseline fore_record_closest(const fore_record *record);

/* Sentences for people: why the record says little and what would help; "" when it is sound. */
void fore_record_advice(const fore_record *record, fore_text *words);

#endif
