/* Writing the history: keys of ids, and upserts.
 *
 *   put(row):  find what is stored under the row's id
 *     nothing          -> insert, NEW
 *     else merge: what the row does not know comes from the store
 *       nothing differs -> SAME
 *       else            -> update, CHANGED
 *   and keep the fingerprint of the history up to date.
 *
 * Statements are prepared once per handle; a put formats no text. */
#include "engine/store/store_internal.h"

#include <assert.h>
#include <string.h>

/* --- statements --- */

static void sql_insert(const store_shape *shape, fore_text *sql)
{
    bool entity = shape->identity == STORE_BY_KEY;
    int heads = shape->identity == STORE_BY_COLUMNS ? 0 : 1;
    fore_text_printf(sql, "INSERT INTO %s (", shape->table);
    store_shape_columns(shape, sql);
    fore_text_puts(sql, ") VALUES (");
    if (heads) fore_text_puts(sql, "NULL, ?1, ");
    if (entity) fore_text_puts(sql, "1, ");
    for (int c = 0; c < shape->count; c++)
        fore_text_printf(sql, "%s?%d", c ? ", " : "", c + 1 + heads);
    fore_text_putc(sql, ')');
}

static void sql_keys(const store_shape *shape, fore_text *sql)
{
    for (int k = 0; k < shape->keys; k++)
        fore_text_printf(sql, "%s%s = ?%d", k ? " AND " : " WHERE ", shape->columns[k].name, k + 1);
}

static void sql_select(const store_shape *shape, bool by_pk, fore_text *sql)
{
    fore_text_puts(sql, "SELECT ");
    store_shape_columns(shape, sql);
    fore_text_printf(sql, " FROM %s", shape->table);
    if (shape->identity == STORE_BY_COLUMNS)
        sql_keys(shape, sql);
    else
        fore_text_puts(sql, by_pk ? " WHERE pk = ?1" : " WHERE id = ?1");
}

/* Parameters: the columns in their order; behind them the pk. */
static void sql_update(const store_shape *shape, fore_text *sql)
{
    fore_text_printf(sql, "UPDATE %s SET ", shape->table);
    if (shape->identity == STORE_BY_KEY) fore_text_puts(sql, "known = 1, ");
    for (int c = shape->keys; c < shape->count; c++)
        fore_text_printf(sql, "%s%s = ?%d", c > shape->keys ? ", " : "", shape->columns[c].name,
                         c + 1);
    if (shape->identity == STORE_BY_COLUMNS)
        sql_keys(shape, sql);
    else
        fore_text_printf(sql, " WHERE pk = ?%d", shape->count + 1);
}

static fore_status row_statement(fore_store *s, fore_table table, store_operation operation,
                                 sqlite3_stmt **statement, fore_error *err)
{
    sqlite3_stmt **slot = &s->row[table][operation];
    *statement = *slot;
    if (*slot) return FORE_OK;
    const store_shape *shape = store_shape_of(table);
    fore_text sql = {0};
    switch (operation) {
    case STORE_SELECT: sql_select(shape, false, &sql); break;
    case STORE_SELECT_PK: sql_select(shape, true, &sql); break;
    case STORE_INSERT: sql_insert(shape, &sql); break;
    case STORE_UPDATE: sql_update(shape, &sql); break;
    default: fore_text_printf(&sql, "INSERT INTO %s (id) VALUES (?1)", shape->table);
    }
    fore_status status = fore_text_check(&sql, err);
    if (status == FORE_OK) status = store_prepare(s, sql.bytes, slot, err);
    fore_text_free(&sql);
    *statement = *slot;
    return status;
}

/* --- keys --- */

static fore_status keys_add(store_keys *keys, const char *id, int64_t length, int64_t pk,
                            fore_error *err)
{
    int64_t index = fore_dictionary_add(keys->ids, id, length);
    if (index < 0) return fore_no_memory(err);
    FORE_TRY(fore_grow((void **)&keys->pk, &keys->capacity, index + 1, sizeof *keys->pk, err));
    keys->pk[index] = pk;
    if (pk > keys->last) keys->last = pk;
    return FORE_OK;
}

static fore_status keys_load(fore_store *s, fore_entity entity, fore_error *err)
{
    store_keys *keys = &s->keys[entity];
    sqlite3_stmt *statement = NULL;
    fore_text sql = {0};
    bool more;
    fore_status status;
    if (keys->ids) return FORE_OK;
    fore_text_printf(&sql, "SELECT pk, id FROM %s ORDER BY pk",
                     store_shape_of((fore_table)entity)->table);
    FORE_GO(fore_text_check(&sql, err));
    FORE_GO(store_prepare(s, sql.bytes, &statement, err));
    keys->ids = fore_dictionary_new();
    FORE_GO(keys->ids ? FORE_OK : fore_no_memory(err));
    for (;;) {
        FORE_GO(store_step(s, statement, &more, err));
        if (!more) break;
        const char *id = store_column_text(statement, 1);
        FORE_GO(keys_add(keys, id ? id : "", sqlite3_column_bytes(statement, 1),
                         sqlite3_column_int64(statement, 0), err));
    }
done:
    if (status != FORE_OK) {
        fore_dictionary_free(keys->ids);
        fore_free(keys->pk);
        *keys = (store_keys){0};
    }
    sqlite3_finalize(statement);
    fore_text_free(&sql);
    return status;
}

static fore_status keys_find(fore_store *s, fore_entity entity, const char *id, int64_t length,
                             int64_t *pk, fore_error *err)
{
    FORE_TRY(keys_load(s, entity, err));
    int64_t index = fore_dictionary_find(s->keys[entity].ids, id, length);
    *pk = index < 0 ? 0 : s->keys[entity].pk[index];
    return FORE_OK;
}

static fore_status fail_id(fore_store *s, const char *table, fore_error *err)
{
    return fore_fail_at(err, FORE_E_DATA, s->path, 0, 0,
                        "a row of %s has no id, or one with a NUL byte in it; give every row an id",
                        table);
}

fore_status fore_store_key(fore_store *s, fore_entity entity, const char *id, int64_t length,
                           int64_t *pk, fore_error *err)
{
    *pk = 0;
    if (!id) return FORE_OK;
    if (length < 0) length = (int64_t)strlen(id);
    if (length == 0) return FORE_OK;
    FORE_TRY(store_in_transaction(s, err));
    FORE_TRY(keys_find(s, entity, id, length, pk, err));
    if (*pk) return FORE_OK;
    if (memchr(id, 0, (size_t)length))
        return fail_id(s, store_shape_of((fore_table)entity)->table, err);
    sqlite3_stmt *statement;
    FORE_TRY(row_statement(s, (fore_table)entity, STORE_PLACEHOLDER, &statement, err));
    sqlite3_bind_text64(statement, 1, id, (sqlite3_uint64)length, SQLITE_STATIC, SQLITE_UTF8);
    FORE_TRY(store_run(s, statement, err));
    *pk = sqlite3_last_insert_rowid(s->db);
    return keys_add(&s->keys[entity], id, length, *pk, err);
}

fore_status fore_store_find(fore_store *s, fore_entity entity, const char *id, int64_t *pk,
                            fore_error *err)
{
    *pk = 0;
    if (!id || !*id) return FORE_OK;
    if (s->in_transaction) return keys_find(s, entity, id, (int64_t)strlen(id), pk, err);
    fore_text sql = {0};
    sqlite3_stmt *statement = NULL;
    bool more;
    fore_status status;
    fore_text_printf(&sql, "SELECT pk FROM %s WHERE id = ?1",
                     store_shape_of((fore_table)entity)->table);
    FORE_GO(fore_text_check(&sql, err));
    FORE_GO(store_prepare(s, sql.bytes, &statement, err));
    store_bind_text(statement, 1, id);
    FORE_GO(store_step(s, statement, &more, err));
    if (more) *pk = sqlite3_column_int64(statement, 0);
done:
    sqlite3_finalize(statement);
    fore_text_free(&sql);
    return status;
}

/* --- rows --- */

/* The hash that a row adds to the fingerprint. A link found through the contact is counted apart
 * (store_link.c), so that making one costs no more than its own hash. */
static fore_fingerprint stored_hash(fore_table table, const store_row *row)
{
    if (table != FORE_TABLE_ACTIVITY || !row->activity.contact_link)
        return store_row_hash(table, row);
    fore_activity_row plain = row->activity;
    plain.lead = plain.deal = 0;
    plain.contact_link = false;
    return store_row_hash(table, &plain);
}

/* The pk is SQLite's choice, the largest so far + 1: asking for it costs less than naming it.
 * During a first import, which began with an empty table, that is the place of the id in the
 * dictionary. */
static fore_status row_insert(fore_store *s, fore_table table, const store_row *row, int64_t pk,
                              fore_error *err)
{
    const store_shape *shape = store_shape_of(table);
    sqlite3_stmt *statement;
    int first = 1;
    FORE_TRY(row_statement(s, table, STORE_INSERT, &statement, err));
    if (shape->identity != STORE_BY_COLUMNS) {
        store_bind_text(statement, 1, row->head.id);
        first = 2;
    }
    store_row_bind(shape, statement, first, row);
    FORE_TRY(store_run(s, statement, err));
    if (pk && sqlite3_last_insert_rowid(s->db) != pk)
        return store_fail(s, SQLITE_CORRUPT, "write", err);
    if (shape->identity == STORE_BY_KEY)
        FORE_TRY(keys_add(&s->keys[table], row->head.id, (int64_t)strlen(row->head.id),
                          sqlite3_last_insert_rowid(s->db), err));
    store_sum_add(s, store_row_hash(table, row));
    return FORE_OK;
}

/* What the user says about lead or deal stands above what was found through the contact. */
static void keep_given_link(const fore_activity_row *given, fore_activity_row *stored,
                            fore_activity_row *merged)
{
    bool given_link = given->lead || given->deal;
    merged->contact_link = stored->contact_link && !given_link;
    if (stored->contact_link && given_link) stored->lead = stored->deal = 0;
}

static fore_status row_update(fore_store *s, fore_table table, const store_row *stored,
                              const store_row *merged, fore_error *err)
{
    const store_shape *shape = store_shape_of(table);
    sqlite3_stmt *statement;
    FORE_TRY(row_statement(s, table, STORE_UPDATE, &statement, err));
    store_row_bind(shape, statement, 1, merged);
    if (shape->identity != STORE_BY_COLUMNS)
        sqlite3_bind_int64(statement, shape->count + 1, stored->head.pk);
    FORE_TRY(store_run(s, statement, err));
    if (shape->identity != STORE_BY_KEY || stored->head.known)
        store_sum_remove(s, stored_hash(table, stored));
    store_sum_add(s, stored_hash(table, merged));
    return FORE_OK;
}

static fore_status row_merge(fore_store *s, fore_table table, sqlite3_stmt *select,
                             const store_row *given, fore_put *put, fore_error *err)
{
    const store_shape *shape = store_shape_of(table);
    store_row stored, before, merged = *given;
    store_row_read(shape, select, &stored);
    before = stored;
    if (table == FORE_TABLE_ACTIVITY)
        keep_given_link(&given->activity, &stored.activity, &merged.activity);
    if (shape->identity != STORE_BY_COLUMNS) merged.head.id = stored.head.id;
    bool arrived =
        shape->identity == STORE_BY_KEY && !stored.head.known; /* a placeholder until now */
    bool changed = arrived;
    FORE_TRY(store_row_merge(shape, &stored, &merged, &s->scratch, &changed, err));
    *put = arrived ? FORE_PUT_NEW : changed ? FORE_PUT_CHANGED : FORE_PUT_SAME;
    if (!changed) return FORE_OK;
    if (table == FORE_TABLE_ACTIVITY && before.activity.contact_link &&
        !merged.activity.contact_link)
        store_sum_remove(
            s, store_link_hash(before.head.pk, before.activity.lead, before.activity.deal));
    return row_update(s, table, &before, &merged, err);
}

/* Steps to the stored row of `row`'s identity; *pk is the key that a new row is to get, 0 for any.
 */
static fore_status row_find(fore_store *s, fore_table table, const store_row *row,
                            sqlite3_stmt **select, bool *found, int64_t *pk, fore_error *err)
{
    const store_shape *shape = store_shape_of(table);
    *pk = 0;
    *found = true;
    if (shape->identity == STORE_BY_KEY) {
        FORE_TRY(
            keys_find(s, (fore_entity)table, row->head.id, (int64_t)strlen(row->head.id), pk, err));
        *found = *pk != 0;
    } else if (table == FORE_TABLE_ACTIVITY && s->bulk) {
        int64_t count = fore_dictionary_count(s->bulk);
        *pk = fore_dictionary_add(s->bulk, row->head.id, (int64_t)strlen(row->head.id)) + 1;
        if (*pk == 0) return fore_no_memory(err);
        *found = *pk <= count;
    }
    if (!*found) return FORE_OK;
    FORE_TRY(row_statement(s, table, *pk ? STORE_SELECT_PK : STORE_SELECT, select, err));
    if (*pk)
        sqlite3_bind_int64(*select, 1, *pk);
    else if (shape->identity == STORE_BY_ID)
        store_bind_text(*select, 1, row->head.id);
    else
        store_row_bind_keys(shape, *select, row);
    return store_step(s, *select, found, err);
}

/* During a first import SQLite's own check of references is off, for it doubles the cost of a row.
 */
static fore_status check_keys(fore_store *s, const store_shape *shape, const store_row *row,
                              fore_error *err)
{
    for (int c = 0; c < shape->count; c++) {
        const store_column *column = &shape->columns[c];
        if (column->type != STORE_KEY) continue;
        int64_t pk = *(const int64_t *)(const void *)((const char *)row + column->offset);
        if (pk == 0) continue;
        FORE_TRY(keys_load(s, column->entity, err));
        if (pk < 0 || pk > s->keys[column->entity].last)
            return fore_fail_at(err, FORE_E_ARGUMENT, s->path, 0, 0,
                                "key %lld in %s.%s names no row; take keys from fore_store_key",
                                (long long)pk, shape->table, column->name);
    }
    return FORE_OK;
}

static fore_status put_row(fore_store *s, fore_table table, const store_row *row, fore_put *put,
                           fore_error *err)
{
    const store_shape *shape = store_shape_of(table);
    sqlite3_stmt *select = NULL;
    fore_put ignored;
    bool found;
    int64_t pk;
    if (!put) put = &ignored;
    FORE_TRY(store_in_transaction(s, err));
    if (shape->identity != STORE_BY_COLUMNS && (!row->head.id || !*row->head.id))
        return fail_id(s, shape->table, err);
    if (s->bulk) FORE_TRY(check_keys(s, shape, row, err));
    FORE_TRY(row_find(s, table, row, &select, &found, &pk, err));
    *put = FORE_PUT_NEW;
    if (!found) return row_insert(s, table, row, pk, err);
    fore_status status = row_merge(s, table, select, row, put, err);
    sqlite3_reset(select);
    return status;
}

#define PUT(noun, TABLE)                                                                           \
    fore_status fore_store_put_##noun(fore_store *s, const fore_##noun##_row *row, fore_put *put,  \
                                      fore_error *err)                                             \
    {                                                                                              \
        store_row copy;                                                                            \
        copy.noun = *row;                                                                          \
        return put_row(s, FORE_TABLE_##TABLE, &copy, put, err);                                    \
    }

PUT(rep, REP)
PUT(account, ACCOUNT)
PUT(contact, CONTACT)
PUT(campaign, CAMPAIGN)
PUT(product, PRODUCT)
PUT(lead, LEAD)
PUT(deal, DEAL)
PUT(sale, SALE)
PUT(ticket, TICKET)

fore_status fore_store_put_activity(fore_store *s, const fore_activity_row *row, fore_put *put,
                                    fore_error *err)
{
    store_row copy;
    copy.activity = *row;
    copy.activity.contact_link = false;
    if (s->in_transaction && !s->activity_checked) FORE_TRY(store_bulk_begin(s, err));
    return put_row(s, FORE_TABLE_ACTIVITY, &copy, put, err);
}

fore_status fore_store_put_deal_change(fore_store *s, const fore_deal_change_row *row,
                                       fore_put *put, fore_error *err)
{
    store_row copy;
    copy.deal_change = *row;
    if (!row->deal || row->at == FORE_NO_TIME || !row->field)
        return fore_fail_at(err, FORE_E_DATA, s->path, 0, 0,
                            "a change of a deal lacks its deal, time or field; give all three");
    return put_row(s, FORE_TABLE_DEAL_CHANGE, &copy, put, err);
}

fore_status fore_store_put_target(fore_store *s, const fore_target_row *row, fore_put *put,
                                  fore_error *err)
{
    store_row copy;
    copy.target = *row;
    if (!row->scope_id) copy.target.scope_id = "";
    if (!row->scope || row->period_start_on == FORE_NO_DATE || row->period_end_on == FORE_NO_DATE ||
        row->amount_minor == FORE_NO_AMOUNT)
        return fore_fail_at(err, FORE_E_DATA, s->path, 0, 0,
                            "a target lacks its scope, period or amount; give all of them");
    return put_row(s, FORE_TABLE_TARGET, &copy, put, err);
}
