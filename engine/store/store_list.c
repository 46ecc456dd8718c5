/* The list: what people said of it, and what of it was drawn by lot. */
#include "engine/store/store_internal.h"

bool fore_store_is_writable(const fore_store *s) { return !s->read_only; }

fore_status fore_store_put_feedback(fore_store *s, const fore_feedback_row *row, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO feedback (subject_kind, subject, at, until_at, because)"
                           " VALUES (?1, ?2, ?3, ?4, ?5)",
                           &q, err));
    sqlite3_bind_int(q, 1, (int)row->subject_kind);
    sqlite3_bind_int64(q, 2, row->subject);
    sqlite3_bind_int64(q, 3, row->at);
    store_bind_long(q, 4, row->until_at);
    store_bind_text(q, 5, row->because ? row->because : "");
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_take_back(fore_store *s, fore_subject_kind kind, int64_t subject, int64_t at,
                                 int64_t *taken, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "UPDATE feedback SET taken_back_at = ?3 WHERE subject_kind = ?1"
                           " AND subject = ?2 AND taken_back_at IS NULL",
                           &q, err));
    sqlite3_bind_int(q, 1, (int)kind);
    sqlite3_bind_int64(q, 2, subject);
    sqlite3_bind_int64(q, 3, at);
    fore_status status = store_run(s, q, err);
    *taken = status == FORE_OK ? sqlite3_changes(s->db) : 0;
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_feedback(fore_store *s, int64_t not_after,
                                fore_status (*visit)(void *context, const fore_feedback_row *row,
                                                     fore_error *err),
                                void *context, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    bool more;
    fore_status status;
    FORE_TRY(store_prepare(s,
                           "SELECT pk, subject_kind, subject, at, until_at, because, taken_back_at"
                           " FROM feedback WHERE at <= ?1 ORDER BY at, pk",
                           &q, err));
    sqlite3_bind_int64(q, 1, not_after);
    for (;;) {
        FORE_GO(store_step(s, q, &more, err));
        if (!more) break;
        fore_feedback_row row = {.pk = sqlite3_column_int64(q, 0),
                                 .subject_kind = (fore_subject_kind)sqlite3_column_int(q, 1),
                                 .subject = sqlite3_column_int64(q, 2),
                                 .at = sqlite3_column_int64(q, 3),
                                 .until_at = store_column_long(q, 4),
                                 .because = store_column_text(q, 5),
                                 .taken_back_at = store_column_long(q, 6)};
        FORE_GO(visit(context, &row, err));
    }
done:
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_clear_listed(fore_store *s, int32_t day_on, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s, "DELETE FROM listed WHERE day_on = ?1 AND drawn = 0", &q, err));
    sqlite3_bind_int(q, 1, day_on);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_put_listed(fore_store *s, const fore_listed_row *row, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO listed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                           " ON CONFLICT DO UPDATE SET place = max(place, ?6),"
                           " as_of = CASE WHEN drawn > 0 THEN as_of ELSE ?4 END,"
                           " seed = CASE WHEN drawn > 0 THEN seed ELSE ?5 END,"
                           " draw_chance = CASE WHEN drawn > 0 THEN draw_chance ELSE ?8 END,"
                           " drawn = CASE WHEN drawn > 0 THEN drawn ELSE ?7 END",
                           &q, err));
    sqlite3_bind_int(q, 1, row->day_on);
    sqlite3_bind_int(q, 2, (int)row->subject_kind);
    sqlite3_bind_int64(q, 3, row->subject);
    sqlite3_bind_int64(q, 4, row->as_of);
    sqlite3_bind_int64(q, 5, (int64_t)row->seed);
    sqlite3_bind_int64(q, 6, row->place);
    sqlite3_bind_int(q, 7, (int)row->drawn);
    sqlite3_bind_double(q, 8, row->draw_chance);
    fore_status status = store_run(s, q, err);
    sqlite3_finalize(q);
    return status;
}

fore_status fore_store_listed(fore_store *s, int32_t from_on, int32_t to_on,
                              fore_status (*visit)(void *context, const fore_listed_row *row,
                                                   fore_error *err),
                              void *context, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    bool more;
    fore_status status;
    FORE_TRY(
        store_prepare(s,
                      "SELECT subject_kind, subject, as_of, seed, place, drawn, draw_chance, day_on"
                      " FROM listed WHERE day_on BETWEEN ?1 AND ?2"
                      " ORDER BY day_on, place, subject_kind, subject",
                      &q, err));
    sqlite3_bind_int(q, 1, from_on);
    sqlite3_bind_int(q, 2, to_on);
    for (;;) {
        FORE_GO(store_step(s, q, &more, err));
        if (!more) break;
        fore_listed_row row = {.day_on = sqlite3_column_int(q, 7),
                               .subject_kind = (fore_subject_kind)sqlite3_column_int(q, 0),
                               .subject = sqlite3_column_int64(q, 1),
                               .as_of = sqlite3_column_int64(q, 2),
                               .seed = (uint64_t)sqlite3_column_int64(q, 3),
                               .place = sqlite3_column_int64(q, 4),
                               .drawn = (fore_listed_by)sqlite3_column_int(q, 5),
                               .draw_chance = sqlite3_column_double(q, 6)};
        FORE_GO(visit(context, &row, err));
    }
done:
    sqlite3_finalize(q);
    return status;
}
