/* The flat panel of five rules of effort (formulas in simulate.h). The constants are those for
 * which pooled and two-way fixed-effects regressions go wrong by known amounts: with effort = a
 * potential + b demand + u, pooled OLS is off by cov / var of effort with (potential + demand), the
 * within estimator by b s^2 / (b^2 s^2 + sd^2). */
#include "datasets/simulate.h"

#include <math.h>

#include "engine/base/random.h"

void fore_simulate_panel(fore_panel_rule rule, uint64_t seed, int64_t territories, int64_t weeks,
                         double *log_effort, double *log_sales)
{
    static const double potential_pull[FORE_PANEL_RULES] = {0.0, 0.81, 0.81, 0.81, 0.81};
    static const double demand_pull[FORE_PANEL_RULES] = {0.0, 0.0, 1.0, 0.0, 1.0};
    static const double free_sd[FORE_PANEL_RULES] = {0.2, 0.2, 0.2, 0.01, 0.01};
    const double potential_sd = 0.665, demand_sd = 0.11, keep = 0.7, noise_sd = 0.17;
    for (int64_t i = 0; i < territories; i++) {
        fore_random r = fore_random_new(seed, (uint64_t)i);
        double potential = potential_sd * fore_random_normal(&r);
        double demand = demand_sd * fore_random_normal(&r);
        for (int64_t t = 0; t < weeks; t++) {
            double u = free_sd[rule] * fore_random_normal(&r),
                   noise = noise_sd * fore_random_normal(&r);
            double season = 0.1 * sin(6.283185307179586477 * (double)t / 52.0);
            double effort = 3.0 + potential_pull[rule] * potential + demand_pull[rule] * demand + u;
            log_effort[i * weeks + t] = effort;
            log_sales[i * weeks + t] =
                9.0 + potential + season + demand + FORE_PANEL_ELASTICITY * effort + noise;
            demand = keep * demand + sqrt(1.0 - keep * keep) * demand_sd * fore_random_normal(&r);
        }
    }
}
