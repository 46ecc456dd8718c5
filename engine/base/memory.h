/* Heap and arena. Every heap call of foresell passes through here, so that a test can fail the k-th.
 *
 * fore_alloc and friends take (count, size) and refuse products that overflow: they return NULL,
 * as they do when memory is short or a test asked for it. Freed with fore_free; NULL is harmless. */
#ifndef FORE_BASE_MEMORY_H
#define FORE_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

void *fore_alloc(int64_t count, size_t size);   /* uninitialised; count 0 gives a non-NULL pointer */
void *fore_zalloc(int64_t count, size_t size);  /* zeroed */
void *fore_realloc(void *p, int64_t count, size_t size);
void fore_free(void *p);

/* The k-th allocation from now fails, as does every one after it; 0 switches it off. Tests only. */
void fore_memory_fail_at(int64_t k);
int64_t fore_memory_live(void); /* allocations not yet freed: leak checks in tests */

/* Grows *items (element size `size`) so that it holds at least `need`; doubles. */
fore_status fore_grow(void **items, int64_t *capacity, int64_t need, size_t size, fore_error *err);

/* `pointer = FORE_NEW(n, type)` inside a function that returns fore_status and owns nothing yet. */
#define FORE_NEW(count, type) ((type *)fore_alloc((count), sizeof(type)))
#define FORE_ZNEW(count, type) ((type *)fore_zalloc((count), sizeof(type)))
fore_status fore_no_memory(fore_error *err);

/* An arena: many small things that are freed together. Not for use by two threads at once. */
typedef struct fore_arena fore_arena;
fore_arena *fore_arena_new(void);               /* NULL when memory is short */
void fore_arena_free(fore_arena *arena);
void *fore_arena_alloc(fore_arena *arena, int64_t count, size_t size); /* zeroed, 16-byte aligned */
char *fore_arena_copy(fore_arena *arena, const char *text, int64_t length); /* adds a NUL */
char *fore_arena_string(fore_arena *arena, const char *text);  /* NULL gives NULL */
char *fore_arena_format(fore_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
