/* The parts of fore_response_fit, shared inside this room only. */
#ifndef FORE_RESPOND_PARTS_H
#define FORE_RESPOND_PARTS_H

#include "engine/base/memory.h"
#include "models/respond/ppml.h"
#include "models/respond/response.h"

enum { FORE_CONTROLS_MAX = 2, FORE_DECAYS = 7, FORE_POOLINGS = 4 };
extern const double
    fore_decays[FORE_DECAYS]; /* weekly decay of the stock; prior weight 1 - decay */
extern const double fore_poolings[FORE_POOLINGS]; /* tau: sd of how far kinds may differ */

/* The panel made ready: outcome with mean 1, kinds' shares, scales, standardised controls. */
typedef struct fore_effort_design {
    const fore_response_panel *panel;
    int64_t reps, weeks, kinds, cells;
    int64_t active, with_sales, active_reps;
    double *y;        /* cells; NaN = left out */
    double *activity; /* kinds x cells, [k * cells + cell]; 0 where unknown in cells left out */
    double *controls; /* control_count x cells */
    int64_t control_count;
    double *weight; /* cells: a rep's mean sales, for least squares beside pseudo-likelihood; 0 =
                       left out */
    double hours_recorded, mean_hours;
    double share[FORE_KINDS_MAX], scale[FORE_KINDS_MAX], mean_stock[FORE_KINDS_MAX];
} fore_effort_design;

fore_status fore_effort_prepare(const fore_response_panel *panel,
                                const fore_response_options *options, fore_arena *arena,
                                fore_effort_design *design, fore_error *err);
/* out (cells): saturated stock of kind k in elasticity units, 0 at the mean. */
void fore_effort_stock(const fore_effort_design *design, int64_t kind, double decay, double *out);
/* out (cells): all kinds, weighted by their share of time. scratch: cells. */
void fore_effort_composite(const fore_effort_design *design, double decay, double *out,
                           double *scratch);
/* out (cells): the same of the hours a rep had; NaN where unknown. */
void fore_effort_hours(const fore_effort_design *design, double decay, double *out);

/* First stage by least squares net of rep and week effects, weighted by use (0 = left out): target
 * on the regressor and the design's controls. */
typedef struct fore_stage {
    double coefficient, se,
        f; /* of the first regressor, clustered by rep; NaN when nothing varies */
} fore_stage;
fore_status fore_effort_stage(const fore_effort_design *design, const double *use,
                              const double *target, const double *regressor, fore_arena *arena,
                              fore_stage *stage, fore_error *err);

/* One coefficient by pseudo-likelihood: y on columns x (count x cells, the first is the one asked
 * about) and the controls. */
typedef struct fore_estimate {
    double value, se, p; /* se: clustered by rep, at least the model's; p two-sided, by t */
    double clusters;     /* degrees of freedom of that t */
    double dispersion;   /* Pearson's times the cluster inflation of the first coefficient */
    double degrees, loglik;
} fore_estimate;
fore_status fore_effort_estimate(const fore_effort_design *design, const double *y, const double *x,
                                 int64_t count, double effect_ridge, fore_arena *arena,
                                 fore_estimate *estimate, fore_error *err);

/* Fills checks except `spread`. */
typedef struct fore_effort_scales {
    double decay;              /* best by profile likelihood */
    double effects_dispersion; /* of the two estimates; NaN when they could not be made */
    double effects_degrees;
    double hours_dispersion;
    double hours_doubt; /* variance that the first stage adds */
} fore_effort_scales;
fore_status fore_effort_check(const fore_effort_design *design,
                              const fore_response_options *options, fore_response_checks *checks,
                              fore_effort_scales *scales, fore_error *err);
/* |bias| of an estimate with this se and degrees of freedom when an unseen confounder has partial
 * R2 `strength` with effort and with sales (Cinelli and Hazlett). */
double fore_effort_bias(double se, double degrees, double strength);

/* The posterior as a mixture of normals over decay and pooling. */
typedef struct fore_posterior {
    int64_t kinds;
    double log_weight[FORE_DECAYS * FORE_POOLINGS]; /* normalised: exp sums to 1 */
    double mean[FORE_DECAYS * FORE_POOLINGS][FORE_KINDS_MAX];
    double factor[FORE_DECAYS * FORE_POOLINGS]
                 [FORE_KINDS_MAX * FORE_KINDS_MAX]; /* Cholesky, lower, tight kinds x kinds */
} fore_posterior;

typedef enum fore_source { FORE_SOURCE_PRIOR, FORE_SOURCE_EFFECTS, FORE_SOURCE_HOURS } fore_source;
/* doubt: variance added to the likelihood of the total at decay 0 (unseen confounder, first-stage
 * noise). A confounder of one week's effort weighs (1 + decay) times as much on a stock, whose own
 * variance is (1 - decay) / (1 + decay) of a week's; that of the first stage does not change
 * (doubt_grows false). */
fore_status fore_effort_posterior(const fore_effort_design *design,
                                  const fore_response_options *options, fore_source source,
                                  double dispersion, double doubt, bool doubt_grows,
                                  fore_pool *pool, fore_posterior *posterior, fore_error *err);
/* Fills draws (draw_count x kinds), decay (draw_count). */
void fore_effort_draw(const fore_posterior *posterior, uint64_t seed, int64_t draw_count,
                      double *draws, double *decay);
/* Mean and sd of the total elasticity under the mixture. */
void fore_effort_total(const fore_posterior *posterior, double *mean, double *sd);

#endif
