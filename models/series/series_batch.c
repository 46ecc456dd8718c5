/* Many series: blocks of them go to the threads. In a block ETS and CES are asked about all series
 * at once, as their fits run side by side (ets_search.h, ces_fit.c); then each series is answered
 * by itself. What a series gets does not depend on its block. Learned weights are corrected by all
 * series first. */
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/series/ces.h"
#include "models/series/ets.h"
#include "models/series/learned.h"
#include "models/series/prepare.h"
#include "models/series/series_forecast.h"

enum { BLOCK = 32, BLOCKS_PER_THREAD = 8 };
enum { LONG = 20000 /* values: longer series are prepared and fitted one by one */ };

typedef struct batch {
    fore_series_task *tasks;
    const fore_series_options *options;
    int64_t count, block;
} batch;

/* What ETS and CES say of the series of a block, prepared as fore_series_run does. */
typedef struct answers {
    fore_prepared *prepared; /* own their values */
    fore_ets_question *ets;
    fore_ces_question *ces;
} answers;

static bool can_ask(const fore_series_options *o, const fore_series_task *task)
{
    bool as_they_are = o->cleaning == FORE_CLEAN_REPORT || o->cleaning == FORE_CLEAN_OFF;
    return as_they_are && o->transform == FORE_TRANSFORM_NONE && o->seasons == 0 &&
           task->seasons == 0 && !o->drivers && !task->drivers && task->y && task->n >= 4 &&
           task->n <= LONG && task->m >= 1 && task->m <= FORE_ETS_SEASON_MAX;
}

static fore_status ask(const batch *b, const fore_series_task *tasks, int64_t count, answers *a,
                       fore_error *err)
{
    const fore_series_options *o = b->options;
    bool several = o->method == FORE_SERIES_AUTO || o->method == FORE_SERIES_COMBINE ||
                   o->method == FORE_SERIES_LEARNED;
    bool ets = several || o->method == FORE_SERIES_ETS;
    bool ces = several || o->method == FORE_SERIES_CES;
    for (int64_t i = 0; i < count; i++) {
        fore_prepared *p = &a->prepared[i];
        fore_error ignored;
        a->ets[i] = (fore_ets_question){.m = tasks[i].m};
        a->ces[i] = (fore_ces_question){.m = tasks[i].m};
        if (!(ets || ces) || !can_ask(o, &tasks[i])) continue;
        fore_status status = fore_prepare(tasks[i].y, tasks[i].n, p, &ignored);
        if (status == FORE_E_MEMORY) return fore_no_memory(err);
        bool rare = o->method == FORE_SERIES_AUTO && 2 * p->zeros > p->n;
        if (status != FORE_OK || p->constant || rare) continue;
        if (ets) a->ets[i].y = p->y, a->ets[i].n = p->n;
        a->ets[i].multiplicative_trend = o->multiplicative_trend;
        if (ces) a->ces[i].y = p->y, a->ces[i].n = p->n;
    }
    if (ets) FORE_TRY(fore_ets_choose_many(a->ets, count, err));
    return ces ? fore_ces_choose_many(a->ces, count, err) : FORE_OK;
}

/* Sums in place of the paths they need: those of thousands of series would fill the memory. */
static fore_status add_up(fore_series_task *task, fore_error *err)
{
    fore_series_forecast *f = task->forecast;
    if (!f || f->paths == 0) return FORE_OK;
    task->summed = task->sum_from >= 0 && task->sum_from < f->horizon;
    for (int64_t k = 0; task->summed && k < f->levels; k++)
        FORE_TRY(fore_series_add_up(f, task->sum_from, f->horizon - task->sum_from, f->level[k],
                                    &task->sum[k], err));
    fore_free(f->path);
    f->path = NULL;
    f->paths = 0;
    return FORE_OK;
}

static fore_status run_task(const batch *b, fore_series_task *task, const fore_ets_question *ets,
                            const fore_ces_question *ces, fore_error *err)
{
    fore_series_options options = *b->options;
    fore_error own = {0};
    if (task->drivers) options.drivers = task->drivers;
    if (options.seasons == 0 && task->seasons > 0) {
        options.seasons = task->seasons;
        options.seasons_tried = true;
        memcpy(options.season, task->season, sizeof options.season);
    }
    options.ets_known = ets;
    options.ces_known = ces;
    if (task->sum_paths > 0) options.paths = task->sum_paths;
    task->status =
        fore_series_run(task->y, task->n, task->m, task->horizon, &options, &task->forecast, &own);
    if (task->status != FORE_OK)
        snprintf(task->message, sizeof task->message, "%.*s", (int)sizeof task->message - 1,
                 own.message);
    if (task->status == FORE_E_MEMORY) return fore_no_memory(err);
    return task->sum_paths > 0 ? add_up(task, err) : FORE_OK;
}

static fore_status run_block(void *context, int64_t block, int worker, fore_error *err)
{
    const batch *b = context;
    int64_t from = block * b->block;
    int64_t count = b->count - from < b->block ? b->count - from : b->block;
    fore_series_task *tasks = b->tasks + from;
    fore_status status = FORE_OK;
    (void)worker;
    answers a = {FORE_ZNEW(count, fore_prepared), FORE_ZNEW(count, fore_ets_question),
                 FORE_ZNEW(count, fore_ces_question)};
    if (!a.prepared || !a.ets || !a.ces) FORE_GO(fore_no_memory(err));
    FORE_GO(ask(b, tasks, count, &a, err));
    for (int64_t i = 0; i < count; i++) FORE_GO(run_task(b, &tasks[i], &a.ets[i], &a.ces[i], err));
done:
    for (int64_t i = 0; a.prepared && i < count; i++) fore_prepared_free(&a.prepared[i]);
    fore_free(a.prepared);
    fore_free(a.ets);
    fore_free(a.ces);
    return status;
}

enum { OWN_ROUNDS = 25 }; /* trees a member on the series' own history */

/* The weights for this batch: the program's, and corrected where the history is large. */
static fore_status learn(fore_pool *pool, const fore_series_task *tasks, int64_t count,
                         const fore_series_options *options, fore_learned **learned,
                         fore_error *err)
{
    fore_learned *own = NULL;
    FORE_TRY(fore_learned_shipped(learned, err));
    if (count < FORE_LEARNED_OWN) return FORE_OK;
    fore_status status = fore_learned_fit(pool, tasks, count, FORE_LEARNED_OWN, options, *learned,
                                          OWN_ROUNDS, &own, NULL, err);
    if (status == FORE_E_NO_ANSWER) return FORE_OK; /* too few that suit: the program's serve */
    fore_learned_free(*learned);
    *learned = own;
    return status;
}

fore_status fore_series_batch(fore_pool *pool, fore_series_task *tasks, int64_t count,
                              const fore_series_options *options, fore_error *err)
{
    fore_series_options own = options ? *options : fore_series_default();
    batch b = {tasks, &own, count, BLOCK};
    fore_learned *learned = NULL;
    fore_status status = FORE_OK;
    for (int64_t i = 0; i < count; i++)
        tasks[i].forecast = NULL, tasks[i].status = FORE_OK, tasks[i].message[0] = 0,
        tasks[i].summed = false;
    int64_t share = count / ((int64_t)fore_pool_threads(pool) * BLOCKS_PER_THREAD);
    if (share < b.block) b.block = share > 1 ? share : 1;
    if (own.method == FORE_SERIES_LEARNED && !own.learned) {
        status = learn(pool, tasks, count, &own, &learned, err);
        own.learned = learned;
    }
    if (status == FORE_OK)
        status = fore_pool_run(pool, (count + b.block - 1) / b.block, run_block, &b, err);
    fore_learned_free(learned);
    return status;
}
