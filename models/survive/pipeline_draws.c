/* Drawing the coming periods.
 *
 *   for every draw, with a random stream of its own
 *     shock of every period (persistent) and of the arrivals' level
 *     a likely open deal: one uniform against its wins and losses, period after period; the shock
 *       turns the chance w of a win in a period into 1 - (1 - w)^shock, losses share what is left
 *     all unlikely open deals together: with h = -log(1 - w) points fall on the deals of a period,
 *       Poisson(shock x sum of h) in number, each on a deal by its share of h; a deal that one or
 *       more fall on is won, unless it was lost before. That is 1 - (1 - w)^shock for each, deals
 *       independent, and takes as long as there are wins, not as there are deals. Where that is
 *       no less (a large shock), one uniform for each
 *     every week ahead: arrivals are a Poisson count given their level, so that those won in each
 *       period are Poisson counts too, independent; amounts drawn from the past
 *
 * How wide a shock of the hazards must be for the spread that is asked of the amounts, and about
 * which middle for the mean to stay, is solved beforehand (shock_scale.c). */
#include "models/survive/pipeline_draws.h"

#include <math.h>
#include <stdbool.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/survive/shock_scale.h"

static const double SUM_SLACK = 1e-9; /* rounding of probabilities that sum to 1 */
/* A point costs as much as four or five deals that are asked one by one. */
static const double LIKELY = 0.2, POINTS_MOST = 0.2;

typedef struct simulation {
    const fore_pipeline *p;
    uint64_t seed;
    fore_draws *out;
    double *cumulative;             /* amount_count: cumulated weights; NULL: uniform */
    double *won_given, *lost_given; /* open x periods: given that the deal is still open */
    double *rest_given;             /* log(1 - won_given) */
    int64_t *likely, *unlikely;     /* open deals */
    int64_t likely_count, unlikely_count;
    double *hazard;                  /* unlikely x periods: h cumulated over deals */
    double *kept;                    /* unlikely x periods: chance not to be lost before */
    int64_t *hit;                    /* workers x unlikely: the last draw that found it, from 1 */
    double *new_given, *new_rest;    /* weeks x periods: as won_given, rest_given */
    double *scratch;                 /* workers x periods: shocks */
    double *shock_sd, *shock_middle; /* periods: of the log of the hazards' factor */
} simulation;

static double draw_amount(const simulation *s, fore_random *random)
{
    const fore_pipeline *p = s->p;
    if (!s->cumulative) return p->amounts[fore_random_below(random, p->amount_count)];
    double u = fore_random_uniform(random) * s->cumulative[p->amount_count - 1];
    int64_t low = -1, high = p->amount_count - 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (s->cumulative[middle] > u)
            high = middle;
        else
            low = middle;
    }
    return p->amounts[high];
}

/* 1 - (1 - w)^shock; rest = log(1 - w) */
static double shocked(double w, double rest, double shock)
{
    return shock == 1 || w >= 1 ? w : -expm1(shock * rest);
}

/* --- open deals --- */

static void win(const simulation *s, int64_t d, int64_t j, int64_t i, fore_random *random)
{
    const fore_pipeline *p = s->p;
    bool known = p->open_amount && !isnan(p->open_amount[i]);
    s->out->open[d + j * s->out->draws] += known ? p->open_amount[i] : draw_amount(s, random);
    s->out->wins_open[d + j * s->out->draws] += 1;
}

static void likely_deals(const simulation *s, int64_t d, const double *shock, fore_random *random)
{
    const fore_pipeline *p = s->p;
    for (int64_t k = 0; k < s->likely_count; k++) {
        int64_t i = s->likely[k];
        double u = fore_random_uniform(random), edge = 0, open = 1;
        for (int64_t j = 0; j < p->periods; j++) {
            double base = s->won_given[i + j * p->open];
            double w = shocked(base, s->rest_given[i + j * p->open], shock[j]);
            double l = base < 1 ? s->lost_given[i + j * p->open] * (1 - w) / (1 - base) : 0;
            edge += open * w;
            if (u < edge) {
                win(s, d, j, i, random);
                break;
            }
            edge += open * l;
            if (u < edge) break;
            open *= fmax(0, 1 - w - l);
        }
    }
}

/* The first of the cumulated hazards above u. */
static int64_t find(const double *hazard, int64_t n, double u)
{
    int64_t low = -1, high = n - 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (hazard[middle] > u)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* The first time that a draw finds a deal decides about it. */
static void strike(const simulation *s, int64_t d, int64_t j, int64_t k, int64_t *hit,
                   fore_random *random)
{
    if (hit[k] == d + 1) return;
    hit[k] = d + 1;
    if (j == 0 || fore_random_uniform(random) < s->kept[k + j * s->unlikely_count])
        win(s, d, j, s->unlikely[k], random);
}

static void unlikely_deals(const simulation *s, int64_t d, const double *shock, int64_t *hit,
                           fore_random *random)
{
    int64_t n = s->unlikely_count, periods = n > 0 ? s->p->periods : 0;
    for (int64_t j = 0; j < periods; j++) {
        const double *hazard = s->hazard + j * n;
        double all = hazard[n - 1];
        const double *rest = s->rest_given + j * s->p->open;
        if (!(all > 0)) continue;
        if (shock[j] * all < POINTS_MOST * (double)n) {
            int64_t points = fore_random_poisson(random, shock[j] * all);
            for (; points > 0; points--)
                strike(s, d, j, find(hazard, n, fore_random_uniform(random) * all), hit, random);
            continue;
        }
        for (int64_t k = 0; k < n; k++)
            if (fore_random_uniform(random) < -expm1(shock[j] * rest[s->unlikely[k]]))
                strike(s, d, j, k, hit, random);
    }
}

/* --- new deals --- */

static double arrivals_of(const fore_pipeline *p, int64_t week, double level, fore_random *random)
{
    double mean = p->arrivals[week] * level;
    if (mean > 0 && p->arrivals_size > 0 && isfinite(p->arrivals_size))
        mean *= fore_random_gamma(random, p->arrivals_size) / p->arrivals_size;
    return mean;
}

static void new_deals(const simulation *s, int64_t d, const double *shock, double level,
                      fore_random *random)
{
    const fore_pipeline *p = s->p;
    for (int64_t w = 0; w < p->weeks; w++) {
        double left = arrivals_of(p, w, level, random);
        for (int64_t j = 0; j < p->periods && left > 0; j++) {
            double given = s->new_given[w + j * p->weeks];
            if (!(given > 0)) continue;
            double mean = left * shocked(given, s->new_rest[w + j * p->weeks], shock[j]);
            int64_t wins = fore_random_poisson(random, mean);
            left -= mean;
            s->out->wins_fresh[d + j * s->out->draws] += (double)wins;
            for (int64_t i = 0; i < wins; i++)
                s->out->fresh[d + j * s->out->draws] += draw_amount(s, random);
        }
    }
}

/* --- draws --- */

/* The logs follow an autoregression of order one. */
static void draw_shocks(const simulation *s, fore_random *random, double *shock)
{
    double z = 0, rho = s->p->shock_persistence, fresh = sqrt(1 - rho * rho);
    for (int64_t j = 0; j < s->p->periods; j++) {
        double sd = s->shock_sd[j], own = fore_random_normal(random);
        z = j == 0 ? own : rho * z + fresh * own;
        shock[j] = sd > 0 ? exp(s->shock_middle[j] + sd * z) : 1;
    }
}

static fore_status run_block(void *context, int64_t block, int worker, fore_error *err)
{
    const simulation *s = context;
    const fore_pipeline *p = s->p;
    double *shock = s->scratch + worker * p->periods;
    int64_t *hit = s->hit + worker * s->unlikely_count, end = (block + 1) * FORE_PIPELINE_BLOCK;
    if (end > s->out->draws) end = s->out->draws;
    (void)err;
    for (int64_t d = block * FORE_PIPELINE_BLOCK; d < end; d++) {
        fore_random random = fore_random_new(s->seed, (uint64_t)d);
        double level_sd = p->arrivals_shock_sd;
        draw_shocks(s, &random, shock);
        double z = fore_random_normal(&random);
        likely_deals(s, d, shock, &random);
        unlikely_deals(s, d, shock, hit, &random);
        new_deals(s, d, shock, level_sd > 0 ? exp(level_sd * z - 0.5 * level_sd * level_sd) : 1,
                  &random);
    }
    return FORE_OK;
}

/* --- what all draws share --- */

/* Chances of a period given that the deal is still open when it starts. */
static void condition_open(simulation *s)
{
    const fore_pipeline *p = s->p;
    for (int64_t i = 0; i < p->open; i++) {
        double open = 1, most = 0;
        for (int64_t j = 0; j < p->periods; j++) {
            int64_t at = i + j * p->open;
            double w = p->open_won[at], l = p->open_lost ? p->open_lost[at] : 0;
            s->won_given[at] = open > 0 ? fmin(1, w / open) : 0;
            s->rest_given[at] = log1p(-s->won_given[at]);
            s->lost_given[at] = open > 0 ? fmin(1 - s->won_given[at], l / open) : 0;
            open = open - w - l > SUM_SLACK ? open - w - l : 0;
            most = fmax(most, s->won_given[at]);
        }
        if (most > LIKELY)
            s->likely[s->likely_count++] = i;
        else
            s->unlikely[s->unlikely_count++] = i;
    }
}

static void cumulate_unlikely(simulation *s)
{
    const fore_pipeline *p = s->p;
    int64_t n = s->unlikely_count;
    for (int64_t j = 0; j < p->periods; j++) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++) {
            int64_t before = s->unlikely[k] + (j - 1) * p->open;
            s->hazard[k + j * n] = sum -= s->rest_given[s->unlikely[k] + j * p->open];
            s->kept[k + j * n] =
                j == 0 ? 1
                       : s->kept[k + (j - 1) * n] *
                             fmax(0, 1 - s->lost_given[before] / (1 - s->won_given[before]));
        }
    }
}

static void condition_new(simulation *s)
{
    const fore_pipeline *p = s->p;
    for (int64_t w = 0; w < p->weeks; w++) {
        double rest = 1;
        for (int64_t j = 0; j < p->periods; j++) {
            double v = p->new_won[w + j * p->weeks], given = rest > 0 ? fmin(1, v / rest) : 0;
            s->new_given[w + j * p->weeks] = given;
            s->new_rest[w + j * p->weeks] = log1p(-given);
            rest -= v;
        }
    }
}

static double mean_amount(const fore_pipeline *p)
{
    double sum = 0, total = 0;
    for (int64_t i = 0; i < p->amount_count; i++) {
        double w = p->amount_weight ? p->amount_weight[i] : 1;
        sum += w * p->amounts[i];
        total += w;
    }
    return total > 0 ? sum / total : 1;
}

/* Open deals and weeks of arrivals, as the draws treat them, for the scale of the shocks. */
static fore_status scale_shocks(simulation *s, fore_error *err)
{
    const fore_pipeline *p = s->p;
    fore_status status = FORE_OK;
    int64_t rows = p->open + p->weeks;
    if (!p->shock_sd) return FORE_OK;
    double amount = mean_amount(p), *weight = FORE_NEW(rows, double),
           *given = FORE_NEW(rows * p->periods, double),
           *keep = FORE_NEW(rows * p->periods, double);
    if (!weight || !given || !keep) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < p->open; i++) {
        weight[i] = p->open_amount && !isnan(p->open_amount[i]) ? p->open_amount[i] : amount;
        for (int64_t j = 0; j < p->periods; j++) {
            double w = s->won_given[i + j * p->open], l = s->lost_given[i + j * p->open];
            given[i + j * rows] = w;
            keep[i + j * rows] = w < 1 ? fmax(0, 1 - l / (1 - w)) : 0;
        }
    }
    for (int64_t w = 0; w < p->weeks; w++) {
        weight[p->open + w] = p->arrivals[w] * amount;
        for (int64_t j = 0; j < p->periods; j++) {
            given[p->open + w + j * rows] = s->new_given[w + j * p->weeks];
            keep[p->open + w + j * rows] = 1;
        }
    }
    fore_shock_deals deals = {rows, p->periods, weight, given, keep};
    FORE_GO(fore_shock_scale(&deals, p->shock_sd, p->shock_persistence, s->shock_sd,
                             s->shock_middle, err));
done:
    fore_free(weight);
    fore_free(given);
    fore_free(keep);
    return status;
}

static fore_status tables(simulation *s, fore_error *err)
{
    const fore_pipeline *p = s->p;
    int64_t n = s->out->draws * p->periods, chances = p->open * p->periods;
    s->out->open = FORE_ZNEW(n, double);
    s->out->fresh = FORE_ZNEW(n, double);
    s->out->wins_open = FORE_ZNEW(n, double);
    s->out->wins_fresh = FORE_ZNEW(n, double);
    s->won_given = FORE_NEW(chances, double);
    s->lost_given = FORE_NEW(chances, double);
    s->rest_given = FORE_NEW(chances, double);
    s->hazard = FORE_NEW(chances, double);
    s->kept = FORE_NEW(chances, double);
    s->likely = FORE_NEW(p->open, int64_t);
    s->unlikely = FORE_NEW(p->open, int64_t);
    s->new_given = FORE_NEW(p->weeks * p->periods, double);
    s->new_rest = FORE_NEW(p->weeks * p->periods, double);
    s->shock_sd = FORE_ZNEW(p->periods, double);
    s->shock_middle = FORE_ZNEW(p->periods, double);
    bool all = s->out->open && s->out->fresh && s->out->wins_open && s->out->wins_fresh &&
               s->won_given && s->lost_given && s->rest_given && s->hazard && s->kept &&
               s->likely && s->unlikely && s->new_given && s->new_rest && s->shock_sd &&
               s->shock_middle;
    return all ? FORE_OK : fore_no_memory(err);
}

static fore_status prepare(simulation *s, int threads, fore_error *err)
{
    const fore_pipeline *p = s->p;
    FORE_TRY(tables(s, err));
    if (p->amount_weight && p->amount_count > 0) {
        double sum = 0;
        if (!(s->cumulative = FORE_NEW(p->amount_count, double))) return fore_no_memory(err);
        for (int64_t i = 0; i < p->amount_count; i++) s->cumulative[i] = sum += p->amount_weight[i];
    }
    condition_open(s);
    cumulate_unlikely(s);
    condition_new(s);
    s->scratch = FORE_NEW(threads * p->periods, double);
    s->hit = FORE_ZNEW(threads * s->unlikely_count, int64_t);
    if (!s->scratch || !s->hit) return fore_no_memory(err);
    return scale_shocks(s, err);
}

fore_status fore_draws_make(const fore_pipeline *p, uint64_t seed, int64_t draws, fore_pool *pool,
                            fore_draws *out, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t blocks = (draws + FORE_PIPELINE_BLOCK - 1) / FORE_PIPELINE_BLOCK;
    *out = (fore_draws){.draws = draws, .periods = p->periods};
    simulation s = {.p = p, .seed = seed, .out = out};
    FORE_GO(prepare(&s, fore_pool_threads(pool), err));
    FORE_GO(fore_pool_run(pool, blocks, run_block, &s, err));
done:
    fore_free(s.cumulative);
    fore_free(s.won_given);
    fore_free(s.lost_given);
    fore_free(s.rest_given);
    fore_free(s.likely);
    fore_free(s.unlikely);
    fore_free(s.hazard);
    fore_free(s.kept);
    fore_free(s.hit);
    fore_free(s.new_given);
    fore_free(s.new_rest);
    fore_free(s.scratch);
    fore_free(s.shock_sd);
    fore_free(s.shock_middle);
    return status;
}

void fore_draws_free(fore_draws *d)
{
    fore_free(d->open);
    fore_free(d->fresh);
    fore_free(d->wins_open);
    fore_free(d->wins_fresh);
}
