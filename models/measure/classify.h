/* How good probabilities of a yes/no outcome are.
 *
 * Everywhere: prob (n doubles) in [0, 1] (fore_auc and fore_lift take any score), y (n) 0 or 1,
 * w (n) weights >= 0 or NULL for ones. A measure that the data do not define (one class, no rows)
 * is NaN, never an error; the only failures are E_MEMORY and E_DATA (NaN, y neither 0 nor 1: names
 * the row). Rows with equal scores are treated as one: the order of rows never matters.
 *
 * Sources: Hanley and McNeil 1982 (AUC as a rank statistic), Naeini et al. 2015 (ECE), Cox 1958
 * (calibration slope and intercept). */
#ifndef FORE_MEASURE_CLASSIFY_H
#define FORE_MEASURE_CLASSIFY_H

#include <stdint.h>

#include "engine/base/status.h"

/* The log loss clips probabilities to [FORE_LOG_LOSS_CLIP, 1 - FORE_LOG_LOSS_CLIP]. */
#define FORE_LOG_LOSS_CLIP 1e-15
enum { FORE_RELIABILITY_BINS = 10, FORE_LIFT_PARTS = 10 };

/* One bin of equal mass: rows in order of probability, a new bin at every 1/bins of the weight;
 * equal probabilities are never torn apart, so there may be fewer bins than asked for. */
typedef struct fore_reliability {
    double weight;    /* of the rows in it */
    double mean;      /* mean probability */
    double rate;      /* share that came true */
    double low, high; /* smallest and largest probability in it */
} fore_reliability;

typedef struct fore_quality {
    int64_t rows;
    double weight, positives; /* sums of weights: all rows, rows with y = 1 */
    double base_rate;         /* positives / weight */
    double mean_probability;
    double auc;      /* NaN with one class */
    double log_loss; /* weighted mean, nats */
    double brier;
    double ece;              /* mean |rate - mean| over FORE_RELIABILITY_BINS bins of equal mass */
    double ece_chance;       /* what it would be by chance if every probability were right */
    double slope, intercept; /* of y on logit(prob), by maximum likelihood; 1 and 0 are ideal */
    double ks;               /* largest distance between the two classes' score distributions */
    double lift_top;         /* rate in the best-scored 10 % over the base rate */
} fore_quality;

/* Everything at once: one sort. */
fore_status fore_quality_measure(const double *prob, const double *y, const double *w, int64_t n,
                                 fore_quality *out, fore_error *err);

fore_status fore_auc(const double *score, const double *y, const double *w, int64_t n, double *out,
                     fore_error *err);
/* The same among rows of one stratum (n numbers) at a time: the share of pairs with different
 * outcomes within a stratum that are in the right order. A list is made at one moment; what only
 * tells good moments from bad ones is of no use to it. NaN when no stratum holds both outcomes. */
fore_status fore_auc_within(const double *score, const double *y, const double *w,
                            const int64_t *stratum, int64_t n, double *out, fore_error *err);
double fore_log_loss(const double *prob, const double *y, const double *w, int64_t n);
double fore_brier(const double *prob, const double *y, const double *w, int64_t n);
/* Equal-mass bins into table (bins entries); *count of them used. */
fore_status fore_reliability_table(const double *prob, const double *y, const double *w, int64_t n,
                                   int64_t bins, fore_reliability *table, int64_t *count,
                                   fore_error *err);
double fore_ece(const fore_reliability *table, int64_t count);
/* The mean of fore_ece over outcomes drawn with the probabilities themselves, each unit of weight
 * a row of its own: mean |normal| of variance mean (1 - mean) / weight in each bin. */
double fore_ece_chance(const fore_reliability *table, int64_t count);
/* lift[k]: rate of positives in the k-th best tenth (k = 0 is the best) over the base rate; ties
 * that lie across a border are shared between both sides. */
fore_status fore_lift(const double *score, const double *y, const double *w, int64_t n,
                      double lift[FORE_LIFT_PARTS], fore_error *err);
/* Share of positives among the k best-scored rows (unweighted; ties at the border shared). */
fore_status fore_precision_at(const double *score, const double *y, int64_t n, int64_t k,
                              double *out, fore_error *err);

#endif
