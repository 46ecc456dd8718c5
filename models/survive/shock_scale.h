/* How wide, and about which middle, the common shock of every period must be drawn. */
#ifndef FORE_SURVIVE_SHOCK_SCALE_H
#define FORE_SURVIVE_SHOCK_SCALE_H

#include <stdint.h>

#include "engine/base/status.h"

/* The widest shock of the hazards (log scale): what a spread that cannot be reached ends at. */
#define FORE_SHOCK_WIDEST 5.0

/* Deals, or groups of them, that follow the shocks alike. Borrowed. */
typedef struct fore_shock_deals {
    int64_t count, periods;
    const double *weight; /* count: what a win brings (times the number of deals) */
    const double *given;  /* [i + j * count]: chance of a win in period j, given still open */
    const double *keep;   /* [i + j * count]: of those not won in j, the share that stays open */
} fore_shock_deals;

/* Shock j is exp(middle[j] + sd[j] z_j), z standard normal and autoregressive; it turns the chance
 * w into 1 - (1 - w)^shock. asked: periods, the sd of the log of what all deals bring (its
 * coefficient of variation is then sqrt(exp(asked^2) - 1)). sd, middle (periods) out: the expected
 * amount of every period is what it is without shocks, and its spread is the one asked for or,
 * where no shock up to FORE_SHOCK_WIDEST reaches that, the one of the widest. sd 0: no shock.
 * E_MEMORY only. */
fore_status fore_shock_scale(const fore_shock_deals *deals, const double *asked, double persistence,
                             double *sd, double *middle, fore_error *err);

#endif
