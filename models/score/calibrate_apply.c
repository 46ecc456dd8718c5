/* Calibration applied: from margins to probabilities and intervals, moved to another level, and as
 * JSON. How it is fitted: calibrate.c. */
#include "models/score/calibrate.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/elementwise.h"
#include "engine/num/special.h"

static const double TAIL_SLOPE =
    0.01;                         /* of the mean slope, beyond the outer pools: keeps the order */
static const double FLOOR = 0.25; /* rows' worth of curvature known beforehand: sd at most 2 */
static const double WIDEST =
    30; /* log-odds of an interval's end: the probability is still below 1 */
static const double LIMIT_MAX = 30; /* |log-odds| that a sound calibration may reach */

void fore_calibration_free(fore_calibration *calibration)
{
    if (!calibration) return;
    fore_free(calibration->margin);
    fore_free(calibration->logit);
    fore_free(calibration);
}

int64_t fore_calibration_bin(const fore_calibration *c, double margin)
{
    int64_t b = 0;
    while (b + 1 < c->bins && margin > c->edge[b]) b++;
    return b;
}

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

/* The limit comes first: it is about the rows calibrated on, and a shift moves all alike. */
static double shifted(double logit, double limit, double shift)
{
    return within(within(logit, limit) + shift, LIMIT_MAX);
}

static double curve(const fore_calibration *c, double margin, double *slope)
{
    double logit = margin;
    *slope = 1;
    if (c->kind == FORE_CALIBRATE_PLATT) {
        *slope = c->a;
        logit = c->a * margin + c->b;
    } else if (c->kind == FORE_CALIBRATE_BETA) {
        double high = fore_sigmoid(margin);
        *slope = c->beta[0] * (1 - high) + c->beta[1] * high;
        logit =
            c->beta[1] * fore_log1pexp(margin) - c->beta[0] * fore_log1pexp(-margin) + c->beta[2];
    } else if (c->kind == FORE_CALIBRATE_ISOTONIC) {
        logit = isotonic_logit(c, margin, slope);
    }
    return shifted(logit, c->limit, c->shift);
}

double fore_calibrated_logit(const fore_calibration *calibration, double margin)
{
    double slope;
    return curve(calibration, margin, &slope);
}

static void find_logits(const fore_calibration *c, const double *margin, int64_t n, double *logit,
                        double *slope)
{
    if (c->kind == FORE_CALIBRATE_ISOTONIC || c->kind == FORE_CALIBRATE_BETA) {
        for (int64_t i = 0; i < n; i++) logit[i] = curve(c, margin[i], &slope[i]);
        return;
    }
    bool platt = c->kind == FORE_CALIBRATE_PLATT;
    double a = platt ? c->a : 1, b = platt ? c->b : 0, limit = c->limit, shift = c->shift;
    for (int64_t i = 0; i < n; i++) {
        logit[i] = shifted(a * margin[i] + b, limit, shift);
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
            int64_t b = fore_calibration_bin(calibration, margin[from + i]);
            bool bins = calibration->bins > 0;
            double rows = bins ? calibration->count[b] : 0;
            double own = bins ? calibration->spread[b] : 0;
            double near = 1 / (rows * p[i] * (1 - p[i]) + FLOOR);
            own += variance ? variance[from + i] : 0;
            slope[i] = sqrt(near + calibration->level_variance + slope[i] * slope[i] * own);
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
    calibration->base_rate = to;
}

/* ---- moving ---- */

void fore_calibration_damp(fore_calibration *c, double by)
{
    if (c->kind == FORE_CALIBRATE_IDENTITY) { /* becomes a line with the slope `by` */
        c->kind = FORE_CALIBRATE_PLATT;
        c->a = 1;
        c->b = 0;
    }
    c->a *= by;
    c->b *= by;
    for (int j = 0; j < 3; j++) c->beta[j] *= by;
    for (int64_t k = 0; k < c->knots; k++) c->logit[k] *= by;
}

/* sum w p - target at the shift s, and its derivative. */
static double excess(const fore_calibration *c, const double *margin, const double *w, int64_t n,
                     double target, double s, double *derivative)
{
    fore_calibration moved = *c;
    double sum = 0;
    moved.shift = s;
    *derivative = 0;
    for (int64_t i = 0; i < n; i++) {
        double p = fore_sigmoid(fore_calibrated_logit(&moved, margin[i])), v = w ? w[i] : 1;
        sum += v * p;
        *derivative += v * p * (1 - p);
    }
    return sum - target;
}

void fore_calibration_level(fore_calibration *c, const double *margin, const double *y,
                            const double *w, int64_t n)
{
    double positive = 0, total = 0, shift = c->shift, low = shift - 10, high = shift + 10, slope;
    for (int64_t i = 0; i < n; i++) {
        double v = w ? w[i] : 1;
        positive += v * (y[i] > 0);
        total += v;
    }
    if (!(total > 0)) return;
    double target = total * (positive + 0.5) / (total + 1);
    for (int step = 0; step < 60; step++) { /* Newton's step while it stays inside, else halving */
        double over = excess(c, margin, w, n, target, shift, &slope);
        *(over > 0 ? &high : &low) = shift;
        double next = slope > 0 ? shift - over / slope : INFINITY;
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        bool done = fabs(next - shift) <= 1e-12 * (1 + fabs(next));
        shift = next;
        if (done) break;
    }
    c->shift = shift;
    c->base_rate = target / total;
}

/* ---- as JSON ---- */

static const char *const KIND[] = {"auto", "identity", "platt", "isotonic", "beta"};

void fore_calibration_write(const fore_calibration *calibration, fore_json_writer *json,
                            const char *key)
{
    fore_json_object(json, key);
    fore_json_string(json, "kind", KIND[calibration->kind]);
    fore_json_number(json, "a", calibration->a);
    fore_json_number(json, "b", calibration->b);
    if (calibration->kind == FORE_CALIBRATE_BETA)
        fore_json_numbers(json, "beta", calibration->beta, 3);
    fore_json_numbers(json, "margin", calibration->margin, calibration->knots);
    fore_json_numbers(json, "logit", calibration->logit, calibration->knots);
    fore_json_number(json, "limit", calibration->limit);
    fore_json_number(json, "shift", calibration->shift);
    fore_json_number(json, "level_variance", calibration->level_variance);
    fore_json_numbers(json, "edge", calibration->edge, calibration->bins);
    fore_json_numbers(json, "count", calibration->count, calibration->bins);
    fore_json_numbers(json, "spread", calibration->spread, calibration->bins);
    if (calibration->base_rate > 0) { /* known */
        fore_json_numbers(json, "won", calibration->won, calibration->bins);
        fore_json_numbers(json, "lost", calibration->lost, calibration->bins);
        fore_json_number(json, "base_rate", calibration->base_rate);
    }
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
    for (int k = 1; word && k < (int)(sizeof KIND / sizeof *KIND); k++)
        if (strcmp(word, KIND[k]) == 0) c->kind = (fore_calibrator)k;
    return c->kind != FORE_CALIBRATE_AUTO;
}

static bool read_counts(const fore_json_node *node, fore_calibration *c)
{
    if (!fore_json_get_numbers(node, "won", c->won, c->bins) ||
        !fore_json_get_numbers(node, "lost", c->lost, c->bins) ||
        !fore_json_get_number(node, "base_rate", &c->base_rate))
        return false;
    for (int64_t b = 0; b < c->bins; b++)
        if (!(c->won[b] >= 0 && c->lost[b] >= 0 && isfinite(c->won[b] + c->lost[b]))) return false;
    return c->base_rate > 0 && c->base_rate < 1;
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
    if (c->kind == FORE_CALIBRATE_BETA) {
        if (!fore_json_get_numbers(node, "beta", c->beta, 3)) return false;
        if (!(c->beta[0] > 0 && c->beta[1] > 0 && isfinite(c->beta[0] + c->beta[1] + c->beta[2])))
            return false;
    }
    /* Models of before know no spread and no variance of the level: 0, as they answered then. */
    if (fore_json_get(node, "spread") && !fore_json_get_numbers(node, "spread", c->spread, c->bins))
        return false;
    if (fore_json_get(node, "level_variance") &&
        !(fore_json_get_number(node, "level_variance", &c->level_variance) &&
          c->level_variance >= 0 && isfinite(c->level_variance)))
        return false;
    if (fore_json_get(node, "won") && !read_counts(node, c)) return false;
    for (int64_t b = 0; b < c->bins; b++)
        if (!(c->count[b] >= 0 && isfinite(c->count[b]) && c->spread[b] >= 0 &&
              isfinite(c->spread[b])))
            return false;
    return isfinite(c->a) && c->a >= 0 && isfinite(c->b) && c->limit > 0 && c->limit <= LIMIT_MAX &&
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
