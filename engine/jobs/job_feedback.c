/* "Not this one, because." Kept in the workspace, dated by the moment of the list it was said of.
 */
#include <stdio.h>
#include <string.h>

#include "engine/jobs/feedback.h"
#include "engine/jobs/jobs.h"

static const fore_column columns[] = {
    {"id", "lead or deal", FORE_CELL_TEXT, 1},  {"said_at", "said", FORE_CELL_TEXT, 0},
    {"until", "until", FORE_CELL_TEXT, 0},      {"stands", "stands", FORE_CELL_TEXT, 0},
    {"because", "because", FORE_CELL_TEXT, -1},
};

static fore_status find_subject(const fore_timeline *t, const char *id, int64_t *subject,
                                fore_error *err)
{
    *subject = fore_timeline_find(t, FORE_SUBJECT_DEAL, id);
    if (*subject < 0) *subject = fore_timeline_find(t, FORE_SUBJECT_LEAD, id);
    return *subject >= 0 ? FORE_OK
                         : fore_fail(err, FORE_E_NOT_FOUND,
                                     "there is no lead and no deal with the id '%s'", id);
}

static fore_status read_until(fore_context *c, const char *text, int64_t as_of, int64_t *until,
                              fore_error *err)
{
    bool whole_day;
    *until = FORE_NO_TIME;
    if (!text) return FORE_OK;
    FORE_TRY(fore_moment_parse(text, (int64_t)strlen(text), c->zone, until, &whole_day, err));
    if (*until <= as_of)
        return fore_fail(err, FORE_E_USAGE,
                         "--until %s is over already; it must lie after the moment of the list",
                         text);
    return FORE_OK;
}

static fore_status keep_remark(fore_context *c, const fore_timeline *t,
                               const foresell_feedback_request *r, int64_t as_of, fore_answer *a,
                               fore_error *err)
{
    int64_t subject, until;
    if (!r->because || !r->because[strspn(r->because, " \t\n")])
        return fore_fail(err, FORE_E_USAGE, "say why: --because TEXT");
    FORE_TRY(find_subject(t, r->not_id, &subject, err));
    FORE_TRY(read_until(c, r->until, as_of, &until, err));
    if (fore_subject_ended(t, subject, as_of).outcome == FORE_WON)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "'%s' is won already: it is on no list, and nothing is to be kept off",
                         r->not_id);
    if (t->created_at[subject] == FORE_NO_TIME || t->created_at[subject] >= as_of)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "'%s' is not there at that moment, so that it is on no list anyhow",
                         r->not_id);
    fore_feedback_row row = {.subject_kind = fore_subject_kind_of(t, subject),
                             .subject = t->pk[subject],
                             .at = as_of,
                             .until_at = until,
                             .because = r->because};
    FORE_TRY(fore_store_put_feedback(c->store, &row, err));
    fore_answer_note(a, "%s stays off the list until %s%s.", r->not_id, r->until ? r->until : "",
                     r->until ? " or until something new happens" : "something new happens");
    return FORE_OK;
}

static fore_status take_back(fore_context *c, const fore_timeline *t, const char *id, int64_t as_of,
                             fore_answer *a, fore_error *err)
{
    int64_t subject, taken;
    FORE_TRY(find_subject(t, id, &subject, err));
    FORE_TRY(fore_store_take_back(c->store, fore_subject_kind_of(t, subject), t->pk[subject], as_of,
                                  &taken, err));
    if (taken == 0)
        return fore_fail(err, FORE_E_NOT_FOUND,
                         "nothing has been said of '%s' that could be taken back", id);
    fore_answer_note(a, "%s may be on the list again.", id);
    return FORE_OK;
}

static fore_status write_remarks(fore_context *c, const fore_timeline *t, int64_t as_of,
                                 fore_answer *a, fore_error *err)
{
    fore_remarks r;
    fore_json_writer json = fore_json_to(&a->json);
    int64_t g = fore_answer_grid(a, "feedback", "Not on the list, because", columns, 5);
    FORE_TRY(fore_remarks_read(c, t, as_of, &r, err));
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", as_of);
    fore_json_array(&json, "feedback");
    for (int64_t i = 0; i < r.count; i++) {
        const fore_remark *m = &r.remark[i];
        char said[32], until[32];
        fore_date_format(fore_date_of(m->at), said);
        fore_date_format(m->until == FORE_NO_TIME ? FORE_NO_DATE : fore_date_of(m->until), until);
        fore_json_object(&json, NULL);
        fore_json_string(&json, "id", fore_word(&t->ids, m->subject));
        fore_json_time(&json, "said_at", m->at);
        fore_json_time(&json, "until", m->until);
        fore_json_string(&json, "because", m->because);
        fore_json_bool(&json, "stands", !m->over);
        fore_json_string(&json, "over", m->over);
        fore_json_end_object(&json);
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_word(&t->ids, m->subject));
        fore_answer_text(a, g, said);
        fore_answer_text(a, g, m->until == FORE_NO_TIME ? "something happens" : until);
        fore_answer_text(a, g, m->over ? m->over : "yes");
        fore_answer_text(a, g, m->because);
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    if (r.count == 0)
        fore_answer_note(a,
                         "Nothing has been said yet; foresell feedback --not ID --because TEXT.");
    fore_remarks_free(&r);
    return FORE_OK;
}

fore_status fore_job_feedback(fore_context *c, const foresell_feedback_request *r, fore_answer *a,
                              fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    const fore_timeline *t;
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    FORE_TRY(fore_context_history(c, &t, NULL, err));
    if (r->not_id || r->again_id) {
        FORE_TRY(fore_store_begin(c->store, err));
        status = r->not_id ? keep_remark(c, t, r, moment.as_of, a, err)
                           : take_back(c, t, r->again_id, moment.as_of, a, err);
        if (status == FORE_OK) status = fore_store_commit(c->store, err);
        if (status != FORE_OK) fore_store_rollback(c->store);
    }
    return status == FORE_OK ? write_remarks(c, t, moment.as_of, a, err) : status;
}
