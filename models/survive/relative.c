/*   m = sum O / sum E                         the ratio of all
 *   A = sum E_k (O_k / E_k - m)^2 / sum E - chance m n / sum E    what groups really differ by
 *   ratio_k = m + A / (A + chance m / E_k) (O_k / E_k - m) */
#include "models/survive/relative.h"

#include <math.h>

void fore_relative_rates(const double *observed, const double *expected, int64_t n, double chance,
                         double *ratio)
{
    double seen = 0, hoped = 0, between = 0;
    for (int64_t k = 0; k < n; k++) {
        seen += observed[k];
        hoped += expected[k];
    }
    double all = hoped > 0 ? seen / hoped : 1;
    for (int64_t k = 0; k < n; k++)
        if (expected[k] > 0) between += pow(observed[k] - expected[k] * all, 2) / expected[k];
    if (hoped > 0) between = fmax(0, (between - chance * all * (double)n) / hoped);
    for (int64_t k = 0; k < n; k++) {
        ratio[k] = all;
        if (expected[k] > 0 && between > 0)
            ratio[k] += between / (between + chance * all / expected[k]) *
                        (observed[k] / expected[k] - all);
    }
}
