/* Following the outcomes of a flat table through time (models/score/follow.h): how good the
 * published model is where the rows before each row have told theirs, and the same when a file to
 * score holds rows whose outcome is known. */
#include <math.h>

#include "engine/base/memory.h"
#include "engine/jobs/table.h"
#include "engine/num/special.h"

/* Outcomes are told in steps of so large a share of the rows learned from, as a nightly run would;
 * rows of one moment are told together. */
static const double STEP_SHARE = 1.0 / 1000;

typedef struct walk {
    int64_t *row, *block, n; /* in order of time */
    double *f, *y, *chance;
} walk;

static void walk_free(walk *w)
{
    fore_free(w->row);
    fore_free(w->block);
    fore_free(w->f);
}

/* The rows of the table (role NULL), or those of its test, in order of time; a block holds at least
 * `step` rows, and whole moments. */
static fore_status walk_new(const fore_flat_table *t, const uint8_t *role,
                            const double *probability, int64_t step, walk *w, fore_error *err)
{
    *w = (walk){.row = FORE_NEW(t->n, int64_t), .block = FORE_NEW(t->n, int64_t)};
    w->f = FORE_NEW(3 * t->n, double);
    if (!w->row || !w->block || !w->f || !fore_order(t->when, t->n, w->row))
        return fore_no_memory(err);
    w->y = w->f + t->n;
    w->chance = w->y + t->n;
    int64_t block = 0, inside = 0, last = -1;
    for (int64_t k = 0; k < t->n; k++) {
        int64_t i = w->row[k];
        if (role && role[i] != FORE_ROLE_TEST) continue;
        if (inside >= step && t->when[i] != t->when[last]) {
            block++;
            inside = 0;
        }
        inside++;
        last = i;
        w->f[w->n] = fore_logit(probability[i]);
        w->y[w->n] = t->label ? t->label[i] : NAN;
        w->block[w->n] = block;
        w->row[w->n++] = i;
    }
    return FORE_OK;
}

fore_status fore_flat_follow(const fore_flat_table *t, const uint8_t *role,
                             const double *probability, fore_flat_followed *out, fore_error *err)
{
    walk w = {0};
    fore_status status = FORE_OK;
    int64_t past = 0, won = 0;
    *out = (fore_flat_followed){0};
    for (int64_t i = 0; i < t->n; i++) {
        past += role[i] != FORE_ROLE_TEST;
        won += role[i] != FORE_ROLE_TEST && t->label[i] > 0;
    }
    if (!t->when) return FORE_OK;
    out->step = (int64_t)ceil((double)past * STEP_SHARE);
    out->pivot = fore_logit(((double)won + 0.5) / ((double)past + 1));
    fore_follower s = fore_follower_new(out->pivot);
    FORE_GO(walk_new(t, role, probability, out->step, &w, err));
    fore_follow(&s, w.f, w.y, NULL, w.block, w.n, w.chance);
    status = fore_quality_measure(w.chance, w.y, NULL, w.n, &out->quality, err);
done:
    walk_free(&w);
    return status;
}

fore_status fore_flat_chances(const fore_flat_table *t, const fore_flat_model *model,
                              double *probability, int64_t *known, fore_error *err)
{
    fore_follower s = fore_follower_new(model->pivot);
    walk w = {0};
    fore_status status = FORE_OK;
    *known = 0;
    FORE_GO(walk_new(t, NULL, probability, model->step, &w, err));
    fore_follow(&s, w.f, w.y, NULL, w.block, w.n, w.chance);
    for (int64_t k = 0; k < w.n; k++) {
        probability[w.row[k]] = w.chance[k];
        *known += !isnan(w.y[k]);
    }
done:
    walk_free(&w);
    return status;
}
