/* What people expect of a period instead of the model, kept beside it with the reason, and the record
 * of who was right once the period is over: the person's figure and the model's of the same moment
 * against what was won, as known at as_of. */
#ifndef FORE_JOBS_ADJUSTMENTS_H
#define FORE_JOBS_ADJUSTMENTS_H

#include "engine/jobs/context.h"

typedef struct fore_adjustment {
    int64_t at;
    int32_t start, end;
    double amount, model, model_lo80, model_hi80;
    const char *who, *because, *unit;
    bool taken_back, replaced; /* replaced: the same person said another figure later */
    bool over;                 /* the period ended by as_of */
    bool foreign;              /* said in another unit or at other rates than those of now: not judged */
    double actual;             /* NaN while it runs, and where foreign */
} fore_adjustment;

typedef struct fore_adjuster {
    const char *who;
    int64_t judged, closer; /* periods that are over; of them closer to what came than the model */
    double error, model_error; /* sums of |figure - actual| over sums of actuals */
    double bias;               /* sum of (figure - actual) over sum of actuals */
} fore_adjuster;

typedef struct fore_adjustments {
    fore_adjustment *item; /* oldest first */
    int64_t count, capacity;
    fore_adjuster *person; /* by the first time that they spoke */
    int64_t people;
    fore_arena *arena;
} fore_adjustments;

/* All that had been said at as_of. A figure counts for the record when it was neither taken back nor
 * replaced before its period ended. E_NO_ANSWER never: none is an answer. */
fore_status fore_adjustments_read(fore_context *context, int64_t as_of, fore_adjustments *adjustments,
                                  fore_error *err);
void fore_adjustments_free(fore_adjustments *adjustments);
/* Does it stand at as_of for the period [start, end)? */
static inline bool fore_adjustment_stands(const fore_adjustment *a, int32_t start, int32_t end)
{
    return !a->taken_back && !a->replaced && !a->foreign && a->start == start && a->end == end;
}

/* A month, quarter or year by the name that the calendar gives it ("2026-11", "FY2027 Q1"; the case,
 * blanks and hyphens do not count), from three years before `day` to one after it; false: none. */
bool fore_adjustment_period(const fore_calendar *calendar, const char *name, int32_t day,
                            fore_period *kind, int32_t *start, int32_t *end);
void fore_adjustment_name(const fore_calendar *calendar, int32_t start, int32_t end, char out[32]);

#endif
