/* The cheapest mix of kinds for a gain in log sales.
 *
 *   minimise sum c_k x_k  subject to  sum b_k log(x_k / x0_k) >= gain,  lower <= x <= upper
 *
 * Convex. KKT: x_k = clamp(m b_k / c_k, lower_k, upper_k) for one multiplier m (sales per cost):
 * equal marginal return per hour for all kinds between their limits. The gain grows with m and is,
 * between the at most 2 K breakpoints of m, B log m + constant with B the sum of b over the kinds
 * that move:
 *
 *   sort the breakpoints; find the first at which the gain is enough; solve that stretch in closed
 * form
 *
 * Kinds without effect (b <= 0) stay at their lower limit. */
#include <math.h>
#include <string.h>

#include "engine/num/special.h"
#include "models/respond/plan.h"

double fore_effort_multiple(double raise, double elasticity)
{
    return elasticity > 0 ? pow(1 + raise, 1 / elasticity) : INFINITY;
}

typedef struct mix {
    int64_t kinds;
    const double *b, *cost, *x0, *lower, *upper;
} mix;

static double place(const mix *m, int64_t k, double multiplier)
{
    if (!(m->b[k] > 0)) return m->lower[k];
    return fmin(fmax(multiplier * m->b[k] / m->cost[k], m->lower[k]), m->upper[k]);
}

static double gain_at(const mix *m, double multiplier)
{
    double sum = 0;
    for (int64_t k = 0; k < m->kinds; k++)
        if (m->b[k] > 0) sum += m->b[k] * log(place(m, k, multiplier) / m->x0[k]);
    return sum;
}

/* The multiplier that gives `gain` between breakpoints low and high, where the same kinds move. */
static double stretch(const mix *m, double low, double high, double gain)
{
    double moving = 0, middle = sqrt(low * high);
    for (int64_t k = 0; k < m->kinds; k++) {
        double x = place(m, k, middle);
        if (m->b[k] > 0 && x > m->lower[k] && x < m->upper[k]) moving += m->b[k];
    }
    if (!(moving > 0)) return high;
    return fmin(fmax(low * exp((gain - gain_at(m, low)) / moving), low), high);
}

bool fore_cheapest_mix(int64_t kinds, const double *b, const double *cost, const double *x0,
                       const double *lower, const double *upper, double gain, double *x)
{
    mix m = {kinds, b, cost, x0, lower, upper};
    double points[2 * FORE_KINDS_MAX], multiplier = 0;
    int64_t n = 0, i = 0;
    bool reached = true;
    for (int64_t k = 0; k < kinds; k++) {
        if (!(b[k] > 0)) continue;
        points[n++] = lower[k] * cost[k] / b[k];
        points[n++] = upper[k] * cost[k] / b[k];
    }
    fore_sort(points, n);
    while (i < n && gain_at(&m, points[i]) < gain) i++;
    if (i == n) {
        reached = n == 0 ? gain <= 0 : gain_at(&m, points[n - 1]) >= gain - 1e-12;
        multiplier = n ? points[n - 1] : 0;
    } else {
        multiplier = i == 0 ? points[0] : stretch(&m, points[i - 1], points[i], gain);
    }
    for (int64_t k = 0; k < kinds; k++) x[k] = place(&m, k, multiplier);
    return reached;
}
