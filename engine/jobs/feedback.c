/* Reading remarks and telling which of them stand. */
#include "engine/jobs/feedback.h"

#include <string.h>

#include "engine/jobs/next_step.h"

bool fore_news_since(const fore_timeline *t, int64_t subject, int64_t since, int64_t as_of)
{
    int64_t first = t->event_first[subject], end = t->event_first[subject + 1];
    int64_t e = fore_time_lower(t->event_at, first, end, since);
    for (; e < end && t->event_at[e] < as_of; e++) {
        fore_activity_kind kind = fore_code_kind(t->event_code[e]);
        bool cancelled = fore_code_outcome(t->event_code[e]) == FORE_EVENT_CANCELLED;
        if (fore_is_answer(t->event_code[e]) || (kind == FORE_WEB && !cancelled)) return true;
    }
    first = t->change_first[subject];
    end = t->change_first[subject + 1];
    int64_t k = fore_time_lower(t->change_at, first, end, since);
    return k < end && t->change_at[k] < as_of;
}

static fore_status remember(void *context, const fore_feedback_row *row, fore_error *err)
{
    fore_remarks *r = context;
    int64_t subject = fore_timeline_subject(r->timeline, row->subject_kind, row->subject);
    if (subject < 0) return FORE_OK;
    FORE_TRY(fore_grow((void **)&r->remark, &r->capacity, r->count + 1, sizeof *r->remark, err));
    fore_remark *m = &r->remark[r->count];
    *m = (fore_remark){subject, row->at, row->until_at,
                       fore_arena_string(r->arena, row->because ? row->because : ""), NULL};
    if (!m->because) return fore_no_memory(err);
    if (row->taken_back_at != FORE_NO_TIME && row->taken_back_at <= r->as_of)
        m->over = "taken back";
    else if (m->until != FORE_NO_TIME && m->until <= r->as_of)
        m->over = "its date has come";
    else if (fore_news_since(r->timeline, subject, m->at, r->as_of))
        m->over = "something new has happened";
    else
        r->standing[subject] = (int32_t)r->count;
    r->count++;
    return FORE_OK;
}

fore_status fore_remarks_read(fore_context *c, const fore_timeline *t, int64_t as_of,
                              fore_remarks *r, fore_error *err)
{
    *r = (fore_remarks){.timeline = t, .as_of = as_of, .arena = fore_arena_new()};
    r->standing = FORE_NEW(t->subjects, int32_t);
    fore_status status = FORE_OK;
    if (!r->arena || !r->standing) {
        status = fore_no_memory(err);
    } else {
        for (int64_t s = 0; s < t->subjects; s++) r->standing[s] = -1;
        status = fore_store_feedback(c->store, as_of, remember, r, err);
    }
    if (status != FORE_OK) fore_remarks_free(r);
    return status;
}

void fore_remarks_free(fore_remarks *r)
{
    fore_free(r->remark);
    fore_free(r->standing);
    fore_arena_free(r->arena);
    *r = (fore_remarks){0};
}
