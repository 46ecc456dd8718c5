/* What an hour of selling does: the response of won sales to effort, from a panel of reps by weeks.
 *
 *   E[y_gt] = exp(a_g + b_t + sum_k e_k x_kgt + c' z_gt)
 *
 * y is the number (or amount) won by rep g in week t, a and b are rep and week effects, z the leads
 * that arrived and were held. x_k is the saturated stock of effort of kind k: the geometric adstock
 * A_t = (1 - decay) activity_t + decay A_(t-1), then log(1 + A / scale_k) divided by its local
 * slope at the mean stock, so that e_k is the elasticity of sales to effort of that kind at today's
 * mean. Fitted by Poisson pseudo-likelihood (no zero is a problem: Santos Silva and Tenreyro 2006),
 * with a dispersion that is the larger of Pearson's and the one clustered by rep.
 *
 * Partial pooling. The total elasticity E = sum e_k ~ N(0.3, 0.3^2) (personal selling, after
 * Albers, Mantrala and Sridhar 2010; wide on purpose, and negative values possible so that "no
 * effect" can be found), e = w E + u with w the kinds' shares of the team's time and u ~ N(0, tau^2
 * (diag w - w w')): an hour of any kind is worth the same until the data say otherwise. tau and the
 * decay are integrated over a grid by their marginal likelihood. The posterior is Laplace's; draws
 * come from counter-based random numbers and do not depend on threads.
 *
 * Where the truth comes from. With recorded hours that move effort strongly (first-stage F), a
 * two-stage estimate uses only what hours explain: the rest of effort may know how good the leads
 * are. Without them the two-way effects carry the answer, with an allowance for an unseen
 * confounder (Cinelli and Hazlett 2020), and only when next week's effort does not explain this
 * week's sales. Unseen demand that lasts less than a week cannot be seen by any of these tests; the
 * sensitivity interval says what it could do. Experiments enter as what they measured.
 *
 * Leave out of `activities` what happens on deals already won: service is not selling effort. */
#ifndef FORE_RESPOND_RESPONSE_H
#define FORE_RESPOND_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/pool.h"
#include "engine/base/status.h"

enum { FORE_KINDS_MAX = 16, FORE_REASONS_MAX = 12, FORE_REASON_SIZE = 320 };

/* Thresholds of the verdict. */

/* Mean and sd of the prior of the total elasticity. */
#define FORE_PRIOR_ELASTICITY 0.3
#define FORE_PRIOR_ELASTICITY_SD 0.3
/* Residual sd of log effort (of the part that hours move, for hours) under which nothing was
 * varied. */
#define FORE_EFFORT_SD_MIN 0.02
/* First-stage F: bias below 10 % of the worst case (Montiel Olea and Pflueger 2013). */
#define FORE_FIRST_STAGE_F 23.1
/* Share of cells whose hours (or leads) must be known to use them. */
#define FORE_HOURS_RECORDED_MIN 0.8
/* The lead and placebo tests fire below this p-value. */
#define FORE_LEAD_TEST_P 0.005
/* Posterior sd over prior sd: above it, the prior speaks. */
#define FORE_SPREAD_MAX 0.8
/* An estimate further from the prior than so many sds is not an elasticity. */
#define FORE_PLAUSIBLE_SDS 2.0
/* The unseen confounder that the posterior without an instrument makes room for: its partial R2
 * with effort and with sales, and how far at most it moves a rep's expected weekly sales (sd of the
 * log). */
#define FORE_CONFOUNDER_ALLOWED 0.05
#define FORE_CONFOUNDER_SALES 0.1
/* Its partial R2 for the sensitivity interval. */
#define FORE_CONFOUNDER_BOUND 0.25
/* Rep-weeks with sales under which the panel is not read at all. */
#define FORE_WON_MIN 5
/* Below any of these the data are not weighed against the prior at all: a standard error clustered
 * by so few reps is itself a guess. Wins are rep-weeks with sales when only amounts are known. */
#define FORE_IDENTIFIED_REPS 5
#define FORE_IDENTIFIED_WEEKS 26
#define FORE_IDENTIFIED_WINS 100
/* The data's own estimate (clustered by rep, before any prior) must be at least this sharp: clearly
 * below the prior's sd. */
#define FORE_IDENTIFIED_SE 0.2

/* Borrowed. Cell (rep g, week t) is at [g * weeks + t]; weeks are consecutive. */
typedef struct fore_response_panel {
    int64_t reps, weeks, kinds; /* kinds: 1..FORE_KINDS_MAX */
    /* reps * weeks each. NaN outcome: the rep was not active, the cell is left out. won_count is
     * used when given; one of the two may be NULL. */
    const double *won_amount;
    const double *won_count;
    const double *activities; /* kinds * reps * weeks, kind k at [k * reps * weeks + cell]; >= 0 */
    /* reps * weeks each; NaN or NULL: unknown. Hours the rep had that week, new leads, open leads
     * and deals held at the week's start. */
    const double *hours;
    const double *arrivals;
    const double *held;
    const double *minutes;         /* kinds: minutes that one activity takes, > 0 */
    const char *const *kind_names; /* kinds; used in the reasons */
} fore_response_panel;

/* A finished experiment: effort was multiplied by effort_factor and log sales moved by log_lift. */
typedef struct fore_effort_lift {
    double effort_factor; /* > 0, not 1 */
    double log_lift, log_lift_sd;
} fore_effort_lift;

typedef enum fore_verdict {
    FORE_IDENTIFIED,
    FORE_PRIOR_DRIVEN,
    FORE_NOT_IDENTIFIABLE
} fore_verdict;
/* "identified", "prior-driven", "not-identifiable" */
const char *fore_verdict_text(fore_verdict verdict);

typedef struct fore_response_options {
    double prior_mean, prior_sd; /* of the total elasticity; default the constants above */
    double scale;  /* scale_k = scale * mean weekly stock of the kind; default 0.1, > 0 */
    int64_t draws; /* default 2000 */
    uint64_t seed;
    const fore_effort_lift *lifts; /* experiments; NULL = none */
    int64_t lift_count;
    /* A part is never more certain than the whole: the verdict on the whole that the panel is part
     * of. Anything but identified (the default): the part's answer is the prior's, and says so. */
    fore_verdict whole;
} fore_response_options;

fore_response_options fore_response_default(void);

typedef enum fore_evidence {
    FORE_EVIDENCE_PRIOR,     /* the literature alone */
    FORE_EVIDENCE_EFFECTS,   /* rep and week effects */
    FORE_EVIDENCE_HOURS,     /* recorded hours as the instrument */
    FORE_EVIDENCE_EXPERIMENT /* measured lifts, on top of what else was usable */
} fore_evidence;
const char *fore_evidence_text(fore_evidence evidence); /* in words */

/* Checks on the composite of all kinds, weighted by time. NaN: could not be computed. */
typedef struct fore_response_checks {
    int64_t cells, cells_with_sales;
    int64_t reps, weeks; /* with an active cell */
    double wins;         /* rep-weeks with sales when the panel holds amounts only */
    double effort_sd;    /* sd of log effort after rep and week effects */
    /* Elasticity with rep and week effects; se by a jackknife over reps. */
    double fixed_effects, fixed_effects_se;
    double pooled;                   /* without effects: what a naive regression would say */
    double hours_recorded;           /* share of cells */
    double first_stage_f;            /* weakest over decays, clustered by rep */
    double hours_estimate, hours_se; /* elasticity by what hours explain of effort */
    double hausman_p;                /* do the two agree? */
    double lead, lead_p;             /* next week's effort (or hours) given this week's */
    double placebo, placebo_p; /* last week's sales on this week's effort, beyond persistence */
    double robustness;         /* robustness value of fixed_effects */
    double sensitivity_lo, sensitivity_hi; /* 95 %, with a confounder of FORE_CONFOUNDER_BOUND */
    double spread;                         /* posterior sd over prior sd of the total elasticity */
    double range_lo, range_hi; /* p5, p95 of a rep's weekly hours of effort over the own mean */
    bool lead_fires, placebo_fires, implausible;
} fore_response_checks;

typedef struct fore_response {
    int64_t kinds, draw_count;
    double *draws; /* draw_count x kinds, draw d of kind k at [d + k * draw_count]: elasticity */
    double *decay; /* draw_count: weekly decay of the stock, in [0, 1) */
    double *scale; /* kinds: scale_k, in activities per rep and week */
    double *mean_stock; /* kinds: activities per rep and week, mean over active cells */
    double *share;      /* kinds: share of the team's time, sums to 1 */
    double *mean, *sd;  /* kinds: posterior of the elasticities */
    double total_mean, total_sd, total_p10, total_median, total_p90;
    double decay_mean;
    fore_verdict verdict;
    fore_evidence evidence;
    /* Identified, p10 of the total <= 0 and p90 below the prior's mean: as far as the data tell,
     * more effort does not raise sales. */
    bool no_effect;
    /* The verdict's reasons in words, most important first. */
    char why[FORE_REASONS_MAX][FORE_REASON_SIZE];
    int64_t why_count;
    fore_response_checks checks;
} fore_response;

/* options may be NULL. A panel with too little in it (one rep, one week, no sales, no effort) is
 * not an error: the answer is the prior's and says so. E_ARGUMENT: shapes or options; E_DATA: a
 * negative or missing count in an active cell (with the cell), minutes that are not positive. */
fore_status fore_response_fit(const fore_response_panel *panel,
                              const fore_response_options *options, fore_pool *pool,
                              fore_response **response, fore_error *err);
void fore_response_free(fore_response *response); /* NULL is harmless */

#endif
