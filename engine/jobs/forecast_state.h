/* What the forecast of some periods said at a moment, deal by deal: what was won in them by then,
 * what each open deal was expected to bring, what was expected of deals not open yet. Made from the
 * history as of that moment, or kept at night and read back, since an export may overwrite what it
 * said before and models change. Behind `changes` and `adjust`. */
#ifndef FORE_JOBS_FORECAST_STATE_H
#define FORE_JOBS_FORECAST_STATE_H

#include "engine/jobs/context.h"

enum { FORE_STATE_PERIODS = 6 };

typedef struct fore_state_line {
    int64_t key;      /* pk of the deal (lead) */
    bool won;         /* before the moment, in the first period */
    double amount;    /* of the unit; NaN: not known then */
    int32_t due_on;   /* expected closing; FORE_NO_DATE */
    double expected[FORE_STATE_PERIODS]; /* part of the mean of each period */
} fore_state_line;

typedef struct fore_state_period {
    double mean, median, lo80, hi80;
    double fresh; /* of the mean: from deals that are not open yet */
} fore_state_period;

typedef struct fore_forecast_state {
    fore_period kind;
    int64_t as_of;
    fore_subject_kind subject_kind;
    bool counts;    /* the unit is a win, not an amount */
    bool kept;      /* read back from the night's record */
    char unit[32], rates[40]; /* rates: the timeline's hash of the stated ones */
    int64_t periods;
    int32_t start[FORE_STATE_PERIODS + 1];
    fore_state_period period[FORE_STATE_PERIODS];
    fore_state_line *line; /* by key; owned */
    int64_t lines;
} fore_forecast_state;

/* From the history, the first period being the one that holds as_of. periods: 1 to
 * FORE_STATE_PERIODS. E_NO_ANSWER as the forecast itself. */
fore_status fore_state_make(fore_context *context, fore_period kind, int64_t as_of, int64_t periods,
                            uint64_t seed, fore_forecast_state *state, fore_error *err);
void fore_state_free(fore_forecast_state *state);

/* Keeps it as the snapshot of its day; inside the caller's transaction. */
fore_status fore_state_keep(fore_store *store, const fore_forecast_state *state, fore_error *err);
/* The newest one kept at or before not_after; *found false when there is none. */
fore_status fore_state_read(fore_store *store, fore_period kind, int64_t not_after,
                            fore_forecast_state *state, bool *found, fore_error *err);

/* The one that begins and ends on these days; -1. */
int64_t fore_state_find(const fore_forecast_state *state, int32_t start, int32_t end);

#endif
