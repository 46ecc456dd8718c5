/* From a question to a forecast:
 *
 *   check the question -> prepare the series (prepare.h) -> settle the method: AUTO becomes one
 * that fits the series -> fit its members; one that cannot be used gives way to a simpler one, and
 * the note says so -> combine -> intervals, conformal where asked and possible -> back into the
 * unit of y */
#include "models/series/series_forecast.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/series/learned.h"
#include "models/series/series_inside.h"

/* Below this, no method has anything to learn from. */
enum { VALUES_LEAST = 4 };

static fore_status make_scratch(series_work *w, fore_error *err)
{
    int64_t n = w->series.n, h = w->steps;
    w->block = FORE_NEW(FORE_MEMBERS_MAX * n + (3 + 2 * FORE_MEMBERS_MAX) * h, double);
    if (!w->block) return fore_no_memory(err);
    for (int i = 0; i < FORE_MEMBERS_MAX; i++) w->fitted[i] = w->block + i * n;
    w->mean = w->block + FORE_MEMBERS_MAX * n;
    w->variance = w->mean + h;
    w->common = w->variance + h;
    w->scratch = w->common + h;
    memset(w->common, 0, (size_t)h * sizeof *w->common);
    return FORE_OK;
}

/* A long season that was never seen whole. */
static void say_season(series_work *w)
{
    fore_series_method asked = w->options->method;
    bool own_words = asked == FORE_SERIES_SEASONAL_NAIVE || asked == FORE_SERIES_HOLT_WINTERS ||
                     asked == FORE_SERIES_MSTL; /* which the note has when they give way */
    if (w->m > FORE_ETS_SEASON_MAX && w->m >= w->series.n && !own_words)
        series_note(w, "a season of %lld steps acts as none in %lld values", (long long)w->m,
                    (long long)w->series.n);
}

/* ---- which method ---- */

static fore_series_method settle(series_work *w)
{
    const fore_prepared *s = &w->series;
    fore_series_method asked = w->options->method;
    if (s->constant && s->n > 1) {
        series_note(w, "all values are equal, so is the forecast");
        return FORE_SERIES_NAIVE;
    }
    if (asked != FORE_SERIES_AUTO && asked != FORE_SERIES_LEARNED) return asked;
    if (s->n < VALUES_LEAST) {
        series_note(w, "the history has only %lld value%s: the last one is repeated",
                    (long long)s->n, s->n == 1 ? "" : "s");
        return FORE_SERIES_NAIVE;
    }
    if (2 * s->zeros > s->n && !s->negative) {
        series_note(
            w,
            "%lld of %lld values are zero: Croston's method for intermittent demand, its bias taken off",
            (long long)s->zeros, (long long)s->n);
        return FORE_SERIES_SBA;
    }
    return asked == FORE_SERIES_LEARNED ? asked : FORE_SERIES_COMBINE;
}

static fore_series_method simpler(fore_series_method method)
{
    switch (method) {
    case FORE_SERIES_HOLT_WINTERS: return FORE_SERIES_HOLT;
    case FORE_SERIES_HOLT:
    case FORE_SERIES_CROSTON:
    case FORE_SERIES_SBA:
    case FORE_SERIES_TSB:
    case FORE_SERIES_CES:
    case FORE_SERIES_ETS: return FORE_SERIES_SES;
    case FORE_SERIES_MSTL:
    case FORE_SERIES_ARIMA: return FORE_SERIES_ETS;
    default: return FORE_SERIES_NAIVE;
    }
}

static bool unusable(fore_status status)
{
    return status == FORE_E_NO_ANSWER || status == FORE_E_NUMERIC;
}

static fore_status fit_one(series_work *w, fore_series_method method, fore_error *err)
{
    fore_status status;
    fore_error why = {0};
    for (;; method = simpler(method)) {
        status = fore_member_fit(method, w->series.y, w->series.n, w->m, w->options, w->members,
                                 w->fitted[0], &why);
        if (!unusable(status)) break;
        series_note(w, "%s; %s was used", why.message, fore_series_method_word(simpler(method)));
        why = (fore_error){0};
    }
    if (status != FORE_OK) {
        if (err) *err = why;
        return status;
    }
    w->count = 1;
    w->out->method = method;
    return FORE_OK;
}

static fore_status fit_several(series_work *w, fore_series_method method, fore_error *err)
{
    const fore_series_method *list = fore_learned_methods; /* the median is that of the first */
    int64_t most = method == FORE_SERIES_LEARNED ? FORE_LEARNED_MEMBERS : FORE_LEARNED_CORE;
    for (int64_t i = 0; i < most; i++) {
        fore_error why = {0};
        fore_status status = fore_member_fit(list[i], w->series.y, w->series.n, w->m, w->options,
                                             &w->members[w->count], w->fitted[w->count], &why);
        if (status == FORE_OK) {
            w->count++;
        } else if (unusable(status)) {
            series_note(w, "without %s: %s", fore_series_method_word(list[i]), why.message);
        } else {
            if (err) *err = why;
            return status;
        }
    }
    w->out->method = method;
    return w->count > 0 ? FORE_OK : fit_one(w, FORE_SERIES_NAIVE, err);
}

/* The members' shares, by learned weights. */
static fore_status weigh(series_work *w, const fore_learned *learned, fore_error *err)
{
    fore_learned_case c = {.y = w->series.y, .n = w->series.n, .m = w->m, .steps = w->steps};
    double weight[FORE_LEARNED_MEMBERS];
    for (int64_t i = 0, k = 0; i < w->count; i++, k++) {
        double *mean = w->scratch + 2 * i * w->steps;
        while (fore_learned_methods[k] != w->members[i].method) k++;
        fore_member_forecast(&w->members[i], w->series.y, w->series.n, w->steps, mean,
                             mean + w->steps);
        c.forecast[k] = mean;
        c.fitted[k] = w->fitted[i];
    }
    FORE_TRY(fore_learned_weigh(learned, &c, weight, err));
    for (int64_t i = 0, k = 0; i < w->count; i++, k++) {
        while (fore_learned_methods[k] != w->members[i].method) k++;
        w->members[i].weight = weight[k];
    }
    series_note(w, "how much each method counts was learned on %s", fore_learned_source(learned));
    return FORE_OK;
}

static fore_status fit_learned(series_work *w, fore_error *err)
{
    fore_learned *shipped = NULL;
    FORE_TRY(fit_several(w, FORE_SERIES_LEARNED, err));
    if (w->out->method != FORE_SERIES_LEARNED) return FORE_OK;
    if (w->options->learned) return weigh(w, w->options->learned, err);
    FORE_TRY(fore_learned_shipped(&shipped, err));
    fore_status status = weigh(w, shipped, err);
    fore_learned_free(shipped);
    return status;
}

/* ---- the answer ---- */

static fore_status answer(series_work *w, const double *y, fore_error *err)
{
    fore_combine(w->members, w->count, w->series.y, w->series.n, w->steps, w->mean, w->variance,
                 w->scratch);
    if (w->series.constant && w->series.n > 1)
        for (int64_t h = 0; h < w->steps; h++) w->variance[h] = 0;
    FORE_TRY(series_learn_intervals(w, err));
    series_describe_history(w, y);
    series_describe_model(w);
    series_put_intervals(w);
    FORE_TRY(series_draw_paths(w, err));
    for (int64_t h = 0; h < w->out->horizon; h++)
        if (!isfinite(w->out->mean[h]))
            return fore_fail(
                err, FORE_E_NUMERIC,
                "step %lld of the forecast is too large for a number; give the series in a larger "
                "unit or a shorter horizon",
                (long long)h + 1);
    return FORE_OK;
}

fore_status series_run_plain(const double *y, int64_t n, int64_t m, int64_t horizon,
                             const fore_series_options *options, fore_series_forecast **forecast,
                             fore_error *err)
{
    series_work w = {.options = options, .m = m};
    fore_status status;
    *forecast = NULL;
    if (options->drivers) return series_run_driven(y, n, m, horizon, options, forecast, err);
    FORE_GO(fore_prepare(y, n, &w.series, err));
    FORE_GO(series_make_result(n, horizon, options, &w.out, err));
    w.steps = w.series.tail + horizon;
    if (w.steps > FORE_HORIZON_MAX) {
        status =
            fore_fail(err, FORE_E_LIMIT,
                      "the last %lld values are missing, which with the horizon makes more than %d "
                      "steps; cut the series where its values end",
                      (long long)w.series.tail, FORE_HORIZON_MAX);
        goto done;
    }
    FORE_GO(series_clean(&w, err));
    FORE_GO(make_scratch(&w, err));
    say_season(&w);
    fore_series_method method = settle(&w);
    if (method == FORE_SERIES_COMBINE)
        FORE_GO(fit_several(&w, method, err));
    else if (method == FORE_SERIES_LEARNED)
        FORE_GO(fit_learned(&w, err));
    else
        FORE_GO(fit_one(&w, method, err));
    FORE_GO(answer(&w, y, err));
    *forecast = w.out;
    w.out = NULL;
done:
    for (int64_t i = 0; i < w.count; i++) fore_member_free(&w.members[i]);
    fore_conformal_free(&w.conformal);
    fore_replay_free(&w.replay);
    fore_free(w.block);
    fore_prepared_free(&w.series);
    fore_series_free(w.out);
    return status;
}

fore_status fore_series_run(const double *y, int64_t n, int64_t m, int64_t horizon,
                            const fore_series_options *options, fore_series_forecast **forecast,
                            fore_error *err)
{
    fore_series_options standard = fore_series_default();
    if (!options) options = &standard;
    *forecast = NULL;
    FORE_TRY(series_check(y, n, m, horizon, options, err));
    return options->transform == FORE_TRANSFORM_NONE
               ? series_run_plain(y, n, m, horizon, options, forecast, err)
               : series_run_transformed(y, n, m, horizon, options, forecast, err);
}
