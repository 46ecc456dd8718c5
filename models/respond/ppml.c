/* Poisson pseudo-likelihood with two-way effects by Newton's method.
 *
 *   repeat
 *     mu = exp(eta); gradient and Hessian of the penalised likelihood
 *     the rep block of the Hessian is diagonal: eliminate it, leaving weeks + columns unknowns
 *       M = [C_tt C_tx; . C_xx] - U' D^-1 U,   U = [sum_g weights | sum_g weighted x],  D = rep
 * block Cholesky of M, back to the reps, halve the step until the likelihood does not fall until
 * the Newton decrement is below 1e-10 (the likelihood is concave: one maximum)
 *
 * After the last step the lower right block of the Cholesky factor of M (taken without Q) is that
 * of the information about the columns net of all effects. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/num/linear.h"
#include "models/respond/ppml.h"

enum { NEWTON_MAX = 100, HALVINGS_MAX = 40 };
static const double ETA_MAX = 30.0;        /* exp(30) cells of mean sales: beyond any panel */
static const double DECREMENT_END = 1e-10; /* in log-likelihood; rounding is about 1e-12 */

static int64_t problem_cells(const fore_ppml_problem *p) { return p->reps * p->weeks; }

static double cell_eta(const fore_ppml_problem *p, const double *theta, int64_t g, int64_t t)
{
    int64_t cells = problem_cells(p), cell = g * p->weeks + t;
    double eta = theta[g] + theta[p->reps + t];
    for (int64_t j = 0; j < p->columns; j++)
        eta += p->x[j * cells + cell] * theta[p->reps + p->weeks + j];
    return fmin(fmax(eta, -ETA_MAX), ETA_MAX);
}

/* The quadratic penalties and their gradient (added). */
static double penalty(const fore_ppml_problem *p, const double *theta, double *gradient)
{
    double sum = 0;
    int64_t effects = p->reps + p->weeks, k = p->columns;
    if (isfinite(p->effect_ridge)) {
        for (int64_t i = 0; i < effects; i++) {
            sum += 0.5 * p->effect_ridge * theta[i] * theta[i];
            if (gradient) gradient[i] -= p->effect_ridge * theta[i];
        }
    }
    if (!p->precision) return sum;
    for (int64_t i = 0; i < k; i++) {
        double q = 0, di = theta[effects + i] - (p->mean ? p->mean[i] : 0);
        for (int64_t j = 0; j < k; j++)
            q += p->precision[i + j * k] * (theta[effects + j] - (p->mean ? p->mean[j] : 0));
        sum += 0.5 * p->dispersion * di * q;
        if (gradient) gradient[effects + i] -= p->dispersion * q;
    }
    return sum;
}

double fore_ppml_objective(const fore_ppml_problem *p, const double *theta, double *gradient)
{
    int64_t cells = problem_cells(p), effects = p->reps + p->weeks;
    double sum = 0, carry = 0;
    if (gradient) memset(gradient, 0, (size_t)(effects + p->columns) * sizeof(double));
    for (int64_t g = 0; g < p->reps; g++) {
        for (int64_t t = 0; t < p->weeks; t++) {
            double y = p->y[g * p->weeks + t];
            if (isnan(y)) continue;
            double eta = cell_eta(p, theta, g, t), mu = exp(eta), term = y * eta - mu - carry;
            double next = sum + term;
            carry = (next - sum) - term;
            sum = next;
            if (!gradient) continue;
            gradient[g] += y - mu;
            gradient[p->reps + t] += y - mu;
            for (int64_t j = 0; j < p->columns; j++)
                gradient[effects + j] += (y - mu) * p->x[j * cells + g * p->weeks + t];
        }
    }
    sum -= penalty(p, theta, gradient);
    if (gradient && isinf(p->effect_ridge)) memset(gradient, 0, (size_t)effects * sizeof(double));
    return sum;
}

/* Scratch of one Newton system: u is reps x (weeks + k), m is (weeks + k)^2, d is reps. */
typedef struct scratch {
    double *u, *m, *d, *rhs;
} scratch;

static fore_status scratch_new(int64_t reps, int64_t weeks, int64_t k, fore_arena *arena,
                               scratch *s, fore_error *err)
{
    int64_t q = weeks + k;
    s->u = fore_arena_alloc(arena, reps * q, sizeof(double));
    s->m = fore_arena_alloc(arena, q * q, sizeof(double));
    s->d = fore_arena_alloc(arena, reps, sizeof(double));
    s->rhs = fore_arena_alloc(arena, reps + q, sizeof(double));
    return s->u && s->m && s->d && s->rhs ? FORE_OK : fore_no_memory(err);
}

/* Fills d, u and m for weights w (0 = left out). The rep block is eliminated from m. */
static fore_status eliminate(int64_t reps, int64_t weeks, int64_t k, const double *w,
                             const double *x, double ridge, scratch *s, fore_error *err)
{
    int64_t q = weeks + k, cells = reps * weeks;
    fore_matrix u = {s->u, reps, q, reps};
    memset(s->u, 0, (size_t)(reps * q) * sizeof(double));
    for (int64_t g = 0; g < reps; g++) {
        double d = ridge;
        for (int64_t t = 0; t < weeks; t++) {
            double weight = w[g * weeks + t];
            d += weight;
            s->u[g + t * reps] = weight;
            for (int64_t j = 0; j < k; j++)
                s->u[g + (weeks + j) * reps] += weight * x[j * cells + g * weeks + t];
        }
        s->d[g] = 1.0 / d;
    }
    FORE_TRY(fore_gram(NULL, &u, s->d, s->m, err));
    for (int64_t i = 0; i < q * q; i++) s->m[i] = -s->m[i];
    for (int64_t t = 0; t < weeks; t++) s->m[t + t * q] += ridge;
    for (int64_t g = 0; g < reps; g++) {
        for (int64_t t = 0; t < weeks; t++) {
            int64_t cell = g * weeks + t;
            if (w[cell] == 0) continue;
            s->m[t + t * q] += w[cell];
            for (int64_t j = 0; j < k; j++) {
                double wx = w[cell] * x[j * cells + cell];
                s->m[weeks + j + t * q] += wx;
                for (int64_t i = j; i < k; i++)
                    s->m[weeks + i + (weeks + j) * q] += wx * x[i * cells + cell];
            }
        }
    }
    return FORE_OK;
}

/* Solves the eliminated system for the step in rhs (reps, weeks, columns), in place. m is a
 * Cholesky factor on entry. */
static void solve_step(int64_t reps, int64_t q, const scratch *s)
{
    double *a = s->rhs, *b = s->rhs + reps;
    for (int64_t i = 0; i < q; i++) {
        double sum = 0;
        for (int64_t g = 0; g < reps; g++) sum += s->u[g + i * reps] * s->d[g] * a[g];
        b[i] -= sum;
    }
    fore_cholesky_solve(s->m, q, b, 1);
    for (int64_t g = 0; g < reps; g++) {
        double sum = 0;
        for (int64_t i = 0; i < q; i++) sum += s->u[g + i * reps] * b[i];
        a[g] = (a[g] - sum) * s->d[g];
    }
}

fore_status fore_twoway_net(int64_t reps, int64_t weeks, const double *weight, double ridge,
                            const double *x, int64_t columns, double *net, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t cells = reps * weeks;
    scratch s;
    fore_arena *arena = fore_arena_new();
    if (!arena) return fore_no_memory(err);
    FORE_GO(scratch_new(reps, weeks, 0, arena, &s, err));
    FORE_GO(eliminate(reps, weeks, 0, weight, x, ridge, &s, err));
    FORE_GO(fore_cholesky(s.m, weeks, err));
    for (int64_t j = 0; j < columns; j++) {
        const double *column = x + j * cells;
        memset(s.rhs, 0, (size_t)(reps + weeks) * sizeof(double));
        for (int64_t i = 0; i < cells; i++) {
            if (weight[i] == 0) continue;
            s.rhs[i / weeks] += weight[i] * column[i];
            s.rhs[reps + i % weeks] += weight[i] * column[i];
        }
        solve_step(reps, weeks, &s);
        for (int64_t i = 0; i < cells; i++)
            net[j * cells + i] =
                weight[i] == 0 ? 0 : column[i] - s.rhs[i / weeks] - s.rhs[reps + i % weeks];
    }
done:
    fore_arena_free(arena);
    return status;
}

static void set_mu(const fore_ppml_problem *p, const double *theta, double *mu)
{
    for (int64_t g = 0; g < p->reps; g++) {
        for (int64_t t = 0; t < p->weeks; t++) {
            int64_t cell = g * p->weeks + t;
            mu[cell] = isnan(p->y[cell]) ? 0 : exp(cell_eta(p, theta, g, t));
        }
    }
}

/* Without effects (infinite ridge) the Newton system is that of the columns alone. */
static double inner_ridge(const fore_ppml_problem *p)
{
    return isinf(p->effect_ridge) ? 1e100 : p->effect_ridge;
}

static void add_precision(const fore_ppml_problem *p, double *m)
{
    int64_t k = p->columns, q = p->weeks + k;
    for (int64_t j = 0; p->precision && j < k; j++)
        for (int64_t i = j; i < k; i++)
            m[p->weeks + i + (p->weeks + j) * q] += p->dispersion * p->precision[i + j * k];
}

/* A start near the reps' levels. y is expected to have a mean of about 1. */
static void start(const fore_ppml_problem *p, double *theta)
{
    for (int64_t g = 0; g < p->reps; g++) {
        double sum = 0.5, count = 0.5;
        for (int64_t t = 0; t < p->weeks; t++) {
            double y = p->y[g * p->weeks + t];
            if (isnan(y)) continue;
            sum += y;
            count += 1;
        }
        if (isfinite(p->effect_ridge)) theta[g] = log(sum / count);
    }
}

/* Largest part of the step (halving) that does not lower the objective. */
static double climb(const fore_ppml_problem *p, double *theta, const double *step, double *trial,
                    int64_t n, double value)
{
    double length = 1;
    for (int h = 0; h < HALVINGS_MAX; h++, length *= 0.5) {
        for (int64_t i = 0; i < n; i++) trial[i] = theta[i] + length * step[i];
        double next = fore_ppml_objective(p, trial, NULL);
        if (next >= value) {
            memcpy(theta, trial, (size_t)n * sizeof(double));
            return next;
        }
    }
    return value;
}

static fore_status newton(const fore_ppml_problem *p, double *theta, fore_ppml *fit, scratch *s,
                          fore_arena *arena, fore_error *err)
{
    int64_t q = p->weeks + p->columns, n = p->reps + q;
    double *gradient = fore_arena_alloc(arena, n, sizeof(double));
    double *trial = fore_arena_alloc(arena, n, sizeof(double));
    if (!gradient || !trial) return fore_no_memory(err);
    for (fit->iterations = 0; fit->iterations < NEWTON_MAX; fit->iterations++) {
        double value = fore_ppml_objective(p, theta, gradient), decrement = 0;
        set_mu(p, theta, fit->mu);
        FORE_TRY(eliminate(p->reps, p->weeks, p->columns, fit->mu, p->x, inner_ridge(p), s, err));
        add_precision(p, s->m);
        FORE_TRY(fore_cholesky(s->m, q, err));
        memcpy(s->rhs, gradient, (size_t)n * sizeof(double));
        solve_step(p->reps, q, s);
        for (int64_t i = 0; i < n; i++) decrement += gradient[i] * s->rhs[i];
        double next = climb(p, theta, s->rhs, trial, n, value);
        if (decrement < DECREMENT_END || next == value) {
            fit->converged = decrement < 1e-6;
            break;
        }
    }
    set_mu(p, theta, fit->mu);
    return FORE_OK;
}

/* information = net' diag(mu) net and the scores by rep. */
static void sandwich(const fore_ppml_problem *p, fore_ppml *fit, double *score)
{
    int64_t k = p->columns, cells = problem_cells(p);
    memset(fit->information, 0, (size_t)(k * k) * sizeof(double));
    memset(fit->meat, 0, (size_t)(k * k) * sizeof(double));
    for (int64_t g = 0; g < p->reps; g++) {
        memset(score, 0, (size_t)k * sizeof(double));
        for (int64_t cell = g * p->weeks; cell < (g + 1) * p->weeks; cell++) {
            if (isnan(p->y[cell])) continue;
            for (int64_t j = 0; j < k; j++) {
                double xj = fit->net[j * cells + cell];
                score[j] += (p->y[cell] - fit->mu[cell]) * xj;
                for (int64_t i = 0; i < k; i++)
                    fit->information[i + j * k] += fit->mu[cell] * xj * fit->net[i * cells + cell];
            }
        }
        for (int64_t j = 0; j < k; j++)
            for (int64_t i = 0; i < k; i++) fit->meat[i + j * k] += score[i] * score[j];
    }
}

/* Pearson's dispersion, the likelihood and the counts. */
static void summarise(const fore_ppml_problem *p, const double *theta, fore_ppml *fit)
{
    double chi2 = 0, reps = 0, weeks = 0;
    for (int64_t g = 0; g < p->reps; g++) {
        bool used = false;
        for (int64_t t = 0; t < p->weeks; t++) {
            int64_t cell = g * p->weeks + t;
            if (isnan(p->y[cell])) continue;
            used = true;
            fit->cells++;
            double mu = fit->mu[cell], r = p->y[cell] - mu;
            fit->loglik += p->y[cell] * cell_eta(p, theta, g, t) - mu;
            chi2 += r * r / mu;
        }
        reps += used;
    }
    for (int64_t t = 0; t < p->weeks; t++) {
        bool used = false;
        for (int64_t g = 0; g < p->reps; g++) used = used || !isnan(p->y[g * p->weeks + t]);
        weeks += used;
    }
    double effects = isinf(p->effect_ridge) ? 0 : reps + weeks - 1;
    fit->degrees = fmax(1, (double)fit->cells - effects - (double)p->columns);
    fit->dispersion = chi2 / fit->degrees;
}

fore_status fore_ppml_fit(const fore_ppml_problem *p, fore_arena *arena, fore_ppml *fit,
                          fore_error *err)
{
    int64_t k = p->columns, cells = problem_cells(p), n = p->reps + p->weeks + k;
    scratch s;
    memset(fit, 0, sizeof *fit);
    double *theta = fore_arena_alloc(arena, n, sizeof(double));
    double *score = fore_arena_alloc(arena, k, sizeof(double));
    fit->mu = fore_arena_alloc(arena, cells, sizeof(double));
    fit->net = fore_arena_alloc(arena, cells * k, sizeof(double));
    fit->information = fore_arena_alloc(arena, k * k, sizeof(double));
    fit->meat = fore_arena_alloc(arena, k * k, sizeof(double));
    if (!theta || !score || !fit->mu || !fit->net || !fit->information || !fit->meat)
        return fore_no_memory(err);
    FORE_TRY(scratch_new(p->reps, p->weeks, k, arena, &s, err));
    start(p, theta);
    for (int64_t j = 0; j < k; j++) theta[p->reps + p->weeks + j] = p->mean ? p->mean[j] : 0;
    FORE_TRY(newton(p, theta, fit, &s, arena, err));
    fit->effects = theta;
    fit->beta = theta + p->reps + p->weeks;
    FORE_TRY(fore_twoway_net(p->reps, p->weeks, fit->mu, inner_ridge(p), p->x, k, fit->net, err));
    sandwich(p, fit, score);
    summarise(p, theta, fit);
    return FORE_OK;
}
