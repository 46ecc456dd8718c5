/* The simple rules: last period, the same one of last year, the run rate, exponential smoothing;
 * and stage weights as CRMs multiply them out. */
#include "engine/jobs/forecast_rules.h"

#include <math.h>

#include "models/series/series_forecast.h"

enum { RUN_RATE_PERIODS = 3 };

const char *fore_baseline_word(fore_baseline baseline)
{
    static const char *const words[] = {"last period", "same period last year", "run rate",
                                        "stage weights", "smoothing (ETS)"};
    return words[baseline];
}

const char *fore_record_member_word(fore_record_member member)
{
    static const char *const words[] = {"pipeline", "pipeline at its past level", "stages",
                                        "run rate", "smoothing (ETS)"};
    return words[member];
}

static void smooth(const double *past, int64_t n, int64_t season, int64_t steps, double *value)
{
    fore_series_forecast *f = NULL;
    fore_series_options options = fore_series_default();
    options.method = FORE_SERIES_ETS;
    options.intervals = FORE_INTERVAL_MODEL;
    options.non_negative = true;
    if (n > 0 && fore_series_run(past, n, season, steps, &options, &f, NULL) == FORE_OK)
        for (int64_t h = 0; h < steps; h++) value[h] = f->mean[h];
    fore_series_free(f);
}

void fore_rules_read(const double *past, int64_t n, int64_t season, int64_t steps,
                     fore_rules *rules)
{
    for (int b = 0; b < FORE_BASELINES; b++)
        for (int h = 0; h < FORE_RECORD_STEPS; h++) rules->value[b][h] = NAN;
    while (n > 0 && past[0] == 0) past++, n--;
    int64_t recent = n < RUN_RATE_PERIODS ? n : RUN_RATE_PERIODS;
    double sum = 0;
    for (int64_t i = n - recent; i < n; i++) sum += past[i];
    for (int64_t h = 0; h < steps && n > 0; h++) {
        rules->value[FORE_BASE_LAST][h] = past[n - 1];
        rules->value[FORE_BASE_RUN_RATE][h] = sum / (double)recent;
        if (h < season && n + h >= season)
            rules->value[FORE_BASE_LAST_YEAR][h] = past[n + h - season];
    }
    smooth(past, n, season, steps, rules->value[FORE_BASE_ETS]);
}

typedef struct closings {
    double won, closed, life;
    double *stage; /* seen, won by stage */
} closings;

static void add_closed(const fore_timeline *t, const fore_outlook *o, int64_t s, closings *c)
{
    if (t->left_out[s] || t->outcome[s] == FORE_OUTCOME_OPEN || t->closed_at[s] >= o->as_of) return;
    bool is_won = t->outcome[s] == FORE_WON;
    c->closed++;
    c->won += is_won;
    if (is_won) c->life += (double)(t->closed_at[s] - t->created_at[s]) / (double)FORE_DAY;
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
        if (t->change_at[i] >= o->as_of) break;
        if (t->change_field[i] != FORE_CHANGE_STAGE || isnan(t->change_new[i])) continue;
        int64_t k = (int64_t)t->change_new[i];
        c->stage[2 * k] += 1;
        c->stage[2 * k + 1] += is_won;
    }
}

fore_status fore_stage_weights(const fore_timeline *t, const fore_outlook *o, double period_days,
                               double *sum, fore_error *err)
{
    closings c = {.stage = fore_zalloc(2 * (t->stages.count + 1), sizeof(double))};
    int64_t first = o->kind == FORE_SUBJECT_DEAL ? t->leads : 0, staged = 0;
    int64_t end = o->kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    if (!c.stage) return fore_no_memory(err);
    for (int64_t s = first; s < end; s++) add_closed(t, o, s, &c);
    double rate = c.closed > 0 ? c.won / c.closed : 0;
    double share = c.won > 0 ? fmin(1, period_days / fmax(c.life / c.won, 1)) : 0;
    *sum = 0;
    for (int64_t i = 0; i < o->open; i++) {
        fore_subject_state state;
        fore_subject_state_at(t, o->open_subject[i], o->as_of, &state);
        double p = rate;
        staged += state.stage >= 0;
        if (state.stage >= 0 && c.stage[2 * state.stage] > 0)
            p = c.stage[2 * state.stage + 1] / c.stage[2 * state.stage];
        if (!isnan(o->open_amount[i])) *sum += p * o->open_amount[i];
    }
    *sum = staged > 0 ? *sum * share : NAN;
    fore_free(c.stage);
    return FORE_OK;
}
