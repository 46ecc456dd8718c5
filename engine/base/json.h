/* JSON: a writer of our own (shortest round-trip numbers, no locale) and a reader behind which
 * jansson stands (RFC 8259, duplicate keys rejected). This is the only place that knows jansson. */
#ifndef FORE_BASE_JSON_H
#define FORE_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/base/text.h"

/* Writer. Commas and quoting are its business; keys are given with the value. key NULL inside an
 * array. Numbers that are not finite are written as null. */
typedef struct fore_json_writer {
    fore_text *out;
    int depth;
    bool first[64];
} fore_json_writer;

fore_json_writer fore_json_to(fore_text *out);
void fore_json_object(fore_json_writer *w, const char *key); /* key NULL at top level or in arrays */
void fore_json_array(fore_json_writer *w, const char *key);
void fore_json_end_object(fore_json_writer *w);
void fore_json_end_array(fore_json_writer *w);
void fore_json_string(fore_json_writer *w, const char *key, const char *value); /* NULL -> null */
void fore_json_string_n(fore_json_writer *w, const char *key, const char *value, int64_t length);
void fore_json_number(fore_json_writer *w, const char *key, double value);
void fore_json_integer(fore_json_writer *w, const char *key, int64_t value);
void fore_json_bool(fore_json_writer *w, const char *key, bool value);
void fore_json_null(fore_json_writer *w, const char *key);
void fore_json_numbers(fore_json_writer *w, const char *key, const double *values, int64_t n); /* NaN -> null */
void fore_json_integers(fore_json_writer *w, const char *key, const int64_t *values, int64_t n);
void fore_json_raw(fore_json_writer *w, const char *key, const char *json); /* trusted JSON text */

/* Reader: a parsed document, and borrowed nodes inside it that live as long as the document. */
typedef struct fore_json fore_json;           /* the document */
typedef struct json_t fore_json_node;         /* a node; NULL = absent */
fore_status fore_json_parse(const char *text, int64_t length, fore_json **document, fore_error *err);
void fore_json_free(fore_json *document);
const fore_json_node *fore_json_root(const fore_json *document);
const fore_json_node *fore_json_get(const fore_json_node *object, const char *key); /* NULL: absent or null */
const fore_json_node *fore_json_at(const fore_json_node *array, int64_t index);
int64_t fore_json_length(const fore_json_node *array_or_object); /* 0 for NULL and scalars */
/* Typed access: false, and *value untouched, when absent or of another type. */
bool fore_json_get_number(const fore_json_node *object, const char *key, double *value);
bool fore_json_get_integer(const fore_json_node *object, const char *key, int64_t *value);
bool fore_json_get_bool(const fore_json_node *object, const char *key, bool *value);
const char *fore_json_get_string(const fore_json_node *object, const char *key); /* NULL: absent */
const char *fore_json_as_string(const fore_json_node *node);
bool fore_json_as_number(const fore_json_node *node, double *value);
/* An array of numbers into values[0..n), null -> NaN; false when it is not one of exactly n. */
bool fore_json_get_numbers(const fore_json_node *object, const char *key, double *values, int64_t n);
/* Calls visit(context, key, node) for each member in document order. */
void fore_json_each(const fore_json_node *object,
                    void (*visit)(void *context, const char *key, const fore_json_node *node),
                    void *context);

/* The attributes of a lead are kept as one flat object of strings, {"City":"Pune"}, written by
 * fore_json_string. This walks such text without building a tree: returns false at the end. `key`
 * and `value` are unescaped into *scratch. Start with *position = 0. */
bool fore_json_flat_next(const char *json, int64_t length, int64_t *position, fore_text *scratch,
                         const char **key, const char **value);

#endif
