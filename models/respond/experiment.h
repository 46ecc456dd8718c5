/* The experiment that would tell: how many reps, how long, how much more effort, at what cost.
 *
 * Two arms, effort multiplied by (1 + change) in one: log sales differ by elasticity * log(1 +
 * change), each arm's mean has sd sigma / sqrt(n), so that with two-sided size 5 % and power 80 %
 *   n per arm = 2 ((z.975 + z.80) sigma / (elasticity log(1 + change)))^2
 * where sigma is the sd of a unit's log mean sales over the test, net of its own past level and of
 * the season. A switchback lets every rep be their own control: the units are rep-blocks. */
#ifndef FORE_RESPOND_EXPERIMENT_H
#define FORE_RESPOND_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "models/respond/response.h"

#define FORE_EXPERIMENT_POWER 0.8
#define FORE_EXPERIMENT_SIZE 0.05

/* Units per arm (before rounding up); infinity when elasticity or change is 0. */
double fore_experiment_size(double sigma, double elasticity, double change);
/* The smallest elasticity that n units per arm can see with 80 % power, with t quantiles for few
 * units; infinity for n < 2. */
double fore_experiment_detectable(double sigma, double n_per_arm, double change);
/* sigma for a test of `weeks` weeks, from the panel: relative sd of a rep's sales over blocks of
 * that length around rep and block effects. NaN when there are not two reps and two blocks. */
fore_status fore_experiment_sigma(const fore_response_panel *panel, int64_t weeks, double *sigma,
                                  fore_error *err);

typedef enum fore_design { FORE_DESIGN_MATCHED_PAIRS, FORE_DESIGN_SWITCHBACK } fore_design;

typedef struct fore_experiment {
    fore_design design;
    char who[FORE_REASON_SIZE];  /* in words: who takes part and how they are assigned */
    char what[FORE_REASON_SIZE]; /* in words: the extra effort */
    char how_long[FORE_REASON_SIZE];
    char detects[FORE_REASON_SIZE]; /* the smallest effect it can see */
    char cost[FORE_REASON_SIZE];
    int64_t kind;           /* the kind raised; -1: all kinds in proportion */
    double change;          /* 0.5 = +50 % in the treated arm */
    int64_t weeks;          /* in all */
    int64_t block_weeks;    /* of a switchback block; = weeks for pairs */
    int64_t reps;           /* taking part */
    int64_t units_per_arm;  /* reps, or rep-blocks for a switchback */
    int64_t needed_per_arm; /* to see target_elasticity with 80 % power */
    double sigma;
    double target_elasticity;     /* what it is planned for */
    double detectable_elasticity; /* with units_per_arm */
    double power;                 /* at target_elasticity */
    double extra_hours;           /* over the whole test, all treated reps */
    double extra_per_rep_week;    /* activities */
    bool feasible;                /* power >= 80 % with the reps there are */
} fore_experiment;

/* Proposes the cheapest feasible design among lengths of 4 to 26 weeks, changes of +20, +30 and +50
 * %, pairs and switchbacks; when none is feasible, the one with the most power. `target_elasticity`
 * <= 0: the prior's mean. E_NO_ANSWER when the panel has fewer than two active reps or no sales. */
fore_status fore_experiment_propose(const fore_response_panel *panel, const fore_response *response,
                                    double target_elasticity, fore_experiment *experiment,
                                    fore_error *err);

/* Random assignment: matched[i] (reps) is the pair of rep i by past sales, arm[i] 1 = treated in
 * block 0 (switchbacks alternate), -1 = left over. Counter-based: the same seed gives the same
 * assignment. */
fore_status fore_experiment_assign(const double *past_sales, int64_t reps, uint64_t seed,
                                   int64_t *pair, int64_t *arm, fore_error *err);

#endif
