/* Activities for timelines: the fast scan, and the words for kinds and outcomes.
 *
 * The scan is one SQL aggregate, fore_visit(columns...), over the table in the order of its keys:
 * SQLite calls it with the columns in its own registers, which costs less than stepping through
 * result rows and asking for each column. NULL reads as 0, and only where 0 is also a value (times,
 * minutes) is the type asked for. Outcomes are a handful of words that repeat for ever; a small
 * cache compares bytes instead of classifying words. */
#include "engine/store/store_internal.h"

#include <math.h>
#include <string.h>

static const char *const kind_words[FORE_ACTIVITY_KINDS] = {
    "call", "email", "meeting", "demo",  "visit", "message",     "event", "web",
    "form", "send",  "open",    "click", "reply", "unsubscribe", "other"};

const char *fore_activity_kind_word(fore_activity_kind kind)
{
    return (unsigned)kind < FORE_ACTIVITY_KINDS ? kind_words[kind] : "other";
}

bool fore_activity_kind_parse(const char *word, fore_activity_kind *kind)
{
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        if (!fore_text_equal_fold(word, kind_words[k])) continue;
        *kind = (fore_activity_kind)k;
        return true;
    }
    return false;
}

typedef struct outcome_word {
    const char *word; /* normalised: lower case, letters and digits */
    fore_event_outcome outcome;
} outcome_word;

/* Whole words first; the first rule that fits decides. */
static const outcome_word whole_words[] = {
    {"attendeddialled", FORE_EVENT_ANSWERED},
    {"scheduledattended", FORE_EVENT_ANSWERED},
    {"scheduledattendeddelay", FORE_EVENT_ANSWERED},
    {"received", FORE_EVENT_ANSWERED},
    {"answered", FORE_EVENT_ANSWERED},
    {"attended", FORE_EVENT_ANSWERED},
    {"connected", FORE_EVENT_ANSWERED},
    {"completed", FORE_EVENT_ANSWERED},
    {"complete", FORE_EVENT_ANSWERED},
    {"done", FORE_EVENT_ANSWERED},
    {"held", FORE_EVENT_ANSWERED},
    {"reached", FORE_EVENT_ANSWERED},
    {"interested", FORE_EVENT_ANSWERED},
    {"notinterested", FORE_EVENT_ANSWERED},
    {"replied", FORE_EVENT_ANSWERED},
    {"success", FORE_EVENT_ANSWERED},
    {"successful", FORE_EVENT_ANSWERED},
    {"yes", FORE_EVENT_ANSWERED},
    {"leftlivemessage", FORE_EVENT_UNANSWERED},
    {"busy", FORE_EVENT_UNANSWERED},
    {"failed", FORE_EVENT_UNANSWERED},
    {"missed", FORE_EVENT_UNANSWERED},
    {"unanswered", FORE_EVENT_UNANSWERED},
    {"unattended", FORE_EVENT_UNANSWERED},
    {"leftmessage", FORE_EVENT_UNANSWERED},
    {"notreached", FORE_EVENT_UNANSWERED},
    {"unreachable", FORE_EVENT_UNANSWERED},
    {"notconnected", FORE_EVENT_UNANSWERED},
    {"bounced", FORE_EVENT_UNANSWERED},
    {"no", FORE_EVENT_UNANSWERED},
    {"overdue", FORE_EVENT_CANCELLED},
    {"rescheduled", FORE_EVENT_CANCELLED},
    {"deferred", FORE_EVENT_CANCELLED},
    {"deleted", FORE_EVENT_CANCELLED},
};

static const outcome_word parts[] = {
    {"noshow", FORE_EVENT_UNANSWERED},      {"noanswer", FORE_EVENT_UNANSWERED},
    {"noreply", FORE_EVENT_UNANSWERED},     {"noresponse", FORE_EVENT_UNANSWERED},
    {"notanswer", FORE_EVENT_UNANSWERED},   {"didnotanswer", FORE_EVENT_UNANSWERED},
    {"unattended", FORE_EVENT_UNANSWERED},  {"voicemail", FORE_EVENT_UNANSWERED},
    {"wrongnumber", FORE_EVENT_UNANSWERED}, {"invalidnumber", FORE_EVENT_UNANSWERED},
    {"switchedoff", FORE_EVENT_UNANSWERED}, {"ringing", FORE_EVENT_UNANSWERED},
    {"cancel", FORE_EVENT_CANCELLED},
};

fore_event_outcome fore_event_outcome_of(const char *outcome)
{
    char word[64];
    if (!outcome) return FORE_EVENT_OUTCOME_UNKNOWN;
    fore_text_normalise(outcome, word, sizeof word);
    for (size_t i = 0; i < sizeof whole_words / sizeof whole_words[0]; i++)
        if (strcmp(word, whole_words[i].word) == 0) return whole_words[i].outcome;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(word, parts[i].word)) return parts[i].outcome;
    return FORE_EVENT_OUTCOME_UNKNOWN;
}

/* --- the scan --- */

enum { CACHE_SLOTS = 64, CACHE_LENGTH = 39, OUTCOME_LENGTH = 200 };

typedef struct cached_outcome {
    char text[CACHE_LENGTH];
    int8_t outcome;
    int32_t length; /* 0: empty slot */
} cached_outcome;

/* `text` does not end with NUL. Words cut at OUTCOME_LENGTH bytes are still long enough to tell. */
static fore_event_outcome classify_slowly(const char *text, int length)
{
    char copy[OUTCOME_LENGTH + 1];
    size_t kept = (size_t)(length < OUTCOME_LENGTH ? length : OUTCOME_LENGTH);
    memcpy(copy, text, kept);
    copy[kept] = 0;
    return fore_event_outcome_of(copy);
}

static fore_event_outcome classify(cached_outcome *cache, const char *text, int length)
{
    if (length > CACHE_LENGTH) return classify_slowly(text, length);
    unsigned at =
        ((unsigned char)text[0] * 31u + (unsigned char)text[length - 1] * 7u + (unsigned)length) %
        CACHE_SLOTS;
    cached_outcome *slot = &cache[at];
    if (slot->length != length || memcmp(slot->text, text, (size_t)length) != 0) {
        memcpy(slot->text, text, (size_t)length);
        slot->length = length;
        slot->outcome = (int8_t)classify_slowly(text, length);
    }
    return (fore_event_outcome)slot->outcome;
}

typedef struct event_scan {
    fore_status (*visit)(void *context, const fore_event_row *row, fore_error *err);
    void *context;
    fore_error *err;
    fore_status status;
    cached_outcome cache[CACHE_SLOTS];
} event_scan;

/* A time or NONE; a key or 0 needs no question. */
static int64_t time_value(sqlite3_value *value)
{
    int64_t time = sqlite3_value_int64(value);
    return time == 0 && sqlite3_value_type(value) == SQLITE_NULL ? STORE_NONE : time;
}

static void event_read(sqlite3_value **v, cached_outcome *cache, fore_event_row *row)
{
    row->at = time_value(v[0]);
    row->due_at = time_value(v[1]);
    row->kind = (uint8_t)sqlite3_value_int64(v[2]);
    row->direction = (uint8_t)sqlite3_value_int64(v[3]);
    row->rep = sqlite3_value_int64(v[4]);
    row->lead = sqlite3_value_int64(v[5]);
    row->deal = sqlite3_value_int64(v[6]);
    row->account = sqlite3_value_int64(v[7]);
    row->campaign = sqlite3_value_int64(v[8]);
    row->minutes = sqlite3_value_double(v[9]);
    if (row->minutes == 0 && sqlite3_value_type(v[9]) == SQLITE_NULL) row->minutes = NAN;
    row->contact_link = sqlite3_value_int64(v[11]) != 0;
    row->outcome = FORE_EVENT_OUTCOME_UNKNOWN;
    if (sqlite3_value_type(v[10]) != SQLITE_TEXT) return;
    const char *outcome = sqlite3_value_blob(v[10]); /* as _text, without the copy for its NUL */
    if (outcome) row->outcome = (int32_t)classify(cache, outcome, sqlite3_value_bytes(v[10]));
}

static void event_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    fore_store *s = sqlite3_user_data(context);
    event_scan *scan = s->scan;
    fore_event_row row;
    (void)count;
    event_read(values, scan->cache, &row);
    scan->status = scan->visit(scan->context, &row, scan->err);
    if (scan->status != FORE_OK) sqlite3_result_error(context, "stopped by its visitor", -1);
}

static void event_end(sqlite3_context *context) { sqlite3_result_null(context); }

enum { EVENT_COLUMNS = 12 };

fore_status fore_store_events(fore_store *s,
                              fore_status (*visit)(void *context, const fore_event_row *row,
                                                   fore_error *err),
                              void *context, fore_error *err)
{
    event_scan scan = {.visit = visit, .context = context, .err = err}, *outer = s->scan;
    sqlite3_stmt *statement = NULL;
    if (!s->scan_registered) {
        int result = sqlite3_create_function_v2(s->db, "fore_visit", EVENT_COLUMNS,
                                                SQLITE_UTF8 | SQLITE_DIRECTONLY, s, NULL,
                                                event_step, event_end, NULL);
        if (result != SQLITE_OK) return store_fail(s, result, "read", err);
        s->scan_registered = true;
    }
    FORE_TRY(
        store_prepare(s,
                      "SELECT fore_visit(at, due_at, kind, direction, rep, lead, deal, account,"
                      " campaign, minutes, outcome, contact_link) FROM activity NOT INDEXED",
                      &statement, err));
    s->scan = &scan;
    int result = sqlite3_step(statement);
    s->scan = outer;
    fore_status status = scan.status;
    if (status == FORE_OK && result != SQLITE_ROW) status = store_fail(s, result, "read", err);
    sqlite3_finalize(statement);
    return status;
}
