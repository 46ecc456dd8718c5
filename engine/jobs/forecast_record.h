/* The record of the forecast: what would have been said at past starts of a period, what simple rules
 * would have said, and what happened. And what follows from it for the forecast of now.
 *
 * The forecast of a period is a mean of members, weighted by what they are worth: the pipeline as the
 * outlook has it, the pipeline at the level that its past misses suggest, open and new deals as in
 * past months (outlook_direct.h), the same by the rhythm that months have in their quarter, the stage
 * weights (of the nearest period, where stages are recorded), the months' level by that rhythm, and
 * the smoothed series: the way up from the deals beside the way down from the series. What
 * deals and series are worth beside each other is learned from past misses, for each number of
 * periods ahead apart (forecast_weights.h).
 * At each cut only what was known then is used: actuals that had happened, amounts as they stood.
 *
 * Every cut, and what holds now, learns from the FORE_RECORD_WINDOW cuts before it, where the history
 * allows, and from none before these, however many are shown: a cut is what a forecast of one period
 * as of that day says with the same seed, to the digit. */
#ifndef FORE_JOBS_FORECAST_RECORD_H
#define FORE_JOBS_FORECAST_RECORD_H

#include "engine/jobs/outlook.h"

enum {
    FORE_RECORD_CUTS = 24,    /* shown at most */
    FORE_RECORD_WINDOW = 16, /* learned from */
    FORE_RECORD_STEPS = 6,    /* periods ahead that are told apart; further ones are like the last */
    FORE_BASELINES = 5,
    FORE_MEMBERS = 7,
    FORE_RHYTHM = 3 /* months of a quarter */
};
typedef enum fore_baseline {
    FORE_BASE_LAST, FORE_BASE_LAST_YEAR, FORE_BASE_RUN_RATE, FORE_BASE_STAGE_WEIGHTS, FORE_BASE_ETS
} fore_baseline;
const char *fore_baseline_word(fore_baseline baseline);

typedef enum fore_record_member {
    FORE_MEMBER_PIPELINE, FORE_MEMBER_LEVELLED, FORE_MEMBER_DIRECT, FORE_MEMBER_DIRECT_RHYTHM,
    FORE_MEMBER_STAGES, /* of the nearest period only */
    FORE_MEMBER_RHYTHM, FORE_MEMBER_ETS
} fore_record_member;
const char *fore_record_member_word(fore_record_member member);

typedef struct fore_record_cut {
    int32_t start, end;              /* the period */
    double mean, median, lo80, hi80, actual;
    double baseline[FORE_BASELINES]; /* NaN: not to be had */
} fore_record_cut;

/* How forecasts of periods so far ahead did: sum |error| / sum actual, share inside 80 %. */
typedef struct fore_record_distance {
    int64_t cuts;
    double error, coverage80, run_rate_error, ets_error;
} fore_record_distance;

typedef struct fore_record {
    fore_calendar calendar; /* that it was made by */
    fore_period period;
    int64_t cuts;
    fore_record_cut cut[FORE_RECORD_CUTS]; /* oldest first; forecasts of the period that begins */
    double error, baseline_error[FORE_BASELINES]; /* sum |error| / sum actual over cuts that have both */
    double own_error[FORE_BASELINES]; /* ours, over the cuts that the rule has */
    double closer[FORE_BASELINES];    /* share of these in which ours was closer; a tie is half one */
    double coverage80; /* share of actuals inside, each cut with what was learned before it */
    double width;      /* of the 80 % intervals: sum / sum actual */
    int64_t idle;      /* cuts without a win at the end */
    int32_t last_win_on;  /* FORE_NO_DATE: none */
    bool logged;          /* the history keeps what stages and dates were, as of the newest cut */
    double amounts_known; /* share of the deals open then; NaN: none open, or wins are counted */
    fore_record_distance ahead[FORE_RECORD_STEPS], sum; /* asked for; sum: of all `steps` periods */

    /* what is learned for now, by periods ahead (element 0: the period that holds as_of) */
    int64_t steps, learned; /* learned: cuts behind it */
    double weight[FORE_RECORD_STEPS][FORE_MEMBERS]; /* sum to 1 */
    double pipeline_level[FORE_RECORD_STEPS]; /* what happened over what the pipeline expected */
    double shock_sd[FORE_RECORD_STEPS], persistence;
    double rhythm[FORE_RHYTHM], rhythm_level; /* as in forecast_rules.h */
    double ets[FORE_RECORD_STEPS];            /* of a whole period; NaN: none */
} fore_record;

typedef struct fore_record_options {
    int64_t as_of;
    fore_period period;
    int64_t cuts;   /* to show, at most */
    int64_t steps;  /* periods ahead to learn, 1 to FORE_RECORD_STEPS */
    bool distances; /* also measure forecasts further ahead, and sums of all steps: slower */
    uint64_t seed;
    /* called at every cut with what was learned before it and the outlook of then; NULL: not */
    fore_status (*watch)(void *context, const fore_record *then, const fore_outlook *outlook,
                         bool shown, fore_error *err);
    void *watch_context;
} fore_record_options;

/* Zero cuts is an answer: a short history. */
fore_status fore_record_make(fore_context *context, const fore_record_options *options,
                             fore_record *record, fore_error *err);

/* What the record makes of an outlook as of the same moment: by period of the outlook the level that
 * its open and new deals are taken at, so that their mean is the weighted one, and the sd of the
 * common shock (o->periods doubles each). A period that is not one of the record's own counts by its
 * days.
 *
 * Of members (as in fore_outlook_draws; NULL: all) the pipeline is their own, and of the series they
 * have the part that they have of past wins, recent ones weighing more: parts of a whole add up to
 * it. */
fore_status fore_record_tilt(const fore_record *record, const fore_timeline *timeline,
                             const fore_outlook *outlook, const double *member, double share,
                             double *level, double *shock_sd, fore_error *err);

#endif
