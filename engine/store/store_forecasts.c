/* What the forecast said day by day, and what people said instead. */
#include "engine/store/store_internal.h"

fore_status fore_store_put_snapshot(fore_store *s, const fore_snapshot_row *row, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO forecast_snapshot VALUES (?1, ?2, ?3, ?4)"
                           " ON CONFLICT DO UPDATE SET as_of = ?3, body = ?4",
                           &q, err));
    store_bind_text(q, 1, row->kind);
    sqlite3_bind_int(q, 2, row->day_on);
    sqlite3_bind_int64(q, 3, row->as_of);
    sqlite3_bind_blob64(q, 4, row->body, (sqlite3_uint64)row->body_length, SQLITE_STATIC);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_snapshot(fore_store *s, const char *kind, int64_t not_after,
                                fore_status (*visit)(void *context, const fore_snapshot_row *row,
                                                     fore_error *err),
                                void *context, bool *found, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    *found = false;
    FORE_TRY(store_prepare(s,
                           "SELECT day_on, as_of, body FROM forecast_snapshot"
                           " WHERE kind = ?1 AND as_of <= ?2 ORDER BY as_of DESC LIMIT 1",
                           &q, err));
    store_bind_text(q, 1, kind);
    sqlite3_bind_int64(q, 2, not_after);
    fore_status status = store_step(s, q, found, err);
    if (status == FORE_OK && *found) {
        fore_snapshot_row row = {.kind = kind,
                                 .day_on = sqlite3_column_int(q, 0),
                                 .as_of = sqlite3_column_int64(q, 1),
                                 .body = sqlite3_column_blob(q, 2),
                                 .body_length = sqlite3_column_bytes(q, 2)};
        status = visit(context, &row, err);
    }
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_thin_snapshots(fore_store *s, int32_t before_on, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    /* day 0 was a Thursday: (day + 3) / 7 numbers the weeks that begin on Mondays */
    FORE_TRY(store_prepare(s,
                           "DELETE FROM forecast_snapshot AS late WHERE day_on < ?1 AND EXISTS"
                           " (SELECT 1 FROM forecast_snapshot AS early WHERE early.kind = late.kind"
                           " AND early.day_on < late.day_on"
                           " AND (early.day_on + 3) / 7 = (late.day_on + 3) / 7)",
                           &q, err));
    sqlite3_bind_int(q, 1, before_on);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_put_adjustment(fore_store *s, const fore_adjustment_row *row,
                                      fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO adjustment (at, period_start_on, period_end_on,"
                           " amount_minor, who, because, model_mean, model_lo80, model_hi80, unit,"
                           " rates) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                           &q, err));
    sqlite3_bind_int64(q, 1, row->at);
    sqlite3_bind_int(q, 2, row->start_on);
    sqlite3_bind_int(q, 3, row->end_on);
    sqlite3_bind_int64(q, 4, row->amount_minor);
    store_bind_text(q, 5, row->who);
    store_bind_text(q, 6, row->because);
    sqlite3_bind_double(q, 7, row->model_mean);
    sqlite3_bind_double(q, 8, row->model_lo80);
    sqlite3_bind_double(q, 9, row->model_hi80);
    store_bind_text(q, 10, row->unit);
    store_bind_text(q, 11, row->rates);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_take_back_adjustment(fore_store *s, int32_t start_on, int32_t end_on,
                                            const char *who, int64_t at, int64_t *taken,
                                            fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "UPDATE adjustment SET taken_back_at = ?4 WHERE period_start_on = ?1"
                           " AND period_end_on = ?2 AND (?3 IS NULL OR who = ?3)"
                           " AND taken_back_at IS NULL",
                           &q, err));
    sqlite3_bind_int(q, 1, start_on);
    sqlite3_bind_int(q, 2, end_on);
    store_bind_text(q, 3, who);
    sqlite3_bind_int64(q, 4, at);
    fore_status status = store_run(s, q, err);
    *taken = status == FORE_OK ? sqlite3_changes(s->db) : 0;
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_adjustments(fore_store *s, int64_t not_after,
                                   fore_status (*visit)(void *context,
                                                        const fore_adjustment_row *row,
                                                        fore_error *err),
                                   void *context, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    bool more;
    fore_status status;
    FORE_TRY(
        store_prepare(s,
                      "SELECT pk, at, period_start_on, period_end_on, amount_minor, who,"
                      " because, model_mean, model_lo80, model_hi80, taken_back_at, unit, rates"
                      " FROM adjustment WHERE at <= ?1 ORDER BY at, pk",
                      &q, err));
    sqlite3_bind_int64(q, 1, not_after);
    for (;;) {
        FORE_GO(store_step(s, q, &more, err));
        if (!more) break;
        fore_adjustment_row row = {.pk = sqlite3_column_int64(q, 0),
                                   .at = sqlite3_column_int64(q, 1),
                                   .start_on = sqlite3_column_int(q, 2),
                                   .end_on = sqlite3_column_int(q, 3),
                                   .amount_minor = sqlite3_column_int64(q, 4),
                                   .who = store_column_text(q, 5),
                                   .because = store_column_text(q, 6),
                                   .model_mean = sqlite3_column_double(q, 7),
                                   .model_lo80 = sqlite3_column_double(q, 8),
                                   .model_hi80 = sqlite3_column_double(q, 9),
                                   .taken_back_at = store_column_long(q, 10),
                                   .unit = store_column_text(q, 11),
                                   .rates = store_column_text(q, 12)};
        FORE_GO(visit(context, &row, err));
    }
done:
    sqlite3_finalize(q);
    return status;
}
