/* From a margin to a probability with an interval.
 *
 * Beta calibration (Kull, Silva Filho and Flach 2017): with s = sigmoid(m),
 *     log-odds = below log(s) - above log(1 - s) + constant,
 * a line for the low margins and one for the high that pass into each other, both slopes at least a
 * hundredth of Platt's; below = above = a is Platt's line. Platt 1999 with his smoothed targets: p
 * = sigmoid(a m + b), where a gives at least 0.05 of log-odds per standard deviation of the margins
 * (`faint` when it had to be raised to that: the order stays although it told nothing); isotonic by
 * pool-adjacent-violators (Ayer et al. 1955), each pool shrunk towards Platt's curve by 5 rows,
 * straight lines on the log-odds scale between the middles of the pools and nearly flat beyond
 * them; identity: p = sigmoid(m). Probabilities of the first three stay within [1 / (N + 2), 1 - 1
 * / (N + 2)] of the N rows calibrated on, those of the identity within 1e-6 of 0 and 1.
 *
 * The interval of a row comes from how many calibration rows speak for it: in order of margin they
 * are cut into sqrt(rows of the rarer class) / 2 bins, 1 to 20; the n rows of the bin (for Platt's
 * line a sixth of all rows, where that is more) give the log-odds a variance of
 * 1 / (n p (1 - p) + 1/4). Two more are added after scaling by the square of the calibration's
 * local slope: the variance of the margin itself (the logistic's Laplace posterior), and the bin's
 * `spread`, what models fitted without a fifth of the subjects each differ by there (learners
 * without a posterior). lo, hi = the normal interval on the log-odds scale. Few rows or few
 * positives make it wide. */
#ifndef FORE_SCORE_CALIBRATE_H
#define FORE_SCORE_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/status.h"

typedef enum fore_calibrator {
    FORE_CALIBRATE_AUTO, /* rarer class < 20: identity (Platt if `platt_at_least`); < 100: Platt;
                            < 1000: Platt or beta, by five folds of the rows; else isotonic */
    FORE_CALIBRATE_IDENTITY,
    FORE_CALIBRATE_PLATT,
    FORE_CALIBRATE_ISOTONIC,
    FORE_CALIBRATE_BETA
} fore_calibrator;

enum { FORE_CALIBRATION_BINS = 20 };

/* Plain data; free with fore_calibration_free. */
typedef struct fore_calibration {
    fore_calibrator kind;                 /* what is used, never AUTO */
    double a, b;                          /* Platt */
    double beta[3];                       /* beta: below, above, constant */
    int64_t knots;                        /* isotonic: ascending margins and log-odds */
    double *margin, *logit;               /* knots */
    double limit;                         /* |log-odds| at most, before the shift */
    double shift;                         /* added to the log-odds: a prior shift; 0 */
    double level_variance;                /* of the level that the shift follows; 0 */
    int64_t bins;                         /* of the neighbourhood */
    double edge[FORE_CALIBRATION_BINS];   /* upper margin of each bin but the last */
    double count[FORE_CALIBRATION_BINS];  /* rows that speak for it */
    double spread[FORE_CALIBRATION_BINS]; /* variance of the margin there; 0: not measured */
    double won[FORE_CALIBRATION_BINS], lost[FORE_CALIBRATION_BINS]; /* rows calibrated on */
    double base_rate; /* for which the chances are right; 0: not known (models of before) */
    bool faint;       /* not saved: the margins did not rank these rows */
} fore_calibration;

/* margin, y: n; w: n or NULL. min_platt: AUTO gives at least Platt (margins that are not log-odds).
 * One class only: identity, or Platt's smoothed rate when min_platt. n = 0: identity. */
fore_status fore_calibration_fit(fore_calibrator kind, int min_platt, const double *margin,
                                 const double *y, const double *w, int64_t n,
                                 fore_calibration **out, fore_error *err);
void fore_calibration_free(fore_calibration *calibration);

double fore_calibrated_logit(const fore_calibration *calibration, double margin);
/* z: normal quantile of the level (1.645 for 90 %); variance of the margin or 0. lo, hi may both be
 * NULL. */
double fore_calibrated(const fore_calibration *calibration, double margin, double variance,
                       double z, double *lo, double *hi);
/* The same for n margins, byte for byte; variance may be NULL, lo and hi may both be. */
void fore_calibrated_many(const fore_calibration *calibration, const double *margin,
                          const double *variance, double z, int64_t n, double *probability,
                          double *lo, double *hi);
/* Shifts the log-odds so that a base rate of `from` becomes `to` (both in (0, 1)). */
void fore_calibration_shift(fore_calibration *calibration, double from, double to);

/* Multiplies the curve's log-odds by `by` in (0, 1]: what was seen may hold less well later. */
void fore_calibration_damp(fore_calibration *calibration, double by);
/* Shifts the log-odds so that the mean probability of these rows is their share of 1,
 * (wins + 1/2) / (rows + 1). No rows: nothing changes. */
void fore_calibration_level(fore_calibration *calibration, const double *margin, const double *y,
                            const double *w, int64_t n);
/* The bin of a margin: 0 .. bins - 1. */
int64_t fore_calibration_bin(const fore_calibration *calibration, double margin);
/* Sets `spread` to the mean variance per bin; rows whose margin or variance is not finite are left
 * out, a bin without rows gets the mean of all. */
void fore_calibration_spread(fore_calibration *calibration, const double *margin,
                             const double *variance, int64_t n);
/* Platt's slope as it comes, also negative, and its Fisher information with the level free; 0 and 0
 * with one class. */
fore_status fore_margin_slope(const double *margin, const double *y, const double *w, int64_t n,
                              double *slope, double *information, fore_error *err);

/* Pool-adjacent-violators: value (n) becomes the non-decreasing sequence that is nearest to it in
 * the weighted squares (weight n, > 0). */
fore_status fore_pool_violators(double *value, const double *weight, int64_t n, fore_error *err);

void fore_calibration_write(const fore_calibration *calibration, fore_json_writer *json,
                            const char *key);
fore_status fore_calibration_read(const fore_json_node *node, fore_calibration **out,
                                  fore_error *err);

#endif
