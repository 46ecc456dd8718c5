/* Reading the history: cursors over the tables, counts, the newest event. */
#include "engine/store/reach.h"
#include "engine/store/store_internal.h"

#include <stdio.h>
#include <string.h>

struct fore_cursor {
    fore_store *store;
    const store_shape *shape;
    sqlite3_stmt *statement;
};

/* Order by id reads an index. Activities stay in pk order: their index may be gone during a big
 * import, and nobody needs them sorted. The changes of a deal lie together in their table, so that
 * walking the deals by id reads each of them once. */
static void cursor_sql(const store_shape *shape, fore_table table, bool placeholders,
                       fore_text *sql)
{
    fore_text_puts(sql, "SELECT ");
    store_shape_columns(shape, sql);
    if (table == FORE_TABLE_DEAL_CHANGE) {
        fore_text_puts(sql, " FROM (SELECT pk, id FROM deal) CROSS JOIN deal_change ON deal = pk"
                            " ORDER BY id, at, field");
        return;
    }
    fore_text_printf(sql, " FROM %s", shape->table);
    if (shape->identity == STORE_BY_KEY && !placeholders) fore_text_puts(sql, " WHERE known = 1");
    if (shape->identity != STORE_BY_COLUMNS)
        fore_text_puts(sql, table == FORE_TABLE_ACTIVITY ? " ORDER BY pk" : " ORDER BY id");
    for (int k = 0; k < shape->keys; k++)
        fore_text_printf(sql, "%s%s", k ? ", " : " ORDER BY ", shape->columns[k].name);
}

/* Ready to step. */
static fore_status open_cursor(fore_store *s, fore_table table, const fore_text *sql,
                               fore_cursor **cursor, fore_error *err)
{
    fore_status status;
    fore_cursor *c = FORE_ZNEW(1, fore_cursor);
    *cursor = NULL;
    if (!c) return fore_no_memory(err);
    c->store = s;
    c->shape = store_shape_of(table);
    FORE_GO(fore_text_check(sql, err));
    FORE_GO(store_prepare(s, sql->bytes, &c->statement, err));
    *cursor = c;
    c = NULL;
done:
    fore_cursor_close(c);
    return status;
}

fore_status fore_cursor_open(fore_store *s, fore_table table, bool placeholders,
                             fore_cursor **cursor, fore_error *err)
{
    fore_text sql = {0};
    cursor_sql(store_shape_of(table), table, placeholders, &sql);
    fore_status status = open_cursor(s, table, &sql, cursor, err);
    fore_text_free(&sql);
    return status;
}

fore_status fore_cursor_open_one(fore_store *s, fore_table table, int64_t pk, fore_cursor **cursor,
                                 fore_error *err)
{
    fore_text sql = {0};
    fore_text_puts(&sql, "SELECT ");
    store_shape_columns(store_shape_of(table), &sql);
    fore_text_printf(&sql, " FROM %s WHERE pk = %lld", store_shape_of(table)->table, (long long)pk);
    fore_status status = open_cursor(s, table, &sql, cursor, err);
    fore_text_free(&sql);
    return status;
}

fore_status fore_cursor_next(fore_cursor *cursor, void *row, bool *more, fore_error *err)
{
    FORE_TRY(store_step(cursor->store, cursor->statement, more, err));
    if (!*more) return FORE_OK;
    memset(row, 0, cursor->shape->size);
    store_row_read(cursor->shape, cursor->statement, row);
    return FORE_OK;
}

void fore_cursor_close(fore_cursor *cursor)
{
    if (!cursor) return;
    sqlite3_finalize(cursor->statement);
    fore_free(cursor);
}

int64_t fore_store_count(fore_store *s, fore_table table)
{
    const store_shape *shape = store_shape_of(table);
    char sql[96];
    int64_t count = -1;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s%s", shape->table,
             shape->identity == STORE_BY_KEY ? " WHERE known = 1" : "");
    return store_integer(s, sql, -1, &count, NULL) == FORE_OK ? count : -1;
}

/* --- how far the history reaches (reach.h) --- */

static const char newest_stamp[] =
    "SELECT max(t) FROM (SELECT max(at) AS t FROM deal_change WHERE at <= ?1"
    " UNION ALL SELECT max(opened_at) FROM ticket WHERE opened_at <= ?1"
    " UNION ALL SELECT max(created_at) FROM lead WHERE created_at <= ?1"
    " UNION ALL SELECT max(created_at) FROM deal WHERE created_at <= ?1)";
static const char newest_of_all[] =
    "SELECT max(t) FROM (SELECT max(at) AS t FROM activity WHERE at <= ?1"
    " UNION ALL SELECT max(at) FROM sale WHERE at <= ?1"
    " UNION ALL SELECT max(closed_at) FROM ticket WHERE closed_at <= ?1"
    " UNION ALL SELECT max(closed_at) FROM deal WHERE outcome <> 'open' AND closed_at <= ?1"
    " UNION ALL SELECT max(closed_at) FROM lead"
    " WHERE status IN ('converted', 'disqualified', 'lost') AND closed_at <= ?1)";
static const char made[] =
    "SELECT created_at FROM lead WHERE created_at > ?2 AND created_at <= ?1"
    " UNION ALL SELECT created_at FROM deal WHERE created_at > ?2 AND created_at <= ?1";
static const char stamps[] =
    "SELECT at FROM deal_change WHERE at > ?2 AND at <= ?1"
    " UNION ALL SELECT opened_at FROM ticket WHERE opened_at > ?2 AND opened_at <= ?1";
static const char facts[] =
    "SELECT closed_at FROM deal WHERE outcome <> 'open' AND closed_at > ?2 AND closed_at <= ?1"
    " UNION ALL SELECT closed_at FROM lead WHERE status IN ('converted', 'disqualified', 'lost')"
    " AND closed_at > ?2 AND closed_at <= ?1"
    " UNION ALL SELECT closed_at FROM ticket WHERE closed_at > ?2 AND closed_at <= ?1"
    " UNION ALL SELECT at FROM sale WHERE at > ?2 AND at <= ?1";
static const char acts[] = "SELECT at FROM activity WHERE at > ?2 AND at <= ?1";

static fore_status newest_of(fore_store *s, const char *sql, int64_t not_after, int64_t *at,
                             fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more;
    *at = FORE_NO_TIME;
    FORE_TRY(store_prepare(s, sql, &statement, err));
    sqlite3_bind_int64(statement, 1, not_after);
    fore_status status = store_step(s, statement, &more, err);
    if (status == FORE_OK && more) *at = store_column_long(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

static fore_status tell(fore_store *s, const char *sql, fore_reach *reach,
                        void (*take)(fore_reach *, int64_t), fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more = true;
    FORE_TRY(store_prepare(s, sql, &statement, err));
    sqlite3_bind_int64(statement, 1, reach->not_after);
    sqlite3_bind_int64(statement, 2, reach->from);
    fore_status status = FORE_OK;
    while (status == FORE_OK && more) {
        status = store_step(s, statement, &more, err);
        if (status == FORE_OK && more) take(reach, sqlite3_column_int64(statement, 0));
    }
    sqlite3_finalize(statement);
    return status;
}

fore_status fore_store_newest(fore_store *s, int64_t not_after, int64_t *at, fore_error *err)
{
    fore_reach reach;
    FORE_TRY(newest_of(s, newest_stamp, not_after, at, err));
    if (*at == FORE_NO_TIME) return newest_of(s, newest_of_all, not_after, at, err);
    fore_reach_begin(&reach, *at, not_after);
    FORE_TRY(tell(s, made, &reach, fore_reach_made, err));
    FORE_TRY(tell(s, stamps, &reach, fore_reach_stamp, err));
    FORE_TRY(tell(s, facts, &reach, fore_reach_fact, err));
    FORE_TRY(tell(s, acts, &reach, fore_reach_act, err));
    *at = fore_reach_end(&reach);
    return FORE_OK;
}
