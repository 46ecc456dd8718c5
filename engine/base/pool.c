/* Fixed thread pool: blocks are handed out by an atomic counter; which worker takes a block never
 * matters for the result, only for the scratch it uses. */
#include "engine/base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/memory.h"

enum { POOL_MAX_THREADS = 256 };

struct fore_pool {
    int threads;        /* workers including the caller */
    pthread_t *handle;  /* threads - 1 of them */
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    uint64_t round;     /* a new round wakes the workers */
    int running;
    bool stopping;
    /* the current round */
    int64_t blocks;
    _Atomic int64_t next;
    fore_work work;
    void *context;
    int64_t failed_block; /* lowest block that failed, under lock */
    fore_status failed_status;
    fore_error failed_error;
};

typedef struct worker_start {
    fore_pool *pool;
    int worker;
} worker_start;

static void take_blocks(fore_pool *pool, int worker)
{
    for (;;) {
        int64_t block = atomic_fetch_add(&pool->next, 1);
        if (block >= pool->blocks) return;
        fore_error err = {0};
        fore_status status = pool->work(pool->context, block, worker, &err);
        if (status == FORE_OK) continue;
        pthread_mutex_lock(&pool->lock);
        if (block < pool->failed_block) {
            pool->failed_block = block;
            pool->failed_status = status;
            pool->failed_error = err;
        }
        pthread_mutex_unlock(&pool->lock);
    }
}

static void *worker_main(void *argument)
{
    worker_start start = *(worker_start *)argument;
    fore_free(argument);
    fore_pool *pool = start.pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->round == seen && !pool->stopping) pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->stopping) break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->lock);
        take_blocks(pool, start.worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->running == 0) pthread_cond_signal(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int default_threads(void)
{
    const char *text = getenv("FORESELL_THREADS");
    long n = text ? strtol(text, NULL, 10) : 0;
    if (n <= 0) n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > POOL_MAX_THREADS ? POOL_MAX_THREADS : (int)n;
}

fore_status fore_pool_new(int threads, fore_pool **out, fore_error *err)
{
    *out = NULL;
    if (threads < 0 || threads > POOL_MAX_THREADS)
        return fore_fail(err, FORE_E_ARGUMENT, "threads must be 0 to %d", POOL_MAX_THREADS);
    fore_pool *pool = FORE_ZNEW(1, fore_pool);
    if (!pool) return fore_no_memory(err);
    int wanted = threads ? threads : default_threads();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    pool->threads = 1;
    pool->handle = FORE_NEW(wanted, pthread_t);
    if (!pool->handle) {
        fore_pool_free(pool);
        return fore_no_memory(err);
    }
    for (int i = 1; i < wanted; i++) {
        worker_start *start = FORE_NEW(1, worker_start);
        if (!start) break;
        *start = (worker_start){pool, i};
        if (pthread_create(&pool->handle[i - 1], NULL, worker_main, start) != 0) {
            fore_free(start); /* fewer threads than asked for is slower, not wrong */
            break;
        }
        pool->threads++;
    }
    *out = pool;
    return FORE_OK;
}

void fore_pool_free(fore_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i + 1 < pool->threads; i++) pthread_join(pool->handle[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->idle);
    pthread_mutex_destroy(&pool->lock);
    fore_free(pool->handle);
    fore_free(pool);
}

int fore_pool_threads(const fore_pool *pool) { return pool ? pool->threads : 1; }

static fore_status run_here(int64_t blocks, fore_work work, void *context, fore_error *err)
{
    fore_status first = FORE_OK;
    for (int64_t block = 0; block < blocks && first == FORE_OK; block++)
        first = work(context, block, 0, err);
    return first;
}

fore_status fore_pool_run(fore_pool *pool, int64_t blocks, fore_work work, void *context,
                          fore_error *err)
{
    if (!pool || pool->threads == 1 || blocks < 2) return run_here(blocks, work, context, err);
    pthread_mutex_lock(&pool->lock);
    pool->blocks = blocks;
    atomic_store(&pool->next, 0);
    pool->work = work;
    pool->context = context;
    pool->failed_block = INT64_MAX;
    pool->failed_status = FORE_OK;
    pool->running = pool->threads - 1;
    pool->round++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    take_blocks(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->running > 0) pthread_cond_wait(&pool->idle, &pool->lock);
    fore_status status = pool->failed_status;
    if (status != FORE_OK && err) *err = pool->failed_error;
    pthread_mutex_unlock(&pool->lock);
    return status;
}
