/* Two logistic regressions on folded person-weeks.
 *
 *   for every spell, for every age bin that it crosses: one row (y = 0) that carries the weight of
 * the weeks without event, and one row (y = 1) for the event week win model: all weeks; loss model:
 * all weeks but those of a win columns: steps 1[age >= cut] (ridge = a random walk over ages), then
 * the covariates' design
 *
 * Folding is exact: within a bin and a spell all weeks have the same hazard; without covariates so
 * have all spells, and a handful of rows stands for all deals. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/score/design.h"
#include "models/score/logit.h"
#include "models/survive/hazard.h"

static const int64_t DEFAULT_CUTS[] = {1,  2,  3,  4,  6,  8,   10,  13, 17,
                                       22, 30, 39, 52, 78, 104, 156, 208};
enum { DEFAULT_CUT_COUNT = 17, CAUSES = 2, FORMAT = 1, MERGED_CUTS = 64 };
static const double DAYS_PER_WEEK = 7;

struct fore_hazard {
    int64_t columns; /* p */
    int64_t cut_count;
    int64_t *cuts;       /* cut_count */
    fore_design *design; /* NULL when p = 0 */
    int64_t width;       /* q */
    double intercept[CAUSES];
    double *beta[CAUSES]; /* cut_count + q: steps, then covariates */
};

fore_hazard_options fore_hazard_default(void)
{
    return (fore_hazard_options){.ridge_age = 1, .ridge = 1};
}

fore_spell fore_spell_of(double start_day, double end_day, fore_deal_end event)
{
    double weeks = floor(fmax(0, end_day - start_day) / DAYS_PER_WEEK);
    return (fore_spell){.weeks = (int64_t)weeks + (event != FORE_DEAL_OPEN),
                        .last = (int64_t)floor(end_day / DAYS_PER_WEEK),
                        .weight = 1,
                        .event = event};
}

void fore_hazard_free(fore_hazard *m)
{
    if (!m) return;
    fore_design_free(m->design);
    fore_free(m->cuts);
    fore_free(m->beta[0]);
    fore_free(m->beta[1]);
    fore_free(m);
}

int64_t fore_hazard_columns(const fore_hazard *m) { return m->columns; }

/* Number of cuts at or below `age`: the bin. */
static int64_t bin_of(const fore_hazard *m, int64_t age)
{
    int64_t b = 0;
    while (b < m->cut_count && m->cuts[b] <= age) b++;
    return b;
}

static fore_status check_spells(const fore_spell *s, int64_t n, const fore_matrix *x,
                                const fore_hazard_options *o, fore_error *err)
{
    if (n < 0 || (n > 0 && !s) || (x && x->columns > 0 && x->rows != n))
        return fore_fail(err, FORE_E_ARGUMENT, "hazards need one row of covariates for each spell");
    if (!(o->ridge_age > 0) || !(o->ridge > 0) || !(o->half_life_weeks >= 0))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "hazards: the ridges must be positive and the half life not negative");
    for (int64_t i = 1; o->cuts && i < o->cut_count; i++)
        if (o->cuts[i] <= o->cuts[i - 1])
            return fore_fail(err, FORE_E_ARGUMENT, "hazards: the age cuts must ascend");
    for (int64_t i = 0; i < n; i++)
        if (s[i].entry < 0 || s[i].weeks < 0 || !(s[i].weight > 0) || isinf(s[i].weight) ||
            s[i].event < 0 || s[i].event > 2)
            return fore_fail(
                err, FORE_E_DATA,
                "spell %lld: entry and weeks must not be negative, the weight positive, the event open, won or lost",
                (long long)i + 1);
    return FORE_OK;
}

/* The given cuts, or those default ones that some deal has outlived. */
static fore_status set_cuts(fore_hazard *m, const fore_spell *s, int64_t n,
                            const fore_hazard_options *o, fore_error *err)
{
    const int64_t *from = o->cuts ? o->cuts : DEFAULT_CUTS;
    int64_t count = o->cuts ? o->cut_count : DEFAULT_CUT_COUNT, oldest = 0;
    for (int64_t i = 0; i < n; i++)
        if (s[i].weeks > 0 && s[i].entry + s[i].weeks - 1 > oldest)
            oldest = s[i].entry + s[i].weeks - 1;
    m->cuts = FORE_NEW(count, int64_t);
    if (!m->cuts) return fore_no_memory(err);
    for (int64_t i = 0; i < count; i++)
        if (from[i] > 0 && from[i] <= oldest) m->cuts[m->cut_count++] = from[i];
    return FORE_OK;
}

/* Folded rows: y, w and the spell and bin that they come from. */
typedef struct folded {
    int64_t n;
    double *y, *w;
    int64_t *spell, *bin;
    fore_deal_end *event; /* of the row's week; open for rows without */
} folded;

static void folded_free(folded *f)
{
    fore_free(f->y);
    fore_free(f->w);
    fore_free(f->spell);
    fore_free(f->bin);
    fore_free(f->event);
}

static double week_weight(const fore_spell *s, int64_t age, const fore_hazard_options *o)
{
    if (o->half_life_weeks == 0) return s->weight;
    int64_t week = s->last - (s->entry + s->weeks - 1 - age);
    return s->weight * exp2(-(double)(o->now - week) / o->half_life_weeks);
}

static void add_row(folded *f, int64_t spell, int64_t bin, double weight, fore_deal_end event)
{
    if (!(weight > 0)) return;
    if (f->y) {
        f->w[f->n] = weight;
        f->spell[f->n] = spell;
        f->bin[f->n] = bin;
        f->event[f->n] = event;
    }
    f->n++;
}

/* Weight of the event-free weeks from..to-1 of a spell. */
static double quiet_weight(const fore_spell *s, int64_t from, int64_t to,
                           const fore_hazard_options *o)
{
    double sum = 0;
    if (o->half_life_weeks == 0) return s->weight * (double)(to - from);
    for (int64_t a = from; a < to; a++) sum += week_weight(s, a, o);
    return sum;
}

/* With f->y NULL only counts. */
static void fold(const fore_hazard *m, const fore_spell *s, int64_t n, const fore_hazard_options *o,
                 folded *f)
{
    f->n = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t end = s[i].entry + s[i].weeks, quiet = end - (s[i].event != FORE_DEAL_OPEN);
        if (s[i].weeks == 0) continue;
        for (int64_t a = s[i].entry; a < quiet;) {
            int64_t b = bin_of(m, a),
                    next = b < m->cut_count && m->cuts[b] < quiet ? m->cuts[b] : quiet;
            add_row(f, i, b, quiet_weight(&s[i], a, next, o), FORE_DEAL_OPEN);
            a = next;
        }
        if (s[i].event != FORE_DEAL_OPEN)
            add_row(f, i, bin_of(m, end - 1), week_weight(&s[i], end - 1, o), s[i].event);
    }
}

static fore_status fold_new(const fore_hazard *m, const fore_spell *s, int64_t n,
                            const fore_hazard_options *o, folded *f, fore_error *err)
{
    *f = (folded){0};
    fold(m, s, n, o, f);
    int64_t rows = f->n;
    f->w = FORE_NEW(rows, double);
    f->spell = FORE_NEW(rows, int64_t);
    f->bin = FORE_NEW(rows, int64_t);
    f->event = FORE_NEW(rows, fore_deal_end);
    f->y = FORE_NEW(rows, double);
    if (!f->w || !f->spell || !f->bin || !f->event || !f->y) {
        folded_free(f);
        *f = (folded){0};
        return fore_no_memory(err);
    }
    fold(m, s, n, o, f);
    return FORE_OK;
}

/* Without covariates all rows of one bin and event are alike: their weights are added up, in order. */
static void merge_alike(folded *f, int64_t bins)
{
    double sum[3 * (MERGED_CUTS + 1)] = {0};
    for (int64_t i = 0; i < f->n; i++) sum[3 * f->bin[i] + (int64_t)f->event[i]] += f->w[i];
    f->n = 0;
    for (int64_t k = 0; k < 3 * bins; k++)
        add_row(f, 0, k / 3, sum[k], (fore_deal_end)(k % 3));
}

/* Log-likelihood of 0/1 rows under the fitted cause. */
static double loglik_of(const fore_hazard *m, int cause, const double *x, int64_t n,
                        const double *y, const double *w)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double eta = m->intercept[cause];
        for (int64_t j = 0; j < m->cut_count + m->width; j++)
            eta += m->beta[cause][j] * x[i + j * n];
        sum += w[i] * (y[i] * eta - fore_log1pexp(eta));
    }
    return sum;
}

/* A cause that never happened: half an event over all weeks at risk. */
static void never(fore_hazard *m, int cause, double at_risk)
{
    m->intercept[cause] = log(0.5 / (at_risk + 0.5));
    memset(m->beta[cause], 0, (size_t)(m->cut_count + m->width) * sizeof(double));
}

/* Keeps the rows of `cause` in place (the loss model does not see weeks of a win); returns how
 * many. */
static int64_t rows_of(folded *f, int cause, double *events, double *at_risk)
{
    int64_t n = 0;
    *events = *at_risk = 0;
    for (int64_t i = 0; i < f->n; i++) {
        if (cause == 1 && f->event[i] == FORE_DEAL_WON) continue;
        f->w[n] = f->w[i];
        f->spell[n] = f->spell[i];
        f->bin[n] = f->bin[i];
        f->event[n] = f->event[i];
        f->y[n] = f->event[i] == (cause == 0 ? FORE_DEAL_WON : FORE_DEAL_LOST);
        *events += f->y[n];
        *at_risk += f->w[n];
        n++;
    }
    return n;
}

static fore_status fit_cause(fore_hazard *m, int cause, folded *f, const double *z, int64_t spells,
                             const fore_hazard_options *o, fore_pool *pool, fore_hazard_info *info,
                             fore_error *err)
{
    fore_status status = FORE_OK;
    double events, at_risk;
    int64_t n = rows_of(f, cause, &events, &at_risk), k = m->cut_count + m->width;
    fore_logit_model *logit = NULL;
    fore_logit_info logit_info = {0};
    double *x = NULL, *precisions = NULL;
    if (events == 0) {
        never(m, cause, at_risk);
        return FORE_OK;
    }
    x = FORE_NEW(n * k, double);
    precisions = FORE_NEW(k, double);
    if (!x || !precisions) FORE_GO(fore_no_memory(err));
    for (int64_t j = 0; j < k; j++) {
        bool step = j < m->cut_count;
        precisions[j] = step ? o->ridge_age : o->ridge;
        for (int64_t i = 0; i < n; i++)
            x[i + j * n] = step ? f->bin[i] > j : z[f->spell[i] + (j - m->cut_count) * spells];
    }
    fore_view matrix = {x, n, k, n, NULL};
    fore_logit_options options = fore_logit_default();
    options.precisions = precisions;
    FORE_GO(
        fore_logit_fit(pool, &matrix, NULL, f->y, f->w, NULL, &options, &logit, &logit_info, err));
    m->intercept[cause] = logit->intercept;
    memcpy(m->beta[cause], logit->beta, (size_t)k * sizeof(double));
    info->iterations[cause] = logit_info.iterations;
    info->loglik[cause] = loglik_of(m, cause, x, n, f->y, f->w);
    info->converged = info->converged && logit_info.converged;
done:
    fore_logit_free(logit);
    fore_free(precisions);
    fore_free(x);
    return status;
}

static fore_status learn_design(fore_hazard *m, const fore_spell *s, const fore_matrix *x,
                                fore_pool *pool, double **z, fore_error *err)
{
    fore_status status = FORE_OK;
    double *w = NULL;
    m->columns = x ? x->columns : 0;
    if (m->columns == 0) return FORE_OK;
    w = FORE_NEW(x->rows, double);
    if (!w) return fore_no_memory(err);
    for (int64_t i = 0; i < x->rows; i++) w[i] = s[i].weight;
    fore_view rows = {x->data, x->rows, x->columns, x->stride, NULL};
    FORE_GO(fore_design_fit(pool, &rows, w, NULL, &m->design, err));
    m->width = m->design->width;
    *z = FORE_NEW(x->rows * m->width, double);
    if (!*z) FORE_GO(fore_no_memory(err));
    fore_design_block(m->design, &rows, 0, x->rows, *z, x->rows);
done:
    fore_free(w);
    return status;
}

static fore_status new_betas(fore_hazard *m, fore_error *err)
{
    for (int c = 0; c < CAUSES; c++)
        if (!(m->beta[c] = FORE_ZNEW(m->cut_count + m->width, double))) return fore_no_memory(err);
    return FORE_OK;
}

fore_status fore_hazard_fit(const fore_spell *spells, int64_t n, const fore_matrix *x,
                            const fore_hazard_options *options, fore_pool *pool,
                            fore_hazard **model, fore_hazard_info *info, fore_error *err)
{
    fore_hazard_options o = options ? *options : fore_hazard_default();
    fore_hazard_info local = {.converged = 1};
    fore_status status = FORE_OK;
    folded f = {0};
    double *z = NULL;
    *model = NULL;
    FORE_TRY(check_spells(spells, n, x, &o, err));
    fore_hazard *m = FORE_ZNEW(1, fore_hazard);
    if (!m) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        local.won += spells[i].weeks > 0 && spells[i].event == FORE_DEAL_WON;
        local.lost += spells[i].weeks > 0 && spells[i].event == FORE_DEAL_LOST;
    }
    if (local.won == 0)
        FORE_GO(fore_fail(err, FORE_E_NO_ANSWER,
                          "no deal was ever won: how long a win takes cannot be learned yet"));
    FORE_GO(set_cuts(m, spells, n, &o, err));
    FORE_GO(learn_design(m, spells, x, pool, &z, err));
    FORE_GO(new_betas(m, err));
    FORE_GO(fold_new(m, spells, n, &o, &f, err));
    local.rows = f.n;
    if (m->columns == 0 && m->cut_count <= MERGED_CUTS) merge_alike(&f, m->cut_count + 1);
    for (int c = 0; c < CAUSES; c++) FORE_GO(fit_cause(m, c, &f, z, n, &o, pool, &local, err));
    if (info) *info = local;
    *model = m;
    m = NULL;
done:
    folded_free(&f);
    fore_free(z);
    fore_hazard_free(m);
    return status;
}

/* The covariates' part of both predictors, without a row of scratch. */
static void covariates(const fore_hazard *m, const double *row, double part[CAUSES])
{
    part[0] = part[1] = 0;
    for (int64_t j = 0; j < m->width; j++) {
        const fore_design *d = m->design;
        int64_t s = d->source[j];
        double raw = row[s], z;
        if (d->indicator[j])
            z = ((isnan(raw) ? 1.0 : 0.0) - d->mean[j]) / d->scale[j];
        else
            z = isnan(raw) ? 0
                           : (fmin(fmax(raw, d->low[s]), d->high[s]) - d->mean[j]) / d->scale[j];
        part[0] += m->beta[0][m->cut_count + j] * z;
        part[1] += m->beta[1][m->cut_count + j] * z;
    }
}

static void hazards(const fore_hazard *m, int64_t age, const double part[CAUSES], double *won,
                    double *lost)
{
    double eta[CAUSES] = {m->intercept[0] + part[0], m->intercept[1] + part[1]};
    for (int64_t b = bin_of(m, age) - 1; b >= 0; b--) {
        eta[0] += m->beta[0][b];
        eta[1] += m->beta[1][b];
    }
    *won = fore_sigmoid(eta[0]);
    *lost = fore_sigmoid(eta[1]);
}

void fore_hazard_week(const fore_hazard *m, int64_t age, const double *row, double *won,
                      double *lost)
{
    double part[CAUSES];
    covariates(m, row, part);
    hazards(m, age, part, won, lost);
}

void fore_hazard_predict(const fore_hazard *m, int64_t age, const double *row, int64_t horizon,
                         double *won, double *lost)
{
    double part[CAUSES], open = 1, sum_won = 0, sum_lost = 0, h1 = 0, h2 = 0;
    int64_t last_bin = -1;
    covariates(m, row, part);
    for (int64_t h = 0; h < horizon; h++) {
        int64_t bin = bin_of(m, age + h);
        if (bin != last_bin) hazards(m, age + h, part, &h1, &h2);
        last_bin = bin;
        sum_won += open * h1;
        sum_lost += open * (1 - h1) * h2;
        open *= (1 - h1) * (1 - h2);
        if (won) won[h] = sum_won;
        if (lost) lost[h] = sum_lost;
    }
}

void fore_hazard_save(const fore_hazard *m, fore_json_writer *w, const char *key)
{
    int64_t k = m->cut_count + m->width;
    fore_json_object(w, key);
    fore_json_string(w, "kind", "hazard");
    fore_json_integer(w, "format", FORMAT);
    fore_json_integer(w, "columns", m->columns);
    fore_json_integers(w, "cuts", m->cuts, m->cut_count);
    if (m->design) fore_design_write(m->design, w, "design");
    fore_json_numbers(w, "intercept", m->intercept, CAUSES);
    fore_json_numbers(w, "won", m->beta[0], k);
    fore_json_numbers(w, "lost", m->beta[1], k);
    fore_json_end_object(w);
}

static fore_status broken(fore_error *err, const char *what)
{
    return fore_fail(err, FORE_E_MODEL, "the hazard model's %s cannot be read: train again", what);
}

static bool all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static fore_status load_cuts(const fore_json_node *node, fore_hazard *m, fore_error *err)
{
    const fore_json_node *cuts = fore_json_get(node, "cuts");
    m->cut_count = fore_json_length(cuts);
    m->cuts = FORE_NEW(m->cut_count, int64_t);
    if (!m->cuts) return fore_no_memory(err);
    for (int64_t i = 0; i < m->cut_count; i++) {
        double v;
        if (!fore_json_as_number(fore_json_at(cuts, i), &v) || !(v >= 1 && v <= 1e9) ||
            v != floor(v))
            return broken(err, "ages");
        m->cuts[i] = (int64_t)v;
        if (i > 0 && m->cuts[i] <= m->cuts[i - 1]) return broken(err, "ages");
    }
    return FORE_OK;
}

fore_status fore_hazard_load(const fore_json_node *node, fore_hazard **model, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t format = 0;
    *model = NULL;
    const char *kind = fore_json_get_string(node, "kind");
    if (!kind || strcmp(kind, "hazard") != 0 || !fore_json_get_integer(node, "format", &format) ||
        format != FORMAT)
        return broken(err, "kind or format");
    fore_hazard *m = FORE_ZNEW(1, fore_hazard);
    if (!m) return fore_no_memory(err);
    if (!fore_json_get_integer(node, "columns", &m->columns) || m->columns < 0)
        FORE_GO(broken(err, "columns"));
    FORE_GO(load_cuts(node, m, err));
    const fore_json_node *design = fore_json_get(node, "design");
    if ((design != NULL) != (m->columns > 0)) FORE_GO(broken(err, "design"));
    if (design) {
        FORE_GO(fore_design_read(design, &m->design, err));
        if (m->design->columns != m->columns) FORE_GO(broken(err, "design"));
        m->width = m->design->width;
    }
    FORE_GO(new_betas(m, err));
    int64_t k = m->cut_count + m->width;
    if (!fore_json_get_numbers(node, "intercept", m->intercept, CAUSES) ||
        !fore_json_get_numbers(node, "won", m->beta[0], k) ||
        !fore_json_get_numbers(node, "lost", m->beta[1], k) || !all_finite(m->intercept, CAUSES) ||
        !all_finite(m->beta[0], k) || !all_finite(m->beta[1], k))
        FORE_GO(broken(err, "coefficients"));
    *model = m;
    m = NULL;
done:
    fore_hazard_free(m);
    return status;
}
