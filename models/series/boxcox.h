/* The transformation of Box and Cox (1964), and its way back.
 *
 *   w = log y for lambda = 0, (y^lambda - 1) / lambda else;  y > 0
 *
 * lambda by Guerrero (1993): with the mean m_i and the sd s_i of every season (of every 2 values
 * without one), the lambda under which s_i / m_i^(1 - lambda) varies least. */
#ifndef FORE_SERIES_BOXCOX_H
#define FORE_SERIES_BOXCOX_H

#include <stdint.h>

double fore_boxcox(double y, double lambda);
/* 0 or infinity where w is beyond every y. */
double fore_boxcox_back(double w, double lambda);
/* The mean of y when w has this mean and variance: what fore_boxcox_back gives is the median. To
 * second order (Guerrero 1993; Taylor); for lambda > 0 where w comes near the edge of what can be
 * transformed back, by integration (w normal, 0 beyond the edge). A NaN variance adjusts nothing.
 */
double fore_boxcox_mean(double w, double variance, double lambda);
/* The sd of y then, to first order or by integration. NaN for a NaN variance. */
double fore_boxcox_sd(double w, double variance, double lambda);
/* In [low, high]; groups with a missing value are left out. 1 (no transformation) with fewer than
 * two groups or where nothing varies. y > 0 */
double fore_boxcox_lambda(const double *y, int64_t n, int64_t m, double low, double high);

#endif
