/* See ets_search.h. One fit:
 *
 *   initial states; then from each set of starting weights: quasi-Newton in the box of the usual
 *   bounds, set off again from where it stops if that may gain; the best of them, quick trends and
 *   what only quick starts find with a handicap */
#include "models/series/ets_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/climb.h"
#include "models/series/ets_lanes.h"
#include "models/series/ets_start.h"

/* A tenth of a unit of AICc decides nothing; a thousandth is exact enough. */
static const double GAIN = 1e-3, REST = 1e-5;
/* Another round seldom gains more than that. */
static const double HOPE = 5;
/* A trend that takes over more than this share of what the level takes is quick. */
static const double QUICK_TREND = 0.3;
/* By so much quick ones must be better, in units of -2 log L: where a slow start leads, and where
 * only a quick start leads. */
static const double TREND_HANDICAP = 1.5, START_HANDICAP = 15;

enum { SLOW_STARTS = 2, QUICK_START = 2, SEASON_START = 3, GROWTH_START = 4, ROUNDS = 2 };
enum { PATIENCE = 10 }; /* evaluations that a quick start gets to come near */
enum { LONG = 20000 /* values: longer series are fitted one by one, to save memory */ };

typedef struct climber {
    ets_job *job; /* NULL: nobody there */
    fore_ets_problem p;
    double scale, *scaled; /* of the values; n of them */
    fore_climb climb;
    const double *ask;
    double x[ETS_UNKNOWNS], states[ETS_UNKNOWNS], best[ETS_UNKNOWNS];
    double lower[ETS_UNKNOWNS], upper[ETS_UNKNOWNS];
    double best_value, best_score, before; /* score: with its handicap; before: the last round's */
    int start, round;
    bool plain, climbing, slowly; /* slowly: the trend is kept from becoming quick */
} climber;

typedef struct search {
    climber *lane;
    ets_lanes lanes;
    double *room, *block; /* room: for the longest */
} search;

/* ---- one fit, step by step ---- */

/* Of a start by itself; a multiplicative trend needs all of them. */
static double handicap(const climber *c)
{
    return c->start < SLOW_STARTS || c->p.form.trend == 'M' ? 0 : START_HANDICAP;
}

/* To the next set of starting weights from c->start on; false when there is none. */
static bool enter(climber *c)
{
    bool growing = c->p.form.trend == 'M', plain = c->p.trend_at < 0 && c->p.season_at < 0;
    if (c->start == QUICK_START && plain && isfinite(c->best_value)) c->start++;
    if (c->start == SEASON_START && c->p.season_at < 0 && !growing) c->start++;
    if (c->start == GROWTH_START && !growing) c->start++;
    if (c->start >= ETS_STARTS) return false;
    memcpy(c->x, c->states, sizeof c->x);
    ets_start_weights(&c->p, c->start, c->x);
    if (c->p.form.trend == 'A') c->upper[c->p.trend_at] = c->slowly ? QUICK_TREND : 1;
    c->plain = c->climbing = false;
    c->ask = c->x;
    return true;
}

/* The power of two next to the mean size, so that scaling loses nothing. */
static double scale_of(const double *y, int64_t n)
{
    double top = 0, sum = 0;
    int exponent;
    for (int64_t t = 0; t < n; t++) top = fmax(top, fabs(y[t]));
    if (top == 0) return 1;
    for (int64_t t = 0; t < n; t++) sum += fabs(y[t] / top);
    frexp(top * (sum / (double)n), &exponent);
    return ldexp(1, exponent < 1000 ? exponent : 1000);
}

static void take_up(climber *c, ets_job *job)
{
    c->job = job;
    c->p = (fore_ets_problem){.y = c->scaled, .n = job->n, .m = job->m, .form = job->form};
    fore_ets_lay_out(&c->p);
    c->scale = scale_of(job->y, job->n);
    for (int64_t t = 0; t < job->n; t++) c->scaled[t] = job->y[t] / c->scale;
    memset(c->states, 0, sizeof c->states);
    ets_start_box(&c->p, c->lower, c->upper);
    c->best_value = c->best_score = INFINITY;
    c->slowly = false;
    c->start = 0;
    ets_start_states(&c->p, c->states);
    enter(c);
}

/* The climb from these weights is over. Where a slow start led to a quick trend it is made once
 * more without: ets_start.h says why. */
static bool next_start(climber *c)
{
    bool quick =
        c->p.form.trend == 'A' && c->start < SLOW_STARTS && c->climb.x[c->p.trend_at] > QUICK_TREND;
    double score = c->climb.value + (quick ? TREND_HANDICAP : handicap(c));
    if (score < c->best_score) {
        c->best_score = score;
        c->best_value = c->climb.value;
        memcpy(c->best, c->climb.x, (size_t)c->p.count * sizeof *c->best);
    }
    c->slowly = quick;
    if (!quick) c->start++;
    return enter(c);
}

/* There is no value where the climb would start: without slope and season, or not from here. */
static bool start_elsewhere(climber *c)
{
    if (!c->plain) {
        c->plain = true;
        ets_start_plain(&c->p, c->x);
        return true;
    }
    c->slowly = false;
    c->start++;
    return enter(c);
}

/* True when the fit wants another value, at c->ask. */
static bool tell(climber *c, double value, const double *gradient)
{
    bool on;
    if (!c->climbing && !isfinite(value)) return start_elsewhere(c);
    if (!c->climbing) {
        c->climbing = true, c->round = 0, c->before = INFINITY;
        on = fore_climb_begin(&c->climb, c->p.count, c->lower, c->upper, REST, c->x, value,
                              gradient);
    } else {
        on = fore_climb_tell(&c->climb, value, gradient);
    }
    if (handicap(c) > 0 && c->climb.evaluations >= PATIENCE && c->climb.value > c->best_value)
        return next_start(c);
    while (!on) {
        double now = c->climb.value, aim = c->best_score - handicap(c);
        bool again = ++c->round < ROUNDS && c->before - now >= GAIN && now <= aim + HOPE;
        if (!again) return next_start(c);
        c->before = now;
        on = fore_climb_again(&c->climb);
    }
    c->ask = c->climb.ask;
    return true;
}

static void scale_state(fore_ets_state *state, int64_t m, const fore_ets_form *form, double scale)
{
    state->level *= scale;
    if (form->trend != 'M') state->slope *= scale;
    for (int64_t j = 0; form->season == 'A' && j < m; j++) state->season[j] *= scale;
}

/* From the scaled problem back to the unit of y: -2 log L grows by 2 n log(scale). errors: n. */
static void finish(climber *c, double *errors)
{
    fore_ets *w = &c->p.trial, *model = &c->job->model;
    const fore_ets_form *form = &c->p.form;
    double n = (double)c->p.n, k = (double)c->p.count + 1, squares = 0;
    c->job->status = isfinite(c->best_value) ? FORE_OK : FORE_E_NUMERIC;
    if (c->job->status != FORE_OK) return;
    fore_ets_unpack(&c->p, c->best);
    fore_ets_filter(w, c->p.y, c->p.n, NULL, errors, NULL);
    for (int64_t t = 0; t < c->p.n; t++) squares += errors[t] * errors[t];
    double value = c->best_value + 2 * n * log(c->scale);
    w->sigma2 = squares / (n - (double)c->p.count);
    w->loglik = -value / 2;
    w->aic = value + 2 * k;
    w->bic = value + log(n) * k;
    w->aicc = n - k - 1 > 0 ? w->aic + 2 * k * (k + 1) / (n - k - 1) : INFINITY;
    *model = *w;
    if (form->error == 'A') model->sigma2 *= c->scale * c->scale;
    scale_state(&model->first, c->p.m, form, c->scale);
    model->last = model->first;
    fore_ets_advance(model, &model->last, 0, c->job->y, c->p.n);
}

/* ---- side by side ---- */

static void seat(search *s, int64_t lane, ets_job *job)
{
    climber *c = &s->lane[lane];
    c->job = NULL;
    s->lanes.n[lane] = 0;
    if (!job) return;
    take_up(c, job);
    for (int64_t t = 0; t < job->n; t++) s->lanes.y[t * s->lanes.width + lane] = c->scaled[t];
}

/* Jobs that share a season, in the lanes. */
static void run_together(search *s, ets_job **jobs, int64_t count)
{
    int64_t next = 0, seated = 0;
    s->lanes.season = jobs[0]->form.season;
    s->lanes.m = jobs[0]->m;
    ets_lanes_clear(&s->lanes);
    for (int64_t i = 0; i < s->lanes.width; i++) {
        seat(s, i, next < count ? jobs[next] : NULL);
        if (next++ < count) seated++;
    }
    while (seated > 0) {
        for (int64_t i = 0; i < s->lanes.width; i++) {
            if (!s->lane[i].job) continue;
            fore_ets_unpack(&s->lane[i].p, s->lane[i].ask);
            ets_lanes_put(&s->lanes, i, &s->lane[i].p.trial);
        }
        ets_lanes_run(&s->lanes);
        for (int64_t i = 0; i < s->lanes.width; i++) {
            climber *c = &s->lane[i];
            double gradient[ETS_UNKNOWNS] = {0};
            fore_ets_adjoint g;
            bool flat;
            if (!c->job) continue;
            double value = ets_lanes_take(&s->lanes, i, &g, &flat);
            if (isfinite(value) && !flat) fore_ets_chain(&c->p, c->ask, &g, gradient);
            if (tell(c, value, gradient)) continue;
            finish(c, s->room);
            if (next >= count) seated--;
            seat(s, i, next < count ? jobs[next] : NULL);
            next++;
        }
    }
}

/* A multiplicative trend, or a very long series: by itself. */
static void run_alone(search *s, ets_job *job)
{
    climber *c = s->lane;
    double gradient[ETS_UNKNOWNS], value;
    take_up(c, job);
    c->p.q = s->lanes.q, c->p.slope = s->lanes.slope;
    c->p.season = s->lanes.place, c->p.mu = s->lanes.inverse;
    do {
        value = fore_ets_objective(&c->p, c->ask, c->p.count, gradient);
    } while (tell(c, value, gradient));
    finish(c, s->lanes.q);
}

/* ---- the queue ---- */

static bool goes_alone(const ets_job *job) { return job->form.trend == 'M' || job->n > LONG; }

/* Alone first, then by season and its length; the longest first, so that lanes end together. */
static int by_season(const void *left, const void *right)
{
    const ets_job *a = *(ets_job *const *)left, *b = *(ets_job *const *)right;
    if (goes_alone(a) != goes_alone(b)) return goes_alone(a) ? -1 : 1;
    if (a->form.season != b->form.season) return a->form.season < b->form.season ? -1 : 1;
    if (a->m != b->m) return a->m < b->m ? -1 : 1;
    if (a->n != b->n) return a->n > b->n ? -1 : 1;
    return a < b ? -1 : a > b;
}

static fore_status make_room(search *s, ets_job **jobs, int64_t count, fore_error *err)
{
    int64_t longest = 0, together = 0;
    for (int64_t i = 0; i < count; i++) {
        if (jobs[i]->n > longest) longest = jobs[i]->n;
        if (!goes_alone(jobs[i])) together++;
    }
    s->lanes.width = together > 1 ? ETS_LANES : 1;
    int64_t tall = longest < LONG || s->lanes.width == 1 ? longest : LONG;
    int64_t wide = s->lanes.width * tall > longest ? s->lanes.width * tall : longest;
    s->lane = FORE_ZNEW(s->lanes.width, climber);
    s->block = FORE_NEW(5 * wide + s->lanes.width * tall + 2 * longest, double);
    if (!s->lane || !s->block) return fore_no_memory(err);
    memset(s->block, 0, (size_t)wide * sizeof *s->block);
    s->lanes.y = s->block;
    s->lanes.q = s->block + wide, s->lanes.slope = s->block + 2 * wide;
    s->lanes.place = s->block + 3 * wide, s->lanes.inverse = s->block + 4 * wide;
    s->room = s->block + 5 * wide;
    s->lane[0].scaled = s->room + longest; /* the one for very long series */
    for (int64_t i = 1; i < s->lanes.width; i++)
        s->lane[i].scaled = s->room + 2 * longest + (i - 1) * tall;
    return FORE_OK;
}

fore_status ets_search_run(ets_job *jobs, int64_t count, fore_error *err)
{
    search s = {.lane = NULL};
    fore_status status = FORE_OK;
    ets_job **order = FORE_NEW(count, ets_job *);
    if (!order) return fore_no_memory(err);
    for (int64_t i = 0; i < count; i++) order[i] = &jobs[i];
    qsort(order, (size_t)count, sizeof *order, by_season);
    FORE_GO(make_room(&s, order, count, err));
    for (int64_t i = 0, end; i < count; i = end) {
        end = i + 1;
        if (goes_alone(order[i])) {
            run_alone(&s, order[i]);
            continue;
        }
        while (end < count && order[end]->form.season == order[i]->form.season &&
               order[end]->m == order[i]->m)
            end++;
        run_together(&s, order + i, end - i);
    }
done:
    fore_free(order);
    fore_free(s.lane);
    fore_free(s.block);
    return status;
}
