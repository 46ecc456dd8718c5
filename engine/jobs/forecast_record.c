/* The record, cut by cut:
 *
 *   for every past start of a period, oldest first
 *     the outlook, the simple rules and the actuals so far, as known then
 *     through the FORE_RECORD_WINDOW cuts before it, as if the record began there: from those whose
 *     periods are over the pipeline's level and the members' weights -> what was said; the shocks
 *     members -> the forecast by periods ahead -> (where shown) drawn, set beside what happened
 *   once more from the newest cuts: what holds now
 *
 * Misses are taken relative to their size, so that a company that grows does not learn from its
 * latest months alone. */
#include "engine/jobs/forecast_record.h"

#include <math.h>
#include <string.h>

#include "engine/jobs/forecast_judge.h"
#include "engine/jobs/forecast_rules.h"
#include "engine/jobs/forecast_weights.h"
#include "features/sales_series.h"

/* A miss counts half after so many cuts. The level counts as if LEVEL_PRIOR more periods had met
 * expectations exactly; the weights of the two groups hold to those given beforehand as to
 * WEIGHT_STRENGTH cuts. Within a group they stay: a few cuts do not tell its members apart. */
static const double LEVEL_HALF_LIFE = 6, LEVEL_PRIOR = 6;
static const double WEIGHT_HALF_LIFE = 12, WEIGHT_STRENGTH = 4;
static const double member_prior[FORE_MEMBERS] = {1, 2, 3, 2, 1, 0.7, 0.5};
static const int member_group[FORE_MEMBERS] = {0, 0, 0, 0, 0, 1, 1}; /* deals, series */
/* The weighted mean may not turn the pipeline into something else. */
static const double LEVEL_LEAST = 0.1, LEVEL_MOST = 10;
enum { DISTANCE_DRAWS = 1000, HISTORY_LEAST = 3, CUTS_ALL = FORE_RECORD_CUTS + FORE_RECORD_WINDOW };
enum { LO80 = 2, HI80 = 6 }; /* in fore_pipeline_levels */

/* What was said at one cut, by periods ahead. */
typedef struct origin {
    int64_t at; /* index of the period that begins there */
    double pipeline[FORE_RECORD_STEPS], own_sd[FORE_RECORD_STEPS];
    double direct[FORE_RECORD_STEPS], stages;
    fore_rules rules;
    /* as learned in the window in hand */
    double member[FORE_RECORD_STEPS][FORE_MEMBERS], said[FORE_RECORD_STEPS];
} origin;

/* Cuts first .. end - 1 as learned from when the first `full` periods of `actual` were over. */
typedef struct window {
    int64_t first, end, full;
    const double *actual;
} window;

typedef struct learned {
    double level[FORE_RECORD_STEPS], weight[FORE_RECORD_STEPS][FORE_MEMBERS];
    double sd[FORE_RECORD_STEPS], persistence;
} learned;

typedef struct recording {
    fore_context *c;
    const fore_timeline *t;
    const fore_record_options *o;
    fore_record *r;
    const fore_sales_series *now; /* as known at as_of */
    const double *actual;         /* its full periods, in the record's unit */
    int64_t full;
    bool counts;
    int64_t shown_from; /* period index */
    origin origin[CUTS_ALL];
    int64_t origins;
} recording;

static double aged(int64_t i, int64_t n, double half_life)
{
    return exp2(-(double)(n - 1 - i) / half_life);
}

/* --- learning from the cuts of a window --- */

/* What happened over what the pipeline expected, as a ratio of discounted sums (the mean of ratios
 * would be off for few large wins, and could not read a period without any). */
static double learn_level(const recording *b, const window *w, int64_t h)
{
    double happened = 0, promised = 0, weight = 0;
    for (int64_t i = w->first; i < w->end; i++) {
        const origin *o = &b->origin[i];
        if (o->at + h >= w->full) continue;
        double age = aged(i, w->end, LEVEL_HALF_LIFE);
        happened += age * w->actual[o->at + h];
        promised += age * o->pipeline[h];
        weight += age;
    }
    if (!(promised > 0)) return 1;
    double prior = LEVEL_PRIOR * promised / weight;
    return (happened + prior) / (promised + prior);
}

/* What the window says about the members that spoke at this distance at its newest cut. */
static fore_status learn_weights(const recording *b, const window *w, int64_t h,
                                 double weight[FORE_MEMBERS], fore_error *err)
{
    double said[CUTS_ALL * FORE_MEMBERS], came[CUTS_ALL], counts[CUTS_ALL], prior[FORE_MEMBERS];
    const double *speaks = w->end > w->first ? b->origin[w->end - 1].member[h] : NULL;
    int64_t n = 0;
    for (int64_t i = w->first; i < w->end; i++) {
        const origin *o = &b->origin[i];
        if (o->at + h >= w->full) continue;
        memcpy(said + n * FORE_MEMBERS, o->member[h], sizeof o->member[h]);
        came[n] = w->actual[o->at + h];
        counts[n++] = aged(i, w->end, WEIGHT_HALF_LIFE);
    }
    for (int m = 0; m < FORE_MEMBERS; m++)
        prior[m] = speaks && isnan(speaks[m]) ? 0 : member_prior[m];
    fore_weights_past past = {n, FORE_MEMBERS, said, came, counts, member_group};
    return fore_weights_learn(&past, prior, WEIGHT_STRENGTH, weight, err);
}

static fore_status learn_shocks(const recording *b, const window *w, learned *l, fore_error *err)
{
    int64_t steps = b->r->steps, cuts = w->end - w->first;
    fore_pipeline_miss *miss = FORE_NEW((cuts + 1) * steps, fore_pipeline_miss);
    if (!miss) return fore_no_memory(err);
    for (int64_t i = 0; i < cuts; i++)
        for (int64_t h = 0; h < steps; h++) {
            const origin *o = &b->origin[w->first + i];
            double level = o->pipeline[h] > 0 ? o->said[h] / o->pipeline[h] : 1;
            miss[i * steps + h] =
                (fore_pipeline_miss){o->said[h], o->own_sd[h] * sqrt(level),
                                     o->at + h < w->full ? w->actual[o->at + h] : NAN};
        }
    fore_pipeline_shocks(miss, cuts, steps, l->sd, &l->persistence);
    fore_free(miss);
    return FORE_OK;
}

/* The weighted mean of those members that are to be had. */
static double weigh(const double weight[FORE_MEMBERS], const double member[FORE_MEMBERS])
{
    double sum = 0, total = 0;
    for (int m = 0; m < FORE_MEMBERS; m++) {
        if (isnan(member[m])) continue;
        sum += weight[m] * member[m];
        total += weight[m];
    }
    return total > 0 ? sum / total : 0;
}

static double level_of(double said, double pipeline)
{
    return pipeline > 0 ? fmin(fmax(LEVEL_LEAST, said / pipeline), LEVEL_MOST) : 1;
}

static fore_status learn_worth(const recording *b, const window *w, learned *l, fore_error *err)
{
    for (int64_t h = 0; h < b->r->steps; h++) {
        l->level[h] = learn_level(b, w, h);
        FORE_TRY(learn_weights(b, w, h, l->weight[h], err));
    }
    return FORE_OK;
}

/* What the members say at a cut, and what follows from what they were worth before it. */
static void speak(const recording *b, const learned *l, origin *o)
{
    const fore_rules *rules = &o->rules;
    for (int64_t h = 0; h < b->r->steps; h++) {
        double *m = o->member[h];
        m[FORE_MEMBER_PIPELINE] = o->pipeline[h];
        m[FORE_MEMBER_LEVELLED] = o->pipeline[h] * l->level[h];
        m[FORE_MEMBER_DIRECT] = o->direct[h];
        m[FORE_MEMBER_DIRECT_RHYTHM] = o->direct[h] * rules->rhythm[h % FORE_RHYTHM];
        m[FORE_MEMBER_STAGES] = h == 0 ? o->stages : NAN;
        m[FORE_MEMBER_RHYTHM] = rules->level * rules->rhythm[h % FORE_RHYTHM];
        m[FORE_MEMBER_ETS] = rules->value[FORE_BASE_ETS][h];
        o->said[h] = weigh(l->weight[h], m);
    }
}

/* What the cuts before period `full` teach when it begins, the actuals as known then. */
static fore_status learn(recording *b, const double *actual, int64_t full, learned *l,
                         fore_error *err)
{
    window w = {.first = 0, .actual = actual};
    while (w.first < b->origins && b->origin[w.first].at < full - FORE_RECORD_WINDOW) w.first++;
    for (w.end = w.first; w.end < b->origins; w.end++) {
        w.full = b->origin[w.end].at;
        FORE_TRY(learn_worth(b, &w, l, err));
        speak(b, l, &b->origin[w.end]);
    }
    w.full = full;
    b->r->learned = w.end - w.first;
    FORE_TRY(learn_worth(b, &w, l, err));
    return learn_shocks(b, &w, l, err);
}

typedef struct tally {
    double actual, error, rate, ets, inside;
    int64_t cuts;
} tally;

static void count_cut(tally *t, const fore_pipeline_period *said, double actual, double rate,
                      double ets)
{
    t->cuts++;
    t->actual += actual;
    t->error += fabs(said->mean - actual);
    t->rate += fabs(rate - actual);
    t->ets += fabs(ets - actual);
    t->inside += actual >= said->quantile[LO80] && actual <= said->quantile[HI80];
}

static fore_record_distance close_tally(const tally *t)
{
    double a = t->actual > 0 ? t->actual : NAN;
    return (fore_record_distance){t->cuts, t->error / a,
                                  t->cuts > 0 ? t->inside / (double)t->cuts : NAN, t->rate / a,
                                  t->ets / a};
}

static void show_cut(recording *b, const origin *o, const fore_outlook *outlook,
                     const fore_pipeline_result *result)
{
    fore_record_cut *cut = &b->r->cut[b->r->cuts++];
    *cut = (fore_record_cut){.start = outlook->start[0],
                             .end = outlook->start[1],
                             .mean = result->period[0].mean,
                             .median = result->period[0].median,
                             .lo80 = result->period[0].quantile[LO80],
                             .hi80 = result->period[0].quantile[HI80],
                             .actual = b->actual[o->at]};
    for (int k = 0; k < FORE_BASELINES; k++) cut->baseline[k] = o->rules.value[k][0];
}

/* nearest: drawn by itself, as the cut is shown; result: all steps. */
static void show_distances(const recording *b, const origin *o, const fore_pipeline_result *nearest,
                           const fore_pipeline_result *result, tally *ahead, tally *sum)
{
    double actual = 0, rate = 0, ets = 0;
    int64_t steps = b->r->steps;
    for (int64_t h = 0; h < steps && o->at + h < b->full; h++) {
        const fore_pipeline_period *p = h == 0 ? nearest->period : &result->period[h];
        double a = b->actual[o->at + h], r = o->rules.value[FORE_BASE_RUN_RATE][h],
               e = o->rules.value[FORE_BASE_ETS][h];
        count_cut(&ahead[h], p, a, r, e);
        actual += a, rate += r, ets += e;
    }
    if (o->at + steps <= b->full) count_cut(sum, &result->total, actual, rate, ets);
}

/* The cut as a forecast of one period says it, by the same draws; then further ahead. */
static fore_status simulate(recording *b, const origin *o, const fore_outlook *outlook,
                            const learned *l, tally *ahead, tally *sum, fore_error *err)
{
    fore_status status = FORE_OK;
    double level[FORE_RECORD_STEPS];
    fore_pipeline_result *nearest = NULL, *result = NULL;
    for (int64_t h = 0; h < b->r->steps; h++) level[h] = level_of(o->said[h], o->pipeline[h]);
    fore_outlook_draws draws = {.share = 1,
                                .level = level,
                                .shock_sd = l->sd,
                                .persistence = l->persistence,
                                .periods = 1,
                                .seed = b->o->seed};
    FORE_GO(fore_outlook_simulate(b->c, outlook, &draws, &nearest, err));
    show_cut(b, o, outlook, nearest);
    if (!b->o->distances) goto done;
    draws.periods = b->r->steps;
    draws.draws = DISTANCE_DRAWS;
    FORE_GO(fore_outlook_simulate(b->c, outlook, &draws, &result, err));
    show_distances(b, o, nearest, result, ahead, sum);
done:
    fore_pipeline_result_free(nearest);
    fore_pipeline_result_free(result);
    return status;
}

static void note_basis(fore_record *r, const fore_outlook *o)
{
    double known = 0;
    for (int64_t i = 0; i < o->open; i++) known += !isnan(o->open_amount[i]);
    r->logged = o->logged;
    r->amounts_known = o->open > 0 && !o->counts ? known / (double)o->open : NAN;
}

/* What is learned, as it is told. */
static void tell_learned(const learned *l, const fore_rules *rules, fore_record *r)
{
    r->persistence = l->persistence;
    r->rhythm_level = rules->level;
    memcpy(r->rhythm, rules->rhythm, sizeof r->rhythm);
    for (int64_t h = 0; h < r->steps; h++) {
        memcpy(r->weight[h], l->weight[h], sizeof r->weight[h]);
        r->pipeline_level[h] = l->level[h];
        r->shock_sd[h] = l->sd[h];
        r->ets[h] = rules->value[FORE_BASE_ETS][h];
    }
}

static fore_status show_watch(const recording *b, const learned *l, const fore_rules *rules,
                              const fore_outlook *outlook, bool shown, fore_error *err)
{
    if (!b->o->watch) return FORE_OK;
    fore_record then = {.period = b->r->period, .calendar = b->r->calendar, .steps = b->r->steps};
    tell_learned(l, rules, &then);
    return b->o->watch(b->o->watch_context, &then, outlook, shown, err);
}

/* What the outlook and the series of then say, whatever is learned. */
static fore_status read_origin(const recording *b, const fore_outlook *outlook,
                               const double *actual, origin *o, fore_error *err)
{
    fore_outlook usual = fore_outlook_usual(outlook);
    int32_t days = outlook->start[1] - outlook->start[0];
    double *rule = &o->rules.value[FORE_BASE_STAGE_WEIGHTS][0];
    FORE_TRY(fore_outlook_expect(&usual, NULL, 1, o->pipeline, o->own_sd, err));
    FORE_TRY(fore_outlook_expect_direct(&usual, NULL, 1, o->direct, err));
    FORE_TRY(fore_stage_weights(b->t, &usual, days, &o->stages, err));
    fore_rules_read(actual, o->at, fore_calendar_a_year(&b->c->calendar, b->o->period), b->r->steps,
                    &o->rules);
    return fore_stage_weights(b->t, outlook, days, rule, err);
}

/* actual: the amounts (wins) of the periods before the cut, as known then. */
static fore_status say(recording *b, const fore_outlook *outlook, const double *actual, origin *o,
                       tally *ahead, tally *sum, fore_error *err)
{
    bool shown = o->at >= b->shown_from;
    learned l;
    if (!shown && !b->o->watch) return FORE_OK; /* there to be learned from */
    FORE_TRY(learn(b, actual, o->at, &l, err));
    speak(b, &l, o);
    FORE_TRY(show_watch(b, &l, &o->rules, outlook, shown, err));
    return shown ? simulate(b, o, outlook, &l, ahead, sum, err) : FORE_OK;
}

static fore_status one_cut(recording *b, int64_t at, tally *ahead, tally *sum, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_outlook *outlook = NULL;
    double *actual = NULL;
    int32_t starts[FORE_RECORD_STEPS + 1];
    int64_t steps = b->r->steps, as_of = fore_time_of_date(b->now->start[at]);
    origin *o = &b->origin[b->origins];
    for (int64_t j = 0; j <= steps; j++)
        starts[j] = fore_calendar_add(&b->c->calendar, b->o->period, b->now->start[at], (int32_t)j);
    fore_outlook_options options = {.as_of = as_of, .starts = starts, .periods = steps};
    FORE_GO(fore_outlook_make(b->c, &options, &outlook, err));
    bool other_currency = outlook->currency >= 0 && outlook->currency != b->now->currency;
    if (outlook->counts != b->counts || other_currency) { /* it says nothing about this unit */
        status = fore_fail(err, FORE_E_NO_ANSWER, "what was won then has another unit");
        goto done;
    }
    FORE_GO(fore_rules_past(b->c, b->now, at, b->counts, b->o->period, &actual, err));
    *o = (origin){.at = at};
    FORE_GO(read_origin(b, outlook, actual, o, err));
    note_basis(b->r, outlook);
    FORE_GO(say(b, outlook, actual, o, ahead, sum, err));
    b->origins++;
done:
    fore_free(actual);
    fore_outlook_free(outlook);
    return status;
}

static void note_end(const recording *b)
{
    fore_record *r = b->r;
    r->idle = 0;
    for (int64_t i = b->full; i-- > 0 && r->idle < r->cuts && b->now->won[i] == 0;) r->idle++;
    r->last_win_on =
        b->now->wins > 0 ? fore_date_of(b->now->win_at[b->now->wins - 1]) : FORE_NO_DATE;
}

static fore_status make_cuts(recording *b, fore_error *err)
{
    tally ahead[FORE_RECORD_STEPS] = {{0}}, sum = {0};
    int64_t cuts = b->o->cuts < FORE_RECORD_CUTS ? b->o->cuts : FORE_RECORD_CUTS;
    int64_t from = b->full - cuts - FORE_RECORD_WINDOW;
    if (from < HISTORY_LEAST) from = HISTORY_LEAST;
    b->shown_from = b->full - cuts;
    for (int64_t at = from; at < b->full; at++) {
        fore_progress(b->c->observer, "past forecasts", at - from, b->full - from);
        if (fore_cancelled(b->c->observer)) return fore_fail(err, FORE_E_CANCELLED, "stopped");
        fore_status status = one_cut(b, at, ahead, &sum, err);
        /* nothing had been won yet: the record begins later */
        if (status != FORE_OK && status != FORE_E_NO_ANSWER) return status;
    }
    fore_record_sum_up(b->r);
    note_end(b);
    for (int64_t h = 0; h < b->r->steps; h++) b->r->ahead[h] = close_tally(&ahead[h]);
    b->r->sum = close_tally(&sum);
    return FORE_OK;
}

static fore_status conclude(recording *b, fore_error *err)
{
    fore_record *r = b->r;
    learned l;
    fore_rules rules;
    FORE_TRY(learn(b, b->actual, b->full, &l, err));
    fore_rules_read(b->actual, b->full, fore_calendar_a_year(&r->calendar, r->period), r->steps,
                    &rules);
    tell_learned(&l, &rules, r);
    return FORE_OK;
}

fore_status fore_record_make(fore_context *c, const fore_record_options *options, fore_record *r,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    fore_sales_series *series = NULL;
    recording *b = FORE_ZNEW(1, recording);
    if (!b) return fore_no_memory(err);
    memset(r, 0, sizeof *r);
    r->period = options->period;
    memcpy(&r->calendar, &c->calendar, sizeof r->calendar); /* padding too: records are compared */
    r->steps = options->steps < FORE_RECORD_STEPS ? options->steps : FORE_RECORD_STEPS;
    if (r->steps < 1) r->steps = 1;
    b->c = c;
    b->o = options;
    b->r = r;
    FORE_GO(fore_context_history(c, &b->t, NULL, err));
    FORE_GO(fore_sales_series_make(b->t, options->as_of, &c->calendar, options->period,
                                   FORE_BY_TOTAL, -1, &series, err));
    b->now = series;
    b->full = series->periods - (series->last_partial ? 1 : 0);
    double total = 0;
    for (int64_t i = 0; i < series->wins; i++)
        if (series->win_amount[i] > 0) total += series->win_amount[i];
    b->counts = !(total > 0);
    b->actual = b->counts ? series->won : series->amount;
    FORE_GO(make_cuts(b, err));
    FORE_GO(conclude(b, err));
done:
    fore_sales_series_free(series);
    fore_free(b);
    return status;
}

/* --- for the outlook of now --- */

/* Calendar periods from the one that holds as_of to the one that holds the day before `end`. */
static int64_t distance_of(const fore_record *r, int64_t as_of, int32_t end)
{
    int32_t first = fore_calendar_start(&r->calendar, r->period, fore_date_of(as_of));
    int64_t h = 0;
    while (fore_calendar_add(&r->calendar, r->period, first, (int32_t)h + 1) < end) h++;
    return h;
}

/* How much of a whole period of the record lies ahead between max(start, as_of) and end. */
static double part_of(const fore_record *r, int64_t as_of, int32_t start, int32_t end)
{
    int32_t from = fore_calendar_start(&r->calendar, r->period, start),
            to = fore_calendar_add(&r->calendar, r->period, from, 1);
    double now = (double)as_of / (double)FORE_DAY, begin = now > start ? now : start;
    return end > begin ? ((double)end - begin) / (double)(to - from) : 0;
}

/* The members' part of what was won, each win by how recent it is. */
static double past_part(const fore_outlook *o, const double *member)
{
    double ours = 0, all = 0;
    for (int64_t i = 0; i < o->past_wins; i++) {
        double w = o->past_weight[i] * o->past_amount[i];
        all += w;
        ours += member ? member[o->past_subject[i]] * w : w;
    }
    return all > 0 ? ours / all : 0;
}

fore_status fore_record_tilt(const fore_record *r, const fore_timeline *t, const fore_outlook *o,
                             const double *member, double share, double *level, double *shock_sd,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    double *all = FORE_NEW(4 * o->periods, double);
    if (!all) return fore_no_memory(err);
    double *own = all + o->periods, *sd = own + o->periods, *direct = sd + o->periods;
    double stages, days = (double)o->start[1] - (double)o->as_of / (double)FORE_DAY;
    double part_won = past_part(o, member);
    fore_outlook usual = fore_outlook_usual(o);
    FORE_GO(fore_outlook_expect(&usual, NULL, 1, all, sd, err));
    FORE_GO(fore_outlook_expect(&usual, member, share, own, sd, err));
    FORE_GO(fore_outlook_expect_direct(&usual, member, share, direct, err));
    FORE_GO(fore_stage_weights(t, &usual, fmin(days, o->start[1] - o->start[0]), &stages, err));
    for (int64_t j = 0; j < o->periods; j++) {
        int64_t ahead = distance_of(r, o->as_of, o->start[j + 1]);
        int64_t h = ahead < r->steps ? ahead : r->steps - 1;
        double part = part_won * part_of(r, o->as_of, o->start[j], o->start[j + 1]);
        double near = ahead == 0 && all[j] > 0 ? stages * (own[j] / all[j]) : NAN;
        double rhythm = r->rhythm[ahead % FORE_RHYTHM];
        const double said[FORE_MEMBERS] = {
            own[j],         own[j] * r->pipeline_level[h],   direct[j],       direct[j] * rhythm,
            j ? NAN : near, r->rhythm_level * rhythm * part, r->ets[h] * part};
        level[j] = level_of(weigh(r->weight[h], said), own[j]);
        shock_sd[j] = r->shock_sd[h];
    }
done:
    fore_free(all);
    return status;
}
