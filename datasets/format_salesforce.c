/* Salesforce: objects with API names (Data Loader, bulk CSV), also with external ids in place of
 * ids (Owner.External_Id__c); a final "__c" never counts. Reports have labels in place of API names
 * and name people and accounts, mostly without ids. OpportunityHistory holds the values of the
 * time. */
#include <math.h>
#include <string.h>

#include "datasets/import_run.h"

static fore_slot slot_of_prefix(const char *id)
{
    size_t n = strlen(id);
    if (n != 15 && n != 18) return FORE_SLOT_COUNT;
    if (strncmp(id, "006", 3) == 0) return FORE_SLOT_DEAL;
    if (strncmp(id, "00Q", 3) == 0) return FORE_SLOT_LEAD;
    if (strncmp(id, "003", 3) == 0) return FORE_SLOT_CONTACT;
    if (strncmp(id, "001", 3) == 0) return FORE_SLOT_ACCOUNT;
    if (strncmp(id, "701", 3) == 0) return FORE_SLOT_CAMPAIGN;
    return FORE_SLOT_COUNT;
}

/* WhoId and WhatId name records of several objects: told by the id's prefix, else by what is known.
 */
static fore_status resolve(fore_importing *run, fore_row *row, fore_slot from, fore_slot usual,
                           fore_error *err)
{
    static const struct {
        fore_entity entity;
        fore_slot slot;
    } tries[] = {{FORE_DEAL, FORE_SLOT_DEAL},
                 {FORE_LEAD, FORE_SLOT_LEAD},
                 {FORE_ACCOUNT, FORE_SLOT_ACCOUNT},
                 {FORE_CONTACT, FORE_SLOT_CONTACT}};
    const char *id = fore_text_of(row, from);
    if (!id) return FORE_OK;
    fore_slot to = slot_of_prefix(id);
    for (size_t i = 0; to == FORE_SLOT_COUNT && i < 4; i++) {
        int64_t pk = 0;
        FORE_TRY(fore_store_find(run->store, tries[i].entity, id, &pk, err));
        if (pk != 0) to = tries[i].slot;
    }
    if (to == FORE_SLOT_COUNT) to = usual;
    fore_set_text(row, to, id);
    return FORE_OK;
}

static fore_status link(fore_importing *run, fore_row *row, fore_error *err)
{
    FORE_TRY(resolve(run, row, FORE_SLOT_WHAT, FORE_SLOT_DEAL, err));
    return resolve(run, row, FORE_SLOT_WHO, FORE_SLOT_CONTACT, err);
}

static fore_activity_kind task_kind(const fore_row *row)
{
    const char *subtype = fore_text_of(row, FORE_SLOT_SUBTYPE),
               *subject = fore_text_of(row, FORE_SLOT_SUBJECT);
    bool has_call = fore_has(row, FORE_SLOT_OUTCOME) || fore_has(row, FORE_SLOT_DIRECTION);
    if (subtype && fore_text_equal_fold(subtype, "Call")) return FORE_CALL;
    if (subtype && fore_text_equal_fold(subtype, "Email")) return FORE_EMAIL;
    if (subtype && fore_text_equal_fold(subtype, "ListEmail")) return FORE_SEND;
    return fore_kind_of_subject(subject, has_call ? FORE_CALL : FORE_OTHER);
}

static fore_status shape_task(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const char *status = fore_text_of(row, FORE_SLOT_STATUS);
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    fore_activity_kind kind = task_kind(row);
    bool done = fore_has(row, FORE_SLOT_IS_CLOSED)
                    ? fore_flag_of(row, FORE_SLOT_IS_CLOSED)
                    : status && fore_text_equal_fold(status, "Completed");
    fore_set_kind(row, kind);
    if (kind != FORE_CALL) {
        fore_unset(row, FORE_SLOT_MINUTES);
        fore_unset(row, FORE_SLOT_OUTCOME);
    }
    fore_settle_task(row, done);
    return link(run, row, err);
}

static fore_status shape_event(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_MEETING));
    fore_minutes_from_end(row);
    return link(run, row, err);
}

/* A converted lead names its deal; the deal does not name the lead. The account that the conversion
 * made is not read: nobody knew it before, and the deal names it. */
static fore_status shape_lead(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    const char *deal = fore_text_of(row, FORE_SLOT_DEAL), *id = fore_text_of(row, FORE_SLOT_ID);
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    if (!deal || !id || !*keep) return FORE_OK;
    fore_lookup_entry entry = {.text = id};
    return fore_lookup_put(run, FORE_LOOK_LEAD_OF_DEAL, deal, &entry, err);
}

static fore_status shape_line_item(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    if (fore_has(row, FORE_SLOT_VALUE)) return FORE_OK;
    const fore_lookup_entry *price =
        fore_lookup_find(run, FORE_LOOK_PRODUCT_OF_PRICE, fore_text_of(row, FORE_SLOT_PRODUCT));
    *keep = *keep && price;
    if (price) fore_set_text(row, FORE_SLOT_VALUE, price->text);
    (void)err;
    return FORE_OK;
}

static fore_status shape_member(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)err;
    bool responded = fore_flag_of(row, FORE_SLOT_DONE);
    *keep = !fore_flag_of(row, FORE_SLOT_IS_DELETED);
    fore_set_kind(row, responded ? FORE_REPLY : FORE_SEND);
    fore_set_text(row, FORE_SLOT_DIRECTION, responded ? "inbound" : "outbound");
    if (responded) fore_move(row, FORE_SLOT_DONE_AT, FORE_SLOT_AT);
    if (!fore_has(row, FORE_SLOT_AT)) fore_move(row, FORE_SLOT_CREATED_AT, FORE_SLOT_AT);
    return FORE_OK;
}

#define ID_COLUMN FORE_TO(ID, "Id|External_Id__c")
#define DELETED FORE_TO(IS_DELETED, "IsDeleted")
#define OWNER_NAMES "OwnerId|Owner.External_Id__c|Owner ID"
#define CREATED                                                                                    \
    FORE_TO(CREATED_AT, "CreatedDate|CreatedDate__c|DateTimeCreated__c|Created Date|Create Date")

static const fore_bind opportunities[] = {
    FORE_TO(ID, "Id|External_Id__c|Opportunity ID"),
    FORE_TO(NAME, "Name|Opportunity Name"),
    FORE_TO(ACCOUNT, "AccountId|Account.External_Id__c|Account ID|Account Name"),
    FORE_TO(OWNER, OWNER_NAMES "|Opportunity Owner"),
    FORE_TO(STAGE, "StageName|Stage"),
    FORE_TO(AMOUNT, "Amount"),
    FORE_TO(CURRENCY, "CurrencyIsoCode|Amount Currency"),
    FORE_TO(CLOSE_DATE, "CloseDate|Close Date"),
    CREATED,
    FORE_TO(IS_WON, "IsWon|Won"),
    FORE_TO(IS_CLOSED, "IsClosed|Closed"),
    FORE_TO(SOURCE, "LeadSource|Lead Source"),
    FORE_TO(CAMPAIGN, "CampaignId|Campaign.External_Id__c"),
    FORE_TO(CONTACT, "ContactId|Contact.External_Id__c"),
    FORE_TO(LOST_REASON,
            "Loss_Reason__c|Lost_Reason__c|Closed_Lost_Reason__c|Loss Reason|Lost Reason"),
    DELETED,
    {0}};

static const fore_bind history[] = {
    FORE_TO(DEAL, "OpportunityId|Opportunity.External_Id__c|Opportunity ID"),
    FORE_TO(AT, "CreatedDate|Last Modified"),
    FORE_TO(STAGE, "StageName|To Stage"),
    FORE_TO(AMOUNT, "Amount"),
    FORE_TO(CLOSE_DATE, "CloseDate|Close Date"),
    FORE_TO(CATEGORY, "ForecastCategory|ForecastCategoryName"),
    DELETED,
    {0}};

static const fore_bind field_history[] = {FORE_TO(DEAL, "OpportunityId|Opportunity.External_Id__c"),
                                          FORE_TO(AT, "CreatedDate"),
                                          FORE_TO(FIELD, "Field"),
                                          FORE_TO(OLD, "OldValue"),
                                          FORE_TO(NEW, "NewValue"),
                                          DELETED,
                                          {0}};

#define LINKED                                                                                     \
    FORE_TO(WHO, "WhoId|Who.External_Id__c"), FORE_TO(WHAT, "WhatId|What.External_Id__c"),         \
        FORE_TO(DEAL, "Opportunity ID"), FORE_TO(LEAD, "Lead ID"), FORE_TO(CONTACT, "Contact ID"), \
        FORE_TO(ACCOUNT, "AccountId")

static const fore_bind tasks[] = {
    FORE_TO(ID, "Id|External_Id__c|Activity ID|Task ID"),
    FORE_TO(REP, OWNER_NAMES "|Assigned|Assigned To"),
    LINKED,
    FORE_TO(SUBJECT, "Subject"),
    FORE_TO(SUBTYPE, "TaskSubtype|Task Subtype"),
    FORE_TO(STATUS, "Status"),
    FORE_TO(IS_CLOSED, "IsClosed|Closed"),
    FORE_TO(DUE_AT, "ActivityDate|Due Date|Date"),
    FORE_TO(DONE_AT, "CompletedDateTime|Completed Date/Time"),
    CREATED,
    FORE_TO_UNIT(MINUTES, "CallDurationInSeconds|Call Duration", 1),
    FORE_TO(OUTCOME, "CallDisposition|Call Result"),
    FORE_TO_WORDS(DIRECTION, "CallType", "Inbound=inbound|Outbound=outbound|*="),
    DELETED,
    {0}};

static const fore_bind events[] = {
    FORE_TO(ID, "Id|External_Id__c|Activity ID|Event ID"),
    FORE_TO(REP, OWNER_NAMES "|Assigned|Assigned To"),
    LINKED,
    FORE_TO(SUBJECT, "Subject"),
    FORE_TO(AT, "StartDateTime|ActivityDateTime|ActivityDate|Start|Date"),
    FORE_TO(ENDED_AT, "EndDateTime|End"),
    FORE_TO_UNIT(MINUTES, "DurationInMinutes|Duration", 60),
    DELETED,
    {0}};

static const fore_bind leads[] = {
    FORE_TO(ID, "Id|External_Id__c|Lead ID"),
    FORE_TO(NAME, "Name"),
    FORE_TO(FIRST_NAME, "FirstName"),
    FORE_TO(LAST_NAME, "LastName"),
    FORE_TO(EMAIL, "Email"),
    FORE_TO(PHONE, "Phone|MobilePhone"),
    FORE_TO(TITLE, "Title"),
    FORE_TO(SOURCE, "LeadSource"),
    FORE_TO(OWNER, OWNER_NAMES "|Lead Owner"),
    CREATED,
    FORE_TO_WORDS(
        STATUS, "Status|Lead Status",
        "Open - Not Contacted=new|New=new|Open=new|Draft=new|Submitted=new|Qualified=qualified|Approved=qualified|"
        "Closed - Converted=converted|Qualified - Convert=qualified|Closed - Not Converted=lost|"
        "Unqualified=disqualified|Rejected=disqualified|Archived=lost|*=working"),
    FORE_TO(CONVERTED, "IsConverted|Converted"),
    FORE_TO(CLOSED_AT, "ConvertedDate"),
    FORE_TO(DEAL, "ConvertedOpportunityId|ConvertedOpportunity.External_Id__c"),
    FORE_TO(CONTACT, "ConvertedContactId|ConvertedContact.External_Id__c"),
    FORE_TO(DO_NOT_CONTACT, "DoNotCall"),
    FORE_TO(MAIL_OPT_OUT, "HasOptedOutOfEmail|Email Opt Out"),
    DELETED,
    {0}};

static const fore_bind accounts[] = {FORE_TO(ID, "Id|External_Id__c|Account ID"),
                                     FORE_TO(NAME, "Name|Account Name"),
                                     FORE_TO(INDUSTRY, "Industry"),
                                     FORE_TO(EMPLOYEES, "NumberOfEmployees|Employees"),
                                     FORE_TO(ANNUAL_REVENUE, "AnnualRevenue"),
                                     FORE_TO(COUNTRY, "BillingCountry|Billing Country (text only)"),
                                     FORE_TO(REGION, "BillingState|Billing State/Province"),
                                     FORE_TO(OWNER, OWNER_NAMES "|Account Owner"),
                                     CREATED,
                                     DELETED,
                                     {0}};

static const fore_bind contacts[] = {
    FORE_TO(ID, "Id|External_Id__c|Contact ID"),
    FORE_TO(NAME, "Name|Full Name"),
    FORE_TO(FIRST_NAME, "FirstName"),
    FORE_TO(LAST_NAME, "LastName"),
    FORE_TO(ACCOUNT, "AccountId|Account.External_Id__c|Account Name"),
    FORE_TO(OWNER, OWNER_NAMES "|Contact Owner"),
    CREATED,
    DELETED,
    {0}};

static const fore_bind line_items[] = {
    FORE_TO(KEY, "OpportunityId|Opportunity.External_Id__c"),
    FORE_TO(VALUE, "Product2Id|Product2.External_Id__c"),
    FORE_TO(PRODUCT, "PricebookEntryId|PricebookEntry.External_Id__c"),
    FORE_TO(AMOUNT, "TotalPrice"),
    DELETED,
    {0}};

static const fore_bind prices[] = {FORE_TO(KEY, "Id|External_Id__c"),
                                   FORE_TO(VALUE, "Product2Id|Product2.External_Id__c"),
                                   DELETED,
                                   {0}};

static const fore_bind products[] = {
    ID_COLUMN, FORE_TO(NAME, "Name"), FORE_TO(CATEGORY, "Family"), DELETED, {0}};

/* Names of the object (Data Loader) and of the columns that the vendor's own guide has in its file.
 */
static const fore_bind quotas[] = {
    FORE_TO(SCOPE_ID, "QuotaOwnerId|QuotaOwner.External_Id__c|User.External_Id__c|"
                      "Owner.External_Id__c|OwnerId|User ID|Forecast Owner ID"),
    FORE_TO(REP_NAME, "OwnerName__c|QuotaOwner.Name|User Name|Quota Owner|Forecast Owner|"
                      "Quota Owner Name|Forecast Owner Name|Owner.Name|Owner|User"),
    FORE_TO(PERIOD_START, "StartDate|StartDate__c|Period.StartDate"),
    FORE_TO(KEY, "Period.Type|Period Type|PeriodType__c"),
    FORE_TO(AMOUNT, "QuotaAmount|QuotaAmount__c"),
    FORE_TO(QUANTITY, "QuotaQuantity"),
    FORE_TO(CURRENCY, "CurrencyIsoCode|Currency Code|Quota Amount Currency"),
    FORE_TO(SUBTYPE, "ForecastingTypeId|Forecast Type ID|ForecastingType.DeveloperName|"
                     "Forecast Type Name|Forecasting Type|Forecast Type"),
    FORE_TO(CATEGORY, "ProductFamily|ForecastingGroupItemId"),
    FORE_TO(REGION, "Territory2Id|Territory2.Name|Territory Name"),
    {0}};

static const fore_bind users[] = {ID_COLUMN,
                                  FORE_TO(NAME, "Name"),
                                  FORE_TO(FIRST_NAME, "FirstName"),
                                  FORE_TO(LAST_NAME, "LastName"),
                                  FORE_TO(TEAM, "UserRole.Name|Department"),
                                  FORE_TO(REGION, "Division|Country"),
                                  FORE_TO(MANAGER, "ManagerId"),
                                  {0}};

static const fore_bind campaigns[] = {ID_COLUMN,
                                      FORE_TO(NAME, "Name"),
                                      FORE_TO(CHANNEL, "Type"),
                                      FORE_TO(STARTED_AT, "StartDate"),
                                      FORE_TO(ENDED_AT, "EndDate"),
                                      FORE_TO(COST, "ActualCost|BudgetedCost"),
                                      {0}};

static const fore_bind members[] = {ID_COLUMN,
                                    FORE_TO(CAMPAIGN, "CampaignId"),
                                    FORE_TO(LEAD, "LeadId"),
                                    FORE_TO(CONTACT, "ContactId"),
                                    FORE_TO(DONE, "HasResponded"),
                                    FORE_TO(DONE_AT, "FirstRespondedDate"),
                                    CREATED,
                                    DELETED,
                                    {0}};

static const fore_bind stages[] = {FORE_TO(KEY, "ApiName|MasterLabel"),
                                   FORE_TO(VALUE, "MasterLabel"),
                                   FORE_TO(IS_WON, "IsWon"),
                                   FORE_TO(IS_CLOSED, "IsClosed"),
                                   {0}};

#define STAMPS                                                                                                         \
    "Last Activity|Last Modified By|Created By|Owner Role|"                                                            \
    "CreatedById|LastModifiedDate|LastModifiedById|SystemModstamp|LastActivityDate|LastViewedDate|LastReferencedDate|" \
    "PhotoUrl|MasterRecordId|IsUnreadByOwner|Latitude|Longitude|GeocodeAccuracy|BillingLatitude|BillingLongitude|"     \
    "ShippingLatitude|ShippingLongitude|CleanStatus|JigsawContactId|Jigsaw|IndividualId"

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_DEALS,
     .file_names = "Opportunity|Opportunities",
     .signature = "StageName & CloseDate & Name|AccountId|IsWon",
     .binds = opportunities,
     .ignored =
         STAMPS "|ExpectedRevenue|FiscalQuarter|FiscalYear|Fiscal|"
                "HasOpenActivity|HasOverdueTask|HasOpportunityLineItem|Pricebook2Id|NextStep",
     .shape = fore_shape_live,
     .note = "CloseDate is the closing of won and lost deals and the expected one of open deals"},
    {.kind = FORE_KIND_DEALS,
     .file_names = "Opportunities|Opportunity Report|report",
     .signature =
         "Opportunity ID|Opportunity Name & Stage & Opportunity Owner & Close Date|Created Date|Created",
     .binds = opportunities,
     .ignored = STAMPS "|Opportunity Name|Account Name|Age|Expected Revenue|"
                       "Fiscal Period|Next Step|Stage Duration|"
                       "Last Stage Change Date",
     .shape = fore_shape_live,
     .note = "a report: owners are known by their names; Close Date is the closing of won and lost "
             "deals and the expected one of open deals"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Activities|Tasks|report",
     .signature = "Assigned|Assigned To & Subject & Date|Due Date",
     .binds = tasks,
     .ignored = STAMPS "|Priority|Contact|Lead|Opportunity|Company / Account|Task|Activity Type",
     .shape = shape_task,
     .note = "a report: completed tasks count at their completion, else their date; a task with a "
             "call result is a call"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Events|report",
     .signature = "Assigned|Assigned To & Subject & Start & End|Duration",
     .binds = events,
     .ignored = STAMPS "|Contact|Lead|Opportunity|Company / Account|Event|Location|Created Date",
     .shape = shape_event,
     .note = "a report: demos, visits and calls are told from meetings by their subject"},
    {.kind = FORE_KIND_LEADS,
     .file_names = "Leads|report",
     .signature =
         "Lead ID|Company / Account|Create Date|Created Date & Lead Status|Converted & Lead Owner",
     .binds = leads,
     .ignored = STAMPS "|Company / Account|Company",
     .shape = shape_lead,
     .note = "a report: owners are known by their names; statuses are read as new, working, "
             "qualified, converted, disqualified or lost"},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "Accounts|report",
     .signature = "Account Name & Account Owner & "
                  "Created Date|Create Date|Last Activity|Billing State/Province",
     .binds = accounts,
     .ignored = STAMPS,
     .shape = fore_shape_live},
    {.kind = FORE_KIND_CONTACTS,
     .file_names = "Contacts|report",
     .signature = "Contact ID & Contact Owner|Account Name & "
                  "Created Date|Create Date|Last Activity|Last Name",
     .binds = contacts,
     .ignored = STAMPS,
     .shape = fore_shape_live},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "OpportunityHistory",
     .signature = "StageName & OpportunityId|Opportunity.External_Id__c & CreatedDate",
     .binds = history,
     .ignored = STAMPS
     "|Id|External_Id|ExpectedRevenue|Probability|OpportunityHistoryKey|PrevAmount|PrevCloseDate",
     .shape = fore_shape_snapshot,
     .note = "changes are the differences between the values of the time"},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "OpportunityFieldHistory",
     .signature = "OpportunityId|Opportunity.External_Id__c & Field & NewValue",
     .binds = field_history,
     .ignored = STAMPS "|Id|DataType",
     .shape = fore_shape_change,
     .note = "changes of stage, amount, close date, owner and forecast category are kept"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Task|Tasks",
     .signature = "ActivityDate & Status & WhatId|WhoId|What.External_Id__c",
     .binds = tasks,
     .ignored = STAMPS "|Priority|IsHighPriority|CallObject",
     .shape = shape_task,
     .note =
         "completed tasks count at their completion, else their activity date; open ones are planned; a task with a call result is a call"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Event|Events",
     .signature = "DurationInMinutes|EndDateTime & ActivityDateTime|StartDateTime|ActivityDate",
     .binds = events,
     .ignored = STAMPS "|EventSubtype|CreatedDate|ActivityDate|ActivityDateTime",
     .shape = shape_event,
     .note = "demos, visits and calls are told from meetings by their subject"},
    {.kind = FORE_KIND_LEADS,
     .file_names = "Lead|Leads",
     .signature = "IsConverted & Status",
     .binds = leads,
     .ignored = STAMPS
     "|EmailBouncedReason|EmailBouncedDate|ConvertedAccountId|ConvertedAccount.External_Id",
     .shape = shape_lead,
     .note = "statuses are read as new, working, qualified, converted, disqualified or lost"},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "Account|Accounts",
     .signature = "Name & BillingCity|BillingCountry|BillingState|Ownership|AccountNumber",
     .binds = accounts,
     .ignored = STAMPS,
     .shape = fore_shape_live},
    {.kind = FORE_KIND_CONTACTS,
     .file_names = "Contact|Contacts",
     .signature = "AccountId & LastName",
     .binds = contacts,
     .shape = fore_shape_live},
    {.kind = FORE_KIND_LINKS,
     .file_names = "OpportunityLineItem",
     .signature =
         "OpportunityId|Opportunity.External_Id__c & PricebookEntryId|PricebookEntry.External_Id__c|Product2Id",
     .binds = line_items,
     .ignored = STAMPS "|Id|External_Id|Quantity|UnitPrice|ListPrice|ProductCode|Discount",
     .shape = shape_line_item,
     .lookup = FORE_LOOK_PRODUCT_OF_DEAL,
     .note = "a deal's product is that of its largest line"},
    {.kind = FORE_KIND_PRICES,
     .file_names = "PricebookEntry",
     .signature = "Product2Id|Product2.External_Id__c & UnitPrice",
     .binds = prices,
     .ignored = STAMPS "|IsActive|Pricebook2Id|Pricebook2.Name|UnitPrice",
     .shape = fore_shape_live,
     .lookup = FORE_LOOK_PRODUCT_OF_PRICE},
    {.kind = FORE_KIND_PRODUCTS,
     .file_names = "Product2",
     .signature = "ProductCode & Name",
     .binds = products,
     .ignored = STAMPS,
     .shape = fore_shape_live},
    {.kind = FORE_KIND_TARGETS,
     .file_names = "Quota|ForecastingQuota",
     .signature = "QuotaAmount|QuotaAmount__c & StartDate|Period.StartDate",
     .binds = quotas,
     .ignored = STAMPS "|Id|External_Id|PeriodId|IsAmount|IsQuantity|Forecast Type Name",
     .shape = fore_shape_quota,
     .note = "a quota whose period has no type holds for the month of the calendar that it starts "
             "in, unless its owner's all start three months or a year apart"},
    {.kind = FORE_KIND_REPS,
     .file_names = "User|Users",
     .signature = "Username|Alias|ProfileId|UserRoleId & Name|LastName",
     .binds = users,
     .ignored = STAMPS
     "|Email|Phone|Username|Alias|ProfileId|UserRoleId|TimeZoneSidKey|LocaleSidKey|LanguageLocaleKey|CommunityNickname"},
    {.kind = FORE_KIND_CAMPAIGNS,
     .file_names = "Campaign|Campaigns",
     .signature = "Name & ActualCost|BudgetedCost|NumberOfLeads",
     .binds = campaigns,
     .ignored = STAMPS},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "CampaignMember",
     .signature = "CampaignId & LeadId|ContactId & HasResponded",
     .binds = members,
     .ignored = STAMPS,
     .shape = shape_member,
     .note = "a member counts as a mail sent, and as a reply once it has responded"},
    {.kind = FORE_KIND_STAGES,
     .file_names = "OpportunityStage",
     .signature = "MasterLabel|ApiName & IsWon",
     .binds = stages,
     .ignored = STAMPS,
     .lookup = FORE_LOOK_STAGE},
    {.kind = FORE_KIND_NOTHING,
     .signature = "OpportunityId & ContactId & Role",
     .note = "contact roles are not used"},
    {.signature = NULL}};

const fore_format fore_format_salesforce = {
    .name = "salesforce", .title = "Salesforce", .rules = rules, .usual_order = FORE_MONTH_FIRST};
