/* Rows of leads, deals and changes of deals.
 *
 * What a deal's outcome is, in this order: stages named in settings or mapping file; a column that
 * says it (won, lost, open); flags (IsWon, IsClosed); what the vendor's stage table says; the
 * stage's name. */
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"

static fore_status lead_status(fore_importing *run, const char **status, fore_error *err)
{
    static const char *const words[] = {"new",          "working", "qualified", "converted",
                                        "disqualified", "lost",    NULL};
    const char *text = fore_text_of(&run->row, FORE_SLOT_STATUS);
    *status = NULL;
    if (fore_flag_of(&run->row, FORE_SLOT_CONVERTED)) {
        *status = "converted";
        return FORE_OK;
    }
    if (!text) return FORE_OK;
    for (const char *const *w = words; *w; w++) {
        if (fore_text_equal_fold(text, *w)) *status = *w;
    }
    if (*status) return FORE_OK;
    return fore_reject_slot(
        run, FORE_SLOT_STATUS,
        "unknown lead status (new, working, qualified, converted, disqualified, lost)", err);
}

/* A file without the column leaves what is stored as it is. */
static int8_t flag_or_unknown(const fore_row *r, fore_slot slot)
{
    return fore_has(r, slot) ? fore_flag_of(r, slot) : -1;
}

fore_status fore_put_lead(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    FORE_TRY(fore_join_name(run, err));
    fore_lead_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                         .known = true,
                         .name = fore_text_of(r, FORE_SLOT_NAME),
                         .email = fore_text_of(r, FORE_SLOT_EMAIL),
                         .phone = fore_text_of(r, FORE_SLOT_PHONE),
                         .title = fore_text_of(r, FORE_SLOT_TITLE),
                         .source = fore_text_of(r, FORE_SLOT_SOURCE),
                         .created_at = fore_integer_of(r, FORE_SLOT_CREATED_AT, FORE_NO_TIME),
                         .closed_at = fore_integer_of(r, FORE_SLOT_CLOSED_AT, FORE_NO_TIME),
                         .do_not_contact = flag_or_unknown(r, FORE_SLOT_DO_NOT_CONTACT),
                         .mail_opt_out = flag_or_unknown(r, FORE_SLOT_MAIL_OPT_OUT),
                         .attributes = fore_attributes_of(r)};
    FORE_TRY(lead_status(run, &row.status, err));
    if (r->rejected) return FORE_OK;
    FORE_TRY(fore_reference(run, FORE_ACCOUNT, FORE_SLOT_ACCOUNT, &row.account, err));
    FORE_TRY(fore_reference(run, FORE_CONTACT, FORE_SLOT_CONTACT, &row.contact, err));
    FORE_TRY(fore_reference(run, FORE_CAMPAIGN, FORE_SLOT_CAMPAIGN, &row.campaign, err));
    FORE_TRY(fore_reference(run, FORE_REP, FORE_SLOT_OWNER, &row.owner, err));
    FORE_TRY(fore_reference(run, FORE_DEAL, FORE_SLOT_DEAL, &row.deal, err));
    run->undated += row.created_at == FORE_NO_TIME;
    return fore_store_put_lead(run->store, &row, put, err);
}

/* --- deals --- */

static bool among(const char *const *stages, const char *key)
{
    for (; stages && *stages; stages++) {
        if (strcmp(*stages, key) == 0) return true;
    }
    return false;
}

fore_outcome fore_stage_outcome(const fore_importing *run, const char *stage, bool *known)
{
    char key[256];
    fore_header_key(stage, key, sizeof key);
    *known = true;
    if (among(run->won_stages, key)) return FORE_WON;
    if (among(run->lost_stages, key)) return FORE_LOST;
    *known = false;
    return FORE_OUTCOME_OPEN;
}

bool fore_stage_is_closing(const char *stage)
{
    static const char usual[] = FORE_USUAL_WON "|" FORE_USUAL_LOST;
    char key[256], word[64], other[64];
    if (!stage || !*stage) return false;
    fore_header_key(stage, key, sizeof key);
    for (const char *at = usual; *at;) {
        size_t n = strcspn(at, "|");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        fore_header_key(word, other, sizeof other);
        if (strcmp(key, other) == 0) return true;
        at += n + (at[n] == '|');
    }
    return false;
}

static fore_status outcome_word(fore_importing *run, const char *word, fore_outcome *outcome,
                                fore_error *err)
{
    if (fore_text_equal_fold(word, "won"))
        *outcome = FORE_WON;
    else if (fore_text_equal_fold(word, "lost"))
        *outcome = FORE_LOST;
    else if (fore_text_equal_fold(word, "open"))
        *outcome = FORE_OUTCOME_OPEN;
    else
        return fore_reject_slot(run, FORE_SLOT_OUTCOME, "unknown outcome (open, won, lost)", err);
    return FORE_OK;
}

static fore_status deal_outcome(fore_importing *run, fore_outcome *outcome, fore_error *err)
{
    const fore_row *r = &run->row;
    const char *stage = fore_text_of(r, FORE_SLOT_STAGE),
               *word = fore_text_of(r, FORE_SLOT_OUTCOME);
    const fore_lookup_entry *entry = fore_lookup_find(run, FORE_LOOK_STAGE, stage);
    bool known = false;
    fore_outcome by_name = stage ? fore_stage_outcome(run, stage, &known) : FORE_OUTCOME_OPEN;
    *outcome = FORE_OUTCOME_OPEN;
    if (run->own_stages && known) {
        *outcome = by_name;
    } else if (word) {
        return outcome_word(run, word, outcome, err);
    } else if (fore_has(r, FORE_SLOT_IS_WON) || fore_has(r, FORE_SLOT_IS_CLOSED)) {
        if (fore_flag_of(r, FORE_SLOT_IS_WON))
            *outcome = FORE_WON;
        else if (fore_flag_of(r, FORE_SLOT_IS_CLOSED))
            *outcome = FORE_LOST;
    } else if (entry && entry->has_flags) {
        if (entry->won)
            *outcome = FORE_WON;
        else if (entry->closed)
            *outcome = FORE_LOST;
    } else {
        *outcome = by_name;
    }
    return FORE_OK;
}

/* When it was closed and when it is expected to be; the two share a column in most exports. */
static void deal_dates(const fore_importing *run, fore_outcome outcome, fore_deal_row *row)
{
    const fore_row *r = &run->row;
    int64_t shared = fore_integer_of(r, FORE_SLOT_CLOSE_DATE, FORE_NO_TIME);
    row->expected_close_on = fore_date_in(r, FORE_SLOT_EXPECTED_CLOSE);
    row->closed_at = fore_integer_of(r, FORE_SLOT_CLOSED_AT, FORE_NO_TIME);
    if (outcome == FORE_OUTCOME_OPEN) {
        if (row->expected_close_on == FORE_NO_DATE && shared != FORE_NO_TIME) {
            row->expected_close_on = fore_date_of(shared + fore_zone_offset(run->zone, shared));
        }
        return;
    }
    fore_slot own = outcome == FORE_WON ? FORE_SLOT_WON_AT : FORE_SLOT_LOST_AT;
    if (fore_has(r, own)) row->closed_at = r->values[own].integer;
    if (row->closed_at == FORE_NO_TIME) row->closed_at = shared;
}

/* For the sentence that asks which stages mean won, where none was recognised. */
static fore_status note_stage(fore_importing *run, const fore_deal_row *row, fore_error *err)
{
    const int most = sizeof run->open_stage / sizeof *run->open_stage;
    run->closed_deals += row->outcome != FORE_OUTCOME_OPEN;
    if (row->outcome != FORE_OUTCOME_OPEN || !row->stage || run->open_stages == most)
        return FORE_OK;
    for (int k = 0; k < run->open_stages; k++)
        if (strcmp(run->open_stage[k], row->stage) == 0) return FORE_OK;
    const char *kept = fore_arena_copy(run->scrap, row->stage, (int64_t)strlen(row->stage));
    if (!kept) return fore_no_memory(err);
    run->open_stage[run->open_stages++] = kept;
    return FORE_OK;
}

fore_status fore_put_deal(fore_importing *run, fore_put *put, fore_error *err)
{
    fore_row *r = &run->row;
    const char *stage = fore_text_of(r, FORE_SLOT_STAGE);
    const fore_lookup_entry *entry = fore_lookup_find(run, FORE_LOOK_STAGE, stage);
    fore_deal_row row = {.id = fore_text_of(r, FORE_SLOT_ID),
                         .known = true,
                         .name = fore_text_of(r, FORE_SLOT_NAME),
                         .stage = entry && entry->text ? entry->text : stage,
                         .source = fore_text_of(r, FORE_SLOT_SOURCE),
                         .amount_minor = fore_integer_of(r, FORE_SLOT_AMOUNT, FORE_NO_AMOUNT),
                         .currency = fore_text_of(r, FORE_SLOT_CURRENCY),
                         .created_at = fore_integer_of(r, FORE_SLOT_CREATED_AT, FORE_NO_TIME),
                         .lost_reason = fore_text_of(r, FORE_SLOT_LOST_REASON),
                         .attributes = fore_attributes_of(r)};
    const fore_lookup_entry *reason = fore_lookup_find(run, FORE_LOOK_REASON, row.lost_reason);
    if (reason && reason->text) row.lost_reason = reason->text;
    FORE_TRY(deal_outcome(run, &row.outcome, err));
    if (r->rejected) return FORE_OK;
    deal_dates(run, row.outcome, &row);
    const fore_lookup_entry *product = fore_lookup_find(run, FORE_LOOK_PRODUCT_OF_DEAL, row.id);
    const fore_lookup_entry *lead = fore_lookup_find(run, FORE_LOOK_LEAD_OF_DEAL, row.id);
    if (product && !fore_has(r, FORE_SLOT_PRODUCT))
        fore_set_text(r, FORE_SLOT_PRODUCT, product->text);
    if (lead && !fore_has(r, FORE_SLOT_LEAD)) fore_set_text(r, FORE_SLOT_LEAD, lead->text);
    FORE_TRY(fore_reference(run, FORE_LEAD, FORE_SLOT_LEAD, &row.lead, err));
    FORE_TRY(fore_reference(run, FORE_ACCOUNT, FORE_SLOT_ACCOUNT, &row.account, err));
    FORE_TRY(fore_reference(run, FORE_CONTACT, FORE_SLOT_CONTACT, &row.contact, err));
    FORE_TRY(fore_reference(run, FORE_REP, FORE_SLOT_OWNER, &row.owner, err));
    FORE_TRY(fore_reference(run, FORE_PRODUCT, FORE_SLOT_PRODUCT, &row.product, err));
    FORE_TRY(fore_reference(run, FORE_CAMPAIGN, FORE_SLOT_CAMPAIGN, &row.campaign, err));
    run->undated += row.created_at == FORE_NO_TIME;
    run->undated_wins += row.outcome == FORE_WON && row.closed_at == FORE_NO_TIME;
    FORE_TRY(note_stage(run, &row, err));
    return fore_store_put_deal(run->store, &row, put, err);
}

fore_status fore_put_deal_change(fore_importing *run, fore_put *put, fore_error *err)
{
    const fore_row *r = &run->row;
    if (!fore_has(r, FORE_SLOT_AT)) return fore_reject(run, "at", NULL, "no time", err);
    if (!fore_has(r, FORE_SLOT_FIELD)) return fore_reject(run, "field", NULL, "no field", err);
    fore_deal_change_row row = {.at = r->values[FORE_SLOT_AT].integer,
                                .field = fore_text_of(r, FORE_SLOT_FIELD),
                                .old_value = fore_text_of(r, FORE_SLOT_OLD),
                                .new_value = fore_text_of(r, FORE_SLOT_NEW)};
    FORE_TRY(fore_reference(run, FORE_DEAL, FORE_SLOT_DEAL, &row.deal, err));
    if (row.deal == 0) return fore_reject(run, "deal_id", NULL, "no deal_id", err);
    return fore_store_put_deal_change(run->store, &row, put, err);
}
