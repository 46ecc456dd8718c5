/* Fitting a scorer.
 *
 *     rows in key order
 *     core = design and learner on `train`; the learner's own knob is found inside train:
 *         logistic      prior precision: largest evidence on a grid
 *         additive      which columns bend: marginal rates; the families' precisions: evidence
 *         elastic net   lambda: least deviance on a fifth of the subjects, then refitted on all
 *                       rows
 *         trees         rounds: early stopping on that fifth, then refitted on all rows; or so
 *                       many more on top of earlier trees
 *     calibration: scorer_calibrate.c
 */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/additive.h"
#include "models/score/elastic_net.h"
#include "models/score/scorer_inside.h"

enum {
    FOLDS = 5,
    EVIDENCE_ROWS = 50000,     /* beyond, the prior no longer matters */
    REFIT_TREES_ROWS = 200000, /* beyond, a fifth of the rows more or less changes nothing */
    SLOW_ROWS = 50000,
    MADE_ROWS = 4096,
    MADE_CELLS = 1 << 26 /* half a gigabyte */
};

static const double MANY_ROWS_TOLERANCE = 1e-8; /* far below the sampling error of so many rows */
/* Small leaves' values are shrunk hard and every tree sees a third of the columns: chosen by folds
 * and later rows of sets outside their tests (bench/README.md, "Beside other boosters"). */
static fore_trees_options steady_trees(void)
{
    fore_trees_options o = fore_trees_default();
    o.rounds = 0; /* and rate and patience: by the rows, see set_pace */
    o.rate = 0;
    o.leaves = 16;
    o.l2 = 15;
    o.column_share = 0.3;
    o.patience = 0;
    return o;
}

/* Few rows are worth half the rate and twice the trees; many are not. */
static void set_pace(fore_trees_options *o, int64_t rows)
{
    bool slow = rows <= SLOW_ROWS;
    if (o->rate == 0) o->rate = slow ? 0.03 : 0.06;
    if (o->rounds == 0) o->rounds = slow ? 1000 : 500;
    if (o->patience == 0) o->patience = slow ? 60 : 30;
}

static const double GRID[] = {0.01, 0.1, 1, 10, 100, 1000, 10000};

fore_scorer_options fore_scorer_default(fore_learner learner)
{
    return (fore_scorer_options){.learner = learner,
                                 .design = fore_design_default(),
                                 .precision = 0,
                                 .alpha = 0.5,
                                 .trees = steady_trees(),
                                 .svm = fore_svm_default(),
                                 .calibrator = FORE_CALIBRATE_AUTO,
                                 .level = 0.9,
                                 .fold_rows = 100000,
                                 .seed = 1};
}

typedef struct fitting {
    fore_pool *pool;
    const fore_scorer_options *options;
    const fore_observer *observer;
    const fore_trees *from;  /* trees to go on from, or NULL */
    const uint8_t *stop_on;  /* rows on which trees stop early; NULL: a fifth of the subjects */
    const fore_scorer *like; /* see scorer_core */
} fitting;

static int64_t count_positive(const fore_sample *s)
{
    int64_t count = 0;
    for (int64_t i = 0; i < s->x.rows; i++)
        count += s->y[i] > 0 && (!s->weight || s->weight[i] > 0);
    return count;
}

static int64_t count_weighted(const fore_sample *s)
{
    int64_t count = 0;
    for (int64_t i = 0; i < s->x.rows; i++) count += !s->weight || s->weight[i] > 0;
    return count;
}

static fore_status check_classes(const fore_sample *s, fore_error *err)
{
    int64_t rows = count_weighted(s), positive = count_positive(s);
    if (rows == 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "there are no rows to learn from; widen the time range");
    if (positive == 0 || positive == rows)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "all %lld rows to learn from have the outcome %d; a score needs rows of both outcomes",
            (long long)rows, positive > 0);
    return FORE_OK;
}

/* ---- design rows, made once ---- */

/* Rows as a linear learner reads them, again and again: made beforehand where that takes under
 * MADE_CELLS, else block by block out of x in every pass; the same numbers either way. */
typedef struct designed {
    const fore_view *x;
    const fore_design *design; /* NULL: x holds design rows already */
    fore_view view;
    double *made;
    const fore_design *from;
    const fore_view *raw;
} designed;

static fore_status design_slice(void *context, int64_t slice, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    const designed *z = context;
    int64_t first = slice * MADE_ROWS, rest = z->raw->rows - first;
    fore_design_block(z->from, z->raw, first, rest < MADE_ROWS ? rest : MADE_ROWS, z->made + first,
                      z->view.stride);
    return FORE_OK;
}

static fore_status design_rows(const fitting *f, const fore_sample *s, const fore_design *design,
                               designed *z, fore_error *err)
{
    int64_t n = s->x.rows, q = design->width;
    *z = (designed){.x = &s->x, .design = design, .from = design, .raw = &s->x};
    if (q == 0 || n > MADE_CELLS / q) return FORE_OK;
    int64_t stride = n % 64 == 0 ? n + 8 : n; /* not all columns on the same cache lines */
    z->made = FORE_NEW(stride * q, double);
    if (!z->made) return fore_no_memory(err);
    z->view = (fore_view){z->made, n, q, stride, NULL};
    z->x = &z->view;
    z->design = NULL;
    return fore_pool_run(f->pool, (n + MADE_ROWS - 1) / MADE_ROWS, design_slice, z, err);
}

/* ---- the learners ---- */

static fore_status fit_logistic(const fitting *f, const fore_sample *s, const designed *z,
                                fore_scorer *out, fore_error *err)
{
    double best = -INFINITY;
    bool search = f->options->precision == 0 && s->x.rows <= EVIDENCE_ROWS;
    int64_t candidates = search ? (int64_t)(sizeof GRID / sizeof *GRID) : 1;
    for (int64_t k = 0; k < candidates; k++) {
        fore_logit_options o = fore_logit_default();
        fore_logit_info info;
        fore_logit_model *model = NULL;
        if (s->x.rows > EVIDENCE_ROWS) o.tolerance = MANY_ROWS_TOLERANCE;
        o.precision = search ? GRID[k] : f->options->precision > 0 ? f->options->precision : 1;
        FORE_TRY(fore_logit_fit(f->pool, z->x, z->design, s->y, s->weight, NULL, &o, &model, &info,
                                err));
        bool better = !out->linear || info.evidence > best;
        if (better) {
            best = info.evidence;
            out->knobs.precision = o.precision;
            fore_logit_free(out->linear);
            out->linear = model;
        } else {
            fore_logit_free(model);
        }
    }
    return FORE_OK;
}

/* held[i] = 1 for a fifth of the subjects, or the rows to stop on; NULL when that leaves one side
 * without both classes. */
static fore_status hold_out(const fitting *f, const fore_sample *s, uint8_t **out, fore_error *err)
{
    int64_t n = s->x.rows, count[2][2] = {{0}};
    uint8_t *held = FORE_NEW(n, uint8_t);
    *out = NULL;
    if (!held) return fore_no_memory(err);
    fore_rows_fold(s, FOLDS, f->options->seed ^ UINT64_C(0x486f6c64), held);
    for (int64_t i = 0; i < n; i++) {
        held[i] = f->stop_on ? f->stop_on[i] : held[i] == 0;
        count[held[i]][s->y[i] > 0]++;
    }
    if (count[0][0] && count[0][1] && count[1][0] && count[1][1])
        *out = held;
    else
        fore_free(held);
    return FORE_OK;
}

static fore_status take_net(const fore_net *net, fore_scorer *out, fore_error *err)
{
    fore_logit_model *m = FORE_ZNEW(1, fore_logit_model);
    if (!m) return fore_no_memory(err);
    out->linear = m;
    m->width = net->width;
    m->beta = FORE_NEW(net->width, double);
    if (!m->beta) return fore_no_memory(err);
    memcpy(m->beta, net->beta + net->best * net->width, (size_t)net->width * sizeof *m->beta);
    m->intercept = net->intercept[net->best];
    return FORE_OK;
}

static fore_status fit_net(const fitting *f, const fore_sample *s, const designed *z,
                           fore_scorer *out, fore_error *err)
{
    double lambda = f->options->lambda;
    fore_net_options o = fore_net_default();
    fore_net *net = NULL;
    uint8_t *held = NULL;
    fore_status status = FORE_OK;
    o.alpha = f->options->alpha;
    if (!(lambda > 0)) {
        FORE_GO(hold_out(f, s, &held, err));
        FORE_GO(fore_net_fit(f->pool, z->x, z->design, s->y, s->weight, held, &o, &net, err));
        lambda = net->lambda[net->best];
    }
    if (held || !net) {
        fore_net_free(net);
        net = NULL;
        o.lambda = &lambda;
        o.lambdas = 1;
        FORE_GO(fore_net_fit(f->pool, z->x, z->design, s->y, s->weight, NULL, &o, &net, err));
    }
    out->knobs.lambda = lambda;
    status = take_net(net, out, err);
done:
    fore_net_free(net);
    fore_free(held);
    return status;
}

static fore_status fit_trees(const fitting *f, const fore_sample *s, fore_scorer *out,
                             fore_error *err)
{
    fore_trees_options o = f->options->trees;
    fore_trees_info info;
    uint8_t *held = NULL;
    fore_status status = FORE_OK;
    set_pace(&o, s->x.rows);
    if (f->from) {
        o.from = f->from;
        o.rounds = FORE_MORE_TREES;
    } else if (f->options->rounds > 0)
        o.rounds = f->options->rounds;
    else
        FORE_GO(hold_out(f, s, &held, err));
    FORE_GO(fore_trees_fit(f->pool, &s->x, s->y, s->weight, held, &o, f->observer, &out->trees,
                           &info, err));
    out->knobs.rounds = info.rounds;
    if (held && s->x.rows <= REFIT_TREES_ROWS) {
        fore_trees_free(out->trees);
        out->trees = NULL;
        o.rounds = info.rounds;
        FORE_GO(fore_trees_fit(f->pool, &s->x, s->y, s->weight, NULL, &o, f->observer, &out->trees,
                               &info, err));
    }
done:
    fore_free(held);
    return status;
}

static fore_status fit_additive(const fitting *f, const fore_sample *s, fore_scorer *out,
                                fore_error *err)
{
    fore_additive like = {0}, found;
    if (f->like)
        like = (fore_additive){f->like->design, f->like->linear, f->like->knobs.precisions, false};
    FORE_TRY(
        fore_additive_fit(f->pool, s, &f->options->design, f->like ? &like : NULL, &found, err));
    out->design = found.design;
    out->linear = found.model;
    out->knobs.precisions = found.precision;
    out->knobs.sifted = found.sifted;
    return FORE_OK;
}

/* Design and learner, without calibration; s is in key order. */
static fore_status fit_core(const fitting *f, const fore_sample *s, fore_scorer **out,
                            fore_error *err)
{
    fore_learner learner = f->options->learner;
    designed z = {0};
    fore_scorer *scorer = NULL;
    fore_status status = FORE_OK;
    *out = NULL;
    FORE_TRY(check_classes(s, err));
    FORE_TRY(scorer_new(learner, s->x.columns, f->options->level, &scorer, err));
    if (learner == FORE_ADDITIVE)
        FORE_GO(fit_additive(f, s, scorer, err));
    else if (learner != FORE_TREES)
        FORE_GO(
            fore_design_fit(f->pool, &s->x, s->weight, &f->options->design, &scorer->design, err));
    if (learner == FORE_LOGISTIC || learner == FORE_ELASTIC_NET)
        FORE_GO(design_rows(f, s, scorer->design, &z, err));
    if (learner == FORE_LOGISTIC) FORE_GO(fit_logistic(f, s, &z, scorer, err));
    if (learner == FORE_ELASTIC_NET) FORE_GO(fit_net(f, s, &z, scorer, err));
    if (learner == FORE_TREES) FORE_GO(fit_trees(f, s, scorer, err));
    if (learner == FORE_SVM)
        FORE_GO(fore_svm_fit(f->pool, &s->x, scorer->design, s->y, s->weight, &f->options->svm,
                             &scorer->svm, err));
    FORE_GO(scorer_finish(scorer, err));
    *out = scorer;
    scorer = NULL;
done:
    fore_free(z.made);
    fore_scorer_free(scorer);
    return status;
}

bool scorer_take_over(const fore_scorer *core, int64_t rows, fore_scorer_options *options)
{
    if (rows <= FORE_KNOB_ROWS) return false;
    if (options->precision == 0) options->precision = core->knobs.precision;
    if (options->lambda == 0) options->lambda = core->knobs.lambda;
    if (options->rounds == 0) options->rounds = core->knobs.rounds;
    return core->knobs.precisions && !core->knobs.sifted;
}

/* ---- whole scorers ---- */

fore_status scorer_core(fore_pool *pool, const fore_sample *train,
                        const fore_scorer_options *options, const fore_scorer *like,
                        const fore_observer *observer, fore_scorer **out, fore_error *err)
{
    fitting f = {.pool = pool, .options = options, .observer = observer, .like = like};
    return fit_core(&f, train, out, err);
}

static fore_status settle_options(const fore_scorer_options *options, int64_t rows,
                                  fore_scorer_options *out, fore_error *err)
{
    *out = *options;
    out->svm = fore_svm_settled(options->svm, rows);
    if (options->learner < 0 || options->learner >= FORE_LEARNERS ||
        !(options->level > 0 && options->level < 1))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the scorer's learner is unknown or its level not in (0, 1)");
    return FORE_OK;
}

fore_status fore_scorer_fit(fore_pool *pool, const fore_sample *train, const fore_sample *calibrate,
                            const fore_scorer_options *options, const fore_observer *observer,
                            fore_scorer **out, fore_error *err)
{
    fore_rows rows = {0}, later = {0};
    fore_scorer_options o;
    fore_scorer *scorer = NULL;
    fore_status status = FORE_OK;
    *out = NULL;
    FORE_TRY(settle_options(options, train->x.rows, &o, err));
    if (calibrate && calibrate->x.columns != train->x.columns)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "the calibration rows have other columns than the training rows");
    FORE_GO(fore_rows_take(pool, train, NULL, 0, &rows, err));
    if (calibrate) FORE_GO(fore_rows_take(pool, calibrate, NULL, 0, &later, err));
    FORE_GO(scorer_core(pool, &rows.sample, &o, NULL, observer, &scorer, err));
    FORE_GO(scorer_calibrate(pool, &o, observer, &rows.sample, calibrate ? &later.sample : NULL,
                             NULL, scorer, err));
    *out = scorer;
    scorer = NULL;
done:
    fore_scorer_free(scorer);
    fore_rows_free(&rows);
    fore_rows_free(&later);
    return status;
}

fore_status fore_scorer_refit(fore_pool *pool, const fore_sample *past, const uint8_t *newest,
                              double forward, double forward_error,
                              const fore_scorer_options *options, const fore_observer *observer,
                              fore_scorer **out, fore_error *err)
{
    fore_rows rows = {0};
    fore_scorer_options o;
    fore_scorer *scorer = NULL;
    fore_status status = FORE_OK;
    uint8_t *mark = NULL;
    *out = NULL;
    FORE_TRY(settle_options(options, past->x.rows, &o, err));
    FORE_GO(fore_rows_take(pool, past, NULL, 0, &rows, err));
    mark = FORE_NEW(rows.sample.x.rows, uint8_t);
    if (!mark) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < rows.sample.x.rows; i++) mark[i] = newest[rows.index[i]];
    fitting f = {pool, &o, observer, o.go_on, o.stop_on_newest ? mark : NULL, NULL};
    FORE_GO(fit_core(&f, &rows.sample, &scorer, err));
    scorer_newest follow = {mark, forward, forward_error};
    FORE_GO(scorer_calibrate(pool, &o, observer, &rows.sample, NULL, &follow, scorer, err));
    *out = scorer;
    scorer = NULL;
done:
    fore_free(mark);
    fore_scorer_free(scorer);
    fore_rows_free(&rows);
    return status;
}
