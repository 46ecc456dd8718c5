/* Newton's method for the penalised logistic likelihood.
 *
 *     start from 0, c = log-odds of the base rate; on many rows, from the solution on every 16th
 * slice repeat f, g, H at the point                              one pass over the rows if f rose:
 * halve the last step and look again stop when max |g| <= tolerance * sum of weights solve H step =
 * g by Cholesky, a growing ridge where H is not positive definite point -= step
 *
 * The last H is the posterior's precision (Laplace), and with the prior gives the evidence
 *     log Z = -f + 1/2 sum log precision_j - 1/2 log det H + 1/2 log 2 pi   (flat prior on c).
 *
 * With fewer rows than columns and one precision for all, the rows' own space is used instead: Z Z'
 * = U S^2 U', the model is fitted on the n x n matrix U S, and b = Z' U S^-1 gamma; same optimum.
 */
#include "models/score/logit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/score/irls.h"

enum {
    SUBSAMPLE = 16,          /* the warm start looks at every 16th slice */
    SUBSAMPLE_FROM = 200000, /* rows from which a warm start pays */
    MOST_HALVINGS = 40
};

typedef struct newton {
    fore_irls irls;
    const double *penalty; /* q + 1; 0 for the intercept */
    bool no_intercept;
    double *point, *step, *gradient, *curvature, *factor;
    fore_logit_options options;
    fore_logit_info info;
} newton;

fore_logit_options fore_logit_default(void)
{
    return (fore_logit_options){.precision = 1, .iterations = 100, .tolerance = 1e-10};
}

void fore_logit_free(fore_logit_model *logit)
{
    if (!logit) return;
    fore_free(logit->beta);
    fore_free(logit->covariance);
    fore_free(logit);
}

/* Objective, gradient and curvature with the prior's part added. */
static fore_status look(newton *m, double *objective, double *weight, fore_error *err)
{
    int64_t q = m->irls.width;
    fore_irls_sums sums;
    FORE_TRY(fore_irls_pass(&m->irls, m->point, &sums, m->gradient, m->curvature, err));
    m->info.deviance = 2 * sums.loss;
    *objective = sums.loss;
    *weight = sums.weight;
    for (int64_t j = 0; j < q; j++) {
        double b = m->point[j];
        *objective += 0.5 * m->penalty[j] * b * b;
        m->gradient[j] += m->penalty[j] * b;
        m->curvature[j * (q + 2)] += m->penalty[j];
    }
    if (m->no_intercept) {
        m->gradient[q] = 0;
        for (int64_t j = 0; j <= q; j++)
            m->curvature[j + q * (q + 1)] = m->curvature[q + j * (q + 1)] = 0;
        m->curvature[q * (q + 2)] = 1;
    }
    return FORE_OK;
}

/* factor = Cholesky of the curvature, with the smallest ridge of 1e-12, 1e-10 ... of its diagonal
 * that makes it succeed: dependent columns without a prior, or weights that have all run to 0. */
static fore_status factorise(newton *m, fore_error *err)
{
    int64_t order = m->irls.width + 1;
    double largest = DBL_MIN;
    for (int64_t j = 0; j < order; j++) largest = fmax(largest, m->curvature[j * (order + 1)]);
    for (double ridge = 0; ridge<1; ridge = ridge> 0 ? ridge * 100 : 1e-12) {
        memcpy(m->factor, m->curvature, (size_t)(order * order) * sizeof *m->factor);
        for (int64_t j = 0; j < order; j++) m->factor[j * (order + 1)] += ridge * largest;
        if (fore_cholesky(m->factor, order, NULL) == FORE_OK) return FORE_OK;
    }
    return fore_fail(
        err, FORE_E_NUMERIC,
        "the logistic regression's curvature cannot be factorised; check the columns for "
        "values that are not finite");
}

static double largest_gradient(const newton *m)
{
    double largest = 0;
    for (int64_t j = 0; j <= m->irls.width; j++) largest = fmax(largest, fabs(m->gradient[j]));
    return largest;
}

static void move(newton *m, double rate)
{
    for (int64_t j = 0; j <= m->irls.width; j++) m->point[j] -= rate * m->step[j];
}

static fore_status descend(newton *m, double tolerance, fore_error *err)
{
    int64_t order = m->irls.width + 1, halvings = 0;
    double objective = 0, before = INFINITY, weight = 0, rate = 1;
    for (int64_t k = 0; k < m->options.iterations; k++) {
        FORE_TRY(look(m, &objective, &weight, err));
        m->info.iterations++;
        /* a rise within rounding is no rise */
        if (!(objective <= before + 1e-11 * (1 + fabs(before))) && halvings < MOST_HALVINGS) {
            rate *= 0.5;
            halvings++;
            m->info.halvings++;
            move(m, -rate); /* back half of what was gone */
            continue;
        }
        before = objective;
        rate = 1;
        halvings = 0;
        m->info.objective = objective;
        m->info.gradient = largest_gradient(m);
        FORE_TRY(factorise(m, err));
        m->info.converged = m->info.gradient <= tolerance * weight;
        if (m->info.converged || k + 1 == m->options.iterations) break;
        memcpy(m->step, m->gradient, (size_t)order * sizeof *m->step);
        fore_cholesky_solve(m->factor, order, m->step, 1);
        double gain = 0;
        for (int64_t j = 0; j < order; j++) gain += m->gradient[j] * m->step[j];
        move(m, 1);
        m->info.converged = gain <= tolerance * weight;
        if (m->info.converged) break;
    }
    return FORE_OK;
}

static double base_logit(const double *y, const double *w, int64_t n)
{
    double positive = 0, weight = 0;
    for (int64_t i = 0; i < n; i++) {
        positive += (w ? w[i] : 1) * y[i];
        weight += w ? w[i] : 1;
    }
    return log((positive + 0.5) / (weight - positive + 0.5));
}

static fore_status finish(newton *m, fore_logit_model **out, fore_error *err)
{
    int64_t q = m->irls.width, order = q + 1;
    fore_logit_model *logit = FORE_ZNEW(1, fore_logit_model);
    if (!logit) return fore_no_memory(err);
    logit->width = q;
    logit->beta = FORE_NEW(q, double);
    logit->covariance = q <= FORE_LOGIT_COVARIANCE ? FORE_NEW(order * order, double) : NULL;
    if (!logit->beta || (q <= FORE_LOGIT_COVARIANCE && !logit->covariance)) {
        fore_logit_free(logit);
        return fore_no_memory(err);
    }
    memcpy(logit->beta, m->point, (size_t)q * sizeof *logit->beta);
    logit->intercept = m->point[q];
    double log_prior = 0;
    for (int64_t j = 0; j < q; j++) log_prior += log(m->penalty[j]);
    m->info.evidence = isfinite(log_prior) ? -m->info.objective + 0.5 * log_prior -
                                                 0.5 * fore_cholesky_logdet(m->factor, order) +
                                                 0.91893853320467274178 /* log(2 pi) / 2 */
                                           : NAN;
    if (logit->covariance) {
        fore_cholesky_invert(m->factor, order);
        memcpy(logit->covariance, m->factor, (size_t)(order * order) * sizeof *m->factor);
        if (m->no_intercept) logit->covariance[order * order - 1] = 0;
    }
    *out = logit;
    return FORE_OK;
}

/* On many rows the first steps are made on a sixteenth of them. */
static fore_status warm_start(newton *m, fore_error *err)
{
    if (m->irls.x->rows < SUBSAMPLE_FROM) return FORE_OK;
    m->irls.skip = SUBSAMPLE;
    fore_status status = descend(m, 1e-4, err);
    m->irls.skip = 1;
    m->info = (fore_logit_info){0};
    return status;
}

static fore_status fit_rows(fore_pool *pool, const fore_view *x, const fore_design *design,
                            const double *y, const double *w, const double *offset,
                            const fore_logit_options *options, fore_logit_model **out,
                            fore_logit_info *info, fore_error *err)
{
    newton m = {
        .irls =
            {.pool = pool, .x = x, .design = design, .y = y, .w = w, .offset = offset, .skip = 1},
        .no_intercept = options->no_intercept,
        .options = *options};
    fore_status status = FORE_OK;
    double *penalty = NULL;
    FORE_TRY(fore_irls_start(&m.irls, err));
    int64_t q = m.irls.width, order = q + 1;
    penalty = FORE_ZNEW(order, double);
    m.point = FORE_ZNEW(order, double);
    m.step = FORE_NEW(order, double);
    m.gradient = FORE_NEW(order, double);
    m.curvature = FORE_NEW(order * order, double);
    m.factor = FORE_NEW(order * order, double);
    if (!penalty || !m.point || !m.step || !m.gradient || !m.curvature || !m.factor)
        FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < q; j++)
        penalty[j] = options->precisions ? options->precisions[j] : options->precision;
    m.penalty = penalty;
    m.point[q] = options->no_intercept || offset ? 0 : base_logit(y, w, x->rows);
    if (options->start) memcpy(m.point, options->start, (size_t)order * sizeof *m.point);
    if (!options->start) FORE_GO(warm_start(&m, err));
    FORE_GO(descend(&m, options->tolerance, err));
    FORE_GO(finish(&m, out, err));
    *info = m.info;
done:
    fore_irls_end(&m.irls);
    fore_free(penalty);
    fore_free(m.point);
    fore_free(m.step);
    fore_free(m.gradient);
    fore_free(m.curvature);
    fore_free(m.factor);
    return status;
}

/* ---- more columns than rows ---- */

/* root (n x n) = U S with U S^2 U' = Z Z'; spread (n x n) = U S^-1, 0 for directions without
 * length. */
static fore_status rotate(const double *z, int64_t n, int64_t q, double *root, double *spread,
                          fore_error *err)
{
    double *turned = FORE_NEW(n * q, double), *length = FORE_NEW(n, double);
    fore_status status = FORE_OK;
    if (!turned || !length) FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < q; j++)
        for (int64_t i = 0; i < n; i++) turned[j + i * q] = z[i + j * n];
    fore_multiply(z, turned, n, q, n, root);
    FORE_GO(fore_eigen_symmetric(root, n, length, err));
    for (int64_t k = 0; k < n; k++) {
        double s = length[k] > 1e-12 * length[n - 1] ? sqrt(length[k]) : 0;
        for (int64_t i = 0; i < n; i++) {
            spread[i + k * n] = s > 0 ? root[i + k * n] / s : 0;
            root[i + k * n] *= s;
        }
    }
done:
    fore_free(turned);
    fore_free(length);
    return status;
}

static fore_status fit_wide(fore_pool *pool, const fore_view *x, const fore_design *design,
                            int64_t q, const double *y, const double *w, const double *offset,
                            const fore_logit_options *options, fore_logit_model **out,
                            fore_logit_info *info, fore_error *err)
{
    int64_t n = x->rows;
    fore_logit_model *small = NULL, *logit = NULL;
    double *z = FORE_NEW(n * q, double), *root = FORE_NEW(n * n, double);
    double *spread = FORE_NEW(n * n, double), *mix = FORE_NEW(n, double);
    fore_status status = FORE_OK;
    if (!z || !root || !spread || !mix) FORE_GO(fore_no_memory(err));
    if (design) {
        fore_design_block(design, x, 0, n, z, n);
    } else {
        for (int64_t j = 0; j < q; j++) {
            const double *column = fore_view_column(x, j, 0, n, z + j * n);
            if (column != z + j * n) memcpy(z + j * n, column, (size_t)n * sizeof *z);
        }
    }
    FORE_GO(rotate(z, n, q, root, spread, err));
    fore_view turned = {root, n, n, n, NULL};
    FORE_GO(fit_rows(pool, &turned, NULL, y, w, offset, options, &small, info, err));
    logit = FORE_ZNEW(1, fore_logit_model);
    if (!logit) FORE_GO(fore_no_memory(err));
    logit->width = q;
    logit->intercept = small->intercept;
    logit->beta = FORE_NEW(q, double);
    if (!logit->beta) FORE_GO(fore_no_memory(err));
    fore_multiply(spread, small->beta, n, n, 1, mix);
    fore_multiply(mix, z, 1, n, q, logit->beta);
    *out = logit;
    logit = NULL;
done:
    fore_logit_free(logit);
    fore_logit_free(small);
    fore_free(z);
    fore_free(root);
    fore_free(spread);
    fore_free(mix);
    return status;
}

fore_status fore_logit_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                           const double *y, const double *w, const double *offset,
                           const fore_logit_options *options, fore_logit_model **out,
                           fore_logit_info *info, fore_error *err)
{
    fore_logit_options o = options ? *options : fore_logit_default();
    fore_logit_info unused;
    *out = NULL;
    if (!(o.precision >= 0) || o.iterations < 1 || !(o.tolerance > 0))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the logistic regression needs precision >= 0, iterations >= 1 and "
                         "tolerance > 0");
    if (x->rows < 1)
        return fore_fail(err, FORE_E_DATA, "the logistic regression has no rows to fit");
    int64_t q = design ? design->width : x->columns;
    bool wide =
        q > x->rows && q > FORE_LOGIT_COVARIANCE && !o.precisions && o.precision > 0 && !o.start;
    return wide ? fit_wide(pool, x, design, q, y, w, offset, &o, out, info ? info : &unused, err)
                : fit_rows(pool, x, design, y, w, offset, &o, out, info ? info : &unused, err);
}

double fore_logit_variance(const fore_logit_model *logit, const double *z)
{
    int64_t q = logit->width;
    double variance = 0;
    if (!logit->covariance) return 0;
    for (int64_t j = 0; j <= q; j++) {
        const double *column = logit->covariance + j * (q + 1);
        double inner = column[q];
        for (int64_t i = 0; i < q; i++) inner += column[i] * z[i];
        variance += (j < q ? z[j] : 1) * inner;
    }
    return variance > 0 ? variance : 0;
}
