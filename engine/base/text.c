/* Text buffers, UTF-8, hashing, interning and number formatting. */
#include "engine/base/text.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
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

/* Marks that take no column (Unicode 15, general categories Mn and Cf) up to Lao, and the joiners,
 * selectors and marks of symbols after it. Spacing vowel signs (Mc) take a column in terminals. */
static bool zero_width(uint32_t c)
{
    static const uint16_t range[][2] = {
        {0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x5BF, 0x5BF}, {0x5C1, 0x5C2},
        {0x5C4, 0x5C5}, {0x5C7, 0x5C7}, {0x610, 0x61A}, {0x61C, 0x61C}, {0x64B, 0x65F},
        {0x670, 0x670}, {0x6D6, 0x6DC}, {0x6DF, 0x6E4}, {0x6E7, 0x6E8}, {0x6EA, 0x6ED},
        {0x711, 0x711}, {0x730, 0x74A}, {0x7A6, 0x7B0}, {0x7EB, 0x7F3}, {0x7FD, 0x7FD},
        {0x816, 0x819}, {0x81B, 0x823}, {0x825, 0x827}, {0x829, 0x82D}, {0x859, 0x85B},
        {0x898, 0x89F}, {0x8CA, 0x8E1}, {0x8E3, 0x902}, {0x93A, 0x93A}, {0x93C, 0x93C},
        {0x941, 0x948}, {0x94D, 0x94D}, {0x951, 0x957}, {0x962, 0x963}, {0x981, 0x981},
        {0x9BC, 0x9BC}, {0x9C1, 0x9C4}, {0x9CD, 0x9CD}, {0x9E2, 0x9E3}, {0x9FE, 0x9FE},
        {0xA01, 0xA02}, {0xA3C, 0xA3C}, {0xA41, 0xA42}, {0xA47, 0xA48}, {0xA4B, 0xA4D},
        {0xA51, 0xA51}, {0xA70, 0xA71}, {0xA75, 0xA75}, {0xA81, 0xA82}, {0xABC, 0xABC},
        {0xAC1, 0xAC5}, {0xAC7, 0xAC8}, {0xACD, 0xACD}, {0xAE2, 0xAE3}, {0xAFA, 0xAFF},
        {0xB01, 0xB01}, {0xB3C, 0xB3C}, {0xB3F, 0xB3F}, {0xB41, 0xB44}, {0xB4D, 0xB4D},
        {0xB55, 0xB56}, {0xB62, 0xB63}, {0xB82, 0xB82}, {0xBC0, 0xBC0}, {0xBCD, 0xBCD},
        {0xC00, 0xC00}, {0xC04, 0xC04}, {0xC3C, 0xC3C}, {0xC3E, 0xC40}, {0xC46, 0xC48},
        {0xC4A, 0xC4D}, {0xC55, 0xC56}, {0xC62, 0xC63}, {0xC81, 0xC81}, {0xCBC, 0xCBC},
        {0xCBF, 0xCBF}, {0xCC6, 0xCC6}, {0xCCC, 0xCCD}, {0xCE2, 0xCE3}, {0xD00, 0xD01},
        {0xD3B, 0xD3C}, {0xD41, 0xD44}, {0xD4D, 0xD4D}, {0xD62, 0xD63}, {0xD81, 0xD81},
        {0xDCA, 0xDCA}, {0xDD2, 0xDD4}, {0xDD6, 0xDD6}, {0xE31, 0xE31}, {0xE34, 0xE3A},
        {0xE47, 0xE4E}, {0xEB1, 0xEB1}, {0xEB4, 0xEBC}, {0xEC8, 0xECD}, {0x1AB0, 0x1ACE},
        {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x206F},
        {0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
    };
    if (c < 0x300 || c > 0xFEFF) return false;
    size_t low = 0, high = sizeof range / sizeof *range;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (range[middle][1] < c) low = middle + 1;
        else high = middle;
    }
    return low < sizeof range / sizeof *range && range[low][0] <= c;
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

typedef struct dictionary_slot {
    uint32_t entry; /* index + 1, or 0 */
    uint32_t hash;  /* beside it: one cache line tells where to go on, and growing reads no text */
} dictionary_slot;

struct fore_dictionary {
    char *pool;
    int64_t pool_used, pool_size;
    int64_t *offset; /* n + 1 offsets into pool; entry i is NUL-terminated */
    int64_t offset_capacity;
    int64_t count;
    dictionary_slot *slot;
    int64_t slot_count; /* a power of two, at most 2^32 */
};

fore_dictionary *fore_dictionary_new(void) { return FORE_ZNEW(1, fore_dictionary); }

void fore_dictionary_free(fore_dictionary *d)
{
    if (!d) return;
    fore_free(d->pool);
    fore_free(d->offset);
    fore_free(d->slot);
    fore_free(d);
}

/* Words of eight bytes: keys are short, and a byte at a time would cost more than the rest. */
static uint32_t dictionary_hash(const char *text, int64_t length)
{
    uint64_t h = (uint64_t)length * UINT64_C(0x9E3779B97F4A7C15), word;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        h = (h ^ word) * UINT64_C(0xD6E8FEB86659FD93);
        h ^= h >> 32;
    }
    word = 0;
    if (length > 0) memcpy(&word, text, (size_t)length);
    return (uint32_t)(mix64(h ^ word) >> 32);
}

static int64_t dictionary_probe(const fore_dictionary *d, const char *text, int64_t length,
                                uint32_t h, int64_t *at)
{
    uint64_t mask = (uint64_t)d->slot_count - 1;
    for (uint64_t i = h & mask;; i = (i + 1) & mask) {
        dictionary_slot s = d->slot[i];
        *at = (int64_t)i;
        if (s.entry == 0) return -1;
        if (s.hash != h) continue;
        int64_t from = d->offset[s.entry - 1], size = d->offset[s.entry] - from - 1;
        if (size == length && memcmp(d->pool + from, text, (size_t)length) == 0) return s.entry - 1;
    }
}

static bool dictionary_resize(fore_dictionary *d, int64_t slots)
{
    dictionary_slot *slot = FORE_ZNEW(slots, dictionary_slot);
    if (!slot) return false;
    uint64_t mask = (uint64_t)slots - 1;
    for (int64_t k = 0; k < d->slot_count; k++) {
        if (d->slot[k].entry == 0) continue;
        uint64_t i = d->slot[k].hash & mask;
        while (slot[i].entry) i = (i + 1) & mask;
        slot[i] = d->slot[k];
    }
    fore_free(d->slot);
    d->slot = slot;
    d->slot_count = slots;
    return true;
}

int64_t fore_dictionary_add(fore_dictionary *d, const char *text, int64_t length)
{
    if (d->count * 2 >= d->slot_count &&
        !dictionary_resize(d, d->slot_count ? d->slot_count * 2 : 64))
        return -1;
    uint32_t h = dictionary_hash(text, length);
    int64_t at, found = dictionary_probe(d, text, length, h, &at);
    if (found >= 0) return found;
    if (d->count >= INT32_MAX) return -1;
    if (fore_grow((void **)&d->pool, &d->pool_size, d->pool_used + length + 1, 1, NULL) ||
        fore_grow((void **)&d->offset, &d->offset_capacity, d->count + 2, sizeof *d->offset, NULL))
        return -1;
    if (length > 0) memcpy(d->pool + d->pool_used, text, (size_t)length);
    d->pool[d->pool_used + length] = 0;
    d->offset[d->count] = d->pool_used;
    d->pool_used += length + 1;
    d->offset[d->count + 1] = d->pool_used;
    d->slot[at] = (dictionary_slot){(uint32_t)(d->count + 1), h};
    return d->count++;
}

int64_t fore_dictionary_find(const fore_dictionary *d, const char *text, int64_t length)
{
    if (d->slot_count == 0) return -1;
    int64_t at;
    return dictionary_probe(d, text, length, dictionary_hash(text, length), &at);
}

int64_t fore_dictionary_count(const fore_dictionary *d) { return d->count; }

const char *fore_dictionary_text(const fore_dictionary *d, int64_t index)
{
    return d->pool + d->offset[index];
}

/* --- numbers --- */

/* The C locale, so that a host program's setlocale changes no file of ours. Made once, never freed. */
static locale_t c_locale;
static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

static locale_t plain_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    return c_locale;
}

static double read_number(const char *text, char **end)
{
    locale_t c = plain_locale();
    return c ? strtod_l(text, end, c) : strtod(text, end);
}

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
    locale_t c = plain_locale(), before = c ? uselocale(c) : (locale_t)0;
    /* every decimal of up to 15 digits survives the way through a normal double, so 15 is where to start */
    for (int digits = fabs(value) < 0x1p-1022 ? 1 : 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    if (c) uselocale(before);
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
    double v = read_number(copy, &end);
    if (end != copy + length || isinf(v)) return false;
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
    locale_t c = plain_locale(), before = c ? uselocale(c) : (locale_t)0;
    snprintf(plain, sizeof plain, "%.*f", decimals, fabs(value));
    if (c) uselocale(before);
    size_t whole = strcspn(plain, "."), n = 0;
    bool zero = strspn(plain, "0.") == strlen(plain);
    if (value < 0 && !zero && n + 1 < size) out[n++] = '-';
    for (size_t i = 0; plain[i] && n + 2 < size; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) out[n++] = ',';
        out[n++] = plain[i];
    }
    if (size) out[n] = 0;
}
