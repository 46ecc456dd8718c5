/* Median combination: see combine.h. */
#include "models/series/combine.h"

#include <math.h>

#include "engine/num/special.h"

/* Variance between the members, whose disagreement is uncertainty too. */
static double spread(const double *values, int64_t count)
{
    double mean = fore_mean(values, count), squares = 0;
    for (int64_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return squares / (double)count;
}

void fore_combine(const fore_member *members, int64_t count, const double *y, int64_t n0, int64_t h,
                  double *mean, double *variance, double *scratch)
{
    double at_step[FORE_MEMBERS_MAX];
    if (count == 1) {
        fore_member_forecast(members, y, n0, h, mean, variance);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        fore_member_forecast(&members[i], y, n0, h, scratch + 2 * i * h, scratch + (2 * i + 1) * h);
    for (int64_t k = 0; k < h; k++) {
        double sum = 0;
        int64_t known = 0;
        for (int64_t i = 0; i < count; i++) {
            double v = scratch[(2 * i + 1) * h + k];
            at_step[i] = scratch[2 * i * h + k];
            if (!isnan(v)) sum += v, known++;
        }
        variance[k] = known ? sum / (double)known + spread(at_step, count) : NAN;
        mean[k] = fore_median(at_step, count);
    }
}
