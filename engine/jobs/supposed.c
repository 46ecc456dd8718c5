/* Copies of the few columns that differ. */
#include "engine/jobs/supposed.h"

#include <string.h>

#include "engine/base/memory.h"
#include "engine/jobs/next_step.h"

void fore_supposed_free(fore_supposed *s)
{
    fore_extractor_free(s->extractor);
    for (int i = 0; i < s->copies; i++) fore_free(s->copied[i]);
    *s = (fore_supposed){0};
}

/* A copy of n items that belongs to s; NULL when memory is short. */
static void *own_copy(fore_supposed *s, const void *column, int64_t n, int64_t size)
{
    void *copy = fore_alloc(n + 1, size);
    if (!copy) return NULL;
    if (n > 0) memcpy(copy, column, (size_t)(n * size));
    s->copied[s->copies++] = copy;
    return copy;
}

/* Times from `since` on, up to as_of, become as_of: the order stays. */
static bool postpone(fore_supposed *s, const int64_t **column, int64_t n, int64_t since,
                     int64_t as_of)
{
    int64_t *at = own_copy(s, *column, n, sizeof *at);
    if (!at) return false;
    for (int64_t i = 0; i < n; i++)
        if (at[i] >= since && at[i] < as_of) at[i] = as_of;
    *column = at;
    return true;
}

fore_status fore_suppose_nothing_since(const fore_timeline *timeline, int64_t since, int64_t as_of,
                                       fore_pool *pool, fore_supposed *s, fore_error *err)
{
    *s = (fore_supposed){.timeline = *timeline};
    fore_timeline *t = &s->timeline;
    bool good = postpone(s, &t->created_at, t->subjects, since, as_of) &&
                postpone(s, &t->closed_at, t->subjects, since, as_of) &&
                postpone(s, &t->spell_from, t->spells, since, as_of) &&
                postpone(s, &t->spell_until, t->spells, since, as_of) &&
                postpone(s, &t->unsubscribed_at, t->subjects, since, as_of) &&
                postpone(s, &t->event_at, t->events, since, as_of) &&
                postpone(s, &t->change_at, t->changes, since, as_of) &&
                postpone(s, &t->sale_at, t->sales, since, as_of) &&
                postpone(s, &t->ticket_opened_at, t->tickets, since, as_of) &&
                postpone(s, &t->ticket_closed_at, t->tickets, since, as_of);
    if (t->expected_recorded_from >= since && t->expected_recorded_from < as_of)
        t->expected_recorded_from = as_of;
    fore_status status =
        good ? fore_extractor_new(t, pool, &s->extractor, err) : fore_no_memory(err);
    if (status != FORE_OK) fore_supposed_free(s);
    return status;
}

int64_t fore_attempts_unanswered(const fore_timeline *t, int64_t subject, int64_t as_of,
                                 int64_t *attempts)
{
    int64_t first = t->event_first[subject];
    int64_t end = fore_time_lower(t->event_at, first, t->event_first[subject + 1], as_of);
    *attempts = 0;
    while (end > first && !fore_is_answer(t->event_code[end - 1]))
        *attempts += fore_is_attempt(t->event_code[--end]);
    return end;
}

fore_status fore_suppose_no_vain_attempts(const fore_timeline *timeline,
                                          const fore_extractor *extractor, int64_t as_of,
                                          fore_supposed *s, fore_error *err)
{
    *s = (fore_supposed){.timeline = *timeline};
    fore_timeline *t = &s->timeline;
    uint8_t *code = own_copy(s, t->event_code, t->events, sizeof *code);
    if (!code) return fore_no_memory(err);
    t->event_code = code;
    for (int64_t i = 0; i < t->subjects; i++) {
        int64_t attempts;
        if (!fore_subject_open_at(t, i, as_of)) continue;
        int64_t e = fore_attempts_unanswered(timeline, i, as_of, &attempts);
        for (; attempts > 0; e++) {
            if (!fore_is_attempt(code[e])) continue;
            code[e] = fore_code(fore_code_kind(code[e]), fore_code_direction(code[e]),
                                FORE_EVENT_CANCELLED);
            attempts--;
        }
    }
    fore_status status = fore_extractor_over(extractor, t, &s->extractor, err);
    if (status != FORE_OK) fore_supposed_free(s);
    return status;
}

/* The changes of a closed deal from the one that closed it on: into its last stage, or at the
 * closing. */
static void undo_closing(const fore_timeline *t, int64_t s, int64_t as_of, int64_t *change_at)
{
    int64_t first = t->change_first[s], end = t->change_first[s + 1], from = end;
    fore_ending ended = fore_subject_closed(t, s, as_of);
    int64_t closed = ended.at == FORE_NO_TIME ? as_of : ended.at;
    for (int64_t i = end; i-- > first;) {
        bool last_stage = t->change_field[i] == FORE_CHANGE_STAGE && t->stage[s] >= 0 &&
                          t->change_new[i] == t->stage[s];
        if (t->change_at[i] >= closed || last_stage) from = i;
    }
    for (; from < end; from++)
        if (change_at[from] < as_of) change_at[from] = as_of;
}

/* Moves what lies before the pause up to its end; returns how far. */
static int64_t close_pause(const fore_timeline *t, int64_t s, int64_t fresh, int64_t as_of,
                           int64_t *event_at)
{
    int64_t first = t->event_first[s], end = t->event_first[s + 1];
    int64_t news = fore_time_lower(t->event_at, first, end, fresh);
    int64_t until = news < end && t->event_at[news] < as_of ? t->event_at[news] : as_of;
    fore_ending ended = fore_subject_closed(t, s, as_of);
    int64_t since = ended.at == FORE_NO_TIME ? until : ended.at;
    if (news > first && t->event_at[news - 1] > since) since = t->event_at[news - 1];
    int64_t pause = since < until ? until - since : 0;
    for (int64_t e = first; e < news; e++) event_at[e] += pause;
    return pause;
}

/* The spell that had begun last before as_of goes on. */
static void go_on(const fore_timeline *t, int64_t s, int64_t as_of, int64_t *until,
                  uint8_t *outcome)
{
    for (int64_t k = t->spell_first[s + 1]; k-- > t->spell_first[s];) {
        if (t->spell_from[k] >= as_of && k > t->spell_first[s]) continue;
        until[k] = INT64_MAX;
        outcome[k] = FORE_OUTCOME_OPEN;
        return;
    }
}

fore_status fore_suppose_open_again(const fore_timeline *timeline, const fore_extractor *extractor,
                                    const int64_t *subject, int64_t n, int64_t fresh, int64_t as_of,
                                    int64_t max_age, fore_supposed *s, fore_error *err)
{
    *s = (fore_supposed){.timeline = *timeline};
    fore_timeline *t = &s->timeline;
    int64_t *created = own_copy(s, t->created_at, t->subjects, sizeof *created);
    int64_t *closed = own_copy(s, t->closed_at, t->subjects, sizeof *closed);
    int64_t *changed = own_copy(s, t->change_at, t->changes, sizeof *changed);
    int64_t *event_at = own_copy(s, t->event_at, t->events, sizeof *event_at);
    uint8_t *outcome = own_copy(s, t->outcome, t->subjects, sizeof *outcome);
    int64_t *until = own_copy(s, t->spell_until, t->spells, sizeof *until);
    uint8_t *ended = own_copy(s, t->spell_outcome, t->spells, sizeof *ended);
    fore_status status = FORE_OK;
    if (!created || !closed || !changed || !event_at || !outcome || !until || !ended)
        status = fore_no_memory(err);
    for (int64_t i = 0; i < n && status == FORE_OK; i++) {
        int64_t who = subject[i], pause = close_pause(timeline, who, fresh, as_of, event_at);
        for (int64_t k = t->change_first[who]; k < t->change_first[who + 1]; k++)
            if (changed[k] < as_of - pause) changed[k] += pause;
        undo_closing(timeline, who, as_of, changed);
        closed[who] = FORE_NO_TIME;
        outcome[who] = FORE_OUTCOME_OPEN;
        go_on(timeline, who, as_of, until, ended);
        created[who] += pause;
        if (created[who] < as_of - max_age) created[who] = as_of - max_age;
    }
    t->created_at = created;
    t->closed_at = closed;
    t->change_at = changed;
    t->event_at = event_at;
    t->outcome = outcome;
    t->spell_until = until;
    t->spell_outcome = ended;
    if (status == FORE_OK) status = fore_extractor_over(extractor, t, &s->extractor, err);
    if (status != FORE_OK) fore_supposed_free(s);
    return status;
}
