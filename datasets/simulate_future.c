/* Futures: the world at the end of its history goes on many times. Draw i replaces the random key
 * of the weeks to come by one of its own, so that plans are compared on the same numbers; what is
 * counted is the sum of (probability x amount) at the last decision, which has less noise than the
 * wins themselves. */
#include "datasets/simulate_world.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"

enum { DRAWS_PER_BLOCK = 8 };

typedef struct future_job {
    const sim_world *world;
    const double *factor;
    int32_t weeks;
    int64_t draws, open_count;
    const uint64_t *open;
    double *expected; /* draws x weeks */
    double *realised; /* draws x weeks */
    double *p_win;    /* blocks x open_count, or NULL */
    double *touches;  /* draws x kinds */
} future_job;

static fore_status world_clone(const sim_world *from, sim_world *to, fore_error *err)
{
    *to = *from;
    to->seat = FORE_ZNEW(from->seats, sim_seat);
    if (!to->seat) return fore_no_memory(err);
    for (int64_t i = 0; i < from->seats; i++) {
        const sim_seat *a = &from->seat[i];
        sim_seat *b = &to->seat[i];
        *b = *a;
        b->customer = NULL;
        b->customers = b->customer_capacity = 0;
        b->plan = NULL;
        b->plan_capacity = 0;
        b->account_week = NULL;
        b->account_capacity = 0;
        b->history_accounts = a->accounts;
        b->lead_capacity = a->leads;
        b->lead = FORE_NEW(a->leads, sim_lead);
        if (!b->lead) {
            for (int64_t j = i + 1; j < from->seats; j++) to->seat[j] = (sim_seat){0};
            return fore_no_memory(err);
        }
        if (a->leads) memcpy(b->lead, a->lead, (size_t)a->leads * sizeof *b->lead);
    }
    return FORE_OK;
}

static double share_in_90_days(int32_t week)
{
    double days = 90.0 - 7.0 * week;
    return days >= 7.0 ? 1.0 : days > 0.0 ? days / 7.0 : 0.0;
}

static fore_status future_draw(const future_job *job, int64_t draw, double *p_win, fore_error *err)
{
    sim_world w;
    fore_status status = world_clone(job->world, &w, err);
    uint32_t counter[4] = {(uint32_t)draw, (uint32_t)(draw >> 32), UINT32_C(0x66757475), 0},
             mixed[4];
    fore_philox(counter, w.key, mixed);
    memcpy(w.future_key, mixed, sizeof w.future_key);
    for (int32_t j = 0; j < job->weeks && status == FORE_OK; j++, w.week++) {
        sim_tally tally = {0};
        sim_step step = {.factor = job->factor,
                         .tally = &tally,
                         .p_win_share = share_in_90_days(j),
                         .p_win = p_win,
                         .open = job->open,
                         .open_count = job->open_count};
        fore_sim_week_open(&w);
        for (int64_t i = 0; i < w.seats && status == FORE_OK; i++)
            status = fore_sim_seat_step(&w, i, &step, err);
        job->expected[draw * job->weeks + j] = tally.expected;
        job->realised[draw * job->weeks + j] = tally.realised;
        for (int k = 0; k < FORE_SIM_KINDS; k++)
            job->touches[draw * FORE_SIM_KINDS + k] += (double)tally.touches[k];
    }
    fore_sim_world_free(&w);
    return status;
}

static fore_status future_block(void *context, int64_t block, int worker, fore_error *err)
{
    const future_job *job = context;
    (void)worker;
    int64_t last =
        (block + 1) * DRAWS_PER_BLOCK < job->draws ? (block + 1) * DRAWS_PER_BLOCK : job->draws;
    double *p_win = job->p_win ? job->p_win + block * job->open_count : NULL;
    for (int64_t draw = block * DRAWS_PER_BLOCK; draw < last; draw++)
        FORE_TRY(future_draw(job, draw, p_win, err));
    return FORE_OK;
}

static void future_sums(const future_job *job, int64_t blocks, sim_future_result *result)
{
    double n = (double)job->draws;
    for (int32_t j = 0; j < job->weeks; j++) {
        double sum = 0.0;
        for (int64_t d = 0; d < job->draws; d++) sum += job->expected[d * job->weeks + j];
        result->expected[j] = sum / n;
    }
    for (int k = 0; k < FORE_SIM_KINDS; k++) {
        double sum = 0.0;
        for (int64_t d = 0; d < job->draws; d++) sum += job->touches[d * FORE_SIM_KINDS + k];
        result->touches[k] = sum / n;
    }
    for (int64_t i = 0; result->p_win && i < job->open_count; i++) {
        double sum = 0.0;
        for (int64_t b = 0; b < blocks; b++) sum += job->p_win[b * job->open_count + i];
        result->p_win[i] = sum / n < 1.0 ? sum / n : 1.0;
    }
    if (result->realised)
        memcpy(result->realised, job->realised,
               (size_t)(job->draws * job->weeks) * sizeof *job->realised);
}

fore_status fore_sim_future(const sim_world *world, const double factor[FORE_SIM_KINDS],
                            int32_t weeks, int64_t draws, const uint64_t *open, int64_t open_count,
                            fore_pool *pool, sim_future_result *result, fore_error *err)
{
    int64_t blocks = (draws + DRAWS_PER_BLOCK - 1) / DRAWS_PER_BLOCK;
    future_job job = {.world = world,
                      .factor = factor,
                      .weeks = weeks,
                      .draws = draws,
                      .open = open,
                      .open_count = result->p_win ? open_count : 0};
    fore_status status = FORE_OK;
    job.expected = FORE_ZNEW(draws * weeks, double);
    job.realised = FORE_ZNEW(draws * weeks, double);
    job.touches = FORE_ZNEW(draws * FORE_SIM_KINDS, double);
    if (result->p_win) job.p_win = FORE_ZNEW(blocks * open_count, double);
    if (!job.expected || !job.realised || !job.touches || (result->p_win && !job.p_win)) {
        status = fore_no_memory(err);
        goto done;
    }
    FORE_GO(fore_pool_run(pool, blocks, future_block, &job, err));
    future_sums(&job, blocks, result);
done:
    fore_free(job.expected);
    fore_free(job.realised);
    fore_free(job.touches);
    fore_free(job.p_win);
    return status;
}

void fore_simulate_outcome_free(fore_simulate_outcome *outcome)
{
    if (!outcome) return;
    fore_free(outcome->expected);
    fore_free(outcome->realised);
    *outcome = (fore_simulate_outcome){0};
}

static fore_status check_plan(const fore_simulate_plan *plan, fore_error *err)
{
    for (int k = 0; k < FORE_SIM_KINDS; k++)
        if (!(plan->factor[k] >= 0.0 && plan->factor[k] <= 1000.0))
            return fore_fail(err, FORE_E_ARGUMENT, "the factor of %s must lie in 0 to 1000, not %g",
                             fore_simulate_kind_word(k), plan->factor[k]);
    if (plan->weeks < 1 || plan->weeks > 520)
        return fore_fail(err, FORE_E_ARGUMENT, "the plan's weeks must lie in 1 to 520, not %d",
                         plan->weeks);
    if (plan->draws < 1 || plan->draws > 1000000)
        return fore_fail(err, FORE_E_ARGUMENT, "the plan's draws must lie in 1 to 1,000,000");
    return FORE_OK;
}

fore_status fore_simulate_future(const fore_simulate_options *options,
                                 const fore_simulate_plan *plan, fore_pool *pool,
                                 fore_simulate_outcome *outcome, fore_error *err)
{
    *outcome = (fore_simulate_outcome){.draws = plan->draws, .weeks = plan->weeks};
    FORE_TRY(fore_sim_check(options, err));
    FORE_TRY(check_plan(plan, err));
    double gain[FORE_SIM_KINDS];
    sim_world w;
    fore_status status = fore_sim_world_new(options, &w, err);
    if (status != FORE_OK) return status;
    FORE_GO(fore_sim_calibrate(options, w.weight, &w.exponent, gain, err));
    FORE_GO(fore_sim_run(&w, options->weeks, options->weeks, NULL, err));
    outcome->expected = FORE_NEW(plan->weeks, double);
    outcome->realised = FORE_NEW(plan->draws * plan->weeks, double);
    if (!outcome->expected || !outcome->realised) {
        status = fore_no_memory(err);
        goto done;
    }
    sim_future_result result = {.expected = outcome->expected, .realised = outcome->realised};
    FORE_GO(
        fore_sim_future(&w, plan->factor, plan->weeks, plan->draws, NULL, 0, pool, &result, err));
    memcpy(outcome->touches, result.touches, sizeof outcome->touches);
    for (int k = 0; k < FORE_SIM_KINDS; k++)
        outcome->hours += result.touches[k] * fore_sim_minutes[k] / 60.0;
done:
    fore_sim_world_free(&w);
    if (status != FORE_OK) fore_simulate_outcome_free(outcome);
    return status;
}
