/* What SQLite's results mean to the user, and the few ways in which statements are run here. */
#include "engine/store/store_internal.h"

#include <errno.h>
#include <string.h>

static fore_status fail_full(fore_store *s, const char *doing, fore_error *err)
{
    return fore_fail_at(err, FORE_E_FULL, s->path, 0, 0,
                        "cannot %s the workspace %s: the disk is full or the file may not grow; "
                        "nothing was changed; free some space and run again",
                        doing, s->path);
}

static fore_status fail_io(fore_store *s, const char *doing, fore_error *err)
{
    int code = sqlite3_system_errno(s->db), last = errno;
    /* rolling back may have wiped SQLite's copy of the number */
    if (code == 0 && sqlite3_extended_errcode(s->db) == SQLITE_IOERR_WRITE) code = last;
    if (code == ENOSPC || code == EDQUOT || code == EFBIG) return fail_full(s, doing, err);
    return fore_fail_at(
        err, FORE_E_IO, s->path, 0, 0,
        "cannot %s the workspace %s: %s; check the path, its permissions and the disk", doing,
        s->path, code ? strerror(code) : sqlite3_errmsg(s->db));
}

fore_status store_fail(fore_store *s, int result, const char *doing, fore_error *err)
{
    if (s->in_transaction && s->db && sqlite3_get_autocommit(s->db)) s->broken = true;
    const char *path = s->path;
    switch (result & 0xff) {
    case SQLITE_NOMEM: return fore_no_memory(err);
    case SQLITE_FULL: return fail_full(s, doing, err);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return fail_io(s, doing, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fore_fail_at(err, FORE_E_BUSY, path, 0, 0,
                            "cannot %s the workspace %s: another process is writing it; wait until "
                            "that is done and run again",
                            doing, path);
    case SQLITE_READONLY:
        return fore_fail_at(err, FORE_E_READONLY, path, 0, 0,
                            "the workspace %s cannot be written; check the permissions of the file "
                            "and its folder, or work on a copy",
                            path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fore_fail_at(err, FORE_E_CORRUPT, path, 0, 0,
                            "the workspace %s is damaged; restore it from a backup, or import the "
                            "exports again into a new file",
                            path);
    case SQLITE_INTERRUPT:
        return fore_fail_at(err, FORE_E_CANCELLED, path, 0, 0, "stopped; run again to finish");
    default:
        return fore_fail_at(err, FORE_E_STORE, path, 0, 0,
                            "cannot %s the workspace %s: %s; run again, and restore a backup if it "
                            "stays so",
                            doing, path, sqlite3_errmsg(s->db));
    }
}

fore_status store_writable(fore_store *s, fore_error *err)
{
    return s->read_only ? store_fail(s, SQLITE_READONLY, "write", err) : FORE_OK;
}

fore_status store_in_transaction(fore_store *s, fore_error *err)
{
    if (s->in_transaction && !s->broken) return FORE_OK;
    if (s->broken)
        return fore_fail_at(err, FORE_E_STORE, s->path, 0, 0,
                            "an earlier failure ended the change of %s; run again", s->path);
    FORE_TRY(store_writable(s, err));
    return fore_fail_at(err, FORE_E_ARGUMENT, s->path, 0, 0,
                        "rows of %s are written outside a transaction; call fore_store_begin first",
                        s->path);
}

fore_status store_prepare(fore_store *s, const char *sql, sqlite3_stmt **statement, fore_error *err)
{
    int result = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return result == SQLITE_OK ? FORE_OK : store_fail(s, result, "read", err);
}

fore_status store_statement(fore_store *s, store_fixed slot, const char *sql,
                            sqlite3_stmt **statement, fore_error *err)
{
    if (!s->fixed[slot]) FORE_TRY(store_prepare(s, sql, &s->fixed[slot], err));
    *statement = s->fixed[slot];
    return FORE_OK;
}

fore_status store_step(fore_store *s, sqlite3_stmt *statement, bool *more, fore_error *err)
{
    int result = sqlite3_step(statement);
    *more = result == SQLITE_ROW;
    if (result == SQLITE_ROW) return FORE_OK;
    bool writes = !sqlite3_stmt_readonly(statement);
    fore_status status =
        result == SQLITE_DONE ? FORE_OK : store_fail(s, result, writes ? "write" : "read", err);
    sqlite3_reset(statement);
    return status;
}

fore_status store_run(fore_store *s, sqlite3_stmt *statement, fore_error *err)
{
    int result = sqlite3_step(statement);
    fore_status status = result == SQLITE_DONE || result == SQLITE_ROW
                             ? FORE_OK
                             : store_fail(s, result, "write", err);
    sqlite3_reset(statement);
    return status;
}

fore_status store_exec(fore_store *s, const char *sql, fore_error *err)
{
    int result = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? FORE_OK : store_fail(s, result, "write", err);
}

fore_status store_integer(fore_store *s, const char *sql, int64_t otherwise, int64_t *value,
                          fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more;
    *value = otherwise;
    FORE_TRY(store_prepare(s, sql, &statement, err));
    fore_status status = store_step(s, statement, &more, err);
    if (status == FORE_OK && more && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

void store_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text)
        sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, index);
}

void store_bind_long(sqlite3_stmt *statement, int index, int64_t value)
{
    if (value != STORE_NONE)
        sqlite3_bind_int64(statement, index, value);
    else
        sqlite3_bind_null(statement, index);
}

const char *store_column_text(sqlite3_stmt *statement, int index)
{
    return (const char *)sqlite3_column_text(statement, index);
}

int64_t store_column_long(sqlite3_stmt *statement, int index)
{
    int64_t value = sqlite3_column_int64(statement, index);
    if (value == 0 && sqlite3_column_type(statement, index) == SQLITE_NULL) return STORE_NONE;
    return value;
}
