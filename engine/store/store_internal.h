/* Inside the workspace: what the files of this room share. Nothing here is part of the contract.
 *
 * A row struct is described by a `store_shape`: the columns of its table with the offset and type
 * of each field. Reading, binding, merging and hashing rows are written once over shapes. */
#ifndef FORE_STORE_INTERNAL_H
#define FORE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "engine/base/memory.h"
#include "engine/store/store.h"

#define STORE_TABLES (FORE_TABLE_TARGET + 1)
#define STORE_NONE INT64_MIN /* FORE_NO_TIME and FORE_NO_AMOUNT */

/* --- shapes (store_shape.c) --- */

typedef enum store_type {                   /* C type of the field; what means unknown */
                          STORE_TEXT,       /* const char *; NULL */
                          STORE_ATTRIBUTES, /* const char * with a flat JSON object; NULL; keys are
                                               merged */
                          STORE_KEY,        /* int64_t; 0 */
                          STORE_LONG,       /* int64_t; STORE_NONE */
                          STORE_DATE,       /* int32_t; FORE_NO_DATE */
                          STORE_REAL,       /* double; NaN */
                          STORE_FLAG,       /* int8_t; -1 */
                          STORE_CODE,       /* enum; never */
                          STORE_CODE_OR_0,  /* enum; 0 */
                          STORE_OUTCOME, /* fore_outcome, stored as a word; FORE_OUTCOME_UNKNOWN */
                          STORE_BOOL     /* bool; never */
} store_type;

typedef struct store_column {
    const char *name;
    size_t offset;
    store_type type;
    fore_entity entity; /* of a STORE_KEY */
} store_column;

typedef enum store_identity {
    STORE_BY_KEY,    /* an entity: pk, id, known; found through the key map */
    STORE_BY_ID,     /* pk, id */
    STORE_BY_COLUMNS /* the first `keys` columns */
} store_identity;

typedef struct store_shape {
    const char *table;
    store_identity identity;
    int keys;
    int count;
    size_t size;
    const store_column *columns;
} store_shape;

typedef struct store_head { /* how every row with an identity of its own begins */
    int64_t pk;
    const char *id;
    bool known; /* entities only */
} store_head;

typedef union store_row {
    store_head head;
    fore_rep_row rep;
    fore_account_row account;
    fore_contact_row contact;
    fore_campaign_row campaign;
    fore_product_row product;
    fore_lead_row lead;
    fore_deal_row deal;
    fore_deal_change_row deal_change;
    fore_activity_row activity;
    fore_sale_row sale;
    fore_ticket_row ticket;
    fore_target_row target;
} store_row;

const store_shape *store_shape_of(fore_table table);
/* Appends "pk, id, known, name, ..." as far as the table has them; store_row_read reads that list.
 */
void store_shape_columns(const store_shape *shape, fore_text *sql);
void store_row_read(const store_shape *shape, sqlite3_stmt *statement, void *row);
/* Binds the columns of the shape (not pk, id, known) from parameter `first` on. */
void store_row_bind(const store_shape *shape, sqlite3_stmt *statement, int first, const void *row);
void store_row_bind_keys(const store_shape *shape, sqlite3_stmt *statement, const void *row);
/* Fills what `row` does not know from `stored`; *changed when it knows something else. Merged
 * attributes are written to *scratch, which must outlive the row. */
fore_status store_row_merge(const store_shape *shape, const void *stored, void *row,
                            fore_text *scratch, bool *changed, fore_error *err);
fore_fingerprint store_row_hash(fore_table table, const void *row);

/* {"a":"1"} + {"b":"2","a":"3"} -> {"a":"3","b":"2"} (store_attributes.c). */
fore_status store_attributes_merge(const char *stored, const char *given, fore_text *out,
                                   fore_error *err);

/* --- the handle --- */

typedef enum store_operation {
    STORE_SELECT,
    STORE_SELECT_PK,
    STORE_INSERT,
    STORE_UPDATE,
    STORE_PLACEHOLDER,
    STORE_OPERATIONS
} store_operation;

typedef enum store_fixed { /* cached statements with fixed text */
                           STORE_DATA_VERSION,
                           STORE_SETTING_GET,
                           STORE_SETTING_SET,
                           STORE_ACTIVITY_ANY,
                           STORE_RELINK,
                           STORE_REJECT_PUT,
                           STORE_SCORE_PUT,
                           STORE_FIXED_COUNT
} store_fixed;

typedef struct store_keys { /* id -> pk of one entity; NULL ids: not loaded yet */
    fore_dictionary *ids;
    int64_t *pk;
    int64_t capacity;
    int64_t last; /* the largest pk; no row is ever deleted, so that 1..last exist */
} store_keys;

struct fore_store {
    sqlite3 *db;
    char *path;
    bool in_memory;
    bool read_only;
    bool in_transaction;
    bool broken; /* SQLite gave the transaction up: only rollback helps */
    sqlite3_stmt *row[STORE_TABLES][STORE_OPERATIONS];
    sqlite3_stmt *fixed[STORE_FIXED_COUNT];
    store_keys keys[FORE_ENTITY_COUNT];
    fore_dictionary *bulk; /* ids of the activities while their index is away: pk = index + 1 */
    bool activity_checked;
    fore_fingerprint sum; /* of the history, while in a transaction */
    fore_fingerprint sum_stored;
    int64_t data_version;
    fore_text scratch;
    void *scan; /* of fore_store_events, while one runs */
    bool scan_registered;
    int lock_fd;     /* -1: not held */
    bool was_absent; /* there was no such file when it was opened */
};

/* --- statements and errors (store_error.c) --- */

/* Says in words what SQLite's result means for the user; `doing` is a verb: "read", "write". */
fore_status store_fail(fore_store *store, int result, const char *doing, fore_error *err);
fore_status store_prepare(fore_store *store, const char *sql, sqlite3_stmt **statement,
                          fore_error *err);
/* The cached statement of that slot, prepared at its first use. */
fore_status store_statement(fore_store *store, store_fixed slot, const char *sql,
                            sqlite3_stmt **statement, fore_error *err);
/* Steps to the next row, or to the end (*more false; the statement is reset then). */
fore_status store_step(fore_store *store, sqlite3_stmt *statement, bool *more, fore_error *err);
/* Runs a statement that gives no rows, and resets it. */
fore_status store_run(fore_store *store, sqlite3_stmt *statement, fore_error *err);
fore_status store_exec(fore_store *store, const char *sql, fore_error *err);
/* The single integer that `sql` gives; `otherwise` when it gives no row or NULL. */
fore_status store_integer(fore_store *store, const char *sql, int64_t otherwise, int64_t *value,
                          fore_error *err);
fore_status store_writable(fore_store *store, fore_error *err);
/* E_BUSY when the file at the path is no longer the one that is open; else leaves *err alone. */
fore_status store_still_there(fore_store *s, fore_error *err);
fore_status store_in_transaction(fore_store *store, fore_error *err);
void store_bind_text(sqlite3_stmt *statement, int index, const char *text); /* NULL -> NULL */
void store_bind_long(sqlite3_stmt *statement, int index, int64_t value);    /* NONE -> NULL */
const char *store_column_text(sqlite3_stmt *statement, int index);
int64_t store_column_long(sqlite3_stmt *statement, int index); /* NULL -> NONE */

/* --- migrations (store_migrate.c) --- */

#define STORE_APPLICATION_ID 0x464F5245 /* "FORE" */
#define STORE_VERSION 3                 /* of schema.sql */

typedef struct store_migration { /* brings version - 1 to version */
    int version;
    const char *sql;
} store_migration;

/* Makes the schema in an empty database; another process may have been faster. */
fore_status store_create_schema(fore_store *store, fore_error *err);
/* Runs the steps above the file's version, each in a transaction of its own; the list ends with
 * sql NULL. */
fore_status store_migrate(fore_store *store, const store_migration *steps, fore_error *err);
fore_status store_check_version(fore_store *store, fore_error *err);

/* --- transactions (store_transaction.c) --- */

void store_keys_forget(fore_store *store);
void store_sum_add(fore_store *store, fore_fingerprint hash);
void store_sum_remove(fore_store *store, fore_fingerprint hash);
/* At the first activity of a transaction: takes the index away when the table is empty. */
fore_status store_bulk_begin(fore_store *store, fore_error *err);

/* What a link found through the contact adds to the fingerprint (store_link.c). */
fore_fingerprint store_link_hash(int64_t activity, int64_t lead, int64_t deal);

#endif
