/* From response to plan: what more effort, of which kinds, raises the sales of a coming period by a
 * given share, and how surely.
 *
 * Effort is raised for the whole period, from its first week. With stocks that build up
 * geometrically, the sales of week t are multiplied by prod_k ((A_kt + s_k) / (A_k + s_k))^(b_k),
 * b_k = e_k (A_k + s_k) / A_k at the panel's mean. What lands inside the period counts towards the
 * target; what lands after it is given beside.
 *
 * The mix. Log sales are concave in effort, so for given elasticities the cheapest way to any
 * target has equal marginal return per hour in all kinds that are between their limits. One path of
 * mixes is solved at the posterior mean: a plan has to be carried out without knowing which draw is
 * true, and a mix chosen anew in every draw would promise the winner's luck. Each draw then says
 * how far along the path its target lies; the spread of the hours factor is the spread of these
 * lengths. */
#ifndef FORE_RESPOND_PLAN_H
#define FORE_RESPOND_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "models/respond/response.h"

/* Default change limit: no kind above five times its present pace. */
#define FORE_PLAN_CEILING 5.0
/* The odds of hours_factor_80. */
#define FORE_PLAN_SURE 0.8

/* The coming period. Borrowed. */
typedef struct fore_plan_input {
    const fore_response *response;
    int64_t weeks;                 /* of the period, >= 1 */
    double reps;                   /* at work in the period, > 0 */
    const double *current;         /* kinds: activities over the period at today's pace, >= 0 */
    const double *minutes;         /* kinds: per activity, > 0 */
    const char *const *kind_names; /* kinds */
    const double *baseline; /* draws of the period's won amount at today's pace; NULL: unknown */
    int64_t baseline_count;
    double hours_available;  /* over the period, all reps; NaN: unknown, no limit */
    double hours_per_rep;    /* over the period; NaN: unknown. For "how many more people" */
    double leads;            /* that can be worked in the period; NaN: unknown */
    double touches_per_lead; /* the most a lead can take in the period, all kinds; NaN: no limit */
    const double *floor;     /* kinds: least multiple of current, >= 0; NULL: 1, nothing is cut */
    const double *ceiling;   /* kinds: greatest multiple, >= floor; NULL: FORE_PLAN_CEILING */
} fore_plan_input;

typedef struct fore_plan_range {
    double median, p10, p90; /* infinity: not by any effort within the change limits */
} fore_plan_range;

typedef struct fore_plan_kind {
    double current, needed, extra, p10,
        p90; /* counts over the period; p90 is infinite when out of reach */
} fore_plan_kind;

/* For one raise. `kinds` is the plan at even odds, or the furthest one within the change limits
 * when even odds are out of reach. When the team's hours or the touches do not allow it,
 * `constraints` says by how much, and the probabilities and sales are those of what they do allow.
 */
typedef struct fore_plan {
    double raise;               /* 0.2 = +20 % */
    bool reachable;             /* at even odds, within the limits, the hours and the touches */
    double probability_reached; /* that the plan's expected sales reach the target */
    double probability_sales;   /* the same with the luck of the period's sales; NaN without a
                                   baseline */
    bool within_observed_range; /* the plan's hours lie inside [p5, p95] of what reps ever did */
    fore_plan_range hours_factor, extra_hours;
    double hours_factor_80; /* the effort at which the target is reached with 80 % probability */
    double sales_median, sales_p10,
        sales_p90; /* of the period under the plan; NaN without a baseline */
    double
        later_share; /* sales landing after the period because of the plan, over baseline sales */
    fore_plan_kind kinds[FORE_KINDS_MAX];
    char constraints[FORE_REASONS_MAX][FORE_REASON_SIZE]; /* in words */
    int64_t constraint_count;
} fore_plan;

/* Marginal return at today's pace: won amount (or, without a baseline, share of the period's sales)
 * inside the period per extra hour of a kind. */
fore_status fore_plan_marginal(const fore_plan_input *input, fore_plan_range *by_kind,
                               fore_error *err);

/* Solves for raise > -1 (0.1 = +10 %). E_ARGUMENT on shapes. A target out of reach is an answer. */
fore_status fore_plan_solve(const fore_plan_input *input, double raise, fore_plan *plan,
                            fore_error *err);

/* What a given effort does: factors (kinds) multiply today's pace. Ranges are of sales over
 * baseline; probability (may be NULL) that it reaches `raise`. */
fore_status fore_plan_effect(const fore_plan_input *input, const double *factors, double raise,
                             fore_plan_range *ratio, double *probability, fore_error *err);

/* The multiple of effort that raises sales by `raise` when the elasticity is constant:
 * (1 + raise)^(1 / elasticity); infinity when the elasticity is not positive. */
double fore_effort_multiple(double raise, double elasticity);

/* The cheapest point on the path: x (kinds, in units of A + s >= 0) minimising sum cost_k x_k
 * subject to sum_k b_k log(x_k / x0_k) = gain within [lower, upper]; false when gain is out of
 * reach (then x is the furthest point). Exact by the sort of breakpoints of the multiplier. */
bool fore_cheapest_mix(int64_t kinds, const double *b, const double *cost, const double *x0,
                       const double *lower, const double *upper, double gain, double *x);

#endif
