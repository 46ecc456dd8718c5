/* Lives of customers, and the section of the list that speaks of them. */
#ifndef FORE_TESTS_CUSTOMERS_HELP_H
#define FORE_TESTS_CUSTOMERS_HELP_H

#include "training_help.h"

enum { NOW = 450, DEAL = 2, WHO = 3, REP = 4, WHAT = 5, CHANCE = 6, WHY = 11, PRODUCT = 13 };

static inline void train_now(world *w)
{
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
}

static inline void put_crowd(world *w)
{
    company deals = {.seed = 1, .deals = 600, .days = 500, .known_until = at(NOW, 0)};
    put_company(w, &deals);
}

static inline void a_day(world *w)
{
    put_crowd(w);
    train_now(w);
}

typedef struct a_life {
    const char *id, *account, *rep, *reason, *product;
    int created, closed; /* days; 0: open */
    fore_outcome outcome;
    bool poor; /* nobody ever answered, and it never moved */
    double amount;
} a_life;

static inline void put_one(world *w, a_life l)
{
    fore_deal_row row = a_deal(l.id, at(l.created, 8));
    row.account = key_of(w, FORE_ACCOUNT, l.account);
    row.owner = key_of(w, FORE_REP, l.rep ? l.rep : "R1");
    row.product = key_of(w, FORE_PRODUCT, l.product);
    row.outcome = l.outcome;
    if (l.closed) row.closed_at = at(l.closed, 17);
    row.lost_reason = l.reason;
    row.amount_minor = llround((l.amount > 0 ? l.amount : 5000) * 100);
    row.currency = "EUR";
    row.stage = l.outcome == FORE_LOST ? "lost" : l.poor ? "first" : "third";
    row.attributes = l.poor ? "{\"Size\":\"small\"}" : "{\"Size\":\"big\"}";
    put_deal(w, row);
    if (!l.poor) put_change(w, l.id, at(l.created + 3, 8), "stage", "first", "second");
    if (!l.poor) put_change(w, l.id, at(l.created + 7, 8), "stage", "second", "third");
    if (l.outcome == FORE_LOST)
        put_change(w, l.id, at(l.closed, 17), "stage", l.poor ? "first" : "third", "lost");
    for (int v = 0; v < 5; v++)
        put_event(w, (an_event){.deal = l.id,
                                .rep = "R1",
                                .kind = FORE_CALL,
                                .direction = FORE_OUTBOUND,
                                .outcome = l.poor ? "no answer" : "answered",
                                .at = at(l.created + 1 + 3 * v, 10),
                                .minutes = 5});
}

static inline void put_lost(world *w, const char *id, const char *account, int closed)
{
    put_one(w, (a_life){.id = id,
                        .account = account,
                        .reason = "Price",
                        .created = closed - 30,
                        .closed = closed,
                        .outcome = FORE_LOST});
}

static inline void put_won(world *w, const char *id, const char *account, int closed)
{
    put_one(w, (a_life){.id = id,
                        .account = account,
                        .created = closed - 30,
                        .closed = closed,
                        .outcome = FORE_WON});
}

static inline void put_signs(world *w, const char *deal, fore_activity_kind kind, int n, int from,
                             int step)
{
    for (int i = 0; i < n; i++)
        put_event(w, (an_event){.deal = deal,
                                .kind = kind,
                                .direction = kind == FORE_SEND ? FORE_OUTBOUND : FORE_INBOUND,
                                .at = at(from + i * step, 9)});
}

static inline foresell_rank_request request(void)
{
    return (foresell_rank_request){.moment = {at(NOW, 8), NULL}, .limit = 1000, .customers = 500};
}

static inline fore_answer *ranked(world *w, const foresell_rank_request *r)
{
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    OK(fore_job_rank(&w->c, r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

static inline int64_t rows_of(const fore_answer *a)
{
    return a->grid_count > 1 ? a->grids[1].row_count : 0;
}

static inline const char *cell(const fore_answer *a, int64_t row, int column)
{
    const char *text = a->grids[1].cells[row * a->grids[1].column_count + column].text;
    return text ? text : "";
}

static inline int64_t row_of(const fore_answer *a, const char *what, const char *who)
{
    for (int64_t i = 0; i < rows_of(a); i++)
        if (strcmp(cell(a, i, WHAT), what) == 0 &&
            (strcmp(cell(a, i, WHO), who) == 0 || strcmp(cell(a, i, DEAL), who) == 0))
            return i;
    return -1;
}

static inline bool told(world *w, const foresell_rank_request *r, const char *what, const char *who)
{
    fore_answer *a = ranked(w, r);
    bool found = row_of(a, what, who) >= 0;
    fore_answer_free(a);
    return found;
}

static inline void assert_says(const fore_answer *a, int64_t row, const char *words)
{
    assert_true(row >= 0);
    if (!strstr(cell(a, row, WHY), words)) fail_msg("'%s' lacks '%s'", cell(a, row, WHY), words);
}

static inline void put_losses(world *w)
{
    world_begin(w);
    put_lost(w, "X1", "A1", NOW - 200);
    put_signs(w, "X1", FORE_OPEN, 3, NOW - 20, 5);
    put_lost(w, "X2", "A2", NOW - 200); /* silent */
    put_lost(w, "X3", "A3", NOW - 30);  /* at rest */
    put_signs(w, "X3", FORE_OPEN, 3, NOW - 20, 5);
    put_lost(w, "X4", "A4", NOW - 200); /* won since */
    put_signs(w, "X4", FORE_OPEN, 3, NOW - 20, 5);
    put_won(w, "Y4", "A4", NOW - 40);
    put_lost(w, "X5", "A5", NOW - 200); /* another deal is open */
    put_signs(w, "X5", FORE_OPEN, 3, NOW - 20, 5);
    put_one(w, (a_life){.id = "Y5", .account = "A5", .created = NOW - 20});
    put_lost(w, "X6", "A6", NOW - 200); /* called since */
    put_signs(w, "X6", FORE_OPEN, 3, NOW - 20, 5);
    put_event(w, (an_event){.deal = "X6",
                            .rep = "R1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .at = at(NOW - 5, 9)});
    put_lost(w, "X7", "A7", NOW - 200); /* only before the loss */
    put_signs(w, "X7", FORE_OPEN, 3, NOW - 220, 5);
    put_lost(w, "X8", "A8", NOW - 200); /* only after now */
    put_signs(w, "X8", FORE_OPEN, 3, NOW + 1, 5);
    put_lost(w, "X9", "A9", NOW - 200); /* they wrote */
    put_signs(w, "X9", FORE_REPLY, 1, NOW - 3, 1);
    put_one(w, (a_life){.id = "XP", /* never had a chance */
                        .account = "AP",
                        .created = NOW - 230,
                        .closed = NOW - 200,
                        .outcome = FORE_LOST,
                        .poor = true});
    put_signs(w, "XP", FORE_OPEN, 3, NOW - 20, 5);
    world_commit(w);
}

#endif
