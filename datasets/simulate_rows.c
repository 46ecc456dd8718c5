/* The rows of activities.csv, written by the million: plain byte pushing, one append per row.
 * Which touches happen is decided in simulate_world.c; here they get a time, an outcome and a line,
 * and beside them what the lead and the mailings do by themselves. */
#include "datasets/simulate_world.h"

#include <math.h>
#include <string.h>

#include "datasets/simulate_text.h"
#include "engine/base/civil.h"

static const char *const kind_words[FORE_SIM_KINDS] = {"call", "email", "meeting", "demo"};

const char *fore_simulate_kind_word(int kind)
{
    return kind >= 0 && kind < FORE_SIM_KINDS ? kind_words[kind] : NULL;
}

typedef struct activity {
    uint64_t number; /* of the lead */
    int32_t account;
    bool inbound, by_rep, on_deal;
    const char *kind, *outcome;
    int campaign, minutes; /* 0: none */
    int64_t at, due_at;
} activity;

/* Which defect the row gets, or -1. */
static int activity_dirt(const sim_rows *rows, const activity *a, int32_t sequence, char id[32])
{
    static const int kinds[] = {FORE_DIRTY_DANGLING, FORE_DIRTY_FUTURE_DATE, FORE_DIRTY_RAGGED};
    const sim_world *w = rows->world;
    if (w->options.dirty_share == 0.0 || a->at == FORE_NO_TIME) return 0;
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_DIRTY_ACTIVITY, 0, a->number | (uint64_t)sequence << 40, u);
    int chosen = fore_sim_dirt(w, u, kinds, 3);
    if (chosen) *fore_sim_put_activity_id(id, a->number, sequence) = 0;
    return chosen;
}

static void put_activity(sim_rows *rows, int64_t seat, int32_t *sequence, const activity *a)
{
    char row[512], id[32], *p = row;
    char sep = rows->world->options.delimiter;
    int dirt = activity_dirt(rows, a, *sequence, id);
    int64_t at = a->at;
    if (dirt == FORE_DIRTY_FUTURE_DATE)
        at += (int64_t)rows->world->options.weeks * 7 * FORE_DAY + 400 * FORE_DAY;
    p = fore_sim_put_activity_id(p, a->number, *sequence);
    *p++ = sep;
    if (at != FORE_NO_TIME) p = fore_sim_put_time(p, at);
    *p++ = sep;
    p = fore_sim_put(p, a->kind);
    *p++ = sep;
    p = fore_sim_put(p, a->inbound ? "inbound" : "outbound");
    *p++ = sep;
    if (a->by_rep) p = fore_sim_put_rep(p, seat);
    *p++ = sep;
    p = dirt == FORE_DIRTY_DANGLING ? fore_sim_put_id(p, 'X', a->number)
                                    : fore_sim_put_id(p, 'L', a->number);
    *p++ = sep;
    if (a->on_deal) p = fore_sim_put_id(p, 'D', a->number);
    *p++ = sep;
    p = fore_sim_put_account(p, seat, a->account);
    *p++ = sep;
    if (a->campaign) p = fore_sim_put_campaign(p, a->campaign);
    *p++ = sep;
    if (a->minutes) p = fore_sim_put_integer(p, a->minutes);
    *p++ = sep;
    if (a->outcome) p = fore_sim_put(p, a->outcome);
    if (dirt != FORE_DIRTY_RAGGED) *p++ = sep;
    if (a->due_at != FORE_NO_TIME) p = fore_sim_put_time(p, a->due_at);
    p = fore_sim_put_end(p, &rows->world->options);
    fore_text_add(&rows->activities, row, p - row);
    rows->activity_count++;
    if (dirt) fore_sim_note_dirt(rows, dirt, "activities.csv", id, NULL);
    (*sequence)++;
}

/* Separate streams for what happens on one lead in one week. */
enum { ROWS_TOUCHES, ROWS_AROUND, ROWS_ADVANCE };

static fore_random rows_stream(const sim_rows *rows, const sim_lead *lead, uint64_t which)
{
    return fore_sim_stream(rows->world, SIM_DRAW_ROWS, rows->world->week,
                           lead->number | which << 60);
}

static double unit(fore_random *r) { return fore_sim_unit(fore_random_u32(r)); }

static double less_than(double x, double most) { return x < most ? x : most; }

static activity on_lead(const sim_lead *lead)
{
    return (activity){.number = lead->number,
                      .account = lead->account,
                      .on_deal = lead->stage > SIM_LEAD,
                      .due_at = FORE_NO_TIME};
}

/* Any hour of any day, between two moments of the week. */
static int64_t between(fore_random *r, int64_t from, int64_t to)
{
    return to <= from
               ? from
               : from + (int64_t)(unit(r) * (double)((to - from) / FORE_SECOND)) * FORE_SECOND;
}

static int64_t week_end(const sim_rows *rows, sim_time_range range)
{
    const sim_world *w = rows->world;
    return range.to >= 1.0 ? fore_sim_week_start(w, w->week + 1) - FORE_SECOND
                           : fore_sim_moment(w, w->week, range.to);
}

static void put_call(sim_rows *rows, int64_t seat, sim_lead *lead, activity *a, fore_random *r)
{
    double answered = 0.45 + 0.06 * lead->quality, u = unit(r);
    bool good = u < (answered < 0.15 ? 0.15 : less_than(answered, 0.8));
    a->minutes = good ? 3 + (int)(14.0 * unit(r) * unit(r) + 5.0 * unit(r)) : 1;
    a->outcome = good ? "connected" : u > 0.85 ? "voicemail" : "no answer";
    put_activity(rows, seat, &lead->rows, a);
}

/* A mail of the rep, and whether it is opened and answered. */
static void put_email(sim_rows *rows, int64_t seat, sim_lead *lead, activity *a, int64_t end,
                      fore_random *r)
{
    a->minutes = (int)fore_sim_minutes[FORE_SIM_EMAIL];
    put_activity(rows, seat, &lead->rows, a);
    double liking = exp(0.45 * lead->quality), u = unit(r);
    activity back = *a;
    back.by_rep = false;
    back.minutes = 0;
    back.inbound = true;
    if (u < less_than(1.6 * rows->world->options.open_rate * liking, 0.9)) {
        back.at = between(r, a->at, end);
        back.kind = "open";
        put_activity(rows, seat, &lead->rows, &back);
        if (unit(r) < less_than(0.22 * liking, 0.7)) {
            back.at = between(r, back.at, end);
            back.kind = "reply";
            put_activity(rows, seat, &lead->rows, &back);
            lead->engaged = true;
        }
    }
}

void fore_sim_rows_touches(sim_rows *rows, int64_t seat, sim_lead *lead,
                           const int64_t count[FORE_SIM_KINDS], sim_time_range range)
{
    fore_random r = rows_stream(rows, lead, ROWS_TOUCHES);
    int64_t end = week_end(rows, range);
    for (int k = 0; k < FORE_SIM_KINDS; k++)
        for (int64_t j = 0; j < count[k]; j++) {
            activity a = on_lead(lead);
            a.by_rep = true;
            a.kind = kind_words[k];
            a.at = fore_sim_moment(rows->world, rows->world->week,
                                   range.from + unit(&r) * (range.to - range.from));
            if (k == FORE_SIM_CALL)
                put_call(rows, seat, lead, &a, &r);
            else if (k == FORE_SIM_EMAIL)
                put_email(rows, seat, lead, &a, end, &r);
            else {
                a.minutes = 15 * (2 + (int)(3.0 * unit(&r))) + (k == FORE_SIM_DEMO ? 15 : 0);
                a.outcome = unit(&r) < 0.9 ? "held" : "no show";
                put_activity(rows, seat, &lead->rows, &a);
            }
        }
}

/* A mailing of the running campaign. */
static void put_mailing(sim_rows *rows, int64_t seat, sim_lead *lead, int64_t from, int64_t end,
                        fore_random *r)
{
    const fore_simulate_options *o = &rows->world->options;
    activity a = on_lead(lead);
    a.kind = "send";
    a.campaign = rows->world->week / SIM_CAMPAIGN_WEEKS + 1;
    a.at = between(r, from, end);
    put_activity(rows, seat, &lead->rows, &a);
    if (unit(r) >= less_than(o->open_rate * exp(0.35 * lead->quality), 0.95)) return;
    a.inbound = true;
    a.kind = "open";
    a.at = between(r, a.at, end);
    put_activity(rows, seat, &lead->rows, &a);
    if (unit(r) >= less_than(o->click_rate * exp(0.35 * lead->quality), 0.95)) return;
    a.kind = "click";
    a.at = between(r, a.at, end);
    put_activity(rows, seat, &lead->rows, &a);
}

/* What good leads do by themselves: it says something about them and does nothing to them. */
static void put_interest(sim_rows *rows, int64_t seat, sim_lead *lead, int64_t from, int64_t end,
                         fore_random *r)
{
    static const char *const kinds[] = {"web", "form", "call", "message", "event"};
    static const double rate[] = {0.22, 0.03, 0.04, 0.025, 0.012};
    double liking = exp(0.6 * lead->quality);
    for (int k = 0; k < 5; k++) {
        int64_t n = fore_sim_poisson(fore_random_u32(r), less_than(rate[k] * liking, 4.0));
        for (int64_t j = 0; j < n; j++) {
            activity a = on_lead(lead);
            a.inbound = true;
            a.kind = kinds[k];
            a.at = between(r, from, end);
            a.by_rep = k == 2 || k == 3;
            if (k == 2) a.minutes = 2 + (int)(8.0 * unit(r)), a.outcome = "connected";
            put_activity(rows, seat, &lead->rows, &a);
            if (k > 0) lead->engaged = true;
        }
    }
}

void fore_sim_rows_around(sim_rows *rows, int64_t seat, sim_lead *lead, sim_time_range range,
                          bool unsubscribes)
{
    const sim_world *w = rows->world;
    fore_random r = rows_stream(rows, lead, ROWS_AROUND);
    int64_t from = range.from > 0.0 ? lead->created_at : fore_sim_week_start(w, w->week),
            end = week_end(rows, range);
    bool mailed = !lead->opted_out && !lead->do_not_contact;
    if (mailed &&
        (unsubscribes || unit(&r) < (lead->stage == SIM_LEAD ? 0.16 : 0.06) * w->options.touches))
        put_mailing(rows, seat, lead, from, end, &r);
    put_interest(rows, seat, lead, from, end, &r);
    if (!unsubscribes) return;
    activity a = on_lead(lead);
    a.inbound = true;
    a.kind = "unsubscribe";
    a.campaign = w->week / SIM_CAMPAIGN_WEEKS + 1;
    a.at = end;
    put_activity(rows, seat, &lead->rows, &a);
}

/* The meeting that takes place because the deal advances: progress makes activity, not the other
 * way round. */
void fore_sim_rows_advance(sim_rows *rows, int64_t seat, sim_lead *lead, double at)
{
    fore_random r = rows_stream(rows, lead, ROWS_ADVANCE);
    if (lead->do_not_contact || unit(&r) >= rows->world->progress) return;
    activity a = on_lead(lead);
    a.by_rep = true;
    a.kind = "meeting";
    a.minutes = 30 + 15 * (int)(3.0 * unit(&r));
    a.outcome = "held";
    a.at = fore_sim_moment(rows->world, rows->world->week, unit(&r) * at);
    put_activity(rows, seat, &lead->rows, &a);
}

/* After the sale: further orders, tickets, and calls that sell nothing. */
void fore_sim_rows_customer(sim_rows *rows, int64_t seat, sim_customer *c, int32_t week)
{
    uint32_t u[4];
    fore_sim_draw(rows->world, SIM_DRAW_CUSTOMER, week, c->number, u);
    int32_t age = week - c->since;
    if (age < 1) return;
    if (fore_sim_unit(u[0]) < 0.02)
        fore_sim_text_order(rows, seat, c, fore_sim_moment(rows->world, week, fore_sim_unit(u[3])),
                            false);
    if (fore_sim_unit(u[1]) < 0.01 + 0.04 * exp(-age / 8.0))
        fore_sim_text_ticket(rows, seat, c, week);
    int64_t calls = fore_sim_poisson(u[2], 0.02 + 0.5 * exp(-age / 4.0));
    for (int64_t j = 0; j < calls; j++) {
        activity a = {.number = c->number,
                      .account = c->account,
                      .on_deal = true,
                      .by_rep = true,
                      .kind = "call",
                      .outcome = "connected",
                      .minutes = 6 + (int)j,
                      .due_at = FORE_NO_TIME};
        a.at = fore_sim_moment(rows->world, week,
                               less_than(fore_sim_unit(u[3] ^ (uint32_t)(j * 0x9E3779B9u)), 0.99));
        put_activity(rows, seat, &c->rows, &a);
    }
}

/* Half of what is open has a next step in the diary; a tenth of those is overdue. */
void fore_sim_rows_planned(sim_rows *rows, int64_t seat, sim_lead *lead)
{
    const sim_world *w = rows->world;
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_PLANNED, w->options.weeks - 1, lead->number, u);
    if (lead->do_not_contact || fore_sim_unit(u[0]) >= 0.5) return;
    activity a = on_lead(lead);
    a.by_rep = true;
    a.kind = kind_words[fore_sim_unit(u[1]) < 0.7 ? FORE_SIM_CALL : FORE_SIM_MEETING];
    a.at = FORE_NO_TIME;
    int32_t week = w->options.weeks + (fore_sim_unit(u[2]) < 0.1 ? -1 : 0);
    a.due_at = fore_sim_moment(w, week, fore_sim_unit(u[3]));
    if (a.due_at < lead->created_at) a.due_at = lead->created_at + FORE_DAY;
    put_activity(rows, seat, &lead->rows, &a);
}
