/* Every feature computed again from the raw rows, slowly and obviously, from the definitions in
 * catalogue.def: no code of the features room is used. */
#ifndef SLOW_FEATURES_H
#define SLOW_FEATURES_H

#include "raw_history.h"

typedef struct slow_row { /* features by name */
    int count;
    struct {
        char name[64];
        double value;
    } item[200];
} slow_row;

static void put(slow_row *row, const char *name, double value)
{
    snprintf(row->item[row->count].name, sizeof row->item[0].name, "%s", name);
    row->item[row->count++].value = value;
}

static void put_window(slow_row *row, const char *name, const char *window, double value)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", name, window);
    put(row, full, value);
}

static double days(int64_t span) { return (double)span / (double)FORE_DAY; }
static double ln1(double amount)
{
    return isnan(amount) ? NAN : log(1 + (amount > 0 ? amount : 0));
}
static double over(double a, double b) { return b > 0 ? a / b : NAN; }

static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static double slow_median(double *x, int n)
{
    if (n == 0) return NAN;
    qsort(x, (size_t)n, sizeof *x, compare_doubles);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* --- subjects: index below leads is a lead, then deals --- */

static const raw_subject *subject_of(const raw_history *h, int s)
{
    return s < h->leads ? &h->lead[s] : &h->deal[s - h->leads];
}

static int lead_of_deal(const raw_history *h, int d)
{
    if (h->deal[d].link >= 0) return h->deal[d].link;
    int first = -1; /* by creation, unknown ones first, then by id */
    for (int l = 0; l < h->leads; l++)
        if (h->lead[l].link == d && (first < 0 || h->lead[l].created < h->lead[first].created))
            first = l;
    return first;
}

/* A fact that a deal has from its lead where it has none itself. */
static int fact_of(const raw_history *h, int s, char which)
{
#define FACT(x) (which == 's' ? (x)->source : which == 'c' ? (x)->campaign : (x)->account)
    int own = FACT(subject_of(h, s));
    if (s < h->leads || own >= 0) return own;
    int lead = lead_of_deal(h, s - h->leads);
    return lead < 0 ? -1 : FACT(&h->lead[lead]);
#undef FACT
}

static int64_t closing_of(const raw_history *h, int s)
{
    const raw_subject *x = subject_of(h, s);
    if (x->outcome == FORE_OUTCOME_OPEN) return NONE;
    if (x->closed != NONE || s < h->leads) return x->closed;
    int64_t last = NONE;
    for (int i = 0; i < h->changes; i++) {
        const raw_change *c = &h->change[i];
        if (c->deal == s - h->leads && c->field == OUTCOME && c->new_value == x->outcome &&
            c->at > last)
            last = c->at;
    }
    return last;
}

static bool is_kept(const raw_history *h, int s)
{
    const raw_subject *x = subject_of(h, s);
    if (x->created == NONE) return false;
    if (x->outcome == FORE_OUTCOME_OPEN) return true;
    return closing_of(h, s) != NONE && closing_of(h, s) >= x->created;
}

typedef struct slow_end {
    int outcome;
    int64_t at;
} slow_end;

/* How a subject stood at T: what its last change of the outcome before T said, what its row says
 * where there is none at all. */
static slow_end stood_at(const raw_history *h, int s, int64_t T)
{
    slow_end said = {FORE_OUTCOME_OPEN, NONE}, row = {subject_of(h, s)->outcome, closing_of(h, s)};
    bool logged = false;
    for (int i = 0; i < h->changes && s >= h->leads; i++) {
        const raw_change *c = &h->change[i];
        if (c->deal != s - h->leads || c->field != OUTCOME) continue;
        logged = true;
        if (c->at < T && c->at > said.at) said = (slow_end){(int)c->new_value, c->at};
    }
    if (logged) return said;
    return row.outcome != FORE_OUTCOME_OPEN && row.at < T ? row
                                                          : (slow_end){FORE_OUTCOME_OPEN, NONE};
}

static bool closed_before(const raw_history *h, int s, int64_t T)
{
    return is_kept(h, s) && stood_at(h, s, T).outcome != FORE_OUTCOME_OPEN;
}

static bool won_before(const raw_history *h, int s, int64_t T)
{
    return is_kept(h, s) && stood_at(h, s, T).outcome == FORE_WON;
}

static bool open_at(const raw_history *h, int s, int64_t T)
{
    return is_kept(h, s) && subject_of(h, s)->created < T && !closed_before(h, s, T);
}

/* Changes of one field of one deal in the order of time. */
static int changes_of(const raw_history *h, int deal, int field, raw_change *out)
{
    int n = 0;
    for (int i = 0; i < h->changes; i++) {
        if (h->change[i].deal != deal || h->change[i].field != field) continue;
        int k = n++;
        for (; k > 0 && out[k - 1].at > h->change[i].at; k--) out[k] = out[k - 1];
        out[k] = h->change[i];
    }
    return n;
}

static bool expected_recorded(const raw_history *h, int64_t T)
{
    for (int i = 0; i < h->changes; i++)
        if (h->change[i].field == EXPECTED && h->change[i].at < T) return true;
    return false;
}

static double state_of(const raw_history *h, int s, int field, int64_t T)
{
    if (field == EXPECTED && !expected_recorded(h, T)) return NAN;
    const raw_subject *x = subject_of(h, s);
    double stored = field == AMOUNT               ? x->amount
                    : field == OWNER              ? (x->owner < 0 ? NAN : x->owner)
                    : x->expected == FORE_NO_DATE ? NAN
                                                  : x->expected;
    if (s < h->leads) return stored;
    static raw_change c[MOST];
    int n = changes_of(h, s - h->leads, field, c);
    if (n == 0) return stored;
    if (c[0].at >= T) return c[0].old_value;
    double value = NAN;
    for (int i = 0; i < n && c[i].at < T; i++) value = c[i].new_value;
    return value;
}

static int owner_at(const raw_history *h, int s, int64_t T)
{
    double owner = state_of(h, s, OWNER, T);
    return isnan(owner) ? -1 : (int)owner;
}

/* --- events --- */

/* The lead that an event would have gone to through its contact if there were no deal. */
static int lead_by_contact(const raw_history *h, const raw_event *e)
{
    bool found = e->by_contact && e->deal >= 0 && e->lead < 0 && e->deal < h->leads;
    return found ? contact_of_lead(h, e->deal) : -1;
}

static bool belongs(const raw_history *h, const raw_event *e, int s)
{
    int lead = e->lead < 0 ? lead_by_contact(h, e) : e->lead, d = s - h->leads;
    if (s < h->leads) return lead == s;
    if (e->deal == d) return true;
    return lead >= 0 && (e->deal < 0 || e->by_contact) && lead_of_deal(h, d) == lead;
}

/* A lead's event stands in a deal's timeline as a copy, and the other way round. */
static int copies(const raw_history *h, int s, const raw_event *e)
{
    return s < h->leads ? e->deal >= 0 : e->deal != s - h->leads;
}

/* By time, then code, copies last, rep, campaign, minutes with unknown ones first. */
static bool comes_after(const raw_history *h, int s, const raw_event *a, const raw_event *b)
{
    double minutes_a = isnan(a->minutes) ? -1 : a->minutes,
           minutes_b = isnan(b->minutes) ? -1 : b->minutes;
    int code_a = a->outcome * 100 + a->direction * 20 + a->kind,
        code_b = b->outcome * 100 + b->direction * 20 + b->kind;
    if (a->at != b->at) return a->at > b->at;
    if (code_a != code_b) return code_a > code_b;
    if (copies(h, s, a) != copies(h, s, b)) return copies(h, s, a) > copies(h, s, b);
    if (a->rep != b->rep) return a->rep > b->rep;
    if (a->campaign != b->campaign) return a->campaign > b->campaign;
    return minutes_a > minutes_b;
}

static int side(const raw_event *e)
{
    if (e->direction != FORE_DIRECTION_UNKNOWN) return e->direction;
    if (e->kind == FORE_REPLY || e->kind == FORE_OPEN || e->kind == FORE_CLICK ||
        e->kind == FORE_WEB || e->kind == FORE_FORM || e->kind == FORE_UNSUBSCRIBE)
        return FORE_INBOUND;
    if (e->kind == FORE_CALL || e->kind == FORE_EMAIL || e->kind == FORE_MESSAGE ||
        e->kind == FORE_SEND || e->kind == FORE_VISIT)
        return FORE_OUTBOUND;
    return FORE_DIRECTION_UNKNOWN;
}

static bool talk(const raw_event *e)
{
    return e->kind == FORE_CALL || e->kind == FORE_EMAIL || e->kind == FORE_MESSAGE ||
           e->kind == FORE_MEETING || e->kind == FORE_DEMO || e->kind == FORE_VISIT;
}
static bool is_touch(const raw_event *e) { return e->kind >= 0; }
static bool is_outbound(const raw_event *e) { return side(e) == FORE_OUTBOUND && talk(e); }
static bool is_inbound(const raw_event *e)
{
    return side(e) == FORE_INBOUND && (talk(e) || e->kind == FORE_REPLY || e->kind == FORE_FORM);
}
static bool is_call(const raw_event *e) { return e->kind == FORE_CALL && side(e) == FORE_OUTBOUND; }
static bool is_call_in(const raw_event *e)
{
    return e->kind == FORE_CALL && side(e) == FORE_INBOUND;
}
static bool is_email(const raw_event *e)
{
    return e->kind == FORE_EMAIL && side(e) == FORE_OUTBOUND;
}
static bool is_reply(const raw_event *e)
{
    return e->kind == FORE_REPLY || (e->kind == FORE_EMAIL && side(e) == FORE_INBOUND);
}
static bool is_message(const raw_event *e) { return e->kind == FORE_MESSAGE; }
static bool is_meeting(const raw_event *e)
{
    return (e->kind == FORE_MEETING || e->kind == FORE_DEMO || e->kind == FORE_VISIT) &&
           e->outcome != 2;
}
static bool is_web(const raw_event *e) { return e->kind == FORE_WEB || e->kind == FORE_FORM; }
static bool is_open(const raw_event *e) { return e->kind == FORE_OPEN; }
static bool is_click(const raw_event *e) { return e->kind == FORE_CLICK; }
static bool is_send(const raw_event *e) { return e->kind == FORE_SEND; }
static bool is_contact(const raw_event *e) { return is_outbound(e) || is_inbound(e); }
static bool is_sign(const raw_event *e)
{
    return is_inbound(e) || is_meeting(e) || (is_call(e) && e->outcome == 1);
}

typedef bool (*test_of)(const raw_event *);

/* The subject's events before T that were not cancelled, in the order of comes_after. */
static int events_of(const raw_history *h, int s, int64_t T, raw_event *out)
{
    int n = 0;
    for (int i = 0; i < h->events; i++) {
        const raw_event *e = &h->event[i];
        if (e->at == NONE || e->at >= T || e->outcome == 3 || !belongs(h, e, s)) continue;
        int k = n++;
        for (; k > 0 && comes_after(h, s, &out[k - 1], e); k--) out[k] = out[k - 1];
        out[k] = *e;
    }
    return n;
}

static int count_since(const raw_event *e, int n, int64_t from, test_of test)
{
    int count = 0;
    for (int i = 0; i < n; i++) count += e[i].at >= from && test(&e[i]);
    return count;
}

static int days_since(const raw_event *e, int n, int64_t from, int64_t T)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        if (e[i].at < from) continue;
        bool again = false;
        for (int j = 0; j < i; j++)
            again |=
                e[j].at >= from && (T - 1 - e[j].at) / FORE_DAY == (T - 1 - e[i].at) / FORE_DAY;
        count += !again;
    }
    return count;
}

static double minutes_since(const raw_event *e, int n, int64_t from)
{
    double sum = 0;
    int events = 0, known = 0;
    for (int i = 0; i < n; i++) {
        if (e[i].at < from) continue;
        events++;
        if (isnan(e[i].minutes)) continue;
        known++;
        sum += e[i].minutes;
    }
    return events == 0 ? 0 : known == 0 ? NAN : sum;
}

static void slow_counts(slow_row *row, const raw_event *e, int n, int64_t T)
{
    static const struct {
        const char *name, *windows;
        test_of test;
    } list[] = {{"touches", "12345", is_touch},    {"outbound", "12345", is_outbound},
                {"inbound", "12345", is_inbound},  {"calls", "12345", is_call},
                {"emails", "12345", is_email},     {"replies", "12345", is_reply},
                {"meetings", "12345", is_meeting}, {"web", "12345", is_web},
                {"active_days", "12345", NULL},    {"calls_in", "235", is_call_in},
                {"messages", "235", is_message},   {"opens", "235", is_open},
                {"clicks", "235", is_click},       {"sends", "235", is_send}};
    static const char *const suffix[] = {"_7d", "_30d", "_90d", "_365d", "_all"};
    static const int length[] = {7, 30, 90, 365, 100000};
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        for (const char *w = list[k].windows; *w; w++) {
            int64_t from = T - length[*w - '1'] * FORE_DAY;
            int value =
                list[k].test ? count_since(e, n, from, list[k].test) : days_since(e, n, from, T);
            put_window(row, list[k].name, suffix[*w - '1'], value);
        }
    put(row, "minutes_30d", minutes_since(e, n, T - 30 * FORE_DAY));
    put(row, "minutes_all", minutes_since(e, n, INT64_MIN));
    int answered = 0, known = 0, reps = 0, campaigns = 0;
    for (int i = 0; i < n; i++) {
        answered += is_call(&e[i]) && e[i].outcome == 1;
        known += is_call(&e[i]) && e[i].outcome != 0;
    }
    for (int k = 0; k < REPS; k++) {
        bool any = false;
        for (int i = 0; i < n; i++) any |= e[i].rep == k;
        reps += any;
    }
    for (int k = 0; k < CAMPAIGNS; k++) {
        bool any = false;
        for (int i = 0; i < n; i++) any |= e[i].campaign == k;
        campaigns += any;
    }
    put(row, "calls_connected", over(answered, known));
    put(row, "reps_touched", reps);
    put(row, "campaigns_touched", campaigns);
}

static double since_last(const raw_event *e, int n, int64_t T, test_of test)
{
    for (int i = n - 1; i >= 0; i--)
        if (test(&e[i])) return days(T - e[i].at);
    return NAN;
}

static double decayed(const raw_event *e, int n, int64_t T, double half_life, test_of test)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        if (test(&e[i])) sum += pow(0.5, floor((double)((T - 1 - e[i].at) / FORE_DAY)) / half_life);
    return sum;
}

static void slow_rhythm(slow_row *row, const raw_event *e, int n, int64_t T)
{
    static const struct {
        const char *name;
        test_of test;
    } since[] = {{"days_since_touch", is_touch},     {"days_since_outbound", is_outbound},
                 {"days_since_inbound", is_inbound}, {"days_since_call", is_call},
                 {"days_since_email", is_email},     {"days_since_reply", is_reply},
                 {"days_since_meeting", is_meeting}, {"days_since_web", is_web},
                 {"days_since_open", is_open},       {"days_since_click", is_click}};
    for (size_t k = 0; k < sizeof since / sizeof *since; k++)
        put(row, since[k].name, since_last(e, n, T, since[k].test));
    double gap = n > 1 ? days(e[n - 1].at - e[0].at) / (n - 1) : NAN;
    put(row, "days_since_first", n > 0 ? days(T - e[0].at) : NAN);
    put(row, "mean_gap_days", gap);
    put(row, "gap_trend", n > 1 ? log((days(T - e[n - 1].at) + 1) / (gap + 1)) : NAN);
    double n30 = count_since(e, n, T - 30 * FORE_DAY, is_touch),
           n90 = count_since(e, n, T - 90 * FORE_DAY, is_touch);
    put(row, "pace_trend", n90 > 0 ? log((n30 + 0.5) / ((n90 - n30) / 2 + 0.5)) : NAN);
    put(row, "inbound_decay_7d", decayed(e, n, T, 7, is_inbound));
    put(row, "inbound_decay_30d", decayed(e, n, T, 30, is_inbound));
    put(row, "inbound_decay_90d", decayed(e, n, T, 90, is_inbound));
    put(row, "outbound_decay_7d", decayed(e, n, T, 7, is_outbound));
    put(row, "outbound_decay_30d", decayed(e, n, T, 30, is_outbound));
    put(row, "outbound_decay_90d", decayed(e, n, T, 90, is_outbound));
}

static void slow_replies(slow_row *row, const raw_event *all, int n_all, int64_t created)
{
    static raw_event e[MOST];
    static double theirs[MOST], ours[MOST];
    int n = 0, n_theirs = 0, n_ours = 0, out = 0, in = 0, answered = 0, waiting = 0, opens = 0,
        unsubscribed = 0;
    int64_t first_out = NONE;
    for (int i = 0; i < n_all; i++)
        if (is_contact(&all[i])) e[n++] = all[i];
    for (int i = 0; i < n; i++) {
        bool followed = i + 1 < n && is_outbound(&e[i]) && is_inbound(&e[i + 1]);
        if (followed) theirs[n_theirs++] = days(e[i + 1].at - e[i].at) * 24;
        if (i + 1 < n && is_inbound(&e[i]) && is_outbound(&e[i + 1]))
            ours[n_ours++] = days(e[i + 1].at - e[i].at) * 24;
        out += is_outbound(&e[i]);
        in += is_inbound(&e[i]);
        answered += is_outbound(&e[i]) && (followed || is_sign(&e[i]));
        if (is_outbound(&e[i]) && first_out == NONE && created != NONE && e[i].at >= created)
            first_out = e[i].at;
    }
    for (int i = 0; i < n_all; i++) {
        if (is_sign(&all[i]))
            waiting = 0;
        else
            waiting += is_outbound(&all[i]);
        if (is_click(&all[i])) opens = 0;
        opens += is_open(&all[i]);
        unsubscribed |= all[i].kind == FORE_UNSUBSCRIBE;
    }
    put(row, "reply_hours", slow_median(theirs, n_theirs));
    put(row, "our_reply_hours", slow_median(ours, n_ours));
    put(row, "response_rate", over(answered, out));
    put(row, "inbound_share", over(in, in + out));
    put(row, "they_started", n ? is_inbound(&e[0]) : NAN);
    put(row, "unanswered_in_a_row", waiting);
    put(row, "opens_without_click", opens);
    put(row, "unsubscribed", unsubscribed);
    put(row, "first_response_hours", first_out == NONE ? NAN : days(first_out - created) * 24);
}

static void slow_clock(slow_row *row, const raw_history *h, const raw_event *e, int n)
{
    int office = 0, evening = 0, weekend = 0;
    for (int i = 0; i < n; i++) {
        if (side(&e[i]) != FORE_INBOUND) continue;
        int64_t local = e[i].at + (h->zone ? 5 * FORE_HOUR + 30 * FORE_MINUTE : 0);
        int weekday = fore_weekday(fore_date_of(local));
        int64_t hour = (local - fore_time_of_date(fore_date_of(local))) / FORE_HOUR;
        if (weekday >= 5)
            weekend++;
        else if (hour >= 8 && hour < 18)
            office++;
        else
            evening++;
    }
    put(row, "office_hours_share", over(office, office + evening + weekend));
    put(row, "evening_share", over(evening, office + evening + weekend));
    put(row, "weekend_share", over(weekend, office + evening + weekend));
}

/* --- stages --- */

static double stage_position(const raw_history *h, int stage, int64_t T)
{
    static raw_change c[MOST];
    double sum = 0, n = 0;
    for (int d = 0; d < h->deals; d++) {
        int count = changes_of(h, d, STAGE, c), kept = 0;
        for (int i = 0; i < count; i++)
            if (!isnan(c[i].new_value)) c[kept++] = c[i];
        for (int i = 0; i < kept && c[i].at < T; i++) {
            bool has_old = !isnan(c[0].old_value);
            if (i == 0 && has_old && (int)c[0].old_value == stage) n += 1;
            if ((int)c[i].new_value != stage) continue;
            sum += has_old ? i + 1 : i;
            n += 1;
        }
    }
    return over(sum, n);
}

/* A closing of a deal, and the reopening before it. */
typedef struct slow_win {
    int64_t since, closed;
} slow_win;

/* The wins of a deal before T, also those taken back later. */
static int wins_of(const raw_history *h, int s, int64_t T, slow_win *out)
{
    static raw_change c[MOST];
    int n = 0, count = changes_of(h, s - h->leads, OUTCOME, c);
    if (!is_kept(h, s)) return 0;
    if (count == 0 && won_before(h, s, T)) out[n++] = (slow_win){INT64_MIN, closing_of(h, s)};
    for (int i = 0; i < count && c[i].at < T; i++)
        if (c[i].new_value == FORE_WON)
            out[n++] = (slow_win){i > 0 ? c[i - 1].at : INT64_MIN, c[i].at};
    return n;
}

typedef struct stay {
    int64_t closed;
    int order;
    double days;
} stay;

static int compare_stays(const void *x, const void *y) /* newest first */
{
    const stay *a = x, *b = y;
    if (a->closed != b->closed) return a->closed > b->closed ? -1 : 1;
    return b->order - a->order;
}

static double usual_days(const raw_history *h, int stage, int64_t T)
{
    static raw_change c[MOST];
    static stay all[MOST];
    static double newest[200];
    int n = 0;
    for (int d = 0; d < h->deals; d++) {
        slow_win win[8];
        int wins = wins_of(h, h->leads + d, T, win);
        int count = changes_of(h, d, STAGE, c), kept = 0;
        for (int i = 0; i < count; i++)
            if (!isnan(c[i].new_value)) c[kept++] = c[i];
        for (int w = 0; w < wins; w++)
            for (int i = 0; i < kept; i++) {
                if ((int)c[i].new_value != stage || c[i].at >= win[w].closed ||
                    c[i].at < win[w].since)
                    continue;
                int64_t left =
                    i + 1 < kept && c[i + 1].at < win[w].closed ? c[i + 1].at : win[w].closed;
                all[n] = (stay){win[w].closed, n, days(left - c[i].at)};
                n++;
            }
    }
    qsort(all, (size_t)n, sizeof *all, compare_stays);
    if (n < 5) return NAN;
    if (n > 200) n = 200;
    for (int i = 0; i < n; i++) newest[i] = all[i].days;
    return slow_median(newest, n);
}

static void slow_stage(slow_row *row, const raw_history *h, int s, int64_t T)
{
    static raw_change c[MOST];
    const raw_subject *x = subject_of(h, s);
    double position = NAN, in_stage = NAN, pace = NAN, moves = NAN, back = NAN, lead_days = NAN;
    put(row, "age_days", x->created != NONE && x->created < T ? days(T - x->created) : NAN);
    if (s >= h->leads) {
        int n = changes_of(h, s - h->leads, STAGE, c), stage = -1,
            lead = lead_of_deal(h, s - h->leads);
        int64_t since = NONE;
        for (int i = 0; i < n && c[i].at < T; i++) {
            if (i == 0) moves = back = 0;
            int now = isnan(c[i].new_value) ? -1 : (int)c[i].new_value;
            if (now != stage) since = c[i].at;
            stage = now;
            if (isnan(c[i].old_value) || now < 0 || (int)c[i].old_value == now) continue;
            moves++;
            back += stage_position(h, now, T) < stage_position(h, (int)c[i].old_value, T);
        }
        if (stage >= 0) {
            position = stage_position(h, stage, T);
            in_stage = days(T - since);
            pace = over(in_stage, usual_days(h, stage, T));
        }
        if (lead >= 0 && h->lead[lead].created != NONE && x->created != NONE &&
            x->created >= h->lead[lead].created)
            lead_days = days(x->created - h->lead[lead].created);
    }
    put(row, "lead_days", lead_days);
    put(row, "stage_position", position);
    put(row, "days_in_stage", in_stage);
    put(row, "stage_pace", pace);
    put(row, "stage_moves", moves);
    put(row, "stage_moves_back", back);
}

/* --- close date and amount --- */

/* The amount that a deal closed with, as it stood at T. */
static double booked(const raw_history *h, int s, int64_t T)
{
    return state_of(h, s, AMOUNT, stood_at(h, s, T).at + 1);
}

static double mean_won(const raw_history *h, int64_t T, char by, int key)
{
    double sum = 0, n = 0;
    for (int s = h->leads; s < h->leads + h->deals; s++) {
        const raw_subject *x = subject_of(h, s);
        if (!won_before(h, s, T) || isnan(booked(h, s, T))) continue;
        int its = by == 'a'   ? fact_of(h, s, 'a')
                  : by == 'p' ? x->product
                              : owner_at(h, s, stood_at(h, s, T).at);
        if (its != key || key < 0) continue;
        sum += ln1(booked(h, s, T));
        n += 1;
    }
    return over(sum, n);
}

static void slow_amount(slow_row *row, const raw_history *h, int s, int64_t T)
{
    static raw_change c[MOST];
    static const char *const names[] = {"close_date_pushes",      "close_date_pushed_days",
                                        "days_to_expected_close", "amount_log",
                                        "amount_changes",         "amount_growth",
                                        "amount_vs_account",      "amount_vs_product",
                                        "amount_vs_owner",        "owner_changes"};
    if (s < h->leads) {
        for (int i = 0; i < 10; i++) put(row, names[i], NAN);
        return;
    }
    double pushes = 0, pushed = 0, changed = 0, growth = NAN, hands = 0,
           now = ln1(state_of(h, s, AMOUNT, T));
    int n = changes_of(h, s - h->leads, EXPECTED, c);
    for (int i = 0; i < n && c[i].at < T; i++)
        if (c[i].new_value > c[i].old_value) {
            pushes++;
            pushed += c[i].new_value - c[i].old_value;
        }
    n = changes_of(h, s - h->leads, AMOUNT, c);
    for (int i = 0; i < n && c[i].at < T; i++) {
        if (i == 0) growth = now - ln1(c[0].old_value);
        changed +=
            !isnan(c[i].old_value) && !isnan(c[i].new_value) && c[i].old_value != c[i].new_value;
    }
    n = changes_of(h, s - h->leads, OWNER, c);
    for (int i = 0; i < n && c[i].at < T; i++)
        hands +=
            !isnan(c[i].old_value) && !isnan(c[i].new_value) && c[i].old_value != c[i].new_value;
    double expected = state_of(h, s, EXPECTED, T);
    const double values[] = {pushes,
                             pushed,
                             expected - days(T),
                             now,
                             changed,
                             growth,
                             now - mean_won(h, T, 'a', fact_of(h, s, 'a')),
                             now - mean_won(h, T, 'p', subject_of(h, s)->product),
                             now - mean_won(h, T, 'o', owner_at(h, s, T)),
                             hands};
    for (int i = 0; i < 10; i++) put(row, names[i], values[i]);
}

/* --- records --- */

/* The group of a closed subject by owner, Team, product, Kategory of product, source or campaign.
 */
static int slow_group(const raw_history *h, int k, int64_t T, char by)
{
    int owner = owner_at(h, k, stood_at(h, k, T).at), product = subject_of(h, k)->product;
    switch (by) {
    case 'o': return owner;
    case 'T': return owner < 0 ? -1 : raw_team(owner);
    case 'p': return product;
    case 'K': return product < 0 ? -1 : raw_category(product);
    default: return fact_of(h, k, by);
    }
}

/* Drawn to `above`; NaN: to the rate of all. */
static double slow_rate(const raw_history *h, int s, int64_t T, char by, int key, double above)
{
    double n = 0, won = 0, all = 0, all_won = 0;
    int first = s < h->leads ? 0 : h->leads, end = s < h->leads ? h->leads : h->leads + h->deals;
    for (int k = first; k < end; k++) {
        if (!closed_before(h, k, T)) continue;
        bool win = won_before(h, k, T);
        all += 1;
        all_won += win;
        if (slow_group(h, k, T, by) != key) continue;
        n += 1;
        won += win;
    }
    if (isnan(above)) above = all_won / all;
    return key < 0 || all == 0 ? NAN : (won + 20 * above) / (n + 20);
}

static void slow_rates(slow_row *row, const raw_history *h, int s, int64_t T)
{
    int owner = owner_at(h, s, T), wins = 0, open = 0;
    int first = s < h->leads ? 0 : h->leads, end = s < h->leads ? h->leads : h->leads + h->deals;
    for (int k = first; k < end; k++) {
        slow_end its = stood_at(h, k, T);
        wins +=
            won_before(h, k, T) && its.at >= T - 90 * FORE_DAY && owner_at(h, k, its.at) == owner;
        open += open_at(h, k, T) && owner_at(h, k, T) == owner;
    }
    double team = owner < 0 ? NAN : slow_rate(h, s, T, 'T', raw_team(owner), NAN);
    put(row, "owner_win_rate", slow_rate(h, s, T, 'o', owner, team));
    put(row, "owner_wins_90d", owner < 0 ? NAN : wins);
    put(row, "owner_open", owner < 0 ? NAN : open);
    double source = slow_rate(h, s, T, 's', fact_of(h, s, 's'), NAN);
    put(row, "source_win_rate", source);
    int product = subject_of(h, s)->product;
    double category = product < 0 ? NAN : slow_rate(h, s, T, 'K', raw_category(product), NAN);
    put(row, "product_win_rate", s < h->leads ? NAN : slow_rate(h, s, T, 'p', product, category));
    put(row, "campaign_win_rate", slow_rate(h, s, T, 'c', fact_of(h, s, 'c'), source));
}

/* --- the account --- */

static void slow_account(slow_row *row, const raw_history *h, int s, int64_t T)
{
    static const char *const names[] = {"account_won",
                                        "account_lost",
                                        "account_days_since_win",
                                        "account_won_amount_log",
                                        "account_open_deals",
                                        "account_sales_365d_log",
                                        "account_days_since_sale",
                                        "account_open_tickets",
                                        "account_satisfaction",
                                        "account_touches_90d"};
    double won = 0, lost = 0, since_win = NAN, amount = 0, open = 0, sales = 0, since_sale = NAN,
           tickets = 0;
    double satisfaction = 0, rated = 0, touches = 0;
    int account = fact_of(h, s, 'a');
    if (account < 0) {
        for (int i = 0; i < 10; i++) put(row, names[i], NAN);
        return;
    }
    for (int k = h->leads; k < h->leads + h->deals; k++) {
        if (k == s || fact_of(h, k, 'a') != account) continue;
        open += open_at(h, k, T);
        if (!closed_before(h, k, T)) continue;
        lost += !won_before(h, k, T);
        if (!won_before(h, k, T)) continue;
        won++;
        amount += isnan(booked(h, k, T)) ? 0 : booked(h, k, T);
        since_win = fmin(since_win, days(T - stood_at(h, k, T).at));
    }
    for (int i = 0; i < h->sales; i++) {
        const raw_sale *x = &h->sale[i];
        if (x->account != account || x->at == NONE || x->at >= T) continue;
        since_sale = fmin(since_sale, days(T - x->at));
        if (x->at >= T - 365 * FORE_DAY && !isnan(x->amount)) sales += x->amount;
    }
    for (int i = 0; i < h->tickets; i++) {
        const raw_ticket *x = &h->ticket[i];
        if (x->account != account) continue;
        bool closed = x->closed != NONE && x->closed < T;
        tickets += x->opened != NONE && x->opened < T && !closed;
        if (!closed || isnan(x->satisfaction)) continue;
        satisfaction += x->satisfaction;
        rated++;
    }
    for (int i = 0; i < h->events; i++) {
        const raw_event *e = &h->event[i];
        touches += e->lead < 0 && (e->deal < 0 || e->by_contact) && e->account == account &&
                   e->outcome != 3 && e->at != NONE && e->at < T && e->at >= T - 90 * FORE_DAY;
    }
    const double values[] = {won,
                             lost,
                             since_win,
                             log(1 + amount),
                             open,
                             log(1 + sales),
                             since_sale,
                             tickets,
                             over(satisfaction, rated),
                             touches};
    for (int i = 0; i < 10; i++) put(row, names[i], values[i]);
}

static void slow_season(slow_row *row, const raw_history *h, int s, int64_t T)
{
    fore_civil civil;
    fore_civil_from_time(T, &civil);
    int32_t today = fore_days_from_civil(civil.year, civil.month, civil.day);
    double turns = (today - fore_days_from_civil(civil.year, 1, 1)) / 365.25;
    int32_t month = (civil.month - 1) / 3 * 3 + 4;
    int32_t end =
        fore_days_from_civil(civil.year + (month > 12), month > 12 ? month - 12 : month, 1);
    int64_t created = subject_of(h, s)->created;
    bool known = created != NONE && created < T;
    int weekday = known ? fore_weekday(fore_date_of(created)) : 0;
    put(row, "season_sin", sin(2 * acos(-1) * turns));
    put(row, "season_cos", cos(2 * acos(-1) * turns));
    put(row, "days_to_quarter_end", end - today);
    put(row, "created_weekend", known ? weekday >= 5 : NAN);
    put(row, "created_weekday", known ? weekday : NAN);
}

__attribute__((unused)) static void slow_features(const raw_history *h, int s, int64_t T,
                                                  slow_row *row)
{
    static raw_event e[MOST];
    int n = events_of(h, s, T, e);
    row->count = 0;
    slow_counts(row, e, n, T);
    slow_rhythm(row, e, n, T);
    slow_replies(row, e, n, subject_of(h, s)->created);
    slow_clock(row, h, e, n);
    slow_stage(row, h, s, T);
    slow_amount(row, h, s, T);
    slow_rates(row, h, s, T);
    slow_account(row, h, s, T);
    slow_season(row, h, s, T);
}

#endif
