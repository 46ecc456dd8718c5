/* The world of the simulator and its weekly step (the model is stated in simulate.h).
 *
 *   week:   for each seat: hours, local demand (AR(1)); arrivals
 *           for each open lead, in order of arrival:
 *               decide, on the stock as of the week's start: nothing | advance | lose
 *               touches ~ Poisson(rate x hours x book / sum of attention x attention)
 *               stock <- d stock + (1 - d) touches / rate
 *
 * Everything random is drawn from (purpose, week, entity), so that plans of effort share their
 * numbers. */
#include "datasets/simulate_world.h"

#include <math.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"

static const double stock_base = 0.2;     /* b: what happens without any touch */
static const double deal_attention = 1.8; /* a deal gets more of a rep's week than a lead */
static const double scale_most = 2.5;     /* a lead takes at most so much more than usual */
static const double timing_share = 0.15;  /* of the hazard of a decision that moves with m */
static const double early_share = 1.08;   /* what earlier decisions add: younger leads, smaller
                                             books; by long futures of the default worlds */
static const double hours_persistence = 0.5, demand_persistence = 0.85;
static const double absence_rate = 4.0 / 52.0, absence_hours = 0.1;
static const double potential_sd = 0.35, skill_sd = 0.2;
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

static const double source_share[SIM_SOURCES] = {0.35, 0.12, 0.12, 0.08, 0.20, 0.13};
static const double source_logit[SIM_SOURCES] = {0.0, 0.9, 0.3, 0.5, -0.4, -0.9};
static const double title_share[SIM_TITLES] = {0.12, 0.13, 0.30, 0.25, 0.12, 0.08};
static const double title_logit[SIM_TITLES] = {0.5, 0.4, 0.15, -0.15, -0.5, -1.0};
static const double industry_logit[SIM_INDUSTRIES] = {0.4,   0.25,  0.1,   0.0,
                                                      -0.05, -0.15, -0.25, -0.3};
static const double country_share[SIM_COUNTRIES] = {0.55, 0.15, 0.12, 0.10, 0.08};
static const double country_logit[SIM_COUNTRIES] = {0.05, 0.0, 0.15, -0.05, -0.2};
static const double size_logit = 0.3, size_mean = 4.0, size_sd = 1.3;
static const double product_price[SIM_PRODUCTS] = {0.35, 0.7, 1.0, 1.8, 3.6};

/* --- random draws by name --- */

static const uint32_t *key_of(const sim_world *w, int32_t week)
{
    return week >= w->options.weeks ? w->future_key : w->key;
}

fore_random fore_sim_stream(const sim_world *w, enum sim_purpose purpose, int32_t week,
                            uint64_t entity)
{
    const uint32_t *key = key_of(w, week);
    uint32_t name = (uint32_t)purpose << 24 | ((uint32_t)(week + (1 << 20)) & 0xFFFFFF);
    return (fore_random){.key = {key[0], key[1]},
                         .counter = {0, name, (uint32_t)entity, (uint32_t)(entity >> 32)},
                         .used = 4};
}

void fore_sim_draw(const sim_world *w, enum sim_purpose purpose, int32_t week, uint64_t entity,
                   uint32_t out[4])
{
    fore_random r = fore_sim_stream(w, purpose, week, entity);
    fore_philox(r.counter, r.key, out);
}

double fore_sim_unit(uint32_t word) { return ((double)word + 0.5) * 0x1p-32; }

static double normal_of(uint32_t a, uint32_t b)
{
    return sqrt(-2.0 * log(fore_sim_unit(a))) * cos(6.283185307179586477 * fore_sim_unit(b));
}

int64_t fore_sim_poisson(uint32_t word, double mean)
{
    enum { MOST = 200 };
    if (!(mean > 0.0)) return 0;
    if (mean > 60.0) mean = 60.0; /* exp(-mean) must stay a usable start for the sum */
    double u = fore_sim_unit(word), p = exp(-mean), sum = p;
    int64_t k = 0;
    while (u > sum && k < MOST) {
        k++;
        p *= mean / (double)k;
        sum += p;
    }
    return k;
}

static int pick(const double *share, int n, double u)
{
    double total = 0.0, sum = 0.0;
    for (int i = 0; i < n; i++) total += share[i];
    for (int i = 0; i < n - 1; i++) {
        sum += share[i];
        if (u * total < sum) return i;
    }
    return n - 1;
}

/* --- time --- */

int64_t fore_sim_week_start(const sim_world *w, int32_t week)
{
    return fore_time_of_date(w->options.start_on) + (int64_t)week * 7 * FORE_DAY;
}

/* Monday to Friday, 8:00 to 18:00, to the second; rises with the fraction. */
int64_t fore_sim_moment(const sim_world *w, int32_t week, double fraction)
{
    double days = 5.0 * fraction;
    int64_t day = (int64_t)days;
    if (day > 4) day = 4;
    int64_t seconds = 8 * 3600 + (int64_t)((days - (double)day) * 36000.0);
    return fore_sim_week_start(w, week) + day * FORE_DAY + seconds * FORE_SECOND;
}

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

/* --- who the accounts and leads are --- */

sim_account fore_sim_account(const sim_world *w, int64_t seat, int32_t account)
{
    int32_t week = account < w->seat[seat].history_accounts ? 0 : w->options.weeks;
    fore_random r =
        fore_sim_stream(w, SIM_DRAW_ACCOUNT, week, (uint64_t)seat << 32 | (uint32_t)account);
    sim_account a;
    a.industry = (int)fore_random_below(&r, SIM_INDUSTRIES);
    a.country = pick(country_share, SIM_COUNTRIES, fore_random_uniform(&r));
    a.language = pick(w->options.language, 4, fore_random_uniform(&r));
    a.employees =
        floor(exp(size_mean + 0.3 * w->seat[seat].potential + size_sd * fore_random_normal(&r))) +
        1.0;
    a.hidden = fore_random_normal(&r);
    a.created = fore_random_uniform(&r);
    return a;
}

sim_profile fore_sim_profile(const sim_world *w, int64_t seat, uint64_t number, int32_t born,
                             int32_t account)
{
    sim_account a = fore_sim_account(w, seat, account);
    fore_random r = fore_sim_stream(w, SIM_DRAW_LEAD, born, number);
    sim_profile p;
    p.created = 0.95 * fore_random_uniform(&r);
    p.source = pick(source_share, SIM_SOURCES, fore_random_uniform(&r));
    p.title = pick(title_share, SIM_TITLES, fore_random_uniform(&r));
    double own = fore_random_normal(&r);
    p.do_not_contact = fore_random_uniform(&r) < 0.02;
    double size = (log(a.employees) - size_mean) / size_sd;
    p.product = (int)floor(2.0 + 0.8 * size + 0.8 * fore_random_normal(&r) + 0.5);
    p.product = p.product < 0 ? 0 : p.product >= SIM_PRODUCTS ? SIM_PRODUCTS - 1 : p.product;
    p.attribute_logit = source_logit[p.source] + title_logit[p.title] + industry_logit[a.industry] +
                        country_logit[a.country] + size_logit * size;
    p.hidden_logit = w->options.hidden_sd * (sqrt(0.4) * a.hidden + sqrt(0.6) * own);
    return p;
}

double fore_sim_list_price(const sim_world *w, int product)
{
    return floor(w->options.amount_median * product_price[product] + 0.5);
}

/* --- making a world --- */

#define SIM_RANGE(field, low, high)                                                                \
    do {                                                                                           \
        if (!((double)o->field >= (low) && (double)o->field <= (high)))                            \
            return fore_fail(err, FORE_E_ARGUMENT, #field " must lie in %g to %g, not %g",         \
                             (double)(low), (double)(high), (double)o->field);                     \
    } while (0)

static fore_status check_output(const fore_simulate_options *o, fore_error *err)
{
    for (int i = 0; i < 3; i++)
        if (o->currency[i] < 'A' || o->currency[i] > 'Z')
            return fore_fail(err, FORE_E_ARGUMENT,
                             "currency must be three capital letters such as EUR");
    if (o->delimiter != ',' && o->delimiter != ';' && o->delimiter != '\t')
        return fore_fail(err, FORE_E_ARGUMENT, "delimiter must be a comma, a semicolon or a tab");
    if (o->dirty_kinds >> FORE_DIRTY_KINDS)
        return fore_fail(err, FORE_E_ARGUMENT, "dirty_kinds has a bit that means nothing");
    double total = 0.0;
    for (int i = 0; i < 4; i++) {
        SIM_RANGE(language[i], 0, 1);
        total += o->language[i];
    }
    if (!(total > 0.0)) return fore_fail(err, FORE_E_ARGUMENT, "language needs one share above 0");
    return FORE_OK;
}

fore_status fore_sim_check(const fore_simulate_options *o, fore_error *err)
{
    SIM_RANGE(start_on, -200000, 2000000);
    SIM_RANGE(weeks, 1, 2000);
    SIM_RANGE(warmup_weeks, 0, 520);
    SIM_RANGE(reps, 1, 100000);
    SIM_RANGE(teams, 1, 1000);
    SIM_RANGE(leads_per_week, 0, 1e7);
    SIM_RANGE(touches, 0, 20);
    for (int k = 0; k < FORE_SIM_KINDS; k++) SIM_RANGE(elasticity[k], 0, 2);
    SIM_RANGE(saturation, 0, 0.9);
    SIM_RANGE(half_life_weeks, 0.1, 100);
    SIM_RANGE(confounding, FORE_CONFOUNDING_NONE, FORE_CONFOUNDING_UNRECORDED);
    SIM_RANGE(favour, 0, 3);
    SIM_RANGE(chase, 0, 3);
    if (!isnan(o->progress)) SIM_RANGE(progress, 0, 1);
    SIM_RANGE(hours_sd, 0, 1);
    SIM_RANGE(hidden_sd, 0, 4);
    SIM_RANGE(demand_sd, 0, 2);
    SIM_RANGE(season, 0, 0.9);
    SIM_RANGE(drift_per_year, -2, 2);
    SIM_RANGE(loss, 0.05, 20);
    SIM_RANGE(speed, 0.1, 5);
    SIM_RANGE(amount_median, 1, 1e9);
    SIM_RANGE(amount_sd, 0, 2);
    SIM_RANGE(open_rate, 0, 1);
    SIM_RANGE(click_rate, 0, 1);
    SIM_RANGE(dirty_share, 0, 1);
    SIM_RANGE(truth_draws, 0, 1e6);
    SIM_RANGE(truth_weeks, 1, 104);
    return check_output(o, err);
}

static void seat_start(sim_world *w, int64_t i)
{
    fore_random r = fore_sim_stream(w, SIM_DRAW_SEAT, 0, (uint64_t)i);
    sim_seat *s = &w->seat[i];
    s->potential = potential_sd * fore_random_normal(&r);
    s->skill = skill_sd * fore_random_normal(&r);
    s->hours_noise = fore_random_normal(&r);
    s->demand = w->options.demand_sd * fore_random_normal(&r);
    s->history_accounts = INT32_MAX;
}

fore_status fore_sim_world_new(const fore_simulate_options *options, sim_world *w, fore_error *err)
{
    *w = (sim_world){.options = *options};
    w->options.start_on -= fore_weekday(options->start_on);
    w->key[0] = (uint32_t)options->seed;
    w->key[1] = (uint32_t)(options->seed >> 32);
    w->week = -options->warmup_weeks;
    w->decay = exp2(-1.0 / options->half_life_weeks);
    w->progress = !isnan(options->progress)                       ? options->progress
                  : options->confounding == FORE_CONFOUNDING_NONE ? 0.0
                                                                  : 0.7;
    /* a usual book: arrivals x mean weeks open as a lead, and as a deal with its attention */
    w->book = options->leads_per_week / options->reps * (5.5 + 0.23 * 4.7 * deal_attention) /
              options->speed;
    w->next_number = 1;
    w->seats = options->reps;
    w->seat = FORE_ZNEW(w->seats, sim_seat);
    if (!w->seat) return fore_no_memory(err);
    for (int64_t i = 0; i < w->seats; i++) seat_start(w, i);
    return FORE_OK;
}

void fore_sim_world_free(sim_world *w)
{
    for (int64_t i = 0; w->seat && i < w->seats; i++) {
        fore_free(w->seat[i].lead);
        fore_free(w->seat[i].plan);
        fore_free(w->seat[i].customer);
        fore_free(w->seat[i].account_week);
    }
    fore_free(w->seat);
    *w = (sim_world){0};
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
        s->arrivals = fore_random_poisson(
            &r, rate * exp(0.5 * s->potential - 0.125 * potential_sd * potential_sd));
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
    double z = normal_of(u[0], u[1]);
    double amount =
        w->options.amount_median * product_price[lead->product] *
        exp(0.25 * (log(a.employees) - size_mean) + w->options.amount_sd * z + 0.3 * s->potential);
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
    double amount = (double)before * exp(0.02 + 0.15 * normal_of(u[0], u[1]));
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
    plan.attention = lead->attention * (lead->stage > SIM_LEAD ? deal_attention : 1.0);
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

fore_status fore_sim_run(sim_world *w, int32_t until, int32_t from, sim_tally *sum, fore_error *err)
{
    for (; w->week < until; w->week++) {
        sim_tally tally = {0};
        sim_step step = {.tally = &tally};
        fore_sim_week_open(w);
        for (int64_t i = 0; i < w->seats; i++) FORE_TRY(fore_sim_seat_step(w, i, &step, err));
        if (w->week < from || !sum) continue;
        sum->expected += tally.expected;
        sum->realised += tally.realised;
        for (int k = 0; k < FORE_SIM_KINDS; k++) {
            sum->gain[k] += tally.gain[k];
            sum->touches[k] += tally.touches[k];
        }
    }
    return FORE_OK;
}

/* --- calibration --- */

/* About 6,000 leads in territories like those asked for; never more than 30 leads per seat and
 * week, from where on the size of a book does not matter. Its own seed: the truths do not depend on
 * the user's. */
static fore_simulate_options pilot_options(const fore_simulate_options *options)
{
    enum { PILOT_WEEKS = 78, PILOT_LEADS = 8000 };
    fore_simulate_options o = *options;
    double each = options->leads_per_week / options->reps;
    if (each > 30.0) each = 30.0;
    double seats = each > 0.0 ? PILOT_LEADS / (each * PILOT_WEEKS) : 1.0;
    o.reps = seats < 4.0 ? 4 : seats > 400.0 ? 400 : (int32_t)seats;
    o.leads_per_week = each * o.reps;
    o.seed = UINT64_C(0x70696C6F74);
    o.weeks = PILOT_WEEKS;
    o.warmup_weeks = 30;
    o.drift_per_year = 0.0;
    return o;
}

static double round_to(double x, double step) { return floor(x / step + 0.5) * step; }

/* Fixed point: c and w are scaled by wanted / measured elasticity; it is nearly linear, three
 * rounds do. Rounding makes the result the same on machines whose libm differs in the last bit. */
fore_status fore_sim_calibrate(const fore_simulate_options *options, double weight[FORE_SIM_KINDS],
                               double *exponent, double gain[FORE_SIM_KINDS], fore_error *err)
{
    enum { ROUNDS = 4 };
    double total = 0.0;
    for (int k = 0; k < FORE_SIM_KINDS; k++) total += options->elasticity[k];
    for (int k = 0; k < FORE_SIM_KINDS; k++) {
        weight[k] = total > 0.0 ? options->elasticity[k] / total : 1.0 / FORE_SIM_KINDS;
        gain[k] = 0.0;
    }
    *exponent = total;
    if (total == 0.0) return FORE_OK;
    fore_simulate_options pilot = pilot_options(options);
    for (int round = 0; round < ROUNDS; round++) {
        sim_world w;
        sim_tally sum = {0};
        FORE_TRY(fore_sim_world_new(&pilot, &w, err));
        memcpy(w.weight, weight, sizeof w.weight);
        w.exponent = *exponent;
        fore_status status = fore_sim_run(&w, pilot.weeks, 0, &sum, err);
        fore_sim_world_free(&w);
        FORE_TRY(status);
        double reached = 0.0, scaled = 0.0, next[FORE_SIM_KINDS];
        for (int k = 0; k < FORE_SIM_KINDS; k++) {
            gain[k] = sum.expected > 0.0 ? early_share * sum.gain[k] / sum.expected : 0.0;
            reached += gain[k];
        }
        if (round == ROUNDS - 1 || !(reached > 0.0)) break;
        for (int k = 0; k < FORE_SIM_KINDS; k++) {
            next[k] = gain[k] > 0.0 ? weight[k] * options->elasticity[k] / gain[k] : weight[k];
            scaled += next[k];
        }
        for (int k = 0; k < FORE_SIM_KINDS; k++) weight[k] = round_to(next[k] / scaled, 1e-4);
        *exponent = round_to(*exponent * total / reached, 1e-4);
    }
    return FORE_OK;
}
