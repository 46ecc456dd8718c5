/* Seasonal ARIMA of given orders (arima.h): differences, the model that the search of
 * arima_search.c found, forecasts. */
#include "models/series/arima_inside.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/series/arma_lanes.h"

enum { LONG = FORE_ARMA_MAX + FORE_ARIMA_SEASON_MAX + 3 };
enum { SIDE_BY_SIDE = 1 << 18 /* errors of one point: more are evaluated one by one */ };
static const double NOTHING = 1e-20; /* share of the variation that is rounding */

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
    p->width = n * columns <= SIDE_BY_SIDE ? ARMA_LANES : 1;
    p->block = FORE_NEW(n * (columns * (2 + p->width) + width), double);
    if (!p->block) return fore_no_memory(err);
    p->w = p->block;
    p->filtered = p->w + n * columns;
    p->jacobian = p->filtered + n * columns;
    p->e = p->jacobian + n * ARIMA_PARAMETERS;
    p->trial = p->e + n;
    p->lanes = p->trial + n;
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

/* ---- the model ---- */

fore_status arima_finish(arima_problem *p, const fore_arima_order *o, const double *x,
                         fore_arima *a, fore_error *err)
{
    int64_t k = p->k + (o->constant ? 1 : 0), n = p->left;
    double inverse[(FORE_ARIMA_REGRESSORS + 1) * (FORE_ARIMA_REGRESSORS + 1)], plain = 0;
    double squares = arima_evaluate(p, o, x, a, p->e);
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
    arima_search(&p, order, ARIMA_STAND, at, model);
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
