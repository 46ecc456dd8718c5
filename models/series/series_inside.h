/* What the files behind series_forecast.h share: one question on its way to its answer. */
#ifndef FORE_SERIES_INSIDE_H
#define FORE_SERIES_INSIDE_H

#include "models/series/conformal.h"
#include "models/series/prepare.h"
#include "models/series/series_forecast.h"

typedef struct series_work {
    const fore_series_options *options;
    fore_series_forecast *out;
    fore_prepared series;
    int64_t m, steps; /* steps = tail + horizon */
    fore_member members[FORE_MEMBERS_MAX];
    int64_t count;
    double *fitted[FORE_MEMBERS_MAX], *mean, *variance, *scratch; /* inside one block */
    double *common; /* there too: the part of `variance` that is one error for all steps */
    double *block;
    fore_replay replay;
    fore_conformal conformal;
} series_work;

/* Adds a sentence to the note of the result. */
void series_note(series_work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

void series_note_result(fore_series_forecast *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A checked question, its options' transformation left aside; and with it around that. */
fore_status series_run_plain(const double *y, int64_t n, int64_t m, int64_t horizon,
                             const fore_series_options *options, fore_series_forecast **forecast,
                             fore_error *err);
fore_status series_run_transformed(const double *y, int64_t n, int64_t m, int64_t horizon,
                                   const fore_series_options *options,
                                   fore_series_forecast **forecast, fore_error *err);
fore_status series_check(const double *y, int64_t n, int64_t m, int64_t horizon,
                         const fore_series_options *options, fore_error *err);
fore_status series_make_result(int64_t n, int64_t horizon, const fore_series_options *options,
                               fore_series_forecast **result, fore_error *err);
/* With drivers (series_driven.c); the question was checked. */
fore_status series_run_driven(const double *y, int64_t n, int64_t m, int64_t horizon,
                              const fore_series_options *options, fore_series_forecast **forecast,
                              fore_error *err);
/* Tells outliers and level shifts, and treats them as the options ask. */
fore_status series_clean(series_work *w, fore_error *err);
/* Whether it looks at a series of n values at all; the longest season that it takes off first. */
bool series_searched(int64_t n, const fore_series_options *options);
int64_t series_longest_season(int64_t n, int64_t m, const fore_series_options *options);
/* used, fitted and residuals; the name, the parameters and the criteria of the model. */
void series_describe_history(series_work *w, const double *y);
void series_describe_model(series_work *w);
/* Replays the past and learns intervals from it, as the options ask; the model's own otherwise. */
fore_status series_learn_intervals(series_work *w, fore_error *err);
/* mean, lower, upper and sigma of the result from w->mean, w->variance and w->conformal. */
void series_put_intervals(series_work *w);
/* Nothing to fit: the errors of past origins are as honest as those to come. */
bool series_plain(const series_work *w);
/* A bound of the result: not below 0 where that was asked for. */
double series_bounded(const series_work *w, double v);
/* paths of the result, after series_put_intervals. */
fore_status series_draw_paths(series_work *w, fore_error *err);

#endif
