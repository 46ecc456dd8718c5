/* The schema and its versions. schema.sql makes the newest version; an older file is brought up to
 * it by the numbered steps migrate_<n>.sql (n - 1 -> n), each in one transaction with its new
 * number. */
#include "engine/store/store_internal.h"

#include <stdio.h>

#include "schema_sql.h"

static const store_migration migrations[] = {
    {2, fore_sql_migrate_2}, {3, fore_sql_migrate_3}, {0, NULL}};

static fore_status set_version(fore_store *s, int version, fore_error *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
    return store_exec(s, sql, err);
}

/* An empty database, or one that a killed creation left without a table. */
static fore_status is_empty(fore_store *s, bool *empty, fore_error *err)
{
    int64_t tables, application;
    FORE_TRY(store_integer(s, "SELECT count(*) FROM sqlite_schema", 0, &tables, err));
    FORE_TRY(store_integer(s, "PRAGMA application_id", 0, &application, err));
    *empty = tables == 0 && application == 0;
    return FORE_OK;
}

fore_status store_create_schema(fore_store *s, fore_error *err)
{
    char sql[64];
    bool empty;
    fore_status status;
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d", STORE_APPLICATION_ID);
    FORE_TRY(store_exec(s, "BEGIN EXCLUSIVE", err));
    FORE_GO(is_empty(s, &empty, err));
    if (empty) {
        FORE_GO(store_exec(s, fore_sql_schema, err));
        FORE_GO(store_exec(s, sql, err));
        FORE_GO(set_version(s, STORE_VERSION, err));
    }
    FORE_GO(store_exec(s, "COMMIT", err));
done:
    if (status != FORE_OK && !sqlite3_get_autocommit(s->db)) store_exec(s, "ROLLBACK", NULL);
    return status;
}

static fore_status run_step(fore_store *s, const store_migration *step, fore_error *err)
{
    int64_t version;
    fore_status status;
    FORE_TRY(store_exec(s, "BEGIN EXCLUSIVE", err));
    FORE_GO(store_integer(s, "PRAGMA user_version", 0, &version, err));
    if (version == step->version - 1) { /* else another process was faster */
        FORE_GO(store_exec(s, step->sql, err));
        FORE_GO(set_version(s, step->version, err));
    }
    FORE_GO(store_exec(s, "COMMIT", err));
done:
    if (status != FORE_OK && !sqlite3_get_autocommit(s->db)) store_exec(s, "ROLLBACK", NULL);
    return status;
}

fore_status store_migrate(fore_store *s, const store_migration *steps, fore_error *err)
{
    int64_t version;
    FORE_TRY(store_integer(s, "PRAGMA user_version", 0, &version, err));
    for (; steps->sql; steps++) {
        if (steps->version <= version) continue;
        fore_status status = run_step(s, steps, err);
        if (status != FORE_OK)
            return fore_error_prefix(err, status, "step %d of the workspace's format",
                                     steps->version);
    }
    return FORE_OK;
}

static fore_status fail_foreign(fore_store *s, fore_error *err)
{
    return fore_fail_at(
        err, FORE_E_NOT_WORKSPACE, s->path, 0, 0,
        "%s is a database of another program, not a foresell workspace; it was left "
        "untouched; name another file with -w",
        s->path);
}

fore_status store_check_version(fore_store *s, fore_error *err)
{
    int64_t application, version;
    FORE_TRY(store_integer(s, "PRAGMA application_id", 0, &application, err));
    FORE_TRY(store_integer(s, "PRAGMA user_version", 0, &version, err));
    if (application != STORE_APPLICATION_ID) {
        bool empty;
        FORE_TRY(is_empty(s, &empty, err));
        if (!empty) return fail_foreign(s, err);
        return fore_fail_at(err, FORE_E_NOT_WORKSPACE, s->path, 0, 0,
                            "%s is empty, not a foresell workspace; fill it with foresell import",
                            s->path);
    }
    if (version > STORE_VERSION)
        return fore_fail_at(
            err, FORE_E_NEWER, s->path, 0, 0,
            "the workspace %s has format %d and this foresell knows %d at most; use "
            "the newer foresell that wrote it",
            s->path, (int)version, STORE_VERSION);
    if (version < 1) return store_fail(s, SQLITE_CORRUPT, "read", err);
    if (version == STORE_VERSION) return FORE_OK;
    if (s->read_only)
        return fore_fail_at(
            err, FORE_E_READONLY, s->path, 0, 0,
            "the workspace %s has the older format %d and must be brought up to date "
            "first; run any command that writes it, such as foresell import",
            s->path, (int)version);
    return store_migrate(s, migrations, err);
}
