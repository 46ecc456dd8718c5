/* Numbers, money, durations, yes and no from cells.
 *
 * A number is taken apart into sign, digits, position of the decimal sign and a power of ten. Which
 * of comma and point is the decimal sign follows from the cell where it can:
 *
 *     both signs             the later one, and it must stand alone        1,234.5   2.900,00
 *     one sign, repeated     groups of thousands (or 1,50,000)             1,234,567
 *     one sign, once         decimal, unless exactly three digits follow one to three others: 1,234
 *
 * Only the last shape asks for the column's reading. Money is worked out in integers. */
#include <string.h>

#include "datasets/cell_values.h"
#include "engine/base/text.h"

enum { DIGITS = 60 };

typedef enum proof { PROVES_NOTHING, PROVES_POINT, PROVES_COMMA, PROVES_EITHER } proof;

typedef struct number {
    bool negative, percent;
    char digits[DIGITS + 1]; /* all digits, without leading zeros */
    int count, scale;        /* digits behind the decimal sign */
    int exponent;            /* power of ten: K = 3, M = 6, B = 9, or what stands behind "e" */
    proof proof;
} number;

typedef struct span {
    const char *at, *end;
} span;

static bool take(span *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0) return false;
    s->at += n;
    return true;
}

static bool take_last(span *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->end - n, word, n) != 0) return false;
    s->end -= n;
    return true;
}

/* Space, tab, no-break space, narrow and thin space. */
static bool take_space(span *s)
{
    return take(s, " ") || take(s, "\t") || take(s, "\xC2\xA0") || take(s, "\xE2\x80\xAF") ||
           take(s, "\xE2\x80\x89");
}

static span trimmed(const char *text, int64_t length)
{
    span s = {text, text + length};
    while (take_space(&s)) {
    }
    while (take_last(&s, " ") || take_last(&s, "\t") || take_last(&s, "\xC2\xA0") ||
           take_last(&s, "\r") || take_last(&s, "\xE2\x80\xAF")) {
    }
    return s;
}

static const char *const currencies[] = {
    "US$",      "A$",  "C$",  "R$",  "HK$", "S$",  "NZ$", "$",         "\xC2\xA2", "\xC2\xA3",
    "\xC2\xA5", "USD", "EUR", "GBP", "INR", "JPY", "CNY", "CHF",       "AUD",      "CAD",
    "NZD",      "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "BRL",       "MXN",      "ZAR",
    "SGD",      "HKD", "AED", "SAR", "RUB", "TRY", "KRW", "THB",       "MYR",      "IDR",
    "PHP",      "VND", "ILS", "Rs.", "Rs",  "kr.", "kr",  "z\xC5\x82", NULL};

static bool take_currency(span *s)
{
    if (s->end - s->at >= 3 &&
        memcmp(s->at, "\xE2\x82", 2) == 0) { /* U+2080..: the block of currency signs */
        unsigned char c = (unsigned char)s->at[2];
        if (c >= 0xA0) {
            s->at += 3;
            return true;
        }
    }
    for (const char *const *c = currencies; *c; c++) {
        if (take(s, *c)) return true;
    }
    return false;
}

static bool take_last_currency(span *s)
{
    if (s->end - s->at >= 3 && memcmp(s->end - 3, "\xE2\x82", 2) == 0 &&
        (unsigned char)s->end[-1] >= 0xA0) {
        s->end -= 3;
        return true;
    }
    for (const char *const *c = currencies; *c; c++) {
        if (take_last(s, *c)) return true;
    }
    return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Signs, brackets and currency in front of the digits. */
static void take_front(span *s, number *n)
{
    if (s->at < s->end && *s->at == '(' && s->end[-1] == ')') {
        n->negative = true;
        s->at++;
        s->end--;
    }
    bool signed_already = false, currency = false;
    while (s->at < s->end && !is_digit(*s->at)) {
        if (!signed_already && (take(s, "-") || take(s, "\xE2\x88\x92"))) {
            n->negative = !n->negative;
            signed_already = true;
        } else if (!signed_already && take(s, "+")) {
            signed_already = true;
        } else if (!currency && take_currency(s)) {
            currency = true;
        } else if (!take_space(s)) {
            break;
        }
    }
}

static int multiplier(char c)
{
    switch (c) {
    case 'k':
    case 'K': return 3;
    case 'm':
    case 'M': return 6;
    case 'b':
    case 'B': return 9;
    default: return 0;
    }
}

/* Percent, currency, K M B, minus behind the digits. */
static void take_back(span *s, number *n)
{
    if (s->end > s->at && is_digit(s->end[-1])) return;
    *s = trimmed(s->at, s->end - s->at);
    if (take_last(s, "%")) n->percent = true;
    if (take_last(s, "-")) n->negative = !n->negative;
    *s = trimmed(s->at, s->end - s->at);
    if (take_last_currency(s)) *s = trimmed(s->at, s->end - s->at);
    if (s->end > s->at && multiplier(s->end[-1])) {
        n->exponent = multiplier(s->end[-1]);
        s->end--;
        *s = trimmed(s->at, s->end - s->at);
    }
}

static bool take_exponent(span *s, number *n)
{
    const char *e = s->at;
    while (e < s->end && *e != 'e' && *e != 'E') e++;
    if (e == s->end) return true;
    const char *p = e + 1;
    bool minus = p < s->end && *p == '-';
    if (p < s->end && (*p == '-' || *p == '+')) p++;
    if (p == s->end || s->end - p > 3) return false;
    int value = 0;
    for (; p < s->end; p++) {
        if (!is_digit(*p)) return false;
        value = value * 10 + (*p - '0');
    }
    n->exponent += minus ? -value : value;
    s->end = e;
    return true;
}

/* The separators of a number: how often each, digits before the first, between, after the last. */
typedef struct layout {
    int points, commas, spaces;
    int first_group, last_group; /* digits before the first and behind the last separator */
    char last;                   /* the last of comma and point */
    bool groups_fit;             /* all groups between are of two or three digits */
    bool leading_zero;
} layout;

static bool add_digit(number *n, char c)
{
    if (n->count == 0 && c == '0') return true;
    if (n->count == DIGITS) return false;
    n->digits[n->count++] = c;
    return true;
}

static bool read_layout(span s, number *n, layout *out)
{
    int group = 0, separators = 0, digits = 0;
    *out = (layout){.groups_fit = true, .leading_zero = s.at < s.end && *s.at == '0'};
    while (s.at < s.end) {
        if (is_digit(*s.at)) {
            if (!add_digit(n, *s.at)) return false;
            s.at++;
            group++;
            digits++;
            continue;
        }
        char c = *s.at;
        if (separators == 0) out->first_group = group;
        if (separators > 0 && (group < 2 || group > 3)) out->groups_fit = false;
        if (c == '.' || c == ',') {
            out->points += c == '.';
            out->commas += c == ',';
            out->last = c;
            s.at++;
        } else if (c == '\'' || take_space(&s) || take(&s, "\xE2\x80\x99")) {
            if (c == '\'') s.at++;
            out->spaces++;
            if (out->points + out->commas > 0) return false;
        } else {
            return false;
        }
        separators++;
        group = 0;
    }
    out->last_group = group;
    if (separators == 0) out->first_group = group;
    return digits > 0;
}

static bool grouped(const layout *l)
{
    return l->groups_fit && l->last_group == 3 && l->first_group >= 1 && l->first_group <= 3;
}

/* Sets scale and proof from the layout; `decimal` settles the shape that fits both. */
static bool place_decimal(number *n, const layout *l, fore_decimal decimal)
{
    int points = l->points, commas = l->commas;
    proof last = l->last == '.' ? PROVES_POINT : PROVES_COMMA;
    proof other = l->last == '.' ? PROVES_COMMA : PROVES_POINT;
    if (points + commas == 0) return l->spaces == 0 || grouped(l);
    if (points > 0 && commas > 0) {
        if ((l->last == '.' ? points : commas) != 1 || !l->groups_fit || l->first_group > 3)
            return false;
        n->proof = last;
        n->scale = l->last_group;
        return true;
    }
    if (points + commas > 1) {
        n->proof = other;
        return grouped(l);
    }
    bool either = l->spaces == 0 && grouped(l) && !l->leading_zero;
    if (l->spaces > 0 && (!l->groups_fit || l->first_group > 3)) return false;
    n->proof = either ? PROVES_EITHER : last;
    bool is_decimal = !either || (l->last == '.') == (decimal == FORE_DECIMAL_POINT);
    n->scale = is_decimal ? l->last_group : 0;
    return true;
}

static bool parse(const char *text, int64_t length, fore_decimal decimal, number *n)
{
    layout l;
    span s = trimmed(text, length);
    *n = (number){0};
    if (s.at == s.end || s.end - s.at > 2 * DIGITS) return false;
    take_front(&s, n);
    take_back(&s, n);
    if (!take_exponent(&s, n) || !read_layout(s, n, &l)) return false;
    n->digits[n->count] = 0;
    return place_decimal(n, &l, decimal);
}

void fore_number_observe(fore_number_evidence *evidence, const char *text, int64_t length)
{
    number n;
    if (fore_cell_empty(text, length)) return;
    evidence->cells++;
    if (!parse(text, length, FORE_DECIMAL_POINT, &n)) return;
    evidence->numbers++;
    evidence->point += n.proof == PROVES_POINT;
    evidence->comma += n.proof == PROVES_COMMA;
    evidence->either += n.proof == PROVES_EITHER;
}

fore_decimal fore_number_decide(const fore_number_evidence *evidence, bool *ambiguous)
{
    bool both = evidence->point > 0 && evidence->comma > 0;
    bool none = evidence->point == 0 && evidence->comma == 0;
    if (ambiguous) *ambiguous = evidence->either > 0 && (both || none);
    return evidence->comma > evidence->point ? FORE_DECIMAL_COMMA : FORE_DECIMAL_POINT;
}

bool fore_cell_number(const char *text, int64_t length, fore_decimal decimal, double *value)
{
    number n;
    if (!parse(text, length, decimal, &n)) return false;
    char buffer[DIGITS + 16];
    size_t at = 0;
    if (n.negative) buffer[at++] = '-';
    if (n.count == 0) buffer[at++] = '0';
    memcpy(buffer + at, n.digits, (size_t)n.count);
    at += (size_t)n.count;
    int power = n.exponent - n.scale;
    if (power != 0) {
        buffer[at++] = 'e';
        if (power < 0) buffer[at++] = '-';
        int size = power < 0 ? -power : power;
        if (size >= 1000) buffer[at++] = (char)('0' + size / 1000);
        if (size >= 100) buffer[at++] = (char)('0' + size / 100 % 10);
        if (size >= 10) buffer[at++] = (char)('0' + size / 10 % 10);
        buffer[at++] = (char)('0' + size % 10);
    }
    return fore_number_parse(buffer, (int64_t)at, value);
}

bool fore_cell_money(const char *text, int64_t length, fore_decimal decimal, int64_t *minor)
{
    number n;
    if (!parse(text, length, decimal, &n) || n.percent) return false;
    int shift = 2 + n.exponent - n.scale; /* hundredths = digits * 10^shift */
    int whole = n.count + (shift < 0 ? shift : 0);
    __int128 value = 0;
    if (n.count > 0 && n.count + shift > 19) return false;
    for (int i = 0; i < whole; i++) value = value * 10 + (n.digits[i] - '0');
    for (int i = 0; i < shift && n.count > 0; i++) value *= 10;
    if (whole >= 0 && whole < n.count && n.digits[whole] >= '5') value++;
    if (value > INT64_MAX) return false;
    *minor = n.negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* --- yes and no, durations, nothing --- */

static bool is_word(span s, const char *const *words)
{
    char lower[8];
    size_t n = (size_t)(s.end - s.at);
    if (n == 0 || n >= sizeof lower) return false;
    for (size_t i = 0; i < n; i++) {
        char c = s.at[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    lower[n] = 0;
    for (; *words; words++) {
        if (strcmp(lower, *words) == 0) return true;
    }
    return false;
}

bool fore_cell_flag(const char *text, int64_t length, bool *value)
{
    static const char *const yes[] = {"yes", "true", "1",  "y",         "t", "on",
                                      "ja",  "oui",  "si", "s\xC3\xAD", NULL};
    static const char *const no[] = {"no", "false", "0", "n", "f", "off", "nein", "non", NULL};
    span s = trimmed(text, length);
    if (is_word(s, yes)) {
        *value = true;
        return true;
    }
    if (!is_word(s, no)) return false;
    *value = false;
    return true;
}

bool fore_cell_empty(const char *text, int64_t length)
{
    static const char *const nothing[] = {"null", "none", "n/a", "#n/a", "nan",
                                          "-",    "--",   "\\n", NULL};
    if (length > 6) { /* longer than any of the words: empty only when it is all spaces */
        return *text == ' ' && trimmed(text, length).at == trimmed(text, length).end;
    }
    span s = trimmed(text, length);
    return s.at == s.end || is_word(s, nothing);
}

/* "1:05" = one hour five, "0:01:30" = a minute and a half. */
static bool clock_minutes(span s, double *minutes)
{
    double parts[3];
    int count = 0;
    while (count < 3) {
        const char *from = s.at;
        while (s.at < s.end && is_digit(*s.at)) s.at++;
        if (s.at == from || s.at - from > 6) return false;
        if (!fore_number_parse(from, s.at - from, &parts[count++])) return false;
        if (s.at == s.end) break;
        if (*s.at++ != ':') return false;
    }
    if (count < 2 || s.at != s.end || parts[1] >= 60 || (count == 3 && parts[2] >= 60))
        return false;
    *minutes = parts[0] * 60 + parts[1] + (count == 3 ? parts[2] / 60 : 0);
    return true;
}

bool fore_cell_minutes(const char *text, int64_t length, double unit_seconds, fore_decimal decimal,
                       double *minutes)
{
    span s = trimmed(text, length);
    if (memchr(s.at, ':', (size_t)(s.end - s.at))) return clock_minutes(s, minutes);
    if (take_last(&s, "minutes") || take_last(&s, "mins") || take_last(&s, "min"))
        unit_seconds = 60;
    else if (take_last(&s, "hours") || take_last(&s, "hrs") || take_last(&s, "h"))
        unit_seconds = 3600;
    else if (take_last(&s, "seconds") || take_last(&s, "secs") || take_last(&s, "sec"))
        unit_seconds = 1;
    double value;
    if (!fore_cell_number(s.at, s.end - s.at, decimal, &value)) return false;
    *minutes = value * unit_seconds / 60;
    return true;
}
