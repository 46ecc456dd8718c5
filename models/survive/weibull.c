/* Newton in the parameters that make the likelihood concave (Olsen 1978, for the Tobit model).
 *
 * With gamma = (intercept, beta) / scale and tau = 1 / scale, let u = (-1, -x, log t) and
 *   z = u'(gamma, tau) = (log t - intercept - x'beta) / scale; then
 *   loglik      = sum w (event (log tau + z - log t) - exp z)
 *   gradient    = sum w (event - exp z) u,    and sum w event / tau in tau
 *   information = sum w exp(z) u u',          and sum w event / tau^2 in tau
 * x and log t are standardised first. The maximum and its covariance J V J' are then given in
 * (intercept, beta, log scale), J the Jacobian of
 *   beta_j    = spread gamma_j / (tau scale_j)
 *   intercept = centre + spread gamma_0 / tau - sum beta_j mean_j
 *   log scale = log spread - log tau */
#include "models/survive/weibull.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/survive/concave.h"

typedef struct problem {
    const fore_lifetimes *rows;
    int64_t q;               /* p + 2 */
    double *u;               /* q x n, row i at u[i * q] */
    double events, log_time; /* sums over events of w, and of w (log t + log spread) */
    double *mean, *scale;    /* p: of the covariates */
    double centre, spread;   /* of log t */
} problem;

static void problem_free(problem *d)
{
    fore_free(d->u);
    fore_free(d->mean);
    fore_free(d->scale);
}

static fore_status learn_scales(problem *d, fore_error *err)
{
    const fore_lifetimes *r = d->rows;
    double *log_time = FORE_NEW(r->n, double);
    if (!log_time) return fore_no_memory(err);
    for (int64_t i = 0; i < r->n; i++) log_time[i] = log(r->time[i]);
    fore_lifetimes_scale(log_time, r->weight, r->n, &d->centre, &d->spread);
    if (isinf(d->spread)) d->spread = 1;
    for (int64_t j = 0; j < d->q - 2; j++)
        fore_lifetimes_scale(r->x->data + j * r->x->stride, r->weight, r->n, &d->mean[j],
                             &d->scale[j]);
    fore_free(log_time);
    return FORE_OK;
}

/* standardise 0: rows as they are, for a likelihood at a given point. */
static fore_status problem_new(const fore_lifetimes *r, int standardise, problem *d,
                               fore_error *err)
{
    int64_t p = fore_lifetimes_columns(r), q = p + 2;
    *d = (problem){.rows = r, .q = q, .spread = 1, .events = fore_lifetimes_events(r)};
    d->u = FORE_NEW(r->n * q, double);
    d->mean = FORE_ZNEW(p, double);
    d->scale = FORE_NEW(p, double);
    if (!d->u || !d->mean || !d->scale) return fore_no_memory(err);
    for (int64_t j = 0; j < p; j++) d->scale[j] = 1;
    if (standardise) FORE_TRY(learn_scales(d, err));
    for (int64_t i = 0; i < r->n; i++) {
        double *u = d->u + i * q, log_time = log(r->time[i]);
        u[0] = -1;
        for (int64_t j = 0; j < p; j++)
            u[1 + j] = -(r->x->data[i + j * r->x->stride] - d->mean[j]) / d->scale[j];
        u[q - 1] = (log_time - d->centre) / d->spread;
        if (r->event[i]) d->log_time += fore_lifetimes_weight(r, i) * (log_time + log(d->spread));
    }
    return FORE_OK;
}

static double loglik(void *context, const double *b, double *gradient, double *information)
{
    const problem *d = context;
    int64_t q = d->q;
    double tau = b[q - 1];
    memset(gradient, 0, (size_t)q * sizeof(double));
    memset(information, 0, (size_t)(q * q) * sizeof(double));
    if (!(tau > 0)) return -INFINITY;
    double value = d->events * log(tau) - d->log_time;
    for (int64_t i = 0; i < d->rows->n; i++) {
        const double *u = d->u + i * q;
        double w = fore_lifetimes_weight(d->rows, i), event = (double)d->rows->event[i], z = 0;
        for (int64_t j = 0; j < q; j++) z += b[j] * u[j];
        double hazard = w * exp(z);
        value += w * event * z - hazard;
        for (int64_t j = 0; j < q; j++) {
            gradient[j] += (w * event - hazard) * u[j];
            for (int64_t k = j; k < q; k++) information[k + j * q] += hazard * u[j] * u[k];
        }
    }
    gradient[q - 1] += d->events / tau;
    information[q * q - 1] += d->events / (tau * tau);
    return value;
}

fore_status fore_weibull_loglik(const fore_lifetimes *rows, const double *theta, double *value,
                                double *gradient, fore_error *err)
{
    fore_status status = FORE_OK;
    double *b = NULL, *information = NULL;
    problem d = {0};
    FORE_TRY(fore_lifetimes_check(rows, 0, 0, err));
    FORE_GO(problem_new(rows, 0, &d, err));
    int64_t q = d.q;
    double tau = exp(-theta[q - 1]);
    b = FORE_NEW(q, double);
    information = FORE_NEW(q * q, double);
    if (!b || !information) FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < q - 1; j++) b[j] = theta[j] * tau;
    b[q - 1] = tau;
    *value = loglik(&d, b, gradient, information);
    gradient[q - 1] *= -tau;
    for (int64_t j = 0; j < q - 1; j++) {
        gradient[q - 1] -= gradient[j] * b[j];
        gradient[j] *= tau;
    }
done:
    fore_free(b);
    fore_free(information);
    problem_free(&d);
    return status;
}

void fore_weibull_free(fore_weibull *fit)
{
    if (!fit) return;
    fore_free(fit->beta);
    fore_free(fit->error);
    fore_free(fit->covariance);
    fore_free(fit);
}

/* jacobian (q x q, zeroed): of (intercept, beta, log scale) by (gamma, tau). */
static void jacobian_at(const problem *d, const fore_weibull *fit, double tau, double *jacobian)
{
    int64_t q = d->q, last = q - 1;
    jacobian[0] = d->spread / tau;
    jacobian[last * q] = -(fit->intercept - d->centre) / tau;
    for (int64_t j = 0; j < q - 2; j++) {
        double slope = d->spread / (tau * d->scale[j]);
        jacobian[(1 + j) + (1 + j) * q] = slope;
        jacobian[(1 + j) * q] = -d->mean[j] * slope;
        jacobian[(1 + j) + last * q] = -fit->beta[j] / tau;
    }
    jacobian[last + last * q] = -1 / tau;
}

/* fit->covariance: that of b in, that of (intercept, beta, log scale) out. */
static fore_status unscale(const problem *d, const double *b, fore_weibull *fit, fore_error *err)
{
    int64_t q = d->q;
    double tau = b[q - 1], *scratch = FORE_ZNEW(3 * q * q, double);
    if (!scratch) return fore_no_memory(err);
    double *jacobian = scratch, *transposed = scratch + q * q, *half = scratch + 2 * q * q;
    fit->scale = d->spread / tau;
    fit->intercept = d->centre + d->spread * b[0] / tau;
    for (int64_t j = 0; j < q - 2; j++) {
        fit->beta[j] = d->spread * b[1 + j] / (tau * d->scale[j]);
        fit->intercept -= fit->beta[j] * d->mean[j];
    }
    jacobian_at(d, fit, tau, jacobian);
    for (int64_t j = 0; j < q; j++)
        for (int64_t i = 0; i < q; i++) transposed[i + j * q] = jacobian[j + i * q];
    fore_multiply(jacobian, fit->covariance, q, q, q, half);
    fore_multiply(half, transposed, q, q, q, fit->covariance);
    for (int64_t j = 0; j < q; j++)
        fit->error[j] =
            j > 0 && j < q - 1 && isinf(d->scale[j - 1]) ? NAN : sqrt(fit->covariance[j + j * q]);
    fore_free(scratch);
    return FORE_OK;
}

/* Starts from an exponential-like law that keeps exp z <= e for every row. */
static fore_status maximise(problem *d, fore_weibull *fit, double *b, fore_error *err)
{
    int64_t q = d->q;
    double latest = 1;
    for (int64_t i = 0; i < d->rows->n; i++) latest = fmax(latest, d->u[q - 1 + i * q]);
    b[q - 1] = 1 / latest;
    fore_concave concave = {loglik, d, q, 1, d->events};
    fore_concave_info info;
    FORE_TRY(fore_concave_maximise(&concave, b, fit->covariance, &info, err));
    fit->loglik = info.last;
    fit->iterations = info.iterations;
    fit->converged = info.converged;
    return unscale(d, b, fit, err);
}

fore_status fore_weibull_fit(const fore_lifetimes *rows, fore_weibull **out, fore_error *err)
{
    fore_status status = FORE_OK;
    problem d = {0};
    *out = NULL;
    FORE_TRY(fore_lifetimes_check(rows, 0, 0, err));
    int64_t p = fore_lifetimes_columns(rows), q = p + 2;
    double *b = FORE_ZNEW(q, double);
    fore_weibull *fit = FORE_ZNEW(1, fore_weibull);
    if (!b || !fit) FORE_GO(fore_no_memory(err));
    fit->columns = p;
    fit->beta = FORE_ZNEW(p, double);
    fit->error = FORE_ZNEW(q, double);
    fit->covariance = FORE_ZNEW(q * q, double);
    if (!fit->beta || !fit->error || !fit->covariance) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < rows->n; i++) fit->events += rows->event[i];
    FORE_GO(problem_new(rows, 1, &d, err));
    FORE_GO(maximise(&d, fit, b, err));
    *out = fit;
    fit = NULL;
done:
    fore_weibull_free(fit);
    problem_free(&d);
    fore_free(b);
    return status;
}

static double location(const fore_weibull *fit, const double *row)
{
    double sum = fit->intercept;
    for (int64_t j = 0; j < fit->columns; j++) sum += fit->beta[j] * row[j];
    return sum;
}

double fore_weibull_survival(const fore_weibull *fit, const double *row, double t)
{
    return exp(-exp((log(t) - location(fit, row)) / fit->scale));
}

double fore_weibull_quantile(const fore_weibull *fit, const double *row, double q)
{
    return exp(location(fit, row) + fit->scale * log(-log1p(-q)));
}
