/* What is drawn by lot, and the record of it. */
#include <math.h>

#include "engine/jobs/day_list.h"

fore_status fore_day_draw(const fore_timeline *t, const fore_lottery *lot, fore_candidate *list,
                          int64_t n, const int64_t *rows, fore_error *err)
{
    int64_t *pool = FORE_ZNEW(t->reps + 1, int64_t), *left = FORE_ZNEW(t->reps + 1, int64_t);
    fore_status status = FORE_OK;
    if (!pool || !left) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) pool[fore_whose_hours(t, list[i].row)] += !list[i].step.urgent;
    for (int64_t rep = 0; rep <= t->reps; rep++) {
        int64_t key = fore_lot_key(fore_word(&t->rep_ids, rep));
        left[rep] = fore_lot_rows(lot->share, rows[rep], fore_lot(lot->day, lot->seed, key));
    }
    for (int64_t rep = 0; rep <= t->reps; rep++) /* the lowest numbers win */
        for (; left[rep] > 0; left[rep]--) {
            fore_candidate *lowest = NULL;
            double best = 2;
            for (int64_t i = 0; i < n; i++) {
                fore_candidate *k = &list[i];
                if (k->drawn || k->step.urgent || fore_whose_hours(t, k->row) != rep) continue;
                double number = fore_lot(lot->day, lot->seed, t->key[k->row->subject]);
                if (number >= best) continue;
                best = number;
                lowest = k;
            }
            if (lowest) lowest->drawn = true;
        }
    for (int64_t i = 0; i < n; i++) {
        int64_t rep = fore_whose_hours(t, list[i].row);
        if (!list[i].step.urgent && pool[rep] > 0)
            list[i].draw_chance = fmin(1, lot->share * (double)rows[rep] / (double)pool[rep]);
    }
done:
    fore_free(pool);
    fore_free(left);
    return status;
}

fore_status fore_day_list_record(fore_context *c, const fore_roster *r, const fore_day_list *list,
                                 bool whole, fore_error *err)
{
    fore_status status = FORE_OK;
    if (!(list->lot.share > 0) || !fore_store_is_writable(c->store)) return FORE_OK;
    FORE_TRY(fore_store_begin(c->store, err));
    if (whole) FORE_GO(fore_store_clear_listed(c->store, list->lot.day, err));
    for (int64_t i = 0; i < list->kept; i++) {
        int64_t subject = list->item[i].row->subject;
        fore_listed_row row = {.day_on = list->lot.day,
                               .subject_kind = fore_subject_kind_of(r->timeline, subject),
                               .subject = r->timeline->pk[subject],
                               .as_of = r->as_of,
                               .place = i + 1,
                               .seed = list->lot.seed,
                               .drawn = list->item[i].drawn,
                               .draw_chance = list->item[i].draw_chance};
        FORE_GO(fore_store_put_listed(c->store, &row, err));
    }
    FORE_GO(fore_store_commit(c->store, err));
done:
    if (status != FORE_OK) fore_store_rollback(c->store);
    return status;
}
