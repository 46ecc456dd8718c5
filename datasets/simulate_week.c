/* The weekly step of the simulated world (the model is stated in simulate.h).
 *
 *   week:   for each seat: hours, local demand (AR(1)); arrivals
 *           for each open lead, in order of arrival:
 *               decide, on the stock as of the week's start: nothing | advance | lose
 *               touches ~ Poisson(rate x hours x book / sum of attention x attention)
 *               stock <- d stock + (1 - d) touches / rate */
#include "datasets/simulate_world.h"

#include <math.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"

static const double stock_base = 0.2;    /* b: what happens without any touch */
static const double scale_most = 2.5;    /* a lead takes at most so much more than usual */
static const double timing_share = 0.15; /* of the hazard of a decision that moves with m */
static const double hours_persistence = 0.5, demand_persistence = 0.85;
static const double absence_rate = 4.0 / 52.0, absence_hours = 0.1;
static const double unsubscribe_rate = 0.0012;

static const double stage_hazard[] = {0.17, 0.42, 0.38, 0.42};
static const double stage_logit[] = {-1.12, 0.45, 0.45, 0.60};
static const double stage_quality[] = {1.0, 0.35, 0.35, 0.35};
static const double stage_demand[] = {1.0, 0.5, 0.5, 0.5};
static const double stage_age[] = {0.05, 0.08, 0.08, 0.08};
static const double age_mean[] = {5.0, 1.8, 1.8, 1.8};

/* touches per unit of attention and week, and how a stage shifts the mix: call, email, meeting,
 * demo */
static const double kind_rate[FORE_SIM_KINDS] = {0.75, 0.42, 0.14, 0.07};
static const double stage_mix[4][FORE_SIM_KINDS] = {
    {1.1, 1.0, 0.8, 0.7}, {1.0, 1.0, 1.3, 1.6}, {0.8, 1.1, 1.4, 1.4}, {0.8, 1.1, 1.4, 0.9}};
const double fore_sim_minutes[FORE_SIM_KINDS] = {8, 6, 45, 60};

/* --- the calendar --- */

static double season_of(const sim_world *w, int32_t week)
{
    double day = (double)(w->options.start_on + 7 * week);
    return cos(6.283185307179586477 * (day - 300.0) / 365.2425); /* best at the end of October */
}

static double holiday_of(const sim_world *w, int32_t week)
{
    int32_t first = w->options.start_on + 7 * week, year, month, day;
    for (int32_t d = first; d < first + 5; d++) {
        fore_civil_from_days(d, &year, &month, &day);
        if (month == 12 && day >= 24 && day <= 26) return 0.45;
        if ((month == 12 && day >= 30) || (month == 1 && day <= 2)) return 0.75;
        if (month == 8 && day >= 12 && day <= 18) return 0.8;
    }
    return 1.0;
}

/* --- the week of a seat --- */

static void seat_hours(const sim_world *w, sim_seat *s, int64_t i)
{
    const fore_simulate_options *o = &w->options;
    fore_random r = fore_sim_stream(w, SIM_DRAW_HOURS, w->week, (uint64_t)i);
    double noise = fore_random_normal(&r), shock = fore_random_normal(&r),
           absent = fore_random_uniform(&r);
    s->hours_noise = hours_persistence * s->hours_noise +
                     sqrt(1.0 - hours_persistence * hours_persistence) * noise;
    s->demand = demand_persistence * s->demand +
                sqrt(1.0 - demand_persistence * demand_persistence) * o->demand_sd * shock;
    double log_hours = o->hours_sd * s->hours_noise - 0.5 * o->hours_sd * o->hours_sd;
    if (o->confounding != FORE_CONFOUNDING_NONE) log_hours += 0.5 * s->potential;
    if (o->confounding == FORE_CONFOUNDING_UNRECORDED) log_hours += o->chase * s->demand;
    s->hours = exp(log_hours) * holiday_of(w, w->week);
    if (o->hours_sd > 0.0 && absent < absence_rate) s->hours *= absence_hours;
}

void fore_sim_week_open(sim_world *w)
{
    const fore_simulate_options *o = &w->options;
    double season = o->season * season_of(w, w->week);
    double rate = o->leads_per_week / o->reps * (1.0 + season);
    w->mood = 0.5 * season + o->drift_per_year * w->week / 52.18 - log(o->loss);
    for (int64_t i = 0; i < w->seats; i++) {
        sim_seat *s = &w->seat[i];
        seat_hours(w, s, i);
        fore_random r = fore_sim_stream(w, SIM_DRAW_ARRIVALS, w->week, (uint64_t)i);
        s->arrivals =
            fore_random_poisson(&r, rate * exp(0.5 * s->potential - 0.125 * FORE_SIM_POTENTIAL_SD *
                                                                        FORE_SIM_POTENTIAL_SD));
        s->first_number = w->next_number;
        w->next_number += (uint64_t)s->arrivals;
    }
}

static double attention_of(const sim_world *w, const sim_profile *p)
{
    const fore_simulate_options *o = &w->options;
    if (p->do_not_contact) return 0.0;
    double signal = 0.0;
    if (o->confounding != FORE_CONFOUNDING_NONE) signal += p->attribute_logit;
    if (o->confounding == FORE_CONFOUNDING_UNRECORDED) signal += p->hidden_logit;
    double a = exp(o->favour * signal);
    return a < 0.1 ? 0.1 : a > 8.0 ? 8.0 : a;
}

/* Arrivals: a quarter come from accounts that are known already. */
static fore_status seat_arrivals(const sim_world *w, sim_seat *s, int64_t i, fore_error *err)
{
    FORE_TRY(fore_grow((void **)&s->lead, &s->lead_capacity, s->leads + s->arrivals,
                       sizeof *s->lead, err));
    if (w->week < w->options.weeks)
        FORE_TRY(fore_grow((void **)&s->account_week, &s->account_capacity,
                           s->accounts + s->arrivals, sizeof *s->account_week, err));
    for (int64_t j = 0; j < s->arrivals; j++) {
        sim_lead *lead = &s->lead[s->leads++];
        uint32_t u[4];
        *lead = (sim_lead){
            .number = s->first_number + (uint64_t)j, .born = w->week, .stage_week = w->week};
        fore_sim_draw(w, SIM_DRAW_DEAL, w->week, lead->number, u);
        if (s->accounts > 0 && fore_sim_unit(u[0]) < 0.25) {
            lead->account = (int32_t)(fore_sim_unit(u[1]) * s->accounts);
        } else {
            if (w->week < w->options.weeks) s->account_week[s->accounts] = w->week;
            lead->account = s->accounts++;
        }
        sim_profile p = fore_sim_profile(w, i, lead->number, w->week, lead->account);
        lead->attention = attention_of(w, &p);
        lead->attribute_logit = p.attribute_logit;
        lead->hidden_logit = p.hidden_logit;
        lead->quality = p.attribute_logit + p.hidden_logit + 0.3 * s->potential;
        lead->do_not_contact = p.do_not_contact;
        lead->product = p.product;
        lead->created_at = fore_sim_moment(w, w->week, p.created);
    }
    return FORE_OK;
}

/* m and the derivatives of its log by log touches of each kind, at the lead's stock. */
static double response(const sim_world *w, const double stock[FORE_SIM_KINDS],
                       double slope[FORE_SIM_KINDS])
{
    double sum = stock_base, sigma = w->options.saturation;
    for (int k = 0; k < FORE_SIM_KINDS; k++) sum += w->weight[k] * stock[k];
    if (w->exponent == 0.0) {
        memset(slope, 0, FORE_SIM_KINDS * sizeof *slope);
        return 1.0;
    }
    double power = exp(w->exponent * log(sum / (1.0 + stock_base)));
    double below = 1.0 - sigma + sigma * power;
    double steep = w->exponent * (1.0 - sigma) / (below * sum);
    for (int k = 0; k < FORE_SIM_KINDS; k++) slope[k] = steep * w->weight[k] * stock[k];
    return power / below;
}

static sim_decision decide(const sim_world *w, const sim_seat *s, const sim_lead *lead,
                           double chance)
{
    int stage = lead->stage;
    double age = w->week - lead->stage_week;
    sim_decision d;
    double m = response(w, lead->stock, d.slope);
    d.hazard = w->options.speed * stage_hazard[stage] * (1.0 + 0.02 * age) *
               (1.0 - timing_share + timing_share * m);
    if (d.hazard > 0.95) d.hazard = 0.95;
    d.success = 0.0;
    if (chance >= d.hazard && stage != SIM_NEGOTIATION) return d;
    double logit = stage_logit[stage] + stage_quality[stage] * lead->quality +
                   stage_demand[stage] * s->demand + s->skill + w->mood -
                   stage_age[stage] * ((age < 40 ? age : 40) - age_mean[stage]);
    d.success = 1.0 / (1.0 + exp(-logit) / m);
    return d;
}

/* The deal that a converted lead becomes; its amount by product, account and chance. */
static void open_deal(const sim_world *w, const sim_seat *s, int64_t i, sim_lead *lead, int64_t at)
{
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_DEAL, w->week, lead->number, u);
    sim_account a = fore_sim_account(w, i, lead->account);
    double z = fore_sim_normal(u[0], u[1]);
    double amount =
        fore_sim_price(w, lead->product) * exp(0.25 * (log(a.employees) - FORE_SIM_SIZE_MEAN) +
                                               w->options.amount_sd * z + 0.3 * s->potential);
    lead->amount = (int64_t)(amount + 0.5);
    if (lead->amount < 1) lead->amount = 1;
    lead->deal_at = at;
    lead->expected_close_on = fore_date_of(at) + 42 + (int32_t)(fore_sim_unit(u[2]) * 35.0);
}

static void tally_chance(const sim_step *step, const sim_lead *lead, const sim_decision *d)
{
    double chance = d->hazard * d->success;
    double value = chance * (double)lead->amount;
    step->tally->expected += value;
    for (int k = 0; k < FORE_SIM_KINDS; k++)
        step->tally->gain[k] += value * (lead->gain[k] + (1.0 - d->success) * d->slope[k]);
    if (!step->p_win || step->open_count == 0 || lead->number > step->open[step->open_count - 1])
        return;
    int64_t low = 0, high = step->open_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (step->open[middle] < lead->number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < step->open_count && step->open[low] == lead->number)
        step->p_win[low] += chance * step->p_win_share;
}

/* Amounts change in a third of the advances. */
static void advance_deal(const sim_world *w, sim_lead *lead, int64_t at, sim_rows *rows)
{
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_DEAL, w->week, lead->number, u);
    if (fore_sim_unit(u[3]) >= 0.35) return;
    int64_t before = lead->amount;
    double amount = (double)before * exp(0.02 + 0.15 * fore_sim_normal(u[0], u[1]));
    lead->amount = (int64_t)(amount + 0.5) < 1 ? 1 : (int64_t)(amount + 0.5);
    if (rows && lead->amount != before) fore_sim_rows_amount(rows, lead, at, before);
}

/* A customer from now on. */
static fore_status win(const sim_world *w, sim_seat *s, int64_t i, const sim_lead *lead,
                       double when, sim_rows *rows, fore_error *err)
{
    FORE_TRY(fore_grow((void **)&s->customer, &s->customer_capacity, s->customers + 1,
                       sizeof *s->customer, err));
    s->customer[s->customers++] = (sim_customer){.number = lead->number,
                                                 .account = lead->account,
                                                 .since = w->week,
                                                 .rows = lead->rows,
                                                 .product = lead->product,
                                                 .amount = lead->amount};
    fore_sim_text_order(rows, i, &s->customer[s->customers - 1], fore_sim_moment(w, w->week, when),
                        true);
    return FORE_OK;
}

static void succeed(const sim_world *w, sim_seat *s, int64_t i, sim_lead *lead,
                    const sim_decision *d, double when, const sim_step *step)
{
    int64_t at = fore_sim_moment(w, w->week, when);
    for (int k = 0; k < FORE_SIM_KINDS; k++) lead->gain[k] += (1.0 - d->success) * d->slope[k];
    if (step->rows) fore_sim_rows_advance(step->rows, i, lead, when);
    int before = lead->stage++;
    lead->stage_week = w->week;
    if (before == SIM_LEAD)
        open_deal(w, s, i, lead, at);
    else if (lead->stage < SIM_WON)
        advance_deal(w, lead, at, step->rows);
    if (lead->stage == SIM_WON) step->tally->realised += (double)lead->amount;
    if (!step->rows) return;
    if (before == SIM_LEAD) fore_sim_rows_lead(step->rows, i, lead, "converted", at);
    fore_sim_rows_change(step->rows, lead, at, "stage",
                         before == SIM_LEAD ? "" : fore_sim_stage_word(before),
                         fore_sim_stage_word(lead->stage));
    if (lead->stage == SIM_WON) fore_sim_rows_deal(step->rows, i, lead, at);
}

static void fail(const sim_world *w, int64_t i, sim_lead *lead, double when, bool misfit,
                 const sim_step *step)
{
    int64_t at = fore_sim_moment(w, w->week, when);
    int before = lead->stage;
    lead->stage = SIM_LOST;
    if (!step->rows) return;
    if (before == SIM_LEAD) {
        fore_sim_rows_lead(step->rows, i, lead, misfit ? "disqualified" : "lost", at);
        return;
    }
    fore_sim_rows_change(step->rows, lead, at, "stage", fore_sim_stage_word(before),
                         fore_sim_stage_word(SIM_LOST));
    fore_sim_rows_deal(step->rows, i, lead, at);
}

static void work(const sim_world *w, int64_t i, sim_lead *lead, int stage, double scale,
                 sim_time_range range, const sim_step *step)
{
    int64_t count[FORE_SIM_KINDS];
    uint32_t u[4];
    fore_sim_draw(w, SIM_DRAW_TOUCHES, w->week, lead->number, u);
    double share = scale * (range.to - range.from), keep = w->decay;
    for (int k = 0; k < FORE_SIM_KINDS; k++) {
        double mean = share * w->options.touches * kind_rate[k];
        if (w->options.confounding != FORE_CONFOUNDING_NONE) mean *= stage_mix[stage][k];
        if (step->factor) mean *= step->factor[k];
        if (k == FORE_SIM_EMAIL && lead->opted_out) mean = 0.0;
        count[k] = fore_sim_poisson(u[k], mean);
        step->tally->touches[k] += count[k];
        double normal = w->options.touches > 0.0 ? w->options.touches * kind_rate[k] : 1.0;
        lead->stock[k] = keep * lead->stock[k] + (1.0 - keep) * (double)count[k] / normal;
        if (count[k]) lead->touched = true;
    }
    if (step->rows) fore_sim_rows_touches(step->rows, i, lead, count, range);
}

static void push_close(const sim_world *w, sim_lead *lead, sim_rows *rows)
{
    if (lead->expected_close_on >= w->options.start_on + 7 * w->week) return;
    int32_t before = lead->expected_close_on;
    lead->expected_close_on += 28;
    if (rows) fore_sim_rows_push(rows, lead, fore_sim_moment(w, w->week, 0.01), before);
}

/* What the week holds for a lead, before its touches are known: they act from next week on. */
static sim_week plan_week(const sim_world *w, const sim_seat *s, const sim_lead *lead)
{
    uint32_t u[4];
    sim_week plan = {.range = {0.0, 1.0}};
    fore_sim_draw(w, SIM_DRAW_DECISION, w->week, lead->number, u);
    plan.misfit = (u[3] & 1) != 0;
    plan.unsubscribes =
        !lead->opted_out && !lead->do_not_contact && fore_sim_unit(u[3]) < unsubscribe_rate;
    if (lead->born == w->week) {
        double day =
            (double)(lead->created_at - fore_sim_week_start(w, w->week)) / (double)FORE_DAY;
        plan.range.from = (floor(day) + (day - floor(day) - 8.0 / 24.0) * 2.4) / 5.0;
    } else {
        double chance = fore_sim_unit(u[0]);
        plan.decision = decide(w, s, lead, chance);
        plan.decided = chance < plan.decision.hazard;
        plan.good = fore_sim_unit(u[1]) < plan.decision.success;
        plan.when = 0.1 + 0.85 * fore_sim_unit(u[2]);
        bool over = plan.decided && (!plan.good || lead->stage == SIM_NEGOTIATION);
        if (over) plan.range.to = plan.when;
        if (plan.decided) plan.unsubscribes = false;
    }
    plan.attention = lead->attention * (lead->stage > SIM_LEAD ? FORE_SIM_DEAL_ATTENTION : 1.0);
    return plan;
}

/* Touches come first, so that their rows carry the old stage. */
static fore_status lead_week(const sim_world *w, sim_seat *s, int64_t i, sim_lead *lead,
                             const sim_week *plan, double scale, const sim_step *step,
                             fore_error *err)
{
    if (lead->stage > SIM_LEAD) push_close(w, lead, step->rows);
    if (lead->stage == SIM_NEGOTIATION) tally_chance(step, lead, &plan->decision);
    work(w, i, lead, lead->stage, scale * plan->attention, plan->range, step);
    if (step->rows) fore_sim_rows_around(step->rows, i, lead, plan->range, plan->unsubscribes);
    if (plan->unsubscribes) lead->opted_out = true;
    if (!plan->decided) return FORE_OK;
    if (plan->good)
        succeed(w, s, i, lead, &plan->decision, plan->when, step);
    else
        fail(w, i, lead, plan->when, plan->misfit, step);
    return lead->stage == SIM_WON && step->rows ? win(w, s, i, lead, plan->when, step->rows, err)
                                                : FORE_OK;
}

/* Hours per unit of attention: all of the rep's hours go to those who are there, for as long as
 * they are there, but nobody takes more than `scale_most` times the usual. */
static double seat_scale(const sim_world *w, const sim_seat *s)
{
    double total = 0.0;
    for (int64_t j = 0; j < s->leads; j++)
        total += s->plan[j].attention * (s->plan[j].range.to - s->plan[j].range.from);
    double shared = total > 0.0 ? s->hours * w->book / total : 0.0, most = s->hours * scale_most;
    return shared < most ? shared : most;
}

fore_status fore_sim_seat_step(const sim_world *w, int64_t i, const sim_step *step, fore_error *err)
{
    sim_seat *s = &w->seat[i];
    FORE_TRY(seat_arrivals(w, s, i, err));
    FORE_TRY(fore_grow((void **)&s->plan, &s->plan_capacity, s->leads, sizeof *s->plan, err));
    for (int64_t j = 0; j < s->leads; j++) s->plan[j] = plan_week(w, s, &s->lead[j]);
    double scale = seat_scale(w, s);
    int64_t kept = 0;
    for (int64_t j = 0; j < s->leads; j++) {
        sim_lead *lead = &s->lead[j];
        FORE_TRY(lead_week(w, s, i, lead, &s->plan[j], scale, step, err));
        if (lead->stage < SIM_WON) {
            if (kept != j) s->lead[kept] = *lead;
            kept++;
        }
    }
    s->leads = kept;
    if (step->rows)
        for (int64_t j = 0; j < s->customers; j++)
            fore_sim_rows_customer(step->rows, i, &s->customer[j], w->week);
    return FORE_OK;
}
