/* Calibration. Platt's curve by Newton's method on
 *     sum w [log(1 + exp(f)) - t f],  f = a m + b,  t = (N+ + 1)/(N+ + 2) for y = 1, 1/(N- + 2) for
 * y = 0 (Lin, Lin, Weng 2007 for the stable form), N+ and N- the sums of weights. */
#include "models/score/calibrate_inside.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/special.h"

static const double IDENTITY_LIMIT = 13.815509557963773; /* log-odds of 1 - 1e-6 */
static const double POOL_PRIOR = 5; /* rows by which a pool is shrunk towards Platt's curve */
static const double FAINT = 0.05;   /* least log-odds per standard deviation of the margins */
static const double LINE_PARTS =
    6; /* a line at some margin rests on a sixth of all rows at least */
static const double FEW = 20;

/* ---- Platt ---- */

static double platt_loss(const marks *m, double a, double b, double g[2], double h[3])
{
    double high = (m->positives + 1) / (m->positives + 2), low = 1 / (m->negatives + 2), loss = 0;
    memset(g, 0, 2 * sizeof *g);
    memset(h, 0, 3 * sizeof *h);
    for (int64_t k = 0; k < m->n; k++) {
        int64_t i = m->order[k]; /* in margin order: the same sum for any order of equal rows */
        double f = a * m->margin[i] + b, t = m->y[i] > 0 ? high : low, w = marks_weight(m, i);
        double p = fore_sigmoid(f), r = w * (p - t), v = w * p * (1 - p);
        loss += w * (fore_log1pexp(f) - t * f);
        g[0] += r * m->margin[i];
        g[1] += r;
        h[0] += v * m->margin[i] * m->margin[i];
        h[1] += v * m->margin[i];
        h[2] += v;
    }
    return loss;
}

typedef struct line {
    double a, b, information; /* of a, with b free: 1 / its variance */
} line;

static bool fit_line(const marks *m, line *out)
{
    double level = log((m->positives + 1) / (m->negatives + 1)), a = 0, b = level, g[2], h[3];
    double loss = platt_loss(m, a, b, g, h);
    for (int step = 0; step < 100; step++) {
        double ridge = 1e-12 * (h[0] + h[2]) + 1e-300, ha = h[0] + ridge, hb = h[2] + ridge;
        double det = ha * hb - h[1] * h[1];
        if (!(det > 0)) break;
        double da = (hb * g[0] - h[1] * g[1]) / det, db = (ha * g[1] - h[1] * g[0]) / det, rate = 1;
        double next = platt_loss(m, a - da, b - db, g, h);
        for (int halving = 0; halving < 40 && !(next <= loss + 1e-13 * fabs(loss)); halving++) {
            rate *= 0.5;
            next = platt_loss(m, a - rate * da, b - rate * db, g, h);
        }
        a -= rate * da;
        b -= rate * db;
        loss = next;
        if (fabs(rate * da) <= 1e-12 * (1 + fabs(a)) && fabs(rate * db) <= 1e-12 * (1 + fabs(b)))
            break;
    }
    *out = (line){a, b, h[2] > 0 ? fmax(0, h[0] - h[1] * h[1] / h[2]) : 0};
    return isfinite(a) && isfinite(b);
}

/* Mean and standard deviation of the margins, weighted. */
static void margin_spread(const marks *m, double *mean, double *sd)
{
    double sum = 0, total = m->positives + m->negatives, squares = 0;
    for (int64_t k = 0; k < m->n; k++) sum += marks_weight(m, m->order[k]) * m->margin[m->order[k]];
    *mean = total > 0 ? sum / total : 0;
    for (int64_t k = 0; k < m->n; k++) {
        double d = m->margin[m->order[k]] - *mean;
        squares += marks_weight(m, m->order[k]) * d * d;
    }
    *sd = total > 0 ? sqrt(squares / total) : 0;
}

/* Scores that point the wrong way, or nowhere, tell the rate only; a faint slope keeps their order
 * all the same, so that no two rows are tied that the model tells apart. */
static void fit_platt(const marks *m, fore_calibration *c)
{
    line l;
    double mean, sd;
    bool fine = fit_line(m, &l);
    margin_spread(m, &mean, &sd);
    c->a = l.a;
    c->b = l.b;
    if (fine && l.a * sd >= FAINT) return;
    c->faint = true;
    c->a = sd > 0 ? FAINT / sd : 0;
    if (!isfinite(c->a)) c->a = 0;
    c->b = log((m->positives + 1) / (m->negatives + 1)) - c->a * mean;
}

/* ---- isotonic ---- */

fore_status fore_pool_violators(double *value, const double *weight, int64_t n, fore_error *err)
{
    double *mean = FORE_NEW(n, double), *mass = FORE_NEW(n, double);
    int64_t *end = FORE_NEW(n, int64_t), pools = 0;
    fore_status status = FORE_OK;
    if (!mean || !mass || !end) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) {
        mean[pools] = value[i];
        mass[pools] = weight[i];
        end[pools++] = i + 1;
        while (pools > 1 && mean[pools - 2] >= mean[pools - 1]) {
            double both = mass[pools - 2] + mass[pools - 1];
            mean[pools - 2] =
                (mean[pools - 2] * mass[pools - 2] + mean[pools - 1] * mass[pools - 1]) / both;
            mass[pools - 2] = both;
            end[pools - 2] = end[pools - 1];
            pools--;
        }
    }
    for (int64_t k = 0, i = 0; k < pools; k++)
        while (i < end[k]) value[i++] = mean[k];
done:
    fore_free(mean);
    fore_free(mass);
    fore_free(end);
    return status;
}

/* Rows of equal margin become one point; returns how many points there are. */
static int64_t gather_points(const marks *m, double *at, double *rate, double *mass)
{
    int64_t count = 0;
    for (int64_t k = 0; k < m->n; k++) {
        int64_t i = m->order[k];
        double w = marks_weight(m, i);
        if (!(w > 0)) continue;
        if (count == 0 || at[count - 1] != m->margin[i]) {
            at[count] = m->margin[i];
            rate[count] = mass[count] = 0;
            count++;
        }
        mass[count - 1] += w;
        rate[count - 1] += w * m->y[i];
    }
    for (int64_t k = 0; k < count; k++) rate[k] /= mass[k];
    return count;
}

/* Points of equal rate become one: middle, rate, mass. */
static int64_t merge_pools(double *at, double *rate, double *mass, int64_t points)
{
    int64_t count = 0;
    for (int64_t k = 0; k < points;) {
        double level = rate[k], sum = 0, total = 0;
        for (; k < points && rate[k] == level; k++) {
            sum += mass[k] * at[k];
            total += mass[k];
        }
        at[count] = sum / total;
        rate[count] = level;
        mass[count++] = total;
    }
    return count;
}

static fore_status fit_isotonic(const marks *m, fore_calibration *c, fore_error *err)
{
    double *at = FORE_NEW(m->n, double), *rate = FORE_NEW(m->n, double),
           *mass = FORE_NEW(m->n, double);
    fore_status status = FORE_OK;
    if (!at || !rate || !mass) FORE_GO(fore_no_memory(err));
    int64_t points = gather_points(m, at, rate, mass);
    FORE_GO(fore_pool_violators(rate, mass, points, err));
    int64_t pools = merge_pools(at, rate, mass, points);
    for (int64_t k = 0; k < pools; k++) {
        double platt = fore_sigmoid(c->a * at[k] + c->b);
        rate[k] = (rate[k] * mass[k] + POOL_PRIOR * platt) / (mass[k] + POOL_PRIOR);
        mass[k] += POOL_PRIOR;
    }
    FORE_GO(fore_pool_violators(rate, mass, pools, err)); /* shrinking may have broken the order */
    c->margin = FORE_NEW(pools, double);
    c->logit = FORE_NEW(pools, double);
    if (!c->margin || !c->logit) FORE_GO(fore_no_memory(err));
    c->knots = pools;
    for (int64_t k = 0; k < pools; k++) {
        c->margin[k] = at[k];
        c->logit[k] = log(rate[k] / (1 - rate[k]));
    }
done:
    fore_free(at);
    fore_free(rate);
    fore_free(mass);
    return status;
}

/* ---- the neighbourhood ---- */

static void count_bins(const marks *m, fore_calibration *c)
{
    double rarer = fmin(m->positives, m->negatives);
    int64_t bins = (int64_t)fmin(fmax(0.5 * sqrt(rarer), 1), FORE_CALIBRATION_BINS);
    c->bins = 0;
    for (int64_t b = 0, k = 0; b < bins && k < m->n; b++) {
        int64_t end = m->n * (b + 1) / bins, start = k;
        while (k < m->n && (k < end || m->margin[m->order[k]] == m->margin[m->order[k - 1]])) k++;
        if (k == start) continue;
        for (int64_t i = start; i < k; i++)
            (m->y[m->order[i]] > 0 ? c->won : c->lost)[c->bins] += marks_weight(m, m->order[i]) > 0;
        c->count[c->bins] = (double)(k - start);
        c->edge[c->bins++] = m->margin[m->order[k - 1]];
    }
}

/* ---- fitting ---- */

fore_status calibrate_fit(fore_calibrator kind, const marks *m, fore_calibration *c,
                          fore_error *err)
{
    c->kind = kind;
    c->a = 1;
    c->limit =
        c->kind == FORE_CALIBRATE_IDENTITY ? IDENTITY_LIMIT : log(m->positives + m->negatives + 1);
    if (c->kind != FORE_CALIBRATE_IDENTITY) fit_platt(m, c);
    if (c->faint) c->kind = FORE_CALIBRATE_PLATT; /* one pool would tie all rows */
    if (c->kind == FORE_CALIBRATE_BETA && !calibrate_fit_beta(m, c)) c->kind = FORE_CALIBRATE_PLATT;
    return c->kind == FORE_CALIBRATE_ISOTONIC ? fit_isotonic(m, c, err) : FORE_OK;
}

static fore_status fit_kind(fore_calibrator kind, int min_platt, const marks *m,
                            fore_calibration *c, fore_error *err)
{
    bool few = fmin(m->positives, m->negatives) < FEW;
    if (kind == FORE_CALIBRATE_AUTO && few) kind = FORE_CALIBRATE_IDENTITY;
    if (kind == FORE_CALIBRATE_AUTO) FORE_TRY(calibrate_choose(m, &kind, err));
    if (kind == FORE_CALIBRATE_IDENTITY && min_platt) kind = FORE_CALIBRATE_PLATT;
    if (m->n == 0) kind = FORE_CALIBRATE_IDENTITY;
    FORE_TRY(calibrate_fit(kind, m, c, err));
    count_bins(m, c);
    c->base_rate = (m->positives + 0.5) / (m->positives + m->negatives + 1);
    bool smooth = c->kind == FORE_CALIBRATE_PLATT || c->kind == FORE_CALIBRATE_BETA;
    for (int64_t b = 0; smooth && b < c->bins; b++)
        c->count[b] *= fmax(1, (double)c->bins / LINE_PARTS);
    return FORE_OK;
}

static fore_status read_marks(const double *margin, const double *y, const double *w, int64_t n,
                              marks *m, fore_error *err)
{
    *m = (marks){margin, y, w, n, FORE_NEW(n, int64_t), 0, 0};
    if (!m->order) return fore_no_memory(err);
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(margin[i]))
            return fore_fail_at(err, FORE_E_DATA, NULL, i + 1, 0,
                                "the margin of row %lld is not finite and cannot be calibrated on",
                                (long long)i + 1);
        *(y[i] > 0 ? &m->positives : &m->negatives) += marks_weight(m, i);
    }
    return fore_order(margin, n, m->order) ? FORE_OK : fore_no_memory(err);
}

fore_status fore_calibration_fit(fore_calibrator kind, int min_platt, const double *margin,
                                 const double *y, const double *w, int64_t n,
                                 fore_calibration **out, fore_error *err)
{
    marks m = {0};
    fore_calibration *c = FORE_ZNEW(1, fore_calibration);
    fore_status status = FORE_OK;
    *out = NULL;
    if (!c) FORE_GO(fore_no_memory(err));
    FORE_GO(read_marks(margin, y, w, n, &m, err));
    FORE_GO(fit_kind(kind, min_platt, &m, c, err));
    *out = c;
    c = NULL;
done:
    fore_calibration_free(c);
    fore_free(m.order);
    return status;
}

fore_status fore_margin_slope(const double *margin, const double *y, const double *w, int64_t n,
                              double *slope, double *information, fore_error *err)
{
    marks m = {0};
    line l = {0};
    *slope = *information = 0;
    fore_status status = read_marks(margin, y, w, n, &m, err);
    if (status == FORE_OK && m.positives > 0 && m.negatives > 0 && fit_line(&m, &l)) {
        *slope = l.a;
        *information = l.information;
    }
    fore_free(m.order);
    return status;
}

void fore_calibration_spread(fore_calibration *c, const double *margin, const double *variance,
                             int64_t n)
{
    double sum[FORE_CALIBRATION_BINS] = {0}, rows[FORE_CALIBRATION_BINS] = {0}, all = 0, total = 0;
    for (int64_t i = 0; i < n && c->bins > 0; i++) {
        if (!(isfinite(margin[i]) && isfinite(variance[i]))) continue;
        int64_t b = fore_calibration_bin(c, margin[i]);
        sum[b] += variance[i];
        rows[b]++;
        all += variance[i];
        total++;
    }
    for (int64_t b = 0; b < c->bins && total > 0; b++)
        c->spread[b] = rows[b] > 0 ? sum[b] / rows[b] : all / total;
}
