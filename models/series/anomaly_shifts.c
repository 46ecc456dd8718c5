/* Shifts of the level (anomalies.h):
 *
 *   take season and spikes off; the slope: the median one over an eighth of the series
 *   errors of exponential smoothing around it, with the alpha that makes the least of them
 *   the step whose pattern in the errors has the largest t statistic and whose medians before and
 *     after differ too: out of the series, and again */
#include <math.h>
#include <string.h>

#include "engine/num/elementwise.h"
#include "engine/num/special.h"
#include "models/series/anomaly_inside.h"

static const double SHIFT_T = 5, SHIFT_KEPT = 0.6, SPIKE = 6, NEARLY = 1e-9;
enum { SLOPES = 8, SIDE_LEAST = 4, SIDE_MOST = 12, ALPHAS = 10, LANES = 16 };

static double alpha_of(int k) { return 0.1 * (k + 1); }

/* Sizes of the one-step errors of exponential smoothing around a line of the given slope, added up
 * for every alpha: a single large one sways that less than their squares. */
static FORE_WIDE void add_errors(const double *x, int64_t n, double slope, double *sums)
{
    double alpha[LANES], level[LANES], sum[LANES] = {0};
    for (int k = 0; k < LANES; k++) alpha[k] = alpha_of(k), level[k] = x[0];
    for (int64_t t = 1; t < n; t++)
        for (int k = 0; k < LANES; k++) {
            double e = x[t] - level[k] - slope;
            level[k] += slope + alpha[k] * e;
            sum[k] += fabs(e);
        }
    memcpy(sums, sum, sizeof sum);
}

/* The errors themselves, with the alpha that makes the least of them; returns it. */
static double smooth(const double *x, int64_t n, double slope, double *e)
{
    double sums[LANES], level = x[0];
    int best = 0;
    add_errors(x, n, slope, sums);
    for (int k = 1; k < ALPHAS; k++)
        if (sums[k] < sums[best]) best = k;
    e[0] = 0;
    for (int64_t t = 1; t < n; t++) {
        e[t] = x[t] - level - slope;
        level += slope + alpha_of(best) * e[t];
    }
    return alpha_of(best);
}

/* Medians on either side move as the step says, trend taken off. */
static bool lasts(anomaly_finder *f, int64_t at, double size, double slope)
{
    int64_t before = at < SIDE_MOST ? at : SIDE_MOST, after = f->n - at;
    if (after > SIDE_MOST) after = SIDE_MOST;
    double low = anomaly_median(f, f->rest + at - before, before);
    double high = anomaly_median(f, f->rest + at, after);
    double moved = high - low - slope * (double)(before + after) / 2;
    return moved * size > 0 && fabs(moved) >= SHIFT_KEPT * fabs(size);
}

/* The step that lasts with the largest t statistic beyond the threshold; *size: its effect. */
static bool strongest(anomaly_finder *f, const double *e, double alpha, double slope, int64_t *at,
                      double *size)
{
    int64_t n = f->n;
    double best = SHIFT_T, decay = 1 - alpha;
    for (int64_t t = 0; t < n; t++) f->smooth[t] = fabs(e[t]);
    double sigma = 1.4826 * anomaly_median(f, f->smooth + 1, n - 1);
    if (!(sigma > 0)) return false;
    double sum = 0, squares = 0;
    for (int64_t t = n - 1; t >= SIDE_LEAST; t--) {
        sum = e[t] + decay * sum;
        squares = 1 + decay * decay * squares;
        double reached = best * sigma * (1 - NEARLY);
        if (sum * sum < reached * reached * squares) continue; /* saves the root */
        double value = fabs(sum) / (sigma * sqrt(squares));
        if (n - t < SIDE_LEAST || value <= best || !lasts(f, t, sum / squares, slope)) continue;
        best = value;
        *at = t;
        *size = sum / squares;
    }
    return best > SHIFT_T;
}

static double lower(double a, double b) { return a < b ? a : b; }
static double upper(double a, double b) { return a > b ? a : b; }

static double median_of_five(const double *v)
{
    double a = upper(lower(v[0], v[1]), lower(v[2], v[3]));
    double b = lower(upper(v[0], v[1]), upper(v[2], v[3]));
    return upper(lower(a, b), lower(upper(a, b), v[4]));
}

/* rest: x without season, and without values far from the median of five around them, which a step
 * is not. */
static void without_spikes(anomaly_finder *f)
{
    int64_t n = f->n;
    double *plain = f->room, *middle = f->room + n;
    for (int64_t t = 0; t < n; t++) plain[t] = f->x[t] - f->season[t];
    for (int64_t t = 2; t + 2 < n; t++) middle[t] = median_of_five(plain + t - 2);
    middle[0] = middle[1] = middle[2];
    middle[n - 1] = middle[n - 2] = middle[n - 3];
    for (int64_t t = 0; t < n; t++) f->rest[t] = fabs(plain[t] - middle[t]);
    double limit = SPIKE * anomaly_median(f, f->rest, n);
    for (int64_t t = 0; t < n; t++) f->rest[t] = f->rest[t] > limit ? middle[t] : plain[t];
}

static bool find_shift(anomaly_finder *f, int64_t *at, double *size)
{
    int64_t n = f->n;
    double *e = f->room;
    without_spikes(f);
    int64_t apart = 1 + n / SLOPES;
    for (int64_t t = apart; t < n; t++)
        f->room[t] = (f->rest[t] - f->rest[t - apart]) / (double)apart;
    double slope = anomaly_median(f, f->room + apart, n - apart);
    double alpha = smooth(f->rest, n, slope, e);
    return strongest(f, e, alpha, slope, at, size);
}

static void keep_shift(anomaly_finder *f, int64_t at, double size)
{
    int64_t k = f->shifts++;
    for (; k > 0 && f->shift[k - 1] > at; k--)
        f->shift[k] = f->shift[k - 1], f->size[k] = f->size[k - 1];
    f->shift[k] = at, f->size[k] = size;
}

bool anomaly_shifts(anomaly_finder *f, int64_t enough)
{
    while (f->shifts < FORE_SHIFTS_MAX && f->n >= 3 * SIDE_LEAST) {
        int64_t at = 0;
        double size = 0;
        anomaly_season(f);
        if (!find_shift(f, &at, &size)) return true;
        for (int64_t k = 0; k < f->shifts; k++)
            if (f->shift[k] == at) return true;
        keep_shift(f, at, size);
        if (f->shifts >= enough) return false;
        f->fresh = false;
        for (int64_t t = at; t < f->n; t++) f->x[t] -= size;
    }
    return true;
}
