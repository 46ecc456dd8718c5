/* Odoo: tables of the database (crm_lead, crm_stage, mail_tracking_value, ...) and the list view's
 * export. One table holds leads and opportunities; won is probability 100, lost is archived with
 * probability 0. */
#include <string.h>

#include "datasets/import_run.h"
#include "engine/base/json.h"

static const char *won_or_lost(const fore_row *row)
{
    const char *word = fore_text_of(row, FORE_SLOT_OUTCOME);
    bool inactive = fore_has(row, FORE_SLOT_IS_ACTIVE) && !fore_flag_of(row, FORE_SLOT_IS_ACTIVE);
    double probability =
        fore_has(row, FORE_SLOT_PROBABILITY) ? row->values[FORE_SLOT_PROBABILITY].number : -1;
    if (word && !fore_text_equal_fold(word, "open")) return word;
    if (probability >= 100) return "won";
    if (inactive && probability <= 0) return "lost";
    return word;
}

/* type = lead goes to the leads, everything else to the deals. */
static fore_status shape_lead(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)keep;
    (void)err;
    const char *type = fore_text_of(row, FORE_SLOT_SUBTYPE), *outcome = won_or_lost(row);
    if (!type || !fore_text_equal_fold(type, "lead")) {
        fore_set_text(row, FORE_SLOT_OUTCOME, outcome);
        return FORE_OK;
    }
    row->kind = FORE_KIND_LEADS;
    bool lost = outcome && strcmp(outcome, "lost") == 0,
         won = outcome && strcmp(outcome, "won") == 0;
    fore_set_text(row, FORE_SLOT_STATUS, lost ? "lost" : won ? "converted" : "working");
    if (!lost && !won) fore_unset(row, FORE_SLOT_CLOSED_AT);
    return FORE_OK;
}

/* Newer versions keep translations: {"en_US": "New"}. */
static fore_status plain_name(fore_importing *run, fore_row *row, fore_slot slot, fore_error *err)
{
    const char *text = fore_text_of(row, slot), *key, *value;
    fore_text scratch = {0};
    int64_t position = 0;
    if (!text || text[0] != '{') return FORE_OK;
    fore_status status = FORE_OK;
    if (fore_json_flat_next(text, (int64_t)strlen(text), &position, &scratch, &key, &value)) {
        const char *copy = fore_arena_string(run->scrap, value);
        if (copy)
            fore_set_text(row, slot, copy);
        else
            status = fore_no_memory(err);
    }
    fore_text_free(&scratch);
    return status;
}

static fore_status shape_stage(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    return plain_name(run, row, FORE_SLOT_VALUE, err);
}

/* A mail of a lead is an activity; every message dates the tracking values that hang on it. */
static fore_status shape_message(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const char *model = fore_text_of(row, FORE_SLOT_MODEL),
               *type = fore_text_of(row, FORE_SLOT_SUBTYPE);
    const char *record = fore_text_of(row, FORE_SLOT_DEAL), *id = fore_text_of(row, FORE_SLOT_ID);
    *keep = false;
    if (!id || !record || !model || strcmp(model, "crm.lead") != 0) return FORE_OK;
    fore_lookup_entry entry = {.text = record,
                               .at = fore_integer_of(row, FORE_SLOT_AT, FORE_NO_TIME)};
    FORE_TRY(fore_lookup_put(run, FORE_LOOK_MESSAGE, id, &entry, err));
    bool mail = type && (strcmp(type, "email") == 0 || strcmp(type, "email_outgoing") == 0);
    if (!mail) return FORE_OK;
    int64_t lead = 0;
    FORE_TRY(fore_store_find(run->store, FORE_LEAD, record, &lead, err));
    if (lead) fore_move(row, FORE_SLOT_DEAL, FORE_SLOT_LEAD);
    fore_set_kind(row, FORE_EMAIL);
    fore_set_text(row, FORE_SLOT_DIRECTION, strcmp(type, "email") == 0 ? "inbound" : "outbound");
    *keep = true;
    return FORE_OK;
}

static fore_status shape_tracking(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const fore_lookup_entry *message =
        fore_lookup_find(run, FORE_LOOK_MESSAGE, fore_text_of(row, FORE_SLOT_KEY));
    const char *field = fore_text_of(row, FORE_SLOT_FIELD);
    const fore_lookup_entry *name = fore_lookup_find(run, FORE_LOOK_FIELD, field);
    if (message && !fore_has(row, FORE_SLOT_DEAL))
        fore_set_text(row, FORE_SLOT_DEAL, message->text);
    if (message && !fore_has(row, FORE_SLOT_AT) && message->at != FORE_NO_TIME)
        fore_set_integer(row, FORE_SLOT_AT, message->at);
    if (name) fore_set_text(row, FORE_SLOT_FIELD, name->text);
    *keep = false;
    if (!message && !fore_has(row, FORE_SLOT_DEAL)) return FORE_OK; /* of another model */
    bool number =
        fore_has(row, FORE_SLOT_FIELD) && strstr(fore_text_of(row, FORE_SLOT_FIELD), "revenue");
    fore_move(row, number ? FORE_SLOT_NEW_NUMBER : FORE_SLOT_NEW_TEXT, FORE_SLOT_NEW);
    fore_move(row, number ? FORE_SLOT_OLD_NUMBER : FORE_SLOT_OLD_TEXT, FORE_SLOT_OLD);
    int64_t lead = 0;
    FORE_TRY(fore_store_find(run->store, FORE_LEAD, fore_text_of(row, FORE_SLOT_DEAL), &lead, err));
    return lead ? FORE_OK : fore_shape_change(run, row, keep, err);
}

static fore_status shape_meeting(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)err;
    *keep = fore_has(row, FORE_SLOT_DEAL) &&
            (!fore_has(row, FORE_SLOT_IS_ACTIVE) || fore_flag_of(row, FORE_SLOT_IS_ACTIVE));
    fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_MEETING));
    fore_minutes_from_end(row);
    return FORE_OK;
}

static fore_status shape_planned(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const char *model = fore_text_of(row, FORE_SLOT_MODEL),
               *record = fore_text_of(row, FORE_SLOT_DEAL);
    int64_t lead = 0;
    *keep = model && strcmp(model, "crm.lead") == 0;
    if (record) FORE_TRY(fore_store_find(run->store, FORE_LEAD, record, &lead, err));
    if (lead) fore_move(row, FORE_SLOT_DEAL, FORE_SLOT_LEAD);
    fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_OTHER));
    return FORE_OK;
}

static const fore_bind leads[] = {
    FORE_TO(ID, "id|External ID|ID"),
    FORE_TO(SUBTYPE, "type|Type"),
    FORE_TO(NAME, "name|Opportunity|Lead"),
    FORE_TO(OWNER, "user_id|Salesperson"),
    FORE_TO(STAGE, "stage_id|Stage"),
    FORE_TO(AMOUNT, "expected_revenue|planned_revenue|Expected Revenue"),
    FORE_TO(CREATED_AT, "create_date|Created on"),
    FORE_TO(CLOSED_AT, "date_closed|Closed Date"),
    FORE_TO(EXPECTED_CLOSE, "date_deadline|Expected Closing"),
    FORE_TO(IS_ACTIVE, "active|Active"),
    FORE_TO(PROBABILITY, "probability|Probability"),
    FORE_TO_WORDS(OUTCOME, "won_status|Is Won", "won=won|lost=lost|pending=open"),
    FORE_TO(LOST_REASON, "lost_reason_id|lost_reason|Lost Reason"),
    FORE_TO(ACCOUNT, "partner_id|Customer"),
    FORE_TO(EMAIL, "email_from|Email"),
    FORE_TO(PHONE, "phone|Phone"),
    FORE_TO(TITLE, "function|Job Position"),
    FORE_TO(SOURCE, "source_id|Source"),
    FORE_TO(CAMPAIGN, "campaign_id|Campaign"),
    {0}};

static const fore_bind stages[] = {
    FORE_TO(KEY, "id"), FORE_TO(VALUE, "name"), FORE_TO(IS_WON, "is_won"), {0}};
static const fore_bind messages[] = {
    FORE_TO(ID, "id"),   FORE_TO(MODEL, "model"),          FORE_TO(DEAL, "res_id"),
    FORE_TO(AT, "date"), FORE_TO(SUBTYPE, "message_type"), {0}};
static const fore_bind tracking[] = {FORE_TO(KEY, "mail_message_id"),
                                     FORE_TO(DEAL, "res_id"),
                                     FORE_TO(AT, "date"),
                                     FORE_TO(FIELD, "field_name|field|field_id"),
                                     FORE_TO(OLD_TEXT, "old_value_char"),
                                     FORE_TO(NEW_TEXT, "new_value_char"),
                                     FORE_TO(OLD_NUMBER, "old_value_float|old_value_monetary"),
                                     FORE_TO(NEW_NUMBER, "new_value_float|new_value_monetary"),
                                     {0}};
static const fore_bind fields[] = {FORE_TO(KEY, "id"), FORE_TO(VALUE, "name"), {0}};
static const fore_bind events[] = {FORE_TO(ID, "id"),
                                   FORE_TO(AT, "start"),
                                   FORE_TO(ENDED_AT, "stop"),
                                   FORE_TO_UNIT(MINUTES, "duration", 3600),
                                   FORE_TO(DEAL, "opportunity_id"),
                                   FORE_TO(REP, "user_id"),
                                   FORE_TO(SUBJECT, "name"),
                                   FORE_TO(IS_ACTIVE, "active"),
                                   {0}};
static const fore_bind planned[] = {FORE_TO(ID, "id"),
                                    FORE_TO(MODEL, "res_model"),
                                    FORE_TO(DEAL, "res_id"),
                                    FORE_TO(DUE_AT, "date_deadline"),
                                    FORE_TO(REP, "user_id"),
                                    FORE_TO(SUBJECT, "summary"),
                                    {0}};
static const fore_bind partners[] = {FORE_TO(ID, "id"),
                                     FORE_TO(NAME, "name|display_name"),
                                     FORE_TO(OWNER, "user_id"),
                                     FORE_TO(CREATED_AT, "create_date"),
                                     FORE_TO(COUNTRY, "country_id"),
                                     FORE_TO(REGION, "state_id"),
                                     FORE_TO(INDUSTRY, "industry_id"),
                                     {0}};
static const fore_bind users[] = {FORE_TO(ID, "id"), FORE_TO(NAME, "name|login"), {0}};

#define STAMPS                                                                                     \
    "create_uid|write_uid|write_date|Last Updated on|color|message_main_attachment_id|message_bounce"

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_DEALS,
     .file_names = "crm_lead|crm.lead",
     .signature = "stage_id & type & expected_revenue|planned_revenue|probability|won_status",
     .binds = leads,
     .ignored = STAMPS
     "|automated_probability|date_last_stage_update|date_action_last|date_open|date_conversion|day_open|day_close|"
     "prorated_revenue|recurring_revenue_monthly|recurring_revenue_monthly_prorated|email_normalized|phone_sanitized|"
     "email_state|phone_state|contact_name|partner_name|referred|email_cc|website",
     .shape = shape_lead,
     .note =
         "won is probability 100, lost is archived with probability 0; times are read in the workspace's zone (the database keeps UTC)"},
    {.kind = FORE_KIND_DEALS,
     .file_names = "crm.lead|Lead/Opportunity",
     .signature = "Opportunity & Stage & Expected Revenue|Salesperson",
     .binds = leads,
     .ignored = STAMPS,
     .shape = shape_lead,
     .note =
         "an export of the list view holds open opportunities unless archived ones were chosen"},
    {.kind = FORE_KIND_STAGES,
     .file_names = "crm_stage",
     .signature = "id & name & is_won",
     .binds = stages,
     .ignored = STAMPS "|sequence|fold|team_id|requirements|create_date",
     .shape = shape_stage,
     .lookup = FORE_LOOK_STAGE},
    {.kind = FORE_KIND_NAMES,
     .file_names = "crm_lost_reason",
     .name_needed = true,
     .signature = "id & name",
     .binds = fields,
     .ignored = STAMPS "|active|create_date",
     .shape = shape_stage,
     .lookup = FORE_LOOK_REASON},
    {.kind = FORE_KIND_NAMES,
     .file_names = "ir_model_fields",
     .signature = "id & name & model & ttype",
     .binds = fields,
     .lookup = FORE_LOOK_FIELD},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "mail_message",
     .signature = "id & model & res_id & date & message_type",
     .binds = messages,
     .shape = shape_message,
     .id_prefix = "message/",
     .note = "mails of leads and opportunities are activities; their texts are not read"},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "mail_tracking_value",
     .signature = "new_value_char & mail_message_id|res_id",
     .binds = tracking,
     .shape = shape_tracking,
     .note =
         "tracking values get record and time from mail_message, field names from ir_model_fields, unless they hold them"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "calendar_event",
     .signature = "start & stop & opportunity_id",
     .binds = events,
     .shape = shape_meeting,
     .id_prefix = "meeting/",
     .note = "meetings without an opportunity are passed over"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "mail_activity",
     .signature = "res_model & res_id & date_deadline",
     .binds = planned,
     .shape = shape_planned,
     .id_prefix = "planned/"},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "res_partner",
     .signature = "is_company & name|display_name",
     .binds = partners,
     .ignored = STAMPS
     "|display_name|commercial_partner_id|email|phone|mobile|parent_id|active|date|vat|ref|comment",
     .note = "every partner is an account, persons as well, since opportunities name either"},
    {.kind = FORE_KIND_REPS,
     .file_names = "res_users",
     .signature = "id & login",
     .binds = users,
     .ignored = STAMPS
     "|login|email|company_id|partner_id|active|share|notification_type|create_date|signature|action_id"},
    {.signature = NULL}};

const fore_format fore_format_odoo = {
    .name = "odoo", .title = "Odoo", .rules = rules, .usual_order = FORE_ORDER_ISO};
