/* The methods behind member.h. Seasons longer than FORE_ETS_SEASON_MAX, or more than one, do not
 * fit into the models: those that explain enough are taken out first (seasons.h) and put back. For
 * the default combination on simulated series of hours, days and weeks that was as accurate as the
 * fixed indices and, in ARIMA, Fourier terms that it replaced, or more so, and faster. Fourier
 * terms stay for a season too short or too weak to be taken out. */
#include "models/series/member.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/measure/accuracy.h"
#include "models/series/simple.h"

/* R's tests for seasonal differences ask for 0.64; taking a weaker season out still helps. */
static const double SEASON_SHARE = 0.4;
enum { ARIMA_NEWEST = 20000 }; /* values: more would take minutes and change nothing */

static const char *const ces_names[] = {"CES", "CES (simple season)", "CES (partial season)",
                                        "CES (full season)"};

static bool all_positive(const double *y, int64_t n)
{
    for (int64_t t = 0; t < n; t++)
        if (!(y[t] > 0)) return false;
    return true;
}

static double with_season(const fore_member *w, int64_t n0, int64_t t, double v)
{
    if (w->seasons.count == 0) return v;
    double s = fore_seasons_at(&w->seasons, n0, t);
    return w->seasons.multiply ? v * s : v + s;
}

/* The season that is left for the model to hold. */
static int64_t season_left(const fore_member *w) { return w->seasons.count ? 1 : w->m; }

/* What a season that nobody asked for explains of what the season m leaves: days alone would pass
 * for a week of them. */
static fore_status share_beside(const fore_member *w, const double *y, int64_t length,
                                double *share, fore_error *err)
{
    if (w->m < 2 || w->n < 3 * w->m) return fore_season_share(y, w->n, length, share, err);
    double *index = FORE_NEW(w->m + w->n, double);
    if (!index) return fore_no_memory(err);
    double *rest = index + w->m;
    fore_status status = fore_seasonal_indices(y, w->n, w->m, 0, index, err);
    for (int64_t t = 0; status == FORE_OK && t < w->n; t++) rest[t] = y[t] - index[t % w->m];
    if (status == FORE_OK) status = fore_season_share(rest, w->n, length, share, err);
    fore_free(index);
    return status;
}

/* Takes seasons out that the model cannot hold: long ones, or more than one; MSTL takes out all. */
static fore_status take_seasons(fore_member *w, const double *y, const fore_series_options *o,
                                fore_error *err)
{
    int64_t length[1 + FORE_SERIES_SEASONS] = {w->m}, usable[FORE_STL_SEASONS], kept = 0;
    bool all = w->method == FORE_SERIES_MSTL;
    memcpy(length + 1, o->season, (size_t)o->seasons * sizeof *length);
    int64_t count = fore_seasons_usable(length, 1 + o->seasons, w->n, usable);
    for (int64_t i = 0; i < count; i++) {
        double share = 1;
        bool tried = o->seasons_tried && usable[i] != w->m;
        if (tried)
            FORE_TRY(share_beside(w, y, usable[i], &share, err));
        else if (!all)
            FORE_TRY(fore_season_share(y, w->n, usable[i], &share, err));
        if (share >= SEASON_SHARE) usable[kept++] = usable[i];
    }
    if (kept == 0 || (!all && kept == 1 && usable[0] <= FORE_ETS_SEASON_MAX)) return FORE_OK;
    return fore_seasons_take(y, w->n, usable, kept, all_positive(y, w->n), &w->seasons, err);
}

static fore_status choose_ets(fore_member *w, const double *y, fore_error *err)
{
    const fore_ets_question *q = w->ets_known;
    int64_t m = season_left(w);
    bool known = q && q->status == FORE_OK && q->n == w->n && q->m == m &&
                 q->multiplicative_trend == w->multiplicative_trend &&
                 memcmp(q->y, y, (size_t)w->n * sizeof *y) == 0;
    if (!known) return fore_ets_choose(y, w->n, m, w->multiplicative_trend, &w->model.ets, err);
    w->model.ets = q->model;
    return FORE_OK;
}

static fore_status fit_ets(fore_member *w, const double *y, double *fitted, fore_error *err)
{
    static const fore_ets_form level = {'A', 'N', 'N', false}, trend = {'A', 'A', 'N', false};
    if (w->method == FORE_SERIES_ETS || w->method == FORE_SERIES_MSTL)
        FORE_TRY(choose_ets(w, y, err));
    else
        FORE_TRY(fore_ets_fit(y, w->n, 1, w->method == FORE_SERIES_SES ? &level : &trend,
                              &w->model.ets, err));
    w->parameters = w->model.ets.parameters;
    fore_ets_filter(&w->model.ets, y, w->n, fitted, NULL, NULL);
    return FORE_OK;
}

/* Additive or, for positive values, multiplicative: the smaller sum of squares. */
static fore_status fit_holt_winters(fore_member *w, const double *y, double *fitted,
                                    fore_error *err)
{
    fore_holt_winters other;
    FORE_TRY(fore_holt_winters_fit(y, w->n, w->m, false, &w->model.hw, fitted, err));
    w->parameters = w->m > 1 ? 3 : 2;
    if (w->m < 2 || !all_positive(y, w->n)) return FORE_OK;
    fore_status status = fore_holt_winters_fit(y, w->n, w->m, true, &other, NULL, err);
    if (status == FORE_E_MEMORY) return status;
    if (status != FORE_OK || !(other.sse < w->model.hw.sse)) return FORE_OK;
    return fore_holt_winters_fit(y, w->n, w->m, true, &w->model.hw, fitted, err);
}

static fore_status fit_ces(fore_member *w, const double *y, double *fitted, fore_error *err)
{
    const fore_ces_question *q = w->ces_known;
    int64_t m = season_left(w);
    bool known = q && q->status == FORE_OK && q->n == w->n && q->m == m &&
                 memcmp(q->y, y, (size_t)w->n * sizeof *y) == 0;
    if (known)
        w->model.ces = q->model;
    else
        FORE_TRY(fore_ces_choose(y, w->n, m, &w->model.ces, err));
    w->parameters = w->model.ces.parameters + w->model.ces.states;
    fore_ces_filter(&w->model.ces, y, w->n, fitted, NULL);
    return FORE_OK;
}

static bool is_theta(fore_series_method method)
{
    return method == FORE_SERIES_THETA || method == FORE_SERIES_DYNAMIC_THETA ||
           method == FORE_SERIES_OPTIMISED_THETA;
}

static fore_status fit_theta(fore_member *w, const double *y, double *fitted, fore_error *err)
{
    fore_theta_form form = w->method == FORE_SERIES_THETA           ? FORE_THETA_STANDARD
                           : w->method == FORE_SERIES_DYNAMIC_THETA ? FORE_THETA_DYNAMIC
                                                                    : FORE_THETA_STATIC;
    static const int64_t parameters[] = {2, 3, 5}; /* the line of the static form is fitted too */
    FORE_TRY(fore_theta_fit(y, w->n, season_left(w), form, &w->model.theta, fitted, err));
    w->parameters = parameters[form] + (w->model.theta.seasonal ? w->m - 1 : 0);
    return FORE_OK;
}

/* Short values far from 0 for which AICc cannot afford so much as a mean: they were not fitted. */
static bool fitted_nothing(const fore_arima *a, const double *y, int64_t n)
{
    const fore_arima_order *o = &a->order;
    double mean = fore_mean(y, n);
    if (o->p + o->d + o->q + o->P + o->D + o->Q + a->regressors + a->pairs > 0) return false;
    return !o->constant && mean * mean > fore_variance(y, n);
}

static fore_status fit_arima(fore_member *w, const double *y, double *fitted, fore_error *err)
{
    const double *seen = w->seasons.count ? w->seasons.adjusted : y;
    int64_t m = season_left(w);
    if (w->n > ARIMA_NEWEST) w->from = (w->n - ARIMA_NEWEST) / m * m;
    int64_t n = w->n - w->from;
    FORE_TRY(fore_arima_choose(seen + w->from, n, m, NULL, 0, &w->model.arima, err));
    if (fitted_nothing(&w->model.arima, seen + w->from, n))
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "ARIMA finds nothing but 0 in %lld values far from it; give a longer "
                         "history",
                         (long long)n);
    w->room = FORE_NEW(w->n, double);
    if (!w->room) return fore_no_memory(err);
    w->parameters = w->model.arima.parameters - 1 + fore_arima_least(&w->model.arima) - 1;
    for (int64_t t = 0; t < w->from; t++) fitted[t] = NAN;
    fore_arima_fitted(&w->model.arima, seen + w->from, n, NULL, fitted + w->from, w->room);
    for (int64_t t = 0; t < w->n; t++) fitted[t] = with_season(w, w->n, t, fitted[t]);
    return FORE_OK;
}

static bool is_intermittent(fore_series_method method)
{
    return method == FORE_SERIES_CROSTON || method == FORE_SERIES_SBA || method == FORE_SERIES_TSB;
}

static fore_intermittent intermittent(fore_series_method method)
{
    return method == FORE_SERIES_SBA   ? FORE_SBA
           : method == FORE_SERIES_TSB ? FORE_TSB
                                       : FORE_CROSTON;
}

static fore_status fit_croston(fore_member *w, const double *y, double *fitted, fore_error *err)
{
    double mean;
    for (int64_t t = 0; t < w->n; t++)
        if (y[t] < 0)
            return fore_fail(err, FORE_E_NO_ANSWER,
                             "Croston's method needs demands of 0 or more, and the one at value "
                             "%lld is below 0; take another method",
                             (long long)t + 1);
    fore_croston(intermittent(w->method), y, w->n, w->croston_alpha, 1, &mean, NULL, fitted);
    w->parameters = 0;
    return FORE_OK;
}

static fore_status too_short(const fore_member *w, fore_error *err)
{
    return fore_fail(err, FORE_E_NO_ANSWER, "%s needs at least %lld values and the series has %lld",
                     fore_series_method_word(w->method), (long long)fore_member_least(w),
                     (long long)w->n);
}

/* The methods without anything to estimate. */
static void plain(const fore_member *w, const double *y, int64_t n, int64_t h, double *mean,
                  double *variance, double *fitted)
{
    switch (w->method) {
    case FORE_SERIES_SEASONAL_NAIVE:
        fore_seasonal_naive(y, n, w->m, h, mean, variance, fitted);
        break;
    case FORE_SERIES_DRIFT: fore_drift(y, n, h, mean, variance, fitted); break;
    case FORE_SERIES_MEAN: fore_series_mean(y, n, h, mean, variance, fitted); break;
    default: fore_seasonal_naive(y, n, 1, h, mean, variance, fitted); break;
    }
}

/* Methods that smooth a level: they see the series without a long season. */
static bool smooths(fore_series_method method)
{
    return method == FORE_SERIES_SES || method == FORE_SERIES_HOLT || method == FORE_SERIES_ETS ||
           method == FORE_SERIES_CES || method == FORE_SERIES_MSTL || is_theta(method);
}

static fore_status fit_smooth(fore_member *w, const double *y, double *fitted, fore_error *err)
{
    const double *seen = w->seasons.count ? w->seasons.adjusted : y;
    if (w->method == FORE_SERIES_CES)
        FORE_TRY(fit_ces(w, seen, fitted, err));
    else
        FORE_TRY(is_theta(w->method) ? fit_theta(w, seen, fitted, err)
                                     : fit_ets(w, seen, fitted, err));
    for (int64_t t = 0; t < w->n; t++) fitted[t] = with_season(w, w->n, t, fitted[t]);
    return FORE_OK;
}

fore_status fore_member_fit(fore_series_method method, const double *y, int64_t n, int64_t m,
                            const fore_series_options *options, fore_member *member, double *fitted,
                            fore_error *err)
{
    fore_status status = FORE_OK;
    double mean;
    memset(member, 0, sizeof *member);
    *member = (fore_member){.method = method,
                            .n = n,
                            .m = m,
                            .croston_alpha = options->croston_alpha,
                            .multiplicative_trend = options->multiplicative_trend,
                            .ets_known = options->ets_known,
                            .ces_known = options->ces_known};
    if (n < fore_member_least(member)) return too_short(member, err);
    if (smooths(method) || method == FORE_SERIES_ARIMA)
        FORE_GO(take_seasons(member, y, options, err));
    if (method == FORE_SERIES_MSTL && member->seasons.count == 0) {
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "mstl needs a season and more than two cycles of it; the series has "
                           "%lld values",
                           (long long)n);
        goto done;
    }
    if (smooths(method))
        status = fit_smooth(member, y, fitted, err);
    else if (method == FORE_SERIES_HOLT_WINTERS)
        status = fit_holt_winters(member, y, fitted, err);
    else if (is_intermittent(method))
        status = fit_croston(member, y, fitted, err);
    else if (method == FORE_SERIES_ARIMA)
        status = fit_arima(member, y, fitted, err);
    else
        plain(member, y, n, 1, &mean, NULL, fitted);
done:
    member->ets_known = NULL;
    member->ces_known = NULL;
    if (status != FORE_OK) fore_member_free(member);
    return status;
}

static void put_seasons(const fore_member *w, int64_t n0, int64_t h, double *mean, double *variance)
{
    for (int64_t k = 0; w->seasons.count && k < h; k++) {
        mean[k] = with_season(w, n0, n0 + k, mean[k]);
        if (!variance) continue;
        double s = w->seasons.multiply ? fore_seasons_at(&w->seasons, n0, n0 + k) : 1;
        variance[k] *= s * s / (1 - fore_seasons_leverage(&w->seasons));
    }
}

static void forecast_smooth(const fore_member *w, const double *y, int64_t n0, int64_t h,
                            double *mean, double *variance)
{
    const double *seen = w->seasons.count ? w->seasons.adjusted : y;
    if (is_theta(w->method)) {
        bool others =
            w->seasons.count && w->seasons.n != w->n; /* taken out of the first n0 alone */
        fore_theta at = n0 == w->n ? w->model.theta
                        : others   ? fore_theta_after(&w->model.theta, seen, n0)
                                   : fore_theta_at(&w->model.theta, n0);
        fore_theta_forecast(&at, h, mean, variance);
    } else if (w->method == FORE_SERIES_CES) {
        fore_ces_state state = w->model.ces.last;
        if (n0 < w->n) fore_ces_filter(&w->model.ces, seen, n0, NULL, &state);
        fore_ces_forecast(&w->model.ces, &state, n0, h, mean, variance);
    } else {
        const fore_ets *ets = &w->model.ets;
        fore_ets_state state = n0 == w->n ? ets->last : ets->first;
        if (n0 < w->n) fore_ets_advance(ets, &state, 0, seen, n0);
        fore_ets_forecast(ets, &state, n0, h, mean, variance);
    }
    put_seasons(w, n0, h, mean, variance);
}

static void forecast_arima(const fore_member *w, const double *y, int64_t n0, int64_t h,
                           double *mean, double *variance)
{
    const double *seen = (w->seasons.count ? w->seasons.adjusted : y) + w->from;
    fore_arima_forecast(&w->model.arima, seen, n0 - w->from, NULL, h, mean, variance, w->room);
    put_seasons(w, n0, h, mean, variance);
}

static void forecast_holt_winters(const fore_member *w, const double *y, int64_t n0, int64_t h,
                                  double *mean, double *variance)
{
    fore_holt_winters at = w->model.hw;
    if (n0 < w->n) fore_holt_winters_rewind(&at, y, n0);
    fore_holt_winters_forecast(&at, h, mean, variance);
}

void fore_member_forecast(const fore_member *member, const double *y, int64_t n0, int64_t h,
                          double *mean, double *variance)
{
    if (smooths(member->method))
        forecast_smooth(member, y, n0, h, mean, variance);
    else if (member->method == FORE_SERIES_HOLT_WINTERS)
        forecast_holt_winters(member, y, n0, h, mean, variance);
    else if (is_intermittent(member->method))
        fore_croston(intermittent(member->method), y, n0, member->croston_alpha, h, mean, variance,
                     NULL);
    else if (member->method == FORE_SERIES_ARIMA)
        forecast_arima(member, y, n0, h, mean, variance);
    else
        plain(member, y, n0, h, mean, variance, NULL);
}

static int64_t least_of_method(const fore_member *member)
{
    switch (member->method) {
    case FORE_SERIES_SEASONAL_NAIVE: return member->m;
    case FORE_SERIES_DRIFT: return 2;
    case FORE_SERIES_THETA:
    case FORE_SERIES_OPTIMISED_THETA:
    case FORE_SERIES_DYNAMIC_THETA: return 3;
    case FORE_SERIES_SES:
    case FORE_SERIES_HOLT:
    case FORE_SERIES_MSTL:
    case FORE_SERIES_ETS: return 4;
    case FORE_SERIES_HOLT_WINTERS: return member->m > 1 ? 2 * member->m + 1 : 4;
    case FORE_SERIES_CES: return 5;
    case FORE_SERIES_ARIMA: {
        int64_t start = member->from + fore_arima_least(&member->model.arima);
        return start > 4 ? start : 4;
    }
    default: return 1;
    }
}

int64_t fore_member_least(const fore_member *member)
{
    int64_t least = least_of_method(member), longest = fore_seasons_longest(&member->seasons);
    return least > longest ? least : longest;
}

void fore_member_name(const fore_member *member, char out[64])
{
    char ets[16];
    switch (member->method) {
    case FORE_SERIES_NAIVE: snprintf(out, 64, "naive"); break;
    case FORE_SERIES_SEASONAL_NAIVE: snprintf(out, 64, "seasonal naive"); break;
    case FORE_SERIES_DRIFT: snprintf(out, 64, "drift"); break;
    case FORE_SERIES_MEAN: snprintf(out, 64, "mean"); break;
    case FORE_SERIES_THETA: snprintf(out, 64, "Theta"); break;
    case FORE_SERIES_DYNAMIC_THETA: snprintf(out, 64, "dynamic Theta"); break;
    case FORE_SERIES_OPTIMISED_THETA: snprintf(out, 64, "optimised Theta"); break;
    case FORE_SERIES_CROSTON: snprintf(out, 64, "Croston"); break;
    case FORE_SERIES_SBA: snprintf(out, 64, "Croston (SBA)"); break;
    case FORE_SERIES_TSB: snprintf(out, 64, "TSB"); break;
    case FORE_SERIES_ARIMA: fore_arima_name(&member->model.arima, out); break;
    case FORE_SERIES_CES: snprintf(out, 64, "%s", ces_names[member->model.ces.form]); break;
    case FORE_SERIES_HOLT_WINTERS:
        snprintf(out, 64, "%s",
                 !member->model.hw.seasonal        ? "Holt"
                 : member->model.hw.multiplicative ? "Holt-Winters (multiplicative)"
                                                   : "Holt-Winters (additive)");
        break;
    default:
        fore_ets_name(&member->model.ets.form, ets);
        snprintf(out, 64, "%s%s", member->method == FORE_SERIES_MSTL ? "MSTL + " : "", ets);
    }
}

void fore_member_free(fore_member *member)
{
    if (!member) return;
    if (is_theta(member->method)) fore_theta_free(&member->model.theta);
    fore_free(member->room);
    member->room = NULL;
    fore_seasons_free(&member->seasons);
    member->seasons.count = 0;
}
