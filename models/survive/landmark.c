/* Two logistic regressions on watched weeks.
 *
 *   for every reading, for every run of its weeks s in which no clock enters another bin: one row
 * (y = 0) with the weight of the weeks without event; one row (y = 1) for the week of the event win
 * model: all rows; loss model: all but those of wins columns: steps 1[age + s >= cut], 1[in stage +
 * s >= cut], stage time unknown, 1[s >= cut], 1[s - due >= cut], due unknown, z, fade(s) z a
 * random-walk ridge on steps, a ridge on z, a stronger one on its change
 *
 * Beyond the age to which enough deals were followed the hazards halve every quarter of that age.
 */
#include "models/survive/landmark.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/score/design.h"
#include "models/score/logit.h"

static const int64_t AGE_CUTS[] = {1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 26, 35, 52, 78, 104, 156};
static const int64_t STAGE_CUTS[] = {1, 2, 4, 8, 13, 26, 52};
static const int64_t SINCE_CUTS[] = {1, 2, 4, 8, 13, 26};
static const int64_t DUE_CUTS[] = {-26, -13, -8, -4, -2, -1, 0, 1, 2, 4, 8, 13};
enum {
    AGES = 16,
    STAGES = 7,
    SINCES = 6,
    DUES = 12,
    STAGE_UNKNOWN = AGES + STAGES,
    SINCE_AT = STAGE_UNKNOWN + 1,
    DUE_AT = SINCE_AT + SINCES,
    DUE_UNKNOWN = DUE_AT + DUES,
    CLOCK_COLUMNS = DUE_UNKNOWN + 1,
    CAUSES = 2,
    AGES_SEEN = 1024 /* weeks of age that are told apart when looking how far deals were followed */
};
/* Deals (by weight of readings) that must have been at risk at an age for it to count as followed.
 */
static const double FOLLOWED = 10;
static const double FADE_WEEKS =
    26; /* fade(s) = log(1 + s) / log(1 + 26): 0 now, 1 after half a year */

struct fore_landmark {
    fore_design *design; /* NULL when p = 0 */
    int64_t width;       /* q */
    int64_t columns;     /* CLOCK_COLUMNS + q or 2 q */
    bool fades;
    int64_t followed;
    double intercept[CAUSES];
    double *beta[CAUSES]; /* columns */
};

typedef struct clocks {
    int64_t age, stage, since, due; /* bins: cuts at or below; stage, due -1 = unknown */
} clocks;

fore_landmark_options fore_landmark_default(void)
{
    return (fore_landmark_options){.ridge_clock = 1, .ridge = 8, .ridge_fade = 20};
}

void fore_landmark_free(fore_landmark *m)
{
    if (!m) return;
    fore_design_free(m->design);
    fore_free(m->beta[0]);
    fore_free(m->beta[1]);
    fore_free(m);
}

int64_t fore_landmark_followed(const fore_landmark *m) { return m->followed; }

static int64_t bin_of(const int64_t *cuts, int64_t count, int64_t value)
{
    int64_t b = 0;
    while (b < count && cuts[b] <= value) b++;
    return b;
}

static clocks clocks_at(const fore_reading *r, int64_t s)
{
    return (clocks){bin_of(AGE_CUTS, AGES, r->age + s),
                    r->in_stage < 0 ? -1 : bin_of(STAGE_CUTS, STAGES, r->in_stage + s),
                    bin_of(SINCE_CUTS, SINCES, s),
                    r->due == FORE_DUE_UNKNOWN ? -1 : bin_of(DUE_CUTS, DUES, s - r->due)};
}

static bool alike(clocks a, clocks b)
{
    return a.age == b.age && a.stage == b.stage && a.since == b.since && a.due == b.due;
}

/* The same within a bin, so that folding stays exact. */
static double fade_of(int64_t since)
{
    double s = since == 0 ? 0 : (double)SINCE_CUTS[since - 1];
    return log1p(s) / log1p(FADE_WEEKS);
}

/* --- folding --- */

typedef struct row {
    int64_t reading;
    clocks at;
    double weight;
    fore_deal_end event;
} row;

static bool out_of_range(int64_t due)
{
    return due != FORE_DUE_UNKNOWN && (due < -FORE_DUE_MOST || due > FORE_DUE_MOST);
}

static fore_status check(const fore_reading *r, int64_t n, const fore_matrix *x,
                         const fore_landmark_options *o, fore_error *err)
{
    if (n < 0 || (n > 0 && !r) || (x && x->columns > 0 && x->rows != n))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "curves need one row of covariates for each reading");
    if (!(o->ridge_clock > 0) || !(o->ridge > 0) || !(o->ridge_fade > 0) ||
        !(o->half_life_weeks >= 0))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "curves: the ridges must be positive and the half life not negative");
    for (int64_t i = 0; i < n; i++)
        if (r[i].age < 0 || r[i].in_stage < -1 || out_of_range(r[i].due) || r[i].weeks < 0 ||
            !(r[i].weight > 0) || isinf(r[i].weight) || r[i].event < 0 || r[i].event > 2)
            return fore_fail(
                err, FORE_E_DATA,
                "reading %lld: age and weeks must not be negative, the weight positive, "
                "the event open, won or lost",
                (long long)i + 1);
    return FORE_OK;
}

static double week_weight(const fore_reading *r, int64_t s, const fore_landmark_options *o)
{
    if (o->half_life_weeks == 0 || isinf(o->half_life_weeks)) return r->weight;
    int64_t week = r->last - (r->weeks - 1 - s);
    return r->weight * exp2(-(double)(o->now - week) / o->half_life_weeks);
}

static int64_t add_row(row *rows, int64_t at, row added)
{
    if (!(added.weight > 0)) return at;
    if (rows) rows[at] = added;
    return at + 1;
}

/* rows NULL: only counts. */
static int64_t fold(const fore_reading *r, int64_t n, const fore_landmark_options *o, row *rows)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t quiet = r[i].weeks - (r[i].event != FORE_DEAL_OPEN);
        if (r[i].weeks == 0) continue;
        for (int64_t s = 0; s < quiet;) {
            row next = {i, clocks_at(&r[i], s), 0, FORE_DEAL_OPEN};
            for (; s < quiet && alike(next.at, clocks_at(&r[i], s)); s++)
                next.weight += week_weight(&r[i], s, o);
            count = add_row(rows, count, next);
        }
        if (r[i].event == FORE_DEAL_OPEN) continue;
        row end = {i, clocks_at(&r[i], quiet), week_weight(&r[i], quiet, o), r[i].event};
        count = add_row(rows, count, end);
    }
    return count;
}

/* The oldest age at which readings of enough weight were still at risk. */
static int64_t followed_to(const fore_reading *r, int64_t n)
{
    double leaving[AGES_SEEN + 1] = {0}, at_risk = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t end = r[i].age + r[i].weeks;
        if (r[i].weeks > 0) leaving[end < AGES_SEEN ? end : AGES_SEEN] += r[i].weight;
    }
    for (int64_t a = AGES_SEEN; a > 1; a--) {
        at_risk += leaving[a];
        if (at_risk >= FOLLOWED) return a;
    }
    return 1;
}

/* --- fitting --- */

/* Columns of one row; z: q values `step` apart. */
static void fill(const fore_landmark *m, const row *from, const double *z, int64_t step,
                 double *out, int64_t stride)
{
    int64_t j = 0;
    for (int64_t b = 0; b < AGES; b++) out[j++ * stride] = from->at.age > b;
    for (int64_t b = 0; b < STAGES; b++) out[j++ * stride] = from->at.stage > b;
    out[j++ * stride] = from->at.stage < 0;
    for (int64_t b = 0; b < SINCES; b++) out[j++ * stride] = from->at.since > b;
    for (int64_t b = 0; b < DUES; b++) out[j++ * stride] = from->at.due > b;
    out[j++ * stride] = from->at.due < 0;
    for (int64_t k = 0; k < m->width; k++) out[j++ * stride] = z[k * step];
    double fade = fade_of(from->at.since);
    for (int64_t k = 0; m->fades && k < m->width; k++) out[j++ * stride] = fade * z[k * step];
}

/* A cause that never happened: half an event over all weeks at risk. */
static void never(fore_landmark *m, int cause, double at_risk)
{
    m->intercept[cause] = log(0.5 / (at_risk + 0.5));
    memset(m->beta[cause], 0, (size_t)m->columns * sizeof(double));
}

static void set_precisions(const fore_landmark *m, const fore_landmark_options *o,
                           double *precision)
{
    for (int64_t j = 0; j < m->columns; j++)
        precision[j] = j < CLOCK_COLUMNS              ? o->ridge_clock
                       : j < CLOCK_COLUMNS + m->width ? o->ridge
                                                      : o->ridge_fade;
}

static fore_status fit_cause(fore_landmark *m, int cause, const row *rows, int64_t n,
                             const double *x, const fore_landmark_options *o, fore_pool *pool,
                             fore_landmark_info *info, fore_error *err)
{
    fore_status status = FORE_OK;
    double events = 0, at_risk = 0;
    int64_t kept = 0;
    fore_logit_model *logit = NULL;
    fore_logit_info fitted = {0};
    double *y = FORE_NEW(n, double), *w = FORE_NEW(n, double);
    double *precision = FORE_NEW(m->columns, double);
    int64_t *chosen = FORE_NEW(n, int64_t);
    if (!y || !w || !precision || !chosen) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) {
        if (cause == 1 && rows[i].event == FORE_DEAL_WON) continue;
        y[kept] = rows[i].event == (cause == 0 ? FORE_DEAL_WON : FORE_DEAL_LOST);
        w[kept] = rows[i].weight;
        events += y[kept] * w[kept];
        at_risk += w[kept];
        chosen[kept++] = i;
    }
    *(cause == 0 ? &info->won : &info->lost) = events;
    if (events == 0) {
        never(m, cause, at_risk);
        goto done;
    }
    set_precisions(m, o, precision);
    fore_view matrix = {x, kept, m->columns, n, chosen};
    fore_logit_options options = fore_logit_default();
    options.precisions = precision;
    options.tolerance = 1e-7; /* of a log-odds: far below what the data can tell */
    FORE_GO(fore_logit_fit(pool, &matrix, NULL, y, w, NULL, &options, &logit, &fitted, err));
    m->intercept[cause] = logit->intercept;
    memcpy(m->beta[cause], logit->beta, (size_t)m->columns * sizeof(double));
    info->converged = info->converged && fitted.converged;
done:
    fore_logit_free(logit);
    fore_free(y);
    fore_free(w);
    fore_free(precision);
    fore_free(chosen);
    return status;
}

static fore_status learn_design(fore_landmark *m, const fore_reading *r, const fore_matrix *x,
                                fore_pool *pool, double **z, fore_error *err)
{
    fore_status status = FORE_OK;
    double *w = NULL;
    if (!x || x->columns == 0) return FORE_OK;
    w = FORE_NEW(x->rows, double);
    if (!w) return fore_no_memory(err);
    for (int64_t i = 0; i < x->rows; i++) w[i] = r[i].weight;
    fore_view view = {x->data, x->rows, x->columns, x->stride, NULL};
    FORE_GO(fore_design_fit(pool, &view, w, NULL, &m->design, err));
    m->width = m->design->width;
    *z = FORE_NEW(x->rows * m->width, double);
    if (!*z) FORE_GO(fore_no_memory(err));
    fore_design_block(m->design, &view, 0, x->rows, *z, x->rows);
done:
    fore_free(w);
    return status;
}

static bool any_won(const fore_reading *r, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (r[i].weeks > 0 && r[i].event == FORE_DEAL_WON) return true;
    return false;
}

fore_status fore_landmark_fit(const fore_reading *r, int64_t n, const fore_matrix *x,
                              const fore_landmark_options *options, fore_pool *pool,
                              fore_landmark **model, fore_landmark_info *info, fore_error *err)
{
    fore_landmark_options o = options ? *options : fore_landmark_default();
    fore_landmark_info local = {.converged = 1};
    fore_status status = FORE_OK;
    double *z = NULL, *design = NULL;
    row *rows = NULL;
    *model = NULL;
    FORE_TRY(check(r, n, x, &o, err));
    if (!any_won(r, n))
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "no deal was ever won: how long a win takes cannot be learned yet");
    fore_landmark *m = FORE_ZNEW(1, fore_landmark);
    if (!m) return fore_no_memory(err);
    m->followed = followed_to(r, n);
    m->fades = !isinf(o.ridge_fade);
    FORE_GO(learn_design(m, r, x, pool, &z, err));
    m->columns = CLOCK_COLUMNS + m->width * (m->fades ? 2 : 1);
    for (int c = 0; c < CAUSES; c++)
        if (!(m->beta[c] = FORE_ZNEW(m->columns, double))) FORE_GO(fore_no_memory(err));
    local.rows = fold(r, n, &o, NULL);
    local.columns = m->columns;
    rows = FORE_NEW(local.rows, row);
    design = FORE_NEW(local.rows * m->columns, double);
    if (!rows || !design) FORE_GO(fore_no_memory(err));
    fold(r, n, &o, rows);
    for (int64_t i = 0; i < local.rows; i++)
        fill(m, &rows[i], z ? z + rows[i].reading : NULL, n, design + i, local.rows);
    for (int c = 0; c < CAUSES; c++)
        FORE_GO(fit_cause(m, c, rows, local.rows, design, &o, pool, &local, err));
    if (info) *info = local;
    *model = m;
    m = NULL;
done:
    fore_landmark_free(m);
    fore_free(rows);
    fore_free(design);
    fore_free(z);
    return status;
}

/* --- predicting --- */

/* Both predictors' sums over the covariates: what holds now, and what fades. */
static void covariates(const fore_landmark *m, const double *raw, double part[CAUSES],
                       double fading[CAUSES])
{
    for (int c = 0; c < CAUSES; c++) part[c] = fading[c] = 0;
    for (int64_t j = 0; j < m->width; j++) {
        const fore_design *d = m->design;
        int64_t s = d->source[j];
        double z = 0;
        if (d->indicator[j])
            z = ((isnan(raw[s]) ? 1.0 : 0.0) - d->mean[j]) / d->scale[j];
        else if (!isnan(raw[s]))
            z = (fmin(fmax(raw[s], d->low[s]), d->high[s]) - d->mean[j]) / d->scale[j];
        for (int c = 0; c < CAUSES; c++) {
            part[c] += m->beta[c][CLOCK_COLUMNS + j] * z;
            if (m->fades) fading[c] += m->beta[c][CLOCK_COLUMNS + m->width + j] * z;
        }
    }
}

static double hazard(const fore_landmark *m, int cause, clocks at, double part, double fading)
{
    const double *b = m->beta[cause];
    double eta = m->intercept[cause] + part + fade_of(at.since) * fading;
    for (int64_t k = 0; k < at.age; k++) eta += b[k];
    for (int64_t k = 0; k < at.stage; k++) eta += b[AGES + k];
    if (at.stage < 0) eta += b[STAGE_UNKNOWN];
    for (int64_t k = 0; k < at.since; k++) eta += b[SINCE_AT + k];
    for (int64_t k = 0; k < at.due; k++) eta += b[DUE_AT + k];
    if (at.due < 0) eta += b[DUE_UNKNOWN];
    return fore_sigmoid(eta);
}

void fore_landmark_predict(const fore_landmark *m, const fore_reading *r, const double *raw,
                           int64_t horizon, double *won, double *lost)
{
    double part[CAUSES], fading[CAUSES], h[CAUSES] = {0}, open = 1, sum[CAUSES] = {0};
    clocks last = {-1, -1, -1, -1};
    double halving = fmax(4, (double)m->followed / 4);
    covariates(m, raw, part, fading);
    for (int64_t s = 0; s < horizon; s++) {
        clocks at = clocks_at(r, s);
        if (!alike(at, last))
            for (int c = 0; c < CAUSES; c++) h[c] = hazard(m, c, at, part[c], fading[c]);
        last = at;
        double beyond = (double)(r->age + s - m->followed);
        double left = beyond > 0 ? exp2(-beyond / halving) : 1;
        sum[0] += open * h[0] * left;
        sum[1] += open * (1 - h[0] * left) * h[1] * left;
        open *= (1 - h[0] * left) * (1 - h[1] * left);
        if (won) won[s] = sum[0];
        if (lost) lost[s] = sum[1];
    }
}

/* --- writing and reading --- */

void fore_landmark_write(const fore_landmark *m, fore_json_writer *json, const char *key)
{
    fore_json_object(json, key);
    fore_json_bool(json, "fades", m->fades);
    fore_json_integer(json, "followed", m->followed);
    fore_json_numbers(json, "intercept", m->intercept, CAUSES);
    fore_json_numbers(json, "won", m->beta[0], m->columns);
    fore_json_numbers(json, "lost", m->beta[1], m->columns);
    if (m->design) fore_design_write(m->design, json, "design");
    fore_json_end_object(json);
}

static bool all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static fore_status damaged(fore_error *err)
{
    return fore_fail(err, FORE_E_MODEL, "the model's curves are damaged; train the model again");
}

static fore_status read_landmark(const fore_json_node *node, int64_t covariates, fore_landmark *m,
                                 fore_error *err)
{
    const fore_json_node *design = fore_json_get(node, "design");
    static const char *const cause[CAUSES] = {"won", "lost"};
    if (!fore_json_get_bool(node, "fades", &m->fades) ||
        !fore_json_get_integer(node, "followed", &m->followed) || m->followed < 0 ||
        !fore_json_get_numbers(node, "intercept", m->intercept, CAUSES) ||
        !all_finite(m->intercept, CAUSES) || (design == NULL) != (covariates == 0))
        return damaged(err);
    if (design) FORE_TRY(fore_design_read(design, &m->design, err));
    if (m->design && m->design->columns != covariates) return damaged(err);
    m->width = m->design ? m->design->width : 0;
    m->columns = CLOCK_COLUMNS + m->width * (m->fades ? 2 : 1);
    for (int c = 0; c < CAUSES; c++) {
        if (fore_json_length(fore_json_get(node, cause[c])) != m->columns) return damaged(err);
        if (!(m->beta[c] = FORE_NEW(m->columns, double))) return fore_no_memory(err);
        if (!fore_json_get_numbers(node, cause[c], m->beta[c], m->columns) ||
            !all_finite(m->beta[c], m->columns))
            return damaged(err);
    }
    return FORE_OK;
}

fore_status fore_landmark_read(const fore_json_node *node, int64_t covariates,
                               fore_landmark **model, fore_error *err)
{
    *model = NULL;
    fore_landmark *m = FORE_ZNEW(1, fore_landmark);
    if (!m) return fore_no_memory(err);
    fore_status status = read_landmark(node, covariates, m, err);
    if (status == FORE_OK)
        *model = m;
    else
        fore_landmark_free(m);
    return status;
}

double fore_curve_at(const double *curve, int64_t horizon, double week)
{
    if (!(week > 0) || horizon < 1) return 0;
    if (week >= (double)horizon) return curve[horizon - 1];
    int64_t whole = (int64_t)floor(week);
    double before = whole == 0 ? 0 : curve[whole - 1];
    return before + (week - (double)whole) * (curve[whole] - before);
}

double fore_curve_reach(const double *curve, int64_t horizon, double value)
{
    if (value <= 0) return 0;
    for (int64_t h = 0; h < horizon; h++) {
        double before = h == 0 ? 0 : curve[h - 1];
        if (curve[h] >= value)
            return (double)h + (curve[h] > before ? (value - before) / (curve[h] - before) : 0);
    }
    return NAN;
}
