/* The night: import -> check -> train -> test against the model that answers -> publish only if not
 * worse -> score -> forecast -> report.
 *
 * One at a time: a lock that dies with the process. Every step commits its own work in one
 * transaction, and then the run's row names the step as done. Killed anywhere, the workspace holds
 * whole steps only and yesterday's model answers until a better one is published; the next run
 * begins after the last step that was done, unless the history has changed since. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/forecast_state.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/list_rules.h"
#include "engine/jobs/training.h"
#include "models/measure/paired.h"

enum { DAILY_SNAPSHOTS = 100 }; /* days; older snapshots are thinned to one a week */
typedef enum step { STEP_IMPORT, STEP_CHECK, STEP_TRAIN, STEP_SCORE, STEP_FORECAST, STEPS } step;
static const char *const step_words[STEPS] = {"import", "check", "train", "score", "forecast"};

static const fore_column columns[] = {
    {"step", "step", FORE_CELL_TEXT, 0},
    {"result", "result", FORE_CELL_TEXT, 1},
    {"note", "what happened", FORE_CELL_TEXT, -1},
};

typedef struct night {
    fore_context *c;
    const foresell_nightly_request *r;
    fore_answer *a;
    int64_t grid, run;
    fore_moment moment;
    fore_json_writer json;
    char why[1024]; /* why no model came of a training */
} night;

static void report(night *n, const char *what, const char *result, const char *note)
{
    fore_answer_row(n->a, n->grid);
    fore_answer_text(n->a, n->grid, what);
    fore_answer_text(n->a, n->grid, result);
    fore_answer_text(n->a, n->grid, note && *note ? note : NULL);
    fore_json_object(&n->json, NULL);
    fore_json_string(&n->json, "step", what);
    fore_json_string(&n->json, "result", result);
    fore_json_string(&n->json, "note", note && *note ? note : NULL);
    fore_json_end_object(&n->json);
}

static fore_status mark(night *n, step done, const char *state, int64_t finished_at,
                        fore_error *err)
{
    char fingerprint[33];
    fore_status status = fore_store_fingerprint(n->c->store, fingerprint, err);
    if (status == FORE_OK) status = fore_store_begin(n->c->store, err);
    if (status == FORE_OK)
        status = fore_store_job_step(n->c->store, n->run, step_words[done], state, fingerprint,
                                     finished_at, err);
    if (status == FORE_OK) status = fore_store_commit(n->c->store, err);
    if (status != FORE_OK) fore_store_rollback(n->c->store);
    return status;
}

static fore_status keep_answer(night *n, const char *kind, const fore_answer *answer,
                               fore_error *err)
{
    fore_status status = fore_store_begin(n->c->store, err);
    if (status == FORE_OK)
        status = fore_store_put_answer(n->c->store, kind, n->moment.as_of, n->moment.now,
                                       fore_text_string(&answer->json), err);
    if (status == FORE_OK) status = fore_store_commit(n->c->store, err);
    if (status != FORE_OK) fore_store_rollback(n->c->store);
    return status;
}

/* --- steps --- */

static fore_status step_import(night *n, fore_error *err)
{
    fore_answer *a = NULL;
    if (n->r->path_count == 0) {
        report(n, "import", "nothing to read", NULL);
        return FORE_OK;
    }
    foresell_import_request request = {
        .moment = n->r->moment, .paths = n->r->paths, .path_count = n->r->path_count};
    FORE_TRY(fore_answer_new(&a, err));
    fore_status status = fore_job_import(n->c, &request, a, err);
    if (status == FORE_OK) {
        double sum[4] = {0};
        for (int64_t i = 0; i < a->grids[0].row_count; i++)
            for (int k = 0; k < 4; k++)
                sum[k] += a->grids[0].cells[i * a->grids[0].column_count + 4 + k].number;
        char text[160];
        snprintf(text, sizeof text, "%.0f new, %.0f changed, %.0f same, %.0f rejected", sum[0],
                 sum[1], sum[2], sum[3]);
        report(n, "import", text, NULL);
    }
    fore_answer_free(a);
    return status;
}

static fore_status step_check(night *n, fore_error *err)
{
    fore_answer *a = NULL;
    foresell_check_request request = {.moment = n->r->moment};
    FORE_TRY(fore_answer_new(&a, err));
    fore_status status = fore_job_check(n->c, &request, a, err);
    if (status == FORE_OK) status = keep_answer(n, "check", a, err);
    if (status == FORE_OK) {
        char text[96];
        snprintf(text, sizeof text, "%lld kinds of findings, %lld columns that know the outcome",
                 (long long)a->grids[0].row_count, (long long)a->grids[1].row_count);
        report(n, "check", text, NULL);
    }
    fore_answer_free(a);
    return status;
}

/* How much worse (in log loss per row) the challenger is than the champion on the newest window,
 * and the standard error of that difference; the rows of one lead or deal count as one. */
static fore_status compare(night *n, const fore_training *t, const fore_scoring *champion,
                           double *worse, double *error, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t m = t->examples->n;
    fore_extract_row *rows = FORE_NEW(m, fore_extract_row);
    int64_t *subject = FORE_NEW(m, int64_t);
    double *label = FORE_NEW(m, double), *weight = FORE_NEW(m, double),
           *p = FORE_NEW(2 * m, double);
    fore_paired paired;
    *worse = *error = 0;
    if (!rows || !subject || !label || !weight || !p) {
        status = fore_no_memory(err);
        goto done;
    }
    m = fore_training_test_rows(t, rows, label, weight);
    if (m == 0) goto done;
    FORE_GO(fore_scoring_predict(t->scoring, n->c->extractor, n->c->pool, t->attributes, rows, m, p,
                                 NULL, NULL, err));
    FORE_GO(fore_scoring_predict(champion, n->c->extractor, n->c->pool, t->attributes, rows, m,
                                 p + m, NULL, NULL, err));
    for (int64_t i = 0; i < m; i++) { /* chances become losses */
        subject[i] = rows[i].subject;
        p[i] = label[i] > 0 ? -log(p[i]) : -log1p(-p[i]);
        p[m + i] = label[i] > 0 ? -log(p[m + i]) : -log1p(-p[m + i]);
    }
    FORE_GO(fore_paired_difference(p, p + m, weight, subject, m, &paired, err));
    *worse = paired.mean;
    *error = paired.error;
done:
    fore_free(rows);
    fore_free(subject);
    fore_free(label);
    fore_free(weight);
    fore_free(p);
    return status;
}

static fore_status store_verdict(night *n, fore_training *t, bool publish, const char *note,
                                 fore_error *err)
{
    fore_store *s = n->c->store;
    FORE_TRY(fore_store_begin(s, err));
    fore_status status =
        fore_training_store(n->c, t, n->moment.now, n->r->seed, publish ? "published" : "refused",
                            publish ? NULL : note, err);
    if (status == FORE_OK && publish)
        status = fore_store_publish(s, fore_purpose(t->scoring->kind), t->scoring->model_pk,
                                    n->moment.now, "nightly", err);
    if (status == FORE_OK) status = fore_store_commit(s, err);
    if (status != FORE_OK) fore_store_rollback(s);
    return status;
}

/* The first model is published whatever it is worth, with its figures beside the base rate's. A
 * later one only when it is not worse than the model that answers by more than one standard error
 * of the difference, and not worse than the base rate (unless there are too few wins to tell). */
static fore_status train_one(night *n, fore_subject_kind kind, fore_error *err)
{
    fore_training t;
    fore_scoring *champion = NULL;
    fore_training_options options = {.as_of = n->moment.as_of, .seed = n->r->seed};
    fore_error why = {0};
    char what[32], note[512];
    double worse = 0, error = 0;
    snprintf(what, sizeof what, "train: %ss", fore_purpose(kind));
    fore_status status = fore_scoring_open(n->c, kind, FORE_NO_TIME, &champion, &why);
    bool first = status == FORE_E_NOT_FOUND || status == FORE_E_MODEL || status == FORE_E_FORMAT;
    if (first) status = FORE_OK;
    /* The same horizon as before: a chance must not change its meaning overnight, and models of
     * different horizons cannot be compared. `foresell train --horizon` sets another one. */
    if (champion) options.horizon_days = champion->horizon_days;
    if (n->r->go_on) options.go_on = champion;
    if (champion) options.use = champion->use; /* whoever trained it vouched for these columns */
    if (status == FORE_OK) status = fore_training_run(n->c, kind, &options, &t, &why);
    if (status == FORE_E_NO_ANSWER) {
        report(n, what, "no model", why.message);
        size_t said = strlen(n->why);
        snprintf(n->why + said, sizeof n->why - said, "%s%ss: %s", said ? "; " : "",
                 fore_purpose(kind), why.message);
        fore_scoring_free(champion);
        return FORE_OK;
    }
    if (status != FORE_OK) {
        fore_scoring_free(champion);
        if (err) *err = why;
        return status;
    }
    if (!first) status = compare(n, &t, champion, &worse, &error, err);
    bool sane = t.choice.beats_baseline || t.choice.few_positives;
    bool publish = first ? true : sane && worse <= error;
    if (first)
        snprintf(note, sizeof note, "log loss %.4f, base rate %.4f; nothing answered before",
                 t.choice.test.log_loss, t.choice.baseline.log_loss);
    else
        snprintf(
            note, sizeof note,
            "log loss %.4f, base rate %.4f; against the model that answered: %+.4f (+- %.4f)%s%s%s",
            t.choice.test.log_loss, t.choice.baseline.log_loss, worse, error,
            sane ? "" : "; no better than the base rate", *t.went_on ? ". " : "", t.went_on);
    if (status == FORE_OK) status = store_verdict(n, &t, publish, note, err);
    if (status == FORE_OK)
        report(n, what,
               !first && champion && strcmp(champion->model_id, t.scoring->model_id) == 0
                   ? "unchanged"
               : publish ? "published"
                         : "held back: yesterday's model goes on answering",
               note);
    fore_scoring_free(champion);
    fore_training_free(&t);
    return status;
}

static fore_status step_train(night *n, fore_error *err)
{
    const fore_timeline *timeline;
    FORE_TRY(fore_context_history(n->c, &timeline, NULL, err));
    FORE_TRY(train_one(n, FORE_SUBJECT_LEAD, err));
    return train_one(n, FORE_SUBJECT_DEAL, err);
}

/* Where a share of the list is drawn by lot: the day's lists, so that what effort does can be
 * learned whether or not anybody asks for them. */
static fore_status step_list(night *n, fore_error *err)
{
    fore_answer *a = NULL;
    double share;
    bool worked;
    FORE_TRY(fore_explore_share(n->c, 0, false, &share, err));
    if (!(share > 0)) return FORE_OK;
    FORE_TRY(fore_context_is_worked(n->c, &n->r->moment, n->moment.as_of, &worked, err));
    if (!worked) {
        report(n, "list", "no list", "a past day, or one to come: nothing is recorded");
        return FORE_OK;
    }
    foresell_rank_request request = {.moment = n->r->moment, .limit = -1, .seed = n->r->seed};
    FORE_TRY(fore_answer_new(&a, err));
    fore_error why = {0};
    fore_status status = fore_job_rank(n->c, &request, a, &why);
    if (status == FORE_OK) {
        char text[96];
        snprintf(text, sizeof text, "%lld rows kept, %.0f %% of them drawn by lot",
                 (long long)a->grids[0].row_count, 100 * share);
        report(n, "list", text, NULL);
    } else if (status == FORE_E_NO_ANSWER) {
        report(n, "list", "no list", why.message);
        status = FORE_OK;
    } else if (err)
        *err = why;
    fore_answer_free(a);
    return status;
}

static fore_status step_score(night *n, fore_error *err)
{
    fore_answer *a = NULL;
    foresell_score_request request = {.moment = n->r->moment};
    FORE_TRY(fore_answer_new(&a, err));
    fore_error why = {0};
    fore_status status = fore_job_score(n->c, &request, a, &why);
    if (status == FORE_OK) {
        char text[64];
        snprintf(text, sizeof text, "%lld open leads and deals scored",
                 (long long)a->grids[0].row_count);
        report(n, "score", text, NULL);
    } else if (status == FORE_E_NO_ANSWER) {
        report(n, "score", "no scores", why.message);
        status = FORE_OK;
    } else if (err)
        *err = why;
    fore_answer_free(a);
    return status == FORE_OK ? step_list(n, err) : status;
}

/* What the forecast says today, deal by deal, for `changes` to look back at. */
static fore_status keep_snapshots(night *n, fore_error *err)
{
    static const fore_period kinds[] = {FORE_MONTHLY, FORE_QUARTERLY};
    static const int64_t periods[] = {3, 2};
    fore_forecast_state state[2] = {{0}};
    fore_store *s = n->c->store;
    fore_status status = FORE_OK;
    for (int i = 0; i < 2; i++)
        FORE_GO(fore_state_make(n->c, kinds[i], n->moment.as_of, periods[i], n->r->seed, &state[i],
                                err));
    FORE_GO(fore_store_begin(s, err));
    for (int i = 0; i < 2 && status == FORE_OK; i++) status = fore_state_keep(s, &state[i], err);
    if (status == FORE_OK)
        status = fore_store_thin_snapshots(s, fore_date_of(n->moment.as_of) - DAILY_SNAPSHOTS, err);
    if (status == FORE_OK) status = fore_store_commit(s, err);
    if (status != FORE_OK) fore_store_rollback(s);
done:
    for (int i = 0; i < 2; i++) fore_state_free(&state[i]);
    return status;
}

static fore_status step_forecast(night *n, fore_error *err)
{
    fore_answer *a = NULL;
    foresell_forecast_request request = {.moment = n->r->moment, .seed = n->r->seed};
    FORE_TRY(fore_answer_new(&a, err));
    fore_error why = {0};
    fore_status status = fore_job_forecast(n->c, &request, a, &why);
    if (status == FORE_OK) status = keep_answer(n, "forecast", a, &why);
    if (status == FORE_OK) status = keep_snapshots(n, &why);
    if (status == FORE_OK)
        report(n, "forecast", "kept", NULL);
    else if (status == FORE_E_NO_ANSWER) {
        report(n, "forecast", "no forecast", why.message);
        status = FORE_OK;
    } else if (err)
        *err = why;
    fore_answer_free(a);
    return status;
}

/* --- the night --- */

/* Where an interrupted run stopped: the first step still to do. */
static fore_status find_start(night *n, step *first, fore_error *err)
{
    fore_job_row last;
    fore_text scratch = {0};
    bool found;
    char fingerprint[33];
    *first = STEP_IMPORT;
    fore_status status = fore_store_job_last(n->c->store, "nightly", &last, &scratch, &found, err);
    if (status == FORE_OK) status = fore_store_fingerprint(n->c->store, fingerprint, err);
    if (status == FORE_OK && found && strcmp(last.state, "running") == 0 && last.report &&
        strcmp(last.report, fingerprint) == 0)
        for (int s = 0; s < STEPS; s++)
            if (strcmp(last.step, step_words[s]) == 0 && s >= STEP_CHECK) *first = (step)(s + 1);
    fore_text_free(&scratch);
    return status;
}

static fore_status start_run(night *n, fore_error *err)
{
    fore_status status = fore_store_begin(n->c->store, err);
    if (status == FORE_OK)
        status = fore_store_job_start(n->c->store, "nightly", n->moment.now, &n->run, err);
    if (status == FORE_OK) status = fore_store_commit(n->c->store, err);
    if (status != FORE_OK) fore_store_rollback(n->c->store);
    return status;
}

static fore_status run_steps(night *n, fore_error *err)
{
    static fore_status (*const run[STEPS])(night *, fore_error *) = {
        step_import, step_check, step_train, step_score, step_forecast};
    step first;
    FORE_TRY(find_start(n, &first, err));
    FORE_TRY(start_run(n, err));
    /* The exports may have changed since: reading them again costs little and changes nothing
     * twice. */
    for (int s = 0; s < STEPS; s++) {
        if (fore_cancelled(n->c->observer)) return fore_fail(err, FORE_E_CANCELLED, "stopped");
        if (s > STEP_IMPORT && s < (int)first) {
            report(n, step_words[s], "done by the run that was interrupted", NULL);
            continue;
        }
        fore_progress(n->c->observer, step_words[s], s, STEPS);
        char before[33], after[33];
        FORE_TRY(fore_store_fingerprint(n->c->store, before, err));
        fore_status status = run[s](n, err);
        if (status != FORE_OK) return fore_error_prefix(err, status, "%s", step_words[s]);
        FORE_TRY(fore_store_fingerprint(n->c->store, after, err));
        if (strcmp(before, after) != 0)
            first = STEP_IMPORT; /* new rows: nothing done before counts */
        FORE_TRY(fore_context_moment(n->c, &n->r->moment, NULL, &n->moment, err));
        FORE_TRY(mark(n, (step)s, s + 1 == STEPS ? "done" : "running",
                      s + 1 == STEPS ? n->moment.now : FORE_NO_TIME, err));
    }
    return FORE_OK;
}

/* Is there nothing that answers for tomorrow's list? The work is done and kept, but that must be
 * told loudly. */
static fore_status say_if_no_model(night *n, fore_error *err)
{
    for (int kind = FORE_SUBJECT_LEAD; kind <= FORE_SUBJECT_DEAL; kind++) {
        fore_scoring *scoring = NULL;
        fore_error why = {0};
        fore_status status =
            fore_scoring_open(n->c, (fore_subject_kind)kind, FORE_NO_TIME, &scoring, &why);
        fore_scoring_free(scoring);
        if (status == FORE_OK) return FORE_OK;
        if (status == FORE_E_NOT_FOUND || status == FORE_E_MODEL || status == FORE_E_FORMAT)
            continue;
        if (err) *err = why;
        return status;
    }
    fore_answer_missing(n->a, "no model answers, for leads or deals: %s",
                        n->why[0] ? n->why : "nothing could be learned from the history");
    return FORE_OK;
}

fore_status fore_job_nightly(fore_context *c, const foresell_nightly_request *r, fore_answer *a,
                             fore_error *err)
{
    night n = {.c = c, .r = r, .a = a};
    FORE_TRY(fore_store_lock(c->store, "nightly", err));
    n.json = fore_json_to(&a->json);
    n.grid = fore_answer_grid(a, "steps", "The night", columns, 3);
    fore_status status = fore_context_moment(c, &r->moment, NULL, &n.moment, err);
    fore_json_object(&n.json, NULL);
    fore_json_time(&n.json, "started_at", n.moment.now);
    fore_json_array(&n.json, "steps");
    if (status == FORE_OK) status = run_steps(&n, err);
    fore_json_end_array(&n.json);
    fore_json_time(&n.json, "as_of", n.moment.as_of);
    fore_json_end_object(&n.json);
    if (status == FORE_OK) status = keep_answer(&n, "nightly", a, err);
    if (status == FORE_OK) status = say_if_no_model(&n, err);
    fore_store_unlock(c->store);
    return status;
}
