/* Settings, records of imports, answers, and records of jobs. */
#include "engine/store/store_internal.h"

#include <string.h>

/* --- settings --- */

fore_status fore_store_setting(fore_store *s, const char *name, fore_text *value, bool *found,
                               fore_error *err)
{
    sqlite3_stmt *q;
    *found = false;
    FORE_TRY(store_statement(s, STORE_SETTING_GET, "SELECT value FROM setting WHERE name = ?1", &q,
                             err));
    store_bind_text(q, 1, name);
    FORE_TRY(store_step(s, q, found, err));
    if (!*found) return FORE_OK;
    const char *text = store_column_text(q, 0);
    fore_text_puts(value, text ? text : "");
    sqlite3_reset(q);
    return fore_text_check(value, err);
}

static fore_status take_back(fore_store *s, const char *name, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_prepare(s, "DELETE FROM setting WHERE name = ?1", &q, err));
    store_bind_text(q, 1, name);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_set(fore_store *s, const char *name, const char *value, fore_error *err)
{
    sqlite3_stmt *q;
    FORE_TRY(store_writable(s, err));
    if (!value) return take_back(s, name, err);
    FORE_TRY(store_statement(s, STORE_SETTING_SET,
                             "INSERT INTO setting VALUES (?1, ?2)"
                             " ON CONFLICT DO UPDATE SET value = ?2",
                             &q, err));
    store_bind_text(q, 1, name);
    store_bind_text(q, 2, value);
    return store_run(s, q, err);
}

fore_status fore_store_exchange(fore_store *s, fore_exchange *exchange, fore_error *err)
{
    fore_text currency = {0}, rates = {0};
    bool found;
    fore_status status;
    FORE_GO(fore_store_setting(s, "currency", &currency, &found, err));
    FORE_GO(fore_store_setting(s, "exchange_rates", &rates, &found, err));
    status =
        fore_exchange_parse(fore_text_string(&currency), fore_text_string(&rates), exchange, err);
done:
    fore_text_free(&currency);
    fore_text_free(&rates);
    return status;
}

/* --- imports --- */

fore_status fore_store_put_import(fore_store *s, const fore_import_row *row, int64_t *run,
                                  fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO import_run (started_at, format, paths, rows_read, rows_new,"
                           " rows_changed, rows_same, rows_rejected)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                           &q, err));
    sqlite3_bind_int64(q, 1, row->started_at);
    store_bind_text(q, 2, row->format ? row->format : "");
    store_bind_text(q, 3, row->paths ? row->paths : "");
    sqlite3_bind_int64(q, 4, row->rows_read);
    sqlite3_bind_int64(q, 5, row->rows_new);
    sqlite3_bind_int64(q, 6, row->rows_changed);
    sqlite3_bind_int64(q, 7, row->rows_same);
    sqlite3_bind_int64(q, 8, row->rows_rejected);
    fore_status status = store_run(s, q, err);
    if (status == FORE_OK && run) *run = sqlite3_last_insert_rowid(s->db);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_put_reject(fore_store *s, int64_t run, const char *file, int64_t line,
                                  const char *column, const char *value, const char *reason,
                                  fore_error *err)
{
    sqlite3_stmt *q;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_statement(s, STORE_REJECT_PUT,
                             "INSERT INTO reject VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &q, err));
    sqlite3_bind_int64(q, 1, run);
    store_bind_text(q, 2, file ? file : "");
    sqlite3_bind_int64(q, 3, line);
    store_bind_text(q, 4, column);
    store_bind_text(q, 5, value);
    store_bind_text(q, 6, reason ? reason : "");
    return store_run(s, q, err);
}

/* --- answers --- */

fore_status fore_store_put_answer(fore_store *s, const char *kind, int64_t as_of, int64_t made_at,
                                  const char *json, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(
        s, "INSERT INTO answer (kind, as_of, made_at, json) VALUES (?1, ?2, ?3, ?4)", &q, err));
    store_bind_text(q, 1, kind);
    sqlite3_bind_int64(q, 2, as_of);
    sqlite3_bind_int64(q, 3, made_at);
    store_bind_text(q, 4, json);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_answer(fore_store *s, const char *kind, fore_text *json, int64_t *as_of,
                              bool *found, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    *found = false;
    if (as_of) *as_of = FORE_NO_TIME;
    FORE_TRY(store_prepare(s,
                           "SELECT json, as_of FROM answer WHERE kind = ?1"
                           " ORDER BY made_at DESC, pk DESC LIMIT 1",
                           &q, err));
    store_bind_text(q, 1, kind);
    fore_status status = store_step(s, q, found, err);
    if (status == FORE_OK && *found) {
        const char *text = store_column_text(q, 0);
        fore_text_add(json, text ? text : "", sqlite3_column_bytes(q, 0));
        if (as_of) *as_of = sqlite3_column_int64(q, 1);
        status = fore_text_check(json, err);
    }
    sqlite3_finalize(q);
    return status;
}

/* --- jobs --- */

fore_status fore_store_job_start(fore_store *s, const char *job, int64_t at, int64_t *pk,
                                 fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO job_run (job, started_at, step, state)"
                           " VALUES (?1, ?2, '', 'running')",
                           &q, err));
    store_bind_text(q, 1, job);
    sqlite3_bind_int64(q, 2, at);
    fore_status status = store_run(s, q, err);
    if (status == FORE_OK && pk) *pk = sqlite3_last_insert_rowid(s->db);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_job_step(fore_store *s, int64_t pk, const char *step, const char *state,
                                const char *report, int64_t finished_at, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(
        store_prepare(s,
                      "UPDATE job_run SET step = coalesce(?2, step), state = coalesce(?3, state),"
                      " report = coalesce(?4, report), finished_at = coalesce(?5, finished_at)"
                      " WHERE pk = ?1",
                      &q, err));
    sqlite3_bind_int64(q, 1, pk);
    store_bind_text(q, 2, step);
    store_bind_text(q, 3, state);
    store_bind_text(q, 4, report);
    store_bind_long(q, 5, finished_at);
    fore_status status = store_run(s, q, err);
    if (status == FORE_OK && sqlite3_changes(s->db) == 0)
        status = fore_fail_at(err, FORE_E_NOT_FOUND, s->path, 0, 0,
                              "there is no record of run %lld; start the job again", (long long)pk);
    sqlite3_finalize(q);
    return status;
}

/* Copies column `i` into *scratch; gives its offset, -1 for NULL. */
static int64_t copy_column(sqlite3_stmt *q, int i, fore_text *scratch)
{
    const char *text = store_column_text(q, i);
    if (!text) return -1;
    int64_t offset = scratch->length;
    fore_text_add(scratch, text, (int64_t)strlen(text) + 1);
    return offset;
}

static const char *at_offset(const fore_text *scratch, int64_t offset)
{
    return offset < 0 ? NULL : scratch->bytes + offset;
}

fore_status fore_store_job_last(fore_store *s, const char *job, fore_job_row *row,
                                fore_text *scratch, bool *found, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    *found = false;
    FORE_TRY(
        store_prepare(s,
                      "SELECT pk, started_at, finished_at, job, step, state, report FROM job_run"
                      " WHERE job = ?1 ORDER BY pk DESC LIMIT 1",
                      &q, err));
    store_bind_text(q, 1, job);
    fore_status status = store_step(s, q, found, err);
    if (status == FORE_OK && *found) {
        int64_t text[4];
        for (int i = 0; i < 4; i++) text[i] = copy_column(q, 3 + i, scratch);
        status = fore_text_check(scratch, err);
        if (status == FORE_OK)
            *row = (fore_job_row){.pk = sqlite3_column_int64(q, 0),
                                  .started_at = sqlite3_column_int64(q, 1),
                                  .finished_at = store_column_long(q, 2),
                                  .job = at_offset(scratch, text[0]),
                                  .step = at_offset(scratch, text[1]),
                                  .state = at_offset(scratch, text[2]),
                                  .report = at_offset(scratch, text[3])};
    }
    sqlite3_finalize(q);
    return status;
}
