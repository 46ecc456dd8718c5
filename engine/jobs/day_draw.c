/* What is drawn by lot, and the record of it. */
#include <math.h>
#include <stdlib.h>

#include "engine/jobs/day_list.h"

/* One that may be drawn, with its number. */
typedef struct ticket {
    int64_t rep, index;
    double number;
} ticket;

static int by_number(const void *left, const void *right)
{
    const ticket *a = left, *b = right;
    if (a->rep != b->rep) return a->rep < b->rep ? -1 : 1;
    if (a->number != b->number) return a->number < b->number ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* The tickets of one rep: the lowest numbers win, as many of the highest are compared (so that a list
 * made anew later in the day draws others than these). */
static void draw_rep(const fore_timeline *t, const fore_lottery *lot, const ticket *of, int64_t n,
                     int64_t rows, fore_candidate *item)
{
    int64_t key = fore_lot_key(fore_word(&t->rep_ids, of->rep));
    int64_t drawn = fore_lot_rows(lot->share, rows, fore_lot(lot->day, lot->seed, key));
    for (int64_t i = 0; i < n; i++) {
        fore_candidate *k = &item[of[i].index];
        k->drawn = i < drawn;
        k->compared = !k->drawn && i >= n - drawn;
        k->draw_chance = fmin(1, lot->share * (double)rows / (double)n);
    }
}

fore_status fore_day_draw(const fore_timeline *t, const fore_lottery *lot, fore_candidate *item,
                          int64_t n, const int64_t *rows, fore_error *err)
{
    int64_t tickets = 0;
    ticket *list = FORE_NEW(n + 1, ticket);
    if (!list) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++)
        if (!item[i].step.urgent)
            list[tickets++] = (ticket){fore_whose_hours(t, item[i].row), i,
                                       fore_lot(lot->day, lot->seed, t->key[item[i].row->subject])};
    qsort(list, (size_t)tickets, sizeof *list, by_number);
    for (int64_t from = 0, to; from < tickets; from = to) {
        for (to = from; to < tickets && list[to].rep == list[from].rep;) to++;
        draw_rep(t, lot, list + from, to - from, rows[list[from].rep], item);
    }
    fore_free(list);
    return FORE_OK;
}

static fore_status put(fore_context *c, const fore_roster *r, const fore_day_list *list,
                       const fore_candidate *k, int64_t place, fore_error *err)
{
    int64_t subject = k->row->subject;
    fore_listed_row row = {.day_on = list->lot.day,
                           .subject_kind = fore_subject_kind_of(r->timeline, subject),
                           .subject = r->timeline->pk[subject],
                           .as_of = r->as_of,
                           .place = place,
                           .seed = list->lot.seed,
                           .drawn = k->drawn      ? FORE_LISTED_LOT
                                    : k->compared ? FORE_LISTED_COMPARED
                                                  : FORE_LISTED_WORTH,
                           .draw_chance = k->draw_chance};
    return fore_store_put_listed(c->store, &row, err);
}

fore_status fore_day_list_record(fore_context *c, const fore_roster *r, const fore_day_list *list,
                                 bool whole, fore_error *err)
{
    fore_status status = FORE_OK;
    if (!(list->lot.share > 0) || !list->lot.worked || !fore_store_is_writable(c->store)) return FORE_OK;
    FORE_TRY(fore_store_begin(c->store, err));
    if (whole) FORE_GO(fore_store_clear_listed(c->store, list->lot.day, err));
    for (int64_t i = 0; i < list->lots; i++) FORE_GO(put(c, r, list, &list->lot_of[i], 0, err));
    for (int64_t i = 0; i < list->kept; i++) FORE_GO(put(c, r, list, &list->item[i], i + 1, err));
    FORE_GO(fore_store_commit(c->store, err));
done:
    if (status != FORE_OK) fore_store_rollback(c->store);
    return status;
}
