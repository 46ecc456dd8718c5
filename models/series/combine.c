/* Median combination: see combine.h. */
#include "models/series/combine.h"

#include <math.h>

#include "engine/num/special.h"

static bool weighted(const fore_member *members, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (members[i].weight > 0) return true;
    return false;
}

/* Mean by weight, or all alike, of the values that there are. */
static double mean_of(const fore_member *members, int64_t count, const double *at)
{
    bool all_alike = !weighted(members, count);
    double sum = 0, whole = 0;
    for (int64_t i = 0; i < count; i++) {
        double w = all_alike ? 1 : members[i].weight;
        if (isnan(at[i]) || !(w > 0)) continue;
        sum += w * at[i];
        whole += w;
    }
    return whole > 0 ? sum / whole : NAN;
}

double fore_combined(const fore_member *members, int64_t count, double *at)
{
    int64_t known = 0;
    if (weighted(members, count)) return mean_of(members, count, at);
    for (int64_t i = 0; i < count; i++)
        if (!isnan(at[i])) at[known++] = at[i];
    return fore_median(at, known);
}

/* Variance between the members, whose disagreement is uncertainty too. */
static double spread(const fore_member *members, int64_t count, const double *at)
{
    double mean = mean_of(members, count, at), squares[FORE_MEMBERS_MAX];
    for (int64_t i = 0; i < count; i++) squares[i] = (at[i] - mean) * (at[i] - mean);
    return mean_of(members, count, squares);
}

void fore_combine(const fore_member *members, int64_t count, const double *y, int64_t n0, int64_t h,
                  double *mean, double *variance, double *scratch)
{
    double at[FORE_MEMBERS_MAX], doubt[FORE_MEMBERS_MAX];
    if (count == 1) {
        fore_member_forecast(members, y, n0, h, mean, variance);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        fore_member_forecast(&members[i], y, n0, h, scratch + 2 * i * h, scratch + (2 * i + 1) * h);
    for (int64_t k = 0; k < h; k++) {
        for (int64_t i = 0; i < count; i++) {
            at[i] = scratch[2 * i * h + k];
            doubt[i] = scratch[(2 * i + 1) * h + k];
        }
        variance[k] = mean_of(members, count, doubt) + spread(members, count, at);
        mean[k] = fore_combined(members, count, at);
    }
}
