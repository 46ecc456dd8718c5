/* Dates and times from cells.
 *
 * A cell is taken apart once into a shape (ISO, month in letters, three numbers, serial, epoch)
 * with its numbers; observing counts what the shape proves, reading puts the numbers in the
 * column's order. */
#include <string.h>

#include "datasets/cell_values.h"

typedef enum shape {
    SHAPE_NONE,
    SHAPE_ISO,
    SHAPE_LETTERS,
    SHAPE_NUMBERS,
    SHAPE_SERIAL,
    SHAPE_EPOCH
} shape;

typedef struct parts {
    shape shape;
    int a, b, year; /* numbers in the order of the text; letters: a = day, b = month */
    bool dots;      /* 31.12.2026: nobody puts the month first with dots */
    bool has_time;
    int hour, minute, second, microsecond;
    bool has_offset;
    int64_t offset; /* microseconds east */
    double number;  /* serial or epoch */
} parts;

typedef struct reader {
    const char *at, *end;
} reader;

const char *fore_date_order_word(fore_date_order order)
{
    static const char *const words[] = {"year first", "day first", "month first",
                                        "spreadsheet day numbers"};
    return words[order];
}

static bool digit(char c) { return c >= '0' && c <= '9'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static bool letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

static reader trimmed(const char *text, int64_t length)
{
    reader r = {text, text + length};
    while (r.at < r.end && (*r.at == ' ' || *r.at == '\t')) r.at++;
    while (r.at < r.end && (r.end[-1] == ' ' || r.end[-1] == '\t' || r.end[-1] == '\r')) r.end--;
    return r;
}

static void skip(reader *r, const char *set)
{
    while (r->at < r->end && *r->at && strchr(set, *r->at)) r->at++;
}

/* A number of 1..max digits; false when there is none. *width is the number of digits. */
static bool take_number(reader *r, int max, int *value, int *width)
{
    const char *from = r->at;
    *value = 0;
    while (r->at < r->end && digit(*r->at) && r->at - from < max)
        *value = *value * 10 + (*r->at++ - '0');
    *width = (int)(r->at - from);
    return *width > 0 && !(r->at < r->end && digit(*r->at));
}

static int full_year(int year, int width)
{
    if (width >= 3) return year;
    return year <= 68 ? 2000 + year : 1900 + year;
}

/* --- time of day --- */

static bool take_offset(reader *r, parts *p)
{
    int hours, minutes = 0, width;
    if (*r->at == 'Z' || *r->at == 'z') {
        r->at++;
        p->has_offset = true;
        return true;
    }
    if (r->end - r->at >= 3 && (memcmp(r->at, "UTC", 3) == 0 || memcmp(r->at, "GMT", 3) == 0)) {
        r->at += 3;
        p->has_offset = true;
        if (r->at == r->end) return true;
    }
    if (*r->at != '+' && *r->at != '-') return false;
    int sign = *r->at++ == '-' ? -1 : 1;
    if (!take_number(r, 4, &hours, &width)) return false;
    if (width > 2) {
        minutes = hours % 100;
        hours /= 100;
    } else if (r->at < r->end && *r->at == ':') {
        r->at++;
        if (!take_number(r, 2, &minutes, &width)) return false;
    }
    p->has_offset = true;
    p->offset = sign * (hours * FORE_HOUR + minutes * FORE_MINUTE);
    return hours <= 14 && minutes < 60;
}

static bool take_half_of_day(reader *r, parts *p)
{
    if (r->end - r->at < 2 || (lower(r->at[0]) != 'a' && lower(r->at[0]) != 'p')) return true;
    bool afternoon = lower(r->at[0]) == 'p';
    reader probe = {r->at + 1, r->end};
    skip(&probe, ".");
    if (probe.at == probe.end || lower(*probe.at) != 'm') return true;
    probe.at++;
    skip(&probe, ".");
    *r = probe;
    if (p->hour < 1 || p->hour > 12) return false;
    p->hour = p->hour % 12 + (afternoon ? 12 : 0);
    return true;
}

static bool take_fraction(reader *r, parts *p)
{
    int scale = 100000;
    r->at++;
    if (r->at == r->end || !digit(*r->at)) return false;
    for (; r->at < r->end && digit(*r->at); r->at++, scale /= 10)
        p->microsecond += (*r->at - '0') * scale;
    return true;
}

/* The rest of the cell behind a date: nothing, or a time of day with what may follow it. */
static bool take_time(reader *r, parts *p)
{
    int width;
    skip(r, " ,T");
    if (r->at == r->end) return true;
    if (!take_number(r, 2, &p->hour, &width) || r->at == r->end || *r->at++ != ':') return false;
    if (!take_number(r, 2, &p->minute, &width)) return false;
    if (r->at < r->end && *r->at == ':') {
        r->at++;
        if (!take_number(r, 2, &p->second, &width)) return false;
        if (r->at < r->end && *r->at == '.' && !take_fraction(r, p)) return false;
    }
    p->has_time = true;
    skip(r, " ");
    if (!take_half_of_day(r, p)) return false;
    skip(r, " ");
    if (r->at < r->end && !take_offset(r, p)) return false;
    return r->at == r->end && p->hour < 24 && p->minute < 60 && p->second < 60;
}

/* --- dates --- */

static int take_month_name(reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && letter(*r->at)) r->at++;
    return fore_cell_month(from, r->at - from);
}

static void skip_weekday(reader *r)
{
    static const char days[] = "mon tue wed thu fri sat sun";
    if (r->end - r->at < 4 || !letter(*r->at)) return;
    char start[4] = {lower(r->at[0]), lower(r->at[1]), lower(r->at[2]), 0};
    if (!strstr(days, start) || start[0] == ' ') return;
    reader probe = *r;
    while (probe.at < probe.end && letter(*probe.at)) probe.at++;
    if (probe.at == probe.end || (*probe.at != ',' && *probe.at != ' ')) return;
    skip(&probe, ", ");
    *r = probe;
}

/* "15 Apr, 2021", "15-Apr-21", "Apr 15, 2021". */
static bool take_letters(reader *r, parts *p)
{
    int width;
    p->shape = SHAPE_LETTERS;
    if (letter(*r->at)) {
        p->b = take_month_name(r);
        skip(r, " .-");
        if (p->b == 0 || !take_number(r, 2, &p->a, &width)) return false;
    } else {
        if (!take_number(r, 2, &p->a, &width)) return false;
        skip(r, " .-");
        if (r->at == r->end || (p->b = take_month_name(r)) == 0) return false;
    }
    skip(r, " ,.-");
    if (!take_number(r, 4, &p->year, &width) || width == 1 || width == 3) return false;
    p->year = full_year(p->year, width);
    return take_time(r, p);
}

/* Three numbers with the same sign between them; the year stands first (four digits) or last. */
static bool take_numbers(reader *r, parts *p)
{
    int first, second, third, width, middle, last;
    if (!take_number(r, 4, &first, &width) || r->at == r->end) return false;
    char sign = *r->at++;
    if (sign != '/' && sign != '.' && sign != '-') return false;
    if (!take_number(r, 2, &second, &middle) || r->at == r->end || *r->at++ != sign) return false;
    if (!take_number(r, 4, &third, &last)) return false;
    if (width == 4) {
        *p = (parts){.shape = SHAPE_ISO, .a = third, .b = second, .year = first};
        return last <= 2 && take_time(r, p);
    }
    if (width > 2 || (last != 2 && last != 4)) return false;
    *p = (parts){.shape = SHAPE_NUMBERS,
                 .a = first,
                 .b = second,
                 .year = full_year(third, last),
                 .dots = sign == '.'};
    return take_time(r, p);
}

static bool take_bare_number(reader *r, parts *p)
{
    double whole = 0, place = 0.1;
    int digits = 0;
    for (; r->at < r->end && digit(*r->at); r->at++, digits++) {
        if (digits > 13) return false;
        whole = whole * 10 + (*r->at - '0');
    }
    bool fraction = r->at < r->end && *r->at == '.';
    if (fraction) r->at++;
    for (; fraction && r->at < r->end && digit(*r->at); r->at++, place /= 10)
        whole += (*r->at - '0') * place;
    if (r->at != r->end) return false;
    p->number = whole;
    if (digits == 5 && whole >= 20000 && whole < 80000)
        p->shape = SHAPE_SERIAL;
    else if (!fraction && (digits == 10 || digits == 13))
        p->shape = SHAPE_EPOCH;
    else
        return false;
    return true;
}

static bool split(reader r, parts *p)
{
    *p = (parts){0};
    skip_weekday(&r);
    if (r.end - r.at < 5 || r.end - r.at > 40) return false;
    if (letter(*r.at)) return take_letters(&r, p);
    if (!digit(*r.at)) return false;
    reader numbers = r, letters = r, bare = r;
    if (take_numbers(&numbers, p)) return true;
    *p = (parts){0};
    if (take_letters(&letters, p)) return true;
    *p = (parts){0};
    return take_bare_number(&bare, p);
}

static bool looks_iso(const char *text, int64_t length)
{
    return length >= 10 && digit(text[0]) && digit(text[1]) && digit(text[2]) && digit(text[3]) &&
           text[4] == '-' && text[7] == '-';
}

void fore_date_observe(fore_date_evidence *evidence, const char *text, int64_t length)
{
    parts p;
    if (looks_iso(
            text,
            length)) { /* by far the most common shape; whether it is a date shows on reading */
        evidence->cells++;
        evidence->plain++;
        return;
    }
    if (fore_cell_empty(text, length)) return;
    evidence->cells++;
    if (!split(trimmed(text, length), &p)) return;
    switch (p.shape) {
    case SHAPE_ISO:
    case SHAPE_LETTERS: evidence->plain++; break;
    case SHAPE_SERIAL: evidence->serial++; break;
    case SHAPE_EPOCH: evidence->epoch++; break;
    default:
        if (p.a > 12 && p.b <= 12)
            evidence->day_first++;
        else if (p.b > 12 && p.a <= 12)
            evidence->month_first++;
        else if (p.a <= 12 && p.dots)
            evidence->day_first++;
        else if (p.a <= 12)
            evidence->either++;
    }
}

fore_date_order fore_date_decide(const fore_date_evidence *evidence, fore_date_order usual,
                                 bool *ambiguous)
{
    int64_t day = evidence->day_first, month = evidence->month_first;
    bool unclear = day > 0 && month > 0;
    fore_date_order order = FORE_ORDER_ISO;
    if (day > month) {
        order = FORE_DAY_FIRST;
    } else if (month > 0) {
        order = FORE_MONTH_FIRST;
    } else if (evidence->either > 0) {
        unclear = true;
        order = usual == FORE_DAY_FIRST ? FORE_DAY_FIRST : FORE_MONTH_FIRST;
    } else if (evidence->serial > 0) {
        order = FORE_EXCEL_SERIAL;
    }
    if (ambiguous) *ambiguous = unclear;
    return order;
}

/* Local civil time of the parts; false when they are no date in this order. */
static bool local_time(const parts *p, fore_date_order order, int64_t *local)
{
    fore_civil civil = {.year = p->year,
                        .hour = p->hour,
                        .minute = p->minute,
                        .second = p->second,
                        .microsecond = p->microsecond};
    bool month_first = p->shape == SHAPE_NUMBERS && order != FORE_DAY_FIRST &&
                       !(order == FORE_ORDER_ISO && p->a > 12);
    civil.month = month_first ? p->a : p->b;
    civil.day = month_first ? p->b : p->a;
    if (!fore_civil_valid(&civil)) return false;
    *local = fore_time_from_civil(&civil);
    return true;
}

bool fore_cell_time(const char *text, int64_t length, fore_date_order order, const fore_zone *zone,
                    int64_t *time, bool *date_only)
{
    parts p;
    int64_t local;
    bool only = false;
    reader r = trimmed(text, length);
    if (looks_iso(r.at, r.end - r.at) && fore_time_parse(r.at, r.end - r.at, zone, time, &only)) {
        if (date_only) *date_only = only;
        return true;
    }
    if (!split(r, &p)) return false;
    if (p.shape == SHAPE_EPOCH) {
        *time = (int64_t)p.number * (p.number < 1e11 ? FORE_SECOND : FORE_SECOND / 1000);
        if (date_only) *date_only = false;
        return true;
    }
    if (p.shape == SHAPE_SERIAL) {
        if (order != FORE_EXCEL_SERIAL) return false;
        double days = p.number - 25569; /* 1970-01-01 in the spreadsheet's count */
        local = (int64_t)(days * 86400 + 0.5) * FORE_SECOND;
        p.has_time = local % FORE_DAY != 0;
    } else if (!local_time(&p, order, &local)) {
        return false;
    }
    *time = p.has_offset ? local - p.offset : fore_zone_to_utc(zone, local);
    if (date_only) *date_only = !p.has_time;
    return true;
}

bool fore_cell_date(const char *text, int64_t length, fore_date_order order, const fore_zone *zone,
                    int32_t *days)
{
    int64_t time;
    if (!fore_cell_time(text, length, order, zone, &time, NULL)) return false;
    *days = fore_date_of(time + fore_zone_offset(zone, time));
    return true;
}
