/* Stable scalar forms, sums, distributions. Sources: Wichura AS 241 (normal quantile), Lentz's
 * continued fractions (incomplete beta and gamma), Neumaier summation. */
#ifndef FORE_NUM_SPECIAL_H
#define FORE_NUM_SPECIAL_H

#include <stdint.h>

double fore_sigmoid(double x);
double fore_logit(double p);
double fore_log1pexp(double x);            /* log(1 + e^x) without overflow */
double fore_logsumexp(const double *x, int64_t n);
double fore_sum(const double *x, int64_t n);   /* compensated (Neumaier) */
double fore_mean(const double *x, int64_t n);  /* NaN for n = 0 */
double fore_variance(const double *x, int64_t n); /* Welford, divisor n - 1 */
double fore_median(double *scratch, int64_t n);   /* reorders scratch; NaN for n = 0 */
/* Quantile of a sorted sample, type 7 (R's default). p in [0, 1]. */
double fore_quantile_sorted(const double *sorted, int64_t n, double p);
double fore_quantile(double *scratch, int64_t n, double p); /* the same; reorders; NaN if any is */
void fore_sort(double *x, int64_t n);          /* ascending; NaN last */
/* order[0..n): indices that sort x ascending, ties by index, NaN last. */
int fore_order(const double *x, int64_t n, int64_t *order); /* 0 on memory failure, else 1 */

double fore_normal_cdf(double x);
double fore_normal_quantile(double p);
double fore_beta_cdf(double x, double a, double b);
double fore_beta_quantile(double p, double a, double b);
double fore_gamma_cdf(double x, double shape);  /* scale 1, regularised lower P */
double fore_t_cdf(double t, double df);
double fore_t_quantile(double p, double df);
double fore_f_cdf(double f, double df1, double df2);
double fore_chi2_cdf(double x, double df);

#endif
