/* Choosing the next step from the record of a lead or deal. */
#include "engine/jobs/next_step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Used until the record holds enough minutes of a kind; said in no answer as if measured. */
static const double minutes_assumed[FORE_ACTIVITY_KINDS] = {
    [FORE_CALL] = 10,   [FORE_EMAIL] = 6,  [FORE_MEETING] = 45, [FORE_DEMO] = 60, [FORE_VISIT] = 90,
    [FORE_MESSAGE] = 4, [FORE_EVENT] = 60, [FORE_SEND] = 1,     [FORE_OTHER] = 10};
enum {
    MINUTES_ENOUGH = 30,
    HOUR_FIRST = 8,
    HOUR_LAST = 18,
    UNANSWERED_MANY = 3,
    MOVED_ON = 2,
    HOURS_TOLD = 3
};
static const int64_t FRESH = 3 * FORE_DAY, WAITING = 14 * FORE_DAY, FORGOTTEN = 30 * FORE_DAY,
                     TALKED = 30 * FORE_DAY;

static bool is_contact_kind(fore_activity_kind kind)
{
    return kind == FORE_CALL || kind == FORE_EMAIL || kind == FORE_MEETING || kind == FORE_DEMO ||
           kind == FORE_VISIT || kind == FORE_MESSAGE || kind == FORE_REPLY || kind == FORE_FORM;
}

bool fore_is_inbound(uint8_t code)
{
    fore_activity_kind kind = fore_code_kind(code);
    if (fore_code_outcome(code) == FORE_EVENT_CANCELLED) return false;
    return kind == FORE_REPLY || kind == FORE_FORM ||
           (is_contact_kind(kind) && fore_code_direction(code) == FORE_INBOUND);
}

bool fore_is_outbound(uint8_t code)
{
    fore_activity_kind kind = fore_code_kind(code);
    return is_contact_kind(kind) && kind != FORE_REPLY && kind != FORE_FORM &&
           fore_code_direction(code) != FORE_INBOUND &&
           fore_code_outcome(code) != FORE_EVENT_CANCELLED;
}

static bool is_answer(uint8_t code)
{
    return fore_is_inbound(code) || fore_code_outcome(code) == FORE_EVENT_ANSWERED;
}

bool fore_is_answer(uint8_t code)
{
    fore_activity_kind kind = fore_code_kind(code);
    bool takes_two = kind == FORE_MEETING || kind == FORE_DEMO || kind == FORE_VISIT;
    return is_answer(code) || (takes_two && fore_code_outcome(code) == FORE_EVENT_OUTCOME_UNKNOWN);
}

bool fore_is_attempt(uint8_t code)
{
    bool ours = fore_is_outbound(code) || (fore_code_kind(code) == FORE_SEND &&
                                           fore_code_outcome(code) != FORE_EVENT_CANCELLED);
    return ours && !fore_is_answer(code);
}

void fore_habits_read(const fore_timeline *t, int64_t as_of, fore_habits *h)
{
    double sum[FORE_ACTIVITY_KINDS] = {0}, count[FORE_ACTIVITY_KINDS] = {0}, on[2] = {0};
    *h = (fore_habits){.best_hour = 10};
    for (int64_t e = 0; e < t->events; e++) {
        if (t->event_at[e] >= as_of || (t->event_flags[e] & FORE_EVENT_COPY)) continue;
        fore_activity_kind kind = fore_code_kind(t->event_code[e]);
        if (!isnan(t->event_minutes[e]) && t->event_minutes[e] > 0) {
            sum[kind] += t->event_minutes[e];
            count[kind]++;
        }
        if (!is_answer(t->event_code[e])) continue;
        h->answered[t->event_hour[e] % 24]++;
        on[t->event_hour[e] >= 5 * 24]++;
    }
    h->weekends = on[1] > 0 ? on[1] / (on[0] + on[1]) : 0;
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        h->minutes[k] = count[k] >= MINUTES_ENOUGH ? sum[k] / count[k] : minutes_assumed[k];
        if (h->minutes[k] < 1) h->minutes[k] = 1;
    }
    for (int hour = HOUR_FIRST; hour < HOUR_LAST; hour++)
        if (h->answered[hour] > h->answered[h->best_hour]) h->best_hour = hour;
}

void fore_last_contacts(const fore_timeline *t, int64_t subject, int64_t as_of, int64_t *outbound,
                        int64_t *inbound)
{
    *outbound = *inbound = FORE_NO_TIME;
    int64_t first = t->event_first[subject];
    int64_t end = fore_time_lower(t->event_at, first, t->event_first[subject + 1], as_of);
    for (int64_t e = end; e-- > first && (*outbound == FORE_NO_TIME || *inbound == FORE_NO_TIME);) {
        if (*inbound == FORE_NO_TIME && fore_is_inbound(t->event_code[e]))
            *inbound = t->event_at[e];
        if (*outbound == FORE_NO_TIME && fore_is_outbound(t->event_code[e]))
            *outbound = t->event_at[e];
    }
}

/* What the record of one subject says. */
typedef struct record {
    int64_t last_out, last_in, last_open;
    fore_activity_kind kind_in, kind_out;
    int unanswered, vain[FORE_ACTIVITY_KINDS]; /* attempts since they last answered */
    int answers_call, answers_mail;
    int hour[24], hours;
    int64_t last_answer;
    bool mail_closed;
} record;

static record read_record(const fore_timeline *t, int64_t subject, int64_t as_of)
{
    record r = {.last_out = FORE_NO_TIME,
                .last_in = FORE_NO_TIME,
                .last_open = FORE_NO_TIME,
                .last_answer = FORE_NO_TIME};
    r.mail_closed = t->mail_opt_out[subject] || (t->unsubscribed_at[subject] != FORE_NO_TIME &&
                                                 t->unsubscribed_at[subject] < as_of);
    for (int64_t e = t->event_first[subject]; e < t->event_first[subject + 1]; e++) {
        if (t->event_at[e] >= as_of) break;
        uint8_t code = t->event_code[e];
        fore_activity_kind kind = fore_code_kind(code);
        if (kind == FORE_OPEN || kind == FORE_CLICK) r.last_open = t->event_at[e];
        if (is_answer(code)) {
            r.unanswered = 0;
            memset(r.vain, 0, sizeof r.vain);
            r.last_answer = t->event_at[e];
            r.hour[t->event_hour[e] % 24]++;
            r.hours++;
            if (kind == FORE_CALL) r.answers_call++;
            if (kind == FORE_EMAIL || kind == FORE_REPLY) r.answers_mail++;
        }
        if (fore_is_inbound(code)) {
            r.last_in = t->event_at[e];
            r.kind_in = kind;
        } else if (fore_is_outbound(code)) {
            r.last_out = t->event_at[e];
            r.kind_out = kind;
            if (!is_answer(code)) {
                r.unanswered++;
                r.vain[kind]++;
            }
        }
    }
    return r;
}

static const char *channel_of(fore_activity_kind kind)
{
    switch (kind) {
    case FORE_EMAIL:
    case FORE_SEND:
    case FORE_REPLY: return "mail";
    case FORE_MEETING:
    case FORE_DEMO:
    case FORE_VISIT: return "in person";
    case FORE_MESSAGE: return "message";
    default: return "phone";
    }
}

static bool has_moved_on(const fore_timeline *t, int64_t subject, int64_t as_of)
{
    int64_t moves = 0;
    for (int64_t i = t->change_first[subject]; i < t->change_first[subject + 1]; i++)
        moves += t->change_at[i] < as_of && t->change_field[i] == FORE_CHANGE_STAGE;
    return moves >= MOVED_ON;
}

static void step_is(fore_next_step *s, fore_activity_kind kind, bool urgent, const char *why)
{
    s->kind = kind;
    s->urgent = urgent;
    snprintf(s->why, sizeof s->why, "%s", why);
}

/* Rule 1. Planned steps carry no time of planning: for the list only, never for a model. */
static bool take_planned(const fore_timeline *t, int64_t subject, int64_t as_of, fore_next_step *s)
{
    for (int64_t i = t->planned_first[subject]; i < t->planned_first[subject + 1]; i++) {
        if (t->planned_due[i] < as_of - FORGOTTEN) continue;
        if (t->planned_due[i] >= as_of + FORE_DAY) break;
        s->due = t->planned_due[i];
        step_is(s, fore_code_kind(t->planned_code[i]), true,
                s->due < as_of ? "planned, and overdue" : "planned, due within a day");
        return true;
    }
    return false;
}

/* Rule 2: the channel they used, where it is ours to use. */
static fore_activity_kind answer_by(const record *r)
{
    if (r->kind_in == FORE_MESSAGE) return FORE_MESSAGE;
    bool mail = r->kind_in == FORE_REPLY || r->kind_in == FORE_EMAIL;
    return mail && !r->mail_closed ? FORE_EMAIL : FORE_CALL;
}

/* Rule 5: the channel tried least since they last answered; when alike, not that of the last
 * attempt. A message only where mail is closed. */
static fore_activity_kind other_channel(const record *r)
{
    fore_activity_kind other = r->mail_closed ? FORE_MESSAGE : FORE_EMAIL;
    int more = r->vain[FORE_CALL] - r->vain[other];
    if (more == 0) return r->kind_out == FORE_CALL ? other : FORE_CALL;
    return more > 0 ? other : FORE_CALL;
}

/* Who talked with us in the last 30 days does answer. */
static bool talked_lately(const record *r, int64_t as_of)
{
    return r->last_answer != FORE_NO_TIME && as_of - r->last_answer < TALKED;
}

/* "4 calls without an answer: another channel", "4 calls, 1 mail without an answer: mail again". */
static void turn_to_another(const record *r, fore_next_step *s)
{
    static const struct {
        fore_activity_kind kind;
        const char *one, *many;
    } word[] = {{FORE_CALL, "call", "calls"},
                {FORE_EMAIL, "mail", "mails"},
                {FORE_MESSAGE, "message", "messages"}};
    fore_activity_kind next = other_channel(r);
    const char *again = NULL;
    char tried[96] = "";
    int all = 0;
    for (size_t k = 0; k < sizeof word / sizeof *word; k++) {
        int n = r->vain[word[k].kind];
        size_t used = strlen(tried);
        if (n == 0) continue;
        if (word[k].kind == next) again = word[k].one;
        snprintf(tried + used, sizeof tried - used, "%s%d %s", all ? ", " : "", n,
                 n == 1 ? word[k].one : word[k].many);
        all += n;
    }
    if (all < r->unanswered) snprintf(tried, sizeof tried, "%d attempts", r->unanswered);
    step_is(s, next, false, "");
    snprintf(s->why, sizeof s->why, "%s without an answer: %s%s", tried,
             again ? again : "another channel", again ? " again" : "");
}

static void choose_kind(const fore_timeline *t, int64_t subject, int64_t as_of, const record *r,
                        fore_next_step *s)
{
    bool mail = !r->mail_closed;
    if (r->last_in != FORE_NO_TIME && r->last_in > r->last_out && as_of - r->last_in < WAITING)
        step_is(s, answer_by(r), true, "they got in touch last and wait for an answer");
    else if (r->last_out == FORE_NO_TIME)
        step_is(s, FORE_CALL, as_of - t->created_at[subject] < FRESH, "never contacted");
    else if (r->last_open > r->last_out)
        step_is(s, FORE_CALL, false, "read our mail since the last attempt");
    else if (r->unanswered >= UNANSWERED_MANY && !talked_lately(r, as_of))
        turn_to_another(r, s);
    else if (subject >= t->leads && r->last_in != FORE_NO_TIME && has_moved_on(t, subject, as_of))
        step_is(s, FORE_MEETING, false, "in contact and late in the stages");
    else if (mail && r->answers_mail > r->answers_call)
        step_is(s, FORE_EMAIL, false, "answers mails");
    else
        step_is(s, FORE_CALL, false, r->answers_call ? "answers calls" : "next in turn");
}

/* Theirs where they told it, else everybody's; when alike the usual one, else the first. */
static int best_hour(const fore_habits *habits, const record *r, const bool open[24])
{
    int best = -1;
    for (int hour = 0; hour < 24; hour++)
        if (open[hour] && (best < 0 || habits->answered[hour] > habits->answered[best]))
            best = hour;
    if (open[habits->best_hour]) best = habits->best_hour;
    for (int hour = 0; hour < 24 && r->hours >= HOURS_TOLD && best >= 0; hour++)
        if (open[hour] && r->hour[hour] > r->hour[best]) best = hour;
    return best;
}

void fore_next_step_choose(const fore_timeline *t, const fore_habits *habits, int64_t subject,
                           int64_t as_of, fore_next_step *s)
{
    *s = (fore_next_step){.due = FORE_NO_TIME};
    record r = read_record(t, subject, as_of);
    if (!take_planned(t, subject, as_of, s)) choose_kind(t, subject, as_of, &r, s);
    if (r.mail_closed && (s->kind == FORE_EMAIL || s->kind == FORE_SEND)) {
        s->kind = FORE_CALL;
        snprintf(s->why, sizeof s->why, "opted out of mail: call instead");
    }
    s->channel = channel_of(s->kind);
    s->minutes = habits->minutes[s->kind];
    bool open[24];
    for (int hour = 0; hour < 24; hour++) open[hour] = hour >= HOUR_FIRST && hour < HOUR_LAST;
    s->hour = best_hour(habits, &r, open);
}

int fore_next_step_hour(const fore_timeline *t, const fore_habits *habits, int64_t subject,
                        int64_t as_of, const bool open[24])
{
    record r = subject >= 0 ? read_record(t, subject, as_of) : (record){.hours = 0};
    return best_hour(habits, &r, open);
}
