/* See seasons.h. */
#include "models/series/seasons.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/measure/accuracy.h"

/* Mean of the tricube weights over a window. */
static const double TRICUBE = 0.58;

int64_t fore_seasons_usable(const int64_t *length, int64_t count, int64_t n, int64_t *usable)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < count && kept < FORE_STL_SEASONS; i++) {
        int64_t at = 0;
        if (length[i] < 2 || length[i] >= (n + 1) / 2) continue;
        while (at < kept && usable[at] < length[i]) at++;
        if (at < kept && usable[at] == length[i]) continue;
        memmove(usable + at + 1, usable + at, (size_t)(kept - at) * sizeof *usable);
        usable[at] = length[i];
        kept++;
    }
    return kept;
}

fore_status fore_season_share(const double *y, int64_t n, int64_t m, double *share, fore_error *err)
{
    int64_t half = m / 2, count = n - 2 * half;
    double all = 0, rest = 0;
    *share = 0;
    if (n < 3 * m) return FORE_OK;
    double *index = FORE_NEW(m, double);
    if (!index) return fore_no_memory(err);
    fore_status status = fore_seasonal_indices(y, n, m, 0, index, err);
    for (int64_t t = half; status == FORE_OK && t < n - half; t++) {
        double d = y[t] - fore_centred_mean(y, t, m), left = d - index[t % m];
        all += d * d;
        rest += left * left;
    }
    if (all > 0) *share = 1 - rest / all * (double)count / (double)(count - m);
    fore_free(index);
    return status;
}

static double sum_at(const fore_seasons *s, int64_t t)
{
    double sum = 0;
    for (int64_t i = 0; i < s->count; i++) sum += s->part[t + i * s->n];
    return sum;
}

/* One decomposition; rest: what neither trend nor seasons explain, as a sum of squares. */
static fore_status decompose(const double *y, bool multiply, fore_seasons *s, double *rest,
                             fore_error *err)
{
    int64_t n = s->n;
    double *trend = FORE_NEW(2 * n, double);
    s->multiply = multiply;
    s->part = FORE_NEW(n * s->count, double);
    s->adjusted = FORE_NEW(n, double);
    fore_status status = FORE_OK;
    if (!trend || !s->part || !s->adjusted) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t t = 0; t < n; t++) s->adjusted[t] = multiply ? log(y[t]) : y[t];
    FORE_GO(fore_mstl(s->adjusted, n, s->length, s->count, s->part, trend, trend + n, err));
    *rest = 0;
    for (int64_t t = 0; t < n; t++) {
        double season = sum_at(s, t), left = y[t] - trend[t] - season;
        if (multiply) left = y[t] - exp(trend[t] + season);
        s->adjusted[t] = multiply ? y[t] / exp(season) : y[t] - season;
        *rest += left * left;
    }
done:
    fore_free(trend);
    if (status != FORE_OK) fore_seasons_free(s);
    return status;
}

fore_status fore_seasons_take(const double *y, int64_t n, const int64_t *length, int64_t count,
                              bool may_multiply, fore_seasons *seasons, fore_error *err)
{
    fore_seasons sum = {.n = n, .count = count}, product;
    double of_sum, of_product;
    memcpy(sum.length, length, (size_t)count * sizeof *length);
    product = sum;
    FORE_TRY(decompose(y, false, &sum, &of_sum, err));
    if (may_multiply) {
        fore_status status = decompose(y, true, &product, &of_product, err);
        if (status != FORE_OK) {
            fore_seasons_free(&sum);
            return status;
        }
        bool better = of_product < of_sum;
        fore_seasons_free(better ? &sum : &product);
        if (better) sum = product;
    }
    *seasons = sum;
    return FORE_OK;
}

fore_status fore_seasons_before(const fore_seasons *seasons, const double *y, int64_t n0,
                                fore_seasons *before, fore_error *err)
{
    double rest;
    *before = (fore_seasons){.n = n0, .count = seasons->count};
    memcpy(before->length, seasons->length, sizeof before->length);
    return decompose(y, seasons->multiply, before, &rest, err);
}

double fore_seasons_at(const fore_seasons *s, int64_t n0, int64_t t)
{
    double sum = 0;
    for (int64_t i = 0; i < s->count; i++) {
        int64_t m = s->length[i], from = t < n0 ? t : n0 - m + (t - n0) % m;
        sum += s->part[from + i * s->n];
    }
    return s->multiply ? exp(sum) : sum;
}

double fore_seasons_leverage(const fore_seasons *s)
{
    double share = 0;
    for (int64_t i = 0; i < s->count; i++) {
        double cycles = (double)s->n / (double)s->length[i];
        share += 1 / fmin(cycles, TRICUBE * (double)fore_stl_window(i));
    }
    return fmin(share, 0.9);
}

int64_t fore_seasons_longest(const fore_seasons *s)
{
    return s->count ? s->length[s->count - 1] : 0;
}

void fore_seasons_free(fore_seasons *s)
{
    fore_free(s->part);
    fore_free(s->adjusted);
    s->part = s->adjusted = NULL;
}
