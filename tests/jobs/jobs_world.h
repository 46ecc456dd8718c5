/* A workspace in a folder of its own for each test, rows that know nothing, and a small company
 * whose history can be cut: what is written with `known_until` T is what an export at T would have
 * held. */
#ifndef FORE_TESTS_JOBS_WORLD_H
#define FORE_TESTS_JOBS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/jobs/jobs.h"

#define OK(expression)                                                                             \
    do {                                                                                           \
        fore_error ok_err = {0};                                                                   \
        fore_error *e = &ok_err;                                                                   \
        if ((expression) != FORE_OK) fail_msg("%s: %s", #expression, ok_err.message);              \
    } while (0)

/* The failure has that code and its message holds that text. */
#define FAILS(code_wanted, text_wanted, expression)                                                \
    do {                                                                                           \
        fore_error ok_err = {0};                                                                   \
        fore_error *e = &ok_err;                                                                   \
        assert_int_equal((expression), (code_wanted));                                             \
        if (!strstr(ok_err.message, (text_wanted)))                                                \
            fail_msg("'%s' does not say '%s'", ok_err.message, (text_wanted));                     \
    } while (0)

typedef struct world {
    char folder[64], path[96];
    fore_context c;
    int64_t events;
    int64_t live; /* allocations before */
} world;

static inline void world_open(world *w, int threads)
{
    foresell_options options = {.path = w->path, .mode = FORESELL_CREATE, .threads = threads};
    OK(fore_context_open(&options, &w->c, e));
}

static inline int world_up(void **state)
{
    world *w = calloc(1, sizeof *w);
    if (!w) return -1;
    strcpy(w->folder, "/tmp/foresell-jobs-XXXXXX");
    if (!mkdtemp(w->folder)) return -1;
    snprintf(w->path, sizeof w->path, "%s/work.db", w->folder);
    *state = w;
    w->live = fore_memory_live();
    world_open(w, 1);
    return 0;
}

static inline int world_down(void **state)
{
    world *w = *state;
    char command[128];
    fore_context_close(&w->c);
    snprintf(command, sizeof command, "rm -rf %s", w->folder);
    int result = system(command);
    bool leaked = fore_memory_live() != w->live;
    free(w);
    return result == 0 && !leaked ? 0 : -1;
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_up, world_down)

static inline void world_begin(world *w) { OK(fore_store_begin(w->c.store, e)); }
static inline void world_commit(world *w) { OK(fore_store_commit(w->c.store, e)); }

static inline const fore_timeline *world_timeline(world *w)
{
    const fore_timeline *t = NULL;
    OK(fore_context_history(&w->c, &t, NULL, e));
    return t;
}

/* --- time: day 0 is Monday, 1 January 2024 --- */

static inline int32_t date(int days) { return fore_days_from_civil(2024, 1, 1) + days; }
static inline int64_t at(int days, int hour)
{
    return fore_time_of_date(date(days)) + hour * FORE_HOUR;
}

/* --- rows --- */

static inline int64_t key_of(world *w, fore_entity entity, const char *id)
{
    int64_t pk = 0;
    if (id) OK(fore_store_key(w->c.store, entity, id, -1, &pk, e));
    return pk;
}

static inline void put_rep(world *w, const char *id, const char *team, double hours)
{
    fore_put put;
    fore_rep_row row = {.id = id,
                        .name = id,
                        .team = team,
                        .hours_per_week = hours,
                        .hourly_cost_minor = FORE_NO_AMOUNT,
                        .active_from_on = FORE_NO_DATE,
                        .active_to_on = FORE_NO_DATE};
    OK(fore_store_put_rep(w->c.store, &row, &put, e));
}

static inline fore_lead_row a_lead(const char *id, int64_t created)
{
    return (fore_lead_row){.id = id,
                           .created_at = created,
                           .closed_at = FORE_NO_TIME,
                           .do_not_contact = -1,
                           .mail_opt_out = -1};
}

static inline void put_lead(world *w, fore_lead_row row)
{
    fore_put put;
    OK(fore_store_put_lead(w->c.store, &row, &put, e));
}

static inline fore_deal_row a_deal(const char *id, int64_t created)
{
    return (fore_deal_row){.id = id,
                           .amount_minor = FORE_NO_AMOUNT,
                           .created_at = created,
                           .expected_close_on = FORE_NO_DATE,
                           .closed_at = FORE_NO_TIME,
                           .outcome = FORE_OUTCOME_OPEN};
}

static inline void put_deal(world *w, fore_deal_row row)
{
    fore_put put;
    OK(fore_store_put_deal(w->c.store, &row, &put, e));
}

static inline void put_closed(world *w, const char *id, int64_t created, int64_t closed,
                              fore_outcome outcome, double amount)
{
    fore_deal_row row = a_deal(id, created);
    row.closed_at = closed;
    row.outcome = outcome;
    if (!isnan(amount)) row.amount_minor = llround(amount * 100);
    row.currency = "EUR";
    put_deal(w, row);
}

typedef struct an_event {
    const char *lead, *deal, *rep, *outcome;
    fore_activity_kind kind;
    fore_direction direction;
    int64_t at, due; /* 0 = not given */
    double minutes;  /* 0 = not given */
} an_event;

static inline void put_event(world *w, an_event v)
{
    char id[32];
    fore_put put;
    snprintf(id, sizeof id, "E%lld", (long long)w->events++);
    fore_activity_row row = {.id = id,
                             .at = v.at ? v.at : FORE_NO_TIME,
                             .due_at = v.due ? v.due : FORE_NO_TIME,
                             .kind = v.kind,
                             .direction = v.direction,
                             .rep = key_of(w, FORE_REP, v.rep),
                             .lead = key_of(w, FORE_LEAD, v.lead),
                             .deal = key_of(w, FORE_DEAL, v.deal),
                             .minutes = v.minutes > 0 ? v.minutes : NAN,
                             .outcome = v.outcome};
    OK(fore_store_put_activity(w->c.store, &row, &put, e));
}

static inline void put_change(world *w, const char *deal, int64_t when, const char *field,
                              const char *before, const char *after)
{
    fore_put put;
    fore_deal_change_row row = {key_of(w, FORE_DEAL, deal), when, field, before, after};
    OK(fore_store_put_deal_change(w->c.store, &row, &put, e));
}

/* --- a small company --- */

typedef struct company {
    uint64_t seed;
    int deals, days;     /* deals arrive evenly over so many days */
    int64_t known_until; /* 0: everything */
    bool leads;          /* leads (converted = won) instead of deals */
    int64_t
        inverted_until; /* what closed before is won where it was lost, and lost where it was won */
    int64_t mirrored_until; /* of what closed before the poor ones were won, at the same base rate;
                             * nothing but their quality tells who is won */
    bool leak;              /* deals: attribute "Signed" is filled when won, Product too */
    const char *leak_name;  /* another name than "Signed" */
    int64_t leak_from;      /* only where it closed from then on */
    bool filed;             /* attribute "Drawer" is filled when won or lost: the end files it */
    bool no_amounts;
    double dollars; /* > 0: every third deal is in dollars, so many to a euro */
} company;

enum { COMPANY_REPS = 4 };

/* One subject's life; every draw is made whether it is written or not, so that cuts agree. */
static inline void put_life(world *w, const company *k, int i)
{
    static const char *const stage[] = {"first", "second", "third"};
    fore_random r = fore_random_new(k->seed, (uint64_t)i);
    int64_t until = k->known_until ? k->known_until : INT64_MAX;
    char id[16], rep[16], attributes[128], before[32], after[32];
    snprintf(id, sizeof id, "%c%06d", k->leads ? 'L' : 'D', i);
    snprintf(rep, sizeof rep, "R%d", i % COMPANY_REPS);
    double quality = fore_random_normal(&r), amount = 1000 + 100 * (double)(i % 37);
    int64_t created = at(0, 8) + (int64_t)((double)i / k->deals * k->days * (double)FORE_DAY);
    bool abroad = k->dollars > 0 && i % 3 == 0;
    if (abroad) amount *= k->dollars;
    double life = 8 + 50 * fore_random_uniform(&r), lot = fore_random_uniform(&r);
    int64_t closed = created + (int64_t)(life * (double)FORE_DAY);
    double p = 1 / (1 + exp(1 - (closed < k->mirrored_until ? -1.6 : 1.6) * quality));
    bool won = (lot < p) != (closed < k->inverted_until);
    bool big = fore_random_uniform(&r) < 0.5 + 0.3 * tanh(quality);
    bool leaks = k->leak && won && closed < until && closed >= k->leak_from;
    if (created >= until) return;
    char leak[64] = "";
    if (leaks)
        snprintf(leak, sizeof leak, ",\"%s\":\"yes\"", k->leak_name ? k->leak_name : "Signed");
    snprintf(attributes, sizeof attributes, "{\"Size\":\"%s\"%s%s}", big ? "big" : "small", leak,
             k->filed && closed < until ? ",\"Drawer\":\"archive\"" : "");
    int64_t rises = created + 5 * FORE_DAY; /* the amount is changed once */
    int moves = 0;
    for (int m = 0; m < 2; m++) {
        int64_t when = created + (3 + 4 * m) * FORE_DAY;
        bool stuck = (!won || k->mirrored_until) && quality < 0;
        if (when >= until || (stuck && m == 1)) break;
        moves++;
        if (!k->leads) put_change(w, id, when, "stage", stage[m], stage[m + 1]);
    }
    fore_number_format(amount, before);
    fore_number_format(amount * 1.1, after);
    if (!k->leads && !k->no_amounts && rises < until) {
        put_change(w, id, rises, "amount", before, after);
        amount *= 1.1;
    }
    if (k->leads) {
        fore_lead_row row = a_lead(id, created);
        row.status = closed >= until ? "working" : won ? "converted" : "lost";
        if (closed < until) row.closed_at = closed;
        row.owner = key_of(w, FORE_REP, rep);
        row.attributes = attributes;
        put_lead(w, row);
    } else {
        fore_deal_row row = a_deal(id, created);
        row.outcome = closed >= until ? FORE_OUTCOME_OPEN : won ? FORE_WON : FORE_LOST;
        if (closed < until) row.closed_at = closed;
        row.owner = key_of(w, FORE_REP, rep);
        row.stage = stage[moves];
        row.currency = abroad ? "USD" : "EUR";
        if (!k->no_amounts) row.amount_minor = llround(amount * 100);
        if (leaks) row.product = key_of(w, FORE_PRODUCT, i % 2 ? "P1" : "P2");
        row.attributes = attributes;
        put_deal(w, row);
    }
    for (int v = 0; v < 6; v++) {
        int64_t when =
            created + (int64_t)((v + fore_random_uniform(&r)) / 6 * life * 0.9 * (double)FORE_DAY);
        bool answered = fore_random_uniform(&r) < 0.3 + 0.25 * tanh(quality);
        if (when >= until) break;
        put_event(w, (an_event){.lead = k->leads ? id : NULL,
                                .deal = k->leads ? NULL : id,
                                .rep = rep,
                                .kind = v % 2 ? FORE_EMAIL : FORE_CALL,
                                .direction = FORE_OUTBOUND,
                                .outcome = answered ? "answered" : "no answer",
                                .at = when,
                                .minutes = 5});
    }
}

static inline void put_company(world *w, const company *k)
{
    world_begin(w);
    for (int r = 0; r < COMPANY_REPS; r++) {
        char id[16];
        snprintf(id, sizeof id, "R%d", r);
        put_rep(w, id, r % 2 ? "north" : "south", 40);
    }
    for (int i = 0; i < k->deals; i++) put_life(w, k, i);
    world_commit(w);
}

static inline int64_t subject_of(world *w, fore_subject_kind kind, const char *id)
{
    int64_t s = fore_timeline_find(world_timeline(w), kind, id);
    assert_true(s >= 0);
    return s;
}

/* A second workspace beside the first, opened with so many threads. */
static inline world *another_world(int threads)
{
    void *state = NULL;
    assert_int_equal(world_up(&state), 0);
    world *w = state;
    fore_context_close(&w->c);
    world_open(w, threads);
    return w;
}

static inline void world_end(world *w)
{
    char command[128];
    fore_context_close(&w->c);
    snprintf(command, sizeof command, "rm -rf %s", w->folder);
    assert_int_equal(system(command), 0);
    free(w);
}

#endif
