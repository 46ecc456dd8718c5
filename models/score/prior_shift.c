/* Base rates read from scores; see prior_shift.h. The binned counts carry the search as well as the
 * test: what is tested is then the very mixture that is used. */
#include "models/score/prior_shift.h"

#include <math.h>

#include "engine/num/special.h"

static const double EDGE = 1e-6, REFUSED = 0.01, FAR = 2;
enum { BINS_LEAST = 3 };

/* The derivative of L at q, and its negative curvature. */
static double rise(const double *p, const double *w, int64_t n, double from, double q,
                   double *curvature)
{
    double sum = 0;
    *curvature = 0;
    for (int64_t i = 0; i < n; i++) {
        double won = p[i] / from, lost = (1 - p[i]) / (1 - from), v = w ? w[i] : 1;
        double d = (won - lost) / (q * won + (1 - q) * lost);
        sum += v * d;
        *curvature += v * d * d;
    }
    return sum;
}

void fore_prior_share(const double *p, const double *w, int64_t n, double from, double *share,
                      double *error)
{
    double low = EDGE, high = 1 - EDGE, q = fmin(high, fmax(low, from)), curvature = 0;
    for (int step = 0; step < 200 && high - low > 1e-14; step++) {
        double slope = rise(p, w, n, from, q, &curvature);
        *(slope > 0 ? &low : &high) = q;
        double next = curvature > 0 ? q + slope / curvature : q;
        if (!(next > low && next < high)) next = slope == 0 ? q : 0.5 * (low + high);
        bool done = fabs(next - q) < 1e-13;
        q = next;
        if (done) break;
    }
    rise(p, w, n, from, q, &curvature);
    *share = q;
    *error = curvature > 0 ? 1 / sqrt(curvature) : INFINITY;
}

typedef struct bins {
    int64_t n;
    double rows, seen[FORE_CALIBRATION_BINS]; /* of the batch */
    double wins, losses, won[FORE_CALIBRATION_BINS],
        lost[FORE_CALIBRATION_BINS]; /* shares of the calibration's wins, losses; their numbers */
} bins;

/* Bins that hold nothing in the reference would make the mixture impossible: half a row is added to
 * each. */
static bool fill(const fore_calibration *c, const double *margin, int64_t n, bins *b)
{
    *b = (bins){.n = c->bins, .rows = (double)n};
    for (int64_t k = 0; k < c->bins; k++) {
        b->wins += c->won[k] + 0.5;
        b->losses += c->lost[k] + 0.5;
    }
    for (int64_t k = 0; k < c->bins; k++) {
        b->won[k] = (c->won[k] + 0.5) / b->wins;
        b->lost[k] = (c->lost[k] + 0.5) / b->losses;
    }
    for (int64_t i = 0; i < n; i++) b->seen[fore_calibration_bin(c, margin[i])]++;
    return c->bins >= BINS_LEAST && n > 0 && c->base_rate > 0 && c->base_rate < 1;
}

/* A bin's count differs from the mixture by the batch's noise and by the reference's. */
static double distance(const bins *b, double q)
{
    double sum = 0;
    for (int64_t k = 0; k < b->n; k++) {
        double mixture = q * b->won[k] + (1 - q) * b->lost[k], off = b->seen[k] - b->rows * mixture;
        double reference = q * q * b->won[k] / b->wins + (1 - q) * (1 - q) * b->lost[k] / b->losses;
        sum += off * off / (b->rows * mixture + b->rows * b->rows * reference);
    }
    return sum;
}

fore_prior_shift fore_prior_shift_find(const fore_calibration *c, const double *margin, int64_t n)
{
    bins b;
    double p[FORE_CALIBRATION_BINS], even = 0.5;
    fore_prior_shift s = {.from = c->base_rate, .share = c->base_rate};
    s.known = fill(c, margin, n, &b);
    if (!s.known) return s;
    for (int64_t k = 0; k < b.n; k++) p[k] = b.won[k] / (b.won[k] + b.lost[k]);
    fore_prior_share(p, b.seen, b.n, even, &s.share, &s.error);
    s.chi2 = distance(&b, s.share);
    s.p_value = 1 - fore_chi2_cdf(s.chi2, (double)(b.n - 2));
    s.holds = s.p_value >= REFUSED;
    s.moved = s.holds && fabs(s.share - s.from) > FAR * s.error;
    return s;
}
