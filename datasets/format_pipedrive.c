/* Pipedrive: CSV exports ("Deal - Title"), tables with API names, and the change log of deals.
 * Links of exports carry names where no id column was chosen. */
#include <string.h>

#include "datasets/import_run.h"
#include "engine/base/json.h"

/* Due date and due time stand in two columns. */
static void add_due_time(fore_row *row)
{
    double minutes;
    const fore_value *time = &row->values[FORE_SLOT_KEY];
    bool both = fore_has(row, FORE_SLOT_KEY) && fore_has(row, FORE_SLOT_DUE_AT) &&
                row->values[FORE_SLOT_DUE_AT].date_only;
    if (!both || !fore_cell_minutes(time->text, time->length, 60, FORE_DECIMAL_POINT, &minutes) ||
        minutes >= 1440)
        return;
    row->values[FORE_SLOT_DUE_AT].integer += (int64_t)(minutes * (double)FORE_MINUTE);
}

static fore_status shape_activity(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)err;
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    add_due_time(row);
    if (fore_has(row, FORE_SLOT_SUBJECT) && !fore_has(row, FORE_SLOT_ACTIVITY_KIND)) {
        fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_OTHER));
    }
    fore_settle_task(row, fore_flag_of(row, FORE_SLOT_DONE));
    return FORE_OK;
}

/* "Pipeline stage" cells of the vendor's sheet name stage and pipeline: "Qualified (Sales)". */
static fore_status shape_deal(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    if (fore_has(row, FORE_SLOT_ID)) return FORE_OK;
    const char *name = fore_text_of(row, FORE_SLOT_NAME),
               *created = fore_text_of(row, FORE_SLOT_CREATED_AT);
    if (!name || !created) return FORE_OK; /* rejected for its missing key */
    const char *id = fore_arena_format(run->scrap, "%s / %s", name, created);
    if (!id) return fore_no_memory(err);
    fore_set_text(row, FORE_SLOT_ID, id);
    return FORE_OK;
}

/* fields.csv: the options of stage and lost reason as JSON, [{"id": "1", "label": "..."}]. */
static fore_status shape_field(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const char *field = fore_text_of(row, FORE_SLOT_FIELD),
               *json = fore_text_of(row, FORE_SLOT_VALUE);
    fore_lookup_name map =
        field && strcmp(field, "lost_reason") == 0 ? FORE_LOOK_REASON : FORE_LOOK_STAGE;
    fore_json *document = NULL;
    fore_status status = FORE_OK;
    *keep = false;
    if (!field || !json || (map == FORE_LOOK_STAGE && strcmp(field, "stage_id") != 0))
        return FORE_OK;
    if (fore_json_parse(json, (int64_t)strlen(json), &document, NULL) != FORE_OK) {
        return fore_reject_slot(run, FORE_SLOT_VALUE, "not a JSON list of options", err);
    }
    const fore_json_node *options = fore_json_root(document);
    for (int64_t i = 0; i < fore_json_length(options); i++) {
        const fore_json_node *option = fore_json_at(options, i);
        const char *id = fore_json_get_string(option, "id");
        fore_lookup_entry entry = {.text = fore_json_get_string(option, "label")};
        if (id && entry.text) FORE_GO(fore_lookup_put(run, map, id, &entry, err));
    }
done:
    fore_json_free(document);
    return status;
}

static const fore_bind deals[] = {
    FORE_TO(ID, "Deal - ID|Deal - Pipedrive System ID|id|deal_id"),
    FORE_TO(NAME, "Deal - Title|title"),
    FORE_TO(OWNER, "Deal - Owner|owner_id|user_id"),
    FORE_TO(AMOUNT, "Deal - Value|value"),
    FORE_TO(CURRENCY, "Deal - Currency of Value|currency"),
    FORE_TO(ACCOUNT, "Deal - Organization ID|Deal - Organization|Organization|org_id"),
    FORE_TO(CONTACT, "Deal - Contact person ID|Deal - Contact person|Contact person|person_id"),
    FORE_TO(STAGE, "Deal - Stage|Deal - Stage (pipeline)|stage_id"),
    FORE_TO_WORDS(OUTCOME, "Deal - Status|Deal - Status (Open/Won/Lost)|status",
                  "open=open|won=won|lost=lost|deleted=lost"),
    FORE_TO(CREATED_AT, "Deal - Deal created|Deal - Creation date|add_time"),
    FORE_TO(WON_AT, "Deal - Won time|won_time"),
    FORE_TO(LOST_AT, "Deal - Lost time|lost_time"),
    FORE_TO(CLOSED_AT, "Deal - Deal closed on|Deal - Closed on|close_time"),
    FORE_TO(EXPECTED_CLOSE, "Deal - Expected close date|expected_close_date"),
    FORE_TO(LOST_REASON, "Deal - Lost reason|lost_reason"),
    FORE_TO(SOURCE, "Deal - Source channel|Deal - Source origin|channel|origin"),
    FORE_TO(LEAD, "source_lead_id"),
    FORE_TO(IS_DELETED, "is_deleted"),
    {0}};

static const fore_bind leads[] = {
    FORE_TO(ID, "Lead - ID|Lead - Pipedrive System ID|id"),
    FORE_TO(NAME, "Lead - Title|title"),
    FORE_TO(OWNER, "Lead - Owner|owner_id"),
    FORE_TO(ACCOUNT, "Lead - Organization ID|Lead - Organization|Organization|organization_id"),
    FORE_TO(CONTACT, "Lead - Contact person ID|Lead - Contact person|Contact person|person_id"),
    FORE_TO(SOURCE, "Lead - Source channel|Lead - Source|source_name|channel"),
    FORE_TO(CREATED_AT, "Lead - Lead created|Lead - Creation date|add_time"),
    FORE_TO(DEAL, "source_deal_id"),
    {0}};

static const fore_bind activities[] = {
    FORE_TO(ID, "Activity - ID|Activity - Pipedrive System ID|activity_id|id"),
    FORE_TO(REP, "Activity - Assigned to user|assigned_to_user|owner_id|user_id"),
    FORE_TO_WORDS(
        ACTIVITY_KIND, "Activity - Type|type",
        "call=call|email=email|meeting=meeting|lunch=meeting|demo=demo|visit=visit|follow_up=call|after_close_call=call|"
        "sc_2=call|task=other|deadline=other|*=other"),
    FORE_TO(SUBJECT, "Activity - Subject|subject"),
    FORE_TO_WORDS(DONE, "Activity - Done|done", "Done=yes|Undone=no|To do=no"),
    FORE_TO(DUE_AT, "Activity - Due date|due_to|due_date"),
    FORE_TO(KEY, "Activity - Due time|due_time"),
    FORE_TO(DONE_AT, "Activity - Marked as done time|marked_as_done_time"),
    FORE_TO(CREATED_AT, "Activity - Creation date|Activity - Add time|add_time"),
    FORE_TO_UNIT(MINUTES, "Activity - Duration|duration", 60),
    FORE_TO(DEAL, "Activity - Deal ID|deal_id|Deal - ID|Deal"),
    FORE_TO(LEAD, "Activity - Lead ID|lead_id|Lead"),
    FORE_TO(ACCOUNT, "Activity - Organization ID|org_id|Organization"),
    FORE_TO(CONTACT, "Activity - Contact person ID|person_id|Contact person"),
    FORE_TO(IS_DELETED, "is_deleted"),
    {0}};

static const fore_bind persons[] = {
    FORE_TO(ID, "Person - ID|Person - Pipedrive System ID|Person - Name"),
    FORE_TO(ACCOUNT, "Person - Organization ID|Person - Organization|Organization name"),
    FORE_TO(OWNER, "Person - Owner"),
    FORE_TO(CREATED_AT, "Person - Person created|Person - Creation date"),
    {0}};

static const fore_bind organisations[] = {
    FORE_TO(ID, "Organization - ID|Organization - Pipedrive System ID|Organization - Name"),
    FORE_TO(NAME, "Organization - Name"),
    FORE_TO(OWNER, "Organization - Owner"),
    FORE_TO(CREATED_AT, "Organization - Organization created|Organization - Creation date"),
    FORE_TO(INDUSTRY, "Organization - Industry"),
    FORE_TO(EMPLOYEES, "Organization - Number of employees"),
    FORE_TO(ANNUAL_REVENUE, "Organization - Annual revenue"),
    {0}};

static const fore_bind changes[] = {
    FORE_TO(DEAL, "deal_id"),  FORE_TO(AT, "change_time"), FORE_TO(FIELD, "changed_field_key"),
    FORE_TO(NEW, "new_value"), FORE_TO(OLD, "old_value"),  {0}};
static const fore_bind stages[] = {
    FORE_TO(KEY, "stage_id|id"), FORE_TO(VALUE, "stage_name|name"), {0}};
static const fore_bind fields[] = {
    FORE_TO(FIELD, "FIELD_KEY"), FORE_TO(VALUE, "FIELD_VALUE_OPTIONS"), {0}};
static const fore_bind users[] = {FORE_TO(ID, "id"), FORE_TO(NAME, "name"), {0}};

#define COUNTERS                                                                                                                 \
    "Deal - Weighted value|Deal - Currency of Weighted value|Deal - Update time|Deal - Last stage change|"    \
    "Deal - Next activity date|Deal - Last activity date|Deal - Last email received|Deal - Last email sent|Deal - Visible to|"   \
    "Deal - Total activities|Deal - Done activities|Deal - Activities to do|Deal - Email messages count|Deal - Archive status|"  \
    "Deal - Creator|Deal - Product quantity|update_time|stage_change_time|visible_to|is_archived|weighted_value|"    \
    "activities_count|done_activities_count|undone_activities_count|email_messages_count|last_activity_date|next_activity_date|" \
    "last_incoming_mail_time|last_outgoing_mail_time|creator_user_id|arr|mrr|acv|origin_id|channel_id|custom_fields"

/* Headers are compared without case and punctuation: "Activity - Type" and the activity_type of
 * anybody's own table are one. So every export rule also asks for a header that nobody else writes.
 */
#define ONLY_DEALS                                                                                 \
    "Deal - Status (Open/Won/Lost)|Deal - Stage (pipeline)|Deal - Pipedrive System ID|"            \
    "Deal - Deal created|Deal - Deal closed on|Deal - Closed on|Deal - Currency of Value|"         \
    "Deal - Weighted value|Deal - Contact person|Deal - Contact person ID|Deal - Organization|"    \
    "Deal - Organization ID|Deal - Won time|Deal - Lost time|Deal - Last stage change|"            \
    "Deal - Visible to|Deal - Expected close date|Deal - Activities to do"
#define ONLY_LEADS                                                                                 \
    "Lead - Pipedrive System ID|Lead - Lead created|Lead - Creator|Lead - Contact person|"         \
    "Lead - Contact person ID|Lead - Organization|Lead - Organization ID|Lead - Source channel|"   \
    "Lead - Source channel ID|Lead - Labels|Lead - Next activity date"
#define ONLY_ACTIVITIES                                                                            \
    "Activity - Pipedrive System ID|Activity - Assigned to user|Activity - Marked as done time|"   \
    "Activity - Done|Activity - Public description|Activity - Deal ID|Activity - Lead ID|"         \
    "Activity - Contact person|Activity - Contact person ID|Activity - Organization|"              \
    "Activity - Organization ID|Activity - Due time"
#define ONLY_PERSONS                                                                               \
    "Person - Pipedrive System ID|Person - Person created|Person - Creation date|Person - Owner|"  \
    "Person - Label|Person - Labels|Person - Visible to|Person - Organization|"                    \
    "Person - Organization ID"
#define ONLY_ORGANISATIONS                                                                         \
    "Organization - Pipedrive System ID|Organization - Organization created|"                      \
    "Organization - Creation date|Organization - Owner|Organization - Label|"                      \
    "Organization - Labels|Organization - Visible to|Organization - Address|"                      \
    "Organization - Open deals|Organization - Won deals|Organization - Lost deals"

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_DEALS,
     .file_names = "deals",
     .signature = "Deal - Title|Deal - ID & Deal - Status|Deal - Stage|Deal - Stage (pipeline)|"
                  "Deal - Status (Open/Won/Lost) & " ONLY_DEALS,
     .binds = deals,
     .ignored = COUNTERS "|Deal - Contact person|Deal - Organization",
     .shape = shape_deal,
     .note =
         "links are by name where the export holds no id column; an export without admin rights is silently partial"},
    {.kind = FORE_KIND_DEALS,
     .file_names = "deals",
     .signature = "stage_id & status & title & add_time",
     .binds = deals,
     .ignored = COUNTERS,
     .shape = shape_deal},
    {.kind = FORE_KIND_LEADS,
     .file_names = "leads",
     .signature = "Lead - Title & " ONLY_LEADS,
     .binds = leads,
     .ignored =
         "Lead - Creator|Lead - Update time|Lead - Next activity date|Lead - Visible to|Lead - Contact person|Lead - Organization"},
    {.kind = FORE_KIND_LEADS,
     .file_names = "leads",
     .signature = "title & was_seen",
     .binds = leads,
     .ignored = "was_seen|is_archived|update_time|next_activity_id|cc_email|visible_to|creator_id"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "activities",
     .signature = "Activity - Subject|Activity - ID|Activity - Pipedrive System ID & "
                  "Activity - Type & " ONLY_ACTIVITIES,
     .binds = activities,
     .ignored =
         "Activity - Note|Activity - Public description|Activity - Location|Activity - Priority",
     .shape = shape_activity,
     .note =
         "done activities count when they were marked as done, else when they were due; undone ones are planned"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "activity|activities",
     .signature = "activity_id|id & type & due_to|due_date & done & due_to|assigned_to_user|"
                  "marked_as_done_time|person_id|org_id|project_id|busy|participants|attendees",
     .binds = activities,
     .ignored =
         "update_time|note|public_description|location|busy|priority|creator_user_id|project_id",
     .shape = shape_activity,
     .note =
         "done activities count when they were marked as done, else when they were due; undone ones are planned"},
    {.kind = FORE_KIND_CONTACTS,
     .file_names = "persons|people",
     .signature = "Person - Name & " ONLY_PERSONS,
     .binds = persons},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "organizations",
     .signature = "Organization - Name & " ONLY_ORGANISATIONS,
     .binds = organisations,
     .ignored =
         "Organization - Visible to|Organization - Update time|Organization - Open deals|Organization - Won deals|Organization - Lost deals"},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "deal_changes",
     .signature = "deal_id & changed_field_key & new_value & change_time",
     .binds = changes,
     .shape = fore_shape_change,
     .note = "changes of stage, owner, amount and outcome are kept"},
    {.kind = FORE_KIND_STAGES,
     .file_names = "stages",
     .signature = "stage_id & stage_name",
     .binds = stages,
     .lookup = FORE_LOOK_STAGE},
    {.kind = FORE_KIND_STAGES,
     .file_names = "stages",
     .signature = "id & name & order_nr & pipeline_id",
     .binds = stages,
     .ignored =
         "order_nr|pipeline_id|deal_probability|is_deal_rot_enabled|days_to_rotten|add_time|update_time|is_deleted",
     .lookup = FORE_LOOK_STAGE},
    {.kind = FORE_KIND_NAMES,
     .file_names = "fields",
     .signature = "FIELD_KEY & FIELD_VALUE_OPTIONS",
     .binds = fields,
     .ignored = "ID|NAME",
     .shape = shape_field,
     .lookup = FORE_LOOK_FIELD},
    {.kind = FORE_KIND_REPS,
     .file_names = "users",
     .name_needed = true,
     .signature = "id & name & email & modified|active_flag|role_id",
     .binds = users,
     .ignored =
         "email|modified|active_flag|role_id|phone|last_login|created|lang|timezone_name|is_admin"},
    {.kind = FORE_KIND_NOTHING,
     .file_names = "activity_types",
     .name_needed = true,
     .signature = "id & name & active & type",
     .note = "names of activity types are not needed"},
    {.signature = NULL}};

const fore_format fore_format_pipedrive = {
    .name = "pipedrive", .title = "Pipedrive", .rules = rules, .usual_order = FORE_ORDER_ISO};
