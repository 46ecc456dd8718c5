/* The question and the frame of its answer: names of methods, defaults, what is refused, the memory
 * of a result. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "models/series/series_inside.h"

static const char *const method_words[] = {
    "auto", "naive",   "snaive",  "drift", "mean", "ses", "holt", "hw",  "ets", "theta",
    "dotm", "croston", "combine", "arima", "ces",  "sba", "tsb",  "otm", "mstl",
    "learned"};
enum { METHODS = sizeof method_words / sizeof *method_words };

bool fore_series_method_parse(const char *word, fore_series_method *method)
{
    for (int i = 0; i < METHODS; i++) {
        if (!fore_text_equal_fold(word, method_words[i])) continue;
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
fore_status series_check(const double *y, int64_t n, int64_t m, int64_t horizon,
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
    if ((unsigned)o->cleaning > FORE_CLEAN_OFF)
        return fore_fail(err, FORE_E_ARGUMENT, "there is no cleaning of kind %d", (int)o->cleaning);
    if (o->paths < 0 || o->paths > FORE_SERIES_PATHS)
        return fore_fail(err, FORE_E_ARGUMENT, "%lld sample paths were asked for; give 0 to %d",
                         (long long)o->paths, FORE_SERIES_PATHS);
    if (o->paths * horizon > FORE_SERIES_PATH_VALUES)
        return fore_fail(err, FORE_E_LIMIT,
                         "%lld sample paths of %lld steps are more than %d values; give fewer",
                         (long long)o->paths, (long long)horizon, FORE_SERIES_PATH_VALUES);
    if ((unsigned)o->intervals > FORE_INTERVAL_ADAPTIVE)
        return fore_fail(err, FORE_E_ARGUMENT, "there are no intervals of kind %d",
                         (int)o->intervals);
    if (!(o->croston_alpha > 0 && o->croston_alpha <= 1))
        return fore_fail(err, FORE_E_ARGUMENT, "Croston's alpha is %g; give a number in (0, 1]",
                         o->croston_alpha);
    if ((unsigned)o->transform > FORE_TRANSFORM_AUTO)
        return fore_fail(err, FORE_E_ARGUMENT, "there is no transformation number %d",
                         (int)o->transform);
    if (o->transform == FORE_TRANSFORM_BOX_COX && !(fabs(o->lambda) <= 2))
        return fore_fail(err, FORE_E_ARGUMENT, "lambda is %g; give a number between -2 and 2",
                         o->lambda);
    if (o->seasons < 0 || o->seasons > FORE_SERIES_SEASONS)
        return fore_fail(err, FORE_E_ARGUMENT, "%lld more seasons were given; give 0 to %d",
                         (long long)o->seasons, FORE_SERIES_SEASONS);
    for (int64_t k = 0; k < o->seasons; k++)
        if (o->season[k] < 2)
            return fore_fail(err, FORE_E_ARGUMENT, "a season is %lld; give 2 or more steps",
                             (long long)o->season[k]);
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

fore_status series_make_result(int64_t n, int64_t horizon, const fore_series_options *o,
                               fore_series_forecast **result, fore_error *err)
{
    fore_series_forecast *f = FORE_ZNEW(1, fore_series_forecast);
    if (!f) return fore_no_memory(err);
    f->n = n, f->horizon = horizon, f->levels = o->levels;
    memcpy(f->level, o->level, sizeof f->level);
    f->loglik = f->aic = f->aicc = f->bic = f->sigma = f->lambda = NAN;
    f->mean = FORE_NEW(horizon, double);
    f->sd = FORE_NEW(horizon, double);
    f->lower = FORE_NEW(horizon * o->levels, double);
    f->upper = FORE_NEW(horizon * o->levels, double);
    f->used = FORE_NEW(n, double);
    f->fitted = FORE_NEW(n, double);
    f->residuals = FORE_NEW(n, double);
    if (!f->mean || !f->sd || !f->lower || !f->upper || !f->used || !f->fitted || !f->residuals) {
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
    fore_free(forecast->sd);
    fore_free(forecast->lower);
    fore_free(forecast->upper);
    fore_free(forecast->used);
    fore_free(forecast->fitted);
    fore_free(forecast->residuals);
    fore_free(forecast->effect);
    fore_free(forecast->path);
    fore_free(forecast->outlier);
    fore_free(forecast);
}
