/* Series to learn from, in the spirit of GRATIS (Kang, Hyndman, Li 2020): each a mixture of what
 * sales series are made of, drawn with random numbers of its own (seed, number), so that the n-th
 * series is the same on every machine and for any number of threads.
 *
 *   base = local level, with momentum and shifts + trend (none, straight, damped, bent, saturating)
 *   rest = season (harmonics or free places; fixed, or wandering)
 *        + ARMA noise (normal or heavy-tailed, now and then an outlier)
 *   y = base exp(rest), exp(base + rest) or base + rest; now and then counts, or mostly zeros */
#ifndef FORE_BENCH_REFERENCE_SERIES_H
#define FORE_BENCH_REFERENCE_SERIES_H

#include <math.h>
#include <stdint.h>

#include "engine/base/random.h"

enum { REFERENCE_LONGEST = 700, REFERENCE_HORIZON = 18, REFERENCE_SEASON = 52 };

typedef struct reference_series {
    int64_t n, m, h; /* the last h of the n values are those to forecast */
    double y[REFERENCE_LONGEST];
} reference_series;

typedef struct reference_kind {
    int64_t m, h, shortest, longest;
    double share;
} reference_kind;

/* years, quarters, months, months without season, weeks, days */
static const reference_kind reference_kinds[] = {
    {1, 6, 8, 45, 0.24},   {4, 8, 16, 70, 0.24},     {12, 18, 30, 150, 0.34},
    {1, 8, 40, 120, 0.06}, {52, 13, 117, 300, 0.04}, {7, 14, 56, 420, 0.08},
};

static inline double reference_between(fore_random *r, double low, double high)
{
    return low + (high - low) * fore_random_uniform(r);
}

/* Between, evenly in the logarithm. */
static inline double reference_size(fore_random *r, double low, double high)
{
    return exp(reference_between(r, log(low), log(high)));
}

static inline int reference_chance(fore_random *r, double p) { return fore_random_uniform(r) < p; }

/* What the noise is made of: half of the series white, the others ARMA(1 or 2, 1). */
static inline void reference_noise(fore_random *r, int64_t n, double sd, double *out)
{
    double a1 = 0, a2 = 0, b = 0, tail = reference_chance(r, 0.3) ? 4 : 0;
    double outliers = reference_chance(r, 0.25) ? reference_between(r, 0, 0.03) : 0;
    if (reference_chance(r, 0.5)) {
        double p1 = reference_between(r, -0.5, 0.9);
        double p2 = reference_chance(r, 0.4) ? reference_between(r, -0.6, 0.6) : 0;
        a1 = p1 * (1 - p2), a2 = p2;
        b = reference_chance(r, 0.5) ? reference_between(r, -0.7, 0.7) : 0;
    }
    double x1 = 0, x2 = 0, e1 = 0;
    for (int64_t t = -50; t < n; t++) {
        double e = fore_random_normal(r);
        if (tail > 0) e /= sqrt(fore_random_gamma(r, tail / 2) / (tail / 2)) * sqrt(2);
        double x = a1 * x1 + a2 * x2 + e + b * e1;
        x2 = x1, x1 = x, e1 = e;
        if (t < 0) continue;
        out[t] = sd * x * sqrt(1 - a2) * sqrt(fmax(0.05, 1 - a1 * a1 / ((1 - a2) * (1 - a2))));
        if (reference_chance(r, outliers)) out[t] += sd * 5 * fore_random_normal(r);
    }
}

/* Adds a trend; rates are per season (or per ten steps when there is none). */
static inline void reference_trend(fore_random *r, int64_t n, double span, double *out)
{
    double form = fore_random_uniform(r);
    double slope = fore_random_normal(r) * reference_size(r, 0.02, 0.25) / span;
    if (reference_chance(r, 0.75)) slope = fabs(slope); /* sales grow more often than not */
    double damping = 1, bend = (double)n, next = slope, sum = 0;
    if (form < 0.2) slope = next = 0;
    if (form >= 0.4 && form < 0.58) damping = 1 - reference_size(r, 0.01, 0.2);
    if (form >= 0.58 && form < 0.9) {
        bend = reference_between(r, 0.2, 0.95) * (double)n;
        next = slope * reference_between(r, -1, 1);
    }
    double wander = reference_chance(r, 0.35) ? reference_size(r, 0.002, 0.08) / span : 0;
    for (int64_t t = 0; t < n; t++) {
        double grow = (double)t < bend ? slope : next;
        if (form >= 0.9) grow *= 4 * exp(-6 * (double)t / (double)n);
        sum += grow;
        out[t] += sum;
        slope = slope * damping + wander * fore_random_normal(r);
        next = next * damping + wander * fore_random_normal(r);
    }
}

static inline void reference_level(fore_random *r, int64_t n, double sd, double *out)
{
    double wander = reference_chance(r, 0.9) ? sd * reference_size(r, 0.15, 4) : 0, level = 0;
    double momentum = reference_chance(r, 0.7) ? reference_between(r, -0.1, 0.9) : 0, step = 0;
    double shifts = reference_chance(r, 0.4) ? reference_between(r, 0.3, 3) / (double)n : 0;
    for (int64_t t = 0; t < n; t++) {
        step = momentum * step + wander * sqrt(1 - momentum * momentum) * fore_random_normal(r);
        level += step;
        if (reference_chance(r, shifts)) level += sd * 4 * fore_random_normal(r);
        out[t] += level;
    }
}

static inline void reference_season(fore_random *r, int64_t n, int64_t m, double *out)
{
    double place[REFERENCE_SEASON] = {0}, size = reference_size(r, 0.005, 0.2);
    double wander = reference_chance(r, 0.3) ? size * reference_size(r, 0.01, 0.1) : 0;
    int64_t waves = reference_chance(r, 0.5) ? 1 + fore_random_below(r, 3) : 0;
    if (m < 2 || reference_chance(r, 0.3)) return;
    for (int64_t k = 1; k <= waves && k <= m / 2; k++) {
        double shift = reference_between(r, 0, 6.283185307179586), weight = fore_random_normal(r);
        for (int64_t j = 0; j < m; j++)
            place[j] +=
                size * weight * cos(6.283185307179586 * (double)(k * j) / (double)m + shift);
    }
    for (int64_t j = 0; j < m && waves == 0; j++)
        place[j] = size * fore_random_normal(r) * (reference_chance(r, 0.15) ? 2.5 : 0.8);
    for (int64_t t = 0; t < n; t++) {
        out[t] += place[t % m];
        place[t % m] += wander * fore_random_normal(r);
    }
}

/* Mostly zeros: sizes of demand where there is any. */
static inline void reference_gaps(fore_random *r, reference_series *s)
{
    double chance = reference_between(r, 0.1, 0.9);
    for (int64_t t = 0; t < s->n; t++) s->y[t] = reference_chance(r, chance) ? ceil(s->y[t]) : 0;
}

/* Few products die: the level keeps a third of where it began. */
static inline void reference_keep_alive(int64_t n, double *base)
{
    double lowest = 0;
    for (int64_t t = 0; t < n; t++) lowest = fmin(lowest, base[t]);
    for (int64_t t = 0; t < n && lowest < -0.65; t++) base[t] *= 0.65 / -lowest;
}

static inline void reference_make(uint64_t seed, uint64_t number, reference_series *s)
{
    double base[REFERENCE_LONGEST] = {0};
    fore_random random = fore_random_new(seed, number), *r = &random;
    const reference_kind *kind = reference_kinds;
    for (double u = fore_random_uniform(r); u > kind->share && kind < reference_kinds + 5; kind++)
        u -= kind->share;
    s->m = kind->m, s->h = kind->h;
    s->n = kind->shortest + fore_random_below(r, kind->longest - kind->shortest + 1) + s->h;
    double sd = reference_size(r, 0.004, 0.15), span = s->m > 1 ? (double)s->m : 10;
    double form = fore_random_uniform(r);
    int counts = reference_chance(r, 0.08);
    double level = counts ? reference_size(r, 2, 60) : reference_size(r, 200, 20000), lowest = 0;
    double calm = s->h == 6 ? 0.35 : s->m == 4 ? 0.6 : 1; /* years and quarters average noise out */
    reference_noise(r, s->n, calm * sd, s->y);
    reference_season(r, s->n, s->m, s->y);
    reference_trend(r, s->n, s->h == 6 ? span / 1.6 : span, base);
    reference_level(r, s->n, s->m < 5 ? 2 * sd : 0.7 * sd, base);
    reference_keep_alive(s->n, base);
    for (int64_t t = 0; t < s->n; t++) {
        if (form < 0.75) /* season and noise are shares of a level that grows by amounts */
            s->y[t] = level * (1 + base[t]) * exp(s->y[t]);
        else if (form < 0.88) /* that grows by shares */
            s->y[t] = level * exp(fmin(4, base[t] + s->y[t]));
        else
            s->y[t] = level * (1 + base[t] + s->y[t]);
        lowest = fmin(lowest, s->y[t]);
    }
    for (int64_t t = 0; t < s->n; t++) /* sales are not below zero: the unit starts further down */
        s->y[t] -= 1.2 * lowest;
    for (int64_t t = 0; counts && t < s->n; t++)
        s->y[t] = (double)fore_random_poisson(r, fmin(s->y[t], 1e6));
    if (reference_chance(r, 0.03)) reference_gaps(r, s);
}

#endif
