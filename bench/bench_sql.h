/* Plain SQL for the benches that read or fill a workspace beside the engine; stops at an error. */
#ifndef FORE_BENCH_SQL_H
#define FORE_BENCH_SQL_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static inline void run_sql(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK) return;
    fprintf(stderr, "%s\n", message);
    exit(1);
}

static inline sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK) return statement;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

#endif
