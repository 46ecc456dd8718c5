/* Forecasts of one series, or of many: the way in to models/series.
 *
 * A series is n values at equal steps, oldest first, with a season of m steps (12 for months, 4 for
 * quarters, 1 for none). NaN = missing. Every question with at least one value gets an answer:
 * where the method asked for cannot be used (too short, constant, zeros or negatives under a
 * multiplicative form), a simpler one stands in and the note says so. Deterministic; only sample
 * paths use random numbers, of a seed.
 *
 * Methods: ets.h, theta.h, holt_winters.h, simple.h, arima.h, ces.h, combine.h, seasons.h
 * and boxcox.h name their sources.
 */
#ifndef FORE_SERIES_FORECAST_H
#define FORE_SERIES_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "models/series/drivers.h"

enum {
    FORE_HORIZON_MAX = 10000, /* steps; more is E_LIMIT */
    FORE_SERIES_LEVELS = 8,   /* interval levels per call */
    FORE_SERIES_PARAMETERS = 16,
    FORE_SERIES_SEASONS = 4, /* beside m */
    FORE_SERIES_SHIFTS = 4,
    FORE_SERIES_PATHS = 1000000,        /* sample paths per series */
    FORE_SERIES_PATH_VALUES = 50000000, /* paths x horizon per series */
    FORE_SERIES_MAX = 10000000          /* values per series */
};

typedef enum fore_series_method {
    FORE_SERIES_AUTO, /* the combination; SBA for mostly zeros; simpler when the history is
                         short */
    FORE_SERIES_NAIVE,
    FORE_SERIES_SEASONAL_NAIVE,
    FORE_SERIES_DRIFT,
    FORE_SERIES_MEAN,
    FORE_SERIES_SES,
    FORE_SERIES_HOLT,
    FORE_SERIES_HOLT_WINTERS,
    FORE_SERIES_ETS,
    FORE_SERIES_THETA,
    FORE_SERIES_DYNAMIC_THETA,
    FORE_SERIES_CROSTON,
    FORE_SERIES_COMBINE, /* median of ETS, CES, ARIMA and dynamic optimised Theta */
    FORE_SERIES_ARIMA,   /* with the orders found; long seasons taken out first; fitted on
                          * the newest 20,000 values at most (the note says so) */
    FORE_SERIES_CES,     /* complex exponential smoothing */
    FORE_SERIES_SBA,     /* Croston without its bias: what AUTO takes for mostly zeros */
    FORE_SERIES_TSB,
    FORE_SERIES_OPTIMISED_THETA, /* static: one line through all values */
    FORE_SERIES_MSTL, /* every season taken out by MSTL (of the logarithms where that leaves less),
                       * ETS for what is left, the last cycle of each put back */
    FORE_SERIES_LEARNED /* the combination by learned weights of those four, Theta, naive, seasonal
                         * naive and drift (learned.h); as AUTO for mostly zeros and short histories
                         */
} fore_series_method;

/* "auto" "naive" "snaive" "drift" "mean" "ses" "holt" "hw" "ets" "theta" "dotm" "croston"
 * "combine" "arima" "ces" "sba" "tsb" "otm" "mstl" "learned", in any case; false for any other word. */
bool fore_series_method_parse(const char *word, fore_series_method *method);
const char *fore_series_method_word(fore_series_method method);

typedef enum fore_interval_kind {
    FORE_INTERVAL_AUTO,  /* conformal when the history suffices, else model */
    FORE_INTERVAL_MODEL, /* the variance the model implies: normal, as its literature has it; for a
                            combination t */
    FORE_INTERVAL_CONFORMAL, /* errors of forecasts made at past origins; model when too short */
    FORE_INTERVAL_ADAPTIVE   /* those, and the level follows the misses at past origins */
} fore_interval_kind;

/* Outliers and level shifts (anomalies.h). */
typedef enum fore_series_cleaning {
    FORE_CLEAN_REPORT,   /* told, nothing is changed */
    FORE_CLEAN_OUTLIERS, /* outliers are replaced before the fit */
    FORE_CLEAN_SHIFTS,   /* values before a shift are moved onto the level after it */
    FORE_CLEAN_BOTH,
    FORE_CLEAN_OFF /* not looked for */
} fore_series_cleaning;

/* Box and Cox (boxcox.h), around any method but those for intermittent demand. */
typedef enum fore_series_transform {
    FORE_TRANSFORM_NONE,
    FORE_TRANSFORM_BOX_COX, /* with the lambda given */
    FORE_TRANSFORM_AUTO     /* lambda in [0, 1] by Guerrero's rule */
} fore_series_transform;

typedef struct fore_series_options {
    fore_series_method method;        /* default AUTO */
    int64_t levels;                   /* how many; default 2 */
    double level[FORE_SERIES_LEVELS]; /* per cent, each in (0, 100); default 80, 95 */
    fore_interval_kind intervals;     /* default AUTO */
    bool non_negative;                /* forecasts and bounds below 0 become 0; default false */
    double croston_alpha;             /* in (0, 1]; default 0.1 */
    bool multiplicative_trend; /* ETS also tries growth by a factor per step; default false */
    int64_t seasons; /* more of them beside m, such as 168 beside 24, for the methods that smooth
                      * and for ARIMA; default 0. A weak one, or one of fewer than 3 cycles (MSTL:
                      * not more than 2), is left out and the note says so */
    int64_t season[FORE_SERIES_SEASONS]; /* steps each, 2 or more */
    bool seasons_tried; /* nobody asked for them: MSTL too leaves weak ones out; default false */
    fore_series_transform transform;     /* default NONE. A series with values of 0 or less, or a
                                          * forecast that does not come back as numbers: as if NONE,
                                          * and the note says so */
    double lambda;                       /* of BOX_COX, in [-2, 2]; 0 is the logarithm */
    bool median; /* transformed: the forecast is the median, where else the bias adjustment
                  * makes it the mean; default false */
    const fore_drivers
        *drivers; /* what drives the series beside its past; NULL: nothing. Borrowed */
    const struct fore_learned *learned; /* LEARNED: the weights; NULL = those of the program, which
                                         * a batch of FORE_LEARNED_OWN series corrects by their own
                                         * history first. Borrowed */
    /* Of fore_series_batch alone, which asks ETS and CES about many series at once; leave NULL. */
    const struct fore_ets_question *ets_known;
    const struct fore_ces_question *ces_known;
    int64_t paths;                 /* sample paths to draw, 0 to FORE_SERIES_PATHS; default 0 */
    uint64_t seed;                 /* of the paths; default 0 */
    fore_series_cleaning cleaning; /* default REPORT */
} fore_series_options;

fore_series_options fore_series_default(void);

typedef struct fore_series_parameter {
    const char *name; /* static text: "alpha", "drift", ... */
    double value;
} fore_series_parameter;

/* A forecast. Owned by the caller, freed with fore_series_free. */
typedef struct fore_series_forecast {
    int64_t n, horizon, levels;
    double *mean;          /* horizon */
    double *sd;            /* horizon: of the error at each step by the model; NaN when unknown */
    double *lower, *upper; /* horizon x levels, step h of level k at [h + k * horizon] */
    double level[FORE_SERIES_LEVELS]; /* as asked */
    double *used;                     /* n: the series after missing values were filled */
    double *fitted;                   /* n: one-step forecasts inside the history, NaN where none */
    double *residuals;                /* n: used - fitted */
    fore_series_method method;        /* the one that was used */
    fore_interval_kind intervals;     /* MODEL, CONFORMAL or ADAPTIVE */
    char name[160];                   /* "ETS(M,Ad,M)", "Theta", "median of ETS(A,N,A), ..." */
    int64_t parameters;
    fore_series_parameter parameter[FORE_SERIES_PARAMETERS];
    /* NaN unless method is ARIMA or one of the ETS family; of the transformed series if it is */
    double loglik, aic, aicc, bic;
    double lambda;   /* of the transformation that was made; NaN for none */
    double sigma;    /* sd of the one-step error, in the unit of y; NaN when unknown */
    int64_t missing; /* values that were filled */
    int64_t origins; /* past origins behind conformal intervals, else 0 */
    int64_t effects;
    fore_driver_effect *effect; /* of every driver, on the transformed series if it is; owned; NULL
                                 * without drivers, or where they could not be used */
    int64_t paths;              /* as asked; 0 when there are too few values for an interval */
    double *path; /* horizon x paths: step h of path i at [h + i * horizon]; NULL without */
    int64_t outliers;
    int64_t *outlier;                  /* their positions in y from 0, ascending; owned */
    int64_t shifts;                    /* of the level */
    int64_t shift[FORE_SERIES_SHIFTS]; /* first positions at the new level, ascending */
    double shift_size[FORE_SERIES_SHIFTS];
    char note[512]; /* what was done instead of what was asked, in words; or "" */
} fore_series_forecast;

/* y: n values, n >= 1. options may be NULL. E_ARGUMENT for m < 1, horizon < 1 or a level outside
 * (0, 100); E_LIMIT beyond the limits above; E_DATA for infinite values; E_NO_ANSWER when no value
 * is there at all. *forecast is NULL on failure. */
fore_status fore_series_run(const double *y, int64_t n, int64_t m, int64_t horizon,
                            const fore_series_options *options, fore_series_forecast **forecast,
                            fore_error *err);
void fore_series_free(fore_series_forecast *forecast); /* NULL is harmless */

/* The sum of the forecast over `count` steps from `first` on (0 is the first step), which needs
 * paths: bounds of single steps do not add up, as errors that stay add and others cancel. Paths are
 * joint draws: at each step they have the spread of the intervals, and between steps the dependence
 * of errors_ahead.h. They depend on the seed and on the values of the series, not on its place in a
 * batch. Of P paths the outermost are the quantiles 1 / (2 P) and 1 - 1 / (2 P): bounds of a level
 * beyond that are NaN. A single step has the bounds of the forecast, where it has that level.
 * E_ARGUMENT for steps outside the forecast or a level outside (0, 100); E_NO_ANSWER without
 * paths. */
typedef struct fore_series_sum {
    double mean, lower, upper, sd;
} fore_series_sum;

fore_status fore_series_add_up(const fore_series_forecast *forecast, int64_t first, int64_t count,
                               double level, fore_series_sum *sum, fore_error *err);

/* Many series, side by side where that is faster (ets.h): the same answers as one by one, for any
 * number of threads. A series that
 * fails leaves forecast NULL and its own status and message; the others go on. Returns E_MEMORY at
 * most. */
typedef struct fore_series_task {
    const double *y; /* borrowed */
    int64_t n, m, horizon;
    const fore_drivers *drivers;    /* of this series, in place of those of the options; or NULL */
    int64_t seasons;                /* to try beside m, where the options give none */
    int64_t season[FORE_SERIES_SEASONS];
    int64_t sum_paths; /* > 0: so many paths in place of those of the options, which are added up
                        * from step sum_from (0 is the first) to the last and not kept */
    int64_t sum_from;
    fore_series_forecast *forecast; /* out, the caller frees each */
    bool summed;                             /* out: paths there were */
    fore_series_sum sum[FORE_SERIES_LEVELS]; /* out, of each level of the options */
    fore_status status;             /* out */
    char message[256];              /* out, "" when all is well */
} fore_series_task;

fore_status fore_series_batch(fore_pool *pool, fore_series_task *tasks, int64_t count,
                              const fore_series_options *options, fore_error *err);

#endif
