/* Models, publications, scores, answers, imports and jobs. */
#include "tests/store/store_fixture.h"

#include "engine/store/store_internal.h"

static int64_t put_model(fore_store *s, const char *id, const char *purpose, int64_t created_at)
{
    int64_t pk = 0;
    fore_model_row row = {.id = id,
                          .purpose = purpose,
                          .created_at = created_at,
                          .as_of = 7,
                          .seed = 42,
                          .learner = "logistic",
                          .fingerprint = "abc",
                          .metrics = "{\"auc\":0.7}",
                          .state = "candidate",
                          .note = NULL,
                          .body = "a\0b",
                          .body_length = 3};
    OK(fore_store_put_model(s, &row, &pk, e));
    assert_true(pk > 0);
    return pk;
}

typedef struct seen {
    int count;
    char ids[256], answering[64];
    bool with_body;
    int64_t pk;
} seen;

static fore_status see_model(void *context, const fore_model_row *row, fore_error *err)
{
    seen *v = context;
    v->count++;
    v->pk = row->pk;
    strcat(strcat(v->ids, row->id), " ");
    if (row->answering) strcat(strcat(v->answering, row->id), " ");
    v->with_body = row->body != NULL;
    if (row->seed != 42 || strcmp(row->metrics, "{\"auc\":0.7}") != 0 || row->as_of != 7)
        return fore_fail(err, FORE_E_DATA, "the model came back changed; look why");
    if (row->body && (row->body_length != 3 || memcmp(row->body, "a\0b", 3) != 0))
        return fore_fail(err, FORE_E_DATA, "the body came back changed; look why");
    return FORE_OK;
}

static void models__several__newest_first_without_body(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    seen v = {0};
    put_model(s, "m1", "lead", 10);
    int64_t m2 = put_model(s, "m2", "lead", 20);
    put_model(s, "m3", "deal", 15);
    OK(fore_store_publish(s, "lead", m2, 30, "better", e));
    OK(fore_store_models(s, see_model, &v, e));
    assert_string_equal(v.ids, "m2 m3 m1 ");
    assert_string_equal(v.answering, "m2 ");
    assert_false(v.with_body);
}

static void publish__then_back__the_newest_publication_answers(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    int64_t m1 = put_model(s, "m1", "lead", 10), m2 = put_model(s, "m2", "lead", 20), back;
    seen v = {0}, w = {0}, x = {0};
    FAILS(FORE_E_NOT_FOUND, "train", fore_store_model(s, "lead", NULL, see_model, &v, e));
    OK(fore_store_previous(s, "lead", &back, e));
    assert_int_equal(back, 0);
    OK(fore_store_publish(s, "lead", m1, 30, "first", e));
    OK(fore_store_previous(s, "lead", &back, e));
    assert_int_equal(back, 0);
    OK(fore_store_publish(s, "lead", m2, 31, "better", e));
    OK(fore_store_publish(s, "lead", m2, 32, "again", e));
    OK(fore_store_model(s, "lead", NULL, see_model, &v, e));
    assert_string_equal(v.ids, "m2 ");
    assert_true(v.with_body);
    OK(fore_store_previous(s, "lead", &back, e));
    assert_int_equal(back, m1);
    OK(fore_store_publish(s, "lead", back, 33, "rolled back", e));
    OK(fore_store_model(s, "lead", NULL, see_model, &w, e));
    assert_string_equal(w.ids, "m1 ");
    OK(fore_store_model(s, NULL, "m2", see_model, &x, e));
    assert_string_equal(x.ids, "m2 ");
    assert_string_equal(x.answering, "");
}

static void publish__model_of_another_purpose__is_refused_whole(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    seen v = {0};
    int64_t m = put_model(s, "m1", "deal", 10), rows;
    FAILS(FORE_E_NOT_FOUND, "lead", fore_store_publish(s, "lead", m, 1, "", e));
    FAILS(FORE_E_NOT_FOUND, "deal", fore_store_publish(s, "deal", 99, 1, "", e));
    FAILS(FORE_E_NOT_FOUND, "m1", fore_store_model(s, "lead", "m1", see_model, &v, e));
    OK(store_integer(s, "SELECT count(*) FROM publication", -1, &rows, e));
    assert_int_equal(rows, 0);
    assert_true(sqlite3_get_autocommit(s->db));
}

static void publish__inside_a_transaction__is_undone_with_it(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    seen v = {0};
    int64_t m = put_model(s, "m1", "lead", 10);
    OK(fore_store_begin(s, e));
    OK(fore_store_publish(s, "lead", m, 1, "", e));
    fore_store_rollback(s);
    FAILS(FORE_E_NOT_FOUND, "", fore_store_model(s, "lead", NULL, see_model, &v, e));
}

static void put_model__same_id__replaces_it(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    seen v = {0};
    int64_t first = put_model(s, "m1", "lead", 10), second = put_model(s, "m1", "lead", 99);
    assert_int_equal(first, second);
    OK(fore_store_models(s, see_model, &v, e));
    assert_int_equal(v.count, 1);
    fore_model_row nameless = {.purpose = "lead"};
    FAILS(FORE_E_ARGUMENT, "", fore_store_put_model(s, &nameless, NULL, e));
}

static fore_status see_score(void *context, const fore_score_row *row, fore_error *err)
{
    fore_text *out = context;
    fore_text_printf(out, "%lld:%g:%s ", (long long)row->as_of, row->probability, row->model_id);
    return fore_text_check(out, err);
}

static void scores__of_one_subject__newest_first_up_to_a_moment(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    int64_t m = put_model(s, "m1", "lead", 10);
    fore_text out = {0};
    for (int i = 0; i < 4; i++) {
        fore_score_row row = {.subject_kind = FORE_SUBJECT_LEAD,
                              .subject = 5,
                              .as_of = i,
                              .model = m,
                              .probability = 0.25 * i,
                              .lo = 0,
                              .hi = 1,
                              .parts = "{}"};
        OK(fore_store_put_score(s, &row, e));
        row.subject_kind = FORE_SUBJECT_DEAL;
        OK(fore_store_put_score(s, &row, e));
    }
    fore_score_row again = {.subject_kind = FORE_SUBJECT_LEAD,
                            .subject = 5,
                            .as_of = 2,
                            .model = m,
                            .probability = 0.625,
                            .hi = 1};
    OK(fore_store_put_score(s, &again, e));
    OK(fore_store_scores(s, FORE_SUBJECT_LEAD, 5, 2, see_score, &out, e));
    assert_string_equal(out.bytes, "2:0.625:m1 1:0.25:m1 0:0:m1 ");
    fore_text_free(&out);
}

static void answer__several_of_a_kind__the_newest_made(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_text json = {0};
    int64_t as_of;
    bool found;
    OK(fore_store_answer(s, "forecast", &json, &as_of, &found, e));
    assert_false(found);
    OK(fore_store_put_answer(s, "forecast", 5, 20, "{\"n\":2}", e));
    OK(fore_store_put_answer(s, "forecast", 9, 10, "{\"n\":1}", e));
    OK(fore_store_put_answer(s, "effort", 9, 30, "{\"n\":3}", e));
    OK(fore_store_answer(s, "forecast", &json, &as_of, &found, e));
    assert_true(found && as_of == 5);
    assert_string_equal(json.bytes, "{\"n\":2}");
    fore_text_free(&json);
}

static void jobs__steps__are_remembered(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_job_row row;
    fore_text scratch = {0};
    bool found;
    int64_t first, second;
    OK(fore_store_job_last(s, "nightly", &row, &scratch, &found, e));
    assert_false(found);
    OK(fore_store_job_start(s, "nightly", 100, &first, e));
    OK(fore_store_job_start(s, "nightly", 200, &second, e));
    OK(fore_store_job_step(s, second, "train", "running", "{\"a\":1}", FORE_NO_TIME, e));
    OK(fore_store_job_step(s, second, "score", NULL, NULL, FORE_NO_TIME, e));
    OK(fore_store_job_last(s, "nightly", &row, &scratch, &found, e));
    assert_true(found && row.pk == second && row.started_at == 200);
    assert_int_equal(row.finished_at, FORE_NO_TIME);
    assert_string_equal(row.job, "nightly");
    assert_string_equal(row.step, "score");
    assert_string_equal(row.state, "running");
    assert_string_equal(row.report, "{\"a\":1}");
    OK(fore_store_job_step(s, second, "score", "done", NULL, 300, e));
    OK(fore_store_job_last(s, "nightly", &row, &scratch, &found, e));
    assert_int_equal(row.finished_at, 300);
    assert_string_equal(row.state, "done");
    FAILS(FORE_E_NOT_FOUND, "", fore_store_job_step(s, 99, "x", "done", NULL, 1, e));
    fore_text_free(&scratch);
}

static void import__rejects__are_kept(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    int64_t run, rows;
    fore_import_row row = {
        .started_at = 1, .format = "zoho", .paths = "a.csv", .rows_read = 10, .rows_rejected = 1};
    OK(fore_store_begin(s, e));
    OK(fore_store_put_import(s, &row, &run, e));
    OK(fore_store_put_reject(s, run, "a.csv", 7, "Amount", "abc", "not a number", e));
    OK(fore_store_put_reject(s, run, "a.csv", 8, NULL, NULL, "too few columns", e));
    OK(fore_store_commit(s, e));
    OK(store_integer(s,
                     "SELECT count(*) FROM reject JOIN import_run ON run = pk"
                     " WHERE file = 'a.csv' AND (line = 7) = (column_name = 'Amount') OR line = 8",
                     0, &rows, e));
    assert_int_equal(rows, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(models__several__newest_first_without_body),
        WITH_STORE(publish__then_back__the_newest_publication_answers),
        WITH_STORE(publish__model_of_another_purpose__is_refused_whole),
        WITH_STORE(publish__inside_a_transaction__is_undone_with_it),
        WITH_STORE(put_model__same_id__replaces_it),
        WITH_STORE(scores__of_one_subject__newest_first_up_to_a_moment),
        WITH_STORE(answer__several_of_a_kind__the_newest_made),
        WITH_STORE(jobs__steps__are_remembered),
        WITH_STORE(import__rejects__are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
