/* The effort panel in three passes: events (what each rep did), subjects (what they held, got and
 * closed), reps (their hours). */
#include "features/panels.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "features/extract.h"
#include "features/sales_series.h"

typedef struct paneling {
    const fore_timeline *t;
    int64_t as_of;
    fore_effort_panel *p;
    int64_t start, end;              /* of week 0 and after the last week, microseconds */
    int32_t *row;                    /* by rep of the timeline: row of the panel, -1 = not seen */
    int64_t *first_seen, *last_seen; /* by row: weeks */
} paneling;

void fore_effort_panel_free(fore_effort_panel *panel)
{
    if (!panel) return;
    fore_arena_free(panel->arena);
    fore_free(panel);
}

/* --- what counts --- */

static bool is_reps_kind(fore_activity_kind kind)
{
    switch (kind) {
    case FORE_CALL:
    case FORE_EMAIL:
    case FORE_MEETING:
    case FORE_DEMO:
    case FORE_VISIT:
    case FORE_MESSAGE:
    case FORE_EVENT:
    case FORE_SEND:
    case FORE_OTHER: return true;
    default: return false;
    }
}

bool fore_event_effort(const fore_timeline *t, int64_t event)
{
    uint8_t code = t->event_code[event];
    if (t->event_rep[event] < 0 || fore_code_outcome(code) == FORE_EVENT_CANCELLED) return false;
    return is_reps_kind(fore_code_kind(code)) && fore_code_direction(code) != FORE_INBOUND;
}

static bool is_won_by(const fore_timeline *t, int64_t subject, int64_t at)
{
    return fore_subject_closed(t, subject, at + 1).outcome == FORE_WON;
}

static bool is_account_service(const fore_timeline *t, int64_t account, int64_t at)
{
    bool won = false;
    for (int64_t k = t->account_subject_first[account]; k < t->account_subject_first[account + 1];
         k++) {
        int64_t s = t->account_subject[k];
        if (fore_subject_open_at(t, s, at)) return false;
        won |= is_won_by(t, s, at);
    }
    return won;
}

bool fore_event_service(const fore_timeline *t, int64_t owner, int64_t event)
{
    int64_t at = t->event_at[event];
    if (owner >= t->subjects)
        return owner < t->subjects + t->accounts && is_account_service(t, owner - t->subjects, at);
    if (owner < t->leads && t->other[owner] >= 0) owner = t->other[owner];
    return is_won_by(t, owner, at);
}

/* --- weeks and reps --- */

static int64_t week_of(const paneling *b, int64_t at) /* -1: before or after the panel */
{
    return at < b->start || at >= b->end ? -1 : (at - b->start) / (7 * FORE_DAY);
}

static int64_t cell_of(const paneling *b, int32_t rep, int64_t at)
{
    int64_t week = week_of(b, at);
    return week < 0 || rep < 0 || b->row[rep] < 0 ? -1 : b->row[rep] + week * b->p->reps;
}

static int32_t owner_at(const fore_timeline *t, int64_t subject, int64_t at)
{
    fore_subject_state state;
    fore_subject_state_at(t, subject, at, &state);
    return state.owner;
}

static bool existed(const paneling *b, int64_t s)
{
    return b->t->created_at[s] != FORE_NO_TIME && b->t->created_at[s] < b->as_of;
}

static int64_t earlier(int64_t a, int64_t b) { return a == FORE_NO_TIME || b < a ? b : a; }

static int64_t first_moment(const paneling *b)
{
    const fore_timeline *t = b->t;
    int64_t first = FORE_NO_TIME;
    for (int64_t s = 0; s < t->subjects; s++) {
        if (existed(b, s)) first = earlier(first, t->created_at[s]);
        int64_t event = t->event_first[s];
        if (event < t->event_first[s + 1] && t->event_at[event] < b->as_of)
            first = earlier(first, t->event_at[event]);
    }
    return first;
}

static fore_status lay_weeks(paneling *b, int64_t max_weeks, fore_error *err)
{
    int64_t first = first_moment(b);
    int32_t end = fore_period_start(FORE_WEEKLY, fore_date_of(b->as_of));
    int32_t start =
        first == FORE_NO_TIME ? end : fore_period_start(FORE_WEEKLY, fore_date_of(first));
    if (max_weeks > 0 && (end - start) / 7 > max_weeks) start = end - (int32_t)max_weeks * 7;
    if (start >= end)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "the history holds no full week before the moment asked for; import activities, or ask for a "
            "later moment");
    b->p->first_week_on = start;
    b->p->weeks = (end - start) / 7;
    b->start = fore_time_of_date(start);
    b->end = fore_time_of_date(end);
    return FORE_OK;
}

static void see(paneling *b, int32_t rep)
{
    if (rep >= 0) b->row[rep] = 0;
}

/* Reps that did, held or closed something in the weeks of the panel, in the timeline's order. */
static fore_status find_reps(paneling *b, fore_error *err)
{
    const fore_timeline *t = b->t;
    b->row = FORE_NEW(t->reps, int32_t);
    if (!b->row) return fore_no_memory(err);
    for (int64_t r = 0; r < t->reps; r++) b->row[r] = -1;
    for (int64_t e = 0; e < t->events; e++)
        if (week_of(b, t->event_at[e]) >= 0 && fore_event_effort(t, e)) see(b, t->event_rep[e]);
    for (int64_t s = 0; s < t->subjects; s++) {
        int64_t closed = fore_subject_closed(t, s, b->as_of).at;
        if (!existed(b, s) || t->created_at[s] >= b->end ||
            (closed != FORE_NO_TIME && closed < b->start))
            continue;
        see(b, owner_at(t, s, b->as_of));
        see(b, owner_at(t, s, t->created_at[s]));
        for (int64_t i = t->change_first[s];
             i < t->change_first[s + 1] && t->change_at[i] < b->as_of; i++)
            if (t->change_field[i] == FORE_CHANGE_OWNER && t->change_new[i] >= 0)
                see(b, (int32_t)t->change_new[i]);
    }
    int32_t *rep = fore_arena_alloc(b->p->arena, t->reps, sizeof *rep);
    if (!rep) return fore_no_memory(err);
    for (int64_t r = 0; r < t->reps; r++) {
        if (b->row[r] < 0) continue;
        rep[b->p->reps] = (int32_t)r;
        b->row[r] = (int32_t)b->p->reps++;
    }
    b->p->rep = rep;
    if (b->p->reps > 0) return FORE_OK;
    return fore_fail(
        err, FORE_E_NO_ANSWER,
        "no rep is named in the history; import the owners of leads and deals, or who did the activities");
}

static fore_status allocate_cells(paneling *b, fore_error *err)
{
    fore_effort_panel *p = b->p;
    p->cells = p->reps * p->weeks;
    double **columns[] = {&p->minutes,   &p->minutes_known, &p->service,    &p->service_minutes,
                          &p->hours,     &p->active_days,   &p->leads_held, &p->deals_held,
                          &p->leads_new, &p->deals_new,     &p->won,        &p->lost,
                          &p->won_amount};
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        if (!(*columns[k] = fore_arena_alloc(p->arena, p->cells, sizeof(double))))
            return fore_no_memory(err);
    for (int kind = 0; kind < FORE_ACTIVITY_KINDS; kind++)
        if (!(p->count[kind] = fore_arena_alloc(p->arena, p->cells, sizeof(double))))
            return fore_no_memory(err);
    b->first_seen = FORE_NEW(p->reps, int64_t);
    b->last_seen = FORE_NEW(p->reps, int64_t);
    if (!b->first_seen || !b->last_seen) return fore_no_memory(err);
    for (int64_t r = 0; r < p->reps; r++) b->first_seen[r] = p->weeks, b->last_seen[r] = -1;
    return FORE_OK;
}

static void note_seen(paneling *b, int64_t cell)
{
    int64_t row = cell % b->p->reps, week = cell / b->p->reps;
    if (week < b->first_seen[row]) b->first_seen[row] = week;
    if (week > b->last_seen[row]) b->last_seen[row] = week;
}

/* --- pass 1: events --- */

static void add_event(paneling *b, int64_t owner, int64_t e)
{
    const fore_timeline *t = b->t;
    fore_effort_panel *p = b->p;
    p->activities++;
    if (t->event_rep[e] < 0)
        p->activities_without_rep++;
    else if (!fore_event_effort(t, e))
        p->activities_not_effort++;
    int64_t cell = cell_of(b, t->event_rep[e], t->event_at[e]);
    if (cell < 0 || !fore_event_effort(t, e)) return;
    bool service = fore_event_service(t, owner, e), timed = !isnan(t->event_minutes[e]);
    double minutes = timed ? (double)t->event_minutes[e] : 0;
    note_seen(b, cell);
    if (service) {
        p->activities_service++;
        p->service[cell]++;
        p->service_minutes[cell] += minutes;
        return;
    }
    p->count[fore_code_kind(t->event_code[e])][cell]++;
    p->minutes[cell] += minutes;
    p->minutes_known[cell] += timed;
}

static void add_events(paneling *b)
{
    const fore_timeline *t = b->t;
    for (int64_t owner = 0; owner < t->owners; owner++)
        for (int64_t e = t->event_first[owner]; e < t->event_first[owner + 1]; e++)
            if (week_of(b, t->event_at[e]) >= 0 && !(t->event_flags[e] & FORE_EVENT_COPY))
                add_event(b, owner, e);
}

/* --- pass 2: subjects --- */

static void add_held(paneling *b, int64_t s)
{
    const fore_timeline *t = b->t;
    double *held = s < t->leads ? b->p->leads_held : b->p->deals_held;
    int64_t created = t->created_at[s];
    int64_t week = created < b->start ? 0 : (created - b->start) / (7 * FORE_DAY) + 1;
    bool once = fore_subject_spells(t, s) == 1;
    bool fixed = t->change_first[s] == t->change_first[s + 1];
    for (; week < b->p->weeks; week++) {
        int64_t at = b->start + week * 7 * FORE_DAY;
        if (!fore_subject_open_at(t, s, at)) {
            if (once) break;
            continue;
        }
        int64_t cell = cell_of(b, fixed ? t->owner[s] : owner_at(t, s, at), at);
        if (cell >= 0) held[cell]++;
    }
}

static void add_new(paneling *b, int64_t s)
{
    const fore_timeline *t = b->t;
    int64_t cell = cell_of(b, owner_at(t, s, FORE_NO_TIME + 1), t->created_at[s]);
    if (cell < 0) return;
    note_seen(b, cell);
    (s < t->leads ? b->p->leads_new : b->p->deals_new)[cell]++;
}

/* As it stands: a closing that was taken back since is none. */
static void add_closing(paneling *b, int64_t s)
{
    const fore_timeline *t = b->t;
    fore_effort_panel *p = b->p;
    fore_ending end = fore_subject_closed(t, s, b->as_of);
    int64_t closed = end.at;
    if (end.outcome == FORE_OUTCOME_OPEN || week_of(b, closed) < 0 || (s < t->leads) != p->by_leads)
        return;
    fore_subject_state state;
    fore_subject_state_at(t, s, b->as_of, &state);
    bool won = end.outcome == FORE_WON;
    bool other = t->currency[s] >= 0 && t->currency[s] != p->currency;
    p->won_other_currency += won && other;
    p->won_without_amount += won && !other && isnan(state.amount);
    int64_t cell = cell_of(b, owner_at(t, s, closed), closed);
    if (cell < 0) {
        p->won_without_owner += won;
        return;
    }
    note_seen(b, cell);
    (won ? p->won : p->lost)[cell]++;
    if (won && !other && !isnan(state.amount)) p->won_amount[cell] += state.amount;
}

static void add_subjects(paneling *b)
{
    for (int64_t s = 0; s < b->t->subjects; s++) {
        if (!existed(b, s)) continue;
        bool kept = b->t->left_out[s] != FORE_LEFT_CLOSED_WITHOUT_TIME;
        if (kept) add_held(b, s);
        add_new(b, s);
        add_closing(b, s);
    }
}

/* --- pass 3: reps --- */

static void add_hours(paneling *b)
{
    const fore_timeline *t = b->t;
    fore_effort_panel *p = b->p;
    for (int64_t r = 0; r < p->reps; r++) {
        int32_t rep = p->rep[r], from = t->rep_active_from_on[rep], to = t->rep_active_to_on[rep];
        bool seen_only = from == FORE_NO_DATE && to == FORE_NO_DATE;
        int32_t last = p->first_week_on + (int32_t)b->last_seen[r] * 7 + 6;
        if (from == FORE_NO_DATE) from = p->first_week_on + (int32_t)b->first_seen[r] * 7;
        if (to == FORE_NO_DATE) to = seen_only ? last : INT32_MAX;
        for (int64_t w = 0; w < p->weeks; w++) {
            int64_t cell = r + w * p->reps;
            int32_t monday = p->first_week_on + (int32_t)w * 7;
            for (int32_t day = monday; day < monday + 5; day++)
                p->active_days[cell] += day >= from && day <= to;
            p->hours[cell] = t->rep_hours_per_week[rep] * p->active_days[cell] / 5;
        }
    }
}

fore_status fore_effort_panel_make(const fore_timeline *timeline, int64_t as_of, int32_t currency,
                                   int64_t max_weeks, fore_effort_panel **panel, fore_error *err)
{
    fore_status status = FORE_OK;
    paneling b = {.t = timeline, .as_of = as_of};
    *panel = NULL;
    b.p = FORE_ZNEW(1, fore_effort_panel);
    if (!b.p) return fore_no_memory(err);
    b.p->arena = fore_arena_new();
    if (!b.p->arena) FORE_GO(fore_no_memory(err));
    FORE_GO(lay_weeks(&b, max_weeks, err));
    FORE_GO(find_reps(&b, err));
    FORE_GO(allocate_cells(&b, err));
    b.p->by_leads = timeline->deals == 0;
    b.p->currency = currency >= 0 ? currency : fore_main_currency(timeline, as_of);
    add_events(&b);
    add_subjects(&b);
    add_hours(&b);
    *panel = b.p;
    b.p = NULL;
done:
    fore_free(b.row);
    fore_free(b.first_seen);
    fore_free(b.last_seen);
    fore_effort_panel_free(b.p);
    return status;
}
