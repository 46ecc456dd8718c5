/* Is the model better than what a CRM ships, and than no model at all?
 *
 *   bench_baseline WORKSPACE lead|deal [AS_OF [SEED]]
 *       Trains as `foresell train` does, and on the same examples the naive Bayes of Odoo CRM's
 *       predictive lead scoring with its stock fields; measures both and the base rate on the
 * newest window. One JSON line per system. Exit code 3 when the history gives no answer.
 *
 * The naive Bayes is that of `foresell backtest` (engine/jobs/odoo_bayes.h), learned here from the
 * examples outside the newest window. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/jobs/odoo_bayes.h"
#include "engine/jobs/training.h"
#include "models/measure/classify.h"

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
    fore_odoo_bayes *bayes = NULL;
    if (!row || !label || !weight || !p) exit(1);
    FORE_TRY(fore_context_history(c, &timeline, NULL, err));
    fore_examples past = {.row = row, .label = label, .weight = weight};
    for (int64_t i = 0; i < n; i++) {
        if (t->examples->window[i] == FORE_WINDOW_TEST) continue;
        row[past.n] = t->examples->row[i];
        label[past.n] = t->examples->label[i];
        weight[past.n++] = t->examples->weight[i];
    }
    FORE_TRY(fore_odoo_bayes_learn(timeline, &past, as_of, &bayes, err));
    int64_t m = fore_training_test_rows(t, row, label, weight);
    for (int64_t i = 0; i < m; i++) p[i] = fore_odoo_bayes_chance(bayes, row[i]);
    FORE_TRY(fore_quality_measure(p, label, weight, m, &quality, err));
    print_line(purpose, "naive Bayes of Odoo", "stage, team", "newest", &quality,
               fore_clock_seconds() - began);
    fore_odoo_bayes_free(bayes);
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
