/* What the cells of a file of series prove of how they are read (series_columns.h).
 *
 *   look at every time and number of the file once
 *   dates: what some prove; else the likelier order, which is said
 *   numbers: the same; whole numbers as times may be months, days, or days of a spreadsheet */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/series_columns.h"

enum {
    SERIAL_FROM = FORE_SERIAL_FROM,
    SERIAL_END = FORE_SERIAL_END,
    SERIAL_EPOCH = FORE_SERIAL_EPOCH,
    SERIALS_LEAST = 3
};

typedef struct evidence {
    fore_date_evidence dates;
    fore_number_evidence values;
    int64_t numbers, months, days; /* times that are whole numbers; that fit 202601, 20260131 */
    int64_t serials;               /* that fit a spreadsheet's days */
    uint8_t serial[(SERIAL_END - SERIAL_FROM) / 8]; /* which ones, a bit each */
    unsigned seen[2]; /* bit k: k was the first, the second number of a date that tells no order */
    long year;        /* of those; 0: none yet, -1: several */
    char open[32];    /* the first number that may be read in two ways */
    bool clock;
} evidence;

static bool fits_month(int64_t v)
{
    return v >= 190001 && v <= 210012 && v % 100 >= 1 && v % 100 <= 12;
}

static bool fits_day(int64_t v)
{
    fore_civil civil = {
        .year = (int32_t)(v / 10000), .month = (int32_t)(v / 100 % 100), .day = (int32_t)(v % 100)};
    return v >= 19000101 && v <= 21001231 && fore_civil_valid(&civil);
}

static void observe_serial(evidence *e, int64_t v)
{
    if (v < SERIAL_FROM || v >= SERIAL_END) return;
    e->serials++;
    e->serial[(v - SERIAL_FROM) / 8] |= (uint8_t)(1u << (v - SERIAL_FROM) % 8);
}

/* 1/2/2026 */
static void observe_parts(evidence *e, const char *text)
{
    char *end;
    long first = strtol(text, &end, 10), second = strtol(*end ? end + 1 : end, &end, 10);
    long year = strtol(*end ? end + 1 : end, NULL, 10);
    e->seen[0] |= 1u << (first & 15);
    e->seen[1] |= 1u << (second & 15);
    e->year = e->year == 0 || e->year == year ? year : -1;
}

/* Is there a time of day other than midnight? */
static bool shows_clock(const char *text)
{
    const char *colon = strchr(text, ':');
    if (!colon || colon - text < 2) return false;
    for (const char *at = colon - 2; *at && !strchr("+-Zz", *at); at++)
        if (*at >= '1' && *at <= '9') return true;
    return false;
}

static void observe_time(evidence *e, const char *text, int64_t length)
{
    int64_t number;
    fore_period period;
    int32_t start;
    if (fore_series_whole(text, length, &number)) {
        e->numbers++;
        e->months += fits_month(number);
        e->days += fits_day(number);
        observe_serial(e, number);
        return;
    }
    if (fore_cell_period(text, length, &period, &start)) return;
    int64_t before = e->dates.either;
    fore_date_observe(&e->dates, text, length);
    e->clock = e->clock || shows_clock(text);
    if (e->dates.either > before) observe_parts(e, text);
}

static void observe_number(evidence *e, const char *text, int64_t length)
{
    int64_t before = e->values.either;
    fore_number_observe(&e->values, text, length);
    if (e->values.either > before && !e->open[0] && length < (int64_t)sizeof e->open)
        memcpy(e->open, text, (size_t)length);
}

static bool in_a_row(unsigned numbers)
{
    unsigned from_zero = numbers / (numbers & -numbers);
    return (from_zero & (from_zero + 1)) == 0;
}

/* Where no date proves an order: of 1/2/2026, 1/3/2026, ... the number that stays the same is the
 * day; within one year it may also be the month of days in a row, which is likelier unless it is a
 * 1. *settled: the dates do tell in the end; *open: both would be even. */
static fore_date_order likely_order(const evidence *e, bool *settled, bool *open, bool *days)
{
    bool moves[2];
    for (int i = 0; i < 2; i++) moves[i] = (e->seen[i] & (e->seen[i] - 1)) != 0;
    *settled = moves[0] != moves[1];
    *open = *settled && e->year > 0;
    *days = *open && e->seen[moves[0]] != 1u << 1 && in_a_row(e->seen[moves[1]]);
    if (!*settled) return FORE_DAY_FIRST;
    return *days == moves[0] ? FORE_DAY_FIRST : FORE_MONTH_FIRST;
}

static void say_order(const evidence *e, const fore_series_columns *c, bool open, bool days,
                      fore_answer *a)
{
    bool first = c->order == FORE_DAY_FIRST;
    if (e->dates.day_first + e->dates.month_first > 0)
        fore_answer_note(a,
                         "'%s' holds dates with the day first (%lld) and with the month first "
                         "(%lld): read as %s, the others are refused.",
                         c->date_name, (long long)e->dates.day_first,
                         (long long)e->dates.month_first, fore_date_order_word(c->order));
    else
        fore_answer_note(a,
                         "No date in '%s' tells the day from the month; read as %s%s. --dates %s "
                         "reads %s.",
                         c->date_name, fore_date_order_word(c->order),
                         !open  ? ""
                         : days ? ", days in a row"
                                : ", the same day of several months",
                         first ? "month-first" : "day-first",
                         !open  ? "them the other way"
                         : days ? "the same day of several months"
                                : "days of one month");
}

/* *said: there is a note of it already. */
static fore_status decide_dates(const evidence *e, const foresell_series_request *r,
                                fore_series_columns *c, bool *said, fore_answer *a, fore_error *err)
{
    bool unclear, settled, open, days, told = r->dates && strcmp(r->dates, "numbers") != 0;
    bool day = r->dates && strcmp(r->dates, "day-first") == 0;
    if (told && !day && strcmp(r->dates, "month-first") != 0)
        return fore_fail(err, FORE_E_USAGE,
                         "--dates is day-first or month-first, or numbers, not '%s'", r->dates);
    fore_date_order usual = likely_order(e, &settled, &open, &days);
    if (told) usual = day ? FORE_DAY_FIRST : FORE_MONTH_FIRST;
    c->order = fore_date_decide(&e->dates, usual, &unclear);
    bool both = e->dates.day_first + e->dates.month_first > 0;
    *said = unclear && (both || (!told && (open || !settled)));
    if (*said) say_order(e, c, open, days, a);
    return FORE_OK;
}

static fore_status decide_numbers(const evidence *e, const fore_csv *csv,
                                  const foresell_series_request *r, fore_series_columns *c,
                                  bool *said, fore_answer *a, fore_error *err)
{
    bool unclear, comma = r->decimal && strcmp(r->decimal, "comma") == 0;
    double value[2] = {0};
    char shown[2][48];
    if (r->decimal && !comma && strcmp(r->decimal, "point") != 0)
        return fore_fail(err, FORE_E_USAGE, "--decimal is point or comma, not '%s'", r->decimal);
    c->decimal = fore_number_decide(&e->values, &unclear);
    if (unclear && e->values.point + e->values.comma == 0 && fore_csv_about(csv)->delimiter == ';')
        c->decimal = FORE_DECIMAL_COMMA;
    if (r->decimal) c->decimal = comma ? FORE_DECIMAL_COMMA : FORE_DECIMAL_POINT;
    *said = !r->decimal && unclear && e->open[0];
    if (!*said) return FORE_OK;
    for (int i = 0; i < 2; i++) {
        fore_cell_number(e->open, (int64_t)strlen(e->open), (fore_decimal)i, &value[i]);
        snprintf(shown[i], sizeof shown[i], "%.10g", value[i]);
    }
    fore_answer_note(a,
                     "Nothing tells whether '%s' is %s or %s; read as %s, with a decimal %s. "
                     "--decimal %s reads the other.",
                     e->open, shown[FORE_DECIMAL_POINT], shown[FORE_DECIMAL_COMMA],
                     shown[c->decimal], c->decimal == FORE_DECIMAL_COMMA ? "comma" : "point",
                     c->decimal == FORE_DECIMAL_COMMA ? "point" : "comma");
    return FORE_OK;
}

/* What the cells decided, where they might have been written otherwise and nobody asked for it. */
static void say_reading(const evidence *e, const foresell_series_request *r,
                        const fore_series_columns *c, bool order_said, bool decimal_said,
                        fore_answer *a)
{
    bool ordered = !order_said && !r->dates && e->dates.day_first + e->dates.month_first > 0;
    bool comma = !decimal_said && !r->decimal && c->decimal == FORE_DECIMAL_COMMA &&
                 e->values.comma + e->values.either > 0;
    if (c->value < 0 || (!ordered && !comma)) return;
    fore_answer_note(a, "Read%s%s%s%s.", ordered ? " dates " : "",
                     ordered ? fore_date_order_word(c->order) : "", ordered && comma ? "," : "",
                     comma ? " numbers with a decimal comma" : "");
}

/* Days in a spreadsheet's count: mostly one after the other, a week apart, or on the same day of
 * their months, the last one too. *first: the smallest. */
static bool steps_of_a_calendar(const evidence *e, bool any, int64_t *first)
{
    int64_t n = 0, before = 0, least = SERIAL_END, near = 0;
    int32_t year, month, day, same_day = 0;
    bool weeks = true, same = true, ends = true;
    for (int64_t v = SERIAL_FROM; v < SERIAL_END; v++) {
        if (!(e->serial[(v - SERIAL_FROM) / 8] >> (v - SERIAL_FROM) % 8 & 1)) continue;
        int64_t gap = n > 0 ? v - before : 7;
        fore_civil_from_days((int32_t)(v - SERIAL_EPOCH), &year, &month, &day);
        if (n == 0) *first = v, same_day = day;
        if (n > 0 && gap < least) least = gap;
        weeks = weeks && gap % 7 == 0;
        near += n > 0 && gap <= 3;
        same = same && day == same_day;
        ends = ends && day == fore_month_length(year, month);
        before = v;
        n++;
    }
    if (n < SERIALS_LEAST) return false;
    return any || same || ends || (weeks && least == 7) || (least == 1 && 2 * near >= n - 1);
}

static void decide_serials(const evidence *e, const foresell_series_request *r,
                           fore_series_columns *c, fore_answer *a)
{
    int64_t first = 0, dates = e->dates.plain + e->dates.day_first + e->dates.month_first;
    char date[32];
    bool plain = r->dates && strcmp(r->dates, "numbers") == 0;
    if (plain || dates + e->dates.either > 0 || e->serials < e->numbers) return;
    c->serial = steps_of_a_calendar(e, r->every != NULL || e->dates.serial > 0, &first);
    if (!c->serial) return;
    fore_date_format((int32_t)(first - SERIAL_EPOCH), date);
    fore_answer_note(a,
                     "'%s' holds numbers such as %lld: read as days of a spreadsheet (%s). "
                     "--dates numbers reads plain numbers.",
                     c->date_name, (long long)first, date);
}

fore_status fore_series_columns_learn(fore_csv *csv, const foresell_series_request *r,
                                      fore_series_columns *c, fore_answer *a, fore_error *err)
{
    evidence e = {0};
    fore_csv_record record;
    for (bool more;;) {
        FORE_TRY(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        if (record.fit != FORE_CSV_FITS) continue;
        observe_time(&e, record.cells[c->date], record.lengths[c->date]);
        if (c->value >= 0) observe_number(&e, record.cells[c->value], record.lengths[c->value]);
        for (int64_t j = 0; j < c->drivers; j++)
            observe_number(&e, record.cells[c->driver[j]], record.lengths[c->driver[j]]);
    }
    bool order_said = false, decimal_said = false;
    FORE_TRY(decide_dates(&e, r, c, &order_said, a, err));
    FORE_TRY(decide_numbers(&e, csv, r, c, &decimal_said, a, err));
    say_reading(&e, r, c, order_said, decimal_said, a);
    decide_serials(&e, r, c, a);
    c->months = e.numbers > 0 && e.months == e.numbers;
    c->days = e.numbers > 0 && e.days == e.numbers;
    c->clock = e.clock;
    return fore_csv_rewind(csv, err);
}
