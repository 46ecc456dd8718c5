/* Text buffers, UTF-8, hashing, interning and number formatting. */
#include "engine/base/text.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"

/* --- buffer --- */

void fore_text_free(fore_text *text)
{
    if (!text) return;
    fore_free(text->bytes);
    *text = (fore_text){0};
}

void fore_text_clear(fore_text *text)
{
    text->length = 0;
    if (text->bytes) text->bytes[0] = 0;
}

static bool text_reserve(fore_text *text, int64_t extra)
{
    if (text->failed) return false;
    if (fore_grow((void **)&text->bytes, &text->capacity, text->length + extra + 1, 1, NULL) !=
        FORE_OK) {
        text->failed = true;
        return false;
    }
    return true;
}

void fore_text_add(fore_text *text, const char *bytes, int64_t length)
{
    if (length < 0 || !text_reserve(text, length)) return;
    if (length > 0) memcpy(text->bytes + text->length, bytes, (size_t)length);
    text->length += length;
    text->bytes[text->length] = 0;
}

void fore_text_puts(fore_text *text, const char *string)
{
    fore_text_add(text, string, (int64_t)strlen(string));
}

void fore_text_putc(fore_text *text, char c) { fore_text_add(text, &c, 1); }

void fore_text_printf(fore_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !text_reserve(text, length)) return;
    va_start(args, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += length;
}

fore_status fore_text_check(const fore_text *text, fore_error *err)
{
    return text->failed ? fore_no_memory(err) : FORE_OK;
}

const char *fore_text_string(const fore_text *text) { return text->bytes ? text->bytes : ""; }

/* --- UTF-8 --- */

/* Length of the well-formed sequence at p (table 3-7 of the Unicode standard), or 0. */
static int utf8_sequence(const unsigned char *p, int64_t left)
{
    unsigned char c = p[0];
    if (c < 0x80) return 1;
    if (c < 0xC2 || c > 0xF4) return 0;
    int length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (left < length) return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    if (p[1] < low || p[1] > high) return 0;
    for (int i = 2; i < length; i++)
        if ((p[i] & 0xC0) != 0x80) return 0;
    return length;
}

int64_t fore_utf8_invalid(const char *bytes, int64_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (int64_t i = 0; i < length;) {
        if (i + 8 <= length) {
            uint64_t word;
            memcpy(&word, p + i, 8);
            if (!(word & UINT64_C(0x8080808080808080))) {
                i += 8;
                continue;
            }
        }
        int n = utf8_sequence(p + i, length - i);
        if (n == 0) return i;
        i += n;
    }
    return -1;
}

static void utf8_put(fore_text *out, uint32_t c)
{
    char b[4];
    if (c < 0x80) {
        b[0] = (char)c;
        fore_text_add(out, b, 1);
    } else if (c < 0x800) {
        b[0] = (char)(0xC0 | (c >> 6));
        b[1] = (char)(0x80 | (c & 0x3F));
        fore_text_add(out, b, 2);
    } else {
        b[0] = (char)(0xE0 | (c >> 12));
        b[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        b[2] = (char)(0x80 | (c & 0x3F));
        fore_text_add(out, b, 3);
    }
}

void fore_utf8_from_latin1(fore_text *out, const char *bytes, int64_t length)
{
    /* Windows-1252 0x80..0x9F; 0 marks the five undefined bytes, kept as C1 controls. */
    static const uint16_t high[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
    for (int64_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        uint32_t code = c;
        if (c >= 0x80 && c < 0xA0 && high[c - 0x80]) code = high[c - 0x80];
        utf8_put(out, code);
    }
}

static uint32_t utf8_decode(const unsigned char *p, int n)
{
    switch (n) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3: return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    default:
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
               (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    }
}

/* Combining marks that occur in names: Latin diacritics, Devanagari to Malayalam signs, joiners. */
static bool zero_width(uint32_t c)
{
    if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || c == 0xFEFF) return true;
    if (c >= 0x900 && c <= 0xD7F) { /* the Indic blocks share one layout of 0x80 */
        uint32_t o = c & 0x7F;
        if (o <= 0x02 || o == 0x3C || o == 0x4D || (o >= 0x51 && o <= 0x57 && c < 0x980)) return true;
        if (o == 0x3A && c < 0x980) return true;
        /* above- and below-base vowel signs; spacing ones (0x3E, 0x40, 0x03 ...) take a column */
        if (o >= 0x41 && o <= 0x48 && c < 0xB80) return true;
        if (c == 0xBC0 || c == 0xC3E || c == 0xC3F || c == 0xC40) return true;
        if (c >= 0xC46 && c <= 0xC56) return true;
        return false;
    }
    return (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x20D0 && c <= 0x20FF) ||
           (c >= 0xFE00 && c <= 0xFE0F);
}

static bool double_width(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
           (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
           (c >= 0x20000 && c <= 0x3FFFD);
}

static int64_t utf8_measure(const char *text, int limit, int *width)
{
    const unsigned char *p = (const unsigned char *)text;
    int64_t length = (int64_t)strlen(text), i = 0;
    int total = 0;
    while (i < length) {
        int n = utf8_sequence(p + i, length - i);
        int step = 1;
        if (n == 0) n = 1;
        else {
            uint32_t c = utf8_decode(p + i, n);
            step = zero_width(c) ? 0 : double_width(c) ? 2 : 1;
        }
        if (limit >= 0 && total + step > limit) break;
        total += step;
        i += n;
    }
    *width = total;
    return i;
}

int fore_utf8_width(const char *text)
{
    int width;
    utf8_measure(text, -1, &width);
    return width;
}

int64_t fore_utf8_fit(const char *text, int width)
{
    int used;
    return utf8_measure(text, width, &used);
}

bool fore_text_equal_fold(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
    return *a == *b;
}

void fore_text_normalise(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p && n + 1 < size; p++)
        if (*p > 127 || isalnum(*p)) out[n++] = *p > 127 ? (char)*p : (char)tolower(*p);
    if (size) out[n] = 0;
}

/* --- hashing --- */

uint64_t fore_hash(const void *bytes, int64_t length, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t h = UINT64_C(14695981039346656037) ^ (seed * UINT64_C(0x9E3779B97F4A7C15));
    for (int64_t i = 0; i < length; i++) h = (h ^ p[i]) * UINT64_C(1099511628211);
    h ^= h >> 32; /* FNV's high bits are the good ones; fold them down for masks */
    return h;
}

void fore_fingerprint_start(fore_fingerprint *fp)
{
    fp->a = UINT64_C(0x243F6A8885A308D3);
    fp->b = UINT64_C(0x13198A2E03707344);
}

static uint64_t mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

void fore_fingerprint_add(fore_fingerprint *fp, const void *bytes, int64_t length)
{
    const unsigned char *p = bytes;
    int64_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t w;
        memcpy(&w, p + i, 8);
        fp->a = mix64(fp->a ^ w) + UINT64_C(0x9E3779B97F4A7C15);
        fp->b = mix64(fp->b + w * UINT64_C(0xD6E8FEB86659FD93)) ^ fp->a;
    }
    uint64_t tail = (uint64_t)length << 56;
    for (int k = 0; i < length; i++, k += 8) tail ^= (uint64_t)p[i] << k;
    fp->a = mix64(fp->a ^ tail) + UINT64_C(0x9E3779B97F4A7C15);
    fp->b = mix64(fp->b + tail * UINT64_C(0xD6E8FEB86659FD93)) ^ fp->a;
}

void fore_fingerprint_hex(const fore_fingerprint *fp, char out[33])
{
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)fp->a, (unsigned long long)fp->b);
}

/* --- dictionary: open addressing over offsets into one byte pool --- */

struct fore_dictionary {
    char *pool;
    int64_t pool_used, pool_size;
    int64_t *offset; /* n + 1 offsets into pool; entry i is NUL-terminated */
    int64_t offset_capacity;
    int64_t count;
    uint32_t *slot;  /* index + 1, or 0 */
    uint32_t *check; /* high bits of the hash: most mismatches end here */
    int64_t slot_count; /* a power of two */
};

fore_dictionary *fore_dictionary_new(void) { return FORE_ZNEW(1, fore_dictionary); }

void fore_dictionary_free(fore_dictionary *d)
{
    if (!d) return;
    fore_free(d->pool);
    fore_free(d->offset);
    fore_free(d->slot);
    fore_free(d->check);
    fore_free(d);
}

static int64_t dictionary_probe(const fore_dictionary *d, const char *text, int64_t length,
                                uint64_t h, int64_t *at)
{
    uint64_t mask = (uint64_t)d->slot_count - 1;
    for (uint64_t i = h & mask;; i = (i + 1) & mask) {
        uint32_t s = d->slot[i];
        *at = (int64_t)i;
        if (s == 0) return -1;
        if (d->check[i] != (uint32_t)(h >> 32)) continue;
        int64_t from = d->offset[s - 1], size = d->offset[s] - from - 1;
        if (size == length && memcmp(d->pool + from, text, (size_t)length) == 0) return s - 1;
    }
}

static bool dictionary_rehash(fore_dictionary *d, int64_t slots)
{
    uint32_t *slot = FORE_ZNEW(slots, uint32_t), *check = FORE_NEW(slots, uint32_t);
    if (!slot || !check) {
        fore_free(slot);
        fore_free(check);
        return false;
    }
    uint64_t mask = (uint64_t)slots - 1;
    for (int64_t k = 0; k < d->count; k++) {
        uint64_t h = fore_hash(d->pool + d->offset[k], d->offset[k + 1] - d->offset[k] - 1, 0);
        uint64_t i = h & mask;
        while (slot[i]) i = (i + 1) & mask;
        slot[i] = (uint32_t)(k + 1);
        check[i] = (uint32_t)(h >> 32);
    }
    fore_free(d->slot);
    fore_free(d->check);
    d->slot = slot;
    d->check = check;
    d->slot_count = slots;
    return true;
}

int64_t fore_dictionary_add(fore_dictionary *d, const char *text, int64_t length)
{
    if (d->count * 2 >= d->slot_count &&
        !dictionary_rehash(d, d->slot_count ? d->slot_count * 2 : 64))
        return -1;
    uint64_t h = fore_hash(text, length, 0);
    int64_t at, found = dictionary_probe(d, text, length, h, &at);
    if (found >= 0) return found;
    if (d->count >= UINT32_MAX - 1) return -1;
    if (fore_grow((void **)&d->pool, &d->pool_size, d->pool_used + length + 1, 1, NULL) ||
        fore_grow((void **)&d->offset, &d->offset_capacity, d->count + 2, sizeof *d->offset, NULL))
        return -1;
    if (length > 0) memcpy(d->pool + d->pool_used, text, (size_t)length);
    d->pool[d->pool_used + length] = 0;
    d->offset[d->count] = d->pool_used;
    d->pool_used += length + 1;
    d->offset[d->count + 1] = d->pool_used;
    d->slot[at] = (uint32_t)(d->count + 1);
    d->check[at] = (uint32_t)(h >> 32);
    return d->count++;
}

int64_t fore_dictionary_find(const fore_dictionary *d, const char *text, int64_t length)
{
    if (d->slot_count == 0) return -1;
    int64_t at;
    return dictionary_probe(d, text, length, fore_hash(text, length, 0), &at);
}

int64_t fore_dictionary_count(const fore_dictionary *d) { return d->count; }

const char *fore_dictionary_text(const fore_dictionary *d, int64_t index)
{
    return d->pool + d->offset[index];
}

/* --- numbers --- */

void fore_number_format(double value, char out[32])
{
    if (isnan(value)) {
        snprintf(out, 32, "NaN");
        return;
    }
    if (isinf(value)) {
        snprintf(out, 32, value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) return;
    }
}

/* Exact for up to 15 digits and small exponents (Clinger 1990: both operands are exact doubles, so
 * one rounding); everything else goes to strtod. */
bool fore_number_parse(const char *text, int64_t length, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t i = 0;
    bool negative = false;
    if (i < length && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
    uint64_t mantissa = 0;
    int digits = 0, fraction = 0, seen = 0;
    for (; i < length && text[i] >= '0' && text[i] <= '9'; i++, seen++)
        if (mantissa || text[i] != '0') mantissa = mantissa * 10 + (uint64_t)(text[i] - '0'), digits++;
    if (i < length && text[i] == '.')
        for (i++; i < length && text[i] >= '0' && text[i] <= '9'; i++, seen++, fraction++)
            if (mantissa || text[i] != '0')
                mantissa = mantissa * 10 + (uint64_t)(text[i] - '0'), digits++;
    if (seen == 0) return false;
    if (i == length && digits <= 15 && fraction <= 22) {
        double v = (double)mantissa / power[fraction];
        *value = negative ? -v : v;
        return true;
    }
    if (i < length && text[i] != 'e' && text[i] != 'E') return false;
    char copy[400], *end;
    if (length >= (int64_t)sizeof copy) return false;
    memcpy(copy, text, (size_t)length);
    copy[length] = 0;
    double v = strtod(copy, &end);
    if (end != copy + length) return false;
    *value = v;
    return true;
}

void fore_number_people(double value, int decimals, char *out, size_t size)
{
    if (!isfinite(value)) {
        snprintf(out, size, isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
        return;
    }
    char plain[352];
    snprintf(plain, sizeof plain, "%.*f", decimals, fabs(value));
    size_t whole = strcspn(plain, "."), n = 0;
    bool zero = strspn(plain, "0.") == strlen(plain);
    if (value < 0 && !zero && n + 1 < size) out[n++] = '-';
    for (size_t i = 0; plain[i] && n + 2 < size; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) out[n++] = ',';
        out[n++] = plain[i];
    }
    if (size) out[n] = 0;
}
