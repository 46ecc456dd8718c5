/* What a job works with: the store, the pool, and what is derived from them once. */
#ifndef FORE_JOBS_CONTEXT_H
#define FORE_JOBS_CONTEXT_H

#include "engine/base/calendar.h"
#include "engine/base/civil.h"
#include "engine/base/pool.h"
#include "engine/base/progress.h"
#include "engine/foresell.h"
#include "engine/jobs/answer.h"
#include "engine/store/store.h"
#include "features/extract.h"
#include "features/timeline.h"

typedef struct fore_context {
    fore_store *store; /* NULL for the jobs without a workspace */
    fore_pool *pool;
    const fore_observer *observer;
    fore_zone *zone;   /* of the workspace; NULL = UTC */
    fore_calendar calendar; /* of the workspace: what month, quarter and year mean */
    /* made on demand, thrown away when the history changes */
    fore_timeline *timeline;
    fore_extractor *extractor;
} fore_context;

fore_status fore_context_open(const foresell_options *options, fore_context *context, fore_error *err);
void fore_context_close(fore_context *context);

/* The timeline and extractor of the history as it is now; borrowed. E_NO_ANSWER for an empty history. */
fore_status fore_context_history(fore_context *context, const fore_timeline **timeline,
                                 const fore_extractor **extractor, fore_error *err);

/* A date or time as a person writes it: ISO 8601 (civil.h), or 31.3.2024, 31/03/2024, 2024/03/31. Where
 * day and month cannot be told apart (03/04/2024), and for anything else: E_USAGE, saying what to
 * write. *whole_day: no time of day was given. */
fore_status fore_moment_parse(const char *text, int64_t length, const fore_zone *zone,
                              int64_t *time, bool *whole_day, fore_error *err);

/* The moment of a job (see foresell_moment); says in the answer when it is not now. */
typedef struct fore_moment {
    int64_t now, as_of;
} fore_moment;
fore_status fore_context_moment(fore_context *context, const foresell_moment *wanted,
                                fore_answer *answer, fore_moment *moment, fore_error *err);

/* Is that moment's day one that somebody works by? Where no moment was given, else only the day of the
 * clock and the newest of the history: what is done on other days must not be recorded as done. */
fore_status fore_context_is_worked(fore_context *context, const foresell_moment *wanted, int64_t as_of,
                                   bool *worked, fore_error *err);

/* Writes "as_of" into an object. */
void fore_json_time(fore_json_writer *writer, const char *key, int64_t time);
void fore_json_date(fore_json_writer *writer, const char *key, int32_t days);

#endif
