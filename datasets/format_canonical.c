/* The canonical form: the columns of every kind, and the rules that recognise them. The order of
 * the columns is that of the documentation. */
#include "datasets/import_run.h"

#define COLUMNS(name, ...) static const fore_canonical name[] = {__VA_ARGS__, {FORE_SLOT_ID, NULL}}
#define C(slot, word)                                                                              \
    {                                                                                              \
        FORE_SLOT_##slot, word                                                                     \
    }

COLUMNS(reps, C(ID, "rep_id"), C(NAME, "name"), C(TEAM, "team"), C(REGION, "region"),
        C(MANAGER, "manager_id"), C(HOURS_PER_WEEK, "hours_per_week"),
        C(HOURLY_COST, "hourly_cost"), C(ACTIVE_FROM, "active_from"), C(ACTIVE_TO, "active_to"));
COLUMNS(accounts, C(ID, "account_id"), C(NAME, "name"), C(INDUSTRY, "industry"),
        C(EMPLOYEES, "employees"), C(ANNUAL_REVENUE, "annual_revenue"), C(COUNTRY, "country"),
        C(REGION, "region"), C(OWNER, "owner_id"), C(CREATED_AT, "created_at"));
COLUMNS(contacts, C(ID, "contact_id"), C(ACCOUNT, "account_id"), C(OWNER, "owner_id"),
        C(CREATED_AT, "created_at"));
COLUMNS(campaigns, C(ID, "campaign_id"), C(NAME, "name"), C(CHANNEL, "channel"),
        C(STARTED_AT, "started_at"), C(ENDED_AT, "ended_at"), C(COST, "cost"));
COLUMNS(spend, C(ID, "campaign_id"), C(AT, "at"), C(CHANNEL, "channel"), C(COST, "cost"));
COLUMNS(products, C(ID, "product_id"), C(NAME, "name"), C(CATEGORY, "category"),
        C(LIST_PRICE, "list_price"));
COLUMNS(leads, C(ID, "lead_id"), C(ACCOUNT, "account_id"), C(CONTACT, "contact_id"),
        C(NAME, "name"), C(EMAIL, "email"), C(PHONE, "phone"), C(TITLE, "title"),
        C(SOURCE, "source"), C(CAMPAIGN, "campaign_id"), C(OWNER, "owner_id"),
        C(CREATED_AT, "created_at"), C(STATUS, "status"), C(CONVERTED, "converted"),
        C(CLOSED_AT, "closed_at"), C(DEAL, "deal_id"), C(DO_NOT_CONTACT, "do_not_contact"),
        C(MAIL_OPT_OUT, "mail_opt_out"));
COLUMNS(deals, C(ID, "deal_id"), C(LEAD, "lead_id"), C(ACCOUNT, "account_id"),
        C(CONTACT, "contact_id"), C(OWNER, "owner_id"), C(PRODUCT, "product_id"),
        C(CAMPAIGN, "campaign_id"), C(NAME, "name"), C(STAGE, "stage"), C(SOURCE, "source"),
        C(AMOUNT, "amount"), C(CURRENCY, "currency"), C(CREATED_AT, "created_at"),
        C(EXPECTED_CLOSE, "expected_close_at"), C(CLOSED_AT, "closed_at"), C(OUTCOME, "outcome"),
        C(LOST_REASON, "lost_reason"));
COLUMNS(deal_changes, C(DEAL, "deal_id"), C(AT, "at"), C(FIELD, "field"), C(OLD, "old"),
        C(NEW, "new"));
COLUMNS(activities, C(ID, "activity_id"), C(AT, "at"), C(ACTIVITY_KIND, "kind"),
        C(DIRECTION, "direction"), C(REP, "rep_id"), C(LEAD, "lead_id"), C(DEAL, "deal_id"),
        C(ACCOUNT, "account_id"), C(CONTACT, "contact_id"), C(CAMPAIGN, "campaign_id"),
        C(MINUTES, "minutes"), C(OUTCOME, "outcome"), C(DUE_AT, "due_at"));
COLUMNS(orders, C(ID, "order_id"), C(ACCOUNT, "account_id"), C(AT, "at"), C(PRODUCT, "product_id"),
        C(QUANTITY, "quantity"), C(AMOUNT, "amount"), C(CURRENCY, "currency"), C(DEAL, "deal_id"));
COLUMNS(tickets, C(ID, "ticket_id"), C(ACCOUNT, "account_id"), C(LEAD, "lead_id"),
        C(OPENED_AT, "opened_at"), C(CLOSED_AT, "closed_at"), C(PRIORITY, "priority"),
        C(SATISFACTION, "satisfaction"));
COLUMNS(targets, C(SCOPE, "scope"), C(SCOPE_ID, "scope_id"), C(PERIOD_START, "period_start"),
        C(PERIOD_END, "period_end"), C(AMOUNT, "amount"));

const fore_canonical *fore_canonical_columns(fore_kind kind)
{
    static const fore_canonical *const columns[FORE_KIND_COUNT] = {
        [FORE_KIND_REPS] = reps,
        [FORE_KIND_ACCOUNTS] = accounts,
        [FORE_KIND_CONTACTS] = contacts,
        [FORE_KIND_CAMPAIGNS] = campaigns,
        [FORE_KIND_SPEND] = spend,
        [FORE_KIND_PRODUCTS] = products,
        [FORE_KIND_LEADS] = leads,
        [FORE_KIND_DEALS] = deals,
        [FORE_KIND_DEAL_CHANGES] = deal_changes,
        [FORE_KIND_ACTIVITIES] = activities,
        [FORE_KIND_ORDERS] = orders,
        [FORE_KIND_TICKETS] = tickets,
        [FORE_KIND_TARGETS] = targets};
    return columns[kind];
}

static const fore_file_rule rules[] = {
    {.kind = FORE_KIND_REPS,
     .file_names = "reps",
     .signature = "rep_id & name|team|region|hours_per_week"},
    {.kind = FORE_KIND_ACCOUNTS,
     .file_names = "accounts",
     .signature = "account_id & name|industry|employees"},
    {.kind = FORE_KIND_CONTACTS,
     .file_names = "contacts",
     .signature = "contact_id & account_id|owner_id|created_at"},
    {.kind = FORE_KIND_CAMPAIGNS,
     .file_names = "campaigns",
     .signature = "campaign_id & channel|started_at|cost"},
    {.kind = FORE_KIND_PRODUCTS,
     .file_names = "products",
     .signature = "product_id & name|category|list_price"},
    {.kind = FORE_KIND_LEADS, .file_names = "leads", .signature = "lead_id & created_at|status"},
    {.kind = FORE_KIND_DEALS,
     .file_names = "deals",
     .signature = "deal_id & created_at|stage|outcome"},
    {.kind = FORE_KIND_DEAL_CHANGES,
     .file_names = "deal_changes",
     .signature = "deal_id & at & field & new"},
    {.kind = FORE_KIND_ACTIVITIES,
     .file_names = "activities",
     .signature = "activity_id & at|due_at & kind"},
    {.kind = FORE_KIND_ORDERS,
     .file_names = "orders",
     .signature = "order_id & at & amount|quantity"},
    {.kind = FORE_KIND_TICKETS, .file_names = "tickets", .signature = "ticket_id & opened_at"},
    {.kind = FORE_KIND_TARGETS,
     .file_names = "targets",
     .signature = "scope & period_start & amount"},
    {.signature = NULL}};

const fore_format fore_format_canonical = {.name = "foresell",
                                           .title = "foresell's own form",
                                           .rules = rules,
                                           .usual_order = FORE_ORDER_ISO};
