/* How much more or less often than expected something happens in each of several groups: observed
 * over expected (indirect standardisation), drawn towards what all have in common by as much as
 * chance alone lets such ratios differ.
 *
 * Empirical Bayes of rates by moments: Marshall 1991, Applied Statistics 40:283-294. */
#ifndef FORE_SURVIVE_RELATIVE_H
#define FORE_SURVIVE_RELATIVE_H

#include <stdint.h>

/* observed, expected: n, >= 0. Counts may be weighted; `chance` is then the sum of squared weights
 * of what was observed over the sum of weights (1: plain counts). ratio: n out; a group of which
 * nothing was expected has the common ratio; all 1 where nothing was expected of any. */
void fore_relative_rates(const double *observed, const double *expected, int64_t n, double chance,
                         double *ratio);

#endif
