/* Merging attributes: flat JSON objects of strings.
 *
 * The stored object is walked in its order; a key that the given object has too takes the new
 * value, the given keys that are left follow in their order. Exports keep their column order, so
 * the search for a key starts behind the last match and nearly always ends there. */
#include "engine/store/store_internal.h"

#include <string.h>

#include "engine/base/json.h"

typedef struct attribute {
    int64_t key, value; /* offsets into `pool` */
    bool used;
} attribute;

typedef struct attribute_list {
    attribute *items;
    int64_t count, capacity;
    fore_text pool;
} attribute_list;

static fore_status list_read(attribute_list *list, const char *json, fore_error *err)
{
    fore_text scratch = {0};
    const char *key, *value;
    int64_t position = 0, length = (int64_t)strlen(json);
    fore_status status = FORE_OK;
    while (fore_json_flat_next(json, length, &position, &scratch, &key, &value)) {
        FORE_GO(fore_grow((void **)&list->items, &list->capacity, list->count + 1,
                          sizeof *list->items, err));
        attribute *item = &list->items[list->count++];
        *item = (attribute){.key = list->pool.length};
        fore_text_add(&list->pool, key, (int64_t)strlen(key) + 1);
        item->value = list->pool.length;
        fore_text_add(&list->pool, value, (int64_t)strlen(value) + 1);
    }
    status = fore_text_check(&scratch, err);
    if (status == FORE_OK) status = fore_text_check(&list->pool, err);
done:
    fore_text_free(&scratch);
    return status;
}

static attribute *list_find(attribute_list *list, int64_t *cursor, const char *key)
{
    for (int64_t k = 0; k < list->count; k++) {
        attribute *item = &list->items[(*cursor + k) % list->count];
        if (item->used || strcmp(list->pool.bytes + item->key, key) != 0) continue;
        *cursor = (*cursor + k + 1) % list->count;
        return item;
    }
    return NULL;
}

fore_status store_attributes_merge(const char *stored, const char *given, fore_text *out,
                                   fore_error *err)
{
    attribute_list list = {0};
    fore_text scratch = {0};
    int64_t position = 0, cursor = 0, length = (int64_t)strlen(stored);
    const char *key, *value;
    fore_status status;
    FORE_GO(list_read(&list, given, err));
    fore_json_writer writer = fore_json_to(out);
    fore_json_object(&writer, NULL);
    while (fore_json_flat_next(stored, length, &position, &scratch, &key, &value)) {
        attribute *item = list_find(&list, &cursor, key);
        if (item) item->used = true;
        fore_json_string(&writer, key, item ? list.pool.bytes + item->value : value);
    }
    for (int64_t k = 0; k < list.count; k++)
        if (!list.items[k].used)
            fore_json_string(&writer, list.pool.bytes + list.items[k].key,
                             list.pool.bytes + list.items[k].value);
    fore_json_end_object(&writer);
    FORE_GO(fore_text_check(&scratch, err));
    status = fore_text_check(out, err);
done:
    fore_free(list.items);
    fore_text_free(&list.pool);
    fore_text_free(&scratch);
    return status;
}
