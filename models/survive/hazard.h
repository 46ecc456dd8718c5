/* Time to win or loss of a deal: discrete-time competing risks by week of age.
 *
 * In each week of its age a an open deal is won with probability h1(a, x) and, if not won, lost
 * with probability h2(a, x), each a logistic regression on age (steps at cut points, ridge on the
 * steps, so that neighbouring ages resemble each other and old ages speak for themselves: a stalled
 * deal is not assumed to close like a fresh one) and on covariates. The likelihood of the two
 * factorises exactly. Open deals enter as censored. Older weeks can count less (half life). Allison
 * 1982; Tutz and Schmid 2016, "Modeling Discrete Time-to-Event Data". */
#ifndef FORE_SURVIVE_HAZARD_H
#define FORE_SURVIVE_HAZARD_H

#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "engine/num/linear.h"

typedef enum fore_deal_end {
    FORE_DEAL_OPEN = 0,
    FORE_DEAL_WON = 1,
    FORE_DEAL_LOST = 2
} fore_deal_end;

/* A stretch of a deal's life during which its covariates do not change: the deal was at risk in the
 * weeks of age entry, entry + 1, ..., entry + weeks - 1, and `event` happened in the last of them.
 * A deal whose covariates change is several spells, all but the last one FORE_DEAL_OPEN; a row per
 * person-week is a spell with weeks = 1. */
typedef struct fore_spell {
    int64_t entry; /* >= 0 */
    int64_t weeks; /* >= 0; 0 contributes nothing */
    int64_t last; /* calendar week (any origin) of the last week at risk; used by half_life_weeks */
    double weight; /* > 0 */
    fore_deal_end event;
} fore_spell;

/* The spell of a deal open from start to end (days, end >= start), with `event` at the end or still
 * open then. A deal that ends within its first seven days has its event in week of age 0. Spells
 * that are still open count their completed weeks. */
fore_spell fore_spell_of(double start_day, double end_day, fore_deal_end event);

typedef struct fore_hazard_options {
    const int64_t
        *cuts; /* ages (weeks, ascending, > 0) where a new bin starts; NULL: from the data */
    int64_t cut_count;
    double ridge_age;       /* on the steps of the baseline; default 1 */
    double ridge;           /* on standardised covariates; default 1 */
    double half_life_weeks; /* of a week's weight, back from `now`; default 0 = no decay */
    int64_t now;            /* calendar week of fore_spell.last */
} fore_hazard_options;
fore_hazard_options fore_hazard_default(void);

typedef struct fore_hazard_info {
    int64_t rows;      /* binomial rows after folding weeks of one bin together */
    int64_t won, lost; /* events */
    int64_t iterations[2];
    double loglik[2]; /* unpenalised, weighted */
    int converged;
} fore_hazard_info;

typedef struct fore_hazard fore_hazard;

/* x: n x p covariates by spell (NaN = missing: mean plus an indicator when any was missing); p may
 * be 0 with x NULL. E_NO_ANSWER when no deal was won. options, info may be NULL. */
fore_status fore_hazard_fit(const fore_spell *spells, int64_t n, const fore_matrix *x,
                            const fore_hazard_options *options, fore_pool *pool,
                            fore_hazard **model, fore_hazard_info *info, fore_error *err);
void fore_hazard_free(fore_hazard *model);
int64_t fore_hazard_columns(const fore_hazard *model); /* p */

/* For a deal open at age `age` (weeks) with covariates row (p doubles, may hold NaN):
 * won[h], lost[h], h = 0..horizon-1: probability to be won (lost) within h + 1 weeks from now.
 * won or lost may be NULL. Allocates nothing. */
void fore_hazard_predict(const fore_hazard *model, int64_t age, const double *row, int64_t horizon,
                         double *won, double *lost);
/* The two hazards of one week of age (lost: given not won in that week). */
void fore_hazard_week(const fore_hazard *model, int64_t age, const double *row, double *won,
                      double *lost);

/* Exact: what is written reads back to the same bytes of prediction. Load: E_MODEL when damaged. */
void fore_hazard_save(const fore_hazard *model, fore_json_writer *w, const char *key);
fore_status fore_hazard_load(const fore_json_node *node, fore_hazard **model, fore_error *err);

#endif
