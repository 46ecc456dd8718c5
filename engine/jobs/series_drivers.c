/* See series_drivers.h.
 *
 *   for every row of a series' grid, history and horizon:
 *     named drivers: the file of drivers for this series, else for all, else the series' own file
 *     holidays: their share in the period; the calendar: working days, weekdays, months
 *   a named driver without a value: an error that names the time, or the last value carried */
#include "engine/jobs/series_drivers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/levels.h"
#include "engine/jobs/series_holidays.h"

enum {
    ALL_SERIES = -1,
    DAY_SECONDS = 86400,
    LAST_YEAR = 385 /* days: a holiday that moves comes back within them */
};

typedef struct entry {
    int64_t series, at, line, row; /* series: of `ids`, or ALL_SERIES */
} entry;

struct fore_series_sources {
    const foresell_series_request *r;
    fore_arena *arena; /* the tables of regressors */
    fore_holidays *holidays;
    /* the file of drivers */
    fore_series_columns columns;
    fore_dictionary *ids, *names;
    entry *entries; /* by series, then at */
    int64_t count, capacity;
    double *value; /* row x columns.drivers */
    int64_t values, value_capacity;
    int64_t carried;  /* values that were taken on */
    int64_t idle;     /* series that the calendar tells nothing of */
    const char *step; /* of the first of them */
    int32_t furthest; /* day that a forecast reaches */
};

const fore_dictionary *fore_series_sources_names(const fore_series_sources *sources)
{
    return sources ? sources->names : NULL;
}

void fore_series_sources_free(fore_series_sources *s)
{
    if (!s) return;
    fore_arena_free(s->arena);
    fore_holidays_free(s->holidays);
    fore_dictionary_free(s->ids);
    fore_dictionary_free(s->names);
    fore_free(s->entries);
    fore_free(s->value);
    fore_free(s);
}

/* --- the file of drivers --- */

static fore_status read_entry(fore_series_sources *s, const fore_csv *csv,
                              const fore_csv_record *record, fore_text *room, fore_error *err)
{
    const fore_series_columns *c = &s->columns;
    entry e = {.series = ALL_SERIES, .line = record->line, .row = s->values / c->drivers};
    int form;
    if (record->fit != FORE_CSV_FITS)
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                            "this line has %lld cells, the header has %lld; mend the line",
                            (long long)record->count, (long long)fore_csv_columns(csv));
    if (!fore_series_time(c, record->cells[c->date], record->lengths[c->date], &e.at, &form))
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                            "%s is neither a date such as 2026-01-31 nor a whole number: '%.40s'",
                            c->date_name, record->cells[c->date]);
    if (c->ids > 0) {
        const char *id = fore_series_key(c, record, room);
        e.series = id ? fore_series_id_canonical(s->ids, id, true) : -1;
        if (e.series < 0) return fore_no_memory(err);
    }
    FORE_TRY(fore_grow((void **)&s->value, &s->value_capacity, s->values + c->drivers,
                       sizeof *s->value, err));
    for (int64_t j = 0; j < c->drivers; j++) {
        int64_t at = c->driver[j];
        if (!fore_series_driver(c, record->cells[at], record->lengths[at], &s->value[s->values++]))
            return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, 0,
                                "%s is neither a number nor yes or no: '%.40s'",
                                fore_csv_name(csv, at), record->cells[at]);
    }
    FORE_TRY(fore_grow((void **)&s->entries, &s->capacity, s->count + 1, sizeof e, err));
    s->entries[s->count++] = e;
    return FORE_OK;
}

static int by_series_and_time(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->series != b->series) return a->series < b->series ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static fore_status refuse_twice(const fore_series_sources *s, const char *path, fore_error *err)
{
    for (int64_t i = 1; i < s->count; i++)
        if (s->entries[i].series == s->entries[i - 1].series &&
            s->entries[i].at == s->entries[i - 1].at)
            return fore_fail_at(err, FORE_E_DATA, path, s->entries[i].line, 0,
                                "the same time as in line %lld; keep one",
                                (long long)s->entries[i - 1].line);
    return FORE_OK;
}

static fore_status read_table(fore_series_sources *s, fore_answer *a, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv *csv = NULL;
    fore_csv_record record;
    fore_text room = {0};
    FORE_TRY(fore_csv_open(s->r->drivers, NULL, &csv, err));
    s->ids = fore_dictionary_new();
    s->names = fore_dictionary_new();
    if (!s->ids || !s->names) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_series_columns_of_drivers(csv, s->r, &s->columns, a, err));
    for (int64_t j = 0; j < s->columns.drivers; j++) {
        const char *name = fore_csv_name(csv, s->columns.driver[j]);
        if (fore_dictionary_add(s->names, name, (int64_t)strlen(name)) < 0)
            FORE_GO(fore_no_memory(err));
    }
    if (s->columns.drivers == 0)
        FORE_GO(fore_fail_at(err, FORE_E_DATA, s->r->drivers, 1, 0,
                             "no column of drivers beside times and series; add promo, effort, "
                             "..."));
    FORE_GO(fore_series_columns_learn(csv, s->r, &s->columns, a, err));
    for (bool more;;) {
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        FORE_GO(read_entry(s, csv, &record, &room, err));
    }
    if (s->count == 0)
        FORE_GO(fore_fail_at(err, FORE_E_DATA, s->r->drivers, 2, 0,
                             "there is a header and no row under it; export the drivers again"));
    qsort(s->entries, (size_t)s->count, sizeof *s->entries, by_series_and_time);
    status = refuse_twice(s, s->r->drivers, err);
done:
    fore_text_free(&room);
    fore_csv_close(csv);
    return status;
}

fore_status fore_series_sources_read(const foresell_series_request *r,
                                     fore_series_sources **sources, fore_answer *a, fore_error *err)
{
    fore_status status = FORE_OK;
    *sources = NULL;
    if (!r->with && !r->drivers && !r->holidays && !r->calendar) {
        if (!r->country && !r->carry) return FORE_OK;
        return fore_fail(err, FORE_E_USAGE, "%s",
                         r->country ? "--country needs --holidays FILE"
                                    : "--carry needs --with or --drivers");
    }
    fore_series_sources *s = FORE_ZNEW(1, fore_series_sources);
    if (!s || !(s->arena = fore_arena_new())) FORE_GO(fore_no_memory(err));
    s->r = r;
    if (r->drivers) FORE_GO(read_table(s, a, err));
    if (r->holidays) FORE_GO(fore_holidays_read(r->holidays, r->country, r, &s->holidays, a, err));
    *sources = s;
    s = NULL;
done:
    fore_series_sources_free(s);
    return status;
}

/* --- one series --- */

typedef struct making {
    fore_series_sources *s;
    const fore_series_file *file;
    fore_series_plan *plan;
    const double *y;
    int64_t rows, horizon, *time, *own; /* own: the row's drivers in the file, or -1 */
    int64_t series;                     /* in the file of drivers; -2: not there */
    fore_drivers *out;
    const char **name;
    int *group;
    double *x;
} making;

/* Times that are one step: the same month, quarter, year, week; else the same. */
static int64_t step_key(const fore_series_plan *p, int64_t at)
{
    if (p->step < 0 || p->step == FORE_DAILY) return at;
    return fore_period_start((fore_period)p->step, (int32_t)at);
}

/* A time of the file of drivers in the unit of the series. */
static int64_t in_unit(const making *m, int64_t at)
{
    bool seconds = m->plan->step == FORE_STEP_SECONDS, clock = m->s->columns.clock;
    if (m->plan->step == FORE_STEP_NUMBER || seconds == clock) return at;
    if (seconds) return at * DAY_SECONDS;
    return (at - (at % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS) / DAY_SECONDS;
}

static const entry *find_entry(const making *m, int64_t series, int64_t t)
{
    const fore_series_sources *s = m->s;
    int64_t low = 0, high = s->count, key = step_key(m->plan, m->time[t]);
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        const entry *e = &s->entries[middle];
        bool before =
            e->series != series ? e->series < series : step_key(m->plan, in_unit(m, e->at)) < key;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    const entry *e = &s->entries[low];
    if (low == s->count || e->series != series || step_key(m->plan, in_unit(m, e->at)) != key)
        return NULL;
    return e;
}

/* Column `column` of the file of drivers at row t; NaN where it says nothing. */
static double from_table(const making *m, int64_t column, int64_t t)
{
    if (column < 0) return NAN;
    const entry *e = m->series >= 0 ? find_entry(m, m->series, t) : NULL;
    if (!e) e = find_entry(m, ALL_SERIES, t);
    return e ? m->s->value[e->row * m->s->columns.drivers + column] : NAN;
}

static double from_file(const making *m, int64_t column, int64_t t)
{
    if (column < 0 || m->own[t] < 0) return NAN;
    return m->file->driver[m->own[t] * m->file->columns.drivers + column];
}

static void say_missing(making *m, const char *name, int64_t t)
{
    fore_series_plan at = *m->plan;
    char when[32];
    at.last = m->time[t];
    fore_series_when(&at, 0, when);
    if (t < m->plan->n)
        snprintf(m->plan->why, sizeof m->plan->why,
                 "the driver %.40s has no value at %s; write 0 where there was none", name, when);
    else
        snprintf(m->plan->why, sizeof m->plan->why,
                 "the driver %.40s has no value at %s, which is to be forecast; add the row, or "
                 "take the last value on with --carry",
                 name, when);
}

/* False (and plan.why) where a value is missing. */
static bool put_named(making *m, const char *name, int64_t own, int64_t table)
{
    double *x = m->x + m->out->count * m->rows, last = 0;
    if (m->out->count == FORE_DRIVERS_MAX) {
        snprintf(m->plan->why, sizeof m->plan->why, "more than %d drivers; leave some out",
                 FORE_DRIVERS_MAX);
        return false;
    }
    m->name[m->out->count++] = name;
    for (int64_t t = 0; t < m->rows; t++) {
        double v = from_table(m, table, t);
        if (isnan(v)) v = from_file(m, own, t);
        bool excused = t < m->plan->n ? isnan(m->y[t]) : m->s->r->carry;
        if (isnan(v) && !excused) {
            say_missing(m, name, t);
            return false;
        }
        if (isnan(v) && t >= m->plan->n) m->s->carried++;
        x[t] = last = isnan(v) ? last : v;
    }
    return true;
}

static bool put_all_named(making *m)
{
    const fore_dictionary *names = m->s->names;
    const fore_series_file *f = m->file;
    for (int64_t j = 0; j < f->columns.drivers; j++) {
        const char *name = f->driver_name[j];
        int64_t table = names ? fore_dictionary_find(names, name, (int64_t)strlen(name)) : -1;
        if (!put_named(m, name, j, table)) return false;
    }
    for (int64_t k = 0; names && k < fore_dictionary_count(names); k++) {
        const char *name = fore_dictionary_text(names, k);
        bool known = false;
        for (int64_t j = 0; j < f->columns.drivers; j++)
            known = known || strcmp(f->driver_name[j], name) == 0;
        if (!known && !put_named(m, name, -1, k)) return false;
    }
    return true;
}

static void period_of(const fore_series_plan *p, int64_t at, int32_t *from, int32_t *end)
{
    if (p->step == FORE_STEP_SECONDS) at /= DAY_SECONDS;
    *from = (int32_t)at;
    *end = *from + (p->step == FORE_WEEKLY ? 7 : 1);
    if (p->step < FORE_MONTHLY) return;
    *from = fore_period_start((fore_period)p->step, *from);
    *end = fore_period_add((fore_period)p->step, *from, 1);
}

static void put_calendar(making *m)
{
    fore_calendar_column column[FORE_CALENDAR_MOST];
    const fore_holidays *h = m->s->holidays;
    int64_t holidays = m->plan->step == FORE_STEP_NUMBER ? 0 : fore_holidays_count(h);
    int64_t columns = m->s->r->calendar ? fore_calendar_columns(m->plan, h, column) : 0;
    if (m->s->r->calendar && columns == 0 && m->s->idle++ == 0)
        m->s->step = fore_series_step_word(m->plan);
    for (int64_t i = 0; i < holidays + columns; i++) {
        if (m->out->count == FORE_DRIVERS_MAX) return;
        const fore_calendar_column *c = i < holidays ? NULL : &column[i - holidays];
        double *x = m->x + m->out->count * m->rows;
        m->group[m->out->count] = c ? c->group : 0;
        m->name[m->out->count++] = c ? c->name : fore_holidays_name(h, i);
        for (int64_t t = 0; t < m->rows; t++) {
            int32_t from, end;
            period_of(m->plan, m->time[t], &from, &end);
            x[t] = c ? fore_calendar_at(c, h, from, end) : fore_holidays_share(h, i, from, end);
        }
    }
}

static int64_t most_columns(const making *m)
{
    const fore_series_sources *s = m->s;
    int64_t most = m->file->columns.drivers + (s->names ? fore_dictionary_count(s->names) : 0) +
                   fore_holidays_count(s->holidays) + FORE_CALENDAR_MOST;
    return most < FORE_DRIVERS_MAX ? most : FORE_DRIVERS_MAX;
}

static void find_rows(making *m, int64_t s)
{
    const fore_series_file *f = m->file;
    int64_t low = 0, high = f->count;
    for (int64_t t = 0; t < m->rows; t++) {
        m->time[t] = t < m->plan->n ? fore_series_next(m->plan, m->plan->start, t)
                                    : fore_series_next(m->plan, m->plan->last, t - m->plan->n + 1);
        m->own[t] = -1;
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (f->points[middle].series < s)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < f->count && f->points[low].series == s; low++)
        if (f->points[low].step < m->rows) m->own[f->points[low].step] = f->points[low].row;
}

fore_status fore_series_drivers_make(fore_series_sources *sources, const fore_series_file *file,
                                     const double *y, int64_t s, fore_series_plan *plan,
                                     int64_t horizon, const fore_drivers **drivers, fore_error *err)
{
    const char *id = fore_dictionary_text(file->ids, s);
    making m = {.s = sources, .file = file, .plan = plan, .y = y, .rows = plan->n + horizon};
    fore_arena *arena = sources->arena;
    *drivers = NULL;
    m.series = sources->ids ? fore_series_id_canonical(sources->ids, id, false) : -1;
    if (m.series < 0) m.series = -2;
    m.out = fore_arena_alloc(arena, 1, sizeof *m.out);
    m.name = fore_arena_alloc(arena, FORE_DRIVERS_MAX, sizeof *m.name);
    m.group = fore_arena_alloc(arena, FORE_DRIVERS_MAX, sizeof *m.group);
    m.x = fore_arena_alloc(arena, m.rows * most_columns(&m), sizeof *m.x);
    m.time = FORE_NEW(2 * m.rows, int64_t);
    fore_status status = FORE_OK;
    if (!m.out || !m.name || !m.group || !m.x || !m.time) FORE_GO(fore_no_memory(err));
    m.own = m.time + m.rows;
    find_rows(&m, s);
    if (plan->step != FORE_STEP_NUMBER) {
        int32_t from, end;
        period_of(plan, m.time[m.rows - 1], &from, &end);
        if (end > sources->furthest) sources->furthest = end;
    }
    if (put_all_named(&m)) {
        put_calendar(&m);
        m.out->x = m.x;
        m.out->name = m.name;
        m.out->group = m.group;
        if (m.out->count > 0) *drivers = m.out;
    }
done:
    fore_free(m.time);
    return status;
}

fore_driver_kind fore_series_sources_kind(const fore_series_sources *s, const char *name)
{
    if (fore_list_names(s->r->with, name) ||
        (s->names && fore_dictionary_find(s->names, name, (int64_t)strlen(name)) >= 0))
        return FORE_DRIVER_GIVEN;
    for (int64_t i = 0; i < fore_holidays_count(s->holidays); i++)
        if (strcmp(fore_holidays_name(s->holidays, i), name) == 0) return FORE_DRIVER_HOLIDAY;
    if (fore_cell_month(name, (int64_t)strlen(name))) return FORE_DRIVER_MONTH;
    return strstr(name, "days") ? FORE_DRIVER_DAYS : FORE_DRIVER_WEEKDAY;
}

void fore_series_sources_say(const fore_series_sources *s, fore_answer *a)
{
    char last[32];
    if (!s) return;
    if (s->carried > 0)
        fore_answer_note(a, "Drivers without values to come keep their last one, as --carry asks.");
    if (s->idle > 0)
        fore_answer_note(a,
                         "--calendar adds nothing to %lld series (%s by %s): what the calendar "
                         "tells of such steps lies in their season already, or needs a longer "
                         "history.",
                         (long long)s->idle, s->step, s->step);
    for (int64_t i = 0; i < fore_holidays_count(s->holidays); i++) {
        int32_t day = fore_holidays_last(s->holidays, i);
        if (day + LAST_YEAR >= s->furthest) continue;
        fore_date_format(day, last);
        fore_answer_note(a,
                         "%s is last given for %s: the forecast counts none after it. Add its "
                         "later days to %s.",
                         fore_holidays_name(s->holidays, i), last, s->r->holidays);
    }
}
