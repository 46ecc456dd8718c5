/* Shapes that several formats share: what a row of an export says, put as the engine needs it. */
#include <ctype.h>
#include <string.h>

#include "datasets/import_run.h"

bool fore_has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = text; *p; p++) {
        size_t i = 0;
        while (i < n && p[i] && tolower((unsigned char)p[i]) == word[i]) i++;
        bool starts = p == text || !isalpha((unsigned char)p[-1]);
        if (i == n && starts && !(isalpha((unsigned char)p[n]) && p[n] != 's')) return true;
    }
    return false;
}

fore_activity_kind fore_kind_of_subject(const char *subject, fore_activity_kind otherwise)
{
    static const struct {
        const char *word;
        fore_activity_kind kind;
    } words[] = {{"demo", FORE_DEMO},        {"demonstration", FORE_DEMO}, {"visit", FORE_VISIT},
                 {"email", FORE_EMAIL},      {"e-mail", FORE_EMAIL},       {"mail", FORE_EMAIL},
                 {"call", FORE_CALL},        {"phone", FORE_CALL},         {"voicemail", FORE_CALL},
                 {"meeting", FORE_MEETING},  {"whatsapp", FORE_MESSAGE},   {"sms", FORE_MESSAGE},
                 {"linkedin", FORE_MESSAGE}, {"webinar", FORE_EVENT}};
    for (size_t i = 0; subject && i < sizeof words / sizeof *words; i++) {
        if (fore_has_word(subject, words[i].word)) return words[i].kind;
    }
    return otherwise;
}

void fore_set_kind(fore_row *row, fore_activity_kind kind)
{
    fore_set_text(row, FORE_SLOT_ACTIVITY_KIND, fore_activity_kind_word(kind));
}

fore_status fore_keep_first_id(fore_importing *run, fore_row *row, fore_slot slot, fore_error *err)
{
    const char *text = fore_text_of(row, slot);
    const char *end = text ? strpbrk(text, ";,") : NULL;
    if (!end) return FORE_OK;
    const char *first = fore_arena_copy(run->scrap, text, end - text);
    if (!first) return fore_no_memory(err);
    fore_set_text(row, slot, first);
    return FORE_OK;
}

void fore_unset_zero(fore_row *row, fore_slot slot)
{
    const char *text = fore_text_of(row, slot);
    if (text && strcmp(text, "0") == 0) fore_unset(row, slot);
}

void fore_settle_task(fore_row *row, bool done)
{
    if (!done) {
        if (!fore_has(row, FORE_SLOT_DUE_AT))
            fore_move(row, FORE_SLOT_CREATED_AT, FORE_SLOT_DUE_AT);
        fore_unset(row, FORE_SLOT_AT);
        return;
    }
    if (fore_has(row, FORE_SLOT_AT)) return;
    fore_slot from = fore_has(row, FORE_SLOT_DONE_AT)  ? FORE_SLOT_DONE_AT
                     : fore_has(row, FORE_SLOT_DUE_AT) ? FORE_SLOT_DUE_AT
                                                       : FORE_SLOT_CREATED_AT;
    fore_move(row, from, FORE_SLOT_AT);
}

void fore_minutes_from_end(fore_row *row)
{
    if (fore_has(row, FORE_SLOT_MINUTES) || !fore_has(row, FORE_SLOT_ENDED_AT) ||
        !fore_has(row, FORE_SLOT_AT))
        return;
    int64_t span = row->values[FORE_SLOT_ENDED_AT].integer - row->values[FORE_SLOT_AT].integer;
    if (span < 0 || span > FORE_DAY) return;
    fore_set_integer(row, FORE_SLOT_MINUTES, 0);
    row->values[FORE_SLOT_MINUTES].number = (double)span / (double)FORE_MINUTE;
}

static fore_status need_deal_and_time(fore_importing *run, const fore_row *row, fore_error *err)
{
    if (!fore_has(row, FORE_SLOT_DEAL)) return fore_reject(run, "deal_id", NULL, "no deal_id", err);
    if (!fore_has(row, FORE_SLOT_AT)) return fore_reject(run, "at", NULL, "no time", err);
    return FORE_OK;
}

fore_status fore_shape_snapshot(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    char amount[32], date[32];
    *keep = false;
    if (fore_flag_of(row, FORE_SLOT_IS_DELETED)) return FORE_OK;
    FORE_TRY(need_deal_and_time(run, row, err));
    if (row->rejected) return FORE_OK;
    const char *deal = fore_text_of(row, FORE_SLOT_DEAL),
               *stage = fore_text_of(row, FORE_SLOT_STAGE);
    int64_t at = row->values[FORE_SLOT_AT].integer;
    if (stage) FORE_TRY(fore_changes_add(run, deal, at, "stage", NULL, stage, err));
    if (fore_has(row, FORE_SLOT_AMOUNT)) {
        fore_number_format((double)row->values[FORE_SLOT_AMOUNT].integer / 100, amount);
        FORE_TRY(fore_changes_add(run, deal, at, "amount", NULL, amount, err));
    }
    const char *category = fore_text_of(row, FORE_SLOT_CATEGORY);
    if (category)
        FORE_TRY(fore_changes_add(run, deal, at, "forecast_category", NULL, category, err));
    if (!fore_has(row, FORE_SLOT_CLOSE_DATE)) return FORE_OK;
    int64_t close = row->values[FORE_SLOT_CLOSE_DATE].integer;
    fore_date_format(fore_date_of(close + fore_zone_offset(run->zone, close)), date);
    return fore_changes_add(run, deal, at, "expected_close_at", NULL, date, err);
}

fore_status fore_shape_change(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    *keep = false;
    if (fore_flag_of(row, FORE_SLOT_IS_DELETED)) return FORE_OK;
    FORE_TRY(need_deal_and_time(run, row, err));
    if (row->rejected) return FORE_OK;
    const char *vendor = fore_text_of(row, FORE_SLOT_FIELD);
    if (!vendor) return fore_reject(run, "field", NULL, "no field", err);
    const char *field = fore_change_field(vendor);
    if (!field) return FORE_OK; /* a field that no answer needs */
    return fore_changes_add(
        run, fore_text_of(row, FORE_SLOT_DEAL), row->values[FORE_SLOT_AT].integer, field,
        fore_text_of(row, FORE_SLOT_OLD), fore_text_of(row, FORE_SLOT_NEW), err);
}

fore_status fore_shape_stage_change(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    fore_set_text(row, FORE_SLOT_FIELD, "stage");
    return fore_shape_change(run, row, keep, err);
}

fore_status fore_shape_live(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)err;
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    return FORE_OK;
}
