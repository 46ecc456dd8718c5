/* Intervals around the forecast, from the model or learned from past origins (conformal.h), the
 * doubt about a slope added to either (slope_doubt.h), and the way back into the unit of y. */
#include <math.h>

#include "engine/num/special.h"
#include "models/series/series_inside.h"
#include "models/series/slope_doubt.h"

double series_bounded(const series_work *w, double v)
{
    return w->options->non_negative && v < 0 ? 0 : v;
}

bool series_plain(const series_work *w) { return w->count == 1 && w->members[0].parameters == 0; }

/* ---- the doubt about the slope ---- */

static bool is_theta(const fore_member *m)
{
    return m->method == FORE_SERIES_THETA || m->method == FORE_SERIES_DYNAMIC_THETA;
}

/* What members do not agree on tells some of it already, and so do past errors of methods that draw
 * their line anew at each origin. */
static double slope_weight(const series_work *w)
{
    if (series_plain(w)) return 0;
    return w->count > 1 || is_theta(w->members) ? 0.5 : 1;
}

/* Of k steps, free of the season's shape: from the replay, and where there is none the less of what
 * the variance and what its share of the mean's square grow by. */
static double slope_alpha(const series_work *w, const double *mean, const double *variance,
                          int64_t k)
{
    double share[FORE_REPLAY_LEAST];
    if (w->replay.origins > 0 && w->replay.steps >= k) return fore_slope_alpha(w->replay.growth, k);
    double alpha = fore_slope_alpha(variance, k);
    if (w->m == 1) return alpha;
    for (int64_t i = 0; i < k; i++) share[i] = variance[i] / (mean[i] * mean[i]);
    return fmin(alpha, fore_slope_alpha(share, k));
}

/* alpha from as many steps whatever the horizon, and inside one season: the next one's index is new
 * too. False where the variances are not known. */
static bool doubt_slope(const series_work *w, fore_slope_doubt *doubt)
{
    double mean[FORE_REPLAY_LEAST], variance[FORE_REPLAY_LEAST];
    double scratch[2 * FORE_MEMBERS_MAX * FORE_REPLAY_LEAST];
    int64_t k = w->m > 1 && w->m < FORE_REPLAY_LEAST ? w->m : FORE_REPLAY_LEAST;
    fore_combine(w->members, w->count, w->series.y, w->series.n, k, mean, variance, scratch);
    if (!(variance[0] > 0) || isinf(variance[0])) return false;
    *doubt = fore_slope_doubt_new(slope_alpha(w, mean, variance, k));
    fore_slope_doubt_add(doubt, w->series.n);
    return true;
}

/* What a step's moment has one step ahead: of step 0, or of the step of its season. */
static double one_step_variance(const series_work *w, int64_t h)
{
    const fore_replay *p = &w->replay;
    int64_t k = w->m > 1 && p->origins > 0 ? h % w->m : 0;
    if (k == 0) return w->variance[0];
    return w->variance[k] / p->growth[k < p->steps ? k : p->steps - 1];
}

/* The doubt about the slope, and what seasons that were taken out add beyond their theory: both in
 * one-step variances of the step's moment. */
static void add_doubts(series_work *w)
{
    fore_slope_doubt doubt;
    double weight = slope_weight(w), hindsight = w->replay.hindsight;
    if (weight > 0 && !doubt_slope(w, &doubt)) weight = 0;
    for (int64_t h = 0; h < w->steps; h++) w->common[h] = one_step_variance(w, h);
    for (int64_t h = 0; h < w->steps; h++) {
        if (hindsight > 0) w->variance[h] += hindsight * w->common[h];
        w->common[h] = weight > 0 ? w->common[h] * weight * fore_slope_doubt_at(&doubt, h) : 0;
        w->variance[h] += w->common[h];
    }
}

/* ---- intervals ---- */

/* The model's own, whatever is added for the intervals. */
static void put_sd(series_work *w)
{
    for (int64_t h = 0; h < w->out->horizon; h++)
        w->out->sd[h] = sqrt(w->variance[w->series.tail + h]) * w->series.scale;
}

static fore_status learn_from_past(series_work *w, fore_error *err)
{
    const fore_series_options *o = w->options;
    bool adapts = o->intervals == FORE_INTERVAL_ADAPTIVE,
         model = o->intervals == FORE_INTERVAL_MODEL;
    if (o->levels + o->paths == 0 || (model && o->paths == 0)) return FORE_OK;
    FORE_TRY(
        fore_replay_run(w->members, w->count, w->series.y, w->series.n, w->steps, &w->replay, err));
    if (model) return FORE_OK;
    FORE_TRY(fore_conformal_learn(&w->replay, w->variance, w->steps, series_plain(w), o->level,
                                  adapts ? o->levels : 0, &w->conformal, err));
    if (o->intervals != FORE_INTERVAL_AUTO && w->conformal.origins == 0)
        series_note(w,
                    "the history is too short for conformal intervals: they come from the model");
    return FORE_OK;
}

fore_status series_learn_intervals(series_work *w, fore_error *err)
{
    bool model = w->options->intervals == FORE_INTERVAL_MODEL;
    w->conformal = fore_conformal_model(w->members, w->count, w->series.n);
    if (model && w->count == 1) w->conformal.freedom = INFINITY;
    if (!w->series.constant) FORE_TRY(learn_from_past(w, err));
    put_sd(w);
    if (w->series.constant || model) return FORE_OK;
    add_doubts(w);
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
