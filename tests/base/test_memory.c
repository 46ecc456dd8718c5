/* Heap calls, the failure switch, growing arrays, the arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/base/memory.h"

static void alloc__count_times_size_overflows__gives_null(void **state)
{
    (void)state;
    assert_null(fore_alloc(INT64_MAX, 2));
    assert_null(fore_alloc(INT64_MAX / 8 + 1, 8));
    assert_null(fore_zalloc(INT64_MAX / 16, 64));
    assert_null(fore_alloc(-1, 1));
    assert_null(fore_zalloc(-5, 8));
    void *p = fore_alloc(4, 8);
    assert_null(fore_realloc(p, INT64_MAX, 8));
    assert_null(fore_realloc(p, -1, 8));
    fore_free(p); /* a refused realloc leaves the block alone */
}

static void alloc__nothing__gives_a_pointer(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    void *a = fore_alloc(0, 8), *b = fore_zalloc(0, 0), *c = fore_realloc(NULL, 0, 4);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_int_equal(fore_memory_live(), live + 3);
    fore_free(a);
    fore_free(b);
    fore_free(c);
    fore_free(NULL);
    assert_int_equal(fore_memory_live(), live);
}

static void zalloc__is_zero(void **state)
{
    (void)state;
    unsigned char *p = FORE_ZNEW(4096, unsigned char);
    for (int i = 0; i < 4096; i++) assert_int_equal(p[i], 0);
    fore_free(p);
}

static void realloc__keeps_content_and_count(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    int *p = FORE_NEW(4, int);
    for (int i = 0; i < 4; i++) p[i] = i;
    p = fore_realloc(p, 4000, sizeof *p);
    for (int i = 0; i < 4; i++) assert_int_equal(p[i], i);
    assert_int_equal(fore_memory_live(), live + 1);
    fore_free(p);
}

static void fail_at__k__fails_that_one_and_all_after(void **state)
{
    (void)state;
    fore_memory_fail_at(3);
    void *a = fore_alloc(1, 1), *b = fore_zalloc(1, 1);
    assert_non_null(a);
    assert_non_null(b);
    assert_null(fore_alloc(1, 1));
    assert_null(fore_realloc(a, 2, 1));
    assert_null(fore_zalloc(1, 1));
    fore_memory_fail_at(0);
    void *c = fore_alloc(1, 1);
    assert_non_null(c);
    fore_free(a);
    fore_free(b);
    fore_free(c);
}

static void grow__doubles_and_keeps(void **state)
{
    (void)state;
    int64_t *items = NULL, capacity = 0;
    for (int64_t i = 0; i < 10000; i++) {
        assert_int_equal(fore_grow((void **)&items, &capacity, i + 1, sizeof *items, NULL),
                         FORE_OK);
        assert_true(capacity > i);
        items[i] = i * i;
    }
    for (int64_t i = 0; i < 10000; i++) assert_true(items[i] == i * i);
    assert_true(capacity < 40000);
    int64_t before = capacity;
    assert_int_equal(fore_grow((void **)&items, &capacity, 5, sizeof *items, NULL), FORE_OK);
    assert_int_equal(capacity, before);
    fore_free(items);
}

static void grow__impossible__is_an_error_and_changes_nothing(void **state)
{
    (void)state;
    int64_t *items = NULL, capacity = 0;
    fore_error err = {0};
    assert_int_equal(fore_grow((void **)&items, &capacity, 4, sizeof *items, &err), FORE_OK);
    int64_t *same = items, before = capacity;
    assert_int_equal(fore_grow((void **)&items, &capacity, INT64_MAX - 1, sizeof *items, &err),
                     FORE_E_MEMORY);
    assert_ptr_equal(items, same);
    assert_int_equal(capacity, before);
    assert_true(strstr(err.message, "memory") != NULL);
    fore_memory_fail_at(1);
    assert_int_equal(fore_grow((void **)&items, &capacity, before + 1, sizeof *items, &err),
                     FORE_E_MEMORY);
    fore_memory_fail_at(0);
    assert_ptr_equal(items, same);
    fore_free(items);
}

static void arena__many_sizes__aligned_zeroed_and_apart(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    fore_arena *arena = fore_arena_new();
    unsigned char *kept[300];
    for (int i = 0; i < 300; i++) {
        int64_t n = (int64_t)i * i * 3;
        kept[i] = fore_arena_alloc(arena, n, 1);
        assert_non_null(kept[i]);
        assert_int_equal((uintptr_t)kept[i] % 16, 0);
        for (int64_t j = 0; j < n; j++) assert_int_equal(kept[i][j], 0);
        memset(kept[i], i & 255, (size_t)n);
    }
    for (int i = 0; i < 300; i++)
        for (int64_t j = 0; j < (int64_t)i * i * 3; j++) assert_int_equal(kept[i][j], i & 255);
    fore_arena_free(arena);
    fore_arena_free(NULL);
    assert_int_equal(fore_memory_live(), live);
}

static void arena__texts__are_copies(void **state)
{
    (void)state;
    fore_arena *arena = fore_arena_new();
    char source[] = "abc";
    char *a = fore_arena_copy(arena, source, 2), *b = fore_arena_string(arena, source);
    source[0] = 'z';
    assert_string_equal(a, "ab");
    assert_string_equal(b, "abc");
    assert_null(fore_arena_string(arena, NULL));
    assert_string_equal(fore_arena_copy(arena, NULL, 0), "");
    assert_string_equal(fore_arena_format(arena, "%s-%d", b, 7), "abc-7");
    fore_arena_free(arena);
}

static void arena__no_memory__gives_null_and_stays_usable(void **state)
{
    (void)state;
    fore_memory_fail_at(1);
    assert_null(fore_arena_new());
    fore_memory_fail_at(0);
    fore_arena *arena = fore_arena_new();
    fore_memory_fail_at(1);
    assert_null(fore_arena_alloc(arena, 10, 1));
    assert_null(fore_arena_string(arena, "x"));
    assert_null(fore_arena_format(arena, "%d", 1));
    fore_memory_fail_at(0);
    assert_null(fore_arena_alloc(arena, INT64_MAX, 16));
    assert_null(fore_arena_alloc(arena, INT64_MAX - 8, 1));
    assert_non_null(fore_arena_alloc(arena, 10, 1));
    fore_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc__count_times_size_overflows__gives_null),
        cmocka_unit_test(alloc__nothing__gives_a_pointer),
        cmocka_unit_test(zalloc__is_zero),
        cmocka_unit_test(realloc__keeps_content_and_count),
        cmocka_unit_test(fail_at__k__fails_that_one_and_all_after),
        cmocka_unit_test(grow__doubles_and_keeps),
        cmocka_unit_test(grow__impossible__is_an_error_and_changes_nothing),
        cmocka_unit_test(arena__many_sizes__aligned_zeroed_and_apart),
        cmocka_unit_test(arena__texts__are_copies),
        cmocka_unit_test(arena__no_memory__gives_null_and_stays_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
