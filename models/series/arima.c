/* Seasonal ARIMA of given orders (arima.h).
 *
 *   difference y and the regressors
 *   a rough start: each first coefficient in turn at the best of a few values
 *   repeat: polynomials from partial autocorrelations tanh(x)
 *           filter all columns; beta by least squares on the standardised errors
 *           e = errors * exp(sum of log variances / 2 n), so that -2 log L = n log(e'e) + constant
 *           step by Levenberg-Marquardt on e (forward differences)
 *   until e'e stands still */
#include "models/series/arima_inside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"

enum { STEPS = 60, RETRIES = 12, LONG = FORE_ARMA_MAX + FORE_ARIMA_SEASON_MAX + 3 };
static const double EDGE = 4.6;    /* tanh(4.6) = 0.9998: partial autocorrelations stay inside */
static const double NUDGE = 1e-6;  /* forward differences */
static const double STAND = 1e-10; /* relative fall of e'e that ends the search */
static const double COLLINEAR = 1e-10; /* share of a column that the others leave */
static const double NOTHING = 1e-20;   /* share of the variation that is rounding */

/* ---- differences ---- */

static int64_t lost(const fore_arima_order *o, int64_t m) { return o->d + m * o->D; }

/* In place; returns how many are left. */
static int64_t difference(double *v, int64_t n, int64_t lag)
{
    for (int64_t t = 0; t + lag < n; t++) v[t] = v[t + lag] - v[t];
    return n > lag ? n - lag : 0;
}

static int64_t difference_all(double *v, int64_t n, const fore_arima_order *o, int64_t m)
{
    for (int64_t i = 0; i < o->D; i++) n = difference(v, n, m);
    for (int64_t i = 0; i < o->d; i++) n = difference(v, n, 1);
    return n;
}

double arima_constant(const fore_arima_order *o, int64_t t)
{
    return o->d + o->D == 0 ? 1 : (double)(t + 1);
}

/* ---- one problem ---- */

void arima_problem_free(arima_problem *p) { fore_free(p->block); }

fore_status arima_problem_new(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                              int64_t d, int64_t D, bool constant, arima_problem *p,
                              fore_error *err)
{
    int64_t columns = k + 2, width = ARIMA_PARAMETERS + 2;
    *p = (arima_problem){.n = n, .m = m, .k = k, .d = d, .D = D};
    p->block = FORE_NEW(n * (columns * 2 + width), double);
    if (!p->block) return fore_no_memory(err);
    p->w = p->block;
    p->filtered = p->w + n * columns;
    p->jacobian = p->filtered + n * columns;
    p->e = p->jacobian + n * ARIMA_PARAMETERS;
    p->trial = p->e + n;
    fore_arima_order o = {.d = d, .D = D, .constant = constant};
    p->left = n - lost(&o, m);
    double *raw = p->filtered;
    for (int64_t j = 0; j < columns; j++) {
        for (int64_t t = 0; t < n; t++)
            raw[t] = j == 0 ? y[t] : j <= k ? x[t + (j - 1) * n] : arima_constant(&o, t);
        if (p->left < 1) break;
        difference_all(raw, n, &o, m);
        double largest = 0;
        for (int64_t t = 0; t < p->left; t++) largest = fmax(largest, fabs(raw[t]));
        p->scale[j] = largest > 0 ? largest : 1;
        for (int64_t t = 0; t < p->left; t++) p->w[t + j * p->left] = raw[t] / p->scale[j];
    }
    return FORE_OK;
}

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
static double evaluate(const arima_problem *p, const fore_arima_order *o, const double *x,
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

/* ---- the search ---- */

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

static void normal_equations(arima_problem *p, const fore_arima_order *o, const double *x,
                             int64_t k, fore_arima *a, double *gram, double *g)
{
    int64_t n = p->left;
    double moved[ARIMA_PARAMETERS];
    memcpy(moved, x, (size_t)k * sizeof *x);
    for (int64_t j = 0; j < k; j++) {
        double *column = p->jacobian + j * n, nudge = x[j] > 0 ? -NUDGE : NUDGE;
        moved[j] = x[j] + nudge;
        bool sound = isfinite(evaluate(p, o, moved, a, p->trial));
        moved[j] = x[j];
        for (int64_t t = 0; t < n; t++) column[t] = sound ? (p->trial[t] - p->e[t]) / nudge : 0;
    }
    for (int64_t j = 0; j < k; j++) {
        const double *left = p->jacobian + j * n;
        g[j] = 0;
        for (int64_t t = 0; t < n; t++) g[j] += left[t] * p->e[t];
        for (int64_t i = 0; i <= j; i++) {
            const double *right = p->jacobian + i * n;
            double sum = 0;
            for (int64_t t = 0; t < n; t++) sum += left[t] * right[t];
            gram[i + j * k] = gram[j + i * k] = sum;
        }
    }
}

static double try_step(arima_problem *p, const fore_arima_order *o, const double *x,
                       const double *step, int64_t k, fore_arima *a, double *next)
{
    for (int64_t j = 0; j < k; j++)
        next[j] = fmin(EDGE, fmax(-EDGE, x[j] + fmin(1.5, fmax(-1.5, step[j]))));
    return evaluate(p, o, next, a, p->trial);
}

double arima_search(arima_problem *p, const fore_arima_order *o, double *x, fore_arima *a)
{
    int64_t k = o->p + o->q + o->P + o->Q;
    double gram[ARIMA_PARAMETERS * ARIMA_PARAMETERS], g[ARIMA_PARAMETERS], step[ARIMA_PARAMETERS];
    double next[ARIMA_PARAMETERS], lambda = 1e-3, best = evaluate(p, o, x, a, p->e);
    for (int s = 0; s < STEPS && k > 0 && isfinite(best) && best > 0; s++) {
        double before = best;
        normal_equations(p, o, x, k, a, gram, g);
        for (int r = 0; r < RETRIES && best == before; r++) {
            double now = INFINITY;
            if (damped_step(gram, g, k, lambda, step)) now = try_step(p, o, x, step, k, a, next);
            if (now < best) {
                best = now;
                memcpy(x, next, (size_t)k * sizeof *x);
                memcpy(p->e, p->trial, (size_t)p->left * sizeof *p->e);
                lambda = fmax(lambda / 5, 1e-9);
            } else {
                lambda *= 6;
            }
        }
        if (before - best <= STAND * before) break;
    }
    return evaluate(p, o, x, a, p->e);
}

/* The first coefficient of each polynomial in turn, the others as they are. */
double arima_start(arima_problem *p, const fore_arima_order *o, double *x, fore_arima *a)
{
    static const double tries[] = {-0.9, -0.3, 0.3, 0.9};
    int64_t degree[4] = {o->p, o->P, o->q, o->Q}, at = 0;
    memset(x, 0, ARIMA_PARAMETERS * sizeof *x);
    double best = evaluate(p, o, x, a, p->trial);
    for (int part = 0; part < 4; at += degree[part++]) {
        double keep = 0;
        for (int i = 0; i < 4 && degree[part] > 0; i++) {
            x[at] = tries[i];
            double now = evaluate(p, o, x, a, p->trial);
            if (now < best) best = now, keep = tries[i];
        }
        if (degree[part] > 0) x[at] = keep;
    }
    return best;
}

double arima_value(arima_problem *p, const fore_arima_order *o, const double *x, fore_arima *a)
{
    return evaluate(p, o, x, a, p->trial);
}

/* ---- the model ---- */

fore_status arima_finish(arima_problem *p, const fore_arima_order *o, const double *x,
                         fore_arima *a, fore_error *err)
{
    int64_t k = p->k + (o->constant ? 1 : 0), n = p->left;
    double inverse[(FORE_ARIMA_REGRESSORS + 1) * (FORE_ARIMA_REGRESSORS + 1)], plain = 0;
    double squares = evaluate(p, o, x, a, p->e);
    a->order = *o;
    a->n = p->n, a->m = p->m, a->regressors = p->k;
    a->parameters = o->p + o->q + o->P + o->Q + k + 1;
    if (!isfinite(squares) || !arima_regress(p, k, a->beta, inverse, p->e))
        return fore_fail(err, FORE_E_NUMERIC,
                         "the regressors (the constant is one) are collinear after differencing; "
                         "leave one out");
    for (int64_t t = 0; t < n; t++) plain += p->e[t] * p->e[t];
    if (!(squares > NOTHING * (double)n))
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "nothing is left to model after differencing; take a simpler method");
    double free_n = (double)(n - a->parameters + 1), size = (double)n;
    a->sigma2 = plain * p->scale[0] * p->scale[0] / fmax(1, free_n);
    for (int64_t j = 0; j < k; j++) {
        int64_t column = j < p->k ? j + 1 : p->k + 1;
        double unit = p->scale[0] / p->scale[column];
        a->beta[j] *= unit;
        a->beta_error[j] = sqrt(inverse[j + j * k] * plain / fmax(1, free_n)) * unit;
    }
    a->loglik = -size / 2 * (log(2 * M_PI * squares / size) + 1) - size * log(p->scale[0]);
    double np = (double)a->parameters;
    a->aic = -2 * a->loglik + 2 * np;
    a->aicc = size - np - 1 > 0 ? a->aic + 2 * np * (np + 1) / (size - np - 1) : INFINITY;
    a->bic = a->aic + np * (log(size) - 2);
    return FORE_OK;
}

static fore_status check_order(const fore_arima_order *o, int64_t m, int64_t k, fore_error *err)
{
    bool sound = o->p >= 0 && o->p <= FORE_ARIMA_ORDER && o->q >= 0 && o->q <= FORE_ARIMA_ORDER &&
                 o->P >= 0 && o->P <= FORE_ARIMA_SEASONAL && o->Q >= 0 &&
                 o->Q <= FORE_ARIMA_SEASONAL && o->d >= 0 && o->d <= 2 && o->D >= 0 && o->D <= 1 &&
                 !(o->constant && o->d + o->D > 1) && k >= 0 && k <= FORE_ARIMA_REGRESSORS;
    bool seasonal = o->P + o->D + o->Q > 0;
    if (!sound || (seasonal && (m < 2 || m > FORE_ARIMA_SEASON_MAX)))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "ARIMA(%lld,%lld,%lld)(%lld,%lld,%lld) with a season of %lld is not "
                         "supported; p, q are 0 to 5, P, Q, d 0 to 2, D 0 or 1, a season 2 to 24",
                         (long long)o->p, (long long)o->d, (long long)o->q, (long long)o->P,
                         (long long)o->D, (long long)o->Q, (long long)m);
    return FORE_OK;
}

fore_status fore_arima_fit(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                           const fore_arima_order *order, fore_arima *model, fore_error *err)
{
    arima_problem p = {.block = NULL};
    double at[ARIMA_PARAMETERS];
    fore_status status = FORE_OK;
    memset(model, 0, sizeof *model);
    FORE_TRY(check_order(order, m, k, err));
    int64_t least = order->p + order->q + order->P + order->Q + k + (order->constant ? 1 : 0) + 2;
    if (n - lost(order, m) < least)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "this ARIMA needs at least %lld values and the series has %lld",
                         (long long)(least + lost(order, m)), (long long)n);
    FORE_GO(arima_problem_new(y, n, m, x, k, order->d, order->D, order->constant, &p, err));
    arima_start(&p, order, at, model);
    arima_search(&p, order, at, model);
    status = arima_finish(&p, order, at, model, err);
done:
    arima_problem_free(&p);
    return status;
}

/* ---- forecasts ---- */

double arima_fourier(int64_t period, int64_t column, int64_t t)
{
    int64_t k = column / 2 + 1;
    double angle = 2 * M_PI * (double)(t % period * k % period) / (double)period;
    return column % 2 ? sin(angle) : cos(angle);
}

static double explained(const fore_arima *a, const double *x, int64_t rows, int64_t t)
{
    double sum = 0;
    const double *beta = a->beta + a->regressors;
    for (int64_t j = 0; j < a->regressors; j++) sum += a->beta[j] * x[t + j * rows];
    for (int64_t j = 0; j < 2 * a->pairs; j++) sum += beta[j] * arima_fourier(a->period, j, t);
    if (a->order.constant) sum += beta[2 * a->pairs] * arima_constant(&a->order, t);
    return sum;
}

/* What the regressors leave of the first n values, differenced, filtered. room: n. */
static void run(const fore_arima *a, const double *y, int64_t n, const double *x, int64_t rows,
                double *room, double *raw, double *state)
{
    for (int64_t t = 0; t < n; t++) room[t] = y[t] - explained(a, x, rows, t);
    int64_t left = difference_all(room, n, &a->order, a->m);
    if (left > 0) fore_arma_filter(&a->arma, room, left, 1, NULL, raw, state);
}

void fore_arima_fitted(const fore_arima *model, const double *y, int64_t n, const double *x,
                       double *fitted, double *room)
{
    int64_t cut = lost(&model->order, model->m);
    for (int64_t t = 0; t < n; t++) fitted[t] = NAN;
    if (n <= cut) return;
    run(model, y, n, x, n, room, fitted + cut, NULL);
    for (int64_t t = cut; t < n; t++) fitted[t] = y[t] - fitted[t];
}

/* 1 - sum c[i] B^(i+1) = (1 - B)^d (1 - B^m)^D [phi(B)]; returns the degree. */
static int64_t long_polynomial(const fore_arima *a, bool with_phi, double *c)
{
    int64_t degree = with_phi ? a->arma.ar : 0;
    double poly[LONG + 1] = {1};
    for (int64_t i = 0; i < degree; i++) poly[i + 1] = -a->arma.phi[i];
    for (int64_t i = 0; i < a->order.D + a->order.d; i++) {
        int64_t lag = i < a->order.D ? a->m : 1;
        for (int64_t j = degree; j >= 0; j--) poly[j + lag] -= poly[j];
        degree += lag;
    }
    for (int64_t i = 0; i < degree; i++) c[i] = -poly[i + 1];
    return degree;
}

/* Variances of h steps: sigma2 times the running sum of psi squared. */
static void spread(const fore_arima *a, int64_t h, double *variance)
{
    double c[LONG], sum = 0;
    int64_t degree = long_polynomial(a, true, c);
    for (int64_t k = 0; k < h; k++) {
        double psi = k == 0 ? 1 : k <= a->arma.ma ? a->arma.theta[k - 1] : 0;
        for (int64_t i = 0; i < k && i < degree; i++) psi += c[i] * variance[k - 1 - i];
        variance[k] = psi;
    }
    for (int64_t k = 0; k < h; k++) {
        sum += variance[k] * variance[k];
        variance[k] = a->sigma2 * sum;
    }
}

void fore_arima_forecast(const fore_arima *model, const double *y, int64_t n0, const double *x,
                         int64_t h, double *mean, double *variance, double *room)
{
    double c[LONG], state[FORE_ARMA_MAX] = {0};
    int64_t cut = long_polynomial(model, false, c), rows = n0 + h;
    run(model, y, n0, x, rows, room, NULL, state);
    fore_arma_forecast(&model->arma, state, h, mean);
    for (int64_t k = 0; k < h; k++) {
        for (int64_t i = 0; i < cut; i++) {
            int64_t t = n0 + k - 1 - i;
            if (t >= n0)
                mean[k] += c[i] * mean[t - n0];
            else if (t >= 0)
                mean[k] += c[i] * (y[t] - explained(model, x, rows, t));
        }
    }
    for (int64_t k = 0; k < h; k++) mean[k] += explained(model, x, rows, n0 + k);
    if (variance) spread(model, h, variance);
}

int64_t fore_arima_least(const fore_arima *model) { return lost(&model->order, model->m) + 1; }

void fore_arima_name(const fore_arima *model, char out[64])
{
    const fore_arima_order *o = &model->order;
    int used = snprintf(out, 64, "ARIMA(%lld,%lld,%lld)", (long long)o->p, (long long)o->d,
                        (long long)o->q);
    if (o->P + o->D + o->Q > 0)
        used += snprintf(out + used, (size_t)(64 - used), "(%lld,%lld,%lld)[%lld]", (long long)o->P,
                         (long long)o->D, (long long)o->Q, (long long)model->m);
    if (o->constant)
        used +=
            snprintf(out + used, (size_t)(64 - used), " with %s", o->d + o->D ? "drift" : "mean");
    if (model->pairs)
        snprintf(out + used, (size_t)(64 - used), ", Fourier K = %lld", (long long)model->pairs);
}
