/* Minimisation behind engine/num/optimise.h. NLopt does the work for many dimensions: Nelder-Mead
 * with Box's handling of bounds (up to SIMPLEX_MAX variables), Sbplx (Rowan's subspace form of it)
 * for more, and Luksan's limited-memory BFGS with bounds when there is a gradient. One dimension:
 * Brent (1973), "Algorithms for Minimization without Derivatives", chapter 5, written out below.
 *
 * An objective that is NaN counts as +infinity; the gradient method, whose line search
 * interpolates, sees a large finite value instead. The best point ever evaluated is what comes
 * back. */
#include "engine/num/optimise.h"

#include <float.h>
#include <math.h>
#include <nlopt.h>
#include <string.h>

#include "engine/base/memory.h"

/* A simplex has n + 1 corners and slows down beyond about ten variables: Rowan (1990), Sbplx. It
 * can also collapse away from a minimum, at a bound above all: it is set up afresh around the best
 * point as long as that still helps, RESTARTS times at most. */
enum { SIMPLEX_MAX = 10, RESTARTS = 4 };

typedef struct search {
    fore_objective f;
    fore_objective_gradient fg;
    void *context;
    double *best; /* n doubles */
    double best_value, first_value;
    int64_t evaluations;
} search;

fore_optimise_options fore_optimise_default(void)
{
    return (fore_optimise_options){.evaluations = 2000, .x_tolerance = 1e-8, .f_tolerance = 1e-10};
}

static double note(search *s, unsigned n, const double *x, double value)
{
    if (isnan(value)) value = INFINITY;
    if (s->evaluations == 0) s->first_value = value;
    if (s->evaluations++ == 0 || value < s->best_value) {
        s->best_value = value;
        memcpy(s->best, x, n * sizeof *x);
    }
    return value;
}

static double call_plain(unsigned n, const double *x, double *gradient, void *data)
{
    search *s = data;
    (void)gradient;
    return note(s, n, x, s->f(s->context, x, n));
}

static double call_gradient(unsigned n, const double *x, double *gradient, void *data)
{
    search *s = data;
    double value = note(s, n, x, s->fg(s->context, x, n, gradient));
    if (isfinite(value)) return value;
    for (unsigned i = 0; i < n; i++)
        if (!isfinite(gradient[i])) gradient[i] = 0;
    return isfinite(s->best_value) ? s->best_value + 1e6 * (1 + fabs(s->best_value))
                                   : DBL_MAX / 1e10;
}

static fore_status check_box(int64_t n, const double *x, const double *lower, const double *upper,
                             fore_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        double low = lower ? lower[i] : -INFINITY, high = upper ? upper[i] : INFINITY;
        if (!(low <= high))
            return fore_fail(err, FORE_E_ARGUMENT,
                             "bounds of variable %lld are %g and %g; give a lower bound that is "
                             "not above the upper",
                             (long long)i + 1, low, high);
        if (!isfinite(x[i]))
            return fore_fail(err, FORE_E_ARGUMENT,
                             "the start of variable %lld is not a finite number; give one",
                             (long long)i + 1);
    }
    return FORE_OK;
}

static void clamp(int64_t n, double *x, const double *lower, const double *upper)
{
    for (int64_t i = 0; i < n; i++) {
        if (lower && x[i] < lower[i]) x[i] = lower[i];
        if (upper && x[i] > upper[i]) x[i] = upper[i];
    }
}

static int set_up(nlopt_opt opt, const search *s, const double *lower, const double *upper,
                  const fore_optimise_options *o)
{
    int64_t limit = o->evaluations < INT32_MAX ? o->evaluations : INT32_MAX;
    nlopt_result r = s->fg ? nlopt_set_min_objective(opt, call_gradient, (void *)s)
                           : nlopt_set_min_objective(opt, call_plain, (void *)s);
    if (r >= 0 && lower) r = nlopt_set_lower_bounds(opt, lower);
    if (r >= 0 && upper) r = nlopt_set_upper_bounds(opt, upper);
    if (r >= 0) r = nlopt_set_xtol_rel(opt, o->x_tolerance);
    if (r >= 0) r = nlopt_set_ftol_rel(opt, o->f_tolerance);
    if (r >= 0) r = nlopt_set_maxeval(opt, (int)(limit > 0 ? limit : 1));
    return r >= 0;
}

static nlopt_result search_with_restarts(search *s, nlopt_opt opt, int64_t n, double *x,
                                         int64_t evaluations, double tolerance)
{
    nlopt_result result = NLOPT_SUCCESS;
    for (int restart = 0; restart <= RESTARTS; restart++) {
        double value, before = restart ? s->best_value : INFINITY;
        result = nlopt_optimize(opt, x, &value);
        if (s->evaluations > 0) memcpy(x, s->best, (size_t)n * sizeof *x);
        int64_t left = evaluations - s->evaluations;
        double gain = before - s->best_value;
        if (s->fg || result < 0 || left <= n + 1 || !isfinite(s->best_value)) break;
        if (gain <= tolerance * fabs(s->best_value) || gain < DBL_MIN) break;
        if (nlopt_set_maxeval(opt, (int)(left < INT32_MAX ? left : INT32_MAX)) < 0) break;
    }
    return result;
}

static fore_status run(search *s, nlopt_algorithm algorithm, int64_t n, double *x,
                       const double *lower, const double *upper,
                       const fore_optimise_options *options, fore_optimise_info *info,
                       fore_error *err)
{
    fore_optimise_options o = options ? *options : fore_optimise_default();
    nlopt_result result = NLOPT_SUCCESS;
    if (n < 0 || n > INT32_MAX)
        return fore_fail(err, FORE_E_ARGUMENT, "%lld variables cannot be optimised; give 0 to %d",
                         (long long)n, INT32_MAX);
    FORE_TRY(check_box(n, x, lower, upper, err));
    clamp(n, x, lower, upper);
    s->best = FORE_NEW(n, double);
    nlopt_opt opt = n > 0 ? nlopt_create(algorithm, (unsigned)n) : NULL;
    if (!s->best || (n > 0 && (!opt || !set_up(opt, s, lower, upper, &o)))) {
        fore_free(s->best);
        if (opt) nlopt_destroy(opt);
        return fore_no_memory(err);
    }
    if (n > 0)
        result = search_with_restarts(s, opt, n, x, o.evaluations, o.f_tolerance);
    else
        note(s, 0, x, s->fg ? s->fg(s->context, x, 0, NULL) : s->f(s->context, x, 0));
    if (info)
        *info = (fore_optimise_info){.value = s->evaluations > 0 ? s->best_value : NAN,
                                     .evaluations = s->evaluations,
                                     .converged = result > 0 && result != NLOPT_MAXEVAL_REACHED};
    /* A line search that ran into rounding stands at a minimum as exact as the arithmetic allows.
     */
    if (info && s->fg && (result == NLOPT_ROUNDOFF_LIMITED || result == NLOPT_FAILURE))
        info->converged = s->best_value < s->first_value;
    fore_free(s->best);
    if (opt) nlopt_destroy(opt);
    return result == NLOPT_OUT_OF_MEMORY ? fore_no_memory(err) : FORE_OK;
}

fore_status fore_minimise_simplex(fore_objective f, void *context, int64_t n, double *x,
                                  const double *lower, const double *upper,
                                  const fore_optimise_options *options, fore_optimise_info *info,
                                  fore_error *err)
{
    search s = {.f = f, .context = context};
    return run(&s, n <= SIMPLEX_MAX ? NLOPT_LN_NELDERMEAD : NLOPT_LN_SBPLX, n, x, lower, upper,
               options, info, err);
}

fore_status fore_minimise_gradient(fore_objective_gradient f, void *context, int64_t n, double *x,
                                   const double *lower, const double *upper,
                                   const fore_optimise_options *options, fore_optimise_info *info,
                                   fore_error *err)
{
    search s = {.fg = f, .context = context};
    return run(&s, NLOPT_LD_LBFGS, n, x, lower, upper, options, info, err);
}

/* Brent's fmin:
 *   x best, w second best, v the one before; e the step before last
 *   repeat until the bracket [a, b] is within 2 tol of x:
 *     fit a parabola through v, w, x; take its vertex when it lies inside and the step is shorter
 * than half of e, else the golden section of the larger part evaluate not closer than tol to x;
 * shrink the bracket; reorder v, w, x */
typedef struct line {
    double a, b, x, w, v, fx, fw, fv, d, e;
} line;

static double line_step(line *l, double tol, double golden)
{
    double middle = 0.5 * (l->a + l->b), p = 0, q = 0, r = 0;
    if (fabs(l->e) > tol) {
        r = (l->x - l->w) * (l->fx - l->fv);
        q = (l->x - l->v) * (l->fx - l->fw);
        p = (l->x - l->v) * q - (l->x - l->w) * r;
        q = 2 * (q - r);
        if (q > 0) p = -p;
        q = fabs(q);
        r = l->e;
        l->e = l->d;
    }
    int parabola = fabs(p) < fabs(0.5 * q * r) && p > q * (l->a - l->x) && p < q * (l->b - l->x);
    if (parabola) {
        l->d = p / q;
        double u = l->x + l->d;
        if (u - l->a < 2 * tol || l->b - u < 2 * tol) l->d = l->x < middle ? tol : -tol;
    } else {
        l->e = l->x < middle ? l->b - l->x : l->a - l->x;
        l->d = golden * l->e;
    }
    return fabs(l->d) >= tol ? l->x + l->d : l->x + (l->d > 0 ? tol : -tol);
}

static void line_update(line *l, double u, double fu)
{
    if (fu <= l->fx) {
        if (u < l->x)
            l->b = l->x;
        else
            l->a = l->x;
        l->v = l->w, l->fv = l->fw;
        l->w = l->x, l->fw = l->fx;
        l->x = u, l->fx = fu;
        return;
    }
    if (u < l->x)
        l->a = u;
    else
        l->b = u;
    if (fu <= l->fw || l->w == l->x) {
        l->v = l->w, l->fv = l->fw;
        l->w = u, l->fw = fu;
    } else if (fu <= l->fv || l->v == l->x || l->v == l->w) {
        l->v = u, l->fv = fu;
    }
}

/* Large and finite, so that the parabola through it stays defined. */
static double line_value(double (*f)(void *, double), void *context, double x)
{
    double value = f(context, x);
    return isfinite(value) ? value : (value < 0 ? -DBL_MAX / 1e10 : DBL_MAX / 1e10);
}

double fore_minimise_line(double (*f)(void *context, double x), void *context, double a, double b,
                          double tolerance)
{
    const double golden = 0.5 * (3 - sqrt(5.0)), root_epsilon = sqrt(DBL_EPSILON);
    line l = {.a = fmin(a, b), .b = fmax(a, b)};
    l.x = l.w = l.v = l.a + golden * (l.b - l.a);
    l.fx = l.fw = l.fv = line_value(f, context, l.x);
    for (int step = 0; step < 500; step++) {
        double tol = root_epsilon * fabs(l.x) + tolerance / 3;
        if (fabs(l.x - 0.5 * (l.a + l.b)) <= 2 * tol - 0.5 * (l.b - l.a)) break;
        double u = line_step(&l, tol, golden);
        line_update(&l, u, line_value(f, context, u));
    }
    return l.x;
}
