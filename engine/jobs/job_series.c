/* "Forecast these series." A CSV of unique_id,ds,y; every series on its own, so that a bad one
 * never stops the others. A row with too few or too many cells is set aside, with its line and the
 * reason, and counts as missing; a cell that cannot be read leaves its series out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/csv_reader.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/num/special.h"
#include "models/series/series_forecast.h"

enum {
    STEP_NUMBER = -1,
    HORIZON_LEAST = 6,
    ASIDE_SHOWN = 10,
    HORIZON_MOST = 10000,
    SEASON_MOST = 10000,
    GAP_LIMIT = 100000
};
static const char ONLY_SERIES[] = "series"; /* the name where there is no unique_id */
static const double VALUE_LIMIT = 1e150;    /* squares and their sums stay finite */

typedef struct point {
    int64_t series, at; /* at: days, or the number itself when ds is not a date */
    double y;
    int64_t line;
    bool dated;
    const char *bad; /* NULL, or what is wrong with the line: its series is left out */
} point;

/* A row that does not fit the header. */
typedef struct set_aside {
    int64_t line, cells;
    const char *id; /* of its series, as far as the row says; NULL: it does not */
} set_aside;

typedef struct series_set {
    fore_dictionary *ids;
    point *points; /* by series, then at */
    int64_t count, capacity;
    set_aside *aside;
    int64_t aside_count, aside_capacity, header_cells;
} series_set;

typedef struct plan {
    int step; /* a fore_period, or STEP_NUMBER */
    int64_t season;
    int64_t first, n; /* into the regular values */
    char why[200];    /* not empty: left out, and why */
    int64_t line;     /* where it showed */
} plan;

/* --- reading --- */

static int64_t find_column(const fore_csv *csv, const char *name)
{
    for (int64_t j = 0; j < fore_csv_columns(csv); j++)
        if (fore_text_equal_fold(fore_csv_name(csv, j), name)) return j;
    return -1;
}

static bool read_when(const char *text, int64_t length, point *p)
{
    int64_t time;
    bool day;
    double number;
    p->dated = fore_time_parse(text, length, NULL, &time, &day);
    if (p->dated) {
        p->at = fore_date_of(time);
        return true;
    }
    if (!fore_number_parse(text, length, &number) || number != floor(number) || fabs(number) > 1e15)
        return false;
    p->at = (int64_t)number;
    return true;
}

static fore_status put_aside(series_set *set, const fore_csv_record *record, int64_t id_column,
                             fore_arena *arena, fore_error *err)
{
    set_aside row = {.line = record->line, .cells = record->count};
    if (id_column >= 0 && id_column < record->count) {
        row.id = fore_arena_string(arena, record->cells[id_column]);
        if (!row.id) return fore_no_memory(err);
    } else if (id_column < 0)
        row.id = ONLY_SERIES;
    FORE_TRY(fore_grow((void **)&set->aside, &set->aside_capacity, set->aside_count + 1, sizeof row,
                       err));
    set->aside[set->aside_count++] = row;
    return FORE_OK;
}

static fore_status read_point(series_set *set, const fore_csv_record *record,
                              const int64_t column[3], fore_error *err)
{
    point p = {.line = record->line, .y = NAN};
    const char *id = column[0] < 0 ? ONLY_SERIES : record->cells[column[0]];
    const char *y = record->cells[column[2]];
    int64_t when = column[1];
    p.series = fore_dictionary_add(set->ids, id, (int64_t)strlen(id));
    if (p.series < 0) return fore_no_memory(err);
    if (!read_when(record->cells[when], record->lengths[when], &p))
        p.bad = "ds is neither a date such as 2026-01-31 nor a whole number";
    bool missing = !*y || fore_text_equal_fold(y, "NA") || fore_text_equal_fold(y, "NaN");
    if (!missing && !fore_number_parse(y, record->lengths[column[2]], &p.y))
        p.bad = "y is not a number; leave the cell empty where the value is not known";
    if (fabs(p.y) > VALUE_LIMIT)
        p.bad = "y is too large to reckon with (more than 1e150); use a larger unit";
    FORE_TRY(fore_grow((void **)&set->points, &set->capacity, set->count + 1, sizeof p, err));
    set->points[set->count++] = p;
    return FORE_OK;
}

static int by_series_and_time(const void *left, const void *right)
{
    const point *a = left, *b = right;
    if (a->series != b->series) return a->series < b->series ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static fore_status fail_cells(const series_set *set, const char *path, const set_aside *row,
                              fore_error *err)
{
    return fore_fail_at(err, FORE_E_DATA, path, row->line, 0,
                        "this line has %lld cells, the header has %lld; mend the line",
                        (long long)row->cells, (long long)set->header_cells);
}

static fore_status read_row(series_set *set, const fore_csv *csv, const fore_csv_record *record,
                            const int64_t column[3], bool strict, fore_arena *arena,
                            fore_error *err)
{
    const char *path = fore_csv_path(csv);
    if (record->fit != FORE_CSV_FITS) {
        FORE_TRY(put_aside(set, record, column[0], arena, err));
        return strict ? fail_cells(set, path, &set->aside[0], err) : FORE_OK;
    }
    FORE_TRY(read_point(set, record, column, err));
    const point *p = &set->points[set->count - 1];
    if (strict && p->bad) return fore_fail_at(err, FORE_E_DATA, path, p->line, 0, "%s", p->bad);
    return FORE_OK;
}

/* Series of which no row is left get a number as well: the last ones. */
static fore_status name_the_lost(series_set *set, fore_error *err)
{
    for (int64_t i = 0; i < set->aside_count; i++) {
        const char *id = set->aside[i].id;
        if (id && fore_dictionary_add(set->ids, id, (int64_t)strlen(id)) < 0)
            return fore_no_memory(err);
    }
    return FORE_OK;
}

static fore_status read_file(const fore_context *c, const char *path, bool strict, series_set *set,
                             fore_arena *arena, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv *csv = NULL;
    fore_csv_record record;
    bool more;
    FORE_TRY(fore_csv_open(path, NULL, &csv, err));
    int64_t column[3] = {find_column(csv, "unique_id"), find_column(csv, "ds"),
                         find_column(csv, "y")};
    set->header_cells = fore_csv_columns(csv);
    set->ids = fore_dictionary_new();
    if (!set->ids) {
        status = fore_no_memory(err);
        goto done;
    }
    if (column[1] < 0 || column[2] < 0) {
        status =
            fore_fail_at(err, FORE_E_DATA, path, 1, 0,
                         "the columns ds (date) and y (value) are needed, and unique_id where the "
                         "file holds several series");
        goto done;
    }
    for (;;) {
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        FORE_GO(read_row(set, csv, &record, column, strict, arena, err));
    }
    if (set->count == 0 && set->aside_count > 0)
        status = fail_cells(set, path, &set->aside[0], err);
    else if (set->count == 0)
        status = fore_fail_at(err, FORE_E_DATA, path, 2, 0,
                              "there is a header and no row under it; export the series again");
    else
        qsort(set->points, (size_t)set->count, sizeof *set->points, by_series_and_time);
    if (status == FORE_OK) status = name_the_lost(set, err);
done:
    if (status == FORE_OK && fore_csv_about(csv)->encoding == FORE_CSV_WINDOWS_1252)
        fore_message(
            c->observer, FORE_WARNING,
            "%s: not UTF-8 (first at line %lld, byte %lld); read as Windows-1252. Export it as "
            "UTF-8 if letters look wrong",
            path, (long long)fore_csv_about(csv)->foreign_line,
            (long long)fore_csv_about(csv)->foreign_column);
    fore_csv_close(csv);
    return status;
}

/* --- making it regular --- */

/* The calendar step of a dated series from the median distance of its days. */
static int calendar_step(const point *p, int64_t n, double *scratch)
{
    for (int64_t i = 1; i < n; i++) scratch[i - 1] = (double)(p[i].at - p[i - 1].at);
    double middle = n < 2 ? 30 : fore_median(scratch, n - 1);
    if (middle <= 3) return FORE_DAILY;
    if (middle <= 10) return FORE_WEEKLY;
    if (middle <= 45) return FORE_MONTHLY;
    return middle <= 150 ? FORE_QUARTERLY : FORE_YEARLY;
}

static int64_t season_of(int step)
{
    static const int64_t season[] = {7, 52, 12, 4, 1};
    return step == STEP_NUMBER ? 1 : season[step];
}

static int64_t next_at(int step, int64_t at, int64_t n)
{
    if (step == STEP_NUMBER) return at + n;
    if (step == FORE_DAILY || step == FORE_WEEKLY) return at + n * (step == FORE_DAILY ? 1 : 7);
    /* months, quarters, years from the same day of the month, cut to the month's length */
    int32_t year, month, day;
    fore_civil_from_days((int32_t)at, &year, &month, &day);
    int32_t start =
        fore_period_add((fore_period)step, fore_days_from_civil(year, month, 1), (int32_t)n);
    bool last = day == fore_month_length(year, month);
    fore_civil_from_days(start, &year, &month, &(int32_t){0});
    int32_t length = fore_month_length(year, month);
    return fore_days_from_civil(year, month, last || day > length ? length : day);
}

/* The first line of the file that cannot be part of this series; into plan.why. */
static bool find_bad(const point *points, int64_t n, plan *p)
{
    const point *opening = points, *bad = NULL;
    for (int64_t i = 1; i < n; i++)
        if (points[i].line < opening->line) opening = &points[i];
    for (int64_t i = 0; i < n; i++) {
        bool odd = points[i].bad || points[i].dated != opening->dated;
        if (odd && (!bad || points[i].line < bad->line)) bad = &points[i];
    }
    if (!bad) return false;
    p->line = bad->line;
    snprintf(p->why, sizeof p->why, "line %lld: %s", (long long)bad->line,
             bad->bad ? bad->bad
                      : "ds holds both dates and plain numbers; write all as dates, or all as "
                        "whole numbers");
    return true;
}

/* One series onto a regular grid: gaps become missing values. Fills plan.why where it cannot be. */
static fore_status make_regular(const series_set *set, int64_t from, int64_t end, plan *p,
                                double **values, int64_t *count, int64_t *capacity, fore_error *err)
{
    const point *first = &set->points[from];
    p->first = *count;
    p->n = 0;
    if (find_bad(first, end - from, p)) return FORE_OK;
    for (int64_t i = from, step = 0; i < end; i++, step++) {
        const point *here = &set->points[i];
        if (i > from && here->at == set->points[i - 1].at) {
            snprintf(p->why, sizeof p->why,
                     "two values for the same time (lines %lld and %lld); keep one",
                     (long long)set->points[i - 1].line, (long long)here->line);
            p->line = here->line;
            return FORE_OK;
        }
        int64_t due = next_at(p->step, first->at, step);
        int64_t slack = p->step == STEP_NUMBER || p->step == FORE_DAILY ? 0
                        : p->step == FORE_WEEKLY                        ? 3
                                                                        : 14;
        while (due + slack < here->at && p->n < GAP_LIMIT) { /* a gap */
            FORE_TRY(fore_grow((void **)values, capacity, *count + 1, sizeof **values, err));
            (*values)[(*count)++] = NAN;
            p->n++;
            due = next_at(p->step, first->at, ++step);
        }
        if (due - slack > here->at || due + slack < here->at) {
            snprintf(
                p->why, sizeof p->why,
                "the times are not evenly spaced (line %lld); sum them up by day, week or month",
                (long long)here->line);
            p->line = here->line;
            return FORE_OK;
        }
        FORE_TRY(fore_grow((void **)values, capacity, *count + 1, sizeof **values, err));
        (*values)[(*count)++] = here->y;
        p->n++;
    }
    return FORE_OK;
}

/* Asked to be strict: the first line of the file for which a series would be left out. */
static fore_status refuse_bad(const plan *plans, int64_t series, const char *path, fore_error *err)
{
    const plan *first = NULL;
    for (int64_t s = 0; s < series; s++)
        if (plans[s].why[0] && plans[s].line > 0 && (!first || plans[s].line < first->line))
            first = &plans[s];
    return first ? fore_fail_at(err, FORE_E_DATA, path, first->line, 0, "%s", first->why) : FORE_OK;
}

/* --- answering --- */

static void write_when(const plan *p, int64_t last, int64_t step, char out[32])
{
    int64_t at = next_at(p->step, last, step);
    if (p->step == STEP_NUMBER)
        snprintf(out, 32, "%lld", (long long)at);
    else
        fore_date_format((int32_t)at, out);
}

typedef struct series_writer {
    fore_answer *answer;
    int64_t grid;
    fore_json_writer *json;
    const double *level;
    int64_t levels;
} series_writer;

static void write_forecast(series_writer *w, const char *id, const plan *p, int64_t last,
                           const fore_series_forecast *f)
{
    fore_json_object(w->json, NULL);
    fore_json_string(w->json, "unique_id", id);
    fore_json_string(w->json, "method", f->name);
    if (f->note[0]) fore_json_string(w->json, "note", f->note);
    fore_json_array(w->json, "forecast");
    for (int64_t h = 0; h < f->horizon; h++) {
        char when[32], key[32];
        write_when(p, last, h + 1, when);
        fore_answer_row(w->answer, w->grid);
        fore_answer_text(w->answer, w->grid, id);
        fore_answer_text(w->answer, w->grid, when);
        fore_answer_number(w->answer, w->grid, (double)(h + 1));
        fore_answer_number(w->answer, w->grid, f->mean[h]);
        fore_json_object(w->json, NULL);
        fore_json_string(w->json, "ds", when);
        fore_json_integer(w->json, "step", h + 1);
        fore_json_number(w->json, "mean", f->mean[h]);
        for (int64_t k = 0; k < f->levels; k++) {
            fore_answer_number(w->answer, w->grid, f->lower[h + k * f->horizon]);
            fore_answer_number(w->answer, w->grid, f->upper[h + k * f->horizon]);
            snprintf(key, sizeof key, "lo-%.10g", w->level[k]);
            fore_json_number(w->json, key, f->lower[h + k * f->horizon]);
            snprintf(key, sizeof key, "hi-%.10g", w->level[k]);
            fore_json_number(w->json, key, f->upper[h + k * f->horizon]);
        }
        fore_json_end_object(w->json);
    }
    fore_json_end_array(w->json);
    fore_json_end_object(w->json);
}

/* The rows that were set aside, and the series that they belong to. */
static void tell_aside(const series_set *set, const char *path, fore_answer *a,
                       fore_json_writer *json)
{
    fore_json_array(json, "set_aside");
    for (int64_t i = 0; i < set->aside_count; i++) {
        const set_aside *row = &set->aside[i];
        char reason[96];
        snprintf(reason, sizeof reason, "%lld cells where the header has %lld",
                 (long long)row->cells, (long long)set->header_cells);
        fore_json_object(json, NULL);
        fore_json_string(json, "file", path);
        fore_json_integer(json, "line", row->line);
        fore_json_string(json, "unique_id", row->id);
        fore_json_string(json, "reason", reason);
        fore_json_end_object(json);
        if (i < ASIDE_SHOWN)
            fore_answer_note(a, "%s:%lld: %s: set aside; its value of %s counts as missing.", path,
                             (long long)row->line, reason, row->id ? row->id : "some series");
    }
    fore_json_end_array(json);
    if (set->aside_count > ASIDE_SHOWN)
        fore_answer_note(a, "And %lld more such rows; --json names them all.",
                         (long long)(set->aside_count - ASIDE_SHOWN));
}

static fore_column *make_columns(fore_answer *a, const double *level, int64_t levels,
                                 fore_error *err)
{
    fore_column *c = fore_arena_alloc(a->arena, 4 + 2 * levels, sizeof *c);
    if (!c) {
        fore_no_memory(err);
        return NULL;
    }
    c[0] = (fore_column){"unique_id", "series", FORE_CELL_TEXT, 1};
    c[1] = (fore_column){"ds", "ds", FORE_CELL_TEXT, 0};
    c[2] = (fore_column){"step", "step", FORE_CELL_INTEGER, 0};
    c[3] = (fore_column){"mean", "mean", FORE_CELL_NUMBER, 0};
    for (int64_t k = 0; k < levels; k++) {
        const char *lo = fore_arena_format(a->arena, "lo-%.10g", level[k]);
        const char *hi = fore_arena_format(a->arena, "hi-%.10g", level[k]);
        c[4 + 2 * k] = (fore_column){lo, lo, FORE_CELL_NUMBER, 0};
        c[5 + 2 * k] = (fore_column){hi, hi, FORE_CELL_NUMBER, 0};
    }
    return c;
}

static fore_status read_request(const foresell_series_request *r, fore_series_options *o,
                                fore_error *err)
{
    *o = fore_series_default();
    FORE_TRY(fore_levels_parse(r->levels, o->level, &o->levels, err));
    if (r->method && !fore_series_method_parse(r->method, &o->method))
        return fore_fail(
            err, FORE_E_USAGE,
            "there is no method '%s'; use auto, ets, arima, ces, theta, dotm, hw, holt, ses, croston, sba, tsb, "
            "naive, snaive, drift, mean or combine",
            r->method);
    if (r->horizon < 0 || r->horizon > HORIZON_MOST || r->season < 0 || r->season > SEASON_MOST)
        return fore_fail(err, FORE_E_USAGE, "horizon and season are whole numbers from 1 to %d",
                         HORIZON_MOST);
    return FORE_OK;
}

fore_status fore_job_series(fore_context *c, const foresell_series_request *r, fore_answer *a,
                            fore_error *err)
{
    fore_status status = FORE_OK;
    series_set set = {0};
    fore_series_options options;
    plan *plans = NULL;
    fore_series_task *tasks = NULL;
    double *values = NULL, *scratch = NULL;
    int64_t count = 0, capacity = 0, series = 0, *last = NULL, answered = 0;
    FORE_TRY(read_request(r, &options, err));
    FORE_GO(read_file(c, r->file, r->strict, &set, a->arena, err));
    series = fore_dictionary_count(set.ids);
    plans = FORE_ZNEW(series, plan);
    tasks = FORE_ZNEW(series, fore_series_task);
    last = FORE_NEW(series, int64_t);
    scratch = FORE_NEW(set.count, double);
    fore_column *columns = make_columns(a, options.level, options.levels, err);
    if (!plans || !tasks || !last || !scratch || !columns) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t s = 0, from = 0; s < series; s++) {
        int64_t end = from;
        while (end < set.count && set.points[end].series == s) end++;
        plan *p = &plans[s];
        if (from == end) { /* named only by rows that were set aside */
            p->step = STEP_NUMBER;
            p->season = 1;
            snprintf(p->why, sizeof p->why, "all its rows were set aside");
            continue;
        }
        p->step = set.points[from].dated ? calendar_step(set.points + from, end - from, scratch)
                                         : STEP_NUMBER;
        p->season = r->season ? r->season : season_of(p->step);
        FORE_GO(make_regular(&set, from, end, p, &values, &count, &capacity, err));
        last[s] = set.points[end - 1].at;
        from = end;
    }
    if (r->strict) FORE_GO(refuse_bad(plans, series, r->file, err));
    for (int64_t s = 0; s < series; s++) {
        int64_t h = plans[s].season < HORIZON_LEAST ? HORIZON_LEAST : plans[s].season;
        tasks[s] = (fore_series_task){.y = values + plans[s].first,
                                      .n = plans[s].why[0] ? 0 : plans[s].n,
                                      .m = plans[s].season,
                                      .horizon = r->horizon ? r->horizon : h};
    }
    FORE_GO(fore_series_batch(c->pool, tasks, series, &options, err));
    fore_json_writer json = fore_json_to(&a->json);
    series_writer w = {a, fore_answer_grid(a, "forecast", NULL, columns, 4 + 2 * options.levels),
                       &json, options.level, options.levels};
    fore_json_object(&json, NULL);
    fore_json_array(&json, "series");
    for (int64_t s = 0; s < series; s++) {
        const char *id = fore_dictionary_text(set.ids, s);
        const char *why = plans[s].why[0] ? plans[s].why : tasks[s].message;
        if (tasks[s].forecast && !plans[s].why[0]) {
            write_forecast(&w, id, &plans[s], last[s], tasks[s].forecast);
            if (tasks[s].forecast->note[0] && series <= 50)
                fore_answer_note(a, "%s: %s", id, tasks[s].forecast->note);
            answered++;
            continue;
        }
        fore_answer_note(a, "%s is left out: %s", id, why);
        fore_json_object(&json, NULL);
        fore_json_string(&json, "unique_id", id);
        fore_json_string(&json, "error", why);
        fore_json_end_object(&json);
    }
    fore_json_end_array(&json);
    tell_aside(&set, r->file, a, &json);
    fore_json_end_object(&json);
    if (answered == 0) {
        const char *why = plans[0].why[0] ? plans[0].why : tasks[0].message;
        status = fore_fail_at(err, FORE_E_NO_ANSWER, r->file, plans[0].line, 0,
                              "no series could be forecast; the first: %s", why);
    }
done:
    for (int64_t s = 0; tasks && s < series; s++) fore_series_free(tasks[s].forecast);
    fore_free(plans);
    fore_free(tasks);
    fore_free(last);
    fore_free(values);
    fore_free(scratch);
    fore_free(set.points);
    fore_free(set.aside);
    fore_dictionary_free(set.ids);
    return status;
}
