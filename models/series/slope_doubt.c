/* See slope_doubt.h. */
#include "models/series/slope_doubt.h"

#include <math.h>

enum { VALUES_LEAST = 3 };

fore_slope_doubt fore_slope_doubt_new(double alpha)
{
    return (fore_slope_doubt){.keep = 1 - alpha, .power = 1, .sum = 1};
}

void fore_slope_doubt_add(fore_slope_doubt *doubt, int64_t values)
{
    fore_slope_doubt *d = doubt;
    for (int64_t i = 0; i < values; i++) {
        d->level2 += d->power * d->power;
        d->cross += d->power * d->sum;
        d->slope2 += d->sum * d->sum;
        d->power *= d->keep;
        d->sum += d->power;
        d->n++;
    }
}

static double leverage(const fore_slope_doubt *d, double k)
{
    double area = d->level2 * d->slope2 - d->cross * d->cross, x = d->sum + k;
    return (d->power * d->power * d->slope2 - 2 * d->power * x * d->cross + x * x * d->level2) /
           area;
}

double fore_slope_doubt_at(const fore_slope_doubt *doubt, int64_t k)
{
    if (doubt->n < VALUES_LEAST) return 0;
    double more = leverage(doubt, (double)(k < doubt->n ? k : doubt->n)) - leverage(doubt, 0);
    return isfinite(more) ? fmax(0, more) : 0;
}

double fore_slope_alpha(const double *variance, int64_t k)
{
    if (k < 2) return 0;
    double growth = (variance[k - 1] / variance[0] - 1) / (double)(k - 1);
    return growth > 0 ? fmin(1, sqrt(growth)) : 0;
}
