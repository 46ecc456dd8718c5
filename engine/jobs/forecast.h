/* The answer to "what will we sell?", in parts. Each part reads what the forecast rests on and writes
 * its own member of the JSON document, its table and its sentences, in the order of job_forecast.c:
 *
 *   periods (the company) -> targets, gap and coverage -> trust -> adjustments -> categories -> groups ->
 *   slipped and stalled deals -> deals to come by source -> record (what past forecasts were worth)
 *
 * A part that has nothing to say writes nothing for people; JSON members are only ever added. */
#ifndef FORE_JOBS_FORECAST_H
#define FORE_JOBS_FORECAST_H

#include "engine/jobs/context.h"
#include "engine/jobs/coverage.h"
#include "engine/jobs/forecast_record.h"
#include "engine/jobs/group_record.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/targets.h"
#include "features/sales_series.h"

enum { FORE_FORECAST_PERIODS = 60 };

/* What was asked, read. */
typedef struct fore_forecast_request {
    fore_period period;
    int64_t horizon, levels;
    double level[FORE_LEVELS_MAX]; /* in percent */
    bool grouped;
    fore_series_by by;
    int64_t deals; /* slipped and stalled deals named */
} fore_forecast_request;
fore_status fore_forecast_read(const foresell_forecast_request *asked, fore_forecast_request *request,
                               fore_error *err); /* E_USAGE */

/* What it rests on: the outlook, its record, and what follows from both. `draws` points into it: it
 * stays where it was made. */
typedef struct fore_forecast_basis {
    fore_outlook *outlook;
    fore_record record;
    double level[FORE_FORECAST_PERIODS], shock_sd[FORE_FORECAST_PERIODS];
    fore_outlook_draws draws;     /* how the company was simulated */
    fore_pipeline_result *result; /* of the company, draws kept */
    const char *unit;             /* borrowed from the timeline */
    fore_group_record past;       /* of groups, where they are asked for */
} fore_forecast_basis;
/* request: period and horizon are read. E_NO_ANSWER when nothing was ever won. */
fore_status fore_forecast_basis_make(fore_context *context, const fore_forecast_request *request,
                                     int64_t as_of, uint64_t seed, fore_forecast_basis *basis,
                                     fore_error *err);
void fore_forecast_basis_free(fore_forecast_basis *basis);

/* What every part reads; everything is borrowed. */
typedef struct fore_forecast {
    fore_context *context;
    fore_forecast_request request;
    int64_t as_of;
    const fore_outlook *outlook;
    const fore_record *record;
    const fore_outlook_draws *whole;    /* how the company was simulated */
    const fore_pipeline_result *result; /* of the company, draws kept */
    const char *unit;
    const fore_group_record *past; /* of groups */
    const fore_targets *targets;   /* NULL: none are to be looked at */
    const fore_coverage *coverage; /* of the company */
    fore_answer *answer;
    fore_json_writer *json; /* inside the document's outer object */
} fore_forecast;

/* Whose figures a part writes: the company's, or a group's. */
typedef struct fore_forecast_whose {
    fore_series_by by;  /* FORE_BY_TOTAL: the company */
    int32_t index;      /* of the group in the timeline */
    const char *name;   /* NULL: the company */
    const fore_coverage *coverage; /* NULL: not looked at */
    int64_t column;     /* of the coverage */
} fore_forecast_whose;

/* --- the parts --- */

fore_status fore_forecast_periods(const fore_forecast *forecast, fore_error *err);
/* Target, gap, chance and coverage of the company: a table and sentences; nothing without targets but
 * how to state them. */
void fore_forecast_gap(const fore_forecast *forecast, const fore_forecast_whose *whose);
/* "groups", empty when none were asked for. */
fore_status fore_forecast_groups(const fore_forecast *forecast, fore_error *err);
/* "adjustments": what people expect of these periods (adjustments.h). */
fore_status fore_forecast_adjusted(const fore_forecast *forecast, fore_error *err);
/* "trust": periods whose interval is too wide to plan with, and what would help. */
fore_status fore_forecast_trust(const fore_forecast *forecast, fore_error *err);
/* "new_deals": what is to come from each source. */
void fore_forecast_sources(const fore_forecast *forecast);
/* "categories": commit, best case and pipeline beside what we expect of them. */
fore_status fore_forecast_categories(const fore_forecast *forecast, fore_error *err);
/* "slipped" and "stalled": how many, how much, and the largest by name. */
fore_status fore_forecast_watch(const fore_forecast *forecast, fore_error *err);
void fore_forecast_record(const fore_forecast *forecast);
/* Whether 80 % intervals that hold what they say hold so few of so many actuals in fewer than 1 of 20
 * cases (binomial). */
bool fore_forecast_held_too_seldom(int64_t held, int64_t of);

/* --- shared by parts --- */

/* As the calendar names it: "2026-01", "FY2027 Q1", "2026-01-05". */
void fore_forecast_period_name(const fore_forecast *forecast, int32_t start, char out[32]);
/* The p-quantile of period j's draws; scratch: result->draw_count doubles. */
double fore_forecast_quantile(const fore_pipeline_result *result, int64_t period, double p,
                              double *scratch);
/* One element of "periods": start, end, mean, median, intervals, what they are made of, and the
 * target. */
void fore_forecast_period_json(const fore_forecast *forecast, const fore_forecast_whose *whose,
                               const fore_pipeline_result *result, int64_t period, double *scratch);
/* What stands between a forecast and its target; NaN: not to be had. */
typedef struct fore_gap {
    fore_target target;
    double gap, chance, pipeline, coverage, needed, per_week;
    bool endless; /* half of the past periods or more won nothing: needed is NaN */
} fore_gap;
/* Members "open_pipeline", "coverage_needed", "target" and "target_untold" (why there is none though
 * targets reach into the period) in the open object; absent where unknown. */
void fore_forecast_gap_json(const fore_forecast *forecast, const fore_forecast_whose *whose,
                            const fore_pipeline_result *result, int64_t period);
/* A group's row; the table is made with the first one (grid = -1 before). After the last one, what of
 * the groups' targets could not be told. */
typedef struct fore_gap_rows {
    int64_t grid, untold; /* groups x periods with targets for a part of their days or people */
    char first[96];       /* of these */
} fore_gap_rows;
void fore_forecast_gap_row(const fore_forecast *forecast, const fore_forecast_whose *whose,
                           const fore_pipeline_result *result, int64_t period, fore_gap_rows *rows);
void fore_forecast_gap_untold(const fore_forecast *forecast, const fore_gap_rows *rows);

#endif
