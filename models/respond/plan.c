/* Plans along one path of mixes.
 *
 *   the path: u in [0, 1] -> the cheapest mix whose gain at the posterior mean is u times the
 * largest one for every draw: the first u at which the period's sales reach the target (grid, then
 * bisection) median, p10, p90 of u give the hours factors and the plan; the team's hours and the
 * leads' touches cut the path short
 *
 * Sales of week t over today's: prod_k ((A_kt + s_k) / (A_k + s_k))^(b_k), where the stock of a
 * kind raised to f times its pace since week 1 is A_kt = A_k (1 + (f - 1) (1 - decay^t)). */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "engine/num/special.h"
#include "models/respond/plan.h"

enum { GRID = 33, BISECTIONS = 40, WEEKS_AFTER = 52 };
static const double GAIN_MIN = 1e-9; /* a path whose whole gain is below this has no direction */

/* The period seen from the panel: everything per rep and week. */
typedef struct ground {
    const fore_plan_input *in;
    int64_t kinds;
    double pace[FORE_KINDS_MAX];  /* A_k */
    double scale[FORE_KINDS_MAX]; /* s_k */
    double lift[FORE_KINDS_MAX];  /* b_k / e_k */
    double cost[FORE_KINDS_MAX];  /* hours over the period per activity of one rep in one week */
    double lower[FORE_KINDS_MAX], upper[FORE_KINDS_MAX], x0[FORE_KINDS_MAX], b[FORE_KINDS_MAX];
    double longest; /* gain at the upper limits; 0: proportional path */
    double hours;   /* today's, over the period */
} ground;

static fore_status check(const fore_plan_input *in, fore_error *err)
{
    if (!in || !in->response || !in->current || !in->minutes || !in->kind_names || in->weeks < 1 ||
        !(in->reps > 0))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "a plan needs a response, a period of at least a week, and reps");
    double sum = 0;
    for (int64_t k = 0; k < in->response->kinds; k++) {
        double least = in->floor ? in->floor[k] : 1,
               most = in->ceiling ? in->ceiling[k] : FORE_PLAN_CEILING;
        if (!(in->current[k] >= 0) || isinf(in->current[k]) || !(in->minutes[k] > 0) ||
            isinf(in->minutes[k]))
            return fore_fail(err, FORE_E_ARGUMENT,
                             "kind %s: the present count must be >= 0 and its minutes positive",
                             in->kind_names[k]);
        if (!(least >= 0) || !(most >= least) || isinf(most))
            return fore_fail(err, FORE_E_ARGUMENT,
                             "kind %s: the limits of change must be 0 <= floor <= ceiling",
                             in->kind_names[k]);
        sum += in->current[k];
    }
    if (!(sum > 0))
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "no activity is recorded for the period's present pace: there is nothing to multiply; record activities first");
    return FORE_OK;
}

static fore_status survey(const fore_plan_input *in, ground *g, fore_error *err)
{
    FORE_TRY(check(in, err));
    const fore_response *r = in->response;
    double per = in->reps * (double)in->weeks;
    *g = (ground){.in = in, .kinds = r->kinds};
    for (int64_t k = 0; k < r->kinds; k++) {
        double mean = r->mean_stock[k], s = r->scale[k];
        g->pace[k] = in->current[k] / per;
        g->scale[k] = s;
        g->lift[k] = mean > 0 ? (mean + s) / mean : 0;
        g->cost[k] = per * in->minutes[k] / 60;
        g->x0[k] = g->pace[k] + s;
        g->lower[k] = g->pace[k] * (in->floor ? in->floor[k] : 1) + s;
        g->upper[k] = g->pace[k] * (in->ceiling ? in->ceiling[k] : FORE_PLAN_CEILING) + s;
        g->b[k] = fmax(0, r->mean[k]) * g->lift[k];
        g->longest += g->b[k] * log(g->upper[k] / g->x0[k]);
        g->hours += g->pace[k] * g->cost[k];
    }
    if (!(g->longest > GAIN_MIN)) g->longest = 0;
    return FORE_OK;
}

/* Multiples of today's pace at u. Without a direction all kinds grow alike, as far as their limits.
 */
static void path(const ground *g, double u, double *factors)
{
    double x[FORE_KINDS_MAX];
    if (g->longest > 0) {
        fore_cheapest_mix(g->kinds, g->b, g->cost, g->x0, g->lower, g->upper, u * g->longest, x);
    } else {
        for (int64_t k = 0; k < g->kinds; k++) x[k] = g->x0[k] + u * (g->upper[k] - g->x0[k]);
    }
    for (int64_t k = 0; k < g->kinds; k++)
        factors[k] = g->pace[k] > 0 ? (x[k] - g->scale[k]) / g->pace[k] : 1;
}

static double hours_of(const ground *g, const double *factors)
{
    double sum = 0;
    for (int64_t k = 0; k < g->kinds; k++) sum += factors[k] * g->pace[k] * g->cost[k];
    return sum;
}

static double touches_of(const ground *g, const double *factors)
{
    double sum = 0;
    for (int64_t k = 0; k < g->kinds; k++) sum += factors[k] * g->in->current[k];
    return sum;
}

/* Sales over baseline in a week in which `built` of the change of pace has reached the stock. */
static double week_ratio(const ground *g, int64_t d, const double *factors, double built)
{
    const fore_response *r = g->in->response;
    double sum = 0;
    for (int64_t k = 0; k < g->kinds; k++) {
        if (factors[k] == 1) continue;
        double stock = g->pace[k] * (1 + (factors[k] - 1) * built);
        sum += r->draws[d + k * r->draw_count] * g->lift[k] * log((stock + g->scale[k]) / g->x0[k]);
    }
    return exp(sum);
}

static double ratio(const ground *g, int64_t d, const double *factors)
{
    double decay = g->in->response->decay[d], left = 1, sum = 0;
    if (decay == 0) return week_ratio(g, d, factors, 1);
    for (int64_t t = 0; t < g->in->weeks; t++) {
        left *= decay;
        sum += week_ratio(g, d, factors, 1 - left);
    }
    return sum / (double)g->in->weeks;
}

/* Sales that land after the period because of the plan, over the period's baseline sales. */
static double later(const ground *g, int64_t d, const double *factors)
{
    double decay = g->in->response->decay[d], built = 1 - pow(decay, (double)g->in->weeks), sum = 0;
    for (int64_t t = 0; t < WEEKS_AFTER && decay > 0; t++) {
        built *= decay;
        sum += week_ratio(g, d, factors, built) - 1;
    }
    return sum / (double)g->in->weeks;
}

/* The first u at which draw d reaches the target; infinity when it never does. */
static double length_of(const ground *g, int64_t d, double target,
                        const double grid[GRID][FORE_KINDS_MAX])
{
    double factors[FORE_KINDS_MAX], low, high;
    int i = 0;
    while (i < GRID && ratio(g, d, grid[i]) < target) i++;
    if (i == 0) return 0;
    if (i == GRID) return INFINITY;
    low = (double)(i - 1) / (GRID - 1);
    high = (double)i / (GRID - 1);
    for (int j = 0; j < BISECTIONS; j++) {
        double middle = 0.5 * (low + high);
        path(g, middle, factors);
        if (ratio(g, d, factors) < target)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Order statistic, so that infinities stay what they are. */
static double at(const double *sorted, int64_t n, double p)
{
    return sorted[(int64_t)floor((double)(n - 1) * p + 0.5)];
}

static fore_plan_range range_of(double *x, int64_t n)
{
    fore_sort(x, n);
    return (fore_plan_range){at(x, n, 0.5), at(x, n, 0.1), at(x, n, 0.9)};
}

static double factor_at(const ground *g, double u)
{
    double factors[FORE_KINDS_MAX];
    if (isinf(u)) return INFINITY;
    path(g, u, factors);
    return hours_of(g, factors) / g->hours;
}

/* How far the path goes before `amount` (hours or touches) exceeds `limit`. */
static double cut(const ground *g, double limit, double (*amount)(const ground *, const double *))
{
    double factors[FORE_KINDS_MAX], low = 0, high = 1;
    if (isnan(limit)) return INFINITY;
    path(g, 1, factors);
    if (amount(g, factors) <= limit) return INFINITY;
    path(g, 0, factors);
    if (amount(g, factors) > limit) return -1;
    for (int j = 0; j < BISECTIONS; j++) {
        double middle = 0.5 * (low + high);
        path(g, middle, factors);
        if (amount(g, factors) > limit)
            high = middle;
        else
            low = middle;
    }
    return low;
}

static void say(fore_plan *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(fore_plan *p, const char *format, ...)
{
    va_list arguments;
    if (p->constraint_count == FORE_REASONS_MAX) return;
    va_start(arguments, format);
    vsnprintf(p->constraints[p->constraint_count++], FORE_REASON_SIZE, format, arguments);
    va_end(arguments);
}

static void say_hours(const ground *g, double needed, fore_plan *p)
{
    const fore_plan_input *in = g->in;
    char a[48], b[48], c[48];
    if (isnan(in->hours_available)) {
        say(p,
            "The team's available hours are not recorded: whether they are enough was not checked.");
        return;
    }
    if (needed <= in->hours_available) return;
    fore_number_people(needed, 0, a, sizeof a);
    fore_number_people(in->hours_available, 0, b, sizeof b);
    fore_number_people(needed - in->hours_available, 0, c, sizeof c);
    if (in->hours_per_rep > 0)
        say(p,
            "It takes %s hours and the team has %s: %s hours are missing, %.1f people or a longer period.",
            a, b, c, (needed - in->hours_available) / in->hours_per_rep);
    else
        say(p, "It takes %s hours and the team has %s: %s hours are missing.", a, b, c);
}

/* "1 in 5", "4 in 10", "more than 9 in 10". */
static void odds_words(double p, char *out, size_t size)
{
    if (p < 0.25)
        snprintf(out, size, "about 1 in %.0f", 1 / p);
    else if (p <= 0.95)
        snprintf(out, size, "about %.0f in 10", fmin(9, floor(10 * p + 0.5)));
    else
        snprintf(out, size, "more than 9 in 10");
}

/* What stands in the way of the plan, or shows how far it reaches. */
static void explain(const ground *g, const double *factors, double out_of_reach, fore_plan *p)
{
    const fore_plan_input *in = g->in;
    const fore_response *r = in->response;
    double usual = 0, today = g->hours, touches = touches_of(g, factors),
           hours = hours_of(g, factors);
    if (r->no_effect)
        say(p,
            "As far as the data can tell more effort does not raise sales: no amount of it is a plan for this target.");
    if (out_of_reach >= 0.005) {
        char odds[48];
        odds_words(out_of_reach, odds, sizeof odds);
        say(p, "In %s cases no effort within the limits of change reaches the target.", odds);
    }
    say_hours(g, hours, p);
    if (!isnan(in->touches_per_lead) && !isnan(in->leads) &&
        touches > in->touches_per_lead * in->leads)
        say(p, "It takes %.1f touches per lead; at most %.1f are allowed.", touches / in->leads,
            in->touches_per_lead);
    for (int64_t k = 0; k < g->kinds; k++)
        if (g->upper[k] > g->x0[k] &&
            factors[k] * g->pace[k] + g->scale[k] >= g->upper[k] * (1 - 1e-9))
            say(p, "%s: at the limit of %.1f times today's pace.", in->kind_names[k], factors[k]);
    for (int64_t k = 0; k < g->kinds; k++) usual += r->mean_stock[k] * g->cost[k];
    double relative = usual > 0 ? hours / usual : NAN;
    p->within_observed_range = relative >= r->checks.range_lo && relative <= r->checks.range_hi;
    if (!p->within_observed_range && usual > 0)
        say(p,
            "The plan is %.2f times today's pace; reps' weeks lay between %.2f and %.2f times it (90 %%): this is an extrapolation.",
            hours / today, r->checks.range_lo * usual / today, r->checks.range_hi * usual / today);
}

/* Probabilities and sales under the plan. scratch: draws. */
static void judge(const ground *g, const double *factors, double raise, double *scratch,
                  fore_plan *p)
{
    const fore_plan_input *in = g->in;
    int64_t n = in->response->draw_count;
    double reached = 0, sold = 0,
           mean = in->baseline_count ? fore_mean(in->baseline, in->baseline_count) : NAN;
    for (int64_t d = 0; d < n; d++) {
        double r = ratio(g, d, factors);
        reached += r >= (1 + raise) * (1 - 1e-9);
        scratch[d] = in->baseline_count ? r * in->baseline[d % in->baseline_count] : NAN;
        sold += scratch[d] >= (1 + raise) * mean;
    }
    p->probability_reached = reached / (double)n;
    p->probability_sales = in->baseline_count ? sold / (double)n : NAN;
    fore_plan_range sales = range_of(scratch, n);
    p->sales_median = sales.median;
    p->sales_p10 = sales.p10;
    p->sales_p90 = sales.p90;
    for (int64_t d = 0; d < n; d++) scratch[d] = later(g, d, factors);
    p->later_share = range_of(scratch, n).median;
}

static void fill_kinds(const ground *g, const double *factors, fore_plan_range u, fore_plan *p)
{
    double low[FORE_KINDS_MAX], high[FORE_KINDS_MAX];
    path(g, isinf(u.p10) ? 1 : u.p10, low);
    path(g, isinf(u.p90) ? 1 : u.p90, high);
    for (int64_t k = 0; k < g->kinds; k++) {
        double now = g->in->current[k];
        p->kinds[k] = (fore_plan_kind){.current = now,
                                       .needed = now * factors[k],
                                       .extra = now * (factors[k] - 1),
                                       .p10 = isinf(u.p10) ? INFINITY : now * low[k],
                                       .p90 = isinf(u.p90) ? INFINITY : now * high[k]};
    }
}

static double people(double factor, double hours)
{
    return isinf(factor) ? INFINITY : (factor - 1) * hours;
}

fore_status fore_plan_solve(const fore_plan_input *in, double raise, fore_plan *p, fore_error *err)
{
    ground g;
    double grid[GRID][FORE_KINDS_MAX], factors[FORE_KINDS_MAX], within[FORE_KINDS_MAX];
    if (!(raise > -1) || isinf(raise))
        return fore_fail(err, FORE_E_ARGUMENT, "a raise must be more than -100 %%");
    FORE_TRY(survey(in, &g, err));
    int64_t n = in->response->draw_count;
    double *lengths = FORE_NEW(n, double), missed = 0;
    if (!lengths) return fore_no_memory(err);
    *p = (fore_plan){.raise = raise};
    for (int i = 0; i < GRID; i++) path(&g, (double)i / (GRID - 1), grid[i]);
    for (int64_t d = 0; d < n; d++) {
        lengths[d] = length_of(&g, d, 1 + raise, (const double(*)[FORE_KINDS_MAX])grid);
        missed += isinf(lengths[d]);
    }
    fore_plan_range u = range_of(lengths, n);
    double touches = isnan(in->leads) ? NAN : in->touches_per_lead * in->leads;
    double end = fmin(cut(&g, in->hours_available, hours_of), cut(&g, touches, touches_of));
    p->hours_factor =
        (fore_plan_range){factor_at(&g, u.median), factor_at(&g, u.p10), factor_at(&g, u.p90)};
    p->extra_hours = (fore_plan_range){people(p->hours_factor.median, g.hours),
                                       people(p->hours_factor.p10, g.hours),
                                       people(p->hours_factor.p90, g.hours)};
    p->hours_factor_80 = factor_at(&g, at(lengths, n, FORE_PLAN_SURE));
    path(&g, fmin(u.median, 1), factors);
    path(&g, fmax(0, fmin(fmin(u.median, 1), end)), within);
    fill_kinds(&g, factors, u, p);
    explain(&g, factors, missed / (double)n, p);
    judge(&g, within, raise, lengths, p);
    p->reachable = u.median <= end && !isinf(u.median) && !in->response->no_effect;
    fore_free(lengths);
    return FORE_OK;
}

fore_status fore_plan_effect(const fore_plan_input *in, const double *factors, double raise,
                             fore_plan_range *range, double *probability, fore_error *err)
{
    ground g;
    double reached = 0;
    FORE_TRY(survey(in, &g, err));
    int64_t n = in->response->draw_count;
    for (int64_t k = 0; k < g.kinds; k++)
        if (!(factors[k] >= 0) || isinf(factors[k]))
            return fore_fail(err, FORE_E_ARGUMENT, "kind %s: the factor must be >= 0 and finite",
                             in->kind_names[k]);
    double *ratios = FORE_NEW(n, double);
    if (!ratios) return fore_no_memory(err);
    for (int64_t d = 0; d < n; d++) {
        ratios[d] = ratio(&g, d, factors);
        reached += ratios[d] >= 1 + raise;
    }
    *range = range_of(ratios, n);
    if (probability) *probability = reached / (double)n;
    fore_free(ratios);
    return FORE_OK;
}

fore_status fore_plan_marginal(const fore_plan_input *in, fore_plan_range *by_kind, fore_error *err)
{
    ground g;
    FORE_TRY(survey(in, &g, err));
    const fore_response *r = in->response;
    int64_t n = r->draw_count;
    double value = in->baseline_count ? fore_mean(in->baseline, in->baseline_count) : 1;
    double *returns = FORE_NEW(n, double);
    if (!returns) return fore_no_memory(err);
    for (int64_t k = 0; k < g.kinds; k++) {
        for (int64_t d = 0; d < n; d++) {
            double built = 0, left = 1;
            for (int64_t t = 0; t < in->weeks; t++) built += 1 - (left *= r->decay[d]);
            built /= (double)in->weeks;
            returns[d] = value * built * r->draws[d + k * n] * g.lift[k] / (g.x0[k] * g.cost[k]);
        }
        by_kind[k] = range_of(returns, n);
    }
    fore_free(returns);
    return FORE_OK;
}
