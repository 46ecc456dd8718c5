/* The outlook: what will be won in coming periods, as parts that can be simulated for the whole company
 * or for a group of it. Behind forecast, effort (its baseline) and backtest.
 *
 *   won already + open deals (hazards of win and loss given age and record) + deals not yet open
 *
 * Everything is as of a moment: deals created, changed or closed at or after it are not seen. Where the
 * history has no deals, leads stand for them (converted = won). Where it has no amounts, wins are counted. */
#ifndef FORE_JOBS_OUTLOOK_H
#define FORE_JOBS_OUTLOOK_H

#include "engine/jobs/context.h"
#include "models/survive/pipeline.h"

typedef struct fore_outlook_options {
    int64_t as_of;
    fore_period period;
    int64_t periods;
    int32_t first_on;   /* first day of the first period; the others follow the calendar */
    const int32_t *starts; /* periods + 1 days instead of period and first_on; NULL: the calendar.
                            * Nothing may lie between as_of and the first start */
    bool plain;         /* hazards by age only: faster */
} fore_outlook_options;

typedef struct fore_outlook {
    int64_t as_of;
    fore_subject_kind kind;
    bool counts;             /* no amounts: the unit is a win */
    int32_t currency;        /* word; -1 = none named */
    int64_t other_currency;  /* deals in another currency: left out */
    int64_t periods;
    int32_t *start;          /* periods + 1 days */

    int64_t open;
    int64_t *open_subject;
    double *open_won, *open_lost; /* open x periods */
    double *open_amount;          /* open; NaN: was not known yet */

    int64_t wins;            /* won in the first period before as_of */
    int64_t *win_subject;
    double *win_amount;

    int64_t past_wins;       /* amounts to draw from */
    int64_t *past_subject;
    double *past_amount, *past_weight;

    int64_t weeks;
    double *arrivals, arrivals_size, *new_won;
    struct fore_arena *arena;
} fore_outlook;

/* E_NO_ANSWER when nothing was ever won. */
fore_status fore_outlook_make(fore_context *context, const fore_outlook_options *options,
                              fore_outlook **outlook, fore_error *err);
void fore_outlook_free(fore_outlook *outlook);

/* Simulates the members (member[subject] != 0; NULL: all), new deals at `share` of the arrivals. */
typedef struct fore_outlook_draws {
    const uint8_t *member;
    double share;
    double level;       /* multiplies what open and new deals bring (the record's bias); 0 = 1 */
    double shock_sd;    /* of a period, common to all deals */
    int64_t draws;
    uint64_t seed;
} fore_outlook_draws;
fore_status fore_outlook_simulate(fore_context *context, const fore_outlook *outlook,
                                  const fore_outlook_draws *draws, fore_pipeline_result **result,
                                  fore_error *err);

/* What was really won in [start, end) days, as known at `known`; in the outlook's unit. */
double fore_outlook_actual(const fore_timeline *timeline, const fore_outlook *outlook, int32_t start,
                           int32_t end, int64_t known, const uint8_t *member);

/* --- the record: what would have been said at past starts of a period, and what happened --- */

enum { FORE_RECORD_CUTS = 24, FORE_BASELINES = 5 };
typedef enum fore_baseline {
    FORE_BASE_LAST, FORE_BASE_LAST_YEAR, FORE_BASE_RUN_RATE, FORE_BASE_STAGE_WEIGHTS, FORE_BASE_ETS
} fore_baseline;
const char *fore_baseline_word(fore_baseline baseline);

typedef struct fore_record_cut {
    int32_t start, end;            /* the period */
    double mean, median, lo80, hi80, actual;
    double baseline[FORE_BASELINES]; /* NaN: not to be had */
} fore_record_cut;

typedef struct fore_record {
    int64_t cuts;
    fore_record_cut cut[FORE_RECORD_CUTS]; /* oldest first */
    double level;                  /* what happened over what was expected, learned from the misses:
                                    * hazards drift, and a level that is off is off in the next period too */
    double shock_sd;               /* spread of the misses around that level */
    double error, baseline_error[FORE_BASELINES]; /* sum |error| / sum actual over the cuts that both have */
    double coverage80;             /* share of actuals inside, each cut with the shock known before it */
} fore_record;

/* At most `cuts` past periods before as_of. Zero cuts is an answer: a short history. */
fore_status fore_record_make(fore_context *context, int64_t as_of, fore_period period, int64_t cuts,
                             uint64_t seed, fore_record *record, fore_error *err);

#endif
