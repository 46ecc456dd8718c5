/* Intervals around the combined forecast, from the model or learned from past origins (combine.h),
 * and the way back into the unit of y. */
#include <math.h>

#include "engine/num/special.h"
#include "models/series/series_inside.h"

static double bounded(const series_work *w, double v)
{
    return w->options->non_negative && v < 0 ? 0 : v;
}

/* Student's t for a combination, whose short histories make normal intervals too narrow; a single
 * model keeps the normal intervals of its literature. */
static double model_factor(const series_work *w, double level)
{
    double p = 0.5 + level / 200, freedom = (double)w->series.n;
    if (w->count == 1) return fore_normal_quantile(p);
    for (int64_t i = 0; i < w->count; i++)
        freedom -= (double)w->members[i].parameters / (double)w->count;
    double spent = (double)w->series.n - freedom, n = (double)w->series.n;
    return fore_t_quantile(p, fmax(1, freedom)) * sqrt(1 + spent / n);
}

void series_put_intervals(series_work *w, const fore_conformal *conformal)
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
    if (f->levels > 0 && isnan(w->variance[0])) series_note(w, "too few values for an interval");
}
fore_status series_learn_intervals(series_work *w, fore_conformal *conformal, fore_error *err)
{
    fore_interval_kind kind = w->options->intervals;
    bool several = w->out->method == FORE_SERIES_COMBINE;
    double top = 0;
    for (int64_t k = 0; k < w->options->levels; k++) top = fmax(top, w->options->level[k]);
    if (top > 0 && !w->series.constant &&
        (kind == FORE_INTERVAL_CONFORMAL || (kind == FORE_INTERVAL_AUTO && several)))
        FORE_TRY(fore_conformal_learn(w->members, w->count, w->series.y, w->series.n, w->steps, top,
                                      conformal, err));
    if (kind == FORE_INTERVAL_CONFORMAL && conformal->origins == 0 && top > 0)
        series_note(w,
                    "the history is too short for conformal intervals: they come from the model");
    return FORE_OK;
}
