/* Intervals from the errors of forecasts made at past origins (replay.h).
 *
 * Weighted split-conformal (Vovk, Gammerman, Shafer 2005; weights that fade with age as in Barber,
 * Candes, Ramdas, Tibshirani 2023): the scores are |actual - forecast| / sd(step), and a level's
 * interval is forecast +- q sd(step) with q the level's quantile of the scores.
 *
 *   sd(step)   the model's; where it knows none, the root mean square of the past errors
 *   per step   each step's mean score, drawn towards the mean of all in proportion to how few
 *              origins reach it, corrects the model's shape; the season's left aside, the widths
 *              never fall for it: what it leaves the model's sd of one and the same moment, on
 *              geometric average over the moments, does not fall with the step
 *   sides      where the past forecasts lay to one side beyond chance, the quantiles of signed
 *              scores share in: above and below then differ
 *   both       between Student's t around the model and the scores' quantile, the share
 *              level / 100 of the way from the narrower to the wider: near what a mixture of both
 *              distributions has, in the middle their mean and far out the wider
 *   beyond     a level that so few scores cannot tell goes on from the largest one as t does
 *   adaptive   the working level follows the misses at past origins in their order (adaptive
 *              conformal inference, Gibbs and Candes 2021)
 *
 * Intervals of a higher level always contain those of a lower one. */
#ifndef FORE_SERIES_CONFORMAL_H
#define FORE_SERIES_CONFORMAL_H

#include "models/series/replay.h"

typedef struct fore_score {
    double value, weight; /* signed; weight 1 for the newest moment */
    int64_t origin, step; /* their sum is the moment of the actual value */
} fore_score;

typedef struct fore_conformal {
    int64_t origins,
        scores; /* origins 0: nothing was learned, the factors are those of the model */
    double freedom, widening;      /* of the t quantile around the model; INFINITY: normal */
    double sides;                  /* share of the signed quantiles, in [0, 1] */
    fore_score *by_size, *by_sign; /* ascending in |value|, in value; one block, owned */
    double total;                  /* of the weights, that of the value to come included */
    int64_t steps;                 /* of ratio; later steps have the last one's */
    double *ratio;                 /* on the model's sd; owned */
    int64_t levels; /* working levels, adaptive only: [0] and [levels - 1] are 0 and 100 */
    double level[FORE_SERIES_LEVELS + 2], working[FORE_SERIES_LEVELS + 2];
} fore_conformal;

typedef struct fore_quantiles { /* of one level: factors on sd(step) */
    double model, below, above; /* the latter two before the step's ratio */
    double level;
} fore_quantiles;

/* What the model alone says: factors from Student's t with n - parameters degrees of freedom. */
fore_conformal fore_conformal_model(const fore_member *members, int64_t count, int64_t n);
/* Adds to it what the replay tells; nothing when that has too few scores. variance: h values; where
 * any is not known, the past errors' own take the place of all. plain: the members have no weights
 * to fit. level: those that are to adapt; levels = 0 for none. */
fore_status fore_conformal_learn(const fore_replay *replay, double *variance, int64_t h, bool plain,
                                 const double *level, int64_t levels, fore_conformal *conformal,
                                 fore_error *err);
/* For a level in (0, 100), and with it the factors on sd(step) below and above the forecast. */
fore_quantiles fore_conformal_level(const fore_conformal *conformal, double level);
double fore_conformal_below(const fore_conformal *conformal, const fore_quantiles *q, int64_t step);
double fore_conformal_above(const fore_conformal *conformal, const fore_quantiles *q, int64_t step);
void fore_conformal_free(fore_conformal *conformal);

#endif
