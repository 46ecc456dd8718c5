/* Plain tables: everyday column names, as in spreadsheets and training sets (Maven Analytics' CRM
 * tables among them). Records that name others by their names are known by their names. */
#include "datasets/import_run.h"

static const fore_bind deals[] = {
    FORE_TO(ID, "opportunity_id|deal_id|Opportunity ID|Deal ID|Deal number|id"),
    FORE_TO(NAME, "opportunity_name|deal_name|Opportunity|Deal"),
    FORE_TO(OWNER, "sales_agent|owner_id|owner|sales_rep|Sales person|rep|agent|Account manager"),
    FORE_TO(PRODUCT, "product_id|product|Product name"),
    FORE_TO(ACCOUNT,
            "account_id|account|company|customer_id|customer|client|organisation|organization"),
    FORE_TO(CONTACT, "contact_id"),
    FORE_TO(LEAD, "lead_id"),
    FORE_TO(STAGE, "deal_stage|stage|sales_stage|pipeline_stage|status"),
    FORE_TO(
        CREATED_AT,
        "created_at|engage_date|created|create_date|created_date|creation_date|open_date|date_opened|start_date"),
    FORE_TO(CLOSE_DATE, "close_date|closed_date|closing_date|closed_at|date_closed|end_date"),
    FORE_TO(EXPECTED_CLOSE, "expected_close_date|expected_close|expected_close_at|forecast_date"),
    FORE_TO(AMOUNT, "close_value|amount|deal_value|deal_amount|value|deal_size|revenue"),
    FORE_TO(CURRENCY, "currency"),
    FORE_TO(SOURCE, "lead_source|source|channel"),
    FORE_TO(CAMPAIGN, "campaign_id|campaign"),
    FORE_TO(LOST_REASON, "lost_reason|loss_reason|reason_lost"),
    {0}};

static const fore_bind leads[] = {
    FORE_TO(ID, "lead_id|Prospect ID|Lead number|lead|id"),
    FORE_TO(NAME, "name|full_name|lead_name"),
    FORE_TO(FIRST_NAME, "first_name"),
    FORE_TO(LAST_NAME, "last_name"),
    FORE_TO(EMAIL, "email|e-mail|email_address"),
    FORE_TO(PHONE, "phone|phone_number|telephone"),
    FORE_TO(TITLE, "title|job_title"),
    FORE_TO(SOURCE, "lead_source|source|channel"),
    FORE_TO(CAMPAIGN, "campaign_id|campaign"),
    FORE_TO(OWNER, "owner_id|owner|sales_agent|sales_rep|assigned_to"),
    FORE_TO(ACCOUNT, "account_id|account"),
    FORE_TO(CREATED_AT, "created_at|created|create_date|created_date|creation_date|date"),
    FORE_TO_WORDS(
        STATUS, "status|lead_status|stage",
        "new=new|open=new|working=working|contacted=working|qualified=qualified|converted=converted|won=converted|customer=converted|"
        "lost=lost|disqualified=disqualified|junk=disqualified|unqualified=disqualified|*=working"),
    FORE_TO(CONVERTED, "converted|is_converted|won"),
    FORE_TO(CLOSED_AT, "closed_at|converted_at|converted_date|conversion_date|close_date"),
    FORE_TO(DEAL, "deal_id|opportunity_id"),
    FORE_TO(DO_NOT_CONTACT, "do_not_contact|Do Not Call"),
    FORE_TO(MAIL_OPT_OUT, "mail_opt_out|Do Not Email|email_opt_out|unsubscribed"),
    {0}};

static const fore_bind accounts[] = {
    FORE_TO(ID,
            "account_id|customer_id|company_id|account|company|customer|account_name|company_name"),
    FORE_TO(NAME, "account_name|company_name|name|account|company|customer"),
    FORE_TO(INDUSTRY, "industry|sector"),
    FORE_TO(EMPLOYEES, "employees|number_of_employees|headcount|size"),
    FORE_TO(ANNUAL_REVENUE, "annual_revenue|revenue|turnover"),
    FORE_TO(COUNTRY, "country|office_location|location"),
    FORE_TO(REGION, "region|state"),
    FORE_TO(OWNER, "owner_id|owner|sales_agent"),
    FORE_TO(CREATED_AT, "created_at|created|customer_since"),
    {0}};

static const fore_bind products[] = {
    FORE_TO(ID, "product_id|sku|product_code|product|product_name"),
    FORE_TO(NAME, "product_name|name|product"),
    FORE_TO(CATEGORY, "category|series|family|product_line"),
    FORE_TO(LIST_PRICE, "list_price|sales_price|price|unit_price"),
    {0}};

static const fore_bind reps[] = {
    FORE_TO(ID, "rep_id|employee_id|sales_agent|sales_rep|rep|salesperson|agent"),
    FORE_TO(NAME, "rep_name|name|sales_agent|sales_rep|rep|salesperson"),
    FORE_TO(TEAM, "team|sales_team|department"),
    FORE_TO(REGION, "region|regional_office|office|territory"),
    FORE_TO(MANAGER, "manager_id|manager"),
    FORE_TO(HOURS_PER_WEEK, "hours_per_week"),
    FORE_TO(ACTIVE_FROM, "active_from|hire_date|start_date"),
    FORE_TO(ACTIVE_TO, "active_to|end_date"),
    {0}};

static const fore_bind activities[] = {
    FORE_TO(ID, "activity_id|id"),
    FORE_TO(AT, "at|activity_date|date|timestamp|created_at|time|when"),
    FORE_TO_WORDS(
        ACTIVITY_KIND, "kind|activity_type|type|channel",
        "call=call|phone call=call|phone=call|email=email|mail=email|meeting=meeting|demo=demo|visit=visit|message=message|sms=message|"
        "whatsapp=message|event=event|webinar=event|web=web|form=form|*=other"),
    FORE_TO_WORDS(
        DIRECTION, "direction",
        "outbound=outbound|outgoing=outbound|out=outbound|inbound=inbound|incoming=inbound|in=inbound|*="),
    FORE_TO(REP, "rep_id|owner_id|sales_agent|sales_rep|rep|owner"),
    FORE_TO(LEAD, "lead_id|lead"),
    FORE_TO(DEAL, "deal_id|opportunity_id|deal"),
    FORE_TO(ACCOUNT, "account_id|account"),
    FORE_TO(CONTACT, "contact_id"),
    FORE_TO_UNIT(MINUTES, "minutes|duration_minutes|duration_min", 60),
    FORE_TO_UNIT(MINUTES, "duration_seconds|seconds|duration_sec", 1),
    FORE_TO(OUTCOME, "outcome|result"),
    FORE_TO(DUE_AT, "due_at|due_date"),
    {0}};

static const fore_bind spend[] = {FORE_TO(ID, "Campaign|campaign_name|campaign_id"),
                                  FORE_TO(AT, "Date|day"),
                                  FORE_TO(CHANNEL, "Source|Platform|channel"),
                                  FORE_TO(COST, "Spend|Cost|amount_spent"),
                                  {0}};

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_DEALS,
     .file_names = "sales_pipeline|deals|opportunities|pipeline",
     .signature =
         "opportunity_id|deal_id|opportunity_name|deal_name & deal_stage|stage|sales_stage|pipeline_stage|status",
     .binds = deals,
     .note =
         "the close date is the closing of won and lost deals and the expected one of open deals"},
    {.kind = FORE_KIND_LEADS,
     .file_names = "leads",
     .signature =
         "lead_id|Prospect ID|Lead number & lead_source|source|status|lead_status|converted|created_at",
     .binds = leads},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "accounts|companies|customers",
     .signature =
         "account|account_id|account_name|company|company_name|customer|customer_id & sector|industry|employees|annual_revenue|office_location",
     .binds = accounts},
    {.kind = FORE_KIND_PRODUCTS,
     .file_names = "products",
     .signature = "product|product_id|product_name|sku & sales_price|price|list_price|unit_price",
     .binds = products},
    {.kind = FORE_KIND_REPS,
     .file_names = "sales_teams|reps|sales_reps",
     .signature =
         "sales_agent|sales_rep|rep|rep_id|salesperson & manager|team|region|regional_office",
     .binds = reps},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "activities|calls",
     .signature =
         "activity_id|lead_id|deal_id & activity_type|kind|type & at|activity_date|date|timestamp",
     .binds = activities},
    {.kind = FORE_KIND_SPEND,
     .file_names = "spend",
     .signature = "Spend|Cost & Campaign|campaign_name & Date|day",
     .binds = spend,
     .ignored = "Impressions|Clicks|AdGroup|Ad",
     .note = "advertising spend is summed per campaign"},
    {.signature = NULL}};

const fore_format fore_format_plain = {.name = "plain",
                                       .title = "plain tables",
                                       .rules = rules,
                                       .usual_order = FORE_MONTH_FIRST,
                                       .names_are_keys = true};
