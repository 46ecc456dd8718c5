/* The right answers of a simulated world. Not for other rooms. */
#ifndef FORE_DATASETS_SIMULATE_TRUTH_H
#define FORE_DATASETS_SIMULATE_TRUTH_H

#include "datasets/simulate_world.h"

typedef struct sim_answers {
    double elasticity[FORE_SIM_KINDS]; /* long run, from the calibration */
    bool has_futures;
    double *p_win; /* of the open leads */
    double
        *week[FORE_SIM_FACTORS]; /* expected won amount by week of the future, under each factor */
    double touches[FORE_SIM_FACTORS][FORE_SIM_KINDS]; /* over the horizon */
    double
        quarter_by_kind[FORE_SIM_KINDS]; /* elasticity of the next 13 weeks, one kind at a time */
} sim_answers;

fore_status fore_sim_answer(const sim_world *world, const uint64_t *open, int64_t open_count,
                            fore_pool *pool, const fore_observer *observer, sim_answers *answers,
                            fore_error *err);
void fore_sim_answers_free(sim_answers *answers);
void fore_sim_truth_fill(const sim_world *world, const sim_rows *sum, const sim_answers *answers,
                         fore_simulate_truth *truth);
fore_status fore_sim_truth_json(const sim_world *world, const sim_rows *sum,
                                const sim_answers *answers, const fore_simulate_truth *truth,
                                fore_text *out, fore_error *err);

#endif
