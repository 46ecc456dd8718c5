/* Activities for timelines: the fast scan, and the words for kinds and outcomes.
 *
 * The scan is bound by sqlite3_step, so each column costs one call: NULL reads as 0, and only where 0
 * is also a value (times, minutes) is the type asked for. Outcomes are a handful of words that repeat
 * for ever; a small cache compares bytes instead of classifying words. */
#include "engine/store/store_internal.h"

#include <math.h>
#include <string.h>

static const char *const kind_words[FORE_ACTIVITY_KINDS] = {
    "call", "email", "meeting", "demo", "visit", "message", "event", "web",
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
    {"attendeddialled", FORE_EVENT_ANSWERED},     {"scheduledattended", FORE_EVENT_ANSWERED},
    {"scheduledattendeddelay", FORE_EVENT_ANSWERED},
    {"received", FORE_EVENT_ANSWERED},            {"answered", FORE_EVENT_ANSWERED},
    {"attended", FORE_EVENT_ANSWERED},            {"connected", FORE_EVENT_ANSWERED},
    {"completed", FORE_EVENT_ANSWERED},           {"complete", FORE_EVENT_ANSWERED},
    {"done", FORE_EVENT_ANSWERED},                {"held", FORE_EVENT_ANSWERED},
    {"reached", FORE_EVENT_ANSWERED},             {"interested", FORE_EVENT_ANSWERED},
    {"notinterested", FORE_EVENT_ANSWERED},       {"replied", FORE_EVENT_ANSWERED},
    {"success", FORE_EVENT_ANSWERED},             {"successful", FORE_EVENT_ANSWERED},
    {"yes", FORE_EVENT_ANSWERED},                 {"leftlivemessage", FORE_EVENT_UNANSWERED},
    {"busy", FORE_EVENT_UNANSWERED},              {"failed", FORE_EVENT_UNANSWERED},
    {"missed", FORE_EVENT_UNANSWERED},            {"unanswered", FORE_EVENT_UNANSWERED},
    {"unattended", FORE_EVENT_UNANSWERED},        {"leftmessage", FORE_EVENT_UNANSWERED},
    {"notreached", FORE_EVENT_UNANSWERED},        {"unreachable", FORE_EVENT_UNANSWERED},
    {"notconnected", FORE_EVENT_UNANSWERED},      {"bounced", FORE_EVENT_UNANSWERED},
    {"no", FORE_EVENT_UNANSWERED},                {"overdue", FORE_EVENT_CANCELLED},
    {"rescheduled", FORE_EVENT_CANCELLED},        {"deferred", FORE_EVENT_CANCELLED},
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

enum { CACHE_SLOTS = 64, CACHE_LENGTH = 39 };

typedef struct cached_outcome {
    char text[CACHE_LENGTH];
    int8_t outcome;
    int32_t length; /* 0: empty slot */
} cached_outcome;

static fore_event_outcome classify(cached_outcome *cache, const char *text, int length)
{
    if (length == 0) return FORE_EVENT_OUTCOME_UNKNOWN;
    if (length >= CACHE_LENGTH) return fore_event_outcome_of(text);
    unsigned at = ((unsigned char)text[0] * 31u + (unsigned char)text[length - 1] * 7u +
                   (unsigned)length) % CACHE_SLOTS;
    cached_outcome *slot = &cache[at];
    if (slot->length != length || memcmp(slot->text, text, (size_t)length) != 0) {
        memcpy(slot->text, text, (size_t)length);
        slot->length = length;
        slot->outcome = (int8_t)fore_event_outcome_of(text);
    }
    return (fore_event_outcome)slot->outcome;
}

static void event_read(sqlite3_stmt *q, cached_outcome *cache, fore_event_row *row)
{
    row->at = store_column_long(q, 0);
    row->due_at = store_column_long(q, 1);
    row->kind = (uint8_t)sqlite3_column_int(q, 2);
    row->direction = (uint8_t)sqlite3_column_int(q, 3);
    row->rep = sqlite3_column_int64(q, 4);
    row->lead = sqlite3_column_int64(q, 5);
    row->deal = sqlite3_column_int64(q, 6);
    row->account = sqlite3_column_int64(q, 7);
    row->campaign = sqlite3_column_int64(q, 8);
    row->minutes = sqlite3_column_double(q, 9);
    if (row->minutes == 0 && sqlite3_column_type(q, 9) == SQLITE_NULL) row->minutes = NAN;
    const char *outcome = store_column_text(q, 10);
    row->outcome = outcome ? (int32_t)classify(cache, outcome, sqlite3_column_bytes(q, 10))
                           : FORE_EVENT_OUTCOME_UNKNOWN;
}

fore_status fore_store_events(fore_store *s,
                              fore_status (*visit)(void *context, const fore_event_row *row,
                                                   fore_error *err),
                              void *context, fore_error *err)
{
    cached_outcome cache[CACHE_SLOTS] = {{{0}, 0, 0}};
    sqlite3_stmt *statement = NULL;
    fore_event_row row;
    fore_status status;
    int result;
    FORE_TRY(store_prepare(s,
                           "SELECT at, due_at, kind, direction, rep, lead, deal, account, campaign,"
                           " minutes, outcome FROM activity ORDER BY pk",
                           &statement, err));
    status = FORE_OK;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        event_read(statement, cache, &row);
        FORE_GO(visit(context, &row, err));
    }
    if (result != SQLITE_DONE) status = store_fail(s, result, "read", err);
done:
    sqlite3_finalize(statement);
    return status;
}
