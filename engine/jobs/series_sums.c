/* Lists of orders, days or odd dates, summed up by period (series_file.h).
 *
 *   a period that the file does not cover from end to end is left out: half a month looks like a
 *   collapse of sales
 *   rows of one series and period -> their sum; a period without rows after its first one -> 0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/series_file.h"
#include "engine/num/special.h"

enum { DAY_SECONDS = 86400 };

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* First and last day of the file, and how far apart its days usually are. */
static fore_status look_over(const fore_series_file *file, int64_t *first, int64_t *last,
                             int64_t *gap, fore_error *err)
{
    int64_t *days = FORE_NEW(file->count, int64_t), n = 0, kept = 0;
    double *apart = FORE_NEW(file->count, double);
    fore_status status = FORE_OK;
    if (!days || !apart) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < file->count; i++)
        if (!file->points[i].bad) days[n++] = file->points[i].at;
    if (n > 0) qsort(days, (size_t)n, sizeof *days, by_value);
    for (int64_t i = 1; i < n; i++)
        if (days[i] > days[i - 1]) apart[kept++] = (double)(days[i] - days[i - 1]);
    *first = n > 0 ? days[0] : 0;
    *last = n > 0 ? days[n - 1] : 0;
    *gap = kept > 0 ? (int64_t)fore_median(apart, kept) : 1;
done:
    fore_free(days);
    fore_free(apart);
    return status;
}

static fore_series_form form_of(fore_period period)
{
    static const fore_series_form form[] = {FORE_FORM_DAY, FORE_FORM_WEEK, FORE_FORM_MONTH,
                                            FORE_FORM_QUARTER, FORE_FORM_DAY};
    return form[period];
}

/* Days become the first of their period; false for what is no date. */
static bool to_periods(fore_series_file *file, fore_period period, const int64_t whole[2])
{
    int64_t kept = 0;
    for (int64_t i = 0; i < file->count; i++) {
        fore_series_point p = file->points[i];
        if (!p.bad && p.form == FORE_FORM_NUMBER) return false;
        if (!p.bad && (p.at < whole[0] || p.at >= whole[1])) continue;
        if (!p.bad) p.at = fore_period_start(period, (int32_t)p.at);
        p.form = form_of(period);
        file->points[kept++] = p;
    }
    file->count = kept;
    return true;
}

static void add_up(fore_series_file *file)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < file->count; i++) {
        fore_series_point *p = &file->points[i];
        fore_series_point *before = kept > 0 ? &file->points[kept - 1] : NULL;
        bool same =
            before && before->series == p->series && before->at == p->at && !p->bad && !before->bad;
        if (!same)
            file->points[kept++] = *p;
        else {
            before->aside = before->aside && p->aside;
            if (isnan(before->y))
                before->y = p->y;
            else if (!isnan(p->y))
                before->y += p->y;
        }
    }
    file->count = kept;
}

static void say_left_out(fore_answer *a, fore_period period, int64_t day, const char *which)
{
    char date[32];
    fore_date_format((int32_t)day, date);
    fore_answer_note(a, "The %s %s is left out: the file's %s date, %s, lies inside of it.", which,
                     fore_period_word(period), which, date);
}

fore_status fore_series_sum_up(fore_series_file *file, const char *every, const char *path,
                               fore_answer *a, fore_error *err)
{
    fore_period period;
    int64_t first, last, gap;
    if (!every) return FORE_OK;
    if (!fore_period_parse(every, &period))
        return fore_fail(err, FORE_E_USAGE,
                         "--every is day, week, month, quarter or year, not '%s'", every);
    if (file->columns.drivers > 0)
        return fore_fail(err, FORE_E_USAGE,
                         "--every sums values up and cannot know how to sum up drivers; give them "
                         "by period with --drivers FILE");
    for (int64_t i = 0; file->columns.clock && i < file->count; i++) {
        int64_t *at = &file->points[i].at;
        *at = (*at - (*at % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS) / DAY_SECONDS;
    }
    file->columns.clock = false;
    FORE_TRY(look_over(file, &first, &last, &gap, err));
    int64_t whole[2] = {fore_period_start(period, (int32_t)first),
                        fore_period_start(period, (int32_t)last)};
    int64_t after = fore_period_add(period, (int32_t)whole[1], 1);
    if (first - gap >= whole[0]) {
        whole[0] = fore_period_add(period, (int32_t)whole[0], 1);
        say_left_out(a, period, first, "first");
    }
    if (last + gap >= after)
        whole[1] = after;
    else
        say_left_out(a, period, last, "last");
    if (!to_periods(file, period, whole))
        return fore_fail_at(err, FORE_E_DATA, path, file->points[0].line, 0,
                            "--every needs dates, and %s holds plain numbers; write them as "
                            "2026-01-31 (in a spreadsheet, format the column as a date)",
                            file->columns.date_name);
    if (file->count == 0)
        return fore_fail_at(err, FORE_E_NO_ANSWER, path, 1, 0,
                            "no whole %s is in the file; sum up by shorter periods",
                            fore_period_word(period));
    add_up(file);
    file->every = period;
    file->summed = true;
    file->end = whole[1];
    return FORE_OK;
}
