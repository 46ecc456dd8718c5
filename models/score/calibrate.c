/* Calibration. Platt's curve by Newton's method on
 *     sum w [log(1 + exp(f)) - t f],  f = a m + b,  t = (N+ + 1)/(N+ + 2) for y = 1, 1/(N- + 2) for
 * y = 0 (Lin, Lin, Weng 2007 for the stable form), N+ and N- the sums of weights. */
#include "models/score/calibrate.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/special.h"

static const double IDENTITY_LIMIT = 13.815509557963773; /* log-odds of 1 - 1e-6 */
static const double POOL_PRIOR = 5; /* rows by which a pool is shrunk towards Platt's curve */
static const double TAIL_SLOPE =
    0.01;                         /* of the mean slope, beyond the outer pools: keeps the order */
static const double FLOOR = 0.25; /* rows' worth of curvature known beforehand: sd at most 2 */
static const double FEW = 20, MANY = 1000;
static const double WIDEST =
    30; /* log-odds of an interval's end: the probability is still below 1 */

typedef struct marks { /* the calibration rows in order of margin */
    const double *margin, *y, *w;
    int64_t n, *order;
    double positives, negatives;
} marks;

void fore_calibration_free(fore_calibration *calibration)
{
    if (!calibration) return;
    fore_free(calibration->margin);
    fore_free(calibration->logit);
    fore_free(calibration);
}

static double weight_at(const marks *m, int64_t i) { return m->w ? m->w[i] : 1; }

/* ---- Platt ---- */

static double platt_loss(const marks *m, double a, double b, double g[2], double h[3])
{
    double high = (m->positives + 1) / (m->positives + 2), low = 1 / (m->negatives + 2), loss = 0;
    memset(g, 0, 2 * sizeof *g);
    memset(h, 0, 3 * sizeof *h);
    for (int64_t k = 0; k < m->n; k++) {
        int64_t i = m->order[k]; /* in margin order: the same sum for any order of equal rows */
        double f = a * m->margin[i] + b, t = m->y[i] > 0 ? high : low, w = weight_at(m, i);
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

static void fit_platt(const marks *m, double *a_out, double *b_out)
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
    bool fine =
        isfinite(a) && isfinite(b) && a > 0; /* scores that point the wrong way tell nothing */
    *a_out = fine ? a : 0;
    *b_out = fine ? b : level;
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
        double w = weight_at(m, i);
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
        c->count[c->bins] = (double)(k - start);
        c->edge[c->bins++] = m->margin[m->order[k - 1]];
    }
}

static double rows_near(const fore_calibration *c, double margin)
{
    if (c->bins == 0) return 0;
    int64_t b = 0;
    while (b + 1 < c->bins && margin > c->edge[b]) b++;
    return c->count[b];
}

/* ---- fitting ---- */

static fore_calibrator decide(fore_calibrator kind, int min_platt, const marks *m)
{
    double rarer = fmin(m->positives, m->negatives);
    if (m->n == 0) return FORE_CALIBRATE_IDENTITY;
    if (kind == FORE_CALIBRATE_AUTO)
        kind = rarer < FEW    ? FORE_CALIBRATE_IDENTITY
               : rarer < MANY ? FORE_CALIBRATE_PLATT
                              : FORE_CALIBRATE_ISOTONIC;
    if (kind == FORE_CALIBRATE_IDENTITY && min_platt) kind = FORE_CALIBRATE_PLATT;
    return kind;
}

static fore_status fit_kind(fore_calibrator kind, int min_platt, const marks *m,
                            fore_calibration *c, fore_error *err)
{
    c->kind = decide(kind, min_platt, m);
    c->limit =
        c->kind == FORE_CALIBRATE_IDENTITY ? IDENTITY_LIMIT : log(m->positives + m->negatives + 1);
    count_bins(m, c);
    if (c->kind != FORE_CALIBRATE_IDENTITY) fit_platt(m, &c->a, &c->b);
    return c->kind == FORE_CALIBRATE_ISOTONIC ? fit_isotonic(m, c, err) : FORE_OK;
}

fore_status fore_calibration_fit(fore_calibrator kind, int min_platt, const double *margin,
                                 const double *y, const double *w, int64_t n,
                                 fore_calibration **out, fore_error *err)
{
    marks m = {margin, y, w, n, FORE_NEW(n, int64_t), 0, 0};
    fore_calibration *c = FORE_ZNEW(1, fore_calibration);
    fore_status status = FORE_OK;
    *out = NULL;
    if (!m.order || !c) FORE_GO(fore_no_memory(err));
    c->a = 1;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(margin[i]))
            FORE_GO(fore_fail_at(err, FORE_E_DATA, NULL, i + 1, 0,
                                 "the margin of row %lld is not finite and cannot be calibrated on",
                                 (long long)i + 1));
        *(y[i] > 0 ? &m.positives : &m.negatives) += weight_at(&m, i);
    }
    if (!fore_order(margin, n, m.order)) FORE_GO(fore_no_memory(err));
    FORE_GO(fit_kind(kind, min_platt, &m, c, err));
    *out = c;
    c = NULL;
done:
    fore_calibration_free(c);
    fore_free(m.order);
    return status;
}

/* ---- applying ---- */

static double isotonic_logit(const fore_calibration *c, double margin, double *slope)
{
    int64_t last = c->knots - 1, low = 0, high = last;
    double run = c->margin[last] - c->margin[0];
    double tail = TAIL_SLOPE * (run > 0 ? (c->logit[last] - c->logit[0]) / run : 0);
    if (margin <= c->margin[0] || margin >= c->margin[last]) {
        int64_t end = margin <= c->margin[0] ? 0 : last;
        *slope = tail;
        return c->logit[end] + tail * (margin - c->margin[end]);
    }
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        *(c->margin[middle] <= margin ? &low : &high) = middle;
    }
    *slope = (c->logit[high] - c->logit[low]) / (c->margin[high] - c->margin[low]);
    return c->logit[low] + *slope * (margin - c->margin[low]);
}

/* Also for NaN, which only a damaged model can give. */
static double within(double logit, double limit)
{
    return !(logit > -limit) ? -limit : logit > limit ? limit : logit;
}

static double curve(const fore_calibration *c, double margin, double *slope)
{
    double logit = margin;
    *slope = 1;
    if (c->kind == FORE_CALIBRATE_PLATT) {
        *slope = c->a;
        logit = c->a * margin + c->b;
    } else if (c->kind == FORE_CALIBRATE_ISOTONIC) {
        logit = isotonic_logit(c, margin, slope);
    }
    return within(logit + c->shift, c->limit);
}

double fore_calibrated_logit(const fore_calibration *calibration, double margin)
{
    double slope;
    return curve(calibration, margin, &slope);
}

static void find_logits(const fore_calibration *c, const double *margin, int64_t n, double *logit,
                        double *slope)
{
    if (c->kind == FORE_CALIBRATE_ISOTONIC) {
        for (int64_t i = 0; i < n; i++) logit[i] = curve(c, margin[i], &slope[i]);
        return;
    }
    bool platt = c->kind == FORE_CALIBRATE_PLATT;
    double a = platt ? c->a : 1, b = (platt ? c->b : 0), shift = c->shift, limit = c->limit;
    for (int64_t i = 0; i < n; i++) {
        logit[i] = within(a * margin[i] + b + shift, limit);
        slope[i] = a;
    }
}

enum { PIECE = 128 };

void fore_calibrated_many(const fore_calibration *calibration, const double *margin,
                          const double *variance, double z, int64_t n, double *probability,
                          double *lo, double *hi)
{
    double logit[PIECE], slope[PIECE], edge[PIECE];
    for (int64_t from = 0; from < n; from += PIECE) {
        int64_t count = n - from < PIECE ? n - from : PIECE;
        double *p = probability + from;
        find_logits(calibration, margin + from, count, logit, slope);
        fore_logistic_many(logit, count, p, NULL);
        if (!lo) continue;
        for (int64_t i = 0; i < count; i++) { /* slope becomes the standard deviation */
            double near =
                1 / (rows_near(calibration, margin[from + i]) * p[i] * (1 - p[i]) + FLOOR);
            slope[i] = sqrt(near + slope[i] * slope[i] * (variance ? variance[from + i] : 0));
        }
        for (int64_t i = 0; i < count; i++) edge[i] = within(logit[i] - z * slope[i], WIDEST);
        fore_logistic_many(edge, count, lo + from, NULL);
        for (int64_t i = 0; i < count; i++) edge[i] = within(logit[i] + z * slope[i], WIDEST);
        fore_logistic_many(edge, count, hi + from, NULL);
    }
}

double fore_calibrated(const fore_calibration *calibration, double margin, double variance,
                       double z, double *lo, double *hi)
{
    double p;
    fore_calibrated_many(calibration, &margin, &variance, z, 1, &p, lo, hi);
    return p;
}

void fore_calibration_shift(fore_calibration *calibration, double from, double to)
{
    calibration->shift += log(to / (1 - to)) - log(from / (1 - from));
    calibration->limit += fabs(calibration->shift);
}

/* ---- as JSON ---- */

static const char *const KIND[] = {"auto", "identity", "platt", "isotonic"};

void fore_calibration_write(const fore_calibration *calibration, fore_json_writer *json,
                            const char *key)
{
    fore_json_object(json, key);
    fore_json_string(json, "kind", KIND[calibration->kind]);
    fore_json_number(json, "a", calibration->a);
    fore_json_number(json, "b", calibration->b);
    fore_json_numbers(json, "margin", calibration->margin, calibration->knots);
    fore_json_numbers(json, "logit", calibration->logit, calibration->knots);
    fore_json_number(json, "limit", calibration->limit);
    fore_json_number(json, "shift", calibration->shift);
    fore_json_numbers(json, "edge", calibration->edge, calibration->bins);
    fore_json_numbers(json, "count", calibration->count, calibration->bins);
    fore_json_end_object(json);
}

static bool ascending(const double *v, int64_t n, bool strictly)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(v[i]) || (i > 0 && (strictly ? v[i] <= v[i - 1] : v[i] < v[i - 1])))
            return false;
    return true;
}

static bool read_kind(const fore_json_node *node, fore_calibration *c)
{
    const char *word = fore_json_get_string(node, "kind");
    for (int k = 1; word && k < 4; k++)
        if (strcmp(word, KIND[k]) == 0) c->kind = (fore_calibrator)k;
    return c->kind != FORE_CALIBRATE_AUTO;
}

static bool read_all(const fore_json_node *node, fore_calibration *c)
{
    if (!read_kind(node, c) || !fore_json_get_number(node, "a", &c->a) ||
        !fore_json_get_number(node, "b", &c->b) ||
        !fore_json_get_number(node, "limit", &c->limit) ||
        !fore_json_get_number(node, "shift", &c->shift) ||
        !fore_json_get_numbers(node, "margin", c->margin, c->knots) ||
        !fore_json_get_numbers(node, "logit", c->logit, c->knots) ||
        !fore_json_get_numbers(node, "edge", c->edge, c->bins) ||
        !fore_json_get_numbers(node, "count", c->count, c->bins))
        return false;
    for (int64_t b = 0; b < c->bins; b++)
        if (!(c->count[b] >= 0 && isfinite(c->count[b]))) return false;
    return isfinite(c->a) && c->a >= 0 && isfinite(c->b) && c->limit > 0 && c->limit <= 30 &&
           isfinite(c->shift) && ascending(c->margin, c->knots, true) &&
           ascending(c->logit, c->knots, false) && ascending(c->edge, c->bins, false) &&
           (c->kind == FORE_CALIBRATE_ISOTONIC) == (c->knots > 0);
}

fore_status fore_calibration_read(const fore_json_node *node, fore_calibration **out,
                                  fore_error *err)
{
    fore_calibration *c = FORE_ZNEW(1, fore_calibration);
    *out = NULL;
    if (!c) return fore_no_memory(err);
    c->knots = fore_json_length(fore_json_get(node, "margin"));
    c->bins = fore_json_length(fore_json_get(node, "edge"));
    c->margin = FORE_NEW(c->knots, double);
    c->logit = FORE_NEW(c->knots, double);
    bool memory = c->margin && c->logit;
    if (memory && c->bins <= FORE_CALIBRATION_BINS && read_all(node, c)) {
        *out = c;
        return FORE_OK;
    }
    fore_calibration_free(c);
    if (!memory) return fore_no_memory(err);
    return fore_fail(err, FORE_E_MODEL,
                     "the model's calibration is damaged; train the model again");
}
