/* The effort response: prepare, check, decide what the data may say, draw, explain.
 *
 *   too little in the panel, or too few reps, weeks or wins -> the prior, prior-driven
 *   effort hardly ever varied -> the prior, not identifiable
 *   a test fires, or the size is not an elasticity -> the prior, not identifiable
 *   the whole that this is part of is not identified -> the prior, no better than the whole
 *   hours recorded and strong, their tests quiet -> what hours explain, identified
 *   effects, tests quiet, size plausible -> rep and week effects with an allowance, identified
 *   ... but the estimate not sharp, or the posterior hardly narrower -> prior-driven
 *   experiments -> on top of the above, identified when they narrow it
 *
 * What is not identified is not used: the answers are then the prior's, as wide as it is. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/respond/parts.h"

fore_response_options fore_response_default(void)
{
    return (fore_response_options){.prior_mean = FORE_PRIOR_ELASTICITY,
                                   .prior_sd = FORE_PRIOR_ELASTICITY_SD,
                                   .scale = 0.1,
                                   .draws = 2000,
                                   .seed = 1,
                                   .whole = FORE_IDENTIFIED};
}

const char *fore_verdict_text(fore_verdict verdict)
{
    switch (verdict) {
    case FORE_IDENTIFIED: return "identified";
    case FORE_PRIOR_DRIVEN: return "prior-driven";
    case FORE_NOT_IDENTIFIABLE: break;
    }
    return "not-identifiable";
}

const char *fore_evidence_text(fore_evidence evidence)
{
    switch (evidence) {
    case FORE_EVIDENCE_EFFECTS:
        return "week-to-week changes of each rep's effort, net of rep and week effects";
    case FORE_EVIDENCE_HOURS:
        return "changes in the hours reps had, which move effort whatever the leads are like";
    case FORE_EVIDENCE_EXPERIMENT: return "measured experiments";
    case FORE_EVIDENCE_PRIOR: break;
    }
    return "published studies of personal selling, not your data";
}

static void because(fore_response *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void because(fore_response *r, const char *format, ...)
{
    va_list arguments;
    if (r->why_count == FORE_REASONS_MAX) return;
    va_start(arguments, format);
    vsnprintf(r->why[r->why_count++], FORE_REASON_SIZE, format, arguments);
    va_end(arguments);
}

static bool implausible(double estimate, double se, const fore_response_options *o)
{
    return fabs(estimate - o->prior_mean) >
           FORE_PLAUSIBLE_SDS * sqrt(o->prior_sd * o->prior_sd + se * se);
}

/* What the tests say against an estimate, in words; true when nothing does. */
static bool clean(fore_response *r, const fore_response_options *o, bool hours)
{
    fore_response_checks *c = &r->checks;
    const char *driver = hours ? "hours" : "effort";
    c->implausible = hours ? implausible(c->hours_estimate, c->hours_se, o)
                           : implausible(c->fixed_effects, c->fixed_effects_se, o);
    if (c->lead_fires)
        because(
            r,
            "Next week's %s goes with this week's sales even at the same effort this week (p = %.2g): reps or the market know something that the records do not hold.",
            driver, c->lead_p);
    if (c->placebo_fires)
        because(
            r,
            "This week's %s \"explains\" last week's sales more than the persistence of effort can (p = %.2g): effort follows sales as well as leading them.",
            driver, c->placebo_p);
    if (c->implausible)
        because(
            r,
            "From your data alone the elasticity would be %.2f, outside what effort of salespeople was ever found to do (%.1f to %.1f): part of it is effort following the sales.",
            hours ? c->hours_estimate : c->fixed_effects,
            o->prior_mean - FORE_PLAUSIBLE_SDS * o->prior_sd,
            o->prior_mean + FORE_PLAUSIBLE_SDS * o->prior_sd);
    return !c->lead_fires && !c->placebo_fires && !c->implausible;
}

typedef struct source_choice {
    fore_source source;
    double dispersion, doubt;
} source_choice;

static bool too_little(const fore_effort_design *d, fore_response *r)
{
    const fore_response_checks *c = &r->checks;
    if (d->active_reps < 2)
        because(
            r,
            "There are fewer than two active reps: what a rep does cannot be told apart from what the week did.");
    else if (d->with_sales < FORE_WON_MIN)
        because(r, "Only %lld rep-weeks hold any sale: there is nothing to explain yet.",
                (long long)d->with_sales);
    else if (isnan(c->effort_sd))
        because(r, "The history is too short: %lld rep-weeks for %lld reps and %lld weeks.",
                (long long)d->active, (long long)d->active_reps, (long long)d->weeks);
    else
        return false;
    return true;
}

/* Fewer reps, weeks or wins than an estimate and its standard error can be trusted on. */
static bool too_thin(fore_response *r)
{
    const fore_response_checks *c = &r->checks;
    if (c->reps >= FORE_IDENTIFIED_REPS && c->weeks >= FORE_IDENTIFIED_WEEKS &&
        c->wins >= FORE_IDENTIFIED_WINS)
        return false;
    because(
        r,
        "%lld reps, %lld weeks and %.0f wins are too few to tell; at least %d reps, %d weeks and %d wins are needed.",
        (long long)c->reps, (long long)c->weeks, c->wins, FORE_IDENTIFIED_REPS,
        FORE_IDENTIFIED_WEEKS, FORE_IDENTIFIED_WINS);
    if (!isnan(c->fixed_effects) && !isnan(c->fixed_effects_se))
        because(
            r,
            "From your data alone the elasticity would be %.2f (se %.2f); so few data can say that by chance, and it is not used.",
            c->fixed_effects, c->fixed_effects_se);
    return true;
}

/* A part of a whole that the data do not identify. */
static void part_of(fore_verdict whole, fore_response *r)
{
    r->verdict = whole;
    because(
        r,
        "The data of the whole company do not settle the effect of effort (%s); a part of them cannot be more certain than the whole and rests on the same published studies.",
        fore_verdict_text(whole));
}

/* What the posterior without an instrument allows an unseen confounder at decay 0: the bias of one
 * with partial R2 FORE_CONFOUNDER_ALLOWED, but of one that moves expected sales by no more than
 * FORE_CONFOUNDER_SALES (sparse sales are mostly luck, which nobody can know and follow). */
static double allowance(const fore_response_checks *c, const fore_effort_scales *s)
{
    double r2 = FORE_CONFOUNDER_ALLOWED, shrink = sqrt((1 - s->decay) / (1 + s->decay));
    double relative = shrink * fore_effort_bias(c->fixed_effects_se, s->effects_degrees, r2);
    double absolute = FORE_CONFOUNDER_SALES * sqrt(r2) / (c->effort_sd * sqrt(1 - r2));
    return fmin(relative, absolute);
}

/* Decides on the source and says why; the verdict may still change once the posterior is known. */
static source_choice choose(const fore_effort_design *d, const fore_response_options *o,
                            const fore_effort_scales *s, fore_response *r)
{
    const fore_response_checks *c = &r->checks;
    source_choice prior = {FORE_SOURCE_PRIOR, 1, 0};
    if (o->whole == FORE_NOT_IDENTIFIABLE) {
        part_of(o->whole, r);
        return prior;
    }
    r->verdict = FORE_PRIOR_DRIVEN;
    if (too_little(d, r) || too_thin(r)) return prior;
    r->verdict = FORE_NOT_IDENTIFIABLE;
    if (c->effort_sd < FORE_EFFORT_SD_MIN) {
        because(
            r,
            "Effort was never varied: after rep and week effects its log has a spread of %.3f (at least %.2f is needed).",
            c->effort_sd, FORE_EFFORT_SD_MIN);
        return prior;
    }
    bool hours = !isnan(c->hours_estimate);
    if (!clean(r, o, hours)) {
        if (!hours)
            because(
                r,
                "With rep and week effects alone the estimate would be %.2f; an unseen confounder of moderate strength leaves anything from %.2f to %.2f possible.",
                c->fixed_effects, c->sensitivity_lo, c->sensitivity_hi);
        return prior;
    }
    if (o->whole != FORE_IDENTIFIED) {
        part_of(o->whole, r);
        return prior;
    }
    r->verdict = FORE_IDENTIFIED;
    if (hours) return (source_choice){FORE_SOURCE_HOURS, s->hours_dispersion, s->hours_doubt};
    double bias = allowance(c, s);
    return (source_choice){FORE_SOURCE_EFFECTS, s->effects_dispersion, bias * bias};
}

static void explain_hours(fore_response *r)
{
    const fore_response_checks *c = &r->checks;
    because(
        r,
        "Changes in reps' available hours move effort strongly (first-stage F = %.0f, at least %.0f is needed) and have nothing to do with how good the leads are; from your data alone they give an elasticity of %.2f (se %.2f).",
        c->first_stage_f, FORE_FIRST_STAGE_F, c->hours_estimate, c->hours_se);
    if (!(c->hausman_p < FORE_LEAD_TEST_P)) return;
    if (c->fixed_effects > c->hours_estimate)
        because(
            r,
            "Without them the answer would have been %.2f: effort follows something that the records do not hold (p = %.2g).",
            c->fixed_effects, c->hausman_p);
    else
        because(
            r,
            "Without them the answer would have been %.2f: recorded activities are a noisy measure of effort, or effort goes where sales are weak (p = %.2g).",
            c->fixed_effects, c->hausman_p);
}

static void explain_effects(fore_response *r)
{
    const fore_response_checks *c = &r->checks;
    because(
        r,
        "Reps' effort varied from week to week (spread of its log %.2f after rep and week effects), and next week's effort does not explain this week's sales (p = %.2g); from your data alone the elasticity is %.2f (se %.2f).",
        c->effort_sd, c->lead_p, c->fixed_effects, c->fixed_effects_se);
    because(
        r,
        "No recorded hours confirm it: an unseen signal that explains %.0f %% of what is left of both effort and sales would explain it away; one of %.0f %% leaves %.2f to %.2f possible.",
        100 * c->robustness, 100 * FORE_CONFOUNDER_BOUND, c->sensitivity_lo, c->sensitivity_hi);
}

/* Words on the verdict that need the posterior. */
static void settle(fore_response *r, const fore_response_options *o, fore_source source)
{
    const fore_response_checks *c = &r->checks;
    bool informed = c->spread <= FORE_SPREAD_MAX;
    r->evidence = source == FORE_SOURCE_HOURS     ? FORE_EVIDENCE_HOURS
                  : source == FORE_SOURCE_EFFECTS ? FORE_EVIDENCE_EFFECTS
                                                  : FORE_EVIDENCE_PRIOR;
    if (o->lift_count > 0) {
        r->evidence = FORE_EVIDENCE_EXPERIMENT;
        if (informed) r->verdict = FORE_IDENTIFIED;
        because(r, "%lld measured experiment%s enter%s with what was found.",
                (long long)o->lift_count, o->lift_count > 1 ? "s" : "",
                o->lift_count > 1 ? "" : "s");
    }
    if (source == FORE_SOURCE_HOURS) explain_hours(r);
    if (source == FORE_SOURCE_EFFECTS) explain_effects(r);
    if (r->verdict == FORE_IDENTIFIED && !informed) {
        r->verdict = FORE_PRIOR_DRIVEN;
        because(
            r,
            "The data narrow the elasticity by only %.0f %%: the answer is mostly that of published studies.",
            100 * (1 - c->spread));
    }
    double se = source == FORE_SOURCE_HOURS ? c->hours_se : c->fixed_effects_se;
    if (r->verdict == FORE_IDENTIFIED && o->lift_count == 0 && !(se < FORE_IDENTIFIED_SE)) {
        r->verdict = FORE_PRIOR_DRIVEN;
        because(
            r,
            "From your data alone the elasticity is known only to a standard error of %.2f (less than %.2f is needed): the answer leans on published studies.",
            se, FORE_IDENTIFIED_SE);
    }
    r->no_effect =
        r->verdict == FORE_IDENTIFIED && r->total_p10 <= 0 && r->total_p90 < o->prior_mean;
    if (r->no_effect)
        because(
            r,
            "As far as the data can tell, more effort does not raise sales: the elasticity is between %.2f and %.2f (80 %%).",
            r->total_p10, r->total_p90);
    if (r->evidence == FORE_EVIDENCE_PRIOR && o->whole == FORE_IDENTIFIED)
        because(
            r,
            "The answers rest on published studies of personal selling (elasticity about %.1f, give or take %.1f); an experiment would tell.",
            o->prior_mean, o->prior_sd);
}

static fore_response *allocate(int64_t kinds, int64_t draws)
{
    fore_response *r = FORE_ZNEW(1, fore_response);
    if (!r) return NULL;
    r->kinds = kinds;
    r->draw_count = draws;
    r->draws = FORE_NEW(kinds * draws, double);
    r->decay = FORE_NEW(draws, double);
    r->scale = FORE_NEW(kinds, double);
    r->mean_stock = FORE_NEW(kinds, double);
    r->share = FORE_NEW(kinds, double);
    r->mean = FORE_NEW(kinds, double);
    r->sd = FORE_NEW(kinds, double);
    if (r->draws && r->decay && r->scale && r->mean_stock && r->share && r->mean && r->sd) return r;
    fore_response_free(r);
    return NULL;
}

void fore_response_free(fore_response *r)
{
    if (!r) return;
    fore_free(r->draws);
    fore_free(r->decay);
    fore_free(r->scale);
    fore_free(r->mean_stock);
    fore_free(r->share);
    fore_free(r->mean);
    fore_free(r->sd);
    fore_free(r);
}

/* Means, spreads and quantiles: the kinds' from the draws, the total's mean and sd exact. */
static fore_status summarise(fore_response *r, const fore_posterior *posterior, fore_error *err)
{
    int64_t n = r->draw_count;
    double *total = FORE_ZNEW(n, double);
    if (!total) return fore_no_memory(err);
    for (int64_t k = 0; k < r->kinds; k++) {
        const double *draw = r->draws + k * n;
        r->mean[k] = fore_mean(draw, n);
        r->sd[k] = n > 1 ? sqrt(fore_variance(draw, n)) : 0;
        for (int64_t i = 0; i < n; i++) total[i] += draw[i];
    }
    fore_sort(total, n);
    r->total_p10 = fore_quantile_sorted(total, n, 0.1);
    r->total_median = fore_quantile_sorted(total, n, 0.5);
    r->total_p90 = fore_quantile_sorted(total, n, 0.9);
    r->decay_mean = fore_mean(r->decay, n);
    fore_effort_total(posterior, &r->total_mean, &r->total_sd);
    fore_free(total);
    return FORE_OK;
}

static fore_status posterior_of(const fore_effort_design *d, const fore_response_options *o,
                                source_choice source, fore_pool *pool, fore_response *r,
                                fore_error *err)
{
    fore_posterior *posterior = FORE_ZNEW(1, fore_posterior);
    fore_status status = FORE_OK;
    if (!posterior) return fore_no_memory(err);
    FORE_GO(fore_effort_posterior(d, o, source.source, source.dispersion, source.doubt,
                                  source.source == FORE_SOURCE_EFFECTS, pool, posterior, err));
    fore_effort_draw(posterior, o->seed, o->draws, r->draws, r->decay);
    FORE_GO(summarise(r, posterior, err));
    r->checks.spread = r->total_sd / o->prior_sd;
done:
    fore_free(posterior);
    return status;
}

/* How much there is to learn from: reps and weeks with an active cell, wins. */
static void count_evidence(const fore_effort_design *d, fore_response_checks *c)
{
    const double *won = d->panel->won_count;
    c->reps = d->active_reps;
    for (int64_t t = 0; t < d->weeks; t++) {
        bool active = false;
        for (int64_t g = 0; g < d->reps; g++) {
            int64_t cell = g * d->weeks + t;
            if (isnan(d->y[cell])) continue;
            active = true;
            c->wins += won ? won[cell] : 0;
        }
        c->weeks += active;
    }
    if (!won) c->wins = (double)d->with_sales;
}

fore_status fore_response_fit(const fore_response_panel *panel,
                              const fore_response_options *options, fore_pool *pool,
                              fore_response **response, fore_error *err)
{
    fore_response_options defaults = fore_response_default();
    const fore_response_options *o = options ? options : &defaults;
    fore_status status = FORE_OK;
    fore_effort_design d;
    fore_effort_scales scales;
    fore_response *r = NULL;
    *response = NULL;
    fore_arena *arena = fore_arena_new();
    if (!arena) return fore_no_memory(err);
    FORE_GO(fore_effort_prepare(panel, o, arena, &d, err));
    if (!(r = allocate(d.kinds, o->draws))) {
        status = fore_no_memory(err);
        goto done;
    }
    r->checks.cells = d.active;
    r->checks.cells_with_sales = d.with_sales;
    count_evidence(&d, &r->checks);
    r->checks.hours_recorded = d.hours_recorded;
    memcpy(r->share, d.share, (size_t)d.kinds * sizeof(double));
    memcpy(r->scale, d.scale, (size_t)d.kinds * sizeof(double));
    memcpy(r->mean_stock, d.mean_stock, (size_t)d.kinds * sizeof(double));
    FORE_GO(fore_effort_check(&d, o, &r->checks, &scales, err));
    source_choice source = choose(&d, o, &scales, r);
    FORE_GO(posterior_of(&d, o, source, pool, r, err));
    settle(r, o, source.source);
    *response = r;
    r = NULL;
done:
    fore_response_free(r);
    fore_arena_free(arena);
    return status;
}
