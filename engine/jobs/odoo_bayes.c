/* Odoo's naive Bayes on stage and team; the formulas stand in the header. */
#include "engine/jobs/odoo_bayes.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"

static const double SMOOTHING = 0.1;
static const double LEAST = 0.0001, MOST = 0.9999; /* 0.01 % and 99.99 % */

typedef struct counts {
    double won, lost; /* 0, 0: never seen */
} counts;

struct fore_odoo_bayes {
    const fore_timeline *t;
    int64_t *place;        /* of each stage in the order of stages */
    int64_t stages, teams; /* table `teams` = the one of all teams */
    counts *total;         /* teams + 1 */
    counts *at;            /* (teams + 1) x stages */
};

typedef struct stage_place {
    double sum, deals; /* of the places 0, 1, ... at which deals entered the stage first */
    int64_t stage;
} stage_place;

static int by_place(const void *left, const void *right)
{
    const stage_place *a = left, *b = right;
    double x = a->deals > 0 ? a->sum / a->deals : INFINITY,
           y = b->deals > 0 ? b->sum / b->deals : INFINITY;
    if (x != y) return x < y ? -1 : 1;
    return (a->stage > b->stage) - (a->stage < b->stage);
}

/* The deal enters a stage; only the first time counts. */
static void enter(const fore_odoo_bayes *b, double stage, int64_t deal, stage_place *place,
                  int64_t *seen_by, int *entered)
{
    if (!(stage >= 0 && stage < (double)b->stages) || seen_by[(int64_t)stage] == deal + 1) return;
    seen_by[(int64_t)stage] = deal + 1;
    place[(int64_t)stage].sum += (*entered)++;
    place[(int64_t)stage].deals++;
}

/* From the changes before as_of; a deal enters first the stage that its first change leaves. */
static fore_status order_stages(fore_odoo_bayes *b, int64_t as_of, fore_error *err)
{
    const fore_timeline *t = b->t;
    stage_place *place = FORE_ZNEW(b->stages + 1, stage_place);
    int64_t *seen_by = FORE_ZNEW(b->stages + 1, int64_t);
    if (!place || !seen_by) {
        fore_free(place);
        fore_free(seen_by);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < b->stages; i++) place[i].stage = i;
    for (int64_t s = t->leads; s < t->subjects; s++) {
        int entered = 0;
        for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
            if (t->change_field[i] != FORE_CHANGE_STAGE || t->change_at[i] >= as_of) continue;
            if (entered == 0) enter(b, t->change_old[i], s, place, seen_by, &entered);
            enter(b, t->change_new[i], s, place, seen_by, &entered);
        }
    }
    qsort(place, (size_t)b->stages, sizeof *place, by_place);
    for (int64_t i = 0; i < b->stages; i++) b->place[place[i].stage] = i;
    fore_free(place);
    fore_free(seen_by);
    return FORE_OK;
}

static void situation(const fore_odoo_bayes *b, fore_extract_row row, int64_t *team, int64_t *place)
{
    fore_subject_state state;
    fore_subject_state_at(b->t, row.subject, row.as_of, &state);
    *team = state.owner >= 0 ? b->t->rep_team[state.owner] : -1;
    *place = state.stage >= 0 ? b->place[state.stage] : -1;
}

static void count(counts *c, bool won, double weight)
{
    if (c->won == 0 && c->lost == 0) *c = (counts){SMOOTHING, SMOOTHING};
    if (won)
        c->won += weight;
    else
        c->lost += weight;
}

static void learn_into(fore_odoo_bayes *b, int64_t table, int64_t place, bool won, double weight)
{
    count(&b->total[table], won, weight);
    if (place < 0) return;
    int64_t last = won ? b->stages - 1 : place;
    for (int64_t r = 0; r <= last; r++) count(&b->at[table * b->stages + r], won, weight);
}

fore_status fore_odoo_bayes_learn(const fore_timeline *t, const fore_examples *e, int64_t as_of,
                                  fore_odoo_bayes **out, fore_error *err)
{
    fore_status status = FORE_OK;
    *out = NULL;
    fore_odoo_bayes *b = FORE_ZNEW(1, fore_odoo_bayes);
    if (!b) return fore_no_memory(err);
    b->t = t;
    b->stages = t->stages.count;
    b->teams = t->teams.count;
    b->place = FORE_ZNEW(b->stages + 1, int64_t);
    b->total = FORE_ZNEW(b->teams + 1, counts);
    b->at = FORE_ZNEW((b->teams + 1) * b->stages + 1, counts);
    if (!b->place || !b->total || !b->at) FORE_GO(fore_no_memory(err));
    FORE_GO(order_stages(b, as_of, err));
    for (int64_t i = 0; i < e->n; i++) {
        int64_t team, place;
        situation(b, e->row[i], &team, &place);
        learn_into(b, b->teams, place, e->label[i] > 0, e->weight[i]);
        if (team >= 0) learn_into(b, team, place, e->label[i] > 0, e->weight[i]);
    }
    *out = b;
    b = NULL;
done:
    fore_odoo_bayes_free(b);
    return status;
}

double fore_odoo_bayes_chance(const fore_odoo_bayes *b, fore_extract_row row)
{
    int64_t team, place;
    situation(b, row, &team, &place);
    if (team < 0 || b->total[team].won == 0) team = b->teams;
    counts all = b->total[team];
    if (all.won == 0 && all.lost == 0) return 0.5; /* no example at all */
    double won = all.won / (all.won + all.lost), lost = all.lost / (all.won + all.lost);
    counts here = place >= 0 ? b->at[team * b->stages + place] : (counts){0, 0};
    if (here.won > 0) {
        won *= here.won / all.won;
        lost *= here.lost / all.lost;
    }
    return fmin(fmax(round(1e4 * won / (won + lost)) / 1e4, LEAST), MOST);
}

void fore_odoo_bayes_free(fore_odoo_bayes *b)
{
    if (!b) return;
    fore_free(b->place);
    fore_free(b->total);
    fore_free(b->at);
    fore_free(b);
}
