/* The thread pool: the same answer for any number of threads, failures by block order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/pool.h"
#include "engine/base/random.h"

enum { BLOCKS = 97 };

static fore_pool *new_pool(int threads)
{
    fore_pool *pool = NULL;
    assert_int_equal(fore_pool_new(threads, &pool, NULL), FORE_OK);
    return pool;
}

static fore_status sum_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    fore_random r = fore_random_new(1, (uint64_t)block);
    double sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += exp(10 * fore_random_normal(&r)); /* the order of adding matters */
    ((double *)context)[block] = sum;
    return FORE_OK;
}

static double total_with(fore_pool *pool)
{
    double part[BLOCKS], total = 0;
    assert_int_equal(fore_pool_run(pool, BLOCKS, sum_block, part, NULL), FORE_OK);
    for (int i = 0; i < BLOCKS; i++) total += part[i];
    return total;
}

static void run__any_number_of_threads__same_bits(void **state)
{
    (void)state;
    double alone = total_with(NULL);
    for (int threads = 1; threads <= 9; threads += 2) {
        fore_pool *pool = new_pool(threads);
        for (int round = 0; round < 20; round++) {
            double total = total_with(pool);
            assert_memory_equal(&total, &alone, sizeof total);
        }
        fore_pool_free(pool);
    }
}

typedef struct visits {
    _Atomic int count[BLOCKS];
    _Atomic int wrong_worker;
    int threads;
} visits;

static fore_status visit(void *context, int64_t block, int worker, fore_error *err)
{
    visits *v = context;
    (void)err;
    v->count[block]++;
    if (worker < 0 || worker >= v->threads) v->wrong_worker++;
    return FORE_OK;
}

static void run__every_block_once_by_a_known_worker(void **state)
{
    (void)state;
    fore_pool *pool = new_pool(4);
    visits v = {.threads = fore_pool_threads(pool)};
    for (int round = 0; round < 200; round++)
        assert_int_equal(fore_pool_run(pool, BLOCKS, visit, &v, NULL), FORE_OK);
    for (int i = 0; i < BLOCKS; i++) assert_int_equal(v.count[i], 200);
    assert_int_equal(v.wrong_worker, 0);
    assert_int_equal(fore_pool_run(pool, 0, visit, &v, NULL), FORE_OK);
    assert_int_equal(v.count[0], 200);
    assert_int_equal(fore_pool_run(pool, 1, visit, &v, NULL), FORE_OK);
    assert_int_equal(v.count[0], 201);
    fore_pool_free(pool);
}

static fore_status fail_some(void *context, int64_t block, int worker, fore_error *err)
{
    (void)context;
    (void)worker;
    if (block == 31) return fore_fail(err, FORE_E_NUMERIC, "block 31");
    if (block == 60) return fore_fail(err, FORE_E_DATA, "block 60");
    if (block == 96) return fore_fail(err, FORE_E_IO, "block 96");
    return FORE_OK;
}

static void run__several_blocks_fail__the_lowest_is_told(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        fore_pool *pool = new_pool(threads);
        for (int round = 0; round < 50; round++) {
            fore_error err = {0};
            assert_int_equal(fore_pool_run(pool, BLOCKS, fail_some, NULL, &err), FORE_E_NUMERIC);
            assert_string_equal(err.message, "block 31");
            assert_int_equal(fore_pool_run(pool, BLOCKS, fail_some, NULL, NULL), FORE_E_NUMERIC);
        }
        double alone = total_with(NULL),
               after = total_with(pool); /* a failure leaves the pool usable */
        assert_memory_equal(&after, &alone, sizeof after);
        fore_pool_free(pool);
    }
}

static fore_status nested(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    double part[BLOCKS], total = 0;
    FORE_TRY(fore_pool_run(NULL, BLOCKS, sum_block, part, err));
    for (int i = 0; i < BLOCKS; i++) total += part[i];
    ((double *)context)[block] = total;
    return FORE_OK;
}

static void run__inside_work_without_a_pool__works(void **state)
{
    (void)state;
    fore_pool *pool = new_pool(3);
    double total[6], alone = total_with(NULL);
    assert_int_equal(fore_pool_run(pool, 6, nested, total, NULL), FORE_OK);
    for (int i = 0; i < 6; i++) assert_memory_equal(&total[i], &alone, sizeof alone);
    fore_pool_free(pool);
}

static void new__number_of_threads(void **state)
{
    (void)state;
    fore_pool *pool = (fore_pool *)&pool;
    fore_error err = {0};
    assert_int_equal(fore_pool_new(-1, &pool, &err), FORE_E_ARGUMENT);
    assert_null(pool);
    assert_int_equal(fore_pool_new(100000, &pool, &err), FORE_E_ARGUMENT);
    pool = new_pool(3);
    assert_int_equal(fore_pool_threads(pool), 3);
    fore_pool_free(pool);
    setenv("FORESELL_THREADS", "2", 1);
    pool = new_pool(0);
    assert_int_equal(fore_pool_threads(pool), 2);
    fore_pool_free(pool);
    setenv("FORESELL_THREADS", "nonsense", 1);
    pool = new_pool(0);
    assert_true(fore_pool_threads(pool) >= 1);
    fore_pool_free(pool);
    unsetenv("FORESELL_THREADS");
    assert_int_equal(fore_pool_threads(NULL), 1);
    fore_pool_free(NULL);
}

static void new__no_memory__says_so_or_runs_with_fewer(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    for (int64_t k = 1; k <= 6; k++) {
        fore_pool *pool;
        fore_memory_fail_at(k);
        fore_status status = fore_pool_new(4, &pool, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(status, k <= 2 ? FORE_E_MEMORY : FORE_OK);
        if (status == FORE_OK) {
            double alone = total_with(NULL), pooled = total_with(pool);
            assert_memory_equal(&pooled, &alone, sizeof alone);
        }
        fore_pool_free(pool);
        assert_int_equal(fore_memory_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__any_number_of_threads__same_bits),
        cmocka_unit_test(run__every_block_once_by_a_known_worker),
        cmocka_unit_test(run__several_blocks_fail__the_lowest_is_told),
        cmocka_unit_test(run__inside_work_without_a_pool__works),
        cmocka_unit_test(new__number_of_threads),
        cmocka_unit_test(new__no_memory__says_so_or_runs_with_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
