/* Measures of the top of a list, and of intervals by what came true. Rows are walked once in order
 * of score, one run of equal scores at a time; what lies across the border counts in proportion. */
#include "models/measure/topk.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/measure/classify.h"

static fore_status check_values(const double *score, const double *value, int64_t n,
                                fore_error *err)
{
    for (int64_t i = 0; i < n; i++)
        if (isnan(score[i]) || !(value[i] >= 0 && isfinite(value[i])))
            return fore_fail_at(err, FORE_E_DATA, NULL, i + 1, 0,
                                "row %lld cannot be measured: %s; leave such rows out",
                                (long long)i + 1,
                                isnan(score[i]) ? "the score is not a number"
                                                : "the value is negative or not finite");
    return FORE_OK;
}

fore_status fore_value_at(const double *score, const double *value, int64_t n, int64_t k,
                          double *out, fore_error *err)
{
    *out = NAN;
    FORE_TRY(check_values(score, value, n, err));
    int64_t *order = FORE_NEW(n, int64_t);
    if (!order || !fore_order(score, n, order)) {
        fore_free(order);
        return fore_no_memory(err);
    }
    double sum = 0, left = (double)(k < n ? k : n);
    for (int64_t end = n; end > 0 && left > 0;) {
        double run = 0;
        int64_t start = end;
        while (start > 0 && score[order[start - 1]] == score[order[end - 1]])
            run += value[order[--start]];
        double rows = (double)(end - start);
        sum += rows <= left ? run : run * left / rows;
        left -= rows;
        end = start;
    }
    fore_free(order);
    if (n > 0) *out = sum;
    return FORE_OK;
}

static int best_first(const void *left, const void *right)
{
    const fore_listed *a = left, *b = right;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static int by_key(const void *left, const void *right)
{
    const fore_listed *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

static fore_listed *copy_sorted(const fore_listed *list, int64_t n,
                                int (*order)(const void *, const void *))
{
    fore_listed *copy = FORE_NEW(n > 0 ? n : 1, fore_listed);
    if (!copy) return NULL;
    if (n > 0) memcpy(copy, list, (size_t)n * sizeof *list);
    if (n > 1) qsort(copy, (size_t)n, sizeof *copy, order);
    return copy;
}

fore_status fore_top_kept(const fore_listed *before, int64_t n, const fore_listed *after, int64_t m,
                          int64_t k, double *out, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_listed *first = copy_sorted(before, n, best_first), *all = NULL;
    fore_listed *second = copy_sorted(after, m, best_first);
    int64_t left = 0, kept = 0, top = m < k ? m : k;
    *out = NAN;
    if (second) all = copy_sorted(second, m, by_key);
    if (!first || !second || !all) FORE_GO(fore_no_memory(err));
    if (top > 1) qsort(second, (size_t)top, sizeof *second, by_key);
    for (int64_t i = 0; i < n && i < k; i++) {
        if (m < 1 || !bsearch(&first[i], all, (size_t)m, sizeof *all, by_key)) continue;
        left++;
        kept += top > 0 && bsearch(&first[i], second, (size_t)top, sizeof *second, by_key);
    }
    if (left > 0) *out = (double)kept / (double)left;
done:
    fore_free(first);
    fore_free(second);
    fore_free(all);
    return status;
}

/* One bin: rows order[start..end). */
static void add_bin(const double *p, const double *lo, const double *hi, const double *y,
                    const int64_t *order, int64_t start, int64_t end, double z, fore_coverage *sum)
{
    double m = (double)(end - start), mean = 0, low = 0, high = 0, rate = 0;
    for (int64_t i = start; i < end; i++) {
        mean += p[order[i]] / m;
        low += lo[order[i]] / m;
        high += hi[order[i]] / m;
        rate += y[order[i]] / m;
    }
    double noise = z * sqrt(fmax(mean * (1 - mean), 0) / m);
    double below = hypot(mean - low, noise), above = hypot(high - mean, noise);
    sum->bins++;
    sum->inside += rate >= mean - below && rate <= mean + above;
    sum->inside_bare += rate >= low && rate <= high;
    sum->own += high - low;
    sum->allowed += below + above;
}

fore_status fore_coverage_add(const double *p, const double *lo, const double *hi, const double *y,
                              int64_t n, int64_t bins, double level, fore_coverage *sum,
                              fore_error *err)
{
    FORE_TRY(check_values(p, y, n, err));
    int64_t *order = FORE_NEW(n > 0 ? n : 1, int64_t);
    if (!order || !fore_order(p, n, order)) {
        fore_free(order);
        return fore_no_memory(err);
    }
    double z = fore_normal_quantile(0.5 + 0.5 * level);
    for (int64_t start = 0, at = 0, bin = -1; at <= n; at++) {
        bool border = at == n;
        if (at < n && (at == 0 || p[order[at]] != p[order[at - 1]])) {
            int64_t tie = at + 1; /* the middle of a run of equal chances decides its bin */
            while (tie < n && p[order[tie]] == p[order[at]]) tie++;
            int64_t mine = (int64_t)((double)(at + tie) / 2 / (double)n * (double)bins);
            border = mine != bin;
            bin = mine;
        }
        if (!border) continue;
        if (at > start) add_bin(p, lo, hi, y, order, start, at, z, sum);
        start = at;
    }
    sum->room = sum->allowed > 0 ? sum->own / sum->allowed : NAN;
    fore_free(order);
    return FORE_OK;
}
