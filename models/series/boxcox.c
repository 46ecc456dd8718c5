/* See boxcox.h. */
#include "models/series/boxcox.h"

#include <math.h>

#include "engine/num/optimise.h"

double fore_boxcox(double y, double lambda)
{
    return lambda == 0 ? log(y) : (pow(y, lambda) - 1) / lambda;
}

double fore_boxcox_back(double w, double lambda)
{
    if (lambda == 0) return exp(w);
    double base = lambda * w + 1;
    if (base <= 0) return lambda > 0 ? 0 : INFINITY;
    return pow(base, 1 / lambda);
}

double fore_boxcox_mean(double w, double variance, double lambda)
{
    double y = fore_boxcox_back(w, lambda);
    if (!(variance >= 0) || !(y > 0) || !isfinite(y)) return y;
    return y * (1 + variance * (1 - lambda) / 2 / pow(y, 2 * lambda));
}

typedef struct groups {
    const double *y; /* whole groups, the newest values */
    int64_t count, length;
} groups;

/* Coefficient of variation of s_i / m_i^(1 - lambda), by Welford's updates. */
static double variation(void *context, double lambda)
{
    const groups *g = context;
    double mean = 0, squares = 0;
    int64_t known = 0;
    for (int64_t i = 0; i < g->count; i++) {
        double centre = 0, spread = 0;
        for (int64_t j = 0; j < g->length; j++) {
            double d = g->y[i * g->length + j] - centre;
            centre += d / (double)(j + 1);
            spread += d * (g->y[i * g->length + j] - centre);
        }
        double ratio = sqrt(spread / (double)(g->length - 1)) / pow(centre, 1 - lambda);
        if (isnan(ratio)) continue;
        double d = ratio - mean;
        mean += d / (double)++known;
        squares += d * (ratio - mean);
    }
    return known > 1 && mean > 0 ? sqrt(squares / (double)(known - 1)) / mean : NAN;
}

double fore_boxcox_lambda(const double *y, int64_t n, int64_t m, double low, double high)
{
    groups g = {.length = m > 1 ? m : 2};
    g.count = n / g.length;
    g.y = y + n - g.count * g.length;
    if (g.count < 2 || isnan(variation(&g, low))) return 1;
    return fore_minimise_line(variation, &g, low, high, 1e-7);
}
