/* Calibrating a scorer.
 *
 *     margins to calibrate on: of later rows; where there are none, or too few, those of train out
 *     of fold (5 folds by subject, a core per fold fitted on the other four):
 *         shape    Platt or isotonic on all these margins
 *         damped   by (1 + r) / 2, r in [0, 1] the share of the slope that was left when earlier
 *                  models met the rows after theirs: out of fold a model knows the newest rows'
 *                  neighbours, tomorrow it does not, and the truth lies between
 *         level    that of the newest rows
 *     spread: what the margins of the fold cores differ by on the same rows. The variance of the
 *     margin of the model on all rows is that of the delete-a-group jackknife (Kott 2001),
 *         (K - 1)^2 / K times the variance between the cores (times BIAS below);
 *     for a row that is in train itself only the K - 1 cores that saw it are compared, so that its
 *     own outcome does not count as an uncertainty.
 * Beyond fold_rows the folds hold a part of train (whole subjects by lot). The cores then know less
 * than the model on all rows: the variance, which falls as the rows grow, is taken times that part.
 */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/scorer_inside.h"

enum {
    FOLDS = 5,
    LEFT_OUT = 31,
    FEW = 100,   /* rows of a class from which a slope is better measured than left to the prior */
    ENOUGH = 10, /* rows of each class that a calibration sample needs */
    ENOUGH_NEWEST = 20 /* rows of each class by which the newest rows set the level */
};
/* How far the shares of slopes that were left differ from 1, over the sets of bench/README.md
 * ("What is published under drift"): from nothing left to all of it. */
static const double SHARE_SD = 0.5;
/* What a learner's shrinkage keeps from the truth adds to what the draw of the rows moves. Stopping
 * and margins are set where the one begins to outweigh the other, so that the square of the bias is
 * of the order of the variance; by so much is the variance taken larger, as measured on simulated
 * rows whose chances are known (tests/score/test_scorer.c). */
static const double BIAS[FORE_LEARNERS] = {[FORE_LOGISTIC] = 1,
                                           [FORE_ADDITIVE] = 1,
                                           [FORE_ELASTIC_NET] = 1,
                                           [FORE_TREES] = 2,
                                           [FORE_SVM] = 4};
static const uint32_t ALL_FOLDS = (UINT32_C(1) << FOLDS) - 1;
static const uint64_t THIN_SEED = UINT64_C(0x5468696e);
static const int64_t SPREAD_ROWS = 10000; /* of train, evenly spaced: means per bin need no more */

typedef struct calibrating {
    fore_pool *pool;
    fore_scorer_options options;
    const fore_observer *observer;
    const fore_sample *train; /* in key order */
    uint8_t *fold;            /* of each row of train; LEFT_OUT beyond fold_rows */
    double share;             /* of train's rows that lie in a fold */
    double *margin;           /* of train, out of fold; NaN: its fold was left out */
    fore_rows probe;          /* rows of train on which the cores are compared; none: not wanted */
    double *seen;             /* probe rows x FOLDS: margin of each core; NaN: left out */
    fore_scorer *like;        /* the first fold's core, see scorer_core; NULL */
} calibrating;

/* ---- counting ---- */

static int64_t count_weighted(const fore_sample *s, int64_t *positive)
{
    int64_t count = 0;
    *positive = 0;
    for (int64_t i = 0; i < s->x.rows; i++) {
        bool counts = !s->weight || s->weight[i] > 0;
        count += counts;
        *positive += counts && s->y[i] > 0;
    }
    return count;
}

static bool enough(const fore_sample *s)
{
    int64_t positive, count = count_weighted(s, &positive);
    return positive >= ENOUGH && count - positive >= ENOUGH;
}

/* A prior that has learned how far to shrink leaves nothing to a slope that few rows can only
 * guess: the learner's own log-odds hold (tests/score/test_small.c). */
static bool shrunk_already(const fore_scorer *scorer, const fore_sample *train)
{
    int64_t positive, count = count_weighted(train, &positive);
    return scorer->learner == FORE_ADDITIVE && (positive < FEW || count - positive < FEW);
}

/* ---- folds ---- */

/* One fold's margins from a core fitted on the others. A fold whose other rows are of one class is
 * left out. */
static fore_status run_fold(calibrating *c, int k, fore_error *err)
{
    fore_rows inside = {0}, outside = {0};
    fore_scorer *core = NULL;
    double *part = NULL;
    fore_status status = FORE_OK;
    int64_t positive, count;
    FORE_GO(fore_rows_part(c->train, c->fold, ALL_FOLDS & ~(UINT32_C(1) << k), &inside, err));
    FORE_GO(fore_rows_part(c->train, c->fold, UINT32_C(1) << k, &outside, err));
    count = count_weighted(&inside.sample, &positive);
    if (outside.sample.x.rows == 0 || positive == 0 || positive == count) goto done;
    part = FORE_NEW(outside.sample.x.rows, double);
    if (!part) FORE_GO(fore_no_memory(err));
    FORE_GO(scorer_core(c->pool, &inside.sample, &c->options, c->like, c->observer, &core, err));
    bool serves = scorer_take_over(core, inside.sample.x.rows, &c->options);
    if (serves && !c->like) c->like = core;
    FORE_GO(scorer_margins(c->pool, core, &outside.sample.x, part, err));
    for (int64_t i = 0; i < outside.sample.x.rows; i++) c->margin[outside.index[i]] = part[i];
    if (c->seen)
        status = scorer_margins(c->pool, core, &c->probe.sample.x,
                                c->seen + k * c->probe.sample.x.rows, err);
done:
    fore_free(part);
    if (core != c->like) fore_scorer_free(core);
    fore_rows_free(&inside);
    fore_rows_free(&outside);
    return status;
}

static fore_status take_probe(calibrating *c, int64_t folded, fore_error *err)
{
    int64_t n = c->train->x.rows, step = (folded + SPREAD_ROWS - 1) / SPREAD_ROWS, seen = 0;
    uint8_t *mark = FORE_NEW(n, uint8_t);
    if (!mark) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) mark[i] = c->fold[i] != LEFT_OUT && seen++ % step == 0;
    fore_status status = fore_rows_part(c->train, mark, UINT32_C(1) << 1, &c->probe, err);
    fore_free(mark);
    if (status != FORE_OK) return status;
    int64_t cells = FOLDS * c->probe.sample.x.rows;
    c->seen = FORE_NEW(cells, double);
    if (!c->seen) return fore_no_memory(err);
    for (int64_t i = 0; i < cells; i++) c->seen[i] = NAN;
    return FORE_OK;
}

static fore_status lay_folds(calibrating *c, int64_t *folded, fore_error *err)
{
    int64_t n = c->train->x.rows;
    uint8_t *keep = FORE_NEW(n, uint8_t);
    c->fold = FORE_NEW(n, uint8_t);
    c->margin = FORE_NEW(n, double);
    if (keep && c->fold && c->margin) {
        fore_rows_thin(c->train, NULL, 0, c->options.fold_rows, c->options.seed ^ THIN_SEED, keep);
        fore_rows_fold(c->train, FOLDS, c->options.seed, c->fold);
        for (int64_t i = 0; i < n; i++) {
            c->margin[i] = NAN;
            if (!keep[i]) c->fold[i] = LEFT_OUT;
            *folded += keep[i];
        }
        c->share = (double)*folded / (double)n;
    }
    fore_free(keep);
    return c->fold && c->margin && keep ? FORE_OK : fore_no_memory(err);
}

static fore_status run_folds(calibrating *c, bool spread, fore_error *err)
{
    int64_t folded = 0;
    FORE_TRY(lay_folds(c, &folded, err));
    if (spread) FORE_TRY(take_probe(c, folded, err));
    for (int k = 0; k < FOLDS; k++) {
        fore_progress(c->observer, "calibrating", k, FOLDS);
        FORE_TRY(run_fold(c, k, err));
    }
    return FORE_OK;
}

/* The jackknife's variance of one probe row's margin; NaN with under two cores that saw it. */
static double row_variance(const calibrating *c, int64_t row, int own)
{
    double sum = 0, squares = 0, count = 0;
    for (int k = 0; k < FOLDS; k++) {
        double m = c->seen[row + k * c->probe.sample.x.rows];
        if (k == own || !isfinite(m)) continue;
        double before = count > 0 ? sum / count : 0;
        count++;
        sum += m;
        squares += count > 1 ? (m - before) * (m - sum / count) : 0; /* Welford */
    }
    if (count < 2) return NAN;
    return squares / (count - 1) * (FOLDS - 1) * (FOLDS - 1) / FOLDS;
}

static fore_status add_spread(const calibrating *c, fore_calibration *calibration, fore_error *err)
{
    int64_t m = c->probe.sample.x.rows;
    double *margin = FORE_NEW(2 * m, double);
    if (!margin) return fore_no_memory(err);
    double *variance = margin + m;
    for (int64_t i = 0; i < m; i++) {
        int64_t row = c->probe.index[i];
        margin[i] = c->margin[row];
        variance[i] = c->share * BIAS[c->options.learner] * row_variance(c, i, c->fold[row]);
    }
    fore_calibration_spread(calibration, margin, variance, m);
    fore_free(margin);
    return FORE_OK;
}

static void calibrating_free(calibrating *c)
{
    fore_free(c->fold);
    fore_free(c->margin);
    fore_free(c->seen);
    fore_scorer_free(c->like);
    fore_rows_free(&c->probe);
}

/* ---- margins to calibrate on ---- */

typedef struct margins {
    double *margin, *y, *w;
    int64_t n;
} margins;

static fore_status margins_new(int64_t n, margins *m, fore_error *err)
{
    *m = (margins){FORE_NEW(n, double), FORE_NEW(n, double), FORE_NEW(n, double), 0};
    return m->margin && m->y && m->w ? FORE_OK : fore_no_memory(err);
}

static void margins_free(margins *m)
{
    fore_free(m->margin);
    fore_free(m->y);
    fore_free(m->w);
}

/* Rows with keep[i] (all when NULL) whose margin is known. */
static void add_known(const fore_sample *s, const double *margin, const uint8_t *keep, margins *m)
{
    for (int64_t i = 0; i < s->x.rows; i++) {
        if (!isfinite(margin[i]) || (keep && !keep[i])) continue;
        m->margin[m->n] = margin[i];
        m->y[m->n] = s->y[i];
        m->w[m->n++] = s->weight ? s->weight[i] : 1;
    }
}

static fore_status add_own(const calibrating *c, const fore_scorer *scorer, const fore_sample *s,
                           margins *m, fore_error *err)
{
    double *margin = FORE_NEW(s->x.rows, double);
    if (!margin) return fore_no_memory(err);
    fore_status status = scorer_margins(c->pool, scorer, &s->x, margin, err);
    if (status == FORE_OK) add_known(s, margin, NULL, m);
    fore_free(margin);
    return status;
}

/* The share of the slope that was left, its error against how much such shares differ anyway. */
static double damping(const fore_calibration *calibration, const scorer_newest *newest)
{
    double full = calibration->kind == FORE_CALIBRATE_IDENTITY ? 1 : calibration->a;
    double share = newest->forward / full, error = newest->forward_error / full;
    if (!isfinite(share) || !isfinite(error) || calibration->faint) return 1;
    double belief = SHARE_SD * SHARE_SD / (SHARE_SD * SHARE_SD + error * error);
    share = 1 + belief * (share - 1);
    return 0.5 * (1 + fmin(1, fmax(0, share)));
}

/* The variance of a level found on these rows: 1 / information, times the rows per subject, because
 * rows of one subject tell the same thing more than once. */
static double level_variance(const calibrating *c, const fore_calibration *calibration,
                             const uint8_t *keep)
{
    const fore_sample *s = c->train;
    double information = 0, weight = 0, rows = 0, subjects = 0;
    int64_t last = -1;
    for (int64_t i = 0; i < s->x.rows; i++) {
        if (!isfinite(c->margin[i]) || (keep && !keep[i])) continue;
        double w = s->weight ? s->weight[i] : 1;
        double p = fore_calibrated(calibration, c->margin[i], 0, 0, NULL, NULL);
        information += w * p * (1 - p);
        weight += w;
        rows++;
        subjects += last < 0 || !s->group || s->group[i] != s->group[last];
        last = i;
    }
    if (!(information > 0)) return 0;
    return weight / rows / information * (rows / subjects);
}

static fore_status follow_newest(const calibrating *c, const scorer_newest *newest,
                                 fore_calibration *calibration, fore_error *err)
{
    margins m = {0};
    double positive = 0;
    fore_status status = FORE_OK;
    FORE_GO(margins_new(c->train->x.rows, &m, err));
    const uint8_t *keep = newest->row;
    add_known(c->train, c->margin, keep, &m);
    for (int64_t i = 0; i < m.n; i++) positive += m.y[i] > 0;
    if (positive < ENOUGH_NEWEST || (double)m.n - positive < ENOUGH_NEWEST) { /* all rows' level */
        m.n = 0;
        keep = NULL;
        add_known(c->train, c->margin, keep, &m);
    }
    fore_calibration_damp(calibration, damping(calibration, newest));
    fore_calibration_level(calibration, m.margin, m.y, m.w, m.n);
    calibration->level_variance = level_variance(c, calibration, keep);
done:
    margins_free(&m);
    return status;
}

fore_status scorer_calibrate(fore_pool *pool, const fore_scorer_options *options,
                             const fore_observer *observer, const fore_sample *train,
                             const fore_sample *later, const scorer_newest *newest,
                             fore_scorer *scorer, fore_error *err)
{
    calibrating c = {.pool = pool, .options = *options, .observer = observer, .train = train};
    margins m = {0};
    fore_calibrator kind = options->calibrator;
    int log_odds = scorer->linear != NULL;
    bool posterior = scorer->linear && scorer->linear->covariance;
    fore_status status = FORE_OK;
    FORE_GO(margins_new(train->x.rows + (later ? later->x.rows : 0), &m, err));
    if (later) FORE_GO(add_own(&c, scorer, later, &m, err));
    if (!later || !enough(later)) {
        if (enough(train)) {
            FORE_GO(run_folds(&c, !posterior, err));
            add_known(train, c.margin, NULL, &m);
            if (kind == FORE_CALIBRATE_AUTO && shrunk_already(scorer, train))
                kind = FORE_CALIBRATE_IDENTITY;
        } else if (scorer->learner == FORE_LOGISTIC ||
                   scorer->learner == FORE_ADDITIVE) { /* too few to take apart: its own log-odds */
            FORE_GO(add_own(&c, scorer, train, &m, err));
            kind = FORE_CALIBRATE_IDENTITY;
        } else {
            FORE_GO(fore_fail(
                err, FORE_E_NO_ANSWER,
                "the %s learner needs at least %d rows of each outcome; use the additive or the logistic one",
                fore_learner_name(scorer->learner), ENOUGH));
        }
    }
    FORE_GO(
        fore_calibration_fit(kind, !log_odds, m.margin, m.y, m.w, m.n, &scorer->calibration, err));
    if (c.seen) FORE_GO(add_spread(&c, scorer->calibration, err));
    if (newest && c.margin) FORE_GO(follow_newest(&c, newest, scorer->calibration, err));
done:
    margins_free(&m);
    calibrating_free(&c);
    return status;
}
