/* Elastic net by coordinate descent on the quadratic approximation.
 *
 *     for lambda from the largest down (warm start from the one before)
 *         repeat
 *             f, g at the point (divided by W)                              one pass over the rows
 *             if the penalised f rose: go back half of the last step
 *             stop when the last step was small
 *             H at the point, unless the one at hand still serves           q times as much work
 *             r <- g                                   gradient of the quadratic model at d = 0
 *             sweep over coordinates j until none moves:
 *                 b_j' = S(H_jj b_j - r_j, lambda alpha) / (H_jj + lambda (1 - alpha))
 *                 r += H_.j (b_j' - b_j)               the "covariance update": q work, no rows
 *
 * S is soft thresholding. Sweeps alternate: all coordinates, then those that are not 0 until they
 * stand. An H of another point, or of a part of the rows, has the same optimum g + penalty = 0: it
 * serves as long as every step is at most SLOW times the one before. */
#include "models/score/elastic_net.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/irls.h"

enum {
    MOST_STEPS = 50,
    MOST_HALVINGS = 30,
    WIDEST = 5000,
    ENOUGH_ROWS = 1 << 15,     /* more neither choose lambda better nor make a better start, */
    ENOUGH_POSITIVES = 1 << 11 /* provided that so many of the rarer outcome are among them */
};

static const double SLOW = 0.25;
/* Of a path that only chooses lambda: its steps end far below the error of the coefficients. */
static const double CHOOSING_TOLERANCE = 1e-4;

typedef struct descent {
    fore_irls irls;
    fore_net_options options;
    double *point, *start, *gradient, *curvature, *r; /* q + 1 each, curvature (q + 1)^2 */
    fore_irls_sums sums;
    bool curved; /* the curvature at hand is of this point or one near by */
    bool known;  /* loss and gradient belong to the point */
    bool converged;
} descent;

fore_net_options fore_net_default(void)
{
    return (fore_net_options){.family = FORE_NET_BINOMIAL,
                              .alpha = 0.5,
                              .lambdas = 40,
                              .lambda_ratio = 1e-3,
                              .tolerance = 1e-8,
                              .sweeps = 10000,
                              .patience = 5};
}

void fore_net_free(fore_net *net)
{
    if (!net) return;
    fore_free(net->lambda);
    fore_free(net->beta);
    fore_free(net->intercept);
    fore_free(net->deviance);
    fore_free(net->held);
    fore_free(net);
}

/* Loss and gradient, and the curvature where asked for, per unit of weight. */
static fore_status look(descent *d, bool curvature, fore_error *err)
{
    int64_t order = d->irls.width + 1;
    FORE_TRY(fore_irls_pass(&d->irls, d->point, &d->sums, d->gradient,
                            curvature ? d->curvature : NULL, err));
    double per = d->sums.weight > 0 ? 1 / d->sums.weight : 0;
    for (int64_t j = 0; j < order; j++) d->gradient[j] *= per;
    for (int64_t j = 0; curvature && j < order * order; j++) d->curvature[j] *= per;
    d->curved |= curvature;
    d->known = true;
    return FORE_OK;
}

static double penalised(const descent *d, double lambda)
{
    double l1 = 0, l2 = 0;
    for (int64_t j = 0; j < d->irls.width; j++) {
        l1 += fabs(d->point[j]);
        l2 += d->point[j] * d->point[j];
    }
    return d->sums.loss / d->sums.weight +
           lambda * (d->options.alpha * l1 + 0.5 * (1 - d->options.alpha) * l2);
}

static double threshold(double v, double t) { return v > t ? v - t : v < -t ? v + t : 0; }

/* One coordinate to its optimum; how far it moved, in units of the linear predictor. */
static double settle(descent *d, int64_t j, double lambda)
{
    int64_t order = d->irls.width + 1;
    const double *column = d->curvature + j * order;
    double h = column[j], b = d->point[j], next;
    if (!(h > 0)) return 0;
    if (j == d->irls.width)
        next = b - d->r[j] / h;
    else
        next = threshold(h * b - d->r[j], lambda * d->options.alpha) /
               (h + lambda * (1 - d->options.alpha));
    double move = next - b;
    if (move == 0) return 0;
    d->point[j] = next;
    for (int64_t k = 0; k < order; k++) d->r[k] += column[k] * move;
    return fabs(move) * sqrt(h);
}

static double sweep(descent *d, double lambda, bool active_only)
{
    int64_t q = d->irls.width;
    double largest = 0;
    for (int64_t j = 0; j <= q; j++)
        if (!active_only || j == q || d->point[j] != 0)
            largest = fmax(largest, settle(d, j, lambda));
    return largest;
}

static void minimise_quadratic(descent *d, double lambda)
{
    int64_t left = d->options.sweeps;
    double small = 0.1 * d->options.tolerance;
    memcpy(d->r, d->gradient, (size_t)(d->irls.width + 1) * sizeof *d->r);
    while (left > 0) {
        left--;
        if (sweep(d, lambda, false) <= small) return;
        while (left-- > 0 && sweep(d, lambda, true) > small) {
        }
    }
    d->converged = false;
}

/* Size of the last step, in units of the linear predictor. */
static double step_size(const descent *d)
{
    int64_t order = d->irls.width + 1;
    double largest = 0;
    for (int64_t j = 0; j < order; j++) {
        double h = d->curvature[j * (order + 1)];
        largest = fmax(largest, fabs(d->point[j] - d->start[j]) * sqrt(h > 0 ? h : 0));
    }
    return largest;
}

/* Halfway back to where the step began. */
static void retreat(descent *d)
{
    for (int64_t j = 0; j <= d->irls.width; j++) d->point[j] = 0.5 * (d->point[j] + d->start[j]);
}

static fore_status fit_lambda(descent *d, double lambda, fore_error *err)
{
    int64_t order = d->irls.width + 1;
    double before = INFINITY, last = INFINITY;
    int halvings = 0;
    for (int step = 0; step < MOST_STEPS; step++) {
        if (!d->known) FORE_TRY(look(d, !d->curved, err));
        double objective = penalised(d, lambda), size = step > 0 ? step_size(d) : INFINITY;
        d->known = false;
        if (!(objective <= before + 1e-12 * (1 + fabs(before))) && halvings < MOST_HALVINGS) {
            retreat(d);
            d->curved = false;
            halvings++;
            continue;
        }
        if (size <= d->options.tolerance) {
            d->known = true;
            return FORE_OK;
        }
        if (!d->curved || (size > SLOW * last && isfinite(last))) FORE_TRY(look(d, true, err));
        before = objective;
        last = size;
        halvings = 0;
        memcpy(d->start, d->point, (size_t)order * sizeof *d->start);
        minimise_quadratic(d, lambda);
        d->known = false;
    }
    d->converged = false;
    return look(d, false, err); /* the deviance that is reported belongs to the point */
}

/* The intercept alone; then the smallest lambda that keeps every coefficient at 0. */
static fore_status start_path(descent *d, double *largest, fore_error *err)
{
    int64_t q = d->irls.width;
    for (int step = 0; step < MOST_STEPS; step++) {
        FORE_TRY(look(d, false, err));
        double p = 1 / (1 + exp(-d->point[q])), h = d->irls.gaussian ? 1 : p * (1 - p);
        double move = h > 0 ? d->gradient[q] / h : 0;
        if (fabs(move) <= 1e-14 * (1 + fabs(d->point[q]))) break;
        d->point[q] -= move;
        d->known = false;
    }
    *largest = 0;
    for (int64_t j = 0; j < q; j++) *largest = fmax(*largest, fabs(d->gradient[j]));
    *largest /= fmax(d->options.alpha, 1e-3);
    return FORE_OK;
}

static fore_status net_new(int64_t q, int64_t lambdas, fore_net **out, fore_error *err)
{
    fore_net *net = FORE_ZNEW(1, fore_net);
    *out = net;
    if (!net) return fore_no_memory(err);
    net->width = q;
    net->lambda = FORE_NEW(lambdas, double);
    net->beta = FORE_NEW(q * lambdas, double);
    net->intercept = FORE_NEW(lambdas, double);
    net->deviance = FORE_NEW(lambdas, double);
    net->held = FORE_NEW(lambdas, double);
    if (net->lambda && net->beta && net->intercept && net->deviance && net->held) return FORE_OK;
    fore_net_free(net);
    *out = NULL;
    return fore_no_memory(err);
}

static double lambda_at(const descent *d, int64_t k, double largest)
{
    const fore_net_options *o = &d->options;
    if (o->lambda) return o->lambda[k];
    if (o->lambdas == 1) return largest;
    double ratio = d->irls.x->rows < d->irls.width ? fmax(o->lambda_ratio, 1e-2) : o->lambda_ratio;
    return largest * pow(ratio, (double)k / (double)(o->lambdas - 1));
}

/* Every how many slices of rows are enough to choose lambda by. */
static int64_t thinning(const descent *d)
{
    int64_t n = d->irls.x->rows, every = n / ENOUGH_ROWS;
    double ones = 0;
    if (every <= 1 || d->irls.gaussian) return every > 1 ? every : 1;
    for (int64_t i = 0; i < n; i++) ones += d->irls.y[i];
    double rarer = fmin(ones, (double)n - ones) / ENOUGH_POSITIVES;
    if (rarer < (double)every) every = (int64_t)rarer;
    return every > 1 ? every : 1;
}

/* Many rows: a path that only chooses lambda sees some of them, evenly spread; a given lambda is
 * fitted on those first, so that few passes over all rows are left. */
static fore_status follow_path(descent *d, fore_net *net, fore_error *err)
{
    double largest;
    int64_t q = d->irls.width;
    bool choosing = !d->options.lambda && d->irls.held;
    if (choosing || d->options.lambda) d->irls.skip = thinning(d);
    if (choosing) d->options.tolerance = fmax(d->options.tolerance, CHOOSING_TOLERANCE);
    FORE_TRY(start_path(d, &largest, err));
    for (int64_t k = 0; k < d->options.lambdas; k++) {
        double lambda = lambda_at(d, k, largest);
        FORE_TRY(fit_lambda(d, lambda, err));
        if (d->irls.skip > 1 && !choosing) {
            d->irls.skip = 1;
            d->known = false;
            FORE_TRY(fit_lambda(d, lambda, err));
        }
        net->lambda[k] = lambda;
        memcpy(net->beta + k * q, d->point, (size_t)q * sizeof *net->beta);
        net->intercept[k] = d->point[q];
        net->deviance[k] = 2 * d->sums.loss / d->sums.weight;
        net->held[k] = d->sums.held_weight > 0 ? 2 * d->sums.held_loss / d->sums.held_weight : NAN;
        net->lambdas = k + 1;
        if (isnan(net->held[k]))
            net->best = k;
        else if (net->held[k] < net->held[net->best])
            net->best = k;
        else if (k - net->best >= d->options.patience)
            break;
    }
    net->converged = d->converged;
    return FORE_OK;
}

static fore_status check_options(const fore_net_options *o, const fore_view *x, int64_t q,
                                 fore_error *err)
{
    if (!(o->alpha >= 0 && o->alpha <= 1) || o->lambdas < 1 ||
        !(o->lambda_ratio > 0 && o->lambda_ratio <= 1) || !(o->tolerance > 0) || o->sweeps < 1)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "an option of the elastic net is out of range (see elastic_net.h)");
    if (x->rows < 1) return fore_fail(err, FORE_E_DATA, "the elastic net has no rows to fit");
    if (q > WIDEST)
        return fore_fail(err, FORE_E_LIMIT,
                         "the elastic net takes at most %d columns and there are %lld", WIDEST,
                         (long long)q);
    return FORE_OK;
}

fore_status fore_net_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                         const double *y, const double *w, const uint8_t *held,
                         const fore_net_options *options, fore_net **out, fore_error *err)
{
    descent d = {
        .irls = {.pool = pool, .x = x, .design = design, .y = y, .w = w, .held = held, .skip = 1},
        .options = options ? *options : fore_net_default(),
        .converged = true};
    int64_t q = design ? design->width : x->columns, order = q + 1;
    fore_net *net = NULL;
    fore_status status = FORE_OK;
    *out = NULL;
    FORE_TRY(check_options(&d.options, x, q, err));
    d.irls.gaussian = d.options.family == FORE_NET_GAUSSIAN;
    FORE_TRY(fore_irls_start(&d.irls, err));
    d.point = FORE_ZNEW(order, double);
    d.start = FORE_ZNEW(order, double);
    d.gradient = FORE_NEW(order, double);
    d.curvature = FORE_NEW(order * order, double);
    d.r = FORE_NEW(order, double);
    if (!d.point || !d.start || !d.gradient || !d.curvature || !d.r) FORE_GO(fore_no_memory(err));
    FORE_GO(net_new(q, d.options.lambdas, &net, err));
    FORE_GO(follow_path(&d, net, err));
    *out = net;
    net = NULL;
done:
    fore_net_free(net);
    fore_irls_end(&d.irls);
    fore_free(d.point);
    fore_free(d.start);
    fore_free(d.gradient);
    fore_free(d.curvature);
    fore_free(d.r);
    return status;
}
