/* Effort panels and sales series against slow, obvious recomputation on random histories. */
#include "frame_help.h"
#include "raw_history.h"

#include "features/extract.h"
#include "features/panels.h"
#include "features/sales_series.h"

typedef struct world {
    raw_history *raw;
    fore_store *store;
    fore_timeline *t;
    int64_t as_of;
} world;

static world open_world(uint64_t seed, int size)
{
    world w = {.raw = raw_random(seed, size)};
    w.store = raw_store(w.raw);
    OK(fore_timeline_build(w.store, NULL, &w.t, err));
    w.as_of =
        raw_start() + (200 + (int64_t)seed * 37 % 450) * FORE_DAY + (int64_t)(seed % 4) * GRID;
    return w;
}

static void close_world(world *w)
{
    fore_timeline_free(w->t);
    fore_store_close(w->store);
    free(w->raw);
}

static bool closed_before(const fore_timeline *t, int64_t s, int64_t at)
{
    return fore_subject_closed(t, s, at).outcome != FORE_OUTCOME_OPEN;
}

static bool won_by(const fore_timeline *t, int64_t s, int64_t at)
{
    return fore_subject_closed(t, s, at + 1).outcome == FORE_WON;
}

static int32_t owner_at(const fore_timeline *t, int64_t s, int64_t at)
{
    fore_subject_state state;
    fore_subject_state_at(t, s, at, &state);
    return state.owner;
}

static bool slow_effort(const raw_event *e)
{
    static const char *const mine[] = {"call",    "email", "meeting", "demo", "visit",
                                       "message", "event", "send",    "other"};
    bool kind = false;
    for (size_t k = 0; k < sizeof mine / sizeof *mine; k++)
        kind |= strcmp(mine[k], fore_activity_kind_word((fore_activity_kind)e->kind)) == 0;
    return kind && e->rep >= 0 && e->outcome != 3 && e->direction != FORE_INBOUND;
}

static bool slow_service(const world *w, const raw_event *e)
{
    const fore_timeline *t = w->t;
    if (e->deal >= 0) return won_by(t, t->leads + e->deal, e->at);
    if (e->lead >= 0) return won_by(t, t->other[e->lead] >= 0 ? t->other[e->lead] : e->lead, e->at);
    bool won = false;
    for (int64_t s = 0; e->account >= 0 && s < t->subjects; s++) {
        if (t->account[s] != e->account) continue;
        if (fore_subject_open_at(t, s, e->at)) return false;
        won |= won_by(t, s, e->at);
    }
    return won;
}

typedef struct slow_cell {
    double count[FORE_ACTIVITY_KINDS], minutes, service, service_minutes, leads_held, deals_held,
        leads_new, deals_new, won, lost, amount;
} slow_cell;

static slow_cell slow_panel_cell(const world *w, int32_t rep, int64_t from, int64_t to)
{
    const fore_timeline *t = w->t;
    slow_cell c = {0};
    for (int i = 0; i < w->raw->events; i++) {
        const raw_event *e = &w->raw->event[i];
        if (e->at == NONE || e->at < from || e->at >= to || e->rep != rep || !slow_effort(e))
            continue;
        double minutes = isnan(e->minutes) ? 0 : e->minutes;
        if (slow_service(w, e))
            c.service++, c.service_minutes += minutes;
        else
            c.count[e->kind]++, c.minutes += minutes;
    }
    for (int64_t s = 0; s < t->subjects; s++) {
        int64_t created = t->created_at[s];
        if (created == FORE_NO_TIME || created >= w->as_of) continue;
        bool lead = s < t->leads, done = closed_before(t, s, w->as_of);
        bool held = created < from && t->left_out[s] != FORE_LEFT_CLOSED_WITHOUT_TIME &&
                    !closed_before(t, s, from);
        if (held && owner_at(t, s, from) == rep) *(lead ? &c.leads_held : &c.deals_held) += 1;
        if (created >= from && created < to && owner_at(t, s, FORE_NO_TIME + 1) == rep)
            *(lead ? &c.leads_new : &c.deals_new) += 1;
        int64_t closed = fore_subject_closed(t, s, w->as_of).at;
        if (lead || !done || closed < from || closed >= to || owner_at(t, s, closed) != rep)
            continue;
        fore_subject_state state;
        fore_subject_state_at(t, s, w->as_of, &state);
        if (fore_subject_closed(t, s, w->as_of).outcome == FORE_WON)
            c.won++, c.amount += isnan(state.amount) ? 0 : state.amount;
        else
            c.lost++;
    }
    return c;
}

static void same(double got, double want, const char *what)
{
    if (fabs(got - want) > 1e-6 * (1 + fabs(want)))
        fail_msg("%s is %.6f, not %.6f", what, got, want);
}

static void panel__random_histories__equal_slow_counts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        world w = open_world(seed, 25);
        fore_effort_panel *p = NULL;
        double effort = 0;
        OK(fore_effort_panel_make(w.t, w.as_of, -1, 0, &p, err));
        assert_int_equal(fore_weekday(p->first_week_on), 0);
        assert_true(p->reps > 2 && p->weeks > 10 && !p->by_leads);
        for (int64_t week = 0; week < p->weeks; week++) {
            for (int64_t r = 0; r < p->reps; r++) {
                int64_t from = fore_time_of_date(p->first_week_on + (int32_t)week * 7),
                        cell = r + week * p->reps;
                slow_cell c = slow_panel_cell(&w, p->rep[r], from, from + 7 * FORE_DAY);
                for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
                    same(p->count[k][cell], c.count[k],
                         fore_activity_kind_word((fore_activity_kind)k));
                    effort += c.count[k];
                }
                same(p->minutes[cell], c.minutes, "minutes");
                same(p->service[cell], c.service, "service");
                same(p->service_minutes[cell], c.service_minutes, "service minutes");
                same(p->leads_held[cell], c.leads_held, "leads held");
                same(p->deals_held[cell], c.deals_held, "deals held");
                same(p->leads_new[cell], c.leads_new, "leads new");
                same(p->deals_new[cell], c.deals_new, "deals new");
                same(p->won[cell], c.won, "won");
                same(p->lost[cell], c.lost, "lost");
                same(p->won_amount[cell], c.amount, "won amount");
            }
        }
        assert_true(effort > 50 && p->activities_service > 0);
        assert_true(fore_time_of_date(p->first_week_on + (int32_t)p->weeks * 7) <= w.as_of);
        fore_effort_panel_free(p);
        close_world(&w);
    }
}

static void panel__events_after_as_of__not_seen(void **state)
{
    (void)state;
    world w = open_world(3, 25), cut = {.raw = raw_random(3, 25)};
    for (int i = 0; i < cut.raw->events; i++)
        if (cut.raw->event[i].at != NONE && cut.raw->event[i].at >= w.as_of)
            cut.raw->event[i].kind = FORE_WEB;
    cut.store = raw_store(cut.raw);
    OK(fore_timeline_build(cut.store, NULL, &cut.t, err));
    fore_effort_panel *a = NULL, *b = NULL;
    OK(fore_effort_panel_make(w.t, w.as_of, -1, 0, &a, err));
    OK(fore_effort_panel_make(cut.t, w.as_of, -1, 0, &b, err));
    assert_int_equal(a->cells, b->cells);
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++)
        assert_memory_equal(a->count[k], b->count[k], (size_t)a->cells * sizeof(double));
    assert_memory_equal(a->won_amount, b->won_amount, (size_t)a->cells * sizeof(double));
    fore_effort_panel_free(a);
    fore_effort_panel_free(b);
    close_world(&w);
    close_world(&cut);
}

static void panel__max_weeks__keeps_the_latest(void **state)
{
    (void)state;
    world w = open_world(2, 25);
    fore_effort_panel *all = NULL, *few = NULL;
    OK(fore_effort_panel_make(w.t, w.as_of, -1, 0, &all, err));
    OK(fore_effort_panel_make(w.t, w.as_of, -1, 8, &few, err));
    assert_int_equal(few->weeks, 8);
    assert_int_equal(few->first_week_on, all->first_week_on + 7 * (all->weeks - 8));
    double of_all = 0, of_few = 0;
    for (int64_t c = (all->weeks - 8) * all->reps; c < all->cells; c++)
        of_all += all->count[FORE_CALL][c];
    for (int64_t c = 0; c < few->cells; c++) of_few += few->count[FORE_CALL][c];
    assert_true(of_all == of_few && of_all > 0);
    fore_effort_panel_free(all);
    fore_effort_panel_free(few);
    close_world(&w);
}

/* Two reps with known hours; one leaves on a Wednesday. */
static void panel__hours__follow_active_days(void **state)
{
    (void)state;
    fore_store *s = NULL;
    fore_timeline *t = NULL;
    fore_effort_panel *p = NULL;
    fore_put put;
    int64_t monday = fore_time_of_date(fore_days_from_civil(2024, 1, 1));
    int32_t on = fore_date_of(monday);
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &s, err));
    OK(fore_store_begin(s, err));
    fore_rep_row a = {.id = "a",
                      .hours_per_week = 40,
                      .hourly_cost_minor = FORE_NO_AMOUNT,
                      .active_from_on = on + 7,
                      .active_to_on = on + 7 + 9};
    fore_rep_row b = {.id = "b",
                      .hours_per_week = NAN,
                      .hourly_cost_minor = FORE_NO_AMOUNT,
                      .active_from_on = FORE_NO_DATE,
                      .active_to_on = FORE_NO_DATE};
    OK(fore_store_put_rep(s, &a, &put, err));
    OK(fore_store_put_rep(s, &b, &put, err));
    const char *owners[] = {"a", "b", "b"};
    for (int i = 0; i < 3; i++) {
        int64_t owner;
        OK(fore_store_key(s, FORE_REP, owners[i], 1, &owner, err));
        char id[16];
        snprintf(id, sizeof id, "d%d", i);
        fore_deal_row d = {.id = id,
                           .owner = owner,
                           .amount_minor = FORE_NO_AMOUNT,
                           .created_at = monday + (i == 2 ? 14 : 0) * FORE_DAY + FORE_HOUR,
                           .expected_close_on = FORE_NO_DATE,
                           .closed_at = FORE_NO_TIME};
        OK(fore_store_put_deal(s, &d, &put, err));
    }
    OK(fore_store_commit(s, err));
    OK(fore_timeline_build(s, NULL, &t, err));
    OK(fore_effort_panel_make(t, monday + 40 * FORE_DAY, -1, 0, &p, err));
    assert_int_equal(p->reps, 2);
    assert_int_equal(p->weeks, 5);
    static const double active_a[] = {0, 5, 3, 0, 0}, active_b[] = {5, 5, 5, 0, 0};
    for (int w = 0; w < 5; w++) {
        assert_true(p->active_days[0 + w * 2] == active_a[w]);
        assert_true(p->hours[0 + w * 2] == active_a[w] * 8);
        assert_true(p->active_days[1 + w * 2] == active_b[w]);
        assert_true(isnan(p->hours[1 + w * 2]));
    }
    fore_effort_panel_free(p);
    fore_timeline_free(t);
    fore_store_close(s);
}

/* One won deal, one account: service starts at the very moment of winning. */
static void event__at_and_around_the_sale__told_apart(void **state)
{
    (void)state;
    const int64_t first[] = {0, 4, 4, 4}, at[] = {5, 9, 10, 11}, created[] = {1}, closed[] = {10},
                  subjects[] = {0, 1, 1};
    const uint8_t code[] = {fore_code(FORE_CALL, FORE_OUTBOUND, FORE_EVENT_OUTCOME_UNKNOWN),
                            fore_code(FORE_CALL, FORE_DIRECTION_UNKNOWN, FORE_EVENT_UNANSWERED),
                            fore_code(FORE_CALL, FORE_OUTBOUND, FORE_EVENT_CANCELLED),
                            fore_code(FORE_OPEN, FORE_OUTBOUND, FORE_EVENT_OUTCOME_UNKNOWN)};
    const uint8_t outcome[] = {FORE_WON};
    const int32_t rep[] = {0, 0, 0, 0}, subject[] = {0}, other[] = {-1};
    fore_timeline t = {.deals = 1,
                       .subjects = 1,
                       .accounts = 1,
                       .owners = 3,
                       .events = 4,
                       .event_first = first,
                       .event_at = at,
                       .event_code = code,
                       .event_rep = rep,
                       .created_at = created,
                       .closed_at = closed,
                       .outcome = outcome,
                       .other = other,
                       .account_subject_first = subjects,
                       .account_subject = subject};
    static const bool service[] = {false, false, true, true}, effort[] = {true, true, false, false};
    for (int64_t e = 0; e < 4; e++) {
        assert_int_equal(fore_event_service(&t, 0, e), service[e]);
        assert_int_equal(fore_event_effort(&t, e), effort[e]);
        assert_int_equal(fore_event_service(&t, 2, e), false); /* nobody's */
    }
    assert_false(fore_event_service(&t, 1, 0)); /* the account's deal is open */
    assert_true(fore_event_service(&t, 1, 3));  /* it is won, and nothing else is open */
}

static void panel__nothing_in_the_history__said(void **state)
{
    (void)state;
    world w = open_world(1, 5);
    fore_effort_panel *p = NULL;
    fore_sales_series *s = NULL;
    fore_error error = {0};
    assert_int_equal(fore_effort_panel_make(w.t, raw_start() - 400 * FORE_DAY, -1, 0, &p, &error),
                     FORE_E_NO_ANSWER);
    assert_null(p);
    assert_int_equal(fore_sales_series_make(w.t, raw_start() - 400 * FORE_DAY, NULL, FORE_MONTHLY,
                                            FORE_BY_TOTAL, -1, &s, &error),
                     FORE_E_NO_ANSWER);
    assert_null(s);
    fore_effort_panel_free(NULL);
    fore_sales_series_free(NULL);
    close_world(&w);
}

static void series__random_histories__equal_slow_sums(void **state)
{
    (void)state;
    static const fore_period periods[] = {FORE_DAILY, FORE_WEEKLY, FORE_MONTHLY, FORE_QUARTERLY};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        world w = open_world(seed, 30);
        for (int k = 0; k < 4; k++) {
            fore_sales_series *s = NULL;
            OK(fore_sales_series_make(w.t, w.as_of, NULL, periods[k], FORE_BY_TOTAL, -1, &s, err));
            assert_int_equal(s->groups, 1);
            int64_t wins = 0;
            for (int64_t p = 0; p < s->periods; p++) {
                double amount = 0, won = 0, lost = 0, deals = 0;
                assert_int_equal(s->start[p], fore_period_start(periods[k], s->start[p]));
                int64_t from = fore_time_of_date(s->start[p]),
                        to = fore_time_of_date(s->start[p + 1]);
                for (int64_t i = w.t->leads; i < w.t->subjects; i++) {
                    int64_t created = w.t->created_at[i],
                            closed = fore_subject_closed(w.t, i, w.as_of).at;
                    deals += created != FORE_NO_TIME && created >= from && created < to &&
                             created < w.as_of;
                    if (!closed_before(w.t, i, w.as_of) || closed < from || closed >= to) continue;
                    fore_subject_state now;
                    fore_subject_state_at(w.t, i, w.as_of, &now);
                    bool good = fore_subject_closed(w.t, i, w.as_of).outcome == FORE_WON;
                    won += good;
                    lost += !good;
                    amount += good && !isnan(now.amount) ? now.amount : 0;
                }
                same(s->amount[p], amount, "amount");
                same(s->won[p], won, "won");
                same(s->lost[p], lost, "lost");
                same(s->deals_new[p], deals, "new deals");
                wins += (int64_t)won;
            }
            assert_int_equal(s->wins, wins);
            for (int64_t i = 1; i < s->wins; i++) assert_true(s->win_at[i - 1] <= s->win_at[i]);
            assert_true(fore_time_of_date(s->start[s->periods - 1]) < w.as_of);
            assert_int_equal(s->last_partial, fore_time_of_date(s->start[s->periods]) > w.as_of);
            assert_true(s->last_share > 0 && s->last_share <= 1);
            fore_sales_series_free(s);
        }
        close_world(&w);
    }
}

static void series__groups__add_up_to_the_total(void **state)
{
    (void)state;
    static const fore_series_by by[] = {FORE_BY_TEAM, FORE_BY_REGION, FORE_BY_REP, FORE_BY_PRODUCT,
                                        FORE_BY_CATEGORY};
    world w = open_world(2, 40);
    fore_sales_series *total = NULL;
    OK(fore_sales_series_make(w.t, w.as_of, NULL, FORE_MONTHLY, FORE_BY_TOTAL, -1, &total, err));
    for (int k = 0; k < 5; k++) {
        fore_sales_series *s = NULL;
        OK(fore_sales_series_make(w.t, w.as_of, NULL, FORE_MONTHLY, by[k], -1, &s, err));
        assert_int_equal(s->periods, total->periods);
        if (by[k] == FORE_BY_TEAM) assert_int_equal(s->groups, 3); /* south, north and none */
        assert_string_equal(s->group[s->groups - 1], "");
        for (int64_t p = 0; p < s->periods; p++) {
            double amount = 0, won = 0, leads = 0;
            for (int64_t g = 0; g < s->groups; g++) {
                amount += s->amount[p + g * s->periods];
                won += s->won[p + g * s->periods];
                leads += s->leads_new[p + g * s->periods];
            }
            same(amount, total->amount[p], "amount");
            same(won, total->won[p], "won");
            same(leads, total->leads_new[p], "new leads");
        }
        fore_sales_series_free(s);
    }
    fore_sales_series_free(total);
    close_world(&w);
}

static void panel_and_series__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    world w = open_world(2, 10);
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1; k < 200; k++) {
        fore_error error = {0};
        fore_effort_panel *p = NULL;
        fore_sales_series *s = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_effort_panel_make(w.t, w.as_of, -1, 0, &p, &error);
        if (status == FORE_OK)
            status = fore_sales_series_make(w.t, w.as_of, NULL, FORE_WEEKLY, FORE_BY_REP, -1, &s,
                                            &error);
        fore_memory_fail_at(0);
        fore_effort_panel_free(p);
        fore_sales_series_free(s);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 10);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panel__random_histories__equal_slow_counts),
        cmocka_unit_test(panel__events_after_as_of__not_seen),
        cmocka_unit_test(panel__max_weeks__keeps_the_latest),
        cmocka_unit_test(panel__hours__follow_active_days),
        cmocka_unit_test(event__at_and_around_the_sale__told_apart),
        cmocka_unit_test(panel__nothing_in_the_history__said),
        cmocka_unit_test(series__random_histories__equal_slow_sums),
        cmocka_unit_test(series__groups__add_up_to_the_total),
        cmocka_unit_test(panel_and_series__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
