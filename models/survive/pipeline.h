/* The won amount of coming periods: won already, from deals that are open, from deals not yet open.
 *
 * By simulation. Within a draw, deals are independent given one common shock per period, which
 * multiplies all hazards of a win (log-normal, sd by distance estimated from past misses):
 * independent deals alone are far too sure of themselves. A deal that is nearly sure cannot follow
 * a shock; the shocks are made so much larger that all deals together spread as asked for, or as
 * far as chances below 1 allow, and the mean stays (shock_scale.h). Shocks go on: what is high in
 * one period tends to be high in the next, so that sums over periods are as wide as they ought to
 * be. New deals arrive by week as a Poisson or negative-binomial count, convert with the delay that
 * the hazards give, and take their amount from the past's won amounts. Draws use a random stream
 * each and run in fixed blocks, so that the result does not depend on the number of threads. */
#ifndef FORE_SURVIVE_PIPELINE_H
#define FORE_SURVIVE_PIPELINE_H

#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"

enum { FORE_PIPELINE_BLOCK = 64 }; /* draws per block */

/* Borrowed. */
typedef struct fore_pipeline {
    int64_t periods;
    const double *won_so_far; /* periods: certain amounts; NULL: none */

    int64_t open;           /* open deals */
    const double *open_won; /* open x periods, deal i in period j at [i + j * open]: P(won in j),
                               seen from now */
    const double
        *open_lost; /* the same for losses; NULL: none. Sums over periods of both stay <= 1 */
    const double *open_amount; /* open: NaN = unknown, drawn from `amounts`. NULL: all unknown */

    const double *amounts; /* amount_count: won amounts of the past to draw from; NULL only when
                              never needed */
    const double *amount_weight; /* amount_count, or NULL: all alike */
    int64_t amount_count;

    int64_t weeks;          /* weeks ahead in which deals may arrive; 0: no new deals */
    const double *arrivals; /* weeks: expected number of new deals */
    double arrivals_size;   /* negative binomial: variance = mean + mean^2 / size; 0 or infinite:
                               Poisson */
    const double *new_won; /* weeks x periods at [w + j * weeks]: P(a deal that arrives in week w is
                              won in period j) */

    const double *shock_sd;   /* periods: of the log of what open and new deals bring; NULL: none */
    double shock_persistence; /* correlation of the shocks of neighbouring periods, 0 to 1 */
    double arrivals_shock_sd; /* of the log of the arrivals' level over the horizon; 0: none */
} fore_pipeline;

typedef struct fore_pipeline_options {
    int64_t draws; /* default 2000 */
    uint64_t seed;
    int64_t keep_draws; /* not 0: the draws are kept in the result */
} fore_pipeline_options;
fore_pipeline_options fore_pipeline_default(void);

/* Quantile levels of every period: 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975. */
enum { FORE_PIPELINE_LEVELS = 9 };
extern const double fore_pipeline_levels[FORE_PIPELINE_LEVELS];

typedef struct fore_pipeline_period {
    double mean, sd, median;
    double quantile[FORE_PIPELINE_LEVELS];
    double won_so_far, from_open, from_new; /* means; they sum to mean */
    double wins_open, wins_new;             /* mean numbers of wins */
} fore_pipeline_period;

typedef struct fore_pipeline_result {
    int64_t periods, draw_count;
    fore_pipeline_period *period; /* periods */
    fore_pipeline_period total;   /* of all periods together */
    double *draws;                /* draw_count x periods, [d + j * draw_count]; NULL unless kept */
} fore_pipeline_result;

/* E_ARGUMENT: shapes; E_DATA: a probability outside [0, 1], amounts needed and absent. */
fore_status fore_pipeline_simulate(const fore_pipeline *pipeline,
                                   const fore_pipeline_options *options, fore_pool *pool,
                                   fore_pipeline_result **result, fore_error *err);
void fore_pipeline_result_free(fore_pipeline_result *result);

/* Expected arrivals by week ahead from weekly counts (oldest first): Poisson regression on a damped
 * trend and, from two years of history, the yearly season (two harmonics), ridge on both, recent
 * weeks weighted up. mean (horizon) out; *size the negative binomial's (infinite: no
 * overdispersion). No history: zeros. */
fore_status fore_arrivals_fit(const double *counts, int64_t weeks, int64_t horizon, double *mean,
                              double *size, fore_error *err);

/* The same for parts of them (by source, say), each with a level, trend and season of its own drawn
 * towards the whole's: counts weeks x parts, mean horizon x parts out, which add up to total
 * (horizon, out: what fore_arrivals_fit says of the sum). */
fore_status fore_arrivals_fit_parts(const double *counts, int64_t weeks, int64_t parts,
                                    int64_t horizon, double *mean, double *total, double *size,
                                    fore_error *err);

/* What was said at a past moment about one period, and what came. */
typedef struct fore_pipeline_miss {
    double expected;
    double own_sd; /* that deals which are independent would have had */
    double actual; /* NaN: not known yet, the miss does not count */
} fore_pipeline_miss;

/* The common shocks from past misses, by how many periods ahead they were: miss (c, h), said at cut
 * c about its period h, at [c * steps + h], cuts oldest first. sd: steps.
 *
 * Moments of the relative miss: its mean square less what independent deals explain, older cuts
 * and cuts that expected little beside what chance alone does (own_sd) counting less, shrunk
 * towards a start value (for h = 0) and towards the step before (later ones) as if that had been
 * seen a few times; widened for what few misses leave unknown. persistence: from the products of
 * misses of neighbouring periods of one cut, shrunk in the same way. With no misses at all both are
 * the start values. */
void fore_pipeline_shocks(const fore_pipeline_miss *miss, int64_t cuts, int64_t steps, double *sd,
                          double *persistence);

#endif
