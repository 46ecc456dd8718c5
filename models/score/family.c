/* The families' precisions by MacKay's fixed point, one Newton step at a time:
 *
 *     start from b = 0, c = log-odds of the base rate, every precision START
 *     repeat   loss, g, H at the point                              one pass over the rows
 *              if the objective rose: back half of the last step
 *              S = (H + precision)^-1;  point -= S (g + precision b)
 *              per family f with k_f columns:
 *                  d_f = k_f - precision_f sum S_jj          how many coefficients the rows settle
 *                  precision_f = (d_f + 2 SHAPE) / (sum b_j^2 + 2 SHAPE / common)
 *              common = geometric mean of the precisions and of STARTS times START
 *     until no precision moves by over SETTLED and the step gains nothing
 *
 * SHAPE is the shape of the gamma distribution of the precisions around the common one: as much as
 * 2 SHAPE coefficients. A family of a single column is thus held near the others. */
#include "models/score/family.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/linear.h"
#include "models/score/irls.h"

enum {
    ROWS = 25000, /* precisions are ratios of variances: more rows settle nothing more */
    PASSES = 40,
    HALVINGS = 20
};
static const double START = 20; /* a standardised column moves the log-odds by 0.22 */
static const double STARTS = 4; /* so many families' worth of it stay in the common one */
static const double SHAPE = 0.5;
static const double LEAST = 1e-2, MOST = 1e6;
static const double SETTLED = 0.05; /* log; the log loss does not see it */
static const double GAIN = 1e-6;    /* of the objective per unit of weight */

typedef struct shrinking {
    fore_irls irls;
    const int32_t *family;
    int32_t families;
    double *each;              /* families: precision */
    double *settled, *squares; /* families */
    double *point, *before, *gradient, *curvature, *factor;
    double loss, weight, common, evidence;
} shrinking;

int32_t fore_family_of_design(const fore_design *design, const int32_t *raw, int32_t *out)
{
    enum { VALUE, HINGE, MISSING, KINDS };
    int32_t kind[KINDS] = {-1, -1, -1}, count = 0, last = -1, number = -1;
    for (int64_t q = 0; q < design->width; q++) {
        int32_t named = raw ? raw[design->source[q]] : -1;
        bool hinge = design->knot[q] > -INFINITY;
        if (named >= 0 && !hinge) continue;
        int32_t *k = &kind[hinge ? HINGE : design->indicator[q] ? MISSING : VALUE];
        if (*k < 0) *k = count++;
        out[q] = *k;
    }
    for (int64_t q = 0; raw && q < design->width; q++) { /* columns of one attribute lie together */
        int32_t named = raw[design->source[q]];
        if (named < 0 || design->knot[q] > -INFINITY) continue;
        number = named == last ? number : -1;
        for (int64_t k = 0; number < 0 && k < q; k++)
            if (raw[design->source[k]] == named && !(design->knot[k] > -INFINITY)) number = out[k];
        if (number < 0) number = count++;
        out[q] = number;
        last = named;
    }
    return count;
}

static double prior_loss(const shrinking *m, const double *point)
{
    double sum = 0;
    for (int64_t j = 0; j < m->irls.width; j++)
        sum += 0.5 * m->each[m->family[j]] * point[j] * point[j];
    return sum;
}

/* factor = Cholesky of the curvature with the prior; 0 without the ridge of rounding. */
static fore_status factorise(shrinking *m, fore_error *err)
{
    int64_t q = m->irls.width, order = q + 1;
    double largest = DBL_MIN;
    for (int64_t j = 0; j < q; j++) {
        m->gradient[j] += m->each[m->family[j]] * m->point[j];
        m->curvature[j * (order + 1)] += m->each[m->family[j]];
        largest = fmax(largest, m->curvature[j * (order + 1)]);
    }
    largest = fmax(largest, m->curvature[q * (order + 1)]);
    for (double ridge = 0; ridge<1; ridge = ridge> 0 ? ridge * 100 : 1e-12) {
        memcpy(m->factor, m->curvature, (size_t)(order * order) * sizeof *m->factor);
        for (int64_t j = 0; j < order; j++) m->factor[j * (order + 1)] += ridge * largest;
        if (fore_cholesky(m->factor, order, NULL) == FORE_OK) return FORE_OK;
    }
    return fore_fail(err, FORE_E_NUMERIC,
                     "the additive model's curvature cannot be factorised; check the columns for "
                     "values that are not finite");
}

/* One Newton step from a point whose sums are known; returns what it promises to gain. */
static double step(shrinking *m)
{
    int64_t order = m->irls.width + 1;
    double gain = 0;
    double *move = m->before; /* then the point itself */
    memcpy(move, m->gradient, (size_t)order * sizeof *move);
    fore_cholesky_solve(m->factor, order, move, 1);
    for (int64_t j = 0; j < order; j++) gain += m->gradient[j] * move[j];
    for (int64_t j = 0; j < order; j++) {
        double there = m->point[j] - move[j];
        m->before[j] = m->point[j];
        m->point[j] = there;
    }
    return gain;
}

static double within(double precision) { return fmin(fmax(precision, LEAST), MOST); }

/* The precisions anew; returns the largest change of a logarithm. factor is overwritten. */
static double estimate(shrinking *m)
{
    int64_t q = m->irls.width, order = q + 1;
    double change = 0, logs = STARTS * log(START);
    memset(m->settled, 0, (size_t)m->families * sizeof *m->settled);
    memset(m->squares, 0, (size_t)m->families * sizeof *m->squares);
    fore_cholesky_invert(m->factor, order);
    for (int64_t j = 0; j < q; j++) {
        int32_t f = m->family[j];
        m->settled[f] += 1 - m->each[f] * m->factor[j * (order + 1)];
        m->squares[f] += m->point[j] * m->point[j];
    }
    for (int32_t f = 0; f < m->families; f++) {
        double now =
            within((fmax(m->settled[f], 0) + 2 * SHAPE) / (m->squares[f] + 2 * SHAPE / m->common));
        change = fmax(change, fabs(log(now / m->each[f])));
        m->each[f] = now;
        logs += log(now);
    }
    m->common = exp(logs / (m->families + STARTS));
    return change;
}

static void find_evidence(shrinking *m)
{
    double prior = 0;
    for (int64_t j = 0; j < m->irls.width; j++) prior += log(m->each[m->family[j]]);
    m->evidence = -m->loss - prior_loss(m, m->point) + 0.5 * prior -
                  0.5 * fore_cholesky_logdet(m->factor, m->irls.width + 1) +
                  0.91893853320467274178; /* log(2 pi) / 2 */
}

static fore_status descend(shrinking *m, fore_family_info *info, fore_error *err)
{
    int64_t order = m->irls.width + 1, halvings = 0;
    bool moved = false;
    for (int64_t k = 0; k < PASSES && !info->converged; k++) {
        double loss = m->loss;
        fore_irls_sums sums;
        FORE_TRY(fore_irls_pass(&m->irls, m->point, &sums, m->gradient, m->curvature, err));
        info->passes++;
        double fell =
            moved ? loss + prior_loss(m, m->before) - sums.loss - prior_loss(m, m->point) : 0;
        if (!(fell >= -1e-9 * (1 + fabs(loss))) && halvings++ < HALVINGS) {
            for (int64_t j = 0; j < order; j++) m->point[j] = 0.5 * (m->point[j] + m->before[j]);
            continue;
        }
        halvings = 0;
        m->loss = sums.loss;
        m->weight = sums.weight;
        FORE_TRY(factorise(m, err));
        find_evidence(m);
        double gain = step(m), change = estimate(m);
        moved = true;
        info->converged = change < SETTLED && gain <= GAIN * m->weight;
    }
    return FORE_OK;
}

static fore_status start(shrinking *m, fore_error *err)
{
    FORE_TRY(fore_irls_start(&m->irls, err));
    int64_t order = m->irls.width + 1;
    m->each = FORE_NEW(m->families, double);
    m->settled = FORE_NEW(m->families, double);
    m->squares = FORE_NEW(m->families, double);
    m->before = FORE_NEW(order, double);
    m->gradient = FORE_NEW(order, double);
    m->curvature = FORE_NEW(order * order, double);
    m->factor = FORE_NEW(order * order, double);
    if (!m->each || !m->settled || !m->squares || !m->before || !m->gradient || !m->curvature ||
        !m->factor)
        return fore_no_memory(err);
    for (int32_t f = 0; f < m->families; f++) m->each[f] = START;
    m->common = START;
    double positive = 0, weight = 0;
    for (int64_t i = 0; i < m->irls.x->rows; i++) {
        double w = m->irls.w ? m->irls.w[i] : 1;
        positive += w * m->irls.y[i];
        weight += w;
    }
    memset(m->point, 0, (size_t)order * sizeof *m->point);
    m->point[order - 1] = log((positive + 0.5) / (weight - positive + 0.5));
    return FORE_OK;
}

static void end(shrinking *m)
{
    fore_irls_end(&m->irls);
    fore_free(m->each);
    fore_free(m->settled);
    fore_free(m->squares);
    fore_free(m->before);
    fore_free(m->gradient);
    fore_free(m->curvature);
    fore_free(m->factor);
}

/* g = -C_f precision_f b_f over the family's columns; Var(log precision) of its gamma posterior of
 * shape d_f / 2 + SHAPE is 1 / shape. */
fore_status fore_family_widen(fore_logit_model *model, const double *precision,
                              const int32_t *family, int32_t families, fore_error *err)
{
    int64_t q = model->width, order = q + 1;
    double *c = model->covariance;
    if (!c) return FORE_OK;
    double *g = FORE_ZNEW(families * order, double), *settled = FORE_ZNEW(families, double);
    fore_status status = g && settled ? FORE_OK : fore_no_memory(err);
    for (int64_t j = 0; j < q && status == FORE_OK; j++) {
        double *to = g + family[j] * order, pull = precision[j] * model->beta[j];
        for (int64_t i = 0; i < order; i++) to[i] -= c[i + j * order] * pull;
        settled[family[j]] += 1 - precision[j] * c[j + j * order];
    }
    for (int32_t f = 0; f < families && status == FORE_OK; f++) {
        double variance = 1 / (0.5 * fmax(settled[f], 0) + SHAPE), *from = g + f * order;
        for (int64_t j = 0; j < order; j++)
            for (int64_t i = 0; i < order; i++) c[i + j * order] += variance * from[i] * from[j];
    }
    fore_free(g);
    fore_free(settled);
    return status;
}

fore_status fore_family_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                            const double *y, const double *w, const int32_t *family,
                            int32_t families, double *precision, double *point,
                            fore_family_info *info, fore_error *err)
{
    fore_family_info local = {0};
    if (x->rows < 1) return fore_fail(err, FORE_E_DATA, "the additive model has no rows to fit");
    shrinking m = {.irls = {.pool = pool,
                            .x = x,
                            .design = design,
                            .y = y,
                            .w = w,
                            .skip = (x->rows + ROWS - 1) / ROWS},
                   .family = family,
                   .families = families,
                   .point = point};
    fore_status status = start(&m, err);
    if (status == FORE_OK) status = descend(&m, &local, err);
    for (int64_t j = 0; status == FORE_OK && j < m.irls.width; j++)
        precision[j] = m.each[family[j]];
    local.common = m.common;
    local.evidence = m.evidence;
    if (info) *info = local;
    end(&m);
    return status;
}
