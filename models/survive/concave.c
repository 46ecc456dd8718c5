/* Newton with step halving.
 *
 *   until the promised gain is negligible:
 *     step = (information + ridge)^-1 (gradient - ridge b),   gain = gradient' step
 *     t = 1, 1/2, 1/4, ... until value(b + t step) has not fallen
 *     b = b + t step
 *
 * The step that promised less than GAIN is still taken: convergence is quadratic, so what is left
 * after it is of the order of GAIN squared. */
#include "models/survive/concave.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"

static const double GAIN = 1e-13;     /* of the size; rounding of the gradient gives some 1e-20 */
static const double ROUNDING = 1e-12; /* of |value| + size: a fall by less is none */
enum { ITERATIONS = 200, HALVINGS = 60 };

typedef struct point {
    double *b, *gradient, *information;
    double value, penalised;
} point;

static fore_status point_new(point *at, int64_t p, fore_error *err)
{
    at->b = FORE_ZNEW(p, double);
    at->gradient = FORE_ZNEW(p, double);
    at->information = FORE_ZNEW(p * p, double);
    return at->b && at->gradient && at->information ? FORE_OK : fore_no_memory(err);
}

static void point_free(point *at)
{
    fore_free(at->b);
    fore_free(at->gradient);
    fore_free(at->information);
}

static void evaluate(const fore_concave *c, point *at)
{
    double ridge = FORE_CONCAVE_RIDGE * c->size;
    at->value = c->value(c->context, at->b, at->gradient, at->information);
    at->penalised = at->value;
    for (int64_t j = c->without_ridge; j < c->p; j++) {
        at->penalised -= ridge / 2 * at->b[j] * at->b[j];
        at->gradient[j] -= ridge * at->b[j];
        at->information[j + j * c->p] += ridge;
    }
}

/* Cholesky factor (p x p) of the information; where rounding leaves it short of positive definite,
 * with as much more ridge as it takes. */
static fore_status factorise(const fore_concave *c, const point *at, double *factor,
                             fore_error *err)
{
    double ridge = FORE_CONCAVE_RIDGE * c->size, more = 0;
    int64_t p = c->p;
    while (more < c->size) {
        memcpy(factor, at->information, (size_t)(p * p) * sizeof(double));
        for (int64_t j = 0; j < p; j++) factor[j + j * p] += more;
        if (fore_cholesky(factor, p, NULL) == FORE_OK) return FORE_OK;
        more = fmax(ridge, 100 * more);
    }
    return fore_fail(err, FORE_E_NUMERIC,
                     "the likelihood has no curvature to follow: drop columns that hold nearly the "
                     "same or very large values");
}

/* step (p) and the gain that it promises; `factor` (p x p) is left as the Cholesky factor. */
static fore_status newton_step(const fore_concave *c, const point *at, double *factor, double *step,
                               double *gain, fore_error *err)
{
    int64_t p = c->p;
    memcpy(step, at->gradient, (size_t)p * sizeof(double));
    FORE_TRY(factorise(c, at, factor, err));
    fore_cholesky_solve(factor, p, step, 1);
    *gain = 0;
    for (int64_t j = 0; j < p; j++) *gain += at->gradient[j] * step[j];
    return FORE_OK;
}

/* Moves *at along the step, by way of *trial; false when no length of it holds the value. */
static int walk(const fore_concave *c, point *at, point *trial, const double *step)
{
    double least = at->penalised - ROUNDING * (fabs(at->penalised) + c->size), t = 1;
    for (int h = 0; h < HALVINGS; h++, t /= 2) {
        for (int64_t j = 0; j < c->p; j++) trial->b[j] = at->b[j] + t * step[j];
        evaluate(c, trial);
        if (!isfinite(trial->penalised) || trial->penalised < least) continue;
        point old = *at;
        *at = *trial;
        *trial = old;
        return 1;
    }
    return 0;
}

fore_status fore_concave_maximise(const fore_concave *c, double *b, double *covariance,
                                  fore_concave_info *info, fore_error *err)
{
    fore_status status = FORE_OK;
    point at = {0}, trial = {0};
    double gain = INFINITY, *step = FORE_NEW(c->p, double);
    *info = (fore_concave_info){0};
    if (!step) FORE_GO(fore_no_memory(err));
    FORE_GO(point_new(&at, c->p, err));
    FORE_GO(point_new(&trial, c->p, err));
    memcpy(at.b, b, (size_t)c->p * sizeof(double));
    evaluate(c, &at);
    info->first = at.value;
    while (!info->converged && info->iterations < ITERATIONS) {
        FORE_GO(newton_step(c, &at, covariance, step, &gain, err));
        if (!walk(c, &at, &trial, step)) break;
        info->converged = gain <= GAIN * c->size;
        info->iterations++;
    }
    FORE_GO(newton_step(c, &at, covariance, step, &gain, err));
    fore_cholesky_invert(covariance, c->p);
    info->last = at.value;
    memcpy(b, at.b, (size_t)c->p * sizeof(double));
done:
    point_free(&at);
    point_free(&trial);
    fore_free(step);
    return status;
}
