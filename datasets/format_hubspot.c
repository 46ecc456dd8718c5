/* HubSpot: exports with internal property names or with their labels, and the tables of a warehouse
 * sync (deal_stage, deal_property_history, engagement_contact, ...). Contacts are our leads.
 * Portals hold very personal custom properties, so unknown columns are kept only when they are on
 * the list below. */
#include <string.h>

#include "datasets/import_run.h"

static bool is_word(const fore_row *row, fore_slot slot, const char *word)
{
    const char *text = fore_text_of(row, slot);
    return text && fore_text_equal_fold(text, word);
}

static fore_status shape_contact(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    if (is_word(row, FORE_SLOT_SUBTYPE, "UNQUALIFIED") &&
        !is_word(row, FORE_SLOT_STATUS, "converted")) {
        fore_set_text(row, FORE_SLOT_STATUS, "disqualified");
    }
    if (!is_word(row, FORE_SLOT_STATUS, "converted")) fore_unset(row, FORE_SLOT_CLOSED_AT);
    return fore_keep_first_id(run, row, FORE_SLOT_ACCOUNT, err);
}

static fore_status shape_deal(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    FORE_TRY(fore_keep_first_id(run, row, FORE_SLOT_LEAD, err));
    return fore_keep_first_id(run, row, FORE_SLOT_ACCOUNT, err);
}

/* Links of an engagement: in its own columns, else from the tables of links. */
static fore_status link(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *id = fore_text_of(row, FORE_SLOT_ID);
    const fore_lookup_entry *lead = fore_lookup_find(run, FORE_LOOK_LEAD_OF_ACTIVITY, id);
    const fore_lookup_entry *deal = fore_lookup_find(run, FORE_LOOK_DEAL_OF_ACTIVITY, id);
    FORE_TRY(fore_keep_first_id(run, row, FORE_SLOT_LEAD, err));
    FORE_TRY(fore_keep_first_id(run, row, FORE_SLOT_DEAL, err));
    if (lead && !fore_has(row, FORE_SLOT_LEAD)) fore_set_text(row, FORE_SLOT_LEAD, lead->text);
    if (deal && !fore_has(row, FORE_SLOT_DEAL)) fore_set_text(row, FORE_SLOT_DEAL, deal->text);
    return FORE_OK;
}

static fore_status shape_call(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    fore_set_kind(row, FORE_CALL);
    return link(run, row, err);
}

static fore_status shape_meeting(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_MEETING));
    fore_minutes_from_end(row);
    if (is_word(row, FORE_SLOT_OUTCOME, "SCHEDULED"))
        fore_move(row, FORE_SLOT_AT, FORE_SLOT_DUE_AT);
    return link(run, row, err);
}

static fore_status shape_email(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    fore_set_kind(row, FORE_EMAIL);
    return link(run, row, err);
}

static fore_status shape_task(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    const char *type = fore_text_of(row, FORE_SLOT_SUBTYPE);
    fore_set_kind(
        row, fore_kind_of_subject(
                 type, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_OTHER)));
    fore_settle_task(row, is_word(row, FORE_SLOT_STATUS, "COMPLETED"));
    return link(run, row, err);
}

/* Goals are assigned to users, deals to owners. */
static fore_status shape_owner(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const char *user = fore_text_of(row, FORE_SLOT_KEY), *id = fore_text_of(row, FORE_SLOT_ID);
    fore_lookup_entry entry = {.text = id};
    (void)keep;
    return user && id ? fore_lookup_put(run, FORE_LOOK_OWNER_OF_USER, user, &entry, err) : FORE_OK;
}

#define OWNER FORE_TO(OWNER, "hubspot_owner_id|Contact owner|Deal owner|Company owner")
#define REP FORE_TO(REP, "hubspot_owner_id|owner_id|Activity assigned to|Assigned to")
#define CREATED FORE_TO(CREATED_AT, "createdate|Create Date|hs_createdate")
#define LINKED                                                                                     \
    FORE_TO(LEAD, "contact_id|Associated Contact IDs|Associated Contact"),                         \
        FORE_TO(DEAL, "deal_id|Associated Deal IDs|Associated Deal")
#define ENGAGEMENT_ID                                                                              \
    FORE_TO(ID, "hs_object_id|Record ID|engagement_id|id|Call ID|Meeting ID|Email ID|Task ID")

static const fore_bind contacts[] = {
    FORE_TO(ID, "hs_object_id|Record ID|Contact ID|contact_id|vid|id"),
    FORE_TO(FIRST_NAME, "firstname|First Name"),
    FORE_TO(LAST_NAME, "lastname|Last Name"),
    FORE_TO(EMAIL, "email|Email"),
    FORE_TO(PHONE, "phone|Phone Number"),
    FORE_TO(TITLE, "jobtitle|Job Title"),
    FORE_TO(SOURCE, "hs_analytics_source|Original Source|Original Traffic Source"),
    OWNER,
    CREATED,
    FORE_TO_WORDS(
        STATUS, "lifecyclestage|Lifecycle Stage",
        "subscriber=new|lead=new|marketingqualifiedlead=qualified|salesqualifiedlead=qualified|opportunity=qualified|"
        "customer=converted|evangelist=converted|*=working"),
    FORE_TO(SUBTYPE, "hs_lead_status|Lead Status"),
    FORE_TO(CLOSED_AT,
            "hs_lifecyclestage_customer_date|Became a Customer Date|closedate|Close Date"),
    FORE_TO(MAIL_OPT_OUT, "hs_email_optout|Unsubscribed from all email"),
    FORE_TO(ACCOUNT, "associatedcompanyid|Primary Associated Company ID|Associated Company IDs"),
    {0}};

static const fore_bind companies[] = {
    FORE_TO(ID, "hs_object_id|Record ID|Company ID|company_id|id"),
    FORE_TO(NAME, "name|Company name"),
    FORE_TO(INDUSTRY, "industry|Industry"),
    FORE_TO(EMPLOYEES, "numberofemployees|Number of Employees"),
    FORE_TO(ANNUAL_REVENUE, "annualrevenue|Annual Revenue"),
    FORE_TO(COUNTRY, "country|Country/Region"),
    FORE_TO(REGION, "state|State/Region"),
    OWNER,
    CREATED,
    {0}};

static const fore_bind deals[] = {
    FORE_TO(ID, "hs_object_id|Record ID|Deal ID|deal_id|id"),
    FORE_TO(NAME, "dealname|Deal Name"),
    FORE_TO(STAGE, "dealstage|Deal Stage"),
    FORE_TO(AMOUNT, "amount|Amount|Amount in company currency"),
    FORE_TO(CURRENCY, "deal_currency_code|Currency"),
    FORE_TO(CLOSE_DATE, "closedate|Close Date"),
    CREATED,
    OWNER,
    FORE_TO(IS_WON, "hs_is_closed_won|Is Closed Won"),
    FORE_TO(IS_CLOSED, "hs_is_closed|Is Deal Closed?"),
    FORE_TO(LOST_REASON, "closed_lost_reason|Closed Lost Reason"),
    FORE_TO(LEAD, "contact_id|Associated Contact IDs"),
    FORE_TO(ACCOUNT, "associatedcompanyid|Primary Associated Company ID|Associated Company IDs"),
    FORE_TO(SOURCE, "hs_analytics_source|Original Source Type|Original Traffic Source"),
    {0}};

static const fore_bind deal_stage[] = {
    FORE_TO(DEAL, "deal_id"), FORE_TO(AT, "date_entered"), FORE_TO(NEW, "value"), {0}};
static const fore_bind property_history[] = {FORE_TO(DEAL, "deal_id"),
                                             FORE_TO(AT, "timestamp"),
                                             FORE_TO(FIELD, "name"),
                                             FORE_TO(NEW, "value"),
                                             {0}};
static const fore_bind stages[] = {FORE_TO(KEY, "stage_id"),
                                   FORE_TO(VALUE, "label"),
                                   FORE_TO(IS_WON, "closed_won"),
                                   FORE_TO(IS_CLOSED, "is_closed"),
                                   {0}};
static const fore_bind engagement_contact[] = {
    FORE_TO(KEY, "engagement_id"), FORE_TO(VALUE, "contact_id"), {0}};
static const fore_bind engagement_deal[] = {
    FORE_TO(KEY, "engagement_id"), FORE_TO(VALUE, "deal_id"), {0}};
static const fore_bind deal_contact[] = {
    FORE_TO(KEY, "deal_id"), FORE_TO(VALUE, "contact_id"), {0}};

static const fore_bind calls[] = {
    ENGAGEMENT_ID,
    FORE_TO(AT, "hs_timestamp|Activity date|hs_createdate"),
    REP,
    LINKED,
    FORE_TO_WORDS(DIRECTION, "hs_call_direction|Call direction",
                  "INBOUND=inbound|OUTBOUND=outbound|*="),
    FORE_TO_UNIT(MINUTES, "hs_call_duration|Call duration", 0.001),
    /* the ids of the dispositions that every portal has */
    FORE_TO_WORDS(
        OUTCOME, "hs_call_disposition|Call outcome|hs_call_status",
        "f240bbac-87c9-4f6e-bf70-924b57d47db7=Connected|73a0d17f-1163-4015-bdd5-ec830791da20=No answer|"
        "b2cf5968-551e-4856-9783-52b3da59a7d0=Left voicemail|9d9162e7-6cf3-4944-bf63-4dff82258764=Busy|"
        "a4c4c377-d246-4b32-a13b-75a56a4cd0ff=Left live message|17b47fee-58de-441e-a44c-c6300d46f273=Wrong number"),
    {0}};

static const fore_bind meetings[] = {
    ENGAGEMENT_ID,
    FORE_TO(AT, "hs_meeting_start_time|Meeting start time|hs_timestamp|Activity date"),
    FORE_TO(ENDED_AT, "hs_meeting_end_time|Meeting end time"),
    FORE_TO(SUBJECT, "hs_meeting_title|Meeting name"),
    FORE_TO(OUTCOME, "hs_meeting_outcome|Meeting outcome"),
    REP,
    LINKED,
    {0}};

static const fore_bind emails[] = {
    ENGAGEMENT_ID,
    FORE_TO(AT, "hs_timestamp|Activity date|hs_createdate"),
    REP,
    LINKED,
    FORE_TO_WORDS(
        DIRECTION, "hs_email_direction|Email direction",
        "INCOMING_EMAIL=inbound|INCOMING=inbound|EMAIL=outbound|FORWARDED_EMAIL=outbound|OUTGOING_EMAIL=outbound|*="),
    FORE_TO(OUTCOME, "hs_email_status|Email send status"),
    {0}};

static const fore_bind tasks[] = {ENGAGEMENT_ID,
                                  FORE_TO(DUE_AT, "hs_timestamp|Due date"),
                                  FORE_TO(DONE_AT, "hs_task_completion_date|Completed at"),
                                  FORE_TO(SUBTYPE, "hs_task_type|Task type"),
                                  FORE_TO(SUBJECT, "hs_task_subject|Task Title"),
                                  FORE_TO(STATUS, "hs_task_status|Task status"),
                                  CREATED,
                                  REP,
                                  LINKED,
                                  {0}};

static const fore_bind goals[] = {
    FORE_TO(NAME, "hs_goal_name|Goal Name"),
    FORE_TO(SUBTYPE, "hs_goal_target_kpi_type|hs_kpi_type"),
    FORE_TO(AMOUNT, "hs_target_amount|Target Amount"),
    FORE_TO(PERIOD_START, "hs_start_datetime|hs_start_date|Start Date"),
    FORE_TO(PERIOD_END, "hs_end_datetime|hs_end_date|End Date"),
    FORE_TO(OWNER, "hubspot_owner_id|HubSpot Owner ID|Goal owner"),
    FORE_TO(KEY, "hs_assignee_user_id|Assignee User ID|Assignee User|Assignee ID"),
    FORE_TO(TEAM, "hs_assignee_team_id|Assignee Team ID|Assignee Team|hubspot_team_id|"
                  "HubSpot Team ID|HubSpot Team"),
    {0}};

static const fore_bind owners[] = {FORE_TO(ID, "owner_id|ownerid|Owner ID|id"),
                                   FORE_TO(KEY, "user_id|userid"),
                                   FORE_TO(FIRST_NAME, "first_name|firstname"),
                                   FORE_TO(LAST_NAME, "last_name|lastname"),
                                   {0}};

#define ENGAGEMENT "hs_createdate|hs_lastmodifieddate|Last Modified Date"

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_LEADS,
     .file_names = "contacts|contact|hubspot-crm-exports-all-contacts",
     .signature =
         "lifecyclestage|Lifecycle Stage & email|hs_object_id|Record ID & createdate|Create Date",
     .binds = contacts,
     .ignored = "lastmodifieddate|Last Modified Date",
     .shape = shape_contact,
     .note =
         "contacts are read as leads: customers are converted, lead status Unqualified is disqualified"},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "companies|company",
     .signature =
         "name|Company name & domain|Company Domain Name|numberofemployees|Company owner & createdate|Create Date|hs_object_id|Record ID",
     .binds = companies},
    {.kind = FORE_KIND_DEALS,
     .file_names = "deals|deal|hubspot-crm-exports-all-deals",
     .signature = "dealstage|Deal Stage & dealname|Deal Name",
     .binds = deals,
     .ignored =
         "pipeline|hs_lastmodifieddate|hs_forecast_amount|hs_forecast_probability|hs_deal_score",
     .shape = shape_deal,
     .note =
         "closedate is the closing of won and lost deals and the expected one of open deals; a deal's lead is its first contact"},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "deal_stage",
     .signature = "deal_id & value & date_entered",
     .binds = deal_stage,
     .ignored = "source|source_id|date_exited",
     .shape = fore_shape_stage_change},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "deal_property_history",
     .signature = "deal_id & name & value & timestamp",
     .binds = property_history,
     .ignored = "source|source_id",
     .shape = fore_shape_change,
     .note = "changes of stage, amount, close date, owner and forecast category are kept"},
    {.kind = FORE_KIND_STAGES,
     .file_names = "deal_pipeline_stage",
     .signature = "stage_id & label & closed_won|is_closed",
     .binds = stages,
     .ignored = "pipeline_id|probability|display_order|active",
     .lookup = FORE_LOOK_STAGE},
    {.kind = FORE_KIND_LINKS,
     .file_names = "engagement_contact",
     .signature = "engagement_id & contact_id",
     .binds = engagement_contact,
     .lookup = FORE_LOOK_LEAD_OF_ACTIVITY},
    {.kind = FORE_KIND_LINKS,
     .file_names = "engagement_deal",
     .signature = "engagement_id & deal_id",
     .binds = engagement_deal,
     .lookup = FORE_LOOK_DEAL_OF_ACTIVITY},
    {.kind = FORE_KIND_LINKS,
     .file_names = "deal_contact",
     .signature = "deal_id & contact_id",
     .binds = deal_contact,
     .lookup = FORE_LOOK_LEAD_OF_DEAL},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "calls|engagement_call",
     .signature =
         "hs_call_direction|hs_call_duration|hs_call_disposition|Call duration & hs_timestamp|Activity date|hs_createdate",
     .binds = calls,
     .ignored = ENGAGEMENT "|hs_call_title|hs_call_body|hs_call_status",
     .shape = shape_call,
     .note = "call durations are milliseconds"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "meetings|engagement_meeting",
     .signature = "hs_meeting_outcome|hs_meeting_start_time|Meeting outcome",
     .binds = meetings,
     .ignored = ENGAGEMENT "|hs_meeting_body|hs_timestamp",
     .shape = shape_meeting},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "emails|engagement_email",
     .signature = "hs_email_direction|Email direction",
     .binds = emails,
     .ignored = ENGAGEMENT
     "|hs_email_subject|hs_email_text|hs_email_from_email|hs_email_to_email|hs_email_cc_email",
     .shape = shape_email,
     .note = "subjects, texts and addresses of mails are not read"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "tasks|engagement_task",
     .signature = "hs_task_status|hs_task_subject|Task status",
     .binds = tasks,
     .ignored = ENGAGEMENT "|hs_task_body|hs_task_priority",
     .shape = shape_task},
    {.kind = FORE_KIND_REPS,
     .file_names = "owners|owner",
     .signature = "owner_id|ownerid|Owner ID & email & first_name|firstname",
     .binds = owners,
     .ignored = "email|created_at|updated_at",
     .shape = shape_owner},
    {.kind = FORE_KIND_TARGETS,
     .file_names = "goal_targets|goal_target|goals",
     .signature = "hs_target_amount|Target Amount & hs_goal_name|Goal Name & "
                  "hs_start_datetime|hs_start_date|Start Date",
     .binds = goals,
     .ignored = ENGAGEMENT "|hs_object_id|Record ID|id|createdate|hs_created_by_user_id|"
                           "hs_group_correlation_uuid|hs_goal_target_group_id|Goal Target Group ID",
     .shape = fore_shape_goal,
     .note = "goals whose name says revenue, quota, sales or bookings are read as targets"},
    {.kind = FORE_KIND_NOTHING,
     .signature = "hs_note_body",
     .note = "notes are no contact with a lead and their text is not read"},
    {.signature = NULL}};

const fore_format fore_format_hubspot = {
    .name = "hubspot",
    .title = "HubSpot",
    .rules = rules,
    .usual_order = FORE_ORDER_ISO,
    .listed_attributes_only = true,
    .attributes =
        "city|state|State/Region|zip|country|Country/Region|industry|Industry|company|Company Name|numemployees|Number of Employees|annualrevenue|"
        "Annual Revenue|website|hs_analytics_source_data_1|hs_analytics_source_data_2|Original Source Drill-Down 1|"
        "Original Source Drill-Down 2|hs_marketable_status|hubspot_team_id|HubSpot Team|dealtype|Deal Type|pipeline|Pipeline|type|"
        "Type|founded_year|timezone|hs_language|Preferred language|hs_persona|Persona|"
        "hs_forecast_category|Forecast category|hs_deal_stage_probability|Deal probability"};
