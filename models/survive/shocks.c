/* The common shocks of coming periods from the misses of past forecasts, by the method of moments.
 *
 * A forecast e of a period that holds n independent deals misses by r = actual / e - 1 with
 *   E r^2       = (own_sd / e)^2 + exp(sd_h^2) - 1
 *   E r_h r_h+1 =                  exp(rho sd_h sd_h+1) - 1     (same cut, neighbouring periods)
 * where sd_h is the shock's (log scale, mean 1). One period in which a few large deals came
 * together must not rule the answer: r is cut off at MISS_MOST. Nor must a period in which hardly
 * anything was expected, where v = (own_sd / e)^2 has no end: r^2 - v varies the more the larger v,
 * so that a miss counts (1 + v / OWN_HALF)^-2. Alone it then takes off the sum OWN_HALF / 4 at
 * most, less than the start values put there, and one that is all chance counts nothing. */
#include <math.h>

#include "models/survive/pipeline.h"

/* With no misses to learn from, periods move together by so much (log scale), and go on so. */
static const double SHOCK_START = 0.25, SHOCK_LEAST = 0.05, SHOCK_MOST = 1.5;
static const double PERSISTENCE_START = 0.5, PERSISTENCE_MOST = 0.95;
/* The start values count like so many misses; a miss counts half after so many cuts. */
static const double START_COUNT = 3, HALF_LIFE = 12;
static const double MISS_MOST = 1.5;
static const double OWN_HALF = 0.5;
static const double OWN_MOST = 1e6; /* beyond it a miss counts nothing; squares stay finite */

static double relative(const fore_pipeline_miss *m)
{
    if (!(m->expected > 0) || !(m->actual >= 0) || !(m->own_sd >= 0)) return NAN;
    return fmin(m->actual / m->expected - 1, MISS_MOST);
}

static double own_of(const fore_pipeline_miss *m)
{
    return fmin(m->own_sd / m->expected, OWN_MOST);
}

/* By age, and by how much of it is not the deals' own chance. */
static double weight_of(const fore_pipeline_miss *m, int64_t cut, int64_t cuts)
{
    double own = own_of(m), clear = OWN_HALF / (OWN_HALF + own * own);
    return exp2(-(double)(cuts - 1 - cut) / HALF_LIFE) * clear * clear;
}

/* exp(sd^2) - 1 of one step, shrunk towards `start`; *seen: the weight of its misses. */
static double variance_of(const fore_pipeline_miss *miss, int64_t cuts, int64_t steps, int64_t h,
                          double start, double *seen)
{
    double sum = START_COUNT * start;
    *seen = 0;
    for (int64_t c = 0; c < cuts; c++) {
        const fore_pipeline_miss *m = &miss[c * steps + h];
        double r = relative(m);
        if (isnan(r)) continue;
        double own = own_of(m), w = weight_of(m, c, cuts);
        sum += w * (r * r - own * own);
        *seen += w;
    }
    return fmax(0, sum / (*seen + START_COUNT));
}

/* sd: before it is widened. */
static double persistence_of(const fore_pipeline_miss *miss, int64_t cuts, int64_t steps,
                             const double *sd)
{
    if (steps < 2) return PERSISTENCE_START;
    double size = START_COUNT * sd[0] * sd[1], sum = PERSISTENCE_START * size;
    for (int64_t c = 0; c < cuts; c++)
        for (int64_t h = 0; h + 1 < steps; h++) {
            const fore_pipeline_miss *m = &miss[c * steps + h];
            double a = relative(m), b = relative(m + 1);
            if (isnan(a) || isnan(b)) continue;
            double w = sqrt(weight_of(m, c, cuts) * weight_of(m + 1, c, cuts));
            sum += w * a * b;
            size += w * sd[h] * sd[h + 1];
        }
    return fmin(fmax(0, sum / size), PERSISTENCE_MOST);
}

void fore_pipeline_shocks(const fore_pipeline_miss *miss, int64_t cuts, int64_t steps, double *sd,
                          double *persistence)
{
    double start = expm1(SHOCK_START * SHOCK_START), seen;
    for (int64_t h = 0; h < steps; h++) {
        start = variance_of(miss, cuts, steps, h, start, &seen);
        sd[h] = fmin(fmax(SHOCK_LEAST, sqrt(log1p(start))), SHOCK_MOST);
    }
    *persistence = persistence_of(miss, cuts, steps, sd);
    for (int64_t h = 0; h < steps; h++) { /* a variance from few misses is itself unsure */
        variance_of(miss, cuts, steps, h, 0, &seen);
        sd[h] = fmin(sd[h] * (1 + 1 / (seen + START_COUNT)), SHOCK_MOST);
    }
}
