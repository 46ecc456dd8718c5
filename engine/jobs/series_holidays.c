/* See series_holidays.h. */
#include "engine/jobs/series_holidays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/series/driver_calendar.h"

enum {
    NAMES_MOST = 30,
    WINDOW_MOST = 60,
    WEEK = 7,
    YEAR_DAYS = 366,
    GROUP_WORK = 1,
    GROUP_LENGTH,
    GROUP_WEEKDAY,
    GROUP_MONTH
};

typedef struct occasion {
    int64_t name;
    fore_window window;
    int32_t day;
} occasion;

struct fore_holidays {
    fore_dictionary *names;
    int64_t order[NAMES_MOST]; /* of the names by the alphabet: whatever the order of the rows */
    occasion *occasions;       /* by name, then day */
    fore_window *windows;      /* of the occasions, in their order */
    int64_t count, capacity;
    int64_t first[NAMES_MOST + 1];
    int32_t *off; /* ascending, each once */
    int64_t offs;
};

/* --- the file --- */

typedef struct columns {
    fore_series_columns times;
    int64_t name, country, before, after, off;
} columns;

static int64_t column_of(const fore_csv *csv, const char *const *words)
{
    char name[64];
    for (; *words; words++)
        for (int64_t j = 0; j < fore_csv_columns(csv); j++) {
            fore_text_normalise(fore_csv_name(csv, j), name, sizeof name);
            if (strcmp(name, *words) == 0) return j;
        }
    return -1;
}

static fore_status find_columns(const fore_csv *csv, columns *c, fore_error *err)
{
    static const char *const date[] = {"date", "ds", "day", NULL},
                             *const name[] = {"name", "holiday", "event", NULL},
                             *const country[] = {"country", "region", NULL},
                             *const before[] = {"before", "lowerwindow", NULL},
                             *const after[] = {"after", "upperwindow", NULL},
                             *const off[] = {"off", "dayoff", NULL};
    *c = (columns){.times = {.date = column_of(csv, date), .value = -1},
                   .name = column_of(csv, name),
                   .country = column_of(csv, country),
                   .before = column_of(csv, before),
                   .after = column_of(csv, after),
                   .off = column_of(csv, off)};
    c->times.date_name = "date";
    if (c->times.date >= 0 && c->name >= 0) return FORE_OK;
    return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
                        "a file of holidays needs the columns date and name (and may have country, "
                        "before, after, off)");
}

static fore_status read_days(const fore_csv *csv, const fore_csv_record *record, int64_t column,
                             const char *what, int32_t *days, fore_error *err)
{
    double number = 0;
    *days = 0;
    if (column < 0 || fore_series_missing(record->cells[column], record->lengths[column]))
        return FORE_OK;
    bool sound = fore_number_parse(record->cells[column], record->lengths[column], &number);
    number = fabs(number); /* some write the days before below 0 */
    if (!sound || number != floor(number) || number > WINDOW_MOST)
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                            "%s is not a number of days from 0 to %d", what, WINDOW_MOST);
    *days = (int32_t)number;
    return FORE_OK;
}

static fore_status read_row(fore_holidays *h, const fore_csv *csv, const fore_csv_record *record,
                            const columns *c, fore_error *err)
{
    int64_t at;
    int form;
    int32_t before, after;
    bool off = true;
    occasion o = {0};
    const char *name = record->cells[c->name];
    if (!fore_series_time(&c->times, record->cells[c->times.date], record->lengths[c->times.date],
                          &at, &form) ||
        form != FORE_FORM_DAY)
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                            "the holiday's date is no day such as 2026-11-08: '%.40s'",
                            record->cells[c->times.date]);
    FORE_TRY(read_days(csv, record, c->before, "before", &before, err));
    FORE_TRY(read_days(csv, record, c->after, "after", &after, err));
    if (c->off >= 0) fore_cell_flag(record->cells[c->off], record->lengths[c->off], &off);
    o.name = fore_dictionary_add(h->names, name, (int64_t)strlen(name));
    if (o.name < 0) return fore_no_memory(err);
    if (o.name >= NAMES_MOST)
        return fore_fail_at(err, FORE_E_LIMIT, fore_csv_path(csv), record->line, 0,
                            "more than %d holidays; leave some out, or choose a --country",
                            NAMES_MOST);
    o.day = (int32_t)at;
    o.window = (fore_window){o.day - before, o.day + after + 1};
    FORE_TRY(fore_grow((void **)&h->occasions, &h->capacity, h->count + 1, sizeof o, err));
    h->occasions[h->count++] = o;
    if (off) h->off[h->offs++] = o.day;
    return FORE_OK;
}

static int by_name_and_day(const void *left, const void *right)
{
    const occasion *a = left, *b = right;
    if (a->name != b->name) return a->name < b->name ? -1 : 1;
    if (a->day != b->day) return a->day < b->day ? -1 : 1;
    if (a->window.from != b->window.from) return a->window.from < b->window.from ? -1 : 1;
    return (a->window.end > b->window.end) - (a->window.end < b->window.end);
}

static int by_day(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* Names become their places in the alphabet. */
static void order_names(fore_holidays *h)
{
    int64_t count = fore_dictionary_count(h->names), place[NAMES_MOST];
    for (int64_t i = 0; i < count; i++) {
        place[i] = 0;
        for (int64_t k = 0; k < count; k++)
            place[i] +=
                strcmp(fore_dictionary_text(h->names, k), fore_dictionary_text(h->names, i)) < 0;
        h->order[place[i]] = i;
    }
    for (int64_t i = 0; i < h->count; i++) h->occasions[i].name = place[h->occasions[i].name];
}

/* Each day once; where every name begins. */
static fore_status put_in_order(fore_holidays *h, fore_error *err)
{
    int64_t kept = 0;
    order_names(h);
    qsort(h->occasions, (size_t)h->count, sizeof *h->occasions, by_name_and_day);
    h->windows = FORE_NEW(h->count, fore_window);
    if (!h->windows) return fore_no_memory(err);
    for (int64_t i = 0; i < h->count; i++) {
        bool again = kept > 0 && h->occasions[kept - 1].name == h->occasions[i].name &&
                     h->occasions[kept - 1].day == h->occasions[i].day;
        if (!again) h->occasions[kept++] = h->occasions[i];
    }
    h->count = kept;
    for (int64_t i = 0; i < h->count; i++) {
        h->windows[i] = h->occasions[i].window;
        h->first[h->occasions[i].name + 1] = i + 1;
    }
    qsort(h->off, (size_t)h->offs, sizeof *h->off, by_day);
    kept = 0;
    for (int64_t i = 0; i < h->offs; i++)
        if (kept == 0 || h->off[kept - 1] != h->off[i]) h->off[kept++] = h->off[i];
    h->offs = kept;
    return FORE_OK;
}

static fore_status read_rows(fore_holidays *h, fore_csv *csv, const columns *c, const char *country,
                             fore_error *err)
{
    fore_csv_record record;
    int64_t room = 0;
    for (bool more;;) {
        FORE_TRY(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        if (record.fit != FORE_CSV_FITS)
            return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record.line, 0,
                                "this line has %lld cells, the header has %lld; mend the line",
                                (long long)record.count, (long long)fore_csv_columns(csv));
        if (country && c->country >= 0 && !fore_text_equal_fold(record.cells[c->country], country))
            continue;
        FORE_TRY(fore_grow((void **)&h->off, &room, h->offs + 1, sizeof *h->off, err));
        FORE_TRY(read_row(h, csv, &record, c, err));
    }
    if (h->count == 0)
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
                            country ? "no holiday of %s is in it; look at the column country"
                                    : "no holiday is in it; add rows of date and name",
                            country);
    return put_in_order(h, err);
}

fore_status fore_holidays_read(const char *path, const char *country,
                               const foresell_series_request *r, fore_holidays **holidays,
                               fore_answer *a, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv *csv = NULL;
    columns c;
    *holidays = NULL;
    FORE_TRY(fore_csv_open(path, NULL, &csv, err));
    fore_holidays *h = FORE_ZNEW(1, fore_holidays);
    if (!h || !(h->names = fore_dictionary_new())) FORE_GO(fore_no_memory(err));
    FORE_GO(find_columns(csv, &c, err));
    FORE_GO(fore_series_columns_learn(csv, r, &c.times, a, err));
    FORE_GO(read_rows(h, csv, &c, country, err));
    *holidays = h;
    h = NULL;
done:
    fore_holidays_free(h);
    fore_csv_close(csv);
    return status;
}

void fore_holidays_free(fore_holidays *h)
{
    if (!h) return;
    fore_dictionary_free(h->names);
    fore_free(h->occasions);
    fore_free(h->windows);
    fore_free(h->off);
    fore_free(h);
}

int64_t fore_holidays_count(const fore_holidays *h)
{
    return h ? fore_dictionary_count(h->names) : 0;
}

const char *fore_holidays_name(const fore_holidays *h, int64_t i)
{
    return fore_dictionary_text(h->names, h->order[i]);
}

double fore_holidays_share(const fore_holidays *h, int64_t i, int32_t from, int32_t end)
{
    return fore_window_share(from, end, h->windows + h->first[i], h->first[i + 1] - h->first[i]);
}

int32_t fore_holidays_last(const fore_holidays *h, int64_t i)
{
    return h->first[i + 1] > h->first[i] ? h->occasions[h->first[i + 1] - 1].day : FORE_NO_DATE;
}

/* --- the calendar --- */

static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"",        "January",  "February", "March",  "April",
                                     "May",     "June",     "July",     "August", "September",
                                     "October", "November", "December"};

/* Days and weeks: months of the year, where the season is shorter and two years tell of it. */
static int64_t add_months(const fore_series_plan *p, fore_calendar_column *out, int64_t count)
{
    int64_t span = p->last - p->start, per_year = p->step == FORE_WEEKLY ? 52 : 250;
    if (p->season >= per_year || span < 2 * YEAR_DAYS) return count;
    for (int month = 2; month <= 12; month++)
        out[count++] = (fore_calendar_column){months[month], GROUP_MONTH, month};
    return count;
}

int64_t fore_calendar_columns(const fore_series_plan *p, const fore_holidays *h,
                              fore_calendar_column *out)
{
    int64_t count = 0;
    if (p->step < 0) return 0;
    if (p->step != FORE_DAILY && (p->step != FORE_WEEKLY || h))
        out[count++] = (fore_calendar_column){"working days", GROUP_WORK, 0};
    if (p->step == FORE_MONTHLY || p->step == FORE_QUARTERLY)
        out[count++] = (fore_calendar_column){"days in the period", GROUP_LENGTH, 0};
    if (p->step == FORE_DAILY && p->season % (p->week ? __builtin_popcount(p->week) : WEEK) != 0)
        for (int day = 1; day < WEEK; day++)
            if (!p->week || p->week >> day & 1)
                out[count++] = (fore_calendar_column){weekdays[day], GROUP_WEEKDAY, day};
    if (p->step == FORE_DAILY || p->step == FORE_WEEKLY) count = add_months(p, out, count);
    return count;
}

double fore_calendar_at(const fore_calendar_column *c, const fore_holidays *h, int32_t from,
                        int32_t end)
{
    int32_t year, month, day;
    switch (c->group) {
    case GROUP_WORK: return fore_working_days(from, end, h ? h->off : NULL, h ? h->offs : 0);
    case GROUP_LENGTH: return (double)(end - from);
    case GROUP_WEEKDAY: return fore_weekday(from) == c->part;
    default:
        fore_civil_from_days(from + (end - from) / 2, &year, &month, &day);
        return month == c->part;
    }
}
