/* See theta_profile.h.
 *
 *   for alpha on a grid, then four times on a finer one between the neighbours of the best, then at
 *   the vertex of the parabola through the best three:
 *     one pass gives the sums of squares and products of S, u = (1 - alpha)^(t-1) and g
 *     the 2 x 2 normal equations in a box: inside, or on the edge with the smaller sum
 *
 * A pass serves all alphas of a grid side by side. */
#include "models/series/theta_profile.h"

#include <math.h>
#include <string.h>

#include "engine/num/elementwise.h"

enum { GRID = 8, FINER = 4 };

/* The bounds of Fiorucci et al.: below them a level is no more than where it started. */
static const double grid[GRID] = {0.1, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.99};

typedef double wide __attribute__((vector_size(GRID * 8)));

typedef struct sums {
    double ee, eu, eg, uu, ug, gg;
} sums;

static FORE_WIDE void run(const theta_profile *p, const double *alphas, sums *out)
{
    double a = p->intercept, b = p->slope, each[6][GRID];
    wide alpha, smooth = {0}, sum[6] = {{0}};
    memcpy(&alpha, alphas, sizeof alpha);
    wide u = smooth + 1, keep = 1 - alpha, more = 1 / alpha;
    for (int64_t t = 0; t < p->n; t++) {
        if (p->dynamic) {
            b = t > 0 ? p->slopes[t - 1] : 0;
            a = t > 0 ? p->means[t - 1] - b * (double)(t + 1) / 2 : 0;
        }
        wide g = u * a + (1 - u * keep) * more * b, e = p->y[t] - smooth;
        if (t >= p->from) {
            sum[0] += e * e, sum[1] += e * u, sum[2] += e * g;
            sum[3] += u * u, sum[4] += u * g, sum[5] += g * g;
        }
        smooth += alpha * e;
        u *= keep;
    }
    memcpy(each, sum, sizeof each);
    for (int k = 0; k < GRID; k++)
        out[k] = (sums){each[0][k], each[1][k], each[2][k], each[3][k], each[4][k], each[5][k]};
}

static double clamp(double v, double low, double high) { return fmin(fmax(v, low), high); }

static double cost(const sums *s, double level, double share)
{
    return s->ee - 2 * level * s->eu - 2 * share * s->eg + level * level * s->uu +
           2 * level * share * s->ug + share * share * s->gg;
}

/* The best point of the box: inside, or the best of its four edges. */
static double solve(const theta_profile *p, const sums *s, double *level, double *share)
{
    double edge[2][2] = {{p->level_low, p->level_high}, {0, p->share_high}}, best = INFINITY;
    double det = s->uu * s->gg - s->ug * s->ug;
    if (det > 1e-13 * s->uu * s->gg) {
        *level = (s->eu * s->gg - s->eg * s->ug) / det;
        *share = (s->eg * s->uu - s->eu * s->ug) / det;
        if (*level >= edge[0][0] && *level <= edge[0][1] && *share >= 0 && *share <= edge[1][1])
            return cost(s, *level, *share);
    }
    for (int side = 0; side < 4; side++) {
        double l = edge[0][side % 2], w = edge[1][side % 2];
        if (side < 2 && !isfinite(l)) continue;
        if (side < 2) w = s->gg > 0 ? clamp((s->eg - l * s->ug) / s->gg, 0, p->share_high) : 0;
        if (side > 1)
            l = s->uu > 0 ? clamp((s->eu - w * s->ug) / s->uu, edge[0][0], edge[0][1]) : 0;
        double value = cost(s, l, w);
        if (!(value < best)) continue;
        best = value, *level = l, *share = w;
    }
    return best;
}

/* value: the sum of squares at every alpha of a grid; the best so far goes into *p. Returns which
 * of them is best. */
static int try_all(theta_profile *p, const double *alpha, double *value)
{
    sums s[GRID];
    int best = 0;
    run(p, alpha, s);
    for (int k = 0; k < GRID; k++) {
        double level = 0, share = 0;
        value[k] = solve(p, &s[k], &level, &share);
        if (value[k] < value[best]) best = k;
        if (!(value[k] < p->squares)) continue;
        p->squares = value[k], p->alpha = alpha[k];
        p->level = level, p->share = share;
    }
    return best;
}

static void line(theta_profile *p)
{
    double centre = (double)(p->n + 1) / 2, mean = 0, cross = 0, spread = 0;
    for (int64_t t = 0; t < p->n; t++) {
        double d = (double)(t + 1) - centre;
        mean += p->y[t] / (double)p->n;
        cross += d * p->y[t];
        spread += d * d;
    }
    p->slope = spread > 0 ? cross / spread : 0;
    p->intercept = mean - p->slope * centre;
}

void theta_profile_fit(theta_profile *p)
{
    double alpha[GRID], value[GRID], step = 0;
    line(p);
    p->squares = INFINITY, p->alpha = grid[0], p->level = p->share = 0;
    memcpy(alpha, grid, sizeof alpha);
    int best = try_all(p, alpha, value);
    for (int round = 0; round < FINER; round++) {
        double low = alpha[best] - step, high = alpha[best] + step;
        if (round == 0) low = grid[best > 0 ? best - 1 : 0], high = grid[best + (best + 1 < GRID)];
        step = (high - low) / (GRID + 1);
        for (int k = 0; k < GRID; k++) alpha[k] = low + step * (k + 1);
        best = try_all(p, alpha, value);
    }
    if (best > 0 && best + 1 < GRID) {
        double bend = value[best - 1] - 2 * value[best] + value[best + 1];
        double tilt = (value[best - 1] - value[best + 1]) / 2;
        double at = alpha[best] + (bend > 0 ? step * clamp(tilt / bend, -1, 1) : 0);
        for (int k = 0; k < GRID; k++) alpha[k] = at;
        try_all(p, alpha, value);
    }
    p->squares = fmax(0, p->squares);
}
