/* Following level and slope; see follow.h.
 *
 *     block: covariance += rows x diag(step, step / 10)
 *            weight = half^(rows / FORE_FOLLOW_HALF) weight + log-likelihood of the block as
 * answered (level, slope) = argmax of the rows' log-likelihood + the Gaussian of before (Newton)
 *            covariance = inverse of the curvature there */
#include "models/score/follow.h"

#include <math.h>
#include <stddef.h>

#include "engine/num/special.h"

const double fore_follow_steps[FORE_FOLLOW_WALKS] = {0, 1e-5, 1e-4, 1e-3, 1e-2};
static const double SLOPE_STEP = 0.1; /* of the level's: log-odds differ by a few units */
static const double LEVEL_VARIANCE = 0.1, SLOPE_VARIANCE = 0.01; /* before any outcome is known */
static const double FAINT = 0.05;     /* least slope of an answer: no two rows are tied */
static const double LARGEST_MOVE = 2; /* of a Newton step: the start may be far off */
static const double LEAST = 1e-6;     /* chance */

fore_follower fore_follower_new(double pivot)
{
    fore_follower s = {.pivot = pivot};
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++)
        s.walk[k] = (fore_follow_walk){0, 1, {LEVEL_VARIANCE, 0, SLOPE_VARIANCE}, 0};
    return s;
}

static double walk_logit(const fore_follow_walk *walk, double pivot, double f)
{
    return pivot + walk->level + fmax(walk->slope, FAINT) * (f - pivot);
}

/* The walks' shares of the answer. */
static void find_shares(const fore_follower *s, double share[FORE_FOLLOW_WALKS])
{
    double most = -INFINITY, sum = 0;
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) most = fmax(most, s->walk[k].weight);
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) sum += share[k] = exp(s->walk[k].weight - most);
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) share[k] /= sum;
}

static double answer(const fore_follower *s, const double share[FORE_FOLLOW_WALKS], double f)
{
    double p = 0;
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++)
        p += share[k] * fore_sigmoid(walk_logit(&s->walk[k], s->pivot, f));
    return fmin(1 - LEAST, fmax(LEAST, p));
}

double fore_followed(const fore_follower *s, double f)
{
    double share[FORE_FOLLOW_WALKS];
    find_shares(s, share);
    return answer(s, share, f);
}

/* ---- learning a block ---- */

typedef struct block_rows {
    const double *f, *y, *w;
    int64_t n;
    double pivot;
} block_rows;

static void invert(const double m[3], double out[3])
{
    double det = m[0] * m[2] - m[1] * m[1];
    out[0] = m[2] / det;
    out[1] = -m[1] / det;
    out[2] = m[0] / det;
}

static double likelihood(const block_rows *b, const fore_follow_walk *walk)
{
    double sum = 0;
    for (int64_t i = 0; i < b->n; i++) {
        if (isnan(b->y[i])) continue;
        double logit = walk_logit(walk, b->pivot, b->f[i]);
        sum += (b->w ? b->w[i] : 1) * (b->y[i] * logit - fore_log1pexp(logit));
    }
    return sum;
}

/* Adds the block's gradient and curvature in level and slope. */
static void add_block(const block_rows *b, const fore_follow_walk *walk, double g[2], double h[3])
{
    for (int64_t i = 0; i < b->n; i++) {
        if (isnan(b->y[i])) continue;
        double x = b->f[i] - b->pivot, v = b->w ? b->w[i] : 1;
        double p = fore_sigmoid(b->pivot + walk->level + walk->slope * x);
        g[0] += v * (b->y[i] - p);
        g[1] += v * (b->y[i] - p) * x;
        h[0] += v * p * (1 - p);
        h[1] += v * p * (1 - p) * x;
        h[2] += v * p * (1 - p) * x * x;
    }
}

static double clamp(double x) { return fmin(LARGEST_MOVE, fmax(-LARGEST_MOVE, x)); }

static void update(const block_rows *b, fore_follow_walk *walk)
{
    double prior[3], h[3], level = walk->level, slope = walk->slope, *c = walk->covariance;
    invert(c, prior);
    for (int step = 0; step < 50; step++) {
        double away = walk->level - level, tilt = walk->slope - slope;
        double g[2] = {-(prior[0] * away + prior[1] * tilt), -(prior[1] * away + prior[2] * tilt)};
        for (int k = 0; k < 3; k++) h[k] = prior[k];
        add_block(b, walk, g, h);
        invert(h, c);
        double move = clamp(c[0] * g[0] + c[1] * g[1]), turn = clamp(c[1] * g[0] + c[2] * g[1]);
        walk->level += move;
        walk->slope += turn;
        if (fabs(move) + fabs(turn) < 1e-10) break;
    }
}

void fore_follower_learn(fore_follower *s, const double *f, const double *y, const double *w,
                         int64_t n)
{
    block_rows b = {f, y, w, n, s->pivot};
    double kept = exp2(-(double)n / FORE_FOLLOW_HALF);
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) {
        fore_follow_walk *walk = &s->walk[k];
        walk->weight = kept * walk->weight + likelihood(&b, walk);
        walk->covariance[0] += (double)n * fore_follow_steps[k];
        walk->covariance[2] += (double)n * fore_follow_steps[k] * SLOPE_STEP;
        update(&b, walk);
    }
    double first = s->walk[0].weight; /* only differences count: nothing grows without end */
    for (int k = 0; k < FORE_FOLLOW_WALKS; k++) s->walk[k].weight -= first;
}

void fore_follow(fore_follower *s, const double *f, const double *y, const double *w,
                 const int64_t *block, int64_t n, double *chance)
{
    double share[FORE_FOLLOW_WALKS];
    for (int64_t from = 0, end; from < n; from = end) {
        for (end = from + 1; end < n && block[end] == block[from];) end++;
        find_shares(s, share);
        for (int64_t i = from; chance && i < end; i++) chance[i] = answer(s, share, f[i]);
        fore_follower_learn(s, f + from, y + from, w ? w + from : NULL, end - from);
    }
}
