/* The plain forecasts that every other one must beat, and Croston's for mostly zero demand.
 *
 * All take y: n >= 1 finite values; mean and variance: h doubles; fitted: n doubles or NULL (NaN
 * where a method has no one-step forecast). Variances are those of Hyndman and Athanasopoulos
 * (2021), section 5.5; with one residual or none the variance is NaN. */
#ifndef FORE_SERIES_SIMPLE_H
#define FORE_SERIES_SIMPLE_H

#include <stdint.h>

/* The last value of the same place in the season; the last value when m is 1. Needs n >= m. */
void fore_seasonal_naive(const double *y, int64_t n, int64_t m, int64_t h, double *mean,
                         double *variance, double *fitted);
/* The line from the first to the last value. Needs n >= 2. */
void fore_drift(const double *y, int64_t n, int64_t h, double *mean, double *variance,
                double *fitted);
void fore_series_mean(const double *y, int64_t n, int64_t h, double *mean, double *variance,
                      double *fitted);

/* Mostly zero demand, y >= 0. CROSTON (1972): exponential smoothing with weight alpha of the sizes
 * of the demands (values > 0) and, by itself, of the gaps between them; the forecast is size / gap,
 * 0 before any demand. SBA (Syntetos and Boylan 2005): that times 1 - alpha / 2, its bias taken
 * off. TSB (Teunter, Syntetos, Babai 2011): the chance of a demand is smoothed at every step, so
 * that the forecast falls when demand stops. The variance is that of the one-step errors at every
 * step. */
typedef enum fore_intermittent { FORE_CROSTON, FORE_SBA, FORE_TSB } fore_intermittent;
void fore_croston(fore_intermittent form, const double *y, int64_t n, double alpha, int64_t h,
                  double *mean, double *variance, double *fitted);

#endif
