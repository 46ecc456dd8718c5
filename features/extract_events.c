/* One backward pass over a subject's events: everything that comes from events alone.
 *
 *   hi = first event at or after T                                   (binary search)
 *   for the windows 7, 30, 90, 365 days and all, newest first:
 *       while event i lies in the window:  lanes += lane[code[i]]    (16 counters at once)
 *                                          days, decays, gaps, signs, clock
 *       the window's counts = the lanes so far                       (windows are nested)
 *
 * Going backward, "the next contact" is the one already seen, and the last event of a class is the
 * first one met. */
#include <math.h>
#include <string.h>

#include "engine/num/special.h"
#include "features/extractor.h"

/* --- tables --- */

static fore_direction side_of(fore_activity_kind kind, fore_direction direction)
{
    if (direction == FORE_OUTBOUND || direction == FORE_INBOUND) return direction;
    switch (kind) {
    case FORE_REPLY:
    case FORE_OPEN:
    case FORE_CLICK:
    case FORE_WEB:
    case FORE_FORM:
    case FORE_UNSUBSCRIBE: return FORE_INBOUND;
    case FORE_CALL:
    case FORE_EMAIL:
    case FORE_MESSAGE:
    case FORE_SEND:
    case FORE_VISIT: return FORE_OUTBOUND;
    default: return FORE_DIRECTION_UNKNOWN;
    }
}

static bool is_talk(fore_activity_kind kind) { return kind <= FORE_MESSAGE; }

static bool is_meeting(fore_activity_kind kind)
{
    return kind == FORE_MEETING || kind == FORE_DEMO || kind == FORE_VISIT;
}

static uint32_t bit(bool on, int lane) { return (uint32_t)on << lane; }

static uint32_t mask_of(uint8_t code)
{
    fore_activity_kind kind = fore_code_kind(code);
    fore_event_outcome outcome = fore_code_outcome(code);
    if (outcome == FORE_EVENT_CANCELLED) return 0;
    fore_direction side = side_of(kind, fore_code_direction(code));
    bool out = side == FORE_OUTBOUND, in = side == FORE_INBOUND, call = kind == FORE_CALL;
    bool inbound = in && (is_talk(kind) || kind == FORE_REPLY || kind == FORE_FORM);
    bool met = is_meeting(kind) && outcome != FORE_EVENT_UNANSWERED;
    bool answered = call && out && outcome == FORE_EVENT_ANSWERED;
    return bit(true, LANE_TOUCH) | bit(out && is_talk(kind), LANE_OUTBOUND) |
           bit(inbound, LANE_INBOUND) | bit(call && out, LANE_CALL) |
           bit(call && in, LANE_CALL_IN) | bit(kind == FORE_EMAIL && out, LANE_EMAIL) |
           bit(kind == FORE_REPLY || (kind == FORE_EMAIL && in), LANE_REPLY) |
           bit(kind == FORE_MESSAGE, LANE_MESSAGE) | bit(met, LANE_MEETING) |
           bit(kind == FORE_OPEN, LANE_OPEN) | bit(kind == FORE_CLICK, LANE_CLICK) |
           bit(kind == FORE_WEB || kind == FORE_FORM, LANE_WEB) |
           bit(kind == FORE_SEND, LANE_SEND) | bit(answered, LANE_CALL_ANSWERED) |
           bit(call && out && outcome != FORE_EVENT_OUTCOME_UNKNOWN, LANE_CALL_KNOWN) |
           bit(kind == FORE_UNSUBSCRIBE, LANE_UNSUBSCRIBE) |
           bit(inbound || met || answered, BIT_SIGN) | bit(in, BIT_THEIRS);
}

void fore_extractor_tables(fore_extractor *x)
{
    static const double half_life[DECAYS] = {7, 30, 90};
    for (int code = 0; code < 256; code++) {
        x->mask[code] = mask_of((uint8_t)code);
        for (int k = 0; k < LANES; k++) x->lane[code][k] = x->mask[code] >> k & 1;
    }
    for (int hour = 0; hour < 256; hour++) {
        int day = hour / 24, clock = hour % 24;
        x->hour_class[hour] = day >= 5 ? 2 : clock >= 8 && clock < 18 ? 0 : 1;
    }
    for (int day = 0; day < DECAY_DAYS; day++)
        for (int k = 0; k < DECAYS; k++) x->decay[day][k] = exp2(-day / half_life[k]);
}

/* --- the pass --- */

typedef struct seen {
    uint16_t lane[LANES]; /* not yet flushed into total */
    int64_t total[LANES];
    int64_t window[WINDOWS][LANES], window_days[WINDOWS], window_minutes_known[WINDOWS];
    double window_minutes[WINDOWS];
    int64_t last[LANES]; /* time of the newest of each class */
    uint32_t met;        /* classes met so far */
    int64_t days, minutes_known, newest, oldest;
    double minutes;
    double decay[2][DECAYS]; /* outbound, inbound */
    int64_t next_at;         /* the contact after the present one */
    bool next_inbound, next_exists, first_inbound;
    int64_t their_gaps, our_gaps, answered, unanswered, opens_unclicked, first_out;
    int64_t clock[4]; /* office, evening, weekend, and what is not theirs */
    int64_t reps, campaigns;
} seen;

static void flush_lanes(seen *e)
{
    for (int k = 0; k < LANES; k++) e->total[k] += e->lane[k];
    memset(e->lane, 0, sizeof e->lane);
}

static void close_window(seen *e, int window)
{
    flush_lanes(e);
    memcpy(e->window[window], e->total, sizeof e->total);
    e->window_days[window] = e->days;
    e->window_minutes[window] = e->minutes;
    e->window_minutes_known[window] = e->minutes_known;
}

static void meet_classes(seen *e, uint32_t fresh, int64_t at)
{
    e->met |= fresh;
    for (; fresh; fresh &= fresh - 1) e->last[__builtin_ctz(fresh)] = at;
}

static void add_decay(const fore_extractor *x, double sum[DECAYS], int64_t day)
{
    if (day < DECAY_DAYS) {
        for (int k = 0; k < DECAYS; k++) sum[k] += x->decay[day][k];
        return;
    }
    static const double half_life[DECAYS] = {7, 30, 90};
    for (int k = 0; k < DECAYS; k++) sum[k] += exp2(-(double)day / half_life[k]);
}

/* A contact, met before all earlier ones. */
static void meet_contact(const fore_extractor *x, extract_scratch *w, seen *e, uint32_t mask,
                         int64_t at, int64_t day, int64_t created_at)
{
    bool inbound = mask >> LANE_INBOUND & 1, sign = mask >> BIT_SIGN & 1;
    add_decay(x, e->decay[inbound], day);
    double hours = (double)(e->next_at - at) / FORE_HOUR;
    if (!inbound) {
        bool followed = e->next_exists && e->next_inbound;
        if (followed) w->their_gaps[e->their_gaps++] = hours;
        e->answered += sign || followed;
        if (at >= created_at) e->first_out = at;
    } else if (e->next_exists && !e->next_inbound) {
        w->our_gaps[e->our_gaps++] = hours;
    }
    e->next_exists = true;
    e->next_inbound = e->first_inbound = inbound;
    e->next_at = at;
}

static void stamp(int64_t *stamps, int32_t index, int64_t row, int64_t *distinct)
{
    if (index < 0 || stamps[index] == row) return;
    stamps[index] = row;
    (*distinct)++;
}

/* Events from *i down to the window's start. */
static void pass_window(const fore_extractor *x, extract_scratch *w, seen *e, int64_t low,
                        int64_t from, int64_t as_of, int64_t created_at, int64_t *i)
{
    const fore_timeline *t = x->t;
    const int64_t *at = t->event_at;
    const uint32_t contact = 1u << LANE_OUTBOUND | 1u << LANE_INBOUND;
    int64_t last_day = e->met ? (as_of - 1 - e->oldest) / FORE_DAY : -1;
    int64_t k = *i, flushed = k;
    for (; k >= low && at[k] >= from; k--) {
        uint8_t code = t->event_code[k];
        uint32_t mask = x->mask[code];
        if (!mask) continue;
        int64_t day = (int64_t)((uint64_t)(as_of - 1 - at[k]) / (uint64_t)FORE_DAY);
        for (int lane = 0; lane < LANES; lane++)
            e->lane[lane] = (uint16_t)(e->lane[lane] + x->lane[code][lane]);
        e->days += day != last_day;
        last_day = day;
        e->oldest = at[k];
        uint32_t fresh = mask & ((1u << LANES) - 1) & ~e->met;
        if (fresh) meet_classes(e, fresh, at[k]);
        float minutes = t->event_minutes[k];
        bool known = minutes == minutes;
        e->minutes += known ? (double)minutes : 0.0;
        e->minutes_known += known;
        e->clock[mask >> BIT_THEIRS & 1 ? x->hour_class[t->event_hour[k]] : 3]++;
        e->unanswered +=
            (mask >> LANE_OUTBOUND & 1) && !(mask >> BIT_SIGN & 1) && !(e->met >> BIT_SIGN & 1);
        e->met |= mask & (1u << BIT_SIGN);
        e->opens_unclicked += (mask >> LANE_OPEN & 1) && !(e->met >> LANE_CLICK & 1);
        if (mask & contact) meet_contact(x, w, e, mask, at[k], day, created_at);
        stamp(w->rep_stamp, t->event_rep[k], w->row_stamp, &e->reps);
        stamp(w->campaign_stamp, t->event_campaign[k], w->row_stamp, &e->campaigns);
        if (flushed - k >= UINT16_MAX - 1) {
            flush_lanes(e);
            flushed = k;
        }
    }
    *i = k;
}

static void pass(const fore_extractor *x, extract_scratch *w, int64_t s, int64_t as_of, seen *e)
{
    static const int64_t window_days[WINDOWS - 1] = {7, 30, 90, 365};
    const fore_timeline *t = x->t;
    int64_t low = t->event_first[s];
    int64_t i = fore_time_lower(t->event_at, low, t->event_first[s + 1], as_of) - 1;
    int64_t created_at = t->created_at[s] == FORE_NO_TIME ? INT64_MAX : t->created_at[s];
    *e = (seen){.first_out = FORE_NO_TIME};
    w->row_stamp++;
    for (int window = 0; window < WINDOWS; window++) {
        int64_t from = window == WINDOW_ALL ? INT64_MIN : as_of - window_days[window] * FORE_DAY;
        pass_window(x, w, e, low, from, as_of, created_at, &i);
        close_window(e, window);
    }
    e->newest = e->last[LANE_TOUCH];
}

/* --- from what was seen to features --- */

static double ratio(double a, double b) { return b > 0 ? a / b : NAN; }

static double minutes_in(const seen *e, int window)
{
    if (e->window[window][LANE_TOUCH] == 0) return 0;
    return e->window_minutes_known[window] > 0 ? e->window_minutes[window] : NAN;
}

static void put_counts(const seen *e, double *v)
{
    static const struct {
        int feature, lane;
    } five[] = {{F_TOUCHES_7, LANE_TOUCH},    {F_OUTBOUND_7, LANE_OUTBOUND},
                {F_INBOUND_7, LANE_INBOUND},  {F_CALLS_7, LANE_CALL},
                {F_EMAILS_7, LANE_EMAIL},     {F_REPLIES_7, LANE_REPLY},
                {F_MEETINGS_7, LANE_MEETING}, {F_WEB_7, LANE_WEB}},
      three[] = {{F_CALLS_IN_30, LANE_CALL_IN},
                 {F_MESSAGES_30, LANE_MESSAGE},
                 {F_OPENS_30, LANE_OPEN},
                 {F_CLICKS_30, LANE_CLICK},
                 {F_SENDS_30, LANE_SEND}};
    for (size_t i = 0; i < sizeof five / sizeof *five; i++)
        for (int window = 0; window < WINDOWS; window++)
            v[five[i].feature + window] = (double)e->window[window][five[i].lane];
    for (int window = 0; window < WINDOWS; window++)
        v[F_DAYS_7 + window] = (double)e->window_days[window];
    for (size_t i = 0; i < sizeof three / sizeof *three; i++) {
        v[three[i].feature] = (double)e->window[WINDOW_30][three[i].lane];
        v[three[i].feature + 1] = (double)e->window[WINDOW_90][three[i].lane];
        v[three[i].feature + 2] = (double)e->window[WINDOW_ALL][three[i].lane];
    }
    v[F_MINUTES_30] = minutes_in(e, WINDOW_30);
    v[F_MINUTES_ALL] = minutes_in(e, WINDOW_ALL);
    v[F_CONNECTED] = ratio((double)e->total[LANE_CALL_ANSWERED], (double)e->total[LANE_CALL_KNOWN]);
    v[F_REPS] = (double)e->reps;
    v[F_CAMPAIGNS] = (double)e->campaigns;
}

static void put_rhythm(const seen *e, int64_t as_of, double *v)
{
    static const struct {
        int feature, lane;
    } since[] = {{F_SINCE_TOUCH, LANE_TOUCH},     {F_SINCE_OUTBOUND, LANE_OUTBOUND},
                 {F_SINCE_INBOUND, LANE_INBOUND}, {F_SINCE_CALL, LANE_CALL},
                 {F_SINCE_EMAIL, LANE_EMAIL},     {F_SINCE_REPLY, LANE_REPLY},
                 {F_SINCE_MEETING, LANE_MEETING}, {F_SINCE_WEB, LANE_WEB},
                 {F_SINCE_OPEN, LANE_OPEN},       {F_SINCE_CLICK, LANE_CLICK}};
    for (size_t i = 0; i < sizeof since / sizeof *since; i++) {
        bool met = e->met >> since[i].lane & 1;
        v[since[i].feature] = met ? (double)(as_of - e->last[since[i].lane]) / FORE_DAY : NAN;
    }
    int64_t n = e->total[LANE_TOUCH], n30 = e->window[WINDOW_30][LANE_TOUCH],
            n90 = e->window[WINDOW_90][LANE_TOUCH];
    double gap = n > 1 ? (double)(e->newest - e->oldest) / FORE_DAY / (double)(n - 1) : NAN;
    v[F_SINCE_FIRST] = n > 0 ? (double)(as_of - e->oldest) / FORE_DAY : NAN;
    v[F_MEAN_GAP] = gap;
    v[F_GAP_TREND] = log((v[F_SINCE_TOUCH] + 1) / (gap + 1));
    v[F_PACE_TREND] = n90 > 0 ? log(((double)n30 + 0.5) / ((double)(n90 - n30) / 2 + 0.5)) : NAN;
    for (int k = 0; k < DECAYS; k++) {
        v[F_OUT_DECAY_7 + k] = e->decay[0][k];
        v[F_IN_DECAY_7 + k] = e->decay[1][k];
    }
}

static void put_replies(const seen *e, extract_scratch *w, int64_t created_at, double *v)
{
    double out = (double)e->total[LANE_OUTBOUND], in = (double)e->total[LANE_INBOUND];
    v[F_REPLY_HOURS] = fore_median(w->their_gaps, e->their_gaps);
    v[F_OUR_REPLY_HOURS] = fore_median(w->our_gaps, e->our_gaps);
    v[F_RESPONSE_RATE] = ratio((double)e->answered, out);
    v[F_INBOUND_SHARE] = ratio(in, in + out);
    v[F_THEY_STARTED] = e->next_exists ? e->first_inbound : NAN;
    v[F_UNANSWERED] = (double)e->unanswered;
    v[F_OPENS_UNCLICKED] = (double)e->opens_unclicked;
    v[F_UNSUBSCRIBED] = e->total[LANE_UNSUBSCRIBE] > 0;
    v[F_FIRST_RESPONSE] =
        e->first_out == FORE_NO_TIME ? NAN : (double)(e->first_out - created_at) / FORE_HOUR;
    double theirs = (double)(e->clock[0] + e->clock[1] + e->clock[2]);
    v[F_OFFICE_SHARE] = ratio((double)e->clock[0], theirs);
    v[F_EVENING_SHARE] = ratio((double)e->clock[1], theirs);
    v[F_WEEKEND_SHARE] = ratio((double)e->clock[2], theirs);
}

void fore_extract_events(const fore_extractor *x, extract_scratch *w, int64_t subject,
                         int64_t as_of, double *values)
{
    seen e;
    pass(x, w, subject, as_of, &e);
    put_counts(&e, values);
    put_rhythm(&e, as_of, values);
    put_replies(&e, w, x->t->created_at[subject], values);
}
