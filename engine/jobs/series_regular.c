/* Series at equal steps (series_file.h): gaps become missing values, what does not fit a grid is
 * named. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/series_file.h"
#include "engine/num/special.h"

enum { GAP_LIMIT = 100000 };

/* The calendar step of a dated series from the median distance of its days. */
static int calendar_step(const fore_series_point *p, int64_t n, double *scratch)
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
    return step == FORE_STEP_NUMBER ? 1 : season[step];
}

int64_t fore_series_next(int step, int64_t at, int64_t n)
{
    if (step == FORE_STEP_NUMBER) return at + n;
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
static bool find_bad(const fore_series_point *points, int64_t n, fore_series_plan *p)
{
    const fore_series_point *opening = points, *bad = NULL;
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

static int64_t slack_of(int step)
{
    if (step == FORE_STEP_NUMBER || step == FORE_DAILY) return 0;
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

/* One series onto a regular grid: gaps become missing values. Fills plan.why where it cannot be. */
static fore_status place(const fore_series_point *points, int64_t n, fore_series_plan *p,
                         fore_series_grid *g, fore_error *err)
{
    int64_t slack = slack_of(p->step);
    for (int64_t i = 0, step = 0; i < n; i++, step++) {
        const fore_series_point *here = &points[i];
        if (i > 0 && here->at == points[i - 1].at) {
            snprintf(p->why, sizeof p->why,
                     "two values for the same time (lines %lld and %lld); keep one",
                     (long long)points[i - 1].line, (long long)here->line);
            p->line = here->line;
            return FORE_OK;
        }
        int64_t due = fore_series_next(p->step, p->start, step);
        while (due + slack < here->at && p->n < GAP_LIMIT) { /* a gap */
            FORE_TRY(put_value(g, p, NAN, err));
            due = fore_series_next(p->step, p->start, ++step);
        }
        if (due - slack > here->at || due + slack < here->at) {
            snprintf(
                p->why, sizeof p->why,
                "the times are not evenly spaced (line %lld); sum them up by day, week or month",
                (long long)here->line);
            p->line = here->line;
            return FORE_OK;
        }
        FORE_TRY(put_value(g, p, here->y, err));
    }
    return FORE_OK;
}

static fore_status make_one(const fore_series_point *points, int64_t n, int64_t season,
                            fore_series_plan *p, fore_series_grid *g, double *scratch,
                            fore_error *err)
{
    p->first = g->count;
    p->step = n > 0 && points[0].dated ? calendar_step(points, n, scratch) : FORE_STEP_NUMBER;
    p->season = n == 0 ? 1 : season ? season : season_of(p->step);
    if (n == 0) { /* named only by rows that were set aside */
        snprintf(p->why, sizeof p->why, "all its rows were set aside");
        return FORE_OK;
    }
    p->start = points[0].at;
    p->last = points[n - 1].at;
    return find_bad(points, n, p) ? FORE_OK : place(points, n, p, g, err);
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
        FORE_GO(
            make_one(file->points + from, end - from, season, &grid->plan[s], grid, scratch, err));
        from = end;
    }
done:
    fore_free(scratch);
    return status;
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

void fore_series_when(const fore_series_plan *plan, int64_t ahead, char out[32])
{
    int64_t at = fore_series_next(plan->step, plan->last, ahead);
    if (plan->step == FORE_STEP_NUMBER)
        snprintf(out, 32, "%lld", (long long)at);
    else
        fore_date_format((int32_t)at, out);
}
