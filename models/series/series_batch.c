/* Many series: one per block of the pool, each by itself. */
#include <stdio.h>

#include "engine/base/memory.h"
#include "models/series/series_forecast.h"

typedef struct batch {
    fore_series_task *tasks;
    const fore_series_options *options;
} batch;

static fore_status run_task(void *context, int64_t block, int worker, fore_error *err)
{
    batch *b = context;
    fore_series_task *task = &b->tasks[block];
    fore_series_options options = b->options ? *b->options : fore_series_default();
    fore_error own = {0};
    (void)worker;
    if (task->drivers) options.drivers = task->drivers;
    task->forecast = NULL;
    task->message[0] = '\0';
    task->status = fore_series_run(task->y, task->n, task->m, task->horizon, &options,
                                   &task->forecast, &own);
    if (task->status != FORE_OK)
        snprintf(task->message, sizeof task->message, "%.*s", (int)sizeof task->message - 1,
                 own.message);
    return task->status == FORE_E_MEMORY ? fore_no_memory(err) : FORE_OK;
}

fore_status fore_series_batch(fore_pool *pool, fore_series_task *tasks, int64_t count,
                              const fore_series_options *options, fore_error *err)
{
    batch b = {tasks, options};
    for (int64_t i = 0; i < count; i++)
        tasks[i].forecast = NULL, tasks[i].status = FORE_OK, tasks[i].message[0] = 0;
    return fore_pool_run(pool, count, run_task, &b, err);
}
