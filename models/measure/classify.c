/* Measures of classification. Everything that ranks walks the rows once in order of score, one run
 * of equal scores ("tie") at a time, so that neither row order nor ties can change a figure:
 *
 *     AUC  = sum over ties of pos_t (neg_below + neg_t / 2) / (pos neg)        (Hanley, McNeil
 * 1982) KS   = max over ties |pos_below / pos - neg_below / neg| bins = a tie belongs to the bin in
 * which the middle of its weight lies lift = positives in the best k tenths of the weight, a tie
 * counted in proportion */
#include "models/measure/classify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

typedef struct ranking {
    const double *score, *y, *w;
    int64_t n;
    int64_t *order; /* ascending score */
    double weight, positives;
} ranking;

typedef struct tie {
    int64_t end;                           /* position after its last row */
    double score, weight, positives, mass; /* mass: sum of weight x score */
} tie;

static double weight_of(const double *w, int64_t i) { return w ? w[i] : 1.0; }

static fore_status check_rows(const double *score, const double *y, const double *w, int64_t n,
                              fore_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        const char *what = isnan(score[i])          ? "the score is not a number"
                           : y[i] != 0 && y[i] != 1 ? "the outcome is neither 0 nor 1"
                           : w && !(w[i] >= 0 && isfinite(w[i]))
                               ? "the weight is negative or not finite"
                               : NULL;
        if (what)
            return fore_fail_at(err, FORE_E_DATA, NULL, i + 1, 0,
                                "row %lld cannot be measured: %s; leave such rows out",
                                (long long)i + 1, what);
    }
    return FORE_OK;
}

static fore_status rank_rows(const double *score, const double *y, const double *w, int64_t n,
                             ranking *out, fore_error *err)
{
    *out = (ranking){score, y, w, n, NULL, 0, 0};
    FORE_TRY(check_rows(score, y, w, n, err));
    out->order = FORE_NEW(n, int64_t);
    if (!out->order) return fore_no_memory(err);
    if (!fore_order(score, n, out->order)) {
        fore_free(out->order);
        out->order = NULL;
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t row = out->order[i];
        out->weight += weight_of(w, row);
        out->positives += weight_of(w, row) * y[row];
    }
    return FORE_OK;
}

static tie next_tie(const ranking *r, int64_t start)
{
    tie t = {start, r->score[r->order[start]], 0, 0, 0};
    while (t.end < r->n && r->score[r->order[t.end]] == t.score) {
        int64_t row = r->order[t.end++];
        double w = weight_of(r->w, row);
        t.weight += w;
        t.positives += w * r->y[row];
    }
    t.mass = t.weight * t.score;
    return t;
}

static void rank_measures(const ranking *r, double *auc, double *ks)
{
    double negatives = r->weight - r->positives, below_neg = 0, below_pos = 0, area = 0, widest = 0;
    if (!(r->positives > 0 && negatives > 0)) {
        *auc = *ks = NAN;
        return;
    }
    for (int64_t i = 0; i < r->n;) {
        tie t = next_tie(r, i);
        double neg = t.weight - t.positives;
        area += t.positives * (below_neg + 0.5 * neg);
        below_neg += neg;
        below_pos += t.positives;
        widest = fmax(widest, fabs(below_pos / r->positives - below_neg / negatives));
        i = t.end;
    }
    *auc = area / (r->positives * below_neg);
    *ks = widest;
}

static int64_t fill_bins(const ranking *r, int64_t bins, fore_reliability *table)
{
    int64_t count = 0, current = -1;
    double before = 0;
    for (int64_t i = 0; i < r->n;) {
        tie t = next_tie(r, i);
        i = t.end;
        if (!(t.weight > 0)) continue;
        int64_t bin = (int64_t)((before + 0.5 * t.weight) / r->weight * (double)bins);
        if (bin >= bins) bin = bins - 1;
        before += t.weight;
        if (bin != current) {
            table[count++] = (fore_reliability){0, 0, 0, t.score, t.score};
            current = bin;
        }
        fore_reliability *b = &table[count - 1];
        b->weight += t.weight;
        b->mean += t.mass;
        b->rate += t.positives;
        b->high = t.score;
    }
    for (int64_t b = 0; b < count; b++) {
        table[b].mean /= table[b].weight;
        table[b].rate /= table[b].weight;
    }
    return count;
}

/* taken[k]: positives within the best (k + 1) / parts of the weight. */
static void best_parts(const ranking *r, int64_t parts, const double *share, double *taken)
{
    int64_t k = 0;
    double above = 0, positives = 0;
    for (int64_t end = r->n; end > 0 && k < parts;) {
        int64_t start = end - 1;
        double score = r->score[r->order[start]];
        while (start > 0 && r->score[r->order[start - 1]] == score) start--;
        tie t = next_tie(r, start);
        while (k < parts && share[k] * r->weight <= above + t.weight) {
            double part = t.weight > 0 ? (share[k] * r->weight - above) / t.weight : 0;
            taken[k++] = positives + part * t.positives;
        }
        above += t.weight;
        positives += t.positives;
        end = start;
    }
    while (k < parts) taken[k++] = positives;
}

double fore_log_loss(const double *prob, const double *y, const double *w, int64_t n)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < n; i++) {
        double p = y[i] != 0 ? prob[i] : 1 - prob[i];
        if (p < FORE_LOG_LOSS_CLIP) p = FORE_LOG_LOSS_CLIP;
        sum -= weight_of(w, i) * log(p);
        weight += weight_of(w, i);
    }
    return weight > 0 ? sum / weight : NAN;
}

double fore_brier(const double *prob, const double *y, const double *w, int64_t n)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += weight_of(w, i) * (prob[i] - y[i]) * (prob[i] - y[i]);
        weight += weight_of(w, i);
    }
    return weight > 0 ? sum / weight : NAN;
}

double fore_ece(const fore_reliability *table, int64_t count)
{
    double sum = 0, weight = 0;
    for (int64_t b = 0; b < count; b++) {
        sum += table[b].weight * fabs(table[b].rate - table[b].mean);
        weight += table[b].weight;
    }
    return weight > 0 ? sum / weight : NAN;
}

double fore_ece_chance(const fore_reliability *table, int64_t count)
{
    double sum = 0, weight = 0;
    for (int64_t b = 0; b < count; b++) { /* mean |normal| = sqrt(2 / pi) standard deviations */
        sum += sqrt(2 / M_PI * table[b].weight * fmax(0, table[b].mean * (1 - table[b].mean)));
        weight += table[b].weight;
    }
    return weight > 0 ? sum / weight : NAN;
}

/* y ~ sigmoid(intercept + slope * logit(prob)): Newton in two unknowns, each step halved until the
 * likelihood does not fall. */
typedef struct line_fit {
    const double *prob, *y, *w;
    int64_t n;
} line_fit;

static double line_loss(const line_fit *f, double slope, double intercept, double g[2], double h[3])
{
    double loss = 0;
    memset(g, 0, 2 * sizeof *g);
    memset(h, 0, 3 * sizeof *h);
    for (int64_t i = 0; i < f->n; i++) {
        double p = fmin(fmax(f->prob[i], FORE_LOG_LOSS_CLIP), 1 - FORE_LOG_LOSS_CLIP);
        double t = log(p / (1 - p)), w = weight_of(f->w, i), eta = intercept + slope * t;
        double q = fore_sigmoid(eta), residual = w * (q - f->y[i]), v = w * q * (1 - q);
        loss += w * (fore_log1pexp(eta) - f->y[i] * eta);
        g[0] += residual * t;
        g[1] += residual;
        h[0] += v * t * t;
        h[1] += v * t;
        h[2] += v;
    }
    return loss;
}

static void calibration_line(const line_fit *f, double *slope, double *intercept)
{
    double s = 1, c = 0, g[2], h[3], loss = line_loss(f, s, c, g, h);
    for (int step = 0; step < 50; step++) {
        double det = h[0] * h[2] - h[1] * h[1];
        if (!(det >
              1e-12 * h[0] * h[2])) { /* all probabilities equal: only their level can be judged */
            s = c = NAN;
            break;
        }
        double ds = (h[2] * g[0] - h[1] * g[1]) / det, dc = (h[0] * g[1] - h[1] * g[0]) / det,
               rate = 1;
        double next = line_loss(f, s - ds, c - dc, g, h);
        for (int halving = 0; halving < 30 && !(next <= loss + 1e-12 * fabs(loss)); halving++) {
            rate *= 0.5;
            next = line_loss(f, s - rate * ds, c - rate * dc, g, h);
        }
        s -= rate * ds;
        c -= rate * dc;
        loss = next;
        if (fabs(rate * ds) < 1e-10 && fabs(rate * dc) < 1e-10) break;
    }
    *slope = s;
    *intercept = c;
}

fore_status fore_quality_measure(const double *prob, const double *y, const double *w, int64_t n,
                                 fore_quality *out, fore_error *err)
{
    ranking r;
    FORE_TRY(rank_rows(prob, y, w, n, &r, err));
    *out = (fore_quality){.rows = n, .weight = r.weight, .positives = r.positives};
    fore_reliability table[FORE_RELIABILITY_BINS];
    int64_t bins = fill_bins(&r, FORE_RELIABILITY_BINS, table);
    out->ece = fore_ece(table, bins);
    out->ece_chance = fore_ece_chance(table, bins);
    rank_measures(&r, &out->auc, &out->ks);
    double share = 1.0 / FORE_LIFT_PARTS, best = 0;
    best_parts(&r, 1, &share, &best);
    out->base_rate = r.weight > 0 ? r.positives / r.weight : NAN;
    out->lift_top = r.positives > 0 ? best / (share * r.positives) : NAN;
    double mass = 0;
    for (int64_t i = 0; i < n; i++) mass += weight_of(w, r.order[i]) * prob[r.order[i]];
    out->mean_probability = r.weight > 0 ? mass / r.weight : NAN;
    out->log_loss = fore_log_loss(prob, y, w, n);
    out->brier = fore_brier(prob, y, w, n);
    out->slope = out->intercept = NAN;
    if (isfinite(out->auc))
        calibration_line(&(line_fit){prob, y, w, n}, &out->slope, &out->intercept);
    fore_free(r.order);
    return FORE_OK;
}

fore_status fore_auc(const double *score, const double *y, const double *w, int64_t n, double *out,
                     fore_error *err)
{
    ranking r;
    double ks;
    FORE_TRY(rank_rows(score, y, w, n, &r, err));
    rank_measures(&r, out, &ks);
    fore_free(r.order);
    return FORE_OK;
}

typedef struct placed {
    int64_t stratum, row;
} placed;

static int by_stratum(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

fore_status fore_auc_within(const double *score, const double *y, const double *w,
                            const int64_t *stratum, int64_t n, double *out, fore_error *err)
{
    fore_status status = FORE_OK;
    double right = 0, pairs = 0;
    placed *order = FORE_NEW(n, placed);
    double *part = FORE_NEW(3 * n, double), *part_y, *part_w;
    *out = NAN;
    if (!order || !part) FORE_GO(fore_no_memory(err));
    part_y = part + n;
    part_w = part_y + n;
    for (int64_t i = 0; i < n; i++) order[i] = (placed){stratum[i], i};
    if (n > 1) qsort(order, (size_t)n, sizeof *order, by_stratum);
    for (int64_t from = 0, to; from < n; from = to) {
        double weight[2] = {0}, auc;
        for (to = from; to < n && order[to].stratum == order[from].stratum; to++) {
            int64_t i = order[to].row, k = to - from;
            part[k] = score[i];
            part_y[k] = y[i];
            part_w[k] = w ? w[i] : 1;
            weight[y[i] > 0] += part_w[k];
        }
        FORE_GO(fore_auc(part, part_y, part_w, to - from, &auc, err));
        if (isnan(auc)) continue;
        right += auc * (weight[0] * weight[1]);
        pairs += weight[0] * weight[1];
    }
    if (pairs > 0) *out = right / pairs;
done:
    fore_free(order);
    fore_free(part);
    return status;
}

fore_status fore_reliability_table(const double *prob, const double *y, const double *w, int64_t n,
                                   int64_t bins, fore_reliability *table, int64_t *count,
                                   fore_error *err)
{
    ranking r;
    *count = 0;
    if (bins < 1)
        return fore_fail(err, FORE_E_ARGUMENT, "a reliability table needs at least 1 bin");
    FORE_TRY(rank_rows(prob, y, w, n, &r, err));
    *count = fill_bins(&r, bins, table);
    fore_free(r.order);
    return FORE_OK;
}

fore_status fore_lift(const double *score, const double *y, const double *w, int64_t n,
                      double lift[FORE_LIFT_PARTS], fore_error *err)
{
    ranking r;
    FORE_TRY(rank_rows(score, y, w, n, &r, err));
    double share[FORE_LIFT_PARTS], taken[FORE_LIFT_PARTS], before = 0;
    for (int k = 0; k < FORE_LIFT_PARTS; k++) share[k] = (k + 1.0) / FORE_LIFT_PARTS;
    best_parts(&r, FORE_LIFT_PARTS, share, taken);
    for (int k = 0; k < FORE_LIFT_PARTS; k++) {
        lift[k] = r.positives > 0 ? (taken[k] - before) * FORE_LIFT_PARTS / r.positives : NAN;
        before = taken[k];
    }
    fore_free(r.order);
    return FORE_OK;
}

fore_status fore_precision_at(const double *score, const double *y, int64_t n, int64_t k,
                              double *out, fore_error *err)
{
    ranking r;
    *out = NAN;
    FORE_TRY(rank_rows(score, y, NULL, n, &r, err));
    if (k > n) k = n;
    if (k > 0) {
        double share = (double)k / (double)n, best = 0;
        best_parts(&r, 1, &share, &best);
        *out = best / (double)k;
    }
    fore_free(r.order);
    return FORE_OK;
}
