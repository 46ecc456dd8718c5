/* "Learn from the history." For leads and for deals: train, test on the newest window, publish. */
#include <math.h>
#include <stdio.h>

#include "engine/jobs/calibration_words.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/training.h"
#include "features/catalogue.h"

static const fore_column quality_columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"learner", "learner", FORE_CELL_TEXT, 0},
    {"measured_on", "on", FORE_CELL_TEXT, 1},
    {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"base_rate", "came true", FORE_CELL_PERCENT, 0},
    {"log_loss", "log loss", FORE_CELL_RATIO, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"calibration_error", "calib.", FORE_CELL_RATIO, 0},
    {"result", "", FORE_CELL_TEXT, 0},
};

/* So much more AUC over days than within a day is told. */
static const double SAME_DAY_GAP = 0.03;

static void quality_row(fore_answer *a, int64_t g, const char *purpose, const char *learner,
                        const char *where, const fore_quality *q, const char *result)
{
    fore_answer_row(a, g);
    fore_answer_text(a, g, purpose);
    fore_answer_text(a, g, learner);
    fore_answer_text(a, g, where);
    fore_answer_number(a, g, (double)q->rows);
    fore_answer_number(a, g, q->base_rate);
    fore_answer_number(a, g, q->log_loss);
    fore_answer_number(a, g, q->auc);
    fore_answer_number(a, g, q->ece);
    fore_answer_text(a, g, result);
}

static void show_training(fore_answer *a, int64_t g, const fore_training *t, bool held_back)
{
    const char *purpose = fore_purpose(t->scoring->kind);
    for (int l = 0; l < FORE_LEARNERS; l++)
        if (t->choice.table[l].tried)
            quality_row(a, g, purpose, fore_learner_name((fore_learner)l), "later",
                        &t->choice.table[l].validate, (int)t->choice.winner == l ? "chosen" : "");
    const char *where = t->choice.test_out_of_fold ? "out of fold" : "newest";
    quality_row(a, g, purpose, fore_learner_name(t->choice.winner), where, &t->choice.test,
                held_back ? "held back" : "published");
    quality_row(a, g, purpose, "base rate", where, &t->choice.baseline, "");
}

/* The i-th column or feature that is left out because it knows the outcome; NULL after the last. */
static const fore_leak_finding *left_out(const fore_training *t, const char *use, int64_t i)
{
    const fore_leak_report *reports[] = {t->leaks, t->stored};
    for (int r = 0; r < 2; r++)
        for (int64_t j = 0; reports[r] && j < reports[r]->columns; j++) {
            const fore_leak_finding *f = &reports[r]->finding[j];
            if (f->grade != FORE_LEAK_CLEAN && !fore_list_names(use, f->name) && i-- == 0) return f;
        }
    return NULL;
}

static void note_calibration(fore_answer *a, const char *purpose, const fore_choice *choice)
{
    fore_text text = {0};
    fore_calibration_tell(choice, true, &text);
    a->failed |= text.failed;
    fore_answer_note(a, "%ss: %s", purpose, fore_text_string(&text));
    fore_text_free(&text);
}

static void note_training(fore_answer *a, const fore_training *t, const char *use)
{
    bool leads = t->scoring->kind == FORE_SUBJECT_LEAD;
    const char *purpose = leads ? "Lead" : "Deal", *won = leads ? "converted" : "won";
    const fore_examples *e = t->examples;
    fore_answer_note(a, "%ss: the chance to be %s within %.0f days%s; %lld %ss, %lld of them %s.",
                     purpose, won, e->horizon_days, e->horizon_chosen ? " (from the data)" : "",
                     (long long)e->subjects, fore_purpose(t->scoring->kind),
                     (long long)e->won_subjects, won);
    if (t->choice.test.auc - t->auc_same_day > SAME_DAY_GAP)
        fore_answer_note(
            a,
            "%ss: among those open on the same day the AUC is %.2f; the rest of the %.2f "
            "above is telling good months from bad ones, which no list needs.",
            purpose, t->auc_same_day, t->choice.test.auc);
    if (e->notes[0]) fore_answer_note(a, "%ss: %s", purpose, e->notes);
    if (t->choice.note[0]) fore_answer_note(a, "%ss: %s", purpose, t->choice.note);
    note_calibration(a, purpose, &t->choice);
    fore_text names = {0}, newest = {0};
    const fore_leak_finding *f;
    for (int64_t i = 0; (f = left_out(t, use, i)); i++) {
        fore_text_printf(&names, "%s%s", i ? ", " : "", f->name);
        if (f->newest_only) fore_text_printf(&newest, "%s%s", newest.length ? ", " : "", f->name);
    }
    a->failed |= names.failed || newest.failed;
    if (names.length > 0)
        fore_answer_note(
            a, "%ss: left out because they know the outcome: %s. `foresell check` says why.",
            purpose, fore_text_string(&names));
    if (newest.length > 0)
        fore_answer_note(a,
                         "%ss: of these, only closings since the test began betray %s; for leaving "
                         "out so much the test was looked at.",
                         purpose, fore_text_string(&newest));
    if (t->leaks->test_seen)
        fore_answer_note(a,
                         "%ss: too few closings before the test to judge columns by; those in it "
                         "helped to say which know the outcome.",
                         purpose);
    fore_text_free(&names);
    fore_text_free(&newest);
}

static void training_json(fore_answer *a, fore_json_writer *json, const fore_training *t,
                          const char *use, bool held_back)
{
    fore_json_object(json, NULL);
    fore_json_string(json, "model", t->scoring->model_id);
    fore_json_string(json, "purpose", fore_purpose(t->scoring->kind));
    fore_json_string(json, "learner", fore_learner_name(t->choice.winner));
    fore_json_integer(json, "columns", t->scoring->columns);
    fore_json_bool(json, "published", !held_back);
    fore_json_bool(json, "beats_baseline", t->choice.beats_baseline);
    fore_text metrics = {0};
    if (fore_training_metrics(t, &metrics, NULL) == FORE_OK)
        fore_json_raw(json, "quality", fore_text_string(&metrics));
    a->failed |= metrics.failed;
    fore_text_free(&metrics);
    fore_json_array(json, "left_out");
    const fore_leak_finding *f;
    for (int64_t i = 0; (f = left_out(t, use, i)); i++) {
        fore_json_object(json, NULL);
        fore_json_string(json, "column", f->name);
        fore_json_string(json, "grade", fore_leak_grade_word(f->grade));
        fore_json_string(json, "why", f->reasons);
        fore_json_bool(json, "seen_by_test_only", f->newest_only);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}

/* What became of a trained model. */
typedef struct verdict {
    bool behind;    /* a model of a later moment answers */
    bool held_back; /* the one that answers beats its base rate, and this one does not */
    char champion[96];
} verdict;

/* A model of an earlier moment answers for moments from then on; it never takes the place of a
 * newer one. Nor does one that says no more than the base rate take the place of one that does. */
static fore_status judge(fore_context *c, const fore_training *t, bool publish_anyway, verdict *v,
                         fore_error *err)
{
    fore_scoring *champion = NULL;
    *v = (verdict){0};
    fore_error why = {0};
    fore_status status = fore_scoring_open(c, t->scoring->kind, FORE_NO_TIME, &champion, &why);
    /* none, or one that cannot be loaded: nothing to protect */
    if (status == FORE_E_NOT_FOUND || status == FORE_E_MODEL || status == FORE_E_FORMAT)
        return FORE_OK;
    if (status != FORE_OK) {
        if (err) *err = why;
        return status;
    }
    bool useful = champion->log_loss < champion->baseline_log_loss;
    v->behind = champion->as_of > t->scoring->as_of;
    v->held_back = useful && !t->choice.beats_baseline && !v->behind && !publish_anyway;
    snprintf(v->champion, sizeof v->champion, "%s", champion->model_id);
    fore_scoring_free(champion);
    return FORE_OK;
}

static void note_verdict(fore_answer *a, const fore_training *t, const verdict *v)
{
    const char *purpose = fore_purpose(t->scoring->kind);
    if (v->behind)
        fore_answer_note(a,
                         "A model of a later moment answers for %ss; %s answers --as-of its own "
                         "moment and later, until that one begins.",
                         purpose, t->scoring->model_id);
    if (v->held_back)
        fore_answer_note(
            a,
            "%s is held back: it is no better than the base rate (log loss %.4f, base "
            "rate %.4f), and %s, which goes on answering for %ss, was better than "
            "its own. `foresell train --publish` lets the new one answer all the same.",
            t->scoring->model_id, t->choice.test.log_loss, t->choice.baseline.log_loss, v->champion,
            purpose);
}

/* Is every column named in `use` one of leads or deals, or a stored feature? */
static fore_status check_use(fore_context *c, const fore_timeline *t, const char *use,
                             int64_t as_of, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_attributes *of[2] = {NULL, NULL};
    const char **name = NULL;
    int64_t n = 0, most = fore_feature_count();
    for (int k = 0; k < 2; k++) {
        FORE_GO(
            fore_attributes_read(c->store, t, (fore_subject_kind)k, as_of, NULL, 0, &of[k], err));
        most += fore_frame_columns(of[k]->frame);
    }
    name = FORE_NEW(most, const char *);
    if (!name) FORE_GO(fore_no_memory(err));
    for (int k = 0; k < 2; k++)
        for (int64_t j = 0; j < fore_frame_columns(of[k]->frame); j++)
            name[n++] = fore_frame_column_at(of[k]->frame, j)->name;
    for (int f = 0; f < fore_feature_count(); f++)
        if (fore_feature_at(f)->stored) name[n++] = fore_feature_at(f)->name;
    status = fore_list_check(use, "--use", name, n, err);
done:
    fore_free(name);
    for (int k = 0; k < 2; k++) fore_attributes_free(of[k]);
    return status;
}

typedef struct telling {
    fore_answer *answer;
    fore_json_writer *json;
    int64_t grid;
} telling;

/* What is said of it comes before the commit: a model that nobody could be told of is not
 * published. */
static fore_status store_and_tell(fore_context *c, const foresell_train_request *r, int64_t now,
                                  fore_training *t, const verdict *v, const telling *tell,
                                  fore_error *err)
{
    static const char no_better[] = "no better than the base rate";
    FORE_TRY(fore_store_begin(c->store, err));
    fore_status status =
        fore_training_store(c, t, now, r->seed, v->held_back ? "refused" : "published",
                            v->held_back ? no_better : NULL, err);
    if (status == FORE_OK && !v->behind && !v->held_back)
        status = fore_store_publish(c->store, fore_purpose(t->scoring->kind), t->scoring->model_pk,
                                    now, "train", err);
    if (status == FORE_OK) {
        show_training(tell->answer, tell->grid, t, v->held_back);
        note_training(tell->answer, t, r->use);
        note_verdict(tell->answer, t, v);
        training_json(tell->answer, tell->json, t, r->use, v->held_back);
        status = fore_answer_finish(tell->answer, err);
    }
    if (status == FORE_OK) status = fore_store_commit(c->store, err);
    if (status != FORE_OK) fore_store_rollback(c->store);
    return status;
}

fore_status fore_job_train(fore_context *c, const foresell_train_request *r, fore_answer *a,
                           fore_error *err)
{
    fore_moment moment;
    const fore_timeline *timeline;
    /* the moment is then found in it; what is wrong with it is told where it is used */
    if (!r->moment.as_of) (void)fore_context_history(c, &timeline, NULL, NULL);
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    if (r->use) {
        FORE_TRY(fore_context_history(c, &timeline, NULL, err));
        FORE_TRY(check_use(c, timeline, r->use, moment.as_of, err));
    }
    fore_training_options options = {
        .as_of = moment.as_of, .seed = r->seed, .horizon_days = r->horizon_days, .use = r->use};
    fore_json_writer json = fore_json_to(&a->json);
    int64_t g = fore_answer_grid(a, "quality", "Measured on windows that were not trained on",
                                 quality_columns, 9);
    const telling tell = {a, &json, g};
    fore_error why[2] = {{0}, {0}};
    int trained = 0;
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_json_array(&json, "models");
    for (int kind = FORE_SUBJECT_LEAD; kind <= FORE_SUBJECT_DEAL; kind++) {
        fore_training t;
        fore_status status =
            fore_training_run(c, (fore_subject_kind)kind, &options, &t, &why[kind]);
        if (status == FORE_E_NO_ANSWER) continue;
        verdict v = {0};
        if (status == FORE_OK) status = judge(c, &t, r->publish, &v, &why[kind]);
        if (status == FORE_OK) status = store_and_tell(c, r, moment.now, &t, &v, &tell, &why[kind]);
        trained += status == FORE_OK;
        fore_training_free(&t);
        if (status == FORE_OK) continue;
        if (err) *err = why[kind];
        return status;
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    if (trained == 0)
        return fore_fail(err, FORE_E_NO_ANSWER, "nothing to learn from. Deals: %s. Leads: %s",
                         why[FORE_SUBJECT_DEAL].message, why[FORE_SUBJECT_LEAD].message);
    fore_answer_note(a, "Log loss and calib. (how far the chances are off on average): the smaller "
                        "the better. AUC: 1 sorts perfectly, 0.5 not at all. chosen: the simplest "
                        "learner that no other beats clearly on this window and the one before it "
                        "together.");
    for (int kind = 0; kind < 2; kind++)
        if (why[kind].message[0] &&
            fore_store_count(c->store,
                             kind == FORE_SUBJECT_LEAD ? FORE_TABLE_LEAD : FORE_TABLE_DEAL) != 0)
            fore_answer_note(a, "No model for %ss: %s", fore_purpose((fore_subject_kind)kind),
                             why[kind].message);
    return FORE_OK;
}
