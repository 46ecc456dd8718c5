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

enum { FORE_DIRECT_PERIODS = 6 };

typedef struct fore_outlook_options {
    int64_t as_of;
    fore_period period;
    int64_t periods;
    int32_t first_on;   /* first day of the first period; the others follow the calendar */
    const int32_t *starts; /* periods + 1 days instead of period and first_on; NULL: the calendar.
                            * Nothing may lie between as_of and the first start */
    bool plain;         /* hazards by age only, no direct chances: faster */
    int64_t spells_max; /* stretches of life that the hazards with covariates read; 0: 400,000. Where
                         * the deals known at as_of have more, so many deals are drawn by a hash of
                         * their key, each standing for those left out */
} fore_outlook_options;

/* Deals to come from one source, before levels and weights of the forecast. */
enum { FORE_SOURCE_NONE = -1, FORE_SOURCE_OTHERS = -2 };
typedef struct fore_outlook_source {
    int32_t word;         /* of the timeline's sources, or one of the above */
    double expected, won; /* deals that open within the periods; those of them won in them */
    double won_in_year;   /* chance */
    int64_t median_weeks; /* by when half of these are won */
    double *won_in;       /* periods: wins expected in each, `won` in all */
} fore_outlook_source;

typedef struct fore_outlook {
    int64_t as_of;
    fore_subject_kind kind;
    bool counts;             /* no amounts: the unit is a win */
    int32_t currency;        /* word; -1 = none named */
    int64_t other_currency;  /* deals in another currency: left out */
    int64_t undated_wins;    /* won at a time that nobody knows: in no period */
    double undated_amount;   /* of these */
    bool logged;             /* changes of stages, dates and amounts are kept */
    int64_t known, used;     /* deals known at as_of; those that the hazards were learned from */
    int64_t periods;
    int32_t *start;          /* periods + 1 days */

    int64_t open;
    int64_t *open_subject;
    double *open_won, *open_lost; /* open x periods */
    double *open_amount;          /* open; NaN: was not known yet */
    double *open_usual;           /* open: at most the largest amount ever won */

    /* By outlook_direct.h, for the first FORE_DIRECT_PERIODS; both NULL when plain. NaN: too little
     * to learn from. */
    double *direct_won; /* open x periods: chance to be won in the period */
    double *direct_new; /* periods: what deals not open yet bring, all of them together */

    int64_t wins;            /* won in the first period before as_of */
    int64_t *win_subject;
    double *win_amount;

    int64_t past_wins;       /* amounts to draw from */
    int64_t *past_subject;
    double *past_amount, *past_weight;

    int64_t weeks;
    double *arrivals, arrivals_size, *new_won;
    int64_t sources; /* 1: not told apart, or not known in time; 0: nothing lies ahead */
    bool sources_differ; /* in what is won of them, by more than chance */
    fore_outlook_source *source;
    double *source_won; /* periods x sources, behind won_in */
    struct fore_arena *arena;
} fore_outlook;

/* E_NO_ANSWER when nothing was ever won. */
fore_status fore_outlook_make(fore_context *context, const fore_outlook_options *options,
                              fore_outlook **outlook, fore_error *err);
void fore_outlook_free(fore_outlook *outlook);

/* The same outlook with usual amounts, from which levels are reckoned: one unlikely giant among the
 * open deals must not move the chances of all others. Shares its memory. */
fore_outlook fore_outlook_usual(const fore_outlook *outlook);

/* "EUR", "deals won", ...; borrowed from the timeline. */
const char *fore_outlook_unit(const fore_timeline *timeline, const fore_outlook *outlook);

/* Members of a group: member[subject] is the chance that what the subject brings is the group's,
 * 0 or 1 where that is known; NULL: all are. */
/* The share of new deals that are the members' own: of those created in the last half year before
 * as_of (0 when there were none). One rule for all groups of all answers. */
double fore_outlook_share(const fore_timeline *timeline, const fore_outlook *outlook,
                          const double *member);

/* What is to come from open and new deals (without what is won already), exactly: mean and, were
 * deals independent, sd by period (periods doubles each). No level, no shock. member, share: as
 * below. */
fore_status fore_outlook_expect(const fore_outlook *outlook, const double *member, double share,
                                double *mean, double *sd, fore_error *err);

/* The same mean by the direct way, periods doubles; NaN where it has none. */
fore_status fore_outlook_expect_direct(const fore_outlook *outlook, const double *member,
                                       double share, double *mean, fore_error *err);

/* Simulates the members, new deals at `share` of the arrivals. Means of the result are exact (those
 * of the draws come near them); median, quantiles and sd are the draws'. */
typedef struct fore_outlook_draws {
    const double *member;
    double share;
    const double *level;    /* periods: multiplies what open and new deals bring; NULL: 1 */
    const double *shock_sd; /* periods: common to all deals; NULL: none */
    double persistence;     /* of the shocks */
    int64_t periods;        /* only the first so many; 0: all */
    int64_t draws;          /* 0: 4000 */
    uint64_t seed;
} fore_outlook_draws;
fore_status fore_outlook_simulate(fore_context *context, const fore_outlook *outlook,
                                  const fore_outlook_draws *draws, fore_pipeline_result **result,
                                  fore_error *err);

/* What was really won in [start, end) days, as known at `known`; in the outlook's unit. Counts what
 * features/sales_series.h counts. */
double fore_outlook_actual(const fore_timeline *timeline, const fore_outlook *outlook, int32_t start,
                           int32_t end, int64_t known, const double *member);
/* The same by group: out[column[subject]] grows by what the subject brought. */
void fore_outlook_actuals(const fore_timeline *timeline, const fore_outlook *outlook, int32_t start,
                          int32_t end, int64_t known, const int32_t *column, double *out);

#endif
