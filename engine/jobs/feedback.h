/* "Not this one, because": what people said of leads and deals on the list. It keeps one off the list
 * until its date has come or something new happens: they get in touch, answer, or the deal is changed. */
#ifndef FORE_JOBS_FEEDBACK_H
#define FORE_JOBS_FEEDBACK_H

#include "engine/jobs/context.h"

typedef struct fore_remark {
    int64_t subject, at, until; /* until: FORE_NO_TIME = until something happens */
    const char *because;
    const char *over; /* why it no longer counts, in words; NULL: it stands */
} fore_remark;

typedef struct fore_remarks {
    fore_remark *remark; /* oldest first */
    int64_t count, capacity;
    int32_t *standing;   /* by subject: the newest remark that stands, -1 = none */
    const fore_timeline *timeline;
    int64_t as_of;
    fore_arena *arena;
} fore_remarks;

/* All that had been said at as_of. */
fore_status fore_remarks_read(fore_context *context, const fore_timeline *timeline, int64_t as_of,
                              fore_remarks *remarks, fore_error *err);
void fore_remarks_free(fore_remarks *remarks);
static inline const fore_remark *fore_remark_on(const fore_remarks *r, int64_t subject) /* or NULL */
{
    return r->standing[subject] < 0 ? NULL : &r->remark[r->standing[subject]];
}

/* Did they answer or get in touch, or was the deal changed, in [since, as_of)? */
bool fore_news_since(const fore_timeline *timeline, int64_t subject, int64_t since, int64_t as_of);

#endif
