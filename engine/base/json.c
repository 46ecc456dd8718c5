/* JSON writer and a thin face over jansson's reader. */
#include "engine/base/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"

/* --- writer --- */

fore_json_writer fore_json_to(fore_text *out)
{
    fore_json_writer w = {.out = out};
    w.first[0] = true;
    return w;
}

static void quoted(fore_text *out, const char *bytes, int64_t length)
{
    fore_text_putc(out, '"');
    int64_t from = 0;
    for (int64_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        fore_text_add(out, bytes + from, i - from);
        from = i + 1;
        switch (c) {
        case '"': fore_text_puts(out, "\\\""); break;
        case '\\': fore_text_puts(out, "\\\\"); break;
        case '\n': fore_text_puts(out, "\\n"); break;
        case '\r': fore_text_puts(out, "\\r"); break;
        case '\t': fore_text_puts(out, "\\t"); break;
        default: fore_text_printf(out, "\\u%04x", c);
        }
    }
    fore_text_add(out, bytes + from, length - from);
    fore_text_putc(out, '"');
}

static void lead_in(fore_json_writer *w, const char *key)
{
    if (!w->first[w->depth]) fore_text_putc(w->out, ',');
    w->first[w->depth] = false;
    if (key) {
        quoted(w->out, key, (int64_t)strlen(key));
        fore_text_putc(w->out, ':');
    }
}

static void open_level(fore_json_writer *w, const char *key, char bracket)
{
    lead_in(w, key);
    fore_text_putc(w->out, bracket);
    if (w->depth + 1 < (int)(sizeof w->first / sizeof *w->first)) w->depth++;
    else w->out->failed = true;
    w->first[w->depth] = true;
}

static void close_level(fore_json_writer *w, char bracket)
{
    if (w->depth > 0) w->depth--;
    fore_text_putc(w->out, bracket);
}

void fore_json_object(fore_json_writer *w, const char *key) { open_level(w, key, '{'); }
void fore_json_array(fore_json_writer *w, const char *key) { open_level(w, key, '['); }
void fore_json_end_object(fore_json_writer *w) { close_level(w, '}'); }
void fore_json_end_array(fore_json_writer *w) { close_level(w, ']'); }

void fore_json_string_n(fore_json_writer *w, const char *key, const char *value, int64_t length)
{
    lead_in(w, key);
    if (value) quoted(w->out, value, length);
    else fore_text_puts(w->out, "null");
}

void fore_json_string(fore_json_writer *w, const char *key, const char *value)
{
    fore_json_string_n(w, key, value, value ? (int64_t)strlen(value) : 0);
}

static void put_number(fore_text *out, double value)
{
    char text[32];
    if (!isfinite(value)) {
        fore_text_puts(out, "null");
        return;
    }
    fore_number_format(value == 0 ? 0 : value, text); /* -0 would be read back as an integer 0 */
    fore_text_puts(out, text);
}

void fore_json_number(fore_json_writer *w, const char *key, double value)
{
    lead_in(w, key);
    put_number(w->out, value);
}

void fore_json_integer(fore_json_writer *w, const char *key, int64_t value)
{
    lead_in(w, key);
    fore_text_printf(w->out, "%lld", (long long)value);
}

void fore_json_bool(fore_json_writer *w, const char *key, bool value)
{
    lead_in(w, key);
    fore_text_puts(w->out, value ? "true" : "false");
}

void fore_json_null(fore_json_writer *w, const char *key)
{
    lead_in(w, key);
    fore_text_puts(w->out, "null");
}

void fore_json_numbers(fore_json_writer *w, const char *key, const double *values, int64_t n)
{
    fore_json_array(w, key);
    for (int64_t i = 0; i < n; i++) fore_json_number(w, NULL, values[i]);
    fore_json_end_array(w);
}

void fore_json_integers(fore_json_writer *w, const char *key, const int64_t *values, int64_t n)
{
    fore_json_array(w, key);
    for (int64_t i = 0; i < n; i++) fore_json_integer(w, NULL, values[i]);
    fore_json_end_array(w);
}

void fore_json_raw(fore_json_writer *w, const char *key, const char *json)
{
    lead_in(w, key);
    fore_text_puts(w->out, json);
}

/* --- reader --- */

struct fore_json {
    json_t *root;
};

fore_status fore_json_parse(const char *text, int64_t length, fore_json **out, fore_error *err)
{
    *out = NULL;
    fore_json *document = FORE_ZNEW(1, fore_json);
    if (!document) return fore_no_memory(err);
    json_error_t why;
    document->root = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
                                                          JSON_ALLOW_NUL, &why);
    if (!document->root) {
        fore_free(document);
        return fore_fail_at(err, FORE_E_FORMAT, NULL, why.line, why.column, "not valid JSON: %s",
                            why.text);
    }
    *out = document;
    return FORE_OK;
}

void fore_json_free(fore_json *document)
{
    if (!document) return;
    json_decref(document->root);
    fore_free(document);
}

const fore_json_node *fore_json_root(const fore_json *document)
{
    return document ? document->root : NULL;
}

const fore_json_node *fore_json_get(const fore_json_node *object, const char *key)
{
    const json_t *node = json_object_get(object, key);
    return json_is_null(node) ? NULL : node;
}

const fore_json_node *fore_json_at(const fore_json_node *array, int64_t index)
{
    return index < 0 ? NULL : json_array_get(array, (size_t)index);
}

int64_t fore_json_length(const fore_json_node *node)
{
    if (json_is_array(node)) return (int64_t)json_array_size(node);
    return json_is_object(node) ? (int64_t)json_object_size(node) : 0;
}

bool fore_json_as_number(const fore_json_node *node, double *value)
{
    if (!json_is_number(node)) return false;
    *value = json_number_value(node);
    return true;
}

bool fore_json_get_number(const fore_json_node *object, const char *key, double *value)
{
    return fore_json_as_number(json_object_get(object, key), value);
}

bool fore_json_get_integer(const fore_json_node *object, const char *key, int64_t *value)
{
    const json_t *node = json_object_get(object, key);
    if (!json_is_integer(node)) return false;
    *value = json_integer_value(node);
    return true;
}

bool fore_json_get_bool(const fore_json_node *object, const char *key, bool *value)
{
    const json_t *node = json_object_get(object, key);
    if (!json_is_boolean(node)) return false;
    *value = json_is_true(node);
    return true;
}

const char *fore_json_as_string(const fore_json_node *node)
{
    return json_is_string(node) ? json_string_value(node) : NULL;
}

const char *fore_json_get_string(const fore_json_node *object, const char *key)
{
    return fore_json_as_string(json_object_get(object, key));
}

bool fore_json_get_numbers(const fore_json_node *object, const char *key, double *values, int64_t n)
{
    const json_t *array = json_object_get(object, key);
    if (!json_is_array(array) || (int64_t)json_array_size(array) != n) return false;
    for (int64_t i = 0; i < n; i++) {
        const json_t *node = json_array_get(array, (size_t)i);
        if (json_is_null(node)) values[i] = NAN;
        else if (!fore_json_as_number(node, &values[i])) return false;
    }
    return true;
}

void fore_json_each(const fore_json_node *object,
                    void (*visit)(void *, const char *, const fore_json_node *), void *context)
{
    json_t *node = (json_t *)(uintptr_t)object;
    const char *key;
    json_t *value;
    json_object_foreach(node, key, value) visit(context, key, value);
}

/* --- flat objects of strings --- */

static void put_code(fore_text *out, uint32_t c)
{
    char b[4];
    int n = 0;
    if (c < 0x80) b[n++] = (char)c;
    else if (c < 0x800) b[n++] = (char)(0xC0 | c >> 6), b[n++] = (char)(0x80 | (c & 0x3F));
    else if (c < 0x10000)
        b[n++] = (char)(0xE0 | c >> 12), b[n++] = (char)(0x80 | (c >> 6 & 0x3F)),
        b[n++] = (char)(0x80 | (c & 0x3F));
    else
        b[n++] = (char)(0xF0 | c >> 18), b[n++] = (char)(0x80 | (c >> 12 & 0x3F)),
        b[n++] = (char)(0x80 | (c >> 6 & 0x3F)), b[n++] = (char)(0x80 | (c & 0x3F));
    fore_text_add(out, b, n);
}

/* The four hex digits of a \u escape at json[i]. */
static bool hex_code(const char *json, int64_t length, int64_t i, uint32_t *code)
{
    if (i + 4 > length) return false;
    *code = 0;
    for (int k = 0; k < 4; k++) {
        char h = json[i + k], low = (char)(h | 32);
        if (h >= '0' && h <= '9') *code = *code * 16 + (uint32_t)(h - '0');
        else if (low >= 'a' && low <= 'f') *code = *code * 16 + (uint32_t)(low - 'a' + 10);
        else return false;
    }
    return true;
}

/* *i is at the 'u'; afterwards at the last digit. A lone surrogate becomes U+FFFD. */
static bool flat_code(const char *json, int64_t length, int64_t *i, fore_text *out)
{
    uint32_t code, second;
    if (!hex_code(json, length, *i + 1, &code)) return false;
    *i += 4;
    if (code >= 0xD800 && code <= 0xDFFF) {
        bool paired = code < 0xDC00 && *i + 2 < length && json[*i + 1] == '\\' &&
                      json[*i + 2] == 'u' && hex_code(json, length, *i + 3, &second) &&
                      second >= 0xDC00 && second <= 0xDFFF;
        code = paired ? 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00) : 0xFFFD;
        if (paired) *i += 6;
    }
    put_code(out, code);
    return true;
}

static bool flat_string(const char *json, int64_t length, int64_t *i, fore_text *out)
{
    if (*i >= length || json[*i] != '"') return false;
    for (int64_t from = ++*i; *i < length; ++*i) {
        char c = json[*i];
        if (c != '"' && c != '\\') continue;
        fore_text_add(out, json + from, *i - from);
        if (c == '"') {
            ++*i;
            fore_text_putc(out, 0);
            return !out->failed;
        }
        if (++*i >= length) return false;
        switch (json[*i]) {
        case 'n': fore_text_putc(out, '\n'); break;
        case 'r': fore_text_putc(out, '\r'); break;
        case 't': fore_text_putc(out, '\t'); break;
        case 'b': fore_text_putc(out, '\b'); break;
        case 'f': fore_text_putc(out, '\f'); break;
        case 'u':
            if (!flat_code(json, length, i, out)) return false;
            break;
        default: fore_text_putc(out, json[*i]);
        }
        from = *i + 1;
    }
    return false;
}

bool fore_json_flat_next(const char *json, int64_t length, int64_t *position, fore_text *scratch,
                         const char **key, const char **value)
{
    int64_t i = *position;
    fore_text_clear(scratch);
    while (i < length && (json[i] == '{' || json[i] == ',' || json[i] == ' ')) i++;
    if (!flat_string(json, length, &i, scratch)) return false;
    int64_t split = scratch->length;
    while (i < length && (json[i] == ':' || json[i] == ' ')) i++;
    if (!flat_string(json, length, &i, scratch)) return false;
    *position = i;
    *key = scratch->bytes;
    *value = scratch->bytes + split;
    return true;
}
