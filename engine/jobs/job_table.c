/* "Score this flat table." No workspace: one CSV in, a model file out, and an honest test report.
 *
 * Rows are split 60 % train, 10 % calibrate, 10 % choose, 20 % test: by time where a time column is
 * named (the newest rows are the test), else by a hash of the row's number and the seed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/calibration_words.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/table.h"
#include "engine/jobs/training.h"
#include "features/leak.h"

enum { FOLDS_MAX = 50 };
static const double TRAIN_END = 0.6, CALIBRATE_END = 0.7, CHOOSE_END = 0.8;

/* --- splitting --- */

typedef struct timed_row {
    double when;
    int64_t row;
} timed_row;

static int by_time(const void *left, const void *right)
{
    const timed_row *a = left, *b = right;
    if (a->when != b->when) return a->when < b->when ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static uint8_t role_at(double place)
{
    return place < TRAIN_END       ? FORE_ROLE_TRAIN
           : place < CALIBRATE_END ? FORE_ROLE_CALIBRATE
           : place < CHOOSE_END    ? FORE_ROLE_VALIDATE
                                   : FORE_ROLE_TEST;
}

/* Rows of the same moment never lie on both sides of the test's border. */
static fore_status assign_roles(const fore_flat_table *t, uint64_t seed, uint8_t *role,
                                fore_error *err)
{
    timed_row *order = FORE_NEW(t->n, timed_row);
    if (!order) return fore_no_memory(err);
    for (int64_t i = 0; i < t->n; i++) {
        double lot = (double)(fore_hash(&i, sizeof i, seed + 17) >> 11) * 0x1p-53;
        order[i] = (timed_row){t->when ? t->when[i] : lot, i};
    }
    qsort(order, (size_t)t->n, sizeof *order, by_time);
    for (int64_t i = 0; i < t->n; i++) {
        uint8_t here = role_at((double)i / (double)t->n);
        if (i > 0 && order[i].when == order[i - 1].when) here = role[order[i - 1].row];
        role[order[i].row] = here;
    }
    fore_free(order);
    return FORE_OK;
}

/* --- fitting --- */

typedef struct fitting {
    const fore_flat_table *t;
    const char **drop;
    int64_t drops;
    uint64_t seed;
} fitting;

/* Fits the encoding on rows with keep[i] and encodes all rows: kept ones out of fold. x is the
 * caller's. */
static fore_status encode_all(const fitting *f, const uint8_t *keep, fore_encoding **encoding,
                              double **x, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_flat_table *t = f->t;
    int64_t *rows = FORE_NEW(t->n, int64_t), m = 0;
    double *label = FORE_NEW(t->n, double);
    *x = NULL;
    if (!rows || !label) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < t->n; i++) {
        if (!keep[i]) continue;
        rows[m] = i;
        label[m++] = t->label[i];
    }
    fore_encoding_options options = fore_encoding_defaults();
    options.drop = f->drop;
    options.drops = f->drops;
    options.seed = f->seed + 1;
    fore_encode_rows fit = {.rows = rows, .n = m}, all = {.n = t->n};
    FORE_GO(fore_encoding_fit(t->frame, &fit, label, &options, encoding, err));
    int64_t p = fore_encoding_count(*encoding);
    if (p == 0) {
        status =
            fore_fail(err, FORE_E_NO_ANSWER,
                      "no column tells the rows apart: all are empty, constant, or left out; give "
                      "columns that differ between rows");
        goto done;
    }
    *x = FORE_NEW(t->n * p, double);
    if (!*x) {
        status = fore_no_memory(err);
        goto done;
    }
    FORE_GO(fore_encoding_apply(*encoding, t->frame, &all, FORE_ENCODE_TRAINING, *x, t->n, err));
done:
    fore_free(rows);
    fore_free(label);
    if (status != FORE_OK) {
        fore_free(*x);
        *x = NULL;
    }
    return status;
}

static fore_status take_family(const fore_encoding *encoding, int32_t **family, fore_error *err)
{
    *family = FORE_NEW(fore_encoding_count(encoding), int32_t);
    if (!*family) return fore_no_memory(err);
    fore_encoding_family(encoding, *family);
    return FORE_OK;
}

/* Fits one learner on the rows with keep[i], calibrated out of fold, and predicts all n rows. */
static fore_status fit_and_predict(fore_context *c, const fitting *f, const uint8_t *keep,
                                   fore_learner learner, double *p, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_flat_table *t = f->t;
    fore_encoding *encoding = NULL;
    fore_scorer *scorer = NULL;
    fore_rows train;
    double *x = NULL;
    int32_t *family = NULL;
    FORE_TRY(encode_all(f, keep, &encoding, &x, err));
    FORE_GO(take_family(encoding, &family, err));
    fore_view view = {x, t->n, fore_encoding_count(encoding), t->n, NULL};
    fore_sample sample = {view, t->label, NULL, NULL, NULL, family};
    FORE_GO(fore_rows_take(c->pool, &sample, keep, 1u << 1, &train, err));
    fore_scorer_options options = fore_scorer_default(learner);
    options.seed = f->seed;
    status = fore_scorer_fit(c->pool, &train.sample, NULL, &options, c->observer, &scorer, err);
    fore_rows_free(&train);
    if (status == FORE_OK)
        status = fore_scorer_predict(c->pool, scorer, &view, p, NULL, NULL, NULL, err);
done:
    fore_scorer_free(scorer);
    fore_encoding_free(encoding);
    fore_free(family);
    fore_free(x);
    return status;
}

/* K folds by the row's number modulo K: pooled predictions of one learner, each row unseen. */
static fore_status fold_quality(fore_context *c, const fitting *f, int64_t folds,
                                fore_learner learner, fore_quality *quality, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_flat_table *t = f->t;
    double *p = FORE_NEW(t->n, double), *predicted = FORE_NEW(t->n, double);
    uint8_t *keep = FORE_NEW(t->n, uint8_t);
    if (!p || !predicted || !keep) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t k = 0; k < folds; k++) {
        fore_progress(c->observer, "folds", k, folds);
        for (int64_t i = 0; i < t->n; i++) keep[i] = i % folds != k;
        FORE_GO(fit_and_predict(c, f, keep, learner, predicted, err));
        for (int64_t i = k; i < t->n; i += folds) p[i] = predicted[i];
    }
    status = fore_quality_measure(p, t->label, NULL, t->n, quality, err);
done:
    fore_free(p);
    fore_free(predicted);
    fore_free(keep);
    return status;
}

/* The logistic on all rows outside the test, on the test rows. It spends none on choosing, so that
 * it can be compared with figures published for a plain split. */
static fore_status plain_quality(fore_context *c, const fitting *f, const uint8_t *role,
                                 fore_quality *quality, fore_error *err)
{
    fore_status status = FORE_OK;
    const fore_flat_table *t = f->t;
    int64_t m = 0;
    double *p = FORE_NEW(t->n, double), *label = FORE_NEW(t->n, double);
    uint8_t *keep = FORE_NEW(t->n, uint8_t);
    if (!p || !label || !keep) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < t->n; i++) keep[i] = role[i] != FORE_ROLE_TEST;
    FORE_GO(fit_and_predict(c, f, keep, FORE_LOGISTIC, p, err));
    for (int64_t i = 0; i < t->n; i++) {
        if (keep[i]) continue;
        p[m] = p[i];
        label[m++] = t->label[i];
    }
    status = fore_quality_measure(p, label, NULL, m, quality, err);
done:
    fore_free(p);
    fore_free(label);
    fore_free(keep);
    return status;
}

/* --- the report --- */

static const fore_column columns[] = {
    {"learner", "learner", FORE_CELL_TEXT, 0},
    {"measured_on", "on", FORE_CELL_TEXT, 1},
    {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"base_rate", "base", FORE_CELL_PERCENT, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"log_loss", "log loss", FORE_CELL_RATIO, 0},
    {"brier", "Brier", FORE_CELL_RATIO, 0},
    {"calibration_error", "calibr.", FORE_CELL_RATIO, 0},
    {"lift_top_tenth", "lift", FORE_CELL_NUMBER, 0},
};

typedef struct report {
    fore_answer *a;
    int64_t g;
    fore_json_writer *json;
} report;

static void report_row(const report *r, const char *learner, const char *where,
                       const fore_quality *q)
{
    fore_answer_row(r->a, r->g);
    fore_answer_text(r->a, r->g, learner);
    fore_answer_text(r->a, r->g, where);
    fore_answer_number(r->a, r->g, (double)q->rows);
    fore_answer_number(r->a, r->g, q->base_rate);
    fore_answer_number(r->a, r->g, q->auc);
    fore_answer_number(r->a, r->g, q->log_loss);
    fore_answer_number(r->a, r->g, q->brier);
    fore_answer_number(r->a, r->g, q->ece);
    fore_answer_number(r->a, r->g, q->lift_top);
    fore_json_object(r->json, NULL);
    fore_json_string(r->json, "learner", learner);
    fore_json_string(r->json, "measured_on", where);
    fore_quality_json(r->json, q);
    fore_json_end_object(r->json);
}

static void report_leaks(fore_answer *a, const fore_leak_report *leaks, const char *use)
{
    for (int64_t j = 0; j < leaks->columns; j++) {
        const fore_leak_finding *f = &leaks->finding[j];
        if (f->grade == FORE_LEAK_CLEAN) continue;
        fore_answer_note(a, "Column '%s' %s: %s. %s", f->name,
                         fore_list_names(use, f->name) ? "is used although it was found suspect"
                                                       : "is left out",
                         fore_leak_grade_word(f->grade), f->reasons);
    }
    if (leaks->too_few)
        fore_answer_note(a, "Too few rows of a class to look for columns that know the outcome.");
}

static fore_status report_folds(fore_context *c, const fitting *f, int64_t folds,
                                fore_learner winner, const report *r, fore_error *err)
{
    char where[64];
    fore_quality q;
    snprintf(where, sizeof where, "%lld folds", (long long)folds);
    FORE_TRY(fold_quality(c, f, folds, FORE_LOGISTIC, &q, err));
    report_row(r, fore_learner_name(FORE_LOGISTIC), where, &q);
    if (winner == FORE_LOGISTIC) return FORE_OK;
    FORE_TRY(fold_quality(c, f, folds, winner, &q, err));
    report_row(r, fore_learner_name(winner), where, &q);
    return FORE_OK;
}

/* How well the chances hold, and what follows from it. */
static void report_calibration(fore_answer *a, const fore_choice *choice, bool by_time,
                               const fore_flat_followed *followed)
{
    fore_text text = {0};
    fore_calibration_tell(choice, by_time, &text);
    if (followed->step > 0 && !choice->test_out_of_fold) {
        fore_text_printf(&text,
                         " Followed, with the outcomes of the rows before each row, told in steps "
                         "of %lld: ",
                         (long long)followed->step);
        fore_calibration_say(&followed->quality, &text);
        fore_text_puts(&text, ". `table score --time` does so where a file tells outcomes.");
    }
    a->failed |= text.failed;
    fore_answer_note(a, "%s", fore_text_string(&text));
    fore_text_free(&text);
}

/* Every learner on the rows it was chosen by, the winner and the base rate on rows never seen, and
 * what was asked for besides. */
static fore_status report_quality(fore_context *c, const foresell_table_request *r,
                                  const fitting *f, const uint8_t *role, const fore_choice *choice,
                                  const fore_flat_followed *followed, report *rep, fore_error *err)
{
    for (int l = 0; l < FORE_LEARNERS; l++)
        if (choice->table[l].tried)
            report_row(rep, fore_learner_name((fore_learner)l), "choosing",
                       &choice->table[l].validate);
    const char *where = choice->test_out_of_fold ? "out of fold"
                        : r->time                ? "newest fifth"
                                                 : "random fifth";
    report_row(rep, fore_learner_name(choice->winner), where, &choice->test);
    if (followed->step > 0 && !choice->test_out_of_fold)
        report_row(rep, fore_learner_name(choice->winner), "followed",
                   &followed->quality);
    report_row(rep, "base rate", where, &choice->baseline);
    if (r->folds && !choice->test_out_of_fold) {
        fore_quality plain;
        FORE_TRY(plain_quality(c, f, role, &plain, err));
        report_row(rep, "plain logistic", where, &plain);
    }
    return r->folds ? report_folds(c, f, r->folds, choice->winner, rep, err) : FORE_OK;
}

/* The outcomes of the test rows take no part in anything before the test, not even here. */
static fore_status find_leaks(fore_context *c, const fore_flat_table *t, const uint8_t *role,
                              fore_leak_report **leaks, fore_error *err)
{
    double *label = FORE_NEW(t->n, double);
    if (!label) return fore_no_memory(err);
    for (int64_t i = 0; i < t->n; i++)
        label[i] = role[i] == FORE_ROLE_TEST ? INFINITY : t->label[i];
    fore_leak_input input = {.label = label, .seed = 1};
    fore_status status = fore_leak_find(t->frame, &input, c->pool, leaks, err);
    fore_free(label);
    return status;
}

static fore_status report_training(fore_context *c, const foresell_table_request *r,
                                   const fitting *f, const uint8_t *role, const fore_choice *choice,
                                   const fore_flat_followed *followed, const fore_leak_report *leaks,
                                   fore_answer *a, fore_error *err)
{
    fore_json_writer json = fore_json_to(&a->json);
    report rep = {a, fore_answer_grid(a, "quality", NULL, columns, 9), &json};
    fore_json_object(&json, NULL);
    fore_json_string(&json, "model", r->model);
    fore_json_string(&json, "learner", fore_learner_name(choice->winner));
    fore_json_integer(&json, "rows", f->t->n);
    fore_json_array(&json, "quality");
    FORE_TRY(report_quality(c, r, f, role, choice, followed, &rep, err));
    fore_json_end_array(&json);
    fore_json_bool(&json, "beats_baseline", choice->beats_baseline);
    fore_shift_json(&json, "shift", &choice->shift);
    fore_json_number(&json, "forward_slope", choice->forward);
    fore_json_number(&json, "forward_slope_error", choice->forward_error);
    fore_json_array(&json, "left_out");
    for (int64_t k = 0; k < f->drops; k++) fore_json_string(&json, NULL, f->drop[k]);
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    report_leaks(a, leaks, r->use);
    if (choice->note[0]) fore_answer_note(a, "%s", choice->note);
    report_calibration(a, choice, r->time != NULL, followed);
    fore_answer_note(a, "The model (%s, %lld columns) is written to %s.",
                     fore_learner_name(choice->winner),
                     (long long)fore_scorer_columns(choice->scorer), r->model);
    return FORE_OK;
}

fore_status fore_job_table_train(fore_context *c, const foresell_table_request *r, fore_answer *a,
                                 fore_error *err)
{
    fore_status status = FORE_OK;
    fore_flat_table t = {0};
    fore_flat_model model = {0};
    fore_leak_report *leaks = NULL;
    fore_choice choice = {0};
    fore_flat_followed followed = {0};
    double *x = NULL, *p = NULL;
    int32_t *family = NULL;
    uint8_t *role = NULL, *keep = NULL;
    const char **drop = NULL;
    if (r->folds < 0 || r->folds == 1 || r->folds > FOLDS_MAX)
        return fore_fail(err, FORE_E_USAGE, "folds are 2 to %d", FOLDS_MAX);
    FORE_TRY(fore_flat_read(c, r, r->id, r->target, r->positive, true, &t, err));
    role = FORE_NEW(t.n, uint8_t);
    keep = FORE_NEW(t.n, uint8_t);
    p = FORE_NEW(t.n, double);
    if (!role || !keep || !p) {
        status = fore_no_memory(err);
        goto done;
    }
    FORE_GO(assign_roles(&t, r->seed, role, err));
    FORE_GO(find_leaks(c, &t, role, &leaks, err));
    drop = FORE_NEW(leaks->columns, const char *);
    if (!drop) {
        status = fore_no_memory(err);
        goto done;
    }
    fitting f = {&t, drop, 0, r->seed};
    for (int64_t j = 0; j < leaks->columns; j++)
        if (leaks->finding[j].grade != FORE_LEAK_CLEAN &&
            !fore_list_names(r->use, leaks->finding[j].name))
            drop[f.drops++] = leaks->finding[j].name;
    for (int64_t i = 0; i < t.n; i++) keep[i] = role[i] == FORE_ROLE_TRAIN;
    FORE_GO(encode_all(&f, keep, &model.encoding, &x, err));
    FORE_GO(take_family(model.encoding, &family, err));
    fore_sample sample = {{x, t.n, fore_encoding_count(model.encoding), t.n, NULL},
                          t.label,
                          NULL,
                          NULL,
                          NULL,
                          family};
    fore_choose_options options = fore_choose_default();
    options.base.seed = r->seed;
    FORE_GO(fore_choose(c->pool, &sample, role, &options, c->observer, &choice, err));
    model.scorer = choice.scorer;
    FORE_GO(fore_scorer_predict(c->pool, model.scorer, &sample.x, p, NULL, NULL, NULL, err));
    FORE_GO(fore_flat_follow(&t, role, p, &followed, err));
    model.pivot = followed.pivot;
    model.step = followed.step;
    snprintf(model.positive, sizeof model.positive, "%s", r->positive ? r->positive : "");
    snprintf(model.target, sizeof model.target, "%s", r->target);
    snprintf(model.id, sizeof model.id, "%s", r->id ? r->id : "");
    FORE_GO(fore_flat_model_save(&model, r->model, err));
    status = report_training(c, r, &f, role, &choice, &followed, leaks, a, err);
done:
    fore_flat_name(status, r->file, err);
    fore_flat_model_free(&model);
    fore_leak_report_free(leaks);
    fore_free(drop);
    fore_free(family);
    fore_free(x);
    fore_free(role);
    fore_free(keep);
    fore_free(p);
    fore_flat_free(&t);
    return status;
}
