/* A day with a model and open deals, and the list that is made of it: for the tests of the day's
 * list. */
#ifndef FORE_TESTS_RANK_HELP_H
#define FORE_TESTS_RANK_HELP_H

#include "training_help.h"

enum {
    NOW = 450,
    WHO = 3,
    REP = 4,
    CHANCE = 6,
    VALUE = 9,
    ACTION = 10,
    WHEN = 11,
    WHY = 12,
    LEFT = 13
};

static inline void a_day(world *w)
{
    company deals = {.seed = 1, .deals = 600, .days = 500};
    put_company(w, &deals);
    fore_training_options o = quick_options(at(NOW, 0));
    fore_training t = trained(w, FORE_SUBJECT_DEAL, &o);
    publish(w, &t, at(NOW, 0));
    fore_training_free(&t);
}

/* An open deal of R1 with an answered call a month ago. */
static inline void put_open(world *w, const char *id)
{
    fore_deal_row row = a_deal(id, at(NOW - 40, 9));
    row.owner = key_of(w, FORE_REP, "R1");
    row.amount_minor = 500000;
    row.currency = "EUR";
    put_deal(w, row);
    put_event(w, (an_event){.deal = id,
                            .rep = "R1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .outcome = "answered",
                            .at = at(NOW - 30, 9)});
}

static inline void put_contact(world *w, const char *id, fore_direction direction, int64_t when)
{
    put_event(
        w,
        (an_event){.deal = id, .rep = "R1", .kind = FORE_CALL, .direction = direction, .at = when});
}

static inline foresell_rank_request request(int64_t now)
{
    return (foresell_rank_request){.moment = {now, NULL}, .hours = 1000, .limit = 1000};
}

static inline fore_answer *ranked(world *w, const foresell_rank_request *r)
{
    fore_answer *a;
    OK(fore_answer_new(&a, e));
    OK(fore_job_rank(&w->c, r, a, e));
    OK(fore_answer_finish(a, e));
    return a;
}

static inline bool notes_say(const fore_answer *a, const char *text)
{
    for (int64_t i = 0; i < a->note_count; i++)
        if (strstr(a->notes[i], text)) return true;
    return false;
}

static inline const fore_cell *cell(const fore_answer *a, int64_t row, int column)
{
    return &a->grids[0].cells[row * a->grids[0].column_count + column];
}

static inline int64_t place_of(const fore_answer *a, const char *id)
{
    for (int64_t i = 0; i < a->grids[0].row_count; i++)
        if (strcmp(cell(a, i, WHO)->text, id) == 0) return i;
    return -1;
}

#endif
