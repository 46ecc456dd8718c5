/* Quasi-Newton in a box: see climb.h. */
#include "engine/num/climb.h"

#include <math.h>
#include <string.h>

enum { EVALUATIONS = 400 };
static const double FIRST_REACH = 0.1; /* how far the first step goes in any variable */
static const double ARMIJO = 1e-4, SHORTEST = 1e-10, UNSEEN = 0.25;
static const double CURVED = 1e-10; /* s'y beside |s| |y|: less curvature teaches nothing */
static const double LEAP = 4;       /* steps grow so much where the value curves downwards */

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static bool held(const fore_climb *c, int64_t i)
{
    return (c->x[i] <= c->lower[i] && c->gradient[i] > 0) ||
           (c->x[i] >= c->upper[i] && c->gradient[i] < 0);
}

static void set_inverse(fore_climb *c, double scale)
{
    memset(c->inverse, 0, (size_t)(c->n * c->n) * sizeof *c->inverse);
    for (int64_t i = 0; i < c->n; i++) c->inverse[i + i * c->n] = scale;
}

/* u = A^-1 u for the k x k block of H at the held variables, by elimination in place. */
static void solve_held(const fore_climb *c, const int64_t *at, int64_t k, double *u)
{
    double a[FORE_CLIMB_MAX * FORE_CLIMB_MAX];
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = 0; j < k; j++) a[i + j * k] = c->inverse[at[i] + at[j] * c->n];
    for (int64_t p = 0; p < k; p++) {
        for (int64_t i = p + 1; i < k; i++) {
            double factor = a[i + p * k] / a[p + p * k];
            for (int64_t j = p; j < k; j++) a[i + j * k] -= factor * a[p + j * k];
            u[i] -= factor * u[p];
        }
    }
    for (int64_t p = k - 1; p >= 0; p--) {
        for (int64_t j = p + 1; j < k; j++) u[p] -= a[p + j * k] * u[j];
        u[p] /= a[p + p * k];
    }
}

/* direction = -(H_FF - H_FA H_AA^-1 H_AF) g_F, zero where held. */
static void find_direction(fore_climb *c)
{
    int64_t n = c->n, at[FORE_CLIMB_MAX], k = 0;
    double *d = c->direction, u[FORE_CLIMB_MAX];
    memset(d, 0, (size_t)n * sizeof *d);
    for (int64_t j = 0; j < n; j++) {
        const double *column = c->inverse + j * n;
        double g = c->gradient[j];
        if (held(c, j))
            at[k++] = j;
        else
            for (int64_t i = 0; i < n; i++) d[i] -= g * column[i];
    }
    for (int64_t i = 0; i < k; i++) u[i] = d[at[i]];
    if (k > 0) solve_held(c, at, k, u);
    for (int64_t h = 0; h < k; h++) {
        const double *column = c->inverse + at[h] * n;
        for (int64_t i = 0; i < n; i++) d[i] -= u[h] * column[i];
    }
    for (int64_t h = 0; h < k; h++) d[at[h]] = 0;
    c->slope = dot(d, c->gradient, n);
}

static void put_ask(fore_climb *c)
{
    for (int64_t i = 0; i < c->n; i++) {
        double v = c->x[i] + c->step * c->direction[i];
        c->ask[i] = v < c->lower[i] ? c->lower[i] : v > c->upper[i] ? c->upper[i] : v;
    }
}

static bool set_off(fore_climb *c)
{
    find_direction(c);
    c->step = 1;
    put_ask(c);
    return c->slope < -c->rest && c->evaluations < EVALUATIONS;
}

bool fore_climb_again(fore_climb *c)
{
    double steepest = 0;
    for (int64_t i = 0; i < c->n; i++)
        if (!held(c, i) && fabs(c->gradient[i]) > steepest) steepest = fabs(c->gradient[i]);
    if (!(steepest > 0)) return false;
    c->fresh = true;
    set_inverse(c, FIRST_REACH / steepest);
    return set_off(c);
}

bool fore_climb_begin(fore_climb *c, int64_t n, const double *lower, const double *upper,
                      double rest, const double *x, double value, const double *gradient)
{
    c->n = n, c->evaluations = 0, c->rest = rest;
    c->lower = lower, c->upper = upper;
    c->value = value;
    memcpy(c->x, x, (size_t)n * sizeof *x);
    memcpy(c->gradient, gradient, (size_t)n * sizeof *gradient);
    return fore_climb_again(c);
}

/* H = (I - s y'/s'y) H (I - y s'/s'y) + s s'/s'y */
static void learn(fore_climb *c, const double *s, const double *y)
{
    int64_t n = c->n;
    double sy = dot(s, y, n), yy = dot(y, y, n), hy[FORE_CLIMB_MAX] = {0}, yhy;
    if (!(sy > CURVED * sqrt(dot(s, s, n) * yy))) {
        for (int64_t i = 0; i < n * n; i++) c->inverse[i] *= LEAP;
        return;
    }
    if (c->fresh) set_inverse(c, sy / yy);
    c->fresh = false;
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < n; i++) hy[i] += c->inverse[i + j * n] * y[j];
    yhy = dot(hy, y, n);
    double once = (1 + yhy / sy) / sy;
    for (int64_t j = 0; j < n; j++) {
        double a = once * s[j] - hy[j] / sy, b = s[j] / sy;
        double *column = c->inverse + j * n;
        for (int64_t i = 0; i < n; i++) column[i] += a * s[i] - b * hy[i];
    }
}

/* The step went too far: a shorter one, by the parabola through both values where there are two. */
static bool shorten(fore_climb *c, double value, double fall)
{
    double vertex = -fall / (2 * (value - c->value - fall));
    c->step *= isfinite(value) && fall < 0 ? fmin(0.5, fmax(0.1, vertex)) : UNSEEN;
    put_ask(c);
    return c->step > SHORTEST && c->evaluations < EVALUATIONS;
}

bool fore_climb_tell(fore_climb *c, double value, const double *gradient)
{
    double s[FORE_CLIMB_MAX], y[FORE_CLIMB_MAX];
    c->evaluations++;
    for (int64_t i = 0; i < c->n; i++) s[i] = c->ask[i] - c->x[i];
    double fall = dot(s, c->gradient, c->n);
    if (!(value <= c->value + ARMIJO * fmin(fall, 0) && value < c->value))
        return shorten(c, value, fall);
    for (int64_t i = 0; i < c->n; i++) y[i] = gradient[i] - c->gradient[i];
    c->value = value;
    memcpy(c->x, c->ask, (size_t)c->n * sizeof *c->x);
    memcpy(c->gradient, gradient, (size_t)c->n * sizeof *c->gradient);
    learn(c, s, y);
    return set_off(c);
}
