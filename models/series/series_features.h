/* What a series is like, in numbers that learned weights (learned.h) can split on.
 *
 * Definitions follow the tsfeatures of Hyndman et al. as used by FFORMA (Montero-Manso,
 * Athanasopoulos, Hyndman, Talagala 2020). x = (y - mean) / sd, unless y is named. Differences from
 * there: counts of crossings and flat spots are shares of n; the trend of a series without season
 * is a local line of a third of its values; autoregressions are Burg's (1975), orders by AIC.
 * Left out: Hurst and the two of GARCH, which would each fit one more model by maximum likelihood
 * and tell little beside the rest. */
#ifndef FORE_SERIES_FEATURES_H
#define FORE_SERIES_FEATURES_H

#include <stdint.h>

#include "engine/base/status.h"

typedef enum fore_series_feature {
    FORE_FEATURE_LENGTH,
    FORE_FEATURE_SEASON,
    FORE_FEATURE_TREND,             /* 1 - var(remainder) / var(y - season), STL */
    FORE_FEATURE_SEASONAL_STRENGTH, /* 1 - var(remainder) / var(y - trend) */
    FORE_FEATURE_SPIKE,             /* variance of the leave-one-out variances of the remainder */
    FORE_FEATURE_LINEARITY,         /* of the trend on orthonormal polynomials of time: degree 1 */
    FORE_FEATURE_CURVATURE,         /* and 2 */
    FORE_FEATURE_E_ACF1,            /* autocorrelations of the remainder: the first */
    FORE_FEATURE_E_ACF10,           /* the first ten, squared and summed */
    FORE_FEATURE_ENTROPY,           /* of the autoregressive spectrum, 1 = white noise */
    FORE_FEATURE_X_ACF1,
    FORE_FEATURE_X_ACF10,
    FORE_FEATURE_DIFF1_ACF1,
    FORE_FEATURE_DIFF1_ACF10,
    FORE_FEATURE_DIFF2_ACF1,
    FORE_FEATURE_DIFF2_ACF10,
    FORE_FEATURE_SEAS_ACF1, /* at lag m */
    FORE_FEATURE_X_PACF5,   /* first five partial autocorrelations, squared and summed */
    FORE_FEATURE_DIFF1_PACF5,
    FORE_FEATURE_DIFF2_PACF5,
    FORE_FEATURE_SEAS_PACF,
    FORE_FEATURE_SEDIFF_ACF1, /* of the seasonal differences */
    FORE_FEATURE_SEDIFF_ACF10,
    FORE_FEATURE_SEDIFF_SEACF1,
    FORE_FEATURE_STABILITY,       /* variance of the means of tiles of m (10 when m = 1) values */
    FORE_FEATURE_LUMPINESS,       /* variance of their variances */
    FORE_FEATURE_CROSSING_POINTS, /* of the median */
    FORE_FEATURE_FLAT_SPOTS,      /* longest run inside one tenth of the range */
    FORE_FEATURE_NONLINEARITY,    /* Terasvirta, Lin, Granger (1993), 10 X2 / n */
    FORE_FEATURE_UNITROOT_KPSS,
    FORE_FEATURE_UNITROOT_PP, /* Phillips and Perron (1988), Z-alpha with a constant */
    FORE_FEATURE_ALPHA,       /* weights of Holt's method */
    FORE_FEATURE_BETA,
    FORE_FEATURE_HW_ALPHA, /* and of additive Holt-Winters */
    FORE_FEATURE_HW_BETA,
    FORE_FEATURE_HW_GAMMA,
    FORE_FEATURE_ARCH_LM,  /* R2 of the squares on 12 of their lags (Engle 1982) */
    FORE_FEATURE_ARCH_ACF, /* of x prewhitened: squared autocorrelations of the squares, 12 lags */
    FORE_FEATURE_ARCH_R2,  /* of x prewhitened: as ARCH_LM */
    FORE_FEATURE_LEVEL_SHIFT, /* largest step between means of neighbouring windows of m (or 10) */
    FORE_FEATURE_VARIANCE_SHIFT,
    FORE_FEATURE_ZEROS,     /* share of zeros in y */
    FORE_FEATURE_VARIATION, /* sd / |mean| of y */
    FORE_SERIES_FEATURES
} fore_series_feature;

extern const char *const fore_series_feature_names[FORE_SERIES_FEATURES];

/* y: n finite values, n >= 1, season m >= 1. out: FORE_SERIES_FEATURES; NaN = not defined for this
 * series (too short, constant, no season). Invariant to the unit and origin of y, but for ZEROS and
 * VARIATION. Beyond the newest 2,000 values only LENGTH looks. Fails with E_MEMORY only. */
fore_status fore_series_features(const double *y, int64_t n, int64_t m, double *out,
                                 fore_error *err);

#endif
