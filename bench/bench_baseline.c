/* Is the model better than what a CRM ships, and than no model at all?
 *
 *   bench_baseline WORKSPACE lead|deal [AS_OF [SEED]]
 *       Trains as `foresell train` does, and on the same examples the naive Bayes of Odoo CRM's
 *       predictive lead scoring with its stock fields; measures both and the base rate on the
 * newest window. One JSON line per system. Exit code 3 when the history gives no answer.
 *
 * Odoo's naive Bayes (addons/crm, predictive lead scoring): per sales team, and once for all teams
 * together, a table of won and lost counts per value; a won row counts at every stage, a lost one
 * at its stage and those before it; +0.1 on both counts of a value that is seen. The score:
 *
 *     S_won = won / (won + lost) * won(stage) / won,   S_lost likewise with the lost,
 *     probability = S_won / (S_won + S_lost), in per cent rounded to two decimals, kept off 0 and
 * 100
 *
 * with won and lost the counts of the first stage, which all rows pass. A stage that is unknown or
 * was not seen is skipped; a team that was not seen uses the table of all teams. Here won = won
 * within the horizon, and stage and owner are those at the row's moment; rows count by their
 * weight. The order of the stages, which an administrator of Odoo sets, is the order in which deals
 * enter them on average. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/jobs/training.h"
#include "models/measure/classify.h"

static const double SMOOTHING = 0.1;
static const double LEAST = 0.0001, MOST = 0.9999; /* 0.01 % and 99.99 % */

/* --- the order of the stages --- */

typedef struct stage_place {
    double sum, deals; /* of the places 0, 1, ... at which deals entered the stage first */
    int stage;
} stage_place;

static int by_place(const void *left, const void *right)
{
    const stage_place *a = left, *b = right;
    double x = a->deals > 0 ? a->sum / a->deals : INFINITY,
           y = b->deals > 0 ? b->sum / b->deals : INFINITY;
    return x < y ? -1 : x > y ? 1 : a->stage - b->stage;
}

/* rank[stage], from the changes before as_of. */
static int *order_stages(const fore_timeline *t, int64_t as_of)
{
    int64_t n = t->stages.count;
    stage_place *place = FORE_ZNEW(n + 1, stage_place);
    int64_t *seen_by = FORE_ZNEW(n + 1, int64_t);
    int *rank = FORE_ZNEW(n + 1, int);
    if (!place || !seen_by || !rank) exit(1);
    for (int64_t i = 0; i < n; i++) place[i].stage = (int)i;
    for (int64_t s = t->leads; s < t->subjects; s++) {
        int entered = 0;
        for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
            double stage = t->change_new[i];
            if (t->change_field[i] != FORE_CHANGE_STAGE || t->change_at[i] >= as_of) continue;
            if (!(stage >= 0 && stage < (double)n) || seen_by[(int64_t)stage] == s + 1) continue;
            seen_by[(int64_t)stage] = s + 1;
            place[(int64_t)stage].sum += entered++;
            place[(int64_t)stage].deals++;
        }
    }
    qsort(place, (size_t)n, sizeof *place, by_place);
    for (int i = 0; i < n; i++) rank[place[i].stage] = i;
    fore_free(place);
    fore_free(seen_by);
    return rank;
}

/* --- the frequency table: one row of counts per team and one for all; per stage by its rank --- */

typedef struct counts {
    double won, lost; /* 0, 0: never seen */
} counts;

typedef struct bayes {
    const fore_timeline *t;
    int *rank;
    int64_t stages, teams; /* table teams = the one of all teams */
    counts *total;         /* teams + 1 */
    counts *at;            /* (teams + 1) x stages */
} bayes;

static void situation(const bayes *b, fore_extract_row row, int64_t *team, int64_t *rank)
{
    fore_subject_state state;
    fore_subject_state_at(b->t, row.subject, row.as_of, &state);
    *team = state.owner >= 0 ? b->t->rep_team[state.owner] : -1;
    *rank = state.stage >= 0 ? b->rank[state.stage] : -1;
}

static void count(counts *c, bool won, double weight)
{
    if (c->won == 0 && c->lost == 0) *c = (counts){SMOOTHING, SMOOTHING};
    if (won)
        c->won += weight;
    else
        c->lost += weight;
}

static void learn_into(bayes *b, int64_t table, int64_t rank, bool won, double weight)
{
    count(&b->total[table], won, weight);
    if (rank < 0) return;
    int64_t last = won ? b->stages - 1 : rank;
    for (int64_t r = 0; r <= last; r++) count(&b->at[table * b->stages + r], won, weight);
}

static double bayes_probability(const bayes *b, fore_extract_row row)
{
    int64_t team, rank;
    situation(b, row, &team, &rank);
    if (team < 0 || b->total[team].won == 0) team = b->teams;
    counts all = b->total[team];
    double won = all.won / (all.won + all.lost), lost = all.lost / (all.won + all.lost);
    if (rank >= 0 && b->at[team * b->stages + rank].won > 0) {
        won *= b->at[team * b->stages + rank].won / all.won;
        lost *= b->at[team * b->stages + rank].lost / all.lost;
    }
    return fmin(fmax(round(1e4 * won / (won + lost)) / 1e4, LEAST), MOST);
}

static bayes bayes_learn(const fore_timeline *t, const fore_examples *e, int64_t as_of)
{
    bayes b = {.t = t, .stages = t->stages.count, .teams = t->teams.count};
    b.rank = order_stages(t, as_of);
    b.total = FORE_ZNEW(b.teams + 1, counts);
    b.at = FORE_ZNEW((b.teams + 1) * b.stages + 1, counts);
    if (!b.total || !b.at) exit(1);
    for (int64_t i = 0; i < e->n; i++) {
        if (e->window[i] == FORE_WINDOW_TEST) continue;
        int64_t team, rank;
        situation(&b, e->row[i], &team, &rank);
        learn_into(&b, b.teams, rank, e->label[i] > 0, e->weight[i]);
        if (team >= 0) learn_into(&b, team, rank, e->label[i] > 0, e->weight[i]);
    }
    return b;
}

/* --- measuring --- */

static void print_number(const char *key, double value)
{
    if (isfinite(value))
        printf(",\"%s\":%.6g", key, value);
    else
        printf(",\"%s\":null", key);
}

static void print_line(const char *purpose, const char *system, const char *learner,
                       const char *window, const fore_quality *q, double seconds)
{
    printf("{\"bench\":\"baseline\",\"purpose\":\"%s\",\"system\":\"%s\",\"learner\":\"%s\"",
           purpose, system, learner);
    printf(",\"window\":\"%s\",\"rows\":%lld", window, (long long)q->rows);
    print_number("weight", q->weight);
    print_number("positives", q->positives);
    print_number("base_rate", q->base_rate);
    print_number("auc", q->auc);
    print_number("log_loss", q->log_loss);
    print_number("calibration_error", q->ece);
    print_number("seconds", seconds);
    printf("}\n");
}

static fore_status measure_bayes(fore_context *c, const fore_training *t, const char *purpose,
                                 int64_t as_of, fore_error *err)
{
    const fore_timeline *timeline;
    fore_quality quality;
    double began = fore_clock_seconds();
    int64_t n = t->examples->n;
    fore_extract_row *row = FORE_NEW(n, fore_extract_row);
    double *label = FORE_NEW(n, double), *weight = FORE_NEW(n, double), *p = FORE_NEW(n, double);
    if (!row || !label || !weight || !p) exit(1);
    FORE_TRY(fore_context_history(c, &timeline, NULL, err));
    bayes b = bayes_learn(timeline, t->examples, as_of);
    int64_t m = fore_training_test_rows(t, row, label, weight);
    for (int64_t i = 0; i < m; i++) p[i] = bayes_probability(&b, row[i]);
    FORE_TRY(fore_quality_measure(p, label, weight, m, &quality, err));
    print_line(purpose, "naive Bayes of Odoo", "stage, team", "newest", &quality,
               fore_clock_seconds() - began);
    fore_free(b.rank);
    fore_free(b.total);
    fore_free(b.at);
    fore_free(row);
    fore_free(label);
    fore_free(weight);
    fore_free(p);
    return FORE_OK;
}

static fore_status measure(fore_context *c, fore_subject_kind kind, const char *as_of,
                           uint64_t seed, fore_error *err)
{
    fore_moment moment;
    fore_training t;
    const char *purpose = kind == FORE_SUBJECT_LEAD ? "lead" : "deal";
    FORE_TRY(
        fore_context_moment(c, &(foresell_moment){fore_clock_now(), as_of}, NULL, &moment, err));
    double began = fore_clock_seconds();
    FORE_TRY(fore_training_run(
        c, kind, &(fore_training_options){.as_of = moment.as_of, .seed = seed}, &t, err));
    double seconds = fore_clock_seconds() - began;
    const char *window = t.choice.test_out_of_fold ? "out of fold" : "newest";
    print_line(purpose, "foresell", fore_learner_name(t.choice.winner), window, &t.choice.test,
               seconds);
    fore_status status = t.choice.test_out_of_fold /* its rows are not known here */
                             ? FORE_OK
                             : measure_bayes(c, &t, purpose, moment.as_of, err);
    print_line(purpose, "base rate", "", window, &t.choice.baseline, 0);
    fore_training_free(&t);
    return status;
}

int main(int argc, char **argv)
{
    bool lead = argc > 2 && strcmp(argv[2], "lead") == 0;
    if (argc < 3 || argc > 5 || (!lead && strcmp(argv[2], "deal") != 0)) {
        fprintf(stderr, "usage: bench_baseline WORKSPACE lead|deal [AS_OF [SEED]]\n");
        return 2;
    }
    fore_context c;
    fore_error err = {0};
    fore_status status =
        fore_context_open(&(foresell_options){.path = argv[1], .mode = FORESELL_READ}, &c, &err);
    if (status == FORE_OK) {
        status =
            measure(&c, lead ? FORE_SUBJECT_LEAD : FORE_SUBJECT_DEAL, argc > 3 ? argv[3] : NULL,
                    argc > 4 ? strtoull(argv[4], NULL, 10) : 0, &err);
        fore_context_close(&c);
    }
    if (status == FORE_OK) return 0;
    fprintf(stderr, "%s\n", err.message);
    return status == FORE_E_NO_ANSWER ? 3 : 1;
}
