/*   rows: (said - actual) relative to their size, the silent filled in
 *   minimise  sum_i c_i (sum_m w_m e_im)^2 + strength s^2 |w - prior|^2   over the simplex,
 *   e the relative misses, s^2 the prior's own mean squared miss; as the weights sum to 1, each is
 *   taken as the prior's miss and its difference from it: what all miss alike does not slow the
 * descent by projected gradient steps; projection by sorting (Duchi et al. 2008) */
#include "engine/jobs/forecast_weights.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/memory.h"

enum { STEPS_MOST = 2000, K = FORE_WEIGHTS_MOST };
static const double STILL = 1e-10, MISS_LEAST = 1e-9;

typedef struct quadratic {
    int n;
    double matrix[K * K], vector[K]; /* half gradient at w: matrix w - vector */
} quadratic;

/* The relative misses of one occasion; false where there is no size or nobody with a say spoke. */
static bool misses_of(const fore_weights_past *p, int64_t i, const double *prior, double e[K])
{
    double sum = 0, total = 0, size = 0, there = 0;
    const double *said = p->said + i * p->members;
    for (int m = 0; m < p->members; m++) {
        if (isnan(said[m]) || !(prior[m] > 0)) continue;
        sum += prior[m] * said[m];
        total += prior[m];
        size += said[m];
        there++;
    }
    if (there == 0) return false;
    size = p->actual[i] + size / there;
    if (!(size > 0) || isinf(size)) return false;
    for (int m = 0; m < p->members; m++)
        e[m] = prior[m] > 0 ? ((isnan(said[m]) ? sum / total : said[m]) - p->actual[i]) / size : 0;
    return true;
}

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* prior sums to 1 and is 0 where there is no say. */
static void gather(const fore_weights_past *p, const double *prior, double strength, quadratic *q)
{
    double miss = 0, counts = 0, e[K];
    for (int64_t i = 0; i < p->rows; i++) {
        if (!(p->counts[i] > 0) || !misses_of(p, i, prior, e)) continue;
        double own = dot(prior, e, q->n);
        miss += p->counts[i] * own * own;
        counts += p->counts[i];
        for (int a = 0; a < q->n; a++) e[a] = prior[a] > 0 ? e[a] - own : 0;
        for (int a = 0; a < q->n; a++) {
            q->vector[a] -= p->counts[i] * e[a] * own;
            for (int b = 0; b < q->n; b++) q->matrix[a + b * K] += p->counts[i] * e[a] * e[b];
        }
    }
    double ridge = strength * fmax(counts > 0 ? miss / counts : 1, MISS_LEAST);
    for (int a = 0; a < q->n; a++) {
        q->matrix[a + a * K] += ridge;
        q->vector[a] += ridge * prior[a];
    }
}

/* The nearest point of the simplex over those with a say. */
static void project(double *w, const double *prior, int n)
{
    double sorted[K], sum = 0, shift = 0;
    int count = 0;
    for (int a = 0; a < n; a++) {
        if (!(prior[a] > 0)) continue;
        int i = count++;
        for (; i > 0 && sorted[i - 1] < w[a]; i--) sorted[i] = sorted[i - 1];
        sorted[i] = w[a];
    }
    for (int i = 0; i < count; i++) {
        sum += sorted[i];
        if (sorted[i] - (sum - 1) / (i + 1) > 0) shift = (sum - 1) / (i + 1);
    }
    for (int a = 0; a < n; a++) w[a] = prior[a] > 0 ? fmax(0, w[a] - shift) : 0;
}

static void descend(const quadratic *q, const double *prior, double *w)
{
    double steepest = 0;
    for (int a = 0; a < q->n; a++) {
        double sum = 0;
        for (int b = 0; b < q->n; b++) sum += fabs(q->matrix[a + b * K]);
        steepest = fmax(steepest, sum);
    }
    for (int step = 0; step < STEPS_MOST && steepest > 0; step++) {
        double next[K], moved = 0;
        for (int a = 0; a < q->n; a++)
            next[a] = w[a] - (dot(q->matrix + a * K, w, q->n) - q->vector[a]) / steepest;
        project(next, prior, q->n);
        for (int a = 0; a < q->n; a++) moved = fmax(moved, fabs(next[a] - w[a]));
        memcpy(w, next, (size_t)q->n * sizeof *w);
        if (moved < STILL) break;
    }
}

static void learn_each(const fore_weights_past *past, const double *prior, double strength,
                       double *weight)
{
    quadratic q = {.n = past->members};
    double own[K], sum = 0;
    for (int m = 0; m < past->members; m++) sum += prior[m];
    for (int m = 0; m < past->members; m++)
        weight[m] = own[m] = sum > 0 ? prior[m] / sum : 1.0 / past->members;
    gather(past, own, strength, &q);
    descend(&q, own, weight);
}

/* What a group said at an occasion: the prior's mean of those of it that spoke. */
static double said_by(const fore_weights_past *p, const double *prior, int64_t i, int group)
{
    double sum = 0, total = 0;
    for (int m = 0; m < p->members; m++) {
        double said = p->said[i * p->members + m];
        if (p->group[m] != group || isnan(said)) continue;
        sum += prior[m] * said;
        total += prior[m];
    }
    return total > 0 ? sum / total : NAN;
}

static fore_status learn_groups(const fore_weights_past *past, const double *prior, double strength,
                                double *weight, fore_error *err)
{
    double share[K] = {0}, worth[K];
    double *said = FORE_NEW(past->rows * K, double);
    if (!said) return fore_no_memory(err);
    for (int m = 0; m < past->members; m++) share[past->group[m]] += prior[m];
    for (int64_t i = 0; i < past->rows; i++)
        for (int g = 0; g < K; g++) said[i * K + g] = said_by(past, prior, i, g);
    fore_weights_past groups = {past->rows, K, said, past->actual, past->counts, NULL};
    learn_each(&groups, share, strength, worth);
    for (int m = 0; m < past->members; m++) {
        int g = past->group[m];
        weight[m] = share[g] > 0 ? worth[g] * prior[m] / share[g] : 0;
    }
    fore_free(said);
    return FORE_OK;
}

fore_status fore_weights_learn(const fore_weights_past *past, const double *prior, double strength,
                               double *weight, fore_error *err)
{
    bool any = false;
    if (past->members < 1 || past->members > K)
        return fore_fail(err, FORE_E_ARGUMENT, "weights are for 1 to %d forecasts", K);
    for (int m = 0; m < past->members; m++) {
        any = any || prior[m] > 0;
        if (past->group && (past->group[m] < 0 || past->group[m] >= K))
            return fore_fail(err, FORE_E_ARGUMENT, "groups of forecasts are numbered 0 to %d",
                             K - 1);
    }
    if (past->group && any) return learn_groups(past, prior, strength, weight, err);
    learn_each(past, prior, strength, weight);
    return FORE_OK;
}
