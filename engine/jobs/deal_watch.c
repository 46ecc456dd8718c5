/* One pass over the won deals for their silences, one over the open deals. */
#include "engine/jobs/deal_watch.h"

#include <math.h>
#include <stdlib.h>

#include "datasets/import.h"
#include "engine/base/memory.h"
#include "engine/num/special.h"

static const double SILENCE_LEVEL = 0.9;
enum { WON_YEARS = 3 }; /* silences of deals won longer ago are not how it goes now */

typedef struct silence {
    int32_t stage; /* word; t->stages.count: not known */
    double days;
} silence;

typedef struct watching {
    const fore_timeline *t;
    const fore_outlook *o;
    silence *silence;
    int64_t silences, capacity;
    double *longest; /* stages + 1: of the deal at hand; < 0: it never was there */
    double *usual;   /* stages + 1 */
    bool *closing;   /* stages: is it called as those are that end a deal? */
} watching;

static double days_between(int64_t from, int64_t to)
{
    return (double)(to - from) / (double)FORE_DAY;
}

static bool is_life(const fore_timeline *t, int64_t event)
{
    uint8_t code = t->event_code[event];
    return fore_code_kind(code) != FORE_SEND && fore_code_outcome(code) != FORE_EVENT_CANCELLED;
}

/* The marks of a deal's life before `until` one after the other: activities and changes of stage
 * from its creation on. */
typedef struct walk {
    const fore_timeline *t;
    int64_t event, event_end, change, change_end, until;
} walk;

static walk walk_of(const fore_timeline *t, int64_t s, int64_t until)
{
    int64_t end = t->event_first[s + 1];
    return (walk){t,
                  fore_time_lower(t->event_at, t->event_first[s], end, t->created_at[s]),
                  end,
                  t->change_first[s],
                  t->change_first[s + 1],
                  until};
}

/* The next mark; *stage is set when it changes. False at the end. */
static bool next_mark(walk *w, int64_t *at, int32_t *stage)
{
    const fore_timeline *t = w->t;
    while (w->event < w->event_end && !is_life(t, w->event)) w->event++;
    while (w->change < w->change_end && t->change_field[w->change] != FORE_CHANGE_STAGE)
        w->change++;
    bool event = w->event < w->event_end && t->event_at[w->event] < w->until;
    bool change = w->change < w->change_end && t->change_at[w->change] < w->until;
    if (!event && !change) return false;
    if (change && (!event || t->change_at[w->change] <= t->event_at[w->event])) {
        double value = t->change_new[w->change];
        *stage = value >= 0 && value < (double)t->stages.count ? (int32_t)value
                                                               : (int32_t)t->stages.count;
        *at = t->change_at[w->change++];
    } else {
        *at = t->event_at[w->event++];
    }
    return true;
}

/* The longest silence at each stage that a won deal passed. */
static fore_status add_won(watching *b, int64_t s, int64_t closed, fore_error *err)
{
    const fore_timeline *t = b->t;
    int64_t stages = t->stages.count, last = t->created_at[s], at;
    int32_t stage = (int32_t)stages, before = stage;
    walk w = walk_of(t, s, closed);
    for (int64_t k = 0; k <= stages; k++) b->longest[k] = -1;
    for (bool more = true; more;) {
        more = next_mark(&w, &at, &stage);
        if (!more) at = closed;
        if (at < last) at = last; /* a change before the creation */
        b->longest[before] = fmax(b->longest[before], days_between(last, at));
        last = at;
        before = stage;
    }
    for (int32_t k = 0; k <= stages; k++) {
        if (b->longest[k] < 0) continue;
        if (b->silences == b->capacity) {
            int64_t grown = b->capacity ? 2 * b->capacity : 256;
            silence *list = fore_realloc(b->silence, grown, sizeof *list);
            if (!list) return fore_no_memory(err);
            b->silence = list;
            b->capacity = grown;
        }
        b->silence[b->silences++] = (silence){k, b->longest[k]};
    }
    return FORE_OK;
}

static int by_stage(const void *a, const void *b)
{
    const silence *x = a, *y = b;
    if (x->stage != y->stage) return x->stage < y->stage ? -1 : 1;
    return (x->days > y->days) - (x->days < y->days);
}

/* usual[]: by stage where enough passed it, else of all. */
static fore_status learn_usual(watching *b, fore_error *err)
{
    double *days = FORE_NEW(b->silences, double);
    if (!days) return fore_no_memory(err);
    int64_t stages = b->t->stages.count;
    for (int64_t i = 0; i < b->silences; i++) days[i] = b->silence[i].days;
    fore_sort(days, b->silences);
    double all = fore_quantile_sorted(days, b->silences, SILENCE_LEVEL);
    for (int64_t k = 0; k <= stages; k++) b->usual[k] = all;
    if (b->silences > 0) qsort(b->silence, (size_t)b->silences, sizeof *b->silence, by_stage);
    for (int64_t i = 0; i < b->silences;) {
        int64_t n = 0;
        int32_t stage = b->silence[i].stage;
        for (; i < b->silences && b->silence[i].stage == stage; i++) days[n++] = b->silence[i].days;
        if (n >= FORE_WATCH_LEAST) b->usual[stage] = fore_quantile_sorted(days, n, SILENCE_LEVEL);
    }
    fore_free(days);
    return FORE_OK;
}

static fore_status learn_silences(watching *b, fore_watch *watch, fore_error *err)
{
    const fore_timeline *t = b->t;
    int64_t as_of = b->o->as_of, oldest = as_of - WON_YEARS * 366 * FORE_DAY;
    for (int64_t s = t->leads; s < t->subjects; s++) {
        fore_ending end = fore_subject_closed(t, s, as_of);
        if (t->left_out[s] || end.outcome != FORE_WON || end.at < oldest) continue;
        watch->won++;
        FORE_TRY(add_won(b, s, end.at, err));
    }
    return watch->won >= FORE_WATCH_LEAST ? learn_usual(b, err) : FORE_OK;
}

/* --- open deals --- */

/* The date that stands. The stored one of a deal without a log counts only where nothing is later
 * than the moment: else it may have been moved since. */
static int32_t expected_of(const fore_timeline *t, const fore_subject_state *state, int64_t s,
                           int64_t as_of)
{
    bool live = as_of > t->newest_at && t->outcome[s] == FORE_OUTCOME_OPEN;
    return state->expected_close_on == FORE_NO_DATE && live ? t->expected_close_on[s]
                                                            : state->expected_close_on;
}

static bool has_slipped(const watching *b, fore_watched *d)
{
    const fore_timeline *t = b->t;
    const fore_outlook *o = b->o;
    int32_t today = fore_date_of(o->as_of), end = o->start[1];
    d->was_on = FORE_NO_DATE;
    if (d->expected_on == FORE_NO_DATE) return false;
    d->days = today - d->expected_on;
    if (d->expected_on < today) return true;
    if (d->expected_on < end) return false;
    int64_t first =
        fore_time_lower(t->change_at, t->change_first[d->subject], t->change_first[d->subject + 1],
                        fore_time_of_date(o->start[0]));
    for (int64_t i = first; i < t->change_first[d->subject + 1] && t->change_at[i] < o->as_of;
         i++) {
        double old = t->change_old[i];
        if (t->change_field[i] != FORE_CHANGE_EXPECTED || !(old < end)) continue;
        d->was_on = (int32_t)old;
        d->days = d->expected_on - d->was_on;
        return true;
    }
    return false;
}

static bool has_stalled(const watching *b, fore_watched *d)
{
    const fore_timeline *t = b->t;
    int64_t last = t->created_at[d->subject], at;
    int32_t stage = (int32_t)t->stages.count;
    walk w = walk_of(t, d->subject, b->o->as_of);
    while (next_mark(&w, &at, &stage))
        if (at > last) last = at;
    d->days = floor(days_between(last, b->o->as_of));
    d->usual = ceil(b->usual[stage]);
    return d->days > d->usual;
}

static int by_amount(const void *a, const void *b)
{
    const fore_watched *x = a, *y = b;
    double left = isnan(x->amount) ? -1 : x->amount, right = isnan(y->amount) ? -1 : y->amount;
    if (left != right) return left > right ? -1 : 1;
    if (x->chance != y->chance) return x->chance > y->chance ? -1 : 1;
    return (x->subject > y->subject) - (x->subject < y->subject);
}

static void watch_open(watching *b, fore_watch *watch)
{
    const fore_outlook *o = b->o;
    for (int64_t i = 0; i < o->open; i++) {
        fore_subject_state state;
        int64_t s = o->open_subject[i];
        fore_subject_state_at(b->t, s, o->as_of, &state);
        fore_watched d = {.subject = s,
                          .amount = o->open_amount[i],
                          .owner = state.owner,
                          .stage = state.stage >= 0 ? state.stage : b->t->stage[s],
                          .expected_on = expected_of(b->t, &state, s, o->as_of)};
        if (state.stage < 0 && o->as_of <= b->t->newest_at)
            d.stage = -1; /* today's is not that of then */
        if (d.stage >= 0 && b->closing[d.stage]) continue;
        for (int64_t j = 0; j < o->periods; j++) d.chance += o->open_won[i + j * o->open];
        watch->dated |= d.expected_on != FORE_NO_DATE;
        if (has_slipped(b, &d)) watch->slipped[watch->slips++] = d;
        if (watch->won >= FORE_WATCH_LEAST && has_stalled(b, &d))
            watch->stalled[watch->stalls++] = d;
    }
    if (watch->slips > 0)
        qsort(watch->slipped, (size_t)watch->slips, sizeof *watch->slipped, by_amount);
    if (watch->stalls > 0)
        qsort(watch->stalled, (size_t)watch->stalls, sizeof *watch->stalled, by_amount);
}

fore_status fore_watch_make(const fore_timeline *t, const fore_outlook *o, fore_watch *watch,
                            fore_error *err)
{
    fore_status status = FORE_OK;
    watching b = {.t = t, .o = o};
    *watch = (fore_watch){0};
    if (o->kind != FORE_SUBJECT_DEAL) return FORE_OK;
    watch->slipped = FORE_NEW(o->open, fore_watched);
    watch->stalled = FORE_NEW(o->open, fore_watched);
    b.longest = FORE_NEW(t->stages.count + 1, double);
    b.usual = FORE_NEW(t->stages.count + 1, double);
    b.closing = FORE_NEW(t->stages.count + 1, bool);
    if (!watch->slipped || !watch->stalled || !b.longest || !b.usual || !b.closing)
        FORE_GO(fore_no_memory(err));
    for (int64_t k = 0; k < t->stages.count; k++)
        b.closing[k] = fore_stage_is_closing(fore_word(&t->stages, k));
    FORE_GO(learn_silences(&b, watch, err));
    watch_open(&b, watch);
done:
    fore_free(b.silence);
    fore_free(b.longest);
    fore_free(b.usual);
    fore_free(b.closing);
    if (status != FORE_OK) fore_watch_free(watch);
    return status;
}

void fore_watch_free(fore_watch *watch)
{
    fore_free(watch->slipped);
    fore_free(watch->stalled);
    *watch = (fore_watch){0};
}
