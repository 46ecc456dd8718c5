/* Opening a workspace for a job, and the moment a job speaks of. */
#include "engine/jobs/context.h"

#include <stdio.h>
#include <string.h>

#include "engine/num/linear.h"

/* History older than this is not "now" any more: answers are given as of its end. */
static const int64_t STALE_AFTER = 30 * FORE_DAY;
/* Beyond this a moment is a slip of the pen, and windows counted back from it would be empty. */
static const int64_t FUTURE_LIMIT = 366 * FORE_DAY;

static fore_status read_calendar(fore_context *c, fore_error *err)
{
    fore_status status = FORE_OK;
    for (const char *const *name = fore_calendar_settings; *name && status == FORE_OK; name++) {
        fore_text value = {0};
        bool found = false;
        status = fore_store_setting(c->store, *name, &value, &found, err);
        if (status == FORE_OK && found)
            status = fore_calendar_set(&c->calendar, *name, fore_text_string(&value), err);
        fore_text_free(&value);
    }
    return status;
}

fore_status fore_context_open(const foresell_options *options, fore_context *c, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text zone = {0};
    bool found = false;
    *c = (fore_context){.observer = options->observer};
    fore_linear_start();
    FORE_GO(fore_pool_new(options->threads, &c->pool, err));
    if (options->path) {
        const fore_store_mode mode[] = {FORE_STORE_READ, FORE_STORE_WRITE, FORE_STORE_CREATE};
        FORE_GO(fore_store_open(options->path, mode[options->mode], &c->store, err));
        FORE_GO(fore_store_setting(c->store, "zone", &zone, &found, err));
        if (found) FORE_GO(fore_zone_open(zone.bytes, &c->zone, err));
        FORE_GO(read_calendar(c, err));
    }
done:
    fore_text_free(&zone);
    if (status != FORE_OK) fore_context_close(c);
    return status;
}

static void forget_history(fore_context *c)
{
    fore_extractor_free(c->extractor);
    fore_timeline_free(c->timeline);
    c->extractor = NULL;
    c->timeline = NULL;
}

void fore_context_close(fore_context *c)
{
    forget_history(c);
    fore_store_leave(c->store);
    fore_zone_free(c->zone);
    fore_pool_free(c->pool);
    *c = (fore_context){0};
}

fore_status fore_context_history(fore_context *c, const fore_timeline **timeline,
                                 const fore_extractor **extractor, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text cache = {0};
    bool fits = true;
    if (c->timeline) FORE_GO(fore_timeline_fits(c->timeline, c->store, &fits, err));
    if (!fits) forget_history(c);
    if (!c->timeline) {
        fore_progress(c->observer, "reading the history", 0, 0);
        fore_text_printf(&cache, "%s.timeline", fore_store_path(c->store));
        FORE_GO(fore_text_check(&cache, err));
        FORE_GO(fore_timeline_open(c->store, cache.bytes, c->pool, &c->timeline, err));
    }
    if (c->timeline->subjects == 0) {
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "the workspace holds no leads and no deals; read an export first: "
                           "foresell import PATH");
        goto done;
    }
    if (!c->extractor) FORE_GO(fore_extractor_new(c->timeline, c->pool, &c->extractor, err));
    *timeline = c->timeline;
    if (extractor) *extractor = c->extractor;
done:
    fore_text_free(&cache);
    return status;
}

/* From the timeline where it is open already, which is quicker by far on a long history. */
static fore_status newest_event(const fore_context *c, int64_t not_after, int64_t *at,
                                fore_error *err)
{
    char fingerprint[33];
    FORE_TRY(fore_store_fingerprint(c->store, fingerprint, err));
    if (!c->timeline || strcmp(c->timeline->fingerprint, fingerprint) != 0)
        return fore_store_newest(c->store, not_after, at, err);
    *at = fore_timeline_newest(c->timeline, not_after);
    return FORE_OK;
}

/* "31.3.2024", "31/03/2024", "2024.03.31": three numbers with one mark between. After a day comes
 * the month where the mark is a dot; else the two are told apart only when one exceeds 12. *other:
 * the second reading where both are dates, or FORE_NO_DATE. False: it is no such date. */
static bool read_plain_date(const char *text, int64_t length, int32_t *days, int32_t *other)
{
    int a, b, c, end = 0;
    char mark, again, copy[16];
    *other = FORE_NO_DATE;
    if (length < 8 || length > 10) return false;
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    if (sscanf(copy, "%4d%c%2d%c%4d%n", &a, &mark, &b, &again, &c, &end) < 5 || end != length)
        return false;
    if (mark != again || !strchr("./-", mark)) return false;
    fore_civil first = {.year = c, .month = b, .day = a};
    if (a > 31) first = (fore_civil){.year = a, .month = b, .day = c};
    fore_civil second = {.year = c, .month = a, .day = b};
    bool good = first.year > 999 && fore_civil_valid(&first);
    bool swapped = mark != '.' && a <= 31 && c > 999 && a != b && fore_civil_valid(&second);
    if (!good && !swapped) return false;
    if (!good) first = second;
    *days = fore_days_from_civil(first.year, first.month, first.day);
    if (good && swapped) *other = fore_days_from_civil(second.year, second.month, second.day);
    return true;
}

fore_status fore_moment_parse(const char *text, int64_t length, const fore_zone *zone,
                              int64_t *time, bool *whole_day, fore_error *err)
{
    int32_t days, other;
    if (fore_time_parse(text, length, zone, time, whole_day)) return FORE_OK;
    if (!read_plain_date(text, length, &days, &other))
        return fore_fail(err, FORE_E_USAGE,
                         "'%.*s' is not a moment; write a date (2026-01-31) or a time "
                         "(2026-01-31T09:30)",
                         (int)length, text);
    char one[32], two[32];
    fore_date_format(days, one);
    fore_date_format(other, two);
    if (other != FORE_NO_DATE)
        return fore_fail(err, FORE_E_USAGE, "'%.*s' may be %s or %s; write one of them",
                         (int)length, text, one, two);
    *whole_day = true;
    return fore_time_parse(one, (int64_t)strlen(one), zone, time, whole_day)
               ? FORE_OK
               : fore_fail(err, FORE_E_USAGE, "'%s' is not a moment", one);
}

fore_status fore_context_moment(fore_context *c, const foresell_moment *wanted, fore_answer *answer,
                                fore_moment *moment, fore_error *err)
{
    moment->now = wanted->now;
    moment->as_of = wanted->now;
    if (wanted->as_of) {
        bool whole_day;
        FORE_TRY(fore_moment_parse(wanted->as_of, (int64_t)strlen(wanted->as_of), c->zone,
                                   &moment->as_of, &whole_day, err));
        if (moment->as_of - wanted->now > FUTURE_LIMIT)
            return fore_fail(
                err, FORE_E_USAGE,
                "'%s' lies more than a year ahead of the clock; check the date, and the "
                "clock of this machine",
                wanted->as_of);
        return FORE_OK;
    }
    int64_t newest;
    FORE_TRY(newest_event(c, wanted->now, &newest, err));
    if (newest == FORE_NO_TIME || wanted->now - newest <= STALE_AFTER) return FORE_OK;
    moment->as_of = newest + 1; /* what happened at the last moment was known after it */
    char date[32];
    fore_date_format(fore_date_of(newest), date);
    if (answer)
        fore_answer_note(answer,
                         "The newest event is of %s, more than 30 days ago: answered as of then. "
                         "Use --as-of for another moment.",
                         date);
    return FORE_OK;
}

static int32_t day_of(const fore_context *c, int64_t time)
{
    return fore_date_of(time + fore_zone_offset(c->zone, time));
}

fore_status fore_context_is_worked(fore_context *c, const foresell_moment *wanted, int64_t as_of,
                                   bool *worked, fore_error *err)
{
    int64_t newest;
    *worked = !wanted->as_of || day_of(c, as_of) == day_of(c, wanted->now);
    if (*worked) return FORE_OK;
    FORE_TRY(newest_event(c, wanted->now, &newest, err));
    *worked = newest != FORE_NO_TIME && day_of(c, as_of) == day_of(c, newest);
    return FORE_OK;
}

void fore_json_time(fore_json_writer *writer, const char *key, int64_t time)
{
    char text[32];
    fore_time_format(time, text);
    fore_json_string(writer, key, time == FORE_NO_TIME ? NULL : text);
}

void fore_json_date(fore_json_writer *writer, const char *key, int32_t days)
{
    char text[32];
    fore_date_format(days, text);
    fore_json_string(writer, key, days == FORE_NO_DATE ? NULL : text);
}
