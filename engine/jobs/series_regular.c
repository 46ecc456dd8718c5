/* Series at equal steps (series_file.h): gaps become missing values, what does not fit a grid is
 * named. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/series_file.h"
#include "engine/num/special.h"

enum {
    GAP_LIMIT = 100000,
    WEEKS_LEAST = 3,
    DAY_SECONDS = 86400,
    HALF_A_DAY = DAY_SECONDS / 2,
    DAY_STEPS_MOST = 1440
};
static const int64_t WIDTH_MOST = 100000000000000; /* that many times the longest horizon fits */

static double median_gap(const fore_series_point *p, int64_t n, double *scratch)
{
    for (int64_t i = 1; i < n; i++) scratch[i - 1] = (double)(p[i].at - p[i - 1].at);
    return n < 2 ? 0 : fore_median(scratch, n - 1);
}

/* The calendar step of a dated series from the median distance of its days; of a single one from
 * how it is written. */
static int calendar_step(double gap, fore_series_form form)
{
    if (gap <= 0) {
        if (form == FORE_FORM_WEEK) return FORE_WEEKLY;
        return form == FORE_FORM_QUARTER ? FORE_QUARTERLY : FORE_MONTHLY;
    }
    if (gap <= 3) return FORE_DAILY;
    if (gap <= 10) return FORE_WEEKLY;
    if (gap <= 45) return FORE_MONTHLY;
    return gap <= 150 ? FORE_QUARTERLY : FORE_YEARLY;
}

/* The weekdays that have values, where some never do: a firm that works on five days. 0: all. */
static unsigned working_week(const fore_series_point *p, int64_t n)
{
    int64_t on[7] = {0}, span = n ? p[n - 1].at - p[0].at + 1 : 0, days = 0;
    unsigned week = 0;
    if (span < WEEKS_LEAST * 7) return 0;
    for (int64_t i = 0; i < n; i++) on[fore_weekday((int32_t)p[i].at)]++;
    for (int d = 0; d < 7; d++) {
        if (on[d] > 0) week |= 1u << d, days++;
        if (on[d] > 0 && 4 * on[d] < 3 * (span / 7)) return 0; /* now and then only */
    }
    return days > 1 && days < 7 ? week : 0;
}

static int64_t days_of(unsigned week) { return __builtin_popcount(week); }

static int64_t season_of(const fore_series_plan *p)
{
    static const int64_t season[] = {7, 52, 12, 4, 1};
    if (p->step == FORE_STEP_NUMBER) return 1;
    if (p->step == FORE_STEP_SECONDS) {
        bool fits = DAY_SECONDS % p->width == 0 && DAY_SECONDS / p->width <= DAY_STEPS_MOST;
        return fits ? DAY_SECONDS / p->width : 1;
    }
    return p->week ? days_of(p->week) : season[p->step];
}

static int64_t next_working(unsigned week, int64_t at, int64_t n)
{
    at += n / days_of(week) * 7;
    for (n %= days_of(week); n > 0; n--) do
            at++;
        while (!(week >> fore_weekday((int32_t)at) & 1));
    return at;
}

int64_t fore_series_next(const fore_series_plan *plan, int64_t at, int64_t n)
{
    int step = plan->step;
    if (step == FORE_STEP_NUMBER || step == FORE_STEP_SECONDS) return at + n * plan->width;
    if (plan->week) return next_working(plan->week, at, n);
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

static bool dated(const fore_series_point *p) { return p->form != FORE_FORM_NUMBER; }

/* The first line of the file that cannot be part of this series; into plan.why. */
static bool find_bad(const fore_series_point *points, int64_t n, const char *name,
                     fore_series_plan *p)
{
    const fore_series_point *opening = points, *bad = NULL;
    for (int64_t i = 1; i < n; i++)
        if (points[i].line < opening->line) opening = &points[i];
    for (int64_t i = 0; i < n; i++) {
        bool odd = points[i].bad || dated(&points[i]) != dated(opening);
        if (odd && (!bad || points[i].line < bad->line)) bad = &points[i];
    }
    if (!bad) return false;
    p->line = bad->line;
    if (bad->bad)
        snprintf(p->why, sizeof p->why, "line %lld: %s", (long long)bad->line, bad->bad);
    else
        snprintf(p->why, sizeof p->why,
                 "line %lld: %.40s holds both dates and plain numbers; write all as dates, or all "
                 "as whole numbers",
                 (long long)bad->line, name);
    return true;
}

static int64_t slack_of(int step)
{
    if (step < 0 || step == FORE_DAILY) return 0;
    return step == FORE_WEEKLY ? 3 : 14;
}

static fore_status put_value(fore_series_grid *g, fore_series_plan *p, double value,
                             fore_error *err)
{
    FORE_TRY(fore_grow((void **)&g->values, &g->capacity, g->count + 1, sizeof value, err));
    g->values[g->count++] = value;
    p->n++;
    return FORE_OK;
}

static fore_status refuse(fore_series_plan *p, const fore_series_point *here, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));
static fore_status refuse(fore_series_plan *p, const fore_series_point *here, const char *format,
                          ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->why, sizeof p->why, format, args);
    va_end(args);
    p->line = here->line;
    return FORE_OK;
}

static fore_status refuse_uneven(fore_series_plan *p, const fore_series_point *here)
{
    return refuse(p, here, "the times are not evenly spaced (line %lld); %s", (long long)here->line,
                  p->step == FORE_STEP_NUMBER
                      ? "where they are days, write them as 2026-01-31 (in a spreadsheet, format "
                        "the column as a date) and sum them up by --every"
                      : "sum them up by --every day, week or month");
}

/* One series onto a regular grid: gaps become missing values. Fills plan.why where it cannot be. */
static fore_status place(fore_series_point *points, int64_t n, double absent, fore_series_plan *p,
                         fore_series_grid *g, fore_error *err)
{
    int64_t slack = slack_of(p->step), missing = 0;
    if (p->step == FORE_STEP_NUMBER && p->width > WIDTH_MOST)
        return refuse(p, &points[n - 1], "its times lie %lld apart; count them in a larger unit",
                      (long long)p->width);
    for (int64_t i = 0, step = 0; i < n; i++, step++) {
        fore_series_point *here = &points[i];
        if (i > 0 && here->at == points[i - 1].at)
            return refuse(p, here,
                          "two values for the same time (lines %lld and %lld); keep one, or sum "
                          "them up by --every",
                          (long long)points[i - 1].line, (long long)here->line);
        int64_t due = fore_series_next(p, p->start, step);
        while (due + slack < here->at) { /* a gap */
            if (missing++ == GAP_LIMIT)
                return refuse(p, here,
                              "more than %d steps are missing before line %lld; mend its time, or "
                              "sum up by longer steps with --every",
                              GAP_LIMIT, (long long)here->line);
            FORE_TRY(put_value(g, p, absent, err));
            due = fore_series_next(p, p->start, ++step);
        }
        if (due - slack > here->at) return refuse_uneven(p, here);
        here->step = p->n;
        FORE_TRY(put_value(g, p, here->y, err));
    }
    return FORE_OK;
}

/* Moments a day and more apart are days. */
static void count_days(fore_series_point *points, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (dated(&points[i]))
            points[i].at =
                (points[i].at - (points[i].at % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS) /
                DAY_SECONDS;
}

/* One form for all times of a series: as they are written, or days where they differ. */
static fore_series_form common_form(const fore_series_point *points, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (points[i].form != points[0].form) return FORE_FORM_DAY;
    return points[0].form;
}

static void find_step(fore_series_point *points, int64_t n, bool clock, fore_series_plan *p,
                      double *scratch)
{
    double gap = median_gap(points, n, scratch);
    p->form = common_form(points, n);
    p->width = gap >= 1 ? (int64_t)gap : 1;
    if (!dated(&points[0])) {
        p->step = FORE_STEP_NUMBER;
        return;
    }
    if (clock && gap > 0 && gap < HALF_A_DAY + DAY_SECONDS / 4) {
        p->step = FORE_STEP_SECONDS;
        p->form = FORE_FORM_MOMENT;
        return;
    }
    if (clock) {
        count_days(points, n);
        gap = median_gap(points, n, scratch);
        if (p->form == FORE_FORM_MOMENT) p->form = FORE_FORM_DAY;
    }
    p->step = calendar_step(gap, p->form);
    p->assumed = n < 2;
    if (p->step == FORE_DAILY || p->step == FORE_WEEKLY) p->week = working_week(points, n);
    if (p->week) p->step = FORE_DAILY;
}

/* With drivers in the file, rows without a value at its end are the time to come. */
static void end_at_last_value(const fore_series_point *points, int64_t n, const double *values,
                              fore_series_plan *p)
{
    int64_t all = p->n;
    while (p->n > 1 && isnan(values[p->n - 1])) p->n--;
    p->ahead = all - p->n;
    if (p->ahead > 0) p->last = fore_series_next(p, p->start, p->n - 1);
    for (int64_t i = 0; i < n; i++)
        if (points[i].step == p->n - 1) p->last = points[i].at;
}

static fore_status make_one(const fore_series_file *file, int64_t from, int64_t n, int64_t season,
                            fore_series_plan *p, fore_series_grid *g, double *scratch,
                            fore_error *err)
{
    fore_series_point *points = file->points + from;
    p->first = g->count;
    p->step = FORE_STEP_NUMBER;
    p->season = p->width = 1;
    bool lost = true; /* named only by rows that were set aside */
    for (int64_t i = 0; i < n; i++) lost = lost && points[i].aside;
    if (lost) {
        snprintf(p->why, sizeof p->why, "all its rows were set aside");
        return FORE_OK;
    }
    if (find_bad(points, n, file->columns.date_name, p)) return FORE_OK;
    if (file->summed) {
        p->step = file->every;
        p->form = points[0].form;
    } else
        find_step(points, n, file->columns.clock, p, scratch);
    p->season = season ? season : season_of(p);
    p->start = points[0].at;
    p->last = points[n - 1].at;
    FORE_TRY(place(points, n, file->summed ? 0 : NAN, p, g, err));
    while (file->summed && fore_series_next(p, p->last, 1) < file->end) {
        FORE_TRY(put_value(g, p, 0, err));
        p->last = fore_series_next(p, p->last, 1);
    }
    if (file->columns.drivers > 0 && !p->why[0])
        end_at_last_value(points, n, g->values + p->first, p);
    return FORE_OK;
}

fore_status fore_series_grid_make(const fore_series_file *file, int64_t season,
                                  fore_series_grid *grid, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t series = fore_dictionary_count(file->ids);
    double *scratch = FORE_NEW(file->count, double);
    grid->plan = FORE_ZNEW(series, fore_series_plan);
    grid->series = series;
    if (!scratch || !grid->plan) FORE_GO(fore_no_memory(err));
    for (int64_t s = 0, from = 0; s < series; s++) {
        int64_t end = from;
        while (end < file->count && file->points[end].series == s) end++;
        FORE_GO(make_one(file, from, end - from, season, &grid->plan[s], grid, scratch, err));
        from = end;
    }
done:
    fore_free(scratch);
    return status;
}

static bool has_value(const double *values, int64_t n)
{
    while (n > 0 && isnan(values[n - 1])) n--;
    return n > 0;
}

void fore_series_grid_end(const fore_series_file *file, fore_series_grid *grid)
{
    for (int64_t s = 0, from = 0, end = 0; s < grid->series; s++, from = end) {
        fore_series_plan *p = &grid->plan[s];
        const double *values = grid->values + p->first;
        while (end < file->count && file->points[end].series == s) end++;
        if (p->why[0] || file->columns.drivers > 0 || !has_value(values, p->n)) continue;
        end_at_last_value(file->points + from, end - from, values, p);
        p->late = p->ahead;
        p->ahead = 0;
    }
}

void fore_series_grid_free(fore_series_grid *grid)
{
    fore_free(grid->plan);
    fore_free(grid->values);
    *grid = (fore_series_grid){0};
}

fore_status fore_series_grid_refuse(const fore_series_grid *grid, const char *path, fore_error *err)
{
    const fore_series_plan *first = NULL;
    for (int64_t s = 0; s < grid->series; s++) {
        const fore_series_plan *p = &grid->plan[s];
        if (p->why[0] && p->line > 0 && (!first || p->line < first->line)) first = p;
    }
    return first ? fore_fail_at(err, FORE_E_DATA, path, first->line, 0, "%s", first->why) : FORE_OK;
}

const char *fore_series_step_word(const fore_series_plan *plan)
{
    static const char *const words[] = {"day", "week", "month", "quarter", "year"};
    if (plan->step < 0) return plan->step == FORE_STEP_SECONDS ? "time of day" : "number";
    return plan->week ? "working day" : words[plan->step];
}

void fore_series_when(const fore_series_plan *plan, int64_t ahead, char out[32])
{
    int64_t at = fore_series_next(plan, plan->last, ahead);
    int32_t year, month, day;
    if (plan->form == FORE_FORM_NUMBER) {
        snprintf(out, 32, "%lld", (long long)at);
        return;
    }
    if (plan->form == FORE_FORM_MOMENT) {
        fore_time_format(at * FORE_SECOND, out);
        out[strcspn(out, "Z")] = 0; /* the file's own clock */
        return;
    }
    bool week = plan->form == FORE_FORM_WEEK; /* the year of its Thursday */
    fore_civil_from_days((int32_t)at + (week ? 3 - fore_weekday((int32_t)at) : 0), &year, &month,
                         &day);
    if (week)
        snprintf(out, 32, "%04d-W%02d", year,
                 (int)(at + 3 - fore_weekday((int32_t)at) - fore_days_from_civil(year, 1, 1)) / 7 +
                     1);
    else if (plan->form == FORE_FORM_QUARTER)
        snprintf(out, 32, "%04d-Q%d", year, (month + 2) / 3);
    else if (plan->form == FORE_FORM_MONTH)
        snprintf(out, 32, "%04d-%02d", year, month);
    else
        fore_date_format((int32_t)at, out);
}
