/* Learning weights from many series (learned.h):
 *
 *   for every series: hold the last steps out; prepare the rest; fit the members; forecast;
 *                     the row of what the series is like
 *   cost of an error at a step: half of it in terms of sMAPE and half in terms of MASE, each in
 *     units of what the median combination makes of it on average (the OWA of M4, that median
 *     instead of Naive2)
 *   boosted weights on all rows (models/score/blend.h) */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/measure/accuracy.h"
#include "models/score/blend.h"
#include "models/series/learned_inside.h"
#include "models/series/prepare.h"

/* The weights before the trees speak, and how much of what they say is kept (see learned.h). */
static const double prior[] = {0, 0, 0, 0, -0.7, -2.5, -2.5, -2.5};
static const double KEEP = 0.75;

enum { HISTORY_LEAST = 5, MEMBERS = FORE_LEARNED_MEMBERS, STEPS = FORE_LEARNED_STEPS };

/* One series with its last steps held out. Values and forecasts in the unit of the history. */
typedef struct sample {
    int64_t steps; /* 0: not used */
    double scale;
    double actual[STEPS], forecast[MEMBERS][STEPS]; /* NaN: missing; member not fitted */
    double row[FORE_LEARNED_COLUMNS];
} sample;

typedef struct learning {
    const fore_series_task *tasks;
    const fore_series_options *options;
    int64_t every; /* which tasks are looked at */
    sample *samples;
    int64_t count;
} learning;

/* Fits the members to the n values of p and fills the sample. fitted: MEMBERS x n. */
static fore_status study(const fore_series_options *options, const fore_prepared *p, int64_t m,
                         double *fitted, sample *s, fore_error *err)
{
    fore_learned_case c = {.y = p->y, .n = p->n, .m = m, .steps = s->steps};
    for (int k = 0; k < MEMBERS; k++) {
        fore_member member;
        double *own = fitted + k * p->n, variance[STEPS];
        for (int64_t t = 0; t < STEPS; t++) s->forecast[k][t] = NAN;
        fore_status status =
            fore_member_fit(fore_learned_methods[k], p->y, p->n, m, options, &member, own, NULL);
        if (status == FORE_E_MEMORY) return fore_no_memory(err);
        if (status != FORE_OK) continue;
        fore_member_forecast(&member, p->y, p->n, s->steps, s->forecast[k], variance);
        fore_member_free(&member);
        c.forecast[k] = s->forecast[k];
        c.fitted[k] = own;
    }
    return fore_learned_row(&c, s->row, err);
}

/* Is the history one that weights are for? */
static bool suits(const fore_prepared *p, int64_t m)
{
    return !p->constant && p->tail == 0 && p->n >= HISTORY_LEAST && p->n > m &&
           2 * p->zeros <= p->n;
}

static fore_status hold_out(const fore_series_task *task, const fore_series_options *options,
                            sample *s, fore_error *err)
{
    int64_t steps = task->horizon < STEPS ? task->horizon : STEPS;
    fore_prepared p;
    if (steps > task->n / 2) steps = task->n / 2;
    if (task->m < 1 || steps < 1 || task->n - steps <= task->m) return FORE_OK;
    fore_status status = fore_prepare(task->y, task->n - steps, &p, NULL);
    if (status == FORE_E_MEMORY) return fore_no_memory(err);
    if (status != FORE_OK) return FORE_OK;
    s->scale = fore_mase_scale(p.y, p.n, task->m);
    if (suits(&p, task->m) && s->scale > 0) {
        double *fitted = FORE_NEW(MEMBERS * p.n, double);
        s->steps = steps;
        for (int64_t t = 0; t < steps; t++) s->actual[t] = task->y[task->n - steps + t] / p.scale;
        status = fitted ? study(options, &p, task->m, fitted, s, err) : fore_no_memory(err);
        fore_free(fitted);
    }
    fore_prepared_free(&p);
    return status;
}

static fore_status hold_out_one(void *context, int64_t block, int worker, fore_error *err)
{
    learning *l = context;
    (void)worker;
    l->samples[block].steps = 0;
    return hold_out(&l->tasks[block * l->every], l->options, &l->samples[block], err);
}

static double centre(const sample *s, int64_t step)
{
    double at[FORE_LEARNED_CORE];
    int64_t known = 0;
    for (int k = 0; k < FORE_LEARNED_CORE; k++)
        if (!isnan(s->forecast[k][step])) at[known++] = s->forecast[k][step];
    return fore_median(at, known);
}

/* A step counts when its value is known and finite, and so is every forecast there is. */
static bool counts(const sample *s, int64_t step)
{
    if (!isfinite(s->actual[step]) || isnan(centre(s, step))) return false;
    for (int k = 0; k < MEMBERS; k++)
        if (isinf(s->forecast[k][step])) return false;
    return true;
}

/* What an error of 1 costs in sMAPE and in MASE at a step; both shares of the horizon. */
static void unit_costs(const sample *s, int64_t step, double *smape, double *mase)
{
    double size = fabs(s->actual[step]) + fabs(centre(s, step));
    *smape = size > 0 ? 200 / size / (double)s->steps : 0;
    *mase = 1 / s->scale / (double)s->steps;
}

typedef struct points {
    double *x, *actual, *cost, *forecast; /* one block */
    int64_t *start;
    int64_t rows;
} points;

static void put_point(points *p, const sample *s, int64_t step, int64_t at)
{
    unit_costs(s, step, &p->cost[2 * at], &p->cost[2 * at + 1]);
    p->actual[at] = s->actual[step];
    for (int k = 0; k < MEMBERS; k++) p->forecast[at * MEMBERS + k] = s->forecast[k][step];
}

/* Both halves of the cost weigh the same: divided by what the median makes of them. */
static void join_costs(points *p, double smape, double mase)
{
    for (int64_t t = 0; t < p->start[p->rows]; t++)
        p->cost[t] = 0.5 * p->cost[2 * t] / smape + 0.5 * p->cost[2 * t + 1] / mase;
}

static fore_status gather(const learning *l, points *p, fore_error *err)
{
    int64_t most = l->count * STEPS, at = 0;
    double smape = 0, mase = 0;
    p->x = FORE_NEW(l->count * FORE_LEARNED_COLUMNS, double);
    p->start = FORE_NEW(l->count + 1, int64_t);
    p->actual = FORE_NEW(most * (3 + MEMBERS), double);
    if (!p->x || !p->start || !p->actual) return fore_no_memory(err);
    p->cost = p->actual + most;
    p->forecast = p->cost + 2 * most;
    for (int64_t i = 0; i < l->count; i++) {
        const sample *s = &l->samples[i];
        int64_t from = at;
        for (int64_t step = 0; step < s->steps; step++) {
            if (!counts(s, step)) continue;
            put_point(p, s, step, at);
            double error = fabs(s->actual[step] - centre(s, step));
            smape += error * p->cost[2 * at];
            mase += error * p->cost[2 * at + 1];
            at++;
        }
        if (at == from) continue;
        for (int j = 0; j < FORE_LEARNED_COLUMNS; j++) p->x[p->rows + j * l->count] = s->row[j];
        p->start[p->rows++] = from;
    }
    p->start[p->rows] = at;
    if (smape > 0 && mase > 0)
        join_costs(p, smape / (double)p->rows, mase / (double)p->rows);
    else
        p->rows = 0; /* nothing to learn: the median never errs */
    return FORE_OK;
}

static fore_status boost(fore_pool *pool, const learning *l, const points *p,
                         const fore_learned *from, int64_t rounds, fore_learned *out,
                         fore_error *err)
{
    fore_blend_options options = fore_blend_default();
    fore_blend_rows rows = {.x = {p->x, p->rows, FORE_LEARNED_COLUMNS, l->count, NULL},
                            .members = MEMBERS,
                            .start = p->start,
                            .actual = p->actual,
                            .cost = p->cost,
                            .forecast = p->forecast};
    const fore_trees *before[MEMBERS];
    options.trees.rounds = rounds;
    if (!from) options.prior = prior, options.keep = KEEP;
    for (int k = 0; from && k < MEMBERS; k++) before[k] = from->trees[k];
    if (from) options.from = before;
    return fore_blend_fit(pool, &rows, &options, NULL, out->trees, NULL, err);
}

fore_status fore_learned_fit(fore_pool *pool, const fore_series_task *tasks, int64_t count,
                             int64_t least, const fore_series_options *options,
                             const fore_learned *from, int64_t rounds, fore_learned **out,
                             int64_t *used, fore_error *err)
{
    fore_series_options standard = fore_series_default();
    learning l = {.tasks = tasks, .options = options ? options : &standard, .every = 1};
    fore_status status = FORE_OK;
    points p = {0};
    fore_learned *learned = FORE_ZNEW(1, fore_learned);
    *out = NULL;
    if (!learned) return fore_no_memory(err);
    if (count > FORE_LEARNED_MOST) l.every = (count + FORE_LEARNED_MOST - 1) / FORE_LEARNED_MOST;
    l.count = (count + l.every - 1) / l.every;
    l.samples = FORE_NEW(l.count, sample);
    FORE_GO(l.samples ? FORE_OK : fore_no_memory(err));
    FORE_GO(fore_pool_run(pool, l.count, hold_out_one, &l, err));
    FORE_GO(gather(&l, &p, err));
    if (used) *used = p.rows;
    if (p.rows < (least > 1 ? least : 1)) {
        status =
            fore_fail(err, FORE_E_NO_ANSWER,
                      "only %lld series are long enough to learn weights from; %lld are needed",
                      (long long)p.rows, (long long)(least > 1 ? least : 1));
        goto done;
    }
    FORE_GO(boost(pool, &l, &p, from, rounds, learned, err));
    snprintf(learned->source, sizeof learned->source, "%lld series of this file",
             (long long)p.rows);
    *out = learned;
    learned = NULL;
done:
    fore_learned_free(learned);
    fore_free(l.samples);
    fore_free(p.x);
    fore_free(p.start);
    fore_free(p.actual);
    return status;
}
