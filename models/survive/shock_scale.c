/* The scale and the middle of common shocks, so that means stay and spreads are as asked for.
 *
 * With h = -log(1 - w) a deal brings 1 - exp(-c h) of its amount under the shock c: concave in c
 * and never more than 1. A shock of mean 1 therefore lowers the mean, and the spread of likely
 * deals has an end (deals of chance w: at most sqrt((1 - w) / w), all of them or none). What deals
 * bring in period j when its shock has the normal score z is
 *
 *   R(z) = certain(z) + sum over deals of weight A(z) (1 - exp(-h exp(middle + sd z)))
 *
 * where A(z) = E(share still open when j starts | z) follows from period to period, exactly,
 * because the scores are a Markov chain: given z_j the earlier scores know nothing of z_j+1, so
 *
 *   A_j+1(z') = E(A_j(z) keep exp(-h_j c_j(z)) | z'),   z | z' ~ N(rho z', 1 - rho^2).
 *
 *   for every period
 *     deals are put into bins of h, shared between two neighbours so that weight and hazard stay
 *     for a trial sd: middle by Newton's steps kept within a bracket, until E R = R without shocks
 *     sd by bisection, until sd R / E R = sqrt(exp(asked^2) - 1); the widest where that is less
 *     A of the next period
 *
 * Expectations are sums on an even grid of z: the trapezoid rule, which for a smooth function times
 * the normal density converges faster than any power of the step. Grid and bins together move the
 * mean by less than 0.1 % and the spread by about as much, at the widest shock too. The spread is
 * the one that the period's own score explains; what earlier shocks add through the number of open
 * deals comes on top. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/survive/shock_scale.h"

enum { NODES = 61, BINS = 128, SD_STEPS = 16, MIDDLE_STEPS = 60 };
static const double NODE_FIRST = -6, NODE_STEP = 0.2;
static const double BIN_FIRST = 1e-4, BIN_LAST = 40; /* hazards */
static const double MIDDLE_MOST = 60, MEAN_NEAR = 1e-7;

typedef struct curve {
    double node[NODES], chance[NODES];
    double hazard[BINS];
    double weight[BINS][NODES]; /* deals still open, times what they bring */
    double certain[NODES];
    int bin[BINS], bins; /* those in use */
    double value;        /* expected without shocks */
} curve;

static void curve_init(curve *q)
{
    double sum = 0, ratio = log(BIN_LAST / BIN_FIRST) / (BINS - 1);
    for (int k = 0; k < NODES; k++) {
        q->node[k] = NODE_FIRST + NODE_STEP * k;
        sum += q->chance[k] = exp(-0.5 * q->node[k] * q->node[k]);
    }
    for (int k = 0; k < NODES; k++) q->chance[k] /= sum;
    for (int b = 0; b < BINS; b++) q->hazard[b] = BIN_FIRST * exp(ratio * b);
}

static void add(double to[NODES], double weight, const double *alive)
{
    for (int k = 0; k < NODES; k++) to[k] += weight * (alive ? alive[k] : 1);
}

/* Between two bins; below the first one the hazard stays, not the weight. */
static void share(curve *q, double h, double weight, const double *alive)
{
    double place = log(h / BIN_FIRST) * (BINS - 1) / log(BIN_LAST / BIN_FIRST);
    if (!(place > 0)) {
        add(q->weight[0], weight * h / BIN_FIRST, alive);
        return;
    }
    int b = place < BINS - 2 ? (int)place : BINS - 2;
    double up = (h - q->hazard[b]) / (q->hazard[b + 1] - q->hazard[b]);
    up = fmin(fmax(0, up), 1);
    add(q->weight[b], weight * (1 - up), alive);
    add(q->weight[b + 1], weight * up, alive);
}

/* open: share of every deal still open without shocks; alive: the same given z, NULL: all. */
static void collect(curve *q, const fore_shock_deals *d, int64_t j, const double *open,
                    const double *alive)
{
    memset(q->weight, 0, sizeof q->weight);
    memset(q->certain, 0, sizeof q->certain);
    q->value = 0;
    for (int64_t i = 0; i < d->count; i++) {
        double given = d->given[i + j * d->count], weight = d->weight[i];
        const double *a = alive ? alive + i * NODES : NULL;
        if (!(given > 0) || !(weight > 0)) continue;
        q->value += weight * open[i] * given;
        if (given < 1)
            share(q, -log1p(-given), weight, a);
        else
            add(q->certain, weight, a);
    }
    q->bins = 0;
    for (int b = 0; b < BINS; b++) {
        double most = 0;
        for (int k = 0; k < NODES; k++) most = fmax(most, q->weight[b][k]);
        if (most > 0) q->bin[q->bins++] = b;
    }
}

/* Mean, its derivative by middle, and sd of R. */
typedef struct outcome {
    double mean, slope, sd;
} outcome;

static outcome expect(const curve *q, double sd, double middle)
{
    outcome o = {0};
    double square = 0;
    for (int k = 0; k < NODES; k++) {
        double c = exp(middle + sd * q->node[k]), value = q->certain[k], slope = 0;
        for (int n = 0; n < q->bins; n++) {
            double w = q->weight[q->bin[n]][k], ch = c * q->hazard[q->bin[n]], lost = exp(-ch);
            value += w * (1 - lost);
            slope += lost > 0 ? w * ch * lost : 0;
        }
        o.mean += q->chance[k] * value;
        o.slope += q->chance[k] * slope;
        square += q->chance[k] * value * value;
    }
    o.sd = sqrt(fmax(0, square - o.mean * o.mean));
    return o;
}

/* middle: a guess, then the one that keeps the mean. A mean out of reach ends at the bracket. */
static outcome keep_mean(const curve *q, double sd, double *middle)
{
    double low = -MIDDLE_MOST, high = MIDDLE_MOST;
    outcome o = expect(q, sd, *middle);
    for (int t = 0; t < MIDDLE_STEPS && fabs(o.mean - q->value) > MEAN_NEAR * q->value; t++) {
        *(o.mean > q->value ? &high : &low) = *middle;
        double next = *middle + (q->value - o.mean) / o.slope;
        *middle = next > low && next < high ? next : 0.5 * (low + high);
        o = expect(q, sd, *middle);
    }
    return o;
}

static void scale(const curve *q, double asked, double *sd, double *middle)
{
    double want = sqrt(expm1(asked * asked)), low = 0, high = FORE_SHOCK_WIDEST, at = 0;
    outcome o = keep_mean(q, high, &at);
    if (o.sd > want * o.mean) {
        at = 0;
        for (int t = 0; t < SD_STEPS; t++) {
            double middle_sd = 0.5 * (low + high);
            o = keep_mean(q, middle_sd, &at);
            *(o.sd > want * o.mean ? &high : &low) = middle_sd;
        }
        keep_mean(q, high, &at);
    }
    *sd = high;
    *middle = at;
}

/* P(z | z') by rows z'. */
static void transitions(const curve *q, double rho, double *move)
{
    double variance = 1 - rho * rho;
    for (int k = 0; k < NODES; k++) {
        double sum = 0, *row = move + k * NODES, nearest = INFINITY;
        for (int l = 0; l < NODES; l++)
            nearest = fmin(nearest, fabs(q->node[l] - rho * q->node[k]));
        for (int l = 0; l < NODES; l++) {
            double far = q->node[l] - rho * q->node[k], over = far * far - nearest * nearest;
            sum += row[l] = over > 0 ? exp(-0.5 * over / variance) : 1;
        }
        for (int l = 0; l < NODES; l++) row[l] /= sum;
    }
}

/* A of the next period for all deals, in place; open likewise without shocks. */
static void pass_on(const curve *q, const fore_shock_deals *d, int64_t j, double sd, double middle,
                    const double *move, double *open, double *alive)
{
    for (int64_t i = 0; i < d->count; i++) {
        double given = d->given[i + j * d->count], keep = d->keep[i + j * d->count];
        double rest = given < 1 ? log1p(-given) : 0, left[NODES], *a = alive + i * NODES;
        open[i] *= given < 1 ? (1 - given) * keep : 0;
        for (int k = 0; k < NODES; k++) {
            double c = sd > 0 ? exp(middle + sd * q->node[k]) : 1;
            left[k] = given < 1 ? a[k] * keep * (rest < 0 ? exp(c * rest) : 1) : 0;
        }
        for (int k = 0; k < NODES; k++) {
            a[k] = 0;
            for (int l = 0; l < NODES; l++) a[k] += move[k * NODES + l] * left[l];
        }
    }
}

fore_status fore_shock_scale(const fore_shock_deals *d, const double *asked, double persistence,
                             double *sd, double *middle, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t kept = d->periods > 1 ? d->count : 0;
    curve *q = FORE_ZNEW(1, curve);
    double *open = FORE_NEW(d->count, double), *alive = FORE_NEW(kept * NODES, double),
           *move = FORE_NEW(NODES * NODES, double);
    if (!q || !open || !alive || !move) FORE_GO(fore_no_memory(err));
    curve_init(q);
    transitions(q, persistence, move);
    for (int64_t i = 0; i < d->count; i++) open[i] = 1;
    for (int64_t i = 0; i < kept * NODES; i++) alive[i] = 1;
    for (int64_t j = 0; j < d->periods; j++) {
        sd[j] = middle[j] = 0;
        collect(q, d, j, open, j > 0 ? alive : NULL);
        if (asked[j] > 0 && q->value > 0 && q->bins > 0) scale(q, asked[j], &sd[j], &middle[j]);
        if (j + 1 < d->periods) pass_on(q, d, j, sd[j], middle[j], move, open, alive);
    }
done:
    fore_free(q);
    fore_free(open);
    fore_free(alive);
    fore_free(move);
    return status;
}
