/* From a question to a forecast:
 *
 *   check the question -> prepare the series (prepare.h) -> settle the method: AUTO becomes one
 * that fits the series -> fit its members; one that cannot be used gives way to a simpler one, and
 * the note says so -> combine -> intervals, conformal where asked and possible -> back into the
 * unit of y */
#include "models/series/series_forecast.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/series/combine.h"
#include "models/series/prepare.h"

/* Below this, no method has anything to learn from. */
enum { VALUES_LEAST = 4 };

static const char *const method_words[] = {"auto",    "naive", "snaive", "drift", "mean", "ses",
                                           "holt",    "hw",    "ets",    "theta", "dotm", "croston",
                                           "combine", "arima", "ces",    "sba",   "tsb"};
enum { METHODS = sizeof method_words / sizeof *method_words };

bool fore_series_method_parse(const char *word, fore_series_method *method)
{
    for (int i = 0; i < METHODS; i++) {
        if (strcmp(word, method_words[i]) != 0) continue;
        *method = (fore_series_method)i;
        return true;
    }
    return false;
}

const char *fore_series_method_word(fore_series_method method)
{
    return (unsigned)method < METHODS ? method_words[method] : "?";
}

fore_series_options fore_series_default(void)
{
    return (fore_series_options){.method = FORE_SERIES_AUTO,
                                 .levels = 2,
                                 .level = {80, 95},
                                 .intervals = FORE_INTERVAL_AUTO,
                                 .croston_alpha = 0.1};
}

typedef struct work {
    const fore_series_options *options;
    fore_series_forecast *out;
    fore_prepared series;
    int64_t m, steps; /* steps = tail + horizon */
    fore_member members[FORE_MEMBERS_MAX];
    int64_t count;
    double *fitted[FORE_MEMBERS_MAX], *mean, *variance, *scratch; /* inside one block */
    double *block;
} work;

static void note(work *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(work *w, const char *format, ...)
{
    char *text = w->out->note;
    size_t used = strlen(text), size = sizeof w->out->note;
    if (used > 0 && used + 3 < size) used += (size_t)snprintf(text + used, size - used, "; ");
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* ---- the question ---- */

static fore_status check(const double *y, int64_t n, int64_t m, int64_t horizon,
                         const fore_series_options *o, fore_error *err)
{
    if (n < 1 || !y)
        return fore_fail(err, FORE_E_NO_ANSWER, "the series is empty; give at least one value");
    if (n > FORE_SERIES_MAX)
        return fore_fail(err, FORE_E_LIMIT,
                         "the series has %lld values, more than %d; give the recent ones",
                         (long long)n, FORE_SERIES_MAX);
    if (m < 1)
        return fore_fail(err, FORE_E_ARGUMENT, "the season is %lld; give 1 or more steps",
                         (long long)m);
    if (horizon < 1)
        return fore_fail(err, FORE_E_ARGUMENT, "the horizon is %lld; give 1 or more steps",
                         (long long)horizon);
    if (horizon > FORE_HORIZON_MAX)
        return fore_fail(err, FORE_E_LIMIT, "the horizon is %lld steps, more than %d; give fewer",
                         (long long)horizon, FORE_HORIZON_MAX);
    if ((unsigned)o->method >= METHODS)
        return fore_fail(err, FORE_E_ARGUMENT, "there is no method number %d", (int)o->method);
    if (!(o->croston_alpha > 0 && o->croston_alpha <= 1))
        return fore_fail(err, FORE_E_ARGUMENT, "Croston's alpha is %g; give a number in (0, 1]",
                         o->croston_alpha);
    if (o->levels < 0 || o->levels > FORE_SERIES_LEVELS)
        return fore_fail(err, FORE_E_ARGUMENT, "%lld interval levels were asked for; give 0 to %d",
                         (long long)o->levels, FORE_SERIES_LEVELS);
    for (int64_t k = 0; k < o->levels; k++)
        if (!(o->level[k] > 0 && o->level[k] < 100))
            return fore_fail(
                err, FORE_E_ARGUMENT,
                "the interval level %g is not between 0 and 100 per cent; give for example 95",
                o->level[k]);
    return FORE_OK;
}

static fore_status make_result(int64_t n, int64_t horizon, const fore_series_options *o,
                               fore_series_forecast **result, fore_error *err)
{
    fore_series_forecast *f = FORE_ZNEW(1, fore_series_forecast);
    if (!f) return fore_no_memory(err);
    f->n = n, f->horizon = horizon, f->levels = o->levels;
    memcpy(f->level, o->level, sizeof f->level);
    f->loglik = f->aic = f->aicc = f->bic = f->sigma = NAN;
    f->mean = FORE_NEW(horizon, double);
    f->lower = FORE_NEW(horizon * o->levels, double);
    f->upper = FORE_NEW(horizon * o->levels, double);
    f->used = FORE_NEW(n, double);
    f->fitted = FORE_NEW(n, double);
    f->residuals = FORE_NEW(n, double);
    if (!f->mean || !f->lower || !f->upper || !f->used || !f->fitted || !f->residuals) {
        fore_series_free(f);
        return fore_no_memory(err);
    }
    *result = f;
    return FORE_OK;
}

void fore_series_free(fore_series_forecast *forecast)
{
    if (!forecast) return;
    fore_free(forecast->mean);
    fore_free(forecast->lower);
    fore_free(forecast->upper);
    fore_free(forecast->used);
    fore_free(forecast->fitted);
    fore_free(forecast->residuals);
    fore_free(forecast);
}

static fore_status make_scratch(work *w, fore_error *err)
{
    int64_t n = w->series.n, h = w->steps;
    w->block = FORE_NEW(FORE_MEMBERS_MAX * n + (2 + 2 * FORE_MEMBERS_MAX) * h, double);
    if (!w->block) return fore_no_memory(err);
    for (int i = 0; i < FORE_MEMBERS_MAX; i++) w->fitted[i] = w->block + i * n;
    w->mean = w->block + FORE_MEMBERS_MAX * n;
    w->variance = w->mean + h;
    w->scratch = w->variance + h;
    return FORE_OK;
}

/* ---- which method ---- */

static fore_series_method settle(work *w)
{
    const fore_prepared *s = &w->series;
    fore_series_method asked = w->options->method;
    if (s->constant && s->n > 1) {
        note(w, "all values are equal, so is the forecast");
        return FORE_SERIES_NAIVE;
    }
    if (asked != FORE_SERIES_AUTO) return asked;
    if (s->n < VALUES_LEAST) {
        note(w, "the history has only %lld value%s: the last one is repeated", (long long)s->n,
             s->n == 1 ? "" : "s");
        return FORE_SERIES_NAIVE;
    }
    if (2 * s->zeros > s->n && !s->negative) {
        note(
            w,
            "%lld of %lld values are zero: Croston's method for intermittent demand, its bias taken off",
            (long long)s->zeros, (long long)s->n);
        return FORE_SERIES_SBA;
    }
    return FORE_SERIES_COMBINE;
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
    case FORE_SERIES_ARIMA: return FORE_SERIES_ETS;
    default: return FORE_SERIES_NAIVE;
    }
}

static bool unusable(fore_status status)
{
    return status == FORE_E_NO_ANSWER || status == FORE_E_NUMERIC;
}

static fore_status fit_one(work *w, fore_series_method method, fore_error *err)
{
    fore_status status;
    fore_error why = {0};
    for (;; method = simpler(method)) {
        status = fore_member_fit(method, w->series.y, w->series.n, w->m, w->options->croston_alpha,
                                 w->members, w->fitted[0], &why);
        if (!unusable(status)) break;
        note(w, "%s; %s was used", why.message, fore_series_method_word(simpler(method)));
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

static fore_status fit_several(work *w, fore_error *err)
{
    static const fore_series_method list[] = {FORE_SERIES_ETS, FORE_SERIES_CES, FORE_SERIES_ARIMA,
                                              FORE_SERIES_DYNAMIC_THETA};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        fore_error why = {0};
        fore_status status =
            fore_member_fit(list[i], w->series.y, w->series.n, w->m, w->options->croston_alpha,
                            &w->members[w->count], w->fitted[w->count], &why);
        if (status == FORE_OK) {
            w->count++;
        } else if (unusable(status)) {
            note(w, "without %s: %s", fore_series_method_word(list[i]), why.message);
        } else {
            if (err) *err = why;
            return status;
        }
    }
    w->out->method = FORE_SERIES_COMBINE;
    return w->count > 0 ? FORE_OK : fit_one(w, FORE_SERIES_NAIVE, err);
}

/* ---- the answer ---- */

static void describe_history(work *w, const double *y)
{
    fore_series_forecast *f = w->out;
    const fore_prepared *s = &w->series;
    double at[FORE_MEMBERS_MAX];
    for (int64_t t = 0; t < f->n; t++) {
        int64_t inside = t - s->lead, known = 0;
        f->used[t] = f->fitted[t] = f->residuals[t] = NAN;
        if (inside < 0 || inside >= s->n) continue;
        for (int64_t i = 0; i < w->count; i++) /* ARIMA says nothing of its first values */
            if (!isnan(w->fitted[i][inside])) at[known++] = w->fitted[i][inside];
        f->used[t] = isnan(y[t]) ? s->y[inside] * s->scale : y[t];
        f->fitted[t] = fore_median(at, known) * s->scale;
        f->residuals[t] = f->used[t] - f->fitted[t];
    }
    f->missing = s->filled;
    if (s->filled)
        note(w, "%lld missing value%s filled along a straight line", (long long)s->filled,
             s->filled == 1 ? " was" : "s were");
    if (s->tail)
        note(w, "the last %lld value%s missing: they were forecast too", (long long)s->tail,
             s->tail == 1 ? " is" : "s are");
}

static void add_parameter(fore_series_forecast *f, const char *name, double value)
{
    if (f->parameters == FORE_SERIES_PARAMETERS) return;
    f->parameter[f->parameters++] = (fore_series_parameter){name, value};
}

static void describe_ets(work *w, const fore_ets *ets)
{
    fore_series_forecast *f = w->out;
    double shift = 2 * (double)ets->n * log(w->series.scale);
    add_parameter(f, "alpha", ets->alpha);
    if (ets->form.trend == 'A') add_parameter(f, "beta", ets->beta);
    if (ets->form.season != 'N') add_parameter(f, "gamma", ets->gamma);
    if (ets->form.damped) add_parameter(f, "phi", ets->phi);
    f->loglik = ets->loglik - shift / 2;
    f->aic = ets->aic + shift;
    f->aicc = ets->aicc + shift;
    f->bic = ets->bic + shift;
}

static void describe_arima(work *w, const fore_arima *a)
{
    static const char *const names[4][FORE_ARIMA_ORDER] = {{"ar1", "ar2", "ar3", "ar4", "ar5"},
                                                           {"ma1", "ma2", "ma3", "ma4", "ma5"},
                                                           {"sar1", "sar2"},
                                                           {"sma1", "sma2"}};
    const double *value[4] = {a->ar, a->ma, a->sar, a->sma};
    int64_t count[4] = {a->order.p, a->order.q, a->order.P, a->order.Q};
    fore_series_forecast *f = w->out;
    double shift = (double)(a->n - fore_arima_least(a) + 1) * log(w->series.scale);
    for (int part = 0; part < 4; part++)
        for (int64_t i = 0; i < count[part]; i++) add_parameter(f, names[part][i], value[part][i]);
    if (a->order.constant)
        add_parameter(f, a->order.d + a->order.D ? "drift" : "mean",
                      a->beta[2 * a->pairs] * w->series.scale);
    f->loglik = a->loglik - shift;
    f->aic = a->aic + 2 * shift;
    f->aicc = a->aicc + 2 * shift;
    f->bic = a->bic + 2 * shift;
}

static void describe_member(work *w, const fore_member *member)
{
    fore_series_forecast *f = w->out;
    switch (member->method) {
    case FORE_SERIES_SES:
    case FORE_SERIES_HOLT:
    case FORE_SERIES_ETS: describe_ets(w, &member->model.ets); break;
    case FORE_SERIES_HOLT_WINTERS:
        add_parameter(f, "alpha", member->model.hw.alpha);
        add_parameter(f, "beta", member->model.hw.beta);
        if (member->model.hw.seasonal) add_parameter(f, "gamma", member->model.hw.gamma);
        break;
    case FORE_SERIES_THETA:
    case FORE_SERIES_DYNAMIC_THETA:
        add_parameter(f, "alpha", member->model.theta.alpha);
        add_parameter(f, "theta", member->model.theta.theta);
        add_parameter(f, "slope",
                      member->model.theta.dynamic
                          ? member->model.theta.slope * w->series.scale
                          : 2 * member->model.theta.drift * w->series.scale);
        break;
    case FORE_SERIES_SBA:
    case FORE_SERIES_TSB:
    case FORE_SERIES_CROSTON: add_parameter(f, "alpha", member->croston_alpha); break;
    case FORE_SERIES_ARIMA: describe_arima(w, &member->model.arima); break;
    case FORE_SERIES_CES:
        add_parameter(f, "a0", member->model.ces.a0);
        add_parameter(f, "a1", member->model.ces.a1);
        break;
    default: break;
    }
}

static void describe_model(work *w)
{
    fore_series_forecast *f = w->out;
    char name[64];
    size_t used = 0;
    if (w->count == 1) describe_member(w, w->members);
    for (int64_t i = 0; i < w->count; i++)
        if (w->members[i].from)
            note(w, "ARIMA was fitted on the newest %lld values",
                 (long long)(w->series.n - w->members[i].from));
    if (w->members[0].index)
        note(w, "the season of %lld steps was taken out first and put back", (long long)w->m);
    if (w->count > 1) used += (size_t)snprintf(f->name, sizeof f->name, "median of ");
    for (int64_t i = 0; i < w->count; i++) {
        const char *joint = i == 0 ? "" : i + 1 < w->count ? ", " : " and ";
        fore_member_name(&w->members[i], name);
        if (used < sizeof f->name)
            used += (size_t)snprintf(f->name + used, sizeof f->name - used, "%s%s", joint, name);
    }
}

static double bounded(const work *w, double v) { return w->options->non_negative && v < 0 ? 0 : v; }

/* Student's t for a combination, whose short histories make normal intervals too narrow; a single
 * model keeps the normal intervals of its literature. */
static double model_factor(const work *w, double level)
{
    double p = 0.5 + level / 200, freedom = (double)w->series.n;
    if (w->count == 1) return fore_normal_quantile(p);
    for (int64_t i = 0; i < w->count; i++)
        freedom -= (double)w->members[i].parameters / (double)w->count;
    double spent = (double)w->series.n - freedom, n = (double)w->series.n;
    return fore_t_quantile(p, fmax(1, freedom)) * sqrt(1 + spent / n);
}

static void put_intervals(work *w, const fore_conformal *conformal)
{
    fore_series_forecast *f = w->out;
    bool learned = conformal->origins > 0;
    f->intervals = learned ? FORE_INTERVAL_CONFORMAL : FORE_INTERVAL_MODEL;
    f->origins = conformal->origins;
    for (int64_t k = 0; k < f->levels; k++) {
        double q = model_factor(w, f->level[k]);
        if (learned) q = fmax(q, fore_conformal_factor(conformal, f->level[k]));
        for (int64_t h = 0; h < f->horizon; h++) {
            int64_t step = w->series.tail + h;
            double half = q * sqrt(w->variance[step]);
            f->lower[h + k * f->horizon] = bounded(w, (w->mean[step] - half) * w->series.scale);
            f->upper[h + k * f->horizon] = bounded(w, (w->mean[step] + half) * w->series.scale);
        }
    }
    for (int64_t h = 0; h < f->horizon; h++)
        f->mean[h] = bounded(w, w->mean[w->series.tail + h] * w->series.scale);
    f->sigma = sqrt(w->variance[0]) * w->series.scale;
    if (f->levels > 0 && isnan(w->variance[0])) note(w, "too few values for an interval");
}

static fore_status answer(work *w, const double *y, fore_error *err)
{
    fore_conformal conformal = {0};
    double top = 0;
    fore_interval_kind kind = w->options->intervals;
    fore_combine(w->members, w->count, w->series.y, w->series.n, w->steps, w->mean, w->variance,
                 w->scratch);
    if (w->series.constant && w->series.n > 1)
        for (int64_t h = 0; h < w->steps; h++) w->variance[h] = 0;
    for (int64_t k = 0; k < w->options->levels; k++) top = fmax(top, w->options->level[k]);
    bool several = w->out->method == FORE_SERIES_COMBINE;
    if (!w->series.constant && top > 0 &&
        (kind == FORE_INTERVAL_CONFORMAL || (kind == FORE_INTERVAL_AUTO && several)))
        FORE_TRY(fore_conformal_learn(w->members, w->count, w->series.y, w->series.n, w->steps, top,
                                      &conformal, err));
    if (kind == FORE_INTERVAL_CONFORMAL && conformal.origins == 0 && top > 0)
        note(w, "the history is too short for conformal intervals: they come from the model");
    describe_history(w, y);
    describe_model(w);
    put_intervals(w, &conformal);
    fore_conformal_free(&conformal);
    for (int64_t h = 0; h < w->out->horizon; h++)
        if (!isfinite(w->out->mean[h]))
            return fore_fail(
                err, FORE_E_NUMERIC,
                "step %lld of the forecast is too large for a number; give the series in a larger "
                "unit or a shorter horizon",
                (long long)h + 1);
    return FORE_OK;
}

fore_status fore_series_run(const double *y, int64_t n, int64_t m, int64_t horizon,
                            const fore_series_options *options, fore_series_forecast **forecast,
                            fore_error *err)
{
    fore_series_options standard = fore_series_default();
    work w = {.options = options ? options : &standard, .m = m};
    fore_status status;
    *forecast = NULL;
    FORE_TRY(check(y, n, m, horizon, w.options, err));
    FORE_GO(fore_prepare(y, n, &w.series, err));
    FORE_GO(make_result(n, horizon, w.options, &w.out, err));
    w.steps = w.series.tail + horizon;
    if (w.steps > FORE_HORIZON_MAX) {
        status =
            fore_fail(err, FORE_E_LIMIT,
                      "the last %lld values are missing, which with the horizon makes more than %d "
                      "steps; cut the series where its values end",
                      (long long)w.series.tail, FORE_HORIZON_MAX);
        goto done;
    }
    FORE_GO(make_scratch(&w, err));
    fore_series_method method = settle(&w);
    if (method == FORE_SERIES_COMBINE)
        FORE_GO(fit_several(&w, err));
    else
        FORE_GO(fit_one(&w, method, err));
    FORE_GO(answer(&w, y, err));
    *forecast = w.out;
    w.out = NULL;
done:
    for (int64_t i = 0; i < w.count; i++) fore_member_free(&w.members[i]);
    fore_free(w.block);
    fore_prepared_free(&w.series);
    fore_series_free(w.out);
    return status;
}

/* ---- many ---- */

typedef struct batch {
    fore_series_task *tasks;
    const fore_series_options *options;
} batch;

static fore_status run_task(void *context, int64_t block, int worker, fore_error *err)
{
    batch *b = context;
    fore_series_task *task = &b->tasks[block];
    fore_error own = {0};
    (void)worker;
    task->forecast = NULL;
    task->message[0] = '\0';
    task->status = fore_series_run(task->y, task->n, task->m, task->horizon, b->options,
                                   &task->forecast, &own);
    if (task->status != FORE_OK)
        snprintf(task->message, sizeof task->message, "%.*s", (int)sizeof task->message - 1,
                 own.message);
    return task->status == FORE_E_MEMORY ? fore_no_memory(err) : FORE_OK;
}

fore_status fore_series_batch(fore_pool *pool, fore_series_task *tasks, int64_t count,
                              const fore_series_options *options, fore_error *err)
{
    batch b = {tasks, options};
    for (int64_t i = 0; i < count; i++)
        tasks[i].forecast = NULL, tasks[i].status = FORE_OK, tasks[i].message[0] = 0;
    return fore_pool_run(pool, count, run_task, &b, err);
}
