/* The simple rules: last period, the same one of last year, the run rate, exponential smoothing;
 * and stage weights as CRMs multiply them out. */
#include "engine/jobs/forecast_rules.h"

#include <math.h>

#include "engine/jobs/outlook_direct.h"
#include "models/series/series_forecast.h"

enum { RUN_RATE_PERIODS = 3, MONTHS = 12, BEAT = FORE_RHYTHM, RHYTHM_FROM = 6 };
static const double RHYTHM_HALF_LIFE = 12, RHYTHM_LEAST = 0.2, SMOOTHING = 0.3;

const char *fore_baseline_word(fore_baseline baseline)
{
    static const char *const words[] = {"last period", "same period last year", "run rate",
                                        "stage weights", "smoothing (ETS)"};
    return words[baseline];
}

const char *fore_record_member_word(fore_record_member member)
{
    static const char *const words[] = {"pipeline",
                                        "pipeline at its past level",
                                        "deals as in past months",
                                        "deals by the quarter's rhythm",
                                        "stages",
                                        "months by the quarter's rhythm",
                                        "smoothing (ETS)"};
    return words[member];
}

fore_status fore_rules_past(fore_context *c, const fore_sales_series *now, int64_t at, bool counts,
                            fore_period period, double **past, fore_error *err)
{
    const fore_timeline *t;
    fore_sales_series *then = NULL;
    *past = NULL;
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    FORE_TRY(fore_sales_series_make(t, fore_time_of_date(now->start[at]), &c->calendar, period,
                                    FORE_BY_TOTAL, -1, &then, err));
    if ((*past = FORE_ZNEW(at, double)))
        for (int64_t i = 0, j = 0; i < at; i++) {
            while (j < then->periods && then->start[j] < now->start[i]) j++;
            if (j < then->periods && then->start[j] == now->start[i])
                (*past)[i] = (counts ? then->won : then->amount)[j];
        }
    fore_sales_series_free(then);
    return *past ? FORE_OK : fore_no_memory(err);
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

/* The months' sizes over the mean of the three around them, by their place in the quarter: means,
 * their variance and that of months about them. The means are shrunk as far as chance alone would
 * have spread them (the positive part of Efron and Morris 1973). beat[k]: of the months k, k + 3,
 * ... before the last. */
static void find_rhythm(const double *past, int64_t n, double beat[BEAT])
{
    double ratio[BEAT] = {0}, count[BEAT] = {0}, all = 0, spread = 0, noise = 0, mean = 0;
    for (int k = 0; k < BEAT; k++) beat[k] = 1;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t t = 1; t + 1 < n; t++) {
            double around = (past[t - 1] + past[t] + past[t + 1]) / BEAT;
            double w = exp2(-(double)(n - 1 - t) / RHYTHM_HALF_LIFE);
            int k = (int)((n - 1 - t) % BEAT);
            if (!(around > 0)) continue;
            if (pass == 0)
                ratio[k] += w * past[t] / around, count[k] += w, all += w;
            else
                noise += w * (past[t] / around - ratio[k]) * (past[t] / around - ratio[k]);
            if (pass == 0 && t + 2 == n)
                for (int i = 0; i < BEAT; i++) ratio[i] = count[i] > 0 ? ratio[i] / count[i] : 1;
        }
    for (int k = 0; k < BEAT; k++) mean += ratio[k] / BEAT;
    if (n < RHYTHM_FROM || !(mean > 0)) return;
    double chance = 0;
    for (int k = 0; k < BEAT; k++) {
        spread += (ratio[k] / mean - 1) * (ratio[k] / mean - 1) / (BEAT - 1);
        chance += noise / fmax(1, all - BEAT) / fmax(0.5, count[k]) / BEAT;
    }
    double kept = spread > 0 ? fmax(0, 1 - chance / spread) : 0;
    for (int k = 0; k < BEAT; k++) beat[k] = fmax(RHYTHM_LEAST, 1 + kept * (ratio[k] / mean - 1));
}

static void follow_rhythm(const double *past, int64_t n, int64_t season, fore_rules *rules)
{
    double beat[BEAT] = {1, 1, 1}, level = NAN;
    if (season == MONTHS) find_rhythm(past, n, beat);
    for (int64_t t = 0; t < n; t++) {
        double plain = past[t] / beat[(n - 1 - t) % BEAT];
        level = t == 0 ? plain : level + fmax(SMOOTHING, 1 / (double)(t + 1)) * (plain - level);
    }
    for (int k = 0; k < BEAT; k++) rules->rhythm[k] = beat[BEAT - 1 - k];
    rules->level = level;
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
    follow_rhythm(past, n, season, rules);
}

typedef struct closings {
    double won, closed, life;
    double *stage; /* seen, won by stage */
} closings;

static void add_closed(const fore_timeline *t, const fore_outlook *o, int64_t s, closings *c)
{
    fore_ending end = fore_subject_closed(t, s, o->as_of);
    if (!fore_outlook_usable(t, o, s) || end.outcome == FORE_OUTCOME_OPEN) return;
    bool is_won = end.outcome == FORE_WON;
    c->closed++;
    c->won += is_won;
    if (is_won) c->life += (double)(end.at - t->created_at[s]) / (double)FORE_DAY;
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
