/* Names and zones of single records, and the hour that suits both clocks. */
#include "engine/jobs/whois.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DAY_FIRST = 8, DAY_LAST = 18, DAYS_TRIED = 7 };
static const double WEEKEND_WORKED = 0.1;

/* --- what is stored --- */

/* What of the attributes tells where they are; values are copied, for the walk reuses its memory.
 */
typedef struct hints {
    char zone[FORE_WHOIS_NAME], country[FORE_WHOIS_NAME], region[FORE_WHOIS_NAME],
        phone[FORE_WHOIS_NAME];
} hints;

void fore_whois_keep(char out[FORE_WHOIS_NAME], const char *text)
{
    if (out[0] || !text) return;
    snprintf(out, FORE_WHOIS_NAME, "%s", text);
    int64_t cut = fore_utf8_invalid(out, (int64_t)strlen(out));
    if (cut >= 0) out[cut] = 0;
}

/* Letters and digits of a heading, small. */
static void plain_key(const char *key, char out[32])
{
    size_t n = 0;
    for (; *key && n < 31; key++)
        if (isalnum((unsigned char)*key)) out[n++] = (char)tolower((unsigned char)*key);
    out[n] = 0;
}

static void read_attributes(const char *json, hints *h)
{
    static const struct {
        const char *key;
        int which;
    } keys[] = {{"timezone", 0},       {"timezonesidkey", 0}, {"hstimezone", 0},
                {"country", 1},        {"countrycode", 1},    {"mailingcountry", 1},
                {"billingcountry", 1}, {"state", 2},          {"region", 2},
                {"province", 2},       {"stateregion", 2},    {"mailingstate", 2},
                {"billingstate", 2},   {"phone", 3},          {"mobile", 3},
                {"phonenumber", 3},    {"mobilephone", 3}};
    char *const out[] = {h->zone, h->country, h->region, h->phone};
    fore_text scratch = {0};
    int64_t position = 0;
    const char *key, *value;
    char plain[32];
    while (json &&
           fore_json_flat_next(json, (int64_t)strlen(json), &position, &scratch, &key, &value)) {
        plain_key(key, plain);
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (strcmp(plain, keys[k].key) == 0) fore_whois_keep(out[keys[k].which], value);
    }
    fore_text_free(&scratch);
}

/* One row of a table by its key; *cursor keeps its text alive. */
static fore_status one(fore_context *c, fore_table table, int64_t pk, fore_cursor **cursor,
                       void *row, bool *found, fore_error *err)
{
    *found = false;
    *cursor = NULL;
    if (pk <= 0) return FORE_OK;
    FORE_TRY(fore_cursor_open_one(c->store, table, pk, cursor, err));
    return fore_cursor_next(*cursor, row, found, err);
}

static fore_status read_lead(fore_context *c, int64_t pk, fore_whois *who, hints *h,
                             int64_t *account, fore_error *err)
{
    fore_cursor *cursor;
    fore_lead_row row;
    bool found;
    fore_status status = one(c, FORE_TABLE_LEAD, pk, &cursor, &row, &found, err);
    if (found) {
        fore_whois_keep(who->name, row.name);
        read_attributes(row.attributes, h);
        fore_whois_keep(h->phone, row.phone);
        if (*account <= 0) *account = row.account;
    }
    fore_cursor_close(cursor);
    return status;
}

static fore_status read_deal(fore_context *c, int64_t pk, fore_whois *who, hints *h, int64_t *lead,
                             int64_t *account, fore_error *err)
{
    fore_cursor *cursor;
    fore_deal_row row;
    bool found;
    fore_status status = one(c, FORE_TABLE_DEAL, pk, &cursor, &row, &found, err);
    if (found) {
        fore_whois_keep(who->name, row.name);
        read_attributes(row.attributes, h);
        *lead = row.lead;
        *account = row.account;
    }
    fore_cursor_close(cursor);
    return status;
}

static fore_status read_account(fore_context *c, int64_t pk, fore_whois *who, hints *h,
                                fore_error *err)
{
    fore_cursor *cursor;
    fore_account_row row;
    bool found;
    fore_status status = one(c, FORE_TABLE_ACCOUNT, pk, &cursor, &row, &found, err);
    if (found) {
        bool elsewhere = h->country[0] && row.country && strcasecmp(h->country, row.country) != 0;
        fore_whois_keep(who->company, row.name);
        fore_whois_keep(h->country, row.country);
        if (!elsewhere) fore_whois_keep(h->region, row.region);
        if (!elsewhere) read_attributes(row.attributes, h);
    }
    fore_cursor_close(cursor);
    return status;
}

fore_status fore_whois_read(fore_context *c, const fore_timeline *t, int64_t subject,
                            fore_whois *who, fore_error *err)
{
    hints h = {.zone = ""};
    int64_t lead = 0, account = 0;
    *who = (fore_whois){.their_minutes = -1};
    if (subject >= t->leads)
        FORE_TRY(read_deal(c, t->pk[subject], who, &h, &lead, &account, err));
    else
        lead = t->pk[subject];
    FORE_TRY(read_lead(c, lead, who, &h, &account, err));
    FORE_TRY(read_account(c, account, who, &h, err));
    who->where = fore_whereabouts_of(h.zone, h.country, h.region, h.phone);
    return FORE_OK;
}

/* --- the hour --- */

/* Days since 1970-01-01, a Thursday: 0 = Monday. */
static int weekday_of(int32_t date) { return (int)(((int64_t)date + 3) % 7 + 7) % 7; }

typedef struct clock {
    const fore_zone *ours, *theirs;
    int64_t as_of;
    int32_t today; /* ours */
    bool weekends; /* are worked */
    bool friday;   /* is a day of rest for them, Sunday is not */
} clock;

static int64_t moment_of(const clock *k, int day, int hour)
{
    return fore_zone_to_utc(k->ours, fore_time_of_date(k->today + day) + hour * FORE_HOUR);
}

static bool they_work(const clock *k, int64_t moment)
{
    int64_t local = moment + fore_zone_offset(k->theirs, moment);
    int day = weekday_of(fore_date_of(local));
    int64_t in_day = local - fore_time_of_date(fore_date_of(local));
    bool rest = k->friday ? day == 4 || day == 5 : day >= 5;
    return (k->weekends || !rest) && in_day >= DAY_FIRST * FORE_HOUR &&
           in_day < DAY_LAST * FORE_HOUR;
}

/* Which hours of our day are open: any, that suit them; ours: and that suit us. */
static bool open_hours(const clock *k, int day, bool ours, bool open[24])
{
    bool any = false, rest = weekday_of(k->today + day) >= 5 && !k->weekends && day > 0;
    for (int hour = 0; hour < 24; hour++) {
        bool suits = !ours || (hour >= DAY_FIRST && hour < DAY_LAST && !rest);
        int64_t moment = moment_of(k, day, hour);
        open[hour] = suits && moment >= k->as_of && they_work(k, moment);
        any |= open[hour];
    }
    return any;
}

static void set_theirs(const clock *k, fore_whois *who)
{
    int64_t moment = moment_of(k, who->days_ahead, who->hour);
    int64_t offset = fore_zone_offset(k->theirs, moment), local = moment + offset;
    who->their_minutes = (int)((local - fore_time_of_date(fore_date_of(local))) / (FORE_HOUR / 60));
    who->other_clock = offset != fore_zone_offset(k->ours, moment);
}

/* What is promised keeps its day and hour where both work then; and outside of that where it takes
 * two, for they expect us. */
static bool keep_promise(const clock *k, const fore_next_step *step, fore_whois *who)
{
    int64_t local = step->due + fore_zone_offset(k->ours, step->due);
    int day = fore_date_of(local) - k->today;
    int hour = (int)((local - fore_time_of_date(fore_date_of(local))) / FORE_HOUR);
    bool two = step->kind == FORE_MEETING || step->kind == FORE_DEMO || step->kind == FORE_VISIT;
    bool rest = weekday_of(k->today + day) >= 5 && !k->weekends && day > 0;
    bool suits = hour >= DAY_FIRST && hour < DAY_LAST && !rest && they_work(k, step->due);
    if (!suits && !two) return false;
    who->hour = hour;
    who->days_ahead = day;
    who->outside = !suits;
    return true;
}

fore_status fore_whois_set_hour(fore_context *c, const fore_timeline *t, const fore_habits *habits,
                                int64_t subject, int64_t as_of, const fore_next_step *step,
                                bool fixed, fore_whois *who, fore_error *err)
{
    fore_zone *theirs = NULL;
    fore_error why = {0};
    bool open[24], known = who->where.zone[0] != 0;
    fore_status status = known ? fore_zone_open(who->where.zone, &theirs, &why) : FORE_OK;
    if (status == FORE_E_MEMORY) return fore_no_memory(err);
    if (status != FORE_OK)
        who->where = (fore_whereabouts){.from = NULL}; /* the system has no such */
    known = known && status == FORE_OK;
    clock k = {c->zone,
               known ? theirs : c->zone,
               as_of,
               fore_date_of(as_of + fore_zone_offset(c->zone, as_of)),
               habits->weekends >= WEEKEND_WORKED,
               who->where.rests_on_friday};
    who->hour = step->hour;
    int best = -1;
    fixed = fixed && keep_promise(&k, step, who);
    for (int day = 0; day < DAYS_TRIED && best < 0 && !fixed; day++) {
        if (!open_hours(&k, day, true, open)) continue;
        best = fore_next_step_hour(t, habits, subject, as_of, open);
        who->days_ahead = day;
    }
    for (int day = 0; day < DAYS_TRIED && best < 0 && !fixed; day++) {
        if (!open_hours(&k, day, false, open)) continue;
        best = fore_next_step_hour(t, habits, subject, as_of, open);
        who->days_ahead = day;
        who->outside = true;
    }
    if (best >= 0) who->hour = best;
    if (known) set_theirs(&k, who);
    fore_zone_free(theirs);
    return FORE_OK;
}

/* --- words --- */

void fore_whois_when(fore_context *c, const fore_whois *who, int64_t as_of, char out[16])
{
    static const char *const word[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    int32_t today = fore_date_of(as_of + fore_zone_offset(c->zone, as_of));
    if (who->days_ahead == 0)
        snprintf(out, 16, "%02d:00", who->hour);
    else
        snprintf(out, 16, "%s %02d:00", word[weekday_of(today + who->days_ahead)], who->hour);
}

void fore_whois_say(const fore_whois *who, fore_text *out)
{
    bool both = who->company[0] && !strstr(who->name, who->company);
    fore_text_printf(out, "%s%s%s", who->name, who->name[0] && both ? ", " : "",
                     both ? who->company : "");
}
