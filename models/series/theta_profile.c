/* See theta_profile.h.
 *
 *   for alpha on a grid, then by Brent's search beside the best of them:
 *     one pass gives the sums of squares and products of S, u = (1 - alpha)^(t-1) and g
 *     the 2 x 2 normal equations in a box: inside, or on the edge with the smaller sum */
#include "models/series/theta_profile.h"

#include <math.h>

#include "engine/num/optimise.h"

/* The bounds of Fiorucci et al.: below them a level is no more than where it started. */
static const double ALPHA_LOW = 0.1, ALPHA_HIGH = 0.99;
static const double grid[] = {0.1, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95, 0.99};
enum { GRID = sizeof grid / sizeof *grid };

typedef struct sums {
    double ee, eu, eg, uu, ug, gg;
} sums;

static sums run(const theta_profile *p, double alpha)
{
    double smooth = 0, u = 1, a = p->intercept, b = p->slope, keep = 1 - alpha, more = 1 / alpha;
    sums s = {0};
    for (int64_t t = 0; t < p->n; t++) {
        if (p->dynamic) {
            b = t > 0 ? p->slopes[t - 1] : 0;
            a = t > 0 ? p->means[t - 1] - b * (double)(t + 1) / 2 : 0;
        }
        double g = u * a + (1 - u * keep) * more * b, e = p->y[t] - smooth;
        if (t >= p->from) {
            s.ee += e * e, s.eu += e * u, s.eg += e * g;
            s.uu += u * u, s.ug += u * g, s.gg += g * g;
        }
        smooth += alpha * e;
        u *= keep;
    }
    return s;
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

static double at_alpha(void *context, double alpha)
{
    double level, share;
    sums s = run(context, alpha);
    return solve(context, &s, &level, &share);
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
    double best = INFINITY;
    int at = 0;
    line(p);
    for (int i = 0; i < GRID; i++) {
        double value = at_alpha(p, grid[i]);
        if (value < best) best = value, at = i;
    }
    double low = at > 0 ? grid[at - 1] : ALPHA_LOW,
           high = at + 1 < GRID ? grid[at + 1] : ALPHA_HIGH;
    p->alpha = fore_minimise_line(at_alpha, p, low, high, 1e-7);
    if (!(at_alpha(p, p->alpha) <= best)) p->alpha = grid[at];
    sums s = run(p, p->alpha);
    p->squares = fmax(0, solve(p, &s, &p->level, &p->share));
}
