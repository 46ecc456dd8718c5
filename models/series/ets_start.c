/* See ets_start.h. */
#include "models/series/ets_start.h"

#include <math.h>
#include <string.h>

#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/measure/accuracy.h"

static const double PHI_START = 0.96;
/* Factor per step of a multiplicative trend: at the start, and at all. */
static const double FACTOR_START = 1.5, FACTOR_MOST = 10;

typedef fore_ets_problem problem;

/* Fewer than three seasons: the season is one harmonic beside a line, by least squares. */
static void harmonic_season(const problem *p, double *index)
{
    enum { COLUMNS = 4 };
    double gram[COLUMNS * COLUMNS] = {0}, c[COLUMNS] = {0}, total = 0, n = (double)p->n;
    double step = 2 * M_PI / (double)p->m;
    int64_t columns = p->m == 2 ? 3 : 4; /* the sine of two steps is zero */
    for (int64_t t = 0; t < p->n; t++) {
        const double at = (double)t,
                     row[COLUMNS] = {1, at / n - 0.5, cos(step * at), sin(step * at)};
        for (int64_t i = 0; i < columns; i++) {
            c[i] += row[i] * p->y[t];
            for (int64_t j = 0; j < columns; j++) gram[i + j * columns] += row[i] * row[j];
        }
    }
    if (fore_cholesky(gram, columns, NULL) == FORE_OK)
        fore_cholesky_solve(gram, columns, c, 1);
    else
        memset(c, 0, sizeof c);
    for (int64_t j = 0; j < p->m; j++) { /* c[0]: the middle of the line */
        double wave = c[2] * cos(step * (double)j) + c[3] * sin(step * (double)j);
        index[j] = p->form.season == 'A' ? wave : c[0] > 0 ? fmax(0.1, 1 + wave / c[0]) : 1;
        total += index[j];
    }
    for (int64_t j = 0; j < p->m; j++)
        index[j] += (p->form.season == 'M' ? 1 : 0) - total / (double)p->m;
}

/* Level and slope of the line through the first max(10, 2 m) values without their season. */
static void starting_line(const problem *p, const double *index, double *level, double *slope)
{
    int64_t many = 2 * p->m > 10 ? 2 * p->m : 10;
    if (many > p->n) many = p->n;
    double sum = 0, cross = 0, spread = 0, centre = (double)(many + 1) / 2;
    for (int64_t t = 0; t < many; t++) {
        double v = p->y[t], d = (double)(t + 1) - centre;
        if (p->form.season == 'A') v -= index[t % p->m];
        if (p->form.season == 'M') v /= index[t % p->m];
        sum += v;
        cross += d * v;
        spread += d * d;
    }
    *slope = p->trend_at >= 0 && spread > 0 ? cross / spread : 0;
    *level = sum / (double)many - *slope * (p->trend_at >= 0 ? centre : 0);
}

void ets_start_states(const problem *p, double *x)
{
    double index[FORE_ETS_SEASON_MAX] = {0}, level, slope;
    if (p->season_at >= 0) {
        fore_status status = FORE_E_NO_ANSWER;
        if (p->n >= 3 * p->m)
            status = fore_seasonal_indices(p->y, p->n, p->m, p->form.season == 'M', index, NULL);
        if (status != FORE_OK) harmonic_season(p, index);
        for (int64_t j = 0; p->form.season == 'M' && j < p->m; j++) index[j] = fmax(index[j], 0.01);
    }
    starting_line(p, index, &level, &slope);
    x[p->level_at] = level;
    if (p->trend_at >= 0) x[p->level_at + 1] = slope;
    if (p->form.trend == 'M')
        x[p->level_at + 1] =
            level > 0 ? fmin(fmax(1 + slope / level, 1 / FACTOR_START), FACTOR_START) : 1;
    for (int64_t j = 0; p->season_at >= 0 && j + 1 < p->m; j++) x[p->season_at + j] = index[j];
}

void ets_start_weights(const problem *p, int64_t start, double *x)
{
    static const double weights[ETS_STARTS][3] = {
        {0.1, 0.02, 0.02}, {0.5, 0.02, 0.02}, {0.95, 0.8, 0.1}, {0.1, 0.3, 0.9}, {0.03, 0.9, 0.5}};
    x[0] = weights[start][0];
    if (p->trend_at >= 0) x[p->trend_at] = weights[start][1];
    if (p->gamma_at >= 0) x[p->gamma_at] = weights[start][2];
    if (p->phi_at >= 0) x[p->phi_at] = PHI_START;
}

void ets_start_plain(const problem *p, double *x)
{
    x[p->level_at] = fore_mean(p->y, p->n < 4 ? p->n : 4);
    if (p->trend_at >= 0) x[p->level_at + 1] = p->form.trend == 'M' ? 1 : 0;
    for (int64_t j = 0; p->season_at >= 0 && j + 1 < p->m; j++)
        x[p->season_at + j] = p->form.season == 'M' ? 1 : 0;
}

void ets_start_box(const problem *p, double *lower, double *upper)
{
    for (int64_t i = 0; i < p->count; i++) {
        lower[i] = i < p->level_at ? 0 : -INFINITY;
        upper[i] = i < p->level_at ? 1 : INFINITY;
    }
    lower[0] = FORE_ETS_WEIGHT_LOW, upper[0] = FORE_ETS_WEIGHT_HIGH;
    if (p->phi_at >= 0) lower[p->phi_at] = FORE_ETS_PHI_LOW, upper[p->phi_at] = FORE_ETS_PHI_HIGH;
    if (p->form.trend == 'M')
        lower[p->level_at + 1] = 1 / FACTOR_MOST, upper[p->level_at + 1] = FACTOR_MOST;
    if (p->form.season == 'M')
        for (int64_t i = p->season_at; i < p->count; i++)
            lower[i] = 2 * FORE_ETS_MEAN_FLOOR, upper[i] = (double)p->m;
}
