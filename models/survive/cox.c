/* Newton on Efron's partial likelihood.
 *
 *   rest = sums over the rows at risk of r, r z, r z z',   r = w exp(z'beta)
 *   for groups of equal time, latest first:
 *     add the group's censored rows to rest; dead = the same sums over its d events
 *     for k = 0 .. d - 1, with s = rest + (1 - k / d) dead and the events' mean weight v:
 *       loglik -= v log s0,  gradient -= v s1 / s0,  information += v (s2 / s0 - s1 s1' / s0^2)
 *     for each event: loglik += w z'beta,  gradient += w z
 *     add dead to rest
 *
 * All sums carry a common factor exp(-top), where top is the highest z'beta met so far; it is
 * changed when a higher one comes, so that nothing overflows and s0 never vanishes. */
#include "models/survive/cox.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/survive/concave.h"
#include "models/survive/concordance.h"

/* Rows in order of time, covariates standardised and row by row. */
typedef struct sorted {
    int64_t n, p;
    double *time, *weight, *z; /* z: p x n, row i's covariates at z[i * p] */
    int64_t *event;
    double *rest, *dead, *mean; /* 1 + p + p * p each: sums of r, r z, r z z'; mean only p */
    double top;
} sorted;

static void sorted_free(sorted *s)
{
    fore_free(s->time);
    fore_free(s->weight);
    fore_free(s->z);
    fore_free(s->event);
    fore_free(s->rest);
    fore_free(s->dead);
    fore_free(s->mean);
}

static int64_t sums_of(int64_t p) { return 1 + p + p * p; }

static fore_status sorted_alloc(sorted *s, fore_error *err)
{
    s->time = FORE_NEW(s->n, double);
    s->weight = FORE_NEW(s->n, double);
    s->z = FORE_NEW(s->n * s->p, double);
    s->event = FORE_NEW(s->n, int64_t);
    s->rest = FORE_NEW(sums_of(s->p), double);
    s->dead = FORE_NEW(sums_of(s->p), double);
    s->mean = FORE_NEW(s->p, double);
    int whole = s->time && s->weight && s->z && s->event && s->rest && s->dead && s->mean;
    return whole ? FORE_OK : fore_no_memory(err);
}

/* mean, scale (p): of the columns; NULL: as they are. */
static fore_status sorted_new(const fore_lifetimes *r, const double *mean, const double *scale,
                              sorted *s, fore_error *err)
{
    fore_status status = FORE_OK;
    *s = (sorted){.n = r->n, .p = fore_lifetimes_columns(r)};
    int64_t *order = FORE_NEW(r->n, int64_t);
    if (!order || !fore_order(r->time, r->n, order)) FORE_GO(fore_no_memory(err));
    FORE_GO(sorted_alloc(s, err));
    for (int64_t k = 0; k < s->n; k++) {
        int64_t i = order[k];
        s->time[k] = r->time[i];
        s->event[k] = r->event[i];
        s->weight[k] = fore_lifetimes_weight(r, i);
        for (int64_t j = 0; j < s->p; j++) {
            double x = r->x->data[i + j * r->x->stride];
            s->z[j + k * s->p] = mean ? (x - mean[j]) / scale[j] : x;
        }
    }
done:
    fore_free(order);
    return status;
}

static double dot(const double *a, const double *b, int64_t p)
{
    double sum = 0;
    for (int64_t j = 0; j < p; j++) sum += a[j] * b[j];
    return sum;
}

static void raise_top(sorted *s, double top)
{
    double factor = exp(s->top - top);
    for (int64_t k = 0; k < sums_of(s->p); k++) {
        s->rest[k] *= factor;
        s->dead[k] *= factor;
    }
    s->top = top;
}

/* Adds a row of weight w to rest or dead. Only the lower triangle of z z' is kept. */
static void add_row(sorted *s, double *sums, const double *z, double w, double eta)
{
    int64_t p = s->p;
    if (eta > s->top) raise_top(s, eta);
    double r = w * exp(eta - s->top), *square = sums + 1 + p;
    sums[0] += r;
    for (int64_t j = 0; j < p; j++) {
        sums[1 + j] += r * z[j];
        for (int64_t i = j; i < p; i++) square[i + j * p] += r * z[j] * z[i];
    }
}

/* One of d tied events, of weight v, when the share `left` of the dead is still at risk. */
static double one_event(sorted *s, double left, double v, double *gradient, double *information)
{
    int64_t p = s->p;
    const double *rest2 = s->rest + 1 + p, *dead2 = s->dead + 1 + p;
    double s0 = s->rest[0] + left * s->dead[0];
    for (int64_t j = 0; j < p; j++) s->mean[j] = (s->rest[1 + j] + left * s->dead[1 + j]) / s0;
    for (int64_t j = 0; j < p; j++) {
        gradient[j] -= v * s->mean[j];
        for (int64_t i = j; i < p; i++)
            information[i + j * p] +=
                v * ((rest2[i + j * p] + left * dead2[i + j * p]) / s0 - s->mean[i] * s->mean[j]);
    }
    return -v * (s->top + log(s0));
}

/* Rows start..end - 1 share a time; rest holds the later ones. Returns their part of the value. */
static double one_time(sorted *s, int64_t start, int64_t end, const double *beta, double *gradient,
                       double *information)
{
    int64_t p = s->p, d = 0;
    double value = 0, weight = 0;
    for (int64_t i = start; i < end; i++) {
        const double *z = s->z + i * p;
        double w = s->weight[i], eta = dot(z, beta, p);
        add_row(s, s->event[i] ? s->dead : s->rest, z, w, eta);
        if (!s->event[i]) continue;
        d++;
        weight += w;
        value += w * eta;
        for (int64_t j = 0; j < p; j++) gradient[j] += w * z[j];
    }
    for (int64_t k = 0; k < d; k++)
        value += one_event(s, 1 - (double)k / (double)d, weight / (double)d, gradient, information);
    if (d == 0) return value;
    for (int64_t k = 0; k < sums_of(p); k++) s->rest[k] += s->dead[k];
    memset(s->dead, 0, (size_t)sums_of(p) * sizeof(double));
    return value;
}

static double partial_loglik(void *context, const double *beta, double *gradient,
                             double *information)
{
    sorted *s = context;
    double value = 0;
    memset(gradient, 0, (size_t)s->p * sizeof(double));
    memset(information, 0, (size_t)(s->p * s->p) * sizeof(double));
    memset(s->rest, 0, (size_t)sums_of(s->p) * sizeof(double));
    memset(s->dead, 0, (size_t)sums_of(s->p) * sizeof(double));
    s->top = -INFINITY;
    for (int64_t end = s->n, start; end > 0; end = start) {
        for (start = end - 1; start > 0 && s->time[start - 1] == s->time[end - 1];) start--;
        value += one_time(s, start, end, beta, gradient, information);
    }
    return value;
}

fore_status fore_cox_loglik(const fore_lifetimes *rows, const double *beta, double *value,
                            double *gradient, double *information, fore_error *err)
{
    sorted s = {0};
    FORE_TRY(fore_lifetimes_check(rows, 0, 1, err));
    fore_status status = sorted_new(rows, NULL, NULL, &s, err);
    if (status == FORE_OK) {
        *value = partial_loglik(&s, beta, gradient, information);
        fore_mirror(information, s.p);
    }
    sorted_free(&s);
    return status;
}

void fore_cox_free(fore_cox *fit)
{
    if (!fit) return;
    fore_free(fit->beta);
    fore_free(fit->error);
    fore_free(fit->covariance);
    fore_free(fit);
}

/* From standardised columns to the given ones. */
static void unscale(fore_cox *fit, const double *scale)
{
    int64_t p = fit->columns;
    for (int64_t j = 0; j < p; j++) {
        fit->beta[j] /= scale[j];
        for (int64_t i = 0; i < p; i++) fit->covariance[i + j * p] /= scale[i] * scale[j];
        fit->error[j] = isinf(scale[j]) ? NAN : sqrt(fit->covariance[j + j * p]);
    }
}

static fore_status measure(const fore_lifetimes *rows, fore_cox *fit, fore_error *err)
{
    double *risk = FORE_ZNEW(rows->n, double);
    if (!risk) return fore_no_memory(err);
    for (int64_t j = 0; j < fit->columns; j++)
        for (int64_t i = 0; i < rows->n; i++)
            risk[i] += fit->beta[j] * rows->x->data[i + j * rows->x->stride];
    fore_status status = fore_concordance(rows, risk, &fit->concordance, err);
    fore_free(risk);
    return status;
}

fore_status fore_cox_fit(const fore_lifetimes *rows, fore_cox **out, fore_error *err)
{
    fore_status status = FORE_OK;
    sorted s = {0};
    *out = NULL;
    FORE_TRY(fore_lifetimes_check(rows, 0, 1, err));
    int64_t p = fore_lifetimes_columns(rows);
    double *mean = FORE_NEW(p, double), *scale = FORE_NEW(p, double);
    fore_cox *fit = FORE_ZNEW(1, fore_cox);
    if (!mean || !scale || !fit) FORE_GO(fore_no_memory(err));
    fit->columns = p;
    fit->beta = FORE_ZNEW(p, double);
    fit->error = FORE_ZNEW(p, double);
    fit->covariance = FORE_ZNEW(p * p, double);
    if (!fit->beta || !fit->error || !fit->covariance) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < rows->n; i++) fit->events += rows->event[i];
    for (int64_t j = 0; j < p; j++)
        fore_lifetimes_scale(rows->x->data + j * rows->x->stride, rows->weight, rows->n, &mean[j],
                             &scale[j]);
    FORE_GO(sorted_new(rows, mean, scale, &s, err));
    fore_concave problem = {partial_loglik, &s, p, 0, fore_lifetimes_events(rows)};
    fore_concave_info info;
    FORE_GO(fore_concave_maximise(&problem, fit->beta, fit->covariance, &info, err));
    fit->loglik[0] = info.first;
    fit->loglik[1] = info.last;
    fit->iterations = info.iterations;
    fit->converged = info.converged;
    unscale(fit, scale);
    FORE_GO(measure(rows, fit, err));
    *out = fit;
    fit = NULL;
done:
    fore_cox_free(fit);
    sorted_free(&s);
    fore_free(mean);
    fore_free(scale);
    return status;
}
