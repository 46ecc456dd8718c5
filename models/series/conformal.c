/* See conformal.h.
 *
 *   z(i, k) = error / sd * optimism for origin i, step k;  weight = DECAY^(age of the actual value)
 *   ratio(k) = (mean |z(., k)| / mean |z|) ^ (n(k) / (n(k) + SHRINK)), the latter mean over the
 *     shared steps (replay.h); raised where ratio(k)^2 growth(k) would fall, growth the variance
 *     of a moment k steps ahead over that one step ahead: no season is in it (replay.h)
 *   scores = z / ratio of the shared steps, sorted; q(level) = the weighted quantile
 *   factor = a + level / 100 (b - a), a < b the t quantile and q(level) ratio(k) */
#include "models/series/conformal.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

/* Chosen on forecasts from the last origin inside the training parts of the M3 series
 * (bench_m3 with "inside"). */
static const double DECAY = 0.9, SHRINK = 20, SIDED_PLAIN = 1, SIDED = 2, RATE = 0.02;
static const double LEVEL_MOST = 99.9, RATIO_LEAST = 1e-3;
enum { SCORES_LEAST = 20, PAST_LEAST = 10 };

fore_conformal fore_conformal_model(const fore_member *members, int64_t count, int64_t n)
{
    double taken, spent = fore_replay_spent(members, count, &taken);
    spent += taken * (double)n;
    return (fore_conformal){.freedom = fmax(1, (double)n - spent),
                            .widening = sqrt(1 + spent / (double)n)};
}

void fore_conformal_free(fore_conformal *conformal)
{
    fore_free(conformal->by_size);
    fore_free(conformal->ratio);
    conformal->by_size = conformal->by_sign = NULL;
    conformal->ratio = NULL;
    conformal->origins = conformal->scores = 0;
}

/* ---- quantiles ---- */

static double model_factor(const fore_conformal *c, double level)
{
    double p = 0.5 + level / 200;
    if (isinf(c->freedom)) return fore_normal_quantile(p);
    return fore_t_quantile(p, c->freedom) * c->widening;
}

/* The smallest score with `level` per cent of the weight at or below it; side 0: of the sizes, 1
 * and -1: above and below, of a central interval. A level beyond the scores goes on as t does. */
static double score_quantile(const fore_conformal *c, double level, int side)
{
    double share = side ? 0.5 + level / 200 : level / 100, sum = 0, value = 0;
    const fore_score *s = side ? c->by_sign : c->by_size;
    for (int64_t i = 0; i < c->scores; i++) {
        const fore_score *at = &s[side < 0 ? c->scores - 1 - i : i];
        value = fmax(0, side ? side * at->value : fabs(at->value));
        sum += at->weight;
        if (sum >= share * c->total) return value;
    }
    double reached = 100 * (side ? 2 * sum / c->total - 1 : sum / c->total);
    return value * model_factor(c, level) / model_factor(c, fmax(1, reached));
}

static double working_level(const fore_conformal *c, double level)
{
    for (int64_t k = 1; k < c->levels; k++) {
        double from = c->level[k - 1], to = c->level[k];
        if (level > to) continue;
        double share = to > from ? (level - from) / (to - from) : 1;
        return c->working[k - 1] + share * (c->working[k] - c->working[k - 1]);
    }
    return level;
}

fore_quantiles fore_conformal_level(const fore_conformal *conformal, double level)
{
    const fore_conformal *c = conformal;
    fore_quantiles q = {.model = model_factor(c, level), .level = level};
    if (c->origins == 0) return q;
    double at = working_level(c, level);
    q.below = q.above = score_quantile(c, at, 0);
    if (c->sides > 0) {
        q.below = pow(q.below, 1 - c->sides) * pow(score_quantile(c, at, -1), c->sides);
        q.above = pow(q.above, 1 - c->sides) * pow(score_quantile(c, at, 1), c->sides);
    }
    return q;
}

static double on_step(const fore_conformal *c, const fore_quantiles *q, double factor, int64_t step)
{
    if (c->origins == 0) return q->model;
    double past = factor * c->ratio[step < c->steps ? step : c->steps - 1];
    double narrow = fmin(q->model, past), wide = fmax(q->model, past);
    return narrow + q->level / 100 * (wide - narrow);
}

double fore_conformal_below(const fore_conformal *conformal, const fore_quantiles *q, int64_t step)
{
    return on_step(conformal, q, q->below, step);
}

double fore_conformal_above(const fore_conformal *conformal, const fore_quantiles *q, int64_t step)
{
    return on_step(conformal, q, q->above, step);
}

/* ---- scores ---- */

static double weight_at(const fore_replay *p, int64_t moment)
{
    double weight = 1;
    for (int64_t age = p->origins - 1 - moment; age > 0; age--) weight *= DECAY;
    return weight;
}

static bool all_known(const double *variance, int64_t h)
{
    for (int64_t k = 0; k < h; k++)
        if (!(variance[k] > 0) || isinf(variance[k])) return false;
    return true;
}

/* Mean square errors per step of the replay, never falling, where the model knows no variance. */
static void own_variance(const fore_replay *p, double *own)
{
    double top = 0;
    for (int64_t k = 0; k < p->steps; k++) {
        double sum = 0, weights = 0;
        for (int64_t i = 0; i + k < p->origins; i++) {
            double e = p->error[k + i * p->steps], w = weight_at(p, i + k);
            if (!isfinite(e)) continue;
            sum += w * e * e;
            weights += w;
        }
        if (weights > 0) top = fmax(top, sum / weights);
        own[k] = top;
    }
}

static void make_scores(const fore_replay *p, const double *own, fore_conformal *c)
{
    double weight[FORE_REPLAY_ORIGINS];
    for (int64_t t = p->origins - 1; t >= 0; t--)
        weight[t] = t + 1 < p->origins ? weight[t + 1] * DECAY : 1;
    for (int64_t i = 0; i < p->origins; i++)
        for (int64_t k = 0; k < p->steps && i + k < p->origins; k++) {
            int64_t at = k + i * p->steps;
            double z = p->error[at] / sqrt(own ? own[k] : p->variance[at]) * p->optimism;
            if (isfinite(z)) c->by_size[c->scores++] = (fore_score){z, weight[i + k], i, k};
        }
}

/* The steps behind the shared ones have a ratio, and their scores are then let go. growth: of the
 * variance, per step. */
static void make_ratio(fore_conformal *c, const double *growth, int64_t shared)
{
    double sum[FORE_REPLAY_ORIGINS] = {0}, weights[FORE_REPLAY_ORIGINS] = {0};
    double count[FORE_REPLAY_ORIGINS] = {0}, all = 0, all_weights = 0, top = 0;
    for (int64_t i = 0; i < c->scores; i++) {
        const fore_score *s = &c->by_size[i];
        sum[s->step] += s->weight * fabs(s->value);
        weights[s->step] += s->weight;
        count[s->step]++;
    }
    for (int64_t k = 0; k < shared; k++) all += sum[k], all_weights += weights[k];
    for (int64_t k = 0; k < c->steps; k++) {
        double ratio = weights[k] > 0 && all > 0 ? sum[k] / weights[k] * all_weights / all : 1;
        double sd = growth[k] > 0 && isfinite(growth[k]) ? sqrt(growth[k]) : 1;
        ratio = pow(fmax(ratio, RATIO_LEAST), count[k] / (count[k] + SHRINK));
        top = fmax(top, ratio * sd);
        c->ratio[k] = top / sd;
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < c->scores; i++) {
        fore_score s = c->by_size[i];
        s.value /= c->ratio[s.step];
        if (s.step < shared) c->by_size[kept++] = s;
    }
    c->scores = kept;
}

/* out: the scores ascending by size or, signed, by value. Their places stand in the last bits of
 * the keys: plain numbers are sorted, and no two are equal (equal scores come in their order or,
 * the negative ones, in its reverse, the same each time). */
static void sort_scores(const fore_score *in, int64_t count, bool is_signed, double *keys,
                        fore_score *out)
{
    enum { PLACES = 2048 }; /* FORE_REPLAY_ORIGINS squared at most */
    for (int64_t i = 0; i < count; i++) {
        double value = is_signed ? in[i].value : fabs(in[i].value);
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits = bits / PLACES * PLACES + (uint64_t)i;
        memcpy(&keys[i], &bits, sizeof bits);
    }
    fore_sort(keys, count);
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &keys[i], sizeof bits);
        out[i] = in[bits % PLACES];
    }
}

/* How much the sides should differ: nothing until the mean score is so many standard errors from 0
 * that no chance does it; origins whose steps overlap count as fewer. */
static double one_sided(const fore_conformal *c, int64_t steps, double threshold)
{
    double sum = 0, squares = 0, weights = 0;
    for (int64_t i = 0; i < c->scores; i++) {
        const fore_score *s = &c->by_size[i];
        sum += s->weight * s->value;
        squares += s->weight * s->value * s->value;
        weights += s->weight;
    }
    double independent = (double)c->origins / (1 + 0.5 * (double)steps);
    double t = fabs(sum) / sqrt(squares * weights) * sqrt(independent);
    return t > threshold ? 1 - threshold * threshold / (t * t) : 0;
}

/* ---- adapting ---- */

/* Quantile of what was known before `moment`, as score_quantile. */
static double known_quantile(const fore_conformal *c, int64_t moment, double level, double *count)
{
    double total = 0, newest = 0, sum = 0, value = 0;
    *count = 0;
    for (int64_t i = 0; i < c->scores; i++) {
        const fore_score *s = &c->by_size[i];
        if (s->origin + s->step >= moment) continue;
        total += s->weight;
        newest = fmax(newest, s->weight);
        (*count)++;
    }
    for (int64_t i = 0; i < c->scores && sum < level / 100 * (total + newest); i++) {
        const fore_score *s = &c->by_size[i];
        if (s->origin + s->step >= moment) continue;
        sum += s->weight;
        value = fabs(s->value);
    }
    return value;
}

static double share_beyond(const fore_conformal *c, int64_t moment, double bound)
{
    double beyond = 0, count = 0;
    for (int64_t i = 0; i < c->scores; i++) {
        if (c->by_size[i].origin + c->by_size[i].step != moment) continue;
        beyond += fabs(c->by_size[i].value) > bound;
        count++;
    }
    return count > 0 ? beyond / count : 0;
}

/* Gibbs and Candes: alpha += RATE (target - share of misses), over the moments in their order. */
static double adapted(const fore_conformal *c, double level)
{
    double target = 1 - level / 100, alpha = target, count;
    for (int64_t t = c->origins / 4 > 5 ? c->origins / 4 : 5; t < c->origins; t++) {
        double at = fmin(LEVEL_MOST, 100 * (1 - fmax(alpha, 0)));
        double bound = fmax(model_factor(c, level), known_quantile(c, t, at, &count));
        if (count >= PAST_LEAST) alpha += RATE * (target - share_beyond(c, t, bound));
    }
    return fmin(LEVEL_MOST, fmax(level / 2, 100 * (1 - alpha)));
}

static void adapt(fore_conformal *c, const double *level, int64_t levels)
{
    c->levels = 1;
    for (int64_t k = 0; k < levels; k++) {
        int64_t at = c->levels++;
        for (; at > 1 && c->level[at - 1] > level[k]; at--) c->level[at] = c->level[at - 1];
        c->level[at] = level[k];
    }
    for (int64_t k = 1; k < c->levels; k++)
        c->working[k] = fmax(c->working[k - 1], adapted(c, c->level[k]));
    c->level[c->levels] = c->working[c->levels] = 100;
    c->levels++;
}

fore_status fore_conformal_learn(const fore_replay *replay, double *variance, int64_t h, bool plain,
                                 const double *level, int64_t levels, fore_conformal *conformal,
                                 fore_error *err)
{
    fore_conformal *c = conformal;
    int64_t most = replay->origins * replay->steps;
    double own[FORE_REPLAY_ORIGINS]; /* as many steps at most */
    bool known = all_known(variance, h);
    if (replay->origins == 0) return FORE_OK;
    c->by_size = FORE_NEW(2 * most, fore_score);
    c->ratio = FORE_NEW(replay->steps + most, double);
    if (!c->by_size || !c->ratio) {
        fore_conformal_free(c);
        return fore_no_memory(err);
    }
    c->by_sign = c->by_size + most;
    double *keys = c->ratio + replay->steps;
    c->origins = replay->origins, c->steps = replay->steps;
    if (!known) {
        int64_t steps = replay->steps;
        own_variance(replay, own);
        for (int64_t k = 0; k < h; k++)
            variance[k] = k < steps ? own[k] : own[steps - 1] * (double)(k + 1) / (double)steps;
    }
    make_scores(replay, known ? NULL : own, c);
    make_ratio(c, known ? replay->growth : own, replay->shared);
    if (c->scores < SCORES_LEAST) {
        fore_conformal_free(c);
        return FORE_OK;
    }
    c->total = 1;
    for (int64_t i = 0; i < c->scores; i++) c->total += c->by_size[i].weight;
    memcpy(c->by_sign, c->by_size, (size_t)c->scores * sizeof *c->by_sign);
    sort_scores(c->by_sign, c->scores, false, keys, c->by_size);
    c->sides = one_sided(c, replay->shared, plain ? SIDED_PLAIN : SIDED);
    if (c->sides > 0) sort_scores(c->by_size, c->scores, true, keys, c->by_sign);
    if (levels > 0) adapt(c, level, levels);
    return FORE_OK;
}
