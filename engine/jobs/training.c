/* From the history to a measured model of one purpose:
 *
 *   examples at past cut-offs -> attributes as a frame -> columns that know the outcome are found
 * and left out -> encoding fitted on the train window -> rows -> the measured choice between
 * learners -> cuts for the reasons */
#include "engine/jobs/training.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/close_model.h"
#include "engine/jobs/calibration_words.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/uplift.h"
#include "engine/jobs/stored_leaks.h"
#include "features/leak_attributes.h"

/* Rows that a model learns from and is measured on; beyond it subjects are drawn. Twice as many
 * would move the coefficients by less than their standard errors do. */
static const double ROWS_MAX = 400000, RARE_MAX = 6000;
/* Rows x columns that a training matrix may hold: 1 GB of doubles. */
static const double CELLS_MAX = 0x1p27;
void fore_training_free(fore_training *t)
{
    fore_scoring_free(t->scoring);
    fore_scorer_free(t->choice.scorer);
    fore_examples_free(t->examples);
    fore_attributes_free(t->attributes);
    fore_leak_report_free(t->leaks);
    fore_leak_report_free(t->stored);
    *t = (fore_training){0};
}

/* --- columns --- */

static fore_status choose_features(fore_scoring *s, fore_error *err)
{
    int count = fore_feature_count();
    s->feature = FORE_NEW(count, int32_t);
    if (!s->feature) return fore_no_memory(err);
    for (int f = 0; f < count; f++) {
        const fore_feature *feature = fore_feature_at(f);
        bool applies = s->kind == FORE_SUBJECT_LEAD ? feature->leads : feature->deals;
        if (applies) s->feature[s->feature_count++] = f;
    }
    return FORE_OK;
}

/* Features that are computed from an attribute fall with it: the win rate of a product that is
 * filled in when the deal is won would give the outcome away just as the product does. */
static const struct {
    const char *attribute, *feature;
} rests_on[] = {
    {"Product", "product_win_rate"}, {"Product", "amount_vs_product"},
    {"Source", "source_win_rate"},   {"Campaign", "campaign_win_rate"},
    {"Owner", "owner_win_rate"},     {"Owner", "owner_wins_90d"},
    {"Owner", "owner_open"},         {"Owner", "amount_vs_owner"},
};

/* Where being linked with an account tells the outcome, so does everything that is known of it. */
static bool needs_account(const fore_feature *feature)
{
    return feature->group == FORE_GROUP_ACCOUNT || strcmp(feature->name, "amount_vs_account") == 0;
}

static bool is_left_out(const fore_leak_report *leaks, const char *column, const char *use)
{
    const fore_leak_finding *finding = fore_leak_of(leaks, column);
    return finding && finding->grade != FORE_LEAK_CLEAN && !fore_list_names(use, finding->name);
}

static void drop_dependents(fore_scoring *s, const fore_leak_report *leaks, const char *use)
{
    int64_t kept = 0;
    for (int64_t f = 0; f < s->feature_count; f++) {
        const fore_feature *feature = fore_feature_at(s->feature[f]);
        bool falls = needs_account(feature) && is_left_out(leaks, "Account given", use);
        for (size_t i = 0; i < sizeof rests_on / sizeof *rests_on && !falls; i++) {
            if (strcmp(rests_on[i].feature, feature->name) == 0)
                falls = is_left_out(leaks, rests_on[i].attribute, use);
        }
        if (!falls) s->feature[kept++] = s->feature[f];
    }
    s->feature_count = kept;
}

/* Fits the encoding on the train window, without the columns that know the outcome. */
static fore_status fit_encoding(fore_training *t, fore_scoring *s, const char *use, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t n = t->examples->n, m = 0, drops = 0;
    int64_t *frame_row = FORE_NEW(n, int64_t), *group = FORE_NEW(n, int64_t);
    double *reference = FORE_NEW(n, double), *label = FORE_NEW(n, double);
    const char **drop = FORE_NEW(t->leaks->columns, const char *);
    if (!frame_row || !group || !reference || !label || !drop) {
        status = fore_no_memory(err);
        goto done;
    }
    bool no_account = is_left_out(t->leaks, "Account given", use);
    for (int64_t j = 0; j < t->leaks->columns; j++) {
        const fore_leak_finding *f = &t->leaks->finding[j];
        bool falls = f->grade != FORE_LEAK_CLEAN || (no_account && t->attributes->from_account[j]);
        if (falls && !fore_list_names(use, f->name)) drop[drops++] = f->name;
    }
    t->left_out_columns += drops;
    for (int64_t i = 0; i < n; i++) {
        if (t->examples->window[i] != FORE_WINDOW_TRAIN) continue;
        frame_row[m] = t->examples->row[i].subject - t->attributes->first;
        group[m] = t->attributes->group[frame_row[m]];
        reference[m] = (double)t->examples->row[i].as_of / (double)FORE_DAY;
        label[m++] = t->examples->label[i];
    }
    fore_encoding_options options = fore_encoding_defaults();
    options.drop = drop;
    options.drops = drops;
    fore_encode_rows rows = {.rows = frame_row, .n = m, .reference = reference, .group = group};
    status = fore_encoding_fit(t->attributes->frame, &rows, label, &options, &s->encoding, err);
done:
    fore_free(frame_row);
    fore_free(group);
    fore_free(reference);
    fore_free(label);
    fore_free(drop);
    return status;
}

/* --- rows --- */

/* Keeps whole subjects by a hash of their key, about `most` rows. *kept_share: what earlier calls have
 * left (1 at first), as the same hash decides again. */
static void thin_rows(fore_examples *e, const fore_timeline *timeline, double most, double *kept_share)
{
    double share = most / (double)e->n * *kept_share;
    if (share >= *kept_share) return;
    *kept_share = share;
    int64_t kept = 0;
    for (int64_t i = 0; i < e->n; i++) {
        int64_t key = timeline->key[e->row[i].subject];
        if ((double)(fore_hash(&key, sizeof key, 11) >> 11) * 0x1p-53 >= share) continue;
        e->row[kept] = e->row[i];
        e->label[kept] = e->label[i];
        e->weight[kept] = e->weight[i];
        e->window[kept++] = e->window[i];
    }
    e->n = kept;
}

/* ROWS_MAX, or more where the rarer outcome would keep fewer than RARE_MAX. */
static double rows_wanted(const fore_examples *e)
{
    double won = 0;
    for (int64_t i = 0; i < e->n; i++) won += e->label[i] > 0.5;
    double rarer = fmin(won, (double)e->n - won) / (double)e->n;
    return fmax(ROWS_MAX, RARE_MAX / rarer);
}

/* Rows of a window side by side, windows in order of time: whoever takes some of them then reads
 * the matrix as it lies. Inside a window the order stays. */
static fore_status order_rows(fore_examples *e, fore_error *err)
{
    fore_examples sorted = {.row = FORE_NEW(e->n, fore_extract_row),
                            .label = FORE_NEW(e->n, double),
                            .weight = FORE_NEW(e->n, double),
                            .window = FORE_NEW(e->n, uint8_t)};
    bool good = sorted.row && sorted.label && sorted.weight && sorted.window;
    int64_t m = 0;
    for (int w = 0; good && w < FORE_WINDOWS; w++)
        for (int64_t i = 0; i < e->n; i++) {
            if (e->window[i] != w) continue;
            sorted.row[m] = e->row[i];
            sorted.label[m] = e->label[i];
            sorted.weight[m] = e->weight[i];
            sorted.window[m++] = (uint8_t)w;
        }
    fore_examples old = good ? *e : sorted;
    if (good) {
        e->row = sorted.row;
        e->label = sorted.label;
        e->weight = sorted.weight;
        e->window = sorted.window;
    }
    fore_free(old.row);
    fore_free(old.label);
    fore_free(old.weight);
    fore_free(old.window);
    return good ? FORE_OK : fore_no_memory(err);
}

static uint8_t role_of(uint8_t window)
{
    /* In time: train, validate, calibrate, test. The choice calibrates before it compares. */
    switch (window) {
    case FORE_WINDOW_TRAIN: return FORE_ROLE_TRAIN;
    case FORE_WINDOW_VALIDATE: return FORE_ROLE_CALIBRATE;
    case FORE_WINDOW_CALIBRATE: return FORE_ROLE_VALIDATE;
    default: return FORE_ROLE_TEST;
    }
}

static double training_rate(const fore_examples *e)
{
    double won = 0, all = 0;
    for (int64_t i = 0; i < e->n; i++) {
        if (e->window[i] == FORE_WINDOW_TEST) continue;
        won += e->weight[i] * e->label[i];
        all += e->weight[i];
    }
    return all > 0 ? won / all : NAN;
}

/* How well the winner orders what was open at one moment, which is what a daily list is. */
static fore_status measure_same_day(fore_context *c, fore_training *t, const fore_sample *sample,
                                    const uint8_t *role, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_rows rows = {0};
    double *probability = NULL;
    int64_t *moment = NULL;
    t->auc_same_day = NAN;
    FORE_TRY(fore_rows_take(c->pool, sample, role, 1u << FORE_ROLE_TEST, &rows, err));
    int64_t n = rows.sample.x.rows;
    probability = FORE_NEW(n, double);
    moment = FORE_NEW(n, int64_t);
    if (!probability || !moment) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) moment[i] = t->examples->row[rows.index[i]].as_of;
    FORE_GO(fore_scorer_predict(c->pool, t->choice.scorer, &rows.sample.x, probability, NULL, NULL,
                                NULL, err));
    status = fore_auc_within(probability, rows.sample.y, rows.sample.weight, moment, n,
                             &t->auc_same_day, err);
done:
    fore_free(probability);
    fore_free(moment);
    fore_rows_free(&rows);
    return status;
}

/* Which column of `now` is each of `before`, by name; -1: none. */
static void find_columns(const fore_scoring *before, const fore_scoring *now, int64_t *to)
{
    for (int64_t j = 0; j < before->columns; j++) {
        const char *name = fore_scoring_column_name(before, j);
        to[j] = -1;
        for (int64_t k = 0; k < now->columns && to[j] < 0; k++)
            if (strcmp(name, fore_scoring_column_name(now, k)) == 0) to[j] = k;
    }
}

/* The trees of options.go_on for the columns of s, or NULL; says why not. */
static fore_status trees_before(const fore_training_options *options, const fore_scoring *s,
                                fore_training *t, fore_trees **out, fore_error *err)
{
    const fore_scoring *before = options->go_on;
    const fore_trees *trees = before ? fore_scorer_trees(before->scorer) : NULL;
    char why[120] = "";
    int64_t gone = 0;
    *out = NULL;
    if (!before) return FORE_OK;
    int64_t *to = FORE_NEW(before->columns, int64_t);
    if (!to) return fore_no_memory(err);
    find_columns(before, s, to);
    fore_status status = trees ? fore_trees_moved(trees, to, s->columns, out, &gone, err) : FORE_OK;
    if (!trees)
        snprintf(why, sizeof why, "is not of trees");
    else if (status == FORE_E_MODEL)
        snprintf(why, sizeof why, "needs '%.80s', which is no column now",
                 fore_scoring_column_name(before, gone));
    else if (fore_trees_count(trees) + FORE_MORE_TREES > FORE_MOST_TREES)
        snprintf(why, sizeof why, "has as many trees as a model may have");
    if (why[0]) {
        fore_trees_free(*out);
        *out = NULL;
        snprintf(t->went_on, sizeof t->went_on, "Learned from scratch: %.80s %s.", before->model_id,
                 why);
        status = FORE_OK;
    }
    fore_free(to);
    return status;
}

static fore_status fit_rows(fore_context *c, fore_training *t, fore_scoring *s,
                            const fore_timeline *timeline, const fore_extractor *extractor,
                            const fore_training_options *options, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_trees *before = NULL;
    const fore_examples *e = t->examples;
    int64_t n = e->n, p = s->columns;
    double *x = FORE_NEW(n * p, double);
    int64_t *group = FORE_NEW(n, int64_t), *key = FORE_NEW(n, int64_t);
    int32_t *family = FORE_NEW(p, int32_t);
    uint8_t *role = FORE_NEW(n, uint8_t);
    s->cut = FORE_NEW(p, fore_reason_cut);
    if (!x || !group || !key || !family || !role || !s->cut) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < n; i++) {
        group[i] = timeline->key[e->row[i].subject];
        key[i] = i; /* the order of rows is by window, subject key and moment */
        role[i] = role_of(e->window[i]);
    }
    bool middle = e->summary[FORE_WINDOW_CALIBRATE].rows > 0;
    for (int64_t i = 0; i < n && !middle; i++) /* one window for both: it compares */
        if (role[i] == FORE_ROLE_CALIBRATE) role[i] = FORE_ROLE_VALIDATE;
    fore_progress(c->observer, "features", 0, 0);
    FORE_GO(fore_scoring_matrix(s, extractor, c->pool, t->attributes, e->row, n,
                                FORE_ENCODE_TRAINING, x, err));
    fore_view past = {x, 0, p, n, NULL}; /* reasons are measured on the rows of the base rate */
    while (past.rows < n && e->window[past.rows] != FORE_WINDOW_TEST) past.rows++;
    FORE_GO(fore_reasons_measure(c->pool, &past, e->label, e->weight, group, s->base_rate, s->cut,
                                 err));
    for (int64_t j = 0; j < s->feature_count; j++) family[j] = -1;
    fore_encoding_family(s->encoding, family + s->feature_count);
    fore_sample sample = {{x, n, p, n, NULL}, e->label, e->weight, group, key, family};
    fore_choose_options choose = fore_choose_default();
    choose.base.seed = options->seed;
    memcpy(choose.without, options->without, sizeof choose.without);
    FORE_GO(trees_before(options, s, t, &before, err));
    choose.base.go_on = before;
    FORE_GO(fore_choose(c->pool, &sample, role, &choose, c->observer, &t->choice, err));
    FORE_GO(measure_same_day(c, t, &sample, role, err));
    if (choose.base.go_on && t->choice.winner == FORE_TREES)
        snprintf(t->went_on, sizeof t->went_on, "%d more trees on top of %.80s.", FORE_MORE_TREES,
                 options->go_on->model_id);
    else if (choose.base.go_on)
        snprintf(t->went_on, sizeof t->went_on, "Learned from scratch: trees were not the best.");
    s->scorer = t->choice.scorer;
    t->choice.scorer = NULL;
done:
    fore_trees_free(before);
    fore_free(x);
    fore_free(group);
    fore_free(key);
    fore_free(family);
    fore_free(role);
    return status;
}

uint64_t fore_training_examples_seed(uint64_t seed) { return seed + 1; }

fore_status fore_training_run(fore_context *c, fore_subject_kind kind,
                              const fore_training_options *options, fore_training *t,
                              fore_error *err)
{
    double share = 1; /* of the rows, kept so far */
    fore_status status = FORE_OK;
    const fore_timeline *timeline;
    const fore_extractor *extractor;
    *t = (fore_training){0};
    fore_examples_options wanted = fore_examples_defaults(options->as_of);
    fore_scoring *s = FORE_ZNEW(1, fore_scoring);
    if (!s) return fore_no_memory(err);
    s->kind = kind;
    s->as_of = options->as_of;
    s->log_loss = s->baseline_log_loss = NAN;
    FORE_GO(fore_scoring_set_use(s, options->use, err));
    wanted.horizon_days = options->horizon_days;
    wanted.seed = fore_training_examples_seed(options->seed);
    FORE_GO(fore_context_history(c, &timeline, &extractor, err));
    fore_progress(c->observer, "examples", 0, 0);
    FORE_GO(fore_examples_make(timeline, kind, &wanted, &t->examples, err));
    thin_rows(t->examples, timeline, rows_wanted(t->examples), &share);
    FORE_GO(order_rows(t->examples, err));
    FORE_GO(fore_attributes_read(c->store, timeline, kind, options->as_of, NULL, 0, &t->attributes,
                                 err));
    FORE_GO(fore_leak_find_attributes(t->attributes, timeline, t->examples->test_start,
                                      options->as_of, c->pool, &t->leaks, err));
    FORE_GO(choose_features(s, err));
    drop_dependents(s, t->leaks, options->use);
    FORE_GO(fore_stored_leaks(c, s, t, timeline, extractor, options->use, err));
    FORE_GO(fit_encoding(t, s, options->use, err));
    fore_store_rest(c->store); /* what follows needs the memory and not the tables */
    s->columns = s->feature_count + fore_encoding_count(s->encoding);
    s->horizon_days = t->examples->horizon_days;
    thin_rows(t->examples, timeline, CELLS_MAX / (double)s->columns, &share);
    s->base_rate = training_rate(t->examples);
    FORE_GO(fit_rows(c, t, s, timeline, extractor, options, err));
    t->scoring = s;
    s = NULL;
done:
    fore_scoring_free(s);
    if (status != FORE_OK) fore_training_free(t);
    return status;
}

/* --- keeping it --- */

void fore_quality_json(fore_json_writer *json, const fore_quality *q)
{
    fore_json_integer(json, "rows", q->rows);
    fore_json_number(json, "positives", q->positives);
    fore_json_number(json, "base_rate", q->base_rate);
    fore_json_number(json, "mean_probability", q->mean_probability);
    fore_json_number(json, "auc", q->auc);
    fore_json_number(json, "log_loss", q->log_loss);
    fore_json_number(json, "brier", q->brier);
    fore_json_number(json, "calibration_error", q->ece);
    fore_json_number(json, "calibration_error_by_chance", q->ece_chance);
    fore_json_number(json, "calibration_slope", q->slope);
    fore_json_number(json, "calibration_intercept", q->intercept);
    fore_json_number(json, "lift_top_tenth", q->lift_top);
}

fore_status fore_training_metrics(const fore_training *t, fore_text *out, fore_error *err)
{
    fore_json_writer json = fore_json_to(out);
    fore_json_object(&json, NULL);
    fore_quality_json(&json, &t->choice.test);
    fore_json_number(&json, "auc_same_day", t->auc_same_day);
    fore_json_number(&json, "baseline_log_loss", t->choice.baseline.log_loss);
    fore_shift_json(&json, "shift", &t->choice.shift);
    fore_json_bool(&json, "out_of_fold", t->choice.test_out_of_fold);
    fore_json_bool(&json, "few_wins", t->choice.few_positives || t->examples->few_wins);
    fore_json_number(&json, "horizon_days", t->examples->horizon_days);
    fore_json_time(&json, "test_start", t->examples->test_start);
    fore_json_object(&json, "challengers");
    for (int l = 0; l < FORE_LEARNERS; l++) {
        const fore_challenger *challenger = &t->choice.table[l];
        if (!challenger->tried) continue;
        fore_json_object(&json, fore_learner_name((fore_learner)l));
        fore_quality_json(&json, &challenger->validate);
        fore_json_end_object(&json);
    }
    fore_json_end_object(&json);
    fore_json_end_object(&json);
    return fore_text_check(out, err);
}

/* The id says what and when, and ends in a mark of the contents: the same training gives the same
 * id. */
static void name_model(fore_scoring *s, const fore_text *body)
{
    fore_fingerprint fp;
    char hex[33], date[32];
    fore_fingerprint_start(&fp);
    fore_fingerprint_add(&fp, body->bytes, body->length);
    fore_fingerprint_hex(&fp, hex);
    fore_date_format(fore_date_of(s->as_of), date);
    snprintf(s->model_id, sizeof s->model_id, "%s-%.4s%.2s%.2s-%.6s", fore_purpose(s->kind), date,
             date + 5, date + 8, hex);
}

/* What answers ask for beside the chance itself, learned once, here, from the same history. */
static fore_status learn_beside(fore_context *c, fore_scoring *s, fore_error *err)
{
    if (!s->uplift) {
        s->uplift = FORE_ZNEW(1, fore_uplift);
        if (!s->uplift) return fore_no_memory(err);
        FORE_TRY(fore_uplift_learn(c, s->as_of, s->horizon_days, s->uplift, err));
    }
    if (s->kind != FORE_SUBJECT_DEAL || s->close) return FORE_OK;
    fore_error why = {0};
    fore_status status = fore_close_model_learn(c, s->as_of, NULL, &s->close, &why);
    if (status == FORE_E_NO_ANSWER) return FORE_OK;
    if (status != FORE_OK && err) *err = why;
    return status;
}

fore_status fore_training_store(fore_context *c, fore_training *t, int64_t now, uint64_t seed,
                                const char *state, const char *note, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_scoring *s = t->scoring;
    fore_text body = {0}, metrics = {0};
    char fingerprint[33];
    FORE_GO(learn_beside(c, s, err));
    FORE_GO(fore_scoring_save(s, &body, err));
    FORE_GO(fore_training_metrics(t, &metrics, err));
    FORE_GO(fore_store_fingerprint(c->store, fingerprint, err));
    name_model(s, &body);
    fore_model_row row = {.id = s->model_id,
                          .purpose = fore_purpose(s->kind),
                          .created_at = now,
                          .as_of = s->as_of,
                          .seed = (int64_t)seed,
                          .learner = fore_learner_name(t->choice.winner),
                          .fingerprint = fingerprint,
                          .metrics = fore_text_string(&metrics),
                          .state = state,
                          .note = note,
                          .body = body.bytes,
                          .body_length = body.length};
    FORE_GO(fore_store_put_model(c->store, &row, &s->model_pk, err));
done:
    fore_text_free(&body);
    fore_text_free(&metrics);
    return status;
}

int64_t fore_training_test_rows(const fore_training *t, fore_extract_row *rows, double *label,
                                double *weight)
{
    int64_t m = 0;
    for (int64_t i = 0; i < t->examples->n; i++) {
        if (t->examples->window[i] != FORE_WINDOW_TEST) continue;
        rows[m] = t->examples->row[i];
        label[m] = t->examples->label[i];
        weight[m++] = t->examples->weight[i];
    }
    return m;
}
