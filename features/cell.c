/* One cell of text, read as a missing value, a yes or no, a number, a date or an e-mail address. */
#include <ctype.h>
#include <string.h>

#include "engine/base/civil.h"
#include "features/frame.h"

static bool is_word_of(const char *text, int64_t length, const char *const *words)
{
    char word[16];
    if (length <= 0 || length >= (int64_t)sizeof word) return false;
    memcpy(word, text, (size_t)length);
    word[length] = 0;
    for (; *words; words++)
        if (fore_text_equal_fold(word, *words)) return true;
    return false;
}

bool fore_frame_cell_missing(const char *text, int64_t length)
{
    static const char *const words[] = {"na",  "n/a",  "#n/a",      "nan",     "null",
                                        "nil", "none", "undefined", "(blank)", "select",
                                        "-",   "--",   "?",         NULL};
    if (length == 0) return true;
    bool likely = length < 10 && strchr("NnUuSs#(-?", text[0]); /* most cells end here */
    return likely && is_word_of(text, length, words);
}

bool fore_frame_cell_yes_no(const char *text, int64_t length, bool *yes)
{
    static const char *const yes_words[] = {"yes", "y", "true", "t", NULL};
    static const char *const no_words[] = {"no", "n", "false", "f", NULL};
    *yes = is_word_of(text, length, yes_words);
    return *yes || is_word_of(text, length, no_words);
}

/* --- numbers --- */

typedef struct span {
    const char *at;
    int64_t length;
} span;

static bool starts(span s, const char *with)
{
    int64_t n = (int64_t)strlen(with);
    return s.length >= n && memcmp(s.at, with, (size_t)n) == 0;
}

static bool ends(span s, const char *with)
{
    int64_t n = (int64_t)strlen(with);
    return s.length >= n && memcmp(s.at + s.length - n, with, (size_t)n) == 0;
}

static span cut_blanks(span s)
{
    while (s.length && *s.at == ' ') s.at++, s.length--;
    while (s.length && s.at[s.length - 1] == ' ') s.length--;
    return s;
}

/* A currency sign or code before or after the digits. */
static span cut_currency(span s)
{
    static const char *const marks[] = {"$",   "€",   "£",   "¥",   "₹",   "USD",
                                        "EUR", "GBP", "INR", "CHF", "JPY", "AUD",
                                        "CAD", "CNY", "BRL", "SEK", "PLN", NULL};
    for (const char *const *mark = marks; *mark; mark++) {
        int64_t n = (int64_t)strlen(*mark);
        if (starts(s, *mark))
            s.at += n, s.length -= n;
        else if (ends(s, *mark))
            s.length -= n;
        else
            continue;
        return cut_blanks(s);
    }
    return s;
}

static span cut_scale(span s, double *scale)
{
    *scale = 1;
    if (s.length < 2) return s;
    char last = s.at[s.length - 1], before = s.at[s.length - 2];
    if (!isdigit((unsigned char)before) && before != ' ') return s;
    if (last == 'K' || last == 'k')
        *scale = 1e3;
    else if (last == 'M')
        *scale = 1e6;
    else if (last != '%')
        return s;
    s.length--;
    return cut_blanks(s);
}

/* Bytes of a thousands separator at text, 0 when there is none. */
static int64_t separator(span s, bool comma)
{
    if (s.length && (*s.at == (comma ? '.' : ',') || *s.at == ' ' || *s.at == '\'')) return 1;
    if (starts(s, "\xC2\xA0")) return 2;
    return starts(s, "\xE2\x80\xAF") ? 3 : 0;
}

/* Whole part in groups of three, if in groups at all; appends its digits to out. */
static bool read_whole(span *s, bool comma, char *out, int *n)
{
    int group = 0, groups = 1;
    char first_separator = 0;
    for (;;) {
        if (s->length && isdigit((unsigned char)*s->at)) {
            if (*n >= 40) return false;
            out[(*n)++] = *s->at++;
            s->length--;
            group++;
            continue;
        }
        int64_t cut = separator(*s, comma);
        if (groups > 1 ? group != 3 : (cut && (group < 1 || group > 3))) return false;
        if (!cut) return true;
        if (first_separator && *s->at != first_separator) return false;
        first_separator = *s->at;
        s->at += cut;
        s->length -= cut;
        groups++;
        group = 0;
    }
}

static bool leads_with_zero(span s)
{
    if (s.length && (*s.at == '-' || *s.at == '+')) s.at++, s.length--;
    return s.length > 1 && s.at[0] == '0' && isdigit((unsigned char)s.at[1]);
}

bool fore_frame_cell_number(const char *text, int64_t length, bool comma, double *value)
{
    span s = {text, length};
    if (leads_with_zero(s)) return false;
    if (!comma && fore_number_parse(text, length, value)) return true;
    char digits[64];
    int n = 0;
    double scale;
    s = cut_scale(cut_currency(cut_blanks(s)), &scale);
    if (s.length && (*s.at == '-' || *s.at == '+')) {
        digits[n++] = *s.at++;
        s.length--;
        s = cut_currency(cut_blanks(s));
    }
    if (leads_with_zero(s)) return false;
    if (!read_whole(&s, comma, digits, &n)) return false;
    if (s.length && *s.at == (comma ? ',' : '.')) {
        digits[n++] = '.';
        s.at++, s.length--;
        while (s.length && isdigit((unsigned char)*s.at) && n < 62)
            digits[n++] = *s.at++, s.length--;
    }
    if (s.length || !fore_number_parse(digits, n, value)) return false;
    *value *= scale;
    return true;
}

/* --- dates --- */

static bool take_int(span *s, int digits_min, int digits_max, int32_t *value)
{
    int n = 0;
    for (*value = 0; n < digits_max && s->length && isdigit((unsigned char)*s->at); n++) {
        *value = *value * 10 + (*s->at++ - '0');
        s->length--;
    }
    return n >= digits_min;
}

static bool take_char(span *s, char c)
{
    if (!s->length || *s->at != c) return false;
    s->at++, s->length--;
    return true;
}

/* " 9:30", "T09:30:15", " 9:30 PM" */
static bool take_clock(span *s, fore_civil *civil)
{
    if (!s->length) return true;
    if (!take_char(s, ' ') && !take_char(s, 'T')) return false;
    if (!take_int(s, 1, 2, &civil->hour) || !take_char(s, ':') ||
        !take_int(s, 2, 2, &civil->minute))
        return false;
    if (take_char(s, ':') && !take_int(s, 2, 2, &civil->second)) return false;
    take_char(s, ' ');
    bool pm = starts(*s, "PM") || starts(*s, "pm"), am = starts(*s, "AM") || starts(*s, "am");
    if (!pm && !am) return s->length == 0;
    if (civil->hour < 1 || civil->hour > 12 || s->length != 2) return false;
    civil->hour = civil->hour % 12 + (pm ? 12 : 0);
    return true;
}

bool fore_frame_cell_date(const char *text, int64_t length, bool day_first, double *days)
{
    int64_t time;
    bool date_only;
    if (length < 6 || length > 40) return false;
    if (fore_time_parse(text, length, NULL, &time, &date_only)) {
        *days = (double)time / (double)FORE_DAY;
        return true;
    }
    span s = {text, length};
    int32_t first, second, year;
    if (!take_int(&s, 1, 2, &first) || !s.length) return false;
    char mark = *s.at;
    if (mark != '.' && mark != '/' && mark != '-') return false;
    s.at++, s.length--;
    if (!take_int(&s, 1, 2, &second) || !take_char(&s, mark)) return false;
    const char *year_at = s.at;
    if (!take_int(&s, mark == '/' ? 2 : 4, 4, &year)) return false;
    if (s.at - year_at == 3) return false;
    if (s.at - year_at == 2) year += year < 70 ? 2000 : 1900;
    bool month_first = mark == '/' && !day_first;
    fore_civil civil = {
        .year = year, .month = month_first ? first : second, .day = month_first ? second : first};
    if (!take_clock(&s, &civil) || !fore_civil_valid(&civil)) return false;
    *days = (double)fore_time_from_civil(&civil) / (double)FORE_DAY;
    return true;
}

/* --- e-mail: something@domain.tld without blanks --- */

bool fore_frame_cell_email(const char *text, int64_t length)
{
    const char *at = memchr(text, '@', (size_t)length);
    if (!at || at == text) return false;
    int64_t rest = length - (at - text) - 1;
    const char *dot = memchr(at + 1, '.', (size_t)rest);
    if (!dot || dot == at + 1 || dot == text + length - 1) return false;
    for (int64_t i = 0; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || (text[i] == '@' && text + i != at)) return false;
    return true;
}

void fore_email_domain(const char *text, int64_t length, char *out, size_t size)
{
    size_t n = 0;
    if (fore_frame_cell_email(text, length)) {
        const char *at = memchr(text, '@', (size_t)length);
        for (const char *c = at + 1; c < text + length && n + 1 < size; c++)
            out[n++] = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    }
    if (size) out[n] = 0;
}

/* Providers whose every domain (.com, .de, .co.uk) is free, by the part before the first dot, and
 * whole domains where that part alone would not say. */
bool fore_free_mail(const char *domain)
{
    static const char *const providers[] = {
        "gmail",      "googlemail", "yahoo",    "ymail",      "rocketmail", "hotmail",
        "outlook",    "live",       "msn",      "icloud",     "aol",        "gmx",
        "protonmail", "proton",     "yandex",   "rediffmail", "mailru",     "freenet",
        "t-online",   "zoho",       "tutanota", "fastmail",   NULL};
    static const char *const domains[] = {
        "me.com",  "mac.com",    "web.de",    "mail.ru", "mail.com", "qq.com",  "163.com",
        "126.com", "naver.com",  "bk.ru",     "list.ru", "inbox.ru", "ukr.net", "orange.fr",
        "free.fr", "wanadoo.fr", "libero.it", "pm.me",   NULL};
    size_t first = strcspn(domain, ".");
    for (const char *const *p = providers; *p; p++)
        if (strlen(*p) == first && strncmp(domain, *p, first) == 0) return true;
    for (const char *const *d = domains; *d; d++)
        if (strcmp(domain, *d) == 0) return true;
    return false;
}
