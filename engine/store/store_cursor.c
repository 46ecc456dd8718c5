/* Reading the history: cursors over the tables, counts, the newest event. */
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

/* Closings are written by hand, also long ahead: they tell how far the history reaches only as far
 * as this beyond what was recorded when it happened. */
static const int64_t CLOSING_AHEAD = INT64_C(30) * 86400 * 1000000;

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

fore_status fore_store_newest(fore_store *s, int64_t not_after, int64_t *at, fore_error *err)
{
    static const char recorded[] =
        "SELECT max(t) FROM (SELECT max(at) AS t FROM activity WHERE at <= ?1"
        " UNION ALL SELECT max(at) FROM deal_change WHERE at <= ?1"
        " UNION ALL SELECT max(at) FROM sale WHERE at <= ?1"
        " UNION ALL SELECT max(opened_at) FROM ticket WHERE opened_at <= ?1"
        " UNION ALL SELECT max(created_at) FROM lead WHERE created_at <= ?1"
        " UNION ALL SELECT max(created_at) FROM deal WHERE created_at <= ?1)";
    static const char closed[] =
        "SELECT max(t) FROM (SELECT max(closed_at) AS t FROM deal WHERE outcome <> 'open' AND closed_at <= ?1"
        " UNION ALL SELECT max(closed_at) FROM lead WHERE status IN ('converted', 'disqualified', 'lost')"
        " AND closed_at <= ?1 UNION ALL SELECT max(closed_at) FROM ticket WHERE closed_at <= ?1)";
    int64_t closing;
    FORE_TRY(newest_of(s, recorded, not_after, at, err));
    if (*at != FORE_NO_TIME && *at < not_after - CLOSING_AHEAD) not_after = *at + CLOSING_AHEAD;
    FORE_TRY(newest_of(s, closed, not_after, &closing, err));
    if (*at == FORE_NO_TIME || (closing != FORE_NO_TIME && closing > *at)) *at = closing;
    return FORE_OK;
}
