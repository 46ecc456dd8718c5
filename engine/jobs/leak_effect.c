/* With and without the columns that know the outcome: the same examples, two trainings. What a
 * tester sees with them in is what a vendor without a leak finder would advertise; on a lead that
 * is still open those columns are empty or say nothing, so the figure would not hold. */
#include <math.h>
#include <stdio.h>

#include "engine/jobs/fairness.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/training.h"

static const fore_column columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"columns", "columns that know", FORE_CELL_TEXT, 1},
    {"learner", "learner", FORE_CELL_TEXT, 0},
    {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"log_loss", "log loss", FORE_CELL_RATIO, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"calibration_error", "calib.", FORE_CELL_RATIO, 0},
};

/* The names of all columns and features that were left out, as a list (levels.h). */
static int64_t names_of(const fore_training *t, fore_text *names)
{
    const fore_leak_report *reports[] = {t->leaks, t->stored};
    int64_t count = 0;
    for (int r = 0; r < 2; r++)
        for (int64_t j = 0; reports[r] && j < reports[r]->columns; j++)
            if (reports[r]->finding[j].grade != FORE_LEAK_CLEAN) {
                fore_list_add(names, reports[r]->finding[j].name);
                count++;
            }
    return count;
}

static void write_side(const fore_training *t, bool with, fore_answer *a, int64_t g,
                       fore_json_writer *json)
{
    const fore_quality *q = &t->choice.test;
    fore_answer_row(a, g);
    fore_answer_text(a, g, fore_purpose(t->scoring->kind));
    fore_answer_text(a, g, with ? "taken in" : "left out");
    fore_answer_text(a, g, fore_learner_name(t->choice.winner));
    fore_answer_number(a, g, (double)q->rows);
    fore_answer_number(a, g, q->log_loss);
    fore_answer_number(a, g, q->auc);
    fore_answer_number(a, g, q->ece);
    fore_json_object(json, with ? "with" : "without");
    fore_json_string(json, "learner", fore_learner_name(t->choice.winner));
    fore_quality_json(json, q);
    fore_json_end_object(json);
}

static fore_status effect_of(fore_context *c, fore_subject_kind kind, int64_t as_of, uint64_t seed,
                             fore_answer *a, int64_t g, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_training without = {0}, with = {0};
    fore_text names = {0};
    fore_training_options options = {.as_of = as_of, .seed = seed};
    options.without[FORE_SVM] = true; /* the slowest, and never chosen at these sizes */
    FORE_GO(fore_training_run(c, kind, &options, &without, err));
    int64_t count = names_of(&without, &names);
    FORE_GO(fore_text_check(&names, err));
    const char *purpose = fore_purpose(kind);
    if (count == 0) {
        fore_answer_note(a, "%ss: no column knows the outcome.", purpose);
        goto done;
    }
    options.use = fore_text_string(&names);
    FORE_GO(fore_training_run(c, kind, &options, &with, err));
    fore_json_object(json, NULL);
    fore_json_string(json, "purpose", purpose);
    fore_json_string(json, "columns", options.use);
    write_side(&without, false, a, g, json);
    write_side(&with, true, a, g, json);
    const fore_quality *honest = &without.choice.test, *leaky = &with.choice.test;
    fore_json_number(json, "auc_gained", leaky->auc - honest->auc);
    fore_json_number(json, "log_loss_lost", leaky->log_loss - honest->log_loss);
    fore_json_end_object(json);
    bool better = leaky->log_loss < honest->log_loss;
    fore_answer_note(
        a,
        "%ss: with the %lld column%s that know%s the outcome taken in, the test would show an AUC "
        "of %.2f instead of %.2f and a log loss %s by %.0f %%.%s",
        purpose, (long long)count, count == 1 ? "" : "s", count == 1 ? "s" : "", leaky->auc,
        honest->auc, better ? "smaller" : "larger",
        100 * fabs(leaky->log_loss - honest->log_loss) / honest->log_loss,
        better ? " None of that would hold: on what is still open they are not filled in yet."
               : "");
done:
    fore_text_free(&names);
    fore_training_free(&with);
    fore_training_free(&without);
    return status;
}

fore_status fore_leak_effect(fore_context *c, int64_t as_of, uint64_t seed, fore_answer *a,
                             fore_json_writer *json, fore_error *err)
{
    int64_t done = 0;
    fore_error why = {0};
    int64_t g =
        fore_answer_grid(a, "leak_effect", "The same test with and without them", columns, 7);
    fore_json_array(json, "leak_effect");
    for (int k = FORE_SUBJECT_LEAD; k <= FORE_SUBJECT_DEAL; k++) {
        fore_status status = effect_of(c, (fore_subject_kind)k, as_of, seed, a, g, json, &why);
        if (status == FORE_OK)
            done++;
        else if (status != FORE_E_NO_ANSWER) {
            if (err) *err = why;
            return status;
        }
    }
    fore_json_end_array(json);
    return done ? FORE_OK
                : fore_fail(err, FORE_E_NO_ANSWER, "nothing can be trained: %s", why.message);
}
