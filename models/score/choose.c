/* The measured choice; see choose.h for the protocol.
 *
 *     count rows and outcomes per role
 *     fewer than FORE_FEW_POSITIVES of the rarer outcome outside TEST, or TRAIN or VALIDATE with
 *     one outcome only: the additive learner, whose prior learns how far to shrink, on everything
 *     but TEST (the logistic where only a window lacks an outcome)
 *
 *     else two origins per learner: fitted on TRAIN for CALIBRATE (on a Platt line of these rows);
 *     fitted on TRAIN + CALIBRATE, calibrated by the first origin's margins there, for VALIDATE (with
 *     many rows the first fit serves both); the simplest wins that no other beats on both together by
 *     more than one standard error and by 0.2 % of the loss
 *
 *     forward: slope of the outcome on the winner's margins of rows after those fitted,
 *     TRAIN -> CALIBRATE and TRAIN + CALIBRATE -> VALIDATE, pooled by information
 *
 *     the winner again on all rows but TEST; level of VALIDATE, damped by forward
 *
 *     measure on TEST, beside the base rate of the other rows */
#include "models/score/choose.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/measure/paired.h"
#include "models/score/scorer_inside.h"

enum {
    FOLDS = 5,
    ROLES = 5,
    ROLL_ROWS = 50000, /* TRAIN + CALIBRATE: more are fitted once for both windows */
    FEW_NEWEST = 20    /* rows of each outcome by which VALIDATE alone sets the level */
};
#define SET(role) (UINT32_C(1) << (role))
static const uint32_t PAST =
    SET(FORE_ROLE_TRAIN) | SET(FORE_ROLE_CALIBRATE) | SET(FORE_ROLE_VALIDATE);
static const double UNNOTICED = 0.002; /* share of the log loss that is worth no other learner */
static const uint64_t THIN_SEED = UINT64_C(0x436f6d70);

typedef struct choosing {
    fore_pool *pool;
    const fore_sample *sample;
    const uint8_t *role;
    const fore_choose_options *options;
    const fore_observer *observer;
    fore_choice *out;
} choosing;

fore_choose_options fore_choose_default(void)
{
    return (fore_choose_options){.base = fore_scorer_default(FORE_LOGISTIC),
                                 .compare_rows = 150000};
}

static void say(fore_choice *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(fore_choice *out, const char *format, ...)
{
    size_t used = strlen(out->note);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && used + 1 < sizeof out->note) out->note[used++] = ' ';
    vsnprintf(out->note + used, sizeof out->note - used, format, arguments);
    va_end(arguments);
}

/* ---- counting ---- */

typedef struct membership {
    int64_t subject;
    uint8_t role;
} membership;

static int by_subject(const void *a, const void *b)
{
    const membership *x = a, *y = b;
    return (x->subject > y->subject) - (x->subject < y->subject);
}

static fore_status count_shared(const choosing *c, fore_error *err)
{
    const int64_t *group = c->sample->group;
    int64_t n = c->sample->x.rows, count = 0;
    if (!group) return FORE_OK;
    membership *m = FORE_NEW(n, membership);
    if (!m) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++)
        if (c->role[i] != FORE_ROLE_NONE) m[count++] = (membership){group[i], c->role[i]};
    qsort(m, (size_t)count, sizeof *m, by_subject);
    for (int64_t i = 0; i < count;) {
        bool shared = false;
        int64_t start = i;
        for (; i < count && m[i].subject == m[start].subject; i++)
            shared |= m[i].role != m[start].role;
        c->out->shared_subjects += shared;
    }
    fore_free(m);
    return FORE_OK;
}

static fore_status count_roles(const choosing *c, fore_error *err)
{
    for (int64_t i = 0; i < c->sample->x.rows; i++) {
        if (c->role[i] >= ROLES)
            return fore_fail(err, FORE_E_ARGUMENT, "row %lld has the unknown role %d",
                             (long long)i + 1, c->role[i]);
        c->out->rows[c->role[i]]++;
        c->out->positives[c->role[i]] += c->sample->y[i] > 0;
    }
    FORE_TRY(count_shared(c, err));
    if (c->out->shared_subjects > 0)
        say(c->out,
            "%lld subjects have rows in more than one time window, which flatters the test.",
            (long long)c->out->shared_subjects);
    return FORE_OK;
}

static bool both_classes(const fore_choice *out, fore_role role)
{
    return out->positives[role] > 0 && out->positives[role] < out->rows[role];
}

/* ---- measuring ---- */

/* loss (n, or NULL): the log loss of each row, for paired comparisons. */
static fore_status measure(const choosing *c, const fore_scorer *scorer, const fore_sample *rows,
                           fore_quality *out, double *loss, fore_error *err)
{
    double *probability = FORE_NEW(rows->x.rows, double);
    fore_status status = probability ? FORE_OK : fore_no_memory(err);
    if (status == FORE_OK)
        status = fore_scorer_predict(c->pool, scorer, &rows->x, probability, NULL, NULL, NULL, err);
    if (status == FORE_OK)
        status = fore_quality_measure(probability, rows->y, rows->weight, rows->x.rows, out, err);
    for (int64_t i = 0; loss && status == FORE_OK && i < rows->x.rows; i++)
        loss[i] = rows->y[i] > 0 ? -log(probability[i]) : -log1p(-probability[i]);
    fore_free(probability);
    return status;
}

/* The rows that learners are compared on: those of CALIBRATE, then those of VALIDATE. */
typedef struct arena {
    const fore_sample *calibrate, *validate;
    const fore_sample
        *earlier; /* TRAIN + CALIBRATE, fitted anew before VALIDATE; NULL: too many rows */
    int64_t n;
    double *weight;
    int64_t *group; /* NULL: each row its own subject */
} arena;

static void arena_free(arena *a)
{
    fore_free(a->weight);
    fore_free(a->group);
}

static fore_status arena_new(const fore_sample *calibrate, const fore_sample *validate, arena *a,
                             fore_error *err)
{
    int64_t m = calibrate->x.rows;
    *a = (arena){.calibrate = calibrate, .validate = validate, .n = m + validate->x.rows};
    a->weight = FORE_NEW(a->n, double);
    if (validate->group) a->group = FORE_NEW(a->n, int64_t);
    if (!a->weight || (validate->group && !a->group)) {
        arena_free(a);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < a->n; i++) {
        const fore_sample *s = i < m ? calibrate : validate;
        int64_t j = i < m ? i : i - m;
        a->weight[i] = s->weight ? s->weight[j] : 1;
        if (a->group) a->group[i] = s->group[j];
    }
    return FORE_OK;
}

/* Is the mean loss `now` below that of `before` by more than one standard error of their
 * difference, and by more than nobody would notice? Rows of one subject count as one observation.
 */
static fore_status clearly_better(const arena *a, const double *now, const double *before,
                                  bool *better, fore_error *err)
{
    fore_paired gain;
    double lost = 0, weight = 0;
    FORE_TRY(fore_paired_difference(before, now, a->weight, a->group, a->n, &gain, err));
    for (int64_t i = 0; i < a->n; i++) {
        lost += a->weight[i] * before[i];
        weight += a->weight[i];
    }
    *better = gain.mean > gain.error && gain.mean > UNNOTICED * lost / weight;
    return FORE_OK;
}

/* Losses of a core on later rows, on the Platt line of these very rows: nothing was known yet that
 * could calibrate it. */
static fore_status measure_on_line(const choosing *c, const fore_scorer *scorer,
                                  const fore_sample *rows, double *loss, fore_error *err)
{
    int64_t n = rows->x.rows;
    fore_calibration *line = NULL;
    double *margin = FORE_NEW(n, double);
    fore_status status = FORE_OK;
    if (!margin) return fore_no_memory(err);
    if (n == 0) goto done;
    FORE_GO(scorer_margins(c->pool, scorer, &rows->x, margin, err));
    FORE_GO(fore_calibration_fit(FORE_CALIBRATE_PLATT, 1, margin, rows->y, rows->weight, n, &line,
                                 err));
    for (int64_t i = 0; i < n; i++) {
        double p = fore_calibrated(line, margin[i], 0, 1, NULL, NULL);
        loss[i] = rows->y[i] > 0 ? -log(p) : -log1p(-p);
    }
done:
    fore_calibration_free(line);
    fore_free(margin);
    return status;
}

static double base_rate(const fore_sample *rows)
{
    double positive = 0, weight = 0;
    for (int64_t i = 0; i < rows->x.rows; i++) {
        double w = rows->weight ? rows->weight[i] : 1;
        positive += w * rows->y[i];
        weight += w;
    }
    return (positive + 0.5) / (weight + 1);
}

static fore_status measure_baseline(double rate, const fore_sample *rows, fore_quality *out,
                                    fore_error *err)
{
    int64_t n = rows->x.rows;
    double *probability = FORE_NEW(n, double);
    if (!probability) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) probability[i] = rate;
    fore_status status = fore_quality_measure(probability, rows->y, rows->weight, n, out, err);
    fore_free(probability);
    return status;
}

/* Five-fold estimate by subject for the learner on the rows fitted. */
static fore_status measure_fold(const choosing *c, const fore_sample *rows,
                                const fore_scorer_options *o, const uint8_t *fold, int k,
                                double *probability, fore_error *err)
{
    fore_rows inside = {0}, outside = {0};
    fore_scorer *scorer = NULL;
    double *part = NULL;
    fore_status status = FORE_OK;
    FORE_GO(fore_rows_part(rows, fold, ~SET(k), &inside, err));
    FORE_GO(fore_rows_part(rows, fold, SET(k), &outside, err));
    int64_t m = outside.sample.x.rows;
    if (m == 0) goto done;
    part = FORE_NEW(m, double);
    if (!part) FORE_GO(fore_no_memory(err));
    status = fore_scorer_fit(c->pool, &inside.sample, NULL, o, c->observer, &scorer, err);
    if (status == FORE_OK) {
        FORE_GO(
            fore_scorer_predict(c->pool, scorer, &outside.sample.x, part, NULL, NULL, NULL, err));
    } else if (status ==
               FORE_E_NO_ANSWER) { /* the other folds are of one class: only their rate is known */
        status = FORE_OK;
        for (int64_t i = 0; i < m; i++) part[i] = base_rate(&inside.sample);
    }
    for (int64_t i = 0; i < m && status == FORE_OK; i++) probability[outside.index[i]] = part[i];
done:
    fore_free(part);
    fore_scorer_free(scorer);
    fore_rows_free(&inside);
    fore_rows_free(&outside);
    return status;
}

static fore_status measure_out_of_fold(const choosing *c, const fore_sample *rows,
                                       const fore_scorer_options *o, fore_error *err)
{
    int64_t n = rows->x.rows;
    uint8_t *fold = FORE_NEW(n, uint8_t);
    double *probability = FORE_NEW(n, double);
    fore_status status = FORE_OK;
    if (!fold || !probability) FORE_GO(fore_no_memory(err));
    fore_rows_fold(rows, FOLDS, o->seed + 1, fold);
    for (int k = 0; k < FOLDS; k++) FORE_GO(measure_fold(c, rows, o, fold, k, probability, err));
    FORE_GO(fore_quality_measure(probability, rows->y, rows->weight, n, &c->out->test, err));
    status = measure_baseline(base_rate(rows), rows, &c->out->baseline, err);
done:
    fore_free(fold);
    fore_free(probability);
    return status;
}

/* ---- the two ways ---- */

static fore_scorer_options options_for(const choosing *c, fore_learner learner)
{
    fore_scorer_options o = c->options->base;
    o.learner = learner;
    o.trees.seed = o.svm.seed = o.seed;
    const int64_t *rows = c->out->rows;
    o.svm = fore_svm_settled(o.svm, rows[FORE_ROLE_TRAIN] + rows[FORE_ROLE_CALIBRATE] +
                                        rows[FORE_ROLE_VALIDATE]);
    return o;
}

/* The two origins: fitted on TRAIN for CALIBRATE; fitted on TRAIN + CALIBRATE, on the curve that the
 * first origin has found, for VALIDATE. */
static fore_status roll(const choosing *c, const fore_scorer_options *o, const fore_scorer *first,
                        const arena *a, fore_quality *out, double *loss, fore_error *err)
{
    fore_scorer *second = NULL;
    double *later = loss + a->calibrate->x.rows;
    FORE_TRY(measure_on_line(c, first, a->calibrate, loss, err));
    if (!a->earlier) return measure(c, first, a->validate, out, later, err);
    FORE_TRY(scorer_core(c->pool, a->earlier, o, NULL, c->observer, &second, err));
    second->calibration = first->calibration; /* lent */
    fore_status status = measure(c, second, a->validate, out, later, err);
    second->calibration = NULL;
    fore_scorer_free(second);
    return status;
}

static fore_status challenge(const choosing *c, fore_learner learner, const fore_sample *train,
                             const arena *a, fore_scorer **scorer, double *loss, fore_error *err)
{
    fore_challenger *row = &c->out->table[learner];
    fore_scorer_options o = options_for(c, learner);
    fore_error local = {0};
    *scorer = NULL;
    if (c->options->without[learner]) {
        snprintf(row->why, sizeof row->why, "left out by choice");
        return FORE_OK;
    }
    fore_status status =
        fore_scorer_fit(c->pool, train, a->calibrate, &o, c->observer, scorer, &local);
    if (status == FORE_E_NO_ANSWER || status == FORE_E_LIMIT || status == FORE_E_NUMERIC) {
        snprintf(row->why, sizeof row->why, "%.250s", local.message);
        return FORE_OK;
    }
    if (status != FORE_OK) {
        if (err) *err = local;
        return status;
    }
    row->tried = true;
    return roll(c, &o, *scorer, a, &row->validate, loss, err);
}

/* The learners come from the simplest on; a later one takes the place only when its log loss on
 * CALIBRATE and VALIDATE is lower by more than one standard error: small windows must not choose by
 * chance, and one window alone may be a lucky one. */
static fore_status compare(const choosing *c, const fore_sample *train,
                           const fore_sample *calibrate, const fore_sample *validate,
                           const fore_sample *earlier, fore_scorer **best, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_scorer *scorer = NULL;
    arena a;
    FORE_TRY(arena_new(calibrate, validate, &a, err));
    if (earlier->x.rows <= ROLL_ROWS) a.earlier = earlier;
    double *loss = FORE_NEW(2 * a.n, double), *now = loss, *before = loss + a.n;
    if (!loss) FORE_GO(fore_no_memory(err));
    for (int k = 0; k < FORE_LEARNERS; k++) {
        fore_progress(c->observer, "comparing learners", k, FORE_LEARNERS);
        FORE_GO(challenge(c, (fore_learner)k, train, &a, &scorer, now, err));
        bool better = scorer && !*best;
        if (scorer && *best) FORE_GO(clearly_better(&a, now, before, &better, err));
        if (better) {
            fore_scorer_free(*best);
            *best = scorer;
            scorer = NULL;
            c->out->winner = (fore_learner)k;
            double *swap = now;
            now = before;
            before = swap;
        }
        fore_scorer_free(scorer);
        scorer = NULL;
    }
    if (!*best)
        status = fore_fail(err, FORE_E_NO_ANSWER,
                           "no learner could be fitted (%s: %.300s); allow another one",
                           fore_learner_name(FORE_LOGISTIC), c->out->table[FORE_LOGISTIC].why);
done:
    fore_scorer_free(scorer);
    fore_free(loss);
    arena_free(&a);
    return status;
}

static fore_status finish(const choosing *c, const fore_sample *fitted, const fore_sample *test,
                          bool few, fore_error *err)
{
    fore_choice *out = c->out;
    fore_scorer_options o = options_for(c, out->winner);
    if (both_classes(out, FORE_ROLE_TEST)) {
        FORE_TRY(measure(c, out->scorer, test, &out->test, NULL, err));
        FORE_TRY(measure_baseline(base_rate(fitted), test, &out->baseline, err));
        if (!test->weight && !test->group) /* its errors count every row as a subject of its own */
            FORE_TRY(fore_scorer_shift(c->pool, out->scorer, &test->x, &out->shift, err));
    } else {
        out->test_out_of_fold = true;
        FORE_TRY(measure_out_of_fold(c, fitted, &o, err));
        say(out,
            "The newest window does not hold both outcomes, so the quality was measured by five-fold "
            "cross-validation on the older rows.");
    }
    out->beats_baseline = out->test.log_loss < out->baseline.log_loss;
    if (few)
        say(out,
            "With so few outcomes of one kind the answer leans on the base rate and the intervals are wide.");
    if (!out->beats_baseline)
        say(out,
            "On the rows it was tested on the model is no better than the base rate (log loss %.4f against "
            "%.4f): rank with care.",
            out->test.log_loss, out->baseline.log_loss);
    return FORE_OK;
}

static fore_status choose_few(const choosing *c, const fore_sample *fitted, const fore_sample *test,
                              fore_error *err)
{
    bool shrunk = c->out->few_positives && !c->options->without[FORE_ADDITIVE];
    c->out->winner = shrunk ? FORE_ADDITIVE : FORE_LOGISTIC;
    fore_scorer_options o = options_for(c, c->out->winner);
    for (int k = 0; k < FORE_LEARNERS; k++)
        snprintf(c->out->table[k].why, sizeof c->out->table[k].why,
                 c->out->few_positives ? "too few outcomes to compare learners"
                                       : "a time window holds one outcome only");
    FORE_TRY(fore_scorer_fit(c->pool, fitted, NULL, &o, c->observer, &c->out->scorer, err));
    return finish(c, fitted, test, c->out->few_positives, err);
}

/* Adds the slope of the outcome on the scorer's margins of rows later than those it was fitted on.
 */
static fore_status add_slope(const choosing *c, const fore_scorer *scorer, const fore_sample *later,
                             double *sum, double *information, fore_error *err)
{
    double *margin = FORE_NEW(later->x.rows, double), slope, known;
    if (!margin) return fore_no_memory(err);
    fore_status status = scorer_margins(c->pool, scorer, &later->x, margin, err);
    if (status == FORE_OK)
        status =
            fore_margin_slope(margin, later->y, later->weight, later->x.rows, &slope, &known, err);
    fore_free(margin);
    if (status != FORE_OK) return status;
    *sum += slope * known;
    *information += known;
    return FORE_OK;
}

/* How well does the winner rank the rows after those that it was fitted on? */
static fore_status look_forward(const choosing *c, const fore_scorer *first,
                                const fore_sample *calibrate, const fore_sample *earlier,
                                const fore_sample *validate, fore_error *err)
{
    fore_choice *out = c->out;
    fore_scorer_options o = options_for(c, out->winner);
    fore_scorer *core = NULL;
    double sum = 0, information = 0;
    fore_status status = FORE_OK;
    bool serves = scorer_take_over(first, earlier->x.rows, &o);
    FORE_GO(add_slope(c, first, calibrate, &sum, &information, err));
    FORE_GO(scorer_core(c->pool, earlier, &o, serves ? first : NULL, c->observer, &core, err));
    FORE_GO(add_slope(c, core, validate, &sum, &information, err));
    out->forward = information > 0 ? sum / information : NAN;
    out->forward_error = information > 0 ? 1 / sqrt(information) : NAN;
    bool none = out->forward <= 2 * out->forward_error;
    bool short_of_one = out->forward + 2 * out->forward_error < 1;
    if (none && short_of_one) /* else the rows are too few to tell */
        say(out,
            "On the rows kept for choosing, the ranking learnt from the others did not hold (slope %.2f +- "
            "%.2f; 1 would be as promised): what is published knows those rows too, but rank with care.",
            out->forward, out->forward_error);
done:
    fore_scorer_free(core);
    return status;
}

/* The winner on all rows but TEST, with the level of the newest of them. */
static fore_status refit(const choosing *c, const fore_rows *fitted, fore_error *err)
{
    fore_choice *out = c->out;
    fore_scorer_options o = options_for(c, out->winner);
    int64_t n = fitted->sample.x.rows, negative;
    uint8_t *newest = FORE_NEW(n, uint8_t);
    if (!newest) return fore_no_memory(err);
    negative = out->rows[FORE_ROLE_VALIDATE] - out->positives[FORE_ROLE_VALIDATE];
    bool wide = out->positives[FORE_ROLE_VALIDATE] < FEW_NEWEST || negative < FEW_NEWEST;
    for (int64_t i = 0; i < n; i++) {
        uint8_t role = c->role[fitted->index[i]];
        newest[i] = role == FORE_ROLE_VALIDATE || (wide && role == FORE_ROLE_CALIBRATE);
    }
    fore_status status = fore_scorer_refit(c->pool, &fitted->sample, newest, out->forward,
                                           out->forward_error, &o, c->observer, &out->scorer, err);
    fore_free(newest);
    return status;
}

/* The roles of the rows that are compared on; FORE_ROLE_NONE for those beyond compare_rows. */
static fore_status compared(const choosing *c, uint8_t **role, fore_error *err)
{
    int64_t n = c->sample->x.rows;
    uint8_t *keep = FORE_NEW(n, uint8_t);
    *role = keep;
    if (!keep) return fore_no_memory(err);
    fore_rows_thin(c->sample, c->role, PAST, c->options->compare_rows,
                   c->options->base.seed ^ THIN_SEED, keep);
    for (int64_t i = 0; i < n; i++) keep[i] = keep[i] ? c->role[i] : FORE_ROLE_NONE;
    return FORE_OK;
}

static fore_status choose_many(const choosing *c, const fore_rows *fitted, const fore_sample *test,
                               fore_error *err)
{
    static const uint32_t WANTED[4] = {SET(FORE_ROLE_TRAIN), SET(FORE_ROLE_CALIBRATE),
                                       SET(FORE_ROLE_VALIDATE),
                                       SET(FORE_ROLE_TRAIN) | SET(FORE_ROLE_CALIBRATE)};
    fore_rows rows[4] = {{.index = NULL}};
    fore_scorer *best = NULL;
    uint8_t *role = NULL;
    fore_status status = FORE_OK;
    FORE_GO(compared(c, &role, err));
    for (int k = 0; k < 4; k++) FORE_GO(fore_rows_part(c->sample, role, WANTED[k], &rows[k], err));
    FORE_GO(
        compare(c, &rows[0].sample, &rows[1].sample, &rows[2].sample, &rows[3].sample, &best, err));
    fore_rows_free(&rows[0]);
    FORE_GO(look_forward(c, best, &rows[1].sample, &rows[3].sample, &rows[2].sample, err));
    for (int k = 1; k < 4; k++) fore_rows_free(&rows[k]);
    if (c->options->keep_first_fit) {
        c->out->scorer = best;
        best = NULL;
    } else {
        FORE_GO(refit(c, fitted, err));
    }
    status = finish(c, &fitted->sample, test, false, err);
done:
    fore_free(role);
    fore_scorer_free(best);
    for (int k = 0; k < 4; k++) fore_rows_free(&rows[k]);
    return status;
}

static fore_status choose(const choosing *c, fore_error *err)
{
    fore_choice *out = c->out;
    fore_rows fitted = {0}, test = {0};
    fore_status status = FORE_OK;
    FORE_TRY(count_roles(c, err));
    int64_t past = 0, positive = 0;
    for (int k = FORE_ROLE_TRAIN; k <= FORE_ROLE_VALIDATE; k++) {
        past += out->rows[k];
        positive += out->positives[k];
    }
    if (positive == 0 || positive == past)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            past == 0
                ? "there are no rows to learn from; widen the time range"
                : "all rows to learn from have the outcome %d; a score needs rows of both outcomes",
            positive > 0);
    out->few_positives = positive < FORE_FEW_POSITIVES || past - positive < FORE_FEW_POSITIVES;
    if (out->few_positives)
        say(out, "Only %lld of %lld past rows are positive.", (long long)positive, (long long)past);
    FORE_GO(fore_rows_part(c->sample, c->role, PAST, &fitted, err));
    FORE_GO(fore_rows_part(c->sample, c->role, SET(FORE_ROLE_TEST), &test, err));
    bool comparable = both_classes(out, FORE_ROLE_TRAIN) && both_classes(out, FORE_ROLE_VALIDATE);
    if (!out->few_positives && !comparable)
        say(out, "A time window holds one outcome only, so learners could not be compared.");
    status = out->few_positives || !comparable ? choose_few(c, &fitted.sample, &test.sample, err)
                                               : choose_many(c, &fitted, &test.sample, err);
done:
    fore_rows_free(&fitted);
    fore_rows_free(&test);
    return status;
}

fore_status fore_choose(fore_pool *pool, const fore_sample *sample, const uint8_t *role,
                        const fore_choose_options *options, const fore_observer *observer,
                        fore_choice *out, fore_error *err)
{
    fore_choose_options o = options ? *options : fore_choose_default();
    choosing c = {pool, sample, role, &o, observer, out};
    *out = (fore_choice){.forward = NAN, .forward_error = NAN};
    fore_status status = fore_sample_check(pool, sample, err);
    if (status == FORE_OK) status = choose(&c, err);
    if (status != FORE_OK) {
        fore_scorer_free(out->scorer);
        out->scorer = NULL;
    }
    return status;
}
