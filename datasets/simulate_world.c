/* The world of the simulator: what may be asked for, making it, running it without rows, and
 * finding the exponent and weights that give the wanted elasticities. The step is in
 * simulate_week.c. */
#include "datasets/simulate_world.h"

#include <math.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"

static const double skill_sd = 0.2;
static const double early_share = 1.08; /* what earlier decisions add: younger leads, smaller books;
                                           by long futures of the default worlds */

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
    s->potential = FORE_SIM_POTENTIAL_SD * fore_random_normal(&r);
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
    w->book = options->leads_per_week / options->reps *
              (5.5 + 0.23 * 4.7 * FORE_SIM_DEAL_ATTENTION) / options->speed;
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
