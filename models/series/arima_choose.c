/* The orders of an ARIMA model: the stepwise search of Hyndman and Khandakar (2008).
 *
 *   D = 1 where the season is strong; d up to 2 while KPSS says that the level wanders
 *   try (2,2)(1,1), (0,0)(0,0) with and without constant, (1,0)(1,0), (0,1)(0,1)
 *   repeat: move P, Q, then p, q by one, singly and together, then the constant; take the first
 *           move that lowers AICc and start over, until none does */
#include "models/series/arima_inside.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/series/stl.h"

enum { MODELS = 94 };
static const double STRONG_SEASON = 0.64, KPSS_5 = 0.463, ROOT = 1.01, NEW_COEFFICIENT = 0.1;
static const double ROUGHLY = 1e-4; /* of AICc: exact enough to tell which is better */

typedef struct candidate {
    fore_arima_order order;
    double x[4][FORE_ARIMA_ORDER]; /* ar, seasonal ar, ma, seasonal ma */
    double aicc;
} candidate;

typedef struct search {
    arima_problem *problem;
    int64_t top_p, top_P; /* also of q and Q */
    bool may_constant;
    candidate best;
    int64_t tried;
    uint8_t seen[FORE_ARIMA_ORDER + 1][FORE_ARIMA_ORDER + 1][FORE_ARIMA_SEASONAL + 1]
                [FORE_ARIMA_SEASONAL + 1][2];
} search;

static void degrees(const fore_arima_order *o, int64_t *out)
{
    out[0] = o->p, out[1] = o->P, out[2] = o->q, out[3] = o->Q;
}

static bool roots_are_safe(const fore_arima *a)
{
    double far = pow(ROOT, (double)a->m), ma[FORE_ARIMA_ORDER];
    if (!fore_arma_roots_beyond(a->ar, a->order.p, ROOT)) return false;
    if (!fore_arma_roots_beyond(a->sar, a->order.P, far)) return false;
    for (int64_t i = 0; i < a->order.q; i++) ma[i] = -a->ma[i];
    if (!fore_arma_roots_beyond(ma, a->order.q, ROOT)) return false;
    for (int64_t i = 0; i < a->order.Q; i++) ma[i] = -a->sma[i];
    return fore_arma_roots_beyond(ma, a->order.Q, far);
}

/* x as one list for the order: what the last best had, a little for new coefficients. */
static void carry_over(const candidate *from, const fore_arima_order *to, double *x)
{
    int64_t had[4], has[4];
    degrees(&from->order, had);
    degrees(to, has);
    for (int part = 0; part < 4; part++)
        for (int64_t i = 0; i < has[part]; i++)
            *x++ = i < had[part] ? from->x[part][i] : NEW_COEFFICIENT;
}

static double fit(search *s, const fore_arima_order *o, double *x)
{
    fore_arima a;
    fore_error ignored;
    double stand = ROUGHLY / (double)s->problem->left;
    memset(&a, 0, sizeof a);
    if (!isfinite(arima_search(s->problem, o, stand, x, &a))) return INFINITY;
    if (arima_finish(s->problem, o, x, &a, &ignored) != FORE_OK) return INFINITY;
    return roots_are_safe(&a) ? a.aicc : INFINITY;
}

static void keep(search *s, const fore_arima_order *o, const double *x, double aicc)
{
    int64_t has[4];
    degrees(o, has);
    s->best.order = *o;
    s->best.aicc = aicc;
    for (int part = 0; part < 4; part++)
        for (int64_t i = 0; i < has[part]; i++) s->best.x[part][i] = *x++;
}

/* True when this order is new and better than the best so far. */
static bool try_order(search *s, int64_t p, int64_t q, int64_t P, int64_t Q, bool constant)
{
    double x[ARIMA_PARAMETERS], other[ARIMA_PARAMETERS];
    fore_arima scratch;
    arima_problem *problem = s->problem;
    if (p < 0 || q < 0 || P < 0 || Q < 0 || p > s->top_p || q > s->top_p || P > s->top_P ||
        Q > s->top_P || s->tried >= MODELS || s->seen[p][q][P][Q][constant])
        return false;
    s->seen[p][q][P][Q][constant] = 1;
    fore_arima_order o = {p, problem->d, q, P, problem->D, Q, constant};
    if (problem->left < p + q + P + Q + problem->k + constant + 2) return false;
    s->tried++;
    double rough = arima_start(problem, &o, other, &scratch);
    if (isfinite(s->best.aicc)) carry_over(&s->best, &o, x);
    bool from_rough = !isfinite(s->best.aicc) || rough < arima_value(problem, &o, x, &scratch);
    double aicc = fit(s, &o, from_rough ? other : x);
    if (from_rough) memcpy(x, other, sizeof x);
    if (!(aicc < s->best.aicc)) return false;
    keep(s, &o, x, aicc);
    return true;
}

static bool any_move(search *s)
{
    static const int8_t moves[8][2] = {{-1, 0},  {0, -1}, {1, 0},  {0, 1},
                                       {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
    fore_arima_order o = s->best.order;
    for (int i = 0; i < 8; i++)
        if (try_order(s, o.p, o.q, o.P + moves[i][0], o.Q + moves[i][1], o.constant)) return true;
    for (int i = 0; i < 8; i++)
        if (try_order(s, o.p + moves[i][0], o.q + moves[i][1], o.P, o.Q, o.constant)) return true;
    return s->may_constant && try_order(s, o.p, o.q, o.P, o.Q, !o.constant);
}

static void step_through(search *s)
{
    bool c = s->may_constant;
    int64_t two = s->top_p < 2 ? s->top_p : 2, one = s->top_p < 1 ? s->top_p : 1;
    int64_t season = s->top_P < 1 ? s->top_P : 1;
    try_order(s, two, two, season, season, c);
    try_order(s, 0, 0, 0, 0, c);
    try_order(s, one, 0, season, 0, c);
    try_order(s, 0, one, 0, season, c);
    if (c) try_order(s, 0, 0, 0, 0, false);
    while (isfinite(s->best.aicc) && any_move(s)) {
    }
}

/* ---- differences ---- */

static bool is_constant(const double *v, int64_t n)
{
    for (int64_t t = 1; t < n; t++)
        if (v[t] != v[0]) return false;
    return true;
}

/* y without what the regressors explain by least squares. */
static fore_status without_regressors(const double *y, int64_t n, const double *x, int64_t k,
                                      double *out, fore_error *err)
{
    memcpy(out, y, (size_t)n * sizeof *y);
    if (k == 0) return FORE_OK;
    fore_status status = FORE_OK;
    int64_t width = k + 1, rows = n > width ? n : width;
    double *z = FORE_NEW(n * width, double), *b = FORE_NEW(rows, double);
    if (!z || !b) FORE_GO(fore_no_memory(err));
    memcpy(z, x, (size_t)(n * k) * sizeof *x);
    for (int64_t t = 0; t < n; t++) z[t + k * n] = 1;
    memcpy(b, y, (size_t)n * sizeof *y);
    FORE_GO(fore_least_squares(z, n, width, b, NULL, err));
    for (int64_t j = 0; j < k; j++)
        for (int64_t t = 0; t < n; t++) out[t] -= b[j] * x[t + j * n];
done:
    fore_free(z);
    fore_free(b);
    return status;
}

static fore_status find_differences(const double *y, int64_t n, int64_t m, const double *x,
                                    int64_t k, int64_t *d, int64_t *D, fore_error *err)
{
    double strength = 0, *v = FORE_NEW(n, double);
    fore_status status = FORE_OK;
    *d = *D = 0;
    if (!v) return fore_no_memory(err);
    FORE_GO(without_regressors(y, n, x, k, v, err));
    if (m > 1 && !is_constant(v, n)) FORE_GO(fore_seasonal_strength(v, n, m, &strength, err));
    if (strength > STRONG_SEASON && n > m) {
        *D = 1;
        n -= m;
        for (int64_t t = 0; t < n; t++) v[t] = v[t + m] - v[t];
    }
    while (*d < 2 && n > 2 && !is_constant(v, n) && fore_kpss(v, n) > KPSS_5) {
        n--;
        for (int64_t t = 0; t < n; t++) v[t] = v[t + 1] - v[t];
        ++*d;
    }
done:
    fore_free(v);
    return status;
}

/* ---- the whole ---- */

/* The orders found, fitted once more from a rough start: the search came to them step by step. */
static fore_status settle(search *s, fore_arima *model, fore_error *err)
{
    double x[ARIMA_PARAMETERS], again[ARIMA_PARAMETERS];
    const fore_arima_order *o = &s->best.order;
    carry_over(&s->best, o, x);
    double value = arima_search(s->problem, o, ARIMA_STAND, x, model);
    arima_start(s->problem, o, again, model);
    double other = arima_search(s->problem, o, ARIMA_STAND, again, model);
    if (other < value) memcpy(x, again, sizeof x);
    return arima_finish(s->problem, o, x, model, err);
}

/* A straight line without any error: the drift is all there is, and it has no likelihood. */
static fore_status exact_line(const double *y, int64_t n, int64_t m, fore_arima *a, fore_error *err)
{
    a->order = (fore_arima_order){.d = 1, .constant = true};
    a->n = n, a->m = m;
    a->parameters = 2;
    a->beta[0] = (y[n - 1] - y[0]) / (double)(n - 1);
    a->loglik = a->aic = a->aicc = a->bic = NAN;
    if (fore_arma_multiply(&a->arma, a->ar, 0, a->ma, 0, a->sar, 0, a->sma, 0, m)) return FORE_OK;
    return fore_fail(err, FORE_E_NUMERIC, "the season of %lld steps is too long", (long long)m);
}

/* The best p, q, P, Q with these regressors and differences; m = 1 without a season in the orders.
 */
static fore_status choose(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                          int64_t d, int64_t D, fore_arima *model, fore_error *err)
{
    arima_problem problem = {.block = NULL};
    search s = {.problem = &problem, .best = {.aicc = INFINITY}};
    fore_status status = FORE_OK;
    memset(model, 0, sizeof *model);
    s.may_constant = d + D <= 1;
    s.top_p = n / 3 < FORE_ARIMA_ORDER ? n / 3 : FORE_ARIMA_ORDER;
    if (m > 1) s.top_P = n / 3 / m < FORE_ARIMA_SEASONAL ? n / 3 / m : FORE_ARIMA_SEASONAL;
    FORE_GO(arima_problem_new(y, n, m, x, k, d, D, s.may_constant, &problem, err));
    bool same = problem.left >= 2 && is_constant(problem.w, problem.left);
    if (same && d == 1 && D == 0 && k == 0) {
        status = exact_line(y, n, m, model, err);
        goto done;
    }
    if (problem.left >= 2 && !same) step_through(&s);
    if (!isfinite(s.best.aicc))
        FORE_GO(fore_fail(err, FORE_E_NO_ANSWER,
                          "no ARIMA model could be fitted: the values are too few, or a line or "
                          "season repeats itself exactly"));
    status = settle(&s, model, err);
done:
    arima_problem_free(&problem);
    return status;
}

/* More Fourier terms as long as they lower AICc, which compares only what is differenced alike: d
 * is found beside the second rung. */
static fore_status choose_pairs(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                                fore_arima *model, fore_error *err)
{
    static const int64_t ladder[] = {0, 1, 2, 3, 5, 8, 12, 18};
    int64_t widest = k + 2 * ladder[sizeof ladder / sizeof *ladder - 1];
    double *all = FORE_NEW(n * (widest ? widest : 1), double);
    fore_status status = FORE_OK;
    if (!all) return fore_no_memory(err);
    if (k > 0) memcpy(all, x, (size_t)(n * k) * sizeof *x);
    int64_t worse = 0, fitted = 0, d = 0, D = 0;
    bool room_for_season = n >= 3 * (k + 4) && m > 4 && k + 4 <= FORE_ARIMA_REGRESSORS;
    int64_t first = room_for_season ? k + 4 : k;
    for (int64_t j = k; j < first; j++)
        for (int64_t t = 0; t < n; t++) all[t + j * n] = arima_fourier(m, j - k, t);
    FORE_GO(find_differences(y, n, 1, all, first, &d, &D, err));
    for (size_t i = 0; i < sizeof ladder / sizeof *ladder && worse < 2; i++) {
        int64_t pairs = ladder[i], columns = k + 2 * pairs;
        fore_arima other;
        fore_error why;
        if (columns > FORE_ARIMA_REGRESSORS || 2 * pairs >= m || 3 * columns > n) break;
        for (int64_t j = k; j < columns; j++)
            for (int64_t t = 0; t < n; t++) all[t + j * n] = arima_fourier(m, j - k, t);
        status = choose(y, n, 1, all, columns, d, 0, &other, &why);
        if (status == FORE_E_MEMORY) FORE_GO(fore_no_memory(err));
        bool better = status == FORE_OK && (!fitted || other.aicc < model->aicc);
        worse = better ? 0 : worse + 1;
        fitted += better;
        if (!better) continue;
        *model = other;
        model->regressors = k;
        model->period = m;
        model->pairs = pairs;
    }
    status = fitted ? FORE_OK
                    : fore_fail(err, FORE_E_NO_ANSWER,
                                "no ARIMA model could be fitted: the values are too few, or a line "
                                "or season repeats itself exactly");
done:
    fore_free(all);
    return status;
}

fore_status fore_arima_choose(const double *y, int64_t n, int64_t m, const double *x, int64_t k,
                              fore_arima *model, fore_error *err)
{
    if (n < 4)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "ARIMA needs at least 4 values and the series has %lld", (long long)n);
    if (k < 0 || k > FORE_ARIMA_REGRESSORS)
        return fore_fail(err, FORE_E_ARGUMENT, "ARIMA takes 0 to %d regressors",
                         FORE_ARIMA_REGRESSORS);
    if (m >= n) m = 1; /* never seen once */
    if (m > FORE_ARIMA_SEASON_MAX) return choose_pairs(y, n, m, x, k, model, err);
    int64_t d, D, season = m < 1 ? 1 : m;
    FORE_TRY(find_differences(y, n, season, x, k, &d, &D, err));
    return choose(y, n, season, x, k, d, D, model, err);
}
