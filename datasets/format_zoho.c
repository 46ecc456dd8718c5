/* Zoho CRM: module exports and Zoho Analytics tables. People are named, records have long ids;
 * calls reach deals through the contact (CONTACTID = the deal's "Contact Name", which holds the
 * contact's id). */
#include <string.h>

#include "datasets/import_run.h"

/* Potentials of Zoho Analytics carry no id of their own. */
static fore_status shape_deal(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    fore_unset_zero(row, FORE_SLOT_LEAD);
    fore_unset_zero(row, FORE_SLOT_CONTACT);
    fore_unset_zero(row, FORE_SLOT_ACCOUNT);
    if (fore_has(row, FORE_SLOT_ID)) return FORE_OK;
    const char *name = fore_text_of(row, FORE_SLOT_NAME),
               *created = fore_text_of(row, FORE_SLOT_CREATED_AT);
    if (!name || !created)
        return fore_reject(run, "deal_id", NULL,
                           "no key, and no name and creation time to make one from", err);
    const char *lead = fore_text_of(row, FORE_SLOT_LEAD);
    const char *id = fore_arena_format(run->scrap, "%s / %s%s%s", name, created, lead ? " / " : "",
                                       lead ? lead : "");
    if (!id) return fore_no_memory(err);
    fore_set_text(row, FORE_SLOT_ID, id);
    return FORE_OK;
}

static void unset_zeros(fore_row *row)
{
    fore_unset_zero(row, FORE_SLOT_DEAL);
    fore_unset_zero(row, FORE_SLOT_LEAD);
    fore_unset_zero(row, FORE_SLOT_CONTACT);
    fore_unset_zero(row, FORE_SLOT_ACCOUNT);
}

/* "18:15" in a call's duration is 18 minutes and 15 seconds, not hours and minutes. */
static void read_short_clock(fore_row *row)
{
    const char *text = fore_text_of(row, FORE_SLOT_MINUTES), *colon = text ? strchr(text, ':') : 0;
    if (colon && !strchr(colon + 1, ':')) row->values[FORE_SLOT_MINUTES].number /= 60;
}

static fore_status shape_call(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)keep;
    (void)err;
    const char *status = fore_text_of(row, FORE_SLOT_STATUS);
    unset_zeros(row);
    read_short_clock(row);
    fore_set_kind(row, FORE_CALL);
    bool planned = status && (fore_text_equal_fold(status, "Scheduled") ||
                              fore_text_equal_fold(status, "Overdue"));
    if (planned) fore_move(row, FORE_SLOT_AT, FORE_SLOT_DUE_AT);
    return FORE_OK;
}

static fore_status shape_event(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)keep;
    (void)err;
    unset_zeros(row);
    fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_MEETING));
    fore_minutes_from_end(row);
    return FORE_OK;
}

static fore_status shape_task(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)keep;
    (void)err;
    const char *status = fore_text_of(row, FORE_SLOT_STATUS);
    unset_zeros(row);
    fore_set_kind(row, fore_kind_of_subject(fore_text_of(row, FORE_SLOT_SUBJECT), FORE_OTHER));
    fore_settle_task(row, status && fore_text_equal_fold(status, "Completed"));
    return FORE_OK;
}

static fore_status shape_order(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)run;
    (void)err;
    const char *status = fore_text_of(row, FORE_SLOT_STATUS);
    unset_zeros(row);
    *keep = !status || !fore_text_equal_fold(status, "Cancelled");
    return FORE_OK;
}

static const fore_bind leads[] = {
    FORE_TO(ID, "LEADID|Lead Id|Record Id|Id"),
    FORE_TO(NAME, "Full Name|Lead Name"),
    FORE_TO(FIRST_NAME, "First Name"),
    FORE_TO(LAST_NAME, "Last Name"),
    FORE_TO(EMAIL, "Email"),
    FORE_TO(PHONE, "Phone|Mobile"),
    FORE_TO(TITLE, "Title|Designation"),
    FORE_TO(SOURCE, "Lead Source"),
    FORE_TO(CAMPAIGN, "Campaign Id|Campaign Source.id"),
    FORE_TO(OWNER, "Lead Owner Name|Lead Owner"),
    FORE_TO(CREATED_AT, "Created Time"),
    FORE_TO_WORDS(
        STATUS, "Lead Status",
        "Not Contacted=new|New=new|Pre Qualified=qualified|Pre-Qualified=qualified|Qualified=qualified|"
        "Junk Lead=disqualified|Not Qualified=disqualified|Lost Lead=lost|Converted=converted|*=working"),
    FORE_TO(CONVERTED, "CONVERTED|Is Converted"),
    FORE_TO(CLOSED_AT, "Converted Time|Converted Date Time|Lead Conversion Time"),
    FORE_TO(DEAL, "Converted Deal.id|Converted Deal Id|POTENTIALID"),
    FORE_TO(CONTACT, "Converted Contact.id|CONTACTID"),
    FORE_TO(ACCOUNT, "Converted Account.id|ACCOUNTID"),
    FORE_TO(MAIL_OPT_OUT, "Email Opt Out"),
    {0}};

static const fore_bind deals[] = {
    FORE_TO(ID, "Id|Record Id|Deal Id|POTENTIALID|Potential Id"),
    FORE_TO(NAME, "Deal Name|Potential Name|Opportunity Name"),
    FORE_TO(OWNER, "Deal Owner Name|Deal Owner|Potential Owner|Opportunity Owner"),
    FORE_TO(CLOSE_DATE, "Closing Date"),
    FORE_TO(STAGE, "Stage"),
    FORE_TO(LOST_REASON, "Lost Reason|Reason For Loss|Loss Reason"),
    FORE_TO(CAMPAIGN, "Campaign Id|Campaign Source.id|Campaign Source|Campaign"),
    FORE_TO(SOURCE, "Lead Source|Source"),
    FORE_TO(AMOUNT, "Amount|Offer Total Amount"),
    FORE_TO(CURRENCY, "Currency"),
    FORE_TO(PRODUCT, "Product Name|Product"),
    FORE_TO(CREATED_AT, "Created Time"),
    FORE_TO(CONTACT, "Contact Name.id|CONTACTID|Contact Id|Contact Name"),
    FORE_TO(ACCOUNT, "Account Name.id|ACCOUNTID|Account Id|Account Name"),
    FORE_TO(LEAD, "LEADID|Lead Id"),
    {0}};

static const fore_bind contacts[] = {
    FORE_TO(ID, "CONTACTID|Contact Id|Record Id|Id"),
    FORE_TO(NAME, "Full Name|Contact Name"),
    FORE_TO(FIRST_NAME, "First Name"),
    FORE_TO(LAST_NAME, "Last Name"),
    FORE_TO(OWNER, "Contact Owner Name|Contact Owner"),
    FORE_TO(ACCOUNT, "Account Name.id|ACCOUNTID|Account Id|Account Name"),
    FORE_TO(CREATED_AT, "Created Time"),
    {0}};

static const fore_bind accounts[] = {FORE_TO(ID, "ACCOUNTID|Account Id|Record Id|Id"),
                                     FORE_TO(NAME, "Account Name"),
                                     FORE_TO(INDUSTRY, "Industry"),
                                     FORE_TO(EMPLOYEES, "Employees|No. of Employees"),
                                     FORE_TO(ANNUAL_REVENUE, "Annual Revenue"),
                                     FORE_TO(COUNTRY, "Billing Country"),
                                     FORE_TO(REGION, "Billing State"),
                                     FORE_TO(OWNER, "Account Owner Name|Account Owner"),
                                     FORE_TO(CREATED_AT, "Created Time"),
                                     {0}};

#define LINKED                                                                                     \
    FORE_TO(CONTACT, "CONTACTID|Contact Name.id|Contact Id|Contact Name"),                         \
        FORE_TO(DEAL, "POTENTIALID|Deal Id|Deal Name.id"), FORE_TO(LEAD, "LEADID|Lead Id"),        \
        FORE_TO(ACCOUNT, "ACCOUNTID|Account Id")

static const fore_bind calls[] = {
    FORE_TO(ID, "Id|CALLID|TASKID|Call Id|Record Id"),
    FORE_TO(AT, "Call Start Time"),
    FORE_TO(REP, "Call Owner Name|Call Owner"),
    LINKED,
    FORE_TO_WORDS(DIRECTION, "Call Type", "Outbound=outbound|Inbound=inbound|Missed=inbound|*="),
    FORE_TO_UNIT(MINUTES, "Call Duration (in seconds)", 1),
    FORE_TO_UNIT(MINUTES, "Call Duration (in minutes)|Call Duration", 60),
    FORE_TO(OUTCOME, "Call Status|Call Result"),
    FORE_TO(STATUS, "Outgoing Call Status"),
    {0}};

static const fore_bind events[] = {FORE_TO(ID, "EVENTID|Event Id|Record Id|Id"),
                                   FORE_TO(REP, "Event Owner|Event Owner Name|Meeting Owner|Host"),
                                   FORE_TO(AT, "Start DateTime|From"),
                                   FORE_TO(ENDED_AT, "End DateTime|To"),
                                   FORE_TO(SUBJECT, "Subject|Title|Event Title"),
                                   LINKED,
                                   {0}};

static const fore_bind tasks[] = {FORE_TO(ID, "TASKID|Task Id|Record Id|Id"),
                                  FORE_TO(REP, "Task Owner|Task Owner Name"),
                                  FORE_TO(CREATED_AT, "Created Time"),
                                  FORE_TO(DUE_AT, "Due Date"),
                                  FORE_TO(DONE_AT, "Closed Time"),
                                  FORE_TO(SUBJECT, "Subject"),
                                  FORE_TO(STATUS, "Status"),
                                  LINKED,
                                  {0}};

static const fore_bind campaigns[] = {FORE_TO(ID, "CAMPAIGNID|Campaign Id|Record Id|Id"),
                                      FORE_TO(NAME, "Campaign Name"),
                                      FORE_TO(CHANNEL, "Type"),
                                      FORE_TO(STARTED_AT, "Start Date"),
                                      FORE_TO(ENDED_AT, "End Date"),
                                      FORE_TO(COST, "Actual Cost|Budgeted Cost"),
                                      {0}};

static const fore_bind products[] = {FORE_TO(ID, "PRODUCTID|Product Id|Record Id|Id"),
                                     FORE_TO(NAME, "Product Name"),
                                     FORE_TO(CATEGORY, "Product Category"),
                                     FORE_TO(LIST_PRICE, "Unit Price"),
                                     {0}};

static const fore_bind orders[] = {
    FORE_TO(ID, "SALESORDERID|Sales Order Id|Record Id|Id"),
    FORE_TO(AT, "Created Time"),
    FORE_TO(AMOUNT, "Grand Total"),
    FORE_TO(STATUS, "Status"),
    FORE_TO(ACCOUNT, "ACCOUNTID|Account Id|Account Name.id|Account Name"),
    FORE_TO(DEAL, "POTENTIALID|Deal Id|Deal Name.id"),
    FORE_TO(CURRENCY, "Currency"),
    {0}};

static const fore_bind stage_history[] = {
    FORE_TO(DEAL, "POTENTIALID|Deal Id|Deal Name.id|Parent Id"),
    FORE_TO(AT, "Modified Time|Last Modified Time"),
    FORE_TO(STAGE, "Stage"),
    FORE_TO(AMOUNT, "Amount"),
    FORE_TO(CLOSE_DATE, "Closing Date"),
    {0}};

static const fore_bind spend[] = {FORE_TO(ID, "Campaign|Campaign Name"),
                                  FORE_TO(AT, "Date"),
                                  FORE_TO(CHANNEL, "Source|Platform"),
                                  FORE_TO(COST, "Spend|Cost"),
                                  {0}};

#define STAMPS                                                                                                \
    "Modified Time|Last Activity Time|Created By|Modified By|Created By Id|Modified By Id|Tag|Lead Owner Id|" \
    "Deal Owner Id|Potential Owner Id|Account Owner Id|Contact Owner Id"

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_LEADS,
     .file_names = "Leads",
     .signature = "Lead Owner|Lead Owner Name & Lead Status|Lead Source & Created Time",
     .binds = leads,
     .ignored = STAMPS "|month_Created Time1|Unsubscribed Time|Days Visited|Prediction Score",
     .note = "statuses are read as new, working, qualified, converted, disqualified or lost"},
    {.kind = FORE_KIND_DEALS,
     .file_names = "Deals|Potentials|Opportunities",
     .signature =
         "Stage & Closing Date & Deal Owner Name|Deal Owner|Potential Owner|Opportunity Owner",
     .binds = deals,
     .ignored = STAMPS
     "|Age in Days|Age Tier|Amount Tier|Tasks Involved|Events Involved|Calls Involved|Activities Involved|"
     "Forecast Type|Expected Revenue|Overall Sales Duration|Sales Cycle Duration",
     .shape = shape_deal,
     .note =
         "Closing Date is the closing of won and lost deals and the expected one of open deals; a deal without an id is "
         "known by its name, creation time and lead"},
    {.kind = FORE_KIND_CONTACTS,
     .file_names = "Contacts",
     .signature = "Contact Owner Name|Contact Owner & Created Time",
     .binds = contacts},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "Accounts",
     .signature = "Account Owner Name|Account Owner & Account Name",
     .binds = accounts,
     .ignored = STAMPS},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Calls",
     .signature = "Call Start Time & Call Type",
     .binds = calls,
     .ignored =
         "Subject|Call Purpose|Billable|Scheduled in CRM|Who Id Id|What Id|SEMODULE|Call Owner Id|" STAMPS,
     .shape = shape_call,
     .note =
         "calls are linked to deals and leads through the contact where they name no deal or lead; "
         "Call Duration read as minutes:seconds where it has two parts"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Events|Meetings",
     .signature = "Start DateTime|From & Event Owner|Event Owner Name|Meeting Owner|Host",
     .binds = events,
     .ignored = "Event Owner Id|Who Id Id|What Id|SEMODULE|Created Time|" STAMPS,
     .shape = shape_event,
     .note = "demos and visits are told from meetings by their subject"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "Tasks",
     .signature = "Task Owner|Task Owner Name & Due Date",
     .binds = tasks,
     .ignored = STAMPS,
     .shape = shape_task,
     .note = "completed tasks count at their closing, else their due date; open ones are planned"},
    {.kind = FORE_KIND_CAMPAIGNS,
     .file_names = "Campaigns",
     .signature = "Campaign Name & Actual Cost|Budgeted Cost",
     .binds = campaigns,
     .ignored = "Status|Expected Revenue|Created Time|" STAMPS},
    {.kind = FORE_KIND_SPEND,
     .file_names = "spend",
     .signature = "Spend & Campaign & Date",
     .binds = spend,
     .ignored = "Impressions|Clicks|AdGroup|Ad",
     .note = "advertising spend is summed per campaign"},
    {.kind = FORE_KIND_PRODUCTS,
     .file_names = "Products",
     .signature = "Product Name & Unit Price",
     .binds = products,
     .ignored = STAMPS},
    {.kind = FORE_KIND_ORDERS,
     .file_names = "Sales_Orders|Sales Orders",
     .signature = "SALESORDERID|Sales Order Owner & Grand Total",
     .binds = orders,
     .ignored =
         "Subject|Due Date|Sub Total|Discount|Tax|Adjustments|Is Delayed?|Age In Days|Age Tier|" STAMPS,
     .shape = shape_order,
     .note = "cancelled orders are passed over"},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "Stage History|Deal History|Potential Stage History",
     .signature =
         "POTENTIALID|Deal Id|Deal Name.id|Parent Id & Stage & Modified Time|Last Modified Time",
     .binds = stage_history,
     .ignored = "Probability|Expected Revenue|Duration|Modified By",
     .shape = fore_shape_snapshot},
    {.kind = FORE_KIND_NOTHING,
     .signature = "Campaign Name & Lead First Name & Status",
     .note =
         "it names leads and campaigns without their ids, so campaign touches cannot be linked"},
    {.kind = FORE_KIND_NOTHING,
     .signature = "Quote Stage & Quote Owner",
     .note = "quotes are not used"},
    {.signature = NULL}};

const fore_format fore_format_zoho = {.name = "zoho",
                                      .title = "Zoho CRM",
                                      .rules = rules,
                                      .usual_order = FORE_DAY_FIRST,
                                      .names_are_keys = true};
