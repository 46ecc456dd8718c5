/* How unsure the effects of regressors leave a forecast (arima.h).
 *
 *   difference and filter the regressors as the fit did; V = sigma2 (Z'Z)^-1, by least squares
 *   g(t) = regressors at step t less what the model forecasts of them from the history: an error of
 * beta moves the forecast by g' error
 *   g'Vg of all columns = that of the Fourier terms and the constant alone + |L' r|^2, where
 * r = g_x + Vxx^-1 Vxc g_c and L L' = Vxx: only the latter is due to the caller's regressors
 *
 * Harvey (1989), on the variance of predictions with explanatory variables. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/series/arima_inside.h"

typedef struct unsure {
    const fore_arima *model;
    int64_t n, h, k, all; /* k: the caller's; all: with Fourier terms and the constant */
    double *x;            /* (n + h) x all */
    double *zero, *room;  /* n each */
    double *v, *l;        /* all x all, k x k */
    double *ahead;        /* h x all: g */
    double *block;        /* owned: all of the above */
} unsure;

static fore_status make(const fore_arima *a, const double *x, int64_t h, unsure *u, fore_error *err)
{
    int64_t n = a->n, k = a->regressors, fourier = 2 * a->pairs;
    int64_t all = k + fourier + (a->order.constant ? 1 : 0), rows = n + h;
    *u = (unsure){.model = a, .n = n, .h = h, .k = k, .all = all};
    u->block = FORE_NEW(rows * all + 2 * n + all * all + k * k + h * all, double);
    if (!u->block) return fore_no_memory(err);
    u->x = u->block;
    u->zero = u->x + rows * all;
    u->room = u->zero + n;
    u->v = u->room + n;
    u->l = u->v + all * all;
    u->ahead = u->l + k * k;
    for (int64_t t = 0; t < n; t++) u->zero[t] = 0;
    for (int64_t j = 0; j < all; j++)
        for (int64_t t = 0; t < rows; t++)
            u->x[t + j * rows] = j < k             ? x[t + j * rows]
                                 : j < k + fourier ? arima_fourier(a->period, j - k, t)
                                                   : arima_constant(&a->order, t);
    return FORE_OK;
}

/* v: the covariance of beta. */
static fore_status covariance(unsure *u, fore_error *err)
{
    const fore_arima *a = u->model;
    int64_t plain = u->all - (a->order.constant ? 1 : 0), n = u->n, all = u->all;
    arima_problem p = {.block = NULL};
    double *x = FORE_NEW(n * (plain > 0 ? plain : 1), double);
    if (!x) return fore_no_memory(err);
    for (int64_t j = 0; j < plain; j++)
        memcpy(x + j * n, u->x + j * (n + u->h), (size_t)n * sizeof *x);
    fore_status status = arima_problem_new(u->zero, n, a->m, x, plain, a->order.d, a->order.D,
                                           a->order.constant, &p, err);
    fore_free(x);
    if (status != FORE_OK) return status;
    double beta[FORE_ARIMA_REGRESSORS + 1];
    fore_arma_filter(&a->arma, p.w, p.left, 1 + all, p.filtered, NULL, NULL);
    if (!arima_regress(&p, all, beta, u->v, p.e))
        status = fore_fail(err, FORE_E_NUMERIC, "the regressors are collinear after differencing");
    for (int64_t j = 0; status == FORE_OK && j < all; j++)
        for (int64_t i = 0; i < all; i++)
            u->v[i + j * all] *= a->sigma2 / p.scale[i + 1] / p.scale[j + 1];
    arima_problem_free(&p);
    return status;
}

/* ahead: what the regressors do that the model would not forecast of them. */
static void look_ahead(unsure *u)
{
    fore_arima bare = *u->model;
    int64_t rows = u->n + u->h;
    bare.regressors = bare.pairs = 0;
    bare.order.constant = false;
    for (int64_t j = 0; j < u->all; j++) {
        double *g = u->ahead + j * u->h;
        const double *x = u->x + j * rows;
        fore_arima_forecast(&bare, x, u->n, NULL, u->h, g, NULL, u->room);
        for (int64_t s = 0; s < u->h; s++) g[s] = x[u->n + s] - g[s];
    }
}

static fore_status load(unsure *u, double *loading, fore_error *err)
{
    int64_t k = u->k, all = u->all;
    for (int64_t j = 0; j < k; j++)
        for (int64_t i = 0; i < k; i++) u->l[i + j * k] = u->v[i + j * all];
    FORE_TRY(fore_cholesky(u->l, k, err));
    for (int64_t s = 0; s < u->h; s++) {
        double r[FORE_ARIMA_REGRESSORS + 1];
        for (int64_t i = 0; i < k; i++) {
            r[i] = 0;
            for (int64_t j = k; j < all; j++) r[i] += u->v[i + j * all] * u->ahead[s + j * u->h];
        }
        fore_cholesky_solve(u->l, k, r, 1);
        for (int64_t i = 0; i < k; i++) r[i] += u->ahead[s + i * u->h];
        for (int64_t i = 0; i < k; i++) {
            double sum = 0;
            for (int64_t j = i; j < k; j++) sum += u->l[j + i * k] * r[j];
            loading[i + s * k] = sum;
        }
    }
    return FORE_OK;
}

fore_status fore_arima_loadings(const fore_arima *model, const double *x, int64_t h,
                                double *loading, fore_error *err)
{
    unsure u;
    fore_status status = FORE_OK;
    if (h < 1 || model->regressors < 1) return FORE_OK;
    FORE_TRY(make(model, x, h, &u, err));
    FORE_GO(covariance(&u, err));
    look_ahead(&u);
    status = load(&u, loading, err);
done:
    fore_free(u.block);
    return status;
}
