/* Text: a growing buffer, UTF-8, interning, numbers for people. All text in foresell is UTF-8. */
#ifndef FORE_BASE_TEXT_H
#define FORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

/* A growing, always NUL-terminated byte buffer. Zero-initialise: `fore_text out = {0};`. Appending
 * to a buffer whose allocation failed does nothing; check `failed` once, at the end. */
typedef struct fore_text {
    char *bytes; /* NULL until the first append */
    int64_t length;
    int64_t capacity;
    bool failed;
} fore_text;

void fore_text_free(fore_text *text); /* and back to zero */
void fore_text_clear(fore_text *text);
void fore_text_add(fore_text *text, const char *bytes, int64_t length);
void fore_text_puts(fore_text *text, const char *string);
void fore_text_putc(fore_text *text, char c);
void fore_text_printf(fore_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
fore_status fore_text_check(const fore_text *text, fore_error *err); /* E_MEMORY when it failed */
const char *fore_text_string(const fore_text *text);                 /* "" when empty */

/* Offset of the first byte that is not valid UTF-8 (RFC 3629), or -1 when all of it is. NUL bytes
 * count as valid here. */
int64_t fore_utf8_invalid(const char *bytes, int64_t length);
/* Appends Windows-1252 bytes (the superset of Latin-1 that exports really use) as UTF-8. */
void fore_utf8_from_latin1(fore_text *out, const char *bytes, int64_t length);
/* Columns that the text takes in a terminal: wide CJK count 2, combining marks (such as the vowel
 * signs of Telugu, Hindi, Tamil above and below a letter) count 0. */
int fore_utf8_width(const char *text);
/* Bytes of the longest prefix of at most `width` terminal columns, never cutting a character. */
int64_t fore_utf8_fit(const char *text, int width);

/* ASCII case folding, enough for column names and keywords. */
bool fore_text_equal_fold(const char *a, const char *b);
/* Letters and digits only, lower case: "Lead Source*" and "lead_source" give the same word.
 * Bytes over 127 are kept. `out` holds at least size bytes; cut when longer. */
void fore_text_normalise(const char *text, char *out, size_t size);

/* FNV-1a, and a 128-bit content fingerprint as 32 hex digits (two seeded 64-bit streams; against
 * accidents, not against attackers). */
uint64_t fore_hash(const void *bytes, int64_t length, uint64_t seed);
typedef struct fore_fingerprint {
    uint64_t a, b;
} fore_fingerprint;
void fore_fingerprint_start(fore_fingerprint *fp);
void fore_fingerprint_add(fore_fingerprint *fp, const void *bytes, int64_t length);
void fore_fingerprint_hex(const fore_fingerprint *fp, char out[33]);

/* Interning: text <-> dense index 0..n-1 in order of first appearance. */
typedef struct fore_dictionary fore_dictionary;
fore_dictionary *fore_dictionary_new(void);
void fore_dictionary_free(fore_dictionary *dictionary);
int64_t fore_dictionary_add(fore_dictionary *dictionary, const char *text, int64_t length); /* -1: memory */
int64_t fore_dictionary_find(const fore_dictionary *dictionary, const char *text, int64_t length); /* -1: none */
int64_t fore_dictionary_count(const fore_dictionary *dictionary);
const char *fore_dictionary_text(const fore_dictionary *dictionary, int64_t index); /* NUL-terminated */

/* Shortest decimal that reads back as the same double ("0.1", "1e+300"); NaN and infinities give
 * "NaN", "Infinity", "-Infinity". out holds 32 bytes. Locale-independent, as is fore_number_parse. */
void fore_number_format(double value, char out[32]);
/* Parses all of text[0..length) as a decimal number: false when anything is left over. */
bool fore_number_parse(const char *text, int64_t length, double *value);
/* For people: 1234567.8 -> "1,234,568" (decimals = 0). out holds at least 48 bytes. */
void fore_number_people(double value, int decimals, char *out, size_t size);

#endif
