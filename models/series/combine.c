/* Median combination and conformal intervals: see combine.h.
 *
 *   for each of the last origins o, newest first:
 *     combine from y[0..o) for steps 1..min(h, n - o)
 *     scores += |y - mean| / sd, times sqrt((n + parameters) / (n - parameters)): the weights knew
 * those values and not those to come sort */
#include "models/series/combine.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"

/* Origins to replay; scores that a level needs beyond it, and origins at least, before they are
 * trusted. */
enum { ORIGINS = 40, ORIGINS_LEAST = 6, SCORES_LEAST = 20 };
static const double SCORES_BEYOND = 1;

/* Variance between the members, whose disagreement is uncertainty too. */
static double spread(const double *values, int64_t count)
{
    double mean = fore_mean(values, count), squares = 0;
    for (int64_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return squares / (double)count;
}

void fore_combine(const fore_member *members, int64_t count, const double *y, int64_t n0, int64_t h,
                  double *mean, double *variance, double *scratch)
{
    double at_step[FORE_MEMBERS_MAX];
    if (count == 1) {
        fore_member_forecast(members, y, n0, h, mean, variance);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        fore_member_forecast(&members[i], y, n0, h, scratch + 2 * i * h, scratch + (2 * i + 1) * h);
    for (int64_t k = 0; k < h; k++) {
        double sum = 0;
        int64_t known = 0;
        for (int64_t i = 0; i < count; i++) {
            double v = scratch[(2 * i + 1) * h + k];
            at_step[i] = scratch[2 * i * h + k];
            if (!isnan(v)) sum += v, known++;
        }
        variance[k] = known ? sum / (double)known + spread(at_step, count) : NAN;
        mean[k] = fore_median(at_step, count);
    }
}

static int64_t first_origin(const fore_member *members, int64_t count, int64_t n)
{
    int64_t least = n / 3 > 4 ? n / 3 : 4;
    for (int64_t i = 0; i < count; i++) {
        int64_t seasons = members[i].m > 1 ? members[i].m + 1 : 0;
        if (fore_member_least(&members[i]) + 1 > least) least = fore_member_least(&members[i]) + 1;
        if (seasons > least) least = seasons;
    }
    return least > n - ORIGINS ? least : n - ORIGINS;
}

/* Akaike's final prediction error: errors inside are smaller by the parameters, errors to come
 * larger by as much. */
static double optimism(const fore_member *members, int64_t count, int64_t n)
{
    double parameters = 0;
    for (int64_t i = 0; i < count; i++) parameters += (double)members[i].parameters / (double)count;
    return sqrt(((double)n + parameters) / fmax(1, (double)n - parameters));
}

fore_status fore_conformal_learn(const fore_member *members, int64_t count, const double *y,
                                 int64_t n, int64_t h, double top_level, fore_conformal *conformal,
                                 fore_error *err)
{
    int64_t from = first_origin(members, count, n), steps = h < n - from ? h : n - from;
    *conformal = (fore_conformal){0};
    if (n - from < ORIGINS_LEAST) return FORE_OK;
    double *scores = FORE_NEW((n - from) * steps, double);
    double *work = FORE_NEW((2 + 2 * FORE_MEMBERS_MAX) * steps, double);
    if (!scores || !work) {
        fore_free(scores);
        fore_free(work);
        return fore_no_memory(err);
    }
    double factor = optimism(members, count, n);
    for (int64_t o = n - 1; o >= from; o--) {
        int64_t ahead = steps < n - o ? steps : n - o;
        fore_combine(members, count, y, o, ahead, work, work + steps, work + 2 * steps);
        for (int64_t k = 0; k < ahead; k++) {
            double score = fabs(y[o + k] - work[k]) / sqrt(work[steps + k]) * factor;
            if (isfinite(score)) scores[conformal->scores++] = score;
        }
    }
    fore_free(work);
    double rank = ((double)conformal->scores + 1) * (1 - top_level / 100);
    if (conformal->scores < SCORES_LEAST || rank < SCORES_BEYOND) {
        fore_free(scores);
        conformal->scores = 0;
        return FORE_OK;
    }
    fore_sort(scores, conformal->scores);
    conformal->origins = n - from;
    conformal->sorted = scores;
    return FORE_OK;
}

/* The ceil((N + 1) level)-th smallest score. */
double fore_conformal_factor(const fore_conformal *conformal, double level)
{
    int64_t rank = (int64_t)ceil((double)(conformal->scores + 1) * level / 100);
    if (rank > conformal->scores) rank = conformal->scores;
    return conformal->sorted[rank > 0 ? rank - 1 : 0];
}

void fore_conformal_free(fore_conformal *conformal)
{
    fore_free(conformal->sorted);
    *conformal = (fore_conformal){0};
}
