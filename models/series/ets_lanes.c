/* See ets_lanes.h. The loops are those of ets_likelihood.h with one division for each value: 1 / mu
 * gives y / s = y q / mu and y / q = y s / mu. Where a lane has no value any more, its error is
 * zero and everything else stays finite, so that its sums and derivatives stand still. */
#include "models/series/ets_lanes.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "engine/num/elementwise.h"

#define MEAN_FLOOR FORE_ETS_MEAN_FLOOR
#define MEAN_TOP 1e30 /* the values are about 1 */
/* Roots may touch the unit circle, to rounding. */
#define ROOT_SLACK 1e-8
/* Errors below 1e-10 of the values are rounding, not information. */
#define ERROR_FLOOR 1e-20
#define MANTISSA 0x000fffffffffffff
enum { LOG_BATCH = 8 }; /* means multiplied before their exponent is taken off */

#define LANES 8
#define NAME(word) word##_eight
#include "models/series/ets_lanes_loops.h"
#undef LANES
#undef NAME
#define LANES 1
#define NAME(word) word##_one
#include "models/series/ets_lanes_loops.h"
#undef LANES
#undef NAME

void ets_lanes_clear(ets_lanes *w)
{
    memset(w->n, 0, sizeof *w - offsetof(ets_lanes, n));
    for (int64_t i = 0; i < ETS_LANES; i++) w->level[i] = w->phi[i] = 1;
    for (int64_t i = 0; i < ETS_LANES * FORE_ETS_SEASON_MAX; i++) w->first[i] = 1;
}

void ets_lanes_put(ets_lanes *w, int64_t lane, const fore_ets *trial)
{
    w->n[lane] = trial->n;
    w->relative[lane] = trial->form.error == 'M' ? -1 : 0;
    w->alpha[lane] = trial->alpha, w->beta[lane] = trial->beta;
    w->gamma[lane] = trial->gamma, w->phi[lane] = trial->phi;
    w->level[lane] = trial->first.level, w->trend[lane] = trial->first.slope;
    for (int64_t j = 0; w->season != 'N' && j < w->m; j++)
        w->first[j * w->width + lane] = trial->first.season[j];
}

bool ets_region_holds(const fore_ets *trial)
{
    ets_lanes w = {.width = 1, .m = trial->m, .season = trial->form.season};
    if (trial->form.season == 'N') return true;
    ets_lanes_clear(&w);
    ets_lanes_put(&w, 0, trial);
    region_one(&w);
    return !w.bad[0];
}

static FORE_WIDE void run_wide(ets_lanes *w, int64_t longest) { run_eight(w, longest); }

void ets_lanes_run(ets_lanes *w)
{
    int64_t longest = 0;
    for (int64_t i = 0; i < w->width; i++) longest = w->n[i] > longest ? w->n[i] : longest;
    if (w->width == 1)
        run_one(w, longest);
    else
        run_wide(w, longest);
}

double ets_lanes_take(const ets_lanes *w, int64_t lane, fore_ets_adjoint *g, bool *flat)
{
    double n = (double)w->n[lane], logs = 0;
    if (w->relative[lane]) logs = (double)w->exponent[lane] * M_LN2 + log(w->product[lane]);
    *flat = !(w->squares[lane] > n * ERROR_FLOOR);
    if (w->bad[lane] || !isfinite(w->squares[lane])) return INFINITY;
    *g = (fore_ets_adjoint){.alpha = w->to_alpha[lane],
                            .beta = w->to_beta[lane],
                            .gamma = w->to_gamma[lane],
                            .phi = w->to_phi[lane],
                            .level = w->to_level[lane],
                            .slope = w->to_trend[lane]};
    for (int64_t j = 0; w->season != 'N' && j < w->m; j++)
        g->season[j] = w->to_first[j * w->width + lane];
    return n * log(w->squares[lane]) + 2 * logs;
}
