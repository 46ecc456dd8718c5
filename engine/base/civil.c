/* Civil time: days <-> dates (Hinnant's algorithms), ISO 8601, TZif zones (RFC 8536). */
#include "engine/base/civil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/memory.h"
#include "engine/base/text.h"

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int32_t fore_days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int32_t y = year - (month <= 2);
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t yoe = y - era * 400;
    int32_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

void fore_civil_from_days(int32_t days, int32_t *year, int32_t *month, int32_t *day)
{
    int64_t z = (int64_t)days + 719468;
    int64_t era = floor_div(z, 146097);
    int32_t doe = (int32_t)(z - era * 146097);
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int32_t mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int32_t)(yoe + era * 400) + (*month <= 2);
}

int fore_weekday(int32_t days) { return (int)((((int64_t)days + 3) % 7 + 7) % 7); }

int fore_month_length(int32_t year, int32_t month)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : length[month - 1];
}

int32_t fore_date_of(int64_t time)
{
    return time == FORE_NO_TIME ? FORE_NO_DATE : (int32_t)floor_div(time, FORE_DAY);
}

int64_t fore_time_of_date(int32_t days)
{
    return days == FORE_NO_DATE ? FORE_NO_TIME : (int64_t)days * FORE_DAY;
}

int64_t fore_time_from_civil(const fore_civil *c)
{
    return fore_days_from_civil(c->year, c->month, c->day) * FORE_DAY + c->hour * FORE_HOUR +
           c->minute * FORE_MINUTE + c->second * FORE_SECOND + c->microsecond;
}

void fore_civil_from_time(int64_t time, fore_civil *c)
{
    int32_t days = fore_date_of(time);
    int64_t rest = time - fore_time_of_date(days);
    fore_civil_from_days(days, &c->year, &c->month, &c->day);
    c->hour = (int32_t)(rest / FORE_HOUR);
    c->minute = (int32_t)(rest / FORE_MINUTE % 60);
    c->second = (int32_t)(rest / FORE_SECOND % 60);
    c->microsecond = (int32_t)(rest % FORE_SECOND);
}

bool fore_civil_valid(const fore_civil *c)
{
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= fore_month_length(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
           c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59;
}

/* --- periods --- */

int32_t fore_period_start(fore_period period, int32_t days)
{
    int32_t year, month, day;
    if (period == FORE_DAILY) return days;
    if (period == FORE_WEEKLY) return days - fore_weekday(days);
    fore_civil_from_days(days, &year, &month, &day);
    if (period == FORE_QUARTERLY) month = (month - 1) / 3 * 3 + 1;
    if (period == FORE_YEARLY) month = 1;
    return fore_days_from_civil(year, month, 1);
}

int32_t fore_period_add(fore_period period, int32_t start, int32_t n)
{
    if (period == FORE_DAILY) return start + n;
    if (period == FORE_WEEKLY) return start + 7 * n;
    int32_t year, month, day;
    fore_civil_from_days(start, &year, &month, &day);
    int32_t step = period == FORE_MONTHLY ? 1 : period == FORE_QUARTERLY ? 3 : 12;
    int64_t months = (int64_t)year * 12 + month - 1 + (int64_t)n * step;
    return fore_days_from_civil((int32_t)floor_div(months, 12),
                                (int32_t)(months - floor_div(months, 12) * 12) + 1, 1);
}

static const char *const period_words[] = {"day", "week", "month", "quarter", "year"};

bool fore_period_parse(const char *word, fore_period *period)
{
    for (int i = 0; i < 5; i++)
        if (fore_text_equal_fold(word, period_words[i])) {
            *period = (fore_period)i;
            return true;
        }
    return false;
}

const char *fore_period_word(fore_period period) { return period_words[period]; }

/* --- zones --- */

struct fore_zone {
    int64_t fixed; /* used when count == 0 and before the first transition */
    int32_t count;
    int64_t *at;     /* transition times, microseconds UTC */
    int64_t *offset; /* offset from that transition on */
};

static int64_t big_endian(const unsigned char *p, int bytes)
{
    uint64_t v = (p[0] & 0x80) ? ~UINT64_C(0) : 0;
    for (int i = 0; i < bytes; i++) v = v << 8 | p[i];
    return (int64_t)v;
}

/* "+05:30", nothing shorter or longer. */
static bool zone_fixed(const char *name, int64_t *offset)
{
    if ((name[0] != '+' && name[0] != '-') || strlen(name) != 6 || name[3] != ':') return false;
    for (int i = 1; i < 6; i++)
        if (i != 3 && (name[i] < '0' || name[i] > '9')) return false;
    int hours = (name[1] - '0') * 10 + name[2] - '0', minutes = (name[4] - '0') * 10 + name[5] - '0';
    if (hours > 15 || minutes > 59) return false;
    *offset = (hours * FORE_HOUR + minutes * FORE_MINUTE) * (name[0] == '-' ? -1 : 1);
    return true;
}

/* Reads the 64-bit block of a TZif file. The rule that follows the last transition (the POSIX TZ
 * footer) is not evaluated: system files list transitions up to 2037. */
static bool zone_parse(const unsigned char *file, int64_t size, fore_zone *zone, bool *memory)
{
    if (size < 44 || memcmp(file, "TZif", 4) != 0 || file[4] < '2') return false;
    const unsigned char *h = file;
    int64_t skip = 44 + big_endian(h + 32, 4) * 5 + big_endian(h + 36, 4) * 6 +
                   big_endian(h + 40, 4) + big_endian(h + 28, 4) * 8 + big_endian(h + 24, 4) +
                   big_endian(h + 20, 4);
    if (skip < 44 || size < skip + 44) return false;
    h = file + skip;
    int64_t times = big_endian(h + 32, 4), types = big_endian(h + 36, 4);
    if (times < 0 || types < 1 || times > 100000 || types > 256 ||
        skip + 44 + times * 9 + types * 6 > size)
        return false;
    const unsigned char *at = h + 44, *index = at + times * 8, *type = index + times;
    zone->at = FORE_NEW(times, int64_t);
    zone->offset = FORE_NEW(times, int64_t);
    *memory = zone->at && zone->offset;
    if (!*memory) return false;
    zone->fixed = big_endian(type, 4) * FORE_SECOND;
    for (int64_t i = 0; i < times; i++) {
        if (index[i] >= types) return false;
        int64_t seconds = big_endian(at + i * 8, 8);
        zone->at[i] = seconds < -INT64_C(100000000000) ? INT64_MIN : seconds * FORE_SECOND;
        zone->offset[i] = big_endian(type + index[i] * 6, 4) * FORE_SECOND;
    }
    zone->count = (int32_t)times;
    return true;
}

fore_status fore_zone_open(const char *name, fore_zone **out, fore_error *err)
{
    *out = NULL;
    fore_zone *zone = FORE_ZNEW(1, fore_zone);
    if (!zone) return fore_no_memory(err);
    if (!name || !*name || fore_text_equal_fold(name, "UTC") || fore_text_equal_fold(name, "Z") ||
        zone_fixed(name, &zone->fixed)) {
        *out = zone;
        return FORE_OK;
    }
    char path[300];
    enum { ZONE_FILE_LIMIT = 65536 };
    unsigned char *copy = NULL;
    bool good = false, memory = true;
    if (!strstr(name, "..") && name[0] != '/' &&
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name) < (int)sizeof path) {
        FILE *in = fopen(path, "rb");
        if (in) memory = (copy = fore_alloc(ZONE_FILE_LIMIT, 1)) != NULL;
        if (copy) {
            int64_t size = (int64_t)fread(copy, 1, ZONE_FILE_LIMIT, in);
            good = zone_parse(copy, size, zone, &memory);
        }
        if (in) fclose(in);
    }
    fore_free(copy);
    if (!good) {
        fore_zone_free(zone);
        if (!memory) return fore_no_memory(err);
        return fore_fail(err, FORE_E_ARGUMENT,
                         "unknown time zone '%s'; use UTC, an offset such as +05:30, or a name such "
                         "as Asia/Kolkata (names need the tzdata package)",
                         name);
    }
    *out = zone;
    return FORE_OK;
}

void fore_zone_free(fore_zone *zone)
{
    if (!zone) return;
    fore_free(zone->at);
    fore_free(zone->offset);
    fore_free(zone);
}

int64_t fore_zone_offset(const fore_zone *zone, int64_t time)
{
    if (!zone) return 0;
    int32_t low = 0, high = zone->count; /* first transition after `time` */
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (zone->at[middle] <= time) low = middle + 1;
        else high = middle;
    }
    return low == 0 ? zone->fixed : zone->offset[low - 1];
}

int64_t fore_zone_to_utc(const fore_zone *zone, int64_t local)
{
    int64_t before = fore_zone_offset(zone, local - FORE_DAY);
    int64_t after = fore_zone_offset(zone, local + FORE_DAY);
    int64_t early = local - before, late = local - after;
    if (before == after || fore_zone_offset(zone, early) == before) return early;
    if (fore_zone_offset(zone, late) == after) return late;
    return early; /* inside the gap: read with the old offset, which lies after it */
}

/* --- ISO 8601 --- */

static bool read_digits(const char **p, const char *end, int count, int32_t *value)
{
    if (end - *p < count) return false;
    int32_t v = 0;
    for (int i = 0; i < count; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9') return false;
        v = v * 10 + (c - '0');
    }
    *p += count;
    *value = v;
    return true;
}

static bool read_char(const char **p, const char *end, char c)
{
    if (*p >= end || **p != c) return false;
    (*p)++;
    return true;
}

static bool read_time_of_day(const char **p, const char *end, fore_civil *c)
{
    if (!read_digits(p, end, 2, &c->hour) || !read_char(p, end, ':') ||
        !read_digits(p, end, 2, &c->minute))
        return false;
    if (!read_char(p, end, ':')) return true;
    if (!read_digits(p, end, 2, &c->second)) return false;
    if (!read_char(p, end, '.') && !read_char(p, end, ',')) return true;
    int32_t scale = 100000, digits = 0;
    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++, digits++, scale /= 10)
        c->microsecond += (**p - '0') * scale; /* beyond microseconds the scale is 0 */
    return digits > 0;
}

bool fore_time_parse(const char *text, int64_t length, const fore_zone *zone, int64_t *time,
                     bool *date_only)
{
    const char *p = text, *end = text + length;
    fore_civil c = {0};
    if (!read_digits(&p, end, 4, &c.year) || !read_char(&p, end, '-') ||
        !read_digits(&p, end, 2, &c.month) || !read_char(&p, end, '-') ||
        !read_digits(&p, end, 2, &c.day))
        return false;
    bool whole_day = p == end;
    if (!whole_day) {
        if (!read_char(&p, end, 'T') && !read_char(&p, end, ' ')) return false;
        if (!read_time_of_day(&p, end, &c)) return false;
    }
    if (!fore_civil_valid(&c)) return false;
    int64_t local = fore_time_from_civil(&c);
    if (date_only) *date_only = whole_day;
    if (p == end) {
        *time = zone ? fore_zone_to_utc(zone, local) : local;
        return true;
    }
    if (read_char(&p, end, 'Z') || read_char(&p, end, 'z')) {
        *time = local;
        return p == end;
    }
    int sign = *p == '+' ? 1 : *p == '-' ? -1 : 0;
    int32_t hours, minutes = 0;
    if (!sign) return false;
    p++;
    if (!read_digits(&p, end, 2, &hours)) return false;
    if (p < end) {
        read_char(&p, end, ':');
        if (!read_digits(&p, end, 2, &minutes)) return false;
    }
    if (p != end || hours > 15 || minutes > 59) return false;
    *time = local - sign * (hours * FORE_HOUR + minutes * FORE_MINUTE);
    return true;
}

void fore_time_format(int64_t time, char out[32])
{
    out[0] = 0;
    if (time == FORE_NO_TIME) return;
    fore_civil c;
    fore_civil_from_time(time, &c);
    int n = snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d", c.year % 10000, c.month % 100,
                     c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
    if (c.microsecond)
        snprintf(out + n, 32 - (size_t)n, ".%06dZ", c.microsecond);
    else
        snprintf(out + n, 32 - (size_t)n, "Z");
}

void fore_date_format(int32_t days, char out[32])
{
    out[0] = 0;
    if (days == FORE_NO_DATE) return;
    int32_t year, month, day;
    fore_civil_from_days(days, &year, &month, &day);
    snprintf(out, 32, "%04d-%02d-%02d", year, month, day);
}

int64_t fore_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * FORE_SECOND + now.tv_nsec / 1000;
}

double fore_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
