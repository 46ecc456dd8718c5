/* Sample paths: joint draws of the steps to come (errors_ahead.h; what is not known of the slope
 * and of the scale is one error of the whole path) whose ranks at each step are mapped onto the
 * quantiles of the intervals (a Gaussian copula with exact margins: of P paths, the one of rank r
 * at a step takes the quantile (r + 1/2) / P there). */
#include <math.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/special.h"
#include "models/series/errors_ahead.h"
#include "models/series/series_inside.h"

/* FNV-1a over the bytes of the values: a stream of the series' own, wherever it stands. */
static uint64_t stream_of(const fore_prepared *s)
{
    const unsigned char *bytes = (const unsigned char *)s->y;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < (size_t)s->n * sizeof(double); i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static double from_rank(const series_work *w, const fore_quantiles *q, int64_t step, int64_t rank,
                        int64_t count)
{
    double sd = sqrt(w->variance[step]), v = w->mean[step];
    const fore_quantiles *level = &q[rank < count - 1 - rank ? rank : count - 1 - rank];
    if (2 * rank + 1 < count) v -= sd * fore_conformal_below(&w->conformal, level, step);
    if (2 * rank + 1 > count) v += sd * fore_conformal_above(&w->conformal, level, step);
    return series_bounded(w, v * w->series.scale);
}

typedef struct shared_error { /* of a whole path */
    double slope, scale;
} shared_error;

/* Student's t around the model has its tails from a scale that is not known: one for all steps. */
static shared_error draw_shared(const series_work *w, fore_random *random)
{
    double freedom = w->conformal.freedom, slope = fore_random_normal(random);
    if (isinf(freedom)) return (shared_error){slope, 1};
    return (shared_error){slope, 1 / sqrt(fore_random_gamma(random, freedom / 2) / (freedom / 2))};
}

/* Errors of the steps as they hang together, then the doubt about the slope, in its share. */
static void share_errors(series_work *w, const shared_error *shared)
{
    fore_series_forecast *f = w->out;
    for (int64_t h = 0; h < f->horizon; h++) {
        int64_t step = w->series.tail + h;
        double share = w->common[step] / w->variance[step], squares = 0;
        if (!(share > 0)) share = 0;
        for (int64_t i = 0; i < f->paths; i++)
            squares += f->path[h + i * f->horizon] * f->path[h + i * f->horizon];
        double sd = squares > 0 ? sqrt(squares / (double)f->paths) : 1;
        for (int64_t i = 0; i < f->paths; i++) {
            double *e = &f->path[h + i * f->horizon];
            *e = (*e / sd * sqrt(1 - share) + shared[i].slope * sqrt(share)) * shared[i].scale;
        }
    }
}

/* How much of an error stays was told from n values, with a standard error near 1 / sqrt(n), and
 * rather too little of it: the roots of the mean squares take the place of the estimates. */
static void doubt_what_stays(fore_errors_ahead *model, int64_t n)
{
    for (int64_t j = 1; j < model->lags; j++) {
        double size = fabs(model->psi[j]);
        model->psi[j] += sqrt(size * size + 1 / (double)n) - size;
    }
}

static void draw_errors(series_work *w, shared_error *shared, double *errors, double *room)
{
    fore_series_forecast *f = w->out;
    fore_errors_ahead model = fore_errors_ahead_learn(&w->replay, f->residuals + w->series.lead,
                                                      w->series.n, w->m, w->variance, w->steps);
    uint64_t stream = stream_of(&w->series);
    if (w->options->intervals != FORE_INTERVAL_MODEL && !series_plain(w))
        doubt_what_stays(&model, w->series.n);
    for (int64_t i = 0; i < f->paths; i++) {
        fore_random random = fore_random_new(w->options->seed, stream + (uint64_t)i);
        shared[i] = draw_shared(w, &random);
        fore_errors_ahead_draw(&model, &random, w->steps, errors, room);
        for (int64_t h = 0; h < f->horizon; h++)
            f->path[h + i * f->horizon] = errors[w->series.tail + h];
    }
    share_errors(w, shared);
}

static bool map_ranks(series_work *w, const fore_quantiles *q, double *at, int64_t *order)
{
    fore_series_forecast *f = w->out;
    for (int64_t h = 0; h < f->horizon; h++) {
        for (int64_t i = 0; i < f->paths; i++) at[i] = f->path[h + i * f->horizon];
        if (!fore_order(at, f->paths, order)) return false;
        for (int64_t r = 0; r < f->paths; r++)
            f->path[h + order[r] * f->horizon] = from_rank(w, q, w->series.tail + h, r, f->paths);
    }
    return true;
}

fore_status series_draw_paths(series_work *w, fore_error *err)
{
    fore_series_forecast *f = w->out;
    int64_t paths = w->options->paths;
    if (paths == 0) return FORE_OK;
    if (isnan(w->variance[0])) {
        series_note(w, "too few values for sample paths");
        return FORE_OK;
    }
    f->path = FORE_NEW(f->horizon * paths, double);
    double *room = FORE_NEW(3 * w->steps, double);
    double *at = FORE_NEW(paths, double);
    int64_t *order = FORE_NEW(paths, int64_t);
    fore_quantiles *q = FORE_NEW(paths / 2 + 1, fore_quantiles);
    shared_error *shared = FORE_NEW(paths, shared_error);
    bool enough = f->path && room && at && order && q && shared;
    if (enough) {
        f->paths = paths;
        for (int64_t r = 0; 2 * r + 1 < paths; r++)
            q[r] = fore_conformal_level(&w->conformal,
                                        100 * (1 - (double)(2 * r + 1) / (double)paths));
        draw_errors(w, shared, room, room + w->steps);
        enough = map_ranks(w, q, at, order);
    }
    fore_free(room);
    fore_free(at);
    fore_free(order);
    fore_free(q);
    fore_free(shared);
    return enough ? FORE_OK : fore_no_memory(err);
}

/* The margins are the bounds: what a single step has is told as it is. */
static bool single_step(const fore_series_forecast *f, int64_t step, double level,
                        fore_series_sum *sum)
{
    for (int64_t k = 0; k < f->levels; k++) {
        if (f->level[k] != level) continue;
        sum->lower = f->lower[step + k * f->horizon];
        sum->upper = f->upper[step + k * f->horizon];
        return true;
    }
    return false;
}

/* Of P sorted totals, the one of rank r is their quantile (r + 1/2) / P (Hazen 1914), as paths are
 * made; beyond the first and the last nothing is known. */
static double total_at(const double *totals, int64_t paths, double p)
{
    double place = p * (double)paths - 0.5, last = (double)(paths - 1);
    if (place < -1e-9 || place > last + 1e-9) return NAN;
    return fore_quantile_sorted(totals, paths, last > 0 ? fmin(1, fmax(0, place / last)) : 0);
}

fore_status fore_series_add_up(const fore_series_forecast *forecast, int64_t first, int64_t count,
                               double level, fore_series_sum *sum, fore_error *err)
{
    const fore_series_forecast *f = forecast;
    *sum = (fore_series_sum){0};
    if (first < 0 || count < 1 || count > f->horizon - first)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "steps %lld to %lld are not all inside the forecast's %lld",
                         (long long)first + 1, (long long)(first + count), (long long)f->horizon);
    if (!(level > 0 && level < 100))
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "the interval level %g is not between 0 and 100 per cent; give for example 95", level);
    if (f->paths == 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "the forecast has no sample paths; ask for some, for example 1000");
    double *totals = FORE_NEW(f->paths, double);
    if (!totals) return fore_no_memory(err);
    for (int64_t i = 0; i < f->paths; i++) {
        totals[i] = 0;
        for (int64_t h = first; h < first + count; h++) totals[i] += f->path[h + i * f->horizon];
    }
    for (int64_t h = first; h < first + count; h++) sum->mean += f->mean[h];
    fore_sort(totals, f->paths);
    sum->sd = f->paths > 1 ? sqrt(fore_variance(totals, f->paths)) : 0;
    if (count > 1 || !single_step(f, first, level, sum)) {
        double lower = total_at(totals, f->paths, 0.5 - level / 200);
        double upper = total_at(totals, f->paths, 0.5 + level / 200);
        sum->lower = isnan(lower) ? NAN : fmin(sum->mean, lower);
        sum->upper = isnan(upper) ? NAN : fmax(sum->mean, upper);
    }
    fore_free(totals);
    return FORE_OK;
}
