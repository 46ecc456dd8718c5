/* Intervals around the forecast, from the model or learned from past origins (conformal.h), and the
 * way back into the unit of y. */
#include <math.h>

#include "engine/num/special.h"
#include "models/series/series_inside.h"

double series_bounded(const series_work *w, double v)
{
    return w->options->non_negative && v < 0 ? 0 : v;
}

/* Nothing to fit: the errors of past origins are as honest as those to come. */
static bool plain(const series_work *w) { return w->count == 1 && w->members[0].parameters == 0; }

fore_status series_learn_intervals(series_work *w, fore_error *err)
{
    const fore_series_options *o = w->options;
    fore_conformal *c = &w->conformal;
    *c = fore_conformal_model(w->members, w->count, w->series.n);
    if (o->intervals == FORE_INTERVAL_MODEL && w->count == 1) c->freedom = INFINITY;
    if (w->series.constant || (o->intervals == FORE_INTERVAL_MODEL && o->paths == 0))
        return FORE_OK;
    if (o->levels + o->paths == 0) return FORE_OK;
    FORE_TRY(
        fore_replay_run(w->members, w->count, w->series.y, w->series.n, w->steps, &w->replay, err));
    if (o->intervals == FORE_INTERVAL_MODEL) return FORE_OK;
    FORE_TRY(fore_conformal_learn(&w->replay, w->variance, w->steps, plain(w), o->level,
                                  o->intervals == FORE_INTERVAL_ADAPTIVE ? o->levels : 0, c, err));
    if (o->intervals != FORE_INTERVAL_AUTO && c->origins == 0)
        series_note(w,
                    "the history is too short for conformal intervals: they come from the model");
    return FORE_OK;
}

static fore_interval_kind kind_of(const series_work *w)
{
    if (w->conformal.origins == 0) return FORE_INTERVAL_MODEL;
    return w->conformal.levels ? FORE_INTERVAL_ADAPTIVE : FORE_INTERVAL_CONFORMAL;
}

static void put_level(series_work *w, int64_t k)
{
    fore_series_forecast *f = w->out;
    fore_quantiles q = fore_conformal_level(&w->conformal, f->level[k]);
    for (int64_t h = 0; h < f->horizon; h++) {
        int64_t step = w->series.tail + h;
        double sd = sqrt(w->variance[step]), mean = w->mean[step];
        double low = mean - sd * fore_conformal_below(&w->conformal, &q, step);
        double high = mean + sd * fore_conformal_above(&w->conformal, &q, step);
        f->lower[h + k * f->horizon] = series_bounded(w, low * w->series.scale);
        f->upper[h + k * f->horizon] = series_bounded(w, high * w->series.scale);
    }
}

void series_put_intervals(series_work *w)
{
    fore_series_forecast *f = w->out;
    f->intervals = kind_of(w);
    f->origins = w->conformal.origins;
    for (int64_t k = 0; k < f->levels; k++) put_level(w, k);
    for (int64_t h = 0; h < f->horizon; h++)
        f->mean[h] = series_bounded(w, w->mean[w->series.tail + h] * w->series.scale);
    f->sigma = sqrt(w->variance[0]) * w->series.scale;
    if (f->levels > 0 && isnan(w->variance[0])) series_note(w, "too few values for an interval");
}
