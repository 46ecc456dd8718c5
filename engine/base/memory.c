/* Heap calls with an overflow check and a failure switch; a chunked arena. */
#include "engine/base/memory.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int64_t fail_countdown; /* 0: off; 1: fail now and from now on */
static _Atomic int64_t live_count;

static int must_fail(void)
{
    int64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
    if (left == 0) return 0;
    if (left == 1) return 1;
    atomic_store_explicit(&fail_countdown, left - 1, memory_order_relaxed);
    return 0;
}

static int too_large(int64_t count, size_t size)
{
    return count < 0 || (size != 0 && (uint64_t)count > (uint64_t)PTRDIFF_MAX / size);
}

static void *counted(void *p)
{
    if (p) atomic_fetch_add_explicit(&live_count, 1, memory_order_relaxed);
    return p;
}

void *fore_alloc(int64_t count, size_t size)
{
    if (too_large(count, size) || must_fail()) return NULL;
    size_t bytes = (size_t)count * size;
    return counted(malloc(bytes ? bytes : 1));
}

void *fore_zalloc(int64_t count, size_t size)
{
    if (too_large(count, size) || must_fail()) return NULL;
    size_t bytes = (size_t)count * size;
    return counted(calloc(bytes ? bytes : 1, 1));
}

void *fore_realloc(void *p, int64_t count, size_t size)
{
    if (!p) return fore_alloc(count, size);
    if (too_large(count, size) || must_fail()) return NULL;
    size_t bytes = (size_t)count * size;
    return realloc(p, bytes ? bytes : 1);
}

void fore_free(void *p)
{
    if (!p) return;
    atomic_fetch_sub_explicit(&live_count, 1, memory_order_relaxed);
    free(p);
}

void fore_memory_fail_at(int64_t k) { atomic_store(&fail_countdown, k); }

int64_t fore_memory_live(void) { return atomic_load(&live_count); }

fore_status fore_no_memory(fore_error *err)
{
    return fore_fail(err, FORE_E_MEMORY,
                     "not enough memory; close other programs or use a machine with more");
}

fore_status fore_grow(void **items, int64_t *capacity, int64_t need, size_t size, fore_error *err)
{
    if (need <= *capacity) return FORE_OK;
    int64_t wanted = *capacity < 16 ? 16 : *capacity;
    while (wanted < need) wanted = wanted > INT64_MAX / 2 ? need : wanted * 2;
    void *grown = fore_realloc(*items, wanted, size);
    if (!grown) return fore_no_memory(err);
    *items = grown;
    *capacity = wanted;
    return FORE_OK;
}

/* --- arena --- */

enum { ARENA_CHUNK = 1 << 16, ARENA_ALIGN = 16 };

typedef struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) unsigned char bytes[];
} arena_chunk;

struct fore_arena {
    arena_chunk *chunk;
};

fore_arena *fore_arena_new(void) { return FORE_ZNEW(1, fore_arena); }

void fore_arena_free(fore_arena *arena)
{
    if (!arena) return;
    for (arena_chunk *chunk = arena->chunk; chunk;) {
        arena_chunk *next = chunk->next;
        fore_free(chunk);
        chunk = next;
    }
    fore_free(arena);
}

void *fore_arena_alloc(fore_arena *arena, int64_t count, size_t size)
{
    if (too_large(count, size)) return NULL;
    size_t bytes = ((size_t)count * size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    arena_chunk *chunk = arena->chunk;
    if (!chunk || chunk->size - chunk->used < bytes) {
        size_t room = bytes > ARENA_CHUNK ? bytes : ARENA_CHUNK;
        chunk = fore_alloc(1, sizeof *chunk + room);
        if (!chunk) return NULL;
        chunk->next = arena->chunk;
        chunk->used = 0;
        chunk->size = room;
        arena->chunk = chunk;
    }
    void *p = chunk->bytes + chunk->used;
    chunk->used += bytes;
    memset(p, 0, bytes);
    return p;
}

char *fore_arena_copy(fore_arena *arena, const char *text, int64_t length)
{
    char *copy = fore_arena_alloc(arena, length + 1, 1);
    if (copy && length > 0) memcpy(copy, text, (size_t)length);
    return copy;
}

char *fore_arena_string(fore_arena *arena, const char *text)
{
    return text ? fore_arena_copy(arena, text, (int64_t)strlen(text)) : NULL;
}

char *fore_arena_format(fore_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) return NULL;
    char *text = fore_arena_alloc(arena, (int64_t)length + 1, 1);
    if (!text) return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}
