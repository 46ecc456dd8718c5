/* Transactions, and what is kept in memory for their length: key maps, the history's fingerprint,
 * and the ids of a first import.
 *
 * Fingerprint: the sum (mod 2^64, twice) of the hashes of all known rows. A changed row takes its
 * old hash out and puts its new one in, so the figure depends on what the history is and not on how
 * it came to be, and costs one hash per changed row.
 *
 * First import: while the table of activities is empty its unique index is dropped, ids are told
 * apart in memory (pk = index + 1), and the index is built in one go before the commit. */
#include "engine/store/store_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SUM_SETTING "history.fingerprint"

static void bulk_forget(fore_store *s)
{
    if (s->bulk) sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    fore_dictionary_free(s->bulk);
    s->bulk = NULL;
}

void store_keys_forget(fore_store *s)
{
    for (int e = 0; e < FORE_ENTITY_COUNT; e++) {
        fore_dictionary_free(s->keys[e].ids);
        fore_free(s->keys[e].pk);
        s->keys[e] = (store_keys){0};
    }
    bulk_forget(s);
}

void store_sum_add(fore_store *s, fore_fingerprint hash)
{
    s->sum.a += hash.a;
    s->sum.b += hash.b;
}

void store_sum_remove(fore_store *s, fore_fingerprint hash)
{
    s->sum.a -= hash.a;
    s->sum.b -= hash.b;
}

static fore_status sum_load(fore_store *s, fore_fingerprint *sum, fore_error *err)
{
    fore_text text = {0};
    bool found;
    *sum = (fore_fingerprint){0};
    fore_status status = fore_store_setting(s, SUM_SETTING, &text, &found, err);
    if (status == FORE_OK && found) {
        char half[17] = {0};
        if (text.length != 32)
            status = store_fail(s, SQLITE_CORRUPT, "read", err);
        else {
            memcpy(half, text.bytes, 16);
            sum->a = strtoull(half, NULL, 16);
            sum->b = strtoull(text.bytes + 16, NULL, 16);
        }
    }
    fore_text_free(&text);
    return status;
}

static fore_status sum_save(fore_store *s, fore_error *err)
{
    char text[33];
    if (s->sum.a == s->sum_stored.a && s->sum.b == s->sum_stored.b) return FORE_OK;
    fore_fingerprint_hex(&s->sum, text);
    return fore_store_set(s, SUM_SETTING, text, err);
}

fore_status fore_store_fingerprint(fore_store *s, char out[33], fore_error *err)
{
    fore_fingerprint sum = s->sum;
    if (!s->in_transaction) FORE_TRY(sum_load(s, &sum, err));
    fore_fingerprint_hex(&sum, out);
    return FORE_OK;
}

/* Another process may have written since our last transaction. */
static fore_status refresh(fore_store *s, fore_error *err)
{
    sqlite3_stmt *statement;
    bool more;
    FORE_TRY(store_statement(s, STORE_DATA_VERSION, "PRAGMA data_version", &statement, err));
    FORE_TRY(store_step(s, statement, &more, err));
    int64_t version = more ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    if (version != s->data_version) store_keys_forget(s);
    s->data_version = version;
    FORE_TRY(sum_load(s, &s->sum, err));
    s->sum_stored = s->sum;
    return FORE_OK;
}

fore_status fore_store_begin(fore_store *s, fore_error *err)
{
    assert(!s->in_transaction);
    FORE_TRY(store_writable(s, err));
    fore_status status = store_exec(s, "BEGIN IMMEDIATE", err);
    s->in_transaction = status == FORE_OK;
    s->broken = false;
    s->activity_checked = false;
    fore_status there = store_still_there(s, err);
    if (there != FORE_OK) status = there;
    if (status == FORE_OK) status = refresh(s, err);
    if (status != FORE_OK) fore_store_rollback(s);
    return status;
}

fore_status store_bulk_begin(fore_store *s, fore_error *err)
{
    sqlite3_stmt *statement;
    bool more;
    s->activity_checked = true;
    FORE_TRY(
        store_statement(s, STORE_ACTIVITY_ANY, "SELECT 1 FROM activity LIMIT 1", &statement, err));
    FORE_TRY(store_step(s, statement, &more, err));
    sqlite3_reset(statement);
    if (more) return FORE_OK;
    int result = sqlite3_exec(s->db, "DROP INDEX activity_id", NULL, NULL, NULL);
    if ((result & 0xff) == SQLITE_LOCKED) return FORE_OK; /* a cursor is open: go the slow way */
    if (result != SQLITE_OK) return store_fail(s, result, "write", err);
    s->bulk = fore_dictionary_new();
    if (!s->bulk) return fore_no_memory(err);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL); /* put_row checks keys itself */
    return FORE_OK;
}

static fore_status bulk_end(fore_store *s, fore_error *err)
{
    if (!s->bulk) return FORE_OK;
    bulk_forget(s);
    return store_exec(s, "CREATE UNIQUE INDEX activity_id ON activity(id)", err);
}

fore_status fore_store_commit(fore_store *s, fore_error *err)
{
    FORE_TRY(store_in_transaction(s, err));
    FORE_TRY(bulk_end(s, err));
    FORE_TRY(sum_save(s, err));
    FORE_TRY(store_exec(s, "COMMIT", err));
    s->in_transaction = false;
    return FORE_OK;
}

void fore_store_rollback(fore_store *s)
{
    if (!s->in_transaction) return;
    for (int t = 0; t < STORE_TABLES; t++)
        for (int o = 0; o < STORE_OPERATIONS; o++)
            if (s->row[t][o]) sqlite3_reset(s->row[t][o]);
    for (int f = 0; f < STORE_FIXED_COUNT; f++)
        if (s->fixed[f]) sqlite3_reset(s->fixed[f]);
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    store_keys_forget(s);
    s->in_transaction = false;
    s->broken = false;
}
