/* The registry of models, publications, and scores. Statements that call a visitor are prepared
 * anew each time, so that the visitor may use the store as well. */
#include "engine/store/store_internal.h"

#include <string.h>

static fore_status in_savepoint(fore_store *s, fore_status status, fore_error *err)
{
    if (status == FORE_OK) status = store_exec(s, "RELEASE fore", err);
    if (status == FORE_OK) return status;
    if (!sqlite3_get_autocommit(s->db)) {
        store_exec(s, "ROLLBACK TO fore", NULL);
        store_exec(s, "RELEASE fore", NULL);
    }
    return status;
}

/* --- models --- */

static void model_bind(sqlite3_stmt *q, const fore_model_row *row)
{
    store_bind_text(q, 1, row->id);
    store_bind_text(q, 2, row->purpose);
    sqlite3_bind_int64(q, 3, row->created_at);
    sqlite3_bind_int64(q, 4, row->as_of);
    sqlite3_bind_int64(q, 5, row->seed);
    store_bind_text(q, 6, row->learner ? row->learner : "");
    store_bind_text(q, 7, row->fingerprint ? row->fingerprint : "");
    store_bind_text(q, 8, row->metrics ? row->metrics : "{}");
    store_bind_text(q, 9, row->state ? row->state : "candidate");
    store_bind_text(q, 10, row->note);
    sqlite3_bind_blob64(q, 11, row->body ? row->body : "", (sqlite3_uint64)row->body_length,
                        SQLITE_STATIC);
}

fore_status fore_store_put_model(fore_store *s, const fore_model_row *row, int64_t *pk,
                                 fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more;
    fore_status status;
    if (!row->id || !*row->id || !row->purpose)
        return fore_fail(err, FORE_E_ARGUMENT, "a model needs an id and a purpose; give both");
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_prepare(s,
                           "INSERT INTO model (id, purpose, created_at, as_of, seed, learner,"
                           " fingerprint, metrics, state, note, body)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
                           " ON CONFLICT (id) DO UPDATE SET purpose = ?2, created_at = ?3,"
                           " as_of = ?4, seed = ?5, learner = ?6, fingerprint = ?7, metrics = ?8,"
                           " state = ?9, note = ?10, body = ?11 RETURNING pk",
                           &statement, err));
    model_bind(statement, row);
    FORE_GO(store_step(s, statement, &more, err));
    if (pk) *pk = sqlite3_column_int64(statement, 0);
    while (more) FORE_GO(store_step(s, statement, &more, err));
done:
    sqlite3_finalize(statement);
    return status;
}

static fore_status publish(fore_store *s, const char *purpose, int64_t model, int64_t at,
                           const char *reason, fore_error *err)
{
    sqlite3_stmt *insert = NULL, *mark = NULL;
    fore_status status;
    FORE_GO(store_prepare(s,
                          "INSERT INTO publication (purpose, model, at, reason)"
                          " SELECT ?1, pk, ?3, ?4 FROM model WHERE pk = ?2 AND purpose = ?1",
                          &insert, err));
    store_bind_text(insert, 1, purpose);
    sqlite3_bind_int64(insert, 2, model);
    sqlite3_bind_int64(insert, 3, at);
    store_bind_text(insert, 4, reason ? reason : "");
    FORE_GO(store_run(s, insert, err));
    if (sqlite3_changes(s->db) == 0) {
        status = fore_fail_at(err, FORE_E_NOT_FOUND, s->path, 0, 0,
                              "there is no model for %s to publish under this key; see foresell "
                              "models",
                              purpose);
        goto done;
    }
    FORE_GO(store_prepare(s, "UPDATE model SET state = 'published' WHERE pk = ?1", &mark, err));
    sqlite3_bind_int64(mark, 1, model);
    FORE_GO(store_run(s, mark, err));
done:
    sqlite3_finalize(insert);
    sqlite3_finalize(mark);
    return status;
}

fore_status fore_store_publish(fore_store *s, const char *purpose, int64_t model, int64_t at,
                               const char *reason, fore_error *err)
{
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_exec(s, "SAVEPOINT fore", err));
    return in_savepoint(s, publish(s, purpose, model, at, reason, err), err);
}

#define MODEL_COLUMNS                                                                              \
    "m.pk, m.id, m.purpose, m.created_at, m.as_of, m.seed, m.learner, m.fingerprint, m.metrics,"   \
    " m.state, m.note, m.pk IS (SELECT p.model FROM publication p WHERE p.purpose = m.purpose"     \
    " ORDER BY p.pk DESC LIMIT 1)"

static void model_read(sqlite3_stmt *q, bool body, fore_model_row *row)
{
    *row = (fore_model_row){
        .pk = sqlite3_column_int64(q, 0),
        .id = store_column_text(q, 1),
        .purpose = store_column_text(q, 2),
        .created_at = sqlite3_column_int64(q, 3),
        .as_of = sqlite3_column_int64(q, 4),
        .seed = sqlite3_column_int64(q, 5),
        .learner = store_column_text(q, 6),
        .fingerprint = store_column_text(q, 7),
        .metrics = store_column_text(q, 8),
        .state = store_column_text(q, 9),
        .note = store_column_text(q, 10),
        .answering = sqlite3_column_int(q, 11) != 0,
        .body = body ? sqlite3_column_blob(q, 12) : NULL,
        .body_length = body ? sqlite3_column_bytes(q, 12) : 0,
    };
}

typedef fore_status model_visit(void *context, const fore_model_row *row, fore_error *err);

fore_status fore_store_models(fore_store *s, model_visit *visit, void *context, fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    fore_model_row row;
    bool more;
    fore_status status;
    FORE_TRY(store_prepare(
        s, "SELECT " MODEL_COLUMNS " FROM model m ORDER BY m.created_at DESC, m.pk DESC",
        &statement, err));
    for (;;) {
        FORE_GO(store_step(s, statement, &more, err));
        if (!more) break;
        model_read(statement, false, &row);
        FORE_GO(visit(context, &row, err));
    }
done:
    sqlite3_finalize(statement);
    return status;
}

static fore_status fail_no_model(fore_store *s, const char *purpose, const char *id,
                                 fore_error *err)
{
    if (id)
        return fore_fail_at(err, FORE_E_NOT_FOUND, s->path, 0, 0,
                            "there is no model %s; foresell models lists them", id);
    return fore_fail_at(err, FORE_E_NOT_FOUND, s->path, 0, 0,
                        "no model has been published for %s; run foresell train first",
                        purpose ? purpose : "this question");
}

fore_status fore_store_model(fore_store *s, const char *purpose, const char *id, model_visit *visit,
                             void *context, fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    fore_model_row row;
    bool more;
    fore_status status;
    FORE_TRY(store_prepare(s,
                           id ? "SELECT " MODEL_COLUMNS ", m.body FROM model m"
                                " WHERE m.id = ?2 AND (?1 IS NULL OR m.purpose = ?1)"
                              : "SELECT " MODEL_COLUMNS
                                ", m.body FROM model m WHERE m.pk = (SELECT model FROM"
                                " publication WHERE purpose = ?1 ORDER BY pk DESC LIMIT 1)",
                           &statement, err));
    store_bind_text(statement, 1, purpose);
    if (id) store_bind_text(statement, 2, id);
    FORE_GO(store_step(s, statement, &more, err));
    if (!more) FORE_GO(fail_no_model(s, purpose, id, err));
    model_read(statement, true, &row);
    status = visit(context, &row, err);
done:
    sqlite3_finalize(statement);
    return status;
}

fore_status fore_store_previous(fore_store *s, const char *purpose, int64_t *model, fore_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool more;
    *model = 0;
    FORE_TRY(store_prepare(s,
                           "SELECT model FROM publication WHERE purpose = ?1 AND model <> (SELECT"
                           " model FROM publication WHERE purpose = ?1 ORDER BY pk DESC LIMIT 1)"
                           " ORDER BY pk DESC LIMIT 1",
                           &statement, err));
    store_bind_text(statement, 1, purpose);
    fore_status status = store_step(s, statement, &more, err);
    if (status == FORE_OK && more) *model = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

/* --- scores --- */

fore_status fore_store_put_score(fore_store *s, const fore_score_row *row, fore_error *err)
{
    sqlite3_stmt *q;
    FORE_TRY(store_writable(s, err));
    FORE_TRY(store_statement(s, STORE_SCORE_PUT,
                             "INSERT INTO score VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                             " ON CONFLICT DO UPDATE SET probability = ?5, lo = ?6, hi = ?7,"
                             " parts = ?8",
                             &q, err));
    sqlite3_bind_int(q, 1, (int)row->subject_kind);
    sqlite3_bind_int64(q, 2, row->subject);
    sqlite3_bind_int64(q, 3, row->as_of);
    sqlite3_bind_int64(q, 4, row->model);
    sqlite3_bind_double(q, 5, row->probability);
    sqlite3_bind_double(q, 6, row->lo);
    sqlite3_bind_double(q, 7, row->hi);
    store_bind_text(q, 8, row->parts ? row->parts : "{}");
    return store_run(s, q, err);
}

fore_status
fore_store_scores(fore_store *s, fore_subject_kind kind, int64_t subject, int64_t not_after,
                  fore_status (*visit)(void *context, const fore_score_row *row, fore_error *err),
                  void *context, fore_error *err)
{
    sqlite3_stmt *q = NULL;
    bool more;
    fore_status status;
    FORE_TRY(store_prepare(s,
                           "SELECT s.as_of, s.model, s.probability, s.lo, s.hi, s.parts, m.id"
                           " FROM score s JOIN model m ON m.pk = s.model WHERE s.subject_kind = ?1"
                           " AND s.subject = ?2 AND s.as_of <= ?3"
                           " ORDER BY s.as_of DESC, s.model DESC",
                           &q, err));
    sqlite3_bind_int(q, 1, (int)kind);
    sqlite3_bind_int64(q, 2, subject);
    sqlite3_bind_int64(q, 3, not_after);
    for (;;) {
        FORE_GO(store_step(s, q, &more, err));
        if (!more) break;
        fore_score_row row = {.subject_kind = kind,
                              .subject = subject,
                              .as_of = sqlite3_column_int64(q, 0),
                              .model = sqlite3_column_int64(q, 1),
                              .probability = sqlite3_column_double(q, 2),
                              .lo = sqlite3_column_double(q, 3),
                              .hi = sqlite3_column_double(q, 4),
                              .parts = store_column_text(q, 5),
                              .model_id = store_column_text(q, 6)};
        FORE_GO(visit(context, &row, err));
    }
done:
    sqlite3_finalize(q);
    return status;
}
