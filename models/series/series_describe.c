/* What a forecast says of itself: the history as used, the model's name, parameters and criteria,
 * and the notes. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/num/special.h"
#include "models/series/series_inside.h"

static void add_sentence(char *text, size_t size, const char *format, va_list args)
{
    size_t used = strlen(text);
    if (used > 0 && used + 3 < size) used += (size_t)snprintf(text + used, size - used, "; ");
    vsnprintf(text + used, size - used, format, args);
}

void series_note(series_work *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_sentence(w->out->note, sizeof w->out->note, format, args);
    va_end(args);
}

void series_note_result(fore_series_forecast *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_sentence(f->note, sizeof f->note, format, args);
    va_end(args);
}
void series_describe_history(series_work *w, const double *y)
{
    fore_series_forecast *f = w->out;
    const fore_prepared *s = &w->series;
    double at[FORE_MEMBERS_MAX];
    for (int64_t t = 0; t < f->n; t++) {
        int64_t inside = t - s->lead;
        f->used[t] = f->fitted[t] = f->residuals[t] = NAN;
        if (inside < 0 || inside >= s->n) continue;
        for (int64_t i = 0; i < w->count; i++) at[i] = w->fitted[i][inside];
        f->used[t] = isnan(y[t]) ? s->y[inside] * s->scale : y[t];
        f->fitted[t] = fore_combined(w->members, w->count, at) * s->scale;
        f->residuals[t] = f->used[t] - f->fitted[t];
    }
    f->missing = s->filled;
    if (s->filled)
        series_note(w, "%lld missing value%s filled along a straight line", (long long)s->filled,
                    s->filled == 1 ? " was" : "s were");
    if (s->tail)
        series_note(w, "the last %lld value%s missing; the forecast starts behind them", (long long)s->tail,
                    s->tail == 1 ? " is" : "s are");
}

static void add_parameter(fore_series_forecast *f, const char *name, double value)
{
    if (f->parameters == FORE_SERIES_PARAMETERS) return;
    f->parameter[f->parameters++] = (fore_series_parameter){name, value};
}

static void describe_ets(series_work *w, const fore_ets *ets)
{
    fore_series_forecast *f = w->out;
    double shift = 2 * (double)ets->n * log(w->series.scale);
    add_parameter(f, "alpha", ets->alpha);
    if (ets->form.trend != 'N') add_parameter(f, "beta", ets->beta);
    if (ets->form.season != 'N') add_parameter(f, "gamma", ets->gamma);
    if (ets->form.damped) add_parameter(f, "phi", ets->phi);
    f->loglik = ets->loglik - shift / 2;
    f->aic = ets->aic + shift;
    f->aicc = ets->aicc + shift;
    f->bic = ets->bic + shift;
}

static void describe_arima(series_work *w, const fore_arima *a)
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

static void describe_member(series_work *w, const fore_member *member)
{
    fore_series_forecast *f = w->out;
    switch (member->method) {
    case FORE_SERIES_SES:
    case FORE_SERIES_HOLT:
    case FORE_SERIES_MSTL:
    case FORE_SERIES_ETS: describe_ets(w, &member->model.ets); break;
    case FORE_SERIES_HOLT_WINTERS:
        add_parameter(f, "alpha", member->model.hw.alpha);
        add_parameter(f, "beta", member->model.hw.beta);
        if (member->model.hw.seasonal) add_parameter(f, "gamma", member->model.hw.gamma);
        break;
    case FORE_SERIES_THETA:
    case FORE_SERIES_DYNAMIC_THETA:
    case FORE_SERIES_OPTIMISED_THETA:
        add_parameter(f, "alpha", member->model.theta.alpha);
        add_parameter(f, "theta", member->model.theta.theta);
        add_parameter(f, "slope",
                      (member->model.theta.form == FORE_THETA_STANDARD
                           ? 2 * member->model.theta.drift
                           : member->model.theta.slope) *
                          w->series.scale);
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

static bool taken_out(const fore_seasons *s, int64_t length)
{
    for (int64_t i = 0; i < s->count; i++)
        if (s->length[i] == length) return true;
    return false;
}

static void describe_seasons(series_work *w)
{
    const fore_seasons *s = &w->members[0].seasons;
    const fore_series_options *o = w->options;
    for (int64_t i = 0; i < s->count; i++)
        series_note(w, "the season of %lld steps was taken out first and put back",
                    (long long)s->length[i]);
    for (int64_t i = 0; i < o->seasons; i++)
        if (!taken_out(s, o->season[i]))
            series_note(w, "the season of %lld steps was %sleft out", (long long)o->season[i],
                        o->seasons_tried ? "tried and " : "");
}

/* "0.43 Theta + 0.31 ETS(A,A,N) + ...": the largest weights first, until the rest is less than a
 * twentieth. The parameters are all weights. */
static void describe_weights(series_work *w)
{
    fore_series_forecast *f = w->out;
    bool told[FORE_MEMBERS_MAX] = {false};
    double rest = 1;
    size_t used = 0, size = sizeof f->name;
    for (int64_t i = 0; i < w->count; i++)
        add_parameter(f, fore_series_method_word(w->members[i].method), w->members[i].weight);
    for (int64_t k = 0; k < w->count && rest >= 0.05 && used < size; k++) {
        char name[64];
        int64_t top = -1;
        for (int64_t i = 0; i < w->count; i++)
            if (!told[i] && (top < 0 || w->members[i].weight > w->members[top].weight)) top = i;
        told[top] = true;
        rest -= w->members[top].weight;
        fore_member_name(&w->members[top], name);
        used += (size_t)snprintf(f->name + used, size - used, "%s%.2f %s", k ? " + " : "",
                                 w->members[top].weight, name);
    }
}

static void describe_members(series_work *w)
{
    fore_series_forecast *f = w->out;
    char name[64];
    size_t used = 0;
    if (w->count > 1) used += (size_t)snprintf(f->name, sizeof f->name, "median of ");
    for (int64_t i = 0; i < w->count; i++) {
        const char *joint = i == 0 ? "" : i + 1 < w->count ? ", " : " and ";
        fore_member_name(&w->members[i], name);
        if (used < sizeof f->name)
            used += (size_t)snprintf(f->name + used, sizeof f->name - used, "%s%s", joint, name);
    }
}

void series_describe_model(series_work *w)
{
    if (w->count == 1) describe_member(w, w->members);
    for (int64_t i = 0; i < w->count; i++)
        if (w->members[i].from)
            series_note(w, "ARIMA was fitted on the newest %lld values",
                        (long long)(w->series.n - w->members[i].from));
    describe_seasons(w);
    if (w->out->method == FORE_SERIES_LEARNED)
        describe_weights(w);
    else
        describe_members(w);
}
