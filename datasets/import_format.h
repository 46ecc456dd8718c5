/* Inside the import: what a CRM format is. A format is a table, one file each (format_zoho.c, ...):
 * for every kind of file the header names and the slot that each fills. One engine applies all of
 * them.
 *
 *     file -> recognise (import_recognise.c) -> a rule
 *     header + rule + mapping file -> slots and attributes by column (import_columns.c)
 *     record -> slots with values (import_columns.c) -> the rule's `shape` -> a row of the store
 * (import_rows.c) */
#ifndef FORE_DATASETS_IMPORT_FORMAT_H
#define FORE_DATASETS_IMPORT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/cell_values.h"
#include "engine/base/status.h"

/* What a file holds, in the order in which files are read. The first group only helps to read
 * others. */
/* clang-format off */
#define FORE_KIND_LIST(X)                                                                         \
    X(STAGES, "stages") X(NAMES, "names") X(PRICES, "prices") X(LINKS, "links")                   \
    X(REPS, "reps") X(ACCOUNTS, "accounts") X(CONTACTS, "contacts")                               \
    X(CAMPAIGNS, "campaigns") X(SPEND, "spend") X(PRODUCTS, "products") X(LEADS, "leads")         \
    X(DEALS, "deals") X(ACTIVITIES, "activities") X(DEAL_CHANGES, "deal_changes")                 \
    X(ORDERS, "orders") X(TICKETS, "tickets") X(TARGETS, "targets") X(NOTHING, "nothing")
/* clang-format on */

typedef enum fore_kind {
#define X(name, word) FORE_KIND_##name,
    FORE_KIND_LIST(X)
#undef X
        FORE_KIND_COUNT
} fore_kind;
const char *fore_kind_word(fore_kind kind);
bool fore_kind_parse(const char *word, fore_kind *kind);

typedef enum fore_value_kind {
    FORE_V_TEXT,
    FORE_V_TIME,
    FORE_V_CLOSING, /* a moment; a date alone means the end of that day */
    FORE_V_DATE,
    FORE_V_MONEY,
    FORE_V_NUMBER,
    FORE_V_FLAG,
    FORE_V_MINUTES
} fore_value_kind;

/* The values that a row can have. Those at the end a format fills, and the engine draws its
 * conclusions from them. */
/* clang-format off */
#define FORE_SLOT_LIST(X)                                                                         \
    X(ID, TEXT) X(NAME, TEXT) X(TEAM, TEXT) X(REGION, TEXT) X(MANAGER, TEXT)                      \
    X(HOURS_PER_WEEK, NUMBER) X(HOURLY_COST, MONEY) X(ACTIVE_FROM, DATE) X(ACTIVE_TO, DATE)       \
    X(INDUSTRY, TEXT) X(EMPLOYEES, NUMBER) X(ANNUAL_REVENUE, MONEY) X(COUNTRY, TEXT)              \
    X(OWNER, TEXT) X(CREATED_AT, TIME) X(ACCOUNT, TEXT) X(CONTACT, TEXT) X(EMAIL, TEXT)           \
    X(PHONE, TEXT) X(TITLE, TEXT) X(SOURCE, TEXT) X(CAMPAIGN, TEXT) X(STATUS, TEXT)               \
    X(CLOSED_AT, CLOSING) X(DEAL, TEXT) X(DO_NOT_CONTACT, FLAG) X(MAIL_OPT_OUT, FLAG)             \
    X(LEAD, TEXT) X(PRODUCT, TEXT) X(STAGE, TEXT) X(AMOUNT, MONEY) X(CURRENCY, TEXT)              \
    X(EXPECTED_CLOSE, DATE) X(OUTCOME, TEXT) X(LOST_REASON, TEXT) X(AT, TIME) X(FIELD, TEXT)      \
    X(OLD, TEXT) X(NEW, TEXT) X(ACTIVITY_KIND, TEXT) X(DIRECTION, TEXT) X(REP, TEXT)              \
    X(MINUTES, MINUTES) X(DUE_AT, TIME) X(CHANNEL, TEXT) X(STARTED_AT, TIME)                      \
    X(ENDED_AT, TIME) X(COST, MONEY) X(CATEGORY, TEXT) X(LIST_PRICE, MONEY)                       \
    X(QUANTITY, NUMBER) X(OPENED_AT, TIME) X(PRIORITY, TEXT) X(SATISFACTION, NUMBER)              \
    X(SCOPE, TEXT) X(SCOPE_ID, TEXT) X(PERIOD_START, DATE) X(PERIOD_END, DATE)                    \
    /* From here on no columns of the canonical form. */                                          \
    X(FIRST_NAME, TEXT) X(LAST_NAME, TEXT)                                                        \
    X(CLOSE_DATE, CLOSING) /* closing where the deal is closed, else the expected one */          \
    X(WON_AT, CLOSING) X(LOST_AT, CLOSING) X(IS_WON, FLAG) X(IS_CLOSED, FLAG)                     \
    X(IS_DELETED, FLAG) X(IS_ACTIVE, FLAG) X(PROBABILITY, NUMBER) X(CONVERTED, FLAG)              \
    X(DONE, FLAG) /* an activity: done or planned */                                              \
    X(DONE_AT, TIME)                                                                              \
    X(SUBJECT, TEXT) /* read for the kind of an activity, never kept */                           \
    X(SUBTYPE, TEXT)                                                                              \
    X(WHO, TEXT) X(WHAT, TEXT) /* Salesforce: a lead or contact; a deal, account or campaign */   \
    X(REP_NAME, TEXT)                                                                             \
    X(KEY, TEXT) X(VALUE, TEXT) /* of the files that help to read others */                       \
    X(OLD_TEXT, TEXT) X(OLD_NUMBER, TEXT) X(NEW_TEXT, TEXT) X(NEW_NUMBER, TEXT)                   \
    X(MODEL, TEXT)
/* clang-format on */

typedef enum fore_slot {
#define X(name, kind) FORE_SLOT_##name,
    FORE_SLOT_LIST(X)
#undef X
        FORE_SLOT_COUNT
} fore_slot;
fore_value_kind fore_slot_kind(fore_slot slot);

/* One canonical column of a kind: its name in mapping files and canonical headers. */
typedef struct fore_canonical {
    fore_slot slot;
    const char *name;
} fore_canonical;
const fore_canonical *fore_canonical_columns(fore_kind kind); /* ends with name NULL */

/* Header names of one slot in order of preference, separated by '|'. Spelling is as in the export;
 * case, accents, punctuation and a final "__c" do not count. `words` translates values,
 * "Inbound=inbound|*=other", where '*' stands for every other value. `unit_seconds` is for
 * durations. */
typedef struct fore_bind {
    fore_slot slot;
    const char *headers, *words;
    double unit_seconds;
} fore_bind;
#define FORE_TO(slot, headers)                                                                     \
    {                                                                                              \
        FORE_SLOT_##slot, headers, 0, 0                                                            \
    }
#define FORE_TO_WORDS(slot, headers, words)                                                        \
    {                                                                                              \
        FORE_SLOT_##slot, headers, words, 0                                                        \
    }
#define FORE_TO_UNIT(slot, headers, unit)                                                          \
    {                                                                                              \
        FORE_SLOT_##slot, headers, 0, unit                                                         \
    }

/* Maps kept while a run lasts; filled by the helping files. */
typedef enum fore_lookup_name {
    FORE_LOOK_STAGE,            /* stage id -> name, with won and closed flags */
    FORE_LOOK_PRODUCT_OF_PRICE, /* price book entry -> product */
    FORE_LOOK_PRODUCT_OF_DEAL,
    FORE_LOOK_LEAD_OF_DEAL,
    FORE_LOOK_DEAL_OF_ACTIVITY,
    FORE_LOOK_LEAD_OF_ACTIVITY,
    FORE_LOOK_MESSAGE,      /* message -> record id, with its time */
    FORE_LOOK_FIELD,        /* field id -> name */
    FORE_LOOK_REASON,       /* lost reason id -> text */
    FORE_LOOK_ACCOUNT_NAME, /* name -> id; empty where several have the name */
    FORE_LOOK_CONTACT_NAME,
    FORE_LOOK_OWNER_OF_USER, /* HubSpot: user id -> owner id */
    FORE_LOOK_TARGET,        /* scope, id and start -> what the target is of; "" -> its currency */
    FORE_LOOK_TARGET_AMOUNT, /* the same -> its amount, as `at` */
    FORE_LOOK_REP_ID,        /* of the workspace -> id; flags: the rep is described */
    FORE_LOOK_REP_NAME,      /* normalised -> id; empty where several have the name */
    FORE_LOOK_COUNT
} fore_lookup_name;

struct fore_importing; /* import_run.h */
struct fore_row;

typedef struct fore_file_rule {
    fore_kind kind;
    const char *file_names; /* hints, separated by '|' */
    bool name_needed; /* the headers alone say too little: the file's name must be a usual one */
    const char *signature;  /* headers that must be there: '&' between, '|' for alternatives */
    const fore_bind *binds; /* ends with headers NULL; NULL = the canonical columns */
    const char *ignored;    /* known headers that say nothing as of a past moment */
    /* Turns what the cells say into what a row of the store needs. Sets *keep false to pass over.
     */
    fore_status (*shape)(struct fore_importing *run, struct fore_row *row, bool *keep,
                         fore_error *err);
    const char *note;        /* what is assumed, a sentence for the report; may be NULL */
    const char *id_prefix;   /* put before keys where the vendor counts each table by itself */
    fore_lookup_name lookup; /* STAGES, NAMES, PRICES, LINKS: which map the file fills */
} fore_file_rule;

typedef struct fore_format {
    const char *name, *title;
    const fore_file_rule *rules; /* ends with signature NULL */
    fore_date_order usual_order; /* where a column does not tell */
    bool listed_attributes_only; /* unknown columns are left out unless allowed */
    const char *attributes;      /* with that: the ones that are kept */
    bool names_are_keys;         /* reps and products are known by their names */
} fore_format;

extern const fore_format fore_format_canonical, fore_format_zoho, fore_format_salesforce,
    fore_format_hubspot, fore_format_pipedrive, fore_format_odoo, fore_format_plain;

#endif
