/* Odoo's naive Bayes against its formula with counts taken from the rows by hand. */
#include "answer_help.h"
#include "engine/jobs/odoo_bayes.h"

enum { NOW = 300, DEALS = 60 };

/* Two teams; stages a -> b -> c. The stage of a deal that never moved is not known. */
static void put_deals(world *w)
{
    static const char *const stage[] = {"a", "b", "c"};
    world_begin(w);
    put_rep(w, "R0", "north", 40);
    put_rep(w, "R1", "south", 40);
    for (int i = 0; i < DEALS; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%03d", i);
        int moves = i % 3;
        fore_deal_row row = a_deal(id, at(10 + i, 8));
        row.owner = key_of(w, FORE_REP, i % 4 ? "R0" : "R1");
        row.stage = stage[moves];
        put_deal(w, row);
        for (int m = 0; m < moves; m++)
            put_change(w, id, at(12 + i + m, 9), "stage", stage[m], stage[m + 1]);
    }
    world_commit(w);
}

typedef struct tally {
    double won, lost;
} tally;

static void bayes__chances__are_those_of_the_formula(void **state)
{
    world *w = *state;
    put_deals(w);
    const fore_timeline *t = world_timeline(w);
    fore_extract_row row[DEALS];
    double label[DEALS], weight[DEALS];
    tally all[2] = {{0.1, 0.1}, {0.1, 0.1}}, in[2][3];
    for (int k = 0; k < 6; k++) in[k / 3][k % 3] = (tally){0.1, 0.1};
    for (int i = 0; i < DEALS; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%03d", i);
        int stage = i % 3;
        row[i] = (fore_extract_row){subject_of(w, FORE_SUBJECT_DEAL, id), at(200, 0)};
        label[i] = stage == 2 ? i % 2 : i % 7 == 0;
        weight[i] = 1 + i % 2;
        for (int table = 0; table < 2; table++) { /* 0: everybody, 1: north */
            if (table && i % 4 == 0) continue;
            double *side = label[i] > 0 ? &all[table].won : &all[table].lost;
            *side += weight[i];
            for (int s = 0; stage > 0 && s <= (label[i] > 0 ? 2 : stage); s++)
                *(label[i] > 0 ? &in[table][s].won : &in[table][s].lost) += weight[i];
        }
    }
    fore_examples e_all = {.n = DEALS, .row = row, .label = label, .weight = weight};
    fore_odoo_bayes *bayes = NULL;
    OK(fore_odoo_bayes_learn(t, &e_all, at(200, 0), &bayes, e));
    for (int i = 0; i < DEALS; i++) {
        if (i % 4 == 0) continue; /* of north, at each stage */
        tally total = all[1], here = in[1][i % 3];
        if (i % 3 == 0) here = total; /* unknown: the factors fall away */
        double won = total.won / (total.won + total.lost) * here.won / total.won;
        double lost = total.lost / (total.won + total.lost) * here.lost / total.lost;
        double p = fmin(fmax(round(1e4 * won / (won + lost)) / 1e4, 0.0001), 0.9999);
        CLOSE(fore_odoo_bayes_chance(bayes, row[i]), p);
    }
    fore_odoo_bayes_free(bayes);
    /* a team of which nothing was learned: the table of everybody, here north alone */
    int64_t n = 0;
    for (int i = 0; i < DEALS; i++) {
        if (i % 4 == 0) continue;
        row[n] = row[i];
        label[n] = label[i];
        weight[n++] = weight[i];
    }
    e_all.n = n;
    OK(fore_odoo_bayes_learn(t, &e_all, at(200, 0), &bayes, e));
    fore_extract_row south = {subject_of(w, FORE_SUBJECT_DEAL, "D000"), at(200, 0)};
    fore_extract_row north = {subject_of(w, FORE_SUBJECT_DEAL, "D003"), at(200, 0)};
    CLOSE(fore_odoo_bayes_chance(bayes, south), fore_odoo_bayes_chance(bayes, north));
    fore_odoo_bayes_free(bayes);
}

static void bayes__no_example__says_half(void **state)
{
    world *w = *state;
    put_deals(w);
    fore_examples none = {0};
    fore_odoo_bayes *bayes = NULL;
    OK(fore_odoo_bayes_learn(world_timeline(w), &none, at(200, 0), &bayes, e));
    fore_extract_row row = {subject_of(w, FORE_SUBJECT_DEAL, "D000"), at(200, 0)};
    assert_true(fore_odoo_bayes_chance(bayes, row) == 0.5);
    fore_odoo_bayes_free(bayes);
}

static void bayes__memory_runs_short__is_said(void **state)
{
    world *w = *state;
    put_deals(w);
    fore_examples none = {0};
    const fore_timeline *t = world_timeline(w);
    int64_t live = fore_memory_live();
    for (int64_t k = 1; k <= 6; k++) {
        fore_odoo_bayes *bayes = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_odoo_bayes_learn(t, &none, at(200, 0), &bayes, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(status, FORE_E_MEMORY);
        assert_null(bayes);
    }
    assert_int_equal(fore_memory_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(bayes__chances__are_those_of_the_formula),
        WITH_WORLD(bayes__no_example__says_half),
        WITH_WORLD(bayes__memory_runs_short__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
