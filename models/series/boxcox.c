/* See boxcox.h. */
#include "models/series/boxcox.h"

#include <math.h>
#include <stdbool.h>

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

/* The sd of lambda w + 1 above this share of it: the expansion no longer holds, three sd reach the
 * edge of what can be transformed back. */
static const double EDGE = 1.0 / 3;

static bool poor(double w, double variance, double lambda)
{
    return lambda > 0 && sqrt(variance) * lambda > EDGE * (lambda * w + 1);
}

/* Mean and variance of y by the trapezoidal rule over 8 sd to both sides. */
static double integrate(double w, double variance, double lambda, double *spread)
{
    enum { STEPS = 400 };
    double sum = 0, mean = 0, squares = 0, sd = sqrt(variance);
    for (int i = 0; i <= STEPS; i++) {
        double z = 16.0 * i / STEPS - 8, weight = exp(-z * z / 2);
        double y = fore_boxcox_back(w + sd * z, lambda), d = y - mean;
        sum += weight;
        mean += d * weight / sum;
        squares += weight * d * (y - mean);
    }
    *spread = squares / sum;
    return mean;
}

double fore_boxcox_mean(double w, double variance, double lambda)
{
    double y = fore_boxcox_back(w, lambda), spread;
    if (!(variance > 0) || !isfinite(y) || !isfinite(variance)) return y;
    if (poor(w, variance, lambda)) return integrate(w, variance, lambda, &spread);
    return y * (1 + variance * (1 - lambda) / 2 / pow(y, 2 * lambda));
}

double fore_boxcox_sd(double w, double variance, double lambda)
{
    double mean = fore_boxcox_mean(w, variance, lambda), spread = 0;
    if (variance > 0 && isfinite(variance) && poor(w, variance, lambda)) {
        integrate(w, variance, lambda, &spread);
        return sqrt(spread);
    }
    return variance == 0 ? 0 : sqrt(variance) * pow(mean, 1 - lambda);
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
