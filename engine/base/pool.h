/* A fixed pool of threads with a static schedule. Work is cut into blocks that do not depend on the
 * number of threads; partial results are kept per block and combined in block order by the caller:
 * that is what makes every answer the same for any number of threads. */
#ifndef FORE_BASE_POOL_H
#define FORE_BASE_POOL_H

#include <stdint.h>

#include "engine/base/status.h"

typedef struct fore_pool fore_pool;

/* threads = 0: FORESELL_THREADS, else the number of processors; 1 starts no thread at all. */
fore_status fore_pool_new(int threads, fore_pool **pool, fore_error *err);
void fore_pool_free(fore_pool *pool);
int fore_pool_threads(const fore_pool *pool); /* 1 for NULL */

/* Calls work(context, block, worker) for every block 0..blocks-1 and returns when all are done.
 * worker is 0..threads-1, for scratch of its own. The first failure (by block number) is returned.
 * pool may be NULL: then everything runs here. Not to be called from inside work. */
typedef fore_status (*fore_work)(void *context, int64_t block, int worker, fore_error *err);
fore_status fore_pool_run(fore_pool *pool, int64_t blocks, fore_work work, void *context,
                          fore_error *err);

#endif
