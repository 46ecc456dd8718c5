/* The search for the coefficients of an ARIMA model of given orders (arima.h).
 *
 *   a rough start: each first coefficient in turn at the best of a few values
 *   repeat: polynomials from partial autocorrelations tanh(x)
 *           filter all columns; beta by least squares on the standardised errors
 *           e = errors * exp(sum of log variances / 2 n), so that -2 log L = n log(e'e) + constant
 *           step by Levenberg-Marquardt on e (forward differences)
 *   until e'e stands still
 *
 * Points of one model lie side by side in the lanes of arma_lanes.h: a step together with those
 * moved a little along each coordinate from where it leads, which are wanted if it is taken; when
 * it is not, shorter steps; the values of a rough start. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/series/arima_inside.h"
#include "models/series/arma_lanes.h"

enum { STEPS = 60, RETRIES = 12, WIDTH = ARIMA_PARAMETERS };
static const double EDGE = 4.6;   /* tanh(4.6) = 0.9998: partial autocorrelations stay inside */
static const double NUDGE = 1e-6; /* forward differences */
static const double COLLINEAR = 1e-10; /* share of a column that the others leave */

/* ---- one evaluation ---- */

static bool polynomials(const fore_arima_order *o, int64_t m, const double *x, fore_arima *a)
{
    double partial[FORE_ARIMA_ORDER];
    double *out[4] = {a->ar, a->sar, a->ma, a->sma};
    int64_t degree[4] = {o->p, o->P, o->q, o->Q};
    for (int part = 0; part < 4; part++) {
        for (int64_t i = 0; i < degree[part]; i++) partial[i] = tanh(*x++);
        fore_arma_polynomial(partial, degree[part], out[part]);
        for (int64_t i = 0; part >= 2 && i < degree[part]; i++) out[part][i] = -out[part][i];
    }
    return fore_arma_multiply(&a->arma, a->ar, o->p, a->ma, o->q, a->sar, o->P, a->sma, o->Q, m);
}

/* beta = gram^-1 beta; false when a column is nearly a sum of others. */
static bool solve(double *gram, int64_t k, double *beta, double *inverse)
{
    double alone[FORE_ARIMA_REGRESSORS + 1];
    fore_error ignored;
    for (int64_t i = 0; i < k; i++) alone[i] = gram[i + i * k];
    if (fore_cholesky(gram, k, &ignored) != FORE_OK) return false;
    for (int64_t i = 0; i < k; i++)
        if (!(gram[i + i * k] * gram[i + i * k] > COLLINEAR * alone[i])) return false;
    fore_cholesky_solve(gram, k, beta, 1);
    if (inverse) {
        fore_cholesky_invert(gram, k);
        memcpy(inverse, gram, (size_t)(k * k) * sizeof *inverse);
    }
    return true;
}

bool arima_regress(const arima_problem *p, int64_t k, double *beta, double *inverse, double *e)
{
    int64_t n = p->left;
    double gram[(FORE_ARIMA_REGRESSORS + 1) * (FORE_ARIMA_REGRESSORS + 1)];
    memcpy(e, p->filtered, (size_t)n * sizeof *e);
    if (k == 0) return true;
    const double *z = p->filtered + n;
    for (int64_t i = 0; i < k; i++) {
        beta[i] = 0;
        for (int64_t t = 0; t < n; t++) beta[i] += z[t + i * n] * e[t];
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t t = 0; t < n; t++) sum += z[t + i * n] * z[t + j * n];
            gram[i + j * k] = gram[j + i * k] = sum;
        }
    }
    if (!solve(gram, k, beta, inverse)) return false;
    for (int64_t j = 0; j < k; j++)
        for (int64_t t = 0; t < n; t++) e[t] -= beta[j] * z[t + j * n];
    return true;
}

/* e'e of the scaled errors; infinite where there is none. */
double arima_evaluate(const arima_problem *p, const fore_arima_order *o, const double *x,
                      fore_arima *a, double *e)
{
    int64_t k = p->k + (o->constant ? 1 : 0), n = p->left;
    double squares = 0;
    if (!polynomials(o, p->m, x, a)) return INFINITY;
    double logs = fore_arma_filter(&a->arma, p->w, n, 1 + k, p->filtered, NULL, NULL);
    if (!isfinite(logs) || !arima_regress(p, k, a->beta, NULL, e)) return INFINITY;
    double scale = exp(logs / (double)(2 * n));
    for (int64_t t = 0; t < n; t++) {
        e[t] *= scale;
        squares += e[t] * e[t];
    }
    return isfinite(squares) ? squares : INFINITY;
}

/* ---- many evaluations ---- */

/* Regressors of a lane by the way of one evaluation. */
static void regress_lane(const arima_problem *p, int64_t k, arma_lanes *a, int64_t lane,
                         fore_arima *scratch)
{
    int64_t n = p->left, width = a->width;
    double scale = exp(a->logs[lane] / (double)(2 * n)), squares = 0, *e = p->trial;
    if (a->bad[lane]) return;
    for (int64_t i = 0; i < n * (1 + k); i++) p->filtered[i] = p->lanes[i * width + lane];
    if (!arima_regress(p, k, scratch->beta, NULL, e)) a->bad[lane] = -1;
    for (int64_t t = 0; t < n; t++) {
        e[t] *= scale;
        p->lanes[t * width + lane] = e[t];
        squares += e[t] * e[t];
    }
    a->squares[lane] = squares;
}

/* e'e at the points x (count x WIDTH), count <= p->width, infinite where there is none; the errors
 * of point i are in lane i of p->lanes. */
static void evaluate_lanes(const arima_problem *p, const fore_arima_order *o, const double *x,
                           int64_t count, fore_arima *scratch, double *value)
{
    arma_lanes a;
    int64_t k = p->k + (o->constant ? 1 : 0), n = p->left;
    a.width = count > 1 ? p->width : 1;
    for (int64_t i = 0; i < count; i++) value[i] = INFINITY;
    for (int64_t i = 0; i < a.width; i++) {
        if (i < count && !polynomials(o, p->m, x + i * WIDTH, scratch)) return;
        arma_lanes_put(&a, i, &scratch->arma); /* the last one again where there is none */
    }
    arma_lanes_filter(&a, p->w, n, 1 + k, p->lanes);
    if (k <= 1)
        arma_lanes_squares(&a, n, 1 + k, p->lanes);
    else
        for (int64_t i = 0; i < count; i++) regress_lane(p, k, &a, i, scratch);
    for (int64_t i = 0; i < count; i++)
        if (!a.bad[i] && isfinite(a.squares[i])) value[i] = a.squares[i];
}

static void take_lane(const arima_problem *p, int64_t lane, int64_t width, double *e)
{
    for (int64_t t = 0; t < p->left; t++) e[t] = p->lanes[t * width + lane];
}

/* ---- the search ---- */

typedef struct search {
    arima_problem *p;
    const fore_arima_order *o;
    fore_arima *scratch;
    int64_t k;         /* unknowns */
    double *x, best;   /* where it stands; p->e holds the errors */
    bool has_jacobian; /* of that point */
} search;

static double nudge_of(double x) { return x > 0 ? -NUDGE : NUDGE; }

/* The point `at` and those moved along coordinates from .. to. */
static int64_t spread_out(const search *s, const double *at, int64_t from, int64_t to, double *x)
{
    memcpy(x, at, (size_t)s->k * sizeof *x);
    for (int64_t j = from; j < to; j++) {
        double *moved = x + (j - from + 1) * WIDTH;
        memcpy(moved, at, (size_t)s->k * sizeof *moved);
        moved[j] += nudge_of(at[j]);
    }
    return to - from + 1;
}

/* Derivatives to coordinates from .. to, after these were evaluated beside the point itself. */
static void take_slopes(const search *s, int64_t from, int64_t to, int64_t width,
                        const double *value)
{
    const arima_problem *p = s->p;
    for (int64_t j = from; j < to; j++) {
        double *column = p->jacobian + j * p->left, nudge = nudge_of(s->x[j]);
        int64_t lane = j - from + 1;
        bool sound = isfinite(value[lane]);
        for (int64_t t = 0; t < p->left; t++) {
            const double *e = p->lanes + t * width;
            column[t] = sound ? (e[lane] - e[0]) / nudge : 0;
        }
    }
}

/* How many coordinates have room in the lanes beside the point itself. */
static int64_t beside(const search *s) { return s->k < s->p->width - 1 ? s->k : s->p->width - 1; }

/* Goes to `at`, which was evaluated in lane 0 with the first coordinates beside it. */
static void arrive(search *s, const double *at, int64_t width, const double *value)
{
    s->best = value[0];
    memmove(s->x, at, (size_t)s->k * sizeof *at);
    take_lane(s->p, 0, width, s->p->e);
    take_slopes(s, 0, beside(s), width, value);
    s->has_jacobian = beside(s) == s->k;
}

static bool move_to(search *s, const double *at)
{
    double x[ARMA_LANES * WIDTH], value[ARMA_LANES];
    int64_t count = spread_out(s, at, 0, beside(s), x);
    evaluate_lanes(s->p, s->o, x, count, s->scratch, value);
    if (!isfinite(value[0])) return false;
    arrive(s, at, count > 1 ? s->p->width : 1, value);
    return true;
}

/* What did not fit into the lanes when the search came to its point. */
static void complete_jacobian(search *s)
{
    int64_t lanes = s->p->width > 1 ? s->p->width - 1 : 1;
    double x[ARMA_LANES * WIDTH], value[ARMA_LANES];
    for (int64_t from = s->p->width - 1; from < s->k && !s->has_jacobian; from += lanes) {
        int64_t to = from + lanes < s->k ? from + lanes : s->k;
        int64_t count = spread_out(s, s->x, from, to, x);
        if (s->p->width == 1) { /* the point itself is p->e */
            evaluate_lanes(s->p, s->o, x + WIDTH, 1, s->scratch, value);
            double *column = s->p->jacobian + from * s->p->left, nudge = nudge_of(s->x[from]);
            for (int64_t t = 0; t < s->p->left; t++)
                column[t] = isfinite(value[0]) ? (s->p->lanes[t] - s->p->e[t]) / nudge : 0;
            continue;
        }
        evaluate_lanes(s->p, s->o, x, count, s->scratch, value);
        take_slopes(s, from, to, s->p->width, value);
    }
    s->has_jacobian = true;
}

/* (A + lambda diag A) step = -g, in place in a copy; false when it is not positive definite. */
static bool damped_step(const double *a, const double *g, int64_t k, double lambda, double *step)
{
    double l[ARIMA_PARAMETERS * ARIMA_PARAMETERS];
    for (int64_t j = 0; j < k; j++) {
        for (int64_t i = j; i < k; i++) {
            double sum = a[i + j * k];
            if (i == j) sum += lambda * a[i + i * k] + 1e-12;
            for (int64_t c = 0; c < j; c++) sum -= l[i + c * k] * l[j + c * k];
            if (i == j && !(sum > 0)) return false;
            l[i + j * k] = i == j ? sqrt(sum) : sum / l[j + j * k];
        }
    }
    for (int64_t i = 0; i < k; i++) {
        step[i] = -g[i];
        for (int64_t c = 0; c < i; c++) step[i] -= l[i + c * k] * step[c];
        step[i] /= l[i + i * k];
    }
    for (int64_t i = k - 1; i >= 0; i--) {
        for (int64_t c = i + 1; c < k; c++) step[i] -= l[c + i * k] * step[c];
        step[i] /= l[i + i * k];
    }
    return true;
}

/* Eight running sums, then their sum: the compiler makes vectors of them. */
static double dot(const double *a, const double *b, int64_t n)
{
    double sum[8] = {0};
    int64_t t = 0;
    for (; t + 8 <= n; t += 8)
        for (int i = 0; i < 8; i++) sum[i] += a[t + i] * b[t + i];
    for (int i = 0; t < n; t++, i++) sum[i] += a[t] * b[t];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void normal_equations(const search *s, double *gram, double *g)
{
    int64_t n = s->p->left, k = s->k;
    for (int64_t j = 0; j < k; j++) {
        const double *left = s->p->jacobian + j * n;
        g[j] = dot(left, s->p->e, n);
        for (int64_t i = 0; i <= j; i++)
            gram[i + j * k] = gram[j + i * k] = dot(left, s->p->jacobian + i * n, n);
    }
}

/* Where the step of this damping leads. */
static bool step_to(const search *s, const double *gram, const double *g, double lambda,
                    double *next)
{
    double step[WIDTH];
    if (!damped_step(gram, g, s->k, lambda, step)) return false;
    for (int64_t j = 0; j < s->k; j++)
        next[j] = fmin(EDGE, fmax(-EDGE, s->x[j] + fmin(1.5, fmax(-1.5, step[j]))));
    return true;
}

/* The longest of ever shorter steps that leads down. The first is evaluated with what is wanted
 * when it does, shorter ones in the lanes left over. */
static bool descend(search *s, const double *gram, const double *g, double *lambda)
{
    double x[ARMA_LANES * WIDTH], step[ARMA_LANES * WIDTH], value[ARMA_LANES], damping[ARMA_LANES];
    int64_t nudged = beside(s);
    for (int r = 0; r <= RETRIES; nudged = 0) {
        int64_t count = 0, room = s->p->width - nudged;
        bool first = r == 0;
        for (; r <= RETRIES && count < room; r++, *lambda *= 6) {
            damping[count] = *lambda;
            if (step_to(s, gram, g, *lambda, step + count * WIDTH)) count++;
        }
        if (count == 0) continue;
        int64_t from = spread_out(s, step, 0, nudged, x);
        memcpy(x + from * WIDTH, step + WIDTH, (size_t)((count - 1) * WIDTH) * sizeof *x);
        int64_t all = from + count - 1, width = all > 1 ? s->p->width : 1;
        evaluate_lanes(s->p, s->o, x, all, s->scratch, value);
        for (int64_t i = 0; i < count; i++) {
            if (!(value[i == 0 ? 0 : nudged + i] < s->best)) continue;
            *lambda = first && i == 0 ? damping[0] / 5 : damping[i];
            if (!first || i > 0) return move_to(s, step + i * WIDTH);
            arrive(s, step, width, value);
            return true;
        }
    }
    return false;
}

double arima_search(arima_problem *p, const fore_arima_order *o, double stand, double *x,
                    fore_arima *scratch)
{
    search s = {p, o, scratch, o->p + o->q + o->P + o->Q, x, INFINITY, false};
    double gram[WIDTH * WIDTH], g[WIDTH], lambda = 1e-3;
    if (!move_to(&s, x)) return INFINITY;
    for (int step = 0; step < STEPS && s.k > 0 && s.best > 0; step++) {
        double before = s.best;
        complete_jacobian(&s);
        normal_equations(&s, gram, g);
        if (!descend(&s, gram, g, &lambda)) break;
        lambda = fmax(lambda, 1e-9);
        if (before - s.best <= stand * before) break;
    }
    return s.best;
}

/* The first coefficient of each polynomial in turn, the others as they are. */
double arima_start(arima_problem *p, const fore_arima_order *o, double *x, fore_arima *scratch)
{
    static const double tries[] = {0, -0.9, -0.3, 0.3, 0.9};
    enum { TRIES = sizeof tries / sizeof *tries };
    int64_t degree[4] = {o->p, o->P, o->q, o->Q}, at = 0;
    double points[TRIES * WIDTH], value[TRIES];
    double best = INFINITY;
    memset(x, 0, WIDTH * sizeof *x);
    for (int part = 0; part < 4; at += degree[part++]) {
        if (degree[part] == 0) continue;
        for (int i = 0; i < TRIES; i++) {
            memcpy(points + i * WIDTH, x, WIDTH * sizeof *x);
            points[i * WIDTH + at] = tries[i];
        }
        for (int i = 0; i < TRIES; i += (int)p->width) {
            int64_t count = TRIES - i < p->width ? TRIES - i : p->width;
            evaluate_lanes(p, o, points + i * WIDTH, count, scratch, value + i);
        }
        best = INFINITY;
        for (int i = 0; i < TRIES; i++)
            if (value[i] < best) best = value[i], x[at] = tries[i];
    }
    return at > 0 ? best : arima_evaluate(p, o, x, scratch, p->trial);
}

double arima_value(arima_problem *p, const fore_arima_order *o, const double *x,
                   fore_arima *scratch)
{
    return arima_evaluate(p, o, x, scratch, p->trial);
}
